package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Multicast snooping: net/bridge/br_multicast.c. While no querier is known, as
// is so by default, groups are flooded whoever has joined them; that much is
// modelled. With a querier it is not, and says so.

// multicastRcv is br_multicast_rcv: look for IGMP and MLD in a frame to a
// group. It returns false when the packet is gone; at is the function that the
// kernel reports for a drop.
func (br *Bridge) multicastRcv(ns *core.Netns, b *core.SKB, at step.Step) bool {
	defer ns.In(step.BrMulticastRcv, b).Out()
	if !br.McastSnoop {
		return true
	}
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		return br.snoopIGMP(ns, b, at)
	case wire.EtherTypeIPv6:
		return br.snoopMLD(ns, b, at)
	}
	return true
}

// igmpOf is ip_mc_check_igmp: the IGMP message of a packet, if it holds one.
func igmpOf(b *core.SKB) (msg []byte, bad bool) {
	if !b.MayPull(wire.IPv4MinLen) {
		return nil, true
	}
	h := wire.IPv4(b.Data())
	if h.Version() != 4 || h.IHL() < wire.IPv4MinLen || !b.MayPull(h.IHL()) {
		return nil, true
	}
	h = wire.IPv4(b.Data())
	n := h.TotalLen()
	if !h.ChecksumOK() || b.Len() < n || n < h.IHL() {
		return nil, true
	}
	if h.Proto() != wire.ProtoIGMP {
		return nil, false
	}
	if n-h.IHL() < 8 || !b.MayPull(n) {
		return nil, true
	}
	msg = b.Data()[h.IHL():n]
	if wire.Fold(wire.Checksum(msg, 0)) != 0 {
		return nil, true
	}
	return msg, false
}

func (br *Bridge) snoopIGMP(ns *core.Netns, b *core.SKB, at step.Step) bool {
	msg, bad := igmpOf(b)
	switch {
	case bad:
		ns.Why(step.WhyBrSnoopBad)
		ns.Drop(b, step.DropNotSpecified, at)
		return false
	case msg == nil:
		return true
	case msg[0] == 0x11 && wire.IPv4(b.Data()).Src() != 0:
		ns.NotModelled(b, step.WhyBrSnoopQuery, step.BrMulticastRcv)
		return false
	}
	ns.Why(step.WhyBrSnoopReport, uint64(msg[0]))
	return true
}

func (br *Bridge) snoopMLD(ns *core.Netns, b *core.SKB, at step.Step) bool {
	const head = wire.IPv6Len
	if !b.MayPull(head) || wire.IPv6(b.Data()).Version() != 6 {
		ns.Why(step.WhyBrSnoopBad)
		ns.Drop(b, step.DropNotSpecified, at)
		return false
	}
	if wire.IPv6(b.Data()).NextHeader() != 0 || !b.MayPull(head+8) {
		return true // MLD has a hop-by-hop header with router alert
	}
	ext := b.Data()[head:]
	n := head + 8*(int(ext[1])+1)
	if ext[0] != uint8(wire.ProtoICMPv6) || !b.MayPull(n+8) {
		return true
	}
	switch t := b.Data()[n]; t {
	case 130:
		ns.NotModelled(b, step.WhyBrSnoopQuery, step.BrMulticastRcv)
		return false
	case 131, 132, 143:
		ns.Why(step.WhyBrSnoopReport, uint64(t))
	}
	return true
}
