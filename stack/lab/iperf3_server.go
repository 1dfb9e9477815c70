package lab

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// serve waits for clients.
func (t *iperfTest) serve() int {
	t.n = t.p.network("iperf3")
	defer t.n.close()
	lfd, e := t.n.listen(t.bind, t.port, t.fam != 4 && t.bind.IsZero(), 5)
	if e != 0 {
		return t.fail("unable to start listener for connections: %s\niperf3: exiting", errnoWords(e))
	}
	for n := 1; ; n++ {
		t.say("-----------------------------------------------------------\nServer listening on %d (test #%d)\n-----------------------------------------------------------\n", t.port, n)
		t.streams = nil
		t.accept(lfd)
		for _, s := range t.streams {
			t.n.prog.Close(s.fd)
		}
		if t.n.prog.Close(t.ctl); t.oneOff {
			return 0
		}
	}
}

// acceptOne waits for one connection.
func (t *iperfTest) acceptOne(lfd int) (int, bool) {
	t.n.wait(lfd, socket.PollIn, 0)
	fd, e := t.n.prog.Accept(lfd)
	if e != 0 {
		return -1, false
	}
	t.n.prog.SetNonBlock(fd, true)
	return fd, true
}

// accept runs one test from the server's side.
func (t *iperfTest) accept(lfd int) {
	fd, ok := t.acceptOne(lfd)
	if !ok {
		return
	}
	t.ctl = fd
	ra, rp := t.n.peer(fd)
	if _, ok := t.take(fd, 37); !ok {
		return
	}
	t.say("Accepted connection from %s, port %d\n", ra, rp)
	t.par = iperfParams{}
	if t.note(iperfParamExchange) != 0 || !t.takeMessage(&t.par) || t.par.Parallel < 1 || t.par.Parallel > 128 || t.par.Len < 1 || t.par.Len > 1<<20 {
		return
	}
	var udp int
	if t.par.UDP {
		udp = t.udpSocket(ra)
	}
	t.note(iperfCreateStreams)
	for i := range t.par.Parallel {
		if t.par.UDP {
			t.n.wait(udp, socket.PollIn, 0)
			r := t.n.prog.RecvFrom(udp, make([]byte, 16), core.MsgDontWait)
			t.n.prog.Connect(udp, r.From, r.FromPort)
			t.n.send(udp, []byte{0x36, 0x37, 0x38, 0x39}, 0)
			fd := udp
			if i+1 < t.par.Parallel {
				udp = t.udpSocket(ra)
			}
			t.addStream(fd, i)
			continue
		}
		fd, ok := t.acceptOne(lfd)
		if !ok {
			return
		}
		if _, ok := t.take(fd, 37); !ok {
			return
		}
		t.addStream(fd, i)
	}
	t.note(iperfTestStart)
	t.note(iperfTestRunning)
	t.transfer(t.par.Reverse)
	t.note(iperfExchange)
	var other []iperfResult
	if !t.takeMessage(&other) {
		return
	}
	t.message(t.results())
	t.note(iperfDisplay)
	t.summary(other)
	t.take(t.ctl, 1)
}

func (t *iperfTest) udpSocket(peer wire.Addr) int {
	fd, e := t.n.prog.Socket(familyOf(peer), core.SockDgram, 0)
	if e == 0 {
		t.n.prog.SetNonBlock(fd, true)
		t.n.prog.SetSockOpt(fd, socket.SOReuseAddr, 1)
		t.n.prog.Bind(fd, wire.Addr{}, t.port)
	}
	return fd
}
