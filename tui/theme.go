package tui

import (
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// A Look chooses how the screen is painted.
type Look struct {
	Theme   string // dark, light or none; empty: as the terminal's background is
	NoColor bool   // no colours, whatever Theme says
	Few     bool   // the terminal has 16 colours
}

// profile takes what the terminal can show.
func (k *Look) profile(p colorprofile.Profile) {
	switch p {
	case colorprofile.NoTTY, colorprofile.ASCII:
		k.NoColor = true
	case colorprofile.ANSI:
		k.Few = true
	}
}

// theme is the Theme for a background.
func (k Look) theme(dark bool) *Theme {
	switch k.Theme {
	case "dark":
		dark = true
	case "light":
		dark = false
	}
	switch {
	case k.NoColor || k.Theme == "none":
		return plainTheme
	case k.Few && dark:
		return dark16Theme
	case k.Few:
		return light16Theme
	}
	return themeFor(false, dark)
}

func ansi(n string) lipgloss.Style { return plain().Foreground(lipgloss.Color(n)) }

// With 16 colours only those are used that can be read on what every palette
// calls black or white.
var dark16Theme = theme([numStyles]lipgloss.Style{
	StyleDim:     ansi("7"),
	StyleStrong:  ansi("15").Bold(true),
	StyleHere:    ansi("0").Background(lipgloss.Color("11")),
	StyleDrop:    ansi("0").Background(lipgloss.Color("9")).Bold(true),
	StyleWarn:    ansi("11").Bold(true),
	StyleGood:    ansi("10"),
	StyleTitle:   ansi("14").Bold(true),
	StyleFocus:   ansi("11").Bold(true),
	StyleRule:    ansi("8"),
	StyleKey:     ansi("11").Bold(true),
	StyleBar:     ansi("0").Background(lipgloss.Color("7")),
	StyleVisited: ansi("10"),
	StyleToken:   ansi("11").Bold(true),
	StyleNew:     ansi("11").Bold(true),
	StyleFunc:    ansi("14"),
	StyleUp:      ansi("10"),
	StyleDown:    ansi("14"),
	StyleHeader0: ansi("11"),
	StyleHeader1: ansi("14"),
	StyleLit:     ansi("0").Background(lipgloss.Color("14")),
})

var light16Theme = theme([numStyles]lipgloss.Style{
	StyleStrong:  plain().Bold(true),
	StyleHere:    ansi("0").Background(lipgloss.Color("11")),
	StyleDrop:    ansi("15").Background(lipgloss.Color("1")).Bold(true),
	StyleWarn:    ansi("1").Bold(true),
	StyleGood:    ansi("2"),
	StyleTitle:   ansi("4").Bold(true),
	StyleFocus:   ansi("1").Bold(true),
	StyleRule:    ansi("8"),
	StyleKey:     ansi("4").Bold(true),
	StyleBar:     ansi("15").Background(lipgloss.Color("4")),
	StyleVisited: ansi("2").Bold(true),
	StyleToken:   ansi("1").Bold(true),
	StyleNew:     ansi("1").Bold(true),
	StyleFunc:    ansi("4"),
	StyleUp:      ansi("2"),
	StyleDown:    ansi("4"),
	StyleHeader0: ansi("5"),
	StyleHeader1: ansi("4"),
	StyleLit:     ansi("0").Background(lipgloss.Color("14")),
})
