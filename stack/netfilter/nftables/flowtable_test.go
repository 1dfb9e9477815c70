package nftables_test

import (
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/lab/nft"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

const flowRules = `table ip x {
 flowtable f { hook ingress priority 0; devices = { eth0, eth1 }; counter; }
 chain forward {
  type filter hook forward priority filter; policy accept;
  meta l4proto { tcp, udp } flow add @f
  counter
 }
 chain post {
  type nat hook postrouting priority srcnat; policy accept;
  oifname "eth1" masquerade
 }
}`

func flowConn(r *router) *conntrack.Conn {
	var c *conntrack.Conn
	conntrack.Of(r.h.NS).Each(func(x *conntrack.Conn) bool { c = x; return false })
	return c
}

func counted(r *router) string {
	l, _, _ := nft.Run(r.h.NS, []string{"list", "chain", "ip", "x", "forward"}, "")
	_, l, _ = strings.Cut(l, "counter ")
	l, _, _ = strings.Cut(l, "\n")
	return l
}

// TestFlowtable: the second datagram enters the flow table, the third leaves past
// all chains, with the same translation; after 30 silent seconds it is out again.
func TestFlowtable(t *testing.T) {
	r := newRouter(t, flowRules, true)
	ft := nftables.Of(r.h.NS).Find(core.NFIPv4, "x").Flowtable("f")
	const far = wire.IP4(0x0a00020a)
	frames, was := [3]string{}, r.out
	for i := range frames {
		r.send(far, 17, datagram(53))
		frames[i] = string(r.last[14:])
		if i == 1 && ft.Flows() != 1 {
			t.Fatal("no flow")
		}
	}
	if r.out-was != 3 || frames[0] != frames[2] {
		t.Errorf("%d frames\n% x\n% x", r.out-was, frames[0], frames[2])
	}
	if got := counted(r); got != "packets 2 bytes 64" {
		t.Errorf("the chain saw %s", got)
	}
	c := flowConn(r)
	if c.Status&conntrack.Offload == 0 || c.Counters[0].Packets != 3 {
		t.Errorf("status %x, %d packets", c.Status, c.Counters[0].Packets)
	}
	golden(t, "flowtable", r.walked())

	f, _ := sim.Fork(r)
	f.send(far, 17, datagram(53))
	if flowConn(f).Counters[0].Packets != 4 || flowConn(r).Counters[0].Packets != 3 {
		t.Error("the copy and the original share a flow")
	}
	r.w.Run(r.w.Clock.Now() + 29*sim.Second)
	if ft.Flows() != 1 {
		t.Error("out of the table after 29 seconds")
	}
	r.w.Run(r.w.Clock.Now() + 3*sim.Second)
	if ft.Flows() != 0 || c.Status&conntrack.Offload != 0 {
		t.Error("still in the table after 32 seconds")
	}
	if len(conntrackList(r)) != 0 { // unanswered UDP lives 30 seconds, and those are over
		t.Errorf("%d connections are left", len(conntrackList(r)))
	}
}

func conntrackList(r *router) (l []*conntrack.Conn) {
	conntrack.Of(r.h.NS).Each(func(c *conntrack.Conn) bool { l = append(l, c); return true })
	return l
}

// TestFlowtableLongWay: what a flow table cannot send goes the long way.
func TestFlowtableLongWay(t *testing.T) {
	const far = wire.IP4(0x0a00020a)
	for _, c := range []struct {
		name string
		do   func(r *router)
		out  int // frames by the third packet
		seen string
	}{
		{"as it is", func(*router) {}, 1, "packets 2 bytes 64"},
		{"a route that is gone", func(r *router) {
			r.h.Down(r.dev[1].Dev)
			r.h.Up(r.dev[1].Dev)
			r.h.NS.Neigh4.Update(r.h.NS.Neigh4.Create(far.Addr(), r.dev[1].Dev), 0x020000000012, core.NUDPermanent, core.NeighUpdateAdmin|core.NeighUpdateOverride)
		}, 1, "packets 3 bytes 96"},
		{"the table is deleted", func(r *router) {
			load(t, r.h.NS, "flush chain ip x forward\nadd rule ip x forward counter\ndelete flowtable ip x f")
		}, 1, "packets 1 bytes 32"},
		{"another device", func(r *router) {
			load(t, r.h.NS, "delete flowtable ip x f { devices = { eth0 }; }")
		}, 1, "packets 3 bytes 96"},
	} {
		r := newRouter(t, flowRules, false)
		r.send(far, 17, datagram(53))
		r.send(far, 17, datagram(53))
		c.do(r)
		was := r.out
		r.send(far, 17, datagram(53))
		if got := counted(r); got != c.seen || r.out-was < c.out {
			t.Errorf("%s: the chain saw %s, %d frames", c.name, got, r.out-was)
		}
	}
}

// TestFlowtableRules: what is refused, and how a flow table is listed.
func TestFlowtableRules(t *testing.T) {
	ns := newNS(t)
	load(t, ns, "table inet t {\n flowtable f { hook ingress priority filter + 5; devices = { eth1, eth0 }; }\n chain c { type filter hook forward priority 0; flow add @f; }\n chain in { type filter hook input priority 0; }\n}")
	list := func() string {
		l, _, _ := nft.Run(ns, []string{"list", "ruleset"}, "")
		return l
	}
	want := "\tflowtable f {\n\t\thook ingress priority filter + 5\n\t\tdevices = { eth0, eth1 }\n\t}\n"
	if !strings.Contains(list(), want) || !strings.Contains(list(), "\t\tflow add @f\n") {
		t.Errorf("%s", list())
	}
	before := list()
	for _, c := range [][2]string{
		{"delete flowtable inet t f", "Device or resource busy"},
		{"create flowtable inet t f { hook ingress priority 0; }", "File exists"},
		{"add flowtable inet t g { hook ingress priority 0; devices = { eth0 }; }", "File exists"},
		{"add flowtable inet t g { hook egress priority 0; }", "Operation not supported"},
		{"add flowtable inet t g { hook ingress priority 0; flags offload; }", "Operation not supported"},
		{"add flowtable inet t g { }", "No such file or directory"},
		{"add rule inet t in flow add @f", "Operation not supported"},
		{"add rule inet t c flow add @g", "No such file or directory"},
		{"add table arp a; add flowtable arp a f { hook ingress priority 0; }", "No such file or directory"},
		{"delete flowtable inet t f { devices = { eth7 }; }", "No such file or directory"},
		{"delete flowtable inet t g", "No such file or directory"},
	} {
		_, e, st := nft.Run(ns, []string{"-f", "-"}, c[0]+"\n")
		if st != 1 || !strings.Contains(e, c[1]) {
			t.Errorf("%s: %d %s", c[0], st, e)
		}
	}
	if list() != before {
		t.Errorf("before\n%safter\n%s", before, list())
	}
	j, _, _ := nft.Run(ns, []string{"-j", "list", "ruleset"}, "")
	load(t, ns, "delete table inet t")
	if _, e, st := nft.Run(ns, []string{"-j", "-f", "-"}, j); st != 0 || list() != before {
		t.Errorf("by JSON: %s\n%s", e, list())
	}
}
