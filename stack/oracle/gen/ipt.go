package gen

import (
	"fmt"
	"math/rand"
	"net/netip"
	"strings"
)

// An Ipt makes tables for iptables-restore and ip6tables-restore.
type Ipt struct {
	*rand.Rand
	six bool
	nft bool
	n   int
}

// NewIpt makes tables for IPv4 or IPv6, as the legacy program or iptables-nft takes
// them.
func NewIpt(r *rand.Rand, six, nft bool) *Ipt { return &Ipt{Rand: r, six: six, nft: nft} }

func (g *Ipt) pick(l ...string) string { return l[g.Intn(len(l))] }

func (g *Ipt) not() string {
	if g.Intn(3) == 0 {
		return "! "
	}
	return ""
}

var (
	near4 = []string{"10.0.0.2", "10.0.0.3", "10.0.0.4"}
	far4  = []string{"10.9.0.7", "10.9.0.8"}
	near6 = []string{"2001:db8::2", "2001:db8::3", "2001:db8::4"}
	far6  = []string{"2001:db8:9::7", "2001:db8:9::8"}
	own4  = []string{"10.0.0.1", "10.9.0.1"}
	own6  = []string{"2001:db8::1", "2001:db8:9::1"}
)

func (g *Ipt) addr() string {
	l := append(append([]string{}, near4...), far4...)
	if g.six {
		l = append(append([]string{}, near6...), far6...)
	}
	return g.pick(l...)
}

func (g *Ipt) net() string {
	a := netip.MustParseAddr(g.addr())
	n := a.BitLen()
	if g.Intn(2) == 0 {
		n -= g.Intn(a.BitLen())
	}
	p, _ := a.Prefix(n)
	return p.String()
}

var genPorts = []int{22, 53, 80, 443, 1024, 8080, 40000}

func (g *Ipt) port() string { return fmt.Sprint(genPorts[g.Intn(len(genPorts))]) }
func (g *Ipt) ports() string {
	return g.pick(g.port(), fmt.Sprintf("%d:%d", g.Intn(100), 100+g.Intn(60000)))
}

// A where is a chain for which rules are made.
type where struct {
	table, chain string
	in, out      bool // the devices are known
}

// ip is the IP part of a rule, and the protocol that it names.
func (g *Ipt) ip(w where) (s, proto string) {
	if g.Intn(3) == 0 {
		s += g.not() + "-s " + g.net() + " "
	}
	if g.Intn(3) == 0 {
		s += g.not() + "-d " + g.net() + " "
	}
	if w.in && g.Intn(4) == 0 && !(g.six && w.table == "nat") {
		s += g.not() + "-i " + g.pick("eth0", "eth1", "eth+", "e+", "lo") + " "
	}
	if w.out && g.Intn(4) == 0 {
		s += g.not() + "-o " + g.pick("eth0", "eth1", "eth+", "lo") + " "
	}
	switch g.Intn(5) {
	case 0, 1:
		proto = "tcp"
	case 2:
		proto = "udp"
	case 3:
		proto = "icmp"
		if g.six {
			proto = "ipv6-icmp"
		}
	}
	if proto != "" {
		s += "-p " + proto + " "
	} else if g.Intn(4) == 0 {
		s += "! -p " + g.pick("tcp", "udp", "47") + " "
	} else if !g.six && g.Intn(6) == 0 {
		s += g.not() + "-f "
	}
	return s, proto
}

// upper is a match of a transport protocol.
func (g *Ipt) upper(proto string) string {
	switch proto {
	case "tcp":
		switch g.Intn(7) {
		case 0:
			return "-m tcp " + g.not() + "--sport " + g.ports() + " "
		case 1, 2:
			return "-m tcp " + g.not() + "--dport " + g.ports() + " "
		case 3:
			return "-m tcp " + g.not() + "--tcp-flags " + g.pick("SYN,ACK,RST,FIN SYN", "ALL NONE", "SYN,FIN SYN,FIN", "ACK ACK", "ALL ALL", "RST,ACK ACK") + " "
		case 4:
			return "-m tcp " + g.not() + "--tcp-option " + g.pick("2", "3", "8") + " "
		case 5:
			return "-m tcpmss " + g.not() + "--mss " + g.pick("1460", "500:1500", "0:100") + " "
		case 6:
			if g.six {
				return ""
			}
			return "-m ecn " + g.not() + g.pick("--ecn-tcp-cwr ", "--ecn-tcp-ece ")
		}
	case "udp":
		return "-m udp " + g.not() + g.pick("--sport ", "--dport ") + g.ports() + " "
	case "icmp":
		return "-m icmp " + g.not() + "--icmp-type " + g.pick("8", "0", "3", "3/1", "echo-request", "any") + " "
	case "ipv6-icmp":
		return "-m icmp6 " + g.not() + "--icmpv6-type " + g.pick("128", "129", "1", "1/4", "echo-request") + " "
	}
	return ""
}

// match is any other match.
func (g *Ipt) match(w where, proto string) string {
	n := g.not()
	v6 := g.six
	pre := w.chain == "PREROUTING"
	for {
		switch g.Intn(40) {
		case 0:
			if proto == "tcp" || proto == "udp" {
				return "-m multiport " + n + g.pick("--sports ", "--dports ", "--ports ") + g.port() + "," + g.ports() + " "
			}
		case 1, 2:
			return "-m conntrack " + n + "--ctstate " + g.pick("NEW", "ESTABLISHED", "RELATED,ESTABLISHED", "INVALID", "UNTRACKED", "NEW,INVALID", "SNAT", "DNAT") + " "
		case 3:
			return "-m conntrack " + n + "--ctproto " + g.pick("tcp", "udp") + " "
		case 4:
			return "-m conntrack " + n + g.pick("--ctorigsrc ", "--ctorigdst ", "--ctreplsrc ", "--ctrepldst ") + g.net() + " "
		case 5:
			return "-m conntrack --ctproto 17 " + n + g.pick("--ctorigsrcport ", "--ctorigdstport ", "--ctreplsrcport ", "--ctrepldstport ") + g.ports() + " "
		case 6:
			return "-m conntrack " + n + "--ctstatus " + g.pick("SEEN_REPLY", "ASSURED", "CONFIRMED", "EXPECTED,CONFIRMED", "NONE") + " "
		case 7:
			return "-m conntrack --ctdir " + g.pick("ORIGINAL", "REPLY") + " "
		case 8:
			return "-m conntrack " + n + "--ctexpire " + g.pick("0:100", "100:200", "1000:500000") + " "
		case 9:
			return "-m mark " + n + "--mark " + g.pick("0x1", "0x2/0x3", "0x0/0x1", "0x0") + " "
		case 10:
			return "-m connmark " + n + "--mark " + g.pick("0x1", "0x2/0x3", "0x0/0x1", "0x0") + " "
		case 11:
			return "-m length " + n + "--length " + g.pick("40:60", "28", "0:100", "61:65535") + " "
		case 12:
			if v6 {
				return "-m hl " + g.pick("--hl-eq 64 ", "! --hl-eq 64 ", "--hl-lt 100 ", "--hl-gt 63 ")
			}
			return "-m ttl " + g.pick("--ttl-eq 64 ", "! --ttl-eq 64 ", "--ttl-lt 100 ", "--ttl-gt 63 ")
		case 13:
			return "-m tos " + n + "--tos " + g.pick("0x10/0x3f", "0x20/0xff", "0x00/0xff") + " "
		case 14:
			return "-m dscp " + n + "--dscp " + g.pick("0x08", "0x2e", "0x00") + " "
		case 15:
			if v6 {
				return "-m addrtype " + n + g.pick("--src-type UNICAST ", "--dst-type LOCAL ", "--dst-type MULTICAST ")
			}
			return "-m addrtype " + n + g.pick("--src-type UNICAST ", "--dst-type LOCAL ", "--dst-type BROADCAST ", "--dst-type UNICAST,LOCAL ")
		case 16:
			if v6 {
				return "-m iprange " + n + g.pick("--src-range 2001:db8::2-2001:db8::3 ", "--dst-range 2001:db8:9::7-2001:db8:9::8 ")
			}
			return "-m iprange " + n + g.pick("--src-range 10.0.0.2-10.0.0.3 ", "--dst-range 10.9.0.7-10.9.0.8 ")
		case 17:
			if pre || w.chain == "INPUT" || w.chain == "FORWARD" {
				return "-m mac " + n + "--mac-source " + g.pick("02:00:00:00:00:11", "02:00:00:00:00:12", "02:00:00:00:00:99") + " "
			}
		case 18:
			return "-m pkttype " + n + "--pkt-type " + g.pick("unicast", "broadcast", "multicast") + " "
		case 19:
			return "-m u32 " + n + "--u32 " + g.pick("0x6&0xff=0x6", "0x0>>0x16&0x3c@0x0>>0x10=0x35,0x50", "0x8>>0x18=0x40", "0x0&0xffff=0x0:0x3c&&0x4&0x1fff=0x0", "0x100=0x0") + " "
		case 20:
			return "-m string " + n + "--string " + g.pick("GET", "abc") + " --algo " + g.pick("bm", "kmp") + g.pick("", " --from 28", " --from 20 --to 60") + g.pick("", " --icase") + " "
		case 21:
			return "-m statistic --mode nth --every " + g.pick("2 --packet 0 ", "3 --packet 1 ", "5 --packet 4 ")
		case 22:
			return "-m limit --limit 1/hour --limit-burst " + g.pick("1", "3", "7") + " "
		case 23:
			g.n++
			return "-m hashlimit " + g.pick("--hashlimit-upto", "--hashlimit-above") + " 1/day --hashlimit-burst " + g.pick("1", "3") + " --hashlimit-mode " + g.pick("srcip", "dstip", "srcip,dstport", "srcip,dstip,srcport,dstport") + " --hashlimit-name h" + fmt.Sprint(g.n) + " "
		case 24:
			return "-m recent " + g.pick("--set", "--rcheck", "--update", "--remove", "! --rcheck", "--rcheck --seconds 600 --hitcount 3", "--update --seconds 600 --hitcount 2", "! --update --hitcount 2", "--rcheck --rttl") + " --name r" + g.pick("1", "2") + g.pick(" --rsource ", " --rdest ")
		case 25:
			return "-m quota " + n + "--quota " + g.pick("100", "500", "2000") + " "
		case 26:
			return "-m connlimit " + g.pick("--connlimit-above", "--connlimit-upto") + " " + g.pick("1", "3") + g.pick(" --connlimit-saddr ", " --connlimit-daddr ")
		case 27:
			return "-m connbytes " + n + "--connbytes " + g.pick("2:", "0:100", "1:5") + " --connbytes-mode " + g.pick("packets", "bytes", "avgpkt") + " --connbytes-dir " + g.pick("original", "reply", "both") + " "
		case 28:
			if w.chain == "OUTPUT" || w.chain == "POSTROUTING" {
				return "-m owner " + n + g.pick("--socket-exists ", "--uid-owner 0 ", "--gid-owner 0-10 ")
			}
		case 29:
			if pre && w.table != "nat" && w.table != "filter" {
				return "-m rpfilter " + g.pick("", "--loose ", "--invert ", "--accept-local ", "--validmark ")
			}
		case 30:
			if pre && w.table == "mangle" {
				return "-m socket " + g.pick("", "--transparent ", "--nowildcard ")
			}
		case 31:
			return "-m time --weekdays Mon,Tue,Wed,Thu,Fri,Sat,Sun "
		case 32:
			return "-m comment --comment x" + fmt.Sprint(g.Intn(9)) + " "
		case 33:
			return "-m helper " + n + "--helper ftp "
		case 34:
			if v6 {
				return "-m ipv6header " + g.pick("--header frag --soft ", "--header prot ", "! --header prot ", "--header hop-by-hop,prot ", "--header dst --soft ")
			}
		case 35:
			if v6 {
				return "-m frag --fragid " + g.pick("0:4294967295", "5:7") + g.pick("", " --fragfirst", " --fragmore", " --fraglast") + " "
			}
		case 36:
			if v6 {
				return "-m " + g.pick("hbh ", "dst ", "hbh --hbh-len 8 ", "dst --dst-opts 1:4 ")
			}
		case 37:
			if v6 && (pre || w.chain == "INPUT" || w.chain == "FORWARD") {
				return "-m eui64 "
			}
		case 38:
			if w.in && !w.out {
				return "-m devgroup " + n + "--src-group 0x0 "
			}
		case 39:
			return "-m statistic --mode random --probability " + g.pick("0", "1") + " "
		}
	}
}

// target is what a rule says.
func (g *Ipt) target(w where, proto string) string {
	v6 := g.six
	for {
		switch g.Intn(10) {
		case 0, 1:
			return "-j ACCEPT"
		case 2:
			if w.table != "nat" {
				return "-j DROP"
			}
		case 3:
			return "-j RETURN"
		case 4, 5:
			return g.pick("-j ", "-g ") + g.pick("user1", "user2")
		case 6:
			return ""
		}
		switch w.table {
		case "filter":
			if w.chain == "INPUT" || w.chain == "FORWARD" || w.chain == "OUTPUT" {
				if proto == "tcp" && g.Intn(2) == 0 {
					return "-j REJECT --reject-with tcp-reset"
				}
				if v6 {
					return "-j REJECT --reject-with " + g.pick("icmp6-port-unreachable", "icmp6-adm-prohibited", "icmp6-no-route", "icmp6-addr-unreachable", "icmp6-policy-fail", "icmp6-reject-route")
				}
				return "-j REJECT --reject-with " + g.pick("icmp-port-unreachable", "icmp-net-unreachable", "icmp-host-unreachable", "icmp-proto-unreachable", "icmp-net-prohibited", "icmp-host-prohibited", "icmp-admin-prohibited")
			}
		case "mangle":
			switch g.Intn(10) {
			case 0, 1:
				return "-j MARK " + g.pick("--set-xmark 0x1/0x3", "--set-mark 0x2", "--or-mark 0x1", "--and-mark 0x2", "--xor-mark 0x3")
			case 2, 3:
				return "-j CONNMARK " + g.pick("--set-xmark 0x1/0x3", "--save-mark", "--restore-mark", "--save-mark --nfmask 0x1 --ctmask 0x3", "--restore-mark --nfmask 0x3 --ctmask 0x1")
			case 4:
				if v6 {
					return "-j HL " + g.pick("--hl-set 33", "--hl-inc 5", "--hl-dec 3")
				}
				return "-j TTL " + g.pick("--ttl-set 33", "--ttl-inc 5", "--ttl-dec 3")
			case 5:
				return "-j DSCP --set-dscp " + g.pick("0x08", "0x2e")
			case 6:
				return "-j TOS --set-tos " + g.pick("0x10/0x3f", "0x20/0xff")
			case 7:
				if proto == "tcp" {
					return "-j TCPOPTSTRIP --strip-options " + g.pick("2", "8", "3,8")
				}
			case 8:
				if proto == "tcp" && !v6 {
					return "-j ECN --ecn-tcp-remove"
				}
			case 9:
				if w.chain == "FORWARD" || w.chain == "POSTROUTING" || w.chain == "OUTPUT" {
					return "-j CLASSIFY --set-class 1:2"
				}
			}
		case "raw":
			return "-j CT " + g.pick("--notrack", "--notrack", "--zone 3", "--zone-orig 4", "--zone-reply 5")
		case "nat":
			if s := g.nat(w, proto); s != "" {
				return s
			}
		}
	}
}

func (g *Ipt) nat(w where, proto string) string {
	a, b := g.addr(), ""
	in := ""
	if g.six && w.chain == "PREROUTING" { // no redirects: their rate is limited
		a, in = g.pick(far6...), "-i eth0 "
		if g.Intn(2) == 0 {
			a, in = g.pick(near6...), "-i eth1 "
		}
	}
	p := proto == "tcp" || proto == "udp"
	if p && g.Intn(2) == 0 {
		b = g.pick(":8080", ":5000")
		if g.six {
			a = "[" + a + "]"
		}
	}
	switch w.chain {
	case "PREROUTING", "OUTPUT":
		switch g.Intn(3) {
		case 0, 1:
			return in + "-j DNAT --to-destination " + a + b
		}
		if p {
			return "-j REDIRECT --to-ports " + g.pick("80", "8080")
		}
		return "-j REDIRECT"
	case "POSTROUTING":
		switch g.Intn(4) {
		case 0:
			return "-j MASQUERADE"
		case 1:
			if g.six {
				return "-j NETMAP --to 2001:db8:77::/64"
			}
			return "-j NETMAP --to 10.77.0.0/24"
		}
		return "-j SNAT --to-source " + a + b
	case "INPUT":
		return "-j SNAT --to-source " + a + b
	}
	return ""
}

func (g *Ipt) rule(w where) string {
	s, proto := g.ip(w)
	if g.Intn(2) == 0 {
		s += g.upper(proto)
	}
	for i := g.Intn(3); i > 0; i-- {
		s += g.match(w, proto)
	}
	if w.table == "mangle" && proto == "tcp" && g.Intn(6) == 0 {
		switch w.chain {
		case "FORWARD", "POSTROUTING", "OUTPUT":
			return s + "-m tcp --tcp-flags SYN,RST SYN -j TCPMSS " + g.pick("--clamp-mss-to-pmtu", "--set-mss 500")
		}
	}
	return s + g.target(w, proto)
}

// Script is all tables, for iptables-restore.
func (g *Ipt) Script() string {
	var b strings.Builder
	for _, t := range []struct {
		name   string
		chains []where
	}{
		{"raw", []where{{chain: "PREROUTING", in: true}, {chain: "OUTPUT", out: true}}},
		{"mangle", []where{{chain: "PREROUTING", in: true}, {chain: "INPUT", in: true}, {chain: "FORWARD", in: true, out: true}, {chain: "OUTPUT", out: true}, {chain: "POSTROUTING", out: true}}},
		{"nat", []where{{chain: "PREROUTING", in: true}, {chain: "INPUT", in: true}, {chain: "OUTPUT", out: true}, {chain: "POSTROUTING", out: true}}},
		{"filter", []where{{chain: "INPUT", in: true}, {chain: "FORWARD", in: true, out: true}, {chain: "OUTPUT", out: true}}},
		{"security", []where{{chain: "INPUT", in: true}, {chain: "FORWARD", in: true, out: true}, {chain: "OUTPUT", out: true}}},
	} {
		fmt.Fprintf(&b, "*%s\n", t.name)
		var rules strings.Builder
		for _, w := range t.chains {
			policy := "ACCEPT"
			if t.name == "filter" && g.Intn(4) == 0 {
				policy = "DROP"
			}
			fmt.Fprintf(&b, ":%s %s [0:0]\n", w.chain, policy)
			w.table = t.name
			for i := g.Intn(4); i > 0; i-- {
				fmt.Fprintf(&rules, "-A %s %s\n", w.chain, g.rule(w))
			}
		}
		fmt.Fprint(&b, ":user1 - [0:0]\n:user2 - [0:0]\n")
		for i := 0; i < 2; i++ {
			r := g.rule(where{table: "security", chain: "user"})
			r = strings.NewReplacer("-j user1", "-j RETURN", "-g user1", "-j RETURN", "-j user2", "-j RETURN", "-g user2", "-j RETURN").Replace(r)
			if t.name == "nat" {
				r = strings.ReplaceAll(r, "-j DROP", "-j RETURN")
			}
			fmt.Fprintf(&rules, "-A user%d %s\n", 1+i, r)
		}
		fmt.Fprintf(&rules, "-A user1 -s %s -j user2\n", g.net())
		b.WriteString(rules.String())
		fmt.Fprint(&b, "COMMIT\n")
	}
	return b.String()
}
