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

// nexthopAdd is ipnh_modify.
func (c *ipCmd) nexthopAdd(a *args, replace bool) error {
	n := inet.Nexthop{}
	fam := c.fam
	for a.more() {
		if err := c.nexthopWord(&n, &fam, a); err != nil {
			return err
		}
	}
	switch {
	case fam == 0 && len(n.Group) == 0:
		return ack(22, inet.AckNHFamily)
	case fam != 0 && len(n.Group) > 0:
		return ack(22, inet.AckNHGroupFamily)
	}
	n.Six = fam == 6
	var words inet.Extack
	return ack(c.p.host.AddNexthop(n, replace, &words), words)
}

func (c *ipCmd) nexthopWord(n *inet.Nexthop, fam *int, a *args) (err error) {
	four := func() {
		if *fam == 0 {
			*fam = 4
		}
	}
	switch k := a.next(); {
	case k == "id":
		n.ID, err = a.u32("invalid id value")
	case k == "dev":
		s, e := need(a)
		if e != nil {
			return e
		}
		if n.Dev = c.devNamed(s); n.Dev == nil {
			return invarg("Device does not exist\n", s)
		}
		four()
	case k == "via":
		f := *fam
		s, e := need(a)
		if e != nil {
			return e
		}
		if s == "inet" || s == "inet6" {
			f = map[string]int{"inet": 4, "inet6": 6}[s]
			if s, err = need(a); err != nil {
				return err
			}
		}
		p, e := getAddr(s, f)
		if e != nil {
			return e
		}
		if *fam == 0 {
			*fam = p.fam
		} else if *fam != p.fam {
			return invarg("address family mismatch\n", s)
		}
		n.Via = true
		if n.Gw = p.addr; p.fam == 4 && p.addr.IP4() == 0 {
			n.Gw = wire.Addr{}
		}
	case k == "blackhole":
		n.Blackhole = true
		four()
	case k == "onlink":
		n.Onlink = true
	case k == "group":
		s, e := need(a)
		if e != nil {
			return e
		}
		n.Group, err = nexthopGroup(s)
	case k == "type":
		s, e := need(a)
		if e != nil {
			return e
		}
		if s == "resilient" {
			return other("not modelled: ip nexthop add … type resilient")
		} else if s != "mpath" {
			return invarg("\"type\" value is invalid\n", s)
		}
	case short(k, "protocol"):
		n.Protocol, err = a.protocol("\"protocol\" value is invalid\n")
	case k == "encap", k == "fdb":
		return other("not modelled: ip nexthop add … %s", k)
	case k == "help":
		return usageOf("nexthop")
	default:
		return invarg("", k)
	}
	return err
}

// nexthopGroup reads 1,3/2 : ids with weights (add_nh_group_attr).
func nexthopGroup(s string) ([]inet.NexthopWeight, error) {
	var l []inet.NexthopWeight
	wrong := invarg("\"group\" value is invalid\n", s)
	for _, w := range strings.Split(s, "/") {
		id, weight, has := strings.Cut(w, ",")
		n, ok := strtoulMax(id, 0, 1<<32-1)
		if !ok || n == 0 {
			return nil, wrong
		}
		g := inet.NexthopWeight{ID: uint32(n), Weight: 1}
		if has {
			v, ok := strtoulMax(weight, 0, 1<<32-1)
			if !ok || v == 0 || v > 256 {
				return nil, invarg("\"weight\" is invalid\n", weight)
			}
			g.Weight = int(v)
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
	switch {
	case flush && gone == 0:
		c.p.out("Nothing to flush\n")
	case flush:
		c.p.outf("Flushed %d nexthops\n", gone)
	}
	return nil
}

// nexthopLine prints an object.
func (c *ipCmd) nexthopLine(n *inet.Nexthop) {
	p := c.nexthopText(n)
	c.print(p.b.String()+"\n", p.o)
}

// nexthopText is __print_nexthop_entry.
func (c *ipCmd) nexthopText(n *inet.Nexthop) *shown {
	p := &shown{}
	p.any("id", "id %d ", n.ID)
	if len(n.Group) > 0 {
		p.nexthopGroup(n.Group)
	}
	if !n.Gw.IsZero() {
		p.any("gateway", "via %s ", n.Gw.String())
	}
	if n.Dev != nil {
		p.any("dev", "dev %s ", n.Dev.Name)
	}
	scope := uint8(0)
	if !n.Blackhole && len(n.Group) == 0 {
		scope = n.Scope
	}
	if scope != 0 || c.details {
		p.any("scope", "scope %s ", scopeName(scope))
	}
	if n.Blackhole {
		p.null("blackhole", "blackhole ")
	}
	if n.Protocol != 0 || c.details {
		p.any("protocol", "proto %s ", protoName(n.Protocol))
	}
	f := uint8(0)
	if n.Onlink {
		f = msgOnlink
	}
	if n.Dev != nil && !n.Dev.Running() {
		f |= msgLinkdown
	}
	p.flags(f, false)
	return p
}

func (p *shown) nexthopGroup(l []inet.NexthopWeight) {
	var list []any
	p.text("group ")
	for i, g := range l {
		if i > 0 {
			p.text("/")
		}
		m := object{{"id", g.ID}}
		fmt.Fprintf(&p.b, "%d", g.ID)
		if g.Weight > 1 {
			fmt.Fprintf(&p.b, ",%d", g.Weight)
			m.add("weight", g.Weight)
		}
		list = append(list, m)
	}
	p.text(" ")
	p.o.add("group", list)
}
