package walk

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// cacheChunks is how many chunks are kept.
const cacheChunks = 6

// Chunk returns the chunk that holds frame i, from 0, recorded in full.
func (k *Walk) Chunk(i int) (*Chunk, error) {
	from := i / chunkFrames * chunkFrames
	for n, c := range k.cache {
		if c.From == from && (c.whole || !k.done && c.seen == k.packets.n) {
			k.cache = append(slices.Delete(k.cache, n, n+1), c)
			return c, nil
		}
	}
	c, err := k.record(from, min(from+chunkFrames, k.packets.n))
	if err != nil {
		return nil, err
	}
	c.seen, c.whole = k.packets.n, k.done || c.To+tailFrames <= k.packets.n
	k.cache = slices.DeleteFunc(k.cache, func(o *Chunk) bool { return o.From == from })
	if len(k.cache) >= cacheChunks {
		k.cache = slices.Delete(k.cache, 0, 1)
	}
	k.cache = append(k.cache, c)
	return c, nil
}

// A span says from which event on things happened while a frame was the last
// that had come.
type span struct{ event, frame int }

func (c *Chunk) begin(tr *trace.Tracer, frame int) {
	if tr.Mode == trace.Record {
		c.spans = append(c.spans, span{len(tr.Log.Events), frame})
	}
}

// finish works out to which frame's story each event belongs: its packet's, or
// that of the packet that caused it; and what belongs to no packet to the last
// frame that had come.
func (c *Chunk) finish() {
	c.story = map[int][]int{}
	c.frameOf = make([]int32, len(c.Log.Events))
	parent := map[uint32]uint32{}
	at, frame := 0, c.From-1
	for i := range c.Log.Events {
		for at < len(c.spans) && c.spans[at].event <= i {
			frame = c.spans[at].frame
			at++
		}
		e := &c.Log.Events[i]
		n := frame
		if e.Pkt != 0 {
			if e.Parent != 0 && e.Parent != e.Pkt {
				parent[e.Pkt] = e.Parent
			}
			root := e.Pkt
			for hops := 0; int(root) > c.frames() && parent[root] != 0 && hops < 16; hops++ {
				root = parent[root]
			}
			if int(root) <= c.frames() {
				n = int(root) - 1
			}
		}
		c.frameOf[i] = int32(n)
		if n >= c.From && n < c.To {
			c.story[n] = append(c.story[n], i)
		}
	}
	c.state = State{}
	c.counters()
}

// frames is the highest number that a frame of the capture may have here.
func (c *Chunk) frames() int { return c.To + tailFrames }

// FrameOf is the frame whose story an event belongs to, from 0; it may lie
// outside the chunk.
func (c *Chunk) FrameOf(event int) int { return int(c.frameOf[event]) }

// StateAt returns the observed state as it was after an event, before the
// next; -1 is before the first. Fields that are zero are left out. It is the
// chunk's own: valid until the next call.
func (c *Chunk) StateAt(event int) State {
	want := 0
	if event >= 0 {
		want = event + 1
	}
	for c.applied < len(c.Log.Changes) && int(c.Log.Changes[c.applied].When) <= want {
		ch := &c.Log.Changes[c.applied]
		if ch.First { // the object may have been seen before, and forgotten
			ch.Old = c.state[StateKey{ch.Obj, ch.Key}]
		}
		c.state.set(ch, ch.New)
		c.applied++
	}
	for c.applied > 0 && int(c.Log.Changes[c.applied-1].When) > want {
		c.applied--
		ch := &c.Log.Changes[c.applied]
		c.state.set(ch, ch.Old)
	}
	return c.state
}

func (s State) set(ch *trace.Change, v uint64) {
	k := StateKey{ch.Obj, ch.Key}
	if v == 0 {
		delete(s, k)
	} else {
		s[k] = v
	}
}

// counters puts the namespaces' counters as they were at the beginning into the
// state: unlike other objects they are never looked at as a whole.
func (c *Chunk) counters() {
	known := map[StateKey]bool{}
	for i := range c.Log.Changes {
		ch := &c.Log.Changes[i]
		if k := (StateKey{ch.Obj, ch.Key}); ch.Key.Kind() == step.KindNS && !known[k] {
			known[k] = true
			c.state.set(ch, ch.Old)
		}
	}
}

// place is the cursor of an event, and whether the chunk holds its story.
func (c *Chunk) place(event int) (Cursor, bool) {
	f := int(c.frameOf[event])
	i, ok := slices.BinarySearch(c.story[f], event)
	return Cursor{f, i}, ok
}
