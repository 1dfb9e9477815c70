package lab

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/sim"
)

const tcTbfUsage = `Usage: ... tbf limit BYTES burst BYTES[/BYTES] rate KBPS [ mtu BYTES[/BYTES] ]
	[ peakrate KBPS ] [ latency TIME ] [ overhead BYTES ] [ linklayer TYPE ]`

// tcTbf is the options of tbf.
type tcTbf struct {
	c       sched.TbfConfig
	latency uint32 // µs
}

func tcParseTbf(a *tcArgs) (tcOptions, int) {
	o := &tcTbf{}
	a.each(func(w string) { o.option(a, w) })
	if a.bad == 0 {
		o.check(a)
	}
	if o.latency != 0 {
		lim := float64(o.c.Rate.Bytes)*float64(o.latency)/1e6 + float64(o.c.Burst)
		if o.c.Peak.Bytes != 0 {
			lim = min(lim, float64(o.c.Peak.Bytes)*float64(o.latency)/1e6+float64(o.c.MTU))
		}
		o.c.Limit = int(uint32(int64(lim))) // as the program, which lets it overflow
	}
	return o, a.bad
}

// twice says that an option was given before.
func (o *tcTbf) twice(a *tcArgs, given bool, what string) bool {
	if given {
		a.say(1, "tbf: duplicate \"%s\" specification", what)
	}
	return given
}

// tbfValue takes a value in tbf's own words.
func tbfValue[T any](a *tcArgs, read func(string) (T, bool)) (v T) {
	name := a.w[0]
	s, ok := a.value()
	if !ok {
		return v
	}
	if v, ok = read(s); !ok {
		a.say(1, "tbf: illegal value for \"%s\": \"%s\"", name, s)
	}
	return v
}

// tcSizeCell is get_size_and_cell: "10k/8".
func tcSizeCell(s string) (int, bool) {
	size, cell, has := strings.Cut(s, "/")
	if has {
		n, err := strconv.ParseUint(cell, 0, 31)
		if err != nil || n == 0 || n&(n-1) != 0 {
			return 0, false
		}
	}
	return tcBytes(size)
}

func (o *tcTbf) option(a *tcArgs, w string) {
	c := &o.c
	switch w {
	case "limit":
		if o.twice(a, c.Limit != 0, "limit") {
			return
		}
		if o.latency != 0 {
			a.say(1, "tbf: specifying both \"latency\" and \"limit\" is not allowed")
			return
		}
		c.Limit = tbfValue(a, tcBytes)
	case "latency":
		if o.twice(a, o.latency != 0, "latency") {
			return
		}
		if c.Limit != 0 {
			a.say(1, "tbf: specifying both \"limit\" and \"/latency\" is not allowed")
			return
		}
		o.latency = tbfValue(a, tcTime)
	case "burst", "buffer", "maxburst":
		if !o.twice(a, c.Burst != 0, "buffer/burst/maxburst") {
			c.Burst = tbfValue(a, tcSizeCell)
		}
	case "mtu", "minburst":
		if !o.twice(a, c.MTU != 0, "mtu/minburst") {
			c.MTU = tbfValue(a, tcSizeCell)
		}
	case "mpu":
		if !o.twice(a, c.Rate.MPU != 0, "mpu") {
			c.Rate.MPU = tbfValue(a, tcBytes)
			c.Peak.MPU = c.Rate.MPU
		}
	case "rate":
		if !o.twice(a, c.Rate.Bytes != 0, "rate") {
			c.Rate.Bytes = tbfValue(a, tcRate)
		}
	case "peakrate":
		if !o.twice(a, c.Peak.Bytes != 0, "peakrate") {
			c.Peak.Bytes = tbfValue(a, tcRate)
		}
	case "overhead":
		if !o.twice(a, c.Rate.Overhead != 0, "overhead") {
			c.Rate.Overhead = int(uint16(tbfValue(a, tcU32)))
			c.Peak.Overhead = c.Rate.Overhead
		}
	case "linklayer":
		s := tbfValue(a, func(s string) (string, bool) { return s, s == "ethernet" || s == "atm" || s == "adsl" })
		if s == "atm" || s == "adsl" {
			a.say(1, "not modelled: tc qdisc tbf linklayer %s", s)
		}
	case "help":
		a.say(1, tcTbfUsage)
	default:
		a.say(1, "tbf: unknown parameter \"%s\"\n%s", w, tcTbfUsage)
	}
}

// check says what is missing.
func (o *tcTbf) check(a *tcArgs) {
	c, before := &o.c, a.bad
	if c.Rate.Bytes == 0 {
		a.say(1, "tbf: the \"rate\" parameter is mandatory.")
	}
	if c.Burst == 0 {
		a.say(1, "tbf: the \"burst\" parameter is mandatory.")
	}
	if c.Peak.Bytes != 0 && c.MTU == 0 {
		a.say(1, "tbf: when \"peakrate\" is specified, \"mtu\" must also be specified.")
	}
	if c.Limit == 0 && o.latency == 0 {
		a.say(1, "tbf: either \"limit\" or \"latency\" is required.")
	}
	if a.bad != before {
		a.say(1, tcTbfUsage)
	}
}

func (o *tcTbf) create(d *core.Device) (core.Qdisc, string) {
	q, err := sched.NewTbf(d, o.c)
	if err != 0 {
		return nil, tcInvalid
	}
	return q, ""
}

func (o *tcTbf) change(q core.Qdisc) string {
	if q.(*sched.Tbf).Change(o.c) != 0 {
		return tcInvalid
	}
	return ""
}

// tcTicks is a time as the kernel gives it to tc: ticks of 64 ns.
func tcTicks(t sim.Time) uint32 { return uint32(t >> 6) }

// tcTickMicros is tc_core_tick2time: whole µs.
func tcTickMicros(n uint32) float64 { return math.Trunc(float64(n) / 15.625) }

func tcShowTbf(c *tcCmd, q core.Qdisc) (string, object) {
	t := q.(*sched.Tbf)
	f := t.Config()
	buffer, peak := t.Buffers()
	rate := float64(f.Rate.Bytes)
	ticks := tcTicks(buffer)
	burst := int(rate * tcTickMicros(ticks) / 1e6)
	text := fmt.Sprintf("rate %s burst %s", tcBits(f.Rate.Bytes), tcSize(burst))
	if c.details {
		text += fmt.Sprintf("/1 mpu %s", tcSize(f.Rate.MPU))
	}
	o := object{{"rate", f.Rate.Bytes}, {"burst", burst}}
	lat := 1e6*(float64(f.Limit)/rate) - tcTickMicros(ticks)
	if f.Peak.Bytes != 0 {
		text += " peakrate " + tcBits(f.Peak.Bytes)
		ptick := tcTicks(peak)
		mtu := int(float64(f.Peak.Bytes) * tcTickMicros(ptick) / 1e6)
		switch {
		case mtu == 0 && f.Peak.MPU == 0:
		case c.details:
			text += fmt.Sprintf(" mtu %s/1 mpu %s", tcSize(mtu), tcSize(f.Peak.MPU))
			o.add("mtu", mtu)
		default:
			text += " minburst " + tcSize(mtu)
			o.add("minburst", mtu)
		}
		lat = max(lat, 1e6*(float64(f.Limit)/float64(f.Peak.Bytes))-tcTickMicros(ptick))
	}
	if lat >= 0 {
		text += " lat " + tcMicros(uint32(uint64(lat)))
		o.add("lat", uint64(lat))
	} else {
		text += " limit " + tcSize(f.Limit)
		o.add("limit", f.Limit)
	}
	if f.Rate.Overhead != 0 {
		text += fmt.Sprintf(" overhead %d", f.Rate.Overhead)
		o.add("overhead", f.Rate.Overhead)
	}
	if c.details {
		text += " linklayer ethernet"
	}
	return text + " ", o
}
