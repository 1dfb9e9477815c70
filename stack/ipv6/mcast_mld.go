package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Kinds of records in a report (RFC 3810 §5.2.12).
const (
	recIsExclude = 2
	recToInclude = 3
	recToExclude = 4
)

// A record is one line of a report: a group without sources.
type record struct {
	kind uint8
	addr wire.Addr
}

// sendChanges is mld_send_cr: groups that were left and groups that were
// joined, each told as often as the robustness says.
func (m *mldDev) sendChanges() {
	var r []record
	keep := m.gone[:0]
	for _, g := range m.gone {
		r = append(r, record{recToInclude, g.addr})
		if g.changes--; g.changes > 0 {
			keep = append(keep, g)
		}
	}
	m.gone = keep
	for _, g := range m.groups {
		if g.changes > 0 && !g.quiet() {
			r = append(r, record{recToExclude, g.addr})
			g.changes--
		}
	}
	m.send(r)
}

// dadComplete is ipv6_mc_dad_complete: earlier reports had no source address;
// say it again with one.
func (m *mldDev) dadComplete() {
	m.dadN = m.qrv
	if m.dadN > 0 {
		m.sendInitial()
		if m.dadN--; m.dadN > 0 {
			m.start(mldDAD, m.unsolicited())
		}
	}
}

// sendInitial is mld_send_initial_cr.
func (m *mldDev) sendInitial() {
	var r []record
	for _, g := range m.groups {
		if !g.quiet() {
			r = append(r, record{recToExclude, g.addr})
		}
	}
	m.send(r)
}

// sendReport is mld_send_report: the state of one group, or of all (nil).
func (m *mldDev) sendReport(one *group) {
	var r []record
	for _, g := range m.groups {
		if (one == nil || g == one) && !g.quiet() {
			r = append(r, record{recIsExclude, g.addr})
		}
	}
	m.send(r)
}

// send is mld_newpack, add_grec and mld_sendpack: a report to ff02::16, hop
// limit 1, with the router alert option (RFC 3810 §5.2).
func (m *mldDev) send(r []record) {
	i := m.i
	ip, dev := i.ip, i.dev
	most := (dev.MTU - wire.IPv6Len - 16) / 20
	for len(r) > 0 && most > 0 && dev.Up() {
		n := min(len(r), most)
		ip.mldSend(i, r[:n])
		r = r[n:]
	}
}

func (ip *IPv6) mldSend(i *Inet6Dev, r []record) {
	defer ip.ns.In(step.MLDSendpack, ip.self()).Out()
	ns := ip.ns
	saddr, _ := i.lladdr(AddrTentative)
	n := 8 + 20*len(r)
	b := ns.AllocSKB(core.Headroom, 8+n, 0)
	b.SetOwnerW(&ip.igmpSk.Sock)
	b.Dev, b.Mark = i.dev, core.ReservedTailroom(i.dev.MTU)
	p := b.Put(8 + n)
	clear(p)
	p[0], p[2], p[3], p[6] = byte(wire.ProtoICMPv6), wire.IPv6OptRouterAlert, 2, wire.IPv6OptPadN
	b.Transport = b.Offset() + 8
	m := p[8:]
	m[0], m[6], m[7] = byte(wire.ICMPv6MLD2Report), byte(len(r)>>8), byte(len(r))
	for k, x := range r {
		o := m[8+20*k:]
		o[0] = x.kind
		x.addr.Put16(o[4:20])
	}
	wire.ICMPv6(m).ComputeChecksum(saddr, allMLDRouters)
	b.Push(wire.IPv6Len)
	b.ResetNetwork()
	h := b.IP6()
	h.SetVersion(0, 0)
	h.SetPayloadLen(8 + n)
	h.SetNextHeader(wire.ProtoHopByHop)
	h.SetHopLimit(1)
	h.SetSrc(saddr)
	h.SetDst(allMLDRouters)
	b.Protocol = uint16(wire.EtherTypeIPv6)
	b.Dst = ip.icmpDst(i.dev, allMLDRouters)
	ns.Inc(step.Ip6OutRequests)
	ns.Why(step.WhyMLDReport, uint64(len(r)), r[0].addr.Hi, r[0].addr.Lo, uint64(i.dev.Index))
	e := core.Errno(step.EPERM)
	if ns.Held(b) {
		e = 0
	} else if ns.Hook(core.NFIPv6, core.LocalOut, nil, i.dev, &ip.igmpSk.Sock, b) {
		e = ns.DstOutput(&ip.igmpSk.Sock, b)
	}
	if e != 0 {
		ns.Inc(step.Ip6OutDiscards)
		return
	}
	ns.Inc(step.Icmp6OutType0 + step.MIB(wire.ICMPv6MLD2Report))
	ns.Inc(step.Icmp6OutMLDv2Reports)
	ns.Inc(step.Icmp6OutMsgs)
}

// mldQuery is __mld_query_work: a router asks which groups have listeners. The
// answer goes after a random part of the response time (RFC 3810 §6.2). The
// data pointer is behind the ICMPv6 header.
func (ip *IPv6) mldQuery(b *core.SKB) {
	defer ip.ns.In(step.MLDQueryWork, b).Out()
	ns := ip.ns
	b.MayPull(b.Len())
	h, q := b.IP6(), b.L4()
	i := idevOf(b.Dev)
	if !h.Src().IsLinkLocal() || h.HopLimit() != 1 || b.CB.IPFlags&skbAlertMLD == 0 || i == nil || len(q) < 24 {
		ns.Why(step.WhyMLDBadQuery, uint64(h.HopLimit()))
		ns.Consume(b, step.MLDQueryWork)
		return
	}
	if len(q) < 28 {
		ns.NotModelled(b, step.WhyNo6MLDv1, step.MLDQueryWork)
		return
	}
	code := uint32(q[4])<<8 | uint32(q[5])
	if code >= 1<<15 { // mldv2_mrc: floating point above 32767
		code = (code&0xfff | 0x1000) << (code>>12&7 + 3)
	}
	delay := max(code*sim.HZ/1000, 1)
	a := wire.AddrFrom16(q[8:24])
	nsrc := int(q[26])<<8 | int(q[27])
	if v := int(q[24] & 7); v > 0 {
		i.mld.qrv = v
	}
	ns.Why(step.WhyMLDQuery, a.Hi, a.Lo, uint64(code))
	switch {
	case a.IsZero() && nsrc == 0:
		i.mld.start(mldGQ, delay)
	case a.IsMulticast() && nsrc == 0:
		for _, g := range i.mld.groups {
			if g.addr == a && !g.quiet() {
				i.mld.queried(g, delay)
			}
		}
	case a.IsMulticast():
		ns.NotModelled(b, step.WhyNo6MLDSources, step.MLDQueryWork, uint64(nsrc))
		return
	}
	ns.Consume(b, step.MLDQueryWork)
}

// queried is igmp6_group_queried: the earlier of two answers is kept.
func (m *mldDev) queried(g *group, delay uint32) {
	ns := m.i.ip.ns
	now := ns.Clock.Now()
	at := now + sim.Time(ns.Machine.Rand.Below(delay))*sim.Jiffy
	if g.timer.Pending() && g.timer.At < now+sim.Time(delay)*sim.Jiffy {
		return
	}
	ns.Clock.Mod(&g.timer, sim.WheelExpiry(now, at), &g.fn)
}

// mldReport is __mld_report_work: another host's MLDv1 report makes one of our
// own needless.
func (ip *IPv6) mldReport(b *core.SKB) {
	defer ip.ns.In(step.MLDReportWork, b).Out()
	ns := ip.ns
	b.MayPull(b.Len())
	if q := b.L4(); len(q) >= 24 && b.PktType != core.PacketLoopback {
		a := wire.AddrFrom16(q[8:24])
		if i := idevOf(b.Dev); i != nil {
			for _, g := range i.mld.groups {
				if g.addr == a {
					ns.Clock.Stop(&g.timer)
				}
			}
		}
	}
	ns.Consume(b, step.MLDReportWork)
}
