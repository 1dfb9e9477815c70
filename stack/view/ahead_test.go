package view

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/bench"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// long is a made capture of n frames.
func long(t testing.TB, n, flows int) *Session {
	t.Helper()
	var b bytes.Buffer
	if _, err := bench.Generate(&b, n, flows, 7); err != nil {
		t.Fatal(err)
	}
	r, err := pcaps.New(bytes.NewReader(b.Bytes()), "long")
	if err != nil {
		t.Fatal(err)
	}
	k, err := walk.Open(r, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := NewSession(k, "long")
	for {
		done, err := s.Advance(1000)
		if err != nil {
			t.Fatal(err)
		}
		if done {
			return s
		}
	}
}

// TestAhead: in a long capture too, runs stop wherever a function is called, and
// nowhere else, forwards and backwards.
func TestAhead(t *testing.T) {
	s := long(t, 4000, 100)
	for _, fn := range []string{"icmp_echo", "arp_solicit", "tcp_v4_syn_recv_sock", "tcp_connect", "ip_nowhere"} {
		want := []string{}
		code := step.ByName(fn)
		if code == 0 {
			continue
		}
		for i := range s.k.Indexed() {
			c, err := s.k.Chunk(i)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, e := range c.Story(i) {
				e := &c.Events().Events[e]
				if stops(e) {
					n++
				}
				if e.Kind == trace.Call && step.Step(e.Code) == code {
					want = append(want, fmt.Sprint(i+1, ".", n))
				}
			}
		}
		if len(want) < 2 {
			t.Logf("%s is called %d times", fn, len(want))
		}
		do(t, s, "break", "break "+fn, "first")
		got := []string{}
		for s.Do(Command{Verb: Run}) == nil {
			sc := s.Scene()
			got = append(got, fmt.Sprint(sc.Packet, ".", sc.Step))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: runs stop at %d places, it is called at %d", fn, len(got), len(want))
		}
		do(t, s, "last")
		for s.Do(Command{Verb: Forward}) == nil {
		}
		got = got[:0]
		for s.Do(Command{Verb: RunBack}) == nil {
			sc := s.Scene()
			got = append(got, fmt.Sprint(sc.Packet, ".", sc.Step))
		}
		slices.Reverse(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: runs back stop at %d places, it is called at %d", fn, len(got), len(want))
		}
		do(t, s, "first")
		n := 0
		for s.Do(Command{Verb: Until, Expr: fn}) == nil {
			n++
		}
		if n != len(want) {
			t.Errorf("%s: until stops %d times of %d", fn, n, len(want))
		}
	}
}
