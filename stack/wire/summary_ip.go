package wire

// ipctx is what a transport's printer needs of the packet around it.
type ipctx struct {
	v6       bool
	v4h      IPv4
	v6h      IPv6
	direct   bool // the transport follows the IP header at once
	fragment bool // the first of several fragments
}

// hosts writes "a > b: ".
func (l *line) hosts(c *ipctx, colon string) {
	if c.v6 {
		l.ip6(c.v6h.Src())
		l.s(" > ")
		l.ip6(c.v6h.Dst())
	} else {
		l.ip4(c.v4h.Src())
		l.s(" > ")
		l.ip4(c.v4h.Dst())
	}
	l.s(colon)
}

// ends writes "a.port > b.port: ", or the ports alone behind an extension
// header, where the addresses have been written already.
func (l *line) ends(c *ipctx, src, dst uint16) {
	if !c.direct {
		l.su("", uint32(src))
		l.su(" > ", uint32(dst))
		l.s(": ")
		return
	}
	if c.v6 {
		l.ip6(c.v6h.Src())
	} else {
		l.ip4(c.v4h.Src())
	}
	l.su(".", uint32(src))
	l.s(" > ")
	if c.v6 {
		l.ip6(c.v6h.Dst())
	} else {
		l.ip4(c.v4h.Dst())
	}
	l.su(".", uint32(dst))
	l.s(": ")
}

// hasPorts reports whether the transport's printer writes the addresses itself.
func hasPorts(p Proto) bool {
	return p == ProtoTCP || p == ProtoUDP || p == ProtoSCTP || p == ProtoDCCP
}

// ipv4 prints a packet of n bytes of which b was captured: ip_print.
func (l *line) ipv4(b []byte, n int) {
	if l.depth++; l.depth > maxDepth {
		l.s("...")
		return
	}
	h := IPv4(b)
	l.s("IP ")
	if len(b) >= 1 && h.Version() != 4 {
		l.out = l.out[:len(l.out)-len("IP ")]
		if h.Version() == 6 {
			l.s("IP6, wrong link-layer encapsulation")
		} else {
			l.sn("IP", h.Version())
		}
		l.s(" [invalid]")
		return
	}
	if len(b) < IPv4MinLen {
		if n < IPv4MinLen {
			l.sn("truncated-ip ", n)
		} else {
			l.trunc("ip")
		}
		return
	}
	hlen, total := h.IHL(), h.TotalLen()
	if hlen < IPv4MinLen {
		l.sn("bad-hlen ", hlen)
		return
	}
	if n < total {
		l.sn("truncated-ip - ", total-n)
		l.s(" bytes missing! ")
	}
	if total < hlen {
		if total != 0 {
			l.sn("bad-len ", total)
			return
		}
		total = n // a large packet before segmentation
	}
	if total < len(b) {
		b = b[:total]
	}
	c := &ipctx{v4h: h, direct: true, fragment: h.MF()}
	if h.FragOffset() != 0 {
		l.hosts(c, ": ")
		l.su("ip-proto-", uint32(h.Proto()))
		return
	}
	if !hasPorts(h.Proto()) {
		l.hosts(c, ": ")
	}
	if hlen > len(b) {
		l.sn(" [remaining caplen(", len(b))
		l.sn(") < header length(", hlen)
		l.s(")]")
		l.trunc("ip")
		return
	}
	l.upper(b[hlen:], total-hlen, h.Proto(), c)
}

// ipv6 prints a packet of n bytes of which b was captured: ip6_print.
func (l *line) ipv6(b []byte, n int) {
	if l.depth++; l.depth > maxDepth {
		l.s("...")
		return
	}
	h := IPv6(b)
	if len(b) >= 1 && h.Version() != 6 {
		l.s("IP6, wrong link-layer encapsulation [invalid]")
		return
	}
	l.s("IP6 ")
	if n < IPv6Len {
		l.sn("truncated-ip6 ", n)
		return
	}
	if len(b) < IPv6Len {
		l.trunc("ip6")
		return
	}
	total := h.PayloadLen() + IPv6Len
	if h.PayloadLen() == 0 {
		total = n // a jumbogram, or a large packet before segmentation
	} else if n < total {
		l.sn("truncated-ip6 - ", total-n)
		l.s(" bytes missing!")
	}
	if total < len(b) {
		b = b[:total]
	}
	c := &ipctx{v6: true, v6h: h, direct: true}
	next := h.NextHeader()
	if len(b) == IPv6Len && total > IPv6Len {
		l.hosts(c, ": ")
		l.trunc("ip6")
		return
	}
	if !hasPorts(next) {
		l.hosts(c, ": ")
	}
	l.extensions(b, total, next, c)
}

// extensions walks the extension headers behind the IPv6 header of b.
func (l *line) extensions(b []byte, total int, next Proto, c *ipctx) {
	at := IPv6Len
	for {
		h, rest := b[at:], total-at
		n := 0
		switch next {
		case ProtoHopByHop, ProtoDestOpts:
			if len(h) < 2 || Ext(h).Len() > len(h) {
				l.trunc("ip6")
				return
			}
			if n = Ext(h).Len(); next == ProtoHopByHop {
				l.s("HBH ")
			} else {
				l.s("DSTOPT ")
			}
		case ProtoFragment:
			if len(h) < FragmentLen {
				l.trunc("ip6")
				return
			}
			f := Fragment(h)
			l.sn("frag (", f.Offset())
			l.sn("|", rest-FragmentLen)
			l.s(")")
			if f.Offset() != 0 || len(h) <= FragmentLen {
				return
			}
			l.s(" ")
			c.fragment = true
			n = FragmentLen
		case ProtoRouting:
			if len(h) < ExtMinLen || Routing(h).Len() > len(h) {
				l.trunc("ip6")
				return
			}
			l.sn("RT6 (len=", int(h[1]))
			l.su(", type=", uint32(h[2]))
			l.su(", segleft=", uint32(h[3]))
			l.segments(Routing(h))
			l.s(") ")
			n = Routing(h).Len()
		default:
			l.upper(h, rest, next, c)
			return
		}
		c.direct = false
		next = Proto(h[0])
		at += n
	}
}

// segments prints the addresses of a routing header: those of source routing
// (types 0 and 2) and segment routing (type 4, RFC 8754 §2).
func (l *line) segments(h Routing) {
	n := (h.Len() - 8) / 16
	switch h.Type() {
	case 0, 2:
		if be32(h[4:]) != 0 {
			l.s(", rsv=0x")
			l.hex(uint64(be32(h[4:])), 1)
		}
	case 4:
		l.su(", last-entry=", uint32(h[4]))
		if h[5] != 0 {
			l.s(", flags=0x")
			l.hex(uint64(h[5]), 1)
		}
		l.s(", tag=")
		l.hex(uint64(be16(h[6:])), 1)
		n = min(n, int(h[4])+1)
	default:
		return
	}
	for i := range n {
		l.sn(", [", i)
		l.s("]")
		l.ip6(AddrFrom16(h[8+16*i:]))
	}
}

// upper prints what an IP packet carries, n bytes of which b was captured:
// ip_demux_print.
func (l *line) upper(b []byte, n int, p Proto, c *ipctx) {
	switch p {
	case ProtoTCP:
		l.tcp(b, n, c)
	case ProtoUDP:
		l.udp(b, n, c)
	case ProtoICMP:
		if c.v6 {
			l.s("[icmp requires IPv4] [invalid]")
			return
		}
		l.icmp(b, n)
	case ProtoICMPv6:
		if !c.v6 {
			l.s("[icmp6 requires IPv6] [invalid]")
			return
		}
		l.icmp6(b, n)
	case ProtoIGMP:
		if c.v6 {
			l.s("[igmp requires IPv4] [invalid]")
			return
		}
		l.igmp(b, n)
	case ProtoIPIP:
		l.ipv4(b, n)
	case ProtoIPv6:
		l.ipv6(b, n)
	case ProtoGRE:
		l.gre(b, n)
	case ProtoAH:
		l.ah(b, n, c)
	case ProtoESP:
		if len(b) < 8 {
			l.trunc("esp")
			return
		}
		l.s("ESP(spi=0x")
		l.hex(uint64(be32(b)), 8)
		l.s(",seq=0x")
		l.hex(uint64(be32(b[4:])), 1)
		l.sn("), length ", n)
	case ProtoNone:
		l.s("no next header")
	case ProtoSCTP, ProtoDCCP:
		if len(b) < 4 {
			l.hosts(c, ":")
			l.trunc("sctp")
			return
		}
		l.ends(c, be16(b), be16(b[2:]))
		if p == ProtoSCTP {
			l.s("sctp")
		} else {
			l.s("dccp")
		}
		l.sn(" length ", n)
	default:
		l.su(" ip-proto-", uint32(p))
		l.sn(" ", n)
	}
}

func (l *line) ah(b []byte, n int, c *ipctx) {
	if !AH(b).Valid() {
		l.trunc("ah")
		return
	}
	h := AH(b)
	l.s("AH(spi=0x")
	l.hex(uint64(h.SPI()), 8)
	l.s(",seq=0x")
	l.hex(uint64(h.Seq()), 1)
	l.hexBytes(",icv=0x", h[AHMinLen:h.Len()])
	l.s("): ")
	c.direct = false
	if l.depth++; l.depth > maxDepth {
		l.s("...")
		return
	}
	l.upper(b[h.Len():], n-h.Len(), h.NextHeader(), c)
}

// gre prints a GRE header and the packet in it: gre_print_0.
func (l *line) gre(b []byte, n int) {
	if len(b) < 4 {
		l.trunc("gre")
		return
	}
	l.su("GREv", uint32(b[1]&7))
	flags := be16(b)
	if flags&7 != 0 {
		l.sn(", length ", n)
		return
	}
	whole, t := n, EtherType(be16(b[2:]))
	b, n = b[4:], n-4
	for _, f := range [3]struct {
		bit  uint16
		name string
	}{{0x8000, ""}, {0x2000, ", key=0x"}, {0x1000, ", seq "}} {
		if flags&f.bit == 0 {
			continue
		}
		if len(b) < 4 {
			l.trunc("gre")
			return
		}
		if f.bit == 0x2000 {
			l.s(f.name)
			l.hex(uint64(be32(b)), 1)
		} else if f.bit == 0x1000 {
			l.su(f.name, be32(b))
		}
		b, n = b[4:], n-4
	}
	l.sn(", length ", whole)
	l.s(": ")
	switch t {
	case EtherTypeTEB:
		l.ethernet(b, n)
	default:
		if !l.etherType(b, n, t) {
			l.s("gre-proto-0x")
			l.hex(uint64(t), 1)
		}
	}
}
