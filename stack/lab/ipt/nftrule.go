package ipt

import (
	"slices"
	"sort"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/step"
)

// chain is nft_chain_find.
func (h *nftHandle) chain(table, name string) *nftables.Chain {
	t := h.table(table)
	if t == nil {
		return nil
	}
	c := t.Chain(name)
	if c != nil && foreign(c) {
		return nil
	}
	return c
}

// foreign tells whether a base chain is none of iptables': nft made it.
func foreign(c *nftables.Chain) bool {
	if c.Base == nil {
		return false
	}
	b := builtinChain(c.Table.Name, c.Name)
	return b == nil || b.hook != c.Base.Hook || b.prio != c.Base.Priority || b.typ != c.Base.Type || c.Base.Ingress || c.Base.Egress
}

// initTable is nft_xt_builtin_table_init.
func (h *nftHandle) initTable(name string) *nftables.Table {
	t, e := h.b.AddTable(family(h.p.fam), name, false, false, false)
	h.kernel(e, "TABLE_ADD", "table "+name)
	return t
}

// initChain is nft_xt_builtin_init for one chain, "" for all.
func (h *nftHandle) initChain(table, name string) {
	t := h.initTable(table)
	if t == nil {
		return
	}
	for _, b := range builtins[table] {
		if name == "" || b.name == name {
			h.addBase(t, &b, false)
		}
	}
}

func (h *nftHandle) addBase(t *nftables.Table, b *builtin, drop bool) *nftables.Chain {
	if c := t.Chain(b.name); c != nil {
		return c
	}
	c, e := h.b.AddChain(t, b.name, &nftables.Base{Type: b.typ, Hook: b.hook, Priority: b.prio, Drop: drop}, false, false)
	h.kernel(e, "CHAIN_ADD", "chain "+b.name)
	return c
}

// place is where in a chain of the engine a rule goes.
func (h *nftHandle) place(c *nftCmd, at int, what string) {
	ch := h.chain(c.table, c.chain)
	r, e := h.p.encode(ch, c.r)
	var e2 core.Errno
	if h.old != nil {
		e2 = h.b.Replace(h.old, r)
	} else {
		e2 = h.b.AddRule(ch, at, r)
	}
	if e2 == 0 {
		e2 = h.b.Validate(ch.Table)
	}
	if e2 != 0 { // what comes first in the rule
		e = e2
	}
	h.kernel(e, what, "rule in chain "+c.chain)
	if c.verbose {
		h.p.printRule(c.r, 0, oneLine)
	}
}

func (h *nftHandle) append(c *nftCmd) bool {
	h.initChain2(c)
	h.fn = "append"
	ch := h.chain(c.table, c.chain)
	if ch == nil {
		return h.fail(step.ENOENT)
	}
	h.place(c, len(ch.Rules), "RULE_APPEND")
	return true
}

// initChain2 makes the table, and the chain if it is a built-in one.
func (h *nftHandle) initChain2(c *nftCmd) {
	if c.chain == "" {
		h.initTable(c.table)
		return
	}
	h.initChain(c.table, c.chain)
}

func (h *nftHandle) insert(c *nftCmd) bool {
	h.initChain2(c)
	h.fn = "insert"
	ch := h.chain(c.table, c.chain)
	if ch == nil {
		return h.fail(step.ENOENT)
	}
	if c.num > len(ch.Rules) {
		return h.fail(e2big)
	}
	what := "RULE_INSERT"
	if c.num == len(ch.Rules) && c.num > 0 {
		what = "RULE_APPEND"
		h.fn = "append"
	}
	h.b.How.Insert = true
	h.place(c, c.num, what)
	h.b.How.Insert = false
	return true
}

func (h *nftHandle) replace(c *nftCmd) bool {
	h.fn = "replace"
	ch := h.chain(c.table, c.chain)
	if ch == nil {
		return h.fail(step.ENOENT)
	}
	if c.num >= len(ch.Rules) {
		return h.fail(e2big)
	}
	h.fn = "append"
	h.old = ch.Rules[c.num]
	h.place(c, c.num, "RULE_REPLACE")
	h.old = nil
	return true
}

// delete deletes a rule, by number or by what it says, or only looks for it.
func (h *nftHandle) delete(c *nftCmd) bool {
	h.fn = c.op
	ch := h.chain(c.table, c.chain)
	if ch == nil {
		return h.fail(step.ENOENT)
	}
	at := c.num
	if c.op == "delete num" {
		if at >= len(ch.Rules) {
			return h.fail(e2big)
		}
	} else {
		want := h.p.normal(c.r)
		at = slices.IndexFunc(ch.Rules, func(r *nftables.Rule) bool {
			x, bad := h.p.decode(r)
			return bad == "" && h.p.same(x, want)
		})
		if at < 0 {
			return h.fail(step.ENOENT)
		}
	}
	r := ch.Rules[at]
	if c.op != "check" {
		h.kernel(h.b.DelRule(r), "RULE_DELETE", "rule in chain "+c.chain)
	}
	if c.verbose && c.op != "delete num" {
		x, _ := h.p.decode(r)
		h.p.printRule(x, 0, oneLine)
	}
	return true
}

func (h *nftHandle) flush(c *nftCmd) bool {
	h.fn = "flush"
	if c.named {
		h.initChain2(c)
	} else if c.verbose {
		h.initChain(c.table, "")
	} else if h.table(c.table) == nil {
		return true
	}
	if c.named {
		ch := h.chain(c.table, c.chain)
		if ch == nil {
			return h.fail(step.ENOENT)
		}
		if c.verbose {
			h.p.out.f("Flushing chain `%s'\n", c.chain)
		}
		h.b.FlushChain(ch)
		return true
	}
	if !c.verbose {
		for _, ch := range h.table(c.table).Chains {
			h.b.FlushChain(ch)
		}
		return true
	}
	for _, ch := range h.chains(c.table, true) {
		h.p.out.f("Flushing chain `%s'\n", ch.Name)
		h.b.FlushChain(ch)
	}
	return true
}

// chains are those of a table that iptables sees: the built-in ones in the order of
// their hooks, then the others, sorted or as they were made.
func (h *nftHandle) chains(table string, sorted bool) (l []*nftables.Chain) {
	t := h.table(table)
	if t == nil {
		return nil
	}
	for _, hook := range []core.HookNum{core.PreRouting, core.LocalIn, core.Forward, core.LocalOut, core.PostRouting} {
		for _, c := range t.Chains {
			if c.Base != nil && c.Base.Hook == hook && !foreign(c) {
				l = append(l, c)
			}
		}
	}
	n := len(l)
	for _, c := range t.Chains {
		if c.Base == nil {
			l = append(l, c)
		}
	}
	if sorted {
		sort.SliceStable(l[n:], func(i, j int) bool { return l[n+i].Name < l[n+j].Name })
	}
	return l
}
