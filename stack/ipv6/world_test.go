package ipv6

import (
	"encoding/hex"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A nic is a fake card: it keeps what is sent, and carries it to its peer.
type nic struct {
	sent [][]byte
	peer *core.Device
}

func (n *nic) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	p := make([]byte, b.Len())
	b.CopyBits(0, p)
	n.sent = append(n.sent, p)
	if n.peer != nil {
		inject(n.peer, p)
	}
	d.NS.Sent(b, b.IIF != 0, step.DevHardStartXmit)
	return core.TxOK
}

// A lo is a fake loopback device.
type lo struct{}

func (lo) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	b.Orphan()
	b.Protocol = d.NS.EthTypeTrans(b, d)
	d.NS.NetifRx(b)
	return core.TxOK
}

// inject brings a frame in on a device.
func inject(d *core.Device, frame []byte) {
	ns := d.NS
	b := ns.AllocSKB(core.Headroom, len(frame), 0)
	copy(b.Put(len(frame)), frame)
	b.IIF = d.Index
	b.Protocol = ns.EthTypeTrans(b, d)
	ns.NetifRx(b)
}

// A host is one simulated machine with one namespace.
type host struct {
	t     testing.TB
	clock *sim.Clock
	ns    *core.Netns
	ip    *IPv6
	tr    *trace.Tracer
}

func newHost(t testing.TB, c *sim.Clock, name string, seed uint64) *host {
	m := &core.Machine{Name: name, Clock: c, Rand: sim.NewRand(seed), IDs: &core.IDs{}}
	ns := core.NewNetns(m, name)
	ns.Trace = &trace.Tracer{Mode: trace.Record, Clock: c}
	l := ns.NewDevice("lo", 1, lo{})
	l.Flags = core.IFFLoopback | core.IFFUp | core.IFFRunning
	l.MTU, l.Type = 65536, core.LinkLoopback
	ns.Loopback = l
	ns.Sysctl.Conf6Default.AddrGenMode = 1
	h := &host{t, c, ns, New(ns), ns.Trace}
	h.ip.DevUp(l)
	return h
}

func (h *host) dev(name string, index int, mac wire.MAC) (*core.Device, *nic) {
	n := &nic{}
	d := h.ns.NewDevice(name, index, n)
	d.Addr = mac
	d.Flags |= core.IFFUp | core.IFFRunning
	h.ip.DevUp(d)
	return d, n
}

func (h *host) addr(d *core.Device, a string, plen int, o AddrOpts) {
	h.t.Helper()
	if e := h.ip.AddAddr(d, ip6(a), plen, o); e != 0 {
		h.t.Fatalf("AddAddr %s: %v", a, e)
	}
}

func (h *host) run(d sim.Time) { h.clock.RunUntil(h.clock.Now() + d) }

// last returns the most recent end of a packet in this host.
func (h *host) last() trace.EndRec {
	if len(h.tr.Ends) == 0 {
		return trace.EndRec{}
	}
	return h.tr.Ends[len(h.tr.Ends)-1]
}

// dropped reports whether a drop of the kind was recorded.
func (h *host) dropped(why core.DropReason, at step.Step) bool {
	for _, e := range h.tr.Ends {
		if e.Outcome == trace.Dropped && e.Reason == why && e.Fn == at {
			return true
		}
	}
	return false
}

func (h *host) wantDrop(why core.DropReason, at step.Step) {
	h.t.Helper()
	if !h.dropped(why, at) {
		h.t.Errorf("no drop %v at %v; ends:", why, at)
		for _, e := range h.tr.Ends {
			h.t.Errorf("  %v %v at %v", e.Outcome, e.Reason, e.Fn)
		}
	}
}

func (h *host) wantMIB(m step.MIB, n uint64) {
	h.t.Helper()
	if got := h.ns.MIB[m]; got != n {
		h.t.Errorf("%v is %d, want %d", m, got, n)
	}
}

// conserved checks that every buffer was freed, but for those that wait.
func (h *host) conserved(waiting uint64) {
	h.t.Helper()
	if m := h.ns.Machine; m.Allocated != m.Freed+waiting {
		h.t.Errorf("%d buffers allocated, %d freed, want %d waiting", m.Allocated, m.Freed, waiting)
	}
	h.sentences()
}

// sentences checks that every sentence and every alternative has the values
// that its places need.
func (h *host) sentences() {
	h.t.Helper()
	l := &h.tr.Log
	for i := range l.Events {
		e := &l.Events[i]
		if e.Why != 0 {
			if n, ok := step.Places(e.Why.Text()); !ok || n > len(l.WhyArgs(e)) {
				h.t.Errorf("%q has %d values", e.Why.Text(), len(l.WhyArgs(e)))
			}
		}
		if e.Kind == trace.Tried {
			x := step.Try(e.Code).Info()
			for _, s := range []string{x.Candidate, x.Because} {
				if n, ok := step.Places(s); !ok || n > len(l.Args(e)) {
					h.t.Errorf("%q has %d values", s, len(l.Args(e)))
				}
			}
		}
	}
}

func ip6(s string) wire.Addr { return wire.FromNetip(mustAddr(s)) }

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	mac1 wire.MAC = 0x020000000011
	mac2 wire.MAC = 0x020000000021
)

// link makes the two hosts of recording g01.
func link(t testing.TB) (h1, h2 *host, n1, n2 *nic) {
	c := &sim.Clock{}
	h1, h2 = newHost(t, c, "h1", 1), newHost(t, c, "h2", 2)
	d1, n1 := h1.dev("eth0", 11, mac1)
	d2, n2 := h2.dev("eth0", 21, mac2)
	h1.addr(d1, "fd00:1::1", 64, AddrOpts{NoDAD: true})
	h1.addr(d1, "fe80::1", 64, AddrOpts{NoDAD: true})
	h2.addr(d2, "fd00:1::2", 64, AddrOpts{NoDAD: true})
	h2.addr(d2, "fe80::2", 64, AddrOpts{NoDAD: true})
	c.RunUntil(5 * sim.Second)
	n1.peer, n2.peer = d2, d1
	n1.sent, n2.sent = nil, nil
	return
}

// packet builds an Ethernet frame around an IPv6 packet.
func packet(dst, src wire.MAC, saddr, daddr string, next wire.Proto, hops uint8, payload []byte) []byte {
	p := make([]byte, 14+40+len(payload))
	wire.Ethernet(p).Put(dst, src, wire.EtherTypeIPv6)
	h := wire.IPv6(p[14:])
	h.SetVersion(0, 0)
	h.SetPayloadLen(len(payload))
	h.SetNextHeader(next)
	h.SetHopLimit(hops)
	h.SetSrc(ip6(saddr))
	h.SetDst(ip6(daddr))
	copy(h[40:], payload)
	return p
}

// icmp builds an ICMPv6 message with its checksum.
func icmp(saddr, daddr string, typ wire.ICMPv6Type, code uint8, rest uint32, data ...byte) []byte {
	m := make(wire.ICMPv6, 8+len(data))
	m.SetType(typ)
	m.SetCode(code)
	m.SetRest(rest)
	copy(m[8:], data)
	m.ComputeChecksum(ip6(saddr), ip6(daddr))
	return m
}

// send sends an ICMPv6 message through MakeSKB, as a raw socket does.
func (h *host) send(daddr string, msg []byte) core.Errno {
	h.t.Helper()
	fl := Flow6{Daddr: ip6(daddr), Proto: uint8(wire.ProtoICMPv6), Dport: uint16(msg[0]) << 8}
	d, e := h.ip.RouteOutput(&fl)
	if e != 0 {
		return e
	}
	wire.ICMPv6(msg).ComputeChecksum(fl.Saddr, fl.Daddr)
	ck := NewCookie()
	b, e := h.ip.MakeSKB(&h.ip.icmpSk.Sock, &fl, d, &ck, 0, msg)
	if e != 0 {
		return e
	}
	return h.ip.SendSKB(b)
}
