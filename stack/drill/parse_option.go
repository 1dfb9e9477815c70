package drill

import (
	"encoding/binary"
	"encoding/hex"
)

// options is <option,option> or <...>.
func (p *parser) options(k *Packet) {
	open := p.take()
	s := k.TCP
	s.HasOpts = true
	if p.peek(0).kind == tokEllipsis {
		t := p.take()
		if k.In {
			p.bad(t, "<...> for TCP options can only be used with outbound packets")
		}
		s.AnyOptions = true
		p.char(">")
		return
	}
	n := 0
	for {
		t := p.peek(0)
		o := p.tcpOption()
		s.Opts = append(s.Opts, o)
		if n += o.size(); n > 40 {
			p.bad(t, "the TCP options are too long: %d bytes, of at most 40", n)
		}
		if !p.maybe(",") {
			break
		}
	}
	if !p.is(">") {
		p.wrong("',' or '>' behind a TCP option")
	}
	p.take()
	if n%4 != 0 {
		p.bad(open, "TCP options are not padded to a multiple of 4 bytes: %d excess bytes", n%4)
	}
}

// size is the option's length in bytes.
func (o *TCPOption) size() int {
	if o.Kind <= optNOP {
		return 1
	}
	return 2 + len(o.Data)
}

// tcpOption is one option.
func (p *parser) tcpOption() TCPOption {
	t := p.peek(0)
	if t.kind != tokWord || t.bound {
		p.wrong("a TCP option")
	}
	be := binary.BigEndian
	switch t.text {
	case "nop":
		p.take()
		return TCPOption{Kind: optNOP}
	case "eol":
		p.take()
		return TCPOption{Kind: optEOL}
	case "sackOK":
		p.take()
		return TCPOption{Kind: optSackOK}
	case "mss":
		p.take()
		return TCPOption{optMSS, be.AppendUint16(nil, uint16(p.within("an MSS", 0xffff)))}
	case "wscale":
		p.take()
		return TCPOption{optWScale, []byte{uint8(p.within("a window scale", 0xff))}}
	case "TS":
		p.take()
		p.keyword("val")
		b := be.AppendUint32(nil, uint32(p.within("a timestamp", 0xffffffff)))
		p.keyword("ecr")
		return TCPOption{optTimestamp, be.AppendUint32(b, uint32(p.within("a timestamp", 0xffffffff)))}
	case "sack":
		p.take()
		return p.sack()
	case "md5":
		p.take()
		return TCPOption{optMD5, p.blob(16, true)}
	case "FO":
		p.take()
		return TCPOption{optFastOpen, p.blob(38, false)}
	case "FOEXP":
		p.take()
		return TCPOption{optExp, append(be.AppendUint16(nil, fastOpenMagic), p.blob(36, false)...)}
	case "ECN":
		p.take()
		return p.accECN()
	}
	p.wrong("a TCP option")
	return TCPOption{}
}

// sack is one or more blocks LEFT:RIGHT.
func (p *parser) sack() TCPOption {
	o := TCPOption{Kind: optSack}
	for {
		t := p.peek(0)
		l := p.within("the left edge of a SACK block", 0xffffffff)
		p.char(":")
		r := p.within("the right edge of a SACK block", 0xffffffff)
		o.Data = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(o.Data, uint32(l)), uint32(r))
		if len(o.Data) > 32 {
			p.bad(t, "there are more than 4 SACK blocks")
		}
		if p.peek(0).kind != tokInt {
			return o
		}
	}
}

// blob is a string of hexadecimal digits.
func (p *parser) blob(limit int, must bool) []byte {
	t := p.peek(0)
	if t.kind != tokInt && t.kind != tokHex && !p.plain() {
		if must {
			p.wrong("hexadecimal digits")
		}
		return nil
	}
	p.take()
	b, err := hex.DecodeString(t.text)
	switch {
	case len(t.text)%2 != 0:
		p.bad(t, "there is an odd number of hexadecimal digits: %s", t.text)
	case err != nil:
		p.bad(t, "%s is not a string of hexadecimal digits", t.text)
	case len(b) > limit:
		p.bad(t, "%d bytes are too many, of at most %d", len(b), limit)
	}
	return b
}

// accECN is the option of Accurate ECN: up to three counters, which begin with
// ECT(0) or with ECT(1).
func (p *parser) accECN() TCPOption {
	o := TCPOption{Kind: optAccECN0}
	order := []string{"e0b", "ceb", "e1b"}
	if p.key("e1b") {
		o.Kind, order = optAccECN1, []string{"e1b", "ceb", "e0b"}
	}
	for i, w := range order {
		if i > 0 && !p.key(w) {
			break
		}
		p.keyword(w)
		v := p.within("a counter of the AccECN option", 0xffffff)
		o.Data = append(o.Data, uint8(v>>16), uint8(v>>8), uint8(v))
	}
	return o
}
