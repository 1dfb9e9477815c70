package device

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// tunPacket is an IP packet of n bytes.
func tunPacket(version byte, n int) []byte {
	p := make([]byte, n)
	p[0] = version<<4 | 5
	return p
}

// What a program writes is received by its IP version; what it cannot write is
// refused.
func TestTunWrite(t *testing.T) {
	ns := world(1)
	tun := NewTun(ns, "tun0", 0)
	v4, v6 := &sink{keep: true}, &sink{keep: true}
	ns.AddPacketType(0x0800, v4)
	ns.AddPacketType(0x86dd, v6)
	if e := tun.Write(tunPacket(4, 20), 0, 0); e != step.EIO {
		t.Errorf("a device that is down: %v", e)
	}
	tun.Dev.Flags |= core.IFFUp
	for _, p := range [][]byte{{}, tunPacket(5, 20)} {
		if e := tun.Write(p, 0, 0); e != step.EINVAL {
			t.Errorf("% x: %v", p, e)
		}
	}
	for _, c := range []struct {
		p   []byte
		gso int
		to  *sink
	}{{tunPacket(4, 40), 0, v4}, {tunPacket(6, 60), 0, v6}, {tunPacket(4, 9000), 1000, v4}} {
		n := c.to.n
		if e := tun.Write(c.p, c.gso, 0); e != 0 || c.to.n != n+1 || c.to.got[n] != string(c.p) {
			t.Errorf("%d bytes: %v, %d received", len(c.p), e, c.to.n-n)
		}
	}
	if s := tun.Dev.Stats; s.RxPackets != 3 || s.RxBytes != 9100 || s.RxDropped != 3 {
		t.Errorf("%+v", s)
	}
}

// The ring holds what the program has not read, and no more than it can.
func TestTunRing(t *testing.T) {
	ns := world(1)
	tun := NewTun(ns, "tun0", 0)
	tun.Dev.TxQueueLen = 2
	send := func() core.TxCode {
		b := ns.AllocSKB(0, 20, 0)
		copy(b.Put(20), tunPacket(4, 20))
		b.Dev, b.Network = tun.Dev, b.Offset()
		return tun.StartXmit(tun.Dev, b)
	}
	for i, want := range []core.TxCode{core.TxOK, core.TxOK, core.TxDrop} {
		if rc := send(); rc != want {
			t.Errorf("packet %d: %v", i, rc)
		}
	}
	if p := tun.Read(); len(p) != 20 || wire.IPv4(p).IHL() != 20 {
		t.Errorf("read % x", p)
	}
	if rc := send(); rc != core.TxOK {
		t.Errorf("with room again: %v", rc)
	}
	tun.Release()
	if rc := send(); rc != core.TxDrop || tun.Read() != nil {
		t.Errorf("nobody holds it: %v", rc)
	}
	if s := tun.Dev.Stats; s.TxPackets != 1 || s.TxDropped != 2 {
		t.Errorf("%+v", s)
	}
	if m := ns.Machine; m.Allocated != m.Freed {
		t.Errorf("%d buffers allocated, %d freed", m.Allocated, m.Freed)
	}
}

// tun_alloc_skb: the head holds what fits a page, pages the rest.
func TestTunTruesize(t *testing.T) {
	for _, c := range []struct{ n, want int }{
		{40, core.AllocTruesize(104)}, {1040, core.AllocTruesize(1104)}, {3712, core.AllocTruesize(3776)},
		{3713, core.AllocTruesize(3776) + 4096}, {3712 + 8192, core.AllocTruesize(3776) + 8192}, {3712 + 40000, core.AllocTruesize(3776) + 32768 + 8192},
	} {
		if got := tunTruesize(c.n); got != c.want {
			t.Errorf("%d bytes: %d, not %d", c.n, got, c.want)
		}
	}
}
