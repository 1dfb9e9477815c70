package nftables

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nat"
)

// AddChain is nf_tables_newchain. An existing chain gets the new policy; excl
// makes it EEXIST, another hook or type EEXIST, too.
func (b *Batch) AddChain(t *Table, name string, base *Base, policySet, excl bool) (*Chain, core.Errno) {
	if c := t.Chain(name); c != nil {
		if excl {
			return nil, eexist
		}
		if base != nil {
			if c.Base == nil {
				return nil, eexist
			}
			if t.Family == core.NFNetdev || c.Base.Ingress && base.Ingress {
				if e := b.addDevices(c, base); e != 0 {
					return nil, e
				}
			}
			if c.Base.Type != base.Type || c.Base.Hook != base.Hook || c.Base.Priority != base.Priority || c.Base.Ingress != base.Ingress || c.Base.Egress != base.Egress {
				return nil, eexist
			}
		}
		if policySet {
			if c.Base == nil {
				return nil, eopnotsupp
			}
			drop := base != nil && base.Drop
			b.log(undo{kind: undoBase, chain: c, base: *c.Base})
			c.Base.Drop = drop
		} else {
			b.log(undo{kind: undoSameChain, chain: c})
		}
		return c, 0
	}
	if len(name) == 0 || len(name) > 127 {
		return nil, einval
	}
	c := &Chain{Table: t, Name: name, Base: base}
	if base != nil {
		if twice(base.Devices) {
			return nil, eexist
		}
		if e := c.checkBase(); e != 0 {
			return nil, e
		}
	}
	c.Handle = t.newHandle()
	t.Chains = append(t.Chains, c)
	if t.index != nil {
		t.index[name] = c
	}
	b.log(undo{kind: undoAddChain, table: t, chain: c})
	if e := c.hookUp(); e != 0 {
		return nil, e
	}
	return c, 0
}

// SetPolicy gives a base chain a policy (`chain … { policy drop; }` on an
// existing chain): EOPNOTSUPP for a regular one.
func (b *Batch) SetPolicy(c *Chain, drop bool) core.Errno {
	if c.Base == nil {
		return eopnotsupp
	}
	b.log(undo{kind: undoBase, chain: c, base: *c.Base})
	c.Base.Drop = drop
	return 0
}

// checkBase is nft_chain_parse_hook: which types exist, and where.
func (c *Chain) checkBase() core.Errno {
	f, base := c.Table.Family, c.Base
	if f == core.NFNetdev {
		if base.Type != TypeFilter {
			return eopnotsupp
		}
		return 0
	}
	if base.Ingress {
		if f != core.NFInet || base.Type != TypeFilter {
			return eopnotsupp
		}
		return 0
	}
	switch base.Type {
	case TypeNAT:
		if f != core.NFIPv4 && f != core.NFIPv6 && f != core.NFInet {
			return enoent
		}
		if base.Hook == core.Forward {
			return eopnotsupp
		}
		if base.Priority <= core.PriConntrack {
			return eopnotsupp
		}
	case TypeRoute:
		if f != core.NFIPv4 && f != core.NFIPv6 && f != core.NFInet {
			return enoent
		}
		if base.Hook != core.LocalOut {
			return eopnotsupp
		}
	}
	return 0
}

// hookUp is nf_tables_register_hook.
func (c *Chain) hookUp() core.Errno {
	base := c.Base
	if base == nil || c.hooked || c.Table.Dormant {
		return 0
	}
	ns, f := c.Table.s.ns, c.Table.Family
	switch {
	case f == core.NFNetdev || base.Ingress:
		c.findDevices(ns)
	case base.Type == TypeNAT:
		nat.AddChain(ns, f, base.Hook, base.Priority, natChain{c})
	case base.Type == TypeRoute:
		ns.AddHook(f, base.Hook, base.Priority, routeChain{c})
	default:
		ns.AddHook(f, base.Hook, base.Priority, c)
	}
	c.hooked = true
	return 0
}

// unhook is nf_tables_unregister_hook.
func (c *Chain) unhook() {
	if !c.hooked {
		return
	}
	c.hooked = false
	ns, f, base := c.Table.s.ns, c.Table.Family, c.Base
	switch {
	case f == core.NFNetdev || base.Ingress:
		c.leaveDevices(nil)
	case base.Type == TypeNAT:
		nat.DelChain(ns, f, base.Hook, natChain{c})
	case base.Type == TypeRoute:
		ns.DelHook(f, base.Hook, routeChain{c})
	default:
		ns.DelHook(f, base.Hook, c)
	}
}

func (t *Table) setDormant(on bool) {
	t.Dormant = on
	for _, c := range t.Chains {
		if on {
			c.unhook()
		} else {
			c.hookUp()
		}
	}
}

func (t *Table) dropChain(c *Chain) {
	t.Chains = slices.DeleteFunc(slices.Clone(t.Chains), func(o *Chain) bool { return o == c })
	t.index = nil
}

// DelChain is nf_tables_delchain: with its rules; EBUSY while others jump to
// it.
func (b *Batch) DelChain(c *Chain) core.Errno {
	b.FlushChain(c)
	if c.use > 0 {
		return ebusy
	}
	b.removeChain(c)
	return 0
}

func (b *Batch) removeChain(c *Chain) {
	c.unhook()
	t := c.Table
	i := slices.Index(t.Chains, c)
	t.Chains = slices.Delete(slices.Clone(t.Chains), i, i+1)
	t.index = nil
	b.log(undo{kind: undoDelChain, table: t, chain: c, at: i})
}

// RenameChain is `rename chain`: EEXIST if the name is taken.
func (b *Batch) RenameChain(c *Chain, name string) core.Errno {
	if c.Table.Chain(name) != nil {
		return eexist
	}
	b.log(undo{kind: undoRename, chain: c, name: c.Name})
	c.Name = name
	c.Table.index = nil
	return 0
}

// FlushChain deletes all rules of a chain.
func (b *Batch) FlushChain(c *Chain) {
	l := c.Rules
	for i, r := range l {
		c.Rules = l[i:len(l):len(l)]
		b.delRule(r, 0)
	}
}

// each calls f for every chain that the rules lead to.
func (c *Chain) each(f func(*Chain) core.Errno) core.Errno {
	for _, r := range c.Rules {
		for _, e := range r.Exprs {
			if d, ok := e.(*Decide); ok && d.Chain != nil {
				if err := f(d.Chain); err != 0 {
					return err
				}
			}
			if s := setOf(e); s != nil && s.Verdicts {
				err := core.Errno(0)
				s.Each(func(el *Elem) bool {
					if el.Verdict.Chain != nil {
						err = f(el.Verdict.Chain)
					}
					return err == 0
				})
				if err != 0 {
					return err
				}
			}
		}
	}
	return 0
}

// walk is nft_chain_validate: base is where the packet came in. A chain that was looked at from as deep before is not again.
func (c *Chain) walk(base *Chain, level int) core.Errno {
	if level == jumpStack {
		return emlink
	}
	if s := c.Table.s; c.pass == s.pass && level <= c.deep {
		return 0
	} else {
		c.pass, c.deep = s.pass, level
	}
	for _, r := range c.Rules {
		for _, e := range r.Exprs {
			if v, ok := e.(Validator); ok {
				if err := v.Validate(base); err != 0 {
					return err
				}
			}
		}
	}
	return c.each(func(d *Chain) core.Errno { return d.walk(base, level+1) })
}
