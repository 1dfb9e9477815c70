package oracle

import (
	"bytes"
	"fmt"
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
var Sections = []string{"journeys", "drops", "consumed", "skb_rx", "skb_tx", "data_ready", "sk_error", "icmp_send", "tcp_send_reset", "fib", "nft", "tcp_states", "ca_state", "neigh", "fdb_update", "calls", "mib", "stat", "wire"}

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
		return len(want.Sent)+len(got.Frames) > 0
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

// compareSteps compares two sequences of steps.
func compareSteps(word string, want, got []Step) []string {
	var out []string
	for i := 0; i < max(len(want), len(got)); i++ {
		switch {
		case i >= len(got):
			out = append(out, fmt.Sprintf("%s %d is missing, kernel: %s", word, i+1, want[i]))
		case i >= len(want):
			out = append(out, fmt.Sprintf("%s %d is one too many: %s", word, i+1, got[i]))
		default:
			if d := stepDiff(want[i], got[i]); d != "" {
				out = append(out, fmt.Sprintf("%s %d: %s (kernel: %s)", word, i+1, d, want[i]))
			}
		}
	}
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

func rowsWithSteps(rows []Row) []Row {
	var out []Row
	for _, r := range rows {
		if len(r.Steps) > 0 {
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
			if isStat(k) == stat && w.Counters[k] != g.Counters[k] {
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

// compareWire compares the frames that were sent, device by device.
func compareWire(want Host, got Facts) []string {
	w, g := describe(want.Inputs, want.Sent), describe(want.Inputs, got.Frames)
	var devs []string
	for d := range w {
		devs = append(devs, d)
	}
	for d := range g {
		if w[d] == nil {
			devs = append(devs, d)
		}
	}
	sort.Strings(devs)
	var out []string
	for _, dev := range devs {
		a, b := w[dev], g[dev]
		for i := 0; i < max(len(a), len(b)); i++ {
			switch {
			case i >= len(b):
				out = append(out, fmt.Sprintf("frame %d on %s is missing, kernel sent at %s: %s", i+1, dev, ms(a[i].sent.At), FrameLine(a[i].sent.Bytes)))
			case i >= len(a):
				out = append(out, fmt.Sprintf("frame %d on %s is one too many, at %s: %s", i+1, dev, ms(b[i].sent.At), FrameLine(b[i].sent.Bytes)))
			default:
				if d := frameDiff(a[i].fields, b[i].fields); d != "" {
					out = append(out, fmt.Sprintf("frame %d on %s: %s", i+1, dev, d))
				}
			}
		}
	}
	return out
}

// frameDiff names the fields in which two frames differ.
func frameDiff(want, got []Field) string {
	get := func(l []Field, n string) (string, bool) {
		for _, f := range l {
			if f.Name == n {
				return f.Value, true
			}
		}
		return "", false
	}
	var out []string
	for _, n := range union(want, got) {
		w, wok := get(want, n)
		g, gok := get(got, n)
		switch {
		case w == g && wok == gok:
		case !wok:
			out = append(out, fmt.Sprintf("%s %s, which kernel's has not", n, short(g)))
		case !gok:
			out = append(out, fmt.Sprintf("no %s, kernel sent %s", n, short(w)))
		case len(w)+len(g) > 64:
			i := 0
			for i < len(w) && i < len(g) && w[i] == g[i] {
				i++
			}
			out = append(out, fmt.Sprintf("%s differs from byte %d on: …%s (%d bytes), kernel sent …%s (%d bytes)", n, i/2, short(g[i&^1:]), len(g)/2, short(w[i&^1:]), len(w)/2))
		default:
			out = append(out, fmt.Sprintf("%s %s, kernel sent %s", n, orNone(g), orNone(w)))
		}
		if len(out) == 4 {
			break
		}
	}
	return strings.Join(out, "; ")
}

func short(s string) string {
	if len(s) > 24 {
		return s[:24] + "…"
	}
	return s
}

// calls are the calls of a host whose outcome is known: not what merely
// happened to it.
func calls(h Host) []*Call {
	var out []*Call
	for _, in := range h.Inputs {
		if in.Call != nil && in.Call.Op != "carrier" && in.Call.Op != "command" && in.Call.Op != "inject" {
			out = append(out, in.Call)
		}
	}
	return out
}

// compareCalls compares the outcome of each call.
func compareCalls(want Host, got Facts) []string {
	res := map[int]Result{}
	for _, r := range got.Calls {
		res[r.Call] = r
	}
	var out []string
	for _, c := range calls(want) {
		r, ok := res[c.N]
		d := "is not done"
		if ok {
			d = resultDiff(c.Want, r)
		}
		if d != "" {
			out = append(out, fmt.Sprintf("%s at %s: %s", c, ms(c.T), d))
		}
	}
	return out
}

// String is the call for people: "sendto(3, 10.0.1.2:9000, 1 byte)".
func (c Call) String() string {
	switch c.Op {
	case "ping", "command":
		return c.Command
	case "carrier":
		return c.Dev + map[bool]string{true: " gets carrier", false: " loses carrier"}[c.Up]
	case "inject":
		return "inject on " + c.Dev
	case "socket":
		return fmt.Sprintf("%d = socket(%s, %s)", c.FD, c.Family, c.Type)
	}
	s := fmt.Sprintf("%s(%d", c.Op, c.FD)
	for _, x := range []string{c.Opt, c.Addr} {
		if x != "" {
			s += ", " + x
		}
	}
	if len(c.Data) > 0 {
		s += fmt.Sprintf(", %d bytes", len(c.Data))
	}
	return s + ")"
}

func resultDiff(w Want, r Result) string {
	if w.Errno != r.Errno {
		ok := func(e string) string {
			if e == "" {
				return "success"
			}
			return e
		}
		return ok(r.Errno) + ", kernel " + ok(w.Errno)
	}
	if w.Errno != "" {
		return ""
	}
	num := func(what string, w *int64, g int64) string {
		if w == nil || *w == g {
			return ""
		}
		return fmt.Sprintf("%s %d, kernel %d", what, g, *w)
	}
	for _, d := range []string{num("returns", w.Ret, r.Ret), num("value", w.Value, r.Value), num("exit status", w.RC, r.RC), num("sent", w.Sent, r.Sent), num("received", w.Received, r.Received)} {
		if d != "" {
			return d
		}
	}
	if w.Text != nil {
		t := latin1(*w.Text)
		if w.Prefix && !bytes.HasPrefix(r.Data, t) || !w.Prefix && !bytes.Equal(r.Data, t) {
			return fmt.Sprintf("data %q, kernel %q", r.Data, t)
		}
	}
	if w.Addr != "" && w.Addr != r.Addr {
		return fmt.Sprintf("address %s, kernel %s", orNone(r.Addr), w.Addr)
	}
	var names []string
	for k := range w.Info {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		if v, ok := r.Info[k]; !ok || v != w.Info[k] {
			return fmt.Sprintf("tcp_info %s %d, kernel %d", k, v, w.Info[k])
		}
	}
	if a, b := strings.Join(r.Err, " "), strings.Join(w.Err, " "); a != b {
		return fmt.Sprintf("error queue [%s], kernel [%s]", a, b)
	}
	return ""
}
