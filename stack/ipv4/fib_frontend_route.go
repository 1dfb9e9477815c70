package ipv4

// How routes come and go: inet_rtm_newroute and inet_rtm_delroute of
// net/ipv4/fib_frontend.c, with what they call of net/ipv4/fib_trie.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
)

// AddRoute is NewRoute with the defaults of ip-route(8), and without the words.
func (ip *IPv4) AddRoute(r Route) core.Errno {
	var ack inet.Extack
	r.defaults()
	return ip.NewRoute(&r, &ack)
}

// NewRoute is inet_rtm_newroute with fib_table_insert: `ip route add`. It returns what
// the program ip gets: EEXIST, ENETUNREACH for a gateway that is not on a link, and so
// on; ack gets the kernel's words about it.
func (ip *IPv4) NewRoute(r *Route, ack *inet.Extack) core.Errno {
	defer ip.ns.In(step.FibTableInsert, inetSubject(ip.ns)).Out()
	ns := ip.ns
	if err := r.check(ack); err != 0 {
		return err
	}
	tb := ip.newTable(r.Table)
	if tb.id == TableDefault {
		ip.deflt = tb
	}
	fi, err := ip.createInfo(r, ack)
	if err != 0 {
		return err
	}
	n := tb.t.find(r.Dst, r.Plen, false)
	first, match := -1, -1 // with the same table, TOS and metric: the first, and the same route
	for i := 0; n != nil && i < len(n.fa); i++ {
		if fa := n.fa[i]; fa.table == tb.id && fa.tos == r.TOS && fa.fi.priority == r.Priority {
			if first < 0 {
				first = i
			}
			if match < 0 && fa.typ == r.Type && sameInfo(fa.fi, fi) {
				match = i
			}
		}
	}
	switch {
	case first >= 0 && r.Replace:
		if match >= 0 && match != first {
			return step.EEXIST
		}
		if match < 0 {
			n.fa[first].fi.dead = true
			n.fa[first] = &fibAlias{key: r.Dst, plen: r.Plen, table: tb.id, tos: r.TOS, typ: r.Type, current: -1, fi: fi}
		}
	case first >= 0 && (!r.Append && !r.Prepend || match >= 0):
		return step.EEXIST
	case r.Existing:
		return step.ENOENT
	default:
		tb.insert(&fibAlias{key: r.Dst, plen: r.Plen, table: tb.id, tos: r.TOS, typ: r.Type, current: -1, fi: fi}, r.Append)
	}
	if r.Type == RTNLocal && r.Protocol != ProtKernel {
		ip.customLocal = true
	}
	ip.rtCacheFlush()
	ns.Why(step.WhyRouteAdded, uint64(r.Dst), uint64(r.Plen), uint64(tb.id))
	return 0
}

// check is rtm_to_fib_config.
func (r *Route) check(ack *inet.Extack) core.Errno {
	switch {
	case r.TOS&3 != 0:
		*ack = inet.AckTOS
	case r.Type > rtnMax:
		*ack = inet.AckRouteType
	case r.Plen < 0 || r.Plen > 32 || r.Dst.Mask(r.Plen) != r.Dst:
		*ack = inet.AckPrefix
	case r.NHID != 0 && (len(r.NH) > 0 || r.Beside != Nexthop{}):
		*ack = inet.AckNHExclusive
	default:
		if r.Table == TableUnspec {
			r.Table = TableMain
		}
		return 0
	}
	return step.EINVAL
}

// defaults fills in what ip-route(8) does.
func (r *Route) defaults() {
	if r.Type == RTNUnspec {
		r.Type = RTNUnicast
	}
	if r.Table == TableUnspec {
		r.Table = TableMain
		switch r.Type {
		case RTNLocal, RTNBroadcast, RTNAnycast:
			r.Table = TableLocal
		}
	}
	if r.Protocol == 0 {
		r.Protocol = ProtBoot
	}
	if r.Scope >= 0 {
		return
	}
	r.Scope = ScopeUniverse
	switch r.Type {
	case RTNLocal:
		r.Scope = ScopeHost
	case RTNBroadcast, RTNMulticast, RTNAnycast:
		r.Scope = ScopeLink
	case RTNUnicast, RTNUnspec:
		if r.NHID == 0 && len(r.NH) == 1 && r.NH[0].Gw == 0 {
			r.Scope = ScopeLink
		}
	}
}

// sameInfo is fib_find_info: do two routes say the same besides their prefix?
func sameInfo(a, b *fibInfo) bool {
	if a.scope != b.scope || a.prefsrc != b.prefsrc || a.typ != b.typ || a.protocol != b.protocol || len(a.nhs) != len(b.nhs) || a.nhid != b.nhid || a.metrics != b.metrics || a.priority != b.priority || a.table != b.table {
		return false
	}
	for i, n := range a.nhs {
		if m := b.nhs[i]; n.oif != m.oif || n.gw != m.gw || n.gw6 != m.gw6 || n.weight != m.weight || (n.flags^m.flags)&nhOnlink != 0 || n.scope != m.scope {
			return false
		}
	}
	return true
}

// DelRoute is RemoveRoute without the words. Scope -1 is any.
func (ip *IPv4) DelRoute(r Route) core.Errno {
	var ack inet.Extack
	return ip.RemoveRoute(&r, &ack)
}

// RemoveRoute is inet_rtm_delroute with fib_table_delete: it takes out the first route
// that fits what is said; ESRCH (3) if there is none.
func (ip *IPv4) RemoveRoute(r *Route, ack *inet.Extack) core.Errno {
	defer ip.ns.In(step.FibTableDelete, inetSubject(ip.ns)).Out()
	const ESRCH core.Errno = 3
	if err := r.check(ack); err != 0 {
		return err
	}
	if r.NHID != 0 && inet.NexthopsOf(ip.ns).Find(r.NHID) == nil {
		*ack = inet.AckNHMissing
		return step.EINVAL
	}
	tb := ip.table(r.Table)
	if tb == nil {
		*ack = inet.AckNoTable
		return ESRCH
	}
	n := tb.t.find(r.Dst, r.Plen, false)
	if n == nil {
		return ESRCH
	}
	for _, fa := range n.fa {
		if fa.table == tb.id && fa.tos == r.TOS && r.fits(fa) {
			tb.t.filter(func(x *fibAlias) bool { return x != fa })
			if fa.plen == 0 {
				tb.numDefault--
			}
			ip.rtCacheFlush()
			return 0
		}
	}
	return ESRCH
}

// fits is what fib_table_delete, fib_nh_match and fib_metrics_match compare.
func (r *Route) fits(fa *fibAlias) bool {
	fi := fa.fi
	if r.Type != RTNUnspec && fa.typ != r.Type || r.Priority != 0 && fi.priority != r.Priority ||
		r.Protocol != 0 && fi.protocol != r.Protocol || r.PrefSrc != 0 && fi.prefsrc != r.PrefSrc || r.Scope >= 0 && r.Scope != ScopeNowhere && int(fi.scope) != r.Scope {
		return false
	}
	switch {
	case !r.Metrics.fit(&fi.metrics):
		return false
	case r.NHID != 0:
		return fi.nhid == r.NHID
	case fi.nhid != 0:
		return len(r.NH) == 0 && r.Beside == Nexthop{}
	case r.Multi && r.Beside != Nexthop{}:
		return len(fi.nhs) > 0 && r.Beside.fits(fi.nhs[0])
	case len(r.NH) == 0:
		return true
	case !r.Multi:
		return len(fi.nhs) > 0 && r.NH[0].fits(fi.nhs[0])
	case len(r.NH) < len(fi.nhs):
		return false
	}
	for i, nh := range fi.nhs {
		if !r.NH[i].fits(nh) {
			return false
		}
	}
	return true
}

// fits reports that what is said of a way is so.
func (c *Nexthop) fits(nh *nexthop) bool {
	return (c.Dev == 0 || c.Dev == nh.oif) && (c.Gw == 0 || c.Gw == nh.gw) && (c.Gw6.IsZero() || c.Gw6 == nh.gw6)
}

// fit is fib_metrics_match: what is not said is not compared.
func (m *Metrics) fit(o *Metrics) bool {
	same := func(want, got int) bool { return want == 0 || want == got }
	return same(m.MTU, o.MTU) && same(m.AdvMSS, o.AdvMSS) && same(m.Window, o.Window) && same(m.InitCwnd, o.InitCwnd) && same(m.InitRwnd, o.InitRwnd) && same(m.HopLimit, o.HopLimit) &&
		same(int(m.RtoMin), int(o.RtoMin)) && (!m.QuickAck || o.QuickAck) && (!m.MTULock && m.Locks == 0 || m.MTULock == o.MTULock && m.Locks == o.Locks)
}
