package lab

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
)

// What tc filter and tc chain print (iproute2, tc/tc_filter.c).

// get is tc_filter_get.
func (f *tcFilterCmd) get() int {
	if f.read() {
		return 0
	}
	switch {
	case !f.chains && f.r.Protocol == 0:
		f.die(255, "Must specify filter protocol\n")
	case !f.chains && f.r.Prio == 0:
		f.die(255, "Must specify filter priority\n")
	case f.r.Parent == 0:
		f.die(255, "Must specify filter parent\n")
	case !f.chains && f.kind == "":
		f.die(255, "Must specify filter type\n")
	case f.r.Dev == nil:
		f.die(255, "Must specify netdevice \"dev\" or block index \"block\"\n")
	}
	if f.chains {
		found := false
		o := newTcPrinter(f.json)
		ask := f.r
		sched.EachChain(&ask, func(parent, chain uint32) {
			if chain == f.r.Chain {
				found = true
				f.r.Parent, f.r.ChainGiven = 0, false
				f.showChain(o, parent, chain)
			}
		})
		if !found {
			f.die(2, "Error: Cannot find specified filter chain.\nWe have an error talking to the kernel\n")
		}
		o.flush(f.tcCmd)
		return 0
	}
	if st := f.options(); st != 0 {
		return st
	}
	if f.handle == "" {
		f.die(255, "Must specify filter \"handle\"\n")
	}
	i, bad := sched.GetFilter(&f.r)
	if bad.Err != 0 {
		return tcAnswer(f.tcCmd.p, bad, "We have an error talking to the kernel\n", 2)
	}
	o := newTcPrinter(f.json)
	f.show(o, i, &sched.FilterReq{Dev: f.r.Dev})
	o.flush(f.tcCmd)
	return 0
}

// list is tc_filter_list.
func (f *tcFilterCmd) list() int {
	for f.more() {
		if f.at("handle") {
			f.next()
			f.fwd()
			continue
		}
		if f.place() {
			continue
		}
		if f.is("help") {
			f.usage()
			f.fwd()
			continue
		}
		f.die(255, " What is \"%s\"? Try \"tc filter help\"\n", f.cur())
	}
	o := newTcPrinter(f.json)
	if f.r.Dev != nil {
		ask := f.r
		if f.chains {
			sched.EachChain(&ask, func(parent, chain uint32) { f.showChain(o, parent, chain) })
		} else {
			sched.EachFilter(&ask, func(i sched.FilterInfo) { f.show(o, i, &f.r) })
		}
	}
	o.flush(f.tcCmd)
	return 0
}

// showParent prints where a filter hangs, unless that was asked for.
func (f *tcFilterCmd) showParent(o *tcPrinter, parent, asked uint32) {
	switch {
	case parent == asked && asked != 0:
	case parent == sched.ClassIngress:
		o.flag("ingress", "ingress ")
	case parent == sched.ClassEgress:
		o.flag("egress", "egress ")
	default:
		o.any("parent", "parent %s ", tcfClass(parent))
	}
}

// showChain prints a chain.
func (f *tcFilterCmd) showChain(o *tcPrinter, parent, chain uint32) {
	o.open("")
	o.fp("chain ")
	f.showParent(o, parent, f.r.Parent)
	if !f.r.ChainGiven {
		o.any("chain", "chain %d ", chain)
	}
	o.nl()
	o.close()
}

// show is print_filter; what was asked for is left out.
func (f *tcFilterCmd) show(o *tcPrinter, i sched.FilterInfo, asked *sched.FilterReq) {
	tp := i.Proto
	o.open("")
	o.fp("filter ")
	f.showParent(o, i.Parent, asked.Parent)
	if asked.Protocol == 0 || asked.Protocol != tp.Protocol {
		o.any("protocol", "protocol %s ", tcfProtoName(tp.Protocol))
	}
	if asked.Prio == 0 || asked.Prio != tp.Prio {
		o.any("pref", "pref %d ", tp.Prio)
	}
	o.any("kind", "%s ", tp.Kind.String())
	if !asked.ChainGiven {
		o.any("chain", "chain %d ", i.Chain)
	}
	if i.Filter != nil {
		f.showOptions(o, tp, i.Filter)
	}
	o.nl()
	if p := f.policed(i.Filter); p != nil && f.stats && !o.json {
		o.fp(" Sent %d bytes %d pkts (dropped %d, overlimits %d) \n", p.Bytes, p.Packets, p.Drops, p.Overlimits)
	}
	o.close()
}

// showOptions prints what a classifier has to say.
func (f *tcFilterCmd) showOptions(o *tcPrinter, tp *sched.Proto, x sched.Filter) {
	if fw, ok := x.(*sched.Fw); ok && fw.ClassID == 0 && len(fw.Actions()) == 0 {
		return
	}
	o.open("options")
	switch x := x.(type) {
	case *sched.U32Table:
		f.showU32Table(o, x)
	case *sched.U32Node:
		f.showU32(o, x, tp.Protocol)
	case *sched.Flower:
		f.showFlower(o, x)
	case *sched.Matchall:
		f.showMatchall(o, x)
	case *sched.Fw:
		f.showFw(o, x)
	}
	o.close()
}

func devName(ns *core.Netns, index int) string {
	if d := ns.DevByIndex(index); d != nil {
		return d.Name
	}
	return fmt.Sprintf("if%d", index)
}
