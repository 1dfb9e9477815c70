package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
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
	sk.Waker = u.Reader
	sk.Broadcast = true // it may have been: the capture tells only what it sent
	sk.Saddr, sk.RcvSaddr = addr, addr
	sk.AddrLocked, sk.PortLocked = addr != zero, true
	sk.hash(port)
	sk.Sport = port
	return sk
}

// FollowSent walks a captured datagram that this host sent down from its
// socket: the bytes go as they are (b.Captured), and the socket, its route and
// the counters follow. b.Network and b.Transport are set, the data pointer
// stands at the network header. It owns b. False: the model would not have
// sent it (no route, no UDP header); b is gone, and the reader is told why.
func (u *UDP) FollowSent(b *core.SKB) bool {
	b.Captured = true
	saddr, daddr, off, ok := sentHeader(b)
	if !ok || !b.MayPull(off+wire.UDPLen) {
		u.ns.Free(b)
		return false
	}
	b.Transport = b.Offset() + off
	uh := wire.UDP(b.L4())
	sk := u.EnsureSocket(saddr, uh.SrcPort())
	b.SetOwnerW(&sk.Sock)
	if daddr.Is4() {
		return sk.follow(b, saddr, daddr, uh.DstPort())
	}
	return sk.follow6(b, saddr, daddr, uh.DstPort())
}

// peer reports whether the socket is connected to this address and port.
func (sk *Sock) peer(a wire.Addr, port uint16) bool {
	return sk.State == core.TCPEstablished && sk.Daddr == a && sk.Dport == port
}

// follow is udp_sendmsg for a captured datagram.
func (sk *Sock) follow(b *core.SKB, saddr, daddr wire.Addr, dport uint16) bool {
	defer sk.NS.In(step.UdpSendmsg, sk).Out()
	fl := sk.flow4(daddr.IP4(), dport)
	fl.Saddr = saddr.IP4()
	dst, e := sk.route(&fl, sk.peer(daddr, dport))
	if e != 0 {
		return sk.noRoute(b, daddr, e)
	}
	b.Dst = dst
	sk.sendSKB(b, &fl, 0, 0)
	return true
}

// follow6 is udpv6_sendmsg for a captured datagram.
func (sk *Sock) follow6(b *core.SKB, saddr, daddr wire.Addr, dport uint16) bool {
	defer sk.NS.In(step.Udpv6Sendmsg, sk).Out()
	fl := sk.flow6(daddr, dport)
	fl.Saddr = saddr
	dst, e := sk.route6(&fl, sk.peer(daddr, dport))
	if e != 0 {
		return sk.noRoute(b, daddr, e)
	}
	b.Dst = dst
	sk.sendSKB6(b, &fl, 0, 0)
	return true
}

// noRoute tells the reader that the model would not have sent what the capture
// shows.
func (sk *Sock) noRoute(b *core.SKB, daddr wire.Addr, e core.Errno) bool {
	sk.NS.Note(b, step.WhyUDPFollowNoRoute, daddr.Hi, daddr.Lo, uint64(e))
	sk.NS.Free(b)
	return false
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

// SetRcvBuf is SO_RCVBUF (sock_setsockopt): the kernel doubles it, because half
// is for its own structures.
func (sk *Sock) SetRcvBuf(n int) {
	const least = 2304 // SOCK_MIN_RCVBUF
	sk.RcvBuf, sk.RcvBufLocked = int32(max(min(n, sk.NS.Sysctl.RmemMax)*2, least)), true
}
