package wire

// Lengths of an IPv4 header in bytes.
const (
	IPv4MinLen = 20
	IPv4MaxLen = 60
	IPv4MinMTU = 68 // RFC 791 §3.2: every link carries this much
)

// IPv4 options (RFC 791 §3.1, RFC 2113, RFC 1108).
const (
	IPOptEnd         = 0
	IPOptNOP         = 1
	IPOptRecordRoute = 7
	IPOptTimestamp   = 68
	IPOptSecurity    = 130
	IPOptLSRR        = 131
	IPOptCIPSO       = 134
	IPOptStreamID    = 136
	IPOptSSRR        = 137
	IPOptRouterAlert = 148
)

// IPv4 is an IPv4 header (RFC 791 §3.1; struct iphdr) and what follows it.
type IPv4 []byte

// Valid reports whether the version is 4 and the header, options too, is whole.
// It does not look at the total length or the checksum.
func (h IPv4) Valid() bool {
	return len(h) >= IPv4MinLen && h[0]>>4 == 4 && h.IHL() >= IPv4MinLen && h.IHL() <= len(h)
}

// Version is 4.
func (h IPv4) Version() int { return int(h[0] >> 4) }

// IHL is the length of the header in bytes.
func (h IPv4) IHL() int { return int(h[0]&0xf) * 4 }

// TOS is the traffic class: DSCP and ECN (RFC 2474, RFC 3168).
func (h IPv4) TOS() uint8 { return h[1] }

// DSCP is the upper six bits of the traffic class.
func (h IPv4) DSCP() uint8 { return h[1] >> 2 }

// ECN is the lower two bits of the traffic class.
func (h IPv4) ECN() uint8 { return h[1] & 3 }

// TotalLen is the length of the packet with its header in bytes.
func (h IPv4) TotalLen() int { return int(be16(h[2:])) }

// ID says which packet a fragment belongs to.
func (h IPv4) ID() uint16 { return be16(h[4:]) }

// RF is the reserved flag ("evil bit", RFC 3514).
func (h IPv4) RF() bool { return h[6]&0x80 != 0 }

// DF is "don't fragment".
func (h IPv4) DF() bool { return h[6]&0x40 != 0 }

// MF is "more fragments".
func (h IPv4) MF() bool { return h[6]&0x20 != 0 }

// FragOff is the raw word with the flags and the offset: iph->frag_off.
func (h IPv4) FragOff() uint16 { return be16(h[6:]) }

// FragOffset is where the payload lies in the whole packet, in bytes.
func (h IPv4) FragOffset() int { return int(be16(h[6:])&0x1fff) * 8 }

// IsFragment reports whether this is a part of a packet: ip_is_fragment.
func (h IPv4) IsFragment() bool { return be16(h[6:])&0x3fff != 0 }

// TTL is how many more routers the packet may pass.
func (h IPv4) TTL() uint8 { return h[8] }

// Proto is what follows the header.
func (h IPv4) Proto() Proto { return Proto(h[9]) }

// Checksum is the header checksum as sent.
func (h IPv4) Checksum() uint16 { return be16(h[10:]) }

// Src is the source address.
func (h IPv4) Src() IP4 { return getIP4(h[12:]) }

// Dst is the destination address.
func (h IPv4) Dst() IP4 { return getIP4(h[16:]) }

// Options is the options, empty when there are none.
func (h IPv4) Options() []byte { return h[IPv4MinLen:h.IHL()] }

// Payload is what follows the header, up to the total length or the end of h.
func (h IPv4) Payload() []byte {
	end := min(len(h), h.TotalLen())
	return h[h.IHL():max(end, h.IHL())]
}

// SetVersionIHL writes version 4 and the length of the header in bytes.
func (h IPv4) SetVersionIHL(bytes int) { h[0] = 4<<4 | byte(bytes/4)&0xf }

// SetTOS writes the traffic class.
func (h IPv4) SetTOS(v uint8) { h[1] = v }

// SetTotalLen writes the length of the packet in bytes.
func (h IPv4) SetTotalLen(n int) { put16(h[2:], uint16(n)) }

// SetID writes the identification.
func (h IPv4) SetID(v uint16) { put16(h[4:], v) }

// SetDF writes "don't fragment".
func (h IPv4) SetDF(on bool) { setBit(h[6:], 0x40, on) }

// SetMF writes "more fragments".
func (h IPv4) SetMF(on bool) { setBit(h[6:], 0x20, on) }

// SetFragOff writes the raw word with the flags and the offset.
func (h IPv4) SetFragOff(v uint16) { put16(h[6:], v) }

// SetFragOffset writes the offset in bytes, a multiple of 8, and keeps the flags.
func (h IPv4) SetFragOffset(bytes int) {
	put16(h[6:], be16(h[6:])&0xe000|uint16(bytes/8)&0x1fff)
}

// SetTTL writes the time to live; the checksum is left alone.
func (h IPv4) SetTTL(v uint8) { h[8] = v }

// SetProto writes the protocol.
func (h IPv4) SetProto(p Proto) { h[9] = byte(p) }

// SetChecksum writes the header checksum.
func (h IPv4) SetChecksum(v uint16) { put16(h[10:], v) }

// SetSrc writes the source address.
func (h IPv4) SetSrc(a IP4) { putIP4(h[12:], a) }

// SetDst writes the destination address.
func (h IPv4) SetDst(a IP4) { putIP4(h[16:], a) }

// DecreaseTTL takes one from the time to live, keeps the checksum right without
// summing the header again (RFC 1624) and returns the new time to live:
// ip_decrease_ttl.
func (h IPv4) DecreaseTTL() uint8 {
	c := uint32(h.Checksum()) + 0x0100
	if c >= 0xffff {
		c++
	}
	h.SetChecksum(uint16(c))
	h[8]--
	return h[8]
}

// ComputeChecksum writes the header checksum: ip_send_check.
func (h IPv4) ComputeChecksum() {
	put16(h[10:], 0)
	put16(h[10:], Fold(Checksum(h[:h.IHL()], 0)))
}

// ChecksumOK reports whether the header checksum is right: ip_fast_csum is 0.
func (h IPv4) ChecksumOK() bool { return Fold(Checksum(h[:h.IHL()], 0)) == 0 }

// SetECN writes the two ECN bits and keeps the checksum right.
func (h IPv4) SetECN(v uint8) {
	old := be16(h)
	h[1] = h[1]&^3 | v&3
	h.SetChecksum(Update16(h.Checksum(), old, be16(h)))
}

// IsMulticast reports whether a is in 224.0.0.0/4: ipv4_is_multicast.
func (a IP4) IsMulticast() bool { return a>>28 == 0xe }

// IsLoopback reports whether a is in 127.0.0.0/8: ipv4_is_loopback.
func (a IP4) IsLoopback() bool { return a>>24 == 127 }

// IsBroadcast reports whether a is 255.255.255.255: ipv4_is_lbcast.
func (a IP4) IsBroadcast() bool { return a == 0xffffffff }
