package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// routerDiscovery is ndisc_router_discovery (RFC 4861 §6.1.2, §6.3.4): a router
// tells of itself, of the prefixes on the link and of the link's parameters.
func (ip *IPv6) routerDiscovery(b *core.SKB, m wire.RouterAdvert) core.DropReason {
	defer ip.ns.In(step.NDISCRouterDiscovery, b).Out()
	ns := ip.ns
	src, dev := b.IP6().Src(), b.Dev
	i := idevOf(dev)
	if !src.IsLinkLocal() {
		return ip.bad(step.WhyNDNotLinkLocal, src.Hi, src.Lo)
	}
	if !m.Valid() {
		ns.Why(step.WhyNDShort, uint64(len(m)))
		return step.DropPktTooSmall
	}
	o, ok := parseOptions(m.Options())
	if !ok {
		ns.Why(step.WhyNDOptions)
		return step.DropIPV6NdiscBadOptions
	}
	accept := i.acceptRA()
	var r *Route6
	if accept {
		ns.Clock.Stop(&i.rs) // IF_RA_RCVD: no need to ask again
		if !ip.ChkAddr(src, dev) {
			r = ip.defaultRouter(b, m, i)
		}
		ip.raTimers(m)
	}
	n := ip.neigh.Create(src, dev)
	mac, ok := linkAddr(o.src, dev)
	if !ok {
		return ip.bad(step.WhyNDOptionLen)
	}
	if n != nil {
		ip.neigh.Update(n, mac, core.NUDStale, core.NeighUpdateWeakOverride|core.NeighUpdateOverride|core.NeighUpdateOverrideRtr|core.NeighUpdateIsRouter)
	}
	if !accept {
		ns.Why(step.WhyNDRAOff, uint64(dev.Index))
		return step.DropConsumed
	}
	for p := o.prefix; len(p) > 0; {
		opt, rest, ok := wire.NextNDOption(p)
		if !ok {
			break
		}
		if opt.Type() == wire.NDOptPrefix && opt.Len() >= 32 {
			ip.prefixRcv(i, opt)
		}
		p = rest
	}
	if o.mtu != nil && o.mtu.Len() >= 8 {
		if mtu := int(o.mtu.MTU()); mtu >= wire.IPv6MinMTU && mtu <= dev.MTU && mtu != i.conf.MTU6 {
			i.conf.MTU6 = mtu
			if r != nil {
				r.MTU = mtu
				r.bump()
			}
		}
	}
	return step.DropConsumed
}

// defaultRouter is the part of ndisc_router_discovery about the router itself.
func (ip *IPv6) defaultRouter(b *core.SKB, m wire.RouterAdvert, i *Inet6Dev) *Route6 {
	ns := ip.ns
	src := b.IP6().Src()
	life := int(m.Lifetime())
	pref := int8(m.Flags()<<3) >> 6 // RFC 4191 §2.2: 01 high, 00 medium, 11 low
	if pref == -2 {
		pref = 0
	}
	var r *Route6
	for _, o := range ip.main.node(wire.Addr{}, 0) {
		if o.ra && o.Dev == i.dev && o.Gateway == src {
			r = o
		}
	}
	if r != nil && life == 0 {
		ns.Why(step.WhyNDRouterGone, src.Hi, src.Lo)
		ip.removeRoute(r)
		return nil
	}
	if life == 0 {
		return nil
	}
	if r == nil {
		n := ip.neigh.Create(src, i.dev)
		if n == nil {
			return nil // ndisc_router_discovery: no neighbour, no route
		}
		r = ip.insertRoute(&Route6{Table: TableMain, Type: RTNUnicast, Dev: i.dev, Gateway: src, Metric: 1024, Proto: ProtRA, Pref: pref, ra: true})
		n.Router = true
	}
	r.Pref = pref
	r.Expires = ns.Clock.Now() + sim.Time(life)*sim.Second
	if h := m.HopLimit(); h != 0 {
		i.conf.HopLimit, r.HopLimit = int(h), int(h)
		r.bump()
	}
	ns.Why(step.WhyNDRouter, src.Hi, src.Lo, uint64(life))
	return r
}

// raTimers takes over retransmission and reachable time (RFC 4861 §6.3.4). The
// kernel keeps them for each device, this model for all.
func (ip *IPv6) raTimers(m wire.RouterAdvert) {
	if t := sim.Time(m.Retrans()) * sim.Millisecond; t > 0 {
		ip.neigh.Retrans = max(t, sim.Second/100)
	}
	if t := sim.Time(m.Reachable()) * sim.Millisecond; t > 0 {
		if t = max(t, sim.Second/10); t != ip.neigh.BaseReachable {
			ip.neigh.BaseReachable, ip.neigh.GCStale = t, 3*t
			half := uint32(t / sim.Jiffy / 2)
			ip.neigh.SetReachableTime((sim.Time(ip.ns.Machine.Rand.Below(2*half+1)) + sim.Time(half)) * sim.Jiffy)
		}
	}
}

// prefixRcv is addrconf_prefix_rcv: a prefix is on the link (L), and addresses
// may be made of it (A; RFC 4862 §5.5.3).
func (ip *IPv6) prefixRcv(i *Inet6Dev, o wire.NDOption) {
	defer ip.ns.In(step.AddrconfPrefixRcv, ip.self()).Out()
	ns := ip.ns
	p, plen := o.Prefix(), o.PrefixLen()
	valid, pref := lifetime(o.ValidLifetime()), lifetime(o.PreferredLifetime())
	if p.IsMulticast() || p.IsLinkLocal() || plen > 128 || o.PreferredLifetime() > o.ValidLifetime() {
		ns.Why(step.WhyRAPrefixBad, p.Hi, p.Lo, uint64(plen))
		return
	}
	now := ns.Clock.Now()
	if o.OnLink() {
		ip.prefixOnLink(i, p.Mask(plen), plen, o.ValidLifetime(), valid)
	}
	if !o.Autonomous() || i.conf.Autoconf == 0 {
		return
	}
	if plen != 64 || i.dev.Type != core.LinkEther {
		ns.Why(step.WhyRAPrefixLength, uint64(plen))
		return
	}
	if i.conf.AddrGenMode > 1 || i.conf.UseTempaddr > 0 {
		ns.Note(nil, step.WhyNo6TempAddr, uint64(i.dev.Index))
	}
	a := wire.Addr{Hi: p.Hi, Lo: eui64(i.dev.Addr)}
	ad := i.find(a)
	if ad == nil {
		if o.ValidLifetime() == 0 {
			return
		}
		ns.Why(step.WhyRAAddress, a.Hi, a.Lo, p.Hi, p.Lo, uint64(plen))
		ip.AddAddr(i.dev, a, plen, AddrOpts{ValidLft: valid, PrefLft: pref, Deprecated: o.PreferredLifetime() == 0, autoconf: true})
		return
	}
	// RFC 4862 §5.5.3 e: nobody may shorten the rest below two hours.
	const twoHours = 7200 * sim.Second
	left := ad.ValidUntil - now
	switch {
	case ad.ValidUntil == 0:
		return
	case valid == 0 && o.ValidLifetime() != 0:
		ad.ValidUntil = 0
	case valid > twoHours || valid > left:
		ad.ValidUntil = now + valid
	case left > twoHours:
		ad.ValidUntil = now + twoHours
	}
	ad.PreferredUntil, ad.Flags = 0, ad.Flags&^AddrDeprecated
	if o.PreferredLifetime() == 0 {
		ad.Flags |= AddrDeprecated
	} else if pref != 0 {
		ad.PreferredUntil = now + pref
	}
	ip.armLife(ad)
}

// lifetime turns seconds of an option into Time; 0 stands for ever.
func lifetime(s uint32) sim.Time {
	if s == 1<<32-1 {
		return 0
	}
	return sim.Time(s) * sim.Second
}

// prefixOnLink adds, keeps or removes the route of a prefix.
func (ip *IPv6) prefixOnLink(i *Inet6Dev, p wire.Addr, plen int, raw uint32, valid sim.Time) {
	var r *Route6
	for _, o := range ip.main.node(p, plen) {
		if o.Dev == i.dev && o.Gateway.IsZero() && o.prefix {
			r = o
		}
	}
	if raw == 0 {
		ip.removeRoute(r)
		return
	}
	if r == nil {
		r = ip.insertRoute(&Route6{Dst: p, Plen: plen, Table: TableMain, Type: RTNUnicast, Dev: i.dev, Metric: 256, Proto: ProtKernel, ra: true, prefix: true})
	}
	if r.Expires = 0; valid != 0 {
		r.Expires = ip.ns.Clock.Now() + valid
	}
	ip.ns.Why(step.WhyRAOnLink, p.Hi, p.Lo, uint64(plen), uint64(i.dev.Index))
}

// redirectRcv is ndisc_redirect_rcv (RFC 4861 §8.1).
func (ip *IPv6) redirectRcv(b *core.SKB, m wire.NDRedirect) core.DropReason {
	defer ip.ns.In(step.NDISCRedirectRcv, b).Out()
	ns := ip.ns
	src := b.IP6().Src()
	if !src.IsLinkLocal() {
		return ip.bad(step.WhyNDNotLinkLocal, src.Hi, src.Lo)
	}
	if !m.Valid() {
		ns.Why(step.WhyNDShort, uint64(len(m)))
		return step.DropIPV6NdiscBadOptions
	}
	o, ok := parseOptions(m.Options())
	if !ok {
		ns.Why(step.WhyNDOptions)
		return step.DropIPV6NdiscBadOptions
	}
	if o.redir == nil {
		// ip6_redirect_no_header: all that is known is the destination.
		ip.Redirect(b, &Flow6{Daddr: m.Dst(), Saddr: b.IP6().Dst(), OIF: b.Dev.Index, On: b})
		return step.DropNotSpecified
	}
	at := wire.NDRedirectLen
	for p := m.Options(); ; { // where the quoted packet begins
		opt, rest, _ := wire.NextNDOption(p)
		if opt.Type() == wire.NDOptRedirected {
			break
		}
		at += opt.Len()
		p = rest
	}
	if !b.MayPull(at + 8) {
		return step.DropPktTooSmall
	}
	b.Pull(at + 8)
	return ip.notify(b, uint8(wire.ICMPv6Redirect), 0, 0)
}

// Redirect is rt6_do_redirect with ip6_redirect's lookup: b is the redirect,
// b.Transport at its ICMPv6 header; fl the flow that it is about.
func (ip *IPv6) Redirect(b *core.SKB, fl *Flow6) {
	defer ip.ns.In(step.RT6DoRedirect, b).Out()
	ns := ip.ns
	m := wire.NDRedirect(b.L4())
	if !m.Valid() {
		return
	}
	src, target, dst := b.IP6().Src(), m.Target(), m.Dst()
	fl.IIF = 1
	d := ip.ruleLookup(fl, fl.OIF, lookupIface) // ip6_route_redirect
	i := idevOf(b.Dev)
	onlink := dst == target
	o, ok := parseOptions(m.Options())
	switch {
	case dst.IsMulticast(), !onlink && !target.IsLinkLocal(), !ok:
		ns.Why(step.WhyNDRedirectTarget, target.Hi, target.Lo)
		return
	case i == nil || i.forwarding() || i.conf.AcceptRedirects == 0:
		ns.Why(step.WhyNDRedirectOff, uint64(b.Dev.Index))
		return
	case d.Err != 0 || nexthop(d, fl.Daddr) != src || d.Dev != b.Dev:
		ns.Why(step.WhyNDRedirectStranger, src.Hi, src.Lo)
		return
	}
	mac, ok := linkAddr(o.tgt, b.Dev)
	if !ok {
		ns.Why(step.WhyNDOptionLen)
		return
	}
	n := ip.neigh.Create(target, b.Dev)
	if n == nil {
		return
	}
	flags := uint32(core.NeighUpdateWeakOverride | core.NeighUpdateOverride)
	if !onlink {
		flags |= core.NeighUpdateOverrideRtr | core.NeighUpdateIsRouter
	}
	ip.neigh.Update(n, mac, core.NUDStale, flags)
	u := upper(d)
	if u.from == nil || u.from == ip.null {
		return
	}
	nd := ip.cacheAlloc(u.from, dst)
	nu := upper(nd)
	nd.Gateway, nu.gw = target, !onlink
	nd.MTU = d.MTU
	ip.insertException(u.from, nd)
	ns.Why(step.WhyNDRedirected, dst.Hi, dst.Lo, target.Hi, target.Lo)
}
