package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// DevGone tells IPv6 that a device is removed or moves to another namespace
// (NETDEV_UNREGISTER: addrconf_ifdown with unregister).
func (ip *IPv6) DevGone(dev *core.Device) {
	i := idevOf(dev)
	if i == nil {
		return
	}
	ip.DevDown(dev)
	ip.flushDev(dev, true)
	for n, x := range ip.devs {
		if x == i {
			ip.devs = append(ip.devs[:n:n], ip.devs[n+1:]...)
			break
		}
	}
	dev.IP6 = nil
}

// LinkAddrChange tells IPv6 that a device has another link address (ndisc_netdev_event,
// NETDEV_CHANGEADDR): what is known of neighbours there goes.
func (ip *IPv6) LinkAddrChange(dev *core.Device) {
	if t := ip.ns.Neigh6; t != nil {
		t.Down(dev)
	}
}

// NoARPChange tells IPv6 that a device that is up asks for link addresses no longer, or
// does again (ndisc_netdev_event, NETDEV_CHANGE with IFF_NOARP).
func (ip *IPv6) NoARPChange(dev *core.Device) { ip.LinkAddrChange(dev) }

// MTUChange is NETDEV_CHANGEMTU (addrconf_notify): a device whose MTU is below what
// IPv6 needs is none for IPv6; one whose MTU suffices again begins anew.
func (ip *IPv6) MTUChange(dev *core.Device) {
	i := idevOf(dev)
	switch {
	case dev.MTU < wire.IPv6MinMTU && dev == ip.ns.Loopback:
		ip.DevDown(dev)
	case dev.MTU < wire.IPv6MinMTU:
		ip.DevGone(dev)
	case i != nil:
		i.conf.MTU6 = dev.MTU
	case dev.Up():
		ip.DevUp(dev)
	default:
		ip.getIdev(dev)
	}
}

// DisableChange is dev_disable_change: the sysctl disable_ipv6 of a device has another
// value. For IPv6 that is as if the device went down, or came up.
func (ip *IPv6) DisableChange(dev *core.Device) {
	i := idevOf(dev)
	switch {
	case i == nil:
	case i.disabled(ip.ns):
		ip.DevDown(dev)
	default:
		ip.DevUp(dev)
	}
}

// Tables lists the numbers of the tables that exist.
func (ip *IPv6) Tables() []uint32 {
	l := []uint32{TableMain, TableLocal}
	for _, t := range ip.others {
		l = append(l, t.id)
	}
	return l
}
