package lab

import (
	"fmt"
	"time"
)

// icmp is icmp_print.
func (d *tdPrinter) icmp(h *tdIP, p []byte, length int) {
	d.proto = "icmp"
	typ, code := u8(p, 0), u8(p, 1)
	what := ""
	switch typ {
	case 0, 8:
		what = fmt.Sprintf("echo %s, id %d, seq %d", map[bool]string{true: "request", false: "reply"}[typ == 8], u16(p, 4), u16(p, 6))
	case 3:
		what = d.unreachable(p, code)
	case 5:
		kind := [4]string{"net", "host", "tos and net", "tos and host"}
		k := "?"
		if code < 4 {
			k = kind[code]
		}
		gw, dst := addr4(p, 4), addr4(p, 24)
		what = fmt.Sprintf("redirect %s to %s %s", d.addr(dst), k, d.addr(gw))
		if code < 2 {
			what = fmt.Sprintf("redirect %s to %s %s", d.addr(dst), k, d.addr(gw))
		} else if code > 3 {
			what = fmt.Sprintf("redirect-#%d %s to net %s", code, d.addr(dst), d.addr(gw))
		}
	case 9:
		what = "router advertisement"
		what += d.icmpRouters(p, length)
	case 11:
		switch code {
		case 0:
			what = "time exceeded in-transit"
		case 1:
			what = "ip reassembly time exceeded"
		default:
			what = fmt.Sprintf("time exceeded-#%d", code)
		}
	case 12:
		if code != 0 {
			what = fmt.Sprintf("parameter problem - code %d", code)
		} else {
			what = fmt.Sprintf("parameter problem - octet %d", u8(p, 4))
		}
	case 13:
		what = fmt.Sprintf("time stamp query id %d seq %d", u16(p, 4), u16(p, 6))
	case 14:
		ms := func(i int) string {
			t := u32(p, i)
			return time.UnixMilli(int64(t)).UTC().Format("15:04:05.000")
		}
		what = fmt.Sprintf("time stamp reply id %d seq %d: org %s, recv %s, xmit %s", u16(p, 4), u16(p, 6), ms(8), ms(12), ms(16))
	case 17:
		what = "address mask request"
	case 18:
		what = fmt.Sprintf("address mask is 0x%08x", u32(p, 8))
	case 4:
		what = "source quench"
	case 10:
		what = "router solicitation"
	case 15:
		what = "information request"
	case 16:
		what = "information reply"
	default:
		what = fmt.Sprintf("type-#%d", typ)
	}
	d.f("ICMP %s, length %d", what, length)
	if d.v > 0 && !d.frag && !d.K && len(p) >= length {
		if s := sum16(0, p[:length]); s != 0xffff {
			have := u16(p, 2)
			d.f(" (wrong icmp cksum %x (->%x)!)", have, ^sum16(uint32(^uint16(have)), []byte{byte(s >> 8), byte(s)})&0xffff)
		}
	}
	if d.v > 0 && (typ == 3 || typ == 4 || typ == 5 || typ == 11 || typ == 12) && length > 8 {
		d.s("\n\t")
		in := from(p, 8)
		d.inner(in, u16(in, 2))
	}
}

// inner prints the packet that an error tells of; what it lacks is not said.
func (d *tdPrinter) inner(p []byte, total int) {
	old := d.frag
	d.ipv4(p, max(total, 20), true)
	d.frag = old
	d.proto = "icmp"
}

func (d *tdPrinter) icmpRouters(p []byte, length int) string {
	life := u16(p, 6)
	s := ""
	switch {
	case life < 60:
		s = fmt.Sprintf(" lifetime %d", life)
	case life < 3600:
		s = fmt.Sprintf(" lifetime %d:%02d", life/60, life%60)
	default:
		s = fmt.Sprintf(" lifetime %d:%02d:%02d", life/3600, life/60%60, life%60)
	}
	n := u8(p, 4)
	s += fmt.Sprintf(" %d:", n)
	if u8(p, 5) != 2 {
		return s + fmt.Sprintf(" [size %d]", u8(p, 5))
	}
	for i := range n {
		s += fmt.Sprintf(" {%s %d}", d.addr(addr4(p, 8+8*i)), u32(p, 12+8*i))
	}
	return s
}

func (d *tdPrinter) unreachable(p []byte, code int) string {
	dst := func() string { return d.addr(addr4(p, 24)) }
	switch code {
	case 2:
		return fmt.Sprintf("%s protocol %d unreachable", dst(), u8(p, 17))
	case 3:
		proto, hl := u8(p, 17), u8(p, 8)&15*4
		port := uint16(u16(p, 8+hl+2))
		switch proto {
		case 6:
			return fmt.Sprintf("%s tcp port %s unreachable", dst(), d.port(port, false))
		case 17:
			return fmt.Sprintf("%s udp port %s unreachable", dst(), d.port(port, true))
		}
		return fmt.Sprintf("%s protocol %d port %d unreachable", dst(), proto, port)
	case 4:
		if mtu := u16(p, 6); mtu != 0 {
			return fmt.Sprintf("%s unreachable - need to frag (mtu %d)", dst(), mtu)
		}
		return fmt.Sprintf("%s unreachable - need to frag", dst())
	}
	words := map[int]string{0: "net %s unreachable", 1: "host %s unreachable", 5: "%s unreachable - source route failed", 6: "net %s unreachable - unknown", 7: "host %s unreachable - unknown",
		8: "%s unreachable - source host isolated", 9: "net %s unreachable - admin prohibited", 10: "host %s unreachable - admin prohibited", 11: "net %s unreachable - tos prohibited",
		12: "host %s unreachable - tos prohibited", 13: "host %s unreachable - admin prohibited filter", 14: "host %s unreachable - host precedence violation",
		15: "host %s unreachable - precedence cutoff"}
	if w := words[code]; w != "" {
		return fmt.Sprintf(w, dst())
	}
	return fmt.Sprintf("%s unreachable - #%d", dst(), code)
}

// igmp is igmp_print.
func (d *tdPrinter) igmp(p []byte, length int) {
	d.proto = "igmp"
	if d.q {
		d.s("igmp")
		return
	}
	switch typ := u8(p, 0); typ {
	case 0x11:
		d.s("igmp query")
		if length >= 12 {
			d.igmpQuery3(p, length)
		} else {
			if t := u8(p, 1); t != 0 {
				d.s(" v2")
				if t != 100 {
					d.f(" [max resp time %d]", t)
				}
			} else {
				d.s(" v1")
			}
			if u32(p, 4) != 0 {
				d.f(" [gaddr %s]", d.addr(addr4(p, 4)))
			}
			if length != 8 {
				d.f(" [len %d]", length)
			}
		}
	case 0x12, 0x16, 0x17:
		d.f("igmp %s %s", map[int]string{0x12: "v1 report", 0x16: "v2 report", 0x17: "leave"}[typ], d.addr(addr4(p, 4)))
		if length != 8 {
			d.f(" [len %d]", length)
		}
	case 0x22:
		d.s("igmp v3 report")
		d.igmpReport3(p, length)
	default:
		d.f("igmp-%d", typ)
	}
	if d.v > 0 && len(p) >= length {
		if sum16(0, p[:length]) != 0xffff {
			d.f(" bad igmp cksum %x!", u16(p, 2))
		}
	}
}

func (d *tdPrinter) igmpQuery3(p []byte, length int) {
	d.s(" v3")
	t := u8(p, 1)
	if t >= 128 {
		t = (t&15 | 16) << (t>>4&7 + 3)
	}
	if t != 100 {
		d.s(" [max resp time ")
		if t < 600 {
			d.f("%.1fs", float64(t)*0.1)
		} else {
			d.s(tdDuration(uint32(t / 10)))
			if t%10 != 0 {
				d.f(".%ds", t%10)
			}
		}
		d.s("]")
	}
	n := u16(p, 10)
	if n > 0 && length < 12+4*n {
		d.f(" [invalid number of sources %d]", n)
		return
	}
	if u32(p, 4) != 0 {
		d.f(" [gaddr %s", d.addr(addr4(p, 4)))
		if n > 0 {
			if d.v > 1 {
				d.s(" {")
				for i := range n {
					d.f(" %s", d.addr(addr4(p, 12+4*i)))
				}
				d.s(" }")
			} else {
				d.f(", %d source(s)", n)
			}
		}
		d.s("]")
	}
}

var igmpRecords = map[int]string{1: "is_in", 2: "is_ex", 3: "to_in", 4: "to_ex", 5: "allow", 6: "block"}

func (d *tdPrinter) igmpReport3(p []byte, length int) {
	n := u16(p, 6)
	d.f(", %d group record(s)", n)
	if d.v == 0 {
		return
	}
	at := 8
	for range n {
		if length < at+8 {
			d.s(" [invalid number of groups]")
			return
		}
		srcs := u16(p, at+2)
		d.f(" [gaddr %s", d.addr(addr4(p, at+4)))
		name := igmpRecords[u8(p, at)]
		if name == "" {
			name = fmt.Sprintf("v3-report-#%d", u8(p, at))
		}
		d.f(" %s", name)
		if length < at+8+4*srcs {
			d.f(" [invalid number of sources %d]", srcs)
			return
		}
		if d.v > 1 {
			d.s(" {")
			for i := range srcs {
				d.f(" %s", d.addr(addr4(p, at+8+4*i)))
			}
			d.s(" }")
		} else {
			d.f(", %d source(s)", srcs)
		}
		at += 8 + 4*srcs
		d.s("]")
	}
}
