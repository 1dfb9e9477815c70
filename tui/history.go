package tui

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/packetwalk/packetwalk/tui/settings"
)

// maxHistory is how many lines are remembered.
const maxHistory = 500

// A history is the lines that were typed, the last one last.
type history struct {
	lines []string
	at    int    // which one is shown; len(lines): the new one
	fresh string // what was typed before looking back
	env   func(string) string
}

// loadHistory reads the lines of earlier times from the state's folder. What
// cannot be read counts as none.
func loadHistory(env func(string) string) *history {
	h := &history{env: env}
	if dir := settings.StateDir(env); dir != "" {
		if b, err := os.ReadFile(filepath.Join(dir, "history")); err == nil && len(b) < 1<<20 {
			for l := range strings.Lines(string(b)) {
				if l = strings.TrimRight(l, "\n"); l != "" {
					h.lines = append(h.lines, l)
				}
			}
		}
	}
	h.lines = h.lines[max(0, len(h.lines)-maxHistory):]
	h.at = len(h.lines)
	return h
}

// add remembers a line, here and in the state's folder.
func (h *history) add(line string) {
	if line = strings.TrimSpace(line); line == "" {
		return
	}
	if n := len(h.lines); n == 0 || h.lines[n-1] != line {
		h.lines = append(h.lines, line)
		h.lines = h.lines[max(0, len(h.lines)-maxHistory):]
		if h.env != nil {
			settings.Write(h.env, "history", []byte(strings.Join(h.lines, "\n")+"\n")) //nolint:errcheck // a comfort: a full disk must not stop a walk
		}
	}
	h.at = len(h.lines)
}

// move goes back in the lines, or forth; now is what is typed.
func (h *history) move(by int, now string) string {
	if h.at >= len(h.lines) {
		h.at, h.fresh = len(h.lines), now
	}
	to := h.at + by
	switch {
	case to < 0 || to > len(h.lines):
		return now
	case to == len(h.lines):
		h.at = to
		return h.fresh
	}
	h.at = to
	return h.lines[to]
}
