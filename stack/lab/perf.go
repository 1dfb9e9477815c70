package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

func init() { extra["perf"] = perf }

// A perfCmd is one command line of perf(1) 6.1: it counts or samples the
// model's tracepoints and functions.
type perfCmd struct {
	term
	p       *Proc
	sub     string
	events  []perfEvent
	all     bool // -a
	graph   bool // -g
	out     string
	in      string
	cmd     []string
	samples []perfSample
	counts  []uint64
	calls   []step.Step
	began   sim.Time
	done    bool
	lines   []byte // of perf trace
	pid     int
}

// A perfEvent is an -e: a tracepoint, or a probe on a function.
type perfEvent struct {
	name string
	tp   step.TP
}

// A perfSample is one event that was seen.
type perfSample struct {
	event  string
	comm   string
	pid    int
	cpu    int
	at     sim.Time
	fields string
	stack  []string // innermost first
}

// perfMax is how many samples one recording keeps.
const perfMax = 1 << 20

var perfSubs = map[string]bool{"record": true, "report": true, "stat": true, "trace": true, "script": true, "list": true, "version": true}

const perfOthers = " annotate archive bench buildid-cache buildid-list c2c config daemon data diff evlist ftrace inject iostat kallsyms kmem kvm kwork lock mem sched test timechart top probe "

func perf(p *Proc, a []string) int {
	if len(a) < 2 {
		p.out("\n usage: perf [--version] [--help] [OPTIONS] COMMAND [ARGS]\n\n The most commonly used perf commands are:\n   list            List all symbolic event types\n   record          Run a command and record its profile into perf.data\n   report          Read perf.data (created by perf record) and display the profile\n   script          Read perf.data (created by perf record) and display trace output\n   stat            Run a command and gather performance counter statistics\n   trace           strace inspired tool\n\n See 'perf help COMMAND' for more information on a specific command.\n\n")
		return 1
	}
	c := &perfCmd{p: p, sub: a[1]}
	switch {
	case a[1] == "--version" || a[1] == "-v" || a[1] == "version":
		p.out("perf version 6.1.192\n")
		return 0
	case strings.Contains(perfOthers, " "+a[1]+" "):
		p.errf("not modelled: perf %s\n", a[1])
		return 1
	case !perfSubs[a[1]]:
		p.errf("perf: '%s' is not a perf-command. See 'perf --help'.\n", a[1])
		return 1
	}
	opts, rest, bad := getopt(a[2:], "+e:agGo:i:F:c:p:t:C:qvdr:x:I:nsm:D:k:", []longOpt{{"event", 1, 'e'}, {"all-cpus", 0, 'a'}, {"call-graph", 1, 'g'}, {"output", 1, 'o'}, {"input", 1, 'i'}, {"stdio", 0, 1},
		{"no-children", 0, 2}, {"children", 0, 3}, {"no-syscalls", 0, 1}, {"quiet", 0, 'q'}, {"no-inherit", 0, 1}})
	if bad != nil {
		what := "unknown switch `" + bad.opt + "'"
		switch {
		case bad.kind == optMissing:
			what = "switch `" + bad.opt + "' requires a value"
		case strings.HasPrefix(bad.at, "--"):
			what = "unknown option `" + strings.TrimPrefix(cutEq(bad.at), "--") + "'"
		}
		p.errf("  Error: %s\n\n Usage: perf %s [<options>] [<command>]\n", what, c.sub)
		return 129
	}
	noChildren := false
	for _, o := range opts {
		switch o.c {
		case 'e':
			if e := c.addEvents(o.value); e != "" {
				p.errf("%s", e)
				return 129
			}
		case 'a':
			c.all = true
		case 'g', 'G':
			c.graph = true
		case 'o':
			c.out = o.value
		case 'i':
			c.in = o.value
		case 2:
			noChildren = true
		case 'q', 'v', 'F', 'c', 's', 1, 3, 'm', 'n':
		default:
			p.errf("not modelled: perf %s %s\n", c.sub, optText(o))
			return 1
		}
	}
	c.cmd = rest
	switch c.sub {
	case "list":
		pat := ""
		if len(rest) > 0 {
			pat = rest[0]
		}
		c.list(pat)
		return 0
	case "report", "script":
		return c.report(noChildren)
	}
	if len(c.events) == 0 {
		p.errf("not modelled: perf %s without -e: the model has no hardware counters\n", c.sub)
		return 1
	}
	if len(c.cmd) == 0 {
		c.all = true
	}
	return c.measure()
}

func (c *perfCmd) addEvents(list string) string {
	for _, name := range strings.Split(list, ",") {
		found := false
		for t := step.TP(1); int(t) < step.NumTPs; t++ {
			if n := t.Info().Name; n == name || strings.ContainsAny(name, "*?") && globName(name, n) {
				c.events = append(c.events, perfEvent{n, t})
				found = true
			}
		}
		if found {
			continue
		}
		sys, ev, ok := strings.Cut(name, ":")
		if !ok {
			return "not modelled: the event " + name + "\n"
		}
		if perfReal[name] {
			return "not modelled: the tracepoint " + name + "\n"
		}
		return fmt.Sprintf("event syntax error: '%s'\n                     \\___ unknown tracepoint\n\nError:\tFile /sys/kernel/tracing/events/%s/%s not found.\nHint:\tPerhaps this kernel misses some CONFIG_ setting to enable this feature?.\n\nRun 'perf list' for a list of valid events\n\n Usage: perf %s [<options>] [<command>]\n%s\n    -e, --event <event>   event selector. use 'perf list' to list available events\n",
			list, sys, ev, c.sub, map[bool]string{true: "    or: perf record [<options>] -- <command> [<options>]\n"}[c.sub == "record"])
	}
	c.counts = make([]uint64, len(c.events))
	return ""
}

// perfReal are tracepoints of the kernel's networking that the model does not
// have.
var perfReal = func() map[string]bool {
	m := map[string]bool{}
	for _, s := range strings.Fields("net:napi_gro_frags_entry net:napi_gro_frags_exit net:napi_gro_receive_exit net:net_dev_xmit_timeout net:netif_receive_skb_exit net:netif_receive_skb_list_entry net:netif_receive_skb_list_exit net:netif_rx_entry net:netif_rx_exit skb:skb_copy_datagram_iovec sock:sock_exceed_buf_limit tcp:tcp_retransmit_synack qdisc:qdisc_create qdisc:qdisc_destroy qdisc:qdisc_reset") {
		m[s] = true
	}
	return m
}()

func (c *perfCmd) list(pat string) {
	for t := step.TP(1); int(t) < step.NumTPs; t++ {
		if n := t.Info().Name; pat == "" || globName(pat, n) || strings.Contains(n, pat) {
			c.p.outf("  %-50s [Tracepoint event]\n", n)
		}
	}
}

// measure runs the command, or waits for a signal, and listens meanwhile.
func (c *perfCmd) measure() int {
	p := c.p
	l := p.lab
	c.began = l.now()
	c.pid = p.pid
	tap := l.tap(c)
	defer func() { l.untap(tap) }()
	st := 0
	if len(c.cmd) > 0 {
		st = p.runWords(c.cmd)
	} else {
		old := p.app
		p.app = socket.NewProgram(p.host.NS, "perf", c)
		for !c.done {
			p.block(func() bool { l.trim(); return c.done || len(c.lines) > 0 })
			c.flushLines()
		}
		p.app.Exit()
		p.app = old
	}
	l.untap(tap)
	c.flushLines()
	switch c.sub {
	case "record":
		return c.save(st)
	case "stat":
		c.stat()
	}
	return st
}

func (c *perfCmd) flushLines() {
	if b := c.lines; len(b) > 0 {
		c.lines = nil
		c.p.write(2, b)
	}
}

// Run does nothing: the tracer calls.
func (c *perfCmd) Run(*socket.Program) {}

// Signal ends the measurement.
func (c *perfCmd) Signal(n int) bool {
	c.done = n == 2 || n == 15
	return c.done
}

func (c *perfCmd) listens() {}

// Enter, Leave, Point and Why: see trace.Listener.

// Enter keeps the chain of calls.
func (c *perfCmd) Enter(s step.Step, _ trace.Subject) { c.calls = append(c.calls, s) }

// Leave shortens it.
func (c *perfCmd) Leave() { c.calls = c.calls[:max(0, len(c.calls)-1)] }

// Why is not asked for.
func (c *perfCmd) Why(step.Why, []uint64) {}

// Point takes a sample.
func (c *perfCmd) Point(tp step.TP, _ trace.Subject, args []uint64) {
	for i := range c.events {
		if c.events[i].tp != tp {
			continue
		}
		comm, pid := c.p.lab.runs()
		if !c.all && pid != c.pid {
			return
		}
		c.counts[i]++
		if c.sub == "stat" || len(c.samples) >= perfMax {
			return
		}
		s := perfSample{event: c.events[i].name, comm: comm, pid: pid, at: c.p.lab.now(), fields: c.fields(tp.Info(), args)}
		if t := c.p.lab.World.Trace; t != nil {
			s.cpu = int(t.CPU)
		}
		for k := len(c.calls) - 1; k >= 0 && (c.graph || k == len(c.calls)-1); k-- {
			s.stack = append(s.stack, c.calls[k].String())
		}
		if c.sub == "trace" {
			who := comm
			if pid > 0 {
				who += "/" + strconv.Itoa(pid)
			}
			c.lines = fmt.Appendf(c.lines, "%10.3f %s %s(%s)\n", float64(s.at-c.began)/1e6, who, s.event, c.traceFields(tp.Info(), args))
			return
		}
		c.samples = append(c.samples, s)
		return
	}
}

// each calls f for every field with its value as text.
func (c *perfCmd) each(in *step.TPInfo, args []uint64, f func(a step.Arg, v string)) {
	r := &bpfCmd{p: c.p}
	at := 0
	for _, a := range in.Args {
		w := 1 + b2i(a.Fmt.Wide())
		if at+w > len(args) {
			return
		}
		hi, v := uint64(0), args[at]
		if w == 2 {
			hi, v = args[at], args[at+1]
		}
		at += w
		f(a, a.Fmt.Format(hi, v, r))
	}
}

// fields is a tracepoint as perf script prints it.
func (c *perfCmd) fields(in *step.TPInfo, args []uint64) string {
	var l []string
	dev := ""
	c.each(in, args, func(a step.Arg, v string) {
		if a.Name == "name" && a.Fmt == step.Dev {
			dev = "dev=" + v
			return
		}
		l = append(l, a.Name+"="+v)
	})
	if dev != "" {
		l = append([]string{dev}, l...)
	}
	return strings.Join(l, " ")
}

func (c *perfCmd) traceFields(in *step.TPInfo, args []uint64) string {
	var l []string
	c.each(in, args, func(a step.Arg, v string) {
		if a.Fmt == step.Dev {
			v = strconv.Quote(v)
		}
		l = append(l, a.Name+": "+v)
	})
	return strings.Join(l, ", ")
}

func (c *perfCmd) stat() {
	p := c.p
	who := "'system wide'"
	if !c.all {
		who = "'" + strings.Join(c.cmd, " ") + "'"
	}
	p.errf("\n Performance counter stats for %s:\n\n", who)
	for i, e := range c.events {
		p.errf("%18s      %-67s\n", commas(c.counts[i]), e.name)
	}
	p.errf("\n       %.9f seconds time elapsed\n\n", float64(p.lab.now()-c.began)/1e9)
}

// commas groups digits by three.
func commas(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
