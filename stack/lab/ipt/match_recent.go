package ipt

import (
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

var recentOpts = []opt{{name: "set", id: 0, excl: 15, flags: inv}, {name: "rcheck", id: 1, excl: 15, flags: inv}, {name: "update", id: 2, excl: 15, flags: inv},
	{name: "remove", id: 3, excl: 15, flags: inv}, {name: "seconds", id: 4, typ: tU32, min: 1}, {name: "reap", id: 5, also: 16}, {name: "hitcount", id: 6, typ: tU32},
	{name: "rttl", id: 7, excl: 9}, {name: "name", id: 8, typ: tString}, {name: "rsource", id: 9}, {name: "rdest", id: 10}, {name: "mask", id: 11, typ: tHost}}

func parseRecent(c *call, d *iptables.Recent) {
	switch c.o.id {
	case 0, 1, 2, 3:
		d.Kind = iptables.RecentKind(c.o.id)
		d.Inv = d.Inv || c.invert
	case 4:
		d.Seconds = uint32(c.u)
	case 5:
		d.Reap = true
	case 6:
		d.HitCount = uint32(c.u)
	case 7:
		d.TTL = true
	case 8:
		d.RName = cutTo(c.arg, 199)
	case 9:
		d.Dest = false
	case 10:
		d.Dest = true
	case 11:
		d.Mask = c.host.wireMask(c.p.fam)
	}
}

func printRecent(w *view, d *iptables.Recent) {
	w.not(d.Inv)
	w.f(" recent: %s", [...]string{"SET", "CHECK", "UPDATE", "REMOVE"}[d.Kind])
	if d.Seconds != 0 {
		w.f(" seconds: %d", int32(d.Seconds))
	}
	w.is(d.Reap, " reap")
	if d.HitCount != 0 {
		w.f(" hit_count: %d", int32(d.HitCount))
	}
	w.is(d.TTL, " TTL-Match")
	side := "source"
	if d.Dest {
		side = "dest"
	}
	w.f(" name: %s side: %s mask: %s", d.RName, side, w.addr(d.Mask))
}

func saveRecent(w *view, d *iptables.Recent) {
	w.not(d.Inv)
	w.f(" --%s", recentOpts[d.Kind].name)
	if d.Seconds != 0 {
		w.f(" --seconds %d", int32(d.Seconds))
	}
	w.is(d.Reap, " --reap")
	if d.HitCount != 0 {
		w.f(" --hitcount %d", int32(d.HitCount))
	}
	w.is(d.TTL, " --rttl")
	side := "rsource"
	if d.Dest {
		side = "rdest"
	}
	w.f(" --name %s --mask %s --%s", d.RName, w.addr(d.Mask), side)
}
