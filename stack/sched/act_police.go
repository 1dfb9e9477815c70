package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/act_police.c.
//
// Left out: estimators (avrate), ATM.

// A Police is struct tcf_police: a token bucket that tells packets within a rate from
// those above it.
type Police struct {
	ActBase
	PoliceParams
	toks, ptoks sim.Time
	peakBuf     sim.Time
	checked     sim.Time
}

// PoliceParams are its options. Control, of the action, is what it says of a packet
// that exceeds; Conform of one that does not.
type PoliceParams struct {
	Rate, Peak    Rate
	Burst         sim.Time // the bucket, as time
	MTU           int      // the longest packet; 0: by the cells of the rate table
	CellLog       uint     // of the rate table
	Conform       Verdict
	ConformGiven  bool
	PktRate       uint64 // packets a second; 0: not limited
	PktBurst      sim.Time
	pktMult       Rate
	OldStyle      bool // given without `action`
	WithoutLimits bool
}

func (p *PoliceParams) check(n *tcNet, s *ActSpec, old Action) Refusal {
	if _, ok := p.Conform.Goto(); ok {
		return refuse(step.EINVAL, sayPoliceGoto)
	}
	return Refusal{}
}

func (p *PoliceParams) make(n *tcNet, s *ActSpec, old Action) Action {
	a, ok := old.(*Police)
	if !ok {
		a = &Police{checked: n.ns.Clock.Now()}
	}
	a.PoliceParams = *p
	if a.MTU == 0 {
		a.MTU = 1<<32 - 1
		if p.Rate.Bytes != 0 {
			a.MTU = 255 << p.CellLog
		}
	}
	a.Rate.precompute()
	a.Peak.precompute()
	a.toks = p.Burst
	if p.PktRate != 0 {
		a.pktMult = Rate{Bytes: p.PktRate}
		a.pktMult.precompute()
		a.toks = p.PktBurst
	}
	if p.Peak.Bytes != 0 {
		a.peakBuf = a.Peak.Time(a.MTU)
		a.ptoks = a.peakBuf
	}
	return a
}

// act is tcf_police_act.
func (a *Police) act(w *walk, b *core.SKB) Verdict {
	defer w.ns.In(step.TcfPoliceAct, b).Out()
	a.used(w)
	v := a.Control
	switch conform, fits := a.conforms(w, b); {
	case conform:
		v = a.Conform
		if !fits { // there is no rate to speak of
			w.whyControl(step.WhyGactSays, v)
			return v
		}
	default:
		a.Overlimits++
	}
	if v == TCActShot {
		a.Drops++
	}
	return v
}

// conforms reports whether the packet is within the rate; limited is false when no
// rate is set and only the length counts.
func (a *Police) conforms(w *walk, b *core.SKB) (conform, limited bool) {
	n := w.length
	if b.AtIngress {
		n += b.MACLen
	}
	if b.GSOSize > 0 {
		n = min(n, b.GSOSize+headerLen(b))
	}
	if n > a.MTU {
		w.whyControl(step.WhyPoliceMTU, a.Control, uint64(n), uint64(a.MTU))
		return false, true
	}
	if a.Rate.Bytes == 0 && a.PktRate == 0 {
		return true, false
	}
	now := w.ns.Clock.Now()
	burst, cost := a.Burst, sim.Time(0)
	if a.PktRate != 0 {
		burst, cost = a.PktBurst, a.pktMult.Time(w.segs)
	} else {
		cost = a.Rate.Time(w.length)
	}
	gone := min(now-a.checked, burst)
	ptoks := sim.Time(0)
	if a.Peak.Bytes != 0 {
		ptoks = min(gone+a.ptoks, a.peakBuf) - a.Peak.Time(w.length)
	}
	have := min(gone+a.toks, burst)
	toks := have - cost
	if toks < 0 || ptoks < 0 {
		w.whyControl(step.WhyPoliceExceed, a.Control, uint64(w.length), uint64(cost), uint64(have))
		return false, true
	}
	w.whyControl(step.WhyPoliceConform, a.Conform, uint64(w.length), uint64(cost), uint64(have))
	a.checked, a.toks, a.ptoks = now, toks, ptoks
	return true, true
}
