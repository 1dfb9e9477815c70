package socket_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
)

// threads is a program that makes calls of several threads: each goes on with
// its own when the program runs.
type threads struct {
	calls []*socket.Call
	at    []sim.Time // when each was done
	runs  int
}

func (a *threads) Run(p *socket.Program) {
	a.runs++
	for i, c := range a.calls {
		if !c.Done && p.Do(c) {
			a.at[i] = p.NS.Clock.Now()
		}
	}
}

// begin makes calls that may sleep.
func (a *threads) begin(p *socket.Program, cs ...*socket.Call) {
	for _, c := range cs {
		a.calls, a.at = append(a.calls, c), append(a.at, -1)
	}
	a.Run(p)
}

// sleeper is a program whose calls may sleep, on a machine that has run a second.
func sleepers(t *testing.T) (*world, *socket.Program, *threads) {
	w := newWorld(t)
	w.run(sim.Second)
	a := &threads{}
	return w, socket.NewProgram(w.NS, "p", a), a
}

// made is a connection: listener, client, server.
func made(t *testing.T, w *world, p *socket.Program) (l, c, s int) {
	t.Helper()
	l, _ = p.Socket(core.AFInet, core.SockStream, 0)
	p.Bind(l, lo, 4100)
	p.Listen(l, 5)
	c, _ = p.Socket(core.AFInet, core.SockStream, 0)
	p.Connect(c, lo, 4100)
	w.run(w.NS.Clock.Now() + sim.Millisecond)
	s, e := p.Accept(l)
	if e != 0 {
		t.Fatal(e)
	}
	return l, c, s
}

// TestTimeouts: SO_RCVTIMEO and SO_SNDTIMEO end a call in ticks, poll and
// epoll_wait do not wait for a tick.
func TestTimeouts(t *testing.T) {
	w, p, a := sleepers(t)
	l, c, s := made(t, w, p)
	p.SetSockOpt(s, socket.SORcvTimeo, 100)
	p.SetSockOpt(l, socket.SORcvTimeo, 50)
	p.SetSockOpt(c, socket.SOSndTimeo, 30)
	ep := &socket.Call{Op: socket.OpEpollCreate}
	p.Do(ep)
	began := w.NS.Clock.Now()
	big := make([]byte, 64<<20)
	calls := []*socket.Call{
		{Op: socket.OpRecv, FD: s, Data: make([]byte, 10), Flags: core.MsgErrQueue}, // never sleeps
		{Op: socket.OpAccept, FD: l},
		{Op: socket.OpSend, FD: c, Data: big},
		{Op: socket.OpPoll, Fds: []socket.PollFD{{FD: l, Events: socket.PollIn}}, N: 77},
		{Op: socket.OpEpollWait, FD: ep.Ret, N2: 1, N: 33},
		{Op: socket.OpPoll, N: 0},
	}
	a.begin(p, calls...)
	w.run(began + sim.Second)
	for i, x := range []struct {
		e        core.Errno
		from, to sim.Time
	}{
		{step.EAGAIN, 0, 1}, {step.EAGAIN, 50, 58}, {0, 30, 1000}, {0, 77, 78}, {0, 33, 34}, {0, 0, 1},
	} {
		d := a.at[i] - began
		if !calls[i].Done || calls[i].Err != x.e || d < x.from*sim.Millisecond || d > x.to*sim.Millisecond {
			t.Errorf("call %d: done %v %v after %v", i, calls[i].Done, calls[i].Err, d)
		}
	}
	if n := calls[2].Ret; n == 0 || n == len(big) {
		t.Errorf("send took %d bytes", n)
	}
}

// TestWaitAll: a call that wants all of it sleeps until all is there; its
// timeout, and the end, cut it short.
func TestWaitAll(t *testing.T) {
	w, p, a := sleepers(t)
	_, c, s := made(t, w, p)
	r := &socket.Call{Op: socket.OpRecv, FD: s, Data: make([]byte, 100), Flags: core.MsgWaitAll}
	a.begin(p, r)
	for range 9 {
		p.Send(c, make([]byte, 10), 0)
		w.run(w.NS.Clock.Now() + sim.Millisecond)
	}
	if r.Done {
		t.Fatalf("it returned %d %v", r.Ret, r.Err)
	}
	p.Send(c, make([]byte, 30), 0)
	w.run(w.NS.Clock.Now() + sim.Millisecond)
	if !r.Done || r.Ret != 100 {
		t.Fatalf("%v %d %v", r.Done, r.Ret, r.Err)
	}
	r2 := &socket.Call{Op: socket.OpRecv, FD: s, Data: make([]byte, 100), Flags: core.MsgWaitAll}
	a.begin(p, r2)
	p.Close(c)
	w.run(w.NS.Clock.Now() + sim.Millisecond)
	if !r2.Done || r2.Ret != 20 {
		t.Errorf("at the end: %v %d %v", r2.Done, r2.Ret, r2.Err)
	}
}

// TestSecondSleeper: of two programs that sleep in accept() on one socket, a
// connection wakes the one that has slept longer, and only it. A program that
// reads wakes both.
func TestSecondSleeper(t *testing.T) {
	w, p, a := sleepers(t)
	l, _ := p.Socket(core.AFInet, core.SockStream, 0)
	p.Bind(l, lo, 4200)
	p.Listen(l, 5)
	b := &threads{}
	q := socket.NewProgram(w.NS, "q", b)
	fd := p.Share(l, q)
	first, second := &socket.Call{Op: socket.OpAccept, FD: l}, &socket.Call{Op: socket.OpAccept, FD: fd}
	a.begin(p, first)
	b.begin(q, second)
	ra, rb := a.runs, b.runs
	connect := func() {
		o := socket.NewProgram(w.NS, "o", idle{})
		c, _ := o.Socket(core.AFInet, core.SockStream, 0)
		o.Connect(c, lo, 4200)
		w.run(w.NS.Clock.Now() + sim.Millisecond)
	}
	connect()
	if !first.Done || second.Done || b.runs != rb || a.runs == ra {
		t.Errorf("the first: %v, the second: %v, woken %d and %d times", first.Done, second.Done, a.runs-ra, b.runs-rb)
	}
	third := &socket.Call{Op: socket.OpAccept, FD: l}
	a.begin(p, third)
	connect()
	if !second.Done || third.Done {
		t.Errorf("then: %v %v", second.Done, third.Done)
	}
	// The listener goes with its last file descriptor.
	p.Close(l)
	if q.Sock(fd) == nil || q.Sock(fd).State != core.TCPListen {
		t.Error("the other program's file is gone")
	}
	q.Close(fd)
}

// TestEpollWakes: a program that sleeps in epoll_wait is woken by what it
// watches, and not by what it does not.
func TestEpollWakes(t *testing.T) {
	w, p, a := sleepers(t)
	_, c, s := made(t, w, p)
	ep := &socket.Call{Op: socket.OpEpollCreate}
	p.Do(ep)
	p.Do(&socket.Call{Op: socket.OpEpollCtl, FD: ep.Ret, FD2: s, Cmd: socket.EpollCtlAdd, Ev: []socket.EpollEvent{{Events: socket.PollIn, Data: 7}}})
	wait := &socket.Call{Op: socket.OpEpollWait, FD: ep.Ret, N2: 4, N: -1}
	a.begin(p, wait)
	w.run(w.NS.Clock.Now() + sim.Second)
	if wait.Done {
		t.Fatal("it did not sleep")
	}
	p.Send(c, []byte("x"), 0)
	w.run(w.NS.Clock.Now() + sim.Millisecond)
	if !wait.Done || len(wait.Ev) != 1 || wait.Ev[0] != (socket.EpollEvent{Events: socket.PollIn, Data: 7}) {
		t.Fatalf("%v %v", wait.Done, wait.Ev)
	}
	// A copy of the file descriptor keeps the file in the set.
	d := &socket.Call{Op: socket.OpDup, FD: s}
	p.Do(d)
	p.Close(s)
	again := &socket.Call{Op: socket.OpEpollWait, FD: ep.Ret, N2: 4}
	if p.Do(again); len(again.Ev) != 1 {
		t.Errorf("after close of one of two: %v", again.Ev)
	}
	p.Close(d.Ret)
	gone := &socket.Call{Op: socket.OpEpollWait, FD: ep.Ret, N2: 4}
	if p.Do(gone); len(gone.Ev) != 0 {
		t.Errorf("after close of both: %v", gone.Ev)
	}
}

// TestInterrupt: a signal ends a call with EINTR, or with what it has done.
func TestInterrupt(t *testing.T) {
	w, p, a := sleepers(t)
	l, c, s := made(t, w, p)
	calls := []*socket.Call{
		{Op: socket.OpAccept, FD: l}, {Op: socket.OpRecv, FD: s, Data: make([]byte, 10)},
		{Op: socket.OpPoll, Fds: []socket.PollFD{{FD: l, Events: socket.PollIn}}, N: -1}, {Op: socket.OpSend, FD: c, Data: make([]byte, 64<<20)},
	}
	a.begin(p, calls[0], calls[1], calls[2])
	for _, x := range calls[:3] {
		if p.Interrupt(x); !x.Done || x.Err != step.EINTR {
			t.Errorf("call %d: %v %v", x.Op, x.Done, x.Err)
		}
	}
	a.begin(p, calls[3])
	w.run(w.NS.Clock.Now() + sim.Second)
	if p.Interrupt(calls[3]); !calls[3].Done || calls[3].Err != 0 || calls[3].Ret == 0 {
		t.Errorf("send: %v %v %d", calls[3].Done, calls[3].Err, calls[3].Ret)
	}
}

// TestSendfile: the bytes of a file, and no more, from the offset on.
func TestSendfile(t *testing.T) {
	w, p, _ := sleepers(t)
	_, c, s := made(t, w, p)
	f := &socket.Call{Op: socket.OpOpen, Data: []byte("hello"), N: 8}
	p.Do(f)
	off := int64(3)
	for _, x := range []struct {
		off  *int64
		n    int
		want int
	}{{nil, 4, 4}, {nil, 100, 4}, {nil, 100, 0}, {&off, 3, 3}, {&off, 9, 2}} {
		k := &socket.Call{Op: socket.OpSendfile, FD: c, FD2: f.Ret, N2: x.n, Off: x.off, Flags: core.MsgDontWait}
		if p.Do(k); k.Ret != x.want || k.Err != 0 {
			t.Errorf("sendfile %d: %d %v", x.n, k.Ret, k.Err)
		}
	}
	w.run(w.NS.Clock.Now() + sim.Second)
	buf := make([]byte, 100)
	n, _ := p.Recv(s, buf, 0)
	if got := string(buf[:n]); got != "hello\x00\x00\x00lo\x00\x00\x00" || off != 8 {
		t.Errorf("%q, offset %d", got, off)
	}
	if k := (&socket.Call{Op: socket.OpSendfile, FD: c, FD2: s, N2: 1}); !p.Do(k) || k.Err != step.EINVAL {
		t.Errorf("from a socket: %v", k.Err)
	}
}

// TestNotModelled: what Linux has and the model has not is loud.
func TestNotModelled(t *testing.T) {
	_, p, _ := sleepers(t)
	u, _ := p.Socket(core.AFInet, core.SockDgram, 0)
	for _, c := range []*socket.Call{
		{Op: socket.OpSetSockOpt, FD: u, Level: 1, Name: 26, Data: make([]byte, 16)},
		{Op: socket.OpSetSockOpt, FD: u, Level: 1, Name: 61, Data: make([]byte, 8)},
		{Op: socket.OpIoctl, FD: u, Cmd: 0x8913},
		{Op: socket.OpFcntl, FD: u, Cmd: socket.FSetown},
		{Op: socket.OpSocket, Fam: 1, Kind: core.SockStream},
	} {
		if p.Do(c); !c.NotModelled || c.Err != step.NotModelled {
			t.Errorf("call %d level %d name %d cmd %#x: %v", c.Op, c.Level, c.Name, c.Cmd, c.Err)
		}
	}
}

// TestLinger: close() with SO_LINGER sleeps until the FIN is acknowledged, or
// until its time is over; the file descriptor is free at once.
func TestLinger(t *testing.T) {
	for _, lost := range []int{0, 1000} {
		w, p, a := sleepers(t)
		_, c, s := made(t, w, p)
		w.NS.AddHook(core.NFIPv4, core.LocalIn, 0, &loseSome{lost})
		p.SetSockOpt(c, socket.SOLinger, 3)
		p.SetNonBlock(c, true)
		p.Send(c, make([]byte, 100), 0)
		x := &socket.Call{Op: socket.OpClose, FD: c}
		began := w.NS.Clock.Now()
		a.begin(p, x)
		if x.Done || p.Sock(c) != nil {
			t.Fatalf("done %v, socket %v", x.Done, p.Sock(c))
		}
		w.run(began + 10*sim.Second)
		d := a.at[0] - began
		if !x.Done || lost == 0 && d > sim.Second || lost > 0 && (d < 3*sim.Second || d > 3*sim.Second+2*sim.Jiffy) {
			t.Errorf("lost %d: done %v after %v", lost, x.Done, d)
		}
		p.Close(s)
	}
}

// A forked is a world with calls in progress.
type forked struct {
	W     *world
	P     *socket.Program
	A     *threads
	Calls []*socket.Call
}

// TestForkSleepers: a copy of a machine in the middle of calls goes on as the machine
// itself does, and neither sees the other.
func TestForkSleepers(t *testing.T) {
	w, p, a := sleepers(t)
	l, c, s := made(t, w, p)
	ep := &socket.Call{Op: socket.OpEpollCreate}
	p.Do(ep)
	p.Do(&socket.Call{Op: socket.OpEpollCtl, FD: ep.Ret, FD2: s, Cmd: socket.EpollCtlAdd, Ev: []socket.EpollEvent{{Events: socket.PollIn | socket.EpollET, Data: 7}}})
	p.SetSockOpt(c, socket.SOZerocopy, 1)
	p.SetSockOpt(c, socket.SOTimestamping, core.TsTxAck|core.TsTxSoftware|core.TsSoftware|core.TsOptID)
	p.Send(c, make([]byte, 100), core.MsgZerocopy)
	f := &forked{w, p, a, []*socket.Call{
		{Op: socket.OpEpollWait, FD: ep.Ret, N2: 4, N: 500}, {Op: socket.OpAccept, FD: l}, {Op: socket.OpRecv, FD: s, Data: make([]byte, 300), Flags: core.MsgWaitAll},
		{Op: socket.OpPoll, Fds: []socket.PollFD{{FD: l, Events: socket.PollIn}}, N: 40}, {Op: socket.OpClose, FD: 99},
	}}
	a.begin(p, f.Calls...)
	g, _ := sim.Fork(f)
	end := func(f *forked) string {
		f.P.Send(c, make([]byte, 250), 0)
		f.W.run(f.W.NS.Clock.Now() + sim.Second)
		var b bytes.Buffer
		for i, x := range f.Calls {
			fmt.Fprintln(&b, x.Done, x.Ret, x.Err, x.Ev, f.A.at[i])
		}
		for {
			m := &socket.Call{Op: socket.OpRecvMsg, FD: c, Flags: core.MsgErrQueue, CtlLen: 200, Iov: [][]byte{{0}}}
			if f.P.Do(m); m.Err != 0 {
				return b.String()
			}
			fmt.Fprintln(&b, m.Ctl)
		}
	}
	if x, y := end(f), end(g); x != y || f.Calls[0].Ret != 1 || f.Calls[2].Ret != 300 || f.Calls[1].Done {
		t.Errorf("the machine:\n%s\nthe copy:\n%s", x, y)
	}
}
