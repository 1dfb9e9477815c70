package tui

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
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
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
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

// program builds the real program, for tests in tmux.
func program(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed: the real program is not tried in a terminal")
	}
	return built(t)
}

// built is the real program.
func built(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("the real program takes some seconds")
	}
	bin, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

var buildDir string

var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "packetwalk-test")
	if err != nil {
		return "", err
	}
	buildDir = dir
	bin := filepath.Join(dir, "packetwalk")
	if out, err := exec.Command("go", "build", "-o", bin, "./"+filepath.Join("..", "cmd", "packetwalk")).CombinedOutput(); err != nil {
		return "", fmt.Errorf("the program does not build: %v\n%s", err, out)
	}
	return bin, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if buildDir != "" {
		os.RemoveAll(buildDir)
	}
	os.Exit(code)
}

// alone keeps the settings of who runs the test out of it.
func alone(t *testing.T) string {
	dir := t.TempDir()
	return "env XDG_CONFIG_HOME=" + dir + " XDG_STATE_HOME=" + dir + " XDG_DATA_HOME=" + dir + " LANG=C.UTF-8 "
}

// TestTmux walks a bundled capture with the real program in tmux.
func TestTmux(t *testing.T) {
	bin := program(t)
	s := &screen{t, fmt.Sprintf("packetwalk-test-%d", os.Getpid())}
	s.tmux("-u", "new-session", "-d", "-x", "120", "-y", "40", alone(t)+bin+" walk closed-ports; echo LEFT $?; sleep 60")
	defer exec.Command("tmux", "-L", s.socket, "kill-server").Run()

	s.wait("overview", func(x string) bool { return strings.Contains(x, "packets took") && !strings.Contains(x, "indexing") })
	s.tmux("send-keys", "O")

	first := s.wait("first packet", func(x string) bool { return place(x) == "1 1" && !strings.Contains(x, "indexing") })
	if !strings.Contains(first, "the way through the stack") || !strings.Contains(first, "calls of the kernel") {
		t.Errorf("the screen lacks panes:\n%s", first)
	}
	s.tmux("send-keys", "Space")
	s.wait("PLAYING", func(x string) bool { return strings.Contains(x, "PLAYING") })
	s.wait("steps", func(x string) bool { return place(x) != "1 1" && place(x) != "1 2" })
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

// TestSignals: the terminal is given back when the program is stopped, by its
// key or from outside, when it goes on all is there again, and when it is told
// to end the terminal is as before.
func TestSignals(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("whether a process is stopped is read in /proc")
	}
	bin := program(t)
	s := &screen{t, fmt.Sprintf("packetwalk-signals-%d", os.Getpid())}
	s.tmux("-u", "new-session", "-d", "-x", "100", "-y", "30", "env PS1='ready> ' bash --norc --noprofile -i")
	defer exec.Command("tmux", "-L", s.socket, "kill-server").Run()
	s.wait("the shell", func(x string) bool { return strings.TrimSpace(x) == "ready>" })
	s.tmux("send-keys", alone(t)+bin+" walk ping", "Enter")
	there := func(x string) bool { return strings.Contains(x, "packets took") && strings.Contains(x, "q quit") }
	s.wait("overview", there)
	shell := strings.TrimSpace(s.tmux("display-message", "-p", "#{pane_pid}"))
	out, err := exec.Command("pgrep", "-P", shell).Output()
	if err != nil {
		t.Skip("the program's number is not found: ", err)
	}
	pid := strings.TrimSpace(string(out))
	alternate := func() string { return strings.TrimSpace(s.tmux("display-message", "-p", "#{alternate_on}")) }
	state := func() string {
		b, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			return "gone"
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		return rest[:1]
	}
	stops := 0
	stopped := func(what string) {
		t.Helper()
		stops++
		s.wait(what+": not stopped, or the shell does not ask", func(x string) bool {
			return state() == "T" && alternate() == "0" && strings.Count(x, "Stopped") == stops && strings.HasSuffix(strings.TrimSpace(x), "ready>")
		})
		s.tmux("send-keys", "fg", "Enter")
		s.wait(what+": not there again", func(x string) bool { return state() != "T" && alternate() == "1" && there(x) })
	}
	for range 2 {
		if err := exec.Command("kill", "-TSTP", pid).Run(); err != nil {
			t.Fatal(err)
		}
		stopped("stopped from outside")
	}
	s.tmux("send-keys", "C-z")
	stopped("ctrl+z")
	s.tmux("send-keys", "O")
	s.wait("the walk", func(x string) bool { return place(x) == "1 1" })
	if err := exec.Command("kill", "-TERM", pid).Run(); err != nil {
		t.Fatal(err)
	}
	s.wait("the shell", func(x string) bool {
		return state() == "gone" && alternate() == "0" && strings.HasSuffix(strings.TrimSpace(x), "ready>")
	})
	s.tmux("send-keys", "clear; stty -a", "Enter")
	s.wait("a terminal as before", func(x string) bool { return strings.Contains(x, " icanon") && strings.Contains(x, " echo ") })
}
