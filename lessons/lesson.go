package lessons

import (
	"embed"
	"fmt"
	"strings"
	"sync"

	"github.com/packetwalk/packetwalk/stack/step"
)

//go:embed *.md course.txt
var files embed.FS

// A Lesson is one file.
type Lesson struct {
	File    string // "ping.md"
	Slug    string // "ping"
	Title   string
	About   string   // one sentence
	Capture string   // name of the bundled capture that is walked
	Needs   []string // slugs
	Minutes int
	Parts   []Part

	capLine, needLine int // of the file
}

// A Part is one page: a text, and the block that ends it.
type Part struct {
	Line   int // of the file, from 1
	Text   []Para
	Orders []Order // in the order of the file; those of kind Ask and Press come first
}

// A Para is one block of text.
type Para struct {
	Kind  ParaKind
	Mark  string // of an Item: "-", "1."
	Spans []Span
}

// A ParaKind says how a Para is set.
type ParaKind uint8

// The kinds of Para.
const (
	Text ParaKind = iota // a paragraph
	Head                 // a heading
	Item                 // of a list
	Pre                  // a line of a fenced block
)

// A Span is a piece of text of one style.
type Span struct {
	Style Style
	Text  string
	To    string // of a Link: "step:ip_rcv"
	Line  int
}

// A Style says what a Span is.
type Style uint8

// The styles. The Text of a Value is a Value's name, without braces.
const (
	Plain Style = iota
	Emph
	Strong
	Code
	Link
	Value
)

// A Kind says what an Order is.
type Kind uint8

// The kinds of Order.
const (
	Ask Kind = iota
	Press
	Until
	Packet
	Drop
	Look
	Show
	Expect
)

var kindWords = [...]string{"ask", "press", "until", "packet", "drop", "look", "show", "expect"}

func (k Kind) String() string { return kindWords[k] }

// An Order is one line of a block.
type Order struct {
	Kind    Kind
	Line    int
	Step    step.Step // of Until
	Where   *Expr     // of Until (may be nil), of Expect
	N       int       // of Packet
	Word    string    // of Press, Look, Show
	Text    []Span    // of Ask; of Press: what it does, if the verb's own words will not do
	Answers []Answer  // of Ask
}

// Moves reports whether the order changes the place.
func (o *Order) Moves() bool { return o.Kind == Until || o.Kind == Packet || o.Kind == Drop }

// An Answer is one of a question's.
type Answer struct {
	Line  int
	Right bool
	Text  []Span
	Says  []Span // empty: what the walk says
}

// Ask is the part's question, or nil.
func (p *Part) Ask() *Order {
	if len(p.Orders) > 0 && p.Orders[0].Kind == Ask {
		return &p.Orders[0]
	}
	return nil
}

// Press is what the reader is to do himself, in order.
func (p *Part) Press() []Order { return p.kind(true) }

// Rest is what follows: moves, and what to show.
func (p *Part) Rest() []Order { return p.kind(false) }

func (p *Part) kind(press bool) (list []Order) {
	for _, o := range p.Orders {
		if o.Kind != Ask && (o.Kind == Press) == press {
			list = append(list, o)
		}
	}
	return list
}

// A Fault is what is wrong with a lesson, for its author.
type Fault struct {
	File string
	Line int // from 1; 0: the whole file
	Col  int // from 1; 0: the whole line
	What string
	Do   string // what to do about it
}

func (f Fault) Error() string {
	s := f.File
	if f.Line > 0 {
		s += fmt.Sprintf(":%d", f.Line)
		if f.Col > 0 {
			s += fmt.Sprintf(":%d", f.Col)
		}
	}
	s += ": " + f.What
	if f.Do != "" {
		s += ": " + f.Do
	}
	return s
}

var course = sync.OnceValues(func() ([]*Lesson, []Fault) {
	var list []*Lesson
	var faults []Fault
	text, err := files.ReadFile("course.txt")
	if err != nil {
		return nil, []Fault{{File: "course.txt", What: err.Error()}}
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		slug := strings.TrimSpace(line)
		if slug == "" || slug[0] == '#' {
			continue
		}
		b, err := files.ReadFile(slug + ".md")
		if err != nil || !isSlug(slug) {
			faults = append(faults, Fault{"course.txt", n, 0, fmt.Sprintf("there is no lesson %q", slug), "write the name of a file of this folder without .md"})
			continue
		}
		l, bad := Parse(slug+".md", b)
		faults = append(faults, bad...)
		list = append(list, l)
	}
	return list, faults
})

// Course is the lessons that come with packetwalk, in their order, and what is
// wrong with their files. It is the same each time: do not change it.
func Course() ([]*Lesson, []Fault) { return course() }

// Lookup finds a lesson of the course.
func Lookup(slug string) (*Lesson, bool) {
	list, _ := course()
	for _, l := range list {
		if l.Slug == slug {
			return l, true
		}
	}
	return nil, false
}
