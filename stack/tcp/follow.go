package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Following a capture. The capture says what this host sent; the model's own
// transmissions are only remembered, to say how the two differ. FollowSent
// moves a socket on as if it had sent exactly the captured segment, and gives
// the captured bytes to IP.

// An ExpectKind says what the model wanted to send.
type ExpectKind uint8

// What the model may want to send.
const (
	ExpectNothing ExpectKind = iota
	ExpectSegment
	ExpectAck
	ExpectSynAck
	ExpectReset
	ExpectProbe
	ExpectTimer // a write timer ran out; Flags says what it waited for
)

// An Expected is a segment that Linux would have sent, and did not because a
// capture is followed.
type Expected struct {
	Kind     ExpectKind
	Flags    uint16
	Seq, Ack uint32
	Len      int
	At       sim.Time
}

// followState is what a followed socket keeps.
type followState struct {
	want    Expected
	lenient bool // joined in the middle: the window scale is not known
	read    followReading
}

// Wanted is the segment that the model would have sent last; Kind 0 if none
// since the capture showed one.
func (sk *Sock) Wanted() Expected { return sk.follow.want }

func (sk *Sock) expect(k ExpectKind, flags uint16, seq, ack uint32, n int) {
	sk.follow.want = Expected{k, flags, seq, ack, n, sk.now()}
}

func (r *Request) expect(ns *core.Netns) {
	r.expected = &Expected{ExpectSynAck, fSyn | fAck, r.sntIsn, r.rcvNxt, 0, ns.Clock.Now()}
}

func (t *TCP) expect(k ExpectKind, flags uint16, seq, ack uint32) {
	if len(t.Expected) >= 64 {
		t.Expected = append(t.Expected[:0], t.Expected[32:]...)
	}
	t.Expected = append(t.Expected, Expected{k, flags, seq, ack, 0, t.NS.Clock.Now()})
}

// followAccept takes every finished connection off the queue: some program of
// the captured host did.
func (sk *Sock) followAccept() {
	for len(sk.rare().acceptQueue) > 0 {
		sk.rare().acceptQueue[0].parent = nil
		sk.setRare().acceptQueue = sk.rare().acceptQueue[1:]
	}
	sk.AckBacklog = 0
}

// followDrain reads everything at once: for a connection that was joined in the
// middle, windows do not tell when the program did.
func (sk *Sock) followDrain() {
	ns := sk.NS
	for b := sk.RcvQueue.Front(); b != nil; b = sk.RcvQueue.Front() {
		sk.copiedSeq = b.CB.EndSeq
		sk.RcvQueue.Remove(b)
		sk.uncharge(b.Truesize)
		ns.Deliver(b, step.TcpRecvmsgLocked, false)
	}
}

// FollowSent tells that this host sent the segment b: the captured packet with
// its network header at the data pointer, Transport set. The socket's state
// follows, and the bytes go down through IP as they are. It owns b. False: no
// socket of the model could have sent it; b is gone.
func (t *TCP) FollowSent(ns *core.Netns, b *core.SKB) bool {
	b.Captured = true
	if b.Network < 0 || b.Transport < 0 || !b.MayPull(b.TransportOffset()+wire.TCPMinLen) {
		ns.Free(b)
		return false
	}
	h := wire.TCP(b.L4())
	if !h.Valid() {
		ns.Free(b)
		return false
	}
	af := t.v4
	if b.Protocol == etherIPv6 {
		af = t.v6
	}
	s, d, _ := af.addrs(b)
	k := inet.Tuple{Laddr: s, Faddr: d, Lport: h.SrcPort(), Fport: h.DstPort()}
	f := h.Flags()
	owner := t.Hash.Lookup(&k, 0)
	switch {
	case f.Has(wire.TCPSyn | wire.TCPAck):
		if sk, ok := owner.(*Sock); ok {
			return sk.followSegment(b, h)
		}
		return t.followSynack(b, h, k, owner)
	case f.Has(wire.TCPSyn):
		return t.followSyn(b, h, k, owner)
	}
	switch o := owner.(type) {
	case *Sock:
		o.fetch()
		return o.followSegment(b, h)
	case *Request:
		if f.Has(wire.TCPRst) {
			o.drop()
			ns.Free(b)
			return false
		}
		o.drop()
	case *TimeWait:
		ns.Free(b)
		return false
	}
	if f.Has(wire.TCPRst) || !f.Has(wire.TCPAck) {
		ns.Free(b)
		return false
	}
	sk := t.adopt(k)
	if sk == nil {
		ns.Free(b)
		return false
	}
	sk.adoptNumbers(h, h.Seq(), h.Ack())
	sk.sndWnd = 65535
	sk.adoptDone()
	return sk.followSegment(b, h)
}

// payloadLen is how many bytes of data the captured segment carries.
func payloadLen(b *core.SKB, h wire.TCP) int {
	return b.Offset() + b.Len() - b.Transport - h.DataOff()
}

// followRetrans: a segment that was sent before goes again.
func (sk *Sock) followRetrans(b *core.SKB, h wire.TCP) bool {
	defer sk.NS.In(step.TcpRetransmitSkbStep, b).Out()
	ns := sk.NS
	n := payloadLen(b, h)
	end := h.Seq() + uint32(n)
	segs := max(1, b.GSOSegs)
	ns.Add(step.TcpRetransSegs, uint64(segs))
	if h.Flags().Has(wire.TCPSyn) {
		ns.Inc(step.TcpExtTCPSynRetrans)
		end++
	}
	if h.Flags().Has(wire.TCPFin) {
		end++
	}
	for q := sk.rtx.Front(); q != nil; q = q.Next() {
		if !before(q.CB.Seq, h.Seq()) && !after(q.CB.EndSeq, end) {
			if q.CB.Sacked&cbRetrans == 0 && q.CB.Sacked&cbSacked == 0 {
				q.CB.Sacked |= cbRetrans
				sk.retransOut += int32(q.CB.TSO)
			}
			q.CB.Sacked |= cbEverRetrans
			q.Tstamp = sk.now()
		}
	}
	sk.totalRetrans += int32(segs)
	if sk.retransStamp == 0 {
		sk.retransStamp = sk.followStamp(h)
	}
	sk.undoRetrans = int32(int(max(sk.undoRetrans, 0)) + segs)
	s, d := sk.Saddr, sk.Daddr
	ns.TP(step.TcpRetransmitSkb, &sk.Sock, uint64(b.ID), uint64(sk.ID), uint64(sk.State), uint64(sk.Sport), uint64(sk.Dport), uint64(sk.Family),
		s.Hi, s.Lo, d.Hi, d.Lo, 0)
	if before(h.Seq(), sk.sndUna) {
		ns.Why(step.WhyFollowRetransAll, uint64(h.Seq()), uint64(n))
	} else if h.Seq() == sk.sndUna && n > 0 {
		ns.Why(step.WhyFollowRetransFirst, uint64(n))
	} else {
		ns.Why(step.WhyFollowRetrans, uint64(n), uint64(h.Seq()-sk.sndUna))
	}
	return sk.followTransmit(b, h, n)
}

// followStamp is the moment of a captured segment as its timestamp has it, so
// that the answer's echo can be compared with it (tcp_skb_timestamp_ts).
func (sk *Sock) followStamp(h wire.TCP) uint32 {
	o := &sk.T.opt
	wire.ParseTCPOptions(h.Options(), o)
	if o.HasTS && sk.rx.tstampOK {
		return max(o.TSVal-sk.tsoffset, 1)
	}
	return max(uint32(sk.mstamp/1000), 1)
}

// followSegment: any other segment of a connection.
func (sk *Sock) followSegment(b *core.SKB, h wire.TCP) bool {
	sk.mstampRefresh()
	f := h.Flags()
	n := payloadLen(b, h)
	if f.Has(wire.TCPRst) {
		sk.NS.Inc(step.TcpOutRsts)
		sk.followUnread()
		ok := sk.followTransmit(b, h, 0)
		sk.done()
		return ok
	}
	if f.Has(wire.TCPSyn) {
		if sk.State == core.TCPSynRecv || sk.State == core.TCPSynSent {
			return sk.followRetrans(b, h)
		}
		n++
	}
	end := h.Seq() + uint32(n)
	fin := f.Has(wire.TCPFin)
	if fin {
		end++
	}
	fresh := 0
	if after(end, sk.sndNxt) {
		fresh = n
	}
	sk.followWindow(h, fresh)
	if n == 0 && !fin {
		sk.followAck(h)
		return sk.followTransmit(b, h, 0)
	}
	if !after(end, sk.sndNxt) {
		return sk.followRetrans(b, h)
	}
	sk.followData(b, h, n, fin, end)
	return sk.followTransmit(b, h, n)
}

// followAck compares a captured ACK with what the model wanted.
func (sk *Sock) followAck(h wire.TCP) {
	w := &sk.follow.want
	if w.Kind == ExpectAck && w.Ack != h.Ack() {
		sk.NS.Note(&sk.Sock, step.WhyFollowAckDiffers, uint64(h.Ack()), uint64(w.Ack))
	} else if w.Kind == ExpectNothing && sk.ack.pending&ackTimer != 0 && sk.ack.timeout > sk.now() {
		sk.NS.Note(&sk.Sock, step.WhyFollowAckEarly, uint64(sk.ack.timeout-sk.now()))
	}
}

// followData puts new data onto the retransmission queue as sent.
func (sk *Sock) followData(b *core.SKB, h wire.TCP, n int, fin bool, end uint32) {
	ns := sk.NS
	if d := h.Seq() - sk.sndNxt; after(h.Seq(), sk.sndNxt) {
		// The capture does not show all that was sent.
		ns.Note(&sk.Sock, step.WhyFollowGap, uint64(d))
		sk.purgeWrite()
		sk.sndUna, sk.sndNxt, sk.writeSeq = h.Seq(), h.Seq(), h.Seq()
	}
	skip := int(sk.sndNxt - h.Seq())
	keep := max(n-skip, 0)
	q := sk.allocPkt(keep, b.Pkt)
	clear(q.Put(keep)) // what it carries stays in the capture: should it go again, that has the bytes
	q.CB.Seq, q.CB.EndSeq, q.CB.TCPFlags = sk.sndNxt, end, uint16(h.Flags())
	mss := int(sk.mssCache)
	if b.GSOSize > 0 {
		mss = b.GSOSize
	}
	setTSOSegs(q, max(mss, 1))
	q.Tstamp = sk.now()
	sk.writeSeq = end
	if fin {
		sk.followRest(step.WhyFollowReadEnd)
		switch sk.State {
		case core.TCPEstablished, core.TCPSynRecv:
			sk.Sock.Shutdown |= core.SendShutdown
			sk.setState(core.TCPFinWait1)
		case core.TCPCloseWait:
			sk.Sock.Shutdown |= core.SendShutdown
			sk.setState(core.TCPLastAck)
		}
	}
	sk.write.PushBack(q) // not before the program has read: what comes meanwhile would send it
	sk.WmemQueued += int32(q.Truesize)
	sk.eventNewDataSent(q)
	if keep < mss {
		sk.sndSml = end
	}
}

// followTransmit is the lower half of __tcp_transmit_skb for captured bytes.
func (sk *Sock) followTransmit(b *core.SKB, h wire.TCP, n int) bool {
	defer sk.NS.In(step.TcpTransmitSkb, b).Out()
	ns := sk.NS
	f := h.Flags()
	sk.follow.want = Expected{}
	o := &sk.T.opt
	wire.ParseTCPOptions(h.Options(), o)
	if o.HasTS && sk.rx.tstampOK {
		// The captured host's milliseconds do not begin when ours do: a
		// difference of one is no news.
		if d := int32(o.TSVal - uint32(sk.mstamp/1000) - sk.tsoffset); d < -1 || d > 1 {
			sk.tsoffset += uint32(d)
		}
	}
	if f.Has(wire.TCPAck) && !f.Has(wire.TCPRst) && sk.State != core.TCPSynSent {
		ack := h.Ack()
		if after(ack, sk.rcvNxt) && sk.follow.lenient {
			sk.rcvNxt, sk.copiedSeq = ack, ack
		}
		if !f.Has(wire.TCPSyn) {
			sk.rcvWnd, sk.rcvWup = uint32(h.Window())<<sk.rx.rcvWscale, ack
		}
		sk.eventAckSent(sk.rcvNxt)
	}
	segs := max(1, b.GSOSegs)
	if n > 0 {
		sk.eventDataSent()
	}
	ns.Add(step.TcpOutSegs, uint64(segs))
	if ns.Listening() {
		why := step.WhyFollowSent
		switch {
		case f.Has(wire.TCPRst):
			why = step.WhyFollowRst
		case f.Has(wire.TCPSyn):
			why = step.WhyFollowSyn
		case f.Has(wire.TCPFin):
			why = step.WhyFollowFin
		case n == 0:
			why = step.WhyFollowAckOnly
		}
		ns.Why(why, uint64(f), uint64(h.Seq()), uint64(n), uint64(h.Ack()))
	}
	b.SetOwnerW(&sk.Sock)
	b.CB = core.CB{}
	if sk.DstCache == nil || !sk.af.dstOK(sk.DstCache) {
		if sk.rebuildHeader() != 0 {
			ns.Free(b)
			return false
		}
	}
	return sk.af.sendCaptured(&sk.Sock, sk.DstCache, b) == 0
}
