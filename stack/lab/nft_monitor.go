package lab

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/lab/nft"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/socket"
)

// nftMonitor is nft monitor, of which only the trace of packets is modelled.
func nftMonitor(p *Proc, a []string) int {
	if len(a) != 1 || a[0] != "trace" {
		p.errf("not modelled: nft monitor but for nft monitor trace\n")
		return 1
	}
	env := &nft.Env{NS: p.host.NS}
	return p.runProgram("nft", &nftTrace{ns: p.host.NS, texts: env.NewMonitor()})
}

// nftTrace is nft monitor trace: it prints what happens to packets whose nftrace is
// 1, until it is killed.
type nftTrace struct {
	term
	ns    *core.Netns
	texts *nft.Monitor
	prog  *socket.Program
	on    bool
}

// Run begins to listen.
func (e *nftTrace) Run(p *socket.Program) {
	if !e.on {
		e.on, e.prog = true, p
		nftables.Of(e.ns).AddTracer(e)
	}
}

// Signal has it end without a word.
func (e *nftTrace) Signal(n int) bool {
	if e.on {
		nftables.Of(e.ns).RemoveTracer(e)
		e.on = false
	}
	return false
}

// NftTrace prints one event.
func (e *nftTrace) NftTrace(ns *core.Netns, t *nftables.TraceEvent) {
	if e.prog == nil || e.prog.Exited || len(e.Out) > 1<<20 {
		return
	}
	env := nft.Env{NS: ns}
	e.printf("%s", e.texts.Trace(&env, t))
}
