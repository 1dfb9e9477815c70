package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// FirstAddr is what REDIRECT takes: the first address of a device
// (in_dev->ifa_list), 0 if it has none.
func (ip *IPv4) FirstAddr(dev *core.Device) wire.IP4 {
	in := InDev(dev)
	if in == nil || len(in.addrs) == 0 {
		return 0
	}
	return in.addrs[0].local
}

// A masquerader is told that what connections hide behind is gone (masq_inet_event,
// masq_device_event): package nat.
type masquerader interface {
	DeviceDown(ifindex int)
	AddrGone(ifindex int, a wire.Addr)
}

// masqDeviceDown tells NAT that a device is down.
func (ip *IPv4) masqDeviceDown(dev *core.Device) {
	if m, ok := ip.ns.NAT.(masquerader); ok {
		m.DeviceDown(dev.Index)
	}
}

// masqAddrGone tells NAT that an address is gone.
func (ip *IPv4) masqAddrGone(dev *core.Device, a wire.IP4) {
	if m, ok := ip.ns.NAT.(masquerader); ok {
		m.AddrGone(dev.Index, a.Addr())
	}
}
