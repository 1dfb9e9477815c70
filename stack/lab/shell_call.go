package lab

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// call runs a simple command.
func (sh *shell) call(c *syntax.CallExpr, redirs []*syntax.Redirect) {
	p := sh.p
	sh.subst = 0
	args := sh.fieldsOf(c.Args)
	if sh.exiting {
		return
	}
	if len(args) == 0 {
		sh.assigns(c, redirs)
		return
	}
	name := args[0]
	restore, ok := sh.redirect(redirs)
	stay := false
	defer func() { restore(stay) }()
	special := specialBuiltins[name]
	if !ok {
		if special {
			sh.exiting = true
		}
		return
	}
	if len(c.Assigns) > 0 {
		undo := map[string]*variable{}
		for _, a := range c.Assigns {
			v := ""
			if a.Value != nil {
				v = sh.assignValue(a.Value)
			}
			if sh.exiting {
				return
			}
			if _, done := undo[a.Name.Value]; !done {
				if old := sh.vars[a.Name.Value]; old != nil {
					w := *old
					undo[a.Name.Value] = &w
				} else {
					undo[a.Name.Value] = nil
				}
			}
			if !sh.setVar(a.Name.Value, v) {
				return
			}
			sh.vars[a.Name.Value].exported = true
		}
		if !special {
			defer func() {
				for k, v := range undo {
					if v == nil {
						delete(sh.vars, k)
					} else {
						sh.vars[k] = v
					}
				}
			}()
		}
	}
	if sh.xtrace {
		var b strings.Builder
		for _, a := range c.Assigns {
			fmt.Fprintf(&b, " %s=%s", a.Name.Value, sh.vars[a.Name.Value].value)
		}
		for _, a := range args {
			b.WriteString(" " + a)
		}
		ps4, _ := sh.get("PS4")
		p.errf("%s%s\n", ps4, strings.TrimPrefix(b.String(), " "))
	}
	if name == "exec" {
		stay = sh.exec(args[1:])
		return
	}
	sh.dispatch(args)
}

// dispatch runs words as a function, builtin or program.
func (sh *shell) dispatch(args []string) {
	name := args[0]
	if specialBuiltins[name] {
		sh.status = builtins[name](sh, args)
		return
	}
	if f := sh.funcs[name]; f != nil {
		sh.function(f, args)
		return
	}
	if b := builtins[name]; b != nil {
		sh.status = b(sh, args)
		return
	}
	if sh.job && sh.depth > 0 && sh.execing == "" {
		sh.status = sh.forked(args)
		return
	}
	sh.status = sh.program(args)
	sh.p.notice()
	if n := sh.p.died; n != 0 && sh.execing == "" {
		sh.p.died = 0
		sh.p.say(n)
	}
}

func (sh *shell) function(body *syntax.Stmt, args []string) {
	p := sh.p
	if sh.depth++; sh.depth+p.depth > p.lab.Limits.Depth {
		p.lab.halt(p, fmt.Sprintf("after %d functions inside one another", p.lab.Limits.Depth))
		p.check()
	}
	old, loops := sh.args, sh.loops
	sh.args, sh.loops = args[1:], 0
	sh.locals = append(sh.locals, map[string]*variable{})
	sh.stmt(body)
	for k, v := range sh.locals[len(sh.locals)-1] {
		if v == nil {
			delete(sh.vars, k)
		} else {
			sh.vars[k] = v
		}
	}
	sh.locals = sh.locals[:len(sh.locals)-1]
	sh.args, sh.loops = old, loops
	sh.ret = false
	sh.depth--
}

// forked runs a program as a process of its own. A shell in the background
// becomes the program that it ends with (exec), but not inside a function: there
// who kills the job kills the shell, and the program goes on.
func (sh *shell) forked(args []string) int {
	c := sh.spawn(args[0], func(s *shell) {
		s.job = false
		s.status = s.program(args)
	})
	st := sh.p.wait(c)
	sh.p.tellSignal(c)
	return st
}

// program runs a tool of the machine in this process.
func (sh *shell) program(args []string) int {
	p := sh.p
	name := args[0]
	short := name
	if name == "" {
		sh.complain(": Permission denied")
		return 127
	}
	i := strings.LastIndexByte(name, '/')
	if i < 0 && !sh.found(name) {
		sh.complain("%s%s: not found", sh.execing, name)
		return 127
	}
	if i >= 0 {
		st, e := p.stat(name)
		switch {
		case e != "":
			sh.complain("%s%s: not found", sh.execing, name)
			return 127
		case st.dir || !st.exec:
			if n, _ := p.lab.lookup(p.abs(name)); n != nil && !st.dir && strings.HasPrefix(string(n.data), "#!") && n.exec {
				break
			}
			sh.complain("%s%s: Permission denied", sh.execing, name)
			return 126
		}
		short = name[i+1:]
	}
	if p.lab.tools[short] == nil {
		if n, _ := p.lab.lookup(p.abs(name)); n != nil && strings.Contains(name, "/") && n.exec {
			return p.tool(append([]string{"sh", p.abs(name)}, args[1:]...), sh.environ())
		}
		sh.complain("%s%s: not found", sh.execing, name)
		return 127
	}
	return p.tool(append([]string{short}, args[1:]...), sh.environ())
}

// found reports whether a program is in one of the directories of PATH.
func (sh *shell) found(name string) bool {
	path, _ := sh.get("PATH")
	if sh.p.lab.tools[name] == nil {
		return true // said by who runs it
	}
	for _, d := range strings.Split(path, ":") {
		switch strings.TrimSuffix(d, "/") {
		case "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin":
			return true
		}
	}
	return false
}

// tool runs a program in this process, as if it were a child that is waited
// for.
func (p *Proc) tool(args []string, env map[string]string) int {
	l := p.lab
	f := l.tools[args[0]]
	if f == nil {
		return 127
	}
	if p.depth++; p.depth > l.Limits.Depth {
		l.halt(p, fmt.Sprintf("after %d programs inside one another", l.Limits.Depth))
		p.check()
	}
	oldEnv, oldName, oldHost, oldSh, oldCwd := p.env, p.name, p.host, p.sh, p.cwd
	if env != nil {
		p.env = env
	}
	p.name = args[0]
	l.lastPID++
	if !l.instant {
		p.sleep(execCost)
	}
	p.died = 0
	st := f(p, shortened(args))
	p.env, p.name, p.host, p.sh, p.cwd = oldEnv, oldName, oldHost, oldSh, oldCwd
	p.depth--
	if l.Watch != nil {
		l.Watch.Ran(p.host, args[0])
	}
	return st
}

// execCost is the virtual time from fork to the program's first system call.
const execCost = 1000000
