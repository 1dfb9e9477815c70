package lab

import (
	"net"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sched"
)

// The keys of flower (iproute2, tc/f_flower.c).

// A tcFlowerKey is a key's name and how its value is read.
type tcFlowerKey struct {
	name string
	as   string // what a complaint calls it, if not name
	read func(x *tcFlower, s string) bool
}

func (k *tcFlowerKey) illegal() string {
	if k.as != "" {
		return k.as
	}
	return k.name
}

// tcFlowerKeys are in the order in which tc tries them.
var tcFlowerKeys = []tcFlowerKey{
	{"ip_flags", "", (*tcFlower).ipFlags},
	{"ct_state", "", (*tcFlower).ctState},
	{"num_of_vlans", "", (*tcFlower).numVlans},
	{"vlan_id", "", func(x *tcFlower, s string) bool {
		return x.tagged("vlan_id") && x.small(sched.FlowerVlanID, s, 10, 0xfff, 0xfff)
	}},
	{"vlan_prio", "", func(x *tcFlower, s string) bool {
		return x.tagged("vlan_prio") && x.small(sched.FlowerVlanPrio, s, 10, 7, 7)
	}},
	{"vlan_ethtype", "", (*tcFlower).vlanEthType},
	{"dst_mac", "", func(x *tcFlower, s string) bool { return x.mac(sched.FlowerEthDst, s) }},
	{"src_mac", "", func(x *tcFlower, s string) bool { return x.mac(sched.FlowerEthSrc, s) }},
	{"ip_proto", "", (*tcFlower).ipProto},
	{"ip_tos", "", func(x *tcFlower, s string) bool { return x.tos(sched.FlowerTOS, s) }},
	{"ip_ttl", "", func(x *tcFlower, s string) bool { return x.tos(sched.FlowerTTL, s) }},
	{"dst_ip", "", func(x *tcFlower, s string) bool { return x.addr(sched.FlowerIP4Dst, sched.FlowerIP6Dst, s) }},
	{"src_ip", "", func(x *tcFlower, s string) bool { return x.addr(sched.FlowerIP4Src, sched.FlowerIP6Src, s) }},
	{"dst_port", "", func(x *tcFlower, s string) bool { return x.port(sched.FlowerDport, sched.FlowerDportRange, s) }},
	{"src_port", "", func(x *tcFlower, s string) bool { return x.port(sched.FlowerSport, sched.FlowerSportRange, s) }},
	{"tcp_flags", "", (*tcFlower).tcpFlags},
	{"type", "icmp type", func(x *tcFlower, s string) bool { return x.icmp(sched.FlowerICMPType, s) }},
	{"code", "icmp code", func(x *tcFlower, s string) bool { return x.icmp(sched.FlowerICMPCode, s) }},
	{"arp_tip", "", func(x *tcFlower, s string) bool { return x.arpAddr(sched.FlowerARPTip, s) }},
	{"arp_sip", "", func(x *tcFlower, s string) bool { return x.arpAddr(sched.FlowerARPSip, s) }},
	{"arp_op", "", (*tcFlower).arpOp},
	{"arp_tha", "", func(x *tcFlower, s string) bool { return x.isARP() && x.mac(sched.FlowerARPTha, s) }},
	{"arp_sha", "", func(x *tcFlower, s string) bool { return x.isARP() && x.mac(sched.FlowerARPSha, s) }},
}

func (x *tcFlower) isARP() bool { return x.ethType == 0x0806 || x.ethType == 0x8035 }

// tagged complains unless the filter is about frames with a tag.
func (x *tcFlower) tagged(name string) bool {
	if p := x.r.Protocol; p != 0x8100 && p != 0x88a8 && x.vlans == 0 {
		x.die(1, "Can't set \"%s\" if ethertype isn't 802.1Q or 802.1AD and num_of_vlans is 0\n", name)
	}
	return true
}

// small reads a number.
func (x *tcFlower) small(f sched.FlowerField, s string, base int, most uint64, mask uint32) bool {
	n, ok := tcfU(s, base, most)
	x.num(f, n, mask)
	return ok
}

func (x *tcFlower) numVlans(s string) bool {
	n, ok := tcfU(s, 10, 0xff)
	x.vlans = int(n)
	x.num(sched.FlowerNumVlans, n, 0xff)
	return ok
}

func (x *tcFlower) vlanEthType(s string) bool {
	if x.ethType != 0x8100 && x.ethType != 0x88a8 && x.vlans == 0 {
		x.die(1, "Can't set \"vlan_ethtype\" if ethertype isn't 802.1Q or 802.1AD and num_of_vlans is 0\n")
	}
	t, ok := tcfProto(s)
	if !ok {
		x.invalid("invalid vlan_ethtype")
	}
	x.num(sched.FlowerVlanEthType, uint32(t), tcAllOnes)
	x.ethType = t
	return true
}

// ipFlags is flower_parse_matching_flags.
func (x *tcFlower) ipFlags(s string) bool {
	for _, t := range strings.Split(s, "/") {
		name, no := strings.CutPrefix(t, "no")
		bit := map[string]uint32{"frag": sched.FlowerFrag, "firstfrag": sched.FlowerFirstFrag}[name]
		if bit == 0 {
			return false
		}
		x.flagsMask |= bit
		x.flags &^= bit
		if !no {
			x.flags |= bit
		}
	}
	return true
}

var tcCTStates = []struct {
	name string
	bit  uint32
}{{"trk", sched.FlowerCTTracked}, {"new", sched.FlowerCTNew}, {"est", sched.FlowerCTEstablished}, {"rel", sched.FlowerCTRelated}, {"inv", sched.FlowerCTInvalid}, {"rpl", sched.FlowerCTReply}}

// ctState is flower_parse_ct_state.
func (x *tcFlower) ctState(s string) bool {
	val, mask := uint32(0), uint32(0)
	for s != "" {
		sign := s[0]
		found := false
		for _, c := range tcCTStates {
			if strings.HasPrefix(s[1:], c.name) && (sign == '+' || sign == '-') {
				if sign == '+' {
					val |= c.bit
				}
				mask |= c.bit
				s, found = s[1+len(c.name):], true
				break
			}
		}
		if !found {
			return false
		}
	}
	x.num(sched.FlowerCTState, val, mask)
	return true
}

// mac is flower_parse_eth_addr.
func (x *tcFlower) mac(f sched.FlowerField, s string) bool {
	text, mask, slash := strings.Cut(s, "/")
	a, err := net.ParseMAC(text)
	if err != nil || len(a) != 6 {
		return false
	}
	m := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	if slash {
		if n, ok := tcfU(mask, 10, 48); ok {
			for i := range m {
				m[i] = byte(uint16(0xff00) >> min(8, max(0, int(n)-8*i)))
			}
		} else if b, err := net.ParseMAC(mask); err == nil && len(b) == 6 {
			copy(m, b)
		} else {
			return false
		}
	}
	x.set(f, a, m)
	return true
}

// ipProto is flower_parse_ip_proto.
func (x *tcFlower) ipProto(s string) bool {
	n, ok := uint32(0), true
	if x.ethType != 0x0800 && x.ethType != 0x86dd {
		ok = false
	}
	switch {
	case strings.HasPrefix("tcp", s):
		n = 6
	case strings.HasPrefix("udp", s):
		n = 17
	case strings.HasPrefix("sctp", s):
		n = 132
	case strings.HasPrefix("icmp", s):
		n, ok = 1, ok && x.ethType == 0x0800
	case strings.HasPrefix("icmpv6", s):
		n, ok = 58, ok && x.ethType == 0x86dd
	default:
		v, good := tcfU(s, 16, 0xff)
		if ok && !good {
			return false
		}
		n = v
	}
	if !ok {
		x.say("Illegal \"eth_type\" for ip proto\n")
		return false
	}
	x.proto = int(n)
	x.num(sched.FlowerIPProto, n, 0xff)
	return true
}

// tos is flower_parse_ip_tos_ttl.
func (x *tcFlower) tos(f sched.FlowerField, s string) bool {
	val, mask, slash := strings.Cut(s, "/")
	n, ok := tcfU(val, 10, 0xff)
	if !ok {
		if n, ok = tcfU(val, 16, 0xff); !ok {
			return false
		}
	}
	m := uint32(0xff)
	if slash {
		if m, ok = tcfU(mask, 16, 0xff); !ok {
			return false
		}
	}
	if m != 0 {
		x.num(f, n, m)
	}
	return true
}

// addr is flower_parse_ip_addr.
func (x *tcFlower) addr(four, six sched.FlowerField, s string) bool {
	switch x.ethType {
	case 0x0800:
		a, bits, ok := tcfPrefix4(s)
		if ok && bits > 0 {
			x.num(four, a, tcAllOnes<<(32-bits))
		}
		return ok
	case 0x86dd:
		a, bits, ok := tcfPrefix6(s)
		if ok && bits > 0 {
			m := make([]byte, 16)
			for i := range m {
				m[i] = byte(uint16(0xff00) >> min(8, max(0, bits-8*i)))
			}
			x.set(six, a[:], m)
		}
		return ok
	}
	return false
}

// port is flower_parse_port.
func (x *tcFlower) port(f, ranges sched.FlowerField, s string) bool {
	if x.proto != 6 && x.proto != 17 && x.proto != 132 {
		return false
	}
	if lo, hi, dash := strings.Cut(s, "-"); dash {
		a, ok1 := tcfU(lo, 10, 0xffff)
		b, ok2 := tcfU(hi, 10, 0xffff)
		if !ok1 || !ok2 || a == 0 {
			return false
		}
		if b == 0 {
			x.num(f, a, tcAllOnes)
			return true
		}
		if b <= a {
			x.say("max value should be greater than min value\n")
			return false
		}
		x.num(ranges, a, b)
		return true
	}
	val, mask, slash := strings.Cut(s, "/")
	if !slash {
		n, ok := tcfU(val, 10, 0xffff)
		x.num(f, n, tcAllOnes)
		return ok && n != 0
	}
	n, ok1 := tcfU(val, 0, 0xffff)
	m, ok2 := tcfU(mask, 0, 0xffff)
	if m != 0 {
		x.num(f, n, m)
	}
	return ok1 && ok2
}

// tcpFlags is flower_parse_tcp_flags.
func (x *tcFlower) tcpFlags(s string) bool {
	val, mask, slash := strings.Cut(s, "/")
	n, ok := tcfU(val, 16, 0xfff)
	m := uint32(0xfff)
	if ok && slash {
		m, ok = tcfU(mask, 16, 0xfff)
	}
	if m != 0 {
		x.num(sched.FlowerTCPFlags, n, m)
	}
	return ok
}

// u8 is flower_parse_u8.
func (x *tcFlower) u8(f sched.FlowerField, s string, names map[string]uint32) bool {
	val, mask, slash := strings.Cut(s, "/")
	n, ok := names[val]
	if !ok {
		if n, ok = tcfU(val, 10, 0xff); !ok || names != nil && n > 2 {
			return false
		}
	}
	m := uint32(0xff)
	if slash {
		if m, ok = tcfU(mask, 10, 0xff); !ok {
			return false
		}
	}
	if m != 0 {
		x.num(f, n, m)
	}
	return true
}

func (x *tcFlower) icmp(f sched.FlowerField, s string) bool {
	return (x.ethType == 0x0800 && x.proto == 1 || x.ethType == 0x86dd && x.proto == 58) && x.u8(f, s, nil)
}

func (x *tcFlower) arpOp(s string) bool {
	return x.isARP() && x.u8(sched.FlowerARPOp, s, map[string]uint32{"request": 1, "reply": 2})
}

func (x *tcFlower) arpAddr(f sched.FlowerField, s string) bool {
	if !x.isARP() {
		return false
	}
	a, bits, ok := tcfPrefix4(s)
	if ok && bits > 0 {
		x.num(f, a, tcAllOnes<<(32-bits))
	}
	return ok
}
