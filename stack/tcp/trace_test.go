package tcp

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// Every sentence that TCP gives has the values that its places need, and every
// tracepoint the kernel's number of fields; listening changes nothing.
func TestSentences(t *testing.T) {
	a, b := pair(t, 5, 60, 40, 9000)
	for _, x := range []*bench{a, b} {
		x.ns.Trace = &trace.Tracer{Mode: trace.Record, Clock: x.ns.Clock}
	}
	runPair(t, a, b, 5, 100000)
	retrans := a.ns.MIB[step.TcpRetransSegs]
	if retrans == 0 {
		t.Error("nothing was sent again: the link lost nothing")
	}
	seen := map[step.Why]bool{}
	for _, x := range []*bench{a, b} {
		l := &x.ns.Trace.Log
		for i := range l.Events {
			e := &l.Events[i]
			if e.Why != 0 && e.Kind != trace.End {
				need, ok := step.Places(e.Why.Text())
				if n := len(l.WhyArgs(e)); !ok || n < need {
					t.Errorf("%v: %q has %d values", step.Step(e.Code), e.Why.Text(), n)
				}
				seen[e.Why] = true
			}
			if e.Kind == trace.Point {
				n := 0
				for _, f := range step.TP(e.Code).Info().Args {
					n++
					if f.Fmt == step.IP {
						n++
					}
				}
				if got := len(l.Args(e)); got != n {
					t.Errorf("%v has %d values, want %d", step.TP(e.Code), got, n)
				}
			}
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d kinds of sentences", len(seen))
	}
	// The same without a listener.
	c, d := pair(t, 5, 60, 40, 9000)
	runPair(t, c, d, 5, 100000)
	if c.ns.MIB != a.ns.MIB || d.ns.MIB != b.ns.MIB {
		t.Error("listening changed what happened")
	}
}
