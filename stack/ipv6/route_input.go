package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// What a route does with a packet: dst->input and dst->output.

type (
	localInput     struct{}
	groupInput     struct{}
	forward        struct{}
	output         struct{}
	discard        struct{}
	pktDiscard     struct{}
	pktDiscardOut  struct{}
	pktProhibit    struct{}
	pktProhibitOut struct{}
)

// Input is ip6_input.
func (localInput) Input(ns *core.Netns, b *core.SKB) { Of(ns).input(b) }

// Input is ip6_mc_input.
func (groupInput) Input(ns *core.Netns, b *core.SKB) { Of(ns).mcInput(b) }

// Input is ip6_forward.
func (forward) Input(ns *core.Netns, b *core.SKB) { Of(ns).forward(b) }

// Output is ip6_output.
func (output) Output(ns *core.Netns, sk *core.Sock, b *core.SKB) core.Errno {
	return Of(ns).output(sk, b)
}

// Input is dst_discard: a blackhole route says nothing.
func (discard) Input(ns *core.Netns, b *core.SKB) {
	ns.Why(step.WhyIP6Blackhole)
	Of(ns).dstDiscard(b)
}

// Output is dst_discard_out.
func (discard) Output(ns *core.Netns, sk *core.Sock, b *core.SKB) core.Errno {
	ns.Why(step.WhyIP6Blackhole)
	Of(ns).dstDiscard(b)
	return 0
}

// dstDiscard is dst_discard_out.
func (ip *IPv6) dstDiscard(b *core.SKB) {
	defer ip.ns.In(step.IP6DstDiscard, b).Out()
	ip.ns.Drop(b, step.DropNotSpecified, step.IP6DstDiscard)
}

// Input is ip6_pkt_discard: no route, or an unreachable one.
func (pktDiscard) Input(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.IP6PktDiscard, b).Out()
	Of(ns).pktDrop(b, wire.ICMPv6NoRoute, false, step.IP6PktDiscard)
}

// Output is ip6_pkt_discard_out.
func (pktDiscardOut) Output(ns *core.Netns, sk *core.Sock, b *core.SKB) core.Errno {
	defer ns.In(step.IP6PktDiscardOut, b).Out()
	b.Dev = b.Dst.Dev
	Of(ns).pktDrop(b, wire.ICMPv6NoRoute, true, step.IP6PktDiscardOut)
	return 0
}

// Input is ip6_pkt_prohibit: a prohibit route.
func (pktProhibit) Input(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.IP6PktProhibit, b).Out()
	Of(ns).pktDrop(b, wire.ICMPv6AdmProhibited, false, step.IP6PktProhibit)
}

// Output is ip6_pkt_prohibit_out.
func (pktProhibitOut) Output(ns *core.Netns, sk *core.Sock, b *core.SKB) core.Errno {
	defer ns.In(step.IP6PktProhibitOut, b).Out()
	b.Dev = b.Dst.Dev
	Of(ns).pktDrop(b, wire.ICMPv6AdmProhibited, true, step.IP6PktProhibitOut)
	return 0
}

// pktDrop is ip6_pkt_drop: tell the sender "destination unreachable" and drop.
// at is the caller, which the kernel reports as the place.
func (ip *IPv6) pktDrop(b *core.SKB, code uint8, out bool, at step.Step) {
	defer ip.ns.In(step.IP6PktDrop, b).Out()
	ns := ip.ns
	why := core.DropReason(step.DropIPOutnoroutes)
	dst := b.IP6().Dst()
	switch {
	case out:
		ns.Inc(step.Ip6OutNoRoutes)
	case dst.IsZero():
		why = step.DropIPInaddrerrors
		ns.Inc(step.Ip6InAddrErrors)
	default:
		why = step.DropIPInnoroutes
		ns.Inc(step.Ip6InNoRoutes)
	}
	ns.Why(step.WhyIP6Unreachable, dst.Hi, dst.Lo, uint64(b.Dst.Type), uint64(wire.ICMPv6DestUnreach)<<8|uint64(code))
	ip.icmpSend(b, uint8(wire.ICMPv6DestUnreach), code, 0)
	ns.Drop(b, why, at)
}
