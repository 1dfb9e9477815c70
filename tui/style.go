package tui

import (
	"strings"

	"charm.land/lipgloss/v2"
)

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

// look begins a description.
func plain() lipgloss.Style { return lipgloss.NewStyle() }

// theme turns descriptions into what is written before a cell.
func theme(looks [numStyles]lipgloss.Style) *Theme {
	t := &Theme{}
	for i, l := range looks {
		t[i], _, _ = strings.Cut(l.Render("x"), "x")
	}
	return t
}

// Colours by the 256-colour palette; the program's writer turns them into what
// the terminal has.
var darkTheme = theme([numStyles]lipgloss.Style{
	StyleDim:     plain().Foreground(lipgloss.Color("245")),
	StyleStrong:  plain().Bold(true).Foreground(lipgloss.Color("255")),
	StyleHere:    plain().Bold(true).Foreground(lipgloss.Color("16")).Background(lipgloss.Color("222")),
	StyleDrop:    plain().Bold(true).Foreground(lipgloss.Color("231")).Background(lipgloss.Color("160")),
	StyleWarn:    plain().Bold(true).Foreground(lipgloss.Color("215")),
	StyleGood:    plain().Foreground(lipgloss.Color("114")),
	StyleTitle:   plain().Bold(true).Foreground(lipgloss.Color("110")),
	StyleFocus:   plain().Bold(true).Foreground(lipgloss.Color("222")),
	StyleRule:    plain().Foreground(lipgloss.Color("240")),
	StyleKey:     plain().Bold(true).Foreground(lipgloss.Color("222")),
	StyleBar:     plain().Foreground(lipgloss.Color("254")).Background(lipgloss.Color("236")),
	StyleVisited: plain().Foreground(lipgloss.Color("114")),
	StyleToken:   plain().Bold(true).Foreground(lipgloss.Color("222")),
	StyleNew:     plain().Bold(true).Foreground(lipgloss.Color("222")),
	StyleFunc:    plain().Foreground(lipgloss.Color("153")),
	StyleUp:      plain().Foreground(lipgloss.Color("114")),
	StyleDown:    plain().Foreground(lipgloss.Color("111")),
	StyleHeader0: plain().Foreground(lipgloss.Color("180")),
	StyleHeader1: plain().Foreground(lipgloss.Color("146")),
	StyleLit:     plain().Bold(true).Foreground(lipgloss.Color("16")).Background(lipgloss.Color("110")),
})

var lightTheme = theme([numStyles]lipgloss.Style{
	StyleDim:     plain().Foreground(lipgloss.Color("242")),
	StyleStrong:  plain().Bold(true).Foreground(lipgloss.Color("16")),
	StyleHere:    plain().Bold(true).Foreground(lipgloss.Color("16")).Background(lipgloss.Color("222")),
	StyleDrop:    plain().Bold(true).Foreground(lipgloss.Color("231")).Background(lipgloss.Color("160")),
	StyleWarn:    plain().Bold(true).Foreground(lipgloss.Color("130")),
	StyleGood:    plain().Foreground(lipgloss.Color("28")),
	StyleTitle:   plain().Bold(true).Foreground(lipgloss.Color("25")),
	StyleFocus:   plain().Bold(true).Foreground(lipgloss.Color("130")),
	StyleRule:    plain().Foreground(lipgloss.Color("250")),
	StyleKey:     plain().Bold(true).Foreground(lipgloss.Color("130")),
	StyleBar:     plain().Foreground(lipgloss.Color("16")).Background(lipgloss.Color("253")),
	StyleVisited: plain().Foreground(lipgloss.Color("28")),
	StyleToken:   plain().Bold(true).Foreground(lipgloss.Color("130")),
	StyleNew:     plain().Bold(true).Foreground(lipgloss.Color("130")),
	StyleFunc:    plain().Foreground(lipgloss.Color("25")),
	StyleUp:      plain().Foreground(lipgloss.Color("28")),
	StyleDown:    plain().Foreground(lipgloss.Color("25")),
	StyleHeader0: plain().Foreground(lipgloss.Color("94")),
	StyleHeader1: plain().Foreground(lipgloss.Color("60")),
	StyleLit:     plain().Bold(true).Foreground(lipgloss.Color("16")).Background(lipgloss.Color("153")),
})

// plainTheme has no colour: bold, underline and reverse only.
var plainTheme = theme([numStyles]lipgloss.Style{
	StyleStrong:  plain().Bold(true),
	StyleHere:    plain().Reverse(true),
	StyleDrop:    plain().Bold(true).Reverse(true),
	StyleWarn:    plain().Bold(true),
	StyleTitle:   plain().Bold(true),
	StyleFocus:   plain().Bold(true).Underline(true),
	StyleKey:     plain().Bold(true),
	StyleBar:     plain().Reverse(true),
	StyleVisited: plain().Bold(true),
	StyleToken:   plain().Bold(true),
	StyleNew:     plain().Bold(true),
	StyleLit:     plain().Bold(true).Underline(true),
})

// themeFor chooses: noColor wins over what the background is.
func themeFor(noColor, dark bool) *Theme {
	switch {
	case noColor:
		return plainTheme
	case dark:
		return darkTheme
	}
	return lightTheme
}
