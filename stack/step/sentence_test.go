package step

import "testing"

// A sentence that is taken apart reads as it does when it is rendered at once.
func TestParts(t *testing.T) {
	args := []uint64{1, 0xfd00 << 48, 7, 2, 0x0a000001, 6, 4, 3, 2, 1, 0, 9}
	EachWhy(func(w Why, s string) {
		var b []byte
		for _, p := range Parts(s) {
			b = p.AppendPlace(append(b, p.Text...), args, nil)
		}
		if got := Render(s, args, nil); string(b) != got {
			t.Errorf("why %d: %q and %q", w, b, got)
		}
	})
}
