package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// buildNetstack builds the program in netstack/ with the go command.
func buildNetstack(ctx context.Context, dir, prog string) error {
	c := exec.CommandContext(ctx, "go", "build", "-o", prog, ".")
	c.Dir = dir
	if b, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go build in %s: %w: %s", dir, err, strings.TrimSpace(string(b)))
	}
	return nil
}

// runNetstack runs it and returns frames/s.
func runNetstack(ctx context.Context, prog, capture string, runs int) (float64, error) {
	c := exec.CommandContext(ctx, prog, "-r", capture, "-json", "-runs", strconv.Itoa(runs))
	b, err := c.Output()
	if err != nil {
		if e := (*exec.ExitError)(nil); errors.As(err, &e) {
			return 0, fmt.Errorf("%w: %s", err, strings.TrimSpace(string(e.Stderr)))
		}
		return 0, err
	}
	var v struct {
		FPS float64 `json:"netstack_fps"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return 0, err
	}
	return v.FPS, nil
}
