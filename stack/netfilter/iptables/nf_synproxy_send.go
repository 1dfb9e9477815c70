package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The segments that a SYN proxy makes: nf_synproxy_core.c.

// A madeSegment is one of them: back tells that it goes to where the packet at hand
// came from.
type madeSegment struct {
	back   bool
	seq    uint32
	ack    uint32
	flags  wire.TCPFlags
	window uint16
	opts   *synproxyOptions
	ct     *conntrack.Conn
	info   conntrack.Info
}

func (p *Param) sendClientSynack4(h wire.TCP, o *synproxyOptions) {
	defer p.NS.In(step.SynproxySendClientSynack, p.SKB).Out()
	p.sendClientSynack(h, o)
}

func (p *Param) sendClientSynack6(h wire.TCP, o *synproxyOptions) {
	defer p.NS.In(step.SynproxySendClientSynack6, p.SKB).Out()
	p.sendClientSynack(h, o)
}

// sendClientSynack is synproxy_send_client_synack: a window of 0 keeps the client
// from sending before the server is there.
func (p *Param) sendClientSynack(h wire.TCP, o *synproxyOptions) {
	c, ok := p.cookies()
	if !ok {
		return
	}
	src, dst := p.ends()
	cookie, fits := c.CookieInit(src, dst, h.SrcPort(), h.DstPort(), h.Seq(), o.encode)
	p.NS.Why(step.WhySynproxyCookie, uint64(cookie), uint64(fits))
	f := wire.TCPSyn | wire.TCPAck
	if o.options&SynproxyECN != 0 {
		f |= wire.TCPEce
	}
	ct, _ := conntrack.Get(p.SKB)
	p.make(h, &madeSegment{back: true, seq: cookie, ack: h.Seq() + 1, flags: f, opts: o, ct: ct, info: conntrack.EstablishedReply})
}

// sendServerSyn is synproxy_send_server_syn. The ACK field of a SYN means nothing: it
// carries the number that the proxy chose to ipv4_synproxy_hook.
func (p *Param) sendServerSyn(h wire.TCP, o *synproxyOptions, seq uint32) {
	defer p.NS.In(step.SynproxySendServerSyn, p.SKB).Out()
	f := wire.TCPSyn
	if o.options&SynproxyECN != 0 {
		f |= wire.TCPEce | wire.TCPCwr
	}
	p.NS.Why(step.WhySynproxyServer, uint64(seq-1), uint64(h.Ack()-1))
	p.make(h, &madeSegment{seq: seq - 1, ack: h.Ack() - 1, flags: f, window: h.Window(), opts: o, ct: Of(p.NS).synproxy().tmpl, info: conntrack.New})
}

// sendServerAck is synproxy_send_server_ack: the packet at hand is the server's
// SYN-ACK.
func (p *Param) sendServerAck(c *conntrack.Conn, h wire.TCP, o *synproxyOptions) {
	defer p.NS.In(step.SynproxySendServerAck, p.SKB).Out()
	w := uint16(c.TCP.Seen[conntrack.Original].MaxWin)
	p.make(h, &madeSegment{back: true, seq: h.Ack(), ack: h.Seq() + 1, flags: wire.TCPAck, window: w, opts: o})
}

// sendClientAck is synproxy_send_client_ack: the first ACK with a window.
func (p *Param) sendClientAck(h wire.TCP, o *synproxyOptions) {
	defer p.NS.In(step.SynproxySendClientAck, p.SKB).Out()
	ct, _ := conntrack.Get(p.SKB)
	p.make(h, &madeSegment{seq: h.Seq() + 1, ack: h.Ack(), flags: wire.TCPAck, window: h.Window() >> o.wscale, opts: o, ct: ct, info: conntrack.EstablishedReply})
}

// make builds the segment and sends it.
func (p *Param) make(h wire.TCP, m *madeSegment) {
	var buf [wire.TCPMinLen + 40]byte
	t := m.opts.appendTo(buf[:wire.TCPMinLen])
	s := wire.TCP(t)
	s.SetSrcPort(h.SrcPort())
	s.SetDstPort(h.DstPort())
	if m.back {
		s.SetSrcPort(h.DstPort())
		s.SetDstPort(h.SrcPort())
	}
	s.SetSeq(m.seq)
	s.SetAck(m.ack)
	s.SetDataOff(len(t))
	s.SetFlags(m.flags)
	s.SetWindow(m.window)
	b := p.NS.AllocSKB(core.Headroom, len(t), 0)
	b.Parent = p.SKB.Pkt
	copy(b.Put(len(t)), t)
	b.ResetTransport()
	src, dst := p.ends()
	if m.back {
		src, dst = dst, src
	}
	if p.Family == core.NFIPv6 {
		p.send6(b, m, src, dst)
	} else {
		p.send4(b, m, src.IP4(), dst.IP4())
	}
}

// partial leaves the checksum to the device: the field holds the sum of the pseudo
// header.
func partial(b *core.SKB, sum uint32) {
	c := ^wire.Fold(sum)
	t := b.L4()
	t[16], t[17] = byte(c>>8), byte(c)
	b.IPSummed, b.CsumStart, b.CsumOff = core.ChecksumPartial, b.Transport, 16
}

// send4 is synproxy_build_ip and synproxy_send_tcp.
func (p *Param) send4(b *core.SKB, m *madeSegment, src, dst wire.IP4) {
	ns := p.NS
	n := b.Len()
	h := wire.IPv4(b.Push(wire.IPv4MinLen))
	b.ResetNetwork()
	clear(h[:wire.IPv4MinLen])
	h.SetVersionIHL(wire.IPv4MinLen)
	h.SetDF(true)
	h.SetTTL(uint8(ns.Sysctl.IPDefaultTTL))
	h.SetProto(wire.ProtoTCP)
	h.SetSrc(src)
	h.SetDst(dst)
	b.Protocol = uint16(wire.EtherTypeIPv4)
	partial(b, wire.PseudoHeader4(src, dst, wire.ProtoTCP, n))
	ip := ipv4.Of(ns)
	if e := ip.RouteMeHarder(nil, b, ipv4.RTNUnspec); e != 0 {
		ns.Why(step.WhySynproxyNoRoute)
		ns.Drop(b, step.DropNotSpecified, step.SynproxySendClientSynack)
		return
	}
	if m.ct != nil {
		conntrack.Set(b, m.ct, m.info)
	}
	ip.LocalOut(nil, b)
}

// send6 is synproxy_build_ip_ipv6 and synproxy_send_tcp_ipv6.
func (p *Param) send6(b *core.SKB, m *madeSegment, src, dst wire.Addr) {
	ns := p.NS
	n := b.Len()
	t := wire.TCP(b.L4())
	fl := ipv6.Flow6{Saddr: src, Daddr: dst, Proto: uint8(wire.ProtoTCP), Sport: t.SrcPort(), Dport: t.DstPort()}
	h := wire.IPv6(b.Push(wire.IPv6Len))
	b.ResetNetwork()
	clear(h[:wire.IPv6Len])
	h.SetVersion(0, 0)
	h.SetHopLimit(uint8(ns.Sysctl.Conf6All.HopLimit))
	h.SetNextHeader(wire.ProtoTCP)
	h.SetSrc(src)
	h.SetDst(dst)
	b.Protocol = uint16(wire.EtherTypeIPv6)
	partial(b, wire.PseudoHeader6(src, dst, wire.ProtoTCP, n))
	ip := ipv6.Of(ns)
	d, e := ip.RouteOutput(&fl)
	if e != 0 {
		ns.Why(step.WhySynproxyNoRoute)
		ns.Drop(b, step.DropNotSpecified, step.SynproxySendClientSynack6)
		return
	}
	b.Dst = d
	if m.ct != nil {
		conntrack.Set(b, m.ct, m.info)
	}
	ip.LocalOut(nil, b)
}
