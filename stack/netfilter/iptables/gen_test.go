package iptables_test

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"net/netip"
	"strings"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// A gen makes tables and packets that meet.
type gen struct {
	*rand.Rand
	six bool
	nft bool
	n   int
}

// A pkt is a frame that comes in by eth0 or eth1.
type pkt struct {
	side int
	b    []byte
}

func (g *gen) pick(l ...string) string { return l[g.Intn(len(l))] }

func (g *gen) not() string {
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

func (g *gen) addr() string {
	l := append(append([]string{}, near4...), far4...)
	if g.six {
		l = append(append([]string{}, near6...), far6...)
	}
	return g.pick(l...)
}

func (g *gen) net() string {
	a := netip.MustParseAddr(g.addr())
	n := a.BitLen()
	if g.Intn(2) == 0 {
		n -= g.Intn(a.BitLen())
	}
	p, _ := a.Prefix(n)
	return p.String()
}

var genPorts = []int{22, 53, 80, 443, 1024, 8080, 40000}

func (g *gen) port() string { return fmt.Sprint(genPorts[g.Intn(len(genPorts))]) }
func (g *gen) ports() string {
	return g.pick(g.port(), fmt.Sprintf("%d:%d", g.Intn(100), 100+g.Intn(60000)))
}

// A where is a chain for which rules are made.
type where struct {
	table, chain string
	in, out      bool // the devices are known
}

// ip is the IP part of a rule, and the protocol that it names.
func (g *gen) ip(w where) (s, proto string) {
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
func (g *gen) upper(proto string) string {
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
func (g *gen) match(w where, proto string) string {
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
func (g *gen) target(w where, proto string) string {
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

func (g *gen) nat(w where, proto string) string {
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

func (g *gen) rule(w where) string {
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

// script is all tables, for iptables-restore.
func (g *gen) script() string {
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

// packets makes frames: of hosts on both sides, to each other and to the router,
// again, and answers.
func (g *gen) packets(n int) (l []pkt) {
	for i := 0; i < n; i++ {
		if i > 0 && g.Intn(4) == 0 {
			l = append(l, l[g.Intn(len(l))])
			continue
		}
		if i > 0 && g.Intn(3) == 0 {
			if a, ok := answer(l[g.Intn(len(l))], g); ok {
				l = append(l, a)
				continue
			}
		}
		l = append(l, g.packet())
	}
	return l
}

// answer turns a packet around.
func answer(p pkt, g *gen) (pkt, bool) {
	f := append([]byte(nil), p.b...)
	if f[12] == 8 {
		h := wire.IPv4(f[14:])
		if h.IsFragment() || h.IHL() != 20 || len(h) < 40 || h.Dst()&0xff == 1 {
			return p, false
		}
		s, d := h.Src(), h.Dst()
		h.SetSrc(d)
		h.SetDst(s)
		h.ComputeChecksum()
		turn(f[34:], byte(h.Proto()), wire.PseudoHeader4(d, s, h.Proto(), len(f)-34))
	} else {
		h := wire.IPv6(f[14:])
		if nh := h.NextHeader(); nh != 6 && nh != 17 && nh != 58 || len(h) < 60 || h.Dst().Lo&0xffff == 1 {
			return p, false
		}
		s, d := h.Src(), h.Dst()
		h.SetSrc(d)
		h.SetDst(s)
		turn(f[54:], byte(h.NextHeader()), wire.PseudoHeader6(d, s, h.NextHeader(), len(f)-54))
	}
	return frame(1-p.side, f), true
}

func turn(t []byte, proto byte, sum uint32) {
	switch proto {
	case 6, 17:
		t[0], t[1], t[2], t[3] = t[2], t[3], t[0], t[1]
		if proto == 6 && t[13] == 2 {
			t[13] = 0x12
			copy(t[8:12], t[4:8])
			t[11]++
		}
	case 1:
		if t[0] == 8 {
			t[0] = 0
		}
		sum = 0
	case 58:
		if t[0] == 128 {
			t[0] = 129
		}
	}
	at := map[byte]int{6: 16, 17: 6, 1: 2, 58: 2}[proto]
	t[at], t[at+1] = 0, 0
	sumInto(t, proto, sum)
}

func sumInto(l4 []byte, proto byte, sum uint32) {
	at, ok := map[byte]int{6: 16, 17: 6, 1: 2, 58: 2}[proto]
	if !ok || len(l4) < at+2 {
		return
	}
	c := wire.Fold(wire.Checksum(l4, sum))
	if c == 0 && proto == 17 {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(l4[at:], c)
}

// frame gives a packet the link addresses of its side.
func frame(side int, f []byte) pkt {
	copy(f, []byte{2, 0, 0, 0, 0, byte(1 + side), 2, 0, 0, 0, 0, byte(0x11 + side)})
	return pkt{side, f}
}

func (g *gen) transport() (proto byte, l4 []byte) {
	data := []byte(strings.Repeat("GET abc ", 8))[:g.Intn(60)]
	put := func(o int) {
		binary.BigEndian.PutUint16(l4[o:], uint16(genPorts[g.Intn(len(genPorts))]))
	}
	switch g.Intn(9) {
	case 0, 1, 2, 3:
		proto = 6
		var opts []byte
		if g.Intn(2) == 0 {
			opts = []byte{2, 4, 5, 0xb4, 1, 3, 3, 7, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1}
		}
		l4 = append(make([]byte, 20), opts...)
		put(0)
		put(2)
		binary.BigEndian.PutUint32(l4[4:], uint32(g.Intn(1000)))
		l4[12], l4[13] = byte(len(l4)/4)<<4, []byte{2, 2, 2, 2, 0xc2, 0x10, 0x12, 0x11, 4, 0x14, 0x18, 0, 0x29}[g.Intn(13)]
		binary.BigEndian.PutUint16(l4[14:], 1000)
		if l4[13]&2 != 0 {
			data = nil
		}
	case 4, 5, 6:
		proto = 17
		l4 = make([]byte, 8)
		put(0)
		put(2)
		binary.BigEndian.PutUint16(l4[4:], uint16(8+len(data)))
	case 7:
		proto = 1
		l4 = []byte{8, 0, 0, 0, 0, 7, 0, byte(g.Intn(9))}
		if g.six {
			proto = 58
			l4[0] = 128
		}
	default:
		proto = 47
		l4 = []byte{0, 0, 8, 0}
	}
	return proto, append(l4, data...)
}

func (g *gen) packet() pkt {
	side := 0
	if g.Intn(4) == 0 {
		side = 1
	}
	proto, l4 := g.transport()
	if g.six {
		return g.packet6(side, proto, l4)
	}
	src, dst := g.pick(near4...), g.pick(append(far4, own4[0])...)
	if side == 1 {
		src, dst = g.pick(far4...), g.pick(append(near4, own4[1])...)
	}
	f := make([]byte, 34, 200)
	f[12], f[13] = 8, 0
	h := wire.IPv4(f[14:])
	h.SetVersionIHL(20)
	h.SetTOS([]byte{0, 0, 0x10, 0x20, 0xb8}[g.Intn(5)])
	h.SetID(uint16(g.Intn(65536)))
	h.SetTTL(byte(2 + g.Intn(100)))
	if g.Intn(2) == 0 {
		h.SetTTL(64)
	}
	h.SetProto(wire.Proto(proto))
	a, b := netip.MustParseAddr(src).As4(), netip.MustParseAddr(dst).As4()
	copy(h[12:], a[:])
	copy(h[16:], b[:])
	sum := uint32(0)
	if proto != 1 {
		sum = wire.PseudoHeader4(h.Src(), h.Dst(), wire.Proto(proto), len(l4))
	}
	sumInto(l4, proto, sum)
	if g.Intn(12) == 0 && len(l4) > 3 {
		l4 = l4[:g.Intn(len(l4))] // broken
	}
	h.SetTotalLen(20 + len(l4))
	h.ComputeChecksum()
	return frame(side, append(f, l4...))
}

func (g *gen) packet6(side int, proto byte, l4 []byte) pkt {
	src, dst := g.pick(near6...), g.pick(append(far6, own6[0])...)
	if side == 1 {
		src, dst = g.pick(far6...), g.pick(append(near6, own6[1])...)
	}
	h := make(wire.IPv6, 40)
	h.SetVersion([]byte{0, 0, 0x10, 0x20, 0xb8}[g.Intn(5)], 0)
	h.SetHopLimit(byte(2 + g.Intn(100)))
	if g.Intn(2) == 0 {
		h.SetHopLimit(64)
	}
	a, b := netip.MustParseAddr(src).As16(), netip.MustParseAddr(dst).As16()
	copy(h[8:], a[:])
	copy(h[24:], b[:])
	sumInto(l4, proto, wire.PseudoHeader6(h.Src(), h.Dst(), wire.Proto(proto), len(l4)))
	next := proto
	if g.Intn(12) == 0 && len(l4) > 3 {
		l4 = l4[:g.Intn(len(l4))]
	}
	switch g.Intn(8) {
	case 0:
		l4, next = append([]byte{next, 0, 1, 4, 0, 0, 0, 0}, l4...), 60
	case 1:
		l4, next = append([]byte{next, 0, 1, 4, 0, 0, 0, 0}, l4...), 0
	}
	h.SetNextHeader(wire.Proto(next))
	h.SetPayloadLen(len(l4))
	f := make([]byte, 14, 300)
	f[12], f[13] = 0x86, 0xdd
	return frame(side, append(append(f, h...), l4...))
}
