package view

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A WhatIf is a walk, and the same walk with one command more: what becomes of
// it.
type WhatIf struct {
	A, B    *Session
	Command string
	Host    string
	Place   string   // "before packet 17", "after step 4 of packet 17"
	Out     []string // what the command printed
	Err     []string
	Status  int

	First   int // index of Effects: the first packet that differs, -1 if none does
	Effects []Effect
	More    int     // effects that are not listed
	Counts  []Delta // counters that end with other values: From as it is, To with the command
	Told    Sums
	From    int    // item of A from which on it is compared, from 0
	Until   string // how far it is compared, if not to the end

	pairs [][2]int // items from the fork on, from 0; -1: that side has none
}

// Sums counts the differences of a what-if.
type Sums struct{ Lost, Saved, Otherwise, Bytes, Gone, New, Steps int }

// An Effect is one packet, call or line that is not the same on both sides.
type Effect struct {
	A    int    `json:"a,omitempty"` // number in A, from 1; 0: not there
	B    int    `json:"b,omitempty"`
	Kind string `json:"kind"` // lost, saved, ends otherwise, other bytes, gone, new, other steps
	Line string `json:"line"` // the packet in one line
	Text string `json:"text"` // "was read by a program; is dropped: NETFILTER_DROP in nft_do_chain"
}

// maxEffects is how many effects are listed.
const maxEffects = 500

// maxCompared is how many items of each side are compared.
const maxCompared = 4096

// whatIf runs the walk once more with a command at the place, and compares.
// before: before anything of the packet at hand has happened.
func (s *Session) whatIf(line string, before bool) error { return s.whatIfOn("", line, before) }

func (s *Session) whatIfOn(host, line string, before bool) error {
	k, ok := s.k.(momenter)
	if !ok || s.chunk == nil || len(s.stops) == 0 {
		return errNoConsole
	}
	if s.lab != nil {
		for !s.done { // the whole lab is compared
			whole, err := s.k.Advance(1 << 12)
			if err != nil {
				return err
			}
			s.done = s.all.advance(s, whole, 1<<12)
		}
		if err := s.reload(true); err != nil {
			return err
		}
	}
	if host == "" && s.lab != nil {
		host = s.names.HostName(s.hostNow())
	}
	if s.lab != nil && !slices.Contains(s.lab.Hosts(), host) {
		return fmt.Errorf("there is no host %q here: there are %s", Clean(host), Clean(strings.Join(s.lab.Hosts(), ", ")))
	}
	b, err := k.branch(s, host, line, before)
	if err != nil {
		return err
	}
	w := &WhatIf{A: s, B: b, Command: Clean(line), First: -1, From: s.frame}
	w.Place = fmt.Sprintf("after step %d of %s", s.pos+1, s.who(s.frame))
	if before {
		w.Place = "before " + s.who(s.frame)
	}
	if s.lab != nil {
		w.Host = Clean(host)
	}
	for most := s.k.Indexed()*2 + 1000; b.k.Indexed() < most; {
		done, err := b.k.Advance(256)
		if err != nil {
			return err
		}
		if done {
			b.done = b.all.advance(b, true, 1<<20)
			break
		}
	}
	if err := b.load(min(s.frame, max(0, b.k.Indexed()-1))); err != nil {
		return err
	}
	ch := b.k.(momenter).changes()
	for _, c := range ch {
		if c.Command == line && c.Said != nil {
			w.Out, _ = saidLines(c.Said.Out)
			w.Err, _ = saidLines(c.Said.Err)
			w.Status = c.Said.Status
		}
	}
	if !s.done {
		w.Until = fmt.Sprintf("as far as the capture has been read: packet %d", s.k.Indexed())
	}
	if err := w.compare(); err != nil {
		return err
	}
	s.said(line, lab.Said{Out: strings.Join(append(slices.Clone(w.Out), w.Summary()...), "\n"), Err: strings.Join(w.Err, "\n"), Status: w.Status}, true)
	s.whatifs = append(s.whatifs, w)
	if len(s.whatifs) > 8 {
		s.whatifs = s.whatifs[1:]
	}
	return nil
}

func (k whole) branch(s *Session, host, line string, before bool) (*Session, error) {
	c := walk.Change{Command: line, Frame: s.frame}
	if !before {
		e := s.chunk.Events().Events[s.story[s.stops[s.pos]]]
		if at := e.At; at > 0 && s.pos > 0 {
			c.At = at
		}
		if c.At > 0 { // the frame that had come last by then
			for c.Frame+1 < s.k.Indexed() && sim.Time(s.k.Packet(c.Frame+1).At) <= c.At {
				c.Frame++
			}
			for c.Frame > 0 && sim.Time(s.k.Packet(c.Frame).At) > c.At {
				c.Frame--
			}
		}
	}
	b, err := k.Walk.Branch(c)
	if err != nil {
		return nil, err
	}
	t := newSession(whole{b}, s.title)
	t.mu = s.mu
	return t, nil
}

func (k wholeLab) branch(s *Session, host, line string, before bool) (*Session, error) {
	w, ok := s.chunk.(chunk)
	if !ok {
		return nil, errNoConsole
	}
	at := s.story[s.stops[s.pos]]
	if before {
		at = s.story[0]
	}
	c := k.Lab.When(w.Chunk, at, before)
	c.Command = line
	c.Host = host
	b, err := k.Lab.Branch(c)
	if err != nil {
		return nil, err
	}
	t := newSession(wholeLab{b}, s.title)
	t.lab, t.mu = b, s.mu
	return t, nil
}

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

// Summary tells a what-if in a few lines.
func (w *WhatIf) Summary() (list []string) {
	t := &w.Told
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(t.Lost, "lost")
	add(t.Saved, "no longer lost")
	add(t.Otherwise, "end otherwise")
	add(t.Bytes, "with other bytes")
	add(t.Steps, "go other steps")
	add(t.Gone, "do not happen")
	add(t.New, "are new")
	head := "What if: " + w.line() + ", " + w.Place + "."
	if len(parts) == 0 {
		head += " Nothing differs from there on."
	} else {
		head += " From there on: " + strings.Join(parts, ", ") + "."
	}
	if w.Until != "" {
		head += " Compared: " + w.Until + "."
	}
	list = append(list, head)
	if w.First >= 0 {
		e := w.Effects[w.First]
		list = append(list, "First: "+e.Said())
	}
	return list
}

func (w *WhatIf) line() string {
	if w.Host != "" {
		return w.Host + "# " + w.Command
	}
	return w.Command
}

// Said is an effect in one line.
func (e *Effect) Said() string {
	n := ""
	switch {
	case e.A > 0:
		n = fmt.Sprintf("packet %d", e.A)
		if e.B > 0 && e.B != e.A {
			n += fmt.Sprintf(" (%d with the command)", e.B)
		}
	default:
		n = fmt.Sprintf("packet %d with the command", e.B)
	}
	return n + " [" + e.Line + "] " + e.Text
}

// Pair is the what-if as two walks side by side, at the first packet that
// differs.
func (w *WhatIf) Pair() *Pair {
	p := NewPair(w.A.Twin(), w.B.Twin())
	p.What = w
	if w.First >= 0 {
		p.goTo(&w.Effects[w.First])
	}
	return p
}

// goTo goes to an effect on both sides, as far as they have it.
func (p *Pair) goTo(e *Effect) {
	if e.A > 0 {
		p.A.Do(Command{Verb: Seek, N: e.A}) //nolint:errcheck // it is there
	}
	if e.B > 0 {
		p.B.Do(Command{Verb: Seek, N: e.B}) //nolint:errcheck // it is there
	}
	p.row = 0
}

// ToEffect goes to an effect of a what-if, by its index.
func (p *Pair) ToEffect(i int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.What != nil && i >= 0 && i < len(p.What.Effects) {
		p.goTo(&p.What.Effects[i])
		al := p.align()
		p.row = max(0, al.first)
		if al.first >= 0 {
			p.put(al)
		}
	}
}

// mate is the packet of the other side that belongs to one: with a what-if the
// numbers may differ. side: 0 is A.
func (w *WhatIf) mate(side, i int) (int, bool) {
	for _, p := range w.pairs {
		if p[side] == i {
			return p[1-side], p[1-side] >= 0
		}
	}
	return i, i < w.From
}

// LastWhatIf is the what-if that was made last, nil if there is none.
func (s *Session) LastWhatIf() *WhatIf {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.whatifs) == 0 {
		return nil
	}
	return s.whatifs[len(s.whatifs)-1]
}

// WhatIf runs the walk once more with a command at the place, and compares.
// before: before anything of the packet at hand has happened.
func (s *Session) WhatIf(line string, before bool) (*WhatIf, error) {
	return s.WhatIfOn("", line, before)
}

// WhatIfOn is WhatIf with the name of the host of a lab where the command runs;
// empty is that of the place.
func (s *Session) WhatIfOn(host, line string, before bool) (*WhatIf, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.whatIfOn(host, line, before); err != nil {
		return nil, err
	}
	return s.whatifs[len(s.whatifs)-1], nil
}

// Compare compares a walk with the last of several what-ifs that were made one
// upon the other, beginning with it.
func Compare(first *Session, last *WhatIf) (*WhatIf, error) {
	first.mu.Lock()
	defer first.mu.Unlock()
	w := &WhatIf{A: first, B: last.B, Host: last.Host, Place: last.Place, Out: last.Out, Err: last.Err, Status: last.Status, First: -1, From: last.From, Until: last.Until}
	var all []string
	for _, c := range last.B.k.(momenter).changes() {
		all = append(all, c.Command)
	}
	w.Command = Clean(strings.Join(all, "; "))
	if len(first.whatifs) > 0 {
		w.From = first.whatifs[0].From
	}
	return w, w.compare()
}
