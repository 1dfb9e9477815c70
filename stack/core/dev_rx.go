package core

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/core/dev.c (__netif_receive_skb_core),
// net/8021q/vlan_core.c (vlan_do_receive), net/ethernet/eth.c.
//
// Left out: XDP.

// EtherTypes of frames that carry a length instead (include/uapi/linux/if_ether.h).
const (
	EthP8023 = 0x0001 // raw 802.3: Novell's IPX
	EthP8022 = 0x0004 // 802.2 with an LLC header
)

// EthTypeTrans is eth_type_trans: read the link header at the data pointer, set
// device, packet type and the header's offset, move the data pointer behind it,
// and return the protocol. The caller has checked that 14 bytes are there.
func (ns *Netns) EthTypeTrans(b *SKB, d *Device) uint16 {
	defer ns.In(step.EthTypeTrans, b).Out()
	b.Dev = d
	b.ResetMAC()
	eth := b.Eth()
	b.Pull(wire.EthernetLen)
	ns.ethPktType(b, d, eth)
	if t := eth.Type(); t >= wire.EtherType802_3Min {
		return uint16(t)
	}
	if p := b.Data(); len(p) >= 2 && p[0] == 0xff && p[1] == 0xff {
		return EthP8023
	}
	return EthP8022
}

// ethPktType is eth_skb_pkt_type: whom does the destination address name?
func (ns *Netns) ethPktType(b *SKB, d *Device, eth wire.Ethernet) {
	dst := eth.Dst()
	switch {
	case dst == d.Addr:
		b.PktType = PacketHost
		ns.Why(step.WhyEthHost, uint64(dst), uint64(eth.Type()))
	case dst == d.Broadcast:
		b.PktType = PacketBroadcast
		ns.Why(step.WhyEthBroadcast, uint64(dst), uint64(eth.Type()))
	case dst.IsMulticast():
		b.PktType = PacketMulticast
		ns.Why(step.WhyEthGroup, uint64(dst), uint64(eth.Type()))
	default:
		b.PktType = PacketOtherHost
		ns.Why(step.WhyEthOther, uint64(dst), uint64(d.Addr))
	}
}

// receiveOneCore is __netif_receive_skb_one_core: find the protocol handler and
// call it.
func (ns *Netns) receiveOneCore(b *SKB) {
	defer ns.In(step.NetifReceiveSkbOneCore, b).Out()
	if h, b := ns.receiveCore(b); h != nil {
		ns.Spend(CostProtocol)
		h.Rcv(b.NS(), b)
	}
}

// receiveListCore is __netif_receive_skb_list_core: the same for a batch that
// GRO let go. The kernel hands runs of packets to the protocols' list
// functions; here each packet is handed on by itself, in the same order, and
// Machine.Batch tells which belong to one run.
func (ns *Netns) receiveListCore(n *NAPI, l *SKBList) {
	defer ns.In(step.NetifReceiveSkbListCore, n.cpu).Out()
	ns.Why(step.WhyBatchUp, uint64(l.Len()))
	m := ns.Machine
	var dev *Device
	typ := uint16(0)
	for b := l.PopFront(); b != nil; b = l.PopFront() {
		h, b := ns.receiveCore(b)
		if h == nil {
			continue
		}
		if b.Dev != dev || b.Protocol != typ {
			m.batches++
			dev, typ = b.Dev, b.Protocol
		}
		ns.Spend(CostProtocol)
		m.Batch = m.batches
		h.Rcv(b.NS(), b)
		m.Batch = 0
	}
}

// receiveCore is __netif_receive_skb_core: give the packet to every tap, then
// find its protocol. It returns no handler when the packet is gone.
func (ns *Netns) receiveCore(b *SKB) (PacketHandler, *SKB) {
	defer ns.In(step.NetifReceiveSkbCore, b).Out()
	ns.Spend(CostReceiveCore)
	if ns.Machine.Netstamp && b.Tstamp == 0 { // net_timestamp_check
		b.Tstamp = ns.Clock.Now()
	}
	b.OrphanFragsRx()
	ns.TP(step.NetifReceiveSkb, b, uint64(b.ID), uint64(b.Len()), uint64(b.Dev.Index))
	b.ResetNetwork()
	if b.Transport < 0 {
		b.ResetTransport()
	}
	b.MACLen = b.Network - max(b.MAC, 0)
	for {
		b.IIF = b.Dev.Index
		ns.Machine.ThisCPU().Processed++
		if wire.EtherType(b.Protocol) == wire.EtherTypeVLAN || wire.EtherType(b.Protocol) == wire.EtherTypeQinQ {
			if !ns.VlanUntag(b) {
				return nil, nil
			}
		}
		if !b.SkipTcClassify() {
			ns.deliverTaps(b)
			if !ns.ingress(b) {
				return nil, nil
			}
			b.Redirected = false // skb_reset_redirect
		}
		if b.VlanPresent {
			again, gone := ns.vlanReceive(b)
			if gone {
				return nil, nil
			}
			if again {
				continue
			}
		}
		d := b.Dev
		if h := d.RxHandler; h != nil && h.HandleFrame(ns, b) {
			return nil, nil
		}
		if b.Dev == d {
			break
		}
		ns = b.Dev.NS // RX_HANDLER_ANOTHER: from here on it is that device's, maybe in another namespace
	}
	if b.VlanPresent {
		// Nobody has this VLAN. Tag 0 only carries a priority.
		if b.VlanTCI&0xfff != 0 {
			b.PktType = PacketOtherHost
			ns.Why(step.WhyVlanUnknown, uint64(b.VlanTCI&0xfff))
		}
		b.VlanPresent, b.VlanTCI = false, 0
	}
	return ns.findPtype(b), b
}

// findPtype is deliver_ptype_list_skb's search in ptype_base. Without a handler
// the packet is dropped.
func (ns *Netns) findPtype(b *SKB) PacketHandler {
	for i := range ns.ptype {
		p := &ns.ptype[i]
		if p.h == nil {
			break
		}
		if p.typ == b.Protocol {
			if b.VlanPresent || b.PktType != PacketOtherHost {
				ns.Why(step.WhyHandler, uint64(b.Protocol))
			}
			return p.h
		}
	}
	b.Dev.Stats.RxDropped++
	ns.Why(step.WhyNoHandler, uint64(b.Protocol))
	ns.Drop(b, step.DropUnhandledProto, step.NetifReceiveSkbCore)
	return nil
}

// deliverTaps gives each tap (ptype_all) a clone, as packet_rcv makes it.
func (ns *Netns) deliverTaps(b *SKB) {
	for _, t := range ns.taps {
		ns.Why(step.WhyTapCopy, uint64(b.Dev.Index))
		t.Rcv(ns, b.Clone())
	}
}

// VlanUntag is skb_vlan_untag: take the tag out of the frame and remember it.
// It reports false when the frame is too short and gone.
func (ns *Netns) VlanUntag(b *SKB) bool {
	defer ns.In(step.SkbVlanUntag, b).Out()
	if b.VlanPresent {
		return true
	}
	if !b.MayPull(wire.VLANTagLen + 2) {
		ns.Why(step.WhyVlanShort, uint64(b.Len()))
		ns.Drop(b, step.DropNotSpecified, step.SkbVlanUntag)
		return false
	}
	tag := wire.VLAN(b.Data())
	tci, inner := tag.TCI(), tag.Type()
	b.VlanPresent, b.VlanAD, b.VlanTCI = true, wire.EtherType(b.Protocol) == wire.EtherTypeQinQ, tci
	b.Pull(wire.VLANTagLen)
	b.Protocol = uint16(inner)
	if inner < wire.EtherType802_3Min {
		b.Protocol = EthP8022
		if p := b.Data(); p[0] == 0xff && p[1] == 0xff {
			b.Protocol = EthP8023
		}
	}
	// skb_reorder_vlan_header: the addresses move up against the inner type.
	if b.MAC >= 0 {
		b.Unshare()
		m := b.head.buf
		copy(m[b.MAC+wire.VLANTagLen:b.MAC+wire.VLANTagLen+12], m[b.MAC:b.MAC+12])
		b.MAC += wire.VLANTagLen
	}
	reset := b.Transport == b.Network
	b.ResetNetwork()
	if reset {
		b.ResetTransport()
	}
	b.MACLen = b.Network - max(b.MAC, 0)
	ns.Why(step.WhyVlanTag, uint64(tci&0xfff), uint64(b.Protocol))
	return true
}

// vlanReceive is vlan_do_receive: is there a device for this VLAN on top? Then
// the packet goes round again as that device's.
func (ns *Netns) vlanReceive(b *SKB) (again, gone bool) {
	id := b.VlanTCI & 0xfff
	for _, v := range b.Dev.Vlans {
		if v.VlanID != id || v.VlanAD != b.VlanAD {
			continue
		}
		if !v.Up() {
			ns.Why(step.WhyDevDown, uint64(v.Index))
			ns.Drop(b, step.DropNotSpecified, step.NetifReceiveSkbCore)
			return false, true
		}
		b.Dev = v
		if b.PktType == PacketOtherHost && b.MAC >= 0 && b.Eth().Dst() == v.Addr {
			b.PktType = PacketHost
		}
		b.Priority = 0 // vlan_get_ingress_priority: no map is set
		b.VlanPresent, b.VlanTCI = false, 0
		v.Stats.RxPackets++
		v.Stats.RxBytes += uint64(b.Len())
		if b.PktType == PacketMulticast {
			v.Stats.Multicast++
		}
		return true, false
	}
	return false, false
}
