package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Tunnels whose packets are datagrams: net/ipv4/udp_tunnel_core.c.

// An Encap is what stands behind a socket of the kernel's own (encap_rcv): it
// takes the datagrams, UDP header at the data pointer, and owns them.
type Encap interface {
	EncapRcv(ns *core.Netns, sk *Sock, b *core.SKB)
}

// NewTunnelSock is udp_sock_create4 with setup_udp_tunnel_sock: a socket at
// every address and the given port whose datagrams e takes. EADDRINUSE if
// somebody has the port.
func NewTunnelSock(ns *core.Netns, port uint16, e Encap) (*Sock, core.Errno) {
	sk := NewSock(ns, core.AFInet)
	if err := sk.Bind(wire.Addr{}, port); err != 0 {
		sk.Close()
		return nil, err
	}
	sk.encap = e
	sk.McLoop = false // setup_udp_tunnel_sock: what it sends to a group does not come back
	sk.encapEnable()
	return sk, 0
}

// Encap is what takes this socket's datagrams, nil if a program reads them.
func (sk *Sock) Encap() Encap { return sk.encap }

// encapRcv is the part of udp_queue_rcv_one_skb about encap_rcv: the checksum
// first, then the datagram belongs to the tunnel, and counts as received.
func (u *UDP) encapRcv(sk *Sock, b *core.SKB) {
	ns := u.ns
	if !csumComplete(b) {
		u.csumError(b, step.UdpQueueRcvOneSkb)
		return
	}
	ns.Why(step.WhyUDPEncap, uint64(sk.Sport))
	b.Dst = nil
	sk.encap.EncapRcv(ns, sk, b)
	ns.Inc(step.UdpInDatagrams)
}

// TunnelXmit is udp_tunnel_xmit_skb: a UDP header in front of what b holds, and
// an IP header in front of that. noCheck sends without a checksum (RFC 768); see
// ipv4.TunnelXmit for the rest.
func (sk *Sock) TunnelXmit(b *core.SKB, t *ipv4.Tunnel, sport, dport uint16, noCheck bool) {
	defer sk.NS.In(step.UdpTunnelXmitSkb, b).Out()
	b.Unshare()
	uh := wire.UDP(b.Push(wire.UDPLen))
	b.ResetTransport()
	n := b.Len()
	uh.SetSrcPort(sport)
	uh.SetDstPort(dport)
	uh.SetLen(n)
	uh.SetChecksum(0)
	pseudo := wire.PseudoHeader4(t.Saddr, t.Daddr, wire.ProtoUDP, n)
	switch {
	case noCheck:
		sk.NS.Why(step.WhyTunnelNoSum)
	case b.GSOSize > 0:
		sk.NS.Why(step.WhyTunnelLater, uint64(b.GSOSegs))
		uh.SetChecksum(^wire.Fold(pseudo))
	case b.IPSummed == core.ChecksumPartial:
		sk.NS.Why(step.WhyTunnelLocalSum)
		uh.SetChecksum(mangled(wire.Fold(wire.Add(pseudo, b.LocalSum(0)))))
	default:
		sk.NS.Why(step.WhyTunnelSum, uint64(n))
		b.IPSummed, b.CsumStart, b.CsumOff = core.ChecksumPartial, b.Transport, 6
		uh.SetChecksum(^wire.Fold(pseudo))
	}
	sk.u.ip4().TunnelXmit(sk.Base(), b, t)
}

// mangled is what stands for the sum 0: that would mean "no checksum".
func mangled(sum uint16) uint16 {
	if sum == 0 {
		return 0xffff
	}
	return sum
}
