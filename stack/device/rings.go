package device

// Rings calls f for each descriptor ring of the card: the number that traces
// call it by, whether it sends, its queue, and how many descriptors it has.
func (n *NIC) Rings(f func(id uint32, tx bool, queue, size int)) {
	for i, v := range n.vector {
		f(v.rx.id, false, i, len(v.rx.desc))
		f(v.tx.id, true, i, v.tx.size)
	}
}
