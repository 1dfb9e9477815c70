package tui

import "strings"

// asciiSigns are the signs of the screen, and what stands for them where the
// terminal has ASCII only. Lines of the road taken stay different from others.
var asciiSigns = func() map[rune]rune {
	m := map[rune]rune{}
	for _, pair := range [...][2]string{
		{"─│╌┄", "-|--"}, {"┌┐└┘├┤┬┴┼╭╮╰╯", "+++++++++++++"},
		{"━┃═║", "=H=|"}, {"┏┓┗┛┣┫┳┻╋", "#########"}, {"╔╗╚╝╠╣╦╩╬", "#########"},
		{"┡┢┩┪┞┟┦┧╇╈┠┨┯┷┿", "###############"},
		{"▲△▼▽▶▷◀◁▸", "^^vv>><<>"}, {"↑↓→←⇒", "^v><>"},
		{"●◉○◆◇■□", "@@o*o#."}, {"✗✘×✓✔", "XXx++"}, {"…·•", "~.*"},
		{"▁▂▃▄▅▆▇█", "_..-=+*#"}, {"▏▎▍▌▋▊▉▐", "|||#####"}, {"░▒▓", ".:#"}, {"▀▔", "\"\""},
		{"µ≥≤≠±÷≈", "u><!+/~"}, {"↔◎≡╫ø", "=O%H0"}, {"‘’“”–—", "''\"\"--"},
	} {
		to := []rune(pair[1])
		i := 0
		for _, r := range pair[0] {
			m[r] = to[i]
			i++
		}
	}
	return m
}()

// inASCII is the ASCII sign for a rune.
func inASCII(r rune) rune {
	if a, ok := asciiSigns[r]; ok {
		return a
	}
	if r >= 0x2800 && r <= 0x28ff { // braille: how full
		n := 0
		for b := r & 0xff; b > 0; b &= b - 1 {
			n++
		}
		return rune(" .:-=+*##"[n])
	}
	return '?'
}

// hasUTF8 reports whether a locale, as its variables have it, writes UTF-8: the
// first of LC_ALL, LC_CTYPE and LANG that is set decides. With none set the
// terminal is taken for one of today.
func hasUTF8(getenv func(string) string) bool {
	for _, name := range [...]string{"LC_ALL", "LC_CTYPE", "LANG"} {
		v := strings.ToLower(getenv(name))
		if v == "" {
			continue
		}
		return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
	}
	return true
}
