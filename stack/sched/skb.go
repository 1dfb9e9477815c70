package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// setCE is INET_ECN_set_ce: mark a packet whose sender understands ECN. It reports
// whether it did.
func setCE(b *core.SKB) bool {
	if b.Network < b.Offset() || b.NetworkOffset()+2 > b.HeadLen() {
		return false
	}
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		if b.NetworkOffset()+wire.IPv4MinLen > b.HeadLen() {
			return false
		}
		switch tos := b.Data()[b.NetworkOffset()+1]; tos & 3 {
		case 0:
			return false
		case 3:
			return true
		}
		b.Unshare()
		p := b.Data()[b.NetworkOffset():]
		old := uint32(p[0])<<8 | uint32(p[1])
		p[1] |= 3
		// RFC 1624: the checksum changes by the difference.
		sum := uint32(^(uint16(p[10])<<8 | uint16(p[11]))) + ^old&0xffff + (uint32(p[0])<<8 | uint32(p[1]))
		sum = sum&0xffff + sum>>16
		sum = ^(sum&0xffff + sum>>16)
		p[10], p[11] = byte(sum>>8), byte(sum)
		return true
	case wire.EtherTypeIPv6:
		switch b.Data()[b.NetworkOffset()+1] >> 4 & 3 {
		case 0:
			return false
		case 3:
			return true
		}
		b.Unshare()
		b.Data()[b.NetworkOffset()+1] |= 0x30
		return true
	}
	return false
}

// dsField is skb_get_dsfield: the byte of DSCP and ECN.
func dsField(b *core.SKB) (uint8, bool) {
	if b.Network < b.Offset() || b.NetworkOffset()+2 > b.HeadLen() {
		return 0, false
	}
	p := b.Data()[b.NetworkOffset():]
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		return p[1], true
	case wire.EtherTypeIPv6:
		return p[0]<<4 | p[1]>>4, true
	}
	return 0, false
}
