package view

import (
	"fmt"
	"io"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// fake is a walk that a script made with a real Tracer, so that Sessions can be
// tested without a stack.
type fake struct {
	frames  []pcaps.Frame
	indexed int
	packets []Summary
	chunk   *fakeChunk
	clock   sim.Clock
	t       trace.Tracer
}

type fakeChunk struct {
	log   trace.Log
	story map[int][]int
	begin []int
}

func (c *fakeChunk) Events() *trace.Log    { return &c.log }
func (c *fakeChunk) Story(frame int) []int { return c.story[frame] }
func (c *fakeChunk) StateAt(event int) State {
	st := State{}
	for _, ch := range c.log.Changes {
		if int(ch.When) <= event+1 {
			st[StateKey{Obj: ch.Obj, Key: ch.Key}] = ch.New
		}
	}
	return st
}

// obj is a subject of the fake.
type obj struct {
	kind step.Kind
	id   uint32
	pkt  uint32
	f    trace.Obs
}

func (o *obj) Kind() step.Kind            { return o.kind }
func (o *obj) TraceID() uint32            { return o.id }
func (o *obj) TracePkt() (uint32, uint32) { return o.pkt, o.pkt }
func (o *obj) Observe(b *trace.Obs)       { *b = o.f }

func (k *fake) Advance(n int) (bool, error) {
	k.indexed = min(k.indexed+n, len(k.frames))
	return k.indexed == len(k.frames), nil
}
func (k *fake) Len() int             { return len(k.frames) }
func (k *fake) Indexed() int         { return k.indexed }
func (k *fake) Packet(i int) Summary { return k.packets[i] }
func (k *fake) Frame(i int) (pcaps.Frame, error) {
	if i < 0 || i >= len(k.frames) {
		return pcaps.Frame{}, io.EOF
	}
	return k.frames[i], nil
}
func (k *fake) Findings() []string { return []string{"this host is 10.0.0.2\x1b[31m: it sends most"} }
func (k *fake) Chunk(i int) (Chunk, error) {
	return k.chunk, nil
}
func (k *fake) Names() Names { return fakeNames{} }

type fakeNames struct{}

func (fakeNames) DevName(i int) string    { return "eth0" }
func (fakeNames) Text(i uint64) string    { return "text\x1b]0;evil\x07" }
func (fakeNames) HostName(i uint8) string { return "host" }

func (k *fake) Find(from Cursor, back bool, m Match) (Cursor, bool, error) {
	d := 1
	if back {
		d = -1
	}
	for f := from.Frame; f >= 0 && f < k.indexed; f += d {
		if m.Filter != nil && !m.Filter.Match(k.frames[f].Data, k.frames[f].OrigLen) {
			continue
		}
		if m.Landmarks == 0 && m.Step == 0 {
			if f != from.Frame {
				return Cursor{Frame: f, Step: 0}, true, nil
			}
			continue
		}
		st := k.chunk.story[f]
		j, end := 0, len(st)
		if back {
			j, end = len(st)-1, -1
		}
		for ; j != end; j += d {
			if f == from.Frame && (back && j >= from.Step || !back && j <= from.Step) {
				continue
			}
			e := &k.chunk.log.Events[st[j]]
			if m.Step != 0 && e.Kind == trace.Call && step.Step(e.Code) == m.Step ||
				m.Landmarks&MarkDrop != 0 && e.Kind == trace.End && trace.Outcome(e.Code) == trace.Dropped ||
				m.Landmarks&MarkNeigh != 0 && e.Kind == trace.Point && step.TP(e.Code) == step.NeighUpdate {
				return Cursor{Frame: f, Step: j}, true, nil
			}
		}
	}
	return from, false, nil
}

func (k *fake) LastWrite(at Cursor, key StateKey) (Cursor, bool, error) {
	until := k.chunk.story[at.Frame][at.Step] + 1
	for i := len(k.chunk.log.Changes) - 1; i >= 0; i-- {
		c := k.chunk.log.Changes[i]
		if c.Obj == key.Obj && c.Key == key.Key && !c.First && int(c.When) <= until {
			for f, st := range k.chunk.story {
				for j, e := range st {
					if e == int(c.Event) {
						return Cursor{Frame: f, Step: j}, true, nil
					}
				}
			}
		}
	}
	return at, false, nil
}

// echo is an ICMP echo request or reply of 98 bytes.
func echo(reply bool, seq byte) []byte {
	b := make([]byte, 98)
	copy(b, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 84, 0, seq, 0x40, 0, 64, 1, 0x26, 0xa7, 10, 0, 0, 1, 10, 0, 0, 2, 8, 0, 0x12, 0x34, 0, 7, 0, seq})
	if reply {
		copy(b, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2})
		copy(b[26:], []byte{10, 0, 0, 2, 10, 0, 0, 1, 0})
	}
	for i := 42; i < 98; i++ {
		b[i] = byte(i)
	}
	return b
}

func (k *fake) in(fn string, o *obj, body func()) {
	s := step.ByName(fn)
	if s == 0 {
		panic("no step " + fn)
	}
	defer k.t.In(s, o).Out()
	k.clock.RunUntil(k.clock.Now() + 300)
	if body != nil {
		body()
	}
}

// newFake is a capture of n echo requests; every third is dropped.
func newFake(n int) *fake {
	k := &fake{chunk: &fakeChunk{story: map[int][]int{}}}
	k.t.Clock = &k.clock
	k.t.Mode = trace.Record
	ring := &obj{kind: step.KindRing, id: 9001}
	neigh := &obj{kind: step.KindNeigh, id: 9002}
	neigh.f[step.NeighState] = 4
	neigh.f[step.NeighLladdr] = 0x020000000001
	neigh.f[step.NeighKey+1] = 0xffff<<32 | 0x0a000001
	for i := range n {
		data := echo(false, byte(i+1))
		k.frames = append(k.frames, pcaps.Frame{N: i + 1, At: int64(i) * 1e6, Data: data, OrigLen: len(data), Link: pcaps.LinkEthernet})
		k.clock.RunUntil(sim.Time(i) * 1e6)
		first := len(k.t.Log.Events)
		k.one(i, ring, neigh, data)
		for e := first; e < len(k.t.Log.Events); e++ {
			k.chunk.story[i] = append(k.chunk.story[i], e)
		}
	}
	k.chunk.log = k.t.Log
	for i := range k.frames {
		s := Summary{At: k.frames[i].At, Outcome: trace.Consumed}
		if i%3 == 2 {
			s.Outcome, s.Reason, s.Landmarks = trace.Dropped, step.DropIPCSUM, MarkDrop
		}
		if i == 0 {
			s.Landmarks |= MarkNeigh
		}
		k.packets = append(k.packets, s)
	}
	return k
}

func (k *fake) one(i int, ring, neigh *obj, data []byte) {
	b := &obj{kind: step.KindSKB, id: uint32(100 + 2*i), pkt: uint32(i + 1)}
	r := &obj{kind: step.KindSKB, id: uint32(101 + 2*i), pkt: 1<<30 + uint32(i)}
	b.f[step.SKBLen] = uint64(len(data))
	k.t.Root(b.pkt)
	k.t.Frame(0, b, 2, data)
	k.in("igb_msix_ring", ring, func() { ring.f[step.RingPending]++ })
	k.in("net_rx_action", ring, func() {
		k.in("igb_clean_rx_irq", ring, func() {
			ring.f[step.RingPending]--
			ring.f[step.RingPackets]++
		})
		k.in("eth_type_trans", b, func() {
			b.f[step.SKBProtocol], b.f[step.SKBData] = 0x800, 14
			b.f[step.SKBLen] -= 14
			k.t.Why(step.WhyEthHost, 0x020000000002, 0x800)
		})
		k.in("__netif_receive_skb_core", b, func() {
			k.t.Tried(step.TryRouteShorter, 0, 0, 0x0a000000, 24)
			k.t.Why(step.WhyHandler, 0x800)
			k.t.Counter(7, step.IpInReceives, uint64(i), 1)
			b.f[step.SKBNetworkHeader] = 14
			if i%3 == 2 {
				k.in("sk_skb_reason_drop", b, func() {
					k.t.Point(step.KfreeSkb, b, uint64(b.id), uint64(step.ByName("ip_rcv_core")), 0x800, uint64(step.DropIPCSUM))
				})
				k.t.End(b, trace.Dropped, step.DropIPCSUM, step.ByName("__netif_receive_skb_core"), step.WhyDropReason, uint64(step.DropIPCSUM))
				return
			}
			k.in("ping_rcv", b, func() {
				k.t.Begin(r.pkt)
				r.f[step.SKBLen] = 84
				k.in("neigh_resolve_output", r, func() {
					k.in("__neigh_event_send", neigh, func() {
						if neigh.f[step.NeighState] == 4 {
							neigh.f[step.NeighState] = 8
							k.t.Point(step.NeighUpdate, nil, 2, 2, 0x020000000001, 4, 0, 0xffff<<32|0x0a000001, 0x020000000001, 8, 1)
							k.t.Why(step.WhyNeighStaleUse, 5e9)
						}
					})
					k.in("__dev_queue_xmit", r, func() {
						k.in("dev_hard_start_xmit", r, func() {
							k.in("igb_xmit_frame", r, nil)
							k.t.Frame(1, r, 2, echo(true, byte(i+1)))
						})
					})
					k.t.End(r, trace.Sent, 0, step.ByName("igb_xmit_frame"), 0)
				})
				k.in("consume_skb", b, nil)
				k.t.End(b, trace.Consumed, 0, step.ByName("ping_rcv"), 0)
			})
		})
	})
}

func open(n int) *Session {
	k := newFake(n)
	k.Advance(n)
	s := New(k, "fake\x1b[2J.pcap")
	s.Advance(1)
	return s
}

var _ = fmt.Sprint
