package view

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/filter"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A breakpoint says where a run stops. What is set of it must hold.
type breakpoint struct {
	expr   string
	fn     step.Step       // this function is called
	marks  uint32          // one of these landmarks
	reason step.DropReason // a packet is dropped for this
	drop   bool            // any loss
	field  string          // this field changes,
	op     string          // and its new value compares so
	value  string          // with this
	flt    *filter.Filter  // about the frame
	hits   int
}

// maxBreaks is how many breakpoints there may be.
const maxBreaks = 32

// setBreak sets a breakpoint, or clears the one that is the same; an empty
// expression clears all, a number the one of that number.
func (s *Session) setBreak(expr string) error {
	expr = strings.Join(strings.Fields(expr), " ")
	if expr == "" {
		s.breaks = nil
		s.notice = "no breakpoints"
		return nil
	}
	if n, err := strconv.Atoi(expr); err == nil {
		if n < 1 || n > len(s.breaks) {
			return NotFoundError(fmt.Sprintf("no breakpoint %d: there are %d", n, len(s.breaks)))
		}
		expr = s.breaks[n-1].expr
	}
	for i, b := range s.breaks {
		if b.expr == expr {
			s.breaks = append(s.breaks[:i:i], s.breaks[i+1:]...)
			s.notice = Clean("the breakpoint at " + expr + " is cleared")
			return nil
		}
	}
	if len(s.breaks) >= maxBreaks {
		return fmt.Errorf("there are %d breakpoints already: clear one first", maxBreaks)
	}
	b, err := s.parseBreak(expr)
	if err != nil {
		return err
	}
	s.breaks = append(s.breaks, b)
	s.notice = Clean("a run stops at " + expr)
	return nil
}

// parseBreak reads a breakpoint: FUNCTION, drop, drop REASON, a mark, if EXPR,
// FIELD, FIELD == VALUE, and FUNCTION if EXPR.
func (s *Session) parseBreak(expr string) (*breakpoint, error) {
	b := &breakpoint{expr: expr}
	what := expr
	if head, cond, ok := cutIf(expr); ok {
		link := wire.LinkEthernet
		if s.k.Indexed() > 0 {
			f, err := s.k.Frame(s.frame)
			if err != nil {
				return nil, err
			}
			link = wire.LinkKind(f.Link)
		}
		flt, err := filter.Compile(cond, link)
		if err != nil {
			return nil, err
		}
		if cond == "" {
			return nil, fmt.Errorf("if needs a tcpdump expression, like: if tcp port 80")
		}
		b.flt, what = flt, head
	}
	if what == "" {
		return b, nil
	}
	return b, b.parse(what)
}

// cutIf splits "HEAD if COND"; HEAD may be empty.
func cutIf(expr string) (head, cond string, ok bool) {
	if expr == "if" {
		return "", "", true
	}
	if c, ok := strings.CutPrefix(expr, "if "); ok {
		return "", c, true
	}
	if head, cond, ok = strings.Cut(expr, " if "); ok {
		return head, cond, true
	}
	head, ok = strings.CutSuffix(expr, " if")
	return head, "", ok
}

func (b *breakpoint) parse(what string) error {
	if name, ok := strings.CutPrefix(what, "drop "); ok {
		name = strings.TrimPrefix(strings.ToUpper(name), "SKB_DROP_REASON_")
		if b.reason = dropReason(name); b.reason == 0 {
			return fmt.Errorf("no drop reason %q%s", name, similarOf(name, dropNames()))
		}
		return nil
	}
	if what == "drop" {
		b.drop = true
		return nil
	}
	if m, ok := Marks[what]; ok {
		b.marks = m
		return nil
	}
	for _, op := range [...]string{"==", "!=", "<=", ">=", "<", ">", "="} {
		if f, v, ok := strings.Cut(what, op); ok {
			b.field, b.op, b.value = strings.TrimSpace(f), op, strings.TrimSpace(v)
			if op == "=" {
				b.op = "=="
			}
			if !fieldNames[b.field] {
				return fmt.Errorf("no field %q%s", b.field, similarOf(b.field, fieldList))
			}
			if b.value == "" {
				return fmt.Errorf("%s %s needs a value", b.field, b.op)
			}
			if _, err := strconv.ParseInt(b.value, 0, 64); err != nil && b.op != "==" && b.op != "!=" {
				return fmt.Errorf("%q is no number", b.value)
			}
			return nil
		}
	}
	if fieldNames[what] {
		b.field = what
		return nil
	}
	if b.fn = step.ByName(strings.TrimSuffix(what, "()")); b.fn != 0 {
		return nil
	}
	like := similar(what)
	if like == "" {
		like = similarOf(what, fieldList)
	}
	return fmt.Errorf("no function, field or mark %q%s", what, like)
}

// fieldNames are the fields of all objects, and the counters.
var fieldNames, fieldList = func() (map[string]bool, []string) {
	names := map[string]bool{}
	var list []string
	add := func(name string) {
		if name != "" && !names[name] {
			names[name] = true
			list = append(list, name)
		}
	}
	for _, k := range kinds {
		for _, f := range step.Fields(k) {
			add(f.Name)
		}
	}
	for m := range int(step.NumMIB) {
		add(step.MIB(m).String())
	}
	return names, list
}()

func dropReason(name string) step.DropReason {
	for i, n := range dropNames() {
		if n == name && i > 0 {
			return step.DropReason(i)
		}
	}
	return 0
}

// dropNames are the names of the drop reasons, by number.
func dropNames() (list []string) {
	for i := range 256 {
		n := step.DropReason(i).String()
		if strings.HasPrefix(n, "reason ") {
			break
		}
		list = append(list, n)
	}
	return list
}

// similarOf names up to four words that hold the word, or as much of its
// beginning as any does.
func similarOf(word string, words []string) string {
	for ; len(word) >= 3; word = word[:len(word)-1] {
		var like []string
		for _, w := range words {
			if len(like) < 4 && strings.Contains(w, word) {
				like = append(like, w)
			}
		}
		if like != nil {
			return "; try " + strings.Join(like, ", ")
		}
	}
	return ""
}

// may reports whether the index lets a run stop in a frame's story.
func (b *breakpoint) may(s *Session, frame int) bool {
	p := s.k.Packet(frame)
	switch {
	case b.drop:
		if p.Landmarks&MarkDrop == 0 {
			return false
		}
	case b.marks != 0 && p.Landmarks&b.marks == 0:
		return false
	}
	return true
}

// event reports whether a run stops at an event; the frame is not looked at.
func (b *breakpoint) event(s *Session, l *trace.Log, e *trace.Event) bool {
	switch {
	case b.drop:
		return e.Lost()
	case b.reason != 0:
		return e.Kind == trace.End && trace.Outcome(e.Code) == trace.Dropped && e.Reason == b.reason
	case b.marks != 0:
		m := Match{Landmarks: b.marks}
		return m.Event(e)
	case b.fn != 0:
		return e.Kind == trace.Call && step.Step(e.Code) == b.fn
	case b.field != "":
		return b.change(s, l, e) >= 0
	}
	return false
}

// change is which of an event's shown changes a run stops at; -1 if none.
func (b *breakpoint) change(s *Session, l *trace.Log, e *trace.Event) int {
	if e.Kind != trace.Call {
		return -1
	}
	n, found := -1, -1
	l.Set(e, func(c *trace.Change) {
		if !shown(c.Key) {
			return
		}
		n++
		if found < 0 && c.Key.Name() == b.field && c.Old != c.New && b.holds(s, c) {
			found = n
		}
	})
	return found
}

// holds compares a new value.
func (b *breakpoint) holds(s *Session, c *trace.Change) bool {
	if b.op == "" {
		return true
	}
	if n, err := strconv.ParseInt(b.value, 0, 64); err == nil {
		v := int64(c.New)
		switch b.op {
		case "<":
			return v < n
		case ">":
			return v > n
		case "<=":
			return v <= n
		case ">=":
			return v >= n
		}
		if v == n {
			return b.op == "=="
		}
	}
	text := valueText(c.Key, c.New, s.names)
	return strings.EqualFold(text, b.value) == (b.op == "==")
}

// frameOnly reports whether it is about frames only: a run stops at the first
// step.
func (b *breakpoint) frameOnly() bool {
	return b.flt != nil && b.fn == 0 && b.marks == 0 && b.reason == 0 && !b.drop && b.field == ""
}

// valueText is how a value reads.
func valueText(k step.Key, v uint64, r step.Resolver) string {
	f := k.Field().Fmt
	if k.Kind() == step.KindNS {
		f = step.Dec
	}
	return f.Format(0, v, r)
}
