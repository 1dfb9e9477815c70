package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// The matches of connection tracking: conntrack, state, connmark, connlimit,
// connbytes, connlabel, helper.

// noLabels is connlabel_open: the machine has no names for labels.
func (p *prog) noLabels() {
	if p.quiet {
		return
	}
	p.warn("Warning: cannot open /etc/xtables/connlabel.conf: No such file or directory\n")
}

func init() {
	register(
		of(kind[iptables.Conntrack]{name: "conntrack", opts: conntrackOpts, parse: parseConntrack, check: checkConntrack,
			print: func(w *view, d *iptables.Conntrack) { w.conntrack(d, "", w.numeric) },
			save:  func(w *view, d *iptables.Conntrack) { w.conntrack(d, "--", true) },
			xlate: xlateConntrack,
			alias: func(d *iptables.Conntrack) string {
				if d.Flags&iptables.CTStateAlias != 0 {
					return "state"
				}
				return "conntrack"
			}}),
		of(kind[iptables.Conntrack]{name: "state", real: "conntrack", opts: []opt{{name: "state", id: 0, typ: tString, flags: inv | mand}},
			parse: func(c *call, d *iptables.Conntrack) {
				d.Flags = iptables.CTState | iptables.CTStateAlias
				d.State = c.states(ctStates[:5], "state")
				if c.invert {
					d.Invert |= iptables.CTState
				}
			}}),
		of(kind[iptables.ConnMark]{name: "connmark", opts: []opt{{name: "mark", id: 0, typ: tMark, flags: inv | mand}},
			parse: func(c *call, d *iptables.ConnMark) { *d = iptables.ConnMark{Mark: c.mark, Mask: c.mask, Inv: c.invert} },
			print: func(w *view, d *iptables.ConnMark) {
				w.f(" connmark match ")
				w.is(d.Inv, "!")
				w.valMask(d.Mark, d.Mask, nil)
			},
			save: func(w *view, d *iptables.ConnMark) {
				w.not(d.Inv)
				w.f(" --mark")
				w.valMask(d.Mark, d.Mask, nil)
			},
			xlate: func(w *view, d *iptables.ConnMark) bool {
				w.add("ct mark")
				w.xlateMark(d.Mark, d.Mask, d.Inv)
				return true
			}}),
		of(kind[iptables.ConnLimit]{name: "connlimit",
			opts: []opt{{name: "connlimit-upto", id: 0, typ: tU32, flags: inv, excl: 2}, {name: "connlimit-above", id: 1, typ: tU32, flags: inv, excl: 1},
				{name: "connlimit-mask", id: 2, typ: tPLenMask}, {name: "connlimit-saddr", id: 3, excl: 16}, {name: "connlimit-daddr", id: 4, excl: 8}},
			init: func(d *iptables.ConnLimit, fam int) { d.Mask, d.Above = ones(8*size(fam)).wireMask(fam), true },
			parse: func(c *call, d *iptables.ConnLimit) {
				switch c.o.id {
				case 0, 1:
					d.Limit = uint32(c.u)
					if c.o.id == 1 == c.invert {
						d.Above = false
					}
				case 2:
					d.Mask = c.hmask.wireMask(c.p.fam)
				case 3:
					d.Daddr = false
				case 4:
					d.Daddr = true
				}
			},
			check: func(c *call, _ *iptables.ConnLimit) {
				if !c.given(0, 1) {
					c.bad("You must specify \"--connlimit-above\" or \"--connlimit-upto\".")
				}
			},
			print: func(w *view, d *iptables.ConnLimit) {
				side, op := "src", ">"
				if d.Daddr {
					side = "dst"
				}
				if !d.Above {
					op = "<="
				}
				w.f(" #conn %s/%d %s %d", side, w.plen(d), op, d.Limit)
			},
			save: func(w *view, d *iptables.ConnLimit) {
				word, side := "above", "saddr"
				if !d.Above {
					word = "upto"
				}
				if d.Daddr {
					side = "daddr"
				}
				w.f(" --connlimit-%s %d --connlimit-mask %d --connlimit-%s", word, d.Limit, w.plen(d), side)
			}}),
		of(kind[iptables.ConnBytes]{name: "connbytes",
			opts: []opt{{name: "connbytes", id: 0, typ: tU64s, flags: mand | inv}, {name: "connbytes-dir", id: 1, typ: tString, flags: mand},
				{name: "connbytes-mode", id: 2, typ: tString, flags: mand}},
			parse: parseConnBytes,
			print: func(w *view, d *iptables.ConnBytes) {
				w.connBytes(d, "")
				w.f(" connbytes mode %s connbytes direction %s", connModes[d.What], connDirs[d.Direction])
			},
			save: func(w *view, d *iptables.ConnBytes) {
				w.connBytes(d, "--")
				w.f(" --connbytes-mode %s --connbytes-dir %s", connModes[d.What], connDirs[d.Direction])
			},
			xlate: xlateConnBytes}),
		of(kind[iptables.ConnLabel]{name: "connlabel", opts: []opt{{name: "label", id: 0, typ: tString, min: 1, flags: mand | inv}, {name: "set", id: 1}},
			parse: func(c *call, d *iptables.ConnLabel) {
				if c.o.id == 1 {
					d.Set = true
					return
				}
				v, rest, any, _ := strtoul(c.arg, 0)
				if c.arg == "" || rest != "" || !any || int32(v) < 0 {
					c.p.noLabels()
					c.bad("label '%s' not found or invalid value", c.arg)
				}
				d.Bit, d.Inv = uint16(v), c.invert
			},
			print: func(w *view, d *iptables.ConnLabel) {
				w.p.noLabels()
				w.f(" connlabel")
				w.not(d.Inv)
				w.f(" %d", d.Bit)
				w.is(d.Set, " set")
			},
			save: func(w *view, d *iptables.ConnLabel) {
				w.p.noLabels()
				w.not(d.Inv)
				w.f(" --label \"%d\"", d.Bit)
				w.is(d.Set, " --set")
			},
			xlate: func(w *view, d *iptables.ConnLabel) bool {
				if d.Set {
					w.add("ct label set %d ", d.Bit)
				}
				w.add("ct label ")
				if d.Inv {
					w.add("and %d != ", d.Bit)
				}
				w.add("%d", d.Bit)
				return true
			}}),
		of(kind[iptables.Helper]{name: "helper", opts: []opt{{name: "helper", id: 0, typ: tString, flags: mand | inv}},
			parse: func(c *call, d *iptables.Helper) { d.HName, d.Inv = cutTo(c.arg, 29), c.invert },
			print: func(w *view, d *iptables.Helper) {
				w.f(" helper match ")
				w.is(d.Inv, "! ")
				w.f("\"%s\"", d.HName)
			},
			save: func(w *view, d *iptables.Helper) {
				w.not(d.Inv)
				w.f(" --helper")
				w.saved(d.HName)
			},
			xlate: func(w *view, d *iptables.Helper) bool {
				w.add("ct helper%s \"%s\"", strings.TrimSuffix(" "+ne(d.Inv), " "), d.HName)
				return true
			}}),
	)
}

// plen is the prefix that connections are counted by.
func (w *view) plen(d *iptables.ConnLimit) int {
	n, _ := fromWire(d.Mask, w.fam).prefix(w.fam)
	return n
}

var (
	connModes = [...]string{"packets", "bytes", "avgpkt"}
	connDirs  = [...]string{"original", "reply", "both"}
)

func parseConnBytes(c *call, d *iptables.ConnBytes) {
	word := func(l []string, what string) int {
		for i, s := range l {
			if s == c.arg {
				return i
			}
		}
		c.bad("Unknown --connbytes-%s `%s'", what, c.arg)
		return 0
	}
	switch c.o.id {
	case 0:
		d.From, d.To = c.r[0], 1<<64-1
		if c.n == 2 {
			d.To = c.r[1]
		}
		if d.To < d.From {
			c.bad("%d should be less than %d", d.From, d.To)
		}
		d.Inv = c.invert
	case 1:
		d.Direction = uint8(word(connDirs[:], "dir"))
	case 2:
		d.What = iptables.ConnBytesWhat(word(connModes[:], "mode"))
	}
}

func (w *view) connBytes(d *iptables.ConnBytes, prefix string) {
	w.not(d.Inv && d.From != d.To)
	w.f(" %sconnbytes %d", prefix, d.From)
	if d.To != 0 && d.To < 1<<64-1 {
		w.f(":%d", d.To)
	}
}

func xlateConnBytes(w *view, d *iptables.ConnBytes) bool {
	w.add("ct ")
	if d.Direction != iptables.ConnDirBoth {
		w.add("%s ", connDirs[d.Direction])
	}
	w.add("%s ", connModes[d.What])
	switch {
	case d.From == d.To:
		w.add("%d", d.From)
	case d.To == 1<<64-1:
		op := "ge"
		if d.Inv {
			op = "lt"
		}
		w.add("%s %d", op, d.From)
	default:
		w.add("%s%d-%d", ne(d.Inv), d.From, d.To)
	}
	return true
}

// xlateMark is print_mark_xlate.
func (w *view) xlateMark(v, m uint32, not bool) {
	if m != 1<<32-1 {
		op := "=="
		if not {
			op = "!="
		}
		w.add(" and 0x%x %s 0x%x", m, op, v)
		return
	}
	w.add(" %s0x%x", ne(not), v)
}
