package tui

import "github.com/packetwalk/packetwalk/stack/view"

// The timeline is the whole capture in one row: each bucket of packets as a bar
// that is the higher the more it matters, a cross where packets were dropped.

// timelineRoom is where the bars are.
func timelineRoom(r Rect) Rect { return Rect{r.X + 1, r.Y, r.W - 2, 1} }

// span is the cells of a bucket: from x0 up to x1.
func span(r Rect, i, n int) (x0, x1 int) { return r.X + i*r.W/n, r.X + (i+1)*r.W/n }

func drawTimeline(g *Grid, r Rect, s *view.Scene, l *local) {
	t := s.Timeline
	if t == nil || len(t.Buckets) == 0 {
		return
	}
	in := timelineRoom(r)
	n := len(t.Buckets)
	if n > in.W { // more buckets than cells: the one that matters most counts
		for x := range in.W {
			from, to := x*n/in.W, max(x*n/in.W+1, (x+1)*n/in.W)
			sign, st := bucketSign(t.Buckets[from:to])
			if t.Here >= from && t.Here < to {
				sign, st = hereSign(sign), StyleHere
			}
			g.Set(in.X+x, in.Y, sign, st)
		}
		return
	}
	for i := range t.Buckets {
		x0, x1 := span(in, i, n)
		sign, st := bucketSign(t.Buckets[i : i+1])
		base := StyleRule
		if i == t.Here {
			base = StyleToken
		}
		for x := x0; x < x1; x++ {
			g.Set(x, in.Y, '▁', base)
		}
		if i == t.Here {
			sign, st = hereSign(sign), StyleHere
		}
		g.Set((x0+x1-1)/2, in.Y, sign, st)
	}
}

// hereSign is the sign of the bucket that the reader is in: a drop stays one.
func hereSign(sign rune) rune {
	if sign == '✗' {
		return sign
	}
	return '◆'
}

// bucketSign is what matters most in buckets.
func bucketSign(list []view.Bucket) (rune, Style) {
	var sum view.Bucket
	for _, b := range list {
		sum.Drops += b.Drops
		sum.Again += b.Again
		sum.State += b.State
	}
	switch {
	case sum.Drops > 0:
		return '✗', StyleDrop
	case sum.Again > 0:
		return '▅', StyleWarn
	case sum.State > 0:
		return '▃', StyleTitle
	}
	return '▁', StyleRule
}

// timelineAt is the packet that a cell of the timeline stands for; 0 if there
// is none.
func timelineAt(r Rect, x int, s *view.Scene) int {
	t := s.Timeline
	if t == nil || len(t.Buckets) == 0 || r.W < 3 {
		return 0
	}
	in := timelineRoom(r)
	x = max(0, min(x-in.X, in.W-1))
	n := len(t.Buckets)
	for i := range n {
		if x0, x1 := span(Rect{0, 0, in.W, 1}, i, n); x >= x0 && x < x1 {
			return t.Buckets[i].First
		}
	}
	return t.Buckets[min(x*n/in.W, n-1)].First
}
