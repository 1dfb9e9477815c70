package wire

import "strconv"

// line is one line being written, in tcpdump's words.
type line struct {
	out   []byte
	depth int // how many headers inside headers, to bound the work
}

const maxDepth = 8

func (l *line) s(s string)     { l.out = append(l.out, s...) }
func (l *line) u(v uint32)     { l.out = strconv.AppendUint(l.out, uint64(v), 10) }
func (l *line) n(v int)        { l.out = strconv.AppendInt(l.out, int64(v), 10) }
func (l *line) mac(m MAC)      { l.s(m.String()) }
func (l *line) ip4(a IP4)      { l.out = a.Addr().Netip().AppendTo(l.out) }
func (l *line) ip6(a Addr)     { l.out = a.netip16().AppendTo(l.out) }
func (l *line) trunc(p string) { l.s(" [|"); l.s(p); l.s("]") }

// su and sn write a word and a number behind it.
func (l *line) su(s string, v uint32) { l.s(s); l.u(v) }
func (l *line) sn(s string, v int)    { l.s(s); l.n(v) }

// hex writes v with at least digits digits.
func (l *line) hex(v uint64, digits int) {
	const set = "0123456789abcdef"
	for i := 15; i >= 0; i-- {
		if i < digits || v>>(4*i) != 0 {
			l.out = append(l.out, set[v>>(4*i)&15])
		}
	}
}

// char writes a byte of a text in a packet as tcpdump's fn_print_char does.
func (l *line) char(c byte) {
	if c >= 0x80 {
		l.s("M-")
		c &= 0x7f
	}
	if c < ' ' || c == 0x7f {
		l.s("^")
		c ^= 0x40
	}
	l.out = append(l.out, c)
}

// Summary describes a frame in one line, in the words of tcpdump -n -S: no
// names for addresses and ports, sequence numbers as sent. orig is the length
// of the frame on the wire in bytes; a frame that was captured in part ends in
// [|proto] where its bytes do. A VLAN tag is told ("vlan 100, p 0, "), as
// tcpdump -e does. The line is printable ASCII, whatever the frame, and
// Summary never panics.
func Summary(frame []byte, link LinkKind, orig int) string {
	l := &line{out: make([]byte, 0, 128)}
	if orig < len(frame) {
		orig = len(frame)
	}
	l.link(frame, link, orig)
	for i, c := range l.out {
		if c < ' ' || c > '~' {
			l.out[i] = '.'
		}
	}
	return string(l.out)
}

func (l *line) link(b []byte, link LinkKind, n int) {
	var t EtherType
	hlen := 0
	name := ""
	switch link {
	case LinkEthernet:
		l.ethernet(b, n)
		return
	case LinkSLL:
		hlen, name = SLLLen, "sll"
	case LinkSLL2:
		hlen, name = SLL2Len, "sll2"
	case LinkNull, LinkLoop:
		hlen, name = NullLen, "null"
	case LinkRaw, LinkIPv4, LinkIPv6:
		l.anyIP(b, n)
		return
	default:
		l.sn("link type ", int(link))
		l.sn(", length ", n)
		return
	}
	if len(b) < hlen {
		l.trunc(name)
		return
	}
	switch link {
	case LinkSLL:
		t = SLL(b).Type()
	case LinkSLL2:
		t = SLL2(b).Type()
	default:
		if t = Null(b).Type(); t == 0 {
			l.su("AF ", Null(b).Family())
			l.sn(", length ", n)
			return
		}
	}
	if !l.etherType(b[hlen:], n-hlen, t) {
		l.unknownType(t, n)
	}
}

// anyIP prints a packet by its version: raw_if_print.
func (l *line) anyIP(b []byte, n int) {
	if len(b) == 0 {
		l.trunc("raw")
		return
	}
	switch b[0] >> 4 {
	case 4:
		l.ipv4(b, n)
	case 6:
		l.ipv6(b, n)
	default:
		l.sn("unknown ip ", int(b[0]>>4))
	}
}

func (l *line) ethernet(b []byte, n int) {
	if l.depth++; l.depth > maxDepth {
		l.s("...")
		return
	}
	if len(b) < EthernetLen {
		l.trunc("ether")
		return
	}
	h := Ethernet(b)
	src, dst, whole := h.Src(), h.Dst(), n
	t, b, n := h.Type(), b[EthernetLen:], n-EthernetLen
	for t.IsVLAN() {
		if len(b) < VLANTagLen {
			l.trunc("vlan")
			return
		}
		l.su("vlan ", uint32(VLAN(b).ID()))
		l.su(", p ", uint32(VLAN(b).PCP()))
		if VLAN(b).DEI() {
			l.s(", DEI")
		}
		l.s(", ")
		t, b, n = VLAN(b).Type(), b[VLANTagLen:], n-VLANTagLen
	}
	if t <= EthernetData {
		if int(t) < n {
			n = int(t)
		}
		if n < len(b) {
			b = b[:n]
		}
		l.llc(b, n)
		return
	}
	if l.etherType(b, n, t) {
		return
	}
	l.mac(src)
	l.s(" > ")
	l.mac(dst)
	l.s(", ")
	l.unknownType(t, whole)
	l.s(": ")
}

func (l *line) unknownType(t EtherType, n int) {
	l.s("ethertype ")
	l.s(etherName(t))
	if etherName(t) == "Unknown" {
		l.s(" (0x")
		l.hex(uint64(t), 4)
		l.s(")")
	}
	l.sn(", length ", n)
}

func etherName(t EtherType) string {
	switch t {
	case EtherTypeIPv4:
		return "IPv4"
	case EtherTypeIPv6:
		return "IPv6"
	case EtherTypeARP:
		return "ARP"
	case EtherTypeRARP:
		return "Reverse ARP"
	case EtherTypeLoopback:
		return "Loopback"
	case EtherTypePTP:
		return "PTP"
	case EtherTypeMACsec:
		return "802.1AE MACsec"
	case EtherTypeAppleTk:
		return "Appletalk"
	case EtherTypeLLDP:
		return "LLDP"
	case EtherTypeCFM:
		return "CFM"
	case EtherTypeTEB:
		return "TEB"
	}
	return "Unknown"
}

// etherType prints what follows a link header; false is "not known".
func (l *line) etherType(b []byte, n int, t EtherType) bool {
	switch t {
	case EtherTypeIPv4:
		l.ipv4(b, n)
	case EtherTypeIPv6:
		l.ipv6(b, n)
	case EtherTypeARP, EtherTypeRARP:
		l.arp(b, n)
	default:
		return false
	}
	return true
}

// llc prints an IEEE 802.2 frame, as far as what it is.
func (l *line) llc(b []byte, n int) {
	if len(b) < 3 {
		l.trunc("llc")
		return
	}
	switch {
	case b[0] == 0x42 && b[1] == 0x42:
		l.s("STP")
	case b[0] == 0xaa && b[1] == 0xaa && b[2] == 3 && len(b) >= 8:
		if be24(b[3:]) == 0 && l.etherType(b[8:], n-8, EtherType(be16(b[6:]))) {
			return
		}
		l.s("SNAP, oui 0x")
		l.hex(uint64(be24(b[3:])), 6)
		l.s(", pid 0x")
		l.hex(uint64(be16(b[6:])), 4)
	default:
		l.s("LLC, dsap 0x")
		l.hex(uint64(b[0]&^1), 2)
		l.s(", ssap 0x")
		l.hex(uint64(b[1]&^1), 2)
		l.s(", ctrl 0x")
		l.hex(uint64(b[2]), 2)
	}
	l.sn(", length ", n)
}

var arpOps = [...]string{1: "Request", "Reply", "Reverse Request", "Reverse Reply",
	8: "Inverse Request", "Inverse Reply", "NACK Reply"}

// arp prints an ARP packet: arp_print.
func (l *line) arp(b []byte, n int) {
	l.s("ARP, ")
	h := ARP(b)
	if len(b) < 8 || len(b) < 8+2*(h.HLen()+h.PLen()) {
		l.trunc("arp")
		return
	}
	if h.PType() != EtherTypeIPv4 || h.PLen() != 4 || h.HLen() != 6 {
		if h.HType() == ARPHTypeEther {
			l.s("Ethernet")
		} else {
			l.su("Unknown Hardware (", uint32(h.HType()))
			l.s(")")
		}
		l.sn(" (len ", h.HLen())
		if h.PType() == EtherTypeIPv4 {
			l.s("), IPv4")
		} else {
			l.s("), Unknown Protocol (0x")
			l.hex(uint64(h.PType()), 4)
			l.s(")")
		}
		l.sn(" (len ", h.PLen())
		l.sn("), length ", n)
		return
	}
	if op := int(h.Op()); op < len(arpOps) && arpOps[op] != "" {
		l.s(arpOps[op])
	} else {
		l.sn("Unknown (", op)
		l.s(")")
	}
	l.s(" ")
	l.arpBody(h)
	l.sn(", length ", n)
}

func (l *line) arpBody(h ARP) {
	switch h.Op() {
	case ARPRequest:
		l.s("who-has ")
		l.ip4(h.TPA())
		if h.THA() != 0 {
			l.s(" (")
			l.mac(h.THA())
			l.s(")")
		}
		l.s(" tell ")
		l.ip4(h.SPA())
	case ARPReply:
		l.ip4(h.SPA())
		l.s(" is-at ")
		l.mac(h.SHA())
	case RARPRequest, InARPReq:
		l.s("who-is ")
		l.mac(h.THA())
		l.s(" tell ")
		l.mac(h.SHA())
	case RARPReply:
		l.mac(h.THA())
		l.s(" at ")
		l.ip4(h.TPA())
	case InARPReply:
		l.mac(h.SHA())
		l.s(" at ")
		l.ip4(h.SPA())
	}
}
