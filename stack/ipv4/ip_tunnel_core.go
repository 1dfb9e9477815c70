package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Tunnel is what the outer IP header of a packet in a tunnel shall say.
type Tunnel struct {
	Route        *core.Dst
	Saddr, Daddr wire.IP4
	Proto        wire.Proto
	TOS, TTL     uint8
	DF           bool
	CrossNS      bool // the tunnel ends in another namespace than its device: marks are forgotten
	InnerLen     int  // bytes of the inner packet, as the device counts them
}

// TunnelXmit is iptunnel_xmit: the outer IP header, and off as a packet of this
// host. The device of the packet counts it.
func (ip *IPv4) TunnelXmit(sk *core.Sock, b *core.SKB, t *Tunnel) {
	defer ip.ns.In(step.IPTunnelXmit, b).Out()
	dev := b.Dev
	b.PktType, b.IIF, b.IgnoreDF, b.NFTrace = core.PacketHost, 0, false, false // skb_scrub_packet
	b.ResetCT()
	if t.CrossNS {
		b.Mark, b.Tstamp = 0, 0
	}
	b.Dst, b.CB = t.Route, core.CB{}
	h := wire.IPv4(b.Push(wire.IPv4MinLen))
	b.ResetNetwork()
	h.SetVersionIHL(wire.IPv4MinLen)
	h.SetFragOff(0)
	h.SetDF(t.DF)
	h.SetProto(t.Proto)
	h.SetTOS(t.TOS)
	h.SetSrc(t.Saddr)
	h.SetDst(t.Daddr)
	h.SetTTL(t.TTL)
	h.SetID(ip.nextIdent(h, max(1, b.GSOSegs)))
	ip.ns.Why(step.WhyTunnelHeader, uint64(t.Saddr), uint64(t.Daddr), uint64(t.TTL), uint64(t.TOS))
	if e := ip.LocalOut(sk, b); e != 0 {
		dev.Stats.TxDropped++ // iptunnel_xmit_stats
		return
	}
	dev.Stats.TxPackets++
	dev.Stats.TxBytes += uint64(t.InnerLen)
}

// TunnelPMTU is skb_tunnel_check_pmtu: if what is inside does not fit a datagram of the
// tunnel's route, the route inside learns what does. headroom is what the tunnel adds, in
// bytes. Packets that are bridged into the tunnel have no route; nobody is told.
func (ip *IPv4) TunnelPMTU(b *core.SKB, outer *core.Dst, headroom int) {
	mtu := ip.MTU(outer) - headroom
	off := b.NetworkOffset()
	switch {
	case b.Dst == nil || off < 0 || b.GSOSize == 0 && b.Len()-off <= mtu || ip.gsoFits(b, mtu):
		return
	case b.Protocol != uint16(wire.EtherTypeIPv4) || b.Dst.Upper == nil:
		return
	}
	if _, ok := b.Dst.Upper.(*rtable); !ok || b.Dst.Dev == nil || b.Dst.Dev.NS == nil {
		return
	}
	in, h := Of(b.Dst.Dev.NS), b.IP4()
	fl := Flow4{Daddr: h.Dst(), Saddr: h.Src(), IIF: in.loIndex(), OIF: b.Dst.Dev.Index, TOS: h.TOS() & 0xfc, Proto: uint8(h.Proto()), Mark: b.Mark}
	in.UpdatePMTUDst(b.Dst, &fl, mtu)
}

// HopLimit is ip4_dst_hoplimit: the route's hoplimit, or net.ipv4.ip_default_ttl.
func (ip *IPv4) HopLimit(d *core.Dst) uint8 { return ip.dstHopLimit(d) }
