package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// The matches that count: limit, hashlimit, quota, recent, statistic.

func init() {
	register(
		of(kind[iptables.Limit]{name: "limit", opts: []opt{{name: "limit", id: 0, typ: tString}, {name: "limit-burst", id: 1, typ: tU32, max: 10000}},
			init: func(d *iptables.Limit, _ int) { d.Avg, d.Burst = limitScale*3600/3, 5 },
			parse: func(c *call, d *iptables.Limit) {
				if c.o.id == 1 {
					d.Burst = uint32(c.u)
				} else if !c.limitRate(&d.Avg) {
					c.bad("bad rate \"%s\"'", c.arg)
				}
				if c.invert {
					c.bad("limit does not support invert")
				}
			},
			print: func(w *view, d *iptables.Limit) {
				n, u := perUnit(uint64(d.Avg), limitScale)
				w.f(" limit: avg %d/%s burst %d", n, rateUnits[u].short, d.Burst)
			},
			save: func(w *view, d *iptables.Limit) {
				n, u := perUnit(uint64(d.Avg), limitScale)
				w.f(" --limit %d/%s", n, rateUnits[u].short)
				if d.Burst != 5 {
					w.f(" --limit-burst %d", d.Burst)
				}
			},
			xlate: func(w *view, d *iptables.Limit) bool {
				n, u := perUnit(uint64(d.Avg), limitScale)
				w.add("limit rate %d/%s", n, rateUnits[u].long)
				if d.Burst != 0 {
					w.add(" burst %d packets", d.Burst)
				}
				return true
			}}),
		of(kind[iptables.HashLimit]{name: "hashlimit", opts: hashOpts,
			init: func(d *iptables.HashLimit, fam int) {
				d.Burst, d.GCInterval, d.SrcMask, d.DstMask = 5, 1000, uint8(8*size(fam)), uint8(8*size(fam))
			},
			parse: parseHashLimit, check: checkHashLimit,
			print: func(w *view, d *iptables.HashLimit) { w.hashLimit(d, "") },
			save:  func(w *view, d *iptables.HashLimit) { w.hashLimit(d, "--hashlimit-") },
			xlate: xlateHashLimit}),
		of(kind[iptables.Quota]{name: "quota", opts: []opt{{name: "quota", id: 0, typ: tU64, flags: mand | inv}},
			parse: func(c *call, d *iptables.Quota) { d.Quota, d.Inv = c.u, c.invert },
			print: func(w *view, d *iptables.Quota) { w.f(" quota: %d bytes", d.Quota) },
			save: func(w *view, d *iptables.Quota) {
				w.not(d.Inv)
				w.f(" --quota %d", d.Quota)
			},
			xlate: func(w *view, d *iptables.Quota) bool {
				over := ""
				if d.Inv {
					over = "over "
				}
				w.add("quota %s%d bytes", over, d.Quota)
				return true
			}}),
		of(kind[iptables.Recent]{name: "recent", opts: recentOpts,
			init:  func(d *iptables.Recent, fam int) { d.RName, d.Mask = "DEFAULT", ones(8*size(fam)).wireMask(fam) },
			parse: parseRecent,
			check: func(c *call, _ *iptables.Recent) {
				if !c.given(0, 1, 2, 3) {
					c.bad("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'")
				}
			},
			print: printRecent, save: saveRecent}),
		of(kind[iptables.Statistic]{name: "statistic",
			opts: []opt{{name: "mode", id: 0, typ: tString, flags: mand}, {name: "probability", id: 1, typ: tDouble, flags: inv, max: 1, excl: 12},
				{name: "every", id: 2, typ: tU32, min: 1, flags: inv, excl: 2, also: 8}, {name: "packet", id: 3, typ: tU32, excl: 2, also: 4}},
			parse: parseStatistic, check: checkStatistic,
			print: func(w *view, d *iptables.Statistic) {
				w.f(" statistic")
				w.statistic(d, "")
			},
			save: func(w *view, d *iptables.Statistic) { w.statistic(d, "--") },
			xlate: func(w *view, d *iptables.Statistic) bool {
				if d.Nth {
					w.add("numgen inc mod %d %s%d", uint64(d.Every)+1, ne(d.Inv), d.Packet)
					return true
				}
				op := "<"
				if d.Inv {
					op = ">="
				}
				w.add("meta random & %d %s %d", 1<<31-1, op, d.Probability)
				return true
			}}),
	)
}

const limitScale = 10000

var rateUnits = []struct {
	short, long string
	seconds     uint64
}{{"day", "day", 86400}, {"hour", "hour", 3600}, {"min", "minute", 60}, {"sec", "second", 1}}

// perUnit is print_rate: packets per unit of time.
func perUnit(period, scale uint64) (n uint64, unit int) {
	i := 1
	for ; i < len(rateUnits); i++ {
		if m := rateUnits[i].seconds * scale; period > m || m/period < m%period {
			break
		}
	}
	return rateUnits[i-1].seconds * scale / period, i - 1
}

// rate reads "5/min": how many, in how many seconds.
func rate(s string) (n int64, seconds uint64, ok bool) {
	seconds = 1
	if _, u, cut := strings.Cut(s, "/"); cut {
		if u == "" {
			return 0, 0, false
		}
		switch {
		case hasPrefixFold("second", u):
		case hasPrefixFold("minute", u):
			seconds = 60
		case hasPrefixFold("hour", u):
			seconds = 3600
		case hasPrefixFold("day", u):
			seconds = 86400
		default:
			return 0, 0, false
		}
	}
	return atoi(s), seconds, true
}

func (c *call) limitRate(v *uint32) bool {
	n, sec, ok := rate(c.arg)
	if !ok || uint32(n) == 0 {
		return false
	}
	*v = uint32(limitScale*sec) / uint32(n)
	if *v == 0 {
		c.bad("Rate too fast \"%s\"", c.arg)
	}
	return true
}

func parseStatistic(c *call, d *iptables.Statistic) {
	d.Inv = d.Inv || c.invert
	switch c.o.id {
	case 0:
		switch c.arg {
		case "random":
			d.Nth = false
		case "nth":
			d.Nth = true
		default:
			c.bad("Bad mode \"%s\"", c.arg)
		}
	case 1:
		d.Probability = uint32(int64(c.dbl*(1<<31) + 0.5))
	case 2:
		d.Every = uint32(c.u) - 1
	case 3:
		d.Packet = uint32(c.u)
	}
}

func checkStatistic(c *call, d *iptables.Statistic) {
	if !d.Nth && !c.given(1) {
		c.bad("--probability must be specified when using random mode")
	}
	if d.Nth && !c.given(2, 3) {
		c.bad("--every and --packet must be specified when using nth mode")
	}
	if c.given(2, 3) && (c.given(2) || !c.given(1)) && d.Packet > d.Every {
		c.bad("the --packet p must be 0 <= p <= n-1")
	}
}

func (w *view) statistic(d *iptables.Statistic, prefix string) {
	not := ""
	if d.Inv {
		not = " !"
	}
	if !d.Nth {
		w.f(" %smode random%s %sprobability %.11f", prefix, not, prefix, float64(d.Probability)/(1<<31))
		return
	}
	w.f(" %smode nth%s %severy %d", prefix, not, prefix, d.Every+1)
	if d.Packet != 0 || prefix != "" {
		w.f(" %spacket %d", prefix, d.Packet)
	}
}
