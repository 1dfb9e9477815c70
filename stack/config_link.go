package stack

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
)

// A LinkEnd is a device by its host's number in traces and its ifindex; 0 0: none.
type LinkEnd struct {
	Host  uint8
	Index int
}

// end is a device as a LinkEnd.
func end(d *core.Device) LinkEnd {
	if d == nil || d.NS == nil {
		return LinkEnd{}
	}
	return LinkEnd{d.NS.Host, d.Index}
}

// linkKind is what `ip -d link` calls a device's kind, but that a tap device is told
// from a tun; a card's is that of its driver.
func linkKind(d *core.Device) string {
	switch o := d.Ops.(type) {
	case *device.Tun:
		if o.Flags&device.TapIff != 0 {
			return "tap"
		}
	case *device.NIC:
		return "igb"
	}
	if d.Flags&core.IFFLoopback != 0 {
		return "loopback"
	}
	return device.Kind(d)
}

// linkConfig tells what a device is connected to.
func (h *Host) linkConfig(d *core.Device) DeviceConfig {
	c := DeviceConfig{Index: d.Index, Name: d.Name, MTU: d.MTU, Up: d.Flags&core.IFFUp != 0, Addr: d.Addr}
	c.Kind, c.Lower, c.Master = linkKind(d), end(d.Lower), end(d.Master)
	if v, ok := d.Ops.(*device.Veth); ok && v.Peer != nil {
		c.Peer = end(v.Peer.Dev)
	}
	if x, ok := d.Ops.(*device.Vxlan); ok {
		c.Note = fmt.Sprintf("VNI %d", x.Conf.VNI)
	} else if d.VlanID != 0 {
		c.Note = fmt.Sprintf("VLAN %d", d.VlanID)
	}
	for _, a := range h.IPv4.Addrs(d) {
		c.Addrs = append(c.Addrs, fmt.Sprintf("%s/%d", a.Local, a.Plen))
	}
	for _, a := range h.IPv6.Addrs(d) {
		c.Addrs = append(c.Addrs, fmt.Sprintf("%s/%d", a.Addr, a.Plen))
	}
	return c
}
