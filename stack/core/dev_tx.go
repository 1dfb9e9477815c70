package core

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/core/dev.c (__dev_queue_xmit, validate_xmit_skb,
// dev_hard_start_xmit), net/sched/sch_generic.c.
//
// The queues themselves are run in dev_queue.go.

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
	b.AtIngress = false
	if len(d.nf[NetdevEgress]) > 0 || d.Tcx[TcEgress] != nil {
		if rc, goesOn := ns.egress(d, b); !goesOn {
			ns.BHEnable()
			return rc
		}
	}
	if d.Flags&IFFLoopback == 0 && d.Lower == nil && !d.KeepDst {
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
	}
	if q := ns.pickTx(d, b); q != nil {
		return ns.devXmitSkb(q, b)
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

// validateXmit is validate_xmit_skb: do in software what the card cannot. The
// packet, or the segments that it was cut into, are appended to l; false means
// that it is gone.
func (ns *Netns) validateXmit(d *Device, b *SKB, l *SKBList) bool {
	defer ns.In(step.ValidateXmitSkb, b).Out()
	if b.VlanPresent && (d.Features&FeatureVlanTx == 0 || b.VlanAD && d.Features&FeatureVlanSTx == 0) {
		b.pushVlan()
	}
	if b.GSOSize > 0 && !d.canSegment(b) {
		if !ns.gsoSegment(d, b, l) {
			d.Stats.TxDropped++
			ns.Drop(b, step.DropSKBGsoSeg, step.ValidateXmitSkb)
			return false
		}
		ns.CutUp(b, step.ValidateXmitSkb)
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

// gsoMax is gso_max_size (GSO_LEGACY_MAX_SIZE): the bytes of a packet, link header and
// all, from which on no device is asked to cut it (gso_features_check).
const gsoMax = 65536

// canSegment is skb_gso_ok: the device cuts such packets itself.
func (d *Device) canSegment(b *SKB) bool {
	if b.Len() >= gsoMax {
		return false
	}
	if b.IPSummed != ChecksumPartial && b.IPSummed != ChecksumUnnecessary {
		return false
	}
	if b.GSOType&(GSOTunnel|GSOTunnelSum) != 0 {
		need := uint32(FeatureEncap | FeatureTunnel)
		if b.GSOType&GSOTunnelSum != 0 {
			need = FeatureEncap | FeatureTunnelSum
		}
		if d.Features&need != need {
			return false
		}
	}
	if b.GSOType&GSOUDPL4 != 0 {
		need := uint32(FeatureGSOUDP)
		if b.GSOType&GSOFragList != 0 {
			need |= FeatureGSOList
		}
		return d.Features&need == need
	}
	return b.GSOType&(GSOTCPv4|GSOTCPv6) != 0 && d.Features&FeatureTSO != 0
}

// VlanType is vlan_proto: the EtherType of the tag beside the packet.
func (b *SKB) VlanType() wire.EtherType {
	if b.VlanAD {
		return wire.EtherTypeQinQ
	}
	return wire.EtherTypeVLAN
}

// PushVlanInside is __vlan_hwaccel_push_inside.
func (b *SKB) PushVlanInside() { b.pushVlan() }

// pushVlan is __vlan_hwaccel_push_inside: the tag goes into the frame.
func (b *SKB) pushVlan() {
	b.Unshare()
	p := b.Push(wire.VLANTagLen)
	copy(p[:12], p[wire.VLANTagLen:])
	typ := b.VlanType()
	p[12], p[13] = byte(typ>>8), byte(typ)
	wire.VLAN(p[14:]).SetTCI(b.VlanTCI)
	b.ResetMAC()
	b.MACLen += wire.VLANTagLen
	b.Protocol = uint16(typ)
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
// it to the driver. It returns the packet that the driver refused, or the one
// before which it stopped its queue, nil if there is none; those behind it are
// still in the list. rc is what the driver said last.
func (ns *Netns) hardStartXmit(d *Device, l *SKBList) (refused *SKB, rc TxCode) {
	for b := l.PopFront(); b != nil; b = l.PopFront() {
		txq := d.queueOf(b)
		if rc = ns.xmitOne(d, b); rc == TxBusy {
			return b, rc
		}
		if d.QueueStopped(txq) && l.Len() > 0 {
			return l.PopFront(), TxBusy
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
