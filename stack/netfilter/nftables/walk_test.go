package nftables_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/lab/nft"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

var update = flag.Bool("update", false, "rewrite the traces in testdata/*.walk")

// A router has eth0 with 10.0.1.1/24 and eth1 with 10.0.2.1/24.
type router struct {
	w    *stack.World
	h    *stack.Host
	dev  [2]*device.Veth
	out  int
	last []byte // the frame that was sent last
}

func (r *router) Carry(_ *core.Device, f []byte, _ uint32) {
	r.out, r.last = r.out+1, append([]byte(nil), f...)
}

// DevName, Text and Start resolve names in sentences.
func (r *router) DevName(i int) string {
	if d := r.h.NS.DevByIndex(i); d != nil {
		return d.Name
	}
	return ""
}
func (r *router) Text(uint64) string { return "" }
func (r *router) Start() int64       { return int64(100 * sim.Second) }

func newRouter(t testing.TB, rules string, traced bool) *router {
	r := &router{w: stack.NewWorld(1)}
	r.w.Clock.Reset(100 * sim.Second)
	r.h = r.w.AddHost("r")
	for i := range r.dev {
		v := device.NewVeth(r.h.NS, fmt.Sprintf("eth%d", i), 10+i, r)
		v.Dev.Addr = wire.MAC(0x020000000001 + i)
		v.Dev.Features = 0
		r.h.Up(v.Dev)
		r.h.IPv4.AddAddr(v.Dev, wire.IP4(0x0a000001|(i+1)<<8), 24, ipv4.AddrOpts{})
		n := r.h.NS.Neigh4.Create(wire.IP4(0x0a00000a|(i+1)<<8).Addr(), v.Dev)
		r.h.NS.Neigh4.Update(n, wire.MAC(0x020000000011+i), core.NUDPermanent, core.NeighUpdateAdmin|core.NeighUpdateOverride)
		r.dev[i] = v
	}
	r.h.IPv4.SetForwarding(true)
	load(t, r.h.NS, rules)
	r.w.Run(r.w.Clock.Now() + 5*sim.Second)
	if traced {
		r.w.SetTracer(&trace.Tracer{Mode: trace.Record, Clock: r.w.Clock})
	}
	return r
}

// send puts an IPv4 packet of 10.0.1.10 on eth0's wire, with a right checksum.
func (r *router) send(dst wire.IP4, proto byte, l4 []byte) {
	sum := uint32(0)
	if proto != 1 {
		sum = wire.PseudoHeader4(0x0a00010a, dst, wire.Proto(proto), len(l4))
	}
	at := map[byte]int{6: 16, 17: 6, 1: 2}[proto]
	binary.BigEndian.PutUint16(l4[at:], wire.Fold(wire.Checksum(l4, sum)))
	r.raw(dst, proto, l4)
}

// put is send for all protocols: those whose checksum send does not know bring theirs.
func (r *router) put(dst wire.IP4, proto byte, l4 []byte) {
	if proto == 1 || proto == 6 || proto == 17 {
		r.send(dst, proto, l4)
	} else {
		r.raw(dst, proto, l4)
	}
}

// raw puts an IPv4 packet on eth0's wire as it is.
func (r *router) raw(dst wire.IP4, proto byte, l4 []byte) {
	f := make([]byte, 34, 34+len(l4))
	binary.BigEndian.PutUint64(f[0:], 0x0200000000010200)
	binary.BigEndian.PutUint32(f[8:], 0x00000011)
	f[12] = 8
	h := wire.IPv4(f[14:])
	h.SetVersionIHL(20)
	h.SetTotalLen(20 + len(l4))
	h.SetTTL(64)
	h.SetProto(wire.Proto(proto))
	h.SetSrc(0x0a00010a)
	h.SetDst(dst)
	h.ComputeChecksum()
	r.dev[0].Receive(append(f, l4...), device.RxInfo{})
	r.w.Run(r.w.Clock.Now() + 10*sim.Millisecond)
}

func syn(dport uint16) []byte {
	b := make([]byte, 20)
	binary.BigEndian.PutUint16(b, 40000)
	binary.BigEndian.PutUint16(b[2:], dport)
	b[7], b[12], b[13] = 1, 5<<4, 2
	binary.BigEndian.PutUint16(b[14:], 64240)
	return b
}

func datagram(dport uint16) []byte {
	b := make([]byte, 12)
	binary.BigEndian.PutUint16(b, 40000)
	binary.BigEndian.PutUint16(b[2:], dport)
	b[5] = 12
	return b
}

// walked is the trace of the rules: calls of netfilter, rules tried, notes, ends.
func (r *router) walked() string {
	l := &r.w.Trace.Log
	var s strings.Builder
	for i := range l.Events {
		e := &l.Events[i]
		pad := strings.Repeat(" ", int(e.Depth))
		switch e.Kind {
		case trace.Call:
			st := step.Step(e.Code)
			if st.Info().Layer != step.Netfilter {
				continue
			}
			fmt.Fprintf(&s, "%s%s\n", pad, st)
			if e.Why != 0 {
				fmt.Fprintf(&s, "%s  # %s\n", pad, step.Render(e.Why.Text(), l.WhyArgs(e), r))
			}
		case trace.Tried:
			if t := step.Try(e.Code).Info(); t.What == "rule" && e.Code>>8 == uint16(step.TryNftDec)>>8 {
				fmt.Fprintf(&s, "%s- %s: %s\n", pad, step.Render(t.Candidate, l.Args(e), r), step.Render(t.Because, l.Args(e), r))
			}
		case trace.Note:
			if e.Why>>8 == step.WhyNftRule>>8 {
				fmt.Fprintf(&s, "%s* %s\n", pad, step.Render(e.Why.Text(), l.WhyArgs(e), r))
			}
		case trace.End:
			fmt.Fprintf(&s, "%s%s %s at %s\n", pad, trace.Outcome(e.Code), e.Reason, e.Fn)
		}
	}
	l.Reset()
	return s.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".walk")
	want, _ := os.ReadFile(file)
	if string(want) == got {
		return
	}
	if *update {
		os.MkdirAll("testdata", 0o755)
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s differs; to accept: go test -update, then read the diff\n%s", file, got)
}

// TestWalkFilter is the input filter of recording d01, sets and maps of d03, and
// the refusals of d04.
func TestWalkFilter(t *testing.T) {
	const own = wire.IP4(0x0a000101)
	for _, c := range []struct {
		name, rules string
		send        func(r *router)
	}{
		{"filter", `table inet filter {
 chain input {
  type filter hook input priority filter; policy drop;
  ct state established,related counter accept
  iif "lo" accept
  icmp type echo-request counter accept
  tcp dport 22 counter accept
 }
}`, func(r *router) {
			r.send(own, 1, []byte{8, 0, 0, 0, 0, 1, 0, 1})
			r.send(own, 6, syn(22))
			r.send(own, 6, syn(80))
		}},
		{"sets", `table inet t {
 set bad { type ipv4_addr; flags interval; elements = { 10.0.1.32/27, 10.0.9.0/24 } }
 map ports { type inet_service : verdict; elements = { 1001 : accept, 1003 : drop } }
 chain input {
  type filter hook input priority filter; policy accept;
  ip saddr @bad drop
  ip saddr . udp dport { 10.0.1.10 . 1002, 10.0.1.11 . 1001 } counter accept
  udp dport vmap @ports
  meta mark set udp dport map { 1004 : 0x10, 1005 : 0x20 }
  meta mark 0x10 meta nftrace set 1
  limit rate 1/hour burst 1 packets accept
 }
}`, func(r *router) {
			for _, p := range []uint16{1002, 1001, 1003, 1004, 1009} {
				r.send(own, 17, datagram(p))
			}
		}},
		{"reject", `table inet t {
 chain input {
  type filter hook input priority filter; policy accept;
  tcp dport 22 reject with tcp reset
  tcp dport 23 reject
  udp dport 53 reject with icmpx admin-prohibited
 }
 chain forward {
  type filter hook forward priority filter; policy accept;
  tcp dport 80 reject with icmp host-unreachable
  tcp dport 81 jump sub
 }
 chain sub {
  ip daddr != 10.0.2.10 return
  goto sub2
 }
 chain sub2 {
  reject with tcp reset
 }
}`, func(r *router) {
			r.send(own, 6, syn(22))
			r.send(own, 6, syn(23))
			r.send(own, 17, datagram(53))
			r.send(0x0a00020a, 6, syn(80))
			r.send(0x0a00020a, 6, syn(81))
		}},
		{"nat", `table ip nat {
 chain pre {
  type nat hook prerouting priority dstnat; policy accept;
  tcp dport 8080 dnat to 10.0.2.10:80
 }
 chain post {
  type nat hook postrouting priority srcnat; policy accept;
  oifname "eth1" masquerade
 }
}`, func(r *router) {
			r.send(own, 6, syn(8080))
			r.send(own, 6, syn(8081))
		}},
	} {
		r := newRouter(t, c.rules, true)
		c.send(r)
		golden(t, c.name, r.walked())
		if n := r.h.Machine.NotModelled; n != 0 {
			t.Errorf("%s: %d packets not modelled", c.name, n)
		}
	}
}

// TestFork goes on with a copy of a world: counters and sets part.
func TestFork(t *testing.T) {
	r := newRouter(t, `table ip t {
 set seen { type ipv4_addr; flags dynamic,timeout; timeout 1h; size 10; }
 chain input {
  type filter hook input priority filter; policy accept;
  udp dport 53 counter add @seen { ip saddr counter } drop
  udp dport vmap { 54 : jump sub }
 }
 chain sub {
  counter drop
 }
}`, false)
	r.send(0x0a000101, 17, datagram(53))
	f, _ := sim.Fork(r)
	f.send(0x0a000101, 17, datagram(53))
	f.send(0x0a000101, 17, datagram(54))
	list := func(r *router) string {
		l, _, _ := nft.Run(r.h.NS, []string{"list", "ruleset"}, "")
		return l
	}
	if l := list(r); !strings.Contains(l, "udp dport 53 counter packets 1 bytes 32 add") || !strings.Contains(l, "counter packets 1 bytes 32 expires") || !strings.Contains(l, "counter packets 0 bytes 0 drop") {
		t.Errorf("the original\n%s", l)
	}
	if l := list(f); !strings.Contains(l, "udp dport 53 counter packets 2 bytes 64 add") || !strings.Contains(l, "counter packets 2 bytes 64 expires") || !strings.Contains(l, "counter packets 1 bytes 32 drop") {
		t.Errorf("the copy\n%s", l)
	}
	if nftables.Of(f.h.NS) == nftables.Of(r.h.NS) {
		t.Error("both have the same tables")
	}
}

// TestTransaction: one bad line changes nothing.
func TestTransaction(t *testing.T) {
	ns := newNS(t)
	load(t, ns, "table ip t {\n set s { type ipv4_addr; elements = { 1.2.3.4 } }\n chain c {\n  type filter hook input priority 0; policy accept;\n  ip saddr @s ct state new counter drop\n }\n}\n")
	before, _, _ := nft.Run(ns, []string{"-a", "list", "ruleset"}, "")
	hooks := len(ns.Hooks(core.NFIPv4, core.LocalIn))
	_, e, st := nft.Run(ns, []string{"-f", "-"}, "flush ruleset\nadd table ip x\nadd chain ip x y { type filter hook input priority 5; }\nadd rule ip x y drop\nadd rule ip x nosuch accept\n")
	if st != 1 || !strings.Contains(e, "No such file or directory") {
		t.Errorf("%d %s", st, e)
	}
	after, _, _ := nft.Run(ns, []string{"-a", "list", "ruleset"}, "")
	if before != after || len(ns.Hooks(core.NFIPv4, core.LocalIn)) != hooks {
		t.Errorf("before\n%s after\n%s %d hooks, then %d", before, after, hooks, len(ns.Hooks(core.NFIPv4, core.LocalIn)))
	}
}
