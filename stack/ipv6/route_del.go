package ipv6

// How routes go, and how they are listed: net/ipv6/route.c.

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// DelRoute is RemoveRoute without the words.
func (ip *IPv6) DelRoute(r Route6) core.Errno {
	var ack inet.Extack
	return ip.RemoveRoute(&r, nil, &ack)
}

// RemoveRoute is inet6_rtm_delroute: the first route that matches what is set in r; with
// ways each of them. Errno 3 (ESRCH): there is none.
func (ip *IPv6) RemoveRoute(r *Route6, ways []Way, ack *inet.Extack) core.Errno {
	if (r.NHID != 0 || r.NHIDSet) && (r.via || !r.Gateway.IsZero() || r.Dev != nil || len(ways) > 0) {
		*ack = inet.AckNHExclusive
		return step.EINVAL
	}
	if r.NHID != 0 {
		if inet.NexthopsOf(ip.ns).Find(r.NHID) == nil {
			*ack = inet.AckNHMissing
			return step.EINVAL
		}
	}
	if len(ways) == 0 {
		return ip.delRoute(r, ack, true)
	}
	last := core.Errno(0)
	for _, w := range ways {
		q := *r
		if w.Dev != nil {
			q.Dev = w.Dev
		}
		if !w.NoVia {
			q.Gateway, q.via = w.Gateway, true
		}
		if e := ip.delRoute(&q, ack, false); e != 0 {
			last = e
		}
	}
	return last
}

// delRoute is ip6_route_del. all: those that share the route's flows go too, if no
// gateway was named (fc_delete_all_nh).
func (ip *IPv6) delRoute(r *Route6, ack *inet.Extack, all bool) core.Errno {
	id := r.Table
	if id == 0 {
		id = TableMain
	}
	t := ip.table(id, false)
	if t == nil {
		*ack = inet.AckNoTable
		return eSRCH
	}
	via := r.via || !r.Gateway.IsZero()
	if r.Plen == 0 && t.node(r.Dst, 0) == nil && r.Metric == 0 && (r.Proto == 0 || r.Proto == ProtKernel) && r.NHID == 0 && r.Gateway.IsZero() && (r.Dev == nil || r.Dev == ip.ns.Loopback) {
		return step.ENOENT // the null entry stands at the root: that one cannot go
	}
	for _, o := range t.node(r.Dst.Mask(r.Plen), r.Plen) {
		switch {
		case o.NHID != 0 && r.NHID != 0 && o.NHID != r.NHID, r.Metric != 0 && o.Metric != r.Metric, r.Proto != 0 && o.Proto != r.Proto:
			continue
		case o.NHID != 0:
		case r.NHID != 0, r.Dev != nil && o.Dev != r.Dev, via && o.Gateway != r.Gateway:
			continue
		}
		if o.NHID != 0 || all && !via { // __ip6_del_rt_siblings
			for _, x := range append([]*Route6(nil), t.node(o.Dst, o.Plen)...) {
				if x != o && o.sibling(x) {
					ip.removeRoute(x)
				}
			}
		}
		ip.removeRoute(o)
		return 0
	}
	return eSRCH
}

// Routes lists a table in the order of ip -6 route: a walk over the kernel's tree,
// longer prefixes before those that they are part of. Of ways that share their flows
// the walk goes on behind the last (fib6_dump_node): what lies between is not shown.
func (ip *IPv6) Routes(table uint32) []*Route6 {
	t := ip.table(table, false)
	if t == nil {
		return nil
	}
	var nodes []*fibNode
	for i := range t.lens {
		for k := range t.lens[i].nodes {
			nodes = append(nodes, &t.lens[i].nodes[k])
		}
	}
	slices.SortFunc(nodes, func(a, b *fibNode) int {
		switch p, q := a.leaf[0].Plen, b.leaf[0].Plen; {
		case p < q && b.prefix.Mask(p) == a.prefix:
			return 1
		case q < p && a.prefix.Mask(q) == b.prefix:
			return -1
		case less(a.prefix, b.prefix):
			return -1
		}
		return 1
	})
	var l []*Route6
	for _, n := range nodes {
		for i := 0; i < len(n.leaf); i++ {
			r := n.leaf[i]
			l = append(l, r)
			last := i
			for k := i + 1; k < len(n.leaf); k++ {
				if r.sibling(n.leaf[k]) {
					l, last = append(l, n.leaf[k]), k
				}
			}
			i = last
		}
	}
	return l
}

// flushDev is fib6_ifdown for a device that is down: the routes through it go. Where
// several share their flows they stay until all of them are dead.
func (ip *IPv6) flushDev(dev *core.Device, gone bool) {
	var dead []*Route6
	for _, t := range append([]*fibTable{&ip.local, &ip.main}, ip.others...) {
		t.each(func(r *Route6) bool {
			if r.NHID == 0 && r.Dev == dev && (gone || !ip.othersLive(t, r)) {
				dead = append(dead, r)
			}
			return true
		})
	}
	for _, r := range dead {
		ip.removeRoute(r)
	}
}

// othersLive reports that a route shares its flows with one that goes on.
func (ip *IPv6) othersLive(t *fibTable, r *Route6) bool {
	for _, o := range t.node(r.Dst, r.Plen) {
		if o != r && r.sibling(o) && o.Dev != r.Dev && o.Dev.Up() {
			return true
		}
	}
	return false
}

// removePrefsrc is rt6_remove_prefsrc: routes that prefer an address that is gone prefer
// none.
func (ip *IPv6) removePrefsrc(a *Addr6) {
	for _, t := range append([]*fibTable{&ip.local, &ip.main}, ip.others...) {
		t.each(func(r *Route6) bool {
			if r.PrefSrc == a.Addr && r.NHID == 0 && !ip.ChkAddr(a.Addr, r.Dev) {
				r.PrefSrc = wire.Addr{}
				r.bump()
			}
			return true
		})
	}
}

// NexthopsChanged is nexthop_notify and remove_nexthop: routes take over what
// their nexthop object says now, and go with it.
func (ip *IPv6) NexthopsChanged() {
	objects := inet.NexthopsOf(ip.ns)
	for _, t := range append([]*fibTable{&ip.local, &ip.main}, ip.others...) {
		var mine []*Route6
		t.each(func(r *Route6) bool {
			if r.NHID != 0 && (len(mine) == 0 || !mine[len(mine)-1].sibling(r) || mine[len(mine)-1].Dst != r.Dst || mine[len(mine)-1].Plen != r.Plen) {
				mine = append(mine, r)
			}
			return true
		})
		for _, r := range mine {
			r.dst, r.exc = nil, nil
			again := *r
			after := ip.makeRoom(t, r)
			if o := objects.Find(r.NHID); o != nil {
				for _, q := range ip.unitOf(again, objects, o) {
					t.insertBefore(q, after)
				}
			}
		}
	}
	ip.gen++
}

// NexthopRoutes reports that routes use a nexthop object itself (nh->f6i_list).
func (ip *IPv6) NexthopRoutes(id uint32) bool {
	used := false
	for _, t := range append([]*fibTable{&ip.local, &ip.main}, ip.others...) {
		t.each(func(r *Route6) bool {
			used = used || r.NHID == id
			return !used
		})
	}
	return used
}
