package nat

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
)

// FlowNAT is nf_flow_nat_ip and nf_flow_nat_ipv6: what a flow table sends gets the
// addresses and ports that its connection's other direction knows it by. It reports
// false if the headers are not there.
func FlowNAT(b *core.SKB, c *conntrack.Conn, d conntrack.Dir) bool {
	k, _ := c.Tuple(1 - d).Invert()
	for _, m := range [...]Manip{Src, Dst} {
		if c.Status&statusBit(m, d) == 0 {
			continue
		}
		if !manipIP(b, b.NetworkOffset(), &k, m) {
			return false
		}
	}
	return true
}
