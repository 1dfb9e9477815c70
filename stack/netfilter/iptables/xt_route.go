package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: xt_addrtype.c, ipt_rpfilter.c, ip6t_rpfilter.c.

// Bits of AddrType (XT_ADDRTYPE_*): 1 << RTN_*.
const (
	typeUnspec = 1 << iota
	typeUnicast
	typeLocal
	typeBroadcast
	typeAnycast
	typeMulticast
	typeBlackhole
	typeUnreachable
	typeProhibit
)

// Check is addrtype_mt_checkentry_v1.
func (m *AddrType) Check(c *CheckParam) core.Errno {
	all := m.Src | m.Dst
	switch {
	case m.LimitIfaceIn && m.LimitIface:
		c.Err = errTypeBoth
	case m.LimitIface && c.HookMask&(1<<core.PreRouting|1<<core.LocalIn) != 0:
		c.Err = errTypeOut
	case m.LimitIfaceIn && c.HookMask&(1<<core.PostRouting|1<<core.LocalOut) != 0:
		c.Err = errTypeIn
	case c.Family == core.NFIPv6 && all&typeBlackhole != 0:
		c.Err = errTypeBlackhole
	case c.Family == core.NFIPv6 && all >= typeProhibit:
		c.Err = errTypeProhibit
	case c.Family == core.NFIPv6 && all&typeBroadcast != 0:
		c.Err = errTypeBroadcast
	default:
		return 0
	}
	return einval
}

// Match is addrtype_mt_v1.
func (m *AddrType) Match(p *Param) bool {
	var dev *core.Device
	switch {
	case m.LimitIfaceIn:
		dev = p.State.In
	case m.LimitIface:
		dev = p.State.Out
	}
	src, dst := p.addrs()
	if m.Src != 0 {
		if is, t := p.addrIs(dev, src, m.Src); is == m.InvSrc {
			return p.no(step.TryXtSrcType, src.Hi, src.Lo, t)
		}
	}
	if m.Dst != 0 {
		if is, t := p.addrIs(dev, dst, m.Dst); is == m.InvDst {
			return p.no(step.TryXtDstType, dst.Hi, dst.Lo, t)
		}
	}
	return true
}

// addrIs is match_type, match_type6: is the address of one of the types? t is the
// type (RTN_*).
func (p *Param) addrIs(dev *core.Device, a wire.Addr, mask uint16) (is bool, t uint64) {
	if p.Family == core.NFIPv6 {
		return p.addrIs6(dev, a, mask)
	}
	k := ipv4.Of(p.NS).DevAddrType(dev, a.IP4())
	return mask>>k&1 != 0, uint64(k)
}

func (p *Param) addrIs6(dev *core.Device, a wire.Addr, mask uint16) (is bool, t uint64) {
	t = ipv4.RTNUnicast
	if a.IsMulticast() {
		t = ipv4.RTNMulticast
	}
	if mask&typeMulticast != 0 && !a.IsMulticast() || mask&typeUnicast != 0 && !ipv6.IsUnicast(a) || mask&typeUnspec != 0 && !a.IsZero() {
		return false, t
	}
	if mask&(typeLocal|typeAnycast|typeUnreachable) == 0 {
		return true, t
	}
	r := ipv6.Of(p.NS).Reach(dev, a)
	switch {
	case r.Unreachable:
		t = ipv4.RTNUnreachable
	case r.Local:
		t = ipv4.RTNLocal
	case r.Anycast:
		t = ipv4.RTNAnycast
	}
	return r.Unreachable && mask&typeUnreachable != 0 || r.Local && mask&typeLocal != 0 || r.Anycast && mask&typeAnycast != 0, t
}

// Check is rpfilter_check.
func (m *RpFilter) Check(c *CheckParam) core.Errno {
	if c.Table != TableMangle && c.Table != TableRaw {
		c.Err = errRpFilter
		return einval
	}
	return 0
}

// Match is rpfilter_mt: would an answer leave by the device that the packet came in
// by?
func (m *RpFilter) Match(p *Param) bool {
	in := p.State.In
	if in == nil {
		return p.is(m.Inv, step.TryXtIn, 0)
	}
	if p.SKB.PktType == core.PacketLoopback || in.Flags&core.IFFLoopback != 0 {
		return p.is(!m.Inv, step.TryXtIn, devIndex(in))
	}
	src, _ := p.addrs()
	if p.Family == core.NFIPv6 {
		return p.is(m.six(p, in) != m.Inv, step.TryXtReverse, src.Hi, src.Lo, devIndex(in))
	}
	return p.is(m.four(p, in) != m.Inv, step.TryXtReverse, src.Hi, src.Lo, devIndex(in))
}

func (m *RpFilter) four(p *Param, in *core.Device) bool {
	h := p.SKB.IP4()
	src, dst := h.Src(), h.Dst()
	if src>>24 == 0 && (dst.IsBroadcast() || dst>>8 == 0xe00000) {
		return true
	}
	fl := ipv4.Flow4{Daddr: src, Saddr: dst, TOS: h.TOS() & 0xfc}
	if dst.IsMulticast() || dst.IsBroadcast() || dst>>24 == 0 {
		fl.Saddr = 0
	}
	if m.ValidMark {
		fl.Mark = p.SKB.Mark
	}
	return ipv4.Of(p.NS).ReverseUses(&fl, in, m.Loose, m.AcceptLocal)
}

func (m *RpFilter) six(p *Param, in *core.Device) bool {
	h := p.SKB.IP6()
	if h.Src().IsZero() {
		return true
	}
	fl := ipv6.Flow6{Daddr: h.Src(), Saddr: h.Dst(), FlowLabel: h.FlowLabel(), TOS: h.TrafficClass(), Proto: uint8(h.NextHeader())}
	if m.ValidMark {
		fl.Mark = p.SKB.Mark
	}
	return ipv6.Of(p.NS).ReverseUses(&fl, in, m.Loose, m.AcceptLocal)
}
