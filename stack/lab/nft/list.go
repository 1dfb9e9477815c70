package nft

import (
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// list carries out the list commands.
func (r *runner) list(c *cmd) {
	if !r.listable(c) {
		return
	}
	if r.json {
		r.listJSON(c)
		return
	}
	o, s := r.o, r.tables()
	each := func(f func(t *nftables.Table)) {
		for _, t := range s.List {
			if !c.p.hasFam || t.Family == c.p.family {
				f(t)
			}
		}
	}
	framed := func(f func(t *nftables.Table)) {
		each(func(t *nftables.Table) {
			o.printf("table %s %s {\n", familyName(t.Family), t.Name)
			f(t)
			o.printf("}\n")
		})
	}
	t := r.table(&c.p)
	switch c.obj {
	case "ruleset":
		o.ruleset(s, c.p.family, !c.p.hasFam)
	case "tables":
		each(func(t *nftables.Table) { o.printf("table %s %s\n", familyName(t.Family), t.Name) })
	case "chains":
		framed(func(t *nftables.Table) {
			for _, ch := range t.Chains {
				o.chainHead(ch)
				o.printf("\t}\n")
			}
		})
	case "sets", "maps", "meters":
		framed(func(t *nftables.Table) {
			for _, x := range t.Sets {
				if !x.Anon && c.obj != "meters" && x.Map == (c.obj == "maps") {
					o.set(x, false)
				}
			}
		})
	case "counters", "quotas", "limits", "synproxys", "objects":
		kind := objKinds[c.obj[:len(c.obj)-1]]
		if c.objs != nil {
			kind = c.objs.kind
		}
		r.objects(c, kind, "")
	case "flowtables":
		framed(func(t *nftables.Table) {
			for _, f := range t.Flowtables {
				o.flowtable(f)
			}
		})
	case "flowtable":
		o.printf("table %s %s {\n", familyName(t.Family), t.Name)
		o.flowtable(t.Flowtable(c.p.name))
		o.printf("}\n")
	case "hooks": // of a kernel with CONFIG_NETFILTER_NETLINK_HOOK, which the recorded one is not
	case "table":
		o.table(t)
	case "chain":
		ch := t.Chain(c.p.chain)
		o.managed(t, []*nftables.Chain{ch})
		o.tableHead(t)
		o.chain(ch)
		o.printf("}\n")
	case "set":
		o.printf("table %s %s {\n", familyName(t.Family), t.Name)
		o.set(t.Set(c.p.name), true)
		o.printf("}\n")
	case "object":
		c.p.hasFam = true
		r.objects(c, c.objs.kind, c.p.name)
	}
}

// listable complains of what is not there, and of what is not modelled.
func (r *runner) listable(c *cmd) bool {
	switch c.obj {
	case "secmarks":
		r.fail(errAt(c.at, "not modelled: list "+c.obj))
		return false
	case "flowtable", "table", "chain", "set", "object":
	default:
		return true
	}
	t := r.table(&c.p)
	if t == nil {
		if c.obj == "object" {
			r.noTable(c)
		} else { // nft has only fetched what the command names
			r.plain(absent{at: c.p.tableAt})
		}
		return false
	}
	switch c.obj {
	case "flowtable":
		if t.Flowtable(c.p.name) == nil {
			r.fail(errAt(c.p.nameAt, enoentText))
			return false
		}
	case "chain":
		if t.Chain(c.p.chain) == nil {
			r.plain(absent{at: c.p.chainAt})
			return false
		}
	case "set":
		if x := t.Set(c.p.name); x == nil || x.Anon {
			r.plain(absent{at: c.p.nameAt})
			return false
		}
	case "object":
		if t.Object(c.objs.kind, c.p.name) == nil {
			r.missingObject(&c.p, absent{at: c.p.nameAt})
			return false
		}
	}
	return true
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
