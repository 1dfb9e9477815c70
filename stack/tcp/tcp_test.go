package tcp

import (
	"bytes"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The options of a SYN come in Linux's order with its padding (reference 12.1:
// mss, sackOK, ts, nop, wscale 10; window 64240).
func TestSYNBytes(t *testing.T) {
	b := newBench(t)
	sk := b.tcp.newSock(core.AFInet)
	b.sk = sk
	if e := sk.Connect(there, 4000); e != step.EINPROGRESS {
		t.Fatal(e)
	}
	want := []byte{2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0x03, 0xe8, 0, 0, 0, 0, 1, 3, 3, 10}
	if got := b.sent[0][20:]; !bytes.Equal(got, want) {
		t.Errorf("options % x, want % x", got, want)
	}
	b.tx("S 0:0 ack - win 64240")
	b.state(core.TCPSynSent)
}

// f06: with timestamps the SYN-ACK offers 65160, and what follows is scaled by
// 2^10: 63, then 64 for what is left of the first window.
func TestPassiveTimestamps(t *testing.T) {
	b := newBench(t).listen()
	b.rx(tseg{flags: "S", mss: 1460, sackOK: true, ts: [2]uint32{7, 0}, ws: 11})
	want := []byte{2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0x03, 0xe8, 0, 0, 0, 7, 1, 3, 3, 10}
	if got := b.sent[0][20:]; !bytes.Equal(got, want) {
		t.Errorf("options % x, want % x", got, want)
	}
	b.tx("S. 0:0 ack 1 win 65160")
	b.rx(tseg{flags: "A", seq: 1, ack: 1, win: 63, ts: [2]uint32{8, 1000}})
	b.sk = b.lis.Accept()
	b.rx(tseg{flags: "PA", seq: 1, ack: 1, n: 5, win: 63, ts: [2]uint32{9, 1000}})
	b.tx(". 1:0 ack 6 win 64")
	if b.sk.sndWnd != 63<<10 {
		t.Error(b.sk.sndWnd)
	}
}

// f06, active side: the ACK of the SYN-ACK carries window 63 (64240>>10, rounded up).
func TestActiveOpen(t *testing.T) {
	b := newBench(t)
	b.sk = b.tcp.newSock(core.AFInet)
	b.sk.Bind(here, 80)
	b.sk.Connect(there, 4000)
	b.tx("S 0:0 ack - win 64240")
	b.rx(tseg{flags: "SA", seq: 0, ack: 1, win: 65160, mss: 1460, sackOK: true, ts: [2]uint32{7, 1000}, ws: 11})
	b.tx(". 1:0 ack 1 win 63")
	b.state(core.TCPEstablished)
	b.send(5)
	b.tx("P. 1:5 ack 1 win 63")
}

// f03: a RST to a SYN: ECONNREFUSED. f04: a SYN that nobody answers goes again
// after 1, 1, 1, 1, 1, 2 and 4 s (tcp_syn_linear_timeouts 4, here
// tcp_syn_retries 3), and 8 s later the program gets ETIMEDOUT.
func TestSYNFails(t *testing.T) {
	b := newBench(t)
	b.sk = b.tcp.newSock(core.AFInet)
	b.sk.Bind(here, 80)
	b.sk.Connect(there, 4000)
	b.rx(tseg{flags: "RA", seq: 0, ack: 1})
	b.state(core.TCPClose)
	if e := b.sk.SockError(); e != step.ECONNREFUSED {
		t.Error(e)
	}
	b.mib(step.TcpAttemptFails, 1)

	b = newBench(t)
	b.ns.Sysctl.TCPSynRetries = 3
	b.sk = b.tcp.newSock(core.AFInet)
	b.sk.Bind(here, 80)
	b.sk.Connect(there, 4000)
	var at []int
	start := b.ns.Clock.Now()
	for b.sk.State == core.TCPSynSent {
		b.sent = nil
		next, ok := b.ns.Clock.Next()
		if !ok {
			t.Fatal("no timer")
		}
		b.ns.Clock.RunUntil(next)
		if len(b.sent) > 0 {
			at = append(at, int((b.ns.Clock.Now()-start+sim.Second/2)/sim.Second))
		}
	}
	want := []int{1, 2, 3, 4, 5, 7, 11}
	if len(at) != len(want) {
		t.Fatalf("retries at %v, want %v", at, want)
	}
	for i := range want {
		if at[i] != want[i] {
			t.Errorf("retries at %v, want %v", at, want)
		}
	}
	if e := b.sk.SockError(); e != step.ETIMEDOUT {
		t.Error(e)
	}
}

// f11: quick ACKs for the first data, an answer makes the exchange interactive,
// and then a FIN is acknowledged after 40 ms.
func TestHandshakeData(t *testing.T) {
	b := newBench(t).established()
	b.ns.Sysctl.TCPRtoMinUs = 1000000
	b.rx(tseg{flags: "PA", seq: 1, ack: 1, n: 3})
	b.tx(". 1:0 ack 4 win 64237")
	b.run(80 * sim.Millisecond)
	b.rx(tseg{flags: "PA", seq: 4, ack: 1, n: 3})
	b.tx(". 1:0 ack 7 win 64234")
	b.mib(step.TcpExtTCPHPHits, 1)
	b.run(80 * sim.Millisecond)
	b.recv(6)
	b.send(5)
	b.tx("P. 1:5 ack 7 win 64234")
	b.run(50 * sim.Millisecond)
	b.rx(tseg{flags: "A", seq: 7, ack: 6})
	b.run(16 * sim.Millisecond)
	b.rx(tseg{flags: "FA", seq: 7, ack: 6})
	b.state(core.TCPCloseWait)
	b.tx()
	b.run(48 * sim.Millisecond)
	b.tx(". 6:0 ack 8 win 64233")
	b.sk.Close()
	b.state(core.TCPLastAck)
	b.tx("F. 6:0 ack 8 win 64233")
	b.rx(tseg{flags: "A", seq: 8, ack: 7})
	b.state(core.TCPClose)
	if b.m.Allocated != b.m.Freed {
		t.Errorf("%d buffers made, %d freed", b.m.Allocated, b.m.Freed)
	}
}

// f12: after an answer within 40 ms of the question the next small segment's
// ACK waits 40 ms; the timer ends that mode; two full segments are
// acknowledged when the program reads them.
func TestDelayedACK(t *testing.T) {
	b := newBench(t).established()
	b.rx(tseg{flags: "PA", seq: 1, ack: 1, n: 10})
	b.tx(". 1:0 ack 11 win 64230")
	b.recv(10)
	b.tx()
	b.run(115 * sim.Millisecond)
	b.rx(tseg{flags: "PA", seq: 11, ack: 1, n: 10})
	b.tx(". 1:0 ack 21 win 64220")
	b.recv(10)
	b.send(6)
	b.tx("P. 1:6 ack 21 win 64220")
	b.run(20 * sim.Millisecond)
	b.rx(tseg{flags: "A", seq: 21, ack: 7})
	b.run(35 * sim.Millisecond)
	b.rx(tseg{flags: "PA", seq: 21, ack: 7, n: 10})
	b.recv(10)
	b.tx()
	b.run(36 * sim.Millisecond)
	b.tx()
	b.run(12 * sim.Millisecond)
	b.tx(". 7:0 ack 31 win 64210")
	b.mib(step.TcpExtDelayedACKs, 1)
	b.run(130 * sim.Millisecond)
	b.rx(tseg{flags: "PA", seq: 31, ack: 7, n: 10})
	b.tx(". 7:0 ack 41 win 64200")
	b.recv(10)
	b.run(10 * sim.Millisecond)
	b.send(4)
	b.tx("P. 7:4 ack 41 win 64200")
	b.run(100 * sim.Millisecond)
	b.rx(tseg{flags: "A", seq: 41, ack: 11})
	b.run(13 * sim.Millisecond)
	b.rx(tseg{flags: "A", seq: 41, ack: 11, n: 1000})
	b.rx(tseg{flags: "PA", seq: 1041, ack: 11, n: 1000})
	b.tx()
	b.recv(2000)
	b.tx(". 11:0 ack 2041 win 62200")
}

// f14: window 0 with data waiting: probes with an old number at 204, 408, 816
// and 1632 ms; an ACK that opens the window lets the data go.
func TestZeroWindow(t *testing.T) {
	b := newBench(t).established()
	b.rx(tseg{flags: "A", seq: 1, ack: 1, win: -1})
	b.send(40)
	b.tx()
	for _, d := range []sim.Time{204, 408, 816, 1632} {
		b.runTo(d)
		b.tx(". 0:0 ack 1 win 64240")
	}
	b.mib(step.TcpExtTCPWinProbe, 4)
	b.rx(tseg{flags: "A", seq: 1, ack: 1})
	b.tx("P. 1:40 ack 1 win 64240")
}

// f15: one segment in flight and no ACK: a tail loss probe after 204 ms, then
// timeouts at 204, 408, 816 … ms (RFC 6298 §5.5).
func TestRTOBackoff(t *testing.T) {
	b := newBench(t).established()
	b.send(4)
	b.tx("P. 1:4 ack 1 win 64240")
	for _, d := range []sim.Time{204, 204, 408, 816} {
		b.runTo(d)
		b.tx("P. 1:4 ack 1 win 64240")
	}
	b.mib(step.TcpExtTCPLossProbes, 1)
	b.mib(step.TcpExtTCPTimeouts, 3)
	if b.sk.caState != CALoss || b.sk.sndCwnd != 1 {
		t.Error(b.sk.caState, int(b.sk.sndCwnd))
	}
	b.rx(tseg{flags: "A", seq: 1, ack: 5})
	if b.sk.packetsOut != 0 || b.sk.lostOut != 0 || b.sk.retransOut != 0 {
		t.Error("segments left in flight")
	}
}

// f16: SACK blocks above the first of ten segments: Disorder, then Recovery
// with the third, the hole is sent again at once, and the full ACK ends it.
func TestFastRetransmit(t *testing.T) {
	b := newBench(t)
	b.ns.Sysctl.TCPRtoMinUs = 1000000
	b.ns.Sysctl.TCPEarlyRetrans = 0
	b.ns.Sysctl.TCPCongestionControl = "reno"
	b.established()
	b.send(10000)
	if len(b.sent) != 10 {
		t.Fatalf("%d segments sent, want 10 (the initial window)", len(b.sent))
	}
	// 5+5: half of the window at a time; each packet is pushed.
	for i, p := range b.sent {
		if psh := wire.TCP(p).Flags().Has(wire.TCPPsh); psh != (i == 4 || i == 9) {
			t.Errorf("segment %d: PSH %v", i, psh)
		}
	}
	b.sent = nil
	b.run(30 * sim.Millisecond)
	b.rx(tseg{flags: "A", seq: 1, ack: 1, sack: []int{1001, 2001}})
	b.tx()
	if b.sk.caState != CADisorder {
		t.Error(b.sk.caState)
	}
	b.run(sim.Millisecond / 2)
	b.rx(tseg{flags: "A", seq: 1, ack: 1, sack: []int{1001, 3001}})
	b.tx()
	b.run(sim.Millisecond / 2)
	b.rx(tseg{flags: "A", seq: 1, ack: 1, sack: []int{1001, 4001}})
	b.tx(". 1:1000 ack 1 win 64240")
	if b.sk.caState != CARecovery {
		t.Error(b.sk.caState)
	}
	b.mib(step.TcpExtTCPSackRecovery, 1)
	b.mib(step.TcpExtTCPFastRetrans, 1)
	b.run(70 * sim.Millisecond)
	b.rx(tseg{flags: "A", seq: 1, ack: 10001})
	if b.sk.caState != CAOpen || b.sk.packetsOut != 0 || b.sk.sackedOut != 0 || b.sk.lostOut != 0 {
		t.Error(b.sk.caState, int(b.sk.packetsOut), int(b.sk.sackedOut), int(b.sk.lostOut))
	}
}

// Three duplicate ACKs without SACK do the same (RFC 5681 §3.2).
func TestFastRetransmitReno(t *testing.T) {
	b := newBench(t)
	b.ns.Sysctl.TCPSack = 0
	b.ns.Sysctl.TCPRtoMinUs = 1000000
	b.established()
	b.send(6000)
	b.sent = nil
	b.run(30 * sim.Millisecond)
	for range 2 {
		b.rx(tseg{flags: "A", seq: 1, ack: 1})
	}
	b.tx()
	b.rx(tseg{flags: "A", seq: 1, ack: 1})
	b.tx(". 1:1000 ack 1 win 64240")
	b.mib(step.TcpExtTCPRenoRecovery, 1)
}

// f18: what is out of order is kept and SACKed, newest block first; duplicates
// are reported by D-SACK; the hole filled, all is acknowledged.
func TestOutOfOrder(t *testing.T) {
	b := newBench(t).established()
	b.rx(tseg{flags: "PA", seq: 21, ack: 1, n: 10})
	b.tx(". 1:0 ack 1 win 64240 sack 21-31")
	b.rx(tseg{flags: "PA", seq: 41, ack: 1, n: 10})
	b.tx(". 1:0 ack 1 win 64240 sack 41-51 sack 21-31")
	b.rx(tseg{flags: "PA", seq: 21, ack: 1, n: 10})
	b.tx(". 1:0 ack 1 win 64240 sack 21-31 sack 21-31 sack 41-51")
	b.mib(step.TcpExtTCPOFOMerge, 1)
	b.rx(tseg{flags: "PA", seq: 1, ack: 1, n: 20})
	b.tx(". 1:0 ack 31 win 64210 sack 41-51")
	b.rx(tseg{flags: "PA", seq: 1, ack: 1, n: 10})
	b.tx(". 1:0 ack 31 win 64210 sack 1-11 sack 41-51")
	b.rx(tseg{flags: "PA", seq: 21, ack: 1, n: 20})
	b.tx(". 1:0 ack 51 win 64190 sack 21-31")
	b.rx(tseg{flags: "PA", seq: 70001, ack: 1, n: 10})
	b.tx(". 1:0 ack 51 win 64190")
	b.mib(step.TcpExtBeyondWindow, 1)
	b.recv(50)
}

// f19 (RFC 5961): SYN in the window, RST beside rcv_nxt: challenge ACK, at
// most one in 500 ms; a RST at rcv_nxt ends the connection.
func TestChallenge(t *testing.T) {
	b := newBench(t).established()
	b.rx(tseg{flags: "S", seq: 5})
	b.tx(". 1:0 ack 1 win 64240")
	b.rx(tseg{flags: "R", seq: 9})
	b.tx()
	b.mib(step.TcpExtTCPACKSkippedChallenge, 1)
	b.run(sim.Second)
	b.rx(tseg{flags: "R", seq: 9})
	b.tx(". 1:0 ack 1 win 64240")
	b.state(core.TCPEstablished)
	b.rx(tseg{flags: "R", seq: 1})
	b.state(core.TCPClose)
	if e := b.sk.SockError(); e != step.ECONNRESET {
		t.Error(e)
	}
	b.mib(step.TcpEstabResets, 1)
}

// f20: an older timestamp is refused with a duplicate ACK (RFC 7323 §5).
func TestPAWS(t *testing.T) {
	b := newBench(t).listen()
	b.rx(tseg{flags: "S", mss: 1000, sackOK: true, ts: [2]uint32{1000, 0}})
	b.tx("S. 0:0 ack 1 win 65160")
	b.rx(tseg{flags: "A", seq: 1, ack: 1, ts: [2]uint32{1001, 1000}})
	b.sk = b.lis.Accept()
	b.rx(tseg{flags: "PA", seq: 1, ack: 1, n: 2, ts: [2]uint32{1010, 1000}})
	b.tx(". 1:0 ack 3 win 65158")
	b.rx(tseg{flags: "PA", seq: 3, ack: 1, n: 3, ts: [2]uint32{900, 1000}})
	b.tx(". 1:0 ack 3 win 65158")
	b.mib(step.TcpExtPAWSEstab, 1)
	b.rx(tseg{flags: "PA", seq: 3, ack: 1, n: 3, ts: [2]uint32{1020, 1000}})
	b.tx(". 1:0 ack 6 win 65155")
}

// f21: both sides close at the same time: FIN_WAIT1, CLOSING, TIME_WAIT.
func TestSimultaneousClose(t *testing.T) {
	b := newBench(t).established()
	b.sk.Close()
	b.tx("F. 1:0 ack 1 win 64240")
	b.state(core.TCPFinWait1)
	b.rx(tseg{flags: "FA", seq: 1, ack: 1})
	b.tx(". 2:0 ack 2 win 64239")
	b.state(core.TCPClosing)
	b.rx(tseg{flags: "A", seq: 2, ack: 2})
	b.state(core.TCPClose)
	if b.tcp.TWCount != 1 {
		t.Error("no TIME_WAIT")
	}
	b.run(70 * sim.Second)
	if b.tcp.TWCount != 0 {
		t.Error("TIME_WAIT is still there after 60 s")
	}
}

// f23: the SYN-ACK goes again after 1 s; a repeated SYN gets it at once; with
// tcp_synack_retries 1 the request is then forgotten.
func TestSynackRetries(t *testing.T) {
	b := newBench(t)
	b.ns.Sysctl.TCPSynackRetries = 1
	b.listen()
	b.rx(tseg{flags: "S", mss: 1000, sackOK: true})
	b.tx("S. 0:0 ack 1 win 64240")
	b.run(1100 * sim.Millisecond)
	b.tx("S. 0:0 ack 1 win 64240")
	b.rx(tseg{flags: "S", mss: 1000, sackOK: true})
	b.tx("S. 0:0 ack 1 win 64240")
	b.run(3 * sim.Second)
	b.tx()
	if b.tcp.Hash.Len() != 0 {
		t.Error("the request is still there")
	}
}

// f24: TIME_WAIT answers a repeated FIN and data with an ACK, a SYN with an old
// number too; a SYN with a higher one begins a new connection at once, our
// number being 65537 above the old; a RST ends it.
func TestTimeWait(t *testing.T) {
	b := newBench(t).established()
	b.sk.Close()
	b.tx("F. 1:0 ack 1 win 64240")
	b.rx(tseg{flags: "FA", seq: 1, ack: 2})
	b.tx(". 2:0 ack 2 win 64239")
	if b.tcp.TWCount != 1 {
		t.Fatal("no TIME_WAIT")
	}
	b.rx(tseg{flags: "FA", seq: 1, ack: 2})
	b.tx(". 2:0 ack 2 win 64239")
	b.rx(tseg{flags: "PA", seq: 2, ack: 2, n: 2})
	b.tx(". 2:0 ack 2 win 64239")
	b.run(sim.Second)
	b.rx(tseg{flags: "S", seq: -498, mss: 1000, sackOK: true})
	b.tx(". 2:0 ack 2 win 64239")
	b.rx(tseg{flags: "S", seq: 1000, mss: 1000, sackOK: true})
	b.tx("S. 65539:0 ack 1001 win 64240")
	if b.tcp.TWCount != 0 {
		t.Error("TIME_WAIT did not make way")
	}
}

// f26: data after close: RST, and the connection is gone (RFC 1122 §4.2.2.13).
func TestDataAfterClose(t *testing.T) {
	b := newBench(t).established()
	b.sk.Close()
	b.tx("F. 1:0 ack 1 win 64240")
	b.rx(tseg{flags: "PA", seq: 1, ack: 1, n: 4})
	b.tx("R 1:0 ack - win 0")
	b.state(core.TCPClose)
	b.mib(step.TcpExtTCPAbortOnData, 1)
}

// f08, f07: SO_LINGER 0 and unread data: RST instead of FIN.
func TestAbort(t *testing.T) {
	b := newBench(t).established()
	b.sk.Linger = true
	b.sk.Close()
	b.tx("R. 1:0 ack 1 win 64240")
	b.mib(step.TcpExtTCPAbortOnData, 1)

	b = newBench(t).established()
	b.rx(tseg{flags: "PA", seq: 1, ack: 1, n: 4})
	b.sent = nil
	b.sk.Close()
	b.tx("R. 1:0 ack 5 win 64236")
	b.mib(step.TcpExtTCPAbortOnClose, 1)
}

// f27: slow start: each flight doubles (RFC 5681 §3.1).
func TestSlowStart(t *testing.T) {
	b := newBench(t)
	b.ns.Sysctl.TCPCongestionControl = "reno"
	b.listen()
	b.rx(tseg{flags: "S", mss: 1000, sackOK: true, ws: 8})
	b.sent = nil
	b.run(400 * sim.Microsecond)
	b.rx(tseg{flags: "A", seq: 1, ack: 1, win: 65535})
	b.sk = b.lis.Accept()
	b.sk.SndBuf = 400000
	b.sk.SndBufLocked = true
	b.sk.Send(make([]byte, 150000), 0)
	ack := 1
	for _, want := range []int{10, 20, 40} {
		if len(b.sent) != want {
			t.Fatalf("flight of %d, want %d", len(b.sent), want)
		}
		ack += want * 1000
		b.sent = nil
		b.run(50 * sim.Millisecond)
		b.rx(tseg{flags: "A", seq: 1, ack: ack, win: 65535})
	}
}

// f29: Nagle holds a small segment while another is on its way; NODELAY does not.
func TestNagle(t *testing.T) {
	b := newBench(t).established()
	b.send(1)
	b.tx("P. 1:1 ack 1 win 64240")
	b.send(1)
	b.send(1)
	b.tx()
	b.run(50 * sim.Millisecond)
	b.rx(tseg{flags: "A", seq: 1, ack: 2})
	b.tx("P. 2:2 ack 1 win 64240")
	b.run(50 * sim.Millisecond)
	b.rx(tseg{flags: "A", seq: 1, ack: 4})
	setOption(b.sk, optNoDelay, 1)
	b.send(1)
	b.send(1)
	b.tx("P. 4:1 ack 1 win 64240", "P. 5:1 ack 1 win 64240")
}

// f30: keepalive probes one below snd_nxt; unanswered, a RST and ETIMEDOUT.
func TestKeepalive(t *testing.T) {
	b := newBench(t).established()
	setOption(b.sk, optKeepIdle, 1)
	setOption(b.sk, optKeepIntvl, 1)
	setOption(b.sk, optKeepCnt, 2)
	b.sk.SetKeepalive(true)
	b.run(1100 * sim.Millisecond)
	b.tx(". 0:0 ack 1 win 64240")
	b.rx(tseg{flags: "A", seq: 1, ack: 1})
	b.run(1100 * sim.Millisecond)
	b.tx(". 0:0 ack 1 win 64240")
	b.run(1100 * sim.Millisecond)
	b.tx(". 0:0 ack 1 win 64240")
	b.run(1100 * sim.Millisecond)
	b.tx("R. 1:0 ack 1 win 64240")
	if e := b.sk.SockError(); e != step.ETIMEDOUT {
		t.Error(e)
	}
}

// f32: odd segments to a listener and to a closed port.
func TestOddSegments(t *testing.T) {
	for _, c := range []struct {
		name string
		s    tseg
		want []string
	}{
		{"listen ACK", tseg{flags: "A", ack: 7}, []string{"R 7:0 ack - win 0"}},
		{"listen RST", tseg{flags: "R"}, nil},
		{"listen SYN FIN", tseg{flags: "FS"}, nil},
		{"listen FIN", tseg{flags: "F"}, nil},
		{"listen none", tseg{}, nil},
		{"listen SYN ACK", tseg{flags: "SA", ack: 7}, []string{"R 7:0 ack - win 0"}},
		{"closed SYN", tseg{flags: "S", port: 81}, []string{"R. -1000:0 ack 1 win 0"}},
		{"closed ACK", tseg{flags: "A", ack: 7, port: 81}, []string{"R 7:0 ack - win 0"}},
		{"closed RST", tseg{flags: "R", port: 81}, nil},
		{"closed FIN", tseg{flags: "F", port: 81}, []string{"R. -1000:0 ack 1 win 0"}},
		{"closed none", tseg{port: 81}, []string{"R. -1000:0 ack 0 win 0"}},
		{"closed data", tseg{flags: "P", n: 5, port: 81}, []string{"R. -1000:0 ack 5 win 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t).listen()
			b.rx(c.s)
			b.tx(c.want...)
		})
	}
}

// f09: listen(1): two connections fit; a SYN beyond is ignored and counted.
func TestAcceptQueue(t *testing.T) {
	b := newBench(t)
	b.listen()
	b.lis.Listen(1)
	for i := range 3 {
		p := b.bytes(tseg{flags: "S", mss: 1000})
		wire.TCP(p).SetSrcPort(uint16(5000 + i))
		b.in(p)
		p = b.bytes(tseg{flags: "A", seq: 1, ack: 1})
		wire.TCP(p).SetSrcPort(uint16(5000 + i))
		if i < 2 {
			b.in(p)
		}
	}
	if b.lis.AckBacklog != 2 {
		t.Error(int(b.lis.AckBacklog))
	}
	b.mib(step.TcpExtListenOverflows, 1)
	b.mib(step.TcpExtListenDrops, 1)
}

// setOption is setsockopt() of an option of TCP with a number.
func setOption(sk *Sock, name, v int) {
	sk.Lock()
	defer sk.Release(sk.NS)
	if e := sk.SetSockOpt(name, core.Int32(v), false); e != 0 {
		panic(e)
	}
}
