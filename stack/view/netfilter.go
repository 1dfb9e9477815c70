package view

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// A Netfilter is what is set up at the hooks of the host where control is, and
// how a packet fares in the chain that it is at.
type Netfilter struct {
	Host  string   `json:"host,omitempty"`
	Hooks []NFHook `json:"hooks"`           // those that have anything, in the order of a packet's way
	Run   *NFRun   `json:"run,omitempty"`   // the chain that the packet is at
	TC    *NFRun   `json:"tc,omitempty"`    // the filters of tc that the packet met last on this host
	NAT   *NFNat   `json:"nat,omitempty"`   // of the packet's connection, if it is changed
	Words string   `json:"words,omitempty"` // what this is, for Depth
}

// A NFHook is one hook of one family.
type NFHook struct {
	Name  string   `json:"name"`   // PREROUTING
	Fam   string   `json:"family"` // ip
	Stage StageID  `json:"stage"`
	Here  bool     `json:"here,omitempty"`
	Been  bool     `json:"been,omitempty"` // the packet has passed it by now
	Lines []NFLine `json:"lines"`          // in the order in which they run
}

// A NFLine is who stands at a hook.
type NFLine struct {
	Priority string `json:"priority"` // "-100 dstnat"
	Func     string `json:"func"`
	Chain    string `json:"chain,omitempty"` // "ip nat post"
	Policy   string `json:"policy,omitempty"`
	Rules    int    `json:"rules,omitempty"`
	Here     bool   `json:"here,omitempty"`
}

// A NFRun is a packet's way through the rules of a base chain.
type NFRun struct {
	Chain   string   `json:"chain"`
	Policy  string   `json:"policy,omitempty"`
	Rules   []NFRule `json:"rules"`
	More    int      `json:"more,omitempty"`    // rules that are not listed
	Verdict string   `json:"verdict,omitempty"` // once it is decided: "accept, by rule handle 5", "drop, by the policy"
}

// A NFRule is one rule, as far as the packet has come.
type NFRule struct {
	Depth   int      `json:"depth,omitempty"` // of jumps
	Chain   string   `json:"chain,omitempty"` // of the first rule of a chain that was jumped to
	Handle  uint64   `json:"handle"`
	Parts   []NFPart `json:"parts"`
	State   NFState  `json:"state,omitempty"`
	Verdict string   `json:"verdict,omitempty"` // of one that matched: "accept", "jump tcpin"
	Because string   `json:"because,omitempty"` // of one that failed: "tcp dport is 81"
	Before  string   `json:"before,omitempty"`  // its counter: "packets 3 bytes 252"
	After   string   `json:"after,omitempty"`
	Here    bool     `json:"here,omitempty"` // the last that was tried
}

// A NFState is how a rule fared.
type NFState string

// The states. The zero state is that of a rule that was not reached.
const (
	NFMatched NFState = "matched"
	NFFailed  NFState = "failed"
)

// A NFPart is a piece of a rule's text.
type NFPart struct {
	Text   string `json:"text"`
	Failed bool   `json:"failed,omitempty"` // the operand that ruled it out
}

// A NFNat is what NAT makes of a connection.
type NFNat struct {
	Rows []NFNatRow `json:"rows"`
	Why  []string   `json:"why,omitempty"` // the sentences of this packet's own decisions
}

// A NFNatRow is one field before NAT and after it, in the original direction.
type NFNatRow struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
	Manip  string `json:"manip,omitempty"` // snat, dnat, if it is changed
}

// A ruler is a Walk that tells the rules of its hosts.
type ruler interface {
	Rules(host uint8, events int) *walk.RuleSet
}

// maxNFRules is how many rules of a chain a Scene lists.
const maxNFRules = 120

// netfilter fills sc.Netfilter.
func (b *builder) netfilter() {
	r, ok := b.k.(ruler)
	if !ok {
		return
	}
	now := 0
	if b.lab != nil {
		now = b.eventNow()
	}
	set := r.Rules(b.e.Host, now)
	tc := b.tcRun()
	if set == nil {
		if tc != nil {
			b.sc.Netfilter = &Netfilter{Host: b.sc.Host, TC: tc, Hooks: []NFHook{}, Words: tcWords[b.depthNow()]}
		}
		return
	}
	n := &Netfilter{Host: b.sc.Host, TC: tc}
	h := b.hookCalls()
	n.Hooks = b.nfHooks(set, h)
	n.Run = b.nfRun(set, h)
	n.NAT = b.nfNat()
	n.Words = nfWords[b.depthNow()]
	if n.Run == nil && n.NAT == nil && b.sc.Layer != step.Netfilter.String() {
		n.Words = nfMapWords[b.depthNow()]
	}
	b.sc.Netfilter = n
}

var nfWords = map[Depth]string{
	DepthFirst:    "A firewall is lists of rules. A packet goes through a list from the top; the first rule that fits and says what to do decides. If none does, the list's policy does.",
	DepthOperator: "Base chains run in order of priority; each has its own verdict, and one drop is final, an accept only ends this chain. Counters move only for rules whose expressions before them match.",
	DepthKernel:   "nf_hook_slow() calls the nf_hook_entries of the hook in order; nft_do_chain() evaluates nft_expr_ops->eval of each rule until a verdict is not NFT_CONTINUE, with a jump stack of 16.",
}

var nfMapWords = map[Depth]string{
	DepthFirst:    "These are the places where a firewall looks at packets on this host, and what it does there, in order.",
	DepthOperator: "The hooks of this host with what is registered, as nft list hooks shows it.",
	DepthKernel:   "net->nf.hooks_ipv4[] and its sisters: nf_hook_entries sorted by priority.",
}

// A hookCall is one pass through a hook, in the story.
type hookCall struct {
	at, end int // indices of the story: the call, and behind its last event
	code    int // family<<8 | hook, -1 if it does not tell
	chains  []int
}

// hookCalls are the passes of the packet at hand through hooks on this host.
func (b *builder) hookCalls() (list []hookCall) {
	for n := range b.story {
		e := b.event(n)
		if e.Kind != trace.Call || e.Host != b.e.Host {
			continue
		}
		switch step.Step(e.Code) {
		case step.NFHookSlow:
			h := hookCall{at: n, end: len(b.story), code: -1}
			if a := b.log.WhyArgs(e); len(a) > 0 {
				h.code = int(a[0])
				if e.Why == step.WhyHookPassed && len(a) > 1 {
					h.code = int(a[1])
				}
			}
			h.end = b.callEnd(n)
			list = append(list, h)
		default:
			if !doesChain(step.Step(e.Code)) {
				continue
			}
			for i := len(list) - 1; i >= 0; i-- {
				if n < list[i].end {
					list[i].chains = append(list[i].chains, n)
					break
				}
			}
		}
	}
	return list
}

// doesChain reports whether a function goes through the rules of a chain.
func doesChain(s step.Step) bool {
	switch s.String() {
	case "nft_do_chain", "ipt_do_table", "ip6t_do_table":
		return true
	}
	return false
}

// callEnd is the index of the story behind a call's last event.
func (b *builder) callEnd(n int) int {
	d := b.event(n).Depth
	for n++; n < len(b.story) && b.event(n).Depth > d; n++ {
	}
	return n
}

// until is the index of the story behind the step at the place.
func (b *builder) until() int {
	if b.pos+1 < len(b.stops) {
		return b.stops[b.pos+1]
	}
	return len(b.story)
}

var hookNames = [...]string{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "INGRESS"}

var hookStages = [...]StageID{UpPre, UpLocalIn, Forwarding, DownLocalOut, DownPost, UpTaps}

var nfFamilies = [...]string{0: "ip", 1: "ip6", 2: "arp", 3: "bridge", 8: "inet", 9: "netdev"}

// prioNames are the priorities that nft names.
var prioNames = map[int]string{-450: "raw before defrag", -400: "defrag", -300: "raw", -200: "conntrack", -150: "mangle", -100: "dstnat", 0: "filter", 50: "security", 100: "srcnat",
	300: "helper", 1<<31 - 1: "confirm", -1 << 31: "first"}

func (b *builder) nfHooks(set *walk.RuleSet, calls []hookCall) (list []NFHook) {
	here := -1
	been := map[int]bool{}
	for _, c := range calls {
		if c.at <= b.n {
			been[c.code] = true
			if b.n < c.end {
				here = c.code
			}
		}
	}
	chain := b.chainAt()
	for _, p := range set.Hooks {
		code := int(p.Family)<<8 | int(p.Hook)
		h := NFHook{Name: "?", Here: code == here, Been: been[code]}
		if int(p.Family) < len(nfFamilies) {
			h.Fam = nfFamilies[p.Family]
		}
		switch {
		case p.Dev != "":
			h.Name, h.Stage = [2]string{"INGRESS", "EGRESS"}[min(p.Hook, 1)]+" of "+Clean(p.Dev), [2]StageID{UpTaps, DownQdisc}[min(p.Hook, 1)]
		case h.Fam == "arp":
			h.Name, h.Stage = [...]string{"INPUT", "OUTPUT", "FORWARD", "?", "?", "?"}[p.Hook], [...]StageID{UpTaps, DownNeigh, UpTaps, NoStage, NoStage, NoStage}[p.Hook]
		case int(p.Hook) < len(hookNames):
			h.Name, h.Stage = hookNames[p.Hook], hookStages[p.Hook]
		}
		for _, l := range p.List {
			x := NFLine{Priority: strconv.Itoa(l.Priority), Func: l.Func, Chain: Clean(l.Chain)}
			if n := prioNames[l.Priority]; n != "" && h.Fam != "bridge" {
				x.Priority += " " + n
				if l.Priority == 1<<31-1 || l.Priority == -1<<31 {
					x.Priority = n
				}
			}
			if c := set.Chain(l.Chain); c != nil {
				x.Policy, x.Rules = c.Policy, len(c.Rules)
			}
			x.Here = h.Here && chain != "" && chain == l.Chain
			h.Lines = append(h.Lines, x)
		}
		list = append(list, h)
	}
	return list
}

// chainAt is the base chain whose rules are being tried, empty if none is.
func (b *builder) chainAt() string {
	for _, h := range b.hookCalls() {
		for _, c := range h.chains {
			if c <= b.n && b.n < b.callEnd(c) {
				return b.baseOf(c)
			}
		}
	}
	return ""
}

// baseOf is the base chain that a call goes through: its first rule is of it, or
// its policy.
func (b *builder) baseOf(call int) string {
	for n := call + 1; n < b.callEnd(call); n++ {
		if r, ok := b.ruleEvent(n); ok {
			return r.chain
		}
	}
	e := b.event(call)
	switch a := b.log.WhyArgs(e); {
	case doesTable(step.Step(e.Code)) && len(a) >= 6:
		x := *e
		x.Fn = step.Step(e.Code)
		return xtName(&x, a[:6])
	case len(a) >= 8:
		return chars(a[:8])
	}
	return ""
}

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
