package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// ruleOps are the rules of the family that was asked for.
type ruleOps interface {
	NewRule(*inet.Rule, *inet.Extack) core.Errno
	RemoveRule(*inet.Rule, *inet.Extack) core.Errno
	Rules() []inet.Rule
}

func (c *ipCmd) ruleOps() ruleOps {
	if c.fam == 6 {
		return c.p.host.IPv6
	}
	return c.p.host.IPv4
}

// rule is ip rule (do_iprule).
func (c *ipCmd) rule(a *args) error {
	if !a.more() {
		return c.ruleShow(a, false)
	}
	s := a.next()
	switch v := verb(s, "list", "lst", "show", "save", "restore", "add", "delete", "flush", "help"); v {
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

// ruleMod is iprule_modify.
func (c *ipCmd) ruleMod(a *args, add bool) error {
	if !a.more() {
		if add {
			return other("\"ip rule add\" requires arguments.")
		}
		return other("\"ip rule del\" requires arguments.")
	}
	r := &ruleReq{fam: c.fam}
	if add {
		r.Action = inet.RuleToTable
	}
	for a.more() {
		if err := c.ruleWord(r, a.next(), a); err != nil {
			return err
		}
	}
	if r.refused != "" {
		return other("not modelled: ip rule … %s", r.refused)
	}
	if r.L3mdev && r.Table != 0 {
		return ipError{"table can not be specified for l3mdev rules", 22}
	}
	if !r.table && add {
		r.Table = ipv4.TableMain
	}
	if r.SrcLen > 0 && r.Src.Is4() == (c.fam == 6) {
		return ack(22, inet.AckRuleSrc) // without -6 a rule is one of IPv4, whatever its addresses are
	}
	if r.DstLen > 0 && r.Dst.Is4() == (c.fam == 6) {
		return ack(22, inet.AckRuleDst)
	}
	var words inet.Extack
	if add {
		return ack(c.ruleOps().NewRule(&r.Rule, &words), words)
	}
	return ack(c.ruleOps().RemoveRule(&r.Rule, &words), words)
}

// portRange is sscanf's "%hu-%hu": 80 or 1000-2000. Numbers are cut off to 16 bits, and
// what follows them is not read.
func portRange(s string) (p [2]uint16, ok bool) {
	x, rest, ok := scanUint(s)
	if !ok {
		return p, false
	}
	p = [2]uint16{uint16(x), uint16(x)}
	if rest, has := strings.CutPrefix(rest, "-"); has {
		if y, _, ok := scanUint(rest); ok {
			p[1] = uint16(y)
		}
	}
	return p, true
}

// scanUint is scanf's %u.
func scanUint(s string) (n uint64, rest string, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + uint64(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0
}

// short reports whether a word is short for another (matches()).
func short(s string, full ...string) bool {
	for _, f := range full {
		if s != "" && strings.HasPrefix(f, s) {
			return true
		}
	}
	return false
}

// ruleWord takes one keyword with its value.
func (c *ipCmd) ruleWord(r *ruleReq, k string, a *args) error {
	var err error
	switch {
	case k == "not":
		r.Invert = true
	case k == "from", k == "to":
		return c.rulePrefix(r, k, a)
	case short(k, "preference", "order", "priority"):
		r.Priority, err = a.u32("preference value is invalid\n")
		r.PrioritySet = true
	case k == "tos", short(k, "dsfield"):
		r.TOS, err = a.dsfield("TOS value is invalid\n")
	case k == "fwmark":
		return ruleMark(r, a)
	case short(k, "realms"):
		r.refused = k
		a.next()
	case short(k, "protocol"):
		r.Protocol, err = a.protocol("\"protocol\" value is invalid\n")
	case short(k, "tun_id"), k == "nat", short(k, "map-to"):
		r.refused = k
		a.next()
	case short(k, "table"), k == "lookup":
		r.Table, err = c.tableWord(a, "invalid table ID\n")
		r.table = true
	case short(k, "suppress_prefixlength"), k == "sup_pl":
		s, e := need(a)
		if e != nil {
			return e
		}
		n, ok := strtoulMax(s, 0, 1<<31-1)
		if !ok {
			return invarg("suppress_prefixlength value is invalid\n", s)
		}
		r.Suppress = int(n) + 1
	case short(k, "suppress_ifgroup"), k == "sup_group":
		s, e := need(a)
		if e != nil {
			return e
		}
		n, ok := strtoulMax(s, 0, 1<<31-1)
		if !ok && s != "default" {
			return invarg("Invalid \"suppress_ifgroup\" value\n", s)
		}
		r.SuppressGroup = int(n) + 1
	case k == "iif", k == "dev":
		r.IIF, err = ruleDev(a, "\"iif\"/\"dev\" not a valid ifname")
	case k == "oif":
		r.OIF, err = ruleDev(a, "\"oif\" not a valid ifname")
	case k == "l3mdev":
		r.L3mdev, r.table = true, true
	case k == "uidrange":
		r.UID, err = uidRange(a)
		r.UIDSet = true
	case k == "ipproto":
		s, e := need(a)
		if e != nil {
			return e
		}
		n, ok := ipProto(s)
		if !ok {
			return invarg("Invalid \"ipproto\" value\n", s)
		}
		r.Proto = n
	case k == "sport":
		r.Sport, err = rulePort(a, "invalid port range\n")
		r.SportSet = true
	case k == "dport":
		r.Dport, err = rulePort(a, "invalid dport range\n")
		r.DportSet = true
	default:
		return c.ruleType(r, k, a)
	}
	return err
}

func rulePort(a *args, complaint string) ([2]uint16, error) {
	s, err := need(a)
	if err != nil {
		return [2]uint16{}, err
	}
	p, ok := portRange(s)
	if !ok {
		return p, invarg(complaint, s)
	}
	return p, nil
}

// ruleDev takes a name that a device may have (check_ifname).
func ruleDev(a *args, complaint string) (string, error) {
	s, err := need(a)
	if err != nil {
		return "", err
	}
	if s == "" || len(s) > 15 || strings.ContainsAny(s, "/ \t") {
		return "", invarg(complaint, s)
	}
	return s, nil
}

func uidRange(a *args) (u [2]uint32, err error) {
	s, err := need(a)
	if err != nil {
		return u, err
	}
	x, rest, ok := scanUint(s)
	rest, has := strings.CutPrefix(rest, "-")
	y, _, ok2 := scanUint(rest)
	if !ok || !has || !ok2 {
		return u, invarg("invalid UID range\n", s)
	}
	return [2]uint32{uint32(x), uint32(y)}, nil
}

// tableWord takes a routing table.
func (c *ipCmd) tableWord(a *args, complaint string) (uint32, error) {
	s, err := need(a)
	if err != nil {
		return 0, err
	}
	t, err := c.table(s)
	if err != nil {
		return 0, invarg(complaint, s)
	}
	return t, nil
}

// protocol takes who makes a route or a rule (rtnl_rtprot_a2n).
func (a *args) protocol(complaint string) (uint8, error) {
	s, err := need(a)
	if err != nil {
		return 0, err
	}
	n, ok := protoNumber(s)
	if !ok {
		return 0, invarg(complaint, s)
	}
	return n, nil
}

// ruleType is what a rule does itself.
func (c *ipCmd) ruleType(r *ruleReq, k string, a *args) (err error) {
	if k == "type" {
		if k, err = need(a); err != nil {
			return err
		}
	}
	switch {
	case short(k, "help"):
		return usageOf("rule")
	case short(k, "goto"):
		r.Action, r.GotoSet = inet.RuleGoto, true
		r.Goto, err = a.u32("invalid target\n")
	case short(k, "nop"):
		r.Action = inet.RuleNop
	default:
		t, ok := typeNumber(k)
		if !ok {
			return invarg("Failed to parse rule type", k)
		}
		r.Action = t
	}
	r.table = true
	return err
}

func (c *ipCmd) rulePrefix(r *ruleReq, k string, a *args) error {
	v, err := need(a)
	if err != nil {
		return err
	}
	p, n := wire.Addr{}, 0
	if v != "all" && v != "any" && v != "default" {
		if p, n, err = prefix(v, "prefix", r.fam); err != nil {
			return err
		}
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
	n, ok := strtoulMax(m, 0, 1<<32-1)
	if !ok {
		return invarg("fwmark value is invalid\n", m)
	}
	r.Mark, r.Mask, r.MaskSet = uint32(n), 0, has
	if has {
		if n, ok = strtoulMax(mask, 0, 1<<32-1); !ok {
			return invarg("fwmask value is invalid\n", mask)
		}
		r.Mask = uint32(n)
	}
	return nil
}

// typeNumber is rtnl_rtntype_a2n.
func typeNumber(s string) (uint8, bool) {
	for _, t := range [...]struct {
		n    uint8
		name string
	}{{3, "broadcast"}, {4, "anycast"}, {5, "multicast"}, {8, "prohibit"}, {7, "unreachable"}, {6, "blackhole"}, {11, "xresolve"}, {1, "unicast"}} {
		if short(s, t.name) {
			return t.n, true
		}
	}
	switch s {
	case "local":
		return ipv4.RTNLocal, true
	case "brd":
		return ipv4.RTNBroadcast, true
	case "nat":
		return rtnNat, true
	case "throw":
		return ipv4.RTNThrow, true
	}
	n, ok := strtoulMax(s, 0, 255)
	return uint8(n), ok
}

// markText is a number as C's %#x prints it: 0 has no prefix.
func markText(m uint32) string {
	if m == 0 {
		return "0"
	}
	return fmt.Sprintf("0x%x", m)
}

// protoNumber is rtnl_rtprot_a2n.
func protoNumber(s string) (uint8, bool) {
	for _, p := range routeProtos {
		if p.name == s {
			return p.n, true
		}
	}
	n, ok := strtoulMax(s, 0, 255)
	return uint8(n), ok
}

// protoName is rtnl_rtprot_n2a.
func protoName(n uint8) string {
	for _, p := range routeProtos {
		if p.n == n {
			return p.name
		}
	}
	return strconv.Itoa(int(n))
}
