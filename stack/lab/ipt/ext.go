package ipt

import (
	"fmt"
	"sort"
	"strings"
)

// An ext is an extension: a match or a target (struct xtables_match, _target).
// Its data are the engine's: what makes gives, a *T of kind[T].
type ext struct {
	name   string
	real   string // what it is turned into: state is conntrack, NOTRACK is CT
	fam    int    // 0: of both families
	target bool
	opts   []opt
	absent bool // real, but not modelled

	makes func(fam int) any
	parse func(c *call, d any)
	check func(c *call, d any)
	print func(w *view, d any)
	save  func(w *view, d any)
	xlate func(w *view, d any) bool // nil, or false: it has no form in nft's language
	alias func(d any) string
}

// A kind makes an ext: functions on the engine's struct, T.
type kind[T any] struct {
	name, real string
	fam        int
	target     bool
	opts       []opt

	init  func(d *T, fam int)      // defaults
	parse func(c *call, d *T)      // an option was read, its value is in c
	check func(c *call, d *T)      // all options were read
	print func(w *view, d *T)      // for -L
	save  func(w *view, d *T)      // for -S and -save
	xlate func(w *view, d *T) bool // for nft's listings
	alias func(d *T) string        // its name in -S
}

func of[T any](k kind[T]) *ext {
	e := &ext{name: k.name, real: k.real, fam: k.fam, target: k.target, opts: k.opts}
	e.makes = func(fam int) any {
		d := new(T)
		if k.init != nil {
			k.init(d, fam)
		}
		return d
	}
	call1 := func(f func(*call, *T)) func(*call, any) {
		return func(c *call, d any) {
			if f != nil {
				f(c, d.(*T))
			}
		}
	}
	view1 := func(f func(*view, *T)) func(*view, any) {
		return func(w *view, d any) {
			if f != nil {
				f(w, d.(*T))
			}
		}
	}
	e.parse, e.check = call1(k.parse), call1(k.check)
	e.print, e.save = view1(k.print), view1(k.save)
	if k.print == nil && !k.target {
		e.print = func(w *view, _ any) { w.f("%s ", k.name) }
	}
	if k.xlate != nil {
		e.xlate = func(w *view, d any) bool { return k.xlate(w, d.(*T)) }
	}
	if k.alias != nil {
		e.alias = func(d any) string { return k.alias(d.(*T)) }
	}
	return e
}

// absent is an extension that is real but not modelled.
func absent(target bool, names ...string) {
	for _, n := range names {
		fam := 0
		if i := len(n) - 2; i > 0 && (n[i:] == "/4" || n[i:] == "/6") {
			fam = int(n[i+1] - '0')
			n = n[:i]
		}
		register(&ext{name: n, fam: fam, target: target, absent: true})
	}
}

// A view is a rule, or a part of it, that is being written.
type view struct {
	*buf
	p       *prog
	fam     int
	proto   uint64
	numeric bool
}

// not writes ! for -S.
func (w *view) not(on bool) { w.is(on, " !") }

// add is xt_xlate_add: words are kept apart.
func (w *view) add(format string, a ...any) {
	s := fmt.Sprintf(format, a...)
	if t := w.String(); t != "" && s != "" && !isSpace(t[len(t)-1]) && (digit(s[0]) < 36 || strings.IndexByte("(){}[]", s[0]) >= 0) {
		w.WriteByte(' ')
	}
	w.WriteString(s)
}

// ip is "ip" or "ip6", as in nft's language.
func (w *view) ip() string {
	if w.fam == 6 {
		return "ip6"
	}
	return "ip"
}

// ne is nft's "!= ".
func ne(on bool) string {
	if on {
		return "!= "
	}
	return ""
}

// An inst is an extension in a rule.
type inst struct {
	e    *ext
	d    any
	seen uint32 // options that were given
	done bool   // another of the same name came after
}

// name is what -m or -j has in -S.
func (i *inst) name() string {
	if i.e.alias != nil {
		return i.e.alias(i.d)
	}
	return i.e.name
}

// exts are all extensions, by kind and name.
var exts = struct{ match, target map[string][]*ext }{map[string][]*ext{}, map[string][]*ext{}}

func register(l ...*ext) {
	for _, e := range l {
		m := exts.match
		if e.target {
			m = exts.target
		}
		m[e.name] = append(m[e.name], e)
	}
}

// find looks an extension up; nil if there is none for the family.
func find(name string, target bool, fam int) *ext {
	m := exts.match
	if target {
		m = exts.target
	}
	for _, e := range m[name] {
		if e.fam == 0 || e.fam == fam {
			return e
		}
	}
	return nil
}

// maxName is XT_EXTENSION_MAXNAMELEN.
const maxName = 29

// findMatch is xtables_find_match: nil if there is none.
func (p *prog) findMatch(name string, must bool) *ext {
	if len(name) >= maxName {
		p.bad("Invalid match name \"%s\" (%d chars max)", name, maxName-1)
	}
	switch name {
	case "icmpv6", "ipv6-icmp", "icmp6":
		name = "icmp6"
	}
	e := find(name, false, p.fam)
	if e == nil && must {
		p.bad("Couldn't load match `%s':No such file or directory\n", name)
	}
	if e != nil && e.absent {
		p.notModelled("-m %s", name)
	}
	return e
}

// findTarget is xtables_find_target.
func (p *prog) findTarget(name string, must bool) *ext {
	switch name {
	case "", "ACCEPT", "DROP", "QUEUE", "RETURN":
		name = "standard"
	default:
		if p.chains[name] && !must {
			return nil
		}
	}
	e := find(name, true, p.fam)
	if e == nil {
		if must {
			p.bad("Couldn't load target `%s':No such file or directory\n", name)
		}
		p.announce(name)
		return nil
	}
	if e.absent {
		p.notModelled("-j %s", name)
	}
	return e
}

// announce is xtables_announce_chain: a name that is no target.
func (p *prog) announce(name string) {
	if p.chains == nil {
		p.chains = map[string]bool{}
	}
	p.chains[name] = true
}

// ofTarget is what a word behind -j has to be.
func (p *prog) targetName(s string) string {
	if s == "" {
		p.bad("Invalid target name (too short)")
	}
	if len(s) >= maxName {
		p.bad("Invalid target name `%s' (%d chars max)", s, maxName-1)
	}
	if strings.ContainsAny(s, " \t\n\v\f\r") {
		p.bad("Invalid target name `%s'", s)
	}
	return s
}

// offset is the number that the first option of an extension has in getopt.
const offset = 256

// load adds an extension's options to those of the command line
// (xtables_options_xfrm): the latest come first after the basic ones.
func (p *prog) load(e *ext) {
	if p.offsets == nil {
		p.offsets = map[*ext]int{}
	}
	if _, ok := p.offsets[e]; ok {
		return
	}
	p.loaded = append(p.loaded, e)
	p.offsets[e] = offset * len(p.loaded)
}

// options are all long options that are known now.
func (p *prog) options(base []longOpt) []longOpt {
	l := append([]longOpt(nil), base...)
	for i := len(p.loaded) - 1; i >= 0; i-- {
		e := p.loaded[i]
		for k := range e.opts {
			o := &e.opts[k]
			arg := 0
			if o.typ != tNone && o.typ != tWord {
				arg = 1
			}
			l = append(l, longOpt{o.name, arg, p.offsets[e] + o.id})
		}
	}
	return l
}

// Extensions lists the names of the extensions: for completion.
func Extensions() (matches, targets []string) {
	for n := range exts.match {
		matches = append(matches, n)
	}
	for n := range exts.target {
		targets = append(targets, n)
	}
	sort.Strings(matches)
	sort.Strings(targets)
	return matches, targets
}
