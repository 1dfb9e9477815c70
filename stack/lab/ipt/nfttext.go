package ipt

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// An nftWriter writes a rule of iptables-nft as nft lists it.
type nftWriter struct {
	p        *prog
	t        *ruleText
	stmts    []string
	dep      int // where "meta l4proto X" is that a port makes superfluous; -1: nowhere
	proto    uint64
	numeric  bool // -n
	numProto bool // -n, -p
	state    bool // not -s
	raw      bool // extensions by name, not in nft's language

	meta *nftables.Meta
	pay  *nftables.Payload
	mask []byte
	imm  []byte
}

// NftText is the rule as nft lists it. The arguments after the rule are nft's
// options: symbols and protocols as numbers, and states shown.
func (t *ruleText) NftText(r *nftables.Rule, numeric, numProto, state bool) string {
	w := &nftWriter{p: &prog{env: &Env{}, fam: t.fam, quiet: true, line: -1}, t: t, dep: -1, numeric: numeric, numProto: numProto, state: state}
	for _, e := range r.Exprs {
		w.expr(e)
	}
	return strings.Join(w.stmts, " ")
}

// NftParts is the rule in parts, as nft -j has it: a statement in nft's language, or
// the kind ("match", "target") and the name of an extension.
func (t *ruleText) NftParts(r *nftables.Rule, state bool) (parts [][3]string) {
	w := &nftWriter{p: &prog{env: &Env{}, fam: t.fam, quiet: true, line: -1}, t: t, dep: -1, state: state, raw: true}
	for _, e := range r.Exprs {
		w.expr(e)
	}
	for _, s := range w.stmts {
		if x, ok := strings.CutPrefix(s, "\x00"); ok {
			kind, name, _ := strings.Cut(x, " ")
			parts = append(parts, [3]string{"", kind, name})
		} else {
			parts = append(parts, [3]string{s})
		}
	}
	return parts
}

func (w *nftWriter) say(f string, a ...any) { w.stmts = append(w.stmts, fmt.Sprintf(f, a...)) }

func (w *nftWriter) expr(e nftables.Expr) {
	switch e := e.(type) {
	case *nftables.Meta:
		w.meta, w.pay, w.mask = e, nil, nil
	case *nftables.Payload:
		w.meta, w.pay, w.mask = nil, e, nil
	case *nftables.Bitwise:
		w.mask = e.Mask
	case *nftables.Immediate:
		w.imm = e.Data
	case *nftables.MetaSet:
		w.say("meta nftrace set %d", num32(w.imm))
	case *nftables.Cmp:
		w.cmp(e.Op, e.Data)
	case *nftables.Range:
		w.port("%s"+ne(e.Invert)+"%d-%d", num32(e.From), num32(e.To))
	case *nftables.Counter:
		if w.state {
			w.say("counter packets %d bytes %d", e.Packets, e.Bytes)
		} else {
			w.say("counter")
		}
	case *nftables.Limit:
		burst := ""
		if e.Burst != 5 {
			burst = fmt.Sprintf(" burst %d packets", e.Burst)
		}
		unit := "week"
		for _, u := range rateUnits {
			if u.seconds == e.Unit {
				unit = u.long
			}
		}
		w.say("limit rate %d/%s%s", e.Rate, unit, burst)
	case *nftables.Log:
		w.log(e)
	case *nftables.Decide:
		w.say("%s", map[nftables.VerdictCode]string{nftables.AcceptCode: "accept", nftables.DropCode: "drop", nftables.Return: "return", nftables.Jump: "jump", nftables.Goto: "goto"}[e.Code])
		if e.Chain != nil {
			w.stmts[len(w.stmts)-1] += " " + e.Chain.Name
		}
	default:
		w.compat(e)
	}
}

func (w *nftWriter) log(e *nftables.Log) {
	s := "log"
	if e.Prefix != "" {
		s += fmt.Sprintf(" prefix \"%s\"", e.Prefix)
	}
	if d := w.t.nflog; d != nil {
		s += fmt.Sprintf(" group %d", d.Group)
		if d.HasSize {
			s += fmt.Sprintf(" snaplen %d", d.Size)
		}
		if d.Threshold != 0 {
			s += fmt.Sprintf(" queue-threshold %d", d.Threshold)
		}
	}
	w.say("%s", s)
}

// compat is what libxtables makes of a match or target in nft's language.
func (w *nftWriter) compat(e nftables.Expr) {
	m, t := compatOf(e)
	name, kind, data := "", "match", any(m)
	switch {
	case m != nil:
		name = m.Name()
	case t != nil:
		name, kind, data = t.Name(), "target", t
	default:
		w.say("?")
		return
	}
	if w.raw {
		w.say("\x00%s %s", kind, name)
		return
	}
	if i := w.p.instOf(name, kind == "target", data); i != nil && i.e.xlate != nil {
		var b buf
		v := &view{buf: &b, p: w.p, fam: w.p.fam, proto: w.proto, numeric: true}
		if i.e.xlate(v, i.d) {
			w.say("%s", strings.TrimRight(b.String(), " "))
			return
		}
	}
	w.say("xt %s %s", kind, name)
}

func (w *nftWriter) cmp(op nftables.CmpOp, data []byte) {
	rel := map[nftables.CmpOp]string{nftables.EQ: "", nftables.NEQ: "!= ", nftables.LT: "< ", nftables.LTE: "<= ", nftables.GT: "> ", nftables.GTE: ">= "}[op]
	full := rel
	if full == "" {
		full = "== "
	}
	switch {
	case w.meta != nil:
		w.metaCmp(rel, full, data)
	case w.pay == nil:
		w.say("?")
	case w.pay.Base == nftables.NetworkHeader:
		w.network(rel, full, data)
	case w.pay.Off == 13:
		w.flags(rel, full, data[0])
	case len(data) == 4:
		w.pay.Off = 0
		w.portAt(0, "%s"+" "+rel+"%d", num32(data[:2]))
		w.portAt(2, "%s"+" "+rel+"%d", num32(data[2:]))
	default:
		w.portAt(int(w.pay.Off), "%s"+" "+rel+"%d", num32(data))
	}
}

func (w *nftWriter) metaCmp(rel, full string, data []byte) {
	switch w.meta.Key {
	case nftables.MetaIIFName, nftables.MetaOIFName:
		key := "iifname"
		if w.meta.Key == nftables.MetaOIFName {
			key = "oifname"
		}
		name, _, ok := strings.Cut(string(data), "\x00")
		if !ok {
			name += "*"
		}
		w.say("%s %s\"%s\"", key, rel, name)
	case nftables.MetaL4Proto:
		if rel == "" {
			w.dep, w.proto = len(w.stmts), uint64(data[0])
		}
		name := fmt.Sprint(data[0])
		if !w.numProto {
			if s, ok := nftProtos[data[0]]; ok {
				name = s
			}
		}
		w.say("meta l4proto %s%s", rel, name)
	case nftables.MetaMark:
		n := 33
		if w.mask != nil {
			n = bits.LeadingZeros32(^num32(w.mask))
		}
		if n <= 32 && num32(w.mask)<<n == 0 {
			w.say("meta mark %s0x%08x/%d", rel, num32(data), n)
		} else if w.mask != nil {
			w.say("meta mark & 0x%08x %s0x%08x", num32(w.mask), full, num32(data))
		} else {
			w.say("meta mark %s0x%08x", rel, num32(data))
		}
	default:
		w.say("?")
	}
}

// nftProtos are the protocols that the C library names and people use here.
var nftProtos = func() map[byte]string {
	m := map[byte]string{}
	for _, f := range table(EtcProtocols) {
		var n int
		if _, err := fmt.Sscan(f[1], &n); err == nil && n < 256 {
			if _, ok := m[byte(n)]; !ok {
				m[byte(n)] = f[0]
			}
		}
	}
	return m
}()

func (w *nftWriter) network(rel, full string, data []byte) {
	ip, src, dst := "ip", 12, 16
	if w.p.fam == 6 {
		ip, src, dst = "ip6", 8, 24
	}
	var a, m addr
	copy(a[:], data)
	name := ""
	switch int(w.pay.Off) {
	case src:
		name = ip + " saddr"
	case dst:
		name = ip + " daddr"
	case 6:
		w.say("ip frag-off & 8191 %s0", full)
		return
	default:
		w.say("?")
		return
	}
	n, ok := 8*len(data), true
	if w.mask != nil {
		copy(m[:], w.mask)
		n, ok = m.prefix(w.p.fam)
	}
	switch {
	case !ok:
		w.say("%s & %s %s%s", name, m.text(w.p.fam), full, a.text(w.p.fam))
	case n == 8*size(w.p.fam):
		w.say("%s %s%s", name, rel, a.text(w.p.fam))
	default:
		w.say("%s %s%s/%d", name, rel, a.text(w.p.fam), n)
	}
}

// kill takes the protocol away that the port says anyway (payload_dependency_kill).
func (w *nftWriter) kill() {
	if w.dep >= 0 {
		w.stmts = append(w.stmts[:w.dep:w.dep], w.stmts[w.dep+1:]...)
		w.dep = -1
	}
}

func (w *nftWriter) port(f string, a ...any) {
	w.portAt(int(w.pay.Off), strings.Replace(f, "%s", "%s ", 1), a...)
}

func (w *nftWriter) portAt(off int, f string, a ...any) {
	w.kill()
	l4 := "th"
	switch w.proto {
	case 6:
		l4 = "tcp"
	case 17:
		l4 = "udp"
	}
	name := l4 + " sport"
	if off == 2 {
		name = l4 + " dport"
	}
	w.say(f, append([]any{name}, a...)...)
}

func (w *nftWriter) flags(rel, full string, v byte) {
	w.kill()
	m := byte(0xff)
	if w.mask != nil {
		m = w.mask[0]
	}
	words := func(v byte) string {
		if w.numeric {
			return fmt.Sprintf("0x%x", v)
		}
		return strings.ToLower(flagNames(v, true))
	}
	switch {
	case v == 0 && rel == "":
		w.say("tcp flags ! %s", words(m))
	case v == 0:
		w.say("tcp flags %s", words(m))
	default:
		w.say("tcp flags %s%s / %s", rel, words(v), words(m))
	}
}
