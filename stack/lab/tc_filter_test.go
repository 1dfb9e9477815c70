package lab

import (
	"fmt"
	"math/rand"
	"os"
	"strings"
	"testing"
)

// tcNet is two hosts, and an ifb device on the first.
const tcNet = `ip netns add b
ip link add eth0 type veth peer name eth0 netns b
ip link add ifb0 type ifb
ip link add ifb1 type ifb
ip link set eth0 address 02:00:00:00:00:0a
ip -n b link set eth0 address 02:00:00:00:00:0b
sysctl -qw net.ipv6.conf.all.disable_ipv6=1
ip netns exec b sysctl -qw net.ipv6.conf.all.disable_ipv6=1
ip addr add 10.0.0.1/24 dev eth0
ip -n b addr add 10.0.0.2/24 dev eth0
ip link set eth0 up
ip -n b link set eth0 up
ip link set ifb0 up
ip link set ifb1 up
`

// randomU32 is a script with filters of u32 and mirred drawn by lot, and packets that
// meet them; what it prints are counters.
func randomU32(seed int64) string {
	r := rand.New(rand.NewSource(seed))
	var b strings.Builder
	p := func(f string, a ...any) { fmt.Fprintf(&b, f+"\n", a...) }
	b.WriteString(tcNet)
	p("ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:0b dev eth0")
	p("ip -n b neigh replace 10.0.0.1 lladdr 02:00:00:00:00:0a dev eth0")
	p("tc qdisc add dev eth0 clsact")
	one := func(list ...string) string { return list[r.Intn(len(list))] }
	match := func() string {
		switch r.Intn(10) {
		case 0:
			return "match ip protocol " + one("1", "17", "6") + " 0xff"
		case 1:
			return "match ip tos " + one("0x10", "0x20", "0") + " " + one("0xff", "0x30", "0x10")
		case 2:
			return "match ip src 10.0.0." + one("0/30", "2", "1", "3/31", "0/24")
		case 3:
			return "match ip dst 10.0.0." + one("0/30", "2", "1", "3/31", "0/24")
		case 4:
			return "match icmp type " + one("8", "0") + " 0xff"
		case 5:
			return "match u8 " + fmt.Sprint(r.Intn(4)*16) + " " + one("0xf0", "0x30", "0xff") + " at " + one("8", "1", "20", "21", "18")
		case 6:
			// not what ping draws by lot: identification, checksums, its time stamp
			return fmt.Sprintf("match u16 0x%x 0x%x at %s", r.Intn(128), 1<<r.Intn(9), one("0", "2", "6", "8", "12", "14", "16", "18", "20", "44", "46", "52", "60", "90"))
		case 7:
			return fmt.Sprintf("match u32 0x%x 0x%x at %s%s", r.Uint32()&0x0f0f, r.Uint32()&0x0f0f&(r.Uint32()), one("", "nexthdr+"), one("-12", "-8", "-4", "0", "12", "16", "44", "48", "56", "84"))
		case 8:
			return "match ip " + one("df", "nofrag", "firstfrag", "mf")
		}
		return "match u32 0 0"
	}
	action := func() string {
		s := " action mirred " + one("egress", "egress", "ingress") + " " + one("mirror", "mirror", "redirect") + " dev " + one("ifb0", "ifb1")
		if strings.Contains(s, "mirror") {
			s += " " + one("pipe", "continue", "pass", "reclassify", "drop", "")
			if r.Intn(3) == 0 {
				s += " action mirred egress mirror dev ifb1 " + one("continue", "ok", "")
			}
		}
		return s
	}
	for range 8 + r.Intn(5) {
		side := one("ingress", "ingress", "egress")
		prio := 1 + r.Intn(4)
		proto := "ip"
		if prio == 4 {
			proto = "all"
		}
		s := fmt.Sprintf("tc filter add dev eth0 %s protocol %s prio %d u32 ", side, proto, prio)
		for range 1 + r.Intn(2) {
			s += match() + " "
		}
		if r.Intn(3) == 0 {
			s += "flowid 1:" + one("1", "2")
		}
		if r.Intn(5) > 0 {
			s += action()
		}
		p("%s", s)
	}
	if r.Intn(2) == 0 { // a hash table, and a walk to the next header
		p("tc filter add dev eth0 ingress protocol ip prio 2 handle 7: u32 divisor %s", one("1", "4", "16"))
		for i := range 3 {
			p("tc filter add dev eth0 ingress protocol ip prio 2 u32 ht 7:%s: %s %s", one("0", "1", "2", "3"), match(), action())
			_ = i
		}
		p("tc filter add dev eth0 ingress protocol ip prio 2 u32 ht 800: %s %s %s link 7:", match(),
			one("", "hashkey mask 0x000000ff at 16", "hashkey mask 0x00ff0000 at 0"), one("", "offset at 0 mask 0x0f00 shift 6 plus 0 eat", "offset plus 8", "offset at 0 mask 0f00 shift 6 plus 4"))
	}
	p("sleep 0.05")
	for range 14 {
		p("%s ping -q -c1 -W0.02 -Q %d -t %d -s %d -M %s %s >/dev/null", one("", "ip netns exec b"), r.Intn(4)*16, 1+r.Intn(64), r.Intn(120), one("do", "dont", "want"), one("10.0.0.1", "10.0.0.2"))
	}
	p("sleep 0.05")
	for _, side := range []string{"ingress", "egress"} {
		p("tc -s filter show dev eth0 %s | sed 's/installed.*//'", side)
	}
	p("tc -s qdisc show dev eth0 | grep -A1 clsact")
	p("ip -s link show ifb0 | tail -4; ip -s link show ifb1 | tail -4")
	return b.String()
}

// Filters drawn by lot do to packets what they do on this machine.
func TestRandomU32(t *testing.T) {
	for seed := range int64(3) {
		if out, _ := runModel(t, randomU32(seed)); !strings.Contains(out, "u32") || strings.Contains(out, "not modelled") {
			t.Errorf("seed %d:\n%s", seed, out)
		}
	}
	if os.Getenv("PACKETWALK_KERNEL") == "" {
		t.Skip("not compared with this machine's kernel: PACKETWALK_KERNEL=1, as root, does")
	}
	if why := realTools(); why != "" {
		t.Skip("not compared with the real kernel: " + why)
	}
	n := int64(12)
	if s := os.Getenv("TC_SEEDS"); s != "" {
		fmt.Sscan(s, &n)
	}
	lines := 0
	for seed := range n {
		text := randomU32(1000 + seed)
		want, _ := runReal(t, text)
		got, _ := runModel(t, text)
		lines += strings.Count(want, "\n")
		if got != want {
			t.Errorf("seed %d:\n%s\n%s", 1000+seed, lineDiff(want, got), text)
		}
	}
	t.Logf("%d scripts, %d lines the same", n, lines)
}

// What a filter's words may be: nothing makes the reader fall.
func FuzzTcFilter(f *testing.F) {
	for _, s := range []string{
		"add dev eth0 ingress protocol ip u32 match ip dst 10.0.0.1/24 match u16 1 ff at nexthdr+2 flowid 1:1 action mirred egress redirect dev eth0",
		"add dev eth0 parent ffff: prio 5 handle 1: u32 divisor 4",
		"add dev eth0 egress protocol 802.1q flower vlan_id 5 vlan_ethtype ipv4 dst_ip 1.2.3.4/8 ip_proto tcp dst_port 1-2 tcp_flags 2/3 action drop",
		"add dev eth0 ingress matchall action pedit ex munge ip ttl add 5 retain 0xf munge eth src set 02:00:00:00:00:01 pipe action csum ip and tcp",
		"replace dev eth0 ingress handle 5/ff fw action police rate 1mbit burst 10k mtu 2k conform-exceed drop/pipe action vlan push id 5 priority 3",
		"add dev eth0 ingress u32 match ip6 dst fe80::/10 sample ip src 1.2.3.4 divisor 4 ht 1: link 2: offset at 0 mask 0f00 shift 6 eat hashkey mask ff at 12",
		"show dev eth0 ingress", "get dev eth0 ingress protocol ip prio 1 handle 800::800 u32", "del dev eth0 ingress prio 1",
		"add dev eth0 ingress matchall action gact drop random determ pass 4 index 5 action skbedit mark 5/6 priority 1:2 ptype host queue_mapping 3 action goto chain 9",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 600 || strings.ContainsAny(s, "\x00\n$`'\"\\;|&<>(){}*?[]~#!") {
			return
		}
		out, _ := runModel(t, tcNet+"tc qdisc add dev eth0 clsact\ntc filter "+s+"\ntc -s filter show dev eth0 ingress\ntc -j filter show dev eth0 egress\nip netns exec b ping -q -c1 -W0.01 10.0.0.1\ntc actions flush action gact\ntc qdisc del dev eth0 clsact\n")
		_ = out
	})
}
