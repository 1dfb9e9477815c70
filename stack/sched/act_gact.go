package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/act_gact.c.

// Ways in which a gact may choose its second answer (PGACT_*).
const (
	GactAlways = iota
	GactNetrand
	GactDeterm
)

// A Gact is struct tcf_gact: an action that only says what becomes of the packet.
type Gact struct {
	ActBase
	GactParams
	seen uint32 // packets, for GactDeterm
}

// GactParams are its options: by chance, or every so many packets, it says Else.
type GactParams struct {
	How  uint8
	Val  uint16
	Else Verdict
}

func (p *GactParams) check(n *tcNet, s *ActSpec, old Action) Refusal {
	if _, ok := p.Else.Goto(); ok {
		return refuse(step.EINVAL, sayNoGotoElse)
	}
	return Refusal{}
}

func (p *GactParams) make(n *tcNet, s *ActSpec, old Action) Action {
	g, ok := old.(*Gact)
	if !ok {
		g = &Gact{}
	}
	if p.How != GactAlways || !ok {
		g.GactParams = *p
		if p.How != GactAlways {
			g.Val = max(1, p.Val)
		}
	}
	return g
}

// act is tcf_gact_act.
func (g *Gact) act(w *walk, b *core.SKB) Verdict {
	defer w.ns.In(step.TcfGactAct, b).Out()
	v := g.Control
	other := false
	switch g.How {
	case GactNetrand:
		other = w.ns.Machine.Rand.Below(uint32(g.Val)) == 0
	case GactDeterm:
		g.seen++
		other = g.seen%uint32(g.Val) == 0
	}
	if other {
		v = g.Else
		w.whyControl(step.WhyGactChance, v, uint64(g.Val))
	} else {
		w.whyControl(step.WhyGactSays, v)
	}
	g.used(w)
	if v == TCActShot {
		g.Drops++
	}
	return v
}
