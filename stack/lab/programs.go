package lab

import (
	"sort"
)

// programs are the tools of the machine, by name.
func programs() map[string]tool {
	m := map[string]tool{
		"true": func(*Proc, []string) int { return 0 }, "false": func(*Proc, []string) int { return 1 },
		"echo": echoTool, "yes": yes, "printf": printf, "test": test, "[": test, "cat": cat, "head": headTail, "tail": headTail, "wc": wc, "tr": tr, "cut": cut,
		"sort": sortTool, "uniq": uniqTool, "seq": seq, "tee": tee, "xargs": xargs, "sleep": sleepTool, "timeout": timeoutTool, "watch": watchTool,
		"date": dateTool, "basename": basenameTool, "dirname": basenameTool, "mktemp": mktempTool, "mkdir": mkdirTool, "rm": rmTool, "rmdir": rmTool,
		"touch": touchTool, "chmod": chmodTool, "cp": cpTool, "mv": cpTool, "ls": lsTool, "id": idTool, "whoami": idTool, "uname": unameTool, "env": envTool,
		"grep": grep, "egrep": grep, "fgrep": grep, "sed": sed, "awk": awk, "sh": shTool, "dash": shTool, "bash": shTool, "pwd": pwdTool, "hostname": hostnameTool,
		"kill": killTool, "nohup": nohupTool, "clear": func(*Proc, []string) int { return 0 }, "sync": func(*Proc, []string) int { return 0 },
		"sysctl": sysctlTool, "ip": ipTool,
	}
	for _, n := range []string{"tc", "iptables", "ip6tables", "iptables-save", "ip6tables-save", "iptables-restore", "ip6tables-restore", "conntrack", "wg", "ipvsadm", "modprobe",
		"bpftrace", "perf", "tcpreplay", "ebtables", "arptables", "insmod", "lsmod", "ifconfig", "route", "arp",
		"tcpdump", "dig", "nslookup", "host", "curl", "wget", "socat", "iperf3", "arping", "tracepath", "mtr", "httpd", "python3", "find", "less", "vi"} {
		if m[n] == nil {
			m[n] = notModelled
		}
	}
	for name, t := range extra {
		m[name] = t
	}
	return m
}

// extra are tools that other files of the package add: Register.
var extra = map[string]tool{}

// notModelled is a real tool that is not here yet.
func notModelled(p *Proc, a []string) int {
	p.errf("not modelled: the command %s\n", a[0])
	return 1
}

func sortedKeys[V any](m map[string]V) []string {
	var l []string
	for k := range m {
		l = append(l, k)
	}
	sort.Strings(l)
	return l
}

// shTool is sh: a shell in a process of its own.
func shTool(p *Proc, a []string) int {
	c := p.fork(a[0], func(q *Proc) int { return shMain(q, a) })
	if p.sh == nil { // the process is that shell: it was made for it
		p.relay, p.execs = c, true
		defer func() { p.relay, p.execs = nil, false }()
	}
	st := p.wait(c)
	if c.killed != 0 && st == 128+c.killed {
		p.died = c.killed
	}
	return st
}

// shMain reads sh's options and runs its script.
func shMain(p *Proc, a []string) int {
	i := 1
	sh := newShell(p, a[0], nil)
	p.sh = sh
	cmd, stdin := false, false
	for ; i < len(a) && len(a[i]) > 1 && (a[i][0] == '-' || a[i][0] == '+'); i++ {
		if a[i] == "--" {
			i++
			break
		}
		for _, c := range a[i][1:] {
			switch {
			case c == 'c':
				cmd = true
			case c == 's':
				stdin = true
			case c == 'o' && i+1 < len(a):
				i++
				if !sh.option(a[i], a[i-1][0] == '-') {
					p.errf("%s: 0: Illegal option -o %s\n", a[0], a[i])
					return 2
				}
			case !sh.option(string(c), a[i][0] == '-'):
				p.errf("%s: 0: Illegal option -%c\n", a[0], c)
				return 2
			}
		}
	}
	text := ""
	line := p.lab.line
	switch {
	case cmd:
		if i >= len(a) {
			p.errf("%s: 0: -c requires an argument\n", a[0])
			return 2
		}
		text = a[i]
		if i++; i < len(a) {
			sh.name = a[i]
			i++
		}
	case i < len(a) && !stdin:
		b, e := p.readFile(a[i])
		if e != "" {
			p.errf("%s: 0: cannot open %s: No such file\n", a[0], a[i])
			return 2
		}
		text, sh.name = string(b), a[i]
		i++
	default:
		text = string(p.readAll(0))
	}
	if i < len(a) {
		sh.args = append([]string(nil), a[i:]...)
	}
	sh.source(sh.name, text, 1)
	sh.finish()
	p.lab.line = line
	return sh.status
}

func pwdTool(p *Proc, _ []string) int {
	p.outf("%s\n", p.cwd)
	return 0
}

func hostnameTool(p *Proc, a []string) int {
	if len(a) > 1 {
		return p.badOption(a[1])
	}
	p.outf("%s\n", p.lab.Root.Name)
	return 0
}

func killTool(p *Proc, a []string) int {
	sh := p.sh
	if sh == nil {
		sh = newShell(p, "kill", nil)
	}
	return killBuiltin(sh, a)
}

func nohupTool(p *Proc, a []string) int {
	if len(a) < 2 {
		p.errf("nohup: missing operand\nTry 'nohup --help' for more information.\n")
		return 125
	}
	return p.runWords(a[1:])
}
