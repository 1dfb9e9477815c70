package sched

import (
	"math"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// An rfcCodel is the pseudo code of RFC 8289, section 5, in seconds and with the real
// square root: written from the RFC's text, to be compared with the kernel's way.
type rfcCodel struct {
	target, interval   float64
	mtu                int
	first, next        float64
	count, last        int
	dropping           bool
	queue              []rfcPkt
	bytes              int
	dropped, delivered []int
	times              []float64 // of the drops
}

type rfcPkt struct {
	id, size int
	at       float64
}

func (c *rfcCodel) doDequeue(now float64) (p rfcPkt, ok, drop bool) {
	if len(c.queue) == 0 {
		c.first = 0
		return rfcPkt{}, false, false
	}
	p = c.queue[0]
	c.queue = c.queue[1:]
	c.bytes -= p.size
	if now-p.at < c.target || c.bytes <= c.mtu {
		c.first = 0
		return p, true, false
	}
	if c.first == 0 {
		c.first = now + c.interval
		return p, true, false
	}
	return p, true, now >= c.first
}

func (c *rfcCodel) law(t float64, n int) float64 { return t + c.interval/math.Sqrt(float64(n)) }

func (c *rfcCodel) dequeue(now float64) {
	p, ok, drop := c.doDequeue(now)
	if c.dropping {
		if !drop {
			c.dropping = false
		}
		for c.dropping && now >= c.next {
			c.dropped, c.times = append(c.dropped, p.id), append(c.times, now)
			c.count++
			if p, ok, drop = c.doDequeue(now); !drop {
				c.dropping = false
			} else {
				c.next = c.law(c.next, c.count)
			}
		}
	} else if drop {
		c.dropped, c.times = append(c.dropped, p.id), append(c.times, now)
		p, ok, _ = c.doDequeue(now)
		c.dropping = true
		delta := c.count - c.last
		c.count = 1
		if delta > 1 && now-c.next < 16*c.interval {
			c.count = delta
		}
		c.next = c.law(now, c.count)
		c.last = c.count
	}
	if ok {
		c.delivered = append(c.delivered, p.id)
	}
}

// A sender that is faster than the link: the drops come at the times of the RFC's
// pseudo code, one by one, but for the rounding of the kernel's square root.
func TestCodelRFC(t *testing.T) {
	ns, d, _ := line()
	d.MTU = 486 // mtu of 500 with the link header
	q := NewCodel(d, CodelDefaults())
	r := &rfcCodel{target: .005, interval: .1, mtu: 500}
	id := 0
	var drops []float64
	arrive := func(n int) {
		for range n {
			b := ns.AllocSKB(core.Headroom, 500, 0)
			clear(b.Put(500))
			b.ResetNetwork()
			b.Dev = d
			q.Enqueue(ns, b)
			r.queue = append(r.queue, rfcPkt{id, 500, float64(ns.Clock.Now()) / 1e9})
			r.bytes += 500
			id++
		}
	}
	for i := range 3000 { // each ms a packet leaves; in bursts, two arrive
		ns.Clock.RunUntil(sim.Time(i+1) * sim.Millisecond)
		switch {
		case i%1000 < 300:
			arrive(2)
		case i%1000 < 900:
			arrive(1)
		}
		before := q.Drops()
		if b := q.Dequeue(ns); b != nil {
			ns.Consume(b, step.DevHardStartXmit)
		}
		for range q.Drops() - before {
			drops = append(drops, float64(ns.Clock.Now())/1e9)
		}
		r.dequeue(float64(ns.Clock.Now()) / 1e9)
	}
	if len(r.dropped) < 20 {
		t.Fatalf("the test drops too little: %d", len(r.dropped))
	}
	if n, want := int(q.Drops()), len(r.dropped); n < want-want/50-1 || n > want+want/50+1 {
		t.Errorf("%d dropped, the RFC drops %d", n, want)
	}
	// The kernel's first steps towards a square root are rough (1/sqrt(2) is 0.5), so
	// that its drops are up to a quarter of the interval ahead.
	for i := range min(len(drops), len(r.times)) {
		if d := drops[i] - r.times[i]; d > .005 || d < -.03 {
			t.Errorf("drop %d at %.3f s, the RFC's at %.3f s", i, drops[i], r.times[i])
			break
		}
	}
	q.Reset(ns)
	leaks(t, ns)
}

// The square root by Newton's steps: 1/sqrt(count) in units of 2^-16.
func TestCodelNewton(t *testing.T) {
	v := codelVars{invSqrt: 1<<16 - 1}
	for v.count = 2; v.count < 2000; v.count++ {
		v.newton()
		want := 65536 / math.Sqrt(float64(v.count))
		if v.count > 20 && math.Abs(float64(v.invSqrt)-want) > want/50 {
			t.Fatalf("1/sqrt(%d): %d, want %.0f", v.count, v.invSqrt, want)
		}
	}
}

// Times of codel are units of 1024 ns, and what is told of them is rounded down.
func TestCodelClock(t *testing.T) {
	for us, want := range map[uint32]uint32{5000: 4999, 100000: 99999, 1: 0, 1024: 1024, 20000: 19999} {
		if n := codelMicros(us).micros(); n != want {
			t.Errorf("%d us: %d, want %d", us, n, want)
		}
	}
	if !codelTime(3).after(codelTime(1<<32 - 5)) {
		t.Error("the clock wraps")
	}
}

// pkt makes a UDP packet of IPv4 from a port, with ECN bits.
func pkt(ns *core.Netns, d *core.Device, port uint16, ecn byte, n int) *core.SKB {
	b := ns.AllocSKB(core.Headroom, n, 0)
	p := b.Put(n)
	clear(p)
	p[12], p[14], p[15], p[23] = 8, 0x45, ecn, 17
	p[34], p[35] = byte(port>>8), byte(port)
	b.Dev, b.Protocol = d, 0x0800
	b.Pull(14)
	b.ResetNetwork()
	b.Push(14)
	return b
}

// A flow that floods does not hold up one that sends a packet now and then, and it is
// the flood that is dropped when the queue is full.
func TestFqCodelFair(t *testing.T) {
	ns, d, _ := line()
	c := FqCodelDefaults(d)
	c.Limit = 100
	q := NewFqCodel(d, c)
	for range 150 {
		q.Enqueue(ns, pkt(ns, d, 1000, 0, 1000))
	}
	if s := q.FqCodelStats(); q.Len() > 100 || s.DropOverlimit == 0 || s.NewFlowCount != 1 || s.NewFlows != 1 {
		t.Errorf("%d wait; %+v", q.Len(), s)
	}
	rc := q.Enqueue(ns, pkt(ns, d, 2000, 0, 100))
	if rc != core.NetXmitSuccess {
		t.Errorf("the other flow: %d", rc)
	}
	at := -1
	for i := range 20 {
		b := q.Dequeue(ns)
		if b == nil {
			break
		}
		if b.Len() == 100 {
			at = i
		}
		ns.Consume(b, step.DevHardStartXmit)
	}
	if at < 0 || at > 3 {
		t.Errorf("the sparse flow's packet leaves as number %d", at)
	}
	flows := 0
	q.EachFlow(func(class uint32, s Stats, v CodelStats) { flows++ })
	if flows != 1 && flows != 2 {
		t.Errorf("%d flows", flows)
	}
	q.Reset(ns)
	drain(ns, d)
	leaks(t, ns)
}

// drain frees what was refused.
func drain(ns *core.Netns, d *core.Device) {
	d.Qdisc = NewPfifo(d, 0)
	b := ns.AllocSKB(core.Headroom, 60, 0)
	clear(b.Put(60))
	b.ResetNetwork()
	b.Dev = d
	ns.DevQueueXmit(b)
}

// With ECN a packet is marked instead of dropped; the header's checksum stays right.
func TestCodelMarks(t *testing.T) {
	ns, d, _ := line()
	c := FqCodelDefaults(d)
	q := NewFqCodel(d, c)
	marked, dropped := 0, uint64(0)
	for i := range 600 {
		ns.Clock.RunUntil(sim.Time(i+1) * sim.Millisecond)
		q.Enqueue(ns, pkt(ns, d, 1000, 2, 1000))
		q.Enqueue(ns, pkt(ns, d, 1000, 2, 1000))
		if b := q.Dequeue(ns); b != nil {
			if b.Data()[15]&3 == 3 {
				marked++
			}
			ns.Consume(b, step.DevHardStartXmit)
		}
		dropped = q.Drops()
	}
	s := q.FqCodelStats()
	if marked == 0 || int(s.ECNMark) != marked || dropped != 0 {
		t.Errorf("%d marked, %d counted, %d dropped", marked, s.ECNMark, dropped)
	}
	c.CEThreshold = 1000
	q.Change(c)
	for range 10 {
		if b := q.Dequeue(ns); b != nil {
			ns.Consume(b, step.DevHardStartXmit)
		}
	}
	if s := q.FqCodelStats(); s.CEMark == 0 {
		t.Errorf("no mark above ce_threshold: %+v", s)
	}
	q.Reset(ns)
	leaks(t, ns)
}

// The memory limit counts what packets take, not what they carry.
func TestFqCodelMemory(t *testing.T) {
	ns, d, _ := line()
	c := FqCodelDefaults(d)
	c.MemoryLimit = 20000
	q := NewFqCodel(d, c)
	for range 100 {
		q.Enqueue(ns, pkt(ns, d, 1000, 0, 100))
	}
	if s := q.FqCodelStats(); s.MemoryUsed > 20000 || s.DropOvermemory == 0 || s.DropOvermemory != s.DropOverlimit {
		t.Errorf("%+v", s)
	}
	q.Reset(ns)
	if q.memory != 0 || q.Len() != 0 || q.Backlog() != 0 {
		t.Errorf("%d bytes of memory, %d packets, %d bytes are left", q.memory, q.Len(), q.Backlog())
	}
	drain(ns, d)
	leaks(t, ns)
}
