package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: ip_tables.c, ip6_tables.c, iptable_mangle.c.

// A tableHook is a table at its hooks.
type tableHook struct{ t *Table }

// HookStep names the function that the hook calls.
func (h *tableHook) HookStep() step.Step {
	mangle, six := h.t.Name == TableMangle, h.t.Family == core.NFIPv6
	switch {
	case mangle && six:
		return step.Ip6tableMangleHook
	case mangle:
		return step.IptableMangleHook
	case six:
		return step.Ip6tDoTable
	}
	return step.IptDoTable
}

// Table is the table that hangs at the hook.
func (h *tableHook) Table() *Table { return h.t }

// Run is the table's function.
func (h *tableHook) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	t := h.t
	switch {
	case t.Name == TableMangle && t.Family == core.NFIPv6:
		return t.mangle6(ns, st, b)
	case t.Name == TableMangle:
		return t.mangle4(ns, st, b)
	case t.Family == core.NFIPv6:
		return t.do6(ns, st, b)
	}
	return t.do4(ns, st, b)
}

// mangle4 is iptable_mangle_hook.
func (t *Table) mangle4(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.IptableMangleHook, b).Out()
	if st.Hook != core.LocalOut {
		return t.do4(ns, st, b)
	}
	return t.mangleOut4(ns, st, b)
}

// mangleOut4 is ipt_mangle_out: if the rules changed what a route depends on, the
// packet is routed again.
func (t *Table) mangleOut4(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	h := b.IP4()
	mark, src, dst, tos := b.Mark, h.Src(), h.Dst(), h.TOS()
	v := t.do4(ns, st, b)
	if k := v.Kind(); k == core.Drop || k == core.Stolen {
		return v
	}
	if h = b.IP4(); h.Src() != src || h.Dst() != dst || b.Mark != mark || h.TOS() != tos {
		if e := ipv4.Of(ns).RouteMeHarder(st.SK, b, ipv4.RTNUnspec); e != 0 {
			return core.Drop.With(e)
		}
	}
	return v
}

// mangle6 is ip6table_mangle_hook.
func (t *Table) mangle6(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.Ip6tableMangleHook, b).Out()
	if st.Hook != core.LocalOut {
		return t.do6(ns, st, b)
	}
	return t.mangleOut6(ns, st, b)
}

// mangleOut6 is ip6t_mangle_out.
func (t *Table) mangleOut6(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	h := b.IP6()
	mark, src, dst, hop, flow := b.Mark, h.Src(), h.Dst(), h.HopLimit(), be32(h)
	v := t.do6(ns, st, b)
	if k := v.Kind(); k == core.Drop || k == core.Stolen {
		return v
	}
	if h = b.IP6(); h.Src() != src || h.Dst() != dst || b.Mark != mark || h.HopLimit() != hop || be32(h) != flow {
		if e := ipv6.Of(ns).RouteMeHarder(st.SK, b); e != 0 {
			return core.Drop.With(e)
		}
	}
	return v
}

// do4 is ipt_do_table.
func (t *Table) do4(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.IptDoTable, b).Out()
	p := t.x.enter(ns, st, b)
	p.Family = core.NFIPv4
	h := b.IP4()
	p.FragOff = h.FragOffset() / 8
	p.ThOff = b.NetworkOffset() + h.IHL()
	return t.run(p)
}

// do6 is ip6t_do_table.
func (t *Table) do6(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.Ip6tDoTable, b).Out()
	p := t.x.enter(ns, st, b)
	p.Family = core.NFIPv6
	return t.run(p)
}

// Borrow lends a Param to nftables (nft_compat_set_par); Leave takes it back. thoff and
// fragoff are Param.ThOff and FragOff, f is the packet's family.
func Borrow(ns *core.Netns, st *core.HookState, b *core.SKB, f core.Family, thoff, fragoff int) *Param {
	p := Of(ns).enter(ns, st, b)
	p.Family, p.ThOff, p.FragOff = f, thoff, fragoff
	p.refused.try = 0
	return p
}

// Leave ends what Borrow began.
func (p *Param) Leave() { Of(p.NS).leave(p) }

// Gone reports whether the packet has ended in a match.
func (p *Param) Gone() bool { return p.gone }

// enter lends a Param, leave takes it back. Tables nest when a rule sends a
// packet.
func (x *Tables) enter(ns *core.Netns, st *core.HookState, b *core.SKB) *Param {
	if x.nparam == len(x.params) {
		x.params = append(x.params, new(Param))
	}
	p := x.params[x.nparam]
	x.nparam++
	p.NS, p.State, p.SKB = ns, st, b
	p.ThOff, p.FragOff, p.HotDrop, p.gone = 0, 0, false, false
	p.listening = ns.Listening()
	return p
}

func (x *Tables) leave(p *Param) {
	x.nparam--
	p.NS, p.State, p.SKB = nil, nil, nil
}

func (t *Table) run(p *Param) core.Verdict {
	v := t.walk(p)
	t.x.leave(p)
	return v
}

// jumps is the Verdict of a Jump in sentences.
const jumps = Continue + 1

// frame is where a chain goes on after a jump.
type frame struct {
	chain *Chain
	next  int
}

// walk is the loop of ipt_do_table and ip6t_do_table: try the rules of the built-in
// chain, and of those that they jump to, until one decides; else the policy does.
func (t *Table) walk(p *Param) core.Verdict {
	base := t.byHook[p.State.Hook]
	var room [16]frame
	stack := room[:0]
	chain, at := base, 0
	for !p.HotDrop {
		if at >= len(chain.Rules) { // the end: back to where the jump was
			p.traceEnd(chain, base)
			if chain == base || len(stack) == 0 {
				return p.policy(base)
			}
			f := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			chain, at = f.chain, f.next
			continue
		}
		r := chain.Rules[at]
		at++
		if !p.matches(chain, at, r) {
			if p.gone {
				return core.Stolen
			}
			continue
		}
		r.Packets++
		r.Bytes += uint64(p.SKB.Len())
		if p.SKB.NFTrace {
			p.traceRule(chain, at, r)
		}
		switch g := r.Target.(type) {
		case nil:
			p.goesOn(chain, at, r)
		case *Jump:
			p.matched(chain, at, r, jumps)
			if !g.Goto {
				stack = append(stack, frame{chain, at})
			}
			chain, at = r.jump, 0
		case *Standard:
			if g.Verdict != Return {
				return p.decide(chain, at, r, g.Verdict)
			}
			p.matched(chain, at, r, Return)
			if len(stack) == 0 {
				return p.policy(base)
			}
			f := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			chain, at = f.chain, f.next
		default:
			if v := p.act(g); v != Continue {
				return p.decide(chain, at, r, v)
			}
			p.goesOn(chain, at, r)
		}
	}
	p.whyHotDrop(base)
	return core.Drop
}

// act is what a target does.
func (p *Param) act(g Target) Verdict { return g.Target(p) }

// decide is the end of a packet's way through the table: a rule said so.
func (p *Param) decide(c *Chain, n int, r *Rule, v Verdict) core.Verdict {
	if p.HotDrop {
		p.whyHotDrop(c)
		return core.Drop
	}
	if p.listening && v != Stolen {
		p.matched(c, n, r, v)
		p.NS.Why(step.WhyXtVerdict, c.args(n, uint64(v))...)
	}
	return v.core()
}

// policy is the last, hidden rule of a built-in chain.
func (p *Param) policy(c *Chain) core.Verdict {
	c.Packets++
	c.Bytes += uint64(p.SKB.Len())
	if p.SKB.NFTrace {
		p.tracePolicy(c)
	}
	if p.listening {
		w := step.WhyXtPolicyAccept
		if c.Policy == Drop {
			w = step.WhyXtPolicyDrop
		}
		p.NS.Why(w, c.words()...)
	}
	return c.Policy.core()
}

func (v Verdict) core() core.Verdict {
	switch v {
	case Accept:
		return core.Accept
	case Stolen:
		return core.Stolen
	case Queue:
		return core.Queue
	}
	return core.Drop
}

// matches asks the IP part of a rule, and then its matches.
func (p *Param) matches(c *Chain, n int, r *Rule) bool {
	p.refused.try = 0
	if p.Family == core.NFIPv6 {
		p.ThOff = 0
		if !p.packet6(&r.IP) {
			p.tried(c, n, r, -1)
			return false
		}
	} else if !p.packet4(&r.IP) {
		p.tried(c, n, r, -1)
		return false
	}
	for i := range r.Matches {
		p.refused.try = 0
		if !r.Matches[i].Match.Match(p) {
			p.tried(c, n, r, i)
			return false
		}
	}
	return true
}

// packet4 is ip_packet_match.
func (p *Param) packet4(w *IP) bool {
	h := p.SKB.IP4()
	if (h.Src().Addr().Lo^w.Src.Lo)&w.SrcMask.Lo&0xffffffff != 0 != w.InvSrc {
		a := h.Src().Addr()
		return p.no(step.TryXtSrc, a.Hi, a.Lo)
	}
	if (h.Dst().Addr().Lo^w.Dst.Lo)&w.DstMask.Lo&0xffffffff != 0 != w.InvDst {
		a := h.Dst().Addr()
		return p.no(step.TryXtDst, a.Hi, a.Lo)
	}
	if !p.devices(w) {
		return false
	}
	if w.Proto != 0 && (uint8(h.Proto()) != w.Proto) != w.InvProto {
		return p.no(step.TryXtProto, uint64(h.Proto()))
	}
	if (w.Frag && p.FragOff == 0) != w.InvFrag {
		return p.no(step.TryXtFrag, uint64(p.FragOff)*8)
	}
	return true
}

// devices compares the devices' names (ifname_compare_aligned).
func (p *Param) devices(w *IP) bool {
	if (!sameIface(w.In, p.State.In)) != w.InvIn {
		return p.no(step.TryXtIn, devIndex(p.State.In))
	}
	if (!sameIface(w.Out, p.State.Out)) != w.InvOut {
		return p.no(step.TryXtOut, devIndex(p.State.Out))
	}
	return true
}

func devIndex(d *core.Device) uint64 {
	if d == nil {
		return 0
	}
	return uint64(d.Index)
}

// sameIface compares a device's name with eth0 or eth+.
func sameIface(want string, d *core.Device) bool {
	if want == "" {
		return true
	}
	name := ""
	if d != nil {
		name = d.Name
	}
	return sameName(want, name)
}

func sameName(want, name string) bool {
	n := len(want) - 1
	if want[n] == '+' {
		return len(name) >= n && name[:n] == want[:n]
	}
	return name == want
}

// packet6 is ip6_packet_match.
func (p *Param) packet6(w *IP) bool {
	h := p.SKB.IP6()
	if a := h.Src(); masked(a, w.Src, w.SrcMask) != w.InvSrc {
		return p.no(step.TryXtSrc, a.Hi, a.Lo)
	}
	if a := h.Dst(); masked(a, w.Dst, w.DstMask) != w.InvDst {
		return p.no(step.TryXtDst, a.Hi, a.Lo)
	}
	if !p.devices(w) {
		return false
	}
	if w.Proto == 0 {
		return true
	}
	off := p.ThOff
	proto, frag, err := p.findHdr(&off, -1)
	if err != 0 {
		p.HotDrop = true
		return p.no(step.TryXtNoProto)
	}
	p.ThOff, p.FragOff = off, frag
	if (uint8(proto) == w.Proto) == w.InvProto {
		return p.no(step.TryXtProto, uint64(proto))
	}
	return true
}

// masked reports whether two addresses differ in the bits of a mask.
func masked(a, b, m wire.Addr) bool { return (a.Hi^b.Hi)&m.Hi|(a.Lo^b.Lo)&m.Lo != 0 }
