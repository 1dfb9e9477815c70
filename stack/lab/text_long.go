package lab

import "strings"

// textLongs are the long options of the text tools that have a letter too: the
// letter, with a colon if there is a value.
var textLongs = map[string]map[string]string{
	"head": {"lines": "n:", "bytes": "c:", "quiet": "q", "silent": "q", "verbose": "v"},
	"tail": {"lines": "n:", "bytes": "c:", "quiet": "q", "silent": "q", "verbose": "v", "follow": "f"},
	"wc":   {"lines": "l", "words": "w", "bytes": "c", "chars": "m", "max-line-length": "L"},
	"sort": {"reverse": "r", "numeric-sort": "n", "key": "k:", "unique": "u", "field-separator": "t:", "output": "o:", "stable": "s", "ignore-case": "f",
		"human-numeric-sort": "h", "version-sort": "V", "check": "c", "ignore-leading-blanks": "b"},
	"uniq": {"count": "c", "repeated": "d", "unique": "u", "ignore-case": "i", "skip-fields": "f:", "skip-chars": "s:", "check-chars": "w:"},
	"cut":  {"delimiter": "d:", "fields": "f:", "characters": "c:", "bytes": "b:", "only-delimited": "s"},
	"tr":   {"delete": "d", "squeeze-repeats": "s", "complement": "c", "truncate-set1": "t"},
	"grep": {"extended-regexp": "E", "fixed-strings": "F", "perl-regexp": "P", "basic-regexp": "G", "line-number": "n", "only-matching": "o", "word-regexp": "w",
		"line-regexp": "x", "files-with-matches": "l", "files-without-match": "L", "no-messages": "s", "no-filename": "h", "with-filename": "H",
		"recursive": "r", "regexp": "e:", "file": "f:", "max-count": "m:", "after-context": "A:", "before-context": "B:", "context": "C:", "silent": "q",
		"quiet": "q", "count": "c", "ignore-case": "i", "invert-match": "v"},
	"sed":   {"quiet": "n", "silent": "n", "expression": "e:", "regexp-extended": "E", "separate": "s", "file": "f:", "unbuffered": "u"},
	"tee":   {"append": "a", "ignore-interrupts": "i"},
	"xargs": {"max-args": "n:", "null": "0", "no-run-if-empty": "r", "verbose": "t", "delimiter": "d:", "max-procs": "P:"},
	"seq":   {"separator": "s:", "equal-width": "w", "format": "f:"},
	"mkdir": {"parents": "p", "verbose": "v"},
	"rm":    {"recursive": "r", "force": "f", "verbose": "v"},
	"cp":    {"recursive": "r", "force": "f"},
	"cat":   {"number": "n", "number-nonblank": "b", "show-all": "A", "show-ends": "E", "show-tabs": "T", "squeeze-blank": "s"},
}

// shortened puts letters in the place of long options, which getopt_long lets
// one shorten as long as it is clear which is meant.
func shortened(a []string) []string {
	table := textLongs[a[0]]
	if table == nil {
		return a
	}
	out := a[:1:1]
	for i := 1; i < len(a); i++ {
		if a[i] == "--" {
			return append(out, a[i:]...)
		}
		name, value, has := strings.Cut(strings.TrimPrefix(a[i], "--"), "=")
		to := ""
		if strings.HasPrefix(a[i], "--") {
			to = table[name]
			fit, whole := 0, to
			for long, letter := range table {
				if len(name) > 1 && strings.HasPrefix(long, name) {
					fit, to = fit+1, letter
				}
			}
			if whole != "" || fit > 1 {
				to = whole
			}
		}
		switch {
		case to == "", has && !strings.HasSuffix(to, ":"):
			out = append(out, a[i])
		case has:
			out = append(out, "-"+to[:1]+value)
		case strings.HasSuffix(to, ":") && i+1 < len(a):
			i++
			out = append(out, "-"+to[:1], a[i])
		case strings.HasSuffix(to, ":"):
			out = append(out, a[i])
		default:
			out = append(out, "-"+to)
		}
	}
	return out
}
