package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// neigh is ip neighbour.
func (c *ipCmd) neigh(a *args) error {
	if !a.more() {
		return c.neighShow(a, false)
	}
	s := a.next()
	switch v := verb(s, "add", "change", "chg", "replace", "delete", "get", "show", "lst", "list", "flush"); v {
	case "add", "change", "chg", "replace", "delete":
		return c.neighMod(a, v)
	case "show", "lst", "list":
		return c.neighShow(a, false)
	case "flush":
		return c.neighShow(a, true)
	case "get":
		return c.neighGet(a)
	}
	return bad("Command \"%s\" is unknown, try \"ip neigh help\".", s)
}

var nudNames = [...]struct {
	bit  uint8
	name string
}{{core.NUDIncomplete, "INCOMPLETE"}, {core.NUDReachable, "REACHABLE"}, {core.NUDStale, "STALE"}, {core.NUDDelay, "DELAY"}, {core.NUDProbe, "PROBE"},
	{core.NUDFailed, "FAILED"}, {core.NUDNoARP, "NOARP"}, {core.NUDPermanent, "PERMANENT"}}

func (c *ipCmd) neighMod(a *args, v string) error {
	var dst wire.Addr
	var mac wire.MAC
	var dev string
	have, hasMac, proxy := false, false, false
	state := uint8(core.NUDPermanent)
	router, use, learned := false, false, false
	for a.more() {
		k := a.next()
		switch k {
		case "lladdr":
			m, err := c.mac(a.next())
			if err != nil {
				return err
			}
			mac, hasMac = m, true
		case "nud":
			s := a.next()
			ok := s == "none"
			if ok {
				state = 0
			}
			for _, n := range nudNames {
				if strings.EqualFold(n.name, s) {
					state, ok = n.bit, true
				}
			}
			if !ok {
				return invarg("nud state is bad", s)
			}
		case "dev":
			dev = a.next()
		case "router":
			router = true
		case "proxy":
			k = a.next()
			p, _, err := prefix(k, "address", c.fam)
			if err != nil {
				return err
			}
			dst, have, proxy = p, true, true
		case "use":
			use, state = true, 0
		case "extern_learn":
			learned = true
		case "managed", "protocol":
			return other("not modelled: ip neigh … %s", k)
		default:
			if k == "to" {
				k = a.next()
			}
			if have {
				return bad("Error: either \"to\" is duplicate, or \"%s\" is a garbage.", k)
			}
			p, _, err := prefix(k, "address", c.fam)
			if err != nil {
				return err
			}
			dst, have = p, true
		}
	}
	if proxy && have {
		return c.neighProxy(v, dst, dev)
	}
	if dev == "" || !have {
		return bad("Device and destination are required arguments.")
	}
	d, err := c.dev(dev)
	if err != nil {
		return err
	}
	t := c.p.host.NS.Neigh4
	if !dst.Is4() {
		t = c.p.host.NS.Neigh6
	}
	n := t.Lookup(dst, d)
	switch {
	case v == "delete":
		if n == nil {
			return answer(2)
		}
		t.Remove(n)
		return nil
	case n != nil && v == "add":
		return answer(17)
	case n == nil && (v == "change" || v == "chg"):
		return answer(2)
	}
	bare := !hasMac && state&core.NUDValid != 0 && (n == nil || n.State&core.NUDValid == 0)
	if n == nil {
		make := t.Create
		if state&core.NUDPermanent != 0 || learned {
			make = t.CreatePermanent
		}
		n = make(dst, d)
	}
	if n == nil {
		return answer(105)
	}
	if bare { // the entry is there all the same
		return kernelSays("No link layer address given.")
	}
	if use {
		n.EventSend(nil)
		return nil
	}
	if !hasMac {
		mac = n.Addr
	}
	n.Learned = learned
	n.Router = router
	return answer(t.Update(n, mac, state, core.NeighUpdateOverride|core.NeighUpdateAdmin))
}

// neighProxy is ip neigh add proxy: an address that is answered for.
func (c *ipCmd) neighProxy(v string, dst wire.Addr, dev string) error {
	if !dst.Is4() {
		return other("not modelled: ip -6 neigh … proxy")
	}
	p := ipv4.Proxy{Addr: dst.IP4()}
	if dev != "" {
		d, err := c.dev(dev)
		if err != nil {
			return err
		}
		p.Dev = d
	}
	if v == "delete" {
		return answer(c.p.host.IPv4.DelProxy(p))
	}
	c.p.host.IPv4.AddProxy(p)
	return nil
}

// neighShowProxies is ip neigh show proxy.
func (c *ipCmd) neighShowProxies(only *core.Device) {
	for _, q := range c.p.host.IPv4.Proxies() {
		if only != nil && q.Dev != only || c.fam == 6 {
			continue
		}
		o := object{{"dst", q.Addr.Addr().String()}}
		s := q.Addr.Addr().String() + " "
		if q.Dev != nil && only == nil {
			s += "dev " + q.Dev.Name + " "
			o.add("dev", q.Dev.Name)
		}
		o.add("proxy", nil)
		o.add("state", []any{})
		c.print(s+"proxy \n", o)
	}
}

func (c *ipCmd) neighShow(a *args, flush bool) error {
	var only *core.Device
	var to wire.Addr
	toLen, hasTo := 0, false
	mask, hasMask := uint8(0), false
	some, proxies, unused := false, false, false
	for a.more() {
		s := a.next()
		some = true
		switch s {
		case "dev":
			d, err := c.dev(a.next())
			if err != nil {
				return err
			}
			only = d
		case "nud":
			v := a.next()
			hasMask = true
			if v == "all" {
				mask = 255
				continue
			}
			ok := false
			for _, n := range nudNames {
				if strings.EqualFold(n.name, v) {
					mask |= n.bit
					ok = true
				}
			}
			if !ok {
				return invarg("nud state is bad", v)
			}
		case "proxy":
			proxies = true
		case "unused":
			unused = true
		case "vrf", "nomaster", "master":
			return other("not modelled: ip neigh show %s", s)
		default:
			if s == "to" {
				s = a.next()
			}
			if s == "all" || s == "any" || s == "default" {
				continue
			}
			p, n, err := prefix(s, "prefix", c.fam)
			if err != nil {
				return err
			}
			to, toLen, hasTo = p, n, true
		}
	}
	if proxies && !flush {
		if c.json {
			c.list = []any{}
		}
		c.neighShowProxies(only)
		return nil
	}
	if flush && !some {
		return other("Flush requires arguments.")
	}
	if !hasMask {
		mask = 255 &^ core.NUDNoARP
		if flush {
			mask = 255 &^ (core.NUDNoARP | core.NUDPermanent)
		}
	}
	if c.json {
		c.list = []any{}
	}
	now, gone := c.p.lab.now(), 0
	for _, t := range [...]*core.NeighTable{c.p.host.NS.Neigh4, c.p.host.NS.Neigh6} {
		if t == nil || c.fam == 4 && t.Family != core.AFInet || c.fam == 6 && t.Family == core.AFInet {
			continue
		}
		var list []*core.Neighbour
		t.Each(func(n *core.Neighbour) {
			four := t.Family == core.AFInet
			if unused && n.State&core.NUDInTimer != 0 { // a timer holds it
				return
			}
			if only != nil && n.Dev != only || n.State&mask == 0 && !n.Learned && !(n.State == 0 && hasMask && mask == 255) {
				return
			}
			if hasTo && (to.Is4() != four || four && (n.Key.IP4()^to.IP4()).Mask(toLen) != 0 || !four && n.Key.Mask(toLen) != to.Mask(toLen)) {
				return
			}
			list = append(list, n)
		})
		for _, n := range list {
			if flush {
				t.Remove(n)
				gone++
				continue
			}
			o := object{{"dst", n.Key.String()}}
			s := n.Key.String() + " "
			if only == nil {
				s += "dev " + n.Dev.Name + " "
				o.add("dev", n.Dev.Name)
			}
			if n.State&core.NUDValid != 0 {
				s += "lladdr " + n.Addr.String() + " "
				o.add("lladdr", n.Addr.String())
			}
			if n.Router {
				s += "router "
				o.add("router", nil)
			}
			if n.Learned {
				s += "extern_learn "
				o.add("extern_learn", nil)
			}
			if c.stats > 0 {
				if n.State&core.NUDInTimer != 0 {
					s += " ref 1"
				}
				s += fmt.Sprintf(" used %d/%d/%d", (now-n.Used)/sim.Second, (now-n.Confirmed)/sim.Second, (now-n.Updated)/sim.Second)
				s += fmt.Sprintf("probes %d ", n.Probes)
			}
			st := []any{}
			for _, x := range nudNames {
				if n.State&x.bit != 0 {
					s += x.name + " "
					st = append(st, x.name)
				}
			}
			o.add("state", st)
			c.print(s+"\n", o)
		}
	}
	if flush && c.stats > 0 {
		if gone == 0 {
			c.p.out("Nothing to flush.\n")
		} else {
			c.p.outf("\n*** Round 1, deleting %d entries ***\n*** Flush is complete after 1 round ***\n", gone)
		}
	}
	return nil
}
