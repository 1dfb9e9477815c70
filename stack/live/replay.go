package live

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// A Result tells how a log and a machine that was fed from it agree.
type Result struct {
	In, Out, Lines int
	Hash, Want     uint64 // of the machine at the end, and as the run had it
	Ended          bool   // the log says how the run ended
	Differ         string // the first frame that differs; empty: none does
}

// Replay runs a machine again from its log: it gets the frames that came in and
// the lines that were typed, each at its time, and what it sends is compared
// with what the log shows.
func Replay(r *Reader) (*Result, error) {
	m, err := New(r.Config)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	x := &Result{}
	var waiting []Sent
	for n := 1; ; n++ {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		m.RunTo(rec.At)
		waiting = append(waiting, m.Sent()...)
		switch rec.Kind {
		case In:
			x.In++
			m.Frame(rec.At, rec.Port, rec.Data)
		case Line:
			x.Lines++
			m.Do(rec.At, string(rec.Data), io.Discard)
		case Out:
			x.Out++
			switch {
			case len(waiting) == 0:
				x.differ("record %d: the run sent a frame of %d bytes, the machine sends none", n, len(rec.Data))
			case !bytes.Equal(waiting[0].Data, rec.Data) || waiting[0].Port != rec.Port:
				x.differ("record %d: the machine sends another frame than the run did", n)
			case waiting[0].At != rec.At:
				x.differ("record %d: the machine sends it at %v, the run did at %v", n, waiting[0].At, rec.At)
			}
			if len(waiting) > 0 {
				waiting = waiting[1:]
			}
		case End:
			x.Ended, x.Want = true, rec.Hash
		}
		m.Forget()
	}
	x.Hash = m.Hash()
	if len(waiting) > 0 {
		x.differ("the machine sends %d frames more than the run did", len(waiting))
	}
	return x, nil
}

func (x *Result) differ(format string, args ...any) {
	if x.Differ == "" {
		x.Differ = fmt.Sprintf(format, args...)
	}
}

// Agrees reports whether all is as it was.
func (x *Result) Agrees() bool { return x.Differ == "" && x.Ended && x.Hash == x.Want }
