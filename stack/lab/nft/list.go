package nft

import (
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// list carries out the list commands.
func (r *runner) list(c *cmd) {
	o := r.o
	s := r.tables()
	if r.json {
		r.fail(errAt(c.at, "not modelled: -j"))
		return
	}
	in := func(t *nftables.Table) bool { return !c.p.hasFam || t.Family == c.p.family }
	switch c.obj {
	case "ruleset":
		o.ruleset(s, c.p.family, !c.p.hasFam)
		return
	case "tables":
		for _, t := range s.List {
			if in(t) {
				o.printf("table %s %s\n", familyName(t.Family), t.Name)
			}
		}
		return
	case "chains":
		for _, t := range s.List {
			if !in(t) {
				continue
			}
			o.printf("table %s %s {\n", familyName(t.Family), t.Name)
			for _, ch := range t.Chains {
				o.chainHead(ch)
				o.printf("\t}\n")
			}
			o.printf("}\n")
		}
		return
	case "sets", "maps", "meters":
		for _, t := range s.List {
			if !in(t) {
				continue
			}
			o.printf("table %s %s {\n", familyName(t.Family), t.Name)
			for _, x := range t.Sets {
				if !x.Anon && c.obj != "meters" && x.Map == (c.obj == "maps") {
					o.set(x, false)
				}
			}
			o.printf("}\n")
		}
		return
	case "counters", "quotas", "limits", "objects":
		kind := objKinds[c.obj[:len(c.obj)-1]]
		if c.objs != nil {
			kind = c.objs.kind
		}
		r.objects(c, kind, "")
		return
	case "flowtables":
		for _, t := range s.List {
			if in(t) {
				o.printf("table %s %s {\n}\n", familyName(t.Family), t.Name)
			}
		}
		return
	case "hooks", "secmarks", "synproxys":
		r.fail(errAt(c.at, "not modelled: list "+c.obj))
		return
	}
	t := r.table(&c.p)
	if t == nil {
		r.noTable(c)
		return
	}
	switch c.obj {
	case "flowtable":
		r.fail(errAt(c.p.nameAt, "No such file or directory"))
	case "table":
		o.table(t)
	case "chain":
		ch := t.Chain(c.p.chain)
		if ch == nil {
			r.fail(errAt(c.p.chainAt, "No such file or directory"))
			return
		}
		o.managed(t, []*nftables.Chain{ch})
		o.tableHead(t)
		o.chain(ch)
		o.printf("}\n")
	case "set":
		x := t.Set(c.p.name)
		if x == nil || x.Anon {
			r.fail(errAt(c.p.nameAt, "No such file or directory"))
			return
		}
		o.printf("table %s %s {\n", familyName(t.Family), t.Name)
		o.set(x, true)
		o.printf("}\n")
	case "object":
		if t.Object(c.objs.kind, c.p.name) == nil {
			r.fail(errAt(c.p.nameAt, "No such file or directory"))
			return
		}
		c.p.hasFam = true
		r.objects(c, c.objs.kind, c.p.name)
	}
}

func (r *runner) objects(c *cmd, kind nftables.ObjKind, name string) {
	o := r.o
	for _, t := range r.tables().List {
		if c.p.hasFam && t.Family != c.p.family || c.p.table != "" && t.Name != c.p.table || len(t.Objects) == 0 {
			continue
		}
		o.printf("table %s %s {\n", familyName(t.Family), t.Name)
		for _, x := range t.Objects {
			if x.Kind == kind && (name == "" || x.Name == name) {
				o.object(x)
			}
		}
		o.printf("}\n")
	}
}

// reset lists objects and sets their state back.
func (r *runner) reset(c *cmd) {
	n := len(r.fails)
	r.list(c)
	if len(r.fails) > n {
		return
	}
	kind := nftables.ObjKind(0)
	name := ""
	switch c.obj {
	case "counters":
		kind = nftables.ObjCounter
	case "quotas":
		kind = nftables.ObjQuota
	case "object":
		kind, name = c.objs.kind, c.p.name
	default:
		return
	}
	for _, t := range r.tables().List {
		if c.p.hasFam && t.Family != c.p.family || c.p.table != "" && t.Name != c.p.table {
			continue
		}
		for _, x := range t.Objects {
			if x.Kind != kind || name != "" && x.Name != name {
				continue
			}
			switch e := x.Expr.(type) {
			case *nftables.Counter:
				*e = nftables.Counter{}
			case *nftables.Quota:
				e.Consumed, e.Depleted = 0, false
			}
		}
	}
}
