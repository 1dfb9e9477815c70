package device

import "github.com/packetwalk/packetwalk/stack/sim"

// What ethtool reads and sets of a card (igb_ethtool.c).

// Queue tells the counters of a pair of queues, and the descriptors of its two
// rings.
func (n *NIC) Queue(i int) (rxPackets, rxDrops, txPackets uint64, rxRing, txRing int) {
	v := n.vector[i]
	return v.rx.packets, v.rx.dropped, v.tx.packets, len(v.rx.desc), v.tx.size
}

// Queues is how many pairs of queues it has.
func (n *NIC) Queues() int { return len(n.vector) }

// RxGap is the least time between two interrupts (rx-usecs).
func (n *NIC) RxGap() sim.Time { return n.gap }

// SetRxGap is igb_set_coalesce.
func (n *NIC) SetRxGap(d sim.Time) { n.gap = d }

// SetRings is igb_set_ringparam: rings of another size. It reports false if
// frames are still in them.
func (n *NIC) SetRings(rx, tx int) bool {
	if r, t := n.Pending(); r+t > 0 {
		return false
	}
	for i, v := range n.all {
		rp, tp := v.rx.packets, v.tx.packets
		v.rx = rxRing{}
		v.rx.init(n, i, rx)
		v.tx = txRing{}
		v.tx.init(n, tx)
		v.rx.packets, v.tx.packets = rp, tp
	}
	return true
}

// MaxQueues is igb_max_channels: pairs of queues that the card has.
func (n *NIC) MaxQueues() int { return n.pairs }

// SetQueues is igb_set_channels: count pairs of queues are used, 1 to MaxQueues. Their
// counters begin anew (igb_reinit_queues). It reports false if frames are still in the
// rings.
func (n *NIC) SetQueues(count int) bool {
	if count == len(n.vector) {
		return true
	}
	if r, t := n.Pending(); r+t > 0 {
		return false
	}
	n.vector = n.all[:count]
	for _, v := range n.all {
		v.rx.packets, v.rx.dropped, v.tx.packets = 0, 0, 0
	}
	n.Dev.SetTxQueues(count)
	n.Dev.SetRxQueues(count)
	n.setupMRQC()
	return true
}
