package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// ruleShow is ip rule show and flush. The tool does the choosing itself.
func (c *ipCmd) ruleShow(a *args, flush bool) error {
	f := &ruleReq{fam: c.fam}
	for a.more() {
		k := a.next()
		switch k {
		case "from", "to", "preference", "order", "priority", "pref", "prio", "not", "tos", "dsfield", "fwmark", "iif", "dev", "oif", "l3mdev", "uidrange", "table", "lookup", "protocol", "ipproto", "sport", "dport":
			if err := c.ruleWord(f, k, a); err != nil {
				return err
			}
		default:
			return bad("Error: either \"from/to\" is duplicate, or \"%s\" is a garbage.", k)
		}
	}
	if c.fam == 0 && f.fam == 6 {
		c.fam = 6
	}
	if c.json && !flush {
		c.list = []any{}
	}
	ops := c.ruleOps()
	for _, r := range ops.Rules() {
		if !f.shows(&r) {
			continue
		}
		if flush {
			if r.Priority != 0 {
				r.PrioritySet = true
				ops.DelRule(r)
			}
			continue
		}
		text, o := c.ruleText(&r)
		c.print(text, o)
	}
	return nil
}

// shows is filter_nlmsg of ip rule: what was not said is not compared.
func (f *ruleReq) shows(r *inet.Rule) bool {
	switch {
	case f.PrioritySet && r.Priority != f.Priority, f.Invert && !r.Invert, f.SrcLen != 0 && (r.SrcLen == 0 || r.Src != f.Src || r.SrcLen != f.SrcLen),
		f.DstLen != 0 && (r.DstLen == 0 || r.Dst != f.Dst || r.DstLen != f.DstLen), f.TOS != 0 && r.TOS != f.TOS, f.Mark != 0 && r.Mark != f.Mark,
		f.IIF != "" && r.IIF != f.IIF, f.OIF != "" && r.OIF != f.OIF, f.L3mdev && !r.L3mdev, f.UIDSet && r.UID != f.UID, f.Table != 0 && r.Table != f.Table,
		f.Protocol != 0 && r.Protocol != f.Protocol, f.Proto != 0 && r.Proto != f.Proto, f.Sport[0] != 0 && r.Sport != f.Sport, f.Dport[0] != 0 && r.Dport != f.Dport:
		return false
	}
	return true
}

// ruleText is print_rule.
func (c *ipCmd) ruleText(r *inet.Rule) (string, object) {
	o := object{{"priority", r.Priority}}
	var b strings.Builder
	fmt.Fprintf(&b, "%d:\t", r.Priority)
	if r.Invert {
		b.WriteString("not ")
		o.add("not", nil)
	}
	b.WriteString("from ")
	pre := func(a wire.Addr, n int, key string) {
		b.WriteString(a.String())
		o.add(key, a.String())
		if n < 32 || !a.Is4() && n < 128 {
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
		b.WriteString("fwmark " + markText(r.Mark))
		o.add("fwmark", markText(r.Mark))
		if r.Mask != 0xffffffff {
			fmt.Fprintf(&b, "/0x%x", r.Mask)
			o.add("fwmask", fmt.Sprintf("0x%x", r.Mask))
		}
		b.WriteString(" ")
	}
	c.ruleDevs(r, &b, &o)
	if r.L3mdev {
		b.WriteString("lookup [l3mdev-table] ")
		o.add("l3mdev", nil)
	}
	c.rulePorts(r, &b, &o)
	c.ruleAction(r, &b, &o)
	if r.Protocol != 0 && r.Protocol != 2 || c.details {
		fmt.Fprintf(&b, " proto %s", protoName(r.Protocol))
		o.add("protocol", protoName(r.Protocol))
	}
	text := b.String()
	if r.L3mdev {
		text = strings.TrimSuffix(strings.ReplaceAll(text, "  ", " "), " ")
	}
	return text + "\n", o
}

func (c *ipCmd) ruleDevs(r *inet.Rule, b *strings.Builder, o *object) {
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
}

func (c *ipCmd) rulePorts(r *inet.Rule, b *strings.Builder, o *object) {
	if r.UIDSet {
		fmt.Fprintf(b, "uidrange %d-%d ", r.UID[0], r.UID[1])
		o.add("uid_start", r.UID[0])
		o.add("uid_end", r.UID[1])
	}
	if r.Proto != 0 {
		name := "ipproto-" + strconv.Itoa(int(r.Proto))
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
			fmt.Fprintf(b, "%s %d ", p.key, p.r[0])
			o.add(p.key, p.r[0])
		default:
			fmt.Fprintf(b, "%s %d-%d ", p.key, p.r[0], p.r[1])
			o.add(p.key+"_start", p.r[0])
			o.add(p.key+"_end", p.r[1])
		}
	}
}

func (c *ipCmd) ruleAction(r *inet.Rule, b *strings.Builder, o *object) {
	switch r.Action {
	case inet.RuleToTable:
		if r.Table != 0 {
			b.WriteString("lookup " + c.tableName(r.Table))
			o.add("table", c.tableName(r.Table))
		}
		if r.Suppress > 0 {
			fmt.Fprintf(b, " suppress_prefixlength %d", r.Suppress-1)
			o.add("suppress_prefixlen", r.Suppress-1)
		}
		if r.SuppressGroup > 0 {
			g := groupName(r.SuppressGroup - 1)
			b.WriteString(" suppress_ifgroup " + g)
			o.add("suppress_ifgroup", g)
		}
	case inet.RuleGoto:
		fmt.Fprintf(b, "goto %d", r.Goto)
		o.add("goto", r.Goto)
		ok := false
		for _, x := range c.ruleOps().Rules() {
			ok = ok || x.Priority == r.Goto
		}
		if !ok {
			b.WriteString(" [unresolved]")
			o.add("unresolved", nil)
		}
	case inet.RuleNop:
		b.WriteString("nop")
		o.add("nop", nil)
	default:
		name := map[uint8]string{inet.RuleBlackhole: "blackhole", inet.RuleUnreachable: "unreachable", inet.RuleProhibit: "prohibit"}[r.Action]
		b.WriteString(name)
		o.add("action", name)
	}
}
