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

	errexit, nounset, xtrace, noglob, noexec, verbose, noclobber, allexport bool

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
	within  string // "eval: " while eval reads its words, for messages
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
	v.exported = v.exported || sh.allexport
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
		sh.complain("%s%s", sh.within, what)
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
	as := aside{}
	for range 100 {
		list, first = parseOnce(text)
		var again bool
		if first == nil {
			break
		}
		if text, again = as.forgive(text, first); !again {
			break
		}
	}
	for _, st := range list {
		as.settle(st, text)
	}
	return list, first
}

func parseOnce(text string) (list []*syntax.Stmt, first error) {
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
	if c.status == 128+c.killed && !c.tidy {
		p.say(c.killed)
	}
}

func (p *Proc) say(signal int) {
	words := map[int]string{1: "Hangup", 3: "Quit", 6: "Aborted", 9: "Killed", 10: "User defined signal 1", 11: "Segmentation fault", 12: "User defined signal 2", 14: "Alarm clock", 15: "Terminated"}
	if s := words[signal]; s != "" {
		p.errf("%s\n", s)
	}
}

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
