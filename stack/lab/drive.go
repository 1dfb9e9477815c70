package lab

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/packetwalk/packetwalk/stack"
)

// A Run is a script that is carried out piece by piece, so that somebody can
// look at the machine in between.
type Run struct {
	lab *Lab
	p   *Proc
}

// Start begins a script; nothing of it has run yet.
func (l *Lab) Start(name, text string, args ...string) *Run {
	p := l.newProc(l.Root, "sh", func(p *Proc) int {
		sh := newShell(p, name, args)
		p.sh = sh
		sh.source(name, text, 1)
		sh.finish()
		return sh.status
	})
	p.stdio()
	return &Run{l, p}
}

// Round lets every process run that can, without time passing. It reports
// whether the script has ended.
func (r *Run) Round() (done bool) {
	l := r.lab
	if l.stop == nil && !r.p.exited {
		l.round()
	}
	return r.ended()
}

// Pass lets the world go on to the next thing that happens.
func (r *Run) Pass() (done bool) {
	l := r.lab
	if l.stop == nil && !r.p.exited {
		l.advance(r.p)
	}
	return r.ended()
}

func (r *Run) ended() bool {
	l := r.lab
	if l.stop != nil {
		for !r.p.exited {
			r.p.killed = 9
			l.round()
		}
	}
	return r.p.exited
}

// Close ends every process that is left.
func (r *Run) Close() {
	if !r.p.exited {
		r.p.killed = 9
	}
	r.lab.killAll()
}

// Status is the script's exit status; the error is a limit that stopped it.
func (r *Run) Status() (int, error) {
	if r.lab.stop != nil {
		return 1, r.lab.stop
	}
	return r.p.status & 255, nil
}

// Line is the line of the script that was begun last, from 1; 0 before the
// first.
func (l *Lab) Line() int { return l.line }

// Hosts are the namespaces as they are now, the first one first, and their
// names.
func (l *Lab) Hosts() (list []*stack.Host, names []string) {
	list, names = append(list, l.Root), append(names, l.Root.Name)
	for _, s := range l.spaces {
		list, names = append(list, s.host), append(names, s.name)
	}
	return list, names
}

// A Said is what a command line answered.
type Said struct {
	Out    string // standard output
	Err    string // standard error
	Status int    // exit status
}

// At carries a command line out on a host at this very moment: no time passes,
// and no other process runs. What waits for something is refused.
func (l *Lab) At(h *stack.Host, line string) Said {
	procs, all, out, errs, instant, stop, n, begun := l.procs, l.all, l.Stdout, l.Stderr, l.instant, l.stop, l.line, l.Begun
	var o, e bytes.Buffer
	l.procs, l.all, l.Stdout, l.Stderr, l.instant, l.stop, l.Begun = nil, map[int]*Proc{}, &o, &e, true, nil, nil
	defer func() {
		l.procs, l.all, l.Stdout, l.Stderr, l.instant, l.stop, l.line, l.Begun = procs, all, out, errs, instant, stop, n, begun
	}()
	p := l.newProc(h, "sh", func(p *Proc) int {
		sh := newShell(p, "sh", nil)
		p.sh = sh
		sh.source("sh", line, 1)
		sh.finish()
		return sh.status
	})
	p.stdio()
	for i := 0; !p.exited && i < 1<<16 && l.stop == nil; i++ {
		l.round()
	}
	if l.stop != nil {
		fmt.Fprintln(&e, l.stop)
		p.status = 1
	}
	l.killAll()
	return Said{o.String(), strings.ReplaceAll(e.String(), "sh: 1: ", ""), p.status & 255}
}

// Spawn begins a command line on a host beside what runs: it takes the time
// that it takes.
func (l *Lab) Spawn(h *stack.Host, line string, out io.Writer) {
	p := l.newProc(h, "sh", func(p *Proc) int {
		sh := newShell(p, "sh", nil)
		p.sh = sh
		sh.source("sh", line, 1)
		sh.finish()
		return sh.status
	})
	p.stdio()
	for _, n := range [...]int{1, 2} {
		p.fds[n].to = out
	}
}

// Reads reports whether a command line only looks: no simple command in it is
// one that may change something. What is not known counts as a change.
func Reads(line string) bool {
	looks, some := true, false
	err := eachStmt("sh", line, func(st *syntax.Stmt) bool {
		syntax.Walk(st, func(n syntax.Node) bool {
			switch x := n.(type) {
			case *syntax.CallExpr:
				some = true
				looks = looks && looksOnly(literals(x.Args))
			case *syntax.Redirect:
				to := ""
				if x.Word != nil {
					to = x.Word.Lit()
				}
				if x.Op != syntax.RdrIn && x.Op != syntax.DplOut && x.Op != syntax.Hdoc && x.Op != syntax.WordHdoc && to != "/dev/null" {
					looks = false
				}
			}
			return true
		})
		return true
	})
	return err == nil && looks && some
}

// waiters are tools that take time.
var waiters = map[string]bool{}

func init() {
	for _, n := range strings.Fields("ping ping6 sleep nc ncat netcat curl wget dig nslookup socat iperf3 traceroute tracepath tcpdump tcpreplay timeout watch arping bpftrace perf wait") {
		waiters[n] = true
	}
}

// Waits reports whether a command line has a command that takes time.
func Waits(line string) (waits bool) {
	_ = eachStmt("sh", line, func(st *syntax.Stmt) bool {
		syntax.Walk(st, func(n syntax.Node) bool {
			if x, ok := n.(*syntax.Stmt); ok && x.Background {
				waits = true
			}
			if x, ok := n.(*syntax.CallExpr); ok {
				for _, w := range literals(x.Args) {
					if !strings.HasPrefix(w, "-") {
						waits = waits || waiters[w]
					}
				}
			}
			return true
		})
		return true
	})
	return waits
}

// literals are the words as they are written, where they are plain; others
// become "$".
func literals(ws []*syntax.Word) (list []string) {
	for _, w := range ws {
		s := w.Lit()
		if s == "" {
			s = "$"
			if len(w.Parts) == 1 {
				switch q := w.Parts[0].(type) {
				case *syntax.SglQuoted:
					s = q.Value
				case *syntax.DblQuoted:
					if len(q.Parts) == 1 {
						if l, ok := q.Parts[0].(*syntax.Lit); ok {
							s = l.Value
						}
					}
				}
			}
		}
		list = append(list, s)
	}
	return list
}

// lookers are tools that never change the network.
var lookers = map[string]bool{}

func init() {
	for _, n := range strings.Fields(`true false echo printf test [ cat head tail wc tr cut sort uniq seq date basename dirname ls id whoami uname env grep egrep fgrep awk pwd
		hostname ss netstat nstat lsmod iptables-save ip6tables-save`) {
		lookers[n] = true
	}
}

// looksOnly reports whether a simple command is known to change nothing.
func looksOnly(w []string) bool {
	if len(w) == 0 {
		return false
	}
	has := func(words string, among []string) bool {
		for _, f := range strings.Fields(words) {
			for _, x := range among {
				if f == x {
					return true
				}
			}
		}
		return false
	}
	rest := w[1:]
	switch w[0] {
	case "sed":
		return !has("-i --in-place", rest)
	case "sysctl":
		return !has("-w -p --write --load --system", rest) && !strings.Contains(strings.Join(rest, " "), "=")
	case "conntrack":
		return has("-L -S -C -G --dump --stats --count --get --help -h -V --version", rest)
	case "nft":
		for len(rest) > 0 && strings.HasPrefix(rest[0], "-") && rest[0] != "-f" && rest[0] != "--file" && rest[0] != "-i" {
			rest = rest[1:]
		}
		return len(rest) == 0 || strings.HasPrefix(rest[0]+" ", "list ") || rest[0] == "get"
	case "iptables", "ip6tables", "iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy":
		return has("-L -S -C -nL -nvL -vnL -vL -Ln --list --list-rules --check -V --version -h --help", rest) && !has("-Z --zero", rest)
	case "ip":
		return ipLooks(rest)
	case "tc":
		return has("show list ls", rest) && !has("add del change replace", rest) || len(rest) == 1
	case "ethtool":
		return len(rest) > 0 && (!strings.HasPrefix(rest[0], "-") || has("-S -g -c -k -l -i -a -T -m", rest[:1]))
	}
	return lookers[w[0]]
}

// ipLooks is looksOnly for ip.
func ipLooks(w []string) bool {
	for len(w) > 0 && strings.HasPrefix(w[0], "-") {
		switch {
		case strings.HasPrefix("-netns", w[0]) && w[0] != "-", w[0] == "-family", w[0] == "-f":
			w = w[min(2, len(w)):]
		case strings.HasPrefix("-batch", w[0]) && len(w[0]) > 1 && w[0] != "-br":
			return false
		default:
			w = w[1:]
		}
	}
	if len(w) == 0 {
		return true
	}
	if strings.HasPrefix("netns", w[0]) && len(w[0]) > 2 {
		if len(w) > 3 && w[1] == "exec" {
			return looksOnly(w[3:])
		}
		return len(w) == 1 || w[1] == "list" || w[1] == "show" || w[1] == "ls" || w[1] == "identify"
	}
	if len(w) == 1 {
		return true
	}
	switch w[1] {
	case "show", "list", "ls", "lst", "s", "sh", "l", "get", "g", "save", "help":
		return true
	}
	return false
}

// Check says whether a script can be read at all: the error is its first
// syntax error, as the shell words it.
func Check(name, text string) error {
	_, err := Parse(name, text)
	return err
}

// shellWords are commands of the shell itself that may begin a line.
var shellWords = map[string]bool{}

func init() {
	for _, n := range strings.Fields("cd set unset export for while until if case command type") {
		shellWords[n] = true
	}
}

// Known reports whether a word is a program of the machine or a command of its
// shell.
func Known(name string) bool { return shellWords[name] || programs()[name] != nil }

// Tools lists the programs of the machine, by name.
func Tools() []string {
	var list []string
	for n := range programs() {
		list = append(list, n)
	}
	sort.Strings(list)
	return list
}

// Forget gives up what was typed of a command that is not complete.
func (c *Console) Forget() { c.rest = "" }
