package tui

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestHomeTmux starts the real program for the first time ever in tmux: the tour
// is offered and skipped, a capture is found by typing and walked, and the home
// screen is there again; the second start offers no tour. A file that was walked
// is among the recent ones.
func TestHomeTmux(t *testing.T) {
	bin := program(t)
	env := alone(t)
	file := filepath.Join(t.TempDir(), "mine.pcapng")
	b, err := os.ReadFile(filepath.Join("..", "pcaps", "captures", "ttl.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o666); err != nil {
		t.Fatal(err)
	}
	s := &screen{t, fmt.Sprintf("packetwalk-home-%d", os.Getpid())}
	s.tmux("-u", "new-session", "-d", "-x", "100", "-y", "30", env+bin+"; echo LEFT $?; "+env+bin+" walk "+file+"; "+env+bin+"; echo LEFT AGAIN $?; sleep 60")
	defer exec.Command("tmux", "-L", s.socket, "kill-server").Run()
	has := func(text string) func(string) bool { return func(x string) bool { return strings.Contains(x, text) } }

	s.wait("offer of the tour", has("any other key: skip"))
	s.tmux("send-keys", "x")
	s.wait("home screen", has("Captures that come with packetwalk"))
	s.tmux("send-keys", "-l", "closed")
	s.wait("what was typed", has("find: closed_"))
	s.tmux("send-keys", "Enter")
	s.wait("overview", has("closed-ports at a glance"))
	s.tmux("send-keys", "q")
	s.wait("home screen again", has("Captures that come with packetwalk"))
	s.tmux("send-keys", "q")
	s.wait("overview of the file", has("mine.pcapng at a glance"))
	s.tmux("send-keys", "q")
	s.wait("home screen, without the offer", has("Recent files"))
	if x := s.text(); !strings.Contains(x, "LEFT 0") && !strings.Contains(x, "mine.pcapng") || strings.Contains(x, "skip") {
		t.Errorf("the recent file is missing, or the tour is offered again:\n%s", x)
	}
	s.tmux("send-keys", "Escape")
	s.wait("the end", has("LEFT AGAIN 0"))
}

// TestCompareTmux compares two packets with the real program in tmux.
func TestCompareTmux(t *testing.T) {
	bin := program(t)
	s := &screen{t, fmt.Sprintf("packetwalk-compare-%d", os.Getpid())}
	s.tmux("-u", "new-session", "-d", "-x", "120", "-y", "40", alone(t)+bin+" compare closed-ports http --at 5 --with 3; echo LEFT $?; sleep 60")
	defer exec.Command("tmux", "-L", s.socket, "kill-server").Run()
	s.wait("where they part", func(x string) bool { return strings.Contains(x, "they part") && strings.Contains(x, "tcp_v4_rcv") })
	s.tmux("send-keys", "j")
	s.wait("a step of one of them", func(x string) bool { return strings.Contains(x, "This packet does not come here.") })
	s.tmux("resize-window", "-x", "80", "-y", "24")
	s.wait("one below the other", func(x string) bool { return strings.Contains(x, "= both") && strings.Contains(x, "q leave") })
	s.tmux("send-keys", "q")
	s.wait("the end", func(x string) bool { return strings.Contains(x, "LEFT 1") })
}
