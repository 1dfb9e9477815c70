package lab

import (
	"sort"
	"strings"
	"time"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

func init() { extra["bpftrace"] = bpftrace }

func timeOf(ns int64) time.Duration { return time.Duration(ns) }

// A bpfCmd is bpftrace(8) 0.17 while it runs: a listener of the world's tracer.
// Like a shell it is not part of the world.
type bpfCmd struct {
	term
	p     *Proc
	src   string
	at    []bpfAttach
	r     bpfRun
	out   []byte
	began sim.Time
	done  bool
	quiet bool
	calls []step.Step // the functions that run, outermost first
	busy  bool
	tap   *tracerTap
}

func bpftrace(p *Proc, a []string) int {
	c := &bpfCmd{p: p}
	list, verbose, search := false, false, ""
	opts, rest, bad := getopt(a[1:], "+B:f:e:hl::p:vc:Vo:I:kqd", []longOpt{{"help", 0, 'h'}, {"version", 0, 'V'}, {"unsafe", 0, 1}, {"info", 0, 2}, {"no-warnings", 0, 1}, {"include", 1, 'I'}, {"usdt-file-activation", 0, 1}})
	if bad != nil {
		p.errf("bpftrace: %s\n%s", bad.glibc(), bpfUsage)
		return 1
	}
	for _, o := range opts {
		switch o.c {
		case 'e':
			c.src = o.value
		case 'l':
			list, search = true, o.value
		case 'v':
			verbose = true
		case 'V':
			p.out("bpftrace v0.17.0\n")
			return 0
		case 'h':
			p.errf("%s", bpfUsage)
			return 0
		case 'q':
			c.quiet = true
		case 'B', 'k', 1:
		default:
			p.errf("not modelled: bpftrace %s\n", optText(o))
			return 1
		}
	}
	if list {
		if search == "" && len(rest) > 0 {
			search = rest[0]
		}
		bpfList(p, search, verbose)
		return 0
	}
	if c.src == "" {
		if len(rest) == 0 {
			p.errf("%s", bpfUsage)
			return 1
		}
		b, e := p.curlFile(rest[0])
		if e != "" {
			p.errf("ERROR: failed to open file '%s': %s\n", rest[0], e)
			return 1
		}
		c.src = string(b)
		if strings.HasPrefix(c.src, "#!") {
			c.src = "//" + c.src
		}
	}
	ps, wrong := bpfParse(c.src)
	if wrong != nil {
		p.errf("%s", c.mark(min(wrong.at, len(c.src)), max(wrong.end, wrong.at), "ERROR: "+wrong.msg))
		return 1
	}
	if e := c.resolve(ps); e != "" {
		p.errf("%s", e)
		return 1
	}
	return c.attach()
}

// attach runs the program until exit(), a signal, or the end of all else.
func (c *bpfCmd) attach() int {
	p := c.p
	l := p.lab
	c.r = bpfRun{c: c, mapsOf: map[string]*bpfMap{}}
	c.began = l.now()
	if !c.quiet {
		c.print("Attaching " + bpfCount(len(c.at)) + "...\n")
	}
	old := p.app
	p.app = socket.NewProgram(p.host.NS, "bpftrace", c)
	c.fire("BEGIN")
	if !c.done {
		c.tap = l.tap(c)
		defer func() { l.untap(c.tap) }()
		c.loop()
		l.untap(c.tap)
	}
	c.done = false
	c.fire("END")
	c.print("\n\n")
	var names []string
	for n := range c.r.mapsOf {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		c.print(c.r.mapsOf[n].text(0, 0))
	}
	p.app.Exit()
	p.app = old
	c.flush()
	return 0
}

func bpfCount(n int) string {
	if n == 1 {
		return "1 probe"
	}
	return wordNum(n) + " probes"
}

// loop sleeps until something is to be done.
func (c *bpfCmd) loop() {
	p := c.p
	for i := range c.at {
		if a := &c.at[i]; a.kind == "interval" {
			a.next = p.lab.now() + a.every
		}
	}
	for !c.done {
		at := sim.Time(0)
		for i := range c.at {
			if a := &c.at[i]; a.kind == "interval" && (at == 0 || a.next < at) {
				at = a.next
			}
		}
		p.until(at, func() bool { p.lab.trim(); return c.done || len(c.out) > 0 })
		c.flush()
		for i := range c.at {
			a := &c.at[i]
			if a.kind == "interval" && !c.done && p.lab.now() >= a.next {
				a.next += a.every
				c.r.run(a.probe, &bpfEvent{probe: a.name})
			}
		}
	}
}

// Run, Signal: the program that the machine knows. A signal ends it politely.

// Run does nothing: the tracer calls.
func (c *bpfCmd) Run(*socket.Program) {}

// Signal is SIGINT's and SIGTERM's: the maps are printed.
func (c *bpfCmd) Signal(n int) bool {
	if n != 2 && n != 15 {
		return false
	}
	c.done = true
	return true
}

func (c *bpfCmd) listens() {}

func (c *bpfCmd) print(s string) {
	if len(c.out)+len(s) < 16<<20 {
		c.out = append(c.out, s...)
	}
}

func (c *bpfCmd) flush() {
	if b := c.out; len(b) > 0 {
		c.out = nil
		c.p.write(1, b)
	}
}

func (c *bpfCmd) fire(kind string) {
	for i := range c.at {
		if c.at[i].kind == kind {
			c.r.run(c.at[i].probe, &bpfEvent{probe: kind})
		}
	}
}

// Enter, Leave, Point and Why: see trace.Listener.

// Enter fires kprobes.
func (c *bpfCmd) Enter(s step.Step, on trace.Subject) {
	c.calls = append(c.calls, s)
	c.event("kprobe", s, 0, nil, on)
}

// Leave fires kretprobes.
func (c *bpfCmd) Leave() {
	if n := len(c.calls); n > 0 {
		c.event("kretprobe", c.calls[n-1], 0, nil, nil)
		c.calls = c.calls[:n-1]
	}
}

// Point fires tracepoints.
func (c *bpfCmd) Point(tp step.TP, on trace.Subject, args []uint64) {
	c.event("tracepoint", 0, tp, args, on)
}

// Why is not asked for.
func (c *bpfCmd) Why(step.Why, []uint64) {}

func (c *bpfCmd) event(kind string, s step.Step, tp step.TP, args []uint64, on trace.Subject) {
	if c.busy || c.done {
		return
	}
	c.busy = true
	for i := range c.at {
		a := &c.at[i]
		if a.kind != kind || kind != "tracepoint" && a.fn != s || kind == "tracepoint" && a.tp != tp {
			continue
		}
		ev := &bpfEvent{probe: a.name, on: on, args: args}
		if kind == "tracepoint" {
			ev.tp = tp.Info()
		} else {
			ev.fn = s.String()
		}
		c.r.run(a.probe, ev)
		if c.done {
			break
		}
	}
	c.busy = false
}

// stack is the chain of calls, innermost first.
func (c *bpfCmd) stack(depth int) string {
	var b strings.Builder
	b.WriteString("\n")
	for i := len(c.calls) - 1; i >= 0 && depth > 0; i-- {
		b.WriteString("    " + c.calls[i].String() + "\n")
		depth--
	}
	return b.String()
}

// DevName and Text resolve what tracepoints carry.

// DevName is a device by its number, in the namespace that the event is in.
func (c *bpfCmd) DevName(i int) string {
	l := c.p.lab
	for _, h := range l.World.Hosts {
		for _, ns := range h.Machine.NS {
			if t := l.World.Trace; t != nil && t.Host != ns.Host {
				continue
			}
			if d := ns.DevByIndex(i); d != nil {
				return d.Name
			}
		}
	}
	return ""
}

// Text is an interned text; there is none here.
func (c *bpfCmd) Text(uint64) string { return "" }

const bpfUsage = `USAGE:
    bpftrace [options] filename
    bpftrace [options] - <stdin input>
    bpftrace [options] -e 'program'

OPTIONS:
    -B MODE        output buffering mode ('full', 'none')
    -f FORMAT      output format ('text', 'json')
    -o file        redirect bpftrace output to file
    -e 'program'   execute this program
    -h, --help     show this help message
    -l [search]    list probes
    -q             keep messages quiet
    -V, --version  bpftrace version
`
