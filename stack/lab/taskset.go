package lab

import (
	"math/bits"
	"path"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
)

func init() {
	extra["nproc"] = nproc
	extra["taskset"] = taskset
}

// affinity are the CPUs that a process may run on, of those that there are.
func (p *Proc) affinity() core.CPUMask {
	all := core.CPUMask(1)<<p.host.NS.Machine.CPUs() - 1
	if p.cpus != 0 {
		return p.cpus & all
	}
	return all
}

// nproc is nproc(1) of coreutils.
func nproc(p *Proc, a []string) int {
	n, ignore := bits.OnesCount64(uint64(p.affinity())), 0
	for _, s := range a[1:] {
		v, ok := strings.CutPrefix(s, "--ignore=")
		switch {
		case s == "--all":
			n = p.host.NS.Machine.CPUs()
		case ok:
			var err error
			if ignore, err = strconv.Atoi(v); err != nil || ignore < 0 {
				p.errf("nproc: invalid number: ‘%s’\n", v)
				return 1
			}
		case strings.HasPrefix(s, "-") && s != "-":
			p.badOption(s)
			return 1
		default:
			p.errf("nproc: extra operand ‘%s’\nTry 'nproc --help' for more information.\n", s)
			return 1
		}
	}
	p.outf("%d\n", max(1, n-ignore))
	return 0
}

const tasksetBad = "Try 'taskset --help' for more information.\n"

// taskset is taskset(1) of util-linux: a command on some of the CPUs. The model's
// programs all run on the first one.
func taskset(p *Proc, a []string) int {
	list, i := false, 1
	for ; i < len(a) && len(a[i]) > 1 && a[i][0] == '-'; i++ {
		switch a[i] {
		case "-c", "--cpu-list":
			list = true
		case "-p", "--pid", "-a", "--all-tasks", "-pc", "-cp":
			p.errf("not modelled: taskset %s\n", a[i])
			return 1
		default:
			p.badOption(a[i])
			return 1
		}
	}
	if len(a) < i+2 {
		p.errf("taskset: bad usage\n" + tasksetBad)
		return 1
	}
	what, m, ok := "mask", core.CPUMask(0), false
	if list {
		what = "list"
		m, ok = cpuList(a[i])
	} else if n, err := strconv.ParseUint(strings.TrimPrefix(strings.ReplaceAll(a[i], ",", ""), "0x"), 16, 64); err == nil {
		m, ok = core.CPUMask(n), true
	}
	if !ok {
		p.errf("taskset: failed to parse CPU %s: %s\n", what, a[i])
		return 1
	}
	all := core.CPUMask(1)<<p.host.NS.Machine.CPUs() - 1
	if m&all == 0 {
		p.errf("taskset: failed to set pid %d's affinity: Invalid argument\n", p.pid)
		return 1
	}
	if !m.Has(0) {
		p.errf("not modelled: programs on another CPU than the first\n")
		return 1
	}
	w := a[i+1:]
	if p.lab.tools[path.Base(w[0])] == nil {
		p.errf("taskset: failed to execute %s: No such file or directory\n", w[0])
		return 127
	}
	c := p.fork(w[0], func(q *Proc) int { return q.runWords(w) })
	c.cpus = m
	return p.wait(c)
}

// cpuList is cpulist_parse: 0,3,7-11, with :STRIDE.
func cpuList(s string) (m core.CPUMask, ok bool) {
	for _, g := range strings.Split(s, ",") {
		g, stride, has := strings.Cut(g, ":")
		step := 1
		if has {
			n, err := strconv.Atoi(stride)
			if err != nil || n < 1 {
				return 0, false
			}
			step = n
		}
		lo, hi, two := strings.Cut(g, "-")
		from, err := strconv.ParseUint(lo, 10, 16)
		to := from
		if err == nil && two {
			to, err = strconv.ParseUint(hi, 10, 16)
		}
		if err != nil || to < from {
			return 0, false
		}
		for n := from; n <= to && n < 64; n += uint64(step) {
			m |= 1 << n
		}
	}
	return m, true
}
