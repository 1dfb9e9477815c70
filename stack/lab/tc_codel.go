package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
)

const tcCodelUsage = `Usage: ... codel [ limit PACKETS ] [ target TIME ]
		 [ interval TIME ] [ ecn | noecn ]
		 [ ce_threshold TIME ]`

const tcFqCodelUsage = `Usage: ... fq_codel	[ limit PACKETS ] [ flows NUMBER ]
[ memory_limit BYTES ]
[ target TIME ] [ interval TIME ]
[ quantum BYTES ] [ [no]ecn ]
[ ce_threshold TIME ]
[ ce_threshold_selector VALUE/MASK ]
[ drop_batch SIZE ]`

// tcCodel is the options of codel and fq_codel that were given, each as what it does
// to those that are there.
type tcCodel struct {
	fair  bool
	set   []func(*sched.FqCodelConfig)
	flows bool // flows was given
}

func tcParseCodel(a *tcArgs) (tcOptions, int) {
	o := &tcCodel{fair: a.kind == "fq_codel"}
	add := func(f func(*sched.FqCodelConfig)) { o.set = append(o.set, f) }
	a.each(func(w string) {
		switch w {
		case "limit":
			if n := int(tcValue(a, tcUnsigned, w)); n != 0 {
				add(func(c *sched.FqCodelConfig) { c.Limit = n })
			}
		case "target":
			if n := tcValue(a, tcTime, w); n != 0 {
				add(func(c *sched.FqCodelConfig) { c.Target = n })
			}
		case "interval":
			if n := tcValue(a, tcTime, w); n != 0 {
				add(func(c *sched.FqCodelConfig) { c.Interval = n })
			}
		case "ce_threshold":
			n := tcValue(a, tcTime, w)
			add(func(c *sched.FqCodelConfig) { c.CEThreshold = n })
		case "ecn", "noecn":
			add(func(c *sched.FqCodelConfig) { c.ECN = w == "ecn" })
		default:
			o.fairOption(a, w, add)
		}
	})
	return o, a.bad
}

// fairOption is an option of fq_codel alone.
func (o *tcCodel) fairOption(a *tcArgs, w string, add func(func(*sched.FqCodelConfig))) {
	usage := tcCodelUsage
	if o.fair {
		usage = tcFqCodelUsage
		switch w {
		case "flows":
			if n := int(tcValue(a, tcUnsigned, w)); n != 0 {
				o.flows = true
				add(func(c *sched.FqCodelConfig) { c.Flows = n })
			}
			return
		case "quantum":
			if n := int(tcValue(a, tcUnsigned, w)); n != 0 {
				add(func(c *sched.FqCodelConfig) { c.Quantum = max(256, n) })
			}
			return
		case "drop_batch":
			if n := int(tcValue(a, tcUnsigned, w)); n != 0 {
				add(func(c *sched.FqCodelConfig) { c.DropBatch = n })
			}
			return
		case "memory_limit":
			n := tcValue(a, tcBytes, w)
			add(func(c *sched.FqCodelConfig) { c.MemoryLimit = min(n, 1<<31) })
			return
		case "ce_threshold_selector":
			o.selector(a, add)
			return
		}
	}
	if w == "help" {
		a.say(1, "%s", usage)
		return
	}
	a.say(1, "What is \"%s\"?\n%s", w, usage)
}

func (o *tcCodel) selector(a *tcArgs, add func(func(*sched.FqCodelConfig))) {
	s, ok := a.value()
	if !ok {
		return
	}
	v, m, ok := strings.Cut(s, "/")
	if !ok {
		a.say(1, "Missing mask for \"ce_threshold_selector\"")
		return
	}
	mask, ok := tcfU(m, 0, 255)
	if !ok {
		a.say(1, "Illegal mask for \"ce_threshold_selector\"")
		return
	}
	sel, ok := tcfU(v, 0, 255)
	if !ok {
		a.say(1, "Illegal \"ce_threshold_selector\"")
	}
	add(func(c *sched.FqCodelConfig) { c.Selector, c.Mask = uint8(sel), uint8(mask) })
}

// tcUnsigned is get_unsigned.
func tcUnsigned(s string) (uint32, bool) { return tcfU32(s, 0) }

// apply changes a set of options, or says why the kernel refuses it.
func (o *tcCodel) apply(c *sched.FqCodelConfig) string {
	for _, f := range o.set {
		f(c)
	}
	switch {
	case c.Flows > 65536:
		return tcInvalid
	case c.Quantum > 1<<20:
		return "Error: Invalid quantum."
	}
	return ""
}

func (o *tcCodel) create(d *core.Device) (core.Qdisc, string) {
	c := sched.FqCodelDefaults(d)
	if !o.fair {
		c.CodelConfig = sched.CodelDefaults()
	}
	if why := o.apply(&c); why != "" {
		return nil, why
	}
	if o.fair {
		return sched.NewFqCodel(d, c), ""
	}
	return sched.NewCodel(d, c.CodelConfig), ""
}

func (o *tcCodel) change(q core.Qdisc) string {
	switch q := q.(type) {
	case *sched.Codel:
		c := sched.FqCodelConfig{CodelConfig: q.Config()}
		o.apply(&c)
		q.Change(c.CodelConfig)
	case *sched.FqCodel:
		if o.flows {
			return tcInvalid
		}
		c := q.Config()
		if why := o.apply(&c); why != "" {
			return why
		}
		q.Change(c)
	}
	return ""
}

// A tcText is a row of options: text and JSON side by side.
type tcText struct {
	b strings.Builder
	o object
}

func (t *tcText) add(key string, v any, f string, a ...any) {
	fmt.Fprintf(&t.b, f, a...)
	if key != "" {
		t.o.add(key, v)
	}
}

func tcShowCodel(c *tcCmd, q core.Qdisc) (string, object) {
	var t tcText
	f, fair := sched.FqCodelConfig{}, false
	switch q := q.(type) {
	case *sched.Codel:
		f.CodelConfig = q.Config()
	case *sched.FqCodel:
		f, fair = q.Config(), true
	}
	t.add("limit", f.Limit, "limit %dp ", f.Limit)
	if fair {
		t.add("flows", f.Flows, "flows %d ", f.Flows)
		t.add("quantum", f.Quantum, "quantum %d ", f.Quantum)
	}
	t.add("target", f.Target, "target %s ", tcMicros(f.Target))
	if f.CEThreshold != ^uint32(0) {
		t.add("ce_threshold", f.CEThreshold, "ce_threshold %s ", tcMicros(f.CEThreshold))
		if fair && f.Mask|f.Selector != 0 {
			t.add("ce_threshold_selector", f.Selector, "ce_threshold_selector %#x", f.Selector)
			t.add("ce_threshold_mask", f.Mask, "/%#x ", f.Mask)
		}
	}
	t.add("interval", f.Interval, "interval %s ", tcMicros(f.Interval))
	if fair {
		t.add("memory_limit", f.MemoryLimit, "memory_limit %s ", tcSize(f.MemoryLimit))
	}
	if f.ECN {
		t.add("ecn", true, "ecn ")
	}
	if fair {
		t.add("drop_batch", f.DropBatch, "drop_batch %d ", f.DropBatch)
	}
	return t.b.String(), t.o
}

// tcSigned is a time in µs that may lie in the past.
func tcSigned(us int32) string {
	if us < 0 {
		return "-" + tcMicros(uint32(-us))
	}
	return tcMicros(uint32(us))
}

func tcStatsCodel(c *tcCmd, q core.Qdisc) (string, object) {
	var t tcText
	s := q.(*sched.Codel).CodelStats()
	t.add("count", s.Count, "  count %d", s.Count)
	t.add("lastcount", s.LastCount, " lastcount %d", s.LastCount)
	t.add("ldelay", s.LDelay, " ldelay %s", tcMicros(s.LDelay))
	if s.Dropping {
		t.add("dropping", true, " dropping")
	}
	t.add("drop_next", int(s.DropNext), " drop_next %s", tcSigned(s.DropNext))
	t.add("maxpacket", s.MaxPacket, "\n  maxpacket %d", s.MaxPacket)
	t.add("ecn_mark", s.ECNMark, " ecn_mark %d", s.ECNMark)
	t.add("drop_overlimit", s.DropOverlimit, " drop_overlimit %d", s.DropOverlimit)
	if s.CEMark != 0 {
		t.add("ce_mark", s.CEMark, " ce_mark %d", s.CEMark)
	}
	return t.b.String(), t.o
}

func tcStatsFqCodel(c *tcCmd, q core.Qdisc) (string, object) {
	var t tcText
	s := q.(*sched.FqCodel).FqCodelStats()
	t.add("maxpacket", s.MaxPacket, "  maxpacket %d", s.MaxPacket)
	t.add("drop_overlimit", s.DropOverlimit, " drop_overlimit %d", s.DropOverlimit)
	t.add("new_flow_count", s.NewFlowCount, " new_flow_count %d", s.NewFlowCount)
	t.add("ecn_mark", s.ECNMark, " ecn_mark %d", s.ECNMark)
	if s.CEMark != 0 {
		t.add("ce_mark", s.CEMark, " ce_mark %d", s.CEMark)
	}
	if s.MemoryUsed != 0 {
		t.add("memory_used", s.MemoryUsed, " memory_used %d", s.MemoryUsed)
	}
	if s.DropOvermemory != 0 {
		t.add("drop_overmemory", s.DropOvermemory, " drop_overmemory %d", s.DropOvermemory)
	}
	t.add("new_flows_len", s.NewFlows, "\n  new_flows_len %d", s.NewFlows)
	t.add("old_flows_len", s.OldFlows, " old_flows_len %d", s.OldFlows)
	return t.b.String(), t.o
}

// tcFlowStats is what tc -s class shows of a flow of fq_codel.
func tcFlowStats(q *sched.FqCodel, i sched.ClassInfo) string {
	var b strings.Builder
	q.EachFlow(func(id uint32, s sched.Stats, v sched.CodelStats) {
		if id != i.ID {
			return
		}
		fmt.Fprintf(&b, " (dropped 0, overlimits 0 requeues 0) \n backlog %s %dp requeues 0\n", tcSize(s.Backlog), s.Len)
		fmt.Fprintf(&b, "  deficit %d count %d lastcount %d ldelay %s", v.Deficit, v.Count, v.LastCount, tcMicros(v.LDelay))
		if v.Dropping {
			fmt.Fprintf(&b, " dropping drop_next %s", tcSigned(v.DropNext))
		}
		b.WriteString("\n")
	})
	return b.String()
}
