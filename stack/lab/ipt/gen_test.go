package ipt

import (
	"fmt"
	"math/rand"
	"strings"
)

// A generator writes sessions that look like people's, with their mistakes.
type generator struct {
	*rand.Rand
	fam    int
	legacy bool
}

func (g *generator) of(l ...string) string { return l[g.Intn(len(l))] }

// values of the options below are written with these words.
func (g *generator) value(kind string) string {
	if g.Intn(40) == 0 {
		return g.of("", "x", "-1", "99999999999", "0x", "1,2", "1:2", "1/2", "0", "256", "65536", "70000:1", "a b", "!", "4294967296", "1-2", "::1", "1.2.3.4", "1.2.3.4.5", "*")
	}
	four := g.fam == 4
	if g.Intn(40) == 0 {
		four = !four
	}
	ip := func() string {
		if four {
			return g.of("10.0.0.1", "192.168.1.7", "1.2.3.4", "172.16.0.0", "0.0.0.0", "255.255.255.255", "localhost", "10.1", "127.0.0.1")
		}
		return g.of("fe80::1", "2001:db8::1", "::", "::1", "ff02::1", "2001:db8:1:2:3:4:5:6", "localhost", "::ffff:1.2.3.4", "::1.2.3.4")
	}
	if alts, ok := strings.CutPrefix(kind, "="); ok {
		return g.of(strings.Split(alts, "|")...)
	}
	switch kind {
	case "port":
		return g.of("22", "80", "ssh", "http", "0", "65535", "1024", "domain", "https", "8080", "nosuch")
	case "portr":
		return g.of(g.value("port"), g.value("port"), g.value("port")+":"+g.value("port"), ":80", "1024:", ":", "0:65535", "22:22")
	case "ports":
		l := []string{}
		for i := 1 + g.Intn(4); i > 0; i-- {
			l = append(l, g.of(g.value("port"), fmt.Sprintf("%d:%d", g.Intn(500), 500+g.Intn(9000))))
		}
		return strings.Join(l, ",")
	case "ip":
		return ip()
	case "net":
		if four {
			return ip() + g.of("", "", "/24", "/8", "/0", "/32", "/255.255.0.0", "/255.0.255.0", "/13", "/33", "/0.0.0.255")
		}
		return ip() + g.of("", "", "/64", "/48", "/0", "/128", "/13", "/ffff::", "/129", "/127", "/ffff::ff")
	case "iprange":
		return g.of("10.0.0.1-10.0.0.9", "1.2.3.4", "fe80::1-fe80::9", "::1", ip()+"-"+ip())
	case "mac":
		return g.of("00:11:22:33:44:55", "0:1:2:3:4:5", "AA:bb:CC:dd:EE:ff", "ff:ff:ff:ff:ff:ff", "00:11:22:33:44", "00-11-22-33-44-55")
	case "if":
		return g.of("eth0", "eth+", "lo", "wlan0", "+", "a-very-long-interface-name", "br0.5", "e", "ppp+")
	case "u8":
		return g.of("0", "1", "5", "64", "255", "0x10", "010")
	case "u8r":
		return g.of("0", "1:5", ":7", "3:", "255", "9:2", ":", "0:255")
	case "u16":
		return g.of("0", "1", "536", "1400", "65535", "0x10", "010")
	case "u16r":
		return g.of("0", "1:5", ":7", "3:", "65535", "9:2", ":", "64:1500", "0:65535")
	case "u32":
		return g.of("0", "1", "77", "65536", "4294967295", "0xff", "010", "0xffffffff")
	case "u32r":
		return g.of("0", "1:5", ":7", "3:", "4294967295", "9:2", ":", "0:4294967295", "0x10:0x20")
	case "u64":
		return g.of("0", "1", "77", "65536", "4294967296", "0xff", "18446744073709551615")
	case "u64r":
		return g.of("0", "1:5", ":7", "3:", "18446744073709551615", "9:2", "1000:2000")
	case "mark":
		return g.of("1", "0x10", "0x1/0xff", "5/5", "0", "0xffffffff", "1/0", "0/0", "16/0xf", "0xff00/0xffff0000")
	case "rate":
		return g.of("1", "5/sec", "3/minute", "10/hour", "7/day", "100/s", "1/m", "3/h", "10000/sec", "20000/s", "0/s", "1/week", "9/d", "30/min", "4/secon", "1.5/s")
	case "rateb":
		return g.of("5/sec", "3/minute", "10/hour", "7/day", "100kb/s", "1mb/s", "512b/s", "1kb", "20b/s", "10000/sec", "1gb/s", "0b/s")
	case "name":
		return g.of("foo", "bar", "DEFAULT", "a", "a/b", "with blank", "averyveryverylongnameindeedthatistoolong")
	case "str":
		return g.of("abc", "GET /", `a"b`, `a\b`, "", "it's", "x y", strings.Repeat("long", 20), "ä", "tab\there")
	case "prefix":
		return g.of("x: ", "abc", "IN=", `q"q`, strings.Repeat("p", 29), strings.Repeat("p", 30), strings.Repeat("p", 64), strings.Repeat("p", 130), "")
	}
	return kind
}

// An option of an extension, and what kind of value it takes; "" for none. One that
// starts with "!" is seldom negated: it cannot be.
type genOpt struct{ name, kind string }

func opts(s string) (l []genOpt) {
	for _, w := range strings.Fields(s) {
		n, k, _ := strings.Cut(w, "~")
		l = append(l, genOpt{n, strings.ReplaceAll(k, "_", " ")})
	}
	return l
}

func (g *generator) nat() string {
	a := g.value("ip")
	if g.Intn(4) == 0 {
		a += "-" + g.value("ip")
	}
	if g.fam == 6 && g.Intn(2) == 0 {
		a = "[" + a + "]"
	}
	return g.of(a, a, a+":80", a+":80-90", a+":x", ":80", ":80-90", a+":0", a+":90-80", a+":80-90/100", a+":70000", "")
}

// pick chooses an extension that the family may have; seldom another.
func (g *generator) pick(keys []string) (key, name string) {
	for {
		k := keys[g.Intn(len(keys))]
		n, f, ok := strings.Cut(k, ".")
		if !ok || f == fmt.Sprint(g.fam) || g.Intn(30) == 0 {
			return k, n
		}
	}
}

// options are some of the extension's, in any order.
func (g *generator) options(l []genOpt) (out []string) {
	if len(l) == 0 {
		return nil
	}
	n := 1
	if len(l) > 1 {
		for n < 5 && g.Intn(3) != 0 {
			n++
		}
	}
	if g.Intn(25) == 0 {
		n = 0
	}
	seen := map[string]bool{}
	for range n {
		o := l[g.Intn(len(l))]
		if seen[o.name] && g.Intn(15) != 0 {
			continue
		}
		seen[o.name] = true
		if g.Intn(7) == 0 {
			out = append(out, "!")
		}
		name := o.name
		if g.Intn(40) == 0 && len(name) > 5 {
			name = name[:4+g.Intn(len(name)-4)]
		}
		switch o.kind {
		case "":
			out = append(out, name)
			continue
		case "FLAGS":
			out = append(out, name, g.of("SYN,ACK,FIN,RST", "ALL", "SYN,RST", "NONE", "foo", "PSH,URG"), g.of("SYN", "NONE", "ALL", "ACK,SYN", "foo"))
			continue
		case "CHUNKS":
			out = append(out, name, g.of("all", "any", "only", "foo"), g.of("DATA", "INIT,SACK", "ABORT:T", "DATA:UBE", "foo", "ALL", "NONE", "data:be,init"))
			continue
		case "NAT":
			out = append(out, name, g.nat())
			continue
		}
		v := g.value(o.kind)
		switch g.Intn(60) {
		case 0:
			out = append(out, name)
		case 1:
			out = append(out, name+"="+v)
		case 2:
			out = append(out, name, "!", v)
		default:
			out = append(out, name, v)
		}
	}
	return out
}

// rule is a rule's specification.
func (g *generator) rule(matches, targets []string) (l []string) {
	not := func() {
		if g.Intn(6) == 0 {
			l = append(l, "!")
		}
	}
	proto := ""
	if g.Intn(2) == 0 {
		not()
		proto = g.of("tcp", "tcp", "tcp", "udp", "udp", "icmp", "icmpv6", "ipv6-icmp", "sctp", "6", "17", "esp", "ah", "all", "0", "dccp", "47", "gre", "foo", "300", "TCP", "udplite", "ipv6", "mh", "")
		if g.fam == 4 && strings.HasSuffix(proto, "6") && g.Intn(4) != 0 {
			proto = "icmp"
		}
		l = append(l, g.of("-p", "-p", "--protocol", "--proto"), proto)
	}
	if g.Intn(4) == 0 {
		not()
		l = append(l, g.of("-s", "--source", "--src"), g.value("net"))
		if g.Intn(12) == 0 {
			l[len(l)-1] += "," + g.value("net")
		}
	}
	if g.Intn(4) == 0 {
		not()
		l = append(l, g.of("-d", "--destination", "--dst"), g.value("net"))
		if g.Intn(12) == 0 {
			l[len(l)-1] += "," + g.value("net")
		}
	}
	if g.Intn(6) == 0 {
		not()
		l = append(l, g.of("-i", "--in-interface", "--in"), g.value("if"))
	}
	if g.Intn(6) == 0 {
		not()
		l = append(l, g.of("-o", "--out-interface"), g.value("if"))
	}
	if g.Intn(20) == 0 {
		not()
		l = append(l, g.of("-f", "--fragments"))
	}
	if g.Intn(20) == 0 {
		l = append(l, "-c", g.of("1", "x", "0", "7"), g.of("2", "x", "100"))
	}
	if p := map[string]string{"tcp": "tcp", "udp": "udp", "6": "tcp", "sctp": "sctp", "icmp": "icmp.4", "ipv6-icmp": "icmp6.6", "icmpv6": "icmp6.6", "esp": "esp", "dccp": "dccp"}[proto]; p != "" && g.Intn(2) == 0 {
		if g.Intn(2) == 0 {
			n, _, _ := strings.Cut(p, ".")
			l = append(l, "-m", n)
		}
		l = append(l, g.options(genMatches[p])...)
	}
	for g.Intn(3) == 0 {
		k, n := g.pick(matches)
		l = append(l, "-m", n)
		l = append(l, g.options(genMatches[k])...)
	}
	if g.Intn(8) != 0 {
		k, n := g.pick(targets)
		l = append(l, g.of("-j", "-j", "-j", "-j", "--jump", "-g"), n)
		l = append(l, g.options(genTargets[k])...)
	}
	return l
}

func (g *generator) prog(suffix string) string {
	p := "iptables"
	if g.fam == 6 {
		p = "ip6tables"
	}
	if g.legacy {
		return p + "-legacy" + suffix
	}
	return p + g.of("", "-nft") + suffix
}

// previous, as a standard input, is what the command before printed.
const previous = "\x00"

// session is commands about one table.
func (g *generator) session(matches, targets []string) (s session) {
	g.fam = 4 + 2*g.Intn(2)
	g.legacy = g.Intn(2) == 0
	table := g.of("filter", "filter", "filter", "nat", "mangle", "raw", "security")
	chains := map[string][]string{"filter": {"INPUT", "FORWARD", "OUTPUT"}, "nat": {"PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"}, "mangle": {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}, "raw": {"PREROUTING", "OUTPUT"}, "security": {"INPUT", "FORWARD", "OUTPUT"}}[table]
	add := func(a ...string) {
		if table != "filter" {
			a = append([]string{"-t", table}, a...)
		}
		s = append(s, &command_{args: append([]string{g.prog("")}, a...)})
	}
	add("-N", "foo")
	chain := func() string {
		if g.Intn(30) == 0 {
			return g.of("nosuch", "averyveryverylongnameindeedthatistoolong", "", "PREROUTING", "ACCEPT", "-x", "!", "a b")
		}
		return g.of(append(chains, "foo", "bar")...)
	}
	for range 4 + g.Intn(10) {
		spec := func(a ...string) {
			add(append(a, g.rule(matches, targets)...)...)
		}
		switch g.Intn(24) {
		default:
			spec("-A", chain())
		case 0:
			spec("-I", chain())
		case 1:
			spec("-I", chain(), g.of("1", "2", "3", "0", "99", "x"))
		case 2:
			spec("-R", chain(), g.of("1", "2", "5", "x"))
		case 3:
			add("-D", chain(), g.of("1", "2", "9", "0", "x"))
		case 4, 5:
			if len(s) > 1 {
				prev := s[1+g.Intn(len(s)-1)]
				a := append([]string(nil), prev.args[1:]...)
				for i := range a {
					if a[i] == "-A" || a[i] == "-I" || a[i] == "-D" {
						a[i] = g.of("-D", "-C", "-C", "--delete", "--check")
					}
				}
				s = append(s, &command_{args: append([]string{prev.args[0]}, a...)})
			}
		case 6:
			add("-N", g.of("bar", "foo", "INPUT", "ACCEPT", "-x", "averyveryverylongnameindeedthatistoolong", "a b", "!x", "LOG"))
		case 7:
			add(append([]string{"-X"}, g.of("", "foo", "bar", "nosuch", "INPUT"))...)
			if l := s[len(s)-1]; l.args[len(l.args)-1] == "" {
				l.args = l.args[:len(l.args)-1]
			}
		case 8:
			add("-P", chain(), g.of("DROP", "ACCEPT", "QUEUE", "REJECT", "foo", "RETURN"))
		case 9:
			add("-E", g.of("foo", "bar", "nosuch", "INPUT"), g.of("bar", "foo", "baz", "INPUT", "averyveryverylongnameindeedthatistoolong"))
		case 10:
			add("-F", chain())
		case 11:
			add("-Z", chain())
		case 12:
			add("-Z", "foo", g.of("1", "2", "9"))
		case 13:
			add("-L", chain(), g.of("-n", "-v", "-x", "--line-numbers", "-nvx", "1"))
		case 14:
			add("-S", chain())
		case 15:
			add(g.of("-F", "-Z", "-L", "-S"), g.of("-v", "-n", "-w", "-V", "-h", "--exact", "-t", "--foo", "-4", "-6", "-q"))
		}
	}
	add("-S")
	add("-S", "-v")
	add("-L")
	add("-L", "-n", "-v", "--line-numbers")
	add("-nvxL")
	s = append(s, &command_{args: []string{g.prog("-save")}}, &command_{args: []string{g.prog("-restore")}, stdin: previous}, &command_{args: []string{g.prog("-save"), "-c"}})
	if !g.legacy {
		s = append(s, &command_{args: []string{"nft", "list", "ruleset"}})
		if g.Intn(3) == 0 {
			s = append(s, &command_{args: []string{"nft", "-n", "list", "ruleset"}})
		}
	}
	return s
}
