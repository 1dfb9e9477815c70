package raw

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// EnsureSocket returns a raw socket of a protocol, and makes one if there is
// none: the capture shows that some program has one.
func (r *Raw) EnsureSocket(family uint16, proto uint8) *Sock {
	for _, sk := range r.socks {
		if sk.Family == family && sk.Protocol == proto && sk.RcvSaddr == zero && sk.Daddr == zero {
			return sk
		}
	}
	sk := NewSock(r.ns, family, proto)
	sk.Broadcast, sk.Waker = true, r.Reader
	return sk
}

// FollowSent walks a captured packet that a program of this host sent itself,
// an echo request of ping in the first place, down from a raw socket: the bytes
// go as they are (b.Captured). b.Network and b.Transport are set, the data
// pointer stands at the network header. It owns b. False: the model would not
// have sent it; b is gone, and the reader is told why.
func (r *Raw) FollowSent(b *core.SKB) bool {
	b.Captured = true
	p := b.Data()
	if q := wire.IPv4(p); q.Valid() {
		return r.EnsureSocket(core.AFInet, uint8(q.Proto())).follow(b, q)
	}
	if q := wire.IPv6(p); q.Valid() {
		proto, _, _, _ := wire.SkipExtensions(q[wire.IPv6Len:], q.NextHeader())
		return r.EnsureSocket(core.AFInet6, uint8(proto)).follow6(b, q)
	}
	r.ns.Free(b)
	return false
}

// follow is raw_sendmsg for a captured packet.
func (sk *Sock) follow(b *core.SKB, q wire.IPv4) bool {
	defer sk.NS.In(step.RawSendmsg, sk).Out()
	if b.Transport < 0 {
		b.Transport = b.Network + q.IHL()
	}
	b.SetOwnerW(&sk.Sock)
	fl := flow4(&sk.Sock, q.Dst(), q[q.IHL():])
	dst, e := ipv4.Of(sk.NS).RouteOutput(&fl)
	if e != 0 {
		return sk.noRoute(b, q.Dst().Addr(), e)
	}
	sk.NS.Why(step.WhyUDPFollow)
	b.Dst = dst
	ipv4.Of(sk.NS).SendSKB(b)
	return true
}

// follow6 is rawv6_sendmsg for a captured packet.
func (sk *Sock) follow6(b *core.SKB, q wire.IPv6) bool {
	defer sk.NS.In(step.Rawv6Sendmsg, sk).Out()
	if b.Transport < 0 {
		b.Transport = b.Network + wire.IPv6Len
	}
	b.SetOwnerW(&sk.Sock)
	fl := ipv6.Flow6{Saddr: q.Src(), Daddr: q.Dst(), Proto: sk.Protocol}
	dst, e := ipv6.Of(sk.NS).RouteOutput(&fl)
	if e != 0 {
		return sk.noRoute(b, q.Dst(), e)
	}
	sk.NS.Why(step.WhyUDPFollow)
	b.Dst = dst
	ipv6.Of(sk.NS).SendSKB(b)
	return true
}

// noRoute tells the reader that the model would not have sent what the capture
// shows.
func (sk *Sock) noRoute(b *core.SKB, daddr wire.Addr, e core.Errno) bool {
	sk.NS.Note(b, step.WhyUDPFollowNoRoute, daddr.Hi, daddr.Lo, uint64(e))
	sk.NS.Free(b)
	return false
}
