package lab

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/sim"
)

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
