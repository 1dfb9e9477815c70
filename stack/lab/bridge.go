package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/step"
)

func init() { extra["bridge"] = bridgeTool }

// bridgeTool is bridge(8) of iproute2 6.1. Its errors end with other numbers
// than ip's: what a command returns is the status as it is.
func bridgeTool(p *Proc, w []string) int {
	c := &ipCmd{p: p}
	a := &args{w[1:]}
	for a.more() && strings.HasPrefix(a.peek(), "-") {
		s := a.next()
		o := strings.TrimLeft(s, "-")
		switch {
		case begins(o, "help"):
			p.errf("%s", bridgeUsageOf("bridge"))
			return 255
		case begins(o, "Version"):
			p.out("bridge utility, 6.1.0\n")
			return 0
		case begins(o, "stats"), begins(o, "statistics"):
			c.stats++
		case begins(o, "details"):
			c.details = true
		case begins(o, "oneline"):
			c.one = true
		case begins(o, "json"):
			c.json = true
		case begins(o, "pretty"):
			c.pretty = true
		case begins(o, "timestamp"), begins(o, "family"), begins(o, "compressvlans"), strings.HasPrefix(o, "color"), begins(o, "resolve"):
		case o == "4", o == "6":
		case begins(o, "netns"):
			name := a.next()
			sp := p.lab.space(name)
			if sp == nil {
				p.errf("Cannot open network namespace \"%s\": No such file or directory\n", name)
				return 255
			}
			p.host = sp.host
		case begins(o, "batch"):
			return runBatch(p, a.next(), c.force, func(w []string) int {
				one := *c
				return one.bridgeRun(&args{w})
			})
		case begins(o, "force"):
			c.force = true
		default:
			p.errf("Option \"%s\" is unknown, try \"bridge help\".\n", s)
			return 255
		}
	}
	if !a.more() {
		p.errf("%s", bridgeUsageOf("bridge"))
		return 255
	}
	return c.bridgeRun(a)
}

// bridgeRun carries one command out and prints its error.
func (c *ipCmd) bridgeRun(a *args) int {
	p := c.p
	err := c.bridgeObject(a)
	if c.json && err == nil && c.list != nil {
		p.out(jsonText(c.list, c.pretty) + "\n")
	}
	if err == nil {
		return 0
	}
	e, ok := err.(ipError)
	if !ok {
		e = ipError{err.Error(), 255}
	}
	if strings.HasPrefix(e.text, "not modelled") {
		e.status = 1
	}
	if e.text != "" {
		p.errf("%s\n", strings.TrimSuffix(e.text, "\n"))
	}
	return e.status
}

// sad is an error of bridge(8): status 255 whatever it is about.
func sad(f string, a ...any) error { return ipError{fmt.Sprintf(f, a...), 255} }

// asBridge gives an answer of the kernel bridge(8)'s status.
func asBridge(err error) error {
	if e, ok := err.(ipError); ok {
		return ipError{e.text, 255}
	}
	return err
}

func (c *ipCmd) bridgeObject(a *args) error {
	obj := a.next()
	switch {
	case begins(obj, "help"):
		return ipError{bridgeUsageOf("bridge"), 255}
	case begins(obj, "link"):
		return c.bridgeLink(a)
	case begins(obj, "fdb"):
		return c.bridgeFDB(a)
	case begins(obj, "mdb"):
		return c.bridgeMDB(a)
	case begins(obj, "vlan"):
		return c.bridgeVlan(a)
	case begins(obj, "monitor"):
		return other("not modelled: bridge monitor")
	}
	return sad("Object \"%s\" is unknown, try \"bridge help\".", obj)
}

// bridgeLink is bridge link.
func (c *ipCmd) bridgeLink(a *args) error {
	if !a.more() {
		return c.bridgeLinkShow(a)
	}
	switch s := a.next(); {
	case begins(s, "set"), begins(s, "change"):
		return c.bridgeLinkSet(a)
	case begins(s, "show"), begins(s, "lst"), begins(s, "list"):
		return c.bridgeLinkShow(a)
	case begins(s, "help"):
		return ipError{bridgeUsageOf("bridge link"), 255}
	default:
		return sad("Command \"%s\" is unknown, try \"bridge link help\".", s)
	}
}

func (c *ipCmd) bridgeLinkShow(a *args) error {
	var only *core.Device
	for a.more() {
		if s := a.next(); s != "dev" {
			return sad("Error: either \"dev\" is duplicate, or \"%s\" is a garbage.", s)
		}
		v, err := need(a)
		if err != nil {
			return err
		}
		if only = c.devNamed(v); only == nil {
			return sad("Cannot find device \"%s\"", v)
		}
	}
	if c.json {
		c.list = []any{}
	}
	for _, d := range c.p.host.NS.Devices {
		if d != nil && (only == nil || d == only) && device.PortOf(d) != nil {
			c.bridgeLinkLine(d)
		}
	}
	return nil
}

func (c *ipCmd) bridgeLinkLine(d *core.Device) {
	p := device.PortOf(d)
	o := object{{"ifindex", d.Index}}
	name := d.Name
	if q := linkParent(d); q != nil && q.Index != d.Index { // br_fill_ifinfo leaves it out if it is the same number
		// The tool looks the number up here, though it is another namespace's.
		link := fmt.Sprintf("if%d", q.Index)
		if x := d.NS.DevByIndex(q.Index); x != nil {
			link = x.Name
		}
		name += "@" + link
		o.add("link", link)
	}
	flags := linkFlags(d)
	o = append(o, member{"ifname", d.Name}, member{"flags", anyList(flags)}, member{"mtu", d.MTU}, member{"master", d.Master.Name}, member{"state", portStates[p.State]},
		member{"priority", int(p.Priority)}, member{"cost", p.Cost})
	text := fmt.Sprintf("%d: %s: <%s> mtu %d master %s state %s priority %d cost %d ", d.Index, name, strings.Join(flags, ","), d.MTU, d.Master.Name, portStates[p.State], p.Priority, p.Cost)
	if c.details {
		text += "\n    "
		word := func(name string, bit uint32) {
			on := p.Flags&bit != 0
			text += name + " " + onOffWord(on) + " "
			o.add(name, on)
		}
		for _, f := range portFlags[:4] {
			word(f.name, f.bit)
		}
		for _, f := range portFlags[5:9] {
			word(f.name, f.bit)
		}
		text += fmt.Sprintf("mcast_router %d ", p.McastRouter)
		o.add("mcast_router", int(p.McastRouter))
		word("mcast_to_unicast", 0)
		word("neigh_suppress", 0)
		word("vlan_tunnel", 0)
		word("isolated", device.BridgeIsolated)
		word("locked", device.BridgeLocked)
	}
	c.print(text+"\n", o)
}

func (c *ipCmd) bridgeLinkSet(a *args) error {
	r := newPortReq()
	name := ""
	for a.more() {
		k := a.next()
		switch k {
		case "dev":
			v, err := need(a)
			if err != nil {
				return err
			}
			name = v
			continue
		case "self":
			r.refused = "self"
			continue
		case "master":
			continue
		case "hwmode", "learning_sync":
			r.refused = k
			a.next()
			continue
		}
		ok, err := portWord(r, k, a, 234)
		if err != nil {
			return err
		}
		if !ok {
			return ipError{bridgeUsageOf("bridge link"), 255}
		}
	}
	if name == "" {
		return sad("Device is a required argument.")
	}
	d := c.devNamed(name)
	if d == nil {
		return sad("Cannot find bridge device \"%s\"", name)
	}
	p := device.PortOf(d)
	if p == nil {
		return asBridge(answer(step.EOPNOTSUPP))
	}
	return asBridge(r.apply(p))
}
