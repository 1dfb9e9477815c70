package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestNot keeps why packets do not come to places, at the end of their stories.
func TestNot(t *testing.T) {
	var out bytes.Buffer
	for _, c := range []struct {
		name    string
		packets int
	}{{"ping", 4}, {"arp", 3}, {"closed-ports", 6}, {"tcp", 5}, {"ipv6", 4}, {"ttl", 3}, {"fragments", 6}, {"multicast", 5}} {
		s := bundled(t, c.name)
		for n := 1; n <= c.packets; n++ {
			if err := s.Do(Command{Verb: Seek, N: n}); err != nil {
				t.Fatal(err)
			}
			sc := s.Scene()
			for i := range sc.Stages {
				if st := &sc.Stages[i]; st.Not != "" && sc.Step < 2 && !strings.HasPrefix(st.Not, "This host sends") && sc.Func != "arp_xmit" {
					t.Errorf("%s, %s: %s is decided at the first step: %s", c.name, sc.Place(), st.Name, st.Not)
				}
			}
			s.Do(Command{Verb: Forward, N: sc.Steps - 1})
			sc = s.Scene()
			fmt.Fprintf(&out, "\n# %s, %s: %s\n", c.name, sc.Place(), sc.Line)
			last := ""
			for i := range sc.Stages {
				st := &sc.Stages[i]
				if st.Visited && st.Not != "" {
					t.Errorf("%s: %s is visited, and not: %s", sc.Place(), st.Name, st.Not)
				}
				if st.Not == "" {
					continue
				}
				side := "up"
				if st.ID.Down() {
					side = "down"
				}
				if st.Not == last {
					fmt.Fprintf(&out, "  %-5s%-16s same\n", side, st.Name)
				} else {
					fmt.Fprintf(&out, "  %-5s%-16s %s\n", side, st.Name, st.Not)
				}
				last = st.Not
			}
		}
	}
	golden(t, "not.txt", out.Bytes())
}

// TestNotSticks: once it is said why a packet does not come to a place, it is
// said to the end of its story, or the place is visited by a packet it caused.
func TestNotSticks(t *testing.T) {
	for _, name := range []string{"ping", "tcp", "closed-ports", "fragments"} {
		s := bundled(t, name)
		var before Scene
		for range 600 {
			sc := s.Scene()
			if before.Packet == sc.Packet {
				for i := range sc.Stages {
					if b, a := before.Stages[i], sc.Stages[i]; b.Not != "" && a.Not == "" && !a.Visited {
						t.Errorf("%s, %s: %q is taken back for %s", name, sc.Place(), b.Not, b.Name)
					}
				}
			}
			before = sc
			if s.Do(Command{Verb: Forward}) != nil {
				break
			}
		}
	}
}
