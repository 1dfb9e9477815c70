package ipv4

// Routes by nexthop objects: net/ipv4/nexthop.c, as far as it is IPv4's.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// CheckNexthop is nh_create_ipv4: may a nexthop object have this gateway (0:
// none) on this device? ENETUNREACH or EINVAL: the gateway is not on the link.
func (ip *IPv4) CheckNexthop(gw wire.IP4, dev *core.Device, onlink bool) core.Errno {
	nh := &nexthop{oif: dev.Index, gw: gw, weight: 1}
	if onlink {
		nh.flags |= nhOnlink
	}
	return ip.checkNexthop(nh, &fibInfo{}, 0)
}

// infoByNexthop is fib_create_info for a route with a nexthop object. ENOENT:
// there is none of that number; EAFNOSUPPORT: it is IPv6's.
func (ip *IPv4) infoByNexthop(r *Route, fi *fibInfo) (*fibInfo, core.Errno) {
	t := inet.NexthopsOf(ip.ns)
	o := t.Find(r.NHID)
	if o == nil {
		return nil, step.ENOENT
	}
	fi.nhid, fi.group = r.NHID, len(o.Group) > 0
	if err := ip.fillNexthops(fi, t, o); err != 0 {
		return nil, err
	}
	if fi.prefsrc != 0 && !ip.validPrefsrc(r) {
		return nil, step.EINVAL
	}
	return fi, 0
}

// fillNexthops makes a route's ways from its nexthop object.
func (ip *IPv4) fillNexthops(fi *fibInfo, t *inet.Nexthops, o *inet.Nexthop) core.Errno {
	paths, weights := t.Paths(o)
	fi.nhs, fi.reject, fi.flags = nil, false, 0
	for i, p := range paths {
		if !p.Gw.IsZero() && !p.Gw.Is4() {
			return step.EAFNOSUPPORT
		}
		nh := &nexthop{dev: p.Dev, gw: 0, weight: weights[i], scope: ScopeHost}
		if !p.Gw.IsZero() {
			nh.gw, nh.scope = p.Gw.IP4(), ScopeLink
		}
		if p.Onlink {
			nh.flags |= nhOnlink
		}
		if p.Blackhole {
			fi.reject, nh.dev = true, ip.loopback()
		} else if nh.dev.Flags&core.IFFRunning == 0 {
			nh.flags |= nhLinkdown
		}
		if nh.dev != nil {
			nh.oif = nh.dev.Index
			ip.updateSaddr(nh, fi.scope)
		}
		fi.nhs = append(fi.nhs, nh)
	}
	ip.rebalance(fi)
	return 0
}

// NexthopsChanged is nexthop_notify and remove_nexthop: routes take over what
// their nexthop object says now, and go with it.
func (ip *IPv4) NexthopsChanged() {
	t := inet.NexthopsOf(ip.ns)
	ip.eachInfo(func(fi *fibInfo) {
		if fi.nhid == 0 {
			return
		}
		if o := t.Find(fi.nhid); o == nil || ip.fillNexthops(fi, t, o) != 0 {
			fi.flags |= nhDead
		}
	})
	ip.fibFlush()
	ip.rtCacheFlush()
}
