package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
)

// A tcKind is a discipline as tc knows it. parse reads its options, says what is
// wrong with them, and returns tc's exit status if it is not 0. show is the text
// and the JSON of its options; stats, if there is one, that of `tc -s`.
type tcKind struct {
	parse func(a *tcArgs) (tcOptions, int)
	show  func(c *tcCmd, q core.Qdisc) (string, object)
	stats func(c *tcCmd, q core.Qdisc) (string, object)
}

// tcOptions make a discipline, or change one; the words are the kernel's answer if
// it refuses.
type tcOptions interface {
	create(d *core.Device) (q core.Qdisc, refused string)
	change(q core.Qdisc) (refused string)
}

// tcKindOf finds a discipline; nil: the model does not have it.
func tcKindOf(name string) *tcKind {
	switch name {
	case "pfifo_fast", "noqueue":
		return &tcKind{tcNoOptions, tcShowPlain, nil}
	case "pfifo", "bfifo", "pfifo_head_drop":
		return &tcKind{tcParseFifo, tcShowFifo, nil}
	case "tbf":
		return &tcKind{tcParseTbf, tcShowTbf, nil}
	case "htb":
		return &tcKind{tcParseHtb, tcShowHtb, nil}
	case "prio":
		return &tcKind{tcParsePrio, tcShowPrio, nil}
	case "mq":
		return &tcKind{tcParseMq, nil, nil}
	}
	return tcFairKind(name)
}

const tcInvalid = "RTNETLINK answers: Invalid argument"

// tcArgs are the options of a discipline on a command line.
type tcArgs struct {
	p    *Proc
	kind string
	dev  string
	w    []string
	bad  int // exit status; 0: all is well
}

// say ends with a sentence and an exit status.
func (a *tcArgs) say(st int, f string, args ...any) {
	a.p.errf(f+"\n", args...)
	a.bad = st
}

// value takes the word after an option.
func (a *tcArgs) value() (string, bool) {
	if len(a.w) < 2 {
		a.say(255, "Command line is not complete. Try option \"help\"")
		return "", false
	}
	a.w = a.w[1:]
	return a.w[0], true
}

// has takes a further value if there is one that read understands
// (NEXT_ARG_OK and a look at it).
func (a *tcArgs) has() bool {
	return len(a.w) > 1 && a.w[1] != "" && (a.w[1][0] >= '0' && a.w[1][0] <= '9' || a.w[1][0] == '.')
}

// number takes a value that read understands, or says that it does not: "" is tc's
// Illegal "what".
func tcValue[T any](a *tcArgs, read func(string) (T, bool), what string) (v T) {
	s, ok := a.value()
	if !ok {
		return v
	}
	if v, ok = read(s); !ok {
		a.say(1, "Illegal \"%s\"", what)
	}
	return v
}

// each calls f for every option until one is wrong.
func (a *tcArgs) each(f func(option string)) {
	for ; len(a.w) > 0 && a.bad == 0; a.w = a.w[1:] {
		f(a.w[0])
	}
}

// tcNoOptions is for disciplines that take none.
func tcNoOptions(a *tcArgs) (tcOptions, int) {
	if len(a.w) > 0 {
		a.say(1, "qdisc '%s' does not support option parsing", a.kind)
	}
	return tcPlain(a.kind), a.bad
}

type tcPlain string

func (k tcPlain) create(d *core.Device) (core.Qdisc, string) {
	if k == "noqueue" {
		return nil, ""
	}
	return sched.NewPfifoFast(d), ""
}

func (k tcPlain) change(q core.Qdisc) string { return "" }

func tcShowPlain(c *tcCmd, q core.Qdisc) (string, object) {
	if _, ok := q.(*sched.PfifoFast); !ok {
		return "", nil
	}
	var m []any
	for _, n := range tcPriomap {
		m = append(m, n)
	}
	return "bands 3 priomap" + tcInts(tcPriomap[:]), object{{"bands", 3}, {"priomap", m}, {"multiqueue", false}}
}

// tcPriomap is sch_default_prio2band.
var tcPriomap = [16]int{1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}

func tcInts(l []int) string {
	var b strings.Builder
	for _, n := range l {
		fmt.Fprintf(&b, " %d", n)
	}
	return b.String()
}

// tcFifo is the options of pfifo, bfifo and pfifo_head_drop; -1: not given.
type tcFifo struct {
	kind  string
	limit int
}

const tcFifoUsage = "Usage: ... <[p|b]fifo | pfifo_head_drop> [ limit NUMBER ]"

func tcParseFifo(a *tcArgs) (tcOptions, int) {
	o := tcFifo{a.kind, -1}
	a.each(func(w string) {
		switch w {
		case "limit":
			s, ok := a.value()
			if !ok {
				return
			}
			if o.limit, ok = tcBytes(s); !ok {
				a.say(1, "%s: Illegal value for \"limit\": \"%s\"", a.kind, s)
			}
		case "help":
			a.say(1, tcFifoUsage)
		default:
			a.say(1, "%s: unknown parameter \"%s\"\n%s", a.kind, w, tcFifoUsage)
		}
	})
	return o, a.bad
}

func (o tcFifo) create(d *core.Device) (core.Qdisc, string) {
	switch o.kind {
	case "bfifo":
		return sched.NewBfifo(d, o.limit), ""
	case "pfifo_head_drop":
		return sched.NewPfifoHeadDrop(d, o.limit), ""
	}
	return sched.NewPfifo(d, o.limit), ""
}

func (o tcFifo) change(q core.Qdisc) string {
	if f, ok := q.(*sched.Fifo); ok && o.limit >= 0 {
		f.SetLimit(o.limit)
	}
	return ""
}

func tcShowFifo(c *tcCmd, q core.Qdisc) (string, object) {
	n := q.(*sched.Fifo).Limit()
	text := fmt.Sprintf("limit %dp", n)
	if q.Name() == "bfifo" {
		text = "limit " + tcSize(n)
	}
	return text, object{{"limit", n}}
}
