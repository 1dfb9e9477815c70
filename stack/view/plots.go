package view

import (
	"fmt"
	"slices"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// maxPoints is how many points a Series has at most.
const maxPoints = 300

// plotsState is what a Session keeps for the plots.
type plotsState struct{ cache []socketPlots }

// socketPlots are the plots of one socket over one chunk.
type socketPlots struct {
	log   *trace.Log
	n     int // changes when they were made
	obj   uint32
	plots []Plot
}

// plots fills sc.Plots: those of the socket at hand, over the part of the
// capture that is recorded around the place.
func (b *builder) plots() {
	id := b.tabler().first(step.KindSock)
	if id == 0 {
		return
	}
	for _, p := range b.plotsOf(id) {
		p.Here = int64(b.e.At)
		b.sc.Plots = append(b.sc.Plots, p)
	}
}

func (b *builder) plotsOf(id uint32) []Plot {
	for _, c := range b.plo.cache {
		if c.log == b.log && c.obj == id && c.n == len(b.log.Changes) {
			return c.plots
		}
	}
	if len(b.plo.cache) >= 16 {
		b.plo.cache = slices.Delete(b.plo.cache, 0, 1)
	}
	c := socketPlots{b.log, len(b.log.Changes), id, b.makePlots(id)}
	b.plo.cache = append(b.plo.cache, c)
	return c.plots
}

// curve is a Series that is being made.
type curve struct {
	Series
	of func(v *[step.MaxFields]uint64) (value uint64, ok bool)
}

// makePlots goes through all changes of a socket.
func (b *builder) makePlots(id uint32) []Plot {
	field := func(i int) func(*[step.MaxFields]uint64) (uint64, bool) {
		return func(v *[step.MaxFields]uint64) (uint64, bool) { return v[i], true }
	}
	base, have := uint64(0), false
	since := func(i int) func(*[step.MaxFields]uint64) (uint64, bool) {
		return func(v *[step.MaxFields]uint64) (uint64, bool) {
			if !have && v[step.TCPSndUna] != 0 {
				base, have = v[step.TCPSndUna], true
			}
			return uint64(max(0, int32(v[i]-base))), have && v[i] != 0
		}
	}
	curves := []*curve{
		{Series{Name: "cwnd"}, field(step.TCPSndCwnd)},
		{Series{Name: "ssthresh"}, func(v *[step.MaxFields]uint64) (uint64, bool) {
			return v[step.TCPSsthresh], v[step.TCPSsthresh] != unlimited && v[step.TCPSsthresh] != 0
		}},
		{Series{Name: "in flight"}, func(v *[step.MaxFields]uint64) (uint64, bool) {
			return uint64(max(0, int64(v[step.TCPPacketsOut]+v[step.TCPRetransOut])-int64(v[step.TCPSackedOut]+v[step.TCPLostOut]))), true
		}},
		{Series{Name: "sent"}, since(step.TCPSndNxt)},
		{Series{Name: "acknowledged"}, since(step.TCPSndUna)},
		{Series{Name: "waiting to be read"}, field(step.SockRmem)},
		{Series{Name: "limit (rcvbuf)"}, field(step.SockRcvBuf)},
	}
	var v [step.MaxFields]uint64
	from, to := int64(0), int64(0)
	seen, tcp := false, false
	for i := 0; i < len(b.log.Changes); {
		ch := &b.log.Changes[i]
		if ch.Obj != id || ch.Key.Kind() != step.KindSock {
			i++
			continue
		}
		// All that was noticed at one moment belongs together.
		at := b.timeOf(ch)
		for i < len(b.log.Changes) && b.log.Changes[i].When == ch.When {
			if c := &b.log.Changes[i]; c.Obj == id && c.Key.Kind() == step.KindSock {
				v[c.Key.Index()] = c.New
			}
			i++
		}
		if !seen {
			from, seen = at, true
		}
		to = at
		tcp = tcp || v[step.SockProto] == protoTCP
		for _, c := range curves {
			c.add(at, &v)
		}
	}
	if !seen {
		return nil
	}
	scope := b.scope()
	plot := func(title, unit string, cs ...*curve) Plot {
		p := Plot{Title: title, Unit: unit, From: from, To: to, Scope: scope}
		for _, c := range cs {
			if len(c.Points) > 0 {
				c.Points = thinned(c.Points)
				p.Series = append(p.Series, c.Series)
			}
		}
		return p
	}
	var list []Plot
	if tcp {
		list = append(list, plot("congestion window", "segments", curves[0], curves[1], curves[2]), plot("sequence numbers", "bytes", curves[3], curves[4]))
	}
	list = append(list, plot("receive queue", "bytes of memory", curves[5], curves[6]))
	return slices.DeleteFunc(list, func(p Plot) bool { return !moves(p) })
}

// moves reports whether there is anything to see: a value that is not 0, in a
// series whose value changes.
func moves(p Plot) bool {
	for _, s := range p.Series {
		for _, q := range s.Points[1:] {
			if q.V != s.Points[0].V {
				return true
			}
		}
	}
	return false
}

// add appends a point; there may be several at one moment.
func (c *curve) add(at int64, v *[step.MaxFields]uint64) {
	y, ok := c.of(v)
	n := len(c.Points)
	if !ok || n > 0 && c.Points[n-1].V == y {
		return
	}
	c.Points = append(c.Points, Point{at, y})
}

// timeOf is when a change was made: at its event, or when it was noticed.
func (b *builder) timeOf(c *trace.Change) int64 {
	at := int(c.Event)
	if at >= len(b.log.Events) {
		at = min(int(c.When), len(b.log.Events)-1)
	}
	if at < 0 {
		return 0
	}
	return int64(b.log.Events[at].At)
}

// scope says what part of the capture is recorded around the place.
func (b *builder) scope() string {
	c, ok := b.chunk.(chunk)
	if !ok {
		return "the packets around this one"
	}
	if c.From == 0 && c.To >= b.k.Len() {
		return "the whole capture"
	}
	return fmt.Sprintf("packets %d to %d of %d", c.From+1, c.To, b.k.Len())
}

// thinned leaves at most maxPoints points: of each stretch of time the lowest,
// the highest and the last value.
func thinned(p []Point) []Point {
	if len(p) <= maxPoints {
		return p
	}
	const stretches = maxPoints/3 - 1
	from, span := p[0].At, max(1, p[len(p)-1].At-p[0].At)
	out := p[:1:1]
	for i := 1; i < len(p); {
		s := (p[i].At - from) * stretches / (span + 1)
		lo, hi := i, i
		j := i
		for ; j < len(p) && (p[j].At-from)*stretches/(span+1) == s; j++ {
			if p[j].V < p[lo].V {
				lo = j
			}
			if p[j].V > p[hi].V {
				hi = j
			}
		}
		keep := []int{lo, hi, j - 1}
		slices.Sort(keep)
		for _, k := range slices.Compact(keep) {
			out = append(out, p[k])
		}
		i = j
	}
	return out
}
