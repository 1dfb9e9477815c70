package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: drivers/net/tun.c (tun_net_xmit, tun_get_user,
// tun_alloc_skb, set_offload), net/core/skbuff.c (alloc_skb_with_frags).
//
// Left out: tap devices, several queues, NAPI mode, XDP, filters, the virtio
// header's offloads on the way in.

// A Tun is a tun device: what it sends lies in a ring until the program that
// holds /dev/net/tun reads it, and what that program writes is received.
// Packets begin with their IP header.
type Tun struct {
	Dev  *core.Device
	Held bool // a program has it open (tun->tfiles[0])
	ring core.SKBList
}

// tunQueueLen is TUN_READQ_SIZE: how many packets wait for the program.
const tunQueueLen = 500

// tunPad is tun->align, NET_SKB_PAD: room in front of a packet, in bytes.
const tunPad = 64

// NewTun makes a tun device that a program holds, down: TUNSETIFF with IFF_TUN,
// IFF_NO_PI and IFF_VNET_HDR, then TUNSETOFFLOAD with checksums and segmentation.
// index 0 takes the next free ifindex.
func NewTun(ns *core.Netns, name string, index int) *Tun {
	t := &Tun{Held: true}
	d := ns.NewDevice(name, index, t)
	d.Type, d.HardLen, d.Addr, d.Broadcast = core.LinkNone, 0, 0, 0
	d.Flags = core.IFFPointToPoint | core.IFFNoARP | core.IFFMulticast | core.IFFRunning
	d.Features = core.FeatureSG | core.FeatureTxCsum | core.FeatureTSO | core.FeatureGSO | core.FeatureGRO
	d.TxQueueLen = tunQueueLen
	d.Qdisc = sched.NewPfifoFast(d)
	t.Dev = d
	return t
}

// TunOf is the tun device behind d, nil if it is none.
func TunOf(d *core.Device) *Tun {
	t, _ := d.Ops.(*Tun)
	return t
}

// StartXmit is tun_net_xmit: the packet waits for the program. It no longer
// counts as its socket's.
func (t *Tun) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	defer d.NS.In(step.TunNetXmit, b).Out()
	ns, n := d.NS, b.Len()
	frame(ns, b, tx)
	if !t.Held {
		ns.Why(step.WhyTunNobody, uint64(d.Index))
		return t.refuse(b, step.DropDevReady)
	}
	b.OrphanFragsRx()
	ns.TstampTx(b, core.TstampSnd)
	b.Orphan()
	b.ResetCT()
	if t.ring.Len() >= d.TxQueueLen {
		ns.Why(step.WhyTunFull, uint64(d.Index), uint64(d.TxQueueLen))
		return t.refuse(b, step.DropFullRing)
	}
	t.ring.PushBack(b)
	ns.Why(step.WhyTunRing, uint64(n), uint64(d.Index), uint64(t.ring.Len()), uint64(d.TxQueueLen))
	return core.TxOK
}

func (t *Tun) refuse(b *core.SKB, r core.DropReason) core.TxCode {
	t.Dev.Stats.TxDropped++
	t.Dev.NS.Drop(b, r, step.TunNetXmit)
	return core.TxDrop
}

// Read is read(2) of the program that holds the device: the packet that waits
// longest, nil if there is none.
func (t *Tun) Read() []byte {
	b := t.ring.PopFront()
	if b == nil {
		return nil
	}
	p := wireBytes(nil, b)
	sent(t.Dev, len(p))
	t.Dev.NS.Sent(b, b.IIF != 0, step.TunNetXmit)
	return p
}

// Release closes the program's file: what waits for it is gone
// (tun_queue_purge).
func (t *Tun) Release() {
	t.Held = false
	for b := t.ring.PopFront(); b != nil; b = t.ring.PopFront() {
		t.Dev.NS.Free(b)
	}
}

// Write is tun_get_user, write(2) of the program that holds the device: the
// packet is received. gso is the gso_size that the virtio header tells of a TCP
// segment, in bytes, 0 for none. The error is what write would return. pkt is
// the packet's number, 0 for a new one.
func (t *Tun) Write(p []byte, gso int, pkt uint32) core.Errno {
	d := t.Dev
	ns := d.NS
	b := ns.AllocSKB(core.Headroom, len(p), pkt)
	b.Truesize = tunTruesize(len(p))
	fill(b, p, len(p))
	b.Dev = d
	b.ResetMAC()
	b.ResetNetwork()
	tunGSO(b, gso)
	frame(ns, b, rx)
	ns.BHDisable()
	defer ns.BHEnable()
	if e := t.getUser(b); e != 0 {
		return e
	}
	n := b.Len()
	d.Stats.RxPackets++
	d.Stats.RxBytes += uint64(n)
	ns.NetifReceiveSkb(b)
	return 0
}

// getUser is tun_get_user from the packet's first byte on.
func (t *Tun) getUser(b *core.SKB) core.Errno {
	defer t.Dev.NS.In(step.TunGetUser, b).Out()
	d, ns := t.Dev, t.Dev.NS
	version := uint8(0)
	if b.Len() > 0 {
		version = b.Data()[0] >> 4
	}
	switch version {
	case 4:
		b.Protocol = 0x0800
	case 6:
		b.Protocol = 0x86dd
	default:
		ns.Why(step.WhyTunVersion, uint64(version))
		d.Stats.RxDropped++
		ns.Drop(b, step.DropNotSpecified, step.TunGetUser)
		return step.EINVAL
	}
	if !d.Up() {
		ns.Why(step.WhyTunDown, uint64(d.Index))
		d.Stats.RxDropped++
		ns.Drop(b, step.DropDevReady, step.TunGetUser)
		return step.EIO
	}
	ns.Why(step.WhyTunRcv, uint64(b.Len()), uint64(d.Index), uint64(version))
	return 0
}

// tunGSO is virtio_net_hdr_to_skb of a TCP segment without NEEDS_CSUM: one that
// is larger than a segment stands for several.
func tunGSO(b *core.SKB, size int) {
	const minGSO = 8 // TCP_MIN_GSO_SIZE
	if size <= 0 || b.Len() == 0 {
		return
	}
	size = max(size, minGSO)
	head, typ := 20+20, uint16(core.GSOTCPv4)
	if b.Data()[0]>>4 == 6 {
		head, typ = 40+20, core.GSOTCPv6
	}
	if b.Len()-head > size {
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
