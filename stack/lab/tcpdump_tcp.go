package lab

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// port is a port's name: its number with -n, else its service.
func (d *tdPrinter) port(n uint16, udp bool) string {
	if !d.n && d.services != nil {
		if s := d.services(n, udp); s != "" {
			return s
		}
	}
	return fmt.Sprint(n)
}

// ends prints both ends of a conversation. Behind an extension header of IPv6
// the addresses are there already.
func (d *tdPrinter) ends(h *tdIP, sp, dp uint16, udp bool) {
	if h.ext {
		d.f("%s > %s: ", d.port(sp, udp), d.port(dp, udp))
		return
	}
	d.f("%s.%s > %s.%s: ", d.addr(h.src), d.port(sp, udp), d.addr(h.dst), d.port(dp, udp))
}

// tcp is tcp_print.
func (d *tdPrinter) tcp(h *tdIP, p []byte, length int) {
	d.proto = "tcp"
	if len(p) < 4 {
		d.f("%s > %s: ", d.addr(h.src), d.addr(h.dst))
		panic(truncated{})
	}
	sp, dp := uint16(u16(p, 0)), uint16(u16(p, 2))
	d.ends(h, sp, dp, false)
	tdNeed(p, 20)
	hl := int(p[12]>>4) * 4
	if hl < 20 {
		d.f(" tcp %d [bad hdr length %d - too short, < 20]", length-hl, hl)
		return
	}
	seq, ack := u32(p, 4), u32(p, 8)
	if d.q {
		d.f("tcp %d", length-hl)
		if hl > length {
			d.f(" [bad hdr length %d - too long, > %d]", hl, length)
		}
		return
	}
	fl := u8(p, 13)
	d.s("Flags [" + tdTCPFlags(fl) + "]")
	thseq, thack, rev := uint32(0), uint32(0), false
	if !d.bigS && fl&0x10 != 0 {
		c := tdConn{h.src, h.dst, sp, dp}
		if sp == dp {
			rev = compareAddr(h.src, h.dst) > 0
		} else {
			rev = sp > dp
		}
		if rev {
			c = tdConn{h.dst, h.src, dp, sp}
		}
		st, ok := d.conns[c]
		if !ok || fl&0x02 != 0 {
			if rev {
				st = tdSeq{ack - 1, seq}
			} else {
				st = tdSeq{seq, ack - 1}
			}
			if d.conns == nil || len(d.conns) > 1<<16 {
				d.conns = map[tdConn]tdSeq{}
			}
			d.conns[c] = st
		} else if rev {
			seq, ack = seq-st.ack, ack-st.seq
		} else {
			seq, ack = seq-st.seq, ack-st.ack
		}
		thseq, thack = st.seq, st.ack
	}
	if hl > length {
		d.f(" [bad hdr length %d - too long, > %d]", hl, length)
		return
	}
	if d.v > 0 && !d.K && !d.frag && len(p) >= length {
		have := u16(p, 16)
		d.f(", cksum 0x%04x", have)
		if s := sum16(h.pseudo(length), p[:length]); s == 0xffff {
			d.s(" (correct)")
		} else {
			d.f(" (incorrect -> 0x%04x)", ^sum16(uint32(^uint16(have)), []byte{byte(s >> 8), byte(s)})&0xffff)
		}
	}
	length -= hl
	if d.v > 1 || length > 0 || fl&0x07 != 0 {
		d.f(", seq %d", seq)
		if length > 0 {
			d.f(":%d", seq+uint32(length))
		}
	}
	if fl&0x10 != 0 {
		d.f(", ack %d", ack)
	}
	d.f(", win %d", u16(p, 14))
	if fl&0x20 != 0 {
		d.f(", urg %d", u16(p, 18))
	}
	if hl > 20 {
		d.s(", options [")
		opts := from(p, 20)
		d.tcpOptions(opts, hl-20, rev, thseq, thack)
		d.s("]")
	}
	d.f(", length %d", length)
	if length <= 0 {
		return
	}
	body := clip(from(p, hl), length)
	if d.v > 0 && fl&0x04 != 0 {
		d.rst(body)
		return
	}
	d.tcpPayload(sp, dp, body, length)
}

func compareAddr(a, b wire.Addr) int {
	switch {
	case a.Hi != b.Hi && a.Hi > b.Hi, a.Hi == b.Hi && a.Lo > b.Lo:
		return 1
	case a == b:
		return 0
	}
	return -1
}

func tdTCPFlags(fl int) string {
	var s []byte
	for i, c := range []byte("FSRP.UEW") {
		if fl>>i&1 != 0 {
			s = append(s, c)
		}
	}
	if s == nil {
		return "none"
	}
	return string(s)
}

// tcpOptions prints n bytes of options.
func (d *tdPrinter) tcpOptions(o []byte, n int, rev bool, thseq, thack uint32) {
	names := map[int]string{0: "eol", 1: "nop", 2: "mss", 3: "wscale", 4: "sackOK", 5: "sack", 6: "echo", 7: "echoreply", 8: "TS", 11: "cc", 12: "ccnew", 13: "ccecho", 19: "md5",
		20: "scps", 28: "uto", 29: "tcp-ao", 30: "mptcp", 34: "tfo", 254: "exp"}
	sep := ""
	for n > 0 {
		d.s(sep)
		if len(o) < 1 {
			d.s("[|tcp]")
			panic(tdStop{})
		}
		opt := int(o[0])
		name := names[opt]
		if name == "" {
			name = fmt.Sprintf("unknown-%d", opt)
		}
		l := 1
		if opt > 1 {
			if n < 2 {
				d.f("[|%s]", "tcp")
				return
			}
			l = u8(o, 1)
			if l < 2 || l > n {
				d.f("%s [bad opt]", name)
				return
			}
		}
		d.s(name)
		sep = ","
		v := clip(o, l)
		if len(v) < l {
			panic(truncated{})
		}
		if opt <= 1 {
			if opt == 0 {
				return
			}
			o, n = o[1:], n-1
			continue
		}
		d.tcpOption(opt, v, rev, thseq, thack)
		o, n = o[l:], n-l
	}
}

// tdStop is what bad options of a cut frame do: nothing more is printed.
type tdStop = truncated

func (d *tdPrinter) tcpOption(opt int, v []byte, rev bool, thseq, thack uint32) {
	l := len(v)
	bad := func(want int) bool {
		if l != want {
			d.f("[len %d]", l)
		}
		return l != want
	}
	switch opt {
	case 2:
		if !bad(4) {
			d.f(" %d", u16(v, 2))
		}
	case 3:
		if !bad(3) {
			d.f(" %d", v[2])
		}
	case 4:
		bad(2)
	case 5:
		if (l-2)%8 != 0 {
			d.f(" malformed sack ")
			d.f("[len %d] ", l-2)
			return
		}
		d.f(" %d ", (l-2)/8)
		for i := 2; i < l; i += 8 {
			s, e := u32(v, i), u32(v, i+4)
			if rev {
				s, e = s-thseq, e-thseq
			} else {
				s, e = s-thack, e-thack
			}
			d.f("{%d:%d}", s, e)
		}
	case 6, 7, 11, 12, 13:
		if !bad(6) {
			d.f(" %d", u32(v, 2))
		}
	case 8:
		if !bad(10) {
			d.f(" val %d ecr %d", u32(v, 2), u32(v, 6))
		}
	case 19:
		d.s(" shared secret not supplied with -M, digest ")
		for _, x := range v[2:] {
			d.f("%02x", x)
		}
	case 28:
		if !bad(4) {
			x := u16(v, 2)
			d.f(" 0x%x", x)
		}
	case 34:
		d.s(" ")
		d.tfo(v[2:])
	case 254:
		d.exp(v[2:])
	case 30:
		d.s(" not modelled")
	default:
		if len(v) > 2 {
			d.s(" 0x")
			for _, x := range v[2:] {
				d.f("%02x", x)
			}
		}
	}
}

// tfo is the Fast Open option.
func (d *tdPrinter) tfo(v []byte) {
	switch {
	case len(v) == 0:
		d.s(" cookiereq")
	case len(v)%2 != 0 || len(v) < 4 || len(v) > 16:
		d.s(" nop")
	default:
		d.s(" cookie ")
		for _, x := range v {
			d.f("%02x", x)
		}
	}
}

// exp is an experimental option: its first bytes say whose.
func (d *tdPrinter) exp(v []byte) {
	if len(v) < 2 {
		return
	}
	switch magic := u16(v, 0); magic {
	case 0xf989:
		d.s("-tfo")
		d.tfo(v[2:])
	default:
		d.f("-%04x", magic)
		if len(v) > 2 && magic != 0xacc0 && magic != 0xacc1 {
			d.s(" 0x")
			for _, x := range v[2:] {
				d.f("%02x", x)
			}
		}
	}
}

func (d *tdPrinter) rst(b []byte) {
	d.s(" [RST")
	if len(b) > 30 {
		b = b[:30]
		d.s("+")
	}
	d.s(" ")
	for _, c := range b {
		if c >= ' ' && c < 0x7f {
			d.b.WriteByte(c)
		} else {
			d.s(".")
		}
	}
	d.s("]")
}
