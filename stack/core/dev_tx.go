package core

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/core/dev.c (__dev_queue_xmit, validate_xmit_skb,
// dev_hard_start_xmit), net/sched/sch_generic.c.
//
// Left out: the egress hook of tc, XPS (every packet takes the
// queue that its QueueMapping names), bulk dequeue.

// weightTx is net.core.dev_weight on the sending side: packets that one
// qdisc_run sends.
const weightTx = 64

// A QdiscID is what a Qdisc tells of its place in the tree, if it has one.
type QdiscID interface {
	IDs() (handle, parent uint32)
}

// A Bypasser is a Qdisc that may be passed by while it is empty
// (TCQ_F_CAN_BYPASS).
type Bypasser interface {
	CanBypass() bool
	Bypassed(b *SKB) // count the packet that passes it by (qdisc_bstats_update)
}

// DevQueueXmit is __dev_queue_xmit: give the packet, link header at the data
// pointer, to the queue of b.Dev. It returns NET_XMIT_* or a negated errno; the
// packet is gone in any case.
func (ns *Netns) DevQueueXmit(b *SKB) int {
	defer ns.In(step.DevQueueXmit, b).Out()
	d := b.Dev
	b.ResetMAC()
	ns.TstampTx(b, TstampSched)
	ns.BHDisable()
	ns.Spend(CostQueueXmit)
	if len(d.nf[NetdevEgress]) > 0 {
		if r := ns.devHook(d, NetdevEgress, b); r >= 0 {
			ns.BHEnable()
			if r == 0 { // a rule has taken it
				return NetXmitSuccess
			}
			return NetXmitDrop
		}
	}
	if d.Flags&IFFLoopback == 0 && d.Lower == nil {
		b.Dst = nil // IFF_XMIT_DST_RELEASE
	}
	ns.TP(step.NetDevQueue, b, uint64(b.ID), uint64(b.Len()), uint64(d.Index))
	rc := ns.devXmit(d, b)
	ns.BHEnable()
	return rc
}

// devXmit is the choice in __dev_queue_xmit: noop queue, queue, or no queue.
func (ns *Netns) devXmit(d *Device, b *SKB) int {
	switch {
	case !d.Running():
		// dev_deactivate put the noop queue in place (noop_enqueue).
		ns.Why(step.WhyLinkDown, uint64(d.Index))
		d.Stats.TxDropped++
		ns.Drop(b, step.DropQdiscDrop, step.DevQueueXmit)
		return NetXmitCN
	case d.Qdisc != nil:
		return ns.devXmitSkb(d, b)
	}
	ns.Why(step.WhyQdiscNone, uint64(d.Index))
	var l SKBList
	if !ns.validateXmit(d, b, &l) {
		return -int(step.ENOMEM)
	}
	rest, rc := ns.hardStartXmit(d, &l)
	if rest != nil {
		// A device without a queue must not be busy: the kernel drops.
		for ; rest != nil; rest = l.PopFront() {
			d.Stats.TxDropped++
			ns.Drop(rest, step.DropNotSpecified, step.DevQueueXmit)
		}
		return -int(step.ENETDOWN)
	}
	return int(rc)
}

// devXmitSkb is __dev_xmit_skb: an empty queue is passed by, else the packet is
// queued and the queue is run.
func (ns *Netns) devXmitSkb(d *Device, b *SKB) int {
	q := d.Qdisc
	if p, ok := q.(Bypasser); ok && p.CanBypass() && q.Len() == 0 && d.again.Len() == 0 && !d.stopped {
		ns.Why(step.WhyQdiscBypass, uint64(d.Index))
		p.Bypassed(b)
		ns.schDirectXmit(d, b, true)
		return NetXmitSuccess
	}
	r := q.Enqueue(ns, b)
	if r == step.NotDropped {
		ns.Why(step.WhyQdiscQueued, uint64(d.Index), uint64(q.Len()))
		handle, parent := qdiscIDs(q)
		if ns.Trace != nil && !b.Freed() && !d.congested {
			ns.TP(step.QdiscEnqueue, b, uint64(b.ID), uint64(d.Index), uint64(handle), uint64(parent))
		}
	}
	ns.qdiscRun(d)
	d.freeRefused()
	if r != step.NotDropped {
		ns.Why(step.WhyQdiscDrop, uint64(d.Index), uint64(q.Len()), uint64(d.TxQueueLen))
		ns.Drop(b, r, step.DevQueueXmit)
		return NetXmitDrop
	}
	if d.congested {
		d.congested = false
		return NetXmitCN
	}
	return NetXmitSuccess
}

// A refusal is a packet on the to_free list, and why it is there.
type refusal struct {
	b   *SKB
	why DropReason
}

// Refuse puts a packet on the list of those that are freed when the queue has
// run (to_free): one that an enqueue function drops although it reports success,
// or to make room.
func (d *Device) Refuse(b *SKB, why DropReason) {
	d.toFree = append(d.toFree, refusal{b, why})
}

// Congested says that the packet which is being queued is, and that another had to
// go for it: the sender shall slow down (NET_XMIT_CN).
func (d *Device) Congested() { d.congested = true }

// freeRefused frees that list (kfree_skb_list_reason in __dev_xmit_skb).
func (d *Device) freeRefused() {
	for i, r := range d.toFree {
		d.toFree[i] = refusal{}
		d.NS.Drop(r.b, r.why, step.DevQueueXmit)
	}
	d.toFree = d.toFree[:0]
}

// NetifSchedule is __netif_schedule: the transmit softirq shall run the queue of
// the device, whose discipline had waited for a time.
func (d *Device) NetifSchedule() { d.NS.Machine.ThisCPU().netifSchedule(d) }

// GSOSegment is skb_gso_segment for a discipline that needs single packets; b
// stays. It reports false when b cannot be cut.
func (ns *Netns) GSOSegment(d *Device, b *SKB, l *SKBList) bool { return ns.gsoSegment(d, b, l) }

func qdiscIDs(q Qdisc) (handle, parent uint32) {
	if p, ok := q.(QdiscID); ok {
		return p.IDs()
	}
	return 0, 0
}

// qdiscRun is __qdisc_run: send from the queue until it is empty, the device is
// full, or the quota is used up.
func (ns *Netns) qdiscRun(d *Device) {
	for quota := weightTx; !d.stopped; quota-- {
		if quota == 0 {
			ns.Machine.ThisCPU().netifSchedule(d)
			return
		}
		b, validate := d.again.PopFront(), false
		if b == nil {
			b, validate = d.Qdisc.Dequeue(ns), true
		}
		ns.dequeued(d, b)
		if b == nil || !ns.schDirectXmit(d, b, validate) {
			return
		}
	}
}

// dequeued fires the tracepoint of dequeue_skb; b may be nil.
func (ns *Netns) dequeued(d *Device, b *SKB) {
	if ns.Trace == nil {
		return
	}
	handle, parent := qdiscIDs(d.Qdisc)
	if b == nil {
		ns.TP(step.QdiscDequeue, nil, 0, 0, uint64(d.Index), uint64(handle), uint64(parent))
		return
	}
	ns.TP(step.QdiscDequeue, b, 1, uint64(b.ID), uint64(d.Index), uint64(handle), uint64(parent))
}

// schDirectXmit is sch_direct_xmit: send one packet that the queue gave, and
// report whether the queue may go on. What the driver refuses is kept for the
// next run (dev_requeue_skb).
func (ns *Netns) schDirectXmit(d *Device, b *SKB, validate bool) bool {
	defer ns.In(step.SchDirectXmit, b).Out()
	var l SKBList
	if !validate {
		l.PushBack(b)
	} else if !ns.validateXmit(d, b, &l) {
		return true
	}
	if d.stopped {
		ns.Why(step.WhyTxStopped, uint64(d.Index), uint64(d.Qdisc.Len()))
		d.requeue(&l)
		return false
	}
	ns.Why(step.WhyXmitNow, uint64(d.Index))
	if rest, _ := ns.hardStartXmit(d, &l); rest != nil {
		ns.Why(step.WhyTxBusy, uint64(d.Index))
		l.PushFront(rest)
		d.requeue(&l)
		return false
	}
	return true
}

// requeue is dev_requeue_skb: packets that the driver refused, to be sent, in
// order and first, when the device can again.
func (d *Device) requeue(l *SKBList) {
	for b := d.again.PopFront(); b != nil; b = d.again.PopFront() {
		l.PushBack(b)
	}
	d.again = *l
}

// StopQueue is netif_tx_stop_queue: the driver's ring is full.
func (d *Device) StopQueue() { d.stopped = true }

// QueueStopped is netif_tx_queue_stopped.
func (d *Device) QueueStopped() bool { return d.stopped }

// WakeQueue is netif_tx_wake_queue: there is room again; the transmit softirq
// runs the queue.
func (d *Device) WakeQueue() {
	d.stopped = false
	if d.Qdisc != nil {
		d.NS.Machine.ThisCPU().netifSchedule(d)
	}
}

// validateXmit is validate_xmit_skb: do in software what the card cannot. The
// packet, or the segments that it was cut into, are appended to l; false means
// that it is gone.
func (ns *Netns) validateXmit(d *Device, b *SKB, l *SKBList) bool {
	defer ns.In(step.ValidateXmitSkb, b).Out()
	if b.VlanPresent && d.Features&FeatureVlanTx == 0 {
		b.pushVlan()
	}
	if b.GSOSize > 0 && !d.canSegment(b) {
		if !ns.gsoSegment(d, b, l) {
			d.Stats.TxDropped++
			ns.Drop(b, step.DropSKBGsoSeg, step.ValidateXmitSkb)
			return false
		}
		ns.Consume(b, step.ValidateXmitSkb)
		return true
	}
	if d.Features&FeatureSG == 0 && len(b.Frags) > 0 {
		b.linearize()
	}
	if ns.Listening() {
		ns.whyValid(d, b)
	}
	if b.IPSummed == ChecksumPartial {
		b.Transport = b.CsumStart
		if d.Features&FeatureTxCsum == 0 && !ns.ChecksumHelp(b) {
			d.Stats.TxDropped++
			ns.Drop(b, step.DropSKBCSUM, step.ValidateXmitSkb)
			return false
		}
	}
	l.PushBack(b)
	return true
}

// whyValid says what is left to the device.
func (ns *Netns) whyValid(d *Device, b *SKB) {
	switch {
	case b.GSOSize > 0:
		ns.Why(step.WhyXmitTSO, uint64(d.Index), uint64(b.GSOSegs))
	case b.IPSummed == ChecksumPartial && d.Features&FeatureTxCsum != 0:
		ns.Why(step.WhyXmitCsum, uint64(d.Index))
	case b.IPSummed != ChecksumPartial:
		ns.Why(step.WhyXmitReady)
	}
}

// canSegment is skb_gso_ok: the device cuts such packets itself.
func (d *Device) canSegment(b *SKB) bool {
	if b.IPSummed != ChecksumPartial && b.IPSummed != ChecksumUnnecessary {
		return false
	}
	if b.GSOType&GSOUDPL4 != 0 {
		return d.Features&FeatureGSOUDP != 0
	}
	return b.GSOType&(GSOTCPv4|GSOTCPv6) != 0 && d.Features&FeatureTSO != 0
}

// pushVlan is __vlan_hwaccel_push_inside: the tag goes into the frame.
func (b *SKB) pushVlan() {
	b.Unshare()
	p := b.Push(wire.VLANTagLen)
	copy(p[:12], p[wire.VLANTagLen:])
	p[12], p[13] = 0x81, 0x00
	wire.VLAN(p[14:]).SetTCI(b.VlanTCI)
	b.ResetMAC()
	b.MACLen += wire.VLANTagLen
	b.Protocol = uint16(wire.EtherTypeVLAN)
	b.VlanPresent, b.VlanTCI = false, 0
}

// ChecksumHelp is skb_checksum_help: sum in software from CsumStart to the end
// and put the result where the card would have. It reports false when the
// places are not inside the packet.
func (ns *Netns) ChecksumHelp(b *SKB) bool {
	defer ns.In(step.SkbChecksumHelp, b).Out()
	if b.IPSummed != ChecksumPartial {
		b.IPSummed = ChecksumNone
		return true
	}
	off := b.CsumStart - b.data
	if off < 0 || b.CsumOff < 0 || off >= b.HeadLen() || off+b.CsumOff+2 > b.HeadLen() {
		return false
	}
	n := b.Len() - off
	ns.Why(step.WhyCsumHelp, devIndex(b.Dev), uint64(n))
	ns.Spend(CostChecksum(n))
	b.Unshare()
	sum := wire.Fold(b.Checksum(off, n, 0))
	if sum == 0 {
		sum = 0xffff // CSUM_MANGLED_0
	}
	p := b.Data()[off+b.CsumOff:]
	p[0], p[1] = byte(sum>>8), byte(sum)
	b.IPSummed = ChecksumNone
	return true
}

func devIndex(d *Device) uint64 {
	if d == nil {
		return 0
	}
	return uint64(d.Index)
}

// hardStartXmit is dev_hard_start_xmit: show each packet to the taps and hand
// it to the driver. It returns the packet that the driver refused, nil if none;
// those behind it are still in the list. rc is what the driver said last.
func (ns *Netns) hardStartXmit(d *Device, l *SKBList) (refused *SKB, rc TxCode) {
	for b := l.PopFront(); b != nil; b = l.PopFront() {
		if rc = ns.xmitOne(d, b); rc == TxBusy {
			return b, rc
		}
	}
	return nil, rc
}

// xmitOne is xmit_one, shown as the dev_hard_start_xmit that it is inlined in.
func (ns *Netns) xmitOne(d *Device, b *SKB) TxCode {
	defer ns.In(step.DevHardStartXmit, b).Out()
	if len(ns.taps) > 0 {
		ns.xmitTaps(d, b)
	} else {
		ns.Why(step.WhyNoTap, uint64(d.Index))
	}
	id, n := uint64(b.ID), uint64(b.Len())
	netOff, l4Off := b.NetworkOffset(), 0
	if b.Transport >= 0 {
		l4Off = b.TransportOffset()
	}
	if ns.Trace != nil {
		ns.TP(step.NetDevStartXmit, b, id, uint64(d.Index), uint64(b.QueueMapping), uint64(b.Protocol), uint64(b.IPSummed), n,
			uint64(netOff), uint64(l4Off), uint64(b.GSOSize), uint64(b.GSOSegs))
	}
	rc := d.Ops.StartXmit(d, b)
	if ns.Trace != nil {
		ns.TP(step.NetDevXmit, nil, id, n, uint64(rc), uint64(d.Index))
	}
	return rc
}

// xmitTaps is dev_queue_xmit_nit: each tap gets a clone that is marked as
// outgoing.
func (ns *Netns) xmitTaps(d *Device, b *SKB) {
	for _, t := range ns.taps {
		c := b.Clone()
		c.PktType = PacketOutgoing
		c.Dev = d
		c.OrphanFragsRx()
		if c.Network > c.data {
			c.Pull(c.Network - c.data)
		}
		ns.Why(step.WhyTapCopy, uint64(d.Index))
		t.Rcv(ns, c)
	}
}
