package oracle

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// fields of a frame under construction.
type fields []Field

func (f *fields) add(name string, v any) { *f = append(*f, Field{name, fmt.Sprint(v)}) }

// frame lists all header fields of an Ethernet frame, with what varies between
// two runs made relative.
func (n *norm) frame(b []byte, lo bool) []Field {
	var f fields
	if len(b) < 14 {
		f.add("frame", hex.EncodeToString(b))
		return f
	}
	if b[0]>>4 == 4 && len(b) >= 20 && int(binary.BigEndian.Uint16(b[2:])) == len(b) { // of a tun device: there is no link header
		n.ipv4(&f, "", b, true, lo)
		return f
	}
	f.add("destination MAC", mac(b))
	f.add("source MAC", mac(b[6:]))
	t := binary.BigEndian.Uint16(b[12:])
	f.add("Ethernet type", fmt.Sprintf("%04x", t))
	f.add("frame length", len(b))
	p := b[14:]
	switch t {
	case typeIPv4:
		n.ipv4(&f, "", p, true, lo)
	case typeIPv6:
		n.ipv6(&f, "", p, true, lo)
	case typeARP:
		arpFields(&f, p)
	default:
		f.add("payload", hex.EncodeToString(p))
	}
	return f
}

func mac(b []byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5])
}

func arpFields(f *fields, p []byte) {
	if len(p) < 28 {
		f.add("ARP", hex.EncodeToString(p))
		return
	}
	f.add("ARP types", hex.EncodeToString(p[:6]))
	f.add("ARP operation", binary.BigEndian.Uint16(p[6:]))
	f.add("ARP sender MAC", mac(p[8:]))
	f.add("ARP sender IP", ip4(p[14:]))
	f.add("ARP target MAC", mac(p[18:]))
	f.add("ARP target IP", ip4(p[24:]))
}

// ipv4 lists an IPv4 packet. In a quotation (pre is not empty) nothing is known
// about what was cut off, and checksums are those of another packet.
func (n *norm) ipv4(f *fields, pre string, b []byte, full, lo bool) {
	if len(b) < 20 {
		f.add(pre+"IP packet", hex.EncodeToString(b))
		return
	}
	hl, tl, fr := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:])), binary.BigEndian.Uint16(b[6:])
	f.add(pre+"source", ip4(b[12:]))
	f.add(pre+"destination", ip4(b[16:]))
	f.add(pre+"version and header length", fmt.Sprintf("%02x", b[0]))
	f.add(pre+"tos", b[1])
	f.add(pre+"IP length", tl)
	f.add(pre+"IP id", idClass(binary.BigEndian.Uint16(b[4:])))
	f.add(pre+"reserved flag", fr>>15)
	f.add(pre+"DF", fr>>14&1)
	f.add(pre+"MF", fr>>13&1)
	f.add(pre+"fragment offset", int(fr&0x1fff)*8)
	f.add(pre+"ttl", b[8])
	f.add(pre+"protocol", b[9])
	hl = min(max(hl, 20), len(b))
	o := b[20:hl]
	if len(o) > 4 && o[0] == 68 { // timestamp option: the times vary
		o = o[:4]
	}
	f.add(pre+"IP options", hex.EncodeToString(o))
	if pre == "" {
		f.add("IP checksum right", sum(b[:hl], 0) == 0)
	}
	p := b[hl:]
	if full && tl >= hl {
		p = b[hl:min(tl, len(b))]
	}
	if fr&0x1fff != 0 {
		f.add(pre+"fragment payload", hex.EncodeToString(p))
		return
	}
	pseudo := uint32(0)
	for i := 12; i < 20; i += 2 {
		pseudo += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	whole := full && fr&0x3fff == 0 && len(b) >= tl
	l := l4{src: ip4(b[12:]), dst: ip4(b[16:]), pseudo: pseudo, whole: whole, lo: lo, quoted: pre != "", v4: true, n: max(0, tl-hl)}
	n.transport(f, pre, b[9], p, l)
}

// ipv6 lists an IPv6 packet.
func (n *norm) ipv6(f *fields, pre string, b []byte, full, lo bool) {
	if len(b) < 40 {
		f.add(pre+"IP packet", hex.EncodeToString(b))
		return
	}
	w, pl := binary.BigEndian.Uint32(b), int(binary.BigEndian.Uint16(b[4:]))
	f.add(pre+"source", ip16(b[8:]))
	f.add(pre+"destination", ip16(b[24:]))
	f.add(pre+"version", w>>28)
	f.add(pre+"traffic class", w>>20&255)
	f.add(pre+"flow label", set(w&0xfffff))
	f.add(pre+"payload length", pl)
	f.add(pre+"next header", b[6])
	f.add(pre+"hop limit", b[7])
	p := b[40:]
	if full {
		p = p[:min(pl, len(p))]
	}
	proto, frag := b[6], false
	for (proto == 0 || proto == 43 || proto == 44 || proto == 60) && len(p) >= 8 {
		h := (int(p[1]) + 1) * 8
		if proto == 44 {
			h, frag = 8, true
			o := binary.BigEndian.Uint16(p[2:])
			f.add(pre+"fragment offset", o&0xfff8)
			f.add(pre+"MF", o&1)
			if o&0xfff8 != 0 {
				f.add(pre+"fragment payload", hex.EncodeToString(p[8:]))
				return
			}
		} else {
			f.add(pre+"extension header", fmt.Sprintf("%d %x", proto, p[:min(h, len(p))]))
		}
		proto = p[0]
		p = p[min(h, len(p)):]
	}
	pseudo := uint32(0)
	for i := 8; i < 40; i += 2 {
		pseudo += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	f.add(pre+"protocol", proto)
	n.transport(f, pre, proto, p, l4{src: ip16(b[8:]), dst: ip16(b[24:]), pseudo: pseudo, whole: full && !frag && len(b) >= 40+pl, lo: lo, quoted: pre != "", n: pl - (len(b) - 40 - len(p))})
}

// l4 is what the transport part must know of the network header.
type l4 struct {
	src, dst string
	pseudo   uint32 // sum of the addresses
	whole    bool   // nothing is missing: the checksum can be verified
	lo       bool   // on the loopback device
	quoted   bool   // inside an ICMP error
	v4       bool
	n        int // length by the network header
}

func (n *norm) transport(f *fields, pre string, proto byte, p []byte, l l4) {
	switch {
	case proto == 6 && len(p) >= 8:
		n.tcp(f, pre, p, l)
	case proto == 17 && len(p) >= 8:
		f.add(pre+"source port", n.port(binary.BigEndian.Uint16(p)))
		f.add(pre+"destination port", n.port(binary.BigEndian.Uint16(p[2:])))
		u := int(binary.BigEndian.Uint16(p[4:]))
		f.add(pre+"UDP length", u)
		c := binary.BigEndian.Uint16(p[6:])
		if !l.quoted {
			f.add("UDP checksum absent", c == 0)
		}
		if l.whole && u >= 8 && u <= len(p) {
			f.add("UDP checksum right", c == 0 && l.v4 || sum(p[:u], l.pseudo+17+uint32(u)) == 0)
		}
		if binary.BigEndian.Uint16(p[2:]) == portVXLAN && pre == "" && len(p) >= 16+14 {
			n.vxlan(f, p[8:], l)
			return
		}
		if n.lab && pre == "" && n.tunnelled(f, p[8:], l.lo) {
			return
		}
		f.add(pre+"payload", hex.EncodeToString(p[8:]))
	case proto == 1 && len(p) >= 8:
		n.icmp(f, pre, p, l)
	case proto == 58 && len(p) >= 8:
		n.icmp6(f, pre, p, l)
	default:
		f.add(pre+"payload", hex.EncodeToString(p))
	}
}

// tunnelled lists the packet or the frame in a datagram of a tunnel that two programs
// make, and reports whether it is one.
func (n *norm) tunnelled(f *fields, q []byte, lo bool) bool {
	if ip := whole4(q); ip != nil {
		n.ipv4(f, "inner ", ip, true, lo)
		return true
	}
	if len(q) < 14 || q[12] != 8 || q[13] != 0 || whole4(q[14:]) == nil {
		return false
	}
	f.add("inner destination MAC", mac(q))
	f.add("inner source MAC", mac(q[6:]))
	n.ipv4(f, "inner ", q[14:], true, lo)
	return true
}

// whole4 is p if that is an IPv4 packet without options.
func whole4(p []byte) []byte {
	if len(p) >= 20 && p[0] == 0x45 && int(binary.BigEndian.Uint16(p[2:])) == len(p) && sum(p[:20], 0) == 0 {
		return p
	}
	return nil
}

// portVXLAN is the port of VXLAN (RFC 7348).
const portVXLAN = 4789

// vxlan lists the frame inside a VXLAN datagram.
func (n *norm) vxlan(f *fields, p []byte, l l4) {
	const pre = "inner "
	f.add("VXLAN header", hex.EncodeToString(p[:8]))
	b := p[8:]
	f.add(pre+"destination MAC", mac(b))
	f.add(pre+"source MAC", mac(b[6:]))
	f.add(pre+"Ethernet type", hex.EncodeToString(b[12:14]))
	switch b = b[14:]; {
	case p[8+12] == 8 && p[8+13] == 0:
		n.ipv4(f, pre, b, l.whole, l.lo)
	case p[8+12] == 0x86 && p[8+13] == 0xdd:
		n.ipv6(f, pre, b, l.whole, l.lo)
	default:
		f.add(pre+"payload", hex.EncodeToString(b))
	}
}

func (n *norm) tcp(f *fields, pre string, p []byte, l l4) {
	sp, dp := binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:])
	k := flow{l.src, l.dst, sp, dp}
	f.add(pre+"source port", n.port(sp))
	f.add(pre+"destination port", n.port(dp))
	if len(p) < 20 {
		f.add(pre+"seq", n.seq(k, binary.BigEndian.Uint32(p[4:]), false))
		return
	}
	fl := tcpFlags(p)
	f.add(pre+"flags", fl)
	f.add(pre+"seq", n.seq(k, binary.BigEndian.Uint32(p[4:]), fl == "R"))
	if ack := binary.BigEndian.Uint32(p[8:]); p[13]&16 != 0 {
		f.add(pre+"ack", n.seq(k.reverse(), ack, false))
	}
	f.add(pre+"window", binary.BigEndian.Uint16(p[14:]))
	f.add(pre+"urgent pointer", binary.BigEndian.Uint16(p[18:]))
	hl := min(max(int(p[12]>>4)*4, 20), len(p))
	f.add(pre+"TCP header length", int(p[12]>>4)*4)
	f.add(pre+"TCP options", n.tcpOptions(p[20:hl], k.reverse()))
	if l.whole {
		f.add("TCP checksum right", sum(p, l.pseudo+6+uint32(len(p))) == 0)
	}
	f.add(pre+"payload", hex.EncodeToString(p[hl:]))
}

func (n *norm) tcpOptions(b []byte, rev flow) string {
	var out []string
	for i := 0; i < len(b); {
		if b[i] < 2 {
			out = append(out, []string{"eol", "nop"}[b[i]])
			if b[i] == 0 {
				break
			}
			i++
			continue
		}
		if i+1 >= len(b) || b[i+1] < 2 || i+int(b[i+1]) > len(b) {
			out = append(out, "bad "+hex.EncodeToString(b[i:]))
			break
		}
		v := b[i+2 : i+int(b[i+1])]
		switch {
		case b[i] == 2 && len(v) == 2:
			out = append(out, fmt.Sprintf("mss %d", binary.BigEndian.Uint16(v)))
		case b[i] == 3 && len(v) == 1:
			out = append(out, fmt.Sprintf("wscale %d", v[0]))
		case b[i] == 4:
			out = append(out, "sackok")
		case b[i] == 5:
			s := "sack"
			for ; len(v) >= 8; v = v[8:] {
				s += fmt.Sprintf(" %s-%s", n.seq(rev, binary.BigEndian.Uint32(v), false), n.seq(rev, binary.BigEndian.Uint32(v[4:]), false))
			}
			out = append(out, s)
		case b[i] == 8 && len(v) == 8:
			out = append(out, "ts val "+map[bool]string{true: "ecr 0", false: "ecr"}[binary.BigEndian.Uint32(v[4:]) == 0])
		default:
			out = append(out, fmt.Sprintf("option %d %x", b[i], v))
		}
		i += int(b[i+1])
	}
	return strings.Join(out, ", ")
}

// echoData is the payload of an echo. The first 16 bytes of what ping sends are
// the time of day.
func echoData(p []byte, l l4, request bool) string {
	if len(p) >= 56 && (request || l.lo || l.quoted) {
		p = p[16:]
	}
	return hex.EncodeToString(p)
}

func (n *norm) icmp(f *fields, pre string, p []byte, l l4) {
	f.add(pre+"ICMP type", p[0])
	f.add(pre+"ICMP code", p[1])
	if l.whole {
		f.add("ICMP checksum right", sum(p, 0) == 0)
	}
	switch p[0] {
	case 0, 8:
		f.add(pre+"echo id", n.echo(binary.BigEndian.Uint16(p[4:])))
		f.add(pre+"echo seq", binary.BigEndian.Uint16(p[6:]))
		f.add(pre+"echo data", echoData(p[8:], l, p[0] == 8 || n.lab))
	case 3, 4, 5, 11, 12:
		f.add(pre+"ICMP rest", hex.EncodeToString(p[4:8]))
		n.ipv4(f, pre+"quoted ", p[8:], false, l.lo)
	case 14: // timestamp reply: receive and transmit time vary
		f.add(pre+"ICMP rest", hex.EncodeToString(p[4:min(12, len(p))]))
		f.add(pre+"ICMP length", len(p))
	default:
		f.add(pre+"ICMP rest", hex.EncodeToString(p[4:]))
	}
}

func (n *norm) icmp6(f *fields, pre string, p []byte, l l4) {
	f.add(pre+"ICMPv6 type", p[0])
	f.add(pre+"ICMPv6 code", p[1])
	if l.whole {
		f.add("ICMPv6 checksum right", sum(p, l.pseudo+58+uint32(len(p))) == 0)
	}
	switch p[0] {
	case 128, 129:
		f.add(pre+"echo id", n.echo(binary.BigEndian.Uint16(p[4:])))
		f.add(pre+"echo seq", binary.BigEndian.Uint16(p[6:]))
		f.add(pre+"echo data", echoData(p[8:], l, p[0] == 128 || n.lab))
	case 1, 2, 3, 4:
		f.add(pre+"ICMPv6 rest", hex.EncodeToString(p[4:8]))
		n.ipv6(f, pre+"quoted ", p[8:], false, l.lo)
	case 135, 136:
		f.add(pre+"ND flags", hex.EncodeToString(p[4:8]))
		if len(p) >= 24 {
			f.add(pre+"ND target", ip16(p[8:]))
			f.add(pre+"ND options", hex.EncodeToString(p[24:]))
		}
	default:
		f.add(pre+"ICMPv6 rest", hex.EncodeToString(p[4:]))
	}
}

// sum is the Internet checksum (RFC 1071) of b, begun with start: 0 over data
// that hold a right checksum.
func sum(b []byte, start uint32) uint16 {
	s := start
	for ; len(b) >= 2; b = b[2:] {
		s += uint32(binary.BigEndian.Uint16(b))
		s = s>>16 + s&0xffff
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	for s>>16 != 0 {
		s = s>>16 + s&0xffff
	}
	return ^uint16(s)
}
