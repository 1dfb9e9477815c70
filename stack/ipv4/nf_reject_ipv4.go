package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/ipv4/netfilter/nf_reject_ipv4.c.

// rejectDst is nf_reject_fill_skb_dst: before routing the packet needs a route,
// which icmp_send asks for: that back to its sender.
func (ip *IPv4) rejectDst(b *core.SKB) bool {
	if b.Dst != nil {
		return true
	}
	d, e := ip.RouteOutput(&Flow4{Daddr: b.IP4().Src()})
	if e != 0 {
		return false
	}
	b.Dst = d
	return true
}

// SendUnreach is nf_send_unreach: a rule refuses the packet with ICMP destination
// unreachable and a code.
func (ip *IPv4) SendUnreach(b *core.SKB, code uint8) {
	defer ip.ns.In(step.NfSendUnreach, b).Out()
	ns := ip.ns
	h := b.IP4()
	off := b.NetworkOffset() + h.IHL()
	if h.FragOffset() != 0 || !ip.rejectDst(b) {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	if inet.RejectVerifies(b, off, h.Proto()) && !conntrack.ChecksumOK(b, core.NFIPv4, off, h.Proto()) {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	ns.Why(step.WhyNftRejectUnreach, 3, uint64(code))
	ip.ICMPSend(ns, b, 3, code, 0)
}

// rejectedTCP is nf_reject_ip_tcphdr_get: the TCP header at off that a RST may
// answer, nil if none may. buf has room for it.
func rejectedTCP(b *core.SKB, off int, buf []byte) wire.TCP {
	if off < 0 || off+wire.TCPMinLen > b.Len() {
		return nil
	}
	b.CopyBits(off, buf[:wire.TCPMinLen])
	h := wire.TCP(buf[:wire.TCPMinLen])
	if h.Flags()&wire.TCPRst != 0 || !conntrack.ChecksumOK(b, core.NFIPv4, off, wire.ProtoTCP) {
		return nil
	}
	return h
}

// SendReset is nf_send_reset: a rule refuses a segment with a RST, as if it came
// from whom the segment was for.
func (ip *IPv4) SendReset(sk *core.Sock, b *core.SKB) {
	defer ip.ns.In(step.NfSendReset, b).Out()
	ns := ip.ns
	oh := b.IP4()
	var (
		th  wire.TCP
		buf [wire.TCPMinLen]byte
	)
	if oh.FragOffset() == 0 && oh.Proto() == wire.ProtoTCP {
		th = rejectedTCP(b, b.NetworkOffset()+oh.IHL(), buf[:])
	}
	if th == nil || !ip.rejectDst(b) || b.Dst.Type == RTNBroadcast || b.Dst.Type == RTNMulticast {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	r := ns.AllocSKB(core.Headroom, wire.TCPMinLen, 0)
	r.Parent = b.Pkt
	inet.RejectTCP(r.Put(wire.TCPMinLen), th, b.Len()-oh.IHL())
	r.ResetTransport()
	h := wire.IPv4(r.Push(wire.IPv4MinLen))
	r.ResetNetwork()
	clear(h[:wire.IPv4MinLen])
	h.SetVersionIHL(wire.IPv4MinLen)
	h.SetDF(true)
	h.SetProto(wire.ProtoTCP)
	h.SetSrc(oh.Dst())
	h.SetDst(oh.Src())
	h.SetTTL(ip.dstHopLimit(b.Dst))
	r.Protocol = uint16(wire.EtherTypeIPv4)
	sum := wire.PseudoHeader4(h.Src(), h.Dst(), wire.ProtoTCP, wire.TCPMinLen)
	t := r.L4()
	c := ^wire.Fold(sum)
	t[16], t[17] = byte(c>>8), byte(c)
	r.IPSummed, r.CsumStart, r.CsumOff = core.ChecksumPartial, r.Transport, 16
	if e := ip.RouteMeHarder(sk, r, RTNUnspec); e != 0 {
		ns.Drop(r, step.DropNotSpecified, step.NfSendReset)
		return
	}
	conntrack.Attach(r, b)
	conntrack.SetClosing(b)
	ns.Why(step.WhyNftRejectReset)
	if b.NFBridge != nil {
		h.SetTotalLen(r.Len())
		h.ComputeChecksum()
		ns.XmitBridged(r, b)
		return
	}
	ip.LocalOut(nil, r)
}
