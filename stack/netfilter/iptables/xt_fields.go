package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Matches of the IP header, of the link header, and of what the kernel knows of a
// packet: xt_mark.c, xt_mac.c, xt_pkttype.c, xt_length.c, xt_hl.c, xt_dscp.c,
// xt_iprange.c, xt_realm.c, xt_cpu.c, xt_devgroup.c, xt_comment.c.

// Match is comment_mt: it always does.
func (m *Comment) Match(*Param) bool { return true }

// Match is mark_mt.
func (m *Mark) Match(p *Param) bool {
	return p.is((p.SKB.Mark&m.Mask == m.Mark) != m.Inv, step.TryXtMark, uint64(p.SKB.Mark))
}

// Match is mac_mt.
func (m *MAC) Match(p *Param) bool {
	b := p.SKB
	if b.Dev == nil || b.Dev.Type != core.LinkEther || b.MAC < 0 || b.Network-b.MAC < wire.EthernetLen {
		return p.no(step.TryXtNoMAC)
	}
	a := b.Eth().Src()
	return p.is((a == m.Addr) != m.Inv, step.TryXtMAC, uint64(a))
}

// Match is pkttype_mt: what this host sent to a group and hears itself counts as
// multicast or broadcast.
func (m *PktType) Match(p *Param) bool {
	t := p.SKB.PktType
	if t == core.PacketLoopback {
		t = core.PacketBroadcast
		if p.Family == core.NFIPv6 || p.SKB.IP4().Dst().IsMulticast() {
			t = core.PacketMulticast
		}
	}
	return p.is((uint8(t) == m.Type) != m.Inv, step.TryXtPktType, uint64(t))
}

// Match is length_mt, length_mt6.
func (m *Length) Match(p *Param) bool {
	n := p.SKB.Len()
	if p.Family == core.NFIPv4 && (p.SKB.GSOSize == 0 || p.SKB.IP4().TotalLen() != 0) {
		n = int(p.SKB.IP4().TotalLen())
	}
	return p.is((int(m.Min) <= n && n <= int(m.Max)) != m.Inv, step.TryXtLength, uint64(n))
}

func (m HLMode) is(v, want uint8) bool {
	switch m {
	case HLEqual:
		return v == want
	case HLNotEqual:
		return v != want
	case HLLess:
		return v < want
	case HLGreater:
		return v > want
	}
	return false
}

// Check is ttl_mt_check.
func (m *TTL) Check(*CheckParam) core.Errno { return m.Mode.check() }

// Check is hl_mt6_check.
func (m *HL) Check(*CheckParam) core.Errno { return m.Mode.check() }

func (m HLMode) check() core.Errno {
	if m > HLGreater {
		return einval
	}
	return 0
}

// Match is ttl_mt.
func (m *TTL) Match(p *Param) bool {
	v := p.SKB.IP4().TTL()
	return p.is(m.Mode.is(v, m.Value), step.TryXtTTL, uint64(v))
}

// Match is hl_mt6.
func (m *HL) Match(p *Param) bool {
	v := p.SKB.IP6().HopLimit()
	return p.is(m.Mode.is(v, m.Value), step.TryXtTTL, uint64(v))
}

// Check is dscp_mt_check.
func (m *DSCP) Check(*CheckParam) core.Errno {
	if m.DSCP > 63 {
		return edom
	}
	return 0
}

// Match is dscp_mt, dscp_mt6.
func (m *DSCP) Match(p *Param) bool {
	v := p.tos() >> 2
	return p.is((v == m.DSCP) != m.Inv, step.TryXtDSCP, uint64(v))
}

// Match is tos_mt.
func (m *TOS) Match(p *Param) bool {
	v := p.tos()
	return p.is((v&m.Mask == m.Value) != m.Inv, step.TryXtTOS, uint64(v))
}

// less compares addresses as numbers.
func less(a, b wire.Addr) bool { return a.Hi < b.Hi || a.Hi == b.Hi && a.Lo < b.Lo }

// Match is iprange_mt4, iprange_mt6.
func (m *IPRange) Match(p *Param) bool {
	src, dst := p.addrs()
	if m.HasSrc && (less(src, m.SrcMin) || less(m.SrcMax, src)) != m.InvSrc {
		return p.no(step.TryXtSrc, src.Hi, src.Lo)
	}
	if m.HasDst && (less(dst, m.DstMin) || less(m.DstMax, dst)) != m.InvDst {
		return p.no(step.TryXtDst, dst.Hi, dst.Lo)
	}
	return true
}

// Match is realm_mt: routes of the model have no realm.
func (m *Realm) Match(p *Param) bool { return p.is((m.ID == 0) != m.Inv, step.TryXtValue, 0) }

// Match is cpu_mt.
func (m *CPU) Match(p *Param) bool {
	n := p.NS.Machine.ThisCPU().CPU
	return p.is((int64(m.CPU) == int64(n)) != m.Inv, step.TryXtValue, uint64(n))
}

// Check is devgroup_mt_checkentry.
func (m *DevGroup) Check(c *CheckParam) core.Errno {
	if m.HasSrc && c.HookMask&^(1<<core.PreRouting|1<<core.LocalIn|1<<core.Forward) != 0 ||
		m.HasDst && c.HookMask&^(1<<core.Forward|1<<core.LocalOut|1<<core.PostRouting) != 0 {
		return einval
	}
	return 0
}

// Match is devgroup_mt: all devices of the model are in group 0.
func (m *DevGroup) Match(p *Param) bool {
	if m.HasSrc && (m.Src&m.SrcMask != 0) != m.InvSrc || m.HasDst && (m.Dst&m.DstMask != 0) != m.InvDst {
		return p.no(step.TryXtValue, 0)
	}
	return true
}

// Check is owner_check.
func (m *Owner) Check(*CheckParam) core.Errno {
	if m.HasUID && (m.UID.Max < m.UID.Min || m.UID.Max == 1<<32-1) || m.HasGID && (m.GID.Max < m.GID.Min || m.GID.Max == 1<<32-1) {
		return einval
	}
	return 0
}

// Match is owner_mt. Programs of the model run as root.
func (m *Owner) Match(p *Param) bool {
	sk := p.SKB.SK
	if sk == nil || sk.NS != p.NS || sk.Dead {
		is := m.HasUID == m.InvUID && m.HasGID == m.InvGID && m.SocketExists == m.InvSocket
		return p.is(is, step.TryXtNoSocket)
	}
	if m.SocketExists && m.InvSocket {
		return p.no(step.TryXtSocket)
	}
	if sk.Prot == nil || kernelSocket(sk) { // no program's: sk_socket->file is NULL
		return p.is(m.HasUID == m.InvUID && m.HasGID == m.InvGID, step.TryXtOwner, 0)
	}
	if m.HasUID && (m.UID.Min == 0) == m.InvUID || m.HasGID && (m.GID.Min == 0) == m.InvGID {
		return p.no(step.TryXtOwner, 0)
	}
	return true
}

// kernelSocket reports whether a socket is one of the kernel's own, by which it sends
// ICMP and such.
func kernelSocket(sk *core.Sock) bool {
	_, ok := sk.Prot.(interface{ KernelSocket() })
	return ok
}

// Check is physdev_mt_check.
func (m *PhysDev) Check(c *CheckParam) core.Errno {
	if !m.HasIn && !m.HasOut && !m.IsIn && !m.IsOut && !m.Bridged {
		return einval
	}
	if (m.HasOut || m.IsOut) && (!m.Bridged || m.InvBridged) && c.HookMask&(1<<core.LocalOut) != 0 {
		c.Err = errPhysdev
		return einval
	}
	return 0
}

// Match is physdev_mt.
func (m *PhysDev) Match(p *Param) bool {
	in, out, ok := bridgeInfo(p.SKB)
	if !ok {
		is := (!m.Bridged || m.InvBridged) && (!m.IsIn || m.InvIsIn) && (!m.IsOut || m.InvIsOut) &&
			(!m.HasIn || m.InvIn) && (!m.HasOut || m.InvOut)
		return p.is(is, step.TryXtNoBridge)
	}
	if m.Bridged && (out != nil) == m.InvBridged || m.IsIn && (in != nil) == m.InvIsIn || m.IsOut && (out != nil) == m.InvIsOut {
		return p.no(step.TryXtNoBridge)
	}
	if m.HasIn && in != nil && sameIface(m.In, in) == m.InvIn {
		return p.no(step.TryXtIn, devIndex(in))
	}
	if !m.HasOut {
		return true
	}
	if out == nil || sameIface(m.Out, out) == m.InvOut {
		return p.no(step.TryXtOut, devIndex(out))
	}
	return true
}
