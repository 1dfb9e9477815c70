//go:build !unix

package bench

import "time"

// cpuTime is not known here; the wall's clock is taken instead.
func cpuTime() (time.Duration, bool) { return 0, false }
