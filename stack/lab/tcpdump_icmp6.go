package lab

import (
	"fmt"
)

var icmp6Types = map[int]string{1: "destination unreachable", 2: "packet too big", 3: "time exceeded", 4: "parameter problem", 128: "echo request", 129: "echo reply", 130: "multicast listener query",
	131: "multicast listener report", 132: "multicast listener done", 133: "router solicitation", 134: "router advertisement", 135: "neighbor solicitation", 136: "neighbor advertisement",
	137: "redirect", 138: "router renumbering", 139: "who-are-you request", 140: "node information reply", 141: "inverse neighbor solicitation", 142: "inverse neighbor advertisement",
	143: "multicast listener report v2"}

// icmp6 is icmp6_print.
func (d *tdPrinter) icmp6(h *tdIP, p []byte, length int) {
	d.proto = "icmp6"
	if d.v > 0 && !d.frag && !d.K && len(p) >= length && length >= 4 {
		have := u16(p, 2)
		if s := sum16(h.pseudo(length), p[:length]); s == 0xffff {
			d.s("[icmp6 sum ok] ")
		} else {
			d.f("[bad icmp6 cksum 0x%04x -> 0x%04x!] ", have, ^sum16(uint32(^uint16(have)), []byte{byte(s >> 8), byte(s)})&0xffff)
		}
	}
	typ := u8(p, 0)
	name := icmp6Types[typ]
	if name == "" {
		name = fmt.Sprintf("unknown icmp6 type (%d)", typ)
	}
	d.f("ICMP6, %s", name)
	known := typ >= 1 && typ <= 4 || typ >= 128 && typ <= 143
	if d.v > 0 && typ >= 133 && typ <= 137 {
		d.f(", length %d", length)
	}
	code := u8(p, 1)
	inner := func(at int) {
		if d.v > 0 {
			d.errorInner6(p, at)
		}
	}
	switch typ {
	case 1:
		dst := addr6(p, 32)
		switch code {
		case 4:
			nh := u8(p, 14)
			port := uint16(u16(p, 50))
			switch nh {
			case 6:
				d.f(", %s tcp port %s", d.addr(dst), d.port(port, false))
			case 17:
				d.f(", %s udp port %s", d.addr(dst), d.port(port, true))
			default:
				d.f(", %s protocol %d port %d unreachable", d.addr(dst), nh, port)
			}
			if nh == 6 || nh == 17 {
				d.s(" unreachable"[:0])
			}
			d.s("")
			d.s(", unreachable port"[:0])
		default:
			words := map[int]string{0: "unreachable route", 1: "unreachable prohibited", 2: "beyond scope", 3: "unreachable address"}
			w := words[code]
			if w == "" {
				w = fmt.Sprintf("unknown unreach code (%d)", code)
			}
			d.f(", %s %s", w, d.addr(dst))
		}
		inner(8)
	case 2:
		d.f(", mtu %d", u32(p, 4))
		inner(8)
	case 3:
		dst := addr6(p, 32)
		switch code {
		case 0:
			d.f(" in-transit for %s", d.addr(dst))
		case 1:
			d.s(" (reassembly)")
		default:
			d.f(", unknown code (%d)", code)
		}
		inner(8)
	case 4:
		addr6(p, 32)
		switch code {
		case 0:
			d.f(", erroneous - octet %d", u32(p, 4))
		case 1:
			d.f(", next header - octet %d", u32(p, 4))
		case 2:
			d.f(", option - octet %d", u32(p, 4))
		case 3:
			d.f(", incomplete header chain - octet %d", u32(p, 4))
		default:
			d.f(", code-#%d", code)
		}
		inner(8)
	case 128, 129:
		d.f(", id %d, seq %d", u16(p, 4), u16(p, 6))
	case 130, 131, 132:
		if typ == 130 && length >= 28 {
			d.mld2Query(p, length)
			break
		}
		d.f(" max resp delay: %d addr: %s", u16(p, 4), addr6(p, 8))
	case 133:
		if d.v > 0 {
			d.nd(from(p, 8), length-8)
		}
	case 134:
		d.routerAdv(p, length)
	case 135, 136:
		d.f(", %s %s", map[int]string{135: "who has", 136: "tgt is"}[typ], d.addr(addr6(p, 8)))
		if d.v > 0 {
			if typ == 136 {
				fl := ""
				for _, x := range [...]struct {
					bit int
					s   string
				}{{0x80, "router"}, {0x40, "solicited"}, {0x20, "override"}} {
					if u8(p, 4)&x.bit != 0 {
						if fl != "" {
							fl += ", "
						}
						fl += x.s
					}
				}
				if fl == "" {
					fl = "none"
				}
				d.f(", Flags [%s]", fl)
			}
			d.nd(from(p, 24), length-24)
		}
	case 137:
		d.f(", %s to %s", d.addr(addr6(p, 24)), d.addr(addr6(p, 8)))
		if d.v > 0 {
			d.nd(from(p, 40), length-40)
		}
	case 143:
		d.mld2Report(p, length)
	default:
		if !known || typ >= 138 {
			d.f(", length %d", length)
			if d.v <= 1 {
				return
			}
			return
		}
	}
	if d.v == 0 {
		d.f(", length %d", length)
	}
}

// errorInner6 prints the packet that an error tells of, on a line of its own.
func (d *tdPrinter) errorInner6(p []byte, at int) {
	in := from(p, at)
	if len(in) == 0 {
		return
	}
	d.s("\n\t")
	old := d.frag
	total := 40 + u16(in, 4)
	d.ipv6(in, total)
	d.frag = old
	d.proto = "icmp6"
}

func (d *tdPrinter) mld2Query(p []byte, length int) {
	if d.v == 0 {
		d.s(" v2")
	} else {
		d.s(" v2")
		mrc := u16(p, 4)
		mrt := mrc
		if mrc >= 32768 {
			mrt = (mrc&0xfff | 0x1000) << (mrc>>12&7 + 3)
		}
		d.f(" [max resp delay=%d]", mrt)
	}
	if a := addr6(p, 8); !a.IsZero() {
		d.f(" [gaddr %s", d.addr(a))
		if d.v > 0 {
			if u8(p, 24)&8 != 0 {
				d.s(" sflag")
			}
			if q := u8(p, 24) & 7; q != 0 {
				d.f(" robustness=%d", q)
			}
		}
		if n := u16(p, 26); n > 0 {
			if length < 28+16*n {
				d.f(" [invalid number of sources %d]", n)
			} else if d.v > 1 {
				d.s(" {")
				for i := range n {
					d.f(" %s", d.addr(addr6(p, 28+16*i)))
				}
				d.s(" }")
			} else {
				d.f(", %d source(s)", n)
			}
		}
		d.s("]")
	}
}

func (d *tdPrinter) mld2Report(p []byte, length int) {
	n := u16(p, 6)
	d.f(", %d group record(s)", n)
	if d.v == 0 {
		return
	}
	at := 8
	for range n {
		if length < at+20 {
			d.s(" [invalid number of groups]")
			return
		}
		d.f(" [gaddr %s", d.addr(addr6(p, at+4)))
		name := igmpRecords[u8(p, at)]
		if name == "" {
			name = fmt.Sprintf("v2-report-#%d", u8(p, at))
		}
		d.f(" %s", name)
		srcs := u16(p, at+2)
		if length < at+20+16*srcs {
			d.f(" [invalid number of sources %d]", srcs)
			return
		}
		if d.v > 1 {
			d.s(" {")
			for i := range srcs {
				d.f(" %s", d.addr(addr6(p, at+20+16*i)))
			}
			d.s(" }")
		} else {
			d.f(", %d source(s)", srcs)
		}
		at += 20 + 16*srcs
		d.s("]")
	}
}

func (d *tdPrinter) routerAdv(p []byte, length int) {
	if d.v == 0 {
		return
	}
	fl := ""
	for _, x := range [...]struct {
		bit int
		s   string
	}{{0x80, "managed"}, {0x40, "other stateful"}, {0x20, "home agent"}, {0x04, "ND proxy"}} {
		if u8(p, 5)&x.bit != 0 {
			if fl != "" {
				fl += ", "
			}
			fl += x.s
		}
	}
	if fl == "" {
		fl = "none"
	}
	pref := [4]string{"medium", "high", "reserved", "low"}[u8(p, 5)>>3&3]
	d.f("\n\thop limit %d, Flags [%s], pref %s, router lifetime %ds, reachable time %dms, retrans timer %dms", u8(p, 4), fl, pref, u16(p, 6), u32(p, 8), u32(p, 12))
	d.nd(from(p, 16), length-16)
}

// nd prints the options of neighbour discovery.
func (d *tdPrinter) nd(o []byte, n int) {
	names := map[int]string{1: "source link-address", 2: "destination link-address", 3: "prefix info", 4: "redirected header", 5: "mtu", 7: "advertisement interval", 8: "homeagent information",
		25: "rdnss", 31: "dnssl", 24: "route info", 14: "nonce"}
	for n > 0 {
		if len(o) < 2 {
			panic(truncated{})
		}
		typ, l := int(o[0]), int(o[1])*8
		name := names[typ]
		if name == "" {
			name = "unknown"
		}
		if l == 0 {
			d.s(" [bad opt]"[:0])
			panic(truncated{})
		}
		d.f("\n\t  %s option (%d), length %d (%d): ", name, typ, l, o[1])
		v := clip(o, l)
		switch typ {
		case 1, 2:
			for i, x := range tdNeed(v, l)[2:] {
				if i > 0 {
					d.s(":")
				}
				d.f("%02x", x)
			}
			d.hexRows(v[2:])
		case 3:
			fl := ""
			for _, x := range [...]struct {
				bit int
				s   string
			}{{0x80, "onlink"}, {0x40, "auto"}, {0x20, "router"}} {
				if u8(v, 3)&x.bit != 0 {
					if fl != "" {
						fl += ", "
					}
					fl += x.s
				}
			}
			if fl == "" {
				fl = "none"
			}
			life := func(i int) string {
				if t := u32(v, i); t != 0xffffffff {
					return fmt.Sprintf("%ds", t)
				}
				return "infinity"
			}
			d.f("%s/%d, Flags [%s], valid time %s, pref. time %s", addr6(v, 16), u8(v, 2), fl, life(4), life(8))
			d.hexRows(v[2:])
		case 5:
			d.f(" %d", u32(v, 4))
			if l == 8 {
				d.hexRows(v[2:])
			} else {
				d.f(", bad option length %d", l)
			}
		case 25:
			d.f(" lifetime %ds,", u32(v, 4))
			for i := 8; i+16 <= len(v); i += 16 {
				d.f(" addr: %s", addr6(v, i))
			}
			d.hexRows(v[2:])
		default:
			d.hexRows(tdNeed(v, l)[2:])
		}
		o, n = from(o, l), n-l
	}
}

// hexRows is print_unknown_data, with -vv.
func (d *tdPrinter) hexRows(b []byte) {
	if d.v > 1 {
		d.hex(b, "\n\t    ")
	}
}
