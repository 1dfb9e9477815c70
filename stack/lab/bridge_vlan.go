package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/step"
)

// bridgeVlan is bridge vlan: the VLANs of ports. The recorded kernel is built without
// VLAN filtering; here a bridge has VLANs once somebody asks for them.
func (c *ipCmd) bridgeVlan(a *args) error {
	s := "show"
	if a.more() {
		s = a.next()
	}
	switch {
	case begins(s, "add"):
		return c.vlanModify(a, true)
	case begins(s, "delete"):
		return c.vlanModify(a, false)
	case begins(s, "show"), begins(s, "lst"), begins(s, "list"):
		return c.vlanShow(a)
	case begins(s, "help"):
		return ipError{bridgeUsageOf("bridge vlan"), 255}
	case begins(s, "set"), begins(s, "tunnelshow"), begins(s, "global"):
		return other("not modelled: bridge vlan %s", s)
	}
	return sad("Command \"%s\" is unknown, try \"bridge vlan help\".", s)
}

// A vlanReq is what bridge vlan add and del are asked for.
type vlanReq struct {
	dev            string
	from, to       int // VLANs, -1: not said
	pvid, untagged bool
	self, master   bool
}

// vlanParse is vlan_modify of bridge/vlan.c, up to the message.
func (c *ipCmd) vlanParse(a *args) (*vlanReq, error) {
	r := &vlanReq{from: -1}
	for a.more() {
		switch s := a.next(); s {
		case "dev":
			v, err := need(a)
			if err != nil {
				return nil, err
			}
			r.dev = v
		case "vid":
			v, err := need(a)
			if err != nil {
				return nil, err
			}
			lo, hi, ranged := strings.Cut(v, "-")
			r.from, _ = strconv.Atoi(lo)
			if r.to = r.from; ranged {
				r.to, _ = strconv.Atoi(hi)
			}
			switch {
			case r.from >= 4096:
				return nil, sad("Invalid VLAN ID \"%d\"", r.from)
			case ranged && (r.to >= 4096 || r.to <= r.from):
				return nil, sad("Invalid VLAN range \"%d-%d\"", r.from, r.to)
			}
		case "self":
			r.self = true
		case "master":
			r.master = true
		case "pvid":
			r.pvid = true
		case "untagged":
			r.untagged = true
		case "tunnel_info":
			return nil, other("not modelled: bridge vlan add tunnel_info")
		default: // the tool passes over what it does not know
		}
	}
	switch {
	case r.dev == "" || r.from < 0:
		return nil, sad("Device and VLAN ID are required arguments.")
	case r.pvid && r.to != r.from:
		return nil, sad("pvid cannot be configured for a vlan range")
	}
	return r, nil
}

func (c *ipCmd) vlanModify(a *args, add bool) error {
	r, err := c.vlanParse(a)
	if err != nil {
		return err
	}
	d := c.devNamed(r.dev)
	if d == nil {
		return sad("Cannot find bridge device \"%s\"", r.dev)
	}
	br, p := device.BridgeOf(d), device.PortOf(d)
	switch {
	case p != nil && !r.self:
		br = p.Br
	case br == nil || !r.self: // rtnl_bridge_setlink: no master, or no ndo_bridge_setlink
		return asBridge(answer(step.EOPNOTSUPP))
	}
	for vid := r.from; vid <= r.to; vid++ {
		var e core.Errno
		if add {
			e = br.AddVlan(p, uint16(vid), r.pvid, r.untagged)
		} else if vid == 0 || vid == 4095 {
			e = step.EINVAL
		} else {
			br.DelVlan(p, uint16(vid))
		}
		if e != 0 {
			return asBridge(answer(e))
		}
	}
	return nil
}

// vlanShow is vlan_show: each VLAN on a line.
func (c *ipCmd) vlanShow(a *args) error {
	var only *core.Device
	vid := 0
	for a.more() {
		switch s := a.next(); s {
		case "dev":
			v, err := need(a)
			if err != nil {
				return err
			}
			if only = c.devNamed(v); only == nil {
				return sad("Cannot find device \"%s\"", v)
			}
		case "vid":
			vid, _ = strconv.Atoi(a.next())
		}
	}
	if c.json {
		c.list = []any{}
	} else {
		c.p.outf("%-16s  %-9s\n", "port", "vlan-id")
	}
	for _, d := range c.p.host.NS.Devices {
		if d != nil && (only == nil || d == only) {
			c.vlanLines(d, vid)
		}
	}
	return nil
}

func (c *ipCmd) vlanLines(d *core.Device, only int) {
	br, p := device.BridgeOf(d), device.PortOf(d)
	if p != nil {
		br = p.Br
	}
	if br == nil || br.Vlans(p) == nil {
		return
	}
	g := br.Vlans(p)
	name := d.Name
	var list []any
	for _, v := range g.List {
		if only != 0 && int(v.VID) != only {
			continue
		}
		o := object{{"vlan", int(v.VID)}}
		text := fmt.Sprintf("%-16s  %d", name, v.VID)
		var flags []string
		if g.PVID == v.VID {
			flags = append(flags, "PVID")
		}
		if v.Untagged {
			flags = append(flags, "Egress Untagged")
		}
		if len(flags) > 0 {
			text += " " + strings.Join(flags, " ")
			o.add("flags", anyList(flags))
		}
		if name = ""; c.json {
			list = append(list, o)
		} else {
			c.p.out(text + "\n")
		}
	}
	if c.json && list != nil {
		c.list = append(c.list, object{{"ifname", d.Name}, {"vlans", list}})
	}
}
