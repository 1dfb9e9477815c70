package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: xt_set.c, ip_set_core.c (ip_set_test, ip_set_match_extensions),
// ip_set_getport.c.

// hold is ip_set_nfnl_get_byindex: ENOENT if the set is not there.
func (r *SetRef) hold(c *CheckParam) (*IPSet, core.Errno) {
	s := Of(c.NS).Set(r.Set)
	if s == nil {
		c.Err = errSetName
		return nil, enoent
	}
	if r.Dim > uint8(len(r.Src)) {
		return nil, erange
	}
	s.use++
	return s, 0
}

// Check is set_match_v1_checkentry.
func (m *SetMatch) Check(c *CheckParam) core.Errno {
	s, e := m.SetRef.hold(c)
	if e == 0 {
		m.set = s
	}
	return e
}

// Destroy is set_match_v1_destroy.
func (m *SetMatch) Destroy(*CheckParam) {
	if m.set != nil {
		m.set.use--
	}
}

// A setAsk is struct ip_set_adt_opt: what a rule wants to know of a set.
type setAsk struct {
	ref            *SetRef
	packets, bytes SetCounter
	skipCount      bool
	skipSub        bool // of the members of a list
	returnNoMatch  bool
}

// Match is set_match_v4.
func (m *SetMatch) Match(p *Param) bool {
	a := setAsk{&m.SetRef, m.Packets, m.Bytes, m.NoUpdateCounters, m.NoUpdateSub, m.ReturnNoMatch}
	return p.is(m.set.test(p, &a) != nil != m.Inv, step.TryXtSet)
}

// test is ip_set_test: the element that has the packet, nil if none has.
func (s *IPSet) test(p *Param, a *setAsk) *SetElem {
	if !s.fits(p, a.ref) {
		return nil
	}
	if s.Type == SetList {
		return s.listTest(p, a)
	}
	v, ok := s.value(p, a.ref)
	if !ok {
		return nil
	}
	e := s.Find(v)
	if e == nil || !s.extensions(p, a, e) {
		return nil
	}
	nets := s.Type == SetHashNet || s.Type == SetHashNetPort
	if nets && e.NoMatch != a.returnNoMatch {
		return nil
	}
	return e
}

// listTest is list_set_ktest: the member that has the packet. What counters must be is
// asked of the list only.
func (s *IPSet) listTest(p *Param, a *setAsk) *SetElem {
	sub := *a
	sub.packets, sub.bytes = SetCounter{}, SetCounter{}
	sub.skipCount = a.skipCount || a.skipSub
	for _, e := range s.list {
		if m := s.x.Set(e.Set); m != nil && !s.expired(e) && m.test(p, &sub) != nil && s.extensions(p, a, e) {
			return e
		}
	}
	return nil
}

func (s *IPSet) hasFamily() bool { return s.Type != SetBitmapPort && s.Type != SetList }

// value is what the packet is in the set (kadt).
func (s *IPSet) value(p *Param, r *SetRef) (v SetElem, ok bool) {
	src, dst := p.addrs()
	if v.Addr = dst; r.Src[0] {
		v.Addr = src
	}
	switch s.Type {
	case SetHashIPPort, SetHashNetPort:
		v.Proto, v.Port, ok = p.setPort(r.Src[1])
		return v, ok
	case SetBitmapPort:
		v.Addr = wire.Addr{}
		v.Proto, v.Port, ok = p.setPort(r.Src[0])
		return v, ok && (v.Proto == 6 || v.Proto == 17)
	}
	return v, true
}

// setPort is ip_set_get_ip4_port, ip_set_get_ip6_port: of ICMP the type and code.
func (p *Param) setPort(src bool) (proto uint8, port uint16, ok bool) {
	off, frag := p.SKB.NetworkOffset(), 0
	if p.Family == core.NFIPv6 {
		k, at, f := p.skipExthdr()
		if at < 0 || f&^7 != 0 {
			return 0, 0, false
		}
		proto, off = uint8(k), at
	} else {
		h := p.SKB.IP4()
		proto, frag = uint8(h.Proto()), h.FragOffset()
		off += h.IHL()
	}
	n := 0
	switch proto {
	case 6:
		n = wire.TCPMinLen
	case 17, 136:
		n = wire.UDPLen
	case 132:
		n = 12
	case 1, 58:
		n = wire.ICMPLen
	default:
		return proto, 0, true
	}
	if frag != 0 {
		return 0, 0, false
	}
	h := p.header(off, n)
	if h == nil {
		return 0, 0, false
	}
	if proto == 1 || proto == 58 || src {
		return proto, be16(h), true
	}
	return proto, be16(h[2:]), true
}

// extensions is ip_set_match_extensions: count the packet, and compare the counters.
func (s *IPSet) extensions(p *Param, a *setAsk, e *SetElem) bool {
	if !s.Counters {
		return true
	}
	if !a.skipCount {
		e.Packets++
		e.Bytes += uint64(p.SKB.Len())
	}
	return a.packets.is(e.Packets) && a.bytes.is(e.Bytes)
}

// is is ip_set_match_counter.
func (c SetCounter) is(v uint64) bool {
	switch c.Op {
	case SetCounterEQ:
		return v == c.Value
	case SetCounterNE:
		return v != c.Value
	case SetCounterLT:
		return v < c.Value
	case SetCounterGT:
		return v > c.Value
	}
	return true
}

// Check is set_target_v3_checkentry. The table that gives way may hold the same
// target: nothing changes before all is well.
func (t *SetTarget) Check(c *CheckParam) core.Errno {
	n := SetTarget{}
	for _, x := range [...]struct {
		ref *SetRef
		to  **IPSet
	}{{&t.Add, &n.add}, {&t.Del, &n.del}, {&t.Map, &n.mp}} {
		if x.ref.Set == "" {
			continue
		}
		s, e := x.ref.hold(c)
		if e != 0 {
			n.Destroy(c)
			return e
		}
		*x.to = s
	}
	if t.Map.Set != "" && (c.Table != TableMangle || (t.MapPrio || t.MapQueue) && c.HookMask&^uint(forward|localOut|postRouting) != 0) {
		n.Destroy(c)
		return einval
	}
	t.add, t.del, t.mp = n.add, n.del, n.mp
	return 0
}

// Destroy is set_target_v3_destroy.
func (t *SetTarget) Destroy(*CheckParam) {
	for _, s := range [...]*IPSet{t.add, t.del, t.mp} {
		if s != nil {
			s.use--
		}
	}
}

// Target is set_target_v3.
func (t *SetTarget) Target(p *Param) Verdict {
	defer p.NS.In(step.SetTarget, p.SKB).Out()
	if t.add != nil {
		t.adds(p, t.add)
	}
	if t.del != nil {
		t.dels(p, t.del)
	}
	if t.mp != nil {
		t.maps(p)
	}
	return Continue
}

// first gives a value the prefix length that packets are added and removed with: the
// longest in the set.
func (s *IPSet) first(v SetElem) SetElem {
	if s.Type != SetHashNet && s.Type != SetHashNetPort {
		return v
	}
	v.Plen = s.bits()
	for n := int(s.bits()); n > 0; n-- {
		if s.plens[n] != 0 {
			v.Plen = uint8(n)
			break
		}
	}
	return v
}

// fits reports whether a set has to do with the packet at all.
func (s *IPSet) fits(p *Param, r *SetRef) bool {
	return r.Dim >= dims[s.Type] && (!s.hasFamily() || s.Family == p.Family)
}

// members is list_set_kadd, list_set_kdel: the first member that can does it.
func (s *IPSet) members(p *Param, do func(*Param, *IPSet) bool) bool {
	for _, e := range s.list {
		if m := s.x.Set(e.Set); m != nil && !s.expired(e) && do(p, m) {
			return true
		}
	}
	return false
}

// dels is ip_set_del.
func (t *SetTarget) dels(p *Param, s *IPSet) bool {
	if !s.fits(p, &t.Del) {
		return false
	}
	if s.Type == SetList {
		return s.members(p, t.dels)
	}
	v, ok := s.value(p, &t.Del)
	if !ok || s.Del(s.first(v)) != 0 {
		return false
	}
	p.NS.Why(step.WhyXtSetDeleted, s.words()...)
	return true
}

// adds is ip_set_add.
func (t *SetTarget) adds(p *Param, s *IPSet) bool {
	if !s.fits(p, &t.Add) {
		return false
	}
	if t.Flush {
		s.Flush()
	}
	if s.Type == SetList {
		return s.members(p, t.adds)
	}
	v, ok := s.value(p, &t.Add)
	if !ok {
		return false
	}
	if s.Timeouts {
		n := s.Timeout
		if t.HasTimeout {
			n = t.Timeout
		}
		v.Expires = s.Until(n)
	}
	if s.Counters {
		v.Packets, v.Bytes = 1, uint64(p.SKB.Len())
	}
	switch s.Add(s.first(v), t.Exist) {
	case 0:
		p.NS.Why(step.WhyXtSetAdded, append(s.words(), uint64(len(s.list)))...)
		return true
	case SetErrFull:
		p.NS.Why(step.WhyXtSetFull, s.words()...)
	}
	return false
}

// maps takes the packet's mark and class from the element that it is in.
func (t *SetTarget) maps(p *Param) {
	a := setAsk{ref: &t.Map}
	e := t.mp.test(p, &a)
	if e == nil {
		return
	}
	if t.MapMark {
		p.SKB.Mark = p.SKB.Mark&^e.MarkMask ^ e.Mark
		p.NS.Why(step.WhyXtMark, uint64(p.SKB.Mark))
	}
	if t.MapPrio {
		p.SKB.Priority = e.Prio
		p.NS.Why(step.WhyXtPriority, uint64(e.Prio))
	}
}

func (s *IPSet) words() []uint64 {
	w := make([]uint64, 4, 5)
	pack(w, s.Name)
	return w
}
