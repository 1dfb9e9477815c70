package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// fragment is ip6_fragment: cut a packet of this host (RFC 8200 §4.5).
func (ip *IPv6) fragment(sk *core.Sock, b *core.SKB) core.Errno {
	defer ip.ns.In(step.IP6Fragment, b).Out()
	ns := ip.ns
	hlen, nh, ok := firstFragOpt(b)
	if !ok {
		return ip.fragFail(b, step.EINVAL)
	}
	mtu := ip.skbMTU(b)
	if !ignoreDF(b) && b.Len() > mtu {
		return ip.fragTooBig(b, mtu)
	}
	if b.CB.FragMax != 0 {
		if b.CB.FragMax > mtu {
			return ip.fragTooBig(b, mtu)
		}
		mtu = max(b.CB.FragMax, wire.IPv6MinMTU)
	}
	if mtu < hlen+wire.FragmentLen+8 {
		return ip.fragTooBig(b, mtu)
	}
	mtu -= hlen + wire.FragmentLen
	if b.IPSummed == core.ChecksumPartial && !ns.ChecksumHelp(b) {
		return ip.fragFail(b, step.EINVAL)
	}
	f := fragState{sk: sk, hlen: hlen, nh: nh, mtu: mtu, next: wire.Proto(b.Data()[nh])}
	for f.id == 0 {
		f.id = ns.Machine.Rand.Uint32() // ipv6_select_ident
	}
	if len(b.FragList) > 0 && f.fits(b) {
		return ip.fragList(b, &f)
	}
	return ip.fragCopy(b, &f)
}

// A fragState is struct ip6_frag_state: what the pieces have in common.
type fragState struct {
	sk   *core.Sock
	hlen int        // bytes of the headers that every fragment carries
	nh   int        // where they name what follows them
	mtu  int        // payload of a fragment
	next wire.Proto // what follows them in the whole packet
	id   uint32
}

// firstFragOpt is ip6_find_1stfragopt: how long the part is that every
// fragment carries, and where it names the next header.
func firstFragOpt(b *core.SKB) (hlen, nh int, ok bool) {
	p := b.Data()
	if len(p) < wire.IPv6Len {
		return 0, 0, false
	}
	nh, hlen = 6, wire.IPv6Len
	rthdr := false
	for {
		switch wire.Proto(p[nh]) {
		case wire.ProtoHopByHop:
		case wire.ProtoRouting:
			rthdr = true
		case wire.ProtoDestOpts:
			if rthdr {
				return hlen, nh, true
			}
		default:
			return hlen, nh, true
		}
		if hlen+wire.ExtMinLen > len(p) {
			return 0, 0, false
		}
		n := wire.Ext(p[hlen:]).Len()
		if hlen+n > len(p) {
			return 0, 0, false
		}
		nh = hlen
		hlen += n
	}
}

func (ip *IPv6) fragTooBig(b *core.SKB, mtu int) core.Errno {
	ip.ns.Why(step.WhyIP6TooBig, uint64(b.Len()), uint64(mtu))
	ip.icmpSend(b, uint8(wire.ICMPv6PacketTooBig), 0, uint32(mtu))
	return ip.fragFail(b, step.EMSGSIZE)
}

func (ip *IPv6) fragFail(b *core.SKB, e core.Errno) core.Errno {
	ip.ns.Inc(step.Ip6FragFails)
	ip.ns.Drop(b, step.DropNotSpecified, step.IP6Fragment)
	return e
}

// fits reports whether the pieces on frag_list can go out as they are.
func (f *fragState) fits(b *core.SKB) bool {
	first := b.Len()
	for i, p := range b.FragList {
		first -= p.Len()
		if p.Len() > f.mtu || p.Len()&7 != 0 && i < len(b.FragList)-1 || p.Headroom() < f.hlen+wire.FragmentLen+16 || p.Shared() {
			return false
		}
	}
	return first-f.hlen <= f.mtu && (first-f.hlen)&7 == 0 && b.Own()
}

// fragList is the fast way: each piece gets headers of its own and goes.
func (ip *IPv6) fragList(b *core.SKB, f *fragState) core.Errno {
	ns := ip.ns
	pieces := b.TakeFragList()
	ns.Why(step.WhyIP6Fragments, uint64(len(pieces)+1), uint64(f.id), uint64(f.mtu))
	var hdr [256]byte
	h := append(hdr[:0], b.Data()[:f.hlen]...)
	d, mark, prio, pkt := b.Dst, b.Mark, b.Priority, b.Pkt
	for _, p := range pieces { // ip6_copy_metadata
		p.CopyCT(b)
	}
	b.Push(wire.FragmentLen)
	copy(b.Data(), h)
	f.headers(b, 0, len(pieces) > 0)
	at := b.Len() - f.hlen - wire.FragmentLen
	e := ip.finishOutput2(f.sk, b)
	for i, p := range pieces {
		if e != 0 {
			ns.Drop(p, step.DropNotSpecified, step.IP6Fragment)
			continue
		}
		ns.Inc(step.Ip6FragCreates)
		n := p.Len()
		p.Push(wire.FragmentLen)
		p.Push(f.hlen)
		copy(p.Data(), h)
		p.Dst, p.Mark, p.Priority, p.Parent = d, mark, prio, pkt
		f.headers(p, at, i < len(pieces)-1)
		at += n
		e = ip.finishOutput2(f.sk, p)
	}
	if e != 0 {
		ns.Inc(step.Ip6FragFails)
		return e
	}
	ns.Inc(step.Ip6FragCreates)
	ns.Inc(step.Ip6FragOKs)
	return 0
}

// headers writes the fragment header and what changes in front of it. The
// common headers are at the data pointer, with room for the fragment header
// behind them.
func (f *fragState) headers(b *core.SKB, off int, more bool) {
	p := b.Data()
	b.ResetNetwork()
	b.Transport = b.Network + f.hlen
	p[f.nh] = byte(wire.ProtoFragment)
	wire.Fragment(p[f.hlen:]).Put(f.next, off, more, f.id)
	wire.IPv6(p).SetPayloadLen(b.Len() - wire.IPv6Len)
	b.Protocol = uint16(wire.EtherTypeIPv6)
	if b.Dst != nil {
		b.Dev = b.Dst.Dev
	}
}

// fragCopy is the slow way: new buffers, into which the bytes are copied
// (ip6_frag_next).
func (ip *IPv6) fragCopy(b *core.SKB, f *fragState) core.Errno {
	ns := ip.ns
	left := b.Len() - f.hlen
	ns.Why(step.WhyIP6Fragments, uint64((left+f.mtu&^7-1)/max(f.mtu&^7, 1)), uint64(f.id), uint64(f.mtu))
	for at := 0; left > 0; {
		n := min(left, f.mtu)
		if n < left {
			n &^= 7
		}
		c := ns.AllocSKB(core.Headroom, f.hlen+wire.FragmentLen+n, 0)
		c.Truesize = core.AllocTruesize(core.LinkRoom + f.hlen + wire.FragmentLen + n)
		c.Parent = b.Pkt
		p := c.Put(f.hlen + wire.FragmentLen + n)
		b.CopyBits(0, p[:f.hlen])
		b.CopyBits(f.hlen+at, p[f.hlen+wire.FragmentLen:])
		c.Dst, c.Mark, c.Priority, c.PktType = b.Dst, b.Mark, b.Priority, b.PktType
		c.CopyCT(b)
		if b.SK != nil {
			c.SetOwnerW(b.SK)
		}
		left -= n
		f.headers(c, at, left > 0)
		at += n
		if e := ip.finishOutput2(f.sk, c); e != 0 {
			return ip.fragFail(b, e)
		}
		ns.Inc(step.Ip6FragCreates)
	}
	ns.Inc(step.Ip6FragOKs)
	ns.Consume(b, step.IP6Fragment)
	return 0
}
