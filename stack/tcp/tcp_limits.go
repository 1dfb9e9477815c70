package tcp

import (
	"github.com/packetwalk/packetwalk/stack/sim"
)

// What a program may set for one socket, in place of a sysctl.

// rtoMaxNow is tcp_rto_max: the longest timeout (TCP_RTO_MAX_MS,
// net.ipv4.tcp_rto_max_ms).
func (sk *Sock) rtoMaxNow() sim.Time {
	if t := sk.rare().rtoMax; t != 0 {
		return t
	}
	if ms := sk.sysctl().TCPRtoMaxMs; ms != 0 {
		return sim.Time(ms) * sim.Millisecond
	}
	return rtoMax
}

// delackMaxNow is tcp_delack_max: the longest that an ACK may wait
// (TCP_DELACK_MAX_US); never as long as the smallest timeout.
func (sk *Sock) delackMaxNow() sim.Time {
	t := delackMax
	if d := sk.rare().delackMax; d != 0 {
		t = d
	}
	return min(t, max(sk.rtoMinNow(), 2*sim.Jiffy)-sim.Jiffy)
}

// notsentLowatNow is tcp_notsent_lowat: how much may wait unsent before a
// program is told to stop (TCP_NOTSENT_LOWAT).
func (sk *Sock) notsentLowatNow() uint32 {
	if n := sk.rare().notsentLowat; n != 0 {
		return n
	}
	return sk.sysctl().TCPNotsentLowat
}

// streamMemoryFree is __sk_stream_memory_free with tcp_stream_memory_free: may
// the program send? wake is 1 when it is asked whether to wake it.
func (sk *Sock) streamMemoryFree(wake uint) bool {
	if sk.WmemQueued >= sk.SndBuf {
		return false
	}
	notsent := sk.writeSeq - sk.sndNxt
	return notsent<<wake < sk.notsentLowatNow()
}

// challengeAllowed is tcp_challenge_ack_allowed: of challenge ACKs there are at
// most net.ipv4.tcp_challenge_ack_limit a second (RFC 5961 §7), and nobody can
// tell from outside how many exactly.
func (t *TCP) challengeAllowed() bool {
	limit := t.NS.Sysctl.TCPChallengeAckLimit
	if limit == 1<<31-1 {
		return true
	}
	if now := t.NS.Clock.Now() / sim.Second; now != t.challengeAt || !t.challenged {
		half := uint32(limit+1) >> 1
		t.challengeAt, t.challenged = now, true
		t.challengeLeft = half
		if limit > 0 {
			t.challengeLeft += t.NS.Machine.Rand.Below(uint32(limit))
		}
	}
	if t.challengeLeft == 0 {
		return false
	}
	t.challengeLeft--
	return true
}

// disconnectRest is the part of tcp_disconnect about what is seldom there: the
// socket may be used for another connection, and begins anew.
func (sk *Sock) disconnectRest() {
	sk.writeSeq += sk.maxWindow + 2
	if sk.writeSeq == 0 {
		sk.writeSeq = 1
	}
	sk.windowClamp = 0
	sk.delivered, sk.totalRetrans, sk.tlpHighSeq = 0, 0, 0
	sk.bytesAcked, sk.reordSeen, sk.compressedAck = 0, 0, 0
	sk.ack.pending, sk.ack.quick, sk.ack.pingpong, sk.ack.ato = 0, 0, 0, 0
	sk.ack.rcvMss = minMSS
	sk.lastOowAck, sk.oowSeen = 0, false
	sk.rcvRttLastTsecr = 0
	chrono := sk.st.chrono
	sk.st = sockStats{chrono: chrono}
	sk.synData = false
	sk.reqskRemove(false)
	if sk.more == nil {
		return
	}
	m := sk.more
	m.savedSyn, m.rtoMin, m.delackMax = nil, 0, 0
	fo := &m.fo
	fo.req, fo.deferConnect, fo.clientFail = nil, false, 0
	fo.synDataAcked, fo.synFastopenChild = false, false
}
