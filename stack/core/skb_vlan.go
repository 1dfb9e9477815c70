package core

import "github.com/packetwalk/packetwalk/stack/wire"

// Read before editing: net/core/skbuff.c (skb_vlan_push, skb_vlan_pop).
//
// Left out: 802.1ad tags beside the packet.

// VlanPush is skb_vlan_push: the packet, whose data pointer stands at the link header,
// gets a tag, which is kept beside it. One that was there goes into the frame.
func (b *SKB) VlanPush(tci uint16) {
	if b.VlanPresent {
		b.pushVlan()
	}
	b.VlanPresent, b.VlanAD, b.VlanTCI = true, false, tci
}

// VlanPop is skb_vlan_pop: take the outermost tag off. It reports false when the frame
// is too short. Without a tag nothing happens.
func (b *SKB) VlanPop() bool {
	if b.VlanPresent {
		b.VlanPresent, b.VlanTCI = false, 0
	} else {
		if !isVlan(b.Protocol) {
			return true
		}
		if _, ok := b.vlanPopInside(); !ok {
			return false
		}
	}
	if !isVlan(b.Protocol) {
		return true
	}
	tci, ok := b.vlanPopInside() // the next tag moves to beside the packet
	if ok {
		b.VlanPresent, b.VlanTCI = true, tci
	}
	return ok
}

// VlanTake takes the outermost tag off and returns it (the first half of tcf_vlan_act's
// modify); tagged is false without one.
func (b *SKB) VlanTake() (tci uint16, tagged, ok bool) {
	if b.VlanPresent {
		tci = b.VlanTCI
		b.VlanPresent, b.VlanTCI = false, 0
		return tci, true, true
	}
	if !isVlan(b.Protocol) {
		return 0, false, true
	}
	tci, ok = b.vlanPopInside()
	return tci, true, ok
}

func isVlan(t uint16) bool {
	return wire.EtherType(t) == wire.EtherTypeVLAN || wire.EtherType(t) == wire.EtherTypeQinQ
}

// vlanPopInside is __skb_vlan_pop: take the tag out of the frame.
func (b *SKB) vlanPopInside() (tci uint16, ok bool) {
	if !b.MayPull(wire.EthernetLen + wire.VLANTagLen) {
		return 0, false
	}
	b.Unshare()
	p := b.Data()
	tag := wire.VLAN(p[wire.EthernetLen:])
	tci, typ := tag.TCI(), uint16(tag.Type())
	copy(p[wire.VLANTagLen:], p[:12])
	b.Pull(wire.VLANTagLen)
	b.ResetMAC()
	b.Protocol = typ
	if typ < uint16(wire.EtherType802_3Min) {
		b.Protocol = EthP8022
	}
	if b.NetworkOffset() < wire.EthernetLen {
		b.Network = b.Offset() + wire.EthernetLen
	}
	b.ResetMACLen()
	return tci, true
}

// ResetMACLen is skb_reset_mac_len.
func (b *SKB) ResetMACLen() { b.MACLen = b.Network - max(b.MAC, 0) }
