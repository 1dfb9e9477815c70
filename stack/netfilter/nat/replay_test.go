package nat_test

import (
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/nat"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// none is a nat chain without rules.
type none struct{ n int }

func (c *none) Run(*core.Netns, *core.HookState, *core.SKB) core.Verdict {
	c.n++
	return core.Accept
}

// TestReplay replays every bundled capture with conntrack and NAT on, but
// without a rule: no buffer is lost, and every frame ends as without them. Half
// way the world is forked: the copy goes the same way.
func TestReplay(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		for _, mode := range []stack.Mode{stack.Follow, stack.React} {
			t.Run(e.Name+"/"+mode.String(), func(t *testing.T) {
				src, err := e.Open()
				if err != nil {
					t.Fatal(err)
				}
				defer src.Close()
				o := stack.Options{Mode: mode}
				plain, _ := replay(t, src, o, false)
				tracked, ct := replay(t, src, o, true)
				differ, lost := 0, 0
				for pkt, end := range plain {
					got := tracked[pkt]
					if got.Reason == step.DropNetfilterDrop && e.Name == "router" {
						// An ICMP redirect about a connection's first packet: it belongs to that
						// connection (icmp_glue_bits), and NAT, which has not decided about the
						// source yet, drops it (nf_nat_icmp_reply_translation).
						lost++
						continue
					}
					if got.Outcome != end.Outcome || got.Reason != end.Reason {
						if differ++; differ < 4 {
							t.Logf("frame %d: %v %v at %v, without conntrack %v %v at %v", pkt, got.Outcome, got.Reason, got.Fn, end.Outcome, end.Reason, end.Fn)
						}
					}
				}
				if differ > 0 || lost > 1 {
					t.Errorf("%d of %d frames end otherwise", differ, len(plain))
				}
				if ct != nil {
					t.Logf("%d frames, %d connections", len(plain), ct.Count())
				}
			})
		}
	}
}

// replay returns how the frames of a capture ended.
func replay(t *testing.T, src *pcaps.Reader, o stack.Options, on bool) (map[uint32]trace.EndRec, *conntrack.Table) {
	src.Rewind()
	p, err := walk.Diagnose(src, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := stack.NewReplay(o, p)
	if err != nil {
		t.Fatal(err)
	}
	ns := r.Host.NS
	if on {
		conntrack.Enable(ns, core.NFInet)
		for h := range core.NumHooks {
			if h != core.Forward {
				nat.AddChain(ns, core.NFInet, h, 0, &none{})
			}
		}
	}
	tr := &trace.Tracer{Mode: trace.Count}
	r.SetTracer(tr)
	ends := map[uint32]trace.EndRec{}
	src.Rewind()
	var fork *stack.Replay
	var ft *trace.Tracer
	for n := 0; ; n++ {
		f, err := src.Next()
		if err != nil {
			break
		}
		r.Inject(&f)
		if fork != nil {
			fork.Inject(&f)
		}
		if n == 20 {
			fork, _ = r.Fork()
			ft = &trace.Tracer{Mode: trace.Count, Hash: tr.Hash}
			fork.SetTracer(ft)
		}
	}
	r.Finish()
	if fork != nil {
		fork.Finish()
		if ft.Hash != tr.Hash {
			t.Error("the fork goes another way")
		}
	}
	for _, e := range tr.Ends {
		if old, ok := ends[e.Pkt]; e.Pkt < core.FirstMade && (!ok || trace.Outranks(e.Outcome, old.Outcome)) {
			ends[e.Pkt] = e
		}
	}
	if held, live := len(r.World.Held()), r.World.Live(); uint64(held) != live {
		t.Errorf("%d buffers are allocated, %d can be found", live, held)
	}
	return ends, conntrack.Of(ns)
}
