package sim

import "testing"

// TestUnlike: the processor's words for it find what a loop finds, at every
// length and place.
func TestUnlike(t *testing.T) {
	rand := NewRand(1)
	row, guess := make([]uint32, 200), make([]uint32, 200)
	for range 2000 {
		for i := range row {
			row[i], guess[i] = rand.Uint32(), rand.Uint32()
			if rand.Below(3) > 0 {
				guess[i] = row[i]
			}
		}
		from, n := int(rand.Below(64)), int(rand.Below(130))
		a, b := row[from:from+n], guess[from:]
		want := uint64(0)
		for i := range min(n, 64) {
			if a[i] != b[i] {
				want |= 1 << i
			}
		}
		if got := unlike(a, b); got != want {
			t.Fatalf("%d words from %d: %064b, want %064b", n, from, got, want)
		}
	}
}
