package tcp

import "github.com/packetwalk/packetwalk/stack/step"

// reno is tcp_reno of net/ipv4/tcp_cong.c (RFC 5681): the window doubles each
// round trip until the threshold, then grows by one; a loss halves it.
type reno struct{ caDefaults }

func (reno) id() congID { return congReno }

// ssthresh is tcp_reno_ssthresh: half the window, at least two.
func (reno) ssthresh(sk *Sock) int {
	t := max(int(sk.sndCwnd)>>1, 2)
	sk.NS.Why(step.WhyRenoCut, uint64(sk.sndCwnd), uint64(t))
	return t
}

// undoCwnd is tcp_reno_undo_cwnd.
func (reno) undoCwnd(sk *Sock) int { return int(max(sk.sndCwnd, sk.priorCwnd)) }

// congAvoid is tcp_reno_cong_avoid.
func (reno) congAvoid(sk *Sock, _ uint32, acked int) { sk.renoCongAvoid(acked) }

func (sk *Sock) renoCongAvoid(acked int) {
	defer sk.NS.In(step.TcpRenoCongAvoid, &sk.Sock).Out()
	if !sk.cwndLimited() {
		sk.NS.Why(step.WhyCwndUnused, uint64(sk.sndCwnd))
		return
	}
	if sk.inSlowStart() {
		if acked = sk.slowStart(acked); acked == 0 {
			return
		}
	}
	sk.congAvoidAI(int(sk.sndCwnd), acked)
}
