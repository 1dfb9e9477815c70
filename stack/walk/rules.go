package walk

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/lab/nft"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// A RuleSet is what is set up at the netfilter hooks of a host from an event
// on: who stands there, in order, and how the rules read.
type RuleSet struct {
	Event  int // so many events there were
	Host   uint8
	Hooks  []HookPlace
	Chains []ChainText
	sign   ruleSign
}

// A HookPlace is one hook of one family, and who is registered there, in the
// order in which they run.
type HookPlace struct {
	Family core.Family
	Hook   core.HookNum
	Dev    string // of the netdev family
	List   []HookLine
}

// A HookLine is a function, or a chain, that is registered at a hook.
type HookLine struct {
	Priority int
	Func     string // the kernel function
	Chain    string // "ip filter input", empty if it is none
}

// A ChainText is a chain as the tools list it.
type ChainText struct {
	Name   string // family, table and name: "ip filter input"; "iptables filter INPUT"
	Base   bool
	Type   string // filter, nat, route
	Prio   string // "srcnat"
	Policy string // of a base chain: accept, drop
	Rules  []RuleText
}

// A RuleText is one rule in the tool's words.
type RuleText struct {
	Handle uint64 // of iptables: its number, from 1
	Text   string
}

// Chain finds a chain by its name, nil if there is none. A name that the record
// cut off is found by its beginning.
func (r *RuleSet) Chain(name string) *ChainText {
	for i := range r.Chains {
		if n := r.Chains[i].Name; n == name || len(name) >= 63 && strings.HasPrefix(n, name) {
			return &r.Chains[i]
		}
	}
	return nil
}

// A ruleSign changes whenever what a RuleSet tells may have changed.
type ruleSign struct {
	gen, xt uint32
	hooks   int
}

func signOf(ns *core.Netns) (s ruleSign) {
	if t := nftables.Seen(ns); t != nil {
		s.gen = t.Gen
	}
	for f := core.NFIPv4; f <= core.NFBridge; f++ {
		for n := range core.HookNum(6) {
			s.hooks = s.hooks*31 + ns.HookCount(f, n)
		}
	}
	s.xt = xtSign(ns)
	return s
}

// rulesOf adds how a host's hooks and rules are set up now, if that has changed
// since the last time.
func rulesOf(list []RuleSet, h *stack.Host, event int) []RuleSet {
	sign := signOf(h.NS)
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Host == h.NS.Host {
			if list[i].sign == sign {
				return list
			}
			break
		}
	}
	if sign == (ruleSign{}) {
		return list
	}
	r := RulesNow(h)
	r.Event, r.sign = event, sign
	return append(list, r)
}

// rulesAt is the last set of a host that is not later than an event, nil if
// there is none.
func rulesAt(list []RuleSet, host uint8, event int) *RuleSet {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Host == host && list[i].Event <= event {
			return &list[i]
		}
	}
	return nil
}

// RulesNow is how the hooks of a host are set up.
func RulesNow(h *stack.Host) RuleSet {
	r := RuleSet{Host: h.NS.Host}
	nfts := nftables.Seen(h.NS)
	for f := core.NFIPv4; f <= core.NFBridge; f++ {
		for n := range core.HookNum(6) {
			p := HookPlace{Family: f, Hook: n}
			for _, x := range h.NS.Hooks(f, n) {
				p.List = append(p.List, hookLines(nfts, f, n, x)...)
				if l := &p.List[len(p.List)-1]; strings.HasPrefix(l.Func, "nf_nat_ipv") {
					if c := xtNat(h.NS, f, n); c != "" {
						p.List = append(p.List, HookLine{x.Priority, "ipt_do_table", c})
					}
				}
			}
			if len(p.List) > 0 {
				r.Hooks = append(r.Hooks, p)
			}
		}
	}
	for _, d := range h.NS.Devices {
		for n := range core.HookNum(2) {
			if d == nil {
				continue
			}
			p := HookPlace{Family: core.NFNetdev, Hook: n, Dev: d.Name}
			for _, x := range d.Hooks(n) {
				p.List = append(p.List, hookLines(nfts, core.NFNetdev, n, x)...)
			}
			if len(p.List) > 0 {
				r.Hooks = append(r.Hooks, p)
			}
		}
	}
	if nfts != nil {
		text, _, _ := nft.Run(h.NS, []string{"-a", "-t", "list", "ruleset"}, "")
		r.Chains = nftChains(text)
	}
	r.Chains = append(r.Chains, xtChains(h.NS)...)
	return r
}

// hookLines are the lines of one registered hook: NAT's own functions stand for
// the chains of type nat.
func hookLines(s *nftables.Tables, f core.Family, n core.HookNum, x core.HookInfo) []HookLine {
	l := HookLine{Priority: x.Priority}
	if h, ok := x.Hook.(core.NamedHook); ok {
		l.Func = h.HookStep().String()
	}
	switch h := x.Hook.(type) {
	case *nftables.Chain:
		l.Chain = chainName(h)
	case interface{ BaseChain() *nftables.Chain }:
		l.Chain = chainName(h.BaseChain())
	default:
		l.Chain = xtHook(x.Hook, n)
	}
	list := []HookLine{l}
	if strings.HasPrefix(l.Func, "nf_nat_ipv") && s != nil {
		for _, t := range s.List {
			for _, c := range t.Chains {
				if b := c.Base; b != nil && b.Type == nftables.TypeNAT && b.Hook == n && (t.Family == f || t.Family == core.NFInet) {
					list = append(list, HookLine{b.Priority, "nft_nat_do_chain", chainName(c)})
				}
			}
		}
	}
	return list
}

var ruleFamilies = map[core.Family]string{core.NFIPv4: "ip", core.NFIPv6: "ip6", core.NFARP: "arp", core.NFBridge: "bridge", core.NFInet: "inet", core.NFNetdev: "netdev"}

func chainName(c *nftables.Chain) string {
	return ruleFamilies[c.Table.Family] + " " + c.Table.Name + " " + c.Name
}

// nftChains reads what `nft -a list ruleset` prints.
func nftChains(text string) (list []ChainText) {
	table, handle := "", uint64(0)
	var c *ChainText
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\n")
		body, tail, found := strings.Cut(strings.TrimLeft(l, "\t"), " # handle ")
		depth := len(l) - len(strings.TrimLeft(l, "\t"))
		handle = 0
		if found {
			for _, d := range tail {
				if d < '0' || d > '9' {
					break
				}
				handle = handle*10 + uint64(d-'0')
			}
		}
		switch {
		case depth == 0 && strings.HasPrefix(body, "table "):
			table = strings.TrimSuffix(strings.TrimPrefix(body, "table "), " {")
		case depth == 1 && strings.HasPrefix(body, "chain "):
			list = append(list, ChainText{Name: table + " " + strings.TrimSuffix(strings.TrimPrefix(body, "chain "), " {")})
			c = &list[len(list)-1]
		case depth == 1:
			c = nil
		case depth >= 2 && c != nil && found:
			c.Rules = append(c.Rules, RuleText{handle, body})
		case depth >= 2 && c != nil && strings.HasPrefix(body, "type "):
			c.head(body)
		case depth >= 2 && c != nil && len(c.Rules) > 0: // a rule that goes on in the next line
			c.Rules[len(c.Rules)-1].Text += " " + body
		}
	}
	return list
}

// head reads "type filter hook input priority filter; policy accept;".
func (c *ChainText) head(s string) {
	c.Base = true
	w := strings.Fields(s)
	for i := 0; i+1 < len(w); i++ {
		switch w[i] {
		case "type":
			c.Type = w[i+1]
		case "policy":
			c.Policy = strings.TrimSuffix(w[i+1], ";")
		case "priority":
			rest := strings.Join(w[i+1:], " ")
			c.Prio, _, _ = strings.Cut(rest, ";")
		}
	}
}

// Rules is what is set up at the hooks of the host that is walked, nil if
// nothing is.
func (k *Walk) Rules() *RuleSet {
	k.rules = rulesOf(k.rules, k.now.Host, 0)
	return rulesAt(k.rules, k.now.Host.NS.Host, 0)
}
