package ipt

import (
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/step"
)

func (h *xtcHandle) create(name string) (bool, core.Errno) {
	h.fn = "create chain"
	if h.chain(name) != nil || name == "DROP" || name == "ACCEPT" || name == "QUEUE" || name == "RETURN" {
		return false, step.EEXIST
	}
	if len(name) >= 32 {
		return false, step.EINVAL
	}
	h.insert(&iptables.Chain{Name: name})
	return true, 0
}

// insert puts a chain in its place: chains of the user's are sorted.
func (h *xtcHandle) insert(n *iptables.Chain) {
	i := 0
	for i < len(h.r.Chains) && (h.r.Chains[i].Builtin || h.r.Chains[i].Name < n.Name) {
		i++
	}
	h.r.Chains = slices.Insert(h.r.Chains, i, n)
	h.changed = true
}

func (h *xtcHandle) deleteChain(name string, verbose bool) (bool, core.Errno) {
	h.fn = "delete chain"
	if verbose {
		h.p.out.f("Deleting chain `%s'\n", name)
	}
	ch := h.chain(name)
	if ch == nil {
		return false, step.ENOENT
	}
	h.fn = "" // what asks about the chain leaves its own name there
	switch {
	case ch.Builtin:
		return false, step.EINVAL
	case h.refs(name) > 0:
		return false, emlink
	case len(ch.Rules) > 0:
		return false, enotempty
	}
	h.r.Chains = slices.DeleteFunc(h.r.Chains, func(c *iptables.Chain) bool { return c == ch })
	h.changed = true
	return true, 0
}

func (h *xtcHandle) rename(old, name string) (bool, core.Errno) {
	h.fn = "rename chain"
	if h.chain(name) != nil || name == "DROP" || name == "ACCEPT" || name == "QUEUE" || name == "RETURN" {
		return false, step.EEXIST
	}
	ch := h.chain(old)
	if ch == nil || ch.Builtin {
		return false, step.ENOENT
	}
	if len(name) >= 32 {
		return false, step.EINVAL
	}
	for _, c := range h.r.Chains {
		for i, r := range c.Rules {
			if j, ok := r.Target.(*iptables.Jump); ok && j.Chain == old {
				n := h.p.engineRule(h.p.fromEngine(r))
				n.Target = &iptables.Jump{Chain: name, Goto: j.Goto}
				n.Text = strings.Replace(r.Text, old, name, 1)
				c.Rules[i] = n
			}
		}
	}
	h.r.Chains = slices.DeleteFunc(h.r.Chains, func(c *iptables.Chain) bool { return c == ch })
	ch.Name = name
	h.insert(ch)
	return true, 0
}

func (h *xtcHandle) setPolicy(c *command) (bool, core.Errno) {
	return h.policy(c.chain, c.policy, c.seen&optCounters != 0, c.r.packets, c.r.bytes)
}

func (h *xtcHandle) policy(name, policy string, counters bool, packets, bytes uint64) (bool, core.Errno) {
	h.fn = "set policy"
	ch := h.chain(name)
	if ch == nil || !ch.Builtin {
		return false, step.ENOENT
	}
	switch policy {
	case "ACCEPT":
		ch.Policy = iptables.Accept
	case "DROP":
		ch.Policy = iptables.Drop
	default:
		return false, step.EINVAL
	}
	ch.Counter = iptables.Counter{}
	if counters {
		ch.Counter = iptables.Counter{Packets: packets, Bytes: bytes}
		h.given = append(h.given, ch)
	}
	h.changed = true
	return true, 0
}

func (h *xtcHandle) list(c *command) (bool, core.Errno) {
	f, found := c.format(), false
	for _, ch := range h.r.Chains {
		if c.named && ch.Name != c.chain {
			continue
		}
		if found {
			h.p.out.f("\n")
		}
		if c.num == 0 {
			pol := ""
			if ch.Builtin {
				pol = ch.Policy.String()
			}
			h.p.header(f, ch.Name, pol, ch.Packets, ch.Bytes, h.refs(ch.Name))
		}
		for i, r := range ch.Rules {
			if c.num == 0 || c.num == i+1 {
				h.p.printRule(h.p.fromEngine(r), i+1, f)
			}
		}
		found = true
	}
	return found, step.ENOENT
}

func (h *xtcHandle) listRules(c *command) (bool, core.Errno) {
	f := &format{cCounts: c.verbose > 0}
	o := &h.p.out
	found := false
	for _, ch := range h.r.Chains {
		if c.named && ch.Name != c.chain || c.num != 0 {
			continue
		}
		if !ch.Builtin {
			o.f("-N %s\n", ch.Name)
			continue
		}
		o.f("-P %s %s", ch.Name, ch.Policy)
		if f.cCounts {
			o.f(" -c %d %d", ch.Packets, ch.Bytes)
		}
		o.f("\n")
	}
	for _, ch := range h.r.Chains {
		if c.named && ch.Name != c.chain {
			continue
		}
		for i, r := range ch.Rules {
			if c.num == 0 || c.num == i+1 {
				h.saveRule(ch.Name, r, f)
			}
		}
		found = true
	}
	return found, step.ENOENT
}

func (h *xtcHandle) saveRule(chain string, r *iptables.Rule, f *format) {
	o := &h.p.out
	o.f("-A %s", chain)
	h.p.saveRule(h.p.fromEngine(r), o, f)
	o.f("\n")
}
