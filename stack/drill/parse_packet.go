package drill

import "strings"

// Options of TCP by number (tcp.h).
const (
	optEOL       = 0
	optNOP       = 1
	optMSS       = 2
	optWScale    = 3
	optSackOK    = 4
	optSack      = 5
	optTimestamp = 8
	optMD5       = 19
	optFastOpen  = 34
	optAccECN0   = 172
	optAccECN1   = 174
	optExp       = 254
)

// fastOpenMagic marks the experimental Fast Open option.
const fastOpenMagic = 0xf989

// packet is a packet with its direction and headers (packet_spec).
func (p *parser) packet() *Packet {
	k := &Packet{In: p.take().text == "<"}
	for p.encap(k) {
	}
	k.IP = p.ipInfo(k)
	switch {
	case p.key("udp"):
		p.udp(k)
	case p.key("icmp"):
		p.icmp(k)
	default:
		p.tcp(k)
	}
	return k
}

// encap is one header around the packet, if there is one (packet_prefix).
func (p *parser) encap(k *Packet) bool {
	e := Encap{Kind: p.peek(0).text}
	switch {
	case p.key("ipv4"), p.key("ipv6"):
		want := tokAddr4
		if p.key("ipv6") {
			want = tokAddr6
		}
		p.take()
		e.IP = p.ipInfo(k)
		e.Src = p.address(want)
		p.char(">")
		e.Dst = p.address(want)
	case p.key("gre"), p.key("GREv0"):
		p.take()
		e.Kind = "gre"
		if !p.is(":") {
			p.maybe(",")
			e.GRE = p.gre()
		}
	case p.key("mpls"):
		p.take()
		e.Labels = p.labels()
	default:
		return false
	}
	p.char(":")
	k.Encap = append(k.Encap, e)
	return true
}

func (p *parser) address(kind tokKind) string {
	if p.peek(0).kind != kind {
		p.wrong("an address")
	}
	return p.take().text
}

// ipInfo is what stands in [ ] or ( ) about the IP header (opt_ip_info). A "("
// behind it may belong to something else.
func (p *parser) ipInfo(k *Packet) (s IPSpec) {
	var end string
	switch {
	case p.is("["):
		end = "]"
	case p.is("("):
		end = ")"
	default:
		return s
	}
	p.take()
	s.Given = true
	switch {
	case p.key("flowlabel"):
		s.HasFlow, s.FlowLabel = true, p.flowLabel()
	case p.key("ttl"):
		p.take()
		s.TTL = uint8(p.within("a TTL", 1<<31))
	default:
		p.tos(&s, k)
		if p.maybe(",") {
			s.HasFlow, s.FlowLabel = true, p.flowLabel()
		}
	}
	p.char(end)
	return s
}

var ecnBits = map[string]uint8{"noecn": 0, "ect1": 1, "ect0": 2, "ce": 3}

// tos is tos_spec.
func (p *parser) tos(s *IPSpec, k *Packet) {
	t := p.peek(0)
	bits, ok := ecnBits[t.text]
	switch {
	case t.kind == tokWord && ok && !t.bound:
		s.Check, s.TOS = tosECN, bits
	case p.key("ect01"):
		s.Check = tosECT01
		if k.In {
			p.bad(t, "[ect01] can only be used with outbound packets")
		}
	case p.key("tos"):
		p.take()
		v := p.peek(0)
		if v.kind != tokHex {
			p.wrong("a hexadecimal number")
		}
		if v.n < 0 || v.n > 255 {
			p.bad(v, "tos is out of range for 8 bits: %s", v.text)
		}
		s.Check, s.TOS = tosByte, uint8(v.n)
	default:
		p.wrong("noecn, ect0, ect1, ect01, ce, tos, ttl or flowlabel")
	}
	p.take()
}

func (p *parser) flowLabel() uint32 {
	p.keyword("flowlabel")
	t := p.peek(0)
	if t.kind != tokHex {
		p.wrong("a hexadecimal number")
	}
	if t.n < 0 || t.n > 0xfffff {
		p.bad(t, "flowlabel is out of range for 20 bits: %s", t.text)
	}
	p.take()
	return uint32(t.n)
}

// ports is "INTEGER > INTEGER", if it is there (opt_port_info).
func (p *parser) ports(k *Packet) {
	if p.peek(0).kind == tokInt && p.isAt(1, ">") {
		k.Src = uint16(p.within("a source port", 0xffff))
		p.take()
		k.Dst = uint16(p.within("a destination port", 0xffff))
	}
}

// udp is udp_packet_spec.
func (p *parser) udp(k *Packet) {
	t := p.take()
	if k.IP.Check == tosECN {
		p.bad(t, "ECN can only be used with TCP packets")
	}
	k.Proto = UDP
	p.ports(k)
	p.char("(")
	k.Len = int(p.within("a UDP payload size", 0xffff))
	p.char(")")
}

// icmp is icmp_packet_spec.
func (p *parser) icmp(k *Packet) {
	p.take()
	k.Proto = ICMP
	m := &ICMPSpec{Echo: TCP}
	k.ICMP = m
	m.Type = p.word("the type of an ICMP message").text
	if p.plain() {
		m.Code = p.take().text
	}
	if p.key("mtu") {
		p.take()
		m.HasMTU, m.MTU = true, p.integer("an MTU").n
	}
	if p.key("id") {
		p.take()
		m.HasID, m.ID = true, p.within("an id", 0xffff)
	}
	if !p.maybe("[") {
		return
	}
	m.HasEcho = true
	switch {
	case p.key("udp"), p.key("raw"):
		m.Echo = UDP
		if p.take().text == "raw" {
			m.Echo = RawProto
		}
		p.char("(")
		m.Len = p.within("a payload size", 0xffff)
		p.char(")")
	default:
		seq, n := p.seq()
		m.Seq, m.Len = seq, int64(n)
	}
	p.char("]")
}

// seq is START:END(LENGTH).
func (p *parser) seq() (uint32, int) {
	first := p.peek(0)
	start := p.within("a sequence number", 0xffffffff)
	p.char(":")
	end := p.within("a sequence number", 0xffffffff)
	p.char("(")
	n := p.within("a TCP payload size", 0xffff)
	p.char(")")
	if end != start+n {
		p.bad(first, "inconsistent TCP sequence numbers and payload size: %d:%d(%d)", start, end, n)
	}
	return uint32(start), int(n)
}

// tcp is tcp_packet_spec.
func (p *parser) tcp(k *Packet) {
	if p.key("encap") {
		p.take()
		p.keyword("psp")
		p.keyword("spi")
		k.PSP, k.SPI = true, p.anyInt("a number").n
	}
	p.ports(k)
	s := &TCPSpec{Win: -1}
	k.TCP = s
	flags := p.peek(0)
	s.Flags = p.flags()
	p.checkFlags(flags, s.Flags)
	s.Seq, s.Len = p.seq()
	if p.key("ack") {
		p.take()
		s.HasAck, s.Ack = true, uint32(p.within("an acknowledgment number", 0xffffffff))
	}
	if p.key("win") {
		p.take()
		s.Win = int32(p.within("a window", 0xffff))
	} else if k.In {
		p.wrong("'win': an inbound packet needs a window")
	}
	if p.key("urg") {
		p.take()
		s.HasUrg, s.Urg = true, uint16(p.within("an urgent pointer", 0xffff))
	}
	if p.is("<") {
		p.options(k)
	}
}

// flags are letters, then a dot or a number of the ACE field.
func (p *parser) flags() string {
	switch t := p.peek(0); {
	case p.is("."), p.is("-"):
		if p.take().text == "-" {
			return ""
		}
		return "."
	case t.kind == tokFloat:
		return p.take().text
	case p.plain():
		s := p.take().text
		if p.is(".") {
			return s + p.take().text
		}
		if p.peek(0).kind == tokFloat {
			return s + p.take().text
		}
		return s
	}
	p.wrong("flags of a TCP segment")
	return ""
}

// checkFlags is is_tcp_flags_spec_valid.
func (p *parser) checkFlags(t token, s string) {
	ecn, ace := false, false
	for _, c := range s {
		switch {
		case !strings.ContainsRune(".FSRPEWAU01234567", c):
			p.bad(t, "'%c' is no TCP flag", c)
		case strings.ContainsRune("EWA", c):
			if ace {
				p.bad(t, "the flag '%c' and a number of the ACE field exclude each other", c)
			}
			ecn = true
		case c >= '0' && c <= '7':
			if ecn || ace {
				p.bad(t, "the number %c of the ACE field and other ECN flags exclude each other", c)
			}
			ace = true
		}
	}
}
