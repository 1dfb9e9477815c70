package ipv4

// From the transport protocol to the neighbour: net/ipv4/ip_output.c. Making
// datagrams is in ip_output_make.go, cutting them up in ip_output_frag.go.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// LocalOut is ip_local_out: a finished packet of this host, route in b.Dst,
// data pointer at its IP header. Length and header checksum are written here,
// unless the bytes are a captured frame's (b.Captured).
func (ip *IPv4) LocalOut(sk *core.Sock, b *core.SKB) core.Errno {
	defer ip.ns.In(step.IPLocalOut, b).Out()
	ns := ip.ns
	if ns.Held(b) {
		return 0
	}
	if !b.Captured {
		ip.finishHeader(b)
		if ns.Follow != nil && ns.Follow.Hold(ns, b) {
			return 0
		}
	}
	if e := ip.localOutHook(sk, b); e >= 0 {
		return core.Errno(e)
	}
	return ns.DstOutput(sk, b)
}

// finishHeader writes the total length and the checksum (iph_set_totlen,
// ip_send_check).
func (ip *IPv4) finishHeader(b *core.SKB) {
	h := b.IP4()
	if n := b.Len(); n <= ipMaxMTU {
		h.SetTotalLen(n)
	} else {
		h.SetTotalLen(0) // a GSO packet above 64 kB
	}
	h.ComputeChecksum()
	b.Protocol = uint16(wire.EtherTypeIPv4)
}

// localOutHook is __ip_local_out; below zero the packet goes on, else a hook has
// taken it and the result is the errno.
func (ip *IPv4) localOutHook(sk *core.Sock, b *core.SKB) int {
	defer ip.ns.In(step.IPLocalOutHook, b).Out()
	ns := ip.ns
	ns.Inc(step.IpOutRequests)
	if !b.Captured {
		h := b.IP4()
		if n := b.Len(); n <= ipMaxMTU {
			h.SetTotalLen(n)
		} else {
			h.SetTotalLen(0) // iph_set_totlen: a GSO packet above 64 kB
		}
		h.ComputeChecksum()
	}
	b.Protocol = uint16(wire.EtherTypeIPv4)
	return ns.HookErr(core.NFIPv4, core.LocalOut, nil, b.Dst.Dev, sk, b)
}

// output is ip_output: the packet passes the POST_ROUTING hooks.
func (ip *IPv4) output(sk *core.Sock, b *core.SKB) core.Errno {
	defer ip.ns.In(step.IPOutput, b).Out()
	ns := ip.ns
	in, dev := b.Dev, b.Dst.Dev
	b.Dev, b.Protocol = dev, uint16(wire.EtherTypeIPv4)
	if b.CB.IPFlags&ipskbRerouted == 0 {
		if e := ns.HookErr(core.NFIPv4, core.PostRouting, in, dev, sk, b); e >= 0 {
			return core.Errno(e)
		}
	}
	return ip.finishOutput(sk, b)
}

// mcOutput is ip_mc_output: a packet for a group or for everybody also goes to
// this host's own programs (RFC 1112 §6.1).
func (ip *IPv4) mcOutput(sk *core.Sock, b *core.SKB) core.Errno {
	defer ip.ns.In(step.IPMcOutput, b).Out()
	ns := ip.ns
	d := b.Dst
	b.Dev, b.Protocol = d.Dev, uint16(wire.EtherTypeIPv4)
	loop := d.Flags&core.RTCFBroadcast != 0
	if d.Flags&core.RTCFMulticast != 0 {
		loop = loop || (sk == nil || sk.McLoop) && (d.Flags&core.RTCFLocal != 0 || b.CB.IPFlags&ipskbForwarded == 0)
	}
	if loop {
		c := b.Clone()
		ns.Why(step.WhyMcLoop, uint64(b.IP4().Dst()))
		if ns.Hook(core.NFIPv4, core.PostRouting, nil, c.Dev, sk, c) {
			ip.mcFinishOutput(c)
		}
	}
	if d.Flags&core.RTCFMulticast != 0 && b.IP4().TTL() == 0 {
		ns.Why(step.WhyMcTTL0)
		ns.Drop(b, step.DropNotSpecified, step.IPMcOutput)
		return 0
	}
	if b.CB.IPFlags&ipskbRerouted == 0 {
		if e := ns.HookErr(core.NFIPv4, core.PostRouting, nil, b.Dev, sk, b); e >= 0 {
			return core.Errno(e)
		}
	}
	return ip.finishOutput(sk, b)
}

// mcFinishOutput is ip_mc_finish_output with dev_loopback_xmit: the copy comes
// in by the device that the packet leaves by.
func (ip *IPv4) mcFinishOutput(b *core.SKB) {
	defer ip.ns.In(step.IPMcFinishOutput, b).Out()
	ns := ip.ns
	old := b.Dst
	d := ip.alloc(ip.loopback(), old.Flags, old.Type) // rt_dst_clone
	if old.Flags&core.RTCFLocal == 0 {
		d.In = old.In
	}
	d.Out = old.Out
	*rtOf(d) = *rtOf(old)
	rtOf(d).iif = 0
	b.Dst = d
	// dev_loopback_xmit
	b.ResetMAC()
	b.PktType = core.PacketLoopback
	if b.IPSummed == core.ChecksumNone {
		b.IPSummed = core.ChecksumUnnecessary
	}
	ns.NetifRx(b)
}

// finishOutput is ip_finish_output: cut up what does not fit. (Control groups'
// egress programs are not modelled: none are attached.)
func (ip *IPv4) finishOutput(sk *core.Sock, b *core.SKB) core.Errno {
	defer ip.ns.In(step.IPFinishOutput, b).Out()
	mtu := ip.outMTU(sk, b)
	if b.GSOSize > 0 {
		return ip.finishOutputGSO(sk, b, mtu)
	}
	if b.Len() > mtu || b.CB.FragMax != 0 {
		if b.Len() > mtu {
			ip.ns.Why(step.WhyNotFitsMTU, uint64(b.Len()), uint64(mtu))
		}
		return ip.fragment(sk, b, mtu)
	}
	ip.ns.Why(step.WhyFitsMTU, uint64(b.Len()), uint64(mtu))
	return ip.finishOutput2(b)
}

// outMTU is ip_skb_dst_mtu.
func (ip *IPv4) outMTU(sk *core.Sock, b *core.SKB) int {
	if sk == nil || sk.PMTUDisc < core.PMTUDiscProbe {
		return ip.mtuMaybeForward(b.Dst, b.CB.IPFlags&ipskbForwarded != 0)
	}
	return min(b.Dst.Dev.MTU, ipMaxMTU)
}

// finishOutputGSO is ip_finish_output_gso: a packet that stands for several
// goes on whole if its segments fit.
func (ip *IPv4) finishOutputGSO(sk *core.Sock, b *core.SKB, mtu int) core.Errno {
	defer ip.ns.In(step.IPFinishOutputGSO, b).Out()
	ns := ip.ns
	if ip.gsoFits(b, mtu) {
		ns.Why(step.WhyGSOFits, uint64(b.GSOSize), uint64(mtu))
		return ip.finishOutput2(b)
	}
	ns.Why(step.WhyGSOTooBig, uint64(b.GSOSize), uint64(mtu))
	var l core.SKBList
	if !ns.Segment(b, &l) {
		ns.Drop(b, step.DropNotSpecified, step.IPFinishOutputGSO)
		return step.ENOMEM
	}
	ignore, cb := b.IgnoreDF, b.CB
	ns.Consume(b, step.IPFinishOutputGSO)
	ret := core.Errno(0)
	for s := l.PopFront(); s != nil; s = l.PopFront() {
		s.IgnoreDF, s.CB = ignore, cb
		if err := ip.fragment(sk, s, mtu); err != 0 && ret == 0 {
			ret = err
		}
	}
	return ret
}

// finishOutput2 is ip_finish_output2: count, find the neighbour, and hand the
// packet to it.
func (ip *IPv4) finishOutput2(b *core.SKB) core.Errno {
	defer ip.ns.In(step.IPFinishOutput2, b).Out()
	ns := ip.ns
	d := b.Dst
	n := uint64(b.Len())
	switch d.Type {
	case RTNMulticast:
		ns.Inc(step.IpExtOutMcastPkts)
		ns.Add(step.IpExtOutMcastOctets, n)
	case RTNBroadcast:
		ns.Inc(step.IpExtOutBcastPkts)
		ns.Add(step.IpExtOutBcastOctets, n)
	}
	ns.Inc(step.IpOutTransmits)
	ns.Add(step.IpExtOutOctets, n)
	neigh := ip.neighFor(d, b)
	if neigh == nil {
		ns.Drop(b, step.DropNeighCreatefail, step.IPFinishOutput2)
		return step.ENOBUFS
	}
	return xmitErrno(neigh.Output(ns, b))
}

// neighFor is ip_neigh_for_gw: the neighbour is the gateway, or the destination
// itself. On loopback and point-to-point links there is one for all, 0.0.0.0.
func (ip *IPv4) neighFor(d *core.Dst, b *core.SKB) *core.Neighbour {
	if !d.Gateway.IsZero() && !d.Gateway.Is4() {
		return ip.neighFor6(d)
	}
	ns, rt := ip.ns, rtOf(d)
	key := rt.nexthopOf(b.IP4().Dst())
	if ns.Listening() {
		if rt.usesGateway {
			ns.Why(step.WhyNeighGateway, uint64(key), uint64(d.Dev.Index))
		} else if d.Dev.Flags&core.IFFLoopback != 0 {
			ns.Why(step.WhyNeighLoopback, uint64(key))
		} else {
			ns.Why(step.WhyNeighDirect, uint64(key), uint64(d.Dev.Index))
		}
	}
	asked := key
	if d.Dev.Flags&(core.IFFLoopback|core.IFFPointToPoint) != 0 {
		key = 0
	}
	if n := d.Neigh; n != nil && !n.Dead && n.Key == key.Addr() && n.Dev == d.Dev {
		return n
	}
	n := ns.Neigh4.Lookup(key.Addr(), d.Dev)
	if n == nil {
		n = ns.Neigh4.Create(asked.Addr(), d.Dev) // arp_constructor makes it 0.0.0.0 where there is one for all
	}
	d.Neigh = n
	return n
}

// neighFor6 is ip_neigh_gw6: the gateway is one of IPv6, and neighbour discovery finds
// it (RFC 8950).
func (ip *IPv4) neighFor6(d *core.Dst) *core.Neighbour {
	ip.ns.Why(step.WhyNeighGateway6, d.Gateway.Hi, d.Gateway.Lo, uint64(d.Dev.Index))
	if n := d.Neigh; n != nil && !n.Dead && n.Key == d.Gateway && n.Dev == d.Dev {
		return n
	}
	n := ip.ns.Neigh6.Lookup(d.Gateway, d.Dev)
	if n == nil {
		n = ip.ns.Neigh6.Create(d.Gateway, d.Dev)
	}
	d.Neigh = n
	return n
}

// xmitErrno is net_xmit_errno: a full queue is ENOBUFS, a congested one is
// none.
func xmitErrno(rc int) core.Errno {
	switch {
	case rc < 0:
		return core.Errno(-rc)
	case rc == core.NetXmitDrop:
		return step.ENOBUFS
	}
	return 0
}

// QueueXmit is __ip_queue_xmit: a segment of a connected socket, data pointer at
// its transport header. It uses b.Dst if that is set, else the socket's kept
// route if that is still good, else asks for one. EHOSTUNREACH without a route.
func (ip *IPv4) QueueXmit(sk *core.Sock, b *core.SKB, tos uint8) core.Errno {
	defer ip.ns.In(step.IPQueueXmit, b).Out()
	ns := ip.ns
	var opt optData
	if len(sk.Rare().Opt) > 0 {
		opt, _ = ip.optionsGet(sk.Rare().Opt)
	}
	if b.Dst == nil && !ip.sockRoute(sk, b, tos, &opt) || opt.needs&optStrict != 0 && rtOf(b.Dst).usesGateway {
		ns.Inc(step.IpOutNoRoutes)
		ns.Why(step.WhyQueueNoRoute, uint64(sk.Daddr.IP4()))
		ns.Drop(b, step.DropIPOutnoroutes, step.IPQueueXmit)
		return step.EHOSTUNREACH
	}
	d := b.Dst
	if ns.Listening() && !ns.Trace.Explained() {
		ns.Why(step.WhyRouteKept, uint64(d.Dev.Index))
	}
	if b.Captured {
		// The bytes are those that the captured host sent, IP header first.
		return ip.LocalOut(sk, b)
	}
	hlen := wire.IPv4MinLen + opt.optlen
	b.Transport = b.Offset()
	h := wire.IPv4(b.Push(hlen))
	b.Network = b.Offset()
	h.SetVersionIHL(hlen)
	h.SetTOS(tos)
	h.SetFragOff(0)
	h.SetDF(ip.dontFragment(sk, d) && !b.IgnoreDF)
	h.SetTTL(ip.selectTTL(sk, d))
	h.SetProto(wire.Proto(sk.Protocol))
	h.SetSrc(sk.Saddr.IP4())
	h.SetDst(sk.Daddr.IP4())
	if opt.optlen != 0 {
		if opt.srr != 0 {
			h.SetDst(opt.faddr)
		}
		ip.optionsBuild(b, &opt, sk.Daddr.IP4())
	}
	ip.selectIdent(h, sk, b, max(1, b.GSOSegs))
	b.Priority, b.Mark = sk.Priority, sk.Mark
	return ip.LocalOut(sk, b)
}

// sockRoute sets the route of a socket's packet: the kept one if dst_check
// agrees, else a new one, which is kept (sk_setup_caps).
func (ip *IPv4) sockRoute(sk *core.Sock, b *core.SKB, tos uint8, opt *optData) bool {
	if d := sk.DstCache; d != nil {
		if ip.DstCheck(d) {
			b.Dst = d
			ip.ns.Why(step.WhyRouteKept, uint64(d.Dev.Index))
			return true
		}
		sk.DstCache = nil
	}
	fl := Flow4{Daddr: sk.Daddr.IP4(), Saddr: sk.Saddr.IP4(), Dport: sk.Dport, Sport: sk.Sport, Proto: sk.Protocol, TOS: tos & 0xfc,
		OIF: int(sk.BoundDev), Mark: sk.Mark}
	if opt.srr != 0 {
		fl.Daddr = opt.faddr
	}
	if sk.Transparent {
		fl.Flags |= FlowAnySrc
	}
	d, err := ip.RouteOutput(&fl)
	if err != 0 {
		return false
	}
	ip.ns.Why(step.WhyRouteRenewed, uint64(fl.Daddr), uint64(d.Dev.Index))
	sk.DstCache, b.Dst = d, d
	return true
}

// BuildAndSend is ip_build_and_send_pkt: the SYN-ACK, data pointer at its TCP
// header. dst may be nil when b.Dst is set; ttl 0 is the socket's.
func (ip *IPv4) BuildAndSend(sk *core.Sock, b *core.SKB, dst *core.Dst, saddr, daddr wire.IP4, tos, ttl uint8) core.Errno {
	defer ip.ns.In(step.IPBuildAndSendPkt, b).Out()
	ns := ip.ns
	if dst != nil {
		b.Dst = dst
	}
	if b.Captured {
		return ip.LocalOut(sk, b)
	}
	var opt optData
	if len(sk.Rare().Opt) > 0 {
		opt, _ = ip.optionsGet(sk.Rare().Opt)
	}
	hlen := wire.IPv4MinLen + opt.optlen
	b.Transport = b.Offset()
	h := wire.IPv4(b.Push(hlen))
	b.Network = b.Offset()
	h.SetVersionIHL(hlen)
	h.SetTOS(tos)
	if ttl == 0 {
		ttl = ip.selectTTL(sk, b.Dst)
	}
	h.SetTTL(ttl)
	h.SetProto(wire.Proto(sk.Protocol))
	h.SetSrc(saddr)
	h.SetDst(daddr)
	h.SetFragOff(0)
	h.SetID(0)
	if b.Len() <= wire.IPv4MinMTU || ip.dontFragment(sk, b.Dst) {
		h.SetDF(true)
	} else if sk.Protocol == uint8(wire.ProtoTCP) {
		h.SetID(uint16(ns.Machine.Rand.Uint32()))
	} else {
		h.SetID(ip.nextIdent(h, 1))
	}
	if opt.optlen != 0 {
		if opt.srr != 0 {
			h.SetDst(opt.faddr)
		}
		ip.optionsBuild(b, &opt, daddr)
	}
	b.Priority = sk.Priority
	if b.Mark == 0 {
		b.Mark = sk.Mark
	}
	return ip.LocalOut(sk, b)
}

// SendUnicastReply is ip_send_unicast_reply: answer a packet without a socket
// (RST, ACK of a TIME_WAIT socket). transport is the whole segment, its
// checksum made; in is the packet that is answered; oif 0 is any device; flags
// are Flow*: FlowAnySrc is IP_REPLY_ARG_NOSRCCHECK.
func (ip *IPv4) SendUnicastReply(in *core.SKB, saddr, daddr wire.IP4, transport []byte, proto, tos uint8, mark uint32, oif int, flags uint8) {
	defer ip.ns.In(step.IPSendUnicastReply, in).Out()
	ns := ip.ns
	o := optionsOf(in)
	opt, ok := ip.optionsEcho(in, &o)
	if !ok {
		return
	}
	fl := Flow4{Daddr: daddr, Saddr: saddr, OIF: oif, Mark: mark, TOS: tos & 0xfc, Proto: proto, Flags: flags}
	if hasPorts(wire.Proto(proto)) && len(transport) >= 4 {
		fl.Sport, fl.Dport = be16(transport), be16(transport[2:])
	}
	if opt.srr != 0 {
		fl.Daddr = opt.faddr
	}
	d, err := ip.RouteOutput(&fl)
	if err != 0 {
		ns.Why(step.WhyReplyNoRoute, uint64(daddr), uint64(err))
		return
	}
	ctl := ip.ctl(proto, tos&^3)
	ck := cork{ttl: -1, tos: -1, mark: mark, parent: in.Pkt, addr: daddr}
	if opt.optlen > 0 {
		ck.opt = &opt
	}
	b, err := ip.appendData(ctl, &fl, d, &ck, 0, transport, nil)
	if err != 0 {
		return
	}
	ip.makeSKB(ctl, &fl, d, &ck, b)
	ip.PushPendingFrames(b)
}

// ctl is the kernel's own socket for packets without one (ipv4_tcp_sk,
// icmp_sk): path MTU discovery is off for ICMP, on for TCP.
func (ip *IPv4) ctl(proto, tos uint8) *core.Sock {
	sk := ip.ctlSock
	sk.Protocol, sk.TOS = proto, tos
	sk.Type = core.SockRaw
	sk.PMTUDisc = core.PMTUDiscDont
	if proto == uint8(wire.ProtoTCP) {
		sk.PMTUDisc = core.PMTUDiscDo
	}
	return sk
}

// dontFragment is ip_dont_fragment: the socket wants path MTU discovery.
func (ip *IPv4) dontFragment(sk *core.Sock, d *core.Dst) bool {
	return sk.PMTUDisc == core.PMTUDiscDo || sk.PMTUDisc == core.PMTUDiscWant && !ip.mtuLocked(d)
}

// selectTTL is ip_select_ttl.
func (ip *IPv4) selectTTL(sk *core.Sock, d *core.Dst) uint8 {
	if sk.TTL > 0 {
		return uint8(sk.TTL)
	}
	return ip.dstHopLimit(d)
}

// dstHopLimit is ip4_dst_hoplimit: the route's, or the host's.
func (ip *IPv4) dstHopLimit(d *core.Dst) uint8 {
	if d != nil {
		if rt, ok := d.Upper.(*rtable); ok && rt.metrics.HopLimit > 0 {
			return uint8(rt.metrics.HopLimit)
		}
	}
	return uint8(ip.ns.Sysctl.IPDefaultTTL)
}

// selectIdent is ip_select_ident_segs: a connected socket counts its packets;
// others share hashed counters; a packet that is never cut up needs none
// (RFC 6864 §4).
func (ip *IPv4) selectIdent(h wire.IPv4, sk *core.Sock, b *core.SKB, segs int) {
	switch {
	case sk != nil && !sk.Daddr.IsZero() && sk.Daddr.IP4() != 0:
		if sk.Protocol == uint8(wire.ProtoTCP) && sk.Type == core.SockStream {
			h.SetID(sk.IPID)
			sk.IPID += uint16(segs)
			return
		}
		sk.IPID += uint16(segs)
		h.SetID(sk.IPID)
	case h.DF() && !b.IgnoreDF:
		h.SetID(0)
	default:
		h.SetID(ip.nextIdent(h, segs))
	}
}

// identBuckets is how many counters there are; the kernel has 2048 and more.
const identBuckets = 512

// nextIdent is __ip_select_ident with ip_idents_reserve: a counter chosen by
// addresses and protocol, which jumps a little when it was idle, so that nobody
// can count our packets.
func (ip *IPv4) nextIdent(h wire.IPv4, segs int) uint16 {
	if ip.idents == nil {
		ip.idents = make([]ident, identBuckets)
		for i := range ip.idents {
			ip.idents[i].id = ip.ns.Machine.Rand.Uint32()
		}
	}
	c := &ip.idents[mix(ip.seed+1, uint64(h.Dst())<<32|uint64(h.Src()), uint64(h.Proto()))%identBuckets]
	now := ip.ns.Clock.Now().Jiffies()
	if c.stamp != now {
		c.id += ip.ns.Machine.Rand.Below(max(1, now-c.stamp))
		c.stamp = now
	}
	c.id += uint32(segs)
	id := uint16(c.id - uint32(segs))
	if id == 0 {
		c.id++
		id = 1
	}
	return id
}

type ident struct{ id, stamp uint32 }

// subject is what a function is recorded on when the socket is the kernel's
// own.
func subject(ns *core.Netns) inet.Subject { return inet.Subject{NS: ns} }
