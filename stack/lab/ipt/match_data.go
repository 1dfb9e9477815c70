package ipt

import (
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
