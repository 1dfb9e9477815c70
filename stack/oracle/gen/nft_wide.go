package gen

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
)

// A Wide makes rule sets from forms: every key and every statement of nft's
// language stands in the list (nft_forms.go), and chance chooses among those that
// a rule's family, protocol and hook allow.
type Wide struct {
	*Nft
	fam, hook, l4 string
	net           string // "4", "6", "arp"; "" where the rule is about neither
	table         string
	bridge        bool
	limits        int
}

// NewWide makes rule sets for a router, or for a bridge of two ports.
func NewWide(r *rand.Rand, bridge bool) *Wide {
	return &Wide{Nft: NewNft(r, true), bridge: bridge}
}

// A form is a way to write a match or a statement. Words in «…» are drawn. What it
// needs are words: those of one group (a family, a network protocol, a transport
// protocol, a hook) are alternatives, and each group must agree.
type form struct{ need, text string }

var groups = [][]string{
	{"ip", "ip6", "inet", "bridge", "arp", "netdev"},
	{"4", "6", "none"},
	{"tcp", "udp", "icmp", "icmpv6", "sctp", "gre", "udplite", "any"},
	{"prerouting", "input", "forward", "output", "postrouting", "ingress", "egress", "sub"},
}

// allows reports whether a form can stand in the rule that is made.
func (g *Wide) allows(f form) bool {
	if g.bridge && strings.Contains(f.text, "rtclassid") {
		return false // which frames of a bridge have a route is not modelled as it is
	}
	words := strings.Fields(f.need)
	for i, now := range []string{g.fam, g.net, g.l4, g.hook} {
		hit, any := false, false
		for _, w := range words {
			if slices.Contains(groups[i], w) {
				any = true
				hit = hit || w == now
			}
		}
		if any && !hit {
			return false
		}
	}
	return true
}

// choose draws a form that may stand here.
func (g *Wide) choose(l []form) string {
	for range 200 {
		if f := l[g.Intn(len(l))]; g.allows(f) {
			return g.draw(f.text)
		}
	}
	return "counter"
}

// draw puts values for the words in «…».
func (g *Wide) draw(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "«")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		w, after, _ := strings.Cut(rest, "»")
		b.WriteString(g.word(w))
		s = after
	}
}

// word draws one value. A word with | in it is a choice.
func (g *Wide) word(w string) string {
	if strings.Contains(w, "|") {
		return g.pick(strings.Split(w, "|")...)
	}
	name, arg, _ := strings.Cut(w, " ")
	n := 0
	fmt.Sscan(arg, &n)
	switch name {
	case "l4":
		return g.l4
	case "ip":
		if g.net == "6" {
			return "ip6"
		}
		return "ip"
	case "a":
		if g.net == "6" {
			return g.ip6()
		}
		return g.ip4()
	case "a4":
		return g.ip4()
	case "a6":
		return g.ip6()
	case "net":
		if g.net == "6" {
			return fmt.Sprintf("%s/%d", g.ip6(), g.pickInt(16, 32, 48, 64, 126, 127))
		}
		return fmt.Sprintf("%s/%d", g.ip4(), g.pickInt(8, 16, 22, 24, 29, 30, 31))
	case "wide": // a network without the hosts that packets name
		if g.net == "6" {
			return "2001:db8:7000::/40"
		}
		return g.pick("10.64.0.0/10", "172.16.0.0-172.31.0.5")
	case "far": // a host outside of all that
		if g.net == "6" {
			return "fd00::1"
		}
		return "203.0.113.1"
	case "addr":
		return g.wideAddr()
	case "p":
		return g.port()
	case "ports":
		return g.portExpr()
	case "range":
		return g.portRange()
	case "n":
		return fmt.Sprint(g.Intn(n))
	case "num":
		return g.numExpr(n)
	case "x":
		return fmt.Sprintf("0x%x", g.Intn(n))
	case "op":
		return g.pick("", "", "!= ", "== ")
	case "cmp":
		return g.cmp()
	case "mac":
		return g.pick("02:00:00:00:00:11", "02:00:00:00:00:12", "02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01")
	case "dev":
		return g.pick(`"eth0"`, `"eth1"`)
	case "rate":
		return g.rate()
	case "verdict":
		return g.pick("accept", "drop", "continue", "jump sub", "goto sub", "return", "accept", "jump deep")
	case "plain":
		return g.pick("accept", "drop", "continue")
	}
	panic("gen: no word «" + w + "»")
}

func (g *Wide) pickInt(l ...int) int { return l[g.Intn(len(l))] }

// wideAddr is the right side of a comparison with an address.
func (g *Wide) wideAddr() string {
	one, all, v := g.ip4, small4, "4"
	if g.net == "6" {
		one, all, v = g.ip6, small6, "6"
	}
	switch g.Intn(9) {
	case 0, 1:
		return g.draw("«op»«net»")
	case 2:
		if v == "4" {
			return g.op() + g.pick("10.0.0.0-10.0.0.2", "10.0.0.2-10.9.0.7", "10.9.0.0-10.9.255.255", "0.0.0.0-10.0.0.3")
		}
		return g.op() + g.pick("2001:db8::-2001:db8::2", "2001:db8:9::-2001:db8:9:ffff:ffff:ffff:ffff:ffff")
	case 3:
		return g.op() + g.list(func() string { return g.pick(one(), g.draw("«net»")) })
	case 4:
		return g.pick("", "!= ") + "@" + g.pick("plain", "ivl", "timed", "merged") + v
	case 5:
		return g.op() + "{ " + strings.Join(all[:1+g.Intn(len(all))], ", ") + " }"
	case 6:
		return g.pick("< ", "> ", "<= ", ">= ") + one()
	case 7:
		if v == "4" {
			return "& " + g.pick("255.255.0.0 == 10.9.0.0", "0.0.0.3 == 0.0.0.2", "255.0.0.0 != 10.0.0.0", "0.0.0.1 == 0.0.0.0")
		}
		return "& " + g.pick("ffff:ffff:: == 2001:db8::", "::f == ::2", "::1 != ::1")
	}
	return g.op() + one()
}

// rule makes a rule: what it is about, then matches, statements and a verdict.
func (g *Wide) rule() string {
	switch {
	case g.fam == "ip":
		g.net = "4"
	case g.fam == "ip6":
		g.net = "6"
	case g.fam == "arp":
		g.net = "none"
	default:
		g.net = g.pick("4", "4", "6", "6", "none")
	}
	g.l4 = g.pick("tcp", "tcp", "tcp", "udp", "udp", "icmp", "sctp", "any", "any", "gre", "udplite")
	if g.l4 == "icmp" && g.net == "6" {
		g.l4 = "icmpv6"
	}
	if g.net == "none" {
		g.l4 = g.pick("any", "tcp", "udp")
	}
	if g.fam == "arp" {
		g.l4 = "any"
	}
	var l []string
	for n := g.Intn(3); n > 0; n-- {
		l = append(l, g.choose(matches))
	}
	if g.Intn(6) == 0 {
		return strings.Join(append(l, g.choose(vmaps)), " ")
	}
	for n := 1 + g.Intn(2); n > 0; n-- {
		l = append(l, g.choose(statements))
	}
	if g.Intn(3) == 0 {
		l = append(l, g.choose(verdicts))
	}
	s := strings.Join(l, " ")
	if g.Intn(12) == 0 {
		s += ` comment "` + g.pick("a", "what it is for", "100%", "é") + `"`
	}
	return s
}

// priorities of chains, by number and by name.
func (g *Wide) priority() string {
	switch g.fam {
	case "bridge":
		return g.pick("filter", "filter - 5", "0", "-350", "250")
	case "arp", "netdev":
		return g.pick("filter", "0", "-10", "filter + 3")
	}
	if g.hook == "ingress" {
		return g.pick("filter", "0", "-10", "filter + 3")
	}
	switch {
	case g.hook == "prerouting" && g.Intn(4) == 0:
		return g.pick("dstnat", "dstnat + 1")
	case g.hook == "postrouting" && g.Intn(4) == 0:
		return g.pick("srcnat", "srcnat - 1")
	}
	return g.pick("raw", "mangle", "filter", "filter", "security", "filter + 5", "mangle - 3", "-250", "17", "-450", "300")
}

// Script makes a table of a family.
func (g *Wide) Script() string {
	if g.bridge {
		g.fam = g.pick("bridge", "bridge", "bridge", "netdev", "arp", "inet")
	} else {
		g.fam = g.pick("ip", "ip", "ip6", "inet", "inet", "inet", "netdev", "arp")
	}
	g.table = g.pick("t", "u", "v")
	g.sets, g.ports, g.Nft.fam = []string{"plain4", "ivl4"}, []string{"ports", "pivl"}, g.fam
	if g.fam == "ip6" {
		g.sets = nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "table %s %s {\n", g.fam, g.table)
	b.WriteString(g.wideSets())
	for _, c := range []string{"deep", "sub"} {
		g.hook = "sub"
		fmt.Fprintf(&b, "\tchain %s {\n", c)
		for n := g.Intn(4); n > 0; n-- {
			r := g.rule()
			r = strings.NewReplacer("jump sub", "continue", "goto sub", "return").Replace(r)
			if c == "deep" {
				r = strings.ReplaceAll(r, "jump deep", "return")
			}
			fmt.Fprintf(&b, "\t\t%s\n", r)
		}
		b.WriteString("\t}\n")
	}
	hooks := []string{"prerouting", "input", "forward", "output", "postrouting"}
	switch g.fam {
	case "arp":
		hooks = []string{"input", "output"}
	case "netdev":
		hooks = []string{"ingress", "egress"}
	case "inet":
		hooks = append(hooks, "ingress")
	}
	many := 0
	for many == 0 {
		for _, h := range hooks {
			for k := g.pickInt(0, 0, 1, 1, 1, 2); k > 0; k-- {
				many++
				g.hook = h
				dev, rest := "", ""
				if h == "ingress" || h == "egress" {
					dev = g.pick(` device "eth0"`, ` device "eth1"`, ` devices = { "eth0", "eth1" }`)
				}
				rest = g.pick("accept", "accept", "accept", "drop")
				fmt.Fprintf(&b, "\tchain %s%d {\n\t\ttype %s hook %s%s priority %s; policy %s;\n", h, many, g.chainType(), h, dev, g.priority(), rest)
				for n := 1 + g.Intn(5); n > 0; n-- {
					fmt.Fprintf(&b, "\t\t%s\n", g.rule())
				}
				b.WriteString("\t}\n")
			}
		}
	}
	b.WriteString("}\n")
	return b.String()
}

// chainType is filter, or route for what this host sends.
func (g *Wide) chainType() string {
	if g.hook == "output" && (g.fam == "ip" || g.fam == "ip6" || g.fam == "inet") && g.Intn(4) == 0 {
		return "route"
	}
	return "filter"
}

// Rules is a table or two, translation and what is not tracked.
func (g *Wide) Rules() string {
	s := g.Script()
	if g.Intn(4) == 0 {
		old := g.table
		s += strings.NewReplacer(" "+old+" {", " w"+old+" {").Replace(g.Script())
	}
	if !g.bridge && g.Intn(2) == 0 {
		s += g.wideNat()
	}
	if !g.bridge && g.Intn(6) == 0 {
		g.Nft.fam = "inet"
		s += g.untracked()
	}
	return s
}
