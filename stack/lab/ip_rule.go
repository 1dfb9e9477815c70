package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// rule is ip rule.
func (c *ipCmd) rule(a *args) error {
	if !a.more() {
		return c.ruleShow(a)
	}
	s := a.next()
	switch v := verb(s, "list", "lst", "show", "add", "delete", "flush", "save", "restore", "help"); v {
	case "list", "lst", "show":
		return c.ruleShow(a)
	case "add", "delete":
		return c.ruleMod(a, v == "add")
	case "flush":
		if c.fam == 6 {
			return other("not modelled: ip -6 rule flush")
		}
		for _, r := range c.p.host.IPv4.Rules() {
			if r.Priority != 0 {
				c.p.host.IPv4.DelRule(r)
			}
		}
		return nil
	case "":
	case "help":
		return usageOf("rule")
	default:
		return other("not modelled: ip rule %s", v)
	}
	return bad("Command \"%s\" is unknown, try \"ip rule help\".", s)
}

func (c *ipCmd) ruleMod(a *args, add bool) error {
	if c.fam == 6 {
		return other("not modelled: ip -6 rule add")
	}
	r := ipv4.Rule{}
	tableOK := false
	if !a.more() && add {
		r.Table, tableOK = ipv4.TableMain, true
	}
	if !a.more() && !add {
		return bad("\"ip rule del\" requires arguments.")
	}
	uint := func(what string) (uint32, error) {
		s, err := need(a)
		if err != nil {
			return 0, err
		}
		n, e := strconv.ParseUint(s, 0, 32)
		if e != nil {
			return 0, invarg(what, s)
		}
		return uint32(n), nil
	}
	for a.more() {
		var err error
		switch k := a.next(); k {
		case "not":
			r.Invert = true
		case "from", "to":
			v, e := need(a)
			if e != nil {
				return e
			}
			if v == "all" || v == "any" || v == "default" {
				continue
			}
			p, n, e := prefix(v, "prefix", c.fam)
			if e != nil {
				return e
			}
			if !p.Is4() {
				return other("not modelled: ip rule for IPv6")
			}
			if k == "from" {
				r.Src, r.SrcLen = p.IP4(), n
			} else {
				r.Dst, r.DstLen = p.IP4(), n
			}
		case "preference", "order", "priority", "pref", "prio":
			r.Priority, err = uint("preference value is invalid\n")
		case "tos", "dsfield":
			s := a.next()
			n, e := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 8)
			if e != nil {
				return invarg("TOS value is invalid\n", s)
			}
			r.TOS = uint8(n)
		case "fwmark":
			s := a.next()
			m, mask, has := strings.Cut(s, "/")
			n, e := strconv.ParseUint(m, 0, 32)
			if e != nil {
				return invarg("fwmark value is invalid\n", m)
			}
			r.Mark, r.Mask = uint32(n), 0xffffffff
			if has {
				if n, e = strconv.ParseUint(mask, 0, 32); e != nil {
					return invarg("fwmask value is invalid\n", mask)
				}
				r.Mask = uint32(n)
			}
		case "table", "lookup":
			s, e := need(a)
			if e != nil {
				return e
			}
			if r.Table, err = c.table(s); err != nil {
				return invarg("invalid table ID\n", s)
			}
			tableOK = true
		case "suppress_prefixlength", "sup_pl":
			n, e := uint("suppress_prefixlength value is invalid\n")
			r.Suppress, err = int(n)+1, e
		case "iif", "dev":
			r.IIF, err = need(a)
		case "oif":
			r.OIF, err = need(a)
		case "ipproto":
			s := a.next()
			n, ok := ipProtos[s]
			if !ok {
				m, e := strconv.ParseUint(s, 0, 8)
				if e != nil {
					return invarg("Invalid \"ipproto\" value\n", s)
				}
				n = uint8(m)
			}
			r.Proto = n
		case "sport", "dport":
			s := a.next()
			lo, hi, has := strings.Cut(s, "-")
			x, e1 := strconv.ParseUint(lo, 10, 16)
			y := x
			if has {
				var e2 error
				if y, e2 = strconv.ParseUint(hi, 10, 16); e2 != nil {
					e1 = e2
				}
			}
			if e1 != nil {
				return invarg("invalid port range\n", s)
			}
			if k == "sport" {
				r.Sport = [2]uint16{uint16(x), uint16(y)}
			} else {
				r.Dport = [2]uint16{uint16(x), uint16(y)}
			}
		case "goto":
			r.Goto, err = uint("invalid target\n")
			r.Action, tableOK = ipv4.RuleGoto, true
		case "nop":
			r.Action, tableOK = ipv4.RuleNop, true
		case "blackhole":
			r.Action, tableOK = ipv4.RuleBlackhole, true
		case "unreachable":
			r.Action, tableOK = ipv4.RuleUnreachable, true
		case "prohibit":
			r.Action, tableOK = ipv4.RuleProhibit, true
		case "realms", "uidrange", "nat", "map-to", "l3mdev", "tun_id", "protocol", "suppress_ifgroup":
			return other("not modelled: ip rule … %s", k)
		default:
			if k == "type" {
				k = a.next()
			}
			return bad("Error: argument \"%s\" is wrong: Failed to parse rule type", k)
		}
		if err != nil {
			return err
		}
	}
	if add && !tableOK && r.Table == 0 {
		r.Table = ipv4.TableMain
	}
	if add && r.Action == ipv4.RuleGoto && r.Goto <= r.Priority && r.Priority != 0 {
		return kernelSays("Backward goto not supported.")
	}
	if add {
		return answer(c.p.host.IPv4.AddRule(r))
	}
	return answer(c.p.host.IPv4.DelRule(r))
}

func (c *ipCmd) ruleShow(a *args) error {
	tab, hasTab := uint32(0), false
	for a.more() {
		switch k := a.next(); k {
		case "table", "lookup":
			s := a.next()
			t, err := c.table(s)
			if err != nil {
				return invarg("invalid table\n", s)
			}
			tab, hasTab = t, true
		default:
			return other("not modelled: ip rule show %s", k)
		}
	}
	if c.json {
		c.list = []any{}
	}
	if c.fam == 6 {
		for _, r := range [...]ipv4.Rule{{Priority: 0, Table: ipv4.TableLocal}, {Priority: 32766, Table: ipv4.TableMain}} {
			r.Action = ipv4.RuleToTable
			text, o := c.ruleText(&r)
			c.print(text, o)
		}
		return nil
	}
	rules := c.p.host.IPv4.Rules()
	for i := range rules {
		if hasTab && rules[i].Table != tab {
			continue
		}
		text, o := c.ruleText(&rules[i])
		c.print(text, o)
	}
	return nil
}

// ruleText is print_rule.
func (c *ipCmd) ruleText(r *ipv4.Rule) (string, object) {
	o := object{{"priority", r.Priority}}
	var b strings.Builder
	fmt.Fprintf(&b, "%d:\t", r.Priority)
	if r.Invert {
		b.WriteString("not ")
		o.add("not", nil)
	}
	b.WriteString("from ")
	pre := func(a wire.IP4, n int, key string) {
		b.WriteString(a.String())
		o.add(key, a.String())
		if n < 32 {
			fmt.Fprintf(&b, "/%d", n)
			o.add(key+"len", n)
		}
		b.WriteString(" ")
	}
	if r.SrcLen == 0 {
		b.WriteString("all ")
		o.add("src", "all")
	} else {
		pre(r.Src, r.SrcLen, "src")
	}
	if r.DstLen != 0 {
		b.WriteString("to ")
		pre(r.Dst, r.DstLen, "dst")
	}
	if r.TOS != 0 {
		fmt.Fprintf(&b, "tos 0x%02x ", r.TOS)
		o.add("tos", fmt.Sprintf("0x%02x", r.TOS))
	}
	if r.Mark != 0 || r.Mask != 0 {
		fmt.Fprintf(&b, "fwmark 0x%x", r.Mark)
		o.add("fwmark", fmt.Sprintf("0x%x", r.Mark))
		if r.Mask != 0xffffffff {
			fmt.Fprintf(&b, "/0x%x", r.Mask)
			o.add("fwmask", fmt.Sprintf("0x%x", r.Mask))
		}
		b.WriteString(" ")
	}
	for _, d := range [...]struct{ key, name string }{{"iif", r.IIF}, {"oif", r.OIF}} {
		if d.name == "" {
			continue
		}
		b.WriteString(d.key + " " + d.name + " ")
		o.add(d.key, d.name)
		if c.p.host.NS.DevByName(d.name) == nil {
			b.WriteString("[detached] ")
			o.add(d.key+"_detached", nil)
		}
	}
	if r.Proto != 0 {
		name := strconv.Itoa(int(r.Proto))
		for k, v := range ipProtos {
			if v == r.Proto {
				name = k
			}
		}
		b.WriteString("ipproto " + name + " ")
		o.add("ipproto", name)
	}
	for _, p := range [...]struct {
		key string
		r   [2]uint16
	}{{"sport", r.Sport}, {"dport", r.Dport}} {
		switch {
		case p.r[0] == 0:
		case p.r[0] == p.r[1]:
			fmt.Fprintf(&b, "%s %d ", p.key, p.r[0])
			o.add(p.key, p.r[0])
		default:
			fmt.Fprintf(&b, "%s %d-%d ", p.key, p.r[0], p.r[1])
			o.add(p.key+"_start", p.r[0])
			o.add(p.key+"_end", p.r[1])
		}
	}
	switch r.Action {
	case ipv4.RuleToTable:
		b.WriteString("lookup " + c.tableName(r.Table))
		o.add("table", c.tableName(r.Table))
		if r.Suppress > 0 {
			fmt.Fprintf(&b, " suppress_prefixlength %d", r.Suppress-1)
			o.add("suppress_prefixlen", r.Suppress-1)
		}
	case ipv4.RuleGoto:
		fmt.Fprintf(&b, "goto %d", r.Goto)
		o.add("goto", r.Goto)
		ok := false
		for _, x := range c.p.host.IPv4.Rules() {
			ok = ok || x.Priority == r.Goto
		}
		if !ok {
			b.WriteString(" [unresolved]")
			o.add("unresolved", nil)
		}
	case ipv4.RuleNop:
		b.WriteString("nop")
		o.add("nop", nil)
	default:
		name := map[uint8]string{ipv4.RuleBlackhole: "blackhole", ipv4.RuleUnreachable: "unreachable", ipv4.RuleProhibit: "prohibit"}[r.Action]
		b.WriteString(name)
		o.add("action", name)
	}
	return b.String() + "\n", o
}
