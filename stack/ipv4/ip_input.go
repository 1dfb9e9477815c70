package ipv4

// From the device to the transport protocol: net/ipv4/ip_input.c. Read RFC 791
// and RFC 1122 §3.2.1 first.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// rcv is ip_rcv: the entry point of IPv4. A packet that rcvCore accepts passes
// the PRE_ROUTING hooks.
func (ip *IPv4) rcv(b *core.SKB) {
	defer ip.ns.In(step.IPRcv, b).Out()
	ns := ip.ns
	dev := b.Dev
	if b = ip.rcvCore(b); b == nil {
		return
	}
	if ns.Hook(core.NFIPv4, core.PreRouting, dev, nil, nil, b) {
		ip.rcvFinish(b)
	}
}

// rcvCore is ip_rcv_core: check version, lengths and checksum (RFC 1122
// §3.2.1.2: a host MUST silently discard a packet whose checksum is wrong) and
// cut off what the link padded. It returns nil for a packet that it dropped.
func (ip *IPv4) rcvCore(b *core.SKB) *core.SKB {
	defer ip.ns.In(step.IPRcvCore, b).Out()
	ns := ip.ns
	if b.PktType == core.PacketOtherHost {
		b.Dev.Stats.RxOtherhost++
		ns.Why(step.WhyOtherHost)
		ns.Drop(b, step.DropOtherhost, step.IPRcvCore)
		return nil
	}
	ns.Inc(step.IpInReceives)
	ns.Add(step.IpExtInOctets, uint64(b.Len()))
	if b.Shared() {
		c := b.Clone() // skb_share_check
		ns.Consume(b, step.IPRcvCore)
		b = c
	}
	if !b.MayPull(wire.IPv4MinLen) {
		ns.Why(step.WhyIPShort, uint64(b.Len()))
		return ip.headerError(b, step.DropIPInhdr)
	}
	h := wire.IPv4(b.Data())
	ihl := h.IHL()
	if ihl < wire.IPv4MinLen || h.Version() != 4 {
		ns.Why(step.WhyIPVersion, uint64(h.Version()), uint64(ihl))
		return ip.headerError(b, step.DropIPInhdr)
	}
	ns.Add(step.IpExtInNoECTPkts+step.MIB(h.ECN()), uint64(max(1, b.GSOSegs)))
	if !b.MayPull(ihl) {
		ns.Why(step.WhyIPShort, uint64(b.Len()))
		return ip.headerError(b, step.DropIPInhdr)
	}
	h = wire.IPv4(b.Data())
	if !h.ChecksumOK() {
		ns.Why(step.WhyIPChecksum, uint64(h.Checksum()))
		ns.Inc(step.IpExtInCsumErrors)
		return ip.headerError(b, step.DropIPCSUM)
	}
	n := h.TotalLen()
	if n == 0 && b.GSOSize > 0 {
		n = b.Len() // iph_totlen: a GSO packet of more than 64 kB
	}
	if b.Len() < n {
		ns.Why(step.WhyIPTruncated, uint64(n), uint64(b.Len()))
		ns.Inc(step.IpExtInTruncatedPkts)
		ns.Drop(b, step.DropPktTooSmall, step.IPRcvCore)
		return nil
	}
	if n < ihl {
		ns.Why(step.WhyIPTotalLen, uint64(n), uint64(ihl))
		return ip.headerError(b, step.DropIPInhdr)
	}
	if pad := b.Len() - n; pad > 0 {
		ns.Why(step.WhyIPPadding, uint64(pad), uint64(n))
		if b.IPSummed == core.ChecksumComplete {
			b.IPSummed = core.ChecksumNone // pskb_trim_rcsum: the sum covered the padding
		}
		b.Trim(n)
	} else {
		ns.Why(step.WhyIPGood, uint64(n), uint64(ihl))
	}
	b.Network = b.Offset()
	b.Transport = b.Network + ihl
	b.CB = core.CB{IIF: b.IIF}
	b.Orphan()
	return b
}

// headerError counts and drops a packet with a broken header.
func (ip *IPv4) headerError(b *core.SKB, why core.DropReason) *core.SKB {
	ip.ns.Inc(step.IpInHdrErrors)
	ip.ns.Drop(b, why, step.IPRcvCore)
	return nil
}

// rcvFinish is ip_rcv_finish: find the route and follow it.
func (ip *IPv4) rcvFinish(b *core.SKB) {
	defer ip.ns.In(step.IPRcvFinish, b).Out()
	ns := ip.ns
	if ip.rcvFinishCore(b, b.Dev) {
		if ns.Machine.Batch != 0 {
			ip.keepHint(b)
		}
		if ns.Listening() {
			ip.whyDst(b.Dst)
		}
		ns.DstInput(b)
	}
}

// whyDst says where a route leads.
func (ip *IPv4) whyDst(d *core.Dst) {
	why, dev := step.WhyToForward, 0
	switch {
	case d.Err != 0:
		why = step.WhyToError
	case d.Flags&core.RTCFLocal != 0:
		why = step.WhyToLocal
	case d.Dev != nil:
		dev = d.Dev.Index
	}
	ip.ns.Why(why, uint64(d.Type), uint64(dev))
}

// rcvFinishCore is ip_rcv_finish_core: an established socket gives the route
// (early demux), else the tables do. It reports false for a dropped packet.
func (ip *IPv4) rcvFinishCore(b *core.SKB, dev *core.Device) bool {
	defer ip.ns.In(step.IPRcvFinishCore, b).Out()
	ns := ip.ns
	if ns.Machine.Batch != 0 {
		if why := ip.hinted(b, dev); why != 0 {
			return ip.noRoute(b, why)
		}
	}
	if b.Dst == nil && b.SK == nil {
		ip.earlyDemux(b)
	}
	h := b.IP4()
	if b.Dst == nil {
		ns.Why(step.WhyNoDemux)
		if why := ip.RouteInput(b, h.Dst(), h.Src(), h.TOS(), dev); why != 0 {
			return ip.noRoute(b, why)
		}
		h = b.IP4()
	}
	if h.IHL() > wire.IPv4MinLen {
		switch ip.rcvOptions(b, dev) {
		case optionsDrop:
			ns.Drop(b, step.DropNotSpecified, step.IPRcvFinishCore)
			return false
		case optionsHeader:
			ns.Drop(b, step.DropIPInhdr, step.IPRcvFinishCore)
			return false
		case optionsTaken:
			return false
		}
	}
	switch {
	case b.Dst.Type == RTNMulticast:
		ns.Inc(step.IpExtInMcastPkts)
		ns.Add(step.IpExtInMcastOctets, uint64(b.Len()))
	case b.Dst.Type == RTNBroadcast:
		ns.Inc(step.IpExtInBcastPkts)
		ns.Add(step.IpExtInBcastOctets, uint64(b.Len()))
	case b.PktType == core.PacketBroadcast || b.PktType == core.PacketMulticast:
		// RFC 1122 §3.3.6
		if in := ip.inDev(dev); in != nil && in.dropUnicastInL2Multicast() {
			ns.Why(step.WhyUnicastInL2, uint64(b.PktType), uint64(h.Dst()))
			ns.Drop(b, step.DropUnicastInL2Multicast, step.IPRcvFinishCore)
			return false
		}
	}
	return true
}

// noRoute is drop_error of ip_rcv_finish_core.
func (ip *IPv4) noRoute(b *core.SKB, why core.DropReason) bool {
	if why == step.DropIPRpfilter {
		ip.ns.Inc(step.TcpExtIPReversePathFilter)
	}
	ip.ns.Drop(b, why, step.IPRcvFinishCore)
	return false
}

// earlyDemux asks TCP or UDP for the socket before routing
// (net.ipv4.ip_early_demux): an established one has the route.
func (ip *IPv4) earlyDemux(b *core.SKB) {
	ns := ip.ns
	h := b.IP4()
	if ns.Sysctl.IPEarlyDemux == 0 || h.IsFragment() {
		return
	}
	switch p := h.Proto(); {
	case p == wire.ProtoTCP && ns.Sysctl.TCPEarlyDemux != 0, p == wire.ProtoUDP && ns.Sysctl.UDPEarlyDemux != 0:
		if d, ok := ns.Proto(uint8(p)).(core.EarlyDemux); ok {
			if d.EarlyDemux(ns, b); b.Dst != nil {
				ns.Why(step.WhyEarlyDemux)
			}
		}
	}
}

// What rcvOptions says.
const (
	optionsOK = iota
	optionsDrop
	optionsHeader
	optionsTaken
)

// rcvOptions is ip_rcv_options: read the options; a source route is refused
// unless accept_source_route allows it.
func (ip *IPv4) rcvOptions(b *core.SKB, dev *core.Device) int {
	defer ip.ns.In(step.IPRcvOptions, b).Out()
	ns := ip.ns
	b.Unshare()
	if !ip.optionsCompile(b) {
		ns.Inc(step.IpInHdrErrors)
		return optionsHeader
	}
	if b.CB.SRR == 0 {
		return optionsOK
	}
	if in := ip.inDev(dev); in != nil && !in.sourceRoute() {
		ns.Why(step.WhySourceRoute, uint64(dev.Index))
		return optionsDrop
	}
	return ip.rcvSRR(b)
}

// rcvSRR is ip_options_rcv_srr as far as it does not route the packet on.
func (ip *IPv4) rcvSRR(b *core.SKB) int {
	defer ip.ns.In(step.IPOptionsRcvSrr, b).Out()
	ns := ip.ns
	if b.PktType != core.PacketHost {
		return optionsDrop
	}
	switch b.Dst.Type {
	case RTNUnicast:
		if b.CB.IPFlags&optStrict == 0 {
			return optionsOK
		}
		ip.ICMPSend(ns, b, uint8(wire.ICMPParamProblem), 0, 16<<24)
		return optionsDrop
	case RTNLocal:
	default:
		return optionsDrop
	}
	q := b.IP4()[b.CB.SRR:]
	if q[2] > q[1] {
		return optionsOK // at its end: the packet is for us
	}
	ns.NotModelled(b, step.WhyNotModelledSRR, step.IPOptionsRcvSrr)
	return optionsTaken
}

// localDeliver is ip_local_deliver: put fragments together, pass the LOCAL_IN
// hooks.
func (ip *IPv4) localDeliver(b *core.SKB) {
	defer ip.ns.In(step.IPLocalDeliver, b).Out()
	ns := ip.ns
	if b.IP4().IsFragment() && !ip.Defrag(b, DefragLocalDeliver) {
		ns.Why(step.WhyFragmentIn)
		return
	}
	if ns.Hook(core.NFIPv4, core.LocalIn, b.Dev, nil, nil, b) {
		ip.localDeliverFinish(b)
	}
}

// localDeliverFinish is ip_local_deliver_finish: the data pointer moves to the
// transport header.
func (ip *IPv4) localDeliverFinish(b *core.SKB) {
	defer ip.ns.In(step.IPLocalDeliverFinish, b).Out()
	h := b.IP4()
	b.Pull(h.IHL())
	b.Transport = b.Offset()
	ip.ns.Why(step.WhyHeaderDone, uint64(h.IHL()), uint64(b.Len()), uint64(h.Proto()))
	ip.protocolDeliver(b, uint8(h.Proto()))
}

// protocolDeliver is ip_protocol_deliver_rcu: raw sockets get a clone, then the
// protocol's handler gets the packet; if there is none the sender is told
// (RFC 1122 §3.2.2.1, code 2).
func (ip *IPv4) protocolDeliver(b *core.SKB, proto uint8) {
	defer ip.ns.In(step.IPProtocolDeliverRcu, b).Out()
	ns := ip.ns
	for {
		raw := ip.raw != nil && ip.raw.LocalDeliver(ns, b, proto)
		h := ns.Proto(proto)
		if h == nil {
			ip.noProtocol(b, proto, raw)
			return
		}
		ns.Why(step.WhyProto, uint64(proto))
		if proto != uint8(wire.ProtoICMP) {
			b.ResetCT() // the protocol's own nf_reset_ct
		}
		ret := h.Rcv(ns, b)
		if ret >= 0 {
			ns.Inc(step.IpInDelivers)
			return
		}
		proto = uint8(-ret)
	}
}

func (ip *IPv4) noProtocol(b *core.SKB, proto uint8, raw bool) {
	ns := ip.ns
	if raw {
		ns.Inc(step.IpInDelivers)
		ns.Consume(b, step.IPProtocolDeliverRcu)
		return
	}
	ns.Inc(step.IpInUnknownProtos)
	ns.Why(step.WhyNoProto, uint64(proto))
	if ns.Listening() && inet.LoadableProto(proto) {
		ns.Note(b, step.WhyProtoModule, uint64(proto))
	}
	ip.ICMPSend(ns, b, uint8(wire.ICMPDestUnreach), wire.ICMPProtUnreach, 0)
	ns.Drop(b, step.DropIPNoproto, step.IPLocalDeliverFinish)
}
