package lab

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/sched"
)

// tcDefaultKey is the setting that holds net.core.default_qdisc for the machine.
const tcDefaultKey = "net.core.default_qdisc"

// tcByItself reports that nobody gave the device a discipline.
func tcByItself(d *core.Device) bool {
	q, ok := d.Qdisc.(sched.Discipline)
	if !ok {
		return d.Qdisc == nil
	}
	h, _ := q.IDs()
	return h == 0
}

// tcFirstUp gives a device that comes up for the first time its default discipline
// (attach_default_qdiscs).
func tcFirstUp(p *Proc, d *core.Device) {
	c := &tcCmd{p: p}
	if _, ok := d.Qdisc.(*sched.PfifoFast); ok && !d.EverUp && tcByItself(d) && p.lab.settings[tcDefaultKey] != "" {
		d.Qdisc = c.standard(d)
	}
}

// tcShutdown takes all disciplines from a device that leaves its namespace
// (dev_shutdown): it is as if it had never been up.
func tcShutdown(p *Proc, d *core.Device) {
	c := &tcCmd{p: p}
	if q, ok := d.Ingress.(*sched.Ingress); ok {
		q.Destroy()
	}
	c.graft(d, nil, 0, nil, 0)
	d.EverUp = false
}

// standard is the queue that a device has by itself (attach_default_qdiscs).
func (c *tcCmd) standard(d *core.Device) core.Qdisc {
	switch d.Ops.(type) {
	case *device.NIC, *device.Tun, *device.Ifb:
		return c.dflt(d)
	}
	return nil
}

// dflt makes a discipline of the kind that net.core.default_qdisc names.
func (c *tcCmd) dflt(d *core.Device) sched.Discipline {
	kind := c.p.lab.settings[tcDefaultKey]
	if k := tcKindOf(kind); k != nil && kind != "noqueue" {
		if o, st := k.parse(&tcArgs{p: c.p, kind: kind}); st == 0 {
			if made, why := o.create(d); why == "" {
				if q, ok := made.(sched.Discipline); ok {
					return q
				}
			}
		}
	}
	return sched.NewPfifoFast(d)
}
