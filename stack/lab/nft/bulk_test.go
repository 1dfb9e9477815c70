package nft

import (
	"fmt"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
)

// elementsOf writes n elements of a set or map, f each.
func elementsOf(n int, f func(i int) string) string {
	var l []string
	for i := range n {
		l = append(l, f(i))
	}
	return strings.Join(l, ", ")
}

// Many elements at once come to the same as each by itself, in what is listed and in
// what is refused.
func TestBulk(t *testing.T) {
	addr := func(i int) string { return fmt.Sprintf("10.0.%d.%d", i/256, i%256) }
	with := func(data string) func(int) string { return func(i int) string { return addr(i) + " : " + data } }
	odd := func(at int, what string, f func(int) string) func(int) string {
		return func(i int) string {
			if i == at {
				return what
			}
			return f(i)
		}
	}
	for _, c := range []struct {
		name, typ string
		f         func(int) string
	}{
		{"set", "set s { type ipv4_addr; }", addr},
		{"verdicts", "map s { type ipv4_addr : verdict; }", with("accept")},
		{"map", "map s { type ipv4_addr : inet_service; }", func(i int) string { return fmt.Sprintf("%s : %d", addr(i), i+1) }},
		{"ports", "set s { type inet_service; }", func(i int) string { return fmt.Sprint(i + 1) }},
		{"IPv6", "set s { type ipv6_addr; }", func(i int) string { return fmt.Sprintf("2001:db8::%x", i+1) }},
		{"intervals", "set s { type ipv4_addr; flags interval; }", func(i int) string { return fmt.Sprintf("10.%d.%d.0/24", i/256, i%256) }},
		{"timeouts", "set s { type ipv4_addr; timeout 1h; }", addr},
		{"counters", "set s { type ipv4_addr; counter; }", addr},
		{"one twice", "set s { type ipv4_addr; }", odd(290, addr(7), addr)},
		{"another verdict", "map s { type ipv4_addr : verdict; }", odd(290, addr(7)+" : drop", with("accept"))},
		{"too large", "set s { type inet_service; }", odd(270, "70000", func(i int) string { return fmt.Sprint(i + 1) })},
		{"no address", "set s { type ipv4_addr; }", odd(299, "1.2.3.400", addr)},
		{"no verdict", "map s { type ipv4_addr : verdict; }", with("7")},
		{"no map", "set s { type ipv4_addr; }", with("accept")},
		{"a range among them", "set s { type ipv4_addr; }", odd(280, "11.0.0.0/8", addr)},
		{"a comment among them", "set s { type ipv4_addr; }", odd(280, `11.0.0.1 comment "x"`, addr)},
		{"full", "set s { type ipv4_addr; size 280; }", addr},
		{"no comma", "set s { type ipv4_addr; }", odd(280, "11.0.0.1 11.0.0.2", addr)},
	} {
		said := [2]string{}
		for k := range said {
			w := stack.NewWorld(1)
			ns := w.AddHost("host").NS
			env := Env{NS: ns, noBulk: k == 1}
			env.Run([]string{"-f", "-"}, "table ip t {\n"+strings.NewReplacer("{ ", "{\n", "; ", "\n", ";", "\n").Replace(c.typ)+"\n}\n")
			_, e, _ := env.Run([]string{"-f", "-"}, "add element ip t s { "+elementsOf(300, c.f)+" }\n")
			out, _, _ := env.Run([]string{"list", "ruleset"}, "")
			said[k] = e + out
		}
		if said[0] != said[1] {
			t.Errorf("%s:\n%.600s\nin a bulk:\n%.600s", c.name, said[1], said[0])
		}
	}
}
