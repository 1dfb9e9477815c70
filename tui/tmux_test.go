package tui

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// screen is the real program in a real terminal.
type screen struct {
	t      *testing.T
	socket string
}

func (s *screen) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-L", s.socket, "-f", "/dev/null"}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (s *screen) text() string { return s.tmux("capture-pane", "-p") }

// wait waits until the screen shows what is asked for.
func (s *screen) wait(what string, ok func(string) bool) string {
	s.t.Helper()
	var now string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if now = s.text(); ok(now) {
			return now
		}
	}
	s.t.Fatalf("no %s; the screen:\n%s", what, now)
	return ""
}

var placeRE = regexp.MustCompile(`packet (\d+)/(\d+)  step (\d+)/(\d+)`)

func place(text string) string {
	m := placeRE.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1] + " " + m[3]
}

// TestTmux walks a bundled capture with the real program in tmux.
func TestTmux(t *testing.T) {
	if testing.Short() {
		t.Skip("a real terminal takes some seconds")
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed: the real program is not tried in a terminal")
	}
	main := filepath.Join("..", "cmd", "packetwalk")
	bin := filepath.Join(t.TempDir(), "packetwalk")
	if out, err := exec.Command("go", "build", "-o", bin, "./"+main).CombinedOutput(); err != nil {
		t.Fatalf("the program does not build: %v\n%s", err, out)
	}
	s := &screen{t, fmt.Sprintf("packetwalk-test-%d", os.Getpid())}
	s.tmux("new-session", "-d", "-x", "120", "-y", "40", bin+" walk closed-ports; echo LEFT $?; sleep 60")
	defer exec.Command("tmux", "-L", s.socket, "kill-server").Run()

	first := s.wait("first packet", func(x string) bool { return place(x) == "1 1" && !strings.Contains(x, "indexing") })
	if !strings.Contains(first, "the way through the stack") || !strings.Contains(first, "calls of the kernel") {
		t.Errorf("the screen lacks panes:\n%s", first)
	}
	s.tmux("send-keys", "Space")
	s.wait("PLAYING", func(x string) bool { return strings.Contains(x, "PLAYING") })
	s.wait("step 3", func(x string) bool { return place(x) == "1 3" })
	s.tmux("send-keys", "Space")
	s.wait("pause", func(x string) bool { return !strings.Contains(x, "PLAYING") })
	s.tmux("send-keys", "g")
	s.wait("packet 1", func(x string) bool { return place(x) == "1 1" })
	for range 30 {
		s.tmux("send-keys", "l")
	}
	s.steady("30 steps", "1 1")
	for range 30 {
		s.tmux("send-keys", "h")
	}
	s.wait("the first step again", func(x string) bool { return place(x) == "1 1" })
	s.tmux("send-keys", "d")
	s.wait("a drop", func(x string) bool {
		return strings.Contains(x, "DROPPED NO_SOCKET")
	})
	for _, z := range [][2]int{{80, 24}, {200, 50}, {80, 24}} {
		s.tmux("resize-window", "-x", fmt.Sprint(z[0]), "-y", fmt.Sprint(z[1]))
		x := s.wait("a drawn screen", func(x string) bool {
			rows := strings.Split(strings.TrimRight(x, "\n"), "\n")
			return len(rows) == z[1] && strings.Contains(rows[len(rows)-1], "q quit")
		})
		if place(x) == "" || !strings.Contains(x, "packets") {
			t.Errorf("%v:\n%s", z, x)
		}
	}
	s.tmux("resize-window", "-x", "60", "-y", "15")
	s.wait("a polite word", func(x string) bool { return strings.Contains(x, "needs 80 by 24") })
	s.tmux("resize-window", "-x", "120", "-y", "40")
	s.tmux("send-keys", "?")
	s.wait("help", func(x string) bool { return strings.Contains(x, "one step on") })
	s.tmux("send-keys", "q")
	s.wait("the end", func(x string) bool { return strings.Contains(x, "LEFT 0") })
}

// steady waits until the screen has left a place and stays.
func (s *screen) steady(what, from string) {
	s.t.Helper()
	last, same := "", 0
	s.wait(what, func(x string) bool {
		if p := place(x); p == last && p != from {
			same++
		} else {
			last, same = p, 0
		}
		return same > 6
	})
}
