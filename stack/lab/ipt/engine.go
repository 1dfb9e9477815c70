package ipt

import (
	"fmt"
	"reflect"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// clone is a copy of an extension's data: a rule has its own.
func clone(d any) any {
	v := reflect.ValueOf(d)
	n := reflect.New(v.Elem().Type())
	n.Elem().Set(v.Elem())
	return n.Interface()
}

// family is the engine's word for 4 or 6.
func family(fam int) core.Family {
	if fam == 6 {
		return core.NFIPv6
	}
	return core.NFIPv4
}

// engineRule is the rule as the engine has it.
func (p *prog) engineRule(r *rule) *iptables.Rule {
	n := &iptables.Rule{Counter: iptables.Counter{Packets: r.packets, Bytes: r.bytes}}
	n.IP = iptables.IP{In: r.in, Out: r.out, Proto: uint8(r.proto), Frag: r.frag,
		InvSrc: r.inv&invSrc != 0, InvDst: r.inv&invDst != 0, InvIn: r.inv&invIn != 0, InvOut: r.inv&invOut != 0, InvProto: r.inv&invProto != 0, InvFrag: r.inv&invFrag != 0}
	n.IP.SrcMask, n.IP.DstMask = r.src.mask.wireMask(p.fam), r.dst.mask.wireMask(p.fam)
	if !r.src.mask.zero() {
		n.IP.Src = r.src.addr.wire(p.fam)
	}
	if !r.dst.mask.zero() {
		n.IP.Dst = r.dst.addr.wire(p.fam)
	}
	for _, m := range r.matches {
		n.Matches = append(n.Matches, iptables.MatchEntry{Match: engineMatch(m), Text: p.matchText(r, m)})
	}
	n.Text = p.targetText(r)
	switch t := r.target; {
	case t != nil && t.e.name != "standard":
		n.Target = engineTarget(t)
	case r.jump == "":
	default:
		if v, ok := verdicts[r.jump]; ok {
			n.Target = &iptables.Standard{Verdict: v}
		} else {
			n.Target = &iptables.Jump{Chain: r.jump, Goto: r.isGoto}
		}
	}
	return n
}

var verdicts = map[string]iptables.Verdict{"ACCEPT": iptables.Accept, "DROP": iptables.Drop, "QUEUE": iptables.Queue, "RETURN": iptables.Return}

func engineMatch(m *inst) iptables.Match {
	x, ok := m.d.(iptables.Match)
	if !ok {
		panic(fmt.Sprintf("ipt: %s is no match of the engine", m.e.name))
	}
	return x
}

func engineTarget(t *inst) iptables.Target {
	x, ok := t.d.(iptables.Target)
	if !ok {
		panic(fmt.Sprintf("ipt: %s is no target of the engine", t.e.name))
	}
	return x
}

// instOf is an extension as it was read back.
func (p *prog) instOf(name string, target bool, d any) *inst {
	e := find(name, target, p.fam)
	if e == nil || e.makes == nil || reflect.TypeOf(e.makes(p.fam)) != reflect.TypeOf(d) {
		return nil
	}
	return &inst{e: e, d: d}
}

// fromEngine reads a rule back.
func (p *prog) fromEngine(n *iptables.Rule) *rule {
	r := &rule{in: n.IP.In, out: n.IP.Out, proto: uint64(n.IP.Proto), frag: n.IP.Frag, packets: n.Packets, bytes: n.Bytes}
	r.src = network{fromWire(n.IP.Src, p.fam), fromWire(n.IP.SrcMask, p.fam)}
	r.dst = network{fromWire(n.IP.Dst, p.fam), fromWire(n.IP.DstMask, p.fam)}
	for _, b := range []struct {
		on  bool
		bit uint8
	}{{n.IP.InvSrc, invSrc}, {n.IP.InvDst, invDst}, {n.IP.InvIn, invIn}, {n.IP.InvOut, invOut}, {n.IP.InvProto, invProto}, {n.IP.InvFrag, invFrag}} {
		if b.on {
			r.inv |= b.bit
		}
	}
	for _, m := range n.Matches {
		if i := p.instOf(m.Name(), false, m.Match); i != nil {
			r.matches = append(r.matches, i)
		}
	}
	switch t := n.Target.(type) {
	case nil:
	case *iptables.Standard:
		r.jump = t.Verdict.String()
	case *iptables.Jump:
		r.jump, r.isGoto = t.Chain, t.Goto
	default:
		r.jump = t.Name()
		r.target = p.instOf(t.Name(), true, t)
	}
	return r
}
