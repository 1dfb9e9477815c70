package view

import (
	"reflect"
	"strings"
	"sync"
	"testing"
)

func packetAt(t *testing.T, s *Session, packet int) *Session {
	t.Helper()
	if err := s.Do(Command{Verb: Seek, N: packet}); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCompare: where two packets part is found, and said in words.
func TestCompare(t *testing.T) {
	for _, c := range []struct {
		a      string
		na     int
		b      string
		nb     int
		func_  string // where they part; "" if they do not
		says   string
		sameAs int // rows that are the same, at least
	}{
		// a SYN for nobody, and one for a listener
		{"closed-ports", 5, "http", 3, "tcp_v4_rcv", "nobody listens", 20},
		// a datagram for nobody, and one for a program
		{"closed-ports", 3, "dns", 4, "", "They part at step", 20},
		{"ping", 4, "ping", 4, "", "step by step", 40},
		{"tcp", 1, "ping", 1, "", "step by step", 20},
	} {
		p := NewPair(packetAt(t, bundled(t, c.a), c.na), packetAt(t, bundled(t, c.b), c.nb))
		sc := p.Scene()
		same := 0
		for i, r := range sc.Rows {
			if r.Same {
				same++
				if r.Left.Text != r.Right.Text && r.Left.Kind == "call" {
					t.Errorf("row %d: %s is not %s", i, r.Left.Text, r.Right.Text)
				}
			}
		}
		if same < c.sameAs || !strings.Contains(sc.Line, c.says) {
			t.Errorf("%s %d, %s %d: %d rows the same; %q", c.a, c.na, c.b, c.nb, same, sc.Line)
		}
		if c.func_ != "" && (sc.First < 0 || sc.Rows[sc.First].Left.Text != c.func_ && sc.Rows[sc.First].Right.Text != c.func_) {
			t.Errorf("%s %d, %s %d: they part at row %d: %q", c.a, c.na, c.b, c.nb, sc.First, sc.Line)
		}
		t.Logf("%s %d, %s %d: %d of %d; %s", c.a, c.na, c.b, c.nb, same, len(sc.Rows), sc.Line)
		// every step is in a row, in order
		for side, steps := range [2]int{sc.A.Steps, sc.B.Steps} {
			next := 1
			for _, r := range sc.Rows {
				n := r.Left.N
				if side == 1 {
					n = r.Right.N
				}
				if n == 0 {
					continue
				}
				if n != next {
					t.Fatalf("step %d comes after %d", n, next-1)
				}
				next++
			}
			if next != steps+1 {
				t.Errorf("%d of %d steps are in rows", next-1, steps)
			}
		}
	}
}

// TestPairMoves: linked, both sides move along the rows, forwards and backwards;
// not linked, one stays.
func TestPairMoves(t *testing.T) {
	p := NewPair(packetAt(t, bundled(t, "closed-ports"), 5), packetAt(t, bundled(t, "http"), 3))
	var scenes []PairScene
	p.Do(Command{Verb: Forward}) // until then each side is where it was put
	for range 60 {
		sc := p.Scene()
		if r := sc.Rows[sc.Here]; r.Left.N != 0 && r.Left.N != sc.A.Step || r.Right.N != 0 && r.Right.N != sc.B.Step {
			t.Fatalf("row %+v, but the places are %s and %s", r, sc.A.Place(), sc.B.Place())
		}
		scenes = append(scenes, sc)
		if err := p.Do(Command{Verb: Forward}); err != nil {
			t.Fatal(err)
		}
	}
	for i := len(scenes) - 1; i >= 0; i-- {
		if err := p.Do(Command{Verb: Back}); err != nil {
			t.Fatal(err)
		}
		got := p.Scene()
		if scenes[i].A.Packet == 5 && (got.A.Place() != scenes[i].A.Place() || got.B.Place() != scenes[i].B.Place() || got.Here != scenes[i].Here) {
			t.Fatalf("back at row %d: %s, %s; it was %s, %s", got.Here, got.A.Place(), got.B.Place(), scenes[i].A.Place(), scenes[i].B.Place())
		}
	}
	p.Do(Command{Verb: Seek, N: 5})
	p.B.Do(Command{Verb: Seek, N: 3})
	p.Link(false)
	p.Focus(1)
	a := p.Scene().A
	p.Do(Command{Verb: Forward, N: 7})
	if sc := p.Scene(); !reflect.DeepEqual(sc.A, a) || sc.B.Step != 8 || sc.Linked || sc.Focus != 1 {
		t.Errorf("not linked: %s and %s", sc.A.Place(), sc.B.Place())
	}
	p.Link(true)
	p.Focus(0)
	p.Do(Command{Verb: First})
	p.Do(Command{Verb: Seek, N: 5})
	sc := p.Scene()
	for i, want := range sc.Diffs {
		if want == sc.Here {
			continue
		}
		if err := p.Do(Command{Verb: NextMark, Expr: Difference}); err != nil {
			t.Fatalf("difference %d: %v", i, err)
		}
		if got := p.Scene().Here; got != want {
			t.Errorf("difference %d is row %d, not %d", i, got, want)
		}
	}
	if err := p.Do(Command{Verb: NextMark, Expr: Difference}); err == nil || p.Scene().Notice == "" {
		t.Error("a difference behind the last")
	}
}

// TestTwin: two sessions of one walk, from several goroutines.
func TestTwin(t *testing.T) {
	s := packetAt(t, bundled(t, "http"), 10)
	tw := s.Twin()
	if a, b := s.Scene(), tw.Scene(); a.Place() != b.Place() || a.Says != b.Says {
		t.Errorf("the twin is at %s, not %s", b.Place(), a.Place())
	}
	p := NewPair(s, tw)
	tw.Do(Command{Verb: Seek, N: 20})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range 40 {
				switch i {
				case 0:
					p.Do(Command{Verb: Forward})
				case 1:
					p.Scene()
				case 2:
					s.Scene()
				case 3:
					tw.Do(Command{Verb: Seek, N: 1 + n%50})
				}
			}
		}()
	}
	wg.Wait()
	alone := bundled(t, "http")
	alone.Do(Command{Verb: Seek, N: 20})
	tw.Do(Command{Verb: Seek, N: 20})
	if a, b := alone.Scene(), tw.Scene(); !reflect.DeepEqual(a.Panels, b.Panels) || !reflect.DeepEqual(a.Tables, b.Tables) {
		t.Error("beside its twin, a session sees other values")
	}
}
