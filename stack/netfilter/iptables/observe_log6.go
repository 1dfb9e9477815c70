package iptables

import "github.com/packetwalk/packetwalk/stack/wire"

// The kernel's log about IPv6: net/netfilter/nf_log_syslog.c.

// packet6 is dump_ipv6_packet.
func (l *line) packet6(off int, outer bool) {
	h := wire.IPv6(append([]byte(nil), l.header(off, wire.IPv6Len)...))
	if len(h) == 0 {
		l.s("TRUNCATED")
		return
	}
	l.s("SRC=").ip6(h.Src()).s(" DST=").ip6(h.Dst()).s(" LEN=").d(h.PayloadLen() + wire.IPv6Len)
	l.s(" TC=").d(int(h.TrafficClass())).s(" HOPLIMIT=").d(int(h.HopLimit())).s(" FLOWLBL=").d(int(h.FlowLabel())).s(" ")
	next, at, frag, ok := l.extensions(int(h.NextHeader()), off+wire.IPv6Len)
	if !ok {
		return
	}
	switch wire.Proto(next) {
	case wire.ProtoTCP:
		ok = l.tcp(at, frag)
	case wire.ProtoUDP, 136:
		ok = l.udp(wire.Proto(next), at, frag)
	case wire.ProtoICMPv6:
		ok = l.icmp6(at, frag, outer)
	default:
		l.s("PROTO=").d(next).s(" ")
	}
	if ok {
		l.last(outer)
	}
}

// extensions writes the extension headers; false ends the line.
func (l *line) extensions(next, at int) (proto, off, frag int, ok bool) {
	opts := l.flags&LogIPOpt != 0
	for next != nextNone && (extHdr(next) || next == nextESP) {
		hp := l.header(at, 2)
		if hp == nil {
			l.s("TRUNCATED")
			return
		}
		inner, n := int(hp[0]), (int(hp[1])+1)*8
		if opts {
			l.s("OPT ( ")
		}
		switch next {
		case nextFragment:
			l.s("FRAG:")
			f := l.header(at, 8)
			if f == nil {
				l.s("TRUNCATED ")
				return
			}
			l.d(int(be16(f[2:]) &^ 7)).s(" ")
			if f[3]&1 != 0 {
				l.s("INCOMPLETE ")
			}
			l.s("ID:").x(uint64(be32(f[4:])), 8).s(" ")
			if be16(f[2:])&^7 != 0 {
				frag = 1
			}
			n = 8
		case nextAuth, nextESP:
			if opts && !l.ipsec6(next, at, frag) || next == nextESP {
				return
			}
			n = n/2 + 4
		default:
			if frag != 0 {
				if opts {
					l.s(")")
				}
				return
			}
		}
		if opts {
			l.s(") ")
		}
		next, at = inner, at+n
	}
	return next, at, frag, true
}

func (l *line) ipsec6(next, at, frag int) bool {
	name, n, spi, end := "ESP ", 8, 0, " )"
	if next == nextAuth {
		name, n, spi, end = "AH ", 12, 4, " "
	}
	l.s(name)
	if frag != 0 {
		l.s(")")
		return false
	}
	t := l.header(at, n)
	if t == nil {
		l.incomplete(at)
		l.s(")")
		return false
	}
	l.s("SPI=0x").x(uint64(be32(t[spi:])), 1).s(end)
	return true
}

func (l *line) icmp6(at, frag int, outer bool) bool {
	l.s("PROTO=ICMPv6 ")
	if frag != 0 {
		return true
	}
	t := l.header(at, wire.ICMPLen)
	if t == nil {
		l.incomplete(at)
		return false
	}
	typ, v := t[0], be32(t[4:])
	l.s("TYPE=").d(int(typ)).s(" CODE=").d(int(t[1])).s(" ")
	switch typ {
	case 128, 129:
		l.s("ID=").d(int(v >> 16)).s(" SEQ=").d(int(v & 0xffff)).s(" ")
		return true
	case 4:
		l.s("POINTER=").x(uint64(v), 8).s(" ")
	case 1, 2, 3:
	default:
		return true
	}
	if outer {
		l.s("[")
		l.packet6(at+wire.ICMPLen, false)
		l.s("] ")
	}
	if typ == 2 {
		l.s("MTU=").d(int(v)).s(" ")
	}
	return true
}
