package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// vxlanDepth is IP_TUNNEL_RECURSION_LIMIT: how often a packet may go through the
// same tunnel inside itself.
const vxlanDepth = 5

// StartXmit is vxlan_xmit: behind which hosts is the destination? Each gets a
// datagram.
func (v *Vxlan) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	defer d.NS.In(step.VxlanXmit, b).Out()
	ns := d.NS
	frame(ns, b, tx)
	if b.Len() < wire.EthernetLen || !b.MayPull(wire.EthernetLen) {
		ns.Why(step.WhyFrameShort, uint64(b.Len()))
		d.Stats.TxDropped++
		ns.Drop(b, step.DropPktTooSmall, step.VxlanXmit)
		return core.TxOK
	}
	b.ResetMAC()
	dst := b.Eth().Dst()
	f := v.lookup(dst)
	if f == nil {
		f = v.lookup(0)
	}
	if f == nil || len(f.Remotes) == 0 {
		ns.Why(step.WhyVxlanNowhere, uint64(dst))
		d.Stats.TxDropped++
		ns.Drop(b, step.DropNoTxTarget, step.VxlanXmit)
		return core.TxOK
	}
	f.Used = ns.Clock.Now()
	if f.Addr == 0 {
		ns.Why(step.WhyVxlanDefault, uint64(dst), uint64(len(f.Remotes)))
	} else {
		ns.Why(step.WhyVxlanBehind, uint64(dst), uint64(f.Remotes[0].IP))
	}
	remotes := append([]VxlanRemote(nil), f.Remotes...)
	for _, r := range remotes[1:] {
		v.xmitOne(ns, b.Clone(), r)
	}
	v.xmitOne(ns, b, remotes[0])
	return core.TxOK
}

// innerDS is ip_tunnel_get_dsfield, with the TTL and "don't fragment" of the
// inner header; ok is false if it is no IP packet.
func innerDS(b *core.SKB) (tos, ttl uint8, df, ok bool) {
	p := b.Data()[wire.EthernetLen:]
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		if len(p) >= wire.IPv4MinLen {
			h := wire.IPv4(p)
			return h.TOS(), h.TTL(), h.DF(), true
		}
	case wire.EtherTypeIPv6:
		if len(p) >= wire.IPv6Len {
			return p[0]<<4 | p[1]>>4, p[7], true, true
		}
	}
	return 0, 0, false, false
}

// xmitOne is vxlan_xmit_one: one datagram to one host.
func (v *Vxlan) xmitOne(ns *core.Netns, b *core.SKB, r VxlanRemote) {
	defer ns.In(step.VxlanXmitOne, b).Out()
	c, d := &v.Conf, v.Dev
	b.MayPull(min(b.Len(), wire.EthernetLen+wire.IPv6Len))
	if r.IP == 0 {
		ns.Why(step.WhyVxlanNowhere, uint64(b.Eth().Dst()))
		d.Stats.TxDropped++
		ns.Drop(b, step.DropNotSpecified, step.VxlanXmitOne)
		return
	}
	if v.sock == nil || v.busy >= vxlanDepth {
		ns.Why(step.WhyVxlanDead, uint64(d.Index))
		v.txError(ns, b, step.DropNotSpecified)
		return
	}
	port, vni := c.Port, c.VNI
	if r.Port != 0 {
		port = r.Port
	}
	if r.VNI != 0 {
		vni = r.VNI
	}
	inner, ttlIn, dfIn, isIP := innerDS(b)
	sport := v.sourcePort(b)
	tos := c.TOS
	if tos == 1 {
		tos = inner
	}
	ip := ipv4.Of(v.home)
	fl := ipv4.Flow4{Daddr: r.IP, Saddr: c.Local, OIF: r.Link, Mark: b.Mark, TOS: tos, Proto: uint8(wire.ProtoUDP), Sport: sport, Dport: port}
	rt, e := ip.RouteOutput(&fl) // the kernel keeps a route for each CPU (dst_cache): it seldom asks again
	switch {
	case e != 0:
		ns.Why(step.WhyVxlanNoRoute, uint64(r.IP))
		d.Stats.TxCarrier++ // udp_tunnel_dst_lookup says ENETUNREACH, whatever went wrong
		v.txError(ns, b, step.DropIPOutnoroutes)
		return
	case rt.Dev == d:
		ns.Why(step.WhyVxlanCircle, uint64(r.IP), uint64(d.Index))
		d.Stats.Collisions++ // ELOOP
		v.txError(ns, b, step.DropIPOutnoroutes)
		return
	case rt.Flags&core.RTCFLocal != 0 && rt.Flags&(core.RTCFBroadcast|core.RTCFMulticast) == 0:
		v.bypass(ns, b, vni)
		return
	}
	ip.TunnelPMTU(b, rt, vxlanHeadroom)
	t := &ipv4.Tunnel{Route: rt, Saddr: fl.Saddr, Daddr: r.IP, Proto: wire.ProtoUDP, CrossNS: v.home != d.NS, InnerLen: b.Len() - wire.EthernetLen}
	t.TTL = c.TTL
	switch {
	case c.TTLInherit && isIP:
		t.TTL = ttlIn
	case c.TTLInherit:
		t.TTL = 0
	case t.TTL == 0 && r.IP.IsMulticast():
		t.TTL = 1
	}
	if t.TTL == 0 {
		t.TTL = ip.HopLimit(rt)
	}
	t.DF = c.DF == 1 || c.DF == 2 && isIP && dfIn
	t.TOS = tos&^3 | ecnOuter(inner)
	b.Unshare()
	b.HandleTunnel(!c.NoUDPSum)
	h := b.Push(vxlanLen)
	copy(h, []byte{0x08, 0, 0, 0, byte(vni >> 16), byte(vni >> 8), byte(vni), 0})
	ns.Why(step.WhyVxlanIn, uint64(vni), uint64(r.IP), uint64(port), uint64(sport))
	if v.home != ns {
		b.SetNS(v.home)
	}
	v.busy++
	v.sock.sk.TunnelXmit(b, t, sport, port, c.NoUDPSum)
	v.busy--
}

// ecnOuter is INET_ECN_encapsulate: the outer header shows the inner one's
// congestion marks; one that says "congested" starts anew.
func ecnOuter(inner uint8) uint8 {
	if inner&3 == 3 {
		return 2
	}
	return inner & 3
}

func (v *Vxlan) txError(ns *core.Netns, b *core.SKB, why core.DropReason) {
	v.Dev.Stats.TxErrors++
	ns.Drop(b, why, step.VxlanXmitOne)
}

// bypass is vxlan_encap_bypass: the other end is a device of this host.
func (v *Vxlan) bypass(ns *core.Netns, b *core.SKB, vni uint32) {
	to := v.sock.find(vni)
	if to == nil {
		ns.Why(step.WhyVxlanUnknown, uint64(vni))
		v.txError(ns, b, step.DropNotSpecified)
		return
	}
	n, d := b.Len(), to.Dev
	ns.Why(step.WhyVxlanBypass, uint64(d.Index))
	b.PktType, b.Dev = core.PacketHost, d
	b.Pull(wire.EthernetLen)
	if !d.Up() {
		d.Stats.RxDropped++
		ns.Drop(b, step.DropNotSpecified, step.VxlanXmitOne)
		return
	}
	b.SetNS(d.NS)
	if to.Conf.Learn {
		to.snoop(ns, b, 0x7f000001)
	}
	sent(v.Dev, n)
	if d.NS.NetifRx(b) {
		received(d, n)
	} else {
		d.Stats.RxDropped++
	}
}

// sourcePort is udp_flow_src_port: a hash of the inner flow, so that routers on
// the way can tell flows apart. The kernel's key is chosen by chance when it
// starts; this one is fixed.
func (v *Vxlan) sourcePort(b *core.SKB) uint16 {
	low, high := int(v.Conf.PortMin), int(v.Conf.PortMax)
	if low >= high {
		low, high = v.Dev.NS.Sysctl.PortMin, v.Dev.NS.Sysctl.PortMax
	}
	const seed = 0x76786c61
	h := vxlanFlow(b).Hash(seed)
	h ^= h << 16
	return uint16(uint64(h)*uint64(max(0, high-low))>>32) + uint16(low)
}

// vxlanFlow is what __skb_flow_dissect finds in the inner frame.
func vxlanFlow(b *core.SKB) (k core.FlowKeys) {
	p := b.Data()[wire.EthernetLen:]
	off := 0
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		if len(p) < wire.IPv4MinLen {
			return k
		}
		h := wire.IPv4(p)
		k.Saddr, k.Daddr, k.Proto, off = h.Src().Addr(), h.Dst().Addr(), uint8(h.Proto()), h.IHL()
		if h.IsFragment() {
			return k
		}
	case wire.EtherTypeIPv6:
		if len(p) < wire.IPv6Len {
			return k
		}
		h := wire.IPv6(p)
		k.Saddr, k.Daddr, k.Proto, off = h.Src(), h.Dst(), p[6], wire.IPv6Len
	}
	if tcp := k.Proto == uint8(wire.ProtoTCP); (tcp || k.Proto == uint8(wire.ProtoUDP)) && len(p) >= off+4 {
		k.Sport, k.Dport = uint16(p[off])<<8|uint16(p[off+1]), uint16(p[off+2])<<8|uint16(p[off+3])
	}
	return k
}
