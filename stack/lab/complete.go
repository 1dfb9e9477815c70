package lab

import (
	_ "embed"
	"sort"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

//go:embed complete.txt
var completeText string

// Names are those that a completion knows of a machine.
type Names struct {
	Devices []string
	Spaces  []string // named network namespaces
	Tables  []string // of nft: "ip filter"
	Chains  []string // of nft: "ip filter input"
}

// Names are those of the machine as it is now; h is where the prompt is.
func (l *Lab) Names(space string) (n Names) {
	h := l.Root
	for _, s := range l.spaces {
		n.Spaces = append(n.Spaces, s.name)
		if s.name == space {
			h = s.host
		}
	}
	for _, d := range h.NS.Devices {
		if d != nil {
			n.Devices = append(n.Devices, d.Name)
		}
	}
	if t := nftables.Seen(h.NS); t != nil {
		for _, x := range t.List {
			name := ruleFamily[x.Family] + " " + x.Name
			n.Tables = append(n.Tables, name)
			for _, c := range x.Chains {
				n.Chains = append(n.Chains, name+" "+c.Name)
			}
		}
	}
	return n
}

var ruleFamily = map[core.Family]string{0: "ip", 1: "ip6", 2: "arp", 3: "bridge", 8: "inet", 9: "netdev"}

// A grammar says which words may follow which.
type grammar map[string][]string

var completions = func() grammar {
	g := grammar{}
	for l := range strings.Lines(completeText) {
		if head, rest, ok := strings.Cut(strings.TrimSpace(l), ": "); ok && !strings.HasPrefix(head, "#") {
			g[head] = strings.Fields(rest)
		}
	}
	return g
}()

// words short for others.
var shortWords = map[string]string{"a": "address", "addr": "address", "l": "link", "r": "route", "n": "neighbour", "neigh": "neighbour", "ru": "rule", "sh": "show", "ls": "show", "list": "show",
	"-netns": "-n"}

// Complete says what the last word of a command line may be: from is where that
// word begins, in bytes.
func Complete(line string, n Names) (from int, words []string) {
	from = strings.LastIndexAny(line, " |;&(`") + 1
	typed := line[from:]
	begin := strings.LastIndexAny(line[:from], "|;&(`") + 1
	before := strings.Fields(line[begin:from])
	for _, w := range candidates(before, n) {
		if strings.HasPrefix(w, typed) {
			words = append(words, w)
		}
	}
	sort.Strings(words)
	return from, dedup(words)
}

func dedup(l []string) []string {
	out := l[:0]
	for i, w := range l {
		if i == 0 || w != l[i-1] {
			out = append(out, w)
		}
	}
	return out
}

// candidates are the words that may follow others.
func candidates(before []string, n Names) []string {
	if len(before) == 0 {
		return Tools()
	}
	switch before[0] {
	case "ip6tables", "iptables-legacy", "iptables-nft":
		before = append([]string{"iptables"}, before[1:]...)
	}
	if len(before) >= 2 && (before[len(before)-1] == "dev" || before[len(before)-1] == "iif" || before[len(before)-1] == "oif") {
		return n.Devices
	}
	if len(before) >= 4 && before[0] == "ip" && before[1] == "netns" && before[2] == "exec" {
		return candidates(before[4:], n)
	}
	if len(before) > 3 && before[0] == "ip" && (before[1] == "-n" || before[1] == "-netns") {
		before = append([]string{"ip"}, before[3:]...)
	}
	g := completions
	if before[0] == "iptables" {
		// options stand alone: only the last one counts
		if l := g["iptables "+before[len(before)-1]]; len(before) > 1 && l != nil {
			return expand(l, before, n)
		}
		return append(expand(g["iptables"], before, n), "-p", "-s", "-d", "-i", "-o", "-j", "-m", "--dport", "--sport", "--ctstate", "--to-destination", "--to-source")
	}
	if last := len(before) - 1; before[0] == "nft" && last > 0 && contains(g[strings.Join(pattern(before[:last], n), " ")], "TABLE") {
		var out []string
		for _, t := range n.Tables { // the family is there already
			if name, ok := strings.CutPrefix(t, before[last]+" "); ok {
				out = append(out, name)
			}
		}
		if out != nil {
			return out
		}
	}
	return expand(g[strings.Join(pattern(before, n), " ")], before, n)
}

// pattern writes the words as the grammar has them: full words, and DEV, NETNS,
// TABLE, CHAIN for names.
func pattern(before []string, n Names) []string {
	out := []string{before[0]}
	for i := 1; i < len(before); i++ {
		w := before[i]
		if s, ok := shortWords[w]; ok && before[0] == "ip" {
			w = s
		}
		switch {
		case before[0] == "nft" && i+1 < len(before) && contains(n.Tables, w+" "+before[i+1]):
			w = "TABLE"
			i++
			if i+1 < len(before) {
				out = append(out, w)
				w = "CHAIN"
				i++
			}
		case before[0] == "ip" && w == "dev" && i+1 < len(before):
			continue
		case before[0] != "cat" && contains(n.Devices, w):
			w = "DEV"
		case contains(n.Spaces, w) && before[0] == "ip":
			w = "NETNS"
		}
		out = append(out, w)
	}
	return out
}

func contains(l []string, s string) bool {
	for _, x := range l {
		if x == s {
			return true
		}
	}
	return false
}

// expand puts the names of the machine for what stands for them.
func expand(l, before []string, n Names) (out []string) {
	for _, w := range l {
		switch w {
		case "DEV":
			out = append(out, n.Devices...)
		case "NETNS":
			out = append(out, n.Spaces...)
		case "TOOL":
			out = append(out, Tools()...)
		case "TABLE":
			out = append(out, n.Tables...)
		case "CHAIN":
			for _, c := range n.Chains {
				if p := strings.Fields(c); len(p) == 3 && len(before) >= 2 && p[0] == before[len(before)-2] && p[1] == before[len(before)-1] {
					out = append(out, p[2])
				}
			}
		case "IPTCHAIN":
			out = append(out, "INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING")
		case "SYSCTL":
			for l := range strings.Lines(sysctlDefaults) {
				if k, _, ok := strings.Cut(l, "="); ok {
					out = append(out, k)
				}
			}
		case "FILE":
			for k := range procNet {
				out = append(out, "/proc/net/"+k)
			}
		default:
			out = append(out, w)
		}
	}
	return out
}
