package bench

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keys are what other programs read from `packetwalk bench --json`.
var keys = strings.Fields("decode_fps stack_fps index_fps record_fps ndjson_fps tshark_fps tshark_json_fps seek_p50_ms seek_p99_ms step_back_ms rss_mib first_screen_ms")

// A small run measures everything that is there to be measured.
func TestRun(t *testing.T) {
	var progress bytes.Buffer
	dir := t.TempDir()
	r, err := Run(t.Context(), Options{Frames: 5000, Flows: 100, Dir: dir, Runs: 1, Seeks: 20, NoTshark: testing.Short(), Progress: &progress,
		UI: func(capture string) (float64, float64, float64, float64, error) {
			if _, err := os.Stat(capture); err != nil {
				t.Error(err)
			}
			return 5, 2, 300, 50, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Problems) > 0 {
		t.Errorf("problems: %q", r.Problems)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		v, ok := m[k].(float64)
		if !ok && strings.HasPrefix(k, "tshark") && (TsharkVersion() == "" || testing.Short()) {
			continue
		}
		if !ok || v < 0 {
			t.Errorf("%s is %v", k, m[k])
		}
	}
	if r.Frames != 5000 || r.FirstScreen != 50 || r.DecodeFPS <= r.StackFPS || !r.IndexFPS.Known() || r.EventsFrame < 1 {
		t.Errorf("figures: %s", b)
	}
	var out strings.Builder
	if err := r.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"5,000 frames in 100 flows", "whole stack, nobody listening", "stack / decode floor", "stack / gVisor netstack"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	t.Logf("\n%s", out.String())
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestRunMissing(t *testing.T) {
	if _, err := Run(t.Context(), Options{Capture: filepath.Join(t.TempDir(), "none.pcap")}); err == nil {
		t.Error("no error for a capture that is not there")
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		below             bool
		value, gate, goal Figure
		want              string
	}{
		{false, 0.09, 0.10, 0.18, "miss"},
		{false, 0.10, 0.10, 0.18, "pass"},
		{false, 0.18, 0.10, 0.18, "goal"},
		{false, 9, 5, missing, "pass"},
		{true, 20, 20, missing, "pass"},
		{true, 21, 20, missing, "miss"},
		{true, missing, 20, missing, "not measured"},
	} {
		if got := check("x", c.below, c.value, c.gate, c.goal, "").Word; got != c.want {
			t.Errorf("%v of %v (goal %v): %s, want %s", c.value, c.gate, c.goal, got, c.want)
		}
	}
	for _, c := range unmeasured().checks() {
		if c.Word != "not measured" {
			t.Errorf("%s: %s when nothing was measured", c.Name, c.Word)
		}
	}
}

func TestFigure(t *testing.T) {
	for _, c := range []struct {
		f          Figure
		json, text string
	}{
		{1234567.8, "1234568", "1,234,568"},
		{0.123456, "0.1235", "0.123"},
		{12.34, "12.34", "12.3"},
		{5, "5", "5"},
		{missing, "null", "-"},
		{Figure(math.Inf(1)), "null", "-"},
	} {
		b, err := json.Marshal(c.f)
		if err != nil || string(b) != c.json {
			t.Errorf("%v in JSON: %s %v, want %s", c.f, b, err, c.json)
		}
		if got := thousands(c.f); got != c.text {
			t.Errorf("%v: %s, want %s", c.f, got, c.text)
		}
	}
}

func TestPercentile(t *testing.T) {
	var d []time.Duration
	for i := 100; i > 0; i-- {
		d = append(d, time.Duration(i)*time.Millisecond)
	}
	if a, b, c := percentile(d, 50), percentile(d, 99), percentile(d[:1], 99); a != 50 || b != 99 || c != 1 {
		t.Errorf("p50 %v, p99 %v, of one %v", a, b, c)
	}
	if percentile(nil, 50).Known() {
		t.Error("a percentile of nothing")
	}
}
