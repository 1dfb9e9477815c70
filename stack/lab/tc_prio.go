package lab

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
)

const tcPrioUsage = "Usage: ... prio bands NUMBER priomap P1 P2...[multiqueue]"

// tcPrio is the options of prio.
type tcPrio struct{ c sched.PrioConfig }

func tcParsePrio(a *tcArgs) (tcOptions, int) {
	o := &tcPrio{sched.PrioDefaults()}
	mapping, n := false, 0
	a.each(func(w string) {
		switch w {
		case "bands":
			if mapping {
				a.p.errf("%s\n", tcPrioUsage)
			}
			if s, ok := a.value(); ok {
				if o.c.Bands, ok = tcfInt(s); !ok {
					a.say(1, "Illegal \"bands\"")
				}
			}
		case "priomap":
			if mapping {
				a.say(1, "Error: duplicate priomap")
			}
			mapping = true
		case "multiqueue":
			a.say(1, "not modelled: tc qdisc prio multiqueue")
		case "help":
			a.say(1, tcPrioUsage)
		default:
			if !mapping {
				a.say(1, "What is \"%s\"?\n%s", w, tcPrioUsage)
				return
			}
			band, ok := tcfU32(w, 10)
			switch {
			case !ok:
				a.say(1, "Illegal \"priomap\" element")
			case int(band) >= o.c.Bands:
				a.say(1, "\"priomap\" element is out of bands")
			case n >= len(o.c.Priomap):
				a.say(1, "\"priomap\" index > TC_PRIO_MAX=15")
			default:
				o.c.Priomap[n] = uint8(band)
				n++
			}
		}
	})
	return o, a.bad
}

func (o *tcPrio) create(d *core.Device) (core.Qdisc, string) {
	q, err := sched.NewPrio(d, 0, o.c)
	if err != 0 {
		return nil, tcInvalid
	}
	return q, ""
}

func (o *tcPrio) change(q core.Qdisc) string {
	if q.(*sched.Prio).Change(o.c) != 0 {
		return tcInvalid
	}
	return ""
}

func tcShowPrio(c *tcCmd, q core.Qdisc) (string, object) {
	f := q.(*sched.Prio).Config()
	var l []int
	var m []any
	for _, n := range f.Priomap {
		l, m = append(l, int(n)), append(m, int(n))
	}
	return fmt.Sprintf("bands %d priomap%s", f.Bands, tcInts(l)), object{{"bands", f.Bands}, {"priomap", m}, {"multiqueue", false}}
}

// tcMq is mq, which has no options.
type tcMq struct{ c *tcCmd }

func tcParseMq(a *tcArgs) (tcOptions, int) {
	if len(a.w) > 0 {
		a.say(1, "Unknown qdisc \"mq\", hence option \"%s\" is unparsable", a.w[0])
	}
	return tcMq{&tcCmd{p: a.p}}, a.bad
}

func (o tcMq) create(d *core.Device) (core.Qdisc, string) {
	q, err := sched.NewMq(d, 0, o.c.dflt)
	if err != 0 {
		return nil, "RTNETLINK answers: Operation not supported"
	}
	return q, ""
}

func (o tcMq) change(q core.Qdisc) string { return "" }
