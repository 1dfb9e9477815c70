package ipv6

// Which of several ways a packet takes (ECMP): net/ipv6/route.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// multipathHash is rt6_multipath_hash: a number of 31 bits from what
// net.ipv6.fib_multipath_hash_policy says: 0 addresses, flow label and protocol,
// 1 addresses, protocol and ports, 3 fib_multipath_hash_fields. Policy 2 looks
// into tunnels, and is as 0 without one.
func (ip *IPv6) multipathHash(fl *Flow6) uint32 {
	s := &ip.ns.Sysctl
	k := Flow6{Saddr: fl.Saddr, Daddr: fl.Daddr, Proto: fl.Proto}
	switch s.IPv6MultipathHashPolicy {
	case 1:
		k.Sport, k.Dport = fl.Sport, fl.Dport
	case 3:
		k = fl.only(s.IPv6MultipathHashFields)
	default:
		k.FlowLabel = fl.FlowLabel
	}
	keys := core.FlowKeys{Saddr: k.Saddr, Daddr: k.Daddr, Proto: k.Proto, FlowLabel: k.FlowLabel, Sport: k.Sport, Dport: k.Dport}
	seed := uint32(s.FIBMultipathHashSeed) // IPv6 has no seed of its own
	if seed == 0 {
		seed = uint32(ip.hashSeed)
	}
	return keys.Hash(seed) >> 1
}

// only keeps the fields that are to be hashed (FIB_MULTIPATH_HASH_FIELD_*).
func (fl *Flow6) only(fields int) (k Flow6) {
	if fields&1 != 0 {
		k.Saddr = fl.Saddr
	}
	if fields&2 != 0 {
		k.Daddr = fl.Daddr
	}
	if fields&4 != 0 {
		k.Proto = fl.Proto
	}
	if fields&8 != 0 {
		k.FlowLabel = fl.FlowLabel
	}
	if fields&0x10 != 0 {
		k.Sport = fl.Sport
	}
	if fields&0x20 != 0 {
		k.Dport = fl.Dport
	}
	return k
}

// ecmp is rt6_qualify_for_ecmp.
func (r *Route6) ecmp() bool {
	return !r.ra && r.NHID == 0 && !r.Gateway.IsZero()
}

// sibling reports that two routes of one node share the flows.
func (r *Route6) sibling(o *Route6) bool {
	return o.Metric == r.Metric && o.NHID == r.NHID && (r.NHID != 0 || r.ecmp() && o.ecmp())
}

// Shares reports that two routes are shown as one with several ways.
func (r *Route6) Shares(o *Route6) bool {
	return r.Dst == o.Dst && r.Plen == o.Plen && r.Table == o.Table && r.sibling(o)
}

func (r *Route6) weight() uint64 { return uint64(max(r.Weight, 1)) }

// live is rt6_is_dead, the other way round: does the route count among its
// siblings?
func (ip *IPv6) live(r *Route6) bool {
	return r.Dev.Up()
}

// selectPath is fib6_select_path: routes to the same prefix with the same metric
// and a gateway each share the flows by weight. The hash space of 31 bits is
// divided as rt6_multipath_rebalance does it.
func (ip *IPv6) selectPath(t *fibTable, r *Route6, fl *Flow6, oif, strict int) *Route6 {
	if r.NHID == 0 && !r.ecmp() {
		return r
	}
	leaf := t.node(r.Dst, r.Plen)
	total, n := uint64(0), 0
	for _, o := range leaf {
		if r.sibling(o) {
			if n++; ip.live(o) {
				total += o.weight()
			}
		}
	}
	if n < 2 || total == 0 {
		return r
	}
	fl.Flags |= flowMultipath
	ns := ip.ns
	hash := ip.multipathHash(fl)
	sum := uint64(0)
	for _, o := range leaf {
		if !r.sibling(o) || !ip.live(o) {
			continue
		}
		sum += o.weight()
		upper := (sum<<31+total/2)/total - 1
		if uint64(hash) > upper {
			ip.triedHash(o, hash, upper)
			continue
		}
		if ip.scoreRoute(o, oif, strict) < 0 {
			break
		}
		r = o
		break
	}
	ns.Why(step.WhyFib6Multipath, uint64(n), uint64(hash), r.Gateway.Hi, r.Gateway.Lo, uint64(r.Dev.Index))
	return r
}

func (ip *IPv6) triedHash(r *Route6, hash uint32, upper uint64) {
	gw := r.Gateway
	if gw.IsZero() {
		gw = r.Dst
	}
	ip.ns.Tried(step.TryRoute6Hash, gw.Hi, gw.Lo, uint64(r.Dev.Index), uint64(hash), upper+1)
}

// CheckNexthop is nh_create_ipv6: may a nexthop object have this gateway (zero:
// none) on this device?
func (ip *IPv6) CheckNexthop(gw wire.Addr, dev *core.Device, onlink bool, ack *inet.Extack) core.Errno {
	r := Route6{Gateway: gw, Dev: dev, OnLink: onlink, Dst: wire.Addr{Lo: 1}, Table: 0}
	return ip.nhInit(&r, ack)
}

// NexthopInit is fib6_nh_init for an IPv4 route with an IPv6 gateway (ipv4.IPv6Stub).
func (ip *IPv6) NexthopInit(gw wire.Addr, oif int, onlink bool, table uint32, ack *inet.Extack) (*core.Device, core.Errno) {
	r := Route6{Gateway: gw, OnLink: onlink, Dst: wire.Addr{Lo: 1}, Table: table, via: true}
	if oif != 0 {
		if r.Dev = ip.ns.DevByIndex(oif); r.Dev == nil {
			return nil, step.ENODEV
		}
	}
	err := ip.nhInit(&r, ack)
	return r.Dev, err
}
