package view

import (
	"regexp"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/step"
)

// TestWordKeys: each key is a function of the catalogue or a place, and has
// words at one place of its file only.
func TestWordKeys(t *testing.T) {
	places := map[string]bool{"@frame-in": true, "@frame-out": true, "@note": true, "@end-freed": true}
	for _, k := range stageKeys {
		places[k] = true
	}
	for _, o := range []string{"delivered", "dropped", "forwarded", "sent", "consumed", "queued", "not-modelled"} {
		places["@end-"+o] = true
	}
	for _, d := range depths {
		seen := map[string]bool{}
		for _, e := range readText(string(d)) {
			for _, k := range e.keys {
				if seen[k] {
					t.Errorf("%s: %s twice", d, k)
				}
				seen[k] = true
				if strings.HasPrefix(k, "@") && !places[k] || !strings.HasPrefix(k, "@") && step.ByName(k) == 0 {
					t.Errorf("%s: no such function or place: %q", d, k)
				}
			}
			if e.words == "" || !strings.ContainsAny(e.words[len(e.words)-1:], `."`) && !strings.HasSuffix(e.words, "?") && d == DepthFirst {
				t.Errorf("%s: %v: no whole sentence: %q", d, e.keys, e.words)
			}
			if Clean(e.words) != e.words {
				t.Errorf("%s: %v: %q has other letters", d, e.keys, e.words)
			}
		}
		for k := range places {
			if k != "" && !seen[k] {
				t.Errorf("%s: no words for %s", d, k)
			}
		}
	}
}

var sentenceEnd = regexp.MustCompile(`[.?!]"? +`)

// abbreviation is what reads like jargon: capitals, digits, underscores.
var abbreviation = regexp.MustCompile(`\b[A-Z][A-Z0-9_]+\b|\b[A-Za-z]+_[A-Za-z_0-9]+\b|\b[A-Z][A-Za-z]*v[46]\b|\bI[Pp]v[46]\b`)

// jargon are words of the trade that a first course does not know by itself.
var jargon = strings.Fields(`interrupt softirq socket port route router gateway segment datagram checksum firewall tcpdump window neighbour handshake
	multicast broadcast loopback ring driver kernel flow hop tag`)

// TestFirstCourse: sentences are short, abbreviations and words of the trade
// are in the glossary.
func TestFirstCourse(t *testing.T) {
	known := map[string]bool{"NIC": true, "driver": true, "kernel": true, "tag": true}
	for _, g := range glossaryTerms() {
		for _, n := range g.names {
			known[n] = true
		}
	}
	for _, e := range readText(string(DepthFirst)) {
		for _, s := range sentenceEnd.Split(e.words, -1) {
			if len(s) > 160 {
				t.Errorf("%v: %d letters: %q", e.keys, len(s), s)
			}
		}
		if len(e.words) > 240 {
			t.Errorf("%v: %d letters in all", e.keys, len(e.words))
		}
		for _, a := range abbreviation.FindAllString(e.words, -1) {
			if !known[a] {
				t.Errorf("%v: %s is not in the glossary: %q", e.keys, a, e.words)
			}
		}
		for _, w := range jargon {
			if wordIn(strings.ToLower(e.words), w) >= 0 && !known[w] {
				t.Errorf("%v: %s is not in the glossary", e.keys, w)
			}
		}
	}
}

// TestWordsEverywhere: every step of the first captures has words at every
// depth; most of a first course's are about the very function.
func TestWordsEverywhere(t *testing.T) {
	for _, name := range []string{"ping", "arp", "tcp", "closed-ports", "ipv6", "http", "arp-unanswered", "dns", "fragments"} {
		s := bundled(t, name)
		all, own := 0, 0
		missing := map[string]int{}
		for {
			for _, d := range depths {
				if err := s.Do(Command{Verb: SetDepth, Expr: string(d)}); err != nil {
					t.Fatal(err)
				}
				sc := s.Scene()
				if sc.Plain == "" || sc.Depth != d {
					t.Fatalf("%s: %s, %s: no words at %s", name, sc.Place(), sc.Func, d)
				}
				if d == DepthFirst && sc.Kind == "call" {
					all++
					if depthWords()[d][sc.Func] != "" {
						own++
					} else {
						missing[sc.Func]++
					}
				}
			}
			if s.Do(Command{Verb: Forward}) != nil {
				break
			}
		}
		if own*100 < all*92 {
			t.Errorf("%s: only %d of %d calls have words of their own; missing %v", name, own, all, missing)
		} else {
			t.Logf("%s: %d of %d; missing %v", name, own, all, missing)
		}
	}
}

// TestSetDepth goes round, and knows names.
func TestSetDepth(t *testing.T) {
	s := open(2)
	for _, want := range []Depth{DepthOperator, DepthKernel, DepthFirst, DepthOperator} {
		if err := s.Do(Command{Verb: SetDepth}); err != nil || s.Scene().Depth != want {
			t.Errorf("depth %s, %v; want %s", s.Scene().Depth, err, want)
		}
	}
	if err := s.Do(Command{Verb: SetDepth, Expr: "expert"}); err == nil || s.Scene().Depth != DepthOperator {
		t.Error("an unknown depth is taken")
	}
	s.Do(Command{Verb: SetDepth, Expr: "kernel"})
	s.Do(Command{Verb: Until, Expr: "__neigh_event_send"})
	if p := s.Scene().Plain; !strings.Contains(p, "net/core/neighbour.c, called by neigh_resolve_output.") || !strings.Contains(p, "neigh.nud_state") || !strings.Contains(p, "neigh:neigh_update") {
		t.Errorf("kernel depth says %q", p)
	}
}

// TestOperatorNames: counters are named as nstat names them, tracepoints as the
// kernel does.
func TestOperatorNames(t *testing.T) {
	mibs := map[string]bool{}
	for i := range step.NumMIB {
		mibs[step.MIB(i).String()] = true
	}
	points := map[string]bool{}
	for i := 1; i < step.NumTPs; i++ {
		points[step.TP(i).String()] = true
	}
	counter := regexp.MustCompile(`\b(Ip|Ip6|Icmp|Icmp6|Tcp|TcpExt|Udp|IpExt)[A-Z][A-Za-z0-9]+\b`)
	point := regexp.MustCompile(`-e ([a-z]+:[a-z_0-9]+)`)
	for _, e := range readText(string(DepthOperator)) {
		for _, c := range counter.FindAllString(e.words, -1) {
			if !mibs[c] {
				t.Errorf("%v: no counter %s", e.keys, c)
			}
		}
		for _, p := range point.FindAllStringSubmatch(e.words, -1) {
			if !points[p[1]] {
				t.Errorf("%v: no tracepoint %s", e.keys, p[1])
			}
		}
	}
}
