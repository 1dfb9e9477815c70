package core

import "github.com/packetwalk/packetwalk/stack/wire"

// FlowHash is skb_get_hash (___skb_get_hash, __flow_hash_from_keys): a number of the
// packet's flow, the same for both directions, as RPS has to find the CPU of a
// connection (__flow_hash_consistentify); of an IPv6 packet with a flow label it is the
// addresses' and the label's (FLOW_DISSECTOR_F_STOP_AT_FLOW_LABEL). The kernel's is
// keyed with a secret; here it is the same for the same addresses, protocol and ports.
// A card's own hash is not taken: igb's does not cover the ports of UDP, and the kernel
// makes one of its own then (skb->l4_hash).
func FlowHash(b *SKB) uint32 {
	h := uint32(2166136261)
	if b.Network < b.Offset() {
		return h
	}
	p := b.Data()[min(b.NetworkOffset(), b.HeadLen()):]
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		if len(p) < 20 {
			return h
		}
		proto, l4 := p[9], int(p[0]&15)*4
		if p[6]&0x3f != 0 || p[7] != 0 { // a fragment has no ports
			l4 = len(p)
		}
		return flowMix(h, p[12:20], ports(p, proto, l4), proto, 0)
	case wire.EtherTypeIPv6:
		if len(p) < 40 {
			return h
		}
		l4, label := 40, wire.IPv6(p).FlowLabel()
		if label != 0 {
			l4 = len(p)
		}
		return flowMix(h, p[8:40], ports(p, p[6], l4), p[6], label)
	}
	return flowMix(h, nil, nil, 0, 0)
}

// ports are the four bytes of a packet's ports, nil if it has none.
func ports(p []byte, proto byte, l4 int) []byte {
	if (proto == 6 || proto == 17) && len(p) >= l4+4 {
		return p[l4 : l4+4]
	}
	return nil
}

// flowMix hashes two addresses, the ports if there are any, and the protocol: the lower
// end of the flow first, whichever way the packet goes.
func flowMix(h uint32, addrs, ports []byte, proto byte, label uint32) uint32 {
	mix := func(p []byte) {
		for _, c := range p {
			h = (h ^ uint32(c)) * 16777619
		}
	}
	src, dst := addrs[:len(addrs)/2], addrs[len(addrs)/2:]
	swap := string(dst) < string(src)
	if string(dst) == string(src) && ports != nil {
		swap = string(ports[2:]) < string(ports[:2])
	}
	if swap {
		src, dst = dst, src
	}
	mix(src)
	mix(dst)
	if ports != nil {
		a, b := ports[:2], ports[2:]
		if swap {
			a, b = b, a
		}
		mix(a)
		mix(b)
	}
	h = (h ^ uint32(proto)) * 16777619
	h = (h ^ label) * 16777619
	h ^= h >> 15
	h *= 0x2c1b3c6d
	return h ^ h>>12
}
