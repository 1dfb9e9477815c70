package tui

// A Style is what a cell means; a Theme says how that looks.
type Style uint8

// The styles.
const (
	StylePlain   Style = iota
	StyleDim           // what matters less, or is still to come
	StyleStrong        // the sentence, names
	StyleHere          // where the reader is
	StyleDrop          // a packet was dropped
	StyleWarn          // not modelled, sent again
	StyleGood          // delivered
	StyleTitle         // a pane's name
	StyleFocus         // the name of the pane that has the keys
	StyleRule          // lines
	StyleKey           // a key in the footer
	StyleBar           // the header line
	StyleVisited       // stages that the packet has passed
	StyleToken         // the packet on the map
	StyleNew           // a new value
	StyleFunc          // function names
	StyleUp            // frames that came in
	StyleDown          // frames that went out
	StyleHeader0       // headers in the bytes, alternating
	StyleHeader1
	StyleLit // the header that the step is about
	numStyles
)

// A Theme is the control sequence of each Style.
type Theme [numStyles]string

func sgr(s string) string { return "\x1b[" + s + "m" }

// Colours by the 256-colour palette; the program's writer turns them into what
// the terminal has.
var darkTheme = Theme{
	StyleDim: sgr("38;5;245"), StyleStrong: sgr("1;38;5;255"), StyleHere: sgr("1;38;5;16;48;5;222"), StyleDrop: sgr("1;38;5;231;48;5;160"),
	StyleWarn: sgr("1;38;5;215"), StyleGood: sgr("38;5;114"), StyleTitle: sgr("1;38;5;110"), StyleFocus: sgr("1;38;5;222"), StyleRule: sgr("38;5;240"),
	StyleKey: sgr("1;38;5;222"), StyleBar: sgr("38;5;254;48;5;236"), StyleVisited: sgr("38;5;114"), StyleToken: sgr("1;38;5;222"), StyleNew: sgr("1;38;5;222"),
	StyleFunc: sgr("38;5;153"), StyleUp: sgr("38;5;114"), StyleDown: sgr("38;5;111"), StyleHeader0: sgr("38;5;180"), StyleHeader1: sgr("38;5;146"),
	StyleLit: sgr("1;38;5;16;48;5;180"),
}

var lightTheme = Theme{
	StyleDim: sgr("38;5;242"), StyleStrong: sgr("1;38;5;16"), StyleHere: sgr("1;38;5;16;48;5;222"), StyleDrop: sgr("1;38;5;231;48;5;160"),
	StyleWarn: sgr("1;38;5;130"), StyleGood: sgr("38;5;28"), StyleTitle: sgr("1;38;5;25"), StyleFocus: sgr("1;38;5;130"), StyleRule: sgr("38;5;250"),
	StyleKey: sgr("1;38;5;130"), StyleBar: sgr("38;5;16;48;5;253"), StyleVisited: sgr("38;5;28"), StyleToken: sgr("1;38;5;130"), StyleNew: sgr("1;38;5;130"),
	StyleFunc: sgr("38;5;25"), StyleUp: sgr("38;5;28"), StyleDown: sgr("38;5;25"), StyleHeader0: sgr("38;5;94"), StyleHeader1: sgr("38;5;60"),
	StyleLit: sgr("1;38;5;16;48;5;223"),
}

// plainTheme has no colour: bold, underline and reverse only.
var plainTheme = Theme{
	StyleStrong: sgr("1"), StyleHere: sgr("7"), StyleDrop: sgr("1;7"), StyleWarn: sgr("1"), StyleTitle: sgr("1"), StyleFocus: sgr("1;4"),
	StyleKey: sgr("1"), StyleBar: sgr("7"), StyleToken: sgr("1"), StyleNew: sgr("1"), StyleLit: sgr("1;4"),
}

// themeFor chooses: noColor wins over what the background is.
func themeFor(noColor, dark bool) *Theme {
	switch {
	case noColor:
		return &plainTheme
	case dark:
		return &darkTheme
	}
	return &lightTheme
}
