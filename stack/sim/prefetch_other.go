//go:build !amd64

package sim

// Prefetch does nothing on this processor.
func Prefetch(at, n uintptr) {}
