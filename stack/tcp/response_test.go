package tcp

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// A responsePoint is one measurement: a long transfer over a path that loses
// segments at random.
type responsePoint struct {
	cc   string
	rtt  sim.Time
	p    float64
	segs int
}

// windows is the mean window in segments: what was sent in a round trip.
func (r responsePoint) measure(t testing.TB, seed uint64) (window float64, lossRate float64) {
	l := newLink(t, seed)
	l.delay = r.rtt / 2
	l.loss, l.data = uint32(r.p*1000000+0.5), true
	for _, h := range l.hosts {
		s := &h.ns.Sysctl
		s.TCPCongestionControl = r.cc
		s.TCPRmem = [3]int{4096, 1 << 28, 1 << 28}
		s.TCPWmem = [3]int{4096, 1 << 26, 1 << 26}
		s.RmemMax, s.WmemMax = 1<<28, 1<<28
	}
	ca, lis := l.connect(t)
	const mss = 1448
	var cb *Sock
	data, buf := make([]byte, 1<<18), make([]byte, 1<<18)
	got, warm := 0, r.segs/5 // the beginning, slow start, does not count
	var began sim.Time
	sent0, lost0 := 0, 0
	step0 := max(r.rtt/8, 500*sim.Microsecond)
	for got < r.segs*mss {
		if cb == nil {
			cb = lis.Accept()
		}
		if ca.State == core.TCPEstablished {
			for n := 1; n > 0; {
				n, _ = ca.Send(data, 0)
			}
		}
		for n := 1; cb != nil && n > 0; {
			n, _ = cb.Recv(buf, 0)
			got += n
		}
		if began == 0 && got >= warm*mss {
			began, warm = l.c.Now(), got/mss
			sent0, lost0 = int(ca.dataSegsOut), l.lost
		}
		l.c.RunUntil(l.c.Now() + step0)
		if l.c.Now() > 100000*sim.Second {
			t.Fatalf("%v: stuck at %d bytes", r, got)
		}
	}
	d := l.c.Now() - began
	lossRate = float64(l.lost-lost0) / float64(max(1, int(ca.dataSegsOut)-sent0))
	return float64(got/mss-warm) * float64(r.rtt) / float64(d), lossRate
}

// mathis is the mean window of Reno at a loss rate (Mathis et al. 1997; a
// receiver that delays ACKs does not matter, since Linux counts segments).
func mathis(p float64) float64 { return 1.22 / math.Sqrt(p) }

// rfc9438 is CUBIC's, §5.1 with C = 0.4 and beta = 0.7: the larger of its own
// and of what Reno would have.
func rfc9438(p float64, rtt sim.Time) float64 {
	t := float64(rtt) / float64(sim.Second)
	return math.Max(1.054*math.Pow(t, 0.75)/math.Pow(p, 0.75), mathis(p))
}

// expected is the known response function.
func (r responsePoint) expected() float64 {
	if r.cc == "reno" {
		return mathis(r.p)
	}
	return rfc9438(r.p, r.rtt)
}

// responsePoints are those that the test measures, all that the plot shows.
func responsePoints(all bool) (list []responsePoint) {
	ps, rtts := []float64{0.01, 0.002}, []sim.Time{40 * sim.Millisecond}
	n := 40.0
	if all {
		ps = []float64{0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001}
		rtts = []sim.Time{10 * sim.Millisecond, 40 * sim.Millisecond, 160 * sim.Millisecond}
		n = 150
	}
	for _, cc := range []string{"reno", "cubic"} {
		for _, rtt := range rtts {
			for _, p := range ps {
				list = append(list, responsePoint{cc, rtt, p, max(10000, int(n/p))})
			}
		}
	}
	return list
}

// TestResponse: throughput against loss and round trip follows the known
// response functions. PACKETWALK_RESPONSE=1 measures many points for long, and
// writes RESPONSE.md.
func TestResponse(t *testing.T) {
	all := os.Getenv("PACKETWALK_RESPONSE") != ""
	var rows []responseRow
	for i, r := range responsePoints(all) {
		w, loss := r.measure(t, uint64(i)+1)
		r.p = loss
		rows = append(rows, responseRow{r, w, r.expected()})
		ratio := w / r.expected()
		t.Logf("%-5s rtt %3d ms loss %.5f: window %6.1f, expected %6.1f, ratio %.2f", r.cc, r.rtt/sim.Millisecond, loss, w, r.expected(), ratio)
		if ratio < 0.6 || ratio > 1.5 {
			t.Errorf("%s at a loss of %.5f and %d ms: a window of %.1f segments, expected %.1f", r.cc, loss, r.rtt/sim.Millisecond, w, r.expected())
		}
	}
	if all {
		if err := os.WriteFile("RESPONSE.md", []byte(responseText(rows)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

type responseRow struct {
	responsePoint
	window, want float64
}

// responseText is the page with the plot and the figures.
func responseText(rows []responseRow) string {
	var b strings.Builder
	b.WriteString(`# How Reno and CUBIC answer to loss

A sender's window shrinks at every loss and grows in between. So the mean window
follows from how often segments are lost: for Reno 1.22/√p segments (Mathis and
others, 1997), for CUBIC 1.054·RTT^0.75/p^0.75 (RFC 9438, section 5.1), or what
Reno would have, if that is more.

This page shows what the model does: two hosts, one long transfer, a link that
loses data segments at random. It is written by

    PACKETWALK_RESPONSE=1 go test ./stack/tcp -run TestResponse

The first fifth of each transfer, with slow start, does not count. The loss is
what was lost, retransmissions too. Marks are measurements, lines the formulas.
Both axes are logarithmic.

`)
	b.WriteString(responsePlot(rows))
	b.WriteString("\n| control | RTT | loss | mean window | formula | measured/formula | Mbit/s |\n|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		mbit := r.window * 1448 * 8 / (float64(r.rtt) / float64(sim.Second)) / 1e6
		fmt.Fprintf(&b, "| %s | %d ms | %.3f %% | %.1f | %.1f | %.2f | %.2f |\n", r.cc, r.rtt/sim.Millisecond, r.p*100, r.window, r.want, r.window/r.want, mbit)
	}
	return b.String()
}

// responsePlot draws the rows as text: r and c mark Reno and CUBIC, dots their
// formulas.
func responsePlot(rows []responseRow) string {
	const w, h = 72, 24
	const p0, p1, w0, w1 = 0.00008, 0.05, 4.0, 400.0
	var b strings.Builder
	for _, rtt := range []sim.Time{10 * sim.Millisecond, 160 * sim.Millisecond} {
		var g [h][w]byte
		for y := range g {
			for x := range g[y] {
				g[y][x] = ' '
			}
		}
		put := func(p, win float64, c byte) {
			x := int(math.Log(p/p0) / math.Log(p1/p0) * (w - 1))
			y := h - 1 - int(math.Log(win/w0)/math.Log(w1/w0)*(h-1)+0.5)
			if x >= 0 && x < w && y >= 0 && y < h {
				g[y][x] = c
			}
		}
		for i := 0; i < 4*w; i++ {
			p := p0 * math.Pow(p1/p0, float64(i)/(4*w))
			put(p, rfc9438(p, rtt), ':')
			put(p, mathis(p), '.')
		}
		for _, r := range rows {
			if r.rtt == rtt {
				put(r.p, r.window, r.cc[0])
			}
		}
		fmt.Fprintf(&b, "RTT %d ms. r: Reno, c: CUBIC, dots: 1.22/√p, colons: RFC 9438\n\n```\nwindow\n", rtt/sim.Millisecond)
		for y := range g {
			label := "      "
			if win := w0 * math.Pow(w1/w0, float64(h-1-y)/(h-1)); y%4 == 3 {
				label = fmt.Sprintf("%5.0f ", win)
			}
			b.WriteString(strings.TrimRight(label+"|"+string(g[y][:]), " ") + "\n")
		}
		axis := []byte("      +" + strings.Repeat("-", w))
		b.WriteString(string(axis) + "\n")
		lab := []byte(strings.Repeat(" ", w+14))
		for _, p := range []float64{0.0001, 0.001, 0.01} {
			x := 7 + int(math.Log(p/p0)/math.Log(p1/p0)*(w-1))
			copy(lab[x:], fmt.Sprintf("%g %%", p*100))
		}
		b.WriteString(strings.TrimRight(string(lab), " ") + "  loss\n```\n\n")
	}
	return b.String()
}
