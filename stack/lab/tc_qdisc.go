package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/sch_api.c (tc_modify_qdisc, tc_get_qdisc,
// qdisc_graft, tc_dump_qdisc), iproute2 tc/tc_qdisc.c.

// Numbers of classes that stand for something else (TC_H_ROOT, TC_H_INGRESS).
const (
	tcRoot    = 0xffffffff
	tcIngress = 0xfffffff1
)

// What a command asks the kernel for (NLM_F_*).
const (
	tcCreate = 1 << iota
	tcExcl
	tcReplace
)

var tcFlags = map[string]int{"add": tcCreate | tcExcl, "change": 0, "replace": tcCreate | tcReplace, "link": tcReplace, "delete": 0}

func (c *tcCmd) qdisc(w []string) int {
	if len(w) == 0 {
		return c.show(nil)
	}
	cmd := w[0]
	switch {
	case strings.HasPrefix("list", cmd), strings.HasPrefix("show", cmd), cmd == "lst":
		return c.show(w[1:])
	}
	for _, x := range []string{"add", "change", "replace", "link", "delete"} {
		if strings.HasPrefix(x, cmd) {
			if isIngress(w[1:]) {
				return c.ingress(x, w[1:])
			}
			return tcRun(func() int { return c.modify(x, w[1:]) })
		}
	}
	if strings.HasPrefix("help", cmd) {
		c.p.errf("%s", tcQdiscUsage)
		return 0
	}
	c.p.errf("Command \"%s\" is unknown, try \"tc qdisc help\".\n", cmd)
	return 255
}

// A tcQdiscReq is what a command line says of a discipline (struct tcmsg).
type tcQdiscReq struct {
	dev            string
	handle, parent uint32
	kind           string
	opts           tcOptions
	flags          int
}

// fail says why the kernel refuses.
func (c *tcCmd) fail(f string, a ...any) int {
	c.p.errf(f+"\n", a...)
	return 2
}

// tcHandle is get_qdisc_handle: "1:", "1" or "none".
func tcHandle(s string) (uint32, bool) {
	if s == "none" {
		return 0, true
	}
	i := 0
	for i < len(s) && strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
		i++
	}
	n, err := strconv.ParseUint(s[:i], 16, 16)
	return uint32(n) << 16, err == nil && (i == len(s) || s[i] == ':')
}

// modify is tc_qdisc_modify: add, change, replace, link and delete.
func (c *tcCmd) modify(cmd string, w []string) int {
	r := &tcQdiscReq{flags: tcFlags[cmd]}
	if st := c.qdiscWords(r, &tcWords{p: c.p, w: w}); st != 0 {
		return st
	}
	d := c.p.linkByName(r.dev)
	switch {
	case r.dev == "":
		return c.fail("RTNETLINK answers: No such device")
	case d == nil:
		c.p.errf("Cannot find device \"%s\"\n", r.dev)
		return 1
	case cmd == "delete":
		return c.qdiscDelete(d, r)
	}
	return c.qdiscModify(d, r)
}

// qdiscWords reads the command line up to the discipline's own options, and those.
func (c *tcCmd) qdiscWords(r *tcQdiscReq, a *tcWords) int {
	for ; r.kind == "" && a.more(); a.fwd() {
		switch {
		case a.at("dev"):
			name := a.next()
			if r.dev != "" {
				a.twice("dev")
			}
			r.dev = name
		case a.at("handle"):
			a.number(&r.handle, "handle", tcHandle, "invalid qdisc ID")
		case a.at("root"):
			if r.parent != 0 {
				a.die(255, "Error: \"root\" is duplicate parent ID\n")
			}
			r.parent = tcRoot
		case a.at("parent"):
			a.number(&r.parent, "parent", tcfClassID, "invalid parent ID")
		case a.is("estimator"), a.is("stab"), a.is("ingress_block"), a.is("egress_block"):
			a.die(1, "not modelled: tc qdisc %s\n", a.cur())
		case a.is("help"):
			c.p.errf("%s", tcQdiscUsage)
			return 255
		default:
			r.kind = a.cur()
		}
	}
	return c.qdiscOptions(r, a)
}

func (c *tcCmd) qdiscOptions(r *tcQdiscReq, a *tcWords) int {
	kd := tcKindOf(r.kind)
	switch {
	case r.kind == "":
	case kd == nil && strings.Contains(tcKinds, " "+r.kind+" "):
		a.die(1, "not modelled: qdisc %s\n", r.kind)
	case kd != nil:
		var st int
		r.opts, st = kd.parse(&tcArgs{p: c.p, kind: r.kind, dev: r.dev, w: a.w})
		return st
	case a.more():
		a.die(1, "Unknown qdisc \"%s\", hence option \"%s\" is unparsable\n", r.kind, a.cur())
	}
	return 0
}

// rootKey is the setting that holds the number of a noqueue that was asked for.
func (c *tcCmd) rootKey(d *core.Device) string {
	return fmt.Sprintf("tc.noqueue.%d.%d", d.NS.ID, d.Index)
}

// handleOf is the number of a device's root; 0: it has it by itself.
func (c *tcCmd) handleOf(d *core.Device) uint32 {
	if q, ok := d.Qdisc.(sched.Discipline); ok {
		h, _ := q.IDs()
		return h
	}
	n, _ := strconv.ParseUint(c.p.lab.settings[c.rootKey(d)], 10, 32)
	return uint32(n)
}

// auto is the next number of those that the kernel gives by itself
// (qdisc_alloc_handle).
func (c *tcCmd) auto(d *core.Device) uint32 {
	for range 0x8000 {
		n, _ := strconv.Atoi(c.p.lab.settings["tc.auto"])
		n = n%0x7ffe + 1
		c.p.lab.settings["tc.auto"] = strconv.Itoa(n)
		if h := uint32(0x8000+n) << 16; sched.Lookup(d, h) == nil {
			return h
		}
	}
	return 0
}

// A tcPlace is where a command points: a class of p, or the root; q is what is there,
// nil if it is there by itself. have says that something was asked for there (a
// noqueue is no object).
type tcPlace struct {
	p    sched.Classful
	q    sched.Discipline
	kind string
	h    uint32
}

func (l tcPlace) have() bool { return l.h != 0 }

// place finds what the command's parent names (the beginning of tc_modify_qdisc). why
// is the kernel's word if there is no such place.
func (c *tcCmd) place(d *core.Device, parent uint32, missing string) (l tcPlace, why string) {
	switch parent {
	case tcRoot:
		l.q, _ = d.Qdisc.(sched.Discipline)
		l.h, l.kind = c.handleOf(d), c.kindName(d)
		return l, ""
	default:
		p := sched.Lookup(d, parent&0xffff0000)
		if p == nil {
			return l, missing
		}
		var ok bool
		if l.p, ok = p.(sched.Classful); !ok {
			return l, "Error: Parent qdisc is not classful."
		}
		l.q, _ = l.p.Leaf(parent)
	}
	if l.q != nil {
		l.h, _ = l.q.IDs()
		l.kind = l.q.Name()
	}
	return l, ""
}

// qdiscDelete is tc_get_qdisc for RTM_DELQDISC.
func (c *tcCmd) qdiscDelete(d *core.Device, r *tcQdiscReq) int {
	if r.parent == 0 {
		if r.handle == 0 || sched.Lookup(d, r.handle) == nil {
			return c.fail("Error: Failed to find qdisc with specified handle.")
		}
		return c.fail("Error: Classid cannot be zero.")
	}
	l, why := c.place(d, r.parent, "Error: Failed to find qdisc with specified classid.")
	switch {
	case why != "":
		return c.fail("%s", why)
	case l.q == nil && r.parent != tcRoot:
		return c.fail("Error: Cannot find specified qdisc on specified device.")
	case r.handle != 0 && r.handle != l.h:
		return c.fail("Error: Invalid handle.")
	case r.kind != "" && r.kind != l.kind:
		return c.fail("Error: Invalid qdisc name: must match existing qdisc.")
	case l.h == 0:
		return c.fail("Error: Cannot delete qdisc with handle of zero.")
	}
	return c.graft(d, l.p, r.parent, nil, 0)
}

// qdiscModify is tc_modify_qdisc.
func (c *tcCmd) qdiscModify(d *core.Device, r *tcQdiscReq) int {
	if r.parent == 0 {
		if r.handle == 0 {
			return c.fail("Error: Handle cannot be zero.")
		}
		q := sched.Lookup(d, r.handle)
		if q == nil {
			return c.fail("Error: Specified qdisc not found.")
		}
		return c.change(tcPlace{q: q, kind: q.Name(), h: r.handle}, r)
	}
	l, why := c.place(d, r.parent, "Error: Failed to find specified qdisc.")
	if why != "" {
		return c.fail("%s", why)
	}
	switch {
	case r.handle != 0 && (!l.have() || l.h != r.handle):
		if l.have() && r.flags&tcReplace == 0 {
			return c.fail("Error: NLM_F_REPLACE needed to override.")
		}
		q := sched.Lookup(d, r.handle)
		if q == nil {
			return c.create(d, l, r, true)
		}
		_, parent := q.IDs()
		switch {
		case parent != r.parent:
			return c.fail("Error: Cannot move an existing qdisc to a different parent.")
		case r.flags&tcExcl != 0:
			return c.fail("Error: Exclusivity flag on, cannot override.")
		case r.kind != "" && r.kind != q.Name():
			return c.fail("Error: Invalid qdisc name: must match existing qdisc.")
		}
		return 0
	case !l.have():
		return c.create(d, l, r, true)
	case r.handle == 0 && r.kind != "" && r.kind != l.kind:
		switch r.flags {
		case tcCreate | tcReplace, tcCreate | tcExcl:
			return c.create(d, l, r, true)
		case 0:
			return c.create(d, l, r, false)
		}
	}
	return c.change(l, r)
}

// change is the middle of tc_modify_qdisc, and qdisc_change.
func (c *tcCmd) change(l tcPlace, r *tcQdiscReq) int {
	switch {
	case r.flags&tcExcl != 0:
		return c.fail("Error: Exclusivity flag on, cannot modify.")
	case r.kind != "" && r.kind != l.kind:
		return c.fail("Error: Invalid qdisc name: must match existing qdisc.")
	case r.kind == "" || r.opts == nil || l.q == nil:
		return 0
	}
	if why := r.opts.change(l.q); why != "" {
		return c.fail("%s", why)
	}
	return 0
}

// create is the end of tc_modify_qdisc: qdisc_create and qdisc_graft.
func (c *tcCmd) create(d *core.Device, l tcPlace, r *tcQdiscReq, flagged bool) int {
	if flagged && r.flags&tcCreate == 0 {
		return c.fail("Error: Qdisc not found. To create specify NLM_F_CREATE flag.")
	}
	if r.opts == nil {
		return c.fail("Error: Specified qdisc kind is unknown.")
	}
	if l.p != nil {
		if _, ok := l.p.Leaf(r.parent); !ok {
			if _, err := l.p.Graft(r.parent, nil); err == step.EOPNOTSUPP {
				return c.fail("RTNETLINK answers: Operation not supported")
			}
			return c.fail("Error: Specified class not found.")
		}
		if r.kind == "noqueue" {
			return c.fail("Error: Cannot assign noqueue to a class.")
		}
	}
	handle := r.handle
	if handle == 0 {
		handle = c.auto(d)
	}
	d.TxQueueLen = max(d.TxQueueLen, 0)
	made, why := r.opts.create(d)
	if why != "" {
		return c.fail("%s", why)
	}
	q, _ := made.(sched.Discipline)
	if q != nil {
		q.SetHandle(handle)
	}
	return c.graft(d, l.p, r.parent, q, handle)
}

// graft is qdisc_graft: q takes the place; nil is what would be there by itself.
func (c *tcCmd) graft(d *core.Device, p sched.Classful, parent uint32, q sched.Discipline, handle uint32) int {
	switch {
	case p != nil:
		_, err := p.Graft(parent, q)
		switch err {
		case 0:
		case step.ENOENT:
			return c.fail("Error: Specified class not found.")
		case step.EOPNOTSUPP:
			return c.fail("RTNETLINK answers: Operation not supported")
		default:
			return c.fail("%s", tcInvalid)
		}
	default:
		if old, ok := d.Qdisc.(sched.Discipline); ok {
			old.Reset(d.NS)
		}
		delete(c.p.lab.settings, c.rootKey(d))
		switch {
		case q != nil:
			d.Qdisc = q
		case handle != 0: // a noqueue that was asked for
			d.Qdisc = nil
			c.p.lab.settings[c.rootKey(d)] = strconv.FormatUint(uint64(handle), 10)
		default:
			d.Qdisc = c.standard(d)
		}
	}
	return 0
}
