package lab

import (
	"errors"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// In dash an arithmetic expression is a text: it is expanded, and only then
// read. The parser of the shell's language reads it at once, so what it made of
// it is replaced by the text, and what it cannot read is put aside before.

// An aside holds the expressions that the parser could not read, by their place.
type aside map[uint]string

var unclosed = regexp.MustCompile("^unclosed here-document `(.*)`$")

// forgive changes a text at a place where the parser stopped and dash does not:
// inside an arithmetic expression, or in a here-document that the end of the
// script ends.
func (as aside) forgive(text string, err error) (string, bool) {
	var pe syntax.ParseError
	if !errors.As(err, &pe) {
		return text, false
	}
	if m := unclosed.FindStringSubmatch(pe.Text); m != nil {
		if !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		return text + m[1] + "\n", true
	}
	at := min(int(pe.Pos.Offset()), len(text))
	for lo := strings.LastIndex(text[:min(at+3, len(text))], "$(("); lo >= 0; lo = strings.LastIndex(text[:lo], "$((") {
		hi := arithEnd(text, lo+3)
		if at <= lo+3 && hi > lo+3 { // nothing in it
			at = hi
		}
		if hi < at || as[uint(lo)] != "" || hi == lo+3 {
			continue
		}
		as[uint(lo)] = text[lo+3 : hi]
		blank := []byte(text[lo+3 : hi])
		for i := range blank {
			if blank[i] != '\n' {
				blank[i] = ' '
			}
		}
		blank[0] = '0'
		return text[:lo+3] + string(blank) + text[hi:], true
	}
	return text, false
}

// arithEnd is where the )) of an expression is; -1 if there is none.
func arithEnd(text string, i int) int {
	for depth := 0; i+1 < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth == 0 && text[i+1] == ')' {
				return i
			}
			depth--
		}
		if depth < 0 {
			break
		}
	}
	return -1
}

// settle puts the text of each arithmetic expression in its place.
func (as aside) settle(n syntax.Node, text string) {
	syntax.Walk(n, func(n syntax.Node) bool {
		x, is := n.(*syntax.ArithmExp)
		if !is {
			return true
		}
		raw, put := as[x.Left.Offset()]
		if !put {
			lo, hi := int(x.Left.Offset())+3, int(x.Right.Offset())
			if x.Bracket {
				lo--
			}
			if lo < 0 || hi > len(text) || lo > hi {
				return false
			}
			raw = text[lo:hi]
		}
		x.X = &syntax.Word{Parts: arithParts(raw)}
		return false
	})
}

// arithParts reads the text of an expression as what stands in double quotes.
func arithParts(raw string) []syntax.WordPart {
	if !strings.ContainsAny(raw, "$`\\") {
		return []syntax.WordPart{&syntax.Lit{Value: raw}}
	}
	as, text := aside{}, raw
	for range 50 {
		w, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Document(strings.NewReader(text))
		if err == nil {
			as.settle(w, text)
			return w.Parts
		}
		var ok bool
		if text, ok = as.forgive(text, err); !ok {
			break
		}
	}
	return []syntax.WordPart{&syntax.Lit{Value: raw}}
}

// arithText is an expression after its expansions.
func (sh *shell) arithText(x *syntax.ArithmExp) string {
	word, ok := x.X.(*syntax.Word)
	if !ok {
		return ""
	}
	w := &words{sh: sh}
	w.parts(word.Parts, true, false)
	return strings.ReplaceAll(w.all(), `"`, "")
}
