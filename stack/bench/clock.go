package bench

import (
	"math"
	"slices"
	"time"
)

// A watch measures how long something takes: the time that this process
// computes, so that other programs on the machine do not change the figure.
// Where that is not known it is the wall's clock.
type watch struct {
	wall time.Time
	cpu  time.Duration
	ok   bool
}

func begin() watch {
	w := watch{wall: time.Now()}
	w.cpu, w.ok = cpuTime()
	return w
}

func (w watch) took() time.Duration {
	if cpu, ok := cpuTime(); ok && w.ok {
		return cpu - w.cpu
	}
	return time.Since(w.wall)
}

// percentile returns the p-th percentile of times, in ms; the times are sorted.
func percentile(d []time.Duration, p float64) Figure {
	if len(d) == 0 {
		return missing
	}
	slices.Sort(d)
	i := int(math.Ceil(p/100*float64(len(d)))) - 1
	return Figure(d[max(i, 0)].Seconds() * 1000)
}

// median returns the middle of some figures.
func median(f []Figure) Figure {
	if len(f) == 0 {
		return missing
	}
	slices.Sort(f)
	return f[len(f)/2]
}
