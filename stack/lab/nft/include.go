package nft

import (
	"slices"
	"strings"
)

// maxIncludes is MAX_INCLUDE_DEPTH: how deep files may name files.
const maxIncludes = 16

// maxTokens bounds what files that include each other many times may grow to.
const maxTokens = 64 << 20

// includePath is where names that do not begin with / or ./ or ../ are looked for.
const includePath = "/etc/"

// include puts the words of files in the place where they are named
// (scanner_include_file).
func (env *Env) include(toks []token, depth int) ([]token, *failure) {
	var out []token
	from := 0
	for i := 0; i+1 < len(toks); i++ {
		if toks[i].kind != tokWord || toks[i].s != "include" || toks[i+1].kind != tokString || !begins(toks, i) {
			continue
		}
		at := toks[i].at.to(toks[i+1].at)
		at.end++ // the newline belongs to it
		if depth+1 >= maxIncludes {
			return toks[:i], errAt(at, "Include nested too deeply, max 16 levels")
		}
		name := toks[i+1].s
		if strings.ContainsAny(name, "*?[") {
			return toks[:i], errAt(at, "not modelled: include of a pattern")
		}
		text, path, ok := env.included(name)
		if !ok {
			return toks[:i], errAt(at, "File not found: "+name)
		}
		src := &source{name: path, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n"), from: &at, ended: strings.HasSuffix(text, "\n")}
		l, err := lex(src)
		if err == nil {
			l, err = env.include(l, depth+1)
		}
		if err != nil {
			return toks[:i], err
		}
		if n := len(l); n > 0 && l[n-1].kind == tokEOF {
			l = l[:n-1]
		}
		out = append(append(out, toks[from:i]...), l...)
		if from = i + 2; len(out) > maxTokens {
			return toks[:i], errAt(at, "not modelled: so many included lines")
		}
	}
	if from == 0 {
		return toks, nil
	}
	return slices.Concat(out, toks[from:]), nil
}

// begins reports whether a statement may begin at a word.
func begins(toks []token, i int) bool {
	return i == 0 || toks[i-1].kind == tokNewline || toks[i-1].kind == tokPunct && (toks[i-1].s == ";" || toks[i-1].s == "{")
}

// included reads a file of the simulated machine.
func (env *Env) included(name string) (text, path string, ok bool) {
	if env.ReadFile == nil {
		return "", "", false
	}
	if !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "./") && !strings.HasPrefix(name, "../") {
		name = includePath + name
	}
	text, ok = env.ReadFile(name)
	return text, name, ok
}
