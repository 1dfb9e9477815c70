package routes

import (
	"strconv"
	"strings"
)

// route is one ip route add, change, replace, append or prepend.
func (m *maker) route() {
	six := m.fam()
	m.say("ip %s route %s %s", m.flag(six), m.pick("add", "add", "add", "add", "replace", "append", "prepend", "change"), m.routeWords(six))
}

// way is a gateway, mostly one that is there.
func (m *maker) way(six bool) string {
	if six {
		return m.pick("2001:db8::2", "2001:db8::2", "2001:db8::3", "2001:db8:1::2", "fe80::2", "fd00:7::2", "2001:db8:77::1", "2001:db8::1", "ff02::1", "::", "10.0.0.2")
	}
	return m.pick("10.0.0.2", "10.0.0.2", "10.0.0.3", "10.0.1.2", "10.0.1.3", "192.168.7.2", "10.77.0.1", "10.0.0.1", "10.0.0.255", "224.0.0.1", "0.0.0.0", "10.50.0.2")
}

func (m *maker) via(six bool) string {
	if !six && m.one(8) {
		return "via inet6 " + m.way(true)
	}
	return "via " + m.way(six)
}

func (m *maker) routeWords(six bool) string {
	var w []string
	add := func(in int, f func() string) {
		if m.one(in) {
			w = append(w, f())
		}
	}
	typ := ""
	if m.one(5) {
		typ = m.pick("unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw", "blackhole", "unreachable", "prohibit", "throw", "nat", "xresolve")
		w = append(w, typ)
	}
	if m.one(25) {
		w = append(w, m.wrong(six))
	} else {
		w = append(w, m.prefix(six))
	}
	tail := "" // several ways come last
	switch k := m.Intn(24); {
	case (typ == "blackhole" || typ == "unreachable" || typ == "prohibit" || typ == "throw") && !m.one(6):
	case k < 10:
		w = append(w, m.via(six))
		add(3, func() string { return "dev " + m.dev() })
		add(12, func() string { return "onlink" })
	case k < 15:
		w = append(w, "dev "+m.dev())
		add(12, func() string { return "onlink" })
	case k < 19:
		tail = m.ways(six)
	case k < 23:
		w = append(w, "nhid "+strconv.Itoa(1+m.Intn(6)))
	}
	add(4, func() string {
		return m.pick("metric ", "metric ", "preference ", "priority ") + m.pick("0", "10", "20", "100", "1024", "256")
	})
	add(3, func() string { return "table " + m.table() })
	add(12, func() string { return "tos " + m.pick("0x10", "0x04", "8", "3", "0x1c", "0x20") })
	add(12, func() string { return "scope " + m.pick("link", "host", "global", "site", "nowhere", "252") })
	add(5, func() string { return "src " + m.own(six) })
	add(8, func() string {
		return "proto " + m.pick("static", "kernel", "bird", "boot", "ra", "redirect", "77", "zebra")
	})
	add(8, func() string {
		return m.pick("mtu 1400", "mtu lock 1300", "mtu 500", "mtu 70000", "advmss 1200", "advmss lock 1000", "mtu lock 1400 advmss 1360")
	})
	add(16, func() string {
		return m.pick("window 1000", "window lock 5000", "hoplimit 9", "hoplimit 300", "initcwnd 20", "initrwnd 30", "rto_min 200ms", "rto_min 1s", "quickack 1", "quickack 0", "hoplimit lock 5")
	})
	add(200, func() string { return m.pick("rtt 100ms", "ssthresh 10", "cwnd lock 10", "reordering 5") }) // not modelled
	if six {
		add(8, func() string { return "pref " + m.pick("low", "medium", "high", "none") })
	}
	add(60, func() string {
		return m.pick("bogus", "via", "dev nothing", "metric x", "table nothing", "mtu", "src nothing", "src 1.2.3", "scope x", "proto x", "nhid 0", "nhid 99", "weight 5", "pref high")
	})
	return strings.Join(append(w, tail), " ")
}

// ways are several ways of one route.
func (m *maker) ways(six bool) string {
	var w []string
	for range 1 + m.Intn(3) {
		s := "nexthop " + m.via(six)
		if m.one(8) {
			s = "nexthop dev " + m.dev()
		} else if m.one(3) {
			s += " dev " + m.dev()
		}
		if m.one(2) {
			s += " weight " + m.pick("1", "2", "3", "10", "256", "300", "0")
		}
		if m.one(15) {
			s += " onlink"
		}
		w = append(w, s)
	}
	return strings.Join(w, " ")
}

// nexthop makes a nexthop object or a group.
func (m *maker) nexthop() {
	id := strconv.Itoa(1 + m.Intn(6))
	six := m.fam()
	verb := m.pick("add", "add", "add", "replace")
	switch k := m.Intn(12); {
	case k < 5:
		m.say("ip %s nexthop %s id %s via %s dev %s %s %s", m.maybe(6, m.flag(six)), verb, id, m.way(six), m.pick("eth0", "eth0", "eth1", "eth2", "lo"), m.maybe(12, "onlink"), m.maybe(8, "proto "+m.pick("static", "bird", "55")))
	case k < 7:
		m.say("ip %s nexthop %s id %s dev %s", m.flag(six), verb, id, m.dev())
	case k < 8:
		m.say("ip %s nexthop %s id %s blackhole", m.flag(six), verb, id)
	case k < 9:
		m.say("ip nexthop %s %s", verb, m.pick("id 0 dev eth0", "id 7", "via 10.0.0.2", "id x dev eth0", "id 1 dev nothing", "id 2 bogus", "dev eth0", "via 10.0.0.2 dev eth0", "id 3 via 10.0.0.2"))
	default:
		g := []string{}
		for range 1 + m.Intn(3) {
			s := strconv.Itoa(1 + m.Intn(5))
			if m.one(2) {
				s += "," + m.pick("1", "2", "10", "255", "0", "300")
			}
			g = append(g, s)
		}
		m.say("ip nexthop %s id %s group %s", verb, m.pick(id, "6", "6"), strings.Join(g, "/"))
	}
}
