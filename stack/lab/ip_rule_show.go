package lab

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A ruleFilter is what ip rule show selects by (filter_nlmsg). What was not said
// is not compared.
type ruleFilter struct {
	ruleReq
	src, dst bool
	tos      bool
	mask     uint32
	proto    int // of flush alone; -1: any
}

// ruleShow is ip rule show and flush (iprule_list_flush_or_save). The tool does the
// choosing itself.
func (c *ipCmd) ruleShow(a *args, flush bool) error {
	f := &ruleFilter{proto: -1}
	f.fam = 4
	if c.fam == 6 {
		f.fam = 6
	}
	for a.more() {
		if err := c.filterWord(f, a); err != nil {
			return err
		}
	}
	if c.json && !flush {
		c.list = []any{}
	}
	ops := c.ruleOps()
	all := ops.Rules()
	for i := range all {
		r := &all[i]
		if c.fam != 0 && flush && f.fam != c.fam || !flush && !f.shows(r) {
			continue
		}
		if !flush {
			p := c.ruleText(r, all)
			c.print(p.b.String(), p.o)
			continue
		}
		if r.Priority != 0 && (f.proto < 0 || int(r.Protocol) == f.proto) { // flush_rule
			r.PrioritySet, r.GotoSet, r.MaskSet = true, r.Action == inet.RuleGoto, true
			r.SportSet, r.DportSet = r.Sport[0] != 0, r.Dport[0] != 0
			var words inet.Extack
			ops.RemoveRule(r, &words)
		}
	}
	return nil
}

// filterWord takes one operand of ip rule show.
func (c *ipCmd) filterWord(f *ruleFilter, a *args) (err error) {
	k := a.next()
	switch {
	case short(k, "preference", "order", "priority"), k == "not", k == "l3mdev", k == "uidrange", k == "ipproto", k == "sport":
		return c.ruleWord(&f.ruleReq, k, a)
	case k == "dport":
		f.Dport, err = rulePort(a, "invalid dport range\n")
	case k == "tos", k == "dsfield":
		f.tos = true
		f.TOS, err = a.dsfield("TOS value is invalid\n")
	case k == "fwmark":
		err = ruleMark(&f.ruleReq, a)
	case k == "dev", k == "iif":
		f.IIF, err = ruleDev(a, "\"iif\"/\"dev\" not a valid ifname")
	case k == "oif":
		f.OIF, err = ruleDev(a, "\"oif\" not a valid ifname")
	case short(k, "tun_id"):
		return other("not modelled: ip rule show %s", k)
	case short(k, "lookup", "table"):
		f.Table, err = c.tableWord(a, "table id value is invalid\n")
	case short(k, "from", "src"):
		f.src = true
		s, e := need(a)
		if e != nil {
			return e
		}
		f.Src, f.SrcLen, err = c.filterPrefix(f, s)
	case short(k, "protocol"):
		s, e := need(a)
		if e != nil {
			return e
		}
		n, ok := protoNumber(s)
		if !ok && s != "all" {
			return invarg("invalid \"protocol\"\n", s)
		}
		if f.proto = int(n); !ok {
			f.proto = -1
		}
	default:
		if short(k, "dst", "to") {
			if k, err = need(a); err != nil {
				return err
			}
		}
		f.dst = true
		f.Dst, f.DstLen, err = c.filterPrefix(f, k)
	}
	return err
}

func (c *ipCmd) filterPrefix(f *ruleFilter, s string) (wire.Addr, int, error) {
	if s == "all" || s == "any" || s == "default" {
		return wire.Addr{}, 0, nil
	}
	return prefix(s, "prefix", f.fam)
}

// shows is filter_nlmsg.
func (f *ruleFilter) shows(r *inet.Rule) bool {
	six := f.fam == 6
	switch {
	case f.PrioritySet && r.Priority != f.Priority, f.Invert && !r.Invert,
		f.src && !filterPrefixFits(six, f.Src, f.SrcLen, r.Src, r.SrcLen), f.dst && !filterPrefixFits(six, f.Dst, f.DstLen, r.Dst, r.DstLen),
		f.tos && r.TOS != f.TOS, f.Mark != 0 && r.Mark != f.Mark, f.Mask != 0 && r.Mask != f.Mask,
		f.IIF != "" && r.IIF != f.IIF, f.OIF != "" && r.OIF != f.OIF, f.L3mdev && !r.L3mdev, f.UIDSet && (!r.UIDSet || r.UID != f.UID), f.Table != 0 && r.Table != f.Table,
		f.Proto != 0 && r.Proto != f.Proto, f.Sport[0] != 0 && r.Sport != f.Sport, f.Dport[0] != 0 && r.Dport != f.Dport:
		return false
	}
	return true
}

// filterPrefixFits is inet_addr_match_rta: a rule's prefix lies in the filter's, by
// the filter's length.
func filterPrefixFits(six bool, want wire.Addr, n int, got wire.Addr, plen int) bool {
	switch {
	case n > plen:
		return false
	case n == 0:
		return true
	case six:
		return got.Mask(n) == want.Mask(n)
	}
	return (got.IP4() ^ want.IP4()).Mask(n) == 0
}

// ruleText is print_rule. all are the rules among which a goto's target is.
func (c *ipCmd) ruleText(r *inet.Rule, all []inet.Rule) *shown {
	p := &shown{}
	p.any("priority", "%d:\t", r.Priority)
	if r.Invert {
		p.null("not", "not ")
	}
	host := 32
	if c.fam == 6 {
		host = 128
	}
	pre := func(a wire.Addr, n int, key, word string) {
		p.text(word)
		p.any(key, "%s", a.String())
		if n != host {
			p.any(key+"len", "/%d", n)
		}
	}
	if r.SrcLen != 0 {
		pre(r.Src, r.SrcLen, "src", "from ")
	} else {
		p.any("src", "from %s", "all")
	}
	if r.DstLen != 0 {
		pre(r.Dst, r.DstLen, "dst", " to ")
	}
	if r.TOS != 0 {
		p.any("tos", " tos %s", dsfieldName(r.TOS))
	}
	if r.Mark != 0 || r.Mask != 0 {
		p.any("fwmark", " fwmark %s", markText(r.Mark))
		if r.Mask != 0xffffffff {
			p.any("fwmask", "/%s", markText(r.Mask))
		}
	}
	c.ruleDevs(r, p)
	if r.L3mdev {
		p.null("l3mdev", " lookup [l3mdev-table]")
	}
	rulePorts(r, p)
	c.ruleAction(r, p, all)
	if r.Protocol != 0 && r.Protocol != 2 || c.details {
		p.any("protocol", " proto %s", protoName(r.Protocol))
	}
	p.text("\n")
	return p
}

func (c *ipCmd) ruleDevs(r *inet.Rule, p *shown) {
	for _, d := range [...]struct{ key, name string }{{"iif", r.IIF}, {"oif", r.OIF}} {
		if d.name == "" {
			continue
		}
		p.text(" " + d.key + " ")
		p.any(d.key, "%s", d.name)
		if c.p.host.NS.DevByName(d.name) == nil {
			p.null(d.key+"_detached", " [detached]")
		}
	}
}

func rulePorts(r *inet.Rule, p *shown) {
	if r.UIDSet {
		p.any("uid_start", " uidrange %d", r.UID[0])
		p.any("uid_end", "-%d", r.UID[1])
	}
	if r.Proto != 0 {
		name, ok := protoNames[r.Proto]
		if !ok {
			name = "ipproto-" + strconv.Itoa(int(r.Proto))
		}
		p.any("ipproto", " ipproto %s", name)
	}
	for _, x := range [...]struct {
		key string
		r   [2]uint16
	}{{"sport", r.Sport}, {"dport", r.Dport}} {
		switch {
		case x.r[0] == 0:
		case x.r[0] == x.r[1]:
			p.any(x.key, " "+x.key+" %d", x.r[0])
		default:
			p.any(x.key+"_start", " "+x.key+" %d", x.r[0])
			p.any(x.key+"_end", "-%d", x.r[1])
		}
	}
}

func (c *ipCmd) ruleAction(r *inet.Rule, p *shown, all []inet.Rule) {
	if r.Table != 0 {
		p.any("table", " lookup %s", c.tableName(r.Table))
		if r.Suppress > 0 {
			p.any("suppress_prefixlen", " suppress_prefixlength %d", r.Suppress-1)
		}
		if r.SuppressGroup > 0 {
			p.any("suppress_ifgroup", " suppress_ifgroup %s", groupName(r.SuppressGroup-1))
		}
	}
	switch r.Action {
	case inet.RuleToTable:
	case inet.RuleGoto:
		if r.Goto != 0 {
			p.any("goto", " goto %d", r.Goto)
		} else {
			p.any("goto", " goto %s", "none")
		}
		ok := false
		for i := range all {
			ok = ok || all[i].Priority == r.Goto
		}
		if !ok {
			p.null("unresolved", " [unresolved]")
		}
	case inet.RuleNop:
		p.null("nop", " nop")
	case rtnNat:
		p.null("masquerade", " masquerade")
	default:
		p.any("action", " %s", strings.TrimSpace(routeTypeName(r.Action)))
	}
}
