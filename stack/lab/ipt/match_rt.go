package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func parseRT(c *call, d *iptables.RT) {
	zero := func() {
		if !c.given(0) || d.Type != 0 || d.InvType {
			c.bad("`--rt-type 0' required before `--%s'", c.o.name)
		}
	}
	switch c.o.id {
	case 0:
		d.HasType, d.Type, d.InvType = true, uint32(c.u), c.invert
	case 1:
		d.HasSegs, d.Segs, d.InvSegs = true, c.u32Range(), c.invert
	case 2:
		d.HasLen, d.HdrLen, d.InvLen = true, uint32(c.u), c.invert
	case 3:
		zero()
		d.Res = true
	case 4:
		zero()
		d.HasAddrs, d.Addrs = true, nil
		for _, s := range strings.Split(c.arg, ",") {
			if len(d.Addrs) >= 16 {
				c.bad("too many addresses specified")
			}
			a, ok := inet6(s)
			if !ok {
				c.bad("bad address: %s", s)
			}
			d.Addrs = append(d.Addrs, a.wire(6))
		}
	case 5:
		if !c.given(4) {
			c.bad("`--rt-0-addr ...' required before `--rt-0-not-strict'")
		}
		d.NotStrict = true
	}
}

func (w *view) addrList(l []wire.Addr) {
	sep := " "
	for _, a := range l {
		w.f("%s%s", sep, fromWire(a, 6).text(6))
		sep = ","
	}
}

func printRT(w *view, d *iptables.RT) {
	w.f(" rt")
	if d.HasType {
		w.f(" type:")
		w.is(d.InvType, "!")
		w.f("%d", int32(d.Type))
	}
	w.spis(" segsleft", d.Segs, d.InvSegs)
	if d.HasLen {
		w.f(" length:")
		w.is(d.InvLen, "!")
		w.f("%d", d.HdrLen)
	}
	w.is(d.Res, " reserved")
	w.is(d.HasAddrs, " 0-addrs")
	w.addrList(d.Addrs)
	w.is(d.NotStrict, " 0-not-strict")
}

func saveRT(w *view, d *iptables.RT) {
	if d.HasType {
		w.not(d.InvType)
		w.f(" --rt-type %d", d.Type)
	}
	w.saveRange("rt-segsleft", d.Segs, d.InvSegs)
	if d.HasLen {
		w.not(d.InvLen)
		w.f(" --rt-len %d", d.HdrLen)
	}
	w.is(d.Res, " --rt-0-res")
	w.is(d.HasAddrs, " --rt-0-addrs")
	w.addrList(d.Addrs)
	w.is(d.NotStrict, " --rt-0-not-strict")
}

func xlateRT(w *view, d *iptables.RT) bool {
	op := func(on bool) string {
		if on {
			return " !="
		}
		return ""
	}
	if d.HasType {
		w.add("rt type%s %d", op(d.InvType), d.Type)
	}
	if d.Segs.Min != 0 || d.Segs.Max != 1<<32-1 {
		w.add("rt seg-left%s ", op(d.InvSegs))
		w.xspan(uint64(d.Segs.Min), uint64(d.Segs.Max))
	}
	if d.HasLen {
		w.add("rt hdrlength%s %d", op(d.InvLen), d.HdrLen)
	}
	return !d.Res && !d.HasAddrs && !d.NotStrict
}
