package oracle

import (
	"fmt"
	"sort"
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
)

// A Family is how the two kernels agree in one family of facts of one
// namespace.
type Family struct {
	Host string // "" for the script itself
	Name string
	Same int      // facts that agree
	Diff []string // those that do not
	Skip string   // why the family cannot be compared
	Runs int      // in which run of the real kernel they agree, 0 for the only one
}

// Best takes of each family the run of the real kernel with which the model
// agrees, if there is one. A kernel does not do everything twice in the same
// way: what hangs on the order of two timers, or on luck, is no difference of
// the model's.
func Best(runs [][]Family) []Family {
	out := append([]Family(nil), runs[len(runs)-1]...)
	for i := range out {
		if len(out[i].Diff) == 0 {
			continue
		}
		for n, fs := range runs {
			for _, f := range fs {
				if f.Host == out[i].Host && f.Name == out[i].Name && len(f.Diff) == 0 && f.Skip == "" {
					f.Runs = n + 1
					out[i] = f
				}
			}
		}
	}
	return out
}

// CompareLab says how the model's facts about a lab agree with the real kernel's,
// family by family.
func CompareLab(want, got *LabFacts) []Family {
	nw, ng := labNorm(want), labNorm(got)
	script := Family{Name: "script"}
	if want.Status != got.Status {
		script.Diff = append(script.Diff, fmt.Sprintf("exit status %d, kernel %d", got.Status, want.Status))
	} else {
		script.Same++
	}
	out := []Family{script, textFamily("", "stdout", nw.text(want.Stdout), ng.text(got.Stdout)), textFamily("", "stderr", nw.text(want.Stderr), ng.text(got.Stderr))}
	for i := range want.Hosts {
		w := &want.Hosts[i]
		g := got.host(w.Name)
		if g == nil {
			out = append(out, Family{Host: w.Name, Name: "namespace", Diff: []string{"the model has no namespace of this name"}})
			continue
		}
		out = append(out, compareHost(want, got, w, g, nw, ng)...)
	}
	for i := range got.Hosts {
		if want.host(got.Hosts[i].Name) == nil {
			out = append(out, Family{Host: got.Hosts[i].Name, Name: "namespace", Diff: []string{"the kernel has no namespace of this name"}})
		}
	}
	return out
}

func compareHost(want, got *LabFacts, w, g *HostFacts, nw, ng *labNormal) []Family {
	var out []Family
	vw, vg := nw.view(w), ng.view(g)
	chains := Family{Host: w.Name, Name: "chains"}
	for _, fam := range bothOrders(vw.order, vg.order) {
		out = append(out, compareLines(w.Name, fam, vw.lines[fam], vg.lines[fam], &chains))
	}
	if chains.Same+len(chains.Diff) > 0 {
		out = append(out, chains)
	}
	out = append(out, compareCounters(w, g))
	for _, c := range LabTables {
		tw, okw := w.Tables[c]
		tg, okg := g.Tables[c]
		f := textFamily(w.Name, c, nw.text(table(w, c, tw)), ng.text(table(g, c, tg)))
		for _, x := range append(append([]string(nil), want.Without...), got.Without...) {
			if strings.HasPrefix(x, c+":") {
				f.Diff, f.Skip = nil, x
			}
		}
		if okw && okg || f.Skip != "" {
			out = append(out, f)
		}
	}
	return out
}

// bothOrders are the families of both sides, in order.
func bothOrders(a, b []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range append(append([]string(nil), a...), b...) {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return rank(out[i]) < rank(out[j]) })
	return out
}

func rank(fam string) int {
	for i, f := range stepFamilies {
		if f == fam {
			return 100 + i
		}
	}
	switch {
	case strings.HasPrefix(fam, "wire"):
		return 0
	case fam == "nft":
		return 200
	}
	return 300
}

// maxAlign is how many pairs of facts are compared to find what is missing.
const maxAlign = 16 << 20

func compareLines(host, fam string, w, g []labLine, chains *Family) Family {
	f := Family{Host: host, Name: fam}
	same := func(i, j int) bool { return lineDiff(fam, w[i], g[j]) == "" }
	n := 0
	for n < len(w) && n < len(g) && same(n, n) {
		n++
	}
	if (len(w)-n)*(len(g)-n) > maxAlign {
		f.Same = n
		f.Diff = append(f.Diff, fmt.Sprintf("%d is the first that differs; too many follow to say more: %d, kernel %d", n+1, len(g), len(w)))
		return f
	}
	lostW, lostG := map[int]bool{}, map[int]bool{}
	for _, p := range align(len(w), len(g), same) {
		switch {
		case p.got < 0:
			f.Diff = append(f.Diff, fmt.Sprintf("%d is missing: kernel %s", p.want+1, w[p.want].text))
		case p.want < 0:
			f.Diff = append(f.Diff, fmt.Sprintf("%d is one too many: %s", p.got+1, g[p.got].text))
		default:
			f.Diff = append(f.Diff, fmt.Sprintf("%d: %s: %s", p.got+1, g[p.got].text, lineDiff(fam, w[p.want], g[p.got])))
		}
		if p.want >= 0 {
			lostW[p.want] = true
		}
		if p.got >= 0 {
			lostG[p.got] = true
		}
	}
	j := 0
	for i := range w {
		if lostW[i] {
			continue
		}
		for lostG[j] {
			j++
		}
		f.Same++
		chainDiff(chains, w[i], g[j])
		j++
	}
	return f
}

// lineDiff is how two facts differ, "" if they do not.
func lineDiff(fam string, w, g labLine) string {
	switch {
	case w.frame != nil && g.frame != nil:
		if w.part || g.part {
			return frameDiff(unsummed(w.frame), unsummed(g.frame))
		}
		return frameDiff(w.frame, g.frame)
	case w.step.Kind != "":
		return stepDiff(w.step, g.step)
	case fam == "conntrack" && sameCT(w.text, g.text) || w.text == g.text:
		return ""
	}
	return "kernel " + w.text
}

// unsummed leaves out whether the transport's checksum is right: a device is
// asked to write it.
func unsummed(l []Field) []Field {
	var out []Field
	for _, f := range l {
		if f.Name != "TCP checksum right" && f.Name != "UDP checksum right" {
			out = append(out, f)
		}
	}
	return out
}

// chainDiff holds the functions that led to a tracepoint against the model's:
// those of the kernel that the catalogue knows must be among the model's, in
// order.
func chainDiff(f *Family, w, g labLine) {
	if len(w.chain) == 0 || len(g.chain) == 0 {
		return
	}
	rest := g.chain
	for _, fn := range answering(w.chain) {
		if step.ByName(fn) == 0 || freeing[fn] {
			continue
		}
		i := 0
		for i < len(rest) && rest[i] != fn {
			i++
		}
		if i == len(rest) {
			d := fmt.Sprintf("%s: the model is not in %s: %s, kernel %s", w.step.Kind, fn, strings.Join(g.chain, " "), strings.Join(w.chain, " "))
			for _, x := range f.Diff {
				if x == d {
					return
				}
			}
			f.Diff = append(f.Diff, d)
			return
		}
		rest = rest[i+1:]
	}
	f.Same++
}

// answering leaves out how a tool's question came to the kernel by netlink: the
// model's tools call the function that answers.
func answering(chain []string) []string {
	for i, fn := range chain {
		if fn == "netlink_rcv_skb" {
			return chain[i+1:]
		}
	}
	return chain
}

// freeing are the functions in which a packet's end is told: the model tells it
// in the function that decided.
var freeing = map[string]bool{"consume_skb": true, "skb_release_data": true, "__kfree_skb": true, "kfree_skb_list_reason": true, "sk_skb_reason_drop": true}

// compareCounters compares the counters since the namespace was made.
func compareCounters(w, g *HostFacts) Family {
	f := Family{Host: w.Name, Name: "mib"}
	quiet := noisy(w) || noisy(g)
	names := sortedKeys(w.MIB)
	for _, k := range sortedKeys(g.MIB) {
		if _, ok := w.MIB[k]; !ok {
			names = append(names, k)
		}
	}
	sort.Strings(names)
	for _, k := range names {
		a, b := w.MIB[k], g.MIB[k]
		switch {
		case bySegmentation[k]:
		case a == b && a == 0 || quiet && backgroundCounter(k):
		case fixedCounters[k]:
		case a == b:
			f.Same++
		default:
			f.Diff = append(f.Diff, fmt.Sprintf("%s %d, kernel %d", k, b, a))
		}
	}
	return f
}

// fixedCounters are no counts: settings of the protocol.
var fixedCounters = map[string]bool{"IpForwarding": true, "IpDefaultTTL": true, "TcpRtoAlgorithm": true, "TcpRtoMin": true, "TcpRtoMax": true, "TcpMaxConn": true, "TcpCurrEstab": false}

// noisy reports whether a host has sent or received something of the background.
func noisy(h *HostFacts) bool {
	for _, s := range h.Steps {
		if backgroundStep(s.Step) {
			return true
		}
	}
	return false
}

// backgroundCounter are counters that packets of the background count in.
func backgroundCounter(k string) bool {
	for _, p := range []string{"Ip6InReceives", "Ip6InDelivers", "Ip6OutRequests", "Ip6OutTransmits", "Ip6InMcastPkts", "Ip6OutMcastPkts", "Ip6InOctets", "Ip6OutOctets", "Ip6InMcastOctets", "Ip6OutMcastOctets",
		"Ip6InNoECTPkts", "Ip6InNoRoutes", "Ip6OutNoRoutes", "Ip6InDiscards", "Ip6OutDiscards", "Icmp6InMsgs", "Icmp6OutMsgs", "Icmp6OutMLDv2Reports", "Icmp6InMLDv2Reports", "Icmp6OutRouterSolicits", "Icmp6InRouterSolicits",
		"Icmp6OutNeighborSolicits", "Icmp6InNeighborSolicits", "Icmp6OutType143", "Icmp6InType143", "Icmp6OutType135", "Icmp6InType135", "Icmp6OutType133", "Icmp6InType133",
		"Icmp6OutType131", "Icmp6InType131", "Icmp6OutType132", "Icmp6InType132"} {
		if k == p {
			return true
		}
	}
	return false
}

// textFamily compares two texts line by line.
func textFamily(host, name, w, g string) Family {
	f := Family{Host: host, Name: name}
	lw, lg := strings.Split(w, "\n"), strings.Split(g, "\n")
	if w == g {
		f.Same = len(lw)
		return f
	}
	if len(lw)*len(lg) > maxAlign {
		f.Diff = append(f.Diff, fmt.Sprintf("%d lines, kernel %d, and not the same", len(lg), len(lw)))
		return f
	}
	f.Same = len(lw)
	for _, p := range align(len(lw), len(lg), func(i, j int) bool { return lw[i] == lg[j] }) {
		switch {
		case p.got < 0:
			f.Same--
			f.Diff = append(f.Diff, fmt.Sprintf("line %d is missing: kernel %q", p.want+1, lw[p.want]))
		case p.want < 0:
			f.Diff = append(f.Diff, fmt.Sprintf("line %d is one too many: %q", p.got+1, lg[p.got]))
		default:
			f.Same--
			f.Diff = append(f.Diff, fmt.Sprintf("line %d: %q, kernel %q", p.got+1, lg[p.got], lw[p.want]))
		}
	}
	return f
}

// Agree reports whether there is no difference.
func Agree(fs []Family) bool {
	for _, f := range fs {
		if len(f.Diff) > 0 {
			return false
		}
	}
	return true
}
