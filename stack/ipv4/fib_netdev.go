package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
)

// DevUp tells IPv4 that a device is up (NETDEV_UP): its addresses get their
// routes, its groups are joined.
func (ip *IPv4) DevUp(dev *core.Device) {
	in := ip.inDev(dev)
	if in == nil {
		return
	}
	ip.mcUp(in)
	if dev.Flags&core.IFFLoopback != 0 && len(in.addrs) == 0 {
		ip.AddAddr(dev, 0x7f000001, 8, AddrOpts{Scope: ScopeHost})
	}
	for _, a := range in.addrs {
		ip.addIfaddr(a)
	}
	ip.syncUp(dev, nhDead)
	ip.addrGenid++
	ip.rtCacheFlush()
}

// NotifyPeers is what inetdev_event does of NETDEV_UP at its end, and of
// NETDEV_CHANGEADDR: with arp_notify the device's addresses are announced.
func (ip *IPv4) NotifyPeers(dev *core.Device) {
	if in := InDev(dev); in != nil && in.arpNotify() {
		ip.announce(in)
	}
}

// LinkAddrChange tells IPv4 that a device has another link address (arp_netdev_event,
// NETDEV_CHANGEADDR): what is known of neighbours there goes.
func (ip *IPv4) LinkAddrChange(dev *core.Device) {
	ip.ns.Neigh4.Down(dev)
	ip.rtCacheFlush()
	ip.NotifyPeers(dev)
}

// NoARPChange tells IPv4 that a device that is up asks for link addresses no longer, or
// does again (arp_netdev_event, NETDEV_CHANGE with IFF_NOARP).
func (ip *IPv4) NoARPChange(dev *core.Device) { ip.ns.Neigh4.Down(dev) }

// DevDown tells IPv4 that a device is down (NETDEV_DOWN): fib_disable_ip.
func (ip *IPv4) DevDown(dev *core.Device) {
	in := InDev(dev)
	if in == nil {
		return
	}
	ip.mcDown(in)
	ip.masqDeviceDown(dev)
	if ip.syncDown(dev, nhDead|nhLinkdown, false, false) > 0 {
		ip.fibFlush()
	} else {
		ip.rtCacheFlush()
	}
	ip.arpIfDown(dev)
}

// DevGone tells IPv4 that a device is removed (NETDEV_UNREGISTER).
func (ip *IPv4) DevGone(dev *core.Device) {
	in := InDev(dev)
	if in == nil {
		return
	}
	for len(in.addrs) > 0 {
		a := in.addrs[0]
		ip.DelAddr(dev, a.local, a.plen)
	}
	ip.mcDown(in)
	if ip.syncDown(dev, nhDead|nhLinkdown, true, true) > 0 {
		ip.fibFlush()
	}
	ip.arpIfDown(dev)
	dev.IP4 = nil
}

// CarrierChange tells IPv4 that a device's link came or went (NETDEV_CHANGE):
// its routes stay and are marked linkdown.
func (ip *IPv4) CarrierChange(dev *core.Device) {
	if InDev(dev) == nil {
		return
	}
	if dev.Flags&core.IFFRunning != 0 {
		ip.syncUp(dev, nhLinkdown)
	} else {
		ip.syncDown(dev, nhLinkdown, false, false)
		if t := ip.ns.Neigh4; t != nil && dev.Up() && InDev(dev).evictNocarrier() {
			t.CarrierDown(dev)
		}
	}
	ip.rtCacheFlush()
}

// MTUChange tells IPv4 that a device's MTU is another one (NETDEV_CHANGEMTU):
// fib_sync_mtu. old is the one before, in bytes.
func (ip *IPv4) MTUChange(dev *core.Device, old int) {
	ip.eachInfo(func(fi *fibInfo) {
		for _, nh := range fi.nhs {
			if nh.dev != dev || nh.exceptions == nil {
				continue
			}
			for _, e := range nh.exceptions.list {
				if dev.MTU < e.pmtu || old == e.pmtu {
					e.pmtu = dev.MTU
				}
			}
		}
	})
	ip.rtCacheFlush()
}
