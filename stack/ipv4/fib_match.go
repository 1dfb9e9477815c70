package ipv4

// What `ip route get` asks besides a route (inet_rtm_getroute).

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A GetRequest is what `ip route get` asks, and the answer.
type GetRequest struct {
	Flow Flow4        // with the source that was chosen, afterwards
	IIF  *core.Device // the packet comes in by it; nil: this host sends it

	Dst      *core.Dst
	Table    uint32 // which has the route; 0: none was asked
	TOS      uint8  // the route's own
	Redirect bool   // the sender is told that there is a shorter way
	Found    bool   // Route is that of a table
	Route    Route
	NoMatch  core.Errno // why there is none
}

// GetRoute is inet_rtm_getroute without its messages. The errors are those of a lookup.
func (ip *IPv4) GetRoute(q *GetRequest) core.Errno {
	var res fibResult
	b := ip.getPacket(q)
	defer ip.ns.Free(b)
	if q.IIF != nil {
		why := ip.routeInputRcu(b, q.Flow.Daddr, q.Flow.Saddr, q.Flow.TOS, q.IIF, &res)
		q.Dst, q.Redirect = b.Dst, b.CB.IPFlags&ipskbDoRedirect != 0
		if why != 0 || q.Dst == nil {
			return step.EINVAL
		}
		if q.Dst.Err != 0 {
			return q.Dst.Err
		}
	} else {
		q.Flow.IIF = ip.loIndex()
		d, err := ip.routeOutputKeyRcu(&q.Flow, b, &res)
		if q.Dst = d; err != 0 {
			return err
		}
	}
	q.TOS = res.tos
	if res.table != nil {
		q.Table = res.table.id
	}
	if res.fi == nil {
		if q.NoMatch = typeError[res.typ]; q.NoMatch == 0 {
			q.NoMatch = step.EHOSTUNREACH
		}
		return 0
	}
	for _, fa := range res.node.fa {
		if fa.fi == res.fi {
			q.Found, q.Route = true, fa.route()
			q.Route.Table, q.Route.Type = q.Table, q.Dst.Type
			if res.fi.reject {
				q.Route.Type = RTNBlackhole
			}
			break
		}
	}
	return 0
}

// getPacket is inet_rtm_getroute_build_skb: a packet for the lookup.
func (ip *IPv4) getPacket(q *GetRequest) *core.SKB {
	ns, fl := ip.ns, &q.Flow
	b := ns.AllocSKB(core.Headroom, 40, 0)
	p := b.Put(40)
	clear(p)
	h := wire.IPv4(p)
	p[0] = 0x45
	h.SetTotalLen(40)
	p[8], p[9] = 64, fl.Proto
	if fl.Proto == uint8(wire.ProtoICMP) {
		p[20] = uint8(wire.ICMPEcho)
	} else {
		p[20], p[21], p[22], p[23] = byte(fl.Sport>>8), byte(fl.Sport), byte(fl.Dport>>8), byte(fl.Dport)
	}
	h.SetSrc(fl.Saddr)
	h.SetDst(fl.Daddr)
	b.Dev, b.Protocol, b.Mark = ip.loopback(), uint16(wire.EtherTypeIPv4), fl.Mark
	if q.IIF != nil {
		b.Dev = q.IIF
	}
	b.IIF = b.Dev.Index
	b.ResetNetwork()
	return b
}

// IgnoresLinkdown is ip_ignore_linkdown: routes by a device without a carrier do not
// count.
func (ip *IPv4) IgnoresLinkdown(d *core.Device) bool { return ip.ignoreLinkdown(d) }

// WillRedirect reports that a packet which came in, and has its route, will go
// back to where it came from: its sender is told so (IPSKB_DOREDIRECT).
func (ip *IPv4) WillRedirect(b *core.SKB) bool { return b.CB.IPFlags&ipskbDoRedirect != 0 }
