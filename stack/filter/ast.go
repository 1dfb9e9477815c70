package filter

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// An Op says what a Node is.
type Op uint8

// Kinds of nodes.
const (
	OpAll  Op = iota // the empty filter: every frame
	OpAnd            // X and Y
	OpOr             // X or Y
	OpNot            // not X
	OpPrim           // P
	OpRel            // L Rel R
)

// A Node is a parsed filter.
type Node struct {
	Op   Op
	X, Y *Node
	P    Prim
	Rel  string // = != < > <= >=
	L, R *Arith
	pos  int
}

// A Dir says which end of a packet a primitive looks at.
type Dir uint8

// Directions.
const (
	Either Dir = iota // src or dst
	Src
	Dst
	Both // src and dst
)

// A PrimKind is a kind of primitive.
type PrimKind uint8

// Kinds of primitives.
const (
	PrimProto     PrimKind = iota // a protocol by its name: tcp
	PrimHost                      // Addr
	PrimNet                       // Addr, Mask
	PrimPort                      // Lo
	PrimPortRange                 // Lo to Hi
	PrimProtoNum                  // proto N
	PrimEther                     // ether host MAC
	PrimBroadcast
	PrimMulticast
	PrimVLAN // N, or any with HasN false
	PrimLess
	PrimGreater
)

// A Prim is one primitive of a filter with its qualifiers.
type Prim struct {
	Kind   PrimKind
	Proto  string // "" is any
	Dir    Dir
	V6     bool
	Addr   wire.Addr
	Mask   wire.Addr
	MAC    wire.MAC
	Lo, Hi uint16
	N      uint32
	HasN   bool
}

// An Arith is a number computed from a frame. Op is "n" for the constant N,
// "len" for the length of the frame, "[" for Size bytes of Proto at X, "neg"
// for minus X, or an operator on X and Y.
type Arith struct {
	Op    string
	N     uint32
	Proto string
	Size  int
	X, Y  *Arith
	pos   int
}

// String writes the filter in a form that parses to the same filter.
func (n *Node) String() string {
	var b strings.Builder
	n.print(&b)
	return b.String()
}

func (n *Node) print(b *strings.Builder) {
	switch n.Op {
	case OpAll:
	case OpAnd, OpOr:
		b.WriteByte('(')
		n.X.print(b)
		if n.Op == OpAnd {
			b.WriteString(" and ")
		} else {
			b.WriteString(" or ")
		}
		n.Y.print(b)
		b.WriteByte(')')
	case OpNot:
		b.WriteString("not ")
		n.X.print(b)
	case OpPrim:
		b.WriteString(n.P.String())
	case OpRel:
		n.L.print(b)
		b.WriteString(" " + n.Rel + " ")
		n.R.print(b)
	}
}

var dirWords = [...]string{Either: "", Src: "src ", Dst: "dst ", Both: "src and dst "}

// String writes the primitive with its qualifiers.
func (p Prim) String() string {
	q := ""
	if p.Proto != "" {
		q = p.Proto + " "
	}
	qd := q + dirWords[p.Dir]
	num := strconv.FormatUint(uint64(p.N), 10)
	switch p.Kind {
	case PrimProto:
		return p.Proto
	case PrimHost:
		return qd + "host " + p.addr()
	case PrimNet:
		return qd + "net " + p.addr() + p.mask()
	case PrimPort:
		return qd + "port " + strconv.Itoa(int(p.Lo))
	case PrimPortRange:
		return qd + "portrange " + strconv.Itoa(int(p.Lo)) + "-" + strconv.Itoa(int(p.Hi))
	case PrimProtoNum:
		return q + "proto " + num
	case PrimEther:
		return "ether " + dirWords[p.Dir] + "host " + p.MAC.String()
	case PrimBroadcast:
		return q + "broadcast"
	case PrimMulticast:
		return q + "multicast"
	case PrimVLAN:
		if p.HasN {
			return "vlan " + num
		}
		return "vlan"
	case PrimLess:
		return "less " + num
	}
	return "greater " + num
}

func (p Prim) addr() string {
	if !p.V6 {
		return p.Addr.IP4().String()
	}
	var b [16]byte
	p.Addr.Put16(b[:])
	return netip.AddrFrom16(b).String()
}

func (p Prim) mask() string {
	if p.V6 {
		n := 0
		for n < 128 && (wire.Addr{Hi: ^uint64(0), Lo: ^uint64(0)}).Mask(n) != p.Mask {
			n++
		}
		return "/" + strconv.Itoa(n)
	}
	m := p.Mask.IP4()
	for n := range 33 {
		if wire.IP4(0xffffffff).Mask(n) == m {
			return "/" + strconv.Itoa(n)
		}
	}
	return " mask " + m.String()
}

func (a *Arith) print(b *strings.Builder) {
	switch a.Op {
	case "n":
		b.WriteString(strconv.FormatUint(uint64(a.N), 10))
	case "len":
		b.WriteString("len")
	case "[":
		b.WriteString(a.Proto + "[")
		a.X.print(b)
		b.WriteString(" : " + strconv.Itoa(a.Size) + "]")
	case "neg":
		b.WriteString("(- ")
		a.X.print(b)
		b.WriteByte(')')
	default:
		b.WriteByte('(')
		a.X.print(b)
		b.WriteString(" " + a.Op + " ")
		a.Y.print(b)
		b.WriteByte(')')
	}
}
