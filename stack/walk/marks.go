package walk

import (
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
	markBudget     = 60 << 20
	markBudgetMore = 12
)

// maxSeries is how many checkpoints are kept, each as the difference to the one
// before; then one is kept in full again.
const maxSeries = 4

// mark keeps an image of the world as it is before frame i. The next is not
// nearer than five frames for three objects that this one holds, so that making
// them never dominates, and than the memory allows that a million frames may take.
// When they weigh too much all the same, every second one is let go and the gap
// doubles.
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
	if k.series.Len() >= maxSeries {
		k.series.Begin()
	}
	im := k.series.Take(k.now)
	k.marks = append(k.marks, checkpoint{i, im})
	k.weight += im.Size()
	if im.Base() == nil {
		k.full = im.Size()
	} else {
		k.part = im.Size()
	}
	k.due = i + max(im.Objects()*5/3, k.gap, k.pace(i))
}

// pace is how many frames apart checkpoints like the last ones, before frame i,
// may be so that what is left of the memory lasts for a million frames.
func (k *Walk) pace(i int) int {
	if i >= 1e6 {
		return 0
	}
	cost, frames, room := k.full/maxSeries+k.part, 1_000_000, markBudget
	if left := markBudget - k.weight; left > cost {
		frames, room = frames-i, left
	}
	return int(float64(cost) * float64(frames) / float64(room))
}

// thin lets go of every second checkpoint.
func (k *Walk) thin() {
	k.series.Begin()
	list := make([]*sim.Image, len(k.marks))
	for i := range k.marks {
		list[i] = k.marks[i].im
	}
	k.weight = 0
	for i, im := range sim.Thin(list, maxSeries) {
		k.marks[i] = checkpoint{k.marks[2*i].at, im}
		k.weight += im.Size()
	}
	n := (len(list) + 1) / 2
	clear(k.marks[n:])
	k.marks = k.marks[:n]
}

// Checkpoints tells how many copies are kept and how far apart they are on
// average, in frames.
func (k *Walk) Checkpoints() (n, every int) {
	n = len(k.marks)
	return n, k.packets.n / max(n, 1)
}
