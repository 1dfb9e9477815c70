package ipv6

// How routes are added: ip6_route_add of net/ipv6/route.c, fib6_add of
// net/ipv6/ip6_fib.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Way is one of several ways of a route (struct rtnexthop): what it does not say is
// as the route has it.
type Way struct {
	Gateway wire.Addr
	NoVia   bool // it names no gateway
	Dev     *core.Device
	Weight  int
	OnLink  bool
}

// AddRoute is NewRoute without the words; with Append it may join routes that are
// there.
func (ip *IPv6) AddRoute(r Route6) core.Errno {
	var ack inet.Extack
	return ip.NewRoute(&r, nil, &ack)
}

// NewRoute is inet6_rtm_newroute: `ip -6 route add`. ways are those of RTA_MULTIPATH.
// EEXIST: there is the same route, or one of its metric that it was not to join;
// EHOSTUNREACH: the gateway cannot be reached; ENODEV: no device; ENOENT: there was
// none to change. ack gets the kernel's words about it.
func (ip *IPv6) NewRoute(r *Route6, ways []Way, ack *inet.Extack) core.Errno {
	if (r.NHID != 0 || r.NHIDSet) && (r.via || !r.Gateway.IsZero() || r.Dev != nil || len(ways) > 0) {
		*ack = inet.AckNHExclusive
		return step.EINVAL
	}
	if r.Plen < 0 || r.Plen > 128 {
		return step.EINVAL
	}
	if len(ways) > 0 {
		return ip.multipathAdd(r, ways, ack)
	}
	unit, e := ip.infoCreate(*r, ack)
	if e != 0 {
		return e
	}
	return ip.fib6Add(unit, ack)
}

// multipathAdd is ip6_route_multipath_add: one route for each way; what went in
// before one that fails comes out again.
func (ip *IPv6) multipathAdd(r *Route6, ways []Way, ack *inet.Extack) core.Errno {
	for i := range ways {
		if ways[i].NoVia && r.Gateway.IsZero() {
			*ack = inet.Ack6MultiDevice
			return step.EINVAL
		}
	}
	var l []*Route6
	for _, w := range ways {
		q := *r
		if w.Dev != nil {
			q.Dev = w.Dev
		}
		if !w.NoVia {
			q.Gateway, q.via = w.Gateway, true
		}
		q.OnLink, q.Weight = q.OnLink || w.OnLink, w.Weight
		unit, e := ip.infoCreate(q, ack)
		if e != 0 {
			return e
		}
		for _, o := range l {
			if o.duplicate(unit[0]) {
				return step.EEXIST
			}
		}
		l = append(l, unit[0])
	}
	for i, q := range l {
		if i > 0 {
			q.Replace, q.Append, q.Existing = false, true, false
		}
		e := ip.fib6Add(l[i:i+1], ack)
		if e == 0 {
			continue
		}
		if r.Replace && i > 0 {
			*ack = inet.Ack6MultiReplace
		}
		for _, o := range l[:i] {
			var none inet.Extack
			ip.delRoute(&Route6{Dst: o.Dst, Plen: o.Plen, Table: o.Table, Metric: o.Metric, Proto: o.Proto, Gateway: o.Gateway, Dev: o.Dev}, &none, false)
		}
		return e
	}
	return 0
}

// infoCreate is ip6_route_info_create with ip6_route_info_create_nh: it completes a
// route, and finds its device. A route with a nexthop object is one Route6 for each of
// the object's ways.
func (ip *IPv6) infoCreate(r Route6, ack *inet.Extack) ([]*Route6, core.Errno) {
	r.Dst = r.Dst.Mask(r.Plen)
	if r.Table == 0 {
		r.Table = TableMain
	}
	if r.Type == 0 {
		r.Type = RTNUnicast
	}
	if r.Metric == 0 {
		r.Metric = 1024 // IP6_RT_PRIO_USER
	}
	if r.Proto == 0 {
		r.Proto = ProtBoot
	}
	ip.table(r.Table, true)
	if r.NHID != 0 {
		return ip.infoByNexthop(r, ack)
	}
	if e := ip.nhInit(&r, ack); e != 0 {
		return nil, e
	}
	if e := ip.checkPrefsrc(&r, r.Dev, ack); e != 0 {
		return nil, e
	}
	return []*Route6{&r}, 0
}

func (ip *IPv6) checkPrefsrc(r *Route6, dev *core.Device, ack *inet.Extack) core.Errno {
	if !r.PrefSrc.IsZero() && !ip.ChkAddr(r.PrefSrc, dev) {
		*ack = inet.Ack6Source
		return step.EINVAL
	}
	return 0
}

// infoByNexthop is the part of ip6_route_info_create_nh about nexthop objects.
func (ip *IPv6) infoByNexthop(r Route6, ack *inet.Extack) ([]*Route6, core.Errno) {
	t := inet.NexthopsOf(ip.ns)
	o := t.Find(r.NHID)
	switch {
	case o == nil:
		*ack = inet.AckNHMissing
		return nil, step.EINVAL
	case t.HasIPv4(o):
		*ack = inet.Ack6NHIPv4
		return nil, step.EINVAL
	}
	l := ip.unitOf(r, t, o)
	if len(l) > 0 {
		if e := ip.checkPrefsrc(&r, l[0].Dev, ack); e != 0 {
			return nil, e
		}
	}
	return l, 0
}

// unitOf makes the routes that stand for one with a nexthop object.
func (ip *IPv6) unitOf(r Route6, t *inet.Nexthops, o *inet.Nexthop) (l []*Route6) {
	paths, weights := t.Paths(o)
	for i, p := range paths {
		q := r
		q.Dev, q.Gateway, q.OnLink, q.Weight = p.Dev, p.Gw, p.Onlink, weights[i]
		if q.Blackhole = p.Blackhole; p.Blackhole {
			q.Dev = ip.ns.Loopback
		}
		l = append(l, &q)
	}
	return l
}

// rejects reports that a type of route is an answer itself (RTF_REJECT).
func rejects(t uint8) bool {
	return t == RTNUnreachable || t == RTNBlackhole || t == RTNProhibit || t == RTNThrow
}

// nhInit is fib6_nh_init: by which device does a route lead, and may it?
func (ip *IPv6) nhInit(r *Route6, ack *inet.Extack) core.Errno {
	if r.Dev != nil && ip.getIdev(r.Dev) == nil {
		return step.ENODEV
	}
	if r.OnLink {
		if r.Dev == nil {
			*ack = inet.AckOnlinkDevice
			return step.ENODEV
		}
		if !r.Dev.Up() {
			*ack = inet.AckNHDown
			return step.ENETDOWN
		}
	}
	if rejects(r.Type) {
		r.Dev, r.Gateway, r.reject, r.Pref = ip.ns.Loopback, wire.Addr{}, true, 0
		return 0
	}
	if r.via || !r.Gateway.IsZero() {
		if e := ip.validateGw(r, ack); e != 0 {
			return e
		}
	}
	if r.Dev == nil {
		return step.ENODEV
	}
	if i := ip.getIdev(r.Dev); i == nil || i.conf.DisableIPv6 != 0 {
		*ack = inet.Ack6Disabled
		return step.EACCES
	}
	if !r.Dev.Up() {
		*ack = inet.AckNHDown
		return step.ENETDOWN
	}
	// fib6_is_reject: a route over the loopback device would lead in circles
	if r.Dev.Flags&core.IFFLoopback != 0 && addrType(r.Dst)&addrLoopback == 0 && r.Type != RTNLocal {
		r.reject, r.Pref = true, 0
	}
	return 0
}

// validateGw is ip6_validate_gw: a gateway must be a neighbour, and nobody
// of this host.
func (ip *IPv6) validateGw(r *Route6, ack *inet.Extack) core.Errno {
	refuse := func(why inet.Extack) core.Errno { *ack = why; return step.EINVAL }
	t := addrType(r.Gateway) & 0xffff
	ours := func(dev *core.Device) bool {
		if t&addrLinkLocal == 0 {
			dev = nil
		}
		return ip.chkAddrFlags(r.Gateway, dev, 0)
	}
	known := r.Dev != nil
	if known && ours(r.Dev) {
		return refuse(inet.Ack6GatewayLocal)
	}
	if t != addrLinkLocal|addrUnicast {
		if t&(addrUnicast|addrMapped) == 0 {
			return refuse(inet.Ack6GatewayAddr)
		}
		var e core.Errno
		if r.OnLink {
			e = ip.checkOnlink(r, ack)
		} else {
			e = ip.checkNexthop(r)
		}
		if e != 0 {
			return e
		}
	}
	switch {
	case r.Dev == nil:
		return refuse(inet.Ack6NoEgress)
	case r.Dev.Flags&core.IFFLoopback != 0:
		return refuse(inet.Ack6EgressLoopback)
	case !known && ours(r.Dev):
		return refuse(inet.Ack6GatewayLocal)
	}
	return 0
}

// checkOnlink is ip6_route_check_nh_onlink: no route may say that the gateway is
// elsewhere, but for the default route.
func (ip *IPv6) checkOnlink(r *Route6, ack *inet.Extack) core.Errno {
	to := ip.lookupNexthop(TableMain, &Flow6{Daddr: r.Gateway, Saddr: r.PrefSrc, OIF: r.Dev.Index}, 0)
	if to != nil && !to.rejects() && !to.Dst.IsZero() && (to.Type != RTNUnicast || to.Dev != r.Dev) {
		*ack = inet.Ack6GatewayDevice
		return step.EINVAL
	}
	return 0
}

// checkNexthop is ip6_route_check_nh: the gateway is looked for in the route's
// own table first, then by the rules, and must need no gateway itself.
func (ip *IPv6) checkNexthop(r *Route6) core.Errno {
	oif := 0
	if r.Dev != nil {
		oif = r.Dev.Index
	}
	bad := func(o *Route6) bool { return o == nil || o == ip.null || o.rejects() || !o.Gateway.IsZero() }
	var to *Route6
	if r.Table != 0 {
		to = ip.lookupNexthop(r.Table, &Flow6{Daddr: r.Gateway, Saddr: r.PrefSrc, OIF: oif}, lookupIface)
	}
	if bad(to) || r.Dev != nil && to.Dev != r.Dev {
		d := ip.fib6Lookup(&Flow6{Daddr: r.Gateway, OIF: oif}, oif, lookupIface)
		if to = upper(d).from; d.Err != 0 || bad(to) || r.Dev != nil && to.Dev != r.Dev {
			return step.EHOSTUNREACH
		}
	}
	r.Dev = to.Dev
	return 0
}

// rejects reports that packets which take a route are refused (RTF_REJECT).
func (r *Route6) rejects() bool { return r.reject || r.Blackhole }

// duplicate is rt6_duplicate_nexthop.
func (r *Route6) duplicate(o *Route6) bool {
	if r.NHID != 0 || o.NHID != 0 {
		return r.NHID == o.NHID
	}
	return r.Dev == o.Dev && r.Gateway == o.Gateway
}

// fib6Add is fib6_add with fib6_add_rt2node: it puts a unit, which is one route but for
// those with a nexthop object, among the others of its prefix.
func (ip *IPv6) fib6Add(unit []*Route6, ack *inet.Extack) core.Errno {
	if len(unit) == 0 {
		return 0
	}
	r := unit[0]
	t := ip.table(r.Table, true)
	leaf := t.node(r.Dst, r.Plen)
	if leaf == nil && r.Existing && !t.branches(r.Dst, r.Plen) {
		*ack = inet.Ack6NoMatch
		return step.ENOENT
	}
	var found *Route6
	for _, o := range leaf {
		switch {
		case o.Metric != r.Metric:
		case r.Replace && o.ecmp() == r.ecmp():
			if found == nil || found.ecmp() != r.ecmp() {
				found = o
			}
		case r.Replace:
			if found == nil {
				found = o
			}
		case !r.Append && !r.kernel, o.duplicate(r):
			return step.EEXIST
		}
	}
	if r.Existing && found == nil {
		return step.ENOENT
	}
	after := (*Route6)(nil)
	if found != nil {
		after = ip.makeRoom(t, found)
	}
	for _, q := range unit {
		q.Replace, q.Append, q.Existing, q.via, q.NHIDSet = false, false, false, false, false
		if found != nil {
			t.insertBefore(q, after)
			ip.gen++
		} else {
			ip.insertRoute(q)
		}
	}
	return 0
}

// makeRoom takes a route away that is replaced, with those that share its flows. It
// returns the route in front of which the new one belongs, nil for the end.
func (ip *IPv6) makeRoom(t *fibTable, old *Route6) (after *Route6) {
	leaf := append([]*Route6(nil), t.node(old.Dst, old.Plen)...)
	passed := false
	for _, o := range leaf {
		gone := o == old || passed && o.sibling(old)
		if gone {
			ip.removeRoute(o)
		} else if passed && after == nil {
			after = o
		}
		passed = passed || o == old
	}
	return after
}

// branches reports that the kernel's tree has a node for a prefix without routes: the
// root, or where two longer prefixes part.
func (t *fibTable) branches(p wire.Addr, plen int) bool {
	if plen == 0 {
		return true
	}
	var side [2]bool
	for i := range t.lens {
		if t.lens[i].plen <= plen {
			break
		}
		for k := range t.lens[i].nodes {
			if q := t.lens[i].nodes[k].prefix; q.Mask(plen) == p {
				side[bitOf(q, plen)] = true
			}
		}
	}
	return side[0] && side[1]
}

// bitOf is bit n of an address, from 0.
func bitOf(a wire.Addr, n int) int {
	if n < 64 {
		return int(a.Hi >> (63 - n) & 1)
	}
	return int(a.Lo >> (127 - n) & 1)
}
