package stack

import (
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
)

// A peer that answers within microseconds is on the same machine: its answers
// come before the call that sent what they answer is over. One that is far
// answers later than that, or the flow shows nothing.
func TestAnswers(t *testing.T) {
	fl := Flow{Lport: 80}
	at := func(ns int64) *pcaps.Frame { return &pcaps.Frame{At: ns} }
	s := NewScript(&Profile{})
	w := s.answersOf(fl)
	w.ackOnly(at(500), 1) // of the handshake
	w.sentData(at(1000), 101)
	w.ackOnly(at(9000), 101)
	w.sentData(at(12000), 301)
	w.ackOnly(at(40000), 201)
	w.ackOnly(at(60000), 301)
	w.ackOnly(at(61000), 301) // only the window is new
	w.sentData(at(100000), 401)
	w.ackOnly(at(40100000), 401) // delayed
	s.Done()
	for _, c := range []struct {
		seq  uint32
		want int64
	}{{100, -1}, {101, 9000}, {200, 9000}, {250, 40000}, {301, 60000}, {401, 60000}} {
		if got := s.answered(fl, c.seq); got != c.want {
			t.Errorf("up to %d: %d, want %d", c.seq, got, c.want)
		}
	}
	s = NewScript(&Profile{})
	w = s.answersOf(fl)
	w.sentData(at(1000), 101)
	w.ackOnly(at(51000), 101)
	if s.Done(); s.answered(fl, 101) != -1 || len(s.answers) != 0 {
		t.Error("an answer after 50 µs counts as one of the same machine")
	}
	if (*Script)(nil).answered(fl, 1) != -1 {
		t.Error("no script")
	}
}

func TestReceiveBuffer(t *testing.T) {
	for _, c := range []struct{ win, mss, rmem, want int }{
		{64240, 1460, 131072, 0}, // the default
		{65160, 1448, 131072, 0},
		{7240, 1448, 131072, 8192},
		{16060, 1460, 131072, 16384},
		{31856, 1448, 131072, 32768},
		{0, 1448, 131072, 0},
		{7240, 0, 131072, 0},
		{7240, 1448, 16384, 0}, // that is this host's default
	} {
		if got := receiveBuffer(c.win, c.mss, c.rmem); got != c.want {
			t.Errorf("a window of %d with segments of %d, default %d: SO_RCVBUF %d, want %d", c.win, c.mss, c.rmem, got, c.want)
		}
	}
}

// A timer that the captured host's wheel let ring must lie on the model's grid.
func TestTick(t *testing.T) {
	for _, c := range []struct{ at, d, grain int64 }{
		{1012_700_000, 1_000_000_000, 32_000_000},
		{44_100_000, 40_000_000, 4_000_000},
		{9_000_000_001, 8_000_000_000, 256_000_000},
	} {
		s := NewScript(&Profile{})
		s.rang(c.at, c.d)
		s.rang(c.at+c.grain-1000, c.d) // a little earlier, one turn later
		if s.grain != c.grain {
			t.Fatalf("a timer of %d ns: grid of %d ns, want %d", c.d, s.grain, c.grain)
		}
		for _, boot := range []int64{0, 100_000_000_000, 7} {
			start := boot + s.tickAfter(boot)
			if start < boot || (start+c.at-1000)%c.grain != 0 {
				t.Errorf("booted at %d the capture begins at %d: the timer of %d is off the grid by %d", boot, start, c.at, (start+c.at-1000)%c.grain)
			}
		}
	}
	if n := (*Script)(nil).tickAfter(5); n != 0 {
		t.Errorf("no script: %d", n)
	}
}

func TestRate(t *testing.T) {
	s := NewScript(&Profile{})
	if s.Rate() != 1e9 || (*Script)(nil).Rate() != 1e9 {
		t.Error("without frames the link is not 1 Gb/s")
	}
	s.rate = 2_200_000_000
	if s.Rate() != 2_500_000_000 {
		t.Errorf("%d", s.Rate())
	}
	s.rate = 1 << 60
	if s.Rate() != 100e9 {
		t.Errorf("%d", s.Rate())
	}
}
