package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// TestFamilies: who caused whom, in bundled captures.
func TestFamilies(t *testing.T) {
	var out bytes.Buffer
	for _, c := range []struct {
		name string
		at   []int
	}{
		{"ping", []int{1, 3, 4}}, {"arp", []int{1, 3}}, {"fragments", []int{3, 6, 8}}, {"closed-ports", []int{3, 5}}, {"tcp", []int{4, 8, 11}},
		{"loss", []int{20, 60}}, {"rto", []int{9}}, {"syn-loss", []int{1, 2}}, {"http", []int{5, 10}}, {"ipv6", []int{1, 2, 4}}, {"offload", []int{8}}, {"pmtu-tcp", []int{12}},
	} {
		s := bundled(t, c.name)
		for _, n := range c.at {
			do(t, s, fmt.Sprint("seek ", n))
			sc := s.Scene()
			fmt.Fprintf(&out, "== %s %d\n", c.name, n)
			here := 0
			for _, k := range sc.Family {
				mark := " "
				if k.Here {
					mark = "*"
					here++
				}
				fmt.Fprintf(&out, "%s%s%s [%s] step %d, %s: %.90s\n", mark, strings.Repeat("  ", k.Depth), k.Who, k.How, k.Step, k.Outcome, k.Line)
			}
			if here > 1 {
				t.Errorf("%s %d: here %d times", c.name, n, here)
			}
		}
	}
	golden(t, "families.txt", out.Bytes())
}

// burst is the bundled capture zero-window with its data segments arriving all
// at once, at a host whose card has GRO on.
func burst(t *testing.T) *Session {
	t.Helper()
	src := bundled(t, "zero-window")
	var b bytes.Buffer
	w, err := pcaps.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	at := int64(0)
	for i := range src.k.Indexed() {
		f, err := src.k.Frame(i)
		if err != nil {
			t.Fatal(err)
		}
		out := src.k.Packet(i).Landmarks&MarkOut != 0
		if i > 4 && out {
			continue
		}
		if i <= 4 {
			at = f.At
		}
		f.Unix, f.Iface = 1e18+at, 0
		if err := w.Write(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r, err := pcaps.New(bytes.NewReader(b.Bytes()), "burst")
	if err != nil {
		t.Fatal(err)
	}
	k, err := walk.Open(r, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := NewSession(k, "burst")
	for {
		if done, err := s.Advance(1000); err != nil {
			t.Fatal(err)
		} else if done {
			return s
		}
	}
}

// TestFamilyGRO: a segment that GRO merged is its packet's child.
func TestFamilyGRO(t *testing.T) {
	s := burst(t)
	n := 0
	for i := range s.k.Indexed() {
		if s.k.Packet(i).Fn.String() != "skb_gro_receive" {
			continue
		}
		n++
		do(t, s, fmt.Sprint("seek ", i+1))
		sc := s.Scene()
		found := false
		for j, k := range sc.Family {
			if k.Packet == i+1 {
				found = k.Here && k.Depth == 1 && k.How == "merged into it by GRO" && j > 0 && k.Outcome == "consumed"
			}
		}
		if !found {
			t.Errorf("packet %d: %+v", i+1, sc.Family)
		}
	}
	if n == 0 {
		t.Error("GRO merges nothing")
	}
}

// TestFamilyReact: where the model decides itself what to send, ACKs are
// children of what they acknowledge.
func TestFamilyReact(t *testing.T) {
	e, _ := pcaps.Lookup("http")
	r, err := e.Open()
	if err != nil {
		t.Fatal(err)
	}
	k, err := walk.Open(r, stack.Options{Mode: stack.React})
	if err != nil {
		t.Fatal(err)
	}
	s := NewSession(k, "http")
	for {
		if done, err := s.Advance(1000); err != nil {
			t.Fatal(err)
		} else if done {
			break
		}
	}
	how := map[string]int{}
	for i := range s.Scene().Packets {
		do(t, s, fmt.Sprint("seek ", i+1))
		for _, k := range s.Scene().Family {
			how[k.How]++
		}
	}
	for _, want := range []string{"caused: ARP reply", "caused: SYN-ACK", "caused: ACK"} {
		if how[want] == 0 {
			t.Errorf("no %q among %v", want, how)
		}
	}
}
