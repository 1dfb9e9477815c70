package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

func init() {
	register(
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
			check: func(c *call, _ *iptables.ECN) { c.some("ECN match: some option required") },
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
				c.some("TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt")
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
				c.some("HL match: You must specify one of `--hl-eq', `--hl-lt', `--hl-gt'")
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
			check: func(c *call, _ *iptables.PhysDev) { c.some("PHYSDEV: no physdev option specified") },
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
				c.some("devgroup match: You must specify either '--src-group' or '--dst-group'")
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
