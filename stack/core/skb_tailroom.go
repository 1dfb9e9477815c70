package core

// ReservedTailroom is what skb_tailroom_reserve leaves in a report of IGMPv3 or MLDv2
// on an Ethernet device: how many bytes of the buffer lie behind the MTU. The field
// shares its place with the packet's mark, and so whoever looks at the mark of such
// a packet, as a rule may, sees this number.
func ReservedTailroom(mtu int) uint32 {
	tail := AllocTruesize(LinkRoom+mtu) - sizeofSKB - sizeofShinfo - LinkRoom
	return uint32(max(0, tail-mtu))
}
