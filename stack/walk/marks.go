package walk

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/sim"
)

// A checkpoint is the world as it was before a frame.
type checkpoint struct {
	at int // frames that have been delivered
	im *sim.Image
}

// What checkpoints may weigh, in bytes: so much for a capture of any length, and
// so much more for each frame beyond a million.
const (
	markBudget     = 56 << 20
	markBudgetMore = 16
)

// maxBased is how many checkpoints are kept as the difference to the same one;
// then one is kept in full again.
const maxBased = 24

// mark keeps an image of the world as it is before frame i. The next is never
// nearer than half as many frames again as this one holds objects, so that
// making them never dominates, and than the memory allows that a million frames
// may take. When they weigh too much all the same, every second one is let go
// and the gap doubles.
func (k *Walk) mark(i int) {
	if i < k.due {
		return
	}
	if k.weight > markBudget*9/8+max(i-1e6, 0)*markBudgetMore {
		k.gap = 2 * i / len(k.marks)
		k.thin()
		if i < k.marks[len(k.marks)-1].at+k.gap {
			return
		}
	}
	im := sim.Take(k.now, k.base)
	k.based++
	if k.base == nil {
		k.base, k.based = im, 0
	}
	k.marks = append(k.marks, checkpoint{i, im})
	k.weight += im.Size()
	k.due = i + max(im.Objects()*3/2, k.gap, k.pace(i, im))
	if k.based >= maxBased || k.based > 0 && im.Size() > k.base.Size()*9/10 {
		k.base.Release()
		k.base = nil
	}
}

// pace is how many frames apart checkpoints like im, the last one, before frame
// i, may be so that what is left of the memory lasts for a million frames.
func (k *Walk) pace(i int, im *sim.Image) int {
	if i >= 1e6 {
		return 0
	}
	cost, frames, room := im.Size()+k.base.Size()/maxBased, 1_000_000, markBudget
	if im == k.base {
		cost = im.Size() * 2 / 3 // those that are differences to it are smaller
	}
	if left := markBudget - k.weight; left > cost {
		frames, room = frames-i, left
	}
	return int(float64(cost) * float64(frames) / float64(room))
}

// thin lets go of every second checkpoint.
func (k *Walk) thin() {
	n := 0
	for j := 0; j < len(k.marks); j += 2 {
		k.marks[n] = k.marks[j]
		n++
	}
	clear(k.marks[n:])
	k.marks = k.marks[:n]
	k.weight = 0
	var last *sim.Image
	for _, c := range k.marks {
		k.weight += c.im.Size()
		if b := c.im.Base(); b != nil && b != last {
			k.weight += b.Size()
			last = b
		} else if b == nil {
			last = c.im // its own weight has been counted
		}
	}
}

// Checkpoints tells how many copies are kept and how far apart they are on
// average, in frames.
func (k *Walk) Checkpoints() (n, every int) {
	n = len(k.marks)
	return n, k.packets.n / max(n, 1)
}

// nearBytes is how much memory bases that are kept ready may take, but for one:
// readers seek near where they have been.
const nearBytes = 20 << 20

// near keeps what an image is the difference to ready, and lets go of what has
// not been needed for long.
func (k *Walk) near(im *sim.Image) {
	b := im.Base()
	if b == nil {
		return
	}
	k.ready = append(slices.DeleteFunc(k.ready, func(o *sim.Image) bool { return o == b }), b)
	bytes := 0
	for i := len(k.ready) - 1; i >= 0; i-- { // from the last one on
		if o := k.ready[i]; o == b || bytes < nearBytes {
			bytes += o.Keep()
		} else if o != k.base {
			o.Release()
			k.ready = slices.Delete(k.ready, i, i+1)
		}
	}
}
