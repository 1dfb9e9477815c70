package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nft_reject.c, nft_reject_inet.c, nf_reject_ipv4.c,
// nf_reject_ipv6.c.

// A RejectKind is an enum nft_reject_types.
type RejectKind uint8

// What the sender is told.
const (
	RejectICMP  RejectKind = iota // an ICMP error of the packet's own family
	RejectReset                   // a TCP RST
	RejectICMPX                   // an ICMP error by the common numbers
)

// The codes of RejectICMPX (enum nft_reject_inet_code).
const (
	ICMPXNoRoute = iota
	ICMPXPortUnreach
	ICMPXHostUnreach
	ICMPXAdminProhibited
)

var (
	icmpxTo4 = [...]uint8{0, 3, 1, 13}
	icmpxTo6 = [...]uint8{0, 4, 3, 1}
)

// Reject is nft_reject: tell the sender, and drop.
type Reject struct {
	Kind RejectKind
	Code uint8
}

// Eval is nft_reject_ipv4_eval and its sisters.
func (e *Reject) Eval(r *Regs, p *Pkt) {
	switch p.chain.Table.Family {
	case core.NFIPv4:
		e.ipv4(p)
	case core.NFIPv6:
		e.ipv6(p)
	case core.NFBridge:
		e.bridge(r, p)
		return
	case core.NFNetdev:
		e.netdev(r, p)
		return
	default:
		e.inet(p)
	}
	r.Code = DropCode
}

func (e *Reject) ipv4(p *Pkt) {
	defer p.ns.In(step.NftRejectIPv4Eval, p.b).Out()
	e.send(p)
}

func (e *Reject) ipv6(p *Pkt) {
	defer p.ns.In(step.NftRejectIPv6Eval, p.b).Out()
	e.send(p)
}

func (e *Reject) inet(p *Pkt) {
	defer p.ns.In(step.NftRejectInetEval, p.b).Out()
	e.send(p)
}

func (e *Reject) bridge(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftRejectBridgeEval, p.b).Out()
	(&NotModelled{"reject in a bridge"}).Eval(r, p)
}

func (e *Reject) netdev(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftRejectNetdevEval, p.b).Out()
	(&NotModelled{"reject in netdev"}).Eval(r, p)
}

func (e *Reject) send(p *Pkt) {
	code := e.Code
	switch {
	case e.Kind == RejectReset && p.pf == core.NFIPv6:
		SendReset6(p.ns, p.st.SK, p.b)
		return
	case e.Kind == RejectReset:
		SendReset(p.ns, p.st.SK, p.b)
		return
	case p.pf == core.NFIPv6:
		if e.Kind == RejectICMPX {
			code = icmpxTo6[code]
		}
		SendUnreach6(p.ns, p.b, code)
		return
	case e.Kind == RejectICMPX:
		code = icmpxTo4[code]
	}
	SendUnreach(p.ns, p.b, code)
}

// Validate is nft_reject_inet_validate.
func (e *Reject) Validate(c *Chain) core.Errno {
	switch c.Table.Family {
	case core.NFNetdev:
		return c.validHooks(1 << core.NetdevIngress)
	case core.NFBridge:
		return c.validHooks(1<<core.PreRouting | 1<<core.LocalIn)
	case core.NFInet:
		return c.validHooks(1<<core.PreRouting | 1<<core.LocalIn | 1<<core.Forward | 1<<core.LocalOut | 1<<core.InetIngress)
	}
	return c.validHooks(1<<core.PreRouting | 1<<core.LocalIn | 1<<core.Forward | 1<<core.LocalOut)
}

// verifiable is nf_reject_verify_csum: fragments and protocols without a
// checksum that can be checked are answered anyhow.
func verifiable(b *core.SKB, p wire.Proto) bool {
	switch p {
	case wire.ProtoICMP, wire.ProtoTCP, wire.ProtoUDP, wire.ProtoICMPv6:
		return true
	}
	return false
}

// dstFor4 is nf_reject_fill_skb_dst: before routing the packet needs a route,
// which icmp_send asks for: that back to its sender.
func dstFor4(ns *core.Netns, b *core.SKB) bool {
	if b.Dst != nil {
		return true
	}
	fl := ipv4.Flow4{Daddr: b.IP4().Src()}
	d, e := ipv4.Of(ns).RouteOutput(&fl)
	if e != 0 {
		return false
	}
	b.Dst = d
	return true
}

// SendUnreach is nf_send_unreach: ICMP destination unreachable with a code.
func SendUnreach(ns *core.Netns, b *core.SKB, code uint8) {
	defer ns.In(step.NfSendUnreach, b).Out()
	h := b.IP4()
	off := b.NetworkOffset() + h.IHL()
	if h.FragOffset() != 0 || !dstFor4(ns, b) {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	if verifiable(b, h.Proto()) && !conntrack.ChecksumOK(b, core.NFIPv4, off, h.Proto()) {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	ns.Why(step.WhyNftRejectUnreach, 3, uint64(code))
	ns.IPv4.ICMPSend(ns, b, 3, code, 0)
}

// SendUnreach6 is nf_send_unreach6: ICMPv6 destination unreachable with a code.
func SendUnreach6(ns *core.Netns, b *core.SKB, code uint8) {
	defer ns.In(step.NfSendUnreach6, b).Out()
	p := Pkt{ns: ns, b: b}
	p.ipv6()
	if !p.hasL4 || p.fragoff != 0 || verifiable(b, wire.Proto(p.tprot)) && !conntrack.ChecksumOK(b, core.NFIPv6, p.thoff, wire.Proto(p.tprot)) {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	if b.Dst == nil {
		fl := ipv6.Flow6{Daddr: b.IP6().Src()}
		d, e := ipv6.Of(ns).RouteOutput(&fl)
		if e != 0 {
			return
		}
		b.Dst = d
	}
	ns.Why(step.WhyNftRejectUnreach, 1, uint64(code))
	ns.IPv6.ICMPSend(ns, b, 1, code, 0)
}

// reset makes the TCP header of a RST that answers one (nf_reject_ip_tcphdr_put);
// the checksum is left 0.
func reset(dst []byte, h wire.TCP, segment int) {
	clear(dst)
	copy(dst[0:2], h[2:4])
	copy(dst[2:4], h[0:2])
	dst[12] = 5 << 4
	if h[13]&0x10 != 0 {
		copy(dst[4:8], h[8:12])
		dst[13] = 0x04
		return
	}
	ack := be32(h[4:]) + uint32(h[13]>>1&1) + uint32(h[13]&1) + uint32(segment) - uint32(h[12]>>4)*4
	dst[8], dst[9], dst[10], dst[11] = byte(ack>>24), byte(ack>>16), byte(ack>>8), byte(ack)
	dst[13] = 0x14
}

// refused is nf_reject_ip_tcphdr_get: the TCP header that a RST may answer, nil
// if none may.
func refused(p *Pkt) wire.TCP {
	if !p.hasL4 || p.fragoff != 0 || p.tprot != uint8(wire.ProtoTCP) {
		return nil
	}
	h := wire.TCP(p.header(p.thoff, wire.TCPMinLen, p.scratch[:]))
	if h == nil || h[13]&0x04 != 0 || !conntrack.ChecksumOK(p.b, p.pf, p.thoff, wire.ProtoTCP) {
		return nil
	}
	return h
}

// SendReset is nf_send_reset: answer a segment with a RST, as if it came from
// whom it was for.
func SendReset(ns *core.Netns, sk *core.Sock, b *core.SKB) {
	defer ns.In(step.NfSendReset, b).Out()
	p := Pkt{ns: ns, b: b, pf: core.NFIPv4}
	p.ipv4()
	th := refused(&p)
	if th == nil || !dstFor4(ns, b) || b.Dst.Type == ipv4.RTNBroadcast || b.Dst.Type == ipv4.RTNMulticast {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	ip := ipv4.Of(ns)
	r := ns.AllocSKB(core.Headroom, wire.TCPMinLen, 0)
	r.Parent = b.Pkt
	reset(r.Put(wire.TCPMinLen), th, b.Len()-b.IP4().IHL())
	r.ResetTransport()
	oh := b.IP4()
	h := wire.IPv4(r.Push(wire.IPv4MinLen))
	r.ResetNetwork()
	clear(h[:wire.IPv4MinLen])
	h.SetVersionIHL(wire.IPv4MinLen)
	h.SetDF(true)
	h.SetProto(wire.ProtoTCP)
	h.SetSrc(oh.Dst())
	h.SetDst(oh.Src())
	h.SetTTL(uint8(ns.Sysctl.IPDefaultTTL))
	r.Protocol = uint16(wire.EtherTypeIPv4)
	sum := wire.PseudoHeader4(h.Src(), h.Dst(), wire.ProtoTCP, wire.TCPMinLen)
	t := r.L4()
	c := wire.Fold(wire.Checksum(t[:wire.TCPMinLen], sum))
	t[16], t[17] = byte(c>>8), byte(c)
	if e := ip.RouteMeHarder(sk, r, ipv4.RTNUnspec); e != 0 {
		ns.Drop(r, step.DropNotSpecified, step.NfSendReset)
		return
	}
	conntrack.Attach(r, b)
	ns.Why(step.WhyNftRejectReset)
	ip.LocalOut(nil, r)
}

// SendReset6 is nf_send_reset6.
func SendReset6(ns *core.Netns, sk *core.Sock, b *core.SKB) {
	defer ns.In(step.NfSendReset6, b).Out()
	p := Pkt{ns: ns, b: b, pf: core.NFIPv6}
	p.ipv6()
	th := refused(&p)
	oh := b.IP6()
	if th == nil || oh.Src().Hi>>56 == 0xff || oh.Dst().Hi>>56 == 0xff {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	ip := ipv6.Of(ns)
	fl := ipv6.Flow6{Saddr: oh.Dst(), Daddr: oh.Src(), Proto: uint8(wire.ProtoTCP), Sport: be16(th[2:]), Dport: be16(th)}
	d, e := ip.RouteOutput(&fl)
	if e != 0 {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	r := ns.AllocSKB(core.Headroom, wire.TCPMinLen, 0)
	r.Parent = b.Pkt
	reset(r.Put(wire.TCPMinLen), th, b.Len()-p.thoff)
	r.ResetTransport()
	h := wire.IPv6(r.Push(wire.IPv6Len))
	r.ResetNetwork()
	clear(h[:wire.IPv6Len])
	h.SetVersion(0, 0)
	h.SetNextHeader(wire.ProtoTCP)
	h.SetHopLimit(uint8(ip.HopLimit(d)))
	h.SetSrc(oh.Dst())
	h.SetDst(oh.Src())
	r.Protocol, r.Dst = uint16(wire.EtherTypeIPv6), d
	sum := wire.PseudoHeader6(h.Src(), h.Dst(), wire.ProtoTCP, wire.TCPMinLen)
	t := r.L4()
	c := wire.Fold(wire.Checksum(t[:wire.TCPMinLen], sum))
	t[16], t[17] = byte(c>>8), byte(c)
	conntrack.Attach(r, b)
	ns.Why(step.WhyNftRejectReset)
	ip.LocalOut(sk, r)
}
