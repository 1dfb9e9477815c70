package lab

import (
	"math"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// routeWord takes one keyword with its value (iproute_modify).
func (c *ipCmd) routeWord(a *args, q *routeReq) (err error) {
	k := a.next()
	switch {
	case k == "src":
		s, e := need(a)
		if e != nil {
			return e
		}
		if q.prefsrc, err = getAddr(s, q.fam); err == nil {
			q.family(q.prefsrc)
		}
	case k == "via":
		if q.gwOK {
			return invarg("use nexthop syntax to specify multiple via\n", k)
		}
		q.gwOK = true
		q.gw, err = via(a, &q.fam)
	case k == "from":
		s, e := need(a)
		if e != nil {
			return e
		}
		p, e := getPrefix(s, q.fam)
		if e != nil {
			return e
		}
		if q.family(p); p.bits > 0 && p.fam == 6 {
			q.refused = "from"
		}
	case k == "tos", short(k, "dsfield"):
		q.tos, err = a.dsfield("\"tos\" value is invalid\n")
	case k == "expires":
		q.expires, err = a.u32("\"expires\" value is invalid\n")
	case short(k, "metric", "priority"), k == "preference":
		q.prio, err = a.u32("\"metric\" value is invalid\n")
	case k == "scope":
		s, e := need(a)
		if e != nil {
			return e
		}
		if q.scope, err = c.scope(s); err != nil {
			return invarg("invalid \"scope\" value\n", s)
		}
		q.scopeOK = true
	case k == "onlink":
		q.onlink = true
	case k == "nexthop":
		q.hops = &args{append([]string{"nexthop"}, a.w...)}
		a.w = nil
	case k == "nhid":
		q.nhidOK = true
		q.nhid, err = a.u32("\"id\" value is invalid\n")
	case short(k, "protocol"):
		q.proto, err = a.protocol("\"protocol\" value is invalid\n")
	case short(k, "table"):
		q.table, err = c.tableWord(a, "\"table\" value is invalid\n")
		q.tableOK = true
	case short(k, "vrf"):
		s, e := need(a)
		if e != nil {
			return e
		}
		return invarg("Invalid VRF\n", s)
	case k == "dev", k == "oif":
		q.dev, err = need(a)
	case short(k, "pref"):
		return q.preference(a)
	case k == "as", k == "encap", k == "ttl-propagate":
		q.refused = k
		a.w = nil
	default:
		if known, e := q.metric(k, a); known || e != nil {
			return e
		}
		return q.destination(k, a)
	}
	return err
}

// via reads [inet|inet6] ADDRESS.
func via(a *args, fam *int) (p inetPrefix, err error) {
	s, err := need(a)
	if err != nil {
		return p, err
	}
	f := *fam
	if s == "inet" || s == "inet6" {
		f = map[string]int{"inet": 4, "inet6": 6}[s]
		if s, err = need(a); err != nil {
			return p, err
		}
	}
	if p, err = getAddr(s, f); err == nil && *fam == 0 {
		*fam = p.fam
	}
	return p, err
}

func (q *routeReq) preference(a *args) error {
	s, err := need(a)
	if err != nil {
		return err
	}
	switch n, ok := strtoulMax(s, 0, 255); {
	case s == "low", ok && n == 3:
		q.pref = -1
	case s == "high", ok && n == 1:
		q.pref = 1
	case s == "medium", ok:
		q.pref = 0
	default:
		return invarg("\"pref\" value is invalid\n", s)
	}
	return nil
}

// destination reads [TYPE] PREFIX.
func (q *routeReq) destination(k string, a *args) (err error) {
	if k == "to" {
		if k, err = need(a); err != nil {
			return err
		}
	}
	if k != "" && (k[0] < '0' || k[0] > '9') {
		if t, ok := typeNumber(k); ok {
			q.typ = t
			if k, err = need(a); err != nil {
				return err
			}
		}
	}
	if short(k, "help") {
		return usageOf("route")
	}
	if q.dstOK {
		return bad("Error: either \"to\" is duplicate, or \"%s\" is a garbage.", k)
	}
	if q.dst, err = getPrefix(k, q.fam); err != nil {
		return err
	}
	q.family(q.dst)
	q.dstOK = true
	return nil
}

// Metrics by name: what a route says of sizes and times (RTAX_*).
var routeMetrics = []struct {
	name string
	full bool // it must be written out
	rtax int
	lock bool   // "lock" may stand in front of the value
	what string // how the complaint calls it
}{{"mtu", true, 2, true, "mtu"}, {"hoplimit", true, 10, true, "hoplimit"}, {"advmss", true, 8, true, "mss"}, {"reordering", false, 9, true, "reordering"}, {"rtt", true, 4, true, "rtt"}, {"rto_min", true, 13, false, "rto_min"},
	{"window", false, 3, true, "window"}, {"cwnd", false, 7, true, "cwnd"}, {"initcwnd", false, 11, true, "initcwnd"}, {"initrwnd", false, 14, true, "initrwnd"}, {"features", false, 12, false, "features"},
	{"quickack", false, 15, false, "quickack"}, {"congctl", false, 16, true, "congctl"}, {"rttvar", false, 5, true, "rttvar"}, {"ssthresh", false, 6, true, "ssthresh"}, {"realms", false, 0, false, "realm"},
	{"fastopen_no_cookie", false, 17, false, "fastopen_no_cookie"}}

// metric reads a metric with its value, if the word is one.
func (q *routeReq) metric(k string, a *args) (known bool, err error) {
	for _, x := range routeMetrics {
		if k != x.name && (x.full || !short(k, x.name)) {
			continue
		}
		s, err := need(a)
		if err == nil && x.lock && s == "lock" {
			if x.rtax == 2 {
				q.metrics.MTULock = true
			} else {
				q.metrics.Locks |= 1 << x.rtax
			}
			s, err = need(a)
		}
		if err != nil {
			return true, err
		}
		return true, q.setMetric(x.name, x.what, s)
	}
	return false, nil
}

func (q *routeReq) setMetric(name, what, s string) error {
	m := &q.metrics
	wrong := invarg("\""+what+"\" value is invalid\n", s)
	switch name {
	case "rto_min":
		t, ok := milliseconds(s)
		if !ok {
			return wrong
		}
		m.RtoMin = t
		m.Locks |= ipv4.LockRtoMin
		return nil
	case "rtt", "rttvar":
		if _, ok := milliseconds(s); !ok {
			return wrong
		}
	}
	limit := uint64(math.MaxUint32)
	if name == "hoplimit" {
		limit = 255
	}
	n, ok := strtoulMax(s, 0, limit)
	v := int(n)
	switch name {
	case "rtt", "rttvar", "congctl", "features", "realms":
		q.refused = name
		return nil
	case "mtu":
		m.MTU = min(v, 65535-15)
	case "advmss":
		m.AdvMSS = min(v, 65535-40)
	case "hoplimit":
		m.HopLimit = v
	case "window":
		m.Window = v
	case "initcwnd":
		m.InitCwnd = v
	case "initrwnd":
		m.InitRwnd = v
	case "quickack":
		if ok && v > 1 {
			return invarg("\"quickack\" value should be 0 or 1\n", s)
		}
		m.QuickAck = v == 1
	case "fastopen_no_cookie":
		if ok && v > 1 {
			return invarg("\"fastopen_no_cookie\" value should be 0 or 1\n", s)
		}
		q.refused = name
	default:
		q.refused = name
	}
	if !ok {
		return wrong
	}
	return nil
}

// milliseconds is get_time_rtt: a time, ms if it has no unit.
func milliseconds(s string) (sim.Time, bool) {
	unit := sim.Millisecond
	for _, u := range [...]struct {
		s string
		t sim.Time
	}{{"msecs", sim.Millisecond}, {"msec", sim.Millisecond}, {"ms", sim.Millisecond}, {"usecs", sim.Microsecond}, {"usec", sim.Microsecond}, {"us", sim.Microsecond}, {"nsecs", 1}, {"nsec", 1}, {"ns", 1}, {"secs", sim.Second}, {"sec", sim.Second}, {"s", sim.Second}} {
		if v, ok := strings.CutSuffix(s, u.s); ok {
			s, unit = v, u.t
			break
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return sim.Time(f * float64(unit)), err == nil && f >= 0 && f < 1e9
}

// nexthops is parse_nexthops: nexthop via A dev D weight N nexthop via B …
func (c *ipCmd) nexthops(q *routeReq) error {
	a := q.hops
	for a.more() {
		if s := a.next(); s != "nexthop" {
			return bad("Error: \"nexthop\" or end of line is expected instead of \"%s\"", s)
		}
		if !a.more() {
			return bad("Error: unexpected end of line after \"nexthop\"")
		}
		w, err := c.oneNexthop(a, q)
		if err != nil {
			return err
		}
		q.ways = append(q.ways, w)
	}
	return nil
}

// oneNexthop is parse_one_nh.
func (c *ipCmd) oneNexthop(a *args, q *routeReq) (w routeHop, err error) {
	w.weight = 1
	for a.more() {
		switch k := a.peek(); {
		case k == "via":
			a.next()
			w.gwOK = true
			if w.gw, err = via(a, &q.fam); err != nil {
				return w, err
			}
		case k == "dev":
			a.next()
			s, err := need(a)
			if err != nil {
				return w, err
			}
			if w.dev = c.devNamed(s); w.dev == nil {
				return w, bad("Cannot find device \"%s\"\nError: cannot parse nexthop", s)
			}
		case k == "weight":
			a.next()
			s, err := need(a)
			if err != nil {
				return w, err
			}
			n, ok := strtoulMax(s, 0, 256)
			if !ok || n == 0 {
				return w, invarg("\"weight\" is invalid\n", s)
			}
			w.weight = int(n)
		case k == "onlink":
			a.next()
			w.onlink = true
		case short(k, "realms"), k == "encap", k == "as":
			return w, other("not modelled: ip route … nexthop … %s", k)
		default:
			return w, nil
		}
	}
	return w, nil
}
