package walk

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/lab/ipt"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// xtSign changes when the rules of iptables do.
func xtSign(ns *core.Netns) uint32 {
	if x := iptables.Seen(ns); x != nil {
		return x.Gen
	}
	return 0
}

// xtPrograms are the names of iptables by family; chains are named after them.
var xtPrograms = map[core.Family]string{core.NFIPv4: "iptables", core.NFIPv6: "ip6tables"}

// xtChains are the chains of iptables, as iptables-legacy -S prints them.
func xtChains(ns *core.Netns) (list []ChainText) {
	x := iptables.Seen(ns)
	if x == nil {
		return nil
	}
	for _, t := range x.List {
		prog := xtPrograms[t.Family]
		env := ipt.Env{NS: ns}
		text, _, _ := env.Run([]string{prog + "-legacy", "-t", t.Name, "-S"})
		list = append(list, xtTable(prog+" "+t.Name+" ", t.Name, text)...)
	}
	return list
}

// xtTable reads what iptables -S prints of a table.
func xtTable(prefix, table, text string) (list []ChainText) {
	for l := range strings.Lines(text) {
		w := strings.Fields(l)
		if len(w) < 2 {
			continue
		}
		switch w[0] {
		case "-P":
			c := ChainText{Name: prefix + w[1], Base: true, Type: table}
			if len(w) > 2 {
				c.Policy = w[2]
			}
			list = append(list, c)
		case "-N":
			list = append(list, ChainText{Name: prefix + w[1]})
		case "-A":
			for i := range list {
				if c := &list[i]; c.Name == prefix+w[1] {
					_, rest, _ := strings.Cut(strings.TrimSpace(l), "-A "+w[1])
					c.Rules = append(c.Rules, RuleText{uint64(len(c.Rules) + 1), strings.TrimSpace(rest)})
				}
			}
		}
	}
	return list
}

// xtHook names the built-in chain that a table of iptables has at a hook.
func xtHook(h core.Hook, n core.HookNum) string {
	if t, ok := h.(interface{ Table() *iptables.Table }); ok {
		return xtChain(t.Table(), n)
	}
	return ""
}

func xtChain(t *iptables.Table, n core.HookNum) string {
	for _, c := range t.Chains {
		if c.Builtin && c.Hook == n {
			return xtPrograms[t.Family] + " " + t.Name + " " + c.Name
		}
	}
	return ""
}

// xtNat is the chain that iptables' table nat has at a hook, "" if none.
func xtNat(ns *core.Netns, f core.Family, n core.HookNum) string {
	if x := iptables.Seen(ns); x != nil {
		if t := x.Find(f, iptables.TableNAT); t != nil {
			return xtChain(t, n)
		}
	}
	return ""
}
