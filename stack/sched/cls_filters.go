package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/cls_api.c (__tcf_classify, tcf_chain_create,
// tcf_chain_tp_find), include/net/sch_generic.h (struct tcf_proto, tcf_chain,
// tcf_block).

// A FilterKind is a classifier (struct tcf_proto_ops).
type FilterKind uint8

// The classifiers.
const (
	FilterU32 FilterKind = iota
	FilterFlower
	FilterMatchall
	FilterFw
)

// What an action may say besides the verdicts: a chain to go to, or how many actions
// to jump over, is in the low bits (TC_ACT_JUMP, TC_ACT_GOTO_CHAIN).
const (
	TCActJump      Verdict = 1 << 28
	TCActGotoChain Verdict = 2 << 28
	tcActValue     Verdict = 1<<28 - 1
)

// Goto reports whether the verdict sends the packet to another chain, and to which.
func (v Verdict) Goto() (chain uint32, ok bool) {
	return uint32(v & tcActValue), v > 0 && v&^tcActValue == TCActGotoChain
}

// Jump reports whether the verdict jumps over actions, and over how many.
func (v Verdict) Jump() (n int, ok bool) {
	return int(v & tcActValue), v > 0 && v&^tcActValue == TCActJump
}

// Filters are what hangs in a Block: chains of filters (struct tcf_block).
type Filters struct {
	chains  []*Chain
	classID uint32       // where filters were added last: what tc shows as their parent
	holder  FilterHolder // whose they are
	net     *tcNet
}

// A Chain is struct tcf_chain: filters in order of their priorities.
type Chain struct {
	Index    uint32
	protos   []*Proto
	filters  *Filters
	byAction int  // actions that lead here
	explicit bool // made by `tc chain add`
}

// A Proto is struct tcf_proto: the filters of one priority.
type Proto struct {
	Kind     FilterKind
	Protocol uint16 // EtherType; 3: all (ETH_P_ALL)
	Prio     uint32
	chain    *Chain
	cls      classifier
}

// A classifier is what the kinds of filters do (struct tcf_proto_ops).
type classifier interface {
	classify(w *walk, b *core.SKB) Verdict
	get(handle uint32) Filter
	change(r *FilterReq, tp *Proto, old Filter) (Filter, Refusal)
	remove(tp *Proto, f Filter) (last bool, r Refusal)
	destroy(tp *Proto)
	each(tp *Proto, f func(Filter))
}

// A Filter is one of a classifier's: *U32Node, *U32Table, *Flower …
type Filter interface{ FilterHandle() uint32 }

// A walk is one packet's way through filters.
type walk struct {
	ns     *core.Netns
	res    Result
	length int // qdisc_pkt_len
	segs   int
	goTo   *Chain // after TCActGotoChain
	tp     *Proto
	holder FilterHolder
}

const maxReclassify = 16

// ethPAll is ETH_P_ALL, as a filter's protocol.
const ethPAll = 3

// Classify is tcf_classify: the filters of chain 0.
func (k *Filters) Classify(ns *core.Netns, b *core.SKB) (Verdict, Result) {
	defer ns.In(step.TcfClassify, b).Out()
	w := k.net.push()
	*w = walk{ns: ns, length: b.Len(), segs: max(1, segments(b)), holder: k.holder}
	if !b.AtIngress {
		w.length = pktLen(b)
	}
	v := k.classify(w, b)
	r := w.res
	k.net.pop()
	return v, r
}

// classify is __tcf_classify.
func (k *Filters) classify(w *walk, b *core.SKB) Verdict {
	defer w.ns.In(step.TcfClassifyOne, b).Out()
	first := k.chain(0)
	if first == nil {
		w.ns.Why(step.WhyTcNone)
		return TCActUnspec
	}
	c, round := first, 0
	for i := 0; i < len(c.protos); i++ {
		tp := c.protos[i]
		if p := tcProtocol(b); tp.Protocol != p && tp.Protocol != ethPAll {
			w.triedProto(tp, p)
			continue
		}
		w.tp = tp
		v := tp.cls.classify(w, b)
		next, ok := first, v == TCActReclassify
		if _, jump := v.Goto(); jump {
			next, ok = w.goTo, true
			w.ns.Why(step.WhyTcGoto, uint64(next.Index))
		} else if ok {
			w.ns.Why(step.WhyTcReclassify)
		}
		if ok {
			if round++; round > maxReclassify {
				w.ns.Why(step.WhyTcLoop, uint64(round))
				w.res.Drop = step.DropTCReclassifyLoop
				return TCActShot
			}
			c, i = next, -1
			continue
		}
		if v >= 0 {
			w.whyVerdict(v)
			return v
		}
	}
	w.ns.Why(step.WhyTcNoMatch)
	return TCActUnspec
}

// tcProtocol is skb_protocol: a tag that is kept beside the packet counts.
func tcProtocol(b *core.SKB) uint16 {
	if b.VlanPresent {
		return 0x8100
	}
	return b.Protocol
}

// chain finds a chain; nil: there is none.
func (k *Filters) chain(index uint32) *Chain {
	for _, c := range k.chains {
		if c.Index == index {
			return c
		}
	}
	return nil
}

// makeChain is tcf_chain_get with create.
func (k *Filters) makeChain(index uint32) *Chain {
	c := k.chain(index)
	if c == nil {
		c = &Chain{Index: index, filters: k}
		k.chains = append(k.chains, c)
	}
	return c
}

// put lets go of a chain that nobody needs any more (tcf_chain_put).
func (c *Chain) put() {
	if len(c.protos) > 0 || c.byAction > 0 || c.explicit {
		return
	}
	for i, o := range c.filters.chains {
		if o == c {
			c.filters.chains = append(c.filters.chains[:i:i], c.filters.chains[i+1:]...)
		}
	}
}

// hidden reports that only actions hold the chain (tcf_chain_held_by_acts_only).
func (c *Chain) hidden() bool { return len(c.protos) == 0 && !c.explicit }

// find is tcf_chain_tp_find: the filters of a priority, and their place; bad says
// that they are of another protocol.
func (c *Chain) find(protocol uint16, prio uint32, fresh bool) (tp *Proto, at int, bad bool) {
	for at = 0; at < len(c.protos); at++ {
		tp = c.protos[at]
		if tp.Prio < prio {
			continue
		}
		if tp.Prio == prio {
			return tp, at, fresh || tp.Protocol != protocol && protocol != 0
		}
		break
	}
	return nil, at, false
}

// unlink takes the filters of a priority out of the chain, and destroys them.
func (c *Chain) unlink(tp *Proto) {
	for i, o := range c.protos {
		if o == tp {
			c.protos = append(c.protos[:i:i], c.protos[i+1:]...)
			break
		}
	}
	tp.cls.destroy(tp)
}

// flush is tcf_chain_flush.
func (c *Chain) flush() {
	for len(c.protos) > 0 {
		c.unlink(c.protos[0])
	}
}

// destroy is tcf_block_put: the discipline goes.
func (k *Filters) destroy() {
	if k == nil {
		return
	}
	for len(k.chains) > 0 {
		c := k.chains[0]
		c.flush()
		c.explicit, c.byAction = false, 0
		c.put()
	}
}

// Drop is tcf_block_put for a place that goes away: its filters, and what their
// actions hold.
func (k *Block) Drop() {
	if k == nil {
		return
	}
	if f, ok := k.Filters.(*Filters); ok {
		f.destroy()
	}
	k.Filters = nil
}

// Empty reports whether no filter of chain 0 can see a packet.
func (k *Block) Empty() bool {
	if k == nil || k.Filters == nil {
		return true
	}
	if f, ok := k.Filters.(*Filters); ok {
		c := f.chain(0)
		return c == nil || len(c.protos) == 0
	}
	return false
}

// exts are a filter's actions (struct tcf_exts).
type exts struct{ Acts []Action }

// exec is tcf_exts_exec.
func (e *exts) exec(w *walk, b *core.SKB) Verdict {
	if len(e.Acts) == 0 {
		return TCActOK
	}
	return execActions(w, b, e.Acts)
}

// destroy is tcf_exts_destroy.
func (e *exts) destroy(n *tcNet) {
	for _, a := range e.Acts {
		n.release(a, true)
	}
	e.Acts = nil
}

// Actions are what the filter does.
func (e *exts) Actions() []Action { return e.Acts }

// setClass is tcf_bind_filter: the filter leads to a class.
func (tp *Proto) setClass(old, class uint32) {
	h := tp.chain.filters.holder
	if old != 0 {
		h.UnbindFilter(old)
	}
	if class != 0 {
		h.BindFilter(class)
	}
}

// inDev is tcf_match_indev.
func inDev(b *core.SKB, ifindex int) bool { return ifindex == 0 || b.IIF == ifindex }
