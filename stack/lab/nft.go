package lab

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/lab/nft"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

func init() { extra["nft"] = nftTool }

// nftTool is nft(8) on the machine's own rules and files.
func nftTool(p *Proc, a []string) int {
	if w, bad, ok := (&nft.Env{NS: p.host.NS}).ParseMonitor(a[1:]); ok {
		return nftMonitor(p, w, bad)
	}
	in := ""
	if slices.Contains(a, "-") || slices.Contains(a, "/dev/stdin") || slices.Contains(a, "-f-") {
		in = string(p.readAll(0))
	}
	env := nft.Env{NS: p.host.NS, By: nftables.Process{PID: p.pid, Name: "nft"}, ReadFile: func(name string) (string, bool) {
		b, no := p.readFile(name)
		return string(b), no == ""
	}}
	out, bad, status := env.Run(a[1:], in)
	if bad != "" {
		p.write(2, []byte(bad))
	}
	p.out(out)
	return status
}
