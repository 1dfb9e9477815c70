package ipv4

// Cutting a packet up (RFC 791 §3.2): the second half of net/ipv4/ip_output.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// fragment is ip_fragment: a packet with DF that is too big is refused, with
// ICMP 3/4 to its sender (RFC 1191 §4).
func (ip *IPv4) fragment(sk *core.Sock, b *core.SKB, mtu int) core.Errno {
	defer ip.ns.In(step.IPFragment, b).Out()
	ns := ip.ns
	if b.IP4().DF() && (!b.IgnoreDF || b.CB.FragMax != 0 && b.CB.FragMax > mtu) {
		ns.Inc(step.IpFragFails)
		ns.Why(step.WhyFragmentDF, uint64(b.Len()), uint64(mtu))
		ip.ICMPSend(ns, b, uint8(wire.ICMPDestUnreach), wire.ICMPFragNeeded, uint32(mtu))
		ns.Drop(b, step.DropNotSpecified, step.IPFragment)
		return step.EMSGSIZE
	}
	return ip.doFragment(sk, b, nil)
}

// doFragment is ip_do_fragment: pieces that are there already (frag_list) are
// given headers if they fit; else the packet is copied into pieces.
func (ip *IPv4) doFragment(sk *core.Sock, b *core.SKB, out FragmentOutput) core.Errno {
	defer ip.ns.In(step.IPDoFragment, b).Out()
	ns := ip.ns
	if b.IPSummed == core.ChecksumPartial && !ns.ChecksumHelp(b) {
		return ip.fragFail(b, step.EINVAL)
	}
	h := b.IP4()
	mtu := ip.outMTU(sk, b)
	if b.CB.FragMax != 0 && b.CB.FragMax < mtu {
		mtu = b.CB.FragMax
	}
	hlen := h.IHL()
	if mtu < hlen+8 {
		return ip.fragFail(b, step.EMSGSIZE)
	}
	mtu -= hlen
	b.CB.IPFlags |= ipskbFragComplete
	if ip.fragListFits(b, mtu, hlen) {
		ns.Why(step.WhyFragList, uint64(b.Len()), uint64(len(b.FragList)+1), uint64(mtu+hlen))
		return ip.sendFragList(b, hlen, out)
	}
	ns.Why(step.WhyFragCopy, uint64(b.Len()), uint64(mtu+hlen))
	return ip.sendCopies(b, mtu, hlen, out)
}

func (ip *IPv4) fragFail(b *core.SKB, err core.Errno) core.Errno {
	ip.ns.Drop(b, step.DropNotSpecified, step.IPDoFragment)
	ip.ns.Inc(step.IpFragFails)
	return err
}

// fragListFits says whether the pieces of the frag_list have the right sizes.
func (ip *IPv4) fragListFits(b *core.SKB, mtu, hlen int) bool {
	l := b.FragList
	if len(l) == 0 || b.IP4().IsFragment() {
		return false
	}
	first := b.Len()
	for i, f := range l {
		n := f.Len()
		first -= n
		if n > mtu || n&7 != 0 && i+1 < len(l) || f.Headroom() < hlen+wire.EthernetLen || f.Shared() {
			return false
		}
	}
	first -= hlen
	return first <= mtu && first&7 == 0 && first == b.HeadLen()-hlen
}

// sendFragList is the fast path (ip_fraglist_init, ip_fraglist_prepare).
func (ip *IPv4) sendFragList(b *core.SKB, hlen int, out FragmentOutput) core.Errno {
	ns := ip.ns
	l := b.TakeFragList()
	b.Unshare()
	sk := b.SK
	hdr := append([]byte(nil), b.Data()[:hlen]...)
	b.IP4().SetTotalLen(b.Len())
	b.IP4().SetFragOff(0)
	b.IP4().SetMF(true)
	b.IP4().ComputeChecksum()
	off := b.Len() - hlen
	cb, optlen := b.CB, b.CB.OptLen
	for i, f := range l {
		f.IPSummed = core.ChecksumNone
		f.ResetTransport()
		n := f.Len()
		f.Unshare()
		copy(f.Push(hlen), hdr)
		f.ResetNetwork()
		copyMetadata(f, b)
		f.CB = core.CB{IPFlags: cb.IPFlags, OptLen: optlen}
		if optlen != 0 {
			ip.optionsFragment(f)
			if i == 0 {
				copy(hdr, f.Data()[:hlen]) // the others inherit the options as they are now
			}
		}
		h := f.IP4()
		h.SetTotalLen(n + hlen)
		h.SetFragOff(0)
		h.SetFragOffset(off)
		h.SetMF(i+1 < len(l))
		h.ComputeChecksum()
		own(f, sk)
		off += n
	}
	for i := -1; i < len(l); i++ {
		f := b
		if i >= 0 {
			f = l[i]
		}
		if err := ip.fragOut(out, f); err != 0 {
			for _, rest := range l[i+1:] {
				ns.Drop(rest, step.DropNotSpecified, step.IPDoFragment)
			}
			ns.Inc(step.IpFragFails)
			return err
		}
		ns.Inc(step.IpFragCreates)
	}
	ns.Inc(step.IpFragOKs)
	return 0
}

// own charges a packet to its sender. What the stack sends by a socket of its own
// counts nowhere.
func own(b *core.SKB, sk *core.Sock) {
	switch {
	case sk == nil:
	case sk.ID != 0:
		b.SetOwnerW(sk)
	default:
		b.SK = sk
	}
}

// copyMetadata is ip_copy_metadata.
func copyMetadata(to, from *core.SKB) {
	to.PktType, to.Priority, to.Protocol, to.IIF = from.PktType, from.Priority, from.Protocol, from.IIF
	to.Dst, to.Dev, to.Mark, to.Hash, to.L4Hash = from.Dst, from.Dev, from.Mark, from.Hash, from.L4Hash
	to.Captured = from.Captured
	to.CopyCT(from)
}

// sendCopies is the slow path (ip_frag_init, ip_frag_next): all pieces but the
// last carry a multiple of eight bytes.
func (ip *IPv4) sendCopies(b *core.SKB, mtu, hlen int, out FragmentOutput) core.Errno {
	ns := ip.ns
	left, ptr := b.Len()-hlen, hlen
	h := b.IP4()
	off, more, df := h.FragOffset(), h.MF(), b.CB.IPFlags&ipskbFragPMTU != 0
	for left > 0 {
		n := min(left, mtu)
		if n < left {
			n &^= 7
		}
		f := ns.AllocSKB(core.Headroom, hlen+n, 0)
		f.Truesize = core.AllocTruesize(core.LinkRoom + hlen + n)
		f.Parent = b.Pkt
		copyMetadata(f, b)
		p := f.Put(hlen + n)
		f.ResetNetwork()
		f.Transport = f.Network + hlen
		copy(p, b.Data()[:hlen])
		b.CopyBits(ptr, p[hlen:])
		own(f, b.SK)
		left -= n
		q := f.IP4()
		q.SetFragOff(0)
		q.SetFragOffset(off)
		q.SetDF(df)
		q.SetMF(left > 0 || more)
		q.SetTotalLen(hlen + n)
		q.ComputeChecksum()
		f.CB = core.CB{IPFlags: b.CB.IPFlags}
		if off == 0 && b.CB.OptLen != 0 {
			ip.optionsFragment(b)
		}
		ptr += n
		off += n
		if err := ip.fragOut(out, f); err != 0 {
			return ip.fragFail(b, err)
		}
		ns.Inc(step.IpFragCreates)
	}
	ns.Consume(b, step.IPDoFragment)
	ns.Inc(step.IpFragOKs)
	return 0
}
