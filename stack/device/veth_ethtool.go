package device

import "github.com/packetwalk/packetwalk/stack/core"

// SetChannels is veth_set_channels: how many of its queues the end uses, at least one
// each way and no more than it has. Both ends lose their carrier for a moment, which
// nobody sees but the counter.
func (v *Veth) SetChannels(rx, tx int) {
	d := v.Dev
	if d.Up() {
		ends := [...]*core.Device{d, nil}
		if v.Peer != nil {
			ends[1] = v.Peer.Dev
		}
		for _, e := range ends {
			if e != nil && e.Flags&core.IFFRunning != 0 {
				e.CarrierChanges += 2
			}
		}
	}
	d.SetRxQueues(rx)
	d.SetTxQueues(tx)
}
