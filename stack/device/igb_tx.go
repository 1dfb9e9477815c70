package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

const (
	descNeeded = 21  // DESC_NEEDED: the most that one packet can take
	txWork     = 128 // IGB_DEFAULT_TX_WORK: packets that one poll cleans
	wireExtra  = 24  // preamble, check sequence and gap between frames, in bytes
)

// A txRing is struct igb_ring on the sending side.
type txRing struct {
	id      uint32
	nic     *NIC
	size    int
	used    int // descriptors in use
	done    int // packets that the card has sent and the driver has not cleaned
	sent    []txDone
	next    int // next_to_use
	clean   int // next_to_clean
	packets uint64
}

// A txDone is a packet that the card has sent.
type txDone struct {
	b *core.SKB
	n int // descriptors
}

func (r *txRing) init(n *NIC, size int) {
	r.id, r.nic, r.size = n.Dev.NS.Machine.IDs.Object(), n, size
}

// Kind, TraceID, TracePkt, Observe: see trace.Subject.
func (r *txRing) Kind() step.Kind            { return step.KindRing }
func (r *txRing) TraceID() uint32            { return r.id }
func (r *txRing) TracePkt() (pkt, id uint32) { return 0, 0 }
func (r *txRing) Observe(o *trace.Obs) {
	o[step.RingNextToClean], o[step.RingNextToUse] = uint64(r.clean), uint64(r.next)
	o[step.RingPending], o[step.RingPackets] = uint64(r.used), r.packets
}

func (r *txRing) free() int { return r.size - 1 - r.used }

// A txItem is a packet that the card is about to send: one frame, or the
// segments that the card cuts it into.
type txItem struct {
	v    *vector
	b    *core.SKB
	segs core.SKBList
	n    int // descriptors
}

type wireTask struct{ n *NIC }

// Run is the moment when a frame has left the card.
func (t *wireTask) Run() { t.n.frameSent() }

// StartXmit is igb_xmit_frame: the stack hands a packet to the card.
func (n *NIC) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	defer d.NS.In(step.IgbXmitFrame, b).Out()
	ns := d.NS
	ns.Spend(core.CostDriverTx)
	v := n.vector[int(b.QueueMapping)%len(n.vector)]
	need := 1 + len(b.Frags)
	if b.GSOSize > 0 || b.IPSummed == core.ChecksumPartial || b.VlanPresent {
		need++ // a context descriptor
	}
	if v.tx.free() < need+3 {
		n.stop(ns, v)
		return core.TxBusy
	}
	ns.TstampTx(b, core.TstampSnd)
	ns.Why(step.WhyTxDesc, uint64(need), uint64(v.tx.free()), uint64(v.index))
	n.txMap(ns, v, b, need)
	if v.tx.free() < descNeeded {
		n.stop(ns, v)
	}
	return core.TxOK
}

func (n *NIC) stop(ns *core.Netns, v *vector) {
	ns.Why(step.WhyTxRingFull, uint64(v.tx.free()), uint64(v.tx.size), uint64(n.Dev.Index))
	n.Dev.StopQueue(v.index)
}

// txMap is igb_tx_map: fill descriptors and ring the doorbell. The card does
// what it was asked for: tag, segments, checksum.
func (n *NIC) txMap(ns *core.Netns, v *vector, b *core.SKB, need int) {
	defer ns.In(step.IgbTxMap, b).Out()
	if n.Takes {
		b.Orphan()
	}
	it := txItem{v: v, b: b, n: need}
	if b.GSOSize > 0 {
		if !ns.Segment(b, &it.segs) {
			n.Dev.Stats.TxErrors++
			ns.Why(step.WhyGSOBad)
			ns.Drop(b, step.DropSKBGsoSeg, step.IgbTxMap)
			return
		}
		ns.Why(step.WhyTxTSO, uint64(it.segs.Len()), uint64(b.GSOSize))
	} else if b.IPSummed == core.ChecksumPartial {
		ns.Why(step.WhyTxMapCsum, uint64(b.Len()))
	} else {
		ns.Why(step.WhyTxMap, uint64(b.Len()))
	}
	v.tx.used += need
	v.tx.next = (v.tx.next + need) % v.tx.size
	n.sending = append(n.sending, it)
	if len(n.sending) == 1 {
		n.wireFree = max(n.wireFree, ns.Clock.Now())
		n.startFrame()
	}
}

// startFrame begins to send the first frame of the first item.
func (n *NIC) startFrame() {
	it := &n.sending[0]
	size := it.b.Len()
	if s := it.segs.Front(); s != nil {
		size = s.Len()
	}
	bits := int64(max(size, ethMin)+wireExtra) * 8
	n.wireFree += sim.Time(bits * int64(sim.Second) / n.rate)
	n.Dev.NS.Clock.Mod(&n.timer, n.wireFree, &n.task)
}

// frameSent is the moment when a frame has left the card: it is on the wire,
// and the next begins.
func (n *NIC) frameSent() {
	it := &n.sending[0]
	ns := n.Dev.NS
	if s := it.segs.PopFront(); s != nil {
		n.emit(ns, s)
		ns.Sent(s, s.IIF != 0, step.IgbTxMap)
	} else {
		n.emit(ns, it.b)
	}
	if it.segs.Len() == 0 {
		v := it.v
		v.tx.sent = append(v.tx.sent, txDone{it.b, it.n})
		v.tx.done++
		copy(n.sending, n.sending[1:])
		n.sending[len(n.sending)-1] = txItem{}
		n.sending = n.sending[:len(n.sending)-1]
		v.raise()
	}
	if len(n.sending) > 0 {
		n.startFrame()
	}
}

// emit puts one frame on the wire, checksum and VLAN tag filled in.
func (n *NIC) emit(ns *core.Netns, b *core.SKB) {
	if n.Wire == nil && !ns.Listening() {
		sent(n.Dev, b.Len())
		return
	}
	f := n.frame(b)
	sent(n.Dev, len(f))
	if ns.Listening() {
		ns.Trace.Frame(tx, b, n.Dev.Index, f)
	}
	if n.Wire != nil {
		n.Wire.Carry(n.Dev, f, b.Pkt)
	}
}

// frame is the bytes that leave the card, good until the next frame.
func (n *NIC) frame(b *core.SKB) []byte {
	f := wireBytes(n.buf, b)
	n.buf = f
	if b.IPSummed == core.ChecksumPartial {
		fillSum(f, b.CsumStart-b.Offset(), b.CsumOff)
	}
	if b.VlanPresent && len(f) >= 14 {
		f = append(f, 0, 0, 0, 0)
		copy(f[16:], f[12:len(f)-4])
		f[12], f[13], f[14], f[15] = 0x81, 0, byte(b.VlanTCI>>8), byte(b.VlanTCI)
	}
	return f
}

// cleanTx is igb_clean_tx_irq: free what the card has sent. It reports whether
// all of it is done.
func (v *vector) cleanTx(ns *core.Netns) bool {
	defer ns.In(step.IgbCleanTxIrq, &v.tx).Out()
	r := &v.tx
	work := min(len(r.sent), txWork)
	for i := range work {
		e := &r.sent[i]
		ns.Spend(core.CostDriverTxEnd)
		r.used -= e.n
		r.clean = (r.clean + e.n) % r.size
		r.packets++
		b := e.b
		e.b = nil
		ns.TP(step.ConsumeSkb, b, uint64(b.ID), uint64(step.IgbCleanTxIrq))
		ns.Sent(b, b.IIF != 0, step.IgbCleanTxIrq)
	}
	r.done -= work
	rest := copy(r.sent, r.sent[work:])
	clear(r.sent[rest:])
	r.sent = r.sent[:rest]
	if work > 0 {
		ns.Why(step.WhyTxClean, uint64(work), uint64(r.free()), uint64(r.size))
	} else {
		ns.Why(step.WhyTxCleanNone)
	}
	if v.nic.Dev.QueueStopped(v.index) && r.free() >= 2*descNeeded {
		ns.Why(step.WhyTxWake, uint64(r.free()), uint64(v.nic.Dev.Index))
		v.nic.Dev.WakeQueue(v.index)
	}
	return r.done == 0
}
