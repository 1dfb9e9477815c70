package iptables_test

import (
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/lab/ipt"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// TestTargets: what leaves after one target; checksums are right in all.
func TestTargets(t *testing.T) {
	mss := []byte{2, 4, 5, 0xb4, 1, 3, 3, 7}
	const far = wire.IP4(0x0a00020a)
	s := syn(80, mss...)
	for _, c := range []struct {
		rule string
		l4   []byte
		want string
	}{
		{"iptables-legacy -t mangle -A FORWARD -j TTL --ttl-set 9", s, "eth1 10.0.1.10 > 10.0.2.10 ttl 9 tos 0x0 tcp 40000 > 80 flags 0x2 opts 020405b401030307"},
		{"iptables-legacy -t mangle -A FORWARD -j TTL --ttl-inc 250", s, "ttl 255"},
		{"iptables-legacy -t mangle -A PREROUTING -j TTL --ttl-dec 3", s, "ttl 60"},
		{"iptables-legacy -t mangle -A FORWARD -j DSCP --set-dscp 46", s, "tos 0xb8"},
		{"iptables-legacy -t mangle -A FORWARD -j TOS --set-tos 0x10", s, "tos 0x10"},
		{"iptables-legacy -t mangle -A FORWARD -p tcp --syn -j TCPMSS --set-mss 500", s, "opts 020401f401030307"},
		{"iptables-legacy -t mangle -A FORWARD -p tcp --syn -j TCPMSS --set-mss 2000", s, "opts 020405b401030307"},
		{"iptables-legacy -t mangle -A FORWARD -p tcp --syn -j TCPMSS --set-mss 2000", syn(80), "opts 02040218"},
		{"iptables-legacy -t mangle -A FORWARD -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu", syn(80, 2, 4, 0xff, 0), "opts 020405b4"},
		{"iptables-legacy -t mangle -A FORWARD -p tcp -j TCPOPTSTRIP --strip-options 2", s, "opts 0101010101030307"},
		{"iptables-legacy -t nat -A PREROUTING -p tcp -j DNAT --to-destination 10.0.2.11:8080", s, "10.0.1.10 > 10.0.2.11 ttl 63 tos 0x0 tcp 40000 > 8080"},
		{"iptables-legacy -t nat -A POSTROUTING -o eth1 -p tcp -j SNAT --to-source 10.0.2.77:5000", s, "10.0.2.77 > 10.0.2.10 ttl 63 tos 0x0 tcp 5000 > 80"},
		{"iptables-legacy -t nat -A POSTROUTING -o eth1 -j MASQUERADE", s, "10.0.2.1 > 10.0.2.10 ttl 63 tos 0x0 tcp 40000 > 80"},
		{"iptables-legacy -t nat -A POSTROUTING -j NETMAP --to 10.77.0.0/24", s, "10.77.0.10 > 10.0.2.10"},
		{"iptables-legacy -t mangle -A PREROUTING -j TEE --gateway 10.0.1.11", s, "eth0 10.0.1.10 > 10.0.2.10 ttl 63"},
		{"iptables-legacy -A FORWARD -p tcp -j REJECT --reject-with tcp-reset", s, "eth0 10.0.2.10 > 10.0.1.10 ttl 64 tos 0x0 tcp 80 > 40000 flags 0x14"},
		{"iptables-legacy -A FORWARD -j REJECT", s, "eth0 10.0.1.1 > 10.0.1.10 ttl 64 tos 0xc0 icmp 3/3"},
		{"iptables -A FORWARD -p tcp -m tcp --syn -j TCPMSS --set-mss 500", s, "opts 020401f401030307"},
		{"iptables -t mangle -A FORWARD -j TTL --ttl-set 9", s, "ttl 9"},
	} {
		r := newRouter(t, c.rule, false)
		r.sendOpts(far, 6, append([]byte(nil), c.l4...), 64, 0)
		got := strings.Join(r.sent, "; ")
		if !strings.Contains(got, c.want) || strings.Contains(got, "bad") {
			t.Errorf("%s\n sent %s\n want %s", c.rule, got, c.want)
		}
		if strings.Contains(c.rule, "TEE") && len(r.sent) != 2 {
			t.Errorf("%s: %d packets", c.rule, len(r.sent))
		}
	}
}

// TestNotrack: what the raw table says holds for conntrack.
func TestNotrack(t *testing.T) {
	r := newRouter(t, `iptables-legacy -t raw -A PREROUTING -p tcp --dport 80 -j CT --notrack
iptables-legacy -A FORWARD -m conntrack --ctstate UNTRACKED
iptables-legacy -A FORWARD -m conntrack --ctstate NEW`, false)
	r.send(0x0a00020a, 6, syn(80))
	r.send(0x0a00020a, 6, syn(81))
	out := counted(t, r.h.NS, "iptables-legacy-save", "filter")
	if !strings.Contains(out, "[1:40] -A FORWARD -m conntrack --ctstate UNTRACKED") || !strings.Contains(out, "[1:40] -A FORWARD -m conntrack --ctstate NEW") {
		t.Error(out)
	}
}

// TestFork goes on with a copy of a world: counters and what matches remember part.
func TestFork(t *testing.T) {
	r := newRouter(t, `iptables-legacy -A FORWARD -p udp -m recent --set --name seen
iptables-legacy -A FORWARD -p udp -m limit --limit 1/hour --limit-burst 2 -j ACCEPT
iptables-legacy -A FORWARD -p udp -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 3 --hashlimit-mode srcip --hashlimit-name h -j DROP`, false)
	r.send(0x0a00020a, 17, datagram(53))
	f, _ := sim.Fork(r)
	f.send(0x0a00020a, 17, datagram(53))
	f.send(0x0a00020a, 17, datagram(53))
	a, b := counted(t, r.h.NS, "iptables-legacy-save", "filter"), counted(t, f.h.NS, "iptables-legacy-save", "filter")
	if !strings.Contains(a, "[1:32] -A FORWARD -p udp -m limit") || !strings.Contains(b, "[2:64] -A FORWARD -p udp -m limit") || !strings.Contains(b, "[1:32] -A FORWARD -p udp -m hashlimit") || !strings.Contains(a, "[0:0] -A FORWARD -p udp -m hashlimit") {
		t.Errorf("the original\n%s\nthe copy\n%s", a, b)
	}
}

// TestReplace: one bad rule changes nothing.
func TestReplace(t *testing.T) {
	r := newRouter(t, "iptables-legacy -A FORWARD -p tcp -j DROP", false)
	before := counted(t, r.h.NS, "iptables-legacy-save", "filter")
	e := ipt.Env{NS: r.h.NS, Stdin: func() string {
		return "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j ACCEPT\n-A FORWARD -p udp -j REJECT\n-A INPUT -m limit --limit 1/day --limit-burst 100\nCOMMIT\n"
	}}
	if _, _, st := e.Run([]string{"iptables-legacy-restore"}); st == 0 {
		t.Error("a limit that overflows was accepted")
	}
	cut := func(s string) string { return s[strings.Index(s, "*"):strings.Index(s, "COMMIT")] }
	if after := counted(t, r.h.NS, "iptables-legacy-save", "filter"); cut(after) != cut(before) {
		t.Errorf("before\n%s after\n%s", before, after)
	}
	e.Stdin = func() string {
		return "*filter\n:a - [0:0]\n:b - [0:0]\n-A FORWARD -j a\n-A a -j b\n-A b -j a\nCOMMIT\n"
	}
	if _, errs, st := e.Run([]string{"iptables-legacy-restore"}); st == 0 {
		t.Errorf("a circle was accepted: %s", errs)
	}
}
