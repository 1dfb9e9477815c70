package ipt

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/step"
)

// An xtcHandle is struct xtc_handle: a table of iptables-legacy that is being
// changed.
type xtcHandle struct {
	p       *prog
	t       *iptables.Table
	r       *iptables.Replace
	changed bool
	fn      string            // iptc_fn: what was done last
	given   []*iptables.Chain // chains whose policy got counters by -c
}

// openTable is iptc_init; it ends the run if there is no such table.
func (p *prog) openTable(c *command) *xtcHandle {
	h, e := p.xtcInit(c.table)
	if h == nil {
		p.die(versionProblem, "can't initialize %s table `%s': %s", p.xtcName(), c.table, initError(e))
	}
	return h
}

func (p *prog) xtcName() string {
	if p.fam == 6 {
		return "ip6tables"
	}
	return "iptables"
}

func initError(e core.Errno) string {
	switch e {
	case step.ENOENT:
		return "Table does not exist (do you need to insmod?)"
	case step.EINVAL:
		return "Module is wrong version"
	}
	return strerror(e)
}

func (p *prog) xtcInit(table string) (*xtcHandle, core.Errno) {
	if len(table) >= 32 {
		return nil, step.EINVAL
	}
	t, e := iptables.Of(p.env.NS).Table(family(p.fam), table)
	if e != 0 {
		return nil, e
	}
	return &xtcHandle{p: p, t: t, r: t.Get()}, 0
}

// strerror is iptc_strerror.
func (h *xtcHandle) strerror(e core.Errno) string {
	switch {
	case h.fn == "create chain" && e == step.EEXIST:
		return "Chain already exists"
	case h.fn == "insert" && e == e2big:
		return "Index of insertion too big"
	case h.fn == "replace" && e == e2big:
		return "Index of replacement too big"
	case h.fn == "delete num" && e == e2big:
		return "Index of deletion too big"
	case h.fn == "zero counter" && e == e2big:
		return "Index of counter too big"
	case h.fn == "insert" && e == eloop:
		return "Loop found in table"
	case h.fn == "insert" && e == step.EINVAL:
		return "Target problem"
	case h.fn == "delete" && e == step.ENOENT:
		return "Bad rule (does a matching rule exist in that chain?)"
	case h.fn == "set policy" && e == step.ENOENT:
		return "Bad built-in chain name"
	case h.fn == "set policy" && e == step.EINVAL:
		return "Bad policy name"
	}
	if s := generic(e); s != "" {
		return s
	}
	return strerror(e)
}

// commit is iptc_commit.
func (h *xtcHandle) commit() (bool, core.Errno) {
	h.fn = "commit"
	if !h.changed {
		return true, 0
	}
	// libiptc reads the counter of a policy as one to take off again
	// (__iptcc_p_del_policy: COUNTER_MAP_ZEROED), so that each change sets all
	// policies of the table to zero; rules keep theirs.
	for _, c := range h.r.Chains {
		if c.Builtin && !slices.Contains(h.given, c) {
			c.Counter = iptables.Counter{}
		}
	}
	if f := h.t.Replace(h.r); f != nil {
		return false, f.Errno
	}
	return true, 0
}

func (h *xtcHandle) chain(name string) *iptables.Chain { return h.r.Chain(name) }

// refs counts the rules that jump to a chain.
func (h *xtcHandle) refs(name string) (n int64) {
	for _, c := range h.r.Chains {
		for _, r := range c.Rules {
			if j, ok := r.Target.(*iptables.Jump); ok && j.Chain == name {
				n++
			}
		}
	}
	return n
}

// do is do_command4: false and an errno if it fails.
func (h *xtcHandle) do(c *command) (bool, core.Errno) {
	v := c.verbose > 0
	ok, e := true, core.Errno(0)
	switch {
	case c.op&(cmdAppend|cmdDelete|cmdCheck|cmdInsert|cmdReplace) != 0:
		return h.doRule(c)
	case c.op == cmdDeleteNum:
		return h.deleteNum(c.chain, c.num-1)
	case c.op == cmdFlush:
		return h.each(c, true, func(n string) (bool, core.Errno) { return h.flush(n, v) })
	case c.op == cmdZero:
		return h.zero(c, v)
	case c.op == cmdZeroNum:
		return h.zeroNum(c.chain, c.num)
	case c.op&cmdList != 0:
		ok, e = h.list(c)
	case c.op&cmdListRules != 0:
		ok, e = h.listRules(c)
	case c.op == cmdNewChain:
		return h.create(c.chain)
	case c.op == cmdDeleteChain:
		return h.each(c, false, func(n string) (bool, core.Errno) { return h.deleteChain(n, v) })
	case c.op == cmdRename:
		return h.rename(c.chain, c.newName)
	case c.op == cmdSetPolicy:
		return h.setPolicy(c)
	}
	if ok && c.op&cmdZero != 0 {
		ok, e = h.zero(c, v)
	}
	if ok && c.op&cmdZeroNum != 0 {
		ok, e = h.zeroNum(c.chain, c.num)
	}
	return ok, e
}

// doRule adds, deletes, looks for or replaces a rule.
func (h *xtcHandle) doRule(c *command) (bool, core.Errno) {
	p := h.p
	if h.chain(c.r.jump) != nil && c.r.target != nil && c.r.jump != "" {
		p.warn("Warning: using chain %s, not extension\n", c.r.jump)
		c.r.target = nil
	}
	if c.r.target == nil && c.r.jump != "" && h.chain(c.r.jump) == nil {
		if c.r.isGoto {
			p.bad("goto '%s' is not a chain", c.r.jump)
		}
		p.findTarget(c.r.jump, true)
	}
	ok, last := true, core.Errno(0)
	for _, r := range c.pairs() {
		if c.verbose > 0 {
			p.printRule(r, 0, oneLine)
		}
		if good, e := h.oneRule(c, r); !good {
			ok, last = false, e
		}
	}
	return ok, last
}

func (h *xtcHandle) oneRule(c *command, r *rule) (bool, core.Errno) {
	h.fn = map[int]string{cmdAppend: "append", cmdInsert: "insert", cmdReplace: "replace", cmdDelete: "delete", cmdCheck: "delete"}[c.op]
	ch := h.chain(c.chain)
	if ch == nil {
		return false, step.ENOENT
	}
	at := c.num - 1
	switch {
	case c.op == cmdInsert && at > len(ch.Rules), c.op == cmdReplace && at >= len(ch.Rules):
		return false, e2big
	}
	if _, ok := verdicts[r.jump]; r.jump != "" && !ok {
		h.fn = "" // iptcc_map_target asks whether it is a built-in chain
	}
	if d := h.chain(c.r.jump); d != nil && d.Builtin {
		return false, step.EINVAL
	}
	n := h.p.engineRule(r)
	switch c.op {
	case cmdAppend:
		ch.Rules = append(ch.Rules, n)
	case cmdInsert:
		ch.Rules = slices.Insert(ch.Rules, at, n)
	case cmdReplace:
		ch.Rules[at] = n
	default:
		for i, x := range ch.Rules {
			if h.p.same(h.p.fromEngine(x), r) {
				if c.op == cmdDelete {
					ch.Rules = slices.Delete(ch.Rules, i, i+1)
					h.changed = true
				}
				return true, 0
			}
		}
		return false, step.ENOENT
	}
	h.changed = true
	return true, 0
}

func (h *xtcHandle) deleteNum(name string, at int) (bool, core.Errno) {
	h.fn = "delete num"
	ch := h.chain(name)
	if ch == nil {
		return false, step.ENOENT
	}
	if at >= len(ch.Rules) {
		return false, e2big
	}
	ch.Rules = slices.Delete(ch.Rules, at, at+1)
	h.changed = true
	return true, 0
}

// each does something to the chain of a command, or to all.
func (h *xtcHandle) each(c *command, builtin bool, f func(string) (bool, core.Errno)) (bool, core.Errno) {
	if c.named {
		return f(c.chain)
	}
	ok, last := true, core.Errno(0)
	for _, ch := range append([]*iptables.Chain(nil), h.r.Chains...) {
		if ch.Builtin && !builtin {
			continue
		}
		if good, e := f(ch.Name); !good {
			ok, last = false, e
		}
	}
	return ok, last
}

func (h *xtcHandle) flush(name string, verbose bool) (bool, core.Errno) {
	h.fn = "flush"
	if verbose {
		h.p.out.f("Flushing chain `%s'\n", name)
	}
	ch := h.chain(name)
	if ch == nil {
		return false, step.ENOENT
	}
	ch.Rules = nil
	h.changed = true
	return true, 0
}

func (h *xtcHandle) zero(c *command, verbose bool) (bool, core.Errno) {
	return h.each(c, true, func(name string) (bool, core.Errno) {
		h.fn = "zero"
		if verbose {
			h.p.out.f("Zeroing chain `%s'\n", name)
		}
		ch := h.chain(name)
		if ch == nil {
			return false, step.ENOENT
		}
		ch.Counter = iptables.Counter{}
		for _, r := range ch.Rules {
			r.Counter = iptables.Counter{}
		}
		h.changed = true
		return true, 0
	})
}

func (h *xtcHandle) zeroNum(name string, num int) (bool, core.Errno) {
	h.fn = "zero counter"
	ch := h.chain(name)
	if ch == nil {
		return false, step.ENOENT
	}
	if num > len(ch.Rules) {
		return false, e2big
	}
	ch.Rules[num-1].Counter = iptables.Counter{}
	h.changed = true
	return true, 0
}
