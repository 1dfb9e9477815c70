package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// addr is ip address.
func (c *ipCmd) addr(a *args) error {
	if !a.more() {
		return c.addrShow(a, false)
	}
	s := a.next()
	switch v := verb(s, "add", "change", "chg", "replace", "delete", "show", "lst", "list", "flush", "save", "showdump", "restore", "help"); v {
	case "add", "replace", "change", "chg":
		return c.addrMod(a, v)
	case "delete":
		return c.addrMod(a, v)
	case "show", "lst", "list":
		return c.addrShow(a, false)
	case "flush":
		return c.addrShow(a, true)
	case "":
	case "help":
		return usageOf("addr")
	default:
		return other("not modelled: ip addr %s", v)
	}
	return bad("Command \"%s\" is unknown, try \"ip address help\".", s)
}

// addrMod adds and deletes addresses.
func (c *ipCmd) addrMod(a *args, v string) error {
	var d *core.Device
	var local wire.Addr
	plen, have, hasLen, label := 0, false, false, ""
	o4, o6 := ipv4.AddrOpts{}, ipv6.AddrOpts{}
	var brd, devName string
	scoped := false
	for a.more() {
		k := a.next()
		switch k {
		case "dev":
			devName = a.next()
		case "brd", "broadcast":
			brd = a.next()
		case "peer", "remote":
			s := a.next()
			p, n, err := prefix(s, "prefix", c.fam)
			if err != nil {
				return err
			}
			o4.Peer, o6.Peer = p.IP4(), p
			if !hasLen {
				plen = n
			}
			plen = n
		case "scope":
			s := a.next()
			n, err := c.scope(s)
			if err != nil {
				return invarg("invalid scope value.", s)
			}
			o4.Scope, scoped = uint8(n), true
		case "nodad":
			o6.NoDAD = true
		case "noprefixroute":
			o4.NoPrefixRoute, o6.NoPrefixRoute = true, true
		case "label":
			label = a.next()
		case "metric", "priority", "preference":
			n, err := strconv.Atoi(a.next())
			if err != nil {
				return invarg("invalid priority value\n", "")
			}
			o6.Metric = n
		case "valid_lft", "preferred_lft":
			s := a.next()
			if s == "forever" {
				continue
			}
			n, err := strconv.ParseUint(strings.TrimSuffix(s, "sec"), 0, 32)
			if err != nil {
				return invarg(k+" value", s)
			}
			if k == "valid_lft" {
				o6.ValidLft = sim.Time(n) * sim.Second
			} else {
				o6.PrefLft = sim.Time(n) * sim.Second
				o6.Deprecated = n == 0
			}
		case "home", "mngtmpaddr", "optimistic", "autojoin", "anycast", "proto":
			return other("not modelled: ip addr add … %s", k)
		default:
			if k == "local" {
				k = a.next()
			}
			if have {
				return bad("Error: either \"local\" is duplicate, or \"%s\" is a garbage.", k)
			}
			p, n, err := prefix(k, "prefix", c.fam)
			if err != nil {
				return err
			}
			local, have, hasLen = p, true, strings.Contains(k, "/")
			if o4.Peer == 0 && o6.Peer.IsZero() {
				plen = n
			}
		}
	}
	if devName == "" {
		return other("Not enough information: \"dev\" argument is required.")
	}
	if !have && v == "delete" {
		return other("Not enough information: \"local\" argument is required.")
	}
	var err error
	if d, err = c.dev(devName); err != nil {
		return err
	}
	if !have {
		return answer(22)
	}
	h := c.p.host
	if v == "delete" && !hasLen && o4.Peer == 0 && local.Is4() {
		plen = -1
	}
	if local.Is4() {
		switch brd {
		case "":
		case "+":
			o4.AutoBroadcast = true
		case "-":
		default:
			b, _, err := prefix(brd, "address", 4)
			if err != nil {
				return err
			}
			o4.Broadcast = b.IP4()
		}
		if !scoped && local.IP4()>>24 == 127 {
			o4.Scope = ipv4.ScopeHost
		}
		if label != "" {
			if !strings.HasPrefix(label, d.Name) {
				return other("\"dev\" (%s) must match \"label\" (%s).", d.Name, label)
			}
			o4.Label = label
		}
		if v == "delete" {
			if e := h.IPv4.DelAddr(d, local.IP4(), plen); e != 0 {
				if e == 99 {
					return kernelSays("ipv4: Address not found.")
				}
				return answer(e)
			}
			return nil
		}
		e := h.IPv4.AddAddr(d, local.IP4(), plen, o4)
		if e == 17 {
			if v != "add" {
				return nil
			}
			return kernelSays("ipv4: Address already assigned.")
		}
		return answer(e)
	}
	if v == "delete" {
		if !hasLen {
			plen = 128
			for _, x := range h.IPv6.Addrs(d) {
				if x.Addr == local {
					plen = x.Plen
				}
			}
		}
		if e := h.IPv6.DelAddr(d, local, plen); e != 0 {
			if e == 99 {
				return kernelSays("ipv6: address not found.")
			}
			return answer(e)
		}
		return nil
	}
	if cf := h.IPv6.Conf(d); cf != nil && cf.DisableIPv6 != 0 {
		return kernelSays("ipv6: IPv6 is disabled on this device.")
	}
	e := h.IPv6.AddAddr(d, local, plen, o6)
	if e == 17 {
		if v != "add" {
			return nil
		}
		return kernelSays("ipv6: address already assigned.")
	}
	return answer(e)
}

// addrShow is ip addr show, and flush with the same selectors.
func (c *ipCmd) addrShow(a *args, flush bool) error {
	up, kind, scopeF := false, "", -1
	var only *core.Device
	var to wire.Addr
	toLen, hasTo := 0, false
	label := ""
	dyn, perm, tent := false, false, false
	filter := false
	some := false
	for a.more() {
		s := a.next()
		some = true
		switch s {
		case "up":
			up = true
		case "to":
			p, n, err := prefix(a.next(), "prefix", c.fam)
			if err != nil {
				return err
			}
			to, toLen, hasTo, filter = p, n, true, true
		case "scope":
			v := a.next()
			n, err := c.scope(v)
			if v == "all" {
				continue
			}
			if err != nil {
				return invarg("invalid \"scope\"\n", v)
			}
			scopeF, filter = n, true
		case "type":
			kind = a.next()
		case "label":
			label, filter = a.next(), true
		case "dynamic":
			dyn, filter = true, true
		case "permanent":
			perm, filter = true, true
		case "tentative":
			tent, filter = true, true
		case "primary", "secondary", "deprecated", "dadfailed", "master", "group", "vrf":
			return other("not modelled: ip addr show %s", s)
		case "dev":
			s = a.next()
			fallthrough
		default:
			if only = c.p.host.NS.DevByName(s); only == nil {
				return other("Device \"%s\" does not exist.", s)
			}
		}
	}
	if flush && !some {
		return bad("Flush requires arguments.")
	}
	h := c.p.host
	if c.json {
		c.list = []any{}
	}
	for _, d := range h.NS.Devices {
		if d == nil || only != nil && d != only || up && !d.Up() || kind != "" && c.kind(d) != kind {
			continue
		}
		var texts []string
		var infos []any
		var brief []string
		if c.fam != 6 {
			for _, x := range h.IPv4.Addrs(d) {
				if hasTo && (!to.Is4() || (x.Local^to.IP4()).Mask(toLen) != 0) || scopeF >= 0 && int(x.Scope) != scopeF || label != "" && !match(label, labelOf(x, d)) || dyn || tent {
					continue
				}
				if flush {
					h.IPv4.DelAddr(d, x.Local, x.Plen)
					continue
				}
				t, o, br := inetLine(x, d)
				texts, infos, brief = append(texts, t), append(infos, o), append(brief, br)
			}
		}
		if c.fam != 4 {
			for _, x := range append([]*ipv6.Addr6(nil), h.IPv6.Addrs(d)...) {
				sc := scope6(x)
				if hasTo && (to.Is4() || x.Addr.Mask(toLen) != to.Mask(toLen)) || scopeF >= 0 && sc != scopeName(uint8(scopeF)) || label != "" || dyn && x.ValidUntil == 0 || perm && x.ValidUntil != 0 ||
					tent && x.Flags&ipv6.AddrTentative == 0 {
					continue
				}
				if flush {
					h.IPv6.DelAddr(d, x.Addr, x.Plen)
					continue
				}
				t, o, br := c.inet6Line(x)
				texts, infos, brief = append(texts, t), append(infos, o), append(brief, br)
			}
		}
		if flush || len(texts) == 0 && (c.fam != 0 || filter) {
			continue
		}
		switch {
		case c.brief:
			if c.json {
				o := object{{"ifname", d.Name}, {"operstate", operState(d)}, {"addr_info", briefInfo(infos)}}
				c.list = append(c.list, o)
				continue
			}
			c.p.out(c.briefHead(d))
			for _, b := range brief {
				c.p.out(b + " ")
			}
			c.p.out("\n")
		case c.one && !c.json:
			for _, t := range texts {
				c.p.outf("%d: %s    %s\n", d.Index, d.Name, strings.ReplaceAll(strings.TrimPrefix(t, "    "), "\n", "\\"))
			}
		default:
			text, o := c.linkHead(d, false)
			if c.fam != 0 { // without the link address
				first, second, _ := strings.Cut(text, "\n")
				if i := strings.Index(second, " link-netns"); i >= 0 {
					first += second[i:]
				}
				text = first
				var keep object
				for _, m := range o {
					if m.key != "link_type" && m.key != "address" && m.key != "broadcast" {
						keep = append(keep, m)
					}
				}
				o = keep
			}
			for _, t := range texts {
				text += "\n" + t
			}
			text += "\n"
			if c.stats > 0 && c.fam == 0 {
				text += linkStats(d, c.stats)
			}
			if infos == nil {
				infos = []any{}
			}
			o.add("addr_info", infos)
			c.print(text, o)
		}
	}
	return nil
}

func briefInfo(infos []any) []any {
	out := []any{}
	for _, i := range infos {
		var keep object
		for _, m := range i.(object) {
			if m.key == "local" || m.key == "prefixlen" || m.key == "metric" {
				keep = append(keep, m)
			}
		}
		out = append(out, keep)
	}
	return out
}

func labelOf(x ipv4.Addr, d *core.Device) string {
	if x.Label != "" {
		return x.Label
	}
	return d.Name
}

func inetLine(x ipv4.Addr, d *core.Device) (string, object, string) {
	o := object{{"family", "inet"}, {"local", x.Local.String()}}
	s := "    inet " + x.Local.String()
	brief := x.Local.String()
	if x.Peer != 0 {
		s += " peer " + x.Peer.String()
		brief += " peer " + x.Peer.String()
		o.add("address", x.Peer.String())
	}
	s += fmt.Sprintf("/%d", x.Plen)
	brief += fmt.Sprintf("/%d", x.Plen)
	o.add("prefixlen", x.Plen)
	if x.Broadcast != 0 {
		s += " brd " + x.Broadcast.String()
		o.add("broadcast", x.Broadcast.String())
	}
	s += " scope " + scopeName(x.Scope)
	o.add("scope", scopeName(x.Scope))
	if x.Secondary {
		s += " secondary"
		o.add("secondary", true)
	}
	if x.NoPrefixRoute {
		s += " noprefixroute"
		o.add("noprefixroute", true)
	}
	s += " " + labelOf(x, d)
	o.add("label", labelOf(x, d))
	o.add("valid_life_time", uint32(0xffffffff))
	o.add("preferred_life_time", uint32(0xffffffff))
	return s + "\n       valid_lft forever preferred_lft forever", o, brief
}

func scope6(x *ipv6.Addr6) string {
	switch {
	case x.Addr.IsLoopback():
		return "host"
	case x.Addr.IsLinkLocal():
		return "link"
	case x.Addr.Hi>>54 == 0xfec0>>6:
		return "site"
	}
	return "global"
}

func (c *ipCmd) inet6Line(x *ipv6.Addr6) (string, object, string) {
	o := object{{"family", "inet6"}, {"local", x.Addr.String()}}
	s := "    inet6 " + x.Addr.String()
	brief := x.Addr.String()
	if !x.Peer.IsZero() {
		s += " peer " + x.Peer.String()
		brief += " peer " + x.Peer.String()
		o.add("address", x.Peer.String())
	}
	s += fmt.Sprintf("/%d scope %s ", x.Plen, scope6(x))
	brief += fmt.Sprintf("/%d", x.Plen)
	o.add("prefixlen", x.Plen)
	o.add("scope", scope6(x))
	now := c.p.lab.now()
	flag := func(on bool, name string) {
		if on {
			s += name + " "
			o.add(name, true)
		}
	}
	flag(x.Flags&ipv6.AddrTemporary != 0, "temporary")
	flag(x.Flags&ipv6.AddrNoDAD != 0 && !x.Addr.IsLoopback(), "nodad")
	flag(x.Flags&ipv6.AddrOptimistic != 0, "optimistic")
	flag(x.Flags&ipv6.AddrDADFailed != 0, "dadfailed")
	flag(x.Flags&ipv6.AddrHomeAddress != 0, "home")
	flag(x.Flags&ipv6.AddrDeprecated != 0, "deprecated")
	flag(x.Flags&ipv6.AddrTentative != 0, "tentative")
	flag(x.Flags&ipv6.AddrPermanent == 0, "dynamic")
	flag(x.Flags&ipv6.AddrNoPrefixRoute != 0 && !x.Addr.IsLoopback(), "noprefixroute")
	left := func(t sim.Time) (string, any) {
		if t == 0 {
			return "forever", uint32(0xffffffff)
		}
		n := int64(max(0, t-now) / sim.Second)
		return fmt.Sprintf("%dsec", n), n
	}
	v, vn := left(x.ValidUntil)
	pr, pn := left(x.PreferredUntil)
	if x.Flags&ipv6.AddrDeprecated != 0 && x.PreferredUntil == 0 {
		pr, pn = "0sec", 0
	}
	o.add("valid_life_time", vn)
	o.add("preferred_life_time", pn)
	return s + fmt.Sprintf("\n       valid_lft %s preferred_lft %s", v, pr), o, brief
}

// maddr is ip maddress.
func (c *ipCmd) maddr(a *args) error {
	var only *core.Device
	for a.more() {
		s := a.next()
		if s == "show" || s == "list" {
			continue
		}
		if s == "add" || s == "del" {
			return other("not modelled: ip maddress %s", s)
		}
		if s == "dev" {
			s = a.next()
		}
		if only = c.p.host.NS.DevByName(s); only == nil {
			return other("Device \"%s\" does not exist.", s)
		}
	}
	for _, d := range c.p.host.NS.Devices {
		if d == nil || only != nil && d != only {
			continue
		}
		c.p.outf("%d:\t%s\n", d.Index, d.Name)
		if c.fam == 0 {
			for _, m := range d.Groups {
				c.p.outf("\tlink  %s\n", m)
			}
		}
		if c.fam != 6 {
			for _, g := range c.p.host.IPv4.Groups(d) {
				c.p.outf("\tinet  %s\n", g)
			}
		}
		if c.fam != 4 {
			for _, g := range c.p.host.IPv6.Groups(d) {
				c.p.outf("\tinet6 %s\n", g)
			}
		}
	}
	return nil
}

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
		return other("not modelled: ip neigh get")
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
	have, hasMac := false, false
	state := uint8(core.NUDPermanent)
	router := false
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
			ok := false
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
		case "proxy", "extern_learn", "managed", "use", "protocol":
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
	if !hasMac && state&(core.NUDPermanent|core.NUDReachable|core.NUDStale|core.NUDDelay|core.NUDProbe) != 0 && n == nil {
		return answer(22)
	}
	if n == nil {
		n = t.Create(dst, d)
	}
	if !hasMac {
		mac = n.Addr
	}
	n.Router = router
	return answer(t.Update(n, mac, state, core.NeighUpdateOverride|core.NeighUpdateAdmin))
}

func (c *ipCmd) neighShow(a *args, flush bool) error {
	var only *core.Device
	var to wire.Addr
	toLen, hasTo := 0, false
	mask, hasMask := uint8(0), false
	some := false
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
		case "proxy", "unused", "vrf", "nomaster", "master":
			return other("not modelled: ip neigh show %s", s)
		default:
			if s == "to" {
				s = a.next()
			}
			p, n, err := prefix(s, "prefix", c.fam)
			if err != nil {
				return err
			}
			to, toLen, hasTo = p, n, true
		}
	}
	if flush && !some {
		return bad("Flush requires arguments.")
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
	now := c.p.lab.now()
	for _, t := range [...]*core.NeighTable{c.p.host.NS.Neigh4, c.p.host.NS.Neigh6} {
		if t == nil || c.fam == 4 && t.Family != core.AFInet || c.fam == 6 && t.Family == core.AFInet {
			continue
		}
		var list []*core.Neighbour
		t.Each(func(n *core.Neighbour) {
			four := t.Family == core.AFInet
			if only != nil && n.Dev != only || n.State&mask == 0 && !(n.State == 0 && hasMask && mask == 255) {
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
	return nil
}
