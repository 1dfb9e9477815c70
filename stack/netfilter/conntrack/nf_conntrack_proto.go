package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A hookFn is one of conntrack's own functions at a hook.
type hookFn struct {
	t  *Table
	at step.Step
}

// HookStep names the function.
func (h *hookFn) HookStep() step.Step { return h.at }

// Run is called for each packet at the hook.
func (h *hookFn) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	switch h.at {
	case step.Ipv4ConntrackDefrag:
		return h.t.defrag4Hook(st, b)
	case step.Ipv6Defrag:
		return h.t.defrag6Hook(st, b)
	case step.Ipv4ConntrackIn:
		return h.t.in4(st, b)
	case step.Ipv4ConntrackLocal:
		return h.t.local4(st, b)
	case step.Ipv6ConntrackIn:
		return h.t.in6(st, b)
	case step.Ipv6ConntrackLocal:
		return h.t.local6(st, b)
	}
	return h.t.confirmHook(st, b)
}

// A hookPlace says where a function goes.
type hookPlace struct {
	at   step.Step
	hook core.HookNum
	prio int
}

// Where conntrack hooks in (ipv4_conntrack_ops, ipv6_conntrack_ops,
// ipv4_defrag_ops, ipv6_defrag_ops).
var (
	conntrackOps4 = [...]hookPlace{
		{step.Ipv4ConntrackIn, core.PreRouting, core.PriConntrack},
		{step.Ipv4ConntrackLocal, core.LocalOut, core.PriConntrack},
		{step.NfConfirm, core.PostRouting, core.PriLast},
		{step.NfConfirm, core.LocalIn, core.PriLast},
	}
	conntrackOps6 = [...]hookPlace{
		{step.Ipv6ConntrackIn, core.PreRouting, core.PriConntrack},
		{step.Ipv6ConntrackLocal, core.LocalOut, core.PriConntrack},
		{step.NfConfirm, core.PostRouting, core.PriLast},
		{step.NfConfirm, core.LocalIn, core.PriLast - 1},
	}
	defragOps4 = [...]hookPlace{
		{step.Ipv4ConntrackDefrag, core.PreRouting, core.PriDefrag},
		{step.Ipv4ConntrackDefrag, core.LocalOut, core.PriDefrag},
	}
	defragOps6 = [...]hookPlace{
		{step.Ipv6Defrag, core.PreRouting, core.PriDefrag},
		{step.Ipv6Defrag, core.LocalOut, core.PriDefrag},
	}
)

func (t *Table) register(f core.Family, ops []hookPlace) {
	for _, o := range ops {
		t.ns.AddHook(f, o.hook, o.prio, &hookFn{t, o.at})
	}
}

func (t *Table) unregister(f core.Family, ops []hookPlace) {
	for _, o := range ops {
		for _, i := range t.ns.Hooks(f, o.hook) {
			if h, ok := i.Hook.(*hookFn); ok && h.at == o.at {
				t.ns.DelHook(f, o.hook, h)
			}
		}
	}
}

// Enable is nf_ct_netns_get: a rule of the family needs conntrack. The first one
// registers the hooks; NFInet and NFBridge are IPv4 and IPv6 together.
func Enable(ns *core.Netns, f core.Family) *Table {
	t := NewTable(ns)
	switch f {
	case core.NFIPv4:
		if t.users4++; t.users4 == 1 {
			t.DefragEnable(core.NFIPv4)
			t.register(core.NFIPv4, conntrackOps4[:])
			t.fixup(core.NFIPv4)
		}
	case core.NFIPv6:
		if t.users6++; t.users6 == 1 {
			t.DefragEnable(core.NFIPv6)
			t.register(core.NFIPv6, conntrackOps6[:])
			t.fixup(core.NFIPv6)
		}
	default:
		Enable(ns, core.NFIPv4)
		Enable(ns, core.NFIPv6)
	}
	return t
}

// Disable is nf_ct_netns_put: the rule is gone. After the last one packets are
// not tracked; the table stays.
func Disable(ns *core.Netns, f core.Family) {
	t := Of(ns)
	if t == nil {
		return
	}
	switch f {
	case core.NFIPv4:
		if t.users4 > 0 {
			if t.users4--; t.users4 == 0 {
				t.unregister(core.NFIPv4, conntrackOps4[:])
				t.DefragDisable(core.NFIPv4)
			}
		}
	case core.NFIPv6:
		if t.users6 > 0 {
			if t.users6--; t.users6 == 0 {
				t.unregister(core.NFIPv6, conntrackOps6[:])
				t.DefragDisable(core.NFIPv6)
			}
		}
	default:
		Disable(ns, core.NFIPv4)
		Disable(ns, core.NFIPv6)
	}
}

// fixup is nf_ct_tcp_fixup: while nobody looked the windows have moved on.
func (t *Table) fixup(f core.Family) {
	for c := t.oldest; c != nil; c = c.allNxt {
		if c.L3() == f && c.Proto() == 6 && c.TCP.State == TCPEstablished {
			c.TCP.Seen[0].MaxWin, c.TCP.Seen[1].MaxWin = 0, 0
		}
	}
}

// DefragEnable is nf_defrag_ipv4_enable (ipv6): a rule needs whole packets
// (conntrack, TPROXY, socket).
func (t *Table) DefragEnable(f core.Family) {
	if f == core.NFIPv4 {
		if t.defrag4++; t.defrag4 == 1 {
			t.register(f, defragOps4[:])
		}
		return
	}
	if t.defrag6++; t.defrag6 == 1 {
		t.register(f, defragOps6[:])
	}
}

// DefragDisable is nf_defrag_ipv4_disable (ipv6).
func (t *Table) DefragDisable(f core.Family) {
	if f == core.NFIPv4 {
		if t.defrag4--; t.defrag4 == 0 {
			t.unregister(f, defragOps4[:])
		}
		return
	}
	if t.defrag6--; t.defrag6 == 0 {
		t.unregister(f, defragOps6[:])
	}
}

// in4 is ipv4_conntrack_in.
func (t *Table) in4(st *core.HookState, b *core.SKB) core.Verdict {
	defer t.ns.In(step.Ipv4ConntrackIn, b).Out()
	return t.Incoming(st, b)
}

// local4 is ipv4_conntrack_local: fragments that a program made itself are not
// tracked.
func (t *Table) local4(st *core.HookState, b *core.SKB) core.Verdict {
	defer t.ns.In(step.Ipv4ConntrackLocal, b).Out()
	if b.IP4().IsFragment() {
		t.ns.Why(step.WhyCTLocalFragment)
		if c, _ := Get(b); c != nil && c.Status&Template != 0 {
			b.ResetCT()
		}
		return core.Accept
	}
	return t.Incoming(st, b)
}

// in6 is ipv6_conntrack_in.
func (t *Table) in6(st *core.HookState, b *core.SKB) core.Verdict {
	defer t.ns.In(step.Ipv6ConntrackIn, b).Out()
	return t.Incoming(st, b)
}

// local6 is ipv6_conntrack_local.
func (t *Table) local6(st *core.HookState, b *core.SKB) core.Verdict {
	defer t.ns.In(step.Ipv6ConntrackLocal, b).Out()
	return t.Incoming(st, b)
}

// confirmHook is nf_confirm: the packet has come through; helpers read it, TCP
// numbers are adjusted, and a new connection goes into the table.
func (t *Table) confirmHook(_ *core.HookState, b *core.SKB) core.Verdict {
	defer t.ns.In(step.NfConfirm, b).Out()
	ns := t.ns
	c, info := Get(b)
	if c == nil {
		ns.Why(step.WhyCTNothing)
		return core.Accept
	}
	var h *help
	if c.ext != nil {
		h = c.ext.help
	}
	adjust := c.Status&SeqAdjust != 0 && !looped(b)
	if (h != nil || adjust) && info != RelatedReply {
		off, _, ok := l4proto(c.L3(), b, b.NetworkOffset())
		if !ok {
			return t.Confirm(b)
		}
		if h != nil {
			if v := h.def.help(t, b, off, c, info); v != core.Accept {
				return v
			}
		}
		if adjust && !c.seqAdjust(b, off, info) {
			t.Stat.Drop++
			return core.Drop
		}
	}
	if ns.Listening() && c.IsConfirmed() {
		ns.Why(step.WhyCTKnown, uint64(c.ID))
	}
	return t.Confirm(b)
}

// looped is nf_is_loopback_packet.
func looped(b *core.SKB) bool {
	return b.Dev != nil && b.IIF != 0 && b.Dev.Flags&core.IFFLoopback != 0
}

// A defragger puts IP fragments together: packages ipv4 and ipv6. It reports
// false when it has taken the packet.
type defragger interface {
	Defrag(b *core.SKB, user uint32) bool
}

// Who asks for fragments (enum ip_defrag_users): the zone is added.
const (
	defragIn  = 2
	defragOut = 2 + 65536
)

// defragUser is nf_ct_defrag_user: fragments of different zones are kept apart.
func defragUser(st *core.HookState, b *core.SKB) uint32 {
	zone := uint16(0)
	if c, info := Get(b); c != nil {
		zone = c.zone.in(info.Dir())
	}
	if st.Hook == core.PreRouting {
		return defragIn + uint32(zone)
	}
	return defragOut + uint32(zone)
}

// defrag4Hook is ipv4_conntrack_defrag: conntrack needs the transport header,
// which only the first fragment has.
func (t *Table) defrag4Hook(st *core.HookState, b *core.SKB) core.Verdict {
	defer t.ns.In(step.Ipv4ConntrackDefrag, b).Out()
	if b.NFCT == nil && Info(b.CTInfo) == Untracked || !b.IP4().IsFragment() {
		return core.Accept
	}
	d, ok := t.ns.IPv4.(defragger)
	if !ok {
		return core.Accept
	}
	if !d.Defrag(b, defragUser(st, b)) {
		t.ns.Why(step.WhyCTFragment)
		return core.Stolen
	}
	b.IgnoreDF = true
	return core.Accept
}

// defrag6Hook is ipv6_defrag.
func (t *Table) defrag6Hook(st *core.HookState, b *core.SKB) core.Verdict {
	defer t.ns.In(step.Ipv6Defrag, b).Out()
	if c, info := Get(b); c != nil && c.Status&Template == 0 || info == Untracked && c == nil {
		return core.Accept
	}
	d, ok := t.ns.IPv6.(defragger)
	if !ok {
		return core.Accept
	}
	if !d.Defrag(b, defragUser(st, b)) {
		t.ns.Why(step.WhyCTFragment)
		return core.Stolen
	}
	return core.Accept
}
