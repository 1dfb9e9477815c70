package lab

import (
	"sort"
	"strconv"
	"strings"
)

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
	if len(a) == 1 && len(sh.p.kids) == 0 {
		sh.complain("%s: No current job", a[0])
		return 2
	}
	if len(a) > 1 {
		if n, err := strconv.Atoi(strings.TrimPrefix(a[1], "%")); err != nil || n < 1 || n > len(sh.p.kids) {
			sh.complain("%s: No such job: %s", a[0], a[1])
			return 2
		}
	}
	sh.complain("%s: job (null) not created under job control", a[0])
	return 2
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

// listedName is how kill -l names a signal: those of real time have names of
// their own.
func listedName(n int) string {
	switch {
	case n == 34:
		return "RTMIN"
	case n > 34 && n < 50:
		return "RTMIN+" + strconv.Itoa(n-34)
	case n >= 50 && n < 64:
		return "RTMAX-" + strconv.Itoa(64-n)
	case n == 64:
		return "RTMAX"
	}
	return sigName(n)
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
		if strings.HasPrefix(s, "%") {
			if n < 1 || n > len(p.kids) {
				sh.complain("wait: No such job: %s", s)
				return 2
			}
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
		p.outf("0\n")
		for n := 1; n <= 64; n++ {
			p.outf("%s\n", listedName(n))
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
