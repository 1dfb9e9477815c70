package lab

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sched"
)

// What stands behind match, offset and hashkey of u32 (iproute2, tc/f_u32.c).

// pack is pack_key: a key more, or more bits of one that is there.
func pack(sel *sched.U32Sel, val, mask uint32, off, offMask int) bool {
	val &= mask
	for i := range sel.Keys {
		k := &sel.Keys[i]
		if int(k.Off) == off && int(k.OffMask) == offMask {
			if (val^k.Val)&(mask&k.Mask) != 0 {
				return false
			}
			k.Val |= val
			k.Mask |= mask
			return true
		}
	}
	if len(sel.Keys) >= 128 || off%4 != 0 {
		return false
	}
	sel.Keys = append(sel.Keys, sched.U32Key{Val: val, Mask: mask, Off: int32(off), OffMask: int32(offMask)})
	return true
}

// packWord is pack_key32, pack_key16 and pack_key8: size is the value's bytes.
func packWord(sel *sched.U32Sel, val, mask uint32, off, offMask, size int) bool {
	if size < 4 && (val >= 1<<(8*size) || mask >= 1<<(8*size)) {
		return false
	}
	shift := 0
	switch {
	case size == 2 && off&3 == 0:
		shift = 16
	case size == 1:
		shift = 8 * (3 - off&3)
	}
	if size < 4 {
		off &^= 3
	}
	return pack(sel, val<<shift, mask<<shift, off, offMask)
}

// atOffset is parse_at.
func (u *tcU32Filter) atOffset(off, offMask *int) bool {
	f := u.f
	if !f.at("at") {
		return true
	}
	s := f.next()
	if rest, ok := strings.CutPrefix(s, "nexthdr+"); ok && rest != "" {
		*offMask, s = -1, rest
	} else if f.is("nexthdr+") {
		*offMask, s = -1, f.next()
	}
	n, ok := tcfInt(s)
	*off = n
	f.fwd()
	return ok
}

// value is parse_u32, parse_u16 and parse_u8.
func (u *tcU32Filter) value(sel *sched.U32Sel, off, offMask, size int) bool {
	f := u.f
	if len(f.w) < 2 {
		return false
	}
	val, ok1 := tcfU32(f.w[0], 0)
	mask, ok2 := tcfU32(f.w[1], 16)
	if !ok1 || !ok2 || size == 1 && (val > 0xff || mask > 0xff) {
		return false
	}
	f.w = f.w[2:]
	return u.atOffset(&off, &offMask) && packWord(sel, val, mask, off, offMask, size)
}

// selector is parse_selector.
func (u *tcU32Filter) selector(sel *sched.U32Sel) bool {
	f := u.f
	for i, size := range []int{4, 2, 1} {
		if f.is([]string{"u32", "u16", "u8"}[i]) {
			f.next()
			return u.value(sel, 0, 0, size)
		}
	}
	switch {
	case f.is("ip"):
		f.next()
		return u.ip(sel)
	case f.is("ip6"):
		f.next()
		return u.ip6(sel)
	case f.is("udp"), f.is("tcp"):
		f.next()
		return u.field(sel, map[string][3]int{"src": {0, -1, 2}, "dst": {2, -1, 2}})
	case f.is("icmp"):
		f.next()
		return u.field(sel, map[string][3]int{"type": {0, -1, 1}, "code": {1, -1, 1}})
	case f.is("mark"):
		f.next()
		return u.mark()
	case f.is("ether"):
		f.next()
		return u.ether(sel)
	}
	return false
}

// field reads a value of one of the fields: offset, offset mask, size.
func (u *tcU32Filter) field(sel *sched.U32Sel, fields map[string][3]int) bool {
	f := u.f
	x, ok := fields[f.cur()]
	if !ok || len(f.w) < 2 {
		return false
	}
	f.next()
	return u.value(sel, x[0], x[1], x[2])
}

// ip is parse_ip.
func (u *tcU32Filter) ip(sel *sched.U32Sel) bool {
	f := u.f
	if len(f.w) < 2 {
		return false
	}
	switch {
	case f.at("src"), f.at("dst"):
		off := map[string]int{"src": 12, "dst": 16}[f.cur()]
		addr, bits, ok := tcfPrefix4(f.next())
		f.fwd()
		offMask := 0
		if !ok || !u.atOffset(&off, &offMask) {
			return false
		}
		return pack(sel, addr, uint32(uint64(0xffffffff)<<(32-bits)), off, offMask)
	case f.at("tos"), f.is("dsfield"), f.is("precedence"):
		f.next()
		return u.value(sel, 1, 0, 1)
	case f.at("nofrag"):
		f.fwd()
		return packWord(sel, 0, 0x3fff, 6, 0, 2)
	case f.at("firstfrag"):
		f.fwd()
		return packWord(sel, 0x2000, 0x3fff, 6, 0, 2)
	case f.at("df"):
		f.fwd()
		return packWord(sel, 0x4000, 0x4000, 6, 0, 2)
	case f.at("mf"):
		f.fwd()
		return packWord(sel, 0x2000, 0x2000, 6, 0, 2)
	}
	return u.field(sel, map[string][3]int{"ihl": {0, 0, 1}, "protocol": {9, 0, 1}, "dport": {22, 0, 2}, "sport": {20, 0, 2}, "icmp_type": {20, 0, 1}, "icmp_code": {21, 0, 1}})
}

// ip6 is parse_ip6.
func (u *tcU32Filter) ip6(sel *sched.U32Sel) bool {
	f := u.f
	if len(f.w) < 2 {
		return false
	}
	switch {
	case f.at("src"), f.at("dst"):
		off := map[string]int{"src": 8, "dst": 24}[f.cur()]
		addr, bits, ok := tcfPrefix6(f.next())
		f.fwd()
		offMask := 0
		if !ok || !u.atOffset(&off, &offMask) {
			return false
		}
		for i := 0; i < bits; i += 32 {
			mask := ^uint32(0)
			if bits-i < 32 {
				mask <<= 32 - (bits - i)
			}
			if !pack(sel, binary.BigEndian.Uint32(addr[i/8:]), mask, off+i/8, offMask) {
				return false
			}
		}
		return true
	case f.at("priority"):
		f.next()
		if len(f.w) < 2 {
			return false
		}
		val, ok1 := tcfU(f.w[0], 0, 0xff)
		mask, ok2 := tcfU(f.w[1], 16, 0xff)
		f.w = f.w[2:]
		return ok1 && ok2 && pack(sel, val<<20, mask<<20, 0, 0)
	}
	return u.field(sel, map[string][3]int{"protocol": {6, 0, 1}, "flowlabel": {0, 0, 4}, "dport": {42, 0, 2}, "sport": {40, 0, 2}, "icmp_type": {40, 0, 1}, "icmp_code": {41, 1, 1}})
}

// ether is parse_ether.
func (u *tcU32Filter) ether(sel *sched.U32Sel) bool {
	f := u.f
	if len(f.w) < 2 {
		return false
	}
	off := 0
	switch {
	case f.at("src"):
		off = -8
	case f.at("dst"):
		off = -14
	default:
		f.say("Unknown match: ether %s\n", f.cur())
		return false
	}
	var a [6]byte
	s := f.next()
	if n, _ := fmt.Sscanf(s, "%2x:%2x:%2x:%2x:%2x:%2x", &a[0], &a[1], &a[2], &a[3], &a[4], &a[5]); n != 6 {
		f.say("parse_ether_addr: improperly formed address '%s'\n", s)
		return false
	}
	f.fwd()
	offMask := 0
	if !u.atOffset(&off, &offMask) {
		return false
	}
	for i := range a {
		if !packWord(sel, uint32(a[i]), 0xff, off+i, offMask, 1) {
			return false
		}
	}
	return true
}

// mark is parse_mark.
func (u *tcU32Filter) mark() bool {
	f := u.f
	if len(f.w) <= 1 {
		return false
	}
	var ok bool
	if u.p.Mark, ok = tcfU32(f.cur(), 0); !ok {
		f.say("Illegal \"mark\" value\n")
		return false
	}
	if u.p.MarkMask, ok = tcfU32(f.next(), 0); !ok {
		f.say("Illegal \"mark\" mask\n")
		return false
	}
	f.next()
	if u.p.Mark&u.p.MarkMask != u.p.Mark {
		f.say("Illegal \"mark\" (impossible combination)\n")
		return false
	}
	return true
}

// offset is parse_offset.
func (u *tcU32Filter) offset() bool {
	f, s := u.f, u.sel
	for f.more() {
		switch {
		case f.is("plus"):
			n, ok := tcfInt(f.next())
			if !ok {
				return false
			}
			s.Off = uint16(n)
			s.Flags |= sched.U32Offset
		case f.is("at"):
			n, ok := tcfInt(f.next())
			if !ok {
				return false
			}
			if s.OffOff = int16(n); n%2 != 0 {
				f.say("offset \"at\" must be even\n")
				return false
			}
			s.Flags |= sched.U32VarOffset
		case f.is("mask"):
			n, ok := tcfU(f.next(), 16, 0xffff)
			if !ok {
				return false
			}
			s.OffMask = uint16(n)
			s.Flags |= sched.U32VarOffset
		case f.is("shift"):
			n, ok := tcfInt(f.next())
			if !ok {
				return false
			}
			s.OffShift = uint8(n)
			s.Flags |= sched.U32VarOffset
		case f.is("eat"):
			s.Flags |= sched.U32Eat
		default:
			return true
		}
		f.fwd()
	}
	return true
}

// hashkey is parse_hashkey.
func (u *tcU32Filter) hashkey() bool {
	f := u.f
	for f.more() {
		switch {
		case f.is("mask"):
			n, ok := tcfU32(f.next(), 16)
			if !ok {
				return false
			}
			u.sel.HMask = n
		case f.is("at"):
			n, ok := tcfInt(f.next())
			if !ok || n%4 != 0 {
				return false
			}
			u.sel.HOff = int16(n)
		default:
			return true
		}
		f.fwd()
	}
	return true
}
