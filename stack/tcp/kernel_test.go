//go:build linux

package tcp

import (
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A kop is one thing that happens to a connection: a segment of the other side,
// or a system call.
type kop struct {
	what string // seg, connect, write, read, shut, close
	seg  tseg
	urg  int
	n    int
}

func (o kop) String() string {
	switch o.what {
	case "seg":
		s := fmt.Sprintf("< %s %d:%d ack %d win %d", o.seg.flags, o.seg.seq, o.seg.n, o.seg.ack, o.seg.win)
		if o.urg > 0 {
			s += fmt.Sprint(" urg ", o.urg)
		}
		if len(o.seg.sack) > 0 {
			s += fmt.Sprint(" sack ", o.seg.sack)
		}
		if o.seg.ts[0] != 0 {
			s += fmt.Sprint(" ts ", o.seg.ts)
		}
		return s
	case "write", "read":
		return fmt.Sprintf("%s(%d)", o.what, o.n)
	}
	return o.what
}

// A kcase is a connection's life, and what each step of it made the kernel, or
// the model, send and return.
type kcase struct {
	ops    []kop
	ts     bool
	active bool // the host connects to the other side

	port int
	fd   int
	iss  uint32
	tsv  uint32
	up   bool
	got  [][]string
}

// randomCase makes a life of n steps: it follows what a well-behaved other side
// would send just closely enough that something happens, and leaves it often.
func randomCase(r *rand.Rand, n int) *kcase {
	c := &kcase{ts: r.Intn(3) == 0}
	syn := tseg{flags: "S", mss: 1000, win: 30000, sackOK: r.Intn(4) > 0}
	if r.Intn(2) == 0 {
		syn.ws = 1 + 7
	}
	if c.ts {
		syn.ts = [2]uint32{100, 0}
	}
	if c.active = r.Intn(3) == 0; c.active {
		c.ops = append(c.ops, kop{what: "connect"})
		syn.flags, syn.ack, c.ts = "SA", 1, true
		syn.ts = [2]uint32{100, 1}
	} else {
		c.ops = append(c.ops, kop{what: "seg", seg: syn})
	}
	rcv, snd := 1, 1 // what the other side has sent, and what it may acknowledge
	pick := func(v ...int) int { return v[r.Intn(len(v))] }
	for i := 1; i < n; i++ {
		switch k := r.Intn(12); {
		case c.active && (i == 1 || i < 4 && k < 4): // a SYN-ACK, or not quite
			o := kop{what: "seg", seg: syn}
			if r.Intn(3) == 0 {
				o.seg.flags = []string{"S", "A", "R", "RA", "FA", "SA", "SA", "PS"}[r.Intn(8)]
				o.seg.ack = pick(1, 1, 0, 2, 100)
				o.seg.n = pick(0, 0, 1, 100)
				if o.seg.ts[1] = uint32(pick(0, 1, 1, 1)); r.Intn(4) == 0 {
					o.seg.ts[0] = 0
				}
			}
			c.ops = append(c.ops, o)
		case i == 1 && k < 9:
			c.ops = append(c.ops, c.segment(r, "A", 1, 1, 0))
			if r.Intn(2) == 0 {
				continue
			}
		case k < 7:
			f := []string{"A", "A", "PA", "PA", "FA", "R", "RA", "S", "SA", "F", "", "P", "A"}[r.Intn(13)]
			seq := rcv + pick(0, 0, 0, 0, 0, -1, 1, 10, -10, 1000, 70000, -70000)
			ack := snd + pick(0, 0, 0, 0, 0, -1, 1, 100, -100, 100000)
			l := pick(0, 0, 0, 1, 10, 100, 1000)
			o := c.segment(r, f, seq, ack, l)
			if r.Intn(12) == 0 {
				o.urg = pick(1, 5, 100)
			}
			if syn.sackOK && r.Intn(8) == 0 && snd > 200 {
				o.seg.sack = []int{snd - 100, snd}
			}
			c.ops = append(c.ops, o)
			if seq == rcv {
				rcv += l
				if strings.Contains(f, "F") {
					rcv++
				}
			}
		case k < 9:
			l := pick(1, 100, 1000, 1500, 5000)
			c.ops = append(c.ops, kop{what: "write", n: l})
			snd += l
		case k < 10:
			c.ops = append(c.ops, kop{what: "read", n: pick(1, 50, 10000)})
		case k < 11:
			c.ops = append(c.ops, kop{what: "shut"})
			snd++
		default:
			c.ops = append(c.ops, kop{what: "close"})
			snd++
		}
	}
	return c
}

func (c *kcase) segment(r *rand.Rand, f string, seq, ack, n int) kop {
	s := tseg{flags: f, seq: seq, ack: ack, n: n, win: 1000}
	if r.Intn(10) == 0 {
		s.win = []int{-1, 1, 10, 50000}[r.Intn(4)]
	}
	if c.ts && r.Intn(8) > 0 {
		s.ts = [2]uint32{uint32(200 + len(c.ops)*10), 1}
		if r.Intn(8) == 0 {
			s.ts[0] = 50
		}
	}
	return kop{what: "seg", seg: s}
}

// line writes a sent segment: numbers relative to the first of each side, of a
// timestamp only that it is there, and what it echoes.
func (c *kcase) line(p []byte) string {
	h := wire.TCP(p)
	if h.Flags().Has(wire.TCPSyn) {
		c.iss = h.Seq()
	}
	var o wire.TCPOptions
	wire.ParseTCPOptions(h.Options(), &o)
	if o.HasTS {
		c.tsv = o.TSVal
	}
	ack := "-"
	if h.Flags().Has(wire.TCPAck) {
		ack = fmt.Sprint(int32(h.Ack() - irs))
	}
	s := fmt.Sprintf("> %v %d:%d ack %s win %d", h.Flags(), int32(h.Seq()-c.iss), len(h.Payload()), ack, h.Window())
	if h.Flags().Has(wire.TCPUrg) {
		s += fmt.Sprint(" urg ", h.Urg())
	}
	for i := range o.SACK[:o.NumSACK] {
		s += fmt.Sprintf(" sack %d-%d", int32(o.SACK[i].Start-irs), int32(o.SACK[i].End-irs))
	}
	if o.HasTS {
		s += fmt.Sprint(" ts ecr ", o.TSEcr)
	}
	return s
}

// segBytes is the segment as the other side sends it to a host whose numbers
// begin at c.iss.
func (c *kcase) segBytes(o kop) []byte {
	b := &bench{iss: c.iss}
	s := o.seg
	if c.active {
		s.port = 81
	}
	if s.ts[1] != 0 {
		s.ts[1] = c.tsv
	}
	p := wire.TCP(b.bytes(s))
	if o.urg > 0 {
		p.SetFlags(p.Flags() | wire.TCPUrg)
		p.SetUrg(uint16(o.urg))
	}
	return p
}

// agrees says whether the model does the same when its ticks begin at another
// moment, or its clock goes at another speed: a busy machine's timers are late,
// and its sleeps are too.
func (c *kcase) agrees(t *testing.T, gaps []int) bool {
	for _, percent := range []int{100, 97, 105, 110} {
		var at []int
		for _, g := range gaps {
			at = append(at, (g*percent+50)/100)
		}
		for tick := range sim.Time(4) {
			m := c.clone()
			m.model(t, at, tick*sim.Millisecond)
			if m.diff(c) < 0 {
				return true
			}
		}
	}
	return false
}

// model runs the case in the model.
func (c *kcase) model(t *testing.T, gaps []int, tick sim.Time) {
	b := newBenchOn(t, 100*sim.Second+tick)
	b.ns.Sysctl.TCPNoMetricsSave, b.ns.Sysctl.TCPSyncookies = 1, 0
	b.listen()
	closed := false
	for i, o := range c.ops {
		var out []string
		if b.sk == nil {
			b.sk = b.lis.Accept()
		}
		switch sk := b.sk; {
		case o.what == "connect":
			b.sk = b.tcp.newSock(core.AFInet)
			b.sk.Bind(here, 81)
			out = append(out, fmt.Sprint("connect ", b.sk.Connect(there, 4000)))
		case o.what == "seg":
			b.in(c.segBytes(o))
		case sk == nil || closed:
		case o.what == "write":
			n, e := sk.Send(make([]byte, o.n), core.MsgNoSignal|core.MsgDontWait)
			out = append(out, fmt.Sprint("write ", n, " ", e))
		case o.what == "read":
			n, e := sk.Recv(make([]byte, o.n), core.MsgDontWait)
			out = append(out, fmt.Sprint("read ", n, " ", e))
		case o.what == "shut":
			out = append(out, fmt.Sprint("shut ", sk.Shutdown(core.SendShutdown)))
		case o.what == "close":
			sk.Close()
			closed = true
		}
		if b.sk == nil {
			b.sk = b.lis.Accept()
		}
		b.run(sim.Time(gaps[i]) * sim.Millisecond)
		for _, p := range b.sent {
			out = append(out, c.line(p))
		}
		b.sent = nil
		if b.sk == nil {
			b.sk = b.lis.Accept()
		}
		if b.sk != nil && !closed {
			out = append(out, fmt.Sprint("state ", b.sk.State))
		}
		c.got = append(c.got, out)
	}
}

// randomGaps are the times between the steps, ms: short ones, some that let a
// delayed ACK go, and some that let all timers run. No sum of the short ones
// comes near tcp_invalid_ratelimit, or an RTO: a busy machine is not exact.
func randomGaps(r *rand.Rand, n int) []int {
	g := make([]int, n)
	sum := 0
	for i := range g {
		g[i] = []int{8, 8, 20, 62}[r.Intn(4)]
		if sum += g[i]; sum > 130 {
			g[i], sum = 760, 0
		}
	}
	return g
}

func (c *kcase) clone() *kcase { return &kcase{ops: c.ops, ts: c.ts, active: c.active} }

// diff is the first step in which two runs differ, or -1. What goes again by a
// timer is left out: a busy machine's timers are late.
func (c *kcase) diff(o *kcase) int {
	seenC, seenO := map[string]bool{}, map[string]bool{}
	for i := range c.got {
		if fresh(c.got[i], seenC) != fresh(o.got[i], seenO) {
			return i
		}
	}
	return -1
}

// fresh joins the lines without the segments that were sent before.
func fresh(lines []string, seen map[string]bool) string {
	var out []string
	for _, l := range lines {
		if f := strings.Fields(l); f[0] == ">" && (!strings.HasSuffix(f[2], ":0") || strings.Contains(f[1], "F")) {
			key := strings.TrimSuffix(f[2], ":0")
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		out = append(out, l)
	}
	return strings.Join(out, "\n")
}

// Random lives of connections: what this machine's kernel sends and returns,
// the model does. PACKETWALK_KERNEL=1, as root on Linux 6.18; a number above 1
// is how many hundred.
func TestKernel(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("PACKETWALK_KERNEL"))
	if n == 0 {
		t.Skip("ran without this machine's kernel: set PACKETWALK_KERNEL=1, as root on Linux 6.18")
	}
	seed := int64(1)
	if s, err := strconv.ParseInt(os.Getenv("PACKETWALK_SEED"), 10, 64); err == nil {
		seed = s
	}
	r := rand.New(rand.NewSource(seed))
	k := newKhost(t)
	same, differ, unsure := 0, 0, 0
	port := 10000
	var sample []*kcase
	for batch := 0; batch < n; batch++ {
		gaps := randomGaps(r, 10)
		var cases, again []*kcase
		for range 100 {
			c := randomCase(r, len(gaps))
			cases, again = append(cases, c), append(again, c.clone())
		}
		k.run(cases, gaps, port)
		k.run(again, gaps, port+100)
		port += 200
		sample = cases
		for i, c := range cases {
			m := c.clone()
			m.model(t, gaps, sim.Millisecond)
			at := m.diff(c)
			switch {
			case at < 0 || m.diff(again[i]) < 0 || c.agrees(t, gaps):
				same++
			case c.diff(again[i]) >= 0 && c.diff(again[i]) <= at:
				unsure++ // the kernel itself is not of one mind: timers
			default:
				if differ++; differ <= 6 {
					t.Error(m.report(c, gaps, at))
				}
			}
		}
	}
	lines := 0
	for _, c := range sample {
		for _, g := range c.got {
			lines += len(g)
		}
	}
	t.Logf("in the last hundred %d lines", lines)
	t.Logf("%d agree, %d differ, %d the kernel did differently twice", same, differ, unsure)
}

// report writes the steps up to the one where the model left the kernel.
func (c *kcase) report(real *kcase, gaps []int, at int) string {
	var s strings.Builder
	for i := 0; i <= at; i++ {
		fmt.Fprintf(&s, "\n%4d ms %v", gaps[i], c.ops[i])
		if i < at {
			for _, l := range c.got[i] {
				s.WriteString("\n          " + l)
			}
		}
	}
	s.WriteString("\n  kernel:\n          " + strings.Join(real.got[at], "\n          "))
	s.WriteString("\n  model:\n          " + strings.Join(c.got[at], "\n          "))
	return s.String()
}
