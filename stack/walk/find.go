package walk

import (
	"github.com/packetwalk/packetwalk/stack/filter"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A Match says what Find looks for. All that is set must hold.
type Match struct {
	Landmarks uint32 // any of these
	Flow      uint32 // a frame of this flow
	Step      step.Step
	Filter    *filter.Filter // a tcpdump expression about the captured frame
}

// Find looks for the next place (or the one before, with back) that matches.
// Landmarks and steps are found at their event, flows and filters at the
// frame's first.
func (k *Walk) Find(from Cursor, back bool, m Match) (Cursor, bool, error) {
	d := 1
	if back {
		d = -1
	}
	for i := from.Frame; i >= 0 && i < k.packets.n; i += d {
		ok, err := k.candidate(i, m)
		if err != nil {
			return from, false, err
		}
		if !ok {
			continue
		}
		if m.Landmarks == 0 && m.Step == 0 {
			if i == from.Frame {
				continue
			}
			return Cursor{i, 0}, true, nil
		}
		at, found, err := k.within(i, from, back, m)
		if err != nil || found {
			return at, found, err
		}
	}
	return from, false, nil
}

// candidate reports whether the index lets frame i match.
func (k *Walk) candidate(i int, m Match) (bool, error) {
	p := k.packets.at(i)
	if m.Landmarks != 0 && uint32(p.landmarks)&m.Landmarks == 0 || m.Flow != 0 && p.flow != m.Flow {
		return false, nil
	}
	if m.Filter != nil {
		f, err := k.src.Frame(i)
		if err != nil {
			return false, err
		}
		return m.Filter.Match(f.Data, f.OrigLen), nil
	}
	return true, nil
}

// within looks for the event in frame i's story.
func (k *Walk) within(i int, from Cursor, back bool, m Match) (Cursor, bool, error) {
	c, err := k.Chunk(i)
	if err != nil {
		return from, false, err
	}
	story := c.Story(i)
	ok := func(j int) bool {
		if i == from.Frame && (back && j >= from.Step || !back && j <= from.Step) {
			return false
		}
		return m.event(&c.Log.Events[story[j]])
	}
	if back {
		for j := len(story) - 1; j >= 0; j-- {
			if ok(j) {
				return Cursor{i, j}, true, nil
			}
		}
		return from, false, nil
	}
	for j := range story {
		if ok(j) {
			return Cursor{i, j}, true, nil
		}
	}
	return from, false, nil
}

func (m Match) event(e *trace.Event) bool {
	if m.Step != 0 {
		return e.Kind == trace.Call && step.Step(e.Code) == m.Step
	}
	switch e.Kind {
	case trace.End:
		o := trace.Outcome(e.Code)
		return e.Lost() && m.Landmarks&MarkDrop != 0 || o == trace.NotModelled && m.Landmarks&MarkNotModelled != 0
	case trace.Point:
		return m.Landmarks&landmarks(1<<e.Code) != 0
	case trace.Note:
		return m.Landmarks&MarkNote != 0
	}
	return false
}

// maxLookBack is how many chunks LastWrite looks through.
const maxLookBack = 64

// LastWrite finds who gave a field the value that it has at a place: the last
// event at or before it that changed the field. A change that no watched
// function made is found where it was first seen.
func (k *Walk) LastWrite(at Cursor, key StateKey) (Cursor, bool, error) {
	c, err := k.Chunk(at.Frame)
	if err != nil {
		return at, false, err
	}
	story := c.Story(at.Frame)
	if len(story) == 0 {
		return at, false, nil
	}
	until := story[min(at.Step, len(story)-1)] + 1
	flow := k.packets.at(at.Frame).flow
	for n, i := 0, at.Frame; n < maxLookBack; n++ {
		if w, ok := c.lastWrite(key, until); ok {
			return w, true, nil
		}
		for i = c.From - 1; i >= 0 && flow != 0 && k.packets.at(i).flow != flow; i-- {
		}
		if i < 0 {
			break
		}
		if c, err = k.Chunk(i); err != nil {
			return at, false, err
		}
		until = len(c.Log.Events)
	}
	return at, false, nil
}

func (c *Chunk) lastWrite(key StateKey, until int) (Cursor, bool) {
	for i := len(c.Log.Changes) - 1; i >= 0; i-- {
		ch := &c.Log.Changes[i]
		if ch.Obj != key.Obj || ch.Key != key.Key || int(ch.When) > until {
			continue
		}
		if ch.First {
			break // it had this value when it was first seen
		}
		at := int(ch.Event)
		if at >= len(c.Log.Events) {
			at = int(ch.When) - 1
		}
		if at < 0 {
			break
		}
		return c.place(at)
	}
	return Cursor{}, false
}
