package report

import (
	"io"
	"strings"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// PcapNG writes the frames, each with a comment that tells its walk; Wireshark
// shows it.
type PcapNG struct {
	W     io.Writer
	Names Names
	Start int64 // ns since 1970 of the first frame

	w      *pcaps.Writer
	frames []pcaps.Frame // whose walk is not over, in order
	story  map[uint32][]string
	ended  map[uint32]bool
}

// pendingFrames is how many frames may wait for the end of their walk.
const pendingFrames = 512

// Head opens the file.
func (p *PcapNG) Head(h *Head) (err error) {
	p.story, p.ended = map[uint32][]string{}, map[uint32]bool{}
	p.w, err = pcaps.NewWriter(p.W, pcaps.Interface{Name: "eth0", Link: pcaps.LinkType(wire.LinkEthernet), TSResol: 9,
		Description: "replayed in " + h.Mode + " mode through a model of Linux " + step.Kernel})
	return err
}

// Take collects the walks, and writes the frames whose walk is over.
func (p *PcapNG) Take(l *trace.Log) error {
	for i := range l.Events {
		e := &l.Events[i]
		switch e.Kind {
		case trace.Frame:
			dir := pcaps.DirIn
			if e.Code != 0 {
				dir = pcaps.DirOut
			}
			b := append([]byte(nil), l.Bytes(e)...)
			p.frames = append(p.frames, pcaps.Frame{N: int(e.Pkt), At: int64(e.At), Unix: p.Start + int64(e.At), Data: b, OrigLen: len(b), Link: pcaps.LinkType(wire.LinkEthernet), Dir: dir, Queue: -1})
		case trace.Call:
			if milestone(step.Step(e.Code)) || e.Why != 0 {
				p.tell(e, strings.Repeat(" ", int(e.Depth))+Line(l, e, p.Names))
			}
		case trace.End:
			p.tell(e, Line(l, e, p.Names))
			p.ended[e.Pkt] = true
		}
	}
	return p.write(pendingFrames)
}

func (p *PcapNG) tell(e *trace.Event, line string) {
	if s := p.story[e.Pkt]; e.Pkt != 0 && len(s) < 200 {
		p.story[e.Pkt] = append(s, line)
	}
}

// write writes frames from the front: those whose walk is over, and as many
// more as leave keep.
func (p *PcapNG) write(keep int) error {
	for len(p.frames) > 0 {
		f := p.frames[0]
		if !p.ended[uint32(f.N)] && len(p.frames) <= keep {
			return nil
		}
		p.frames = p.frames[1:]
		f.Comment = strings.Join(p.story[uint32(f.N)], "\n")
		delete(p.story, uint32(f.N))
		delete(p.ended, uint32(f.N))
		if err := p.w.Write(f); err != nil {
			return err
		}
	}
	clear(p.ended)
	return nil
}

// End writes what is left.
func (p *PcapNG) End(*Totals) error {
	if err := p.write(0); err != nil {
		return err
	}
	return p.w.Flush()
}
