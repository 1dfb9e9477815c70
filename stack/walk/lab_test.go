package walk_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// router is a lab of three hosts.
func router(t testing.TB) *walk.Lab {
	t.Helper()
	b, err := os.ReadFile("testdata/router.sh")
	if err != nil {
		t.Fatal(err)
	}
	k, err := walk.OpenLab(walk.Script{Name: "router.sh", Text: string(b), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	whole(t, k)
	return k
}

func whole(t testing.TB, k *walk.Lab) {
	t.Helper()
	for done := false; !done; {
		var err error
		if done, err = k.Advance(16); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.Status(); err != nil {
		t.Fatal(err)
	}
}

// find is the first item whose packet has this source and destination port.
func find(t testing.TB, k *walk.Lab, sport, dport int) int {
	t.Helper()
	for i := range k.Len() {
		f, _ := k.Frame(i)
		if b := f.Data; len(b) >= 38 && b[12] == 8 && b[13] == 0 && b[23] == 6 {
			if s, d := int(b[34])<<8|int(b[35]), int(b[36])<<8|int(b[37]); (sport == 0 || s == sport) && (dport == 0 || d == dport) {
				return i
			}
		}
	}
	t.Fatal("there is no such packet")
	return 0
}

// TestLabAcrossHosts: one packet is one item in all hosts that it comes to, and
// every event belongs to one item.
func TestLabAcrossHosts(t *testing.T) {
	k := router(t)
	i := find(t, k, 0, 80)
	c, err := k.Chunk(i)
	if err != nil {
		t.Fatal(err)
	}
	var way []string
	for _, n := range c.Story(i) {
		e := &c.Log.Events[n]
		if int(e.Pkt) == i+1 && e.Kind == trace.Frame {
			dir := "in "
			if e.Code != 0 {
				dir = "out "
			}
			way = append(way, k.Names().HostName(e.Host)+" "+dir+k.Names().OnHost(e.Host).DevName(int(e.Dev)))
		}
	}
	want := "a out eth0, r in eth0, r out eth1, b in eth0"
	if got := strings.Join(way, ", "); got != want {
		t.Errorf("the SYN's way is %s, want %s", got, want)
	}
	seen := make([]bool, len(c.Log.Events))
	for i := range k.Len() {
		for _, n := range c.Story(i) {
			if seen[n] {
				t.Fatalf("event %d belongs to two items", n)
			}
			seen[n] = true
		}
	}
	if n := slices.Index(seen, false); n >= 0 {
		t.Errorf("event %d belongs to no item", n)
	}
}

// TestLabAgain: a stretch that is recorded by running the lab again has the same
// events as the first run.
func TestLabAgain(t *testing.T) {
	k := router(t)
	for _, i := range []int{0, 20, find(t, k, 0, 80), k.Len() - 1} {
		a, err := k.Chunk(i)
		if err != nil {
			t.Fatal(err)
		}
		b := k.RecordAgain(i)
		x, y := a.Story(i), b.Story(i)
		if len(x) == 0 || len(x) != len(y) {
			t.Fatalf("item %d has %d events, and %d when it is run again", i, len(x), len(y))
		}
		for n := range x {
			e, f := a.Log.Events[x[n]], b.Log.Events[y[n]]
			if e.At != f.At || e.Kind != f.Kind || e.Code != f.Code || e.Pkt != f.Pkt || e.Parent != f.Parent || e.Host != f.Host || e.Why != f.Why || e.Depth != f.Depth {
				t.Fatalf("item %d, event %d: %+v, then %+v", i, n, e, f)
			}
		}
	}
}

// TestLabMoment asks the machine in the middle of a packet: before the rule has
// counted it, and behind.
func TestLabMoment(t *testing.T) {
	k := router(t)
	i := find(t, k, 0, 80)
	c, err := k.Chunk(i)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(event int, line string) string {
		var said lab.Said
		if err := k.At(c, event, func(m *walk.Moment) { said = m.Ask(line) }); err != nil {
			t.Fatal(err)
		}
		if said.Status != 0 {
			t.Fatalf("%s: %+v", line, said)
		}
		return said.Out
	}
	const list = "nft list chain inet filter tcpin"
	n := slices.IndexFunc(c.Story(i), func(n int) bool {
		e := &c.Log.Events[n]
		return e.Kind == trace.Call && step.Step(e.Code) == step.NftDoChain
	})
	at := c.Story(i)[n]
	if got := ask(at, list); !strings.Contains(got, "@ok counter packets 0 bytes 0") {
		t.Errorf("before the chain ran:\n%s", got)
	}
	last := at
	for _, n := range c.Story(i) {
		if c.Log.Events[n].Host == c.Log.Events[at].Host {
			last = n
		}
	}
	if got := ask(last, list); !strings.Contains(got, "@ok counter packets 1 bytes 60") {
		t.Errorf("when the packet was done:\n%s", got)
	}
	if got := ask(at, list); !strings.Contains(got, "@ok counter packets 0 bytes 0") {
		t.Errorf("before the chain ran, once more:\n%s", got)
	}
	if got := ask(at, "ip -br addr show eth1; cat /proc/sys/net/ipv4/ip_forward"); !strings.Contains(got, "192.0.2.1/24") || !strings.HasSuffix(got, "1\n") {
		t.Errorf("on the router: %s", got)
	}
}

// TestLabBranch puts a command into the lab, and another one upon it.
func TestLabBranch(t *testing.T) {
	k := router(t)
	i := find(t, k, 0, 80)
	c, _ := k.Chunk(i)
	ch := k.When(c, c.Story(i)[0], true)
	ch.Host, ch.Command = "r", "nft insert rule inet filter forward tcp dport 80 drop"
	b, err := k.Branch(ch)
	if err != nil {
		t.Fatal(err)
	}
	whole(t, b)
	if j := find(t, b, 0, 80); b.Packet(j).Outcome != trace.Dropped || j != i {
		t.Errorf("with the rule, packet %d (%d before) ends with %v", j, i, b.Packet(j).Outcome)
	}
	if k.Packet(i).Outcome == trace.Dropped {
		t.Error("the first walk has changed")
	}
	ch.Command = "nft flush chain inet filter forward; nft add rule inet filter forward accept"
	d, err := b.Branch(ch)
	if err != nil {
		t.Fatal(err)
	}
	whole(t, d)
	if j := find(t, d, 0, 80); d.Packet(j).Outcome == trace.Dropped {
		t.Error("with the second command upon the first, it is still dropped")
	}
	for n, c := range d.Changes() {
		if c.Said.Status != 0 {
			t.Errorf("command %d: %+v", n, c.Said)
		}
	}
}

// TestLabRules reads how the rules were at each time.
func TestLabRules(t *testing.T) {
	k := router(t)
	if r := k.Rules(2, 10); r != nil {
		t.Errorf("rules before there are any: %+v", r)
	}
	i := find(t, k, 0, 80)
	c, _ := k.Chunk(i)
	var r *walk.RuleSet
	for _, n := range c.Story(i) {
		if h := c.Log.Events[n].Host; k.Names().HostName(h) == "r" {
			r = k.Rules(h, n)
		}
	}
	if r == nil {
		t.Fatal("the router has no rules")
	}
	f := r.Chain("inet filter forward")
	if f == nil || f.Policy != "drop" || len(f.Rules) != 4 || f.Rules[2].Text != "meta l4proto tcp jump tcpin" || f.Rules[2].Handle == 0 {
		t.Fatalf("the chain forward is %+v", f)
	}
	var order []string
	for _, h := range r.Hooks {
		if h.Family == 0 && h.Hook == 4 {
			for _, l := range h.List {
				order = append(order, strings.TrimSpace(l.Func+" "+l.Chain))
			}
		}
	}
	if got := strings.Join(order, ", "); !strings.Contains(got, "nf_nat_ipv4_out, nft_nat_do_chain ip nat post") || !strings.HasSuffix(got, "nf_confirm") {
		t.Errorf("at POSTROUTING there are, in order: %s", got)
	}
}

// TestEndlessLab is stopped, and what came until then is walked.
func TestEndlessLab(t *testing.T) {
	k, err := walk.OpenLab(walk.Script{Name: "x.sh", Text: "while :; do :; done\n", Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for done := false; !done; {
		if done, err = k.Advance(1000); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.Status(); err == nil || !strings.Contains(err.Error(), "stopped after") {
		t.Errorf("an endless lab ends with %v", err)
	}
}

// FuzzBranch puts any command line into a lab: it may be refused, but the walk
// goes on.
func FuzzBranch(f *testing.F) {
	for _, s := range []string{"ip link set eth0 down", "nft flush ruleset", "ip netns del b", "exit 3", "trap", "kill $$", "ip link del eth0", "{ ( ;", "sleep 1", "iptables -P FORWARD DROP"} {
		f.Add(s, 30)
	}
	f.Fuzz(func(t *testing.T, line string, tick int) {
		if len(line) > 200 || strings.Contains(line, "while") || strings.Contains(line, "for") {
			return
		}
		b, _ := os.ReadFile("testdata/router.sh")
		k, err := walk.OpenLab(walk.Script{Name: "router.sh", Text: string(b), Seed: 1, Do: []walk.Change{{Tick: tick & 127, Host: "r", Command: line, Said: &lab.Said{}}}})
		if err != nil {
			t.Fatal(err)
		}
		for done := false; !done; {
			if done, err = k.Advance(1000); err != nil {
				t.Fatal(err)
			}
		}
		if n := k.Len(); n > 0 {
			c, _ := k.Chunk(n - 1)
			k.At(c, c.Story(n - 1)[0], func(m *walk.Moment) { m.Ask(line) }) //nolint:errcheck // any answer will do
		}
	})
}
