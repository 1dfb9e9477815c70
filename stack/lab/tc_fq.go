package lab

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/sim"
)

const tcFqUsage = `Usage: ... fq	[ limit PACKETS ] [ flow_limit PACKETS ]
		[ quantum BYTES ] [ initial_quantum BYTES ]
		[ maxrate RATE  ] [ buckets NUMBER ]
		[ [no]pacing ] [ refill_delay TIME ]
		[ low_rate_threshold RATE ]
		[ orphan_mask MASK]
		[ timer_slack TIME]
		[ ce_threshold TIME ]
		[ horizon TIME ]
		[ horizon_{cap|drop} ]`

// tcFq is the options of fq that were given, each as what it does to those that
// are there.
type tcFq []func(*sched.FqConfig)

func tcParseFq(a *tcArgs) (tcOptions, int) {
	var o tcFq
	add := func(f func(*sched.FqConfig)) { o = append(o, f) }
	a.each(func(w string) {
		switch w {
		case "limit":
			n := tcValue(a, tcU32, "limit")
			add(func(c *sched.FqConfig) { c.Limit = int(n) })
		case "flow_limit":
			n := tcValue(a, tcU32, "flow_limit")
			add(func(c *sched.FqConfig) { c.FlowLimit = int(n) })
		case "buckets":
			n := tcValue(a, tcU32, "buckets")
			if n == 0 || n > 1<<18 {
				n = 1 << 19 // the kernel refuses it
			}
			add(func(c *sched.FqConfig) { c.BucketsLog = uint(bits.Len32(n)) - 1 })
		case "maxrate":
			n := tcValue(a, tcRate, "maxrate")
			add(func(c *sched.FqConfig) { c.MaxRate = n })
		case "low_rate_threshold":
			n := tcValue(a, tcRate, "low_rate_threshold")
			add(func(c *sched.FqConfig) { c.LowRate = n })
		case "quantum":
			n := tcValue(a, tcBytes, "quantum")
			add(func(c *sched.FqConfig) { c.Quantum = n })
		case "initial_quantum":
			n := tcValue(a, tcBytes, "initial_quantum")
			add(func(c *sched.FqConfig) { c.InitialQuantum = n })
		case "orphan_mask":
			n := tcValue(a, tcU32, "mask")
			add(func(c *sched.FqConfig) { c.OrphanMask = n })
		case "refill_delay":
			n := tcValue(a, tcTime, "refill_delay")
			add(func(c *sched.FqConfig) { c.RefillDelay = sim.Time(n) * sim.Microsecond })
		case "ce_threshold":
			n := tcValue(a, tcTime, "ce_threshold")
			add(func(c *sched.FqConfig) { c.CEThreshold = sim.Time(n) * sim.Microsecond })
		case "horizon":
			n := tcValue(a, tcTime, "horizon")
			add(func(c *sched.FqConfig) { c.Horizon = sim.Time(n) * sim.Microsecond })
		case "timer_slack":
			n := tcValue(a, tcTime64, "timer_slack")
			add(func(c *sched.FqConfig) { c.TimerSlack = sim.Time(n) })
		case "pacing", "nopacing":
			add(func(c *sched.FqConfig) { c.Pacing = w == "pacing" })
		case "horizon_drop", "horizon_cap":
			add(func(c *sched.FqConfig) { c.HorizonDrop = w == "horizon_drop" })
		case "defrate":
			a.say(1, "not modelled: tc qdisc fq %s", w)
		case "help":
			a.say(1, tcFqUsage)
		default:
			a.say(1, "What is \"%s\"?\n%s", w, tcFqUsage)
		}
	})
	return o, a.bad
}

// apply changes a set of options, or says why the kernel refuses it.
func (o tcFq) apply(c *sched.FqConfig) string {
	for _, f := range o {
		f(c)
	}
	switch {
	case c.Quantum == 0 || c.Quantum > 1<<20:
		return "Error: invalid quantum."
	case c.InitialQuantum > 1<<20:
		return "Error: integer out of range."
	case c.BucketsLog > 18:
		return tcInvalid
	}
	return ""
}

func (o tcFq) create(d *core.Device) (core.Qdisc, string) {
	c := sched.FqDefaults(d)
	if refused := o.apply(&c); refused != "" {
		return nil, refused
	}
	return sched.NewFq(d, c), ""
}

func (o tcFq) change(q core.Qdisc) string {
	f := q.(*sched.Fq)
	c := f.Config()
	if refused := o.apply(&c); refused != "" {
		return refused
	}
	f.Change(c)
	return ""
}

func tcShowFq(c *tcCmd, q core.Qdisc) (string, object) {
	f := q.(*sched.Fq).Config()
	var b strings.Builder
	fmt.Fprintf(&b, "limit %dp flow_limit %dp buckets %d orphan_mask %d ", f.Limit, f.FlowLimit, 1<<f.BucketsLog, f.OrphanMask)
	o := object{{"limit", f.Limit}, {"flow_limit", f.FlowLimit}, {"buckets", 1 << f.BucketsLog}, {"orphan_mask", f.OrphanMask}}
	if !f.Pacing {
		b.WriteString("nopacing ")
		o.add("pacing", false)
	}
	fmt.Fprintf(&b, "quantum %s initial_quantum %s ", tcSize(f.Quantum), tcSize(f.InitialQuantum))
	o = append(o, member{"quantum", f.Quantum}, member{"initial_quantum", f.InitialQuantum})
	if f.MaxRate != ^uint64(0) {
		fmt.Fprintf(&b, "maxrate %s ", tcBits(f.MaxRate))
		o.add("maxrate", f.MaxRate)
	}
	if f.LowRate != 0 {
		fmt.Fprintf(&b, "low_rate_threshold %s ", tcBits(f.LowRate))
		o.add("low_rate_threshold", f.LowRate)
	}
	micros := func(name string, t sim.Time) {
		us := uint32(t / sim.Microsecond)
		fmt.Fprintf(&b, "%s %s ", name, tcMicros(us))
		o.add(name, us)
	}
	micros("refill_delay", f.RefillDelay)
	if f.CEThreshold != sched.Never {
		micros("ce_threshold", f.CEThreshold)
	}
	fmt.Fprintf(&b, "timer_slack %s ", tcNanos(int64(f.TimerSlack)))
	o.add("timer_slack", int64(f.TimerSlack))
	micros("horizon", f.Horizon)
	word := "horizon_cap"
	if f.HorizonDrop {
		word = "horizon_drop"
	}
	b.WriteString(word + " ")
	o.add(word, nil)
	return b.String(), o
}

func tcStatsFq(c *tcCmd, q core.Qdisc) (string, object) {
	s := q.(*sched.Fq).FqStats()
	var b strings.Builder
	fmt.Fprintf(&b, "  flows %d (inactive %d throttled %d)", s.Flows, s.Inactive, s.Throttled)
	o := object{{"flows", s.Flows}, {"inactive", s.Inactive}, {"throttled", s.Throttled}}
	if s.NextDelayed > 0 {
		fmt.Fprintf(&b, " next_packet_delay %s", tcNanos(int64(s.NextDelayed)))
		o.add("next_packet_delay", int64(s.NextDelayed))
	}
	fmt.Fprintf(&b, "\n  gc %d highprio 0 throttled %d", s.GC, s.ThrottledTimes)
	o = append(o, member{"gc", s.GC}, member{"highprio", 0}, member{"throttled", s.ThrottledTimes})
	if s.UnthrottleLatency != 0 {
		fmt.Fprintf(&b, " latency %s", tcNanos(int64(s.UnthrottleLatency)))
		o.add("latency", int64(s.UnthrottleLatency))
	}
	if s.CEMark != 0 {
		fmt.Fprintf(&b, " ce_mark %d", s.CEMark)
		o.add("ce_mark", s.CEMark)
	}
	if s.FlowLimit != 0 {
		fmt.Fprintf(&b, " flows_plimit %d", s.FlowLimit)
		o.add("flows_plimit", s.FlowLimit)
	}
	if s.TooLong|s.HorizonDrops|s.HorizonCaps != 0 {
		b.WriteString("\n")
		for _, x := range []struct {
			text, key string
			n         uint64
		}{{"too long pkts", "pkts_too_long", s.TooLong}, {"horizon_drops", "horizon_drops", s.HorizonDrops}, {"horizon_caps", "horizon_caps", s.HorizonCaps}} {
			if x.n != 0 {
				fmt.Fprintf(&b, "  %s %d", x.text, x.n)
				o.add(x.key, x.n)
			}
		}
	}
	return b.String(), o
}
