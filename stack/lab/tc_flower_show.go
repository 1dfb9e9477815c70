package lab

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"github.com/packetwalk/packetwalk/stack/sched"
)

// What tc filter show prints of flower (iproute2, tc/f_flower.c).

// line prints a name and a value on a line of its own (print_indent_name_value).
func (o *tcPrinter) line(name, value string) {
	o.nl()
	o.any(name, "  "+name+" %s", value)
}

func (o *tcPrinter) numLine(name string, value uint32) {
	o.nl()
	o.any(name, "  "+name+" %d", value)
}

// tcFlowerNum is a key's number, and its mask.
func tcFlowerNum(k *sched.FlowerKey) (v, m uint32) {
	for i := range k.Field.Size() {
		v, m = v<<8|uint32(k.Val[i]), m<<8|uint32(k.Mask[i])
	}
	return v, m
}

// showFlower is flower_print_opt.
func (f *tcFilterCmd) showFlower(o *tcPrinter, x *sched.Flower) {
	o.as("handle", x.Handle, fmt.Sprintf("handle 0x%x ", x.Handle))
	if x.ClassID != 0 {
		o.any("classid", "classid %s ", tcfClass(x.ClassID))
	}
	if k := x.Key(sched.FlowerIndev); k != nil {
		o.nl()
		o.any("indev", "  indev %s", devName(f.tcCmd.p.host.NS, int(binary.BigEndian.Uint32(k.Val[:]))))
	}
	o.open("keys")
	for i := range x.Keys {
		f.flowerKey(o, x, &x.Keys[i])
	}
	o.close()
	if x.SkipHW {
		o.flag("skip_hw", "\n  skip_hw")
	}
	o.flag("not_in_hw", "\n  not_in_hw")
	f.showActions(o, x.Actions())
}

// flowerKey prints one key. Keys are in the order in which tc prints them.
func (f *tcFilterCmd) flowerKey(o *tcPrinter, x *sched.Flower, k *sched.FlowerKey) {
	v, m := tcFlowerNum(k)
	name := k.Field.String()
	switch k.Field {
	case sched.FlowerNumVlans, sched.FlowerVlanID, sched.FlowerVlanPrio:
		o.numLine(name, v)
	case sched.FlowerVlanEthType:
		o.line(name, tcfProtoName(uint16(v)))
	case sched.FlowerEthDst, sched.FlowerEthSrc, sched.FlowerARPSha, sched.FlowerARPTha:
		s := net.HardwareAddr(k.Val[:6]).String()
		if n := tcBitsOf(k.Mask[:6]); n < 0 {
			s += "/" + net.HardwareAddr(k.Mask[:6]).String()
		} else if n < 48 {
			s += fmt.Sprintf("/%d", n)
		}
		o.line(name, s)
	case sched.FlowerEthType:
		s, ok := map[uint32]string{0x0800: "ipv4", 0x86dd: "ipv6", 0x0806: "arp", 0x8035: "rarp"}[v]
		if !ok {
			s = fmt.Sprintf("%04x", v)
		}
		o.line(name, s)
	case sched.FlowerIPProto:
		s, ok := map[uint32]string{6: "tcp", 17: "udp", 132: "sctp", 1: "icmp", 58: "icmpv6"}[v]
		if !ok {
			s = fmt.Sprintf("%02x", v)
		}
		o.line(name, s)
	case sched.FlowerTOS, sched.FlowerTTL, sched.FlowerDport, sched.FlowerSport:
		o.fp("\n  ")
		o.any(name, name+" %d", v)
		if all := tcAllOnes >> (32 - 8*k.Field.Size()); m != all {
			o.as(name+"_mask", fmt.Sprintf("%x", m), fmt.Sprintf("/0x%x", m))
		}
	case sched.FlowerIP4Dst, sched.FlowerIP4Src, sched.FlowerIP6Dst, sched.FlowerIP6Src, sched.FlowerARPSip, sched.FlowerARPTip:
		o.line(name, tcFlowerAddr(k))
	case sched.FlowerDportRange, sched.FlowerSportRange:
		if o.json {
			o.open(name)
			o.js("start", v)
			o.js("end", m)
			o.close()
		} else {
			o.line(name, fmt.Sprintf("%d-%d", v, m))
		}
	case sched.FlowerTCPFlags:
		o.line(name, fmt.Sprintf("0x%x/%x", v, m))
	case sched.FlowerICMPType, sched.FlowerICMPCode:
		o.line(map[sched.FlowerField]string{sched.FlowerICMPType: "icmp_type", sched.FlowerICMPCode: "icmp_code"}[k.Field], tcMasked8(v, m))
	case sched.FlowerARPOp:
		s := tcMasked8(v, m)
		if w := [...]string{"", "request", "reply"}; m == 0xff && v > 0 && v < 3 {
			s = w[v]
		}
		o.line(name, s)
	case sched.FlowerIPFlags:
		f.flowerFlags(o, v, m)
	case sched.FlowerCTState:
		s := ""
		for _, c := range tcCTStates {
			if m&c.bit != 0 {
				s += map[bool]string{true: "+", false: "-"}[v&c.bit != 0] + c.name
			}
		}
		o.line(name, s)
	}
}

func tcMasked8(v, m uint32) string {
	if m != 0xff {
		return fmt.Sprintf("%d/%d", v, m)
	}
	return fmt.Sprint(v)
}

// flowerFlags is flower_print_matching_flags.
func (f *tcFilterCmd) flowerFlags(o *tcPrinter, v, m uint32) {
	first := true
	for i, name := range []string{"frag", "firstfrag"} {
		bit := uint32(1) << i
		if m&bit == 0 {
			continue
		}
		if first {
			o.nl()
			o.fp("  ip_flags ")
			o.open("ip_flags")
		} else {
			o.fp("/")
		}
		first = false
		o.js(name, v&bit != 0)
		if v&bit == 0 {
			o.fp("no")
		}
		o.fp("%s", name)
	}
	if !first {
		o.close()
	}
}

// tcBitsOf is __mask_bits: -1 if the mask has holes.
func tcBitsOf(m []byte) (bits int) {
	hole := false
	for _, c := range m {
		for j := 7; j >= 0; j-- {
			switch {
			case c>>j&1 == 0 && bits == 0, c>>j&1 != 0 && hole:
				return -1
			case c>>j&1 != 0:
				bits++
			default:
				hole = true
			}
		}
	}
	return bits
}

func tcFlowerAddr(k *sched.FlowerKey) string {
	n := k.Field.Size()
	a, _ := netip.AddrFromSlice(k.Val[:n])
	m, _ := netip.AddrFromSlice(k.Mask[:n])
	switch bits := tcBitsOf(k.Mask[:n]); {
	case bits < 0:
		return a.String() + "/" + m.String()
	case bits < 8*n:
		return fmt.Sprintf("%s/%d", a, bits)
	}
	return a.String()
}
