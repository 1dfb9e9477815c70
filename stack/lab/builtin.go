package lab

import (
	"fmt"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// specialBuiltins are those whose errors end the shell (XCU 2.14).
var specialBuiltins = map[string]bool{":": true, ".": true, "break": true, "continue": true, "eval": true, "exec": true, "exit": true, "export": true,
	"readonly": true, "return": true, "set": true, "shift": true, "times": true, "trap": true, "unset": true}

var builtins map[string]func(sh *shell, args []string) int

func init() {
	builtins = map[string]func(sh *shell, args []string) int{
		":": ok, "true": ok, "times": ok, "hash": ok, "ulimit": ok,
		"umask": umaskBuiltin, "alias": notModelledBuiltin, "false": func(*shell, []string) int { return 1 },
		"break": loopBuiltin, "continue": loopBuiltin, "return": returnBuiltin, "exit": exitBuiltin,
		"export": exportBuiltin, "readonly": exportBuiltin, "local": localBuiltin, "unset": unsetBuiltin, "set": setBuiltin, "shift": shiftBuiltin,
		"eval": evalBuiltin, ".": dotBuiltin, "trap": trapBuiltin, "wait": waitBuiltin, "kill": killBuiltin, "cd": cdBuiltin,
		"pwd":  func(sh *shell, _ []string) int { sh.p.outf("%s\n", sh.p.cwd); return 0 },
		"read": readBuiltin, "command": commandBuiltin, "type": typeBuiltin, "getopts": getoptsBuiltin, "jobs": jobsBuiltin,
		"unalias": ok, "fg": noJobs, "bg": noJobs,
		"echo":   func(sh *shell, a []string) int { return echo(sh.p, a) },
		"printf": func(sh *shell, a []string) int { return printf(sh.p, a) },
		"test":   func(sh *shell, a []string) int { return test(sh.p, a) },
		"[":      func(sh *shell, a []string) int { return test(sh.p, a) },
	}
}

func ok(*shell, []string) int { return 0 }

// notModelledBuiltin is one that dash has and this shell has not.
func notModelledBuiltin(sh *shell, a []string) int {
	sh.p.errf("not modelled: %s\n", a[0])
	return 1
}

func umaskBuiltin(sh *shell, a []string) int {
	if len(a) == 1 {
		sh.p.outf("%04o\n", sh.umask)
		return 0
	}
	if a[1] == "-S" {
		sh.p.outf("u=%s,g=%s,o=%s\n", allowed(sh.umask>>6), allowed(sh.umask>>3), allowed(sh.umask))
		return 0
	}
	n, err := strconv.ParseUint(a[1], 8, 9)
	if err != nil {
		sh.complain("umask: Illegal mode: %s", a[1])
		return 2
	}
	sh.umask = int(n)
	return 0
}

// allowed names what three bits of a mask leave.
func allowed(mask int) string {
	s := ""
	for i, c := range "rwx" {
		if mask&(4>>i) == 0 {
			s += string(c)
		}
	}
	return s
}

// number reads a numeric operand; -1 and a message if it is none.
func (sh *shell) number(cmd, s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		sh.complain("%s: Illegal number: %s", cmd, s)
		sh.exiting = true
		return -1
	}
	return n
}

func loopBuiltin(sh *shell, a []string) int {
	n := 1
	if len(a) > 1 {
		if n = sh.number(a[0], a[1]); n < 0 {
			return 2
		}
		if n == 0 {
			sh.complain("%s: Illegal number: %s", a[0], a[1])
			sh.exiting = true
			return 2
		}
	}
	if n = min(n, sh.loops); n > 0 {
		sh.brk, sh.cont = n, a[0] == "continue"
	}
	return 0
}

func returnBuiltin(sh *shell, a []string) int {
	st := sh.status
	if len(a) > 1 {
		if st = sh.number(a[0], a[1]); st < 0 {
			return 2
		}
	}
	sh.ret = true
	return st & 255
}

func exitBuiltin(sh *shell, a []string) int {
	st := sh.status
	if len(a) > 1 {
		if st = sh.number(a[0], a[1]); st < 0 {
			return 2
		}
	}
	sh.exiting = true
	return st & 255
}

func (sh *shell) nested(text string) {
	p := sh.p
	if p.depth++; p.depth > p.lab.Limits.Depth {
		p.lab.halt(p, fmt.Sprintf("after %d scripts inside one another", p.lab.Limits.Depth))
		p.check()
	}
	line := p.lab.line
	sh.source(sh.name, text, 1)
	p.lab.line = line
	p.depth--
}

func evalBuiltin(sh *shell, a []string) int {
	sh.status = 0
	old := sh.within
	sh.within = "eval: "
	sh.nested(strings.Join(a[1:], " "))
	sh.within = old
	return sh.status
}

func dotBuiltin(sh *shell, a []string) int {
	if len(a) < 2 {
		return 0
	}
	b, e := sh.p.readFile(a[1])
	if e != "" {
		sh.complain(".: cannot open %s: No such file", a[1])
		sh.exiting = true
		return 2
	}
	sh.status = 0
	sh.nested(string(b))
	sh.ret = false
	return sh.status
}

func cdBuiltin(sh *shell, a []string) int {
	p := sh.p
	to := "/root"
	if h, ok := sh.get("HOME"); ok {
		to = h
	}
	if len(a) > 1 {
		to = a[1]
	}
	if to == "" { // nowhere else
		return 0
	}
	show := false
	if to == "-" {
		to, _ = sh.get("OLDPWD")
		show = true
	}
	if st, e := p.stat(to); e != "" || !st.dir {
		sh.complain("cd: can't cd to %s", to)
		return 2
	}
	sh.setVar("OLDPWD", p.cwd)
	p.cwd = p.abs(to)
	sh.setVar("PWD", p.cwd)
	if show {
		p.outf("%s\n", p.cwd)
	}
	return 0
}

func commandBuiltin(sh *shell, a []string) int {
	a = a[1:]
	for len(a) > 0 && (a[0] == "-p" || a[0] == "--") {
		a = a[1:]
	}
	if len(a) > 1 && a[0] == "-V" {
		return typeBuiltin(sh, a[:2])
	}
	if len(a) > 0 && len(a[0]) > 1 && a[0][0] == '-' && a[0] != "-v" && a[0] != "-V" {
		sh.complain("command: Illegal option %s", a[0][:2])
		sh.exiting = false
		return 2
	}
	if len(a) > 0 && (a[0] == "-v" || a[0] == "-V") {
		st := 0
		for _, n := range a[1:min(2, len(a))] { // dash looks at the first only
			switch {
			case sh.funcs[n] != nil || builtins[n] != nil || specialBuiltins[n] || syntax.IsKeyword(n):
				sh.p.outf("%s\n", n)
			case sh.p.lab.tools[n] != nil:
				sh.p.outf("/usr/bin/%s\n", n)
			default:
				st = 127
			}
		}
		return st
	}
	if len(a) == 0 {
		return 0
	}
	if b := builtins[a[0]]; b != nil {
		return b(sh, a)
	}
	return sh.program(a)
}

func typeBuiltin(sh *shell, a []string) int {
	st := 0
	for _, n := range a[1:] {
		switch {
		case syntax.IsKeyword(n):
			sh.p.outf("%s is a shell keyword\n", n)
		case specialBuiltins[n]:
			sh.p.outf("%s is a special shell builtin\n", n)
		case sh.funcs[n] != nil:
			sh.p.outf("%s is a shell function\n", n)
		case builtins[n] != nil:
			sh.p.outf("%s is a shell builtin\n", n)
		case sh.p.lab.tools[n] != nil:
			sh.p.outf("%s is /usr/bin/%s\n", n, n)
		default:
			sh.p.outf("%s: not found\n", n)
			st = 127
		}
	}
	return st
}

// exec replaces the shell, or makes redirections stay.
func (sh *shell) exec(a []string) bool {
	if len(a) == 0 {
		sh.status = 0
		return true
	}
	delete(sh.traps, 0)
	sh.execing = "exec: "
	sh.status = sh.program(a)
	sh.execing = ""
	sh.exiting = true
	return false
}
