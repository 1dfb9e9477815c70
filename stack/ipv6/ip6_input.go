package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read RFC 8200 before editing; the kernel file is net/ipv6/ip6_input.c. Left
// out: lists of packets, VRFs, IPsec, multicast routing.

// Flags of CB.IPFlags (IP6SKB_*).
const (
	skbForwarded   = 2
	skbReroutedOut = 4
	skbRouterAlert = 8
	skbFragmented  = 16
	skbAlertMLD    = 1 << 12 // the router alert's value is 0: MLD
	skbSrcRoute    = 1 << 13
	skbIgnoreDF    = 1 << 14 // skb->ignore_df: may be fragmented here
	skbMultipath   = 1 << 15 // its route is one of several
)

// IgnoreDF is the bit of CB.IPFlags that lets this host cut a packet which it
// did not make itself (skb->ignore_df): conntrack sets it on what it has put
// together, with CB.FragMax.
const IgnoreDF = skbIgnoreDF

// rcv is ipv6_packet_type.
type rcv struct{}

// Rcv is ipv6_rcv: an IPv6 packet comes in.
func (*rcv) Rcv(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.IPv6Rcv, b).Out()
	ip := Of(ns)
	dev := b.Dev
	if !ip.rcvCore(b, dev) {
		return
	}
	if !ns.Hook(core.NFIPv6, core.PreRouting, dev, nil, nil, b) {
		return
	}
	ip.rcvFinish(b)
}

// rcvCore is ip6_rcv_core: the checks of the fixed header. It reports false
// when the packet is gone.
func (ip *IPv6) rcvCore(b *core.SKB, dev *core.Device) bool {
	defer ip.ns.In(step.IP6RcvCore, b).Out()
	ns := ip.ns
	if b.PktType == core.PacketOtherHost {
		dev.Stats.RxOtherhost++
		ns.Why(step.WhyIP6OtherHost, uint64(dev.Index))
		ns.Drop(b, step.DropOtherhost, step.IP6RcvCore)
		return false
	}
	ns.Inc(step.Ip6InReceives)
	ns.Add(step.Ip6InOctets, uint64(b.Len()))
	idev := idevOf(dev)
	if idev == nil || idev.disabled(ns) {
		ns.Inc(step.Ip6InDiscards)
		why := core.DropReason(step.DropNotSpecified)
		if idev != nil {
			why = step.DropIpv6disabled
		}
		ns.Why(step.WhyIP6Disabled, uint64(dev.Index))
		ns.Drop(b, why, step.IP6RcvCore)
		return false
	}
	b.ResetNetwork()
	cb := &b.CB
	cb.IIF, cb.IPFlags, cb.FragMax, cb.RA, cb.DstOpt = dev.Index, 0, 0, false, 0
	if b.Dst != nil {
		if r := upper(b.Dst); r != nil && r.idev != nil {
			cb.IIF = r.idev.dev.Index
		}
	}
	if !b.MayPull(wire.IPv6Len) {
		ns.Why(step.WhyIP6Short, uint64(b.Len()))
		return ip.headerError(b, step.DropIPInhdr)
	}
	h := wire.IPv6(b.Data())
	if h.Version() != 6 {
		ns.Why(step.WhyIP6Version, uint64(h.Version()))
		return ip.headerError(b, step.DropUnhandledProto)
	}
	ns.Add(step.Ip6InNoECTPkts+step.MIB(h.ECN()), uint64(max(1, b.GSOSegs)))
	if !ip.addressesOK(b, h, dev) {
		return false
	}
	b.Transport = b.Network + wire.IPv6Len
	cb.NHOff = 6
	n := h.PayloadLen()
	if n != 0 || h.NextHeader() != wire.ProtoHopByHop {
		if n+wire.IPv6Len > b.Len() {
			ns.Inc(step.Ip6InTruncatedPkts)
			ns.Why(step.WhyIP6Truncated, uint64(n), uint64(b.Len()-wire.IPv6Len))
			ns.Drop(b, step.DropPktTooSmall, step.IP6RcvCore)
			return false
		}
		if n+wire.IPv6Len < b.Len() {
			b.Trim(n + wire.IPv6Len)
			if b.IPSummed == core.ChecksumComplete {
				b.IPSummed = core.ChecksumNone
			}
		}
	}
	if h.NextHeader() == wire.ProtoHopByHop && !ip.parseHopOpts(b) {
		ns.Inc(step.Ip6InHdrErrors)
		return false
	}
	if ns.Listening() {
		src, dst := h.Src(), h.Dst()
		ns.Why(step.WhyIP6HeaderOK, src.Hi, src.Lo, dst.Hi, dst.Lo, uint64(n))
	}
	b.Orphan()
	return true
}

// addressesOK is ip6_rcv_core's part about addresses (RFC 4291 §2.5.3, §2.7).
func (ip *IPv6) addressesOK(b *core.SKB, h wire.IPv6, dev *core.Device) bool {
	ns := ip.ns
	src, dst := h.Src(), h.Dst()
	switch loop := dev.Flags&core.IFFLoopback != 0; {
	case (src.IsLoopback() || dst.IsLoopback()) && !loop:
		ns.Why(step.WhyIP6LoopbackOutside, uint64(dev.Index))
	case dst.IsMulticast() && mcScope(dst) == scopeNode && b.PktType != core.PacketLoopback && !loop:
		ns.Why(step.WhyIP6InterfaceScope, dst.Hi, dst.Lo)
	case dst.IsMulticast() && mcScope(dst) == 0:
		ns.Why(step.WhyIP6ScopeZero, dst.Hi, dst.Lo)
	case src.IsMulticast():
		ns.Why(step.WhyIP6SrcMulticast, src.Hi, src.Lo)
	default:
		return true
	}
	return ip.headerError(b, step.DropIPInhdr)
}

// headerError is ip6_rcv_core's "err" label.
func (ip *IPv6) headerError(b *core.SKB, why core.DropReason) bool {
	ip.ns.Inc(step.Ip6InHdrErrors)
	ip.ns.Drop(b, why, step.IP6RcvCore)
	return false
}

// rcvFinish is ip6_rcv_finish: find the route, by the socket if there is one,
// and follow it.
func (ip *IPv6) rcvFinish(b *core.SKB) {
	defer ip.ns.In(step.IP6RcvFinish, b).Out()
	ns := ip.ns
	together := ns.Machine.Batch != 0
	if !together || !ip.hinted(b) {
		ip.rcvFinishCore(b)
	}
	if together {
		ip.keepHint(b)
	}
	ns.DstInput(b)
}

// rcvFinishCore is ip6_rcv_finish_core.
func (ip *IPv6) rcvFinishCore(b *core.SKB) {
	if ip.ns.Sysctl.IPEarlyDemux != 0 && b.Dst == nil && b.SK == nil {
		ip.earlyDemux(b)
	}
	if b.Dst == nil {
		ip.RouteInput(b)
	}
}

// earlyDemux is ip6_rcv_finish_core's first half: an established socket knows
// its route already.
func (ip *IPv6) earlyDemux(b *core.SKB) {
	ns := ip.ns
	p := b.IP6().NextHeader()
	if !(p == wire.ProtoTCP && ns.Sysctl.TCPEarlyDemux != 0) && !(p == wire.ProtoUDP && ns.Sysctl.UDPEarlyDemux != 0) {
		return
	}
	if d, ok := ns.Proto6(uint8(p)).(core.EarlyDemux); ok {
		d.EarlyDemux(ns, b)
	}
}

// input is ip6_input: the packet is for this host.
func (ip *IPv6) input(b *core.SKB) {
	defer ip.ns.In(step.IP6Input, b).Out()
	ns := ip.ns
	if !ns.Hook(core.NFIPv6, core.LocalIn, b.Dev, nil, nil, b) {
		return
	}
	ip.inputFinish(b)
}

// inputFinish is ip6_input_finish.
func (ip *IPv6) inputFinish(b *core.SKB) {
	defer ip.ns.In(step.IP6InputFinish, b).Out()
	ip.protocolDeliver(b)
}

// protocolDeliver is ip6_protocol_deliver_rcu: walk over the extension headers
// (RFC 8200 §4) and give the packet to the protocol behind them.
func (ip *IPv6) protocolDeliver(b *core.SKB) {
	defer ip.ns.In(step.IP6ProtocolDeliver, b).Out()
	ns := ip.ns
	final, next := false, uint8(0)
	for {
		if !final {
			n := b.TransportOffset()
			if n < 0 || !b.MayPull(n) {
				ip.discard(b, step.DropNotSpecified)
				return
			}
			b.Pull(n)
			next = b.From(b.Network)[b.CB.NHOff]
		}
		raw := ip.raw != nil && ip.raw.LocalDeliver(ns, b, next)
		h := ns.Proto6(next)
		if h == nil {
			ip.noProtocol(b, next, raw)
			return
		}
		_, ext := h.(*exthdr)
		if ext && final {
			ip.discard(b, step.DropNotSpecified)
			return
		}
		if !ext && !final {
			final = true
			if !ip.groupOK(b, next) {
				return
			}
			ns.Why(step.WhyIP6Deliver, uint64(next), uint64(b.Transport-b.Network))
			b.ResetCT() // nf_reset_ct
		}
		switch ret := h.Rcv(ns, b); {
		case ret == 0:
			ns.Inc(step.Ip6InDelivers)
			return
		case ret == gone:
			return
		case ret < 0:
			next = uint8(-ret)
		}
	}
}

// gone is what an extension header's handler returns when the packet is freed
// (the kernel's -1); no protocol has that number.
const gone = -1 << 16

// groupOK is ip6_protocol_deliver_rcu's check of the group's source filter.
func (ip *IPv6) groupOK(b *core.SKB, next uint8) bool {
	h := b.IP6()
	dst := h.Dst()
	if !dst.IsMulticast() || ip.ChkMcastAddr(b.Dev, dst, h.Src()) || isMLD(b, next) {
		return true
	}
	ip.ns.Why(step.WhyIP6NotJoined, dst.Hi, dst.Lo, uint64(b.Dev.Index))
	ip.discard(b, step.DropIPInaddrerrors)
	return false
}

// isMLD is ipv6_is_mld: a message of multicast listener discovery.
func isMLD(b *core.SKB, next uint8) bool {
	if wire.Proto(next) != wire.ProtoICMPv6 || !b.MayPull(1) {
		return false
	}
	switch wire.ICMPv6Type(b.Data()[0]) {
	case wire.ICMPv6MLDQuery, wire.ICMPv6MLDReport, wire.ICMPv6MLDDone, wire.ICMPv6MLD2Report:
		return true
	}
	return false
}

func (ip *IPv6) discard(b *core.SKB, why core.DropReason) {
	ip.ns.Inc(step.Ip6InDiscards)
	ip.ns.Drop(b, why, step.IP6ProtocolDeliver)
}

// noProtocol is the end of a packet whose protocol nobody handles (RFC 4443
// §3.4: parameter problem, code 1).
func (ip *IPv6) noProtocol(b *core.SKB, next uint8, raw bool) {
	ns := ip.ns
	if raw {
		ns.Inc(step.Ip6InDelivers)
		ns.Consume(b, step.IP6ProtocolDeliver)
		return
	}
	ns.Inc(step.Ip6InUnknownProtos)
	ns.Why(step.WhyIP6NoProto, uint64(next))
	if ns.Listening() && inet.LoadableProto(next) {
		ns.Note(b, step.WhyProtoModule, uint64(next))
	}
	ip.icmpSend(b, uint8(wire.ICMPv6ParamProblem), wire.ICMPv6UnknownNextHdr, uint32(b.CB.NHOff))
	ns.Drop(b, step.DropIPNoproto, step.IP6InputFinish) // ip6_protocol_deliver_rcu is part of it there
}

// mcInput is ip6_mc_input: a packet to a group. Multicast routing is not
// modelled: what nobody here has joined ends here.
func (ip *IPv6) mcInput(b *core.SKB) {
	defer ip.ns.In(step.IP6McInput, b).Out()
	ns := ip.ns
	ns.Inc(step.Ip6InMcastPkts)
	ns.Add(step.Ip6InMcastOctets, uint64(b.Len()))
	dst := b.IP6().Dst()
	if !ip.ChkMcastAddr(b.Dev, dst, wire.Addr{}) {
		ns.Why(step.WhyIP6NotJoined, dst.Hi, dst.Lo, uint64(b.Dev.Index))
		ns.Drop(b, step.DropNotSpecified, step.IP6McInput)
		return
	}
	ns.Why(step.WhyIP6Joined, dst.Hi, dst.Lo, uint64(b.Dev.Index))
	ip.input(b)
}
