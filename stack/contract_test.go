package stack_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/report"
)

// keys are what an event of each kind must have and may have, beside the keys
// that every event has.
var keys = map[string]struct{ must, may string }{
	"call":  {"fn file layer why", "set"},
	"trace": {"tp args", ""},
	"tried": {"what candidate because", ""},
	"frame": {"dir len summary", "hex"},
	"end":   {"outcome at", "reason why"},
	"note":  {"note", ""},
}

const (
	everyMust = "n t host cpu depth ev"
	everyMay  = "dev pkt skb parent"
	layers    = "driver core netfilter network transport socket app"
	outcomes  = "delivered dropped forwarded sent consumed queued not-modelled"
)

// slack is how far, in ns, the work of one task may reach over the beginning of
// the next.
const slack = 1e6

// TestNDJSON holds what is printed of every bundled capture to the contract.
func TestNDJSON(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		for _, m := range modes {
			t.Run(e.Name+"/"+m.String(), func(t *testing.T) {
				var b bytes.Buffer
				r, o := bundled(t, e, m)
				x := traceAll(t, r, o, func(r *stack.Replay) report.Sink { return &report.NDJSON{W: &b, Names: r, Bytes: true} })
				contract(t, b.Bytes(), x)
			})
		}
	}
}

// contract checks a whole trace.
func contract(t *testing.T, b []byte, x *traced) {
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	n, depth, at := 0, 0, 0.0
	ended, seen := map[float64]string{}, map[float64]bool{}
	for first := true; lines.Scan(); first = false {
		var v map[string]any
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("after event %d: %v: %s", n, err, lines.Bytes())
		}
		if first {
			if v["packetwalk"] != 1.0 || v["kernel"] == "" || v["input"] == "" || v["mode"] == "" {
				t.Errorf("the head is %s", lines.Bytes())
			}
			continue
		}
		if s, ok := v["summary"].(map[string]any); ok {
			summary(t, s, n, seen, ended, x)
			if lines.Scan() {
				t.Error("something follows the summary")
			}
			return
		}
		n++
		ev, _ := v["ev"].(string)
		k, ok := keys[ev]
		if !ok {
			t.Fatalf("event %d is a %q", n, ev)
		}
		has(t, n, v, everyMust+" "+k.must, everyMay+" "+k.may)
		if v["n"] != float64(n) {
			t.Fatalf("event %v comes where %d should", v["n"], n)
		}
		// CPUs overlap: an event may be a little earlier than the one before.
		now := v["t"].(float64)
		if now < at-slack {
			t.Errorf("event %d is %v ns earlier than one before it", n, at-now)
		}
		at = max(at, now)
		d := int(v["depth"].(float64))
		if d > depth {
			t.Errorf("event %d is at depth %d after an event that allows %d", n, d, depth)
		}
		depth = d
		if ev == "call" {
			depth++
		}
		pkt, _ := v["pkt"].(float64)
		if pkt != 0 && (ev == "call" || ev == "frame" || ev == "end") {
			seen[pkt] = true
		}
		switch ev {
		case "call":
			oneOf(t, n, v, "layer", layers)
			if s, _ := v["why"].(string); s == "" || hole.MatchString(s) {
				t.Errorf("event %d: why is %q", n, s)
			}
			set, _ := v["set"].([]any)
			for _, c := range set {
				if c, ok := c.([]any); !ok || len(c) != 3 || c[0] == "" {
					t.Errorf("event %d: set holds %v", n, c)
				}
			}
		case "trace":
			if s, _ := v["tp"].(string); strings.Count(s, ":") != 1 {
				t.Errorf("event %d: tp is %q", n, s)
			}
		case "frame":
			oneOf(t, n, v, "dir", "rx tx")
			if h, _ := v["hex"].(string); len(h) != 2*int(v["len"].(float64)) {
				t.Errorf("event %d: %d digits for %v bytes", n, len(h), v["len"])
			}
		case "end":
			oneOf(t, n, v, "outcome", outcomes)
			if o := v["outcome"].(string); (o == "dropped") != (v["reason"] != nil) {
				t.Errorf("event %d: %s with reason %v", n, o, v["reason"])
			}
			if o := v["outcome"].(string); slices.Index(worth, o) > slices.Index(worth, ended[pkt]) {
				ended[pkt] = o
			}
		case "note":
			if s, _ := v["note"].(string); s == "" || hole.MatchString(s) {
				t.Errorf("event %d: the note is %q", n, s)
			}
		}
	}
	t.Error("there is no summary")
}

func has(t *testing.T, n int, v map[string]any, must, may string) {
	t.Helper()
	known := strings.Fields(must + " " + may)
	for _, k := range strings.Fields(must) {
		if _, ok := v[k]; !ok {
			t.Errorf("event %d, %v: there is no %s", n, v["ev"], k)
		}
	}
	for k := range v {
		if !slices.Contains(known, k) {
			t.Errorf("event %d, %v: %s is not in the contract", n, v["ev"], k)
		}
	}
}

func oneOf(t *testing.T, n int, v map[string]any, key, words string) {
	t.Helper()
	if s, _ := v[key].(string); !slices.Contains(strings.Fields(words), s) {
		t.Errorf("event %d: %s is %q", n, key, s)
	}
}

// worth are the outcomes from the one that says least about a packet: of
// several ends, of clones, the one that says most counts.
var worth = strings.Fields("queued consumed dropped sent forwarded delivered not-modelled")

// summary checks the counts of the last line against the events.
func summary(t *testing.T, s map[string]any, n int, seen map[float64]bool, ended map[float64]string, x *traced) {
	num := func(k string) int {
		f, ok := s[k].(float64)
		if !ok {
			t.Errorf("the summary's %s is %v", k, s[k])
		}
		return int(f)
	}
	if num("events") != n {
		t.Errorf("%d events in the summary, %d before it", num("events"), n)
	}
	if num("packets") != len(seen) {
		t.Errorf("%d packets in the summary, %d in the events", num("packets"), len(seen))
	}
	count := map[string]int{}
	for pkt, o := range ended {
		if pkt != 0 {
			count[o]++
		}
	}
	all := 0
	for o := range strings.FieldsSeq(outcomes) {
		if num(o) != count[o] {
			t.Errorf("%d %s in the summary, %d in the events", num(o), o, count[o])
		}
		all += num(o)
	}
	if all != len(seen) {
		t.Errorf("%d outcomes for %d packets", all, len(seen))
	}
	paths := 0
	for _, p := range s["paths"].([]any) {
		paths += int(p.(map[string]any)["packets"].(float64))
	}
	if paths != all {
		t.Errorf("%d packets on all paths, %d in all", paths, all)
	}
	for k, v := range s["mib"].(map[string]any) {
		if k == "" || v == 0.0 {
			t.Errorf("counter %q is %v", k, v)
		}
	}
	if h, _ := s["hash"].(string); len(h) != 16 {
		t.Errorf("the hash is %q", h)
	}
	if _, ok := s["react"]; ok != (x.replay.Mode == stack.React) && ok {
		t.Errorf("react is %v in %s mode", s["react"], x.replay.Mode)
	}
}

// TestPcapNG reads back what is written: as many frames as the trace has, with
// their bytes, and a comment on each that was walked.
func TestPcapNG(t *testing.T) {
	tshark, _ := exec.LookPath("tshark")
	for _, e := range pcaps.Bundled() {
		var b bytes.Buffer
		r, o := bundled(t, e, stack.Follow)
		x := traceAll(t, r, o, func(s *stack.Replay) report.Sink { return &report.PcapNG{W: &b, Names: s, Start: r.Start()} })
		in, err := pcaps.New(bytes.NewReader(b.Bytes()), "written.pcapng")
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		frames, told := 0, 0
		for {
			f, err := in.Next()
			if err != nil {
				if err != io.EOF {
					t.Errorf("%s: %v", e.Name, err)
				}
				break
			}
			frames++
			if f.Comment != "" {
				told++
			}
		}
		if frames < len(x.frames) || told < len(x.frames) {
			t.Errorf("%s: %d frames, %d with a comment, of %d", e.Name, frames, told, len(x.frames))
		}
		if tshark == "" || e.Name != "ping" && e.Name != "http" {
			continue
		}
		file := filepath.Join(t.TempDir(), "out.pcapng")
		check(t, os.WriteFile(file, b.Bytes(), 0o644))
		out, err := exec.Command(tshark, "-r", file, "-T", "fields", "-e", "frame.comment").Output()
		if n := strings.Count(string(out), "ip_rcv"); err != nil || n == 0 {
			t.Errorf("%s: tshark finds %d walks: %v", e.Name, n, err)
		}
	}
	if tshark == "" {
		t.Log("tshark is not here: the files were read by package pcaps only")
	}
}

// TestPerfetto parses what is written, and follows its slices: each that
// begins ends, on its own track.
func TestPerfetto(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		var b bytes.Buffer
		r, o := bundled(t, e, stack.Follow)
		traceAll(t, r, o, func(s *stack.Replay) report.Sink { return &report.Perfetto{W: &b, Names: s} })
		var v struct {
			TraceEvents []struct {
				Ph, Name string
				Tid      int
				Ts       float64
			}
		}
		if err := json.Unmarshal(b.Bytes(), &v); err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		open, last := map[int]int{}, map[int]float64{}
		for i, x := range v.TraceEvents {
			switch x.Ph {
			case "B":
				open[x.Tid]++
			case "E":
				open[x.Tid]--
			}
			if open[x.Tid] < 0 || x.Ts < last[x.Tid] {
				t.Errorf("%s: entry %d: %d slices are open at %f", e.Name, i, open[x.Tid], x.Ts)
			}
			last[x.Tid] = x.Ts
		}
		for tid, n := range open {
			if n != 0 {
				t.Errorf("%s: track %d has %d slices without an end", e.Name, tid, n)
			}
		}
	}
}

// hole is a place in a sentence that no value filled.
var hole = regexp.MustCompile(`\{\d+(:\w*[a-z]\w*)?\}`)

// TestText: the trace for people has no escape sequence unless it is asked for
// colour, and no line that is empty of words.
func TestText(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		s, x := text(t, e, stack.Follow)
		for _, c := range s {
			if c < ' ' && c != '\n' {
				t.Errorf("%s: a control character %#x", e.Name, c)
				break
			}
		}
		if hole.MatchString(s) || !strings.Contains(s, "\nhash ") {
			t.Errorf("%s: a sentence with a hole, or no summary", e.Name)
		}
		if n := strings.Count(s, "\n"); uint64(n) < x.totals.Events {
			t.Errorf("%s: %d lines for %d events", e.Name, n, x.totals.Events)
		}
	}
}
