package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

func parseSetTarget(c *call, d *iptables.SetTarget) {
	ref := func(r *iptables.SetRef) {
		if r.Set != "" {
			c.bad("--%s can be specified only once", c.o.name)
		}
		*r = c.setRef(c.o.name)
	}
	switch c.o.id {
	case 1:
		ref(&d.Add)
	case 2:
		ref(&d.Del)
	case 3:
		d.Exist = true
	case 4:
		v, ok := whole(c.arg, 0, 1<<32-2)
		if !ok {
			c.bad("Invalid value for option --timeout or out of range 0-%d", uint32(1<<32-2))
		}
		d.Timeout, d.HasTimeout = uint32(v), true
	case 5:
		ref(&d.Map)
	case 6:
		d.MapMark = true
	case 7:
		d.MapPrio = true
	case 8:
		d.MapQueue = true
	}
}

func checkSetTarget(c *call, d *iptables.SetTarget) {
	if d.Add.Set == "" && d.Del.Set == "" && d.Map.Set == "" {
		c.bad("You must specify either `--add-set' or `--del-set' or `--map-set'")
	}
	if d.Add.Set == "" {
		if d.Exist {
			c.bad("Flag `--exist' can be used with `--add-set' only")
		}
		if d.HasTimeout {
			c.bad("Option `--timeout' can be used with `--add-set' only")
		}
	}
	if d.Map.Set == "" {
		for _, f := range []struct {
			on   bool
			name string
		}{{d.MapMark, "mark"}, {d.MapPrio, "prio"}, {d.MapQueue, "queue"}} {
			if f.on {
				c.bad("Flag `--map-%s' can be used with `--map-set' only", f.name)
			}
		}
	} else if !d.MapMark && !d.MapPrio && !d.MapQueue {
		c.bad("You must specify flags `--map-mark' or '--map-prio` or `--map-queue'")
	}
}

func (w *view) setTarget(d *iptables.SetTarget, prefix string) {
	ref := func(name string, r *iptables.SetRef) {
		if r.Set != "" {
			w.setRef(strings.TrimPrefix(prefix, " ")+name, r)
		}
	}
	ref("add-set", &d.Add)
	w.is(d.Exist, prefix+"exist")
	if d.HasTimeout {
		w.f("%stimeout %d", prefix, d.Timeout)
	}
	ref("del-set", &d.Del)
	ref("map-set", &d.Map)
	w.is(d.MapMark, prefix+"map-mark")
	w.is(d.MapPrio, prefix+"map-prio")
	w.is(d.MapQueue, prefix+"map-queue")
}
