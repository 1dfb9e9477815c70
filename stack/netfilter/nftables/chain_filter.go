package nftables

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
)

// Read before editing: nft_chain_filter.c (nf_tables_netdev_event), and
// nft_netdev_hook_alloc of nf_tables_api.c. Since Linux 6.16 a chain names the
// devices that it hangs on, and they may come and go.

// NetdevEvent is nf_tables_netdev_event: a device came up or has another name.
// Chains that name it hang on it from now on; those that no longer do, leave it.
func NetdevEvent(ns *core.Netns) {
	s := Seen(ns)
	if s == nil {
		return
	}
	for _, t := range s.List {
		for _, c := range t.Chains {
			if c.hooked && len(c.Base.Devices) > 0 {
				c.findDevices(ns)
			}
		}
		for _, f := range t.Flowtables {
			f.findDevices()
		}
	}
}

// findDevices is nft_netdev_event for all devices: the chain hangs on those that
// have the names it wants.
func (c *Chain) findDevices(ns *core.Netns) {
	base := c.Base
	var want []*core.Device
	for _, d := range ns.Devices {
		if d != nil && base.wants(d.Name) {
			want = append(want, d)
		}
	}
	c.leaveDevices(want)
	for _, d := range want {
		if slices.Contains(c.devs, d) {
			continue
		}
		c.devs = append(c.devs, d)
		d.AddHook(base.devHook(), base.Priority, c)
	}
}

// leaveDevices takes the chain off all devices but these.
func (c *Chain) leaveDevices(but []*core.Device) {
	var stay []*core.Device
	for _, d := range c.devs {
		if slices.Contains(but, d) {
			stay = append(stay, d)
			continue
		}
		d.DelHook(c.Base.devHook(), c)
	}
	c.devs = stay
}

func (base *Base) devHook() core.HookNum {
	if base.Egress {
		return core.NetdevEgress
	}
	return core.NetdevIngress
}

// wants tells whether the chain names the device. (nft 1.0.6 sends a name with its
// end, so that "eth*" is one name and not all that begin so.)
func (base *Base) wants(name string) bool { return slices.Contains(base.Devices, name) }

// twice tells whether a device is named twice.
func twice(names []string) bool {
	for i, n := range names {
		if slices.Contains(names[:i], n) {
			return true
		}
	}
	return false
}

// addDevices is what nf_tables_updchain does with the devices that are named for a
// chain that exists: it hangs on them too.
func (b *Batch) addDevices(c *Chain, base *Base) core.Errno {
	if twice(base.Devices) {
		return eexist
	}
	if c.Base.Type != base.Type || c.Base.Hook != base.Hook || c.Base.Priority != base.Priority || c.Base.Egress != base.Egress {
		return eopnotsupp
	}
	all := slices.Clone(c.Base.Devices)
	for _, n := range base.Devices {
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	if len(all) == len(c.Base.Devices) {
		return 0
	}
	b.log(undo{kind: undoDevices, chain: c, base: *c.Base})
	c.Base.Devices = all
	if c.hooked {
		c.findDevices(b.s.ns)
	}
	return 0
}
