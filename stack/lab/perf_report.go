package lab

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sim"
)

// perfMagic begins the files that perf record writes here. The real format is
// another one.
const perfMagic = "PERFILE2 packetwalk\n"

// save writes perf.data.
func (c *perfCmd) save(st int) int {
	p := c.p
	var b strings.Builder
	b.WriteString(perfMagic)
	for _, s := range c.samples {
		fmt.Fprintf(&b, "%s\t%s\t%d\t%d\t%d\t%s\t%s\n", s.event, s.comm, s.pid, s.cpu, s.at, s.fields, strings.Join(s.stack, ","))
	}
	name := c.out
	if name == "" {
		name = "perf.data"
	}
	d, e := p.open(name, 'w')
	if e != "" {
		p.errf("failed to open %s : %s\n", name, e)
		return 255
	}
	fd := 20
	for p.fds[fd] != nil {
		fd++
	}
	p.set(fd, d)
	p.write(fd, []byte(b.String()))
	p.close(fd)
	p.errf("[ perf record: Woken up 1 times to write data ]\n[ perf record: Captured and wrote %.3f MB %s (%d samples) ]\n", float64(b.Len())/(1<<20), name, len(c.samples))
	return st
}

// report is perf report and perf script.
func (c *perfCmd) report(noChildren bool) int {
	p := c.p
	name := c.in
	if name == "" {
		name = "perf.data"
	}
	b, e := p.readFile(name)
	if e != "" {
		p.errf("failed to open %s: %s  (try 'perf record' first)\n", name, e)
		return 255
	}
	text, ok := strings.CutPrefix(string(b), perfMagic)
	if !ok {
		p.errf("incompatible file format (rerun with -v to learn more)\n")
		return 255
	}
	var events []string
	by := map[string][]perfSample{}
	for _, l := range lines(text) {
		f := strings.Split(l, "\t")
		if len(f) != 7 {
			continue
		}
		s := perfSample{event: f[0], comm: f[1], fields: f[5]}
		s.pid, _ = strconv.Atoi(f[2])
		s.cpu, _ = strconv.Atoi(f[3])
		at, _ := strconv.ParseInt(f[4], 10, 64)
		s.at = sim.Time(at)
		if f[6] != "" {
			s.stack = strings.Split(f[6], ",")
		}
		if c.sub == "script" {
			c.script(&s)
			continue
		}
		if by[s.event] == nil {
			events = append(events, s.event)
		}
		by[s.event] = append(by[s.event], s)
	}
	if c.sub == "script" {
		return 0
	}
	p.out("# To display the perf.data header info, please use --header/--header-only options.\n#\n#\n# Total Lost Samples: 0\n#\n")
	for _, ev := range events {
		c.profile(ev, by[ev], noChildren)
	}
	p.out("\n#\n# (Tip: Generate a script for your data: perf script -g <lang>)\n#\n")
	return 0
}

func (c *perfCmd) script(s *perfSample) {
	c.p.outf("%16s %5d [%03d] %d.%06d: %s: %s\n", s.comm, s.pid, s.cpu, s.at/sim.Second, s.at/sim.Microsecond%1000000, s.event, s.fields)
	if len(s.stack) > 1 {
		for _, f := range s.stack {
			c.p.outf("\t%16s %s ([kernel.kallsyms])\n", "", f)
		}
		c.p.out("\n")
	}
}

// A perfRow is a line of the profile: who, and in which function.
type perfRow struct {
	comm, sym   string
	self, below int
	chains      [][]string // outermost first
}

// profile prints one event.
func (c *perfCmd) profile(ev string, l []perfSample, noChildren bool) {
	p := c.p
	p.outf("# Samples: %d  of event '%s'\n# Event count (approx.): %d\n#\n", len(l), ev, len(l))
	graph := false
	rows := map[[2]string]*perfRow{}
	var order []*perfRow
	get := func(comm, sym string) *perfRow {
		r := rows[[2]string{comm, sym}]
		if r == nil {
			r = &perfRow{comm: comm, sym: sym}
			rows[[2]string{comm, sym}] = r
			order = append(order, r)
		}
		return r
	}
	for _, s := range l {
		if len(s.stack) == 0 {
			s.stack = []string{"[unknown]"}
		}
		graph = graph || len(s.stack) > 1
		chain := make([]string, len(s.stack))
		for i, f := range s.stack {
			chain[len(chain)-1-i] = f
		}
		get(s.comm, s.stack[0]).self++
		seen := map[string]bool{}
		for i, f := range s.stack {
			if seen[f] || i > 0 && noChildren {
				continue
			}
			seen[f] = true
			r := get(s.comm, f)
			r.below++
			r.chains = append(r.chains, chain)
		}
	}
	sort.SliceStable(order, func(i, j int) bool {
		if order[i].below != order[j].below {
			return order[i].below > order[j].below
		}
		return order[i].self > order[j].self
	})
	wide, long := len("Command"), len("Symbol")
	for _, r := range order {
		wide, long = max(wide, len(r.comm)), max(long, len(r.sym)+4)
	}
	children := graph && !noChildren
	if children {
		p.outf("# Children      Self  %-*s  Shared Object      %-*s\n# ........  ........  %s  .................  %s\n#\n", wide, "Command", long, "Symbol", strings.Repeat(".", wide), strings.Repeat(".", long))
	} else {
		p.outf("# Overhead  %-*s  Shared Object      %-*s\n# ........  %s  .................  %s\n#\n", wide, "Command", long, "Symbol", strings.Repeat(".", wide), strings.Repeat(".", long))
	}
	for _, r := range order {
		if !children && r.self == 0 {
			continue
		}
		pct := func(n int) string { return fmt.Sprintf("%9.2f%%", float64(n)*100/float64(len(l))) }
		if children {
			p.outf("%s%s  %-*s  [kernel.kallsyms]  [k] %s\n", pct(r.below), pct(r.self), wide, r.comm, r.sym)
		} else {
			p.outf("%s  %-*s  [kernel.kallsyms]  [k] %s\n", pct(r.self), wide, r.comm, r.sym)
		}
		if graph {
			c.tree(r.chains, len(l))
		}
	}
	p.out("\n")
}

// A perfNode is a place in a tree of calls.
type perfNode struct {
	name string
	n    int
	kids []*perfNode
}

func (t *perfNode) add(chain []string) {
	for _, f := range chain {
		var k *perfNode
		for _, x := range t.kids {
			if x.name == f {
				k = x
			}
		}
		if k == nil {
			k = &perfNode{name: f}
			t.kids = append(t.kids, k)
		}
		k.n++
		t = k
	}
}

// tree draws the chains of calls, callers first.
func (c *perfCmd) tree(chains [][]string, total int) {
	root := &perfNode{}
	for _, ch := range chains {
		root.add(ch)
	}
	c.p.out("            |\n")
	if len(root.kids) == 1 {
		c.p.out("            ---" + root.kids[0].name + "\n")
		c.below(root.kids[0], "               ", total)
	} else {
		c.branches(root, "            ", total)
	}
	c.p.out("\n")
}

func (c *perfCmd) below(t *perfNode, pad string, total int) {
	for len(t.kids) == 1 && t.kids[0].n == t.n {
		t = t.kids[0]
		c.p.out(pad + t.name + "\n")
	}
	if len(t.kids) > 0 {
		c.p.out(pad + "|          \n")
		c.branches(t, pad, total)
	}
}

func (c *perfCmd) branches(t *perfNode, pad string, total int) {
	sort.SliceStable(t.kids, func(i, j int) bool { return t.kids[i].n > t.kids[j].n })
	for i, k := range t.kids {
		lead, next := "|", "|"
		if i == len(t.kids)-1 {
			lead, next = " ", " "
		}
		c.p.outf("%s%s--%.2f%%--%s\n", pad, lead, float64(k.n)*100/float64(total), k.name)
		c.below(k, pad+next+"         ", total)
		if next == "|" {
			c.p.out(pad + "|          \n")
		}
	}
}
