package tui

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// more is a Scene with all that the panes of this test show.
func more() view.Scene {
	up := []view.StageID{view.UpWire, view.UpRing, view.UpIRQ, view.UpGRO, view.UpTaps, view.UpPre, view.UpRoute, view.UpLocalIn, view.UpTransport, view.UpSocket, view.UpApp}
	across := []view.StageID{view.UpWire, view.UpRing, view.UpIRQ, view.UpGRO, view.UpTaps, view.UpPre, view.UpRoute, view.Forwarding, view.DownPost, view.DownNeigh, view.DownQdisc, view.DownRing, view.DownWire}
	down := []view.StageID{view.DownApp, view.DownSocket, view.DownTransport, view.DownRoute, view.DownLocalOut, view.DownPost, view.DownNeigh, view.DownQdisc, view.DownRing, view.DownWire}
	cwnd, seq := view.Series{Name: "snd_cwnd"}, view.Series{Name: "snd_nxt"}
	thresh, una := view.Series{Name: "snd_ssthresh"}, view.Series{Name: "snd_una"}
	for i := range 40 {
		at := int64(i) * 25_000_000
		v := uint64(10 + i)
		if i > 25 {
			v = uint64(18 + (i-25)/2)
		}
		cwnd.Points = append(cwnd.Points, view.Point{At: at, V: v})
		seq.Points = append(seq.Points, view.Point{At: at, V: 3_000_000_000 + uint64(i)*14480})
		if i > 1 {
			una.Points = append(una.Points, view.Point{At: at, V: 3_000_000_000 + uint64(i-2)*14480})
		}
	}
	thresh.Points = []view.Point{{At: 650_000_000, V: 18}}
	return view.Scene{
		Title: "http", Packet: 3, Packets: 117, Whole: true, Step: 14, Steps: 87, Screen: view.ScreenOverview,
		Findings: []string{"The host that is walked is 10.0.0.2: it sends answers to what comes in.", "The capture was made with segmentation offload: frames are longer than the wire's."},
		Overview: &view.Overview{
			Line:  "117 packets took 4 ways, 3 were dropped",
			Facts: []view.Fact{{Name: "host", Value: "10.0.0.2 on eth0"}, {Name: "time", Value: "1.204 s"}, {Name: "packets", Value: "117, 73,204 bytes"}, {Name: "protocols", Value: "TCP 110, ARP 4, ICMP 3"}},
			Groups: []view.Group{
				{N: 1, Proto: "TCP", Count: 73, First: 3, Percent: 62, Way: up, Ended: "read by a program", Line: "10.0.0.1.35372 > 10.0.0.2.80: Flags [S], seq 1, win 64240, length 0"},
				{N: 2, Proto: "TCP", Count: 40, First: 4, Percent: 34, Out: true, Way: down, Ended: "sent", Line: "10.0.0.2.80 > 10.0.0.1.35372: Flags [S.], seq 1, ack 2, win 65160, length 0"},
				{N: 3, Proto: "TCP", Count: 3, First: 20, Percent: 3, Way: up[:9], Ended: "dropped: NO_SOCKET in tcp_v4_rcv", Lost: true, Line: "10.0.0.1.4000 > 10.0.0.2.81: Flags [S], seq 9, win 64240, length 0"},
				{N: 4, Proto: "ICMP", Count: 1, First: 100, Percent: 1, Way: across, Ended: "sent on towards 10.9.0.1", Line: "10.0.0.1 > 10.9.0.1: ICMP echo request, id 1, seq 1, length 64"},
				{N: 5, Proto: "ARP", Count: 0, First: 117, Percent: 0, Ended: "not known yet", Line: "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 46"},
			},
			Here:  2,
			Scope: "of the first 100 packets",
			Times: []view.Spent{{Stage: view.UpRing, Name: "waiting in the ring", Ns: 120_000, Percent: 10, Waiting: true}, {Stage: view.UpSocket, Name: "waiting for the program", Ns: 1_080_000, Percent: 90, Waiting: true}},
		},
		Times: []view.Spent{
			{Stage: view.UpRing, Name: "waiting in the ring", Ns: 12_400, Percent: 11, Waiting: true}, {Stage: view.UpIRQ, Name: "softirq", Ns: 870, Percent: 1},
			{Stage: view.UpTransport, Name: "transport", Ns: 96_000, Percent: 85}, {Stage: view.UpSocket, Name: "waiting for the program", Ns: 3_250_000, Percent: 3, Waiting: true}},
		Family: []view.Kin{
			{Who: "packet 3", Packet: 3, Step: 1, How: "the frame itself", Line: "10.0.0.1.35372 > 10.0.0.2.80: Flags [S], seq 1, win 64240, length 0", Outcome: "consumed"},
			{Who: "packet +1", Step: 40, Depth: 1, How: "clone", Line: "10.0.0.1.35372 > 10.0.0.2.80: Flags [S], seq 1, win 64240, length 0", Outcome: "read"},
			{Who: "packet 4", Packet: 4, Step: 52, Depth: 1, How: "caused: SYN-ACK", Line: "10.0.0.2.80 > 10.0.0.1.35372: Flags [S.], seq 1, ack 2, win 65160, length 0", Outcome: "sent", Here: true},
			{Who: "packet 9", Packet: 9, Depth: 2, How: "retransmission", Line: "10.0.0.2.80 > 10.0.0.1.35372: Flags [S.], seq 1, ack 2, win 65160, length 0", Outcome: "dropped: QDISC_DROP", Lost: true},
			{Who: "packet 2", Packet: 2, Depth: 1, How: "caused: ARP request", Line: "ARP, Request who-has 10.0.0.1 tell 10.0.0.2, length 28", Outcome: "sent"},
		},
		Breaks: []view.Break{{N: 1, Expr: "tcp_v4_rcv"}, {N: 2, Expr: "drop NO_SOCKET", Hits: 1}, {N: 3, Expr: "sk.state == ESTABLISHED", Hits: 12, Here: true}},
		Tables: []view.Table{
			{Kind: "sockets", Title: "sockets", Tool: "ss -tanm", Columns: []string{"State", "Recv-Q", "Send-Q", "Local", "Peer", "receive buffer"}, Rows: []view.TRow{
				{Cells: []view.TCell{{Text: "LISTEN"}, {Text: "0"}, {Text: "128"}, {Text: "0.0.0.0:80"}, {Text: "0.0.0.0:*"}, {Text: "0 of 131072", Bar: 1}}},
				{Here: true, Cells: []view.TCell{{Text: "ESTAB", Field: "sk.state", Obj: 7, New: true}, {Text: "1448", Field: "sk.rmem", Obj: 7}, {Text: "0"}, {Text: "10.0.0.2:80"}, {Text: "10.0.0.1:35372"}, {Text: "98304 of 131072", Bar: 76, Field: "sk.rmem_alloc", Obj: 7}}},
			}},
			{Kind: "neighbours", Title: "neighbours", Tool: "ip neigh", Columns: []string{"Address", "Device", "Link address", "State"}, Empty: "Nobody was asked for yet."},
			{Kind: "counters", Title: "counters that moved", Tool: "nstat", Columns: []string{"Counter", "Value"}, Rows: []view.TRow{
				{Cells: []view.TCell{{Text: "IpInReceives"}, {Text: "73", Field: "ns.InReceives", Obj: 1}}},
				{Cells: []view.TCell{{Text: "TcpPassiveOpens"}, {Text: "1"}}},
			}},
		},
		Plots: []view.Plot{
			{Title: "congestion window (snd_cwnd)", Unit: "segments", To: 1_000_000_000, Here: 500_000_000, Series: []view.Series{cwnd, thresh}, Scope: "packets 1 to 117"},
			{Title: "sequence numbers", Unit: "bytes", To: 1_000_000_000, Here: 500_000_000, Series: []view.Series{seq, una}, Scope: "packets 1 to 117"},
			{Kind: "sequence", Title: "sent: time and sequence", Unit: "bytes", To: 1_000_000_000, Here: 500_000_000, Series: []view.Series{{Name: "acknowledged", Points: []view.Point{{V: 0}, {At: 300_000_000, V: 14480}, {At: 900_000_000, V: 28960}}}, {Name: "end of their window", Loose: true, Points: []view.Point{{V: 30000}}}}, Scope: "packets 1 to 117",
				Marks: []view.PlotMark{{Kind: "syn"}, {At: 100_000_000, To: 14480, Kind: "data"}, {At: 310_000_000, From: 14480, To: 28960, Kind: "data"}, {At: 400_000_000, From: 20000, To: 28960, Kind: "sack"}, {At: 500_000_000, From: 14480, To: 15928, Kind: "again"}, {At: 900_000_000, From: 28960, To: 28961, Kind: "fin"}},
				Says:  "The last segment that was sent has bytes 14480 to 15928: not the newest, it fills a hole or repeats. 14480 bytes are not acknowledged; the window lets 1040 bytes more go."},
		},
		TCP: &view.TCPPage{Obj: 7, Ends: "10.0.0.2:80 > 10.0.0.1:35372", State: "ESTAB", Cong: "Recovery", Recv: "The program has read everything. The other side may send 64256 bytes.", Since: "packets 1 to 117",
			Limit: view.Limit{What: "congestion window", Says: "The congestion window is full: 7 segments in flight, snd_cwnd is 7. 28960 bytes more to send.",
				Share: []view.Share{{What: "congestion window", Ns: 600_000_000, Percent: 60}, {What: "the program", Ns: 300_000_000, Percent: 30}, {What: "receive window", Ns: 100_000_000, Percent: 10}}},
			Send: view.ByteQueue{Base: 3_000_000_000, Bytes: 65160, Says: "14480 bytes not acknowledged, 28960 bytes written and not sent; the window allows 65160.",
				Spans: []view.ByteSpan{{Kind: "lost", To: 1448, Packs: 1}, {Kind: "again", From: 1448, To: 2896, Packs: 1}, {Kind: "sacked", From: 2896, To: 8688, Packs: 4}, {Kind: "flight", From: 8688, To: 14480, Packs: 4}, {Kind: "unsent", From: 14480, To: 43440, Packs: 2}, {Kind: "room", From: 43440, To: 65160}},
				Edges: []view.ByteEdge{{Name: "snd_una"}, {Name: "snd_nxt", At: 14480}, {Name: "write_seq", At: 43440}, {Name: "window end", At: 65160}}},
			Got: view.ByteQueue{Base: 77, Bytes: 65160, Says: "3000 bytes to be read, 1 packet behind a hole; 62160 bytes may still come.",
				Spans: []view.ByteSpan{{Kind: "unread", To: 3000, Packs: 3}, {Kind: "hole", From: 3000, To: 4000}, {Kind: "ofo", From: 4000, To: 5000, Packs: 1}, {Kind: "room", From: 5000, To: 65160}},
				Edges: []view.ByteEdge{{Name: "copied_seq"}, {Name: "rcv_nxt", At: 3000}, {Name: "window end", At: 65160}}},
			Board: []view.BoardBar{{Kind: "lost", Seq: 3_000_000_000, To: 1448, Segs: 1, Age: 41_000_000}, {Kind: "again", Seq: 3_000_001_448, From: 1448, To: 2896, Segs: 1, Age: 120_000, Rtx: true},
				{Kind: "sacked", From: 2896, To: 8688, Segs: 4, Age: 41_000_000}, {Kind: "flight", From: 8688, To: 11584, Segs: 2, Age: 41_000_000}, {Kind: "flight", From: 11584, To: 14480, Segs: 2, Age: 20_000_000, Packs: 3}},
			Said: "10 segments sent and not acknowledged, 4 the other side has (SACK), 2 believed lost, 1 sent again: 5 in flight.",
			Time: []view.TCPTimer{{Name: "retransmit (RTO)", What: "the oldest segment goes again, cwnd falls to 1", Armed: true, Left: 120_000_000, Full: 201_000_000}, {Name: "loss probe (TLP)", What: "the last segment goes again"}, {Name: "delayed ACK", What: "the ACK goes alone", Armed: true, Left: 39_000_000, Full: 40_000_000}, {Name: "keepalive", What: "is the other side still there?"}},
			Note: "The capture says what this host sent; cwnd, ssthresh and the timers are what the model reckons."},
		Terms: []string{"GRO", "NAPI", "socket", "softirq", "three-way handshake"},
		Gloss: &view.Gloss{Term: "softirq", Words: "Work that an interrupt leaves for a little later: taking frames off the ring and up the stack.",
			More: "It runs right after the interrupt, or in a thread of its own (ksoftirqd) when there is too much of it. cat /proc/softirqs counts them.", See: []string{"NAPI", "interrupt"}, From: "kernel/softirq.c"},
		Lesson: &view.LessonPage{Slug: "ping", Title: "One ping up the stack", Part: 2, Parts: 6,
			Text: []string{"The frame has come over the wire and lies in the memory of the machine. Nobody has looked at it yet: the card has only said that there is something.",
				"The kernel comes for it when it has time."},
			Ask:     "Who takes the frame off the ring?",
			Answers: []view.Answer{{Text: "the interrupt itself", Wrong: true}, {Text: "the softirq, a little later"}, {Text: "the program that reads the socket"}},
			Chosen:  1, Says: "The interrupt only says that there is work; it must be short.", Do: "press l until the token is at softirq", Next: true},
	}
}

// moreSizes are small, middle and whole bodies of a screen.
var moreSizes = [][2]int{{50, 11}, {78, 20}, {120, 36}}

// cells is the drawing and, below it, the style of each cell.
func cells(g *Grid) string {
	var b strings.Builder
	b.WriteString(g.Lines())
	for y := range g.H {
		row := make([]rune, g.W)
		for x := range g.W {
			row[x] = ' '
			if s := g.cells[y*g.W+x].s; s != StylePlain {
				row[x] = rune('a' + s - 1)
			}
		}
		b.WriteString(strings.TrimRight(string(row), " ") + "\n")
	}
	return b.String()
}

var morePanes = []Pane{PaneOverview, PaneTables, PanePlots, PaneTimes, PaneFamily, PaneBreaks, PaneGloss, PaneLesson, PaneTCP}

// TestMorePanes: each pane as it is drawn, with the keys and without.
func TestMorePanes(t *testing.T) {
	for _, p := range morePanes {
		for _, z := range moreSizes {
			if p == PaneOverview && z[0] < 78 {
				continue // it has the whole screen
			}
			for _, focus := range []bool{true, false} {
				s, l := more(), local{}
				if focus {
					l.focus = p
				} else {
					s.Lesson.Chosen, s.Lesson.Says, s.Lesson.Answers[0].Wrong = 0, "", false
				}
				g := NewGrid(z[0], z[1])
				panes[p].draw(g, Rect{0, 0, z[0], z[1]}, &s, &l)
				name := fmt.Sprintf("%s_%dx%d", p, z[0], z[1])
				if focus {
					golden(t, name+".txt", cells(g))
				} else {
					golden(t, name+"_away.txt", g.Lines())
				}
			}
		}
	}
}

// TestMoreEmpty: with nothing to show each pane says so in words.
func TestMoreEmpty(t *testing.T) {
	for _, p := range morePanes {
		g := NewGrid(60, 14)
		panes[p].draw(g, Rect{0, 0, 60, 14}, &view.Scene{}, &local{})
		if n := len(strings.Fields(g.Lines())); n < 3 && p != PaneLesson {
			t.Errorf("%s says nothing:\n%s", p, g.Lines())
		}
	}
}

// TestMoreInside: at any size, wherever it is, a pane stays in its place.
func TestMoreInside(t *testing.T) {
	s := more()
	for _, p := range morePanes {
		for w := 46; w <= 130; w += 11 {
			for h := 6; h <= 40; h += 3 {
				if p == PaneOverview && (w < 78 || h < 20) {
					continue
				}
				g := NewGrid(w+10, h+10)
				for i := range g.cells {
					g.cells[i].r = '~'
				}
				r := Rect{5, 5, w, h}
				l := local{focus: p}
				l.row, l.col, l.moved = 1, 5, true
				panes[p].draw(g, r, &s, &l)
				for y := range g.H {
					for x := range g.W {
						if in := x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H; !in && g.At(x, y) != '~' {
							t.Fatalf("%s in %dx%d draws %q at %d,%d outside of itself\n%s", p, w, h, g.At(x, y), x-5, y-5, g.Lines())
						}
					}
				}
			}
		}
	}
}

// TestMoreDropped: without colour a dropped group is told from the others.
func TestMoreDropped(t *testing.T) {
	for _, z := range moreSizes[1:] {
		s := more()
		g := NewGrid(z[0], z[1])
		drawOverview(g, Rect{0, 0, z[0], z[1]}, &s, &local{})
		text := g.Lines()
		if !strings.Contains(text, "DROPPED") || !strings.Contains(text, "✗ transport") {
			t.Errorf("%v does not shout:\n%s", z, text)
		}
	}
}

func TestRoad(t *testing.T) {
	s := more()
	for i, c := range []struct {
		w    int
		want string
	}{
		{200, "wire ▸ ring ▸ irq ▸ GRO ▸ taps ▸ PRE_ROUTING ▸ routing ▸ LOCAL_IN ▸ transport ▸ socket ▸ application"},
		{90, "wire ▸ ring ▸ GRO ▸ PRE_ROUTING ▸ routing ▸ LOCAL_IN ▸ transport ▸ socket ▸ application"},
		{70, "wire ▸ ring ▸ GRO ▸ routing ▸ transport ▸ socket ▸ application"},
		{56, "wire ▸ ring ▸ routing ▸ transport ▸ socket ▸ application"},
		{10, "wire ▸ routing ▸ transport ▸ socket ▸ application"},
	} {
		if got := strings.Join(road(s.Overview.Groups[0].Way, c.w), " ▸ "); got != c.want {
			t.Errorf("%d: %s", i, got)
		}
	}
	if got := road([]view.StageID{0, 250, view.UpWire}, 10); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestFilled(t *testing.T) {
	for _, c := range []struct {
		percent, n, on int
	}{{0, 10, 0}, {1, 10, 1}, {50, 10, 5}, {94, 10, 9}, {100, 10, 10}, {200, 10, 10}, {-5, 10, 0}} {
		on, off := filled(c.percent, c.n, "#", ".")
		if len(on) != c.on || len(off) != c.n-c.on {
			t.Errorf("filled(%d, %d) = %q %q", c.percent, c.n, on, off)
		}
	}
}

// TestLessonShows: a new page of a lesson gives the keys to the pane that it is
// about, once.
func TestLessonShows(t *testing.T) {
	m := model(more(), 120, 40)
	for _, c := range []struct {
		part int
		show string
		want Pane
	}{{1, "", PaneWhy}, {2, "bytes", PaneBytes}, {3, "tables", PaneTables}, {3, "tables", PaneCalls}, {4, "nothing", PaneCalls}, {5, "footer", PaneCalls}} {
		p := *m.scene.Lesson
		p.Part, p.Show = c.part, c.show
		m.scene.Lesson = &p
		if c.want == PaneCalls { // the reader went elsewhere
			m.giveKeys(PaneCalls)
		}
		if m.lessonShows(); m.local.focus != c.want {
			t.Errorf("part %d, %q: the keys are at %s", c.part, c.show, m.local.focus)
		}
	}
}

// TestWrapSegs: styles stay with their letters over the ends of lines.
func TestWrapSegs(t *testing.T) {
	got := ""
	for _, l := range wrapSegs([]seg{{"- ", StyleKey}, {"The softirq ", StylePlain}, {"net_rx_action", StyleFunc}, {" takes it.", StylePlain}}, 14, 2) {
		for _, s := range l {
			got += fmt.Sprintf("%d(%s)", s.style, s.text)
		}
		got += "\n"
	}
	want := fmt.Sprintf("%[2]d(- )%[1]d(The softirq)\n%[1]d(  )%[3]d(net_rx_actio)\n%[1]d(  )%[3]d(n )%[1]d(takes it.)\n", StylePlain, StyleKey, StyleFunc)
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestNsText(t *testing.T) {
	for ns, want := range map[int64]string{0: "0 ns", 870: "870 ns", 12_400: "12.4 µs", 3_250_000: "3.25 ms", 999: "999 ns", 1000: "1.00 µs", 120_500_000: "120 ms", 61_000_000_000: "61.0 s", -5: "-5 ns"} {
		if got := nsText(ns); got != want {
			t.Errorf("nsText(%d) = %q, want %q", ns, got, want)
		}
	}
	for n, want := range map[uint64]string{0: "0", 9999: "9999", 65535: "65.5k", 3_000_000_000: "3.00G", 999_600: "1.00M", math.MaxUint64: "18.4E"} {
		if got := countText(n); got != want {
			t.Errorf("countText(%d) = %q, want %q", n, got, want)
		}
	}
}

// TestPlotSteps: a value holds until the next; a jump is drawn whole.
func TestPlotSteps(t *testing.T) {
	s := view.Series{Points: []view.Point{{At: 0, V: 0}, {At: 5, V: 3}, {At: 8, V: 1}}}
	c := newCanvas(10, 4, true)
	c.steps(&s, 0, 0, 9, 0, 3)
	g := NewGrid(10, 4)
	c.draw(g, 0, 0)
	want := "     ****\n     *  *\n     *  **\n******\n"
	if got := g.Lines(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	c = newCanvas(5, 1, false)
	c.steps(&s, 0, 0, 9, 0, 3)
	g = NewGrid(5, 1)
	c.draw(g, 0, 0)
	if got := g.Lines(); got != "⣀⣀⣸⠉⠷\n" && utf8.RuneCountInString(got) != 6 {
		t.Errorf("got %q", got)
	}
	// One point, no time, no values, the largest values: nothing panics.
	for _, p := range []view.Plot{{}, {To: 5}, {Series: []view.Series{{}}}, {Series: []view.Series{s}}, {From: 9, To: 1, Series: []view.Series{s}},
		{From: math.MinInt64, To: math.MaxInt64, Series: []view.Series{{Points: []view.Point{{At: 1, V: math.MaxUint64}, {At: 2, V: 0}}}}}} {
		drawPlot(NewGrid(40, 10), Rect{0, 0, 40, 10}, &p, false)
		drawPlot(NewGrid(40, 10), Rect{0, 0, 40, 10}, &p, true)
	}
}

// TestPlotASCII: in ASCII each series has a sign of its own.
func TestPlotASCII(t *testing.T) {
	s := more()
	g := NewGrid(70, 12)
	g.ASCII = true
	drawPlots(g, Rect{0, 0, 70, 12}, &s, &local{})
	text := g.Lines()
	for _, r := range text {
		if r > '~' {
			t.Fatalf("%q in ASCII:\n%s", r, text)
		}
	}
	if !strings.Contains(text, "** snd_cwnd 30") || !strings.Contains(text, "oo snd_ssthresh") {
		t.Errorf("no legend:\n%s", text)
	}
}

// sent runs a key and returns the Command that it sends: the Model is not busy
// before, so it is under way after.
func paneKey(m *Model, p Pane, key string) (c view.Command, took bool) {
	m.busy, m.queue = true, nil // so that the Command is queued, to be seen
	_, took = panes[p].key(m, Rect{0, 2, m.w, m.h - 3}, key)
	if len(m.queue) > 0 {
		c = m.queue[0]
	}
	return c, took
}

func TestMoreKeys(t *testing.T) {
	seek := view.Command{Verb: view.Seek, N: 9}
	for _, c := range []struct {
		pane Pane
		keys string
		want view.Command
	}{
		{PaneOverview, "down", view.Command{Verb: view.Choose, N: 4}},
		{PaneOverview, "up up", view.Command{Verb: view.Choose, N: 1}},
		{PaneOverview, "end enter", view.Command{Verb: view.Open, N: 5}},
		{PaneOverview, "enter", view.Command{Verb: view.Open, N: 3}},
		{PaneOverview, "home up", view.Command{}},
		{PaneTables, "enter", view.Command{Verb: view.WhyValue, Expr: "7 sk.state"}},
		{PaneTables, "right w", view.Command{Verb: view.WhyValue, Expr: "7 sk.rmem"}},
		{PaneTables, "end w", view.Command{Verb: view.WhyValue, Expr: "7 sk.rmem_alloc"}},
		{PaneTables, "down right w", view.Command{Verb: view.WhyValue, Expr: "1 ns.InReceives"}},
		{PaneTables, "up w", view.Command{}},
		{PaneFamily, "down enter", seek},
		{PaneFamily, "up enter", view.Command{Verb: view.Forward, N: 26}},
		{PaneFamily, "home enter", view.Command{Verb: view.Back, N: 13}},
		{PaneBreaks, "down d", view.Command{Verb: view.SetBreak, Expr: "drop NO_SOCKET"}},
		{PaneBreaks, "enter", view.Command{Verb: view.Run}},
		{PaneGloss, "down enter", view.Command{Verb: view.Explain, Expr: "interrupt"}},
		{PaneGloss, "s o enter", view.Command{Verb: view.Explain, Expr: "socket"}},
		{PaneGloss, "q q backspace enter", view.Command{Verb: view.Explain, Expr: "q"}},
		{PaneGloss, "esc", view.Command{Verb: view.Explain}},
		{PaneLesson, "2", view.Command{Verb: view.AnswerN, N: 2}},
		{PaneLesson, "enter", view.Command{Verb: view.NextPart}},
	} {
		m := model(more(), 120, 40)
		var got view.Command
		for _, k := range strings.Fields(c.keys) {
			var took bool
			if got, took = paneKey(m, c.pane, k); !took {
				t.Errorf("%s: %s is not taken", c.pane, k)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s sends %+v, want %+v", c.pane, c.keys, got, c.want)
		}
	}
	for _, c := range []struct {
		pane Pane
		key  string
	}{{PaneTables, "l"}, {PaneTimes, "j"}, {PaneFamily, "n"}, {PaneBreaks, "l"}, {PaneLesson, "4"}, {PaneLesson, "l"}, {PaneOverview, "?"}, {PaneGloss, "?"}, {PanePlots, "l"}} {
		if _, took := paneKey(model(more(), 120, 40), c.pane, c.key); took {
			t.Errorf("%s takes %s", c.pane, c.key)
		}
	}
}

// TestMoreClicks: a click hits what is drawn below it.
func TestMoreClicks(t *testing.T) {
	for _, c := range []struct {
		pane   Pane
		text   string
		clicks int
		want   view.Command
	}{
		{PaneOverview, "read by a program", 1, view.Command{Verb: view.Choose, N: 1}},
		{PaneOverview, "NO_SOCKET", 1, view.Command{Verb: view.Open, N: 3}},
		{PaneTables, "1448", 2, view.Command{Verb: view.WhyValue, Expr: "7 sk.rmem"}},
		{PaneTables, "1448", 1, view.Command{}},
		{PaneFamily, "retransmission", 2, view.Command{Verb: view.Seek, N: 9}},
		{PaneGloss, "NAPI", 1, view.Command{Verb: view.Explain, Expr: "NAPI"}},
		{PaneLesson, "the program that reads", 1, view.Command{Verb: view.AnswerN, N: 3}},
	} {
		for _, z := range [][2]int{{80, 24}, {120, 40}} {
			m := model(more(), z[0], z[1])
			r := Rect{1, 2, z[0] - 2, z[1] - 3}
			m.local.focus = c.pane
			var got view.Command
			for range c.clicks {
				g := NewGrid(z[0], z[1])
				in := r
				if c.pane == PaneGloss { // it is drawn in a frame
					in = inFrame(r)
				}
				panes[c.pane].draw(g, in, &m.scene, &m.local)
				x, y := -1, -1
				for i, l := range strings.Split(g.Lines(), "\n") {
					if k := strings.Index(l, c.text); k >= 0 {
						x, y = utf8.RuneCountInString(l[:k]), i
						break
					}
				}
				if x < 0 {
					t.Fatalf("%s does not show %q:\n%s", c.pane, c.text, g.Lines())
				}
				m.busy, m.queue = true, nil
				panes[c.pane].click(m, r, x, y)
				got = view.Command{}
				if len(m.queue) > 0 {
					got = m.queue[0]
				}
			}
			if got != c.want {
				t.Errorf("%s at %v: a click on %q sends %+v, want %+v", c.pane, z, c.text, got, c.want)
			}
		}
	}
}

// FuzzMorePanes: whatever the Scene, the keys and the size, nothing panics.
func FuzzMorePanes(f *testing.F) {
	f.Add("a b", 3, 60, 20, "down")
	f.Fuzz(func(t *testing.T, text string, n, w, h int, key string) {
		if w < 0 || h < 0 || w > 300 || h > 100 {
			return
		}
		s := view.Scene{Title: text, Step: n, Screen: view.ScreenOverview,
			Overview: &view.Overview{Line: text, Here: n, Facts: []view.Fact{{Name: text, Value: text}}, Groups: []view.Group{{Percent: n, Count: n, Ended: text, Line: text, Lost: n&1 > 0, Way: []view.StageID{view.StageID(n)}}}},
			Times:    []view.Spent{{Name: text, Ns: int64(n), Percent: n, Waiting: n&2 > 0}},
			Family:   []view.Kin{{Who: text, Depth: n, How: text, Line: text, Step: n, Packet: n}, {Depth: -n}},
			Breaks:   []view.Break{{Expr: text, Hits: n}},
			Tables:   []view.Table{{Title: text, Columns: []string{text, text}, Rows: []view.TRow{{Cells: []view.TCell{{Text: text, Bar: n}, {}, {Text: text}}}, {}}}, {}},
			Plots: []view.Plot{{Title: text, From: int64(n), To: int64(w), Here: int64(h), Series: []view.Series{{Name: text, Points: []view.Point{{At: int64(w), V: uint64(n)}, {At: int64(n), V: uint64(h)}}}}},
				{Kind: "sequence", Title: text, To: int64(w), Here: int64(h), Says: text, Marks: []view.PlotMark{{At: int64(n), From: uint64(n), To: uint64(h), Kind: "again"}, {At: int64(h), To: uint64(w), Kind: text}, {At: 1, From: 9, To: 4, Kind: "data"}}}},
			TCP: &view.TCPPage{Ends: text, State: text, Limit: view.Limit{What: text, Says: text, Share: []view.Share{{What: text, Ns: int64(n), Percent: n}}}, Recv: text, Said: text, Note: text,
				Send:  view.ByteQueue{Says: text, Spans: []view.ByteSpan{{Kind: text, From: int64(n), To: int64(w)}, {Kind: "room", From: int64(h), To: int64(n)}}, Edges: []view.ByteEdge{{Name: text, At: int64(n)}, {Name: text, At: int64(w)}}},
				Board: []view.BoardBar{{Kind: text, From: int64(n), To: int64(h), Segs: n, Packs: w, Age: int64(n)}, {Kind: "lost", From: int64(-n)}},
				Time:  []view.TCPTimer{{Name: text, What: text, Armed: true, Left: int64(n), Full: int64(h)}, {Name: text}}},
			Terms: []string{text}, Gloss: &view.Gloss{Term: text, Words: text, See: []string{text}},
			Lesson: &view.LessonPage{Title: text, Part: n, Parts: h, Text: []string{text}, Ask: text, Answers: []view.Answer{{Text: text, Right: true}}, Chosen: n, Do: text}}
		m := model(s, w, h)
		m.theme = darkTheme
		for _, p := range morePanes {
			g := NewGrid(w, h)
			m.local.focus = p
			m.local.sel[p] = max(0, n)
			r := Rect{0, 0, w, h}
			panes[p].key(m, r, key)
			panes[p].draw(g, r, &m.scene, &m.local)
			if panes[p].click != nil {
				panes[p].click(m, r, w/2, h/2)
			}
			if out := g.String(darkTheme); steers(out) {
				t.Errorf("%s: %q", p, out)
			}
		}
	})
}

var _ tea.Model = HomeModel{}
