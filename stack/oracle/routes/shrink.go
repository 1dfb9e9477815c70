package routes

import (
	"context"
	"strings"
)

// shrink leaves out commands while the last one's answers still differ in the same
// way, a few hundred times at most.
func (k *kernel) shrink(ctx context.Context, c *Case) *Case {
	left := 250
	differs := func(l []string) bool {
		if left--; left < 0 || ctx.Err() != nil {
			return false
		}
		d := Case{Lines: l}
		real, err := k.run(ctx, &d)
		if err != nil {
			return false
		}
		ours, err := runModel(&d)
		if err != nil {
			return false
		}
		at, _ := d.differs(real, ours)
		return at == len(l)-1
	}
	waits := func(l []string) bool {
		for _, s := range l {
			if strings.HasPrefix(s, "sleep ") {
				return true
			}
		}
		return false
	}
	l := c.Lines
	for again := true; again && left > 0; {
		again = false
		for n := max(1, (len(l)-1)/2); n > 0; n /= 2 {
			for i := 0; i+n < len(l); {
				if waits(l[i : i+n]) {
					i += n // what was done before it takes its time
				} else if d := append(append([]string(nil), l[:i]...), l[i+n:]...); differs(d) {
					l, again = d, true
				} else {
					i += n
				}
			}
		}
	}
	return &Case{Seed: c.Seed, Lines: l}
}
