package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
)

// ruleOps are the rules of the family that was asked for.
type ruleOps interface {
	AddRule(inet.Rule) core.Errno
	DelRule(inet.Rule) core.Errno
	Rules() []inet.Rule
}

func (c *ipCmd) ruleOps() ruleOps {
	if c.fam == 6 {
		return c.p.host.IPv6
	}
	return c.p.host.IPv4
}

// rule is ip rule.
func (c *ipCmd) rule(a *args) error {
	if !a.more() {
		return c.ruleShow(a, false)
	}
	s := a.next()
	switch v := verb(s, "list", "lst", "show", "add", "delete", "flush", "save", "restore", "help"); v {
	case "list", "lst", "show":
		return c.ruleShow(a, false)
	case "add", "delete":
		return c.ruleMod(a, v == "add")
	case "flush":
		return c.ruleShow(a, true)
	case "":
	case "help":
		return usageOf("rule")
	default:
		return other("not modelled: ip rule %s", v)
	}
	return bad("Command \"%s\" is unknown, try \"ip rule help\".", s)
}

// A ruleReq is what the words of ip rule ask for.
type ruleReq struct {
	inet.Rule
	fam     int
	table   bool // the table or the action was named
	refused string
}

func (c *ipCmd) ruleMod(a *args, add bool) error {
	r := &ruleReq{fam: c.fam}
	if !a.more() {
		if !add {
			return other("\"ip rule del\" requires arguments.")
		}
		r.Table, r.table = 254, true
	}
	for a.more() {
		if err := c.ruleWord(r, a.next(), a); err != nil {
			return err
		}
	}
	if r.refused != "" {
		return other("not modelled: ip rule … %s", r.refused)
	}
	if c.fam != 6 { // without -6 a rule is one of IPv4, whatever its addresses are
		switch {
		case r.SrcLen > 0 && !r.Src.Is4():
			return kernelSays("Invalid source address.")
		case r.DstLen > 0 && !r.Dst.Is4():
			return kernelSays("Invalid dst address.")
		}
	}
	ops := c.ruleOps()
	if !add {
		return answer(ops.DelRule(r.Rule))
	}
	if !r.table && !r.L3mdev {
		r.Table = 254
	}
	switch {
	case r.TOS&3 != 0:
		return kernelSays("Invalid dsfield (tos): ECN bits must be 0.")
	case r.Sport[1] != 0 && r.Sport[0] > r.Sport[1]:
		return kernelSays("Invalid sport range.")
	case r.Dport[1] != 0 && r.Dport[0] > r.Dport[1]:
		return kernelSays("Invalid dport range.")
	case r.Action == inet.RuleGoto && r.PrioritySet && r.Goto <= r.Priority:
		return kernelSays("Backward goto not supported.")
	}
	return answer(ops.AddRule(r.Rule))
}

// number takes a value of 32 bits.
func number32(a *args, complaint string) (uint32, error) {
	s, err := need(a)
	if err != nil {
		return 0, err
	}
	n, e := strconv.ParseUint(s, 0, 32)
	if e != nil {
		return 0, invarg(complaint, s)
	}
	return uint32(n), nil
}

// hexByte is a value of rt_dsfield: hexadecimal.
func hexByte(s string) (uint8, bool) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 8)
	return uint8(n), err == nil
}

// portRange is "80" or "1000-2000".
func portRange(s string) (p [2]uint16, ok bool) {
	lo, hi, has := strings.Cut(s, "-")
	x, err := strconv.ParseUint(lo, 10, 16)
	y := x
	if has && err == nil {
		y, err = strconv.ParseUint(hi, 10, 16)
	}
	return [2]uint16{uint16(x), uint16(y)}, err == nil
}

// ipProto reads a protocol by name or number.
func ipProto(s string) (uint8, bool) {
	if n, ok := ipProtos[s]; ok {
		return n, true
	}
	n, err := strconv.ParseUint(s, 0, 8)
	return uint8(n), err == nil
}

// ruleWord takes one keyword with its value.
func (c *ipCmd) ruleWord(r *ruleReq, k string, a *args) error {
	var err error
	switch k {
	case "not":
		r.Invert = true
	case "from", "to":
		return c.rulePrefix(r, k, a)
	case "preference", "order", "priority", "pref", "prio":
		r.Priority, err = number32(a, "preference value is invalid\n")
		r.PrioritySet = true
	case "tos", "dsfield":
		s, e := need(a)
		if e != nil {
			return e
		}
		n, ok := hexByte(s)
		if !ok {
			return invarg("TOS value is invalid\n", s)
		}
		r.TOS = n
	case "fwmark":
		return ruleMark(r, a)
	case "table", "lookup":
		s, e := need(a)
		if e != nil {
			return e
		}
		if r.Table, err = c.table(s); err != nil {
			return invarg("invalid table ID\n", s)
		}
		r.table = true
	case "suppress_prefixlength", "sup_pl":
		n, e := number32(a, "suppress_prefixlength value is invalid\n")
		r.Suppress, err = int(n)+1, e
	case "suppress_ifgroup", "sup_group":
		s, e := need(a)
		if e != nil {
			return e
		}
		n, e := strconv.ParseUint(s, 0, 32)
		if e != nil && s != "default" {
			return invarg("Invalid \"suppress_ifgroup\" value\n", s)
		}
		r.SuppressGroup = int(n) + 1
	case "iif", "dev":
		r.IIF, err = need(a)
	case "oif":
		r.OIF, err = need(a)
	case "l3mdev":
		r.L3mdev, r.table = true, true
	case "uidrange":
		s, e := need(a)
		if e != nil {
			return e
		}
		lo, hi, ok := strings.Cut(s, "-")
		x, e1 := strconv.ParseUint(lo, 10, 32)
		y, e2 := strconv.ParseUint(hi, 10, 32)
		if !ok || e1 != nil || e2 != nil {
			return invarg("invalid UID range\n", s)
		}
		r.UID, r.UIDSet = [2]uint32{uint32(x), uint32(y)}, true
	case "protocol":
		s, e := need(a)
		if e != nil {
			return e
		}
		n, ok := protoNumber(s)
		if !ok {
			return invarg("\"protocol\" value is invalid\n", s)
		}
		r.Protocol = n
	case "ipproto":
		s, e := need(a)
		if e != nil {
			return e
		}
		n, ok := ipProto(s)
		if !ok {
			return invarg("Invalid \"ipproto\" value\n", s)
		}
		r.Proto = n
	case "sport", "dport":
		s, e := need(a)
		if e != nil {
			return e
		}
		p, ok := portRange(s)
		if !ok {
			return invarg("invalid port range\n", s)
		}
		if k == "sport" {
			r.Sport = p
		} else {
			r.Dport = p
		}
	case "goto":
		r.Goto, err = number32(a, "invalid target\n")
		r.Action, r.table = inet.RuleGoto, true
	case "realms", "nat", "map-to", "tun_id":
		r.refused = k
		a.next()
	default:
		return ruleType(r, k, a)
	}
	return err
}

// ruleType is what a rule does itself.
func ruleType(r *ruleReq, k string, a *args) error {
	if k == "type" {
		k = a.next()
	}
	types := map[string]uint8{"nop": inet.RuleNop, "blackhole": inet.RuleBlackhole, "unreachable": inet.RuleUnreachable, "prohibit": inet.RuleProhibit, "unicast": inet.RuleToTable}
	t, ok := types[k]
	if !ok {
		return bad("Error: argument \"%s\" is wrong: Failed to parse rule type", k)
	}
	r.Action = t
	r.table = r.table || t != inet.RuleToTable
	return nil
}

func (c *ipCmd) rulePrefix(r *ruleReq, k string, a *args) error {
	v, err := need(a)
	if err != nil {
		return err
	}
	if v == "all" || v == "any" || v == "default" {
		return nil
	}
	p, n, err := prefix(v, "prefix", r.fam)
	if err != nil {
		return err
	}
	if k == "from" {
		r.Src, r.SrcLen = p, n
	} else {
		r.Dst, r.DstLen = p, n
	}
	return nil
}

func ruleMark(r *ruleReq, a *args) error {
	s, err := need(a)
	if err != nil {
		return err
	}
	m, mask, has := strings.Cut(s, "/")
	n, e := strconv.ParseUint(m, 0, 32)
	if e != nil {
		return invarg("fwmark value is invalid\n", m)
	}
	r.Mark = uint32(n)
	if has {
		if n, e = strconv.ParseUint(mask, 0, 32); e != nil {
			return invarg("fwmask value is invalid\n", mask)
		}
		r.Mask = uint32(n)
	}
	return nil
}

// markText is a mark as C's %#x prints it: 0 has no prefix.
func markText(m uint32) string {
	if m == 0 {
		return "0"
	}
	return fmt.Sprintf("0x%x", m)
}
