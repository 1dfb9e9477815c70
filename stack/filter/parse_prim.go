package filter

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// prim reads a primitive, or a bare address or number with the qualifiers of
// the primitive before it.
func (p *parser) prim() (*Node, *Error) {
	t := p.at()
	switch {
	case t.kind == tokEnd || t.kind == tokPunct:
		return nil, p.expected("a filter such as \"host\", \"port\" or \"tcp\"")
	case p.isKey("less", "greater"):
		return p.length()
	case p.isKey("vlan"):
		return p.vlan()
	}
	for _, w := range refused {
		if p.isKey(w) {
			return nil, p.fail(t, "\""+w+"\" is not supported")
		}
	}
	q := quals{ok: true}
	if t.kind == tokWord && !t.esc {
		if a := findAbbrev(t.s); a != nil {
			q.proto = canon(a.name)
			p.next()
		}
	}
	if p.isKey("broadcast", "multicast") {
		return p.cast(t, q.proto)
	}
	dir, hasDir, err := p.dir()
	if err != nil {
		return nil, err
	}
	q.dir = dir
	switch {
	case p.isKey("host", "net", "port", "portrange"):
		q.kind = p.at().s
		p.next()
	case p.isKey("proto") && !hasDir:
		q.kind = "proto"
		p.next()
	case hasDir:
	case q.proto != "":
		p.last = quals{}
		if q.proto == "ether" {
			return nil, p.expected("\"host\", \"proto\", \"src\", \"dst\", \"broadcast\" or \"multicast\" behind \"ether\"")
		}
		return &Node{Op: OpPrim, P: Prim{Kind: PrimProto, Proto: q.proto}, pos: t.pos}, nil
	default:
		if !p.last.ok {
			if t.kind == tokWord && !t.esc {
				return nil, p.fail(t, "unknown word "+strconv.QuoteToASCII(t.s)+
					"; expected a filter such as \"host\", \"port\" or \"tcp\"")
			}
			return nil, p.fail(t, "expected \"host\", \"net\", \"port\" or \"proto\" before "+strconv.QuoteToASCII(t.s))
		}
		q = p.last
	}
	p.last = q
	return p.id(q)
}

// dir reads src, dst, "src or dst" and "src and dst".
func (p *parser) dir() (Dir, bool, *Error) {
	if !p.isKey("src", "dst") {
		return Either, false, nil
	}
	first := p.at().s
	p.next()
	other := "dst"
	d := Src
	if first == "dst" {
		other, d = "src", Dst
	}
	both := p.isKey("and") || p.isPunct("&&")
	if !both && !p.isKey("or") && !p.isPunct("||") {
		return d, true, nil
	}
	mark := p.i
	p.next()
	if !p.isKey(other) {
		p.i = mark
		return d, true, nil
	}
	p.next()
	if both {
		return Both, true, nil
	}
	return Either, true, nil
}

func (p *parser) number(what string, limit uint32) (uint32, *Error) {
	t := p.at()
	if t.kind != tokNum {
		return 0, p.expected(what)
	}
	if t.n > limit {
		return 0, p.fail(t, t.s+" is more than "+strconv.FormatUint(uint64(limit), 10))
	}
	p.next()
	return t.n, nil
}

func (p *parser) length() (*Node, *Error) {
	t := p.at()
	p.next()
	n, err := p.number("a length in bytes", 1<<32-1)
	if err != nil {
		return nil, err
	}
	p.last = quals{}
	kind := PrimLess
	if t.s == "greater" {
		kind = PrimGreater
	}
	return &Node{Op: OpPrim, P: Prim{Kind: kind, N: n}, pos: t.pos}, nil
}

func (p *parser) vlan() (*Node, *Error) {
	t := p.at()
	p.next()
	pr := Prim{Kind: PrimVLAN}
	if p.at().kind == tokNum {
		n, err := p.number("a VLAN", 4095)
		if err != nil {
			return nil, err
		}
		pr.N, pr.HasN = n, true
	}
	p.last = quals{}
	return &Node{Op: OpPrim, P: pr, pos: t.pos}, nil
}

func (p *parser) cast(t token, proto string) (*Node, *Error) {
	kind := PrimMulticast
	if p.at().s == "broadcast" {
		kind = PrimBroadcast
	}
	switch {
	case proto == "ip" && kind == PrimBroadcast:
		return nil, p.fail(t, "\"ip broadcast\" is not supported: it needs a netmask; try \"dst host 10.0.0.255\"")
	case proto == "ip6" && kind == PrimMulticast, proto == "ip" && kind == PrimMulticast:
	case proto == "" || proto == "ether":
		proto = ""
	default:
		return nil, p.fail(t, "\""+proto+"\" has no "+p.at().s)
	}
	p.next()
	p.last = quals{}
	return &Node{Op: OpPrim, P: Prim{Kind: kind, Proto: proto}, pos: t.pos}, nil
}

// id reads what a primitive's qualifiers are about: an address, a port, a
// number, or several of them in parentheses.
func (p *parser) id(q quals) (*Node, *Error) {
	if p.isPunct("(") {
		if err := p.deeper(); err != nil {
			return nil, err
		}
		defer func() { p.nest-- }()
		return p.group()
	}
	t := p.at()
	var pr Prim
	var err *Error
	switch q.kind {
	case "", "host":
		pr, err = p.host(q)
	case "net":
		pr, err = p.net(q)
	case "port", "portrange":
		pr, err = p.port(q)
	case "proto":
		pr, err = p.protoNum(q)
	}
	if err != nil {
		return nil, err
	}
	return &Node{Op: OpPrim, P: pr, pos: t.pos}, nil
}

// hostProto checks the protocol qualifier of an address.
func (p *parser) hostProto(q quals, v6 bool) *Error {
	switch q.proto {
	case "":
	case "ip", "arp", "rarp":
		if v6 {
			return p.fail(p.at(), "expected an IPv4 address behind \""+q.proto+"\"")
		}
	case "ip6":
		if !v6 {
			return p.fail(p.at(), "expected an IPv6 address behind \"ip6\"")
		}
	case "ether":
		return p.expected("an Ethernet address such as 02:00:00:00:00:01")
	default:
		return p.fail(p.at(), "\""+q.proto+"\" cannot qualify an address; use \""+q.proto+" and host ...\"")
	}
	return nil
}

func (p *parser) host(q quals) (Prim, *Error) {
	t := p.at()
	pr := Prim{Kind: PrimHost, Proto: q.proto, Dir: q.dir}
	if t.kind == tokMAC {
		if q.proto != "ether" {
			return pr, p.fail(t, "expected \"ether\" before an Ethernet address")
		}
		p.next()
		return Prim{Kind: PrimEther, Proto: "ether", Dir: q.dir, MAC: t.mac}, nil
	}
	if t.kind == tokWord && q.kind != "" && p.looksLikeName(t) {
		return pr, p.fail(t, "expected an address; the name "+strconv.QuoteToASCII(t.s)+" would need a name lookup, which is not done")
	}
	switch t.kind {
	case tokIP4, tokIP6, tokNum:
	default:
		return pr, p.expected("an address")
	}
	if err := p.hostProto(q, t.kind == tokIP6); err != nil {
		return pr, err
	}
	p.next()
	switch t.kind {
	case tokIP6:
		pr.V6, pr.Addr = true, t.addr
	case tokNum:
		pr.Addr = wire.IP4(t.n).Addr()
	case tokIP4:
		pr.Addr = wire.IP4(t.n).Addr()
		if t.bits < 32 {
			pr.Kind, pr.Mask = PrimNet, wire.IP4(0xffffffff).Mask(t.bits).Addr()
		}
	}
	if p.isPunct("/") {
		return pr, p.fail(p.at(), "expected \"net\", not \"host\", before an address with a mask")
	}
	return pr, nil
}

func (p *parser) looksLikeName(t token) bool {
	return !p.isKey("and", "or", "not", "src", "dst", "host", "net", "port", "portrange", "proto") && findAbbrev(t.s) == nil
}

func (p *parser) net(q quals) (Prim, *Error) {
	t := p.at()
	pr := Prim{Kind: PrimNet, Proto: q.proto, Dir: q.dir}
	if t.kind == tokWord && p.looksLikeName(t) {
		return pr, p.fail(t, "expected a network such as 10.0.0.0/8; the name "+strconv.QuoteToASCII(t.s)+" would need a name lookup, which is not done")
	}
	if t.kind != tokIP4 && t.kind != tokIP6 && t.kind != tokNum {
		return pr, p.expected("a network such as 10.0.0.0/8")
	}
	if err := p.hostProto(q, t.kind == tokIP6); err != nil {
		return pr, err
	}
	p.next()
	if t.kind == tokIP6 {
		return p.net6(t, pr)
	}
	a, bits := wire.IP4(t.n), t.bits
	if t.kind == tokNum { // net 10 is 10.0.0.0/8
		for bits = 32; a != 0 && a>>24 == 0; bits -= 8 {
			a <<= 8
		}
		if p.isPunct("/") || p.isKey("mask") {
			bits = 8
			if t.n > 255 {
				return pr, p.fail(t, "expected a network such as 10.0.0.0/8")
			}
			a = wire.IP4(t.n) << 24
		}
	}
	m := wire.IP4(0xffffffff).Mask(bits)
	switch {
	case p.isPunct("/"):
		p.next()
		n, err := p.number("the length of a mask", 32)
		if err != nil {
			return pr, err
		}
		m = wire.IP4(0xffffffff).Mask(int(n))
	case p.isKey("mask"):
		p.next()
		mt := p.at()
		if mt.kind != tokIP4 {
			return pr, p.expected("a mask such as 255.255.0.0")
		}
		p.next()
		m = wire.IP4(mt.n)
	}
	if a&^m != 0 {
		return pr, p.fail(t, a.String()+" has bits outside its mask "+m.String())
	}
	pr.Addr, pr.Mask = a.Addr(), m.Addr()
	return pr, nil
}

func (p *parser) net6(t token, pr Prim) (Prim, *Error) {
	bits := 128
	if p.isPunct("/") {
		p.next()
		n, err := p.number("the length of a prefix", 128)
		if err != nil {
			return pr, err
		}
		bits = int(n)
	}
	if t.addr.Mask(bits) != t.addr {
		return pr, p.fail(t, t.s+" has bits outside its prefix of "+strconv.Itoa(bits))
	}
	pr.V6, pr.Addr = true, t.addr
	pr.Mask = wire.Addr{Hi: ^uint64(0), Lo: ^uint64(0)}.Mask(bits)
	return pr, nil
}

func (p *parser) port(q quals) (Prim, *Error) {
	t := p.at()
	switch q.proto {
	case "", "tcp", "udp", "sctp":
	default:
		return Prim{}, p.fail(t, "\""+q.proto+"\" has no ports; expected \"tcp\", \"udp\" or \"sctp\"")
	}
	pr := Prim{Kind: PrimPort, Proto: q.proto, Dir: q.dir}
	if q.kind == "portrange" {
		pr.Kind = PrimPortRange
	}
	lo, hi, isRange := strings.Cut(t.s, "-")
	if t.kind != tokWord && t.kind != tokNum {
		return pr, p.expected("a port")
	}
	a, err := p.portNumber(t, lo)
	if q.kind == "portrange" && isRange {
		if err != nil {
			return pr, err
		}
		b, err := p.portNumber(t, hi)
		if err != nil {
			return pr, err
		}
		p.next()
		pr.Lo, pr.Hi = min(a, b), max(a, b)
		return pr, nil
	}
	if isRange {
		a, err = p.portNumber(t, t.s)
	}
	if err != nil {
		return pr, err
	}
	p.next()
	pr.Lo = a
	if q.kind == "portrange" {
		pr.Hi = a
	}
	return pr, nil
}

// portNumber reads a port or the name of a service.
func (p *parser) portNumber(t token, s string) (uint16, *Error) {
	if n, ok := number(s); ok {
		if n > 65535 {
			return 0, p.fail(t, s+" is more than 65535, the highest port")
		}
		return uint16(n), nil
	}
	if n, ok := service(s); ok {
		return n, nil
	}
	if t.kind == tokWord && p.looksLikeName(t) {
		return 0, p.fail(t, "expected a port; the service "+strconv.QuoteToASCII(s)+" is not known by name")
	}
	return 0, p.expected("a port")
}

// protoNum reads what follows "proto": a number or a protocol's name.
func (p *parser) protoNum(q quals) (Prim, *Error) {
	t := p.at()
	pr := Prim{Kind: PrimProtoNum, Proto: q.proto}
	limit := uint32(255)
	switch q.proto {
	case "ether":
		limit = 65535
	case "", "ip", "ip6":
	default:
		return pr, p.fail(t, "\""+q.proto+"\" carries no other protocol; expected \"ip proto\", \"ip6 proto\" or \"ether proto\"")
	}
	if t.kind == tokNum {
		n, err := p.number("a protocol number", limit)
		pr.N = n
		return pr, err
	}
	if t.kind == tokWord {
		a := findAbbrev(t.s)
		if a != nil && q.proto == "ether" && a.link != 0 {
			p.next()
			pr.N = uint32(a.link)
			return pr, nil
		}
		if a != nil && q.proto != "ether" && (a.ip4 || a.ip6) {
			p.next()
			pr.N = uint32(a.num)
			return pr, nil
		}
	}
	return pr, p.expected("a protocol number or name")
}
