package filter

import "github.com/packetwalk/packetwalk/stack/wire"

// A test is a question about bytes with the answer yes or no. A filter is a
// tree of them.
type test struct {
	kind testKind
	a, b *test  // of and, or, not (a)
	l, r *value // of the comparisons
	cmp  cmpOp
}

type testKind uint8

const (
	tTrue testKind = iota
	tFalse
	tAnd
	tOr
	tNot
	tCmp
)

type cmpOp uint8

const (
	cmpEQ cmpOp = iota
	cmpNE
	cmpLT
	cmpGT
	cmpLE
	cmpGE
)

// A value is a 32-bit number computed from a frame.
type value struct {
	kind valueKind
	k    uint32 // of a constant; of a load: where, before the index
	size int    // of a load: bytes
	hdr  uint32 // of vLoadTran: where the IPv4 header starts
	op   byte   // of vOp: + - * / % & | ^ < (shift left) > (shift right)
	x, y *value // operands; x is the index of a load, or nil
}

type valueKind uint8

const (
	vConst    valueKind = iota
	vLen                // length of the frame on the wire
	vLoad               // bytes at k+x
	vLoadTran           // bytes at k+x behind the IPv4 header at hdr
	vNeg                // minus x
	vOp                 // x op y
)

// lowerer turns a parsed filter into tests for one kind of link. A "vlan" moves
// its offsets for everything to the right of it, as in libpcap.
type lowerer struct {
	link    wire.LinkKind
	typeOff uint32 // where the ether type is
	hasType bool
	payload uint32 // where the network header starts
	err     *Error
}

func newLowerer(link wire.LinkKind) (*lowerer, bool) {
	lo := &lowerer{link: link}
	switch link {
	case wire.LinkEthernet:
		lo.typeOff, lo.hasType, lo.payload = 12, true, wire.EthernetLen
	case wire.LinkSLL:
		lo.typeOff, lo.hasType, lo.payload = 14, true, wire.SLLLen
	case wire.LinkSLL2:
		lo.typeOff, lo.hasType, lo.payload = 0, true, wire.SLL2Len
	case wire.LinkNull, wire.LinkLoop:
		lo.payload = wire.NullLen
	case wire.LinkRaw, wire.LinkIPv4, wire.LinkIPv6:
	default:
		return nil, false
	}
	return lo, true
}

func (lo *lowerer) fail(pos int, msg string) *test {
	if lo.err == nil {
		lo.err = &Error{pos + 1, msg}
	}
	return &test{kind: tFalse}
}

func and(ts ...*test) *test {
	t := ts[0]
	for _, u := range ts[1:] {
		t = &test{kind: tAnd, a: t, b: u}
	}
	return t
}

func or(ts ...*test) *test {
	t := ts[0]
	for _, u := range ts[1:] {
		t = &test{kind: tOr, a: t, b: u}
	}
	return t
}

func not(t *test) *test { return &test{kind: tNot, a: t} }

func konst(k uint32) *value { return &value{kind: vConst, k: k} }

func compare(l *value, op cmpOp, k uint32) *test {
	return &test{kind: tCmp, l: l, r: konst(k), cmp: op}
}

func masked(v *value, m uint32) *value {
	if m == 1<<32-1 {
		return v
	}
	return &value{kind: vOp, op: '&', x: v, y: konst(m)}
}

// at is size bytes at off of the frame.
func at(off uint32, size int) *value { return &value{kind: vLoad, k: off, size: size} }

// net is size bytes at off of the network header.
func (lo *lowerer) net(off uint32, size int) *value { return at(lo.payload+off, size) }

func (lo *lowerer) lower(n *Node) *test {
	switch n.Op {
	case OpAnd:
		x := lo.lower(n.X)
		return and(x, lo.lower(n.Y))
	case OpOr:
		x := lo.lower(n.X)
		return or(x, lo.lower(n.Y))
	case OpNot:
		return not(lo.lower(n.X))
	case OpPrim:
		return lo.prim(n)
	case OpRel:
		return lo.relation(n)
	}
	return &test{kind: tTrue}
}

// etherType asks what the link carries: gen_linktype.
func (lo *lowerer) etherType(t wire.EtherType) *test {
	if lo.hasType {
		return compare(at(lo.typeOff, 2), cmpEQ, uint32(t))
	}
	v6 := t == wire.EtherTypeIPv6
	if t != wire.EtherTypeIPv4 && !v6 {
		return &test{kind: tFalse}
	}
	switch lo.link {
	case wire.LinkNull, wire.LinkLoop:
		return lo.family(v6)
	case wire.LinkIPv4, wire.LinkIPv6:
		if v6 == (lo.link == wire.LinkIPv6) {
			return &test{kind: tTrue}
		}
		return &test{kind: tFalse}
	}
	version := uint32(0x40)
	if v6 {
		version = 0x60
	}
	return compare(masked(at(0, 1), 0xf0), cmpEQ, version)
}

// family asks for an address family in either byte order, with the numbers of
// all systems for IPv6 (see wire.Null).
func (lo *lowerer) family(v6 bool) *test {
	nums := []uint32{2}
	if v6 {
		nums = []uint32{10, 24, 28, 30}
	}
	var t *test
	for _, n := range nums {
		u := or(compare(at(0, 4), cmpEQ, n), compare(at(0, 4), cmpEQ, n<<24))
		if t == nil {
			t = u
		} else {
			t = or(t, u)
		}
	}
	return t
}

// ip4Proto asks for an IPv4 packet with a protocol.
func (lo *lowerer) ip4Proto(p wire.Proto) *test {
	return and(lo.etherType(wire.EtherTypeIPv4), compare(lo.net(9, 1), cmpEQ, uint32(p)))
}

// ip6Proto asks for an IPv6 packet with a protocol right behind its header, or
// behind a fragment header: gen_proto.
func (lo *lowerer) ip6Proto(p wire.Proto) *test {
	return and(lo.etherType(wire.EtherTypeIPv6),
		or(compare(lo.net(6, 1), cmpEQ, uint32(p)),
			and(compare(lo.net(6, 1), cmpEQ, uint32(wire.ProtoFragment)),
				compare(lo.net(40, 1), cmpEQ, uint32(p)))))
}

// abbrev asks for a protocol by its name: gen_proto_abbrev.
func (lo *lowerer) abbrev(name string) *test {
	a := findAbbrev(name)
	switch {
	case a.link != 0:
		return lo.etherType(a.link)
	case a.ip4 && a.ip6:
		return or(lo.ip4Proto(a.num), lo.ip6Proto(a.num))
	case a.ip4:
		return lo.ip4Proto(a.num)
	}
	return lo.ip6Proto(a.num)
}

// notFragment asks for an IPv4 packet that starts with its transport header:
// gen_ipfrag.
func (lo *lowerer) notFragment() *test {
	return compare(masked(lo.net(6, 2), 0x1fff), cmpEQ, 0)
}

// both joins the tests of source and destination.
func both(d Dir, src, dst func() *test) *test {
	switch d {
	case Src:
		return src()
	case Dst:
		return dst()
	case Both:
		return and(src(), dst())
	}
	return or(src(), dst())
}

func (lo *lowerer) prim(n *Node) *test {
	p := &n.P
	switch p.Kind {
	case PrimProto:
		return lo.abbrev(p.Proto)
	case PrimHost, PrimNet:
		return lo.host(p)
	case PrimPort:
		return lo.ports(p, p.Lo, p.Lo)
	case PrimPortRange:
		return lo.ports(p, p.Lo, p.Hi)
	case PrimProtoNum:
		return lo.protoNum(n)
	case PrimEther:
		if lo.link != wire.LinkEthernet {
			return lo.fail(n.pos, "an Ethernet address needs an Ethernet link")
		}
		return both(p.Dir, func() *test { return mac(6, p.MAC) }, func() *test { return mac(0, p.MAC) })
	case PrimBroadcast:
		if lo.link != wire.LinkEthernet {
			return lo.fail(n.pos, "\"broadcast\" needs an Ethernet link")
		}
		return mac(0, wire.Broadcast)
	case PrimMulticast:
		return lo.multicast(n)
	case PrimVLAN:
		return lo.vlan(n)
	case PrimLess:
		return compare(&value{kind: vLen}, cmpLE, p.N)
	}
	return compare(&value{kind: vLen}, cmpGE, p.N)
}

func mac(off uint32, m wire.MAC) *test {
	return and(compare(at(off+2, 4), cmpEQ, uint32(m)), compare(at(off, 2), cmpEQ, uint32(m>>32)))
}

func (lo *lowerer) multicast(n *Node) *test {
	switch n.P.Proto {
	case "ip":
		return and(lo.etherType(wire.EtherTypeIPv4), compare(lo.net(16, 1), cmpGE, 224))
	case "ip6":
		return and(lo.etherType(wire.EtherTypeIPv6), compare(lo.net(24, 1), cmpEQ, 255))
	}
	if lo.link != wire.LinkEthernet {
		return lo.fail(n.pos, "\"multicast\" needs an Ethernet link; try \"ip multicast\"")
	}
	return compare(masked(at(0, 1), 1), cmpNE, 0)
}

// vlan asks for a tag and moves everything behind it: gen_vlan.
func (lo *lowerer) vlan(n *Node) *test {
	if !lo.hasType {
		return lo.fail(n.pos, "\"vlan\" needs a link that carries ether types")
	}
	t := or(lo.etherType(wire.EtherTypeVLAN), lo.etherType(wire.EtherTypeQinQ), lo.etherType(wire.EtherTypeQinQOld))
	if n.P.HasN {
		t = and(t, compare(masked(lo.net(0, 2), 0xfff), cmpEQ, n.P.N))
	}
	lo.typeOff = lo.payload + 2
	lo.payload += wire.VLANTagLen
	return t
}

// host asks for an address or a network: gen_host, gen_host6.
func (lo *lowerer) host(p *Prim) *test {
	if p.V6 {
		return lo.host6(p)
	}
	m := uint32(1<<32 - 1)
	if p.Kind == PrimNet {
		m = uint32(p.Mask.IP4())
	}
	one := func(t wire.EtherType, src, dst uint32) *test {
		addr := func(off uint32) func() *test {
			return func() *test { return compare(masked(lo.net(off, 4), m), cmpEQ, uint32(p.Addr.IP4())) }
		}
		return and(lo.etherType(t), both(p.Dir, addr(src), addr(dst)))
	}
	switch p.Proto {
	case "ip":
		return one(wire.EtherTypeIPv4, 12, 16)
	case "arp":
		return one(wire.EtherTypeARP, 14, 24)
	case "rarp":
		return one(wire.EtherTypeRARP, 14, 24)
	}
	return or(one(wire.EtherTypeIPv4, 12, 16), one(wire.EtherTypeARP, 14, 24), one(wire.EtherTypeRARP, 14, 24))
}

func (lo *lowerer) host6(p *Prim) *test {
	m := wire.Addr{Hi: ^uint64(0), Lo: ^uint64(0)}
	if p.Kind == PrimNet {
		m = p.Mask
	}
	addr := func(off uint32) func() *test {
		return func() *test {
			var t *test
			for i := uint32(3); i < 4; i-- { // the last word tells most
				word := func(a wire.Addr) uint32 {
					if i < 2 {
						return uint32(a.Hi >> (32 - 32*i))
					}
					return uint32(a.Lo >> (96 - 32*i))
				}
				u := compare(masked(lo.net(off+4*i, 4), word(m)), cmpEQ, word(p.Addr))
				if t == nil {
					t = u
				} else {
					t = and(t, u)
				}
			}
			return t
		}
	}
	return and(lo.etherType(wire.EtherTypeIPv6), both(p.Dir, addr(8), addr(24)))
}

// ports asks for a port or a range of ports of TCP, UDP or SCTP, over IPv6 or
// IPv4: gen_port6, gen_port.
func (lo *lowerer) ports(p *Prim, low, high uint16) *test {
	protos := []wire.Proto{wire.ProtoTCP, wire.ProtoUDP, wire.ProtoSCTP}
	if p.Proto != "" {
		protos = []wire.Proto{findAbbrev(p.Proto).num}
	}
	in := func(v func() *value) *test {
		if low == high {
			return compare(v(), cmpEQ, uint32(low))
		}
		return and(compare(v(), cmpGE, uint32(low)), compare(v(), cmpLE, uint32(high)))
	}
	proto := func(off uint32) *test {
		t := compare(lo.net(off, 1), cmpEQ, uint32(protos[0]))
		for _, q := range protos[1:] {
			t = or(t, compare(lo.net(off, 1), cmpEQ, uint32(q)))
		}
		return t
	}
	port6 := func(off uint32) func() *test {
		return func() *test { return in(func() *value { return lo.net(40+off, 2) }) }
	}
	port4 := func(off uint32) func() *test {
		return func() *test { return in(func() *value { return lo.transport(off, 2, nil) }) }
	}
	return or(and(lo.etherType(wire.EtherTypeIPv6), proto(6), both(p.Dir, port6(0), port6(2))),
		and(lo.etherType(wire.EtherTypeIPv4), proto(9), lo.notFragment(), both(p.Dir, port4(0), port4(2))))
}

// transport is size bytes at off, and an index, behind the IPv4 header.
func (lo *lowerer) transport(off uint32, size int, index *value) *value {
	return &value{kind: vLoadTran, k: lo.payload + off, hdr: lo.payload, size: size, x: index}
}

func (lo *lowerer) protoNum(n *Node) *test {
	p := &n.P
	switch p.Proto {
	case "ip":
		return lo.ip4Proto(wire.Proto(p.N))
	case "ip6":
		return lo.ip6Proto(wire.Proto(p.N))
	case "":
		return or(lo.ip4Proto(wire.Proto(p.N)), lo.ip6Proto(wire.Proto(p.N)))
	}
	t := wire.EtherType(p.N)
	switch {
	case t == wire.EtherTypeAppleTk || t == wire.EtherTypeAARP || t == 0xe0:
		return lo.fail(n.pos, "AppleTalk and IPX are not supported")
	case t > wire.EthernetData || !lo.hasType:
		return lo.etherType(t)
	}
	short := compare(at(lo.typeOff, 2), cmpLE, wire.EthernetData) // a length: IEEE 802.2 follows
	switch t {
	case 0xfe, 0x06, 0xf0: // both service access points
		return and(short, compare(lo.net(0, 2), cmpEQ, uint32(t)<<8|uint32(t)))
	}
	return and(short, compare(lo.net(0, 1), cmpEQ, uint32(t)))
}

// relation compares two numbers, after asking for the protocols whose bytes
// they read: gen_relation.
func (lo *lowerer) relation(n *Node) *test {
	var checks []*test
	l := lo.arith(n.L, &checks, 0)
	r := lo.arith(n.R, &checks, 0)
	t := &test{kind: tCmp, l: l, r: r}
	switch n.Rel {
	case "=":
		t.cmp = cmpEQ
	case "!=":
		t.cmp = cmpNE
	case "<":
		t.cmp = cmpLT
	case ">":
		t.cmp = cmpGT
	case "<=":
		t.cmp = cmpLE
	case ">=":
		t.cmp = cmpGE
	}
	return and(append(checks, t)...)
}

// arith lowers a number; the tests that must hold before it may be read are
// added to checks: gen_load. The depth is that of scratch memory in use.
func (lo *lowerer) arith(a *Arith, checks *[]*test, depth int) *value {
	if depth > maxScratch {
		lo.fail(a.pos, "the number is too complicated for a BPF machine")
		return konst(0)
	}
	switch a.Op {
	case "n":
		return konst(a.N)
	case "len":
		return &value{kind: vLen}
	case "[":
		return lo.bytes(a, checks, depth)
	case "neg":
		return &value{kind: vNeg, x: lo.arith(a.X, checks, depth)}
	}
	x := lo.arith(a.X, checks, depth)
	y := lo.arith(a.Y, checks, depth+1)
	return &value{kind: vOp, op: a.Op[0], x: x, y: y}
}

func (lo *lowerer) bytes(a *Arith, checks *[]*test, depth int) *value {
	x := lo.arith(a.X, checks, depth+1)
	ab := findAbbrev(a.Proto)
	switch {
	case a.Proto == "ether":
		return &value{kind: vLoad, size: a.Size, x: x}
	case ab.link != 0:
		*checks = append(*checks, lo.etherType(ab.link))
		return &value{kind: vLoad, k: lo.payload, size: a.Size, x: x}
	case !ab.ip4: // icmp6: right behind the IPv6 header only
		*checks = append(*checks, lo.etherType(wire.EtherTypeIPv6),
			compare(lo.net(6, 1), cmpEQ, uint32(ab.num)))
		return &value{kind: vLoad, k: lo.payload + wire.IPv6Len, size: a.Size, x: x}
	}
	// IPv4 only, and not in a later fragment: libpcap cannot walk IPv6 headers.
	*checks = append(*checks, lo.ip4Proto(ab.num), lo.notFragment())
	return lo.transport(0, a.Size, x)
}
