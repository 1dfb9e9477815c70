package view

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// How much a Plot carries at most.
const (
	maxPoints = 300 // points of a Series
	maxMarks  = 600
)

// plotsState is what a Session keeps for the plots.
type plotsState struct {
	tracks []*track
	wide   *track // of a whole flow: see watch
}

// plots fills sc.Plots and sc.TCP: those of the connection or socket at hand,
// over the part of the capture that is recorded around the place, or over what
// was watched.
func (b *builder) plots() {
	t := b.tabler()
	b.tcpPage(t)
	id := t.first(step.KindSock)
	if b.sc.TCP != nil && (id == 0 || t.val(id, step.KindSock, step.SockProto) == protoTCP) {
		id = b.sc.TCP.Obj
	}
	if id == 0 || b.kindsOf(b.log)[id] != step.KindSock {
		return
	}
	near := b.nearTrack(id)
	if near == nil {
		return
	}
	v := t.valsOf(id)
	tr := b.trackOf(id)
	for _, p := range tr.sharp(near, v[step.SockProto] == protoTCP) {
		p.Here = int64(b.e.At)
		p.Series = nowOf(p.Series, &v, p.Here)
		p.Says = b.plotSays(&p, near, &v)
		b.sc.Plots = append(b.sc.Plots, p)
	}
}

// trackOf is the longest track of a socket that holds the place.
func (b *builder) trackOf(id uint32) *track {
	if w := b.plo.wide; w != nil && w.obj == id && w.from <= int64(b.e.At) && int64(b.e.At) <= w.to {
		return w
	}
	return b.nearTrack(id)
}

// nearTrack is what the log around the place tells of a socket.
func (b *builder) nearTrack(id uint32) *track {
	for i, t := range b.plo.tracks {
		if t.log != b.log || t.obj != id {
			continue
		}
		if t.n == len(b.log.Changes) || !b.done && int64(b.e.At) <= t.to {
			return t
		}
		b.plo.tracks = slices.Delete(b.plo.tracks, i, i+1)
		break
	}
	if len(b.plo.tracks) >= 16 {
		b.plo.tracks = slices.Delete(b.plo.tracks, 0, 1)
	}
	t := b.readTrack(id)
	if t != nil {
		b.plo.tracks = append(b.plo.tracks, t)
	}
	return t
}

// told are the fields whose last change is told in words, or timed.
var told = [...]int{step.TCPSndCwnd, step.TCPSsthresh, step.TCPSrttUs, step.TCPRto, step.TCPCaState,
	step.TCPTimerAt, step.TCPDelackAt, step.TCPCompressedAt, step.TCPPaceAt, step.TCPKeepAt}

// readTrack goes through all changes of a socket, and the frames of its host.
func (b *builder) readTrack(id uint32) *track {
	t := &track{log: b.log, n: len(b.log.Changes), obj: id, scope: b.scope(), writes: map[int][]int32{}}
	var v vals
	for i := 0; i < len(b.log.Changes); {
		ch := &b.log.Changes[i]
		if ch.Obj != id || ch.Key.Kind() != step.KindSock {
			i++
			continue
		}
		// All that was noticed at one moment belongs together.
		at := b.timeOf(ch)
		if len(t.samples) == 0 && ch.When > 0 && int(ch.When) <= len(b.log.Events) {
			t.host = b.log.Events[ch.When-1].Host
		}
		for i < len(b.log.Changes) && b.log.Changes[i].When == ch.When {
			if c := &b.log.Changes[i]; c.Obj == id && c.Key.Kind() == step.KindSock {
				n := c.Key.Index()
				v[n] = c.New
				if slices.Contains(told[:], n) {
					t.writes[n] = append(t.writes[n], int32(i))
				}
			}
			i++
		}
		t.name(&v)
		t.add(at, &v)
	}
	if len(t.samples) == 0 {
		return nil
	}
	if v[step.SockProto] == protoTCP {
		for i := range b.log.Events {
			if e := &b.log.Events[i]; e.Kind == trace.Frame && e.Host == t.host {
				t.frame(int64(e.At), e.Code != 0, b.log.Bytes(e))
			}
		}
	}
	t.close()
	return t
}

// lastWrite is the last change of one of the told fields up to the place.
func (b *builder) lastWrite(t *track, field int) *trace.Change {
	if t.log != b.log {
		if t = b.nearTrack(t.obj); t == nil {
			return nil
		}
	}
	here := b.story[b.n]
	list := t.writes[field]
	for i := len(list) - 1; i >= 0; i-- {
		ch := &b.log.Changes[list[i]]
		if int(ch.When) <= here+1 || int(ch.Event) == here {
			return ch
		}
	}
	return nil
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
		if b.lab != nil {
			return "the whole lab"
		}
		return "the whole capture"
	}
	return fmt.Sprintf("packets %d to %d of %d", c.From+1, c.To, b.k.Len())
}

// sharp are the plots of a track; what the log around the place tells is in
// them as exactly as it is known, so that the reader can go nearer.
func (t *track) sharp(near *track, tcp bool) []Plot {
	if t.plots == nil {
		t.plots = t.makePlots(tcp)
	}
	if t == near || len(near.samples) == 0 {
		return t.plots
	}
	if t.sharpOf == near && near.n == t.sharpN {
		return t.sharpened
	}
	from, to := near.from, near.to
	if i := t.at(from); i >= 0 {
		for dir, f := range [...]int{sUna, sAcked} {
			u := t.count[dir]
			for _, s := range t.samples[:i+1] {
				if s.f[f] != 0 {
					u.to(s.f[f])
				}
			}
			near.count[dir] = u
		}
	}
	detail := near.makePlots(tcp)
	near.plots = nil // counted from elsewhere
	out := slices.Clone(t.plots)
	for i := range out {
		for k := range detail {
			if detail[k].Title == out[i].Title {
				out[i].sharpen(&detail[k], from, to)
			}
		}
	}
	t.sharpOf, t.sharpN, t.sharpened = near, near.n, out
	return out
}

// sharpen takes what another plot has between two moments.
func (p *Plot) sharpen(o *Plot, from, to int64) {
	p.Series = slices.Clone(p.Series)
	for i := range p.Series {
		s := &p.Series[i]
		for _, x := range o.Series {
			if x.Name != s.Name || len(x.Points) == 0 {
				continue
			}
			var list []Point
			for _, q := range s.Points {
				if q.At < from {
					list = append(list, q)
				}
			}
			list = append(list, x.Points...)
			for _, q := range s.Points {
				if q.At > to {
					list = append(list, q)
				}
			}
			s.Points = list
		}
	}
	if len(o.Marks) == 0 {
		return
	}
	marks := slices.Clone(o.Marks)
	for _, m := range p.Marks {
		if m.At < from || m.At > to {
			marks = append(marks, m)
		}
	}
	slices.SortStableFunc(marks, func(a, b PlotMark) int { return cmp.Compare(a.At, b.At) })
	p.Marks = marks
}

// nowOf puts the values at the place into series: points may be fewer.
func nowOf(list []Series, v *vals, at int64) []Series {
	s, out := sampleOf(at, v), slices.Clone(list)
	for i := range out {
		f := out[i].of
		out[i].of = nil
		if f != nil {
			if y, ok := f(&s); ok {
				out[i].Now = &y
			}
		}
	}
	return out
}

// curve is a Series that is being made.
type curve struct {
	Series
	of func(s *tcpSample) (value uint64, ok bool)
}

// add appends a point if it is new.
func (c *curve) add(s *tcpSample) {
	y, ok := c.of(s)
	n := len(c.Points)
	if !ok || n > 0 && c.Points[n-1].V == y {
		return
	}
	c.Points = append(c.Points, Point{s.at, y})
}

// makePlots draws a track.
func (t *track) makePlots(tcp bool) []Plot {
	field := func(i int, unit uint64) func(*tcpSample) (uint64, bool) {
		return func(s *tcpSample) (uint64, bool) { return uint64(s.f[i]) * unit, true }
	}
	known := func(i int, unit uint64) func(*tcpSample) (uint64, bool) {
		return func(s *tcpSample) (uint64, bool) { return uint64(s.f[i]) * unit, s.f[i] != 0 && s.f[i] != unlimited }
	}
	var list []Plot
	if tcp {
		list = append(list, t.sequences()...)
		list = append(list, t.plot("congestion window", "segments",
			&curve{Series{Name: "cwnd"}, field(sCwnd, 1)},
			&curve{Series{Name: "ssthresh", Loose: true}, known(sSsthresh, 1)},
			&curve{Series{Name: "in flight"}, field(sFlight, 1)},
			&curve{Series{Name: "their window", Loose: true}, known(sSndWnd, 1)}))
		rtt := t.plot("round-trip time", "",
			&curve{Series{Name: "measured"}, known(sRtt, 1000)},
			&curve{Series{Name: "smoothed (srtt)"}, known(sSrtt, 1000)},
			&curve{Series{Name: "least", Loose: true}, known(sMinRtt, 1000)},
			&curve{Series{Name: "timeout (rto)", Loose: true}, known(sRto, 1000)})
		rtt.Time = true
		list = append(list, rtt)
	}
	list = append(list, t.plot("receive queue", "bytes of memory",
		&curve{Series{Name: "waiting to be read"}, field(sRmem, 1)},
		&curve{Series{Name: "limit (rcvbuf)", Loose: true}, field(sRcvBuf, 1)}))
	if tcp {
		list = append(list, t.plot("receive window", "bytes",
			&curve{Series{Name: "not read"}, field(sUnread, 1)},
			&curve{Series{Name: "window that we offer"}, known(sRcvWnd, 1)}))
	}
	list = slices.DeleteFunc(list, func(p Plot) bool { return !moves(p) })
	if list == nil {
		list = []Plot{}
	}
	return list
}

// plot is a plot of curves.
func (t *track) plot(title, unit string, cs ...*curve) Plot {
	p := Plot{Title: title, Unit: unit, From: t.from, To: t.to, Scope: t.scope, Left: t.left}
	for i := range t.samples {
		for _, c := range cs {
			c.add(&t.samples[i])
		}
	}
	for _, c := range cs {
		if len(c.Points) > 0 {
			c.Points = thinned(c.Points)
			c.Series.of = c.of
			p.Series = append(p.Series, c.Series)
		}
	}
	return p
}

// moves reports whether there is anything to see: a value that is not 0, in a
// series whose value changes.
func moves(p Plot) bool {
	if len(p.Marks) > 1 {
		return true
	}
	for _, s := range p.Series {
		for _, q := range s.Points[1:] {
			if q.V != s.Points[0].V {
				return true
			}
		}
	}
	return false
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
