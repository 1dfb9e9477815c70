package ipt

import (
	"bytes"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// A decoder is struct nft_xt_ctx: a rule that is read expression by expression, and
// what is in the register.
type decoder struct {
	p   *prog
	r   *rule
	err string

	kind byte // of the register: 'm'eta, 'p'ayload, 'i'mmediate, 0
	key  nftables.MetaKey
	base nftables.HeaderBase
	off  int
	n    int
	mask []byte
	imm  []byte

	tcp *iptables.TCP
	udp *iptables.UDP
}

// decode is nft_rule_to_iptables_command_state: a rule of the engine as a command
// line says it. The text is what cannot be read.
func (p *prog) decode(nr *nftables.Rule) (*rule, string) {
	x := &decoder{p: p, r: &rule{}}
	t, _ := nr.Text.(*ruleText)
	for _, e := range nr.Exprs {
		x.expr(e, t)
	}
	return x.r, x.err
}

func (x *decoder) bad(s string) {
	if x.err == "" {
		x.err = s
	}
}

func (x *decoder) expr(e nftables.Expr, t *ruleText) {
	switch e := e.(type) {
	case *nftables.Counter:
		x.r.packets, x.r.bytes = e.Packets, e.Bytes
	case *nftables.Payload:
		x.kind, x.base, x.off, x.n, x.mask = 'p', e.Base, int(e.Off), int(e.Len), nil
	case *nftables.Meta:
		x.kind, x.key, x.mask = 'm', e.Key, nil
	case *nftables.Immediate:
		x.kind, x.imm = 'i', e.Data
	case *nftables.MetaSet:
		if e.Key != nftables.MetaNFTrace || x.kind != 'i' || len(x.imm) == 0 || x.imm[len(x.imm)-1] == 0 {
			x.bad("meta sreg key not supported")
			return
		}
		x.r.jump, x.r.target = "TRACE", x.p.instOf("TRACE", true, &iptables.Trace{})
	case *nftables.Bitwise:
		x.mask = e.Mask
	case *nftables.Cmp:
		x.cmp(e.Op, e.Data)
	case *nftables.Range:
		x.span(e)
	case *nftables.Decide:
		x.verdict(e)
	case *nftables.Limit:
		if e.Rate != 0 {
			x.addMatch("limit", &iptables.Limit{Avg: uint32(limitScale * e.Unit / e.Rate), Burst: e.Burst})
		}
	case *nftables.Log:
		d := &iptables.NFLog{Prefix: e.Prefix}
		if t != nil && t.nflog != nil {
			d = t.nflog
		}
		x.r.jump, x.r.target = "NFLOG", x.p.instOf("NFLOG", true, d)
	default:
		x.compat(e)
	}
}

func (x *decoder) addMatch(name string, d any) {
	i := x.p.instOf(name, false, d)
	if i == nil {
		x.bad("match extension not found")
		return
	}
	x.r.matches = append(x.r.matches, i)
}

func (x *decoder) compat(e nftables.Expr) {
	m, t := compatOf(e)
	switch {
	case m != nil:
		x.addMatch(m.Name(), m)
	case t != nil:
		x.r.jump = t.Name()
		if x.r.target = x.p.instOf(t.Name(), true, t); x.r.target == nil {
			x.bad("target extension not found")
		}
	default:
		x.bad("unknown expression")
	}
}

func (x *decoder) verdict(e *nftables.Decide) {
	switch e.Code {
	case nftables.AcceptCode:
		x.r.jump = "ACCEPT"
	case nftables.DropCode:
		x.r.jump = "DROP"
	case nftables.Return:
		x.r.jump = "RETURN"
	case nftables.Jump, nftables.Goto:
		x.r.jump, x.r.isGoto = e.Chain.Name, e.Code == nftables.Goto
	default:
		x.bad("verdict extension not found")
	}
}

func (x *decoder) cmp(op nftables.CmpOp, data []byte) {
	switch {
	case x.kind == 'm':
		x.meta(op, data)
	case x.kind == 'p' && x.base == nftables.NetworkHeader:
		x.network(op, data)
	case x.kind == 'p' && x.base == nftables.TransportHeader:
		x.transport(op, data)
	case x.kind == 0:
		x.bad("cmp sreg undef")
	}
}

func (x *decoder) not(op nftables.CmpOp, bit uint8) {
	if op == nftables.NEQ {
		x.r.inv |= bit
	}
}

func (x *decoder) meta(op nftables.CmpOp, data []byte) {
	r := x.r
	switch x.key {
	case nftables.MetaL4Proto:
		r.proto = uint64(data[0])
		x.not(op, invProto)
	case nftables.MetaIIFName:
		x.not(op, invIn)
		r.in, r.viaIn = x.iface(data, invIn)
	case nftables.MetaOIFName:
		x.not(op, invOut)
		r.out, r.viaOut = x.iface(data, invOut)
	case nftables.MetaIIF, nftables.MetaOIF:
		name := ""
		if len(data) == 4 {
			if d := x.p.env.NS.DevByIndex(int(data[0])<<24 | int(data[1])<<16 | int(data[2])<<8 | int(data[3])); d != nil {
				name = d.Name
			}
		}
		if x.key == nftables.MetaIIF {
			x.not(op, invIn)
			r.in = name
		} else {
			x.not(op, invOut)
			r.out = name
		}
	case nftables.MetaMark:
		m := &iptables.Mark{Mark: num32(data), Mask: 1<<32 - 1, Inv: op == nftables.NEQ}
		if x.mask != nil {
			m.Mask = num32(x.mask)
		}
		x.addMatch("mark", m)
	case nftables.MetaPktType:
		x.addMatch("pkttype", &iptables.PktType{Type: data[0], Inv: op == nftables.NEQ})
	default:
		x.bad([]string{"unknown ipv4 meta key", "unknown ipv6 meta key"}[bit(x.p.fam == 6)])
	}
}

func num32(b []byte) (v uint32) {
	for _, c := range b {
		v = v<<8 | uint32(c)
	}
	return v
}

// iface is parse_ifname, with nft's way to write `! -i +`.
func (x *decoder) iface(data []byte, bit uint8) (string, bool) {
	i := bytes.IndexByte(data, 0)
	if i < 0 {
		return string(data) + "+", true
	}
	s := string(data[:i])
	if s == "INVAL/D" && x.r.inv&bit == 0 {
		x.r.inv |= bit
		return "+", true
	}
	return s, false
}

func (x *decoder) network(op nftables.CmpOp, data []byte) {
	src, dst, proto, hop := 12, 16, 9, 8
	if x.p.fam == 6 {
		src, dst, proto, hop = 8, 24, 6, 7
	}
	take := func(n *network, bit uint8) {
		*n = network{}
		copy(n.addr[:], data)
		if x.mask != nil {
			copy(n.mask[:], x.mask)
		} else {
			n.mask = ones(8 * min(x.n, size(x.p.fam)))
		}
		x.not(op, bit)
	}
	switch {
	case x.off == src:
		take(&x.r.src, invSrc)
	case x.off == dst:
		take(&x.r.dst, invDst)
	case x.off == proto && x.n == 1:
		x.r.proto = uint64(data[0])
		x.not(op, invProto)
	case x.p.fam == 4 && x.off == 6:
		x.r.frag = true
		if op == nftables.EQ {
			x.r.inv |= invFrag
		}
	case x.off == hop && x.n == 1:
		x.hops(op, data[0])
	default:
		x.bad("unknown payload offset")
	}
}

// hops is nft_parse_hl.
func (x *decoder) hops(op nftables.CmpOp, v uint8) {
	mode := iptables.HLEqual
	switch op {
	case nftables.NEQ:
		mode = iptables.HLNotEqual
	case nftables.LT:
		mode = iptables.HLLess
	case nftables.GT:
		mode = iptables.HLGreater
	case nftables.LTE:
		mode = iptables.HLLess
		if v++; v == 0 {
			x.bad("invalid ttl field match")
		}
	case nftables.GTE:
		mode = iptables.HLGreater
		if v--; v == 255 {
			x.bad("invalid ttl field match")
		}
	}
	if x.p.fam == 6 {
		x.addMatch("hl", &iptables.HL{Mode: mode, Value: v})
	} else {
		x.addMatch("ttl", &iptables.TTL{Mode: mode, Value: v})
	}
}

// ports gives the structures of the tcp or udp match: it is made when it is needed
// first.
func (x *decoder) ports() (src, dst *iptables.PortRange, notSrc, notDst *bool) {
	switch x.r.proto {
	case 6:
		d := x.tcpMatch()
		return &d.Src, &d.Dst, &d.InvSrc, &d.InvDst
	case 17:
		if x.udp == nil {
			x.udp = &iptables.UDP{Src: iptables.AnyPort, Dst: iptables.AnyPort}
			x.addMatch("udp", x.udp)
		}
		return &x.udp.Src, &x.udp.Dst, &x.udp.InvSrc, &x.udp.InvDst
	}
	x.bad("unsupported layer 4 protocol value")
	return nil, nil, nil, nil
}

func (x *decoder) tcpMatch() *iptables.TCP {
	if x.tcp == nil {
		x.tcp = &iptables.TCP{Src: iptables.AnyPort, Dst: iptables.AnyPort}
		x.addMatch("tcp", x.tcp)
	}
	return x.tcp
}

func (x *decoder) transport(op nftables.CmpOp, data []byte) {
	if x.r.proto == 1 || x.r.proto == 58 {
		x.icmp(data)
		return
	}
	if x.off == 13 && len(data) == 1 && x.r.proto == 6 {
		d := x.tcpMatch()
		d.InvFlags = d.InvFlags || op == nftables.NEQ
		d.FlagCmp, d.FlagMask = data[0], 0xff
		if len(x.mask) > 0 {
			d.FlagMask = x.mask[0]
		}
		return
	}
	src, dst, notSrc, notDst := x.ports()
	if src == nil {
		return
	}
	switch {
	case x.off == 0 && len(data) == 2:
		onePort(src, notSrc, op, uint16(num32(data)))
	case x.off == 0 && len(data) == 4:
		onePort(src, notSrc, op, uint16(num32(data[:2])))
		onePort(dst, notDst, op, uint16(num32(data[2:])))
	case x.off == 2 && len(data) == 2:
		onePort(dst, notDst, op, uint16(num32(data)))
	}
}

// onePort is port_match_single_to_range.
func onePort(r *iptables.PortRange, not *bool, op nftables.CmpOp, v uint16) {
	switch op {
	case nftables.NEQ, nftables.EQ:
		*not = *not || op == nftables.NEQ
		*r = iptables.PortRange{Min: v, Max: v}
	case nftables.LT:
		r.Max = max(v, 2) - 1
	case nftables.LTE:
		r.Max = v
	case nftables.GT:
		r.Min = min(v, 65534) + 1
	case nftables.GTE:
		r.Min = v
	}
}

// span is nft_parse_range.
func (x *decoder) span(e *nftables.Range) {
	if x.kind != 'p' || x.base != nftables.TransportHeader {
		x.bad("range with unknown payload base")
		return
	}
	if len(e.From) != 2 {
		return
	}
	src, dst, notSrc, notDst := x.ports()
	if src == nil {
		return
	}
	r, not := src, notSrc
	if x.off == 2 {
		r, not = dst, notDst
	}
	*r = iptables.PortRange{Min: uint16(num32(e.From)), Max: uint16(num32(e.To))}
	*not = *not || e.Invert
}

// icmp is nft_parse_icmp.
func (x *decoder) icmp(data []byte) {
	typ, lo, hi := uint8(255), uint8(0), uint8(255)
	switch {
	case x.off == 0:
		typ = data[0]
		if len(data) > 1 {
			lo, hi = data[1], data[1]
		}
	case x.off == 1:
		lo, hi = data[0], data[0]
	default:
		x.bad("unexpected payload offset")
		return
	}
	if x.p.fam == 4 {
		x.addMatch("icmp", &iptables.ICMP{Type: typ, Min: lo, Max: hi})
	} else {
		x.addMatch("icmp6", &iptables.ICMP6{Type: typ, Min: lo, Max: hi})
	}
}
