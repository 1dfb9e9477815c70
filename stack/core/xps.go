package core

import "github.com/packetwalk/packetwalk/stack/step"

// Read before editing: net/core/dev.c (netdev_pick_tx, skb_tx_hash, get_xps_queue,
// __netif_set_xps_queue, netif_reset_xps_queues_gt).
//
// Transmit packet steering: which CPU sends by which queue. Left out: xps_rxqs, traffic
// classes (mqprio), the queue that a socket remembers (sk_tx_queue_get): the model's
// queue follows from CPU and flow alone, and so is the same again.

// An xpsMap is struct xps_map: the transmit queues of one CPU, in the order in which
// they were given to it.
type xpsMap struct{ queues []int }

// XPS is a transmit queue's xps_cpus.
func (d *Device) XPS(queue int) (mask CPUMask) {
	for c := range d.xps {
		if d.xps[c].at(queue) >= 0 {
			mask |= 1 << c
		}
	}
	return mask
}

func (m *xpsMap) at(queue int) int {
	for i, q := range m.queues {
		if q == queue {
			return i
		}
	}
	return -1
}

// remove is remove_xps_queue: the last queue takes the place.
func (m *xpsMap) remove(queue int) {
	if i := m.at(queue); i >= 0 {
		n := len(m.queues) - 1
		m.queues[i] = m.queues[n]
		m.queues = m.queues[:n]
	}
}

// SetXPS is __netif_set_xps_queue: the CPUs in the mask send by this queue, among
// others; those that are not in it no longer do.
func (d *Device) SetXPS(queue int, mask CPUMask) {
	n := d.NS.Machine.CPUs()
	for len(d.xps) < n {
		d.xps = append(d.xps, xpsMap{})
	}
	any := false
	for c := range d.xps {
		m := &d.xps[c]
		switch in := m.at(queue) >= 0; {
		case mask.Has(c) && !in:
			m.queues = append(m.queues, queue)
		case !mask.Has(c):
			m.remove(queue)
		}
		any = any || len(m.queues) > 0
	}
	if !any {
		d.xps = nil
	}
}

// SetTxQueues is netif_set_real_num_tx_queues: maps to queues that are no longer used go
// (netif_reset_xps_queues_gt).
func (d *Device) SetTxQueues(n int) {
	for q := n; q < d.TxQueues(); q++ {
		if d.xps != nil {
			d.SetXPS(q, 0)
		}
	}
	d.RealTx = n
	if m, ok := d.Qdisc.(MultiQueue); ok {
		m.SetReal(n)
	}
}

// pickTxQueue is netdev_pick_tx: choose one of several transmit queues.
func (ns *Netns) pickTxQueue(d *Device, b *SKB) {
	defer ns.In(step.NetdevPickTx, b).Out()
	q := -1
	if d.xps != nil {
		q = ns.xpsQueue(d, b)
	}
	if q < 0 {
		q = ns.txHash(d, b)
	}
	b.QueueMapping = uint16(q)
}

// xpsQueue is get_xps_queue: by the CPU that sends; -1: nothing is set for it.
func (ns *Netns) xpsQueue(d *Device, b *SKB) int {
	cpu := ns.Machine.current
	if cpu >= len(d.xps) || len(d.xps[cpu].queues) == 0 {
		ns.Why(step.WhyXPSNone, uint64(cpu), uint64(d.Index))
		return -1
	}
	m, i := d.xps[cpu].queues, 0
	if len(m) > 1 {
		i = ReciprocalScale(FlowHash(b), len(m))
	}
	ns.Why(step.WhyXPS, uint64(cpu), uint64(d.Index), uint64(len(m)), uint64(m[i]))
	if m[i] >= d.TxQueues() {
		return -1
	}
	return m[i]
}

// txHash is skb_tx_hash: what came in by a queue leaves by the one of the same number;
// the rest is spread by flow.
func (ns *Netns) txHash(d *Device, b *SKB) int {
	n := d.TxQueues()
	if b.IIF != 0 && ns.rxRecorded(b) {
		ns.Why(step.WhyTxQueueRx, uint64(b.QueueMapping), uint64(d.Index), uint64(n))
		return int(b.QueueMapping) % n
	}
	h := FlowHash(b)
	q := ReciprocalScale(h, n)
	ns.Why(step.WhyTxQueueHash, uint64(h), uint64(d.Index), uint64(n), uint64(q))
	return q
}

// rxRecorded is skb_rx_queue_recorded: the device that a forwarded packet came in by
// told its queue. A veth does not, but for what its sender's queue leaves behind.
func (ns *Netns) rxRecorded(b *SKB) bool {
	if b.QueueMapping > 0 {
		return true
	}
	in := ns.DevByIndex(b.IIF)
	return in != nil && in.RecordsRx
}
