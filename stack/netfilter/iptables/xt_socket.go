package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: xt_socket.c, nf_socket_ipv4.c, nf_socket_ipv6.c.

// Check is socket_mt_enable_defrag.
func (m *Socket) Check(c *CheckParam) core.Errno {
	conntrack.NewTable(c.NS).DefragEnable(c.Family)
	return 0
}

// Destroy is socket_mt_destroy.
func (m *Socket) Destroy(c *CheckParam) { conntrack.NewTable(c.NS).DefragDisable(c.Family) }

// Match is socket_match: does a socket wait for the packet?
func (m *Socket) Match(p *Param) bool {
	var s core.NFSocket
	if sk := p.SKB.SK; sk != nil && sk.NS == p.NS {
		s = core.NFSocketOf(sk)
	} else {
		s = p.LookupSlow()
	}
	if !s.Found {
		return p.no(step.TryXtNoSocket)
	}
	wildcard := !m.NoWildcard && s.SK != nil && s.Wildcard
	transparent := !m.Transparent || s.Transparent
	if m.RestoreSkMark && !wildcard && transparent && s.SK != nil {
		p.SKB.Mark = s.SK.Mark
	}
	return p.is(!wildcard && transparent, step.TryXtSocket)
}

// An endpoints is what a socket is looked for by.
type endpoints struct {
	proto        int
	src, dst     wire.Addr
	sport, dport uint16
	icmp         bool
}

// LookupSlow is nf_sk_lookup_slow_v4, nf_sk_lookup_slow_v6: the socket that would
// get the packet, or that an ICMP error is about.
func (p *Param) LookupSlow() core.NFSocket {
	var e endpoints
	ok := false
	if p.Family == core.NFIPv6 {
		ok = p.endpoints6(&e)
	} else {
		ok = p.endpoints4(&e)
	}
	if !ok {
		return core.NFSocket{}
	}
	if p.Family == core.NFIPv4 || !e.icmp { // the IPv6 one has lost sight of ICMPv6 by then
		e.unSNAT(p.SKB)
	}
	return p.findSocket(&e, core.NFSocketAny, p.State.In)
}

// unSNAT looks for the socket of a connection that has its source changed by the
// address that the socket knows.
func (e *endpoints) unSNAT(b *core.SKB) {
	c, info := conntrack.Get(b)
	if c == nil || c.Status&conntrack.SrcNATDone == 0 {
		return
	}
	if !e.icmp && info == conntrack.EstablishedReply || e.icmp && info == conntrack.RelatedReply {
		o := c.Tuple(conntrack.Original)
		e.dst, e.dport = o.Src, o.Sport
	}
}

func (p *Param) findSocket(e *endpoints, how core.NFLookup, in *core.Device) core.NFSocket {
	h := p.NS.Proto(uint8(e.proto))
	if p.Family == core.NFIPv6 {
		h = p.NS.Proto6(uint8(e.proto))
	}
	f, ok := h.(core.SocketFinder)
	if !ok {
		return core.NFSocket{}
	}
	return f.NFLookup(p.SKB, how, e.src, e.dst, e.sport, e.dport, int(devIndex(in)))
}

// endpoints4 reads the packet, or what an ICMP error quotes
// (extract_icmp4_fields).
func (p *Param) endpoints4(e *endpoints) bool {
	h := p.SKB.IP4()
	off := p.SKB.NetworkOffset() + h.IHL()
	e.proto = int(h.Proto())
	if e.proto == int(wire.ProtoICMP) {
		return p.quoted4(e, off)
	}
	n := wire.UDPLen
	if e.proto == int(wire.ProtoTCP) {
		n = wire.TCPMinLen
	} else if e.proto != int(wire.ProtoUDP) {
		return false
	}
	t := p.header(off, n)
	if t == nil {
		return false
	}
	e.src, e.dst = h.Src().Addr(), h.Dst().Addr()
	e.sport, e.dport = be16(t), be16(t[2:])
	return true
}

func (p *Param) quoted4(e *endpoints, off int) bool {
	t := p.header(off, wire.ICMPLen)
	if t == nil {
		return false
	}
	switch t[0] {
	case 3, 4, 5, 11, 12:
	default:
		return false
	}
	q := wire.IPv4(p.header(off+wire.ICMPLen, wire.IPv4MinLen))
	if q == nil || q.Proto() != wire.ProtoTCP && q.Proto() != wire.ProtoUDP {
		return false
	}
	e.icmp, e.proto = true, int(q.Proto())
	e.src, e.dst = q.Dst().Addr(), q.Src().Addr()
	t = p.header(off+wire.ICMPLen+q.IHL(), 4)
	if t == nil {
		return false
	}
	e.sport, e.dport = be16(t[2:]), be16(t)
	return true
}

// endpoints6 reads the packet, or what an ICMPv6 error quotes
// (extract_icmp6_fields).
func (p *Param) endpoints6(e *endpoints) bool {
	off := 0
	proto, _, err := p.findHdr(&off, -1)
	if err != 0 || off == 0 {
		return false
	}
	e.proto = proto
	if proto == int(wire.ProtoICMPv6) {
		return p.quoted6(e, off)
	}
	if proto != int(wire.ProtoTCP) && proto != int(wire.ProtoUDP) {
		return false
	}
	n := wire.UDPLen
	if proto == int(wire.ProtoTCP) {
		n = wire.TCPMinLen
	}
	t := p.header(off, n)
	if t == nil {
		return false
	}
	h := p.SKB.IP6()
	e.src, e.dst = h.Src(), h.Dst()
	e.sport, e.dport = be16(t), be16(t[2:])
	return true
}

func (p *Param) quoted6(e *endpoints, off int) bool {
	t := p.header(off, wire.ICMPLen)
	if t == nil || t[0]&0x80 != 0 {
		return false
	}
	q := wire.IPv6(p.header(off+wire.ICMPLen, wire.IPv6Len))
	if q == nil {
		return false
	}
	proto := q.NextHeader()
	if proto != wire.ProtoTCP && proto != wire.ProtoUDP {
		return false
	}
	e.icmp, e.proto = true, int(proto)
	e.src, e.dst = q.Dst(), q.Src()
	t = p.header(off+wire.ICMPLen+wire.IPv6Len, 4)
	if t == nil {
		return false
	}
	e.sport, e.dport = be16(t[2:]), be16(t)
	return true
}
