package wire

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// An IP4 is an IPv4 address in host order: 10.0.0.1 is 0x0a000001.
type IP4 uint32

// An Addr is an IPv6 address, or an IPv4 one in its mapped form
// (::ffff:a.b.c.d, RFC 4291 §2.5.5.2). The zero value is ::, "no address".
// It is plain data: it can be compared, be a map key, and be copied.
type Addr struct{ Hi, Lo uint64 }

const mapped = 0xffff << 32

// Addr returns a in mapped form.
func (a IP4) Addr() Addr { return Addr{0, mapped | uint64(a)} }

func (a IP4) String() string { return a.Addr().String() }

// Is4 reports whether a is an IPv4 address in mapped form.
func (a Addr) Is4() bool { return a.Hi == 0 && a.Lo>>32 == 0xffff }

// IP4 returns the IPv4 address of a mapped Addr: its low 32 bits.
func (a Addr) IP4() IP4 { return IP4(a.Lo) }

// IsZero reports whether a is ::.
func (a Addr) IsZero() bool { return a == Addr{} }

// AddrFrom16 reads an IPv6 address from 16 bytes in network order.
func AddrFrom16(b []byte) Addr {
	return Addr{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

// Put16 writes a to 16 bytes in network order.
func (a Addr) Put16(b []byte) {
	binary.BigEndian.PutUint64(b, a.Hi)
	binary.BigEndian.PutUint64(b[8:], a.Lo)
}

// Netip returns a as a netip.Addr, unmapped.
func (a Addr) Netip() netip.Addr {
	var b [16]byte
	a.Put16(b[:])
	return netip.AddrFrom16(b).Unmap()
}

// FromNetip returns a as an Addr; zones are dropped.
func FromNetip(a netip.Addr) Addr {
	b := a.As16()
	return AddrFrom16(b[:])
}

func (a Addr) String() string { return a.Netip().String() }

// Mask keeps the first n bits of a (of 128) and clears the rest.
func (a Addr) Mask(n int) Addr {
	switch {
	case n <= 0:
		return Addr{}
	case n < 64:
		return Addr{a.Hi &^ (1<<(64-n) - 1), 0}
	case n == 64:
		return Addr{a.Hi, 0}
	case n < 128:
		return Addr{a.Hi, a.Lo &^ (1<<(128-n) - 1)}
	}
	return a
}

// Mask keeps the first n bits of a (of 32) and clears the rest.
func (a IP4) Mask(n int) IP4 {
	if n <= 0 {
		return 0
	}
	return a &^ (1<<(32-min(n, 32)) - 1)
}

// CommonPrefix returns how many leading bits a and b share.
func (a Addr) CommonPrefix(b Addr) int {
	if x := a.Hi ^ b.Hi; x != 0 {
		return bits.LeadingZeros64(x)
	}
	return 64 + bits.LeadingZeros64(a.Lo^b.Lo)
}

// A MAC is an Ethernet address in its low 48 bits, first octet highest.
type MAC uint64

// Broadcast is ff:ff:ff:ff:ff:ff.
const Broadcast MAC = 0xffffffffffff

// MACFrom reads an Ethernet address from 6 bytes.
func MACFrom(b []byte) MAC {
	return MAC(binary.BigEndian.Uint16(b))<<32 | MAC(binary.BigEndian.Uint32(b[2:]))
}

// Put writes m to 6 bytes.
func (m MAC) Put(b []byte) {
	binary.BigEndian.PutUint16(b, uint16(m>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(m))
}

// IsMulticast reports whether the group bit is set; broadcast is a group too.
func (m MAC) IsMulticast() bool { return m>>40&1 != 0 }

func (m MAC) String() string { return string(m.AppendTo(make([]byte, 0, 17))) }

// AppendTo appends that form to b.
func (m MAC) AppendTo(b []byte) []byte {
	const hex = "0123456789abcdef"
	for i := 40; i >= 0; i -= 8 {
		o := byte(m >> i)
		b = append(b, hex[o>>4], hex[o&15])
		if i > 0 {
			b = append(b, ':')
		}
	}
	return b
}

// netip16 is a as a netip.Addr of 16 bytes, still mapped if it was.
func (a Addr) netip16() netip.Addr {
	var b [16]byte
	a.Put16(b[:])
	return netip.AddrFrom16(b)
}
