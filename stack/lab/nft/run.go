package nft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// An Env is the machine that nft runs on.
type Env struct {
	NS       *core.Netns
	ReadFile func(name string) (text string, ok bool) // of the simulated machine; nil: no files
}

// Run is nft on a simulated machine: args are those behind the program's name.
// It returns what nft prints, and its exit status.
func Run(ns *core.Netns, args []string, stdin string) (stdout, stderr string, status int) {
	e := &Env{NS: ns}
	return e.Run(args, stdin)
}

// Run is nft: see the function Run.
func (env *Env) Run(args []string, stdin string) (stdout, stderr string, status int) {
	o := newOutput(env)
	var file string
	hasFile, json, check := false, false, false
	i := 0
	for ; i < len(args); i++ {
		a := args[i]
		if len(a) < 2 || a[0] != '-' {
			break
		}
		if a == "--" {
			i++
			break
		}
		if strings.HasPrefix(a, "--") {
			switch a {
			case "--handle":
				o.handles = true
			case "--json":
				json = true
			case "--numeric":
				o.numeric, o.numProto, o.numPrio = true, true, true
			case "--stateless":
				o.state = false
			case "--terse":
				o.terse = true
			case "--check":
				check = true
			case "--service":
				o.services = true
			case "--version":
				return "nftables v1.0.6 (Lester Gooch #5)\n", "", 0
			case "--file":
				i++
				if i < len(args) {
					file, hasFile = args[i], true
				}
			default:
				return "", "nft: unrecognized option '" + a + "'\n", 1
			}
			continue
		}
		for k := 1; k < len(a); k++ {
			switch a[k] {
			case 'a':
				o.handles = true
			case 'j':
				json = true
			case 'n':
				o.numeric, o.numProto, o.numPrio = true, true, true
			case 'p':
				o.numProto = true
			case 'y':
				o.numPrio = true
			case 's':
				o.state = false
			case 'S':
				o.services = true
			case 't':
				o.terse = true
			case 'c':
				check = true
			case 'v':
				return "nftables v1.0.6 (Lester Gooch #5)\n", "", 0
			case 'u', 'N', 'T', 'e':
			case 'f':
				if k+1 < len(a) {
					file = a[k+1:]
				} else if i++; i < len(args) {
					file = args[i]
				} else {
					return "", "nft: option requires an argument -- 'f'\n", 1
				}
				hasFile = true
				k = len(a)
			default:
				return "", fmt.Sprintf("nft: invalid option -- '%c'\n", a[k]), 1
			}
		}
	}
	rest := args[i:]
	var src *source
	switch {
	case hasFile:
		text := stdin
		name := "/dev/stdin"
		if file != "-" && file != "/dev/stdin" {
			name = file
			t, ok := "", false
			if env.ReadFile != nil {
				t, ok = env.ReadFile(file)
			}
			if !ok {
				return "", fmt.Sprintf("internal:0:0-0: Error: Could not open file \"%s\": No such file or directory\n", file), 1
			}
			text = t
		}
		src = &source{name: name, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	case len(rest) > 0:
		src = &source{lines: strings.Split(strings.Join(rest, " "), "\n")}
	default:
		return "", "nft: no command specified\n", 1
	}
	r := &runner{env: env, o: &o, check: check}
	if json {
		r.json = true
	}
	status = r.run(src)
	return o.b.String(), r.errs.String(), status
}

// A runner carries out what was read.
type runner struct {
	env    *Env
	o      *output
	b      *nftables.Batch
	errs   strings.Builder
	fails  []*failure
	kernel []*failure // what the kernel refused
	check  bool
	json   bool
}

func (r *runner) run(src *source) int {
	toks, err := lex(src)
	p := &parser{env: r.env, toks: toks, vars: map[string]*expr{}}
	if err != nil {
		p.toks = append(p.toks, token{kind: tokEOF, at: err.locs[0]})
	}
	p.all()
	if err != nil && len(p.errs) == 0 {
		p.errs = append(p.errs, err)
	}
	s := nftables.Of(r.env.NS)
	r.b = s.Begin()
	r.do(p.cmds)
	if len(p.errs) > 0 {
		r.fails = append(p.errs, r.fails...)
	} else if len(r.fails) == 0 {
		r.fails = r.kernel
	}
	if len(r.fails) > 0 {
		r.b.Abort()
		r.o.b.Reset()
		for _, f := range r.fails {
			f.write(&r.errs)
		}
		return 1
	}
	if r.check {
		r.b.Abort()
		r.o.b.Reset()
		return 0
	}
	r.b.Commit()
	return 0
}

// fail keeps a complaint. What nft itself finds wrong comes first: then the
// kernel is not asked at all.
func (r *runner) fail(f *failure) {
	switch {
	case f == nil:
	case strings.HasPrefix(f.msg, kernelSays):
		r.kernel = append(r.kernel, f)
	default:
		r.fails = append(r.fails, f)
	}
}

const kernelSays = "Could not process rule: "

// errnoText is what the C library says of an errno.
func errnoText(e core.Errno) string {
	switch e {
	case step.ENOENT:
		return "No such file or directory"
	case step.EEXIST:
		return "File exists"
	case step.EBUSY:
		return "Device or resource busy"
	case step.EINVAL:
		return "Invalid argument"
	case step.EOPNOTSUPP:
		return "Operation not supported"
	case step.EPERM:
		return "Operation not permitted"
	case 23:
		return "Too many open files in system"
	case 31:
		return "Too many links"
	case 34:
		return "Numerical result out of range"
	case 40:
		return "Too many levels of symbolic links"
	case 71:
		return "Protocol error"
	case 75:
		return "Value too large for defined data type"
	}
	return e.String()
}

func (r *runner) errno(l loc, e core.Errno) {
	if e != 0 {
		r.fail(errAt(l, kernelSays+errnoText(e)))
	}
}

// do carries out commands: what declares comes before what uses.
func (r *runner) do(cmds []*cmd) {
	for _, c := range cmds {
		r.one(c)
		if len(r.fails) >= 20 {
			return
		}
	}
}

func (r *runner) tables() *nftables.Tables { return nftables.Of(r.env.NS) }

func (r *runner) table(p *place) *nftables.Table { return r.tables().Find(p.family, p.table) }

func (r *runner) one(c *cmd) {
	switch c.op {
	case "list":
		r.list(c)
	case "reset":
		r.reset(c)
	case "flush":
		r.flush(c)
	case "delete":
		r.delete(c)
	case "rename":
		r.rename(c)
	case "get":
		r.get(c)
	case "describe":
		r.fail(errAt(c.at, "not modelled: describe"))
	default:
		r.addCmd(c)
	}
}

func (r *runner) addCmd(c *cmd) {
	switch c.obj {
	case "table":
		r.addTable(c)
	case "chain":
		r.addChain(c)
		r.do(c.sub)
	case "rule":
		r.addRule(c)
	case "set":
		r.addSet(c, true)
	case "element":
		r.addElements(c)
	case "object":
		r.addObject(c)
	}
}

// addTable makes a table, and what is in its block in the order that nft has:
// chains, objects, sets, then elements and rules.
func (r *runner) addTable(c *cmd) {
	t, e := r.b.AddTable(c.p.family, c.p.table, c.table.dormant, c.table.hasFlags, c.op == "create")
	if e != 0 {
		r.errno(c.p.tableAt, e)
		return
	}
	if t.Comment == "" {
		t.Comment = c.table.comment
	}
	for _, s := range c.sub {
		if s.obj == "chain" {
			r.addChain(s)
		}
	}
	for _, s := range c.sub {
		if s.obj == "object" {
			r.addObject(s)
		}
	}
	markDynamic(c)
	for _, s := range c.sub {
		if s.obj == "set" {
			r.addSet(s, false)
		}
	}
	if len(r.fails) > 0 {
		return
	}
	for _, s := range c.sub {
		if s.obj == "set" && len(s.set.elems) > 0 {
			r.addSetElements(s)
		}
	}
	for _, s := range c.sub {
		if s.obj == "chain" {
			r.do(s.sub)
		}
	}
}

// markDynamic makes the sets dynamic that rules of the same block add to.
func markDynamic(c *cmd) {
	sets := map[string]*setSpec{}
	for _, s := range c.sub {
		if s.obj == "set" {
			sets[s.p.name] = s.set
		}
	}
	for _, s := range c.sub {
		for _, x := range s.sub {
			if x.rule == nil {
				continue
			}
			for _, st := range x.rule.stmts {
				if st.k != sSetOp && st.k != sMapOp {
					continue
				}
				if d := sets[st.e.word]; d != nil && !slices.Contains(d.flags, "dynamic") {
					d.flags = append(d.flags, "dynamic")
					if d.size == 0 {
						d.size = 65535
					}
				}
			}
		}
	}
}

var hookNums = map[string]core.HookNum{"prerouting": core.PreRouting, "input": core.LocalIn, "forward": core.Forward, "output": core.LocalOut, "postrouting": core.PostRouting}

func (r *runner) addChain(c *cmd) {
	t := r.table(&c.p)
	if t == nil {
		r.noTable(c)
		return
	}
	var base *nftables.Base
	s := c.chain
	policySet := s != nil && s.policy != ""
	if s != nil && s.hasHook {
		base = &nftables.Base{Devices: s.devs, Drop: s.policy == "drop"}
		switch s.typ {
		case "nat":
			base.Type = nftables.TypeNAT
		case "route":
			base.Type = nftables.TypeRoute
		}
		switch {
		case s.hook == "ingress":
			base.Ingress, base.Hook = true, core.NetdevIngress
			if t.Family == core.NFInet {
				base.Hook = core.InetIngress
			}
		case s.hook == "egress":
			base.Egress, base.Hook = true, core.NetdevEgress
		case t.Family == core.NFARP:
			base.Hook = map[string]core.HookNum{"input": core.ARPIn, "output": core.ARPOut, "forward": core.ARPForward}[s.hook]
		default:
			base.Hook = hookNums[s.hook]
		}
		base.Priority = s.prio
		if s.prioWord != "" {
			ok := false
			for _, p := range priosOf(t.Family) {
				if p.name == s.prioWord && compatible(p.name, t.Family, base) {
					base.Priority, ok = p.n+s.prio, true
				}
			}
			if !ok {
				r.fail(errAt(s.prioAt, fmt.Sprintf("'%s' is invalid priority in this context.", s.prioWord)))
				return
			}
		}
		if (base.Ingress || base.Egress) && len(base.Devices) == 0 {
			r.fail(errAt(c.p.chainAt, "Could not process rule: Invalid argument"))
			return
		}
	}
	if policySet && base == nil {
		if ch := t.Chain(c.p.chain); ch != nil {
			if ch.Base == nil {
				r.errno(c.p.chainAt, step.EOPNOTSUPP)
			} else {
				r.b.SetPolicy(ch, s.policy == "drop")
			}
			return
		}
		r.errno(c.p.chainAt, step.EINVAL)
		return
	}
	ch, e := r.b.AddChain(t, c.p.chain, base, policySet, c.op == "create")
	if e != 0 {
		r.errno(c.p.chainAt, e)
		return
	}
	if s != nil && s.comment != "" && ch.Comment == "" {
		ch.Comment = s.comment
	}
}

// noTable complains of a table that does not exist.
func (r *runner) noTable(c *cmd) {
	r.fail(errAt(c.p.tableAt, "No such file or directory"))
}

func (r *runner) addRule(c *cmd) {
	t := r.table(&c.p)
	if t == nil {
		r.fail(errAt(c.p.tableAt, "Could not process rule: No such file or directory"))
		return
	}
	ev := &evaluator{env: r.env, table: t, fam: t.Family, cmd: c}
	stmts, f := ev.rule(c.rule)
	if f != nil {
		r.fail(f)
		return
	}
	ch := t.Chain(c.p.chain)
	if ch == nil {
		r.fail(errAt(c.p.chainAt, "Could not process rule: No such file or directory"))
		return
	}
	at := len(ch.Rules)
	find := func(h uint64) int {
		for i, x := range ch.Rules {
			if x.Handle == h {
				return i
			}
		}
		return -1
	}
	var replaced *nftables.Rule
	switch {
	case c.p.index > 0:
		i := int(c.p.index) - 1
		if i >= len(ch.Rules) {
			r.fail(errAt(c.p.posAt, "Could not process rule: No such file or directory"))
			return
		}
		at = i
		if c.op == "add" {
			at++
		}
	case c.op == "replace":
		i := find(c.p.handle)
		if i < 0 {
			r.fail(errAt(c.p.handAt, "Could not process rule: No such file or directory"))
			return
		}
		at, replaced = i+1, ch.Rules[i]
	case c.p.pos != 0 || c.p.hasHand:
		h, l := c.p.pos, c.p.posAt
		if c.p.hasHand {
			h, l = c.p.handle, c.p.handAt
		}
		i := find(h)
		if i < 0 {
			r.fail(errAt(l, "Could not process rule: No such file or directory"))
			return
		}
		at = i
		if c.op == "add" {
			at++
		}
	case c.op == "insert":
		at = 0
	}
	stmts = reduce(stmts)
	l := &lowerer{env: r.env, b: r.b, t: t, text: newOutput(r.env)}
	l.rule(stmts)
	if l.err != nil {
		r.fail(l.err)
		return
	}
	where := c.at
	if c.rule != nil && len(c.rule.stmts) > 0 {
		where = c.at
	}
	if l.errno != 0 {
		r.errno(l.errAt, l.errno)
		return
	}
	rule := &nftables.Rule{Exprs: l.out, Text: &ruleText{listed(t.Family, stmts)}, Comm: c.rule.comment}
	if e := r.b.AddRule(ch, at, rule); e != 0 {
		r.errno(r.blame(rule, stmts, e, where), e)
		return
	}
	if replaced != nil {
		r.b.DelRule(replaced)
	}
}

// blame is the place that nft marks when the kernel refuses a rule.
func (r *runner) blame(rule *nftables.Rule, stmts []*stmt, e core.Errno, where loc) loc { return where }

func (r *runner) addSet(c *cmd, withElems bool) {
	t := r.table(&c.p)
	if t == nil {
		r.fail(errAt(c.p.tableAt, "Could not process rule: No such file or directory"))
		return
	}
	s := c.set
	set := &nftables.Set{Name: s.name, Map: s.isMap, Comment: s.comment, Size: int(s.size), AutoMerg: s.autoMrg}
	info := &setInfo{key: s.key, data: s.data, size: s.size, gc: s.gc, stmts: s.stmts}
	ev := &evaluator{env: r.env, table: t, fam: t.Family, cmd: c}
	ev.start()
	if s.typeof != nil {
		if f := typeofExpr(ev, s.typeof); f != nil {
			r.fail(f)
			return
		}
		info.key, info.keyBits, info.typeof = s.typeof.t, s.typeof.bits, s.typeof
	}
	if info.key == nil {
		r.fail(errAt(c.at, "set definition does not specify key"))
		return
	}
	for _, f := range s.flags {
		switch f {
		case "constant":
			set.Constant = true
		case "interval":
			set.Interval = true
		case "timeout":
			set.HasTimeout = true
		case "dynamic":
			set.Dynamic = true
		}
	}
	if s.timeout != 0 {
		set.HasTimeout = true
		set.Timeout = sim.Time(s.timeout) * sim.Millisecond
	}
	if s.policy == "memory" {
		set.Policy = 1
	}
	if len(info.key.many) > 0 {
		for i, p := range info.key.many {
			n := nbytes(p.bits)
			if s.typeof != nil && s.typeof.k == eConcat {
				n = width(s.typeof.list[i])
			}
			if n == 0 {
				r.fail(errAt(s.typeAt, "can not use variable sized data types (integer) in concat expressions"))
				return
			}
			set.Parts = append(set.Parts, n)
			set.KeyLen += (n + 3) &^ 3
		}
	} else {
		if info.keyBits == 0 {
			info.keyBits = info.key.bits
		}
		set.KeyLen = nbytes(info.keyBits)
		if set.KeyLen == 0 {
			r.fail(errAt(s.typeAt, "unqualified type "+info.key.name+" specified in set definition. Try \"typeof expression\" instead of \"type datatype\"."))
			return
		}
	}
	if s.isMap {
		switch {
		case s.objMap != 0:
			set.ObjMap, set.ObjKind = true, s.objMap
			info.data = nil
		case s.dataOf != nil:
			if f := typeofExpr(ev, s.dataOf); f != nil {
				r.fail(f)
				return
			}
			info.data, info.dataBits, info.dataOf = s.dataOf.t, s.dataOf.bits, s.dataOf
			set.DataLen = width(s.dataOf)
		case s.data == nil:
			r.fail(errAt(c.at, "map definition does not specify mapping data type"))
			return
		case s.data == tVerdict:
			set.Verdicts = true
		default:
			info.dataBits = s.data.bits
			set.DataLen = nbytes(s.data.bits)
			if len(s.data.many) > 0 {
				set.DataLen = 0
				for _, p := range s.data.many {
					set.DataLen += (nbytes(p.bits) + 3) &^ 3
				}
			}
			if set.DataLen == 0 {
				r.fail(errAt(s.typeAt, "unqualified mapping data type specified in map definition"))
				return
			}
		}
	}
	l := &lowerer{env: r.env, b: r.b, t: t, text: newOutput(r.env)}
	for _, x := range s.stmts {
		set.Exprs = append(set.Exprs, l.stateful(x))
	}
	set.Text = info
	got, e := r.b.AddSet(t, set, c.op == "create")
	if e != 0 {
		r.errno(c.p.nameAt, e)
		return
	}
	s.eng = got
	if withElems && len(s.elems) > 0 {
		r.addSetElements(c)
	}
}

// typeofExpr gives "typeof ip saddr" its type; nothing is depended on.
func typeofExpr(ev *evaluator, e *expr) *failure {
	switch e.k {
	case eConcat:
		var l []*dtype
		n := 0
		for _, x := range e.list {
			if f := typeofExpr(ev, x); f != nil {
				return f
			}
			l = append(l, x.t)
			n += (x.bits + 31) / 32 * 32
		}
		e.t, e.bits = concatType(l), n
		return nil
	case eSymbol:
		return errAt(e.at, "typeof needs an expression")
	case eCT, eRT:
		return ev.expr(e)
	}
	return nil
}

func (r *runner) addSetElements(c *cmd) {
	r.elementsInto(c, c.set.eng, c.set.elems, c.set.hasElems, false)
}

func (r *runner) addElements(c *cmd) {
	t := r.table(&c.p)
	if t == nil {
		r.fail(errAt(c.p.tableAt, "No such file or directory"))
		return
	}
	s := t.Set(c.p.name)
	if s == nil {
		r.fail(errAt(c.p.nameAt, "No such file or directory"))
		return
	}
	r.elementsInto(c, s, c.elems, true, c.op == "create")
}

func (r *runner) elementsInto(c *cmd, s *nftables.Set, elems []*expr, _, excl bool) {
	if s == nil {
		return
	}
	x, f := r.evalElements(c, s, elems)
	if f != nil {
		r.fail(f)
		return
	}
	l := &lowerer{env: r.env, b: r.b, t: s.Table, text: newOutput(r.env)}
	l.elements(s, x.list, false, excl, c.elAt)
	if l.err != nil {
		r.fail(l.err)
	} else if l.errno != 0 {
		r.errno(l.errAt, l.errno)
	}
}

func (r *runner) evalElements(c *cmd, s *nftables.Set, elems []*expr) (*expr, *failure) {
	info := infoOf(s)
	ev := &evaluator{env: r.env, table: s.Table, fam: s.Table.Family, cmd: c}
	ev.start()
	var data *dataType
	switch {
	case s.ObjMap:
		data = &dataType{tString, 128, hostOrder}
	case s.Verdicts:
		data = &dataType{tVerdict, 0, noOrder}
	case s.Map:
		data = &dataType{info.data, info.dataBits, info.data.order}
	}
	x := &expr{k: eSet, t: info.key}
	spec := &setSpec{}
	if c.op == "delete" {
		for i, e := range elems {
			if e.k == eMapping {
				elems[i] = e.l
			}
		}
		data = nil
	}
	if f := ev.elements(x, spec, elems, info.key, info.keyBits, info.key.order, data); f != nil {
		return nil, f
	}
	if spec.interval && !s.Interval {
		for _, e := range x.list {
			if k := keyExpr(e); k.k == eRange || k.k == ePrefix {
				return nil, errAt(e.at, "You must add 'flags interval' to your set declaration if you want to add "+map[ekind]string{eRange: "range", ePrefix: "prefix"}[k.k]+" elements")
			}
		}
		return nil, errAt(elems[0].at, "You must add 'flags interval' to your set declaration if you want to add concat elements")
	}
	return x, nil
}

func (r *runner) addObject(c *cmd) {
	t := r.table(&c.p)
	if t == nil {
		r.fail(errAt(c.p.tableAt, "Could not process rule: No such file or directory"))
		return
	}
	s := c.objs
	x := &nftables.Object{Kind: s.kind, Name: c.p.name, Comment: s.comment, Text: s}
	l := &lowerer{env: r.env, b: r.b, t: t, text: newOutput(r.env)}
	switch s.kind {
	case nftables.ObjCTHelper:
		id, ok := helpers[s.helper]
		if !ok {
			r.errno(c.p.nameAt, step.ENOENT)
			return
		}
		x.Helper, x.HelpL4 = id, uint8(s.l4)
		if !s.hasL3 {
			s.l3 = t.Family
		}
	case nftables.ObjCTTimeout:
		if !s.hasL3 {
			s.l3 = t.Family
		}
		to := &conntrack.Timeouts{Proto: uint8(s.l4), L3: s.l3}
		for i, n := range timeoutNames[s.l4] {
			v, ok := s.policy[n]
			if !ok {
				v = timeoutDefaults[s.l4][i]
			}
			k := i
			if s.l4 == 6 {
				k = i + 1
			}
			to.Secs[k%len(to.Secs)] = int(v)
		}
		x.Timeout = to
	case nftables.ObjCTExpect:
		r.fail(errAt(c.at, "not modelled: ct expectation"))
		return
	default:
		x.Expr = l.stateful(s.st)
		if l.errno != 0 {
			r.errno(c.p.nameAt, l.errno)
			return
		}
	}
	r.errno(c.p.nameAt, r.b.AddObj(t, x, c.op == "create"))
}

func (r *runner) rename(c *cmd) {
	t := r.table(&c.p)
	if t == nil {
		r.noTable(c)
		return
	}
	ch := t.Chain(c.p.chain)
	if ch == nil {
		r.fail(errAt(c.p.chainAt, "No such file or directory"))
		return
	}
	r.errno(c.p.chainAt, r.b.RenameChain(ch, c.p.rename))
}

func (r *runner) flush(c *cmd) {
	if c.obj == "ruleset" {
		for _, t := range append([]*nftables.Table(nil), r.tables().List...) {
			if !c.p.hasFam || t.Family == c.p.family {
				r.b.DelTable(t)
			}
		}
		return
	}
	t := r.table(&c.p)
	if t == nil {
		r.fail(errAt(c.p.tableAt, "Could not process rule: No such file or directory"))
		return
	}
	switch c.obj {
	case "table":
		for _, ch := range t.Chains {
			r.b.FlushChain(ch)
		}
	case "chain":
		ch := t.Chain(c.p.chain)
		if ch == nil {
			r.fail(errAt(c.p.chainAt, "Could not process rule: No such file or directory"))
			return
		}
		r.b.FlushChain(ch)
	case "set":
		s := t.Set(c.p.name)
		if s == nil {
			r.fail(errAt(c.p.nameAt, "No such file or directory"))
			return
		}
		r.b.FlushSet(s)
	}
}

func (r *runner) delete(c *cmd) {
	if c.obj == "table" && c.p.hasHand {
		for _, t := range r.tables().List {
			if t.Handle == c.p.handle && t.Family == c.p.family {
				r.b.DelTable(t)
				return
			}
		}
		r.errno(c.p.handAt, step.ENOENT)
		return
	}
	t := r.table(&c.p)
	if t == nil {
		r.fail(errAt(c.p.tableAt, "Could not process rule: No such file or directory"))
		return
	}
	switch c.obj {
	case "table":
		r.errno(c.p.tableAt, r.b.DelTable(t))
	case "chain":
		ch := t.Chain(c.p.chain)
		for _, x := range t.Chains {
			if c.p.hasHand && x.Handle == c.p.handle {
				ch = x
			}
		}
		at := c.p.chainAt
		if c.p.hasHand {
			at = c.p.handAt
		}
		if ch == nil {
			r.fail(errAt(at, "Could not process rule: No such file or directory"))
			return
		}
		r.errno(at, r.b.DelChain(ch))
	case "rule":
		ch := t.Chain(c.p.chain)
		if ch == nil {
			r.fail(errAt(c.p.chainAt, "Could not process rule: No such file or directory"))
			return
		}
		for _, x := range ch.Rules {
			if x.Handle == c.p.handle {
				r.b.DelRule(x)
				return
			}
		}
		r.fail(errAt(c.p.handAt, "Could not process rule: No such file or directory"))
	case "set":
		s := t.Set(c.p.name)
		for _, x := range t.Sets {
			if c.p.hasHand && x.Handle == c.p.handle {
				s = x
			}
		}
		at := c.p.nameAt
		if c.p.hasHand {
			at = c.p.handAt
		}
		if s == nil {
			r.fail(errAt(at, "Could not process rule: No such file or directory"))
			return
		}
		r.errno(at, r.b.DelSet(s))
	case "object":
		x := t.Object(c.objs.kind, c.p.name)
		if x == nil {
			r.fail(errAt(c.p.nameAt, "Could not process rule: No such file or directory"))
			return
		}
		r.errno(c.p.nameAt, r.b.DelObj(x))
	case "element":
		s := t.Set(c.p.name)
		if s == nil {
			r.fail(errAt(c.p.nameAt, "No such file or directory"))
			return
		}
		x, f := r.evalElements(c, s, c.elems)
		if f != nil {
			r.fail(f)
			return
		}
		for _, e := range x.list {
			from, to := keyOf(s, keyExpr(e))
			if !s.Interval {
				to = nil
			}
			if errno := r.b.DelElem(s, from, to); errno != 0 {
				if s.Interval {
					r.fail(errAt(e.at, "element does not exist"))
				} else {
					r.errno(e.at, errno)
				}
				return
			}
		}
	}
}

func (r *runner) get(c *cmd) {
	t := r.table(&c.p)
	if t == nil {
		r.noTable(c)
		return
	}
	s := t.Set(c.p.name)
	if s == nil {
		r.fail(errAt(c.p.nameAt, "No such file or directory"))
		return
	}
	x, f := r.evalElements(c, s, c.elems)
	if f != nil {
		r.fail(f)
		return
	}
	one := *s
	_ = one
	for _, e := range x.list {
		from, _ := keyOf(s, keyExpr(e))
		if s.Lookup(from) == nil {
			r.errno(c.p.nameAt, step.ENOENT)
			return
		}
	}
	r.fail(errAt(c.at, "not modelled: get element"))
}
