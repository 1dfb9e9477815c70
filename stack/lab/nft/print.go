package nft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// An output is a listing that is being written, with nft's options.
type output struct {
	env      *Env
	b        strings.Builder
	handles  bool // -a
	state    bool // false with -s
	numeric  bool // -n, -y …
	numProto bool
	numPrio  bool
	services bool
	terse    bool // -t
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

func (o *output) table(t *nftables.Table) {
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
		o.printf(" devices = { %s }", strings.Join(b.Devices, ", "))
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
	case sNotrack:
		return "notrack"
	case sMetaSet:
		return o.expr(s.e) + " set " + o.expr(s.r)
	case sCTSet, sPayloadSet, sExtSet:
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
		return "dup to " + o.expr(s.addr)
	case sFwd:
		return "fwd to " + o.expr(s.addr)
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
	}
	return "queue"
}

func (o *output) match(s *stmt) string {
	if s.e.k == ePayload && s.e.raw && s.r.k == eValue {
		return o.rawMatch(s)
	}
	l, r := o.expr(s.e), o.expr(s.r)
	t := s.e.t
	if s.e.k == eBinop && s.e.op == "&" && s.e.r.k == eValue && s.r.k == eValue && (t == tIP || t == tIP6) && (s.op == "" || s.op == "==" || s.op == "!=") {
		m := mask(s.e.bits).xor(s.e.r.v)
		if n := m.bitLen(); m == mask(n) && s.r.v.and(m).zero() {
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
	if o.numeric || v.zero() {
		return t.number(v)
	}
	var l []string
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

func (o *output) value(e *expr) string {
	if e.t == nil {
		return e.v.String()
	}
	if e.t.base == tBitmask {
		if e.t == tCTLabel {
			return o.label(e.v)
		}
		return o.flags(e.t, e.v, e)
	}
	return e.t.text(o, e.v, e.bits)
}

func (o *output) payload(e *expr) string {
	if e.raw {
		return fmt.Sprintf("@%s,%d,%d", [...]string{"ll", "nh", "th", "ih"}[e.base], e.off, e.bits)
	}
	if e.p == pICMP6 && e.f.name == "parameter-problem" {
		return "icmpv6 parameter-problem"
	}
	return e.p.name + " " + e.f.name
}

func (o *output) exthdr(e *expr) string {
	switch e.ext.kind {
	case nftables.ExtTCP:
		s := "tcp option " + e.ext.name
		if e.level > 0 {
			s += strconv.Itoa(e.level - 1)
			if e.level == 1 {
				s = "tcp option " + e.ext.name
			}
		}
		if e.present {
			return s
		}
		return s + " " + e.f.name
	case nftables.ExtIPv4:
		s := "ip option " + e.ext.name
		if e.present {
			return s
		}
		return s + " " + e.f.name
	}
	if e.present {
		return "exthdr " + e.ext.name
	}
	return e.ext.name + " " + e.f.name
}

func fibText(e *expr) string {
	var l []string
	for i, n := range [...]string{"saddr", "daddr", "mark", "iif", "oif"} {
		if e.fibFlags>>i&1 != 0 {
			l = append(l, n)
		}
	}
	return "fib " + strings.Join(l, " . ") + " " + [...]string{"oif", "oifname", "type"}[e.fibResult]
}

func (o *output) elemExpr(e *expr) string {
	if e.k != eElem {
		return o.expr(e)
	}
	s := o.expr(e.l)
	if e.elem != nil {
		for _, x := range e.elem.stmts {
			s += " " + o.stateful(x, nil)
		}
		if e.elem.comment != "" {
			s += ` comment "` + e.elem.comment + `"`
		}
	}
	return s
}

// anonSet prints { … } of a rule: from the engine's set, in nft's order.
func (o *output) anonSet(e *expr) string {
	l := slices.Clone(e.list)
	if e.set != nil && e.set.interval && len(e.t.many) == 0 {
		l = o.joined(e, l)
	}
	sortElems(l)
	l = slices.CompactFunc(l, func(a, b *expr) bool {
		x, y := keyExpr(a), keyExpr(b)
		return x.k == y.k && (x.k == eValue && x.v == y.v || x.k == eConcat && sameConcat(x, y))
	})
	var p []string
	for _, x := range l {
		p = append(p, o.expr(x))
	}
	return "{ " + strings.Join(p, ", ") + " }"
}

// joined is what became of an anonymous set's intervals when they were merged.
func (o *output) joined(e *expr, l []*expr) []*expr {
	if e.set.isMap {
		return l
	}
	n := nbytes(e.bits)
	s := &nftables.Set{Interval: true, KeyLen: n}
	var in []interval
	for _, x := range l {
		from, to := keyOf(s, x.l)
		in = append(in, interval{from, to, x, x})
	}
	out, f := merge(s, in, true)
	if f != nil {
		return l
	}
	var r []*expr
	for _, i := range out {
		x := *i.e
		if i.from != nil {
			x.l = intervalExpr(e.t, e.bits, e.ord, i.from, i.to)
		}
		r = append(r, &x)
	}
	return r
}

// intervalExpr is how nft shows an interval: a value, a prefix of an address, a
// range.
func intervalExpr(t *dtype, bits int, ord order, from, to []byte) *expr {
	a := &expr{k: eValue, t: t, bits: bits, ord: ord, v: valOf(from)}
	if slices.Equal(from, to) {
		return a
	}
	b := &expr{k: eValue, t: t, bits: bits, ord: ord, v: valOf(to)}
	d := a.v.xor(b.v)
	k := d.bitLen()
	if d == mask(k) && a.v.and(d).zero() {
		if t.is(tString) {
			return &expr{k: ePrefix, t: t, bits: bits, ord: ord, l: a, v: num(uint64(128 - k))}
		}
		if t == tIP || t == tIP6 {
			return &expr{k: ePrefix, t: t, bits: bits, ord: ord, l: a, v: num(uint64(bits - k))}
		}
	}
	return &expr{k: eRange, t: t, bits: bits, ord: ord, l: a, r: b}
}

// sortElems puts elements in nft's order: by the number that the key is to the
// machine.
func sortElems(l []*expr) {
	slices.SortStableFunc(l, func(a, b *expr) int { return cmpKeys(keyExpr(a), keyExpr(b)) })
}

func sameConcat(a, b *expr) bool {
	for i := range a.list {
		x, y := a.list[i], b.list[i]
		if x.k != y.k || x.k != eValue || x.v != y.v {
			return false
		}
	}
	return true
}

func keyExpr(e *expr) *expr {
	for e.k == eMapping || e.k == eElem {
		e = e.l
	}
	return e
}

func cmpKeys(a, b *expr) int {
	if a.k == eAny || b.k == eAny {
		switch {
		case a.k == b.k:
			return 0
		case a.k == eAny:
			return 1
		}
		return -1
	}
	if a.k == eConcat && b.k == eConcat {
		x, y := concatBytes(a), concatBytes(b)
		slices.Reverse(x)
		slices.Reverse(y)
		return slices.Compare(x, y)
	}
	return sortVal(a).cmp(sortVal(b))
}

func sortVal(e *expr) val {
	for e.k == eRange || e.k == ePrefix {
		e = e.l
	}
	if e.t != nil && e.t.is(tString) {
		return e.v.reversed(16)
	}
	return e.v
}

// concatBytes are the bytes of a concatenation as they lie in memory.
func concatBytes(e *expr) []byte {
	var l []byte
	for _, p := range e.list {
		for p.k == eRange || p.k == ePrefix {
			p = p.l
		}
		b := p.v.bytes(nbytes(p.bits))
		if p.t != nil && p.t.is(tString) {
			b = p.v.bytes(16)
		} else if p.ord == hostOrder {
			slices.Reverse(b)
		}
		l = append(l, b...)
	}
	return l
}

func rate(n uint64) (uint64, string) {
	if n == 0 {
		return 0, "bytes"
	}
	i := 0
	for ; i < 2 && n%1024 == 0; i++ {
		n /= 1024
	}
	return n, [...]string{"bytes", "kbytes", "mbytes"}[i]
}

func unitName(n uint64) string {
	switch n {
	case 1:
		return "second"
	case 60:
		return "minute"
	case 3600:
		return "hour"
	case 86400:
		return "day"
	}
	return "week"
}

// stateful is a counter and such with its live state, or as it was written.
func (o *output) stateful(s *stmt, live nftables.Expr) string {
	switch s.k {
	case sCounter:
		if !o.state {
			return "counter"
		}
		p, b := s.packets, s.bytes
		if c, ok := live.(*nftables.Counter); ok {
			p, b = c.Packets, c.Bytes
		}
		return fmt.Sprintf("counter packets %d bytes %d", p, b)
	case sLimit:
		return "limit " + limitText(s)
	case sQuota:
		used := s.used
		if q, ok := live.(*nftables.Quota); ok {
			used = q.Consumed
		}
		return "quota " + o.quota(s, used)
	case sLast:
		l, ok := live.(*nftables.Last)
		if !o.state {
			return "last"
		}
		if !ok || !l.Set {
			return "last used never"
		}
		return "last used " + timeText(uint64((o.env.NS.Clock.Now()-l.At)/sim.Millisecond))
	case sConnLimit:
		if s.over {
			return fmt.Sprintf("ct count over %d", s.rate)
		}
		return fmt.Sprintf("ct count %d", s.rate)
	}
	return "?"
}

func limitText(s *stmt) string {
	over := ""
	if s.over {
		over = "over "
	}
	if !s.isBytes {
		t := fmt.Sprintf("rate %s%d/%s", over, s.rate, unitName(s.unit))
		if s.burst != 0 && s.burst != 5 {
			t += fmt.Sprintf(" burst %d packets", s.burst)
		}
		return t
	}
	n, u := rate(s.rate)
	t := fmt.Sprintf("rate %s%d %s/%s", over, n, u, unitName(s.unit))
	if s.burst != 0 {
		n, u = rate(s.burst)
		t += fmt.Sprintf(" burst %d %s", n, u)
	}
	return t
}

func (o *output) quota(s *stmt, used uint64) string {
	n, u := rate(s.bytes)
	t := ""
	if s.over {
		t = "over "
	}
	t += fmt.Sprintf("%d %s", n, u)
	if o.state && used != 0 {
		n, u = rate(min(used, s.bytes)) // nft_quota_do_dump
		t += fmt.Sprintf(" used %d %s", n, u)
	}
	return t
}

func logText(s *stmt) string {
	t := "log"
	if s.hasPref {
		t += ` prefix "` + s.prefix + `"`
	}
	if s.group >= 0 {
		t += fmt.Sprintf(" group %d", s.group)
	}
	if s.snaplen != 0 {
		t += fmt.Sprintf(" snaplen %d", s.snaplen)
	}
	if s.qthresh != 0 {
		t += fmt.Sprintf(" queue-threshold %d", s.qthresh)
	}
	if s.level >= 0 && s.level != 4 {
		t += " level " + logLevels[s.level]
	}
	f := s.logFlags
	if f&logAll == logAll {
		return t + " flags all"
	}
	if f&(logTCPSeq|logTCPOpt) != 0 {
		t += " flags tcp"
		d := " "
		if f&logTCPSeq != 0 {
			t += " sequence"
			d = ","
		}
		if f&logTCPOpt != 0 {
			t += d + "options"
		}
	}
	if f&logIPOpt != 0 {
		t += " flags ip options"
	}
	if f&logUID != 0 {
		t += " flags skuid"
	}
	if f&logMAC != 0 {
		t += " flags ether"
	}
	return t
}

func (o *output) reject(s *stmt) string {
	if s.reject == nftables.RejectReset {
		return "reject with tcp reset"
	}
	if s.given {
		return "reject"
	}
	t := tICMPCode
	switch s.icmpFamily {
	case "icmpv6":
		t = tICMP6Code
	case "icmpx":
		t = tICMPXCode
	}
	return "reject with " + s.icmpFamily + " " + t.text(o, num(s.rate), 8)
}

func (o *output) nat(s *stmt) string {
	t := s.name
	if s.addr != nil || s.port != nil {
		if s.addr != nil && (s.name == "snat" || s.name == "dnat") && o.natFamily(s) {
			if s.natFam == core.NFIPv6 {
				t += " ip6"
			} else {
				t += " ip"
			}
		}
		if s.natPrefix || s.addr != nil && s.addr.k == ePrefix {
			t += " prefix"
		}
		t += " to"
	}
	if s.addr != nil {
		a := o.expr(s.addr)
		if s.port != nil && s.natFam == core.NFIPv6 {
			switch s.addr.k {
			case eValue:
				a = "[" + a + "]"
			case eRange:
				a = "[" + o.expr(s.addr.l) + "]-[" + o.expr(s.addr.r) + "]"
			}
		}
		t += " " + a
	}
	if s.port != nil {
		if s.addr == nil {
			t += " "
		}
		t += ":" + o.expr(s.port)
	}
	d := " "
	for _, f := range [...]string{"random", "fully-random", "persistent"} {
		if slices.Contains(s.natFlags, f) {
			t += d + f
			d = ","
		}
	}
	return t
}

// natFamily tells whether the family is printed.
func (o *output) natFamily(s *stmt) bool { return s.over }

func (o *output) setOp(s *stmt) string {
	t := s.setOp + " @" + s.e.word + " { " + o.expr(s.key)
	if s.elem != nil && s.elem.hasTimeout {
		t += " timeout " + timeText(s.elem.timeout)
	}
	was := o.state
	o.state = false
	for _, x := range s.stmts {
		t += " " + o.stateful(x, nil)
	}
	o.state = was
	if s.data != nil {
		t += " : " + o.expr(s.data)
	}
	return t + " }"
}

// set prints a named set or map.
func (o *output) set(s *nftables.Set, elems bool) {
	info := infoOf(s)
	kind := "set"
	if s.Map {
		kind = "map"
	}
	o.printf("\t%s %s {", kind, s.Name)
	if o.handles {
		o.printf(" # handle %d", s.Handle)
	}
	o.printf("\n\t\t")
	if info.typeof != nil {
		o.printf("typeof %s", o.expr(info.typeof))
	} else {
		o.printf("type %s", typeName(info.key))
	}
	switch {
	case s.ObjMap:
		o.printf(" : %s", objName(s.ObjKind))
	case s.Map && info.dataOf != nil:
		o.printf(" : %s", o.expr(info.dataOf))
	case s.Map:
		o.printf(" : %s", typeName(info.data))
	}
	o.printf("\n")
	if !s.Constant {
		if s.Policy == 1 {
			o.printf("\t\tpolicy memory\n")
		}
		if info.size > 0 {
			o.printf("\t\tsize %d\n", info.size)
		}
	}
	var f []string
	if s.Constant {
		f = append(f, "constant")
	}
	if s.Dynamic {
		f = append(f, "dynamic")
	}
	if s.Interval {
		f = append(f, "interval")
	}
	if s.HasTimeout && s.Timeout == 0 || s.HasTimeout && len(f) > 0 {
		f = append(f, "timeout")
	}
	if len(f) > 0 {
		o.printf("\t\tflags %s\n", strings.Join(f, ","))
	}
	if len(info.stmts) > 0 {
		var l []string
		was := o.state
		o.state = false
		for _, x := range info.stmts {
			l = append(l, o.stateful(x, nil))
		}
		o.state = was
		o.printf("\t\t%s\n", strings.Join(l, " "))
	}
	if s.AutoMerg {
		o.printf("\t\tauto-merge\n")
	}
	if s.Timeout != 0 {
		o.printf("\t\ttimeout %s\n", timeText(uint64(s.Timeout/sim.Millisecond)))
	}
	if info.gc != 0 {
		o.printf("\t\tgc-interval %s\n", timeText(info.gc))
	}
	if s.Comment != "" {
		o.printf("\t\tcomment \"%s\"\n", s.Comment)
	}
	if elems && !o.terse {
		o.elements(s, info)
	}
	o.printf("\t}\n")
}

func objName(k nftables.ObjKind) string {
	switch k {
	case nftables.ObjCTHelper:
		return "ct helper"
	case nftables.ObjCTTimeout:
		return "ct timeout"
	case nftables.ObjCTExpect:
		return "ct expectation"
	}
	for n, v := range objKinds {
		if v == k {
			return n
		}
	}
	return ""
}

// perLine is how many elements stand in a line (calculate_delim).
func perLine(t *dtype) int {
	switch t {
	case tNFProto, tInteger, tARPOp, tProto, tService, tTCPFlag, tDCCP, tMark, tIfindex, tClassid, tUID, tGID, tCTDir:
		return 5
	case tIP, tCTState, tCTStatus, tPktType:
		return 2
	}
	return 1
}

func (o *output) elements(s *nftables.Set, info *setInfo) {
	type pair struct {
		key *expr
		el  *nftables.Elem
	}
	var l []pair
	s.Each(func(e *nftables.Elem) bool {
		l = append(l, pair{elemKey(s, info, e), e})
		return true
	})
	if len(l) == 0 {
		return
	}
	slices.SortStableFunc(l, func(a, b pair) int { return cmpKeys(a.key, b.key) })
	o.printf("\t\telements = { ")
	n, per := 0, perLine(info.key)
	for i, p := range l {
		if i > 0 {
			if n < per {
				o.printf(", ")
			} else {
				n = 0
				o.printf(",\n\t\t\t     ")
			}
		}
		o.printf("%s", o.element(s, info, p.key, p.el))
		n++
	}
	o.printf(" }\n")
}

func (o *output) element(s *nftables.Set, info *setInfo, key *expr, e *nftables.Elem) string {
	t := o.expr(key)
	if m := e.More; m != nil {
		for i, x := range m.Exprs {
			t += " " + o.liveExpr(x, info, i)
		}
		if m.HasTimeout && m.Timeout != 0 {
			t += " timeout " + timeText(uint64(m.Timeout/sim.Millisecond))
		}
		if o.state && m.Expires != 0 {
			t += " expires " + timeText(uint64((m.Expires-o.env.NS.Clock.Now())/sim.Millisecond))
		}
		if m.Comment != "" {
			t += ` comment "` + m.Comment + `"`
		}
	}
	switch {
	case s.ObjMap:
		t += ` : "` + e.More.Object.Name + `"`
	case s.Verdicts:
		c := ""
		if e.Verdict.Chain != nil {
			c = e.Verdict.Chain.Name
		}
		t += " : " + o.verdict(e.Verdict.Code, c)
	case s.Map:
		t += " : " + o.expr(dataExpr(info, e.Data))
	}
	return t
}

// liveExpr prints an element's own counter and such.
func (o *output) liveExpr(x nftables.Expr, info *setInfo, i int) string {
	switch x := x.(type) {
	case *nftables.Counter:
		return o.stateful(&stmt{k: sCounter}, x)
	case *nftables.Limit:
		return o.stateful(&stmt{k: sLimit, rate: x.Rate, unit: x.Unit, burst: uint64(x.Burst), isBytes: x.Bytes, over: x.Over}, x)
	case *nftables.Quota:
		return o.stateful(&stmt{k: sQuota, bytes: x.Bytes, over: x.Over}, x)
	case *nftables.Last:
		return o.stateful(&stmt{k: sLast}, x)
	case *nftables.ConnLimit:
		return o.stateful(&stmt{k: sConnLimit, rate: uint64(x.Count), over: x.Over}, x)
	}
	return ""
}

// elemKey is the key of an element as an expression.
func elemKey(s *nftables.Set, info *setInfo, e *nftables.Elem) *expr {
	if e.Key == nil {
		return &expr{k: eAny}
	}
	if len(info.key.many) == 0 {
		return intervalExpr(info.key, info.keyBits, info.key.order, e.Key, e.To)
	}
	c := &expr{k: eConcat, t: info.key}
	at := 0
	for i, t := range info.key.many {
		n := s.Parts[i]
		bits := n * 8
		if t.bits != 0 {
			bits = t.bits
		}
		c.list = append(c.list, intervalExpr(t, bits, t.order, e.Key[at:at+n], e.To[at:at+n]))
		at += (n + 3) &^ 3
	}
	return c
}

func dataExpr(info *setInfo, d []byte) *expr {
	if len(info.data.many) > 0 {
		c := &expr{k: eConcat, t: info.data}
		at := 0
		for _, t := range info.data.many {
			n := nbytes(t.bits)
			c.list = append(c.list, &expr{k: eValue, t: t, bits: t.bits, v: valOf(d[at : at+n])})
			at += (n + 3) &^ 3
		}
		return c
	}
	return &expr{k: eValue, t: info.data, bits: info.dataBits, v: valOf(d)}
}

// object prints a named counter, quota, limit, ct helper or ct timeout.
func (o *output) object(x *nftables.Object) {
	spec, _ := x.Text.(*objSpec)
	o.printf("\t%s %s {", objName(x.Kind), x.Name)
	if o.handles {
		o.printf(" # handle %d", x.Handle)
	}
	if x.Comment != "" {
		o.printf("\n\t\tcomment \"%s\"", x.Comment)
	}
	o.printf("\n")
	switch e := x.Expr.(type) {
	case *nftables.Counter:
		if o.state {
			o.printf("\t\tpackets %d bytes %d\n", e.Packets, e.Bytes)
		}
	case *nftables.Quota:
		o.printf("\t\t%s\n", o.quota(spec.st, e.Consumed))
	case *nftables.Limit:
		o.printf("\t\t%s\n", limitText(spec.st))
	default:
		if spec == nil {
			break
		}
		l4 := "tcp"
		if spec.l4 == 17 {
			l4 = "udp"
		}
		l3 := spec.l3
		switch x.Kind {
		case nftables.ObjCTHelper:
			o.printf("\t\ttype \"%s\" protocol %s\n\t\tl3proto %s\n", spec.helper, l4, familyName(l3))
		case nftables.ObjCTTimeout:
			o.printf("\t\tprotocol %s\n\t\tl3proto %s\n", l4, familyName(l3))
			o.policy(spec)
		}
	}
	o.printf("\t}\n")
}

var timeoutNames = map[uint64][]string{
	6:  {"syn_sent", "syn_recv", "established", "fin_wait", "close_wait", "last_ack", "time_wait", "close", "syn_sent2", "retrans", "unack"},
	17: {"unreplied", "replied"},
}

var timeoutDefaults = map[uint64][]uint64{
	6:  {120, 60, 432000, 120, 60, 30, 120, 10, 120, 300, 300},
	17: {30, 120},
}

// policy prints the timeouts that are not the default.
func (o *output) policy(s *objSpec) {
	var l []string
	for i, n := range timeoutNames[s.l4] {
		if v, ok := s.policy[n]; ok && v != timeoutDefaults[s.l4][i] {
			l = append(l, fmt.Sprintf("%s : %s", n, timeText(v*1000)))
		}
	}
	if len(l) > 0 {
		o.printf("\t\tpolicy = { %s }\n", strings.Join(l, ", "))
	}
}
