package ipv6

import "github.com/packetwalk/packetwalk/stack/core"

// DevGone tells IPv6 that a device is removed or moves to another namespace
// (NETDEV_UNREGISTER: addrconf_ifdown with unregister).
func (ip *IPv6) DevGone(dev *core.Device) {
	i := idevOf(dev)
	if i == nil {
		return
	}
	ip.DevDown(dev)
	for n, x := range ip.devs {
		if x == i {
			ip.devs = append(ip.devs[:n:n], ip.devs[n+1:]...)
			break
		}
	}
	dev.IP6 = nil
}

// Tables lists the numbers of the tables that exist.
func (ip *IPv6) Tables() []uint32 {
	l := []uint32{TableMain, TableLocal}
	for _, t := range ip.others {
		l = append(l, t.id)
	}
	return l
}
