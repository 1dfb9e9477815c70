package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// ndiscAlloc is ndisc_alloc_skb: an empty message of n bytes.
func (ip *IPv6) ndiscAlloc(dev *core.Device, n int, typ wire.ICMPv6Type, parent uint32) (*core.SKB, []byte) {
	b := ip.ns.AllocSKB(core.Headroom, n, 0)
	b.Parent = parent
	b.Dev = dev
	b.Protocol = uint16(wire.EtherTypeIPv6)
	b.ResetTransport()
	b.SetOwnerW(&ip.ndisc.Sock)
	p := b.Put(n)
	clear(p)
	p[0] = byte(typ)
	return b, p
}

// sendNS is ndisc_send_ns (ndisc_ns_create): who has target? A nil source
// stands for the device's link-local address; :: makes it a probe for a
// duplicate.
func (ip *IPv6) sendNS(dev *core.Device, target, daddr wire.Addr, src *wire.Addr, nonce uint64) {
	defer ip.ns.In(step.NDISCSendNS, ip.self()).Out()
	ns := ip.ns
	var saddr wire.Addr
	if src != nil {
		saddr = *src
	} else {
		a, ok := idevOf(dev).lladdr(AddrTentative | AddrOptimistic)
		if !ok {
			ns.Why(step.WhyNDNoLinkLocal, uint64(dev.Index))
			return
		}
		saddr = a
	}
	n := wire.NDSolicitLen
	if !saddr.IsZero() && dev.HardLen != 0 {
		n += 8
	}
	if nonce != 0 {
		n += 8
	}
	b, p := ip.ndiscAlloc(dev, n, wire.ICMPv6NeighSolicit, 0)
	wire.ND(p).SetTarget(target)
	o := p[wire.NDSolicitLen:]
	if !saddr.IsZero() && dev.HardLen != 0 {
		wire.PutLinkAddrOption(o, wire.NDOptSourceLinkAddr, dev.Addr)
		o = o[8:]
	}
	if nonce != 0 {
		o[0], o[1] = wire.NDOptNonce, 1
		wire.MAC(nonce).Put(o[2:])
	}
	ip.ndiscSend(b, daddr, saddr)
}

// sendNA is ndisc_send_na: target has this device's link address.
func (ip *IPv6) sendNA(dev *core.Device, daddr, target wire.Addr, router, solicited, override, opt bool, parent uint32) {
	defer ip.ns.In(step.NDISCSendNA, ip.self()).Out()
	saddr := target
	if a := ip.getAddr(target, dev); a == nil {
		var ok bool
		if saddr, ok = ip.GetSaddr(dev, daddr); !ok {
			return
		}
	} else if a.Flags&AddrOptimistic != 0 {
		override = false
	}
	n := wire.NDSolicitLen
	if opt = opt && dev.HardLen != 0; opt {
		n += 8
	}
	b, p := ip.ndiscAlloc(dev, n, wire.ICMPv6NeighAdvert, parent)
	f := uint32(0)
	if router {
		f |= wire.NAFlagRouter
	}
	if solicited {
		f |= wire.NAFlagSolicited
	}
	if override {
		f |= wire.NAFlagOverride
	}
	m := wire.ND(p)
	m.SetFlags(f)
	m.SetTarget(target)
	if opt {
		wire.PutLinkAddrOption(p[wire.NDSolicitLen:], wire.NDOptTargetLinkAddr, dev.Addr)
	}
	ip.ndiscSend(b, daddr, saddr)
}

// ndiscSendRS is ndisc_send_rs: is there a router?
func (ip *IPv6) ndiscSendRS(dev *core.Device, saddr wire.Addr) {
	defer ip.ns.In(step.NDISCSendRS, ip.self()).Out()
	n := wire.NDRouterSolicitLen
	if dev.HardLen != 0 {
		n += 8
	}
	b, p := ip.ndiscAlloc(dev, n, wire.ICMPv6RouterSolicit, 0)
	if dev.HardLen != 0 {
		wire.PutLinkAddrOption(p[wire.NDRouterSolicitLen:], wire.NDOptSourceLinkAddr, dev.Addr)
	}
	ip.ndiscSend(b, allRouters, saddr)
}

// ndiscSend is ndisc_send_skb: write the headers with hop limit 255 and send.
func (ip *IPv6) ndiscSend(b *core.SKB, daddr, saddr wire.Addr) {
	defer ip.ns.In(step.NDISCSendSkb, b).Out()
	ns := ip.ns
	sk := &ip.ndisc.Sock
	m := wire.ICMPv6(b.Data())
	typ := uint8(m.Type())
	if b.Dst == nil {
		b.Dst = ip.icmpDst(b.Dev, daddr)
	}
	m.ComputeChecksum(saddr, daddr)
	n := b.Len()
	b.Push(wire.IPv6Len)
	b.ResetNetwork()
	h := b.IP6()
	h.SetVersion(0, 0)
	h.SetPayloadLen(n)
	h.SetNextHeader(wire.ProtoICMPv6)
	h.SetHopLimit(255)
	h.SetSrc(saddr)
	h.SetDst(daddr)
	ns.Inc(step.Ip6OutRequests)
	e := core.Errno(step.EPERM)
	if b.Protocol = uint16(wire.EtherTypeIPv6); ns.Held(b) {
		e = 0
	} else if ns.Hook(core.NFIPv6, core.LocalOut, nil, b.Dst.Dev, sk, b) {
		e = ns.DstOutput(sk, b)
	}
	if e == 0 {
		ns.Inc(step.Icmp6OutType0 + step.MIB(typ))
		if c := icmpOutMIB(typ); c != 0 {
			ns.Inc(c)
		}
		ns.Inc(step.Icmp6OutMsgs)
	}
}

// ndiscSendRedirect is ndisc_send_redirect: b's sender has a better first hop
// to b's destination, target (RFC 4861 §8.2).
func (ip *IPv6) ndiscSendRedirect(b *core.SKB, target wire.Addr) {
	defer ip.ns.In(step.NDISCSendRedirect, b).Out()
	ns := ip.ns
	dev := b.Dev
	h := b.IP6()
	src, dst := h.Src(), h.Dst()
	saddr, ok := idevOf(dev).lladdr(AddrTentative)
	if !ok {
		ns.Why(step.WhyNDNoLinkLocal, uint64(dev.Index))
		return
	}
	if dst != target && !target.IsLinkLocal() {
		ns.Why(step.WhyNDRedirectTarget, target.Hi, target.Lo)
		return
	}
	fl := Flow6{Saddr: saddr, Daddr: src, OIF: dev.Index, Proto: uint8(wire.ProtoICMPv6), Dport: uint16(wire.ICMPv6Redirect) << 8, On: b}
	d := ip.routeOutputFlags(&fl, 0)
	if d.Err != 0 {
		return
	}
	if upper(d).gw {
		ns.Why(step.WhyNDRedirectFar, src.Hi, src.Lo)
		return
	}
	now := ns.Clock.Now()
	if !ip.peers.Get(now, src).Allow(now, sim.HZ) {
		ns.Why(step.WhyICMP6RateLimit, src.Hi, src.Lo, 1000)
		return
	}
	opt := 0
	var mac wire.MAC
	if dev.HardLen != 0 {
		if n := ip.neigh.Create(target, dev); n != nil && n.State&core.NUDValid != 0 {
			mac, opt = n.Addr, 8
		}
	}
	rd := min(wire.IPv6MinMTU-wire.IPv6Len-wire.NDRedirectLen-opt, b.Len()+8) &^ 7
	c, p := ip.ndiscAlloc(dev, wire.NDRedirectLen+opt+rd, wire.ICMPv6Redirect, b.Pkt)
	m := wire.NDRedirect(p)
	m.SetTarget(target)
	m.SetDst(dst)
	o := p[wire.NDRedirectLen:]
	if opt > 0 {
		wire.PutLinkAddrOption(o, wire.NDOptTargetLinkAddr, mac)
		o = o[8:]
	}
	if rd > 0 {
		o[0], o[1] = wire.NDOptRedirected, byte(rd/8)
		b.CopyBits(b.NetworkOffset(), o[8:rd])
	}
	c.Dst = d
	ns.Why(step.WhyNDRedirect, src.Hi, src.Lo, dst.Hi, dst.Lo, target.Hi, target.Lo)
	ip.ndiscSend(c, src, saddr)
}
