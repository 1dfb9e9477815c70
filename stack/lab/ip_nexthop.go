package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// nexthop is ip nexthop.
func (c *ipCmd) nexthop(a *args) error {
	if !a.more() {
		return c.nexthopShow(a, false)
	}
	s := a.next()
	switch {
	case begins(s, "add"):
		return c.nexthopAdd(a, false)
	case begins(s, "replace"):
		return c.nexthopAdd(a, true)
	case begins(s, "delete"):
		id, err := c.nexthopID(a)
		if err != nil {
			return err
		}
		return answer(c.p.host.DelNexthop(id))
	case begins(s, "list"), begins(s, "show"), begins(s, "lst"):
		return c.nexthopShow(a, false)
	case begins(s, "get"):
		id, err := c.nexthopID(a)
		if err != nil {
			return err
		}
		return c.nexthopGet(id)
	case begins(s, "flush"):
		return c.nexthopShow(a, true)
	case begins(s, "bucket"):
		return other("not modelled: ip nexthop bucket")
	case begins(s, "help"):
		return usageOf("nexthop")
	}
	return bad("Command \"%s\" is unknown, try \"ip nexthop help\".", s)
}

// nexthopID reads "id N".
func (c *ipCmd) nexthopID(a *args) (uint32, error) {
	id := uint32(0)
	for a.more() {
		s := a.next()
		if s != "id" {
			return 0, usageOf("nexthop")
		}
		n, err := number32(a, "invalid id value")
		if err != nil {
			return 0, err
		}
		id = n
	}
	return id, nil
}

func (c *ipCmd) nexthopAdd(a *args, replace bool) error {
	n := inet.Nexthop{}
	some, v6 := false, c.fam == 6
	for a.more() {
		var err error
		switch k := a.next(); k {
		case "id":
			n.ID, err = number32(a, "invalid id value")
		case "dev":
			s, e := need(a)
			if e != nil {
				return e
			}
			if n.Dev = c.devNamed(s); n.Dev == nil {
				return invarg("Device does not exist\n", s)
			}
			some = true
		case "via":
			s, e := need(a)
			if e != nil {
				return e
			}
			if s == "inet" || s == "inet6" {
				s = a.next()
			}
			n.Gw, _, err = prefix(s, "address", c.fam)
			v6 = v6 || err == nil && !n.Gw.Is4()
			some = true
		case "blackhole":
			n.Blackhole, some = true, true
		case "onlink":
			n.Onlink = true
		case "group":
			s, e := need(a)
			if e != nil {
				return e
			}
			n.Group, err = nexthopGroup(s)
			some = true
		case "type":
			if s := a.next(); s == "resilient" {
				return other("not modelled: ip nexthop add … type resilient")
			} else if s != "mpath" {
				return bad("Error: argument \"%s\" is wrong: \"type\" value is invalid", s)
			}
		case "protocol", "proto":
			s, e := need(a)
			if e != nil {
				return e
			}
			p, ok := protoNumber(s)
			if !ok {
				return invarg("\"protocol\" value is invalid\n", s)
			}
			n.Protocol = p
		case "encap", "fdb":
			return other("not modelled: ip nexthop add … %s", k)
		default:
			if begins(k, "help") {
				return usageOf("nexthop")
			}
			return bad("Error: either \"id\" is duplicate, or \"%s\" is a garbage.", k)
		}
		if err != nil {
			return err
		}
	}
	if !some {
		return kernelSays("Invalid address family.")
	}
	_ = v6
	e, words := c.p.host.AddNexthop(n, replace)
	if words != "" {
		return kernelSays(words)
	}
	return answer(e)
}

// nexthopGroup reads 1,3/2 : ids with weights.
func nexthopGroup(s string) ([]inet.NexthopWeight, error) {
	var l []inet.NexthopWeight
	for _, w := range strings.Split(s, "/") {
		id, weight, has := strings.Cut(w, ",")
		n, err := strconv.ParseUint(id, 0, 32)
		if err != nil || n == 0 {
			return nil, invarg("\"group\" value is invalid\n", s)
		}
		g := inet.NexthopWeight{ID: uint32(n), Weight: 1}
		if has {
			if g.Weight, err = strconv.Atoi(weight); err != nil || g.Weight < 1 || g.Weight > 256 {
				return nil, invarg("\"group\" value is invalid\n", s)
			}
		}
		l = append(l, g)
	}
	return l, nil
}

func (c *ipCmd) nexthopGet(id uint32) error {
	n := inet.NexthopsOf(c.p.host.NS).Find(id)
	if n == nil {
		return answer(2)
	}
	if c.json {
		c.list = []any{}
	}
	c.nexthopLine(n)
	return nil
}

func (c *ipCmd) nexthopShow(a *args, flush bool) error {
	var dev *core.Device
	id, groups, proto := uint32(0), false, -1
	for a.more() {
		var err error
		switch k := a.next(); k {
		case "id":
			id, err = number32(a, "invalid id value")
		case "dev":
			s, e := need(a)
			if e != nil {
				return e
			}
			if dev = c.devNamed(s); dev == nil {
				return invarg("Device does not exist\n", s)
			}
		case "groups":
			groups = true
		case "proto", "protocol":
			s, e := need(a)
			if e != nil {
				return e
			}
			n, ok := strconv.ParseUint(s, 0, 8)
			if ok != nil {
				return invarg("invalid protocol value", s)
			}
			proto = int(n)
		case "vrf", "master", "fdb":
			return other("not modelled: ip nexthop show %s", k)
		default:
			if begins(k, "help") {
				return usageOf("nexthop")
			}
			return usageOf("nexthop")
		}
		if err != nil {
			return err
		}
	}
	if id != 0 && !flush {
		return c.nexthopGet(id)
	}
	if c.json && !flush {
		c.list = []any{}
	}
	h, gone := c.p.host, 0
	for _, n := range inet.NexthopsOf(h.NS).List() {
		if dev != nil && n.Dev != dev || groups && len(n.Group) == 0 || proto >= 0 && int(n.Protocol) != proto || flush && id != 0 && n.ID != id {
			continue
		}
		if flush {
			if h.DelNexthop(n.ID) == 0 {
				gone++
			}
			continue
		}
		c.nexthopLine(n)
	}
	if flush {
		c.p.outf("Flushed %d nexthops\n", gone)
	}
	return nil
}

// nexthopLine is print_nexthop.
func (c *ipCmd) nexthopLine(n *inet.Nexthop) {
	var b strings.Builder
	o := object{{"id", n.ID}}
	fmt.Fprintf(&b, "id %d ", n.ID)
	if len(n.Group) > 0 {
		var list []any
		b.WriteString("group ")
		for i, g := range n.Group {
			if i > 0 {
				b.WriteString("/")
			}
			m := object{{"id", g.ID}}
			fmt.Fprintf(&b, "%d", g.ID)
			if g.Weight > 1 {
				fmt.Fprintf(&b, ",%d", g.Weight)
				m.add("weight", g.Weight)
			}
			list = append(list, m)
		}
		b.WriteString(" ")
		o.add("group", list)
	}
	if !n.Gw.IsZero() && n.Gw != (wire.Addr{}) {
		b.WriteString("via " + n.Gw.String() + " ")
		o.add("gateway", n.Gw.String())
	}
	if n.Dev != nil {
		b.WriteString("dev " + n.Dev.Name + " ")
		o.add("dev", n.Dev.Name)
	}
	scope := "global"
	if n.Dev != nil {
		scope = "host"
		if !n.Gw.IsZero() {
			scope = "link"
		}
	}
	if scope != "global" || c.details {
		b.WriteString("scope " + scope + " ")
		o.add("scope", scope)
	}
	if n.Blackhole {
		b.WriteString("blackhole ")
		o.add("blackhole", nil)
	}
	if n.Protocol != 0 || c.details {
		b.WriteString("proto " + protoName(n.Protocol) + " ")
		o.add("protocol", protoName(n.Protocol))
	}
	flags := []any{}
	if n.Onlink {
		b.WriteString("onlink ")
		flags = append(flags, "onlink")
	}
	o.add("flags", flags)
	c.print(b.String()+"\n", o)
}
