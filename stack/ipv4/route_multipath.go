package ipv4

// Which of several ways a packet takes: net/ipv4/route.c
// (fib_multipath_hash), net/ipv4/fib_semantics.c (fib_select_multipath).

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Bits of net.ipv4.fib_multipath_hash_fields (FIB_MULTIPATH_HASH_FIELD_*). Those
// above are about packets inside of others, of which policy 2 looks at IPv4 in
// IPv4 only.
const (
	hashSrcIP   = 0x01
	hashDstIP   = 0x02
	hashProto   = 0x04
	hashSrcPort = 0x10
	hashDstPort = 0x20
	hashOuter   = 0x3f // FIB_MULTIPATH_HASH_FIELD_OUTER_MASK
)

// multipathHash is fib_multipath_hash: a number from what
// net.ipv4.fib_multipath_hash_policy says: 0 the addresses, 1 also protocol and
// ports, 2 the addresses of the packet inside, 3 fib_multipath_hash_fields. The
// seed is net.ipv4.fib_multipath_hash_seed; if that is 0 the kernel draws one, and
// ours comes from the world's. fl may be nil if there is a packet.
func (ip *IPv4) multipathHash(fl *Flow4, b *core.SKB) uint32 {
	var k Flow4
	policy := ip.ns.Sysctl.FIBMultipathHashPolicy
	switch {
	case b == nil:
		k.Saddr, k.Daddr = fl.Saddr, fl.Daddr
		if policy&1 != 0 {
			k.Proto, k.Sport, k.Dport = fl.Proto, fl.Sport, fl.Dport
		}
	default:
		h := b.IP4()
		k.Saddr, k.Daddr = h.Src(), h.Dst()
		switch inner := quoted(h); {
		case policy == 0 && inner != nil:
			k.Saddr, k.Daddr = inner.Src(), inner.Dst()
		case policy == 2:
			if p := h[min(h.IHL(), len(h)):]; h.Proto() == wire.ProtoIPIP && len(p) >= wire.IPv4MinLen {
				k.Saddr, k.Daddr = wire.IPv4(p).Src(), wire.IPv4(p).Dst()
			}
		case policy&1 != 0:
			ip.dissect(b, &k)
		}
	}
	if policy == 3 {
		fields := ip.ns.Sysctl.FIBMultipathHashFields
		if fields&hashOuter == 0 {
			return 0
		}
		k = k.only(fields)
	}
	keys := core.FlowKeys{Saddr: k.Saddr.Addr(), Daddr: k.Daddr.Addr(), Proto: k.Proto, Sport: k.Sport, Dport: k.Dport}
	return keys.Hash(ip.multipathSeed()) >> 1
}

// multipathSeed is net->ipv4.sysctl_fib_multipath_hash_seed.mp_seed.
func (ip *IPv4) multipathSeed() uint32 {
	if s := ip.ns.Sysctl.FIBMultipathHashSeed; s != 0 {
		return uint32(s)
	}
	return ip.seed
}

// only keeps the fields that are to be hashed.
func (fl Flow4) only(fields int) (k Flow4) {
	if fields&hashSrcIP != 0 {
		k.Saddr = fl.Saddr
	}
	if fields&hashDstIP != 0 {
		k.Daddr = fl.Daddr
	}
	if fields&hashProto != 0 {
		k.Proto = fl.Proto
	}
	if fields&hashSrcPort != 0 {
		k.Sport = fl.Sport
	}
	if fields&hashDstPort != 0 {
		k.Dport = fl.Dport
	}
	return k
}

// quoted is the packet that an ICMP error is about, nil for other packets:
// errors take the way of their flow (ip_multipath_l3_keys).
func quoted(h wire.IPv4) wire.IPv4 {
	if h.Proto() != wire.ProtoICMP || h.FragOffset() != 0 || h.IHL() > len(h) {
		return nil
	}
	p := wire.ICMP(h[h.IHL():])
	if !p.Valid() || !p.Type().IsError() || len(p) < wire.ICMPLen+wire.IPv4MinLen {
		return nil
	}
	return wire.IPv4(p.Data())
}

// mix stands for the kernel's siphash where what comes of it is random anyway: a
// number from a secret and two words.
func mix(seed uint32, a, b uint64) uint32 {
	h := uint64(seed)*0x9e3779b97f4a7c15 ^ a
	h = (h ^ h>>32) * 0xff51afd7ed558ccd
	h = (h ^ h>>29 ^ b) * 0xc4ceb9fe1a85ec53
	return uint32(h >> 32)
}

// rebalance is fib_rebalance: divide the hash space by weight.
func (ip *IPv4) rebalance(fi *fibInfo) {
	if len(fi.nhs) < 2 {
		return
	}
	alive := func(nh *nexthop) bool {
		return nh.flags&nhDead == 0 && !(nh.flags&nhLinkdown != 0 && ip.ignoreLinkdown(nh.dev))
	}
	total := uint64(0)
	for _, nh := range fi.nhs {
		if alive(nh) {
			total += uint64(nh.weight)
		}
	}
	w := uint64(0)
	for _, nh := range fi.nhs {
		if !alive(nh) {
			nh.upper = -1
			continue
		}
		w += uint64(nh.weight)
		nh.upper = int32((w<<31+total/2)/total - 1)
	}
}

// selectMultipath is fib_select_multipath: the flow's hash says which way. A way
// whose own address is the packet's source is liked better.
func (ip *IPv4) selectMultipath(res *fibResult, hash uint32, saddr wire.IP4) {
	defer ip.ns.In(step.FibSelectMultipath, inetSubject(ip.ns)).Out()
	ns := ip.ns
	if res.fi.group {
		ip.selectGroup(res, hash)
		return
	}
	neigh := ns.Sysctl.FIBMultipathUseNeigh != 0
	best := 0
	for _, nh := range res.fi.nhs {
		switch {
		case nh.upper < 0:
			ns.Tried(step.TryNexthopDead, uint64(nh.gw), uint64(nh.oif))
			continue
		case neigh && !ip.goodNeighbour(nh):
			ns.Tried(step.TryNexthopNeigh, uint64(nh.gw), uint64(nh.oif))
			continue
		}
		score := 0
		if saddr != 0 && nh.saddr == saddr {
			score = 2
		}
		if int64(hash) <= int64(nh.upper) {
			score++
		} else {
			ns.Tried(step.TryNexthopHash, uint64(nh.gw), uint64(nh.oif), uint64(hash), uint64(uint32(nh.upper+1)))
		}
		if score <= best {
			continue
		}
		res.nh, best = nh, score
		if score == 3 || saddr == 0 && score == 1 {
			break
		}
	}
	ns.Why(step.WhyMultipath, uint64(hash), uint64(len(res.fi.nhs)), uint64(res.nh.gw), uint64(res.nh.oif))
}

// selectGroup is nexthop_select_path for a group of nexthop objects: a way whose
// gateway is known not to answer is passed over.
func (ip *IPv4) selectGroup(res *fibResult, hash uint32) {
	ns := ip.ns
	var first *nexthop
	for _, nh := range res.fi.nhs {
		if int64(hash) > int64(nh.upper) {
			ns.Tried(step.TryNexthopHash, uint64(nh.gw), uint64(nh.oif), uint64(hash), uint64(uint32(nh.upper+1)))
			continue
		}
		if ip.goodNeighbour(nh) {
			first = nh
			break
		}
		ns.Tried(step.TryNexthopNeigh, uint64(nh.gw), uint64(nh.oif))
		if first == nil {
			first = nh
		}
	}
	if first == nil {
		first = res.fi.nhs[0]
	}
	res.nh = first
	ns.Why(step.WhyMultipath, uint64(hash), uint64(len(res.fi.nhs)), uint64(first.gw), uint64(first.oif))
}

// goodNeighbour is fib_good_nh, ipv4_good_nh, ipv6_good_nh: is the gateway not known
// to be silent?
func (ip *IPv4) goodNeighbour(nh *nexthop) bool {
	if !nh.gateway() || nh.scope != ScopeLink {
		return true
	}
	n := ip.gatewayNeigh(nh)
	return n == nil || n.State&core.NUDValid != 0
}

// gatewayNeigh is what is known of a way's gateway, nil if nothing.
func (ip *IPv4) gatewayNeigh(nh *nexthop) *core.Neighbour {
	if nh.gw != 0 {
		return ip.ns.Neigh4.Lookup(nh.gw.Addr(), nh.dev)
	}
	return ip.ns.Neigh6.Lookup(nh.gw6, nh.dev)
}
