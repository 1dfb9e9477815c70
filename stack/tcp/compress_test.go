package tcp

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Behind a hole each of the first three segments gets an ACK at once; those that
// follow share one, after 5 % of the round-trip time or 1 ms (and 0.1 ms slack).
func TestAckCompression(t *testing.T) {
	for _, c := range []struct {
		rtt, wait sim.Time
	}{{40 * sim.Millisecond, 1100 * sim.Microsecond}, {4 * sim.Millisecond, 300 * sim.Microsecond}} {
		b := newBench(t)
		b.established()
		b.sk.rx.sackOK = true
		b.sk.rcvRtt.rttUs = uint32(c.rtt/sim.Microsecond) << 3
		b.sk.srttUs = 0
		b.sent = nil
		for i := range 10 {
			b.rx(tseg{flags: "A", seq: 1001 + 100*i, ack: 1, n: 100})
		}
		if len(b.sent) != 3 || b.sk.compressedAck != 7 {
			t.Fatalf("rtt %d: %d ACKs, and %d are saved up, want 3 and 7", c.rtt, len(b.sent), int(b.sk.compressedAck))
		}
		b.run(c.wait - 1)
		if len(b.sent) != 3 {
			t.Errorf("rtt %d: it went earlier than after %d ns", c.rtt, c.wait)
		}
		b.run(2)
		if len(b.sent) != 4 || b.sk.compressedAck != 0 {
			t.Errorf("rtt %d: %d ACKs after %d ns", c.rtt, len(b.sent), c.wait)
		}
		b.mib(step.TcpExtTCPAckCompressed, 6)
		// The hole is filled: an ACK at once.
		b.rx(tseg{flags: "A", seq: 1, ack: 1, n: 1000})
		if len(b.sent) != 5 || b.sk.compTimer.Pending() {
			t.Errorf("rtt %d: no ACK when the hole was filled", c.rtt)
		}
	}
}

// No more than tcp_comp_sack_nr are saved up; 0 switches it off. A third hole
// does not wait.
func TestAckCompressionLimits(t *testing.T) {
	b := newBench(t)
	b.established()
	b.sk.rx.sackOK = true
	b.ns.Sysctl.TCPCompSackNr = 4
	b.sent = nil
	for i := range 12 {
		b.rx(tseg{flags: "A", seq: 1001 + 100*i, ack: 1, n: 100})
	}
	if len(b.sent) != 4 { // three, then the eighth for five
		t.Errorf("%d ACKs", len(b.sent))
	}
	b.mib(step.TcpExtTCPAckCompressed, 4)

	b = newBench(t)
	b.established()
	b.sk.rx.sackOK = true
	b.ns.Sysctl.TCPCompSackNr = 0
	b.sent = nil
	for i := range 12 {
		b.rx(tseg{flags: "A", seq: 1001 + 100*i, ack: 1, n: 100})
	}
	if len(b.sent) != 12 {
		t.Errorf("%d ACKs, want one each", len(b.sent))
	}

	b = newBench(t)
	b.established()
	b.sk.rx.sackOK = true
	b.sent = nil
	for i, seq := range []int{1001, 1101, 1201, 1301, 2001, 3001} {
		b.rx(tseg{flags: "A", seq: seq, ack: 1, n: 100})
		if want := []int{1, 2, 3, 3, 3, 4}[i]; len(b.sent) != want {
			t.Errorf("%d ACKs after segment %d, want %d", len(b.sent), i, want)
		}
	}
}
