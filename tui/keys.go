package tui

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/packetwalk/packetwalk/stack/view"
)

// An Action is what a key does that is no view.Command.
type Action int

// The actions.
const (
	DoCommand Action = iota // send Command
	PlayPause
	Faster
	Slower
	Focus
	FocusBack
	ShowTab // Cmd.N: of tabs, from 1
	Zoom
	NextGrain
	NextFollow
	Tenth // Cmd.N tenths of the capture on, negative: back
	PromptFilter
	PromptSeek
	PromptUntil
	PromptWhy
	PromptLook
	PromptBreak
	PromptSearch
	PromptGloss
	ToggleHelp
	ToggleMouse
	ToggleTheme
	ClearAll
	ScrollDown
	ScrollUp
	PageDown
	PageUp
	Redraw
	Suspend
	Quit
)

// A Key is one row of the table.
type Key struct {
	Name   string   // what settings call it
	Keys   []string // as bubbletea names them; the first is shown
	Action Action
	Cmd    view.Command
	Short  string // for the footer; empty: not shown there
	Extra  bool   // the first to go where the footer is short
	Help   string // for the ? screen
	Group  string // heading on the ? screen
}

func verb(v view.Verb) view.Command              { return view.Command{Verb: v} }
func mark(v view.Verb, kind string) view.Command { return view.Command{Verb: v, Expr: kind} }
func keys(list ...string) []string               { return list }
func number(n int) view.Command                  { return view.Command{N: n} }

// Keys is the one table of keys. "/" filters as in termshark and k9s, ":" takes
// commands as in vi and k9s, esc goes up a level as in k9s, tab, numbers and J K
// do what they do in lazygit.
var Keys = []Key{
	{"forward", keys("l", "right", "j", "down"), DoCommand, verb(view.Forward), "step", false, "one step on", "Steps"},
	{"back", keys("h", "left", "k", "up"), DoCommand, verb(view.Back), "back", false, "one step back", "Steps"},
	{"over", keys("o"), DoCommand, verb(view.Over), "over", true, "to where this call returns", "Steps"},
	{"until", keys("u"), PromptUntil, verb(view.Until), "", false, "on until a function is called", "Steps"},
	{"grain", keys("z"), NextGrain, verb(view.Grain), "", false, "step by hook, function or field", "Steps"},
	{"follow", keys("f"), NextFollow, verb(view.Follow), "", false, "follow packet, family, flow or all", "Steps"},
	{"play", keys("space"), PlayPause, view.Command{}, "play", false, "play, pause", "Steps"},
	{"faster", keys("+", "="), Faster, view.Command{}, "", false, "play faster", "Steps"},
	{"slower", keys("-"), Slower, view.Command{}, "", false, "play slower", "Steps"},

	{"next-packet", keys("n", "pgdown"), DoCommand, verb(view.NextPacket), "packet", false, "next packet", "Packets"},
	{"prev-packet", keys("p", "pgup"), DoCommand, verb(view.PrevPacket), "", false, "packet before", "Packets"},
	{"first", keys("g", "home"), DoCommand, verb(view.First), "", false, "first packet", "Packets"},
	{"last", keys("G", "end"), DoCommand, verb(view.Last), "", false, "last packet", "Packets"},
	{"later", keys("]"), Tenth, number(1), "", false, "a tenth of the capture later", "Packets"},
	{"earlier", keys("["), Tenth, number(-1), "", false, "a tenth of the capture earlier", "Packets"},
	{"command", keys(":"), PromptSeek, verb(view.Seek), "", false, "packet N, command; ip, ss, nft", "Packets"},
	{"filter", keys("/"), PromptFilter, verb(view.Filter), "filter", true, "tcpdump filter; empty: all", "Packets"},
	{"overview", keys("O"), DoCommand, verb(view.ShowOverview), "overview", true, "the capture at a glance, and back", "Packets"},

	{"next-drop", keys("d"), DoCommand, verb(view.NextDrop), "drop", false, "next drop", "Jumps"},
	{"prev-drop", keys("D"), DoCommand, verb(view.PrevDrop), "", false, "drop before", "Jumps"},
	{"next-state", keys("s"), DoCommand, mark(view.NextMark, "state"), "state", true, "next change of a socket's state", "Jumps"},
	{"prev-state", keys("S"), DoCommand, mark(view.PrevMark, "state"), "", false, "change of state before", "Jumps"},
	{"next-retransmit", keys("r"), DoCommand, mark(view.NextMark, "retransmit"), "", false, "next retransmission", "Jumps"},
	{"prev-retransmit", keys("R"), DoCommand, mark(view.PrevMark, "retransmit"), "", false, "retransmission before", "Jumps"},
	{"next-neigh", keys("a"), DoCommand, mark(view.NextMark, "neigh"), "", false, "next news of a neighbour (ARP, ND)", "Jumps"},
	{"prev-neigh", keys("A"), DoCommand, mark(view.PrevMark, "neigh"), "", false, "news of a neighbour before", "Jumps"},
	{"why", keys("w"), PromptWhy, verb(view.WhyValue), "why", true, "who wrote a value? (or click it)", "Jumps"},
	{"return", keys("backspace", "ctrl+o"), DoCommand, verb(view.Return), "", false, "back from the last jump", "Jumps"},

	{"search", keys("*", "ctrl+f"), PromptSearch, verb(view.Search), "", false, "search words in steps and packets", "Stops"},
	{"search-next", keys(";"), DoCommand, verb(view.Search), "", false, "the next that was searched", "Stops"},
	{"search-prev", keys(","), DoCommand, verb(view.SearchBack), "", false, "the one before", "Stops"},
	{"break", keys("b"), PromptBreak, verb(view.SetBreak), "", false, "set or clear a breakpoint", "Stops"},
	{"breaks", keys("B"), ShowTab, number(6), "", false, "list the breakpoints", "Stops"},
	{"run", keys("c"), DoCommand, verb(view.Run), "", false, "run on to the next breakpoint", "Stops"},
	{"run-back", keys("C"), DoCommand, verb(view.RunBack), "", false, "run back to the one before", "Stops"},

	{"depth", keys("t"), DoCommand, verb(view.SetDepth), "", false, "words for beginner, operator, kernel", "Words"},
	{"explain", keys("i"), PromptGloss, verb(view.Explain), "", false, "explain a term", "Words"},
	{"look", keys("L"), PromptLook, verb(view.Look), "", false, "all fields of skb, sk, neigh …", "Words"},
	{"next-part", keys(">"), DoCommand, verb(view.NextPart), "", false, "lesson: next part", "Words"},
	{"prev-part", keys("<"), DoCommand, verb(view.PrevPart), "", false, "lesson: part before", "Words"},

	{"focus", keys("tab"), Focus, view.Command{}, "panes", false, "next pane", "Screen"},
	{"focus-back", keys("shift+tab"), FocusBack, view.Command{}, "", false, "pane before", "Screen"},
	{"zoom", keys("Z", "enter"), Zoom, view.Command{}, "", false, "this pane on the whole screen", "Screen"},
	{"scroll-down", keys("J"), ScrollDown, view.Command{}, "", false, "scroll down; on the map the cursor", "Screen"},
	{"scroll-up", keys("K"), ScrollUp, view.Command{}, "", false, "scroll up", "Screen"},
	{"page-down", keys("ctrl+d"), PageDown, view.Command{}, "", false, "half a page down", "Screen"},
	{"page-up", keys("ctrl+u"), PageUp, view.Command{}, "", false, "half a page up", "Screen"},
	{"tab-state", keys("1"), ShowTab, number(1), "", false, "objects of this step", "Screen"},
	{"tab-tables", keys("2"), ShowTab, number(2), "", false, "tables: sockets, routes, counters", "Screen"},
	{"tab-plots", keys("3"), ShowTab, number(3), "", false, "plots: sequence, window, RTT", "Screen"},
	{"tab-time", keys("4"), ShowTab, number(4), "", false, "where the time went", "Screen"},
	{"tab-family", keys("5"), ShowTab, number(5), "", false, "the packet's family", "Screen"},
	{"tab-breaks", keys("6"), ShowTab, number(6), "", false, "breakpoints", "Screen"},
	{"tab-rules", keys("7"), ShowTab, number(7), "", false, "netfilter: chains, rules; tc filters", "Screen"},
	{"tab-script", keys("8"), ShowTab, number(8), "", false, "a lab's script and its output", "Screen"},
	{"tab-tcp", keys("9"), ShowTab, number(9), "", false, "TCP: queues, timers, what limits", "Screen"},
	{"tab-machines", keys("0"), ShowTab, number(10), "", false, "machines side by side, devices, wires", "Screen"},
	{"theme", keys("T"), ToggleTheme, view.Command{}, "", false, "light or dark", "Screen"},
	{"mouse", keys("M"), ToggleMouse, view.Command{}, "", false, "mouse on, or off to select text", "Screen"},
	{"redraw", keys("ctrl+l"), Redraw, view.Command{}, "", false, "draw the screen again", "Screen"},
	{"suspend", keys("ctrl+z"), Suspend, view.Command{}, "", false, "to the shell; fg comes back", "Screen"},
	{"help", keys("?", "f1"), ToggleHelp, view.Command{}, "help", false, "this help", "Screen"},
	{"close", keys("esc"), ClearAll, view.Command{}, "", false, "close, stop, cancel; overview", "Screen"},
	{"quit", keys("q", "ctrl+c"), Quit, view.Command{}, "quit", false, "leave", "Screen"},
}

// A Keymap is a table of keys with its index.
type Keymap struct {
	Keys  []Key
	index map[string]int
}

// defaultKeys is the table without settings.
var defaultKeys = must(ApplyKeys(nil))

func must(k *Keymap, err error) *Keymap {
	if err != nil {
		panic(err)
	}
	return k
}

// ApplyKeys returns the table of keys with other keys for some rows: names of
// rows ("next-drop") to keys with spaces between ("d ctrl+n"). A row named in
// overrides loses its own keys; a key that another row has is an error, as is a
// name that no row has. The key ctrl+c always leaves.
func ApplyKeys(overrides map[string]string) (*Keymap, error) {
	m := &Keymap{Keys: slices.Clone(Keys), index: map[string]int{}}
	names := make([]string, 0, len(overrides))
	for name := range overrides {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		i := slices.IndexFunc(m.Keys, func(k Key) bool { return k.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("keys: there is no %q; the names are: %s", view.Clean(name), strings.Join(KeyNames(), " "))
		}
		list := strings.Fields(overrides[name])
		if len(list) == 0 {
			return nil, fmt.Errorf("keys: %s needs a key", name)
		}
		for _, k := range list {
			if err := checkKey(k); err != nil {
				return nil, fmt.Errorf("keys: %s: %w", name, err)
			}
		}
		if name == "quit" && !slices.Contains(list, "ctrl+c") {
			list = append(list, "ctrl+c")
		}
		m.Keys[i].Keys = list
	}
	for i := range m.Keys {
		for _, k := range m.Keys[i].Keys {
			if other, taken := m.index[k]; taken {
				return nil, fmt.Errorf("keys: %q is both %s and %s", k, m.Keys[other].Name, m.Keys[i].Name)
			}
			m.index[k] = i
		}
	}
	return m, nil
}

// KeyNames are the names of the rows of the table of keys.
func KeyNames() []string {
	list := make([]string, len(Keys))
	for i := range Keys {
		list[i] = Keys[i].Name
	}
	return list
}

var namedKeys = []string{"left", "right", "up", "down", "space", "tab", "enter", "esc", "backspace", "delete", "insert", "home", "end", "pgup", "pgdown",
	"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12"}

// checkKey reports what is wrong with the name of a key.
func checkKey(k string) error {
	rest := k
	for _, mod := range [...]string{"ctrl+", "alt+", "shift+"} {
		if r, ok := strings.CutPrefix(rest, mod); ok && r != "" {
			rest = r
		}
	}
	if utf8.RuneCountInString(rest) == 1 || slices.Contains(namedKeys, rest) {
		return nil
	}
	return fmt.Errorf("%q is no key: write one character, or %s, after ctrl+, alt+ or shift+", view.Clean(k), strings.Join(namedKeys[:15], " "))
}

// lookup is the row that a key has, nil if none.
func (m *Keymap) lookup(key string) *Key {
	if i, ok := m.index[key]; ok {
		return &m.Keys[i]
	}
	return nil
}

// named is a row by its name.
func (m *Keymap) named(name string) *Key {
	for i := range m.Keys {
		if m.Keys[i].Name == name {
			return &m.Keys[i]
		}
	}
	return &Key{Name: name, Keys: []string{"?"}}
}

// keyOf is the first key of a row.
func (m *Keymap) keyOf(name string) string { return keyLabel(m.named(name).Keys[0]) }

// keymap is the table that the reader chose.
func (l *local) keymap() *Keymap {
	if l.keys == nil {
		return defaultKeys
	}
	return l.keys
}

// keyLabel is how a key reads.
func keyLabel(k string) string {
	switch k {
	case "left":
		return "←"
	case "right":
		return "→"
	case "up":
		return "↑"
	case "down":
		return "↓"
	}
	return k
}
