package lab

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/lab/nft"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/socket"
)

// nftMonitor is nft monitor: bad is what is wrong with its words.
func nftMonitor(p *Proc, w *nft.Watch, bad string) int {
	if bad != "" {
		p.write(2, []byte(bad))
		return 1
	}
	if w.Trace && w.JSON {
		p.errf("not modelled: nft -j monitor trace\n")
		if w.Only == "trace" {
			return 1
		}
		w.Trace = false
	}
	e := &nftWatch{ns: p.host.NS, watch: w}
	if w.Trace {
		e.texts = (&nft.Env{NS: p.host.NS}).NewMonitor()
	}
	return p.runProgram("nft", e)
}

// nftWatch is nft monitor: it prints what happens to the rules, and to packets whose
// nftrace is 1, until it is killed.
type nftWatch struct {
	term
	ns    *core.Netns
	watch *nft.Watch
	texts *nft.Monitor
	prog  *socket.Program
	on    bool
}

// Run begins to listen.
func (e *nftWatch) Run(p *socket.Program) {
	if e.on {
		return
	}
	e.on, e.prog = true, p
	nftables.Of(e.ns).AddWatcher(e)
	if e.watch.Trace {
		nftables.Of(e.ns).AddTracer(e)
	}
}

// Signal has it end without a word.
func (e *nftWatch) Signal(n int) bool {
	if e.on {
		nftables.Of(e.ns).RemoveTracer(e)
		nftables.Of(e.ns).RemoveWatcher(e)
		e.on = false
	}
	return false
}

// NftChanged prints what a transaction has changed.
func (e *nftWatch) NftChanged(ns *core.Netns, l []nftables.Change, who nftables.Process) {
	if e.prog == nil || e.prog.Exited || len(e.Out) > 1<<20 {
		return
	}
	e.printf("%s", e.watch.Show(&nft.Env{NS: ns}, l, who))
}

// NftTrace prints one event.
func (e *nftWatch) NftTrace(ns *core.Netns, t *nftables.TraceEvent) {
	if e.prog == nil || e.prog.Exited || len(e.Out) > 1<<20 {
		return
	}
	env := nft.Env{NS: ns}
	e.printf("%s", e.texts.Trace(&env, t))
}
