package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/udp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// EncapRcv is vxlan_rcv: a datagram for the VXLAN port. What is inside becomes a
// frame of the device with that network number (VNI).
func (s *vxlanSock) EncapRcv(ns *core.Netns, sk *udp.Sock, b *core.SKB) {
	defer ns.In(step.VxlanRcv, b).Out()
	const flagVNI = 0x08
	if !b.MayPull(wire.UDPLen + vxlanLen) {
		ns.Why(step.WhyVxlanShort, uint64(b.Len()))
		ns.Drop(b, step.DropPktTooSmall, step.VxlanRcv)
		return
	}
	h := b.Data()[wire.UDPLen:][:vxlanLen]
	vni := uint32(h[4])<<16 | uint32(h[5])<<8 | uint32(h[6])
	if h[0]&flagVNI == 0 {
		ns.Why(step.WhyVxlanNoVNI, uint64(h[0]))
		ns.Drop(b, step.DropVxlanInvalidHdr, step.VxlanRcv)
		return
	}
	rest := h[0]&^flagVNI | h[1] | h[2] | h[3] | h[7]
	v := s.find(vni)
	if v == nil {
		ns.Why(step.WhyVxlanUnknown, uint64(vni))
		ns.Drop(b, step.DropVxlanVniNotFound, step.VxlanRcv)
		return
	}
	outer := b.IP4()
	from, ecn := outer.Src(), outer.ECN()
	if !v.pullHeader(b) {
		ns.Why(step.WhyVxlanInner, uint64(b.Len()))
		ns.Drop(b, step.DropNomem, step.VxlanRcv)
		return
	}
	if rest != 0 {
		ns.Why(step.WhyVxlanReserved)
		ns.Drop(b, step.DropVxlanInvalidHdr, step.VxlanRcv)
		return
	}
	if r := v.decapsulate(ns, b, from, ecn); r != step.NotDropped {
		ns.Drop(b, r, step.VxlanRcv)
		return
	}
	ns.Why(step.WhyVxlanOut, uint64(vni), uint64(v.Dev.Index), uint64(b.Len()))
	received(v.Dev, b.Len())
	v.receive(b)
}

// pullHeader is __iptunnel_pull_header: outer headers and what was known of the
// packet go. It reports false if no Ethernet header is inside.
func (v *Vxlan) pullHeader(b *core.SKB) bool {
	b.Pull(wire.UDPLen + vxlanLen)
	if b.IPSummed != core.ChecksumPartial || b.CsumStart < b.Offset() {
		b.IPSummed = core.ChecksumNone
	}
	b.TunnelGone()
	b.CsumValid, b.VlanPresent, b.VlanTCI, b.QueueMapping, b.Hash = false, false, 0, 0, 0
	scrub(b, v.home != v.Dev.NS)
	b.ResetCT()
	return b.MayPull(wire.EthernetLen)
}

// decapsulate is the second half of vxlan_rcv, with vxlan_set_mac: link header,
// learning, the inner header, congestion marks (RFC 6040).
func (v *Vxlan) decapsulate(ns *core.Netns, b *core.SKB, from wire.IP4, ecn uint8) core.DropReason {
	d := v.Dev
	b.Protocol = d.NS.EthTypeTrans(b, d)
	if src := b.Eth().Src(); src == d.Addr {
		ns.Why(step.WhyVxlanLoop, uint64(src))
		return step.DropLocalMAC
	}
	if v.Conf.Learn {
		if r := v.snoop(ns, b, from); r != step.NotDropped {
			return r
		}
	}
	b.ResetNetwork()
	need := 0
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		need = wire.IPv4MinLen
	case wire.EtherTypeIPv6:
		need = wire.IPv6Len
	}
	if !b.MayPull(need) {
		ns.Why(step.WhyVxlanInner, uint64(b.Len()))
		d.Stats.RxErrors++
		return step.DropPktTooSmall
	}
	const ce = 3
	if ecn == ce && need > 0 && !markCE(b) {
		ns.Why(step.WhyVxlanECN)
		d.Stats.RxErrors++
		return step.DropIPTunnelEcn
	}
	if !d.Up() {
		ns.Why(step.WhyDevDown, uint64(d.Index))
		d.Stats.RxDropped++
		return step.DropDevReady
	}
	b.SetNS(d.NS)
	frame(d.NS, b, rx)
	return step.NotDropped
}

// markCE is INET_ECN_set_ce on the inner header; false if the inner packet does
// not know of congestion marks, and so must be dropped instead.
func markCE(b *core.SKB) bool {
	b.Unshare()
	if wire.EtherType(b.Protocol) == wire.EtherTypeIPv4 {
		h := wire.IPv4(b.Data())
		if h.ECN() == 0 {
			return false
		}
		h.SetECN(3)
		if h.Valid() {
			h.ComputeChecksum()
		}
		return true
	}
	p := b.Data()
	if p[1]>>4&3 == 0 {
		return false
	}
	p[1] |= 3 << 4
	return true
}

// A vxlanCell is struct gro_cell: what was taken out of datagrams on one CPU,
// before it is received.
type vxlanCell struct {
	dev  *Vxlan
	napi core.NAPI
	list core.SKBList
}

// receive is gro_cells_receive: the frame waits for its own poll, so that frames
// of one flow can be merged.
func (v *Vxlan) receive(b *core.SKB) {
	ns := v.Dev.NS
	cpu := ns.Machine.ThisCPU().CPU
	if !b.Own() || v.Dev.Features&core.FeatureGRO == 0 || cpu >= len(v.cells) {
		ns.NetifRx(b)
		return
	}
	cell := v.cells[cpu]
	if cell.list.Len() > ns.Sysctl.NetdevMaxBacklog {
		ns.Why(step.WhyVxlanBacklog, uint64(cell.list.Len()))
		v.Dev.Stats.RxDropped++
		ns.Drop(b, step.DropNotSpecified, step.VxlanRcv)
		return
	}
	cell.list.PushBack(b)
	if cell.list.Len() == 1 {
		cell.napi.Schedule(ns)
	}
}

// Poll empties the queue, if the device is still there.
func (c *vxlanCell) Poll(budget int) int {
	if ns := c.dev.Dev.NS; ns != nil {
		return c.pollCell(ns, budget)
	}
	return 0
}

// pollCell is gro_cell_poll.
func (c *vxlanCell) pollCell(ns *core.Netns, budget int) int {
	defer ns.In(step.GroCellPoll, c.napi.CPU()).Out()
	work := 0
	for work < budget {
		b := c.list.PopFront()
		if b == nil {
			break
		}
		c.napi.GROReceive(ns, b)
		work++
	}
	ns.Why(step.WhyVxlanCell, uint64(work), uint64(c.dev.Dev.Index))
	if work < budget {
		c.napi.Complete(ns, work)
	}
	return work
}
