package wire

// IPv6Len is the length of an IPv6 header in bytes.
const IPv6Len = 40

// IPv6MinMTU is what every IPv6 link carries (RFC 8200 §5).
const IPv6MinMTU = 1280

// IPv6 is an IPv6 header (RFC 8200 §3; struct ipv6hdr) and what follows it.
type IPv6 []byte

// Valid reports whether the version is 6 and the header is whole.
func (h IPv6) Valid() bool { return len(h) >= IPv6Len && h[0]>>4 == 6 }

// Version is 6.
func (h IPv6) Version() int { return int(h[0] >> 4) }

// TrafficClass is DSCP and ECN.
func (h IPv6) TrafficClass() uint8 { return uint8(be16(h) >> 4) }

// ECN is the lower two bits of the traffic class.
func (h IPv6) ECN() uint8 { return h[1] >> 4 & 3 }

// FlowLabel is the flow label, 20 bits (RFC 6437).
func (h IPv6) FlowLabel() uint32 { return be32(h) & 0xfffff }

// PayloadLen is how many bytes follow the header.
func (h IPv6) PayloadLen() int { return int(be16(h[4:])) }

// NextHeader is what follows the header.
func (h IPv6) NextHeader() Proto { return Proto(h[6]) }

// HopLimit is how many more routers the packet may pass.
func (h IPv6) HopLimit() uint8 { return h[7] }

// Src is the source address.
func (h IPv6) Src() Addr { return AddrFrom16(h[8:24]) }

// Dst is the destination address.
func (h IPv6) Dst() Addr { return AddrFrom16(h[24:40]) }

// Payload is what follows the header, up to the payload length or the end of h.
func (h IPv6) Payload() []byte { return h[IPv6Len:min(len(h), IPv6Len+h.PayloadLen())] }

// SetVersion writes version 6, traffic class and flow label: ip6_flow_hdr.
func (h IPv6) SetVersion(class uint8, flow uint32) {
	put32(h, 6<<28|uint32(class)<<20|flow&0xfffff)
}

// SetTrafficClass writes the traffic class.
func (h IPv6) SetTrafficClass(v uint8) { put16(h, be16(h)&0xf00f|uint16(v)<<4) }

// SetECN writes the two ECN bits.
func (h IPv6) SetECN(v uint8) { h[1] = h[1]&^0x30 | v&3<<4 }

// SetFlowLabel writes the flow label.
func (h IPv6) SetFlowLabel(v uint32) { put32(h, be32(h)&^0xfffff|v&0xfffff) }

// SetPayloadLen writes the payload length in bytes.
func (h IPv6) SetPayloadLen(n int) { put16(h[4:], uint16(n)) }

// SetNextHeader writes what follows.
func (h IPv6) SetNextHeader(p Proto) { h[6] = byte(p) }

// SetHopLimit writes the hop limit.
func (h IPv6) SetHopLimit(v uint8) { h[7] = v }

// SetSrc writes the source address.
func (h IPv6) SetSrc(a Addr) { a.Put16(h[8:24]) }

// SetDst writes the destination address.
func (h IPv6) SetDst(a Addr) { a.Put16(h[24:40]) }

// IsMulticast reports whether a is in ff00::/8: ipv6_addr_is_multicast.
func (a Addr) IsMulticast() bool { return a.Hi>>56 == 0xff }

// IsLinkLocal reports whether a is in fe80::/10.
func (a Addr) IsLinkLocal() bool { return a.Hi>>54 == 0xfe80>>6 }

// IsLoopback reports whether a is ::1.
func (a Addr) IsLoopback() bool { return a == Addr{0, 1} }

// SolicitedNode returns the group ff02::1:ffxx:xxxx in which the owner of a
// hears Neighbor Solicitations (RFC 4291 §2.7.1): addrconf_addr_solict_mult.
func (a Addr) SolicitedNode() Addr {
	return Addr{0xff02 << 48, 0x1ff000000 | a.Lo&0xffffff}
}
