package view

import (
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// lookupCalls are the functions that decide a route as a whole, the outermost
// first.
var lookupCalls = map[string]bool{"ip_route_input_noref": true, "ip_route_input_rcu": true, "ip_route_input_slow": true, "ip_route_output_flow": true, "ip_route_output_key_hash": true,
	"ip_route_output_key_hash_rcu": true, "ip6_route_input": true, "ip6_route_output_flags": true, "ip6_pol_route": true, "fib_validate_source": true}

// tableCalls are those that take a route out of a table, or choose among rules
// and next hops.
var tableCalls = map[string]bool{"fib_table_lookup": true, "__fib_lookup": true, "fib_select_multipath": true, "fib_select_default": true, "fib6_table_lookup": true,
	"fib6_rule_lookup": true, "ip6_pol_route": true, "fib_multipath_hash": true, "find_exception": true, "fib_rules_lookup": true}

// decision is the routing decision that the step is in, or has just come out
// of: what was chosen, and why everything else was not.
func (t *tabler) decision() (tb Table, ok bool) {
	call := t.lookup()
	if call < 0 {
		return tb, false
	}
	tb = Table{Kind: "decision", Title: "this routing decision", Tool: "ip route get", Columns: []string{"", "candidate", "why"}}
	end, now := t.callEnd(call), t.until()
	for n := call; n < min(end, now); n++ {
		e := t.event(n)
		here := n >= t.n
		switch {
		case e.Kind == trace.Tried:
			x, a := step.Try(e.Code).Info(), t.log.Args(e)
			tb.Rows = append(tb.Rows, TRow{Here: here, Cells: []TCell{text("not"), text(x.What + " " + step.Render(x.Candidate, a, t.names)), text(step.Render(x.Because, a, t.names))}})
		case e.Kind == trace.Call && e.Why != 0 && n != call && tableCalls[step.Step(e.Code).String()]:
			tb.Rows = append(tb.Rows, TRow{Here: here, Cells: []TCell{text("found"), text(step.Step(e.Code).String()), text(report.Why(t.log, e, t.names))}})
		}
	}
	if e := t.event(call); e.Why != 0 && (now >= end || t.n == call) {
		tb.Rows = append(tb.Rows, TRow{Here: t.n == call, Cells: []TCell{text("so"), text(step.Step(e.Code).String()), text(report.Why(t.log, e, t.names))}})
	}
	return tb, len(tb.Rows) > 0
}

// lookup is the call of the decision: the outermost around the step, or the last
// one before it while the packet is still at routing. -1 if there is none.
func (t *tabler) lookup() int {
	call := -1
	for n := 0; n <= t.n; n++ {
		e := t.event(n)
		if e.Kind != trace.Call || t.elsewhere(n) || !lookupCalls[step.Step(e.Code).String()] {
			continue
		}
		if call >= 0 && n < t.callEnd(call) && t.n < t.callEnd(call) && t.deeper(call, n) {
			continue
		}
		call = n
	}
	if call >= 0 && t.n >= t.callEnd(call) && t.sc.Lit != UpRoute && t.sc.Lit != DownRoute {
		return -1
	}
	return call
}

// deeper reports whether the outer call decides by what the inner one finds.
func (t *tabler) deeper(outer, inner int) bool {
	return step.Step(t.event(inner).Code).String() != "fib_validate_source" && t.event(inner).Depth > t.event(outer).Depth
}
