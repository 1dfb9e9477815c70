package lab

import (
	"bytes"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// An Error is a line that could not be carried out.
type Error struct {
	File string
	Line int // from 1
	Text string
	What string
}

// Error says it in one line.
func (e *Error) Error() string {
	if e.File == "" {
		return fmt.Sprintf("%s: %q", e.What, e.Text)
	}
	return fmt.Sprintf("%s:%d: %s: %q", e.File, e.Line, e.What, e.Text)
}

// A Script is a parsed set-up: a shell script whose commands all shall succeed
// and take no time.
type Script struct {
	Name  string
	Text  string
	Lines []Line
	// Programs are those that lines beginning with "#:" tell of (stack.Program).
	Programs []stack.Program
}

// A Line is one top-level command. Words are its words if it is a simple
// command without expansions, else nil.
type Line struct {
	N     int
	Text  string
	Words []string
}

// Parse reads a script and checks its syntax.
func Parse(name, text string) (*Script, error) {
	s := &Script{Name: name, Text: text}
	all := strings.Split(text, "\n")
	line := func(n int) string {
		if n >= 1 && n <= len(all) {
			return strings.TrimSpace(all[n-1])
		}
		return ""
	}
	for i, l := range all {
		if strings.ContainsFunc(strings.TrimRight(l, "\r"), func(r rune) bool { return r < ' ' && r != '\t' }) {
			return nil, &Error{name, i + 1, l, "a control character"}
		}
	}
	s.Text = strings.ReplaceAll(text, "\r", "")
	var err error
	var n int
	if s.Programs, n, err = stack.ParsePrograms(s.Text); err != nil {
		return nil, &Error{name, n, line(n), err.Error()}
	}
	err = eachStmt(name, s.Text, func(st *syntax.Stmt) bool {
		n := int(st.Pos().Line())
		s.Lines = append(s.Lines, Line{n, line(n), plainWords(st)})
		return true
	})
	if err != nil {
		n, what := syntaxWords(err, s.Text)
		return nil, &Error{name, n, line(n), "Syntax error: " + what}
	}
	return s, nil
}

// plainWords are the words of a simple command that needs no expansion.
func plainWords(st *syntax.Stmt) (list []string) {
	c, ok := st.Cmd.(*syntax.CallExpr)
	if !ok || st.Negated || st.Background || len(c.Assigns) > 0 {
		return nil
	}
	for _, w := range c.Args {
		var b strings.Builder
		for _, p := range w.Parts {
			switch x := p.(type) {
			case *syntax.Lit:
				b.WriteString(strings.ReplaceAll(x.Value, `\`, ""))
			case *syntax.SglQuoted:
				b.WriteString(x.Value)
			case *syntax.DblQuoted:
				for _, q := range x.Parts {
					l, ok := q.(*syntax.Lit)
					if !ok {
						return nil
					}
					b.WriteString(l.Value)
				}
			default:
				return nil
			}
		}
		list = append(list, b.String())
	}
	return list
}

// Setup carries a script out on a host, at once: no time passes. The first
// command that fails ends it.
func (s *Script) Setup(h *stack.Host) error {
	h.Programs = append(h.Programs, s.Programs...)
	l := NewLab(worldOf(h), h)
	l.instant = true
	var errs bytes.Buffer
	l.Stderr = &errs
	var failed *Error
	p := l.newProc(h, "sh", func(p *Proc) int {
		sh := newShell(p, s.Name, nil)
		p.sh = sh
		sh.onFail = func(line, status int) {
			if failed == nil {
				failed = &Error{File: s.Name, Line: line, What: fmt.Sprintf("exit status %d", status)}
				sh.exiting = true
			}
		}
		sh.source(s.Name, s.Text, 1)
		return sh.status
	})
	p.stdio()
	l.run(p)
	l.killAll()
	if l.stop != nil {
		return l.stop
	}
	if failed == nil && p.status != 0 {
		failed = &Error{File: s.Name, Line: l.line, What: fmt.Sprintf("exit status %d", p.status)}
	}
	if failed == nil {
		return nil
	}
	for _, ln := range s.Lines {
		if ln.N <= failed.Line {
			failed.Text = ln.Text
		}
	}
	if w := strings.TrimSpace(errs.String()); w != "" {
		w = strings.TrimPrefix(w, fmt.Sprintf("%s: %d: ", s.Name, failed.Line))
		failed.What = strings.ReplaceAll(w, "\n", "; ")
	}
	return failed
}

// Do carries out one command on a host, at once. Its output is dropped; what
// it complains of is the error.
func Do(h *stack.Host, w []string) error {
	_, err := Output(h, w)
	return err
}

// Output carries out one command on a host, at once, and returns what it
// prints.
func Output(h *stack.Host, w []string) (string, error) {
	if len(w) == 0 {
		return "", nil
	}
	var b strings.Builder
	for i, x := range w {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("'" + strings.ReplaceAll(x, "'", `'"'"'`) + "'")
	}
	l := NewLab(worldOf(h), h)
	l.instant = true
	var out, errs bytes.Buffer
	l.Stdout, l.Stderr = &out, &errs
	p := l.newProc(h, "sh", func(p *Proc) int {
		sh := newShell(p, "sh", nil)
		p.sh = sh
		sh.source("sh", b.String(), 1)
		return sh.status
	})
	p.stdio()
	l.run(p)
	l.killAll()
	if l.stop != nil {
		return out.String(), l.stop
	}
	if p.status == 0 {
		return out.String(), nil
	}
	what := strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(errs.String()), "sh: 1: "), "\n", "; ")
	if what == "" {
		what = fmt.Sprintf("exit status %d", p.status)
	}
	return out.String(), fmt.Errorf("%s", what)
}

// worldOf is a world as far as a set-up needs one: the clock of the host.
func worldOf(h *stack.Host) *stack.World {
	return &stack.World{Clock: h.Machine.Clock, Rand: h.Machine.Rand, IDs: h.Machine.IDs, Trace: h.NS.Trace, Hosts: []*stack.Host{h}}
}

// stdio gives a process the lab's own output, and no input.
func (p *Proc) stdio() {
	p.set(0, &desc{path: "/dev/null", null: true, r: true, w: true})
	p.set(1, &desc{path: "/dev/stdout", w: true, out: 1})
	p.set(2, &desc{path: "/dev/stderr", w: true, out: 2})
	p.env["PATH"], p.env["HOME"], p.env["LANG"] = "/usr/sbin:/usr/bin:/sbin:/bin", "/root", "C.UTF-8"
}

// Run runs a script to its end, in virtual time, and returns its exit status.
// The error is a limit that stopped it. Processes that the script leaves behind
// are ended.
func (l *Lab) Run(name, text string, args ...string) (int, error) {
	p := l.newProc(l.Root, "sh", func(p *Proc) int {
		sh := newShell(p, name, args)
		p.sh = sh
		sh.source(name, text, 1)
		sh.finish()
		return sh.status
	})
	p.stdio()
	l.run(p)
	l.killAll()
	if l.stop != nil {
		return 1, l.stop
	}
	return p.status & 255, nil
}

// killAll ends every process that is left.
func (l *Lab) killAll() {
	l.settled = false
	for i := 0; i < 10 && len(l.procs) > 0; i++ {
		for _, p := range l.procs {
			p.killed = 9
		}
		l.round()
	}
}

// A Console is a shell that is fed line by line.
type Console struct {
	lab  *Lab
	p    *Proc
	sh   *shell
	todo []string
	end  bool
	rest string
}

// NewConsole starts an interactive shell.
func (l *Lab) NewConsole() *Console {
	c := &Console{lab: l}
	c.p = l.newProc(l.Root, "sh", func(p *Proc) int {
		sh := newShell(p, "sh", nil)
		p.sh, c.sh = sh, sh
		for {
			p.block(func() bool { return len(c.todo) > 0 || c.end })
			if c.end {
				sh.finish()
				return sh.status
			}
			text := c.todo[0]
			sh.source("sh", text, 1)
			c.todo = c.todo[1:]
			if sh.exiting && sh.status == 2 && !strings.Contains(text, "exit") {
				sh.exiting = false // an interactive shell survives errors
			}
			sh.ret, sh.brk, sh.cont = false, 0, false
			if sh.exiting {
				sh.finish()
				return sh.status
			}
		}
	})
	c.p.stdio()
	c.p.fds[1].tty, c.p.fds[2].tty = true, true
	l.round()
	return c
}

// Feed gives the shell one line of input. It returns true if the command is not
// complete yet and more lines are wanted. A complete command runs until it
// ends.
func (c *Console) Feed(line string) (more bool, err error) {
	text := c.rest + line + "\n"
	if e := eachStmt("sh", text, func(*syntax.Stmt) bool { return true }); e != nil && syntax.IsIncomplete(e) {
		c.rest = text
		return true, nil
	}
	c.rest = ""
	c.lab.stop = nil
	c.lab.steps, c.lab.events = 0, 0
	c.lab.begin = c.lab.now()
	c.todo = append(c.todo, text)
	for len(c.todo) > 0 && !c.p.exited {
		c.lab.round()
		if len(c.todo) == 0 || c.p.exited {
			break
		}
		if c.lab.stop != nil {
			break
		}
		c.lab.advance(c.p)
	}
	if c.lab.stop != nil {
		return false, c.lab.stop
	}
	return false, nil
}

// Exited reports whether the shell has ended, and its status.
func (c *Console) Exited() (bool, int) { return c.p.exited, c.p.status & 255 }

// Close ends the shell and all that runs.
func (c *Console) Close() int {
	c.end = true
	c.lab.round()
	c.lab.killAll()
	return c.p.status & 255
}

// Pass lets virtual time pass while nobody types.
func (l *Lab) Pass(d sim.Time) {
	end := l.now() + d
	for l.now() < end {
		at, ok := l.World.Clock.Next()
		for _, p := range l.procs {
			if p.wakeAt > 0 && (!ok || p.wakeAt < at) {
				at, ok = p.wakeAt, true
			}
		}
		if !ok || at > end {
			at = end
		}
		l.World.Run(max(at, l.now()))
		l.round()
	}
}

// args walks over the words of a command.
type args struct{ w []string }

func (a *args) next() string {
	if len(a.w) == 0 {
		return ""
	}
	s := a.w[0]
	a.w = a.w[1:]
	return s
}

func (a *args) more() bool { return len(a.w) > 0 }

func (a *args) peek() string {
	if len(a.w) == 0 {
		return ""
	}
	return a.w[0]
}
