package nft

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// What nft monitor and nft -e say of a change of the rules (monitor.c).

// generation tells that a transaction is done (netlink_events_newgen_cb).
func generation(env *Env, who nftables.Process) string {
	return fmt.Sprintf("# new generation %d by process %d (%s)\n", nftables.Of(env.NS).Gen+1, who.PID, who.Name)
}

// mute tells whether nft 1.0.6 says nothing of the change: of an element of a set of
// several ranges.
func mute(c *nftables.Change) bool {
	return c.Kind == nftables.ChangeElem && c.Set.Interval && len(c.Set.Parts) > 1
}

func verb(c *nftables.Change) string {
	switch {
	case c.Del:
		return "delete"
	case c.Kind == nftables.ChangeRule && c.Insert:
		return "insert"
	case c.Kind != nftables.ChangeRule && c.Excl:
		return "create"
	}
	return "add"
}

// change is what is said of a change in nft's language.
func (o *output) change(c *nftables.Change) string {
	if mute(c) {
		return ""
	}
	t := c.Table
	head := verb(c) + " "
	in := familyName(t.Family) + " " + t.Name
	switch c.Kind {
	case nftables.ChangeTable:
		head += "table " + in
		if t.Dormant && !c.Del {
			head += " { flags dormant; }"
		}
		return head + o.handle(t.Handle) + "\n"
	case nftables.ChangeChain:
		head += "chain " + in + " " + c.Chain.Name
		if c.Del {
			return head + "\n"
		}
		return head + o.baseText(c.Chain) + o.handle(c.Chain.Handle) + "\n"
	case nftables.ChangeRule:
		head += "rule " + in + " " + c.Chain.Name
		if c.Del {
			return fmt.Sprintf("%s handle %d\n", head, c.Rule.Handle)
		}
		if c.After != 0 {
			head += fmt.Sprintf(" handle %d", c.After)
		}
		return head + " " + o.grab(func() { o.rule(c.Rule) }) + "\n"
	case nftables.ChangeSet:
		kind := "set "
		if c.Set.Map && !c.Del {
			kind = "map "
		}
		head += kind + in + " " + c.Set.Name
		if c.Del {
			return head + "\n"
		}
		return head + inOneLine(o.grab(func() { o.set(c.Set, false) }), ";") + "\n"
	case nftables.ChangeElem:
		info := infoOf(c.Set)
		return head + "element " + in + " " + c.Set.Name + " { " + o.element(c.Set, info, elemKey(c.Set, info, c.Elem), c.Elem) + " }\n"
	}
	head += objName(c.Obj.Kind) + " " + in + " " + c.Obj.Name
	if c.Del {
		return head + "\n"
	}
	end := ""
	if c.Obj.Expr == nil {
		end = ";"
	}
	return head + inOneLine(o.grab(func() { o.object(c.Obj) }), end) + "\n"
}

func (o *output) handle(h uint64) string {
	if !o.handles {
		return ""
	}
	return fmt.Sprintf(" # handle %d", h)
}

// grab is what f prints.
func (o *output) grab(f func()) string {
	was := o.b.String()
	o.b.Reset()
	f()
	s := o.b.String()
	o.b.Reset()
	o.b.WriteString(was)
	return s
}

// inOneLine makes a block of several lines one line; end stands behind each.
func inOneLine(block, end string) string {
	l := strings.Split(strings.TrimSuffix(block, "\n\t}\n"), "\n")
	_, open, _ := strings.Cut(l[0], "{")
	s := " {" + open
	for _, x := range l[1:] {
		s += " " + strings.TrimSpace(x) + end
	}
	return s + " } "
}

// baseText is where a base chain stands (chain_print_plain).
func (o *output) baseText(c *nftables.Chain) string {
	b := c.Base
	if b == nil {
		return ""
	}
	pol := "accept"
	if b.Drop {
		pol = "drop"
	}
	return fmt.Sprintf(" { type %s hook %s priority %s; policy %s; }", chainTypes[b.Type], hookName(c), o.priority(c.Table.Family, b), pol)
}

// jsonChange is what is said of a change in JSON. A monitor (live) knows little of
// what is gone: nothing of a set but its name, nothing of rules that look into sets
// but the rest.
func (o *output) jsonChange(c *nftables.Change, live bool) any {
	if mute(c) {
		return nil
	}
	var v jobject
	switch c.Kind {
	case nftables.ChangeTable:
		if v = jsonTable(c.Table); c.Del && live {
			v = jpair("table", jobject{{"family", familyName(c.Table.Family)}, {"name", c.Table.Name}, {"handle", c.Table.Handle}})
		}
	case nftables.ChangeChain:
		if v = jsonChain(c.Chain); c.Del && live {
			v = jpair("chain", jobject{{"family", familyName(c.Table.Family)}, {"table", c.Table.Name}, {"name", c.Chain.Name}, {"handle", c.Chain.Handle}})
		}
	case nftables.ChangeRule:
		if c.Del && live {
			v = o.jsonRule(withoutSets(c.Table.Family, c.Rule))
		} else {
			v = o.jsonRule(c.Rule)
		}
	case nftables.ChangeSet:
		if c.Del && live {
			v = jpair("set", jobject{{"family", familyName(c.Table.Family)}, {"name", c.Set.Name}, {"table", c.Table.Name}, {"type", "invalid"}, {"handle", c.Set.Handle}})
			break
		}
		was := o.terse
		o.terse = true
		v = o.jsonSet(c.Set)
		o.terse = was
	case nftables.ChangeElem:
		info := infoOf(c.Set)
		el := o.jsonElement(c.Set, info, elemKey(c.Set, info, c.Elem), c.Elem)
		v = jpair("element", jobject{{"family", familyName(c.Table.Family)}, {"table", c.Table.Name}, {"name", c.Set.Name}, {"elem", jpair("set", []any{el})}})
	default:
		if v = o.jsonObject(c.Obj); c.Del && live {
			v = jsonGone(c.Obj)
		}
	}
	return jpair(verb(c), v)
}

// jsonGone is a named object that is gone: its values are not sent.
func jsonGone(x *nftables.Object) jobject {
	j := jobject{{"family", familyName(x.Table.Family)}, {"name", x.Name}, {"table", x.Table.Name}, {"handle", x.Handle}}
	switch x.Kind {
	case nftables.ObjCounter:
		j.set("packets", 0)
		j.set("bytes", 0)
	case nftables.ObjQuota:
		j.set("bytes", 0)
		j.set("used", 0)
		j.set("inv", false)
	case nftables.ObjLimit:
		j.set("rate", 0)
		j.set("per", "error")
	}
	return jpair(objName(x.Kind), j)
}

// withoutSets is a rule without what looks into a set; what nft would leave out
// because that implies it, is there.
func withoutSets(f core.Family, r *nftables.Rule) *nftables.Rule {
	t, ok := r.Text.(*ruleText)
	if !ok || t.full == nil {
		return r
	}
	var l []*stmt
	for _, s := range t.full {
		if usesSet(s.e) || usesSet(s.r) || s.k == sSetOp || s.k == sMapOp {
			continue
		}
		l = append(l, s)
	}
	if len(l) == len(t.full) {
		return r
	}
	c := *r
	c.Text = &ruleText{stmts: listed(f, l)}
	return &c
}

func usesSet(e *expr) bool {
	if e == nil {
		return false
	}
	return e.k == eSet || e.k == eSetRef || usesSet(e.l) || usesSet(e.r)
}

// echo is what `nft -e` prints of what it has added.
func (r *runner) echo() {
	var l []nftables.Change
	for _, c := range r.b.Changes() {
		if c.Echo {
			l = append(l, c)
		}
	}
	if len(l) == 0 || r.check {
		return
	}
	r.echoed = l
}

// printEcho prints it, once the transaction is done.
func (r *runner) printEcho() {
	o := r.o
	switch {
	case r.root != nil: // what was read, with the handles that it got
		for _, c := range r.cmds {
			if c.json != nil && c.made != 0 {
				*c.json = withHandle(*c.json, c.made)
			}
		}
		jdump(&o.b, r.root)
	case len(r.echoed) == 0:
	case r.json:
		var out []any
		for i := range r.echoed {
			if v := o.jsonChange(&r.echoed[i], false); v != nil {
				out = append(out, v)
			}
		}
		jdump(&o.b, jpair("nftables", out))
		o.b.WriteByte('\n')
	default:
		for i := range r.echoed {
			o.b.WriteString(o.change(&r.echoed[i]))
		}
		o.b.WriteString(generation(r.env, r.env.By))
	}
}

// withHandle puts a handle into a command, behind all else.
func withHandle(v any, h uint64) any {
	o, ok := v.(jobject)
	if !ok || len(o) != 1 {
		return v
	}
	switch o[0].key {
	case "add", "insert", "create", "replace":
		return jpair(o[0].key, withHandle(o[0].value, h))
	case "element":
		return v
	}
	in, ok := o[0].value.(jobject)
	if !ok {
		return v
	}
	var n jobject
	for _, m := range in {
		if m.key != "handle" {
			n = append(n, m)
		}
	}
	n.set("handle", h)
	return jpair(o[0].key, n)
}
