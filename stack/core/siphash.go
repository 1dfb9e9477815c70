package core

import (
	"encoding/binary"
	"math/bits"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// SipHash is siphash() for other packages.
func SipHash(k0, k1 uint64, data []byte) uint64 { return siphash(k0, k1, data) }

// siphash is siphash(): SipHash-2-4 of bytes under a key of two words
// (lib/siphash.c; Aumasson and Bernstein, 2012).
func siphash(k0, k1 uint64, data []byte) uint64 {
	v := [4]uint64{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573}
	last := uint64(len(data)) << 56
	for ; len(data) >= 8; data = data[8:] {
		m := binary.LittleEndian.Uint64(data)
		v[3] ^= m
		sipround(&v)
		sipround(&v)
		v[0] ^= m
	}
	for i, c := range data {
		last |= uint64(c) << (8 * i)
	}
	v[3] ^= last
	sipround(&v)
	sipround(&v)
	v[0] ^= last
	v[2] ^= 0xff
	for range 4 {
		sipround(&v)
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3]
}

// sipround is SIPHASH_PERMUTATION.
func sipround(v *[4]uint64) {
	v[0] += v[1]
	v[1] = bits.RotateLeft64(v[1], 13) ^ v[0]
	v[0] = bits.RotateLeft64(v[0], 32)
	v[2] += v[3]
	v[3] = bits.RotateLeft64(v[3], 16) ^ v[2]
	v[0] += v[3]
	v[3] = bits.RotateLeft64(v[3], 21) ^ v[0]
	v[2] += v[1]
	v[1] = bits.RotateLeft64(v[1], 17) ^ v[2]
	v[2] = bits.RotateLeft64(v[2], 32)
}

// FlowKeys are struct flow_keys: what the hash of a flow is made of. Fields that
// shall not count are zero.
type FlowKeys struct {
	Saddr, Daddr wire.Addr
	Proto        uint8
	FlowLabel    uint32
	Sport, Dport uint16
}

// Hash is flow_hash_from_keys_seed with the key that
// fib_multipath_hash_construct_key makes of a seed: the same for both directions
// of a flow, for what is less comes first (as the bytes lie in memory of a
// little-endian machine). The places of the fields are those of struct
// flow_keys from its member basic on; what it has besides stays zero.
func (k FlowKeys) Hash(seed uint32) uint32 {
	var b [72]byte
	b[2] = k.Proto
	binary.BigEndian.PutUint32(b[4:], k.FlowLabel)
	if bits.ReverseBytes16(k.Dport) < bits.ReverseBytes16(k.Sport) {
		k.Sport, k.Dport = k.Dport, k.Sport
	}
	binary.BigEndian.PutUint16(b[28:], k.Sport)
	binary.BigEndian.PutUint16(b[30:], k.Dport)
	n := len(b)
	if k.Saddr.Is4() || k.Daddr.Is4() {
		src, dst := uint32(k.Saddr.IP4()), uint32(k.Daddr.IP4())
		if bits.ReverseBytes32(dst) < bits.ReverseBytes32(src) {
			src, dst = dst, src
		}
		binary.BigEndian.PutUint32(b[36:], src)
		binary.BigEndian.PutUint32(b[40:], dst)
		n = 48
	} else {
		if k.Daddr.Hi < k.Saddr.Hi || k.Daddr.Hi == k.Saddr.Hi && k.Daddr.Lo < k.Saddr.Lo {
			k.Saddr, k.Daddr = k.Daddr, k.Saddr
		}
		for i, w := range [4]uint64{k.Saddr.Hi, k.Saddr.Lo, k.Daddr.Hi, k.Daddr.Lo} {
			binary.BigEndian.PutUint64(b[36+8*i:], w)
		}
	}
	key := uint64(seed)<<32 | uint64(seed)
	return max(1, uint32(siphash(key, key, b[:n])))
}
