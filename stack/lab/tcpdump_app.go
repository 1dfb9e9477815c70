package lab

import (
	"bytes"
	"strings"
)

// tdTCPApps are the ports whose contents the real program takes apart.
var tdTCPApps = map[uint16]string{179: "BGP", 139: "NetBIOS", 445: "SMB", 554: "RTSP", 8554: "RTSP", 1723: "PPTP", 646: "LDP", 2049: "NFS", 6653: "OpenFlow", 6633: "OpenFlow", 3503: "LSP ping",
	502: "Modbus", 10161: "", 5672: "", 830: "", 6000: "X", 389: "", 111: "", 6379: "RESP", 323: "RPKI-RTR", 49: ""}

// tcpPayload prints what is known of the contents.
func (d *tdPrinter) tcpPayload(sp, dp uint16, b []byte, length int) {
	is := func(ports ...uint16) bool {
		for _, x := range ports {
			if sp == x || dp == x {
				return true
			}
		}
		return false
	}
	switch {
	case is(23):
		d.s(" not modelled: telnet")
	case is(22):
		if bytes.HasPrefix(b, []byte("SSH-")) {
			d.s(": SSH: ")
			d.line(b)
		}
	case is(25):
		d.s(": ")
		d.text("smtp", b, length, nil)
	case is(21):
		d.s(": ")
		d.text("ftp", b, length, nil)
	case is(80, 8080, 3128):
		d.s(": ")
		d.text("http", b, length, httpWords)
	case is(554, 8554, 7070):
		d.s(": ")
		d.text("rtsp", b, length, nil)
	case is(53):
		d.domainTCP(b, length)
	default:
		for _, x := range [...]uint16{sp, dp} {
			if n := tdTCPApps[x]; n != "" {
				d.f(" [not modelled: what %s says]", n)
				return
			}
		}
	}
}

var httpWords = []string{"GET", "PUT", "COPY", "HEAD", "LOCK", "MOVE", "POLL", "POST", "BCOPY", "BMOVE", "MKCOL", "TRACE", "LABEL", "MERGE", "DELETE", "SEARCH", "UNLOCK", "REPORT", "UPDATE", "NOTIFY",
	"BDELETE", "CONNECT", "OPTIONS", "CHECKIN", "PROPFIND", "CHECKOUT", "CCM_POST", "SUBSCRIBE", "PROPPATCH", "BPROPFIND", "BPROPPATCH", "UNCHECKOUT", "MKACTIVITY", "MKWORKSPACE",
	"UNSUBSCRIBE", "RPC_CONNECT", "VERSION-CONTROL", "BASELINE-CONTROL"}

// text is txtproto_print: the first line, or with -v all of them. words are the
// commands of the protocol, nil if every text is printed.
func (d *tdPrinter) text(proto string, b []byte, length int, words []string) {
	d.f("%s", strings.ToUpper(proto))
	isReqResp := words == nil
	first := bytes.IndexAny(b, " \t\r\n\x00")
	if first < 0 {
		first = len(b)
	}
	if words != nil {
		tok := string(b[:first])
		for _, w := range words {
			if strings.EqualFold(w, tok) {
				isReqResp = true
			}
		}
		if !isReqResp && bytes.HasPrefix(b, []byte("HTTP/")) {
			isReqResp = true
		}
	}
	if len(words) == 0 && first > 0 {
		isReqResp = tdPrintableToken(b[:first])
	}
	if d.v == 0 {
		if isReqResp {
			d.s(": ")
			d.line(b)
			if bytes.IndexAny(b, "\r\n") < 0 {
				d.f(" [|%s]", proto)
			}
		}
		return
	}
	if !isReqResp {
		return
	}
	d.f(", length: %d", length)
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		row := b
		if i >= 0 {
			row = b[:i]
		}
		if !tdPrintableLine(row) {
			return
		}
		d.s("\n\t")
		d.line(row)
		if i < 0 {
			d.f(" [|%s]", proto)
			return
		}
		b = b[i+1:]
	}
}

func tdPrintableToken(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}

func tdPrintableLine(b []byte) bool {
	for _, c := range bytes.TrimSuffix(b, []byte("\r")) {
		if (c < 0x20 || c > 0x7e) && c != '\t' {
			return false
		}
	}
	return true
}

func (d *tdPrinter) line(b []byte) {
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		b = b[:i]
	}
	for _, c := range b {
		switch {
		case c >= 0x20 && c < 0x7f || c == '\t':
			d.b.WriteByte(c)
		case c < 0x20 || c == 0x7f:
			d.f("^%c", c^0x40)
		default:
			d.f("M-%c", c&0x7f)
		}
	}
}
