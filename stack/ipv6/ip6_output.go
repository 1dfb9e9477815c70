package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read RFC 8200 and net/ipv6/ip6_output.c before editing. Left out: tunnels,
// jumbograms, cgroup programs.

// output is ip6_output (dst->output).
func (ip *IPv6) output(sk *core.Sock, b *core.SKB) core.Errno {
	defer ip.ns.In(step.IP6Output, b).Out()
	ns := ip.ns
	in, dev := b.Dev, b.Dst.Dev
	b.Protocol = uint16(wire.EtherTypeIPv6)
	b.Dev = dev
	u := upper(b.Dst)
	if u.idev == nil || u.idev.disabled(ns) {
		ns.Inc(step.Ip6OutDiscards)
		ns.Why(step.WhyIP6Disabled, uint64(dev.Index))
		ns.Drop(b, step.DropIpv6disabled, step.IP6Output)
		return 0
	}
	if e := ns.HookErr(core.NFIPv6, core.PostRouting, in, dev, sk, b); e >= 0 {
		return core.Errno(e)
	}
	return ip.finishOutput(sk, b)
}

// finishOutput is ip6_finish_output: cut what is too big for the link, if this
// host made it.
func (ip *IPv6) finishOutput(sk *core.Sock, b *core.SKB) core.Errno {
	defer ip.ns.In(step.IP6FinishOutput, b).Out()
	ns := ip.ns
	mtu := ip.skbMTU(b)
	if b.GSOSize > 0 {
		ns.Why(step.WhyIP6GSO)
		return ip.finishOutput2(sk, b)
	}
	if n := b.Len(); n > mtu || b.CB.FragMax != 0 && n > b.CB.FragMax {
		ns.Why(step.WhyIP6MustFragment, uint64(n), uint64(mtu))
		return ip.fragment(sk, b)
	}
	ns.Why(step.WhyIP6Fits, uint64(b.Len()), uint64(mtu))
	return ip.finishOutput2(sk, b)
}

// skbMTU is ip6_skb_dst_mtu.
func (ip *IPv6) skbMTU(b *core.SKB) int {
	if b.SK != nil && b.SK.PMTUDisc >= core.PMTUDiscProbe && b.Dst.Dev != nil {
		return b.Dst.Dev.MTU
	}
	return ip.MTU(b.Dst)
}

// finishOutput2 is ip6_finish_output2: find the neighbour and hand the packet
// to it. Groups to which this host belongs hear it too.
func (ip *IPv6) finishOutput2(sk *core.Sock, b *core.SKB) core.Errno {
	defer ip.ns.In(step.IP6FinishOutput2, b).Out()
	ns := ip.ns
	dev := b.Dst.Dev
	daddr := b.IP6().Dst()
	if daddr.IsMulticast() && !ip.groupOutput(sk, b, daddr) {
		return 0
	}
	ns.Inc(step.Ip6OutTransmits)
	ns.Add(step.Ip6OutOctets, uint64(b.Len()))
	hop := nexthop(b.Dst, daddr)
	n := ip.neigh.Lookup(hop, dev)
	if n == nil {
		n = ip.neigh.Create(hop, dev)
	}
	if n == nil {
		ns.Inc(step.Ip6OutNoRoutes)
		ns.Drop(b, step.DropNeighCreatefail, step.IP6FinishOutput2)
		return step.EINVAL
	}
	if ns.Listening() {
		ns.Why(step.WhyIP6Nexthop, hop.Hi, hop.Lo, uint64(dev.Index), uint64(n.State))
	}
	return xmitErrno(n.Output(ns, b))
}

// xmitErrno turns NET_XMIT_* or a negated errno into an errno
// (net_xmit_errno).
func xmitErrno(rc int) core.Errno {
	switch {
	case rc < 0:
		return core.Errno(-rc)
	case rc == core.NetXmitDrop:
		return step.ENOBUFS
	}
	return 0
}

// groupOutput is ip6_finish_output2's part for groups. It reports false when
// the packet is gone.
func (ip *IPv6) groupOutput(sk *core.Sock, b *core.SKB, daddr wire.Addr) bool {
	ns := ip.ns
	dev := b.Dst.Dev
	loop := dev.Flags&core.IFFLoopback != 0
	if !loop && (sk == nil || sk.McLoop) && ip.ChkMcastAddr(dev, daddr, b.IP6().Src()) {
		ns.Why(step.WhyIP6McLoop, daddr.Hi, daddr.Lo)
		c := b.Clone()
		if ns.Hook(core.NFIPv6, core.PostRouting, nil, dev, sk, c) {
			ip.loopbackXmit(c)
		}
		if b.IP6().HopLimit() == 0 {
			ns.Inc(step.Ip6OutDiscards)
			ns.Drop(b, step.DropNotSpecified, step.IP6FinishOutput2)
			return false
		}
	}
	ns.Inc(step.Ip6OutMcastPkts)
	ns.Add(step.Ip6OutMcastOctets, uint64(b.Len()))
	if mcScope(daddr) <= scopeNode && !loop {
		ns.Why(step.WhyIP6InterfaceScope, daddr.Hi, daddr.Lo)
		ns.Drop(b, step.DropNotSpecified, step.IP6FinishOutput2)
		return false
	}
	return true
}

// loopbackXmit is dev_loopback_xmit: a copy comes in again on the same device.
func (ip *IPv6) loopbackXmit(c *core.SKB) {
	if n := c.NetworkOffset(); n > 0 {
		c.Pull(n)
	}
	c.ResetMAC()
	c.PktType = core.PacketLoopback
	c.IPSummed = core.ChecksumUnnecessary
	ip.ns.NetifRx(c)
}

// LocalOut is ip6_local_out: LOCAL_OUT, then the route.
func (ip *IPv6) LocalOut(sk *core.Sock, b *core.SKB) core.Errno {
	defer ip.ns.In(step.IP6LocalOut, b).Out()
	ns := ip.ns
	if ns.Held(b) {
		return 0
	}
	if !b.Captured {
		n := b.Len() - wire.IPv6Len
		if n > 65535 {
			n = 0
		}
		b.IP6().SetPayloadLen(n)
	}
	b.CB.NHOff = 6
	b.Protocol = uint16(wire.EtherTypeIPv6)
	if e := ns.HookErr(core.NFIPv6, core.LocalOut, nil, b.Dst.Dev, sk, b); e >= 0 {
		return core.Errno(e)
	}
	return ns.DstOutput(sk, b)
}

// SendSKB is ip6_send_skb.
func (ip *IPv6) SendSKB(b *core.SKB) core.Errno {
	defer ip.ns.In(step.IP6SendSkb, b).Out()
	ns := ip.ns
	e := ip.LocalOut(b.SK, b)
	if e != 0 {
		ns.Inc(step.Ip6OutDiscards)
	}
	return e
}

// Xmit is ip6_xmit, for TCP: b has its transport header at the data pointer
// and its route in b.Dst; fl names addresses and protocol.
func (ip *IPv6) Xmit(sk *core.Sock, b *core.SKB, fl *Flow6, tclass uint8) core.Errno {
	defer ip.ns.In(step.IP6Xmit, b).Out()
	ns := ip.ns
	d := b.Dst
	n := b.Len()
	b.ResetTransport()
	b.Push(wire.IPv6Len)
	b.ResetNetwork()
	h := b.IP6()
	hops := -1
	if sk != nil {
		hops = int(sk.TTL)
	}
	if hops < 0 {
		hops = ip.HopLimit(d)
	}
	h.SetVersion(tclass, ip.flowLabel(sk, b, fl))
	h.SetPayloadLen(n)
	if n > 65535 {
		h.SetPayloadLen(0) // a GSO packet: the pieces have their own
	}
	h.SetNextHeader(wire.Proto(fl.Proto))
	h.SetHopLimit(uint8(hops))
	h.SetSrc(fl.Saddr)
	h.SetDst(fl.Daddr)
	b.Protocol = uint16(wire.EtherTypeIPv6)
	b.Mark = fl.Mark
	if sk != nil {
		b.Priority = sk.Priority
	}
	b.CB.FragMax, b.CB.IPFlags, b.CB.IIF = 0, 0, 0
	if mtu := ip.MTU(d); b.Len() > mtu && b.GSOSize == 0 {
		b.Dev = d.Dev
		ns.Inc(step.Ip6FragFails)
		ns.Why(step.WhyIP6TooBig, uint64(b.Len()), uint64(mtu))
		ns.Drop(b, step.DropNotSpecified, step.IP6Xmit)
		return step.EMSGSIZE
	}
	ns.Inc(step.Ip6OutRequests)
	if e := ns.HookErr(core.NFIPv6, core.LocalOut, nil, d.Dev, sk, b); e >= 0 {
		return core.Errno(e)
	}
	return ns.DstOutput(sk, b)
}

// CskXmit is inet6_csk_xmit: TCP's QueueXmit. It uses the socket's kept route,
// or looks for one.
func (ip *IPv6) CskXmit(sk *core.Sock, b *core.SKB) core.Errno {
	defer ip.ns.In(step.Inet6CskXmit, b).Out()
	ns := ip.ns
	fl := Flow6{Saddr: sk.Saddr, Daddr: sk.Daddr, OIF: int(sk.BoundDev), Mark: sk.Mark, FlowLabel: sk.FlowLabel, TOS: sk.TOS,
		Proto: sk.Protocol, Sport: sk.Sport, Dport: sk.Dport}
	d := sk.DstCache
	if d == nil || !ip.DstCheck(d) {
		if ns.Trace != nil {
			fl.On = b
		}
		if sk.BoundDev != 0 {
			fl.Flags = FlowBound
		}
		var e core.Errno
		if d, e = ip.RouteOutput(&fl); e != 0 {
			sk.DstCache, sk.ErrSoft = nil, e
			ns.Drop(b, step.DropNotSpecified, step.Inet6CskXmit)
			return e
		}
		sk.DstCache = d
	} else {
		ns.Why(step.WhyIP6RouteKept, uint64(d.Dev.Index))
	}
	b.Dst = d
	return ip.Xmit(sk, b, &fl, sk.TOS)
}

// SendUnicastReply is what tcp_v6_send_response does below TCP: it sends a
// segment that no socket sends (RST, the ACK of TIME_WAIT). transport is the
// whole segment (what is not TCP with its checksum); label is the flow label, 0 for an automatic
// one; oif is needed for link-local addresses only.
func (ip *IPv6) SendUnicastReply(in *core.SKB, saddr, daddr wire.Addr, transport []byte, proto, tclass uint8, label, mark uint32, oif int) {
	ns := ip.ns
	fl := Flow6{Saddr: saddr, Daddr: daddr, OIF: oif, FlowLabel: label, Mark: mark, Proto: proto, TOS: tclass}
	if len(transport) >= 4 {
		fl.Sport, fl.Dport = uint16(transport[0])<<8|uint16(transport[1]), uint16(transport[2])<<8|uint16(transport[3])
	}
	b := ns.AllocSKB(core.Headroom, len(transport), 0)
	b.Parent = in.Pkt
	copy(b.Put(len(transport)), transport)
	b.ResetTransport()
	if t := b.L4(); proto == uint8(wire.ProtoTCP) && len(t) >= wire.TCPMinLen { // __tcp_v6_send_check
		sum := wire.Fold(wire.PseudoHeader6(saddr, daddr, wire.ProtoTCP, len(t)))
		t[16], t[17] = byte(^sum>>8), byte(^sum)
		b.IPSummed, b.CsumStart, b.CsumOff = core.ChecksumPartial, b.Transport, 16
	}
	if ns.Trace != nil {
		fl.On = b
	}
	d, e := ip.RouteOutput(&fl)
	if e != 0 {
		ns.Drop(b, step.DropNotSpecified, step.IP6Xmit)
		return
	}
	b.Dst = d
	b.Hash, b.L4Hash = in.Hash, in.L4Hash
	ip.Xmit(nil, b, &fl, tclass)
}

// flowLabel is ip6_make_flowlabel: with auto_flowlabels a flow's packets get a
// label that routers can balance by (RFC 6437, RFC 6438).
func (ip *IPv6) flowLabel(sk *core.Sock, b *core.SKB, fl *Flow6) uint32 {
	if fl.FlowLabel != 0 {
		return fl.FlowLabel & 0xfffff
	}
	if ip.labeler != nil {
		if l, ok := ip.labeler.FlowLabel(ip.ns, sk, b, fl); ok {
			return l & 0xfffff
		}
	}
	if a := ip.ns.Sysctl.IPv6AutoFlowlabels; a != 1 && a != 3 {
		return 0
	}
	h := b.Hash
	if h == 0 {
		h = uint32(ip.mix(fl.Saddr.Hi^fl.Saddr.Lo*31+uint64(fl.Sport)) ^ ip.mix(fl.Daddr.Hi*17^fl.Daddr.Lo+uint64(fl.Dport)<<16+uint64(fl.Proto)<<40))
		b.Hash = h
	}
	return (h<<16 | h>>16) & 0xfffff
}
