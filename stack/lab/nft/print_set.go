package nft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/sim"
)

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
		if s.natPrefix {
			t += " prefix"
		}
		t += " to"
	}
	if s.addr != nil {
		e := s.addr
		if n := nbytes(e.bits); e.k == eRange {
			e = intervalExpr(e.t, e.bits, e.ord, e.l.v.bytes(n), e.r.v.bytes(n))
		}
		a := o.expr(e)
		if s.port != nil && s.natFam == core.NFIPv6 {
			switch e.k {
			case eValue, ePrefix:
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
func (o *output) natFamily(s *stmt) bool {
	return s.over || s.addr.k == eMap && (s.addr.t != nil && len(s.addr.t.many) > 0 || s.addr.r.set != nil && s.addr.r.set.wide)
}

func (o *output) setOp(s *stmt) string {
	t := s.setOp + " @" + s.e.word + " { " + o.expr(s.key)
	if s.elem != nil && s.elem.hasTimeout {
		t += " timeout " + timeText(s.elem.timeout)
	}
	was := o.state
	o.state = false
	for _, x := range s.shown() {
		t += " " + o.stateful(x, nil)
	}
	o.state = was
	if s.data != nil {
		t += " : " + o.expr(s.data)
	}
	return t + " }"
}

// shown are the statements of an element that a rule adds: none where the set has
// its own (nft_dynset_dump).
func (s *stmt) shown() []*stmt {
	if s.e != nil && s.e.ref != nil && len(s.e.ref.Exprs) > 0 {
		return nil
	}
	return s.stmts
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
		if size := int(info.size); size > 0 {
			o.printf("\t\tsize %d\n", size)
		} else if s.Size > 0 { // a rule that adds to it has set a limit
			o.printf("\t\tsize %d\n", s.Size)
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
		if o.only == nil || slices.Contains(o.only, e) {
			l = append(l, pair{elemKey(s, info, e), e})
		}
		return true
	})
	if len(l) == 0 {
		return
	}
	if !s.Interval || len(s.Parts) <= 1 {
		keys := make([]*expr, len(l))
		for i := range l {
			keys[i] = l[i].key
		}
		cmp := keyOrder(keys)
		slices.SortStableFunc(l, func(a, b pair) int { return cmp(a.key, b.key) })
	}
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
		for _, x := range m.Exprs {
			t += " " + o.liveExpr(x)
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
func (o *output) liveExpr(x nftables.Expr) string {
	if s := liveStmt(x); s != nil {
		return o.stateful(s, x)
	}
	return ""
}

// liveStmt is an element's own counter and such as a statement.
func liveStmt(x nftables.Expr) *stmt {
	switch x := x.(type) {
	case *nftables.Counter:
		return &stmt{k: sCounter}
	case *nftables.Limit:
		return &stmt{k: sLimit, rate: x.Rate, unit: x.Unit, burst: uint64(x.Burst), isBytes: x.Bytes, over: x.Over}
	case *nftables.Quota:
		return &stmt{k: sQuota, bytes: x.Bytes, over: x.Over}
	case *nftables.Last:
		return &stmt{k: sLast}
	case *nftables.ConnLimit:
		return &stmt{k: sConnLimit, rate: uint64(x.Count), over: x.Over}
	}
	return nil
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
	case *nftables.Synproxy:
		o.printf("%s", synproxyBody(&e.Info))
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
			l = append(l, fmt.Sprintf("%s : %d", n, v))
		}
	}
	if len(l) > 0 {
		o.printf("\t\tpolicy = { %s }\n", strings.Join(l, ", "))
	}
}
