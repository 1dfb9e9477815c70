package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A flow is the four numbers by which a socket is looked for, as the packet
// has them, and the device that it came in by.
type flow struct {
	saddr, daddr wire.Addr
	sport, dport uint16
	dif          int
}

// lib4Lookup is __udp4_lib_lookup: first the sockets of the exact address,
// connected ones above bound ones, then those bound to any address.
func (u *UDP) lib4Lookup(b *core.SKB, f *flow) *Sock {
	defer u.ns.In(step.Udp4LibLookup, b).Out()
	ns := u.ns
	if sk := u.lookup2v4(b, f, f.daddr); sk != nil {
		return sk
	}
	ns.Why(step.WhyUDPWildcard, f.daddr.Hi, f.daddr.Lo, uint64(f.dport))
	if sk := u.lookup2v4(b, f, zero); sk != nil {
		return sk
	}
	return u.lookup1(b, f)
}

// lookup2v4 is udp4_lib_lookup2: the best of one hash slot. daddr is the
// address that the sockets are bound to.
func (u *UDP) lookup2v4(b *core.SKB, f *flow, daddr wire.Addr) *Sock {
	defer u.ns.In(step.Udp4LibLookup2, b).Out()
	return u.best(f, daddr, false, 0)
}

// best is the loop of udp4_lib_lookup2 and udp6_lib_lookup2.
func (u *UDP) best(f *flow, daddr wire.Addr, v6 bool, badness int) (result *Sock) {
	for _, sk := range u.hash2[addrHash(daddr, f.dport)&(slots-1)] {
		score := u.score(sk, f, daddr, v6)
		if score <= badness {
			u.lost(sk, score, result, badness)
			continue
		}
		u.lost(result, badness, sk, score)
		badness = score
		if sk.State == core.TCPEstablished {
			result = sk
			continue
		}
		result = sk.selectReuseport(f)
		if result == nil {
			result = sk
			continue
		}
		if !sk.group.hasConns {
			return result
		}
		if s := u.score(result, f, daddr, v6); s > badness {
			badness = s
		}
	}
	if result == nil {
		u.ns.Why(step.WhyUDPSlotNone, daddr.Hi, daddr.Lo, uint64(f.dport))
	} else {
		u.ns.Why(step.WhyUDPSocket, uint64(result.ID), uint64(badness), result.RcvSaddr.Hi, result.RcvSaddr.Lo, uint64(result.Num))
	}
	return result
}

// lost records which of two sockets was passed over.
func (u *UDP) lost(sk *Sock, score int, to *Sock, best int) {
	if sk != nil && to != nil && score >= 0 {
		u.ns.Tried(step.TryUDPScore, uint64(sk.ID), uint64(score), uint64(to.ID), uint64(best))
	}
}

// lookup1 is udp4_lib_lookup1: all sockets of the port, for one that is
// changing its address just now. Here it finds none, and shows why each of
// them is not meant.
func (u *UDP) lookup1(b *core.SKB, f *flow) (result *Sock) {
	defer u.ns.In(step.Udp4LibLookup1, b).Out()
	ns := u.ns
	badness := 0
	for _, sk := range u.hash[portSlot(f.dport)] {
		if score := u.score4(sk, f, f.daddr); score > badness {
			result, badness = sk, score
		}
	}
	if result == nil {
		ns.Why(step.WhyUDPNoSocket, f.daddr.Hi, f.daddr.Lo, uint64(f.dport))
	}
	return result
}

func (u *UDP) score(sk *Sock, f *flow, daddr wire.Addr, v6 bool) int {
	if v6 {
		return u.score6(sk, f, daddr)
	}
	return u.score4(sk, f, daddr)
}

// score4 is compute_score of IPv4: -1 is "not meant"; else 2 for an IPv4
// socket (1 for one of both families), 4 each for a peer's address, a peer's
// port and a device that it insists on and that fit.
func (u *UDP) score4(sk *Sock, f *flow, daddr wire.Addr) int {
	if sk.Num != f.dport {
		return -1
	}
	ns := u.ns
	if sk.Family == core.AFInet6 && sk.V6Only {
		ns.Tried(step.TryUDPV6Only, uint64(sk.ID))
		return -1
	}
	if sk.RcvSaddr != daddr {
		if !(daddr == zero) { // another slot's socket, or bound to any: its turn comes
			u.wrongAddr(sk, f)
		}
		return -1
	}
	score := 1
	if sk.Family == core.AFInet {
		score = 2
	}
	if sk.Daddr != zero {
		if !u.peerAddr(sk, f) {
			return -1
		}
		score += 4
	}
	if sk.Dport != 0 {
		if !u.peerPort(sk, f) {
			return -1
		}
		score += 4
	}
	if !u.boundDev(sk, f) {
		return -1
	}
	if sk.BoundDev != 0 {
		score += 4
	}
	return score
}

// The operands that rule a socket out.

func (u *UDP) wrongAddr(sk *Sock, f *flow) {
	if sk.RcvSaddr != zero {
		u.ns.Tried(step.TryUDPAddr, uint64(sk.ID), sk.RcvSaddr.Hi, sk.RcvSaddr.Lo, f.daddr.Hi, f.daddr.Lo)
	}
}

func (u *UDP) peerAddr(sk *Sock, f *flow) bool {
	if sk.Daddr == f.saddr {
		return true
	}
	u.ns.Tried(step.TryUDPPeer, uint64(sk.ID), sk.Daddr.Hi, sk.Daddr.Lo, f.saddr.Hi, f.saddr.Lo)
	return false
}

func (u *UDP) peerPort(sk *Sock, f *flow) bool {
	if sk.Dport == f.sport {
		return true
	}
	u.ns.Tried(step.TryUDPPeerPort, uint64(sk.ID), uint64(sk.Dport), uint64(f.sport))
	return false
}

// boundDev is udp_sk_bound_dev_eq.
func (u *UDP) boundDev(sk *Sock, f *flow) bool {
	if sk.BoundDev == 0 || int(sk.BoundDev) == f.dif {
		return true
	}
	u.ns.Tried(step.TryUDPDev, uint64(sk.ID), uint64(sk.BoundDev), uint64(f.dif))
	return false
}

// selectReuseport is inet_lookup_reuseport: the flow's hash chooses one of a
// SO_REUSEPORT group, connected ones excepted. Nil if sk is in no group.
func (sk *Sock) selectReuseport(f *flow) *Sock {
	g := sk.group
	if g == nil {
		return nil
	}
	h := flowHash(f.daddr, f.dport, f.saddr, f.sport)
	n := uint64(len(g.socks))
	first := uint64(h) * n >> 32
	for i := range n {
		if o := g.socks[(first+i)%n]; o.State != core.TCPEstablished {
			sk.NS.Why(step.WhyUDPReuseport, uint64(o.ID), n, uint64(h))
			return o
		}
	}
	return nil
}

// EarlyDemux is udp_v4_early_demux: only the first socket of the slot is
// tried, and only if it is connected to the sender; it brings its route along.
func (u *UDP) EarlyDemux(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.UdpV4EarlyDemux, b).Out()
	if b.Transport < 0 || b.Dev == nil || !b.MayPull(b.TransportOffset()+wire.UDPLen) {
		return
	}
	uh, ip := wire.UDP(b.L4()), b.IP4()
	f := flow{ip.Src().Addr(), ip.Dst().Addr(), uh.SrcPort(), uh.DstPort(), b.Dev.Index}
	var sk *Sock
	switch b.PktType {
	case core.PacketMulticast:
		if !u.ip4().MemberOf(b.Dev, ip.Dst(), ip.Src(), protoUDP) {
			return
		}
		sk = u.mcastDemux(&f)
	case core.PacketHost:
		sk = u.demux(&f)
	}
	if sk == nil {
		ns.Why(step.WhyUDPNoEarly)
		return
	}
	ns.Why(step.WhyUDPEarly, uint64(sk.ID))
	b.SK = &sk.Sock
	if d := sk.RxDst; d != nil && u.ip4().DstCheck(d) {
		b.Dst = d
	}
}

// demux is __udp4_lib_demux_lookup and __udp6_lib_demux_lookup: chains can be
// long, so only the first is looked at.
func (u *UDP) demux(f *flow) *Sock {
	l := u.hash2[addrHash(f.daddr, f.dport)&(slots-1)]
	if len(l) == 0 {
		return nil
	}
	sk := l[0]
	if sk.Daddr == f.saddr && sk.RcvSaddr == f.daddr && sk.Dport == f.sport && sk.Num == f.dport &&
		(sk.BoundDev == 0 || int(sk.BoundDev) == f.dif) {
		return sk
	}
	return nil
}

// mcastDemux is __udp4_lib_mcast_demux_lookup: the one socket that wants the
// group, nil if there are several.
func (u *UDP) mcastDemux(f *flow) (result *Sock) {
	for _, sk := range u.hash[portSlot(f.dport)] {
		if !u.isMcastSock(sk, f, true) {
			continue
		}
		if result != nil {
			return nil
		}
		result = sk
	}
	return result
}

// isMcastSock is __udp_is_mcast_sock: does this socket want a datagram to a
// group or to all?
func (u *UDP) isMcastSock(sk *Sock, f *flow, multicast bool) bool {
	if sk.Num != f.dport {
		return false
	}
	if sk.Daddr != zero && !u.peerAddr(sk, f) || sk.Dport != 0 && !u.peerPort(sk, f) {
		return false
	}
	if sk.RcvSaddr != zero && sk.RcvSaddr != f.daddr {
		u.wrongAddr(sk, f)
		return false
	}
	if f.daddr.Is4() && sk.Family == core.AFInet6 && sk.V6Only {
		u.ns.Tried(step.TryUDPV6Only, uint64(sk.ID))
		return false
	}
	if !u.boundDev(sk, f) {
		return false
	}
	if !sk.McAllow(f.daddr, multicast, f.dif) {
		u.ns.Tried(step.TryUDPMcast, uint64(sk.ID), f.daddr.Hi, f.daddr.Lo, uint64(f.dif))
		return false
	}
	return true
}
