package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/act_mirred.c.
//
// Left out: a block as the target (blockid). What the receiving side makes of a packet
// that is redirected to an ingress is not counted as overlimit.

// Where a Mirred sends (TCA_EGRESS_REDIR …).
const (
	EgressRedirect = 1 + iota
	EgressMirror
	IngressRedirect
	IngressMirror
)

// A Mirred is struct tcf_mirred: it sends packets, or copies, to a device.
type Mirred struct {
	ActBase
	Way uint8
	Dev *core.Device // nil: it is gone
}

// MirredParams are its options; Ifindex 0 leaves the device as it is.
type MirredParams struct {
	Way     uint8
	Ifindex int
}

func (p *MirredParams) check(n *tcNet, s *ActSpec, old Action) Refusal {
	switch {
	case p.Way < EgressRedirect || p.Way > IngressMirror:
		return refuse(step.EINVAL, sayMirredWay)
	case old == nil && p.Ifindex == 0:
		return refuse(step.EINVAL, sayMirredDev)
	case p.Ifindex != 0 && n.ns.DevByIndex(p.Ifindex) == nil:
		return refuse(step.ENODEV, sayNothing)
	}
	return Refusal{}
}

func (p *MirredParams) make(n *tcNet, s *ActSpec, old Action) Action {
	m, ok := old.(*Mirred)
	if !ok {
		m = &Mirred{}
	}
	m.Way = p.Way
	if p.Ifindex != 0 {
		m.Dev = n.ns.DevByIndex(p.Ifindex)
	}
	return m
}

// redirects and wantsIngress tell what Way means.
func (m *Mirred) redirects() bool    { return m.Way == EgressRedirect || m.Way == IngressRedirect }
func (m *Mirred) wantsIngress() bool { return m.Way >= IngressRedirect }

// deferLimit is MIRRED_DEFER_LIMIT.
const deferLimit = 3

// act is tcf_mirred_act.
func (m *Mirred) act(w *walk, b *core.SKB) Verdict {
	defer w.ns.In(step.TcfMirredAct, b).Out()
	x := &w.ns.Machine.ThisCPU().Xmit
	if x.Full() || b.TcDepth >= deferLimit {
		w.ns.Why(step.WhyMirredNest)
		return TCActShot
	}
	m.used(w)
	d := m.Dev
	if d == nil || d.NS.DevByIndex(d.Index) != d {
		w.ns.Why(step.WhyMirredGone)
		return m.cannot()
	}
	if m.wantsIngress() {
		return m.toDev(w, b, d)
	}
	if x.Has(d) {
		w.ns.Why(step.WhyMirredLoop, uint64(d.Index))
		return m.cannot()
	}
	x.Push(d)
	v := m.toDev(w, b, d)
	x.Pop()
	return v
}

// cannot is what the action says when it cannot do its work.
func (m *Mirred) cannot() Verdict {
	m.Overlimits++
	if m.redirects() {
		return TCActShot
	}
	return m.Control
}

// toDev is tcf_mirred_to_dev.
func (m *Mirred) toDev(w *walk, b *core.SKB, d *core.Device) Verdict {
	defer w.ns.In(step.TcfMirredToDev, b).Out()
	if !d.Running() {
		w.ns.Why(step.WhyMirredDown, uint64(d.Index))
		return m.cannot()
	}
	whys := [...]step.Why{EgressRedirect: step.WhyMirredOut, EgressMirror: step.WhyMirredOutCopy, IngressRedirect: step.WhyMirredIn, IngressMirror: step.WhyMirredInCopy}
	w.ns.Why(whys[m.Way], uint64(d.Index))
	from, v, c := b.Dev, m.Control, b
	if !b.AtIngress || !m.redirects() || !canReinsert(v) {
		c = b.Clone()
	}
	c.ResetCT()
	if m.wantsIngress() && !b.AtIngress {
		c.Dst = nil
	}
	atNet, wantNet := b.NetworkOffset() == 0, m.wantsIngress() || d.HardLen == 0
	if atNet != wantNet {
		n := b.NetworkOffset()
		if b.AtIngress {
			n = b.MACLen
		}
		if !m.align(c, n, wantNet) {
			return m.cannot()
		}
	}
	c.IIF, c.Dev = from.Index, d
	if m.redirects() {
		if c == b {
			v = TCActConsumed
		}
		c.Redirected, c.FromIngress = true, c.AtIngress
		if c.FromIngress {
			c.Tstamp = 0 // skb_set_redirected: skb_clear_tstamp
		}
	}
	if !m.forward(w.ns, b.AtIngress && c != b || c.AtIngress, c) {
		m.Overlimits++
	}
	return v
}

// canReinsert is tcf_mirred_can_reinsert: nobody needs the packet afterwards.
func canReinsert(v Verdict) bool {
	return v == TCActShot || v == TCActStolen || v == TCActQueued || v == TCActTrap
}

// align moves the data pointer to the header that the target expects; false: the
// packet has no such header, and is gone.
func (m *Mirred) align(c *core.SKB, n int, wantNet bool) bool {
	if wantNet {
		if n < 0 || n > c.HeadLen() {
			return false
		}
		c.Pull(n)
		return true
	}
	c.Push(n)
	return true
}

// forward is tcf_mirred_forward; it reports whether the packet was taken.
func (m *Mirred) forward(ns *core.Netns, atIngress bool, c *core.SKB) bool {
	if !m.wantsIngress() {
		return ns.DevQueueXmit(c) == core.NetXmitSuccess
	}
	c.TcDepth++
	ns.FrameOn(c, 0)
	if !atIngress {
		return ns.NetifRx(c)
	}
	ns.NetifReceiveSkb(c)
	return true
}
