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

func init() {
	none := func(what string) func(c *call) {
		return func(c *call) {
			if *c.seen == 0 {
				c.bad("%s", what)
			}
		}
	}
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
				none("iprange match: You must specify `--src-range' or `--dst-range'")(c)
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
				none("owner: At least one of --uid-owner, --gid-owner or --socket-exists is required")(c)
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
			check: func(c *call, _ *iptables.DSCP) { none("DSCP match: Parameter --dscp is required")(c) },
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
		of(kind[iptables.TOS]{name: "tos", opts: []opt{{name: "tos", id: 1, typ: tTOS, flags: mand | inv, max: 0x3f}},
			parse: func(c *call, d *iptables.TOS) { *d = iptables.TOS{Value: c.tos[0], Mask: c.tos[1], Inv: c.invert} },
			print: func(w *view, d *iptables.TOS) {
				w.f(" tos match")
				w.is(d.Inv, "!")
				if s := tosName(d.Value, d.Mask); s != "" && !w.numeric {
					w.f(" %s", s)
				} else {
					w.f("0x%02x/0x%02x", d.Value, d.Mask)
				}
			},
			save: func(w *view, d *iptables.TOS) {
				w.not(d.Inv)
				w.f(" --tos 0x%02x/0x%02x", d.Value, d.Mask)
			}}),
		of(kind[iptables.ECN]{name: "ecn",
			opts:  []opt{{name: "ecn-tcp-cwr", id: 0, flags: inv}, {name: "ecn-tcp-ece", id: 1, flags: inv}, {name: "ecn-ip-ect", id: 2, typ: tU8, max: 3, flags: inv}},
			parse: parseECN,
			check: func(c *call, _ *iptables.ECN) { none("ECN match: some option required")(c) },
			print: func(w *view, d *iptables.ECN) {
				w.f(" ECN match")
				one := func(on, not bool, s string) {
					if on {
						w.f(" ")
						w.is(not, "!")
						w.f("%s", s)
					}
				}
				one(d.HasECE, d.InvECE, "ECE")
				one(d.HasCWR, d.InvCWR, "CWR")
				one(d.HasECT, d.InvECT, "ECT=")
				if d.HasECT {
					w.f("%d", d.ECT)
				}
			},
			save: func(w *view, d *iptables.ECN) {
				if d.HasECE {
					w.not(d.InvECE)
					w.f(" --ecn-tcp-ece")
				}
				if d.HasCWR {
					w.not(d.InvCWR)
					w.f(" --ecn-tcp-cwr")
				}
				if d.HasECT {
					w.not(d.InvECT)
					w.f(" --ecn-ip-ect %d", d.ECT)
				}
			},
			xlate: func(w *view, d *iptables.ECN) bool {
				not := d.InvCWR || d.InvECE || d.InvECT
				one := func(on bool, what, v string) {
					if on {
						w.add("%s", what)
						if not {
							w.add("!= ")
						}
						w.add("%s", v)
					}
				}
				one(d.HasECE, "tcp flags ", "ecn")
				one(d.HasCWR, "tcp flags ", "cwr")
				one(d.HasECT, "ip ecn ", [...]string{"not-ect", "ect1", "ect0", "ce"}[d.ECT&3])
				return true
			}}),
		of(kind[iptables.TTL]{name: "ttl", fam: 4,
			opts: []opt{{name: "ttl-lt", id: 1, typ: tU8, excl: 7}, {name: "ttl-gt", id: 2, typ: tU8, excl: 7}, {name: "ttl-eq", id: 0, typ: tU8, excl: 7, flags: inv},
				{name: "ttl", id: 0, typ: tU8, excl: 7}},
			parse: func(c *call, d *iptables.TTL) { d.Mode, d.Value = c.hopMode(), uint8(c.u) },
			check: func(c *call, _ *iptables.TTL) {
				none("TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt")(c)
			},
			print: func(w *view, d *iptables.TTL) { w.f(" TTL match TTL %s %d", hopOps[d.Mode], d.Value) },
			save: func(w *view, d *iptables.TTL) {
				w.f(" %s %d", strings.ReplaceAll(hopOpts[d.Mode], "*", "ttl"), d.Value)
			},
			xlate: func(w *view, d *iptables.TTL) bool {
				w.add("ip ttl%s", [...]string{"", " !=", " lt", " gt"}[d.Mode])
				w.add(" %d", d.Value)
				return true
			}}),
		of(kind[iptables.HL]{name: "hl", fam: 6,
			opts: []opt{{name: "hl-lt", id: 1, typ: tU8, excl: 7}, {name: "hl-gt", id: 2, typ: tU8, excl: 7}, {name: "hl-eq", id: 0, typ: tU8, excl: 7, flags: inv},
				{name: "hl", id: 0, typ: tU8, excl: 7}},
			parse: func(c *call, d *iptables.HL) { d.Mode, d.Value = c.hopMode(), uint8(c.u) },
			check: func(c *call, _ *iptables.HL) {
				none("HL match: You must specify one of `--hl-eq', `--hl-lt', `--hl-gt'")(c)
			},
			print: func(w *view, d *iptables.HL) { w.f(" HL match HL %s %d", hopOps[d.Mode], d.Value) },
			save:  func(w *view, d *iptables.HL) { w.f(" %s %d", strings.ReplaceAll(hopOpts[d.Mode], "*", "hl"), d.Value) },
			xlate: func(w *view, d *iptables.HL) bool {
				w.add("ip6 hoplimit %s%d", [...]string{"", "!= ", "lt ", "gt "}[d.Mode], d.Value)
				return true
			}}),
		of(kind[iptables.Realm]{name: "realm", fam: 4, opts: []opt{{name: "realm", id: 0, typ: tString, flags: mand | inv}},
			parse: func(c *call, d *iptables.Realm) {
				c.valMask(c.p.realmNames())
				*d = iptables.Realm{ID: c.mark, Mask: c.mask, Inv: c.invert}
			},
			print: func(w *view, d *iptables.Realm) {
				w.not(d.Inv)
				w.f(" realm")
				names := w.p.realmNames()
				if w.numeric {
					names = nil
				}
				w.valMask(d.ID, d.Mask, names)
			},
			save: func(w *view, d *iptables.Realm) {
				w.not(d.Inv)
				w.f(" --realm")
				w.valMask(d.ID, d.Mask, w.p.realmNames())
			},
			xlate: func(w *view, d *iptables.Realm) bool {
				w.add("rtclassid")
				if s := w.p.realmNames()[uint64(d.ID)]; s != "" && d.Mask == 1<<32-1 {
					w.add(" %s%s", ne(d.Inv), s)
				} else {
					w.xlateMark(d.ID, d.Mask, d.Inv)
				}
				return true
			}}),
		of(kind[iptables.CPU]{name: "cpu", opts: []opt{{name: "cpu", id: 0, typ: tU32, flags: mand | inv}},
			parse: func(c *call, d *iptables.CPU) { *d = iptables.CPU{CPU: uint32(c.u), Inv: c.invert} },
			print: func(w *view, d *iptables.CPU) {
				w.f(" cpu ")
				w.is(d.Inv, "! ")
				w.f("%d", d.CPU)
			},
			save: func(w *view, d *iptables.CPU) {
				w.not(d.Inv)
				w.f(" --cpu %d", d.CPU)
			},
			xlate: func(w *view, d *iptables.CPU) bool {
				op := ""
				if d.Inv {
					op = " !="
				}
				w.add("cpu%s %d", op, d.CPU)
				return true
			}}),
		of(kind[iptables.PhysDev]{name: "physdev",
			opts: []opt{{name: "physdev-in", id: 0, typ: tString, flags: inv}, {name: "physdev-out", id: 1, typ: tString, flags: inv},
				{name: "physdev-is-in", id: 2, flags: inv}, {name: "physdev-is-out", id: 3, flags: inv}, {name: "physdev-is-bridged", id: 4, flags: inv}},
			parse: parsePhysDev,
			check: func(c *call, _ *iptables.PhysDev) { none("PHYSDEV: no physdev option specified")(c) },
			print: func(w *view, d *iptables.PhysDev) {
				w.f(" PHYSDEV match")
				savePhysDev(w, d)
			},
			save: savePhysDev}),
		of(kind[iptables.RpFilter]{name: "rpfilter", opts: []opt{{name: "loose", id: 0}, {name: "validmark", id: 1}, {name: "accept-local", id: 2}, {name: "invert", id: 3}},
			parse: func(c *call, d *iptables.RpFilter) {
				*[...]*bool{&d.Loose, &d.ValidMark, &d.AcceptLocal, &d.Inv}[c.o.id] = true
			},
			print: func(w *view, d *iptables.RpFilter) {
				w.f(" rpfilter")
				w.rpFilter(d, " ")
			},
			save: func(w *view, d *iptables.RpFilter) { w.rpFilter(d, " --") },
			xlate: func(w *view, d *iptables.RpFilter) bool {
				if d.AcceptLocal {
					if !d.Inv {
						return false
					}
					w.add("fib saddr type != local ")
				}
				w.add("fib saddr ")
				if d.ValidMark {
					w.add(". mark ")
				}
				if !d.Loose {
					w.add(". iif ")
				}
				w.add("oif %s0", ne(!d.Inv))
				return true
			}}),
		of(kind[iptables.Socket]{name: "socket", opts: []opt{{name: "transparent", id: 0}, {name: "nowildcard", id: 1}, {name: "restore-skmark", id: 2}},
			parse: func(c *call, d *iptables.Socket) {
				*[...]*bool{&d.Transparent, &d.NoWildcard, &d.RestoreSkMark}[c.o.id] = true
			},
			print: func(w *view, d *iptables.Socket) {
				w.f(" socket")
				saveSocket(w, d)
			},
			save: saveSocket}),
		of(kind[iptables.DevGroup]{name: "devgroup", opts: []opt{{name: "src-group", id: 0, typ: tString, flags: inv}, {name: "dst-group", id: 1, typ: tString, flags: inv}},
			parse: func(c *call, d *iptables.DevGroup) {
				c.valMask(groupNames)
				if c.o.id == 0 {
					d.HasSrc, d.Src, d.SrcMask, d.InvSrc = true, c.mark, c.mask, c.invert
				} else {
					d.HasDst, d.Dst, d.DstMask, d.InvDst = true, c.mark, c.mask, c.invert
				}
			},
			check: func(c *call, _ *iptables.DevGroup) {
				none("devgroup match: You must specify either '--src-group' or '--dst-group'")(c)
			},
			print: func(w *view, d *iptables.DevGroup) { w.devGroup(d, " ") },
			save: func(w *view, d *iptables.DevGroup) {
				v := *w
				v.numeric = false
				v.devGroup(d, " --")
			},
			xlate: xlateDevGroup}),
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

// addrTypeNames are RTN_*.
var addrTypeNames = []string{"UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE"}

func addrTypes(v uint16, sep string) string {
	var l []string
	for i, s := range addrTypeNames {
		if v>>i&1 != 0 {
			l = append(l, s)
		}
	}
	return strings.Join(l, sep)
}

func parseAddrType(c *call, d *iptables.AddrType) {
	types := func() (v uint16) {
		for rest := c.arg; ; {
			s, after, more := strings.Cut(rest, ",")
			ok := false
			for i, n := range addrTypeNames {
				if s != "" && hasPrefixFold(n, s) {
					v |= 1 << i
					ok = true
					break
				}
			}
			if !ok {
				if more {
					c.bad("addrtype: bad type `%s'", rest)
				}
				c.bad("addrtype: bad type \"%s\"", rest)
			}
			if !more {
				return v
			}
			rest = after
		}
	}
	switch c.o.id {
	case 0:
		d.Src |= types()
		d.InvSrc = c.invert
	case 1:
		d.Dst |= types()
		d.InvDst = c.invert
	case 2:
		d.LimitIfaceIn = true
	case 3:
		d.LimitIface = true
	}
}

func xlateAddrType(w *view, d *iptables.AddrType) bool {
	w.add("fib ")
	v := d.Src
	if v != 0 {
		w.add("saddr ")
	} else {
		w.add("daddr ")
		v = d.Dst
	}
	if d.LimitIfaceIn {
		w.add(". iif ")
	} else if d.LimitIface {
		w.add(". oif ")
	}
	w.add("type ")
	if d.InvSrc || d.InvDst {
		w.add("!= ")
	}
	many := v&(v-1) != 0
	if many {
		w.add("{ ")
	}
	w.add("%s", strings.ToLower(addrTypes(v&0x1ff, ", ")))
	if many {
		w.add(" }")
	}
	return true
}

func parseIPRange(c *call, d *iptables.IPRange) {
	name := "--" + c.o.name
	one := func(s string) addr {
		a, ok := inet6(s)
		if c.p.fam == 4 {
			a, ok = quad(s, false)
		}
		if !ok {
			c.p.bad("%s: Bad value for \"%s\" option: \"%s\"", c.e.name, name, s)
		}
		return a
	}
	from, to, ranged := strings.Cut(c.arg, "-")
	lo := one(from)
	hi := lo
	if ranged {
		hi = one(to)
		if string(lo[:]) > string(hi[:]) {
			c.p.warn("xt_iprange: range %s-%s is reversed and will never match\n", from, to)
		}
	}
	a, b := lo.wire(c.p.fam), hi.wire(c.p.fam)
	if c.o.id == 0 {
		d.HasSrc, d.SrcMin, d.SrcMax, d.InvSrc = true, a, b, c.invert
	} else {
		d.HasDst, d.DstMin, d.DstMax, d.InvDst = true, a, b, c.invert
	}
}

func (w *view) ipRange(d *iptables.IPRange, src, dst, not string) {
	one := func(on, neg bool, word, opt string, a, b wire.Addr) {
		switch {
		case !on:
			return
		case word != "":
			w.f("%s", word)
			w.is(neg, not)
		default:
			w.not(neg)
			w.f(" --%s", opt)
		}
		w.f(" %s-%s", w.addr(a), w.addr(b))
	}
	one(d.HasSrc, d.InvSrc, src, "src-range", d.SrcMin, d.SrcMax)
	one(d.HasDst, d.InvDst, dst, "dst-range", d.DstMin, d.DstMax)
}

func macText(m wire.MAC) string {
	var b buf
	for i := 40; i >= 0; i -= 8 {
		b.is(i < 40, ":")
		b.f("%02x", uint8(m>>i))
	}
	return b.String()
}

func parseOwner(c *call, d *iptables.Owner) {
	ids := func(l [][]string, name string) iptables.U32Range {
		if id, ok := account(l, c.arg); ok {
			return iptables.U32Range{Min: id, Max: id}
		}
		lo, rest, ok := number(c.arg, 0, 1<<32-2)
		hi := lo
		if ok && rest != "" && (rest[0] == '-' || rest[0] == ':') {
			hi, rest, ok = number(rest[1:], 0, 1<<32-2)
		}
		if !ok || rest != "" {
			c.badValue(name)
		}
		return iptables.U32Range{Min: uint32(lo), Max: uint32(hi)}
	}
	switch c.o.id {
	case 0:
		d.HasUID, d.UID, d.InvUID = true, ids(c.p.tables().users, "--uid-owner"), c.invert
	case 1:
		d.HasGID, d.GID, d.InvGID = true, ids(c.p.tables().groups, "--gid-owner"), c.invert
	case 2:
		d.SocketExists, d.InvSocket = true, c.invert
	case 6:
		if !d.HasGID {
			c.p.bad("%s: Bad value for \"%s\" option: \"%s\"", "owner", "--suppl-groups", "you need to use --gid-owner first")
		}
		d.SupplGroups = true
	}
}

func (w *view) owner(d *iptables.Owner, sock, uid, gid, suppl string, numeric bool) {
	if d.SocketExists {
		w.not(d.InvSocket)
		w.f(" %s", sock)
	}
	one := func(on, not bool, label string, r iptables.U32Range, l [][]string) {
		if !on {
			return
		}
		w.not(not)
		w.f(" %s ", label)
		if s := accountName(l, r.Min); r.Min == r.Max && !numeric && s != "" {
			w.f("%s", s)
		} else {
			w.span(uint64(r.Min), uint64(r.Max), "-")
		}
	}
	one(d.HasUID, d.InvUID, uid, d.UID, w.p.tables().users)
	one(d.HasGID, d.InvGID, gid, d.GID, w.p.tables().groups)
	if d.SupplGroups {
		w.f(" %s", suppl)
	}
}

var pktTypes = []struct {
	name string
	v    uint8
}{{"unicast", 0}, {"broadcast", 1}, {"multicast", 2}, {"otherhost", 3}, {"bcast", 1}, {"mcast", 2}, {"host", 0}}

func pktTypeName(v uint8) string {
	if v < 4 {
		return pktTypes[v].name
	}
	return "?"
}

var dscpClasses = []struct {
	name string
	v    uint8
}{{"CS0", 0}, {"CS1", 8}, {"CS2", 16}, {"CS3", 24}, {"CS4", 32}, {"CS5", 40}, {"CS6", 48}, {"CS7", 56}, {"BE", 0}, {"AF11", 10}, {"AF12", 12}, {"AF13", 14},
	{"AF21", 18}, {"AF22", 20}, {"AF23", 22}, {"AF31", 26}, {"AF32", 28}, {"AF33", 30}, {"AF41", 34}, {"AF42", 36}, {"AF43", 38}, {"EF", 46}}

func (c *call) dscpClass() uint8 {
	for _, k := range dscpClasses {
		if hasPrefixFold(c.arg, k.name) {
			return k.v
		}
	}
	c.bad("Invalid DSCP value `%s'", c.arg)
	return 0
}

// tosName is tos_try_print_symbolic: "" if there is no word.
func tosName(v, m uint8) string {
	if m == 0x3f {
		for _, t := range tosNames {
			if t.v == v {
				return t.name
			}
		}
	}
	return ""
}

func parseECN(c *call, d *iptables.ECN) {
	switch c.o.id {
	case 0:
		d.HasCWR, d.InvCWR = true, c.invert
	case 1:
		d.HasECE, d.InvECE = true, c.invert
	case 2:
		d.HasECT, d.InvECT, d.ECT = true, c.invert, uint8(c.u)
	}
}

var (
	hopOps  = [...]string{"==", "!=", "<", ">"}
	hopOpts = [...]string{"--*-eq", "! --*-eq", "--*-lt", "--*-gt"}
)

func (c *call) hopMode() iptables.HLMode {
	switch c.o.id {
	case 1:
		return iptables.HLLess
	case 2:
		return iptables.HLGreater
	}
	if c.invert {
		return iptables.HLNotEqual
	}
	return iptables.HLEqual
}

func parsePhysDev(c *call, d *iptables.PhysDev) {
	switch c.o.id {
	case 0:
		d.HasIn, d.In, d.InvIn = true, c.p.parseIface(c.arg), c.invert
	case 1:
		d.HasOut, d.Out, d.InvOut = true, c.p.parseIface(c.arg), c.invert
	case 2:
		d.IsIn, d.InvIsIn = true, c.invert
	case 3:
		d.IsOut, d.InvIsOut = true, c.invert
	case 4:
		d.Bridged, d.InvBridged = true, c.invert
	}
}

func savePhysDev(w *view, d *iptables.PhysDev) {
	one := func(on, not bool, s, v string) {
		if on {
			w.not(not)
			w.f(" --physdev-%s%s", s, v)
		}
	}
	one(d.IsIn, d.InvIsIn, "is-in", "")
	one(d.HasIn, d.InvIn, "in ", d.In)
	one(d.IsOut, d.InvIsOut, "is-out", "")
	one(d.HasOut, d.InvOut, "out ", d.Out)
	one(d.Bridged, d.InvBridged, "is-bridged", "")
}

func (w *view) rpFilter(d *iptables.RpFilter, prefix string) {
	w.is(d.Loose, prefix+"loose")
	w.is(d.ValidMark, prefix+"validmark")
	w.is(d.AcceptLocal, prefix+"accept-local")
	w.is(d.Inv, prefix+"invert")
}

func saveSocket(w *view, d *iptables.Socket) {
	w.is(d.Transparent, " --transparent")
	w.is(d.NoWildcard, " --nowildcard")
	w.is(d.RestoreSkMark, " --restore-skmark")
}

// groupNames are those of /etc/iproute2/group.
var groupNames = map[uint64]string{0: "default"}

func (w *view) devGroup(d *iptables.DevGroup, prefix string) {
	names := groupNames
	if w.numeric {
		names = nil
	}
	if d.HasSrc {
		w.not(d.InvSrc)
		w.f("%ssrc-group", prefix)
		w.valMask(d.Src, d.SrcMask, names)
	}
	if d.HasDst {
		w.not(d.InvDst)
		w.f("%sdst-group", prefix)
		w.valMask(d.Dst, d.DstMask, names)
	}
}

func xlateDevGroup(w *view, d *iptables.DevGroup) bool {
	not := false
	one := func(on, inv bool, word string, v, m uint32) {
		if !on {
			return
		}
		not = not || inv
		w.add("%s ", word)
		if m != 1<<32-1 {
			op := "=="
			if not {
				op = "!="
			}
			w.add("and 0x%x %s 0x%x", m, op, v)
			return
		}
		w.add("%s", ne(not))
		if s := groupNames[uint64(v)]; s != "" {
			w.add("%s", s)
		} else {
			w.add("0x%x", v)
		}
	}
	one(d.HasSrc, d.InvSrc, "iifgroup", d.Src, d.SrcMask)
	one(d.HasDst, d.InvDst, "oifgroup", d.Dst, d.DstMask)
	return true
}
