package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// RouteOutput is ip_route_output_flow: the route for a packet of this host. It
// fills in fl.Saddr when it is zero, and fl.OIF when a protocol is given.
func (ip *IPv4) RouteOutput(fl *Flow4) (*core.Dst, core.Errno) {
	defer ip.ns.In(step.IPRouteOutputFlow, inetSubject(ip.ns)).Out()
	d, err := ip.routeOutputKey(fl, nil)
	if err != 0 {
		return nil, err
	}
	if fl.Proto != 0 {
		fl.OIF = d.Dev.Index
	}
	return d, 0
}

// routeOutputKey is ip_route_output_key_hash.
func (ip *IPv4) routeOutputKey(fl *Flow4, b *core.SKB) (*core.Dst, core.Errno) {
	defer ip.ns.In(step.IPRouteOutputKeyHash, inetSubject(ip.ns)).Out()
	fl.IIF = ip.loIndex()
	fl.TOS &= 0xfc
	var res fibResult
	return ip.routeOutputKeyRcu(fl, b, &res)
}

// routeOutputKeyRcu is ip_route_output_key_hash_rcu: check the source, treat
// multicast and broadcast apart, then ask the tables and choose a source.
// res is what the tables said.
func (ip *IPv4) routeOutputKeyRcu(fl *Flow4, b *core.SKB, res *fibResult) (*core.Dst, core.Errno) {
	defer ip.ns.In(step.IPRouteOutputKeyHashRcu, inetSubject(ip.ns)).Out()
	ns := ip.ns
	orig := fl.OIF
	group := fl.Daddr.IsMulticast() || fl.Daddr.IsBroadcast()
	if fl.Saddr != 0 {
		if fl.Saddr.IsMulticast() || fl.Saddr.IsBroadcast() {
			ns.Why(step.WhySourceInvalid, uint64(fl.Saddr))
			return nil, step.EINVAL
		}
		if fl.OIF == 0 && group {
			dev := ip.devFind(fl.Saddr)
			if dev == nil {
				ns.Why(step.WhySourceForeign, uint64(fl.Saddr))
				return nil, step.ENETUNREACH
			}
			fl.OIF = dev.Index
			return ip.mkrouteOutput(res, fl, orig, dev, 0)
		}
		if fl.Flags&FlowAnySrc == 0 && ip.devFind(fl.Saddr) == nil {
			ns.Why(step.WhySourceForeign, uint64(fl.Saddr))
			return nil, step.ENETUNREACH
		}
	}
	var dev *core.Device
	if fl.OIF != 0 {
		if dev = ns.DevByIndex(fl.OIF); dev == nil {
			return nil, step.ENODEV
		}
		if !dev.Up() || ip.inDev(dev) == nil {
			ns.Why(step.WhyOutDevDown, uint64(dev.Index))
			return nil, step.ENETUNREACH
		}
		if fl.Daddr>>8 == 0xe00000 || fl.Daddr.IsBroadcast() || fl.Proto == uint8(wire.ProtoIGMP) {
			if fl.Saddr == 0 {
				fl.Saddr = ip.SelectAddr(dev, 0, ScopeLink)
			}
			ns.Why(step.WhyOutDevice, uint64(fl.Daddr), uint64(dev.Index))
			return ip.mkrouteOutput(res, fl, orig, dev, 0)
		}
		if fl.Saddr == 0 {
			if fl.Daddr.IsMulticast() {
				fl.Saddr = ip.SelectAddr(dev, 0, fl.Scope)
			} else if fl.Daddr == 0 {
				fl.Saddr = ip.SelectAddr(dev, 0, ScopeHost)
			}
		}
	}
	if fl.Daddr == 0 {
		if fl.Daddr = fl.Saddr; fl.Daddr == 0 {
			fl.Daddr, fl.Saddr = 0x7f000001, 0x7f000001
		}
		if dev = ip.loopback(); dev == nil {
			return nil, step.ENETUNREACH
		}
		fl.OIF = dev.Index
		res.typ = RTNLocal
		ns.Why(step.WhyOutAnyLocal, uint64(fl.Daddr))
		return ip.mkrouteOutput(res, fl, orig, dev, core.RTCFLocal)
	}
	if err := ip.lookup(fl, res, 0); err != 0 {
		if fl.OIF == 0 {
			ns.Why(step.WhyOutNoRoute, uint64(fl.Daddr), uint64(err))
			return nil, err
		}
		// The tables are wrong, or empty: the program named the device.
		if fl.Saddr == 0 {
			fl.Saddr = ip.SelectAddr(dev, 0, ScopeLink)
		}
		*res = fibResult{typ: RTNUnicast}
		ns.Why(step.WhyOutDevice, uint64(fl.Daddr), uint64(dev.Index))
		return ip.mkrouteOutput(res, fl, orig, dev, 0)
	}
	if res.typ == RTNLocal {
		if fl.Saddr == 0 {
			if fl.Saddr = res.fi.prefsrc; fl.Saddr == 0 {
				fl.Saddr = fl.Daddr
			}
		}
		if dev = ip.loopback(); dev == nil {
			return nil, step.ENETUNREACH
		}
		orig = res.nh.oif
		fl.OIF = dev.Index
		ns.Why(step.WhyOutLocal, uint64(fl.Daddr), uint64(orig))
		return ip.mkrouteOutput(res, fl, orig, dev, core.RTCFLocal)
	}
	ip.selectPath(res, fl, b)
	why := step.WhyOutRoute
	if !res.nh.gateway() {
		why = step.WhyOutOnLink
	}
	ns.Why(why, uint64(fl.Daddr), uint64(res.nh.oif), uint64(res.nh.gw), uint64(fl.Saddr))
	return ip.mkrouteOutput(res, fl, orig, res.nh.dev, 0)
}

// mkrouteOutput is __mkroute_output: take the route that the next hop keeps, or
// make one.
func (ip *IPv4) mkrouteOutput(res *fibResult, fl *Flow4, orig int, dev *core.Device, flags uint16) (*core.Dst, core.Errno) {
	in := ip.inDev(dev)
	if in == nil {
		return nil, step.EINVAL
	}
	lo := dev.Flags&core.IFFLoopback != 0
	if !in.routeLocalnet() && fl.Saddr.IsLoopback() && !lo {
		ip.ns.Why(step.WhyLoopbackSource, uint64(fl.Saddr), uint64(dev.Index))
		return nil, step.EINVAL
	}
	fi, typ, cache := res.fi, res.typ, true
	switch {
	case fl.Daddr.IsBroadcast():
		typ, fi = RTNBroadcast, nil
	case fl.Daddr.IsMulticast():
		typ = RTNMulticast
	case fl.Daddr == 0:
		return nil, step.EINVAL
	}
	if lo {
		flags |= core.RTCFLocal
	}
	switch {
	case typ == RTNBroadcast:
		flags |= core.RTCFBroadcast | core.RTCFLocal
	case typ == RTNMulticast:
		flags |= core.RTCFMulticast
		if ip.MemberOf(dev, fl.Daddr, fl.Saddr, fl.Proto) {
			flags |= core.RTCFLocal
			cache = false
		} else {
			flags &^= core.RTCFLocal
		}
		if fi != nil && res.plen < 4 {
			fi = nil // the default route is not for groups
		}
	case typ == RTNLocal && orig != 0 && orig != dev.Index:
		cache = false
	}
	var e *exception
	if cache = cache && fi != nil; fi != nil {
		nh := res.nh
		e = ip.findException(nh, fl.Daddr)
		if cache && e == nil && fl.Flags&FlowKnownNH != 0 && !(nh.gateway() && nh.scope == ScopeLink) {
			cache = false
		}
		if cache {
			d := nh.rthOutput
			if e != nil {
				d = e.rthOutput
			}
			if ip.valid(d) {
				return d, 0
			}
		}
	}
	d := ip.alloc(dev, flags, typ)
	rtOf(d).iif = orig
	d.IIF = orig
	if flags&(core.RTCFBroadcast|core.RTCFMulticast) != 0 && flags&core.RTCFLocal != 0 && !lo {
		d.Out = dstMcOutput{}
	}
	ip.setNexthop(d, fl.Daddr, res, e, fi, cache)
	return d, 0
}

// RouteMeHarder is ip_route_me_harder: a hook of LOCAL_OUT changed an address,
// the TOS or the mark of a packet, so its route is asked for again. addrType is
// what the source is to this host, RTNUnspec if unknown.
func (ip *IPv4) RouteMeHarder(sk *core.Sock, b *core.SKB, addrType uint8) core.Errno {
	defer ip.ns.In(step.IPRouteMeHarder, b).Out()
	ns := ip.ns
	h := b.IP4()
	if addrType == RTNUnspec {
		addrType = ip.addrType(nil, h.Src())
	}
	fl := Flow4{Daddr: h.Dst(), TOS: h.TOS() & 0xfc, Mark: b.Mark}
	if addrType == RTNLocal || addrType == RTNUnicast {
		fl.Saddr = h.Src()
	}
	if addrType != RTNLocal {
		fl.Flags |= FlowAnySrc
	}
	if sk != nil {
		fl.OIF = int(sk.BoundDev)
		if sk.Transparent || sk.HdrIncl {
			fl.Flags |= FlowAnySrc
		}
	}
	d, err := ip.RouteOutput(&fl)
	if err != 0 {
		return err
	}
	b.Dst = d
	ns.Why(step.WhyRerouted, uint64(h.Dst()), uint64(d.Dev.Index), uint64(b.Mark))
	return 0
}
