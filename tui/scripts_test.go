package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
)

// scripts are keys from the first packet on, and what the screen then shows:
// texts that it holds, and with "!" before such that it does not. In what is
// typed a ~ is a space.
var scripts = []struct {
	name, capture string
	w, h          int
	keys          string
	shows         []string
}{
	{"steps", "ping", 120, 40, "n n n l l l h", []string{"packet 4/8  step 3/", "▶   3", "next"}},
	{"a drop", "closed-ports", 80, 24, "d", []string{"DROPPED NO_SOCKET", "✗transport", "✗ DROPPED at transport"}},
	{"a drop in boxes", "closed-ports", 200, 50, "d", []string{"✗ DROP", "NO_SOCKET in __udp4_lib_rcv", "DROPPED NO_SOCKET"}},
	{"until", "http", 120, 40, "u type:tcp_v4_rcv enter", []string{"┃ transport", "in tcp_v4_rcv"}},
	{"until tab", "http", 120, 40, "u type:ip_r tab enter", []string{"step "}},
	{"filter", "http", 100, 30, "/ type:port~80 enter", []string{"only port 80", "packets that match the filter"}},
	{"a wrong filter", "http", 100, 30, "/ type:port~x enter", []string{"! ", "packet 1/52"}},
	{"a filter taken back", "http", 100, 30, "/ type:arp enter / enter G", []string{"!only arp", "packet 52/52"}},
	{"go to", "http", 160, 45, ": type:17 enter", []string{"packet 17/52  step 1/"}},
	{"commands", "http", 160, 45, ": type:seek~17 enter : type:forward~3 enter", []string{"packet 17/52  step 4/"}},
	{"no command", "http", 160, 45, ": type:jump enter", []string{"no such command: jump"}},
	{"nothing typed", "http", 160, 45, ": esc l", []string{"step 2/"}},
	{"help", "ping", 120, 40, "?", []string{"Steps", "Signs", "one step on", "TCP: SYN opens"}},
	{"help closed", "ping", 120, 40, "? esc", []string{"!one step on", "packet 1/8"}},
	{"zoom", "ping", 80, 24, "Z", []string{"what happens here, and why", "!calls of the kernel", "!PRE_ROUTING"}},
	{"zoom and back", "ping", 80, 24, "Z Z", []string{"calls of the kernel", "PRE_ROUTING"}},
	{"tabs", "http", 120, 40, "s 2", []string{"[2 tables]"}},
	{"small tabs", "http", 80, 24, "s 2 1", []string{"[1 state]", "!what happens here, and why"}},
	{"panes take turns", "http", 80, 24, "tab tab", []string{"═ bytes", "Ethernet"}},
	{"cursor on the map", "ping", 200, 50, "shift+tab shift+tab shift+tab shift+tab shift+tab shift+tab shift+tab J", []string{"▸ "}},
	{"play", "ping", 120, 40, "space", []string{"PLAYING 2 steps/s"}},
	{"pause", "ping", 120, 40, "space space", []string{"!PLAYING"}},
	{"faster", "ping", 120, 40, "space + +", []string{"PLAYING 8 steps/s"}},
	{"overview", "closed-ports", 120, 40, "O", []string{"packets took", "enter open", "!the way through the stack"}},
	{"overview and back", "closed-ports", 120, 40, "O O", []string{"the way through the stack", "packet 1/10"}},
	{"a way chosen", "closed-ports", 120, 40, "O j enter", []string{"the way through the stack"}},
	{"esc goes up", "ping", 120, 40, "esc", []string{"packets took"}},
	{"breakpoint", "http", 120, 40, ": type:break~tcp_v4_rcv enter c", []string{"tcp_v4_rcv"}},
	{"search", "ping", 120, 40, "* type:echo~reply enter", []string{"echo reply"}},
	{"tenths", "http", 120, 40, "] ] [", []string{"packet 6/52"}},
	{"theme", "ping", 120, 40, "T T", []string{"packet 1/8"}},
	{"who wrote it", "http", 120, 40, ": type:6 enter w type:sk.state enter", []string{"packet "}},
}

// TestScripts presses keys and looks at the screen, cell by cell as a terminal
// draws it.
func TestScripts(t *testing.T) {
	for _, c := range scripts {
		t.Run(c.name, func(t *testing.T) {
			d := realDriver(t, c.capture, c.w, c.h)
			for _, k := range strings.Fields(c.keys) {
				if text, ok := strings.CutPrefix(k, "type:"); ok {
					for _, r := range strings.ReplaceAll(text, "~", " ") {
						d.msg(tea.KeyPressMsg{Code: r, Text: string(r)})
					}
					continue
				}
				d.msg(keyMsg(k))
			}
			text := terminal(d.model(), c.w, c.h)
			for _, w := range c.shows {
				not, no := strings.CutPrefix(w, "!")
				if w == "! " {
					not, no = w, false
				}
				if strings.Contains(text, not) == no {
					t.Errorf("shows %q: %v\n%s", not, no, text)
				}
			}
		})
	}
}

// terminal is what a terminal of w by h cells shows.
func terminal(m Model, w, h int) string {
	b := uv.NewScreenBuffer(w, h)
	uv.NewStyledString(m.View().Content).Draw(b, b.Bounds())
	var sb strings.Builder
	for y := range h {
		row := ""
		for x := range w {
			c := b.CellAt(x, y)
			if c == nil || c.Content == "" {
				row += " "
				continue
			}
			row += c.Content
		}
		sb.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	return sb.String()
}
