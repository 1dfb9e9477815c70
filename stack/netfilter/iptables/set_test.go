package iptables

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
)

func TestSets(t *testing.T) {
	w := newBench(t)
	x := Of(w.ns)
	ip := &IPSet{Name: "ip", Type: SetHashIP, Family: core.NFIPv4, Counters: true, Timeouts: true, Timeout: 5}
	net := &IPSet{Name: "net", Type: SetHashNet, Family: core.NFIPv4}
	port := &IPSet{Name: "port", Type: SetBitmapPort, From: 50, To: 100}
	both := &IPSet{Name: "both", Type: SetHashIPPort, Family: core.NFIPv4}
	list := &IPSet{Name: "list", Type: SetList}
	six := &IPSet{Name: "six", Type: SetHashIP, Family: core.NFIPv6}
	for _, s := range []*IPSet{ip, net, port, both, list, six} {
		if e := x.AddSet(s); e != 0 {
			t.Fatal(s.Name, e)
		}
	}
	if x.AddSet(&IPSet{Name: "ip"}) != SetErrEEXIST {
		t.Error("a name twice")
	}
	add := func(s *IPSet, e SetElem) {
		t.Helper()
		if err := s.Add(e, false); err != 0 {
			t.Error(s.Name, err)
		}
	}
	add(ip, SetElem{Addr: client.Addr()})
	add(net, SetElem{Addr: addr(10, 0, 2, 0).Addr(), Plen: 24})
	add(net, SetElem{Addr: addr(10, 0, 2, 8).Addr(), Plen: 29, NoMatch: true})
	add(port, SetElem{Port: 53})
	add(both, SetElem{Addr: server.Addr(), Proto: 17, Port: 53})
	add(list, SetElem{Set: "net"})
	add(list, SetElem{Set: "ip"})
	if port.Add(SetElem{Port: 49}, false) != SetErrBitmapRange || ip.Add(SetElem{Addr: client.Addr()}, false) != SetErrExist {
		t.Error("errors of Add")
	}
	src, dst := [6]bool{true}, [6]bool{}
	pkt := ip4(17, udp(1000, 53, "x"))
	for _, c := range []struct {
		name string
		m    SetMatch
		want bool
	}{
		{"ip src", SetMatch{SetRef: SetRef{"ip", 1, src}}, true},
		{"! ip src", SetMatch{SetRef: SetRef{"ip", 1, src}, Inv: true}, false},
		{"ip dst", SetMatch{SetRef: SetRef{"ip", 1, dst}}, false},
		{"net: nomatch", SetMatch{SetRef: SetRef{"net", 1, dst}}, false},
		{"net: return nomatch", SetMatch{SetRef: SetRef{"net", 1, dst}, ReturnNoMatch: true}, true},
		{"port", SetMatch{SetRef: SetRef{"port", 1, dst}}, true},
		{"port src", SetMatch{SetRef: SetRef{"port", 1, src}}, false},
		{"ip,port", SetMatch{SetRef: SetRef{"both", 2, dst}}, true},
		{"ip,port with one dimension", SetMatch{SetRef: SetRef{"both", 1, dst}}, false},
		{"list src", SetMatch{SetRef: SetRef{"list", 1, src}}, true},
		{"list dst", SetMatch{SetRef: SetRef{"list", 1, dst}}, false},
		{"other family", SetMatch{SetRef: SetRef{"six", 1, src}}, false},
		{"packets", SetMatch{SetRef: SetRef{"ip", 1, src}, Packets: SetCounter{SetCounterGT, 3}}, true},
		{"bytes", SetMatch{SetRef: SetRef{"ip", 1, src}, Bytes: SetCounter{SetCounterLT, 10}}, false},
	} {
		if e := w.check(&c.m, 17); e != 0 {
			t.Fatal(c.name, e)
		}
		if got := c.m.Match(w.param(pkt)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if w.check(&SetMatch{SetRef: SetRef{Set: "no"}}, 0) != enoent || x.DelSet(ip) != SetErrBusy {
		t.Error("references")
	}
	tg := &SetTarget{Add: SetRef{"ip", 1, dst}, Del: SetRef{"both", 2, dst}, HasTimeout: true, Timeout: 2}
	if e := w.check(tg, 17); e != 0 {
		t.Fatal(e)
	}
	if v := tg.Target(w.param(pkt)); v != Continue || len(ip.Elems()) != 2 || len(both.Elems()) != 0 {
		t.Errorf("%v: %d and %d elements", v, len(ip.Elems()), len(both.Elems()))
	}
	w.m.Clock.RunUntil(w.m.Clock.Now() + 3*sim.Second)
	if n := len(ip.Elems()); n != 1 {
		t.Errorf("%d elements after 3 s", n)
	}
}

// TestSetSwap: a rule goes on with the name of the set, and a target keeps its set when
// the table that gives way held it too.
func TestSetSwap(t *testing.T) {
	w := newBench(t)
	x := Of(w.ns)
	a := &IPSet{Name: "a", Type: SetHashIP, Family: core.NFIPv4}
	b := &IPSet{Name: "b", Type: SetHashIP, Family: core.NFIPv4}
	n := &IPSet{Name: "n", Type: SetHashNet, Family: core.NFIPv4}
	for _, s := range []*IPSet{a, b, n} {
		x.AddSet(s)
	}
	a.Add(SetElem{Addr: client.Addr()}, false)
	m := &SetMatch{SetRef: SetRef{"a", 1, [6]bool{true}}}
	tg := &SetTarget{Add: SetRef{"b", 1, [6]bool{}}}
	c := &CheckParam{NS: w.ns, Family: core.NFIPv4, Table: TableFilter, HookMask: localIn}
	if m.Check(c) != 0 || tg.Check(c) != 0 || tg.Check(c) != 0 {
		t.Fatal("refused")
	}
	tg.Destroy(c)
	p := ip4(17, udp(1000, 53, "x"))
	if !m.Match(w.param(p)) || x.Swap(a, n) != SetErrMismatch || x.Swap(a, b) != 0 || m.Match(w.param(p)) {
		t.Error("a rule and a swap")
	}
	if tg.Target(w.param(p)); len(x.Set("b").Elems()) != 2 || x.Set("b").Refs() != 1 {
		t.Errorf("%d elements, %d references", len(x.Set("b").Elems()), x.Set("b").Refs())
	}
	if x.Rename(x.Set("b"), "z") != SetErrReferenced || x.Rename(n, "a") != SetErrExistName2 || x.Rename(n, "z") != 0 || x.Set("z") != n {
		t.Error("rename")
	}
}
