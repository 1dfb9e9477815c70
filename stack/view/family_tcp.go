package view

import "github.com/packetwalk/packetwalk/stack/wire"

// A segment is what TCP says of a frame.
type segment struct {
	flow          uint32
	seq, end, ack uint32
	flags         wire.TCPFlags
	out           bool
}

// inferred finds, by the numbers of TCP, what a frame that this host sent
// answers or repeats, where the trace has no cause: the capture says when ACKs
// and data are sent.
func (s *Session) inferred(all map[uint32]*kin) {
	c, ok := s.chunk.(stretch)
	if !ok {
		return
	}
	from, to := c.Frames()
	type number struct {
		flow, seq uint32
	}
	ends, starts := map[number]int{}, map[number]int{}
	for i := from; i < min(to, s.k.Indexed()); i++ {
		g, ok := s.segment(i)
		if !ok {
			continue
		}
		k := all[uint32(i+1)]
		taken := k == nil || k.parent != 0
		if !g.out {
			if g.end != g.seq {
				ends[number{g.flow, g.end}] = i
			}
			continue
		}
		syn := g.flags&wire.TCPSyn != 0
		if g.end != g.seq {
			if j, again := starts[number{g.flow, g.seq}]; again && !taken {
				k.parent, k.how, taken = uint32(j+1), "sent again (the same numbers)", true
			} else if !again {
				starts[number{g.flow, g.seq}] = i
			}
		}
		if j, ok := ends[number{g.flow, g.ack}]; ok && !taken && g.flags&wire.TCPAck != 0 && (g.end == g.seq || syn) {
			k.parent, k.how = uint32(j+1), "ACK of it (by its number)"
			if syn {
				k.how = "SYN-ACK to it (by its number)"
			}
		}
	}
}

// segment reads a frame's TCP header.
func (s *Session) segment(i int) (g segment, ok bool) {
	p := s.k.Packet(i)
	if p.Flow == 0 {
		return g, false
	}
	f, err := s.k.Frame(i)
	if err != nil {
		return g, false
	}
	g.flow, g.out = p.Flow, p.Landmarks&MarkOut != 0
	size := -1
	for _, h := range wire.Layout(f.Data, wire.LinkKind(f.Link)) {
		b := f.Data[h.From:h.To]
		switch h.Kind {
		case wire.HdrIPv4:
			if ip := wire.IPv4(b); ip.Valid() {
				size = h.From + ip.TotalLen()
			}
		case wire.HdrIPv6:
			if ip := wire.IPv6(b); ip.Valid() {
				size = h.To + ip.PayloadLen()
			}
		case wire.HdrTCP:
			t := wire.TCP(b)
			if !t.Valid() || h.Cut {
				return g, false
			}
			if size <= h.From {
				size = f.OrigLen // cut by the card later: the IP header does not know
			}
			g.seq, g.ack, g.flags = t.Seq(), t.Ack(), t.Flags()
			g.end = g.seq + uint32(max(0, size-h.To))
			if g.flags&wire.TCPSyn != 0 {
				g.end++
			}
			if g.flags&wire.TCPFin != 0 {
				g.end++
			}
			return g, g.flags&wire.TCPRst == 0
		}
	}
	return g, false
}
