package bench

import (
	"math"
	"strconv"
)

// A Figure is a number that was measured; NaN is one that was not, null in
// JSON.
type Figure float64

// missing is a figure that was not measured.
var missing = Figure(math.NaN())

// Known reports whether the figure was measured.
func (f Figure) Known() bool { return !math.IsNaN(float64(f)) }

// MarshalJSON implements json.Marshaler: four decimals, whole numbers when
// they are large.
func (f Figure) MarshalJSON() ([]byte, error) {
	v := float64(f)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return []byte("null"), nil
	case math.Abs(v) >= 1000:
		return strconv.AppendFloat(nil, v, 'f', 0, 64), nil
	}
	return strconv.AppendFloat(nil, math.Round(v*1e4)/1e4, 'f', -1, 64), nil
}

// A Result is what one run measured. Rates are frames a second of computing
// time on one core, so that what else runs on the machine does not change them;
// times are the wall clock's, in ms; memory is in MiB.
type Result struct {
	DecodeFPS     Figure `json:"decode_fps"`      // reading and decoding alone
	StackFPS      Figure `json:"stack_fps"`       // the whole stack, nobody listening
	IndexFPS      Figure `json:"index_fps"`       // with the index being built
	RecordFPS     Figure `json:"record_fps"`      // with every event recorded
	NDJSONFPS     Figure `json:"ndjson_fps"`      // with every event printed
	TsharkFPS     Figure `json:"tshark_fps"`      // tshark -q -z io,phs
	TsharkJSONFPS Figure `json:"tshark_json_fps"` // tshark -T json
	SeekP50       Figure `json:"seek_p50_ms"`     // to a random packet
	SeekP99       Figure `json:"seek_p99_ms"`
	StepBack      Figure `json:"step_back_ms"` // one event back, 99th percentile
	RSS           Figure `json:"rss_mib"`      // peak of the whole run
	FirstScreen   Figure `json:"first_screen_ms"`

	SilentFPS    Figure         `json:"silent_fps"`   // with a tracer that keeps nothing
	NetstackFPS  Figure         `json:"netstack_fps"` // gVisor
	IndexMiB     Figure         `json:"index_mib"`    // index and checkpoints
	IndexRSS     Figure         `json:"index_rss_mib"`
	Checkpoints  int            `json:"checkpoints"`
	EventsFrame  Figure         `json:"events_per_frame"`
	Outcomes     map[string]int `json:"outcomes"`  // of packets, while every event was recorded
	UIP99        Figure         `json:"ui_p99_ms"` // a frame of the animation at 200x50
	UICPU        Figure         `json:"ui_cpu_pct"`
	UIBytes      Figure         `json:"ui_bytes_per_frame"`
	Frames       int            `json:"frames"`
	Turns        int            `json:"runs"` // of decoding, the stack, the index and tshark: their median counts
	Flows        int            `json:"flows,omitempty"`
	FrameBytes   Figure         `json:"frame_bytes"` // mean
	GenerateSecs Figure         `json:"generate_s"`
	Go           string         `json:"go"`
	Platform     string         `json:"platform"`
	Tshark       string         `json:"tshark,omitempty"`
	Targets      []Check        `json:"targets"`
	Problems     []string       `json:"problems,omitempty"` // what could not be measured, and why
}

// unmeasured returns a Result that knows nothing yet.
func unmeasured() *Result {
	r := &Result{}
	for _, f := range []*Figure{&r.DecodeFPS, &r.StackFPS, &r.IndexFPS, &r.RecordFPS, &r.NDJSONFPS, &r.TsharkFPS, &r.TsharkJSONFPS,
		&r.SeekP50, &r.SeekP99, &r.StepBack, &r.RSS, &r.FirstScreen, &r.SilentFPS, &r.NetstackFPS, &r.IndexMiB, &r.IndexRSS,
		&r.EventsFrame, &r.UIP99, &r.UICPU, &r.UIBytes, &r.FrameBytes, &r.GenerateSecs} {
		*f = missing
	}
	return r
}

// A Check is a target and whether it was met.
type Check struct {
	Name  string `json:"name"`
	Value Figure `json:"value"`
	Gate  Figure `json:"gate"`
	Goal  Figure `json:"goal"` // null when the gate is all there is
	Unit  string `json:"unit"`
	Below bool   `json:"below"` // less is better
	Word  string `json:"word"`  // "goal", "pass", "miss" or "not measured"
}

func (c Check) meets(t Figure) bool {
	if c.Below {
		return c.Value <= t
	}
	return c.Value >= t
}

func check(name string, below bool, value, gate, goal Figure, unit string) Check {
	c := Check{Name: name, Value: value, Gate: gate, Goal: goal, Unit: unit, Below: below}
	switch {
	case !value.Known():
		c.Word = "not measured"
	case !c.meets(gate):
		c.Word = "miss"
	case goal.Known() && c.meets(goal):
		c.Word = "goal"
	default:
		c.Word = "pass"
	}
	return c
}

// checks compares the figures with the targets.
func (r *Result) checks() []Check {
	big := r.Frames >= 10_000_000
	p99 := Figure(80)
	if big {
		p99 = 250
	}
	c := []Check{
		check("stack / decode floor", false, r.StackFPS/r.DecodeFPS, 0.10, 0.18, "x"),
		check("stack / tshark", false, r.StackFPS/r.TsharkFPS, 5, missing, "x"),
		check("index / tshark", false, r.IndexFPS/r.TsharkFPS, 4, missing, "x"),
		check("record / tshark", false, r.RecordFPS/r.TsharkFPS, 1, 4, "x"),
		check("ndjson / tshark json", false, r.NDJSONFPS/r.TsharkJSONFPS, 4, missing, "x"),
		check("stack / gVisor netstack", false, r.StackFPS/r.NetstackFPS, 3, 5, "x"),
		check("cost of a silent listener", true, max(0, 100*(1-r.SilentFPS/r.StackFPS)), 10, missing, "%"),
		check("index and checkpoints, a million frames", true, r.IndexMiB/Figure(r.Frames)*1e6, 96, missing, "MiB"),
		check("seek p99", true, r.SeekP99, p99, missing, "ms"),
		check("step back", true, r.StepBack, 1, missing, "ms"),
		check("first screen", true, r.FirstScreen, 100, missing, "ms"),
		check("animation at 200x50, p99", true, r.UIP99, 16.7, missing, "ms"),
		check("animation at 200x50, of a core", true, r.UICPU, 10, missing, "%"),
	}
	if big {
		c = append(c, check("peak memory", true, r.IndexRSS, 1024, missing, "MiB"))
	} else {
		c = append(c, check("seek p50", true, r.SeekP50, 20, missing, "ms")) // the target is for a million frames
	}
	return c
}
