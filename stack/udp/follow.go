package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// EnsureSocket returns the socket that owns a port of this host, and makes one
// bound to addr (zero: any) if there is none: the capture shows that some
// program had it.
func (u *UDP) EnsureSocket(addr wire.Addr, port uint16) *Sock {
	for _, sk := range u.hash[portSlot(port)] {
		if sk.Num == port && (sk.RcvSaddr == addr || sk.RcvSaddr == zero && (addr.Is4() || addr == zero || sk.Family == core.AFInet6)) &&
			(sk.Family == core.AFInet6 || addr.Is4() || addr == zero) {
			return sk
		}
	}
	family := uint16(core.AFInet)
	if addr != zero && !addr.Is4() {
		family = core.AFInet6
	}
	sk := NewSock(u.ns, family)
	sk.Broadcast = true // it may have been: the capture tells only what it sent
	sk.Saddr, sk.RcvSaddr = addr, addr
	sk.AddrLocked, sk.PortLocked = addr != zero, true
	sk.hash(port)
	sk.Sport = port
	return sk
}

// FollowSent walks a captured datagram that this host sent down from its
// socket: the bytes go as they are (b.Captured), and the socket, its route and
// the counters follow. b.Network is set, the data pointer stands there, and
// b.Dev is the device that the capture shows. It owns b. The socket is
// returned, nil for a fragment that has no UDP header.
func (u *UDP) FollowSent(b *core.SKB) *Sock {
	b.Captured = true
	saddr, daddr, off, ok := sentHeader(b)
	if !ok || !b.MayPull(off+wire.UDPLen) {
		u.sendAsIs(b, saddr, daddr)
		return nil
	}
	b.Transport = b.Offset() + off
	uh := wire.UDP(b.L4())
	sk := u.EnsureSocket(saddr, uh.SrcPort())
	sk.follow(b, saddr, daddr, uh.DstPort())
	return sk
}

// follow is udp_sendmsg (udpv6_sendmsg) for a captured datagram.
func (sk *Sock) follow(b *core.SKB, saddr, daddr wire.Addr, dport uint16) {
	ns, u := sk.NS, sk.u
	b.SetOwnerW(&sk.Sock)
	connected := sk.State == core.TCPEstablished && sk.Daddr == daddr && sk.Dport == dport
	if daddr.Is4() {
		defer ns.In(step.UdpSendmsg, sk).Out()
		fl := sk.flow4(daddr.IP4(), dport)
		fl.Saddr = saddr.IP4()
		dst, e := sk.route(&fl, connected)
		if e != 0 {
			u.asCaptured(b, daddr, e)
			return
		}
		b.Dst = dst
		sk.sendSKB(b, &fl, 0)
		return
	}
	sk.follow6(b, saddr, daddr, dport, connected)
}

func (sk *Sock) follow6(b *core.SKB, saddr, daddr wire.Addr, dport uint16, connected bool) {
	defer sk.NS.In(step.Udpv6Sendmsg, sk).Out()
	fl := sk.flow6(daddr, dport)
	fl.Saddr = saddr
	if b.Dev != nil && daddr.IsLinkLocal() {
		fl.OIF = b.Dev.Index
	}
	dst, e := sk.route6(&fl, connected)
	if e != 0 {
		sk.u.asCaptured(b, daddr, e)
		return
	}
	b.Dst = dst
	sk.sendSKB6(b, &fl, 0)
}

// sendAsIs sends a captured packet without a UDP header (a later fragment, or
// one that the capture cut) down from IP.
func (u *UDP) sendAsIs(b *core.SKB, saddr, daddr wire.Addr) {
	if daddr == zero {
		u.asCaptured(b, daddr, step.EINVAL)
		return
	}
	var dst *core.Dst
	var e core.Errno
	if daddr.Is4() {
		dst, e = u.ip4().RouteOutput(&ipv4.Flow4{Saddr: saddr.IP4(), Daddr: daddr.IP4(), Proto: protoUDP})
	} else {
		dst, e = u.ip6().RouteOutput(&ipv6.Flow6{Saddr: saddr, Daddr: daddr, Proto: protoUDP})
	}
	if e != 0 {
		u.asCaptured(b, daddr, e)
		return
	}
	b.Dst = dst
	if daddr.Is4() {
		u.ip4().SendSKB(b)
		return
	}
	u.ip6().SendSKB(b)
}

// asCaptured queues a captured frame to the device that it was seen on, when
// the model's routing would not have sent it: the capture is the truth.
func (u *UDP) asCaptured(b *core.SKB, daddr wire.Addr, e core.Errno) {
	ns := u.ns
	if b.Dev == nil || b.MAC < 0 {
		ns.NotModelled(b, step.WhyUDPFollowNoRoute, step.UdpSendmsg, daddr.Hi, daddr.Lo, uint64(e), 0)
		return
	}
	ns.Note(b, step.WhyUDPFollowNoRoute, daddr.Hi, daddr.Lo, uint64(e), uint64(b.Dev.Index))
	if n := b.Offset() - b.MAC; n > 0 {
		b.Push(n)
	}
	ns.DevQueueXmit(b)
}

// sentHeader reads addresses and the offset of the UDP header, from the data
// pointer. It reports false where there is no UDP header; the addresses are
// zero then if there is no IP header either.
func sentHeader(b *core.SKB) (saddr, daddr wire.Addr, off int, ok bool) {
	p := b.Data()
	if q := wire.IPv4(p); q.Valid() && q.Version() == 4 {
		return q.Src().Addr(), q.Dst().Addr(), q.IHL(), q.FragOffset() == 0 && q.Proto() == wire.ProtoUDP
	}
	if q := wire.IPv6(p); q.Valid() {
		off, ok = quotedUDP(q)
		return q.Src(), q.Dst(), off, ok
	}
	return zero, zero, 0, false
}
