package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// eSRCH is what ip6_route_del says of a route that is not there.
const eSRCH core.Errno = 3

// fib6Lookup is fib6_lookup: the tables by the rules.
func (ip *IPv6) fib6Lookup(fl *Flow6, oif, strict int) *core.Dst {
	defer ip.ns.In(step.Fib6Lookup, ip.subject(fl)).Out()
	return ip.ruleLookup(fl, oif, strict)
}

// lookupNexthop is ip6_nh_lookup_table: one table is asked, nil if there is none.
func (ip *IPv6) lookupNexthop(table uint32, fl *Flow6, strict int) *Route6 {
	defer ip.ns.In(step.IP6NhLookupTable, ip.subject(fl)).Out()
	t := ip.table(table, false)
	if t == nil {
		return nil
	}
	strict |= lookupLinkdown
	to := ip.tableLookup(t, fl.OIF, fl, strict)
	if to == ip.null {
		return nil
	}
	if fl.OIF != 0 && to.NHID == 0 {
		return to // it is by the device that was asked for
	}
	return ip.selectPath(t, to, fl, fl.OIF, strict)
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
