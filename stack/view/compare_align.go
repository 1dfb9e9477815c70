package view

import (
	"cmp"

	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A stepSign is what is compared of a step.
type stepSign struct {
	kind  trace.EventKind
	depth uint8
	code  uint16
	why   step.Why
	end   uint32 // reason and function of an end
	state uint64 // of the changes of states, not of numbers
	minor bool   // about the card's rings, or about no packet: no part of the packet's way
	row   Row
	says  string
}

func (a *stepSign) place() [3]int { return [3]int{int(a.kind), int(a.depth), int(a.code)} }

func (a *stepSign) same(b *stepSign) bool {
	return a.place() == b.place() && a.why == b.why && a.end == b.end && a.state == b.state
}

// telling are the formats of values that stand for a state: a change of one
// says that things went another way, a change of a number does not.
var telling = map[step.Fmt]bool{step.TCPst: true, step.Nud: true, step.Route: true, step.CA: true, step.Bool: true, step.Pkt: true, step.Csum: true, step.Err: true, step.Ether: true}

// signs are the steps of a packet's story, for comparison.
func (s *Session) signs() (frame int, list []stepSign) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.stops) == 0 {
		return s.frame, nil
	}
	log := s.chunk.Events()
	for i, n := range s.stops {
		e := &log.Events[s.story[n]]
		g := stepSign{kind: e.Kind, depth: e.Depth, code: e.Code, why: e.Why, row: Row{N: i + 1, Depth: int(e.Depth), Kind: e.Kind.String()}}
		switch e.Kind {
		case trace.Call:
			g.row.Text = step.Step(e.Code).String()
			if e.Why != 0 {
				g.says = Clean(report.Why(log, e, s.names))
			} else {
				g.says = step.Step(e.Code).Info().What
			}
		default:
			g.row.Text = Clean(report.Line(log, e, s.names))
			g.says = g.row.Text
		}
		if e.Kind == trace.End {
			g.end = uint32(e.Reason)<<16 | uint32(e.Fn)
			g.row.Drop = e.Lost()
		}
		switch s.stages[n] {
		case UpRing, UpIRQ, DownRing:
			g.minor = true
		default:
			g.minor = e.Pkt == 0
		}
		log.Set(e, func(c *trace.Change) {
			if f := c.Key.Field(); telling[f.Fmt] && c.Key.Kind() != step.KindNS {
				g.state = g.state*1099511628211 + uint64(c.Key)<<32 + c.New + 1
			}
		})
		list = append(list, g)
	}
	return s.frame, list
}

// An alignment lays two stories side by side.
type alignment struct {
	frames [2]int
	steps  [2]int
	chunks [2]*trace.Log
	rows   []PairRow
	diffs  []int
	first  int
	line   string
}

// step is the step of a side in a row, 0 if it has none.
func (al *alignment) step(row, side int) int {
	if side == 0 {
		return al.rows[row].Left.N
	}
	return al.rows[row].Right.N
}

func (s *Session) logNow() (frame, steps int, log *trace.Log) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chunk != nil {
		log = s.chunk.Events()
	}
	return s.frame, len(s.stops), log
}

// align lays the two packets at hand side by side, if that is not done yet.
func (p *Pair) align() *alignment {
	var al alignment
	for i, s := range [...]*Session{p.A, p.B} {
		al.frames[i], al.steps[i], al.chunks[i] = s.logNow()
	}
	if p.al.line != "" && al.frames == p.al.frames && al.steps == p.al.steps && al.chunks == p.al.chunks {
		return &p.al
	}
	_, a := p.A.signs()
	_, b := p.B.signs()
	al.first = -1
	ways := -1 // the first row that only one side has
	for _, m := range matched(a, b) {
		r := PairRow{}
		minor := true
		if m[0] >= 0 {
			r.Left, minor = a[m[0]].row, minor && a[m[0]].minor
		}
		if m[1] >= 0 {
			r.Right, minor = b[m[1]].row, minor && b[m[1]].minor
		}
		r.Same = m[0] >= 0 && m[1] >= 0 && a[m[0]].same(&b[m[1]])
		if !r.Same {
			al.diffs = append(al.diffs, len(al.rows))
			if al.first < 0 && !minor {
				al.first = len(al.rows)
				al.line = partingLine(a, b, m)
			}
			if ways < 0 && !minor && (m[0] < 0 || m[1] < 0) {
				ways = len(al.rows)
			}
		}
		al.rows = append(al.rows, r)
	}
	switch {
	case ways > al.first:
		al.line += " " + al.waysLine(ways)
	case al.first >= 0:
	case p.What != nil && len(al.diffs) == 0:
		al.line = "This packet goes the same way with the command and without it."
	case len(al.diffs) > 0:
		al.line = "Both go the same way; only work for the card's rings or for other packets differs."
	default:
		al.line = "Both go the same way, step by step."
	}
	p.al, p.row = al, 0
	own, _ := p.sides()
	for r, at := 0, own.stepNow(); r < len(p.al.rows); r++ {
		if p.al.step(r, p.focus) == at {
			p.row = r
			break
		}
	}
	return &p.al
}

// waysLine says what each side goes through first that the other does not.
func (al *alignment) waysLine(row int) string {
	left, right := "", ""
	for _, r := range al.rows[row:] {
		if r.Left.N != 0 && r.Right.N != 0 {
			break
		}
		left, right = cmp.Or(left, r.Left.Text), cmp.Or(right, r.Right.Text)
	}
	switch {
	case right == "":
		return "Then only the left goes through " + left + "."
	case left == "":
		return "Then only the right goes through " + right + "."
	}
	return "Then the left goes through " + left + ", the right through " + right + "."
}

// maxCells bounds the work of matched; longer stories are matched greedily.
const maxCells = 4 << 20

// matched lays two lists side by side: the longest row of steps that are at the
// same place in both (function and depth); -1 where a side has none.
func matched(a, b []stepSign) (rows [][2]int) {
	from := 0
	for from < len(a) && from < len(b) && a[from].place() == b[from].place() {
		rows = append(rows, [2]int{from, from})
		from++
	}
	endA, endB := len(a), len(b)
	for endA > from && endB > from && a[endA-1].place() == b[endB-1].place() {
		endA--
		endB--
	}
	n, m := endA-from, endB-from
	if n*m > maxCells {
		rows = greedy(rows, a, b, from, endA, endB)
	} else {
		rows = lcs(rows, a, b, from, endA, endB)
	}
	for i := 0; endA+i < len(a); i++ {
		rows = append(rows, [2]int{endA + i, endB + i})
	}
	return rows
}

func lcs(rows [][2]int, a, b []stepSign, from, endA, endB int) [][2]int {
	n, m := endA-from, endB-from
	best := make([]uint16, (n+1)*(m+1))
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if a[from+i].place() == b[from+j].place() {
				best[i*(m+1)+j] = best[(i+1)*(m+1)+j+1] + 1
			} else {
				best[i*(m+1)+j] = max(best[(i+1)*(m+1)+j], best[i*(m+1)+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < n || j < m {
		switch {
		case i < n && j < m && a[from+i].place() == b[from+j].place():
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

// greedy looks a little ahead on the right for each step of the left.
func greedy(rows [][2]int, a, b []stepSign, from, endA, endB int) [][2]int {
	const ahead = 64
	j := from
	for i := from; i < endA; i++ {
		k := j
		for k < min(endB, j+ahead) && a[i].place() != b[k].place() {
			k++
		}
		if k == min(endB, j+ahead) {
			rows = append(rows, [2]int{i, -1})
			continue
		}
		for ; j < k; j++ {
			rows = append(rows, [2]int{-1, j})
		}
		rows = append(rows, [2]int{i, k})
		j = k + 1
	}
	for ; j < endB; j++ {
		rows = append(rows, [2]int{-1, j})
	}
	return rows
}

// partingLine says where and how two packets part.
func partingLine(a, b []stepSign, m [2]int) string {
	at := "They part at step " + step.Dec.Format(0, uint64(max(m[0], m[1])+1), nil)
	side := func(list []stepSign, i int, name string) string {
		return name + ": " + cmp.Or(list[i].says, list[i].row.Text)
	}
	switch {
	case m[1] < 0:
		return at + ": only the left goes through " + a[m[0]].row.Text + ". " + a[m[0]].about()
	case m[0] < 0:
		return at + ": only the right goes through " + b[m[1]].row.Text + ". " + b[m[1]].about()
	case a[m[0]].kind == trace.Call:
		x, y := side(a, m[0], "Left"), side(b, m[1], "Right")
		if a[m[0]].says == b[m[1]].says {
			return at + ": in " + a[m[0]].row.Text + " they change their state in different ways."
		}
		return at + ", in " + a[m[0]].row.Text + ". " + x + " " + y
	}
	return at + ". " + side(a, m[0], "Left") + " " + side(b, m[1], "Right")
}

// about is the step's sentence, if its row does not say it already.
func (g *stepSign) about() string {
	if g.says == g.row.Text {
		return ""
	}
	return g.says
}
