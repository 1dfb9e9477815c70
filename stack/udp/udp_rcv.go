package udp

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Rcv is udp_rcv. The data pointer stands at the UDP header.
func (u *UDP) Rcv(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.UdpRcv, b).Out()
	u.lib4Rcv(ns, b)
	return 0
}

// lib4Rcv is __udp4_lib_rcv: check length (RFC 768) and checksum, then give
// the datagram to its socket. Nobody there: an ICMP error tells the sender
// (RFC 1122 §4.1.3.1). A wrong checksum: it is dropped silently (§4.1.3.4).
func (u *UDP) lib4Rcv(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.Udp4LibRcv, b).Out()
	if !b.MayPull(wire.UDPLen) || b.Network < 0 {
		ns.Why(step.WhyUDPNoRoom, uint64(b.Len()))
		u.discard(b, step.DropNotSpecified, step.Udp4LibRcv)
		return
	}
	b.ResetTransport()
	uh, ip := wire.UDP(b.Data()), b.IP4()
	f := flow{ip.Src().Addr(), ip.Dst().Addr(), uh.SrcPort(), uh.DstPort(), ifindex(b)}
	if ulen := uh.Len(); ulen > b.Len() || ulen < wire.UDPLen {
		ns.Why(step.WhyUDPShort, uint64(ulen), uint64(b.Len()))
		u.discard(b, step.DropPktTooSmall, step.Udp4LibRcv)
		return
	} else if ulen < b.Len() {
		trim(b, ulen)
	}
	if !u.csumInit(b, uh.Checksum(), wire.PseudoHeader4(ip.Src(), ip.Dst(), wire.ProtoUDP, b.Len())) {
		u.csumError(b, step.Udp4LibRcv)
		return
	}
	if sk := steal(b); sk != nil {
		sk.RxDst = b.Dst
		u.unicastRcv(sk, b)
		return
	}
	if b.Dst != nil && b.Dst.Flags&(core.RTCFBroadcast|core.RTCFMulticast) != 0 {
		u.mcastDeliver(b, &f, b.Dst.Flags&core.RTCFMulticast != 0)
		return
	}
	f.dif = inIIF(b)
	if sk := u.lib4Lookup(b, &f); sk != nil {
		u.unicastRcv(sk, b)
		return
	}
	if !csumComplete(b) {
		u.csumError(b, step.Udp4LibRcv)
		return
	}
	ns.Inc(step.UdpNoPorts)
	ns.Why(step.WhyUDPNoSocket, f.daddr.Hi, f.daddr.Lo, uint64(f.dport))
	ns.IPv4.ICMPSend(ns, b, uint8(wire.ICMPDestUnreach), 3, 0)
	ns.Drop(b, step.DropNoSocket, step.Udp4LibRcv)
}

// ifindex is inet_iif: the device that the packet came in by.
func ifindex(b *core.SKB) int {
	if b.Dev != nil {
		return b.Dev.Index
	}
	return b.IIF
}

// inIIF is inet_iif and inet6_iif: the device by which a packet counts as received. What
// this host sends to an address of its own comes in by the device that has the address,
// though it went through lo.
func inIIF(b *core.SKB) int {
	if b.Protocol == uint16(wire.EtherTypeIPv6) {
		if b.CB.IIF != 0 {
			return b.CB.IIF
		}
		return ifindex(b)
	}
	return ipv4.InIIF(b)
}

// steal is inet_steal_sock: the socket that early demux found.
func steal(b *core.SKB) *Sock {
	if b.SK == nil || b.SK.Protocol != protoUDP {
		return nil
	}
	sk, _ := b.SK.Prot.(*Sock)
	b.Orphan()
	return sk
}

// discard counts and drops a datagram that no socket can be blamed for.
func (u *UDP) discard(b *core.SKB, why core.DropReason, at step.Step) {
	u.inc(b, step.UdpInErrors)
	u.ns.Drop(b, why, at)
}

func (u *UDP) csumError(b *core.SKB, at step.Step) {
	u.ns.Why(step.WhyUDPCsumBad, uint64(wire.UDP(b.L4()).Checksum()))
	u.inc(b, step.UdpInCsumErrors)
	u.discard(b, step.DropUDPCSUM, at)
}

// inc counts in the family's own UDP counters; m is the one of IPv4.
func (u *UDP) inc(b *core.SKB, m step.MIB) {
	if b.Protocol == uint16(wire.EtherTypeIPv6) {
		m += step.Udp6InDatagrams - step.UdpInDatagrams
	}
	u.ns.Inc(m)
}

// trim is pskb_trim_rcsum: what lies behind the datagram is cut off, and
// leaves the card's sum.
func trim(b *core.SKB, n int) {
	if b.IPSummed == core.ChecksumComplete {
		cut := b.Checksum(n, b.Len()-n, 0)
		if n&1 != 0 {
			cut = wire.Rotate(cut)
		}
		b.Csum = wire.Sub(b.Csum, cut)
	}
	b.Trim(n)
}

// csumInit is udp4_csum_init (skb_checksum_init_zero_check): it reports false
// for a checksum that is known to be wrong. pseudo is the pseudo header's sum.
func (u *UDP) csumInit(b *core.SKB, check uint16, pseudo uint32) bool {
	ns := u.ns
	switch {
	case b.CsumHead != 0 && b.Len() > checksumBreak && b.CsumHead != binary.BigEndian.Uint64(b.IP6()):
		// udp6_csum_init: what the software summed must not be wrong now. A short
		// packet is summed again.
		ns.Why(step.WhyUDPCsumNow, uint64(b.Len()))
		return false
	case csumUnnecessary(b):
		b.CsumValid = true
		ns.Why(step.WhyUDPCsumDone)
		return true
	case check == 0:
		b.CsumValid = true
		ns.Why(step.WhyUDPCsumOff)
		return true
	case b.Truncated:
		b.CsumValid = true
		ns.Why(step.WhyUDPCsumCut)
		return true
	case b.IPSummed == core.ChecksumComplete:
		if wire.Fold(wire.Add(pseudo, b.Csum)) == 0 {
			b.CsumValid = true
			ns.Why(step.WhyUDPCsumDone)
			return true
		}
		b.IPSummed = core.ChecksumNone
	}
	b.Csum = pseudo
	if b.Len() > checksumBreak {
		ns.Why(step.WhyUDPCsumLater, uint64(b.Len()))
		return true
	}
	ns.Why(step.WhyUDPCsumNow, uint64(b.Len()))
	return csumComplete(b)
}

// csumUnnecessary is skb_csum_unnecessary: nobody needs to look.
func csumUnnecessary(b *core.SKB) bool {
	return b.CsumValid || b.IPSummed == core.ChecksumUnnecessary || b.IPSummed == core.ChecksumPartial
}

// csumComplete is udp_lib_checksum_complete: sum all of it, if nobody has.
func csumComplete(b *core.SKB) bool {
	if !csumUnnecessary(b) {
		b.CsumValid = wire.Fold(b.Checksum(0, b.Len(), b.Csum)) == 0
		return b.CsumValid
	}
	return true
}

// unicastRcv is udp_unicast_rcv_skb.
func (u *UDP) unicastRcv(sk *Sock, b *core.SKB) {
	defer u.ns.In(step.UdpUnicastRcvSkb, b).Out()
	u.queueRcv(sk, b)
}

// queueRcvOne is udp_queue_rcv_one_skb with __udp_queue_rcv_skb: take the
// header off (its part of the checksum is summed on the way) and queue.
func (u *UDP) queueRcvOne(sk *Sock, b *core.SKB) {
	defer u.ns.In(step.UdpQueueRcvOneSkb, b).Out()
	if sk.encap != nil {
		u.encapRcv(sk, b)
		return
	}
	pullHeader(b)
	b.Dst = nil
	u.enqueueOrDrop(sk, b, step.UdpQueueRcvOneSkb)
}

// pullHeader is udp_csum_pull_header.
func pullHeader(b *core.SKB) {
	if !csumUnnecessary(b) {
		b.Csum = b.Checksum(0, wire.UDPLen, b.Csum)
	}
	b.Pull(wire.UDPLen)
}

// enqueueOrDrop is __udp_queue_rcv_skb.
func (u *UDP) enqueueOrDrop(sk *Sock, b *core.SKB, at step.Step) {
	e := u.enqueueSchedule(sk, b)
	if e == 0 {
		return
	}
	ns := u.ns
	why := step.DropSocketRcvbuff
	if e == step.ENOMEM {
		u.inc(b, step.UdpRcvbufErrors)
	} else {
		u.inc(b, step.UdpMemErrors)
		why = step.DropProtoMem
	}
	u.inc(b, step.UdpInErrors)
	if ns.Trace != nil {
		s, d, uh := addrs(b), daddrOf(b), wire.UDP(b.L4())
		ns.TP(step.UdpFailQueueRcvSkb, b, -uint64(e), uint64(uh.SrcPort()), uint64(uh.DstPort()), s.Hi, s.Lo, d.Hi, d.Lo)
	}
	ns.Drop(b, why, at)
}

// addrs and daddrOf are the packet's source and destination.
func addrs(b *core.SKB) wire.Addr {
	if b.Protocol == uint16(wire.EtherTypeIPv6) {
		return b.IP6().Src()
	}
	return b.IP4().Src().Addr()
}

func daddrOf(b *core.SKB) wire.Addr {
	if b.Protocol == uint16(wire.EtherTypeIPv6) {
		return b.IP6().Dst()
	}
	return b.IP4().Dst().Addr()
}

// enqueueSchedule is __udp_enqueue_schedule_skb: memory that waits plus this
// packet's must fit SO_RCVBUF; into an empty queue one packet always goes.
// ENOMEM: no room. ENOBUFS: all UDP sockets together take too much.
func (u *UDP) enqueueSchedule(sk *Sock, b *core.SKB) core.Errno {
	defer u.ns.In(step.UdpEnqueueScheduleSkb, b).Out()
	ns := u.ns
	size, rmem := b.Truesize, int(sk.RmemAlloc)
	if rmem+size > int(sk.RcvBuf) && rmem > 0 {
		ns.Why(step.WhyUDPQueueFull, uint64(rmem), uint64(size), uint64(sk.RcvBuf))
		sk.Drops++
		return step.ENOMEM
	}
	if !sk.rmemSchedule(size) {
		ns.Why(step.WhyUDPMem, uint64(ns.Machine.Mem.UDP), uint64(u.Mem[2]))
		sk.Drops++
		return step.ENOBUFS
	}
	ns.Why(step.WhyUDPQueueRoom, uint64(rmem), uint64(size), uint64(sk.RcvBuf))
	sk.RmemAlloc += int32(size)
	sk.ForwardAlloc -= int32(size)
	b.IIF, b.Dev = inIIF(b), nil
	sk.RcvQueue.PushBack(b)
	if !sk.Dead {
		sk.DataReady(ns)
	}
	return 0
}

// rmemSchedule is udp_rmem_schedule: memory is taken in pages.
func (sk *Sock) rmemSchedule(size int) bool {
	delta := size - int(sk.ForwardAlloc)
	if delta <= 0 {
		return true
	}
	pages := (delta + page - 1) / page
	m := &sk.NS.Machine.Mem.UDP
	if n := *m + pages; n > sk.u.Mem[2] || n > sk.u.Mem[0] && int(sk.RmemAlloc) >= sk.NS.Sysctl.UDPRmemMin {
		return false
	}
	*m += pages
	sk.ForwardAlloc += int32(pages * page)
	return true
}

// rmemRelease is udp_rmem_release: a read packet's memory is given back, in
// one go for several if more of them wait.
func (sk *Sock) rmemRelease(size int, partial bool) {
	keep := 0
	sk.deficit += size
	size = sk.deficit
	if partial {
		keep = 1
		if size < int(sk.RcvBuf)>>2 && sk.reader > 0 {
			return
		}
	}
	sk.deficit = 0
	amt := (size + int(sk.ForwardAlloc) - keep) &^ (page - 1)
	sk.ForwardAlloc += int32(size - amt)
	sk.NS.Machine.Mem.UDP -= amt / page
	sk.RmemAlloc -= int32(size)
	sk.reader = sk.RcvQueue.Len()
}

// mcastDeliver is __udp4_lib_mcast_deliver: every socket that wants it gets a
// clone, the first one found the packet itself.
func (u *UDP) mcastDeliver(b *core.SKB, f *flow, multicast bool) {
	defer u.ns.In(step.Udp4LibMcastDeliver, b).Out()
	ns := u.ns
	if n := u.toEach(b, f, multicast, false); n > 0 {
		ns.Why(step.WhyUDPMcast, uint64(n))
		return
	}
	ns.Why(step.WhyUDPMcastNone)
	ns.Inc(step.UdpIgnoredMulti)
	ns.Drop(b, step.DropNotSpecified, step.Udp4LibRcv)
}

// toEach is the loop of both families' mcast_deliver; it returns how many
// sockets got the packet. With none it is still the caller's.
func (u *UDP) toEach(b *core.SKB, f *flow, multicast, v6 bool) (n int) {
	var first *Sock
	for _, sk := range u.hash[portSlot(f.dport)] {
		if v6 && !u.isMcastSock6(sk, f) || !v6 && !u.isMcastSock(sk, f, multicast) {
			continue
		}
		n++
		if first == nil {
			first = sk
			continue
		}
		u.toOne(sk, b.Clone(), v6)
	}
	if first != nil {
		u.toOne(first, b, v6)
	}
	return n
}

func (u *UDP) toOne(sk *Sock, b *core.SKB, v6 bool) {
	if v6 {
		u.queueRcv6(sk, b)
		return
	}
	u.queueRcv(sk, b)
}
