package gen

import (
	"fmt"
	"math/rand"
	"strings"
)

// An Nft makes random rule sets in nft's language.
type Nft struct {
	*rand.Rand
	fam   string
	sets  []string // ipv4_addr sets
	ports []string // inet_service sets
	l4    string
	four  bool   // the rule is about IPv4
	small bool   // few addresses and ports, so that packets hit
	hook  string // of the chain; none: any may jump to it
	dyn   bool   // the table has the sets that packets fill
}

// NewNft makes rule sets; meet has them name few addresses and ports, those that
// packets have, and use what only packets show.
func NewNft(r *rand.Rand, meet bool) *Nft { return &Nft{Rand: r, small: meet} }

func (g *Nft) pick(l ...string) string { return l[g.Intn(len(l))] }

func (g *Nft) ip4() string {
	if g.small {
		return small4[g.Intn(len(small4))]
	}
	return fmt.Sprintf("%d.%d.%d.%d", 1+g.Intn(223), g.Intn(4), g.Intn(256), g.Intn(256))
}

func (g *Nft) ip6() string {
	if g.small {
		return small6[g.Intn(len(small6))]
	}
	return fmt.Sprintf("2001:db8:%x::%x", g.Intn(65536), 1+g.Intn(65535))
}

func (g *Nft) port() string {
	if g.small {
		return fmt.Sprint(smallPorts[g.Intn(len(smallPorts))])
	}
	return fmt.Sprint(1 + g.Intn(65535))
}

// What rules and packets have in common: the router's addresses come first, then
// one behind it, then senders.
var (
	small4     = []string{"10.0.0.1", "10.9.0.7", "10.0.0.2", "10.1.0.5", "192.168.1.1"}
	small6     = []string{"2001:db8::1", "2001:db8:9::7", "2001:db8::2", "2001:db8:1::5"}
	smallPorts = []int{22, 53, 80, 443, 1000, 5353, 40000}
)

func (g *Nft) portRange() string {
	if g.small {
		a := smallPorts[g.Intn(4)]
		return fmt.Sprintf("%d-%d", a, a+1+g.Intn(1000))
	}
	a := 1 + g.Intn(60000)
	return fmt.Sprintf("%d-%d", a, a+1+g.Intn(5000))
}

func (g *Nft) op() string { return g.pick("", "", "", "== ", "!= ") }

func (g *Nft) cmp() string { return g.pick("", "!= ", "< ", "> ", "<= ", ">= ", "== ") }

func (g *Nft) list(f func() string) string {
	n := 1 + g.Intn(5)
	var l []string
	for i := 0; i < n; i++ {
		l = append(l, f())
	}
	return "{ " + strings.Join(l, ", ") + " }"
}

func (g *Nft) num(n int) func() string { return func() string { return fmt.Sprint(g.Intn(n)) } }

func (g *Nft) numExpr(n int) string {
	switch g.Intn(4) {
	case 0:
		a := g.Intn(n - 1)
		return g.op() + fmt.Sprintf("%d-%d", a, a+1+g.Intn(n-a-1))
	case 1:
		return g.op() + g.list(g.num(n))
	}
	return g.cmp() + fmt.Sprint(g.Intn(n))
}

func (g *Nft) v4() bool { return g.fam == "ip" || g.fam == "inet" && g.Intn(2) == 0 }

func (g *Nft) addr(v4 bool) string {
	one := g.ip4
	bits := 32
	if !v4 {
		one, bits = g.ip6, 128
	}
	switch g.Intn(6) {
	case 0:
		return g.op() + fmt.Sprintf("%s/%d", one(), 8+g.Intn(bits-8))
	case 1:
		if v4 {
			a := g.Intn(200)
			return g.op() + fmt.Sprintf("10.0.%d.%d-10.0.%d.%d", a, g.Intn(256), a+1+g.Intn(9), g.Intn(256))
		}
		return g.op() + "2001:db8::1-2001:db8::ff"
	case 2:
		return g.op() + g.list(func() string {
			if g.Intn(3) == 0 {
				return fmt.Sprintf("%s/%d", one(), 8+g.Intn(bits-8))
			}
			return one()
		})
	case 3:
		if v4 && len(g.sets) > 0 {
			return g.pick("", "!= ") + "@" + g.sets[g.Intn(len(g.sets))]
		}
	}
	return g.op() + one()
}

func (g *Nft) portExpr() string {
	switch g.Intn(6) {
	case 0:
		return g.op() + g.portRange()
	case 1, 2:
		return g.op() + g.list(func() string {
			if g.Intn(3) == 0 {
				return g.portRange()
			}
			return g.port()
		})
	case 3:
		if len(g.ports) > 0 {
			return g.pick("", "!= ") + "@" + g.ports[g.Intn(len(g.ports))]
		}
	}
	return g.cmp() + g.port()
}

func (g *Nft) match() string {
	l4, v4 := g.l4, g.four
	if g.small && g.Intn(4) == 0 {
		return g.more()
	}
	ip := "ip6"
	if v4 {
		ip = "ip"
	}
	switch g.Intn(30) {
	case 0, 1, 2:
		return ip + " " + g.pick("saddr", "daddr") + " " + g.addr(v4)
	case 3, 4, 5, 6:
		return l4 + " " + g.pick("sport", "dport") + " " + g.portExpr()
	case 7:
		if l4 == "udp" {
			return "udp sport " + g.portExpr()
		}
		return "tcp flags " + g.pick("syn", "syn,ack", "& (syn|ack) == syn", "! syn", "!= syn", "== ack", "& fin != 0", "fin / fin,syn,rst", "{ syn, ack }", "& (fin|rst) == fin|rst", "!= { syn }")
	case 8, 9:
		return "ct state " + g.pick("new", "established", "established,related", "!= new", "! invalid", "{ new, established }", "invalid", "new,established,related", "vmap { established : accept, invalid : drop }")
	case 10:
		return "meta mark " + g.pick("", "!= ", "& 0xff == ", "> ", "") + fmt.Sprint(g.Intn(255))
	case 11:
		return "meta l4proto " + g.pick("tcp", "udp", "icmp", "{ tcp, udp }", "!= tcp", "17", "ipv6-icmp")
	case 12:
		if v4 {
			return "ip protocol " + g.pick("tcp", "udp", "icmp", "{ tcp, udp }", "!= tcp", "gre")
		}
		return "ip6 nexthdr " + g.pick("tcp", "udp", "ipv6-icmp", "{ tcp, udp }", "!= tcp")
	case 13:
		if g.Intn(3) > 0 {
			return l4 + " dport " + g.portExpr()
		}
		if v4 {
			return "icmp " + g.pick("type echo-request", "type { echo-request, echo-reply }", "code 1", "type != destination-unreachable", "id 7", "sequence 5", "type echo-request icmp id 5")
		}
		return "icmpv6 " + g.pick("type echo-request", "type { nd-neighbor-solicit, nd-router-advert }", "code 4", "id 7", "mtu 1280")
	case 14:
		return g.pick("iifname", "oifname") + " " + g.pick("", "!= ") + g.pick(`"lo"`, `"eth0"`, `"eth*"`, `{ "lo", "eth0", "wlan0" }`)
	case 15:
		return g.pick("iif", "oif") + " " + g.pick("", "!= ") + `"lo"`
	case 16:
		if v4 {
			return "ip ttl " + g.numExpr(256)
		}
		return "ip6 hoplimit " + g.numExpr(256)
	case 17:
		return "meta length " + g.numExpr(1500)
	case 18:
		if v4 {
			if g.small { // the router draws its identifications
				return "ip length " + g.numExpr(300)
			}
			return "ip " + g.pick("id ", "length ") + g.numExpr(65535)
		}
		return "ip6 length " + g.numExpr(65535)
	case 19:
		return ip + " dscp " + g.pick("cs0", "cs1", "ef", "af11", "!= cs1", "{ cs1, ef }", "10")
	case 20:
		if v4 {
			return "ip saddr . " + l4 + " dport " + g.list(func() string { return g.ip4() + " . " + g.port() })
		}
		return "ip6 daddr . " + l4 + " dport " + g.list(func() string { return g.ip6() + " . " + g.port() })
	case 21:
		return "ct mark " + g.cmp() + fmt.Sprint(g.Intn(100))
	case 22:
		if l4 == "udp" {
			return "meta mark " + g.cmp() + "0"
		}
		return "tcp " + g.pick("window", "sequence", "checksum", "urgptr") + " " + g.numExpr(65535)
	case 23:
		if l4 == "tcp" {
			return "tcp sport " + g.portExpr()
		}
		return "udp length " + g.numExpr(1500)
	case 24:
		return "limit rate " + g.pick("", "over ") + fmt.Sprint(1+g.Intn(100)) + g.rate()
	case 25:
		return "quota " + g.pick("", "over ") + fmt.Sprint(1+g.Intn(3000)) + g.pick(" bytes", " kbytes", " mbytes")
	case 26:
		return "meta pkttype " + g.pick("host", "broadcast", "multicast", "!= other", "{ broadcast, multicast }")
	case 27:
		if v4 {
			return "ip frag-off & 0x1fff " + g.pick("!= 0", "== 0")
		}
		if g.small {
			return "meta length " + g.numExpr(200)
		}
		return "frag id " + g.numExpr(1000)
	case 28:
		return "ct direction " + g.pick("original", "reply")
	}
	return "th " + g.pick("sport ", "dport ") + g.pick(g.port(), g.portRange())
}

func (g *Nft) action() string {
	if g.small && g.Intn(3) == 0 {
		return g.moreActions()
	}
	switch g.Intn(14) {
	case 0, 1, 2, 3:
		return "counter"
	case 4:
		return "meta mark set " + fmt.Sprint(g.Intn(1000))
	case 5:
		return "ct mark set " + g.pick("5", "meta mark", "ct mark | 0x10", "0x20")
	case 6:
		return "log" + g.pick("", ` prefix "x: "`, " level info", " group 1")
	case 7:
		return "meta mark set meta mark " + g.pick("& 0xff", "| 0x100", "^ 0xf0")
	case 8:
		if g.fam == "ip" {
			return "ip ttl set " + fmt.Sprint(1+g.Intn(255))
		}
		return "counter"
	case 9:
		return g.l4 + " dport vmap " + g.verdicts("accept", "drop", "jump sub", "return")
	case 10:
		if g.fam == "ip" {
			return "meta mark set ip saddr map " + g.mapOf(g.ip4, g.num(99))
		}
	case 11:
		if len(g.sets) > 0 && g.fam == "ip" {
			return "counter"
		}
	}
	return "counter"
}

func (g *Nft) verdict() string {
	switch g.Intn(8) {
	case 0, 1:
		return " accept"
	case 2, 3:
		return " drop"
	case 4:
		return " jump sub"
	case 5:
		return " return"
	case 6:
		return g.pick("", "", " reject", " goto sub")
	}
	return ""
}

func (g *Nft) rule() string {
	for {
		if r := g.anyRule(); !g.small || g.fits(r) {
			return r
		}
	}
}

func (g *Nft) anyRule() string {
	var l []string
	g.l4, g.four = g.pick("tcp", "udp"), g.v4()
	for n := g.Intn(3) + 1; n > 0; n-- {
		if g.Intn(12) == 0 {
			g.l4, g.four = g.pick("tcp", "udp"), g.v4()
		}
		l = append(l, g.match())
	}
	if strings.Contains(l[len(l)-1], "vmap") {
		return strings.Join(l, " ")
	}
	for n := g.Intn(3); n > 0; n-- {
		a := g.action()
		l = append(l, a)
		if strings.Contains(a, "vmap") {
			return strings.Join(l, " ")
		}
	}
	s := strings.Join(l, " ") + g.verdict()
	if g.Intn(10) == 0 {
		s += ` comment "a comment"`
	}
	return s
}

// Script makes a table with chains for input, forward and output, and sets.
func (g *Nft) Script() string {
	g.fam = g.pick("ip", "ip6", "inet", "inet")
	g.sets, g.ports = nil, nil
	var b strings.Builder
	fmt.Fprintf(&b, "table %s t%d {\n", g.fam, g.Intn(3))
	if g.Intn(3) == 0 {
		fmt.Fprintf(&b, "\tset hosts {\n\t\ttype ipv4_addr\n")
		switch g.Intn(3) {
		case 0:
			fmt.Fprintf(&b, "\t\tflags interval\n\t\telements = %s\n", g.list(func() string {
				return fmt.Sprintf("%d.%d.0.0/16", 1+g.Intn(200), g.Intn(200))
			}))
		case 1:
			fmt.Fprintf(&b, "\t\telements = %s\n", g.list(g.ip4))
		}
		b.WriteString("\t}\n")
		if g.fam != "ip6" {
			g.sets = append(g.sets, "hosts")
		}
	}
	if g.Intn(3) == 0 {
		fmt.Fprintf(&b, "\tset ports {\n\t\ttype inet_service\n\t\telements = %s\n\t}\n", g.list(g.port))
		g.ports = append(g.ports, "ports")
	}
	if g.Intn(4) == 0 {
		fmt.Fprintf(&b, "\tmap names {\n\t\ttype inet_service : verdict\n\t\telements = %s\n\t}\n", g.verdicts("accept", "drop"))
	}
	if g.Intn(4) == 0 {
		fmt.Fprintf(&b, "\tcounter cnt {\n\t}\n")
	}
	g.dyn = false
	if g.small && g.Intn(3) == 0 {
		b.WriteString(g.dynamicSets())
	}
	g.hook = ""
	fmt.Fprintf(&b, "\tchain sub {\n")
	for n := g.Intn(4); n > 0; n-- {
		r := g.rule()
		r = strings.ReplaceAll(strings.ReplaceAll(r, "jump sub", "accept"), "goto sub", "accept")
		fmt.Fprintf(&b, "\t\t%s\n", r)
	}
	fmt.Fprintf(&b, "\t}\n")
	hooks := []string{"input", "forward", "output"}
	if g.small {
		hooks = []string{"input", "forward", "output", "prerouting", "postrouting"}
	}
	for i, h := range hooks {
		if g.Intn(3) == 0 || i > 2 && g.Intn(2) == 0 {
			continue
		}
		g.hook = h
		fmt.Fprintf(&b, "\tchain %s {\n\t\ttype filter hook %s priority %s; policy %s;\n", h, h, g.pick("filter", "0", "-5", "mangle", "raw", "security", "filter + 5", "-100", "17"), g.pick("accept", "drop"))
		for n := 1 + g.Intn(5); n > 0; n-- {
			fmt.Fprintf(&b, "\t\t%s\n", g.rule())
		}
		b.WriteString("\t}\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// NatTable makes a table with address translation. Every rule that changes a
// source is about one source only, so that no port need be chosen by chance.
func (g *Nft) NatTable() string {
	var b strings.Builder
	port := func() int { return smallPorts[g.Intn(len(smallPorts))] }
	b.WriteString("table ip nat {\n\tchain pre {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n")
	for n := g.Intn(4); n > 0; n-- {
		l4 := g.pick("tcp", "udp")
		fmt.Fprintf(&b, "\t\t%s dport %d counter %s\n", l4, port(), g.pick("dnat to 10.9.0.7", fmt.Sprintf("dnat to 10.9.0.7:%d", port()), "redirect", fmt.Sprintf("redirect to :%d", port()), "accept", fmt.Sprintf("dnat to 10.0.0.1:%d", port())))
	}
	b.WriteString("\t}\n\tchain post {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n")
	for n := g.Intn(3); n > 0; n-- {
		fmt.Fprintf(&b, "\t\tip saddr %s counter %s\n", small4[2+n], g.pick(fmt.Sprintf("snat to 10.9.0.%d", 100+n), fmt.Sprintf("snat to 10.9.1.%d", n), "accept"))
	}
	if g.Intn(3) == 0 {
		b.WriteString("\t\tip saddr 10.0.0.2 oifname \"eth1\" counter masquerade\n")
	}
	b.WriteString("\t}\n\tchain in {\n\t\ttype filter hook input priority 10; policy accept;\n\t\tct status dnat counter\n\t\tct original proto-dst 53 counter\n\t\tct direction reply counter\n\t}\n}\n")
	return strings.ReplaceAll(b.String(), "\t\tct original proto-dst 53 counter\n", "")
}

// Broken spoils a script at one place.
func (g *Nft) Broken(s string) string {
	w := strings.Split(s, " ")
	i := g.Intn(len(w))
	switch g.Intn(4) {
	case 0:
		w = append(w[:i:i], w[i+1:]...)
	case 1:
		w[i] = g.pick("foo", "99999999", "300.1.2.3", "}", "tcp", "drop", "@none", "1-0")
	case 2:
		w = append(w[:i:i], append([]string{w[g.Intn(len(w))]}, w[i:]...)...)
	case 3:
		j := g.Intn(len(w))
		w[i], w[j] = w[j], w[i]
	}
	return strings.Join(w, " ")
}
