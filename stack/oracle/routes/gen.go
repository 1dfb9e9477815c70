package routes

import (
	"fmt"
	"math/rand"
	"strconv"
	"strings"
)

// A maker makes one case. What it names (devices, tables, prefixes, metrics) comes
// from short lists, so that commands meet what others have made.
type maker struct {
	*rand.Rand
	l    []string
	six  bool // the family that most commands are about
	both bool // the other one is there too
}

// Make is the case of a seed: the same each time.
func Make(seed int64) Case {
	m := &maker{Rand: rand.New(rand.NewSource(seed))}
	m.six, m.both = seed%2 == 1, m.one(4)
	m.links()
	m.build(8 + m.Intn(22))
	m.lists()
	for range 20 + m.Intn(8) {
		m.get()
	}
	if m.one(3) {
		m.change()
		m.lists()
		for range 5 {
			m.get()
		}
	}
	return Case{Seed: seed, Lines: m.l}
}

func (m *maker) one(in int) bool         { return m.Intn(in) == 0 }
func (m *maker) pick(l ...string) string { return l[m.Intn(len(l))] }
func (m *maker) say(s string, a ...any) {
	m.l = append(m.l, strings.Join(strings.Fields(fmt.Sprintf(s, a...)), " "))
}
func (m *maker) raw(s string) { m.l = append(m.l, s) }
func (m *maker) maybe(in int, s string) string {
	if m.one(in) {
		return s
	}
	return ""
}

// fam is the family of the next command.
func (m *maker) fam() bool {
	if m.both && m.one(4) {
		return !m.six
	}
	return m.six
}

func (m *maker) dev() string { return m.pick("eth0", "eth0", "eth1", "eth1", "eth2", "p0", "lo") }

// links are the machine: three pairs of devices and their addresses.
func (m *maker) links() {
	m.raw(`printf '200 blue\n201 red\n' >>/etc/iproute2/rt_tables`)
	m.say("sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.addr_gen_mode=%d", m.Intn(2))
	m.say("sysctl -qw net.ipv4.ip_forward=%d net.ipv6.conf.all.forwarding=%d", m.Intn(2), m.Intn(2))
	m.say("sysctl -qw net.ipv4.fib_multipath_hash_seed=%d", 1+m.Intn(1000000))
	if m.one(2) {
		m.say("sysctl -qw net.ipv4.fib_multipath_hash_policy=%d net.ipv6.fib_multipath_hash_policy=%d", m.Intn(2), m.Intn(2))
	}
	if m.one(4) {
		m.say("sysctl -qw net.ipv4.conf.all.ignore_routes_with_linkdown=1 net.ipv6.conf.all.ignore_routes_with_linkdown=1")
	}
	if m.one(4) {
		m.say("sysctl -qw net.ipv4.conf.all.rp_filter=%d", m.Intn(3))
	}
	for i := range 3 {
		m.say("ip link add eth%d index 1%d address 02:00:00:00:01:0%d type veth peer name p%d index 2%d address 02:00:00:00:02:0%d", i, i, i, i, i, i)
		m.say("ip link set eth%d up", i)
		if i < 2 || m.one(2) {
			m.say("ip link set p%d up", i)
		}
	}
	if m.one(4) {
		m.say("ip link set eth1 group 7")
	}
	m.say("ip addr add 10.0.0.1/24 dev eth0")
	m.say("ip addr add 10.0.1.1/24 %s dev eth1", m.maybe(2, "brd +"))
	if m.one(2) {
		m.say("ip addr add 10.0.1.5/24 dev eth1")
	}
	if m.one(2) {
		m.say("ip addr add 192.168.7.1/28 dev eth2")
	}
	if m.one(3) {
		m.say("ip addr add 10.99.0.1/32 dev lo")
	}
	if m.one(5) {
		m.say("ip addr add 10.50.0.1 peer 10.50.0.2 dev eth1")
	}
	if m.six || m.both {
		m.say("ip -6 addr add 2001:db8::1/64 dev eth0 nodad")
		m.say("ip -6 addr add 2001:db8:1::1/64 dev eth1 nodad %s", m.maybe(4, "metric 500"))
		if m.one(2) {
			m.say("ip -6 addr add fd00:7::1/64 dev eth2 nodad")
		}
		if m.one(3) {
			m.say("ip -6 addr add 2001:db8:99::1/128 dev lo nodad")
		}
	}
	m.say("sleep 0.1")
}

// build makes rules and routes.
func (m *maker) build(n int) {
	for range n {
		switch k := m.Intn(20); {
		case k < 5:
			m.rule()
		case k < 16:
			m.route()
		case k < 18:
			m.nexthop()
		default:
			m.remove()
		}
	}
}

// prefix is a destination of a route, or an operand of a rule.
func (m *maker) prefix(six bool) string {
	if six {
		return m.pick("default", "2001:db8:a::/48", "2001:db8:a::/48", "2001:db8:a:1::/64", "2001:db8:a:1::3", "2001:db8::/32", "2001:db8::/64", "2001:db8:1::/64", "2001:db8:b::5/128", "fd00::/8", "2000::/3", "2001:db8:c:8000::/49", "ff05::/16")
	}
	return m.pick("default", "10.1.0.0/16", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3", "10.0.0.0/8", "10.0.0.0/24", "10.0.1.0/24", "172.16.0.0/12", "192.0.2.0/25", "192.0.2.128/25", "10.1.128.0/17", "10.0.0.77/32", "0.0.0.0/1")
}

// wrong is a destination that is not one.
func (m *maker) wrong(six bool) string {
	if six {
		return m.pick("2001:db8::5/64", "2001:db8::/129", "2001:zz::/64", "10.1.0.0/16", "nothing")
	}
	return m.pick("10.1.2.3/24", "10.1.0.0/33", "10.1.0.300", "2001:db8::/32", "nothing", "10.1/16", "10")
}

// to is an address that somebody asks for.
func (m *maker) to(six bool) string {
	if six {
		return m.pick("2001:db8:a::9", "2001:db8:a:1::3", "2001:db8:a:1::7", "2001:db8::9", "2001:db8::1", "2001:db8:1::9", "2001:db8:b::5", "fd00:9::1", "2400::1", "::1", "ff02::1", "ff05::7", "fe80::7", "2001:db8:c:8000::1", "2001:db8:99::1", "fd00:7::1", "fd00:7::2")
	}
	return m.pick("10.1.0.9", "10.1.2.3", "10.1.2.7", "10.1.200.1", "10.0.0.9", "10.0.0.1", "10.0.1.9", "172.16.5.5", "192.0.2.5", "192.0.2.200", "8.8.8.8", "10.0.0.77", "127.0.0.1", "10.0.0.255", "224.0.0.1", "239.1.2.3", "255.255.255.255", "10.99.0.1", "192.168.7.2", "10.50.0.2", "200.1.1.1", "0.0.0.0")
}

// own is an address of this host, mostly.
func (m *maker) own(six bool) string {
	if six {
		return m.pick("2001:db8::1", "2001:db8::1", "2001:db8:1::1", "2001:db8:99::1", "2001:db8::77", "fd00:7::1")
	}
	return m.pick("10.0.0.1", "10.0.0.1", "10.0.1.1", "10.0.1.5", "10.99.0.1", "10.0.0.77", "192.168.7.1")
}

func (m *maker) table() string {
	return m.pick("100", "100", "blue", "200", "201", "red", "main", "local", "default", "1000", "5", "254", "70000")
}

func (m *maker) flag(six bool) string {
	if six {
		return "-6"
	}
	return m.pick("", "", "-4")
}

// rule is one ip rule add, or now and then one that is refused.
func (m *maker) rule() {
	six := m.fam()
	m.say("ip %s rule add %s", m.flag(six), m.ruleWords(six))
}

func (m *maker) ruleWords(six bool) string {
	var w []string
	add := func(in int, f func() string) {
		if m.one(in) {
			w = append(w, f())
		}
	}
	add(8, func() string { return "not" })
	add(2, func() string { return "from " + m.pick("all", m.own(six), m.prefix(six), m.to(six)) })
	add(3, func() string { return "to " + m.pick(m.prefix(six), m.to(six)) })
	add(8, func() string { return "iif " + m.pick("eth0", "eth1", "lo", "lo", "gone") })
	add(8, func() string { return "oif " + m.pick("eth0", "eth1", "gone") })
	add(5, func() string { return "fwmark " + m.mark() })
	add(8, func() string {
		return m.pick("tos ", "dsfield ") + m.pick("0x10", "0x04", "8", "0x08", "0xb8", "3", "0x1c", "AF11", "0")
	})
	add(8, func() string {
		return "uidrange " + m.pick("0-0", "1000-2000", "1000-1000", "5-1", "0-4294967294", "7")
	})
	add(7, func() string { return "ipproto " + m.pick("tcp", "udp", "icmp", "17", "6", "ipv6-icmp", "99", "sctp") })
	add(8, func() string { return "sport " + m.pick("53", "1000-2000", "80", "9-3", "0") })
	add(8, func() string { return "dport " + m.pick("53", "1000-2000", "443", "80", "70000") })
	add(2, func() string { return m.pick("pref ", "priority ", "order ") + m.prio() })
	add(10, func() string { return "protocol " + m.pick("static", "bird", "77", "kernel", "zebra") })
	switch k := m.Intn(24); {
	case k < 12:
		w = append(w, m.pick("lookup ", "table ")+m.table())
		add(4, func() string { return m.pick("suppress_prefixlength ", "sup_pl ") + m.pick("0", "8", "16", "24", "64") })
		add(10, func() string { return "suppress_ifgroup " + m.pick("7", "0", "default") })
	case k < 15:
		w = append(w, "goto "+m.prio())
	case k < 16:
		w = append(w, "nop")
	case k < 17:
		w = append(w, "blackhole")
	case k < 18:
		w = append(w, "prohibit")
	case k < 19:
		w = append(w, "unreachable")
	case k < 20:
		w = append(w, m.pick("type blackhole", "type prohibit", "type unicast table 100"))
	case k < 21:
		w = append(w, m.pick("lookup", "lookup nothing", "pref x", "table 99999999999", "fwmark", "bogus", "from", "iif", "type x", "not", "goto"))
	}
	return strings.Join(w, " ")
}

func (m *maker) mark() string {
	return m.pick("1", "2", "0x10", "0x10/0xf0", "1/1", "0/0xff", "0", "5/0", "16")
}

func (m *maker) prio() string {
	return m.pick("10", "20", "30", "100", "1000", "32766", "32767", "40000", "0", "200", strconv.Itoa(m.Intn(50)))
}

// remove takes a rule or a route away.
func (m *maker) remove() {
	six := m.fam()
	switch f := m.flag(six); m.Intn(10) {
	case 0, 1:
		m.say("ip %s rule del pref %s", f, m.prio())
	case 2:
		m.say("ip %s rule del %s", f, m.ruleWords(six))
	case 3:
		m.say("ip %s route flush table %s", f, m.pick("100", "blue", "5", "1000", "77"))
	case 4:
		m.say("ip %s route del %s", f, m.prefix(six))
	case 5:
		m.say("ip %s rule flush", f)
	case 6:
		m.say("ip nexthop del id %d", 1+m.Intn(6))
	default:
		m.say("ip %s route del %s", f, m.routeWords(six))
	}
}

// change does something to the machine while routes are there.
func (m *maker) change() {
	switch m.Intn(10) {
	case 0:
		m.say("ip link set %s down", m.pick("eth0", "eth1"))
	case 1:
		m.say("ip link set %s down", m.pick("p0", "p1"))
	case 2:
		m.say("ip link del %s", m.pick("eth0", "eth1"))
	case 3:
		m.say("ip addr del 10.0.0.1/24 dev eth0")
	case 4:
		if m.six || m.both {
			m.say("ip -6 addr del 2001:db8::1/64 dev eth0")
		}
	case 5:
		m.say("ip link set eth0 down")
		m.say("ip link set eth0 up")
	case 6:
		m.say("ip nexthop flush")
	case 7:
		m.say("ip link set eth1 mtu %d", 1280+m.Intn(200))
	default:
		for range 4 {
			m.remove()
		}
	}
	m.say("sleep 0.1")
}
