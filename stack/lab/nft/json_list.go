package nft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// jsonDoc ends a listing: everything under one member, behind what says who wrote it.
func (o *output) jsonDoc(l []any) {
	meta := jpair("metainfo", jobject{{"version", "1.0.6"}, {"release_name", "Lester Gooch #5"}, {"json_schema_version", 1}})
	jdump(&o.b, jpair("nftables", append([]any{meta}, l...)))
	o.b.WriteByte('\n')
}

func jsonTable(t *nftables.Table) jobject {
	j := jobject{{"family", familyName(t.Family)}, {"name", t.Name}, {"handle", t.Handle}}
	if t.Dormant {
		j.set("flags", "dormant")
	}
	return jpair("table", j)
}

func jsonChain(c *nftables.Chain) jobject {
	j := jobject{{"family", familyName(c.Table.Family)}, {"table", c.Table.Name}, {"name", c.Name}, {"handle", c.Handle}}
	if b := c.Base; b != nil {
		pol := "accept"
		if b.Drop {
			pol = "drop"
		}
		j.set("type", chainTypes[b.Type])
		j.set("hook", hookName(c))
		j.set("prio", b.Priority)
		j.set("policy", pol)
	}
	return jpair("chain", j)
}

func (o *output) jsonRule(r *nftables.Rule) jobject {
	c := r.Chain
	j := jobject{{"family", familyName(c.Table.Family)}, {"table", c.Table.Name}, {"chain", c.Name}, {"handle", r.Handle}}
	if r.Comm != "" {
		j.set("comment", r.Comm)
	}
	var l []any
	if x, ok := r.Text.(parter); ok {
		l = o.jsonParts(r, x)
	}
	if t, ok := r.Text.(*ruleText); ok {
		for _, s := range t.stmts {
			l = append(l, o.jsonStmt(s, r))
		}
	}
	if len(l) > 0 {
		j.set("expr", l)
	} else {
		o.errs.WriteString("rule without statements?!\n")
	}
	return jpair("rule", j)
}

func (o *output) jsonSet(s *nftables.Set) jobject {
	info := infoOf(s)
	j := jobject{{"family", familyName(s.Table.Family)}, {"name", s.Name}, {"table", s.Table.Name}}
	j.set("type", jsonType(info.key))
	j.set("handle", s.Handle)
	if s.Comment != "" {
		j.set("comment", s.Comment)
	}
	switch {
	case s.ObjMap:
		j.set("map", objName(s.ObjKind))
	case s.Verdicts:
		j.set("map", "verdict")
	case s.Map:
		j.set("map", typeName(info.data))
	}
	if !s.Constant {
		if s.Policy == 1 {
			j.set("policy", "memory")
		}
		if info.size > 0 {
			j.set("size", info.size)
		} else if s.Size > 0 {
			j.set("size", s.Size)
		}
	}
	var f []any
	for _, x := range [...]struct {
		on   bool
		name string
	}{{s.Constant, "constant"}, {s.Interval, "interval"}, {s.HasTimeout, "timeout"}} {
		if x.on {
			f = append(f, x.name)
		}
	}
	if len(f) > 0 {
		j.set("flags", f)
	}
	if s.Timeout != 0 {
		j.set("timeout", int64(s.Timeout/sim.Second))
	}
	if info.gc != 0 {
		j.set("gc-interval", info.gc/1000)
	}
	if !o.terse {
		if l := o.jsonElements(s, info); len(l) > 0 {
			j.set("elem", l)
		}
	}
	if len(info.stmts) > 0 {
		j.set("stmt", o.jsonStateless(info.stmts))
	}
	if s.Map {
		return jpair("map", j)
	}
	return jpair("set", j)
}

// jsonType is a word, or several (set_dtype_json).
func jsonType(t *dtype) any {
	if len(t.many) == 0 {
		return t.name
	}
	var l []any
	for _, p := range t.many {
		l = append(l, p.name)
	}
	return l
}

func (o *output) jsonElements(s *nftables.Set, info *setInfo) []any {
	type pair struct {
		key *expr
		el  *nftables.Elem
	}
	var l []pair
	s.Each(func(e *nftables.Elem) bool {
		if o.only == nil || slices.Contains(o.only, e) {
			l = append(l, pair{elemKey(s, info, e), e})
		}
		return true
	})
	if !s.Interval || len(s.Parts) <= 1 {
		keys := make([]*expr, len(l))
		for i := range l {
			keys[i] = l[i].key
		}
		cmp := keyOrder(keys)
		slices.SortStableFunc(l, func(a, b pair) int { return cmp(a.key, b.key) })
	}
	var out []any
	for _, p := range l {
		out = append(out, o.jsonElement(s, info, p.key, p.el))
	}
	return out
}

func (o *output) jsonElement(s *nftables.Set, info *setInfo, key *expr, e *nftables.Elem) any {
	v := o.jsonExpr(key)
	if m := e.More; m != nil {
		r := jpair("val", v)
		if m.HasTimeout && m.Timeout != 0 {
			r.set("timeout", int64(m.Timeout/sim.Second))
		}
		if m.Expires != 0 {
			r.set("expires", int64((m.Expires-o.env.NS.Clock.Now())/sim.Second))
		}
		if m.Comment != "" {
			r.set("comment", m.Comment)
		}
		if len(m.Exprs) > 0 {
			r = mergeMissing(r, o.jsonLive(m.Exprs[0]))
		}
		if len(r) > 1 {
			v = jpair("elem", r)
		}
	}
	switch {
	case s.ObjMap:
		return []any{v, e.More.Object.Name}
	case s.Verdicts:
		c := ""
		if e.Verdict.Chain != nil {
			c = e.Verdict.Chain.Name
		}
		return []any{v, jsonVerdict(e.Verdict.Code, c)}
	case s.Map:
		return []any{v, o.jsonExpr(dataExpr(info, e.Data))}
	}
	return v
}

// jsonLive is an element's own counter and such.
func (o *output) jsonLive(x nftables.Expr) jobject {
	if s := liveStmt(x); s != nil {
		return o.jsonStateful(s, x)
	}
	return nil
}

func (o *output) jsonObject(x *nftables.Object) jobject {
	spec, _ := x.Text.(*objSpec)
	j := jobject{{"family", familyName(x.Table.Family)}, {"name", x.Name}, {"table", x.Table.Name}, {"handle", x.Handle}}
	if x.Comment != "" {
		j.set("comment", x.Comment)
	}
	switch e := x.Expr.(type) {
	case *nftables.Counter:
		j.set("packets", e.Packets)
		j.set("bytes", e.Bytes)
	case *nftables.Quota:
		j.set("bytes", spec.st.bytes)
		j.set("used", min(e.Consumed, spec.st.bytes))
		j.set("inv", spec.st.over)
	case *nftables.Limit:
		o.jsonLimitObject(&j, spec.st)
	case *nftables.Synproxy:
		jsonSynproxy(&j, &e.Info)
	default:
		if spec != nil {
			jsonCTObject(&j, x.Kind, spec)
		}
	}
	return jpair(objName(x.Kind), j)
}

func (o *output) jsonLimitObject(j *jobject, s *stmt) {
	r, b := s.rate, s.burst
	ru, bu := "", ""
	if s.isBytes {
		r, ru = rate(r)
		b, bu = rate(b)
	}
	j.set("rate", r)
	j.set("per", unitName(s.unit))
	if s.over {
		j.set("inv", true)
	}
	if s.isBytes {
		j.set("rate_unit", ru)
	}
	if b != 0 {
		j.set("burst", b)
		if s.isBytes {
			j.set("burst_unit", bu)
		}
	}
}

func jsonCTObject(j *jobject, k nftables.ObjKind, s *objSpec) {
	l4 := any("tcp")
	if s.l4 == 17 {
		l4 = "udp"
	}
	switch k {
	case nftables.ObjCTHelper:
		j.set("type", s.helper)
		j.set("protocol", l4)
		j.set("l3proto", familyName(s.l3))
	case nftables.ObjCTTimeout:
		j.set("protocol", l4)
		j.set("l3proto", familyName(s.l3))
		var p jobject
		for i, n := range timeoutNames[s.l4] {
			if v, ok := s.policy[n]; ok && v != timeoutDefaults[s.l4][i] {
				p.set(n, v)
			}
		}
		j.set("policy", jsonOrNull(p))
	}
}

// jsonWhole is a table with all that is in it (table_print_json_full).
func (o *output) jsonWhole(t *nftables.Table) []any {
	l := []any{jsonTable(t)}
	for _, x := range t.Objects {
		l = append(l, o.jsonObject(x))
	}
	for _, s := range t.Sets {
		if !s.Anon {
			l = append(l, o.jsonSet(s))
		}
	}
	for _, f := range t.Flowtables {
		l = append(l, jsonFlowtable(f))
	}
	for _, c := range t.Chains {
		l = append(l, jsonChain(c))
	}
	for _, c := range t.Chains {
		for _, r := range c.Rules {
			l = append(l, o.jsonRule(r))
		}
	}
	return l
}

// listJSON carries out the list commands with -j (do_command_list_json). What is
// missing was found out before.
func (r *runner) listJSON(c *cmd) {
	o, s := r.o, r.tables()
	var l []any
	each := func(f func(t *nftables.Table)) {
		for _, t := range s.List {
			if !c.p.hasFam || t.Family == c.p.family {
				f(t)
			}
		}
	}
	objects := func(kind nftables.ObjKind, name string) {
		each(func(t *nftables.Table) {
			for _, x := range t.Objects {
				if x.Kind == kind && (name == "" || x.Name == name) && (c.p.table == "" || t.Name == c.p.table) {
					l = append(l, o.jsonObject(x))
				}
			}
		})
	}
	t := r.table(&c.p)
	switch c.obj {
	case "ruleset":
		each(func(t *nftables.Table) { o.managed(t, t.Chains); l = append(l, o.jsonWhole(t)...) })
	case "tables":
		each(func(t *nftables.Table) { l = append(l, jsonTable(t)) })
	case "table":
		o.managed(t, t.Chains)
		l = o.jsonWhole(t)
	case "chains":
		each(func(t *nftables.Table) {
			for _, x := range t.Chains {
				l = append(l, jsonChain(x))
			}
		})
	case "chain":
		ch := t.Chain(c.p.chain)
		o.managed(t, []*nftables.Chain{ch})
		l = append(l, jsonChain(ch))
		for _, x := range ch.Rules {
			l = append(l, o.jsonRule(x))
		}
	case "sets", "maps", "meters":
		each(func(t *nftables.Table) {
			for _, x := range t.Sets {
				if !x.Anon && c.obj != "meters" && x.Map == (c.obj == "maps") {
					l = append(l, o.jsonSet(x))
				}
			}
		})
	case "set":
		l = append(l, o.jsonSet(t.Set(c.p.name)))
	case "counters", "quotas", "limits", "synproxys", "objects":
		kind := objKinds[strings.TrimSuffix(c.obj, "s")]
		if c.objs != nil {
			kind = c.objs.kind
		}
		objects(kind, "")
	case "object":
		c.p.hasFam = true
		objects(c.objs.kind, c.p.name)
	case "hooks":
	case "flowtables":
		each(func(t *nftables.Table) {
			for _, f := range t.Flowtables {
				l = append(l, jsonFlowtable(f))
			}
		})
	case "flowtable":
		l = append(l, jsonFlowtable(t.Flowtable(c.p.name)))
	default:
		r.fail(errAt(c.at, fmt.Sprintf("not modelled: nft -j list %s", c.obj)))
		return
	}
	o.jsonDoc(l)
}

// A parter is the text of a rule that another program wrote, in parts: a statement in
// nft's language, or the kind ("match", "target") and the name of an extension of
// iptables.
type parter interface {
	NftParts(r *nftables.Rule, state bool) [][3]string
}

// jsonParts are the statements of a rule of iptables-nft.
func (o *output) jsonParts(r *nftables.Rule, x parter) []any {
	var l []any
	for _, p := range x.NftParts(r, o.state) {
		if p[1] != "" {
			l = append(l, jpair("xt", jobject{{"type", p[1]}, {"name", p[2]}}))
			continue
		}
		for _, s := range o.readStmts(r.Chain.Table, p[0]) {
			l = append(l, o.jsonStmt(s, nil))
		}
	}
	return l
}

// readStmts reads statements in nft's language.
func (o *output) readStmts(t *nftables.Table, text string) []*stmt {
	src := &source{lines: []string{"add rule " + familyName(t.Family) + " " + t.Name + " x " + text}}
	toks, err := lex(src)
	if err != nil {
		return nil
	}
	p := &parser{env: o.env, toks: toks, vars: map[string]*expr{}}
	p.all()
	if len(p.errs) > 0 || len(p.cmds) != 1 || p.cmds[0].rule == nil {
		return nil
	}
	ev := &evaluator{env: o.env, table: t, fam: t.Family, cmd: p.cmds[0]}
	stmts, f := ev.rule(p.cmds[0].rule)
	if f != nil {
		return nil
	}
	var out []*stmt
	for _, s := range stmts {
		if s.k != sMatch || !s.e.depGen {
			out = append(out, s)
		}
	}
	return out
}
