package lab

import (
	"strconv"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
)

var routeTypes = map[string]uint8{"none": 0, "unicast": ipv4.RTNUnicast, "local": ipv4.RTNLocal, "broadcast": ipv4.RTNBroadcast, "anycast": ipv4.RTNAnycast, "multicast": ipv4.RTNMulticast,
	"blackhole": ipv4.RTNBlackhole, "unreachable": ipv4.RTNUnreachable, "prohibit": ipv4.RTNProhibit, "throw": ipv4.RTNThrow, "nat": rtnNat, "xresolve": rtnXresolve}

// Types of routes that the kernel knows by name only: IPv4 refuses them.
const rtnNat, rtnXresolve = 10, 11

// routeTypeName is rtnl_rtntype_n2a.
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

// route is ip route (do_iproute).
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
	case "add", "replace", "append", "delete", "change", "prepend", "test":
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

// routeMod is iproute_modify.
func (c *ipCmd) routeMod(a *args, v string) error {
	del := v == "delete"
	q := &routeReq{fam: c.fam, proto: ipv4.ProtBoot, typ: ipv4.RTNUnicast}
	if del {
		q.proto, q.typ, q.scope = 0, 0, ipv4.ScopeNowhere
	}
	for a.more() {
		if err := c.routeWord(a, q); err != nil {
			return err
		}
	}
	if !q.dstOK {
		return usageOf("route")
	}
	if q.dev != "" {
		if q.oif = c.devNamed(q.dev); q.oif == nil {
			return other("Cannot find device \"%s\"", q.dev)
		}
	}
	if q.hops != nil {
		if err := c.nexthops(q); err != nil {
			return err
		}
	}
	if q.fam == 0 {
		q.fam = 4
	}
	q.finish(del)
	if q.refused != "" {
		return other("not modelled: ip route … %s", q.refused)
	}
	if q.fam == 6 {
		return c.routeMod6(q, v)
	}
	return c.routeMod4(q, v)
}

// finish is the end of iproute_modify: table and scope that were not said.
func (q *routeReq) finish(del bool) {
	if !q.tableOK {
		q.table = ipv4.TableMain
		switch q.typ {
		case ipv4.RTNLocal, ipv4.RTNBroadcast, rtnNat, ipv4.RTNAnycast:
			q.table = ipv4.TableLocal
		}
	}
	if q.scopeOK {
		return
	}
	switch {
	case q.fam == 6:
		q.scope = ipv4.ScopeUniverse
	case q.typ == ipv4.RTNLocal, q.typ == rtnNat:
		q.scope = ipv4.ScopeHost
	case q.typ == ipv4.RTNBroadcast, q.typ == ipv4.RTNMulticast, q.typ == ipv4.RTNAnycast:
		q.scope = ipv4.ScopeLink
	case q.typ > ipv4.RTNUnicast:
	case del:
		q.scope = ipv4.ScopeNowhere
	case !q.gwOK && q.hops == nil && q.nhid == 0:
		q.scope = ipv4.ScopeLink
	}
}

// way4 is a way as IPv4 takes it.
func (w *routeHop) way4() ipv4.Nexthop {
	n := ipv4.Nexthop{Weight: w.weight, Onlink: w.onlink}
	if w.dev != nil {
		n.Dev = w.dev.Index
	}
	switch {
	case !w.gwOK:
	case w.gw.fam == 4:
		n.Gw = w.gw.addr.IP4()
	default:
		n.Gw6, n.Via6 = w.gw.addr, true
	}
	return n
}

func (c *ipCmd) routeMod4(q *routeReq, v string) error {
	r := &ipv4.Route{Dst: q.dst.addr.IP4(), Plen: q.dst.bits, TOS: q.tos, Table: q.table, Type: q.typ, Scope: q.scope, Protocol: q.proto, Priority: q.prio, Metrics: q.metrics, NHID: q.nhid,
		Replace: v == "replace" || v == "change", Append: v == "append", Prepend: v == "prepend", Existing: v == "change"}
	if !q.dst.some {
		r.Dst = 0
	}
	if q.prefsrc.some {
		r.PrefSrc = q.prefsrc.addr.IP4()
	}
	one := (&routeHop{gw: q.gw, gwOK: q.gwOK, dev: q.oif, onlink: q.onlink}).way4()
	some := one.Gw != 0 || one.Via6 || one.Dev != 0
	switch {
	case q.hops != nil:
		r.Multi, r.Beside = true, one
		r.Beside.Onlink = false
		for i := range q.ways {
			r.NH = append(r.NH, q.ways[i].way4())
		}
	case some || one.Onlink && q.typ != ipv4.RTNUnspec:
		r.NH = []ipv4.Nexthop{one}
	}
	if !some && q.hops == nil && (r.NHID != 0 || r.Type >= ipv4.RTNBlackhole) {
		r.NH = nil
	}
	var words inet.Extack
	if v == "delete" {
		return ack(c.p.host.IPv4.RemoveRoute(r, &words), words)
	}
	if v == "test" {
		return other("not modelled: ip route test")
	}
	return ack(c.p.host.IPv4.NewRoute(r, &words), words)
}

func (c *ipCmd) routeMod6(q *routeReq, v string) error {
	m := &q.metrics
	r := &ipv6.Route6{Plen: q.dst.bits, Table: q.table, Type: q.typ, Dev: q.oif, Metric: q.prio, Proto: q.proto, NHID: q.nhid, NHIDSet: q.nhidOK, Pref: q.pref, OnLink: q.onlink,
		MTU: m.MTU, AdvMSS: m.AdvMSS, HopLimit: m.HopLimit, InitCwnd: m.InitCwnd, InitRwnd: m.InitRwnd, RtoMin: m.RtoMin, Window: m.Window, QuickAck: m.QuickAck, Locks: m.Locks,
		Replace: v == "replace" || v == "change", Append: v == "append" || v == "prepend", Existing: v == "change"}
	if m.MTULock {
		r.Locks |= 1 << 2
	}
	if q.tos != 0 {
		return ack(22, inet.Ack6TOS)
	}
	if q.dst.some {
		r.Dst = q.dst.addr
	}
	if q.prefsrc.some {
		r.PrefSrc = q.prefsrc.addr
	}
	if q.gwOK {
		if q.gw.fam == 4 {
			return ack(22, inet.Ack6Via)
		}
		r.Gateway = q.gw.addr
		r.SetVia()
	}
	if q.expires != 0 {
		r.Expires = c.p.lab.now() + sim.Time(q.expires)*sim.Second
	}
	var ways []ipv6.Way
	for _, w := range q.ways {
		y := ipv6.Way{Dev: w.dev, Weight: w.weight, OnLink: w.onlink, NoVia: !w.gwOK || w.gw.fam == 4}
		if !y.NoVia {
			y.Gateway = w.gw.addr
		}
		ways = append(ways, y)
	}
	var words inet.Extack
	if v == "delete" {
		return ack(c.p.host.IPv6.RemoveRoute(r, ways, &words), words)
	}
	if v == "test" {
		return other("not modelled: ip -6 route test")
	}
	return ack(c.p.host.IPv6.NewRoute(r, ways, &words), words)
}

// A routeHop is one of several ways.
type routeHop struct {
	gw     inetPrefix
	gwOK   bool
	dev    *core.Device
	weight int
	onlink bool
}

// A routeReq is what a command line says of a route (struct rtmsg with its
// attributes).
type routeReq struct {
	fam                                   int
	dst, gw, prefsrc                      inetPrefix
	dstOK, gwOK, tableOK, scopeOK, nhidOK bool
	dev                                   string
	oif                                   *core.Device
	table, prio, nhid, expires            uint32
	typ, proto, tos                       uint8
	scope                                 int
	onlink                                bool
	pref                                  int8
	metrics                               ipv4.Metrics
	hops                                  *args // nexthop …
	ways                                  []routeHop
	refused                               string
}

// family takes over the family of a value that was read.
func (q *routeReq) family(p inetPrefix) {
	if q.fam == 0 {
		q.fam = p.fam
	}
}
