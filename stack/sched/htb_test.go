package sched

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// class makes the options of a class: rates in bytes a second, buckets in bytes.
func class(rate, ceil uint64, burst, cburst, prio int) HtbClassConfig {
	t := func(n int, r uint64) sim.Time { return sim.Time(uint64(n) * 1e9 / r) }
	return HtbClassConfig{Rate: Rate{Bytes: rate}, Ceil: Rate{Bytes: ceil}, Buffer: t(burst, rate), CBuffer: t(cburst, ceil), Prio: prio}
}

// tree makes an htb on a device: 1:1 of 1 MB/s, below it 1:10 of 300 kB/s that may
// borrow, and 1:20 of 700 kB/s that may not.
func tree(t *testing.T) (*core.Netns, *core.Device, *stamp, *Htb) {
	t.Helper()
	ns, d, g := line()
	d.TxQueueLen = 1000
	q := NewHtb(d, 1<<16, HtbConfig{Default: 0x20, Rate2Q: 10, DirectLimit: -1})
	d.Qdisc = q
	q.SetHandle(1 << 16)
	for _, c := range []struct {
		id, parent uint32
		c          HtbClassConfig
	}{
		{0x10001, 1 << 16, class(1e6, 1e6, 3000, 3000, 0)},
		{0x10010, 0x10001, class(300e3, 1e6, 3000, 3000, 0)},
		{0x10020, 0x10001, class(700e3, 700e3, 3000, 3000, 1)},
	} {
		if r, _ := q.AddClass(c.id, c.parent, c.c); r != HtbOK {
			t.Fatalf("class %x: %d", c.id, r)
		}
	}
	return ns, d, g, q
}

// A class alone borrows up to its ceil; two that are never idle get what is theirs.
func TestHtbRates(t *testing.T) {
	for _, tt := range []struct {
		name     string
		a, b     bool
		wa, wb   uint64 // bytes of a second, about
		borrowed bool
	}{
		{"a alone borrows", true, false, 1e6, 0, true},
		{"b alone may not", false, true, 0, 700e3, false},
		{"both", true, true, 300e3, 700e3, false},
	} {
		ns, d, _, q := tree(t)
		for i := range 1000 {
			ns.Clock.RunUntil(sim.Time(i) * sim.Millisecond)
			for range 2 {
				if tt.a {
					send(ns, d, 1, 0x10010, 1000)
				}
				if tt.b {
					send(ns, d, 2, 0x10020, 1000)
				}
			}
		}
		ns.Clock.RunUntil(sim.Second)
		a, _ := q.Class(0x10010)
		b, _ := q.Class(0x10020)
		up, _ := q.Class(0x10001)
		near := func(what string, got, want uint64) {
			if got+want/50+1000 < want || got > want+want/50+4000 {
				t.Errorf("%s: %s sent %d, want about %d", tt.name, what, got, want)
			}
		}
		near("a", a.Stats.Bytes, tt.wa)
		near("b", b.Stats.Bytes, tt.wb)
		if up.Stats.Bytes != a.Stats.Bytes+b.Stats.Bytes {
			t.Errorf("%s: the parent sent %d, its children %d and %d", tt.name, up.Stats.Bytes, a.Stats.Bytes, b.Stats.Bytes)
		}
		if (a.Borrows > a.Lends/10) != tt.borrowed || b.Borrows != 0 || up.Lends != a.Borrows {
			t.Errorf("%s: a lent %d, borrowed %d; b borrowed %d; the parent lent %d", tt.name, a.Lends, a.Borrows, b.Borrows, up.Lends)
		}
		q.Reset(ns)
		if q.Len() != 0 || q.Backlog() != 0 {
			t.Errorf("%s: %d packets, %d bytes are left", tt.name, q.Len(), q.Backlog())
		}
		leaks(t, ns)
	}
}

// Without a class that fits, packets go straight through; a leaf of the default's
// number takes them.
func TestHtbDirect(t *testing.T) {
	ns, d, g, q := tree(t)
	send(ns, d, 1, 1<<16, 100) // the discipline itself
	if q.Direct() != 1 || len(g.got) != 1 {
		t.Errorf("%d direct, sent %v", q.Direct(), g.got)
	}
	send(ns, d, 2, 0, 100)
	if c, _ := q.Class(0x10020); c.Stats.Packets != 1 || q.Direct() != 1 {
		t.Errorf("default: %+v, %d direct", c.Stats, q.Direct())
	}
	if r := q.DeleteClass(0x10020); r != HtbOK {
		t.Error(r)
	}
	send(ns, d, 3, 0, 100)
	if q.Direct() != 2 {
		t.Errorf("%d direct", q.Direct())
	}
	leaks(t, ns)
}

// What the kernel refuses, and what a class becomes.
func TestHtbClasses(t *testing.T) {
	ns, d, _, q := tree(t)
	ok := class(1000, 1000, 1600, 1600, 0)
	for _, tt := range []struct {
		what string
		got  func() HtbRefusal
		want HtbRefusal
	}{
		{"twice", func() HtbRefusal { r, _ := q.AddClass(0x10010, 1<<16, ok); return r }, HtbInvalid},
		{"of another", func() HtbRefusal { r, _ := q.AddClass(0x20010, 1<<16, ok); return r }, HtbInvalid},
		{"without a rate", func() HtbRefusal { r, _ := q.AddClass(0x10030, 1<<16, HtbClassConfig{}); return r }, HtbInvalid},
		{"a parent", func() HtbRefusal { return q.DeleteClass(0x10001) }, HtbInUse},
		{"nothing", func() HtbRefusal { return q.DeleteClass(0x10099) }, HtbNoClass},
	} {
		if r := tt.got(); r != tt.want {
			t.Errorf("%s: %d, want %d", tt.what, r, tt.want)
		}
	}
	if _, note := q.AddClass(0x10040, 1<<16, ok); note != HtbQuantumSmall {
		t.Errorf("a quantum of 100 bytes: %d", note)
	}
	parent := uint32(1 << 16)
	for i := range uint32(12) { // TC_HTB_MAXDEPTH
		r, _ := q.AddClass(0x10100+i, parent, ok)
		if want := map[bool]HtbRefusal{true: HtbTooDeep, false: HtbOK}[i > 7]; r != want && i <= 8 {
			t.Errorf("depth %d: %d, want %d", i, r, want)
		}
		if r != HtbOK {
			break
		}
		parent = 0x10100 + i
	}
	// What waits in a leaf goes when it becomes a parent.
	for range 10 {
		send(ns, d, 1, 0x10020, 1000)
	}
	before := q.Len()
	q.AddClass(0x10021, 0x10020, ok)
	if q.Len() >= before || q.Len() != 0 {
		t.Errorf("%d wait, before %d", q.Len(), before)
	}
	q.BindFilter(0x10021)
	if q.DeleteClass(0x10021) != HtbInUse {
		t.Error("a filter leads there")
	}
	q.UnbindFilter(0x10021)
	if q.DeleteClass(0x10021) != HtbOK {
		t.Error("nothing leads there")
	}
	if c, _ := q.Class(0x10020); c.Level != 0 || c.Leaf == nil {
		t.Error("the parent of the last child is a leaf again")
	}
	q.Reset(ns)
	leaks(t, ns)
}

// A graft changes what waits where; a netem below a class delays it, and codel below
// prio drops from the inside: those above count right all the time.
func TestGraft(t *testing.T) {
	ns, d, g, q := tree(t)
	nm := NewNetem(d, NetemConfig{Limit: 100, Delay: 50 * sim.Millisecond})
	nm.SetHandle(0x100000)
	if _, err := q.Graft(0x10010, nm); err != 0 {
		t.Fatal(err)
	}
	if _, err := q.Graft(0x10001, NewPfifo(d, 1)); err != step.EINVAL {
		t.Errorf("an inner class has no queue: %v", err)
	}
	if f := Lookup(d, 0x100000); f != Discipline(nm) {
		t.Error("the new one is not found")
	}
	for i := range 5 {
		send(ns, d, byte(i), 0x10010, 100)
	}
	if len(g.got) != 0 || q.Len() != 5 || nm.Len() != 5 {
		t.Errorf("sent %v, %d and %d wait", g.got, q.Len(), nm.Len())
	}
	ns.Clock.RunUntil(sim.Second)
	if len(g.got) != 5 || g.at[0] < 50*sim.Millisecond || q.Len() != 0 {
		t.Errorf("sent %v at %v", g.got, g.at)
	}
	send(ns, d, 9, 0x10010, 100)
	if _, err := q.Graft(0x10010, nil); err != 0 || q.Len() != 0 || q.Backlog() != 0 {
		t.Errorf("%v, %d wait", err, q.Len())
	}
	leaks(t, ns)
}

func TestPrio(t *testing.T) {
	ns, d, g := setup()
	d.TxQueueLen = 100
	q, err := NewPrio(d, 0, PrioDefaults())
	if err != 0 {
		t.Fatal(err)
	}
	q.SetHandle(1 << 16)
	d.Qdisc = q
	c := CodelDefaults()
	c.Limit = 3
	cd := NewCodel(d, c)
	cd.SetHandle(0x30000)
	if _, err := q.Graft(0x10003, cd); err != 0 {
		t.Fatal(err)
	}
	for i, p := range []uint32{2, 0, 6, 0x10001, 0x10003, 2, 2, 0x10009, 2} { // 2 is band 2, 6 band 0; class 1 is band 0
		send(ns, d, byte(i), p, 50)
	}
	if q.Len() != 8 || q.Drops() != 1 || cd.Drops() != 1 {
		t.Errorf("%d wait, %d and %d dropped", q.Len(), q.Drops(), cd.Drops())
	}
	g.open = true
	d.WakeQueue(0)
	ns.Clock.RunUntil(sim.Second)
	// The first one was with the driver already.
	if string(g.got) != "\x00\x02\x03\x01\x07\x04\x05\x06" {
		t.Errorf("sent %v", g.got)
	}
	for _, bad := range []PrioConfig{{Bands: 1}, {Bands: 17}, {Bands: 2, Priomap: [16]uint8{2}}} {
		if q.Change(bad) != step.EINVAL {
			t.Errorf("%+v is taken", bad)
		}
	}
	if q.Change(PrioConfig{Bands: 5}) != 0 || q.Change(PrioConfig{Bands: 2}) != 0 {
		t.Error("more bands, and fewer")
	}
	leaks(t, ns)
}

// Each transmit queue has a discipline of its own; one that the driver stops does not
// hold up the others.
func TestMq(t *testing.T) {
	ns, d, g := setup()
	if _, err := NewMq(d, 0, nil); err != step.EOPNOTSUPP {
		t.Errorf("one queue: %v", err)
	}
	d.NumTxQueues = 4
	q, err := NewMq(d, 0, func(d *core.Device) Discipline { return NewPfifoFast(d) })
	if err != 0 {
		t.Fatal(err)
	}
	q.SetHandle(1 << 16)
	d.Qdisc = q
	g.open = true
	d.StopQueue(1)
	for i := range 8 {
		b := ns.AllocSKB(core.Headroom, 100, 0)
		clear(b.Put(100))
		b.Data()[0] = byte(i)
		b.ResetNetwork()
		b.Dev, b.IIF, b.QueueMapping = d, 7, uint16(i) // it came in by that queue
		ns.DevQueueXmit(b)
	}
	if string(g.got) != "\x00\x02\x03\x04\x06\x07" || q.Stats().Len != 2 {
		t.Errorf("sent %v, %d wait", g.got, q.Stats().Len)
	}
	d.WakeQueue(1)
	ns.Clock.RunUntil(sim.Second)
	if len(g.got) != 8 || q.Stats().Packets != 8 || q.Stats().Len != 0 {
		t.Errorf("sent %v; %+v", g.got, q.Stats())
	}
	n := 0
	q.EachClass(func(i ClassInfo) { n += int(i.Stats.Packets) })
	if n != 8 {
		t.Errorf("the classes sent %d", n)
	}
	leaks(t, ns)
}

// A discipline that feeds several transmit queues gives up to nine packets at once,
// and asks once more than there are: tbf counts that as an overlimit each time.
func TestBulkDequeue(t *testing.T) {
	for queues, want := range map[int]uint64{1: 3, 2: 4} {
		ns, d, g := line()
		d.NumTxQueues, d.RealTx = queues, 1
		q, _ := NewTbf(d, TbfConfig{Rate: Rate{Bytes: 125000}, Burst: 1000, Limit: 5120})
		d.Qdisc = q
		for i := range 3 {
			send(ns, d, byte(i), 0, 900)
		}
		ns.Clock.RunUntil(sim.Second)
		if len(g.got) != 3 || q.Stats().Overlimits != want {
			t.Errorf("%d queues: sent %v, %d overlimits", queues, g.got, q.Stats().Overlimits)
		}
		leaks(t, ns)
	}
}

// The kernel's own generator: the first values after prandom_seed_state(…, 12345), by a
// program in C of its own.
func TestNetemSeed(t *testing.T) {
	var r prng
	r.seed(12345)
	for i, want := range []uint32{688432123, 708216489, 990518830, 336400550, 2816971748, 3799986227} {
		if n := r.next(); n != want {
			t.Errorf("number %d: %d, want %d", i, n, want)
		}
	}
}

// Models of loss: the share that is lost, and how long losses last, are those of the
// chains.
func TestNetemModels(t *testing.T) {
	part := func(f float64) uint32 { return uint32(f * (1<<32 - 1)) }
	for _, tt := range []struct {
		name       string
		c          NetemConfig
		least, all float64 // share that is lost
		burst      float64 // mean length of a loss, at least
	}{
		{"gemodel 5% 50%", NetemConfig{LossModel: NetemLossGE, Model: [5]uint32{part(.05), part(.5), 0, 0}}, .07, .11, 1.7},
		{"gemodel, bad is not all bad", NetemConfig{LossModel: NetemLossGE, Model: [5]uint32{part(.1), part(.1), part(.5), part(.01)}}, .2, .31, 1},
		{"state 5% 50%", NetemConfig{LossModel: NetemLossState, Model: [5]uint32{part(.05), part(.5), 0, 0, 1<<32 - 1}}, .07, .12, 1.7},
		{"state, isolated", NetemConfig{LossModel: NetemLossState, Model: [5]uint32{0, 1<<32 - 1, 0, part(.1), 1<<32 - 1}}, .07, .11, 1},
		{"random 25%", NetemConfig{Loss: NetemChance{P: part(.25)}}, .23, .27, 1.2},
		{"random, correlated", NetemConfig{Loss: NetemChance{P: part(.4), Cor: part(.5)}}, .2, .5, 1.2},
	} {
		ns, d, _ := line()
		tt.c.Limit = 1000
		q := NewNetem(d, tt.c)
		lostN, runs, last := 0, 0, false
		for range 20000 {
			l := q.lossEvent()
			if l {
				lostN++
				if !last {
					runs++
				}
			}
			last = l
		}
		share := float64(lostN) / 20000
		if share < tt.least || share > tt.all {
			t.Errorf("%s: %.3f are lost", tt.name, share)
		}
		if m := float64(lostN) / float64(max(runs, 1)); m < tt.burst {
			t.Errorf("%s: a loss lasts %.2f packets", tt.name, m)
		}
		leaks(t, ns)
	}
}

// Slots: packets leave in groups.
func TestNetemSlots(t *testing.T) {
	ns, d, g := line()
	q := NewNetem(d, NetemConfig{Has: NetemHasSlot, Limit: 1000, Delay: sim.Millisecond, Slot: NetemSlot{Min: 20 * sim.Millisecond, Max: 20 * sim.Millisecond, Packets: 4}})
	d.Qdisc = q
	for i := range 12 {
		send(ns, d, byte(i), 0, 100)
	}
	ns.Clock.RunUntil(sim.Second)
	if len(g.got) != 12 {
		t.Fatalf("sent %v", g.got)
	}
	for i, at := range g.at {
		if first := g.at[i/4*4]; at-first > sim.Millisecond {
			t.Errorf("packet %d leaves %v after the first of its group", i, at-first)
		}
		if i >= 4 && i%4 == 0 && at-g.at[i-1] < 15*sim.Millisecond {
			t.Errorf("group %d follows too soon: %d ns", i/4, at-g.at[i-1])
		}
	}
	leaks(t, ns)
}
