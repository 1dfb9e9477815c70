package walk

import (
	"errors"
	"io"
	"net/netip"
	"testing"

	"github.com/packetwalk/packetwalk/stack/live"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A drive is a machine that another one talks to, and walks of it.
type drive struct {
	t    *testing.T
	a, b *live.Machine
	ins  []*Inputs
}

func newDrive(t *testing.T) *drive {
	conf := func(n byte) live.Config {
		return live.Config{Seed: uint64(n), Ports: []live.Port{{Name: "eth0", MAC: 0x020000000a00 + wire.MAC(n), Addrs: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 9, 0, n}), 24)}}}}
	}
	d := &drive{t: t}
	var err error
	if d.a, err = live.New(conf(1)); err != nil {
		t.Fatal(err)
	}
	if d.b, err = live.New(conf(2)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.a.Close)
	t.Cleanup(d.b.Close)
	return d
}

// walk begins a walk of machine b.
func (d *drive) walk(in *Inputs, lim *liveLimits) *Lab {
	in.Name, in.Config = "live", live.Config{Seed: 2, Ports: []live.Port{{Name: "eth0", MAC: 0x020000000a02, Addrs: []netip.Prefix{netip.MustParsePrefix("10.9.0.2/24")}}}}
	k, err := OpenLab(Script{Live: in})
	if err != nil {
		d.t.Fatal(err)
	}
	k.past.lim = lim
	d.ins = append(d.ins, in)
	return k
}

// add tells every walk of something.
func (d *drive) add(r live.Record) {
	for _, in := range d.ins {
		in.Add(r)
	}
}

// run lets both machines go on.
func (d *drive) run(long sim.Time) {
	for at, to := d.b.Now(), d.b.Now()+long; at < to; {
		at += 20 * sim.Microsecond
		d.a.RunTo(at)
		d.b.RunTo(at)
		fromA, fromB := d.a.Sent(), d.b.Sent()
		for _, s := range fromA {
			d.add(live.Record{Kind: live.In, At: at, Data: s.Data})
			d.b.Frame(at, 0, s.Data)
		}
		for _, s := range fromB {
			d.a.Frame(at, 0, s.Data)
		}
		for _, in := range d.ins {
			in.Until(at)
		}
		d.a.Forget()
		d.b.Forget()
	}
}

func advance(t *testing.T, k *Lab) {
	t.Helper()
	for !k.done && !k.now.stuck() {
		if _, err := k.Advance(1000); err != nil {
			t.Fatal(err)
		}
	}
}

// same compares what two walks keep of the items from first on.
func same(t *testing.T, k, all *Lab, first, shift int) {
	t.Helper()
	between := 0
	for i := first; i < k.Len(); i++ {
		if x, y := k.Packet(i), all.Packet(i+shift); x.At != y.At || x.Len != y.Len || x.Outcome != y.Outcome || x.Fn != y.Fn || k.Item(i).Kind != all.Item(i+shift).Kind {
			t.Fatalf("item %d is %+v, in the whole walk %+v", i, x, y)
		}
		c, err := k.Chunk(i)
		if errors.Is(err, ErrForgotten) && !k.canRecord(i) && between < (k.Len()-first)/50 {
			between++ // it began in one stretch, and ended in the next
			continue
		}
		if err != nil {
			t.Fatalf("item %d of %d: %v", i, k.Len(), err)
		}
		o, err := all.Chunk(i + shift)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Story(i)) != len(o.Story(i+shift)) || len(c.Story(i)) == 0 {
			t.Fatalf("item %d has %d events, in the whole walk %d", i, len(c.Story(i)), len(o.Story(i+shift)))
		}
		if k.canRecord(i) && i%37 == 0 {
			c, err := k.record(i)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Story(i)) != len(o.Story(i+shift)) {
				t.Fatalf("item %d has %d events when it is recorded again, in the whole walk %d", i, len(c.Story(i)), len(o.Story(i+shift)))
			}
		}
	}
}

// The walk of a run that never ends holds the most recent, as the walk of all of it
// does.
func TestRecent(t *testing.T) {
	d := newDrive(t)
	lim := &liveLimits{items: 1500, events: 20000, marks: 5, stretch: 3000}
	in := &Inputs{Recent: true, most: 4 << 20}
	k := d.walk(in, lim)
	all := d.walk(&Inputs{}, nil)
	d.a.Do(d.a.Now(), "while :; do ping -c 3 -i 0.01 -q 10.9.0.2; curl -s -o /tmp/x http://10.9.0.2/bytes/20000; dig +short @10.9.0.2 model.packetwalk; done", io.Discard)
	forgot := 0
	for n := range 60 {
		if n == 20 { // a command that runs for long: the machine cannot be copied
			d.add(live.Record{Kind: live.Line, At: d.b.Now(), Data: []byte("ping -q -i 0.05 10.9.0.1")})
			d.b.Do(d.b.Now(), "ping -q -i 0.05 10.9.0.1", io.Discard)
		}
		d.run(200 * sim.Millisecond)
		advance(t, k)
		if k.First() > forgot {
			forgot = k.First()
			t.Logf("%d things happened, those from %d on are kept, %d marks, %d events", k.Len(), k.First(), len(k.past.marks), len(k.whose))
		}
		if len(k.items) > lim.items+200 && n < 20 || len(k.whose) > lim.events+2*lim.stretch {
			t.Fatalf("%d items, %d events", len(k.items), len(k.whose))
		}
		if n == 19 && (forgot == 0 || len(k.past.marks) == 0) {
			t.Fatalf("nothing was forgotten, or nothing can be run again: %d, %d", forgot, len(k.past.marks))
		}
		if n == 15 {
			advance(t, all)
			same(t, k, all, k.First(), 0)
		}
	}
	advance(t, all)
	if all.Len() != k.Len() {
		t.Fatalf("%d things happened, in the whole walk %d", k.Len(), all.Len())
	}
	last := forgot
	for ; last < k.Len(); last++ {
		if _, err := k.Chunk(last); err == nil {
			break
		}
	}
	same(t, k, all, last, 0)
	if k.Len()-last < 200 {
		t.Errorf("of %d things only the last %d can be looked at", k.Len(), k.Len()-last)
	}
	if _, err := k.Chunk(0); !errors.Is(err, ErrForgotten) {
		t.Errorf("the first packet: %v", err)
	}
	if f, err := k.Frame(0); err != nil || len(f.Data) > 0 {
		t.Errorf("the first packet: %v, %d bytes", err, len(f.Data))
	}
	if in.bytes > in.most || in.skipped > 0 {
		t.Errorf("%d bytes of inputs, %d skipped", in.bytes, in.skipped)
	}
}

// A walk that comes too late goes on with a copy of the machine, and says how much
// it has skipped.
func TestSkips(t *testing.T) {
	d := newDrive(t)
	in := &Inputs{Recent: true, most: 100000}
	in.Copy = func() *live.Machine {
		if !d.b.Rests() {
			return nil
		}
		return d.b.Copy()
	}
	k := d.walk(in, nil)
	whole := &Inputs{}
	all := d.walk(whole, nil)
	d.a.Do(d.a.Now(), "while :; do curl -s -T /bin/sh http://10.9.0.2/x; curl -s -o /tmp/x http://10.9.0.2/bytes/900000; ping -c 1 10.9.0.2; done", io.Discard)
	d.run(20 * sim.Millisecond)
	advance(t, k)
	before := k.Len()
	d.run(200 * sim.Millisecond)
	if in.Skipped() == 0 {
		t.Fatalf("nothing was skipped: %d bytes", in.bytes)
	}
	if whole.skipped > 0 {
		t.Fatal("the whole walk is not whole")
	}
	advance(t, k)
	d.run(50 * sim.Millisecond)
	advance(t, k)
	advance(t, all)
	if k.First() < before || k.Len()-k.First() < 50 {
		t.Fatalf("%d things happened, those from %d on are kept", k.Len(), k.First())
	}
	t.Logf("%d inputs skipped; %d things of %d are kept", in.Skipped(), k.Len()-k.First(), all.Len())
	// What is under way when it goes on begins anew there.
	same(t, k, all, k.Len()-50, all.Len()-k.Len())
}
