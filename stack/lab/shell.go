package lab

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A shell is the state of one POSIX shell: what dash keeps.
type shell struct {
	own     *syntax.Subshell // the subshell that this process is
	p       *Proc
	name    string // $0
	args    []string
	vars    map[string]*variable
	funcs   map[string]*syntax.Stmt
	traps   map[int]string // signal to action; 0 is EXIT
	status  int
	lastBg  int
	rootPID int

	errexit, nounset, xtrace, noglob, noexec, verbose, noclobber bool

	tested  int // inside a condition: -e does not act
	depth   int // of functions
	loops   int
	brk     int // loops to leave
	cont    bool
	ret     bool
	exiting bool
	pending []int
	inTrap  bool
	subst   int // status of the last command substitution
	locals  []map[string]*variable
	optind  [2]int
	text    string // that is being run, for messages
	expr    string // the arithmetic expression that is being worked out
	execing string // "exec: " while exec runs, for messages
	umask   int
	job     bool // begun with &

	onFail func(line int, status int) // of a set-up: a command has failed
}

type variable struct {
	value    string
	exported bool
	readonly bool
	set      bool
}

func newShell(p *Proc, name string, args []string) *shell {
	sh := &shell{p: p, name: name, args: args, umask: 0o022, vars: map[string]*variable{}, funcs: map[string]*syntax.Stmt{}, traps: map[int]string{}, rootPID: p.pid}
	for k, v := range p.env {
		sh.vars[k] = &variable{value: v, exported: true, set: true}
	}
	for k, v := range map[string]string{"IFS": " \t\n", "OPTIND": "1", "PS1": "# ", "PS2": "> ", "PS4": "+ "} {
		if sh.vars[k] == nil || k == "IFS" {
			sh.vars[k] = &variable{value: v, set: true}
		}
	}
	sh.vars["PWD"] = &variable{value: p.cwd, exported: true, set: true}
	if p.parent != nil {
		sh.vars["PPID"] = &variable{value: strconv.Itoa(p.parent.pid), set: true}
	} else {
		sh.vars["PPID"] = &variable{value: "1000", set: true}
	}
	return sh
}

// clone is the shell of a subshell, as the shell is now: its process is set by
// who forks. Traps are as they were at the start.
func (sh *shell) clone() *shell {
	c := *sh
	c.vars = map[string]*variable{}
	for k, v := range sh.vars {
		w := *v
		c.vars[k] = &w
	}
	c.funcs = map[string]*syntax.Stmt{}
	for k, v := range sh.funcs {
		c.funcs[k] = v
	}
	c.traps = map[int]string{}
	for n, a := range sh.traps {
		if a == "" {
			c.traps[n] = ""
		}
	}
	c.args = append([]string(nil), sh.args...)
	c.locals, c.pending, c.loops, c.onFail = nil, nil, 0, nil
	return &c
}

func (sh *shell) get(name string) (string, bool) {
	v := sh.vars[name]
	if v == nil || !v.set {
		return "", false
	}
	return v.value, true
}

func (sh *shell) setVar(name, value string) bool {
	v := sh.vars[name]
	if v == nil {
		v = &variable{}
		sh.vars[name] = v
	}
	if v.readonly {
		sh.complain("%s: is read only", name)
		sh.status, sh.exiting = 2, true
		return false
	}
	sh.p.grow(len(value) - len(v.value))
	v.value, v.set = value, true
	return true
}

// complain prints a message as dash does: name, line, words.
func (sh *shell) complain(f string, a ...any) {
	sh.p.errf("%s: %d: %s\n", sh.name, sh.p.lab.line, fmt.Sprintf(f, a...))
}

// environ is what a program gets.
func (sh *shell) environ() map[string]string {
	e := map[string]string{}
	for k, v := range sh.vars {
		if v.exported && v.set {
			e[k] = v.value
		}
	}
	return e
}

// stopping reports that the list that runs shall end.
func (sh *shell) stopping() bool { return sh.exiting || sh.ret || sh.brk > 0 || sh.cont }

// source runs a script text: what stands before a syntax error runs first.
func (sh *shell) source(name, text string, first int) {
	if l := sh.p.lab; l.Limits.Script > 0 && len(text) > l.Limits.Script {
		l.halt(sh.p, fmt.Sprintf("at a script of more than %d bytes", l.Limits.Script))
		sh.p.check()
	}
	ok := true
	old := sh.text
	sh.text = text
	defer func() { sh.text = old }()
	err := eachStmt(name, text, func(st *syntax.Stmt) bool {
		sh.stmt(st)
		if sh.exiting || sh.ret {
			ok = false
		}
		return ok
	})
	if err != nil && ok {
		line, what := syntaxWords(err, text)
		sh.p.lab.line = line
		if what != badSubst {
			what = "Syntax error: " + what
		}
		sh.complain("%s", what)
		sh.status, sh.exiting = 2, true
	}
}

// eachStmt parses a text and calls f for each command that stands before the
// first error, until f returns false.
func eachStmt(name, text string, f func(*syntax.Stmt) bool) error {
	list, err := parse(text)
	if err != nil {
		list = complete(list, err)
	}
	for _, st := range list {
		if !f(st) {
			return nil
		}
	}
	return err
}

// parse reads a whole text. What makes the parser itself fail is a syntax error
// too.
func parse(text string) (list []*syntax.Stmt, first error) {
	defer func() {
		if r := recover(); r != nil {
			first = errors.New("unexpected input")
		}
	}()
	ps := syntax.NewParser(syntax.Variant(syntax.LangPOSIX))
	for st, err := range ps.StmtsSeq(strings.NewReader(text)) {
		switch {
		case first != nil: // the iterator may go on once after an error
		case err != nil:
			first = err
		case st != nil:
			list = append(list, st)
		}
	}
	return list, first
}

func (sh *shell) list(l []*syntax.Stmt) {
	for _, st := range l {
		if sh.stopping() {
			return
		}
		sh.stmt(st)
	}
}

// stmt runs one command with its redirections, and acts on -e.
func (sh *shell) stmt(st *syntax.Stmt) {
	sh.runTraps()
	if st == nil || sh.stopping() || sh.noexec {
		return
	}
	p := sh.p
	p.step()
	p.lab.line = int(st.Pos().Line())
	if f := p.lab.Begun; f != nil && p.parent == nil {
		f(sh.name, p.lab.line)
	}
	if st.Background {
		sh.background(st)
		return
	}
	if st.Negated {
		sh.tested++
	}
	switch c := st.Cmd.(type) {
	case *syntax.CallExpr:
		sh.call(c, st.Redirs)
	default:
		restore, ok := sh.redirect(st.Redirs)
		if ok {
			sh.command(st.Cmd)
		}
		restore(false)
	}
	if st.Negated {
		sh.tested--
		if !sh.stopping() {
			sh.status = b2i(sh.status == 0)
		}
		return
	}
	sh.failed(st)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// failed ends the shell if -e is set and the command counts.
func (sh *shell) failed(st *syntax.Stmt) {
	if sh.status == 0 || sh.tested > 0 || sh.exiting || sh.ret {
		return
	}
	switch c := st.Cmd.(type) {
	case *syntax.CallExpr, *syntax.Subshell:
	case *syntax.BinaryCmd:
		if c.Op == syntax.AndStmt || c.Op == syntax.OrStmt {
			return
		}
	default:
		return
	}
	if sh.onFail != nil {
		sh.onFail(int(st.Pos().Line()), sh.status)
	}
	if sh.errexit {
		sh.exiting = true
	}
}

func (sh *shell) command(cmd syntax.Command) {
	switch c := cmd.(type) {
	case nil:
		sh.status = 0
	case *syntax.Block:
		sh.list(c.Stmts)
	case *syntax.Subshell:
		if sh.own == c {
			sh.list(c.Stmts)
			return
		}
		sh.status = sh.subshell(c.Stmts)
	case *syntax.BinaryCmd:
		sh.binary(c)
	case *syntax.IfClause:
		sh.ifClause(c)
	case *syntax.WhileClause:
		sh.while(c)
	case *syntax.ForClause:
		sh.forClause(c)
	case *syntax.CaseClause:
		sh.caseClause(c)
	case *syntax.FuncDecl:
		if c.Name == nil || c.Body == nil {
			return
		}
		sh.funcs[c.Name.Value] = c.Body
		sh.status = 0
	case *syntax.TimeClause:
		if c.Stmt != nil {
			sh.stmt(c.Stmt)
		}
	default:
		sh.complain("Syntax error: %T is not POSIX shell", cmd)
		sh.status, sh.exiting = 2, true
	}
}

// spawn forks a subshell that runs f.
func (sh *shell) spawn(name string, f func(*shell)) *Proc {
	s := sh.clone()
	c := sh.p.fork(name, func(c *Proc) int {
		f(s)
		s.finish()
		return s.status
	})
	s.p, c.sh = c, s
	return c
}

// finish runs the EXIT trap.
func (sh *shell) finish() {
	if a := sh.traps[0]; a != "" {
		delete(sh.traps, 0)
		st := sh.status
		sh.exiting, sh.ret, sh.brk, sh.cont = false, false, 0, false
		sh.status = st
		sh.source(sh.name, a, 1)
		if !sh.exiting {
			sh.status = st
		}
	}
}

func (sh *shell) subshell(l []*syntax.Stmt) int {
	c := sh.spawn("sh", func(s *shell) { s.list(l) })
	st := sh.p.wait(c)
	sh.p.tellSignal(c)
	return st
}

// tellSignal says what ended a process, as a shell does.
func (p *Proc) tellSignal(c *Proc) {
	if c.status == 128+c.killed {
		p.say(c.killed)
	}
}

func (p *Proc) say(signal int) {
	words := map[int]string{1: "Hangup", 3: "Quit", 6: "Aborted", 9: "Killed", 10: "User defined signal 1", 12: "User defined signal 2", 14: "Alarm clock", 15: "Terminated"}
	if s := words[signal]; s != "" {
		p.errf("%s\n", s)
	}
}

func (sh *shell) background(st *syntax.Stmt) {
	c := sh.spawn("sh", func(s *shell) {
		if null, _ := s.p.open("/dev/null", 'r'); null != nil {
			s.p.set(0, null)
		}
		s.job = true
		b := *st
		b.Background = false
		s.own, _ = b.Cmd.(*syntax.Subshell) // ( … ) & is one process, not two
		s.stmt(&b)
	})
	sh.lastBg = c.pid
	sh.status = 0
}

func (sh *shell) binary(c *syntax.BinaryCmd) {
	switch c.Op {
	case syntax.AndStmt, syntax.OrStmt:
		sh.tested++
		sh.stmt(c.X)
		sh.tested--
		if !sh.stopping() && (sh.status == 0) == (c.Op == syntax.AndStmt) {
			sh.stmt(c.Y)
		}
	case syntax.Pipe:
		sh.pipeline(c)
	default:
		sh.complain("Syntax error: \"|&\" unexpected")
		sh.status, sh.exiting = 2, true
	}
}

// pipeline runs every part as a process and waits for all; its status is the
// last one's.
func (sh *shell) pipeline(c *syntax.BinaryCmd) {
	var parts []*syntax.Stmt
	var flat func(st *syntax.Stmt)
	flat = func(st *syntax.Stmt) {
		if b, ok := st.Cmd.(*syntax.BinaryCmd); ok && b.Op == syntax.Pipe && len(st.Redirs) == 0 && !st.Negated {
			flat(b.X)
			flat(b.Y)
			return
		}
		parts = append(parts, st)
	}
	flat(c.X)
	flat(c.Y)
	var kids []*Proc
	var from *desc
	for i, st := range parts {
		in := from
		var out *desc
		if i < len(parts)-1 {
			from, out = pipePair()
		}
		k := sh.spawn("sh", func(s *shell) { s.stmt(st) })
		if in != nil {
			k.set(0, in)
		}
		if out != nil {
			k.set(1, out)
			from.pipe.readers++ // held until the next part has it
		}
		if in != nil {
			in.pipe.readers--
		}
		kids = append(kids, k)
	}
	for i, k := range kids {
		st := sh.p.wait(k)
		if i == len(kids)-1 {
			sh.status = st
		}
	}
}

func (sh *shell) cond(l []*syntax.Stmt) bool {
	sh.tested++
	sh.list(l)
	sh.tested--
	return sh.status == 0
}

func (sh *shell) ifClause(c *syntax.IfClause) {
	for c != nil {
		if len(c.Cond) == 0 { // else
			sh.list(c.Then)
			return
		}
		ok := sh.cond(c.Cond)
		if sh.stopping() {
			return
		}
		if ok {
			sh.list(c.Then)
			return
		}
		c = c.Else
	}
	sh.status = 0
}

// loopEnd handles break and continue after one turn; true ends the loop.
func (sh *shell) loopEnd() bool {
	if sh.brk > 0 {
		sh.brk--
		if sh.brk > 0 || !sh.cont {
			return true
		}
		sh.cont = false // continue of this loop
		return false
	}
	return sh.exiting || sh.ret
}

func (sh *shell) while(c *syntax.WhileClause) {
	status := 0
	sh.loops++
	defer func() { sh.loops-- }()
	for {
		ok := sh.cond(c.Cond)
		if sh.stopping() {
			if sh.loopEnd() {
				return
			}
			continue
		}
		if ok == c.Until {
			break
		}
		sh.p.step()
		sh.list(c.Do)
		status = sh.status
		if sh.loopEnd() {
			return
		}
	}
	sh.status = status
}

func (sh *shell) forClause(c *syntax.ForClause) {
	w, ok := c.Loop.(*syntax.WordIter)
	if !ok {
		sh.complain("Syntax error: Bad for loop variable")
		sh.status, sh.exiting = 2, true
		return
	}
	items := sh.args
	if w.InPos.IsValid() {
		items = sh.fields(w.Items)
		if sh.exiting {
			return
		}
	}
	sh.status = 0
	sh.loops++
	defer func() { sh.loops-- }()
	for _, it := range append([]string(nil), items...) {
		sh.p.step()
		if !sh.setVar(w.Name.Value, it) {
			return
		}
		sh.list(c.Do)
		if sh.loopEnd() {
			return
		}
	}
}

func (sh *shell) caseClause(c *syntax.CaseClause) {
	word := sh.joined(c.Word)
	sh.status = 0
	for _, it := range c.Items {
		for _, pat := range it.Patterns {
			if match(sh.pattern(pat), word) {
				sh.list(it.Stmts)
				return
			}
			if sh.exiting {
				return
			}
		}
	}
}

// redirect carries redirections out; restore takes them back, or lets them
// stay.
func (sh *shell) redirect(list []*syntax.Redirect) (restore func(stay bool), ok bool) {
	p := sh.p
	if len(list) == 0 {
		return func(bool) {}, true
	}
	saved := map[int]*desc{}
	restore = func(stay bool) {
		for n, d := range saved {
			if stay {
				if d != nil {
					p.fds[-2] = d
					p.close(-2)
				}
				continue
			}
			p.close(n)
			if d != nil {
				p.fds[n] = d
			}
		}
	}
	keep := func(n int) {
		if _, done := saved[n]; !done {
			saved[n] = p.fds[n]
			delete(p.fds, n)
		} else {
			p.close(n)
		}
	}
	for _, r := range list {
		if !sh.oneRedirect(r, keep) {
			sh.status = 2
			return restore, false
		}
	}
	return restore, true
}

func (sh *shell) oneRedirect(r *syntax.Redirect, keep func(int)) bool {
	p := sh.p
	fd := 1
	switch r.Op {
	case syntax.RdrIn, syntax.Hdoc, syntax.DashHdoc, syntax.DplIn, syntax.RdrInOut:
		fd = 0
	}
	if r.N != nil {
		fd, _ = strconv.Atoi(r.N.Value)
	}
	if r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc {
		text := sh.hereDoc(r)
		keep(fd)
		p.set(fd, &desc{r: true, isData: true, data: []byte(text)})
		return !sh.exiting
	}
	word := sh.joined(r.Word)
	if sh.exiting {
		return false
	}
	mode := byte('w')
	switch r.Op {
	case syntax.RdrOut, syntax.RdrClob:
	case syntax.AppOut:
		mode = 'a'
	case syntax.RdrIn:
		mode = 'r'
	case syntax.RdrInOut:
		mode = '+'
	case syntax.DplIn, syntax.DplOut:
		if word == "-" {
			keep(fd)
			return true
		}
		n, err := strconv.Atoi(word)
		d := p.fds[n]
		if err != nil {
			sh.complain("Syntax error: Bad fd number")
			sh.exiting = true
			return false
		}
		if d == nil {
			sh.complain("%d: Bad file descriptor", n)
			return false
		}
		d.refs++
		keep(fd)
		d.refs--
		p.set(fd, d)
		return true
	default:
		sh.complain("Syntax error: redirection unexpected")
		sh.exiting = true
		return false
	}
	if st, e := p.stat(word); r.Op == syntax.RdrOut && sh.noclobber && e == "" && !st.dev && !st.dir {
		sh.complain("cannot create %s: File exists", word)
		return false
	}
	d, e := p.open(word, mode)
	if e != "" {
		verb := "create"
		if mode == 'r' || mode == '+' {
			verb = "open"
		}
		if e == noSuch {
			e = "No such file"
			if verb == "create" {
				e = "Directory nonexistent"
			}
		}
		sh.complain("cannot %s %s: %s", verb, word, e)
		return false
	}
	keep(fd)
	p.set(fd, d)
	return true
}

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
	st := f(p, args)
	p.env, p.name, p.host, p.sh, p.cwd = oldEnv, oldName, oldHost, oldSh, oldCwd
	p.depth--
	if l.Watch != nil {
		l.Watch.Ran(p.host, args[0])
	}
	return st
}

// execCost is the virtual time from fork to the program's first system call.
const execCost = 1000000

// runTraps runs the actions of signals that have come.
func (sh *shell) runTraps() {
	for len(sh.pending) > 0 && !sh.inTrap && !sh.exiting {
		n := sh.pending[0]
		sh.pending = sh.pending[1:]
		st := sh.status
		sh.inTrap = true
		sh.source(sh.name, sh.traps[n], 1)
		sh.inTrap = false
		if !sh.exiting {
			sh.status = st
		}
	}
}
