package sim

// A Rand is a seeded source of numbers (splitmix64): the same seed gives the
// same numbers on every machine.
type Rand struct{ s uint64 }

// NewRand returns a source for a seed.
func NewRand(seed uint64) *Rand { return &Rand{seed} }

// Uint64 returns the next number.
func (r *Rand) Uint64() uint64 {
	r.s += 0x9e3779b97f4a7c15
	z := r.s
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Uint32 returns the next 32-bit number (get_random_u32).
func (r *Rand) Uint32() uint32 { return uint32(r.Uint64() >> 32) }

// Below returns a number in [0, n) (get_random_u32_below); n must be positive.
func (r *Rand) Below(n uint32) uint32 { return uint32(uint64(r.Uint32()) * uint64(n) >> 32) }

// State tells sources apart that will give other numbers.
func (r *Rand) State() uint64 { return r.s }
