package iptables

import "github.com/packetwalk/packetwalk/stack/core"

// Read before editing: ip_tables.c (translate_table, mark_source_chains,
// __do_replace).

// index notes which built-in chain stands at which hook.
func (t *Table) index() {
	for _, c := range t.Chains {
		c.table = t
		if c.Builtin {
			t.byHook[c.Hook] = c
		}
	}
}

// A Refusal says why a Replace was refused.
type Refusal struct {
	Errno core.Errno
	Chain string // of the rule, "" if no rule is to blame
	Rule  int    // counted from 0
	Log   string // what the kernel's log says, "" for nothing
}

// Replace is do_replace: all rules of the table give way to others at once, or
// nothing changes. Of the rules that stay the counters stay, too; what their
// matches remember begins anew, unless it has a name (recent, hashlimit).
// EINVAL: a built-in chain is missing, a jump leads nowhere, or an extension may
// not stand there; ELOOP: chains jump in a circle.
func (t *Table) Replace(r *Replace) *Refusal {
	if e := t.translate(r); e != nil {
		return e
	}
	c := CheckParam{NS: t.x.ns, Family: t.Family, Table: t.Name}
	old := t.Chains
	for i, ch := range r.Chains {
		for j, rule := range ch.Rules {
			if e := rule.check(&c); e != 0 {
				undo(r.Chains[:i+1], j, &c)
				return &Refusal{e, ch.Name, j, c.Err}
			}
		}
	}
	for _, ch := range r.Chains {
		for _, rule := range ch.Rules {
			rule.reset(&c)
		}
	}
	t.Chains = r.Chains
	t.x.Gen++
	t.byHook = [core.NumHooks]*Chain{}
	t.index()
	undo(old, -1, &c)
	return nil
}

// undo destroys the rules of chains; of the last chain the first n only, -1 for
// all.
func undo(l []*Chain, n int, c *CheckParam) {
	for i, ch := range l {
		rules := ch.Rules
		if i == len(l)-1 && n >= 0 {
			rules = rules[:n]
		}
		for _, rule := range rules {
			rule.destroy(c)
		}
	}
}

// check is find_check_entry: is each extension of the rule content to stand there?
func (r *Rule) check(c *CheckParam) core.Errno {
	c.Proto, c.InvProto, c.HookMask, c.Rule, c.Err = r.IP.Proto, r.IP.InvProto, r.comefrom, r, ""
	for i := range r.Matches {
		if e := CheckMatch(r.Matches[i].Match, c); e != 0 {
			for _, m := range r.Matches[:i] {
				destroy(m.Match, c)
			}
			return e
		}
	}
	if r.Target != nil {
		if e := CheckTarget(r.Target, c); e != 0 {
			for _, m := range r.Matches {
				destroy(m.Match, c)
			}
			return e
		}
	}
	return 0
}

func (r *Rule) reset(c *CheckParam) {
	for _, m := range r.Matches {
		if x, ok := m.Match.(Resetter); ok {
			x.Reset(c)
		}
	}
	if x, ok := r.Target.(Resetter); ok {
		x.Reset(c)
	}
}

func (r *Rule) destroy(c *CheckParam) {
	for _, m := range r.Matches {
		destroy(m.Match, c)
	}
	if r.Target != nil {
		destroy(r.Target, c)
	}
}

func destroy(x any, c *CheckParam) {
	if d, ok := x.(Destroyer); ok {
		d.Destroy(c)
	}
}

// translate is translate_table: are the built-in chains there, do the jumps lead
// somewhere, and from which hooks do packets come to each rule?
func (t *Table) translate(r *Replace) *Refusal {
	n := 0
	for _, c := range r.Chains {
		if !c.Builtin {
			continue
		}
		if b := t.byHook[min(c.Hook, core.NumHooks-1)]; b == nil || b.Hook != c.Hook || b.Name != c.Name {
			return &Refusal{Errno: einval}
		}
		if c.Policy != Accept && c.Policy != Drop {
			return &Refusal{Errno: einval, Chain: c.Name}
		}
		n++
	}
	for _, b := range t.byHook {
		if b != nil {
			n--
		}
	}
	if n != 0 {
		return &Refusal{Errno: einval}
	}
	names := make(map[string]*Chain, len(r.Chains))
	for _, c := range r.Chains {
		if names[c.Name] != nil {
			return &Refusal{Errno: eexist, Chain: c.Name}
		}
		names[c.Name] = c
		c.pass, c.doing = 0, false
	}
	for _, c := range r.Chains {
		for i, rule := range c.Rules {
			rule.comefrom = 0
			if j, ok := rule.Target.(*Jump); ok {
				if d := names[j.Chain]; d == nil || d.Builtin {
					return &Refusal{Errno: einval, Chain: c.Name, Rule: i}
				}
			}
		}
	}
	for _, c := range r.Chains {
		if c.Builtin {
			t.x.pass++
			if e := c.markSource(names, t.x.pass, 1<<c.Hook); e != nil {
				return e
			}
		}
	}
	for _, c := range r.Chains {
		for _, rule := range c.Rules {
			if j, ok := rule.Target.(*Jump); ok {
				rule.jump = names[j.Chain]
			}
		}
	}
	return nil
}

// markSource is mark_source_chains for one hook: all rules that packets of the hook
// can come to. ELOOP if chains jump in a circle.
func (c *Chain) markSource(names map[string]*Chain, pass uint64, hook uint) *Refusal {
	if c.pass == pass {
		return nil
	}
	c.pass, c.doing = pass, true
	for i, rule := range c.Rules {
		rule.comefrom |= hook
		j, ok := rule.Target.(*Jump)
		if !ok {
			if s, ok := rule.Target.(*Standard); ok && s.Verdict <= Return && rule.unconditional() {
				break // nothing behind it is ever tried
			}
			continue
		}
		d := names[j.Chain]
		if d.pass == pass && d.doing {
			return &Refusal{Errno: eloop, Chain: c.Name, Rule: i}
		}
		if e := d.markSource(names, pass, hook); e != nil {
			return e
		}
	}
	c.doing = false
	return nil
}

// unconditional is unconditional(): the rule takes every packet.
func (r *Rule) unconditional() bool { return len(r.Matches) == 0 && r.IP == IP{} }
