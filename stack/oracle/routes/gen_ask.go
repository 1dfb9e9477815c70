package routes

import "strings"

// lists has everything listed.
func (m *maker) lists() {
	ask := func(six bool) {
		f := m.maybe(1, map[bool]string{true: "-6", false: "-4"}[six])
		m.say("ip %s rule", f)
		m.say("ip -j %s rule", f)
		m.say("ip -d %s route show table all", f)
		m.say("ip -j %s %s route show table all", m.maybe(2, "-d"), f)
		m.say("ip %s route", f)
		for range 3 {
			m.say("ip %s %s route %s %s", m.maybe(5, "-d"), f, m.pick("show", "list", "ls"), m.filter(six))
		}
		if m.one(2) {
			m.say("ip %s %s rule show %s", m.maybe(4, "-d"), f, m.pick("pref "+m.prio(), "from "+m.own(six), "table "+m.table(), "fwmark "+m.mark(), "iif lo", "to "+m.prefix(six), "ipproto tcp", "dport 53", "uidrange 0-0", "tos 0x10", "not"))
		}
	}
	ask(m.six)
	if m.both {
		ask(!m.six)
	}
	if m.one(2) {
		m.say("ip %s nexthop", m.maybe(3, "-d"))
		m.say("ip -j nexthop %s", m.pick("", "show groups", "show dev eth0", "show proto 4", "get id 2"))
	}
	if m.one(6) {
		m.say("ip -s route show table all")
		m.say("ip -o route show table all")
	}
}

// filter are operands of ip route show.
func (m *maker) filter(six bool) string {
	var w []string
	for range 1 + m.Intn(2) {
		w = append(w, m.pick("table "+m.table(), "table all", "dev "+m.dev(), "via "+m.way(six), "proto "+m.pick("static", "kernel", "boot", "all", "77"), "scope "+m.pick("link", "host", "global", "all"),
			"type "+m.pick("unicast", "local", "blackhole", "unreachable", "broadcast", "multicast"), "src "+m.own(six), "metric "+m.pick("10", "20", "1024", "0"), "tos 0x10", "root "+m.prefix(six),
			"match "+m.to(six), "exact "+m.prefix(six), m.prefix(six), "to root "+m.prefix(six), "to "+m.prefix(six), "default"))
	}
	return strings.Join(w, " ")
}

// get is one ip route get.
func (m *maker) get() {
	six := m.fam()
	var w []string
	add := func(in int, f func() string) {
		if m.one(in) {
			w = append(w, f())
		}
	}
	w = append(w, m.to(six))
	if in := m.one(4); in {
		w = append(w, "from "+m.pick(m.to(six), m.own(six)))
		add(1, func() string { return "iif " + m.pick("eth0", "eth0", "eth1", "lo", "p0") })
	} else {
		add(3, func() string { return "from " + m.pick(m.own(six), m.own(six), m.to(six)) })
		add(20, func() string { return "iif eth0" })
	}
	add(5, func() string { return m.pick("oif ", "dev ") + m.dev() })
	add(4, func() string { return "mark " + m.pick("1", "2", "0x10", "0x13", "5", "15", "16") })
	add(6, func() string { return m.pick("tos ", "dsfield ") + m.pick("0x10", "0x04", "8", "0xb8", "3") })
	add(6, func() string { return "uid " + m.pick("0", "1000", "1500", "5000") })
	add(4, func() string { return "ipproto " + m.pick("tcp", "udp", "icmp", "6", "99", "ipv6-icmp", "sctp") })
	add(5, func() string { return "sport " + m.pick("53", "1500", "80") })
	add(5, func() string { return "dport " + m.pick("53", "1500", "443") })
	add(7, func() string { return "fibmatch" })
	add(12, func() string { return "connected" })
	add(60, func() string { return m.pick("bogus", "oif nothing", "mark x", "vrf x", "ipproto nothing") })
	m.say("ip %s %s %s route get %s", m.maybe(5, "-d"), m.maybe(8, "-j"), m.maybe(6, map[bool]string{true: "-6", false: "-4"}[six]), strings.Join(w, " "))
}
