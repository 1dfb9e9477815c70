//go:build !amd64

package sim

// Prefetch does nothing on this processor.
func Prefetch(at, n uintptr) {}

// unlike is a bit for each of the first 64 words of a that differs from that of
// b, which is no shorter.
func unlike(a, b []uint32) (m uint64) {
	a = a[:min(len(a), 64)]
	b = b[:len(a)]
	for i := range a {
		if a[i] != b[i] {
			m |= 1 << i
		}
	}
	return m
}
