//go:build unix

package main

import (
	"syscall"
	"time"
)

// computed is how long the process has computed so far, in all its threads:
// packetwalk bench measures rates by that too.
func computed() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
