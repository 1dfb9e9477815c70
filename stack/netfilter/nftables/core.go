package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: nf_tables_core.c, nft_chain_filter.c.

// jumpStack is NFT_JUMP_STACK_SIZE: how deep jumps may nest.
const jumpStack = 16

// HookStep names the function that the hook calls.
func (c *Chain) HookStep() step.Step {
	switch c.Table.Family {
	case core.NFIPv4:
		return step.NftDoChainIPv4
	case core.NFIPv6:
		return step.NftDoChainIPv6
	case core.NFARP:
		return step.NftDoChainARP
	case core.NFBridge:
		return step.NftDoChainBridge
	case core.NFNetdev:
		return step.NftDoChainNetdev
	}
	return step.NftDoChainInet
}

// Run is the hook of a base chain of type filter: nft_do_chain_ipv4 and its
// sisters.
func (c *Chain) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	switch c.Table.Family {
	case core.NFIPv4:
		return c.doIPv4(ns, st, b)
	case core.NFIPv6:
		return c.doIPv6(ns, st, b)
	case core.NFARP:
		return c.doARP(ns, st, b)
	case core.NFBridge:
		return c.doBridge(ns, st, b)
	case core.NFNetdev:
		return c.doNetdev(ns, st, b)
	}
	return c.doInet(ns, st, b)
}

func (c *Chain) doIPv4(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.NftDoChainIPv4, b).Out()
	x := c.enter(ns, st, b, core.NFIPv4)
	p := &x.p
	p.ipv4()
	return c.run(x)
}

func (c *Chain) doIPv6(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.NftDoChainIPv6, b).Out()
	x := c.enter(ns, st, b, core.NFIPv6)
	p := &x.p
	p.ipv6()
	return c.run(x)
}

func (c *Chain) doInet(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.NftDoChainInet, b).Out()
	x := c.enter(ns, st, b, st.Family)
	p := &x.p
	switch st.Family {
	case core.NFIPv4:
		p.ipv4()
	case core.NFIPv6:
		p.ipv6()
	default: // NF_INET_INGRESS: a device's packet, of IP only
		v, ok := core.Accept, false
		switch b.Protocol {
		case 0x0800:
			p.pf, v = core.NFIPv4, core.Drop
			ok = p.ipv4Ingress()
		case 0x86dd:
			p.pf, v = core.NFIPv6, core.Drop
			ok = p.ipv6Ingress()
		}
		if !ok {
			c.leave(x)
			return v
		}
	}
	return c.run(x)
}

func (c *Chain) doARP(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.NftDoChainARP, b).Out()
	x := c.enter(ns, st, b, core.NFARP)
	p := &x.p
	p.unspec()
	return c.run(x)
}

func (c *Chain) doBridge(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.NftDoChainBridge, b).Out()
	x := c.enter(ns, st, b, core.NFBridge)
	p := &x.p
	p.byProto()
	return c.run(x)
}

func (c *Chain) doNetdev(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.NftDoChainNetdev, b).Out()
	x := c.enter(ns, st, b, core.NFNetdev)
	p := &x.p
	p.byProto()
	return c.run(x)
}

// frame is struct nft_jumpstack: where a chain goes on after a jump.
type frame struct {
	chain *Chain
	next  int
}

// run is walkRules, and gives the context back.
func (c *Chain) run(x *context) core.Verdict {
	v := c.walkRules(x)
	c.leave(x)
	return v
}

// walkRules is nft_do_chain: try the rules of the base chain, and of those that
// they jump to, until one decides; else the policy does.
func (c *Chain) walkRules(x *context) core.Verdict {
	defer x.p.ns.In(step.NftDoChain, x.p.b).Out()
	p, r := &x.p, &x.r
	var (
		stack [jumpStack]frame
		depth int
	)
	listening := p.ns.Listening()
	traced := p.b.NFTrace // nft_traceinfo.nf_trace
	first := true
	p.traceID = p.b.ID ^ uint32(p.b.IIF)<<24 // nft_get_trace_id: a packet that a bridge has taken up is another trace
	chain, at := c, 0
	for {
		r.Code = Continue
		var rule *Rule
	rules:
		for ; at < len(chain.Rules); at++ {
			rule = chain.Rules[at]
			for i, e := range rule.Exprs {
				e.Eval(r, p)
				if r.Code != Continue {
					if r.Code != Break {
						break rules
					}
					if listening {
						p.tried(r, rule, i)
					}
					break
				}
			}
			if r.Code == Continue {
				if listening {
					p.ns.Note(p.b, step.WhyNftRuleGoesOn, rule.args(0)...)
				}
				traced = p.b.NFTrace
				p.traceEvent(traced, &first, TraceRule, chain, rule, r.Verdict)
				continue
			}
			r.Code = Continue
			traced = p.b.NFTrace
		}
		if at >= len(chain.Rules) {
			rule = nil
		}
		switch r.Code {
		case Continue, Return:
			if r.Code == Continue {
				rule = nil
			}
			p.traceEvent(traced, &first, TraceReturn, chain, rule, r.Verdict)
		default:
			if r.Code != StolenCode {
				traced = p.b.NFTrace
			}
			if listening && r.Code != StolenCode {
				p.ns.Note(p.b, step.WhyNftRule, rule.args(uint64(r.Code))...)
			}
			p.traceEvent(traced, &first, TraceRule, chain, rule, r.Verdict)
		}
		switch r.Code {
		case AcceptCode:
			if listening {
				p.ns.Why(step.WhyNftVerdict, rule.args(uint64(AcceptCode))...)
			}
			return core.Accept
		case DropCode:
			if listening {
				p.ns.Why(step.WhyNftVerdict, rule.args(uint64(DropCode))...)
			}
			return p.drop()
		case StolenCode:
			return core.Stolen
		case QueueCode:
			p.ns.NotModelled(p.b, step.WhyNftQueue, step.NftDoChain)
			return core.Stolen
		case Jump:
			if depth >= jumpStack {
				return core.Drop
			}
			stack[depth] = frame{chain, at + 1}
			depth++
			chain, at = r.Chain, 0
			continue
		case Goto:
			chain, at = r.Chain, 0
			continue
		}
		if depth == 0 {
			break
		}
		depth--
		chain, at = stack[depth].chain, stack[depth].next
	}
	base := c.Base
	v := Verdict{Code: AcceptCode}
	if base.Drop {
		v.Code = DropCode
	}
	p.traceEvent(traced, &first, TracePolicy, c, nil, v)
	if base.Counted {
		base.Packets++
		base.Bytes += uint64(p.b.Len())
	}
	if base.Drop {
		if listening {
			p.ns.Why(step.WhyNftPolicyDrop, c.words()...)
		}
		return p.drop()
	}
	if listening {
		p.ns.Why(step.WhyNftPolicyAccept, c.words()...)
	}
	return core.Accept
}

// drop is NF_DROP_REASON: the packet is freed here, and its sender gets EPERM.
func (p *Pkt) drop() core.Verdict {
	p.ns.Drop(p.b, step.DropNetfilterDrop, step.NftDoChain)
	return core.Stolen.With(step.EPERM)
}

// traceEvent tells nft's tracer (nft_trace_notify).
func (p *Pkt) traceEvent(on bool, first *bool, k TraceKind, c *Chain, rule *Rule, v Verdict) {
	if !on {
		return
	}
	s := c.Table.s
	if s.tracer != nil || len(s.also) > 0 {
		e := TraceEvent{Kind: k, ID: p.traceID, Table: c.Table, Chain: c, Rule: rule, Verdict: v, Hook: *p.st, SKB: p.b, HasL4: p.hasL4, L4: p.thoff, First: *first}
		if v.Code == StolenCode {
			e.First, e.SKB = false, nil // the packet is gone
		}
		if s.tracer != nil {
			s.tracer.NftTrace(p.ns, &e)
		}
		for _, t := range s.also {
			t.NftTrace(p.ns, &e)
		}
	}
	*first = false
	if !p.ns.Listening() || v.Code == StolenCode {
		return
	}
	switch {
	case k == TracePolicy:
		p.ns.Note(p.b, step.WhyNftTracePolicy, append(c.words(), 0, uint64(v.Code))...)
	case k == TraceReturn && rule == nil:
		p.ns.Note(p.b, step.WhyNftTraceReturn, append(c.words(), 0, uint64(v.Code))...)
	default:
		p.ns.Note(p.b, step.WhyNftTraceRule, rule.args(uint64(v.Code))...)
	}
}
