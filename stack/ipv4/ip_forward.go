package ipv4

// A router passes packets on: net/ipv4/ip_forward.c. Read RFC 1812 §5.2 first.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// forward is ip_forward: check the time to live and the size, take one hop off,
// pass the FORWARD hooks.
func (ip *IPv4) forward(b *core.SKB) {
	defer ip.ns.In(step.IPForward, b).Out()
	ns := ip.ns
	if b.PktType != core.PacketHost || b.SK != nil {
		ns.Why(step.WhyForwardPktType, uint64(b.PktType))
		ns.Drop(b, step.DropNotSpecified, step.IPForward)
		return
	}
	// ip_call_ra_chain: no program here asks for router alerts (IP_ROUTER_ALERT).
	if b.IPSummed == core.ChecksumComplete {
		b.IPSummed = core.ChecksumNone // skb_forward_csum
	}
	b.CsumValid = false // the same for what connection tracking summed
	h := b.IP4()
	if h.TTL() <= 1 {
		ns.Inc(step.IpInHdrErrors)
		ns.Why(step.WhyTTL, uint64(h.TTL()))
		ip.ICMPSend(ns, b, uint8(wire.ICMPTimeExceeded), wire.ICMPExcTTL, 0)
		ns.Drop(b, step.DropIPInhdr, step.IPForward)
		return
	}
	d := b.Dst
	if b.CB.IPFlags&optStrict != 0 && rtOf(d).usesGateway {
		ns.Why(step.WhyStrictRoute)
		ip.ICMPSend(ns, b, uint8(wire.ICMPDestUnreach), wire.ICMPSRFailed, 0)
		ns.Drop(b, step.DropNotSpecified, step.IPForward)
		return
	}
	ns.Inc(step.IpForwDatagrams)
	b.CB.IPFlags |= ipskbForwarded
	mtu := ip.mtuMaybeForward(d, true)
	if ip.exceedsMTU(b, mtu) {
		ns.Inc(step.IpFragFails)
		ns.Why(step.WhyForwardTooBig, uint64(b.Len()), uint64(mtu), uint64(d.Dev.Index))
		ip.ICMPSend(ns, b, uint8(wire.ICMPDestUnreach), wire.ICMPFragNeeded, uint32(mtu))
		ns.Drop(b, step.DropPktTooBig, step.IPForward)
		return
	}
	b.Unshare()
	h = b.IP4()
	ttl := h.DecreaseTTL()
	ns.Why(step.WhyForwarded, uint64(ttl)+1, uint64(ttl), uint64(d.Dev.Index))
	if b.CB.IPFlags&ipskbDoRedirect != 0 && b.CB.SRR == 0 {
		ip.sendRedirect(b)
	}
	if ns.Sysctl.IPForwardUpdatePriority != 0 {
		b.Priority = tos2priority(h.TOS())
	}
	if ns.Hook(core.NFIPv4, core.Forward, b.Dev, d.Dev, nil, b) {
		ip.ForwardFinish(b, false)
	}
}

// exceedsMTU is ip_exceeds_mtu: too long, and not to be cut up. A packet that
// was put together here goes in pieces of the size in which it came.
func (ip *IPv4) exceedsMTU(b *core.SKB, mtu int) bool {
	if b.Len() <= mtu || !b.IP4().DF() {
		return false
	}
	if b.CB.FragMax > mtu {
		return true
	}
	if b.IgnoreDF {
		return false
	}
	return !ip.gsoFits(b, mtu)
}

// gsoFits is skb_gso_validate_network_len: does each segment of a packet that
// stands for several fit?
func (ip *IPv4) gsoFits(b *core.SKB, mtu int) bool {
	if b.GSOSize == 0 {
		return false
	}
	n, own := b.Transport-b.Network, b.Transport
	if b.InTunnel() {
		own = int(b.Inner[1])
		n = own - b.Network
	}
	switch {
	case b.GSOType&(core.GSOTCPv4|core.GSOTCPv6) != 0:
		if t := wire.TCP(b.From(own)); t.Valid() {
			n += t.DataOff()
		}
	default:
		n += wire.UDPLen
	}
	return n+b.GSOSize <= mtu
}

// tos2priority is rt_tos2priority (ip_tos2prio).
func tos2priority(tos uint8) uint32 {
	return uint32([16]uint8{0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4}[tos&0x1e>>1])
}

// ForwardFinish is ip_forward_finish. Here a packet waits for a followed capture
// to show it; shown says that it has.
func (ip *IPv4) ForwardFinish(b *core.SKB, shown bool) {
	defer ip.ns.In(step.IPForwardFinish, b).Out()
	ns := ip.ns
	if !shown && ns.Held(b) {
		ns.Why(step.WhyHeldPassed)
		return
	}
	if b.CB.OptLen != 0 {
		ip.forwardOptions(b)
	}
	ns.DstOutput(nil, b)
}
