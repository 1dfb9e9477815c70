package lab

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
)

// client runs the test from the client's side.
func (t *iperfTest) client() int {
	host, _, _ := strings.Cut(t.host, "%")
	a, e := t.p.resolve(host, t.fam)
	if e != "" {
		return t.fail("unable to connect to server: %s", e)
	}
	var er core.Errno
	if t.ctl, er = t.n.dial(dialing{addr: a, port: t.port, src: t.bind}); er != 0 {
		return t.fail("unable to connect to server: %s", errnoWords(er))
	}
	cookie := make([]byte, 37)
	for i := range 36 {
		cookie[i] = "abcdefghijklmnopqrstuvwxyz234567"[t.p.host.Machine.Rand.Below(32)]
	}
	t.n.send(t.ctl, cookie, 0)
	if !t.expect(iperfParamExchange) || t.message(&t.par) != 0 || !t.expect(iperfCreateStreams) {
		return t.fail("control socket has closed unexpectedly")
	}
	t.say("Connecting to host %s, port %d\n", t.host, t.port)
	if t.par.Reverse {
		t.say("Reverse mode, remote host %s is sending\n", t.host)
	}
	for i := range t.par.Parallel {
		d := dialing{addr: a, port: t.port, src: t.bind}
		if t.par.UDP {
			d.kind = core.SockDgram
		}
		fd, er := t.n.dial(d)
		if er != 0 {
			return t.fail("unable to create a new stream: %s", errnoWords(er))
		}
		if t.par.UDP {
			t.n.send(fd, []byte{0x39, 0x38, 0x37, 0x36}, 0)
			if !t.n.wait(fd, socket.PollIn, t.n.now()+30*sim.Second) {
				return t.fail("unable to read from stream socket: Resource temporarily unavailable")
			}
			t.n.recv(fd, make([]byte, 16), 0)
		} else {
			t.n.send(fd, cookie, 0)
		}
		t.addStream(fd, i)
	}
	if !t.expect(iperfTestStart) || !t.expect(iperfTestRunning) {
		return t.fail("control socket has closed unexpectedly")
	}
	t.transfer(!t.par.Reverse)
	return t.clientEnd()
}

func (t *iperfTest) addStream(fd, i int) {
	if t.tos > 0 {
		t.n.prog.SetSockOpt(fd, socket.IPTOS, t.tos)
	}
	if t.noDelay {
		t.n.prog.SetSockOpt(fd, socket.TCPNoDelay, 1)
	}
	s := &iperfStream{fd: fd, id: 5 + 2*i}
	if t.server {
		s.id = 5 + 3*i
	}
	t.streams = append(t.streams, s)
	la, lp := t.n.own(fd)
	ra, rp := t.n.peer(fd)
	t.say("[%3d] local %s port %d connected to %s port %d\n", s.id, la, lp, ra, rp)
}

// clientEnd ends the test and prints what it came to.
func (t *iperfTest) clientEnd() int {
	if t.note(iperfTestEnd) != 0 || !t.expect(iperfExchange) || t.message(t.results()) != 0 {
		return t.fail("control socket has closed unexpectedly")
	}
	var other []iperfResult
	if !t.takeMessage(&other) || !t.expect(iperfDisplay) {
		return t.fail("control socket has closed unexpectedly")
	}
	t.summary(other)
	t.note(iperfDone)
	t.say("\niperf Done.\n")
	return 0
}

func (t *iperfTest) results() []iperfResult {
	var l []iperfResult
	for _, s := range t.streams {
		l = append(l, iperfResult{s.id, s.bytes, s.retr, s.jitter, s.lost, s.packets, 0, float64(s.end-t.began) / 1e9})
	}
	return l
}
