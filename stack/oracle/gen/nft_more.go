package gen

import (
	"fmt"
	"regexp"
	"strings"
)

// rate is a limit's unit. Before packets it must not refill while they pass.
func (g *Nft) rate() string {
	if g.small {
		return g.pick("/hour", "/day", "/week", "/hour burst 3 packets", "/day burst 2 packets", " bytes/hour", " bytes/day burst 300 bytes")
	}
	return g.pick("/second", "/minute", "/hour", "/day", "/week", " kbytes/second", " mbytes/second", " bytes/minute")
}

// verdicts is a map of ports.
func (g *Nft) verdicts(v ...string) string {
	return g.mapOf(g.port, func() string { return g.pick(v...) })
}

// mapOf is a map in which no key is twice.
func (g *Nft) mapOf(key, val func() string) string {
	seen := map[string]bool{}
	return g.list(func() string {
		k := key()
		for g.small && seen[k] && len(seen) < 4 {
			k = key()
		}
		if g.small && seen[k] {
			return fmt.Sprint(1+len(seen)) + "1" + strings.TrimLeft(strings.TrimLeft(k, "0123456789"), ":") + " : " + val()
		}
		seen[k] = true
		return k + " : " + val()
	})
}

var (
	braces = regexp.MustCompile(`\{[^}]*\}|"[^"]*"|set (dscp|ttl|hoplimit)`)
	layer4 = regexp.MustCompile(`\b(tcp|udp|icmpv6|ipv6-icmp|icmp|gre)\b|protocol|nexthdr|l4proto`)
	layer3 = regexp.MustCompile(`\b(ip|ip6|icmp|icmpv6|nfproto ipv4|nfproto ipv6|frag|exthdr|hbh|dst)\b`)
)

// fits reports whether a rule asks for one protocol only: nft refuses others.
func (g *Nft) fits(r string) bool {
	r = braces.ReplaceAllString(r, "{}")
	four, six, l4 := g.fam == "ip", g.fam == "ip6", ""
	for _, w := range layer3.FindAllString(r, -1) {
		switch w {
		case "ip", "icmp", "nfproto ipv4":
			four = true
		default:
			six = true
		}
	}
	for _, w := range layer4.FindAllString(r, -1) {
		if w = strings.Replace(w, "ipv6-icmp", "icmpv6", 1); l4 != "" && l4 != w {
			return false
		}
		l4 = w
	}
	return !(four && six)
}

// more is a match that asks for what packets have.
func (g *Nft) more() string {
	ip := "ip6"
	if g.four {
		ip = "ip"
	}
	one := g.ip6
	if g.four {
		one = g.ip4
	}
	switch g.Intn(22) {
	case 0, 1:
		return "ct state " + g.pick("related", "untracked", "invalid", "established,related,untracked", "new,untracked", "!= established")
	case 2:
		return "ct status " + g.pick("dnat", "snat", "confirmed", "assured", "seen-reply", "! seen-reply", "expected", "dying")
	case 3:
		return fmt.Sprintf("ct %s %s %s %s", g.pick("original", "reply"), ip, g.pick("saddr", "daddr"), one())
	case 4, 5:
		return "ct direction " + g.pick("original", "reply") + " ct mark " + g.cmp() + fmt.Sprint(g.Intn(9))
	case 6:
		return "ct packets " + g.pick("< 5", ">= 0")
	case 7:
		return "ct mark and " + fmt.Sprint(1+g.Intn(31)) + g.pick(" == 0", " != 0")
	case 8:
		return "fib daddr type " + g.pick("local", "unicast", "!= local", "{ local, broadcast }", "multicast")
	case 9, 10:
		if g.hook != "input" && g.hook != "prerouting" && g.hook != "forward" {
			return "fib saddr type " + g.pick("unicast", "local")
		}
		if g.Intn(2) == 0 {
			return "fib " + g.pick("daddr", "saddr") + " oifname " + g.pick(`"eth0"`, `"eth1"`, `!= "eth1"`)
		}
		return "fib saddr . iif oif " + g.pick("0", "!= 0", "eth0", "eth1")
	case 11:
		if g.fam == "inet" {
			return "meta nfproto " + map[bool]string{true: "ipv4", false: "ipv6"}[g.four]
		}
		return "ct bytes < 100000"
	case 12:
		return "meta mark " + g.pick("& 1 == 0", "& 6 != 0", "{ 1-5, 100 }")
	case 13:
		return fmt.Sprintf("numgen inc mod %d %s%d", 3+g.Intn(4), g.pick("", "< ", "!= "), g.Intn(3))
	case 14:
		if g.four {
			return fmt.Sprintf("jhash ip saddr . ip daddr mod %d seed 0x%x %s%d", 3+g.Intn(4), 1+g.Intn(1000), g.pick("", "< "), g.Intn(3))
		}
		return fmt.Sprintf("jhash ip6 saddr mod %d seed 0x%x %d", 3+g.Intn(4), 1+g.Intn(1000), g.Intn(3))
	case 15:
		if g.l4 != "tcp" {
			return "udp checksum != 0"
		}
		return "tcp dport > 1 tcp option " + g.pick("maxseg exists", "maxseg missing", "maxseg size 1460", "window exists", "timestamp exists", "window count < 7", "sack-perm exists", "timestamp tsval < 5")
	case 16:
		if g.four {
			return "ip " + g.pick("frag-off & 0x1fff != 0", "frag-off & 0x2000 != 0", "frag-off & 0x4000 == 0", "checksum != 0", "hdrlength 5", "version 4", "ecn ect0", "ecn not-ect")
		}
		return g.pick("exthdr frag exists", "exthdr dst exists", "exthdr hbh missing", "frag frag-off 0", "frag more-fragments 1", "hbh hdrlength 0")
	case 17, 18, 19:
		return "ether saddr " + g.pick("", "!= ") + g.pick("02:00:00:00:00:11", "02:00:00:00:00:12")
	case 20:
		if g.dyn {
			if g.four {
				return g.pick("ip saddr @seen4", "ip saddr != @seen4", "ip saddr . "+g.l4+" dport @pairs", "ip daddr @seen4")
			}
			return "ip6 saddr @seen6"
		}
		return "rt " + ip + " nexthop " + one()
	}
	return "iif " + g.pick(`"eth0"`, `"eth1"`) + " oif " + g.pick(`"eth0"`, `"eth1"`)
}

// moreActions are statements that change packets, or what is kept about them.
func (g *Nft) moreActions() string {
	switch g.Intn(18) {
	case 0:
		return "ct mark set " + g.pick("0x1", "meta mark", "ct mark or 0x4", "ct mark xor 0x2", "meta mark and 0xf")
	case 1:
		return "meta mark set ct mark"
	case 2:
		if g.four {
			return "ip dscp set " + g.pick("cs1", "ef", "cs0")
		}
		return "ip6 dscp set " + g.pick("cs1", "ef", "cs0")
	case 3:
		if g.four {
			return "ip ttl set " + fmt.Sprint(2+g.Intn(200))
		}
		return "ip6 hoplimit set " + fmt.Sprint(2+g.Intn(200))
	case 4:
		return g.l4 + " " + g.pick("dport", "sport") + " set " + g.port()
	case 5:
		if g.l4 != "tcp" {
			return "counter"
		}
		return "tcp sport > 1 tcp option maxseg size set " + g.pick("500", "1400", "rt mtu")
	case 6:
		if g.dyn && g.four {
			return g.pick("add", "update") + " @seen4 { ip saddr }"
		}
	case 7:
		if g.dyn && g.four {
			return "update @pairs { ip saddr . " + g.l4 + " dport counter }"
		}
	case 8:
		if g.dyn && !g.four {
			return "add @seen6 { ip6 saddr limit rate over 1/hour burst 2 packets }"
		}
	case 9:
		if g.dyn && g.four {
			return "delete @seen4 { ip daddr }"
		}
	case 10:
		if g.dyn {
			return `counter name "cnt2"`
		}
	case 11:
		if g.dyn {
			return `quota name "quo"`
		}
	case 12:
		return "limit rate " + g.pick("", "over ") + fmt.Sprint(1+g.Intn(5)) + g.rate()
	case 13:
		return "meta mark set numgen inc mod " + fmt.Sprint(2+g.Intn(9)) + g.pick("", " offset 3")
	case 14:
		return "ct count " + g.pick("", "over ") + fmt.Sprint(1+g.Intn(6))
	case 15:
		if g.dyn && g.four {
			return "counter name ip saddr map { 10.0.0.2 : \"cnt2\", 10.9.0.7 : \"cnt2\" }"
		}
	case 16:
		if g.four {
			return "ip daddr set " + g.ip4()
		}
		return "ip6 daddr set " + g.ip6()
	}
	return "counter"
}

// dynamicSets are sets that packets fill, and objects that rules name.
func (g *Nft) dynamicSets() string {
	g.dyn = true
	return "\tset seen4 {\n\t\ttype ipv4_addr\n\t\tsize 100\n\t\tflags dynamic\n\t}\n" +
		"\tset seen6 {\n\t\ttype ipv6_addr\n\t\tsize 100\n\t\tflags dynamic\n\t}\n" +
		"\tset pairs {\n\t\ttype ipv4_addr . inet_service\n\t\tsize 100\n\t\tflags dynamic\n\t}\n" +
		"\tcounter cnt2 {\n\t}\n\tquota quo {\n\t\tover 500 bytes\n\t}\n"
}

// DynamicTable is a table with sets that packets fill, and objects.
func (g *Nft) DynamicTable() string { return "table ip dyn {\n" + g.dynamicSets() + "}\n" }

// Rules is everything that a router has: a table of filters, and with luck
// translation, what is not tracked, zones, and what sees packets at the device.
func (g *Nft) Rules() string {
	s := g.Script()
	if g.Intn(2) == 0 {
		s += g.translation()
	}
	if g.Intn(5) == 0 {
		s += g.untracked()
	}
	if g.Intn(6) == 0 {
		s += g.atDevice()
	}
	if g.Intn(8) == 0 {
		s += strings.NewReplacer("table ip t", "table ip s", "table ip6 t", "table ip6 s", "table inet t", "table inet s").Replace(g.Script())
	}
	return s
}

// translation makes a nat table of any family.
func (g *Nft) translation() string {
	fam := g.pick("ip", "ip", "ip6", "inet")
	four := func() bool { return fam == "ip" || fam == "inet" && g.Intn(2) == 0 }
	to := func(v4 bool) string {
		w := ""
		if fam == "inet" {
			w = map[bool]string{true: "ip ", false: "ip6 "}[v4]
		}
		return w + "to "
	}
	host := func(v4, far bool) string {
		switch {
		case v4 && far:
			return g.pick("10.9.0.7", "10.9.0.8", "10.9.0.7-10.9.0.8", "10.0.0.3")
		case v4:
			return g.pick("10.9.0.100", "10.9.1.1", "10.0.0.50", "10.9.0.1", "10.9.0.100-10.9.0.103")
		case far:
			return g.pick("2001:db8:9::7", "2001:db8:9::8", "2001:db8:9::7-2001:db8:9::8", "2001:db8::3")
		}
		return g.pick("2001:db8:9::100", "2001:db8:9::1", "2001:db8::50")
	}
	withPort := func(v4 bool, a, l4 string) string {
		if l4 == "" || g.Intn(2) == 0 {
			return a
		}
		if !v4 {
			a = "[" + strings.Split(a, "-")[0] + "]"
		}
		return a + ":" + g.pick(g.port(), g.portRange())
	}
	ip := map[bool]string{true: "ip", false: "ip6"}
	match := func(v4 bool) (s, l4 string) {
		switch g.Intn(4) {
		case 0, 1:
			l4 = g.pick("tcp", "udp")
			return fmt.Sprintf("%s daddr %s %s dport %s", ip[v4], map[bool]string{true: "10.0.0.0/8", false: "2001:db8::/32"}[v4], l4, g.pick(g.port(), g.portRange())), l4
		case 2:
			return fmt.Sprintf("%s saddr %s meta l4proto tcp", ip[v4], map[bool]string{true: g.ip4(), false: g.ip6()}[v4]), "tcp"
		}
		return fmt.Sprintf("%s saddr %s", ip[v4], map[bool]string{true: g.ip4(), false: g.ip6()}[v4]), ""
	}
	var b strings.Builder
	chain := func(name, hook, prio string, rules int, rule func() string) {
		fmt.Fprintf(&b, "\tchain %s {\n\t\ttype nat hook %s priority %s; policy accept;\n", name, hook, prio)
		for ; rules > 0; rules-- {
			b.WriteString("\t\t" + rule() + "\n")
		}
		b.WriteString("\t}\n")
	}
	fmt.Fprintf(&b, "table %s nat {\n", fam)
	dst := func() string {
		v4 := four()
		m, l4 := match(v4)
		m += " counter "
		switch g.Intn(6) {
		case 0:
			return m + "redirect"
		case 1:
			if l4 != "" {
				return m + "redirect to :" + g.pick(g.port(), g.portRange())
			}
		case 2:
			return m + "accept"
		}
		return m + "dnat " + to(v4) + withPort(v4, host(v4, true), l4)
	}
	chain("pre", "prerouting", g.pick("dstnat", "-100", "-90"), g.Intn(4), dst)
	if g.Intn(3) == 0 {
		chain("out", "output", "-100", 1+g.Intn(2), dst)
	}
	if g.Intn(2) == 0 {
		chain("post", "postrouting", g.pick("srcnat", "100"), g.Intn(4), func() string {
			v4 := four()
			m, l4 := match(v4)
			m += " counter "
			switch g.Intn(5) {
			case 0:
				return m + "masquerade"
			case 1:
				if l4 != "" {
					return m + "masquerade to :" + g.portRange()
				}
			case 2:
				if v4 && fam == "ip" {
					return m + "snat ip prefix to ip saddr map { 10.0.0.0/24 : 10.77.0.0/24, 10.9.0.0/16 : 10.78.0.0/16 }"
				}
			case 3:
				return m + g.pick("accept", "return")
			}
			return m + "snat " + to(v4) + withPort(v4, host(v4, false), l4)
		})
	}
	if g.Intn(4) == 0 {
		chain("in", "input", "100", 1, func() string {
			v4 := four()
			m, _ := match(v4)
			return m + " counter snat " + to(v4) + map[bool]string{true: "10.0.0.99", false: "2001:db8::99"}[v4]
		})
	}
	b.WriteString("\tchain watch {\n\t\ttype filter hook input priority 10; policy accept;\n\t\tct status dnat counter\n\t\tct status snat counter\n\t\tct direction reply counter\n\t}\n}\n")
	return b.String()
}

// untracked makes chains before connection tracking.
func (g *Nft) untracked() string {
	var b strings.Builder
	fam := g.pick("ip", "ip6", "inet")
	fmt.Fprintf(&b, "table %s early {\n", fam)
	for _, h := range []string{"prerouting", "output"} {
		if g.Intn(3) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\tchain %s {\n\t\ttype filter hook %s priority raw; policy accept;\n", h, h)
		for n := 1 + g.Intn(2); n > 0; n-- {
			fmt.Fprintf(&b, "\t\t%s counter %s\n", g.pick("tcp dport "+g.port(), "udp dport "+g.port(), "meta l4proto icmp", "udp sport "+g.port(), "tcp sport "+g.portRange(), `iif "eth1"`), g.pick("notrack", "notrack", "ct zone set 3", "ct original zone set 5", "ct zone set 3 accept"))
		}
		b.WriteString("\t}\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// atDevice makes a netdev table.
func (g *Nft) atDevice() string {
	var b strings.Builder
	b.WriteString("table netdev dev {\n")
	for _, h := range []string{"ingress", "egress"} {
		if g.Intn(3) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\tchain %s {\n\t\ttype filter hook %s device \"%s\" priority 0; policy %s;\n", h, h, g.pick("eth0", "eth1"), g.pick("accept", "accept", "accept", "drop"))
		for n := 1 + g.Intn(3); n > 0; n-- {
			fmt.Fprintf(&b, "\t\t%s counter %s\n", g.pick("ip saddr "+g.ip4(), "tcp dport "+g.port(), "udp sport "+g.portRange(), "ip6 daddr "+g.ip6(), "ether type ip", "meta protocol ip6 ip6 hoplimit > 60", "meta l4proto { tcp, icmp }", "ip ttl 64"), g.pick("", "accept", "drop", "meta mark set 7", "ip dscp set cs2", `fwd to "eth1"`, `dup to "eth1"`))
		}
		b.WriteString("\t}\n")
	}
	b.WriteString("}\n")
	return b.String()
}
