package conntrack

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A world is a router's hooks: packets go in at PRE_ROUTING and out at
// POST_ROUTING, with nothing between but what a test puts there.
type world struct {
	t  testing.TB
	m  *core.Machine
	ns *core.Netns
	ct *Table
	in *core.Device
}

func newWorld(t testing.TB, mode trace.Mode) *world {
	m := &core.Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(7), IDs: &core.IDs{}}
	m.Clock.Reset(100 * sim.Second)
	ns := core.NewNetns(m, "r")
	if mode != trace.Silent {
		ns.Trace = &trace.Tracer{Mode: mode, Clock: m.Clock}
	}
	w := &world{t: t, m: m, ns: ns}
	w.in = ns.NewDevice("eth0", 11, nil)
	w.ct = Enable(ns, core.NFInet)
	return w
}

func (w *world) run(d sim.Time) { w.m.Clock.RunUntil(w.m.Clock.Now() + d) }

// skb makes a buffer of an IP packet.
func (w *world) skb(p []byte) *core.SKB {
	b := w.ns.AllocSKB(core.Headroom, len(p), 0)
	copy(b.Put(len(p)), p)
	b.ResetNetwork()
	b.Protocol = uint16(wire.EtherTypeIPv4)
	if p[0]>>4 == 6 {
		b.Protocol = uint16(wire.EtherTypeIPv6)
	}
	b.Dev, b.IIF = w.in, w.in.Index
	return b
}

// pass sends a packet through the router and says what it was.
func (w *world) pass(p []byte) string {
	b := w.skb(p)
	f := core.NFIPv4
	if p[0]>>4 == 6 {
		f = core.NFIPv6
	}
	if !w.ns.Hook(f, core.PreRouting, w.in, nil, nil, b) {
		return "dropped"
	}
	s := stateName(b)
	if !w.ns.Hook(f, core.PostRouting, nil, w.in, nil, b) {
		return s + " dropped"
	}
	w.ns.Consume(b, step.NFHookSlow)
	return s
}

func stateName(b *core.SKB) string {
	c, info := Get(b)
	if c == nil && info == Untracked {
		return "UNTRACKED"
	}
	if c == nil {
		return "INVALID"
	}
	return [...]string{"ESTABLISHED", "RELATED", "NEW", "ESTABLISHED reply", "RELATED reply"}[info]
}

// conserved checks that no buffer and no connection is lost.
func (w *world) conserved() {
	w.t.Helper()
	if w.m.Allocated != w.m.Freed {
		w.t.Errorf("%d buffers are lost", w.m.Allocated-w.m.Freed)
	}
	n := 0
	for c := w.ct.oldest; c != nil; c = c.allNxt {
		if n++; c.use != 1 {
			w.t.Errorf("connection %d has %d references", c.ID, c.use)
		}
	}
	if n != w.ct.Count() {
		w.t.Errorf("%d connections are listed, %d counted", n, w.ct.Count())
	}
}

func ip(a, b, c, d byte) wire.IP4 {
	return wire.IP4(a)<<24 | wire.IP4(b)<<16 | wire.IP4(c)<<8 | wire.IP4(d)
}

var (
	client = ip(10, 0, 1, 10)
	server = ip(10, 0, 2, 10)
	router = ip(10, 0, 1, 1)
)

func packet4(src, dst wire.IP4, p wire.Proto, payload []byte) []byte {
	b := make([]byte, 20+len(payload))
	h := wire.IPv4(b)
	h.SetVersionIHL(20)
	h.SetTotalLen(len(b))
	h.SetTTL(64)
	h.SetProto(p)
	h.SetSrc(src)
	h.SetDst(dst)
	copy(b[20:], payload)
	h.ComputeChecksum()
	return b
}

// A seg is a TCP segment of a test: reply says that the server sends it.
type seg struct {
	reply    bool
	flags    wire.TCPFlags
	seq, ack uint32
	win      uint16
	n        int
	opts     []byte
}

const (
	cport = 40000
	sport = 80
)

func (s seg) packet() []byte {
	n := 20 + (len(s.opts)+3)&^3
	p := make([]byte, n+s.n)
	h := wire.TCP(p)
	src, dst := client, server
	h.SetSrcPort(cport)
	h.SetDstPort(sport)
	if s.reply {
		src, dst = dst, src
		h.SetSrcPort(sport)
		h.SetDstPort(cport)
	}
	h.SetSeq(s.seq)
	h.SetAck(s.ack)
	h.SetDataOff(n)
	h.SetFlags(s.flags)
	h.SetWindow(s.win)
	copy(p[20:], s.opts)
	h.ComputeChecksum(wire.PseudoHeader4(src, dst, wire.ProtoTCP, len(p)))
	return packet4(src, dst, wire.ProtoTCP, p)
}

func udp(src, dst wire.IP4, sp, dp uint16, n int) []byte {
	p := make([]byte, 8+n)
	h := wire.UDP(p)
	h.SetSrcPort(sp)
	h.SetDstPort(dp)
	h.SetLen(len(p))
	h.ComputeChecksum(wire.PseudoHeader4(src, dst, wire.ProtoUDP, len(p)))
	return packet4(src, dst, wire.ProtoUDP, p)
}

func icmp(src, dst wire.IP4, typ, code uint8, rest uint32, data []byte) []byte {
	p := make([]byte, 8+len(data))
	h := wire.ICMP(p)
	h.SetType(wire.ICMPType(typ))
	h.SetCode(code)
	h.SetRest(rest)
	copy(p[8:], data)
	h.ComputeChecksum()
	return packet4(src, dst, wire.ProtoICMP, p)
}

// only is the one connection of the table.
func (w *world) only() *Conn {
	w.t.Helper()
	var c *Conn
	n := 0
	w.ct.Each(func(x *Conn) bool { c = x; n++; return true })
	if n != 1 {
		w.t.Fatalf("%d connections, want 1", n)
	}
	return c
}
