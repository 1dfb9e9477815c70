package lab

import "github.com/packetwalk/packetwalk/stack/sim"

// Limits are what one run may take. A script that goes beyond one is stopped
// with a line that says which.
type Limits struct {
	Steps   int      // commands carried out
	Procs   int      // processes alive at one time
	Memory  int      // bytes of files, pipes and variables
	Output  int      // bytes printed
	Depth   int      // functions and substitutions inside one another
	Virtual sim.Time // time that passes in the simulated world
	Events  int      // times that the simulated world goes on
	Script  int      // bytes of one script
	Sed     int      // bytes that the s commands of one cycle of sed look at; 0: 64 MB
	Awk     int64    // real nanoseconds that one awk program runs; 0: 3 s
}

// DefaultLimits are enough for every lab and small enough for a browser.
var DefaultLimits = Limits{Steps: 2000000, Procs: 500, Memory: 256 << 20, Output: 64 << 20, Depth: 500, Virtual: 24 * 3600 * sim.Second, Events: 10000000, Script: 8 << 20}
