package lab

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/sim"
)

const tcHtbUsage = `Usage: ... qdisc add ... htb [default N] [r2q N]
                      [direct_qlen P] [offload]
 default  minor id of class to which unclassified packets are sent {0}
 r2q      DRR quantums are computed as rate in Bps/r2q {10}
 debug    string of 16 numbers each 0-3 {0}

 direct_qlen  Limit of the direct queue {in packets}
 offload  enable hardware offload
... class add ... htb rate R1 [burst B1] [mpu B] [overhead O]
                      [prio P] [slot S] [pslot PS]
                      [ceil R2] [cburst B2] [mtu MTU] [quantum Q]
 rate     rate allocated to this class (class can still borrow)
 burst    max bytes burst which can be accumulated during idle period {computed}
 mpu      minimum packet size used in rate computations
 overhead per-packet size overhead used in rate computations
 linklay  adapting to a linklayer e.g. atm
 ceil     definite upper class rate (no borrows) {rate}
 cburst   burst but for ceil {computed}
 mtu      max packet size we create rate map for {1600}
 prio     priority of leaf; lower are served first {0}
 quantum  how much bytes to serve from leaf at once {use r2q}

TC HTB version 3.3`

// tcHtb is the options of htb.
type tcHtb struct{ c sched.HtbConfig }

// is is matches(): w is a beginning of the option's name.
func tcIs(w, option string) bool { return w != "" && strings.HasPrefix(option, w) }

// illegal reads a number of the base, or says that the option is wrong.
func (a *tcArgs) illegal(option string, base int, most uint64, usage string) uint32 {
	s, ok := a.value()
	if !ok {
		return 0
	}
	n, ok := tcfU(s, base, most)
	if !ok {
		a.say(1, "Illegal \"%s\"\n%s", option, usage)
	}
	return n
}

func tcParseHtb(a *tcArgs) (tcOptions, int) {
	o := &tcHtb{sched.HtbConfig{Rate2Q: 10, DirectLimit: -1}}
	a.each(func(w string) {
		switch {
		case tcIs(w, "r2q"):
			o.c.Rate2Q = int(a.illegal("r2q", 10, 1<<32-1, tcHtbUsage))
		case tcIs(w, "default"):
			o.c.Default = a.illegal("default", 16, 1<<32-1, tcHtbUsage)
		case tcIs(w, "debug"):
			a.value()
		case tcIs(w, "direct_qlen"):
			o.c.DirectLimit = int(a.illegal("direct_qlen", 10, 1<<32-1, tcHtbUsage))
		case tcIs(w, "offload"):
			a.say(1, "not modelled: tc qdisc htb offload")
		default:
			a.say(1, "What is \"%s\"?\n%s", w, tcHtbUsage)
		}
	})
	return o, a.bad
}

func (o *tcHtb) create(d *core.Device) (core.Qdisc, string) { return sched.NewHtb(d, 0, o.c), "" }

func (o *tcHtb) change(q core.Qdisc) string { return tcNoChange }

const tcNoChange = "Error: Change operation not supported by specified qdisc."

func tcShowHtb(c *tcCmd, q core.Qdisc) (string, object) {
	h := q.(*sched.Htb)
	f := h.Config()
	ver := ""
	o := object{{"r2q", f.Rate2Q}, {"default", fmt.Sprintf("%#x", f.Default)}, {"direct_packets_stat", h.Direct()}}
	if f.Default == 0 {
		o[1].value = "0"
	}
	if c.details {
		ver = " ver 3.17"
		o.add("ver", "3.17")
	}
	o.add("direct_qlen", f.DirectLimit)
	return fmt.Sprintf("r2q %d default %s direct_packets_stat %d%s direct_qlen %d", f.Rate2Q, o[1].value, h.Direct(), ver, f.DirectLimit), o
}

// tcHtbClass is the options of a class of htb.
type tcHtbClass struct{ c sched.HtbClassConfig }

// rate reads a rate, or says that it is wrong.
func (a *tcArgs) rate(option, usage string) uint64 {
	s, ok := a.value()
	if !ok {
		return 0
	}
	if strings.Contains(s, "%") {
		a.say(1, "not modelled: a rate in percent of the link's speed")
		return 0
	}
	n, ok := tcRate(s)
	if !ok {
		a.say(1, "Illegal \"%s\"\n%s", option, usage)
	}
	return n
}

// size reads a size, and a cell that stands behind it.
func (a *tcArgs) size(option, usage string) int {
	s, ok := a.value()
	if !ok {
		return 0
	}
	n, ok := tcSizeCell(s)
	if !ok {
		a.say(1, "Illegal \"%s\"\n%s", option, usage)
	}
	return n
}

func tcParseHtbClass(a *tcArgs) (*tcHtbClass, int) {
	o := &tcHtbClass{}
	c := &o.c
	mtu, burst, cburst := 1600, 0, 0
	twice := func(n uint64, what string) bool {
		if n != 0 {
			a.say(1, "Double \"%s\" spec", what)
		}
		return n != 0
	}
	a.each(func(w string) {
		switch {
		case tcIs(w, "prio"):
			c.Prio = int(a.illegal("prio", 10, 1<<32-1, tcHtbUsage))
		case tcIs(w, "mtu"):
			mtu = int(a.illegal("mtu", 10, 1<<32-1, tcHtbUsage))
		case tcIs(w, "mpu"):
			c.Rate.MPU = int(a.illegal("mpu", 10, 1<<16-1, tcHtbUsage))
		case tcIs(w, "overhead"):
			c.Rate.Overhead = int(a.illegal("overhead", 10, 1<<16-1, tcHtbUsage))
		case tcIs(w, "linklayer"):
			if s, ok := a.value(); ok && s != "ethernet" {
				a.say(1, "not modelled: tc class htb linklayer %s", s)
			}
		case tcIs(w, "quantum"):
			c.Quantum = int(a.illegal("quantum", 10, 1<<31-1, tcHtbUsage))
		case tcIs(w, "burst"), w == "buffer", w == "maxburst":
			burst = a.size(w, tcHtbUsage)
		case tcIs(w, "cburst"), w == "cbuffer", w == "cmaxburst":
			cburst = a.size(w, tcHtbUsage)
		case w == "ceil":
			if !twice(c.Ceil.Bytes, w) {
				c.Ceil.Bytes = a.rate(w, tcHtbUsage)
			}
		case w == "rate":
			if !twice(c.Rate.Bytes, w) {
				c.Rate.Bytes = a.rate(w, tcHtbUsage)
			}
		case w == "help":
			a.say(1, tcHtbUsage)
		default:
			a.say(1, "What is \"%s\"?\n%s", w, tcHtbUsage)
		}
	})
	if a.bad == 0 && c.Rate.Bytes == 0 {
		a.say(1, "\"rate\" is required.")
	}
	if a.bad != 0 {
		return nil, a.bad
	}
	o.finish(mtu, burst, cburst)
	return o, 0
}

// finish fills in what was not given: a burst that lasts for a tick of 1 ns, and one
// packet more.
func (o *tcHtbClass) finish(mtu, burst, cburst int) {
	c := &o.c
	if c.Ceil.Bytes == 0 {
		c.Ceil.Bytes = c.Rate.Bytes
	}
	if burst == 0 {
		burst = int(c.Rate.Bytes/1e9) + mtu
	}
	if cburst == 0 {
		cburst = int(c.Ceil.Bytes/1e9) + mtu
	}
	c.Ceil.MPU, c.Ceil.Overhead = c.Rate.MPU, c.Rate.Overhead
	c.Buffer, c.CBuffer = htbXmitTime(c.Rate.Bytes, burst), htbXmitTime(c.Ceil.Bytes, cburst)
}

// htbXmitTime is tc_calc_xmittime: how long so many bytes take at a rate, in whole
// ticks of 64 ns.
func htbXmitTime(rate uint64, size int) sim.Time {
	us := uint32(1e6 * (float64(size) / float64(rate)))
	return sim.Time(uint32(float64(us)*15.625)) << 6
}

// htbClass is htb_print_opt for a class.
func (c *tcCmd) htbClass(h *sched.HtbClass) string {
	var b strings.Builder
	f := &h.Config
	if h.Level == 0 {
		fmt.Fprintf(&b, "prio %d ", f.Prio)
		if c.details {
			fmt.Fprintf(&b, "quantum %d ", f.Quantum)
		}
	}
	fmt.Fprintf(&b, "rate %s ", tcBits(f.Rate.Bytes))
	if f.Rate.Overhead != 0 {
		fmt.Fprintf(&b, "overhead %d ", f.Rate.Overhead)
	}
	fmt.Fprintf(&b, "ceil %s ", tcBits(f.Ceil.Bytes))
	size := func(rate uint64, t sim.Time) string {
		return tcSize(int(float64(rate) * tcTickMicros(tcTicks(t)) / 1e6))
	}
	burst, cburst := size(f.Rate.Bytes, f.Buffer), size(f.Ceil.Bytes, f.CBuffer)
	if c.details {
		fmt.Fprintf(&b, "linklayer ethernet burst %s/1 mpu %s cburst %s/1 mpu %s level %d ", burst, tcSize(f.Rate.MPU), cburst, tcSize(f.Ceil.MPU), h.Level)
	} else {
		fmt.Fprintf(&b, "burst %s cburst %s ", burst, cburst)
	}
	return b.String()
}

// tcHtbXstats is htb_print_xstats.
func tcHtbXstats(h *sched.HtbClass) string {
	ticks := func(t sim.Time) int64 { return min(max(int64(t>>6), -1<<31), 1<<31-1) }
	return fmt.Sprintf(" lended: %d borrowed: %d giants: 0\n tokens: %d ctokens: %d\n", h.Lends, h.Borrows, ticks(h.Tokens), ticks(h.CTokens))
}
