package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/ipv4/udplite.c, net/ipv6/udplite.c, include/net/udplite.h.

const protoUDPLite = uint8(wire.ProtoUDPLite)

// udplite is UDP-Lite (RFC 3828): UDP whose checksum may cover the beginning of a
// datagram only. The kernel has it; no program of the model opens such a socket, so
// that nobody ever waits.
type udplite struct{ u *UDP }

// udplite6 is the same over IPv6.
type udplite6 struct{ u *UDP }

// Rcv is udplite_rcv.
func (h *udplite) Rcv(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.UdpliteRcv, b).Out()
	if !b.MayPull(wire.UDPLen) {
		ns.Drop(b, step.DropNotSpecified, step.UdpliteRcv)
		return 0
	}
	ip := b.IP4()
	if b.Dst != nil && b.Dst.Flags&(core.RTCFBroadcast|core.RTCFMulticast) != 0 {
		ns.Drop(b, step.DropNoSocket, step.UdpliteRcv)
		return 0
	}
	h.u.lite(b, wire.PseudoHeader4(ip.Src(), ip.Dst(), wire.ProtoUDPLite, b.Len()), ip.Dst().Addr(), step.UdpliteRcv)
	return 0
}

// Rcv is udplitev6_rcv.
func (h *udplite6) Rcv(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.Udplitev6Rcv, b).Out()
	if !b.MayPull(wire.UDPLen) {
		ns.Drop(b, step.DropNotSpecified, step.Udplitev6Rcv)
		return 0
	}
	ip := b.IP6()
	if ip.Dst().IsMulticast() {
		ns.Drop(b, step.DropNoSocket, step.Udplitev6Rcv)
		return 0
	}
	h.u.lite(b, wire.PseudoHeader6(ip.Src(), ip.Dst(), wire.ProtoUDPLite, b.Len()), ip.Dst(), step.Udplitev6Rcv)
	return 0
}

// lite is what is left of __udp4_lib_rcv and __udp6_lib_rcv where nobody waits: the
// checksum over what it covers (udplite_checksum_init; 0 is none, which is not
// allowed) is looked at, and a right one is answered with an ICMP error.
func (u *UDP) lite(b *core.SKB, pseudo uint32, dst wire.Addr, at step.Step) {
	ns := u.ns
	b.ResetTransport()
	uh := wire.UDP(b.Data())
	n := uh.Len() // the coverage; 0: all
	if n > b.Len() {
		ns.Why(step.WhyUDPShort, uint64(n), uint64(b.Len()))
		ns.Drop(b, step.DropPktTooSmall, at)
		return
	}
	if n == 0 {
		n = b.Len()
	}
	if uh.Checksum() == 0 || n < wire.UDPLen || !b.Truncated && wire.Fold(b.Checksum(0, n, pseudo)) != 0 {
		ns.Why(step.WhyUDPCsumBad, uint64(uh.Checksum()))
		ns.Drop(b, step.DropUDPCSUM, at)
		return
	}
	ns.Why(step.WhyUDPNoSocket, dst.Hi, dst.Lo, uint64(uh.DstPort()))
	if at == step.Udplitev6Rcv {
		ns.IPv6.ICMPSend(ns, b, 1, 4, 0)
	} else {
		ns.IPv4.ICMPSend(ns, b, uint8(wire.ICMPDestUnreach), 3, 0)
	}
	ns.Drop(b, step.DropNoSocket, at)
}

// Err is udplite_err: nobody sent it.
func (h *udplite) Err(ns *core.Netns, b *core.SKB, info uint32) bool { return false }

// Err is udplitev6_err.
func (h *udplite6) Err(ns *core.Netns, b *core.SKB, info uint32) bool { return false }
