package wire

// udp prints a datagram of n bytes of which b was captured: udp_print.
func (l *line) udp(b []byte, n int, c *ipctx) {
	if len(b) < 4 {
		if c.direct {
			l.hosts(c, ": ")
		}
		l.trunc("udp")
		return
	}
	h := UDP(b)
	l.ends(c, h.SrcPort(), h.DstPort())
	if n < UDPLen {
		l.sn("truncated-udp ", n)
		return
	}
	if len(b) < 6 {
		l.trunc("udp")
		return
	}
	ulen := h.Len()
	if ulen < UDPLen {
		l.sn("truncated-udplength ", ulen)
		return
	}
	if len(b) < UDPLen {
		l.trunc("udp")
		return
	}
	ulen -= UDPLen
	n -= UDPLen
	data := b[UDPLen:]
	n = min(n, ulen)
	if len(data) > n {
		data = data[:n]
	}
	if l.udpData(data, n, h.SrcPort(), h.DstPort()) {
		return
	}
	if ulen > n && !c.fragment {
		l.sn("UDP, bad length ", ulen)
		l.sn(" > ", n)
		return
	}
	l.sn("UDP, length ", ulen)
}

// udpData prints a payload whose port tells what it is; false is "not known".
func (l *line) udpData(b []byte, n int, src, dst uint16) bool {
	is := func(p uint16) bool { return src == p || dst == p }
	switch {
	case is(53):
		l.dns(b, n, false)
	case is(5353):
		l.dns(b, n, true)
	case is(67), is(68):
		l.bootp(b, n)
	case is(123):
		l.ntp(b, n)
	case dst == 4789:
		l.vxlan(b, n)
	default:
		return false
	}
	return true
}

func (l *line) bootp(b []byte, n int) {
	l.s("BOOTP/DHCP, ")
	if len(b) < 2 {
		l.trunc("bootp")
		return
	}
	switch b[0] {
	case 1:
		l.s("Request")
		if len(b) >= 34 && b[1] == 1 && b[2] == 6 {
			l.s(" from ")
			l.mac(MACFrom(b[28:]))
		}
	case 2:
		l.s("Reply")
	default:
		l.s("unknown (0x")
		l.hex(uint64(b[0]), 2)
		l.s(")")
	}
	l.sn(", length ", n)
}

var ntpModes = [8]string{"unspecified", "symmetric active", "symmetric passive", "Client",
	"Server", "Broadcast", "Reserved", "Private"}

func (l *line) ntp(b []byte, n int) {
	if len(b) < 1 {
		l.trunc("ntp")
		return
	}
	l.su("NTPv", uint32(b[0]>>3&7))
	l.s(", ")
	l.s(ntpModes[b[0]&7])
	l.sn(", length ", n)
}

func (l *line) vxlan(b []byte, n int) {
	if len(b) < 8 {
		l.trunc("vxlan")
		return
	}
	l.s("VXLAN, flags [")
	if b[0]&8 != 0 {
		l.s("I")
	} else {
		l.s(".")
	}
	l.s("] (0x")
	l.hex(uint64(b[0]), 2)
	l.su("), vni ", be24(b[4:]))
	l.s(" ")
	l.ethernet(b[8:], n-8)
}
