//go:build unix

package tui

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	xansi "github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// A console is the real program in a terminal emulator: what it writes to its
// terminal goes there byte by byte.
type console struct {
	t      *testing.T
	f      *os.File
	cmd    *exec.Cmd
	exited chan struct{}
	rate   int // bytes a second that the line takes; 0: all

	mu     sync.Mutex
	emu    *vt.Emulator
	raw    []byte
	title  string
	hidden bool // the cursor
	modes  map[xansi.Mode]bool
}

// newConsole starts the program with arguments in w by h cells.
func newConsole(t *testing.T, w, h, rate int, env []string, args ...string) *console {
	t.Helper()
	c := &console{t: t, rate: rate, emu: vt.NewEmulator(w, h), exited: make(chan struct{}), modes: map[xansi.Mode]bool{}}
	c.emu.SetCallbacks(vt.Callbacks{
		Title:            func(s string) { c.title = s },
		CursorVisibility: func(on bool) { c.hidden = !on },
		EnableMode:       func(m xansi.Mode) { c.modes[m] = true },
		DisableMode:      func(m xansi.Mode) { delete(c.modes, m) },
	})
	dir := t.TempDir()
	c.cmd = exec.Command(built(t), args...)
	c.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LANG=C.UTF-8", "LC_ALL=", "LC_CTYPE=", "NO_COLOR=", "COLORTERM=", "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+dir, "XDG_DATA_HOME="+dir)
	c.cmd.Env = append(c.cmd.Env, env...)
	f, err := pty.StartWithSize(c.cmd, &pty.Winsize{Rows: uint16(h), Cols: uint16(w)})
	if err != nil {
		t.Fatal(err)
	}
	c.f = f
	read := make(chan struct{})
	go func() {
		c.read()
		close(read)
	}()
	go io.Copy(f, c.emu) //nolint:errcheck // what the terminal answers; it ends with the file
	go func() {
		c.cmd.Wait() //nolint:errcheck // the tests look at how it ended
		select {
		case <-read:
		case <-time.After(5 * time.Second):
		}
		close(c.exited)
	}()
	t.Cleanup(func() {
		c.cmd.Process.Kill() //nolint:errcheck // it may have ended
		<-c.exited
		f.Close()
		c.emu.Close()
	})
	return c
}

// read takes what the program writes, as fast as the line is.
func (c *console) read() {
	buf := make([]byte, 1<<15)
	if c.rate > 0 {
		buf = buf[:c.rate/100]
	}
	for {
		n, err := c.f.Read(buf)
		c.mu.Lock()
		c.raw = append(c.raw, buf[:n]...)
		c.emu.Write(buf[:n]) //nolint:errcheck // it takes everything
		c.mu.Unlock()
		if err != nil {
			return
		}
		if c.rate > 0 {
			time.Sleep(time.Duration(n) * time.Second / time.Duration(c.rate))
		}
	}
}

// text is the screen.
func (c *console) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.emu.String()
}

// wait waits until the screen shows what is asked for.
func (c *console) wait(what string, ok func(string) bool) string {
	c.t.Helper()
	now := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if now = c.text(); ok(now) {
			return now
		}
	}
	c.t.Fatalf("no %s; the screen:\n%s", what, now)
	return ""
}

func (c *console) shows(text string) string {
	c.t.Helper()
	return c.wait(text, func(x string) bool { return strings.Contains(x, text) })
}

func (c *console) gone(text string) string {
	c.t.Helper()
	return c.wait("screen without "+text, func(x string) bool { return !strings.Contains(x, text) })
}

// press types.
func (c *console) press(keys string) {
	c.t.Helper()
	if _, err := io.WriteString(c.f, keys); err != nil {
		c.t.Fatal(err)
	}
}

func (c *console) resize(w, h int) {
	c.mu.Lock()
	c.emu.Resize(w, h)
	c.mu.Unlock()
	if err := pty.Setsize(c.f, &pty.Winsize{Rows: uint16(h), Cols: uint16(w)}); err != nil {
		c.t.Fatal(err)
	}
}

// whole waits for a screen that is drawn to its last row.
func (c *console) whole(h int) string {
	c.t.Helper()
	return c.wait("whole screen", func(x string) bool {
		rows := strings.Split(x, "\n")
		return len(rows) == h && strings.Contains(rows[h-1], "q quit")
	})
}

// left waits for the program's end, and looks whether the terminal is as it was.
func (c *console) left(code int) {
	c.t.Helper()
	select {
	case <-c.exited:
	case <-time.After(30 * time.Second):
		c.t.Fatalf("the program goes on:\n%s", c.text())
	}
	if got := c.cmd.ProcessState.ExitCode(); got != code {
		c.t.Errorf("it ended with %d, not %d", got, code)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.emu.IsAltScreen() {
		c.t.Error("it left the terminal on the other screen")
	}
	if c.hidden {
		c.t.Error("it left the cursor hidden")
	}
	for _, m := range []xansi.Mode{xansi.ModeMouseNormal, xansi.ModeMouseButtonEvent, xansi.ModeMouseAnyEvent, xansi.ModeMouseExtSgr, xansi.ModeBracketedPaste, xansi.ModeFocusEvent} {
		if c.modes[m] {
			c.t.Errorf("it left mode %v on", m)
		}
	}
}

// emulated are scripts in the terminal emulator, from the overview on.
var emulated = []struct {
	name, capture string
	env           []string
	run           func(c *console, w, h int)
}{
	{"steps", "ping", nil, func(c *console, w, h int) {
		c.press("O")
		c.wait("first step", func(x string) bool { return place(x) == "1 1" })
		c.press("lll\x1b[C")
		c.wait("step 5", func(x string) bool { return place(x) == "1 5" })
		c.press("h\x1b[D")
		c.wait("step 3", func(x string) bool { return place(x) == "1 3" })
		c.press("n")
		c.wait("packet 2", func(x string) bool { return strings.HasPrefix(place(x), "2 ") })
		c.press("O")
		c.shows("at a glance")
	}},
	{"a drop", "closed-ports", nil, func(c *console, w, h int) {
		c.press("Od")
		c.shows("DROPPED NO_SOCKET")
		c.press("D")
		c.shows("! ")
	}},
	{"tables", "http", nil, func(c *console, w, h int) {
		c.press("Os")
		c.shows("calls of the kernel")
		c.press("2")
		c.shows("ss -tuwanm")
		c.press("3")
		c.shows("[3 plots]")
		c.press("4")
		c.shows("from end to end")
	}},
	{"a filter", "http", nil, func(c *console, w, h int) {
		c.press("O")
		c.shows("calls of the kernel")
		c.press("/port 80\r")
		c.shows("only port 80")
		c.press("/port x\r")
		c.shows("! ")
	}},
	{"help", "ping", nil, func(c *console, w, h int) {
		c.press("O?")
		c.shows("one step on")
		c.press("\x1b")
		c.gone("one step on")
	}},
	{"suggestions", "ping", nil, func(c *console, w, h int) {
		c.press("O:gr")
		c.shows("how far a step goes")
		c.press("\t field\r")
		c.shows("by field")
	}},
	{"a term", "ping", nil, func(c *console, w, h int) {
		c.press("O")
		c.shows("calls of the kernel")
		c.press("i\x15qdisc\r")
		c.shows("esc close")
		c.press("\x1b")
		c.gone("esc close")
	}},
	{"a way", "closed-ports", nil, func(c *console, w, h int) {
		c.press("\x1b[B\r")
		c.shows("only TCP in")
	}},
	{"sizes while playing", "http", nil, func(c *console, w, h int) {
		c.press("O ++++")
		c.shows("PLAYING")
		for _, z := range [][2]int{{200, 50}, {20, 5}, {500, 200}, {79, 24}, {81, 25}, {110, 31}, {1, 1}, {160, 45}} {
			c.resize(z[0], z[1])
			time.Sleep(40 * time.Millisecond)
		}
		c.resize(60, 20)
		c.shows("needs 80 by 24")
		c.resize(w, h)
		c.press(" ")
		c.gone("PLAYING")
		if p := place(c.whole(h)); p == "" || p == "1 1" {
			c.t.Errorf("it did not play: %q", p)
		}
	}},
	{"a paste", "http", nil, func(c *console, w, h int) {
		c.press("O")
		c.wait("first step", func(x string) bool { return place(x) == "1 1" })
		c.press("\x1b[200~qqq\x03lll\x1b[201~") // no keys
		c.press("/\x1b[200~port 80\nor\t\x1b]0;TAKEN\x07arp\x1b[201~")
		x := c.shows("show only")
		if place(x) != "1 1" {
			c.t.Errorf("what was pasted was taken for keys:\n%s", x)
		}
		c.press("\x1b")
		c.gone("show only")
	}},
	{"mouse garbage", "ping", nil, func(c *console, w, h int) {
		c.press("O")
		c.shows("calls of the kernel")
		for _, s := range []string{"\x1b[<0;9999;9999M", "\x1b[<0;0;0M", "\x1b[<65;3;3M", "\x1b[<999;1;1m", "\x1b[<0;-5;7M", "\x1b[<;;M", "\x1b[<0;99999999999999999999;1M", "\x1b[999~", "\x1b[200~\x1b[201~"} {
			c.press(s)
		}
		c.press("?") // parts of them may have been taken for keys
		c.shows("one step on")
		c.press("?")
		c.gone("one step on")
	}},
	{"without UTF-8", "closed-ports", []string{"LANG=C", "LC_ALL=C"}, func(c *console, w, h int) {
		c.press("Od")
		for _, r := range c.shows("DROPPED NO_SOCKET") {
			if r > 126 {
				c.t.Fatalf("%q in a terminal of ASCII", r)
			}
		}
	}},
	{"without colour", "closed-ports", []string{"NO_COLOR=1"}, func(c *console, w, h int) {
		c.press("Od")
		c.shows("DROPPED NO_SOCKET")
		c.mu.Lock()
		defer c.mu.Unlock()
		if m := regexp.MustCompile(`\x1b\[([0-9]+;)*[349][0-8](;[0-9]+)*m`).Find(c.raw); m != nil {
			c.t.Errorf("a colour: %q", m)
		}
	}},
}

// TestEmulator presses keys in the real program, and looks at what a terminal
// emulator makes of what it writes.
func TestEmulator(t *testing.T) {
	built(t)
	for _, s := range emulated {
		for _, z := range [][2]int{{80, 24}, {120, 40}} {
			t.Run(fmt.Sprintf("%s at %dx%d", s.name, z[0], z[1]), func(t *testing.T) {
				c := newConsole(t, z[0], z[1], 0, s.env, "walk", s.capture)
				c.shows("packets took")
				c.whole(z[1])
				s.run(c, z[0], z[1])
				c.press("q")
				c.left(0)
			})
		}
	}
}

// TestEmulatorLeft: however the program ends, the terminal is given back.
func TestEmulatorLeft(t *testing.T) {
	for _, how := range []struct {
		name string
		do   func(c *console)
		code int
	}{
		{"q", func(c *console) { c.press("q") }, 0},
		{"ctrl+c", func(c *console) { c.press("\x03") }, 0},
		{"ctrl+c while something is typed", func(c *console) { c.press("O/tcp\x03") }, 0},
		{"SIGTERM", func(c *console) { c.cmd.Process.Signal(syscall.SIGTERM) }, 0},
		{"SIGINT", func(c *console) { c.cmd.Process.Signal(syscall.SIGINT) }, 0},
	} {
		t.Run(how.name, func(t *testing.T) {
			c := newConsole(t, 80, 24, 0, nil, "walk", "ping")
			c.whole(24)
			how.do(c)
			c.left(how.code)
		})
	}
}

// TestEmulatorPayload: nothing that a capture or its name says reaches the
// terminal as a command.
func TestEmulatorPayload(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "pcaps", "captures", "tcp.pcapng"))
	if err != nil {
		t.Fatal(err)
	}
	evil := []byte("\x1b]0;TAKEN\a\x1b[31mTAKEN\x1b[2J\x9b31m\x1bc")
	// Payloads begin behind TCP's timestamps: wherever many letters stand together.
	n := 0
	for i := 0; i+len(evil) < len(b); i++ {
		letters := 0
		for letters < len(evil) && b[i+letters] >= ' ' && b[i+letters] < 127 {
			letters++
		}
		if letters > 8 && i > 500 {
			copy(b[i:i+letters], evil)
			i += letters
			n++
		}
	}
	if n == 0 {
		t.Fatal("the capture holds no text to replace")
	}
	file := filepath.Join(t.TempDir(), "a\x1b]0;TAKEN\x07\x1b[2Jb.pcapng")
	if err := os.WriteFile(file, b, 0o666); err != nil {
		t.Skip("the file system takes no such name: ", err)
	}
	c := newConsole(t, 120, 40, 0, nil, "walk", file)
	c.whole(40)
	c.press("O")
	c.shows("calls of the kernel")
	for range 11 {
		c.press("n2")
		c.press("1")
	}
	c.press("G*")
	c.shows("search for")
	c.press("\x1b[200~\x1b]0;TAKEN\x07TAKEN\x1b[201~\r")
	c.gone("search for")
	c.press("q")
	c.left(0)
	for _, bad := range []string{"\x1b]0;TAKEN", "\x1b]2;TAKEN", "\x1b[31m", "\x1bc", "\u009b"} {
		if bytes.Contains(c.raw, []byte(bad)) {
			t.Errorf("%q reached the terminal", bad)
		}
	}
	if c.title != "" && !strings.HasPrefix(c.title, "packetwalk ") {
		t.Errorf("the title is %q", c.title)
	}
}

// TestSlowLine plays over a line of 100 kB/s: keys are answered within a second,
// and when playing stops so does what is written, for frames are left out, not
// queued.
func TestSlowLine(t *testing.T) {
	c := newConsole(t, 200, 50, 100_000, nil, "walk", "http")
	c.whole(50)
	c.press("O ++++")
	c.shows("PLAYING 30 steps/s")
	time.Sleep(2 * time.Second)
	c.mu.Lock()
	before := len(c.raw)
	c.mu.Unlock()
	time.Sleep(time.Second)
	c.mu.Lock()
	moved := len(c.raw) - before
	c.mu.Unlock()
	worst := time.Duration(0)
	for range 3 {
		for _, k := range []struct{ key, text string }{{"?", "one step on"}, {"?", "PLAYING"}} {
			c.press(k.key)
			if k.text == "PLAYING" {
				c.gone("one step on")
				c.press(" ")
			}
			start := time.Now()
			c.shows(k.text)
			worst = max(worst, time.Since(start))
		}
	}
	start := time.Now()
	c.press(" ")
	c.gone("PLAYING")
	worst = max(worst, time.Since(start))
	time.Sleep(time.Second)
	quiet := func() int {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.raw)
	}
	n := quiet()
	time.Sleep(300 * time.Millisecond)
	if more := quiet() - n; more > 0 {
		t.Errorf("a second after the end of playing %d bytes come in 300 ms", more)
	}
	t.Logf("%d kB/s while playing; the slowest answer took %v", moved/1000, worst)
	if worst > time.Second {
		t.Errorf("a key was answered after %v", worst)
	}
	c.press("q")
	c.left(0)
}
