package oracle

import (
	"fmt"
	"strings"
)

// compareSteps compares two sequences of steps.
func compareSteps(word string, want, got []Step) []string {
	var out []string
	for _, p := range align(len(want), len(got), func(i, j int) bool { return stepDiff(want[i], got[j]) == "" }) {
		switch {
		case p.got < 0:
			out = append(out, fmt.Sprintf("%s %d is missing, kernel: %s", word, p.want+1, want[p.want]))
		case p.want < 0:
			out = append(out, fmt.Sprintf("%s %d is one too many: %s", word, p.got+1, got[p.got]))
		default:
			out = append(out, fmt.Sprintf("%s %d: %s (kernel: %s)", word, p.got+1, stepDiff(want[p.want], got[p.got]), want[p.want]))
		}
	}
	return out
}

// A pair is two places in two sequences that do not agree; -1 stands for none.
type pair struct{ want, got int }

// align finds what is missing, one too many, or different in two sequences of n
// and m members, leaving out the longest common part.
func align(n, m int, same func(i, j int) bool) []pair {
	begin := 0
	for begin < n && begin < m && same(begin, begin) {
		begin++
	}
	if begin == n && begin == m {
		return nil
	}
	common := make([][]int, n+1) // length of the longest common part of want[i:] and got[j:]
	eq := make([][]bool, n+1)
	for i := n; i >= begin; i-- {
		common[i], eq[i] = make([]int, m+1), make([]bool, m+1)
		for j := m - 1; j >= begin && i < n; j-- {
			if eq[i][j] = same(i, j); eq[i][j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []pair
	var w, g []int // not in the common part since the last member of it
	flush := func() {
		for k := 0; k < max(len(w), len(g)); k++ {
			p := pair{-1, -1}
			if k < len(w) {
				p.want = w[k]
			}
			if k < len(g) {
				p.got = g[k]
			}
			out = append(out, p)
		}
		w, g = nil, nil
	}
	i, j := begin, begin
	for i < n || j < m {
		switch {
		case i < n && j < m && eq[i][j]:
			flush()
			i, j = i+1, j+1
		case j == m || i < n && common[i+1][j] >= common[i][j+1]:
			w = append(w, i)
			i++
		default:
			g = append(g, j)
			j++
		}
	}
	flush()
	return out
}

// stepDiff names the fields in which two steps differ, "" if in none.
func stepDiff(want, got Step) string {
	if want.Kind != got.Kind {
		return got.String() + " instead"
	}
	var out []string
	for _, f := range union(want.Fields, got.Fields) {
		w, g := want.Get(f), got.Get(f)
		if !same(f, w, g) {
			out = append(out, fmt.Sprintf("%s %s, kernel %s", f, orNone(g), orNone(w)))
		}
	}
	return strings.Join(out, "; ")
}

// same compares one field of a step after normalisation. Sockets of IPv6 were
// recorded without address, and a socket that has given up its port shows 0.
func same(name, want, got string) bool {
	want, got = eph(want), eph(got)
	if want == got {
		return true
	}
	switch name {
	case "at", "consumed", "by": // the compiler's variants of a function: validate_xmit_skb.isra.0
		w, _, _ := strings.Cut(want, ".")
		return w == got
	case "ports":
		return ports(want) == ports(got)
	case "sk", "ready", "retransmit_skb", "retransmit_synack":
		w, g := strings.Split(want, ">"), strings.Split(got, ">")
		if len(w) != len(g) {
			return false
		}
		for i := range w {
			if !sameEnd(w[i], g[i]) {
				return false
			}
		}
		return true
	}
	return false
}

// sameEnd compares address:port; a recorded address that is empty and a
// recorded port that is 0 say nothing.
func sameEnd(want, got string) bool {
	wa, wp := cutPort(want)
	ga, gp := cutPort(got)
	return (wa == ga || wa == "") && (wp == gp || wp == "0")
}

func cutPort(s string) (addr, port string) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+1:]
}

// ports is the pair of ports of a route lookup; 50000 and more are chosen ones.
func ports(s string) string {
	src, dst, _ := strings.Cut(s, ">")
	if len(src) == 5 && src >= "50000" {
		src = "eph"
	}
	return src + ">" + dst
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// union are the names of the fields of both, in order.
func union(a, b []Field) []string {
	var out []string
	seen := map[string]bool{}
	for _, l := range [][]Field{a, b} {
		for _, f := range l {
			if !seen[f.Name] {
				seen[f.Name] = true
				out = append(out, f.Name)
			}
		}
	}
	return out
}
