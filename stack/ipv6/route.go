package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read net/ipv6/route.c and RFC 4861 §5.2 before editing. Left out: VRFs,
// source-specific routing.

// An rt6 is what struct rt6_info adds to a dst_entry.
type rt6 struct {
	from     *Route6
	idev     *Inet6Dev
	dst      wire.Addr // rt6i_dst
	plen     int
	gw       bool // RTF_GATEWAY: Dst.Gateway is the next hop
	cache    bool // RTF_CACHE: for this one destination
	hopLimit int
	gen      uint64
}

// upper is dst_rt6_info; nil if the route is not IPv6's.
func upper(d *core.Dst) *rt6 { r, _ := d.Upper.(*rt6); return r }

// nexthop is rt6_nexthop.
func nexthop(d *core.Dst, daddr wire.Addr) wire.Addr {
	switch r := upper(d); {
	case r.gw:
		return d.Gateway
	case r.cache:
		return r.dst
	}
	return daddr
}

// subject is on whose behalf a lookup is made: a packet, a socket, or nobody.
func (ip *IPv6) subject(fl *Flow6) trace.Subject {
	if fl.On != nil {
		return fl.On
	}
	return ip.self()
}

// self is the namespace as the subject of what is about no packet.
func (ip *IPv6) self() trace.Subject { return inet.Subject{NS: ip.ns} }

// initNull makes fib6_null_entry: no route.
func (ip *IPv6) initNull() {
	ip.null = &Route6{Type: RTNUnreachable, Metric: ^uint32(0)}
	ip.null.dst = &core.Dst{Type: RTNUnreachable, Err: step.ENETUNREACH, In: pktDiscard{}, Out: pktDiscardOut{}, Upper: &rt6{from: ip.null}}
}

// routeDev is the device of a route; the null entry's is the loopback.
func (ip *IPv6) routeDev(r *Route6) *core.Device {
	if r.Dev == nil {
		return ip.ns.Loopback
	}
	return r.Dev
}

func (ip *IPv6) nullDst() *core.Dst {
	d := ip.null.dst
	d.Dev = ip.ns.Loopback
	return d
}

// polRoute is ip6_pol_route: look into one table, then at what is known better
// about this destination (its exceptions).
func (ip *IPv6) polRoute(t *fibTable, oif int, fl *Flow6, strict int) *core.Dst {
	defer ip.ns.In(step.IP6PolRoute, ip.subject(fl)).Out()
	ns := ip.ns
	if ns.Sysctl.Conf6All.Forwarding == 0 {
		strict |= lookupReachable
	}
	r := ip.tableLookup(t, oif, fl, strict)
	if r == ip.null {
		return ip.nullDst()
	}
	r = ip.selectPath(t, r, fl, oif, strict)
	if d := ip.findCached(r, fl.Daddr); d != nil {
		return d
	}
	if fl.Flags&FlowKnownNH != 0 && r.Gateway.IsZero() {
		return ip.cacheAlloc(r, fl.Daddr)
	}
	if r.dst == nil || !ip.DstCheck(r.dst) {
		r.dst = ip.makeDst(r)
	}
	return r.dst
}

// mix is a keyed hash of one word, in place of the kernel's siphash.
func (ip *IPv6) mix(x uint64) uint64 {
	x ^= ip.hashSeed
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// findCached is rt6_find_cached_rt: what a "packet too big" or a redirect told
// about this destination.
func (ip *IPv6) findCached(r *Route6, daddr wire.Addr) *core.Dst {
	for i, d := range r.exc {
		u := upper(d)
		if u.dst != daddr {
			continue
		}
		if d.Expires != 0 && ip.ns.Clock.Now() > d.Expires || d.Obsolete {
			d.Obsolete = true
			r.exc = append(r.exc[:i:i], r.exc[i+1:]...)
			return nil
		}
		why := step.WhyFib6Exception
		if d.MTU == 0 {
			why = step.WhyFib6Redirect
		}
		ip.ns.Why(why, daddr.Hi, daddr.Lo, uint64(d.MTU), d.Gateway.Hi, d.Gateway.Lo)
		return d
	}
	return nil
}

// makeDst is rt6_make_pcpu_route with ip6_rt_init_dst: what to do with packets
// that take this route.
func (ip *IPv6) makeDst(r *Route6) *core.Dst {
	d := &core.Dst{Dev: ip.routeDev(r), Type: r.Type, MTU: r.MTU, AdvMSS: r.AdvMSS, InitCwnd: r.InitCwnd, InitRwnd: r.InitRwnd,
		RtoMin: r.RtoMin, Gateway: r.Gateway, PrefSrc: r.PrefSrc, Table: r.Table}
	u := &rt6{from: r, dst: r.Dst, plen: r.Plen, gw: !r.Gateway.IsZero(), hopLimit: r.HopLimit, gen: ip.gen}
	if r.Dev != nil {
		u.idev = idevOf(r.Dev)
	}
	d.Upper = u
	typ := r.Type
	if r.reject {
		d.Err = typeError(typ)
	}
	switch {
	case r.Blackhole:
		typ, d.Err = RTNBlackhole, step.EINVAL
		d.Type = typ
	case r.reject && !rejects(typ):
		typ = RTNUnreachable
	}
	switch typ {
	case RTNBlackhole:
		d.In, d.Out = discard{}, discard{}
	case RTNProhibit:
		d.In, d.Out = pktProhibit{}, pktProhibitOut{}
	case RTNUnreachable, RTNThrow:
		d.In, d.Out = pktDiscard{}, pktDiscardOut{}
	case RTNLocal, RTNAnycast:
		// ip6_rt_get_dev_rcu: what is for this host goes by the loopback device.
		d.In, d.Out, d.Flags = localInput{}, output{}, core.RTCFLocal
		if typ == RTNLocal || r.anycast {
			d.Dev = ip.ns.Loopback
		}
	case RTNMulticast:
		d.In, d.Out, d.Flags = groupInput{}, output{}, core.RTCFMulticast
	default:
		d.In, d.Out = forward{}, output{}
	}
	return d
}

// cacheAlloc is ip6_rt_cache_alloc: a copy of a route for one destination.
func (ip *IPv6) cacheAlloc(r *Route6, daddr wire.Addr) *core.Dst {
	d := ip.makeDst(r)
	u := upper(d)
	u.cache, u.dst, u.plen = true, daddr, 128
	return d
}

// RouteInput is ip6_route_input: it sets b.Dst, to the null entry if there is
// no route.
func (ip *IPv6) RouteInput(b *core.SKB) {
	defer ip.ns.In(step.IP6RouteInput, b).Out()
	ns := ip.ns
	h := b.IP6()
	fl := Flow6{IIF: b.Dev.Index, Daddr: h.Dst(), Saddr: h.Src(), TOS: h.TrafficClass(), FlowLabel: h.FlowLabel(), Mark: b.Mark,
		Proto: uint8(h.NextHeader())}
	if ns.Trace != nil {
		fl.On = b
	}
	strict := 0
	if needStrict(fl.Daddr) {
		strict = lookupIface
	}
	if ip.rules.Ports {
		ip.dissect(b, &fl)
	}
	b.Dst = ip.ruleLookup(&fl, fl.IIF, strict)
	if fl.Flags&flowMultipath != 0 {
		b.CB.IPFlags |= skbMultipath
	}
	if d := b.Dst; ns.Listening() {
		dev := uint64(0)
		if d.Dev != nil {
			dev = uint64(d.Dev.Index)
		}
		why := step.WhyIP6Route
		if d.Type == RTNLocal {
			why = step.WhyIP6Local
		}
		ns.Why(why, fl.Daddr.Hi, fl.Daddr.Lo, uint64(d.Type), dev)
	}
}

// needStrict is rt6_need_strict: these addresses mean something only together
// with a device.
func needStrict(a wire.Addr) bool {
	return addrType(a)&(addrMulticast|addrLinkLocal|addrLoopback) != 0
}

// routeOutputFlags is ip6_route_output_flags: the route of what this host sends.
func (ip *IPv6) routeOutputFlags(fl *Flow6, strict int) *core.Dst {
	defer ip.ns.In(step.IP6RouteOutputFlags, ip.subject(fl)).Out()
	fl.IIF = 1 // LOOPBACK_IFINDEX
	if fl.Flags&FlowBound != 0 || needStrict(fl.Daddr) || fl.OIF != 0 && fl.Saddr.IsZero() {
		strict |= lookupIface
	}
	return ip.ruleLookup(fl, fl.OIF, strict)
}

// RouteOutput is ip6_dst_lookup_flow (ip6_dst_lookup_tail): it finds the route
// and, if fl.Saddr is ::, the source address.
func (ip *IPv6) RouteOutput(fl *Flow6) (*core.Dst, core.Errno) {
	defer ip.ns.In(step.IP6DstLookupTail, ip.subject(fl)).Out()
	ns := ip.ns
	var d *core.Dst
	strict := 0
	if fl.Saddr.IsZero() {
		d = ip.routeOutputFlags(fl, 0)
		if e := ip.routeGetSaddr(fl, d); e != 0 {
			return nil, ip.lookupFailed(fl, e)
		}
		if d.Err != 0 {
			d = nil
		}
		if fl.OIF != 0 {
			strict = lookupIface
		}
	}
	if d == nil {
		d = ip.routeOutputFlags(fl, strict)
	}
	if d.Err != 0 {
		return nil, ip.lookupFailed(fl, d.Err)
	}
	if fl.Saddr.Is4() && !fl.Daddr.Is4() && !fl.Daddr.IsZero() {
		return nil, ip.lookupFailed(fl, step.EAFNOSUPPORT)
	}
	if ns.Listening() {
		ns.Why(step.WhyIP6OutRoute, fl.Daddr.Hi, fl.Daddr.Lo, uint64(d.Dev.Index), fl.Saddr.Hi, fl.Saddr.Lo)
	}
	return d, 0
}

func (ip *IPv6) lookupFailed(fl *Flow6, e core.Errno) core.Errno {
	if e == step.ENETUNREACH {
		ip.ns.Inc(step.Ip6OutNoRoutes)
	}
	ip.ns.Why(step.WhyIP6OutNoRoute, fl.Daddr.Hi, fl.Daddr.Lo, uint64(e))
	return e
}

// routeGetSaddr is ip6_route_get_saddr: the route's preferred source, or the
// best by RFC 6724.
func (ip *IPv6) routeGetSaddr(fl *Flow6, d *core.Dst) core.Errno {
	var dev *core.Device
	if d.Err == 0 {
		r := upper(d).from
		if !r.PrefSrc.IsZero() {
			fl.Saddr = r.PrefSrc
			return 0
		}
		dev = r.Dev
	}
	a, ok := ip.GetSaddr(dev, fl.Daddr)
	if !ok {
		return step.EADDRNOTAVAIL
	}
	fl.Saddr = a
	return 0
}

// DstCheck is ip6_dst_check: whether a kept route may still be used.
func (ip *IPv6) DstCheck(d *core.Dst) bool {
	u := upper(d)
	if u == nil || d.Obsolete || u.from != nil && u.from.dead {
		return false
	}
	if d.Expires != 0 && ip.ns.Clock.Now() > d.Expires {
		return false
	}
	return u.gen == ip.gen
}

// MTU is ip6_mtu (dst_mtu): bytes of the largest packet on this route.
func (ip *IPv6) MTU(d *core.Dst) int {
	if d.MTU != 0 {
		return min(d.MTU, 65535+wire.IPv6Len)
	}
	mtu := wire.IPv6MinMTU
	if u := upper(d); u != nil && u.idev != nil {
		mtu = u.idev.mtu()
	} else if d.Dev != nil {
		mtu = d.Dev.MTU
	}
	return min(mtu, 65535+wire.IPv6Len)
}

// AdvMSS is ip6_default_advmss (dst_metric_advmss).
func (ip *IPv6) AdvMSS(d *core.Dst) int {
	if d.AdvMSS != 0 {
		return d.AdvMSS
	}
	n := max(ip.MTU(d)-wire.IPv6Len-20, wire.IPv6MinMTU-wire.IPv6Len-20)
	if n > 65535-20 {
		n = 65535 - 20
	}
	return n
}

// HopLimit is ip6_dst_hoplimit: the route's, the device's, the namespace's.
func (ip *IPv6) HopLimit(d *core.Dst) int {
	u := upper(d)
	if u == nil {
		return ip.ns.Sysctl.Conf6All.HopLimit
	}
	if u.hopLimit != 0 {
		return u.hopLimit
	}
	if u.idev != nil {
		return u.idev.conf.HopLimit
	}
	return ip.ns.Sysctl.Conf6All.HopLimit
}

// skHopLimit is ip6_sk_dst_hoplimit.
func (ip *IPv6) skHopLimit(sk *core.Sock, daddr wire.Addr, d *core.Dst) int {
	n := -1
	if sk != nil {
		if n = int(sk.TTL); daddr.IsMulticast() {
			n = sk.Rare().McTTL
		}
	}
	if n < 0 {
		n = ip.HopLimit(d)
	}
	return n
}

// icmpDst is icmp6_dst_alloc: neighbour discovery and MLD do not ask the
// tables, they know the device.
func (ip *IPv6) icmpDst(dev *core.Device, daddr wire.Addr) *core.Dst {
	return &core.Dst{Dev: dev, Type: RTNUnicast, In: localInput{}, Out: output{}, Gateway: daddr,
		Upper: &rt6{idev: idevOf(dev), dst: daddr, plen: 128, gen: ip.gen}}
}

// mtuExpires is net.ipv6.route.mtu_expires.
const mtuExpires = 600 * sim.Second
