package lab

import (
	"fmt"
	"sort"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
)

// A tcQdiscFilter is which disciplines tc qdisc show shows.
type tcQdiscFilter struct {
	dev            *core.Device
	parent, handle uint32
	invisible      bool
}

// show is tc_qdisc_list.
func (c *tcCmd) show(w []string) int {
	var f tcQdiscFilter
	if st := tcRun(func() int { return c.showWords(&f, &tcWords{p: c.p, w: w}) }); st != 0 {
		return st
	}
	rows := []any{}
	for _, d := range c.p.host.NS.Devices {
		if d == nil || f.dev != nil && d != f.dev {
			continue
		}
		for _, r := range c.list(d) {
			if !r.shown(&f) {
				continue
			}
			if c.json {
				rows = append(rows, c.row(&r, f.dev == nil))
				continue
			}
			c.line(&r, f.dev == nil)
		}
		if f.parent != 0 && f.parent != tcIngress || f.handle != 0 && f.handle != 0xffff0000 {
			continue
		}
		if !c.json {
			c.showIngress(d, f.dev == nil)
		} else if r := c.ingressRow(d, f.dev == nil); r != nil {
			rows = append(rows, r)
		}
	}
	if c.json {
		c.p.outf("%s\n", jsonText(rows, c.pretty))
	}
	return 0
}

func (c *tcCmd) showWords(f *tcQdiscFilter, a *tcWords) int {
	once := func() {
		if f.parent != 0 {
			a.invalid("parent is already specified")
		} else if f.handle != 0 {
			a.invalid("handle is already specified")
		}
	}
	for ; a.more(); a.fwd() {
		switch {
		case a.at("dev"):
			name := a.next()
			if f.dev = c.p.linkByName(name); f.dev == nil {
				a.die(1, "Cannot find device \"%s\"\n", name)
			}
		case a.at("root"):
			once()
			f.parent = tcRoot
		case a.at("ingress"), a.at("clsact"):
			once()
			f.parent = tcIngress
		case a.is("parent"):
			once()
			id, ok := tcfClassID(a.next())
			if !ok {
				a.invalid("invalid parent ID")
			}
			f.parent = id
		case a.is("handle"):
			once()
			h, ok := tcHandle(a.next())
			if !ok {
				a.invalid("invalid handle ID")
			}
			f.handle = h
		case a.is("help"):
			a.die(255, "%s", tcQdiscUsage)
		case a.at("invisible"):
			f.invisible = true
		default:
			a.die(255, "What is \"%s\"? Try \"tc qdisc help\".\n", a.cur())
		}
	}
	return 0
}

// A tcRow is a discipline as the kernel lists it; q is nil for noqueue and noop.
type tcRow struct {
	d              *core.Device
	q              sched.Discipline
	kind           string
	handle, parent uint32
	refs           int
	listed         bool
}

func (r *tcRow) shown(f *tcQdiscFilter) bool {
	return (f.handle == 0 || f.handle == r.handle) && (f.parent == 0 || f.parent == r.parent) && (r.listed || f.invisible)
}

// list is tc_dump_qdisc for a device: the root, and the disciplines below it in the
// order of the kernel's table.
func (c *tcCmd) list(d *core.Device) []tcRow {
	root := tcRow{d: d, kind: c.kindName(d), handle: c.handleOf(d), parent: tcRoot, refs: c.refs(d), listed: true}
	if root.kind == "noop" { // TCQ_F_BUILTIN
		return nil
	}
	root.q, _ = d.Qdisc.(sched.Discipline)
	rows := []tcRow{root}
	if root.q != nil {
		rows = append(rows, c.below(d, root.q)...)
	}
	return rows
}

// below are the disciplines below q.
func (c *tcCmd) below(d *core.Device, q sched.Discipline) (rows []tcRow) {
	for _, o := range tcTree(q) {
		h, p := o.IDs()
		if o != q {
			rows = append(rows, tcRow{d: d, q: o, kind: o.Name(), handle: h, parent: p, refs: 1, listed: o.Listed()})
		}
	}
	return rows
}

// tcTree is q and all that hangs below it: what is below in the order of
// net_device.qdisc_hash.
func tcTree(q sched.Discipline) []sched.Discipline {
	all := []sched.Discipline{}
	var walk func(q sched.Discipline)
	walk = func(q sched.Discipline) {
		if p, ok := q.(sched.Classful); ok {
			p.EachClass(func(i sched.ClassInfo) {
				if i.Leaf != nil && i.Leaf.Name() != "noop" {
					all = append(all, i.Leaf)
					walk(i.Leaf)
				}
			})
		}
	}
	walk(q)
	bucket := func(q sched.Discipline) uint32 {
		h, _ := q.IDs()
		return h * 0x61C88647 >> 28 // hash_min(handle, 4)
	}
	sort.SliceStable(all, func(i, j int) bool {
		if a, b := bucket(all[i]), bucket(all[j]); a != b {
			return a < b
		}
		return all[i].ID() > all[j].ID()
	})
	return append([]sched.Discipline{q}, all...)
}

// kindName is what the device's discipline is called.
func (c *tcCmd) kindName(d *core.Device) string {
	switch {
	case !d.Up() && !d.EverUp && c.handleOf(d) == 0:
		return "noop"
	case d.Qdisc != nil:
		return d.Qdisc.Name()
	}
	return "noqueue"
}

// refs is how many hold the root: the device, and each of its queues. The noqueue
// that every virtual device begins with is there once for all, and mq hangs on no
// queue itself.
func (c *tcCmd) refs(d *core.Device) int {
	if _, ok := d.Qdisc.(core.MultiQueue); ok {
		return 1
	}
	if d.Qdisc == nil && c.handleOf(d) == 0 {
		return 2
	}
	return max(1, d.NumTxQueues) + 1
}

// tcID is print_tc_classid.
func tcID(id uint32) string {
	switch {
	case id == tcRoot:
		return "root"
	case id == 0:
		return "none"
	case id>>16 == 0:
		return fmt.Sprintf(":%x", id)
	case id&0xffff == 0:
		return fmt.Sprintf("%x:", id>>16)
	}
	return fmt.Sprintf("%x:%x", id>>16, id&0xffff)
}

// describe is the options of a discipline, as text and for JSON.
func (c *tcCmd) describe(r *tcRow) (string, object) {
	if r.q == nil {
		return "", nil
	}
	k := tcKindOf(r.q.Name())
	if k == nil || k.show == nil {
		return "", nil
	}
	return k.show(c, r.q)
}

// extra is what a discipline has to say with -s.
func (c *tcCmd) extra(r *tcRow) (string, object) {
	if r.q != nil {
		if k := tcKindOf(r.q.Name()); k != nil && k.stats != nil {
			return k.stats(c, r.q)
		}
	}
	return "", nil
}

// counts are the discipline's counters.
func (r *tcRow) counts() (s sched.Stats) {
	if r.q != nil {
		s = r.q.Stats()
	}
	return s
}

func (c *tcCmd) line(r *tcRow, name bool) {
	opts, _ := c.describe(r)
	text := fmt.Sprintf("qdisc %s %x: ", r.kind, r.handle>>16)
	if name {
		text += "dev " + r.d.Name + " "
	}
	if r.parent == tcRoot {
		text += "root "
	} else {
		text += "parent " + tcID(r.parent) + " "
	}
	if r.refs != 1 {
		text += fmt.Sprintf("refcnt %d ", r.refs)
	}
	c.p.outf("%s%s\n", text, opts)
	if c.stats {
		c.p.out(tcStats(r.counts()))
		if more, _ := c.extra(r); more != "" {
			c.p.outf("%s\n", more)
		}
	}
}

// tcStats is print_tcstats2_attr.
func tcStats(s sched.Stats) string {
	return fmt.Sprintf(" Sent %d bytes %d pkt (dropped %d, overlimits %d requeues %d) \n backlog %s %dp requeues %d\n",
		s.Bytes, s.Packets, s.Drops, s.Overlimits, s.Requeues, tcSize(s.Backlog), s.Len, s.Requeues)
}

// row is a discipline as tc -j prints it.
func (c *tcCmd) row(r *tcRow, name bool) object {
	_, opts := c.describe(r)
	o := object{{"kind", r.kind}, {"handle", fmt.Sprintf("%x:", r.handle>>16)}}
	if name {
		o.add("dev", r.d.Name)
	}
	if r.parent == tcRoot {
		o.add("root", true)
	} else {
		o.add("parent", tcID(r.parent))
	}
	if r.refs != 1 {
		o.add("refcnt", r.refs)
	}
	if opts == nil {
		opts = object{}
	}
	o.add("options", opts)
	if c.stats {
		s := r.counts()
		o = append(o, member{"bytes", s.Bytes}, member{"packets", s.Packets}, member{"drops", s.Drops}, member{"overlimits", s.Overlimits},
			member{"requeues", s.Requeues}, member{"backlog", s.Backlog}, member{"qlen", s.Len})
		_, more := c.extra(r)
		o = append(o, more...)
	}
	return o
}
