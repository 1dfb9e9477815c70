package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Packets that come together: ip6_list_rcv_finish in net/ipv6/ip6_input.c. Who goes
// to the same address as the packet before it needs no lookup of its own, neither in
// the routes nor among the sockets.

// A routeHint is the route of an earlier packet of the batch.
type routeHint struct {
	batch uint64    // core.Machine.Batch
	dst   *core.Dst // of the last packet
	good  bool      // others may take it
	daddr wire.Addr // of the packet that it was found for
}

// hinted gives a packet the route of the one before it, if that is allowed
// (ip6_can_use_hint).
func (ip *IPv6) hinted(b *core.SKB) bool {
	x := &ip.hint
	if !x.good || x.batch != ip.ns.Machine.Batch || b.Dst != nil || b.IP6().Dst() != x.daddr {
		return false
	}
	ip.ns.Why(step.WhyIP6RouteHint, x.daddr.Hi, x.daddr.Lo)
	b.Dst = x.dst
	return true
}

// keepHint remembers a packet's route for those that come behind it
// (ip6_extract_route_hint).
func (ip *IPv6) keepHint(b *core.SKB) {
	x, m := &ip.hint, ip.ns.Machine
	if x.batch == m.Batch && x.dst == b.Dst {
		return
	}
	*x = routeHint{batch: m.Batch, dst: b.Dst, daddr: b.IP6().Dst()}
	x.good = !ip.rules.Custom && b.CB.IPFlags&skbMultipath == 0
}
