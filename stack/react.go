package stack

import (
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A reactor compares what the model sends with what the captured host sent.
//
// Frames are compared conversation by conversation, in order, byte for byte
// but for the IP identification, TCP timestamp values and the checksums that
// follow from them.
type reactor struct {
	flows map[Flow]*reactFlow
	order []Flow
}

type reactFlow struct {
	captured []sentSum
	model    []sentSum
}

// A sentSum stands for one frame: its number and a hash of what is compared.
type sentSum struct {
	n   uint32
	sum uint64
}

func newReactor() *reactor {
	return &reactor{flows: map[Flow]*reactFlow{}}
}

func (x *reactor) flow(eth []byte) *reactFlow {
	p, ok := dissect(eth, pcaps.LinkType(wire.LinkEthernet))
	k := Flow{Proto: 0xff}
	if ok {
		k = Flow{p.src, p.dst, p.sport, p.dport, p.proto}
		if p.fragment {
			k.Lport, k.Rport = 0, 0
		}
	}
	f := x.flows[k]
	if f == nil {
		f = &reactFlow{}
		x.flows[k] = f
		x.order = append(x.order, k)
	}
	return f
}

// captured notes a frame that the captured host sent.
func (x *reactor) captured(f *pcaps.Frame, eth []byte) {
	w := x.flow(eth)
	w.captured = append(w.captured, sentSum{uint32(f.N), compared(eth)})
}

// model notes a frame that the model sent.
func (x *reactor) model(eth []byte, pkt uint32) {
	w := x.flow(eth)
	w.model = append(w.model, sentSum{pkt, compared(eth)})
}

// matchWindow is how far ahead the partner of a frame is looked for.
const matchWindow = 64

// Agreement returns how many frames the captured host sent, and how many of
// them the model sent too, at the same place in their conversation.
func (x *reactor) agreement() (frames, agree int) {
	for _, k := range x.order {
		w := x.flows[k]
		frames += len(w.captured)
		at := 0
		for _, c := range w.captured {
			for j := at; j < len(w.model) && j < at+matchWindow; j++ {
				if w.model[j].sum == c.sum {
					agree++
					at = j + 1
					break
				}
			}
		}
	}
	return frames, agree
}

// Agreement is how many frames the captured host sent, and how many of them
// the model sent too (react mode only).
func (r *Replay) Agreement() (frames, agree int, ok bool) {
	if r.react == nil {
		return 0, 0, false
	}
	frames, agree = r.react.agreement()
	return frames, agree, true
}

// compared hashes the bytes of a frame that must agree.
func compared(eth []byte) uint64 {
	b := append([]byte(nil), eth...)
	p, ok := dissect(b, pcaps.LinkType(wire.LinkEthernet))
	if ok && p.l3 != 0 {
		if n := ipLen(b[p.l3:]); n > 0 && p.l3+n < len(b) {
			b = b[:p.l3+n]
		}
		if p.ethertype == wire.EtherTypeIPv4 {
			h := wire.IPv4(b[p.l3:])
			h.SetID(0)
			h.SetChecksum(0)
		}
		if p.tcp != nil && p.l4 != 0 {
			blank(b[p.l4:])
		}
		if p.proto == wire.ProtoUDP && p.l4 != 0 && p.partial {
			wire.UDP(b[p.l4:]).SetChecksum(0)
		}
	}
	s := uint64(14695981039346656037)
	for _, c := range b {
		s = (s ^ uint64(c)) * 1099511628211
	}
	return s
}

// blank clears what is not compared in a TCP header: checksum and timestamps.
func blank(b []byte) {
	h := wire.TCP(b)
	h.SetChecksum(0)
	end := min(h.DataOff(), len(b))
	for i := wire.TCPMinLen; i < end; {
		switch k := b[i]; {
		case k == wire.TCPOptEnd:
			return
		case k == wire.TCPOptNOP:
			i++
		default:
			if i+1 >= end || b[i+1] < 2 || i+int(b[i+1]) > end {
				return
			}
			if k == wire.TCPOptTS && b[i+1] == 10 {
				clear(b[i+2 : i+10])
			}
			i += int(b[i+1])
		}
	}
}
