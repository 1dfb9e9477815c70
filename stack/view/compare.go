package view

import "sync"

// A Pair is two walks side by side: two captures, or two packets of one (see
// Twin). Their places are linked: a step on one side is the same step on the
// other, as far as both go the same way. It may be used from several
// goroutines.
type Pair struct {
	A, B *Session
	What *WhatIf // B is A with one command more; nil: two walks

	mu     sync.Mutex
	loose  bool // each side moves alone
	focus  int  // 0: A, 1: B; the side that commands are for
	row    int
	notice string
	al     alignment
}

// A PairRow is a line of both trees of calls: one step on each side. A side
// that has no such step has Row.N 0.
type PairRow struct {
	Left  Row  `json:"left"`
	Right Row  `json:"right"`
	Same  bool `json:"same"` // the same function decided alike
}

// A PairScene is everything that can be seen of a Pair.
type PairScene struct {
	A      Scene     `json:"a"`
	B      Scene     `json:"b"`
	Rows   []PairRow `json:"rows"`            // the whole of both packets; shared between Scenes: read only
	Here   int       `json:"here"`            // index of Rows
	First  int       `json:"first"`           // the first row where they part, -1 if they do not
	Diffs  []int     `json:"diffs,omitempty"` // all rows that are not the same
	Line   string    `json:"line"`            // "They part at step 12: …"
	Linked bool      `json:"linked"`
	Focus  int       `json:"focus"` // 0: A, 1: B
	Notice string    `json:"notice,omitempty"`
}

// Difference is what NextMark and PrevMark take, to go to the next row of a
// Pair that is not the same.
const Difference = "difference"

// NewPair puts two Sessions side by side. They may be of one walk only if one
// is the other's Twin.
func NewPair(a, b *Session) *Pair { return &Pair{A: a, B: b} }

// Twin is a second Session over the same walk, at the same place. The two
// guard the walk by one mutex.
func (s *Session) Twin() *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := newSession(s.k, s.title)
	t.lab = s.lab
	if err := t.load(0); err != nil {
		t.notice = Clean(err.Error())
	}
	t.mu, t.done, t.dep = s.mu, s.done, s.dep
	if s.frame < s.k.Indexed() {
		t.place(s.here()) //nolint:errcheck // where s is, there is a place
	}
	return t
}

// Link sets whether both sides move together.
func (p *Pair) Link(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loose = !on
}

// Focus chooses the side that commands are for: 0 is A, 1 is B.
func (p *Pair) Focus(side int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.focus = side & 1
}

func (p *Pair) sides() (own, other *Session) {
	if p.focus == 0 {
		return p.A, p.B
	}
	return p.B, p.A
}

// Advance indexes up to n more frames on each side.
func (p *Pair) Advance(n int) (done bool, err error) {
	a, err := p.A.Advance(n)
	if err != nil {
		return false, err
	}
	b, err := p.B.Advance(n)
	return a && b, err
}

// Do carries out a Command: steps go along the rows, everything else is done on
// both sides, or when they are not linked on the one that has the focus.
func (p *Pair) Do(c Command) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notice = ""
	err := p.do(c)
	if err != nil {
		p.notice = Clean(err.Error())
	}
	return err
}

func (p *Pair) do(c Command) error {
	own, other := p.sides()
	diff := (c.Verb == NextMark || c.Verb == PrevMark) && c.Expr == Difference
	if p.loose && !diff {
		err := own.Do(c)
		p.follow(own, nil)
		return err
	}
	switch c.Verb {
	case Forward:
		return p.move(max(c.N, 1), c)
	case Back:
		return p.move(-max(c.N, 1), c)
	case NextMark, PrevMark:
		if diff {
			return p.difference(c.Verb == PrevMark)
		}
	}
	was := [2]int{own.frameNow(), other.frameNow()}
	err := own.Do(c)
	switch c.Verb {
	case Over, Until, Run, RunBack, Search, SearchBack, WhyValue, Return, NextDrop, PrevDrop, Filter:
		if own.frameNow() == was[0] {
			p.follow(own, other)
			return err
		}
	}
	p.along(own, other, c)
	p.follow(own, other)
	return err
}

// along takes the other side where the own one went: of a what-if to the packet
// that is the same there.
func (p *Pair) along(own, other *Session, c Command) {
	if p.What == nil {
		other.Do(c) //nolint:errcheck // it goes as far as it can
		return
	}
	side := 0
	if own == p.B {
		side = 1
	}
	if n, ok := p.What.mate(side, own.frameNow()); ok {
		other.Do(Command{Verb: Seek, N: n + 1}) //nolint:errcheck // it is there
	}
}

// move goes n rows on; at the ends both go to the next packet, or the one before.
func (p *Pair) move(n int, c Command) error {
	al := p.align()
	to := p.row + n
	if to >= 0 && to < len(al.rows) {
		p.row = to
		p.put(al)
		return nil
	}
	own, other := p.sides()
	verb := Command{Verb: NextPacket}
	if n < 0 {
		if p.row > 0 {
			p.row = 0
			p.put(al)
			return nil
		}
		verb.Verb = PrevPacket
	}
	err := own.Do(verb)
	if err == nil {
		p.along(own, other, verb)
	}
	al = p.align()
	if err == nil {
		p.row = 0
		if n < 0 {
			p.row = max(0, len(al.rows)-1)
		}
		p.put(al)
	}
	return err
}

// difference goes to the next row that is not the same.
func (p *Pair) difference(back bool) error {
	al := p.align()
	to := -1
	for _, d := range al.diffs {
		if back && d < p.row {
			to = d
		}
		if !back && d > p.row {
			to = d
			break
		}
	}
	if to < 0 {
		return NotFoundError("from here on, they do not differ")
	}
	p.row = to
	p.put(al)
	return nil
}

// put takes both sides to the row, or to the last step that they have before it.
func (p *Pair) put(al *alignment) {
	for i, s := range [...]*Session{p.A, p.B} {
		for r := p.row; r >= 0; r-- {
			if n := al.step(r, i); n > 0 {
				s.toStep(n)
				break
			}
			if r == 0 {
				s.toStep(1)
			}
		}
	}
}

// follow takes the row from the place of one side, and the other side there.
func (p *Pair) follow(own, other *Session) {
	al := p.align()
	side := 0
	if own == p.B {
		side = 1
	}
	at := own.stepNow()
	for r := range al.rows {
		if al.step(r, side) == at {
			p.row = r
			break
		}
	}
	p.row = max(0, min(p.row, len(al.rows)-1))
	if other != nil && len(al.rows) > 0 {
		p.put(al)
	}
}

// Scene tells everything that can be seen.
func (p *Pair) Scene() PairScene {
	p.mu.Lock()
	defer p.mu.Unlock()
	al := p.align()
	p.row = max(0, min(p.row, len(al.rows)-1))
	if own, _ := p.sides(); len(al.rows) > 0 {
		if n := al.step(p.row, p.focus); n != 0 && n != own.stepNow() { // somebody else moved it
			p.follow(own, nil)
		}
	}
	return PairScene{A: p.A.Scene(), B: p.B.Scene(), Rows: al.rows, Here: p.row, First: al.first, Diffs: al.diffs, Line: al.line,
		Linked: !p.loose, Focus: p.focus, Notice: p.notice}
}

func (s *Session) frameNow() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.frame
}

// stepNow is the step of the place, from 1.
func (s *Session) stepNow() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pos + 1
}

// toStep goes to a step of the packet at hand, from 1.
func (s *Session) toStep(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n >= 1 && n <= len(s.stops) {
		s.pos, s.sub = n-1, 0
	}
}
