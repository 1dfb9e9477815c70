package inet

// Nexthop objects, which routes of both families refer to by number:
// net/ipv4/nexthop.c. Checks that need a family's routes are made by whoever
// adds an object.
//
// Left out: resilient groups, encapsulation, forwarding-database nexthops.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Nexthop is struct nexthop: `ip nexthop add`.
type Nexthop struct {
	ID        uint32
	Dev       *core.Device
	Gw        wire.Addr // zero: what is sent by it is on the link
	Via       bool      // a gateway was named, if only 0.0.0.0
	Onlink    bool
	Blackhole bool
	Six       bool  // it is IPv6's (nh_info.family)
	Scope     uint8 // nhc_scope: how far away the gateway is
	Protocol  uint8
	Group     []NexthopWeight // it is a group of others
}

// A NexthopWeight is a member of a group (struct nh_grp_entry). Weight is 1 to
// 256.
type NexthopWeight struct {
	ID     uint32
	Weight int
}

// Nexthops are the objects of a namespace (net->nexthop), in order of their
// numbers.
type Nexthops struct {
	list []*Nexthop
	last uint32 // the number that was given out last
}

// NexthopsOf returns a namespace's objects.
func NexthopsOf(ns *core.Netns) *Nexthops {
	t, ok := ns.Nexthops.(*Nexthops)
	if !ok {
		t = &Nexthops{}
		ns.Nexthops = t
	}
	return t
}

// List copies the objects, in order of their numbers.
func (t *Nexthops) List() []*Nexthop { return append([]*Nexthop(nil), t.list...) }

// Find is nexthop_find_by_id.
func (t *Nexthops) Find(id uint32) *Nexthop {
	for _, n := range t.list {
		if n.ID == id {
			return n
		}
	}
	return nil
}

// Paths are the ways that an object stands for, with their weights: itself, or
// the members of a group.
func (t *Nexthops) Paths(n *Nexthop) (paths []*Nexthop, weights []int) {
	if len(n.Group) == 0 {
		return []*Nexthop{n}, []int{1}
	}
	for _, g := range n.Group {
		if m := t.Find(g.ID); m != nil {
			paths, weights = append(paths, m), append(weights, g.Weight)
		}
	}
	return paths, weights
}

// FitsScope is fib_check_nexthop: may an IPv4 route of this scope use an object? It says
// why not, or 0.
func (t *Nexthops) FitsScope(n *Nexthop, scope uint8) Extack {
	const link, host = 253, 254
	if len(n.Group) > 0 {
		if scope == host {
			return AckHostMulti
		}
		if n = t.Find(n.Group[0].ID); n == nil {
			return 0
		}
	}
	switch {
	case scope == host && !n.Gw.IsZero():
		return AckHostGateway
	case n.Onlink && scope >= link:
		return AckNHScopeMismatch
	}
	return 0
}

// HasIPv4 reports that an object, or a member of it, is IPv4's (has_v4).
func (t *Nexthops) HasIPv4(n *Nexthop) bool {
	paths, _ := t.Paths(n)
	for _, p := range paths {
		if !p.Six {
			return true
		}
	}
	return false
}

// GroupsOf lists the groups that an object is in (nh->grp_list).
func (t *Nexthops) GroupsOf(id uint32) (l []*Nexthop) {
	for _, n := range t.list {
		for _, g := range n.Group {
			if g.ID == id {
				l = append(l, n)
			}
		}
	}
	return l
}

// FreeID is nh_find_unused_id.
func (t *Nexthops) FreeID() uint32 {
	for {
		if t.last++; t.last != 0 && t.Find(t.last) == nil {
			return t.last
		}
	}
}

// Insert is insert_nexthop. EEXIST: the number is taken, and replace was not
// asked for; ENOENT: replace alone was, and there is none.
func (t *Nexthops) Insert(n Nexthop, replace, create bool) core.Errno {
	for i, o := range t.list {
		if o.ID < n.ID {
			continue
		}
		if o.ID == n.ID {
			if !replace {
				return step.EEXIST
			}
			*o = n
			return 0
		}
		if !create {
			return step.ENOENT
		}
		t.list = append(t.list, nil)
		copy(t.list[i+1:], t.list[i:])
		t.list[i] = &n
		return 0
	}
	if !create {
		return step.ENOENT
	}
	t.list = append(t.list, &n)
	return 0
}

// Remove is remove_nexthop: the object leaves its groups, and a group without
// members goes too. ENOENT: there is none.
func (t *Nexthops) Remove(id uint32) core.Errno {
	at := -1
	for i, n := range t.list {
		if n.ID == id {
			at = i
		}
	}
	if at < 0 {
		return step.ENOENT
	}
	t.list = append(t.list[:at:at], t.list[at+1:]...)
	for again := true; again; {
		again = false
		for _, g := range t.list {
			n := len(g.Group)
			for k := 0; k < len(g.Group); k++ {
				if g.Group[k].ID == id {
					g.Group = append(g.Group[:k:k], g.Group[k+1:]...)
					k--
				}
			}
			if n > 0 && len(g.Group) == 0 {
				t.Remove(g.ID)
				again = true
				break
			}
		}
	}
	return 0
}
