package bench

import (
	"os"
	"strconv"
	"strings"
)

// peak is the most memory that the process has had resident since it began or
// since resetPeak, in MiB (VmHWM of proc_pid_status(5)).
func peak() (float64, bool) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	_, rest, ok := strings.Cut(string(b), "VmHWM:")
	if !ok {
		return 0, false
	}
	words := strings.Fields(rest)
	if len(words) == 0 {
		return 0, false
	}
	kib, err := strconv.ParseFloat(words[0], 64)
	return kib / 1024, err == nil
}

// resetPeak begins a new count (proc_pid_clear_refs(5)).
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }
