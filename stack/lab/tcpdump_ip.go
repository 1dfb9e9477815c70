package lab

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/wire"
)

var tdProtos = map[int]string{0: "Options", 1: "ICMP", 2: "IGMP", 4: "IPIP", 6: "TCP", 8: "EGP", 9: "IGRP", 17: "UDP", 33: "DCCP", 41: "IPv6", 43: "Routing", 44: "Fragment", 59: "no next header", 46: "RSVP", 47: "GRE", 50: "ESP", 51: "AH",
	55: "Mobile IP", 58: "ICMPv6", 88: "EIGRP", 89: "OSPF", 103: "PIM", 108: "Compressed IP", 112: "VRRP", 132: "SCTP", 136: "UDPLite"}

// tdProtoNames are the names of /etc/protocols, for fragments without -n.
var tdProtoNames = map[int]string{0: "ip", 1: "icmp", 2: "igmp", 4: "ipencap", 6: "tcp", 17: "udp", 33: "dccp", 41: "ipv6", 47: "gre", 50: "esp", 51: "ah", 58: "ipv6-icmp", 88: "eigrp", 89: "ospf",
	103: "pim", 112: "vrrp", 132: "sctp", 136: "udplite"}

func addr4(b []byte, i int) wire.Addr { return wire.IP4(u32(b, i)).Addr() }

func addr6(b []byte, i int) wire.Addr {
	tdNeed(b, i+16)
	return wire.Addr{Hi: binary.BigEndian.Uint64(b[i:]), Lo: binary.BigEndian.Uint64(b[i+8:])}
}

// sum16 is the Internet checksum's sum over b, begun with s.
func sum16(s uint32, b []byte) uint32 {
	for len(b) > 1 {
		s += uint32(b[0])<<8 | uint32(b[1])
		if s >= 1<<31 {
			s = s&0xffff + s>>16
		}
		b = b[2:]
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	for s > 0xffff {
		s = s&0xffff + s>>16
	}
	return s
}

// A tdIP is the IP header around a transport header.
type tdIP struct {
	src, dst wire.Addr
	proto    int
	ttl      int
	ext      bool // IPv6: an extension header stands in between
}

// pseudo is the sum of the pseudo header.
func (h *tdIP) pseudo(n int) uint32 {
	var b [40]byte
	if h.src.Is4() {
		binary.BigEndian.PutUint32(b[0:], uint32(h.src.IP4()))
		binary.BigEndian.PutUint32(b[4:], uint32(h.dst.IP4()))
	} else {
		binary.BigEndian.PutUint64(b[0:], h.src.Hi)
		binary.BigEndian.PutUint64(b[8:], h.src.Lo)
		binary.BigEndian.PutUint64(b[16:], h.dst.Hi)
		binary.BigEndian.PutUint64(b[24:], h.dst.Lo)
	}
	binary.BigEndian.PutUint32(b[32:], uint32(n))
	b[39] = byte(h.proto)
	return sum16(0, b[:])
}

// ipv4 is ip_print. word is whether "IP " stands in front.
func (d *tdPrinter) ipv4(p []byte, length int, word bool) {
	if d.ipDepth++; d.ipDepth > 16 {
		d.s("[nested too deep]")
		return
	}
	defer func() { d.ipDepth-- }()
	d.proto = "ip"
	if v := u8(p, 0) >> 4; v != 4 {
		if v == 6 {
			d.s("IP6, wrong link-layer encapsulation (invalid)")
		} else {
			d.f("IP%d (invalid)", v)
		}
		return
	}
	if word && !d.e {
		d.s("IP ")
	}
	if length < 20 {
		d.f("truncated-ip %d", length)
		return
	}
	hl := u8(p, 0) & 15 * 4
	if hl < 20 {
		d.f("bad-hlen %d", hl)
		return
	}
	total := u16(p, 2)
	if length < total {
		d.f("truncated-ip - %d bytes missing! ", total-length)
	}
	if total < hl {
		d.f("bad-len %d", total)
		return
	}
	tdNeed(p, 20)
	p = clip(p, total)
	off := u16(p, 6)
	h := &tdIP{src: addr4(p, 12), dst: addr4(p, 16), proto: u8(p, 9), ttl: u8(p, 8)}
	if d.v > 0 {
		d.ipv4Verbose(p, hl, total, off, h)
	}
	d.frag = off&0x3fff != 0
	if off&0x1fff != 0 {
		d.f("%s > %s:", d.addr(h.src), d.addr(h.dst))
		if name := tdProtoNames[h.proto]; !d.n && name != "" {
			d.f(" %s", name)
		} else {
			d.f(" ip-proto-%d", h.proto)
		}
		return
	}
	switch h.proto {
	case 6, 17, 132, 33:
	default:
		d.f("%s > %s: ", d.addr(h.src), d.addr(h.dst))
	}
	d.transport(h, from(p, hl), total-hl, h.proto)
}

// ipv4Verbose is what -v adds in front.
func (d *tdPrinter) ipv4Verbose(p []byte, hl, total, off int, h *tdIP) {
	tos := u8(p, 1)
	d.f("(tos 0x%x", tos)
	d.s([4]string{"", ",ECT(1)", ",ECT(0)", ",CE"}[tos&3])
	if h.ttl >= 1 {
		d.f(", ttl %d", h.ttl)
	}
	var fl []string
	for _, x := range [...]struct {
		bit int
		s   string
	}{{0x2000, "+"}, {0x4000, "DF"}, {0x8000, "rsvd"}} {
		if off&x.bit != 0 {
			fl = append(fl, x.s)
		}
	}
	if fl == nil {
		fl = []string{"none"}
	}
	name := tdProtos[h.proto]
	if name == "" {
		name = "unknown"
	}
	d.f(", id %d, offset %d, flags [%s], proto %s (%d), length %d", u16(p, 4), off&0x1fff*8, strings.Join(fl, ", "), name, h.proto, total)
	if hl > 20 {
		d.s(", options (")
		if !d.ipOptions(tdNeed(p, hl)[20:hl]) {
			d.s(" [truncated-option]")
		}
		d.s(")")
	}
	if !d.K && len(p) >= hl {
		if s := sum16(0, p[:hl]); s != 0xffff {
			have := u16(p, 10)
			right := ^sum16(0, append(append([]byte(nil), p[:10]...), p[12:hl]...)) & 0xffff
			d.f(", bad cksum %x (->%x)!", have, right)
		}
	}
	d.s(")\n    ")
}

// ipOptions is ip_optprint.
func (d *tdPrinter) ipOptions(o []byte) bool {
	names := map[byte]string{0: "EOL", 1: "NOP", 68: "timestamp", 130: "security", 7: "RR", 137: "SSRR", 131: "LSRR", 148: "RA", 151: "RSVP"}
	sep := ""
	for len(o) > 0 {
		d.s(sep)
		sep = ","
		name := names[o[0]]
		if name == "" {
			name = fmt.Sprintf("unknown %d", o[0])
		}
		d.s(name)
		if o[0] <= 1 {
			if o[0] == 0 {
				return true
			}
			o = o[1:]
			continue
		}
		if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
			if len(o) >= 2 {
				d.f(" [bad length %d]", o[1])
			}
			return true
		}
		v := o[:o[1]]
		switch o[0] {
		case 148:
			if len(v) != 4 {
				d.f(" [bad length %d]", len(v))
			} else if x := u16(v, 2); x != 0 {
				d.f(" value %d", x)
			}
		case 7, 131, 137:
			if len(v) >= 3 {
				ptr := int(v[2]) - 1
				for i := 3; i+4 <= len(v); i += 4 {
					d.f(" %s", addr4(v, i))
					if i == ptr {
						d.s(",")
					}
				}
			}
		}
		o = o[o[1]:]
	}
	return true
}

// transport is ip_demux_print: what an IP header says is next.
func (d *tdPrinter) transport(h *tdIP, p []byte, length, proto int) {
	switch proto {
	case 1:
		d.icmp(h, p, length)
	case 2:
		d.igmp(p, length)
	case 58:
		d.icmp6(h, p, length)
	case 6:
		d.tcp(h, p, length)
	case 17:
		d.udp(h, p, length)
	case 4:
		d.ipv4(p, length, true)
	case 41:
		d.ipv6(p, length)
	case 47:
		d.gre(p, length)
	case 59:
		d.s("no next header")
	default:
		if proto == 132 || proto == 33 {
			d.f("%s > %s: ", d.addr(h.src), d.addr(h.dst))
		}
		if tdProtos[proto] != "" {
			d.f("not modelled: %s, ", tdProtos[proto])
		}
		if name := tdProtoNames[proto]; !d.n && name != "" {
			d.f(" %s", name)
		} else {
			d.f(" ip-proto-%d", proto)
		}
		d.f(" %d", length)
	}
}
