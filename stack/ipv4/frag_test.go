package ipv4

import (
	"bytes"
	"slices"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
	"pgregory.net/rapid"
)

func fragment(id uint16, off int, more bool, data []byte) []byte {
	return packet(ip4(10, 0, 1, 10), ip4(10, 0, 1, 1), 17, 64, data, func(h wire.IPv4) {
		h.SetID(id)
		h.SetFragOffset(off)
		h.SetMF(more)
	})
}

// Fragments in any order, some of them twice, give the datagram.
func TestReassembleAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		sink := &udpSink{}
		w.ns.AddProto(17, sink)
		held := int(w.m.Allocated) - int(w.m.Freed)
		data := rapid.SliceOfN(rapid.Byte(), 9, 3000).Draw(rt, "data")
		var frags [][]byte
		for off := 0; off < len(data); {
			n := min(rapid.IntRange(1, 60).Draw(rt, "blocks")*8, len(data)-off)
			frags = append(frags, fragment(9, off, off+n < len(data), data[off:off+n]))
			off += n
		}
		if len(frags) < 2 {
			rt.Skip()
		}
		order := rapid.Permutation(frags).Draw(rt, "order")
		for i, f := range order {
			w.rx(w.eth0, f, 0)
			if i+1 < len(order) && rapid.Bool().Draw(rt, "twice") {
				w.rx(w.eth0, f, 0)
			}
		}
		if len(sink.got) != 1 || !bytes.Equal(sink.got[0], data) {
			rt.Fatalf("%d datagrams came out", len(sink.got))
		}
		if w.ns.MIB[step.IpReasmOKs] != 1 || w.ns.MIB[step.IpReasmFails] != 0 {
			rt.Fatalf("IpReasmOKs %d, IpReasmFails %d", w.ns.MIB[step.IpReasmOKs], w.ns.MIB[step.IpReasmFails])
		}
		if n := int(w.m.Allocated) - int(w.m.Freed); n != held {
			rt.Fatalf("%d buffers are lost", n-held)
		}
		if w.ip.frags.Mem != 0 || w.ip.frags.Len() != 0 {
			rt.Fatalf("%d bytes in %d queues are left", w.ip.frags.Mem, w.ip.frags.Len())
		}
	})
}

// c11: an exact duplicate is dropped and the queue kept; any other overlap
// throws all of it away.
func TestFragmentOverlap(t *testing.T) {
	w := newWorld(t)
	held := int(w.m.Allocated) - int(w.m.Freed)
	w.rx(w.eth0, fragment(1, 0, true, make([]byte, 64)), 0)
	w.rx(w.eth0, fragment(1, 0, true, make([]byte, 64)), 0)
	w.rx(w.eth0, fragment(1, 56, true, make([]byte, 64)), 0)
	want := []string{"dropped DUP_FRAG at ip_defrag", "dropped NOT_SPECIFIED at ip_defrag", "consumed at inet_frag_rbtree_purge"}
	if got := w.ends(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if w.ns.MIB[step.IpExtReasmOverlaps] != 1 || w.ns.MIB[step.IpReasmFails] != 1 {
		t.Errorf("IpExtReasmOverlaps %d, IpReasmFails %d", w.ns.MIB[step.IpExtReasmOverlaps], w.ns.MIB[step.IpReasmFails])
	}
	w.conserved(held)
}

// c12: after 30 s the first fragment is answered with ICMP 11/1, the others go
// with the queue.
func TestFragmentTimeout(t *testing.T) {
	for _, first := range []bool{true, false} {
		w := newWorld(t)
		held := int(w.m.Allocated) - int(w.m.Freed)
		if first {
			w.rx(w.eth0, fragment(1, 0, true, make([]byte, 64)), 0)
		}
		w.rx(w.eth0, fragment(1, 128, false, make([]byte, 64)), 0)
		w.run(29 * sim.Second)
		if len(w.ends()) != 0 {
			t.Errorf("ended too soon: %q", w.ends())
		}
		w.run(6 * sim.Second)
		want := []string{"dropped FRAG_REASM_TIMEOUT at inet_frag_rbtree_purge"}
		if first {
			want = []string{"sent at veth_xmit", "dropped FRAG_REASM_TIMEOUT at ip_expire", want[0]}
		}
		if got := w.ends(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if w.ns.MIB[step.IpReasmTimeout] != 1 || w.ns.MIB[step.IpReasmFails] != 1 {
			t.Errorf("IpReasmTimeout %d, IpReasmFails %d", w.ns.MIB[step.IpReasmTimeout], w.ns.MIB[step.IpReasmFails])
		}
		w.conserved(held)
	}
}

// What ip_do_fragment cuts, ip_defrag puts together: made by MakeSKB with
// pieces, or copied.
func TestFragmentAndBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.eth0.MTU = rapid.IntRange(68, 1500).Draw(rt, "mtu")
		w.ip.FlushCache()
		data := rapid.SliceOfN(rapid.Byte(), 1, 4000).Draw(rt, "data")
		sk := &core.Sock{NS: w.ns, Protocol: 17, TTL: -1, PMTUDisc: core.PMTUDiscWant}
		fl := Flow4{Daddr: ip4(10, 0, 1, 10), Proto: 17}
		d, err := w.ip.RouteOutput(&fl)
		w.ok(err)
		b, err := w.ip.MakeSKB(sk, &fl, d, &Cookie{TTL: -1, TOS: -1}, 8, data)
		w.ok(err)
		copy(b.L4(), []byte{1, 2, 3, 4, 5, 6, 7, 8})
		if rapid.Bool().Draw(rt, "copied") && len(b.FragList) > 0 {
			c := b.Clone() // a clone has no frag_list: the slow path
			w.ns.Free(b)
			b = c
		}
		held := int(w.m.Allocated) - int(w.m.Freed)
		if held < 1 {
			rt.Fatal("no buffer")
		}
		w.ok(w.ip.SendSKB(b))
		sent := w.wire.frames
		sink := &udpSink{}
		w.ns.AddProto(17, sink)
		var ids []uint16
		for _, f := range sent {
			if len(f.data)-14 > w.eth0.MTU {
				rt.Fatalf("a piece of %d bytes for an MTU of %d", len(f.data)-14, w.eth0.MTU)
			}
			h := wire.IPv4(f.data[14:])
			ids = append(ids, h.ID())
			if !h.ChecksumOK() || len(sent) > 1 && h.DF() || h.ID() != ids[0] {
				rt.Fatalf("header %x", []byte(h[:20]))
			}
			h.SetSrc(ip4(10, 0, 1, 10))
			h.SetDst(ip4(10, 0, 1, 1))
			h.ComputeChecksum()
			w.rx(w.eth0, f.data[14:], 0)
		}
		want := append([]byte{1, 2, 3, 4, 5, 6, 7, 8}, data...)
		if len(sink.got) != 1 || !bytes.Equal(sink.got[0], want) {
			rt.Fatalf("%d datagrams came back from %d pieces", len(sink.got), len(sent))
		}
		if n := int(w.m.Allocated) - int(w.m.Freed); n != 0 {
			rt.Fatalf("%d buffers are lost", n)
		}
	})
}

// FuzzIPRcv: whatever comes in, nothing panics and no buffer is lost.
func FuzzIPRcv(f *testing.F) {
	us, peer := ip4(10, 0, 1, 1), ip4(10, 0, 1, 10)
	f.Add(packet(peer, us, wire.ProtoICMP, 64, echo(8)), uint8(0))
	f.Add(packet(peer, ip4(10, 0, 2, 10), 17, 1, make([]byte, 8)), uint8(0))
	f.Add(fragment(1, 8, true, make([]byte, 16)), uint8(0))
	f.Add(options4(peer, us, 7, 7, 4, 0, 0, 0, 0, 0), uint8(0))
	f.Add(options4(peer, us, 68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0), uint8(0))
	f.Add(packet(peer, us, wire.ProtoICMP, 64, append([]byte{3, 4, 0, 0, 0, 0, 2, 0}, packet(us, peer, 17, 64, make([]byte, 8))...)), uint8(0))
	f.Add(packet(peer, allHosts, wire.ProtoIGMP, 1, []byte{0x11, 1, 0xee, 0xfe, 0, 0, 0, 0}), uint8(2))
	f.Fuzz(func(t *testing.T, p []byte, typ uint8) {
		w := newWorld(t)
		router(w)
		w.ip.Conf(w.eth0).AcceptSourceRoute, w.ns.Sysctl.ConfAll.AcceptSourceRoute = 1, 1
		w.ns.AddProto(17, &udpSink{})
		held := int(w.m.Allocated) - int(w.m.Freed)
		if len(p) > 4000 {
			return
		}
		if len(p) >= 20 && p[0]>>4 == 4 && int(p[0]&15)*4 >= 20 && int(p[0]&15)*4 <= len(p) && typ&8 == 0 {
			h := wire.IPv4(p)
			h.SetTotalLen(len(p))
			h.ComputeChecksum()
		}
		w.rx(w.eth0, p, core.PktType(typ&3))
		w.run(60 * sim.Second)
		w.conserved(held)
	})
}
