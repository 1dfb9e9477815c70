package view

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// established is a connection that may send: 5 of 10 segments are out, and 3000
// more bytes wait.
func established() (v vals) {
	v[step.SockState], v[step.SockProto], v[step.SockSndBuf] = tcpEstablished, protoTCP, 100000
	v[step.TCPMss], v[step.TCPSndCwnd], v[step.TCPPacketsOut], v[step.TCPSndWnd] = 1000, 10, 5, 20000
	v[step.TCPSndUna], v[step.TCPSndNxt], v[step.TCPWriteSeq] = 7000, 12000, 15000
	return v
}

// TestLimit: the tests of tcp_write_xmit, one by one.
func TestLimit(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(v *vals)
		want limit
		says string
	}{
		{"free", func(v *vals) {}, limitGo, "3000 bytes to send"},
		{"cwnd", func(v *vals) { v[step.TCPSndCwnd] = 5 }, limitCwnd, "5 segments in flight, snd_cwnd is 5. 3000 bytes more"},
		{"cwnd with SACK", func(v *vals) { v[step.TCPSndCwnd], v[step.TCPSackedOut], v[step.TCPLostOut] = 5, 2, 1 }, limitGo, "2 of 5 used"},
		{"cwnd and sent again", func(v *vals) {
			v[step.TCPSndCwnd], v[step.TCPSackedOut], v[step.TCPLostOut], v[step.TCPRetransOut] = 3, 2, 1, 1
		}, limitCwnd, "3 segments in flight"},
		{"window", func(v *vals) { v[step.TCPSndWnd] = 5400 }, limitRwnd, "it offers 5400; 400 bytes left, a full segment has 1000"},
		{"window closed", func(v *vals) { v[step.TCPSndWnd] = 0 }, limitRwnd, "closed"},
		{"both: cwnd is tested first", func(v *vals) { v[step.TCPSndWnd], v[step.TCPSndCwnd] = 5000, 5 }, limitCwnd, "full"},
		{"Nagle", func(v *vals) { v[step.TCPWriteSeq], v[step.TCPSndSml] = 12100, 12000 }, limitNagle, "100 bytes to send, less than a full segment (1000), while another"},
		{"Nagle as Minshall has it", func(v *vals) { v[step.TCPWriteSeq], v[step.TCPSndSml] = 12100, 7000 }, limitGo, "Nothing"},
		{"no Nagle", func(v *vals) {
			v[step.TCPWriteSeq], v[step.TCPNonagle], v[step.TCPSndSml] = 12100, 1, 12000
		}, limitGo, "Nothing"},
		{"no Nagle with nothing out", func(v *vals) {
			v[step.TCPWriteSeq], v[step.TCPPacketsOut], v[step.TCPSndUna] = 12100, 0, 12000
		}, limitGo, "Nothing"},
		{"cork", func(v *vals) { v[step.TCPWriteSeq], v[step.TCPNonagle] = 12100, 2 }, limitCork, "TCP_CORK"},
		{"pacing", func(v *vals) { v[step.TCPPaceAt], v[step.TCPPacingRate] = 99, 1000 }, limitPace, "1000 bytes a second"},
		{"small queue", func(v *vals) { v[step.TCPThrottled], v[step.SockWmem] = 1, 4001 }, limitQueue, "4000 bytes"},
		{"buffer", func(v *vals) {
			v[step.TCPWriteSeq], v[step.SockWmemQueued], v[step.TCPNoSpace] = 12000, 100000, 1
		}, limitBuffer, "100000 of 100000"},
		{"program", func(v *vals) { v[step.TCPWriteSeq] = 12000 }, limitApp, "5000 bytes of it not acknowledged"},
		{"program, all done", func(v *vals) { v[step.TCPWriteSeq], v[step.TCPSndUna] = 12000, 12000 }, limitApp, "sent and acknowledged"},
		{"handshake", func(v *vals) { v[step.SockState] = tcpSynSent }, limitOpen, "handshake"},
		{"closed", func(v *vals) { v[step.SockState] = tcpClose }, limitNone, "CLOSE"},
		{"followed, window full", func(v *vals) {
			v[step.TCPFollowed], v[step.TCPWriteSeq], v[step.TCPSndWnd] = 1, 12000, 5500
		}, limitRwnd, "500 bytes left"},
		{"followed, cwnd full", func(v *vals) { v[step.TCPFollowed], v[step.TCPWriteSeq], v[step.TCPSndCwnd] = 1, 12000, 5 }, limitCwnd, "full"},
		{"numbers wrap", func(v *vals) {
			v[step.TCPSndUna], v[step.TCPSndNxt], v[step.TCPWriteSeq], v[step.TCPSndWnd] = 0xfffff000, 0x100, 0x200, 0x1180
			v[step.TCPMss] = 0x400
		}, limitRwnd, "128 bytes left"},
	} {
		v := established()
		c.set(&v)
		got := limitOf(&v)
		if says := limitSays(got, &v, "CLOSE"); got != c.want || !strings.Contains(says, c.says) {
			t.Errorf("%s: %s: %s", c.name, limitNames[got], says)
		}
	}
}

// TestQueues: the stretches of both queues stand one behind the other, and are
// of the right kind.
func TestQueues(t *testing.T) {
	v := established()
	v[step.TCPRcvNxt], v[step.TCPCopiedSeq], v[step.TCPRcvWup], v[step.TCPRcvWnd], v[step.TCPOooLen] = 500, 200, 500, 1000, 2
	list := []trace.Piece{
		{Queue: trace.QueueSent, Seq: 7000, End: 8000, Marks: trace.PieceLost, Packs: 1, Segs: 1},
		{Queue: trace.QueueSent, Seq: 8000, End: 9000, Marks: trace.PieceLost | trace.PieceAgain | trace.PieceEverRtx, Packs: 1, Segs: 1, Sent: 40},
		{Queue: trace.QueueSent, Seq: 9000, End: 10000, Marks: trace.PieceSacked, Packs: 1, Segs: 1},
		{Queue: trace.QueueSent, Seq: 10000, End: 11000, Marks: trace.PieceSacked, Packs: 1, Segs: 1},
		{Queue: trace.QueueSent, Seq: 11000, End: 12000, Packs: 1, Segs: 1},
		{Queue: trace.QueueOfo, Seq: 600, End: 700, Packs: 1}, {Queue: trace.QueueOfo, Seq: 700, End: 750, Packs: 1}, {Queue: trace.QueueOfo, Seq: 900, End: 1000, Packs: 1},
	}
	show := func(q ByteQueue) string {
		var b strings.Builder
		at := int64(0)
		for _, s := range q.Spans {
			if s.From != at {
				t.Errorf("a stretch begins at %d, not at %d", s.From, at)
			}
			at = s.To
			b.WriteString(s.Kind + " " + decimal(uint64(s.To)) + " ")
		}
		return b.String()
	}
	if got := show(sendQueue(&v, list)); got != "lost 1000 again 2000 sacked 4000 flight 5000 unsent 8000 room 20000 " {
		t.Error(got)
	}
	if got := show(recvQueue(&v, list)); got != "unread 300 hole 400 ofo 550 hole 700 ofo 800 room 1300 " {
		t.Error(got)
	}
	bars, says := board(&v, list, 100)
	if len(bars) != 5 || bars[0].Kind != "lost" || bars[1].Kind != "again" || !bars[1].Rtx || bars[1].Age != 60 || bars[4].To != 5000 || !strings.HasPrefix(says, "5 segments sent") {
		t.Errorf("%v %s", bars, says)
	}
	if got := receiving(&v, list); !strings.HasPrefix(got, "250 bytes are missing") {
		t.Error(got)
	}
}

// TestPages: at every step of captures with losses the page says what limits the
// flow, timers count down within what they were set to, and shares of time add up;
// and some steps have a scoreboard, with packets that are lost or sent again.
func TestPages(t *testing.T) {
	for _, name := range []string{"loss", "rto", "slow-start", "zero-window", "delayed-ack"} {
		s := bundled(t, name)
		steps, boards, timers, lost := 0, 0, 0, 0
		for {
			sc := s.Scene()
			steps++
			if p := sc.TCP; p != nil {
				n := map[string]int{}
				for _, b := range p.Board {
					n[b.Kind] += b.Segs
				}
				if len(p.Board) > 0 {
					boards++
				}
				lost += n["lost"] + n["again"]
				for _, x := range p.Time {
					if x.Armed {
						timers++
						if x.Left < 0 || x.Full < x.Left {
							t.Fatalf("%s packet %d step %d: %+v", name, sc.Packet, sc.Step, x)
						}
					}
				}
				if p.Limit.What == "" || p.Limit.Says == "" || p.State == "" {
					t.Fatalf("%s packet %d step %d: %+v", name, sc.Packet, sc.Step, p)
				}
				share := 0
				for _, x := range p.Limit.Share {
					share += x.Percent
				}
				if share != 0 && (share < 95 || share > 105) {
					t.Fatalf("%s packet %d step %d: shares %v", name, sc.Packet, sc.Step, p.Limit.Share)
				}
			}
			if s.Do(Command{Verb: Forward}) != nil {
				break
			}
		}
		if boards == 0 || timers == 0 || lost == 0 && (name == "loss" || name == "rto") {
			t.Errorf("%s: %d steps, %d scoreboards, %d timers, %d lost", name, steps, boards, timers, lost)
		}
	}
}

// TestBackIsForward: going back shows the past exactly as it was.
func TestBackIsForward(t *testing.T) {
	s := bundled(t, "loss")
	if err := s.Do(Command{Verb: NextMark, Expr: "retransmit"}); err != nil {
		t.Fatal(err)
	}
	tell := func() string {
		sc := s.Scene()
		b, err := json.Marshal(struct {
			T *TCPPage
			P []Plot
		}{sc.TCP, sc.Plots})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var seen []string
	for range 120 {
		seen = append(seen, tell())
		if s.Do(Command{Verb: Forward}) != nil {
			break
		}
	}
	for i := len(seen) - 1; i >= 0; i-- {
		if s.Do(Command{Verb: Back}) != nil {
			break
		}
		if got := tell(); got != seen[i] {
			t.Fatalf("step %d looks different from behind:\n%.600s\n%.600s", i, got, seen[i])
		}
	}
}

// TestWatch: a run that keeps nothing sees the same samples and segments as the
// recording of everything.
func TestWatch(t *testing.T) {
	for _, name := range []string{"loss", "rto", "slow-start"} {
		s := bundled(t, name)
		if err := s.Do(Command{Verb: Seek, N: s.k.Len() / 2}); err != nil {
			t.Fatal(name, err)
		}
		sc := s.Scene()
		if sc.TCP == nil || sc.TCP.More {
			t.Fatalf("%s: %+v", name, sc.TCP)
		}
		var near *track
		for _, x := range s.plo.tracks {
			if x.obj == sc.TCP.Obj {
				near = x
			}
		}
		w := &flowWatch{t: &track{obj: sc.TCP.Obj, tuple: near.tuple}}
		if err := s.k.(watchable).Watch(sc.TCP.Obj, 0, s.k.Len(), w, nil); err != nil {
			t.Fatal(err)
		}
		if len(w.t.segs) != len(near.segs) || len(near.segs) == 0 {
			t.Errorf("%s: %d segments watched, %d recorded", name, len(w.t.segs), len(near.segs))
		}
		for i := range min(len(w.t.segs), len(near.segs)) {
			if w.t.segs[i] != near.segs[i] {
				t.Fatalf("%s: segment %d: %+v, recorded %+v", name, i, w.t.segs[i], near.segs[i])
			}
		}
		// Where nothing happens both say the same.
		for _, a := range near.samples {
			i := w.t.at(a.at)
			if i < 0 {
				t.Fatalf("%s: nothing was watched at %d", name, a.at)
			}
			if b := w.t.samples[i]; b.at == a.at && b.f[sUna] != a.f[sUna] {
				t.Errorf("%s at %d: snd_una %d, recorded %d", name, a.at, b.f[sUna], a.f[sUna])
			}
		}
		if a, b := near.samples[len(near.samples)-1], w.t.samples[len(w.t.samples)-1]; a.f != b.f {
			t.Errorf("%s ends with %v, recorded %v", name, b.f, a.f)
		}
	}
}

// TestFlows: the lines of the flow command are JSON, their numbers grow, and the
// last state is what the counters say.
func TestFlows(t *testing.T) {
	var b strings.Builder
	w := &Flows{W: &b, JSON: true, Queues: true}
	runFlows(t, "loss", w)
	n, again := 0, 0
	most := uint64(0)
	for i, l := range strings.Split(strings.TrimSpace(b.String()), "\n") {
		var x struct {
			N, T   int64
			Ev     string
			Kind   string
			Cwnd   uint64
			Flight uint64 `json:"in_flight"`
			Out    uint64 `json:"packets_out"`
			Queues struct {
				Rtx []struct{ Segs uint64 }
			}
			Summary *struct {
				Retransmitted int
				Out           int `json:"bytes_out"`
			}
		}
		if err := json.Unmarshal([]byte(l), &x); err != nil {
			t.Fatalf("line %d: %v\n%.300s", i+1, err, l)
		}
		switch {
		case x.Summary != nil:
			if x.Summary.Retransmitted != 1 || x.Summary.Out != 60000 {
				t.Errorf("%+v", *x.Summary)
			}
			continue
		case x.N != int64(n+1):
			t.Fatalf("line %d has number %d", i+1, x.N)
		case x.Ev == "segment" && x.Kind == "again":
			again++
		case x.Ev == "state" && x.Cwnd > 0 && x.Flight > x.Out:
			t.Fatalf("line %d: %.300s", i+1, l)
		}
		n++
		most = max(most, x.Cwnd)
	}
	if again != 1 || most < 11 || n < 100 {
		t.Errorf("%d lines, %d sent again, cwnd %d at most", n, again, most)
	}
	b.Reset()
	w = &Flows{W: &b, Only: 1}
	runFlows(t, "loss", w)
	for _, want := range []string{"cwnd 13→", "Recovery", "limited by congestion window", "reckons"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not said", want)
		}
	}
}

func runFlows(t *testing.T, name string, w *Flows) {
	t.Helper()
	r, err := pcaps.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p, err := walk.Diagnose(r, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	re, err := stack.NewReplay(stack.Options{}, p)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trace.Tracer{Mode: trace.Watch, Watcher: w}
	re.SetTracer(tr)
	w.Clock(tr)
	r.Rewind()
	for {
		f, err := r.Next()
		if err != nil {
			break
		}
		re.Inject(&f)
		tr.Ends = tr.Ends[:0]
	}
	re.Finish()
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
}
