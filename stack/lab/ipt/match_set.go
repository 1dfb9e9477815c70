package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// setRef reads the name of a set and its directions: "src,dst".
func (c *call) setRef(what string) iptables.SetRef {
	dirs := c.second("--" + what + " requires two args.")
	if len(c.arg) > 31 {
		c.bad("setname `%s' too long, max %d characters.", c.arg, 31)
	}
	r := iptables.SetRef{Set: c.arg}
	c.findSet(c.arg)
	for _, s := range strings.Split(dirs, ",") {
		if int(r.Dim) >= len(r.Src) {
			c.bad("Can't be more src/dst options than %d.", len(r.Src))
		}
		switch {
		case strings.HasPrefix(s, "src"):
			r.Src[r.Dim] = true
		case strings.HasPrefix(s, "dst"):
		default:
			c.bad("You must spefify (the comma separated list of) 'src' or 'dst'.")
		}
		r.Dim++
	}
	return r
}

func parseSetMatch(c *call, d *iptables.SetMatch) {
	counter := func(n *iptables.SetCounter, what string, op iptables.SetOp) {
		if n.Op != iptables.SetCounterNone {
			c.bad("only one of the --%s-[eq|lt|gt] is allowed", what)
		}
		if c.invert {
			if op != iptables.SetCounterEQ {
				c.bad("--%s option cannot be inverted", c.o.name)
			}
			op = iptables.SetCounterNE
		}
		v, ok := whole(c.arg, 0, 1<<64-1)
		if !ok {
			c.bad("Cannot parse %s as a counter value", c.arg)
		}
		*n = iptables.SetCounter{Op: op, Value: v}
	}
	switch c.o.id {
	case 1, 2:
		if c.o.id == 2 {
			c.p.warn("--set option deprecated, please use --match-set\n")
		}
		if d.Set != "" {
			c.bad("--match-set can be specified only once")
		}
		d.Inv = c.invert
		d.SetRef = c.setRef("match-set")
	case 3:
		if c.invert {
			c.bad("--return-nomatch flag cannot be inverted")
		}
		d.ReturnNoMatch = true
	case 4:
		d.NoUpdateCounters = d.NoUpdateCounters || c.invert
	case 11:
		d.NoUpdateSub = d.NoUpdateSub || c.invert
	case 5:
		counter(&d.Packets, "packets", iptables.SetCounterEQ)
	case 6:
		counter(&d.Packets, "packets", iptables.SetCounterLT)
	case 7:
		counter(&d.Packets, "packets", iptables.SetCounterGT)
	case 8:
		counter(&d.Bytes, "bytes", iptables.SetCounterEQ)
	case 9:
		counter(&d.Bytes, "bytes", iptables.SetCounterLT)
	case 10:
		counter(&d.Bytes, "bytes", iptables.SetCounterGT)
	}
}

func (w *view) setRef(opt string, r *iptables.SetRef) {
	w.f(" %s %s", opt, r.Set)
	for i := 0; i < int(r.Dim); i++ {
		sep, side := ",", "dst"
		if i == 0 {
			sep = " "
		}
		if r.Src[i] {
			side = "src"
		}
		w.f("%s%s", sep, side)
	}
}

func (w *view) setMatch(d *iptables.SetMatch, opt, sep string) {
	w.not(d.Inv)
	w.setRef(opt, &d.SetRef)
	w.is(d.ReturnNoMatch, " "+sep+"return-nomatch")
	w.is(d.NoUpdateCounters, " ! "+sep+"update-counters")
	w.is(d.NoUpdateSub, " ! "+sep+"update-subcounters")
	counter := func(c iptables.SetCounter, name string) {
		if c.Op == iptables.SetCounterNone {
			return
		}
		w.is(c.Op == iptables.SetCounterNE, " !")
		w.f(" %s%s-%s %d", sep, name, [...]string{"", "eq", "eq", "lt", "gt"}[c.Op], c.Value)
	}
	counter(d.Packets, "packets")
	counter(d.Bytes, "bytes")
}
