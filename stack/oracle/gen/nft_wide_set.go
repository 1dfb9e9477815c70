package gen

import (
	"fmt"
	"strings"
)

// wideSets declares every set, map and object that forms name: of each kind one.
func (g *Wide) wideSets() string {
	var b strings.Builder
	decl := func(kind, name string, lines ...string) {
		fmt.Fprintf(&b, "\t%s %s {\n", kind, name)
		for _, l := range lines {
			if l != "" {
				b.WriteString("\t\t" + g.draw(l) + "\n")
			}
		}
		b.WriteString("\t}\n")
	}
	maybe := func(l ...string) string { return g.pick(append(l, "")...) }
	for _, v := range []struct{ ip, n, typ string }{{"ip", "4", "ipv4_addr"}, {"ip6", "6", "ipv6_addr"}} {
		g.net = v.n
		decl("set", "plain"+v.n, "type "+v.typ, maybe("size 64"), maybe("flags constant"), "elements = { «a», "+g.other(v.n)+" }")
		decl("set", "ivl"+v.n, "type "+v.typ, "flags interval", maybe("elements = { «net» }", "elements = { «a», «wide» }"))
		decl("set", "timed"+v.n, "type "+v.typ, "flags timeout", maybe("timeout 2h"), "elements = { «a» timeout 1h }")
		decl("set", "merged"+v.n, "type "+v.typ, "flags interval", "auto-merge", "elements = { «net», «net», «a» }")
		decl("set", "pair"+v.ip, g.pick("type "+v.typ+" . inet_service", "typeof "+v.ip+" saddr . tcp dport"), "elements = { «a» . «p» }")
		decl("set", "pairivl"+v.ip, "type "+v.typ+" . inet_service", "flags interval", "elements = { «net» . «range», «far» . «p» }")
		decl("set", "dyn"+v.ip, "type "+v.typ, "size 64", "flags dynamic,timeout", maybe("timeout 3h"))
		decl("set", "dyncnt"+v.ip, "type "+v.typ, "size 64", "flags dynamic", "counter")
		decl("set", "dynlim"+v.ip, "type "+v.typ, "size 64", "flags dynamic")
		decl("set", "dynq"+v.ip, "type "+v.typ, "size 64", "flags dynamic")
		decl("set", "dyncc"+v.ip, "type "+v.typ, "size 64", "flags dynamic")
		decl("set", "dynpair"+v.ip, g.pick("type "+v.typ+" . inet_service", "typeof "+v.ip+" saddr . udp dport"), "size 64", "flags dynamic")
		decl("map", "dynmap"+v.ip, g.pick("type "+v.typ+" : mark", "typeof "+v.ip+" saddr : meta mark"), "size 64", "flags dynamic")
		decl("map", "marks"+v.ip, "type "+v.typ+" : mark", maybe("flags interval"), "elements = { «a» : «n 9» }")
		decl("map", "catv"+v.ip, "type "+v.typ+" . inet_proto . inet_service : verdict", maybe("flags interval"), "elements = { «a» . tcp . «p» : «plain», "+g.other(v.n)+" . udp . «p» : drop }")
		decl("map", "cm"+v.ip, "type "+v.typ+" : counter", "elements = { «a» : \"cnt\" }")
	}
	decl("set", "ports", "type inet_service", "elements = { «p» }", maybe("comment \"some ports\""))
	decl("set", "pivl", "type inet_service", "flags interval", "elements = { «range» }")
	if g.Intn(3) == 0 {
		decl("set", "devs", "type ifname", "elements = { \"eth0\", \"lo\" }")
	} else {
		decl("set", "devs", "type ifname", "flags interval", "elements = { \"eth1\", \"l*\" }")
	}
	decl("set", "marks", "type mark", maybe("counter"), "elements = { «n 3», 0x«n 9»0 }")
	decl("map", "vm", "type inet_service : verdict", maybe("flags interval"), maybe("counter"), "elements = { «p» : «plain» }")
	decl("counter", "cnt", maybe("packets 5 bytes 300"), maybe("comment \"named\""))
	decl("counter", "cnt2")
	decl("quota", "quo", "over «n 9»00 bytes")
	decl("quota", "quou", "«n 9»00 bytes")
	decl("limit", "lim", "rate «n 3»1/hour burst 2 packets")
	decl("limit", "limb", "rate over 200 bytes/day")
	return b.String()
}

// other is an address that the word «a» does not draw.
func (g *Wide) other(v string) string {
	if v == "4" {
		return "10.200.0.1"
	}
	return "2001:db8:200::1"
}

// natHost is where a translation leads: far is behind the router.
func (g *Wide) natHost(v4, far bool) string {
	switch {
	case v4 && far:
		return g.pick("10.9.0.7", "10.9.0.8", "10.9.0.7-10.9.0.8", "10.0.0.3")
	case v4:
		return g.pick("10.9.0.100", "10.9.1.1", "10.9.0.1", "10.9.0.100-10.9.0.103")
	case far:
		return g.pick("2001:db8:9::7", "2001:db8:9::8", "2001:db8:9::7-2001:db8:9::8", "2001:db8::3")
	}
	return g.pick("2001:db8:9::100", "2001:db8:9::1")
}

// wideNat is a table of translation: every kind of statement, with maps.
func (g *Wide) wideNat() string {
	g.fam = g.pick("ip", "ip", "ip6", "inet")
	four := func() bool { return g.fam == "ip" || g.fam == "inet" && g.Intn(2) == 0 }
	rule := func(hook string, dst bool) string {
		v4 := four()
		ip, fam := "ip6", ""
		g.net = "6"
		if v4 {
			ip, g.net = "ip", "4"
		}
		if g.fam == "inet" {
			fam = ip + " "
		}
		g.hook, g.l4 = hook, g.pick("tcp", "udp", "any")
		m := ip + " " + g.pick("saddr", "daddr") + " " + g.wordsFor(v4) + " "
		if g.l4 != "any" {
			m += g.draw("«l4» «sport|dport» " + g.pick("«p»", "«range»", "{ «p», «range» }") + " ")
		}
		if g.Intn(3) == 0 {
			m += g.draw(g.pick("ct state new ", "meta mark 0 ", "fib daddr type local ", "ct status ! dnat "))
		}
		return m + "counter " + g.natTo(fam, v4, dst)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "table %s nat {\n", g.fam)
	if g.fam != "ip6" {
		b.WriteString(g.draw("\tmap to4 {\n\t\ttype inet_service : ipv4_addr . inet_service\n\t\telements = { 22 : 10.9.0.7 . 80, 53 : 10.9.0.8 . 5353, 80 : 10.0.0.3 . «p» }\n\t}\n"))
		b.WriteString("\tmap by4 {\n\t\ttype ipv4_addr : ipv4_addr\n\t\tflags interval\n\t\telements = { 10.0.0.0/24 : 10.9.0.100, 10.9.0.0/16 : 10.0.0.50 }\n\t}\n")
	}
	for _, c := range []struct{ hook, prio string }{{"prerouting", "dstnat"}, {"output", "-100"}, {"postrouting", "srcnat"}, {"input", "100"}} {
		if g.Intn(3) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\tchain %s {\n\t\ttype nat hook %s priority %s; policy accept;\n", c.hook, c.hook, c.prio)
		for n := g.Intn(4); n > 0; n-- {
			b.WriteString("\t\t" + rule(c.hook, c.hook == "prerouting" || c.hook == "output") + "\n")
		}
		b.WriteString("\t}\n")
	}
	b.WriteString("}\n")
	return b.String()
}

func (g *Wide) wordsFor(v4 bool) string {
	if v4 {
		return g.pick("10.0.0.0/8", "10.0.0.2", "10.9.0.7", "10.0.0.1", "{ 10.0.0.2, 10.9.0.0/16 }")
	}
	return g.pick("2001:db8::/32", "2001:db8::2", "2001:db8:9::7", "2001:db8::1")
}

// natTo is the statement itself.
func (g *Wide) natTo(fam string, v4, dst bool) string {
	port := ""
	if g.l4 != "any" && g.Intn(2) == 0 {
		port = ":" + g.pick(g.port(), g.portRange())
	}
	flags := g.pick("", "", "", " persistent")
	if dst {
		switch k := g.Intn(7); {
		case k == 0:
			if port != "" {
				return "redirect to " + port
			}
			return "redirect"
		case k == 1 && v4 && g.l4 != "any" && fam == "":
			return "dnat to " + g.draw("«l4» dport map @to4")
		case k == 2 && g.l4 != "any" && v4:
			return "dnat " + fam + "to " + g.draw("«l4» dport map { 22 : 10.9.0.7, 53-80 : 10.9.0.8, 1000 : 10.0.0.3 }")
		case k == 3 && v4:
			return "dnat " + fam + "to " + g.draw("numgen inc mod 2 map { 0 : 10.9.0.7, 1 : 10.9.0.8 }")
		case k == 4 && v4:
			return "dnat " + fam + "prefix to " + g.draw("ip daddr map { 10.0.0.0/24 : 10.9.0.0/24, 10.9.0.0/24 : 10.0.0.0/24 }")
		case k == 5 && v4 && g.l4 != "any":
			return "dnat " + fam + "to " + g.draw("jhash ip saddr mod 2 seed 0x5 map { 0 : 10.9.0.7, 1 : 10.9.0.8 }") + port + flags
		}
		return "dnat " + fam + "to " + g.withPort(g.natHost(v4, true), port) + flags
	}
	if g.hook == "input" {
		if v4 {
			return "snat " + fam + "to 10.0.0.99"
		}
		return "snat " + fam + "to 2001:db8::99"
	}
	switch k := g.Intn(6); {
	case k == 0:
		if port != "" && strings.Contains(port, "-") {
			return "masquerade to " + port
		}
		return "masquerade" + flags
	case k == 1 && v4 && fam == "":
		return "snat to ip saddr map @by4"
	case k == 2 && v4:
		return "snat " + fam + "prefix to ip saddr map { 10.0.0.0/24 : 10.77.0.0/24, 10.9.0.0/16 : 10.78.0.0/16 }"
	case k == 3:
		return g.pick("accept", "return", "masquerade")
	}
	return "snat " + fam + "to " + g.withPort(g.natHost(v4, false), port) + flags
}

// withPort is an address with a port, as the language wants it.
func (g *Wide) withPort(a, port string) string {
	if port != "" && strings.Contains(a, ":") {
		a, _, _ = strings.Cut(a, "-")
		a = "[" + a + "]"
	}
	return a + port
}
