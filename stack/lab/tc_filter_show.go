package lab

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// What tc filter show prints of u32, matchall and fw (iproute2, tc/f_*.c).

// tcU32HandleText is sprint_u32_handle.
func tcU32HandleText(h uint32) string {
	if h == 0 {
		return "none"
	}
	s := ""
	if h>>20 != 0 {
		s = fmt.Sprintf("%x:", h>>20)
	}
	if bucket := h >> 12 & 0xff; bucket != 0 {
		s += fmt.Sprintf("%x", bucket)
	}
	if node := h & 0xfff; node != 0 {
		s += fmt.Sprintf(":%x", node)
	}
	return s
}

func (f *tcFilterCmd) showU32Table(o *tcPrinter, t *sched.U32Table) {
	o.any("fh", "fh %s ", tcU32HandleText(t.Handle))
	o.any("ht_divisor", "ht divisor %d ", t.Divisor+1)
}

// showU32 is u32_print_opt.
func (f *tcFilterCmd) showU32(o *tcPrinter, n *sched.U32Node, protocol uint16) {
	sel := &n.Sel
	o.any("fh", "fh %s ", tcU32HandleText(n.Handle))
	o.any("order", "order %d ", n.Handle&0xfff)
	o.any("key_ht", "key ht %s ", fmt.Sprintf("%x", n.Handle>>20))
	o.any("bkt", "bkt %s ", fmt.Sprintf("%x", n.Handle>>12&0xff))
	switch {
	case n.ClassID != 0:
		if sel.Flags&sched.U32Terminal != 0 {
			o.fp("*")
		}
		o.any("flowid", "flowid %s ", tcfClass(n.ClassID))
	case sel.Flags&sched.U32Terminal != 0:
		o.fp("terminal flowid ")
	}
	if n.Link != nil {
		o.any("link", "link %s ", tcU32HandleText(n.Link.Handle))
	}
	f.showFlags(o, n.SkipHW, "", " ")
	if n.Mark != 0 || n.MarkMask != 0 {
		o.nl()
		o.any("fwmark_value", "  mark %s ", fmt.Sprintf("0x%04x", n.Mark))
		o.any("fwmark_mask", "%s ", fmt.Sprintf("0x%04x", n.MarkMask))
		o.any("fwmark_success", "(success %d)", n.Success)
	}
	for i := range sel.Keys {
		f.showKey(o, &sel.Keys[i], protocol)
	}
	f.showU32Way(o, sel)
	f.showPolice(o, n.Actions())
	if n.Ifindex != 0 {
		if d := f.tcCmd.p.host.NS.DevByIndex(n.Ifindex); d != nil {
			o.nl()
			o.any("input_dev", "  input dev %s", d.Name)
			o.nl()
		}
	}
	f.showActions(o, n.Actions())
}

// showU32Way prints how a table goes on: offset and hash key.
func (f *tcFilterCmd) showU32Way(o *tcPrinter, sel *sched.U32Sel) {
	if sel.Flags&(sched.U32VarOffset|sched.U32Offset) != 0 {
		o.nl()
		o.fp("    offset ")
		if sel.Flags&sched.U32VarOffset != 0 {
			o.any("offset_mask", "%s", fmt.Sprintf("%04x", sel.OffMask))
			o.any("offset_shift", ">>%d ", sel.OffShift)
			o.any("offset_off", "at %d ", sel.OffOff)
		}
		if sel.Off != 0 {
			o.any("plus", "plus %d ", sel.Off)
		}
	}
	if sel.Flags&sched.U32Eat != 0 {
		o.fp(" eat ")
	}
	if sel.HMask != 0 {
		o.nl()
		o.any("hash_mask", "    hash mask %s ", fmt.Sprintf("%08x", sel.HMask))
		o.any("hash_off", "at %d ", sel.HOff)
	}
}

// showFlags prints that no card does the work.
func (f *tcFilterCmd) showFlags(o *tcPrinter, skipHW bool, before, behind string) {
	if skipHW {
		o.flag("skip_hw", before+"skip_hw"+behind)
	}
	o.flag("not_in_hw", before+"not_in_hw"+behind)
}

// showKey is show_keys: with -pretty, keys of IP headers are named.
func (f *tcFilterCmd) showKey(o *tcPrinter, k *sched.U32Key, protocol uint16) {
	o.open("match")
	switch {
	case f.pretty && protocol == 0x0800:
		f.prettyKey(o, k, "dport", "sport", false)
	case f.pretty && protocol == 0x86dd:
		f.prettyKey(o, k, "sport", "dport", true)
	default:
		o.nl()
		next := ""
		if k.OffMask != 0 {
			next = "nexthdr+"
		}
		o.as("value", fmt.Sprintf("%x", k.Val), fmt.Sprintf("  match %08x", k.Val))
		o.as("mask", fmt.Sprintf("%x", k.Mask), fmt.Sprintf("/%08x ", k.Mask))
		o.as("offmask", next, "at "+next)
		o.any("off", "%d", k.Off)
	}
	o.close()
}

// prettyKey is print_ipv4 and print_ipv6, which are nearly the same: low and high
// are what they call the two ports.
func (f *tcFilterCmd) prettyKey(o *tcPrinter, k *sched.U32Key, low, high string, six bool) {
	line := func(key, format string, v any) {
		o.nl()
		o.any(key, format, v)
	}
	bits := tcfMaskBits(k.Mask)
	switch {
	case k.Off == 0 && k.Mask == 0x0f000000:
		line("ip_ihl", "  match IP ihl %d", k.Val>>24)
	case k.Off == 0 && k.Mask == 0x00ff0000:
		line("ip_dsfield", "  match IP dsfield %s", fmt.Sprintf("%#x", k.Val>>16))
	case k.Off == 8 && k.Mask == 0x00ff0000:
		line("ip_protocol", "  match IP protocol %d", k.Val>>16)
	case (k.Off == 12 || k.Off == 16) && bits >= 0:
		name := map[int32]string{12: "src", 16: "dst"}[k.Off]
		o.nl()
		o.fp("  match IP %s ", name)
		o.open(name)
		o.any("address", "%s", wire.IP4(k.Val).String())
		o.any("prefixlen", "/%d", bits)
		o.close()
	case k.Off == 20 && k.Mask == 0x0000ffff:
		if six {
			line(low, "  match "+low+" %d", k.Val&0xffff)
		} else {
			o.any(low, "match "+low+" %d", k.Val&0xffff)
		}
	case k.Off == 20 && k.Mask == 0xffff0000:
		if six {
			o.any(high, "match "+high+" %d", k.Val>>16)
		} else {
			line(high, "  match "+high+" %d", k.Val>>16)
		}
	case k.Off == 20 && k.Mask == 0xffffffff:
		line(low, "  match "+low+" %d, ", k.Val&0xffff)
		o.any(high, "match "+high+" %d", k.Val>>16)
	}
}

// showMatchall is matchall_print_opt.
func (f *tcFilterCmd) showMatchall(o *tcPrinter, m *sched.Matchall) {
	o.as("handle", m.Handle, fmt.Sprintf("handle 0x%x ", m.Handle))
	if m.ClassID != 0 {
		o.any("flowid", "flowid %s ", tcfClass(m.ClassID))
	}
	f.showFlags(o, m.SkipHW, "\n  ", "")
	if f.stats {
		o.any("rule_hit", " (rule hit %d)", m.Hits)
	}
	f.showActions(o, m.Actions())
}

// showFw is fw_print_opt, which knows no JSON.
func (f *tcFilterCmd) showFw(o *tcPrinter, x *sched.Fw) {
	if x.Mask != ^uint32(0) {
		o.fp("handle 0x%x/0x%x ", x.Mark, x.Mask)
	} else {
		o.fp("handle 0x%x ", x.Mark)
	}
	if x.ClassID != 0 {
		o.fp("classid %s ", tcfClass(x.ClassID))
	}
	f.showPolice(o, x.Actions())
	if d := f.tcCmd.p.host.NS.DevByIndex(x.Ifindex); x.Ifindex != 0 && d != nil {
		o.fp("input dev %s ", d.Name)
	}
	if len(x.Actions()) > 0 {
		o.nl()
		f.showActions(o, x.Actions())
	}
}
