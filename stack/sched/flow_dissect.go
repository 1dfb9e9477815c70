package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/core/flow_dissector.c (__skb_flow_dissect), as cls_flower
// calls it: it stops before what is encapsulated.

// flowKeys are a packet's values of the fields that flower knows. What a packet does
// not have is 0.
type flowKeys struct {
	v    [numFlowerFields][16]byte
	have uint64 // fields that the packet has, a bit each
}

// of is the packet's value of a field. Ranges compare ports.
func (k *flowKeys) of(f FlowerField) *[16]byte {
	switch f {
	case FlowerDportRange:
		f = FlowerDport
	case FlowerSportRange:
		f = FlowerSport
	}
	return &k.v[f]
}

func (k *flowKeys) has(f FlowerField) bool { return k.have>>f&1 != 0 }

func (k *flowKeys) set(f FlowerField, p []byte) {
	copy(k.v[f][:], p)
	k.have |= 1 << f
}

func (k *flowKeys) num(f FlowerField, v uint32) {
	n := f.Size()
	for i := range n {
		k.v[f][i] = byte(v >> (8 * (n - 1 - i)))
	}
	k.have |= 1 << f
}

// bytes is skb_header_pointer: n bytes at an offset from the data pointer, nil if the
// packet has not so many.
func bytesAt(b *core.SKB, off, n int, buf []byte) []byte {
	switch {
	case off < 0 && -off > b.Headroom():
		return nil
	case off+n <= b.HeadLen():
		return b.From(b.Offset() + off)[:n]
	case off >= 0 && b.CopyBits(off, buf[:n]) == n:
		return buf[:n]
	}
	return nil
}

// Address types (FLOW_DISSECTOR_KEY_IPV4_ADDRS …).
const (
	FlowerAddr4 = 2
	FlowerAddr6 = 3
)

// dissect is __skb_flow_dissect.
func (k *flowKeys) dissect(b *core.SKB) {
	var buf [40]byte
	k.num(FlowerIndev, uint32(b.IIF))
	k.ct(b)
	if b.MAC >= 0 {
		if p := bytesAt(b, b.MAC-b.Offset(), wire.EthernetLen, buf[:]); p != nil {
			k.set(FlowerEthDst, p[:6])
			k.set(FlowerEthSrc, p[6:12])
		}
	}
	proto, at, tags := b.Protocol, b.NetworkOffset(), 0
	if b.VlanPresent {
		k.tag(0x8100, b.VlanTCI, proto)
		tags++
	}
	for wire.EtherType(proto) == wire.EtherTypeVLAN || wire.EtherType(proto) == wire.EtherTypeQinQ {
		p := bytesAt(b, at, wire.VLANTagLen, buf[:])
		if p == nil {
			break
		}
		tci, inner := uint16(p[0])<<8|uint16(p[1]), uint16(p[2])<<8|uint16(p[3])
		if tags == 0 {
			k.tag(proto, tci, inner)
		}
		tags++
		proto, at = inner, at+wire.VLANTagLen
		if tags > 8 {
			break
		}
	}
	k.num(FlowerNumVlans, uint32(tags))
	k.num(FlowerEthType, uint32(proto))
	switch wire.EtherType(proto) {
	case wire.EtherTypeIPv4:
		k.ipv4(b, at)
	case wire.EtherTypeIPv6:
		k.ipv6(b, at)
	case wire.EtherTypeARP, 0x8035:
		k.arp(b, at)
	}
}

func (k *flowKeys) tag(tpid, tci, inner uint16) {
	k.num(FlowerVlanTPID, uint32(tpid))
	k.num(FlowerVlanID, uint32(tci&0xfff))
	k.num(FlowerVlanPrio, uint32(tci>>13))
	k.num(FlowerVlanEthType, uint32(inner))
}

// ct is skb_flow_dissect_ct.
func (k *flowKeys) ct(b *core.SKB) {
	if b.NFCT == nil {
		return
	}
	states := [...]uint32{FlowerCTEstablished, FlowerCTRelated, FlowerCTNew, FlowerCTEstablished | FlowerCTReply, FlowerCTRelated | FlowerCTReply}
	if int(b.CTInfo) < len(states) {
		k.num(FlowerCTState, states[b.CTInfo]|FlowerCTTracked)
	}
}

func (k *flowKeys) ipv4(b *core.SKB, at int) {
	var buf [wire.IPv4MinLen]byte
	p := bytesAt(b, at, wire.IPv4MinLen, buf[:])
	if p == nil || p[0]&15 < 5 {
		return
	}
	k.num(FlowerIPProto, uint32(p[9]))
	k.num(FlowerAddrType, FlowerAddr4)
	k.set(FlowerIP4Src, p[12:16])
	k.set(FlowerIP4Dst, p[16:20])
	k.num(FlowerTOS, uint32(p[1]))
	k.num(FlowerTTL, uint32(p[8]))
	flags := uint32(0)
	frag := uint16(p[6])<<8 | uint16(p[7])
	proto, l4 := p[9], at+int(p[0]&15)*4
	if frag&0x3fff != 0 {
		flags = FlowerFrag
		if frag&0x1fff == 0 {
			flags |= FlowerFirstFrag
		}
	}
	k.num(FlowerIPFlags, flags)
	if flags == 0 {
		k.l4(b, proto, l4)
	}
}

func (k *flowKeys) ipv6(b *core.SKB, at int) {
	var buf [wire.IPv6Len]byte
	p := bytesAt(b, at, wire.IPv6Len, buf[:])
	if p == nil {
		return
	}
	k.num(FlowerAddrType, FlowerAddr6)
	k.set(FlowerIP6Src, p[8:24])
	k.set(FlowerIP6Dst, p[24:40])
	k.num(FlowerTOS, uint32(p[0]&15)<<4|uint32(p[1]>>4))
	k.num(FlowerTTL, uint32(p[7]))
	next, l4, flags := p[6], at+wire.IPv6Len, uint32(0)
	for range 15 {
		more := false
		switch next {
		case 0, 43, 60: // hop by hop, routing, destination options
			if v, ok := word(b, l4, 2); ok {
				next, l4, more = uint8(v>>8), l4+int(v&0xff)*8+8, true
			}
		case 44:
			if v, ok := word(b, l4, 4); ok {
				next, l4, flags = uint8(v>>24), l4+8, FlowerFrag
				if v&0xfff8 == 0 {
					flags |= FlowerFirstFrag
				}
			}
		}
		if !more {
			break
		}
	}
	k.num(FlowerIPProto, uint32(next))
	k.num(FlowerIPFlags, flags)
	if flags == 0 {
		k.l4(b, next, l4)
	}
}

// l4 reads ports, TCP's flags, or type and code.
func (k *flowKeys) l4(b *core.SKB, proto uint8, at int) {
	switch proto {
	case 1, 58:
		if v, ok := word(b, at, 2); ok {
			k.num(FlowerICMPType, v>>8)
			k.num(FlowerICMPCode, v&0xff)
		}
		return
	case 51:
		at += 4
	case 6, 17, 33, 50, 132, 136:
	default:
		return
	}
	if v, ok := word(b, at, 4); ok {
		k.num(FlowerSport, v>>16)
		k.num(FlowerDport, v&0xffff)
	}
	if proto == 6 {
		if v, ok := word(b, at+12, 2); ok {
			if _, whole := word(b, at+16, 4); whole {
				k.num(FlowerTCPFlags, v&0xfff)
			}
		}
	}
}

// arp is __skb_flow_dissect_arp: Ethernet and IPv4 only.
func (k *flowKeys) arp(b *core.SKB, at int) {
	var buf [28]byte
	p := bytesAt(b, at, 28, buf[:])
	if p == nil || num(p[:6]) != 0x000108000604 || p[6] != 0 {
		return
	}
	k.num(FlowerARPOp, uint32(p[7]))
	k.set(FlowerARPSha, p[8:14])
	k.set(FlowerARPSip, p[14:18])
	k.set(FlowerARPTha, p[18:24])
	k.set(FlowerARPTip, p[24:28])
}
