package stack

import (
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A reactor compares what the model sends with what the captured host sent.
//
// Frames are compared conversation by conversation, in order, byte for byte
// but for the IP identification, TCP timestamp values and the checksums that
// follow from them.
type reactor struct {
	flows  map[reactKey]*reactFlow
	order  []*reactFlow
	frames int // that the captured host sent
	agree  int // that the model sent too
	diffs  []Difference
	more   int // differences that are not kept
	buf    []byte
}

// A sendTap sees what the stack hands to the card, as the capturing program on
// the captured host did: before the card cuts super-frames and fills in
// checksums (dev_queue_xmit_nit).
type sendTap struct {
	core.DeviceOps
	r *Replay
}

// StartXmit notes the packet, if the card takes it.
func (t *sendTap) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	frame := make([]byte, b.Len(), b.Len()+wire.VLANTagLen)
	b.CopyBits(0, frame)
	if b.VlanPresent && len(frame) >= wire.EthernetLen {
		frame = append(frame, 0, 0, 0, 0)
		copy(frame[16:], frame[12:len(frame)-4])
		frame[12], frame[13], frame[14], frame[15] = 0x81, 0, byte(b.VlanTCI>>8), byte(b.VlanTCI)
	}
	pkt := b.Pkt
	rc := t.DeviceOps.StartXmit(d, b)
	if rc == core.TxOK {
		t.r.left(d, b, frame, pkt)
	}
	return rc
}

// told is a packet that is only spoken of: its number is all there is.
type told uint32

// Kind, TraceID, TracePkt, Observe: see trace.Subject.
func (n told) Kind() step.Kind            { return step.KindSKB }
func (n told) TraceID() uint32            { return 0 }
func (n told) TracePkt() (pkt, id uint32) { return uint32(n), 0 }
func (n told) Observe(*trace.Obs)         {}

// A reactKey is a conversation on one device (ifindex).
type reactKey struct {
	dev int
	Flow
}

// A reactFlow is one conversation: what was sent and has no partner yet.
type reactFlow struct {
	captured, model []sentSum
	// lost and extra found no partner since the last two that agreed.
	lost, extra []sentSum
}

// A sentSum stands for one frame: its number, a hash of what is compared, and
// its first bytes.
type sentSum struct {
	n    uint32
	size int
	sum  uint64
	head []byte `fork:"share"`
}

const (
	// matchWindow is how far ahead the partner of a frame is looked for.
	matchWindow = 64
	// headLen is how many bytes of a frame are kept to show where it differs.
	headLen = 128
	// maxDiffs is how many differences are kept.
	maxDiffs = 1000
)

// A Difference is a frame that only one of the two sent, or that both sent
// with other bytes.
type Difference struct {
	Frame uint32 // of the capture, 0 if only the model sent one
	Pkt   uint32 // the model's packet, 0 if only the captured host sent one
	At    int    // offset of the first byte that differs, if both sent one
	// The beginnings of the two frames as they are compared, and their lengths.
	Captured, Model       []byte `fork:"share"`
	CapturedLen, ModelLen int
}

func newReactor() *reactor {
	return &reactor{flows: map[reactKey]*reactFlow{}}
}

func (x *reactor) flow(eth []byte, dev int) *reactFlow {
	p, ok := dissect(eth, pcaps.LinkType(wire.LinkEthernet))
	k := reactKey{dev, Flow{Proto: 0xff}}
	if ok {
		k.Flow = Flow{p.src, p.dst, p.sport, p.dport, p.proto}
		if p.fragment {
			k.Lport, k.Rport = 0, 0
		}
	}
	f := x.flows[k]
	if f == nil {
		f = &reactFlow{}
		x.flows[k] = f
		x.order = append(x.order, f)
	}
	return f
}

// captured notes a frame that the captured host sent by a device.
func (x *reactor) captured(f *pcaps.Frame, eth []byte, dev int) {
	w := x.flow(eth, dev)
	x.frames++
	w.captured = append(w.captured, x.sum(eth, uint32(f.N)))
	x.match(w, false)
}

// model notes a frame that the model sent by a device.
func (x *reactor) model(eth []byte, pkt uint32, dev int) {
	w := x.flow(eth, dev)
	w.model = append(w.model, x.sum(eth, pkt))
	x.match(w, false)
}

// match finds the partners of what waits. A captured frame is paired with the
// next frame of the model that is like it; those between have no partner. One
// that has no partner is given up when the window is full or all is over.
func (x *reactor) match(w *reactFlow, over bool) {
	for len(w.captured) > 0 {
		j := 0
		for j < len(w.model) && j < matchWindow && w.model[j].sum != w.captured[0].sum {
			j++
		}
		switch {
		case j < len(w.model) && j < matchWindow && (j == 0 || over || len(w.captured) >= matchWindow || len(w.model) >= matchWindow):
			w.extra = append(w.extra, w.model[:j]...)
			w.model = w.model[j+1:]
			x.settle(w)
			x.agree++
		case over || len(w.captured) >= matchWindow || len(w.model) >= matchWindow:
			w.lost = append(w.lost, w.captured[0])
		default:
			return
		}
		w.captured = w.captured[1:]
	}
	if over || len(w.model) >= matchWindow {
		w.extra = append(w.extra, w.model...)
		w.model = nil
	}
	if over || len(w.lost)+len(w.extra) >= matchWindow {
		x.settle(w)
	}
}

// settle pairs what found no partner, in order: the same packets with other
// bytes, as far as there are packets on both sides.
func (x *reactor) settle(w *reactFlow) {
	n := min(len(w.lost), len(w.extra))
	for i := range n {
		a, b := w.lost[i], w.extra[i]
		at := 0
		for at < len(a.head) && at < len(b.head) && a.head[at] == b.head[at] {
			at++
		}
		x.differ(Difference{a.n, b.n, at, a.head, b.head, a.size, b.size})
	}
	for _, a := range w.lost[n:] {
		x.differ(Difference{Frame: a.n, Captured: a.head, CapturedLen: a.size})
	}
	for _, b := range w.extra[n:] {
		x.differ(Difference{Pkt: b.n, Model: b.head, ModelLen: b.size})
	}
	w.lost, w.extra = w.lost[:0], w.extra[:0]
}

func (x *reactor) differ(d Difference) {
	if len(x.diffs) >= maxDiffs {
		x.more++
		return
	}
	x.diffs = append(x.diffs, d)
}

// finish gives up waiting for partners.
func (x *reactor) finish() {
	for _, w := range x.order {
		x.match(w, true)
	}
}

// Agreement is how many frames the captured host sent, and how many of them
// the model sent too, at the same place in their conversation (react mode
// only). It is complete after Finish.
func (r *Replay) Agreement() (frames, agree int, ok bool) {
	if r.react == nil {
		return 0, 0, false
	}
	return r.react.frames, r.react.agree, true
}

// Differences lists the frames that the captured host and the model did not
// both send (react mode only), and how many more there are. It is complete
// after Finish.
func (r *Replay) Differences() (list []Difference, more int) {
	if r.react == nil {
		return nil, 0
	}
	return r.react.diffs, r.react.more
}

// reportDifferences tells the listener of them.
func (r *Replay) reportDifferences() {
	ns := r.Host.NS
	for i := range r.react.diffs {
		switch d := &r.react.diffs[i]; {
		case d.Frame == 0:
			ns.Note(told(d.Pkt), step.WhyOnlyModel)
		case d.Pkt == 0:
			ns.Note(told(d.Frame), step.WhyOnlyCapture)
		default:
			ns.Note(told(d.Frame), step.WhyDiffers, uint64(d.At), byteAt(d.Captured, d.At), byteAt(d.Model, d.At))
		}
	}
}

func byteAt(b []byte, i int) uint64 {
	if i < len(b) {
		return uint64(b[i])
	}
	return 0
}

// sum hashes the bytes of a frame that must agree, and keeps the first.
func (x *reactor) sum(eth []byte, n uint32) sentSum {
	x.buf = append(x.buf[:0], eth...)
	b := comparable(x.buf)
	s := uint64(14695981039346656037)
	for _, c := range b {
		s = (s ^ uint64(c)) * 1099511628211
	}
	return sentSum{n, len(b), s, append([]byte(nil), b[:min(len(b), headLen)]...)}
}

// headers is how many bytes the headers that were read take, from the IP header
// on: a length field may claim less.
func (p *packet) headers() int {
	switch {
	case p.tcp != nil && p.l4 != 0:
		return p.l4 - p.l3 + wire.TCPMinLen
	case p.l4 != 0:
		return p.l4 - p.l3
	case p.ethertype == wire.EtherTypeIPv6:
		return wire.IPv6Len
	}
	return wire.IPv4MinLen
}

// comparable clears what need not agree, and cuts off what pads the frame.
func comparable(b []byte) []byte {
	p, ok := dissect(b, pcaps.LinkType(wire.LinkEthernet))
	if !ok || p.l3 == 0 {
		return b
	}
	if n := max(ipLen(b[p.l3:]), p.headers()); p.l3+n < len(b) {
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
	return b
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
