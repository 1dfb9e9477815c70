package view

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/filter"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func (s *Session) until(fn string) error {
	st := step.ByName(strings.TrimSuffix(fn, "()"))
	if st == 0 {
		return fmt.Errorf("no kernel function %q%s", fn, similar(fn))
	}
	m := Match{Step: st}
	c, ok, err := s.find(false, func(int) bool { return true }, func(_ *trace.Log, e *trace.Event) bool { return m.Event(e) })
	if err != nil {
		return err
	}
	if !ok {
		return s.none("no call of " + fn + " after this step" + s.among())
	}
	return s.jump(c)
}

// similar names up to four functions whose names hold the word, or as much of
// its beginning as any does.
func similar(fn string) string {
	for ; len(fn) >= 3; fn = fn[:len(fn)-1] {
		if like := holding(fn); like != nil {
			return "; try " + strings.Join(like, ", ")
		}
	}
	return ""
}

func holding(word string) (like []string) {
	step.Each(func(_ step.Step, i *step.Info) {
		if len(like) < 4 && strings.Contains(i.Func, word) {
			like = append(like, i.Func)
		}
	})
	return like
}

// filter goes to the first packet from here on that matches; the place stays
// if this one does.
func (s *Session) filter(expr string) error {
	if strings.TrimSpace(expr) == "" {
		s.flt = nil
		s.land()
		return nil
	}
	link := wire.LinkEthernet
	if s.k.Indexed() > 0 {
		f, err := s.k.Frame(s.frame)
		if err != nil {
			return err
		}
		link = wire.LinkKind(f.Link)
	}
	flt, err := filter.Compile(expr, link)
	if err != nil {
		return err
	}
	if s.k.Indexed() == 0 {
		s.flt = flt
		return nil
	}
	was := s.flt
	s.flt = flt
	ok, err := s.shows(s.frame)
	if ok {
		s.land()
		return nil
	}
	for _, back := range [2]bool{false, true} {
		f, found := 0, false
		if err == nil {
			f, found, err = s.neighbour(back)
		}
		if err != nil {
			s.flt = was
			return err
		}
		if found {
			return s.jump(Cursor{Frame: f})
		}
	}
	s.flt = was
	return s.none("no packet matches " + flt.String())
}

func (s *Session) matches(flt *filter.Filter, frame int) (bool, error) {
	f, err := s.k.Frame(frame)
	if err != nil {
		return false, err
	}
	return flt.Match(f.Data, f.OrigLen), nil
}

func (s *Session) lookAt(kind string) error {
	if kind != "" && kindByName(kind) == step.KindNone {
		return fmt.Errorf("nothing is called %q here: skb, sk, neigh, ring, napi, qdisc, frag, req, tw", kind)
	}
	s.look = kind
	return nil
}

var errNoValue = errors.New("no such value here: name one of the panels' fields")

// whyValue goes back to who gave a value: of a field, or of object OBJ's field
// ("OBJ FIELD"), or of a counter.
func (s *Session) whyValue(name string) error {
	key, ok := s.keyNamed(name)
	if !ok {
		return errNoValue
	}
	c, ok, err := s.lastWrite(key)
	if err != nil {
		return err
	}
	if !ok {
		return NotFoundError(key.Key.Name() + " has had this value since before the part of the capture that was looked at")
	}
	at := s.here()
	if err := s.jump(c); err != nil {
		return err
	}
	if s.here() == at {
		s.jumps = s.jumps[:len(s.jumps)-1]
	}
	s.subOf(key)
	s.notice = Clean(key.Key.Name() + " got its value in this step")
	return nil
}

// subOf goes to the step's last change of a value, at the grain of fields.
func (s *Session) subOf(key StateKey) {
	if s.grain != grainField || len(s.stops) == 0 {
		return
	}
	log, n := s.chunk.Events(), -1
	log.Set(&log.Events[s.story[s.stops[s.pos]]], func(c *trace.Change) {
		if shown(c.Key) {
			if n++; c.Key == key.Key && c.Obj == key.Obj {
				s.sub = n
			}
		}
	})
}

// keyNamed finds the value of a name: "FIELD" of what the step is about, or
// "OBJ FIELD".
func (s *Session) keyNamed(name string) (StateKey, bool) {
	if len(s.stops) == 0 {
		return StateKey{}, false
	}
	w := strings.Fields(name)
	if len(w) == 2 {
		obj, err := strconv.ParseUint(w[0], 10, 32)
		if err != nil {
			return StateKey{}, false
		}
		k, ok := keyOf(w[1])
		return StateKey{Obj: uint32(obj), Key: k}, ok && obj != 0
	}
	if key, ok := s.valueNamed(name); ok {
		return key, true
	}
	if k, ok := keyOf(strings.TrimSpace(name)); ok && k.Kind() == step.KindNS {
		return s.counter(k)
	}
	return StateKey{}, false
}

// counter is the namespace that a counter was last seen to change in.
func (s *Session) counter(k step.Key) (found StateKey, ok bool) {
	l := s.chunk.Events()
	at := s.story[s.stops[s.pos]]
	for i := range l.Changes {
		c := &l.Changes[i]
		if c.Key.Kind() == step.KindNS && (!ok || c.Key == k && int(c.When) <= at+1) {
			found, ok = StateKey{Obj: c.Obj, Key: k}, true
		}
	}
	return found, ok
}

// keyOf is the key of a field's name.
func keyOf(name string) (step.Key, bool) {
	for _, k := range kinds {
		for i, f := range step.Fields(k) {
			if f.Name == name {
				return step.KeyOf(k, i), true
			}
		}
	}
	for m := range int(step.NumMIB) {
		if step.MIB(m).String() == name {
			return step.KeyOf(step.KindNS, m), true
		}
	}
	return 0, false
}

// maxLookBack is how many stretches of the capture are recorded to find a
// value's last writer.
const maxLookBack = 64

// lastWrite finds who gave a value as it is after the step: the last event at or
// before it that changed the value.
func (s *Session) lastWrite(key StateKey) (Cursor, bool, error) {
	at := s.cursor(false)
	c, ok := s.chunk.(stretch)
	if !ok {
		return s.k.LastWrite(at, key)
	}
	until := s.story[at.Step]
	when := c.Events().Events[until].At
	for range maxLookBack {
		if w, ok := written(c, key, until, when); ok {
			return w, true, nil
		}
		from, to := c.Frames()
		if from == 0 {
			break
		}
		if err := s.work.look(to - from); err != nil {
			return at, false, err
		}
		ch, err := s.k.Chunk(from - 1)
		if err != nil {
			return at, false, err
		}
		c = ch.(stretch)
		until = len(c.Events().Events) - 1
	}
	return at, false, nil
}

// written is the last event of a stretch, up to an event and a time, that
// changed a value. A change that no watched function made is found where it was
// first seen.
func written(c stretch, key StateKey, until int, when sim.Time) (Cursor, bool) {
	l := c.Events()
	from, to := c.Frames()
	for i := len(l.Changes) - 1; i >= 0; i-- {
		ch := &l.Changes[i]
		if ch.Obj != key.Obj || ch.Key != key.Key || int(ch.When) > until+1 || ch.First {
			continue
		}
		at := int(ch.Event)
		if at >= len(l.Events) {
			at = int(ch.When) - 1
		}
		if at < 0 || at > until || l.Events[at].At > when {
			continue
		}
		f := c.FrameOf(at)
		if f < from || f >= to {
			continue
		}
		if j, ok := slices.BinarySearch(c.Story(f), at); ok {
			return Cursor{Frame: f, Step: j}, true
		}
	}
	return Cursor{}, false
}
