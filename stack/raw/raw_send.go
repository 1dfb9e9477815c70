package raw

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// SendTo is raw_sendmsg (rawv6_sendmsg): send data behind an IP header that
// the kernel writes, or, with IP_HDRINCL, that data begins with. A zero addr
// is the connected peer.
func (sk *Sock) SendTo(data []byte, addr wire.Addr, flags int) (int, core.Errno) {
	if sk.Family == core.AFInet6 {
		return sk.sendmsg6(data, addr, flags)
	}
	return sk.sendmsg(data, addr, flags)
}

// sendmsg is raw_sendmsg.
func (sk *Sock) sendmsg(data []byte, addr wire.Addr, flags int) (int, core.Errno) {
	defer sk.NS.In(step.RawSendmsg, sk).Out()
	ns := sk.NS
	daddr, e := sk.dest(data, addr, flags)
	if e != 0 {
		return sk.fail(e)
	}
	ip := ipv4.Of(ns)
	fl := flow4(&sk.Sock, daddr.IP4(), data)
	if sk.HdrIncl {
		fl.Proto, fl.Dport = 255, 0
		fl.Flags |= ipv4.FlowKnownNH
	}
	if flags&core.MsgDontRoute != 0 {
		fl.Scope = ipv4.ScopeLink
	}
	dst, e := ip.RouteOutput(&fl)
	if e != 0 {
		return sk.fail(e)
	}
	if dst.Flags&core.RTCFBroadcast != 0 && !sk.Broadcast {
		return sk.fail(step.EACCES)
	}
	if sk.HdrIncl {
		e = sk.sendHdrinc(data, &fl, dst, flags)
	} else {
		e = sendData(&sk.Sock, ip, &fl, dst, 0, data)
	}
	if e != 0 {
		return sk.fail(e)
	}
	return len(data), 0
}

// dest checks what every send call checks first.
func (sk *Sock) dest(data []byte, addr wire.Addr, flags int) (wire.Addr, core.Errno) {
	switch {
	case len(data) > maxLen:
		return zero, step.EMSGSIZE
	case flags&core.MsgOOB != 0:
		return zero, step.EOPNOTSUPP
	case addr != zero:
		return addr, 0
	case sk.State != core.TCPEstablished:
		return zero, step.EDESTADDRREQ
	}
	return sk.Daddr, 0
}

func (sk *Sock) fail(e core.Errno) (int, core.Errno) {
	sk.NS.Why(step.WhyUDPSendErr, uint64(e))
	return 0, e
}

// flow4 is flowi4_init_output; an ICMP type and code stand in for ports
// (raw_probe_proto_opt).
func flow4(sk *core.Sock, daddr wire.IP4, data []byte) ipv4.Flow4 {
	fl := ipv4.Flow4{Daddr: daddr, OIF: int(sk.BoundDev), Mark: sk.Mark, TOS: sk.TOS, Proto: sk.Protocol}
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
	if sk.Protocol == uint8(wire.ProtoICMP) && len(data) >= 2 {
		fl.Dport = uint16(data[0])<<8 | uint16(data[1])
	}
	return fl
}

// allocSend is how __ip_append_data gets room for a packet: with a header of the
// transport by sock_alloc_send_skb, which reports an error that waits; without one, as
// raw sockets do, by alloc_skb, and an error that waits stays (two times SO_SNDBUF may
// be under way, else ENOBUFS).
func allocSend(sk *core.Sock, transhdrlen int, discards step.MIB) core.Errno {
	if transhdrlen > 0 {
		return sk.AllocSend(sk.NS, discards)
	}
	if sk.WmemAlloc > 2*sk.SndBuf {
		sk.NS.Why(step.WhySndbufFull, uint64(sk.WmemAlloc-1), uint64(2*sk.SndBuf))
		sk.NS.Inc(discards)
		return step.ENOBUFS
	}
	return 0
}

// sendData is ip_append_data and ip_push_pending_frames of one piece.
// transhdrlen bytes of header at the front of data are the transport's.
func sendData(sk *core.Sock, ip *ipv4.IPv4, fl *ipv4.Flow4, dst *core.Dst, transhdrlen int, data []byte) core.Errno {
	if e := allocSend(sk, transhdrlen, step.IpOutDiscards); e != 0 {
		return e
	}
	ck := ipv4.Cookie{TTL: -1, TOS: -1, Mark: sk.Mark, Priority: sk.Priority}
	b, e := ip.MakeSKB(sk, fl, dst, &ck, transhdrlen, data[transhdrlen:])
	if e != 0 {
		return e
	}
	copy(b.L4()[:transhdrlen], data)
	b.IPSummed = core.ChecksumNone
	if e = ip.PushPendingFrames(b); e == step.ENOBUFS && !sk.RecvErr {
		e = 0
	}
	return e
}

// sendHdrinc is raw_send_hdrinc: the program wrote the IP header. Length and
// checksum are always filled in, source and identifier if they are zero.
func (sk *Sock) sendHdrinc(data []byte, fl *ipv4.Flow4, dst *core.Dst, flags int) core.Errno {
	defer sk.NS.In(step.RawSendHdrinc, sk).Out()
	ns := sk.NS
	h := wire.IPv4(data)
	switch {
	case len(data) > dst.Dev.MTU:
		return step.EMSGSIZE
	case len(data) < wire.IPv4MinLen:
		return step.EINVAL
	case flags&core.MsgProbe != 0:
		return 0
	case h.IHL() < wire.IPv4MinLen || h.IHL() > len(data):
		ns.Inc(step.IpOutDiscards)
		return step.EINVAL
	}
	if e := sk.AllocSend(ns, step.IpOutDiscards); e != 0 {
		return e
	}
	b := ns.AllocSKB(core.Headroom, len(data), 0)
	copy(b.Put(len(data)), data)
	b.ResetNetwork()
	b.Protocol, b.Priority, b.Mark, b.Dst, b.Dev = uint16(wire.EtherTypeIPv4), sk.Priority, sk.Mark, dst, dst.Dev
	b.Transport = b.Network + h.IHL()
	b.SetOwnerW(&sk.Sock)
	ns.Why(step.WhyRawHdrincl, uint64(h.IHL()))
	h = b.IP4()
	if h.Src() == 0 {
		h.SetSrc(fl.Saddr)
	}
	if h.ID() == 0 { // ip_select_ident takes it from a hashed counter
		h.SetID(uint16(ns.Machine.Rand.Uint32() | 1))
	}
	h.SetTotalLen(len(data))
	h.ComputeChecksum()
	if h.Proto() == wire.ProtoICMP && len(b.L4()) >= wire.ICMPLen {
		ns.Inc(step.IcmpOutMsgs)
		ns.Inc(step.IcmpMsgOutType0 + step.MIB(b.L4()[0]))
	}
	if e := ns.HookErr(core.NFIPv4, core.LocalOut, nil, dst.Dev, &sk.Sock, b); e >= 0 {
		if e != 0 {
			ns.Inc(step.IpOutDiscards)
		}
		return core.Errno(e)
	}
	e := ns.DstOutput(&sk.Sock, b)
	if e != 0 {
		ns.Inc(step.IpOutDiscards)
		if e == step.ENOBUFS && !sk.RecvErr {
			e = 0
		}
	}
	return e
}
