package pcaps

import (
	"io"
	"math"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Writer writes a pcapng with times in nanoseconds, comments, directions and
// queues. Call Flush at the end.
type Writer struct {
	ng *pcapgo.NgWriter
	n  int // interfaces
	w  int // frames written
}

// Application is the name written into a capture's section header
// (shb_userappl).
const Application = "packetwalk"

// NewWriter begins a pcapng on w with the given interfaces; Frame.Iface counts
// them from 0. Without any it makes one of Ethernet. The texts and limits of
// an Interface are kept; TSResol is always 9, TSOffset 0.
func NewWriter(w io.Writer, ifaces ...Interface) (*Writer, error) {
	if len(ifaces) == 0 {
		ifaces = []Interface{{Link: LinkEthernet}}
	}
	info := pcapgo.NgSectionInfo{Application: Application, OS: ifaces[0].OS}
	ng, err := pcapgo.NewNgWriterInterface(w, ifaces[0].ng(), pcapgo.NgWriterOptions{SectionInfo: info})
	if err != nil {
		return nil, err
	}
	for _, i := range ifaces[1:] {
		if _, err := ng.AddInterface(i.ng()); err != nil {
			return nil, err
		}
	}
	return &Writer{ng: ng, n: len(ifaces)}, nil
}

func (i Interface) ng() pcapgo.NgInterface {
	return pcapgo.NgInterface{
		Name: cutText(i.Name), Description: cutText(i.Description), OS: cutText(i.OS),
		LinkType: layers.LinkType(i.Link), SnapLength: uint32(i.SnapLen),
	}
}

// cutText keeps a text within what an option can hold (2^16-1 bytes).
func cutText(s string) string {
	if len(s) > math.MaxUint16 {
		return s[:math.MaxUint16]
	}
	return s
}

// Write writes one frame: Data, OrigLen, Unix, Iface, Dir, Queue (from 0; -1
// is none), Comment. An OrigLen below len(Data) means len(Data). N, At and Link
// are not read. A frame without a time, or one before 1970, is written with
// time 0: pcapng cannot say either in an Enhanced Packet Block.
func (w *Writer) Write(f Frame) error {
	if f.Iface < 0 || f.Iface >= w.n {
		return &Error{File: "capture being written", Offset: -1, What: "a frame is of an interface that was not declared", Do: "name every interface to NewWriter"}
	}
	ci := gopacket.CaptureInfo{
		Timestamp:      time.Unix(0, max(f.Unix, 0)),
		CaptureLength:  len(f.Data),
		Length:         max(f.OrigLen, len(f.Data)),
		InterfaceIndex: f.Iface,
	}
	var o pcapgo.NgPacketOptions
	if f.Comment != "" {
		o.Comments = []string{cutText(f.Comment)}
	}
	switch f.Dir {
	case DirIn:
		o.Flags = &pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionInbound}
	case DirOut:
		o.Flags = &pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionOutbound}
	}
	if f.Queue >= 0 {
		q := uint32(f.Queue)
		o.Queue = &q
	}
	w.w++
	return w.ng.WritePacketWithOptions(ci, f.Data, o)
}

// Len is the number of frames written.
func (w *Writer) Len() int { return w.w }

// Flush writes out what is buffered.
func (w *Writer) Flush() error { return w.ng.Flush() }
