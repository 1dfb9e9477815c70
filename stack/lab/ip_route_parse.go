package lab

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// routeWord takes one keyword with its value.
func (c *ipCmd) routeWord(a *args, sp *routeSpec) error {
	r4, r6 := &sp.r4, &sp.r6
	num := func(what string) (int, error) {
		s, err := need(a)
		if err != nil {
			return 0, err
		}
		n, e := strconv.ParseUint(s, 0, 32)
		if e != nil {
			return 0, invarg("\""+what+"\" value is invalid\n", s)
		}
		return int(n), nil
	}
	fam := c.fam
	if sp.six {
		fam = 6
	}
	k := a.next()
	var err error
	switch k {
	case "src":
		var p wire.Addr
		if p, _, err = prefix(a.next(), "address", fam); err == nil {
			r4.PrefSrc, r6.PrefSrc = p.IP4(), p
		}
	case "via":
		s := a.next()
		switch s {
		case "inet":
			s, fam = a.next(), 4
		case "inet6":
			s = a.next()
			if !sp.six && sp.haveDst {
				return other("not modelled: an IPv4 route by an IPv6 gateway")
			}
			fam = 6
		}
		var p wire.Addr
		if p, _, err = prefix(s, "address", fam); err == nil {
			if !p.Is4() {
				if sp.haveDst && !sp.six && c.fam != 6 && sp.r4.Plen+int(sp.r4.Dst) != 0 {
					return other("Error: inet address is expected rather than \"%s\".", s)
				}
				sp.six = true
			}
			sp.nh.Gw, r6.Gateway = p.IP4(), p
			if !p.Is4() {
				sp.nh.Gw = 0
			}
		}
	case "from":
		return other("not modelled: ip route … from")
	case "tos", "dsfield":
		s := a.next()
		n, e := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 8)
		if e != nil {
			return invarg("\"tos\" value is invalid\n", s)
		}
		r4.TOS = uint8(n)
	case "metric", "priority", "preference":
		n, e := num("metric")
		err = e
		r4.Priority = uint32(n)
	case "scope":
		s := a.next()
		if r4.Scope, err = c.scope(s); err != nil {
			return invarg("invalid \"scope\" value\n", s)
		}
	case "mtu":
		if a.peek() == "lock" {
			a.next()
			r4.Metrics.MTULock = true
		}
		r4.Metrics.MTU, err = num("mtu")
		r6.MTU = r4.Metrics.MTU
	case "hoplimit":
		if a.peek() == "lock" {
			return other("not modelled: ip route … hoplimit lock")
		}
		n, e := num("hoplimit")
		err = e
		r6.HopLimit, r4.Metrics.HopLimit = n, min(n, 255)
	case "advmss":
		r4.Metrics.AdvMSS, err = num("mss")
		r6.AdvMSS = r4.Metrics.AdvMSS
	case "window":
		r4.Metrics.Window, err = num("window")
	case "initcwnd":
		r4.Metrics.InitCwnd, err = num("initcwnd")
		r6.InitCwnd = r4.Metrics.InitCwnd
	case "initrwnd":
		r4.Metrics.InitRwnd, err = num("initrwnd")
		r6.InitRwnd = r4.Metrics.InitRwnd
	case "quickack":
		n, e := num("quickack")
		err = e
		r4.Metrics.QuickAck = n != 0
	case "rto_min":
		s := a.next()
		ms, ok := milliseconds(s)
		if !ok {
			return invarg("\"rto_min\" value is invalid\n", s)
		}
		r4.Metrics.RtoMin, r6.RtoMin = ms, ms
	case "rtt", "rttvar", "reordering", "cwnd", "ssthresh", "realms", "congctl", "features", "fastopen_no_cookie", "encap", "ttl-propagate", "realm":
		return other("not modelled: ip route … %s", k)
	case "nhid":
		n, e := number32(a, "\"id\" value is invalid\n")
		if e != nil {
			return e
		}
		sp.nhid = n
	case "expires":
		n, e := num("expires")
		if e != nil {
			return e
		}
		r6.Expires = c.p.lab.now() + sim.Time(n)*sim.Second
	case "pref":
		s, e := need(a)
		if e != nil {
			return e
		}
		v, ok := map[string]int8{"low": -1, "medium": 0, "high": 1}[s]
		if !ok {
			return invarg("\"pref\" value is invalid\n", s)
		}
		r6.Pref = v
	case "onlink":
		sp.nh.Onlink, r6.OnLink = true, true
	case "nexthop":
		err = c.nexthops(a, sp)
	case "protocol", "proto":
		s := a.next()
		n, ok := protoNumber(s)
		if !ok {
			return invarg("\"protocol\" value is invalid\n", s)
		}
		r4.Protocol = n
	case "table":
		s, e := need(a)
		if e != nil {
			return e
		}
		if r4.Table, err = c.table(s); err != nil {
			return invarg("\"table\" value is invalid\n", s)
		}
	case "dev", "oif":
		if sp.dev, err = need(a); err != nil {
			return err
		}
	default:
		if k == "to" {
			k = a.next()
		}
		if t, ok := routeTypes[k]; ok && !sp.haveDst {
			r4.Type, r6.Type, sp.haveType = t, t, true
			if !a.more() {
				return nil
			}
			k = a.next()
		}
		if sp.haveDst {
			return bad("Error: either \"to\" is duplicate, or \"%s\" is a garbage.", k)
		}
		sp.haveDst = true
		if k == "default" || k == "all" || k == "any" {
			break
		}
		p, n, e := prefix(k, "prefix", c.fam)
		if e != nil {
			return e
		}
		sp.six = !p.Is4()
		r4.Dst, r4.Plen, r6.Dst, r6.Plen = p.IP4(), n, p, n
	}
	return err
}

func milliseconds(s string) (sim.Time, bool) {
	unit := sim.Millisecond
	for _, u := range [...]struct {
		s string
		t sim.Time
	}{{"ms", sim.Millisecond}, {"us", sim.Microsecond}, {"s", sim.Second}} {
		if v, ok := strings.CutSuffix(s, u.s); ok {
			s, unit = v, u.t
			break
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return sim.Time(f * float64(unit)), err == nil && f >= 0 && f < 1e9
}

// nexthops reads "via A dev D weight N nexthop via B …".
func (c *ipCmd) nexthops(a *args, sp *routeSpec) error {
	w := ipv6.Route6{}
	var all []ipv6.Route6
	for a.more() {
		switch k := a.next(); k {
		case "nexthop":
			all = append(all, w)
			w = ipv6.Route6{}
		case "via":
			s := a.next()
			if s == "inet" || s == "inet6" {
				s = a.next()
			}
			g, _, err := prefix(s, "address", c.fam)
			if err != nil {
				return err
			}
			if !g.Is4() && !sp.six && sp.haveDst && sp.r4.Plen > 0 {
				return other("not modelled: an IPv4 route by an IPv6 gateway")
			}
			sp.six = sp.six || !g.Is4()
			w.Gateway = g
		case "dev":
			s, err := need(a)
			if err != nil {
				return err
			}
			if w.Dev = c.devNamed(s); w.Dev == nil {
				return other("Cannot find device \"%s\"", s)
			}
		case "weight":
			s := a.next()
			n, err := strconv.Atoi(s)
			if err != nil || n < 1 || n > 256 {
				return invarg("\"weight\" is invalid\n", s)
			}
			w.Weight = n
		case "onlink":
			w.OnLink = true
		default:
			return bad("Error: \"nexthop\" or end of line is expected instead of \"%s\"", k)
		}
	}
	all = append(all, w)
	if sp.six {
		sp.nh6 = all
		return nil
	}
	for _, x := range all {
		nh := ipv4.Nexthop{Weight: x.Weight, Onlink: x.OnLink}
		if !x.Gateway.IsZero() {
			nh.Gw = x.Gateway.IP4()
		}
		if x.Dev != nil {
			nh.Dev = x.Dev.Index
		}
		sp.r4.NH = append(sp.r4.NH, nh)
	}
	return nil
}
