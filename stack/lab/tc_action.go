package lab

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/sim"
)

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

// tcActKinds are actions that exist and that the model does not have.
const tcActKinds = " bpf connmark ct ctinfo gate ife ipt mpls nat sample simple skbmod tunnel_key xt "

// A tcActKind is a kind of action as tc knows it (struct action_util). parse reads its
// options and reports whether they are right; show prints them.
type tcActKind struct {
	kind  sched.ActKind
	parse func(c *tcCmd, a *tcWords, s *sched.ActSpec) bool
	show  func(c *tcCmd, o *tcPrinter, a sched.Action)
}

// tcActKindOf finds a kind; nil: the model does not have it.
func tcActKindOf(name string) *tcActKind {
	switch name {
	case "gact":
		return &tcActKind{sched.ActGact, tcParseGact, tcShowGact}
	case "mirred":
		return &tcActKind{sched.ActMirred, tcParseMirred, tcShowMirred}
	}
	return tcActKindMore(name)
}

// tcVerdicts are the words of action_a2n, in its order.
var tcVerdicts = []struct {
	word string
	v    sched.Verdict
}{{"continue", sched.TCActUnspec}, {"drop", sched.TCActShot}, {"shot", sched.TCActShot}, {"pass", sched.TCActOK}, {"ok", sched.TCActOK},
	{"reclassify", sched.TCActReclassify}, {"pipe", sched.TCActPipe}, {"goto", sched.TCActGotoChain}, {"jump", sched.TCActJump}, {"trap", sched.TCActTrap}}

// verdict is action_a2n.
func (a *tcWords) verdict(s string, number bool) (sched.Verdict, bool) {
	for _, x := range tcVerdicts {
		if strings.HasPrefix(x.word, s) {
			return x.v, true
		}
	}
	if n, ok := tcfInt(s); ok && number {
		return sched.Verdict(n), true
	}
	return 0, false
}

// control is parse_action_control: what an action says, with what belongs to it.
func (a *tcWords) control(number, quiet bool) (v sched.Verdict, ok bool) {
	if !a.more() {
		return 0, false
	}
	if v, ok = a.verdict(a.cur(), number); !ok {
		if !quiet {
			a.say("Bad action type %s\n", a.cur())
		}
		return 0, false
	}
	const most = 1<<28 - 1
	switch v {
	case sched.TCActGotoChain:
		if a.next(); !a.is("chain") {
			a.say("\"chain index\" expected\n")
			return 0, false
		}
		n, ok := tcfU(a.next(), 10, most)
		if !ok {
			a.say("Illegal \"chain index\"\n")
			return 0, false
		}
		v |= sched.Verdict(n)
	case sched.TCActJump:
		n, ok := tcfU(a.next(), 10, most)
		if !ok {
			a.say("Invalid \"jump count\" (%s)\n", a.cur())
			return 0, false
		}
		v |= sched.Verdict(n)
	}
	a.fwd()
	return v, true
}

// newCmd is new_cmd: the word begins another command.
func (a *tcWords) newCmd() bool {
	return a.is("change") || a.is("replace") || a.is("delete") || a.is("get") || a.is("add")
}

// parseActions is parse_action: the actions from here on.
func (c *tcCmd) parseActions(a *tcWords) (specs []sched.ActSpec, ok bool) {
	at := a.w // where the action begins that is being read
	bad := func() ([]sched.ActSpec, bool) {
		cur := "(null)"
		if len(at) > 0 {
			cur = at[0]
		}
		a.say("parse_action: bad value (%d:%s)!\n", len(at), cur)
		return nil, false
	}
	if !a.more() {
		return nil, false
	}
	empty := false
	for a.more() {
		switch {
		case a.at("action"):
			a.fwd()
			empty = true
			continue
		case a.at("help"):
			return nil, false
		}
		if a.at("flowid") || a.at("classid") || a.newCmd() {
			break
		}
		empty = false
		at = a.w
		name := a.cur()
		if _, ok := a.verdict(name, false); ok {
			name = "gact"
		}
		k := tcActKindOf(name)
		if k == nil {
			if containsWord(tcActKinds, name) {
				a.die(1, "not modelled: action %s\n", name)
			}
			k = tcActKindOf("gact") // which then says what it thinks of the word
		}
		s := sched.ActSpec{Kind: k.kind}
		if !k.parse(c, a, &s) {
			a.say("bad action parsing\n")
			return bad()
		}
		a.actFlags(&s)
		specs = append(specs, s)
		if len(specs) > 32 {
			return bad()
		}
	}
	if empty {
		at = a.w
		a.say("bad action empty 1\n")
		return bad()
	}
	return specs, true
}

// actFlags reads what may stand behind any action.
func (a *tcWords) actFlags(s *sched.ActSpec) {
	if a.at("cookie") {
		v := a.next()
		if len(v) > 32 {
			a.invalid(fmt.Sprintf("%d Max allowed size 32", len(v)))
		}
		b, err := hex.DecodeString(v)
		if err != nil {
			a.invalid("cookie must be a hex string\n")
		}
		s.Cookie = b
		a.fwd()
	}
	if a.more() && a.is("hw_stats") {
		a.die(1, "not modelled: action hw_stats\n")
	}
	if a.at("no_percpu") {
		s.NoPerCPU = true
		a.fwd()
	}
	if a.at("skip_sw") || a.at("skip_hw") {
		a.die(1, "not modelled: action %s\n", a.cur())
	}
}

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

// showActions is tc_print_action: the actions of a filter.
func (f *tcFilterCmd) showActions(o *tcPrinter, acts []sched.Action) {
	if len(acts) == 0 || f.oldPolice(acts) {
		return
	}
	o.array("actions")
	for i, act := range acts {
		o.open("")
		o.nl()
		o.any("order", "\taction order %d: ", i+1)
		f.tcCmd.showAction(o, tcActKindOf(act.Base().Kind.String()), act, true)
		o.close()
	}
	o.close()
}

// showAction is tc_print_one_action.
func (c *tcCmd) showAction(o *tcPrinter, k *tcActKind, act sched.Action, bound bool) {
	k.show(c, o, act)
	b := act.Base()
	if c.stats {
		o.fp("\tAction statistics:")
		o.nl()
		o.open("stats")
		o.fp("\t")
		o.any("bytes", "Sent %d bytes", b.Bytes)
		o.any("packets", " %d pkt", b.Packets)
		o.any("drops", " (dropped %d", b.Drops)
		o.any("overlimits", ", overlimits %d", b.Overlimits)
		o.any("requeues", " requeues %d) ", 0)
		o.nl()
		o.fp("\t")
		o.as("backlog", 0, "backlog 0b")
		o.any("qlen", " %dp", 0)
		o.fp(" requeues %d", 0)
		o.close()
		o.nl()
	}
	if len(b.Cookie) > 0 {
		o.any("cookie", "\tcookie %s", hex.EncodeToString(b.Cookie))
		o.nl()
	}
	line := false
	if b.NoPerCPU {
		line = true
		o.flag("no_percpu", "\tno_percpu")
	}
	if !bound {
		line = true
		o.flag("not_in_hw", "\tnot_in_hw")
	}
	if line {
		o.nl()
	}
	if b.HWAsked {
		o.fp("\t")
		o.array("used_hw_stats")
		if o.json {
			o.add("", "disabled")
		} else {
			o.fp("used_hw_stats disabled")
		}
		o.close()
		o.nl()
	}
}

// showControl is print_action_control.
func showControl(o *tcPrinter, before string, v sched.Verdict, behind string) {
	o.fp("%s", before)
	o.open("control_action")
	o.any("type", "%s", v.String())
	if n, ok := v.Goto(); ok {
		o.any("chain", " chain %d", n)
	}
	if n, ok := v.Jump(); ok {
		o.any("jump", " %d", n)
	}
	o.close()
	o.fp("%s", behind)
}

// showRefs prints who holds an action, and with -s its times (print_tm).
func (c *tcCmd) showRefs(o *tcPrinter, before string, b *sched.ActBase) {
	o.any("index", before+"index %d", b.Index)
	o.any("ref", " ref %d", b.Refs)
	o.any("bind", " bind %d", b.Binds)
	c.showTimes(o, b)
	o.nl()
}

func (c *tcCmd) showTimes(o *tcPrinter, b *sched.ActBase) {
	if !c.stats {
		return
	}
	now := c.p.host.NS.Clock.Now()
	show := func(key, format string, at sim.Time) {
		ago := int64(now-at) / 1e6 / 4 * 4 / 10 // in ticks of 10 ms, from jiffies of 4 ms
		if ago != 0 {
			o.any(key, format, ago/100)
		}
	}
	show("installed", " installed %d sec", b.Install)
	show("last_used", " used %d sec", b.LastUse)
	if b.FirstUse != 0 {
		show("first_used", " firstused %d sec", b.FirstUse)
	}
}
