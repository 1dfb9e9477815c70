package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/act_vlan.c.
//
// Left out: 802.1ad tags, pop_eth and push_eth.

// What a Vlan does (TCA_VLAN_ACT_*).
const (
	VlanPop = 1 + iota
	VlanPush
	VlanModify
)

// A Vlan is struct tcf_vlan: it puts tags on and takes them off.
type Vlan struct {
	ActBase
	VlanParams
}

// VlanParams are its options.
type VlanParams struct {
	Do            uint8
	ID            uint16
	Priority      uint8
	PriorityGiven bool
}

func (p *VlanParams) check(n *tcNet, s *ActSpec, old Action) Refusal {
	switch {
	case p.Do < VlanPop || p.Do > VlanModify:
		return refuse(step.EINVAL, sayNothing)
	case p.Do != VlanPop && p.ID >= 0xfff:
		return refuse(step.ERANGE, sayNothing)
	}
	return Refusal{}
}

func (p *VlanParams) make(n *tcNet, s *ActSpec, old Action) Action {
	a, ok := old.(*Vlan)
	if !ok {
		a = &Vlan{}
	}
	a.VlanParams = *p
	a.PriorityGiven = p.PriorityGiven || p.Do == VlanPush
	return a
}

// act is tcf_vlan_act.
func (a *Vlan) act(w *walk, b *core.SKB) Verdict {
	defer w.ns.In(step.TcfVlanAct, b).Out()
	a.used(w)
	if b.AtIngress {
		b.Push(b.MACLen)
	}
	ok := true
	switch a.Do {
	case VlanPop:
		ok = a.pop(w, b)
	case VlanPush:
		w.ns.Why(step.WhyTcVlanPush, uint64(a.ID), uint64(a.Priority))
		b.VlanPush(a.ID | uint16(a.Priority)<<13)
	case VlanModify:
		ok = a.modify(w, b)
	}
	if !ok {
		a.Drops++
		return TCActShot
	}
	b.ResetMACLen()
	if b.AtIngress {
		b.Pull(b.MACLen)
	}
	return a.Control
}

func (a *Vlan) pop(w *walk, b *core.SKB) bool {
	if b.VlanPresent {
		w.ns.Why(step.WhyTcVlanPop, uint64(b.VlanTCI&0xfff))
	} else if tcProtocol(b) != 0x8100 {
		w.ns.Why(step.WhyTcVlanNone)
	}
	return b.VlanPop()
}

func (a *Vlan) modify(w *walk, b *core.SKB) bool {
	tci, tagged, ok := b.VlanTake()
	if !tagged || !ok {
		w.ns.Why(step.WhyTcVlanNone)
		return ok
	}
	tci = tci&^0xfff | a.ID
	if a.PriorityGiven {
		tci = tci&^0xe000 | uint16(a.Priority)<<13
	}
	w.ns.Why(step.WhyTcVlanModify, uint64(tci&0xfff), uint64(tci>>13))
	b.VlanPresent, b.VlanTCI = true, tci
	return true
}
