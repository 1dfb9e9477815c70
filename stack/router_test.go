package stack_test

import (
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// only is a capture's frames of one interface.
type only struct {
	*pcaps.Reader
	iface int
}

func (o *only) Next() (pcaps.Frame, error) {
	for {
		f, err := o.Reader.Next()
		if err != nil || f.Iface == o.iface {
			return f, err
		}
	}
}

// notes collects the notes of a trace.
type notes struct {
	list  []string
	names report.Names
}

func (n *notes) sink(r *stack.Replay) report.Sink { n.names = r; return n }
func (n *notes) Head(*report.Head) error          { return nil }
func (n *notes) End(*report.Totals) error         { return nil }
func (n *notes) Take(l *trace.Log) error {
	for i := range l.Events {
		if e := &l.Events[i]; e.Kind == trace.Note {
			n.list = append(n.list, report.PacketName(e.Pkt)+" "+report.Line(l, e, n.names))
		}
	}
	return nil
}

// Each frame that a router sends is told as what it is: its own, or one that
// was passed on; the model makes of those what the captured router did.
func TestRouter(t *testing.T) {
	e, _ := pcaps.Lookup("router")
	src, o := bundled(t, e, stack.Follow)
	for _, setup := range []func(*stack.Host) error{o.Setup, nil} {
		o.Setup = setup
		var n notes
		x := traceAll(t, src, o, n.sink)
		if d := x.profile.More; len(d) != 1 || d[0].Name != "eth1" || d[0].MAC != 0x020000000102 || !x.profile.Local(wire.IP4(0x0a000102).Addr()) || !x.profile.Router || x.profile.Beyond {
			t.Errorf("the profile is %+v", x.profile)
		}
		for _, f := range x.frames {
			p := f.Data
			if p[12] != 8 || p[13] != 0 {
				continue
			}
			own := p[26] == 10 && p[27] == 0 && p[29] == 2
			want := trace.Forwarded
			switch {
			case f.Dir == pcaps.DirIn && (p[22] == 1 || p[31] == 9): // TTL 1, 10.9.9.9
				want = trace.Dropped
			case own:
				want = trace.Sent
			}
			ends := x.ends[uint32(f.N)]
			if len(ends) == 0 || ends[len(ends)-1].Outcome != want {
				t.Errorf("frame %d: %+v, want %v", f.N, ends, want)
			}
		}
		for _, n := range n.list {
			t.Errorf("note: %s", n)
		}
	}
}

// Seen on one of its interfaces only, a router still passes packets on: by an
// interface that the capture does not show.
func TestRouterOneInterface(t *testing.T) {
	e, _ := pcaps.Lookup("router")
	for iface := range 2 {
		src, _ := bundled(t, e, stack.Follow)
		var n notes
		x := traceAll(t, &only{src, iface}, stack.Options{}, n.sink)
		p := x.profile
		if !p.Router || !p.Beyond || len(p.More) != 0 || p.Name != "eth0" {
			t.Errorf("interface %d: the profile is %+v", iface, p)
		}
		for _, f := range x.frames {
			p := f.Data
			if p[12] != 8 || p[13] != 0 {
				continue
			}
			want := trace.Forwarded
			switch {
			case f.Dir == pcaps.DirIn && (p[22] == 1 || p[31] == 9): // TTL 1, 10.9.9.9
				want = trace.Dropped
			case p[26] == 10 && p[29] == 2: // 10.0.0.2, 10.0.1.2
				want = trace.Sent
			}
			ends := x.ends[uint32(f.N)]
			if len(ends) == 0 || ends[len(ends)-1].Outcome != want {
				t.Errorf("interface %d: frame %d: %+v, want %v", iface, f.N, ends, want)
			}
		}
		for _, l := range n.list {
			if !strings.HasSuffix(l, "This host passes it on for another one: it came in by an interface that the capture does not show.") {
				t.Errorf("interface %d: %s", iface, l)
			}
		}
		if len(n.list) < 5 {
			t.Errorf("interface %d: %d notes", iface, len(n.list))
		}
	}
}

// A copy of a replay that was made in the middle goes on as the replay does.
func TestFollowFork(t *testing.T) {
	for _, name := range []string{"router", "full-buffer", "zero-window"} {
		e, _ := pcaps.Lookup(name)
		for k := 2; k < 40; k += 5 {
			src, o := bundled(t, e, stack.Follow)
			p, err := walk.Diagnose(src, o)
			check(t, err)
			r, err := stack.NewReplay(o, p)
			check(t, err)
			var c *stack.Replay
			frames(t, src, func(f *pcaps.Frame) {
				if f.N == k {
					c, _ = r.Fork()
				}
				r.Inject(f)
				if c != nil {
					c.Inject(f)
				}
			})
			if c == nil {
				continue
			}
			r.Finish()
			c.Finish()
			if a, b := r.World.Fingerprint(), c.World.Fingerprint(); a != b {
				t.Errorf("%s: a copy made before frame %d went another way", name, k)
			}
		}
	}
}
