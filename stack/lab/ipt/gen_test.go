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

// genMatches are matches of both families unless the name ends in 4 or 6 and a dot.
var genMatches = map[string][]genOpt{
	"tcp":        opts("--sport~portr --dport~portr --source-port~portr --destination-port~portr --tcp-flags~FLAGS --syn --tcp-option~u8"),
	"udp":        opts("--sport~portr --dport~portr --source-port~portr --destination-port~portr"),
	"sctp":       opts("--sport~portr --dport~portr --chunk-types~CHUNKS"),
	"multiport":  opts("--sports~ports --dports~ports --ports~ports --source-ports~ports --destination-ports~ports"),
	"conntrack":  opts("--ctstate~=NEW|ESTABLISHED,RELATED|INVALID|SNAT|DNAT|UNTRACKED|NEW,foo|new|established --ctproto~=tcp|udp|17|0|foo --ctorigsrc~net --ctorigdst~net --ctreplsrc~net --ctrepldst~net --ctorigsrcport~portr --ctorigdstport~portr --ctreplsrcport~portr --ctrepldstport~portr --ctstatus~=NONE|EXPECTED|SEEN_REPLY,ASSURED|CONFIRMED|FOO|assured --ctexpire~u32r --ctdir~=ORIGINAL|REPLY|original|foo"),
	"state":      opts("--state~=NEW|ESTABLISHED,RELATED|INVALID|UNTRACKED|SNAT|foo|new,invalid"),
	"limit":      opts("--limit~rate --limit-burst~u16"),
	"hashlimit":  opts("--hashlimit-upto~rateb --hashlimit-above~rateb --hashlimit~rate --hashlimit-burst~=5|10|1|0|10001|20kb|1mb --hashlimit-mode~=srcip|dstip|srcip,dstport|dstip,srcport,dstport|foo| --hashlimit-srcmask~=0|8|24|32|64|128|129 --hashlimit-dstmask~=0|8|24|32|64|128|129 --hashlimit-name~name --hashlimit-htable-size~u32 --hashlimit-htable-max~u32 --hashlimit-htable-expire~u32 --hashlimit-htable-gcinterval~u32 --hashlimit-rate-match --hashlimit-rate-interval~u32"),
	"quota":      opts("--quota~u64"),
	"recent":     opts("--set --rcheck --update --remove --rttl --name~name --rsource --rdest --seconds~u32 --hitcount~=1|5|20|0|300 --reap --mask~=255.255.255.0|ffff::|255.255.255.255|x"),
	"statistic":  opts("--mode~=random|nth|foo --probability~=0|1|0.5|0.25|0.001|1.5|-1|x|1e-3 --every~=1|2|10|0|x --packet~=0|1|5|9"),
	"mark":       opts("--mark~mark"),
	"connmark":   opts("--mark~mark"),
	"addrtype":   opts("--src-type~=LOCAL|UNICAST|BROADCAST,MULTICAST|foo|local|UNSPEC|PROHIBIT,THROW,NAT,XRESOLVE,BLACKHOLE,UNREACHABLE,ANYCAST --dst-type~=LOCAL|UNICAST|BROADCAST,MULTICAST|foo|ANYCAST --limit-iface-in --limit-iface-out"),
	"iprange":    opts("--src-range~iprange --dst-range~iprange"),
	"mac":        opts("--mac-source~mac"),
	"comment":    opts("--comment~str"),
	"owner":      opts("--uid-owner~=root|0|1000|0-99|5-|nosuch|4294967294|4294967295|9-3 --gid-owner~=root|0|1000|0-99|nosuch|x-y --socket-exists --suppl-groups"),
	"pkttype":    opts("--pkt-type~=unicast|broadcast|multicast|host|bcast|mcast|ucast|foo|Unicast"),
	"length":     opts("--length~u16r"),
	"ttl.4":      opts("--ttl-eq~u8 --ttl-lt~u8 --ttl-gt~u8 --ttl~u8"),
	"hl.6":       opts("--hl-eq~u8 --hl-lt~u8 --hl-gt~u8 --hl~u8"),
	"dscp":       opts("--dscp~=0|10|0x3f|63|64|x --dscp-class~=EF|AF11|CS3|BE|foo|af43|cs0|LE"),
	"tos":        opts("--tos~=0x10|Minimize-Delay|16|0x10/0x3f|Normal-Service|foo|256|Maximize-Reliability|0xff/0|minimize-cost"),
	"ecn":        opts("--ecn-tcp-cwr --ecn-tcp-ece --ecn-ip-ect~=0|1|2|3|4|x"),
	"realm":      opts("--realm~=0|1|0x10|1/0xff|foo|default|4294967295"),
	"cpu":        opts("--cpu~u32"),
	"physdev":    opts("--physdev-in~if --physdev-out~if --physdev-is-in --physdev-is-out --physdev-is-bridged"),
	"rpfilter":   opts("--loose --validmark --accept-local --invert"),
	"socket":     opts("--transparent --nowildcard --restore-skmark"),
	"connlimit":  opts("--connlimit-upto~u32 --connlimit-above~u32 --connlimit-mask~=0|8|24|32|33|64|128|129 --connlimit-saddr --connlimit-daddr"),
	"connbytes":  opts("--connbytes~u64r --connbytes-dir~=original|reply|both|foo --connbytes-mode~=packets|bytes|avgpkt|foo"),
	"helper":     opts("--helper~=ftp|sip|ftp-2121|irc"),
	"icmp.4":     opts("--icmp-type~=8|echo-request|any|ping|3/1|host-unreachable|destination-unreachable|foo|255|256|3/|0/0|echo|ttl-exceeded|pong|fragmentation-needed|8/0|5/256|e"),
	"icmp6.6":    opts("--icmpv6-type~=128|echo-request|any|1/3|destination-unreachable|foo|255|router-solicitation|packet-too-big|ns|neighbour-advertisement|2/0|echo|bad-header --icmp6-type~=128"),
	"string":     opts("--algo~=bm|kmp|bm|foo --string~str --hex-string~=|61_62|x|0d|\\|0d0a\\||a|61 --from~u16 --to~u16 --icase"),
	"u32":        opts("--u32~=0&0xff=1|6&0xFF=1&&4&0x3FFF=0|0>>22&0x3C@0>>8=5|x|4=5:9,11|0=|12<<2=0x10:0x20"),
	"tcpmss":     opts("--mss~u16r"),
	"esp":        opts("--espspi~u32r"),
	"dccp":       opts("--sport~portr --dport~portr --dccp-types~=REQUEST|RESPONSE,ACK|foo|data,invalid --dccp-option~u8"),
	"time":       opts("--datestart~=2024-01-02|2024-01-02T03:04:05|2024|x|2024-13 --datestop~=2030-01-02|2030-12-31T23:59:59|2025-02 --timestart~=08:00|8:0|00:00|12:34:56|25:00|x --timestop~=17:00|23:59:59|5 --monthdays~=1|1,2,31|32|x|5,5 --weekdays~=Mon|Mo,Tu|1,7|Sat,Sun|foo|Monday --kerneltz --contiguous --utc --localtz"),
	"ah.4":       opts("--ahspi~u32r"),
	"ah.6":       opts("--ahspi~u32r --ahlen~u32 --ahres"),
	"frag.6":     opts("--fragid~u32r --fraglen~u32 --fragres --fragfirst --fragmore --fraglast"),
	"rt.6":       opts("--rt-type~u8 --rt-segsleft~u8r --rt-len~u8 --rt-0-res --rt-0-addrs~=::1|::1,2001::2|x --rt-0-not-strict"),
	"hbh.6":      opts("--hbh-len~u8 --hbh-opts~=5|5:2|1:2,3:4|x|5:"),
	"dst.6":      opts("--dst-len~u8 --dst-opts~=5|5:2|1:2,3:4|x|5:"),
	"mh.6":       opts("--mh-type~=5|binding-update|1:3|brr|foo|cot|bind|256"),
	"ipv6header": opts("--header~=hop|hop,dst|esp,auth|none|prot|foo|frag,route --soft"),
	"eui64.6":    opts(""),
	"devgroup":   opts("--src-group~=0|1|0x5|1/0xff|x --dst-group~=0|7|1/0xf"),
	"connlabel":  opts("--label~=1|127|128|foo|x --set"),
	"nosuch":     opts("--foo"),
}

var genTargets = map[string][]genOpt{
	"ACCEPT":      nil,
	"DROP":        nil,
	"RETURN":      nil,
	"REJECT":      opts("--reject-with~=icmp-port-unreachable|icmp-net-unreachable|icmp-host-unreachable|icmp-proto-unreachable|icmp-net-prohibited|icmp-host-prohibited|tcp-reset|icmp-admin-prohibited|host-unreach|tcp-rst|foo|admin-prohib|icmp6-adm-prohibited|icmp6-port-unreachable|icmp6-no-route|addr-unreach|icmp6-reject-route|port-unreach|icmp-|echo-reply|proto-unreach|icmp6-policy-fail"),
	"LOG":         opts("--log-level~=4|debug|info|8|foo|WARNING|err|emerg|warn|error|panic|7 --log-prefix~prefix --log-tcp-sequence --log-tcp-options --log-ip-options --log-uid --log-macdecode"),
	"NFLOG":       opts("--nflog-group~u16 --nflog-prefix~prefix --nflog-range~u32 --nflog-size~u32 --nflog-threshold~u16"),
	"MARK":        opts("--set-mark~mark --set-xmark~mark --and-mark~u32 --or-mark~u32 --xor-mark~u32"),
	"CONNMARK":    opts("--set-mark~mark --set-xmark~mark --and-mark~u32 --or-mark~u32 --xor-mark~u32 --save-mark --restore-mark --mask~u32 --nfmask~u32 --ctmask~u32 --left-shift-mark~=1|31|32 --right-shift-mark~=1|31|33"),
	"CT":          opts("--notrack --helper~=ftp|sip|foo --ctevents~=new|new,destroy|foo --expevents~=new|x --zone~=1|0|65535|65536|mark --zone-orig~=1|mark --zone-reply~=2|mark --timeout~=foo"),
	"NOTRACK":     nil,
	"TPROXY":      opts("--on-port~u16 --on-ip~ip --tproxy-mark~mark"),
	"TCPOPTSTRIP": opts("--strip-options~=sack|mss,wscale|5,6|foo|timestamp|md5,sack-permitted|256|0"),
	"TOS":         opts("--set-tos~=0x10|Minimize-Delay|16|0x10/0x3f|Normal-Service|foo|256|minimize-cost|0xff/0 --and-tos~u8 --or-tos~u8 --xor-tos~u8"),
	"TTL.4":       opts("--ttl-set~u8 --ttl-dec~u8 --ttl-inc~u8"),
	"HL.6":        opts("--hl-set~u8 --hl-dec~u8 --hl-inc~u8"),
	"TEE":         opts("--gateway~ip --oif~if"),
	"CLASSIFY":    opts("--set-class~=1:2|0:0|ffff:ffff|1|10000:1|x:y|1:"),
	"TRACE":       nil,
	"CHECKSUM":    opts("--checksum-fill"),
	"ECN.4":       opts("--ecn-tcp-remove --ecn-tcp-cwr~=0|1|2 --ecn-tcp-ece~=0|1 --ecn-ip-ect~=0|3|4"),
	"DSCP":        opts("--set-dscp~=0|10|0x3f|63|64|x --set-dscp-class~=EF|AF11|CS3|BE|foo|af43"),
	"TCPMSS":      opts("--set-mss~u16 --clamp-mss-to-pmtu"),
	"SNAT":        opts("--to-source~NAT --random --persistent --random-fully"),
	"DNAT":        opts("--to-destination~NAT --random --persistent"),
	"MASQUERADE":  opts("--to-ports~=80|80-90|x|0|65536|90-80|80- --random --random-fully"),
	"REDIRECT":    opts("--to-ports~=80|80-90|http|x|0|65536|90-80|80-|80-90/100 --random"),
	"NETMAP":      opts("--to~net"),
	"NOSUCH":      nil,
	"foo":         nil,
	"bar":         nil,
	"INPUT":       nil,
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
		f := "ip"
		if g.fam == 6 {
			f = "ip6"
		}
		_ = f
	}
	return s
}
