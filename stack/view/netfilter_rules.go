package view

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// maxNFRules is how many rules of a chain a Scene lists.
const maxNFRules = 120

// A ruleEvent is a rule that was tried, as the trace has it.
type ruleEvent struct {
	n       int
	chain   string
	handle  uint64
	matched bool
	verdict string
	field   string
	want    string
	because string
	counted bool
	packets uint64
	bytes   uint64
}

// chars is a name that is kept as letters in values.
func chars(a []uint64) string {
	var s []byte
	for _, v := range a {
		for i := 56; i >= 0; i -= 8 {
			if c := byte(v >> i); c != 0 {
				s = append(s, c)
			}
		}
	}
	return strings.TrimSpace(string(s))
}

// ruleEvent reads an event that tells of a rule.
func (b *builder) ruleEvent(n int) (r ruleEvent, ok bool) {
	e := b.event(n)
	var a []uint64
	used := 0
	switch {
	case e.Kind == trace.Note && (e.Why == step.WhyNftRule || e.Why == step.WhyNftRuleGoesOn):
		a, used = b.log.WhyArgs(e), 10
		if len(a) < used {
			return r, false
		}
		r.matched = true
		if e.Why == step.WhyNftRule {
			r.verdict = step.NftVerdict.Format(0, a[9], b.names)
		}
	case e.Kind == trace.Note && e.Why == step.WhyXtRule:
		return b.xtMatched(n, e)
	case e.Kind == trace.Tried && step.Try(e.Code).Info().What == "rule" && doesTable(e.Fn):
		return b.xtTried(n, e)
	case e.Kind == trace.Tried && step.Try(e.Code) >= step.TryNftDec && step.Try(e.Code) <= step.TryNftOther:
		a = b.log.Args(e)
		t := step.Try(e.Code)
		switch t {
		case step.TryNftMissing, step.TryNftLimit, step.TryNftQuota, step.TryNftOther:
			used = 13
		case step.TryNftIP, step.TryNftName:
			used = 19
		default:
			used = 18
		}
		if len(a) < used {
			return r, false
		}
		r.field = chars(a[9:13])
		if used > 13 {
			r.want = chars(a[13:17])
		}
		r.because = Clean(step.Render(t.Info().Because, a, b.names))
	default:
		return r, false
	}
	r.n, r.chain, r.handle = n, chars(a[:8]), a[8]
	if len(a) >= used+2 {
		r.counted, r.packets, r.bytes = true, a[used], a[used+1]
	}
	return r, true
}

// doesTable reports whether a function goes through a table of iptables.
func doesTable(s step.Step) bool { return s == step.IptDoTable || s == step.Ip6tDoTable }

// xtName is the full name of a chain of iptables.
func xtName(e *trace.Event, a []uint64) string {
	if e.Fn == step.Ip6tDoTable {
		return "ip6tables " + chars(a)
	}
	return "iptables " + chars(a)
}

// xtMatched reads a rule of iptables that took the packet: six values name the
// chain, then come its number, what it says, its target (twelve) and its counter.
func (b *builder) xtMatched(n int, e *trace.Event) (r ruleEvent, ok bool) {
	a := b.log.WhyArgs(e)
	if len(a) < 20 {
		return r, false
	}
	r = ruleEvent{n: n, chain: xtName(e, a[:6]), handle: a[6], matched: true}
	text := strings.Fields(chars(a[8:20]))
	r.verdict = step.XtVerdict.Format(0, a[7], b.names)
	if len(text) > 1 && (text[0] == "-j" || text[0] == "-g") {
		r.verdict = text[1]
		if text[0] == "-g" || b.isChain(r.chain, text[1]) {
			r.verdict = map[string]string{"-j": "jump", "-g": "goto"}[text[0]]
		}
	}
	if len(a) >= 22 {
		r.counted, r.packets, r.bytes = true, a[20], a[21]
	}
	return r, true
}

// isChain reports whether the target of a rule of a chain is a chain.
func (b *builder) isChain(of, name string) bool {
	k, ok := b.k.(ruler)
	if !ok {
		return false
	}
	now := 0
	if b.lab != nil {
		now = b.eventNow()
	}
	set := k.Rules(b.e.Host, now)
	return set != nil && set.Chain(of[:strings.LastIndexByte(of, ' ')+1]+name) != nil
}

// xtTried reads a rule of iptables that was passed over: the chain, its number,
// the option that ruled it out (twelve values), the packet's value.
func (b *builder) xtTried(n int, e *trace.Event) (r ruleEvent, ok bool) {
	a := b.log.Args(e)
	if len(a) < 19 {
		return r, false
	}
	return ruleEvent{n: n, chain: xtName(e, a[:6]), handle: a[6], field: chars(a[7:19]), because: Clean(step.Render(step.Try(e.Code).Info().Because, a, b.names))}, true
}

// nfRun is how the packet fares in the chain that it is at: in the hook that it
// is in, the chain that runs or has run last, or the one that comes first.
func (b *builder) nfRun(set *walk.RuleSet, calls []hookCall) *NFRun {
	call := -1
	for _, h := range calls {
		if h.at > b.n || b.n >= h.end || len(h.chains) == 0 {
			continue
		}
		call = h.chains[0]
		for _, c := range h.chains {
			if c <= b.n {
				call = c
			}
		}
	}
	if call < 0 {
		return nil
	}
	base := set.Chain(b.baseOf(call))
	if base == nil {
		return nil
	}
	now := b.until()
	end := b.callEnd(call)
	ru := &chainRun{b: b, set: set, run: &NFRun{Chain: Clean(base.Name), Policy: base.Policy}, len: b.lenOf(call)}
	for n := call + 1; n < min(end, now); n++ {
		if r, ok := b.ruleEvent(n); ok {
			ru.events = append(ru.events, r)
		}
	}
	ru.rules(base, 0)
	ru.cutTo(maxNFRules)
	if e := b.event(call); now >= end && e.Why != 0 {
		ru.run.Verdict = Clean(report.Why(b.log, e, b.names))
	}
	return ru.run
}

// lenOf is the packet's length when a chain begins: what its counters add.
func (b *builder) lenOf(call int) uint64 {
	st := b.chunk.StateAt(b.story[call])
	return st[StateKey{Obj: b.event(call).Subject, Key: step.KeyOf(step.KindSKB, step.SKBLen)}]
}

// A chainRun lays the events of a chain on its rules.
type chainRun struct {
	b      *builder
	set    *walk.RuleSet
	run    *NFRun
	events []ruleEvent
	len    uint64
}

// rules lists the rules of a chain, and below those that jumped the rules of
// where they jumped to.
func (r *chainRun) rules(c *walk.ChainText, depth int) {
	for i, t := range c.Rules {
		row := NFRule{Depth: depth, Handle: t.Handle, Parts: []NFPart{{Text: Clean(withoutCounts(t.Text))}}}
		if depth > 0 && i == 0 {
			row.Chain = Clean(c.Name)
		}
		if len(r.events) == 0 || r.events[0].chain != c.Name && !strings.HasPrefix(c.Name, r.events[0].chain) || r.events[0].handle != t.Handle {
			r.add(row)
			continue
		}
		e := r.events[0]
		r.events = r.events[1:]
		row.Here = len(r.events) == 0
		if e.counted {
			row.Before, row.After = counterText(e.packets-1, e.bytes-min(e.bytes, r.len)), counterText(e.packets, e.bytes)
		}
		if !e.matched {
			row.State, row.Because = NFFailed, e.because
			row.Parts = markOperand(Clean(withoutCounts(t.Text)), e.field, e.want)
			r.add(row)
			continue
		}
		row.State, row.Verdict = NFMatched, e.verdict
		to := target(t.Text)
		if e.verdict == "jump" || e.verdict == "goto" {
			if to == "" && len(r.events) > 0 { // a verdict map
				to = r.events[0].chain[strings.LastIndexByte(r.events[0].chain, ' ')+1:]
			}
			row.Verdict += " " + Clean(to)
		}
		r.add(row)
		if (e.verdict == "jump" || e.verdict == "goto") && to != "" && depth < 16 {
			if next := r.set.Chain(c.Name[:strings.LastIndexByte(c.Name, ' ')+1] + to); next != nil {
				r.rules(next, depth+1)
			}
		}
	}
}

func (r *chainRun) add(row NFRule) { r.run.Rules = append(r.run.Rules, row) }

// cutTo leaves n rules around the one that was tried last.
func (r *chainRun) cutTo(n int) {
	if len(r.run.Rules) <= n {
		return
	}
	here := max(0, slices.IndexFunc(r.run.Rules, func(x NFRule) bool { return x.Here }))
	from := max(0, min(here-n/2, len(r.run.Rules)-n))
	r.run.More = len(r.run.Rules) - n
	r.run.Rules = slices.Clone(r.run.Rules[from : from+n])
}

func counterText(packets, bytes uint64) string {
	return fmt.Sprintf("packets %d bytes %d", packets, bytes)
}

var countsInText = regexp.MustCompile(`\bcounter packets \d+ bytes \d+`)

// withoutCounts leaves the counter's values out of a rule's text: they are those
// of another moment.
func withoutCounts(s string) string { return countsInText.ReplaceAllString(s, "counter") }

// target is the chain that a rule names to jump to.
func target(text string) string {
	w := strings.Fields(text)
	for i := len(w) - 2; i >= 0; i-- {
		if w[i] == "jump" || w[i] == "goto" || w[i] == "-j" || w[i] == "-g" {
			return w[i+1]
		}
	}
	return ""
}

// markOperand divides a rule's text so that the operand that ruled it out is a
// part of its own: "field want", or the field alone.
func markOperand(text, field, want string) []NFPart {
	if field == "" {
		return []NFPart{{Text: text}}
	}
	from := strings.Index(text, field)
	if from < 0 {
		return []NFPart{{Text: text}}
	}
	to := from + len(field)
	if want != "" {
		if i := strings.Index(text[to:], want); i >= 0 && i <= 8 {
			to += i + len(want)
		} else if i := strings.IndexByte(text[min(len(text), to+1):], ' '); i >= 0 {
			to += 1 + i
		} else {
			to = len(text)
		}
	}
	var parts []NFPart
	for _, p := range [...]NFPart{{Text: text[:from]}, {Text: text[from:to], Failed: true}, {Text: text[to:]}} {
		if p.Text != "" {
			parts = append(parts, p)
		}
	}
	return parts
}
