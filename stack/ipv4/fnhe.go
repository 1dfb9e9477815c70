package ipv4

// Route exceptions: what was learned about one destination (struct
// fib_nh_exception, net/ipv4/route.c): a path MTU (RFC 1191) or a better
// gateway (RFC 792, redirect).

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// maxExceptions is how many a next hop keeps: FNHE_HASH_SIZE buckets of
// FNHE_RECLAIM_DEPTH.
const maxExceptions = 2048 * 5

type fnheTable struct {
	byAddr map[wire.IP4]*exception
	list   []*exception
}

// An exception is struct fib_nh_exception.
type exception struct {
	id        uint32
	daddr, gw wire.IP4
	pmtu      int
	locked    bool // the path MTU is below what we accept: fragment instead
	expires   sim.Time
	stamp     sim.Time
	rthInput  *core.Dst
	rthOutput *core.Dst
}

// Kind, TraceID, TracePkt, Observe: see trace.Subject.
func (e *exception) Kind() step.Kind            { return step.KindRoute }
func (e *exception) TraceID() uint32            { return e.id }
func (e *exception) TracePkt() (pkt, id uint32) { return 0, 0 }

// Observe lists what a learner sees of an exception.
func (e *exception) Observe(o *trace.Obs) {
	a, g := e.daddr.Addr(), e.gw.Addr()
	o[step.ExcDaddr], o[step.ExcDaddr+1] = a.Hi, a.Lo
	o[step.ExcPMTU], o[step.ExcExpires] = uint64(e.pmtu), uint64(e.expires)
	o[step.ExcGw], o[step.ExcGw+1] = g.Hi, g.Lo
}

// An Exception is a route exception as `ip route show cache` lists it.
type Exception struct {
	Daddr, Gateway wire.IP4 // Gateway 0: the route's own
	Via            wire.IP4 // the route's own gateway, 0: none
	Cached         bool     // a route was made of it: fnhe_dump_bucket shows no others
	Dev            int
	MTU            int // 0: the route's own
	Locked         bool
	Expires        sim.Time
}

// Exceptions lists what was learned about destinations and is not forgotten.
func (ip *IPv4) Exceptions() []Exception {
	var l []Exception
	now := ip.ns.Clock.Now()
	ip.eachInfo(func(fi *fibInfo) {
		for _, nh := range fi.nhs {
			if nh.exceptions == nil {
				continue
			}
			for _, e := range nh.exceptions.list {
				if e.expires > now {
					l = append(l, Exception{Daddr: e.daddr, Gateway: e.gw, Via: nh.gw, Cached: e.rthInput != nil || e.rthOutput != nil, Dev: nh.oif, MTU: e.pmtu, Locked: e.locked, Expires: e.expires})
				}
			}
		}
	})
	return l
}

// findException is find_exception: what was learned about daddr, if it is not
// too old.
func (ip *IPv4) findException(nh *nexthop, daddr wire.IP4) *exception {
	if nh.exceptions == nil {
		return nil
	}
	e := nh.exceptions.byAddr[daddr]
	if e == nil {
		return nil
	}
	if e.expires != 0 && ip.ns.Clock.Now() > e.expires {
		ip.ns.Tried(step.TryExceptionOld, uint64(daddr), uint64(e.pmtu), uint64(e.gw))
		ip.dropException(nh, e)
		return nil
	}
	return e
}

// ForgetExceptions is fnhe_genid_bump: what was learned about destinations no
// longer holds (ip route flush cache).
func (ip *IPv4) ForgetExceptions() {
	ip.eachInfo(func(fi *fibInfo) {
		for _, nh := range fi.nhs {
			for nh.exceptions != nil && len(nh.exceptions.list) > 0 {
				ip.dropException(nh, nh.exceptions.list[0])
			}
		}
	})
}

// dropException is ip_del_fnhe.
func (ip *IPv4) dropException(nh *nexthop, e *exception) {
	e.flush()
	t := nh.exceptions
	delete(t.byAddr, e.daddr)
	for i := range t.list {
		if t.list[i] == e {
			t.list = append(t.list[:i], t.list[i+1:]...)
			break
		}
	}
	if ip.ns.Trace != nil {
		ip.ns.Trace.Forget(e.id)
	}
}

// flush is fnhe_flush_routes.
func (e *exception) flush() {
	for _, p := range [...]**core.Dst{&e.rthInput, &e.rthOutput} {
		if *p != nil {
			(*p).Obsolete = true
			*p = nil
		}
	}
}

// updateException is update_or_create_fnhe.
func (ip *IPv4) updateException(nh *nexthop, daddr, gw wire.IP4, pmtu int, locked bool, expires sim.Time) {
	ns := ip.ns
	if nh.exceptions == nil {
		nh.exceptions = &fnheTable{byAddr: map[wire.IP4]*exception{}}
	}
	t := nh.exceptions
	e := t.byAddr[daddr]
	made := e == nil
	if made {
		if len(t.list) >= maxExceptions {
			old := t.list[0]
			for _, x := range t.list {
				if x.stamp < old.stamp {
					old = x
				}
			}
			ip.dropException(nh, old)
		}
		e = &exception{id: ns.Machine.IDs.Object(), daddr: daddr}
		t.byAddr[daddr] = e
		t.list = append(t.list, e)
	}
	ip.setException(nh, e, made, gw, pmtu, locked, expires)
}

// setException writes down what was learned, and makes routes that were made
// without it ask again.
func (ip *IPv4) setException(nh *nexthop, e *exception, made bool, gw wire.IP4, pmtu int, locked bool, expires sim.Time) {
	defer ip.ns.In(step.UpdateOrCreateFnhe, e).Out()
	ns := ip.ns
	if gw != 0 {
		e.gw = gw
	}
	if pmtu != 0 {
		e.pmtu, e.locked = pmtu, locked
	}
	e.expires = max(1, expires)
	e.stamp = ns.Clock.Now()
	why := step.WhyExceptionMTU
	if e.pmtu == 0 {
		why = step.WhyException
	}
	ns.Why(why, uint64(e.daddr), uint64(e.pmtu), uint64(e.gw), uint64(e.expires))
	if made {
		// Whoever keeps a route made from this next hop asks again.
		for _, d := range [...]*core.Dst{nh.rthInput, nh.rthOutput} {
			if d != nil {
				d.Obsolete = true
			}
		}
		return
	}
	for _, d := range [...]*core.Dst{e.rthInput, e.rthOutput} {
		if d != nil {
			ip.fillFromException(d, e)
		}
	}
}

// fillFromException is fill_route_from_fnhe.
func (ip *IPv4) fillFromException(d *core.Dst, e *exception) {
	rt := rtOf(d)
	rt.pmtu, rt.locked = e.pmtu, e.locked
	if d.Expires = e.expires; e.pmtu != 0 {
		d.MTU = e.pmtu
	}
	d.Flags |= core.DstException
	if e.gw != 0 {
		rt.redirected, rt.usesGateway, rt.gw = true, true, e.gw
		d.Gateway = e.gw.Addr()
		d.Flags |= core.RTCFRedirected
		d.Neigh = nil
	}
}
