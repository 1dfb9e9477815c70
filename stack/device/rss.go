package device

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// rssKey is the key of the Microsoft RSS specification, which its test vectors
// use. (A real card gets a random one from netdev_rss_key_fill; a fixed one
// keeps walks repeatable.)
var rssKey = [40]byte{
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
	0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
}

// rssTable has the hash of every byte value at every place: the Toeplitz hash
// of an input is the exclusive or of its bytes' hashes.
var rssTable = makeRSSTable(&rssKey)

func makeRSSTable(key *[40]byte) *[36][256]uint32 {
	t := new([36][256]uint32)
	for i := range t {
		window := uint64(0)
		for k := range 5 {
			window = window<<8 | uint64(key[(i+k)%40])
		}
		for v := range 256 {
			for bit := range 8 {
				if v&(0x80>>bit) != 0 {
					t[i][v] ^= uint32(window >> (8 - bit))
				}
			}
		}
	}
	return t
}

// Toeplitz is the hash of the RSS specification over an input of up to 36
// bytes: source address, destination address, source port, destination port.
func Toeplitz(in []byte) uint32 {
	h := uint32(0)
	for i, v := range in {
		h ^= rssTable[i][v]
	}
	return h
}

// rssHash is what the card hashes of a frame: addresses, and the ports of TCP
// segments that are no fragments (E1000_MRQC_RSS_FIELD_*; UDP ports are not
// used by default). 0 for anything that is not IP.
func rssHash(f []byte, typ wire.EtherType, off int) uint32 {
	var in [36]byte
	n := 0
	p := f[min(off, len(f)):]
	switch typ {
	case wire.EtherTypeIPv4:
		ip := wire.IPv4(p)
		if !ip.Valid() {
			return 0
		}
		n = copy(in[:], p[12:20])
		if ip.Proto() == wire.ProtoTCP && !ip.IsFragment() && len(p) >= ip.IHL()+4 {
			n += copy(in[n:], p[ip.IHL():ip.IHL()+4])
		}
	case wire.EtherTypeIPv6:
		ip := wire.IPv6(p)
		if !ip.Valid() {
			return 0
		}
		n = copy(in[:], p[8:40])
		if ip.NextHeader() == wire.ProtoTCP && len(p) >= 44 {
			n += copy(in[n:], p[40:44])
		}
	default:
		return 0
	}
	return Toeplitz(in[:n])
}

// reta is the size of the card's indirection table (IGB_RETA_SIZE).
const reta = 128

// rssQueue is the receive queue that the indirection table gives a hash.
func rssQueue(hash uint32, queues int) int { return int(hash%reta) * queues / reta }

// checksumSeen is what the card says about a frame's checksums: verified when
// those of the IPv4 header and of TCP or UDP are there and right.
func checksumSeen(f []byte, typ wire.EtherType, off int) bool {
	p := f[min(off, len(f)):]
	switch typ {
	case wire.EtherTypeIPv4:
		ip := wire.IPv4(p)
		if !ip.Valid() || !ip.ChecksumOK() || ip.IsFragment() || ip.TotalLen() > len(p) || ip.TotalLen() < ip.IHL() {
			return false
		}
		l4 := ip.Payload()
		return l4Seen(l4, ip.Proto(), wire.PseudoHeader4(ip.Src(), ip.Dst(), ip.Proto(), len(l4)))
	case wire.EtherTypeIPv6:
		ip := wire.IPv6(p)
		if !ip.Valid() || wire.IPv6Len+ip.PayloadLen() > len(p) {
			return false
		}
		l4 := ip.Payload()
		return l4Seen(l4, ip.NextHeader(), wire.PseudoHeader6(ip.Src(), ip.Dst(), ip.NextHeader(), len(l4)))
	}
	return false
}

func l4Seen(l4 []byte, proto wire.Proto, pseudo uint32) bool {
	switch proto {
	case wire.ProtoTCP:
		return len(l4) >= wire.TCPMinLen && wire.Fold(wire.Checksum(l4, pseudo)) == 0
	case wire.ProtoUDP:
		return len(l4) >= wire.UDPLen && binary.BigEndian.Uint16(l4[6:]) != 0 && wire.Fold(wire.Checksum(l4, pseudo)) == 0
	}
	return false
}
