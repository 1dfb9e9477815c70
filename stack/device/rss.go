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
// segments that are no fragments (E1000_MRQC_RSS_FIELD_*), of UDP if it was asked to
// (ethtool -N DEV rx-flow-hash). 0 for anything that is not IP.
func (n *rss) rssHash(f []byte, typ wire.EtherType, off int) uint32 {
	var in [36]byte
	k := 0
	p := f[min(off, len(f)):]
	switch typ {
	case wire.EtherTypeIPv4:
		ip := wire.IPv4(p)
		if !ip.Valid() {
			return 0
		}
		k = copy(in[:], p[12:20])
		if n.hashesPorts(ip.Proto(), false) && !ip.IsFragment() && len(p) >= ip.IHL()+4 {
			k += copy(in[k:], p[ip.IHL():ip.IHL()+4])
		}
	case wire.EtherTypeIPv6:
		ip := wire.IPv6(p)
		if !ip.Valid() {
			return 0
		}
		k = copy(in[:], p[8:40])
		if n.hashesPorts(ip.NextHeader(), true) && len(p) >= 44 {
			k += copy(in[k:], p[40:44])
		}
	default:
		return 0
	}
	return Toeplitz(in[:k])
}

// RetaSize is how many places the card's indirection table has (IGB_RETA_SIZE).
const RetaSize = 128

// An rss is how the card spreads what comes in over its queues.
type rss struct {
	table  [RetaSize]uint8 // RETA: the last bits of a hash name a place, the place a queue
	made   int             // for so many queues (rss_indir_tbl_init)
	udp    [2]bool         // the ports of UDP count, over IPv4 and over IPv6 (IGB_FLAG_RSS_FIELD_IPV4_UDP …)
	byUser bool            // the user has set the table (IFF_RXFH_CONFIGURED)
}

// queue is the receive queue that the indirection table gives a hash.
func (n *rss) queue(hash uint32) int { return int(n.table[hash%RetaSize]) }

func (n *rss) hashesPorts(p wire.Proto, v6 bool) bool {
	return p == wire.ProtoTCP || p == wire.ProtoUDP && n.HashUDP(v6)
}

// HashUDP reports whether the card hashes the ports of UDP (ethtool -n DEV rx-flow-hash
// udp4).
func (n *rss) HashUDP(v6 bool) bool {
	if v6 {
		return n.udp[1]
	}
	return n.udp[0]
}

// HashUDP: see rss.HashUDP.
func (n *NIC) HashUDP(v6 bool) bool { return n.rss.HashUDP(v6) }

// SetHashUDP is igb_set_rss_hash_opt for UDP.
func (n *NIC) SetHashUDP(v6, on bool) {
	if v6 {
		n.rss.udp[1] = on
	} else {
		n.rss.udp[0] = on
	}
}

// setupMRQC is igb_setup_mrqc: a table for another number of queues than this one is
// made anew, each queue one run of places.
func (n *NIC) setupMRQC() {
	q := len(n.vector)
	if n.rss.made == q {
		return
	}
	for i := range n.rss.table {
		n.rss.table[i] = uint8(i * q / RetaSize)
	}
	n.rss.made = q
}

// Indirection is igb_get_rxfh: the indirection table, and whether the user has set it.
func (n *NIC) Indirection() (table [RetaSize]uint8, byUser bool) { return n.rss.table, n.rss.byUser }

// SetIndirection is igb_set_rxfh: a table of queues. It reports false, and changes
// nothing, if one of them is not in use (EINVAL). byUser: it is not the kernel's own.
func (n *NIC) SetIndirection(table *[RetaSize]uint8, byUser bool) bool {
	for _, q := range table {
		if int(q) >= len(n.vector) {
			return false
		}
	}
	n.rss.table, n.rss.byUser = *table, byUser
	return true
}

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
