package bench

import (
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
	"os"
	"testing"
)

func TestOut(t *testing.T) {
	path := os.Getenv("CAP")
	r, _ := pcaps.Open(path)
	p, _ := walk.Diagnose(r, stack.Options{})
	a, _ := stack.NewReplay(stack.Options{}, p)
	ta := &trace.Tracer{Mode: trace.Record}
	a.SetTracer(ta)
	m := map[string]int{}
	notes := map[string]int{}
	forEach(r, func(f *pcaps.Frame) {
		a.Inject(f)
		for _, e := range ta.Ends {
			m[e.Outcome.String()+" "+e.Reason.String()+" "+e.Fn.String()]++
		}
		for i := range ta.Log.Events {
			e := &ta.Log.Events[i]
			if e.Kind == trace.Note {
				notes[e.Why.Text()]++
				if notes[e.Why.Text()] < 5 {
					t.Log(f.N, report.Line(&ta.Log, e, a))
				}
			}
		}
		ta.Log.Reset()
		ta.Ends = ta.Ends[:0]
	})
	for k, v := range m {
		t.Log(v, k)
	}
	for k, v := range notes {
		t.Log("note", v, k)
	}
	t.Log(a.World.Live())
}
