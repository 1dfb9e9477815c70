package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Signed segments (RFC 2385). The model has no keys (TCP_MD5SIG is not
// modelled), so a signature is always one that nobody asked for.

// parseAuth is tcp_do_parse_auth_options: is there a signature? ok is false if
// the options are broken.
func parseAuth(o []byte) (md5, ok bool) {
	for len(o) >= md5Len {
		switch o[0] {
		case wire.TCPOptEnd:
			return md5, true
		case wire.TCPOptNOP:
			o = o[1:]
			continue
		}
		n := int(o[1])
		if n < 2 || n > len(o) || o[0] == wire.TCPOptMD5 && (n != md5Len || md5) {
			return md5, false
		}
		md5 = md5 || o[0] == wire.TCPOptMD5
		o = o[n:]
	}
	return md5, true
}

// md5Len is TCPOLEN_MD5SIG, bytes.
const md5Len = 18

// inboundHash is tcp_inbound_hash: may the segment be, as far as signatures go?
func (t *TCP) inboundHash(b *core.SKB) core.DropReason {
	h := wire.TCP(b.Data())
	if h.DataOff() < wire.TCPMinLen+md5Len {
		return step.NotDropped
	}
	md5, ok := parseAuth(h.Options())
	switch {
	case !ok:
		return step.DropTCPAuthHdr
	case md5:
		t.NS.Inc(step.TcpExtTCPMD5Unexpected)
		t.NS.Why(step.WhyMD5Unexpected)
		return step.DropTCPMd5unexpected
	}
	return step.NotDropped
}
