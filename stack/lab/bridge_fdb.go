package lab

import (
	"fmt"
	"strconv"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// bridgeFDB is bridge fdb: the addresses behind the ports.
func (c *ipCmd) bridgeFDB(a *args) error {
	if !a.more() {
		return c.fdbShow(a)
	}
	switch s := a.next(); {
	case begins(s, "add"):
		return c.fdbModify(a, fdbAdd)
	case begins(s, "append"):
		return c.fdbModify(a, fdbAppend)
	case begins(s, "replace"):
		return c.fdbModify(a, fdbReplace)
	case begins(s, "delete"):
		return c.fdbModify(a, fdbDelete)
	case begins(s, "get"):
		return c.fdbGet(a)
	case begins(s, "flush"):
		return c.fdbFlush(a)
	case begins(s, "show"), begins(s, "lst"), begins(s, "list"):
		return c.fdbShow(a)
	case begins(s, "help"):
		return ipError{bridgeUsageOf("bridge fdb"), 255}
	default:
		return sad("Command \"%s\" is unknown, try \"bridge fdb help\".", s)
	}
}

// An fdbLine is one entry as it is shown.
type fdbLine struct {
	addr  wire.MAC
	dev   *core.Device
	e     *device.BridgeFDBEntry // nil: of the device itself
	br    *device.Bridge
	state string // permanent, static or nothing

	vx     *device.VxlanFDB // of a VXLAN device
	remote device.VxlanRemote
}

func (c *ipCmd) fdbShow(a *args) error {
	var br, dev *core.Device
	state, dynamic, vid := "", false, -1
	for a.more() {
		s := a.next()
		switch s {
		case "br":
			if br = c.devNamed(a.peek()); br == nil {
				return sad("Cannot find bridge device \"%s\"", a.next())
			}
			a.next()
		case "brport", "dev":
			if dev = c.devNamed(a.peek()); dev == nil {
				return sad("Cannot find device \"%s\"", a.next())
			}
			a.next()
		case "state":
			v := a.next()
			if v != "permanent" && v != "static" && v != "temp" && v != "dynamic" && v != "local" {
				return sad("Error: argument \"%s\" is wrong: invalid state", v)
			}
			if v == "local" {
				v = "permanent"
			}
			state = v
		case "dynamic":
			dynamic = true
		case "vlan":
			v := a.next()
			n, err := strconv.Atoi(v)
			if err != nil {
				return sad("Error: argument \"%s\" is wrong: invalid vlan id", v)
			}
			vid = n
		default:
			return sad("Error: either \"to\" is duplicate, or \"%s\" is a garbage.", s)
		}
	}
	if c.json {
		c.list = []any{}
	}
	for _, d := range c.p.host.NS.Devices {
		if d == nil || dev != nil && d != dev || br != nil && d != br && d.Master != br {
			continue
		}
		for _, l := range c.fdbOf(d) {
			if vid >= 0 && (l.e == nil || int(l.e.VID) != vid) {
				continue
			}
			if dynamic && l.state == "permanent" || state != "" && l.state != state && (state != "temp" && state != "dynamic" || l.state != "") {
				continue
			}
			c.fdbPrint(l, dev == nil)
		}
	}
	return nil
}

// fdbOf is rtnl_fdb_dump for one device.
func (c *ipCmd) fdbOf(d *core.Device) []fdbLine {
	var master, self []fdbLine
	br, p := device.BridgeOf(d), device.PortOf(d)
	if p != nil {
		br = p.Br
	}
	if br != nil {
		for _, e := range br.FDB() {
			if e.Port == p {
				master = append(master, fdbLine{addr: e.Addr, dev: d, e: e, br: br, state: fdbState(e)})
			}
		}
	}
	if d.Type == core.LinkEther {
		if v := device.VxlanOf(d); v != nil {
			return append(vxlanLines(d, v), master...)
		}
		for _, m := range c.p.lab.dev(d).uc {
			self = append(self, fdbLine{addr: m, dev: d, state: "permanent"})
		}
		for _, m := range d.Groups {
			self = append(self, fdbLine{addr: m, dev: d, state: "permanent"})
		}
	}
	if p != nil {
		return append(master, self...)
	}
	return append(self, master...)
}

func fdbState(e *device.BridgeFDBEntry) string {
	switch {
	case e.Local:
		return "permanent"
	case e.Static:
		return "static"
	}
	return ""
}

func (c *ipCmd) fdbPrint(l fdbLine, withDev bool) {
	text := l.addr.String() + " "
	o := object{{"mac", l.addr.String()}}
	if withDev {
		text += "dev " + l.dev.Name + " "
		o.add("ifname", l.dev.Name)
	}
	if l.vx != nil {
		c.fdbPrintVxlan(l, text, o)
		return
	}
	if l.e != nil && l.e.VID != 0 {
		text += fmt.Sprintf("vlan %d ", l.e.VID)
		o.add("vlan", int(l.e.VID))
	}
	flags := []any{}
	if l.e == nil {
		flags = append(flags, "self")
		text += "self "
	} else {
		if c.stats > 0 {
			used, upd := (c.p.lab.now()-l.e.Used)/sim.Second, (c.p.lab.now()-l.e.Updated)/sim.Second
			text += fmt.Sprintf("used %d/%d ", used, upd)
			o = append(o, member{"used", int(used)}, member{"updated", int(upd)})
		}
		if l.e.ExtLern {
			flags = append(flags, "extern_learn")
			text += "extern_learn "
		}
		if l.e.Sticky {
			flags = append(flags, "sticky")
			text += "sticky "
		}
		text += "master " + l.br.Dev.Name + " "
	}
	o.add("flags", flags)
	if l.e != nil {
		o.add("master", l.br.Dev.Name)
	}
	o.add("state", l.state)
	c.print(text+l.state+"\n", o)
}

// fdbModify is bridge fdb add, append, replace and del.
func (c *ipCmd) fdbModify(a *args, what fdbVerb) error {
	var dev, addr string
	vid := 0
	var tun vxlanDst
	add, replace := what != fdbDelete, what == fdbReplace
	self, master, local, static, dynamic, sticky, ext := false, false, false, false, false, false, false
	for a.more() {
		switch s := a.next(); s {
		case "dev":
			v, err := need(a)
			if err != nil {
				return err
			}
			dev = v
		case "self":
			self = true
		case "master":
			master = true
		case "local", "permanent":
			local = true
		case "static", "temp":
			static = true
		case "dynamic":
			dynamic = true
		case "sticky":
			sticky = true
		case "extern_learn":
			ext = true
		case "vlan":
			v := a.next()
			n, err := strconv.Atoi(v)
			if err != nil || n < 0 {
				return sad("Error: argument \"%s\" is wrong: invalid vlan id", v)
			}
			if vid = n; n == 0 || n >= 4095 {
				return sad("Error: bridge: Invalid VLAN ID.")
			}
		case "dst", "port", "vni", "via":
			if err := tun.word(c, s, a); err != nil {
				return err
			}
		case "nhid", "src_vni", "router", "use":
			return other("not modelled: bridge fdb add %s", s)
		default:
			if s == "to" {
				s = a.next()
			}
			if addr != "" {
				return sad("Error: either \"to\" is duplicate, or \"%s\" is a garbage.", s)
			}
			addr = s
		}
	}
	if dev == "" || addr == "" {
		return sad("Device and address are required arguments.")
	}
	m, err := c.mac(addr)
	if err != nil {
		return sad("Invalid mac address %s", addr)
	}
	d := c.devNamed(dev)
	if d == nil {
		return sad("Cannot find device \"%s\"", dev)
	}
	if !self && !master {
		self = true
	}
	if v := device.VxlanOf(d); v != nil && !master {
		return asBridge(tun.apply(v, m, what, static, dynamic))
	}
	if tun.given {
		return other("not modelled: bridge fdb add dst on a device that is no VXLAN")
	}
	br, p := device.BridgeOf(d), device.PortOf(d)
	if master {
		if p == nil {
			return asBridge(answer(step.EOPNOTSUPP))
		}
		br = p.Br
	}
	switch {
	case !master && br == nil:
		return asBridge(c.fdbSelf(d, m, add))
	case !add:
		return asBridge(answer(fdbEach(br, p, vid, func(v uint16) core.Errno { return br.FDBDel(p, m, v) })))
	case !local && !static && !dynamic:
		local = !ext
	}
	if dynamic && p != nil && !ext && p.State != device.BridgeLearning && p.State != device.BridgeForwarding {
		return asBridge(answer(step.EPERM))
	}
	if p == nil && !local {
		return asBridge(answer(step.EINVAL))
	}
	if br.Vlans(p) == nil && vid != 0 {
		return asBridge(answer(step.EINVAL)) // no VLAN has been asked for
	}
	return asBridge(answer(fdbEach(br, p, vid, func(v uint16) core.Errno { return br.FDBAdd(p, m, v, local, static, sticky, ext, replace, true) })))
}

// fdbEach does something in one VLAN, or without one and in all that the port has.
func fdbEach(br *device.Bridge, p *device.BridgePort, vid int, do func(uint16) core.Errno) core.Errno {
	g := br.Vlans(p)
	e := do(uint16(vid))
	if vid != 0 || g == nil || e != 0 && e != step.ENOENT {
		return e
	}
	for _, v := range g.List {
		if x := do(v.VID); x == 0 {
			e = 0
		} else if x != step.ENOENT {
			return x
		}
	}
	return e
}

// fdbSelf is ndo_dflt_fdb_add and ndo_dflt_fdb_del: an address that the device
// itself lets in.
func (c *ipCmd) fdbSelf(d *core.Device, m wire.MAC, add bool) error {
	st := c.p.lab.dev(d)
	list := &st.uc
	if m.IsMulticast() {
		list = &d.Groups
	}
	for i, x := range *list {
		if x != m {
			continue
		}
		if add {
			return answer(step.EEXIST)
		}
		*list = append((*list)[:i:i], (*list)[i+1:]...)
		if list == &st.uc && len(st.uc) == 0 {
			d.Promiscuity--
		}
		return nil
	}
	if !add {
		return answer(step.ENOENT)
	}
	if list == &st.uc && len(st.uc) == 0 {
		d.Promiscuity++ // a device without a filter for addresses takes all
	}
	*list = append(*list, m)
	return nil
}

// fdbGet is bridge fdb get.
func (c *ipCmd) fdbGet(a *args) error {
	addr, vid := "", 0
	var d *core.Device
	for a.more() {
		switch s := a.next(); s {
		case "br", "brport", "dev":
			if d = c.devNamed(a.peek()); d == nil {
				return sad("Cannot find device \"%s\"", a.next())
			}
			a.next()
		case "self", "master", "dynamic":
		case "vlan":
			v := a.next()
			n, err := strconv.Atoi(v)
			if err != nil {
				return sad("Error: argument \"%s\" is wrong: invalid vlan id", v)
			}
			vid = n
		case "vni":
			return other("not modelled: bridge fdb get %s", s)
		case "to":
			addr = a.next()
		default:
			addr = s
		}
	}
	if addr == "" {
		return sad("Address is a required argument.")
	}
	m, err := c.mac(addr)
	if err != nil {
		return sad("Invalid address \"%s\"", addr)
	}
	if d == nil {
		return sad("No device specified.")
	}
	br := device.BridgeOf(d)
	if p := device.PortOf(d); p != nil {
		br = p.Br
	}
	if br == nil {
		return sad("Error: Operation not supported by device.")
	}
	e := br.FDBFind(m, uint16(vid))
	if e == nil {
		return ipError{"Error: Fdb entry not found.", 254}
	}
	if c.json {
		c.list = []any{}
	}
	at := br.Dev
	if e.Port != nil {
		at = e.Port.Dev
	}
	c.fdbPrint(fdbLine{addr: m, dev: at, e: e, br: br, state: fdbState(e)}, true)
	return nil
}
