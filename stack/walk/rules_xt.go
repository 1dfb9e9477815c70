package walk

import "github.com/packetwalk/packetwalk/stack/core"

// xtSign changes when the rules of iptables do.
func xtSign(*core.Netns) uint32 { return 0 }

// xtChains are the chains of iptables.
func xtChains(*core.Netns) []ChainText { return nil }

// xtHook names the built-in chain that a table of iptables has at a hook.
func xtHook(core.Hook, core.HookNum) string { return "" }
