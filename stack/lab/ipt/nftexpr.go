package ipt

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A ruleText goes with a rule that iptables-nft made: for nft's listings, and for
// what the engine's expressions do not keep.
type ruleText struct {
	fam   int
	nflog *iptables.NFLog
}

// An encoder makes expressions of a rule (nft_ipv4_add).
type encoder struct {
	p   *prog
	out []nftables.Expr
	e   core.Errno
}

// reg1 is NFT_REG_1, the only one that is used.
const reg1 = 4

func (x *encoder) add(e nftables.Expr) { x.out = append(x.out, e) }

func (x *encoder) refuse(e core.Errno) {
	if x.e == 0 {
		x.e = e
	}
}

func (x *encoder) payload(b nftables.HeaderBase, off, n int) {
	if n == 0 {
		x.refuse(step.EINVAL)
		return
	}
	x.add(&nftables.Payload{Base: b, Off: uint8(off), Len: uint8(n), Dst: reg1})
}

func (x *encoder) meta(k nftables.MetaKey) { x.add(&nftables.Meta{Key: k, Dst: reg1}) }

func (x *encoder) mask(m []byte) {
	x.add(&nftables.Bitwise{Src: reg1, Dst: reg1, Mask: m, Xor: make([]byte, len(m))})
}

func (x *encoder) cmp(op nftables.CmpOp, data []byte, say *nftables.Saying) {
	if len(data) == 0 {
		x.refuse(step.EINVAL)
		return
	}
	if op != nftables.EQ {
		say.Want = "!= " + say.Want
	}
	x.add(&nftables.Cmp{Reg: reg1, Op: op, Data: data, Say: say})
}

func opOf(not bool) nftables.CmpOp {
	if not {
		return nftables.NEQ
	}
	return nftables.EQ
}

// saying names what is compared, for a reader of the rule.
func saying(field, want string, as step.Try) *nftables.Saying {
	return &nftables.Saying{Field: field, Want: want, As: as}
}

// encodable ends the run if a rule cannot be made of expressions.
func (p *prog) encodable(r *rule) {
	for _, m := range r.matches {
		switch d := m.d.(type) {
		case *iptables.TCP:
			if !oldTCP(d) && (r.proto != 6) {
				p.bad("TCP match requires '-p tcp'")
			}
		case *iptables.UDP:
			if !oldUDP(d) && r.proto != 17 {
				p.bad("UDP match requires '-p udp'")
			}
		}
	}
}

// oldTCP and oldUDP tell whether the match goes through nft_compat: it asks for
// nothing, or for what has no expression.
func oldTCP(d *iptables.TCP) bool {
	return d.Option != 0 || d.InvOption || *d == iptables.TCP{Src: iptables.AnyPort, Dst: iptables.AnyPort}
}

func oldUDP(d *iptables.UDP) bool {
	return *d == iptables.UDP{Src: iptables.AnyPort, Dst: iptables.AnyPort}
}

// encode makes a rule of the engine.
func (p *prog) encode(c *nftables.Chain, r *rule) (*nftables.Rule, core.Errno) {
	x := &encoder{p: p}
	t := &ruleText{fam: p.fam}
	x.iface(nftables.MetaIIFName, "iifname", r.in, r.inv&invIn != 0)
	x.iface(nftables.MetaOIFName, "oifname", r.out, r.inv&invOut != 0)
	if r.proto != 0 {
		x.meta(nftables.MetaL4Proto)
		x.cmp(opOf(r.inv&invProto != 0), []byte{byte(r.proto)}, saying("meta l4proto", x.protoWant(r.proto), step.TryNftProto))
	}
	src, dst, ip := 12, 16, "ip"
	if p.fam == 6 {
		src, dst, ip = 8, 24, "ip6"
	}
	x.addr(src, ip+" saddr", r.src, r.inv&invSrc != 0)
	x.addr(dst, ip+" daddr", r.dst, r.inv&invDst != 0)
	if r.frag {
		x.payload(nftables.NetworkHeader, 6, 2)
		x.mask([]byte{0x1f, 0xff})
		x.cmp(opOf(r.inv&invFrag == 0), []byte{0, 0}, saying("ip frag-off & 0x1fff", "0", step.TryNftDec))
	}
	for _, m := range r.matches {
		x.match(r, m)
	}
	count := &nftables.Counter{}
	if p.fam == 4 { // ip6tables-nft 1.8.9 forgets what -c says
		count.Packets, count.Bytes = r.packets, r.bytes
	}
	x.add(count)
	x.action(c, r, t)
	return &nftables.Rule{Exprs: x.out, Text: t}, x.e
}

func (x *encoder) protoWant(n uint64) string {
	if s := x.p.protoName(n, false); s != "" {
		return s
	}
	return fmt.Sprint(n)
}

func (x *encoder) iface(k nftables.MetaKey, field, name string, not bool) {
	if name == "" {
		return
	}
	x.meta(k)
	data := append([]byte(name), 0)
	op := opOf(not)
	if name[len(name)-1] == '+' {
		data = []byte(name[:len(name)-1])
		if name == "+" {
			if !not {
				return
			}
			data, op = append([]byte("INVAL/D"), 0), nftables.EQ
		}
	}
	x.cmp(op, data, saying(field, name, step.TryNftName))
}

// addr is add_addr: whole bytes are compared without a mask.
func (x *encoder) addr(off int, field string, n network, not bool) {
	if n.addr.zero() && n.mask.zero() && !not {
		return
	}
	full := size(x.p.fam)
	i := 0
	for i < full && n.mask[i] == 0xff {
		i++
	}
	masked := i < full && n.mask[i] != 0
	for j := i + 1; j < full && !masked; j++ {
		masked = n.mask[j] != 0
	}
	length := full
	if !masked {
		length = i
	}
	x.payload(nftables.NetworkHeader, off, length)
	if masked {
		x.mask(append([]byte(nil), n.mask[:length]...))
	}
	x.cmp(opOf(not), append([]byte(nil), n.addr[:length]...), saying(field, n.addr.text(x.p.fam)+n.mask.maskText(x.p.fam), step.TryNftIP))
}

// match is add_match.
func (x *encoder) match(r *rule, m *inst) {
	switch d := m.d.(type) {
	case *iptables.Limit:
		l := &nftables.Limit{Burst: d.Burst}
		n, u := perUnit(uint64(d.Avg), limitScale)
		l.Rate, l.Unit = n, rateUnits[u].seconds
		x.refuse(l.Init(x.p.env.NS.Clock.Now()))
		x.add(l)
		return
	case *iptables.TCP:
		if !oldTCP(d) {
			if d.FlagMask != 0 {
				x.payload(nftables.TransportHeader, 13, 1)
				x.mask([]byte{d.FlagMask})
				x.cmp(opOf(d.InvFlags), []byte{d.FlagCmp}, saying("tcp flags & ("+strings.ReplaceAll(flagNames(d.FlagMask, true), ",", "|")+")", flagNames(d.FlagCmp, true), step.TryNftTCP))
			}
			x.ports("tcp", d.Src, d.InvSrc, d.Dst, d.InvDst)
			return
		}
	case *iptables.UDP:
		if !oldUDP(d) {
			x.ports("udp", d.Src, d.InvSrc, d.Dst, d.InvDst)
			return
		}
	case *iptables.Mark:
		x.meta(nftables.MetaMark)
		if d.Mask != 1<<32-1 {
			x.mask(be32(d.Mask))
		}
		x.cmp(opOf(d.Inv), be32(d.Mark), saying("meta mark", fmt.Sprintf("0x%x", d.Mark), step.TryNftHex))
		return
	}
	x.compat(r, m)
}

func be16(v uint16) []byte { return []byte{byte(v >> 8), byte(v)} }
func be32(v uint32) []byte { return []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)} }

// ports is add_nft_tcpudp.
func (x *encoder) ports(l4 string, src iptables.PortRange, notSrc bool, dst iptables.PortRange, notDst bool) {
	if src.Min != 0 && src.Min == src.Max && dst.Min != 0 && dst.Min == dst.Max && notSrc == notDst {
		x.payload(nftables.TransportHeader, 0, 4)
		x.cmp(opOf(notSrc), append(be16(src.Min), be16(dst.Min)...), saying(l4+" sport and dport", fmt.Sprintf("%d %d", src.Min, dst.Min), step.TryNftHex))
		return
	}
	x.port(l4+" sport", 0, src, notSrc)
	x.port(l4+" dport", 2, dst, notDst)
}

// port is expr_gen_range_cmp16.
func (x *encoder) port(field string, off int, r iptables.PortRange, not bool) {
	if r == iptables.AnyPort {
		return
	}
	x.payload(nftables.TransportHeader, off, 2)
	say := saying(field, fmt.Sprintf("%d-%d", r.Min, r.Max), step.TryNftDec)
	switch {
	case r.Min == r.Max:
		say.Want = fmt.Sprint(r.Min)
		x.cmp(opOf(not), be16(r.Min), say)
	case r.Min == 0 && r.Max < 65535:
		op := nftables.LTE
		if not {
			op = nftables.GT
		}
		x.cmp(op, be16(r.Max), say)
	default:
		x.add(&nftables.Range{Reg: reg1, Invert: not, From: be16(r.Min), To: be16(r.Max), Say: say})
	}
}

// action is add_action.
func (x *encoder) action(c *nftables.Chain, r *rule, t *ruleText) {
	decide := func(code nftables.VerdictCode, to *nftables.Chain) {
		x.add(&nftables.Decide{Verdict: nftables.Verdict{Code: code, Chain: to}})
	}
	code, verdict := map[string]nftables.VerdictCode{"ACCEPT": nftables.AcceptCode, "DROP": nftables.DropCode, "RETURN": nftables.Return}[r.jump]
	switch {
	case r.target != nil && r.target.e.name != "standard":
	case verdict:
		decide(code, nil)
		return
	case r.target != nil: // QUEUE
		x.refuse(step.ENOENT)
		return
	case r.jump == "":
		return
	default:
		to := c.Table.Chain(r.jump)
		switch {
		case to == nil:
			x.refuse(step.ENOENT)
		case to.Base != nil:
			x.refuse(step.EOPNOTSUPP)
		case r.isGoto:
			decide(nftables.Goto, to)
		default:
			decide(nftables.Jump, to)
		}
		return
	}
	switch d := r.target.d.(type) {
	case *iptables.NFLog:
		n := *d
		if !n.HasSize { // --nflog-range has no attribute
			n.Size = 0
		}
		t.nflog = &n
		x.add(&nftables.Log{Prefix: d.Prefix, Group: true})
	case *iptables.Trace:
		x.add(&nftables.Immediate{Dst: reg1, Data: []byte{1}})
		x.add(&nftables.MetaSet{Key: nftables.MetaNFTrace, Src: reg1})
	default:
		x.compatTarget(r)
	}
}

// normal is a rule as it reads after it went through the kernel.
func (p *prog) normal(r *rule) *rule {
	n := *r
	n.matches = nil
	t := &nftables.Table{}
	ch := &nftables.Chain{Table: t}
	bare := n
	bare.target, bare.jump = nil, ""
	bare.matches = r.matches
	e, _ := p.encode(ch, &bare)
	d, _ := p.decode(e)
	d.target, d.jump, d.isGoto = r.target, r.jump, r.isGoto
	if r.target != nil && r.target.e.name == "standard" {
		d.target = nil
	}
	return d
}
