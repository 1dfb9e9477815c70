package walk_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/bench"
	"github.com/packetwalk/packetwalk/stack/filter"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A capture is one that the tests walk, and how.
type capture struct {
	name string
	src  *pcaps.Reader
	opt  stack.Options
}

// bundled opens a bundled capture with its own host.
func bundled(t testing.TB, name string) capture {
	t.Helper()
	e, ok := pcaps.Lookup(name)
	if !ok {
		t.Fatalf("there is no capture %s", name)
	}
	r, err := e.Open()
	check(t, err)
	t.Cleanup(func() { r.Close() })
	s, err := lab.Parse(name+".host", e.Host())
	check(t, err)
	return capture{name, r, stack.Options{Setup: s.Setup, Local: wire.FromNetip(netip.MustParseAddr(e.Local))}}
}

// generated makes a capture of many frames.
func generated(t testing.TB, frames, flows int) capture {
	t.Helper()
	var b bytes.Buffer
	_, err := bench.Generate(&b, frames, flows, 1)
	check(t, err)
	r, err := pcaps.New(bytes.NewReader(b.Bytes()), "generated")
	check(t, err)
	t.Cleanup(func() { r.Close() })
	return capture{"generated", r, stack.Options{Local: bench.HostAddr.Addr()}}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open indexes a capture.
func (c capture) open(t testing.TB) *walk.Walk {
	t.Helper()
	k, err := walk.Open(c.src, c.opt)
	check(t, err)
	for done := false; !done; {
		done, err = k.Advance(1000)
		check(t, err)
	}
	check(t, k.Err())
	return k
}

// straight runs the capture without a copy ever being made, and records what
// happens while the frames from to to (excluded) come, for each window.
func (c capture) straight(t testing.TB, windows [][2]int) []*trace.Log {
	t.Helper()
	p, err := walk.Diagnose(c.src, c.opt)
	check(t, err)
	r, err := stack.NewReplay(c.opt, p)
	check(t, err)
	tr := &trace.Tracer{Mode: trace.Count}
	r.SetTracer(tr)
	logs := make([]*trace.Log, len(windows))
	c.src.Rewind()
	for i := 0; ; i++ {
		f, err := c.src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		check(t, err)
		r.Advance(&f)
		for n, w := range windows {
			switch i {
			case w[1]:
				logs[n] = &trace.Log{Events: slices.Clone(tr.Log.Events), Changes: slices.Clone(tr.Log.Changes)}
				tr.Mode = trace.Count
			case w[0]:
				tr = &trace.Tracer{Mode: trace.Record}
				r.SetTracer(tr)
			}
		}
		r.Deliver(&f)
		tr.Ends = tr.Ends[:0]
	}
	return logs
}

// seek compares chunks that were reached by seeking with a straight run: the
// same events, and the same observed state after each.
func seek(t *testing.T, c capture, windows int) {
	k := c.open(t)
	rng := rand.New(rand.NewPCG(1, 2))
	var at [][2]int
	for from := 0; from < k.Indexed(); from += 256 {
		at = append(at, [2]int{from, min(from+256, k.Indexed())})
	}
	if len(at) > windows {
		rng.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] })
		at = at[:windows]
		slices.SortFunc(at, func(a, b [2]int) int { return a[0] - b[0] })
	}
	logs := c.straight(t, at)
	for _, n := range rng.Perm(len(at)) {
		if logs[n] == nil {
			continue // the last one: it is still open
		}
		same(t, k, c.name, at[n][0], logs[n])
	}
}

func same(t *testing.T, k *walk.Walk, name string, from int, log *trace.Log) {
	t.Helper()
	c, err := k.Chunk(from)
	check(t, err)
	if len(c.Log.Events) < len(log.Events) {
		t.Fatalf("%s, frame %d: %d events after a seek, %d after a run", name, from+1, len(c.Log.Events), len(log.Events))
	}
	want := walk.State{}
	applied := 0
	for i := range log.Events {
		a, b := c.Log.Events[i], log.Events[i]
		if a.At != b.At || a.Kind != b.Kind || a.Code != b.Code || a.Pkt != b.Pkt || a.SKB != b.SKB || a.Subject != b.Subject || a.Why != b.Why ||
			a.Depth != b.Depth || a.CPU != b.CPU || a.Fn != b.Fn || a.Reason != b.Reason || a.Dev != b.Dev {
			t.Fatalf("%s, frame %d, event %d:\nafter a seek %+v\nafter a run  %+v", name, from+1, i, a, b)
		}
		for applied < len(log.Changes) && int(log.Changes[applied].When) <= i+1 {
			ch := &log.Changes[applied]
			want[walk.StateKey{Obj: ch.Obj, Key: ch.Key}] = ch.New
			applied++
		}
		if i%97 != 0 && i != len(log.Events)-1 {
			continue
		}
		got := c.StateAt(i)
		for key, v := range want {
			if got[key] != v {
				t.Fatalf("%s, frame %d, event %d: %s of object %d is %d after a seek, %d after a run", name, from+1, i, key.Key.Field().Name, key.Obj, got[key], v)
			}
		}
		for key, v := range got {
			if _, ok := want[key]; !ok && key.Key.Kind() != step.KindNS {
				t.Fatalf("%s, frame %d, event %d: %s of object %d is %d after a seek, and unknown after a run", name, from+1, i, key.Key.Field().Name, key.Obj, v)
			}
		}
	}
}

// TestSeekBundled seeks in every bundled capture, in both modes.
func TestSeekBundled(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		for _, m := range []stack.Mode{stack.Follow, stack.React} {
			c := bundled(t, e.Name)
			c.opt.Mode = m
			seek(t, c, 3)
		}
	}
}

// TestSeekLong seeks in a long capture with many connections, at random, and
// holds the number of copies to its bound.
func TestSeekLong(t *testing.T) {
	frames := 50000
	if testing.Short() {
		frames = 8000
	}
	c := generated(t, frames, 500)
	seek(t, c, 12)
	k := c.open(t)
	if k.Indexed() != frames || k.Len() != frames {
		t.Errorf("%d of %d frames are in the index, %d are known", k.Indexed(), frames, k.Len())
	}
	if n, every := k.Checkpoints(); n < 2 || n > 64 {
		t.Errorf("%d checkpoints, one in %d frames", n, every)
	}
}

// TestForthAndBack goes forwards and back again by applying changes: the state
// is the same at the same place, whichever way it was reached.
func TestForthAndBack(t *testing.T) {
	for _, name := range []string{"ping", "tcp", "loss", "fragments", "ipv6"} {
		k := bundled(t, name).open(t)
		c, err := k.Chunk(0)
		check(t, err)
		n := len(c.Log.Events)
		states := make([]walk.State, n)
		for i := range n {
			states[i] = clone(c.StateAt(i))
		}
		rng := rand.New(rand.NewPCG(3, 4))
		for range 200 {
			i := rng.IntN(n)
			if !equal(c.StateAt(i), states[i]) {
				t.Fatalf("%s: the state after event %d is not the one that it was on the way there", name, i)
			}
		}
		for i := n - 1; i >= 0; i-- {
			if !equal(c.StateAt(i), states[i]) {
				t.Fatalf("%s: the state after event %d is another on the way back", name, i)
			}
		}
		if len(c.StateAt(-1)) > len(states[n-1]) || !equal(c.StateAt(n-1), states[n-1]) {
			t.Errorf("%s: the way from the beginning to the end does not lead there", name)
		}
	}
}

func clone(s walk.State) walk.State {
	c := walk.State{}
	for k, v := range s {
		c[k] = v
	}
	return c
}

func equal(a, b walk.State) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// TestFind walks from match to match, forwards and back: the same places, in
// the opposite order; and each event there is what was looked for.
func TestFind(t *testing.T) {
	tests := []struct {
		name string
		m    walk.Match
		want func(*trace.Event) bool
	}{
		{"tcp", walk.Match{Landmarks: walk.MarkState}, func(e *trace.Event) bool { return e.Kind == trace.Point && step.TP(e.Code) == step.InetSockSetState }},
		{"closed-ports", walk.Match{Landmarks: walk.MarkDrop}, func(e *trace.Event) bool { return e.Kind == trace.End && trace.Outcome(e.Code) == trace.Dropped }},
		{"arp", walk.Match{Landmarks: walk.MarkNeigh}, func(e *trace.Event) bool { return e.Kind == trace.Point }},
		{"http", walk.Match{Step: step.ByName("tcp_rcv_established")}, func(e *trace.Event) bool { return e.Kind == trace.Call }},
		{"dns", walk.Match{Filter: mustFilter(t, "udp src port 53")}, nil},
	}
	for _, x := range tests {
		k := bundled(t, x.name).open(t)
		var forth, back []walk.Cursor
		at := walk.Cursor{Frame: 0, Step: -1}
		for {
			next, ok, err := k.Find(at, false, x.m)
			check(t, err)
			if !ok {
				break
			}
			if len(forth) > 0 && !before(at, next) {
				t.Fatalf("%s: from %v forwards to %v", x.name, at, next)
			}
			c, err := k.Chunk(next.Frame)
			check(t, err)
			if e := &c.Log.Events[c.Story(next.Frame)[next.Step]]; x.want != nil && !x.want(e) {
				t.Errorf("%s: %v is %+v", x.name, next, e)
			}
			forth = append(forth, next)
			at = next
		}
		at = walk.Cursor{Frame: k.Indexed() - 1, Step: 1 << 30}
		for {
			next, ok, err := k.Find(at, true, x.m)
			check(t, err)
			if !ok {
				break
			}
			back = append(back, next)
			at = next
		}
		if x.want == nil {
			// whole frames: the one that the way back began in is not on it
			back = slices.Insert(back, 0, forth[len(forth)-1])
		}
		slices.Reverse(back)
		if len(forth) == 0 || !slices.Equal(forth, back) {
			t.Errorf("%s: forwards %v, back %v", x.name, forth, back)
		}
	}
}

func before(a, b walk.Cursor) bool {
	return a.Frame < b.Frame || a.Frame == b.Frame && a.Step < b.Step
}

func mustFilter(t *testing.T, expr string) *filter.Filter {
	f, err := filter.Compile(expr, wire.LinkEthernet)
	check(t, err)
	return f
}

// TestLastWrite asks, for each value that is on show at the end of a
// conversation, who wrote it: that event changed it to that value, and no
// later one changed it again.
func TestLastWrite(t *testing.T) {
	k := bundled(t, "tcp").open(t)
	last := k.Indexed() - 1
	c, err := k.Chunk(last)
	check(t, err)
	story := c.Story(last)
	at := walk.Cursor{Frame: last, Step: len(story) - 1}
	event := story[at.Step]
	asked, found := 0, 0
	for key, v := range clone(c.StateAt(event)) {
		if v == 0 {
			continue
		}
		asked++
		w, ok, err := k.LastWrite(at, key)
		check(t, err)
		if !ok {
			continue
		}
		found++
		wc, err := k.Chunk(w.Frame)
		check(t, err)
		if i := wc.Story(w.Frame)[w.Step]; !writes(&wc.Log, i, key, v) {
			t.Errorf("%s of object %d: %v does not write %d", key.Key.Field().Name, key.Obj, w, v)
		}
	}
	if found == 0 || asked == found {
		t.Errorf("of %d values %d were written in the capture", asked, found)
	}
}

// writes reports whether an event made a field v, or was the first to see it.
func writes(l *trace.Log, event int, key walk.StateKey, v uint64) bool {
	for i := range l.Changes {
		ch := &l.Changes[i]
		mine := int(ch.Event) == event || ch.Event == ^uint32(0) && int(ch.When) == event+1
		if mine && ch.Obj == key.Obj && ch.Key == key.Key && ch.New == v && !ch.First {
			return true
		}
	}
	return false
}

// TestCut walks a capture that breaks off: what came before is walked, and the
// walk says where it stopped.
func TestCut(t *testing.T) {
	var b bytes.Buffer
	_, err := bench.Generate(&b, 100, 5, 1)
	check(t, err)
	r, err := pcaps.New(bytes.NewReader(b.Bytes()[:b.Len()-7]), "cut.pcap")
	check(t, err)
	defer r.Close()
	k, err := walk.Open(r, stack.Options{})
	check(t, err)
	for done := false; !done; {
		done, err = k.Advance(1000)
		check(t, err)
	}
	if k.Indexed() != 99 || k.Err() == nil {
		t.Errorf("%d frames are walked, and the break is %v", k.Indexed(), k.Err())
	}
	_, err = k.Chunk(98)
	check(t, err)
}

// A changing capture reads differently the second time.
type changing struct {
	walk.Source
	at  int
	how func(data []byte)
}

func (c *changing) Frame(i int) (pcaps.Frame, error) {
	f, err := c.Source.Frame(i)
	if err == nil && i == c.at {
		f.Data = bytes.Clone(f.Data)
		c.how(f.Data)
	}
	return f, err
}

// TestAnotherPath lets one frame change after the index was made. A chunk that
// it is in is refused, and so is one after it, unless that begins at a
// checkpoint: the stretch between is run silently, and is proved too.
func TestAnotherPath(t *testing.T) {
	c := generated(t, 4000, 400)
	broken := func(d []byte) { d[len(d)-1] ^= 0x55 } // its checksum is wrong now
	for _, x := range []struct {
		name     string
		off      int // from the chunk's first frame
		how      func([]byte)
		min, max int // of 10 chunks, how many are refused
	}{
		{"in the chunk", 20, broken, 10, 10},
		{"before it", -120, broken, 4, 9},
		{"after it", 300, broken, 0, 0},
		{"and is the same", 20, func([]byte) {}, 0, 0},
	} {
		refused := 0
		for from := 1024; from < 1024+10*256; from += 256 {
			k, err := walk.Open(&changing{c.src, received(t, c, from+x.off), x.how}, c.opt)
			check(t, err)
			_, err = k.Advance(5000)
			check(t, err)
			func() {
				defer func() {
					if recover() != nil {
						refused++
					}
				}()
				_, err := k.Chunk(from)
				check(t, err)
			}()
		}
		if refused < x.min || refused > x.max {
			t.Errorf("a frame changed %s: %d of 10 chunks are refused", x.name, refused)
		}
	}
}

// received is the first frame from i on that the host received with TCP data.
func received(t *testing.T, c capture, i int) int {
	t.Helper()
	check(t, c.src.Index())
	for ; i < c.src.Len(); i++ {
		f, err := c.src.Frame(i)
		check(t, err)
		if d := f.Data; len(d) > 100 && wire.Ethernet(d).Dst() == bench.HostMAC && d[23] == byte(wire.ProtoTCP) {
			return i
		}
	}
	t.Fatal("there is none")
	return 0
}
