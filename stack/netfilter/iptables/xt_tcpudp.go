package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: xt_tcpudp.c, xt_multiport.c, xt_tcpmss.c, xt_ecn.c.

func (r PortRange) has(p uint16) bool { return r.Min <= p && p <= r.Max }

// transport shows the first n bytes of the transport header. It reports false for a
// later fragment, and has the packet dropped if it is too short.
func (p *Param) transport(n int) ([]byte, bool) {
	if p.FragOff != 0 {
		return nil, p.no(step.TryXtLater)
	}
	h := p.header(p.ThOff, n)
	if h == nil {
		p.HotDrop = true
		return nil, p.no(step.TryXtShort)
	}
	return h, true
}

// ports compares the ports in a header.
func (p *Param) ports(h []byte, src, dst PortRange, invSrc, invDst bool) bool {
	if s := be16(h); src.has(s) == invSrc {
		return p.no(step.TryXtSport, uint64(s))
	}
	if d := be16(h[2:]); dst.has(d) == invDst {
		return p.no(step.TryXtDport, uint64(d))
	}
	return true
}

// Match is tcp_mt.
func (m *TCP) Match(p *Param) bool {
	if p.FragOff == 1 {
		p.HotDrop = true // the flags would be overwritten
	}
	h, ok := p.transport(wire.TCPMinLen)
	if !ok || !p.ports(h, m.Src, m.Dst, m.InvSrc, m.InvDst) {
		return false
	}
	flags, off := h[13], int(h[12]>>4)*4
	if (flags&m.FlagMask == m.FlagCmp) == m.InvFlags {
		return p.no(step.TryXtFlags, uint64(flags))
	}
	if m.Option == 0 {
		return true
	}
	if off < wire.TCPMinLen {
		p.HotDrop = true
		return p.no(step.TryXtShort)
	}
	return m.option(p, off-wire.TCPMinLen)
}

// option is tcp_find_option.
func (m *TCP) option(p *Param, n int) bool {
	if n == 0 {
		return p.is(m.InvOption, step.TryXtOption, uint64(m.Option))
	}
	op := p.header(p.ThOff+wire.TCPMinLen, n)
	if op == nil {
		p.HotDrop = true
		return p.no(step.TryXtShort)
	}
	return p.is(findOption(op, m.Option) >= 0 != m.InvOption, step.TryXtOption, uint64(m.Option))
}

// findOption is where a TCP option stands, -1 if it is not there.
func findOption(op []byte, kind uint8) int {
	for i := 0; i < len(op); {
		if op[i] == kind {
			return i
		}
		i += optLen(op, i)
	}
	return -1
}

// optLen is optlen(): how long the option at i is; 1 for a broken one.
func optLen(op []byte, i int) int {
	if op[i] < 2 || i == len(op)-1 || op[i+1] == 0 {
		return 1
	}
	return int(op[i+1])
}

// Match is udp_mt.
func (m *UDP) Match(p *Param) bool {
	h, ok := p.transport(wire.UDPLen)
	return ok && p.ports(h, m.Src, m.Dst, m.InvSrc, m.InvDst)
}

// Match is icmp_match.
func (m *ICMP) Match(p *Param) bool {
	h, ok := p.transport(wire.ICMPLen)
	if !ok {
		return false
	}
	is := m.Type == 0xff || h[0] == m.Type && m.Min <= h[1] && h[1] <= m.Max
	return p.is(is != m.Inv, step.TryXtICMP, uint64(be16(h)))
}

// Match is icmp6_match.
func (m *ICMP6) Match(p *Param) bool {
	h, ok := p.transport(wire.ICMPLen)
	if !ok {
		return false
	}
	is := h[0] == m.Type && m.Min <= h[1] && h[1] <= m.Max
	return p.is(is != m.Inv, step.TryXtICMP6, uint64(be16(h)))
}

// maxMultiports is XT_MULTI_PORTS.
const maxMultiports = 15

// Check is multiport_mt_check.
func (m *Multiport) Check(c *CheckParam) core.Errno {
	n := 0
	for _, r := range m.Ports {
		n++
		if r.Min != r.Max {
			n++
		}
		if r.Min > r.Max {
			return einval
		}
	}
	switch c.Proto {
	case 6, 17, 136, 132, 33:
		if !c.InvProto && n <= maxMultiports && m.Kind <= MultiEither {
			return 0
		}
	}
	return einval
}

// Match is multiport_mt.
func (m *Multiport) Match(p *Param) bool {
	h, ok := p.transport(4)
	if !ok {
		return false
	}
	src, dst := be16(h), be16(h[2:])
	is := false
	for _, r := range m.Ports {
		if m.Kind != MultiDestination && r.has(src) || m.Kind != MultiSource && r.has(dst) {
			is = true
			break
		}
	}
	switch m.Kind {
	case MultiSource:
		return p.is(is != m.Inv, step.TryXtSport, uint64(src))
	case MultiDestination:
		return p.is(is != m.Inv, step.TryXtDport, uint64(dst))
	}
	return p.is(is != m.Inv, step.TryXtPorts, uint64(src), uint64(dst))
}

// Match is tcpmss_mt.
func (m *TCPMSS) Match(p *Param) bool {
	h := p.header(p.ThOff, wire.TCPMinLen)
	if h == nil || int(h[12]>>4)*4 < wire.TCPMinLen {
		p.HotDrop = true
		return p.no(step.TryXtShort)
	}
	n := int(h[12]>>4)*4 - wire.TCPMinLen
	if n == 0 {
		return p.is(m.Inv, step.TryXtOption, 2)
	}
	op := p.header(p.ThOff+wire.TCPMinLen, n)
	if op == nil {
		p.HotDrop = true
		return p.no(step.TryXtShort)
	}
	for i := 0; i < n; i += optLen(op, i) {
		if op[i] == 2 && n-i >= 4 && op[i+1] == 4 {
			v := be16(op[i+2:])
			return p.is((m.Min <= v && v <= m.Max) != m.Inv, step.TryXtValue, uint64(v))
		}
	}
	return p.is(m.Inv, step.TryXtOption, 2)
}

// Check is ecn_mt_check4, ecn_mt_check6.
func (m *ECN) Check(c *CheckParam) core.Errno {
	if (m.HasCWR || m.HasECE) && (c.Proto != uint8(wire.ProtoTCP) || c.InvProto) {
		c.Err = errECNNonTCP
		return einval
	}
	return 0
}

// Match is ecn_mt4, ecn_mt6.
func (m *ECN) Match(p *Param) bool {
	if e := p.tos() & 3; m.HasECT && (e == m.ECT) == m.InvECT {
		return p.no(step.TryXtValue, uint64(e))
	}
	if !m.HasCWR && !m.HasECE {
		return true
	}
	h := p.header(p.ThOff, wire.TCPMinLen)
	if h == nil {
		return p.no(step.TryXtShort)
	}
	if m.HasECE && (h[13]&0x40 != 0) == m.InvECE || m.HasCWR && (h[13]&0x80 != 0) == m.InvCWR {
		return p.no(step.TryXtFlags, uint64(h[13]))
	}
	return true
}
