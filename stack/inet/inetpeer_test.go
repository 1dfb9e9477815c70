package inet

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The bucket of a quiet host holds six messages, one more comes every timeout.
func TestPeerAllow(t *testing.T) {
	var ps Peers
	now := 100 * sim.Second
	p := ps.Get(now, wire.IP4(1).Addr())
	n := 0
	for range 10 {
		if p.Allow(now, JiffiesOf(1000)) {
			n++
		}
	}
	if n != 6 {
		t.Errorf("%d at once, want 6", n)
	}
	if p.Allow(now+999*sim.Millisecond, 250) || !p.Allow(now+1000*sim.Millisecond, 250) {
		t.Error("the next one is due after a second")
	}
}

// Hosts that nobody asks for are forgotten; the table stays small.
func TestPeersForgotten(t *testing.T) {
	var ps Peers
	now := sim.Time(0)
	for i := range 20000 {
		ps.Get(now, wire.IP4(i).Addr())
		now += sim.Second
	}
	if ps.Len() > 2000 || len(ps.byAddr) != ps.Len() {
		t.Errorf("%d hosts are remembered", ps.Len())
	}
}
