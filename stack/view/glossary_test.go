package view

import (
	"slices"
	"strings"
	"testing"
)

// TestGlossary: terms are told apart, explained in a sentence or two, and point
// to others that are there.
func TestGlossary(t *testing.T) {
	names := map[string]bool{}
	for _, g := range glossaryTerms() {
		for i, n := range g.names {
			if names[g.lower[i]] {
				t.Errorf("%s twice", n)
			}
			names[g.lower[i]] = true
			if Clean(n) != n || n == "" {
				t.Errorf("%q has other letters", n)
			}
		}
		if len(g.gloss.Words) > 300 || !strings.HasSuffix(g.gloss.Words, ".") && !strings.HasSuffix(g.gloss.Words, "…") {
			t.Errorf("%s: %d letters: %q", g.names[0], len(g.gloss.Words), g.gloss.Words)
		}
		for _, s := range sentenceEnd.Split(g.gloss.Words, -1) {
			if len(s) > 170 {
				t.Errorf("%s: %d letters: %q", g.names[0], len(s), s)
			}
		}
	}
	for _, g := range glossaryTerms() {
		for _, s := range g.gloss.See {
			if _, _, ok := LookUp(s); !ok || !names[strings.ToLower(s)] {
				t.Errorf("%s: see %q, which is not there", g.names[0], s)
			}
		}
	}
	if n := len(Glossary()); n < 150 {
		t.Errorf("only %d terms", n)
	}
}

func TestExplain(t *testing.T) {
	s := open(2)
	for _, c := range [][2]string{{"skb", "sk_buff"}, {"SOFTIRQ", "softirq"}, {"congestion w", "cwnd"}, {"retrans", "retransmission"}, {"[S.]", "[S.]"}, {"ip_rcv()", "ip_rcv"},
		{"skb.len", "skb.len"}, {"NO_SOCKET", "NO_SOCKET"}, {"SOCKET_RCVBUFF", "SOCKET_RCVBUFF"}, {"time_wait", "TIME_WAIT"}, {"IpInReceives", "IpInReceives"}, {"kfree_skb", "skb:kfree_skb"}, {"NIC", "network card"}} {
		if err := s.Do(Command{Verb: Explain, Expr: c[0]}); err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		if g := s.Scene().Gloss; g == nil || g.Term != c[1] || g.Words == "" {
			t.Errorf("%s is explained as %+v", c[0], g)
		}
	}
	for _, c := range [][2]string{{"sofirq", "softirq"}, {"neigbour", "neighbour"}, {"xyzzy\x1b[2J", ""}} {
		err := s.Do(Command{Verb: Explain, Expr: c[0]})
		if err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v", c[0], err)
		}
	}
	s.Do(Command{Verb: Explain})
	if g := s.Scene().Gloss; g != nil {
		t.Errorf("still %+v", g)
	}
}

func TestTermsIn(t *testing.T) {
	got := termsIn("A softirq takes 3 frames from the ring; [S.] is SYN and ACK. Nothing about tcpdumper, ringing or ports' ends.")
	for _, want := range []string{"softirq", "frame", "ring", "[S.]", "SYN", "ACK, acknowledgement", "port"} {
		want, _, _ = strings.Cut(want, ",")
		if !slices.Contains(got, want) {
			t.Errorf("no %s in %v", want, got)
		}
	}
	if slices.Contains(got, "tcpdump") || !slices.IsSortedFunc([]int{slices.Index(got, "softirq"), slices.Index(got, "ring"), slices.Index(got, "SYN")}, func(a, b int) int { return a - b }) {
		t.Errorf("%v", got)
	}
	s := bundled(t, "tcp")
	s.Do(Command{Verb: Until, Expr: "tcp_rtt_estimator"})
	if sc := s.Scene(); !slices.Contains(sc.Terms, "RTT") && !slices.Contains(sc.Terms, "TCP") {
		t.Errorf("%q: %v", sc.Says+sc.Plain, sc.Terms)
	}
}

func FuzzLookUp(f *testing.F) {
	f.Add("skb")
	f.Add("\x1b[2J[S.]")
	f.Add("ip_rcv()")
	f.Fuzz(func(t *testing.T, word string) {
		g, like, ok := LookUp(word)
		if ok && (g.Words == "" || !isClean(g.Term+g.Words+g.More+g.From)) {
			t.Errorf("%q: %+v", word, g)
		}
		if ok && like != nil || len(like) > 4 {
			t.Errorf("%q: %v", word, like)
		}
		for _, n := range termsIn(word) {
			if _, _, ok := LookUp(n); !ok {
				t.Errorf("%q: the term %s is not explained", word, n)
			}
		}
	})
}

func FuzzParseText(f *testing.F) {
	f.Add("# c\na, b: words\n more\n See: x\n")
	f.Add(" \n:\n x")
	f.Fuzz(func(t *testing.T, s string) {
		for _, e := range parseText(s) {
			if len(e.keys) == 0 {
				t.Errorf("%q: no key", s)
			}
		}
	})
}
