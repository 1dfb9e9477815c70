package ipv4

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Routes follow their nexthop object: its gateway, its group, its end.
func TestNexthopObject(t *testing.T) {
	w := newWorld(t)
	var d [2]*core.Device
	for _, x := range w.ns.Devices {
		for _, a := range w.ip.Addrs(x) {
			switch a.Local.Mask(24) {
			case ip4(10, 0, 1, 0):
				d[0] = x
			case ip4(10, 0, 2, 0):
				d[1] = x
			}
		}
	}
	if d[0] == nil || d[1] == nil {
		t.Fatal("the test's world has changed")
	}
	o := inet.NexthopsOf(w.ns)
	o.Insert(inet.Nexthop{ID: 1, Dev: d[0], Gw: ip4(10, 0, 1, 77).Addr(), Scope: ScopeLink}, false, true)
	o.Insert(inet.Nexthop{ID: 2, Dev: d[1], Gw: ip4(10, 0, 2, 77).Addr(), Scope: ScopeLink}, false, true)
	o.Insert(inet.Nexthop{ID: 3, Blackhole: true}, false, true)
	o.Insert(inet.Nexthop{ID: 9, Group: []inet.NexthopWeight{{ID: 1, Weight: 1}, {ID: 2, Weight: 3}}}, false, true)
	w.ok(w.ip.AddRoute(Route{Dst: ip4(10, 9, 0, 0), Plen: 16, NHID: 9, Scope: -1}))
	w.ok(w.ip.AddRoute(Route{Dst: ip4(10, 8, 0, 0), Plen: 16, NHID: 1, Scope: -1}))
	w.ok(w.ip.AddRoute(Route{Dst: ip4(10, 7, 0, 0), Plen: 16, NHID: 3, Scope: -1}))
	if e := w.ip.AddRoute(Route{Dst: ip4(10, 6, 0, 0), Plen: 16, NHID: 55, Scope: -1}); e != step.EINVAL {
		t.Errorf("no such object: %v", e)
	}
	count := func() (n int) {
		for i := range 4000 {
			fl := Flow4{Daddr: ip4(10, 9, 0, 0) + wire.IP4(i)}
			if r, e := w.ip.RouteOutput(&fl); e == 0 && r.Dev == d[0] {
				n++
			}
		}
		return n
	}
	if n := count(); n < 800 || n > 1200 {
		t.Errorf("weights 1 and 3: %d of 4000 flows take the first way", n)
	}
	if _, e := w.ip.RouteOutput(&Flow4{Daddr: ip4(10, 7, 0, 1)}); e != step.EINVAL {
		t.Errorf("blackhole: %v", e)
	}
	o.Insert(inet.Nexthop{ID: 1, Dev: d[0], Gw: ip4(10, 0, 1, 78).Addr(), Scope: ScopeLink}, true, true)
	w.ip.NexthopsChanged()
	if r, e := w.ip.RouteOutput(&Flow4{Daddr: ip4(10, 8, 0, 1)}); e != 0 || r.Gateway != ip4(10, 0, 1, 78).Addr() {
		t.Errorf("replaced: %v by %v", e, r)
	}
	o.Remove(1)
	w.ip.NexthopsChanged()
	if _, e := w.ip.RouteOutput(&Flow4{Daddr: ip4(10, 8, 0, 1)}); e == 0 {
		if q := (&GetRequest{Flow: Flow4{Daddr: ip4(10, 8, 0, 1)}}); w.ip.GetRoute(q) == 0 && q.Route.Plen == 16 {
			t.Error("the object is gone, and its route is still there")
		}
	}
	if n := count(); n != 0 {
		t.Errorf("one member is gone: %d flows take it", n)
	}
}
