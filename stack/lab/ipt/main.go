package ipt

import "github.com/packetwalk/packetwalk/stack/core"

// tableNames are the tables, in the order in which iptables-nft goes through them.
var tableNames = []string{"mangle", "security", "raw", "filter", "nat"}

func builtinTable(name string) bool {
	for _, t := range tableNames {
		if t == name {
			return true
		}
	}
	return false
}

// main is iptables and ip6tables.
func (p *prog) main(args []string) int {
	argv := append([]string(nil), args...)
	c := p.readCommand(argv, "filter", false)
	var msg string
	ok := false
	var e core.Errno
	if p.legacy {
		h := p.openTable(c)
		if ok, e = h.do(c); ok {
			ok, e = h.commit()
		}
		if !ok {
			msg = h.strerror(e)
		}
	} else {
		h := p.nftOpen()
		h.verbose = c.verbose
		if ok = h.do(c); ok {
			ok = h.commit()
		}
		if !ok {
			e = h.errno
			msg = h.strerror()
		}
	}
	if ok {
		return 0
	}
	p.warn("%s: %s.", p.name, msg)
	if e == core.Errno(22) {
		p.warn(" Run `dmesg' for more information.")
	}
	p.warn("\n")
	return otherProblem
}

// formatOf is what -L's options ask for.
func (c *command) format() *format {
	return &format{numeric: c.seen&optNumeric != 0, noCounts: c.seen&optVerbose == 0, via: c.seen&optVerbose != 0, lines: c.seen&optLineNumbers != 0, short: c.seen&optExpanded == 0}
}

// oneLine is FMT_PRINT_RULE: what -v shows of a rule that is added.
var oneLine = &format{noCounts: true, via: true, numeric: true, noTable: true}

// pairs are the rules that a command means: one for each source and destination.
func (c *command) pairs() (l []*rule) {
	for _, s := range c.src {
		for _, d := range c.dst {
			r := c.r
			r.src, r.dst = s, d
			r.matches = nil
			for _, m := range c.r.matches {
				r.matches = append(r.matches, c.real(m))
			}
			if c.r.target != nil {
				r.target = c.real(c.r.target)
			}
			l = append(l, &r)
		}
	}
	return l
}

// real is a copy of an extension, as what it is in the kernel: state is conntrack.
func (c *command) real(i *inst) *inst {
	n := *i
	if i.e.real != "" && !i.e.target {
		n.e = find(i.e.real, i.e.target, c.p.fam)
	}
	n.d = clone(i.d)
	return &n
}
