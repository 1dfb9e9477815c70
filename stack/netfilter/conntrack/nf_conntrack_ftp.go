package conntrack

import (
	"net/netip"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: RFC 959 §3.2, RFC 2428, nf_conntrack_ftp.c.

// An ftpSearch is struct ftp_search: a line that announces a connection.
type ftpSearch struct {
	pattern []byte
	skip    byte // numbers begin behind it; 0: at once
	term    byte // what must stand behind the numbers
	kind    FTPKind
}

var ftpSearches = [2][2]ftpSearch{
	Original: {
		{[]byte{'P', 'O', 'R', 'T'}, ' ', '\r', FTPPort},
		{[]byte{'E', 'P', 'R', 'T'}, ' ', '\r', FTPEprt},
	},
	Reply: {
		{[]byte{'2', '2', '7', ' '}, 0, 0, FTPPasv},
		{[]byte{'2', '2', '9', ' '}, '(', ')', FTPEpsv},
	},
}

// ftp is the FTP helper's help: read the control connection for lines that
// announce a data connection.
func (t *Table) ftp(b *core.SKB, off int, c *Conn, info Info) core.Verdict {
	defer t.ns.In(step.NfCTFtpHelp, b).Out()
	ns := t.ns
	if info != Established && info != EstablishedReply {
		return core.Accept
	}
	if !b.MayPull(b.Len()) || b.Len() < off+wire.TCPMinLen {
		return core.Accept
	}
	th := wire.TCP(b.Data()[off:])
	at := off + th.DataOff()
	if at >= b.Len() {
		return core.Accept
	}
	data := b.Data()[at:]
	d, h := info.Dir(), c.help()
	seq := th.Seq()
	end, nl := seq+uint32(len(data)), data[len(data)-1] == '\n'
	done := func(v core.Verdict) core.Verdict {
		if nl {
			h.lineEnd(d, end)
		}
		return v
	}
	if !h.afterLine(d, seq) {
		ns.Why(step.WhyCTFtpMiddle)
		return done(core.Accept)
	}
	own := c.tuples[d].Src
	addr, port := own, uint16(0)
	for i := range ftpSearches[d] {
		s := &ftpSearches[d][i]
		from, n, found, partial := s.find(data, c.L3(), &addr, &port)
		if partial {
			ns.Why(step.WhyCTFtpPartial)
			return core.Drop
		}
		if found {
			if addr != own {
				ns.Why(step.WhyCTFtpOther, addr.Hi, addr.Lo)
				return done(core.Accept)
			}
			return done(t.ftpExpect(b, c, info, s.kind, off, at-off+from, n, port))
		}
	}
	return done(core.Accept)
}

// ftpExpect makes the expectation; with NAT the line is changed, too.
func (t *Table) ftpExpect(b *core.SKB, c *Conn, info Info, kind FTPKind, off, at, n int, port uint16) core.Verdict {
	other := &c.tuples[1-info.Dir()].Tuple
	e := &Expect{Master: c, Tuple: Tuple{Src: other.Src, Dst: other.Dst, Dport: port, Proto: uint8(wire.ProtoTCP), L3: c.L3()}}
	if m, ok := t.nat.(FTPMangler); ok && c.Status&NATMask != 0 {
		return m.FTP(b, c, info, kind, off, off+at, n, e)
	}
	if t.AddExpect(e) != 0 {
		return core.Drop
	}
	return core.Accept
}

// afterLine is find_nl_seq: does the segment begin where a line ended?
func (h *help) afterLine(d Dir, seq uint32) bool {
	for i := range int(h.afterNLn[d]) {
		if h.afterNL[d][i] == seq {
			return true
		}
	}
	return false
}

// lineEnd is update_nl_seq.
func (h *help) lineEnd(d Dir, seq uint32) {
	if h.afterLine(d, seq) {
		return
	}
	if n := h.afterNLn[d]; n < 2 {
		h.afterNL[d][n] = seq
		h.afterNLn[d]++
		return
	}
	oldest := 1
	if before(h.afterNL[d][0], h.afterNL[d][1]) {
		oldest = 0
	}
	if after(seq, h.afterNL[d][oldest]) {
		h.afterNL[d][oldest] = seq
	}
}

// find is find_pattern: where the numbers stand, and what they say. partial: the
// line began, but is not all here.
func (s *ftpSearch) find(p []byte, f core.Family, addr *wire.Addr, port *uint16) (from, n int, found, partial bool) {
	if len(p) <= len(s.pattern) {
		return 0, 0, false, sameFold(p, s.pattern[:len(p)])
	}
	if !sameFold(p[:len(s.pattern)], s.pattern) {
		return 0, 0, false, false
	}
	i := len(s.pattern)
	if s.skip != 0 {
		for ; p[i] != s.skip; i++ {
			if i == len(p)-1 {
				return 0, 0, false, true
			}
		}
		i++
	}
	switch s.kind {
	case FTPPasv:
		for i < len(p) && (p[i] < '0' || p[i] > '9') {
			i++
		}
		n = sixNumbers(p[i:], 0, addr, port)
	case FTPPort:
		n = sixNumbers(p[i:], s.term, addr, port)
	case FTPEprt:
		n = eprt(p[i:], f, addr, port)
	case FTPEpsv:
		n = epsv(p[i:], port)
	}
	return i, n, n > 0, n == 0
}

func sameFold(a, b []byte) bool {
	for i := range a {
		x := a[i]
		if x >= 'a' && x <= 'z' {
			x -= 'a' - 'A'
		}
		if x != b[i] {
			return false
		}
	}
	return true
}

// numbers is try_number: how many bytes n numbers take.
func numbers(p []byte, out []uint32, sep, term byte) int {
	i := 0
	for at, ch := range p {
		switch {
		case ch >= '0' && ch <= '9':
			out[i] = out[i]*10 + uint32(ch-'0')
		case ch == sep:
			if i++; i == len(out) {
				return 0
			}
		default:
			if (ch == term || term == 0) && i == len(out)-1 {
				return at
			}
			return 0
		}
	}
	return 0
}

// sixNumbers is try_rfc959: h1,h2,h3,h4,p1,p2.
func sixNumbers(p []byte, term byte, addr *wire.Addr, port *uint16) int {
	var a [6]uint32
	n := numbers(p, a[:], ',', term)
	if n > 0 {
		*addr = wire.IP4(a[0]<<24 | a[1]<<16 | a[2]<<8 | a[3]).Addr()
		*port = uint16(a[4]<<8 | a[5])
	}
	return n
}

func delimiter(c byte) bool { return c >= 33 && c <= 126 && (c < '0' || c > '9') }

// eprt is try_eprt: |1|132.235.1.2|6275| or |2|2001:db8::1|6275|.
func eprt(p []byte, f core.Family, addr *wire.Addr, port *uint16) int {
	if len(p) <= 3 || !delimiter(p[0]) || p[2] != p[0] || p[1] != '1'+byte(f) {
		return 0
	}
	n := 0
	if f == core.NFIPv4 {
		var a [4]uint32
		if n = numbers(p[3:], a[:], '.', p[0]); n == 0 {
			return 0
		}
		*addr = wire.IP4(a[0]<<24 | a[1]<<16 | a[2]<<8 | a[3]).Addr()
	} else {
		for 3+n < len(p) && p[3+n] != p[0] {
			n++
		}
		a, err := netip.ParseAddr(string(p[3 : 3+n]))
		if err != nil || !a.Is6() {
			return 0
		}
		*addr = wire.FromNetip(a)
	}
	return ftpPort(p, 3+n+1, p[0], port)
}

// epsv is try_epsv_response: |||6446|.
func epsv(p []byte, port *uint16) int {
	if len(p) <= 3 || !delimiter(p[0]) || p[1] != p[0] || p[2] != p[0] {
		return 0
	}
	return ftpPort(p, 3, p[0], port)
}

// ftpPort is get_port.
func ftpPort(p []byte, at int, delim byte, port *uint16) int {
	v := uint16(0)
	for i := at; i < len(p); i++ {
		switch ch := p[i]; {
		case ch == delim:
			if v == 0 {
				return 0
			}
			*port = v
			return i + 1
		case ch >= '0' && ch <= '9':
			v = v*10 + uint16(ch-'0')
		default:
			return 0
		}
	}
	return 0
}
