package lab

import (
	"math"
	"strconv"

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
type tcNetem struct {
	c    sched.NetemConfig
	dist bool // a distribution was named
	lost bool // and a model of losses
}

// percent takes a probability.
func (a *tcArgs) percent(what string) uint32 { return tcValue(a, tcPercent, what) }

// maybe takes one if a number follows.
func (a *tcArgs) maybe(p *uint32, what string) bool {
	if a.bad != 0 || !a.has() {
		return false
	}
	*p = a.percent(what)
	return a.bad == 0
}

// chance reads a percentage, and its correlation if one follows.
func (o *tcNetem) chance(a *tcArgs, c *sched.NetemChance, what, cor string) {
	c.P = a.percent(what)
	if a.maybe(&c.Cor, cor) && what != "duplicate" {
		o.c.Has |= sched.NetemHasCor
	}
}

func tcParseNetem(a *tcArgs) (tcOptions, int) {
	o := &tcNetem{c: sched.NetemConfig{Limit: 1000}}
	a.each(func(w string) { o.option(a, w) })
	if a.bad == 0 {
		o.check(a)
	}
	return o, a.bad
}

func (o *tcNetem) option(a *tcArgs, w string) {
	c := &o.c
	switch {
	case tcIs(w, "limit"):
		c.Limit = tcValue(a, tcBytes, "limit")
	case tcIs(w, "latency"), tcIs(w, "delay"):
		c.Delay = sim.Time(tcValue(a, tcTime64, "latency"))
		if a.bad == 0 && a.has() {
			c.Jitter = sim.Time(tcValue(a, tcTime64, "latency"))
			if a.maybe(&c.DelayCor, "latency") {
				c.Has |= sched.NetemHasCor
			}
		}
	case tcIs(w, "loss"), tcIs(w, "drop"):
		o.loss(a)
	case tcIs(w, "ecn"):
		c.ECN = true
		c.Has |= sched.NetemHasECN
	case tcIs(w, "reorder"):
		o.chance(a, &c.Reorder, "reorder", "reorder")
		c.Has |= sched.NetemHasReorder
	case tcIs(w, "corrupt"):
		o.chance(a, &c.Corrupt, "corrupt", "corrupt")
		c.Has |= sched.NetemHasCorrupt
	case tcIs(w, "gap"):
		c.Gap = tcValue(a, tcU32, "gap")
	case tcIs(w, "duplicate"):
		o.chance(a, &c.Duplicate, "duplicate", "duplicate")
	case tcIs(w, "distribution"):
		c.Dist = a.distribution()
		o.dist = true
	case tcIs(w, "rate"):
		o.rate(a)
	case tcIs(w, "slot"):
		o.slot(a)
	case w == "seed": // iproute2 6.6
		c.Seed = tcValue(a, func(s string) (uint64, bool) {
			n, err := strconv.ParseUint(s, 0, 64)
			return n, err == nil
		}, "seed")
		c.Has |= sched.NetemHasSeed
	case w == "help":
		a.say(1, tcNetemUsage)
	default:
		a.say(1, "What is \"%s\"?\n%s", w, tcNetemUsage)
	}
}

// signed reports that a number follows, maybe with a sign.
func (a *tcArgs) signed() bool {
	return a.has() || len(a.w) > 1 && len(a.w[1]) > 1 && (a.w[1][0] == '-' || a.w[1][0] == '+') && a.w[1][1] >= '0' && a.w[1][1] <= '9'
}

func tcSigned32(s string) (int, bool) {
	n, err := strconv.ParseInt(s, 0, 32)
	return int(n), err == nil
}

// rate is a rate, with what each packet and cell costs besides.
func (o *tcNetem) rate(a *tcArgs) {
	c := &o.c
	c.Has |= sched.NetemHasRate
	c.Rate = tcValue(a, tcRate, "rate")
	if a.bad == 0 && a.signed() {
		c.Overhead = tcValue(a, tcSigned32, "rate")
	}
	if a.bad == 0 && a.has() {
		c.CellSize = int(tcValue(a, tcU32, "rate"))
	}
	if a.bad == 0 && a.signed() {
		c.CellOverhead = tcValue(a, tcSigned32, "rate")
	}
}

// loss is random, or one of two models.
func (o *tcNetem) loss(a *tcArgs) {
	c := &o.c
	if c.Loss.P > 0 || o.lost {
		a.say(1, "Illegal \"duplicate loss argument\n\"")
		return
	}
	if a.has() {
		o.chance(a, &c.Loss, "loss percent", "loss correlation")
		return
	}
	kind, ok := a.value()
	if !ok {
		return
	}
	m := &c.Model
	most := uint32(math.MaxUint32)
	switch kind {
	case "random":
		o.chance(a, &c.Loss, "loss percent", "loss correlation")
	case "state":
		c.LossModel, o.lost = sched.NetemLossState, true
		m[0] = a.percent("loss p13")
		m[1], m[4] = most-m[0], most
		_ = a.maybe(&m[1], "loss p31") && a.maybe(&m[2], "loss p32") && a.maybe(&m[4], "loss p23") && a.maybe(&m[3], "loss p14")
	case "gemodel":
		c.LossModel, o.lost = sched.NetemLossGE, true
		m[0] = a.percent("loss gemodel p")
		m[1] = most - m[0]
		if a.maybe(&m[1], "loss gemodel r") && a.maybe(&m[2], "loss gemodel h") {
			m[2] = most - m[2]
			a.maybe(&m[3], "loss gemodel k")
		}
	default:
		a.say(1, "Unknown loss parameter: %s", kind)
	}
}

// slot says how packets leave in groups.
func (o *tcNetem) slot(a *tcArgs) {
	s := &o.c.Slot
	o.c.Has |= sched.NetemHasSlot
	if a.has() {
		s.Min = sim.Time(tcValue(a, tcTime64, "slot min_delay"))
		s.Max = s.Min
		if a.bad == 0 && a.has() {
			if s.Max = sim.Time(tcValue(a, tcTime64, "slot max_delay")); s.Max < s.Min && a.bad == 0 {
				a.say(1, "Illegal \"slot max_delay\"")
			}
		}
	} else if word, ok := a.value(); ok && word == "distribution" {
		s.Dist = a.distribution()
		if a.bad == 0 {
			s.Delay = sim.Time(tcValue(a, tcTime64, "slot delay"))
		}
		if a.bad == 0 {
			if s.Jitter = sim.Time(tcValue(a, tcTime64, "slot jitter")); s.Jitter <= 0 && a.bad == 0 {
				a.say(1, "Non-positive jitter")
			}
		}
	} else if ok {
		a.say(1, "Unknown slot parameter: %s", word)
	}
	follows := func(option string) bool { return a.bad == 0 && len(a.w) > 1 && tcIs(a.w[1], option) }
	if follows("packets") {
		a.w = a.w[1:]
		s.Packets = tcValue(a, tcSigned32, "slot packets")
	}
	if follows("bytes") {
		a.w = a.w[1:]
		s.Bytes = tcValue(a, tcBytes, "slot bytes")
	}
}

// check says what does not go together.
func (o *tcNetem) check(a *tcArgs) {
	c := &o.c
	switch {
	case c.Reorder.P != 0 && c.Delay == 0:
		a.say(1, "reordering not possible without specifying some delay\n%s", tcNetemUsage)
	case c.Reorder.P == 0 && c.Gap > 0:
		a.say(1, "gap specified without reorder probability\n%s", tcNetemUsage)
	case c.ECN && c.Loss.P == 0 && !o.lost:
		a.say(1, "ecn requested without loss model\n%s", tcNetemUsage)
	case o.dist && (c.Delay == 0 || c.Jitter == 0):
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

// percent prints a probability: in the text as a percentage, in JSON as a fraction.
func (t *tcText) percent(key, text string, p uint32) {
	t.add(key, tcFloat(tcPart(p)), "%s %s%%", text, tcG(100*tcPart(p), 6))
}

// cor prints a correlation if there is one.
func (t *tcText) cor(p uint32) {
	if p != 0 {
		t.b.WriteString(" " + tcG(100*tcPart(p), 6) + "%")
	}
	t.o.add("correlation", tcFloat(tcPart(p)))
}

// group puts what f adds into an object of its own.
func (t *tcText) group(key string, f func(in *tcText)) {
	var in tcText
	f(&in)
	t.b.WriteString(in.b.String())
	t.o.add(key, in.o)
}

func tcShowNetem(c *tcCmd, q core.Qdisc) (string, object) {
	f := q.(*sched.Netem).Config()
	var t tcText
	t.add("limit", f.Limit, "limit %d", f.Limit)
	if f.Delay != 0 {
		t.group("delay", func(in *tcText) {
			in.add("delay", tcFloat(float64(f.Delay)/1e9), " delay %s", tcNanos(int64(f.Delay)))
			in.o.add("jitter", tcFloat(float64(f.Jitter)/1e9))
			if f.Jitter != 0 {
				in.b.WriteString("  " + tcNanos(int64(f.Jitter)))
				in.cor(f.DelayCor)
			} else {
				in.o.add("correlation", tcFloat(tcPart(f.DelayCor)))
			}
		})
	}
	chance := func(key, name string, p sched.NetemChance) {
		if p.P != 0 {
			t.group(key, func(in *tcText) {
				in.percent(name, " "+name, p.P)
				in.cor(p.Cor)
			})
		}
	}
	chance("loss-random", "loss", f.Loss)
	tcShowLoss(&t, &f)
	chance("duplicate", "duplicate", f.Duplicate)
	chance("reorder", "reorder", f.Reorder)
	chance("corrupt", "corrupt", f.Corrupt)
	tcShowNetemRate(&t, &f)
	tcShowSlot(&t, &f.Slot, f.Has)
	t.o.add("ecn", f.ECN)
	if f.ECN {
		t.b.WriteString(" ecn ")
	}
	t.o.add("gap", f.Gap)
	if f.Gap != 0 {
		t.b.WriteString(" gap " + strconv.Itoa(int(f.Gap)))
	}
	if f.Has&sched.NetemHasSeed != 0 {
		t.add("seed", f.Seed, " seed %d", f.Seed)
	}
	return t.b.String(), t.o
}

// tcShowLoss prints the model of losses.
func tcShowLoss(t *tcText, f *sched.NetemConfig) {
	m := &f.Model
	switch f.LossModel {
	case sched.NetemLossState:
		t.group("loss-state", func(in *tcText) {
			in.percent("p13", " loss state p13", m[0])
			in.percent("p31", " p31", m[1])
			in.percent("p32", " p32", m[2])
			in.percent("p23", " p23", m[4])
			in.percent("p14", " p14", m[3])
		})
	case sched.NetemLossGE:
		t.group("loss-gemodel", func(in *tcText) {
			in.percent("p", " loss gemodel p", m[0])
			in.percent("r", " r", m[1])
			in.percent("1-h", " 1-h", math.MaxUint32-m[2])
			in.percent("1-k", " 1-k", m[3])
		})
	}
}

func tcShowNetemRate(t *tcText, f *sched.NetemConfig) {
	if f.Rate == 0 {
		return
	}
	t.group("rate", func(in *tcText) {
		in.add("rate", f.Rate, " rate %s", tcBits(f.Rate))
		more := func(key string, n int) {
			in.o.add(key, n)
			if n != 0 {
				in.b.WriteString(" " + key + " " + strconv.Itoa(n))
			}
		}
		more("packetoverhead", f.Overhead)
		more("cellsize", f.CellSize)
		more("celloverhead", f.CellOverhead)
	})
}

func tcShowSlot(t *tcText, s *sched.NetemSlot, has uint32) {
	if has&sched.NetemHasSlot == 0 || s.Min|s.Max|s.Jitter == 0 {
		return
	}
	t.group("slot", func(in *tcText) {
		span := func(key, text string, v sim.Time) {
			in.add(key, tcFloat(float64(v)/1e9), "%s %s", text, tcNanos(int64(v)))
		}
		if s.Jitter > 0 {
			span("distribution", " slot distribution", s.Delay)
			span("jitter", "", s.Jitter)
		} else {
			span("min-delay", " slot", s.Min)
			span("max-delay", "", s.Max)
		}
		more := func(key string, n int) {
			in.o.add(key, n)
			if n != 0 {
				in.b.WriteString(" " + key + " " + strconv.Itoa(n))
			}
		}
		more("packets", s.Packets)
		more("bytes", s.Bytes)
	})
}
