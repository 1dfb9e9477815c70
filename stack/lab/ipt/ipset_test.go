package ipt

import (
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// runSets runs lines of ipset in a namespace; each must succeed.
func runSets(t *testing.T, ns *core.Netns, lines ...string) (out string) {
	t.Helper()
	for _, l := range lines {
		o, e, st := (&Env{NS: ns}).Run(append([]string{"ipset"}, shellWords(l)...))
		if st != 0 {
			t.Fatalf("ipset %s: %d %s", l, st, e)
		}
		out = o
	}
	return out
}

// TestSetTimeout: elements go when their time is over, members of lists too.
func TestSetTimeout(t *testing.T) {
	ns := newNS()
	runSets(t, ns, "create h hash:ip timeout 10", "create l list:set timeout 3", "add l h", "add h 1.1.1.1", "add h 1.1.1.2 timeout 20", "add h 1.1.1.3 timeout 0")
	ns.Clock.RunUntil(ns.Clock.Now() + 2500*sim.Millisecond)
	if s := runSets(t, ns, "save"); !strings.Contains(s, "add h 1.1.1.1 timeout 7\nadd h 1.1.1.2 timeout 17\nadd h 1.1.1.3 timeout 0\n") || !strings.Contains(s, "add l h timeout 1\n") {
		t.Error(s)
	}
	ns.Clock.RunUntil(ns.Clock.Now() + 8*sim.Second)
	if s := runSets(t, ns, "add h 1.1.1.1", "save"); strings.Count(s, "\nadd") != 3 || strings.Contains(s, "add l") {
		t.Error(s)
	}
	runSets(t, ns, "-quiet -exist add h 1.1.1.1 timeout 1", "destroy")
}

// TestSetSaveRestores: what save prints makes the same sets.
func TestSetSaveRestores(t *testing.T) {
	ns, other := newNS(), newNS()
	runSets(t, ns, "create h6 hash:net,port family inet6 counters comment skbinfo timeout 90 maxelem 9 hashsize 100 bucketsize 3",
		`add h6 2001:db8::/32,udp:53 timeout 60 nomatch packets 3 bytes 4 comment "a b" skbmark 0x1/0xf skbprio 1:a skbqueue 4`,
		"add h6 fe80::1,ipv6-icmp:5/6", "create p bitmap:port range 5-7000 timeout 0", "create i bitmap:ip range 10.0.0.0/16 netmask 24 comment",
		"add i 10.0.4.0-10.0.7.9 comment x", "create l list:set size 9 counters", "add l i", "add l h6 before i packets 7")
	want := runSets(t, ns, "save")
	o, e, st := (&Env{NS: other, Stdin: func() string { return want }}).Run([]string{"ipset", "restore"})
	got := strings.NewReplacer("timeout 58", "timeout 59", "timeout 88", "timeout 89").Replace(runSets(t, other, "save")) // a restored time has begun, too
	if st != 0 || o != "" || got != want {
		t.Errorf("%d %s\n%s\nwant\n%s", st, e, got, want)
	}
}

// FuzzIpset: whatever is restored, nothing breaks, and what is saved can be restored.
func FuzzIpset(f *testing.F) {
	for _, s := range []string{"create a hash:ip\nadd a 1.1.1.1\n", "create a hash:net,port timeout 5 counters\nadd a 10.0.0.0-10.2.3.4,tcp:1-9\ndel a 10.0.0.0/8,9\n",
		"create b bitmap:ip range 1.1.1.0/24 netmask 26\nadd b 1.1.1.1\nswap a b\nrename a c\n", "create l list:set\nadd l l\nadd l x before y\ntest l x\n",
		"create c hash:ip -6 comment\nadd c ::1 comment \"x y\"\nlist -s\n", "create p bitmap:port range ftp-data-http\nadd p http-https\nflush\ndestroy"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1<<12 {
			return
		}
		ns := newNS()
		(&Env{NS: ns, Stdin: func() string { return s }}).Run([]string{"ipset", "restore"})
		save, _, st := (&Env{NS: ns}).Run([]string{"ipset", "save"})
		if st != 0 {
			t.Fatalf("save: %d", st)
		}
		for _, l := range strings.Split(save, "\n") {
			if strings.ContainsAny(s, "#\v\f\r\x00") || len(l) > 0 && strings.Count(l, " ") < 2 {
				return
			}
		}
		_, e, st := (&Env{NS: newNS(), Stdin: func() string { return save }}).Run([]string{"ipset", "restore"})
		if st != 0 {
			t.Fatalf("restore of what was saved: %s\n%s", e, save)
		}
	})
}
