package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/act_api.c, include/net/act_api.h.
//
// Left out: offloading of actions to a card (skip_hw and skip_sw are refused by tc's
// front end), estimators.

// An ActKind is a kind of action (struct tc_action_ops).
type ActKind uint8

// The kinds of actions.
const (
	ActGact ActKind = iota
	ActMirred
	ActPolice
	ActSkbedit
	ActVlan
	ActPedit
	ActCsum
	numActs
)

// An Action is struct tc_action: *Gact, *Mirred …
type Action interface {
	Base() *ActBase
	act(w *walk, b *core.SKB) Verdict
}

// An ActBase is what all actions have. Times are of the machine's clock; FirstUse is
// 0 until a packet has met the action.
type ActBase struct {
	Kind                               ActKind
	Index                              uint32
	Refs, Binds                        int // who holds it; how many of these are filters
	Control                            Verdict
	goTo                               *Chain
	Cookie                             []byte
	NoPerCPU                           bool
	Alone                              bool // no filter made it
	HWAsked                            bool // it was listed: it is known that no card does it
	Bytes, Packets, Drops, Overlimits  uint64
	Install, LastUse, FirstUse, Expire sim.Time
}

// Base: see Action.
func (a *ActBase) Base() *ActBase { return a }

// An ActSpec is one action of a command.
type ActSpec struct {
	Kind     ActKind
	Unknown  bool   // a kind that the kernel does not have
	Index    uint32 // 0: the kernel chooses
	Cookie   []byte
	NoPerCPU bool
	Control  Verdict
	Params   ActParams // nil: none
}

// ActParams are what a kind of action is told. check says whether they are right, make
// gives an action (a new one, or old, which is changed).
type ActParams interface {
	check(n *tcNet, s *ActSpec, old Action) Refusal
	make(n *tcNet, s *ActSpec, old Action) Action
}

// maxActs is how many actions a filter may have (TCA_ACT_MAX_PRIO).
const maxActs = 32

// A tcNet is what traffic control keeps for a namespace: its actions in order of
// their numbers (struct tc_action_net), and memory for packets on their way.
type tcNet struct {
	ns    *core.Netns
	acts  [numActs][]Action
	u32s  []*u32Common // of all disciplines
	walks []*walk      `fork:"zero"`
	depth int          `fork:"zero"`
}

// netOf is net_generic of traffic control.
func netOf(ns *core.Netns) *tcNet {
	n, ok := ns.TC.(*tcNet)
	if !ok {
		n = &tcNet{ns: ns}
		ns.TC = n
	}
	return n
}

func (n *tcNet) push() *walk {
	if n.depth == len(n.walks) {
		n.walks = append(n.walks, new(walk))
	}
	n.depth++
	return n.walks[n.depth-1]
}

func (n *tcNet) pop() {
	n.depth--
	*n.walks[n.depth] = walk{}
}

// execActions is tcf_action_exec: one action after the other, as long as they say
// pipe.
func execActions(w *walk, b *core.SKB, acts []Action) Verdict {
	defer w.ns.In(step.TcfActionExec, b).Out()
	if b.SkipTcClassify() {
		w.ns.Why(step.WhyTcSkip)
		return TCActOK
	}
	jumps, v := maxActs, TCActOK
	for i := 0; i < len(acts); i++ {
		a := acts[i]
		for tries := 32; ; {
			if v = a.act(w, b); v != TCActRepeat {
				break
			}
			if tries--; tries == 0 {
				return TCActOK
			}
		}
		if n, ok := v.Jump(); ok {
			if jumps--; n == 0 || n > len(acts) || jumps == 0 {
				return TCActOK
			}
			i = n - 1 // the walk begins anew and passes n actions over
			continue
		}
		if _, ok := v.Goto(); ok {
			if w.goTo = a.Base().goTo; w.goTo == nil {
				w.ns.Why(step.WhyTcNoChain)
				w.res.Drop = step.DropTCChainNotfound
				return TCActShot
			}
		}
		if v != TCActPipe {
			break
		}
	}
	if v == TCActUnspec {
		w.ns.Why(step.WhyTcGoesOn)
	}
	return v
}

// used is tcf_lastuse_update and tcf_action_update_bstats.
func (a *ActBase) used(w *walk) {
	now := w.ns.Clock.Now()
	a.LastUse = now
	if a.FirstUse == 0 {
		a.FirstUse = now
	}
	a.count(w)
}

func (a *ActBase) count(w *walk) {
	a.Bytes += uint64(w.length)
	a.Packets += uint64(w.segs)
}

// find is tcf_idr_search; at is where an action with that number would stand.
func (n *tcNet) find(k ActKind, index uint32) (a Action, at int) {
	for at = 0; at < len(n.acts[k]); at++ {
		switch i := n.acts[k][at].Base().Index; {
		case i == index:
			return n.acts[k][at], at
		case i > index:
			return nil, at
		}
	}
	return nil, at
}

// free is the lowest number that no action has.
func (n *tcNet) free(k ActKind) uint32 {
	i := uint32(1)
	for _, a := range n.acts[k] {
		if a.Base().Index != i {
			break
		}
		i++
	}
	return i
}

// init is tcf_action_init_1: make an action, change one, or bind a filter to one that
// is there. tp is nil for an action that no filter has.
func (n *tcNet) init(s *ActSpec, tp *Proto, replace, skipHW bool) (Action, Refusal) {
	if s.Params == nil {
		return nil, refuse(step.EINVAL, sayNothing)
	}
	var old Action
	if s.Index != 0 {
		old, _ = n.find(s.Kind, s.Index)
	}
	if old != nil && tp != nil {
		if skipHW && old.Base().Alone {
			return nil, refuse(step.EINVAL, sayFlags)
		}
		old.Base().Refs++
		old.Base().Binds++
		return old, Refusal{}
	}
	if bad := s.Params.check(n, s, old); bad.Err != 0 {
		return nil, bad
	}
	if old != nil && !replace {
		return nil, refuse(step.EEXIST, sayNothing)
	}
	goTo, bad := n.control(s, tp)
	if bad.Err != 0 {
		return nil, bad
	}
	a := s.Params.make(n, s, old)
	b := a.Base()
	if old == nil {
		*b = ActBase{Kind: s.Kind, Index: s.Index, Refs: 1, Install: n.ns.Clock.Now(), LastUse: n.ns.Clock.Now()}
		if b.Index == 0 {
			b.Index = n.free(s.Kind)
		}
		if tp != nil {
			b.Binds = 1
		}
		b.Alone = tp == nil
		_, at := n.find(s.Kind, b.Index)
		l := append(n.acts[s.Kind], nil)
		copy(l[at+1:], l[at:])
		l[at] = a
		n.acts[s.Kind] = l
	}
	if b.goTo != nil {
		b.goTo.byAction--
		b.goTo.put()
	}
	b.Control, b.goTo, b.NoPerCPU = s.Control, goTo, s.NoPerCPU
	if s.Cookie != nil {
		b.Cookie = s.Cookie
	}
	return a, Refusal{}
}

// control is tcf_action_check_ctrlact: may the action say that? A chain to which it
// leads is made.
func (n *tcNet) control(s *ActSpec, tp *Proto) (*Chain, Refusal) {
	chain, ok := s.Control.Goto()
	if !ok {
		if _, jump := s.Control.Jump(); !jump && (s.Control > TCActTrap || s.Control < TCActUnspec) {
			return nil, refuse(step.EINVAL, sayControl)
		}
		return nil, Refusal{}
	}
	if tp == nil {
		return nil, refuse(step.EINVAL, sayNullChain)
	}
	c := tp.chain.filters.makeChain(chain)
	c.byAction++
	return c, Refusal{}
}

// initAll is tcf_action_init: the actions of a filter.
func (n *tcNet) initAll(specs []ActSpec, tp *Proto, replace, skipHW bool) ([]Action, Refusal) {
	for i := range specs {
		if specs[i].Unknown {
			return nil, refuse(step.ENOENT, sayNoModule)
		}
	}
	acts := make([]Action, 0, len(specs))
	for i := range specs {
		a, bad := n.init(&specs[i], tp, replace, skipHW)
		if bad.Err != 0 {
			for _, a := range acts {
				n.release(a, tp != nil)
			}
			return nil, bad
		}
		acts = append(acts, a)
	}
	return acts, Refusal{}
}

// validate is tcf_exts_validate: the actions that a request for a filter names.
func (r *FilterReq) validate(tp *Proto) (exts, Refusal) {
	if !r.ActsGiven {
		return exts{}, Refusal{}
	}
	acts, bad := tp.chain.filters.net.initAll(r.Acts, tp, !r.Create, r.Opts != nil && r.Opts.skipsHW())
	return exts{acts}, bad
}

// release is tcf_idr_release: one holder less; the last one takes the action away.
func (n *tcNet) release(a Action, bind bool) {
	b := a.Base()
	if bind {
		b.Binds--
	}
	if b.Refs--; b.Refs > 0 {
		return
	}
	if x, at := n.find(b.Kind, b.Index); x == a {
		l := n.acts[b.Kind]
		n.acts[b.Kind] = append(l[:at:at], l[at+1:]...)
	}
	if b.goTo != nil {
		b.goTo.byAction--
		b.goTo.put()
		b.goTo = nil
	}
}

// AddActions is tcf_action_add: `tc actions add`, or `replace`.
func AddActions(ns *core.Netns, specs []ActSpec, replace bool) Refusal {
	n := netOf(ns)
	for i := range specs {
		if specs[i].Unknown {
			return refuse(step.ENOENT, sayNoModule)
		}
	}
	for i := range specs {
		if _, bad := n.init(&specs[i], nil, replace, false); bad.Err != 0 {
			return bad
		}
	}
	return Refusal{}
}

// EachAction calls f for every action of a kind, in order of their numbers
// (tcf_dump_walker).
func EachAction(ns *core.Netns, k ActKind, f func(Action)) {
	for _, a := range netOf(ns).acts[k] {
		a.Base().HWAsked = true // the kernel asks whether a card does it, and remembers that none does
		f(a)
	}
}

// GetAction is one action, nil if there is none of that number.
func GetAction(ns *core.Netns, k ActKind, index uint32) Action {
	a, _ := netOf(ns).find(k, index)
	return a
}

// DelAction is tca_action_gd with RTM_DELACTION.
func DelAction(ns *core.Netns, k ActKind, index uint32) Refusal {
	n := netOf(ns)
	a, _ := n.find(k, index)
	switch {
	case a == nil:
		return refuse(step.ENOENT, sayNoAction)
	case a.Base().Binds > 0:
		return refuse(step.EPERM, sayNotDeleted)
	}
	n.release(a, false)
	return Refusal{}
}

// FlushActions is tca_action_flush.
func FlushActions(ns *core.Netns, k ActKind) Refusal {
	n := netOf(ns)
	done := 0
	for len(n.acts[k]) > 0 {
		a := n.acts[k][0]
		if a.Base().Binds > 0 {
			if done > 0 {
				return refuse(0, sayNotAllFlushed)
			}
			return refuse(step.EPERM, sayNothing)
		}
		n.release(a, false)
		done++
	}
	return Refusal{}
}
