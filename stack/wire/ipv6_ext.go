package wire

// Ext is an IPv6 extension header in its common form: next header and length
// (RFC 8200 §4; struct ipv6_opt_hdr). Hop-by-hop and destination options are
// of this form with options behind it; the fragment header is not.
type Ext []byte

// ExtMinLen is the smallest extension header in bytes.
const ExtMinLen = 8

// Len is the length of the header in bytes: ipv6_optlen.
func (h Ext) Len() int { return int(h[1])*8 + 8 }

// HopByHop is a hop-by-hop options header (RFC 8200 §4.3).
type HopByHop = Ext

// DestOpts is a destination options header (RFC 8200 §4.6).
type DestOpts = Ext

// IPv6 options (RFC 8200 §4.2, RFC 2711, RFC 2675).
const (
	IPv6OptPad1        = 0
	IPv6OptPadN        = 1
	IPv6OptRouterAlert = 5
	IPv6OptJumbo       = 0xc2
	IPv6OptHomeAddress = 0xc9
)

// Routing is a routing header (RFC 8200 §4.4; struct ipv6_rt_hdr).
type Routing []byte

// Len is the length of the header in bytes.
func (h Routing) Len() int { return Ext(h).Len() }

// Type is the kind of routing header; 4 is segment routing.
func (h Routing) Type() uint8 { return h[2] }

// SegmentsLeft is how many listed nodes are still to be visited.
func (h Routing) SegmentsLeft() uint8 { return h[3] }

// FragmentLen is the length of a fragment header in bytes.
const FragmentLen = 8

// Fragment is an IPv6 fragment header (RFC 8200 §4.5; struct frag_hdr).
type Fragment []byte

// Valid reports whether the header is whole.
func (h Fragment) Valid() bool { return len(h) >= FragmentLen }

// NextHeader is what follows in the whole packet.
func (h Fragment) NextHeader() Proto { return Proto(h[0]) }

// Offset is where the payload lies in the fragmentable part, in bytes.
func (h Fragment) Offset() int { return int(be16(h[2:]) &^ 7) }

// MF is "more fragments".
func (h Fragment) MF() bool { return h[3]&1 != 0 }

// ID says which packet the fragment belongs to.
func (h Fragment) ID() uint32 { return be32(h[4:]) }

// Put writes the whole header; offset is in bytes, a multiple of 8.
func (h Fragment) Put(next Proto, offset int, more bool, id uint32) {
	h[0], h[1] = byte(next), 0
	put16(h[2:], uint16(offset)&^7)
	setBit(h[3:], 1, more)
	put32(h[4:], id)
}

// AH is an authentication header (RFC 4302 §2).
type AH []byte

// AHMinLen is the smallest authentication header in bytes.
const AHMinLen = 12

// Valid reports whether the header is whole.
func (h AH) Valid() bool {
	return len(h) >= AHMinLen && h.Len() >= AHMinLen && h.Len() <= len(h)
}

// NextHeader is what follows.
func (h AH) NextHeader() Proto { return Proto(h[0]) }

// Len is the length of the header in bytes: ipv6_authlen.
func (h AH) Len() int { return (int(h[1]) + 2) * 4 }

// SPI is the security parameters index.
func (h AH) SPI() uint32 { return be32(h[4:]) }

// Seq is the sequence number.
func (h AH) Seq() uint32 { return be32(h[8:]) }

// SkipExtensions walks over extension headers in b, whose first is of kind
// next, and returns the upper protocol and its offset: ipv6_skip_exthdr.
// fragOff is the raw offset word of the last fragment header. The walk stops
// behind a fragment header that is not the first, with the protocol of the
// whole packet. ok is false when the packet is cut or ends in "no next header".
func SkipExtensions(b []byte, next Proto) (p Proto, off int, fragOff uint16, ok bool) {
	for next.IsExtension() {
		if next == ProtoNone || off+ExtMinLen > len(b) {
			return next, off, fragOff, false
		}
		h := b[off:]
		n := Ext(h).Len()
		switch next {
		case ProtoFragment:
			fragOff = be16(h[2:])
			if fragOff&^7 != 0 {
				return Proto(h[0]), off + FragmentLen, fragOff, true
			}
			n = FragmentLen
		case ProtoAH:
			n = AH(h).Len()
		}
		if off+n > len(b) {
			return next, off, fragOff, false
		}
		next = Proto(h[0])
		off += n
	}
	return next, off, fragOff, true
}
