package lab

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
)

// ncBuf is BUFSIZE: what each direction may hold.
const ncBuf = 16384

// An ncTalker is readwrite's state: four ends, each open or gone, and what is
// between them.
type ncTalker struct {
	In, NetOut, NetIn, Out bool // which of the four are still polled
	ToNet, FromNet         []byte
	Got                    int      // messages, for -W
	End                    sim.Time // of poll's timeout, 0: not begun
}

// begin starts to copy both ways.
func (n *netcat) begin(p *socket.Program) {
	n.talk = ncTalker{In: !n.NoIn, NetOut: true, NetIn: true, Out: true}
	n.state = ncTalk
}

// readwrite copies from standard input to the socket and back until the ends
// that matter are gone.
func (n *netcat) readwrite(p *socket.Program) bool {
	t := &n.talk
	for {
		empty := len(t.ToNet) == 0 && len(t.FromNet) == 0
		if !t.In && !t.NetIn && empty || !t.NetOut && !t.Out || n.Listen && !t.NetIn && empty {
			return n.finish(p)
		}
		if len(n.term.Out) > 0 {
			return false // asleep in write()
		}
		again, timeout := n.pollOnce(p)
		if timeout {
			return n.finish(p)
		}
		if !again {
			return false
		}
	}
}

// wrote: standard output has taken what was printed.
func (n *netcat) wrote() bool { return true }

// pollOnce is one turn of the loop: what is ready is done. It returns false if
// nothing is, and whether -w's time is over.
func (n *netcat) pollOnce(p *socket.Program) (again, timeout bool) {
	t := &n.talk
	ev := p.Poll(n.fd)
	err, hup := ev&socket.PollErr != 0 && (t.NetIn || t.NetOut), ev&socket.PollHup != 0
	stdin := t.In && len(t.ToNet) < ncBuf && (len(n.term.In) > 0 || n.InEOF)
	out := t.NetOut && len(t.ToNet) > 0 && ev&socket.PollOut != 0
	in := t.NetIn && len(t.FromNet) < ncBuf && ev&socket.PollIn != 0
	stdout := t.Out && len(t.FromNet) > 0
	gone := hup && (t.NetOut || t.NetIn && !in)
	if !err && !gone && !stdin && !out && !in && !stdout {
		return n.sleepOn(p)
	}
	t.End = 0
	if err {
		t.NetOut, t.NetIn = false, false
	}
	if hup && ev&socket.PollIn == 0 {
		t.NetIn = false
	}
	if hup && t.NetOut {
		if n.Shut {
			p.Shutdown(n.fd, socket.ShutWr)
		}
		t.NetOut = false
	}
	if !t.NetOut {
		t.In = false
	}
	if stdin && t.In {
		n.fill()
	}
	if out && t.NetOut {
		n.drain(p)
	}
	if in && t.NetIn {
		n.receive(p)
	}
	if stdout {
		n.term.Out = append(n.term.Out, t.FromNet...)
		t.FromNet = t.FromNet[:0]
	}
	if !t.In && len(t.ToNet) == 0 && t.NetOut {
		if n.Shut {
			p.Shutdown(n.fd, socket.ShutWr)
		}
		t.NetOut = false
		if n.UDP && n.Quit >= 0 && t.NetIn {
			p.Shutdown(n.fd, socket.ShutRd)
			t.NetIn = false
		}
	}
	if !t.NetIn && len(t.FromNet) == 0 {
		t.Out = false
	}
	return true, false
}

// sleepOn waits in poll, no longer than -w says.
func (n *netcat) sleepOn(p *socket.Program) (again, timeout bool) {
	t := &n.talk
	if n.Wait < 0 {
		return false, false
	}
	now := p.NS.Clock.Now()
	if t.End == 0 {
		t.End = now + n.Wait
	}
	if now >= t.End {
		return false, true
	}
	p.Alarm(t.End)
	return false, false
}

// fill reads standard input.
func (n *netcat) fill() {
	t := &n.talk
	k := min(len(n.term.In), ncBuf-len(t.ToNet))
	t.ToNet = append(t.ToNet, n.term.In[:k]...)
	n.term.In = n.term.In[k:]
	if k == 0 && n.InEOF {
		t.In = false
	}
}

// drain writes to the socket.
func (n *netcat) drain(p *socket.Program) {
	t := &n.talk
	k, e := writeTo(p, n.fd, t.ToNet)
	switch {
	case e == step.EAGAIN:
	case e != 0:
		t.NetOut = false
	default:
		t.ToNet = append(t.ToNet[:0], t.ToNet[k:]...)
	}
}

// receive reads from the socket.
func (n *netcat) receive(p *socket.Program) {
	t := &n.talk
	b := make([]byte, ncBuf-len(t.FromNet))
	k, e := readFrom(p, n.fd, b)
	switch {
	case e == step.EAGAIN:
		return
	case e != 0:
		t.NetIn = false
		return
	case k == 0:
		p.Shutdown(n.fd, socket.ShutRd)
		t.NetIn = false
	}
	t.FromNet = append(t.FromNet, b[:k]...)
	if t.Got++; n.Limit > 0 && t.Got >= n.Limit {
		if t.NetIn {
			p.Shutdown(n.fd, socket.ShutRd)
		}
		t.NetIn, t.In = false, false
	}
}

// finish ends a connection: with -k the next one is waited for, else the next
// port has its turn.
func (n *netcat) finish(p *socket.Program) bool {
	p.Close(n.fd)
	switch {
	case n.Listen && n.Keep && !n.UDP:
		n.state = ncAccept
	case n.Quit > 0 && n.talk.ended():
		n.end, n.state = p.NS.Clock.Now()+n.Quit, ncQuit
	case n.Listen:
		n.exit(p, 0)
		return false
	default:
		n.failed = false
		n.port++
		n.state = ncStart
	}
	return true
}

// ended reports that both sides have said all that they had to say.
func (t *ncTalker) ended() bool { return !t.In && !t.NetIn }
