package tcp

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// TestSweep: two hosts over links that lose, reorder, double, delay, mark and
// swallow large packets; every run is made from its seed. Every byte arrives
// once and in order, each way; both connections end; no run hangs; all memory
// is given back (RFC 9293 §3.8). PACKETWALK_SWEEP=10000 runs that many;
// PACKETWALK_SWEEP_SEED=7 runs one.
func TestSweep(t *testing.T) {
	first, n := uint64(1), 500
	if s := os.Getenv("PACKETWALK_SWEEP"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	if s := os.Getenv("PACKETWALK_SWEEP_SEED"); s != "" {
		first, _ = strconv.ParseUint(s, 10, 64)
		n = 1
	}
	failed, seen := 0, map[step.MIB]uint64{}
	for seed := first; seed < first+uint64(n); seed++ {
		if err := sweepRun(t, seed, seen); err != nil {
			t.Errorf("seed %d: %v", seed, err)
			if failed++; failed > 20 {
				t.Fatal("and more")
			}
		}
	}
	t.Logf("%d runs, %d failed", n, failed)
	if n < 500 {
		return
	}
	// The links are bad enough: all of these have happened.
	for _, m := range []step.MIB{step.TcpRetransSegs, step.TcpExtTCPFastRetrans, step.TcpExtTCPTimeouts, step.TcpExtTCPLossProbes, step.TcpExtTCPLostRetransmit,
		step.TcpExtTCPOFOQueue, step.TcpExtTCPDSACKRecv, step.TcpExtTCPSACKReorder, step.TcpExtTCPDSACKUndo, step.TcpExtTCPDeliveredCE,
		step.TcpExtTCPMTUPSuccess, step.TcpExtTCPMTUPFail, step.TcpExtTCPHystartTrainDetect, step.TcpExtTCPHystartDelayDetect, step.TcpExtTCPRenoRecovery, step.TcpExtTCPWinProbe} {
		if seen[m] == 0 {
			t.Errorf("%v has never counted", m)
		} else {
			t.Logf("%v %d", m, seen[m])
		}
	}
}

// A sweepEnd is one side of a run: a program that sends, reads and closes.
type sweepEnd struct {
	sk        *Sock
	out, in   []byte
	sent      int
	closed    bool // it has shut its direction down
	eof, gone bool
	sleep     sim.Time // until then it reads nothing
}

// sweepLink makes the link and the hosts of a seed.
func sweepLink(t testing.TB, seed uint64, r *sim.Rand) (*link, string) {
	l := newLink(t, seed)
	pick := func(v ...uint32) uint32 { return v[r.Below(uint32(len(v)))] }
	l.delay = sim.Time(pick(100, 1000, 5000, 20000, 100000)) * sim.Microsecond
	l.jitter = l.delay * sim.Time(pick(0, 0, 1, 5)) / 4
	l.loss = pick(0, 1000, 10000, 50000, 150000)
	l.dup = pick(0, 0, 10000, 100000)
	l.reord = pick(0, 0, 10000, 100000)
	l.rate = int64(pick(0, 0, 100000, 1000000, 10000000))
	if l.rate > 0 {
		l.queue = int(pick(0, 10, 50))
		l.mark = int(pick(0, 5))
	}
	cc := [...]string{"cubic", "reno", "bbr", "dctcp", "vegas"}
	what := ""
	for _, h := range l.hosts {
		s := &h.ns.Sysctl
		s.TCPCongestionControl = cc[r.Below(uint32(len(cc)))]
		s.TCPTimestamps = int(pick(1, 1, 0))
		s.TCPSack = int(pick(1, 1, 0))
		s.TCPEcn = int(pick(2, 1, 0))
		s.TCPMtuProbing = int(pick(0, 1, 2))
		s.TCPRmem[1] = int(pick(131072, 16384, 6000))
		s.TCPWmem[1] = int(pick(16384, 87380, 5000))
		if s.TCPRmem[1] > 20000 {
			// With a small buffer, what waits behind a hole may shrink the window
			// to nothing; then the hole is never filled.
			s.TCPShrinkWindow = int(pick(0, 1))
		}
		s.TCPRecovery = int(pick(1, 1, 0))
		s.TCPEarlyRetrans = int(pick(3, 0))
		s.TCPFrto = int(pick(2, 0))
		// A link that loses 15 % each way is no reason to give up. Both count in
		// time since the first retransmission; black hole detection, which loss
		// misleads to an MSS of 48, can keep one loss state for half an hour.
		s.TCPOrphanRetries, s.TCPRetries2 = 100, 100
		s.TCPAutocorking = int(pick(1, 0))
		s.TCPSlowStartAfterIdle = int(pick(1, 0))
		h.m.CallTime = pick(0, 1) == 1
		what += fmt.Sprintf(" [%s shrink %d ts %d sack %d ecn %d mtup %d rmem %d wmem %d call %v]", s.TCPCongestionControl, s.TCPShrinkWindow, s.TCPTimestamps, s.TCPSack, s.TCPEcn, s.TCPMtuProbing, s.TCPRmem[1], s.TCPWmem[1], h.m.CallTime)
	}
	if l.loss < 20000 && l.hosts[0].ns.Sysctl.TCPMtuProbing != 0 && l.hosts[1].ns.Sysctl.TCPMtuProbing != 0 && r.Below(4) == 0 {
		l.mtu = 1100
	}
	return l, fmt.Sprintf("delay %v jitter %v loss %d dup %d reord %d rate %d queue %d mark %d mtu %d%s", l.delay, l.jitter, l.loss, l.dup, l.reord, l.rate, l.queue, l.mark, l.mtu, what)
}

func sweepRun(t testing.TB, seed uint64, seen map[step.MIB]uint64) (err error) {
	r := sim.NewRand(seed * 7919)
	l, what := sweepLink(t, seed, r)
	defer func() {
		for _, h := range l.hosts {
			for m, v := range h.ns.MIB {
				seen[step.MIB(m)] += v
			}
		}
		if err != nil {
			err = fmt.Errorf("%w (%s)", err, what)
		}
	}()
	ca, lis := l.connect(t)
	ends := [2]*sweepEnd{{sk: ca, out: make([]byte, r.Below(60000))}, {out: make([]byte, r.Below(60000))}}
	if r.Below(3) == 0 {
		ends[1].out = nil
	}
	for i, e := range ends {
		for k := range e.out {
			e.out[k] = byte(k*7>>3) + byte(i)
		}
	}
	if r.Below(4) == 0 {
		setOption(ca, optNoDelay, 1)
	}
	if r.Below(5) == 0 {
		ca.SetMaxPacingRate(uint64(50000 + r.Below(1000000)))
	}
	step0 := max(l.delay/4, 50*sim.Microsecond)
	limit := l.c.Now() + 7200*sim.Second
	for l.c.Now() < limit {
		if ends[1].sk == nil {
			ends[1].sk = lis.Accept()
		}
		busy := false
		for _, e := range ends {
			if e.sk == nil {
				continue
			}
			moved, err := e.work(r)
			if err != nil {
				return err
			}
			busy = busy || moved
		}
		if ends[0].gone && ends[1].gone && ends[0].sk.State == core.TCPClose && ends[1].sk.State == core.TCPClose {
			break
		}
		to := l.c.Now() + step0
		if next, ok := l.c.Next(); ok && next > to && !busy {
			to = next
		}
		l.c.RunUntil(to)
	}
	return sweepCheck(l, ends, lis)
}

// work does what the program would do now. It reports whether anything moved.
func (e *sweepEnd) work(r *sim.Rand) (bool, error) {
	moved := false
	if !e.closed && e.sk.stateIn(stConnected) {
		if e.sent < len(e.out) {
			n, er := e.sk.Send(e.out[e.sent:min(len(e.out), e.sent+1+int(r.Below(20000)))], 0)
			e.sent += n
			moved = n > 0
			if er != 0 && er != step.EAGAIN {
				return moved, fmt.Errorf("send: %v after %d of %d bytes", er, e.sent, len(e.out))
			}
		}
		if e.sent == len(e.out) {
			e.sk.Shutdown(core.SendShutdown)
			e.closed, moved = true, true
		}
	}
	asleep := e.sk.now() < e.sleep
	if !e.eof && !asleep && e.sk.State != core.TCPSynSent && r.Below(3) == 0 {
		var buf [9000]byte
		n, er := e.sk.Recv(buf[:1+r.Below(9000)], 0)
		if r.Below(100) == 0 {
			e.sleep = e.sk.now() + 3*sim.Second // a slow program: the window closes
		}
		e.in = append(e.in, buf[:n]...)
		moved = moved || n > 0
		switch {
		case er == step.EAGAIN:
		case er != 0:
			return moved, fmt.Errorf("recv: %v after %d bytes", er, len(e.in))
		case n == 0:
			e.eof, moved = true, true
		}
	}
	if e.eof && e.closed && !e.gone {
		e.sk.Close()
		e.gone, moved = true, true
	}
	return moved || !e.eof && !asleep && e.sk.RcvQueue.Len() > 0, nil
}

// sweepCheck holds the run's end to its laws.
func sweepCheck(l *link, ends [2]*sweepEnd, lis *Sock) error {
	for i, e := range ends {
		if e.sk == nil {
			return fmt.Errorf("nobody was accepted")
		}
		if o := ends[1-i]; !bytes.Equal(o.in, e.out) {
			return fmt.Errorf("%d bytes arrived of %d, or other ones (state %d, in flight %d, cwnd %d, unsent %d packets, window %d, rto %v, timer %d)", len(o.in), len(e.out), e.sk.State, e.sk.packetsOut, e.sk.sndCwnd, e.sk.write.Len(), e.sk.sndWnd, e.sk.rto, e.sk.pending)
		}
		if !e.gone || e.sk.State != core.TCPClose {
			return fmt.Errorf("side %d did not end: state %d", i, e.sk.State)
		}
	}
	lis.Close()
	l.c.RunUntil(l.c.Now() + 400*sim.Second)
	for i, h := range l.hosts {
		if h.m.Allocated != h.m.Freed {
			return fmt.Errorf("host %d: %d buffers made, %d freed", i, h.m.Allocated, h.m.Freed)
		}
		if h.tcp.Hash.Len() != 0 || h.tcp.Orphans != 0 || h.tcp.TWCount != 0 || h.m.Mem.TCP != 0 {
			return fmt.Errorf("host %d: left: %d nodes, %d orphans, %d TIME_WAIT, %d pages", i, h.tcp.Hash.Len(), h.tcp.Orphans, h.tcp.TWCount, h.m.Mem.TCP)
		}
		for _, e := range ends {
			if e.sk.RmemAlloc != 0 || e.sk.WmemQueued != 0 || e.sk.WmemAlloc != 1 {
				return fmt.Errorf("memory is left: rmem %d, queued %d, wmem %d", e.sk.RmemAlloc, e.sk.WmemQueued, e.sk.WmemAlloc-1)
			}
		}
	}
	if next, ok := l.c.Next(); ok {
		return fmt.Errorf("a timer is left at %v", next)
	}
	return nil
}
