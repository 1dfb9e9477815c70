package device

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A bridge with VLANs and snooping, and devices on top and beside, take any frame; no
// buffer is lost.
func FuzzBridge(f *testing.F) {
	igmp := []byte{0x01, 0, 0x5e, 1, 1, 1, 2, 0, 0, 0, 0, 1, 8, 0, 0x46, 0xc0, 0, 32, 0, 0, 0x40, 0, 1, 2, 0, 0, 10, 0, 0, 1, 239, 1, 1, 1, 0x94, 4, 0, 0, 0x16, 0, 0xf9, 0xfc, 239, 1, 1, 1}
	f.Add(igmp, uint8(0))
	f.Add(append([]byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 10, 8, 0}, igmp[14:]...), uint8(1))
	f.Add(append([]byte{0x33, 0x33, 0, 0, 0, 0x16, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 36, 0, 1}, make([]byte, 80)...), uint8(3))
	f.Fuzz(func(t *testing.T, p []byte, how uint8) {
		if len(p) > 4000 {
			return
		}
		ns := world(1)
		ipv4.New(ns)
		ipv6.New(ns)
		br := NewBridge(ns, "br0", 0, 0x020000000090, true)
		br.Dev.Flags |= core.IFFUp | core.IFFRunning
		var in []*Veth
		for _, n := range []string{"p1", "p2", "p3"} {
			v := NewVeth(ns, n, 0, nil)
			v.Dev.Flags |= core.IFFUp | core.IFFRunning
			v.Dev.Addr = 0x020000000080 + wire.MAC(len(in))
			if e := br.AddPort(v.Dev); e != 0 {
				t.Fatal(e)
			}
			PortOf(v.Dev).State = BridgeForwarding
			in = append(in, v)
		}
		if how&1 != 0 {
			br.SetVlanFiltering(true)
			br.AddVlan(PortOf(in[1].Dev), 10, false, false)
			br.AddVlan(PortOf(in[2].Dev), 10, true, true)
		}
		if how&2 != 0 {
			br.SetQuerier(true)
		}
		in[0].Receive(p, RxInfo{Partial: how&4 != 0, GSOSize: int(how>>4) * 100})
		ns.Clock.RunUntil(ns.Clock.Now() + 300*sim.Second)
		if m := ns.Machine; m.Allocated != m.Freed {
			t.Errorf("%d buffers allocated, %d freed", m.Allocated, m.Freed)
		}
	})
}

// Whatever a program writes into a tun or tap device, with whatever headers it says
// that it writes.
func FuzzTunWrite(f *testing.F) {
	f.Add(tunPacket(4, 40), uint16(TunIff|TunNoPI))
	f.Add(append([]byte{0, 0, 8, 0}, tunPacket(4, 40)...), uint16(TunIff))
	f.Add(append(make([]byte, 10), tunPacket(6, 80)...), uint16(TapIff|TunNoPI|TunVnetHdr|TunMultiQueue))
	f.Fuzz(func(t *testing.T, p []byte, flags uint16) {
		if len(p) > 70000 {
			return
		}
		ns := world(1)
		h := OpenTun(ns)
		if h.SetIff("tun0", 0, flags&^TunExcl, nil, 0x020000000001) != 0 {
			return
		}
		d := h.Device()
		d.Flags |= core.IFFUp
		h.Write(p)
		buf := make([]byte, 20)
		h.Read(buf)
		h.Close()
		ns.Clock.RunUntil(ns.Clock.Now() + sim.Second)
		if m := ns.Machine; m.Allocated != m.Freed {
			t.Errorf("%d buffers allocated, %d freed", m.Allocated, m.Freed)
		}
	})
}
