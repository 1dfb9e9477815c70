package ipt

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/step"
)

func (h *nftHandle) chainAdd(c *nftCmd) bool {
	h.fn = "chain add"
	t := h.initTable(c.table)
	if builtinChain(c.table, c.chain) != nil || h.chain(c.table, c.chain) != nil {
		return h.fail(step.EEXIST)
	}
	h.b.How.Excl = true
	_, e := h.b.AddChain(t, c.chain, nil, false, true)
	h.b.How.Excl = false
	h.kernel(e, "CHAIN_USER_ADD", "chain "+c.chain)
	return true
}

// chainRestore is nft_chain_restore: the chain is there and empty.
func (h *nftHandle) chainRestore(c *nftCmd) bool {
	t := h.initTable(c.table)
	if ch := h.chain(c.table, c.chain); ch != nil {
		h.b.FlushChain(ch)
		return true
	}
	_, e := h.b.AddChain(t, c.chain, nil, false, true)
	h.kernel(e, "CHAIN_USER_ADD", "chain "+c.chain)
	return true
}

func (h *nftHandle) chainDel(c *nftCmd) bool {
	h.fn = "chain del"
	if c.named {
		ch := h.chain(c.table, c.chain)
		if ch == nil {
			return h.fail(step.ENOENT)
		}
		return h.delChain(ch, c)
	}
	all := h.chains(c.table, c.verbose)
	for _, ch := range all { // all at once: what they say of each other does not count
		if ch.Base == nil && len(ch.Rules) > 0 {
			h.delChain(ch, c)
			return true
		}
	}
	for _, ch := range all {
		h.delChain(ch, c)
	}
	return true
}

func (h *nftHandle) delChain(ch *nftables.Chain, c *nftCmd) bool {
	if ch.Base == nil {
		if c.verbose {
			h.p.out.f("Deleting chain `%s'\n", ch.Name)
		}
		e := core.Errno(0)
		if ch.Use() > 0 || len(ch.Rules) > 0 { // NLM_F_NONREC
			e = step.EBUSY
		} else {
			e = h.b.DelChain(ch)
		}
		h.kernel(e, "CHAIN_DEL", "chain "+ch.Name)
		return true
	}
	if ch.Base.Drop && c.named {
		return h.fail(step.EBUSY)
	}
	if !c.named && (ch.Base.Drop || len(ch.Rules) > 0) {
		return true
	}
	e := core.Errno(step.EBUSY)
	if len(ch.Rules) == 0 {
		e = h.b.DelChain(ch)
	}
	h.kernel(e, "CHAIN_DEL", "chain "+ch.Name)
	return true
}

func (h *nftHandle) rename(c *nftCmd) bool {
	h.fn = "rename"
	if builtinChain(c.table, c.newName) != nil || h.chain(c.table, c.newName) != nil {
		return h.fail(step.EEXIST)
	}
	ch := h.chain(c.table, c.chain)
	if ch == nil {
		return h.fail(step.ENOENT)
	}
	h.kernel(h.b.RenameChain(ch, c.newName), "CHAIN_RENAME", "chain "+c.newName)
	return true
}

func (h *nftHandle) chainSet(c *nftCmd) bool {
	h.fn = "chain set"
	switch c.policy {
	case "ACCEPT", "DROP", "-":
	default:
		return h.fail(step.EINVAL)
	}
	b := builtinChain(c.table, c.chain)
	if b == nil {
		h.initTable(c.table)
		return h.fail(step.ENOENT)
	}
	t := h.initTable(c.table)
	ch := h.addBase(t, b, false)
	if ch == nil {
		return true
	}
	if c.policy != "-" {
		h.kernel(h.b.SetPolicy(ch, c.policy == "DROP"), "CHAIN_UPDATE", "chain "+c.chain)
	}
	h.after = append(h.after, func() {
		if ch.Base != nil {
			ch.Base.Counted, ch.Base.Packets, ch.Base.Bytes = true, c.packets, c.bytes
		}
	})
	return true
}

func (h *nftHandle) zero(c *nftCmd) bool {
	l := h.chains(c.table, c.verbose)
	if c.named {
		ch := h.chain(c.table, c.chain)
		if ch == nil {
			return h.fail(step.ENOENT)
		}
		l = []*nftables.Chain{ch}
	}
	for _, ch := range l {
		if c.verbose {
			h.p.out.f("Zeroing chain `%s'\n", ch.Name)
		}
		if b := ch.Base; b != nil {
			same := *b
			h.b.AddChain(ch.Table, ch.Name, &same, false, false) // the kernel is sent the chain once more
			h.after = append(h.after, func() { b.Counted, b.Packets, b.Bytes = true, 0, 0 })
		}
		for i := range ch.Rules {
			if r, _ := h.p.decode(ch.Rules[i]); r.packets != 0 || r.bytes != 0 {
				h.zeroRule(ch, i)
			}
		}
	}
	return true
}

// zeroRule puts a rule in its own place, with a new counter.
func (h *nftHandle) zeroRule(ch *nftables.Chain, i int) {
	old := ch.Rules[i]
	r, _ := h.p.decode(old)
	r.packets, r.bytes = 0, 0
	for _, m := range r.matches {
		m.d = clone(m.d)
	}
	if r.target != nil {
		r.target.d = clone(r.target.d)
	}
	n, e := h.p.encode(ch, r)
	if e == 0 {
		e = h.b.Replace(old, n)
	}
	h.kernel(e, "RULE_REPLACE", "rule in chain "+ch.Name)
}

func (h *nftHandle) zeroNum(c *nftCmd) bool {
	h.fn = "delete"
	ch := h.chain(c.table, c.chain)
	if ch == nil {
		return h.fail(step.ENOENT)
	}
	if c.num >= len(ch.Rules) {
		h.errno = step.ENOENT
		return true
	}
	h.zeroRule(ch, c.num)
	return true
}
