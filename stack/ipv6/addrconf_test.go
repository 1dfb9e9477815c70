package ipv6

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// ofType counts the ICMPv6 messages of a type that a card has sent.
func ofType(n *nic, t wire.ICMPv6Type) (count int) {
	for _, f := range n.sent {
		if len(f) > 54 && f[20] == byte(wire.ProtoICMPv6) && f[54] == byte(t) {
			count++
		}
	}
	return count
}

// A host asks for routers when it has its link-local address: at once, after 4 s and
// then after twice as long each time, within a tenth (RFC 7559). A router does not ask.
func TestRouterSolicitations(t *testing.T) {
	for _, c := range []struct {
		name    string
		set     func(*core.Dev6Conf)
		seconds int
		least   int
		most    int
	}{
		{"without end", func(*core.Dev6Conf) {}, 70, 5, 5}, // 0, 4, 12, 28, 60
		{"never", func(f *core.Dev6Conf) { f.RouterSolicitations = 0 }, 70, 0, 0},
		{"two", func(f *core.Dev6Conf) { f.RouterSolicitations = 2 }, 70, 2, 2},
		{"every ten at most", func(f *core.Dev6Conf) { f.RSMaxInterval = 10 }, 70, 7, 9},
		{"a router", func(f *core.Dev6Conf) { f.Forwarding = 1 }, 70, 0, 0},
	} {
		clock := &sim.Clock{}
		h := newHost(t, clock, "h1", 1)
		d, n := h.dev("eth0", 11, mac1)
		c.set(&idevOf(d).conf)
		h.addr(d, "fe80::1", 64, AddrOpts{})
		h.run(sim.Time(c.seconds) * sim.Second)
		if got := ofType(n, wire.ICMPv6RouterSolicit); got < c.least || got > c.most {
			t.Errorf("%s: %d solicitations in %d s", c.name, got, c.seconds)
		}
	}
}

// With ndisc_notify neighbours hear of an address once nobody else has it.
func TestNdiscNotify(t *testing.T) {
	for _, c := range []struct {
		notify int
		o      AddrOpts
		want   int
	}{{0, AddrOpts{}, 0}, {1, AddrOpts{}, 1}, {1, AddrOpts{NoDAD: true}, 0}} {
		clock := &sim.Clock{}
		h := newHost(t, clock, "h1", 1)
		d, n := h.dev("eth0", 11, mac1)
		idevOf(d).conf.NdiscNotify = c.notify
		h.addr(d, "fd00::1", 64, c.o)
		h.run(10 * sim.Second)
		if got := ofType(n, wire.ICMPv6NeighAdvert); got != c.want {
			t.Errorf("%+v: %d advertisements", c, got)
		}
	}
}
