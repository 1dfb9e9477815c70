package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read net/ipv6/ip6_fib.c and route.c before editing. The kernel's radix tree
// is here a list of prefix lengths, longest first, each with its prefixes in
// order: the order of matching is the same.

// A fibTable is struct fib6_table.
type fibTable struct {
	id   uint32
	lens []fibLen // longest first
}

type fibLen struct {
	plen  int
	nodes []fibNode // by prefix
}

// A fibNode is struct fib6_node: the routes to one prefix, lowest metric first.
type fibNode struct {
	prefix wire.Addr
	leaf   []*Route6
}

func less(a, b wire.Addr) bool { return a.Hi < b.Hi || a.Hi == b.Hi && a.Lo < b.Lo }

// find is a binary search for the prefix: its place, and whether it is there.
func (l *fibLen) find(p wire.Addr) (int, bool) {
	lo, hi := 0, len(l.nodes)
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if less(l.nodes[m].prefix, p) {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo, lo < len(l.nodes) && l.nodes[lo].prefix == p
}

// node returns the routes to a prefix, nil if there are none.
func (t *fibTable) node(p wire.Addr, plen int) []*Route6 {
	for i := range t.lens {
		if t.lens[i].plen == plen {
			if k, ok := t.lens[i].find(p); ok {
				return t.lens[i].nodes[k].leaf
			}
		}
	}
	return nil
}

// insert is fib6_add: behind the routes of the same metric.
func (t *fibTable) insert(r *Route6) {
	i := 0
	for i < len(t.lens) && t.lens[i].plen > r.Plen {
		i++
	}
	if i == len(t.lens) || t.lens[i].plen != r.Plen {
		t.lens = append(t.lens, fibLen{})
		copy(t.lens[i+1:], t.lens[i:])
		t.lens[i] = fibLen{plen: r.Plen}
	}
	l := &t.lens[i]
	k, ok := l.find(r.Dst)
	if !ok {
		l.nodes = append(l.nodes, fibNode{})
		copy(l.nodes[k+1:], l.nodes[k:])
		l.nodes[k] = fibNode{prefix: r.Dst}
	}
	n := &l.nodes[k]
	j := 0
	for j < len(n.leaf) && n.leaf[j].Metric <= r.Metric {
		j++
	}
	n.leaf = append(n.leaf, nil)
	copy(n.leaf[j+1:], n.leaf[j:])
	n.leaf[j] = r
}

// insertBefore puts a route in front of another of its prefix; nil: behind all. There
// may be no others.
func (t *fibTable) insertBefore(r, at *Route6) {
	leaf := t.node(r.Dst, r.Plen)
	for j, o := range leaf {
		if o == at {
			for i := range t.lens {
				if t.lens[i].plen == r.Plen {
					k, _ := t.lens[i].find(r.Dst)
					n := &t.lens[i].nodes[k]
					n.leaf = append(n.leaf, nil)
					copy(n.leaf[j+1:], n.leaf[j:])
					n.leaf[j] = r
				}
			}
			return
		}
	}
	t.insert(r)
}

// remove is fib6_del. It reports whether the route was there.
func (t *fibTable) remove(r *Route6) bool {
	for i := range t.lens {
		l := &t.lens[i]
		if l.plen != r.Plen {
			continue
		}
		k, ok := l.find(r.Dst)
		if !ok {
			return false
		}
		n := &l.nodes[k]
		for j, o := range n.leaf {
			if o != r {
				continue
			}
			n.leaf = append(n.leaf[:j:j], n.leaf[j+1:]...)
			if len(n.leaf) == 0 {
				l.nodes = append(l.nodes[:k:k], l.nodes[k+1:]...)
			}
			if len(l.nodes) == 0 {
				t.lens = append(t.lens[:i:i], t.lens[i+1:]...)
			}
			return true
		}
	}
	return false
}

// each calls f for every route, longest prefixes first, until it returns false.
func (t *fibTable) each(f func(*Route6) bool) {
	for i := range t.lens {
		for k := range t.lens[i].nodes {
			for _, r := range t.lens[i].nodes[k].leaf {
				if !f(r) {
					return
				}
			}
		}
	}
}

// table is fib6_get_table, or fib6_new_table if make is set.
func (ip *IPv6) table(id uint32, create bool) *fibTable {
	switch id {
	case TableLocal:
		return &ip.local
	case TableMain, 0:
		return &ip.main
	}
	for _, t := range ip.others {
		if t.id == id {
			return t
		}
	}
	if !create {
		return nil
	}
	t := &fibTable{id: id}
	ip.others = append(ip.others, t)
	return t
}

// Strictness of a lookup (RT6_LOOKUP_F_*).
const (
	lookupIface     = 1 // the route's device must be the one asked for
	lookupReachable = 2 // prefer routers that answer
	lookupLinkdown  = 4 // links without a carrier do (RT6_LOOKUP_F_IGNORE_LINKSTATE)
)

// tableLookup is fib6_table_lookup: the longest prefix with a usable route.
// The null entry stands for none.
func (ip *IPv6) tableLookup(t *fibTable, oif int, fl *Flow6, strict int) *Route6 {
	defer ip.ns.In(step.Fib6TableLookupStep, ip.subject(fl)).Out()
	ns := ip.ns
	r := ip.walk(t, oif, fl, strict)
	if r == ip.null && strict&lookupReachable != 0 {
		r = ip.walk(t, oif, fl, strict&^lookupReachable)
	}
	if ns.Trace != nil {
		ip.traceLookup(t, fl, r)
	}
	return r
}

// walk is fib6_node_lookup with fib6_backtrack.
func (ip *IPv6) walk(t *fibTable, oif int, fl *Flow6, strict int) *Route6 {
	for i := range t.lens {
		l := &t.lens[i]
		k, ok := l.find(fl.Daddr.Mask(l.plen))
		if !ok {
			continue
		}
		if r := ip.selectRoute(l.nodes[k].leaf, oif, strict, fl); r != nil {
			if ip.ns.Listening() {
				ip.triedShorter(t.lens[i+1:], fl, r)
			}
			return r
		}
	}
	return ip.null
}

// triedShorter tells which shorter prefixes would have matched too.
func (ip *IPv6) triedShorter(lens []fibLen, fl *Flow6, r *Route6) {
	for i := range lens {
		if k, ok := lens[i].find(fl.Daddr.Mask(lens[i].plen)); ok {
			ip.tried(step.TryRoute6Shorter, lens[i].nodes[k].leaf[0], r.Dst.Hi, r.Dst.Lo, uint64(r.Plen))
		}
	}
}

// selectRoute is rt6_select (find_rr_leaf): among the routes to one prefix the
// best of the lowest metric; if none of them is usable, the best of all others. nil:
// none is usable.
func (ip *IPv6) selectRoute(leaf []*Route6, oif, strict int, fl *Flow6) *Route6 {
	var best *Route6
	score := -1
	for _, r := range leaf {
		if best != nil && r.Metric != leaf[0].Metric && best.Metric == leaf[0].Metric {
			ip.tried(step.TryRoute6Metric, r, uint64(r.Metric), uint64(best.Metric))
			continue
		}
		if r.Blackhole {
			return r // a nexthop object that swallows all is not compared
		}
		m := ip.scoreRoute(r, oif, strict)
		switch {
		case m > score:
			if best != nil {
				ip.tried(step.TryRoute6Preference, best, uint64(score), uint64(m))
			}
			best, score = r, m
		case m >= 0 && best != nil:
			ip.tried(step.TryRoute6Preference, r, uint64(m), uint64(score))
		}
	}
	return best
}

// linkdown reports that a route's link has no carrier (RTNH_F_LINKDOWN): this host's own
// addresses, and routes that refuse, need none.
func (r *Route6) linkdown() bool {
	return r.Dev != nil && !r.Dev.Running() && r.Type != RTNLocal && !r.anycast && !r.rejects()
}

// scoreRoute is find_match with rt6_score_route: -1 rules the route out.
func (ip *IPv6) scoreRoute(r *Route6, oif, strict int) int {
	ns := ip.ns
	if r.Expires != 0 && ns.Clock.Now() > r.Expires {
		ip.tried(step.TryRoute6Expired, r, uint64(r.Expires))
		return -1
	}
	if r.Dev == nil {
		return 2
	}
	if !r.Dev.Up() && r.Type != RTNLocal {
		ip.tried(step.TryRoute6Down, r, uint64(r.Dev.Index))
		return -1
	}
	if i := idevOf(r.Dev); r.linkdown() && r.Dev.Up() && strict&lookupLinkdown == 0 && i != nil && i.conf.IgnoreRoutesWithLinkdown != 0 {
		ip.tried(step.TryRoute6Linkdown, r, uint64(r.Dev.Index))
		return -1
	}
	m := 0
	if oif == 0 || r.Dev.Index == oif {
		m = 2
	}
	if m == 0 && strict&lookupIface != 0 {
		ip.tried(step.TryRoute6Dev, r, uint64(r.Dev.Index), uint64(oif))
		return -1
	}
	m |= int(r.Pref+1) << 2
	if strict&lookupReachable != 0 && !r.Gateway.IsZero() && !r.reject {
		// rt6_check_neigh: a router that is known not to answer comes last.
		if n := ip.neigh.Lookup(r.Gateway, r.Dev); n != nil && n.State == core.NUDFailed {
			ip.tried(step.TryRoute6Neigh, r, r.Gateway.Hi, r.Gateway.Lo)
			return -1
		}
	}
	return m
}

func (ip *IPv6) tried(t step.Try, r *Route6, args ...uint64) {
	if !ip.ns.Listening() {
		return
	}
	var v [8]uint64
	v[0], v[1], v[2] = r.Dst.Hi, r.Dst.Lo, uint64(r.Plen)
	n := copy(v[3:], args)
	ip.ns.Tried(t, v[:3+n]...)
}

// traceLookup fires fib6:fib6_table_lookup.
func (ip *IPv6) traceLookup(t *fibTable, fl *Flow6, r *Route6) {
	sport, dport := uint64(0), uint64(0)
	if p := wire.Proto(fl.Proto); p == wire.ProtoTCP || p == wire.ProtoUDP {
		sport, dport = uint64(fl.Sport), uint64(fl.Dport)
	}
	dev := uint64(0)
	if d := ip.routeDev(r); d != nil {
		dev = uint64(d.Index)
	}
	err := -int64(typeError(r.Type))
	ip.ns.TP(step.Fib6TableLookup, nil, uint64(t.id), uint64(err), uint64(fl.OIF), uint64(fl.IIF), uint64(fl.TOS), 0,
		fl.Saddr.Hi, fl.Saddr.Lo, fl.Daddr.Hi, fl.Daddr.Lo, sport, dport, uint64(fl.Proto), uint64(r.Type), dev, r.Gateway.Hi, r.Gateway.Lo, uint64(fl.Mark))
	if r == ip.null {
		ip.ns.Why(step.WhyFib6None, uint64(t.id), fl.Daddr.Hi, fl.Daddr.Lo)
		return
	}
	ip.ns.Why(step.WhyFib6Found, uint64(t.id), fl.Daddr.Hi, fl.Daddr.Lo, r.Dst.Hi, r.Dst.Lo, uint64(r.Plen), uint64(r.Type))
}

// typeError is ip6_rt_type_to_error (fib6_prop).
func typeError(t uint8) core.Errno {
	switch t {
	case RTNBlackhole, rtnNat, rtnXresolve:
		return step.EINVAL
	case RTNUnreachable:
		return step.EHOSTUNREACH
	case RTNProhibit:
		return step.EACCES
	case RTNThrow:
		return step.EAGAIN
	}
	return 0
}
