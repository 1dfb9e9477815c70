package sched

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// gate is a driver that is busy until it is opened.
type gate struct {
	open bool
	got  []byte
}

func (g *gate) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	if !g.open {
		d.StopQueue(0)
		return core.TxBusy
	}
	g.got = append(g.got, b.Data()[0])
	d.NS.Sent(b, false, step.DevHardStartXmit)
	return core.TxOK
}

func setup() (*core.Netns, *core.Device, *gate) {
	m := &core.Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(1), IDs: &core.IDs{}}
	ns := core.NewNetns(m, "h")
	g := &gate{}
	d := ns.NewDevice("eth0", 1, g)
	d.Flags |= core.IFFUp
	d.TxQueueLen = 4
	return ns, d, g
}

func send(ns *core.Netns, d *core.Device, mark byte, prio uint32, n int) int {
	b := ns.AllocSKB(core.Headroom, n, 0)
	clear(b.Put(n))
	b.Data()[0] = mark
	b.ResetNetwork()
	b.Dev, b.Priority = d, prio
	return ns.DevQueueXmit(b)
}

// Interactive packets (priority 6, 7) go first, bulk (2) last; each band has
// its own limit. What the driver refused stays first.
func TestPfifoFast(t *testing.T) {
	ns, d, g := setup()
	q := NewPfifoFast(d)
	d.Qdisc = q
	prios := []uint32{0, 2, 0, 6, 2, 7, 0, 0, 0, 0}
	rcs := []int{0, 0, 0, 0, 0, 0, 0, 0, 0, core.NetXmitDrop}
	for i, p := range prios {
		// The first is refused by the driver and waits before the queue.
		if rc := send(ns, d, byte(i), p, 50); rc != rcs[i] && i != 8 {
			t.Errorf("packet %d: rc %d, want %d", i, rc, rcs[i])
		}
	}
	if q.Drops() == 0 || q.Len() == 0 {
		t.Fatalf("%d dropped, %d wait", q.Drops(), q.Len())
	}
	g.open = true
	d.WakeQueue(0)
	ns.Clock.RunUntil(sim.Second)
	want := []byte{0, 3, 5, 2, 6, 7, 8, 1, 4}
	if string(g.got) != string(want) {
		t.Errorf("sent %v, want %v", g.got, want)
	}
	if q.Len() != 0 || q.Backlog() != 0 {
		t.Errorf("%d packets, %d bytes are left", q.Len(), q.Backlog())
	}
	if m := ns.Machine; m.Allocated != m.Freed {
		t.Errorf("%d allocated, %d freed", m.Allocated, m.Freed)
	}
}

func TestFifoLimits(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(*core.Device) *Fifo
		fit  int // packets of 100 bytes, with the one that the driver refused
	}{
		{"pfifo", func(d *core.Device) *Fifo { return NewPfifo(d, 3) }, 3},
		{"pfifo", func(d *core.Device) *Fifo { return NewPfifo(d, -1) }, 4},
		{"bfifo", func(d *core.Device) *Fifo { return NewBfifo(d, 250) }, 2},
		{"bfifo", func(d *core.Device) *Fifo { return NewBfifo(d, 200) }, 2},
	} {
		ns, d, g := setup()
		q := tt.make(d)
		d.Qdisc = q
		if q.Name() != tt.name {
			t.Errorf("name %q, want %q", q.Name(), tt.name)
		}
		for i := range 10 {
			send(ns, d, byte(i), 0, 100)
		}
		if q.Len() != tt.fit || int(q.Drops()) != 10-tt.fit {
			t.Errorf("%s: %d wait, %d dropped; want %d, %d", tt.name, q.Len(), q.Drops(), tt.fit, 10-tt.fit)
		}
		g.open = true
		d.WakeQueue(0)
		ns.Clock.RunUntil(sim.Second)
		if len(g.got) != tt.fit {
			t.Errorf("%s: sent %v", tt.name, g.got)
		}
	}
}

// An empty pfifo_fast is passed by: no qdisc tracepoint fires. A packet that
// has to wait fires enqueue, and dequeue when it goes.
func TestTracepoints(t *testing.T) {
	ns, d, g := setup()
	d.Qdisc = NewPfifoFast(d)
	tr := &trace.Tracer{Mode: trace.Record, Clock: ns.Clock}
	ns.Trace = tr
	count := func() (enq, deq, drop int) {
		for i := range tr.Log.Events {
			switch e := &tr.Log.Events[i]; {
			case e.Kind == trace.Point && step.TP(e.Code) == step.QdiscEnqueue:
				enq++
			case e.Kind == trace.Point && step.TP(e.Code) == step.QdiscDequeue && tr.Log.Args(e)[0] == 1:
				deq++
			case e.Kind == trace.End && e.Reason == step.DropQdiscDrop:
				drop++
			}
		}
		return
	}
	g.open = true
	send(ns, d, 1, 0, 50)
	if enq, deq, _ := count(); enq != 0 || deq != 0 {
		t.Errorf("by the empty queue: %d enqueued, %d dequeued", enq, deq)
	}
	g.open = false
	for i := range 6 {
		send(ns, d, byte(i), 0, 50)
	}
	if enq, deq, drop := count(); enq != 4 || deq != 0 || drop != 1 {
		t.Errorf("busy: %d enqueued, %d dequeued, %d dropped; want 4, 0, 1", enq, deq, drop)
	}
	g.open = true
	d.WakeQueue(0)
	ns.Clock.RunUntil(sim.Second)
	if _, deq, _ := count(); deq != 5 { // with the one that the driver had refused
		t.Errorf("%d dequeued, want 5", deq)
	}
}
