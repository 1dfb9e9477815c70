package lab

import (
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
			o6.Metric, o4.Metric = n, uint32(n)
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
				o4.ValidLft = o6.ValidLft
			} else {
				o6.PrefLft = sim.Time(n) * sim.Second
				o4.PrefLft = max(o6.PrefLft, 1)
				o6.Deprecated = n == 0
			}
		case "optimistic": // optimistic_dad is off: the kernel takes it for nothing
		case "home", "mngtmpaddr", "autojoin", "anycast", "proto":
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
			o4.Label = label
		}
		if v == "delete" {
			if plen < 0 {
				c.p.errf("Warning: Executing wildcard deletion to stay compatible with old scripts.\n         Explicitly specify the prefix length (%s/32) to avoid this warning.\n"+
					"         This special behaviour is likely to disappear in further releases,\n         fix your scripts!\n", local)
			}
			if e := h.IPv4.DelAddr(d, local.IP4(), plen); e != 0 {
				if e == 99 {
					return kernelSays("ipv4: Address not found.")
				}
				return answer(e)
			}
			return nil
		}
		if v != "add" && h.IPv4.ChangeAddr(d, local.IP4(), plen, o4) == 0 {
			return nil
		}
		e := h.IPv4.AddAddr(d, local.IP4(), plen, o4)
		if e == 17 {
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
	up, scopeF := false, -1
	var only *core.Device
	var to wire.Addr
	toLen, hasTo := 0, false
	label := ""
	dyn, perm, tent := false, false, false
	filter := false
	some := false
	second, depr := 0, false
	lf := linkFilter{group: -1}
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
			lf.kind = a.next()
		case "label":
			label, filter = a.next(), true
		case "secondary", "temporary":
			second, filter = 1, true
		case "primary":
			second, filter = -1, true
		case "deprecated":
			depr, filter = true, true
		case "master", "nomaster", "group", "vrf":
			if _, err := lf.word(c, s, a); err != nil {
				return err
			}
		case "dynamic":
			dyn, filter = true, true
		case "permanent":
			perm, filter = true, true
		case "tentative":
			tent, filter = true, true
		case "dadfailed":
			return other("not modelled: ip addr show %s", s)
		case "dev":
			s = a.next()
			fallthrough
		default:
			if only = c.p.linkByName(s); only == nil {
				return other("Device \"%s\" does not exist.", s)
			}
		}
	}
	if flush && !some {
		return other("Flush requires arguments.")
	}
	h := c.p.host
	if c.json {
		c.list = []any{}
	}
	for _, d := range h.NS.Devices {
		if d == nil || only != nil && d != only || up && !d.Up() || !lf.match(c, d) {
			continue
		}
		var texts []string
		var infos []any
		var brief []string
		if c.fam != 6 {
			for _, x := range h.IPv4.Addrs(d) {
				if hasTo && (!to.Is4() || (x.Local^to.IP4()).Mask(toLen) != 0) || scopeF >= 0 && int(x.Scope) != scopeF || label != "" && !match(label, labelOf(x, d)) || dyn && !x.Dynamic || perm && x.Dynamic || tent ||
					second > 0 && !x.Secondary || second < 0 && x.Secondary || depr && !x.Deprecated {
					continue
				}
				if flush {
					h.IPv4.DelAddr(d, x.Local, x.Plen)
					continue
				}
				t, o, br := c.inetLine(x, d)
				texts, infos, brief = append(texts, t), append(infos, o), append(brief, br)
			}
		}
		if c.fam != 4 {
			for _, x := range append([]*ipv6.Addr6(nil), h.IPv6.Addrs(d)...) {
				sc := scope6(x)
				if hasTo && (to.Is4() || x.Addr.Mask(toLen) != to.Mask(toLen)) || scopeF >= 0 && sc != scopeName(uint8(scopeF)) || label != "" || dyn && x.ValidUntil == 0 || perm && x.ValidUntil != 0 || depr && x.Flags&ipv6.AddrDeprecated == 0 || second > 0 && x.Flags&ipv6.AddrTemporary == 0 ||
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
				text, o = c.familyHead(d, only == nil, text, o)
			}
			for _, t := range texts {
				text += "\n" + t
			}
			if label != "" && !c.json { // the tool leaves the device out then
				text = strings.Join(texts, "\n")
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
