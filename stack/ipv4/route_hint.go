package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Packets that come together: ip_list_rcv_finish in net/ipv4/ip_input.c, and
// ip_route_use_hint in route.c. Who goes to the same address as the packet before it
// needs no lookup of its own.

// A routeHint is the route of an earlier packet of the batch.
type routeHint struct {
	batch uint64    // core.Machine.Batch
	dst   *core.Dst // of the last packet
	good  bool      // others may take it
	daddr wire.IP4  // of the packet that it was found for
	tos   uint8
}

// hinted gives a packet the route of the one before it, if that is allowed
// (ip_can_use_hint). The reason is that of a packet to drop.
// Sources that are martians are left to the lookup, which says the same of them.
func (ip *IPv4) hinted(b *core.SKB, dev *core.Device) core.DropReason {
	x := &ip.hint
	h := b.IP4()
	if !x.good || x.batch != ip.ns.Machine.Batch || b.Dst != nil || h.Dst() != x.daddr || h.TOS() != x.tos {
		return 0
	}
	in, src := ip.inDev(dev), h.Src()
	if in == nil || src.IsMulticast() || src.IsBroadcast() || src == 0 || src.IsLoopback() && !in.routeLocalnet() {
		return 0
	}
	return ip.useHint(b, h, dev, in)
}

// useHint is ip_route_use_hint.
func (ip *IPv4) useHint(b *core.SKB, h wire.IPv4, dev *core.Device, in *InDevice) core.DropReason {
	defer ip.ns.In(step.IPRouteUseHint, b).Out()
	d := ip.hint.dst
	ip.ns.Why(step.WhyRouteHint, uint64(ip.hint.daddr))
	if d.Flags&core.RTCFLocal != 0 {
		if _, err := ip.validateSource(b, h.Src(), h.Dst(), h.TOS()&0xfc, 0, dev, in); err != 0 {
			return sourceReason(err)
		}
	}
	b.Dst = d
	return 0
}

// keepHint remembers a packet's route for those that come behind it
// (ip_extract_route_hint).
func (ip *IPv4) keepHint(b *core.SKB) {
	x, m := &ip.hint, ip.ns.Machine
	if m.Batch == 0 || x.batch == m.Batch && x.dst == b.Dst {
		return
	}
	h := b.IP4()
	*x = routeHint{batch: m.Batch, dst: b.Dst, daddr: h.Dst(), tos: h.TOS()}
	x.good = !ip.customRules && !x.daddr.IsBroadcast() && x.daddr != 0 && b.CB.IPFlags&ipskbMultipath == 0
}
