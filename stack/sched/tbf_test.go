package sched

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// stamp is a driver that notes when each packet came.
type stamp struct {
	at  []sim.Time
	got []byte
}

func (g *stamp) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	g.at, g.got = append(g.at, d.NS.Clock.Now()), append(g.got, b.Data()[0])
	d.NS.Sent(b, false, step.DevHardStartXmit)
	return core.TxOK
}

func line() (*core.Netns, *core.Device, *stamp) {
	ns, d, _ := setup()
	g := &stamp{}
	d.Ops = g
	return ns, d, g
}

func leaks(t *testing.T, ns *core.Netns) {
	t.Helper()
	if m := ns.Machine; m.Allocated != m.Freed {
		t.Errorf("%d allocated, %d freed", m.Allocated, m.Freed)
	}
}

// Ten packets of 942 bytes into 1 Mbit/s with a bucket of 2048 bytes and room for
// 5120: this is what Linux 6.18 did with the same ten (tc -s and tcpdump): two at
// once, five more 7.536 ms apart, three dropped.
func TestTbfBurst(t *testing.T) {
	ns, d, g := line()
	q, err := NewTbf(d, TbfConfig{Rate: Rate{Bytes: 125000}, Burst: 2048, Limit: 5120})
	if err != 0 {
		t.Fatal(err)
	}
	d.Qdisc = q
	dropped := 0
	for i := range 10 {
		if send(ns, d, byte(i), 0, 942) == core.NetXmitDrop {
			dropped++
		}
	}
	ns.Clock.RunUntil(sim.Second)
	if s := q.Stats(); dropped != 3 || s.Drops != 3 || s.Packets != 7 || s.Bytes != 6594 || s.Len != 0 || s.Backlog != 0 {
		t.Errorf("%d refused; %+v", dropped, s)
	}
	if string(g.got) != "\x00\x01\x02\x03\x04\x05\x06" {
		t.Errorf("sent %v", g.got)
	}
	for i, at := range g.at {
		// The bucket's 2048 bytes are 164 more than two packets have.
		want := max(0, sim.Time(i-1)*7536-1312) * sim.Microsecond
		if i == 1 {
			want = 0
		}
		if at < want || at > want+5*sim.Microsecond {
			t.Errorf("packet %d at %d ns, want %d", i, at, want)
		}
	}
	leaks(t, ns)
}

func TestTbfLimits(t *testing.T) {
	ns, d, g := line()
	if _, err := NewTbf(d, TbfConfig{Rate: Rate{Bytes: 1000}, Peak: Rate{Bytes: 1000}, Burst: 100, MTU: 100, Limit: 1}); err != step.EINVAL {
		t.Errorf("a peak rate that is not above the rate: %v", err)
	}
	q, _ := NewTbf(d, TbfConfig{Rate: Rate{Bytes: 1000}, Burst: 500, Limit: 1000})
	d.Qdisc = q
	if send(ns, d, 1, 0, 501) != core.NetXmitDrop || send(ns, d, 2, 0, 500) != core.NetXmitSuccess {
		t.Error("a packet larger than the bucket must go, one as large must not")
	}
	send(ns, d, 3, 0, 400)
	q.Reset(ns)
	ns.Clock.RunUntil(10 * sim.Second)
	if len(g.got) != 1 || q.Len() != 0 {
		t.Errorf("sent %v, %d wait", g.got, q.Len())
	}
	leaks(t, ns)
}

// A packet that TCP would give a time leaves then; the slack of the timer is 10 µs.
func TestFqTimes(t *testing.T) {
	ns, d, g := line()
	q := NewFq(d, FqDefaults(d))
	d.Qdisc = q
	for i, at := range []sim.Time{1, 3, 0, 2} {
		b := ns.AllocSKB(core.Headroom, 100, 0)
		clear(b.Put(100))
		b.Data()[0] = byte(i)
		b.ResetNetwork()
		b.Dev, b.Tstamp = d, at*sim.Millisecond
		ns.DevQueueXmit(b)
	}
	ns.Clock.RunUntil(sim.Second)
	if string(g.got) != "\x02\x00\x03\x01" {
		t.Fatalf("sent %v", g.got)
	}
	for i, at := range g.at {
		if want := sim.Time(i) * sim.Millisecond; at < want || at > want+15*sim.Microsecond {
			t.Errorf("packet %d at %d, want %d", i, at, want)
		}
	}
	if s := q.FqStats(); s.ThrottledTimes == 0 || s.Fastpath != 1 || s.Flows != 1 {
		t.Errorf("%+v", s)
	}
	leaks(t, ns)
}

// The limits of fq have drop reasons of their own.
func TestFqLimits(t *testing.T) {
	ns, d, _ := line()
	c := FqDefaults(d)
	c.FlowLimit, c.Horizon = 2, sim.Second
	q := NewFq(d, c)
	d.Qdisc = q
	tr := &trace.Tracer{Mode: trace.Record, Clock: ns.Clock}
	ns.Trace = tr
	later := func(at sim.Time) core.DropReason {
		b := ns.AllocSKB(core.Headroom, 100, 0)
		clear(b.Put(100))
		b.ResetNetwork()
		b.Dev, b.Tstamp = d, at
		before := len(tr.Log.Events)
		ns.DevQueueXmit(b)
		return dropped(tr, before)
	}
	for i, want := range []core.DropReason{step.NotDropped, step.NotDropped, step.DropFqFlowLimit} {
		if r := later(sim.Millisecond); r != want {
			t.Errorf("packet %d: %v, want %v", i, r, want)
		}
	}
	if r := later(2 * sim.Second); r != step.DropFqHorizonLimit {
		t.Errorf("beyond the horizon: %v", r)
	}
	c.Limit = 2
	q.Change(c)
	if r := later(sim.Millisecond); r != step.DropFqBandLimit {
		t.Errorf("a full band: %v", r)
	}
	q.Reset(ns)
	if q.Len() != 0 || q.Backlog() != 0 {
		t.Errorf("%d packets, %d bytes are left", q.Len(), q.Backlog())
	}
	leaks(t, ns)
}

// dropped is the reason of the first packet that ended in a drop since then.
func dropped(tr *trace.Tracer, since int) core.DropReason {
	for i := since; i < len(tr.Log.Events); i++ {
		if e := &tr.Log.Events[i]; e.Kind == trace.End && e.Reason != step.NotDropped {
			return e.Reason
		}
	}
	return step.NotDropped
}

func TestNetem(t *testing.T) {
	for _, tt := range []struct {
		name  string
		c     NetemConfig
		sent  int // of 1000, at least
		most  int
		first sim.Time
	}{
		{"delay", NetemConfig{Limit: 1000, Delay: 5 * sim.Millisecond}, 1000, 1000, 5 * sim.Millisecond},
		{"limit", NetemConfig{Limit: 10, Delay: 5 * sim.Millisecond}, 10, 10, 5 * sim.Millisecond},
		{"loss", NetemConfig{Limit: 1000, Loss: NetemChance{P: 1 << 30}}, 700, 800, 0},
		{"all lost", NetemConfig{Limit: 1000, Loss: NetemChance{P: 1<<32 - 1}}, 0, 0, 0},
		{"duplicate", NetemConfig{Limit: 1000, Duplicate: NetemChance{P: 1<<32 - 1}}, 2000, 2000, 0},
		{"corrupt", NetemConfig{Limit: 1000, Corrupt: NetemChance{P: 1<<32 - 1}}, 1000, 1000, 0},
		{"rate", NetemConfig{Limit: 1000, Rate: 100000}, 1000, 1000, sim.Millisecond},
	} {
		ns, d, g := line()
		q := NewNetem(d, tt.c)
		d.Qdisc = q
		for i := range 1000 {
			send(ns, d, byte(i), 0, 100)
		}
		ns.Clock.RunUntil(10 * sim.Second)
		if n := len(g.got); n < tt.sent || n > tt.most {
			t.Errorf("%s: %d sent", tt.name, n)
		}
		if len(g.at) > 0 && (g.at[0] < tt.first || g.at[0] > tt.first+sim.Millisecond) {
			t.Errorf("%s: the first at %d", tt.name, g.at[0])
		}
		if q.Len() != 0 || q.Backlog() != 0 {
			t.Errorf("%s: %d packets, %d bytes are left", tt.name, q.Len(), q.Backlog())
		}
		leaks(t, ns)
	}
}
