package lab

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// special is the value of a special or positional parameter.
func (sh *shell) special(name string) (string, bool) {
	switch name {
	case "?":
		return strconv.Itoa(sh.status), true
	case "$":
		return strconv.Itoa(sh.rootPID), true
	case "!":
		if sh.lastBg == 0 {
			return "", false
		}
		return strconv.Itoa(sh.lastBg), true
	case "#":
		return strconv.Itoa(len(sh.args)), true
	case "0":
		return sh.name, true
	case "-":
		s := "" // the table of options backwards
		for _, o := range [...]struct {
			on bool
			c  string
		}{{sh.nounset, "u"}, {sh.allexport, "a"}, {sh.noclobber, "C"}, {sh.xtrace, "x"}, {sh.noexec, "n"}, {sh.noglob, "f"}, {sh.errexit, "e"}} {
			if o.on {
				s += o.c
			}
		}
		return s, true
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n >= 1 && n <= len(sh.args) {
			return sh.args[n-1], true
		}
		return "", false
	}
	return sh.get(name)
}

// param is parameter expansion (XCU 2.6.2).
func (w *words) param(x *syntax.ParamExp, dq bool) {
	sh := w.sh
	if x.Param == nil || x.Excl || x.Slice != nil || x.Repl != nil || x.Index != nil || x.Names != 0 || x.Width {
		sh.complain("Bad substitution")
		sh.status, sh.exiting = 2, true
		return
	}
	name := x.Param.Value
	if (name == "@" || name == "*") && !x.Length {
		w.params(name, x, dq)
		return
	}
	v, set := sh.special(name)
	if x.Length {
		if name == "@" || name == "*" {
			sep, set := sh.get("IFS")
			if !set {
				sep = " "
			}
			v = strconv.Itoa(len(strings.Join(sh.args, sep[:min(1, len(sep))])))
		} else {
			if !set && sh.nounset {
				sh.unset(name)
				return
			}
			v = strconv.Itoa(len(v))
		}
		w.value(v, dq)
		return
	}
	if x.Exp == nil {
		if !set && sh.nounset {
			sh.unset(name)
			return
		}
		w.value(v, dq)
		return
	}
	e := x.Exp
	null := !set || v == ""
	switch e.Op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		if e.Op == syntax.AlternateUnset && set || e.Op == syntax.AlternateUnsetOrNull && !null {
			w.alt(e.Word, dq)
		}
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull:
		if e.Op == syntax.DefaultUnset && set || e.Op == syntax.DefaultUnsetOrNull && !null {
			w.value(v, dq)
		} else {
			w.alt(e.Word, dq)
		}
	case syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if e.Op == syntax.AssignUnset && !set || e.Op == syntax.AssignUnsetOrNull && null {
			v = sh.quotedWord(e.Word, dq)
			if sh.exiting || !sh.setVar(name, v) {
				return
			}
		}
		w.value(v, dq)
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		if e.Op == syntax.ErrorUnset && !set || e.Op == syntax.ErrorUnsetOrNull && null {
			msg := "parameter not set"
			if e.Op == syntax.ErrorUnsetOrNull {
				msg = "parameter not set or null"
			}
			if e.Word != nil && len(e.Word.Parts) > 0 {
				msg = sh.joined(e.Word)
			}
			sh.complain("%s: %s", name, msg)
			sh.status, sh.exiting = 2, true
			return
		}
		w.value(v, dq)
	case syntax.RemSmallSuffix, syntax.RemLargeSuffix, syntax.RemSmallPrefix, syntax.RemLargePrefix:
		if !set && sh.nounset {
			sh.unset(name)
			return
		}
		pat := ""
		if e.Word != nil {
			pat = sh.pattern(e.Word)
		}
		w.value(strip(v, pat, e.Op), dq)
	default:
		sh.complain("Bad substitution")
		sh.status, sh.exiting = 2, true
	}
}

func (sh *shell) unset(name string) {
	sh.complain("%s: parameter not set", name)
	sh.status, sh.exiting = 2, true
}

// alt expands the word of ${a:-word}: its own quotes count.
func (w *words) alt(word *syntax.Word, dq bool) {
	if word == nil {
		return
	}
	if dq {
		for _, p := range word.Parts {
			if d, ok := p.(*syntax.DblQuoted); ok { // quotes inside quotes end and begin
				w.parts(d.Parts, true, false)
				continue
			}
			w.parts([]syntax.WordPart{p}, true, false)
		}
		return
	}
	// Literal text of the word is split as the value would be.
	for i, p := range word.Parts {
		if l, ok := p.(*syntax.Lit); ok && !strings.Contains(l.Value, `\`) && !(i == 0 && strings.HasPrefix(l.Value, "~")) {
			w.value(l.Value, false)
			continue
		}
		w.parts([]syntax.WordPart{p}, false, i == 0)
	}
}

func (sh *shell) quotedWord(word *syntax.Word, dq bool) string {
	if word == nil {
		return ""
	}
	w := &words{sh: sh}
	w.alt(word, dq)
	return w.all()
}

// params is $@ and $*.
func (w *words) params(name string, x *syntax.ParamExp, dq bool) {
	sh := w.sh
	args := sh.args
	if x.Exp != nil {
		e := x.Exp
		none := len(args) == 0 || (e.Op == syntax.AlternateUnsetOrNull || e.Op == syntax.DefaultUnsetOrNull) && strings.Join(args, "") == ""
		switch e.Op {
		case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
			if !none {
				w.alt(e.Word, dq)
			}
			return
		case syntax.DefaultUnset, syntax.DefaultUnsetOrNull:
			if none {
				w.alt(e.Word, dq)
				return
			}
		default:
			sh.complain("Bad substitution")
			sh.status, sh.exiting = 2, true
			return
		}
	}
	if name == "*" && dq || !w.split {
		sep := " "
		if ifs, ok := sh.get("IFS"); ok && name == "*" {
			if sep = ""; ifs != "" {
				sep = ifs[:1]
			}
		}
		w.cur.add(strings.Join(args, sep), dq)
		return
	}
	for i, a := range args {
		if i > 0 {
			if dq || w.cur.has {
				w.cur.has = w.cur.has || dq
				w.end()
			}
		}
		if dq {
			w.cur.has = true
		}
		w.value(a, dq)
	}
}

// strip removes the shortest or longest prefix or suffix that fits.
func strip(v, pat string, op syntax.ParExpOperator) string {
	switch op {
	case syntax.RemSmallPrefix:
		for i := 0; i <= len(v); i++ {
			if match(pat, v[:i]) {
				return v[i:]
			}
		}
	case syntax.RemLargePrefix:
		for i := len(v); i >= 0; i-- {
			if match(pat, v[:i]) {
				return v[i:]
			}
		}
	case syntax.RemSmallSuffix:
		for i := len(v); i >= 0; i-- {
			if match(pat, v[i:]) {
				return v[:i]
			}
		}
	case syntax.RemLargeSuffix:
		for i := 0; i <= len(v); i++ {
			if match(pat, v[i:]) {
				return v[:i]
			}
		}
	}
	return v
}
