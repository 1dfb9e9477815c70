package view

import (
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// tcWords is what filters of tc are, for Depth.
var tcWords = map[Depth]string{
	DepthFirst:    "Filters of tc hang at a device or its queue. They are asked in order; the first that fits names what is done with the packet.",
	DepthOperator: "Filters run in order of pref; the first that matches runs its actions, and pipe or continue go on. tc -s filter show counts.",
	DepthKernel:   "__tcf_classify() walks tp->next of the chain and calls tp->classify until a verdict is not TC_ACT_UNSPEC.",
}

// tcRun is how the packet fared with the filters of tc that it met last on this
// host, as far as the place; nil if it has met none.
func (b *builder) tcRun() *NFRun {
	call := -1
	for n := 0; n <= b.n && n < len(b.story); n++ {
		if e := b.event(n); e.Kind == trace.Call && e.Host == b.e.Host && step.Step(e.Code) == step.TcfClassifyOne {
			call = n
		}
	}
	if call < 0 {
		return nil
	}
	run := &NFRun{Chain: "tc filters" + b.tcPlace(call)}
	end, now := b.callEnd(call), b.until()
	run.Rules = b.tcRules(call+1, min(end, now))
	if n := len(run.Rules); n > 0 {
		run.Rules[n-1].Here = b.n < end
	}
	if n := len(run.Rules) - maxNFRules; n > 0 {
		run.Rules, run.More = run.Rules[n:], n
	}
	if e := b.event(call); now >= end && e.Why != 0 {
		run.Verdict = Clean(report.Why(b.log, e, b.names))
	}
	return run
}

// tcPlace is where the filters of a call hang: before IP, behind it, or in a
// queue.
func (b *builder) tcPlace(call int) string {
	d := b.event(call).Depth
	for n := call - 1; n >= 0; n-- {
		e := b.event(n)
		if e.Kind != trace.Call || e.Depth >= d {
			continue
		}
		d = e.Depth
		switch s := step.Step(e.Code); s {
		case step.SchHandleIngress:
			return " at ingress"
		case step.SchHandleEgress:
			return " at egress"
		case step.TcRun, step.TcfClassify:
		default:
			return " of " + s.String()
		}
	}
	return ""
}

// tcRules are the filters that were asked in a part of the story. A classifier
// tells which filter matched where it begins: that comes behind those it passed
// over.
func (b *builder) tcRules(from, to int) (list []NFRule) {
	type match struct {
		end int
		row NFRule
	}
	var open []match
	for n := from; n < to; n++ {
		for len(open) > 0 && open[len(open)-1].end <= n {
			list = append(list, open[len(open)-1].row)
			open = open[:len(open)-1]
		}
		e := b.event(n)
		if e.Kind == trace.Tried && step.Try(e.Code) >= step.TryTcProto && step.Try(e.Code) <= step.TryTcOther {
			if a := b.log.Args(e); len(a) >= 6 {
				list = append(list, NFRule{Parts: []NFPart{{Text: Clean(chars(a[:6]))}}, State: NFFailed, Because: Clean(step.Render(step.Try(e.Code).Info().Because, a, b.names))})
			}
			continue
		}
		if row, ok := b.tcMatch(e); ok {
			end := n + 1
			if e.Kind == trace.Call {
				end = b.callEnd(n)
			}
			open = append(open, match{end, row})
		}
	}
	for i := len(open) - 1; i >= 0; i-- {
		list = append(list, open[i].row)
	}
	return list
}

// tcMatch is the filter that an event says matched.
func (b *builder) tcMatch(e *trace.Event) (r NFRule, ok bool) {
	a := b.log.WhyArgs(e)
	if len(a) < 7 {
		return r, false
	}
	switch e.Why {
	case step.WhyTcMatch:
		r.Verdict = count(int(a[6]), "action")
	case step.WhyTcMatchClass:
		r.Verdict = "class " + Clean(chars(a[6:min(8, len(a))]))
	case step.WhyU32Link:
		r.Verdict = "hash table " + Clean(chars(a[6:7]))
	default:
		return r, false
	}
	r.Parts, r.State = []NFPart{{Text: Clean(chars(a[:6]))}}, NFMatched
	return r, true
}
