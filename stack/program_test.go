package stack_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The datagrams for which the model's receive buffer has no room are those that
// the captured program never read: it answered each that it did, with its
// number. The recording kernel's counters stand in the host's description.
func TestFullBuffer(t *testing.T) {
	e, _ := pcaps.Lookup("full-buffer")
	for _, m := range modes {
		src, o := bundled(t, e, m)
		x := traceAll(t, src, o, nil)
		answered := map[string]bool{}
		for _, f := range x.frames {
			if f.Dir == pcaps.DirOut {
				answered[strings.TrimSpace(string(f.Data[47:]))] = true // after "read "
			}
		}
		dropped := 0
		for _, f := range x.frames {
			if f.Dir == pcaps.DirOut {
				continue
			}
			n := strings.TrimSpace(string(f.Data[42:52]))
			end := x.ends[uint32(f.N)]
			if len(end) == 0 {
				t.Fatalf("%v: frame %d has no end", m, f.N)
			}
			last := end[len(end)-1]
			if last.Outcome == trace.Dropped && last.Reason == step.DropSocketRcvbuff {
				dropped++
			}
			if got := last.Outcome == trace.Delivered; got != answered[n] {
				t.Errorf("%v: datagram %s: %v %v; answered: %v", m, n, last.Outcome, last.Reason, answered[n])
			}
		}
		mib := &x.replay.Host.NS.MIB
		said := fmt.Sprintf("counted: Udp InDatagrams %d, InErrors %d, RcvbufErrors %d.", mib[step.UdpInDatagrams], mib[step.UdpInErrors], mib[step.UdpRcvbufErrors])
		if dropped != 33 || !strings.Contains(e.Host(), said) {
			t.Errorf("%v: %d dropped; %s", m, dropped, said)
		}
	}
}

// What the program of a window that closed had not read waits until the window
// opens again.
func TestZeroWindowWaits(t *testing.T) {
	e, _ := pcaps.Lookup("zero-window")
	src, o := bundled(t, e, stack.Follow)
	w := &readAt{by: map[uint32]int{}, merged: map[uint32]bool{}}
	x := traceAll(t, src, o, func(r *stack.Replay) report.Sink { w.names = r; return w })
	for _, f := range x.frames {
		p := wire.IPv4(f.Data[14:])
		if n := p.TotalLen() - 20 - wire.TCP(f.Data[34:]).DataOff(); f.Dir == pcaps.DirOut || n == 0 {
			continue
		}
		want := 27 // the window update
		if f.N > 27 {
			want = 31 // the host's FIN
		}
		if w.merged[uint32(f.N)] {
			continue // its bytes are read with those of the packet before
		}
		if w.by[uint32(f.N)] != want {
			t.Errorf("packet %d was read before frame %d was sent, want %d", f.N, w.by[uint32(f.N)], want)
		}
	}
	if len(w.by) < 2 || len(w.merged) < 5 {
		t.Errorf("%d packets were read, and %d merged with others: want two reads, and most packets merged", len(w.by), len(w.merged))
	}
	if !strings.Contains(strings.Join(w.list, "\n"), "its program is not reading") {
		t.Errorf("notes: %q", w.list)
	}
}

// A readAt notes during which frame packets were read.
type readAt struct {
	notes
	frame  int
	by     map[uint32]int
	merged map[uint32]bool // by tcp_try_coalesce
}

func (w *readAt) Take(l *trace.Log) error {
	w.frame++
	for i := range l.Events {
		if e := &l.Events[i]; e.Kind == trace.End && trace.Outcome(e.Code) == trace.Delivered {
			w.by[e.Pkt] = w.frame
		} else if e.Kind == trace.End && trace.Outcome(e.Code) == trace.Consumed && e.Fn == step.TcpQueueRcv {
			w.merged[e.Pkt] = true
		}
	}
	return w.notes.Take(l)
}

func TestParsePrograms(t *testing.T) {
	list, _, err := stack.ParsePrograms("# a comment\n  #: program udp 10.0.0.2:5000 rcvbuf 8192 reads 2s after the first datagram\nip link set lo up\n#: program udp [::]:53\n")
	want := []stack.Program{{Local: stack.Service{Addr: wire.IP4(0x0a000002).Addr(), Port: 5000}, RcvBuf: 8192, Delay: 2 * sim.Second}, {Local: stack.Service{Port: 53}}}
	if err != nil || len(list) != 2 || list[0] != want[0] || list[1] != want[1] {
		t.Errorf("%+v, %v", list, err)
	}
	for _, bad := range []string{"", "program", "program tcp 10.0.0.2:80", "program udp 10.0.0.2", "program udp 10.0.0.2:5000 rcvbuf", "program udp 10.0.0.2:5000 rcvbuf -1",
		"program udp 10.0.0.2:5000 reads 2s", "program udp 10.0.0.2:5000 reads soon after the first datagram", "program udp 10.0.0.2:5000 sleeps 2s"} {
		if _, line, err := stack.ParsePrograms("\n#: " + bad); err == nil || line != 2 {
			t.Errorf("%q: line %d, %v", bad, line, err)
		}
	}
}

func FuzzParsePrograms(f *testing.F) {
	f.Add("#: program udp 10.0.0.2:5000 rcvbuf 8192 reads 2s after the first datagram")
	f.Fuzz(func(t *testing.T, s string) {
		list, line, err := stack.ParsePrograms(s)
		if (err != nil) != (line > 0) || err != nil && list != nil {
			t.Errorf("%v, line %d, %v", list, line, err)
		}
	})
}
