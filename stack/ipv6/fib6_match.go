package ipv6

// What `ip -6 route get` asks (inet6_rtm_getroute).

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// RouteLookup is ip6_route_output: the route of what this host sends, without
// the choice of a source address. Its Err says what is wrong with it.
func (ip *IPv6) RouteLookup(fl *Flow6) *core.Dst {
	defer ip.ns.In(step.Inet6RtmGetroute, ip.subject(fl)).Out()
	return ip.routeOutputFlags(fl, 0)
}

// RouteInputLookup is ip6_route_input_lookup, as inet6_rtm_getroute asks it: the
// route of a packet that came in by a device.
func (ip *IPv6) RouteInputLookup(dev *core.Device, fl *Flow6) *core.Dst {
	defer ip.ns.In(step.Inet6RtmGetroute, ip.subject(fl)).Out()
	fl.IIF = dev.Index
	strict := 0
	if needStrict(fl.Daddr) {
		strict = lookupIface
	}
	return ip.ruleLookup(fl, fl.IIF, strict)
}

// RouteOf is the entry of a table that a route was made from, nil if there is
// none (the null entry).
func (ip *IPv6) RouteOf(d *core.Dst) *Route6 {
	u := upper(d)
	if u == nil || u.from == nil || u.from == ip.null {
		return nil
	}
	return u.from
}
