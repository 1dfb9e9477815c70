package nft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// An output is a listing that is being written, with nft's options.
type output struct {
	env      *Env
	b        strings.Builder
	errs     strings.Builder
	handles  bool // -a
	state    bool // false with -s
	numeric  bool // -n, -y …
	numProto bool
	numPrio  bool
	services bool
	terse    bool             // -t
	inSet    bool             // JSON: in { … }
	only     []*nftables.Elem // get element: these of the set, nil for all
}

func newOutput(env *Env) output { return output{env: env, state: true} }

func (o *output) printf(f string, a ...any) { fmt.Fprintf(&o.b, f, a...) }

// ruleset prints all tables of a family (all: every one).
func (o *output) ruleset(s *nftables.Tables, f core.Family, all bool) {
	for _, t := range s.List {
		if all || t.Family == f {
			o.table(t)
		}
	}
}

func (o *output) tableHead(t *nftables.Table) {
	o.printf("table %s %s {", familyName(t.Family), t.Name)
	if o.handles {
		o.printf(" # handle %d", t.Handle)
	}
	o.printf("\n")
}

// managed warns of the tables of iptables-nft.
func (o *output) managed(t *nftables.Table, l []*nftables.Chain) {
	for _, c := range l {
		for _, r := range c.Rules {
			for _, e := range r.Exprs {
				switch e.(type) {
				case *nftables.Match, *nftables.Target:
					fmt.Fprintf(&o.errs, "# Warning: table %s %s is managed by iptables-nft, do not touch!\n", familyName(t.Family), t.Name)
					return
				}
			}
		}
	}
}

func (o *output) table(t *nftables.Table) {
	o.managed(t, t.Chains)
	o.tableHead(t)
	delim := ""
	if t.Dormant {
		o.printf("\tflags dormant\n")
		delim = "\n"
	}
	if t.Comment != "" {
		o.printf("\tcomment \"%s\"\n", t.Comment)
	}
	for _, x := range t.Objects {
		o.printf("%s", delim)
		o.object(x)
		delim = "\n"
	}
	for _, s := range t.Sets {
		if !s.Anon {
			o.printf("%s", delim)
			o.set(s, true)
			delim = "\n"
		}
	}
	for _, f := range t.Flowtables {
		o.printf("%s", delim)
		o.flowtable(f)
		delim = "\n"
	}
	for _, c := range t.Chains {
		o.printf("%s", delim)
		o.chain(c)
		delim = "\n"
	}
	o.printf("}\n")
}

func (o *output) chain(c *nftables.Chain) {
	o.chainHead(c)
	for _, r := range c.Rules {
		o.printf("\t\t")
		o.rule(r)
		o.printf("\n")
	}
	o.printf("\t}\n")
}

var chainTypes = [...]string{"filter", "route", "nat"}

func hookName(c *nftables.Chain) string {
	b := c.Base
	switch {
	case b.Ingress:
		return "ingress"
	case b.Egress:
		return "egress"
	case c.Table.Family == core.NFARP:
		return [...]string{"input", "output", "forward"}[b.Hook]
	}
	return [...]string{"prerouting", "input", "forward", "output", "postrouting"}[b.Hook]
}

func (o *output) chainHead(c *nftables.Chain) {
	o.printf("\tchain %s {", c.Name)
	if o.handles {
		o.printf(" # handle %d", c.Handle)
	}
	if c.Comment != "" {
		o.printf("\n\t\tcomment \"%s\"", c.Comment)
	}
	o.printf("\n")
	b := c.Base
	if b == nil {
		return
	}
	o.printf("\t\ttype %s hook %s", chainTypes[b.Type], hookName(c))
	if len(b.Devices) == 1 {
		o.printf(" device \"%s\"", b.Devices[0])
	} else if len(b.Devices) > 1 {
		o.printf(" devices = { %s }", strings.Join(slices.Sorted(slices.Values(b.Devices)), ", "))
	}
	pol := "accept"
	if b.Drop {
		pol = "drop"
	}
	o.printf(" priority %s; policy %s;\n", o.priority(c.Table.Family, b), pol)
}

// A prio is a named priority.
type prio struct {
	n    int
	name string
}

var prios = []prio{{-300, "raw"}, {-150, "mangle"}, {-100, "dstnat"}, {0, "filter"}, {50, "security"}, {100, "srcnat"}}

var bridgePrios = []prio{{-300, "dstnat"}, {-200, "filter"}, {100, "out"}, {300, "srcnat"}}

// compatible is std_prio_family_hook_compat: where a name may be used.
func compatible(name string, f core.Family, b *nftables.Base) bool {
	switch f {
	case core.NFIPv4, core.NFIPv6, core.NFInet:
		switch name {
		case "dstnat":
			return b.Hook == core.PreRouting && !b.Ingress
		case "srcnat":
			return b.Hook == core.PostRouting && !b.Ingress
		}
		return true
	case core.NFARP, core.NFNetdev:
		return name == "filter"
	case core.NFBridge:
		switch name {
		case "dstnat":
			return b.Hook == core.PreRouting
		case "out":
			return b.Hook == core.LocalOut
		case "srcnat":
			return b.Hook == core.PostRouting
		}
		return true
	}
	return false
}

func priosOf(f core.Family) []prio {
	if f == core.NFBridge {
		return bridgePrios
	}
	return prios
}

func (o *output) priority(f core.Family, b *nftables.Base) string {
	if !o.numPrio {
		for _, p := range priosOf(f) {
			d := b.Priority - p.n
			if d < -10 || d > 10 {
				continue
			}
			if !compatible(p.name, f, b) {
				break
			}
			switch {
			case d > 0:
				return fmt.Sprintf("%s + %d", p.name, d)
			case d < 0:
				return fmt.Sprintf("%s - %d", p.name, -d)
			}
			return p.name
		}
	}
	return strconv.Itoa(b.Priority)
}

func (o *output) rule(r *nftables.Rule) {
	if x, ok := r.Text.(interface {
		NftText(r *nftables.Rule, numeric, numProto, state bool) string
	}); ok {
		o.printf("%s", x.NftText(r, o.numeric, o.numProto, o.state))
	}
	t, _ := r.Text.(*ruleText)
	if t != nil {
		for i, s := range t.stmts {
			if i > 0 {
				o.printf(" ")
			}
			o.printf("%s", o.stmt(s, r))
		}
	}
	if r.Comm != "" {
		o.printf(" comment \"%s\"", r.Comm)
	}
	if o.handles {
		o.printf(" # handle %d", r.Handle)
	}
}

// stmt is how a statement reads; r is where its live state is, nil if nowhere.
func (o *output) stmt(s *stmt, r *nftables.Rule) string {
	var live nftables.Expr
	if r != nil && s.idx < len(r.Exprs) {
		live = r.Exprs[s.idx]
	}
	switch s.k {
	case sMatch:
		return o.match(s)
	case sVerdict:
		return o.verdict(s.e.verdict, s.e.chain)
	case sVmap:
		return o.expr(s.e)
	case sCounter, sLimit, sQuota, sLast, sConnLimit:
		return o.stateful(s, live)
	case sLog:
		return logText(s)
	case sReject:
		return o.reject(s)
	case sNAT:
		return o.nat(s)
	case sTProxy:
		return o.tproxy(s)
	case sSynproxy:
		return synproxyText(s.syn)
	case sFlow:
		return "flow add @" + s.obj
	case sNotrack:
		return "notrack"
	case sMetaSet:
		return o.expr(s.e) + " set " + o.expr(s.r)
	case sCTSet, sPayloadSet, sExtSet:
		if s.e.k == ePayload && s.e.raw && s.r.k == eValue {
			return o.expr(s.e) + " set 0x" + s.r.v.hex()
		}
		if s.e.k == ePayload && s.r.k == eValue && s.r.t != nil && s.r.t.base == tBitmask && s.r.t != tCTLabel {
			return o.expr(s.e) + " set " + o.bits(s.r.t, s.r.v) // its bytes were taken apart and put together
		}
		return o.expr(s.e) + " set " + o.expr(s.r)
	case sSetOp, sMapOp:
		return o.setOp(s)
	case sObjRef:
		head := s.name + " name "
		if strings.HasPrefix(s.name, "ct ") {
			head = s.name + " set "
		}
		if s.e.k == eMap {
			return head + o.expr(s.e)
		}
		return head + `"` + s.obj + `"`
	case sQueue:
		return "queue " + s.queue
	case sDup:
		if s.port != nil {
			return "dup to " + o.expr(s.addr) + " device " + o.expr(s.port)
		}
		return "dup to " + o.expr(s.addr)
	case sFwd:
		if s.port != nil {
			return "fwd " + familyName(s.natFam) + " to " + o.expr(s.addr) + " device " + o.expr(s.port)
		}
		return "fwd to " + o.expr(s.addr)
	case sExtReset:
		return "reset " + o.exthdr(s.e)
	case sMeter:
		return o.meter(s)
	}
	return "?"
}

func (o *output) verdict(v nftables.VerdictCode, chain string) string {
	switch v {
	case nftables.AcceptCode:
		return "accept"
	case nftables.DropCode:
		return "drop"
	case nftables.Continue:
		return "continue"
	case nftables.Return:
		return "return"
	case nftables.Jump:
		return "jump " + chain
	case nftables.Goto:
		return "goto " + chain
	case nftables.StolenCode:
		return "stolen"
	}
	return "queue"
}

// meter is "meter NAME size N { … }" (meter_stmt_print).
func (o *output) meter(s *stmt) string {
	t := "meter " + s.name
	if s.rate != 0 {
		t += fmt.Sprintf(" size %d", s.rate)
	}
	t += " { " + o.expr(s.key)
	if s.elem.hasTimeout {
		t += " timeout " + timeText(s.elem.timeout)
	}
	was := o.state
	o.state = false
	t += " " + o.stateful(s.stmts[0], nil)
	o.state = was
	return t + " }"
}

func (o *output) match(s *stmt) string {
	if s.e.k == ePayload && s.e.raw && s.r.k == eValue {
		return o.rawMatch(s)
	}
	l, r := o.expr(s.e), o.expr(s.r)
	t := s.e.t
	if s.e.k == eBinop && s.e.op == "&" && s.e.r.k == eValue && s.r.k == eValue && t.prefixed() && (s.op == "" || s.op == "==" || s.op == "!=") {
		m := mask(s.e.bits).xor(s.e.r.v)
		if n := m.bitLen(); m == mask(n) {
			op := " "
			if s.op == "!=" {
				op = " != "
			}
			return o.expr(s.e.l) + op + fmt.Sprintf("%s/%d", r, s.e.bits-n)
		}
	}
	if t != nil && t.base == tBitmask && s.r.k == eValue {
		flags := o.flags(t, s.r.v, s.e)
		if s.e.k == eBinop && s.e.op == "&" && s.e.r.k == eValue && (s.op == "" || s.op == "==" || s.op == "!=") {
			l, m := o.expr(s.e.l), o.flags(t, s.e.r.v, s.e.l)
			switch {
			case s.r.v.zero() && s.op == "!=":
				return l + " " + m
			case s.r.v.zero():
				return l + " ! " + m
			case s.r.v == s.e.r.v && nameOf(t.syms, s.r.v.lo) != "":
				op := ""
				if s.op == "!=" {
					op = "!= "
				} else {
					op = "== "
				}
				return l + " & " + o.parens(o.bits(t, s.e.r.v)) + " " + op + o.bits(t, s.r.v)
			}
			op := " "
			if s.op == "!=" {
				op = " != "
			}
			return l + op + o.flags(t, s.r.v, s.e.l) + " / " + m
		}
		switch s.op {
		case "":
			return l + " " + flags
		case "!":
			return l + " ! " + flags
		default:
			return l + " " + s.op + " " + o.bits(t, s.r.v)
		}
	}
	switch s.op {
	case "", "==":
		if s.e.k == eBinop {
			return l + " == " + r
		}
		return l + " " + r
	}
	return l + " " + s.op + " " + r
}

// rawMatch prints a comparison of raw bytes: numbers are hexadecimal, and what
// is no whole byte is masked.
func (o *output) rawMatch(s *stmt) string {
	e := s.e
	op := ""
	if s.op != "" && s.op != "==" {
		op = s.op + " "
	}
	if e.off%8 == 0 && e.bits%8 == 0 {
		return o.expr(e) + " " + op + "0x" + s.r.v.hex()
	}
	first, last := e.off/8*8, (e.off+e.bits+7)/8*8
	sh := uint(last - e.off - e.bits)
	if op == "" {
		op = "== "
	}
	x := *e
	x.off, x.bits = first, last-first
	return fmt.Sprintf("%s & 0x%s %s0x%s", o.expr(&x), mask(e.bits).shl(sh).hex(), op, s.r.v.shl(sh).hex())
}

func (o *output) parens(s string) string {
	if strings.Contains(s, " | ") {
		return "(" + s + ")"
	}
	return s
}

// bits is a value of flags as an expression: syn | ack.
func (o *output) bits(t *dtype, v val) string {
	if t == tCTLabel {
		return o.label(v)
	}
	if o.numeric || v.zero() {
		return t.number(v)
	}
	if s := nameOf(t.syms, v.lo); s != "" {
		return s
	}
	if s := bitsText(t, v); s != "" {
		return s
	}
	return t.number(v)
}

// flags is a value of flags as a list: syn,ack.
func (o *output) flags(t *dtype, v val, e *expr) string {
	if t == tCTLabel {
		return o.label(v)
	}
	if v.zero() {
		return t.number(v)
	}
	var l []string
	for i := 0; i < 64 && o.numeric; i++ {
		if v.lo>>i&1 != 0 {
			l = append(l, t.number(num(1<<i)))
		}
	}
	if o.numeric {
		return strings.Join(l, ",")
	}
	for i := 0; i < 64; i++ {
		if v.lo>>i&1 == 0 {
			continue
		}
		s := nameOf(t.syms, 1<<i)
		if s == "" {
			s = t.number(num(1 << i))
		}
		l = append(l, s)
	}
	return strings.Join(l, ",")
}

func (o *output) label(v val) string {
	for i := 0; i < 128; i++ {
		if v == num(1).shl(uint(i)) {
			return strconv.Itoa(i)
		}
	}
	return "0x" + v.hex()
}

var opRank = map[string]int{"<<": 1, ">>": 1, "&": 2, "^": 3, "|": 4}

// expr is how an expression reads.
func (o *output) expr(e *expr) string {
	switch e.k {
	case eSymbol:
		if e.quoted {
			return `"` + e.word + `"`
		}
		return e.word
	case eValue:
		return o.value(e)
	case ePayload:
		return o.payload(e)
	case eMeta:
		if e.meta.bare {
			return e.meta.name
		}
		return "meta " + e.meta.name
	case eCT:
		dir := e.dir
		if e.ct.key == nftables.CTL3Proto || e.ct.key == nftables.CTProto {
			dir = 0
		}
		switch dir {
		case 1:
			return "ct original " + e.ct.name
		case 2:
			return "ct reply " + e.ct.name
		}
		return "ct " + e.ct.name
	case eExthdr:
		return o.exthdr(e)
	case eFib:
		return fibText(e)
	case eSocket:
		return "socket " + e.sock
	case eRT:
		return "rt " + e.rtName
	case eNumgen:
		s := "numgen inc"
		if e.random {
			s = "numgen random"
		}
		s += fmt.Sprintf(" mod %d", e.mod)
		if e.offset != 0 {
			s += fmt.Sprintf(" offset %d", e.offset)
		}
		return s
	case eHash:
		s := "symhash"
		if !e.sym {
			s = "jhash " + o.expr(e.l)
		}
		s += fmt.Sprintf(" mod %d", e.mod)
		if e.hasSeed {
			s += fmt.Sprintf(" seed 0x%x", e.seed)
		}
		if e.offset != 0 {
			s += fmt.Sprintf(" offset %d", e.offset)
		}
		return s
	case eConcat:
		var l []string
		for _, x := range e.list {
			l = append(l, o.expr(x))
		}
		return strings.Join(l, " . ")
	case eRange:
		n, q := o.numeric, o.numProto
		o.numeric, o.numProto = true, true
		t := o.expr(e.l) + "-" + o.expr(e.r)
		o.numeric, o.numProto = n, q
		return t
	case ePrefix:
		if e.t.is(tString) {
			b := e.l.v.bytes(16)
			return `"` + string(b[:e.v.lo/8]) + `*"`
		}
		if int(e.v.lo) == e.bits && e.bits > 0 {
			return o.expr(e.l)
		}
		return o.expr(e.l) + "/" + e.v.String()
	case eSetRef:
		return "@" + e.word
	case eSet:
		return o.anonSet(e)
	case eMap:
		op := " map "
		if e.r.k == eSetRef && e.r.ref != nil && e.r.ref.Verdicts || e.r.k == eSet && e.r.set != nil && e.r.set.data == tVerdict {
			op = " vmap "
		}
		return o.expr(e.l) + op + o.expr(e.r)
	case eBinop:
		l, r := o.expr(e.l), o.expr(e.r)
		if e.l.k == eBinop && opRank[e.l.op] > opRank[e.op] {
			l = "(" + l + ")"
		}
		if e.r.k == eValue && e.t != nil && e.t.base == tBitmask {
			r = o.bits(e.t, e.r.v)
			if strings.Contains(r, " | ") && e.op != "|" {
				r = "(" + r + ")"
			}
		}
		return l + " " + e.op + " " + r
	case eVerdict:
		return o.verdict(e.verdict, e.chain)
	case eAny:
		return "*"
	case eElem:
		return o.elemExpr(e)
	case eMapping:
		return o.elemExpr(e.l) + " : " + o.expr(e.r)
	case eList:
		var l []string
		for _, x := range e.list {
			l = append(l, o.expr(x))
		}
		return strings.Join(l, ",")
	}
	return "?"
}
