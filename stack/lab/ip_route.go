package lab

import (
	"strconv"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/wire"
)

var routeTypes = map[string]uint8{"unicast": ipv4.RTNUnicast, "local": ipv4.RTNLocal, "broadcast": ipv4.RTNBroadcast, "anycast": ipv4.RTNAnycast, "multicast": ipv4.RTNMulticast,
	"blackhole": ipv4.RTNBlackhole, "unreachable": ipv4.RTNUnreachable, "prohibit": ipv4.RTNProhibit, "throw": ipv4.RTNThrow, "nat": rtnNat, "xresolve": rtnXresolve}

// Types of routes that the kernel knows by name only: it refuses them.
const rtnNat, rtnXresolve = 10, 11

func routeTypeName(t uint8) string {
	for k, v := range routeTypes {
		if v == t {
			return k
		}
	}
	return strconv.Itoa(int(t))
}

var routeProtos = []struct {
	n    uint8
	name string
}{{0, "unspec"}, {1, "redirect"}, {2, "kernel"}, {3, "boot"}, {4, "static"}, {8, "gated"}, {9, "ra"}, {10, "mrt"}, {11, "zebra"}, {12, "bird"}, {13, "dnrouted"}, {14, "xorp"},
	{15, "ntk"}, {16, "dhcp"}, {18, "keepalived"}, {42, "babel"}, {99, "openr"}, {186, "bgp"}, {187, "isis"}, {188, "ospf"}, {189, "rip"}, {192, "eigrp"}}

func protoName(n uint8) string {
	for _, p := range routeProtos {
		if p.n == n {
			return p.name
		}
	}
	return strconv.Itoa(int(n))
}

func protoNumber(s string) (uint8, bool) {
	for _, p := range routeProtos {
		if p.name == s {
			return p.n, true
		}
	}
	n, err := strconv.ParseUint(s, 0, 8)
	return uint8(n), err == nil
}

// route is ip route.
func (c *ipCmd) route(a *args) error {
	if !a.more() {
		return c.routeShow(a, false)
	}
	s := a.next()
	switch v := verb(s, "list", "show", "lst", "get", "add", "change", "chg", "replace", "prepend", "append", "test", "delete", "save", "restore", "showdump", "flush", "help"); v {
	case "list", "show", "lst":
		return c.routeShow(a, false)
	case "flush":
		return c.routeShow(a, true)
	case "get":
		return c.routeGet(a)
	case "add", "replace", "append", "delete", "change", "prepend":
		return c.routeMod(a, v)
	case "chg":
		return c.routeMod(a, "change")
	case "":
	case "help":
		return usageOf("route")
	default:
		return other("not modelled: ip route %s", v)
	}
	return bad("Command \"%s\" is unknown, try \"ip route help\".", s)
}

// a routeSpec is what a command line says of a route.
type routeSpec struct {
	r4       ipv4.Route
	r6       ipv6.Route6
	nh       ipv4.Nexthop
	nh6      []ipv6.Route6 // of nexthop …: gateway, device, weight
	nhid     uint32
	dev      string
	six      bool
	haveDst  bool
	haveType bool
}

func (c *ipCmd) routeMod(a *args, v string) error {
	sp := &routeSpec{six: c.fam == 6}
	sp.r4 = ipv4.Route{Scope: -1, Replace: v == "replace" || v == "change", Append: v == "append", Prepend: v == "prepend", Existing: v == "change"}
	if v == "delete" {
		sp.r4.Scope = ipv4.ScopeNowhere
	}
	for a.more() {
		if err := c.routeWord(a, sp); err != nil {
			return err
		}
	}
	if !sp.haveDst && !sp.haveType && sp.dev == "" && sp.nh.Gw == 0 && sp.r6.Gateway.IsZero() && len(sp.r4.NH) == 0 && sp.nhid == 0 && len(sp.nh6) == 0 {
		return usageOf("route")
	}
	if sp.dev != "" {
		d := c.devNamed(sp.dev)
		if d == nil {
			return other("Cannot find device \"%s\"", sp.dev)
		}
		sp.nh.Dev, sp.r6.Dev = d.Index, d
	}
	if sp.six {
		return c.routeMod6(sp, v)
	}
	return c.routeMod4(sp, v)
}

func (c *ipCmd) routeMod4(sp *routeSpec, v string) error {
	h, r := c.p.host, sp.r4
	r.NHID = sp.nhid
	if len(r.NH) == 0 && (sp.nh.Gw != 0 || sp.nh.Dev != 0) {
		r.NH = []ipv4.Nexthop{sp.nh}
	}
	if v == "delete" {
		if r.Scope == ipv4.ScopeNowhere {
			r.Scope = -1
		}
		if !sp.haveType {
			r.Type = 0
		}
		return answer(h.IPv4.DelRoute(r))
	}
	switch r.Type {
	case 0, ipv4.RTNUnicast, ipv4.RTNLocal, ipv4.RTNBroadcast, ipv4.RTNMulticast, ipv4.RTNAnycast:
		if len(r.NH) == 0 && r.NHID == 0 {
			return ipError{"RTNETLINK answers: No such device", 2}
		}
	}
	if r.Plen < 32 && r.Dst.Mask(r.Plen) != r.Dst {
		return kernelSays("Invalid prefix for given prefix length.")
	}
	for _, nh := range r.NH {
		if d := h.NS.DevByIndex(nh.Dev); d != nil && !d.Up() {
			if nh.Gw == 0 {
				return kernelSays("Device for nexthop is not up.")
			}
			return kernelSays("Nexthop device is not up.")
		}
	}
	if r.Scope == -1 && r.Type >= rtnNat {
		r.Scope = ipv4.ScopeHost
	}
	e := h.IPv4.AddRoute(r)
	switch {
	case e == 0:
		return nil
	case (e == 22 || e == 19) && invalidRoute(&r) != "":
		return kernelSays(invalidRoute(&r))
	case e == 17 && v == "add":
		return answer(17)
	case e == 2 && r.NHID != 0 && inet.NexthopsOf(h.NS).Find(r.NHID) == nil:
		return kernelSays("Nexthop id does not exist.")
	case e == 97 && r.NHID != 0:
		return other("not modelled: an IPv4 route by an IPv6 gateway")
	case e == 101, e == 113:
		return kernelSays("Nexthop has invalid gateway.")
	case e == 22 && r.PrefSrc != 0 && addrKind(h, r.PrefSrc) != ipv4.RTNLocal:
		return kernelSays("Invalid prefsrc address.")
	case e == 22 && len(r.NH) == 1 && r.NH[0].Gw != 0 && addrKind(h, r.NH[0].Gw) == ipv4.RTNLocal:
		return kernelSays("Nexthop has invalid gateway.")
	}
	return answer(e)
}

// invalidRoute is what fib_create_info says of a route whose parts do not fit together,
// "" if they do.
func invalidRoute(r *ipv4.Route) string {
	widest := map[uint8]int{ipv4.RTNLocal: ipv4.ScopeHost, ipv4.RTNBroadcast: ipv4.ScopeLink, ipv4.RTNAnycast: ipv4.ScopeLink, rtnNat: ipv4.ScopeNowhere, rtnXresolve: ipv4.ScopeNowhere}[r.Type]
	gateway, onlink := false, false
	for _, nh := range r.NH {
		gateway, onlink = gateway || nh.Gw != 0, onlink || nh.Onlink
	}
	switch {
	case r.Scope >= 0 && (widest > r.Scope || r.Scope > ipv4.ScopeHost):
		return "Invalid scope."
	case (r.Type == ipv4.RTNBlackhole || r.Type == ipv4.RTNUnreachable || r.Type == ipv4.RTNProhibit || r.Type == ipv4.RTNThrow) && len(r.NH) > 0:
		return "Gateway, device and multipath can not be specified for this route type."
	case r.Scope == ipv4.ScopeHost && len(r.NH) > 1:
		return "Route with host scope can not have multiple nexthops."
	case r.Scope == ipv4.ScopeHost && gateway:
		return "Route with host scope can not have a gateway."
	case onlink && !gateway:
		return "Invalid flags for nexthop - PERVASIVE and ONLINK can not be set."
	case onlink && r.Scope >= ipv4.ScopeLink:
		return "Nexthop has invalid scope."
	}
	return ""
}

func (c *ipCmd) routeMod6(sp *routeSpec, v string) error {
	h, r := c.p.host, sp.r6
	r.Metric, r.Table, r.Proto, r.NHID = sp.r4.Priority, sp.r4.Table, sp.r4.Protocol, sp.nhid
	if v == "delete" {
		if !sp.haveType {
			r.Type = 0
		}
		return c.routeDel6(sp, r)
	}
	if r.Dst.Mask(r.Plen) != r.Dst {
		return kernelSays("Invalid prefix for given prefix length.")
	}
	if v == "change" && !c.has6(&r) {
		return kernelSays("Can not replace route - no match found.")
	}
	r.Replace, r.Append = v == "replace" || v == "change", v == "append"
	if v == "prepend" {
		return other("not modelled: ip -6 route prepend")
	}
	if len(sp.nh6) > 0 {
		return c.routeMulti6(sp, r)
	}
	switch r.Type {
	case ipv4.RTNBlackhole, ipv4.RTNUnreachable, ipv4.RTNProhibit, ipv4.RTNThrow:
	default:
		if r.Dev == nil && r.Gateway.IsZero() && r.NHID == 0 {
			return answer(19)
		}
		if r.Dev != nil && !r.Dev.Up() {
			return kernelSays("Nexthop device is not up.")
		}
	}
	return c.answer6(h.IPv6.AddRoute(r), &r)
}

// answer6 are the kernel's words about an IPv6 route.
func (c *ipCmd) answer6(e core.Errno, r *ipv6.Route6) error {
	switch {
	case e == 2 && r.NHID != 0:
		return kernelSays("Nexthop id does not exist.")
	case e == 97 && r.NHID != 0:
		return kernelSays("IPv6 routes can not use an IPv4 nexthop.")
	case e == 101:
		return answer(113)
	}
	return answer(e)
}

// has6 reports whether there is a route to the prefix with the metric.
func (c *ipCmd) has6(r *ipv6.Route6) bool {
	m := r.Metric
	if m == 0 {
		m = 1024
	}
	t := r.Table
	if t == 0 {
		t = ipv4.TableMain
	}
	for _, o := range c.p.host.IPv6.Routes(t) {
		if o.Dst == r.Dst && o.Plen == r.Plen && o.Metric == m {
			return true
		}
	}
	return false
}

// routeMulti6 is ip6_route_multipath_add: one route for each way; what went in
// before one that fails comes out again.
func (c *ipCmd) routeMulti6(sp *routeSpec, r ipv6.Route6) error {
	h := c.p.host
	var done []ipv6.Route6
	for i := range sp.nh6 {
		if sp.nh6[i].Gateway.IsZero() {
			return kernelSays("Device only routes can not be added for IPv6 using the multipath API.")
		}
	}
	for i, w := range sp.nh6 {
		q := r
		q.Gateway, q.Dev, q.Weight, q.OnLink = w.Gateway, w.Dev, w.Weight, w.OnLink
		if i > 0 {
			q.Replace, q.Append = false, true
		}
		if e := h.IPv6.AddRoute(q); e != 0 {
			for _, x := range done {
				h.IPv6.DelRoute(x)
			}
			return c.answer6(e, &q)
		}
		q.Replace, q.Append = false, false
		done = append(done, q)
	}
	return nil
}

func (c *ipCmd) routeDel6(sp *routeSpec, r ipv6.Route6) error {
	if len(sp.nh6) == 0 {
		return answer(c.p.host.IPv6.DelRoute(r))
	}
	var last error
	for _, w := range sp.nh6 {
		q := r
		q.Gateway, q.Dev = w.Gateway, w.Dev
		if e := c.p.host.IPv6.DelRoute(q); e != 0 {
			last = answer(e)
		}
	}
	return last
}

// addrKind asks what an address is to a host, for the words of an error that the
// kernel has found already: nobody is told that it is asked again.
func addrKind(h *stack.Host, a wire.IP4) uint8 {
	t := h.NS.Trace
	h.NS.Trace = nil
	k := h.IPv4.AddrType(nil, a)
	h.NS.Trace = t
	return k
}
