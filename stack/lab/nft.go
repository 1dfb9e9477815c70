package lab

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/lab/nft"
)

func init() { extra["nft"] = nftTool }

// nftTool is nft(8) on the machine's own rules and files.
func nftTool(p *Proc, a []string) int {
	if len(a) > 1 && a[1] == "monitor" {
		return nftMonitor(p, a[2:])
	}
	in := ""
	if slices.Contains(a, "-") || slices.Contains(a, "/dev/stdin") || slices.Contains(a, "-f-") {
		in = string(p.readAll(0))
	}
	env := nft.Env{NS: p.host.NS, ReadFile: func(name string) (string, bool) {
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
