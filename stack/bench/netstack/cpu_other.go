//go:build !unix

package main

import "time"

var started = time.Now()

// computed is the wall's clock where a process's own is not known.
func computed() time.Duration { return time.Since(started) }
