package lab

import (
	"fmt"
	"path"
	"sort"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A bpfAttach is one event that fires a block.
type bpfAttach struct {
	kind  string // kprobe, kretprobe, tracepoint, interval, BEGIN, END
	fn    step.Step
	tp    step.TP
	every sim.Time
	next  sim.Time
	name  string
	probe *bpfProbe
}

// bpfFuncs are functions by the kernel's name, with the number of arguments
// that each takes: least and most.
var bpfFuncs = map[string][2]int{"printf": {1, 9}, "exit": {0, 1}, "print": {1, 3}, "clear": {1, 1}, "zero": {1, 1}, "delete": {1, 9}, "str": {1, 2}, "ntop": {1, 2}, "kstack": {0, 2}, "time": {0, 1},
	"strftime": {2, 2}, "ksym": {1, 1}, "strncmp": {3, 3}, "count": {0, 0}, "sum": {1, 1}, "avg": {1, 1}, "min": {1, 1}, "max": {1, 1}, "stats": {1, 1}, "hist": {1, 2}, "lhist": {4, 4}, "kstr": {1, 1}}

// bpfWrappers are functions that do little more than call another one, which
// stands for both in the model: tcp_sendmsg locks the socket, dev_queue_xmit
// passes on.
var bpfWrappers = map[string]string{"tcp_sendmsg": "tcp_sendmsg_locked", "dev_queue_xmit": "__dev_queue_xmit", "tcp_recvmsg": "tcp_recvmsg_locked", "__netif_receive_skb": "__netif_receive_skb_one_core"}

// bpfOthers are functions that exist and that are not modelled.
const bpfOthers = " ustack usym uaddr kaddr reg system cat join buf macaddr kptr uptr cgroupid signal override cgroup_path bswap skboutput pton strerror nsecs offsetof "

var bpfNames = map[string]bool{"pid": true, "tid": true, "comm": true, "uid": true, "gid": true, "nsecs": true, "elapsed": true, "cpu": true, "probe": true, "func": true, "kstack": true, "args": true,
	"username": true, "AF_INET": true, "AF_INET6": true, "numaid": true, "cgroup": true}

// resolve finds the events of every block; what is wrong is a line.
func (c *bpfCmd) resolve(ps []bpfProbe) string {
	for i := range ps {
		b := &ps[i]
		for _, pt := range b.points {
			l, bad := c.point(pt, b)
			if bad != "" {
				return bad
			}
			c.at = append(c.at, l...)
		}
		if bad := c.check(b); bad != "" {
			return bad
		}
	}
	if len(c.at) > 512 {
		return "ERROR: Can't attach to " + strconv.Itoa(len(c.at)) + " probes because it exceeds the current limit of 512 probes.\nYou can increase the limit through the BPFTRACE_MAX_PROBES environment variable, but BE CAREFUL since a high number of probes attached can cause your system to crash.\n"
	}
	return ""
}

// mark is an error with the place in the program under it.
func (c *bpfCmd) mark(at, end int, msg string) string {
	line := strings.Count(c.src[:at], "\n") + 1
	from := strings.LastIndexByte(c.src[:at], '\n') + 1
	to := strings.IndexByte(c.src[from:], '\n')
	if to < 0 {
		to = len(c.src) - from
	}
	col := at - from
	n := max(1, min(end, from+to)-at)
	return fmt.Sprintf("stdin:%d:%d-%d: %s\n%s\n%s%s\n", line, col+1, col+1+n, msg, c.src[from:from+to], strings.Repeat(" ", col), strings.Repeat("~", n))
}

func (c *bpfCmd) point(pt bpfPoint, b *bpfProbe) (l []bpfAttach, bad string) {
	w := strings.Split(pt.text, ":")
	kind := map[string]string{"k": "kprobe", "kr": "kretprobe", "t": "tracepoint", "i": "interval", "f": "kfunc", "fentry": "kfunc", "fr": "kretfunc", "fexit": "kretfunc"}[w[0]]
	if kind == "" {
		kind = w[0]
	}
	switch kind {
	case "BEGIN", "END":
		return []bpfAttach{{kind: kind, name: kind, probe: b}}, ""
	case "kprobe", "kretprobe", "kfunc", "kretfunc":
		if len(w) < 2 || w[1] == "" {
			return nil, c.mark(pt.at, pt.end, "ERROR: "+kind+" probe type requires 1 argument")
		}
		name, _, off := strings.Cut(w[len(w)-1], "+")
		given := name
		if off {
			return nil, "not modelled: a kprobe inside of a function\n"
		}
		if to := bpfWrappers[name]; to != "" && step.ByName(name) == 0 {
			name = to
		}
		step.Each(func(s step.Step, in *step.Info) {
			if in.Func == name || strings.ContainsAny(name, "*?[") && globName(name, in.Func) {
				k := "kprobe"
				if strings.Contains(kind, "ret") {
					k = "kretprobe"
				}
				shown := in.Func
				if bpfWrappers[given] == in.Func {
					shown = given
				}
				l = append(l, bpfAttach{kind: k, fn: s, name: kind + ":" + shown, probe: b})
			}
		})
		if len(l) == 0 {
			return nil, "not modelled: the function " + name + " (bpftrace -l 'kprobe:*' lists those that are)\n"
		}
		return l, ""
	case "tracepoint":
		if len(w) != 3 {
			return nil, c.mark(pt.at, pt.end, "ERROR: tracepoint probe type requires 2 arguments")
		}
		name := w[1] + ":" + w[2]
		for t := step.TP(1); int(t) < step.NumTPs; t++ {
			if n := t.Info().Name; n == name || strings.ContainsAny(name, "*?[") && globName(name, n) {
				l = append(l, bpfAttach{kind: kind, tp: t, name: "tracepoint:" + n, probe: b})
			}
		}
		if len(l) == 0 {
			return nil, c.mark(pt.at, pt.end, "ERROR: tracepoint not found: "+name)
		}
		return l, ""
	case "interval", "profile":
		if len(w) != 3 {
			return nil, c.mark(pt.at, pt.end, "ERROR: "+kind+" probe type requires 2 arguments")
		}
		n, err := strconv.ParseInt(w[2], 10, 64)
		unit := map[string]sim.Time{"s": sim.Second, "ms": sim.Millisecond, "us": sim.Microsecond, "hz": sim.Second}[w[1]]
		if err != nil || n <= 0 || unit == 0 || n > 1e9 {
			return nil, c.mark(pt.at, pt.end, "ERROR: Invalid rate of "+kind+" probe")
		}
		every := unit * sim.Time(n)
		if w[1] == "hz" {
			every = max(1, unit/sim.Time(n))
		}
		return []bpfAttach{{kind: "interval", every: every, name: pt.text, probe: b}}, ""
	case "uprobe", "uretprobe", "usdt", "software", "hardware", "watchpoint", "asyncwatchpoint", "rawtracepoint", "iter", "u", "ur", "U", "s", "h", "rt", "p", "w", "aw":
		return nil, "not modelled: probes of the kind " + kind + "\n"
	}
	return nil, c.mark(pt.at, pt.end, "ERROR: Invalid probe type: "+w[0])
}

func globName(pat, name string) bool { ok, _ := path.Match(pat, name); return ok }

// check looks at every name and function of a block.
func (c *bpfCmd) check(b *bpfProbe) (bad string) {
	var tp *step.TPInfo
	kprobe := ""
	for _, a := range c.at {
		if a.probe == b && a.kind == "tracepoint" {
			tp = a.tp.Info()
		}
		if a.probe == b && strings.HasPrefix(a.kind, "k") {
			kprobe = a.name
		}
	}
	var walk func(n *bpfNode)
	walk = func(n *bpfNode) {
		if bad != "" || n == nil {
			return
		}
		switch n.op {
		case "call":
			bad = c.checkCall(n)
		case "name":
			bad = c.checkName(n, kprobe)
		case "field":
			if k := n.kids[0]; k.op == "name" && k.text == "args" && tp != nil {
				bad = c.checkField(n, tp)
			} else if k.op != "tuple" && k.op != "var" && k.op != "map" || k.op == "cast" {
				bad = "not modelled: fields of the kernel's structures in bpftrace\n"
			}
		case "pre*":
			bad = "not modelled: reading the kernel's memory in bpftrace\n"
		}
		for _, l := range [][]*bpfNode{n.kids, n.then, n.other} {
			for _, k := range l {
				walk(k)
			}
		}
	}
	walk(b.filter)
	for _, n := range b.body {
		walk(n)
	}
	return bad
}

func (c *bpfCmd) checkField(n *bpfNode, tp *step.TPInfo) string {
	for _, a := range tp.Args {
		if a.Name == n.text {
			return ""
		}
	}
	return c.mark(n.at, n.end, "ERROR: Struct/union of type 'struct _tracepoint_"+strings.Replace(tp.Name, ":", "_", 1)+"' does not contain a field named '"+n.text+"'")
}

func (c *bpfCmd) checkName(n *bpfNode, kprobe string) string {
	switch name := n.text; {
	case bpfNames[name]:
		return ""
	case name == "arg2" && (kprobe == "kprobe:tcp_sendmsg" || kprobe == "kprobe:udp_sendmsg" || kprobe == "kprobe:tcp_sendmsg_locked"):
		return ""
	case len(name) == 4 && strings.HasPrefix(name, "arg") && name[3] <= '9' || name == "retval" || strings.HasPrefix(name, "sarg"):
		return "not modelled: " + name + " of " + kprobe + ": the model's functions take other arguments; tracepoints have theirs (args->…)\n"
	case name == "curtask" || name == "ustack" || name == "ctx" || name == "rand" || name == "cgroup_path" || name == "jiffies" || name == "usermode" || name == "cpid" || name == "pcomm" || name == "ppid":
		return "not modelled: " + name + " in bpftrace\n"
	}
	return c.mark(n.at, n.end, "ERROR: Unknown identifier: '"+n.text+"'")
}

func (c *bpfCmd) checkCall(n *bpfNode) string {
	k, ok := bpfFuncs[n.text]
	switch {
	case !ok && strings.Contains(bpfOthers, " "+n.text+" "):
		return "not modelled: " + n.text + "() in bpftrace\n"
	case !ok:
		return c.mark(n.at, n.at+len(n.text), "ERROR: Unknown function: "+n.text)
	case len(n.kids) < k[0] && k[0] == k[1]:
		return c.mark(n.at, n.end, fmt.Sprintf("ERROR: %s() requires %s (%d provided)", n.text, plurals(k[0], "argument"), len(n.kids)))
	case len(n.kids) < k[0]:
		return c.mark(n.at, n.end, fmt.Sprintf("ERROR: %s() requires at least %s (%d provided)", n.text, plurals(k[0], "argument"), len(n.kids)))
	case len(n.kids) > k[1]:
		return c.mark(n.at, n.end, fmt.Sprintf("ERROR: %s() takes up to %d arguments (%d provided)", n.text, k[1], len(n.kids)))
	}
	switch n.text {
	case "printf":
		if n.kids[0].op != "str" {
			return c.mark(n.at, n.end, "ERROR: printf() expects a string literal (expression provided)")
		}
		want := 0
		f := strings.ReplaceAll(n.kids[0].text, "%%", "")
		for i := range f {
			want += b2i(f[i] == '%')
		}
		if have := len(n.kids) - 1; have != want {
			word := "Not enough"
			if have > want {
				word = "Too many"
			}
			return c.mark(n.at, n.end, fmt.Sprintf("ERROR: printf: %s arguments for format string (%d supplied, %d expected)", word, have, want))
		}
	case "clear", "zero", "delete":
		if n.kids[0].op != "map" {
			return c.mark(n.at, n.end, "ERROR: "+n.text+"() expects a map to be provided")
		}
	case "print":
		if n.kids[0].op != "map" && len(n.kids) > 1 {
			return c.mark(n.at, n.end, fmt.Sprintf("ERROR: Non-map print() only takes 1 argument, %d found", len(n.kids)))
		}
	}
	return ""
}

func plurals(n int, word string) string {
	if n == 1 {
		return "one " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// bpfList is bpftrace -l.
func bpfList(p *Proc, pat string, verbose bool) {
	var l []string
	step.Each(func(_ step.Step, in *step.Info) { l = append(l, "kprobe:"+in.Func) })
	sort.Strings(l)
	fields := map[string][]step.Arg{}
	var tps []string
	for t := step.TP(1); int(t) < step.NumTPs; t++ {
		n := "tracepoint:" + t.Info().Name
		tps = append(tps, n)
		fields[n] = t.Info().Args
	}
	sort.Strings(tps)
	last := ""
	for _, n := range append(l, tps...) {
		if n == last || pat != "" && !globName(pat, n) && !strings.Contains(n, pat) && !globName("*"+pat+"*", n) {
			continue
		}
		if strings.ContainsAny(pat, "*?:") && !globName(pat, n) {
			continue
		}
		last = n
		p.outf("%s\n", n)
		if verbose {
			for _, a := range fields[n] {
				p.outf("    %s %s\n", map[bool]string{true: "char[]", false: "u64"}[a.Fmt == step.Dev], a.Name)
			}
		}
	}
}
