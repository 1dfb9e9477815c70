package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// eSRCH is what ip6_route_del says of a route that is not there.
const eSRCH core.Errno = 3

// AddRoute is ip6_route_add. EEXIST: there is the same route, or one of its
// metric that it was not to join; ENETUNREACH, EHOSTUNREACH: the gateway cannot
// be reached; ENODEV: no device; ENOENT: no such nexthop object.
func (ip *IPv6) AddRoute(r Route6) core.Errno {
	if r.NHID != 0 {
		return ip.addByNexthop(r)
	}
	if e := ip.complete(&r); e != 0 {
		return e
	}
	return ip.addRoute(&r)
}

// addRoute is fib6_add_rt2node.
func (ip *IPv6) addRoute(r *Route6) core.Errno {
	t := ip.table(r.Table, true)
	for _, o := range t.node(r.Dst, r.Plen) {
		switch {
		case o.Metric != r.Metric, r.Replace:
		case o.Dev == r.Dev && o.Gateway == r.Gateway && o.NHID == r.NHID,
			(o.Gateway.IsZero() || r.Gateway.IsZero()) && o.Type == r.Type && !r.ra && !o.ra && o.Dev == r.Dev && r.NHID == 0,
			!r.Append && !r.ra && !o.ra && r.addr == nil && r.Proto != ProtKernel && o.Proto != ProtKernel:
			return step.EEXIST
		}
	}
	if r.Replace {
		for _, o := range append([]*Route6(nil), t.node(r.Dst, r.Plen)...) {
			if o.Metric == r.Metric && o.Proto != ProtKernel {
				ip.removeRoute(o)
			}
		}
	}
	r.Replace, r.Append = false, false
	ip.insertRoute(r)
	return 0
}

// addByNexthop adds a route with a nexthop object: one Route6 for each of the
// object's ways. EAFNOSUPPORT: the object is IPv4's.
func (ip *IPv6) addByNexthop(r Route6) core.Errno {
	t := inet.NexthopsOf(ip.ns)
	o := t.Find(r.NHID)
	if o == nil {
		return step.ENOENT
	}
	paths, weights := t.Paths(o)
	for _, p := range paths {
		if !p.Gw.IsZero() && p.Gw.Is4() {
			return step.EAFNOSUPPORT
		}
	}
	for i, p := range paths {
		q := r
		q.Dev, q.Gateway, q.OnLink, q.Weight = p.Dev, p.Gw, p.Onlink, weights[i]
		if p.Blackhole {
			q.Type = RTNBlackhole
		}
		if e := ip.complete(&q); e != 0 {
			return e
		}
		if i > 0 {
			q.Replace, q.Append = false, true
		}
		if e := ip.addRoute(&q); e != 0 {
			return e
		}
	}
	return 0
}

// NexthopsChanged is nexthop_notify and remove_nexthop: routes take over what
// their nexthop object says now, and go with it.
func (ip *IPv6) NexthopsChanged() {
	var seen []Route6
	for _, t := range append([]*fibTable{&ip.local, &ip.main}, ip.others...) {
		var mine []*Route6
		t.each(func(r *Route6) bool {
			if r.NHID != 0 {
				mine = append(mine, r)
			}
			return true
		})
		for _, r := range mine {
			ip.removeRoute(r)
			q := Route6{Dst: r.Dst, Plen: r.Plen, Table: r.Table, Metric: r.Metric, Proto: r.Proto, NHID: r.NHID, PrefSrc: r.PrefSrc, Pref: r.Pref,
				MTU: r.MTU, AdvMSS: r.AdvMSS, HopLimit: r.HopLimit, InitCwnd: r.InitCwnd, InitRwnd: r.InitRwnd, RtoMin: r.RtoMin}
			known := false
			for i := range seen {
				o := &seen[i]
				known = known || o.Dst == q.Dst && o.Plen == q.Plen && o.Table == q.Table && o.Metric == q.Metric
			}
			if !known {
				seen = append(seen, q)
			}
		}
	}
	for _, r := range seen {
		ip.addByNexthop(r)
	}
}

// complete fills in what ip6_route_info_create does.
func (ip *IPv6) complete(r *Route6) core.Errno {
	if r.Plen < 0 || r.Plen > 128 {
		return step.EINVAL
	}
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
	switch r.Type {
	case RTNBlackhole, RTNUnreachable, RTNProhibit, RTNThrow:
		r.Dev = ip.ns.Loopback
		return 0
	}
	ip.table(r.Table, true)
	if !r.Gateway.IsZero() && r.NHID == 0 {
		if e := ip.checkGateway(r); e != 0 {
			return e
		}
	}
	switch {
	case r.Dev == nil:
		return step.ENODEV
	case !r.Dev.Up():
		return step.ENETDOWN
	}
	if i := ip.getIdev(r.Dev); i == nil || i.conf.DisableIPv6 != 0 {
		return step.EACCES
	}
	return 0
}

// checkGateway is ip6_validate_gw: a gateway must be a neighbour, and nobody
// of this host.
func (ip *IPv6) checkGateway(r *Route6) core.Errno {
	if ip.ChkAddr(r.Gateway, r.Dev) {
		return step.EINVAL
	}
	t := addrType(r.Gateway)
	if t&addrLinkLocal != 0 {
		if r.Dev == nil || t&addrMulticast != 0 {
			return step.EINVAL
		}
		return 0
	}
	if t&addrUnicast == 0 {
		return step.EINVAL
	}
	if r.OnLink {
		if r.Dev == nil {
			return step.ENODEV
		}
		return 0
	}
	return ip.checkNexthop(r)
}

// checkNexthop is ip6_route_check_nh: the gateway is looked for in the route's
// own table first, then by the rules, and must need no gateway itself.
func (ip *IPv6) checkNexthop(r *Route6) core.Errno {
	oif := 0
	if r.Dev != nil {
		oif = r.Dev.Index
	}
	bad := func(o *Route6) bool {
		return o == nil || o == ip.null || typeError(o.Type) != 0 || !o.Gateway.IsZero() || r.Dev != nil && o.Dev != r.Dev
	}
	var to *Route6
	if r.Table != 0 {
		to = ip.lookupNexthop(r.Table, &Flow6{Daddr: r.Gateway, Saddr: r.PrefSrc, OIF: oif})
	}
	if bad(to) {
		d := ip.fib6Lookup(&Flow6{Daddr: r.Gateway, OIF: oif}, oif, lookupIface)
		if to = upper(d).from; d.Err != 0 || bad(to) {
			return step.EHOSTUNREACH
		}
	}
	r.Dev = to.Dev
	return 0
}

// fib6Lookup is fib6_lookup: the tables by the rules.
func (ip *IPv6) fib6Lookup(fl *Flow6, oif, strict int) *core.Dst {
	defer ip.ns.In(step.Fib6Lookup, ip.subject(fl)).Out()
	return ip.ruleLookup(fl, oif, strict)
}

// lookupNexthop is ip6_nh_lookup_table: one table is asked, nil if there is none.
func (ip *IPv6) lookupNexthop(table uint32, fl *Flow6) *Route6 {
	defer ip.ns.In(step.IP6NhLookupTable, ip.subject(fl)).Out()
	t := ip.table(table, false)
	if t == nil {
		return nil
	}
	to := ip.tableLookup(t, fl.OIF, fl, lookupIface)
	if to == ip.null {
		return nil
	}
	return ip.selectPath(t, to, fl, fl.OIF, lookupIface)
}

// insertRoute is ip6_ins_rt: cached routes are looked up again from now on.
func (ip *IPv6) insertRoute(r *Route6) *Route6 {
	ip.table(r.Table, true).insert(r)
	ip.gen++
	return r
}

// removeRoute is ip6_del_rt.
func (ip *IPv6) removeRoute(r *Route6) {
	if r == nil || r.dead {
		return
	}
	if t := ip.table(r.Table, false); t != nil && t.remove(r) {
		r.dead = true
		ip.gen++
		for _, d := range r.exc {
			d.Obsolete = true
		}
		r.exc = nil
	}
}

// DelRoute is ip6_route_del: the first route that matches what is set in r.
// Errno 3 (ESRCH): there is none.
func (ip *IPv6) DelRoute(r Route6) core.Errno {
	if r.Table == 0 {
		r.Table = TableMain
	}
	t := ip.table(r.Table, false)
	if t == nil {
		return eSRCH
	}
	for _, o := range t.node(r.Dst.Mask(r.Plen), r.Plen) {
		if r.Dev != nil && o.Dev != r.Dev || !r.Gateway.IsZero() && o.Gateway != r.Gateway ||
			r.Metric != 0 && o.Metric != r.Metric || r.Type != 0 && o.Type != r.Type || r.Proto != 0 && o.Proto != r.Proto || r.NHID != 0 && r.NHID != o.NHID {
			continue
		}
		if r.Gateway.IsZero() || o.NHID != 0 { // __ip6_del_rt_siblings
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

// Routes lists a table in the order of ip -6 route: by prefix.
func (ip *IPv6) Routes(table uint32) []*Route6 {
	t := ip.table(table, false)
	if t == nil {
		return nil
	}
	var l []*Route6
	t.each(func(r *Route6) bool {
		i := len(l)
		for i > 0 && routeLess(r, l[i-1]) {
			i--
		}
		l = append(l, nil)
		copy(l[i+1:], l[i:])
		l[i] = r
		return true
	})
	return l
}

// routeLess orders routes as a walk over the kernel's tree does: ::/0 last.
func routeLess(a, b *Route6) bool {
	if (a.Plen == 0) != (b.Plen == 0) {
		return b.Plen == 0
	}
	if a.Dst != b.Dst {
		return less(a.Dst, b.Dst)
	}
	if a.Plen != b.Plen {
		return a.Plen > b.Plen
	}
	return a.Metric < b.Metric
}

// flushDev is rt6_disable_ip: the routes through a device go.
func (ip *IPv6) flushDev(dev *core.Device) {
	for _, t := range append([]*fibTable{&ip.local, &ip.main}, ip.others...) {
		for again := true; again; {
			again = false
			t.each(func(r *Route6) bool {
				if r.Dev == dev && r.Type != RTNBlackhole && r.Type != RTNUnreachable && r.Type != RTNProhibit {
					ip.removeRoute(r)
					again = true
					return false
				}
				return true
			})
		}
	}
}

// UpdatePMTU is ip6_update_pmtu: somebody on the way to fl.Daddr cannot carry
// more than mtu bytes (RFC 8201 §4).
func (ip *IPv6) UpdatePMTU(fl *Flow6, mtu int) {
	defer ip.ns.In(step.IP6UpdatePMTU, ip.subject(fl)).Out()
	if d := ip.routeOutputFlags(fl, 0); d.Err == 0 {
		ip.rtUpdatePMTU(d, fl, mtu)
	}
}

// rtUpdatePMTU is __ip6_rt_update_pmtu: an exception for this destination.
func (ip *IPv6) rtUpdatePMTU(d *core.Dst, fl *Flow6, mtu int) {
	defer ip.ns.In(step.IP6RtUpdatePMTU, ip.subject(fl)).Out()
	ns := ip.ns
	if n := ip.neigh.Lookup(nexthop(d, fl.Daddr), d.Dev); n != nil {
		n.Confirm()
	}
	if old := ip.MTU(d); mtu < wire.IPv6MinMTU || mtu >= old {
		ns.Why(step.WhyPMTU6Ignored, uint64(mtu), uint64(old))
		return
	}
	u := upper(d)
	if !u.cache {
		if u.from == nil || d.Flags&core.RTCFLocal != 0 {
			return
		}
		nd := ip.cacheAlloc(u.from, fl.Daddr)
		ip.insertException(u.from, nd)
		d = nd
	}
	d.MTU, d.Expires = mtu, ns.Clock.Now()+mtuExpires
	ns.Why(step.WhyPMTU6Learned, fl.Daddr.Hi, fl.Daddr.Lo, uint64(mtu), uint64(mtuExpires))
}

// insertException is rt6_insert_exception: an old one for the same destination
// goes.
func (ip *IPv6) insertException(r *Route6, d *core.Dst) {
	for i, o := range r.exc {
		if upper(o).dst == upper(d).dst {
			o.Obsolete = true
			r.exc[i] = d
			r.bump()
			return
		}
	}
	r.exc = append(r.exc, d)
	r.bump()
}

// bump makes sockets that keep the route's general copy ask again
// (fib6_update_sernum).
func (r *Route6) bump() {
	if r.dst != nil {
		r.dst.Obsolete = true
		r.dst = nil
	}
}

// LinkFailure is ip6_link_failure: the next hop does not answer.
func (ip *IPv6) LinkFailure(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.IP6LinkFailure, b).Out()
	ip.icmpSend(b, uint8(wire.ICMPv6DestUnreach), wire.ICMPv6AddrUnreach, 0)
	if b.Dst == nil {
		return
	}
	if u := upper(b.Dst); u != nil && u.cache && u.from != nil {
		b.Dst.Obsolete = true
	}
}
