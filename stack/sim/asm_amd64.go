package sim

import "unsafe"

// Prefetch asks the processor for n bytes of memory at an address, as prefetch()
// does in the kernel: it goes on with its work while they come. It is a hint:
// nothing is read, and any address will do.
func Prefetch(at, n uintptr)

// unlike is a bit for each of the first 64 words of a that differs from that of
// b, which is no shorter.
func unlike(a, b []uint32) uint64 {
	return unlikeWords(unsafe.SliceData(a), unsafe.SliceData(b[:len(a)]), min(len(a), 64))
}

//go:noescape
func unlikeWords(a, b *uint32, n int) uint64
