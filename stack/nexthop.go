package stack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Nexthop objects belong to both families: net/ipv4/nexthop.c.

// AddNexthop is rtm_new_nexthop: `ip nexthop add`, and with replace `ip nexthop
// replace`. ID 0 takes the next free number. ack gets the kernel's words about one that
// is refused.
func (h *Host) AddNexthop(n inet.Nexthop, replace bool, ack *inet.Extack) core.Errno {
	t := inet.NexthopsOf(h.NS)
	refuse := func(why inet.Extack) core.Errno { *ack = why; return step.EINVAL }
	if why := checkNexthopAttrs(&n); why != 0 {
		return refuse(why)
	}
	if replace && n.ID == 0 {
		return refuse(inet.AckNHReplaceID)
	}
	if len(n.Group) > 0 {
		if why := checkGroup(t, n.Group); why != 0 {
			return refuse(why)
		}
	} else if e := checkNexthopDev(&n, ack); e != 0 {
		return e
	}
	if n.ID == 0 {
		n.ID = t.FreeID()
	}
	if n.Blackhole {
		n.Scope = 254 // RT_SCOPE_HOST
	} else if len(n.Group) == 0 {
		if e := h.checkNexthop(&n, ack); e != 0 {
			return e
		}
	}
	if old := t.Find(n.ID); old != nil && replace {
		if why := h.checkReplace(t, old, &n); why != 0 {
			return refuse(why)
		}
	}
	if e := t.Insert(n, replace, true); e != 0 {
		return e
	}
	if replace {
		h.nexthopsChanged()
	}
	return 0
}

// checkNexthopAttrs is rtm_to_nh_config.
func checkNexthopAttrs(n *inet.Nexthop) inet.Extack {
	switch {
	case len(n.Group) > 0:
		for i, m := range n.Group {
			for _, o := range n.Group[i+1:] {
				if o.ID == m.ID {
					return inet.AckNHGroupTwice
				}
			}
		}
	case n.Blackhole && (n.Dev != nil || n.Via || !n.Gw.IsZero()):
		return inet.AckNHBlackholeAttr
	case n.Blackhole:
	case n.Dev == nil:
		return inet.AckNHDevice
	case n.Gw.IsZero() && !n.Via && n.Onlink:
		return inet.AckNHOnlink
	}
	return 0
}

// checkNexthopDev is rtm_to_nh_config_rtnl.
func checkNexthopDev(n *inet.Nexthop, ack *inet.Extack) core.Errno {
	switch {
	case n.Blackhole:
		return 0
	case !n.Dev.Up():
		*ack = inet.AckNHDown
	case n.Dev.Flags&core.IFFRunning == 0:
		*ack = inet.AckNHCarrier
	default:
		return 0
	}
	return step.ENETDOWN
}

// checkNexthop is nh_create_ipv4 and nh_create_ipv6.
func (h *Host) checkNexthop(n *inet.Nexthop, ack *inet.Extack) (e core.Errno) {
	if n.Six {
		n.Scope = 253 // RT_SCOPE_LINK
		return h.IPv6.CheckNexthop(n.Gw, n.Dev, n.Onlink, ack)
	}
	gw := wire.IP4(0)
	if !n.Gw.IsZero() {
		gw = n.Gw.IP4()
	}
	n.Scope, e = h.IPv4.CheckNexthop(gw, n.Dev, n.Onlink, ack)
	return e
}

// checkReplace is replace_nexthop: the routes and groups that use an object must do with
// the new one.
func (h *Host) checkReplace(t *inet.Nexthops, old, n *inet.Nexthop) inet.Extack {
	fits := func(id uint32) inet.Extack {
		for _, scope := range h.IPv4.NexthopScopes(id) {
			if why := t.FitsScope(n, scope); why != 0 {
				return why
			}
		}
		if h.IPv6.NexthopRoutes(id) && (len(n.Group) == 0 && !n.Six || t.HasIPv4(n)) {
			return inet.Ack6NHIPv4
		}
		return 0
	}
	if why := fits(old.ID); why != 0 {
		return why
	}
	for _, g := range t.GroupsOf(old.ID) {
		if n.Blackhole && len(g.Group) > 1 {
			return inet.AckNHInBlackhole
		}
		if why := fits(g.ID); why != 0 {
			return why
		}
	}
	switch {
	case len(old.Group) > 0 && len(n.Group) == 0:
		return inet.AckNHReplaceGroup
	case len(old.Group) == 0 && len(n.Group) > 0:
		return inet.AckNHReplaceSingle
	}
	return 0
}

// checkGroup is nh_check_attr_group_rtnl.
func checkGroup(t *inet.Nexthops, g []inet.NexthopWeight) inet.Extack {
	for _, m := range g {
		switch n := t.Find(m.ID); {
		case n == nil:
			return inet.AckNHGroupID
		case len(n.Group) > 0:
			return inet.AckNHGroupGroup
		case n.Blackhole && len(g) > 1:
			return inet.AckNHGroupBlackhole
		}
	}
	return 0
}

// DelNexthop is rtm_del_nexthop; the routes by it go too. ENOENT: there is none.
func (h *Host) DelNexthop(id uint32) core.Errno {
	e := inet.NexthopsOf(h.NS).Remove(id)
	if e == 0 {
		h.nexthopsChanged()
	}
	return e
}

func (h *Host) nexthopsChanged() {
	h.IPv4.NexthopsChanged()
	h.IPv6.NexthopsChanged()
}

// flushNexthops is nexthop_flush_dev: a device that is down, or has no carrier,
// takes its nexthop objects with it.
func (h *Host) flushNexthops(d *core.Device) {
	if h.NS.Nexthops == nil {
		return
	}
	t := inet.NexthopsOf(h.NS)
	gone := false
	for _, n := range t.List() {
		if n.Dev == d {
			gone = t.Remove(n.ID) == 0 || gone
		}
	}
	if gone {
		h.nexthopsChanged()
	}
}
