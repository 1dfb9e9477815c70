package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// addrTypeNames are RTN_*.
var addrTypeNames = []string{"UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE"}

func addrTypes(v uint16, sep string) string {
	var l []string
	for i, s := range addrTypeNames {
		if v>>i&1 != 0 {
			l = append(l, s)
		}
	}
	return strings.Join(l, sep)
}

func parseAddrType(c *call, d *iptables.AddrType) {
	types := func() (v uint16) {
		for rest := c.arg; ; {
			s, after, more := strings.Cut(rest, ",")
			ok := false
			for i, n := range addrTypeNames {
				if s != "" && hasPrefixFold(n, s) {
					v |= 1 << i
					ok = true
					break
				}
			}
			if !ok {
				if more {
					c.bad("addrtype: bad type `%s'", rest)
				}
				c.bad("addrtype: bad type \"%s\"", rest)
			}
			if !more {
				return v
			}
			rest = after
		}
	}
	switch c.o.id {
	case 0:
		d.Src |= types()
		d.InvSrc = c.invert
	case 1:
		d.Dst |= types()
		d.InvDst = c.invert
	case 2:
		d.LimitIfaceIn = true
	case 3:
		d.LimitIface = true
	}
}

func xlateAddrType(w *view, d *iptables.AddrType) bool {
	w.add("fib ")
	v := d.Src
	if v != 0 {
		w.add("saddr ")
	} else {
		w.add("daddr ")
		v = d.Dst
	}
	if d.LimitIfaceIn {
		w.add(". iif ")
	} else if d.LimitIface {
		w.add(". oif ")
	}
	w.add("type ")
	if d.InvSrc || d.InvDst {
		w.add("!= ")
	}
	many := v&(v-1) != 0
	if many {
		w.add("{ ")
	}
	w.add("%s", strings.ToLower(addrTypes(v&0x1ff, ", ")))
	if many {
		w.add(" }")
	}
	return true
}

func parseIPRange(c *call, d *iptables.IPRange) {
	name := "--" + c.o.name
	one := func(s string) addr {
		a, ok := inet6(s)
		if c.p.fam == 4 {
			a, ok = quad(s, false)
		}
		if !ok {
			c.p.bad("%s: Bad value for \"%s\" option: \"%s\"", c.e.name, name, s)
		}
		return a
	}
	from, to, ranged := strings.Cut(c.arg, "-")
	lo := one(from)
	hi := lo
	if ranged {
		hi = one(to)
		if string(lo[:]) > string(hi[:]) {
			c.p.warn("xt_iprange: range %s-%s is reversed and will never match\n", from, to)
		}
	}
	a, b := lo.wire(c.p.fam), hi.wire(c.p.fam)
	if c.o.id == 0 {
		d.HasSrc, d.SrcMin, d.SrcMax, d.InvSrc = true, a, b, c.invert
	} else {
		d.HasDst, d.DstMin, d.DstMax, d.InvDst = true, a, b, c.invert
	}
}

func (w *view) ipRange(d *iptables.IPRange, src, dst, not string) {
	one := func(on, neg bool, word, opt string, a, b wire.Addr) {
		switch {
		case !on:
			return
		case word != "":
			w.f("%s", word)
			w.is(neg, not)
		default:
			w.not(neg)
			w.f(" --%s", opt)
		}
		w.f(" %s-%s", w.addr(a), w.addr(b))
	}
	one(d.HasSrc, d.InvSrc, src, "src-range", d.SrcMin, d.SrcMax)
	one(d.HasDst, d.InvDst, dst, "dst-range", d.DstMin, d.DstMax)
}

func macText(m wire.MAC) string {
	var b buf
	for i := 40; i >= 0; i -= 8 {
		b.is(i < 40, ":")
		b.f("%02x", uint8(m>>i))
	}
	return b.String()
}
