package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// markOpts are the ways to say how a mark changes; ids 0 to 4, in the order set,
// and, or, xor, xset.
func markOpts(xset, set string) []opt {
	return []opt{{name: xset, id: 4, typ: tMark, excl: 31}, {name: set, id: 0, typ: tMark, excl: 31}, {name: "and-mark", id: 1, typ: tU32, excl: 31},
		{name: "or-mark", id: 2, typ: tU32, excl: 31}, {name: "xor-mark", id: 3, typ: tU32, excl: 31}}
}

// setMark is what an option of markOpts makes of a mark.
func (c *call) setMark(how string) (mark, mask uint32) {
	v := uint32(c.u)
	switch how {
	case "set":
		return c.mark, c.mark | c.mask
	case "and":
		return 0, ^v
	case "or":
		return v, v
	case "xor":
		return v, 0
	}
	return c.mark, c.mask
}

func markWords(mark, mask uint32) string {
	var b buf
	switch {
	case mark == 0:
		b.f("and 0x%x", ^mask)
	case mark == mask:
		b.f("or 0x%x", mark)
	case mask == 0:
		b.f("xor 0x%x", mark)
	case mask == 1<<32-1:
		b.f("set 0x%x", mark)
	default:
		b.f("xset 0x%x/0x%x", mark, mask)
	}
	return b.String()
}

// connMarkOps are the bits of the options that say what to do.
const connMarkOps = 0x3f | 1<<8

func connMarkOpts() []opt {
	l := []opt{{name: "set-xmark", id: 8, typ: tMark}, {name: "set-mark", id: 0, typ: tMark}, {name: "and-mark", id: 3, typ: tU32},
		{name: "or-mark", id: 4, typ: tU32}, {name: "xor-mark", id: 5, typ: tU32}, {name: "save-mark", id: 1}, {name: "restore-mark", id: 2}}
	for i := range l {
		l[i].excl = connMarkOps
	}
	return append(l, opt{name: "left-shift-mark", id: 6, typ: tU8, max: 32}, opt{name: "right-shift-mark", id: 7, typ: tU8, max: 32},
		opt{name: "ctmask", id: 9, typ: tU32, excl: 1 << 11}, opt{name: "nfmask", id: 10, typ: tU32, excl: 1 << 11}, opt{name: "mask", id: 11, typ: tU32, excl: 3 << 9})
}

func parseConnMark(c *call, d *iptables.SetConnMark) {
	switch c.o.id {
	case 1:
		d.Mode = iptables.ConnMarkSave
	case 2:
		d.Mode = iptables.ConnMarkRestore
	case 6, 7:
		d.Shift, d.ShiftRight = uint8(c.u), c.o.id == 7
	case 9:
		d.CTMask = uint32(c.u)
	case 10:
		d.NFMask = uint32(c.u)
	case 11:
		d.CTMask, d.NFMask = uint32(c.u), uint32(c.u)
	default:
		d.Mode = iptables.ConnMarkSet
		d.CTMark, d.CTMask = c.setMark(strings.TrimSuffix(c.o.name, "-mark"))
	}
}

func (w *view) shift(d *iptables.SetConnMark, prefix string) {
	if d.Shift == 0 {
		return
	}
	dir := "left"
	if d.ShiftRight {
		dir = "right"
	}
	w.f("%s%s-shift-mark %d", prefix, dir, d.Shift)
}

func printConnMark(w *view, d *iptables.SetConnMark) {
	const all = 1<<32 - 1
	switch {
	case d.Mode == iptables.ConnMarkSet:
		w.f(" CONNMARK %s", markWords(d.CTMark, d.CTMask))
	case d.Mode == iptables.ConnMarkSave && d.NFMask == all && d.CTMask == all:
		w.f(" CONNMARK save")
	case d.Mode == iptables.ConnMarkSave && d.NFMask == d.CTMask:
		w.f(" CONNMARK save mask 0x%x", d.NFMask)
	case d.Mode == iptables.ConnMarkSave:
		w.f(" CONNMARK save nfmask 0x%x ctmask ~0x%x", d.NFMask, d.CTMask)
	case d.NFMask == all && d.CTMask == all:
		w.f(" CONNMARK restore")
	case d.NFMask == d.CTMask:
		w.f(" CONNMARK restore mask 0x%x", d.CTMask)
	default:
		w.f(" CONNMARK restore ctmask 0x%x nfmask ~0x%x", d.CTMask, d.NFMask)
	}
	w.shift(d, " ")
}

func saveConnMark(w *view, d *iptables.SetConnMark) {
	switch d.Mode {
	case iptables.ConnMarkSet:
		w.f(" --set-xmark 0x%x/0x%x", d.CTMark, d.CTMask)
	case iptables.ConnMarkSave:
		w.f(" --save-mark --nfmask 0x%x --ctmask 0x%x", d.NFMask, d.CTMask)
	default:
		w.f(" --restore-mark --nfmask 0x%x --ctmask 0x%x", d.NFMask, d.CTMask)
	}
	w.shift(d, " --")
}

func xlateConnMark(w *view, d *iptables.SetConnMark) bool {
	const all = 1<<32 - 1
	brace := ""
	if d.Shift != 0 {
		brace = "( "
	}
	if d.Mode == iptables.ConnMarkSet {
		w.add("ct mark set %s", brace)
		switch {
		case d.CTMask == all:
			w.add("0x%x ", d.CTMark)
		case d.CTMark == 0:
			w.add("ct mark and 0x%x", ^d.CTMask)
		case d.CTMark == d.CTMask:
			w.add("ct mark or 0x%x", d.CTMark)
		case d.CTMask == 0:
			w.add("ct mark xor 0x%x", d.CTMark)
		default:
			w.add("ct mark xor 0x%x and 0x%x", d.CTMark, ^d.CTMask)
		}
	} else {
		if d.Mode == iptables.ConnMarkSave {
			w.add("ct mark set %smark", brace)
		} else {
			w.add("meta mark set %sct mark", brace)
		}
		if d.NFMask != all || d.CTMask != all {
			if d.NFMask != d.CTMask {
				return false
			}
			w.add(" and 0x%x", d.NFMask)
		}
	}
	if d.Shift != 0 {
		op := "<<"
		if d.ShiftRight {
			op = ">>"
		}
		w.add(" ) %s %d", op, d.Shift)
	}
	return true
}
