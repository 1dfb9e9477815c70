package oracle

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
)

// A heldFrame has arrived, and nobody has looked at it yet.
type heldFrame struct {
	host uint8
	pkt  uint32
	dev  uint64
	f    LabFrame
}

// seen is told that a host takes a packet from its backlog: there a listener of
// packets (AF_PACKET) sees what came in, not when the other end sent it.
func (m *labModel) seen(host uint8, pkt uint32) {
	for i, x := range m.held {
		if x.host == host && x.pkt == pkt {
			if f := m.whole[heldPacket{host, pkt, x.dev}]; f != nil {
				x.f.Bytes = f
				delete(m.whole, heldPacket{host, pkt, x.dev})
			}
			if ns := m.byNum[host]; !m.gone[ns] {
				h := m.of(ns)
				h.Frames = append(h.Frames, x.f)
			}
			m.held = slices.Delete(m.held, i, i+1)
			return
		}
	}
}

// merged is told of a packet that GRO has put together, when it is taken up: the
// listener sees it whole, with the lengths that it has now.
func (m *labModel) merged(b *core.SKB) {
	if b.CB.GROCount < 2 || b.GSOSize == 0 || b.MAC < 0 || b.MAC >= b.Offset() {
		return
	}
	link := b.From(b.MAC)[:b.Offset()-b.MAC]
	f := append(make([]byte, 0, len(link)+b.Len()), link...)[:len(link)+b.Len()]
	b.CopyBits(0, f[len(link):])
	if m.whole == nil {
		m.whole = map[heldPacket][]byte{}
	}
	m.whole[heldPacket{m.world.Trace.Host, b.Pkt, uint64(b.Dev.Index)}] = f
}

// A heldPacket is one of a host's.
type heldPacket struct {
	host uint8
	pkt  uint32
	dev  uint64 // its ifindex: inside a tunnel the packet comes by another one again
}
