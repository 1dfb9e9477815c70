package lessons

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
)

// A World is what lessons are checked against besides themselves.
type World struct {
	Capture func(name string) bool // a bundled capture of this name exists
	Term    func(name string) bool // the glossary has this term; nil: not asked
	Verb    func(name string) bool // a reader can press this; nil: not asked
}

// Check checks the lessons of a course against each other: slugs unique, what
// a lesson needs exists and comes earlier, captures exist, links resolve.
func Check(course []*Lesson, w World) (faults []Fault) {
	before := map[string]bool{}
	all := map[string]bool{}
	for _, l := range course {
		all[l.Slug] = true
	}
	for _, l := range course {
		c := &checker{l: l}
		if before[l.Slug] {
			c.fault(0, fmt.Sprintf("the slug %q is there twice", l.Slug), "rename one of the files")
		}
		for _, n := range l.Needs {
			switch {
			case !all[n]:
				c.fault(l.needLine, fmt.Sprintf("there is no lesson %q", n), "see course.txt")
			case !before[n]:
				c.fault(l.needLine, fmt.Sprintf("%q does not come before this lesson", n), "change the order in course.txt")
			}
		}
		if w.Capture != nil && l.Capture != "" && !w.Capture(l.Capture) {
			c.fault(l.capLine, fmt.Sprintf("there is no bundled capture %q", l.Capture), "see packetwalk pcaps")
		}
		c.links(w, all)
		before[l.Slug] = true
		faults = append(faults, c.faults...)
	}
	return faults
}

type checker struct {
	l      *Lesson
	faults []Fault
}

func (c *checker) fault(line int, what, do string) {
	c.faults = append(c.faults, Fault{c.l.File, line, 0, what, do})
}

// links checks where links lead, and what the reader is to press.
func (c *checker) links(w World, slugs map[string]bool) {
	for i := range c.l.Parts {
		p := &c.l.Parts[i]
		for _, pa := range p.Text {
			c.spans(pa.Spans, w, slugs)
		}
		for _, o := range p.Orders {
			c.spans(o.Text, w, slugs)
			for _, a := range o.Answers {
				c.spans(a.Text, w, slugs)
				c.spans(a.Says, w, slugs)
			}
			if o.Kind == Press && w.Verb != nil && !w.Verb(o.Word) {
				c.fault(o.Line, fmt.Sprintf("nobody can press %q", o.Word), "name a verb as forward, next-drop, depth first, or ?")
			}
		}
	}
}

func (c *checker) spans(list []Span, w World, slugs map[string]bool) {
	for _, s := range list {
		if verb, ok := strings.CutPrefix(s.Text, "key "); ok && s.Style == Value && w.Verb != nil && !w.Verb(verb) {
			c.fault(s.Line, fmt.Sprintf("no key does %q", verb), "name a verb: {key forward}")
		}
		if s.Style != Link {
			continue
		}
		kind, name, _ := strings.Cut(s.To, ":")
		ok := true
		switch kind {
		case "step":
			ok = step.ByName(name) != 0
		case "field":
			ok = known(name)
		case "lesson":
			ok = slugs[name]
		case "term":
			ok = w.Term == nil || w.Term(name)
		case "https":
			ok = strings.HasPrefix(name, "//") && len(name) > 4 && !strings.Contains(name, " ")
		default:
			ok = false
		}
		if !ok {
			c.fault(s.Line, fmt.Sprintf("the link to %q leads nowhere", s.To), "link to step:FUNCTION, field:NAME, term:WORD, lesson:SLUG or https://…")
		}
	}
}
