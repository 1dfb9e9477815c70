package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: xt_conntrack.c, xt_state.c, xt_connmark.c, xt_connbytes.c,
// xt_connlabel.c, xt_helper.c.

// needConntrack is nf_ct_netns_get: a rule asks about connections.
func needConntrack(c *CheckParam) *conntrack.Table { return conntrack.Enable(c.NS, c.ctFamily()) }

func dropConntrack(c *CheckParam) { conntrack.Disable(c.NS, c.ctFamily()) }

func (c *CheckParam) ctFamily() core.Family {
	if c.Family == core.NFNetdev || c.Family == core.NFARP {
		return core.NFInet
	}
	return c.Family
}

// Check is conntrack_mt_check.
func (m *Conntrack) Check(c *CheckParam) core.Errno { needConntrack(c); return 0 }

// Destroy is conntrack_mt_destroy.
func (m *Conntrack) Destroy(c *CheckParam) { dropConntrack(c) }

// stateBit is XT_CONNTRACK_STATE_BIT of a packet.
func stateBit(c *conntrack.Conn, i conntrack.Info) uint16 {
	switch {
	case c != nil:
		return 1 << (uint(i)%3 + 1)
	case i == conntrack.Untracked:
		return CTStateUntracked
	}
	return CTStateInvalid
}

// Match is conntrack_mt_v3.
func (m *Conntrack) Match(p *Param) bool {
	c, info := conntrack.Get(p.SKB)
	bit := stateBit(c, info)
	if m.Flags&CTState != 0 {
		if c != nil {
			if c.Status&conntrack.SrcNAT != 0 {
				bit |= CTStateSNAT
			}
			if c.Status&conntrack.DstNAT != 0 {
				bit |= CTStateDNAT
			}
		}
		if (m.State&bit != 0) == (m.Invert&CTState != 0) {
			return p.no(step.TryXtCTState, shownState(bit))
		}
	}
	if c == nil {
		return p.is(m.Flags&CTState != 0, step.TryXtCTNone)
	}
	if m.Flags&CTDirection != 0 && (info.Dir() == conntrack.Original) == (m.Invert&CTDirection != 0) {
		return p.no(step.TryXtCTDir, uint64(info.Dir()))
	}
	return m.tuples(p, c) && m.rest(p, c)
}

// shownState turns a state into the bits that sentences know.
func shownState(bit uint16) uint64 {
	v := uint64(bit & 0xf)
	if bit&CTStateUntracked != 0 {
		v |= conntrack.StateUntracked
	}
	return v
}

// tuples compares the addresses, the protocol and the ports.
func (m *Conntrack) tuples(p *Param, c *conntrack.Conn) bool {
	o, r := c.Tuple(conntrack.Original), c.Tuple(conntrack.Reply)
	if !m.addr(p, CTOrigSrc, o.Src, &m.OrigSrc) || !m.addr(p, CTOrigDst, o.Dst, &m.OrigDst) ||
		!m.addr(p, CTReplSrc, r.Src, &m.ReplSrc) || !m.addr(p, CTReplDst, r.Dst, &m.ReplDst) {
		return false
	}
	if m.Flags&CTProto != 0 && (c.Proto() == m.Proto) == (m.Invert&CTProto != 0) {
		return p.no(step.TryXtProto, uint64(c.Proto()))
	}
	return m.port(p, CTOrigSrcPort, o.Sport, m.OrigSrcPort) && m.port(p, CTOrigDstPort, o.Dport, m.OrigDstPort) &&
		m.port(p, CTReplSrcPort, r.Sport, m.ReplSrcPort) && m.port(p, CTReplDstPort, r.Dport, m.ReplDstPort)
}

func (m *Conntrack) addr(p *Param, bit uint16, a wire.Addr, w *AddrMask) bool {
	if a == (wire.Addr{}) && p.Family == core.NFIPv4 {
		a = wire.IP4(0).Addr() // of a template
	}
	if m.Flags&bit == 0 || masked(a, w.Addr, w.Mask) == (m.Invert&bit != 0) {
		return true
	}
	return p.no(step.TryXtCTAddr, a.Hi, a.Lo)
}

func (m *Conntrack) port(p *Param, bit, v uint16, r PortRange) bool {
	if m.Flags&bit == 0 || r.has(v) != (m.Invert&bit != 0) {
		return true
	}
	return p.no(step.TryXtCTPort, uint64(v))
}

// rest compares the status and the time to live.
func (m *Conntrack) rest(p *Param, c *conntrack.Conn) bool {
	if m.Flags&CTStatus != 0 && (m.Status&uint16(c.Status) != 0) == (m.Invert&CTStatus != 0) {
		return p.no(step.TryXtCTStatus, uint64(c.Status))
	}
	if m.Flags&CTExpires != 0 {
		s := uint32(0) // of a connection that is in no table yet nf_ct_expires makes no sense
		if c.IsConfirmed() {
			s = uint32(c.Expires() / sim.Second)
		}
		if (m.Expires.Min <= s && s <= m.Expires.Max) == (m.Invert&CTExpires != 0) {
			return p.no(step.TryXtCTExpires, uint64(s))
		}
	}
	return true
}

// Check is state_mt_check.
func (m *State) Check(c *CheckParam) core.Errno { needConntrack(c); return 0 }

// Destroy is state_mt_destroy.
func (m *State) Destroy(c *CheckParam) { dropConntrack(c) }

// Match is state_mt.
func (m *State) Match(p *Param) bool {
	bit := stateBit(conntrack.Get(p.SKB))
	return p.is((m.Mask&bit != 0) != m.Inv, step.TryXtCTState, shownState(bit))
}

// Check is connmark_mt_check.
func (m *ConnMark) Check(c *CheckParam) core.Errno { needConntrack(c); return 0 }

// Destroy is connmark_mt_destroy.
func (m *ConnMark) Destroy(c *CheckParam) { dropConntrack(c) }

// Match is connmark_mt.
func (m *ConnMark) Match(p *Param) bool {
	c, _ := conntrack.Get(p.SKB)
	if c == nil {
		return p.no(step.TryXtCTNone)
	}
	return p.is((c.Mark&m.Mask == m.Mark) != m.Inv, step.TryXtMark, uint64(c.Mark))
}

// Check is connbytes_mt_check: it switches counting on.
func (m *ConnBytes) Check(c *CheckParam) core.Errno {
	if m.What > ConnAvgPkt || m.Direction > ConnDirBoth {
		return einval
	}
	needConntrack(c)
	c.NS.Sysctl.CT.Acct = 1
	return 0
}

// Destroy is connbytes_mt_destroy.
func (m *ConnBytes) Destroy(c *CheckParam) { dropConntrack(c) }

// Match is connbytes_mt.
func (m *ConnBytes) Match(p *Param) bool {
	c, _ := conntrack.Get(p.SKB)
	if c == nil || !c.Acct() {
		return p.no(step.TryXtCTNone)
	}
	var n conntrack.Counter
	for d, k := range c.Counters {
		if m.Direction == ConnDirBoth || int(m.Direction) == d {
			n.Packets += k.Packets
			n.Bytes += k.Bytes
		}
	}
	v := n.Packets
	switch {
	case m.What == ConnByteCount:
		v = n.Bytes
	case m.What == ConnAvgPkt && n.Packets != 0:
		v = n.Bytes / n.Packets
	}
	from, to := m.From, m.To
	if m.Inv && to >= from { // as libxt_connbytes writes it: the ends change places
		from, to = to, from
	}
	if to >= from {
		return p.is(from <= v && v <= to, step.TryXtValue, v)
	}
	return p.is(v < to || v > from, step.TryXtValue, v)
}

// Check is connlabel_mt_check: connections have room for labels from now on.
func (m *ConnLabel) Check(c *CheckParam) core.Errno {
	if m.Bit > 127 {
		return erange
	}
	needConntrack(c).UseLabels(true)
	return 0
}

// Destroy is connlabel_mt_destroy.
func (m *ConnLabel) Destroy(c *CheckParam) {
	if t := conntrack.Of(c.NS); t != nil {
		t.UseLabels(false)
	}
	dropConntrack(c)
}

// Match is connlabel_mt.
func (m *ConnLabel) Match(p *Param) bool {
	c, _ := conntrack.Get(p.SKB)
	if c == nil {
		return p.is(m.Inv, step.TryXtCTNone)
	}
	l, ok := c.Labels()
	if !ok {
		return p.is(m.Inv, step.TryXtCTNone)
	}
	var bit [2]uint64
	bit[m.Bit/64] = 1 << (m.Bit % 64)
	has := (l[0]&bit[0])|(l[1]&bit[1]) != 0
	if !has && m.Set {
		c.SetLabels(bit, bit)
		has = true
	}
	return p.is(has != m.Inv, step.TryXtOther)
}

// Check is helper_mt_check.
func (m *Helper) Check(c *CheckParam) core.Errno { needConntrack(c); return 0 }

// Destroy is helper_mt_destroy.
func (m *Helper) Destroy(c *CheckParam) { dropConntrack(c) }

// Match is helper_mt.
func (m *Helper) Match(p *Param) bool {
	c, _ := conntrack.Get(p.SKB)
	if c == nil || c.Master == nil || c.Master.HelperOf() == conntrack.NoHelper {
		return p.is(m.Inv, step.TryXtCTNone)
	}
	name := c.Master.HelperOf().String()
	is := m.HName == "" || len(m.HName) >= len(name) && m.HName[:len(name)] == name
	return p.is(is != m.Inv, step.TryXtOther)
}
