package lab

import (
	"errors"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// badSubst is what dash says of a ${…} that it does not know. It is not a
// syntax error there: it comes when the word is expanded.
const badSubst = "Bad substitution"

var (
	expecting = regexp.MustCompile("(?:must end with|must be followed by|with) `([a-z]+|\\)|\\}|\\{)`$")
	encounter = regexp.MustCompile("^`(fi|then|else|elif|do|done|esac|\\}|\\)|;;|;|&&|\\|\\||\\||&)`|encountered `([^`]+)`")
)

// syntaxWords says a syntax error in dash's words as far as they are known, and
// on which line.
func syntaxWords(err error, text string) (line int, what string) {
	var pe syntax.ParseError
	var le syntax.LangError
	switch {
	case errors.As(err, &pe):
		line, what = int(pe.Pos.Line()), pe.Text
	case errors.As(err, &le):
		line, what = int(le.Pos.Line()), langWords(le)
	default:
		return 1, err.Error()
	}
	if pe.Text == "" {
		return max(line, 1), what
	}
	end := 1 + strings.Count(text, "\n")
	switch {
	case strings.HasPrefix(what, "reached EOF without closing quote"):
		return end, "Unterminated quoted string"
	case strings.HasPrefix(what, "statements must be separated"):
		if w := wordAt(text, int(pe.Pos.Offset())); w != "" {
			return max(line, 1), w + " unexpected"
		}
	case strings.Contains(what, "parameter expansion"):
		return max(line, 1), badSubst
	case strings.HasSuffix(what, "(` must be followed by `)`"):
		return max(line, 1), `word unexpected (expecting ")")`
	case syntax.IsIncomplete(err), strings.Contains(what, "reached EOF"), atEnd(text, pe.Pos):
		return end, endWords(what)
	}
	if m := encounter.FindStringSubmatch(what); m != nil {
		what = `"` + m[1] + m[2] + `" unexpected`
	}
	return max(line, 1), what
}

// wordAt is the word or the operator at a place, as dash names a token that it
// did not expect.
func wordAt(text string, at int) string {
	rest := strings.TrimLeft(text[min(at, len(text)):], " \t")
	n := strings.IndexAny(rest, " \t\n;&|<>()")
	if n < 0 {
		n = len(rest)
	}
	switch w := rest[:n]; {
	case w == "" && strings.HasPrefix(rest, "("), w == "" && strings.HasPrefix(rest, ")"):
		return `"` + rest[:1] + `"`
	case w == "":
		return ""
	case syntax.IsKeyword(w) && w != "[[" && w != "function":
		return `"` + w + `"`
	default:
		return "word"
	}
}

// atEnd reports whether nothing but white space is behind the line of a place:
// what is missing there was looked for until the end.
func atEnd(text string, pos syntax.Pos) bool {
	if !pos.IsValid() {
		return false
	}
	rest := text[min(int(pos.Offset()), len(text)):]
	_, rest, _ = strings.Cut(rest, "\n")
	return strings.TrimSpace(rest) == "" && strings.TrimSpace(text[min(int(pos.Offset()), len(text)):]) == ""
}

// endWords is a syntax error at the end of the script.
func endWords(what string) string {
	want := ""
	if m := expecting.FindStringSubmatch(what); m != nil {
		want = m[1]
	}
	switch {
	case strings.HasPrefix(what, "`if` must be followed"):
		want = "then"
	case strings.HasPrefix(what, "`while` must be followed"), strings.HasPrefix(what, "`until` must be followed"):
		want = "do"
	case want == "esac":
		want = ")"
	case strings.HasPrefix(what, "`for "):
		want = ""
	}
	if want == "" {
		return "end of file unexpected"
	}
	return `end of file unexpected (expecting "` + want + `")`
}

// langWords is what dash says of what other shells know.
func langWords(e syntax.LangError) string {
	switch f := e.Feature; {
	case strings.Contains(f, "array"):
		return `"(" unexpected`
	case strings.Contains(f, "slicing"), strings.Contains(f, "search and replace"), strings.Contains(f, "expansion"), strings.Contains(f, "`${"), strings.Contains(f, "indirect"):
		return badSubst
	case strings.Contains(f, "function"):
		return `"}" unexpected`
	default:
		return f + " is not POSIX shell"
	}
}

// complete are the commands that dash has read and run before it came to an
// error: those of earlier lines.
func complete(list []*syntax.Stmt, err error) []*syntax.Stmt {
	var pe syntax.ParseError
	var le syntax.LangError
	var pos syntax.Pos
	switch {
	case errors.As(err, &pe):
		pos = pe.Pos
	case errors.As(err, &le):
		pos = le.Pos
	default:
		return list
	}
	for len(list) > 0 && list[len(list)-1].End().Line() >= pos.Line() {
		list = list[:len(list)-1]
	}
	return list
}
