package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Saying is what a reader is told of an expression that did not match: the
// left and the right side in nft's words, and how the left one's value reads.
// It does not change.
type Saying struct {
	Field string // "tcp dport"
	Want  string // "22", "{ 22, 80 }"
	As    step.Try
	Parts []Part // with TryNftText: what the value consists of
}

// A Part is a value of a concatenation, or one that has names.
type Part struct {
	As    step.Fmt
	Text  bool  // it is a text
	Len   uint8 // bytes; the next part begins at the next register
	Names []Name
}

// A Name is nft's word for a value.
type Name struct {
	Value uint64
	Text  string
}

// text writes the values as nft does, "10.0.1.1 . 80".
func (s *Saying) text(v []byte) []byte {
	var t []byte
	for i := range s.Parts {
		p := &s.Parts[i]
		if i > 0 {
			t = append(t, " . "...)
		}
		t = p.append(t, v[:p.Len])
		v = v[min(len(v), (int(p.Len)+3)&^3):]
	}
	return t
}

func (p *Part) append(t, v []byte) []byte {
	if p.Text {
		for i, c := range v {
			if c == 0 {
				v = v[:i]
				break
			}
		}
		return append(t, v...)
	}
	hi, lo := uint64(0), number(v)
	switch {
	case len(v) == 16:
		hi, lo = lo, number(v[8:])
	case p.As == step.IP:
		lo |= 0xffff << 32
	}
	for _, n := range p.Names {
		if n.Value == lo {
			return append(t, n.Text...)
		}
	}
	return p.As.Append(t, hi, lo, nil)
}

// said is an expression that can say why it did not match.
type said interface {
	saying() (s *Saying, reg uint8, n int)
}

// familyNames are nft's names of families.
var familyNames = [...]string{core.NFIPv4: "ip ", core.NFIPv6: "ip6 ", core.NFARP: "arp ", core.NFBridge: "bridge ", core.NFInet: "inet ", core.NFNetdev: "netdev "}

// pack puts a text into values of 8 letters (step.Chars). What is too long ends
// with dots.
func pack(dst []uint64, texts ...string) {
	const dots = "…"
	clear(dst)
	room, n := 8*len(dst), 0
	for _, s := range texts {
		n += len(s)
	}
	if n > room {
		room -= len(dots)
		texts = append(texts[:len(texts):len(texts)], dots)
	}
	i := 0
	for at, s := range texts {
		if n > room && at == len(texts)-1 {
			room = 8 * len(dst)
		}
		for k := 0; k < len(s) && i < room; k++ {
			dst[i/8] |= uint64(s[k]) << (56 - 8*(i%8))
			i++
		}
	}
}

// words name the chain: eight values.
func (c *Chain) words() []uint64 {
	w := make([]uint64, 8, 24)
	pack(w, familyNames[c.Table.Family], c.Table.Name, " ", c.Name)
	return w
}

// args name a rule and a value, and behind them what the rule has counted.
func (r *Rule) args(v uint64) []uint64 {
	return r.counted(append(r.Chain.words(), r.Handle, v), len(r.Exprs))
}

// counted adds the counter among the first n expressions: packets and bytes, this
// packet included.
func (r *Rule) counted(w []uint64, n int) []uint64 {
	for _, e := range r.Exprs[:n] {
		if c, ok := e.(*Counter); ok {
			return append(w, c.Packets, c.Bytes)
		}
	}
	return w
}

// tried tells the reader that a rule was passed over, because its expression i
// did not match.
func (p *Pkt) tried(r *Regs, rule *Rule, i int) {
	w := append(rule.Chain.words(), rule.Handle)
	e := rule.Exprs[i]
	if m, ok := e.(*Match); ok {
		m.tried(p, rule)
		return
	}
	s, ok := e.(said)
	if !ok {
		p.missing(w, rule, i)
		return
	}
	say, reg, n := s.saying()
	if say == nil {
		p.missing(w, rule, i)
		return
	}
	w = w[:17]
	pack(w[9:13], say.Field)
	pack(w[13:17], say.Want)
	var v []byte
	if n > 0 {
		v = p.left(r, rule.Exprs[:i], say.As, reg, n)
	}
	switch say.As {
	case step.TryNftIP:
		hi, lo := uint64(0), uint64(0xffff)<<32|number(v)
		if len(v) == 16 {
			hi, lo = number(v[:8]), number(v[8:])
		}
		w = append(w, hi, lo)
	case step.TryNftText:
		w = w[:22]
		pack(w[17:22], string(say.text(r.data[int(reg)*4:])))
	case step.TryNftName:
		var name [16]byte
		copy(name[:], v)
		w = append(w, number(name[:8]), number(name[8:]))
	default:
		w = append(w, number(v))
	}
	p.ns.Tried(say.As, rule.counted(w, i)...)
}

// left is the value on the left side of a comparison of n bytes in reg, made by
// what stands before it: as it was loaded, before a mask, and an address whole
// (of a prefix only some bytes are compared).
func (p *Pkt) left(r *Regs, before []Expr, as step.Try, reg uint8, n int) []byte {
	if len(before) > 0 {
		if m, ok := before[len(before)-1].(*Bitwise); ok && m.Dst == reg {
			if m.Src != reg {
				return r.at(m.Src, n)
			}
			before = before[:len(before)-1]
		}
	}
	if as != step.TryNftIP || len(before) == 0 {
		return r.at(reg, n)
	}
	load, ok := before[len(before)-1].(*Payload)
	if !ok || load.Base != NetworkHeader {
		return r.at(reg, n)
	}
	whole, regs := *load, *r
	regs.Code = Continue
	whole.Len = 4
	if p.b.Protocol == uint16(wire.EtherTypeIPv6) {
		whole.Len = 16
	}
	whole.Eval(&regs, p)
	if regs.Code == Break {
		return r.at(reg, n)
	}
	return regs.at(whole.Dst, int(whole.Len))
}

// missing tells that the packet does not have what the expression loads.
func (p *Pkt) missing(w []uint64, rule *Rule, i int) {
	name := ""
	for _, e := range rule.Exprs[i:] {
		if s, ok := e.(said); ok {
			if say, _, _ := s.saying(); say != nil {
				name = say.Field
				break
			}
		}
	}
	w = w[:13]
	pack(w[9:13], name)
	t := step.TryNftMissing
	switch rule.Exprs[i].(type) {
	case *Limit:
		t = step.TryNftLimit
	case *Quota:
		t = step.TryNftQuota
	}
	if name == "" {
		t = step.TryNftOther
		pack(w[9:13], "an expression")
		if _, ok := rule.Exprs[i].(*Limit); ok {
			t = step.TryNftLimit
		} else if _, ok := rule.Exprs[i].(*Quota); ok {
			t = step.TryNftQuota
		}
	}
	p.ns.Tried(t, rule.counted(w, i)...)
}

// tried tells the reader that the rule was passed over, in the words of iptables.
func (e *Match) tried(p *Pkt, rule *Rule) {
	w := make([]uint64, 19, 23)
	c := rule.Chain
	pack(w[:6], familyNames[c.Table.Family], c.Table.Name, " ", c.Name, " handle")
	w[6] = rule.Handle
	text := e.X.Text
	if text == "" {
		text = "-m " + e.X.Match.Name()
	}
	pack(w[7:19], text)
	p.ns.Tried(e.say.try, append(w, e.say.args[:e.say.n]...)...)
}
