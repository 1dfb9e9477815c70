package stack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
)

// linkEvents is what core.LinkWatch calls.
type linkEvents struct{}

// LinkEvent is linkwatch_do_dev.
func (linkEvents) LinkEvent(d *core.Device) {
	(&Host{NS: d.NS, IPv4: ipv4.Of(d.NS), IPv6: ipv6.Of(d.NS)}).linkEvent(d)
}

// vethCarrier gives both ends of a pair a carrier, or takes it: who is up hears of it
// from the link watch.
func vethCarrier(v *device.Veth, on bool) {
	for _, e := range [...]*device.Veth{v, v.Peer} {
		d := e.Dev
		if d.NS == nil || d.NoCarrier != on {
			continue
		}
		d.NoCarrier = !on
		d.CarrierChanges++
		if !d.Up() {
			linkEvents{}.LinkEvent(d)
			continue
		}
		// linkwatch_urgent_event: another ifindex below, or a queue to be put in place.
		urgent := d.Index != e.Peer.Dev.Index || on && d.Flags&core.IFFRunning == 0
		m := d.NS.Machine
		m.LinkWatch.Fire(m.Clock, d, urgent)
	}
}

// Carrier tells at once that the other end of a device's link came or went
// (netif_carrier_on, netif_carrier_off).
func (h *Host) Carrier(d *core.Device, on bool) {
	d.NoCarrier = !on
	d.CarrierChanges++
	h.linkEvent(d)
}

// linkEvent is linkwatch_do_dev: the operational state follows the carrier.
func (h *Host) linkEvent(d *core.Device) {
	on := !d.NoCarrier
	if on {
		d.Flags |= core.IFFRunning
	} else {
		d.Flags &^= core.IFFRunning
	}
	if v, ok := d.Ops.(*device.Veth); ok && !on && v.Peer != nil {
		d.LowerDown = v.Peer.Dev.Index != d.Index
	}
	h.IPv4.CarrierChange(d)
	h.IPv6.CarrierChange(d)
	if !on {
		h.deactivate(d)
		h.flushNexthops(d)
	}
	device.LinkChanged(d)
}
