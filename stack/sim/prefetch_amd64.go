package sim

// Prefetch asks the processor for n bytes of memory at an address, as prefetch()
// does in the kernel: it goes on with its work while they come. It is a hint:
// nothing is read, and any address will do.
func Prefetch(at, n uintptr)
