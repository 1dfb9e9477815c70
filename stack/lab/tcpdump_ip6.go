package lab

import (
	"strings"
)

// ipv6 is ip6_print.
func (d *tdPrinter) ipv6(p []byte, length int) {
	if d.ipDepth++; d.ipDepth > 16 {
		d.s("[nested too deep]")
		return
	}
	defer func() { d.ipDepth-- }()
	d.proto = "ip6"
	if length < 40 {
		d.f("truncated-ip6 %d", length)
		return
	}
	if !d.e {
		d.s("IP6 ")
	}
	if v := u8(p, 0) >> 4; v != 6 {
		d.f("version error: %d != 6", v)
		return
	}
	plen := u16(p, 4)
	total := plen + 40
	if length < total {
		d.f("truncated-ip6 - %d bytes missing!", total-length)
	} else if total < length && plen == 0 {
		total = length
	}
	nh := u8(p, 6)
	h := &tdIP{src: addr6(p, 8), dst: addr6(p, 24), proto: nh, ttl: u8(p, 7)}
	if d.v > 0 {
		flow := u32(p, 0)
		d.s("(")
		if c := flow >> 20 & 0xff; c != 0 {
			d.f("class 0x%02x, ", c)
		}
		if l := flow & 0xfffff; l != 0 {
			d.f("flowlabel 0x%05x, ", l)
		}
		name := tdProtos[nh]
		if name == "" {
			name = "unknown"
		}
		d.f("hlim %d, next-header %s (%d) payload length: %d) ", h.ttl, name, nh, plen)
	}
	p = clip(p, total)
	rest, left := from(p, 40), total-40
	first := true
	d.frag = false
	for i := 0; i < 32; i++ {
		if first && nh != 6 && nh != 17 && nh != 33 && nh != 132 {
			d.f("%s > %s: ", d.addr(h.src), d.addr(h.dst))
		}
		first = false
		h.ext = i > 0
		n := 0
		switch nh {
		case 0, 60, 43:
			d.s(map[int]string{0: "HBH ", 60: "DSTOPT ", 43: "srcrt "}[nh])
			n = (u8(rest, 1) + 1) * 8
			if nh != 43 && d.v > 0 {
				d.ip6Options(clip(tdNeed(rest, n)[2:], n-2))
			}
			if nh == 43 {
				d.f("(len=%d, type=%d, segleft=%d) ", u8(rest, 1), u8(rest, 2), u8(rest, 3))
			}
		case 44:
			n = 8
			fo := u16(rest, 2)
			if d.v > 0 {
				d.f("frag (0x%08x:%d|%d)", u32(rest, 4), fo&^7, left-8)
			} else {
				d.f("frag (%d|%d)", fo&^7, left-8)
			}
			d.frag = true
			if fo&^7 != 0 {
				return
			}
			d.s(" ")
		default:
			h.proto = nh
			d.transport(h, rest, left, nh)
			return
		}
		nh = u8(rest, 0)
		rest, left = from(rest, n), left-n
	}
}

// ip6Options prints options of a hop-by-hop or destination header.
func (d *tdPrinter) ip6Options(o []byte) {
	for len(o) > 0 {
		if o[0] == 0 {
			d.s("(pad1) ")
			o = o[1:]
			continue
		}
		tdNeed(o, 2)
		n := int(o[1]) + 2
		switch {
		case o[0] == 1:
			d.s("(padn) ")
		case o[0] == 5 && n == 4:
			d.f("(rtalert: 0x%04x) ", u16(o, 2))
		case o[0] == 0xc2 && n == 6:
			d.f("(jumbo: %d) ", u32(o, 2))
		default:
			d.f("(opt_type 0x%02x: len=%d) ", o[0], n-2)
		}
		o = from(o, n)
	}
}

// gre is gre_print.
func (d *tdPrinter) gre(p []byte, length int) {
	d.proto = "gre"
	fl := u16(p, 0)
	d.f("GREv%d", fl&7)
	if fl&7 != 0 {
		d.s(", not modelled")
		return
	}
	typ := uint16(u16(p, 2))
	if d.v > 0 {
		var names []string
		for _, x := range [...]struct {
			bit  int
			name string
		}{{0x8000, "checksum present"}, {0x4000, "routing present"}, {0x2000, "key present"}, {0x1000, "sequence# present"}, {0x0800, "source routing"}} {
			if fl&x.bit != 0 {
				names = append(names, x.name)
			}
		}
		if names == nil {
			names = []string{"none"}
		}
		d.f(", Flags [%s]", strings.Join(names, ", "))
	}
	n := 4
	if fl&0xc000 != 0 {
		if d.v > 0 && fl&0x8000 != 0 {
			d.f(", sum 0x%x", u16(p, n))
		}
		n += 4
	}
	if fl&0x2000 != 0 {
		d.f(", key=0x%x", u32(p, n))
		n += 4
	}
	if fl&0x1000 != 0 {
		d.f(", seq %d", u32(p, n))
		n += 4
	}
	if d.e {
		d.f(", proto %s (0x%04x)", tdEtherTypes[typ], typ)
	}
	d.f(", length %d", length)
	if d.v < 1 {
		d.s(": ")
	} else {
		d.s("\n\t")
	}
	rest := from(p, n)
	switch typ {
	case 0x0800:
		d.ipv4(rest, length-n, true)
	case 0x86dd:
		d.ipv6(rest, length-n)
	case 0x6558:
		d.ether(rest, length-n)
	default:
		d.f("gre-proto-0x%x", typ)
	}
}
