package lab

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
)

// How tc(8) reads words (iproute2: include/utils.h, lib/utils.c, lib/ll_proto.c).

// tcWords are the words of a command of tc, and which one it stands at.
type tcWords struct {
	p *Proc
	w []string
}

// A tcExit is tc's exit in the middle of reading words.
type tcExit int

// tcRun calls f and returns tc's exit status, also when f ended by tcExit.
func tcRun(f func() int) (st int) {
	defer func() {
		if x := recover(); x != nil {
			n, ok := x.(tcExit)
			if !ok {
				panic(x)
			}
			st = int(n)
		}
	}()
	return f()
}

// number reads the number of a discipline or a class behind its word, which may stand
// there once.
func (a *tcWords) number(to *uint32, word string, parse func(string) (uint32, bool), what string) {
	s := a.next()
	if *to != 0 {
		a.twice(word)
	}
	id, ok := parse(s)
	if !ok {
		a.invalid(what)
	}
	*to = id
}

// die says something and ends the command.
func (a *tcWords) die(st int, f string, args ...any) {
	a.p.errf(f, args...)
	panic(tcExit(st))
}

// say prints a line of an error.
func (a *tcWords) say(f string, args ...any) { a.p.errf(f, args...) }

func (a *tcWords) more() bool { return len(a.w) > 0 }

// cur is the word where tc stands, "" at the end.
func (a *tcWords) cur() string {
	if len(a.w) == 0 {
		return ""
	}
	return a.w[0]
}

// fwd is NEXT_ARG_FWD, and next is NEXT_ARG: a further word must be there.
func (a *tcWords) fwd() {
	if len(a.w) > 0 {
		a.w = a.w[1:]
	}
}

func (a *tcWords) next() string {
	a.fwd()
	if len(a.w) == 0 {
		a.die(255, "Command line is not complete. Try option \"help\"\n")
	}
	return a.w[0]
}

// is is matches(): the word is a beginning of the option.
func (a *tcWords) is(option string) bool { return a.more() && strings.HasPrefix(option, a.w[0]) }

// at is strcmp.
func (a *tcWords) at(option string) bool { return a.more() && a.w[0] == option }

// invalid is invarg, twice is duparg.
func (a *tcWords) invalid(what string) {
	a.die(255, "Error: argument \"%s\" is wrong: %s\n", a.cur(), what)
}

func (a *tcWords) twice(what string) {
	a.die(255, "Error: duplicate \"%s\": \"%s\" is the second value.\n", what, a.cur())
}

// cNumber is strtoul with nothing behind the number.
func cNumber(s string, base int) (uint64, bool) {
	t := s
	neg := strings.HasPrefix(t, "-")
	t = strings.TrimPrefix(strings.TrimPrefix(t, "-"), "+")
	if hex := strings.TrimPrefix(strings.TrimPrefix(t, "0x"), "0X"); hex != t && (base == 0 || base == 16) {
		t, base = hex, 16
	} else if base == 0 && len(t) > 1 && t[0] == '0' {
		t, base = t[1:], 8
	} else if base == 0 {
		base = 10
	}
	n, err := strconv.ParseUint(t, base, 64)
	if err != nil || strings.ContainsAny(t, "_+-") {
		return 0, false
	}
	if neg {
		n = -n
	}
	return n, true
}

// u32, u16 and u8 read numbers (get_u32 …).
func tcfU(s string, base int, most uint64) (uint32, bool) {
	n, ok := cNumber(s, base)
	return uint32(n), ok && n <= most
}

func tcfU32(s string, base int) (uint32, bool) { return tcfU(s, base, math.MaxUint32) }

// tcfInt is get_integer.
func tcfInt(s string) (int, bool) {
	n, ok := cNumber(s, 0)
	return int(int64(n)), ok && int64(n) >= math.MinInt32 && int64(n) <= math.MaxInt32
}

// tcfClassID is get_tc_classid.
func tcfClassID(s string) (uint32, bool) {
	switch s {
	case "root":
		return 0xffffffff, true
	case "none":
		return 0, true
	}
	major, minor, colon := strings.Cut(s, ":")
	maj, ok := uint64(0), true
	if major != "" {
		maj, ok = cNumber(major, 16)
	} else if !colon {
		return 0, false
	}
	if !colon {
		return uint32(maj), ok // what does not fit is cut off
	}
	min := uint64(0)
	if minor != "" && ok {
		min, ok = cNumber(minor, 16)
	}
	return uint32(maj<<16 | min), ok && maj < 1<<16 && min < 1<<16
}

// tcfClass is print_tc_classid.
func tcfClass(id uint32) string {
	switch {
	case id == 0xffffffff:
		return "root"
	case id == 0:
		return "none"
	case id>>16 == 0:
		return fmt.Sprintf(":%x", id&0xffff)
	case id&0xffff == 0:
		return fmt.Sprintf("%x:", id>>16)
	}
	return fmt.Sprintf("%x:%x", id>>16, id&0xffff)
}

// tcfProtos are the names of EtherTypes, in iproute2's order: the first with a number
// is printed.
var tcfProtos = []struct {
	id   uint16
	name string
}{{0x0060, "loop"}, {0x0200, "pup"}, {0x0201, "pupat"}, {0x0800, "ip"}, {0x0805, "x25"}, {0x0806, "arp"}, {0x08ff, "bpq"}, {0x0a00, "ieeepup"}, {0x0a01, "ieeepupat"},
	{0x6000, "dec"}, {0x6001, "dna_dl"}, {0x6002, "dna_rc"}, {0x6003, "dna_rt"}, {0x6004, "lat"}, {0x6005, "diag"}, {0x6006, "cust"}, {0x6007, "sca"}, {0x8035, "rarp"},
	{0x809b, "atalk"}, {0x80f3, "aarp"}, {0x8137, "ipx"}, {0x86dd, "ipv6"}, {0x8863, "ppp_disc"}, {0x8864, "ppp_ses"}, {0x884c, "atmmpoa"}, {0x8884, "atmfate"}, {1, "802_3"},
	{2, "ax25"}, {3, "all"}, {4, "802_2"}, {5, "snap"}, {6, "ddcmp"}, {7, "wan_ppp"}, {8, "ppp_mp"}, {9, "localtalk"}, {0xc, "can"}, {0x10, "ppptalk"}, {0x11, "tr_802_2"},
	{0x15, "mobitex"}, {0x16, "control"}, {0x17, "irda"}, {0x18, "econet"}, {0x88ca, "tipc"}, {0x8892, "profinet"}, {0x88a2, "aoe"}, {0x88a4, "ethercat"}, {0x8100, "802.1Q"},
	{0x88a8, "802.1ad"}, {0x8847, "mpls_uc"}, {0x8848, "mpls_mc"}, {0x6558, "teb"}, {0x8100, "802.1Q"}, {0x88cc, "LLDP"}, {0x0800, "ipv4"}}

// tcfProto is ll_proto_a2n, tcfProtoName is ll_proto_n2a.
func tcfProto(s string) (uint16, bool) {
	for _, x := range tcfProtos {
		if strings.EqualFold(x.name, s) {
			return x.id, true
		}
	}
	n, ok := tcfU(s, 0, 0xffff)
	return uint16(n), ok
}

func tcfProtoName(id uint16) string {
	for _, x := range tcfProtos {
		if x.id == id {
			return x.name
		}
	}
	return fmt.Sprintf("[%d]", id)
}

// tcfPrefix4 is get_prefix_1 for IPv4: an address of up to four parts, with a length
// or a mask behind it.
func tcfPrefix4(s string) (addr uint32, bits int, ok bool) {
	switch s {
	case "default", "any", "all":
		return 0, 0, true
	}
	text, length, slash := strings.Cut(s, "/")
	if addr, ok = tcfAddr4(text); !ok {
		return 0, 0, false
	}
	if !slash {
		return addr, 32, true
	}
	if n, ok := tcfU(length, 0, 32); ok {
		return addr, int(n), true
	}
	mask, ok := tcfAddr4(length)
	if bits = tcfMaskBits(mask); !ok || bits < 0 {
		return 0, 0, false
	}
	return addr, bits, true
}

// tcfAddr4 is get_addr_ipv4: what is missing at the end is 0.
func tcfAddr4(s string) (addr uint32, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return 0, false
	}
	for i, x := range parts {
		n, ok := cNumber(x, 0)
		if !ok || n > 255 || strings.HasPrefix(x, "-") {
			return 0, false
		}
		addr |= uint32(n) << (24 - 8*i)
	}
	return addr, true
}

// tcfMaskBits is mask2bits: -1 if the mask has holes.
func tcfMaskBits(m uint32) int {
	n := 0
	for ; m&(1<<31) != 0; m <<= 1 {
		n++
	}
	if m != 0 {
		return -1
	}
	return n
}

// tcfPrefix6 is get_prefix_1 for IPv6.
func tcfPrefix6(s string) (addr [16]byte, bits int, ok bool) {
	switch s {
	case "default", "any", "all":
		return addr, 0, true
	}
	text, length, slash := strings.Cut(s, "/")
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is6() || a.Zone() != "" {
		return addr, 0, false
	}
	if !slash {
		return a.As16(), 128, true
	}
	n, ok := tcfU(length, 0, 128)
	return a.As16(), int(n), ok
}

// dev finds a device by name, or says that there is none.
func (a *tcWords) dev(name string) *core.Device {
	d := a.p.host.NS.DevByName(name)
	if d == nil {
		a.die(1, "Cannot find device \"%s\"\n", name)
	}
	return d
}
