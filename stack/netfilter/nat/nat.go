package nat

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Range is struct nf_nat_range2: what a rule allows. Ports are in host order;
// of ICMP they are identifiers.
type Range struct {
	Flags              uint32
	MinAddr, MaxAddr   wire.Addr
	MinProto, MaxProto uint16
	BaseProto          uint16 // with ProtoOffset: this port becomes MinProto
}

// Flags of a Range (NF_NAT_RANGE_*).
const (
	MapIPs           = 1 << iota // MinAddr and MaxAddr count
	ProtoSpecified               // MinProto and MaxProto count
	ProtoRandom                  // begin with any port of the range
	Persistent                   // a client gets the same address for all servers
	ProtoRandomFully             // the same as ProtoRandom nowadays
	ProtoOffset                  // keep the distance to BaseProto
	NetmapFlag                   // keep the host part of the address

	protoRandomAll = ProtoRandom | ProtoRandomFully
)

// A Manip is what is changed (enum nf_nat_manip_type).
type Manip uint8

// The source or the destination.
const (
	Src Manip = 0
	Dst Manip = 1
)

// ManipOf is HOOK2MANIP: the source is changed after routing, the destination
// before.
func ManipOf(h core.HookNum) Manip {
	if h == core.PostRouting || h == core.LocalIn {
		return Src
	}
	return Dst
}

// A NAT is struct nat_net: what NAT keeps of a namespace.
type NAT struct {
	ns       *core.Netns
	ct       *conntrack.Table
	users    [2]int
	chains   [2][core.NumHooks][]chain
	bysource [][]*conntrack.Conn // by hash of the original source
	mapped   int
	seed     uint64
}

// A chain is one of the rule engines' nat chains.
type chain struct {
	prio int
	h    core.Hook
}

// New is NAT of a namespace, made when the first rule needs it.
func New(ns *core.Netns) *NAT {
	if n := Of(ns); n != nil {
		return n
	}
	n := &NAT{ns: ns, ct: conntrack.NewTable(ns), seed: ns.Machine.Rand.Uint64(), bysource: make([][]*conntrack.Conn, 64)}
	ns.NAT = n
	n.ct.SetNAT(n)
	return n
}

// Of is NAT of a namespace, nil if no rule needed it.
func Of(ns *core.Netns) *NAT { n, _ := ns.NAT.(*NAT); return n }

// Initialized is nf_nat_initialized: is it decided what becomes of the source,
// or of the destination?
func Initialized(c *conntrack.Conn, m Manip) bool {
	if m == Src {
		return c.Status&conntrack.SrcNATDone != 0
	}
	return c.Status&conntrack.DstNATDone != 0
}

// hashBySrc is hash_by_src.
func (n *NAT) hashBySrc(c *conntrack.Conn, k *conntrack.Tuple) int {
	h := k.Src.Lo*0x9e3779b97f4a7c15 ^ k.Src.Hi*0xd6e8feb86659fd93 ^ n.seed ^ uint64(k.Sport)<<32 ^ uint64(k.Proto)<<48
	if z := c.Zone(); z.Dirs == 0 || z.Dirs == conntrack.ZoneOrig|conntrack.ZoneReply {
		h ^= uint64(z.ID) << 16
	}
	h ^= h >> 29
	h *= 0xa0761d6478bd642f
	return int(h >> 32 % uint64(len(n.bysource)))
}

// bind puts a connection into the list of its source.
func (n *NAT) bind(c *conntrack.Conn) {
	if n.mapped >= 2*len(n.bysource) {
		old := n.bysource
		n.bysource = make([][]*conntrack.Conn, 4*len(old))
		for _, l := range old {
			for _, x := range l {
				h := n.hashBySrc(x, x.Tuple(conntrack.Original))
				n.bysource[h] = append(n.bysource[h], x)
			}
		}
	}
	h := n.hashBySrc(c, c.Tuple(conntrack.Original))
	n.bysource[h] = append(n.bysource[h], c)
	n.mapped++
}

// RemoveBySource is nf_nat_cleanup_conntrack: the connection is freed.
func (n *NAT) RemoveBySource(c *conntrack.Conn) {
	h := n.hashBySrc(c, c.Tuple(conntrack.Original))
	l := n.bysource[h]
	for i := range l {
		if l[i] == c {
			copy(l[i:], l[i+1:])
			l[len(l)-1] = nil
			n.bysource[h] = l[:len(l)-1]
			n.mapped--
			return
		}
	}
}

// Setup is nf_nat_setup_info: choose within the range what becomes of the source
// or destination of the connection, and what its answers will look like. The
// verdict is Accept unless it was decided before.
func Setup(c *conntrack.Conn, r *Range, m Manip) core.Verdict { return New(c.NS()).setup(c, r, m) }

func (n *NAT) setup(c *conntrack.Conn, r *Range, m Manip) core.Verdict {
	defer n.ns.In(step.NfNatSetupInfo, c).Out()
	ns := n.ns
	if c.IsConfirmed() {
		ns.Why(step.WhyNatConfirmed)
		return core.Accept
	}
	if Initialized(c, m) {
		return core.Drop
	}
	curr, _ := c.Tuple(conntrack.Reply).Invert()
	next := n.unique(&curr, r, c, m)
	if next != curr {
		reply, _ := next.Invert()
		c.AlterReply(&reply)
		if m == Src {
			c.Status |= conntrack.SrcNAT
		} else {
			c.Status |= conntrack.DstNAT
		}
	}
	if ns.Listening() {
		n.whyChose(&curr, &next, m)
	}
	if m == Src {
		n.bind(c)
		c.Status |= conntrack.SrcNATDone
	} else {
		c.Status |= conntrack.DstNATDone
	}
	return core.Accept
}

func (n *NAT) whyChose(a, b *conntrack.Tuple, m Manip) {
	x, xp, y, yp := a.Src, a.Sport, b.Src, b.Sport
	if m == Dst {
		x, xp, y, yp = a.Dst, a.Dport, b.Dst, b.Dport
	}
	if *a == *b {
		n.ns.Why(step.WhyNatSame, uint64(m), x.Hi, x.Lo, uint64(xp))
		return
	}
	n.ns.Why(step.WhyNatChose, uint64(m), x.Hi, x.Lo, uint64(xp), y.Hi, y.Lo, uint64(yp))
}

// NullBinding is nf_nat_alloc_null_binding: no rule wants anything; the address
// stays, and the port, too, unless another connection has it.
func (n *NAT) NullBinding(c *conntrack.Conn, h core.HookNum) core.Verdict {
	defer n.ns.In(step.NfNatAllocNullBinding, c).Out()
	m := ManipOf(h)
	addr := c.Tuple(conntrack.Reply).Dst
	if m == Dst {
		addr = c.Tuple(conntrack.Reply).Src
	}
	n.ns.Why(step.WhyNatNull, uint64(m), addr.Hi, addr.Lo)
	return Setup(c, &Range{Flags: MapIPs, MinAddr: addr, MaxAddr: addr}, m)
}

// AddChain is nf_nat_register_fn: a rule engine's nat chain, which inetFn asks
// for the first packet of each connection. NFInet is both families. The first
// chain of a family registers NAT's own hooks.
func AddChain(ns *core.Netns, f core.Family, h core.HookNum, prio int, c core.Hook) {
	if f == core.NFInet {
		AddChain(ns, core.NFIPv6, h, prio, c)
		f = core.NFIPv4
	}
	n := New(ns)
	if n.users[f]++; n.users[f] == 1 {
		n.register(f)
	}
	l := n.chains[f][h]
	i := 0
	for i < len(l) && prio > l[i].prio {
		i++
	}
	l = append(l, chain{})
	copy(l[i+1:], l[i:])
	l[i] = chain{prio, c}
	n.chains[f][h] = l
}

// DelChain is nf_nat_unregister_fn.
func DelChain(ns *core.Netns, f core.Family, h core.HookNum, c core.Hook) {
	n := Of(ns)
	if n == nil {
		return
	}
	if f == core.NFInet {
		DelChain(ns, core.NFIPv6, h, c)
		f = core.NFIPv4
	}
	l := n.chains[f][h]
	for i := range l {
		if l[i].h == c {
			n.chains[f][h] = append(append([]chain(nil), l[:i]...), l[i+1:]...)
			if n.users[f]--; n.users[f] == 0 {
				n.unregister(f)
			}
			return
		}
	}
}
