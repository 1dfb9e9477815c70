package bench

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// jsonFrames is how many frames tshark prints as JSON: enough to know how
// fast it is, few enough to wait for.
const jsonFrames = 20000

// ErrNoTshark is returned when tshark is not installed.
var ErrNoTshark = errors.New("tshark is not installed")

// TsharkVersion is the first line that tshark says of itself, "" when it is
// not installed.
func TsharkVersion() string {
	b, err := exec.Command("tshark", "--version").Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSuffix(strings.TrimSpace(line), ".")
}

// Tshark times `tshark -n -r path -q -z io,phs` and returns frames/s of a
// capture with the given number of frames. Its time to start counts.
func Tshark(ctx context.Context, path string, frames int) (float64, error) {
	d, err := tshark(ctx, "-n", "-r", path, "-q", "-z", "io,phs")
	return perSecond(frames, d), err
}

// TsharkJSON times `tshark -n -r path -T json` on the first frames of a
// capture and returns frames/s. Its time to start does not count, since it
// would not in a capture of any size.
func TsharkJSON(ctx context.Context, path string, frames int) (float64, error) {
	start, err := tshark(ctx, "-n", "-r", path, "-T", "json", "-c", "1")
	if err != nil {
		return 0, err
	}
	n := min(frames, jsonFrames)
	d, err := tshark(ctx, "-n", "-r", path, "-T", "json", "-c", strconv.Itoa(n))
	if d > 2*start {
		d -= start
	}
	return perSecond(n, d), err
}

// tshark runs it with its output thrown away and returns how long it computed:
// all other rates are of computing time too (see watch).
func tshark(ctx context.Context, args ...string) (time.Duration, error) {
	path, err := exec.LookPath("tshark")
	if err != nil {
		return 0, ErrNoTshark
	}
	c := exec.CommandContext(ctx, path, args...)
	var complaint strings.Builder
	c.Stderr = &complaint
	start := time.Now()
	if err := c.Run(); err != nil {
		return 0, fmt.Errorf("tshark %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(complaint.String()))
	}
	if cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime(); cpu > 0 {
		return cpu, nil
	}
	return time.Since(start), nil
}

func perSecond(n int, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
