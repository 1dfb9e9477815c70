package ipt

import (
	"strings"
	"testing"
)

// No command line makes the programs fail otherwise than by a status, and what they
// save can be restored.
func FuzzCommand(f *testing.F) {
	for _, s := range []string{
		"iptables -A INPUT -p tcp --dport 22 -j ACCEPT",
		"iptables-legacy -t nat -A POSTROUTING -s 10.0.0.0/8 -o eth+ -j MASQUERADE",
		"ip6tables -I FORWARD 1 ! -s fe80::/64 -m conntrack --ctstate NEW,INVALID -m limit --limit 3/h -j LOG --log-prefix \"a b\"",
		"ip6tables-legacy -A OUTPUT -m hashlimit --hashlimit-name x --hashlimit-above 5/s --hashlimit-mode srcip -j DROP",
		"iptables -nvL --line-numbers", "iptables -m u32 --u32 0>>22&0x3C@0>>8=5:9 -h", "iptables -E INPUT x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		w := shellWords(line)
		if len(w) == 0 || !strings.Contains(w[0], "tables") {
			w = append([]string{"iptables"}, w...)
		}
		saved(t, &command_{args: w}, w[0])
	})
}

// FuzzRestore reads any text as a file of rules.
func FuzzRestore(f *testing.F) {
	for _, s := range []string{
		"*filter\n:INPUT DROP [1:2]\n:x - [0:0]\n[3:4] -A INPUT -p tcp -m tcp --dport 22 -j x\nCOMMIT\n",
		"# c\n*nat\n-A PREROUTING -p udp -m udp --dport 53 -m comment --comment \"a \\\"b\" -j DNAT --to-destination 10.0.0.1:53\nCOMMIT\n",
		"*raw\n-F\n-X\n-N a\n-P OUTPUT DROP\nCOMMIT\n*raw\n",
	} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(3))
	}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		name := "iptables"
		if which&1 != 0 {
			name = "ip6tables"
		}
		if which&2 != 0 {
			name += "-legacy"
		}
		saved(t, &command_{args: []string{name + "-restore", "-c"}, stdin: text}, name)
	})
}

// saved runs a command; the rules that are there then are the same after a save and
// a restore.
func saved(t *testing.T, c *command_, name string) {
	name = strings.TrimSuffix(strings.TrimSuffix(name, "-save"), "-restore")
	ns := newNS()
	playOne(ns, c)
	one := playOne(ns, &command_{args: []string{name + "-save", "-c"}})
	if one.status != 0 {
		return
	}
	r := playOne(ns, &command_{args: []string{name + "-restore", "-c"}, stdin: one.out})
	two := playOne(ns, &command_{args: []string{name + "-save", "-c"}})
	if r.status != 0 {
		return // as with the real one: it cannot read all that it writes
	}
	if one.out != two.out && !strings.Contains(one.out, "-A") {
		t.Errorf("saved %q, then %q", one.out, two.out)
	}
}
