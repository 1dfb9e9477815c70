package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Packets that stand for several datagrams: UDP_GRO of a socket, and what is done for
// one that has not asked for it (net/ipv4/udp.c, include/net/udp.h).

// SetGRO is UDP_GRO: the program takes merged datagrams, and is told where each of them
// ends (a control message with their length). GRO looks for sockets from now on.
func (sk *Sock) SetGRO(on bool) {
	if sk.gro = on; on {
		sk.encapEnable()
	}
}

// GRO reports whether the program takes merged datagrams.
func (sk *Sock) GRO() bool { return sk.gro }

// encapEnable is udp_tunnel_encap_enable.
func (sk *Sock) encapEnable() {
	if !sk.encapOn {
		sk.encapOn = true
		sk.NS.Machine.UDPEncap++
	}
}

// encapDisable is the part of udp_destroy_sock about it.
func (sk *Sock) encapDisable() {
	if sk.encapOn {
		sk.encapOn = false
		sk.NS.Machine.UDPEncap--
	}
}

// GROSocket is udp4_gro_lookup_skb: see core.GROSocket.
func (u *UDP) GROSocket(ns *core.Netns, b *core.SKB) (found, gro, tunnel bool) {
	defer ns.In(step.Udp4LibLookupSkb, b).Out()
	ip, uh := wire.IPv4(b.Data()), wire.UDP(b.L4())
	f := flow{ip.Src().Addr(), ip.Dst().Addr(), uh.SrcPort(), uh.DstPort(), ifindex(b)}
	return u.lib4Lookup(b, &f).groKind()
}

// GROSocket is udp6_gro_lookup_skb.
func (v *udp6) GROSocket(ns *core.Netns, b *core.SKB) (found, gro, tunnel bool) {
	defer ns.In(step.Udp6LibLookupSkb, b).Out()
	ip, uh := wire.IPv6(b.Data()), wire.UDP(b.L4())
	f := flow{ip.Src(), ip.Dst(), uh.SrcPort(), uh.DstPort(), ifindex(b)}
	return v.u.lib6Lookup(b, &f).groKind()
}

func (sk *Sock) groKind() (found, gro, tunnel bool) {
	if sk == nil {
		return false, false, false
	}
	return true, sk.gro, sk.encap != nil
}

// unexpectedGSO is udp_unexpected_gso: must the packet be cut for this socket?
func (sk *Sock) unexpectedGSO(b *core.SKB) bool {
	t := b.GSOType
	return b.GSOSize > 0 && (t&core.GSOUDPL4 != 0 && !sk.gro || t&core.GSOFragList != 0 || sk.encap != nil && t&(core.GSOTunnel|core.GSOTunnelSum) == 0)
}

// queueRcv is udp_queue_rcv_skb, which shows only when it has something to do.
func (u *UDP) queueRcv(sk *Sock, b *core.SKB) {
	if sk.unexpectedGSO(b) {
		u.queueSegments(sk, b)
		return
	}
	u.queueRcvOne(sk, b)
}

// queueSegments is the rest of it: a packet that stands for several datagrams is cut for
// a socket that does not take such.
func (u *UDP) queueSegments(sk *Sock, b *core.SKB) {
	defer u.ns.In(step.UdpQueueRcvSkb, b).Out()
	var l core.SKBList
	u.rcvSegment(sk, b, &l, step.UdpQueueRcvSkb)
	for s := l.PopFront(); s != nil; s = l.PopFront() {
		u.queueRcvOne(sk, s)
	}
}

// queueRcv6 is udpv6_queue_rcv_skb.
func (u *UDP) queueRcv6(sk *Sock, b *core.SKB) {
	if sk.unexpectedGSO(b) {
		u.queueSegments6(sk, b)
		return
	}
	u.queueRcvOne6(sk, b)
}

// queueSegments6 is the rest of it.
func (u *UDP) queueSegments6(sk *Sock, b *core.SKB) {
	defer u.ns.In(step.Udpv6QueueRcvSkb, b).Out()
	var l core.SKBList
	u.rcvSegment(sk, b, &l, step.Udpv6QueueRcvSkb)
	for s := l.PopFront(); s != nil; s = l.PopFront() {
		u.queueRcvOne6(sk, s)
	}
}

// rcvSegment is udp_rcv_segment: cut the packet, and count what cannot be cut.
func (u *UDP) rcvSegment(sk *Sock, b *core.SKB, l *core.SKBList, at step.Step) {
	ns := u.ns
	if ns.RcvSegment(b, l) {
		ns.CutUp(b, at)
		return
	}
	for range max(1, b.GSOSegs) {
		sk.Drops++
		u.inc(b, step.UdpInErrors)
	}
	ns.Drop(b, step.DropNotSpecified, at)
}

// solUDPGRO is UDP_GRO as a control message.
const solUDPGRO = 104

// cmsgRecv is udp_cmsg_recv: how long each of the datagrams is.
func (sk *Sock) cmsgRecv(m *core.Msghdr, b *core.SKB) {
	if sk.gro && b.GSOType&core.GSOUDPL4 != 0 {
		m.PutInt(core.SolUDP, solUDPGRO, b.GSOSize)
		sk.NS.Why(step.WhyUDPGROCmsg, uint64(b.Len()), uint64(b.GSOSize))
	}
}
