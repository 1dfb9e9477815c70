package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// What a reader is told of rules.

// Widths of what names a rule in an event: letters by eights.
const (
	chainWords = 6
	textWords  = 12
	logWords   = 64
)

// A refusal is why a rule was passed over.
type refusal struct {
	try  step.Try
	n    int
	args [4]uint64
}

// no says which operand ruled the rule out; it is false.
func (p *Param) no(t step.Try, args ...uint64) bool {
	if p.listening {
		p.refused.try = t
		p.refused.n = copy(p.refused.args[:], args)
	}
	return false
}

// is says so if ok is false.
func (p *Param) is(ok bool, t step.Try, args ...uint64) bool {
	if !ok && p.listening {
		p.refused.try = t
		p.refused.n = copy(p.refused.args[:], args)
	}
	return ok
}

// Refused is why the last Match said no: the sentence and its values. The first
// values of the sentence are those of the rule: see step.TryXtOther.
func (p *Param) Refused() (t step.Try, args []uint64) {
	if p.refused.try == 0 {
		return step.TryXtOther, nil
	}
	return p.refused.try, p.refused.args[:p.refused.n]
}

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

// words name the chain: chainWords values.
func (c *Chain) words() []uint64 {
	w := make([]uint64, chainWords, chainWords+2+textWords+4)
	pack(w, c.table.Name, space, c.Name)
	return w
}

// args name a rule, counted from 1, and a value.
func (c *Chain) args(n int, v uint64) []uint64 { return append(c.words(), uint64(n), v) }

// tried tells the reader that a rule was passed over: because of match i, or (-1)
// of the IP header.
func (p *Param) tried(c *Chain, n int, r *Rule, i int) {
	if !p.listening {
		return
	}
	t, args := p.Refused()
	w := append(c.words(), uint64(n))
	w = w[:chainWords+1+textWords]
	text := r.Matches
	switch {
	case i >= 0 && text[i].Text != "":
		pack(w[chainWords+1:], text[i].Text)
	case i >= 0:
		pack(w[chainWords+1:], dashM, text[i].Name())
	default:
		pack(w[chainWords+1:], string(r.IP.option(t, p.Family)))
	}
	p.NS.Tried(t, append(w, args...)...)
}

// matched tells that a rule took the packet, and what it says.
func (p *Param) matched(c *Chain, n int, r *Rule, v Verdict) {
	if !p.listening {
		return
	}
	w := append(c.args(n, uint64(v)), make([]uint64, textWords)...)
	text := r.Text
	if text == "" && r.Target != nil {
		text = dashJ + r.Target.Name()
	}
	pack(w[chainWords+2:], text)
	w = append(w, r.Packets, r.Bytes) // this packet included
	p.NS.Note(p.SKB, step.WhyXtRule, w...)
}

// goesOn tells that a rule took the packet and the next one follows.
func (p *Param) goesOn(c *Chain, n int, r *Rule) { p.matched(c, n, r, Continue) }

// whyHotDrop tells that a match found the packet broken.
func (p *Param) whyHotDrop(c *Chain) {
	if p.listening {
		p.NS.Why(step.WhyXtHotDrop, c.words()...)
	}
}

// NotModelled ends the packet: what names the extension.
func (p *Param) NotModelled(what string) {
	w := make([]uint64, 4)
	pack(w, what)
	p.gone = true
	p.NS.NotModelled(p.SKB, step.WhyXtNotModelled, step.IptDoTable, w...)
}

// option is the option of the IP part that a refusal is about, as iptables writes
// it.
func (w *IP) option(t step.Try, f core.Family) []byte {
	var b []byte
	switch t {
	case step.TryXtSrc:
		return appendNet(not(b, w.InvSrc), optSrc, w.Src, w.SrcMask, f)
	case step.TryXtDst:
		return appendNet(not(b, w.InvDst), optDst, w.Dst, w.DstMask, f)
	case step.TryXtIn:
		return append(append(not(b, w.InvIn), optIn...), w.In...)
	case step.TryXtOut:
		return append(append(not(b, w.InvOut), optOut...), w.Out...)
	case step.TryXtProto, step.TryXtNoProto:
		return appendProto(append(not(b, w.InvProto), optProto...), w.Proto)
	case step.TryXtFrag:
		return append(not(b, w.InvFrag), optFrag...)
	}
	return b
}

func not(b []byte, inv bool) []byte {
	if inv {
		return append(b, optNot...)
	}
	return b
}

// appendNet writes -s 10.0.0.0/8.
func appendNet(b []byte, opt string, a, m wire.Addr, f core.Family) []byte {
	b = append(b, opt...)
	b = a.Netip().AppendTo(b)
	n, rest := 0, m
	if f != core.NFIPv6 {
		rest = wire.Addr{Hi: m.Lo << 32}
	}
	for rest.Hi>>63 != 0 {
		n++
		rest = wire.Addr{Hi: rest.Hi<<1 | rest.Lo>>63, Lo: rest.Lo << 1}
	}
	b = append(b, '/')
	if !rest.IsZero() { // no prefix
		if f != core.NFIPv6 {
			return wire.IP4(m.Lo).Addr().Netip().AppendTo(b)
		}
		return m.Netip().AppendTo(b)
	}
	return appendUint(b, uint64(n))
}
