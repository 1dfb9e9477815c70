package lab

import (
	"math"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// The action police (iproute2, tc/m_police.c).

const tcPoliceUsage = `Usage: ... police [ rate BPS burst BYTES[/BYTES] ] 
		[ pkts_rate RATE pkts_burst PACKETS ] [ mtu BYTES[/BYTES] ]
		[ peakrate BPS ] [ avrate BPS ] [ overhead BYTES ]
		[ linklayer TYPE ] [ CONTROL ]
Where: CONTROL := conform-exceed <EXCEEDACT>[/NOTEXCEEDACT]
		  Define how to handle packets which exceed (<EXCEEDACT>)
		  or conform (<NOTEXCEEDACT>) the configured bandwidth limit.
       EXCEEDACT/NOTEXCEEDACT := { pipe | ok | reclassify | drop | continue |
				   goto chain <CHAIN_INDEX> }
`

// A tcPolice is a policer while it is read.
type tcPolice struct {
	p                        *sched.PoliceParams
	burst, mtu               int
	some, rate, peak         bool
	pktBurst                 uint64
	index, control, mtuGiven bool
}

// tcParsePolice is act_parse_police.
func tcParsePolice(c *tcCmd, a *tcWords, s *sched.ActSpec) bool {
	a.next()
	return tcPoliceWords(a, s)
}

func tcPoliceWords(a *tcWords, s *sched.ActSpec) bool {
	x := &tcPolice{p: &sched.PoliceParams{}}
	s.Params, s.Control = x.p, sched.TCActReclassify
	for a.more() {
		stop, ok := x.word(a, s)
		if !ok {
			return false
		}
		if stop {
			break
		}
		x.some = true
	}
	if !x.some {
		return false
	}
	return x.finish(a, s)
}

// size reads a size with an optional cell behind it (get_size_and_cell).
func (x *tcPolice) size(a *tcWords, have bool, what, bad string) int {
	v := a.next()
	if have {
		a.twice(what)
	}
	n, ok := tcSizeCell(v)
	if !ok {
		a.invalid(bad)
	}
	return n
}

// word reads one option; stop says that it is none.
func (x *tcPolice) word(a *tcWords, s *sched.ActSpec) (stop, ok bool) {
	p := x.p
	rate := func(what string, have bool) uint64 {
		v := a.next()
		if have {
			a.twice(what)
		}
		n, ok := tcRate(v)
		if !ok {
			a.invalid(what)
		}
		return n
	}
	switch {
	case a.is("index"):
		n, ok := tcfU32(a.next(), 10)
		if !ok {
			a.invalid("index")
		}
		s.Index = n
	case a.is("burst"), a.at("buffer"), a.at("maxburst"):
		x.burst = x.size(a, x.burst != 0, "buffer/burst", "buffer")
	case a.at("mtu"), a.at("minburst"):
		x.mtu = x.size(a, x.mtu != 0, "mtu/minburst", "mtu")
	case a.at("mpu"):
		n, ok := tcBytes(a.next())
		if !ok {
			a.invalid("mpu")
		}
		p.Rate.MPU, p.Peak.MPU = n, n
	case a.at("rate"):
		p.Rate.Bytes = rate("rate", x.rate)
		x.rate = p.Rate.Bytes != 0
	case a.at("avrate"):
		a.die(1, "not modelled: police avrate\n")
	case a.is("peakrate"):
		p.Peak.Bytes = rate("peakrate", x.peak)
		x.peak = p.Peak.Bytes != 0
	case a.is("reclassify"), a.is("drop"), a.is("shot"), a.is("continue"), a.is("pass"), a.is("ok"), a.is("pipe"), a.is("goto"):
		var good bool
		s.Control, good = a.control(false, false)
		return false, good
	case a.at("conform-exceed"):
		a.next()
		return false, x.conformExceed(a, s)
	case a.is("overhead"):
		n, ok := tcfU(a.next(), 10, 0xffff)
		if !ok {
			a.invalid("overhead")
		}
		p.Rate.Overhead, p.Peak.Overhead = int(n), int(n)
	case a.is("linklayer"):
		switch v := a.next(); {
		case strings.HasPrefix("ethernet", v):
		case strings.HasPrefix("atm", v), strings.HasPrefix("adsl", v):
			a.die(1, "not modelled: police linklayer %s\n", v)
		default:
			a.invalid("linklayer")
		}
	case a.is("pkts_rate"):
		n, ok := cNumber(a.next(), 10)
		if !ok {
			a.invalid("pkts_rate")
		}
		p.PktRate = n
	case a.is("pkts_burst"):
		n, ok := cNumber(a.next(), 10)
		if !ok {
			a.invalid("pkts_burst")
		}
		x.pktBurst = n
	case a.at("help"):
		a.die(255, "%s", tcPoliceUsage)
	default:
		return true, true
	}
	a.fwd()
	return false, true
}

// conformExceed is parse_action_control_slash.
func (x *tcPolice) conformExceed(a *tcWords, s *sched.ActSpec) (ok bool) {
	if over, under, slash := strings.Cut(a.cur(), "/"); slash && a.cur() != "/" {
		v, ok1 := a.verdict(over, true)
		w, ok2 := a.verdict(under, true)
		if !ok1 || !ok2 {
			return false
		}
		s.Control, x.p.Conform, x.p.ConformGiven = v, w, w != 0
		a.fwd()
		return true
	}
	if s.Control, ok = a.control(true, false); !ok {
		return false
	}
	if a.at("/") {
		a.next()
		if x.p.Conform, ok = a.control(true, false); !ok {
			return false
		}
		x.p.ConformGiven = x.p.Conform != 0
	}
	return true
}

// finish checks what was read, and computes the bucket.
func (x *tcPolice) finish(a *tcWords, s *sched.ActSpec) bool {
	p := x.p
	bad := ""
	switch {
	case !x.rate && s.Index == 0 && x.mtu == 0 && p.PktRate == 0:
		bad = "'rate' or 'avrate' or 'mtu' or 'pkts_rate' MUST be specified.\n"
	case x.rate && x.burst == 0:
		bad = "'burst' requires 'rate'.\n"
	case p.PktRate != 0 && x.pktBurst == 0:
		bad = "'pkts_burst' requires 'pkts_rate'.\n"
	case p.PktRate != 0 && x.rate:
		bad = "'rate' and 'pkts_rate' are not allowed in same action.\n"
	case x.peak && !x.rate:
		bad = "'peakrate' requires 'rate'.\n"
	case x.peak && x.mtu == 0:
		bad = "'mtu' is required, if 'peakrate' is requested.\n"
	}
	if bad != "" {
		a.say("%s", bad)
		return false
	}
	p.MTU = x.mtu
	if x.rate {
		p.Burst = tcfXmitTime(p.Rate.Bytes, float64(x.burst))
		m := x.mtu
		if m == 0 {
			m = 2047
		}
		for m>>p.CellLog > 255 {
			p.CellLog++
		}
	}
	if p.PktRate != 0 {
		p.PktBurst = tcfXmitTime(p.PktRate, float64(x.pktBurst))
	}
	return true
}

// tcfXmitTime is tc_calc_xmittime: how long so many bytes take, in the kernel's ticks of
// 64 ns.
func tcfXmitTime(rate uint64, n float64) sim.Time {
	return sim.Time(uint32(math.Ceil(float64(uint32(1e6*n/float64(rate)*15.625))))) << 6
}

// tcfXmitSize is tc_calc_xmitsize, the other way round.
func tcfXmitSize(rate uint64, t sim.Time) int {
	return int(float64(rate) * tcTickMicros(tcTicks(t)) / 1e6)
}

// tcShowPolice is print_police.
func tcShowPolice(c *tcCmd, o *tcPrinter, act sched.Action) {
	p := act.(*sched.Police)
	o.js("kind", "police")
	o.fp(" police 0x%x ", p.Index)
	o.js("index", p.Index)
	o.fp("rate %s ", tcBits(p.Rate.Bytes))
	o.fp("burst %s ", tcSize(tcfXmitSize(p.Rate.Bytes, p.Burst)))
	o.fp("mtu %s ", tcSize(p.MTU))
	if p.Peak.Bytes != 0 {
		o.fp("peakrate %s ", tcBits(p.Peak.Bytes))
	}
	if p.PktRate != 0 {
		o.any("pkts_rate", "pkts_rate %d ", p.PktRate)
		o.any("pkts_burst", "pkts_burst %d ", tcfXmitSize(p.PktRate, p.PktBurst))
	}
	showControl(o, "action ", p.Control, "")
	if p.ConformGiven {
		showControl(o, "/", p.Conform, " ")
	} else {
		o.fp(" ")
	}
	o.as("overhead", p.Rate.Overhead, "overhead "+tcSize(p.Rate.Overhead)+" ")
	if c.details {
		o.any("linklayer", "linklayer %s ", "ethernet")
	}
	o.nl()
	o.any("ref", "\tref %d ", p.Refs)
	o.any("bind", "bind %d ", p.Binds)
	c.showTimes(o, p.Base())
	o.nl()
}

// police reads an action police that stands behind a filter without `action`.
func (f *tcFilterCmd) police() {
	f.next()
	s := sched.ActSpec{Kind: sched.ActPolice}
	if !tcPoliceWords(&f.tcWords, &s) {
		f.die(1, "Illegal \"police\"\n")
	}
	s.Params.(*sched.PoliceParams).OldStyle = true
	f.r.Acts, f.r.ActsGiven = []sched.ActSpec{s}, true
}

// oldPolice reports whether the filter's action was given so.
func (f *tcFilterCmd) oldPolice(acts []sched.Action) bool {
	if len(acts) != 1 {
		return false
	}
	p, ok := acts[0].(*sched.Police)
	return ok && p.OldStyle
}

// policed is the counters of such an action of a filter (tcf_exts_dump_stats); nil: it
// has none.
func (f *tcFilterCmd) policed(x sched.Filter) *sched.ActBase {
	if a, ok := x.(interface{ Actions() []sched.Action }); ok && f.oldPolice(a.Actions()) {
		return a.Actions()[0].Base()
	}
	return nil
}

// showPolice prints such an action.
func (f *tcFilterCmd) showPolice(o *tcPrinter, acts []sched.Action) {
	if f.oldPolice(acts) {
		o.nl()
		tcShowPolice(f.tcCmd, o, acts[0])
	}
}
