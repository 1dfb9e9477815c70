package oracle

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// A Difference is one place where a model and the kernel part.
type Difference struct {
	Scenario, Host string
	Section        string // one of Sections, or "setup"
	Text           string // "frame 2 on eth0: ttl 64, kernel sent 63"
}

// String is the difference with its place.
func (d Difference) String() string {
	return d.Scenario + " " + d.Host + " " + d.Section + ": " + d.Text
}

// Sections are what is compared, in the order in which to look at them: first
// how packets ended, then why, at last the counters and the wire. The names are
// those of the recordings; "stat" are the counters of /proc/net/sockstat and
// /proc/net/stat, which the recordings keep with the others.
var Sections = []string{"journeys", "drops", "consumed", "skb_rx", "skb_tx", "data_ready", "sk_error", "icmp_send", "tcp_send_reset", "fib", "nft", "tcp_states", "ca_state", "neigh", "fdb_update", "qdisc", "calls", "mib", "stat", "wire"}

// Holds says whether a model may be held to a section of this host: whether two
// recordings of the kernel were the same in it.
func (h Host) Holds(sec string) bool {
	if sec == "stat" {
		sec = "mib"
	}
	return !slices.Contains(h.Unstable, sec)
}

// Required are those differences that a model may be held to.
func Required(h Host, ds []Difference) []Difference {
	var out []Difference
	for _, d := range ds {
		if h.Holds(d.Section) {
			out = append(out, d)
		}
	}
	return out
}

// kindsOf are the kinds of steps of a section, and what one of them is called.
var kindsOf = map[string]struct {
	word  string
	kinds []string
}{
	"drops":          {"drop", []string{"drop"}},
	"consumed":       {"consumed packet", []string{"consumed"}},
	"skb_rx":         {"packet received", []string{"rx"}},
	"skb_tx":         {"packet given to a device", []string{"tx"}},
	"data_ready":     {"wake-up", []string{"ready"}},
	"sk_error":       {"socket error", []string{"error"}},
	"icmp_send":      {"icmp_send", []string{"icmp_send"}},
	"tcp_send_reset": {"reset", []string{"rst"}},
	"fib":            {"route lookup", []string{"fib", "fib6"}},
	"tcp_states":     {"state change", []string{"state"}},
	"ca_state":       {"congestion state", []string{"ca"}},
	"neigh":          {"neighbour event", []string{"neigh"}},
	"fdb_update":     {"bridge learning", []string{"fdb"}},
	"qdisc":          {"packet queued or taken", []string{"enqueue", "dequeue"}},
}

// perSection is how many differences of a section are told.
const perSection = 5

// Compare says where a model's facts differ from the kernel's, section by
// section in the order of Sections, at most five in each. Sections that the
// model has nothing to say about (Facts.Without) are passed over, and so is all
// but the wire of a host that was not traced.
func Compare(want Host, got Facts) []Difference {
	var all []Difference
	for _, sec := range Sections {
		if !Has(want, got, sec) || got.Without[sec] != "" {
			continue
		}
		for i, t := range compareSection(want, got, sec) {
			if i == perSection {
				break
			}
			all = append(all, Difference{want.Scenario, want.Name, sec, t})
		}
	}
	return all
}

// Has says whether the section has a fact on either side.
func Has(want Host, got Facts, sec string) bool {
	if want.Untraced {
		return sec == "wire"
	}
	switch sec {
	case "wire":
		return len(want.Captured) > 0 && len(want.Sent)+len(got.Frames) > 0
	case "journeys":
		return len(rowsWithSteps(want.Rows))+len(rowsWithSteps(got.Rows)) > 0
	case "calls":
		return len(calls(want)) > 0
	case "nft":
		return len(nft(want.Rows))+len(nft(got.Rows)) > 0
	case "mib", "stat":
		for _, ps := range [][]Phase{want.MIB, got.Phases} {
			for _, p := range ps {
				for k, v := range p.Counters {
					if v != 0 && isStat(k) == (sec == "stat") {
						return true
					}
				}
			}
		}
		return false
	}
	k := kindsOf[sec].kinds
	return len(of(want.Rows, k...))+len(of(got.Rows, k...)) > 0
}

func compareSection(want Host, got Facts, sec string) []string {
	switch sec {
	case "wire":
		return compareWire(want, got)
	case "journeys":
		return compareRows(rowsWithSteps(want.Rows), rowsWithSteps(got.Rows))
	case "calls":
		return compareCalls(want, got)
	case "mib", "stat":
		return compareMIB(want.MIB, got.Phases, sec == "stat")
	case "nft":
		return compareNFT(nft(want.Rows), nft(got.Rows))
	}
	k := kindsOf[sec]
	return compareSteps(k.word, of(want.Rows, k.kinds...), of(got.Rows, k.kinds...))
}

// rowsWithSteps leaves out the rows without a step, and those of calls that
// found nothing to read.
func rowsWithSteps(rows []Row) []Row {
	var out []Row
	for _, r := range rows {
		if len(r.Steps) > 0 && !(len(r.Steps) == 1 && r.Steps[0].Get("ret") == "-11") {
			out = append(out, r)
		}
	}
	return out
}

// compareRows compares rows by what began them and then step by step, up to the
// first row that differs: what comes after is usually its consequence.
func compareRows(want, got []Row) []string {
	for i := 0; i < max(len(want), len(got)); i++ {
		switch {
		case i >= len(got):
			return []string{fmt.Sprintf("row %d is missing, kernel at %s: %s", i+1, ms(want[i].T), want[i])}
		case i >= len(want):
			return []string{fmt.Sprintf("row %d is one too many, at %s: %s", i+1, ms(got[i].T), got[i])}
		}
		w, g := want[i], got[i]
		d := ""
		if w.By != g.By {
			d = "by " + g.By + ", kernel by " + w.By
		}
		for k := 0; d == "" && k < max(len(w.Steps), len(g.Steps)); k++ {
			switch {
			case k >= len(g.Steps):
				d = fmt.Sprintf("step %d is missing: %s", k+1, w.Steps[k])
			case k >= len(w.Steps):
				d = fmt.Sprintf("step %d is one too many: %s", k+1, g.Steps[k])
			default:
				if x := stepDiff(w.Steps[k], g.Steps[k]); x != "" {
					d = fmt.Sprintf("step %d: %s", k+1, x)
				}
			}
		}
		if d != "" {
			return []string{fmt.Sprintf("row %d at %s: %s\n    kernel %s\n    model  %s", i+1, ms(w.T), d, w, g)}
		}
	}
	return nil
}

// ms is a time for people.
func ms(ns int64) string { return fmt.Sprintf("%d.%03d ms", ns/1000000, ns/1000%1000) }

// bySegmentation are counters that say whether segments met in the backlog or in
// the receive queue, which is a matter of CPU time.
var bySegmentation = map[string]bool{"TcpExtTCPRcvCoalesce": true, "TcpExtTCPBacklogCoalesce": true, "TcpExtTCPPureAcks": true, "TcpExtTCPHPAcks": true}

func isStat(k string) bool {
	return strings.HasPrefix(k, "sockstat.") || strings.HasPrefix(k, "stat.")
}

// compareMIB compares what each phase added to the counters.
func compareMIB(want, got []Phase, stat bool) []string {
	var out []string
	for i, w := range want {
		if i >= len(got) {
			out = append(out, fmt.Sprintf("until %s: the counters were not read", w.Until))
			continue
		}
		g := got[i]
		if g.Until != w.Until {
			out = append(out, fmt.Sprintf("phase %d ends at %s, kernel's at %s", i+1, g.Until, w.Until))
			continue
		}
		var names []string
		for k := range w.Counters {
			names = append(names, k)
		}
		for k := range g.Counters {
			if _, ok := w.Counters[k]; !ok {
				names = append(names, k)
			}
		}
		sort.Strings(names)
		for _, k := range names {
			if isStat(k) == stat && !bySegmentation[k] && w.Counters[k] != g.Counters[k] {
				out = append(out, fmt.Sprintf("until %s: %s %+d, kernel %+d", w.Until, k, g.Counters[k], w.Counters[k]))
			}
		}
	}
	return out
}

func nft(rows []Row) [][]NFTStep {
	var out [][]NFTStep
	for _, r := range rows {
		out = append(out, r.NFT...)
	}
	return out
}

// compareNFT compares the rules that each packet passed; the header lines and
// handles are not compared.
func compareNFT(want, got [][]NFTStep) []string {
	line := func(t []NFTStep) string {
		var out []string
		for _, s := range t {
			switch s.Type {
			case "packet":
			case "rule":
				out = append(out, s.At+" rule ["+s.Rule+"] "+s.Verdict)
			default:
				out = append(out, s.At+" "+s.Type+" "+s.Verdict)
			}
		}
		return strings.Join(out, "; ")
	}
	var out []string
	for i := 0; i < max(len(want), len(got)); i++ {
		w, g := "nothing", "nothing"
		if i < len(want) {
			w = line(want[i])
		}
		if i < len(got) {
			g = line(got[i])
		}
		if w != g {
			out = append(out, fmt.Sprintf("nft trace %d: %s, kernel %s", i+1, g, w))
		}
	}
	return out
}
