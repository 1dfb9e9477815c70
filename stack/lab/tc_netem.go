package lab

import (
	"fmt"
	"math"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/sim"
)

const tcNetemUsage = `Usage: ... netem [ limit PACKETS ]
                 [ delay TIME [ JITTER [CORRELATION]]]
                 [ distribution {uniform|normal|pareto|paretonormal} ]
                 [ corrupt PERCENT [CORRELATION]]
                 [ duplicate PERCENT [CORRELATION]]
                 [ loss random PERCENT [CORRELATION]]
                 [ loss state P13 [P31 [P32 [P23 P14]]]
                 [ loss gemodel PERCENT [R [1-H [1-K]]]
                 [ ecn ]
                 [ reorder PERCENT [CORRELATION] [ gap DISTANCE ]]
                 [ rate RATE [PACKETOVERHEAD] [CELLSIZE] [CELLOVERHEAD]]
                 [ slot MIN_DELAY [MAX_DELAY] [packets MAX_PACKETS] [bytes MAX_BYTES]]
                 [ slot distribution {uniform|normal|pareto|paretonormal|custom}
                   DELAY JITTER [packets MAX_PACKETS] [bytes MAX_BYTES]]`

// tcNetem is the options of netem.
type tcNetem struct{ c sched.NetemConfig }

// chance reads a percentage, and its correlation if one follows.
func (a *tcArgs) chance(what, cor string) (c sched.NetemChance) {
	if c.P = tcValue(a, tcPercent, what); a.bad == 0 && a.has() {
		c.Cor = tcValue(a, tcPercent, cor)
	}
	return c
}

func tcParseNetem(a *tcArgs) (tcOptions, int) {
	o := &tcNetem{sched.NetemConfig{Limit: 1000}}
	c, dist := &o.c, false
	a.each(func(w string) {
		switch w {
		case "limit":
			c.Limit = tcValue(a, tcBytes, "limit")
		case "latency", "delay":
			c.Delay = sim.Time(tcValue(a, tcTime64, "latency"))
			if a.bad == 0 && a.has() {
				c.Jitter = sim.Time(tcValue(a, tcTime64, "latency"))
				if a.bad == 0 && a.has() {
					c.DelayCor = tcValue(a, tcPercent, "latency")
				}
			}
		case "loss", "drop":
			o.loss(a)
		case "ecn":
			c.ECN = true
		case "reorder":
			c.Reorder = a.chance("reorder", "reorder")
		case "corrupt":
			c.Corrupt = a.chance("corrupt", "corrupt")
		case "gap":
			c.Gap = tcValue(a, tcU32, "gap")
		case "duplicate":
			c.Duplicate = a.chance("duplicate", "duplicate")
		case "distribution":
			s, _ := a.value()
			dist = true
			switch s {
			case "", "uniform":
			case "normal", "pareto", "paretonormal", "experimental":
				a.say(1, "not modelled: netem distribution %s", s)
			default:
				a.say(1, "No distribution data for %s (/usr/lib/x86_64-linux-gnu/tc//%s.dist: No such file or directory)", s, s)
			}
		case "rate":
			c.Rate = tcValue(a, tcRate, "rate")
			if a.bad == 0 && a.has() {
				a.say(1, "not modelled: netem rate with an overhead")
			}
		case "slot":
			a.say(1, "not modelled: netem slot")
		case "help":
			a.say(1, tcNetemUsage)
		default:
			a.say(1, "What is \"%s\"?\n%s", w, tcNetemUsage)
		}
	})
	if a.bad == 0 {
		o.check(a, dist)
	}
	return o, a.bad
}

func (o *tcNetem) loss(a *tcArgs) {
	if len(a.w) > 1 && a.w[1] == "random" {
		a.w = a.w[1:]
	}
	switch {
	case len(a.w) < 2:
		a.value()
	case a.has():
		o.c.Loss = a.chance("loss percent", "loss correllation")
	case a.w[1] == "state" || a.w[1] == "gemodel":
		a.say(1, "not modelled: netem loss %s", a.w[1])
	default:
		a.say(1, "Unknown loss parameter: %s", a.w[1])
	}
}

// check says what does not go together.
func (o *tcNetem) check(a *tcArgs, dist bool) {
	c := &o.c
	switch {
	case c.Reorder.P != 0 && c.Delay == 0:
		a.say(1, "reordering not possible without specifying some delay\n%s", tcNetemUsage)
	case c.Reorder.P == 0 && c.Gap > 0:
		a.say(1, "gap specified without reorder probability\n%s", tcNetemUsage)
	case dist && (c.Delay == 0 || c.Jitter == 0):
		a.say(1, "distribution specified but no latency and jitter values\n%s", tcNetemUsage)
	case c.Reorder.P != 0 && c.Gap == 0:
		c.Gap = 1
	}
}

func (o *tcNetem) create(d *core.Device) (core.Qdisc, string) { return sched.NewNetem(d, o.c), "" }

func (o *tcNetem) change(q core.Qdisc) string {
	q.(*sched.Netem).Change(o.c)
	return ""
}

// tcPart is a part of 2^32-1 as a fraction.
func tcPart(p uint32) float64 { return float64(p) / math.MaxUint32 }

func tcShowNetem(c *tcCmd, q core.Qdisc) (string, object) {
	f := q.(*sched.Netem).Config()
	var b strings.Builder
	fmt.Fprintf(&b, "limit %d", f.Limit)
	o := object{{"limit", f.Limit}}
	num := func(v float64) any { return tcFloat(v) }
	cor := func(p uint32) member {
		if p != 0 {
			fmt.Fprintf(&b, " %s%%", tcG(100*tcPart(p), 6))
		}
		return member{"correlation", num(tcPart(p))}
	}
	if f.Delay != 0 {
		fmt.Fprintf(&b, " delay %s", tcNanos(int64(f.Delay)))
		if f.Jitter != 0 {
			fmt.Fprintf(&b, "  %s", tcNanos(int64(f.Jitter)))
		}
		o.add("delay", object{{"delay", num(float64(f.Delay) / 1e9)}, {"jitter", num(float64(f.Jitter) / 1e9)}, cor(f.DelayCor)})
	}
	chance := func(key, name string, p sched.NetemChance) {
		if p.P != 0 {
			fmt.Fprintf(&b, " %s %s%%", name, tcG(100*tcPart(p.P), 6))
			o.add(key, object{{name, num(tcPart(p.P))}, cor(p.Cor)})
		}
	}
	chance("loss-random", "loss", f.Loss)
	chance("duplicate", "duplicate", f.Duplicate)
	chance("reorder", "reorder", f.Reorder)
	chance("corrupt", "corrupt", f.Corrupt)
	if f.Rate != 0 {
		fmt.Fprintf(&b, " rate %s", tcBits(f.Rate))
		o.add("rate", object{{"rate", f.Rate}, {"packetoverhead", 0}, {"cellsize", 0}, {"celloverhead", 0}})
	}
	if f.ECN {
		b.WriteString(" ecn ")
	}
	o.add("ecn", f.ECN)
	if f.Gap != 0 {
		fmt.Fprintf(&b, " gap %d", f.Gap)
	}
	o.add("gap", f.Gap)
	return b.String(), o
}
