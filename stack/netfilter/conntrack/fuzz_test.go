package conntrack

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// FuzzHooks sends any bytes through conntrack, with an FTP helper on everything
// that can have one: nothing panics, no buffer and no connection is lost.
func FuzzHooks(f *testing.F) {
	f.Add(seg{flags: fSyn, seq: 1}.packet(), []byte("PORT 10,0,1,10,20,1\r\n"))
	f.Add(seg{reply: true, flags: fSyn | fAck, seq: 9, ack: 2}.packet(), []byte("227 (10,0,2,10,20,1)\r\n"))
	f.Add(seg{flags: fAck, seq: 2, ack: 10}.packet(), []byte("EPRT |1|10.0.1.10|5121|\r\n"))
	f.Add(udp(client, server, 1, 2, 3), []byte("229 Entering (|||5121|)\r\n"))
	f.Add(icmp(server, client, 3, 3, 0, udp(client, server, 1, 2, 3)), []byte{5, 10})
	f.Add(icmp6(client6, server6, 137, 0, 0, make([]byte, 80)), []byte{4})
	f.Add(packet6(client6, server6, 64, 44, make([]byte, 20)), []byte{0})
	f.Fuzz(func(t *testing.T, p, data []byte) {
		if len(p) < 20 || len(p) > 2000 || p[0]>>4 != 4 && (p[0]>>4 != 6 || len(p) < 40) {
			return
		}
		w := newWorld(t, trace.Record)
		w.ns.Sysctl.CT.Checksum = 0
		w.hook(core.PreRouting, core.PriFilter, func(_ *core.Netns, b *core.SKB) core.Verdict {
			if c, info := Get(b); c != nil && info == New {
				c.SetHelper(HelperFTP)
			}
			return core.Accept
		})
		if p[0]>>4 == 4 {
			h := wire.IPv4(p)
			if h.IHL() < 20 || h.IHL() > len(p) {
				return // ip_rcv drops it before any hook
			}
		}
		ports := func(s seg, d string) []byte {
			q := s.packet()
			q = append(q[:40:40], d...)
			wire.IPv4(q).SetTotalLen(len(q))
			return q
		}
		w.pass(p)
		w.pass(seg{flags: fSyn, seq: 1, win: 1000}.packet())
		w.pass(seg{reply: true, flags: fSyn | fAck, seq: 9, ack: 2, win: 1000}.packet())
		w.pass(ports(seg{flags: fAck, seq: 2, ack: 10, win: 1000}, "\n"))
		w.pass(ports(seg{reply: true, flags: fAck, seq: 10, ack: 3, win: 1000}, "\n"))
		w.pass(ports(seg{flags: fAck, seq: 3, ack: 11, win: 1000}, string(data)))
		w.pass(ports(seg{reply: true, flags: fAck, seq: 11, ack: 3, win: 1000}, string(data)))
		w.pass(p)
		w.run(100 * sim.Second)
		w.pass(p)
		w.conserved()
	})
}
