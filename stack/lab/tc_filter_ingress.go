package lab

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
)

// The disciplines ingress and clsact (iproute2, tc/q_ingress.c, tc/q_clsact.c).

// isIngress reports whether the words of tc qdisc are about them.
func isIngress(w []string) bool {
	for i, x := range w {
		switch x {
		case "ingress", "clsact":
			return i == 0 || w[i-1] != "dev"
		case "handle":
			if i+1 < len(w) && strings.HasPrefix(w[i+1], "ffff:") {
				return true
			}
		}
	}
	return false
}

// ingress is add, change, replace, link and delete of them.
func (c *tcCmd) ingress(cmd string, w []string) int {
	return tcRun(func() int {
		a := &tcWords{p: c.p, w: w}
		kind, handle := "", uint32(0)
		var d *core.Device
	words:
		for a.more() {
			switch {
			case a.at("dev"):
				name := a.next()
				if d != nil {
					a.twice("dev")
				}
				a.fwd()
				d = a.dev(name)
				continue
			case a.at("handle"):
				s := a.next()
				n, ok := tcfU(strings.TrimSuffix(s, ":"), 16, 0xffff)
				if !ok {
					a.invalid("invalid qdisc ID")
				}
				handle = n
			case a.at("ingress"), a.at("clsact"):
				kind = a.cur()
				a.fwd()
				break words
			case a.at("parent"):
				a.next()
			case a.at("root"):
				a.die(255, "Error: \"root\" is duplicate parent ID\n")
			default:
				break words
			}
			a.fwd()
		}
		for a.more() {
			if kind == "ingress" && a.at("handle") {
				a.next()
				a.fwd()
				continue
			}
			if a.at("dev") && d == nil {
				name := a.next()
				a.fwd()
				d = a.dev(name)
				continue
			}
			a.die(1, "What is \"%s\"?\nUsage: ... %s\n", a.cur(), kind)
		}
		if d == nil {
			a.die(2, "RTNETLINK answers: No such device\n")
		}
		return c.ingressDo(a, cmd, d, kind, handle)
	})
}

// ingressDo does what was asked, as tc_modify_qdisc and tc_get_qdisc.
func (c *tcCmd) ingressDo(a *tcWords, cmd string, d *core.Device, kind string, handle uint32) int {
	have, _ := d.Ingress.(*sched.Ingress)
	if cmd == "delete" {
		switch {
		case have == nil && kind != "":
			a.die(2, "Error: Invalid handle.\n")
		case have == nil:
			a.die(2, "Error: Failed to find qdisc with specified handle.\n")
		case handle != 0 && handle != 0xffff:
			a.die(2, "Error: Invalid handle.\n")
		case kind != "" && kind != have.Name():
			a.die(2, "Error: Invalid qdisc name: must match existing qdisc.\n")
		}
		have.Destroy()
		return 0
	}
	switch {
	case kind == "":
		a.die(2, "Error: Specified qdisc kind is unknown.\n")
	case have != nil && cmd == "add":
		a.die(2, "Error: Exclusivity flag on, cannot modify.\n")
	case have != nil && kind != have.Name():
		a.die(2, "Error: Invalid qdisc name: must match existing qdisc.\n")
	case have == nil && (cmd == "change" || cmd == "link"):
		a.die(2, "Error: Qdisc not found. To create specify NLM_F_CREATE flag.\n")
	case have != nil && kind == have.Name():
		return 0
	}
	c.p.grow(1 << 12)
	sched.NewIngress(d, kind == "clsact")
	return 0
}

// showIngress prints a device's ingress or clsact.
func (c *tcCmd) showIngress(d *core.Device, name bool) {
	q, ok := d.Ingress.(*sched.Ingress)
	if !ok {
		return
	}
	dev, opts := "", ""
	if name {
		dev = "dev " + d.Name + " "
	}
	if q.Name() == "ingress" {
		opts = "---------------- "
	}
	c.p.outf("qdisc %s ffff: %sparent ffff:fff1 %s\n", q.Name(), dev, opts)
	if c.stats {
		s := q.Stats()
		c.p.outf(" Sent %d bytes %d pkt (dropped %d, overlimits %d requeues %d) \n", s.Bytes, s.Packets, s.Drops, s.Overlimits, s.Requeues)
		c.p.outf(" backlog 0b 0p requeues 0\n")
	}
}

// ingressRow is the same for JSON; nil: there is none.
func (c *tcCmd) ingressRow(d *core.Device, name bool) object {
	q, ok := d.Ingress.(*sched.Ingress)
	if !ok {
		return nil
	}
	o := object{{"kind", q.Name()}, {"handle", "ffff:"}}
	if name {
		o.add("dev", d.Name)
	}
	o = append(o, member{"parent", "ffff:fff1"}, member{"options", object{}})
	if c.stats {
		s := q.Stats()
		o = append(o, member{"bytes", s.Bytes}, member{"packets", s.Packets}, member{"drops", s.Drops}, member{"overlimits", s.Overlimits},
			member{"requeues", s.Requeues}, member{"backlog", 0}, member{"qlen", 0})
	}
	return o
}
