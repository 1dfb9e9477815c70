//go:build !linux

package bench

import "runtime"

// peak is what Go has taken from the system, in MiB: the nearest thing to the
// resident memory that is known here.
func peak() (float64, bool) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / (1 << 20), true
}

func resetPeak() {}
