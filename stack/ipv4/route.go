package ipv4

// Routes for packets: net/ipv4/route.c. The lookups that come in are in
// route_input.go, those that go out in route_output.go, what is learned on the
// way (path MTU, redirects, errors) in route_learn.go.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// ipMaxMTU is IP_MAX_MTU, in bytes.
const ipMaxMTU = 0xffff

// An rtable is what struct rtable has beyond struct dst_entry.
type rtable struct {
	genid       uint32
	input       bool // rt_is_input
	usesGateway bool
	redirected  bool
	locked      bool // rt_mtu_locked
	iif         int  // rt_iif: the device that an output route was bound to
	gw          wire.IP4
	pmtu        int
	metricMTU   int // RTAX_MTU of the route itself
	metrics     Metrics
	src         wire.IP4 // the source that goes with it
}

func rtOf(d *core.Dst) *rtable { return d.Upper.(*rtable) }

// What a Dst's input and output are.
type (
	dstLocalDeliver struct{} // ip_local_deliver
	dstForward      struct{} // ip_forward
	dstError        struct{} // ip_error
	dstOutput       struct{} // ip_output
	dstMcOutput     struct{} // ip_mc_output
	dstRtBug        struct{} // ip_rt_bug
	dstDiscard      struct{} // dst_discard
)

func (dstLocalDeliver) Input(ns *core.Netns, b *core.SKB) { Of(ns).localDeliver(b) }
func (dstForward) Input(ns *core.Netns, b *core.SKB)      { Of(ns).forward(b) }
func (dstError) Input(ns *core.Netns, b *core.SKB)        { Of(ns).ipError(b) }
func (dstDiscard) Input(ns *core.Netns, b *core.SKB)      { Of(ns).discard(b) }

func (dstOutput) Output(ns *core.Netns, sk *core.Sock, b *core.SKB) core.Errno {
	return Of(ns).output(sk, b)
}
func (dstMcOutput) Output(ns *core.Netns, sk *core.Sock, b *core.SKB) core.Errno {
	return Of(ns).mcOutput(sk, b)
}
func (dstRtBug) Output(ns *core.Netns, _ *core.Sock, b *core.SKB) core.Errno {
	Of(ns).rtBug(b)
	return 0
}

// rtCacheFlush is rt_cache_flush: every route that was made is out of date. The
// next hops let go of theirs at once, so that whoever keeps one sees Obsolete.
func (ip *IPv4) rtCacheFlush() {
	ip.genid++
	ip.eachInfo(func(fi *fibInfo) {
		for _, nh := range fi.nhs {
			for _, p := range [...]**core.Dst{&nh.rthInput, &nh.rthOutput} {
				if *p != nil {
					(*p).Obsolete = true
					*p = nil
				}
			}
			if nh.exceptions != nil {
				for _, e := range nh.exceptions.list {
					e.flush()
				}
			}
		}
	})
}

// valid is rt_cache_valid.
func (ip *IPv4) valid(d *core.Dst) bool {
	return d != nil && !d.Obsolete && rtOf(d).genid == ip.genid
}

// DstCheck is dst_check (ipv4_dst_check): may a route that a socket has kept
// still be used? A learned path MTU that is too old ends a route too.
func (ip *IPv4) DstCheck(d *core.Dst) bool {
	if !ip.valid(d) {
		return false
	}
	return rtOf(d).pmtu == 0 || ip.ns.Clock.Now() <= d.Expires
}

// alloc is rt_dst_alloc.
func (ip *IPv4) alloc(dev *core.Device, flags uint16, typ uint8) *core.Dst {
	d := &core.Dst{Dev: dev, Flags: flags, Type: typ, Out: dstOutput{}, Upper: &rtable{genid: ip.genid}}
	if flags&core.RTCFLocal != 0 {
		d.In = dstLocalDeliver{}
	} else {
		d.In = dstDiscard{}
	}
	return d
}

// setNexthop is rt_set_nexthop: gateway and metrics of the route, what was
// learned about the destination, and the place where the next packet finds it.
func (ip *IPv4) setNexthop(d *core.Dst, daddr wire.IP4, res *fibResult, e *exception, fi *fibInfo, cache bool) {
	if fi == nil {
		return
	}
	rt, nh := rtOf(d), res.nh
	d.Table, d.TOS = res.table.id, res.tos
	switch {
	case nh.scope != ScopeLink:
	case nh.gw != 0:
		rt.usesGateway, rt.gw = true, nh.gw
		d.Gateway = nh.gw.Addr()
	case !nh.gw6.IsZero():
		rt.usesGateway, d.Gateway = true, nh.gw6
	}
	if fi.prefsrc != 0 {
		d.PrefSrc = fi.prefsrc.Addr()
	}
	m := fi.metrics
	rt.metrics, rt.metricMTU = m, m.MTU
	d.MTU, d.AdvMSS, d.Window, d.InitCwnd, d.InitRwnd, d.RtoMin = m.MTU, m.AdvMSS, m.Window, m.InitCwnd, m.InitRwnd, m.RtoMin
	switch {
	case e != nil:
		ip.fillFromException(d, e)
		if rt.gw == 0 && !rt.usesGateway {
			rt.gw = daddr // the exception is about this address only
		}
		e.stamp = ip.ns.Clock.Now()
		if !cache {
			return
		}
		if rt.input {
			e.rthInput = d
		} else {
			e.rthOutput = d
		}
	case !cache:
		if rt.gw == 0 && !rt.usesGateway {
			rt.gw = daddr
		}
	case rt.input:
		nh.rthInput = d
	default:
		nh.rthOutput = d
	}
}

// MTU is dst_mtu (ipv4_mtu): how many bytes of IP packet the route takes.
func (ip *IPv4) MTU(d *core.Dst) int { return ip.mtuMaybeForward(d, false) }

// mtuMaybeForward is ip_dst_mtu_maybe_forward: a router does not trust a path
// MTU that ICMP told it.
func (ip *IPv4) mtuMaybeForward(d *core.Dst, forwarding bool) int {
	rt := rtOf(d)
	locked := ip.mtuLocked(d)
	if ip.ns.Sysctl.IPForwardUsePMTU != 0 || locked || !forwarding {
		if rt.pmtu != 0 && ip.ns.Clock.Now() < d.Expires {
			return min(rt.pmtu, ipMaxMTU)
		}
	}
	mtu := rt.metricMTU
	if mtu == 0 {
		if mtu = d.Dev.MTU; locked && rt.usesGateway && mtu > 576 {
			mtu = 576
		}
	}
	return min(mtu, ipMaxMTU)
}

// ForwardMTU is ip_dst_mtu_maybe_forward for packets that are passed on.
func (ip *IPv4) ForwardMTU(d *core.Dst) int { return ip.mtuMaybeForward(d, true) }

// mtuLocked is ip_mtu_locked.
func (ip *IPv4) mtuLocked(d *core.Dst) bool {
	rt := rtOf(d)
	return rt.locked || rt.metrics.MTULock
}

// MTULocked tells that packets of this route must not have DF: the path MTU
// is one that we do not accept (ip_mtu_locked).
func (ip *IPv4) MTULocked(d *core.Dst) bool { return ip.mtuLocked(d) }

// AdvMSS is dst_metric_advmss (ipv4_default_advmss): the largest TCP segment
// that may be announced, in bytes.
func (ip *IPv4) AdvMSS(d *core.Dst) int {
	if d.AdvMSS != 0 {
		return d.AdvMSS
	}
	return min(max(ip.MTU(d)-40, ip.ns.Sysctl.MinAdvMSS), 65535-40)
}

// UsesGateway reports whether the route leads over a gateway (rt_uses_gateway).
func (ip *IPv4) UsesGateway(d *core.Dst) bool { return rtOf(d).usesGateway }

// RouteMetrics are the metrics of the route that a Dst was made from.
func (ip *IPv4) RouteMetrics(d *core.Dst) Metrics {
	if rt, ok := d.Upper.(*rtable); ok {
		return rt.metrics
	}
	return Metrics{}
}

// nexthopOf is rt_nexthop: the address whose link address is needed.
func (rt *rtable) nexthopOf(daddr wire.IP4) wire.IP4 {
	if rt.gw != 0 {
		return rt.gw
	}
	return daddr
}

// InIIF is inet_iif: the device by which a packet counts as received; for what
// this host sent itself, the one that it was sent to.
func InIIF(b *core.SKB) int {
	if b.Dst != nil {
		if rt, ok := b.Dst.Upper.(*rtable); ok && rt.iif != 0 {
			return rt.iif
		}
	}
	if b.IIF == 0 && b.Dev != nil {
		return b.Dev.Index
	}
	return b.IIF
}
