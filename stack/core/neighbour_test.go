package core

import (
	"fmt"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// fakeARP is a family whose requests are only counted.
type fakeARP struct {
	asked, failed int
	with          []bool // was there a packet that waits?
}

func (f *fakeARP) Constructor(n *Neighbour) {
	if n.Dev.Flags&IFFLoopback != 0 {
		n.State = NUDNoARP
	}
}
func (f *fakeARP) Solicit(n *Neighbour, b *SKB) {
	f.asked++
	f.with = append(f.with, b != nil)
}
func (f *fakeARP) ErrorReport(n *Neighbour, b *SKB) {
	f.failed++
	n.Table.NS.Drop(b, step.DropNeighFailed, step.NeighInvalidate)
}

// fakeDriver keeps the destination addresses of what it is given.
type fakeDriver struct {
	to  []wire.MAC
	ids []byte
}

func (f *fakeDriver) StartXmit(d *Device, b *SKB) TxCode {
	p := b.Data()
	f.to = append(f.to, wire.Ethernet(p).Dst())
	f.ids = append(f.ids, p[14])
	d.NS.Sent(b, false, step.DevHardStartXmit)
	return TxOK
}

type neighWorld struct {
	ns  *Netns
	t   *NeighTable
	ops *fakeARP
	drv *fakeDriver
	d   *Device
	tr  *trace.Tracer
	n   byte
}

func newNeighWorld() *neighWorld {
	m := &Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(1), IDs: &IDs{}}
	w := &neighWorld{ops: &fakeARP{}, drv: &fakeDriver{}}
	w.ns = NewNetns(m, "h")
	w.ns.Clock.Reset(1000 * sim.Second)
	w.tr = &trace.Tracer{Mode: trace.Record, Clock: m.Clock}
	w.ns.Trace = w.tr
	w.d = w.ns.NewDevice("eth0", 1, w.drv)
	w.d.Flags |= IFFUp
	w.d.Addr = 0x020000000001
	w.t = NewNeighTable(w.ns, AFInet, w.ops)
	w.t.SetReachableTime(20 * sim.Second)
	return w
}

// packet makes a packet with one byte that counts up.
func (w *neighWorld) packet(n int) *SKB {
	b := w.ns.AllocSKB(Headroom, n, 0)
	clear(b.Put(n))
	w.n++
	b.Data()[0] = w.n
	b.Protocol, b.Dev = 0x0800, w.d
	b.ResetNetwork()
	return b
}

func (w *neighWorld) send(n *Neighbour) { n.Output(w.ns, w.packet(60)) }
func (w *neighWorld) pass(d sim.Time)   { w.ns.Clock.RunUntil(w.ns.Clock.Now() + d) }

// points are the tracepoints about neighbours so far, one word each.
func (w *neighWorld) points() string {
	var s []string
	for i := range w.tr.Log.Events {
		e := &w.tr.Log.Events[i]
		if e.Kind != trace.Point {
			continue
		}
		name := step.TP(e.Code).String()
		if !strings.HasPrefix(name, "neigh:") && name != "skb:consume_skb" && name != "skb:kfree_skb" && name != "net:net_dev_queue" {
			continue
		}
		_, name, _ = strings.Cut(name, ":")
		s = append(s, name)
	}
	w.tr.Log.Reset()
	return strings.Join(s, " ")
}

const (
	key  = 0x0a000002
	mac1 = wire.MAC(0x020000000002)
	mac2 = wire.MAC(0x020000000003)
)

// The order of recording a03_arp_first_packet: create, a clone for the request
// is consumed, event_send_done; the answer flushes what waited before
// neigh_update_done.
func TestNeighFirstPacket(t *testing.T) {
	w := newNeighWorld()
	n := w.t.Create(wire.IP4(key).Addr(), w.d)
	w.send(n)
	if n.State != NUDIncomplete || n.Queue.Len() != 1 || w.ops.asked != 1 || !w.ops.with[0] {
		t.Fatalf("state %x, %d wait, %d asked", n.State, n.Queue.Len(), w.ops.asked)
	}
	if got, want := w.points(), "neigh_create consume_skb neigh_event_send_done"; got != want {
		t.Errorf("tracepoints\n got %s\nwant %s", got, want)
	}
	w.send(n)
	w.points()
	w.t.Update(n, mac1, NUDReachable, NeighUpdateOverride)
	if got, want := w.points(), "neigh_update net_dev_queue net_dev_queue neigh_update_done"; got != want {
		t.Errorf("tracepoints\n got %s\nwant %s", got, want)
	}
	if n.State != NUDReachable || string(w.drv.ids) != "\x01\x02" || w.drv.to[0] != mac1 {
		t.Errorf("state %x, sent %v to %v", n.State, w.drv.ids, w.drv.to)
	}
	w.send(n) // by the cached header
	if len(w.drv.to) != 3 || w.drv.to[2] != mac1 {
		t.Errorf("sent to %v", w.drv.to)
	}
	if m := w.ns.Machine; m.Allocated != m.Freed {
		t.Errorf("%d allocated, %d freed", m.Allocated, m.Freed)
	}
}

// Nobody answers: three requests, then FAILED, and the senders are told
// (a04_arp_unresolved). The next packet begins again.
func TestNeighUnresolved(t *testing.T) {
	w := newNeighWorld()
	n := w.t.Create(wire.IP4(key).Addr(), w.d)
	begin := w.ns.Clock.Now()
	w.send(n)
	w.send(n)
	for n.State == NUDIncomplete {
		w.pass(sim.Millisecond)
	}
	took := w.ns.Clock.Now() - begin
	if n.State != NUDFailed || w.ops.asked != 3 || w.ops.failed != 2 || n.Queue.Len() != 0 || n.QueueBytes != 0 {
		t.Errorf("state %x, %d asked, %d failed, %d wait", n.State, w.ops.asked, w.ops.failed, n.Queue.Len())
	}
	if took < 3*sim.Second || took > 3*sim.Second+200*sim.Millisecond {
		t.Errorf("it took %d ns, want 3 s and what the timer wheel adds", took)
	}
	w.send(n)
	if n.State != NUDIncomplete || w.ops.asked != 4 {
		t.Errorf("after FAILED: state %x, %d asked", n.State, w.ops.asked)
	}
}

// The queue is limited in bytes; the oldest makes room (a05).
func TestNeighQueueFull(t *testing.T) {
	w := newNeighWorld()
	n := w.t.Create(wire.IP4(key).Addr(), w.d)
	b := w.packet(1000)
	each := b.Truesize
	n.Output(w.ns, b)
	fit := w.t.QueueBytes / each
	for range fit + 2 {
		n.Output(w.ns, w.packet(1000))
	}
	drops := 0
	for _, e := range w.tr.Ends {
		if e.Reason == step.DropNeighQueuefull && e.Fn == step.NeighEventSend {
			drops++
		}
	}
	if n.Queue.Len() != fit || drops != 3 || n.Queue.Front().Data()[0] != 4 {
		t.Errorf("%d wait, %d dropped, first is %d; want %d, 3, 4", n.Queue.Len(), drops, n.Queue.Front().Data()[0], fit)
	}
}

// STALE, used, DELAY, PROBE, REACHABLE (a06_neigh_stale_delay_probe).
func TestNeighStaleDelayProbe(t *testing.T) {
	w := newNeighWorld()
	n := w.t.EventNS(w.packet(28), mac1, wire.IP4(key).Addr(), w.d)
	if got, want := w.points(), "neigh_create neigh_update neigh_update_done"; got != want {
		t.Errorf("tracepoints\n got %s\nwant %s", got, want)
	}
	state := func(want uint8, when string) {
		t.Helper()
		if n.State != want {
			t.Fatalf("%s: state %#x, want %#x", when, n.State, want)
		}
	}
	state(NUDStale, "learned")
	w.send(n)
	state(NUDDelay, "used")
	if len(w.drv.to) != 1 {
		t.Fatal("a stale neighbour gets the packet at once")
	}
	w.pass(6 * sim.Second)
	state(NUDProbe, "nobody confirmed")
	if w.ops.asked == 0 || w.ops.with[0] {
		t.Errorf("asked %d", w.ops.asked)
	}
	w.points()
	w.t.Update(n, mac1, NUDReachable, NeighUpdateOverride)
	state(NUDReachable, "answer")
	w.pass(21 * sim.Second)
	state(NUDStale, "unused")
	w.send(n)
	w.pass(2 * sim.Second)
	n.Confirm()
	w.pass(4 * sim.Second)
	state(NUDReachable, "confirmed by the transport")
	// Used shortly before the time is up: DELAY, PROBE, and without an answer
	// FAILED. (The cached header's way does not count as use.)
	w.pass(14 * sim.Second)
	n.EventSend(nil)
	w.pass(4500 * sim.Millisecond) // the timer wheel is coarse
	state(NUDDelay, "used and old")
	w.pass(6 * sim.Second)
	state(NUDProbe, "used and old, delay over")
	w.ops.asked = 0
	w.pass(5 * sim.Second)
	state(NUDFailed, "no answer to three")
}

func TestNeighUpdateRules(t *testing.T) {
	tests := []struct {
		name      string
		old       uint8
		addr      wire.MAC
		new       uint8
		flags     uint32
		want      uint8
		wantAddr  wire.MAC
		wantErrno Errno
	}{
		{"same address, stale", NUDReachable, mac1, NUDStale, NeighUpdateOverride, NUDReachable, mac1, 0},
		{"other address, override", NUDReachable, mac2, NUDStale, NeighUpdateOverride, NUDStale, mac2, 0},
		{"other address, no override", NUDReachable, mac2, NUDReachable, 0, NUDReachable, mac1, 0},
		{"other address, weak override", NUDReachable, mac2, NUDReachable, NeighUpdateWeakOverride, NUDStale, mac1, 0},
		{"other address, weak override of stale", NUDStale, mac2, NUDReachable, NeighUpdateWeakOverride, NUDStale, mac1, 0},
		{"no address, known", NUDStale, 0, NUDReachable, 0, NUDReachable, mac1, 0},
		{"no address, unknown", NUDIncomplete, 0, NUDReachable, 0, NUDIncomplete, mac1, step.EINVAL},
		{"permanent", NUDPermanent, mac2, NUDReachable, NeighUpdateOverride, NUDPermanent, mac1, step.EPERM},
		{"permanent, by the administrator", NUDPermanent, mac2, NUDPermanent, NeighUpdateOverride | NeighUpdateAdmin, NUDPermanent, mac2, 0},
		{"fails", NUDReachable, mac1, NUDFailed, NeighUpdateOverride, NUDFailed, mac1, 0},
		{"stale is reachable", NUDStale, mac1, NUDReachable, NeighUpdateOverride, NUDReachable, mac1, 0},
	}
	for _, tt := range tests {
		w := newNeighWorld()
		n := w.t.Create(wire.IP4(key).Addr(), w.d)
		n.State, n.Addr = tt.old, mac1
		err := w.t.Update(n, tt.addr, tt.new, tt.flags)
		if n.State != tt.want || n.Addr != tt.wantAddr || err != tt.wantErrno {
			t.Errorf("%s: state %#x, address %v, %v; want %#x, %v, %v", tt.name, n.State, n.Addr, err, tt.want, tt.wantAddr, tt.wantErrno)
		}
	}
}

func TestReachableTimeIsRandom(t *testing.T) {
	seen := map[sim.Time]bool{}
	for i := range 50 {
		m := &Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(uint64(i)), IDs: &IDs{}}
		d := NewNeighTable(NewNetns(m, "h"), AFInet, &fakeARP{}).ReachableTime()
		if d < 15*sim.Second || d >= 45*sim.Second {
			t.Fatalf("%d ns", d)
		}
		seen[d] = true
	}
	if len(seen) < 40 {
		t.Errorf("only %d different times of 50", len(seen))
	}
}

// A dead link drops everything at the queue (a15_link_down).
func TestNoCarrier(t *testing.T) {
	w := newNeighWorld()
	w.d.Flags &^= IFFRunning
	b := w.packet(60)
	if rc := w.ns.DevQueueXmit(b); rc != NetXmitCN {
		t.Errorf("rc %d, want %d", rc, NetXmitCN)
	}
	if e := w.tr.Ends[0]; e.Reason != step.DropQdiscDrop || e.Fn != step.DevQueueXmit {
		t.Errorf("end %+v", e)
	}
	if got := fmt.Sprint(w.drv.to); got != "[]" {
		t.Error(got)
	}
}

// The backlog holds netdev_max_backlog packets and one.
func TestBacklogFull(t *testing.T) {
	w := newNeighWorld()
	h := &counter{}
	w.ns.AddPacketType(0x0800, h)
	w.ns.Sysctl.NetdevMaxBacklog = 10
	w.ns.BHDisable()
	taken := 0
	for range 15 {
		if w.ns.NetifRx(w.packet(60)) {
			taken++
		}
	}
	w.ns.BHEnable()
	s := w.ns.Machine.CPU[0]
	if taken != 11 || h.n != 11 || s.Dropped != 4 || s.Processed != 11 {
		t.Errorf("taken %d, received %d, dropped %d, processed %d", taken, h.n, s.Dropped, s.Processed)
	}
	if m := w.ns.Machine; m.Allocated != m.Freed {
		t.Errorf("%d allocated, %d freed", m.Allocated, m.Freed)
	}
	// Nobody handles this type.
	b := w.packet(60)
	b.Protocol = 0x1234
	w.ns.NetifRx(b)
	w.pass(sim.Second)
	if e := w.tr.Ends[len(w.tr.Ends)-1]; e.Reason != step.DropUnhandledProto || e.Fn != step.NetifReceiveSkbCore {
		t.Errorf("end %+v", e)
	}
}

type counter struct{ n int }

func (c *counter) Rcv(ns *Netns, b *SKB) { c.n++; ns.Free(b) }

// A table takes so many and no more; old ones that nobody waits for make room.
func TestNeighLimit(t *testing.T) {
	w := newNeighWorld()
	w.t.GCThresh2, w.t.GCThresh3 = 4, 6
	at := func(i int) wire.Addr { return (wire.IP4(key) + wire.IP4(i)).Addr() }
	for i := range 6 {
		n := w.t.Create(at(i), w.d)
		if n == nil {
			t.Fatalf("no room for number %d", i)
		}
		w.t.Update(n, mac1, NUDStale, NeighUpdateOverride)
	}
	if w.t.Create(at(6), w.d) != nil || w.t.Fulls != 1 {
		t.Errorf("a seventh, refused %d times", w.t.Fulls)
	}
	if n := w.t.CreatePermanent(at(7), w.d); n == nil {
		t.Error("a permanent one counts against the limit")
	} else {
		w.t.Update(n, mac1, NUDPermanent, NeighUpdateAdmin)
	}
	w.pass(6 * sim.Second)
	if w.t.Create(at(8), w.d) == nil {
		t.Error("six seconds later there is still no room")
	}
	if w.t.Lookup(at(7), w.d) == nil || w.t.Lookup(at(0), w.d) != nil || w.t.Lookup(at(5), w.d) == nil {
		t.Error("the oldest of those that may go were to go")
	}
}
