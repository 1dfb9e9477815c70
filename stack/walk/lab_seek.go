package walk

import (
	"github.com/packetwalk/packetwalk/stack/trace"
)

// Chunk returns the stretch that holds item i, recorded in full.
func (k *Lab) Chunk(i int) (*Chunk, error) {
	if i < k.past.items {
		return nil, ErrForgotten
	}
	if it := k.item(i); it.last < k.kept {
		return k.whole, nil
	}
	if c := k.latest(i); c != nil {
		return c, nil
	}
	for n, c := range k.cache {
		if i >= c.From && i < c.To {
			k.cache = append(append(k.cache[:n:n], k.cache[n+1:]...), c)
			return c, nil
		}
	}
	if !k.canRecord(i) {
		return nil, ErrForgotten
	}
	c, err := k.record(i)
	if err != nil {
		return nil, err
	}
	if len(k.cache) >= cacheChunks {
		delete(k.bases, k.cache[0])
		k.cache = k.cache[1:]
	}
	k.cache = append(k.cache, c)
	return c, nil
}

// record runs the lab again and records the items around i.
func (k *Lab) record(i int) (*Chunk, error) {
	from := max(i/chunkFrames*chunkFrames, k.past.items)
	for !k.canRecord(from) {
		from++
	}
	if from < k.whole.To && k.item(from).last < k.kept {
		from = min(i, k.whole.To)
	}
	c := &Chunk{From: from, To: min(i/chunkFrames*chunkFrames+chunkFrames, k.Len()), story: map[int][]int{}}
	first, last := k.item(from).first, 0
	for n := from; n < c.To; n++ {
		first, last = min(first, k.item(n).first), max(last, k.item(n).last)
	}
	for last > k.item(i).last && last < k.tickLen()-1 && k.began(last+1)-k.began(first) > keepEvents {
		last--
	}
	r, err := k.again(first)
	if err != nil {
		return nil, err
	}
	defer r.close()
	r.mode(trace.Count)
	for t := r.n; t <= last; t++ {
		if t == first {
			r.mode(trace.Record)
		}
		r.drained = len(r.t.Log.Events)
		ended := r.tick()
		r.t.Ends = r.t.Ends[:0]
		if t >= first {
			k.place(c, &r.t.Log, r.drained, k.began(first))
		}
		if ended {
			break
		}
	}
	c.Log = r.t.Log
	c.state = State{}
	c.counters()
	k.bases[c] = k.began(first)
	return c, nil
}

// place takes the events of one tick of a run that is run again.
func (k *Lab) place(c *Chunk, log *trace.Log, from, base int) {
	for i := from; i < len(log.Events); i++ {
		e := &log.Events[i]
		number(e, k.of)
		w := int32(c.From - 1)
		if n := base + i - k.past.events; n >= 0 && n < len(k.whose) {
			w = k.whose[n]
		}
		c.frameOf = append(c.frameOf, w)
		if int(w) >= c.From && int(w) < c.To {
			c.story[int(w)] = append(c.story[int(w)], i)
		}
	}
}

// Stretch records the items from up to to, to excluded.
func (k *Lab) Stretch(from, _ int) (*Chunk, error) { return k.Chunk(from) }

// Find looks for the next place (or the one before, with back) that matches.
func (k *Lab) Find(from Cursor, back bool, m Match) (Cursor, bool, error) {
	d := 1
	if back {
		d = -1
	}
	for i := from.Frame; i >= k.past.items && i < k.Len(); i += d {
		it := k.item(i)
		if m.Landmarks != 0 && uint32(it.landmarks)&m.Landmarks == 0 || m.Flow != 0 && it.flow != m.Flow {
			continue
		}
		if m.Filter != nil && !m.Filter.Match(it.bytes, int(it.len)) {
			continue
		}
		if m.Landmarks == 0 && m.Step == 0 {
			if i == from.Frame {
				continue
			}
			return Cursor{i, 0}, true, nil
		}
		c, err := k.Chunk(i)
		if err != nil {
			return from, false, err
		}
		if at, ok := c.find(i, from, back, m); ok {
			return at, true, nil
		}
	}
	return from, false, nil
}

// find looks for an event in item i's story.
func (c *Chunk) find(i int, from Cursor, back bool, m Match) (Cursor, bool) {
	story := c.Story(i)
	for n := range story {
		j := n
		if back {
			j = len(story) - 1 - n
		}
		if i == from.Frame && (back && j >= from.Step || !back && j <= from.Step) {
			continue
		}
		if m.event(&c.Log.Events[story[j]]) {
			return Cursor{i, j}, true
		}
	}
	return from, false
}

// LastWrite finds who gave a field the value that it has at a place.
func (k *Lab) LastWrite(at Cursor, key StateKey) (Cursor, bool, error) {
	for i, n := at.Frame, 0; i >= 0 && n < maxLookBack; n++ {
		c, err := k.Chunk(i)
		if err != nil {
			return at, false, err
		}
		until := len(c.Log.Events)
		if story := c.Story(at.Frame); n == 0 && len(story) > 0 {
			until = story[min(at.Step, len(story)-1)] + 1
		}
		if w, ok := c.lastWrite(key, until); ok {
			return w, true, nil
		}
		i = c.From - 1
	}
	return at, false, nil
}

// Replay runs a lab again that has been indexed whole, and hands its events over
// tick by tick, with packets numbered as items are. take forgets them.
func (k *Lab) Replay(take func(*trace.Tracer) error) error {
	r, err := k.again(0)
	if err != nil {
		return err
	}
	defer r.close()
	r.mode(trace.Record)
	for ended := false; !ended; {
		ended = r.tick()
		for i := range r.t.Log.Events {
			number(&r.t.Log.Events[i], k.of)
		}
		for i := range r.t.Ends {
			r.t.Ends[i].Pkt = uint32(k.of[r.t.Ends[i].Pkt] + 1)
		}
		if err := take(r.t); err != nil {
			return err
		}
		r.t.Ends = r.t.Ends[:0]
		if len(r.t.Log.Events) == 0 {
			r.rounded = 0
		}
		if r.n >= k.tickLen() {
			break
		}
	}
	return nil
}
