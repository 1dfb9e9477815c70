package rules

import (
	"context"
	"regexp"
	"strings"
)

// shrink leaves out packets and lines of the rules while the two kernels still
// differ in the same thing, a few hundred times at most.
func shrink(ctx context.Context, c Case, k *kernel) Case {
	left := 700
	first, salt := k.difference(c), c.Salt
	if first == "" {
		return c
	}
	differs := func(c Case) bool {
		if left--; left < 0 || ctx.Err() != nil {
			return false
		}
		salt++
		c.Salt = salt
		return k.difference(c) == first
	}
	for again := true; again && left > 0; {
		again = false
		for n := len(c.Packets) / 2; n > 0; n /= 2 {
			for i := 0; i < len(c.Packets); i += n {
				if d := c.without(i, min(i+n, len(c.Packets))); d.sends() < c.sends() && differs(d) {
					c, again = d, true
				}
			}
		}
		l := strings.SplitAfter(c.Script, "\n")
		for n := len(l) / 2; n > 0; n /= 2 {
			for i := 0; i+n <= len(l); {
				d := c
				d.Script = strings.Join(append(append([]string{}, l[:i]...), l[i+n:]...), "")
				if strings.TrimSpace(strings.Join(l[i:i+n], "")) != "" && differs(d) {
					c, again = d, true
					l = append(l[:i:i], l[i+n:]...)
				} else {
					i += n
				}
			}
		}
	}
	return c
}

// without leaves packets out; the others keep their numbers.
func (c Case) without(from, to int) Case {
	p := append(c.Packets[:0:0], c.Packets...)
	for i := from; i < to; i++ {
		p[i].Frame = nil
	}
	c.Packets = p
	return c
}

func (c Case) sends() (n int) {
	for _, p := range c.Packets {
		if p.Frame != nil {
			n++
		}
	}
	return n
}

// difference is of what kind the difference is: a case that is made smaller must
// not turn into another one.
func (k *kernel) difference(c Case) string {
	real, err := k.run(c)
	if err != nil {
		return ""
	}
	ours, _ := (&model{}).run(c)
	d := Compare(c, real, ours)
	switch {
	case d == "":
		return ""
	case real.Refused != "" || ours.Refused != "":
		if real.Refused == "" {
			return "refused by the model"
		}
		return "refused by the kernel"
	case strings.Contains(d, "  packet "):
		return "packet"
	}
	return "counter" + sort(d)
}

var digits = regexp.MustCompile(`\d+`)

// sort is what a difference of the listings is about, without its numbers: the rule
// or the set that the first differing line is of.
func sort(d string) string {
	l, _, _ := strings.Cut(d, "\n")
	if strings.Contains(l, "elements") {
		l = strings.TrimSpace(l)
		return " of elements " + l[:min(len(l), 24)]
	}
	return digits.ReplaceAllString(l, "#")
}
