package view

import (
	"strconv"

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
