package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// What netfilter asks of IPv6: net/ipv6/netfilter.c and
// net/ipv6/netfilter/nf_conntrack_reasm.c.

// RouteMeHarder is ip6_route_me_harder: a hook of LOCAL_OUT changed an address
// or the mark of a packet, so its route is asked for again.
func (ip *IPv6) RouteMeHarder(sk *core.Sock, b *core.SKB) core.Errno {
	defer ip.ns.In(step.IP6RouteMeHarder, b).Out()
	ns := ip.ns
	h := b.IP6()
	fl := Flow6{Saddr: h.Src(), Daddr: h.Dst(), Mark: b.Mark, FlowLabel: h.FlowLabel(), TOS: h.TrafficClass()}
	if sk != nil {
		fl.OIF = int(sk.BoundDev)
	}
	if fl.OIF == 0 && needStrict(fl.Daddr) && b.Dst != nil && b.Dst.Dev != nil {
		fl.OIF = b.Dst.Dev.Index
	}
	d := ip.routeOutputFlags(&fl, 0)
	if d.Err != 0 {
		ns.Inc(step.Ip6OutNoRoutes)
		return d.Err
	}
	b.Dst = d
	ns.Why(step.WhyRerouted6, fl.Daddr.Hi, fl.Daddr.Lo, uint64(d.Dev.Index))
	return 0
}

// FirstAddr is what REDIRECT takes: the first address of the device that has the
// scope of like and is no longer tentative.
func (ip *IPv6) FirstAddr(dev *core.Device, like wire.Addr) (wire.Addr, bool) {
	i := idevOf(dev)
	if i == nil {
		return wire.Addr{}, false
	}
	want := addrType(like) & (addrLinkLocal | addrLoopback)
	for _, a := range i.addrs {
		if a.Flags&AddrTentative == 0 && addrType(a.Addr)&(addrLinkLocal|addrLoopback) == want {
			return a.Addr, true
		}
	}
	return wire.Addr{}, false
}

// gatherUser keeps netfilter's fragments apart from those of the host itself.
const gatherUser = 1 << 31

// Defrag is nf_ct_frag6_gather: put the fragments of a packet together before it
// is tracked. It reports false when the packet is taken. The data pointer stands
// at the IPv6 header.
func (ip *IPv6) Defrag(b *core.SKB, user uint32) bool {
	defer ip.ns.In(step.NfCTFrag6Gather, b).Out()
	ns := ip.ns
	h := b.IP6()
	nh, at, next := 6, wire.IPv6Len, h.NextHeader()
	for next != wire.ProtoFragment {
		if !next.IsExtension() || next == wire.ProtoNone || next == wire.ProtoAH || at+wire.ExtMinLen > len(h) {
			return true // no fragment
		}
		nh, next, at = at, wire.Proto(h[at]), at+wire.Ext(h[at:]).Len()
	}
	if h.PayloadLen() == 0 {
		return true
	}
	if at+wire.FragmentLen > len(h) {
		if at+4 <= len(h) && h[at+2] == 0 && h[at+3]&^7 == 0 {
			return true // ipv6frag_thdr_truncated: a first fragment without all headers
		}
		return ip.gatherBad(nil, b)
	}
	fh := wire.Fragment(h[at:])
	saved := b.Transport
	b.Transport = b.Network + at
	off := fh.Offset()
	end := off + h.PayloadLen() - (at + wire.FragmentLen - wire.IPv6Len)
	if headerTruncated(b, fh) {
		b.Transport = saved
		return true // the stack itself shall object
	}
	if end > 65535 || end < off {
		return ip.gatherBad(nil, b)
	}
	key := inet.FragKey{Src: h.Src(), Dst: h.Dst(), ID: fh.ID(), User: gatherUser | user}
	q, _ := ip.frags.Find(ns, key, ns.Sysctl.CT.Frag6HighThresh, sim.Time(ns.Sysctl.CT.Frag6Timeout)*sim.Second)
	if q == nil {
		return ip.gatherBad(nil, b)
	}
	if b.Dev != nil {
		q.IIF = b.Dev.Index
	}
	if !fh.MF() {
		if end < q.Len || q.Flags&inet.FragLastIn != 0 && end != q.Len {
			return ip.gatherBad(nil, b)
		}
		q.Flags |= inet.FragLastIn
		q.Len = end
	} else if end&7 != 0 { // -EPROTO: so it does here, too
		q.Kill()
		q.Destroy()
		b.Transport = saved
		return true
	} else if end > q.Len {
		if q.Flags&inet.FragLastIn != 0 {
			return ip.gatherBad(nil, b)
		}
		q.Len = end
	}
	if end == off {
		return ip.gatherBad(nil, b)
	}
	ecn, dev, dst := h.ECN(), b.Dev, b.Dst
	b.Pull(at + wire.FragmentLen)
	b.Trim(end - off)
	size := b.Len() + b.Offset() - b.Network
	switch q.Insert(b, off, end) {
	case inet.FragDup:
		ns.Drop(b, step.DropDupFrag, step.NfCTFrag6Gather)
		return false
	case inet.FragOverlap:
		return ip.gatherBad(q, b)
	}
	q.Meat += end - off
	q.ECN |= 1 << ecn
	q.MaxSize = max(q.MaxSize, size)
	if off == 0 {
		q.NHOff = nh
		q.Flags |= inet.FragFirstIn
	}
	if !q.Whole() {
		ns.Why(step.WhyGather6Wait, uint64(off), uint64(end), uint64(q.Meat))
		b.Dst = nil
		b.Orphan()
		return false
	}
	return ip.gatherReasm(q, b, dev, dst)
}

func (ip *IPv6) gatherBad(q *inet.FragQueue, b *core.SKB) bool {
	ip.ns.Why(step.WhyGather6Bad)
	if q != nil {
		q.Kill()
	}
	ip.ns.Drop(b, step.DropNotSpecified, step.NfCTFrag6Gather)
	if q != nil {
		q.Destroy()
	}
	return false
}

// gatherReasm is nf_ct_frag6_reasm: b becomes the whole packet, without the
// fragment header.
func (ip *IPv6) gatherReasm(q *inet.FragQueue, b *core.SKB, dev *core.Device, dst *core.Dst) bool {
	ns := ip.ns
	ecn := reasmECN[q.ECN&15]
	q.Kill()
	if ecn == 255 {
		q.Destroy() // b is in it
		return false
	}
	q.Reassemble(b)
	hlen := b.Transport - b.Network
	if hlen-wire.IPv6Len+q.Len > 65535 {
		ns.Drop(b, step.DropNotSpecified, step.NfCTFrag6Gather)
		q.Destroy()
		return false
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
	b.Pull(b.Network - b.Offset()) // back to the IPv6 header
	h := b.IP6()
	h.SetPayloadLen(hlen - wire.IPv6Len + q.Len)
	h.SetECN(h.ECN() | ecn)
	b.Dev, b.Dst = dev, dst
	b.CB.FragMax = q.MaxSize
	b.IgnoreDF = true
	b.IPSummed = core.ChecksumNone
	ns.Why(step.WhyGather6Whole, uint64(q.Len))
	q.Destroy()
	return true
}
