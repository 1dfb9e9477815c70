package wire

// tcpOptNames are tcpdump's names of TCP options.
func tcpOptName(k uint8) string {
	switch k {
	case TCPOptEnd:
		return "eol"
	case TCPOptNOP:
		return "nop"
	case TCPOptMSS:
		return "mss"
	case TCPOptWScale:
		return "wscale"
	case TCPOptSACKPerm:
		return "sackOK"
	case TCPOptSACK:
		return "sack"
	case 6:
		return "echo"
	case 7:
		return "echoreply"
	case TCPOptTS:
		return "TS"
	case 11:
		return "cc"
	case 12:
		return "ccnew"
	case TCPOptMD5:
		return "md5"
	case TCPOptUTO:
		return "uto"
	case TCPOptAO:
		return "tcp-ao"
	case TCPOptMPTCP:
		return "mptcp"
	case TCPOptFastOpen:
		return "tfo"
	case TCPOptExp:
		return "exp"
	}
	return ""
}

// tcp prints a segment of n bytes of which b was captured: tcp_print.
func (l *line) tcp(b []byte, n int, c *ipctx) {
	if len(b) < 4 {
		l.hosts(c, ":")
		l.trunc("tcp")
		return
	}
	h := TCP(b)
	l.ends(c, h.SrcPort(), h.DstPort())
	if len(b) < TCPMinLen {
		l.trunc("tcp")
		return
	}
	hlen := h.DataOff()
	if hlen < TCPMinLen {
		l.su(" tcp ", uint32(n-hlen))
		l.sn(" [bad hdr length ", hlen)
		l.s(" - too short, < 20]")
		return
	}
	f := h.Flags()
	l.s("Flags [")
	l.s(f.String())
	l.s("]")
	if hlen > n {
		l.sn(" [bad hdr length ", hlen)
		l.sn(" - too long, > ", n)
		l.s("]")
		return
	}
	n -= hlen
	if n > 0 || f&(TCPSyn|TCPFin|TCPRst) != 0 {
		l.su(", seq ", h.Seq())
		if n > 0 {
			l.su(":", h.Seq()+uint32(n))
		}
	}
	if f.Has(TCPAck) {
		l.su(", ack ", h.Ack())
	}
	l.su(", win ", uint32(h.Window()))
	if f.Has(TCPUrg) {
		l.su(", urg ", uint32(h.Urg()))
	}
	if hlen > TCPMinLen && !l.tcpOptions(b[TCPMinLen:min(hlen, len(b))], hlen-TCPMinLen) {
		return
	}
	l.sn(", length ", n)
	if n > 0 && len(b) > hlen {
		l.tcpData(h.Payload(), n, h.SrcPort(), h.DstPort())
	}
}

// tcpOptions prints options of n bytes of which b was captured; false is "the
// line ends here".
func (l *line) tcpOptions(b []byte, n int) bool {
	l.s(", options [")
	for first := true; n > 0; first = false {
		if !first {
			l.s(",")
		}
		if len(b) == 0 {
			return l.tcpOptTrunc(first)
		}
		kind, size := b[0], 1
		if kind > TCPOptNOP {
			if len(b) < 2 {
				return l.tcpOptTrunc(first)
			}
			if size = int(b[1]); size < 2 || size > n {
				l.s("[bad opt]")
				if !first {
					l.s(">")
				}
				return false
			}
		}
		if name := tcpOptName(kind); name != "" {
			l.s(name)
		} else {
			l.su("unknown-", uint32(kind))
		}
		if size > len(b) {
			return l.tcpOptTrunc(first)
		}
		if size > 1 {
			l.tcpOption(kind, b[2:size])
		}
		if kind == TCPOptEnd {
			break
		}
		b, n = b[size:], n-size
	}
	l.s("]")
	return true
}

func (l *line) tcpOptTrunc(first bool) bool {
	l.trunc("tcp")
	if !first {
		l.s(">")
	}
	return false
}

func (l *line) tcpOption(kind uint8, d []byte) {
	want := -1
	switch kind {
	case TCPOptMSS:
		want = 2
	case TCPOptWScale:
		want = 1
	case TCPOptSACKPerm:
		want = 0
	case TCPOptTS:
		want = 8
	}
	if want >= 0 && len(d) != want {
		l.sn("[len ", len(d)+2)
		l.s("]")
		return
	}
	switch kind {
	case TCPOptMSS:
		l.su(" ", uint32(be16(d)))
	case TCPOptWScale:
		l.su(" ", uint32(d[0]))
	case TCPOptSACKPerm:
	case TCPOptTS:
		l.su(" val ", be32(d))
		l.su(" ecr ", be32(d[4:]))
	case TCPOptSACK:
		if len(d)%TCPSACKPerBlock != 0 {
			l.s(" invalid sack")
			return
		}
		l.sn(" ", len(d)/TCPSACKPerBlock)
		l.s(" ")
		for ; len(d) > 0; d = d[TCPSACKPerBlock:] {
			l.su("{", be32(d))
			l.su(":", be32(d[4:]))
			l.s("}")
		}
	case TCPOptFastOpen:
		l.s(" ")
		l.fastOpen(d, false)
	case TCPOptExp:
		l.s("-")
		switch {
		case len(d) >= 2 && be16(d) == TCPFastOpenMagic:
			l.fastOpen(d[2:], true)
		case len(d) >= 2 && be16(d) == 0xacc0: // accurate ECN
			l.s("acc0")
			l.hexBytes(" 0x", d[2:])
		case len(d) >= 2:
			l.s("unknown magic 0x")
			l.hex(uint64(be16(d)), 4)
		}
	default:
		l.hexBytes(" 0x", d)
	}
}

func (l *line) hexBytes(prefix string, d []byte) {
	if len(d) > 0 {
		l.s(prefix)
	}
	for _, x := range d {
		l.hex(uint64(x), 2)
	}
}

func (l *line) fastOpen(d []byte, exp bool) {
	if exp {
		l.s("tfo")
	}
	switch {
	case len(d) == 0:
		l.s(" cookiereq")
	case len(d)%2 != 0 || len(d) < 4 || len(d) > TCPFastOpenMax:
		l.s(" invalid")
	default:
		l.hexBytes(" cookie ", d)
	}
}

// tcpData prints the first line of a payload whose port tells what it is.
func (l *line) tcpData(b []byte, n int, src, dst uint16) {
	is := func(p uint16) bool { return src == p || dst == p }
	switch {
	case is(80), is(8080), is(3128):
		l.s(": HTTP")
		if httpLine(b) {
			l.textLine(b)
		}
	case is(53):
		if n >= 2 && len(b) >= 2 {
			l.s(" ")
			l.dns(b[2:], n-2, false)
		}
	}
}

// httpLine reports whether b opens like an HTTP request or response.
func httpLine(b []byte) bool {
	tok, rest := token(b)
	if len(tok) > 5 && string(tok[:5]) == "HTTP/" {
		tok, _ = token(rest)
		return len(tok) == 3 && digit(tok[0]) && digit(tok[1]) && digit(tok[2])
	}
	switch string(tok) {
	case "GET", "PUT", "HEAD", "POST", "DELETE", "OPTIONS", "CONNECT", "TRACE",
		"COPY", "LOCK", "MOVE", "MKCOL", "SEARCH", "UNLOCK", "REPORT", "NOTIFY",
		"PROPFIND", "PROPPATCH", "SUBSCRIBE", "UNSUBSCRIBE", "MERGE", "LABEL", "CHECKOUT":
		return true
	}
	return false
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// token splits the first word off b: printable bytes up to a space.
func token(b []byte) (tok, rest []byte) {
	i := 0
	for i < len(b) && b[i] > ' ' && b[i] < 0x7f {
		i++
	}
	if i == len(b) || b[i] != ' ' && b[i] != '\t' && b[i] != '\r' && b[i] != '\n' {
		return nil, nil
	}
	tok, rest = b[:i], b[i:]
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
		rest = rest[1:]
	}
	return tok, rest
}

// textLine writes ": " and the first line of b. A line that is not text is not
// written; one without an end is marked as cut: print_txt_line.
func (l *line) textLine(b []byte) {
	for i, c := range b {
		if c == '\n' || c == '\r' && i+1 < len(b) && b[i+1] == '\n' {
			l.s(": ")
			l.out = append(l.out, b[:i]...)
			return
		}
		if c >= 0x7f || c < ' ' && c != '\t' {
			return
		}
	}
	l.s(": ")
	l.out = append(l.out, b...)
	l.trunc("http")
}
