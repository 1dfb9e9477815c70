package lab

import "github.com/packetwalk/packetwalk/stack/sched"

// The command tc actions (iproute2, tc/m_action.c).

const tcActionsUsage = `usage: tc actions <ACTSPECOP>*
Where: 	ACTSPECOP := ACR | GD | FL
	ACR := add | change | replace <ACTSPEC>*
	GD := get | delete | <ACTISPEC>*
	FL := ls | list | flush | <ACTNAMESPEC>
	ACTNAMESPEC :=  action <ACTNAME>
	ACTISPEC := <ACTNAMESPEC> <INDEXSPEC>
	ACTSPEC := action <ACTDETAIL> [INDEXSPEC] [HWSTATSSPEC] [SKIPSPEC]
	INDEXSPEC := index <32 bit indexvalue>
	HWSTATSSPEC := hw_stats [ immediate | delayed | disabled ]
	SKIPSPEC := [ skip_sw | skip_hw ]
	ACTDETAIL := <ACTNAME> <ACTPARAMS>
		Example ACTNAME is gact, mirred, bpf, etc
		Each action has its own parameters (ACTPARAMS)

`

// actions is tc actions (do_action).
func (c *tcCmd) actions(w []string) int {
	return tcRun(func() int {
		a := &tcWords{p: c.p, w: w}
		for a.more() {
			switch {
			case a.is("add"):
				if st := c.actionsModify(a, false); st != 0 {
					return 255
				}
			case a.is("change"), a.is("replace"):
				if st := c.actionsModify(a, true); st != 0 {
					return 255
				}
			case a.is("delete"), a.is("get"):
				if st := c.actionsGetDel(a, a.is("get")); st < 0 {
					return 255
				}
			case a.is("list"), a.is("show"), a.is("lst"), a.is("flush"):
				flush := a.is("flush")
				if len(a.w) <= 2 {
					c.p.errf("%s", tcActionsUsage)
					return 255
				}
				a.w = a.w[2:]
				return c.actionsList(a, flush)
			case a.is("help"):
				c.p.errf("%s", tcActionsUsage)
				return 255
			default:
				a.die(255, "Command \"%s\" is unknown, try \"tc actions help\".\n", a.cur())
			}
		}
		return 0
	})
}

// actionsModify is tc_action_modify.
func (c *tcCmd) actionsModify(a *tcWords, replace bool) int {
	a.fwd()
	specs, ok := c.parseActions(a)
	if !ok {
		a.say("Illegal \"action\"\n")
		return 255
	}
	c.p.grow(1 << 10)
	return tcAnswer(c.p, sched.AddActions(c.p.host.NS, specs, replace), "We have an error talking to the kernel\n", 255)
}

// actionsGetDel is tc_action_gd: below 0 ends the command.
func (c *tcCmd) actionsGetDel(a *tcWords, get bool) int {
	a.fwd()
	type one struct {
		k     *tcActKind
		index uint32
	}
	var list []one
	start := a.w
	a.fwd() // whatever it says: `action`
	for a.more() {
		if a.at("action") {
			a.fwd()
			continue
		}
		if a.at("help") {
			return -1
		}
		name := a.cur()
		k := tcActKindOf(name)
		if k == nil {
			if containsWord(tcActKinds, name) {
				a.die(1, "not modelled: action %s\n", name)
			}
			k = tcActKindOf("gact")
		}
		if a.fwd(); !a.is("index") {
			a.say("Error: no index specified action: %s\n", name)
			return -1
		}
		n, ok := tcfU32(a.next(), 10)
		if !ok {
			a.say("Illegal \"index\"\n")
			return -1
		}
		a.fwd()
		list = append(list, one{k, n})
	}
	o := newTcPrinter(c.json)
	o.open("")
	o.any("total acts", "total acts %d", 0)
	o.nl()
	o.close()
	o.open("")
	o.array("actions")
	for i, x := range list {
		act := sched.GetAction(c.p.host.NS, x.k.kind, x.index)
		var bad sched.Refusal
		if act == nil || !get {
			bad = sched.DelAction(c.p.host.NS, x.k.kind, x.index)
		}
		if bad.Err != 0 {
			a.w = start // the words are read once more, as a command
			return tcAnswer(c.p, bad, "We have an error talking to the kernel\n", 1)
		}
		if get {
			o.open("")
			o.nl()
			o.any("order", "\taction order %d: ", i+1)
			c.showAction(o, x.k, act, false)
			o.close()
		}
	}
	o.close()
	o.close()
	if get {
		o.flush(c)
	}
	return 0
}

// actionsList is tc_act_list_or_flush.
func (c *tcCmd) actionsList(a *tcWords, flush bool) int {
	name := a.cur()
	k := tcActKindOf(name)
	if k == nil {
		if containsWord(tcActKinds, name) {
			a.die(1, "not modelled: action %s\n", name)
		}
		k = tcActKindOf("gact")
	}
	if a.fwd(); a.at("since") {
		a.die(1, "not modelled: tc actions list since\n")
	}
	if flush {
		return tcAnswer(c.p, sched.FlushActions(c.p.host.NS, k.kind), "We have an error flushing\n", 1)
	}
	n := 0
	o := newTcPrinter(c.json)
	o.open("")
	o.array("actions")
	sched.EachAction(c.p.host.NS, k.kind, func(act sched.Action) {
		o.open("")
		o.nl()
		o.any("order", "\taction order %d: ", n)
		c.showAction(o, k, act, false)
		o.close()
		n++
	})
	o.close()
	o.close()
	if n == 0 { // the kernel has nothing to say
		if c.json {
			c.p.outf("%s\n", jsonText([]any{}, c.pretty))
		}
		return 0
	}
	head := newTcPrinter(c.json)
	head.open("")
	head.any("total acts", "total acts %d", n)
	head.nl()
	head.close()
	if c.json {
		head.stack[0].arr = append(head.stack[0].arr, o.stack[0].arr...)
		head.flush(c)
		return 0
	}
	c.p.out(head.text.String() + o.text.String())
	return 0
}
