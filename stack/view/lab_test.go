package view

import (
	"bytes"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// labSession is a session of a lab of three hosts, read to its end.
func labSession(t testing.TB, script string) *Session {
	t.Helper()
	k, err := walk.OpenLab(walk.Script{Name: "lab.sh", Text: script, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	s := NewLabSession(k, "lab.sh")
	for done := false; !done; {
		if done, err = s.Advance(100); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func routerScript(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../walk/testdata/router.sh")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// toPacket goes to the first packet whose line holds a text.
func toPacket(t testing.TB, s *Session, text string) {
	t.Helper()
	for i := range s.k.Indexed() {
		if strings.Contains(s.line(i), text) {
			if err := s.Do(Command{Verb: Seek, N: i + 1}); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("there is no packet %q", text)
}

func commands(t testing.TB, s *Session, list ...Command) {
	t.Helper()
	for _, c := range list {
		if err := s.Do(c); err != nil {
			t.Fatalf("%v: %v", c, err)
		}
	}
}

const synTo80 = "192.0.2.9.80: Flags [S]"

// TestLabScene: the hosts of a packet's way, the script's line, what it has
// printed so far.
func TestLabScene(t *testing.T) {
	s := labSession(t, routerScript(t))
	toPacket(t, s, synTo80)
	commands(t, s, Command{Verb: Until, Expr: "ip_forward"})
	sc := s.Scene()
	if sc.Host != "r" || len(sc.Hosts) != 3 || sc.Hosts[0].Name != "a" || !sc.Hosts[1].Here || !sc.Hosts[1].Been || sc.Hosts[2].Been {
		t.Errorf("host %q, hosts %+v", sc.Host, sc.Hosts)
	}
	p := sc.Script
	if p == nil || !strings.Contains(s.labs.lines[p.Line-1], "nc -q 1 -w 2 192.0.2.9 80") {
		t.Fatalf("the script is at %+v", p)
	}
	var out []string
	for _, o := range p.Output {
		out = append(out, o.Text)
	}
	if got := strings.Join(out, "|"); !strings.Contains(got, "1 packets transmitted, 1 received") || strings.Contains(got, "table ip nat") {
		t.Errorf("printed so far: %s", got)
	}
	if sc.Stages[UpRoute].Visited != true || sc.Stages[DownApp].Visited {
		t.Error("the map shows another host's stages")
	}
	sceneClean(t, reflect.ValueOf(sc), "scene")
	commands(t, s, Command{Verb: Last})
	if sc := s.Scene(); !sc.Script.Ended || sc.Line != "$ the script ends" {
		t.Errorf("the last item is %q", sc.Line)
	}
}

// TestRulesPanel: what becomes of a packet in a chain, rule by rule.
// TestLabNot: nothing of a line, a call or a timer is said to be sent, their
// set-up has no place on a packet's way, and on a host that a packet came to it is
// not said to be the host's own.
func TestLabNot(t *testing.T) {
	s := labSession(t, routerScript(t))
	came := 0
	for i := range s.k.Indexed() {
		if err := s.Do(Command{Verb: Seek, N: i + 1}); err != nil {
			t.Fatal(err)
		}
		for {
			sc := s.Scene()
			in := false // it came in here
			for n := range s.story[:s.stops[s.pos]+1] {
				e := &s.chunk.Events().Events[s.story[n]]
				in = in || e.Kind == trace.Frame && e.Code == 0 && e.Host == s.chunk.Events().Events[s.story[s.stops[s.pos]]].Host
			}
			packet := s.lab.Item(i).Kind == walk.ItemPacket
			for _, st := range sc.Stages {
				switch {
				case st.Not == "":
				case !packet:
					t.Errorf("%s: %s is no packet, and %s says: %s", sc.Place(), sc.Line, st.Name, st.Not)
				case in && strings.HasPrefix(st.Not, "This host sends"):
					t.Errorf("%s: it came in, and %s says: %s", sc.Place(), st.Name, st.Not)
				case in:
					came++
				}
			}
			if sc.Func == "fib_table_insert" && sc.Lit != NoStage {
				t.Errorf("%s: fib_table_insert is at %s", sc.Place(), sc.Lit.Name())
			}
			if sc.Step == sc.Steps {
				break
			}
			commands(t, s, Command{Verb: Forward, N: 1})
		}
	}
	if came == 0 {
		t.Error("no packet came in and had a place that it did not come to")
	}
}

func TestRulesPanel(t *testing.T) {
	s := labSession(t, routerScript(t))
	toPacket(t, s, synTo80)
	commands(t, s, Command{Verb: Until, Expr: "nft_do_chain"})
	n := s.Scene().Netfilter
	if n == nil || n.Run == nil {
		t.Fatal("no chain is shown")
	}
	tell := func(run *NFRun) (list []string) {
		for _, r := range run.Rules {
			text := ""
			for _, p := range r.Parts {
				if p.Failed {
					text += "[" + p.Text + "]"
				} else {
					text += p.Text
				}
			}
			list = append(list, strings.Repeat(">", r.Depth)+text+" = "+string(r.State)+" "+r.Verdict+" "+r.After)
		}
		return list
	}
	want := []string{
		"[ct state established,related] counter accept = failed  ",
		"[ip protocol icmp] counter accept = failed  ",
		"meta l4proto tcp jump tcpin =   ",
		"counter reject =   ",
	}
	if got := tell(n.Run); !slices.Equal(got, want) || n.Run.Verdict != "" || n.Run.Policy != "drop" {
		t.Errorf("when the chain begins: %q\nwant %q", got, want)
	}
	commands(t, s, Command{Verb: Until, Expr: "ip_forward_finish"}, Command{Verb: Back})
	want = []string{
		"[ct state established,related] counter accept = failed  ",
		"[ip protocol icmp] counter accept = failed  ",
		"meta l4proto tcp jump tcpin = matched jump tcpin ",
		">[tcp dport 22] counter accept = failed  ",
		">tcp dport @ok counter accept = matched accept packets 1 bytes 60",
		">return =   ",
		"counter reject =   ",
	}
	run := s.Scene().Netfilter.Run
	if got := tell(run); !slices.Equal(got, want) || !strings.Contains(run.Verdict, "accept") {
		t.Errorf("when it has ended (%s): %q\nwant %q", run.Verdict, got, want)
	}
	if b := run.Rules[4].Before; b != "packets 0 bytes 0" {
		t.Errorf("the counter was %q", b)
	}
}

// TestNATPanel: the fields before and after, the connection table, its entry.
func TestNATPanel(t *testing.T) {
	s := labSession(t, routerScript(t))
	toPacket(t, s, synTo80)
	commands(t, s, Command{Verb: Until, Expr: "nf_confirm"})
	sc := s.Scene()
	if sc.Host != "r" || sc.Netfilter.NAT == nil {
		t.Fatalf("on %s: %+v", sc.Host, sc.Netfilter)
	}
	r := sc.Netfilter.NAT.Rows
	if r[0].Before != "10.0.1.2" || r[0].After != "192.0.2.1" || r[0].Manip != "snat" || r[2].Manip != "" {
		t.Errorf("NAT: %+v", r)
	}
	if len(sc.Netfilter.NAT.Why) == 0 {
		t.Error("nothing says why")
	}
	i := slices.IndexFunc(sc.Tables, func(x Table) bool { return x.Kind == "conntrack" })
	if i < 0 || !sc.Tables[i].Rows[0].Here || sc.Tables[i].Rows[0].Cells[2].Text != "SYN_SENT" {
		t.Fatalf("the connection table is %+v", sc.Tables)
	}
	j := slices.IndexFunc(sc.Netfilter.Hooks, func(h NFHook) bool { return h.Name == "POSTROUTING" && h.Fam == "ip" })
	if j < 0 || !sc.Netfilter.Hooks[j].Here {
		t.Errorf("the hooks are %+v", sc.Netfilter.Hooks)
	}
}

// TestXtPanel: the same of iptables.
func TestXtPanel(t *testing.T) {
	s := labSession(t, `ip link set lo up
iptables-legacy -N web
iptables-legacy -A INPUT -p icmp -j ACCEPT
iptables-legacy -A INPUT -p tcp -m tcp --dport 80 -j web
iptables-legacy -A web -s 10.9.0.0/16 -j ACCEPT
iptables-legacy -P INPUT DROP
echo x | nc -w 1 127.0.0.1 80
`)
	toPacket(t, s, "127.0.0.1.80: Flags [S]")
	for s.Scene().Func != "ipt_do_table" || s.Scene().Kind != "note" {
		commands(t, s, Command{Verb: Forward})
	}
	run := s.Scene().Netfilter.Run
	if run == nil || len(run.Rules) != 3 {
		t.Fatalf("the chain is %+v", run)
	}
	r := run.Rules
	if r[0].State != NFFailed || !r[0].Parts[0].Failed || r[0].Parts[0].Text != "-p icmp" || r[1].Verdict != "jump web" || r[1].After != "packets 1 bytes 60" || r[2].Depth != 1 || r[2].Parts[0].Text != "-s 10.9.0.0/16" {
		t.Errorf("the rules are %+v", r)
	}
}

// TestConsole asks the machine at a step, and at an earlier one.
func TestConsole(t *testing.T) {
	s := labSession(t, routerScript(t))
	toPacket(t, s, synTo80)
	commands(t, s, Command{Verb: Until, Expr: "ip_forward"}, Command{Verb: Ask, Expr: "ip route get 192.0.2.9; cat /proc/sys/net/ipv4/ip_forward"})
	last := func() ConsoleEntry {
		c := s.Scene().Console
		return c.Entries[len(c.Entries)-1]
	}
	if e := last(); e.Host != "r" || len(e.Out) < 2 || !strings.Contains(e.Out[0], "192.0.2.9 dev eth1") || e.Out[len(e.Out)-1] != "1" || e.WhatIf {
		t.Errorf("the answer is %+v", e)
	}
	commands(t, s, Command{Verb: First}, Command{Verb: Ask, Expr: "ip netns list | wc -l"})
	if e := last(); e.Out[0] != "0" {
		t.Errorf("at the beginning there are %v namespaces", e.Out)
	}
	s.Do(Command{Verb: Ask, Expr: "ip route shw"})
	if e := last(); e.Status == 0 && len(e.Err) == 0 {
		t.Errorf("a wrong command: %+v", e)
	}
	commands(t, s, Command{Verb: Ask})
	if s.Scene().Console != nil {
		t.Error("the console is still there")
	}
	toPacket(t, s, synTo80)
	commands(t, s, Command{Verb: Until, Expr: "ip_forward"})
	from, words := s.Completions("nft list chain inet filter ")
	if from != len("nft list chain inet filter ") || !slices.Contains(words, "forward") {
		t.Errorf("after a table there may be: %q", words)
	}
	if _, words := s.Completions("ip -n "); !slices.Contains(words, "b") {
		t.Errorf("namespaces: %q", words)
	}
	if _, words := s.Completions("ip link set dev et"); !slices.Equal(words, []string{"eth0", "eth1"}) {
		t.Errorf("devices: %q", words)
	}
}

// TestWhatIf changes something, and finds what follows; nothing follows from a
// command that changes nothing.
func TestWhatIf(t *testing.T) {
	s := labSession(t, routerScript(t))
	toPacket(t, s, synTo80)
	w, err := s.WhatIfOn("r", "nft insert rule inet filter forward tcp dport 80 drop", true)
	if err != nil {
		t.Fatal(err)
	}
	if w.First < 0 || w.Effects[w.First].Kind != "lost" || w.Effects[w.First].A != s.frame+1 || w.Told.Gone == 0 || len(w.Counts) == 0 || w.Status != 0 {
		t.Fatalf("%v %+v", w.Summary(), w.Effects)
	}
	p := w.Pair()
	sc := p.Scene()
	if sc.First < 0 || sc.Rows[sc.First].Left.Text != "nf_hook_slow" {
		t.Errorf("they part at row %d: %s", sc.First, sc.Line)
	}
	if w, err = s.WhatIfOn("b", "sysctl -w net.ipv4.tcp_keepalive_time=1234", true); err != nil || len(w.Effects) > 0 {
		t.Errorf("from a keepalive time follows %v %+v", err, w.Effects)
	}
	if _, err = s.WhatIfOn("nobody", "true", true); err == nil || !strings.Contains(err.Error(), "there are host, a, r, b") {
		t.Errorf("on a host that is not there: %v", err)
	}
}

// TestWhatIfOfCapture puts a firewall into a recorded walk.
func TestWhatIfOfCapture(t *testing.T) {
	s := bundled(t, "http")
	if err := s.Do(Command{Verb: Seek, N: 3}); err != nil {
		t.Fatal(err)
	}
	w, err := s.WhatIf("iptables-legacy -A INPUT -p tcp --dport 80 -j DROP", true)
	if err != nil {
		t.Fatal(err)
	}
	if w.Told.Lost == 0 || w.Effects[w.First].A != 3 || w.Effects[w.First].Kind != "lost" {
		t.Fatalf("%v", w.Summary())
	}
	if err := s.Do(Command{Verb: Seek, N: 3}); err != nil || s.Scene().Verdict.Outcome == "dropped" {
		t.Error("the first walk has changed")
	}
	w2, err := w.B.WhatIf("iptables-legacy -F INPUT", true)
	if err != nil {
		t.Fatal(err)
	}
	if both, err := Compare(s, w2); err != nil || both.Told.Lost > 0 {
		t.Errorf("with both commands: %v %v", err, both.Summary())
	}
}

// TestPlainLab tells a lab as lines of text, with the hosts and the output.
func TestPlainLab(t *testing.T) {
	s := labSession(t, routerScript(t))
	var b bytes.Buffer
	if err := Plain(&b, s, PlainOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"lines of the script", "[r]", "| 1 packets transmitted, 1 received", "$ ip netns exec r nft list ruleset", "In the end: "} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// BenchmarkLabScene walks through a router's rules, a Scene a step.
func BenchmarkLabScene(b *testing.B) {
	s := labSession(b, routerScript(b))
	toPacket(b, s, synTo80)
	b.ReportAllocs()
	for b.Loop() {
		if s.Do(Command{Verb: Forward}) != nil {
			s.Do(Command{Verb: First}) //nolint:errcheck // there is a first packet
		}
		sc := s.Scene()
		_ = sc
	}
}

// TestLabRanks: what hosts do to find each other stands behind what the script is about.
func TestLabRanks(t *testing.T) {
	s := labSession(t, routerScript(t))
	last, upkeep := 0, 0
	for _, g := range s.sorted() {
		if g.key.aside() > 0 {
			break
		}
		r := g.key.rank()
		if r < last {
			t.Errorf("%s %v stands too late", protoNames[g.key.proto], g.key.reason)
		}
		if last = r; r == rankUpkeep {
			upkeep++
		}
	}
	if upkeep < 2 { // ARP, and listener reports that nobody asked for
		t.Errorf("%d groups of upkeep", upkeep)
	}
	if s.sorted()[0].key.rank() == rankUpkeep {
		t.Error("the first group is upkeep")
	}
}
