package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

var ctEvents = []string{"new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark", "natseqinfo", "secmark"}

func parseCT(c *call, d *iptables.CT) {
	events := func(names []string) (v uint32) {
		for _, s := range strings.Split(c.arg, ",") {
			ok := false
			for i, n := range names {
				if n == s {
					v |= 1 << i
					ok = true
				}
			}
			if !ok {
				c.bad("Unknown event type \"%s\"", s)
			}
		}
		return v
	}
	switch c.o.id {
	case 0:
		d.NoTrack = true
	case 1:
		d.Helper = cutTo(c.arg, 15)
	case 2:
		d.Timeout = cutTo(c.arg, 31)
	case 3:
		d.CTEvents = events(ctEvents)
	case 4:
		d.ExpEvents = events(ctEvents[:1])
	default:
		d.ZoneOrig = d.ZoneOrig || c.o.id == 6
		d.ZoneRepl = d.ZoneRepl || c.o.id == 7
		d.Zone = 0
		if strings.EqualFold(c.arg, "mark") {
			d.ZoneMark = true
			return
		}
		v, ok := whole(c.arg, 0, 65535)
		if !ok {
			c.bad("Cannot parse %s as a zone ID", c.arg)
		}
		d.Zone = uint16(v)
	}
}

func (w *view) ct(d *iptables.CT, prefix string) {
	w.is(d.NoTrack, prefix+"notrack")
	word := func(name, v string) {
		if v != "" {
			w.f("%s%s %s", prefix, name, v)
		}
	}
	word("helper", d.Helper)
	word("timeout", d.Timeout)
	events := func(v uint32) string {
		var l []string
		for i, n := range ctEvents {
			if v>>i&1 != 0 {
				l = append(l, n)
			}
		}
		return strings.Join(l, ",")
	}
	word("ctevents", events(d.CTEvents))
	word("expevents", events(d.ExpEvents))
	if d.ZoneMark || d.Zone != 0 {
		w.f("%szone", prefix)
		w.is(d.ZoneOrig && !d.ZoneRepl, "-orig")
		w.is(d.ZoneRepl && !d.ZoneOrig, "-reply")
		if d.ZoneMark {
			w.f(" mark")
		} else {
			w.f(" %d", d.Zone)
		}
	}
}
