package ipv4

// What is learned from, and told to, others about routes.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Limits of redirects and of errors about routes (net/ipv4/route.c, writable
// under net.ipv4.route), in jiffies.
const (
	redirectNumber  = 9
	redirectLoad    = sim.HZ / 50
	redirectSilence = (sim.HZ / 50) << (9 + 1)
	errorCost       = sim.HZ
	errorBurst      = 5 * sim.HZ
	gcTimeout       = 300 * sim.Second
)

// ipError is ip_error: a packet without a usable route. Tell the sender, but
// not too often (RFC 1812 §4.3.2.8), and drop it.
func (ip *IPv4) ipError(b *core.SKB) {
	defer ip.ns.In(step.IPErrorStep, b).Out()
	ns := ip.ns
	in := ip.inDev(b.Dev)
	if in == nil {
		ns.Drop(b, step.DropNotSpecified, step.IPErrorStep)
		return
	}
	why := core.DropReason(step.DropNotSpecified)
	err := b.Dst.Err
	if !in.forward() {
		switch err {
		case step.EHOSTUNREACH:
			why = step.DropIPInaddrerrors
			ns.Inc(step.IpInAddrErrors)
		case step.ENETUNREACH:
			why = step.DropIPInnoroutes
			ns.Inc(step.IpExtInNoRoutes)
		}
		ns.Why(step.WhyNotARouter, uint64(b.IP4().Dst()))
		ns.Drop(b, why, step.IPErrorStep)
		return
	}
	code := uint8(wire.ICMPHostUnreach)
	switch err {
	case step.EHOSTUNREACH:
	case step.ENETUNREACH:
		code = wire.ICMPNetUnreach
		why = step.DropIPInnoroutes
		ns.Inc(step.IpExtInNoRoutes)
	case step.EACCES:
		code = wire.ICMPPktFiltered
	default:
		ns.Why(step.WhyBlackhole, uint64(b.IP4().Dst()))
		ns.Drop(b, why, step.IPErrorStep)
		return
	}
	p := ip.peers.Get(ns.Clock.Now(), b.IP4().Src().Addr())
	if p.Take(ns.Clock.Now(), errorCost, errorBurst) {
		ns.Why(step.WhyErrorSent, uint64(b.IP4().Dst()), uint64(wire.ICMPDestUnreach)<<8|uint64(code), uint64(p.RateTokens)*uint64(sim.Jiffy))
		ip.ICMPSend(ns, b, uint8(wire.ICMPDestUnreach), code, 0)
	} else {
		ns.Why(step.WhyErrorLimited, uint64(b.IP4().Src()), uint64(p.RateTokens)*uint64(sim.Jiffy), uint64(errorCost)*uint64(sim.Jiffy))
	}
	ns.Drop(b, why, step.IPErrorStep)
}

// sendRedirect is ip_rt_send_redirect: the packet leaves by the device that it
// came in by, so its sender could have used the next hop itself. After
// redirectNumber ignored redirects we stop; each one waits twice as long.
func (ip *IPv4) sendRedirect(b *core.SKB) {
	defer ip.ns.In(step.IPRtSendRedirect, b).Out()
	ns := ip.ns
	in := ip.inDev(b.Dst.Dev)
	if in == nil || !in.txRedirects() {
		return
	}
	h := b.IP4()
	now := ns.Clock.Now()
	j := now.Jiffies()
	p := ip.peers.Get(now, h.Src().Addr())
	if int32(j-(p.RateLast+redirectSilence)) > 0 {
		p.RateTokens, p.NRedirects = 0, 0
	}
	if p.NRedirects >= redirectNumber {
		p.RateLast = j
		ns.Why(step.WhyRedirectIgnored, uint64(h.Src()), uint64(p.NRedirects))
		return
	}
	if p.NRedirects != 0 && int32(j-(p.RateLast+redirectLoad<<p.NRedirects)) <= 0 {
		ns.Why(step.WhyRedirectWait, uint64(h.Src()), uint64(p.NRedirects))
		return
	}
	gw := rtOf(b.Dst).nexthopOf(h.Dst())
	ns.Why(step.WhyRedirect, uint64(h.Src()), uint64(gw), uint64(h.Dst()))
	ip.ICMPSend(ns, b, uint8(wire.ICMPRedirect), wire.ICMPRedirHost, uint32(gw))
	p.RateLast = j
	p.NRedirects++
}

// UpdatePMTU is ipv4_update_pmtu: an ICMP "fragmentation needed" says that
// packets of this flow may have mtu bytes at most (RFC 1191).
func (ip *IPv4) UpdatePMTU(fl *Flow4, mtu int) {
	k := *fl
	d, err := ip.routeOutputKey(&k, nil)
	if err != 0 {
		return
	}
	ip.UpdatePMTUDst(d, &k, mtu)
}

// UpdatePMTUDst is __ip_rt_update_pmtu: the same for a route that the caller
// has. An MTU below min_pmtu is not believed; the packets go without DF
// instead.
func (ip *IPv4) UpdatePMTUDst(d *core.Dst, fl *Flow4, mtu int) {
	defer ip.ns.In(step.IPRtUpdatePmtu, inetSubject(ip.ns)).Out()
	ns := ip.ns
	if ip.mtuLocked(d) {
		return
	}
	old := ip.MTU(d)
	if old < mtu {
		ns.Why(step.WhyPMTUBigger, uint64(mtu), uint64(old))
		return
	}
	locked := false
	if minimum := ns.Sysctl.MinPMTU; mtu < minimum {
		locked, mtu = true, min(old, minimum)
	}
	now, life := ns.Clock.Now(), sim.Time(ns.Sysctl.MTUExpires)*sim.Second
	if rtOf(d).pmtu == mtu && !locked && now < d.Expires-life/2 {
		ns.Why(step.WhyPMTUKnown, uint64(mtu))
		return
	}
	var res fibResult
	if ip.lookup(fl, &res, 0) != 0 {
		return
	}
	ip.selectPath(&res, fl, nil)
	ns.Why(step.WhyPMTU, uint64(fl.Daddr), uint64(mtu), uint64(old), uint64(life))
	for _, nh := range res.fi.nhs {
		ip.updateException(nh, fl.Daddr, 0, mtu, locked, now+life)
	}
}

// UpdatePMTUSock is ipv4_sk_update_pmtu: the same for the flow of a socket,
// whose kept route is replaced.
func (ip *IPv4) UpdatePMTUSock(sk *core.Sock, quoted wire.IPv4, mtu int) {
	if sk.PMTUDisc == core.PMTUDiscInterface || sk.PMTUDisc == core.PMTUDiscOmit {
		return // ip_sk_accept_pmtu
	}
	fl := flowOf(sk, quoted)
	d := sk.DstCache
	if sk.OwnedByUser || d == nil {
		ip.UpdatePMTU(&fl, mtu)
		return
	}
	renewed := false
	if !ip.DstCheck(d) {
		k := fl
		var err core.Errno
		if d, err = ip.RouteOutput(&k); err != 0 {
			return
		}
		renewed = true
	}
	k := fl
	k.IIF = ip.loIndex()
	ip.UpdatePMTUDst(d, &k, mtu)
	if !ip.DstCheck(d) {
		k := fl
		var err core.Errno
		if d, err = ip.RouteOutput(&k); err != 0 {
			return
		}
		renewed = true
	}
	if renewed {
		sk.DstCache = d
	}
}

// flowOf is __build_flow_key for a socket and the header of a packet that it
// sent.
func flowOf(sk *core.Sock, h wire.IPv4) Flow4 {
	fl := Flow4{OIF: int(sk.BoundDev), Mark: sk.Mark, TOS: sk.TOS & 0xfc, Proto: sk.Protocol, Saddr: h.Src(), Daddr: h.Dst()}
	if sk.HdrIncl {
		fl.Proto = uint8(wire.ProtoRaw)
		fl.Flags |= FlowAnySrc
	}
	return fl
}

// Redirect is ipv4_redirect: an ICMP redirect about a packet of ours came. b's
// data pointer stands at the quoted header, its network header is the outer
// one, its transport header the ICMP one.
func (ip *IPv4) Redirect(b *core.SKB, oif int, proto uint8) {
	h := wire.IPv4(b.Data())
	if !h.Valid() {
		return
	}
	fl := Flow4{OIF: oif, TOS: h.TOS() & 0xfc, Proto: proto, Saddr: h.Src(), Daddr: h.Dst()}
	ip.redirectFlow(b, &fl, false)
}

// RedirectSock is ipv4_sk_redirect: the same for the flow of a socket.
func (ip *IPv4) RedirectSock(b *core.SKB, sk *core.Sock) {
	h := wire.IPv4(b.Data())
	if !h.Valid() {
		return
	}
	fl := flowOf(sk, h)
	ip.redirectFlow(b, &fl, false)
}

func (ip *IPv4) redirectFlow(b *core.SKB, fl *Flow4, kill bool) {
	d, err := ip.routeOutputKey(fl, nil)
	if err == 0 {
		ip.RedirectDst(d, b, fl, kill)
	}
}

// RedirectDst is __ip_do_redirect: believe a redirect only if it comes from the
// gateway that the route uses, and names a neighbour (RFC 1122 §3.2.2.2).
func (ip *IPv4) RedirectDst(d *core.Dst, b *core.SKB, fl *Flow4, kill bool) {
	defer ip.ns.In(step.IPDoRedirect, b).Out()
	ns := ip.ns
	m := wire.ICMP(b.L4())
	if !m.Valid() || m.Code()&7 > wire.ICMPRedirHostTOS {
		return
	}
	rt := rtOf(d)
	newGw, oldGw := m.Gateway(), b.IP4().Src()
	if rt.gw == 0 || rt.gw != oldGw {
		ns.Why(step.WhyRedirectNotGateway, uint64(oldGw), uint64(rt.gw))
		return
	}
	in := ip.inDev(b.Dev)
	if in == nil {
		return
	}
	if newGw == oldGw || !in.rxRedirects() || newGw.IsMulticast() || newGw.IsBroadcast() || newGw == 0 {
		ns.Why(step.WhyRedirectRefused, uint64(newGw))
		return
	}
	if !in.sharedMedia() {
		if !in.onLink(newGw, oldGw) || in.secureRedirects() && !ip.isDefaultGateway(newGw, b.Dev) {
			ns.Why(step.WhyRedirectRefused, uint64(newGw))
			return
		}
	} else if ip.addrType(nil, newGw) != RTNUnicast {
		ns.Why(step.WhyRedirectRefused, uint64(newGw))
		return
	}
	n := ns.Neigh4.Lookup(newGw.Addr(), d.Dev)
	if n == nil {
		n = ns.Neigh4.Create(newGw.Addr(), d.Dev)
	}
	if n == nil {
		return
	}
	if n.State&core.NUDValid == 0 {
		ns.Why(step.WhyRedirectResolve, uint64(newGw))
		n.EventSend(nil)
		return
	}
	var res fibResult
	if ip.lookup(fl, &res, 0) == 0 {
		ip.selectPath(&res, fl, b)
		ns.Why(step.WhyRedirectTaken, uint64(fl.Daddr), uint64(newGw), uint64(oldGw))
		ip.updateException(res.nh, fl.Daddr, newGw, 0, false, ns.Clock.Now()+gcTimeout)
	}
	if kill {
		d.Obsolete = true
	}
}

// isDefaultGateway is ip_fib_check_default.
func (ip *IPv4) isDefaultGateway(gw wire.IP4, dev *core.Device) bool {
	found := false
	ip.eachInfo(func(fi *fibInfo) {
		for _, nh := range fi.nhs {
			found = found || nh.dev == dev && nh.gw == gw && nh.flags&nhDead == 0
		}
	})
	return found
}

// LinkFailure is ipv4_link_failure: the neighbour does not answer. The sender
// gets ICMP 3/1; the route is asked for again.
func (ip *IPv4) LinkFailure(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.IPv4LinkFailure, b).Out()
	if b.Network >= 0 && b.IP4().Valid() {
		// ipv4_send_dest_unreach reads the options again, from a copy: it does
		// not record itself in them.
		o := optData{}
		h := b.IP4()
		if len(h.Options()) == 0 || ip.parseOptions(&o.options, append(o.buf[:0], h.Options()...), nil) < 0 {
			ip.icmpSend(b, uint8(wire.ICMPDestUnreach), wire.ICMPHostUnreach, 0, &o.options)
		}
	}
	if b.Dst != nil {
		// dst_set_expires(dst, 0)
		if now := ns.Clock.Now(); b.Dst.Expires == 0 || now < b.Dst.Expires {
			b.Dst.Expires = max(now, 1)
		}
	}
}

// peerOf is inet_getpeer_v4.
func (ip *IPv4) peerOf(a wire.IP4) *inet.Peer { return ip.peers.Get(ip.ns.Clock.Now(), a.Addr()) }
