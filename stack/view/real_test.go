package view

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// opened is a bundled capture as the program walks it.
func opened(t testing.TB, name string) *walk.Walk {
	t.Helper()
	e, ok := pcaps.Lookup(name)
	if !ok {
		t.Fatal("no capture " + name)
	}
	r, err := e.Open()
	if err != nil {
		t.Fatal(err)
	}
	host, err := lab.Parse(e.Name+".host", e.Host())
	if err != nil {
		t.Fatal(err)
	}
	local, err := netip.ParseAddr(e.Local)
	if err != nil {
		t.Fatal(err)
	}
	k, err := walk.Open(r, stack.Options{Setup: host.Setup, Local: wire.FromNetip(local), Because: "it recorded the capture"})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// bundled is a Session of a bundled capture that is indexed.
func bundled(t testing.TB, name string) *Session {
	t.Helper()
	s := NewSession(opened(t, name), name)
	for {
		done, err := s.Advance(1 << 12)
		if err != nil {
			t.Fatal(err)
		}
		if done {
			return s
		}
	}
}

// TestRealForwardBack: on real walks too, forward n and back n is where one
// began; every Scene is clean, and every step has a sentence.
func TestRealForwardBack(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		t.Run(e.Name, func(t *testing.T) {
			s := bundled(t, e.Name)
			var scenes []Scene
			for len(scenes) < 400 {
				sc := s.Scene()
				sceneClean(t, reflect.ValueOf(sc), "scene")
				if sc.Steps > 0 && sc.Says == "" && sc.What == "" {
					t.Errorf("%s: nothing to say about %s %s", sc.Place(), sc.Kind, sc.Func)
				}
				scenes = append(scenes, sc)
				if s.Do(Command{Verb: Forward}) != nil {
					break
				}
			}
			if len(scenes) < 20 {
				t.Fatalf("only %d steps", len(scenes))
			}
			s.Do(Command{Verb: Seek, N: scenes[len(scenes)-1].Packet})
			s.Do(Command{Verb: Forward, N: scenes[len(scenes)-1].Step - 1})
			if scenes[len(scenes)-1].Step == 1 {
				s.Do(Command{Verb: Seek, N: scenes[len(scenes)-1].Packet})
			}
			for i := len(scenes) - 1; i >= 0; i-- {
				got, want := s.Scene(), scenes[i]
				got.Notice, want.Notice = "", ""
				if !reflect.DeepEqual(got, want) {
					a, _ := json.Marshal(got)
					b, _ := json.Marshal(want)
					n := 0
					for n < len(a) && n < len(b) && a[n] == b[n] {
						n++
					}
					t.Fatalf("back at scene %d (%s): it differs from the way there:\n…%s\nwas\n…%s", i, want.Place(), a[max(0, n-80):min(len(a), n+160)], b[max(0, n-80):min(len(b), n+160)])
				}
				if i > 0 {
					if err := s.Do(Command{Verb: Back}); err != nil {
						t.Fatalf("back from scene %d: %v", i, err)
					}
				}
			}
		})
	}
}

// TestRealPlain: each capture can be read aloud to its end.
func TestRealPlain(t *testing.T) {
	for _, name := range []string{"ping", "arp", "closed-ports", "tcp"} {
		var out bytes.Buffer
		if err := Plain(&out, bundled(t, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if out.Len() < 2000 {
			t.Errorf("%s: %d bytes", name, out.Len())
		}
		for _, line := range bytes.Split(out.Bytes(), []byte("\n")) {
			if !isClean(string(line)) {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
}

// BenchmarkRealScene makes a Scene of each step of the capture with the most
// packets: on the walk, and on the overview.
func BenchmarkRealScene(b *testing.B) {
	for _, screen := range []Screen{ScreenWalk, ScreenOverview} {
		b.Run(string(screen), func(b *testing.B) {
			s := bundled(b, "slow-start")
			s.Do(Command{Verb: Seek, N: 120})
			if screen == ScreenOverview {
				s.Do(Command{Verb: ShowOverview})
			}
			b.ReportAllocs()
			for b.Loop() {
				s.Scene()
				if s.Do(Command{Verb: Forward}) != nil {
					s.Do(Command{Verb: First})
				}
			}
		})
	}
}

// TestRealConnection: where a segment is acknowledged, the connection is shown,
// the map is lit on the way up, and a value's last writer is found.
func TestRealConnection(t *testing.T) {
	s := bundled(t, "tcp")
	if err := s.Do(Command{Verb: Until, Expr: "tcp_rtt_estimator"}); err != nil {
		t.Fatal(err)
	}
	s.Do(Command{Verb: Until, Expr: "tcp_ack"})
	sc := s.Scene()
	if sc.Func != "tcp_ack" || sc.Lit != UpTransport || !sc.Stages[UpPre].Visited || !sc.Stages[UpLocalIn].Visited || !sc.Stages[UpGRO].Visited {
		t.Errorf("at %s, lit %s, %+v", sc.Func, sc.Lit.Name(), sc.Stages)
	}
	if len(sc.Panels) == 0 || sc.Panels[0].Kind != "sk" {
		t.Fatalf("no socket among %+v", sc.Panels)
	}
	at := sc.Place()
	if err := s.Do(Command{Verb: WhyValue, Expr: "tcp.srtt_us"}); err != nil {
		t.Fatal(err)
	}
	if sc := s.Scene(); sc.Func != "tcp_rtt_estimator" || sc.Place() == at {
		t.Errorf("tcp.srtt_us was set by %s, %s", sc.Func, sc.Place())
	}
	s.Do(Command{Verb: Return})
	if sc := s.Scene(); sc.Place() != at {
		t.Errorf("return leads to %s, not %s", sc.Place(), at)
	}
}
