package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
)

// Conf is net.ipv4.conf.DEV.*, to read and to set; nil for a device without
// IPv4. Setting forwarding should be followed by FlushCache.
func (ip *IPv4) Conf(d *core.Device) *core.DevConf {
	if in := ip.inDev(d); in != nil {
		return &in.Conf
	}
	return nil
}

// SetForwarding is net.ipv4.ip_forward: it sets all, default and every device
// (inet_forward_change).
func (ip *IPv4) SetForwarding(on bool) {
	v := 0
	if on {
		v = 1
	}
	s := &ip.ns.Sysctl
	if s.ConfAll.Forwarding != v {
		s.ConfAll.AcceptRedirects = 1 - v // inet_forward_change: a router does not take redirects
	}
	s.IPForward, s.ConfAll.Forwarding, s.ConfDefault.Forwarding = v, v, v
	for _, d := range ip.ns.Devices {
		if d != nil {
			if in := ip.inDev(d); in != nil {
				in.Conf.Forwarding = v
			}
		}
	}
	ip.rtCacheFlush()
}

// FlushCache is rt_cache_flush: routes that were made are asked for again.
func (ip *IPv4) FlushCache() { ip.rtCacheFlush() }

func (in *InDevice) all() *core.DevConf { return &in.ip.ns.Sysctl.ConfAll }

// How the values of "all" and of the device go together: IN_DEV_* in
// include/linux/inetdevice.h.

func (in *InDevice) forward() bool      { return in.Conf.Forwarding != 0 }
func (in *InDevice) rpFilter() int      { return max(in.all().RPFilter, in.Conf.RPFilter) }
func (in *InDevice) acceptLocal() bool  { return in.all().AcceptLocal|in.Conf.AcceptLocal != 0 }
func (in *InDevice) srcValidMark() bool { return in.all().SrcValidMark|in.Conf.SrcValidMark != 0 }
func (in *InDevice) routeLocalnet() bool {
	return in.all().RouteLocalnet|in.Conf.RouteLocalnet != 0
}
func (in *InDevice) txRedirects() bool { return in.all().SendRedirects|in.Conf.SendRedirects != 0 }
func (in *InDevice) rxRedirects() bool {
	if in.forward() {
		return in.all().AcceptRedirects != 0 && in.Conf.AcceptRedirects != 0
	}
	return in.all().AcceptRedirects|in.Conf.AcceptRedirects != 0
}
func (in *InDevice) secureRedirects() bool {
	return in.all().SecureRedirects|in.Conf.SecureRedirects != 0
}
func (in *InDevice) sharedMedia() bool { return in.all().SharedMedia|in.Conf.SharedMedia != 0 }
func (in *InDevice) sourceRoute() bool {
	return in.all().AcceptSourceRoute != 0 && in.Conf.AcceptSourceRoute != 0
}
func (in *InDevice) bcForward() bool {
	return in.all().BcForwarding != 0 && in.Conf.BcForwarding != 0
}
func (in *InDevice) dropUnicastInL2Multicast() bool {
	return in.all().DropUnicastInL2Multicast|in.Conf.DropUnicastInL2Multicast != 0
}
func (in *InDevice) proxyARP() bool { return in.all().ProxyARP|in.Conf.ProxyARP != 0 }
func (in *InDevice) proxyPvlan() bool {
	return in.all().ProxyARPPvlan|in.Conf.ProxyARPPvlan != 0
}
func (in *InDevice) arpFilterOn() bool { return in.all().ARPFilter|in.Conf.ARPFilter != 0 }
func (in *InDevice) arpIgnoreMode() int {
	return max(in.all().ARPIgnore, in.Conf.ARPIgnore)
}
func (in *InDevice) arpAnnounceMode() int { return max(in.all().ARPAnnounce, in.Conf.ARPAnnounce) }
func (in *InDevice) arpAcceptMode() int   { return max(in.all().ARPAccept, in.Conf.ARPAccept) }
func (in *InDevice) arpNotify() bool      { return in.all().ARPNotify|in.Conf.ARPNotify != 0 }
func (in *InDevice) dropGratuitousARP() bool {
	return in.all().DropGratuitousARP|in.Conf.DropGratuitousARP != 0
}
func (in *InDevice) evictNocarrier() bool {
	return in.all().ARPEvictNocarrier != 0 && in.Conf.ARPEvictNocarrier != 0
}
func (in *InDevice) promoteSecondaries() bool {
	return in.all().PromoteSecondaries|in.Conf.PromoteSecondaries != 0
}

// ignoreLinkdown is ip_ignore_linkdown.
func (ip *IPv4) ignoreLinkdown(d *core.Device) bool {
	in := InDev(d)
	return in != nil && in.all().IgnoreRoutesWithLinkdown|in.Conf.IgnoreRoutesWithLinkdown != 0
}
