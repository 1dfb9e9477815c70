package lab

import (
	"encoding/binary"
	"fmt"
	"net"

	"github.com/packetwalk/packetwalk/stack/sched"
)

// The action pedit (iproute2, tc/m_pedit.c, tc/p_*.c).

const tcPeditUsage = "Usage: ... pedit munge [ex] <MUNGE> [CONTROL]\n" +
	"Where: MUNGE := <RAW>|<LAYERED>\n" +
	"\t<RAW>:= <OFFSETC>[ATC]<CMD>\n \t\tOFFSETC:= offset <offval> <u8|u16|u32>\n" +
	"\t\tATC:= at <atval> offmask <maskval> shift <shiftval>\n" +
	"\t\tNOTE: offval is byte offset, must be multiple of 4\n" +
	"\t\tNOTE: maskval is a 32 bit hex number\n \t\tNOTE: shiftval is a shift value\n" +
	"\t\tCMD:= clear | invert | set <setval> | add <addval> | decrement | retain\n" +
	"\t<LAYERED>:= ip <ipdata> | ip6 <ip6data>\n" +
	" \t\t| udp <udpdata> | tcp <tcpdata> | icmp <icmpdata>\n" +
	"\tCONTROL:= reclassify | pipe | drop | continue | pass |\n" +
	"\t          goto chain <CHAIN_INDEX>\n" +
	"\tNOTE: if 'ex' is set, extended functionality will be supported (kernel >= 4.11)\n" +
	"For Example usage look at the examples directory\n"

// Types of values of a pedit.
const (
	peditInt = iota
	peditIP4
	peditIP6
	peditMAC
)

// A tcPeditField is a header field that pedit knows by name.
type tcPeditField struct {
	layer, name string
	header      uint8
	off, size   int
	typ         int
	retain      uint32
	dec         bool // it may be decremented
}

const peditAll = 0xffffffff

// tcPeditFields are p_eth.c, p_ip.c, p_ip6.c, p_tcp.c and p_udp.c.
var tcPeditFields = []tcPeditField{
	{"eth", "dst", sched.PeditEth, 0, 6, peditMAC, peditAll, false}, {"eth", "src", sched.PeditEth, 6, 6, peditMAC, peditAll, false},
	{"eth", "type", sched.PeditEth, 12, 2, peditInt, 0xffff, false},
	{"ip", "src", sched.PeditIP4, 12, 4, peditIP4, peditAll, false}, {"ip", "dst", sched.PeditIP4, 16, 4, peditIP4, peditAll, false},
	{"ip", "tos", sched.PeditIP4, 1, 1, peditInt, 0xff, false}, {"ip", "dsfield", sched.PeditIP4, 1, 1, peditInt, 0xff, false},
	{"ip", "ihl", sched.PeditIP4, 0, 1, peditInt, 0x0f, false}, {"ip", "ttl", sched.PeditIP4, 8, 1, peditInt, 0xff, true},
	{"ip", "protocol", sched.PeditIP4, 9, 1, peditInt, 0xff, false}, {"ip", "precedence", sched.PeditIP4, 1, 1, peditInt, 0xff, false},
	{"ip", "nofrag", sched.PeditIP4, 6, 1, peditInt, 0x3f, false}, {"ip", "firstfrag", sched.PeditIP4, 6, 1, peditInt, 0x1f, false},
	{"ip", "ce", sched.PeditIP4, 6, 1, peditInt, 0x80, false}, {"ip", "df", sched.PeditIP4, 6, 1, peditInt, 0x40, false}, {"ip", "mf", sched.PeditIP4, 6, 1, peditInt, 0x20, false},
	{"ip", "dport", sched.PeditNetwork, 22, 2, peditInt, 0xffff, false}, {"ip", "sport", sched.PeditNetwork, 20, 2, peditInt, 0xffff, false},
	{"ip", "icmp_type", sched.PeditNetwork, 20, 1, peditInt, 0xff, false}, {"ip", "icmp_code", sched.PeditNetwork, 20, 1, peditInt, 0xff, false},
	{"ip6", "src", sched.PeditIP6, 8, 16, peditIP6, peditAll, false}, {"ip6", "dst", sched.PeditIP6, 24, 16, peditIP6, peditAll, false},
	{"ip6", "flow_lbl", sched.PeditIP6, 0, 4, peditInt, 0x0007ffff, false}, {"ip6", "payload_len", sched.PeditIP6, 4, 2, peditInt, 0xffff, false},
	{"ip6", "nexthdr", sched.PeditIP6, 6, 1, peditInt, 0xff, false}, {"ip6", "hoplimit", sched.PeditIP6, 7, 1, peditInt, 0xff, true},
	{"ip6", "traffic_class", sched.PeditIP6, 1, 1, peditInt, 0xff, false},
	{"tcp", "sport", sched.PeditTCP, 0, 2, peditInt, 0xffff, false}, {"tcp", "dport", sched.PeditTCP, 2, 2, peditInt, 0xffff, false}, {"tcp", "flags", sched.PeditTCP, 13, 1, peditInt, 0xff, false},
	{"udp", "sport", sched.PeditUDP, 0, 2, peditInt, 0xffff, false}, {"udp", "dport", sched.PeditUDP, 2, 2, peditInt, 0xffff, false},
}

// A tcPedit is a pedit while it is read.
type tcPedit struct {
	*tcWords
	p   *sched.PeditParams
	key sched.PeditKey
}

// tcParsePedit is parse_pedit.
func tcParsePedit(c *tcCmd, a *tcWords, s *sched.ActSpec) bool {
	x := &tcPedit{tcWords: a, p: &sched.PeditParams{}}
	s.Params = x.p
	ok := 0
words:
	for a.more() {
		switch {
		case a.is("pedit"):
			ok++
			if a.next(); a.is("ex") {
				if ok > 1 {
					a.say("'ex' must be before first 'munge'\n%s", tcPeditUsage)
					return false
				}
				x.p.Extended = true
				a.next()
			}
		case a.is("help"):
			a.die(255, "%s", tcPeditUsage)
		case a.is("munge"):
			a.next()
			at := a.cur()
			if !x.munge() {
				a.say("Bad pedit construct (%s)\n%s", at, tcPeditUsage)
				return false
			}
			ok++
		default:
			break words
		}
	}
	s.Control = a.controlOr(sched.TCActOK)
	return !a.is("index") || a.index(s, "Pedit: Illegal \"index\"\n")
}

// munge is parse_munge: one field, or one place.
func (x *tcPedit) munge() bool {
	x.key = sched.PeditKey{}
	if x.is("offset") {
		x.next()
		return x.offset()
	}
	layer := x.cur()
	known := false
	for _, f := range tcPeditFields {
		known = known || f.layer == layer
	}
	if layer == "icmp" {
		x.next()
		x.say("bad pedit parsing\n")
		return false
	}
	x.next()
	if !known {
		x.say("Unknown action  hence option \"%s\" is unparsable\nbad pedit parsing\n", x.cur())
		return false
	}
	for i := range tcPeditFields {
		f := &tcPeditFields[i]
		if f.layer == layer && x.at(f.name) && x.fits(f) {
			x.next()
			x.key.Header, x.key.Off = f.header, int32(f.off)
			if !x.p.Extended && f.layer == "ip" {
				x.key.Header = sched.PeditNetwork
			}
			if !x.value(f) {
				return x.badParsing()
			}
			if f.name == "traffic_class" { // it begins in the middle of a byte
				k := &x.p.Keys[len(x.p.Keys)-1]
				k.Val, k.Mask = k.Val<<4, k.Mask<<4|0xf
			}
			return true
		}
	}
	return x.badParsing()
}

// fits reports whether the field is known in this mode: what lies behind IP's header
// is named by its own in extended mode, and all but IP only there.
func (x *tcPedit) fits(f *tcPeditField) bool {
	if f.layer == "ip" {
		return !x.p.Extended || f.header != sched.PeditNetwork
	}
	return x.p.Extended
}

func (x *tcPedit) badParsing() bool {
	x.say("bad pedit parsing\n")
	return false
}

// offset is parse_offset.
func (x *tcPedit) offset() bool {
	off, ok := tcfInt(x.cur())
	if !ok {
		return false
	}
	x.fwd()
	f := &tcPeditField{off: off}
	switch {
	case !x.more():
		return false
	case x.is("u32"):
		f.size, f.retain = 4, peditAll
	case x.is("u16"):
		f.size, f.retain = 2, 0xffff
	case x.is("u8"):
		f.size, f.retain = 1, 0xff
	default:
		return false
	}
	x.key.Off = int32(off)
	if x.next(); x.is("at") {
		var ok1, ok2, ok3 bool
		x.key.At, ok1 = tcfU32(x.next(), 0)
		x.key.OffMask, ok2 = tcfU32(x.next(), 16)
		x.key.Shift, ok3 = tcfU32(x.next(), 0)
		if !ok1 || !ok2 || !ok3 {
			return false
		}
		x.next()
	}
	return x.value(f)
}

// value is parse_cmd: what is done to the field.
func (x *tcPedit) value(f *tcPeditField) bool {
	var val [16]byte
	v, m, retain := uint32(0), uint32(0), f.retain
	one := map[int]uint32{2: 0xffff, 4: peditAll}[f.size]
	if one == 0 {
		one = 0xff
	}
	switch {
	case x.is("invert"):
		v, m = one, one
		val[0] = 0xff // of a long field, that is all
	case x.is("set"), x.is("add"):
		x.key.Add = x.is("add")
		if !x.p.Extended && x.key.Add {
			x.say("Non extended mode. only 'set' command is supported\n")
			return false
		}
		if !x.read(x.next(), f.typ, &val, &v) {
			return false
		}
	case x.is("decrement"):
		if !f.dec {
			x.say("decrement command is not supported for this field\n")
			return false
		}
		if !x.p.Extended {
			x.say("Non extended mode. only 'set' command is supported\n")
			return false
		}
		x.key.Add, v = true, retain
	case x.is("preserve"):
		retain = 0
	case x.is("clear"):
	default:
		return false
	}
	x.fwd()
	if x.is("retain") {
		var ok bool
		if retain, ok = tcfU32(x.next(), 0); !ok {
			return false
		}
		x.fwd()
	}
	if f.size > 4 && retain != peditAll {
		x.say("retain is not supported for fields longer the 32 bits\n")
		return false
	}
	switch f.typ {
	case peditMAC:
		if f.off%4 == 0 {
			return x.pack(binary.BigEndian.Uint32(val[:]), 0, peditAll, f.off, 4) && x.pack(uint32(binary.BigEndian.Uint16(val[4:])), 0, peditAll, f.off+4, 2)
		}
		return x.pack(uint32(binary.BigEndian.Uint16(val[:])), 0, peditAll, f.off, 2) && x.pack(binary.BigEndian.Uint32(val[2:]), 0, peditAll, f.off+2, 4)
	case peditIP6:
		for i := 0; i < 16; i += 4 {
			if !x.pack(binary.BigEndian.Uint32(val[i:]), 0, peditAll, f.off+i, 4) {
				return false
			}
		}
		return true
	}
	return x.pack(v, m, retain, f.off, f.size)
}

// read is parse_val.
func (x *tcPedit) read(s string, typ int, val *[16]byte, v *uint32) (ok bool) {
	switch typ {
	case peditIP4:
		*v, _, ok = tcfPrefix4(s)
	case peditIP6:
		*val, _, ok = tcfPrefix6(s)
	case peditMAC:
		a, err := net.ParseMAC(s)
		ok = err == nil && len(a) == 6
		copy(val[:], a)
	default:
		*v, ok = tcfU32(s, 0)
	}
	return ok
}

// pack is pack_key32, pack_key16 and pack_key8.
func (x *tcPedit) pack(v, m, retain uint32, off, size int) bool {
	in := off & 3
	switch size {
	case 4:
		if in != 0 {
			x.say("pack_key32: 32 bit offsets must begin in 32bit boundaries\n")
			return false
		}
		v, m = v&retain, m|^retain
	case 2:
		if v > 0xffff || m > 0xffff {
			x.say("pack_key16 bad value\n")
			return false
		}
		if in == 3 {
			x.say("pack_key16 bad index value 3\n")
			return false
		}
		stride := 8 * (2 - in)
		keep := [...]uint32{0x0000ffff, 0xff0000ff, 0xffff0000}[in]
		v, m = v&retain<<stride, (m|^retain)<<stride|keep
	case 1:
		if v > 0xff || m > 0xff {
			x.say("pack_key8 bad value (val %x mask %x\n", v, m)
			return false
		}
		stride := 8 * (3 - in)
		keep := [...]uint32{0x00ffffff, 0xff00ffff, 0xffff00ff, 0xffffff00}[in]
		v, m = v&retain<<stride, (m|^retain)<<stride|keep
	}
	k := x.key
	k.Off, k.Val, k.Mask = int32(off&^3), v, m
	if len(x.p.Keys) >= 128 {
		return false
	}
	if !x.p.Extended && (k.Header != sched.PeditNetwork || k.Add) {
		x.say("Munge parameters not supported. Use 'pedit ex munge ...'.\n")
		return false
	}
	x.p.Keys = append(x.p.Keys, k)
	return true
}

var tcPeditHeaders = [...]string{"network", "eth", "ipv4", "ipv6", "tcp", "udp"}

// tcShowPedit is print_pedit.
func tcShowPedit(c *tcCmd, o *tcPrinter, act sched.Action) {
	p := act.(*sched.Pedit)
	o.any("kind", " %s ", "pedit")
	showControl(o, "action ", p.Control, " ")
	o.any("nkeys", "keys %d\n", len(p.Keys))
	o.any("index", " \t index %d", p.Index)
	o.any("ref", " ref %d", p.Refs)
	o.any("bind", " bind %d", p.Binds)
	c.showTimes(o, p.Base())
	o.array("keys")
	for i, k := range p.Keys {
		o.open("")
		o.fp("\n\t key #%d  at ", i)
		if k.Header != sched.PeditNetwork {
			o.any("htype", "%s", tcPeditHeaders[k.Header])
			o.any("offset", "%+d", k.Off)
		} else {
			o.js("htype", "network")
			o.any("offset", "%d", k.Off)
		}
		word := map[bool]string{true: "add", false: "val"}[k.Add]
		o.fp(": %s", word)
		o.js("cmd", map[bool]string{true: "add", false: "set"}[k.Add])
		o.as("val", fmt.Sprintf("%x", k.Val), fmt.Sprintf(" %08x", k.Val))
		o.as("mask", fmt.Sprintf("%x", k.Mask), fmt.Sprintf(" mask %08x", k.Mask))
		o.close()
	}
	o.close()
	o.nl()
}
