package tcp

import "github.com/packetwalk/packetwalk/stack/step"

// Without SACK every duplicate ACK means that one segment has left the network:
// sacked_out counts them (RFC 5681 §3.2, RFC 6582).

// addRenoSack is tcp_add_reno_sack: account for duplicate ACKs.
func (sk *Sock) addRenoSack(n int, ece bool) {
	if n == 0 {
		return
	}
	prior := sk.sackedOut
	sk.sackedOut += int32(n)
	sk.checkRenoReordering(0)
	if d := int(sk.sackedOut - prior); d > 0 {
		sk.countDelivered(d, ece)
	}
	sk.NS.Why(step.WhyRenoDupAck, uint64(sk.sackedOut))
}

// removeRenoSacks is tcp_remove_reno_sacks: of what an ACK acknowledges, one
// segment filled the hole; duplicate ACKs had told of the others.
func (sk *Sock) removeRenoSacks(acked int, ece bool) {
	if acked > 0 {
		sk.countDelivered(max(acked-int(sk.sackedOut), 1), ece)
		if acked-1 >= int(sk.sackedOut) {
			sk.sackedOut = 0
		} else {
			sk.sackedOut -= int32(acked - 1)
		}
	}
	sk.checkRenoReordering(acked)
}

// resetRenoSack is tcp_reset_reno_sack.
func (sk *Sock) resetRenoSack() { sk.sackedOut = 0 }

// limitRenoSacked is tcp_limit_reno_sacked.
func (sk *Sock) limitRenoSacked() bool {
	h := int(max(sk.lostOut, 1))
	h = min(h, int(sk.packetsOut))
	if int(sk.sackedOut)+h > int(sk.packetsOut) {
		sk.sackedOut = int32(int(sk.packetsOut) - h)
		return true
	}
	return false
}

// checkRenoReordering is tcp_check_reno_reordering: more duplicate ACKs than
// segments are in flight can only come from reordering.
func (sk *Sock) checkRenoReordering(addend int) {
	if !sk.limitRenoSacked() {
		return
	}
	sk.reordering = int32(min(int(sk.packetsOut)+addend, sk.sysctl().TCPMaxReordering))
	sk.reordSeen++
	sk.NS.Inc(step.TcpExtTCPRenoReorder)
}
