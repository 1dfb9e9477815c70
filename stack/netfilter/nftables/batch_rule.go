package nftables

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
)

// AddRule is nf_tables_newrule: at place at of the chain's rules. Whether it may stand
// there, Validate tells.
func (b *Batch) AddRule(c *Chain, at int, r *Rule) core.Errno {
	r.Chain = c
	if e := r.hold(); e != 0 {
		return e
	}
	r.Handle = c.Table.newHandle()
	return b.place(c, at, r)
}

// place puts a rule into its chain.
func (b *Batch) place(c *Chain, at int, r *Rule) core.Errno {
	if at >= len(c.Rules) {
		c.Rules = append(c.Rules, r)
	} else {
		c.Rules = slices.Insert(slices.Clone(c.Rules), at, r)
	}
	b.log(undo{kind: undoAddRule, chain: c, rule: r})
	if !slices.Contains(b.bad, c.Table) && b.s.validate(c.Table, c, r) != 0 {
		b.bad = append(b.bad, c.Table)
	}
	return 0
}

// DelRule is nf_tables_delrule.
func (b *Batch) DelRule(r *Rule) core.Errno {
	c := r.Chain
	i := len(c.Rules) - 1
	for i >= 0 && c.Rules[i] != r {
		i--
	}
	if i < 0 {
		return enoent
	}
	b.delRule(r, i)
	return 0
}

// delRule takes a rule away, which is at place i of its chain.
func (b *Batch) delRule(r *Rule, i int) {
	c := r.Chain
	switch {
	case i == len(c.Rules)-1:
		c.Rules = c.Rules[:i:i]
	case i == 0:
		c.Rules = c.Rules[1:]
	default:
		c.Rules = slices.Delete(slices.Clone(c.Rules), i, i+1)
	}
	r.release()
	b.log(undo{kind: undoDelRule, chain: c, rule: r, at: i})
	for _, e := range r.Exprs {
		if s := setOf(e); s != nil && s.Anon && s.use == 0 {
			if slices.Contains(c.Table.Sets, s) {
				b.FlushSet(s)
				b.removeSet(s)
			}
		}
	}
}

// setOf is the set that an expression uses.
func setOf(e Expr) *Set {
	switch e := e.(type) {
	case *Lookup:
		return e.Set
	case *ObjRefMap:
		return e.Set
	case *Dynset:
		return e.Set
	}
	return nil
}

func (r *Rule) hold() core.Errno {
	for i, e := range r.Exprs {
		if x, ok := e.(compat); ok {
			x.standIn(r.Chain)
		}
		if u, ok := e.(user); ok {
			if err := u.hold(r.Chain.Table); err != 0 {
				for _, e := range r.Exprs[:i] {
					if u, ok := e.(user); ok {
						u.release(r.Chain.Table)
					}
				}
				return err
			}
		}
	}
	return 0
}

func (r *Rule) release() {
	for _, e := range r.Exprs {
		if u, ok := e.(user); ok {
			u.release(r.Chain.Table)
		}
	}
}

// validate is nft_table_validate after a rule was added: from every base chain
// that leads to it, are its expressions allowed, and are the jumps too deep (or in
// a circle)? Chains that no packet reaches are not looked at.
func (s *Tables) validate(t *Table, c *Chain, r *Rule) core.Errno {
	needs := false
	for _, e := range r.Exprs {
		if _, ok := e.(Validator); ok {
			needs = true
		}
		if d, ok := e.(*Decide); ok && d.Chain != nil {
			needs = true
		}
		if s := setOf(e); s != nil && s.Verdicts {
			needs = true
		}
	}
	if !needs {
		return 0
	}
	if c.Base != nil {
		s.pass++
		return c.walk(c, 0)
	}
	return s.validateAll(t)
}

// validateAll is nft_table_validate.
func (s *Tables) validateAll(t *Table) core.Errno {
	for _, o := range t.Chains {
		if o.Base != nil {
			s.pass++
			if e := o.walk(o, 0); e != 0 {
				return e
			}
		}
	}
	return 0
}
