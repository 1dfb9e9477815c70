package wire

// A LinkKind says how a frame begins. The values are those of capture files
// (LINKTYPE_).
type LinkKind uint16

// Link kinds.
const (
	LinkNull     LinkKind = 0   // 4 bytes of address family in the writer's order
	LinkEthernet LinkKind = 1   // Ethernet
	LinkRaw      LinkKind = 101 // an IP packet, nothing before it
	LinkLoop     LinkKind = 108 // as LinkNull, in network order
	LinkSLL      LinkKind = 113 // Linux "cooked" capture
	LinkIPv4     LinkKind = 228 // an IPv4 packet
	LinkIPv6     LinkKind = 229 // an IPv6 packet
	LinkSLL2     LinkKind = 276 // Linux "cooked" capture, version 2
)

// Lengths of link headers in bytes.
const (
	SLLLen  = 16
	SLL2Len = 20
	NullLen = 4
)

// Packet types of cooked captures (linux/if_packet.h).
const (
	PacketHost      = 0
	PacketBroadcast = 1
	PacketMulticast = 2
	PacketOtherHost = 3
	PacketOutgoing  = 4
)

// SLL is the header of a Linux cooked capture (LINKTYPE_LINUX_SLL).
type SLL []byte

// Valid reports whether the header is whole.
func (h SLL) Valid() bool { return len(h) >= SLLLen }

// AddrLen is the length of the sender's link address in bytes.
func (h SLL) AddrLen() int { return int(be16(h[4:])) }

// Addr is the first six bytes of the sender's link address.
func (h SLL) Addr() MAC { return MACFrom(h[6:12]) }

// Type is what follows.
func (h SLL) Type() EtherType { return EtherType(be16(h[14:])) }

// Put writes the header of a frame of an Ethernet device.
func (h SLL) Put(packetType uint16, a MAC, t EtherType) {
	put16(h, packetType)
	put16(h[2:], ARPHTypeEther)
	put16(h[4:], 6)
	a.Put(h[6:12])
	put16(h[12:], 0)
	put16(h[14:], uint16(t))
}

// SLL2 is the header of a Linux cooked capture, version 2
// (LINKTYPE_LINUX_SLL2).
type SLL2 []byte

// Valid reports whether the header is whole.
func (h SLL2) Valid() bool { return len(h) >= SLL2Len }

// Type is what follows.
func (h SLL2) Type() EtherType { return EtherType(be16(h)) }

// AddrLen is the length of the sender's link address in bytes.
func (h SLL2) AddrLen() int { return int(h[11]) }

// Addr is the first six bytes of the sender's link address.
func (h SLL2) Addr() MAC { return MACFrom(h[12:18]) }

// Put writes the header of a frame of an Ethernet device.
func (h SLL2) Put(packetType uint8, ifindex uint32, a MAC, t EtherType) {
	put16(h, uint16(t))
	put16(h[2:], 0)
	put32(h[4:], ifindex)
	put16(h[8:], ARPHTypeEther)
	h[10], h[11] = packetType, 6
	a.Put(h[12:18])
	put16(h[18:], 0)
}

// Null is the header of LinkNull and LinkLoop: an address family.
type Null []byte

// Family is the address family. Its byte order is the writer's: a value that
// only makes sense swapped is swapped.
func (h Null) Family() uint32 {
	v := be32(h)
	if v > 0xffff {
		v = v>>24 | v>>8&0xff00 | v<<8&0xff0000 | v<<24
	}
	return v
}

// Type is the family as an ether type, or 0. IPv6 is 10 on Linux and 24, 28 or
// 30 on the BSDs and macOS.
func (h Null) Type() EtherType {
	switch h.Family() {
	case 2:
		return EtherTypeIPv4
	case 10, 24, 28, 30:
		return EtherTypeIPv6
	}
	return 0
}

// LinkOf is how a frame of the model begins: with an Ethernet header, or on a
// tun device with its IP header. One that could be both is Ethernet.
func LinkOf(b []byte) LinkKind {
	switch {
	case len(b) < 20:
	case len(b) >= 14 && known(EtherType(be16(b[12:]))):
	case b[0]>>4 == 4 && b[0]&15 >= 5 && int(be16(b[2:])) == len(b), b[0]>>4 == 6 && len(b) >= 40 && 40+int(be16(b[4:])) == len(b):
		return LinkRaw
	}
	return LinkEthernet
}

// known are the EtherTypes that the model handles.
func known(t EtherType) bool {
	return t == EtherTypeIPv4 || t == EtherTypeIPv6 || t == EtherTypeARP || t == EtherTypeVLAN || t == EtherTypeQinQ
}
