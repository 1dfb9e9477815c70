package tcp

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// ACKs that come while send() still holds the socket wait in its backlog, as
// one: the congestion window grows once, by all that they acknowledge, when the
// call is over.
func TestBacklogMerge(t *testing.T) {
	b := newBench(t)
	b.established()
	b.m.CallTime = true
	sk := b.sk
	if n, e := sk.Send(make([]byte, 16000), 0); n != 16000 || e != 0 {
		t.Fatal(n, e)
	}
	if _, ok := sk.InCall(); !ok || !sk.OwnedByUser {
		t.Fatal("the call took no time")
	}
	cwnd, win, all := int(sk.sndCwnd), sk.sndWnd, int(sk.sndNxt-b.iss)
	b.rx(tseg{flags: "A", seq: 1, ack: 1001, win: 30000})
	b.rx(tseg{flags: "A", seq: 1, ack: all, win: 29000})
	b.rx(tseg{flags: "A", seq: 1, ack: all, win: 28000, ts: [2]uint32{9, 9}}) // other options
	if sk.sndUna != b.iss+1 || sk.Backlog.Len() != 2 || sk.sndWnd != win {
		t.Fatalf("%d packets wait, up to %d is acknowledged", sk.Backlog.Len(), sk.sndUna-b.iss)
	}
	b.mib(step.TcpExtTCPBacklogCoalesce, 1)
	if l := sk.Backlog.Front(); header(l).Window() != 29000 || l.CB.AckSeq != sk.sndNxt {
		t.Errorf("the one that stands for both has window %d, ack %d", header(l).Window(), l.CB.AckSeq-b.iss)
	}
	b.run(sim.Millisecond)
	b.mib(step.TcpExtTCPBacklogCoalesce, 1)
	if _, ok := sk.InCall(); ok || sk.OwnedByUser || sk.Backlog.Len() != 0 || sk.BacklogLen != 0 {
		t.Error("the socket is not free")
	}
	if sk.sndUna != b.iss+uint32(all) || int(sk.sndCwnd) != 2*cwnd {
		t.Errorf("up to %d of %d is acknowledged, cwnd %d, was %d", sk.sndUna-b.iss, all, int(sk.sndCwnd), cwnd)
	}
}

// A second call waits for the first one to let go.
func TestBacklogNextCall(t *testing.T) {
	b := newBench(t)
	b.established()
	b.m.CallTime = true
	b.sk.Send(make([]byte, 100), 0)
	b.rx(tseg{flags: "PA", seq: 1, ack: 101, n: 10, win: 1000})
	if b.sk.RcvQueue.Len() != 0 {
		t.Error("data went past the backlog")
	}
	if n, e := b.sk.Recv(make([]byte, 100), 0); n != 10 || e != 0 {
		t.Errorf("recv: %d, %v", n, e)
	}
	b.sk.Close()
	b.run(200 * sim.Second)
	if b.m.Allocated != b.m.Freed {
		t.Errorf("%d buffers made, %d freed", b.m.Allocated, b.m.Freed)
	}
}

// What does not fit the backlog is dropped (SOCKET_BACKLOG), at twice the
// receive buffer, half the send buffer and 64 KiB.
func TestBacklogLimit(t *testing.T) {
	b := newBench(t)
	b.established()
	b.m.CallTime = true
	sk := b.sk
	sk.RcvBuf, sk.SndBuf = 4096, 4608
	sk.Send(make([]byte, 100), 0)
	limit := 4096*2 + 4608/2 + 65536
	n := 0
	for seq := 1; n < 1000; n++ {
		before := int(sk.BacklogLen)
		b.rx(tseg{flags: "A", seq: seq, ack: 1, n: 1000, win: 1000})
		seq += 1000
		if int(sk.BacklogLen) == before {
			break
		}
		if before > limit {
			t.Fatalf("one more fits into %d bytes, the limit is %d", before, limit)
		}
	}
	if int(sk.BacklogLen) <= limit || n == 1000 {
		t.Errorf("%d packets of %d bytes fit, the limit is %d", n, int(sk.BacklogLen), limit)
	}
	b.mib(step.TcpExtTCPBacklogDrop, 1)
	sk.Close()
	b.run(200 * sim.Second)
	if b.m.Allocated != b.m.Freed {
		t.Errorf("%d buffers made, %d freed", b.m.Allocated, b.m.Freed)
	}
}

// slow is an AnswerSource: every call lasts until it.
type slow sim.Time

func (s slow) Answered(inet.Tuple, uint32) sim.Time { return sim.Time(s) }

// A call may be known to have lasted longer; a timer that runs out meanwhile
// does its work when the call is over (tcp_release_cb).
func TestCallLasts(t *testing.T) {
	b := newBench(t)
	b.established()
	b.m.CallTime = true
	end := b.ns.Clock.Now() + 500*sim.Millisecond
	b.tcp.Answers = slow(end)
	b.sk.Send(make([]byte, 100), 0)
	b.tcp.Answers = nil
	sent := len(b.sent)
	b.run(400 * sim.Millisecond)
	if len(b.sent) != sent || b.sk.State != core.TCPEstablished {
		t.Error("the timer did not wait for the call to be over")
	}
	b.run(101 * sim.Millisecond)
	if len(b.sent) != sent+1 {
		t.Errorf("%d segments after the call, want the one that the timer sends", len(b.sent)-sent)
	}
}
