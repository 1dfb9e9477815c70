package ipt

import (
	"strings"
	"time"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// The matches on the packet's content and on the time: icmp, icmp6, string, u32,
// tcpmss, dccp, esp, time, set.

func init() {
	register(
		of(kind[iptables.ICMP]{name: "icmp", fam: 4, opts: []opt{{name: "icmp-type", id: 0, typ: tString, flags: mand | inv}},
			init: func(d *iptables.ICMP, _ int) { d.Type, d.Max = 255, 255 },
			parse: func(c *call, d *iptables.ICMP) {
				d.Type, d.Min, d.Max = c.icmpType(icmpTypes, "ICMP")
				d.Inv = d.Inv || c.invert
			},
			print: func(w *view, d *iptables.ICMP) {
				w.f(" icmp")
				w.icmpType(icmpTypes, d.Type, d.Min, d.Max, d.Inv)
			},
			save: func(w *view, d *iptables.ICMP) {
				w.not(d.Inv)
				if d.Type == 255 {
					w.f(" --icmp-type any")
					return
				}
				w.f(" --icmp-type %d", d.Type)
				if d.Min != 0 || d.Max != 255 {
					w.f("/%d", d.Min)
				}
			},
			xlate: func(w *view, d *iptables.ICMP) bool {
				if d.Type == 255 {
					w.add("ip protocol icmp")
					return true
				}
				op := ""
				if d.Inv {
					op = " !="
				}
				w.add("icmp type%s ", op)
				s := icmpName(icmpTypes, d.Type, d.Min, d.Max)
				w.add("%s", s)
				return s != "" && d.Min != d.Max
			}}),
		of(kind[iptables.ICMP6]{name: "icmp6", fam: 6, opts: []opt{{name: "icmpv6-type", id: 0, typ: tString, flags: mand | inv}},
			init: func(d *iptables.ICMP6, _ int) { d.Max = 255 },
			parse: func(c *call, d *iptables.ICMP6) {
				d.Type, d.Min, d.Max = c.icmpType(icmp6Types, "ICMPv6")
				d.Inv = d.Inv || c.invert
			},
			print: func(w *view, d *iptables.ICMP6) {
				w.f(" ipv6-icmp")
				w.icmpType(icmp6Types, d.Type, d.Min, d.Max, d.Inv)
			},
			save: func(w *view, d *iptables.ICMP6) {
				w.not(d.Inv)
				w.f(" --icmpv6-type %d", d.Type)
				if d.Min != 0 || d.Max != 255 {
					w.f("/%d", d.Min)
				}
			},
			xlate: func(w *view, d *iptables.ICMP6) bool {
				op := ""
				if d.Inv {
					op = " !="
				}
				w.add("icmpv6 type%s ", op)
				if d.Min == d.Max {
					return false
				}
				s := icmpName(icmp6Types, d.Type, d.Min, d.Max)
				if d.Type >= 133 && d.Type <= 137 {
					s = [...]string{"nd-router-solicit", "nd-router-advert", "nd-neighbor-solicit", "nd-neighbor-advert", "nd-redirect"}[d.Type-133]
				}
				w.add("%s", s)
				return s != ""
			}}),
		of(kind[iptables.String]{name: "string",
			opts: []opt{{name: "from", id: 0, typ: tU16}, {name: "to", id: 1, typ: tU16}, {name: "algo", id: 2, typ: tString, flags: mand},
				{name: "string", id: 4, typ: tString, flags: inv, excl: 32}, {name: "hex-string", id: 5, typ: tString, flags: inv, excl: 16}, {name: "icase", id: 3}},
			init:  func(d *iptables.String, _ int) { d.To = 65535 },
			parse: parseString,
			check: func(c *call, _ *iptables.String) {
				if !c.given(4, 5) {
					c.bad("STRING match: You must specify `--string' or `--hex-string'")
				}
			},
			print: func(w *view, d *iptables.String) {
				w.f(" STRING match ")
				w.is(d.Inv, "!")
				w.pattern(d)
				w.f(" ALGO name %s", d.Algo)
				if d.From != 0 {
					w.f(" FROM %d", d.From)
				}
				if d.To != 65535 {
					w.f(" TO %d", d.To)
				}
				w.is(d.IgnoreCase, " ICASE")
			},
			save: func(w *view, d *iptables.String) {
				w.not(d.Inv)
				if binary(d.Pattern) {
					w.f(" --hex-string")
				} else {
					w.f(" --string")
				}
				w.pattern(d)
				w.f(" --algo %s", d.Algo)
				if d.From != 0 {
					w.f(" --from %d", d.From)
				}
				if d.To != 65535 {
					w.f(" --to %d", d.To)
				}
				w.is(d.IgnoreCase, " --icase")
			}}),
		of(kind[iptables.U32]{name: "u32", opts: []opt{{name: "u32", id: 0, typ: tString, flags: mand | inv}},
			parse: parseU32,
			print: func(w *view, d *iptables.U32) {
				w.f(" u32")
				w.not(d.Inv)
				w.u32(d)
			},
			save: func(w *view, d *iptables.U32) {
				w.not(d.Inv)
				w.f(" --u32")
				w.u32(d)
			}}),
		of(kind[iptables.TCPMSS]{name: "tcpmss", opts: []opt{{name: "mss", id: 0, typ: tU16s, flags: mand | inv}},
			parse: func(c *call, d *iptables.TCPMSS) {
				*d = iptables.TCPMSS{Min: uint16(c.r[0]), Max: uint16(c.r[0]), Inv: c.invert}
				if c.n == 2 {
					if d.Max = uint16(c.r[1]); d.Max < d.Min {
						c.bad("tcpmss: invalid range given")
					}
				}
			},
			print: func(w *view, d *iptables.TCPMSS) {
				w.f(" tcpmss match ")
				w.is(d.Inv, "!")
				w.span(uint64(d.Min), uint64(d.Max), ":")
			},
			save: func(w *view, d *iptables.TCPMSS) {
				w.not(d.Inv)
				w.f(" --mss ")
				w.span(uint64(d.Min), uint64(d.Max), ":")
			},
			xlate: func(w *view, d *iptables.TCPMSS) bool {
				w.add("tcp option maxseg size %s", ne(d.Inv))
				w.xspan(uint64(d.Min), uint64(d.Max))
				return true
			}}),
		of(kind[iptables.ESP]{name: "esp", opts: []opt{{name: "espspi", id: 0, typ: tU32s, flags: inv}},
			init: func(d *iptables.ESP, _ int) { d.SPI.Max = 1<<32 - 1 },
			parse: func(c *call, d *iptables.ESP) {
				d.SPI = c.u32Range()
				d.InvSPI = d.InvSPI || c.invert
			},
			print: func(w *view, d *iptables.ESP) {
				w.f(" esp")
				w.spis(" spi", d.SPI, d.InvSPI)
			},
			save: func(w *view, d *iptables.ESP) { w.saveRange("espspi", d.SPI, d.InvSPI) },
			xlate: func(w *view, d *iptables.ESP) bool {
				if d.SPI.Min != 0 || d.SPI.Max != 1<<32-1 {
					op := ""
					if d.InvSPI {
						op = " !="
					}
					w.add("esp spi%s", op)
					w.add(" ")
					w.xspan(uint64(d.SPI.Min), uint64(d.SPI.Max))
				}
				return true
			}}),
		of(kind[iptables.DCCP]{name: "dccp",
			opts: []opt{{name: "source-port", id: 0, typ: tPorts, flags: inv}, {name: "sport", id: 0, typ: tPorts, flags: inv}, {name: "destination-port", id: 1, typ: tPorts, flags: inv},
				{name: "dport", id: 1, typ: tPorts, flags: inv}, {name: "dccp-types", id: 2, typ: tString, flags: inv}, {name: "dccp-option", id: 3, typ: tU8, min: 1, flags: inv}},
			parse: parseDCCP, print: printDCCP, save: saveDCCP}),
		of(kind[iptables.Time]{name: "time",
			opts: []opt{{name: "datestart", id: 0, typ: tString}, {name: "datestop", id: 1, typ: tString}, {name: "timestart", id: 2, typ: tString},
				{name: "timestop", id: 3, typ: tString}, {name: "contiguous", id: 4}, {name: "weekdays", id: 6, typ: tString, flags: inv},
				{name: "monthdays", id: 5, typ: tString, flags: inv}, {name: "localtz", id: 7, excl: 1 << 8}, {name: "utc", id: 8, excl: 1<<7 | 1<<9},
				{name: "kerneltz", id: 9, excl: 1 << 8}},
			init: func(d *iptables.Time, _ int) {
				d.MonthDays, d.WeekDays, d.DayStop, d.DateStop = allMonthDays, allWeekDays, 86399, endOfTime*sim.Second
			},
			parse: parseTime,
			check: func(c *call, d *iptables.Time) {
				if c.given(4) && d.DayStart < d.DayStop {
					c.bad("time: --contiguous only makes sense when stoptime is smaller than starttime")
				}
			},
			print: printTime, save: saveTime, xlate: xlateTime}),
		of(kind[iptables.SetMatch]{name: "set",
			opts: []opt{{name: "match-set", id: 1, typ: tOwn}, {name: "set", id: 2, typ: tOwn}, {name: "return-nomatch", id: 3, typ: tWord}, {name: "update-counters", id: 4, typ: tWord},
				{name: "packets-eq", id: 5, typ: tOwn}, {name: "packets-lt", id: 6, typ: tOwn}, {name: "packets-gt", id: 7, typ: tOwn},
				{name: "bytes-eq", id: 8, typ: tOwn}, {name: "bytes-lt", id: 9, typ: tOwn}, {name: "bytes-gt", id: 10, typ: tOwn}, {name: "update-subcounters", id: 11, typ: tWord}},
			parse: parseSetMatch,
			check: func(c *call, d *iptables.SetMatch) {
				if d.Set == "" {
					c.bad("You must specify `--match-set' with proper arguments")
				}
			},
			print: func(w *view, d *iptables.SetMatch) { w.setMatch(d, "match-set", "") },
			save:  func(w *view, d *iptables.SetMatch) { w.setMatch(d, "--match-set", "--") }}),
	)
}

// An icmpName is a type of ICMP, or some codes of one.
type icmpWord struct {
	name     string
	typ      uint8
	min, max uint8
}

var icmpTypes = []icmpWord{{"any", 255, 0, 255}, {"echo-reply", 0, 0, 255}, {"pong", 0, 0, 255}, {"destination-unreachable", 3, 0, 255}, {"network-unreachable", 3, 0, 0},
	{"host-unreachable", 3, 1, 1}, {"protocol-unreachable", 3, 2, 2}, {"port-unreachable", 3, 3, 3}, {"fragmentation-needed", 3, 4, 4}, {"source-route-failed", 3, 5, 5},
	{"network-unknown", 3, 6, 6}, {"host-unknown", 3, 7, 7}, {"network-prohibited", 3, 9, 9}, {"host-prohibited", 3, 10, 10}, {"TOS-network-unreachable", 3, 11, 11},
	{"TOS-host-unreachable", 3, 12, 12}, {"communication-prohibited", 3, 13, 13}, {"host-precedence-violation", 3, 14, 14}, {"precedence-cutoff", 3, 15, 15},
	{"source-quench", 4, 0, 255}, {"redirect", 5, 0, 255}, {"network-redirect", 5, 0, 0}, {"host-redirect", 5, 1, 1}, {"TOS-network-redirect", 5, 2, 2}, {"TOS-host-redirect", 5, 3, 3},
	{"echo-request", 8, 0, 255}, {"ping", 8, 0, 255}, {"router-advertisement", 9, 0, 255}, {"router-solicitation", 10, 0, 255}, {"time-exceeded", 11, 0, 255},
	{"ttl-exceeded", 11, 0, 255}, {"ttl-zero-during-transit", 11, 0, 0}, {"ttl-zero-during-reassembly", 11, 1, 1}, {"parameter-problem", 12, 0, 255}, {"ip-header-bad", 12, 0, 0},
	{"required-option-missing", 12, 1, 1}, {"timestamp-request", 13, 0, 255}, {"timestamp-reply", 14, 0, 255}, {"address-mask-request", 17, 0, 255}, {"address-mask-reply", 18, 0, 255}}

var icmp6Types = []icmpWord{{"destination-unreachable", 1, 0, 255}, {"no-route", 1, 0, 0}, {"communication-prohibited", 1, 1, 1}, {"beyond-scope", 1, 2, 2},
	{"address-unreachable", 1, 3, 3}, {"port-unreachable", 1, 4, 4}, {"failed-policy", 1, 5, 5}, {"reject-route", 1, 6, 6}, {"packet-too-big", 2, 0, 255},
	{"time-exceeded", 3, 0, 255}, {"ttl-exceeded", 3, 0, 255}, {"ttl-zero-during-transit", 3, 0, 0}, {"ttl-zero-during-reassembly", 3, 1, 1}, {"parameter-problem", 4, 0, 255},
	{"bad-header", 4, 0, 0}, {"unknown-header-type", 4, 1, 1}, {"unknown-option", 4, 2, 2}, {"echo-request", 128, 0, 255}, {"ping", 128, 0, 255}, {"echo-reply", 129, 0, 255},
	{"pong", 129, 0, 255}, {"router-solicitation", 133, 0, 255}, {"router-advertisement", 134, 0, 255}, {"neighbour-solicitation", 135, 0, 255}, {"neighbor-solicitation", 135, 0, 255},
	{"neighbour-advertisement", 136, 0, 255}, {"neighbor-advertisement", 136, 0, 255}, {"redirect", 137, 0, 255}}

// icmpType is parse_icmp: a name, which may be shortened, or type[/code].
func (c *call) icmpType(l []icmpWord, what string) (typ, min, max uint8) {
	at := -1
	for i, n := range l {
		if hasPrefixFold(n.name, c.arg) {
			if at >= 0 {
				c.bad("Ambiguous %s type `%s': `%s' or `%s'?", what, c.arg, l[at].name, n.name)
			}
			at = i
		}
	}
	if at >= 0 {
		return l[at].typ, l[at].min, l[at].max
	}
	span := func(s string) (a, b uint64, rest string, ok bool) {
		a, rest, ok = number(s, 0, 255)
		b = a
		if ok && strings.HasPrefix(rest, ":") {
			b, rest, ok = number(rest[1:], 0, 255)
		}
		return a, b, rest, ok
	}
	t1, t2, rest, ok := span(c.arg)
	if !ok {
		c.bad("Unknown %s type `%s'", what, c.arg)
	}
	min, max = 0, 255
	if strings.HasPrefix(rest, "/") {
		a, b, after, ok := span(rest[1:])
		if !ok {
			c.bad("Unknown %s code `%s'", what, c.arg)
		}
		min, max, rest = uint8(a), uint8(b), after
	}
	if rest != "" {
		c.bad("unknown character %c", rest[0])
	}
	if t1 != t2 {
		c.bad("%s type range not supported", what)
	}
	return uint8(t1), min, max
}

func icmpName(l []icmpWord, typ, min, max uint8) string {
	for _, n := range l {
		if n.typ == typ && n.min == min && n.max == max {
			return n.name
		}
	}
	return ""
}

func (w *view) icmpType(l []icmpWord, typ, min, max uint8, not bool) {
	if s := icmpName(l, typ, min, max); s != "" && !w.numeric {
		w.f(" ")
		w.is(not, "!")
		w.f("%s", s)
		return
	}
	w.not(not)
	w.f("type %d", typ)
	if min == max {
		w.f(" code %d", min)
	} else if min != 0 || max != 255 {
		w.f(" codes %d-%d", min, max)
	}
}

func parseString(c *call, d *iptables.String) {
	switch c.o.id {
	case 0:
		d.From = uint32(c.u)
	case 1:
		d.To = uint32(c.u)
	case 2:
		d.Algo = cutTo(c.arg, 15)
	case 3:
		d.IgnoreCase = true
	case 4:
		if len(c.arg) > 128 {
			c.bad("STRING too long \"%s\"", c.arg)
		}
		d.Pattern = []byte(c.arg)
		d.Inv = d.Inv || c.invert
	case 5:
		d.Pattern = c.hexString(c.arg)
		d.Inv = d.Inv || c.invert
	}
}

// hexString reads text with |61 62| in it.
func (c *call) hexString(s string) (out []byte) {
	if s == "" {
		c.bad("STRING must contain at least one char")
	}
	at := func(i int) byte {
		if i < len(s) {
			return s[i]
		}
		return 0
	}
	hex, literal := false, false
	for i := 0; i < len(s); {
		if len(out) >= 128 {
			c.bad("STRING too long \"%s\"", s)
		}
		switch {
		case s[i] == '\\' && !hex:
			literal = true
		case s[i] == '\\':
			c.bad("Cannot include literals in hex data")
		case s[i] == '|':
			hex = !hex
			if hex {
				for at(i+1) == ' ' {
					i++
				}
			}
			if i+1 >= len(s) {
				return out
			}
			i++
		}
		switch {
		case literal:
			if i+1 >= len(s) {
				c.bad("Bad literal placement at end of string")
			}
			out = append(out, s[i+1])
			i += 2
			literal = false
		case hex:
			if i+1 >= len(s) {
				c.bad("Odd number of hex digits")
			}
			if i+2 >= len(s) {
				c.bad("Invalid hex block")
			}
			for _, b := range []byte{s[i], s[i+1]} {
				if digit(b) > 15 {
					c.bad("Invalid hex char '%c'", b)
				}
			}
			out = append(out, byte(digit(s[i])<<4|digit(s[i+1])))
			i += 2
			if at(i) == ' ' {
				i++
			}
		default:
			out = append(out, s[i])
			i++
		}
	}
	return out
}

// binary tells whether a pattern is shown in hexadecimal.
func binary(b []byte) bool {
	for _, c := range b {
		if c < 32 || c > 126 {
			return true
		}
	}
	return len(b) > 0 && b[len(b)-1] == '\\'
}

func (w *view) pattern(d *iptables.String) {
	if binary(d.Pattern) {
		w.f(" \"|%x|\"", d.Pattern)
		return
	}
	w.f(" \"")
	for _, c := range d.Pattern {
		w.is(c == '"' || c == '\\', "\\")
		w.WriteByte(c)
	}
	w.f("\"")
}

// u32Max is XT_U32_MAXSIZE.
const u32Max = 10

func parseU32(c *call, d *iptables.U32) {
	s, pos := c.arg, 0
	rest := func() string { return s[pos:] }
	at := func() byte {
		if pos < len(s) {
			return s[pos]
		}
		return 0
	}
	skip := func() {
		for isSpace(at()) {
			pos++
		}
	}
	num := func() uint32 {
		v, after, ok := number(rest(), 0, 1<<32-1)
		if !ok {
			c.bad("u32: at char %d: not a number or out of range", pos)
		}
		pos = len(s) - len(after)
		return uint32(v)
	}
	d.Inv, d.Tests = c.invert, nil
	var t iptables.U32Test
	values := false
	for {
		skip()
		if pos >= len(s) {
			if !values {
				c.bad("u32: abrupt end of input after location specifier")
			}
			if len(t.Values) == 0 {
				c.bad("u32: test ended with no value specified")
			}
			d.Tests = append(d.Tests, t)
			if len(d.Tests) > u32Max {
				c.bad("u32: at char %d: too many \"&&\"s", pos)
			}
			return
		}
		switch {
		case !values && at() == '=':
			if len(t.Location) == 0 {
				c.bad("u32: at char %d: location spec missing", pos)
			}
			pos++
			values = true
		case !values:
			op := iptables.U32And
			if len(t.Location) != 0 {
				op = c.u32Op(at, &pos)
			}
			t.Location = append(t.Location, iptables.U32Op{Number: num(), Op: op})
			if len(t.Location) > u32Max {
				c.bad("u32: at char %d: too many operators", pos)
			}
		case at() == '&':
			if pos++; at() != '&' {
				c.bad("u32: at char %d: a second '&' was expected", pos)
			}
			if len(t.Values) == 0 {
				c.bad("u32: at char %d: value spec missing", pos)
			}
			d.Tests = append(d.Tests, t)
			t = iptables.U32Test{}
			if len(d.Tests) > u32Max {
				c.bad("u32: at char %d: too many \"&&\"s", pos)
			}
			pos++
			values = false
		default:
			if len(t.Values) > 0 {
				if at() != ',' {
					c.bad("u32: at char %d: expected \",\" or \"&&\"", pos)
				}
				pos++
			}
			v := iptables.U32Range{Min: num()}
			v.Max = v.Min
			skip()
			if at() == ':' {
				pos++
				v.Max = num()
			}
			t.Values = append(t.Values, v)
			if len(t.Values) > u32Max {
				c.bad("u32: at char %d: too many \",\"s", pos)
			}
		}
	}
}

// u32Op reads an operator between two numbers of a location.
func (c *call) u32Op(at func() byte, pos *int) (op iptables.U32OpKind) {
	switch b := at(); b {
	case '&':
		op = iptables.U32And
	case '<', '>':
		op = iptables.U32Left
		if b == '>' {
			op = iptables.U32Right
		}
		if *pos++; at() != b {
			c.bad("u32: at char %d: a second '%c' was expected", *pos, b)
		}
	case '@':
		op = iptables.U32At
	default:
		c.bad("u32: at char %d: operator expected", *pos)
	}
	*pos++
	return op
}

func (w *view) u32(d *iptables.U32) {
	w.f(" \"")
	for i, t := range d.Tests {
		w.is(i > 0, "&&")
		for k, o := range t.Location {
			if k > 0 {
				w.f("%s", [...]string{"&", "<<", ">>", "@"}[o.Op])
			}
			w.f("0x%x", o.Number)
		}
		w.f("=")
		for k, v := range t.Values {
			w.is(k > 0, ",")
			w.f("0x%x", v.Min)
			if v.Min != v.Max {
				w.f(":0x%x", v.Max)
			}
		}
	}
	w.f("\"")
}

// u32Range is the value of an option of two numbers.
func (c *call) u32Range() iptables.U32Range {
	r := iptables.U32Range{Min: uint32(c.r[0]), Max: uint32(c.r[1])}
	if c.n == 1 {
		r.Max = r.Min
	}
	return r
}

// spis writes " spi:5" or " spis:5:7".
func (w *view) spis(name string, r iptables.U32Range, not bool) {
	if r.Min == 0 && r.Max == 1<<32-1 && !not {
		return
	}
	w.f("%s", name)
	w.is(r.Min != r.Max, "s")
	w.f(":")
	w.is(not, "!")
	w.span(uint64(r.Min), uint64(r.Max), ":")
}

func (w *view) saveRange(name string, r iptables.U32Range, not bool) {
	if r.Min == 0 && r.Max == 1<<32-1 {
		return
	}
	w.not(not)
	w.f(" --%s ", name)
	w.span(uint64(r.Min), uint64(r.Max), ":")
}

var dccpTypes = []string{"REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE", "RESET", "SYNC", "SYNCACK", "INVALID"}

func parseDCCP(c *call, d *iptables.DCCP) {
	r := iptables.PortRange{Min: uint16(c.r[0]), Max: uint16(c.r[1])}
	switch c.o.id {
	case 0:
		d.HasSrc, d.Src, d.InvSrc = true, r, c.invert
	case 1:
		d.HasDst, d.Dst, d.InvDst = true, r, c.invert
	case 2:
		d.HasTypes, d.InvTypes = true, c.invert
		for _, s := range strings.FieldsFunc(c.arg, func(r rune) bool { return r == ',' }) {
			ok := false
			for i, n := range dccpTypes {
				if strings.EqualFold(n, s) {
					d.Types |= 1 << i
					ok = true
				}
			}
			if !ok {
				c.bad("Unknown DCCP type `%s'", s)
			}
		}
		if d.Types>>10&1 != 0 {
			d.Types |= 0xf800
		}
	case 3:
		d.HasOption, d.Option, d.InvOption = true, uint8(c.u), c.invert
	}
}

func (w *view) dccpTypes(v uint16, numeric bool) {
	w.f(" ")
	sep := ""
	for i := 0; i < 16; i++ {
		if v>>i&1 == 0 {
			continue
		}
		w.f("%s", sep)
		sep = ","
		if numeric {
			w.f("%d", i)
			continue
		}
		w.f("%s", dccpTypes[min(i, 10)])
		if i >= 10 {
			return
		}
	}
}

func printDCCP(w *view, d *iptables.DCCP) {
	w.f(" dccp")
	if d.HasSrc {
		w.ports("spt", d.Src, d.InvSrc, "dccp")
	}
	if d.HasDst {
		w.ports("dpt", d.Dst, d.InvDst, "dccp")
	}
	if d.HasTypes {
		w.not(d.InvTypes)
		w.dccpTypes(d.Types, w.numeric)
	}
	if d.HasOption {
		w.f(" option=")
		w.is(d.InvOption, "!")
		w.f("%d", d.Option)
	}
}

func saveDCCP(w *view, d *iptables.DCCP) {
	if d.HasSrc {
		w.not(d.InvSrc)
		w.savePorts("sport", d.Src)
	}
	if d.HasDst {
		w.not(d.InvDst)
		w.savePorts("dport", d.Dst)
	}
	if d.HasTypes {
		w.not(d.InvTypes)
		w.f(" --dccp-types")
		w.dccpTypes(d.Types, false)
	}
	if d.HasOption {
		w.not(d.InvOption)
		w.f(" --dccp-option %d", d.Option)
	}
}

const (
	allMonthDays = 0xfffffffe
	allWeekDays  = 0xfe
	endOfTime    = 1<<31 - 1
)

var weekDays = []string{"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}

func parseTime(c *call, d *iptables.Time) {
	switch c.o.id {
	case 0:
		d.DateStart = c.date()
	case 1:
		d.DateStop = c.date()
	case 2:
		d.DayStart = c.dayTime()
	case 3:
		d.DayStop = c.dayTime()
	case 4:
		d.Contiguous = true
	case 5:
		d.MonthDays = c.monthDays()
		if c.invert {
			d.MonthDays ^= allMonthDays
		}
	case 6:
		d.WeekDays = c.weekDays()
		if c.invert {
			d.WeekDays ^= allWeekDays
		}
	case 7:
		c.p.warn("WARNING: --localtz is being replaced by --kerneltz, since \"local\" is ambiguous. Note the kernel timezone has caveats - see manpage for details.\n")
		d.LocalTZ = true
	case 9:
		d.LocalTZ = true
	}
}

// date is time_parse_date.
func (c *call) date() sim.Time {
	v := [6]uint64{1970, 1, 1}
	lim := [6]uint64{2038, 12, 31, 23, 59, 59}
	seps := "--T::"
	s := c.arg
	for i := range v {
		n, rest, _, _ := strtoul(s, 10)
		v[i] = n
		if n > lim[i] || i == 0 && n < 1970 || rest != "" && (i == 5 || rest[0] != seps[i]) {
			c.bad("Invalid date \"%s\" specified. Should be YYYY[-MM[-DD[Thh[:mm[:ss]]]]]", c.arg)
		}
		if rest == "" {
			break
		}
		s = rest[1:]
	}
	t := time.Date(int(v[0]), time.Month(v[1]), int(v[2]), int(v[3]), int(v[4]), int(v[5]), 0, time.UTC)
	return sim.Time(uint32(t.Unix())) * sim.Second
}

// dayTime is time_parse_minutes: hh:mm[:ss].
func (c *call) dayTime() uint32 {
	s := c.arg
	bad := func() {
		c.bad("invalid time \"%s\" specified, should be hh:mm[:ss] format and within the boundaries", s)
	}
	h, rest, _, _ := strtoul(s, 10)
	if rest == "" || rest[0] != ':' || h > 23 {
		bad()
	}
	s = rest[1:]
	m, rest, _, _ := strtoul(s, 10)
	if rest != "" && rest[0] != ':' || m > 59 {
		bad()
	}
	if rest == "" {
		return uint32(h*3600 + m*60)
	}
	s = rest[1:]
	sec, rest, _, _ := strtoul(s, 10)
	if rest != "" || sec > 59 {
		bad()
	}
	return uint32(h*3600 + m*60 + sec)
}

// pieces are the words of a list as my_strseg gives them, at most n bytes of each.
func pieces(s string, n int) (l []string) {
	for s != "" {
		a, rest, more := strings.Cut(s, ",")
		l = append(l, cutTo(a, n))
		if !more {
			break
		}
		s = rest
	}
	return l
}

func (c *call) monthDays() (v uint32) {
	for _, s := range pieces(c.arg, 2) {
		n, rest, _, _ := strtoul(s, 0)
		if rest != "" && rest[0] != ',' || n > 31 {
			c.bad("%s is not a valid day for --monthdays", s)
		}
		v |= 1 << n
	}
	return v
}

func (c *call) weekDays() (v uint8) {
	for _, s := range pieces(c.arg, 3) {
		n, rest, _, _ := strtoul(s, 0)
		if rest == "" {
			if n == 0 {
				c.bad("No, the week does NOT begin with Sunday.")
			}
			v |= uint8(uint64(1) << (n & 63))
			continue
		}
		ok := false
		for i := 1; i < 8; i++ {
			if len(s) >= 2 && s[:2] == weekDays[i][:2] {
				v |= 1 << i
				ok = true
			}
		}
		if !ok {
			c.bad("%s is not a valid day specifier", s)
		}
	}
	return v
}

func hms(n uint32) (h, m, s uint32) { return n / 3600, n / 60 % 60, n % 60 }

func clock(n uint32) string {
	var b buf
	h, m, s := hms(n)
	b.f("%02d:%02d:%02d", h, m, s)
	return b.String()
}

func seconds(t sim.Time) int64 { return int64(t / sim.Second) }

func dateText(t sim.Time, sep string) string {
	return time.Unix(seconds(t), 0).UTC().Format("2006-01-02" + sep + "15:04:05")
}

func monthDayNames(v uint32, ordinal bool) string {
	var b buf
	for i := 1; i < 32; i++ {
		if v>>i&1 == 0 {
			continue
		}
		b.is(b.Len() > 0, ",")
		b.f("%d", i)
		if ordinal {
			switch i % 10 {
			case 1:
				b.f("st")
			case 2:
				b.f("nd")
			case 3:
				b.f("rd")
			default:
				b.f("th")
			}
		}
	}
	return b.String()
}

func weekDayNames(v uint8) string {
	var l []string
	for i := 1; i < 8; i++ {
		if v>>i&1 != 0 {
			l = append(l, weekDays[i])
		}
	}
	return strings.Join(l, ",")
}

func printTime(w *view, d *iptables.Time) {
	w.f(" TIME")
	if d.DayStart != 0 || d.DayStop != 86399 {
		w.f(" from %s to %s", clock(d.DayStart), clock(d.DayStop))
	}
	if d.WeekDays != allWeekDays {
		w.f(" on %s", weekDayNames(d.WeekDays))
	}
	if d.MonthDays != allMonthDays {
		w.f(" on %s", monthDayNames(d.MonthDays, true))
	}
	if d.DateStart != 0 {
		w.f(" starting from %s", dateText(d.DateStart, " "))
	}
	if seconds(d.DateStop) != endOfTime {
		w.f(" until date")
		if d.DateStop != 0 {
			w.f(" %s", dateText(d.DateStop, " "))
		}
	}
	w.is(!d.LocalTZ, " UTC")
	w.is(d.Contiguous, " contiguous")
}

func saveTime(w *view, d *iptables.Time) {
	if d.DayStart != 0 || d.DayStop != 86399 {
		w.f(" --timestart %s --timestop %s", clock(d.DayStart), clock(d.DayStop))
	}
	if d.MonthDays != allMonthDays {
		w.f(" --monthdays %s", monthDayNames(d.MonthDays, false))
	}
	if d.WeekDays != allWeekDays {
		w.f(" --weekdays %s", weekDayNames(d.WeekDays))
	}
	if d.DateStart != 0 {
		w.f(" --datestart %s", dateText(d.DateStart, "T"))
	}
	if d.DateStop != 0 {
		w.f(" --datestop %s", dateText(d.DateStop, "T"))
	}
	w.is(d.LocalTZ, " --kerneltz")
	w.is(d.Contiguous, " --contiguous")
}

func xlateTime(w *view, d *iptables.Time) bool {
	if d.DateStart != 0 || seconds(d.DateStop) != endOfTime {
		w.add("meta time ")
		w.add("\"%s\"", dateText(d.DateStart, " "))
		w.add("-\"%s\"", dateText(d.DateStop, " "))
	}
	if d.DayStart != 0 || d.DayStop != 86399 {
		w.add(" meta hour \"%s\"", clock(d.DayStart))
		w.add("-\"%s\"", clock(d.DayStop))
	}
	if d.MonthDays != allMonthDays {
		return false
	}
	if d.WeekDays != allWeekDays {
		w.add(" meta day ")
		v := d.WeekDays
		many := v&(v-1) != 0
		if many {
			w.add("{")
		}
		sep := ""
		for i := 1; i < 8; i++ {
			if v>>i&1 != 0 {
				w.add("%s%d", sep, i%7)
				sep = ", "
			}
		}
		if many {
			w.add("}")
		}
	}
	return true
}

// setRef reads the name of a set and its directions: "src,dst".
func (c *call) setRef(what string) iptables.SetRef {
	dirs := c.second("--" + what + " requires two args.")
	if len(c.arg) > 31 {
		c.bad("setname `%s' too long, max %d characters.", c.arg, 31)
	}
	r := iptables.SetRef{Set: c.arg}
	c.findSet(c.arg)
	for _, s := range strings.Split(dirs, ",") {
		if int(r.Dim) >= len(r.Src) {
			c.bad("Can't be more src/dst options than %d.", len(r.Src))
		}
		switch {
		case strings.HasPrefix(s, "src"):
			r.Src[r.Dim] = true
		case strings.HasPrefix(s, "dst"):
		default:
			c.bad("You must spefify (the comma separated list of) 'src' or 'dst'.")
		}
		r.Dim++
	}
	return r
}

func parseSetMatch(c *call, d *iptables.SetMatch) {
	counter := func(n *iptables.SetCounter, what string, op iptables.SetOp) {
		if n.Op != iptables.SetCounterNone {
			c.bad("only one of the --%s-[eq|lt|gt] is allowed", what)
		}
		if c.invert {
			if op != iptables.SetCounterEQ {
				c.bad("--%s option cannot be inverted", c.o.name)
			}
			op = iptables.SetCounterNE
		}
		v, ok := whole(c.arg, 0, 1<<64-1)
		if !ok {
			c.bad("Cannot parse %s as a counter value", c.arg)
		}
		*n = iptables.SetCounter{Op: op, Value: v}
	}
	switch c.o.id {
	case 1, 2:
		if c.o.id == 2 {
			c.p.warn("--set option deprecated, please use --match-set\n")
		}
		if d.Set != "" {
			c.bad("--match-set can be specified only once")
		}
		d.Inv = c.invert
		d.SetRef = c.setRef("match-set")
	case 3:
		if c.invert {
			c.bad("--return-nomatch flag cannot be inverted")
		}
		d.ReturnNoMatch = true
	case 4:
		d.NoUpdateCounters = d.NoUpdateCounters || c.invert
	case 11:
		d.NoUpdateSub = d.NoUpdateSub || c.invert
	case 5:
		counter(&d.Packets, "packets", iptables.SetCounterEQ)
	case 6:
		counter(&d.Packets, "packets", iptables.SetCounterLT)
	case 7:
		counter(&d.Packets, "packets", iptables.SetCounterGT)
	case 8:
		counter(&d.Bytes, "bytes", iptables.SetCounterEQ)
	case 9:
		counter(&d.Bytes, "bytes", iptables.SetCounterLT)
	case 10:
		counter(&d.Bytes, "bytes", iptables.SetCounterGT)
	}
}

func (w *view) setRef(opt string, r *iptables.SetRef) {
	w.f(" %s %s", opt, r.Set)
	for i := 0; i < int(r.Dim); i++ {
		sep, side := ",", "dst"
		if i == 0 {
			sep = " "
		}
		if r.Src[i] {
			side = "src"
		}
		w.f("%s%s", sep, side)
	}
}

func (w *view) setMatch(d *iptables.SetMatch, opt, sep string) {
	w.not(d.Inv)
	w.setRef(opt, &d.SetRef)
	w.is(d.ReturnNoMatch, " "+sep+"return-nomatch")
	w.is(d.NoUpdateCounters, " ! "+sep+"update-counters")
	w.is(d.NoUpdateSub, " ! "+sep+"update-subcounters")
	counter := func(c iptables.SetCounter, name string) {
		if c.Op == iptables.SetCounterNone {
			return
		}
		w.is(c.Op == iptables.SetCounterNE, " !")
		w.f(" %s%s-%s %d", sep, name, [...]string{"", "eq", "eq", "lt", "gt"}[c.Op], c.Value)
	}
	counter(d.Packets, "packets")
	counter(d.Bytes, "bytes")
}
