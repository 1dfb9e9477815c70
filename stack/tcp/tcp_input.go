package tcp

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read RFC 9293 §3.10.7 and net/ipv4/tcp_input.c before changing this file.

// hpBits is TCP_HP_BITS: the reserved bits and PSH do not matter to header
// prediction.
const hpBits = ^(uint32(0x0e)<<24 | uint32(fPsh)<<16)

// rcvEstablished is tcp_rcv_established: a segment in ESTABLISHED. What was
// expected takes the fast path (Van Jacobson's header prediction).
func (sk *Sock) rcvEstablished(b *core.SKB) {
	defer sk.NS.In(step.TcpRcvEstablished, &sk.Sock).Out()
	ns := sk.NS
	h := wire.TCP(b.Data())
	cb := &b.CB
	n := b.Len()
	sk.probe(n - h.DataOff())
	sk.mstampRefresh()
	if sk.RxDst == nil {
		sk.rxDstSet(b)
	}
	sk.rx.sawTstamp = false
	word := binary.BigEndian.Uint32(h[12:])
	way := slowPath
	if word&hpBits == sk.predFlags && cb.Seq == sk.rcvNxt && !after(cb.AckSeq, sk.sndNxt) {
		if way = sk.fastPath(b, h, n); way == tookFast {
			return
		}
	}
	if ns.Listening() {
		sk.whySlow(cb, word, way)
	}
	if way == slowPath && h.Flags()&(wire.TCPAck|wire.TCPRst|wire.TCPSyn) == 0 {
		ns.Why(step.WhyNoFlags)
		sk.dropReason(b, step.DropTCPFlags, step.TcpRcvEstablished)
		return
	}
	if way != slowStep5 && !sk.validateIncoming(b, h, true) {
		return
	}
	sk.ecnReceived(b, n-h.DataOff())
	if r := sk.ackRcv(b, flagSlowpath|flagUpdateTSRecent); r < 0 {
		sk.dropReason(b, core.DropReason(-r), sk.af.stepDoRcv())
		return
	}
	sk.rcvRttMeasureTS(b)
	sk.urg(b, h)
	sk.dataQueue(b, step.TcpRcvEstablished)
	sk.dataSndCheck()
	sk.ackSndCheck()
}

// Where tcp_rcv_established goes on when the fast path is not for a segment.
const (
	slowPath     = iota // everything is checked
	slowValidate        // it may be beyond the window
	slowStep5           // it is as expected, but for the memory
	tookFast            // nowhere: it is done
)

// whySlow says why the fast path was not taken.
func (sk *Sock) whySlow(cb *core.CB, word uint32, way int) {
	ns := sk.NS
	switch {
	case sk.predFlags == 0:
		ns.Why(step.WhySlowOff)
	case word&hpBits != sk.predFlags:
		ns.Why(step.WhySlowHeader)
	case cb.Seq != sk.rcvNxt:
		ns.Why(step.WhySlowSeq, uint64(cb.Seq), uint64(sk.rcvNxt))
	case way == slowPath && after(cb.AckSeq, sk.sndNxt):
		ns.Why(step.WhySlowAck, uint64(cb.AckSeq))
	default:
		ns.Why(step.WhySlowOther)
	}
}

// fastPath is its first half. It says whether it took the packet, or where to go
// on.
func (sk *Sock) fastPath(b *core.SKB, h wire.TCP, n int) int {
	ns := sk.NS
	cb := &b.CB
	ts := sk.headerLen == wire.TCPMinLen+12
	delta, flag := int32(0), 0
	if ts {
		if !sk.parseAlignedTS(h) {
			return slowPath
		}
		if delta = int32(sk.rx.rcvTsval - sk.rx.tsRecent); delta < 0 {
			return slowPath // PAWS looks at it more closely
		}
	}
	if n <= int(sk.headerLen) {
		if n < int(sk.headerLen) {
			ns.Inc(step.TcpInErrs)
			ns.Drop(b, step.DropPktTooSmall, step.TcpRcvEstablished)
			return tookFast
		}
		cb.Sacked = 0
		if ts && sk.rcvNxt == sk.rcvWup {
			flag = sk.keepTSRecent(delta)
		}
		ns.Why(step.WhyFastAck)
		sk.ecnReceived(b, 0)
		sk.ackRcv(b, flag)
		ns.Free(b)
		sk.dataSndCheck()
		sk.rcvRttLastTsecr = sk.rx.rcvTsecr
		return tookFast
	}
	if after(cb.EndSeq, sk.rcvNxt+sk.receiveWindow()) {
		return slowValidate
	}
	// Memory is charged to a socket by the page; without any left the slow
	// path asks for more. So a connection's first data goes there.
	cb.Sacked = 0
	if b.Truesize > sk.forwardAlloc() {
		return slowStep5
	}
	if ts && sk.rcvNxt == sk.rcvWup {
		flag = sk.keepTSRecent(delta)
	}
	sk.rcvRttMeasureTS(b)
	ns.Inc(step.TcpExtTCPHPHits)
	ns.Why(step.WhyFastData)
	b.Pull(int(sk.headerLen))
	sk.ecnReceived(b, b.Len())
	eaten := sk.queueRcv(b)
	sk.eventDataRecv(b)
	if cb.AckSeq != sk.sndUna {
		sk.ackRcv(b, flag|flagData)
		sk.dataSndCheck()
	} else {
		sk.updateWL(cb.Seq)
	}
	if cb.AckSeq == sk.sndUna || sk.ackScheduled() {
		sk.ackSndCheck()
	}
	sk.freePartial(b, eaten)
	sk.dataReady()
	return tookFast
}

// parseAlignedTS is tcp_parse_aligned_timestamp: NOP NOP TS and nothing else.
func (sk *Sock) parseAlignedTS(h wire.TCP) bool {
	if len(h) < wire.TCPMinLen+12 {
		return false
	}
	p := h[wire.TCPMinLen:]
	if binary.BigEndian.Uint32(p) != 0x0101080a {
		return false
	}
	sk.rx.sawTstamp = true
	sk.rx.rcvTsval = binary.BigEndian.Uint32(p[4:])
	sk.rx.rcvTsecr = binary.BigEndian.Uint32(p[8:])
	return true
}

// fastParseOptions is tcp_fast_parse_options for an established connection. It
// reports whether a timestamp was seen; CB.Sacked says how many SACK blocks.
func (sk *Sock) fastParseOptions(b *core.SKB, h wire.TCP) bool {
	b.CB.Sacked = 0
	sk.rx.sawTstamp = false
	sk.T.opt.AccECNKind = 0
	if h.DataOff() == wire.TCPMinLen {
		return false
	}
	o := &sk.T.opt
	wire.ParseTCPOptions(h.Options(), o)
	if !sk.isReno() {
		b.CB.Sacked = o.NumSACK
	}
	if o.HasTS && sk.rx.tstampOK {
		sk.rx.sawTstamp = true
		sk.rx.rcvTsval, sk.rx.rcvTsecr = o.TSVal, o.TSEcr
	}
	if o.MPTCP || o.MD5 || o.AO {
		sk.NS.Note(b, step.WhyOptionNotModelled)
	}
	return sk.rx.sawTstamp
}

// probe is the tracepoint tcp:tcp_probe.
func (sk *Sock) probe(n int) {
	if sk.NS.Trace == nil {
		return
	}
	sk.NS.TP(step.TcpProbe, &sk.Sock, uint64(sk.ID), uint64(sk.Sport), uint64(sk.Dport), uint64(n), uint64(sk.sndNxt), uint64(sk.sndUna),
		uint64(sk.sndCwnd), uint64(sk.currentSsthresh()), uint64(sk.sndWnd), uint64(sk.srttUs>>3), uint64(sk.rcvWnd))
}

// rxDstSet is inet_sk_rx_dst_set: remember the route of what comes in.
func (sk *Sock) rxDstSet(b *core.SKB) { sk.RxDst = b.Dst }

// validateIncoming is tcp_validate_incoming: PAWS, sequence, RST, SYN, in this
// order (RFC 9293 §3.10.7.4 first to fourth, RFC 7323 §5, RFC 5961). False
// means that the packet is gone.
func (sk *Sock) validateIncoming(b *core.SKB, h wire.TCP, synErr bool) bool {
	defer sk.NS.In(step.TcpValidateIncoming, &sk.Sock).Out()
	ns := sk.NS
	cb := &b.CB
	f := h.Flags()
	rst := f.Has(wire.TCPRst)
	// RFC 7323: PAWS. A RST is let in all the same.
	if sk.fastParseOptions(b, h) && !sk.pawsCheck(pawsWindow) {
		if r := sk.disorderedAck(b); r != 0 && !rst {
			if f.Has(wire.TCPSyn) {
				return sk.synChallenge(b, synErr)
			}
			return sk.pawsDiscard(b, r)
		}
	}
	// First: the sequence number.
	if r := sk.sequence(cb.Seq, cb.EndSeq, f); r != 0 {
		sk.whySequence(cb, r)
		switch {
		case rst && sk.resetCheck(b):
			sk.reset()
			ns.Free(b)
			return false
		case rst:
		case f.Has(wire.TCPSyn):
			return sk.synChallenge(b, synErr)
		default:
			if r == step.DropTCPInvalidSequence || r == step.DropTCPInvalidEndSequence {
				ns.Inc(step.TcpExtBeyondWindow)
			}
			if !oowRateLimited(ns, b, &sk.lastOowAck, &sk.oowSeen, step.TcpExtTCPACKSkippedSeq) {
				sk.sendDupack(b)
			}
		}
		sk.dropReason(b, r, step.TcpValidateIncoming)
		return false
	}
	// Second: RST.
	if rst {
		return sk.rstIncoming(b)
	}
	// Fourth: SYN.
	if f.Has(wire.TCPSyn) {
		return sk.synChallenge(b, synErr)
	}
	if ns.Listening() {
		ns.Why(step.WhyValid, uint64(sk.receiveWindow()))
	}
	return true
}

// pawsDiscard drops a segment with an old timestamp, and tells the sender where
// we are, unless it is just an old ACK.
func (sk *Sock) pawsDiscard(b *core.SKB, r core.DropReason) bool {
	ns := sk.NS
	if r == step.DropTCPRfc7323PAWSACK {
		ns.Why(step.WhyPawsOldAck, uint64(sk.rx.rcvTsval), uint64(sk.rx.tsRecent))
		ns.Inc(step.TcpExtPAWSOldAck)
		sk.dropReason(b, r, step.TcpValidateIncoming)
		return false
	}
	ns.Inc(step.TcpExtPAWSEstab)
	ns.Why(step.WhyPaws, uint64(sk.rx.rcvTsval), uint64(sk.rx.tsRecent))
	if !oowRateLimited(ns, b, &sk.lastOowAck, &sk.oowSeen, step.TcpExtTCPACKSkippedPAWS) {
		sk.sendDupack(b)
	}
	sk.dropReason(b, r, step.TcpValidateIncoming)
	return false
}

// dropReason is tcp_drop_reason: the socket counts its drops.
func (sk *Sock) dropReason(b *core.SKB, r core.DropReason, at step.Step) {
	sk.Drops += int32(max(1, b.GSOSegs))
	sk.NS.Drop(b, r, at)
}

// sequence is tcp_sequence: 0 if the segment overlaps the window (RFC 9293
// §3.10.7.4, first). One that ends beyond it is let in only if nothing waits to
// be read; a FIN may lie beyond.
func (sk *Sock) sequence(seq, end uint32, f wire.TCPFlags) core.DropReason {
	if before(end, sk.rcvWup) {
		return step.DropTCPOldSequence
	}
	limit := sk.rcvNxt + sk.receiveWindow()
	if !after(end, limit) {
		return 0
	}
	if f.Has(wire.TCPFin) {
		end--
	}
	switch {
	case !after(end, limit):
		return 0
	case after(seq, limit):
		return step.DropTCPInvalidSequence
	case sk.RcvQueue.Len() > 0:
		return step.DropTCPInvalidEndSequence
	}
	return 0
}

// whySequence says why the number is wrong.
func (sk *Sock) whySequence(cb *core.CB, r core.DropReason) {
	ns := sk.NS
	switch r {
	case step.DropTCPOldSequence:
		ns.Why(step.WhySeqOld, uint64(sk.rcvWup-cb.EndSeq))
	case step.DropTCPInvalidSequence:
		ns.Why(step.WhySequence, uint64(cb.Seq-sk.rcvNxt-sk.receiveWindow()))
	default:
		ns.Why(step.WhySeqEnd, uint64(cb.EndSeq-sk.rcvNxt-sk.receiveWindow()))
	}
}

// resetCheck is tcp_reset_check: a RST one below, after a FIN.
func (sk *Sock) resetCheck(b *core.SKB) bool {
	return b.CB.Seq == sk.rcvNxt-1 && sk.stateIn(1<<core.TCPCloseWait|1<<core.TCPLastAck|1<<core.TCPClosing)
}

// rstIncoming takes a RST inside the window: only the exact number is
// believed (RFC 5961 §3.2).
func (sk *Sock) rstIncoming(b *core.SKB) bool {
	ns := sk.NS
	cb := &b.CB
	match := cb.Seq == sk.rcvNxt || sk.resetCheck(b)
	if !match && !sk.isReno() && sk.rx.numSacks > 0 {
		high := sk.selAcks[0].End
		for i := 1; i < int(sk.rx.numSacks); i++ {
			if after(sk.selAcks[i].End, high) {
				high = sk.selAcks[i].End
			}
		}
		match = cb.Seq == high
	}
	if match {
		sk.reset()
		ns.Free(b)
		return false
	}
	ns.Why(step.WhyRstChallenge, uint64(cb.Seq), uint64(sk.rcvNxt))
	if sk.rare().fo.synFastopen && sk.st.dataSegsIn == 0 && sk.State == core.TCPEstablished {
		sk.fastopenActiveDisable() // a middlebox may not like it
	}
	sk.sendChallengeAck()
	sk.dropReason(b, step.DropTCPReset, step.TcpValidateIncoming)
	return false
}

// synChallenge answers a SYN on a live connection with an ACK (RFC 5961 §4.2).
func (sk *Sock) synChallenge(b *core.SKB, synErr bool) bool {
	ns := sk.NS
	cb := &b.CB
	// The peer of a simultaneous open repeats its SYN-ACK: take its ACK.
	if sk.State == core.TCPSynRecv && !sk.Dead && sk.parent == nil && cb.TCPFlags&fAck != 0 && cb.Seq+1 == cb.EndSeq && cb.Seq+1 == sk.rcvNxt && cb.AckSeq == sk.sndNxt {
		return true
	}
	if synErr {
		ns.Inc(step.TcpInErrs)
	}
	ns.Inc(step.TcpExtTCPSYNChallenge)
	ns.Why(step.WhySynChallenge)
	sk.sendChallengeAck()
	sk.dropReason(b, step.DropTCPInvalidSYN, step.TcpValidateIncoming)
	return false
}

// sendDupack is tcp_send_dupack: tell the peer where we are, and what was old.
func (sk *Sock) sendDupack(b *core.SKB) {
	defer sk.NS.In(step.TcpSendDupack, &sk.Sock).Out()
	ns := sk.NS
	cb := &b.CB
	if cb.EndSeq != cb.Seq && before(cb.Seq, sk.rcvNxt) {
		ns.Inc(step.TcpExtDelayedACKLost)
		sk.enterQuickack(maxQuickAcks)
		if !sk.isReno() && sk.sysctl().TCPDsack != 0 {
			end := cb.EndSeq
			if after(end, sk.rcvNxt) {
				end = sk.rcvNxt
			}
			sk.dsackSet(cb.Seq, end)
		}
	}
	sk.sendAck()
}
