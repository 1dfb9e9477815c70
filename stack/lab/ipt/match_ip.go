package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The matches on IP's own fields and on what lies around the packet: addrtype,
// iprange, mac, mark, comment, owner, pkttype, length, dscp, tos, ecn, ttl, hl,
// realm, cpu, devgroup, physdev, rpfilter, socket.

// some asks for at least one option.
func (c *call) some(what string) {
	if *c.seen == 0 {
		c.bad("%s", what)
	}
}

func init() {
	register(
		of(kind[iptables.Mark]{name: "mark", opts: []opt{{name: "mark", id: 0, typ: tMark, flags: mand | inv}},
			parse: func(c *call, d *iptables.Mark) { *d = iptables.Mark{Mark: c.mark, Mask: c.mask, Inv: c.invert} },
			print: func(w *view, d *iptables.Mark) {
				w.f(" mark match")
				w.not(d.Inv)
				w.valMask(d.Mark, d.Mask, nil)
			},
			save: func(w *view, d *iptables.Mark) {
				w.not(d.Inv)
				w.f(" --mark")
				w.valMask(d.Mark, d.Mask, nil)
			},
			xlate: func(w *view, d *iptables.Mark) bool {
				w.add("mark")
				w.xlateMark(d.Mark, d.Mask, d.Inv)
				return true
			}}),
		of(kind[iptables.AddrType]{name: "addrtype",
			opts: []opt{{name: "src-type", id: 0, typ: tString, flags: inv}, {name: "dst-type", id: 1, typ: tString, flags: inv},
				{name: "limit-iface-in", id: 2, excl: 8}, {name: "limit-iface-out", id: 3, excl: 4}},
			parse: parseAddrType,
			check: func(c *call, _ *iptables.AddrType) {
				if !c.given(0, 1) {
					c.bad("addrtype: you must specify --src-type or --dst-type")
				}
			},
			print: func(w *view, d *iptables.AddrType) {
				w.f(" ADDRTYPE match")
				if d.Src != 0 {
					w.f(" src-type ")
					w.is(d.InvSrc, "!")
					w.f("%s", addrTypes(d.Src, ","))
				}
				if d.Dst != 0 {
					w.f(" dst-type ")
					w.is(d.InvDst, "!")
					w.f("%s", addrTypes(d.Dst, ","))
				}
				w.is(d.LimitIfaceIn, " limit-in")
				w.is(d.LimitIface, " limit-out")
			},
			save: func(w *view, d *iptables.AddrType) {
				if d.Src != 0 {
					w.not(d.InvSrc)
					w.f(" --src-type %s", addrTypes(d.Src, ","))
				}
				if d.Dst != 0 {
					w.not(d.InvDst)
					w.f(" --dst-type %s", addrTypes(d.Dst, ","))
				}
				w.is(d.LimitIfaceIn, " --limit-iface-in")
				w.is(d.LimitIface, " --limit-iface-out")
			},
			xlate: xlateAddrType}),
		of(kind[iptables.IPRange]{name: "iprange", opts: []opt{{name: "src-range", id: 0, typ: tString, flags: inv}, {name: "dst-range", id: 1, typ: tString, flags: inv}},
			parse: parseIPRange,
			check: func(c *call, _ *iptables.IPRange) {
				c.some("iprange match: You must specify `--src-range' or `--dst-range'")
			},
			print: func(w *view, d *iptables.IPRange) { w.ipRange(d, " source IP range", " destination IP range", " !") },
			save:  func(w *view, d *iptables.IPRange) { w.ipRange(d, "", "", "") },
			xlate: func(w *view, d *iptables.IPRange) bool {
				one := func(on, not bool, side string, a, b wire.Addr) {
					if on {
						op := ""
						if not {
							op = " !="
						}
						w.add("%s %s%s %s", w.ip(), side, op, w.addr(a))
						w.add("-%s", w.addr(b))
					}
				}
				one(d.HasSrc, d.InvSrc, "saddr", d.SrcMin, d.SrcMax)
				one(d.HasDst, d.InvDst, "daddr", d.DstMin, d.DstMax)
				return true
			}}),
		of(kind[iptables.MAC]{name: "mac", opts: []opt{{name: "mac-source", id: 0, typ: tMAC, flags: mand | inv}},
			parse: func(c *call, d *iptables.MAC) {
				d.Inv = d.Inv || c.invert
				d.Addr = 0
				for _, b := range c.mac {
					d.Addr = d.Addr<<8 | wire.MAC(b)
				}
			},
			print: func(w *view, d *iptables.MAC) {
				w.f(" MAC ")
				w.is(d.Inv, "! ")
				w.f("%s", macText(d.Addr))
			},
			save: func(w *view, d *iptables.MAC) {
				w.not(d.Inv)
				w.f(" --mac-source %s", macText(d.Addr))
			},
			xlate: func(w *view, d *iptables.MAC) bool {
				op := ""
				if d.Inv {
					op = " !="
				}
				w.add("ether saddr%s ", op)
				w.add("%s", macText(d.Addr))
				return true
			}}),
		of(kind[iptables.Comment]{name: "comment", opts: []opt{{name: "comment", id: 0, typ: tString, flags: mand}},
			parse: func(c *call, d *iptables.Comment) { d.Text = cutTo(c.arg, 255) },
			print: func(w *view, d *iptables.Comment) { w.f(" /* %s */", d.Text) },
			save: func(w *view, d *iptables.Comment) {
				w.f(" --comment")
				w.saved(d.Text)
			},
			xlate: func(*view, *iptables.Comment) bool { return true }}),
		of(kind[iptables.Owner]{name: "owner",
			opts: []opt{{name: "uid-owner", id: 0, typ: tString, flags: inv}, {name: "gid-owner", id: 1, typ: tString, flags: inv},
				{name: "socket-exists", id: 2, flags: inv}, {name: "suppl-groups", id: 6}},
			parse: parseOwner,
			check: func(c *call, _ *iptables.Owner) {
				c.some("owner: At least one of --uid-owner, --gid-owner or --socket-exists is required")
			},
			print: func(w *view, d *iptables.Owner) {
				w.owner(d, "owner socket exists", "owner UID match", "owner GID match", "incl. suppl. groups", w.numeric)
			},
			save: func(w *view, d *iptables.Owner) {
				w.owner(d, "--socket-exists", "--uid-owner", "--gid-owner", "--suppl-groups", true)
			},
			xlate: func(w *view, d *iptables.Owner) bool {
				if d.SocketExists || d.SupplGroups || d.HasUID == d.HasGID {
					return false
				}
				word, r := "skuid", d.UID
				if d.HasGID {
					word, r = "skgid", d.GID
				}
				op := ""
				if d.InvUID || d.InvGID {
					op = " !="
				}
				w.add("%s%s ", word, op)
				if r.Min != r.Max {
					w.add("%d-%d", r.Min, r.Max)
				} else {
					w.add("%d", r.Min)
				}
				return true
			}}),
		of(kind[iptables.PktType]{name: "pkttype", opts: []opt{{name: "pkt-type", id: 0, typ: tString, flags: mand | inv}},
			parse: func(c *call, d *iptables.PktType) {
				for _, t := range pktTypes {
					if strings.EqualFold(t.name, c.arg) {
						d.Type, d.Inv = t.v, c.invert
						return
					}
				}
				c.bad("Bad packet type '%s'", c.arg)
			},
			print: func(w *view, d *iptables.PktType) {
				w.f(" PKTTYPE ")
				w.is(d.Inv, "!")
				w.f("= %s", pktTypeName(d.Type))
			},
			save: func(w *view, d *iptables.PktType) {
				w.not(d.Inv)
				w.f(" --pkt-type %s", pktTypeName(d.Type))
			},
			xlate: func(w *view, d *iptables.PktType) bool {
				op := ""
				if d.Inv {
					op = " !="
				}
				w.add("pkttype%s ", op)
				if d.Type == uint8(core.PacketOtherHost) {
					w.add("%d", d.Type)
				} else {
					w.add("%s", pktTypeName(d.Type))
				}
				return true
			}}),
		of(kind[iptables.Length]{name: "length", opts: []opt{{name: "length", id: 0, typ: tU16s, flags: mand | inv}},
			parse: func(c *call, d *iptables.Length) {
				*d = iptables.Length{Min: uint16(c.r[0]), Max: uint16(c.r[0]), Inv: c.invert}
				if c.n >= 2 {
					d.Max = uint16(c.r[1])
				}
			},
			print: func(w *view, d *iptables.Length) {
				w.f(" length ")
				w.is(d.Inv, "!")
				w.span(uint64(d.Min), uint64(d.Max), ":")
			},
			save: func(w *view, d *iptables.Length) {
				w.not(d.Inv)
				w.f(" --length ")
				w.span(uint64(d.Min), uint64(d.Max), ":")
			},
			xlate: func(w *view, d *iptables.Length) bool {
				w.add("meta length %s", ne(d.Inv))
				w.xspan(uint64(d.Min), uint64(d.Max))
				return true
			}}),
		of(kind[iptables.DSCP]{name: "dscp", opts: []opt{{name: "dscp", id: 0, typ: tU8, excl: 2, max: 63, flags: inv}, {name: "dscp-class", id: 1, typ: tString, excl: 1, flags: inv}},
			parse: func(c *call, d *iptables.DSCP) {
				d.DSCP = uint8(c.u)
				if c.o.id == 1 {
					d.DSCP = c.dscpClass()
				}
				d.Inv = d.Inv || c.invert
			},
			check: func(c *call, _ *iptables.DSCP) { c.some("DSCP match: Parameter --dscp is required") },
			print: func(w *view, d *iptables.DSCP) {
				w.f(" DSCP match ")
				w.is(d.Inv, "!")
				w.f("0x%02x", d.DSCP)
			},
			save: func(w *view, d *iptables.DSCP) {
				w.not(d.Inv)
				w.f(" --dscp 0x%02x", d.DSCP)
			},
			xlate: func(w *view, d *iptables.DSCP) bool {
				w.add("%s ", w.ip())
				w.add("dscp %s0x%02x", ne(d.Inv), d.DSCP)
				return true
			}}),
	)
}

// span writes a number, or two with a sign between them.
func (w *view) span(a, b uint64, sep string) {
	if a == b {
		w.f("%d", a)
	} else {
		w.f("%d%s%d", a, sep, b)
	}
}

func (w *view) xspan(a, b uint64) {
	if a == b {
		w.add("%d", a)
	} else {
		w.add("%d-%d", a, b)
	}
}
