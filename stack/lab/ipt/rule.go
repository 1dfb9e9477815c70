package ipt

import (
	"fmt"
	"strings"
)

// What of a rule's header is inverted (IPT_INV_*).
const (
	invIn = 1 << iota
	invOut
	invSrc
	invDst
	invFrag
	invProto
)

// A rule is struct iptables_command_state: what a command line says, or what was
// read back from the tables.
type rule struct {
	proto    uint64
	inv      uint8
	frag     bool
	isGoto   bool
	src, dst network
	in, out  string
	// viaIn, viaOut are set where the name is only "+" and does count: what nft makes
	// of `! -i +`.
	viaIn, viaOut bool
	matches       []*inst
	target        *inst
	jump          string // the word behind -j or -g
	packets       uint64
	bytes         uint64
}

// A format is what a listing shows (FMT_*).
type format struct {
	numeric, noCounts, noTable, via, lines, short bool
	cCounts                                       bool // -c 1 2
}

// field pads a word, unless the rule is written in one line with others.
func (f *format) field(width int, s string) string {
	if f.noTable {
		return s + " "
	}
	return fmt.Sprintf("%-*s ", width, s)
}

// num is xtables_print_num.
func (f *format) num(n uint64) string {
	pad := func(width int, unit string) string {
		if f.noTable {
			return fmt.Sprintf("%d%s ", n, unit)
		}
		return fmt.Sprintf("%*d%s ", width, n, unit)
	}
	if !f.short {
		return pad(8, "")
	}
	if n <= 99999 {
		return pad(5, "")
	}
	for _, u := range []string{"K", "M", "G"} {
		n = (n + 500) / 1000
		if n <= 9999 {
			return pad(4, u)
		}
	}
	n = (n + 500) / 1000
	return pad(4, "T")
}

// header is print_header.
func (p *prog) header(f *format, chain, policy string, packets, bytes uint64, refs int64) {
	o := &p.out
	o.f("Chain %s", chain)
	switch {
	case policy != "":
		o.f(" (policy %s", policy)
		if !f.noCounts {
			g := *f
			g.noTable = true
			o.f(" %spackets, %sbytes", g.num(packets), g.num(bytes))
		}
		o.f(")\n")
	case refs < 0:
		o.f(" (ERROR obtaining refs)\n")
	default:
		o.f(" (%d references)\n", refs)
	}
	if f.lines {
		o.f("%-4s ", "num")
	}
	if !f.noCounts {
		if f.short {
			o.f("%5s %5s ", "pkts", "bytes")
		} else {
			o.f("%8s %10s ", "pkts", "bytes")
		}
	}
	o.f("%-9s  prot opt", "target")
	if f.via {
		o.f(" %-6s %-6s ", "in", "out")
	}
	o.f(" %-19s  %-19s \n", "source", "destination")
}

// printRule is print_firewall and nft_ipv4_print_rule.
func (p *prog) printRule(r *rule, num int, f *format) {
	o := &p.out
	if f.lines {
		o.f("%s", f.field(4, fmt.Sprint(num)))
	}
	if !f.noCounts {
		o.f("%s%s", f.num(r.packets), f.num(r.bytes))
	}
	o.f("%s", f.field(9, p.listName(r)))
	mark := func(bit uint8, no string) {
		if r.inv&bit != 0 {
			no = "!"
		}
		o.f("%s", no)
	}
	mark(invProto, " ")
	name := p.protoName(r.proto, f.numeric)
	if f.numeric && !f.noTable || name == "" {
		name = fmt.Sprint(r.proto)
	}
	o.f("%s", f.field(4, name))
	if f.noTable {
		o.f("opt ")
	}
	if p.fam == 6 {
		o.f("-- ")
	} else {
		mark(invFrag, "-")
		if r.frag {
			o.f("f ")
		} else {
			o.f("- ")
		}
	}
	if f.via {
		p.printIfaces(r, f)
	}
	p.printAddr(r.src, r.inv&invSrc != 0, f, false)
	p.printAddr(r.dst, r.inv&invDst != 0, f, true)
	if f.noTable {
		o.f("  ")
	}
	if r.isGoto {
		o.f("[goto] ")
	}
	w := p.view(r, o)
	w.numeric = f.numeric
	for _, m := range r.matches {
		m.e.print(w, m.d)
	}
	if r.target != nil {
		r.target.e.print(w, r.target.d)
	}
	o.f("\n")
}

// view is a writer for the rule's extensions.
func (p *prog) view(r *rule, b *buf) *view {
	return &view{buf: b, p: p, fam: p.fam, proto: r.proto}
}

// listName is what stands in the column "target": a target's own name, not that of
// which it is a form.
func (p *prog) listName(r *rule) string {
	if r.target != nil && r.target.e.real != "" {
		return r.target.e.real
	}
	return r.jump
}

func (p *prog) printIfaces(r *rule, f *format) {
	name := func(s string, inv bool) string {
		if s == "" {
			if s = "any"; f.numeric {
				s = "*"
			}
		}
		if inv {
			s = "!" + s
		}
		return cutTo(s, 17)
	}
	in, out := name(r.in, r.inv&invIn != 0), name(r.out, r.inv&invOut != 0)
	if f.noTable {
		p.out.f("in %s out %s ", in, out)
	} else {
		p.out.f(" %-6s %-6s ", in, out)
	}
}

func (p *prog) printAddr(n network, inv bool, f *format, dst bool) {
	s := ""
	switch {
	case f.numeric:
		s = n.addr.text(p.fam) + n.mask.maskText(p.fam)
	case p.fam == 4 && n.mask.zero(), p.fam == 6 && n.addr.zero():
		s = "anywhere"
	default:
		s = p.anyName(p.fam, n.addr) + n.mask.maskText(p.fam)
	}
	b := " "
	if inv {
		b = "!"
	}
	switch {
	case !f.noTable:
		p.out.f("%s%-19s ", b, s)
	case dst:
		p.out.f("%s-> %s", b, s)
	default:
		p.out.f("%s%s ", b, s)
	}
}

// saveAddr is save_ipv4_addr and save_ipv6_addr.
func (w *view) saveAddr(letter byte, n network, inv bool) {
	l, ok := n.mask.prefix(w.fam)
	if !inv && l == 0 && ok && (w.fam == 6 || n.addr.zero()) {
		return
	}
	w.not(inv)
	w.f(" -%c %s/", letter, n.addr.text(w.fam))
	if ok {
		w.f("%d", l)
	} else {
		w.f("%s", n.mask.text(w.fam))
	}
}

func (w *view) saveIface(letter byte, name string, inv, plus bool) {
	if name == "" || name == "+" && !plus {
		return
	}
	w.not(inv)
	w.f(" -%c %s", letter, name)
}

// saveRule writes the rule as -S and -save do: what comes behind "-A CHAIN".
func (p *prog) saveRule(r *rule, b *buf, f *format) {
	w := p.view(r, b)
	w.saveAddr('s', r.src, r.inv&invSrc != 0)
	w.saveAddr('d', r.dst, r.inv&invDst != 0)
	w.saveIface('i', r.in, r.inv&invIn != 0, r.viaIn)
	w.saveIface('o', r.out, r.inv&invOut != 0, r.viaOut)
	if r.proto > 0 {
		w.not(r.inv&invProto != 0)
		if s := p.protoName(r.proto, false); s != "" {
			w.f(" -p %s", s)
		} else {
			w.f(" -p %d", r.proto)
		}
	}
	if r.frag {
		w.not(r.inv&invFrag != 0)
		w.f(" -f")
	}
	for _, m := range r.matches {
		w.f(" -m %s", m.name())
		m.e.save(w, m.d)
	}
	if f != nil && f.cCounts {
		w.f(" -c %d %d", r.packets, r.bytes)
	}
	w.saveTarget(r)
}

func (w *view) saveTarget(r *rule) {
	switch t := r.target; {
	case t != nil && t.e.name != "standard":
		w.f(" -j %s", t.name())
		t.e.save(w, t.d)
	case r.jump == "":
	case r.isGoto:
		w.f(" -g %s", r.jump)
	default:
		w.f(" -j %s", r.jump)
	}
}

// hush keeps warnings back until what it returns is called.
func (p *prog) hush() func() {
	old := p.quiet
	p.quiet = true
	return func() { p.quiet = old }
}

// matchText is what -S shows of a match; targetText of the target.
func (p *prog) matchText(r *rule, m *inst) string {
	defer p.hush()()
	var b buf
	w := p.view(r, &b)
	w.f("-m %s", m.name())
	m.e.save(w, m.d)
	return b.String()
}

func (p *prog) targetText(r *rule) string {
	defer p.hush()()
	var b buf
	p.view(r, &b).saveTarget(r)
	return strings.TrimPrefix(b.String(), " ")
}

// same tells whether two rules are one, as -D and -C compare them: all but the
// counters.
func (p *prog) same(a, b *rule) bool {
	defer p.hush()()
	var x, y buf
	p.saveRule(a, &x, nil)
	p.saveRule(b, &y, nil)
	return x.String() == y.String()
}
