package ipv4

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
	"pgregory.net/rapid"
)

// Which source address is chosen, as recorded in c18.
func TestSourceAddress(t *testing.T) {
	w := newWorld(t)
	ip := w.ip
	via := func(gw wire.IP4) []Nexthop { return []Nexthop{{Gw: gw}} }
	dev := []Nexthop{{Dev: w.eth0.Index}}
	w.ok(ip.AddAddr(w.eth0, ip4(10, 0, 1, 5), 24, AddrOpts{}))
	w.ok(ip.AddAddr(w.eth0, ip4(10, 3, 0, 1), 24, AddrOpts{}))
	w.ok(ip.AddAddr(w.lo, ip4(10, 9, 9, 9), 32, AddrOpts{}))
	for _, r := range []Route{
		{Dst: ip4(10, 50, 0, 0), Plen: 16, NH: via(ip4(10, 0, 1, 2))},
		{Dst: ip4(10, 51, 0, 0), Plen: 16, NH: via(ip4(10, 0, 1, 2)), PrefSrc: ip4(10, 9, 9, 9)},
		{Dst: ip4(10, 52, 0, 0), Plen: 16, NH: via(ip4(10, 3, 0, 7))},
		{Dst: ip4(10, 53, 0, 0), Plen: 16, NH: dev},
		{Dst: ip4(10, 54, 0, 0), Plen: 16, NH: dev, PrefSrc: ip4(10, 0, 1, 5)},
	} {
		r.Scope = -1
		w.ok(ip.AddRoute(r))
	}
	for _, tt := range []struct{ dst, src wire.IP4 }{
		{ip4(10, 0, 1, 2), ip4(10, 0, 1, 1)}, {ip4(10, 3, 0, 7), ip4(10, 3, 0, 1)}, {ip4(10, 50, 0, 1), ip4(10, 0, 1, 1)},
		{ip4(10, 51, 0, 1), ip4(10, 9, 9, 9)}, {ip4(10, 52, 0, 1), ip4(10, 3, 0, 1)}, {ip4(10, 53, 0, 1), ip4(10, 0, 1, 1)},
		{ip4(10, 54, 0, 1), ip4(10, 0, 1, 5)}, {ip4(10, 9, 9, 9), ip4(10, 9, 9, 9)}, {ip4(10, 0, 1, 5), ip4(10, 0, 1, 1)},
		{ip4(127, 0, 0, 1), ip4(127, 0, 0, 1)},
	} {
		fl := Flow4{Daddr: tt.dst, Proto: 17}
		if _, err := ip.RouteOutput(&fl); err != 0 || fl.Saddr != tt.src {
			t.Errorf("to %v from %v (%v), want %v", tt.dst, fl.Saddr, err, tt.src)
		}
	}
	if err := ip.AddRoute(Route{Dst: ip4(10, 60, 0, 0), Plen: 16, NH: via(ip4(172, 16, 0, 1)), Scope: -1}); err != step.ENETUNREACH {
		t.Errorf("a gateway that is not on a link: %v", err)
	}
}

// The trie finds the prefix that a search through all of them finds.
func TestLongestPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type pfx struct {
			a wire.IP4
			n int
		}
		tb := &fibTable{id: TableMain, t: &trie{}}
		ip := &IPv4{ns: &core.Netns{}}
		var all []pfx
		addr := rapid.Custom(func(t *rapid.T) wire.IP4 {
			// Few values, so that prefixes nest.
			return wire.IP4(rapid.SampledFrom([]uint32{0, 0x0a000000, 0x0a0000ff, 0x0a010203, 0xc0a80101, 0xffffffff}).Draw(t, "base") ^ rapid.Uint32Range(0, 15).Draw(t, "low"))
		})
		for range rapid.IntRange(0, 30).Draw(t, "routes") {
			n := rapid.IntRange(0, 32).Draw(t, "plen")
			p := pfx{addr.Draw(t, "prefix").Mask(n), n}
			fi := &fibInfo{nhs: []*nexthop{{oif: n + 1}}}
			tb.insert(&fibAlias{key: p.a, plen: n, table: TableMain, typ: RTNUnicast, fi: fi}, true)
			all = append(all, p)
		}
		for len(all) > 0 && rapid.Bool().Draw(t, "delete") {
			i := rapid.IntRange(0, len(all)-1).Draw(t, "which")
			p := all[i]
			tb.t.filter(func(fa *fibAlias) bool { return fa.key != p.a || fa.plen != p.n })
			k := 0
			for _, q := range all {
				if q != p {
					all[k] = q
					k++
				}
			}
			all = all[:k]
		}
		for range 20 {
			a := addr.Draw(t, "addr")
			best := -1
			for _, p := range all {
				if a.Mask(p.n) == p.a && p.n > best {
					best = p.n
				}
			}
			var res fibResult
			err := ip.tableLookup(tb, &Flow4{Daddr: a}, &res, 0)
			switch {
			case best < 0 && err != step.EAGAIN:
				t.Fatalf("%v: found /%d, there is none", a, res.plen)
			case best >= 0 && (err != 0 || res.plen != best || res.nh.oif != best+1):
				t.Fatalf("%v: found /%d (%v), want /%d", a, res.plen, err, best)
			}
		}
	})
}

// lookups lists the tables that were asked, as the tracepoint reports them.
func (w *world) lookups() []int {
	var l []int
	for i := range w.ns.Trace.Log.Events {
		if e := &w.ns.Trace.Log.Events[i]; e.Kind == trace.Point && step.TP(e.Code) == step.FibTableLookup {
			l = append(l, int(w.ns.Trace.Log.Args(e)[0]))
		}
	}
	return l
}

// Tables local and main are one until there is a rule: then 255 is asked first,
// then the rules in order (c19, c25).
func TestTablesAsked(t *testing.T) {
	w := newWorld(t)
	ask := func(mark uint32, want ...int) {
		t.Helper()
		w.ns.Trace.Log.Reset()
		fl := Flow4{Daddr: ip4(10, 0, 1, 10), Mark: mark}
		w.ip.RouteOutput(&fl)
		got := w.lookups()
		if len(got) != len(want) {
			t.Fatalf("asked %v, want %v", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("asked %v, want %v", got, want)
			}
		}
	}
	ask(0, 254)
	w.ok(w.ip.AddRoute(Route{Plen: 0, Table: 100, NH: []Nexthop{{Gw: ip4(10, 0, 2, 10)}}, Scope: -1}))
	ask(0, 254)
	w.ok(w.ip.AddRule(Rule{Priority: 100, Mark: 1, Table: 100}))
	ask(0, 255, 254)
	ask(1, 255, 100)
	w.ok(w.ip.DelRule(Rule{Priority: 100}))
	ask(0, 255, 254) // the kernel does not merge them again
}

// Eight packets without a route in a row, and six with TTL 1, as recorded in
// c27.
func TestErrorRate(t *testing.T) {
	w := newWorld(t)
	router(w)
	send := func(n int, dst wire.IP4, ttl uint8) {
		for i := range n {
			w.rx(w.eth0, packet(ip4(10, 0, 1, 10), dst+wire.IP4(i), wire.ProtoICMP, ttl, echo(8)), 0)
			w.run(15 * sim.Millisecond)
		}
	}
	send(8, ip4(10, 99, 0, 1), 64)
	if n := len(w.wire.frames); n != 2 {
		t.Errorf("%d of 8 packets without a route were answered, want 2", n)
	}
	if n := w.ns.MIB[step.IcmpOutRateLimitHost]; n != 1 {
		t.Errorf("IcmpOutRateLimitHost is %d, want 1", n)
	}
	if n := w.ns.MIB[step.IpExtInNoRoutes]; n != 8 {
		t.Errorf("IpExtInNoRoutes is %d, want 8", n)
	}
	w.run(2500 * sim.Millisecond)
	w.wire.frames = nil
	send(1, ip4(10, 99, 0, 1), 64)
	if n := len(w.wire.frames); n != 1 {
		t.Errorf("after 2.5 s %d were answered, want 1", n)
	}
	w = newWorld(t)
	router(w)
	send(8, ip4(10, 0, 2, 10), 1)
	if n := len(w.wire.frames); n != 6 {
		t.Errorf("%d of 8 packets with TTL 1 were answered, want 6", n)
	}
}

// "Fragmentation needed" makes an exception for its destination only, which is
// forgotten after 600 s; below 552 bytes it is locked.
func TestPMTU(t *testing.T) {
	w := newWorld(t)
	ip := w.ip
	dst := ip4(10, 0, 1, 10)
	mtu := func(a wire.IP4) int {
		fl := Flow4{Daddr: a}
		d, err := ip.RouteOutput(&fl)
		w.ok(err)
		return ip.MTU(d)
	}
	fl := Flow4{Daddr: dst}
	d, err := ip.RouteOutput(&fl)
	w.ok(err)
	ip.UpdatePMTU(&Flow4{Daddr: dst}, 1400)
	if ip.DstCheck(d) {
		t.Error("a kept route must be asked for again")
	}
	if a, b := mtu(dst), mtu(dst+1); a != 1400 || b != 1500 {
		t.Errorf("mtu %d and %d, want 1400 and 1500", a, b)
	}
	if l := ip.Exceptions(); len(l) != 1 || l[0].MTU != 1400 || l[0].Locked {
		t.Errorf("exceptions %+v", l)
	}
	w.run(601 * sim.Second)
	if n := mtu(dst); n != 1500 {
		t.Errorf("after 601 s the mtu is %d", n)
	}
	ip.UpdatePMTU(&Flow4{Daddr: dst}, 300)
	fl = Flow4{Daddr: dst}
	d, err = ip.RouteOutput(&fl)
	w.ok(err)
	if n := ip.MTU(d); n != 552 || !ip.MTULocked(d) {
		t.Errorf("mtu %d, locked %v", n, ip.MTULocked(d))
	}
}

// A route that is used again is the same object, and using it allocates nothing.
func TestForwardAllocatesNothing(t *testing.T) {
	w := newWorld(t)
	router(w)
	w.ns.Trace = nil
	p := packet(ip4(10, 0, 1, 10), ip4(10, 0, 2, 10), 17, 64, make([]byte, 64))
	w.eth0.Ops, w.eth1.Ops = nullOps{}, nullOps{}
	send := func() { w.rx(w.eth0, p, 0) }
	send()
	if n := testing.AllocsPerRun(100, send); n != 0 {
		t.Errorf("%v allocations per forwarded packet", n)
	}
	if w.ns.MIB[step.IpForwDatagrams] < 100 {
		t.Error("nothing was forwarded")
	}
	sink := freeSink{}
	w.ns.AddProto(17, sink)
	p = packet(ip4(10, 0, 1, 10), ip4(10, 0, 1, 1), 17, 64, make([]byte, 64))
	send()
	if n := testing.AllocsPerRun(100, send); n != 0 {
		t.Errorf("%v allocations per delivered packet", n)
	}
}

type nullOps struct{}

func (nullOps) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	d.NS.Sent(b, true, step.VethXmit)
	return core.TxOK
}

type freeSink struct{}

func (freeSink) Rcv(ns *core.Netns, b *core.SKB) int              { ns.Free(b); return 0 }
func (freeSink) Err(_ *core.Netns, _ *core.SKB, info uint32) bool { return false }

func BenchmarkForward(b *testing.B) {
	w := newWorld(b)
	router(w)
	w.ns.Trace = nil
	p := packet(ip4(10, 0, 1, 10), ip4(10, 0, 2, 10), 17, 64, make([]byte, 64))
	w.eth0.Ops, w.eth1.Ops = nullOps{}, nullOps{}
	b.ReportAllocs()
	for b.Loop() {
		w.rx(w.eth0, p, 0)
	}
}
