package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
)

// Read before editing: net/sched/sch_api.c (tc_ctl_tclass, tc_dump_tclass), iproute2
// tc/tc_class.c.

const tcClassUsage = `Usage: tc class [ add | del | change | replace | show ] dev STRING
       [ classid CLASSID ] [ root | parent CLASSID ]
       [ [ QDISC_KIND ] [ help | OPTIONS ] ]

       tc class show [ dev STRING ] [ root | parent CLASSID ]
Where:
QDISC_KIND := { prio | cbq | etc. }
OPTIONS := ... try tc class add <desired QDISC_KIND> help
`

// class is do_class.
func (c *tcCmd) class(w []string) int {
	if len(w) == 0 {
		return 0 // no device, no classes
	}
	cmd := w[0]
	for _, x := range []string{"add", "change", "replace", "delete"} {
		if strings.HasPrefix(x, cmd) {
			return tcRun(func() int { return c.classModify(x, &tcWords{p: c.p, w: w[1:]}) })
		}
	}
	switch {
	case strings.HasPrefix("list", cmd), strings.HasPrefix("show", cmd), cmd == "lst":
		return tcRun(func() int { return c.classList(&tcWords{p: c.p, w: w[1:]}) })
	case strings.HasPrefix("help", cmd):
		c.p.errf("%s", tcClassUsage)
		return 0
	}
	c.p.errf("Command \"%s\" is unknown, try \"tc class help\".\n", cmd)
	return 255
}

// A tcClassReq is what a command line says of a class.
type tcClassReq struct {
	dev        string
	id, parent uint32
	kind       string
	opts       *tcHtbClass
}

func (c *tcCmd) classWords(r *tcClassReq, a *tcWords) int {
	for ; a.more(); a.fwd() {
		switch {
		case a.at("dev"):
			name := a.next()
			if r.dev != "" {
				a.twice("dev")
			}
			r.dev = name
		case a.at("classid"):
			a.number(&r.id, "classid", tcfClassID, "invalid class ID")
		case a.at("handle"):
			a.die(255, "Error: try \"classid\" instead of \"handle\"\n")
		case a.at("root"):
			if r.parent != 0 {
				a.die(255, "Error: \"root\" is duplicate parent ID.\n")
			}
			r.parent = tcRoot
		case a.at("parent"):
			a.number(&r.parent, "parent", tcfClassID, "invalid parent ID")
		case a.is("estimator"):
			a.die(1, "not modelled: tc class estimator\n")
		case a.is("help"):
			a.die(255, "%s", tcClassUsage)
		default:
			r.kind = a.cur()
			a.fwd()
			return c.classOptions(r, a)
		}
	}
	return 0
}

// classOptions reads the options of a class.
func (c *tcCmd) classOptions(r *tcClassReq, a *tcWords) (st int) {
	switch r.kind {
	case "htb":
		r.opts, st = tcParseHtbClass(&tcArgs{p: c.p, kind: r.kind, dev: r.dev, w: a.w})
		return st
	case "hfsc", "drr", "qfq", "cbq", "atm", "ets":
		a.die(1, "not modelled: class of qdisc %s\n", r.kind)
	default:
		a.die(1, "Error: Qdisc \"%s\" is classless.\n", r.kind)
	}
	return 0
}

// classModify is tc_class_modify and tc_ctl_tclass.
func (c *tcCmd) classModify(cmd string, a *tcWords) int {
	const noEnt = "RTNETLINK answers: No such file or directory"
	r := &tcClassReq{}
	if st := c.classWords(r, a); st != 0 {
		return st
	}
	d := c.p.linkByName(r.dev)
	switch {
	case r.dev == "":
		return c.fail("RTNETLINK answers: No such device")
	case d == nil:
		c.p.errf("Cannot find device \"%s\"\n", r.dev)
		return 1
	}
	parent, id, qid := r.parent, r.id, r.id&0xffff0000
	if parent != tcRoot {
		switch major := parent & 0xffff0000; {
		case qid != 0 && major != 0 && qid != major:
			return c.fail("%s", tcInvalid)
		case major != 0:
			qid = major
		case qid == 0:
			qid = c.handleOf(d)
		}
		if parent != 0 {
			parent = qid | parent&0xffff
		}
	} else if qid == 0 {
		qid = c.handleOf(d)
	}
	q := sched.Lookup(d, qid)
	if q == nil || qid == 0 {
		return c.fail("%s", noEnt)
	}
	p, ok := q.(sched.Classful)
	if !ok {
		return c.fail("%s", tcInvalid)
	}
	if id != 0 {
		id = qid | id&0xffff
	} else if parent == tcRoot {
		id = qid
	}
	return c.classDo(cmd, p, id, parent, r)
}

// classDo does it when the discipline is known.
func (c *tcCmd) classDo(cmd string, p sched.Classful, id, parent uint32, r *tcClassReq) int {
	exists := false
	if id != 0 {
		_, exists = p.Leaf(id)
	}
	switch {
	case !exists && tcFlags[cmd]&tcCreate == 0:
		return c.fail("RTNETLINK answers: No such file or directory")
	case exists && tcFlags[cmd]&tcExcl != 0:
		return c.fail("RTNETLINK answers: File exists")
	}
	h, ok := p.(*sched.Htb)
	if !ok {
		return c.fail("RTNETLINK answers: Operation not supported")
	}
	var res sched.HtbRefusal
	var note sched.HtbNote
	switch {
	case cmd == "delete":
		res = h.DeleteClass(id)
	case r.opts == nil:
		return c.fail("%s", tcInvalid)
	case exists:
		res, note = h.ChangeClass(id, r.opts.c)
	default:
		res, note = h.AddClass(id, parent, r.opts.c)
	}
	switch res {
	case sched.HtbInvalid:
		return c.fail("%s", tcInvalid)
	case sched.HtbTooDeep:
		return c.fail("Error: sch_htb: tree is too deep.")
	case sched.HtbInUse:
		return c.fail("Error: HTB class in use.")
	}
	if note != 0 {
		word := map[sched.HtbNote]string{sched.HtbQuantumSmall: "small", sched.HtbQuantumBig: "big"}[note]
		c.p.errf("Warning: sch_htb: quantum of class %X is %s. Consider r2q change.\n", id, word)
	}
	return 0
}

// A tcClassFilter is which classes tc class show shows.
type tcClassFilter struct {
	dev                *core.Device
	qdisc, id, parent0 uint32
}

// classList is tc_class_list.
func (c *tcCmd) classList(a *tcWords) int {
	var f tcClassFilter
	for ; a.more(); a.fwd() {
		switch {
		case a.at("dev"):
			name := a.next()
			if f.dev = c.p.linkByName(name); f.dev == nil {
				a.die(1, "Cannot find device \"%s\"\n", name)
			}
		case a.at("qdisc"):
			a.number(&f.qdisc, "qdisc", tcHandle, "invalid qdisc ID")
		case a.at("classid"):
			a.number(&f.id, "classid", tcfClassID, "invalid class ID")
		case a.at("root"):
			if f.parent0 != 0 {
				a.die(255, "Error: \"root\" is duplicate parent ID\n")
			}
			f.parent0 = tcRoot
		case a.at("parent"):
			if f.parent0 != 0 {
				a.twice("parent")
			}
			id, ok := tcfClassID(a.next())
			if !ok {
				a.invalid("invalid parent ID")
			}
			f.parent0 = id
		case a.is("help"):
			a.die(255, "%s", tcClassUsage)
		default:
			a.die(255, "What is \"%s\"? Try \"tc class help\".\n", a.cur())
		}
	}
	if f.dev != nil {
		c.classShow(&f)
	}
	return 0
}

// classShow is tc_dump_tclass and print_class.
func (c *tcCmd) classShow(f *tcClassFilter) {
	root, ok := f.dev.Qdisc.(sched.Discipline)
	if !ok {
		return
	}
	for _, q := range tcTree(root) {
		h, _ := q.IDs()
		p, ok := q.(sched.Classful)
		if !ok || !q.Listed() || f.parent0 != 0 && f.parent0&0xffff0000 != h {
			continue
		}
		p.EachClass(func(i sched.ClassInfo) {
			if f.qdisc != 0 && (i.ID^f.qdisc)&0xffff0000 != 0 || f.id != 0 && i.ID != f.id {
				return
			}
			c.classLine(f, q, i)
		})
	}
}

// classLine is one class.
func (c *tcCmd) classLine(f *tcClassFilter, q sched.Discipline, i sched.ClassInfo) {
	name := tcID
	if f.qdisc != 0 {
		name = func(id uint32) string { return tcID(id & 0xffff) }
	}
	text := "class " + q.Name() + " " + name(i.ID) + " "
	if i.Parent == tcRoot {
		text += "root "
	} else {
		text += "parent " + name(i.Parent) + " "
	}
	if i.Leaf != nil {
		if h, _ := i.Leaf.IDs(); h != 0 {
			text += fmt.Sprintf("leaf %x: ", h>>16)
		}
	}
	switch q := q.(type) {
	case *sched.Htb:
		h, _ := q.Class(i.ID)
		c.p.outf("%s%s\n", text, c.htbClass(&h))
		if c.stats {
			c.p.outf("%s%s\n", tcStats(i.Stats), tcHtbXstats(&h))
		}
	case *sched.FqCodel:
		c.p.outf("%s\n", text)
		if c.stats {
			c.p.out(tcFlowStats(q, i))
		}
	default:
		c.p.outf("%s\n", text)
		switch {
		case c.stats && i.NoStats:
			c.p.out("\n")
		case c.stats:
			c.p.out(tcStats(i.Stats))
		}
	}
}
