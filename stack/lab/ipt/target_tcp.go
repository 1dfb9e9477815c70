package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

func tcpmssTarget(fam int) *ext {
	most := uint64(65535 - 20)
	if fam == 6 {
		most = 65535 - 40
	}
	return of(kind[iptables.SetTCPMSS]{name: "TCPMSS", fam: fam, target: true, opts: []opt{{name: "set-mss", id: 0, typ: tU16, max: most}, {name: "clamp-mss-to-pmtu", id: 1}},
		parse: func(c *call, d *iptables.SetTCPMSS) {
			d.MSS = uint16(c.u)
			if c.o.id == 1 {
				d.MSS = 0xffff
			}
		},
		check: func(c *call, _ *iptables.SetTCPMSS) {
			if *c.seen == 0 {
				c.bad("TCPMSS target: At least one parameter is required")
			}
		},
		print: func(w *view, d *iptables.SetTCPMSS) {
			if d.MSS == 0xffff {
				w.f(" TCPMSS clamp to PMTU")
			} else {
				w.f(" TCPMSS set %d", d.MSS)
			}
		},
		save: func(w *view, d *iptables.SetTCPMSS) {
			if d.MSS == 0xffff {
				w.f(" --clamp-mss-to-pmtu")
			} else {
				w.f(" --set-mss %d", d.MSS)
			}
		},
		xlate: func(w *view, d *iptables.SetTCPMSS) bool {
			if d.MSS == 0xffff {
				w.add("tcp option maxseg size set rt mtu")
			} else {
				w.add("tcp option maxseg size set %d", d.MSS)
			}
			return true
		}})
}

var tcpOptNames = []struct {
	name string
	v    uint64
}{{"wscale", 3}, {"mss", 2}, {"sack-permitted", 4}, {"sack", 5}, {"timestamp", 8}, {"md5", 19}}

func parseTCPOptStrip(c *call, d *iptables.TCPOptStrip) {
	for _, s := range strings.Split(c.arg, ",") {
		v := uint64(0)
		for _, n := range tcpOptNames {
			if n.name == s {
				v = n.v
			}
		}
		if v == 0 {
			var ok bool
			if v, ok = whole(s, 0, 255); !ok {
				c.bad("Bad TCP option value \"%s\"", s)
			}
		}
		if v < 2 {
			c.bad("Option value may not be 0 or 1")
		}
		if d.Strip[v/64]>>(v%64)&1 != 0 {
			c.bad("Option \"%s\" already specified", s)
		}
		d.Strip[v/64] |= 1 << (v % 64)
	}
}

func stripped(d *iptables.TCPOptStrip, numeric bool) string {
	var b buf
	for i := uint64(0); i < 256; i++ {
		if d.Strip[i/64]>>(i%64)&1 == 0 {
			continue
		}
		b.is(b.Len() > 0, ",")
		name := ""
		for _, n := range tcpOptNames {
			if n.v == i && !numeric {
				name = n.name
			}
		}
		if name != "" {
			b.f("%s", name)
		} else {
			b.f("%d", i)
		}
	}
	return b.String()
}
