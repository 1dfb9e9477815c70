package lab

import (
	"fmt"
	"sort"
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
	n, err := strconv.ParseUint(a[1], 8, 9)
	if err != nil {
		sh.complain("umask: Illegal mode: %s", a[1])
		return 2
	}
	sh.umask = int(n)
	return 0
}

// jobsBuiltin lists the children: without job control dash knows no more of
// them than that they run.
func jobsBuiltin(sh *shell, a []string) int {
	for i, c := range sh.p.kids {
		mark := ' '
		switch len(sh.p.kids) - 1 - i {
		case 0:
			mark = '+'
		case 1:
			mark = '-'
		}
		if len(a) > 1 && a[1] == "-p" {
			sh.p.outf("%d\n", c.pid)
			continue
		}
		word := "Running"
		if c.exited {
			word = "Done"
		}
		sh.p.outf("[%d] %c %-27s\n", i+1, mark, word)
	}
	return 0
}

func noJobs(sh *shell, a []string) int {
	sh.complain("%s: No current job", a[0])
	return 2
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
	case "v", "verbose", "m", "monitor", "b", "notify", "a", "allexport", "h", "V", "E", "i", "I", "s":
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
	sh.nested(strings.Join(a[1:], " "))
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

func sigNumber(s string) int {
	s = strings.TrimPrefix(s, "SIG")
	if s == "EXIT" {
		return 0
	}
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n < 65 {
		return n
	}
	if n, ok := signals[s]; ok {
		return n
	}
	return -1
}

func sigName(n int) string {
	if n == 0 {
		return "EXIT"
	}
	for k, v := range signals {
		if v == n {
			return k
		}
	}
	return strconv.Itoa(n)
}

func trapBuiltin(sh *shell, a []string) int {
	a = a[1:]
	if len(a) > 0 && a[0] == "--" {
		a = a[1:]
	}
	if len(a) == 0 {
		var list []int
		for n := range sh.traps {
			list = append(list, n)
		}
		sort.Ints(list)
		for _, n := range list {
			sh.p.outf("trap -- '%s' %s\n", strings.ReplaceAll(sh.traps[n], "'", `'"'"'`), sigName(n))
		}
		return 0
	}
	action, reset := a[0], a[0] == "-"
	if _, err := strconv.Atoi(a[0]); err == nil || len(a) == 1 {
		reset = true
	} else {
		a = a[1:]
	}
	for _, s := range a {
		n := sigNumber(s)
		if n < 0 {
			sh.p.errf("trap: %s: bad trap\n", s)
			return 1
		}
		if reset {
			delete(sh.traps, n)
		} else {
			sh.traps[n] = action
		}
	}
	return 0
}

func waitBuiltin(sh *shell, a []string) int {
	p := sh.p
	interrupted := func() int {
		for _, n := range sh.pending {
			return 128 + n
		}
		return 0
	}
	one := func(c *Proc) (int, bool) {
		p.block(func() bool { return c.exited || len(sh.pending) > 0 })
		if n := interrupted(); n != 0 && !c.exited {
			return n, false
		}
		p.reap(c)
		// A shell tells of the one that it waits for, unless it ended while the
		// shell waited for another.
		if len(a) > 1 && !c.noticed {
			p.tellSignal(c)
		}
		return c.status, true
	}
	if len(a) == 1 {
		for len(p.kids) > 0 {
			if st, ok := one(p.kids[0]); !ok {
				return st
			}
		}
		return 0
	}
	st := 0
	for _, s := range a[1:] {
		n, err := strconv.Atoi(strings.TrimPrefix(s, "%"))
		if err != nil {
			sh.complain("wait: Illegal number: %s", s)
			return 2
		}
		st = 127
		if strings.HasPrefix(s, "%") && n >= 1 && n <= len(p.kids) {
			n = p.kids[n-1].pid
		}
		for _, c := range p.kids {
			if c.pid == n {
				var ok bool
				if st, ok = one(c); !ok {
					return st
				}
				break
			}
		}
	}
	return st
}

func killBuiltin(sh *shell, a []string) int {
	p := sh.p
	sig := 15
	a = a[1:]
	if len(a) > 0 && a[0] == "-l" {
		if len(a) > 1 {
			n, _ := strconv.Atoi(a[1])
			p.outf("%s\n", sigName(n&127))
			return 0
		}
		for n := 1; n < 32; n++ {
			p.outf("%s\n", sigName(n))
		}
		return 0
	}
	if len(a) > 1 && a[0] == "-s" {
		if sig = sigNumber(a[1]); sig < 0 {
			sh.complain("kill: invalid signal number or name: %s", a[1])
			return 2
		}
		a = a[2:]
	} else if len(a) > 1 && strings.HasPrefix(a[0], "-") && a[0] != "--" {
		if sig = sigNumber(a[0][1:]); sig < 0 {
			sh.complain("kill: Illegal option %s", a[0][:min(2, len(a[0]))])
			return 2
		}
		a = a[1:]
	} else if len(a) > 0 && a[0] == "--" {
		a = a[1:]
	}
	if len(a) == 0 {
		sh.complain("kill: Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]")
		return 2
	}
	st := 0
	for _, s := range a {
		job := strings.HasPrefix(s, "%")
		n, err := strconv.Atoi(strings.TrimPrefix(s, "%"))
		if err != nil {
			sh.complain("kill: Illegal number: %s", s)
			return 2
		}
		if job { // without job control a job is no process group of its own
			if n < 1 || n > len(p.kids) {
				sh.complain("kill: No such job: %s", s)
				st = 2
				continue
			}
			n = -1 << 30
		}
		q := p.lab.all[n]
		if n == sh.rootPID && q == nil {
			q = p
		}
		if n < 0 && n != -1 {
			q = p.lab.all[-n]
		}
		if q == nil || q.exited && !isKid(p, q) {
			sh.complain("kill: No such process")
			p.errf("\n")
			st = 1
			continue
		}
		q.signal(sig)
		p.check()
	}
	return st
}

func isKid(p, q *Proc) bool {
	for _, k := range p.kids {
		if k == q {
			return true
		}
	}
	return false
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
				p.errf("%s", a[1])
				a = a[1:]
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

func commandBuiltin(sh *shell, a []string) int {
	a = a[1:]
	for len(a) > 0 && (a[0] == "-p" || a[0] == "--") {
		a = a[1:]
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

// getoptsBuiltin is getopts: optind[0] is the next word, optind[1] the place in it.
func getoptsBuiltin(sh *shell, a []string) int {
	if len(a) < 3 {
		sh.complain("getopts: Usage: getopts optstring var [arg]")
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
		delete(sh.vars, "OPTARG")
	}
	sh.optind = [2]int{i, k}
	sh.setVar("OPTIND", strconv.Itoa(i))
	return 0
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
