package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read RFC 8200 §4.5, RFC 5722 (overlaps), RFC 6946 (atomic fragments) and
// net/ipv6/reassembly.c before editing.

// fragOps is ip6_frags.
type fragOps struct{}

// fragRcv is ipv6_frag_rcv: a fragment header at the transport offset. It
// returns 1 when the packet is whole.
func (ip *IPv6) fragRcv(b *core.SKB) int {
	defer ip.ns.In(step.IPv6FragRcv, b).Out()
	ns := ip.ns
	off := b.TransportOffset()
	if b.CB.IPFlags&skbFragmented != 0 {
		return ip.fragHeaderError(b, 0)
	}
	ns.Inc(step.Ip6ReasmReqds)
	h := b.IP6()
	if h.PayloadLen() == 0 || !b.MayPull(off+wire.FragmentLen) {
		return ip.fragHeaderError(b, uint64(b.Len()))
	}
	h = b.IP6()
	fh := wire.Fragment(b.From(b.Transport))
	if fh.Offset() == 0 && !fh.MF() {
		// An atomic fragment: whole by itself (RFC 6946).
		ns.Why(step.WhyFrag6Atomic, uint64(fh.ID()))
		b.CB.NHOff = b.Transport - b.Network
		b.Transport += wire.FragmentLen
		ns.Inc(step.Ip6ReasmOKs)
		b.CB.IPFlags |= skbFragmented
		b.CB.FragMax = h.PayloadLen() + wire.IPv6Len
		return 1
	}
	if headerTruncated(b, fh) {
		ns.Inc(step.Ip6InHdrErrors)
		ns.Why(step.WhyFrag6Truncated)
		ip.paramProb(b, wire.ICMPv6HdrIncomplete, 0, step.DropNotSpecified, step.IPv6FragRcv)
		return gone
	}
	key := inet.FragKey{Src: h.Src(), Dst: h.Dst(), ID: fh.ID()}
	if addrType(key.Dst)&(addrMulticast|addrLinkLocal) != 0 {
		key.User = uint32(b.Dev.Index)
	}
	q, _ := ip.frags.Find(ns, key, ns.Sysctl.IPv6FragHighThresh, sim.Time(ns.Sysctl.IPv6FragTime)*sim.Second)
	if q == nil {
		ns.Inc(step.Ip6ReasmFails)
		ns.Drop(b, step.DropNotSpecified, step.IPv6FragRcv)
		return gone
	}
	q.IIF = b.Dev.Index
	return ip.fragQueue(q, b, fh)
}

func (ip *IPv6) fragHeaderError(b *core.SKB, n uint64) int {
	ip.ns.Inc(step.Ip6InHdrErrors)
	ip.ns.Why(step.WhyFrag6Header, n)
	ip.paramProb(b, wire.ICMPv6HdrField, uint32(b.Transport-b.Network), step.DropNotSpecified, step.IPv6FragRcv)
	return gone
}

// headerTruncated is ipv6frag_thdr_truncated: RFC 7112 wants all headers, the
// transport header included, in the first fragment.
func headerTruncated(b *core.SKB, fh wire.Fragment) bool {
	if fh.Offset() != 0 || !b.MayPull(b.Len()) {
		return false
	}
	p := b.From(b.Transport)[wire.FragmentLen:]
	next, at := fh.NextHeader(), 0
	for next.IsExtension() {
		if next == wire.ProtoNone || at+2 > len(p) {
			return false
		}
		e := p[at:]
		switch next {
		case wire.ProtoFragment:
			at += wire.FragmentLen
		case wire.ProtoAH:
			at += wire.AH(e).Len()
		default:
			at += wire.Ext(e).Len()
		}
		next = wire.Proto(e[0])
	}
	need := 1
	switch next {
	case wire.ProtoTCP:
		need = wire.TCPMinLen
	case wire.ProtoUDP, wire.ProtoICMPv6:
		need = 8
	}
	return at+need > len(p)
}

// fragQueue is ip6_frag_queue: put the fragment where it belongs.
func (ip *IPv6) fragQueue(q *inet.FragQueue, b *core.SKB, fh wire.Fragment) int {
	defer ip.ns.In(step.IP6FragQueue, b).Out()
	ns := ip.ns
	h := b.IP6()
	off := fh.Offset()
	end := off + h.PayloadLen() - (b.Transport - b.Network + wire.FragmentLen - wire.IPv6Len)
	last := !fh.MF()
	switch {
	case end > 65535:
		ns.Why(step.WhyFrag6TooLong, uint64(end))
		ns.Inc(step.Ip6InHdrErrors)
		ip.paramProb(b, wire.ICMPv6HdrField, uint32(b.Transport-b.Network+2), step.DropNotSpecified, step.IPv6FragRcv)
		return gone
	case !last && end&7 != 0:
		ns.Why(step.WhyFrag6Not8, uint64(end-off))
		ns.Inc(step.Ip6InHdrErrors)
		ip.paramProb(b, wire.ICMPv6HdrField, 4, step.DropNotSpecified, step.IPv6FragRcv)
		return gone
	case end <= off,
		last && (end < q.Len || q.Flags&inet.FragLastIn != 0 && end != q.Len),
		!last && end > q.Len && q.Flags&inet.FragLastIn != 0:
		ns.Why(step.WhyFrag6Ends, uint64(off), uint64(end), uint64(q.Len))
		return ip.fragDiscard(q, b)
	}
	if last {
		q.Flags |= inet.FragLastIn
	}
	q.Len = max(q.Len, end)
	nhoff, ecn := b.CB.NHOff, h.ECN()
	b.Pull(b.TransportOffset() + wire.FragmentLen)
	b.Trim(end - off)
	dev, dst := b.Dev, b.Dst
	size := b.Len() + b.Offset() - b.Network
	switch q.Insert(b, off, end) {
	case inet.FragDup:
		ns.Drop(b, step.DropDupFrag, step.IPv6FragRcv)
		return gone
	case inet.FragOverlap:
		return ip.fragDiscard(q, b)
	}
	q.Meat += end - off
	q.ECN |= 1 << ecn
	q.MaxSize = max(q.MaxSize, size)
	if off == 0 {
		q.NHOff = nhoff
		q.Flags |= inet.FragFirstIn
	}
	if q.Whole() {
		return ip.fragReasm(q, b, dev, dst)
	}
	ns.Why(step.WhyFrag6Waits, uint64(off), uint64(end), uint64(q.Meat), uint64(q.Len))
	b.Dst = nil
	b.Orphan()
	return gone
}

// fragDiscard is ip6_frag_queue's "discard_fq": the whole packet is given up
// (RFC 5722 §4).
func (ip *IPv6) fragDiscard(q *inet.FragQueue, b *core.SKB) int {
	q.Kill()
	ip.ns.Inc(step.Ip6ReasmFails)
	ip.ns.Drop(b, step.DropNotSpecified, step.IPv6FragRcv)
	q.Destroy()
	return gone
}

// reasmECN is ip_frag_ecn_table, by the marks seen (RFC 3168 §5.3): CE wins
// over ECT; a mixture with packets that know no ECN is refused with 255.
var reasmECN = [16]uint8{3: 255, 5: 255, 7: 255, 9: 255, 11: 255, 13: 255, 15: 255, 10: 3, 12: 3, 14: 3}

// fragReasm is ip6_frag_reasm: all pieces are here. b, which came last, becomes
// the whole packet without the fragment header.
func (ip *IPv6) fragReasm(q *inet.FragQueue, b *core.SKB, dev *core.Device, dst *core.Dst) int {
	defer ip.ns.In(step.IP6FragReasm, b).Out()
	ns := ip.ns
	ecn := reasmECN[q.ECN&15]
	if ecn == 255 {
		ns.Why(step.WhyFrag6ECN)
		q.Kill()
		ns.Inc(step.Ip6ReasmFails)
		q.Destroy()
		return gone
	}
	q.Kill()
	q.Reassemble(b)
	hlen := b.Transport - b.Network
	if n := hlen - wire.IPv6Len + q.Len; n > 65535 {
		ns.Why(step.WhyFrag6TooLong, uint64(n))
		ns.Inc(step.Ip6ReasmFails)
		ns.Drop(b, step.DropNotSpecified, step.IP6FragReasm)
		q.Destroy()
		return gone
	}
	p := b.From(b.Network)
	p[q.NHOff] = p[hlen]
	start := b.Network
	if b.MAC >= 0 && b.MAC <= b.Network {
		start = b.MAC
		b.MAC += wire.FragmentLen
	}
	m := b.From(start)
	copy(m[wire.FragmentLen:], m[:b.Network-start+hlen])
	b.Network += wire.FragmentLen
	b.Transport += wire.FragmentLen
	b.Pull(b.Transport - b.Offset())
	h := b.IP6()
	h.SetPayloadLen(hlen - wire.IPv6Len + q.Len)
	h.SetECN(h.ECN() | ecn)
	b.Dev, b.Dst = dev, dst
	b.CB.NHOff = q.NHOff
	b.CB.IPFlags |= skbFragmented
	b.CB.FragMax = q.MaxSize
	b.IPSummed = core.ChecksumNone
	ns.Inc(step.Ip6ReasmOKs)
	ns.Why(step.WhyFrag6Whole, uint64(q.Len))
	q.Destroy()
	return 1
}

// Expire is ip6_frag_expire: the missing pieces did not come in time.
func (fragOps) Expire(ns *core.Netns, q *inet.FragQueue) {
	ns.BHDisable()
	defer ns.BHEnable()
	Of(ns).fragExpire(q)
}

// fragExpire is ip6frag_expire_frag_queue. Only the first fragment can be
// answered (RFC 4443 §3.3).
func (ip *IPv6) fragExpire(q *inet.FragQueue) {
	defer ip.ns.In(step.IP6FragExpire, q).Out()
	ns := ip.ns
	if q.Flags&inet.FragComplete != 0 {
		return
	}
	q.Flags |= inet.FragDrop
	q.Kill()
	dev := ns.DevByIndex(q.IIF)
	if dev == nil {
		q.Destroy()
		return
	}
	ns.Inc(step.Ip6ReasmFails)
	ns.Inc(step.Ip6ReasmTimeout)
	ns.Why(step.WhyFrag6Timeout, uint64(q.Meat), uint64(q.Len), uint64(ns.Sysctl.IPv6FragTime))
	if q.Flags&inet.FragFirstIn != 0 {
		if b := q.PullHead(); b != nil {
			b.Dev = dev
			ip.icmpSend(b, uint8(wire.ICMPv6TimeExceeded), wire.ICMPv6ExcFragTime, 0)
			ns.Drop(b, step.DropFragReasmTimeout, step.IP6FragExpire)
		}
	}
	q.Destroy()
}
