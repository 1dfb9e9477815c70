package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Urgent data (RFC 9293 §3.8.5, RFC 6093): one byte of the stream that a
// program may read out of order.

// What Sock.urgData says (TCP_URG_*); with urgValid the byte itself is in the
// lowest bits.
const (
	urgValid  = 0x0100
	urgNotYet = 0x0200
	urgRead   = 0x0400
)

// urg is tcp_urg: does the segment bring the urgent byte?
func (sk *Sock) urg(b *core.SKB, h wire.TCP) {
	if h.Flags().Has(wire.TCPUrg) || sk.urgData == urgNotYet {
		sk.urgByte(b, h)
	}
}

func (sk *Sock) urgByte(b *core.SKB, h wire.TCP) {
	defer sk.NS.In(step.TcpUrg, &sk.Sock).Out()
	f := h.Flags()
	if f.Has(wire.TCPUrg) {
		sk.checkUrg(h)
	}
	if sk.urgData != urgNotYet {
		return
	}
	at := sk.urgSeq - h.Seq() + uint32(h.DataOff()) - uint32(b2i(f.Has(wire.TCPSyn)))
	if at >= uint32(b.Len()) {
		sk.NS.Why(step.WhyUrgWaits)
		return
	}
	var c [1]byte
	b.CopyBits(int(at), c[:])
	sk.urgData = urgValid | uint16(c[0])
	sk.NS.Why(step.WhyUrgByte, uint64(c[0]))
	if !sk.Dead {
		sk.DataReady(sk.NS)
	}
}

// checkUrg is tcp_check_urg: where does the urgent pointer point to? By default
// it points behind the byte, as BSD has it; with tcp_stdurg at it (RFC 1122
// §4.2.2.4).
func (sk *Sock) checkUrg(h wire.TCP) {
	defer sk.NS.In(step.TcpCheckUrg, &sk.Sock).Out()
	p := uint32(h.Urg())
	if p != 0 && sk.sysctl().TCPStdurg == 0 {
		p--
	}
	p += h.Seq()
	if after(sk.copiedSeq, p) || before(p, sk.rcvNxt) || sk.urgData != 0 && !after(p, sk.urgSeq) {
		sk.NS.Why(step.WhyUrgOld)
		return
	}
	// One urgent byte right after another: the first one leaves the stream.
	if sk.urgSeq == sk.copiedSeq && sk.urgData != 0 && !sk.Rare().OOBInline && sk.copiedSeq != sk.rcvNxt {
		sk.copiedSeq++
		if b := sk.RcvQueue.Front(); b != nil && !before(sk.copiedSeq, b.CB.EndSeq) {
			sk.RcvQueue.Remove(b)
			sk.NS.Free(b)
		}
	}
	sk.urgData, sk.urgSeq = urgNotYet, p
	sk.predFlags = 0
	sk.NS.Why(step.WhyUrgNew, uint64(p), uint64(p-sk.copiedSeq))
}

// markUrg is tcp_mark_urg: what the program has written last is urgent.
func (sk *Sock) markUrg(flags int) {
	if flags&core.MsgOOB != 0 {
		sk.sndUp = sk.writeSeq
		sk.urgMode = true
	}
}

// urgentMode is tcp_urg_mode: something urgent is not acknowledged yet.
func (sk *Sock) urgentMode() bool { return sk.sndUp != sk.sndUna }

// urgHeader writes the urgent pointer of a segment to send, as
// __tcp_transmit_skb does (RFC 9293 §3.8.5).
func (sk *Sock) urgHeader(h wire.TCP, seq uint32) {
	if !sk.urgentMode() || !before(seq, sk.sndUp) {
		return
	}
	switch {
	case before(sk.sndUp, seq+0x10000):
		h.SetUrg(uint16(sk.sndUp - seq))
	case after(seq+0xffff, sk.sndNxt):
		h.SetUrg(0xffff)
	default:
		return
	}
	h.SetFlags(h.Flags() | wire.TCPUrg)
}
