package view

import (
	"cmp"
	"slices"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A PlotMark is a segment of a time/sequence plot: the bytes From up to To, at
// a moment. Kind is: data, again (sent again), sack (the receiver says that it
// has them), syn, fin, rst.
type PlotMark struct {
	At   int64  `json:"at"`
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
	Kind string `json:"kind"`
}

var segNames = [...]string{segData: "data", segAgain: "again", segSack: "sack", segSyn: "syn", segFin: "fin", segRst: "rst"}

// name keeps the two ends of the track's connection; once it is over, they are
// gone.
func (t *track) name(v *vals) {
	if v[step.SockSport] == 0 || v[step.SockDport] == 0 {
		return
	}
	t.tuple = tuple{wire.Addr{Hi: v[step.SockSaddr], Lo: v[step.SockSaddr+1]}, wire.Addr{Hi: v[step.SockDaddr], Lo: v[step.SockDaddr+1]},
		uint16(v[step.SockSport]), uint16(v[step.SockDport]), protoTCP}
}

// sequences are the plots of the numbers of both directions, the one with more
// payload first.
func (t *track) sequences() []Plot {
	out := t.sequence("sent: time and sequence", true, sUna, sWndEnd, "acknowledged", "end of their window")
	in := t.sequence("received: time and sequence", false, sAcked, sRcvEnd, "we acknowledged", "end of our window")
	var list []Plot
	if t.bytes[0] > 0 {
		list = append(list, out)
	}
	if t.bytes[1] > 0 {
		list = append(list, in)
	}
	if t.bytes[1] > t.bytes[0] {
		slices.Reverse(list)
	}
	return list
}

// An unwrap counts sequence numbers on beyond 4 GiB.
type unwrap struct {
	raw  uint32
	abs  int64
	base bool
}

// to is a sequence number in bytes after the first; it becomes what the next is
// compared with.
func (u *unwrap) to(seq uint32) uint64 {
	if !u.base {
		u.raw, u.base = seq, true
	}
	u.abs += int64(int32(seq - u.raw))
	u.raw = seq
	return uint64(max(0, u.abs))
}

// at is the same; nothing is kept.
func (u unwrap) at(seq uint32) uint64 { return u.to(seq) }

// sequence is the plot of one direction: its segments, how far they are
// acknowledged, and how far the window goes.
func (t *track) sequence(title string, out bool, ack, end int, ackName, endName string) Plot {
	p := Plot{Kind: "sequence", Title: title, Unit: "bytes", From: t.from, To: t.to, Scope: t.scope, Left: t.left}
	dir := 1
	if out {
		dir = 0
	}
	if !t.count[dir].base {
		t.count[dir] = t.begins(out)
	}
	u := t.count[dir]
	if !u.base {
		return p
	}
	first := u
	for i := range t.segs {
		s := &t.segs[i]
		if s.out != out {
			continue
		}
		m := PlotMark{At: s.at, From: u.at(s.from), To: u.at(s.to), Kind: segNames[s.kind]}
		if s.kind == segData || s.kind == segFin {
			u.to(s.from)
		}
		p.Marks = append(p.Marks, m)
	}
	p.Marks = thinMarks(p.Marks, t.from, t.to)
	series := func(name string, f int, loose bool) {
		u := first
		c := curve{Series{Name: name, Loose: loose}, func(s *tcpSample) (uint64, bool) {
			if s.f[ack] == 0 || s.f[f] == 0 {
				return 0, false
			}
			u.to(s.f[ack])
			return u.at(s.f[f]), true
		}}
		for i := range t.samples {
			c.add(&t.samples[i])
		}
		if len(c.Points) > 0 {
			c.Points = thinned(c.Points)
			p.Series = append(p.Series, c.Series)
		}
	}
	series(ackName, ack, false)
	series(endName, end, true)
	return p
}

// begins is what the numbers of a direction are counted from: the first byte of
// data.
func (t *track) begins(out bool) (u unwrap) {
	for i := range t.segs {
		s := &t.segs[i]
		if s.out != out || s.kind == segSack {
			continue
		}
		if s.kind == segSyn {
			u.to(s.from + 1)
		} else {
			u.to(s.from)
		}
		break
	}
	return u
}

// absolute is how far a direction is acknowledged at a moment, in bytes from the
// beginning.
func (t *track) absolute(out bool, at int64, now uint32) int64 {
	dir, f := 1, sAcked
	if out {
		dir, f = 0, sUna
	}
	u := t.count[dir]
	if !u.base {
		u = t.begins(out)
	}
	for i := 0; i < len(t.samples) && t.samples[i].at <= at; i++ {
		if s := &t.samples[i]; s.f[f] != 0 {
			u.to(s.f[f])
		}
	}
	u.to(now)
	return u.abs
}

// thinMarks leaves at most maxMarks marks: those of a kind that touch each other
// within a short time become one, until there are few enough; what is rare
// stays as it is.
func thinMarks(list []PlotMark, from, to int64) []PlotMark {
	if len(list) <= maxMarks {
		return list
	}
	kinds := map[string][]PlotMark{}
	for _, m := range list {
		kinds[m.Kind] = append(kinds[m.Kind], m)
	}
	var out []PlotMark
	for _, kind := range segNames { // in a fixed order
		most := maxMarks / 4
		if kind == segNames[segData] {
			most = maxMarks / 2
		}
		out = append(out, joinMarks(kinds[kind], from, to, most)...)
	}
	slices.SortStableFunc(out, func(a, b PlotMark) int { return cmp.Compare(a.At, b.At) })
	return out
}

// joinMarks makes one kind's marks fewer.
func joinMarks(list []PlotMark, from, to int64, most int) []PlotMark {
	for parts := int64(most); len(list) > most && parts > 8; parts /= 2 {
		span := max(1, (to-from)/parts)
		n, begins := 0, 0 // of the stretch of time
		for _, m := range list {
			if n > 0 && list[n-1].At/span != m.At/span {
				begins = n
			}
			joined := false
			for i := n - 1; i >= max(begins, n-8) && !joined; i-- {
				if l := &list[i]; m.From <= l.To && m.To >= l.From {
					l.From, l.To, joined = min(l.From, m.From), max(l.To, m.To), true
				}
			}
			if !joined {
				list[n] = m
				n++
			}
		}
		list = list[:n]
	}
	if len(list) > most { // still too many: every so many of them
		for i := range most {
			list[i] = list[i*len(list)/most]
		}
		list = list[:most]
	}
	return list
}
