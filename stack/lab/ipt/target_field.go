package ipt

import (
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

func dscpTarget(fam int) *ext {
	return of(kind[iptables.SetDSCP]{name: "DSCP", fam: fam, target: true, opts: []opt{{name: "set-dscp", id: 0, typ: tU8, max: 63, excl: 2}, {name: "set-dscp-class", id: 1, typ: tString, excl: 1}},
		parse: func(c *call, d *iptables.SetDSCP) {
			d.DSCP = uint8(c.u)
			if c.o.id == 1 {
				d.DSCP = c.dscpClass()
			}
		},
		check: func(c *call, _ *iptables.SetDSCP) {
			if *c.seen == 0 {
				c.bad("DSCP target: Parameter --set-dscp is required")
			}
		},
		print: func(w *view, d *iptables.SetDSCP) { w.f(" DSCP set 0x%02x", d.DSCP) },
		save:  func(w *view, d *iptables.SetDSCP) { w.f(" --set-dscp 0x%02x", d.DSCP) },
		xlate: func(w *view, d *iptables.SetDSCP) bool { w.add("%s dscp set 0x%02x", w.ip(), d.DSCP); return true }})
}

func printTOS(w *view, d *iptables.SetTOS) {
	switch s := tosName(d.Value, d.Mask); {
	case w.numeric:
		w.f(" TOS set 0x%02x/0x%02x", d.Value, d.Mask)
	case s != "":
		w.f("  TOS set%s", s)
	case d.Value == 0:
		w.f(" TOS and 0x%02x", ^d.Mask)
	case d.Value == d.Mask:
		w.f(" TOS or 0x%02x", d.Value)
	case d.Mask == 0:
		w.f(" TOS xor 0x%02x", d.Value)
	default:
		w.f(" TOS set 0x%02x/0x%02x", d.Value, d.Mask)
	}
}

func xlateTOS(w *view, d *iptables.SetTOS) bool {
	const ip = "ip6" // of version 1, which both families use
	w.add("%s dscp set ", ip)
	switch {
	case d.Mask&0x3f == 0x3f:
		w.add("0x%02x", d.Value>>2)
	case d.Value == 0:
		w.add("%s dscp and 0x%02x", ip, ^d.Mask>>2)
	case d.Value == d.Mask:
		w.add("%s dscp or 0x%02x", ip, d.Value>>2)
	case d.Mask == 0:
		w.add("%s dscp xor 0x%02x", ip, d.Value>>2)
	default:
		w.add("%s dscp and 0x%02x xor 0x%02x", ip, ^d.Mask>>2, d.Value>>2)
	}
	return true
}

var (
	hopVerbs = [...]string{"set to", "increment by", "decrement by"}
	hopWords = [...]string{"set", "inc", "dec"}
)

func hopOpts3(p string) []opt {
	return []opt{{name: p + "-set", id: 0, typ: tU8, excl: 7}, {name: p + "-dec", id: 2, typ: tU8, excl: 7, min: 1}, {name: p + "-inc", id: 1, typ: tU8, excl: 7, min: 1}}
}

func bit(on bool) int {
	if on {
		return 1
	}
	return 0
}

func (w *view) ecn(d *iptables.SetECN, remove, ece, cwr, ect string) {
	if d.ECE && d.CWR && !d.IP && !d.ECEBit && !d.CWRBit {
		w.f("%s", remove)
		return
	}
	if d.ECE {
		w.f("%s%d", ece, bit(d.ECEBit))
	}
	if d.CWR {
		w.f("%s%d", cwr, bit(d.CWRBit))
	}
	if d.IP {
		w.f("%s%d", ect, d.ECT)
	}
}
