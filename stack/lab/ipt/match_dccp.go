package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

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
