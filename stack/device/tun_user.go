package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// tunPad is tun->align, NET_SKB_PAD: room in front of a packet, in bytes.
const tunPad = 64

// A tunWrite is what stands before a packet that a program writes.
type tunWrite struct {
	proto           uint16 // of struct tun_pi
	gso             int    // gso_size of a TCP segment, 0 for none
	need            bool   // the checksum is still to be filled in
	csumStart, csum int
}

// Write is tun_get_user, write(2) of the program that holds the device: the packet
// is received, inside of the call. It returns the bytes taken. EBADFD: the file
// holds no device.
func (f *TunFile) Write(p []byte) (int, core.Errno) {
	if f.tun == nil || f.tun.Dev.NS == nil {
		return 0, step.EBADFD
	}
	n := len(p)
	var w tunWrite
	if f.tun.Flags&TunNoPI == 0 {
		if len(p) < 4 {
			return 0, step.EINVAL
		}
		w.proto = uint16(p[2])<<8 | uint16(p[3])
		p = p[4:]
	}
	if f.tun.Flags&TunVnetHdr != 0 {
		if len(p) < vnetHdrLen {
			return 0, step.EINVAL
		}
		get := func(i int) int { return int(p[i]) | int(p[i+1])<<8 }
		w.need, w.csumStart, w.csum = p[0]&1 != 0, get(6), get(8)
		if p[1] != 0 {
			w.gso = get(4)
		}
		if p = p[vnetHdrLen:]; w.need && w.csumStart+w.csum+2 > len(p) {
			return 0, step.EINVAL
		}
	}
	if e := f.tun.write(f, p, w, 0); e != 0 {
		return 0, e
	}
	return n, 0
}

// Write is the same by the first file of the device, which has IFF_NO_PI. gso is the
// gso_size that the virtio header tells of a TCP segment, in bytes, 0 for none. The
// error is what write would return. pkt is the packet's number, 0 for a new one.
func (t *Tun) Write(p []byte, gso int, pkt uint32) core.Errno {
	return t.write(t.files[0], p, tunWrite{gso: gso}, pkt)
}

func (t *Tun) write(f *TunFile, p []byte, w tunWrite, pkt uint32) core.Errno {
	d := t.Dev
	ns := d.NS
	if t.Tap() && len(p) < wire.EthernetLen {
		return step.EINVAL
	}
	b := ns.AllocSKB(core.Headroom, len(p), pkt)
	b.Truesize = tunTruesize(len(p))
	fill(b, p, len(p))
	b.Dev, b.QueueMapping = d, uint16(t.queueOf(f))
	b.ResetMAC()
	b.ResetNetwork()
	if w.need { // skb_partial_csum_set
		b.IPSummed, b.CsumStart, b.CsumOff = core.ChecksumPartial, b.Offset()+w.csumStart, w.csum
	}
	tunGSO(b, w.gso, t.Tap())
	frame(ns, b, rx)
	ns.BHDisable()
	defer ns.BHEnable()
	return t.getUser(b, f, w.proto, len(p))
}

func (t *Tun) queueOf(f *TunFile) int {
	for i, o := range t.files {
		if o == f {
			return i
		}
	}
	return 0
}

// getUser is tun_get_user from the packet's first byte on.
func (t *Tun) getUser(b *core.SKB, f *TunFile, proto uint16, n int) core.Errno {
	defer t.Dev.NS.In(step.TunGetUser, b).Out()
	d, ns := t.Dev, t.Dev.NS
	if e := t.protocol(b, proto); e != 0 {
		return e
	}
	if !d.Up() {
		ns.Why(step.WhyTunDown, uint64(d.Index))
		d.Stats.RxDropped++
		ns.Drop(b, step.DropDevReady, step.TunGetUser)
		return step.EIO
	}
	t.learnQueue(b, t.queueOf(f))
	d.Stats.RxPackets++
	d.Stats.RxBytes += uint64(n)
	ns.NetifReceiveSkb(b)
	return 0
}

// protocol finds out what the packet is: by its first half byte, by struct tun_pi, or
// by its Ethernet header.
func (t *Tun) protocol(b *core.SKB, proto uint16) core.Errno {
	d, ns := t.Dev, t.Dev.NS
	if t.Tap() {
		ns.Why(step.WhyTapRcv, uint64(b.Len()), uint64(d.Index))
		b.Protocol = ns.EthTypeTrans(b, d)
		b.ResetNetwork()
		return 0
	}
	if t.Flags&TunNoPI == 0 {
		b.Protocol = proto
		ns.Why(step.WhyTapRcv, uint64(b.Len()), uint64(d.Index))
		return 0
	}
	version := uint8(0)
	if b.Len() > 0 {
		version = b.Data()[0] >> 4
	}
	switch version {
	case 4:
		b.Protocol = uint16(wire.EtherTypeIPv4)
	case 6:
		b.Protocol = uint16(wire.EtherTypeIPv6)
	default:
		ns.Why(step.WhyTunVersion, uint64(version))
		d.Stats.RxDropped++
		ns.Drop(b, step.DropNotSpecified, step.TunGetUser)
		return step.EINVAL
	}
	ns.Why(step.WhyTunRcv, uint64(b.Len()), uint64(d.Index), uint64(version))
	return 0
}

// tunGSO is virtio_net_hdr_to_skb of a TCP segment without NEEDS_CSUM: one that
// is larger than a segment stands for several.
func tunGSO(b *core.SKB, size int, tap bool) {
	const minGSO = 8 // TCP_MIN_GSO_SIZE
	p := b.Data()
	link := 0
	if tap {
		link = wire.EthernetLen
	}
	if size <= 0 || len(p) <= link {
		return
	}
	size = max(size, minGSO)
	head, typ := 20+20, uint32(core.GSOTCPv4)
	if p[link]>>4 == 6 {
		head, typ = 40+20, core.GSOTCPv6
	}
	if b.Len()-link-head > size {
		b.GSOSize, b.GSOType = size, typ
	}
}

// tunTruesize is what tun_alloc_skb accounts for a packet of n bytes: up to
// SKB_MAX_HEAD in one piece, the rest in pages, many at a time
// (alloc_skb_with_frags, PAGE_ALLOC_COSTLY_ORDER).
func tunTruesize(n int) int {
	const page, shinfo, costly = 4096, 320, 3
	linear := min(n, page-shinfo-tunPad)
	size := core.AllocTruesize(tunPad + linear)
	for rest, order := n-linear, costly; rest > 0; {
		for order > 0 && (rest+page-1)/page*page < page<<order {
			order--
		}
		size += page << order
		rest -= min(rest, page<<order)
	}
	return size
}
