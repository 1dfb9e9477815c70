package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// bridgeMDB is bridge mdb: groups, and the ports behind which members are.
func (c *ipCmd) bridgeMDB(a *args) error {
	s := "show"
	if a.more() {
		s = a.next()
	}
	switch {
	case begins(s, "add"):
		return c.mdbModify(a, true)
	case begins(s, "delete"):
		return c.mdbModify(a, false)
	case begins(s, "show"), begins(s, "lst"), begins(s, "list"):
		return c.mdbShow(a)
	case begins(s, "help"):
		return ipError{bridgeUsageOf("bridge mdb"), 255}
	case begins(s, "replace"), begins(s, "get"), begins(s, "flush"):
		return other("not modelled: bridge mdb %s", s)
	}
	return sad("Command \"%s\" is unknown, try \"bridge mdb help\".", s)
}

// mdbShow is mdb_show of bridge/mdb.c.
func (c *ipCmd) mdbShow(a *args) error {
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
	list, routers := []any{}, object{}
	for _, d := range c.p.host.NS.Devices {
		br := device.BridgeOf(d)
		if br == nil || only != nil && d != only {
			continue
		}
		for _, m := range br.MDB() {
			if vid != 0 && int(m.VID) != vid {
				continue
			}
			for _, x := range append([]*device.BridgeMember{m.Host}, m.Ports...) {
				if x != nil {
					list = append(list, c.mdbLine(br, m, x))
				}
			}
		}
	}
	for _, d := range c.p.host.NS.Devices {
		if br := device.BridgeOf(d); br != nil && (only == nil || d == only) {
			c.mdbRouters(br, &routers)
		}
	}
	if c.json {
		c.list = []any{object{{"mdb", list}, {"router", routers}}}
	}
	return nil
}

func (c *ipCmd) mdbLine(br *device.Bridge, m *device.BridgeMDB, x *device.BridgeMember) object {
	port, state := br.Dev.Name, "temp"
	if x.Port != nil {
		port = x.Port.Dev.Name
	}
	if x.Permanent {
		state = "permanent"
	}
	o := object{{"index", br.Dev.Index}, {"dev", br.Dev.Name}, {"port", port}, {"grp", m.Group.String()}, {"state", state}}
	text := fmt.Sprintf("dev %s port %s grp %s %s", br.Dev.Name, port, m.Group, state)
	if c.details && x.Port != nil {
		proto := "kernel"
		if x.Permanent {
			proto = "static"
		}
		text += " proto " + proto + " "
		o.add("protocol", proto)
	}
	o.add("flags", []any{})
	if m.VID != 0 {
		text += fmt.Sprintf(" vid %d", m.VID)
		o.add("vid", int(m.VID))
	}
	if c.stats > 0 {
		left := fixed(x.Left()).String()
		text += fmt.Sprintf(" %7s", left)
		o.add("timer", fmt.Sprintf("%7s", left))
	}
	if !c.json {
		c.p.out(text + "\n")
	}
	return o
}

// mdbRouters are the ports behind which multicast routers are: shown with -d.
func (c *ipCmd) mdbRouters(br *device.Bridge, o *object) {
	var names []string
	var ports []any
	for _, p := range br.Ports {
		left := p.RouterLeft()
		if left == 0 {
			continue
		}
		text := p.Dev.Name
		q := object{{"port", p.Dev.Name}}
		if c.stats > 0 {
			typ := "temp"
			if left < 0 {
				typ, left = "permanent", 0
			}
			text += fmt.Sprintf(" %7s %s", fixed(left).String(), typ)
			q = append(q, member{"timer", fmt.Sprintf("%7s", fixed(left).String())}, member{"type", typ})
		}
		names, ports = append(names, text), append(ports, q)
	}
	if !c.details || names == nil {
		return
	}
	o.add(br.Dev.Name, ports)
	if !c.json {
		c.p.outf("router ports on %s: %s\n", br.Dev.Name, strings.Join(names, " "))
	}
}

// mdbModify is mdb_modify.
func (c *ipCmd) mdbModify(a *args, add bool) error {
	var dev, port, grp string
	permanent, vid := false, 0
	for a.more() {
		switch s := a.next(); s {
		case "dev":
			dev = a.next()
		case "port":
			port = a.next()
		case "grp":
			grp = a.next()
		case "permanent":
			permanent = true
		case "temp":
			permanent = false
		case "vid":
			vid, _ = strconv.Atoi(a.next())
		case "src", "proto", "filter_mode", "source_list", "dst", "dst_port", "vni", "src_vni", "via":
			return other("not modelled: bridge mdb add %s", s)
		default:
			return ipError{bridgeUsageOf("bridge mdb"), 255}
		}
	}
	if dev == "" || grp == "" || port == "" {
		return sad("Device, group address and port name are required arguments.")
	}
	d, q := c.devNamed(dev), c.devNamed(port)
	if d == nil {
		return sad("Cannot find device \"%s\"", dev)
	}
	if q == nil {
		return sad("Cannot find device \"%s\"", port)
	}
	g, ok := parseAddr(grp)
	if !ok {
		if m, err := c.mac(grp); err == nil && m.IsMulticast() {
			return other("not modelled: bridge mdb add with a link address")
		}
		return sad("Invalid address \"%s\"", grp)
	}
	return c.mdbApply(d, q, g, uint16(vid), permanent, add)
}

// mdbApply is br_mdb_add and br_mdb_del, with their checks.
func (c *ipCmd) mdbApply(d, q *core.Device, g wire.Addr, vid uint16, permanent, add bool) error {
	br, p := device.BridgeOf(d), device.PortOf(q)
	refuse := func(s string) error { return asBridge(kernelSays(s)) }
	switch {
	case br == nil:
		return refuse("Device does not support MDB operations.")
	case g.Is4() && !g.IP4().IsMulticast():
		return refuse("IPv4 entry group address is not multicast.")
	case g.Is4() && uint32(g.IP4())>>8 == 0xe00000:
		return refuse("IPv4 entry group address is local multicast.")
	case !g.Is4() && (g == wire.Addr{Hi: 0xff02 << 48, Lo: 1}):
		return refuse("IPv6 entry group address is link-local all nodes multicast.")
	case !g.Is4() && !g.IsMulticast():
		return refuse("IPv6 entry group address is not multicast.")
	case !br.Dev.Up():
		return refuse("bridge: Bridge device is not running.")
	case !br.McastSnoop:
		return refuse("bridge: Bridge's multicast processing is disabled.")
	case q != d && p == nil:
		return refuse("bridge: Net device is not a bridge port.")
	case q != d && p.Br != br:
		return refuse("bridge: Port belongs to a different bridge device.")
	case q == d && permanent && add:
		return refuse("bridge: Permanent bridge entries are not allowed.")
	}
	if !add {
		return asBridge(answer(br.MDBDel(p, g, vid)))
	}
	if e := br.MDBAdd(p, g, vid, permanent); e == 17 {
		return refuse(map[bool]string{true: "bridge: Group is already joined by host.", false: "bridge: (*, G) group is already joined by port."}[p == nil])
	} else if e != 0 {
		return asBridge(answer(e))
	}
	return nil
}
