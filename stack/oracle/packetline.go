package oracle

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Ethernet types.
const (
	typeIPv4 = 0x0800
	typeARP  = 0x0806
	typeIPv6 = 0x86dd
)

var icmpNames = map[byte]string{0: "echo-reply", 3: "dest-unreach", 4: "source-quench", 5: "redirect", 8: "echo-request", 11: "time-exceeded", 12: "parameter-problem", 13: "timestamp", 14: "timestamp-reply"}

var icmp6Names = map[byte]string{1: "dest-unreach", 2: "packet-too-big", 3: "time-exceeded", 4: "parameter-problem", 128: "echo-request", 129: "echo-reply", 130: "mld-query", 131: "mld-report",
	133: "router-solicit", 134: "router-advert", 135: "neigh-solicit", 136: "neigh-advert", 137: "redirect", 143: "mldv2-report"}

// PacketLine is the one-line summary of a packet in the recordings:
//
//	10.0.1.10 > 10.0.2.10 ICMP echo-request/0 seq 1 ttl 1
//
// Proto is skb->protocol in host byte order (0x0800), b begins at the network
// header and may go beyond the packet's end. Anything may be in b.
func PacketLine(proto uint16, b []byte) string { return l3Line(proto, b, false, "None") }

// FrameLine is the summary of a whole Ethernet frame.
func FrameLine(b []byte) string {
	if len(b) < 14 {
		return "type None"
	}
	t := binary.BigEndian.Uint16(b[12:])
	return l3Line(t, b[14:], true, fmt.Sprintf("%04x", t))
}

func l3Line(proto uint16, b []byte, full bool, typ string) string {
	switch proto {
	case typeIPv4:
		return ip4Line(b, full)
	case typeIPv6:
		return ip6Line(b, full)
	case typeARP:
		return arpLine(b)
	}
	return "type " + typ
}

func arpLine(b []byte) string {
	if len(b) < 28 {
		return "ARP None None -> None"
	}
	op := fmt.Sprint(binary.BigEndian.Uint16(b[6:]))
	switch op {
	case "1":
		op = "request"
	case "2":
		op = "reply"
	}
	return "ARP " + op + " " + ip4(b[14:]) + " -> " + ip4(b[24:])
}

func ip4(b []byte) string  { return netip.AddrFrom4([4]byte(b[:4])).String() }
func ip16(b []byte) string { return netip.AddrFrom16([16]byte(b[:16])).String() }

func ip4Line(b []byte, full bool) string {
	if len(b) < 20 {
		return "short"
	}
	hl, tl, fr := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:])), binary.BigEndian.Uint16(b[6:])
	p := b[min(hl, len(b)):]
	if full && tl >= hl {
		p = b[min(hl, len(b)):min(tl, len(b))]
	}
	var l4 string
	src, dst := ip4(b[12:]), ip4(b[16:])
	if fr&0x1fff == 0 {
		n := len(p)
		if tl > hl {
			n = tl - hl
		}
		l4 = l4Line(b[9], p, &src, &dst, n)
	}
	if l4 == "" {
		l4 = fmt.Sprintf("proto %d", b[9])
	}
	s := fmt.Sprintf("%s > %s %s ttl %d", src, dst, l4, b[8])
	if fr&0x3fff != 0 {
		s += fmt.Sprintf(" frag off %d mf %d", int(fr&0x1fff)*8, fr>>13&1)
	}
	return s
}

func ip6Line(b []byte, full bool) string {
	if len(b) < 40 {
		return "short"
	}
	pl := int(binary.BigEndian.Uint16(b[4:]))
	p := b[40:]
	if full {
		p = p[:min(pl, len(p))]
	}
	proto, off := b[6], 0
	for (proto == 0 || proto == 43 || proto == 44 || proto == 60) && len(p) >= 8 {
		n := (int(p[1]) + 1) * 8
		if proto == 44 {
			n, off = 8, int(binary.BigEndian.Uint16(p[2:])&0xfff8)
		}
		proto = p[0]
		p = p[min(n, len(p)):]
	}
	var l4 string
	src, dst := ip16(b[8:]), ip16(b[24:])
	if off == 0 {
		n := len(p)
		if pl > 0 && !full {
			n = pl - (len(b) - 40 - len(p))
		}
		l4 = l4Line(proto, p, &src, &dst, n)
	}
	if l4 == "" {
		l4 = fmt.Sprintf("proto %d", proto)
	}
	return fmt.Sprintf("%s > %s %s hlim %d", src, dst, l4, b[7])
}

// l4Line is the transport part, "" if it cannot be said; it adds the ports to
// the addresses. n is the length of the transport part by the network header.
func l4Line(proto byte, p []byte, src, dst *string, n int) string {
	ports := func() {
		*src += fmt.Sprintf(":%d", binary.BigEndian.Uint16(p))
		*dst += fmt.Sprintf(":%d", binary.BigEndian.Uint16(p[2:]))
	}
	name := func(m map[byte]string) string {
		if s := m[p[0]]; s != "" {
			return s
		}
		return fmt.Sprint(p[0])
	}
	switch {
	case proto == 1 && len(p) >= 8:
		s := fmt.Sprintf("ICMP %s/%d", name(icmpNames), p[1])
		if p[0] == 0 || p[0] == 8 {
			s += fmt.Sprintf(" seq %d", binary.BigEndian.Uint16(p[6:]))
		}
		return s
	case proto == 58 && len(p) >= 4:
		s := fmt.Sprintf("ICMPv6 %s/%d", name(icmp6Names), p[1])
		if (p[0] == 135 || p[0] == 136) && len(p) >= 24 {
			s += " " + ip16(p[8:])
		}
		return s
	case proto == 17 && len(p) >= 8:
		ports()
		s := fmt.Sprintf("UDP len %d", int(binary.BigEndian.Uint16(p[4:]))-8)
		if binary.BigEndian.Uint16(p[2:]) == 4789 && len(p) >= 16 {
			s += fmt.Sprintf(" vni %d [%s]", int(p[12])<<16|int(p[13])<<8|int(p[14]), FrameLine(p[16:]))
		}
		return s
	case proto == 6 && len(p) >= 20:
		ports()
		return fmt.Sprintf("TCP [%s] len %d", tcpFlags(p), max(0, n-int(p[12]>>4)*4))
	case proto == 6 && len(p) >= 8:
		ports()
		return fmt.Sprintf("TCP [?] seq %d ack 0 win None len None", binary.BigEndian.Uint32(p[4:]))
	case proto == 2 && len(p) >= 8:
		return fmt.Sprintf("IGMP %02x", p[0])
	}
	return ""
}

// tcpFlags are the letters of the flags that are set: "SA"; a is Accurate ECN.
func tcpFlags(p []byte) string {
	s := ""
	for i, c := range "FSRPAUEC" {
		if p[13]>>i&1 != 0 {
			s += string(c)
		}
	}
	if p[12]&1 != 0 {
		s += "a"
	}
	return s
}
