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
// scope is how far away it is (nhc_scope).
func (ip *IPv4) CheckNexthop(gw wire.IP4, dev *core.Device, onlink bool, ack *inet.Extack) (scope uint8, err core.Errno) {
	nh := &nexthop{oif: dev.Index, gw: gw, weight: 1}
	if onlink {
		nh.flags |= nhOnlink
	}
	err = ip.checkNexthop(nh, &fibInfo{}, TableMain, ack)
	return nh.scope, err
}

// infoByNexthop is fib_create_info for a route with a nexthop object.
func (ip *IPv4) infoByNexthop(r *Route, fi *fibInfo, ack *inet.Extack) (*fibInfo, core.Errno) {
	t := inet.NexthopsOf(ip.ns)
	o := t.Find(r.NHID)
	fi.nhid, fi.group = r.NHID, len(o.Group) > 0
	if why := t.FitsScope(o, fi.scope); why != 0 {
		*ack = why
		return nil, step.EINVAL
	}
	ip.fillNexthops(fi, t, o)
	if fi.prefsrc != 0 && !ip.validPrefsrc(r) {
		*ack = inet.AckPrefsrc
		return nil, step.EINVAL
	}
	return fi, 0
}

// fillNexthops makes a route's ways from its nexthop object.
func (ip *IPv4) fillNexthops(fi *fibInfo, t *inet.Nexthops, o *inet.Nexthop) {
	paths, weights := t.Paths(o)
	fi.nhs, fi.reject, fi.flags = nil, false, 0
	for i, p := range paths {
		nh := &nexthop{dev: p.Dev, weight: weights[i], scope: p.Scope}
		switch {
		case p.Gw.IsZero():
		case p.Gw.Is4():
			nh.gw = p.Gw.IP4()
		default:
			nh.gw6 = p.Gw
		}
		if p.Onlink {
			nh.flags |= nhOnlink
		}
		if p.Blackhole {
			fi.reject, nh.dev = true, ip.loopback()
		} else if !nh.dev.CarrierOK() {
			nh.flags |= nhLinkdown
		}
		if nh.dev != nil {
			nh.oif = nh.dev.Index
			ip.updateSaddr(nh, fi.scope)
		}
		fi.nhs = append(fi.nhs, nh)
	}
	ip.rebalance(fi)
}

// NexthopsChanged is nexthop_notify and remove_nexthop: routes take over what
// their nexthop object says now, and go with it.
func (ip *IPv4) NexthopsChanged() {
	t := inet.NexthopsOf(ip.ns)
	ip.eachInfo(func(fi *fibInfo) {
		if fi.nhid == 0 {
			return
		}
		if o := t.Find(fi.nhid); o != nil {
			ip.fillNexthops(fi, t, o)
		} else {
			fi.flags |= nhDead
		}
	})
	ip.fibFlush()
	ip.rtCacheFlush()
}

// NexthopScopes are the scopes of the routes that use a nexthop object itself
// (nh->fi_list).
func (ip *IPv4) NexthopScopes(id uint32) (l []uint8) {
	ip.eachInfo(func(fi *fibInfo) {
		if fi.nhid == id {
			l = append(l, fi.scope)
		}
	})
	return l
}
