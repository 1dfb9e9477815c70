package nft

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// tproxy reads "tproxy [ip|ip6] to [ADDRESS][:PORT]".
func (p *parser) tproxy() *stmt {
	s := &stmt{k: sTProxy, name: p.next().s, natFam: core.NFInet}
	if p.is("ip") || p.is("ip6") {
		s.natFam, s.natTyped = families[p.next().s], true
		if !p.is("to") {
			p.unexpected("to")
		}
	}
	if !p.is("to") {
		p.unexpected("to or ip or ip6")
	}
	p.next()
	if !p.is(":") {
		if p.end() {
			p.unexpected("")
		}
		s.addr = p.natValue()
	}
	if p.accept(":") {
		s.port = p.natValue()
	}
	return s
}

// tproxy is stmt_evaluate_tproxy.
func (v *evaluator) tproxy(s *stmt) *failure {
	switch v.fam {
	case core.NFIPv4, core.NFIPv6:
		if !s.natTyped {
			s.natFam = v.fam
		}
	case core.NFInet:
	default:
		return v.fail(s.at, "tproxy is only supported for IPv4/IPv6/INET")
	}
	if v.proto[2] == nil && !v.knowsL4() {
		return v.fail(s.at, "Transparent proxy support requires transport protocol match")
	}
	if err := v.tproxyFamily(s); err != nil {
		return err
	}
	if s.addr != nil {
		if s.natFam == core.NFInet {
			return v.fail(s.at, "ip or ip6 must be specified with address for inet tables.")
		}
		if s.addr.k == eRange {
			return v.fail(s.at, "Address ranges are not supported for tproxy.")
		}
		if s.addr.k == ePrefix { // nft 1.0.6 ends in an assertion
			return v.fail(s.at, "not modelled: tproxy to a prefix")
		}
		t, n := tIP, 32
		if s.natFam == core.NFIPv6 {
			t, n = tIP6, 128
		}
		a, err := v.natValue(s.addr, t, n)
		if err != nil {
			return err
		}
		s.addr = a
	}
	if s.port == nil {
		return nil
	}
	if s.port.k == eRange {
		return v.fail(s.at, "Port ranges are not supported for tproxy.")
	}
	a, err := v.natValue(s.port, tService, 16)
	if err != nil {
		return err
	}
	s.port = a
	return nil
}

// tproxyFamily is stmt_evaluate_l3proto: what stands before has to be of the family
// that tproxy names.
func (v *evaluator) tproxyFamily(s *stmt) *failure {
	have := v.proto[1]
	want := map[core.Family]*proto{core.NFIPv4: pIP, core.NFIPv6: pIP6}[s.natFam]
	if have == nil || have == want {
		return nil
	}
	name := "unknown"
	if want != nil {
		name = want.name
	}
	msg := fmt.Sprintf("conflicting protocols specified: %s vs. %s. You must specify ip or ip6 family in tproxy statement", have.name, name)
	if v.fam != core.NFInet {
		return errAt(s.at, msg)
	}
	return errAt(s.at, msg, v.at[1])
}

// tproxy makes the engine's expressions of a tproxy statement.
func (l *lowerer) tproxy(s *stmt) {
	x := &nftables.TProxy{Family: s.natFam}
	reg := uint8(0)
	if s.addr != nil {
		l.load(s.addr, reg)
		x.Addr = reg + 1
		reg += 4
	}
	if s.port != nil {
		l.load(s.port, reg)
		x.Port = reg + 1
	}
	if err := x.Init(l.t.Family); err != 0 {
		l.errno, l.errAt = err, s.at
	}
	l.add(x)
}

// tproxy is tproxy_stmt_print: nft 1.0.6 leaves a port out that is no constant.
func (o *output) tproxy(s *stmt) string {
	var b strings.Builder
	b.WriteString("tproxy")
	if s.over && s.natFam != core.NFInet {
		b.WriteString(" " + familyName(s.natFam))
	}
	b.WriteString(" to")
	if s.addr != nil {
		a := o.expr(s.addr)
		if s.addr.k == eValue && s.natFam == core.NFIPv6 {
			a = "[" + a + "]"
		}
		b.WriteString(" " + a)
	}
	if s.port != nil && s.port.k == eValue {
		if s.addr == nil {
			b.WriteByte(' ')
		}
		b.WriteString(":" + o.expr(s.port))
	}
	return b.String()
}

// jsonTProxy is tproxy_stmt_json.
func (o *output) jsonTProxy(s *stmt) any {
	var j jobject
	if s.over && s.natFam != core.NFInet {
		j.set("family", familyName(s.natFam))
	}
	if s.addr != nil {
		j.set("addr", o.jsonExpr(s.addr))
	}
	if s.port != nil {
		j.set("port", o.jsonExpr(s.port))
	}
	return jpair("tproxy", j)
}

// tproxy is json_parse_tproxy_stmt.
func (j *jsonReader) tproxy(v any) (string, bool) {
	t := "tproxy"
	if fam, _ := jstr(v, "family"); fam != "" {
		if fam != "ip" && fam != "ip6" {
			j.err("Invalid family '%s'.", fam)
			return "", false
		}
		t += " " + fam
	}
	t += " to "
	addr, hasAddr := jany(v, "addr")
	if hasAddr {
		a, ok := j.expr(addr)
		if !ok {
			j.err("Invalid addr.")
			return "", false
		}
		if _, word := addr.(string); word && strings.Contains(a, ":") {
			a = "[" + a + "]"
		}
		t += a
	}
	if port, ok := jany(v, "port"); ok {
		p, ok := j.expr(port)
		if !ok {
			j.err("Invalid port.")
			return "", false
		}
		t += ":" + p
	}
	return t, true
}
