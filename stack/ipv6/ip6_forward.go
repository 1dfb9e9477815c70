package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// forward is ip6_forward: a packet for somebody else. Routers never cut IPv6
// packets (RFC 8200 §4.5): what does not fit is refused with "packet too big".
func (ip *IPv6) forward(b *core.SKB) {
	defer ip.ns.In(step.IP6Forward, b).Out()
	ns := ip.ns
	d, h := b.Dst, b.IP6()
	if ns.Sysctl.Conf6All.Forwarding == 0 {
		ns.Why(step.WhyIP6ForwardOff)
		ip.forwardError(b)
		return
	}
	if b.PktType != core.PacketHost || b.SK != nil {
		ns.Why(step.WhyIP6ForwardType, uint64(b.PktType))
		ns.Drop(b, step.DropNotSpecified, step.IP6Forward)
		return
	}
	if b.CB.IPFlags&skbRouterAlert != 0 {
		// ip6_call_ra_chain: no program listens for router alerts here.
		ns.Why(step.WhyExtRouterAlert, 0)
	}
	if h.HopLimit() <= 1 {
		ns.Why(step.WhyIP6HopLimit, uint64(h.HopLimit()))
		ip.icmpSend(b, uint8(wire.ICMPv6TimeExceeded), wire.ICMPv6ExcHopLimit, 0)
		ns.Inc(step.Ip6InHdrErrors)
		ns.Drop(b, step.DropIPInhdr, step.IP6Forward)
		return
	}
	if b.CB.IIF == d.Dev.Index && b.CB.IPFlags&skbSrcRoute == 0 {
		ip.forwardRedirect(b)
	} else if !ip.forwardSource(b, h.Src()) {
		return
	}
	ns.Inc(step.Ip6OutForwDatagrams)
	mtu := max(ip.MTU(d), wire.IPv6MinMTU)
	if tooBig(b, mtu) {
		ns.Why(step.WhyIP6TooBig, uint64(b.Len()), uint64(mtu))
		b.Dev = d.Dev
		ip.icmpSend(b, uint8(wire.ICMPv6PacketTooBig), 0, uint32(mtu))
		ns.Inc(step.Ip6InTooBigErrors)
		ns.Inc(step.Ip6FragFails)
		ns.Drop(b, step.DropPktTooBig, step.IP6Forward)
		return
	}
	b.CsumValid = false // skb_forward_csum
	b.Unshare()
	h = b.IP6()
	h.SetHopLimit(h.HopLimit() - 1)
	ns.Why(step.WhyIP6Forward, uint64(d.Dev.Index), uint64(h.HopLimit()))
	if ns.Hook(core.NFIPv6, core.Forward, b.Dev, d.Dev, nil, b) {
		ip.ForwardFinish(b, false)
	}
}

// ForwardFinish is ip6_forward_finish. Here a packet waits for a followed
// capture to show it; shown says that it has.
func (ip *IPv6) ForwardFinish(b *core.SKB, shown bool) {
	defer ip.ns.In(step.IP6ForwardFinish, b).Out()
	if !shown && ip.ns.Held(b) {
		ip.ns.Why(step.WhyHeldPassed)
		return
	}
	ip.ns.DstOutput(nil, b)
}

// forwardError is ip6_forward's "error" label.
func (ip *IPv6) forwardError(b *core.SKB) {
	ip.ns.Inc(step.Ip6InAddrErrors)
	ip.ns.Drop(b, step.DropIPInaddrerrors, step.IP6Forward)
}

// forwardSource refuses sources that must not cross a router (RFC 4291 §2.5.2,
// §2.5.3, §2.5.6). It reports false when the packet is gone.
func (ip *IPv6) forwardSource(b *core.SKB, src wire.Addr) bool {
	t := addrType(src)
	if t != addrAny && t&(addrMulticast|addrLoopback|addrLinkLocal) == 0 {
		return true
	}
	ip.ns.Why(step.WhyIP6ForwardSource, src.Hi, src.Lo)
	if t&addrLinkLocal != 0 && t&addrMulticast == 0 {
		ip.icmpSend(b, uint8(wire.ICMPv6DestUnreach), wire.ICMPv6NotNeighbour, 0)
	}
	ip.forwardError(b)
	return false
}

// forwardRedirect tells the sender of a better first hop when the packet
// leaves by the device by which it came (RFC 4861 §8.2), once a second.
func (ip *IPv6) forwardRedirect(b *core.SKB) {
	d := b.Dst
	daddr := b.IP6().Dst()
	target := daddr
	if upper(d).gw {
		target = d.Gateway
	}
	now := ip.ns.Clock.Now()
	if ip.peers.Get(now, daddr).Allow(now, sim.HZ) {
		ip.ndiscSendRedirect(b, target)
	}
}

// ignoreDF is skb->ignore_df: the packet may be cut here. The socket that made it says
// so, or connection tracking, which put it together.
func ignoreDF(b *core.SKB) bool { return b.IgnoreDF || b.CB.IPFlags&skbIgnoreDF != 0 }

// tooBig is ip6_pkt_too_big.
func tooBig(b *core.SKB, mtu int) bool {
	if b.Len() <= mtu {
		return false
	}
	if b.CB.FragMax != 0 && b.CB.FragMax > mtu {
		return true
	}
	if ignoreDF(b) {
		return false
	}
	return b.GSOSize == 0 || wire.IPv6Len+tcpHeaderLen(b)+b.GSOSize > mtu
}

// tcpHeaderLen is the transport header of a GSO packet, for
// skb_gso_validate_network_len.
func tcpHeaderLen(b *core.SKB) int {
	if b.GSOType&(core.GSOTCPv6|core.GSOTCPv4) == 0 {
		return 8
	}
	if b.Transport < 0 || b.Transport-b.Offset()+13 > b.HeadLen() {
		return 20
	}
	return int(b.L4()[12]>>4) * 4
}
