package lessons

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
)

// block reads a walk block.
func (p *parser) block() (list []Order) {
	from := p.at + 1
	for p.at++; p.at < len(p.lines); {
		s := strings.TrimRight(p.lines[p.at], " ")
		line := p.at + 1
		p.at++
		if s == "```" {
			if len(list) == 0 {
				p.fault(from, 0, "this block is empty", "write what the walk is to do: until, ask, look …")
			}
			return list
		}
		if s == "" || s[0] == '#' {
			continue
		}
		for p.at < len(p.lines) && strings.HasPrefix(p.lines[p.at], " ") {
			s += " " + strings.TrimSpace(p.lines[p.at])
			p.at++
		}
		if len(list) >= maxOrders {
			p.fault(line, 0, "this block is too long", fmt.Sprintf("write at most %d lines", maxOrders))
			continue
		}
		list = p.order(list, line, s)
	}
	p.fault(from, 0, "this block has no end", "write ``` on a line of its own")
	return list
}

// order reads one line of a block.
func (p *parser) order(list []Order, line int, s string) []Order {
	word, rest, _ := strings.Cut(s, " ")
	col := len(s) - len(strings.TrimLeft(rest, " ")) + 1
	rest = strings.TrimSpace(rest)
	if word == "-" || word == "*" {
		p.answer(list, line, word == "*", rest)
		return list
	}
	i := slices.Index(kindWords[:], word)
	if i < 0 {
		p.fault(line, 1, fmt.Sprintf("a block knows no %q", word), "it has "+strings.Join(kindWords[:], ", ")+", and answers: - or *")
		return list
	}
	o := Order{Kind: Kind(i), Line: line}
	if rest == "" && o.Kind != Drop && o.Kind != Look {
		p.fault(line, 0, word+" needs something behind it", "see lessons/README.md")
		return list
	}
	p.operand(&o, line, col, rest)
	return append(list, o)
}

func (p *parser) operand(o *Order, line, col int, rest string) {
	switch o.Kind {
	case Ask:
		o.Text = p.spans(line, rest)
	case Press:
		word, what, _ := strings.Cut(rest, " :: ")
		o.Word, o.Text = strings.TrimSpace(word), p.spans(line, strings.TrimSpace(what))
	case Until:
		p.until(o, line, col, rest)
	case Packet:
		n, err := strconv.Atoi(rest)
		if err != nil || n < 1 {
			p.fault(line, col, fmt.Sprintf("%q is no number of a packet", rest), "count from 1")
		}
		o.N = n
	case Drop:
		if rest != "" {
			p.fault(line, col, "drop takes nothing behind it", "leave it out")
		}
	case Look:
		o.Word = rest
		if rest != "" && !slices.Contains(Objects, rest) {
			p.fault(line, col, fmt.Sprintf("no object is called %q", rest), "look at one of "+strings.Join(Objects, ", "))
		}
	case Show:
		o.Word = rest
		if !slices.Contains(Panes, rest) {
			p.fault(line, col, fmt.Sprintf("no pane is called %q", rest), "show one of "+strings.Join(Panes, ", "))
		}
	case Expect:
		o.Where = p.expr(line, col, rest)
	}
}

func (p *parser) until(o *Order, line, col int, rest string) {
	name, cond, where := strings.Cut(rest, " where ")
	name = strings.TrimSpace(name)
	if o.Step = step.ByName(name); o.Step == 0 && !p.full() {
		p.fault(line, col, fmt.Sprintf("no kernel function is called %q here", name), nearStep(name))
	}
	if where {
		at := strings.Index(rest, " where ") + len(" where ")
		trim := strings.TrimLeft(cond, " ")
		o.Where = p.expr(line, col+at+len(cond)-len(trim), trim)
	}
}

func (p *parser) expr(line, col int, text string) *Expr {
	if p.full() {
		return nil
	}
	e, f := ParseExpr(text)
	if f != nil {
		p.fault(line, col+f.Col-1, f.What, f.Do)
		return nil
	}
	return e
}

func (p *parser) answer(list []Order, line int, right bool, rest string) {
	if len(list) == 0 || list[len(list)-1].Kind != Ask {
		p.fault(line, 0, "this answer has no question", "write ask before it")
		return
	}
	o := &list[len(list)-1]
	if len(o.Answers) >= maxAnswers {
		p.fault(line, 0, "too many answers", fmt.Sprintf("give at most %d", maxAnswers))
		return
	}
	text, says, _ := strings.Cut(" "+rest+" ", " :: ")
	a := Answer{Line: line, Right: right, Text: p.spans(line, strings.TrimSpace(text)), Says: p.spans(line, strings.TrimSpace(says))}
	if len(a.Text) == 0 {
		p.fault(line, 0, "this answer is empty", "write what the reader may believe")
	}
	o.Answers = append(o.Answers, a)
}

// structure checks how the lines of each block fit together.
func (p *parser) structure() {
	if len(p.l.Parts) > maxParts {
		p.fault(p.l.Parts[maxParts].Line, 0, "the lesson has too many parts", fmt.Sprintf("keep to %d; split it", maxParts))
		p.l.Parts = p.l.Parts[:maxParts]
	}
	if len(p.l.Parts) == 0 && len(p.faults) == 0 {
		p.fault(0, 0, "the lesson is empty", "write text and walk blocks")
	}
	for i := range p.l.Parts {
		p.part(&p.l.Parts[i])
	}
	if n := len(p.l.Parts); n > 0 {
		if last := &p.l.Parts[n-1]; last.Ask() == nil && len(last.Rest()) > 0 {
			p.fault(last.Rest()[0].Line, 0, "the lesson ends before this is seen", "write a text behind the last block")
		}
	}
}

func (p *parser) part(part *Part) {
	if len(part.Text) == 0 {
		p.fault(part.Line, 0, "this block has no text before it", "tell the reader where he stands, or join it with the block before")
	}
	moved, pressed := false, false
	for i := range part.Orders {
		o := &part.Orders[i]
		switch {
		case o.Kind == Ask && i > 0:
			p.fault(o.Line, 0, "a question stands first in its block, one a block", "begin a new block")
		case o.Kind == Press && moved:
			p.fault(o.Line, 0, "what the reader is to do comes before the walk moves", "put press above, or begin a new block")
		case o.Kind == Expect && !moved && !pressed:
			p.fault(o.Line, 0, "nothing moves before this expect", "write until, packet or drop above it")
		}
		moved = moved || o.Moves()
		pressed = pressed || o.Kind == Press
		if o.Kind == Ask {
			p.question(o)
		}
	}
	if pressed && part.Ask() != nil {
		p.fault(part.Line, 0, "a block either asks or lets the reader press", "make two of it")
	}
}

func (p *parser) question(o *Order) {
	right := 0
	for _, a := range o.Answers {
		if a.Right {
			right++
		}
	}
	switch {
	case right != 1:
		p.fault(o.Line, 0, fmt.Sprintf("%d answers are right", right), "mark exactly one with *")
	case len(o.Answers) < 2:
		p.fault(o.Line, 0, "no answer is wrong", "give at least one with -")
	}
}
