package lab

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

func readBuiltin(sh *shell, a []string) int {
	p := sh.p
	raw := false
	a = a[1:]
	for len(a) > 0 && strings.HasPrefix(a[0], "-") && len(a[0]) > 1 {
		switch a[0] {
		case "-r":
			raw = true
		case "-p":
			if len(a) > 1 {
				a = a[1:] // said only where someone types
			}
		default:
			sh.complain("read: Illegal option %s", a[0])
			return 2
		}
		a = a[1:]
	}
	if len(a) == 0 {
		sh.complain("read: arg count")
		return 2
	}
	for _, n := range a {
		if !syntax.ValidName(n) {
			sh.complain("read: %s: bad variable name", n)
			return 2
		}
	}
	var f field
	st := 0
	for {
		b, eof := p.read(0, 1)
		if eof {
			st = 1
			break
		}
		c := b[0]
		if c == '\\' && !raw {
			b, eof = p.read(0, 1)
			if eof {
				st = 1
				break
			}
			if b[0] != '\n' {
				f.add(string(b), true)
			}
			continue
		}
		if c == '\n' {
			break
		}
		f.add(string(b), false)
		p.grow(0)
	}
	sh.assignRead(&f, a)
	return st
}

// assignRead splits a line among variables; the last gets the rest.
func (sh *shell) assignRead(f *field, names []string) {
	ifs, ok := sh.get("IFS")
	if !ok {
		ifs = " \t\n"
	}
	is := func(i int) bool { return !f.q[i] && strings.IndexByte(ifs, f.b[i]) >= 0 }
	ws := func(i int) bool { return is(i) && strings.IndexByte(" \t\n", f.b[i]) >= 0 }
	i, n := 0, len(f.b)
	for k, name := range names {
		for i < n && ws(i) {
			i++
		}
		j := i
		if k == len(names)-1 {
			j = n
			for j > i && ws(j-1) {
				j--
			}
			// One field and its delimiter only: the delimiter goes.
			if j > i && is(j-1) && !ws(j-1) {
				only := true
				for m := i; m < j-1; m++ {
					only = only && !is(m)
				}
				if only {
					j--
				}
			}
			sh.setVar(name, string(f.b[i:j]))
			return
		}
		for j < n && !is(j) {
			j++
		}
		sh.setVar(name, string(f.b[i:j]))
		for i = j; i < n && ws(i); i++ {
		}
		if i < n && is(i) && !ws(i) {
			i++
		}
	}
}

// getoptsBuiltin is getopts: optind[0] is the next word, optind[1] the place in it.
func getoptsBuiltin(sh *shell, a []string) int {
	if len(a) < 3 {
		sh.complain("getopts: Usage: getopts optstring var [arg...]")
		return 2
	}
	args := sh.args
	if len(a) > 3 {
		args = a[3:]
	}
	if s, _ := sh.get("OPTIND"); s == "1" && sh.optind[0] != 1 {
		sh.optind = [2]int{1, 0}
	}
	if sh.optind[0] == 0 {
		sh.optind[0] = 1
	}
	end := func() int {
		sh.setVar(a[2], "?")
		sh.setVar("OPTIND", strconv.Itoa(sh.optind[0]))
		return 1
	}
	i, k := sh.optind[0], sh.optind[1]
	if i > len(args) {
		return end()
	}
	w := args[i-1]
	if k == 0 {
		if len(w) < 2 || w[0] != '-' {
			return end()
		}
		if w == "--" {
			sh.optind[0]++
			return end()
		}
		k = 1
	}
	c := w[k]
	k++
	next := func() {
		if k >= len(w) {
			i, k = i+1, 0
		}
	}
	quiet := strings.HasPrefix(a[1], ":")
	pos := strings.IndexByte(a[1], c)
	switch {
	case pos < 0 || c == ':':
		next()
		sh.setVar(a[2], "?")
		if quiet {
			sh.setVar("OPTARG", string(c))
		} else {
			delete(sh.vars, "OPTARG")
			sh.p.errf("Illegal option -%c\n", c)
		}
	case pos+1 < len(a[1]) && a[1][pos+1] == ':':
		switch {
		case k < len(w):
			sh.setVar("OPTARG", w[k:])
			i, k = i+1, 0
			sh.setVar(a[2], string(c))
		case i < len(args):
			sh.setVar("OPTARG", args[i])
			i, k = i+2, 0
			sh.setVar(a[2], string(c))
		default:
			i, k = i+1, 0
			if quiet {
				sh.setVar(a[2], ":")
				sh.setVar("OPTARG", string(c))
			} else {
				sh.setVar(a[2], "?")
				sh.p.errf("No arg for -%c option\n", c)
			}
		}
	default:
		next()
		sh.setVar(a[2], string(c))
		sh.setVar("OPTARG", "")
	}
	sh.optind = [2]int{i, k}
	if k > 0 { // dash counts a word when it begins it
		i++
	}
	sh.setVar("OPTIND", strconv.Itoa(i))
	return 0
}
