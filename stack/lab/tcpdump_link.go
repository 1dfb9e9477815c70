package lab

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/wire"
)

var tdEtherTypes = map[uint16]string{0x0800: "IPv4", 0x0806: "ARP", 0x8035: "Reverse ARP", 0x86dd: "IPv6", 0x8100: "802.1Q", 0x88a8: "802.1Q-QinQ", 0x9100: "802.1Q-9100",
	0x8847: "MPLS unicast", 0x8848: "MPLS multicast", 0x8863: "PPPoE D", 0x8864: "PPPoE S", 0x88cc: "LLDP", 0x88f7: "PTP", 0x888e: "EAPOL", 0x9000: "Loopback", 0x8809: "Slow Protocols",
	0x6558: "TEB", 0x880b: "PPP", 0x88be: "ERSPAN Type II"}

func mac(b []byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", u8(b, 0), u8(b, 1), u8(b, 2), u8(b, 3), u8(b, 4), u8(b, 5))
}

// macName is an address with -n, or with what would stand behind it without.
func (d *tdPrinter) macName(b []byte) string {
	s := mac(b)
	if d.n {
		return s
	}
	if s == "ff:ff:ff:ff:ff:ff" {
		return "Broadcast"
	}
	return s + " (oui Unknown)"
}

// ether is ether_print.
func (d *tdPrinter) ether(b []byte, length int) int {
	d.proto = "ether"
	if length < 14 || len(b) < 14 {
		d.f(" [|ether]")
		return len(b)
	}
	typ := uint16(u16(b, 12))
	if d.e {
		d.f("%s > %s, ", d.macName(b[6:]), d.macName(b))
	}
	p, rest, hdr := b[14:], length-14, 14
	if typ > 1500 && d.e {
		name := tdEtherTypes[typ]
		if name == "" {
			name = "Unknown"
		}
		if d.q {
			d.f("%s, length %d: ", name, length)
		} else {
			d.f("ethertype %s (0x%04x), length %d: ", name, typ, length)
		}
	}
	for typ == 0x8100 || typ == 0x88a8 || typ == 0x9100 {
		d.proto = "vlan"
		tag := u16(p, 0)
		next := uint16(u16(p, 2))
		if d.e {
			d.f("vlan %d, p %d%s, ", tag&0xfff, tag>>13, map[bool]string{true: ", DEI"}[tag&0x1000 != 0])
			if next > 1500 {
				name := tdEtherTypes[next]
				if name == "" {
					name = "Unknown"
				}
				if d.q {
					d.f("%s, ", name)
				} else {
					d.f("ethertype %s (0x%04x), ", name, next)
				}
			}
		}
		p, rest, hdr, typ = p[4:], rest-4, hdr+4, next
	}
	if typ <= 1500 {
		if d.e {
			d.f("802.3, length %d: ", typ)
		}
		d.llc(p, min(rest, int(typ)))
		return hdr
	}
	d.end = p
	if !d.etherType(typ, p, rest) {
		if !d.e {
			name := tdEtherTypes[typ]
			if name == "" {
				name = "Unknown"
			}
			d.f("%s > %s, ethertype %s (0x%04x), length %d: ", d.macName(b[6:]), d.macName(b), name, typ, length)
		}
		d.unknown(p)
	}
	return hdr
}

// unknown prints what nothing is known of as bytes.
func (d *tdPrinter) unknown(p []byte) {
	if d.x == 0 && d.X == 0 && d.A == 0 {
		d.hexASCII(p, "\n\t")
	}
}

// etherType hands a packet to its protocol; false if there is none.
func (d *tdPrinter) etherType(typ uint16, p []byte, length int) bool {
	switch typ {
	case 0x0800:
		d.ipv4(p, length, true)
	case 0x86dd:
		d.ipv6(p, length)
	case 0x0806, 0x8035:
		d.arp(p, length)
	default:
		if tdEtherTypes[typ] == "" || typ == 0x9000 {
			return false
		}
		d.f("not modelled: %s", tdEtherTypes[typ])
	}
	return true
}

func (d *tdPrinter) raw(b []byte, length int) int {
	d.proto, d.end = "raw", b
	if d.e {
		d.s("ip: ")
	}
	d.ipAny(b, length)
	return 0
}

// ipAny is ipN_print.
func (d *tdPrinter) ipAny(b []byte, length int) {
	if length < 1 {
		d.f("truncated-ip %d", length)
		return
	}
	switch v := u8(b, 0) >> 4; v {
	case 4:
		d.ipv4(b, length, true)
	case 6:
		d.ipv6(b, length)
	default:
		d.f("unknown ip %d", v)
	}
}

func (d *tdPrinter) null(b []byte, length int, link uint16) int {
	d.proto = "null"
	fam := binary.LittleEndian.Uint32(tdNeed(b, 4))
	if link == 108 || fam&0xffff0000 != 0 {
		fam = binary.BigEndian.Uint32(b)
	}
	if d.e {
		switch fam {
		case 2:
			d.f("AF IPv4 (%d), length %d: ", fam, length)
		case 10, 24, 28, 30:
			d.f("AF IPv6 (%d), length %d: ", fam, length)
		}
	}
	d.end = b[4:]
	d.ipAny(b[4:], length-4)
	return 4
}

// cook is sll2_print: a frame of -i any.
func (d *tdPrinter) cook(f *tdFrame) {
	b := f.data
	d.proto = "sll2"
	if len(b) < 20 || f.orig < 20 {
		panic(truncated{})
	}
	typ, index, kind := uint16(u16(b, 0)), u32(b, 4), u8(b, 10)
	name := "?"
	if d.devName != nil {
		if s := d.devName(int(index)); s != "" {
			name = s
		}
	}
	dir := map[int]string{0: "In", 1: "B", 2: "M", 3: "P", 4: "Out"}[kind]
	if dir == "" {
		dir = "?"
	}
	d.f("%-5s %-3s ", name, dir)
	if d.e {
		d.f("ifindex %d ", index)
		if u8(b, 11) == 6 {
			d.f("%s ", d.macName(b[12:]))
		}
		et := tdEtherTypes[typ]
		if et == "" {
			et = "Unknown"
		}
		if d.q {
			d.f("%s, length %d: ", et, f.orig)
		} else {
			d.f("ethertype %s (0x%04x), length %d: ", et, typ, f.orig)
		}
	}
	d.end = b[20:]
	if !d.etherType(typ, b[20:], f.orig-20) {
		if !d.e {
			d.f("ethertype Unknown (0x%04x), length %d: ", typ, f.orig)
		}
		d.unknown(b[20:])
	}
}

func (d *tdPrinter) llc(p []byte, length int) {
	d.proto = "llc"
	tdNeed(p, 3)
	d.f("not modelled: 802.2 LLC, dsap 0x%02x, ssap 0x%02x, length %d", p[0], p[1], length)
}

// arp is arp_print.
func (d *tdPrinter) arp(p []byte, length int) {
	d.proto = "arp"
	hrd, pro, hln, pln, op := u16(p, 0), u16(p, 2), u8(p, 4), u8(p, 5), u16(p, 6)
	body := from(p, 8)
	if len(body) < 2*(hln+pln) {
		d.f("[|ARP]")
		d.hexASCII(p, "\n\t")
		return
	}
	d.s("ARP, "[map[bool]int{true: 5}[d.e]:])
	if pro != 0x0800 && pro != 0x1000 || pln != 4 || hln == 0 || d.v > 0 {
		hw := map[int]string{1: "Ethernet", 6: "TokenRing", 7: "ArcNet", 15: "Frame Relay", 17: "Strip", 24: "IEEE 1394", 32: "InfiniBand"}[hrd]
		if hw == "" {
			hw = fmt.Sprintf("Unknown Hardware (%d)", hrd)
		}
		name := tdEtherTypes[uint16(pro)]
		if name == "" {
			name = fmt.Sprintf("Unknown Protocol (0x%04x)", pro)
		}
		d.f("%s (len %d), %s (len %d), ", hw, hln, name, pln)
	}
	ops := map[int]string{1: "Request", 2: "Reply", 3: "Reverse Request", 4: "Reverse Reply", 8: "Inverse Request", 9: "Inverse Reply", 10: "NACK Reply"}
	name := ops[op]
	if name == "" {
		name = fmt.Sprintf("Unknown (%d)", op)
	}
	d.s(name)
	sha, spa, tha, tpa := body[:hln], body[hln:hln+pln], body[hln+pln:2*hln+pln], body[2*hln+pln:2*(hln+pln)]
	ip := func(b []byte) string {
		if pln != 4 {
			return "<wrong len>"
		}
		return d.addr(wire.IP4(binary.BigEndian.Uint32(b)).Addr())
	}
	hw := func(b []byte) string {
		if hln == 6 {
			return d.macName(b)
		}
		if hln == 0 {
			return "<wrong len>"
		}
		var s []string
		for _, x := range b {
			s = append(s, fmt.Sprintf("%02x", x))
		}
		return strings.Join(s, ":")
	}
	switch op {
	case 1:
		d.f(" who-has %s", ip(tpa))
		if strings.Trim(string(tha), "\x00") != "" {
			d.f(" (%s)", hw(tha))
		}
		d.f(" tell %s", ip(spa))
	case 2:
		d.f(" %s is-at %s", ip(spa), hw(sha))
	case 3:
		d.f(" who-is %s tell %s", hw(tha), hw(sha))
	case 4:
		d.f(" %s at %s", hw(tha), ip(tpa))
	case 8:
		d.f(" who-is %s tell %s", hw(tha), hw(sha))
	case 9:
		d.f(" %s at %s", hw(sha), ip(spa))
	default:
		d.hexASCII(p, "\n\t")
	}
	d.f(", length %d", length)
}

func (d *tdPrinter) addr(a wire.Addr) string {
	if d.name != nil && !d.n {
		if s := d.name(a); s != "" {
			return s
		}
	}
	return a.String()
}
