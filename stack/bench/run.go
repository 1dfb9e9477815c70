package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/packetwalk/packetwalk/pcaps"
)

// Options say what is measured. The zero value measures a made capture of
// 1,000,000 frames in 10,000 flows.
type Options struct {
	Frames int    // of the made capture
	Flows  int    // likewise; 0 is one for 100 frames, and 10,000 at most
	Seed   uint64 // likewise; 0 is 1
	// Capture is a capture to measure in place of a made one.
	Capture string
	// Dir is where the made capture is kept while the run lasts; "" is the
	// system's directory for temporary files. It needs about 450 bytes a frame.
	Dir      string
	Runs     int       // of the short measurements: their median counts; 0 is 3
	Seeks    int       // to random packets; 0 is 300
	NoTshark bool      // do not run tshark, though it is installed
	Netstack string    // the directory of the gVisor comparison's module, or its program; "" leaves it out
	Progress io.Writer // told what is being measured; may be nil
	// UI measures the terminal interface on a capture: the 99th percentile of
	// a frame of its animation (ms), what of a core it takes (%), bytes a
	// frame, and the time to the first screen (ms). May be nil.
	UI func(capture string) (p99ms, cpuPct, bytesPerFrame, firstScreenMs float64, err error)
}

func (o *Options) defaults() {
	def := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	def(&o.Frames, 1_000_000)
	def(&o.Flows, min(max(o.Frames/100, 4), 10_000))
	def(&o.Runs, 3)
	def(&o.Seeks, 300)
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
}

// A runner is a run in progress.
type runner struct {
	Options
	*Result
	ctx  context.Context
	path string
	src  *pcaps.Reader
	peak float64
}

// Run makes the capture and measures everything, on one core. What cannot be
// measured is left out and said in Result.Problems; an error means that there
// is no result.
func Run(ctx context.Context, o Options) (*Result, error) {
	o.defaults()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r := &runner{Options: o, Result: unmeasured(), ctx: ctx}
	r.Go, r.Platform, r.Turns = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH, o.Runs
	if err := r.capture(); err != nil {
		return nil, err
	}
	if o.Capture == "" {
		defer os.Remove(r.path)
	}
	src, err := pcaps.Open(r.path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	r.src = src
	for _, s := range r.stages() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		fmt.Fprintf(o.Progress, "%s ...\n", s.name)
		runtime.GC()
		if err := s.safely(); err != nil {
			r.Problems = append(r.Problems, s.name+": "+err.Error())
		}
		if m, ok := peak(); ok {
			r.peak = max(r.peak, m)
			r.RSS = Figure(r.peak)
		}
	}
	r.Targets = r.checks()
	return r.Result, nil
}

type stage struct {
	name string
	run  func() error
}

// safely runs a stage; a broken promise of the model ends the stage, not the
// run, and is among its problems.
func (s stage) safely() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it broke off: %v", p)
		}
	}()
	return s.run()
}

func (r *runner) stages() []stage {
	index := "the index, and seeks"
	if !r.NoTshark {
		r.Result.Tshark = TsharkVersion()
	}
	if r.Result.Tshark != "" {
		index = "the index, by turns with tshark, and seeks"
	}
	s := []stage{
		{"reading and decoding", r.decode},
		{"the stack, nobody listening", r.stack},
		{index, r.index},
		{"recording", r.record},
		{"ndjson", r.ndjson},
	}
	if r.Result.Tshark != "" {
		s = append(s, stage{"tshark's JSON", r.tshark})
	}
	if r.Netstack != "" {
		s = append(s, stage{"gVisor netstack", r.netstack})
	}
	if r.UI != nil {
		s = append(s, stage{"the terminal interface", r.ui})
	}
	return s
}

// capture makes the capture, or takes the given one.
func (r *runner) capture() error {
	if r.path = r.Capture; r.path != "" {
		return nil
	}
	fmt.Fprintf(r.Progress, "making a capture of %d frames ...\n", r.Options.Frames)
	f, err := os.CreateTemp(r.Dir, "packetwalk-bench-*.pcap")
	if err != nil {
		return err
	}
	r.path = f.Name()
	w := begin()
	st, err := Generate(f, r.Options.Frames, r.Options.Flows, r.Seed)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(r.path)
		return fmt.Errorf("the capture could not be made: %w", err)
	}
	r.GenerateSecs = Figure(w.took().Seconds())
	r.Result.Flows = st.Flows
	return nil
}

// decode measures the floor.
func (r *runner) decode() error {
	var fps []Figure
	for range r.Runs {
		w := begin()
		n, _, err := Decode(r.src)
		if err != nil {
			return err
		}
		fps = append(fps, Figure(perSecond(n, w.took())))
		r.Result.Frames = n
	}
	var bytes int64
	if _, err := forEach(r.src, func(f *pcaps.Frame) { bytes += int64(f.OrigLen) }); err != nil {
		return err
	}
	r.FrameBytes = Figure(float64(bytes) / float64(max(r.Result.Frames, 1)))
	r.DecodeFPS = median(fps)
	return nil
}

func (r *runner) tshark() error {
	if r.Result.Tshark == "" {
		return nil // it has failed already
	}
	fps, err := TsharkJSON(r.ctx, r.path, r.Result.Frames)
	if err != nil {
		return err
	}
	r.TsharkJSONFPS = Figure(fps)
	return nil
}

func (r *runner) ui() error {
	p99, cpu, bytes, first, err := r.UI(r.path)
	if err != nil {
		return err
	}
	r.UIP99, r.UICPU, r.UIBytes, r.FirstScreen = Figure(p99), Figure(cpu), Figure(bytes), Figure(first)
	return nil
}

// netstack builds the gVisor comparison, if it is not a program yet, and runs
// it on the same capture.
func (r *runner) netstack() error {
	prog := r.Netstack
	st, err := os.Stat(prog)
	if err != nil {
		return err
	}
	if st.IsDir() {
		dir, err := os.MkdirTemp(r.Dir, "packetwalk-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		prog = filepath.Join(dir, "netstack")
		if err := buildNetstack(r.ctx, r.Netstack, prog); err != nil {
			return err
		}
	}
	fps, err := runNetstack(r.ctx, prog, r.path, r.Runs)
	if err != nil {
		return err
	}
	r.NetstackFPS = Figure(fps)
	return nil
}

// Print writes the figures for people.
func (r *Result) Print(to io.Writer) error {
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, "%s frames", thousands(Figure(r.Frames)))
	if r.Flows > 0 {
		fmt.Fprintf(w, " in %s flows", thousands(Figure(r.Flows)))
	}
	fmt.Fprintf(w, ", %.0f bytes a frame; one core, seconds of computing; %s %s", float64(r.FrameBytes), r.Go, r.Platform)
	if r.Tshark != "" {
		fmt.Fprintf(w, "; %s", r.Tshark)
	}
	w.WriteString("\n")
	if r.Turns > 1 {
		fmt.Fprintf(w, "decoding, the stack and the index: the median of %d runs", r.Turns)
		if r.Tshark != "" {
			fmt.Fprint(w, "; so is tshark's protocol tree, by turns with the index")
		}
		w.WriteString("\n")
	}
	w.WriteString("\n")
	for _, l := range []struct {
		what, unit string
		f          Figure
	}{
		{"read and decode alone (gopacket)", "frames/s", r.DecodeFPS},
		{"whole stack, nobody listening", "frames/s", r.StackFPS},
		{"  with a silent listener", "frames/s", r.SilentFPS},
		{"  with the index being built", "frames/s", r.IndexFPS},
		{"  with every event recorded", "frames/s", r.RecordFPS},
		{"  with every event printed as ndjson", "frames/s", r.NDJSONFPS},
		{"tshark -q -z io,phs", "frames/s", r.TsharkFPS},
		{"tshark -T json", "frames/s", r.TsharkJSONFPS},
		{"gVisor netstack", "frames/s", r.NetstackFPS},
		{"events a frame", "", r.EventsFrame},
		{"seek to a random packet, p50", "ms", r.SeekP50},
		{"seek to a random packet, p99", "ms", r.SeekP99},
		{"one step back, p99", "ms", r.StepBack},
		{"first screen", "ms", r.FirstScreen},
		{"animation at 200x50, p99", "ms", r.UIP99},
		{"animation at 200x50, of a core", "%", r.UICPU},
		{"animation at 200x50, bytes a frame", "", r.UIBytes},
		{"index and checkpoints", "MiB", r.IndexMiB},
		{"peak memory, index and seeks", "MiB", r.IndexRSS},
		{"peak memory, whole run", "MiB", r.RSS},
	} {
		if l.f.Known() {
			fmt.Fprintf(w, "%-40s %12s %s\n", l.what, thousands(l.f), l.unit)
		}
	}
	if len(r.Outcomes) > 0 {
		fmt.Fprintf(w, "%-40s", "what became of the packets")
		for _, k := range slices.Sorted(maps.Keys(r.Outcomes)) {
			fmt.Fprintf(w, " %s %s", thousands(Figure(r.Outcomes[k])), k)
		}
		w.WriteString("\n")
	}
	w.WriteString("\n")
	for _, c := range r.Targets {
		fmt.Fprintln(w, c)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(w, "\nproblem: %s\n", p)
	}
	return w.Flush()
}

// String is one line about a target.
func (c Check) String() string {
	sign := "at least"
	if c.Below {
		sign = "at most"
	}
	s := fmt.Sprintf("%-40s %12s %-4s %s %s", c.Name, thousands(c.Value), c.Unit, sign, thousands(c.Gate))
	if c.Goal.Known() {
		s += ", goal " + thousands(c.Goal)
	}
	return s + ": " + c.Word
}

// thousands writes a figure as people read it: whole numbers with commas,
// small ones with three digits.
func thousands(f Figure) string {
	switch {
	case !f.Known() || math.IsInf(float64(f), 0):
		return "-"
	case f < 0.01 && f > 0:
		return fmt.Sprintf("%.5f", float64(f))
	case f < 10 && f != Figure(int(f)):
		return fmt.Sprintf("%.3g", float64(f))
	case f < 100 && f != Figure(int(f)):
		return fmt.Sprintf("%.1f", float64(f))
	}
	s := fmt.Sprintf("%.0f", float64(f))
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

var errNothing = errors.New("the capture has no frames")

// since is a wall's time in ms.
func since(t time.Time) Figure { return Figure(time.Since(t).Seconds() * 1000) }
