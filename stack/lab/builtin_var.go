package lab

import (
	"sort"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

func exportBuiltin(sh *shell, a []string) int {
	ro := a[0] == "readonly"
	if len(a) == 1 || a[1] == "-p" {
		var names []string
		for k, v := range sh.vars {
			if ro && v.readonly || !ro && v.exported {
				names = append(names, k)
			}
		}
		sort.Strings(names)
		for _, k := range names {
			sh.p.outf("%s %s=%s\n", a[0], k, "'"+strings.ReplaceAll(sh.vars[k].value, "'", `'"'"'`)+"'")
		}
		return 0
	}
	for _, s := range a[1:] {
		name, val, has := strings.Cut(s, "=")
		if !syntax.ValidName(name) {
			sh.complain("%s: %s: bad variable name", a[0], name)
			sh.exiting = true
			return 2
		}
		if has && !sh.setVar(name, val) {
			return 2
		}
		if sh.vars[name] == nil {
			sh.vars[name] = &variable{}
		}
		if ro {
			sh.vars[name].readonly = true
		} else {
			sh.vars[name].exported = true
		}
	}
	return 0
}

func localBuiltin(sh *shell, a []string) int {
	if len(sh.locals) == 0 {
		sh.complain("local: not in a function")
		sh.exiting = true
		return 2
	}
	top := sh.locals[len(sh.locals)-1]
	for _, s := range a[1:] {
		name, val, has := strings.Cut(s, "=")
		if !syntax.ValidName(name) {
			sh.complain("local: %s: bad variable name", name)
			sh.exiting = true
			return 2
		}
		if _, done := top[name]; !done {
			if v := sh.vars[name]; v != nil {
				w := *v
				top[name] = &w
			} else {
				top[name] = nil
			}
		}
		if has && !sh.setVar(name, val) {
			return 2
		}
	}
	return 0
}

func unsetBuiltin(sh *shell, a []string) int {
	fn := false
	for _, s := range a[1:] {
		switch {
		case s == "-f":
			fn = true
		case s == "-v":
			fn = false
		case fn:
			delete(sh.funcs, s)
		default:
			if v := sh.vars[s]; v != nil {
				if v.readonly {
					sh.complain("unset: %s: is read only", s)
					sh.exiting = true
					return 2
				}
				delete(sh.vars, s)
			}
		}
	}
	return 0
}

func setBuiltin(sh *shell, a []string) int {
	if len(a) == 1 {
		var names []string
		for k, v := range sh.vars {
			if v.set {
				names = append(names, k)
			}
		}
		sort.Strings(names)
		for _, k := range names {
			sh.p.outf("%s='%s'\n", k, strings.ReplaceAll(sh.vars[k].value, "'", `'"'"'`))
		}
		return 0
	}
	i := 1
	for ; i < len(a); i++ {
		s := a[i]
		if s == "--" {
			sh.args = append([]string(nil), a[i+1:]...)
			return 0
		}
		if len(s) < 2 || s[0] != '-' && s[0] != '+' {
			break
		}
		on := s[0] == '-'
		if s[1:] == "o" && i+1 == len(a) {
			sh.showOptions(on)
			return 0
		}
		for _, c := range s[1:] {
			if c == 'o' {
				if i+1 < len(a) {
					i++
					if !sh.option(a[i], on) {
						sh.complain("set: Illegal option -o %s", a[i])
						sh.exiting = true
						return 2
					}
				}
				continue
			}
			if !sh.option(string(c), on) {
				sh.complain("set: Illegal option -%c", c)
				sh.exiting = true
				return 2
			}
		}
	}
	if i < len(a) {
		sh.args = append([]string(nil), a[i:]...)
	}
	return 0
}

// showOptions is minus_o: the options as a table, or as commands that set them.
func (sh *shell) showOptions(table bool) {
	if table {
		sh.p.outf("Current option settings\n")
	}
	for _, o := range [...]struct {
		name string
		on   bool
	}{{"errexit", sh.errexit}, {"noglob", sh.noglob}, {"ignoreeof", false}, {"interactive", false}, {"monitor", false}, {"noexec", sh.noexec},
		{"stdin", false}, {"xtrace", sh.xtrace}, {"verbose", sh.verbose}, {"vi", false}, {"emacs", false}, {"noclobber", sh.noclobber},
		{"allexport", sh.allexport}, {"notify", false}, {"nounset", sh.nounset}, {"privileged", false}, {"nolog", false}, {"debug", false}} {
		switch {
		case table && o.on:
			sh.p.outf("%-16son\n", o.name)
		case table:
			sh.p.outf("%-16soff\n", o.name)
		case o.on:
			sh.p.outf("set -o %s\n", o.name)
		default:
			sh.p.outf("set +o %s\n", o.name)
		}
	}
}

func (sh *shell) option(name string, on bool) bool {
	switch name {
	case "e", "errexit":
		sh.errexit = on
	case "u", "nounset":
		sh.nounset = on
	case "x", "xtrace":
		sh.xtrace = on
	case "f", "noglob":
		sh.noglob = on
	case "C", "noclobber":
		sh.noclobber = on
	case "n", "noexec":
		sh.noexec = on
	case "a", "allexport":
		sh.allexport = on
	case "v", "verbose", "m", "monitor", "b", "notify", "h", "V", "E", "i", "I", "s":
	default:
		return false
	}
	return true
}

func shiftBuiltin(sh *shell, a []string) int {
	n := 1
	if len(a) > 1 {
		if n = sh.number("shift", a[1]); n < 0 {
			return 2
		}
	}
	if n > len(sh.args) {
		sh.complain("shift: can't shift that many")
		sh.exiting = true
		return 2
	}
	sh.args = sh.args[n:]
	return 0
}
