package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/cls_api.c (tc_new_tfilter, tc_del_tfilter,
// tc_get_tfilter, tc_dump_tfilter, tc_ctl_chain).

// A FilterReq is what `tc filter` and `tc chain` ask of the kernel (struct tcmsg and
// its attributes).
type FilterReq struct {
	Dev          *core.Device
	Parent       uint32
	Protocol     uint16 // 0: not given
	Prio         uint32 // 0: not given
	Chain        uint32
	ChainGiven   bool
	Handle       uint32
	Kind         FilterKind
	KindGiven    bool
	Unknown      bool         // a kind that the kernel does not have
	Create, Excl bool         // NLM_F_CREATE, NLM_F_EXCL
	Opts         FilterParams // what the kind is told; nil: nothing
	Acts         []ActSpec
	ActsGiven    bool
	OldPolice    bool // the action was given as `police`, without `action`
}

// FilterParams are what a kind of filter is told: *U32Params, *FlowerParams …
type FilterParams interface {
	filterKind() FilterKind
	skipsHW() bool
}

// maxPrio is where priorities that the kernel chooses begin (0xc000).
const (
	autoPrio  = 0xc000
	insertAll = 0x8000 // where a filter without priority looks for its place
)

// minorOf and majorOf are TC_H_MIN and TC_H_MAJ.
func minorOf(id uint32) uint32 { return id & 0xffff }
func majorOf(id uint32) uint32 { return id & 0xffff0000 }

// ask finds the place that a request names (__tcf_qdisc_find, __tcf_qdisc_cl_find,
// __tcf_block_find).
func (r *FilterReq) ask() (*Block, FilterHolder, Refusal) {
	var q core.Qdisc
	if r.Parent == 0 {
		q = r.Dev.Qdisc
		d, ok := q.(Discipline)
		if !ok {
			return nil, nil, refuse(step.EINVAL, sayNotClassful)
		}
		r.Parent, _ = d.IDs()
	} else if d := Lookup(r.Dev, majorOf(r.Parent)); d != nil {
		q = d
	} else {
		return nil, nil, refuse(step.EINVAL, sayNoParent)
	}
	h, ok := q.(FilterHolder)
	if !ok {
		if _, classful := q.(Classful); classful {
			return nil, nil, refuse(step.EOPNOTSUPP, sayNoBlocks)
		}
		return nil, nil, refuse(step.EINVAL, sayNotClassful)
	}
	class := r.Parent
	if minorOf(class) == 0 {
		class = 0
	}
	k := h.Block(class)
	if k == nil {
		if class != 0 {
			return nil, nil, refuse(step.ENOENT, sayNoClass)
		}
		return nil, nil, refuse(step.EINVAL, sayNothing)
	}
	return k, h, Refusal{}
}

// filters are the block's, made if there are none.
func (k *Block) filters(ns *core.Netns, h FilterHolder) *Filters {
	f, ok := k.Filters.(*Filters)
	if !ok {
		f = &Filters{holder: h, net: netOf(ns)}
		k.Filters = f
	}
	return f
}

// NewFilter is tc_new_tfilter: add, change or replace a filter.
func NewFilter(r *FilterReq) Refusal {
	if r.Prio == 0 && !r.Create {
		return refuse(step.ENOENT, sayNoPrio)
	}
	k, h, bad := r.ask()
	if bad.Err != 0 {
		return bad
	}
	if r.Chain > uint32(tcActValue) {
		return refuse(step.EINVAL, sayChainLimit)
	}
	f := k.filters(r.Dev.NS, h)
	f.classID = r.Parent
	c := f.makeChain(r.Chain)
	tp, made, bad := r.proto(c)
	if bad.Err == 0 {
		if bad = r.apply(tp); bad.Err != 0 && made {
			c.unlink(tp)
		}
	}
	c.put()
	return bad
}

// proto finds or makes the filters of the priority.
func (r *FilterReq) proto(c *Chain) (tp *Proto, made bool, bad Refusal) {
	prio, fresh := r.Prio, r.Prio == 0
	if fresh {
		prio = insertAll
	}
	tp, at, wrong := c.find(r.Protocol, prio, fresh)
	switch {
	case wrong && fresh:
		return nil, false, refuse(step.ENOSPC, sayAutoTaken)
	case wrong:
		return nil, false, refuse(step.EINVAL, sayOtherProto)
	case tp != nil:
		return tp, false, Refusal{}
	case !r.KindGiven || r.Protocol == 0:
		return nil, false, refuse(step.EINVAL, sayNoKind)
	case !r.Create:
		return nil, false, refuse(step.ENOENT, sayNotCreated)
	}
	if fresh {
		prio = autoPrio
		if at < len(c.protos) {
			prio = c.protos[at].Prio - 1
		}
		if other, _, wrong := c.find(r.Protocol, prio, false); wrong {
			return nil, false, refuse(step.EINVAL, sayOtherProto)
		} else if other != nil {
			return other, false, Refusal{}
		}
		_, at, _ = c.find(r.Protocol, prio, false)
	}
	if r.Unknown {
		return nil, false, refuse(step.ENOENT, sayNoClassifier)
	}
	tp = &Proto{Kind: r.Kind, Protocol: r.Protocol, Prio: prio, chain: c}
	switch r.Kind {
	case FilterU32:
		newU32(tp)
	case FilterFlower:
		tp.cls = &flower{}
	case FilterMatchall:
		tp.cls = &matchall{}
	case FilterFw:
		tp.cls = &fw{}
	}
	c.protos = append(c.protos, nil)
	copy(c.protos[at+1:], c.protos[at:])
	c.protos[at] = tp
	return tp, true, Refusal{}
}

// apply has the classifier make or change a filter.
func (r *FilterReq) apply(tp *Proto) Refusal {
	if r.KindGiven && (r.Kind != tp.Kind || r.Unknown) {
		return refuse(step.EINVAL, sayOtherKind)
	}
	old := tp.cls.get(r.Handle)
	switch {
	case old == nil && !r.Create:
		return refuse(step.ENOENT, sayNotCreated)
	case old != nil && r.Excl:
		return refuse(step.EEXIST, sayExists)
	}
	_, bad := tp.cls.change(r, tp, old)
	return bad
}

// DelFilter is tc_del_tfilter.
func DelFilter(r *FilterReq) Refusal {
	if r.Prio == 0 && (r.Protocol != 0 || r.Handle != 0 || r.KindGiven) {
		return refuse(step.ENOENT, sayNoFlush)
	}
	k, h, bad := r.ask()
	if bad.Err != 0 {
		return bad
	}
	c := k.filters(r.Dev.NS, h).chain(r.Chain)
	if c == nil {
		if r.Prio == 0 {
			return Refusal{}
		}
		return refuse(step.ENOENT, sayNoChain)
	}
	if r.Prio == 0 {
		c.flush()
		c.put()
		return Refusal{}
	}
	tp, _, wrong := c.find(r.Protocol, r.Prio, false)
	switch {
	case wrong:
		return refuse(step.EINVAL, sayOtherProto)
	case tp == nil:
		return refuse(step.ENOENT, sayNoSuchPrio)
	case r.KindGiven && (r.Kind != tp.Kind || r.Unknown):
		return refuse(step.EINVAL, sayOtherKind)
	case r.Handle == 0:
		c.unlink(tp)
		c.put()
		return Refusal{}
	}
	old := tp.cls.get(r.Handle)
	if old == nil {
		return refuse(step.ENOENT, sayNoHandle)
	}
	last, bad := tp.cls.remove(tp, old)
	if bad.Err == 0 && last {
		c.unlink(tp)
	}
	c.put()
	return bad
}

// A FilterInfo is one line of `tc filter show`; without Filter it is the priority
// itself.
type FilterInfo struct {
	Parent uint32
	Proto  *Proto
	Chain  uint32
	Filter Filter
}

// GetFilter is tc_get_tfilter.
func GetFilter(r *FilterReq) (FilterInfo, Refusal) {
	k, h, bad := r.ask()
	if bad.Err != 0 {
		return FilterInfo{}, bad
	}
	c := k.filters(r.Dev.NS, h).chain(r.Chain)
	if c == nil {
		return FilterInfo{}, refuse(step.EINVAL, sayNoChain)
	}
	tp, _, wrong := c.find(r.Protocol, r.Prio, false)
	switch {
	case wrong:
		return FilterInfo{}, refuse(step.EINVAL, sayOtherProto)
	case tp == nil:
		return FilterInfo{}, refuse(step.ENOENT, sayNoSuchPrio)
	case r.KindGiven && (r.Kind != tp.Kind || r.Unknown):
		return FilterInfo{}, refuse(step.EINVAL, sayOtherKind)
	}
	f := tp.cls.get(r.Handle)
	if f == nil {
		return FilterInfo{}, refuse(step.ENOENT, sayNoHandle)
	}
	return FilterInfo{r.Parent, tp, c.Index, f}, Refusal{}
}

// place finds the filters that a listing is about; nil: there are none.
func (r *FilterReq) place() (*Filters, FilterHolder) {
	var q core.Qdisc = r.Dev.Qdisc
	if r.Parent == 0xffffffff { // TC_H_ROOT: its major number is that of ffff:
		r.Parent = 0xffff0000
	}
	if r.Parent != 0 {
		d := Lookup(r.Dev, majorOf(r.Parent))
		if d == nil {
			return nil, nil
		}
		q = d
	}
	h, ok := q.(FilterHolder)
	if !ok {
		return nil, nil
	}
	class := r.Parent
	if minorOf(class) == 0 {
		class = 0
	}
	k := h.Block(class)
	if k == nil {
		return nil, h
	}
	f, _ := k.Filters.(*Filters)
	return f, h
}

// EachFilter is tc_dump_tfilter: it calls f for every filter of a place.
func EachFilter(r *FilterReq, f func(FilterInfo)) {
	k, _ := r.place()
	if k == nil {
		return
	}
	for _, c := range k.chains {
		if r.ChainGiven && c.Index != r.Chain {
			continue
		}
		for _, tp := range c.protos {
			if r.Prio != 0 && r.Prio != tp.Prio || r.Protocol != 0 && r.Protocol != tp.Protocol {
				continue
			}
			f(FilterInfo{Parent: k.classID, Proto: tp, Chain: c.Index})
			tp.cls.each(tp, func(x Filter) { f(FilterInfo{k.classID, tp, c.Index, x}) })
		}
	}
}

// EachChain is tc_dump_chain: it calls f with the number of each chain. parent is the
// discipline's handle.
func EachChain(r *FilterReq, f func(parent, chain uint32)) {
	k, h := r.place()
	if k == nil {
		return
	}
	parent, _ := h.IDs()
	for _, c := range k.chains {
		if !c.hidden() && (!r.ChainGiven || c.Index == r.Chain) {
			f(parent, c.Index)
		}
	}
}

// AddChain and DelChain are tc_ctl_chain.
func AddChain(r *FilterReq) Refusal {
	k, h, bad := r.ask()
	if bad.Err != 0 {
		return bad
	}
	if r.Chain > uint32(tcActValue) {
		return refuse(step.EINVAL, sayChainLimit)
	}
	f := k.filters(r.Dev.NS, h)
	if c := f.chain(r.Chain); c != nil && !c.hidden() {
		return refuse(step.EEXIST, sayChainExists)
	}
	f.makeChain(r.Chain).explicit = true
	return Refusal{}
}

// DelChain takes a chain away, with its filters.
func DelChain(r *FilterReq) Refusal {
	k, h, bad := r.ask()
	if bad.Err != 0 {
		return bad
	}
	c := k.filters(r.Dev.NS, h).chain(r.Chain)
	if c == nil || c.hidden() {
		return refuse(step.EINVAL, sayNoChain)
	}
	c.flush()
	c.explicit = false
	c.put()
	return Refusal{}
}
