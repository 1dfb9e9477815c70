package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Timestamps against old duplicates (PAWS, RFC 7323 §5), and the questions that
// are asked instead of believing a segment (RFC 5961).

// storeTSRecent is tcp_store_ts_recent: this timestamp will be echoed.
func (sk *Sock) storeTSRecent() {
	sk.rx.tsRecent = sk.rx.rcvTsval
	sk.rx.tsRecentStamp = int64(sk.now()/sim.Second) + 1
}

// keepTSRecent is __tcp_replace_ts_recent: it says whether the timestamp moved
// on by delta.
func (sk *Sock) keepTSRecent(delta int32) int {
	sk.storeTSRecent()
	if delta > 0 {
		return flagTSProgress
	}
	return 0
}

// replaceTSRecent is tcp_replace_ts_recent (RFC 7323 §4.3: only a segment at the
// left edge of the window updates the timestamp that is echoed).
func (sk *Sock) replaceTSRecent(seq uint32) int {
	if !sk.rx.sawTstamp || after(seq, sk.rcvWup) || !sk.pawsCheck(0) {
		return 0
	}
	return sk.keepTSRecent(int32(sk.rx.rcvTsval - sk.rx.tsRecent))
}

// pawsCheck is tcp_paws_check: true if the timestamp is not older by more than
// win.
func (sk *Sock) pawsCheck(win int32) bool {
	if int32(sk.rx.tsRecent-sk.rx.rcvTsval) <= win {
		return true
	}
	if int64(sk.now()/sim.Second) >= sk.rx.tsRecentStamp+pawsWrap {
		return true
	}
	return sk.rx.tsRecent == 0
}

// disorderedAck is tcp_disordered_ack_check: 0 if a segment with an old
// timestamp may be let in, because it is a pure ACK that was overtaken on the
// way and changes nothing; else why it must go.
func (sk *Sock) disorderedAck(b *core.SKB) core.DropReason {
	cb := &b.CB
	switch {
	case cb.TCPFlags&fAck == 0 || cb.Seq != cb.EndSeq:
		return step.DropTCPRfc7323PAWS
	case before(cb.Seq, sk.rcvNxt):
		return step.DropTCPRfc7323PAWSACK
	case cb.Seq != sk.rcvNxt, cb.AckSeq != sk.sndUna:
		return step.DropTCPRfc7323PAWS
	case sk.mayUpdateWindow(cb.AckSeq, cb.Seq, uint32(header(b).Window())<<sk.rx.sndWscale):
		return step.DropTCPRfc7323PAWS
	case int32(sk.rx.tsRecent-sk.rx.rcvTsval) > int32(sk.rto/sim.Jiffy*1200/sim.HZ): // tcp_tsval_replay
		return step.DropTCPRfc7323PAWS
	}
	return 0
}

// tsoptEcrBefore is tcp_tsopt_ecr_before: the echoed timestamp is older than
// when (in ms, without the connection's offset).
func (sk *Sock) tsoptEcrBefore(when uint32) bool {
	e := sk.rx.rcvTsecr
	return sk.rx.sawTstamp && e != 0 && e != sk.tsoffset && before(e-sk.tsoffset, when)
}

// spuriousRetrans is tcp_skb_spurious_retrans: the ACK answers the first copy of
// a packet that was sent again.
func (sk *Sock) spuriousRetrans(b *core.SKB) bool {
	return b.CB.Sacked&cbRetransMask != 0 && sk.tsoptEcrBefore(uint32(skbStamp(b)/1000))
}

// packetDelayed is tcp_packet_delayed: nothing was sent again, or the ACK's
// timestamp says that it answers the first copy (Eifel detection, RFC 3522).
func (sk *Sock) packetDelayed() bool {
	if sk.retransStamp != 0 {
		return sk.tsoptEcrBefore(sk.retransStamp)
	}
	// Two cases in which the stamp was cleared though something was sent again.
	if sk.isReno() && !before(sk.sndUna, sk.highSeq) || sk.State == core.TCPSynSent {
		return false
	}
	return true
}

// sendChallengeAck is tcp_send_challenge_ack (RFC 5961 §3-5, 7): do not believe
// the segment, ask its sender whether it meant it. A socket asks rarely, and a
// host only so often a second.
func (sk *Sock) sendChallengeAck() {
	defer sk.NS.In(step.TcpSendChallengeAck, &sk.Sock).Out()
	ns := sk.NS
	if ackRateLimited(ns, &sk.lastOowAck, &sk.oowSeen, step.TcpExtTCPACKSkippedChallenge) {
		return
	}
	if !sk.T.challengeAllowed() {
		ns.Why(step.WhyChallengeLimit)
		return
	}
	ns.Inc(step.TcpExtTCPChallengeACK)
	sk.sendAck()
}
