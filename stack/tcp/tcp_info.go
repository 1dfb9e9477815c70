package tcp

// Info is struct tcp_info, as far as it does not depend on time: what a program
// learns by getsockopt(TCP_INFO). Counts are segments, sizes bytes.
type Info struct {
	State, CAState                 uint8
	Retransmits, Probes, Backoff   uint8
	SndMSS, RcvMSS, AdvMSS, PMTU   int
	Unacked, Sacked, Lost, Retrans int
	SndCwnd, TotalRetrans          int
}

// Info is tcp_get_info. Of a listening socket, Unacked and Sacked are the
// accept queue and its limit.
func (sk *Sock) Info() Info {
	i := Info{State: sk.State, CAState: sk.caState, Retransmits: sk.retransmits, Probes: sk.probesOut, Backoff: sk.backoff,
		SndMSS: int(sk.mssCache), RcvMSS: int(sk.ack.rcvMss), AdvMSS: int(sk.advmss), PMTU: int(sk.pmtuCookie),
		Unacked: int(sk.packetsOut), Sacked: int(sk.sackedOut), Lost: int(sk.lostOut), Retrans: int(sk.retransOut),
		SndCwnd: int(sk.sndCwnd), TotalRetrans: int(sk.totalRetrans)}
	if sk.listening {
		i.Unacked, i.Sacked = int(sk.AckBacklog), int(sk.MaxAckBacklog)
	}
	return i
}
