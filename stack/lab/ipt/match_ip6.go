package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// The matches on headers of IPv6, and ah: ah, frag, rt, hbh, dst, mh, ipv6header,
// eui64.

func init() {
	ah := func(fam int) *ext {
		opts := []opt{{name: "ahspi", id: 0, typ: tU32s, flags: inv}}
		if fam == 6 {
			opts = append(opts, opt{name: "ahlen", id: 1, typ: tU32, flags: inv}, opt{name: "ahres", id: 2})
		}
		return of(kind[iptables.AH]{name: "ah", fam: fam, opts: opts,
			init: func(d *iptables.AH, _ int) { d.SPI.Max = 1<<32 - 1 },
			parse: func(c *call, d *iptables.AH) {
				switch c.o.id {
				case 0:
					d.SPI, d.InvSPI = c.u32Range(), c.invert
				case 1:
					d.HdrLen, d.InvHdrLen = uint32(c.u), c.invert
				case 2:
					d.Res = true
				}
			},
			print: func(w *view, d *iptables.AH) {
				w.f(" ah ")
				w.spis("spi", d.SPI, d.InvSPI)
				if d.HdrLen != 0 || d.InvHdrLen {
					w.f("length:")
					w.is(d.InvHdrLen, "!")
					w.f("%d", d.HdrLen)
				}
				w.is(d.Res, " reserved")
			},
			save: func(w *view, d *iptables.AH) {
				w.saveRange("ahspi", d.SPI, d.InvSPI)
				if d.HdrLen != 0 || d.InvHdrLen {
					w.not(d.InvHdrLen)
					w.f(" --ahlen %d", d.HdrLen)
				}
				w.is(d.Res, " --ahres")
			},
			xlate: xlateAH})
	}
	options := func(name string, dst bool) *ext {
		return of(kind[iptables.Opts]{name: name, fam: 6, opts: []opt{{name: name + "-len", id: 0, typ: tU32, flags: inv}, {name: name + "-opts", id: 1, typ: tString}},
			init: func(d *iptables.Opts, _ int) { d.Dst = dst },
			parse: func(c *call, d *iptables.Opts) {
				if c.o.id == 0 {
					d.HasLen, d.HdrLen, d.InvLen = true, uint32(c.u), c.invert
				} else {
					d.HasOpts, d.Opts = true, c.ip6Options()
				}
			},
			print: func(w *view, d *iptables.Opts) {
				w.f(" %s", name)
				if d.HasLen {
					w.f(" length:")
					w.is(d.InvLen, "!")
					w.f("%d", d.HdrLen)
				}
				w.is(d.HasOpts, " opts")
				w.ip6Options(d)
			},
			save: func(w *view, d *iptables.Opts) {
				if d.HasLen {
					w.not(d.InvLen)
					w.f(" --%s-len %d", name, d.HdrLen)
				}
				w.is(d.HasOpts, " --"+name+"-opts")
				w.ip6Options(d)
			},
			xlate: func(w *view, d *iptables.Opts) bool {
				if dst || !d.HasLen || d.HasOpts {
					return false
				}
				w.add("hbh hdrlength %s%d", ne(d.InvLen), d.HdrLen)
				return true
			}})
	}
	register(ah(4), ah(6), options("hbh", false), options("dst", true),
		of(kind[iptables.Frag]{name: "frag", fam: 6,
			opts: []opt{{name: "fragid", id: 0, typ: tU32s, flags: inv}, {name: "fraglen", id: 1, typ: tU32, flags: inv}, {name: "fragres", id: 2}, {name: "fragfirst", id: 3},
				{name: "fragmore", id: 4, excl: 32}, {name: "fraglast", id: 5, excl: 16}},
			init:  func(d *iptables.Frag, _ int) { d.ID.Max = 1<<32 - 1 },
			parse: parseFrag, print: printFrag, save: saveFrag, xlate: xlateFrag}),
		of(kind[iptables.RT]{name: "rt", fam: 6,
			opts: []opt{{name: "rt-type", id: 0, typ: tU32, flags: inv}, {name: "rt-segsleft", id: 1, typ: tU32s, flags: inv}, {name: "rt-len", id: 2, typ: tU32, flags: inv},
				{name: "rt-0-res", id: 3}, {name: "rt-0-addrs", id: 4, typ: tString}, {name: "rt-0-not-strict", id: 5}},
			init:  func(d *iptables.RT, _ int) { d.Segs.Max = 1<<32 - 1 },
			parse: parseRT, print: printRT, save: saveRT, xlate: xlateRT}),
		of(kind[iptables.MH]{name: "mh", fam: 6, opts: []opt{{name: "mh-type", id: 0, typ: tString, flags: inv}},
			init: func(d *iptables.MH, _ int) { d.Max = 255 },
			parse: func(c *call, d *iptables.MH) {
				a, b, ranged := strings.Cut(c.arg, ":")
				d.Inv = d.Inv || c.invert
				if !ranged {
					d.Min = c.mhType(a)
					d.Max = d.Min
					return
				}
				d.Min, d.Max = 0, 255
				if a != "" {
					d.Min = c.mhType(a)
				}
				if b != "" {
					d.Max = c.mhType(b)
				}
				if d.Min > d.Max {
					c.bad("Invalid MH type range (min > max)")
				}
			},
			print: func(w *view, d *iptables.MH) {
				w.f(" mh")
				if d.Min == 0 && d.Max == 255 && !d.Inv {
					return
				}
				w.f(" ")
				w.is(d.Inv, "!")
				w.f("%s", w.mhType(d.Min))
				if d.Min != d.Max {
					w.f(":%s", w.mhType(d.Max))
				}
			},
			save: func(w *view, d *iptables.MH) {
				if d.Min == 0 && d.Max == 255 {
					return
				}
				w.not(d.Inv)
				w.f(" --mh-type ")
				w.span(uint64(d.Min), uint64(d.Max), ":")
			},
			xlate: func(w *view, d *iptables.MH) bool {
				if d.Min != 0 || d.Max != 255 {
					w.add("mh type %s", ne(d.Inv))
					w.xspan(uint64(d.Min), uint64(d.Max))
				}
				return true
			}}),
		of(kind[iptables.IPv6Header]{name: "ipv6header", fam: 6, opts: []opt{{name: "header", id: 0, typ: tString, flags: mand | inv}, {name: "soft", id: 1}},
			parse: func(c *call, d *iptables.IPv6Header) {
				if c.o.id == 1 {
					d.Soft = true
					return
				}
				if d.Flags = c.headers(); d.Flags == 0 {
					c.bad("ip6t_ipv6header: cannot parse header names")
				}
				d.Inv = d.Inv || c.invert
			},
			print: func(w *view, d *iptables.IPv6Header) {
				w.f(" ipv6header")
				if d.Flags != 0 || d.Inv {
					w.f(" flags:")
					w.is(d.Inv, "!")
					if w.numeric {
						w.f("0x%02X", d.Flags)
					} else {
						w.f("%s", w.p.headerNames(d.Flags))
					}
				}
				w.is(d.Soft, " soft")
			},
			save: func(w *view, d *iptables.IPv6Header) {
				w.not(d.Inv)
				w.f(" --header %s", w.p.headerNames(d.Flags))
				w.is(d.Soft, " --soft")
			}}),
		of(kind[iptables.EUI64]{name: "eui64", fam: 6}),
	)
}

func xlateAH(w *view, d *iptables.AH) bool {
	sp := ""
	op := func(on bool) string {
		if on {
			return " !="
		}
		return ""
	}
	if d.SPI.Min != 0 || d.SPI.Max != 1<<32-1 {
		w.add("ah spi%s ", op(d.InvSPI))
		w.xspan(uint64(d.SPI.Min), uint64(d.SPI.Max))
		sp = " "
	}
	if d.HdrLen != 0 || d.InvHdrLen {
		w.add("%sah hdrlength%s %d", sp, op(d.InvHdrLen), d.HdrLen)
		sp = " "
	}
	if d.Res {
		w.add("%sah reserved 1", sp)
		sp = " "
	}
	if sp == "" && w.fam == 6 {
		w.add("meta l4proto ah")
	}
	return true
}

// ip6Options is parse_options: type[:length],…
func (c *call) ip6Options() (l []iptables.Opt6) {
	num := func(s, what string) uint64 {
		v, rest, any, over := strtoul(s, 0)
		if !any {
			c.bad("%s: no valid digits in %s `%s'", c.e.name, what, s)
		}
		if over {
			c.bad("%s `%s' specified too big: would overflow", what, s)
		}
		if rest != "" {
			c.bad("%s: error parsing %s `%s'", c.e.name, what, s)
		}
		return v
	}
	for _, s := range strings.Split(c.arg, ",") {
		if len(l) >= 16 {
			c.bad("too many addresses specified")
		}
		t, n, cut := strings.Cut(s, ":")
		if cut && len(l) == 15 {
			c.bad("too many ports specified")
		}
		o := iptables.Opt6{Type: uint8(num(t, "opt")), Len: -1}
		if cut {
			if o.Type == 0 {
				c.bad("PAD0 %s", map[string]string{"hbh": "has not got length", "dst": "hasn't got length"}[c.e.name])
			}
			if v := uint8(num(n, "length")); v != 255 {
				o.Len = int(v)
			}
		}
		l = append(l, o)
	}
	return l
}

func (w *view) ip6Options(d *iptables.Opts) {
	sep := " "
	for _, o := range d.Opts {
		w.f("%s%d", sep, o.Type)
		if o.Len >= 0 {
			w.f(":%d", o.Len)
		}
		sep = ","
	}
}

func parseFrag(c *call, d *iptables.Frag) {
	switch c.o.id {
	case 0:
		d.HasID, d.ID, d.InvID = true, c.u32Range(), c.invert
	case 1:
		d.HasLen, d.HdrLen, d.InvLen = true, uint32(c.u), c.invert
	case 2:
		d.Res = true
	case 3:
		d.First = true
	case 4:
		d.More = true
	case 5:
		d.Last = true
	}
}

func printFrag(w *view, d *iptables.Frag) {
	w.f(" frag ")
	w.spis("id", d.ID, d.InvID)
	if d.HasLen {
		w.f(" length:")
		w.is(d.InvLen, "!")
		w.f("%d", d.HdrLen)
	}
	w.is(d.Res, " reserved")
	w.is(d.First, " first")
	w.is(d.More, " more")
	w.is(d.Last, " last")
}

func saveFrag(w *view, d *iptables.Frag) {
	w.saveRange("fragid", d.ID, d.InvID)
	if d.HasLen {
		w.not(d.InvLen)
		w.f(" --fraglen %d", d.HdrLen)
	}
	w.is(d.Res, " --fragres")
	w.is(d.First, " --fragfirst")
	w.is(d.More, " --fragmore")
	w.is(d.Last, " --fraglast")
}

func xlateFrag(w *view, d *iptables.Frag) bool {
	if d.ID.Min != 0 || d.ID.Max != 1<<32-1 {
		w.add("frag id %s", ne(d.InvID))
		w.xspan(uint64(d.ID.Min), uint64(d.ID.Max))
	}
	one := func(on bool, s string) {
		if on {
			w.add("%s", s)
		}
	}
	one(d.Res, "frag reserved 1")
	one(d.First, "frag frag-off 0")
	one(d.More, "frag more-fragments 1")
	one(d.Last, "frag more-fragments 0")
	return true
}

// ip6Headers are the words for headers, and those of their bits in order.
var (
	ip6Headers = []struct {
		name  string
		proto uint64
	}{{"hop-by-hop", 0}, {"protocol", 255}, {"hop", 0}, {"dst", 60}, {"route", 43}, {"frag", 44}, {"auth", 51}, {"esp", 50}, {"none", 59}, {"prot", 255},
		{"0", 0}, {"60", 60}, {"43", 43}, {"44", 44}, {"51", 51}, {"50", 50}, {"59", 59}, {"255", 255}}
	ip6HeaderBits = []struct {
		proto uint64
		bit   uint8
	}{{0, iptables.HdrHopOpts}, {60, iptables.HdrDstOpts}, {43, iptables.HdrRouting}, {44, iptables.HdrFrag}, {51, iptables.HdrAH}, {50, iptables.HdrESP},
		{59, iptables.HdrNone}, {255, iptables.HdrProto}}
)

func (c *call) headers() (v uint8) {
	for _, s := range strings.FieldsFunc(c.arg, func(r rune) bool { return r == ',' }) {
		proto, ok := c.p.protoByName(s)
		for i := 0; !ok && i < len(ip6Headers); i++ {
			if ip6Headers[i].name == s {
				proto, ok = ip6Headers[i].proto, true
			}
		}
		if !ok {
			c.bad("unknown header `%s' specified", s)
		}
		ok = false
		for _, h := range ip6HeaderBits {
			if h.proto == proto {
				v |= h.bit
				ok = true
			}
		}
		if !ok {
			c.bad("unknown header `%d' specified", proto)
		}
	}
	return v
}

func (p *prog) headerNames(v uint8) string {
	var l []string
	for _, h := range ip6HeaderBits {
		if v&h.bit == 0 {
			continue
		}
		s := ""
		if h.proto != 0 {
			s = p.protoByNumber(h.proto)
		}
		for i := 0; s == ""; i++ {
			if ip6Headers[i].proto == h.proto {
				s = ip6Headers[i].name
			}
		}
		l = append(l, s)
	}
	if len(l) == 0 {
		return "NONE"
	}
	return strings.Join(l, ",")
}
