package wire

import (
	"encoding/binary"
	"math/bits"
)

// Checksum adds b to the running sum initial and returns the new sum, not yet
// complemented: csum_partial. Words are in network order; an odd last byte is
// the high half of a word (RFC 1071 §1). Only the last part of a packet may
// have an odd length. Close the sum with [Fold].
//
// To verify a packet with its checksum in place: Fold(Checksum(b, 0)) == 0.
func Checksum(b []byte, initial uint32) uint32 {
	// The sum is kept in little-endian words, which machines load fastest, and
	// swapped at the end: the sum does not depend on byte order (RFC 1071 §2.B).
	var s, c uint64
	for len(b) >= 64 {
		p := (*[64]byte)(b)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[0:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[8:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[16:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[24:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[32:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[40:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[48:]), c)
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(p[56:]), c)
		b = b[64:]
	}
	for len(b) >= 8 {
		s, c = bits.Add64(s, binary.LittleEndian.Uint64(b), c)
		b = b[8:]
	}
	if len(b) > 0 {
		var tail uint64
		for i, x := range b {
			tail |= uint64(x) << (8 * i)
		}
		s, c = bits.Add64(s, tail, c)
	}
	// The last carry may carry once more, but then it leaves a zero behind.
	s, c = bits.Add64(s, 0, c)
	s += c
	s = s>>32 + s&0xffffffff
	s = s>>32 + s&0xffffffff
	r := uint32(s)
	r = r>>16 + r&0xffff
	r = r>>16 + r&0xffff
	return Add(initial, uint32(bits.ReverseBytes16(uint16(r))))
}

// Fold closes a running sum: it adds the two halves and complements them.
// csum_fold.
func Fold(sum uint32) uint16 {
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	return ^uint16(sum)
}

// Add returns the sum of two running sums with end-around carry: csum_add.
func Add(a, b uint32) uint32 {
	s, c := bits.Add32(a, b, 0)
	return s + c
}

// Sub takes part out of a running sum: csum_sub. A part that starts at an odd
// offset must be rotated first; see [Rotate].
func Sub(sum, part uint32) uint32 { return Add(sum, ^part) }

// Rotate turns the sum of a block into its sum at an odd offset of a packet
// (csum_shift with an odd offset).
func Rotate(sum uint32) uint32 { return bits.RotateLeft32(sum, 8) }

// Update16 returns the checksum check after one 16-bit word of the packet went
// from old to new (RFC 1624 §3, equation 3): csum_replace2.
func Update16(check, old, new uint16) uint16 {
	return Fold(uint32(^check) + uint32(^old) + uint32(new))
}

// Update32 is [Update16] for a 32-bit field such as an IPv4 address:
// csum_replace4.
func Update32(check uint16, old, new uint32) uint16 {
	s := uint32(^check) + ^old>>16 + ^old&0xffff + new>>16 + new&0xffff
	return Fold(s)
}

// UpdateAddr is [Update16] for an IPv6 address.
func UpdateAddr(check uint16, old, new Addr) uint16 {
	check = Update32(check, uint32(old.Hi>>32), uint32(new.Hi>>32))
	check = Update32(check, uint32(old.Hi), uint32(new.Hi))
	check = Update32(check, uint32(old.Lo>>32), uint32(new.Lo>>32))
	return Update32(check, uint32(old.Lo), uint32(new.Lo))
}

// PseudoHeader4 is the running sum of the IPv4 pseudo header of TCP and UDP
// (RFC 9293 §3.1, RFC 768); length is that of header and data in bytes.
// csum_tcpudp_nofold.
func PseudoHeader4(src, dst IP4, proto Proto, length int) uint32 {
	s := uint64(src) + uint64(dst) + uint64(proto) + uint64(uint32(length))
	s = s>>32 + s&0xffffffff
	return uint32(s>>32 + s&0xffffffff)
}

// PseudoHeader6 is the running sum of the IPv6 pseudo header (RFC 8200 §8.1);
// length is that of the upper layer's header and data in bytes. csum_ipv6_magic.
func PseudoHeader6(src, dst Addr, proto Proto, length int) uint32 {
	s, c := bits.Add64(src.Hi, src.Lo, 0)
	s, c = bits.Add64(s, dst.Hi, c)
	s, c = bits.Add64(s, dst.Lo, c)
	s, c = bits.Add64(s, uint64(proto)+uint64(uint32(length)), c)
	s, c = bits.Add64(s, 0, c)
	s += c
	s = s>>32 + s&0xffffffff
	return uint32(s>>32 + s&0xffffffff)
}
