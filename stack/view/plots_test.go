package view

import (
	"strconv"
	"testing"
)

// valueAt is the value of a series at a moment: that of the last point before.
func valueAt(s Series, at int64) (v uint64, ok bool) {
	for _, p := range s.Points {
		if p.At > at {
			break
		}
		v, ok = p.V, true
	}
	return v, ok
}

// TestPlots: the curves go through the values that the panels show, in order of
// time, and are short enough to draw.
func TestPlots(t *testing.T) {
	for _, c := range []struct{ capture, until, title, series string }{
		{"loss", "tcp_enter_recovery", "congestion window", "cwnd"},
		{"slow-start", "cubictcp_cong_avoid", "congestion window", "cwnd"},
		{"rto", "__tcp_retransmit_skb", "congestion window", "cwnd"},
		{"tcp", "tcp_queue_rcv", "receive queue", "waiting to be read"},
	} {
		s := bundled(t, c.capture)
		if err := s.Do(Command{Verb: Until, Expr: c.until}); err != nil {
			t.Errorf("%s: %v", c.capture, err)
			continue
		}
		found := false
		for range 400 {
			sc := s.Scene()
			for _, p := range sc.Plots {
				if p.Here < p.From && p.To > p.From || p.Scope != "the whole capture" {
					t.Fatalf("%s: %+v", c.capture, p)
				}
				for _, q := range p.Series {
					if len(q.Points) == 0 || len(q.Points) > maxPoints {
						t.Fatalf("%s %s: %d points", p.Title, q.Name, len(q.Points))
					}
					for i := 1; i < len(q.Points); i++ {
						if q.Points[i].At < q.Points[i-1].At {
							t.Fatalf("%s %s: back in time", p.Title, q.Name)
						}
					}
					if p.Title != c.title || q.Name != c.series {
						continue
					}
					found = true
				}
			}
			if s.Do(Command{Verb: Forward}) != nil {
				break
			}
		}
		if !found {
			t.Errorf("%s: no curve of %s", c.capture, c.series)
		}
	}
}

// TestPlotTrue: at every step the curve of the window has the value that the
// socket's panel shows there.
func TestPlotTrue(t *testing.T) {
	s := bundled(t, "loss")
	same := 0
	for range 1500 {
		sc := s.Scene()
		for _, p := range sc.Panels {
			for _, v := range p.Values {
				if v.Name != "tcp.snd_cwnd" || v.To != "" {
					continue
				}
				for _, pl := range sc.Plots {
					for _, q := range pl.Series {
						if got, ok := valueAt(q, pl.Here); q.Name == "cwnd" && ok {
							if strconv.FormatUint(got, 10) == v.Value {
								same++
							} else if d := changeNear(q, pl.Here); !d {
								t.Errorf("%s: cwnd is %d on the curve and %s in the panel", sc.Place(), got, v.Value)
							}
						}
					}
				}
			}
		}
		if s.Do(Command{Verb: Forward}) != nil {
			break
		}
	}
	if same < 100 {
		t.Errorf("only %d values compared", same)
	}
}

// changeNear reports whether the series changes at this very moment, in the
// same call: the panel shows the value before it.
func changeNear(s Series, at int64) bool {
	for _, p := range s.Points {
		if p.At <= at && at-p.At < 100000 {
			return true
		}
	}
	return false
}

// TestThinned keeps the ends, the lowest and the highest.
func TestThinned(t *testing.T) {
	var p []Point
	for i := range 10000 {
		v := uint64(i % 100)
		if i == 5005 {
			v = 100000
		}
		p = append(p, Point{int64(i) * int64(i%3+1), v})
	}
	for i := 1; i < len(p); i++ {
		p[i].At = max(p[i].At, p[i-1].At)
	}
	first, last := p[0], p[len(p)-1]
	q := thinned(append([]Point(nil), p...))
	high := uint64(0)
	for _, r := range q {
		high = max(high, r.V)
	}
	if len(q) > maxPoints || len(q) < 100 || q[0] != first || q[len(q)-1] != last || high != 100000 {
		t.Errorf("%d points, from %v to %v, highest %d", len(q), q[0], q[len(q)-1], high)
	}
}
