package nat

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// FuzzReceive lets any packets come in at a router with every kind of NAT:
// nothing panics, and no buffer is lost.
func FuzzReceive(f *testing.F) {
	f.Add(udp(client, inside, 4000, 80), tcp(server, outside, 80, 4000, fSyn|fAck, 1, 2, ""))
	f.Add(udp(client, server, 4000, 53), icmp(server, outside, 3, 3, 0, udp(outside, server, 4000, 53)))
	f.Add(icmp(client, server, 8, 0, 7<<16, nil), icmp(server, outside, 0, 0, 7<<16, nil))
	f.Add(tcp(client, server, 4000, 21, fSyn, 1, 0, ""), tcp(client, server, 4000, 21, fAck, 2, 9, "PORT 10,0,1,10,20,1\r\n"))
	f.Add(udp(client, server, 1, 2)[:24], packet(client, server, 132, make([]byte, 12)))
	f.Fuzz(func(t *testing.T, p, q []byte) {
		if len(p) > 1480 || len(q) > 1480 {
			return
		}
		w := newWorld(t, trace.Record)
		w.ns.Sysctl.CT.Checksum = 0
		w.rule(core.PreRouting, &rule{dport: 80, fn: dnat(server, 8080)})
		w.rule(core.PreRouting, &rule{dport: 21, fn: func(_ *core.Netns, _ *core.HookState, _ *core.SKB, c *conntrack.Conn) core.Verdict {
			c.SetHelper(conntrack.HelperFTP)
			return core.Accept
		}})
		w.rule(core.PreRouting, &rule{proto: 17, fn: func(ns *core.Netns, st *core.HookState, b *core.SKB, _ *conntrack.Conn) core.Verdict {
			return Netmap(st, b, &Range{MinAddr: ip(10, 0, 2, 0).Addr(), MaxAddr: ip(10, 0, 2, 255).Addr()})
		}})
		w.rule(core.PreRouting, &rule{proto: 132, fn: func(ns *core.Netns, st *core.HookState, b *core.SKB, _ *conntrack.Conn) core.Verdict {
			return Redirect(ns, st, b, &Range{Flags: ProtoSpecified, MinProto: 1, MaxProto: 9})
		}})
		w.rule(core.PostRouting, &rule{fn: masquerade})
		for range 2 {
			w.rx(0, p)
			w.rx(1, q)
			w.rx(0, q)
			w.rx(1, p)
		}
		w.run(100 * sim.Second)
		for i := range w.sent {
			if h := wire.IPv4(w.sent[i].p); h.Version() == 4 && !h.ChecksumOK() {
				t.Errorf("packet %d left with a bad header checksum", i)
			}
		}
		w.conserved()
	})
}
