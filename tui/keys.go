package tui

import "github.com/packetwalk/packetwalk/stack/view"

// An Action is what a key does that is no view.Command.
type Action int

// The actions.
const (
	DoCommand Action = iota // send Command
	PlayPause
	Faster
	Slower
	Focus
	PromptFilter
	PromptSeek
	PromptUntil
	PromptWhy
	PromptLook
	ToggleHelp
	ClearAll
	ScrollDown
	ScrollUp
	Quit
)

// A Key is one row of the table.
type Key struct {
	Keys   []string // as bubbletea names them; the first is shown
	Action Action
	Cmd    view.Command
	Short  string // for the footer; empty: not shown there
	Extra  bool   // the first to go where the footer is short
	Help   string // for the ? screen
	Group  string // heading on the ? screen
}

// Keys is the one table of keys.
var Keys = []Key{
	{[]string{"l", "right", "j", "down"}, DoCommand, view.Command{Verb: view.Forward}, "step", false, "one step on", "Steps"},
	{[]string{"h", "left", "k", "up"}, DoCommand, view.Command{Verb: view.Back}, "back", false, "one step back", "Steps"},
	{[]string{"o"}, DoCommand, view.Command{Verb: view.Over}, "over", true, "over this call, to where it returns", "Steps"},
	{[]string{"u"}, PromptUntil, view.Command{Verb: view.Until}, "", false, "on until a function is called (type its name)", "Steps"},
	{[]string{"space"}, PlayPause, view.Command{}, "play", false, "play, pause", "Steps"},
	{[]string{"+", "="}, Faster, view.Command{}, "", false, "play faster", "Steps"},
	{[]string{"-"}, Slower, view.Command{}, "", false, "play slower", "Steps"},

	{[]string{"n", "pgdown"}, DoCommand, view.Command{Verb: view.NextPacket}, "packet", false, "next packet", "Packets"},
	{[]string{"p", "pgup"}, DoCommand, view.Command{Verb: view.PrevPacket}, "", false, "packet before", "Packets"},
	{[]string{"g", "home"}, DoCommand, view.Command{Verb: view.First}, "", false, "first packet", "Packets"},
	{[]string{"G", "end"}, DoCommand, view.Command{Verb: view.Last}, "", false, "last packet", "Packets"},
	{[]string{":"}, PromptSeek, view.Command{Verb: view.Seek}, "", false, "go to packet N, or type any command", "Packets"},
	{[]string{"/"}, PromptFilter, view.Command{Verb: view.Filter}, "filter", true, "only packets that a tcpdump filter matches; empty: all", "Packets"},

	{[]string{"d"}, DoCommand, view.Command{Verb: view.NextDrop}, "drop", false, "next drop", "Jumps"},
	{[]string{"D"}, DoCommand, view.Command{Verb: view.PrevDrop}, "", false, "drop before", "Jumps"},
	{[]string{"s"}, DoCommand, view.Command{Verb: view.NextMark, Expr: "state"}, "state", true, "next change of a socket's state", "Jumps"},
	{[]string{"S"}, DoCommand, view.Command{Verb: view.PrevMark, Expr: "state"}, "", false, "change of state before", "Jumps"},
	{[]string{"r"}, DoCommand, view.Command{Verb: view.NextMark, Expr: "retransmit"}, "", false, "next retransmission", "Jumps"},
	{[]string{"R"}, DoCommand, view.Command{Verb: view.PrevMark, Expr: "retransmit"}, "", false, "retransmission before", "Jumps"},
	{[]string{"a"}, DoCommand, view.Command{Verb: view.NextMark, Expr: "neigh"}, "", false, "next news of a neighbour (ARP, ND)", "Jumps"},
	{[]string{"A"}, DoCommand, view.Command{Verb: view.PrevMark, Expr: "neigh"}, "", false, "news of a neighbour before", "Jumps"},
	{[]string{"backspace", "ctrl+o"}, DoCommand, view.Command{Verb: view.Return}, "", false, "back to where the last jump began", "Jumps"},

	{[]string{"tab"}, Focus, view.Command{}, "panes", false, "next pane; on a small screen: why, state, bytes", "Screen"},
	{[]string{"J"}, ScrollDown, view.Command{}, "", false, "scroll the pane down", "Screen"},
	{[]string{"K"}, ScrollUp, view.Command{}, "", false, "scroll the pane up", "Screen"},
	{[]string{"w"}, PromptWhy, view.Command{Verb: view.WhyValue}, "", false, "who set this value? (type a field's name)", "Screen"},
	{[]string{"L"}, PromptLook, view.Command{Verb: view.Look}, "", false, "all fields of skb, sk, neigh, ring …; empty: what fits", "Screen"},
	{[]string{"?", "f1"}, ToggleHelp, view.Command{}, "help", false, "this help", "Screen"},
	{[]string{"esc"}, ClearAll, view.Command{}, "", false, "close, stop, forget what is typed", "Screen"},
	{[]string{"q", "ctrl+c"}, Quit, view.Command{}, "quit", false, "leave", "Screen"},
}

var keyIndex = func() map[string]*Key {
	m := map[string]*Key{}
	for i := range Keys {
		for _, k := range Keys[i].Keys {
			m[k] = &Keys[i]
		}
	}
	return m
}()

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
