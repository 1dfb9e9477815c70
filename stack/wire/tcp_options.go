package wire

// TCP option kinds (IANA tcp-parameters; net/tcp.h).
const (
	TCPOptEnd        = 0
	TCPOptNOP        = 1
	TCPOptMSS        = 2
	TCPOptWScale     = 3
	TCPOptSACKPerm   = 4
	TCPOptSACK       = 5
	TCPOptTS         = 8
	TCPOptMD5        = 19
	TCPOptUTO        = 28
	TCPOptAO         = 29
	TCPOptMPTCP      = 30
	TCPOptFastOpen   = 34
	TCPOptAccECN0    = 172 // byte counters of Accurate ECN: ECT(0), CE, ECT(1)
	TCPOptAccECN1    = 174 // ECT(1), CE, ECT(0)
	TCPOptExp        = 254
	TCPFastOpenMagic = 0xf989 // of TCPOptExp: TCPOPT_FASTOPEN_MAGIC
)

// Limits of TCP options.
const (
	TCPMaxWScale    = 14 // RFC 7323 §2.3
	TCPMaxSACKs     = 4
	TCPFastOpenMax  = 16 // bytes of a fast open cookie
	TCPTSLenAligned = 12 // timestamps with two NOPs: TCPOLEN_TSTAMP_ALIGNED
	TCPSACKBase     = 2
	TCPSACKPerBlock = 8
)

// A SACKBlock is a range of sequence numbers received out of order; End is the
// first number behind it (RFC 2018 §3).
type SACKBlock struct{ Start, End uint32 }

// TCPOptions is the options of one segment: struct tcp_options_received, the
// part of it that is of one segment.
type TCPOptions struct {
	MSS       uint16 // bytes, 0 if absent
	WScale    uint8  // shift count, at most 14
	HasWScale bool
	WScaleBig bool // the count sent was above 14 and was cut
	HasTS     bool
	SACKPerm  bool
	MD5       bool // an MD5 signature (RFC 2385) is there
	AO        bool // an authentication option (RFC 5925) is there
	MPTCP     bool // a multipath option (RFC 8684) is there
	TSVal     uint32
	TSEcr     uint32
	NumSACK   uint8 // how many of SACK are set
	SACK      [TCPMaxSACKs]SACKBlock
	HasCookie bool // a fast open option; no cookie bytes: a request
	CookieExp bool // the experimental form (kind 254)
	CookieLen uint8
	Cookie    [TCPFastOpenMax]byte

	AccECNKind uint8 // 172 or 174, 0 if absent
	AccECNLen  uint8 // bytes of AccECN: 0 to 9
	AccECN     [9]byte
}

// ParseTCPOptions reads the options of a segment into o, which it clears first:
// tcp_parse_options with "established" false. Options that belong in a SYN are
// reported wherever they are; the kernel looks at them in a SYN only, so ask
// with the flags in hand. A malformed option ends the parsing; what was read
// before stays. An option with a wrong length is passed over.
func ParseTCPOptions(opt []byte, o *TCPOptions) {
	*o = TCPOptions{}
	for len(opt) > 0 {
		kind := opt[0]
		if kind == TCPOptEnd {
			return
		}
		if kind == TCPOptNOP {
			opt = opt[1:]
			continue
		}
		if len(opt) < 2 {
			return
		}
		n := int(opt[1])
		if n < 2 || n > len(opt) {
			return // "silly options", and partial ones
		}
		o.one(kind, opt[2:n])
		opt = opt[n:]
	}
}

func (o *TCPOptions) one(kind uint8, d []byte) {
	switch kind {
	case TCPOptMSS:
		if len(d) == 2 && be16(d) != 0 {
			o.MSS = be16(d)
		}
	case TCPOptWScale:
		if len(d) == 1 {
			o.HasWScale = true
			o.WScale = min(d[0], TCPMaxWScale)
			o.WScaleBig = d[0] > TCPMaxWScale
		}
	case TCPOptSACKPerm:
		if len(d) == 0 {
			o.SACKPerm = true
		}
	case TCPOptSACK:
		if len(d) >= TCPSACKPerBlock && len(d)%TCPSACKPerBlock == 0 {
			o.sack(d)
		}
	case TCPOptTS:
		if len(d) == 8 {
			o.HasTS, o.TSVal, o.TSEcr = true, be32(d), be32(d[4:])
		}
	case TCPOptMD5:
		o.MD5 = true
	case TCPOptAO:
		o.AO = true
	case TCPOptMPTCP:
		o.MPTCP = true
	case TCPOptFastOpen:
		o.cookie(d, false)
	case TCPOptAccECN0, TCPOptAccECN1:
		o.AccECNKind, o.AccECNLen = kind, uint8(copy(o.AccECN[:], d))
	case TCPOptExp:
		if len(d) >= 2 && be16(d) == TCPFastOpenMagic {
			o.cookie(d[2:], true)
		}
	}
}

func (o *TCPOptions) sack(d []byte) {
	o.NumSACK = 0
	for len(d) >= TCPSACKPerBlock && o.NumSACK < TCPMaxSACKs {
		o.SACK[o.NumSACK] = SACKBlock{be32(d), be32(d[4:])}
		o.NumSACK++
		d = d[TCPSACKPerBlock:]
	}
}

// cookie reads a fast open option (RFC 7413 §4.1.1; tcp_parse_fastopen_option).
// A cookie has 4 to 16 bytes, an even number; none is a request for one. Any
// other length is as if the option were not there.
func (o *TCPOptions) cookie(d []byte, exp bool) {
	if len(d)&1 != 0 {
		return
	}
	o.HasCookie, o.CookieExp, o.CookieLen, o.Cookie = false, false, 0, [TCPFastOpenMax]byte{}
	if len(d) != 0 && (len(d) < 4 || len(d) > TCPFastOpenMax) {
		return
	}
	o.HasCookie, o.CookieExp = true, exp
	o.CookieLen = uint8(copy(o.Cookie[:], d))
}

// The builders below write one option at the start of b, which must have room,
// and return its length in bytes.

// PutMSS writes a maximum segment size option.
func PutMSS(b []byte, mss uint16) int {
	b[0], b[1] = TCPOptMSS, 4
	put16(b[2:], mss)
	return 4
}

// PutWScale writes a window scale option.
func PutWScale(b []byte, shift uint8) int {
	b[0], b[1], b[2] = TCPOptWScale, 3, shift
	return 3
}

// PutSACKPerm writes a SACK permitted option.
func PutSACKPerm(b []byte) int {
	b[0], b[1] = TCPOptSACKPerm, 2
	return 2
}

// PutTS writes a timestamps option.
func PutTS(b []byte, val, ecr uint32) int {
	b[0], b[1] = TCPOptTS, 10
	put32(b[2:], val)
	put32(b[6:], ecr)
	return 10
}

// PutSACK writes a SACK option with the blocks, at most four.
func PutSACK(b []byte, blocks []SACKBlock) int {
	n := TCPSACKBase + TCPSACKPerBlock*len(blocks)
	b[0], b[1] = TCPOptSACK, byte(n)
	for i, s := range blocks {
		put32(b[2+8*i:], s.Start)
		put32(b[6+8*i:], s.End)
	}
	return n
}

// PutFastOpen writes a fast open option; without a cookie it asks for one.
func PutFastOpen(b []byte, cookie []byte) int {
	n := 2 + len(cookie)
	b[0], b[1] = TCPOptFastOpen, byte(n)
	copy(b[2:n], cookie)
	return n
}

// PutNOPs writes n one-byte fillers.
func PutNOPs(b []byte, n int) int {
	for i := range n {
		b[i] = TCPOptNOP
	}
	return n
}
