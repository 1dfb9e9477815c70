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

// Siblings are the routes that share the flows of one, as rt6_fill_node lists them:
// itself, those behind it, then those in front of it.
func (ip *IPv6) Siblings(r *Route6) []*Route6 {
	t := ip.table(r.Table, false)
	if t == nil {
		return []*Route6{r}
	}
	var before, l []*Route6
	for _, o := range t.node(r.Dst, r.Plen) {
		switch {
		case o == r:
			l = append(l, o)
		case !r.sibling(o):
		case len(l) == 0:
			before = append(before, o)
		default:
			l = append(l, o)
		}
	}
	if r.NHID != 0 { // a nexthop object tells its ways in its own order
		return append(before, l...)
	}
	return append(l, before...)
}

// IgnoresLinkdown is ip6_ignore_linkdown: routes by a device without a carrier do not
// count.
func (ip *IPv6) IgnoresLinkdown(d *core.Device) bool {
	i := idevOf(d)
	return i != nil && i.conf.IgnoreRoutesWithLinkdown != 0
}

// Cached reports that a Dst is an exception: for this one destination (RTF_CACHE).
func (ip *IPv6) Cached(d *core.Dst) bool { u := upper(d); return u != nil && u.cache }

// Rejects reports that packets which take a route are refused (RTF_REJECT).
func (r *Route6) Rejects() bool { return r.rejects() }

// Linkdown reports that a route's link has no carrier (RTNH_F_LINKDOWN).
func (r *Route6) Linkdown() bool { return r.linkdown() }
