package view

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// maxCompared is how many items of each side are compared.
const maxCompared = 4096

// compare pairs what happens on both sides, and tells what is not the same.
func (w *WhatIf) compare() error {
	w.pair()
	for _, p := range w.pairs {
		e, err := w.effect(p)
		if err != nil {
			return err
		}
		if e == nil {
			continue
		}
		if len(w.Effects) == maxEffects {
			w.More++
			continue
		}
		if w.First < 0 && e.Kind != "other steps" || w.First < 0 && e.A > 0 && e.B > 0 {
			w.First = len(w.Effects)
		}
		w.Effects = append(w.Effects, *e)
	}
	w.counters()
	return nil
}

// pair lays the items of both sides side by side: frames of a capture by their
// numbers; what happens in a lab by what it is, in order.
func (w *WhatIf) pair() {
	a, b := w.A.k.Indexed(), w.B.k.Indexed()
	if w.A.lab == nil {
		for i := w.From; i < min(a, w.From+maxCompared); i++ {
			p := [2]int{i, i}
			if i >= b {
				p[1] = -1
			}
			w.pairs = append(w.pairs, p)
		}
		return
	}
	from := w.From
	if over := max(a, b) - from; over > maxCompared {
		a, b = min(a, from+maxCompared), min(b, from+maxCompared)
		w.Until = fmt.Sprintf("the first %d things that happen from there on", maxCompared)
	}
	// What the two do alike before the command may differ in number by what the
	// command itself set off: the fork is looked for from a little before.
	from = max(0, from-8)
	ka, kb := w.keys(w.A, from, a), w.keys(w.B, from, b)
	for _, m := range alignKeys(ka, kb) {
		p := [2]int{-1, -1}
		if m[0] >= 0 {
			p[0] = from + m[0]
		}
		if m[1] >= 0 {
			p[1] = from + m[1]
		}
		w.pairs = append(w.pairs, p)
	}
}

// keys are what items are, without what is drawn at random.
func (w *WhatIf) keys(s *Session, from, to int) (list []string) {
	for i := from; i < to; i++ {
		it := s.lab.Item(i)
		list = append(list, fmt.Sprint(it.Kind, it.Line, s.names.HostName(it.Host), looseLine(s.line(i))))
	}
	return list
}

// What is drawn at random, or counts time, in a packet's line.
var loose = regexp.MustCompile(`\bid 0?x?[0-9a-f]+|\bseq \d+(:\d+)?|\back \d+|\bval \d+|\becr \d+|\bis-at [0-9a-f:]+|[0-9a-f]{0,4}:[0-9a-f:]{6,}|\.\d{5}\b|\bwin \d+`)

func looseLine(l string) string { return loose.ReplaceAllString(l, "#") }

// alignKeys lays two lists side by side: the longest common row; -1 where a side
// has none.
func alignKeys(a, b []string) (rows [][2]int) {
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		rows = append(rows, [2]int{from, from})
		from++
	}
	n, m := len(a)-from, len(b)-from
	if n*m > 4*maxCells {
		for i := range n {
			rows = append(rows, [2]int{from + i, -1})
		}
		for j := range m {
			rows = append(rows, [2]int{-1, from + j})
		}
		return rows
	}
	best := make([]uint16, (n+1)*(m+1))
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if a[from+i] == b[from+j] {
				best[i*(m+1)+j] = best[(i+1)*(m+1)+j+1] + 1
			} else {
				best[i*(m+1)+j] = max(best[(i+1)*(m+1)+j], best[i*(m+1)+j+1])
			}
		}
	}
	for i, j := 0, 0; i < n || j < m; {
		switch {
		case i < n && j < m && a[from+i] == b[from+j]:
			rows = append(rows, [2]int{from + i, from + j})
			i++
			j++
		case j == m || i < n && best[(i+1)*(m+1)+j] >= best[i*(m+1)+j+1]:
			rows = append(rows, [2]int{from + i, -1})
			i++
		default:
			rows = append(rows, [2]int{-1, from + j})
			j++
		}
	}
	return rows
}

// effect is how a pair differs, nil if it does not.
func (w *WhatIf) effect(p [2]int) (*Effect, error) {
	switch {
	case p[1] < 0:
		if w.A.trivial(p[0]) {
			return nil, nil
		}
		w.Told.Gone++
		return &Effect{A: p[0] + 1, Kind: "gone", Line: w.A.line(p[0]), Text: "does not happen any more"}, nil
	case p[0] < 0:
		if w.B.trivial(p[1]) {
			return nil, nil
		}
		w.Told.New++
		return &Effect{B: p[1] + 1, Kind: "new", Line: w.B.line(p[1]), Text: "happens now" + w.B.outcomeWords(p[1])}, nil
	}
	a, b := w.A.k.Packet(p[0]), w.B.k.Packet(p[1])
	e := &Effect{A: p[0] + 1, B: p[1] + 1, Line: w.A.line(p[0])}
	if a.Outcome != b.Outcome || a.Reason != b.Reason || a.Fn != b.Fn {
		ka, kb := groupKey{outcome: a.Outcome, reason: a.Reason, fn: a.Fn}, groupKey{outcome: b.Outcome, reason: b.Reason, fn: b.Fn}
		e.Kind, e.Text = "ends otherwise", "was "+endedNow(&ka)+"; is "+endedNow(&kb)
		switch {
		case kb.lost() && !ka.lost():
			e.Kind = "lost"
			w.Told.Lost++
		case ka.lost() && !kb.lost():
			e.Kind = "saved"
			w.Told.Saved++
		default:
			w.Told.Otherwise++
		}
		return e, nil
	}
	fa, ha, err := w.A.sketch(p[0])
	if err != nil {
		return nil, err
	}
	fb, hb, err := w.B.sketch(p[1])
	if err != nil {
		return nil, err
	}
	if !slices.Equal(fa, fb) {
		w.Told.Bytes++
		e.Kind, e.Text = "other bytes", frameDifference(fa, fb)
		if strings.HasPrefix(e.Text, "goes further") || strings.HasPrefix(e.Text, "does not get") {
			e.Kind = "other way"
		}
		return e, nil
	}
	if ha != hb {
		w.Told.Steps++
		e.Kind, e.Text = "other steps", "goes another way through the same functions, or past other rules"
		return e, nil
	}
	return nil, nil
}

// endedNow is a group's end as part of a sentence.
func endedNow(k *groupKey) string {
	switch k.outcome {
	case trace.NoOutcome:
		return "still on its way"
	case trace.Consumed:
		return strings.Replace(k.ended(), "its work was done inside the kernel", "worked off inside the kernel", 1)
	}
	return k.ended()
}

func (s *Session) outcomeWords(i int) string {
	p := s.k.Packet(i)
	if p.Outcome == trace.NoOutcome || s.lab != nil && s.lab.Item(i).Kind != walk.ItemPacket {
		return ""
	}
	k := groupKey{outcome: p.Outcome, reason: p.Reason, fn: p.Fn}
	return ": " + k.ended()
}

// trivial reports whether an item of a lab alone is no news: timers.
func (s *Session) trivial(i int) bool { return s.lab != nil && s.lab.Item(i).Kind == walk.ItemWork }

// sketch is what a packet looked like on each device, without what is drawn at
// random, and a sum of the steps that it took.
func (s *Session) sketch(i int) (frames []string, sum uint64, err error) {
	c, story, err := s.k.(momenter).storyOf(i)
	if err != nil {
		return nil, 0, err
	}
	log := c.Events()
	sum = 14695981039346656037
	mix := func(v uint64) { sum = (sum ^ v) * 1099511628211 }
	for _, n := range story {
		e := &log.Events[n]
		if e.Pkt == 0 {
			continue
		}
		mix(uint64(e.Kind) | uint64(e.Code)<<8 | uint64(e.Why)<<24 | uint64(e.Host)<<40 | uint64(e.Reason)<<48)
		if e.Kind == trace.Frame && int(e.Pkt) == i+1 {
			way := "in by "
			if e.Code != 0 {
				way = "out by "
			}
			b := log.Bytes(e)
			s.onHost(e.Host)
			frames = append(frames, s.names.HostName(e.Host)+" "+way+s.names.DevName(int(e.Dev))+": "+looseLine(wire.Summary(b, wire.LinkOf(b), len(b)))+" "+looseFields(b))
		}
	}
	return frames, sum, nil
}

// looseFields are the fields of an IP header that the summary does not tell.
func looseFields(b []byte) string {
	for _, h := range wire.Layout(b, wire.LinkOf(b)) {
		p := b[h.From:h.To]
		switch {
		case h.Kind == wire.HdrIPv4 && len(p) >= 20:
			return fmt.Sprintf("tos 0x%x ttl %d length %d", p[1], p[8], int(p[2])<<8|int(p[3]))
		case h.Kind == wire.HdrIPv6 && len(p) >= 40:
			return fmt.Sprintf("class 0x%x hop limit %d", (p[0]&15)<<4|p[1]>>4, p[7])
		}
	}
	return ""
}

// frameDifference says where two packets first look different.
func frameDifference(a, b []string) string {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return "goes further: " + Clean(b[i])
		case i >= len(b):
			return "does not get as far as: " + Clean(a[i])
		case a[i] != b[i]:
			return "was " + Clean(a[i]) + "; is " + Clean(b[i])
		}
	}
	return ""
}

// counters lists the counters that end with other values.
func (w *WhatIf) counters() {
	ca, cb := w.A.k.(momenter).counters(), w.B.k.(momenter).counters()
	for i := range ca {
		for j := range cb {
			if ca[i].Name != cb[j].Name || ca[i].Host != cb[j].Host {
				continue
			}
			for m := range ca[i].MIB {
				if x, y := ca[i].MIB[m], cb[j].MIB[m]; x != y && step.MIB(m).String() != "" {
					name := step.MIB(m).String()
					if w.A.lab != nil {
						name = ca[i].Name + " " + name
					}
					w.Counts = append(w.Counts, Delta{Name: Clean(name), From: strconv.FormatUint(x, 10), To: strconv.FormatUint(y, 10)})
				}
			}
		}
	}
}
