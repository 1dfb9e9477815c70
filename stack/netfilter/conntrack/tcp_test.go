package conntrack

import (
	"fmt"
	"testing"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

const (
	fSyn = wire.TCPSyn
	fAck = wire.TCPAck
	fFin = wire.TCPFin
	fRst = wire.TCPRst
	fPsh = wire.TCPPsh
)

// line is a connection as a row of a table test: state, timeout, what is known.
func line(c *Conn) string {
	s := [...]string{"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2"}[c.TCP.State]
	s += fmt.Sprintf(" %d", (c.Expires()+sim.Second/2)/sim.Second)
	if c.Status&SeenReply == 0 {
		s += " [UNREPLIED]"
	}
	if c.Status&Assured != 0 {
		s += " [ASSURED]"
	}
	return s
}

type tcpStepTest struct {
	seg
	what string // what the packet is
	line string // what `conntrack -L` says then, "" for nothing
}

// TestTCPLife is the life of a connection as reference.md tells it.
func TestTCPLife(t *testing.T) {
	open := []tcpStepTest{
		{seg{flags: fSyn, seq: 1000, win: 64240}, "NEW", "SYN_SENT 120 [UNREPLIED]"},
		{seg{reply: true, flags: fSyn | fAck, seq: 5000, ack: 1001, win: 65160}, "ESTABLISHED reply", "SYN_RECV 60"},
		{seg{flags: fAck, seq: 1001, ack: 5001, win: 64240}, "ESTABLISHED", "ESTABLISHED 432000 [ASSURED]"},
	}
	for name, steps := range map[string][]tcpStepTest{
		"client closes": {
			{seg{flags: fAck | fPsh, seq: 1001, ack: 5001, win: 64240, n: 10}, "ESTABLISHED", "ESTABLISHED 300 [ASSURED]"},
			{seg{reply: true, flags: fAck, seq: 5001, ack: 1011, win: 65160}, "ESTABLISHED reply", "ESTABLISHED 432000 [ASSURED]"},
			{seg{flags: fFin | fAck, seq: 1011, ack: 5001, win: 64240}, "ESTABLISHED", "FIN_WAIT 120 [ASSURED]"},
			{seg{reply: true, flags: fAck, seq: 5001, ack: 1012, win: 65160}, "ESTABLISHED reply", "CLOSE_WAIT 60 [ASSURED]"},
			{seg{reply: true, flags: fFin | fAck, seq: 5001, ack: 1012, win: 65160}, "ESTABLISHED reply", "LAST_ACK 30 [ASSURED]"},
			{seg{flags: fAck, seq: 1012, ack: 5002, win: 64240}, "ESTABLISHED", "TIME_WAIT 120 [ASSURED]"},
			{seg{flags: fSyn, seq: 90000, win: 64240}, "NEW", "SYN_SENT 120 [UNREPLIED]"},
		},
		"reset": {
			{seg{reply: true, flags: fRst | fAck, seq: 5001, ack: 1001}, "ESTABLISHED reply", "CLOSE 10 [ASSURED]"},
		},
		"a reset that is not exact": {
			{seg{reply: true, flags: fRst, seq: 5011}, "ESTABLISHED reply", "ESTABLISHED 10 [ASSURED]"},
		},
		"an old reset": {
			{seg{reply: true, flags: fAck, seq: 5001, ack: 1001, win: 65160}, "ESTABLISHED reply", "ESTABLISHED 432000 [ASSURED]"},
			{seg{reply: true, flags: fRst, seq: 4000}, "INVALID", "ESTABLISHED 431999 [ASSURED]"},
		},
		"ack of data that was not sent": {
			{seg{flags: fAck, seq: 1001, ack: 6000, win: 64240}, "INVALID", "ESTABLISHED 431999 [ASSURED]"},
		},
		"beyond the window": {
			{seg{flags: fAck, seq: 1001 + 200000, ack: 5001, win: 64240, n: 10}, "INVALID", "ESTABLISHED 431999 [ASSURED]"},
		},
		"old data": {
			{seg{flags: fAck, seq: 1<<32 + 1001 - 70000, ack: 5001, win: 64240, n: 10}, "ESTABLISHED", "ESTABLISHED 431999 [ASSURED]"},
		},
		"a SYN in an open connection": {
			{seg{flags: fSyn, seq: 77, win: 64240}, "ESTABLISHED", "ESTABLISHED 431999 [ASSURED]"},
			{seg{reply: true, flags: fSyn | fAck, seq: 8000, ack: 78, win: 65160}, "ESTABLISHED reply", "SYN_RECV 60 [ASSURED]"},
			{seg{flags: fAck, seq: 78, ack: 8001, win: 64240}, "ESTABLISHED", "ESTABLISHED 432000 [ASSURED]"},
		},
		"SYN+FIN": {
			{seg{flags: fSyn | fFin, seq: 1001}, "INVALID", "ESTABLISHED 431999 [ASSURED]"},
		},
		"the server sends a SYN": {
			{seg{reply: true, flags: fSyn, seq: 5001}, "INVALID", "ESTABLISHED 431999 [ASSURED]"},
		},
		"zero window": {
			{seg{reply: true, flags: fAck, seq: 5001, ack: 1001, win: 0}, "ESTABLISHED reply", "ESTABLISHED 300 [ASSURED]"},
		},
		"the same four times": {
			{seg{reply: true, flags: fAck, seq: 5001, ack: 1001, win: 100}, "ESTABLISHED reply", "ESTABLISHED 432000 [ASSURED]"},
			{seg{reply: true, flags: fAck, seq: 5001, ack: 1001, win: 100}, "ESTABLISHED reply", "ESTABLISHED 432000 [ASSURED]"},
			{seg{reply: true, flags: fAck, seq: 5001, ack: 1001, win: 100}, "ESTABLISHED reply", "ESTABLISHED 432000 [ASSURED]"},
			{seg{reply: true, flags: fAck, seq: 5001, ack: 1001, win: 100}, "ESTABLISHED reply", "ESTABLISHED 300 [ASSURED]"},
		},
	} {
		t.Run(name, func(t *testing.T) { walk(t, append(open[:3:3], steps...)) })
	}
}

// TestTCPStart is what a connection can begin with.
func TestTCPStart(t *testing.T) {
	for name, steps := range map[string][]tcpStepTest{
		"refused": {
			{seg{flags: fSyn, seq: 1000, win: 64240}, "NEW", "SYN_SENT 120 [UNREPLIED]"},
			{seg{reply: true, flags: fRst | fAck, ack: 1001}, "ESTABLISHED reply", ""},
		},
		"twice": {
			{seg{flags: fSyn, seq: 1000, win: 64240}, "NEW", "SYN_SENT 120 [UNREPLIED]"},
			{seg{flags: fSyn, seq: 1000, win: 64240}, "NEW", "SYN_SENT 119 [UNREPLIED]"},
		},
		"picked up": {
			{seg{flags: fAck, seq: 1000, ack: 5, win: 100}, "NEW", "ESTABLISHED 300 [UNREPLIED]"},
			{seg{reply: true, flags: fAck, seq: 5, ack: 1000, win: 100}, "ESTABLISHED reply", "ESTABLISHED 300"},
			{seg{flags: fAck, seq: 1000, ack: 5, win: 100}, "ESTABLISHED", "ESTABLISHED 432000 [ASSURED]"},
		},
		"a FIN":     {{seg{flags: fFin | fAck, seq: 1000, ack: 5, win: 100}, "INVALID", ""}},
		"a RST":     {{seg{flags: fRst, seq: 1000}, "INVALID", ""}},
		"a SYN-ACK": {{seg{flags: fSyn | fAck, seq: 1000, ack: 5}, "INVALID", ""}},
		"nothing":   {{seg{seq: 1000}, "INVALID", ""}},
		"ACK after SYN": {
			{seg{flags: fSyn, seq: 1000, win: 64240}, "NEW", "SYN_SENT 120 [UNREPLIED]"},
			{seg{flags: fAck, seq: 1001, ack: 1, win: 64240}, "INVALID", "SYN_SENT 119 [UNREPLIED]"},
		},
		"challenge ACK": {
			{seg{flags: fSyn, seq: 1000, win: 64240}, "NEW", "SYN_SENT 120 [UNREPLIED]"},
			{seg{reply: true, flags: fAck, seq: 7000, ack: 300, win: 64240}, "ESTABLISHED reply", "SYN_SENT 119"},
			{seg{flags: fRst, seq: 300}, "ESTABLISHED", "CLOSE 10"},
		},
		"simultaneous": {
			{seg{flags: fSyn, seq: 1000, win: 64240}, "NEW", "SYN_SENT 120 [UNREPLIED]"},
			{seg{reply: true, flags: fSyn, seq: 5000, win: 64240}, "ESTABLISHED reply", "SYN_SENT2 119"},
			{seg{flags: fSyn | fAck, seq: 1000, ack: 5001, win: 64240}, "ESTABLISHED", "SYN_RECV 60"},
			{seg{reply: true, flags: fAck, seq: 5001, ack: 1001, win: 64240}, "ESTABLISHED reply", "ESTABLISHED 432000 [ASSURED]"},
		},
	} {
		t.Run(name, func(t *testing.T) { walk(t, steps) })
	}
}

func walk(t *testing.T, steps []tcpStepTest) {
	w := newWorld(t, trace.Record)
	for i, s := range steps {
		if got := w.pass(s.packet()); got != s.what {
			t.Errorf("segment %d is %s, want %s", i, got, s.what)
		}
		got := ""
		w.ct.Each(func(c *Conn) bool { got = line(c); return true })
		if got != s.line {
			t.Errorf("after segment %d: %q, want %q", i, got, s.line)
		}
		w.run(600 * sim.Millisecond)
	}
	w.conserved()
}

func TestTCPNotLoose(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.ns.Sysctl.CT.TCPLoose = 0
	if got := w.pass(seg{flags: fAck, seq: 1, ack: 5}.packet()); got != "INVALID" || w.ct.Count() != 0 {
		t.Errorf("%s, %d connections", got, w.ct.Count())
	}
	w.ns.Sysctl.CT.TCPBeLiberal = 1
	w.pass(seg{flags: fSyn, seq: 1000, win: 10}.packet())
	w.pass(seg{reply: true, flags: fSyn | fAck, seq: 5000, ack: 1001, win: 10}.packet())
	if got := w.pass(seg{flags: fAck, seq: 900000, ack: 5001, win: 10, n: 100}.packet()); got != "ESTABLISHED" {
		t.Errorf("liberal: %s", got)
	}
	w.conserved()
}
