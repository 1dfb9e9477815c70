package ipt

import "github.com/packetwalk/packetwalk/stack/netfilter/iptables"

// synproxyBits are the options of SYNPROXY, in the order in which they are printed.
var synproxyBits = [...]struct {
	id   int
	bit  uint8
	word string
}{{0, iptables.SynproxySackPerm, "sack-perm"}, {1, iptables.SynproxyTimestamp, "timestamp"}, {2, iptables.SynproxyWScale, "wscale"}, {3, iptables.SynproxyMSS, "mss"}, {4, iptables.SynproxyECN, "ecn"}}

// eachSynproxy calls f for every option that is set; n is its value, -1 for none.
func eachSynproxy(d *iptables.SynproxyTarget, f func(word string, n int)) {
	for _, b := range synproxyBits {
		if d.Options&b.bit == 0 {
			continue
		}
		switch b.id {
		case 2:
			f(b.word, int(d.WScale))
		case 3:
			f(b.word, int(d.MSS))
		default:
			f(b.word, -1)
		}
	}
}

// synproxyTarget is -j SYNPROXY (libxt_SYNPROXY.c).
func synproxyTarget() *ext {
	return of(kind[iptables.SynproxyTarget]{name: "SYNPROXY", target: true,
		opts: []opt{{name: "sack-perm", id: 0}, {name: "timestamp", id: 1}, {name: "wscale", id: 2, typ: tU32}, {name: "mss", id: 3, typ: tU32}, {name: "ecn", id: 4}},
		parse: func(c *call, d *iptables.SynproxyTarget) {
			d.Options |= synproxyBits[c.o.id].bit
			switch c.o.id {
			case 2:
				d.WScale = uint8(c.u)
			case 3:
				d.MSS = uint16(c.u)
			}
		},
		print: func(w *view, d *iptables.SynproxyTarget) {
			w.f(" SYNPROXY ")
			eachSynproxy(d, func(word string, n int) {
				if n < 0 {
					w.f("%s ", word)
				} else {
					w.f("%s %d ", word, n)
				}
			})
		},
		save: func(w *view, d *iptables.SynproxyTarget) {
			eachSynproxy(d, func(word string, n int) {
				if n < 0 {
					w.f(" --%s", word)
				} else {
					w.f(" --%s %d", word, n)
				}
			})
		},
		xlate: func(w *view, d *iptables.SynproxyTarget) bool {
			w.add("synproxy ")
			eachSynproxy(d, func(word string, n int) {
				if n < 0 {
					w.add("%s ", word)
				} else {
					w.add("%s %d ", word, n)
				}
			})
			return true
		}})
}
