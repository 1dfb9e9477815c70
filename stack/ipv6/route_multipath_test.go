package ipv6

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func a6(hi, lo uint64) wire.Addr { return wire.Addr{Hi: hi, Lo: lo} }

func multi(t *testing.T) (*host, *core.Device, *core.Device) {
	h := newHost(t, &sim.Clock{}, "h", 7)
	var d [2]*core.Device
	for i := range d {
		d[i] = h.ns.NewDevice("eth"+string(rune('0'+i)), 0, &nic{})
		d[i].Addr, d[i].Flags = wire.MAC(0x020000000010+i), d[i].Flags|core.IFFUp
		h.ip.DevUp(d[i])
		if e := h.ip.AddAddr(d[i], a6(0xfd00<<48|uint64(i+1)<<32, 1), 64, AddrOpts{NoDAD: true}); e != 0 {
			t.Fatal(e)
		}
	}
	return h, d[0], d[1]
}

// share counts which way 4000 flows take.
func share(h *host, first *core.Device) (n int) {
	for i := range uint64(4000) {
		if d := h.ip.RouteLookup(&Flow6{Saddr: a6(0xfd00<<48|1<<32, 1), Daddr: a6(0xfd00<<48|9<<32, i), Proto: 17}); d.Dev == first {
			n++
		}
	}
	return n
}

// Flows are shared by weight, between routes and between the members of a group
// of nexthop objects; without one way all take the other.
func TestMultipath(t *testing.T) {
	h, d0, d1 := multi(t)
	net, gw0, gw1 := a6(0xfd00<<48|9<<32, 0), a6(0xfd00<<48|1<<32, 2), a6(0xfd00<<48|2<<32, 2)
	for i, r := range []Route6{{Dst: net, Plen: 64, Gateway: gw0, Dev: d0, Weight: 3}, {Dst: net, Plen: 64, Gateway: gw1, Dev: d1, Append: true}} {
		if e := h.ip.AddRoute(r); e != 0 {
			t.Fatal(i, e)
		}
	}
	if e := h.ip.AddRoute(Route6{Dst: net, Plen: 64, Gateway: a6(0xfd00<<48|1<<32, 3), Dev: d0}); e != step.EEXIST {
		t.Errorf("a third way that was not to join: %v, want EEXIST", e)
	}
	if n := share(h, d0); n < 2800 || n > 3200 {
		t.Errorf("weights 3 and 1: %d of 4000 flows take the first way", n)
	}
	d0.Flags &^= core.IFFUp
	if n := share(h, d0); n != 0 {
		t.Errorf("%d flows take a device that is down", n)
	}
	d0.Flags |= core.IFFUp
	if e := h.ip.DelRoute(Route6{Dst: net, Plen: 64}); e != 0 || len(h.ip.table(TableMain, false).node(net, 64)) != 0 {
		t.Errorf("deleting without a gateway: %v, %d ways are left", e, len(h.ip.table(TableMain, false).node(net, 64)))
	}
	o := inet.NexthopsOf(h.ns)
	o.Insert(inet.Nexthop{ID: 1, Dev: d0, Gw: gw0, Six: true}, false, true)
	o.Insert(inet.Nexthop{ID: 2, Dev: d1, Gw: gw1, Six: true}, false, true)
	o.Insert(inet.Nexthop{ID: 9, Group: []inet.NexthopWeight{{ID: 1, Weight: 1}, {ID: 2, Weight: 3}}}, false, true)
	if e := h.ip.AddRoute(Route6{Dst: net, Plen: 64, NHID: 9}); e != 0 {
		t.Fatal(e)
	}
	if n := share(h, d0); n < 800 || n > 1200 {
		t.Errorf("a group with weights 1 and 3: %d of 4000 flows take the first way", n)
	}
	o.Remove(2)
	h.ip.NexthopsChanged()
	if n := share(h, d0); n != 4000 {
		t.Errorf("one member is gone: %d of 4000 flows take the other", n)
	}
	o.Remove(1)
	h.ip.NexthopsChanged()
	if d := h.ip.RouteLookup(&Flow6{Daddr: net}); d.Err == 0 {
		t.Error("the last member is gone, and the route is still there")
	}
}

// Rules choose the table; what they say themselves is an answer too.
func TestRules(t *testing.T) {
	h, d0, d1 := multi(t)
	to := a6(0xfd00<<48|9<<32, 5)
	for i, r := range []Route6{{Gateway: a6(0xfd00<<48|1<<32, 2), Dev: d0}, {Gateway: a6(0xfd00<<48|2<<32, 2), Dev: d1, Table: 77}} {
		if e := h.ip.AddRoute(r); e != 0 {
			t.Fatal(i, e)
		}
	}
	for _, r := range []inet.Rule{{Priority: 100, Mark: 5, Table: 77}, {Priority: 101, UID: [2]uint32{1000, 1999}, UIDSet: true, Table: 77}, {Priority: 102, Proto: 6, Dport: [2]uint16{80, 90}, Action: inet.RuleProhibit},
		{Priority: 103, Src: a6(0xfd00<<48|1<<32, 9), SrcLen: 128, Action: inet.RuleBlackhole}, {Priority: 104, TOS: 0x20, Action: inet.RuleUnreachable},
		{Priority: 105, Mark: 6, Table: TableMain, Suppress: 1}, {Priority: 106, Mark: 6, Table: 77}, {Priority: 107, L3mdev: true}} {
		if e := h.ip.AddRule(r); e != 0 {
			t.Fatal(r.Priority, e)
		}
	}
	for _, c := range []struct {
		name string
		fl   Flow6
		dev  *core.Device
		err  core.Errno
	}{
		{"plain", Flow6{}, d0, 0}, {"mark", Flow6{Mark: 5}, d1, 0}, {"user", Flow6{UID: 1500}, d1, 0}, {"other user", Flow6{UID: 2000}, d0, 0},
		{"ports", Flow6{Proto: 6, Dport: 85}, nil, step.EACCES}, {"other port", Flow6{Proto: 6, Dport: 91}, d0, 0},
		{"source", Flow6{Saddr: a6(0xfd00<<48|1<<32, 9)}, nil, step.EINVAL}, {"class", Flow6{TOS: 0x21}, nil, step.ENETUNREACH}, {"suppressed", Flow6{Mark: 6}, d1, 0},
	} {
		fl := c.fl
		fl.Daddr = to
		d := h.ip.RouteLookup(&fl)
		if d.Err != c.err || c.dev != nil && d.Dev != c.dev {
			t.Errorf("%s: by %v with %v, want %v with %v", c.name, d.Dev.Name, d.Err, c.dev, c.err)
		}
	}
	if e := h.ip.DelRule(inet.Rule{Mark: 5}); e != 0 {
		t.Error(e)
	}
	if d := h.ip.RouteLookup(&Flow6{Daddr: to, Mark: 5}); d.Dev != d0 {
		t.Error("the rule is gone, and still obeyed")
	}
}
