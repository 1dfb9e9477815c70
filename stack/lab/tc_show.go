package lab

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/sched"
)

// show lists root disciplines.
func (c *tcCmd) show(w []string) int {
	var only *core.Device
	for i := 0; i < len(w); i++ {
		switch w[i] {
		case "dev":
			if i++; i >= len(w) {
				c.p.errf("Command line is not complete. Try option \"help\"\n")
				return 255
			}
			if only = c.p.host.NS.DevByName(w[i]); only == nil {
				c.p.errf("Cannot find device \"%s\"\n", w[i])
				return 1
			}
		case "root", "invisible":
		case "ingress", "clsact":
			return 0
		default:
			c.p.errf("What is \"%s\"? Try \"tc qdisc help\".\n", w[i])
			return 255
		}
	}
	rows := []any{}
	for _, d := range c.p.host.NS.Devices {
		if d == nil || only != nil && d != only {
			continue
		}
		if c.json {
			rows = append(rows, c.row(d, only == nil))
			continue
		}
		c.line(d, only == nil)
	}
	if c.json {
		c.p.outf("%s\n", jsonText(rows, c.pretty))
	}
	return 0
}

// kindName is what the device's discipline is called.
func (c *tcCmd) kindName(d *core.Device) string {
	switch {
	case d.Qdisc != nil:
		return d.Qdisc.Name()
	case d.Up():
		return "noqueue"
	}
	return "noop"
}

// describe is the options of a device's discipline, as text and for JSON.
func (c *tcCmd) describe(d *core.Device) (string, object) {
	if d.Qdisc == nil {
		return "", nil
	}
	k := tcKindOf(d.Qdisc.Name())
	if k == nil {
		return "", nil
	}
	return k.show(c, d.Qdisc)
}

// extra is what a discipline has to say with -s.
func (c *tcCmd) extra(d *core.Device) (string, object) {
	if d.Qdisc != nil {
		if k := tcKindOf(d.Qdisc.Name()); k != nil && k.stats != nil {
			return k.stats(c, d.Qdisc)
		}
	}
	return "", nil
}

// refs is how many hold the discipline: the device, and each of its queues. The
// noqueue that every virtual device begins with is there once for all.
func (c *tcCmd) refs(d *core.Device) int {
	if n, ok := d.Ops.(*device.NIC); ok {
		return n.Queues() + 1
	}
	if d.Qdisc == nil && c.handle(d) == 0 {
		return 2
	}
	return max(1, d.NumTxQueues) + 1
}

// counts are the discipline's counters.
func (c *tcCmd) counts(d *core.Device) (s sched.Stats) {
	if q, ok := d.Qdisc.(sched.Discipline); ok {
		s = q.Stats()
	}
	return s
}

func (c *tcCmd) line(d *core.Device, name bool) {
	opts, _ := c.describe(d)
	dev := ""
	if name {
		dev = "dev " + d.Name + " "
	}
	c.p.outf("qdisc %s %x: %sroot refcnt %d %s\n", c.kindName(d), c.handle(d), dev, c.refs(d), opts)
	if c.stats {
		s := c.counts(d)
		c.p.outf(" Sent %d bytes %d pkt (dropped %d, overlimits %d requeues %d) \n", s.Bytes, s.Packets, s.Drops, s.Overlimits, s.Requeues)
		c.p.outf(" backlog %s %dp requeues %d\n", tcSize(s.Backlog), s.Len, s.Requeues)
		if more, _ := c.extra(d); more != "" {
			c.p.outf("%s\n", more)
		}
	}
}

// row is a discipline as tc -j prints it.
func (c *tcCmd) row(d *core.Device, name bool) object {
	_, opts := c.describe(d)
	o := object{{"kind", c.kindName(d)}, {"handle", fmt.Sprintf("%x:", c.handle(d))}}
	if name {
		o.add("dev", d.Name)
	}
	o.add("root", true)
	o.add("refcnt", c.refs(d))
	if opts == nil {
		opts = object{}
	}
	o.add("options", opts)
	if c.stats {
		s := c.counts(d)
		o = append(o, member{"bytes", s.Bytes}, member{"packets", s.Packets}, member{"drops", s.Drops}, member{"overlimits", s.Overlimits},
			member{"requeues", s.Requeues}, member{"backlog", s.Backlog}, member{"qlen", s.Len})
		_, more := c.extra(d)
		o = append(o, more...)
	}
	return o
}
