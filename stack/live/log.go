package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// A Kind says what a Record is.
type Kind uint8

const (
	In   Kind = iota // a frame that came in by a port
	Out              // a frame that the machine sent
	Line             // a line that somebody typed
	End              // the run was over
)

// A Record is one thing that crossed the border of the machine.
type Record struct {
	Kind Kind
	At   sim.Time // since the first input may come, ns; never goes back
	Port int      // of a frame
	Data []byte   // of a frame, from the link header on; of a line, its text
	Hash uint64   // of End: the machine's
}

// A Log is written as a pcapng that every tool can read: one interface for each
// port, with directions, and one more that holds what was typed, in Ethernet
// frames of a type of its own; the description of that interface is the
// machine's Config and the moment when the run began.
const (
	consoleName = "packetwalk"
	consoleType = 0x88b5 // IEEE 802's EtherType for local experiments
	formatName  = "packetwalk live 1"
)

// header is the description of the console's interface, as JSON.
type header struct {
	Format string `json:"format"`
	Start  int64  `json:"start_unix_ns"` // of time 0
	Config Config `json:"machine"`
}

// A Writer writes a Log.
type Writer struct {
	w     *pcaps.Writer
	start int64
	ports int
}

// NewWriter begins a log on w. start is the wall time of time 0, ns since 1970.
func NewWriter(w io.Writer, c Config, start int64) (*Writer, error) {
	text, err := json.Marshal(header{formatName, start, c})
	if err != nil {
		return nil, err
	}
	if len(text) > 65535 {
		return nil, errors.New("the script is too long for a log: 64 KB at most")
	}
	var list []pcaps.Interface
	for _, p := range c.Ports {
		list = append(list, pcaps.Interface{Name: p.Name, Link: pcaps.LinkEthernet, Description: "a card of the simulated machine"})
	}
	list = append(list, pcaps.Interface{Name: consoleName, Link: pcaps.LinkEthernet, Description: string(text)})
	x, err := pcaps.NewWriter(w, list...)
	if err != nil {
		return nil, err
	}
	return &Writer{x, start, len(c.Ports)}, nil
}

// Write adds one record.
func (w *Writer) Write(r Record) error {
	f := pcaps.Frame{Unix: w.start + int64(r.At), Data: r.Data, OrigLen: len(r.Data), Iface: w.ports, Link: pcaps.LinkEthernet, Queue: -1}
	switch r.Kind {
	case In, Out:
		f.Iface, f.Dir = r.Port, pcaps.DirIn
		if r.Kind == Out {
			f.Dir = pcaps.DirOut
		}
	case Line:
		f.Data = append(consoleHead(), r.Data...)
	case End:
		f.Data = fmt.Appendf(consoleHead(), "# end, hash %016x", r.Hash)
	}
	f.OrigLen = len(f.Data)
	return w.w.Write(f)
}

// consoleHead is the link header of what was typed.
func consoleHead() []byte {
	return []byte{12: consoleType >> 8, 13: consoleType & 0xff}
}

// Flush hands everything to the file.
func (w *Writer) Flush() error { return w.w.Flush() }

// A Reader reads a Log from a capture.
type Reader struct {
	Config Config
	src    *pcaps.Reader
	start  int64
	ports  int
	last   sim.Time
}

// ErrNoLog tells that a capture is not of a live run.
var ErrNoLog = errors.New("this capture is not of a live run: packetwalk live --write makes one")

// NewReader recognises a capture of a live run.
func NewReader(src *pcaps.Reader) (*Reader, error) {
	r := &Reader{src: src}
	for i, x := range src.Interfaces() {
		if x.Name != consoleName || x.Link != pcaps.LinkEthernet {
			continue
		}
		var h header
		if json.Unmarshal([]byte(x.Description), &h) != nil || h.Format != formatName {
			return nil, ErrNoLog
		}
		if len(h.Config.Ports) != i {
			return nil, fmt.Errorf("%s: it describes a machine with %d ports, and shows %d", src.Name(), len(h.Config.Ports), i)
		}
		r.Config, r.start, r.ports = h.Config, h.Start, i
		src.Rewind()
		return r, nil
	}
	return nil, ErrNoLog
}

// Next returns the next record, io.EOF at the end. Data is valid until the next
// call.
func (r *Reader) Next() (Record, error) {
	for {
		f, err := r.src.Next()
		if err != nil {
			return Record{}, err
		}
		x := Record{At: max(sim.Time(f.Unix-r.start), r.last), Port: f.Iface, Data: f.Data}
		r.last = x.At
		switch {
		case f.Iface < r.ports && f.Dir == pcaps.DirOut:
			x.Kind = Out
		case f.Iface < r.ports:
			x.Kind = In
		case f.Iface > r.ports || len(f.Data) < len(consoleHead()):
			continue
		default:
			x.Kind, x.Data = Line, f.Data[len(consoleHead()):]
			if n, _ := fmt.Sscanf(string(x.Data), "# end, hash %x", &x.Hash); n == 1 {
				x.Kind = End
			}
		}
		return x, nil
	}
}
