package step

// The fields of a socket. Places from SockOwn on belong to its protocol; the
// first ones are struct sock's.
const (
	SockState = iota
	SockSaddr // two places
	_
	SockDaddr // two places
	_
	SockSport
	SockDport
	SockProto
	SockRmem
	SockRcvBuf
	SockWmem
	SockWmemQueued
	SockSndBuf
	SockRcvQueue
	SockBacklog
	SockErr
	SockErrSoft
	SockDrops
	SockShutdown
	SockDead
	SockAcceptQ
	SockAcceptMax
	_
	_
	SockOwn
)

// The fields of a TCP socket (struct tcp_sock, inet_connection_sock).
const (
	TCPRcvNxt = SockOwn + iota
	TCPCopiedSeq
	TCPRcvWup
	TCPRcvWnd
	TCPSndUna
	TCPSndNxt
	TCPWriteSeq
	TCPSndWnd
	TCPSndCwnd
	TCPSsthresh
	TCPPacketsOut
	TCPSackedOut
	TCPLostOut
	TCPRetransOut
	TCPSrttUs
	TCPRttvarUs
	TCPRto
	TCPCaState
	TCPMss
	TCPRcvMss
	TCPOooLen
	TCPBackoff
	TCPRetransmits
	TCPTimer
	TCPTimerAt
	TCPAckPending
	TCPPingpong
	TCPQuick
	TCPAto
	TCPRcvSsthresh
	TCPWindowClamp
	TCPTsRecent
	TCPSndWl1
	TCPHighSeq
	TCPPmtuCookie
	TCPSndWscale
	TCPRcvWscale
	TCPReordering
	TCPTotalRetrans
	TCPRtxQueue
	TCPWriteQueue
	TCPRttUs
	TCPMinRttUs
	TCPReoWndUs
	TCPDelackAt
	TCPKeepAt
	TCPPaceAt
	TCPCompressedAt
	TCPPacingRate
	TCPCwndLimited
	TCPDelivered
	TCPLost
	TCPTLPHighSeq
	TCPUndoMarker
	TCPPriorCwnd
	TCPNonagle
	TCPProbesOut
	TCPFollowed
	TCPThrottled
	TCPNoSpace
	TCPAppLimited
	TCPChrono
	TCPSndSml
	TCPTSQAt
	numSockFields
)

var sockFields = [numSockFields]Field{
	SockState:      {"sk.state", TCPst, "The state of the connection."},
	SockSaddr:      {"sk.saddr", IP, "The address of this side."},
	SockDaddr:      {"sk.daddr", IP, "The address of the other side."},
	SockSport:      {"sk.sport", Dec, "The port of this side."},
	SockDport:      {"sk.dport", Dec, "The port of the other side."},
	SockProto:      {"sk.protocol", Proto, "The transport protocol."},
	SockRmem:       {"sk.rmem_alloc", Dec, "Memory of the packets that wait to be read."},
	SockRcvBuf:     {"sk.rcvbuf", Dec, "The most that may wait (SO_RCVBUF)."},
	SockWmem:       {"sk.wmem_alloc", Dec, "Memory of the packets on their way down, and 1 for the socket itself."},
	SockWmemQueued: {"sk.wmem_queued", Dec, "Memory of the data that is sent and not yet acknowledged, or waits."},
	SockSndBuf:     {"sk.sndbuf", Dec, "The most that a program may have waiting (SO_SNDBUF)."},
	SockRcvQueue:   {"sk.receive_queue", Dec, "Packets that wait to be read."},
	SockBacklog:    {"sk.backlog", Dec, "Bytes of packets that came while a program held the socket."},
	SockErr:        {"sk.err", Err, "The error that the next call will get."},
	SockErrSoft:    {"sk.err_soft", Err, "An error that matters only if the connection fails."},
	SockDrops:      {"sk.drops", Dec, "Packets that this socket refused."},
	SockShutdown:   {"sk.shutdown", Dec, "1 no more receiving, 2 no more sending, 3 both."},
	SockDead:       {"sk.dead", Bool, "The program has closed it (an orphan)."},
	SockAcceptQ:    {"sk.ack_backlog", Dec, "Connections that wait for accept()."},
	SockAcceptMax:  {"sk.max_ack_backlog", Dec, "The most that may wait (listen's backlog)."},

	TCPRcvNxt:       {"tcp.rcv_nxt", Dec, "The next sequence number that we expect."},
	TCPCopiedSeq:    {"tcp.copied_seq", Dec, "What the program has read, up to here."},
	TCPRcvWup:       {"tcp.rcv_wup", Dec, "rcv_nxt when the last window went out."},
	TCPRcvWnd:       {"tcp.rcv_wnd", Dec, "The window that we offered, in bytes."},
	TCPSndUna:       {"tcp.snd_una", Dec, "The oldest byte that is not acknowledged."},
	TCPSndNxt:       {"tcp.snd_nxt", Dec, "The next byte to send."},
	TCPWriteSeq:     {"tcp.write_seq", Dec, "The end of what the program has written."},
	TCPSndWnd:       {"tcp.snd_wnd", Dec, "The window that the other side offers, in bytes."},
	TCPSndCwnd:      {"tcp.snd_cwnd", Dec, "Segments that the network may hold, as congestion control sees it."},
	TCPSsthresh:     {"tcp.snd_ssthresh", Dec, "Above it cwnd grows slowly; 2147483647 is no limit."},
	TCPPacketsOut:   {"tcp.packets_out", Dec, "Segments sent and not acknowledged."},
	TCPSackedOut:    {"tcp.sacked_out", Dec, "Of them, those that the other side has."},
	TCPLostOut:      {"tcp.lost_out", Dec, "Of them, those believed lost."},
	TCPRetransOut:   {"tcp.retrans_out", Dec, "Of them, those sent again."},
	TCPSrttUs:       {"tcp.srtt_us", Dec, "Smoothed round-trip time, in eighths of a µs, as the kernel keeps it."},
	TCPRttvarUs:     {"tcp.rttvar_us", Dec, "What is added to it for the timeout, in µs: four times how much it varies, tcp_rto_min at least."},
	TCPRto:          {"tcp.rto", Dur, "How long to wait for an acknowledgement (the retransmission timeout)."},
	TCPCaState:      {"tcp.ca_state", CA, "Congestion state: Open, Disorder, CWR, Recovery, Loss."},
	TCPMss:          {"tcp.mss_cache", Dec, "The payload of a full segment."},
	TCPRcvMss:       {"tcp.rcv_mss", Dec, "The segment size that we see arriving."},
	TCPOooLen:       {"tcp.out_of_order", Dec, "Segments held behind a hole."},
	TCPBackoff:      {"tcp.backoff", Dec, "Times that the timeout doubled."},
	TCPRetransmits:  {"tcp.retransmits", Dec, "Timeouts in a row."},
	TCPTimer:        {"tcp.timer", Dec, "What the write timer waits for: 1 retransmit, 3 probe, 5 loss probe, 6 reordering."},
	TCPTimerAt:      {"tcp.timeout", Time, "When the write timer fires."},
	TCPAckPending:   {"tcp.ack_pending", Hex, "An acknowledgement is owed: 1 some time, 2 a timer runs, 4 and 8 small data came, 16 now, 32 no memory."},
	TCPPingpong:     {"tcp.pingpong", Dec, "Above 0 the exchange is interactive, and ACKs wait for data."},
	TCPQuick:        {"tcp.quick", Dec, "Quick ACKs that are left: ACKs that go at once."},
	TCPAto:          {"tcp.ato", Dur, "How long an ACK may wait."},
	TCPRcvSsthresh:  {"tcp.rcv_ssthresh", Dec, "The most that the window may grow to for now."},
	TCPWindowClamp:  {"tcp.window_clamp", Dec, "The most that the window may ever be."},
	TCPTsRecent:     {"tcp.ts_recent", Dec, "The other side's timestamp to echo."},
	TCPSndWl1:       {"tcp.snd_wl1", Dec, "The number of the segment that last set the send window."},
	TCPHighSeq:      {"tcp.high_seq", Dec, "snd_nxt when recovery began."},
	TCPPmtuCookie:   {"tcp.pmtu_cookie", Dec, "The path MTU that the MSS follows."},
	TCPSndWscale:    {"tcp.snd_wscale", Dec, "Their window counts in units of 2 to the power of this."},
	TCPRcvWscale:    {"tcp.rcv_wscale", Dec, "Our window counts in units of 2 to the power of this."},
	TCPReordering:   {"tcp.reordering", Dec, "By how many segments others may be overtaken before that counts as a loss."},
	TCPTotalRetrans: {"tcp.total_retrans", Dec, "Segments sent again, in all."},
	TCPRtxQueue:     {"tcp.rtx_queue", Dec, "Packets sent and kept until they are acknowledged (tcp_rtx_queue)."},
	TCPWriteQueue:   {"tcp.write_queue", Dec, "Packets written and not sent yet (sk_write_queue)."},
	TCPRttUs:        {"tcp.rack_rtt_us", Dec, "The newest round-trip time that was measured, in µs."},
	TCPMinRttUs:     {"tcp.min_rtt_us", Dec, "The smallest round-trip time of late, in µs."},
	TCPReoWndUs:     {"tcp.reo_wnd_us", Dec, "How long a segment may come later than one sent after it, before it counts as lost, in µs."},
	TCPDelackAt:     {"tcp.delack_at", Time, "When the delayed ACK goes at the latest."},
	TCPKeepAt:       {"tcp.keepalive_at", Time, "When the keepalive timer fires; it also ends FIN_WAIT2."},
	TCPPaceAt:       {"tcp.pacing_at", Time, "When pacing lets the next packet go."},
	TCPCompressedAt: {"tcp.compressed_ack_at", Time, "When ACKs that were held together go."},
	TCPPacingRate:   {"tcp.pacing_rate", Dec, "The rate that congestion control paces to, in bytes a second."},
	TCPCwndLimited:  {"tcp.is_cwnd_limited", Bool, "In this round trip the congestion window held data back."},
	TCPDelivered:    {"tcp.delivered", Dec, "Segments that the other side has got, in all."},
	TCPLost:         {"tcp.lost", Dec, "Segments that were believed lost, in all."},
	TCPTLPHighSeq:   {"tcp.tlp_high_seq", Dec, "snd_nxt when a loss probe went out; 0 if none is under way."},
	TCPUndoMarker:   {"tcp.undo_marker", Dec, "snd_una when cwnd was reduced; 0 if that cannot be undone."},
	TCPPriorCwnd:    {"tcp.prior_cwnd", Dec, "cwnd before it was reduced."},
	TCPNonagle:      {"tcp.nonagle", Hex, "1 TCP_NODELAY, 2 TCP_CORK, 4 push now."},
	TCPProbesOut:    {"tcp.probes_out", Dec, "Window or keepalive probes without an answer."},
	TCPFollowed:     {"tcp.followed", Bool, "What this side sends is taken from the capture: cwnd and the like are the model's estimate."},
	TCPNoSpace:      {"sk.nospace", Bool, "A program waits for room in the send buffer (SOCK_NOSPACE)."},
	TCPAppLimited:   {"tcp.app_limited", Dec, "Not 0: the program writes too little to fill the network; the value of delivered until which that counts."},
	TCPChrono:       {"tcp.chrono_type", Dec, "What the time is booked on: 1 busy, 2 limited by the receive window, 3 by the send buffer; 0 idle."},
	TCPSndSml:       {"tcp.snd_sml", Dec, "The end of the last segment that was not full: Nagle's test."},
	TCPTSQAt:        {"tcp.tsq_at", Time, "When the queues below ask this socket for more."},
	TCPThrottled:    {"tcp.throttled", Bool, "Enough of this socket waits in the queues below (TCP small queues)."},
}

// The fields of a half-open connection (struct request_sock).
const (
	ReqDaddr = iota // two places
	_
	ReqDport
	ReqISN
	ReqRetrans
	ReqTimeout
	numReqFields
)

var reqFields = [numReqFields]Field{
	ReqDaddr:   {"req.daddr", IP, "Who wants to connect."},
	ReqDport:   {"req.dport", Dec, "From which port."},
	ReqISN:     {"req.snt_isn", Dec, "The number that our SYN-ACK carried."},
	ReqRetrans: {"req.num_retrans", Dec, "SYN-ACKs sent again."},
	ReqTimeout: {"req.num_timeout", Dec, "Times that the SYN-ACK timer ran out."},
}

// The fields of a TIME_WAIT socket (struct tcp_timewait_sock).
const (
	TWSubstate = iota
	TWRcvNxt
	TWSndNxt
	TWExpires
	numTWFields
)

var twFields = [numTWFields]Field{
	TWSubstate: {"tw.substate", TCPst, "FIN_WAIT2 or TIME_WAIT."},
	TWRcvNxt:   {"tw.rcv_nxt", Dec, "The next sequence number that we would expect."},
	TWSndNxt:   {"tw.snd_nxt", Dec, "The next that we would send."},
	TWExpires:  {"tw.expires", Time, "When it goes away."},
}
