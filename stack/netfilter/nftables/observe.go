package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A Saying is what a reader is told of an expression that did not match: the
// left and the right side in nft's words, and how the left one's value reads.
// It does not change.
type Saying struct {
	Field string // "tcp dport"
	Want  string // "22", "{ 22, 80 }"
	As    step.Try
}

// said is an expression that can say why it did not match.
type said interface {
	saying() (s *Saying, reg uint8, n int)
}

// familyNames are nft's names of families.
var familyNames = [...]string{core.NFIPv4: "ip ", core.NFIPv6: "ip6 ", core.NFARP: "arp ", core.NFBridge: "bridge ", core.NFInet: "inet ", core.NFNetdev: "netdev "}

// pack puts a text into values of 8 letters (step.Chars). What is too long is
// cut.
func pack(dst []uint64, texts ...string) {
	clear(dst)
	i := 0
	for _, s := range texts {
		for k := 0; k < len(s) && i < 8*len(dst); k++ {
			dst[i/8] |= uint64(s[k]) << (56 - 8*(i%8))
			i++
		}
	}
}

// words name the chain: eight values.
func (c *Chain) words() []uint64 {
	w := make([]uint64, 8, 20)
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
		v = r.at(reg, n)
	}
	switch say.As {
	case step.TryNftIP:
		hi, lo := uint64(0), uint64(0xffff)<<32|number(v)
		if n == 16 {
			hi, lo = number(v[:8]), number(v[8:])
		}
		w = append(w, hi, lo)
	case step.TryNftName:
		var name [16]byte
		copy(name[:], v)
		w = append(w, number(name[:8]), number(name[8:]))
	default:
		w = append(w, number(v))
	}
	p.ns.Tried(say.As, rule.counted(w, i)...)
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
