package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// RouteInput is ip_route_input_noref: where does a packet that came in by dev
// go? It sets b.Dst, or returns why the packet cannot be routed.
func (ip *IPv4) RouteInput(b *core.SKB, daddr, saddr wire.IP4, tos uint8, dev *core.Device) core.DropReason {
	defer ip.ns.In(step.IPRouteInputNoref, b).Out()
	var res fibResult
	return ip.routeInputRcu(b, daddr, saddr, tos&0xfc, dev, &res)
}

// routeInputRcu is ip_route_input_rcu: a multicast packet is for members only. res is
// what the tables said.
func (ip *IPv4) routeInputRcu(b *core.SKB, daddr, saddr wire.IP4, tos uint8, dev *core.Device, res *fibResult) core.DropReason {
	if !daddr.IsMulticast() {
		return ip.routeInputSlow(b, daddr, saddr, tos, dev, res)
	}
	in := ip.inDev(dev)
	if in == nil {
		return step.DropNotSpecified
	}
	if !ip.checkMC(b, in, daddr, saddr, uint8(b.IP4().Proto())) {
		ip.ns.Why(step.WhyGroupNotJoined, uint64(daddr), uint64(dev.Index))
		return step.DropNotSpecified
	}
	return ip.routeInputMC(b, daddr, saddr, tos, dev, in)
}

// routeInputMC is ip_route_input_mc.
func (ip *IPv4) routeInputMC(b *core.SKB, daddr, saddr wire.IP4, tos uint8, dev *core.Device, in *InDevice) core.DropReason {
	defer ip.ns.In(step.IPRouteInputMC, b).Out()
	if why := ip.mcValidateSource(b, daddr, saddr, tos, dev, in); why != 0 {
		return why
	}
	d := ip.alloc(ip.loopback(), core.RTCFMulticast|core.RTCFLocal, RTNMulticast)
	d.Out = dstRtBug{}
	rtOf(d).input = true
	b.Dst = d
	ip.ns.Why(step.WhyGroupJoined, uint64(daddr), uint64(dev.Index))
	return 0
}

// mcValidateSource is ip_mc_validate_source.
func (ip *IPv4) mcValidateSource(b *core.SKB, daddr, saddr wire.IP4, tos uint8, dev *core.Device, in *InDevice) core.DropReason {
	switch {
	case saddr.IsMulticast() || saddr.IsBroadcast():
		return step.DropIPInvalidSource
	case saddr.IsLoopback() && !in.routeLocalnet():
		return step.DropIPLocalnet
	case saddr == 0:
		if daddr>>8 != 0xe00000 && b.IP4().Proto() != wire.ProtoIGMP {
			return step.DropIPInvalidSource
		}
		return 0
	}
	_, err := ip.validateSource(b, saddr, 0, tos, 0, dev, in)
	return sourceReason(err)
}

// sourceReason names what fib_validate_source objected to.
func sourceReason(err core.Errno) core.DropReason {
	switch err {
	case 0:
		return 0
	case errXDev:
		return step.DropIPRpfilter
	case errSourceType:
		return step.DropIPInvalidSource
	}
	return step.DropIPLocalSource
}

// routeInputSlow is ip_route_input_slow: refuse martians (RFC 1812 §5.3.7),
// then ask the routing tables, then decide by the route's type.
func (ip *IPv4) routeInputSlow(b *core.SKB, daddr, saddr wire.IP4, tos uint8, dev *core.Device, res *fibResult) core.DropReason {
	defer ip.ns.In(step.IPRouteInputSlow, b).Out()
	ns := ip.ns
	b.Dst = nil
	in := ip.inDev(dev)
	if in == nil {
		ns.Why(step.WhyNoIPHere, uint64(dev.Index))
		return step.DropNotSpecified
	}
	switch {
	case saddr.IsMulticast() || saddr.IsBroadcast():
		ns.Why(step.WhyMartianSource, uint64(saddr))
		return step.DropIPInvalidSource
	case daddr.IsBroadcast() || saddr == 0 && daddr == 0:
		return ip.inputBroadcast(b, saddr, tos, dev, in, res, true)
	case saddr == 0:
		ns.Why(step.WhyMartianSource, uint64(saddr))
		return step.DropIPInvalidSource
	case daddr == 0:
		ns.Why(step.WhyMartianDest, uint64(daddr))
		return step.DropIPInvalidDest
	case (daddr.IsLoopback() || saddr.IsLoopback()) && !in.routeLocalnet():
		ns.Why(step.WhyMartianLocalnet, uint64(saddr), uint64(daddr), uint64(dev.Index))
		return step.DropIPLocalnet
	}
	fl := Flow4{Saddr: saddr, Daddr: daddr, IIF: dev.Index, Mark: b.Mark, TOS: tos}
	if ip.rulesNeedPorts {
		ip.dissect(b, &fl)
	}
	err := ip.lookup(&fl, res, 0)
	if err != 0 {
		if !in.forward() {
			err = step.EHOSTUNREACH
		}
		*res = fibResult{typ: RTNUnreachable}
		return ip.inputNoRoute(b, daddr, err, in)
	}
	switch res.typ {
	case RTNBroadcast:
		if in.bcForward() {
			return ip.mkrouteInput(b, res, in, daddr, saddr, tos)
		}
		return ip.inputBroadcast(b, saddr, tos, dev, in, res, ns.Sysctl.ConfAll.BcForwarding == 0)
	case RTNLocal:
		if _, err := ip.validateSource(b, saddr, daddr, tos, 0, dev, in); err != 0 {
			return sourceReason(err)
		}
		return ip.inputLocal(b, daddr, res, core.RTCFLocal, true)
	}
	if !in.forward() {
		*res = fibResult{typ: RTNUnreachable}
		return ip.inputNoRoute(b, daddr, step.EHOSTUNREACH, in)
	}
	if res.typ != RTNUnicast {
		ns.Why(step.WhyMartianDest, uint64(daddr))
		return step.DropIPInvalidDest
	}
	return ip.mkrouteInput(b, res, in, daddr, saddr, tos)
}

// inputBroadcast is brd_input of ip_route_input_slow.
func (ip *IPv4) inputBroadcast(b *core.SKB, saddr wire.IP4, tos uint8, dev *core.Device, in *InDevice, res *fibResult, cache bool) core.DropReason {
	if b.Protocol != uint16(wire.EtherTypeIPv4) {
		return step.DropInvalidProto
	}
	if saddr>>24 != 0 {
		if _, err := ip.validateSource(b, saddr, 0, tos, 0, dev, in); err != 0 {
			return sourceReason(err)
		}
	}
	res.typ = RTNBroadcast
	ip.ns.Why(step.WhyInputBroadcast, uint64(b.IP4().Dst()))
	return ip.inputLocal(b, 0, res, core.RTCFBroadcast|core.RTCFLocal, cache)
}

// inputLocal is local_input of ip_route_input_slow: the packet is for this
// host. The route is kept at the next hop for the next packet.
func (ip *IPv4) inputLocal(b *core.SKB, daddr wire.IP4, res *fibResult, flags uint16, cache bool) core.DropReason {
	cache = cache && res.fi != nil
	if res.typ == RTNLocal {
		ip.ns.Why(step.WhyInputLocal, uint64(daddr))
	}
	if cache && ip.valid(res.nh.rthInput) {
		b.Dst = res.nh.rthInput
		return 0
	}
	d := ip.alloc(ip.loopback(), flags, res.typ)
	d.Out = dstRtBug{}
	rtOf(d).input = true
	if cache {
		d.Table, d.TOS = res.table.id, res.tos
		res.nh.rthInput = d
	}
	b.Dst = d
	return 0
}

// inputNoRoute is no_route of ip_route_input_slow: the packet gets a route
// whose input is ip_error.
func (ip *IPv4) inputNoRoute(b *core.SKB, daddr wire.IP4, err core.Errno, in *InDevice) core.DropReason {
	if in.forward() {
		ip.ns.Why(step.WhyInputUnreachable, uint64(daddr), uint64(err))
	} else {
		ip.ns.Why(step.WhyNotForwarding, uint64(daddr), uint64(in.Dev.Index))
	}
	d := ip.errDst[err]
	if !ip.valid(d) {
		d = ip.alloc(ip.loopback(), 0, RTNUnreachable)
		d.In, d.Out, d.Err = dstError{}, dstRtBug{}, err
		rtOf(d).input = true
		ip.errDst[err] = d
	}
	b.Dst = d
	return 0
}

// mkrouteInput is ip_mkroute_input with __mkroute_input: a route that forwards.
func (ip *IPv4) mkrouteInput(b *core.SKB, res *fibResult, in *InDevice, daddr, saddr wire.IP4, tos uint8) core.DropReason {
	defer ip.ns.In(step.IPMkrouteInput, b).Out()
	ns := ip.ns
	if len(res.fi.nhs) > 1 {
		ip.selectMultipath(res, ip.multipathHash(nil, b), 0)
		b.CB.IPFlags |= ipskbMultipath
	}
	nh := res.nh
	out := ip.inDev(nh.dev)
	if out == nil {
		return step.DropNotSpecified
	}
	onLink, err := ip.validateSource(b, saddr, daddr, tos, nh.oif, in.Dev, in)
	if err != 0 {
		return sourceReason(err)
	}
	isIP := b.Protocol == uint16(wire.EtherTypeIPv4)
	if out == in && onLink && out.txRedirects() && isIP && (out.sharedMedia() || out.onLink(saddr, nh.gw)) {
		b.CB.IPFlags |= ipskbDoRedirect
	}
	if !isIP && out == in && !in.proxyPvlan() {
		return step.DropNotSpecified
	}
	why := step.WhyForward
	if nh.gw == 0 {
		why = step.WhyForwardOnLink
	}
	ns.Why(why, uint64(daddr), uint64(nh.oif), uint64(nh.gw))
	e := ip.findException(nh, daddr)
	d := nh.rthInput
	if e != nil {
		d = e.rthInput
	}
	if ip.valid(d) {
		b.Dst = d
		return 0
	}
	d = ip.alloc(nh.dev, 0, res.typ)
	rtOf(d).input = true
	d.In = dstForward{}
	ip.setNexthop(d, daddr, res, e, res.fi, true)
	b.Dst = d
	return 0
}

// discard is dst_discard.
func (ip *IPv4) discard(b *core.SKB) { ip.ns.Drop(b, step.DropNotSpecified, step.IPRcvFinish) }

// rtBug is ip_rt_bug: a packet that came in is sent out by the route that it
// came in by. That is a mistake of whoever did it.
func (ip *IPv4) rtBug(b *core.SKB) {
	defer ip.ns.In(step.IPRtBug, b).Out()
	ip.ns.Drop(b, step.DropNotSpecified, step.IPRtBug)
}
