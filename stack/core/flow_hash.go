package core

import "github.com/packetwalk/packetwalk/stack/wire"

// FlowHash is skb_get_hash: a number of the packet's flow. The kernel's is keyed
// with a secret; here it is the same for the same addresses, protocol and ports.
func FlowHash(b *SKB) uint32 {
	h := uint32(2166136261)
	mix := func(p []byte) {
		for _, c := range p {
			h = (h ^ uint32(c)) * 16777619
		}
	}
	if b.Network < b.Offset() {
		return h
	}
	p := b.Data()[min(b.NetworkOffset(), b.HeadLen()):]
	proto, l4 := byte(0), 0
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		if len(p) < 20 {
			return h
		}
		mix(p[12:20])
		proto, l4 = p[9], int(p[0]&15)*4
		if p[6]&0x3f != 0 || p[7] != 0 { // a fragment has no ports
			proto = 0
		}
	case wire.EtherTypeIPv6:
		if len(p) < 40 {
			return h
		}
		mix(p[8:40])
		proto, l4 = p[6], 40
	}
	if (proto == 6 || proto == 17) && len(p) >= l4+4 {
		mix(p[l4 : l4+4])
	}
	h = (h ^ uint32(proto)) * 16777619
	h ^= h >> 15
	h *= 0x2c1b3c6d
	return h ^ h>>12
}
