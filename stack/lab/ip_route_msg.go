package lab

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A routeMsg is a route as the kernel tells of it (struct rtmsg with its attributes),
// from a table or for one packet.
type routeMsg struct {
	six              bool
	dst              wire.Addr
	dstLen           int
	src              *wire.Addr // route get … from
	tos, typ, proto  uint8
	scope            int
	table, nhid      uint32
	gw               wire.Addr
	via6             bool // gw is an IPv6 one of an IPv4 route (RTA_VIA)
	dev              *core.Device
	prefsrc          wire.Addr
	prio             uint32
	hasPrio          bool
	flags            uint8 // msgDead …
	metrics          []metric
	locks            uint32
	ways             []routeMsgWay
	cloned           bool
	cache            uint16 // core.RTCF…
	redirect, failed bool   // route get: IPSKB_DOREDIRECT; the bit of RTCF_MULTICAST
	mark             uint32
	uid              *uint32
	iif              *core.Device
	expires          sim.Time
	hasExpires       bool
	pref             int8
}

// Flags of routes and ways that ip shows, in its order.
const (
	msgDead = 1 << iota
	msgOnlink
	msgLinkdown
)

type routeMsgWay struct {
	gw     wire.Addr
	via6   bool
	dev    *core.Device
	weight int
	flags  uint8
}

// A metric is one of RTA_METRICS.
type metric struct {
	rtax  int
	value int
}

// A metricList are the metrics of either family.
func metricList(m *ipv4.Metrics) (l []metric) {
	for _, x := range [...]metric{{2, m.MTU}, {3, m.Window}, {8, m.AdvMSS}, {10, m.HopLimit}, {11, m.InitCwnd}, {13, int(m.RtoMin / sim.Millisecond)}, {14, m.InitRwnd}} {
		if x.value != 0 {
			l = append(l, x)
		}
	}
	if m.QuickAck {
		l = append(l, metric{15, 1})
	}
	return l
}

// locksOf are the bits of RTAX_LOCK; the kernel tells of them only with metrics.
func locksOf(m *ipv4.Metrics) uint32 {
	if m.MTULock {
		return m.Locks | 1<<2
	}
	return m.Locks
}

// wayFlags is fib_nexthop_info.
func (c *ipCmd) wayFlags(d *core.Device, onlink, dead, down, six bool) (f uint8) {
	if dead {
		f |= msgDead
	}
	if onlink {
		f |= msgOnlink
	}
	if down {
		f |= msgLinkdown
		if d != nil && c.ignoresLinkdown(d, six) {
			f |= msgDead
		}
	}
	return f
}

func (c *ipCmd) ignoresLinkdown(d *core.Device, six bool) bool {
	if six {
		return c.p.host.IPv6.IgnoresLinkdown(d)
	}
	return c.p.host.IPv4.IgnoresLinkdown(d)
}

// msg4 is fib_dump_info.
func (c *ipCmd) msg4(r *ipv4.Route) *routeMsg {
	m := &routeMsg{dst: r.Dst.Addr(), dstLen: r.Plen, tos: r.TOS, typ: r.Type, proto: r.Protocol, scope: r.Scope, table: r.Table, nhid: r.NHID, prio: r.Priority, hasPrio: r.Priority != 0,
		metrics: metricList(&r.Metrics), locks: locksOf(&r.Metrics)}
	if r.PrefSrc != 0 {
		m.prefsrc = r.PrefSrc.Addr()
	}
	for i, nh := range r.NH {
		w := routeMsgWay{dev: c.p.host.NS.DevByIndex(nh.Dev), weight: max(1, nh.Weight)}
		if nh.Gw != 0 {
			w.gw = nh.Gw.Addr()
		} else if !nh.Gw6.IsZero() {
			w.gw, w.via6 = nh.Gw6, true
		}
		w.flags = c.wayFlags(w.dev, nh.Onlink, r.Flags[i]&1 != 0, r.Flags[i]&2 != 0, false)
		m.ways = append(m.ways, w)
	}
	if m.single(); len(m.ways) > 1 {
		if r.AllFlags&1 != 0 {
			m.flags |= msgDead
		}
		if r.AllFlags&2 != 0 {
			m.flags |= msgLinkdown
		}
	}
	return m
}

// single makes a route with one way one without a list.
func (m *routeMsg) single() {
	if len(m.ways) == 1 {
		w := m.ways[0]
		m.gw, m.via6, m.dev, m.flags, m.ways = w.gw, w.via6, w.dev, w.flags, nil
	}
}

// msg6 is rt6_fill_node for a route of a table; same are those that share its flows,
// itself first.
func (c *ipCmd) msg6(r *ipv6.Route6, same []*ipv6.Route6) *routeMsg {
	m := c.msg6Common(r)
	m.dst, m.dstLen = r.Dst, r.Plen
	if r.NHID != 0 {
		m.nhid = r.NHID
	}
	if r.Blackhole {
		m.typ = ipv4.RTNBlackhole
	}
	if len(same) == 0 {
		same = []*ipv6.Route6{r}
	}
	for _, x := range same {
		d := x.Dev
		if d == nil {
			d = c.p.host.NS.Loopback
		}
		down := x.Linkdown()
		m.ways = append(m.ways, routeMsgWay{gw: x.Gateway, dev: d, weight: max(1, x.Weight), flags: c.wayFlags(d, x.OnLink, !d.Up() && len(same) > 1 && x.NHID == 0, down, true)})
	}
	m.single()
	if r.Expires != 0 {
		m.expires, m.hasExpires = r.Expires-c.p.lab.now(), true
	}
	return m
}

// msg6Common is what rt6_fill_node says of routes from tables and of those for one packet.
func (c *ipCmd) msg6Common(r *ipv6.Route6) *routeMsg {
	x := ipv4.Metrics{MTU: r.MTU, AdvMSS: r.AdvMSS, HopLimit: r.HopLimit, InitCwnd: r.InitCwnd, InitRwnd: r.InitRwnd, RtoMin: r.RtoMin, Window: r.Window, QuickAck: r.QuickAck}
	m := &routeMsg{six: true, typ: r.Type, proto: r.Proto, table: r.Table, prefsrc: r.PrefSrc, prio: r.Metric, hasPrio: true, metrics: metricList(&x), locks: r.Locks, pref: r.Pref}
	if m.typ == 0 {
		m.typ = ipv4.RTNUnicast
	}
	if m.proto == 0 {
		m.proto = ipv4.ProtBoot
	}
	if m.table == 0 {
		m.table = ipv4.TableMain
	}
	return m
}
