package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

const (
	rxBufferWrite = 16   // IGB_RX_BUFFER_WRITE: descriptors are given back in such batches
	rxBuffer      = 2048 // half a page: the memory of one descriptor
	rxTruesize    = 2304 // what igb_build_skb's sk_buff counts: 2048 - 320 + 256 + 320
	ethMin        = 60   // ETH_ZLEN
)

// An rxRing is struct igb_ring on the receiving side: descriptors that the card
// fills in turn, and the driver takes in turn.
type rxRing struct {
	id      uint32
	nic     *NIC
	index   int
	desc    []rxDesc
	clean   int // next_to_clean
	use     int // where the card writes next
	filled  int // frames that wait
	stale   int // taken by the driver, not given back to the card yet
	dropped uint64
	packets uint64
}

// An rxDesc is a finished descriptor: the frame that the card wrote by DMA, and
// what it found out about it.
type rxDesc struct {
	b      *core.SKB // the frame's memory
	hash   uint32
	csumOK bool
	vlan   bool
	tci    uint16
	n      int // descriptors that the frame takes
}

func (r *rxRing) init(n *NIC, index, size int) {
	r.id, r.nic, r.index = n.Dev.NS.Machine.IDs.Object(), n, index
	r.desc = make([]rxDesc, size)
}

// Kind, TraceID, TracePkt, Observe: see trace.Subject.
func (r *rxRing) Kind() step.Kind            { return step.KindRing }
func (r *rxRing) TraceID() uint32            { return r.id }
func (r *rxRing) TracePkt() (pkt, id uint32) { return 0, 0 }
func (r *rxRing) Observe(o *trace.Obs) {
	o[step.RingNextToClean], o[step.RingNextToUse] = uint64(r.clean), uint64(r.use)
	o[step.RingPending], o[step.RingDropped], o[step.RingPackets] = uint64(r.filled), r.dropped, r.packets
}

func (r *rxRing) pending() int { return r.filled }

// free is how many descriptors the card may fill. One always stays empty
// (igb_desc_unused).
func (r *rxRing) free() int { return len(r.desc) - 1 - r.filled - r.stale }

// A lostFrame stands for a frame that never became an sk_buff.
type lostFrame struct {
	ring *rxRing
	pkt  uint32
}

func (l *lostFrame) Kind() step.Kind            { return step.KindRing }
func (l *lostFrame) TraceID() uint32            { return l.ring.id }
func (l *lostFrame) TracePkt() (pkt, id uint32) { return l.pkt, 0 }
func (l *lostFrame) Observe(o *trace.Obs)       { l.ring.Observe(o) }

// DMA is a frame from the wire, link header first: the card writes it into the
// next free descriptor of the queue that its hash names, and interrupts. It
// reports false when the card lost it, because the device is down or the ring
// is full; the kernel never hears of it. The bytes are copied.
func (n *NIC) DMA(f []byte, info RxInfo) bool {
	d := n.Dev
	ns := d.NS
	size := max(len(f), info.Len)
	typ, off, tagged := etherType(f)
	hash := n.rss.rssHash(f, typ, off)
	v := n.vector[n.rss.queue(hash)]
	r := &v.rx
	ndesc := max(1, (size+rxBuffer-1)/rxBuffer)
	if !d.Up() || r.free() < ndesc || r.filled == len(r.desc) {
		n.lose(ns, r, f, info.Pkt)
		return false
	}
	b := ns.AllocSKB(core.Headroom, max(size, ethMin), info.Pkt)
	b.Dev, b.Truesize = d, rxTruesize+(ndesc-1)*rxBuffer
	b.Truncated = info.Truncated || size > len(f)
	b.HeadFrag = !info.Copied // igb_build_skb
	if info.Paged > 0 {       // what tcp_stream_alloc_skb and tcp_sendmsg on the other end account
		b.Paged, b.Truesize = true, core.AllocTruesize(0)+info.Paged
	}
	e := rxDesc{b: b, hash: hash, n: ndesc}
	if tagged && d.Features&core.FeatureVlanRx != 0 {
		// The card takes the tag out of the frame.
		e.vlan, e.tci = true, wire.VLAN(f[14:]).TCI()
		copy(b.Put(12), f)
		fill(b, f[16:], size-16)
	} else {
		fill(b, f, size)
	}
	e.csumOK = d.Features&core.FeatureRxCsum != 0 && (info.Partial || info.GSOSize > 0 || b.Truncated && isL4(f, typ, off) || checksumSeen(f, typ, off))
	if info.GSOSize > 0 {
		info.superFrame(ns, b)
	}
	if ns.Listening() {
		ns.Trace.Frame(rx, b, d.Index, f)
	}
	r.desc[r.use] = e
	r.use = (r.use + 1) % len(r.desc)
	r.filled++
	v.raise()
	return true
}

// lose is what the card does without a free descriptor: it counts.
func (n *NIC) lose(ns *core.Netns, r *rxRing, f []byte, pkt uint32) {
	if n.Dev.Up() {
		r.dropped++
		n.RxNoBuffer++
		n.Dev.Stats.RxMissed++
	}
	t := ns.Trace
	if t == nil {
		return
	}
	if pkt == 0 {
		pkt = ns.Machine.IDs.Packet()
		t.Begin(pkt)
	}
	l := &lostFrame{r, pkt}
	if ns.Listening() {
		t.Frame(rx, l, n.Dev.Index, f)
	}
	if !n.Dev.Up() {
		t.End(l, trace.Dropped, 0, 0, step.WhyDevDown, uint64(n.Dev.Index))
		return
	}
	t.End(l, trace.Dropped, 0, 0, step.WhyRingFull, uint64(len(r.desc)), uint64(r.index))
}

// etherType is what a frame carries, where that begins, and whether it has an
// 802.1Q tag.
func etherType(f []byte) (typ wire.EtherType, off int, tagged bool) {
	if len(f) < wire.EthernetLen {
		return 0, len(f), false
	}
	typ, off = wire.Ethernet(f).Type(), wire.EthernetLen
	if typ == wire.EtherTypeVLAN && len(f) >= off+wire.VLANTagLen {
		return wire.VLAN(f[off:]).Type(), off + wire.VLANTagLen, true
	}
	return typ, off, false
}

// isL4 reports whether a frame carries TCP or UDP, as far as its head tells.
func isL4(f []byte, typ wire.EtherType, off int) bool {
	switch p := f[min(off, len(f)):]; {
	case typ == wire.EtherTypeIPv4 && len(p) >= wire.IPv4MinLen:
		ip := wire.IPv4(p)
		return !ip.IsFragment() && (ip.Proto() == wire.ProtoTCP || ip.Proto() == wire.ProtoUDP)
	case typ == wire.EtherTypeIPv6 && len(p) >= wire.IPv6Len:
		next := wire.IPv6(p).NextHeader()
		return next == wire.ProtoTCP || next == wire.ProtoUDP
	}
	return false
}

// cleanRx is igb_clean_rx_irq: take finished descriptors, up to budget, wrap
// each frame and hand it to GRO.
func (v *vector) cleanRx(ns *core.Netns, budget int) int {
	defer ns.In(step.IgbCleanRxIrq, &v.rx).Out()
	r := &v.rx
	work := 0
	for work < budget {
		if r.stale >= rxBufferWrite {
			r.alloc(ns)
		}
		if r.filled == 0 {
			break
		}
		e := &r.desc[r.clean]
		b := e.b
		r.stale += e.n
		r.filled--
		r.clean = (r.clean + 1) % len(r.desc)
		work++
		if r.build(ns, e, b) {
			v.napi.GROReceive(ns, b)
		}
	}
	if r.stale > 0 {
		r.alloc(ns)
	}
	if ns.Listening() {
		why := step.WhyRxClean
		if work == 0 {
			why = step.WhyRxCleanNone
		}
		ns.Why(why, uint64(work), uint64(r.index), uint64(r.filled))
	}
	return work
}

// alloc is igb_alloc_rx_buffers: give the card empty buffers again.
func (r *rxRing) alloc(ns *core.Netns) {
	defer ns.In(step.IgbAllocRxBuffers, r).Out()
	ns.Why(step.WhyRxRefill, uint64(r.stale))
	r.stale = 0
}

// build is igb_build_skb: wrap the frame. A frame without a whole link header is
// dropped (igb_cleanup_headers).
func (r *rxRing) build(ns *core.Netns, e *rxDesc, b *core.SKB) bool {
	defer ns.In(step.IgbBuildSkb, b).Out()
	ns.Spend(core.CostDriverRx)
	d := r.nic.Dev
	e.b = nil
	n := b.Len()
	if n < wire.EthernetLen {
		d.Stats.RxErrors++
		ns.Why(step.WhyFrameShort, uint64(n))
		ns.Drop(b, step.DropNotSpecified, step.IgbBuildSkb)
		return false
	}
	if n < ethMin { // eth_skb_pad
		clear(b.Put(ethMin - n))
	}
	if e.hash != 0 {
		ns.Why(step.WhyRSS, uint64(e.hash), uint64(r.index), uint64(e.hash%RetaSize))
	} else {
		ns.Why(step.WhyRSSNone, uint64(r.index))
	}
	received(d, b.Len())
	r.packets++
	r.fields(ns, e, b)
	return true
}

// whyUnchecked says why the card does not vouch for the checksum.
func (r *rxRing) whyUnchecked(ns *core.Netns, b *core.SKB) {
	d := r.nic.Dev
	typ, off, _ := etherType(b.Data())
	switch {
	case d.Features&core.FeatureRxCsum == 0:
		ns.Why(step.WhyRxCsumOff, uint64(d.Index))
	case !isL4(b.Data(), typ, off):
		ns.Why(step.WhyRxCsumOther)
	default:
		ns.Why(step.WhyRxCsumBad)
	}
}

// fields is igb_process_skb_fields: take over what the card found out, and
// read the link header.
func (r *rxRing) fields(ns *core.Netns, e *rxDesc, b *core.SKB) {
	defer ns.In(step.IgbProcessSkbFields, b).Out()
	d := r.nic.Dev
	b.Hash, b.QueueMapping = e.hash, uint16(r.index)
	switch {
	case b.IPSummed != core.ChecksumNone:
	case e.csumOK:
		b.IPSummed = core.ChecksumUnnecessary
		ns.Why(step.WhyRxCsum)
	default:
		if ns.Listening() {
			r.whyUnchecked(ns, b)
		}
	}
	b.VlanPresent, b.VlanAD, b.VlanTCI = e.vlan, false, e.tci
	b.Protocol = ns.EthTypeTrans(b, d)
	if b.PktType == core.PacketMulticast {
		d.Stats.Multicast++
	}
}
