package wire

// Lengths of link headers in bytes.
const (
	EthernetLen  = 14
	EthernetFCS  = 4
	VLANTagLen   = 4
	EthernetMin  = 60   // smallest frame without its check sequence: ETH_ZLEN
	EthernetData = 1500 // largest payload: ETH_DATA_LEN
)

// An EtherType says what follows an Ethernet header or a VLAN tag. Values below
// 1536 are not types but lengths (IEEE 802.3).
type EtherType uint16

// Ether types (IANA ieee-802-numbers; linux/if_ether.h).
const (
	EtherTypeIPv4     EtherType = 0x0800
	EtherTypeARP      EtherType = 0x0806
	EtherTypeWoL      EtherType = 0x0842
	EtherTypeTEB      EtherType = 0x6558
	EtherTypeRARP     EtherType = 0x8035
	EtherTypeAppleTk  EtherType = 0x809b
	EtherTypeAARP     EtherType = 0x80f3
	EtherTypeVLAN     EtherType = 0x8100
	EtherTypeIPX      EtherType = 0x8137
	EtherTypeIPv6     EtherType = 0x86dd
	EtherTypePause    EtherType = 0x8808
	EtherTypeSlow     EtherType = 0x8809
	EtherTypeMPLS     EtherType = 0x8847
	EtherTypeMPLSM    EtherType = 0x8848
	EtherTypePPPoED   EtherType = 0x8863
	EtherTypePPPoES   EtherType = 0x8864
	EtherTypeEAPOL    EtherType = 0x888e
	EtherTypeQinQ     EtherType = 0x88a8
	EtherTypeLLDP     EtherType = 0x88cc
	EtherTypeMACsec   EtherType = 0x88e5
	EtherTypePTP      EtherType = 0x88f7
	EtherTypeCFM      EtherType = 0x8902
	EtherTypeLoopback EtherType = 0x9000
	EtherTypeQinQOld  EtherType = 0x9100
	EtherType802_3Min EtherType = 0x0600 // the smallest value that is a type: ETH_P_802_3_MIN
)

// IsVLAN reports whether t opens a VLAN tag: eth_type_vlan, and the old 0x9100.
func (t EtherType) IsVLAN() bool {
	return t == EtherTypeVLAN || t == EtherTypeQinQ || t == EtherTypeQinQOld
}

// Ethernet is an Ethernet header (IEEE 802.3; struct ethhdr) and what follows.
type Ethernet []byte

// Valid reports whether the header is whole.
func (h Ethernet) Valid() bool { return len(h) >= EthernetLen }

// Dst is the destination address.
func (h Ethernet) Dst() MAC { return MACFrom(h[0:6]) }

// Src is the source address.
func (h Ethernet) Src() MAC { return MACFrom(h[6:12]) }

// Type is what follows; below 0x600 it is a length.
func (h Ethernet) Type() EtherType { return EtherType(be16(h[12:])) }

// Payload is what follows the header.
func (h Ethernet) Payload() []byte { return h[EthernetLen:] }

// SetDst writes the destination address.
func (h Ethernet) SetDst(a MAC) { a.Put(h[0:6]) }

// SetSrc writes the source address.
func (h Ethernet) SetSrc(a MAC) { a.Put(h[6:12]) }

// SetType writes the type.
func (h Ethernet) SetType(t EtherType) { put16(h[12:], uint16(t)) }

// Put writes all three fields: eth_header.
func (h Ethernet) Put(dst, src MAC, t EtherType) {
	h.SetDst(dst)
	h.SetSrc(src)
	h.SetType(t)
}

// VLAN is an IEEE 802.1Q tag as it follows an ether type of 0x8100: two bytes of
// tag control information and the type of what it wraps (struct vlan_hdr).
type VLAN []byte

// TCI is the tag control information: priority, drop bit and identifier.
func (h VLAN) TCI() uint16 { return be16(h) }

// PCP is the priority, 0 to 7.
func (h VLAN) PCP() uint8 { return h[0] >> 5 }

// DEI is the drop eligible bit, CFI of old.
func (h VLAN) DEI() bool { return h[0]&0x10 != 0 }

// ID is the VLAN, 0 to 4095.
func (h VLAN) ID() uint16 { return be16(h) & 0xfff }

// Type is what follows the tag.
func (h VLAN) Type() EtherType { return EtherType(be16(h[2:])) }

// SetTCI writes the tag control information.
func (h VLAN) SetTCI(v uint16) { put16(h, v) }

// SetPCP writes the priority.
func (h VLAN) SetPCP(v uint8) { h[0] = h[0]&0x1f | v<<5 }

// SetDEI writes the drop eligible bit.
func (h VLAN) SetDEI(on bool) { setBit(h, 0x10, on) }

// SetID writes the VLAN.
func (h VLAN) SetID(v uint16) { put16(h, be16(h)&0xf000|v&0xfff) }

// SetType writes the type of what follows.
func (h VLAN) SetType(t EtherType) { put16(h[2:], uint16(t)) }

// Multicast returns the Ethernet address of an IPv4 group (RFC 1112 §6.4):
// ip_eth_mc_map.
func (a IP4) Multicast() MAC { return 0x01005e000000 | MAC(a&0x7fffff) }

// Multicast returns the Ethernet address of an IPv6 group (RFC 2464 §7):
// ipv6_eth_mc_map.
func (a Addr) Multicast() MAC { return 0x333300000000 | MAC(a.Lo&0xffffffff) }
