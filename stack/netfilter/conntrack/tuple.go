package conntrack

import (
	"math/bits"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Tuple is struct nf_conntrack_tuple: what tells one direction of a
// connection from all others. Sport and Dport are ports in host order; of ICMP
// Sport is the identifier and Dport type<<8 | code; of other protocols both are
// 0. Tuples are comparable.
type Tuple struct {
	Src, Dst     wire.Addr
	Sport, Dport uint16
	Proto        uint8
	L3           core.Family // NFIPv4 or NFIPv6
}

// A Dir is a direction of a connection (enum ip_conntrack_dir).
type Dir uint8

// The two directions: that of the first packet, and that of the answers.
const (
	Original Dir = 0
	Reply    Dir = 1
)

// A Zone keeps connections apart that have the same tuples
// (struct nf_conntrack_zone).
type Zone struct {
	ID       uint16
	Dirs     uint8 // ZoneOrig, ZoneReply, or both; 0 is both
	FromMark bool  // the packet's mark is the id (NF_CT_FLAG_MARK)
}

// In which directions a zone's id counts (NF_CT_ZONE_DIR_*).
const (
	ZoneOrig  = 1 << Original
	ZoneReply = 1 << Reply
)

// Same is nf_ct_zone_equal: both have the same id in this direction.
func (z Zone) Same(w Zone, d Dir) bool { return z.in(d) == w.in(d) }

// in is nf_ct_zone_id.
func (z Zone) in(d Dir) uint16 {
	if z.Dirs == 0 || z.Dirs>>d&1 != 0 {
		return z.ID
	}
	return 0
}

// icmpInverse and icmp6Inverse give the type that answers a type, plus one.
var icmpInverse = [...]uint8{
	wire.ICMPEcho: uint8(wire.ICMPEchoReply) + 1, wire.ICMPEchoReply: uint8(wire.ICMPEcho) + 1,
	wire.ICMPTimestamp: uint8(wire.ICMPTimestampReply) + 1, wire.ICMPTimestampReply: uint8(wire.ICMPTimestamp) + 1,
	15: 16 + 1, 16: 15 + 1, // information request and reply
	wire.ICMPAddress: uint8(wire.ICMPAddressReply) + 1, wire.ICMPAddressReply: uint8(wire.ICMPAddress) + 1,
}

var icmp6Inverse = [...]uint8{
	0: 129 + 1, 1: 128 + 1, // echo request and reply
	139 - 128: 140 + 1, 140 - 128: 139 + 1, // node information
}

// Invert is nf_ct_invert_tuple: the tuple of the answers. It reports false for
// ICMP types that have no answer.
func (t *Tuple) Invert() (r Tuple, ok bool) {
	r = Tuple{Src: t.Dst, Dst: t.Src, Sport: t.Dport, Dport: t.Sport, Proto: t.Proto, L3: t.L3}
	typ := t.Dport >> 8
	switch wire.Proto(t.Proto) {
	case wire.ProtoICMP:
		if int(typ) >= len(icmpInverse) || icmpInverse[typ] == 0 {
			return r, false
		}
		r.Sport, r.Dport = t.Sport, uint16(icmpInverse[typ]-1)<<8|t.Dport&0xff
	case wire.ProtoICMPv6:
		if typ < 128 || int(typ-128) >= len(icmp6Inverse) || icmp6Inverse[typ-128] == 0 {
			return r, false
		}
		r.Sport, r.Dport = t.Sport, uint16(icmp6Inverse[typ-128]-1)<<8|t.Dport&0xff
	}
	return r, true
}

// hash is hash_conntrack_raw: where a tuple lies in the table.
func (t *Tuple) hash(seed uint64, zone uint16) uint32 {
	h := mix(t.Src.Lo^seed, t.Dst.Lo^0x9e3779b97f4a7c15)
	if t.L3 == core.NFIPv6 {
		h = mix(h^t.Src.Hi, t.Dst.Hi^0xd6e8feb86659fd93)
	}
	h = mix(h^(uint64(t.Sport)<<48|uint64(t.Dport)<<32|uint64(zone)<<16|uint64(t.Proto)), seed^0xa0761d6478bd642f)
	return uint32(h >> 32)
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b|1)
	return hi ^ lo
}

// header copies n bytes at an offset from the data pointer, or shows them in
// place (skb_header_pointer); nil if the packet is shorter. buf has room for n.
func header(b *core.SKB, off, n int, buf []byte) []byte {
	if off < 0 || n < 0 {
		return nil
	}
	if off+n <= b.HeadLen() {
		return b.Data()[off : off+n]
	}
	if off+n > b.Len() {
		return nil
	}
	b.CopyBits(off, buf[:n])
	return buf[:n]
}

// l4proto is get_l4proto: which protocol the packet whose IP header stands at
// off carries, and where. It reports false for a fragment that is not the first
// and for broken headers.
func l4proto(f core.Family, b *core.SKB, off int) (at int, proto uint8, ok bool) {
	var buf [wire.IPv6Len]byte
	switch f {
	case core.NFIPv4:
		h := wire.IPv4(header(b, off, wire.IPv4MinLen, buf[:]))
		if h == nil || h.FragOffset() != 0 {
			return 0, 0, false
		}
		at = off + h.IHL()
		return at, uint8(h.Proto()), at <= b.Len() && at > 0
	case core.NFIPv6:
		h := wire.IPv6(header(b, off, wire.IPv6Len, buf[:]))
		if h == nil {
			return 0, 0, false
		}
		p, at, ok := skipExt(b, off+wire.IPv6Len, h.NextHeader())
		return at, uint8(p), ok
	}
	return 0, 0, false
}

// skipExt is ipv6_skip_exthdr on a packet that may lie in pieces. It reports
// false for fragments behind the first.
func skipExt(b *core.SKB, off int, next wire.Proto) (wire.Proto, int, bool) {
	if !next.IsExtension() {
		return next, off, off <= b.Len()
	}
	p := b.Data()
	if len(p) < b.Len() {
		p = make([]byte, min(b.Len(), off+512))
		b.CopyBits(0, p)
	}
	if off > len(p) {
		return 0, 0, false
	}
	proto, at, frag, ok := wire.SkipExtensions(p[off:], next)
	return proto, off + at, ok && frag&^7 == 0
}

// tupleAt is nf_ct_get_tuple: the tuple of the packet whose headers stand at
// nhoff and dataoff.
func tupleAt(b *core.SKB, nhoff, dataoff int, f core.Family, proto uint8) (t Tuple, ok bool) {
	var buf [wire.IPv6Len]byte
	t.L3, t.Proto = f, proto
	if f == core.NFIPv4 {
		h := wire.IPv4(header(b, nhoff, wire.IPv4MinLen, buf[:]))
		if h == nil {
			return t, false
		}
		t.Src, t.Dst = h.Src().Addr(), h.Dst().Addr()
	} else {
		h := wire.IPv6(header(b, nhoff, wire.IPv6Len, buf[:]))
		if h == nil {
			return t, false
		}
		t.Src, t.Dst = h.Src(), h.Dst()
	}
	switch wire.Proto(proto) {
	case wire.ProtoICMP, wire.ProtoICMPv6:
		h := header(b, dataoff, wire.ICMPLen, buf[:])
		if h == nil {
			return t, false
		}
		t.Sport, t.Dport = be16(h[4:]), be16(h)
	case wire.ProtoGRE:
		// Only PPTP's GRE (version 1) has a key that tells connections apart.
		h := header(b, dataoff, 4, buf[:])
		if h == nil || h[1]&7 != 1 {
			break
		}
		h = header(b, dataoff, 8, buf[:])
		if h == nil || be16(h[2:]) != 0x880b {
			return t, false
		}
		t.Dport = be16(h[6:])
	case wire.ProtoTCP, wire.ProtoUDP, protoUDPLite, protoSCTP:
		h := header(b, dataoff, 4, buf[:])
		if h == nil {
			return t, false
		}
		t.Sport, t.Dport = be16(h), be16(h[2:])
	}
	return t, true
}

// Protocols with ports that the model does not speak itself. (Since Linux 6.16
// DCCP is one of those that conntrack knows nothing of.)
const (
	protoSCTP    wire.Proto = 132
	protoUDPLite wire.Proto = 136
)

// HasPorts reports whether the tuple's Sport and Dport are ports.
func (t *Tuple) HasPorts() bool {
	switch wire.Proto(t.Proto) {
	case wire.ProtoTCP, wire.ProtoUDP, protoUDPLite, protoSCTP:
		return true
	}
	return false
}

// IsICMP reports whether Sport is an ICMP identifier, and Dport type and code.
func (t *Tuple) IsICMP() bool {
	return t.Proto == uint8(wire.ProtoICMP) || t.Proto == uint8(wire.ProtoICMPv6)
}

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }
func be32(b []byte) uint32 { return uint32(be16(b))<<16 | uint32(be16(b[2:])) }

// TupleOf is nf_ct_get_tuplepr: what the packet's headers say of its connection,
// tracked or not. It reports false for later fragments and broken packets.
func TupleOf(b *core.SKB, f core.Family) (t Tuple, ok bool) {
	off := b.NetworkOffset()
	at, proto, ok := l4proto(f, b, off)
	if !ok {
		return t, false
	}
	return tupleAt(b, off, at, f, proto)
}
