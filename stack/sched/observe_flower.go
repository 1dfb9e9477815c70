package sched

import (
	"net/netip"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// What tc calls flower's fields.
var flowerNames = [numFlowerFields]string{"indev", "num_of_vlans", "vlan_id", "vlan_prio", "vlan_ethtype", "vlan protocol", "dst_mac", "src_mac", "eth_type", "ip_proto",
	"ip_tos", "ip_ttl", "address family", "dst_ip", "src_ip", "dst_ip", "src_ip", "dst_port", "src_port", "dst_port", "src_port", "tcp_flags", "icmp type", "icmp code",
	"arp_sip", "arp_tip", "arp_op", "arp_sha", "arp_tha", "ip_flags", "ct_state"}

// String is what tc calls the field.
func (f FlowerField) String() string { return flowerNames[f] }

// as says how the field reads.
func (f FlowerField) as() step.Try {
	switch f {
	case FlowerIP4Dst, FlowerIP4Src, FlowerIP6Dst, FlowerIP6Src, FlowerARPSip, FlowerARPTip:
		return step.TryTcIP
	case FlowerEthDst, FlowerEthSrc, FlowerARPSha, FlowerARPTha:
		return step.TryTcMac
	case FlowerTCPFlags, FlowerIPFlags, FlowerCTState, FlowerEthType, FlowerVlanEthType, FlowerVlanTPID, FlowerTOS:
		return step.TryTcHex
	}
	return step.TryTcDec
}

// appendField appends a field's value as it reads.
func appendField(b []byte, f FlowerField, v *[16]byte) []byte {
	n := f.Size()
	switch f.as() {
	case step.TryTcIP:
		if n == 4 {
			return netip.AddrFrom4([4]byte(v[:4])).AppendTo(b)
		}
		return netip.AddrFrom16(*v).AppendTo(b)
	case step.TryTcMac:
		return append(b, wire.MAC(num(v[:6])).String()...)
	case step.TryTcHex:
		return appendNum(append(b, hexMark...), num(v[:n]), 16)
	}
	return appendNum(b, num(v[:n]), 10)
}

// triedFlower tells which field ruled a filter out.
func (w *walk) triedFlower(f *Flower, x *FlowerKey, k *flowKeys) {
	if !w.ns.Listening() {
		return
	}
	v := k.of(x.Field)
	n := x.Field.Size()
	if x.Field == FlowerIndev {
		w.triedDev(f.Handle, int(num(v[:4])), int(num(x.Val[:4])))
		return
	}
	field := []byte(x.Field.String())
	base := x.Field
	if x.Field == FlowerDportRange {
		base = FlowerDport
	} else if x.Field == FlowerSportRange {
		base = FlowerSport
	}
	if !k.has(base) {
		var a [10]uint64
		w.tp.name(a[:], f.Handle)
		pack(a[6:10], field)
		w.ns.Tried(step.TryTcMissing, a[:]...)
		return
	}
	want := appendField(make([]byte, 0, 48), x.Field, &x.Val)
	if x.ranges() {
		want = appendField(append(want, '-'), x.Field, &x.Mask)
	} else if !allOnes(x.Mask[:n]) {
		want = appendField(append(want, '/'), x.Field, &x.Mask)
	}
	switch {
	case x.Field.as() != step.TryTcIP:
		w.tried(x.Field.as(), f.Handle, field, want, num(v[:n]))
	case n == 4:
		a := wire.IP4(num(v[:4])).Addr()
		w.tried(step.TryTcIP, f.Handle, field, want, a.Hi, a.Lo)
	default:
		w.tried(step.TryTcIP, f.Handle, field, want, num(v[:8]), num(v[8:]))
	}
}

func allOnes(p []byte) bool {
	for _, c := range p {
		if c != 0xff {
			return false
		}
	}
	return true
}
