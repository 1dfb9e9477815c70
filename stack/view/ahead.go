package view

import "github.com/packetwalk/packetwalk/stack/trace"

// An ahead looks through long stretches of a capture at once for frames whose
// story may hold what a command seeks: each stretch begins with a run from a
// checkpoint, which costs the same for a short one.
type ahead struct {
	back     bool
	hit      func(*trace.Log, *trace.Event) bool
	near     int // frames that were looked at one by one
	size     int // of the next stretch
	from, to int // of the last stretch
	hits     []bool
}

// What an ahead looks at: so many frames one by one, then stretches of so many,
// twice as many each time.
const (
	aheadNear  = 512
	aheadFirst = 1024
	aheadMost  = 8192
)

// stretcher is a Walk that can record long stretches.
type stretcher interface {
	Stretch(from, to int) (Chunk, error)
}

// may reports whether frame i's story may hold what is sought. Frames are asked
// for in order.
func (a *ahead) may(s *Session, i int) (bool, error) {
	k, ok := s.k.(stretcher)
	if a.near < aheadNear || !ok {
		a.near++
		return true, nil
	}
	if i >= a.from && i < a.to {
		return a.hits[i-a.from], nil
	}
	if err := s.work.look(0); err != nil {
		return false, err
	}
	a.size = min(max(2*a.size, aheadFirst), aheadMost)
	a.from, a.to = i, min(i+a.size, s.k.Indexed())
	if a.back {
		a.from, a.to = max(s.oldest(), i+1-a.size), i+1
	}
	c, err := k.Stretch(a.from, a.to)
	if err != nil {
		a.from, a.to = 0, 0
		return false, err
	}
	if st, ok := c.(stretch); ok {
		a.from, a.to = st.Frames() // it may be longer
	}
	log := c.Events()
	a.hits = append(a.hits[:0], make([]bool, a.to-a.from)...)
	for f := a.from; f < a.to; f++ {
		for _, e := range c.Story(f) {
			if a.hit(log, &log.Events[e]) {
				a.hits[f-a.from] = true
				break
			}
		}
	}
	return a.hits[i-a.from], nil
}
