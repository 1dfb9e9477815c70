package view

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// maxWatch is how many frames are run again at most, to see what a connection
// did over its whole life.
const maxWatch = 200000

// A watchable is a Walk that can be run again with one object in view.
type watchable interface {
	Watch(obj uint32, from, to int, w trace.Watcher, tell func(frame int) bool) error
}

// A flowWatch fills a track from a run.
type flowWatch struct {
	t  *track
	tr *trace.Tracer
	v  vals
}

// Clock is told whose time it is.
func (w *flowWatch) Clock(tr *trace.Tracer) { w.tr = tr }

func (w *flowWatch) now() int64 { return int64(w.tr.Clock.Now() - w.tr.Epoch) }

// Saw takes the values of the socket.
func (w *flowWatch) Saw(on trace.Subject, _ step.Step) {
	w.v = vals{}
	on.Observe((*trace.Obs)(&w.v))
	w.t.name(&w.v)
	w.t.add(w.now(), &w.v)
}

// Frame takes a segment.
func (w *flowWatch) Frame(tx uint16, _ int, b []byte) { w.t.frame(w.now(), tx != 0, b) }

// watchFlow runs the capture again over the life of the connection at hand, so
// that its plots show all of it; of a very long one the part around the place.
func (s *Session) watchFlow() error {
	k, ok := s.k.(watchable)
	if !ok || len(s.stops) == 0 {
		return nil // the log has it all
	}
	sc := Scene{}
	b := &builder{Session: s, sc: &sc, log: s.chunk.Events(), n: s.stops[s.pos]}
	b.e = &b.log.Events[s.story[b.n]]
	if f, err := s.k.Frame(s.frame); err == nil {
		b.packet(&f)
	}
	id := b.tabler().flowSock()
	if id == 0 {
		return nil
	}
	near := b.nearTrack(id)
	if w := s.plo.wide; near == nil || near.scope == "the whole capture" || w != nil && w.obj == id && w.n == s.k.Indexed() && w.from <= int64(b.e.At) && int64(b.e.At) <= w.to {
		return nil
	}
	from, to, all := s.lifeOf(s.k.Packet(s.frame).Flow)
	t := &track{obj: id, n: s.k.Indexed(), tuple: near.tuple}
	t.scope = fmt.Sprintf("packets %d to %d of %d", from+1, to, s.k.Len())
	if !all {
		t.left = "the connection has more: these are around the place"
	}
	w := &flowWatch{t: t}
	stopped := error(nil)
	err := k.Watch(id, from, to, w, func(int) bool {
		stopped = s.work.look(1)
		return stopped == nil
	})
	if err == nil {
		err = stopped
	}
	if err != nil {
		return err
	}
	if len(t.samples) > 0 {
		t.close()
		s.plo.wide = t
	}
	return nil
}

// lifeOf are the frames between which a flow has its packets: all of them, or
// those around the place.
func (s *Session) lifeOf(flow uint32) (from, to int, all bool) {
	from, to = s.frame, s.frame+1
	low, high := max(s.oldest(), s.frame-maxWatch/2), min(s.k.Indexed(), s.frame+maxWatch/2)
	for i := s.oldest(); i < s.k.Indexed(); i++ {
		if s.k.Packet(i).Flow == flow {
			from, to = min(from, i), max(to, i+1)
		}
	}
	if to-from <= maxWatch {
		return from, to, true
	}
	return max(from, low), min(to, high), false
}
