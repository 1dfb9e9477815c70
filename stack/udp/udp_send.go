package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// SendTo is sendto() without control messages: send data as one datagram to
// addr and port, or, if both are zero, to the connected peer. flags are
// core.Msg*. It returns how many bytes were taken. It never sleeps: EAGAIN means
// that the send buffer is full.
func (sk *Sock) SendTo(data []byte, addr wire.Addr, port uint16, flags int) (int, core.Errno) {
	m := core.Msghdr{Data: data, Addr: addr, Port: port, Flags: flags}
	e := sk.SendMsg(&m)
	return m.Off, e
}

// SendMsg is inet_sendmsg down to udp_sendmsg (udpv6_sendmsg). What was taken is
// in m.Off.
func (sk *Sock) SendMsg(m *core.Msghdr) core.Errno {
	if e := sk.Autobind(); e != 0 {
		return e
	}
	if m.Unspec { // AF_UNSPEC: the socket's own peer
		m.Addr, m.Port = zero, 0
	}
	var e core.Errno
	if sk.Family == core.AFInet6 && !sk.mapped(m.Addr, m.Port) {
		m.Off, e = sk.sendmsg6(m)
	} else {
		m.Off, e = sk.sendmsg(m)
	}
	return e
}

// mapped reports whether an IPv6 socket talks to an IPv4 host (::ffff:a.b.c.d).
func (sk *Sock) mapped(addr wire.Addr, port uint16) bool {
	if addr == zero && port == 0 {
		return sk.State == core.TCPEstablished && sk.Daddr.Is4()
	}
	return addr.Is4()
}

// sendmsg is udp_sendmsg.
func (sk *Sock) sendmsg(m *core.Msghdr) (int, core.Errno) {
	defer sk.NS.In(step.UdpSendmsg, sk).Out()
	if len(m.Data) <= maxLen && m.Flags&core.MsgOOB != 0 {
		return sk.fail(step.EOPNOTSUPP)
	}
	return sk.prepare(m)
}

// prepare is what udp_sendmsg and udpv6_sendmsg do first: lengths, flags, the
// address, control messages; a corked datagram grows, another one goes.
func (sk *Sock) prepare(m *core.Msghdr) (int, core.Errno) {
	ns, data, flags := sk.NS, m.Data, m.Flags
	daddr, dport := m.Addr, m.Port
	if len(data) > maxLen {
		ns.Why(step.WhyUDPTooLong, uint64(len(data)))
		return 0, step.EMSGSIZE
	}
	if sk.pending != nil {
		return sk.append(m)
	}
	connected := daddr == zero && dport == 0
	if connected {
		if sk.State != core.TCPEstablished {
			ns.Why(step.WhyUDPNoDest)
			return 0, step.EDESTADDRREQ
		}
		daddr, dport = sk.Daddr, sk.Dport
	} else if dport == 0 {
		return sk.fail(step.EINVAL)
	}
	ck, e := inet.CmsgSend(sk.Base(), m, true)
	if e != 0 {
		return sk.fail(e)
	}
	if len(m.Ctl) > 0 {
		connected = connected && ck.OIF == 0 && ck.Saddr == zero && ck.TOS < 0
	}
	six := sk.Family == core.AFInet6 && !daddr.Is4()
	if six && daddr == zero { // :: as destination means this host
		daddr = wire.Addr{Lo: 1}
	}
	if flags&core.MsgMore != 0 || sk.Cork {
		sk.pending = &pending{daddr: daddr, dport: dport, ck: ck}
		return sk.append(m)
	}
	if m.Fault {
		return sk.fail(step.EFAULT)
	}
	u := sk.zerocopy(m)
	var n int
	if six {
		n, e = sk.transmit6(data, daddr, dport, connected, flags, &ck, u)
	} else {
		n, e = sk.transmit(data, daddr.IP4(), dport, connected, flags, &ck, u)
	}
	if u != nil && e != 0 {
		u.Abort()
	} else if u != nil {
		u.Put()
	}
	return n, e
}

// zerocopy is the part of __ip_append_data for MSG_ZEROCOPY: nil if the program
// did not ask for it.
func (sk *Sock) zerocopy(m *core.Msghdr) *core.Ubuf {
	if m.Flags&core.MsgZerocopy == 0 || len(m.Data) == 0 || !sk.Rare().Zerocopy {
		return nil
	}
	return sk.ZerocopyAlloc(len(m.Data), nil)
}

// mark is what of struct inet_cork the packet itself carries: whose time the
// program wants, by what number, and the memory that it points to.
func (sk *Sock) mark(b *core.SKB, ck *inet.Cookie, u *core.Ubuf, dst *core.Dst) {
	if f := core.TxFlags(ck.TsFlags); f != 0 {
		key := uint32(0)
		switch {
		case ck.HasKey:
			key = ck.TsKey
		case sk.Rare().TsFlags&core.TsOptID != 0:
			key = sk.Rare().TsKey
			sk.SetRare().TsKey++
		}
		b.SetTxTstamp(f, key)
	}
	if u != nil {
		if dst.Dev == nil || dst.Dev.Features&core.FeatureSG == 0 || dst.Dev.Features&core.FeatureTxCsum == 0 {
			u.Zerocopy = false
		}
		b.SetUarg(u)
	}
}

// append is udp_sendmsg's do_append_data: more of a corked datagram.
func (sk *Sock) append(m *core.Msghdr) (int, core.Errno) {
	p, data, flags := sk.pending, m.Data, m.Flags
	if m.Fault {
		sk.pending = nil
		return sk.fail(step.EFAULT)
	}
	if len(p.data)+len(data) > maxLen-wire.UDPLen {
		sk.pending = nil
		sk.NS.Why(step.WhyUDPTooLong, uint64(len(p.data)+len(data)))
		return 0, step.EMSGSIZE
	}
	p.data = append(p.data, data...)
	if flags&core.MsgMore != 0 || sk.Cork {
		sk.NS.Why(step.WhyUDPCork, uint64(len(p.data)))
		return len(data), 0
	}
	if e := sk.Push(); e != 0 {
		return 0, e
	}
	return len(data), 0
}

// Push is udp_push_pending_frames: a corked datagram is whole.
func (sk *Sock) Push() core.Errno {
	defer sk.NS.In(step.UdpPushPendingFrames, sk).Out()
	p := sk.pending
	if p == nil {
		return 0
	}
	sk.pending = nil
	var e core.Errno
	if sk.Family == core.AFInet6 && !p.daddr.Is4() {
		_, e = sk.transmit6(p.data, p.daddr, p.dport, false, 0, &p.ck, nil)
	} else {
		_, e = sk.transmit(p.data, p.daddr.IP4(), p.dport, false, 0, &p.ck, nil)
	}
	return e
}

// transmit is the rest of udp_sendmsg: route, buffer, udp_send_skb.
func (sk *Sock) transmit(data []byte, daddr wire.IP4, dport uint16, connected bool, flags int, ipc *inet.Cookie, u *core.Ubuf) (int, core.Errno) {
	ns, ip := sk.NS, sk.u.ip4()
	fl := sk.flow4(daddr, dport)
	fl.Mark = ipc.Mark
	if ipc.TOS >= 0 {
		fl.TOS = uint8(ipc.TOS)
	}
	if ipc.OIF != 0 {
		fl.OIF = ipc.OIF
	}
	if ipc.Saddr.Is4() && ipc.Saddr.IP4() != 0 {
		fl.Saddr = ipc.Saddr.IP4()
	}
	if flags&core.MsgDontRoute != 0 || sk.Rare().DontRoute {
		fl.Scope, connected = ipv4.ScopeLink, false
	}
	if daddr.IsMulticast() {
		connected = false
	}
	dst, e := sk.route(&fl, connected)
	if e != 0 {
		return 0, e
	}
	if flags&core.MsgConfirm != 0 {
		if dst.Neigh != nil {
			dst.Neigh.Confirm()
		}
		if flags&core.MsgProbe != 0 && len(data) == 0 {
			return 0, 0
		}
	}
	gso := sk.GSOSize
	if ipc.GSOSize >= 0 {
		gso = ipc.GSOSize
	}
	ck := ipv4.Cookie{TTL: ipc.TTL, TOS: ipc.TOS, GSOSize: gso, Mark: ipc.Mark, Priority: ipc.Priority}
	var b *core.SKB
	if e = sk.AllocSend(ns, step.IpOutDiscards); e == 0 {
		b, e = ip.MakeSKB(&sk.Sock, &fl, dst, &ck, wire.UDPLen, data)
	}
	if e == 0 {
		sk.mark(b, ipc, u, dst)
		e = sk.sendSKB(b, &fl, ip.MTU(dst), gso)
	}
	if e != 0 {
		if e == step.ENOBUFS || e == step.EAGAIN {
			sk.NoSpace = e == step.EAGAIN
			ns.Inc(step.UdpSndbufErrors)
		}
		return sk.fail(e)
	}
	return len(data), 0
}

// flow4 is flowi4_init_output for this socket and a destination.
func (sk *Sock) flow4(daddr wire.IP4, dport uint16) ipv4.Flow4 {
	fl := ipv4.Flow4{Daddr: daddr, OIF: int(sk.BoundDev), Mark: sk.Mark, TOS: sk.TOS, Proto: protoUDP, Sport: sk.Sport, Dport: dport}
	if sk.Saddr.Is4() {
		fl.Saddr = sk.Saddr.IP4()
	}
	if daddr.IsMulticast() {
		if fl.OIF == 0 {
			fl.OIF = sk.Rare().McIndex
		}
		if fl.Saddr == 0 && sk.Rare().McAddr.Is4() {
			fl.Saddr = sk.Rare().McAddr.IP4()
		}
	}
	return fl
}

// route finds the route of a datagram: a connected socket has it already, if
// it is still good.
func (sk *Sock) route(fl *ipv4.Flow4, connected bool) (*core.Dst, core.Errno) {
	ns, ip := sk.NS, sk.u.ip4()
	if connected && sk.DstCache != nil {
		if ip.DstCheck(sk.DstCache) {
			ns.Why(step.WhyUDPRouteKept)
			return sk.DstCache, 0
		}
		sk.DstCache = nil
	}
	dst, e := ip.RouteOutput(fl)
	if e != 0 {
		if e == step.ENETUNREACH {
			ns.Inc(step.IpOutNoRoutes)
		}
		ns.Why(step.WhyUDPSendErr, uint64(e))
		return nil, e
	}
	if dst.Flags&core.RTCFBroadcast != 0 && !sk.Broadcast {
		a := fl.Daddr.Addr()
		ns.Why(step.WhyUDPBroadcast, a.Hi, a.Lo, uint64(step.EACCES))
		return nil, step.EACCES
	}
	if connected {
		sk.DstCache = dst
	}
	return dst, 0
}

// sendSKB is udp_send_skb: the header, and the checksum over pseudo header,
// header and data (RFC 768), computed here unless the card does it.
func (sk *Sock) sendSKB(b *core.SKB, fl *ipv4.Flow4, mtu, gso int) core.Errno {
	defer sk.NS.In(step.UdpSendSkb, b).Out()
	ns := sk.NS
	if !b.Captured {
		n := transportLen(b)
		uh := wire.UDP(b.L4())
		uh.SetSrcPort(sk.Sport)
		uh.SetDstPort(fl.Dport)
		uh.SetLen(n)
		uh.SetChecksum(0)
		if e := sk.setGSO(b, n-wire.UDPLen, mtu, b.Transport-b.Network, gso, sk.NoCheckTx); e != 0 {
			ns.Drop(b, step.DropNotSpecified, step.UdpSendSkb)
			return e
		}
		sk.checksum(b, n, wire.PseudoHeader4(fl.Saddr, fl.Daddr, wire.ProtoUDP, n), sk.NoCheckTx)
	} else {
		ns.Why(step.WhyUDPFollow)
	}
	e := sk.u.ip4().SendSKB(b)
	return sk.sent(e, step.UdpOutDatagrams, step.UdpSndbufErrors)
}

// sent counts, and forgives a full queue (ENOBUFS) to a program that did not
// ask for such errors.
func (sk *Sock) sent(e core.Errno, out, bufErrors step.MIB) core.Errno {
	switch {
	case e == 0:
		sk.NS.Inc(out)
	case e == step.ENOBUFS && !sk.RecvErr:
		sk.NS.Inc(bufErrors)
		e = 0
	}
	return e
}

// setGSO is udp_send_skb's part for UDP_SEGMENT: one buffer stands for many
// datagrams of g bytes. hlen is the length of the network header; noCheck says that the
// program wants no checksums (SO_NO_CHECK, UDP_NO_CHECK6_TX).
func (sk *Sock) setGSO(b *core.SKB, datalen, mtu, hlen, g int, noCheck bool) core.Errno {
	if g == 0 {
		return 0
	}
	switch {
	case hlen+wire.UDPLen+min(datalen, g) > mtu:
		return step.EMSGSIZE
	case datalen > g*maxSegs, noCheck:
		return step.EINVAL
	case datalen > g:
		b.GSOSize, b.GSOType, b.GSOSegs = g, core.GSOUDPL4, (datalen+g-1)/g
		b.IPSummed = core.ChecksumPartial
		sk.NS.Why(step.WhyUDPGSO, uint64(datalen), uint64(b.GSOSegs), uint64(g))
	}
	return 0
}

// checksum writes the UDP checksum; pseudo is the pseudo header's sum. noCheck: the
// program wants none (SO_NO_CHECK, which is for IPv4 only).
func (sk *Sock) checksum(b *core.SKB, n int, pseudo uint32, noCheck bool) {
	ns, uh := sk.NS, wire.UDP(b.L4())
	switch {
	case noCheck:
		b.IPSummed = core.ChecksumNone
		ns.Why(step.WhyUDPNoCheck)
	case b.IPSummed == core.ChecksumPartial && len(b.FragList) == 0:
		b.CsumStart, b.CsumOff = b.Transport, 6
		uh.SetChecksum(^wire.Fold(pseudo))
		if b.GSOSize == 0 && b.Dst != nil && b.Dst.Dev != nil {
			ns.Why(step.WhyUDPOffload, uint64(b.Dst.Dev.Index))
		}
	default:
		b.IPSummed = core.ChecksumNone
		c := wire.Fold(transportSum(b, pseudo))
		if c == 0 {
			c = 0xffff // CSUM_MANGLED_0: 0 would say "none"
		}
		uh.SetChecksum(c)
		ns.Why(step.WhyUDPFilled, uint64(n), uint64(c))
	}
}

// transportLen is the length of UDP header and data, pieces for fragmentation
// included.
func transportLen(b *core.SKB) int { return b.Len() - b.TransportOffset() }

// transportSum sums them up.
func transportSum(b *core.SKB, sum uint32) uint32 {
	return b.Checksum(b.TransportOffset(), transportLen(b), sum)
}
