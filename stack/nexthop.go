package stack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Nexthop objects belong to both families: net/ipv4/nexthop.c.

// AddNexthop is rtm_new_nexthop: `ip nexthop add`, and with replace `ip nexthop
// replace`. ID 0 takes the next free number. It returns an errno, and the
// kernel's words about it where it has some.
func (h *Host) AddNexthop(n inet.Nexthop, replace bool) (core.Errno, string) {
	t := inet.NexthopsOf(h.NS)
	if len(n.Group) > 0 {
		if e, s := checkGroup(t, n.Group); e != 0 {
			return e, s
		}
	} else if e, s := h.checkNexthop(&n); e != 0 {
		return e, s
	}
	if n.ID == 0 {
		n.ID = t.FreeID()
	}
	if old := t.Find(n.ID); old != nil && replace && (len(old.Group) > 0) != (len(n.Group) > 0) {
		return step.EINVAL, "Can not replace a nexthop with a nexthop group."
	}
	if e := t.Insert(n, replace, true); e != 0 {
		return e, ""
	}
	if replace {
		h.nexthopsChanged()
	}
	return 0, ""
}

// checkNexthop is nexthop_create.
func (h *Host) checkNexthop(n *inet.Nexthop) (core.Errno, string) {
	switch {
	case n.Blackhole:
		return 0, ""
	case n.Dev == nil:
		return step.EINVAL, "Device attribute required for non-blackhole and non-fdb nexthops."
	case !n.Dev.Up():
		return step.ENETDOWN, "Nexthop device is not up."
	case n.Dev.Flags&core.IFFRunning == 0:
		return step.ENETDOWN, "Carrier for nexthop device is down."
	}
	e := core.Errno(0)
	if n.Gw.IsZero() || n.Gw.Is4() {
		if !n.Gw.IsZero() {
			e = h.IPv4.CheckNexthop(n.Gw.IP4(), n.Dev, n.Onlink)
		}
	} else {
		e = h.IPv6.CheckNexthop(n.Gw, n.Dev, n.Onlink)
	}
	if e == step.ENETUNREACH || e == step.EHOSTUNREACH || e == step.EINVAL {
		return e, "Nexthop has invalid gateway."
	}
	return e, ""
}

// checkGroup is nh_check_attr_group.
func checkGroup(t *inet.Nexthops, g []inet.NexthopWeight) (core.Errno, string) {
	for i, m := range g {
		for _, o := range g[:i] {
			if o.ID == m.ID {
				return step.EINVAL, "Nexthop id can not be used twice in a group."
			}
		}
	}
	for _, m := range g {
		switch n := t.Find(m.ID); {
		case n == nil:
			return step.EINVAL, "Invalid nexthop id."
		case len(n.Group) > 0:
			return step.EINVAL, "Multipath group can not be a nexthop within a group."
		case n.Blackhole && len(g) > 1:
			return step.EINVAL, "Blackhole nexthop can not be used in a group with more than 1 path."
		}
	}
	return 0, ""
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
