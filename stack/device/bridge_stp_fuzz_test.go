package device

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A bridge that takes part in the spanning tree reads any frame with a length in place of
// a type: no buffer is lost, the states of its ports are states, and it does not speak
// more often than it may.
func FuzzBPDU(f *testing.F) {
	config := make([]byte, bpduConfigLen)
	putBE(config[5:13], 0x1000_020000000009)
	putTicks(config[29:], 20*sim.Second)
	putTicks(config[31:], 2*sim.Second)
	putTicks(config[33:], 15*sim.Second)
	f.Add(append([]byte{0x42, 0x42, 3}, config...), uint16(38), uint8(0))
	f.Add([]byte{0x42, 0x42, 3, 0, 0, 0, 0x80}, uint16(7), uint8(1))
	f.Add([]byte{0xaa, 0xaa, 3}, uint16(3), uint8(2))
	f.Fuzz(func(t *testing.T, p []byte, size uint16, how uint8) {
		if len(p) > 2000 {
			return
		}
		ns := world(1)
		ipv4.New(ns)
		ipv6.New(ns)
		br := NewBridge(ns, "br0", 0, 0x020000000090, true)
		br.Dev.Flags |= core.IFFUp | core.IFFRunning
		var in []*Veth
		for i, n := range []string{"p1", "p2"} {
			v := NewVeth(ns, n, 0, nil)
			v.Dev.Flags |= core.IFFUp | core.IFFRunning
			v.Dev.Addr = 0x020000000080 + wire.MAC(i)
			if e := br.AddPort(v.Dev); e != 0 {
				t.Fatal(e)
			}
			in = append(in, v)
		}
		br.SetSTP(true)
		br.open()
		frame := make([]byte, wire.EthernetLen, wire.EthernetLen+len(p))
		wire.Ethernet(frame).Put(br.GroupAddr, 0x020000000001, wire.EtherType(size))
		frame = append(frame, p...)
		if how&1 != 0 {
			PortOf(in[0].Dev).Flags |= BridgeGuard
		}
		for range 3 {
			in[int(how>>1)&1].Receive(frame, RxInfo{})
			ns.Clock.RunUntil(ns.Clock.Now() + sim.Time(how)*sim.Second/8)
		}
		ns.Clock.RunUntil(ns.Clock.Now() + 100*sim.Second)
		br.halt()
		ns.Clock.RunUntil(ns.Clock.Now() + 200*sim.Second)
		for _, q := range br.Ports {
			if q.State != BridgeDisabled {
				t.Errorf("port %d is in state %d although the bridge is down", q.No, q.State)
			}
			if n := q.tree.TxBPDU + q.tree.TxTCN; n > 600 {
				t.Errorf("port %d sent %d messages", q.No, n)
			}
		}
		if m := ns.Machine; m.Allocated != m.Freed {
			t.Errorf("%d buffers allocated, %d freed", m.Allocated, m.Freed)
		}
	})
}
