package oracle

import "slices"

// A heldFrame has arrived, and nobody has looked at it yet.
type heldFrame struct {
	host uint8
	pkt  uint32
	f    LabFrame
}

// seen is told that a host takes a packet from its backlog: there a listener of
// packets (AF_PACKET) sees what came in, not when the other end sent it.
func (m *labModel) seen(host uint8, pkt uint32) {
	for i, x := range m.held {
		if x.host == host && x.pkt == pkt {
			if ns := m.byNum[host]; !m.gone[ns] {
				h := m.of(ns)
				h.Frames = append(h.Frames, x.f)
			}
			m.held = slices.Delete(m.held, i, i+1)
			return
		}
	}
}
