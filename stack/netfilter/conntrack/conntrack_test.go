package conntrack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// at puts a function at a hook.
type at struct {
	fn func(ns *core.Netns, b *core.SKB) core.Verdict
}

func (h *at) Run(ns *core.Netns, _ *core.HookState, b *core.SKB) core.Verdict { return h.fn(ns, b) }

func (w *world) hook(n core.HookNum, prio int, fn func(ns *core.Netns, b *core.SKB) core.Verdict) *at {
	h := &at{fn}
	w.ns.AddHook(core.NFInet, n, prio, h)
	return h
}

func (w *world) want(p []byte, want string) {
	w.t.Helper()
	if got := w.pass(p); got != want {
		w.t.Errorf("the packet is %s, want %s", got, want)
	}
}

// secs checks how long a connection has.
func (w *world) secs(want int, status Status) {
	w.t.Helper()
	c := w.only()
	if got := int((c.Expires() + sim.Second/2) / sim.Second); got != want || c.Status&^Confirmed != status {
		w.t.Errorf("%d s left, status %#x, want %d s, %#x", got, c.Status, want, status)
	}
}

// TestUDP: the values are what Linux 6.18 did.
func TestUDP(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.want(udp(client, server, 5000, 53, 4), "NEW")
	w.secs(30, 0)
	w.run(sim.Second)
	w.want(udp(client, server, 5000, 53, 4), "NEW")
	w.secs(30, 0)
	w.want(udp(server, client, 53, 5000, 4), "ESTABLISHED reply")
	w.secs(30, SeenReply)
	w.run(1200 * sim.Millisecond)
	w.want(udp(client, server, 5000, 53, 4), "ESTABLISHED")
	w.secs(120, SeenReply|Assured)
	w.run(119 * sim.Second)
	w.want(udp(server, client, 53, 5000, 4), "ESTABLISHED reply")
	w.run(121 * sim.Second)
	w.want(udp(server, client, 53, 5000, 4), "NEW") // the other way round now
	bad := udp(client, server, 1, 2, 4)
	bad[len(bad)-1] ^= 1
	w.want(bad, "INVALID")
	w.ns.Sysctl.CT.Checksum = 0
	w.want(bad, "NEW")
	long := udp(client, server, 3, 4, 4)
	long[25] = 99
	w.want(long, "INVALID")
	w.conserved()
}

// TestICMP: what is a request, an answer, an error; as Linux 6.18 did.
func TestICMP(t *testing.T) {
	for _, c := range []struct {
		typ  uint8
		want string
	}{{8, "NEW"}, {0, "INVALID"}, {13, "NEW"}, {14, "INVALID"}, {15, "NEW"}, {17, "NEW"}, {9, "INVALID"}, {10, "INVALID"}, {3, "INVALID"}, {30, "INVALID"}, {19, "INVALID"}} {
		w := newWorld(t, trace.Record)
		if got := w.pass(icmp(client, server, c.typ, 0, 7<<16, nil)); got != c.want {
			t.Errorf("type %d is %s, want %s", c.typ, got, c.want)
		}
		w.conserved()
	}
	w := newWorld(t, trace.Record)
	w.want(icmp(client, server, 8, 0, 7<<16|1, nil), "NEW")
	w.want(icmp(server, client, 0, 0, 7<<16|1, nil), "ESTABLISHED reply")
	w.want(icmp(server, client, 0, 0, 8<<16|1, nil), "INVALID")
	w.want(icmp(client, server, 8, 0, 7<<16|2, nil), "ESTABLISHED")
	u := udp(client, server, 5000, 53, 4)
	far := ip(10, 0, 2, 11)
	w.want(u, "NEW")
	w.want(icmp(far, client, 3, 3, 0, u[:28]), "RELATED reply")
	w.want(icmp(far, ip(10, 0, 1, 11), 3, 3, 0, u[:28]), "INVALID") // not where its packets come from
	w.want(icmp(far, client, 5, 1, 0, u[:28]), "RELATED reply")
	w.want(icmp(far, client, 3, 3, 0, u[:24]), "RELATED reply")
	w.want(icmp(far, client, 3, 3, 0, u[:22]), "INVALID")
	w.want(icmp(far, client, 3, 3, 0, udp(client, server, 5001, 53, 4)[:28]), "INVALID")
	if n := w.ct.Stat.Error; n != 3 {
		t.Errorf("%d errors counted", n)
	}
	w.conserved()
}

// TestOther: protocols without a tracker.
func TestOther(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.want(packet4(client, server, 99, []byte("abc")), "NEW")
	w.secs(600, 0)
	w.want(packet4(server, client, 99, []byte("abc")), "ESTABLISHED reply")
	w.want(packet4(client, server, 33, []byte("abcdefgh")), "NEW") // DCCP: no ports since 6.16
	w.want(packet4(client, server, 47, []byte{0, 1, 0, 2, 9, 9, 9, 9, 9, 9, 9, 9}), "INVALID")
	w.want(packet4(client, server, 47, []byte{0, 0, 8, 0, 9, 9}), "NEW")
	w.conserved()
}

func TestUntrackedAndZones(t *testing.T) {
	w := newWorld(t, trace.Record)
	h := w.hook(core.PreRouting, core.PriRaw, func(_ *core.Netns, b *core.SKB) core.Verdict { Untrack(b); return core.Accept })
	w.want(udp(client, server, 1, 2, 0), "UNTRACKED")
	w.ns.DelHook(core.NFInet, core.PreRouting, h)
	h = w.hook(core.PreRouting, core.PriRaw, func(ns *core.Netns, b *core.SKB) core.Verdict { SetZone(ns, b, Zone{ID: 9}); return core.Accept })
	w.want(udp(client, server, 1, 2, 0), "NEW")
	w.want(udp(server, client, 2, 1, 0), "ESTABLISHED reply")
	w.ns.DelHook(core.NFInet, core.PreRouting, h)
	tmpl := NewTemplate(w.ns, Zone{ID: 7})
	h = w.hook(core.PreRouting, core.PriRaw, func(_ *core.Netns, b *core.SKB) core.Verdict { Set(b, tmpl, New); return core.Accept })
	w.want(udp(client, server, 1, 2, 0), "NEW")
	w.want(udp(server, client, 2, 1, 0), "ESTABLISHED reply")
	w.ns.DelHook(core.NFInet, core.PreRouting, h)
	w.want(udp(server, client, 2, 1, 0), "NEW") // another zone knows nothing
	tried := false
	for i := range w.ns.Trace.Log.Events {
		e := &w.ns.Trace.Log.Events[i]
		tried = tried || e.Kind == trace.Tried && step.Try(e.Code) == step.TryCTZone
	}
	if !tried {
		t.Error("nobody says that the zone is another one")
	}
	if w.ct.Count() != 3 || tmpl.use != 1 {
		t.Errorf("%d connections, %d references to the template", w.ct.Count(), tmpl.use)
	}
	w.conserved()
}

// TestFull: early drop looks into eight buckets only, so a small limit is a hard
// one; with as few buckets it makes room.
func TestFull(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.ns.Sysctl.CT.Max = 5
	for i := range 10 {
		want := "NEW"
		if i >= 5 {
			want = "dropped"
		}
		w.want(udp(client, server, uint16(1000+i), 53, 0), want)
	}
	if s := w.ct.Stat; s.Drop != 5 || s.EarlyDrop != 0 {
		t.Errorf("drops %d, early drops %d", s.Drop, s.EarlyDrop)
	}
	w.ns.Sysctl.CT.Buckets = 8
	for i := range 20 {
		w.want(udp(client, server, uint16(2000+i), 53, 0), "NEW")
	}
	if w.ct.Count() > 5 || w.ct.Stat.EarlyDrop < 15 {
		t.Errorf("%d connections, early drops %d", w.ct.Count(), w.ct.Stat.EarlyDrop)
	}
	w.conserved()
}

func TestHugeTable(t *testing.T) {
	if testing.Short() {
		t.Skip("200,000 connections take a second")
	}
	w := newWorld(t, trace.Silent)
	const n = 200000
	for i := range n {
		if got := w.pass(udp(client+wire.IP4(i>>14), server, uint16(i&0x3fff)+1000, 53, 0)); got != "NEW" {
			t.Fatalf("packet %d is %s", i, got)
		}
	}
	for i := 0; i < n; i += 997 {
		w.want(udp(server, client+wire.IP4(i>>14), 53, uint16(i&0x3fff)+1000, 0), "ESTABLISHED reply")
	}
	longest := 0
	for _, h := range w.ct.buckets {
		k := 0
		for ; h != nil; h = h.next {
			k++
		}
		longest = max(longest, k)
	}
	if longest > 20 {
		t.Errorf("a bucket holds %d", longest)
	}
	w.run(200 * sim.Second)
	if w.ct.Count() != 0 {
		t.Errorf("%d connections are left", w.ct.Count())
	}
	w.conserved()
}

// TestMarksAndLabels: what rules write, and the events that follow.
func TestMarksAndLabels(t *testing.T) {
	w := newWorld(t, trace.Record)
	l := &listener{}
	w.ct.AddListener(l)
	w.ct.UseLabels(true)
	w.ns.Sysctl.CT.Acct, w.ns.Sysctl.CT.Timestamp = 1, 1
	w.hook(core.PostRouting, core.PriFilter, func(_ *core.Netns, b *core.SKB) core.Verdict {
		c, info := Get(b)
		if info == New {
			c.SetMark(5)
		} else if !c.SetLabels([2]uint64{2, 0}, [2]uint64{2, 0}) {
			t.Error("no room for labels")
		}
		return core.Accept
	})
	w.want(udp(client, server, 1, 2, 10), "NEW")
	w.want(udp(server, client, 2, 1, 20), "ESTABLISHED reply")
	c := w.only()
	if n := c.Counters; c.Mark != 5 || !c.Acct() || n[0] != (Counter{1, 38}) || n[1] != (Counter{1, 48}) {
		t.Errorf("mark %d, counters %v", c.Mark, n)
	}
	if s, _ := c.Times(); s != 100*sim.Second {
		t.Errorf("began at %d", s)
	}
	w.ct.Flush()
	if got, want := strings.Join(l.got, " "), fmt.Sprint(EventNew|EventMark, " ", EventReply|EventLabel, " ", EventDestroy); got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	w.conserved()
}

type listener struct{ got []string }

func (l *listener) ConntrackEvent(_ *core.Netns, _ *Conn, e Events) {
	l.got = append(l.got, fmt.Sprint(e))
}

// TestGC: what is over goes within a minute, and tells so then.
func TestGC(t *testing.T) {
	w := newWorld(t, trace.Record)
	l := &listener{}
	w.ct.AddListener(l)
	w.want(udp(client, server, 1, 2, 0), "NEW")
	w.run(31 * sim.Second)
	if len(l.got) != 1 || w.ct.Count() != 1 {
		t.Errorf("after 31 s: %v, %d connections", l.got, w.ct.Count())
	}
	w.run(60 * sim.Second)
	if len(l.got) != 2 || w.ct.Count() != 0 {
		t.Errorf("after 91 s: %v, %d connections", l.got, w.ct.Count())
	}
	if w.m.Clock.Len() != 0 {
		t.Errorf("%d timers are left", w.m.Clock.Len())
	}
	w.conserved()
}

// TestDropped: a connection whose first packet is dropped was never there.
func TestDropped(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.hook(core.PostRouting, core.PriFilter, func(*core.Netns, *core.SKB) core.Verdict { return core.Drop })
	w.want(udp(client, server, 1, 2, 0), "NEW dropped")
	if w.ct.Count() != 0 {
		t.Errorf("%d connections", w.ct.Count())
	}
	w.conserved()
}

// TestClash: two first packets of one flow are under way at once.
func TestClash(t *testing.T) {
	w := newWorld(t, trace.Record)
	start := func(p []byte) *core.SKB {
		b := w.skb(p)
		w.ns.Hook(core.NFIPv4, core.PreRouting, w.in, nil, nil, b)
		return b
	}
	finish := func(b *core.SKB) bool {
		ok := w.ns.Hook(core.NFIPv4, core.PostRouting, nil, w.in, nil, b)
		if ok {
			w.ns.Consume(b, step.NFHookSlow)
		}
		return ok
	}
	a, b := start(udp(client, server, 1, 2, 0)), start(udp(client, server, 1, 2, 0))
	if !finish(a) || !finish(b) || w.ct.Stat.ClashResolve != 1 {
		t.Errorf("UDP: %+v", w.ct.Stat)
	}
	a, b = start(seg{flags: fSyn, seq: 1}.packet()), start(seg{flags: fSyn, seq: 1}.packet())
	if !finish(a) || finish(b) || w.ct.Stat.InsertFailed != 1 {
		t.Errorf("TCP: %+v", w.ct.Stat)
	}
	w.conserved()
}

// TestEnable: hooks are there only while a rule needs them, where the kernel has
// them.
func TestEnable(t *testing.T) {
	w := newWorld(t, trace.Record)
	list := func(n core.HookNum) (s []string) {
		for _, i := range w.ns.Hooks(core.NFIPv4, n) {
			s = append(s, fmt.Sprint(i.Priority, " ", i.Hook.(core.NamedHook).HookStep()))
		}
		return s
	}
	for _, c := range []struct {
		n    core.HookNum
		want string
	}{
		{core.PreRouting, "[-400 ipv4_conntrack_defrag -200 ipv4_conntrack_in]"}, {core.LocalIn, "[2147483647 nf_confirm]"}, {core.Forward, "[]"},
		{core.LocalOut, "[-400 ipv4_conntrack_defrag -200 ipv4_conntrack_local]"}, {core.PostRouting, "[2147483647 nf_confirm]"},
	} {
		if got := fmt.Sprint(list(c.n)); got != c.want {
			t.Errorf("hook %d: %s, want %s", c.n, got, c.want)
		}
	}
	Enable(w.ns, core.NFIPv4)
	Disable(w.ns, core.NFIPv4)
	w.want(udp(client, server, 1, 2, 0), "NEW")
	Disable(w.ns, core.NFInet)
	for n := range core.NumHooks {
		if l := len(w.ns.Hooks(core.NFIPv4, n)) + len(w.ns.Hooks(core.NFIPv6, n)); l != 0 {
			t.Errorf("%d hooks are left at %d", l, n)
		}
	}
	w.want(udp(client, server, 1, 2, 0), "INVALID") // nobody looked
	w.conserved()
}

// TestLookupCost: an established flow allocates nothing.
func TestNoAllocation(t *testing.T) {
	w, b, p := established(t)
	if n := testing.AllocsPerRun(200, func() { again(w, b, p) }); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func established(t testing.TB) (*world, *core.SKB, []byte) {
	w := newWorld(t, trace.Silent)
	w.pass(seg{flags: fSyn, seq: 1000, win: 64240}.packet())
	w.pass(seg{reply: true, flags: fSyn | fAck, seq: 5000, ack: 1001, win: 65160}.packet())
	w.pass(seg{flags: fAck, seq: 1001, ack: 5001, win: 64240}.packet())
	p := seg{flags: fAck, seq: 1001, ack: 5001, win: 64240, n: 100}.packet()
	return w, w.skb(p), p
}

func again(w *world, b *core.SKB, p []byte) {
	b.CsumValid = false
	w.ns.Hook(core.NFIPv4, core.PreRouting, w.in, nil, nil, b)
	w.ns.Hook(core.NFIPv4, core.PostRouting, nil, w.in, nil, b)
	b.ResetCT()
}

// BenchmarkTCP is a segment of an established connection through both hooks.
func BenchmarkTCP(b *testing.B) {
	w, s, p := established(b)
	b.ReportAllocs()
	for b.Loop() {
		again(w, s, p)
	}
}

// BenchmarkNone is the same without any hook.
func BenchmarkNone(b *testing.B) {
	w, s, p := established(b)
	Disable(w.ns, core.NFInet)
	b.ReportAllocs()
	for b.Loop() {
		again(w, s, p)
	}
}
