package raw

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Ping is a ping socket (struct ping_sock): echo requests without privilege.
// Its Sport is the identifier.
type Ping struct {
	core.Sock
	r  *Raw
	V6 inet6
}

// NewPing is socket(family, SOCK_DGRAM, IPPROTO_ICMP). gid is the program's
// group, which ping_group_range must include (ping_init_sock).
func NewPing(ns *core.Netns, family uint16, gid int) (*Ping, core.Errno) {
	if low, high := ns.Sysctl.PingGroupMin, ns.Sysctl.PingGroupMax; gid < low || gid > high {
		return nil, step.EACCES
	}
	proto := uint8(wire.ProtoICMP)
	if family == core.AFInet6 {
		proto = uint8(wire.ProtoICMPv6)
	}
	sk := &Ping{r: Of(ns), V6: inet6{-1, -1}}
	ns.InitSock(&sk.Sock, sk, family, core.SockDgram, proto)
	return sk, 0
}

// Base, BacklogRcv, ReleaseCB, WriteSpace and ObserveOwn: see core.Proto.

// Base is the embedded struct sock.
func (sk *Ping) Base() *core.Sock { return &sk.Sock }

// BacklogRcv is never called.
func (sk *Ping) BacklogRcv(ns *core.Netns, b *core.SKB) { panic("raw: no backlog") }

// ReleaseCB has nothing to do.
func (sk *Ping) ReleaseCB(ns *core.Netns) {}

// WriteSpace is sock_def_write_space.
func (sk *Ping) WriteSpace(ns *core.Netns) { writeSpace(&sk.Sock) }

// ObserveOwn lists nothing more.
func (sk *Ping) ObserveOwn(o *trace.Obs) {}

// getPort is ping_get_port: an identifier, the next free one if 0.
func (sk *Ping) getPort(ident uint16) core.Errno {
	defer sk.NS.In(step.PingGetPort, sk).Out()
	ns, r := sk.NS, sk.r
	if ident == 0 {
		for range 1 << 16 {
			r.rover++
			if r.rover != 0 && r.owner(r.rover) == nil {
				ident = r.rover
				break
			}
		}
		if ident == 0 {
			return step.EADDRINUSE
		}
	} else if o := r.owner(ident); o != nil && o != sk && !(o.Reuse && sk.Reuse) {
		ns.Why(step.WhyUDPPortInUse, uint64(o.ID), uint64(ident))
		return step.EADDRINUSE
	}
	ns.Why(step.WhyPingIdent, uint64(ident))
	sk.Sport = ident
	r.pings = append([]*Ping{sk}, r.pings...)
	return 0
}

func (r *Raw) owner(ident uint16) *Ping {
	for _, sk := range r.pings {
		if sk.Sport == ident {
			return sk
		}
	}
	return nil
}

// Bind is ping_bind: the port is the identifier.
func (sk *Ping) Bind(addr wire.Addr, ident uint16) core.Errno {
	defer sk.NS.In(step.PingBind, sk).Out()
	if sk.Sport != 0 {
		return step.EINVAL
	}
	if _, e := checkAddr(&sk.Sock, addr); e != 0 {
		return e
	}
	if addr.Is4() && addr.IP4() == 0 {
		addr = zero
	}
	sk.Saddr, sk.RcvSaddr = addr, addr
	if e := sk.getPort(ident); e != 0 {
		sk.Saddr, sk.RcvSaddr = zero, zero
		return e
	}
	return 0
}

// Connect is ip4_datagram_connect.
func (sk *Ping) Connect(addr wire.Addr) core.Errno {
	if sk.Sport == 0 {
		if e := sk.getPort(0); e != 0 {
			return e
		}
	}
	return connect(&sk.Sock, addr)
}

// SendTo is ping_v4_sendmsg (ping_v6_sendmsg): data is an ICMP echo request;
// the kernel writes identifier and checksum. A zero addr is the connected peer.
func (sk *Ping) SendTo(data []byte, addr wire.Addr, flags int) (int, core.Errno) {
	if sk.Sport == 0 {
		if e := sk.getPort(0); e != 0 {
			return 0, step.EAGAIN
		}
	}
	var e core.Errno
	if sk.Family == core.AFInet6 {
		e = sk.sendmsg6(data, addr, flags)
	} else {
		e = sk.sendmsg(data, addr, flags)
	}
	if e != 0 {
		sk.NS.Why(step.WhyUDPSendErr, uint64(e))
		return 0, e
	}
	return len(data), 0
}

// sendmsg is ping_v4_sendmsg.
func (sk *Ping) sendmsg(data []byte, addr wire.Addr, flags int) core.Errno {
	defer sk.NS.In(step.PingV4Sendmsg, sk).Out()
	return sk.send(data, addr, flags, uint8(wire.ICMPEcho))
}

// sendmsg6 is ping_v6_sendmsg.
func (sk *Ping) sendmsg6(data []byte, addr wire.Addr, flags int) core.Errno {
	defer sk.NS.In(step.PingV6Sendmsg, sk).Out()
	return sk.send(data, addr, flags, uint8(wire.ICMPv6Echo))
}

func (sk *Ping) send(data []byte, addr wire.Addr, flags int, echo uint8) core.Errno {
	ns := sk.NS
	switch { // ping_common_sendmsg
	case len(data) > maxLen:
		return step.EMSGSIZE
	case len(data) < wire.ICMPLen:
		return step.EINVAL
	case flags&core.MsgOOB != 0:
		return step.EOPNOTSUPP
	case data[0] != echo || data[1] != 0:
		return step.EINVAL
	}
	if addr == zero {
		if sk.State != core.TCPEstablished {
			return step.EDESTADDRREQ
		}
		addr = sk.Daddr
	}
	msg := append([]byte(nil), data...)
	wire.ICMP(msg).SetID(sk.Sport)
	wire.ICMP(msg).SetChecksum(0)
	if sk.Family == core.AFInet6 {
		return sendData6(&sk.Sock, addr, msg, ipv6.Cookie{HopLimit: sk.V6.HopLimit, TClass: sk.V6.TClass})
	}
	wire.ICMP(msg).ComputeChecksum()
	ip := ipv4.Of(ns)
	fl := flow4(&sk.Sock, addr.IP4(), msg)
	dst, e := ip.RouteOutput(&fl)
	if e != 0 {
		if e == step.ENETUNREACH {
			ns.Inc(step.IpOutNoRoutes)
		}
		return e
	}
	if dst.Flags&core.RTCFBroadcast != 0 && !sk.Broadcast {
		return step.EACCES
	}
	return sendData(&sk.Sock, ip, &fl, dst, wire.ICMPLen, msg)
}

// Recv is recvfrom(): an echo reply, without the IP header.
func (sk *Ping) Recv(buf []byte, flags int) (Msg, core.Errno) { return recvFrom(sk, buf, flags) }

// RecvMsg is ping_recvmsg. It returns what the call returns.
func (sk *Ping) RecvMsg(m *core.Msghdr) (int, core.Errno) {
	defer sk.NS.In(step.PingRecvmsg, sk).Out()
	return recv(&sk.Sock, m, step.PingRecvmsg)
}

// Close is ping_close.
func (sk *Ping) Close() {
	sk.Dead, sk.Waker = true, nil
	for i, o := range sk.r.pings {
		if o == sk {
			sk.r.pings = append(sk.r.pings[:i:i], sk.r.pings[i+1:]...)
			break
		}
	}
	sk.Sport = 0
	sk.DestructRCU(sk.NS)
}

// Rcv is ping_rcv: an echo reply came, its checksum is right. It owns the
// packet.
func (h *ping4) Rcv(ns *core.Netns, b *core.SKB) { h.r.pingRcv(ns, b, core.AFInet) }

// Rcv is ping_rcv.
func (h *ping6) Rcv(ns *core.Netns, b *core.SKB) { h.r.pingRcv(ns, b, core.AFInet6) }

// pingRcv is ping_rcv: the ping socket with this identifier gets it. If there
// is none the reply ends here with NO_SOCKET, even when a raw socket has had
// its copy: that is how an ordinary ping looks.
func (r *Raw) pingRcv(ns *core.Netns, b *core.SKB, family uint16) {
	defer ns.In(step.PingRcv, b).Out()
	if b.Transport < 0 || len(b.L4()) < wire.ICMPLen {
		ns.Drop(b, step.DropNoSocket, step.PingRcv)
		return
	}
	if n := b.Offset() - b.Transport; n > 0 {
		b.Push(n) // back to the ICMP header
	}
	id := wire.ICMP(b.L4()).ID()
	sk := r.pingLookup(ns, b, id, family, daddrOf(b, family))
	if sk == nil {
		ns.Why(step.WhyPingNone, uint64(id))
		ns.Drop(b, step.DropNoSocket, step.PingRcv)
		return
	}
	b.IIF, b.Dst = inIIF(b), nil
	if why := queueRcv(&sk.Sock, b); why != step.NotDropped {
		ns.Drop(b, why, step.PingRcv)
	}
}

func daddrOf(b *core.SKB, family uint16) wire.Addr {
	switch {
	case b.Network < 0:
		return zero
	case family == core.AFInet6 && len(b.From(b.Network)) >= wire.IPv6Len:
		return b.IP6().Dst()
	case family == core.AFInet && len(b.From(b.Network)) >= wire.IPv4MinLen:
		return b.IP4().Dst().Addr()
	}
	return zero
}

// pingLookup is ping_lookup.
func (r *Raw) pingLookup(ns *core.Netns, b *core.SKB, id, family uint16, daddr wire.Addr) *Ping {
	defer ns.In(step.PingLookup, b).Out()
	for _, sk := range r.pings {
		switch {
		case sk.Family != family:
		case sk.Sport != id:
			ns.Tried(step.TryPingIdent, uint64(sk.ID), uint64(sk.Sport), uint64(id))
		case sk.RcvSaddr != zero && sk.RcvSaddr != daddr:
			ns.Tried(step.TryRawAddr, uint64(sk.ID), sk.RcvSaddr.Hi, sk.RcvSaddr.Lo, daddr.Hi, daddr.Lo)
		case sk.BoundDev != 0 && int(sk.BoundDev) != inIIF(b):
			ns.Tried(step.TryRawDev, uint64(sk.ID), uint64(sk.BoundDev), uint64(inIIF(b)))
		default:
			ns.Why(step.WhyPingSocket, uint64(sk.ID), uint64(id))
			return sk
		}
	}
	return nil
}

// Err is ping_err: an ICMP error about an echo request. The data pointer
// stands at the quoted IP header, b.Transport at the ICMP header.
func (h *ping4) Err(ns *core.Netns, b *core.SKB, info uint32) {
	q := wire.IPv4(b.Data())
	if !q.Valid() || len(q) < q.IHL()+wire.ICMPLen || b.Transport < 0 || len(b.L4()) < wire.ICMPLen {
		return
	}
	h.r.pingErr(ns, b, q.IHL(), core.AFInet, info)
}

// Err is ping_err.
func (h *ping6) Err(ns *core.Netns, b *core.SKB, info uint32) {
	q := wire.IPv6(b.Data())
	if !q.Valid() || b.Transport < 0 || len(b.L4()) < wire.ICMPLen {
		return
	}
	p, off, frag, ok := wire.SkipExtensions(q[wire.IPv6Len:], q.NextHeader())
	off += wire.IPv6Len
	if !ok || p != wire.ProtoICMPv6 || frag&^7 != 0 || off+wire.ICMPLen > len(q) {
		return
	}
	h.r.pingErr(ns, b, off, core.AFInet6, info)
}

// pingErr is ping_err; off is where the quoted echo request is.
func (r *Raw) pingErr(ns *core.Netns, b *core.SKB, off int, family uint16, info uint32) {
	defer ns.In(step.PingErr, b).Out()
	inner, h := wire.ICMP(b.Data()[off:]), b.L4()
	echo, origin := uint8(wire.ICMPEcho), uint8(core.ErrOriginICMP)
	if family == core.AFInet6 {
		echo, origin = uint8(wire.ICMPv6Echo), core.ErrOriginICMP6
	}
	if uint8(inner.Type()) != echo || inner.Code() != 0 {
		return
	}
	// The error came to our address: that is what the socket is bound to.
	sk := r.pingLookup(ns, b, inner.ID(), family, daddrOf(b, family))
	if sk == nil {
		return
	}
	typ, code := h[0], h[1]
	e, hard := convert(typ, code, sk.PMTUDisc)
	if family == core.AFInet6 {
		e, hard = convert6(typ, code)
	}
	report(&sk.Sock, b, e, hard, core.ExtErr{Errno: e, Origin: origin, Typ: typ, Code: code, Info: info}, off)
}
