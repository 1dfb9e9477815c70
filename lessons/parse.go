package lessons

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Limits of a lesson's file.
const (
	maxFile    = 64 << 10 // bytes
	maxLine    = 2000     // bytes
	maxParts   = 60
	maxOrders  = 20 // of a block
	maxAnswers = 6  // of a question
	maxFaults  = 50
)

type parser struct {
	l      *Lesson
	lines  []string
	at     int // the next line, from 0
	faults []Fault
}

// Parse reads a lesson. name is its file's name: what is before .md is its
// slug. A lesson with faults is returned as far as it could be read.
func Parse(name string, text []byte) (*Lesson, []Fault) {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	p := &parser{l: &Lesson{File: name, Slug: strings.TrimSuffix(base, ".md")}}
	if !isSlug(p.l.Slug) || !strings.HasSuffix(base, ".md") {
		p.fault(0, 0, "a lesson's file is called NAME.md", "use small letters, digits and - for its name")
	}
	if len(text) > maxFile {
		p.fault(0, 0, fmt.Sprintf("the file has %d bytes", len(text)), fmt.Sprintf("keep a lesson below %d", maxFile))
		return p.l, p.faults
	}
	for line := range strings.Lines(string(text)) {
		p.lines = append(p.lines, strings.TrimRight(line, "\r\n"))
	}
	if !p.legible() {
		return p.l, p.faults
	}
	p.front()
	p.body()
	p.structure()
	return p.l, p.faults
}

func isSlug(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

func (p *parser) fault(line, col int, what, do string) {
	if !p.full() {
		p.faults = append(p.faults, Fault{p.l.File, line, col, what, do})
	}
}

// full reports whether there are faults enough: suggestions cost time.
func (p *parser) full() bool { return len(p.faults) >= maxFaults }

// legible refuses characters that could do more than be shown.
func (p *parser) legible() bool {
	for i, s := range p.lines {
		if len(s) > maxLine {
			p.fault(i+1, 0, fmt.Sprintf("this line has %d bytes", len(s)), fmt.Sprintf("break it before %d", maxLine))
		}
		if col, r, ok := clean(s); !ok {
			p.fault(i+1, col, "not every terminal shows this character: "+strconv.QuoteRuneToASCII(r), "write ASCII")
		}
	}
	return len(p.faults) == 0
}

// front reads the front matter.
func (p *parser) front() {
	if len(p.lines) == 0 || p.lines[0] != "---" {
		p.fault(1, 0, "a lesson begins with its front matter", "write ---, title: …, about: …, capture: …, minutes: …, ---")
		return
	}
	seen := map[string]bool{}
	for p.at = 1; p.at < len(p.lines); p.at++ {
		s := p.lines[p.at]
		if s == "---" {
			p.at++
			p.complete(seen)
			return
		}
		key, val, ok := strings.Cut(s, ":")
		key, val = strings.TrimSpace(key), strings.TrimSpace(val)
		switch {
		case strings.TrimSpace(s) == "":
			continue
		case !ok:
			p.fault(p.at+1, 0, "this is no line of a front matter", "write KEY: VALUE, or --- to end it")
		case seen[key]:
			p.fault(p.at+1, 0, key+" is said twice", "leave one out")
		default:
			p.key(p.at+1, key, val)
		}
		seen[key] = true
	}
	p.fault(1, 0, "the front matter has no end", "write --- behind it")
}

func (p *parser) key(line int, key, val string) {
	l := p.l
	switch key {
	case "title":
		l.Title = val
	case "about":
		l.About = val
	case "capture":
		l.Capture, l.capLine = val, line
	case "lab":
		p.fault(line, 0, "lessons on labs cannot be taken yet", "name a bundled capture: capture: ping")
	case "needs":
		l.Needs, l.needLine = strings.FieldsFunc(val, func(r rune) bool { return r == ' ' || r == ',' }), line
	case "minutes":
		n, err := strconv.Atoi(val)
		if err != nil || n < 1 || n > 120 {
			p.fault(line, 0, fmt.Sprintf("%q minutes", val), "write a number from 1 to 120")
		}
		l.Minutes = n
	default:
		p.fault(line, 0, fmt.Sprintf("the front matter knows no %q", key), "it has title, about, capture, needs, minutes")
	}
}

func (p *parser) complete(seen map[string]bool) {
	for _, k := range []string{"title", "about", "capture", "minutes"} {
		if !seen[k] && !(k == "capture" && seen["lab"]) {
			p.fault(1, 0, "the front matter has no "+k, "write "+k+": …")
		}
	}
}

// body reads text and blocks.
func (p *parser) body() {
	part := Part{}
	done := func() {
		if part.Line != 0 {
			p.l.Parts = append(p.l.Parts, part)
		}
		part = Part{}
	}
	for p.at < len(p.lines) {
		s := strings.TrimRight(p.lines[p.at], " ")
		if s == "" {
			p.at++
			continue
		}
		if part.Line == 0 {
			part.Line = p.at + 1
		}
		switch {
		case s == "```walk":
			part.Orders = p.block()
			done()
		case strings.HasPrefix(s, "```"):
			part.Text = append(part.Text, p.fence()...)
		default:
			part.Text = append(part.Text, p.para(s))
		}
	}
	done()
}

// para reads a paragraph, a heading or an item of a list.
func (p *parser) para(s string) Para {
	from := p.at + 1
	p.at++
	if t := strings.TrimLeft(s, "#"); len(t) < len(s) && strings.HasPrefix(t, " ") {
		return Para{Kind: Head, Spans: p.spans(from, strings.TrimSpace(t))}
	}
	pa := Para{Kind: Text}
	if m, t := item(s); m != "" {
		pa.Kind, pa.Mark, s = Item, m, t
	}
	if strings.HasPrefix(s, "|") || strings.HasPrefix(s, ">") || s == "---" || s == "***" {
		p.fault(from, 0, "a lesson has no tables, quotes and lines", "write a paragraph, a list, or a ``` block")
	}
	text := strings.TrimSpace(s)
	for ; p.at < len(p.lines); p.at++ {
		s := strings.TrimSpace(p.lines[p.at])
		m, _ := item(s)
		if s == "" || m != "" || strings.HasPrefix(s, "```") || strings.HasPrefix(s, "#") {
			break
		}
		text += " " + s
	}
	pa.Spans = p.spans(from, text)
	return pa
}

// item takes the mark off an item of a list.
func item(s string) (mark, text string) {
	s = strings.TrimLeft(s, " ")
	if t, ok := strings.CutPrefix(s, "- "); ok {
		return "-", t
	}
	if t, ok := strings.CutPrefix(s, "* "); ok {
		return "-", t
	}
	n, t, ok := strings.Cut(s, ". ")
	if i, err := strconv.Atoi(n); ok && err == nil && i > 0 && i < 100 && strconv.Itoa(i) == n {
		return n + ".", t
	}
	return "", s
}

// fence reads a fenced block that is no walk block.
func (p *parser) fence() (list []Para) {
	from := p.at + 1
	for p.at++; p.at < len(p.lines); p.at++ {
		s := strings.TrimRight(p.lines[p.at], " ")
		if s == "```" {
			p.at++
			return list
		}
		list = append(list, Para{Kind: Pre, Spans: []Span{{Text: s, Line: p.at + 1}}})
	}
	p.fault(from, 0, "this block has no end", "write ``` on a line of its own")
	return list
}
