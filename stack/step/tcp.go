package step

const baseTCP = int(areaTCP) << 8

// TCP.
const (
	TcpV4EarlyDemux Step = Step(baseTCP + 1 + iota)
	TcpV6EarlyDemux
	TcpV4Rcv
	TcpV4DoRcv
	TcpV4SendReset
	TcpV4SendAck
	TcpV4SendSynack
	TcpV4SynRecvSock
	TcpV4MtuReduced
	TcpV4Err
	TcpV4Connect
	TcpV6Rcv
	TcpV6DoRcv
	TcpV6SendReset
	TcpV6SendAck
	TcpV6SendResponse
	TcpV6SendSynack
	TcpV6SynRecvSock
	TcpV6MtuReduced
	TcpV6Err
	TcpV6Connect
	TcpRcvEstablished
	TcpRcvStateProcess
	TcpRcvSynsent
	TcpValidateIncoming
	TcpConnRequest
	TcpAck
	TcpCleanRtxQueue
	TcpRttEstimator
	TcpRearmRto
	TcpSacktagWriteQueue
	TcpFastretransAlert
	TcpEnterLoss
	TcpEnterRecovery
	TcpTryUndoRecovery
	TcpSimpleRetransmit
	TcpDataQueue
	TcpDataQueueOfo
	TcpOfoQueue
	TcpPruneOfoQueue
	TcpQueueRcv
	TcpFin
	TcpResetStep
	TcpAckSndCheck
	TcpSendDupack
	TcpSendChallengeAck
	TcpFinishConnect
	TcpInitTransfer
	TcpRcvSpaceAdjustStep
	TcpSendmsgLocked
	TcpRecvmsgLocked
	TcpRecvmsg
	TcpCleanupRbuf
	TcpSpliceRead
	TcpIoctl
	TcpClose
	TcpDisconnect
	TcpDone
	InetShutdown
	TcpShutdown
	TcpTransmitSkb
	TcpWriteXmit
	TcpPushPendingFrames
	TcpEventNewDataSent
	TcpFragment
	TcpSyncMss
	TcpSelectWindow
	TcpSendAck
	TcpSendDelayedAck
	TcpSendFin
	TcpSendActiveReset
	TcpConnectInit
	TcpConnect
	TcpMakeSynack
	TcpRtxSynack
	TcpRetransmitSkbStep
	TcpXmitRetransmitQueue
	TcpScheduleLossProbe
	TcpSendLossProbe
	TcpWriteWakeup
	TcpSendProbe0
	TcpTsqWrite
	TcpWriteTimer
	TcpWriteTimerHandler
	TcpRetransmitTimer
	TcpWriteTimeout
	TcpProbeTimer
	TcpDelackTimer
	TcpDelackTimerHandler
	TcpKeepaliveTimer
	TcpTimewaitStateProcess
	TcpTimeWait
	TcpCreateOpenreqChild
	TcpCheckReq
	TcpChildProcess
	TwskSchedule
	TwskKill
	InetCskGetPort
	InetCskAccept
	InetCskListenStart
	InetCskRouteReq
	Inet6CskRouteReq
	ReqskTimerHandler
	ReqskQueueDrop
	ReqskQueueHashAdd
	InetCskCloneLock
	InetCskDestroySock
	CompleteHashdance
	InetHashConnect
	TcpRenoCongAvoid
	CubictcpCongAvoid
	TcpCwndRestart
	TcpRackMarkLost
	TcpRackReoTimeout
	TcpCompressedAckKick
	TcpInitMetrics
	TcpUpdateMetrics
	endTCP
)

var tcpSteps = [int(endTCP) - baseTCP]Info{
	TcpV6EarlyDemux & 255:         {"tcp_v6_early_demux", Transport, "net/ipv6/tcp_ipv6.c", "Does a connection know this packet, and with it the route?"},
	TcpV4EarlyDemux & 255:         {"tcp_v4_early_demux", Transport, "net/ipv4/tcp_ipv4.c", "Does a connection know this packet, and with it the route?"},
	TcpV4Rcv & 255:                {"tcp_v4_rcv", Transport, "net/ipv4/tcp_ipv4.c", "A segment comes in: check it, and find whose it is."},
	TcpV4DoRcv & 255:              {"tcp_v4_do_rcv", Transport, "net/ipv4/tcp_ipv4.c", "Give the segment to the code for the socket's state."},
	TcpV4SendReset & 255:          {"tcp_v4_send_reset", Transport, "net/ipv4/tcp_ipv4.c", "Answer a segment that nobody wants with a RST."},
	TcpV4SendAck & 255:            {"tcp_v4_send_ack", Transport, "net/ipv4/tcp_ipv4.c", "An ACK for a connection without a full socket."},
	TcpV4SendSynack & 255:         {"tcp_v4_send_synack", Transport, "net/ipv4/tcp_ipv4.c", "Send the SYN-ACK."},
	TcpV4SynRecvSock & 255:        {"tcp_v4_syn_recv_sock", Transport, "net/ipv4/tcp_ipv4.c", "The handshake is complete: make the connection's socket."},
	TcpV4MtuReduced & 255:         {"tcp_v4_mtu_reduced", Transport, "net/ipv4/tcp_ipv4.c", "The path takes smaller packets only."},
	TcpV4Err & 255:                {"tcp_v4_err", Transport, "net/ipv4/tcp_ipv4.c", "An ICMP error about a segment of ours."},
	TcpV4Connect & 255:            {"tcp_v4_connect", Transport, "net/ipv4/tcp_ipv4.c", "Find route, source address and port; choose the first number."},
	TcpV6Rcv & 255:                {"tcp_v6_rcv", Transport, "net/ipv6/tcp_ipv6.c", "A segment comes in over IPv6."},
	TcpV6DoRcv & 255:              {"tcp_v6_do_rcv", Transport, "net/ipv6/tcp_ipv6.c", "Give the segment to the code for the socket's state."},
	TcpV6SendReset & 255:          {"tcp_v6_send_reset", Transport, "net/ipv6/tcp_ipv6.c", "Answer a segment that nobody wants with a RST."},
	TcpV6SendAck & 255:            {"tcp_v6_send_ack", Transport, "net/ipv6/tcp_ipv6.c", "An ACK for a connection without a full socket."},
	TcpV6SendResponse & 255:       {"tcp_v6_send_response", Transport, "net/ipv6/tcp_ipv6.c", "Send a segment that no socket sends."},
	TcpV6SendSynack & 255:         {"tcp_v6_send_synack", Transport, "net/ipv6/tcp_ipv6.c", "Send the SYN-ACK."},
	TcpV6SynRecvSock & 255:        {"tcp_v6_syn_recv_sock", Transport, "net/ipv6/tcp_ipv6.c", "The handshake is complete: make the connection's socket."},
	TcpV6MtuReduced & 255:         {"tcp_v6_mtu_reduced", Transport, "net/ipv6/tcp_ipv6.c", "The path takes smaller packets only."},
	TcpV6Err & 255:                {"tcp_v6_err", Transport, "net/ipv6/tcp_ipv6.c", "An ICMPv6 error about a segment of ours."},
	TcpV6Connect & 255:            {"tcp_v6_connect", Transport, "net/ipv6/tcp_ipv6.c", "Find route, source address and port; choose the first number."},
	TcpRcvEstablished & 255:       {"tcp_rcv_established", Transport, "net/ipv4/tcp_input.c", "A segment of a live connection: as expected (fast) or not (slow)?"},
	TcpRcvStateProcess & 255:      {"tcp_rcv_state_process", Transport, "net/ipv4/tcp_input.c", "A segment in any other state: the state machine of the RFC."},
	TcpRcvSynsent & 255:           {"tcp_rcv_synsent_state_process", Transport, "net/ipv4/tcp_input.c", "The answer to our SYN."},
	TcpValidateIncoming & 255:     {"tcp_validate_incoming", Transport, "net/ipv4/tcp_input.c", "Timestamp, sequence number, RST, SYN: may this segment be?"},
	TcpConnRequest & 255:          {"tcp_conn_request", Transport, "net/ipv4/tcp_input.c", "A SYN for a listener: remember it and answer."},
	TcpAck & 255:                  {"tcp_ack", Transport, "net/ipv4/tcp_input.c", "What does the acknowledgement number say?"},
	TcpCleanRtxQueue & 255:        {"tcp_clean_rtx_queue", Transport, "net/ipv4/tcp_input.c", "Forget what is acknowledged; measure the round trip."},
	TcpRttEstimator & 255:         {"tcp_rtt_estimator", Transport, "net/ipv4/tcp_input.c", "Smooth the measured round-trip time."},
	TcpRearmRto & 255:             {"tcp_rearm_rto", Transport, "net/ipv4/tcp_input.c", "Set the retransmission timer for the oldest segment."},
	TcpSacktagWriteQueue & 255:    {"tcp_sacktag_write_queue", Transport, "net/ipv4/tcp_input.c", "Mark the segments that SACK says have arrived."},
	TcpFastretransAlert & 255:     {"tcp_fastretrans_alert", Transport, "net/ipv4/tcp_input.c", "Something is odd about this ACK: is a segment lost?"},
	TcpEnterLoss & 255:            {"tcp_enter_loss", Transport, "net/ipv4/tcp_input.c", "A timeout: everything in flight may be lost."},
	TcpEnterRecovery & 255:        {"tcp_enter_recovery", Transport, "net/ipv4/tcp_input.c", "A loss is certain: send less, and repair it."},
	TcpTryUndoRecovery & 255:      {"tcp_try_undo_recovery", Transport, "net/ipv4/tcp_input.c", "The repair is complete: was it needed at all?"},
	TcpSimpleRetransmit & 255:     {"tcp_simple_retransmit", Transport, "net/ipv4/tcp_input.c", "Send again what is too large for the path."},
	TcpDataQueue & 255:            {"tcp_data_queue", Transport, "net/ipv4/tcp_input.c", "Where does the payload belong: next, later, or is it old?"},
	TcpDataQueueOfo & 255:         {"tcp_data_queue_ofo", Transport, "net/ipv4/tcp_input.c", "Keep a segment that lies behind a hole."},
	TcpOfoQueue & 255:             {"tcp_ofo_queue", Transport, "net/ipv4/tcp_input.c", "The hole is filled: move what waited behind it."},
	TcpPruneOfoQueue & 255:        {"tcp_prune_ofo_queue", Transport, "net/ipv4/tcp_input.c", "No memory: throw away what is out of order."},
	TcpQueueRcv & 255:             {"tcp_queue_rcv", Transport, "net/ipv4/tcp_input.c", "Put the payload where the program reads."},
	TcpFin & 255:                  {"tcp_fin", Transport, "net/ipv4/tcp_input.c", "The other side has no more data."},
	TcpResetStep & 255:            {"tcp_reset", Transport, "net/ipv4/tcp_input.c", "The other side has broken the connection off."},
	TcpAckSndCheck & 255:          {"__tcp_ack_snd_check", Transport, "net/ipv4/tcp_input.c", "Acknowledge now, or wait for data to carry it?"},
	TcpSendDupack & 255:           {"tcp_send_dupack", Transport, "net/ipv4/tcp_input.c", "Tell the other side again where we are."},
	TcpSendChallengeAck & 255:     {"tcp_send_challenge_ack", Transport, "net/ipv4/tcp_input.c", "Do not believe the segment: ask."},
	TcpFinishConnect & 255:        {"tcp_finish_connect", Transport, "net/ipv4/tcp_input.c", "Our SYN is answered: the connection stands."},
	TcpInitTransfer & 255:         {"tcp_init_transfer", Transport, "net/ipv4/tcp_input.c", "Set window, buffers and congestion control to begin."},
	TcpRcvSpaceAdjustStep & 255:   {"tcp_rcv_space_adjust", Transport, "net/ipv4/tcp_input.c", "Does the program read fast enough to deserve more window?"},
	TcpSendmsgLocked & 255:        {"tcp_sendmsg_locked", Socket, "net/ipv4/tcp.c", "Copy the program's bytes into packets."},
	TcpRecvmsg & 255:              {"tcp_recvmsg", Socket, "net/ipv4/tcp.c", "A program reads: lock the socket, and copy what has arrived."},
	TcpRecvmsgLocked & 255:        {"tcp_recvmsg_locked", Socket, "net/ipv4/tcp.c", "Copy what has arrived to the program."},
	TcpCleanupRbuf & 255:          {"__tcp_cleanup_rbuf", Transport, "net/ipv4/tcp.c", "The program has read: does the sender need to know?"},
	TcpSpliceRead & 255:           {"tcp_splice_read", Transport, "net/ipv4/tcp.c", "splice(): what has arrived goes into a pipe, without a copy."},
	TcpIoctl & 255:                {"tcp_ioctl", Transport, "net/ipv4/tcp.c", "ioctl(): how many bytes wait to be read, or to be acknowledged?"},
	TcpClose & 255:                {"__tcp_close", Socket, "net/ipv4/tcp.c", "The program lets go of the connection."},
	TcpDisconnect & 255:           {"tcp_disconnect", Transport, "net/ipv4/tcp.c", "Break the connection off."},
	TcpDone & 255:                 {"tcp_done", Transport, "net/ipv4/tcp.c", "The connection is over."},
	TcpShutdown & 255:             {"tcp_shutdown", Transport, "net/ipv4/tcp.c", "Nothing more will be sent: the state changes, and a FIN goes out."},
	InetShutdown & 255:            {"inet_shutdown", Socket, "net/ipv4/af_inet.c", "The program ends one direction."},
	TcpTransmitSkb & 255:          {"__tcp_transmit_skb", Transport, "net/ipv4/tcp_output.c", "Write the TCP header and give the segment to IP."},
	TcpWriteXmit & 255:            {"tcp_write_xmit", Transport, "net/ipv4/tcp_output.c", "Send what windows and Nagle allow."},
	TcpPushPendingFrames & 255:    {"__tcp_push_pending_frames", Transport, "net/ipv4/tcp_output.c", "There is something to send: may it go?"},
	TcpEventNewDataSent & 255:     {"tcp_event_new_data_sent", Transport, "net/ipv4/tcp_output.c", "New data is on its way: remember it until it is acknowledged."},
	TcpFragment & 255:             {"tcp_fragment", Transport, "net/ipv4/tcp_output.c", "Cut a packet in two."},
	TcpSyncMss & 255:              {"tcp_sync_mss", Transport, "net/ipv4/tcp_output.c", "The path's MTU gives the segment size."},
	TcpSelectWindow & 255:         {"__tcp_select_window", Transport, "net/ipv4/tcp_output.c", "How much may the other side send?"},
	TcpSendAck & 255:              {"__tcp_send_ack", Transport, "net/ipv4/tcp_output.c", "Send an ACK now."},
	TcpSendDelayedAck & 255:       {"tcp_send_delayed_ack", Transport, "net/ipv4/tcp_output.c", "The ACK may wait a little."},
	TcpSendFin & 255:              {"tcp_send_fin", Transport, "net/ipv4/tcp_output.c", "No more data from here: send a FIN."},
	TcpSendActiveReset & 255:      {"tcp_send_active_reset", Transport, "net/ipv4/tcp_output.c", "Give the connection up with a RST."},
	TcpConnectInit & 255:          {"tcp_connect_init", Transport, "net/ipv4/tcp_output.c", "What the SYN will offer: MSS, window, scale."},
	TcpConnect & 255:              {"tcp_connect", Transport, "net/ipv4/tcp_output.c", "Send the SYN and start its timer."},
	TcpMakeSynack & 255:           {"tcp_make_synack", Transport, "net/ipv4/tcp_output.c", "Write the SYN-ACK."},
	TcpRtxSynack & 255:            {"tcp_rtx_synack", Transport, "net/ipv4/tcp_output.c", "Send the SYN-ACK again."},
	TcpRetransmitSkbStep & 255:    {"__tcp_retransmit_skb", Transport, "net/ipv4/tcp_output.c", "Send a segment again."},
	TcpXmitRetransmitQueue & 255:  {"tcp_xmit_retransmit_queue", Transport, "net/ipv4/tcp_output.c", "Send again what is believed lost."},
	TcpScheduleLossProbe & 255:    {"tcp_schedule_loss_probe", Transport, "net/ipv4/tcp_output.c", "If no ACK comes in two round trips, probe."},
	TcpSendLossProbe & 255:        {"tcp_send_loss_probe", Transport, "net/ipv4/tcp_output.c", "Send the last segment again, to provoke an ACK."},
	TcpWriteWakeup & 255:          {"tcp_write_wakeup", Transport, "net/ipv4/tcp_output.c", "Probe the other side."},
	TcpSendProbe0 & 255:           {"tcp_send_probe0", Transport, "net/ipv4/tcp_output.c", "Ask whether the closed window has opened."},
	TcpTsqWrite & 255:             {"tcp_tsq_write", Transport, "net/ipv4/tcp_output.c", "The device has room for this socket again."},
	TcpWriteTimer & 255:           {"tcp_write_timer", Transport, "net/ipv4/tcp_timer.c", "The socket's sending timer ran out."},
	TcpWriteTimerHandler & 255:    {"tcp_write_timer_handler", Transport, "net/ipv4/tcp_timer.c", "What was the timer for?"},
	TcpRetransmitTimer & 255:      {"tcp_retransmit_timer", Transport, "net/ipv4/tcp_timer.c", "No ACK came in time."},
	TcpWriteTimeout & 255:         {"tcp_write_timeout", Transport, "net/ipv4/tcp_timer.c", "Were there too many timeouts?"},
	TcpProbeTimer & 255:           {"tcp_probe_timer", Transport, "net/ipv4/tcp_timer.c", "The window is still closed."},
	TcpCompressedAckKick & 255:    {"tcp_compressed_ack_kick", Transport, "net/ipv4/tcp_timer.c", "ACKs of out-of-order data were saved up: one goes for them."},
	TcpInitMetrics & 255:          {"tcp_init_metrics", Transport, "net/ipv4/tcp_metrics.c", "Begin with what earlier connections learnt of this path."},
	TcpUpdateMetrics & 255:        {"tcp_update_metrics", Transport, "net/ipv4/tcp_metrics.c", "Keep what this connection has learnt of the path for the next."},
	TcpDelackTimer & 255:          {"tcp_delack_timer", Transport, "net/ipv4/tcp_timer.c", "The delayed ACK has waited long enough."},
	TcpDelackTimerHandler & 255:   {"tcp_delack_timer_handler", Transport, "net/ipv4/tcp_timer.c", "Send the delayed ACK, if it is still owed."},
	TcpKeepaliveTimer & 255:       {"tcp_keepalive_timer", Transport, "net/ipv4/tcp_timer.c", "Is the other side still there?"},
	TcpTimewaitStateProcess & 255: {"tcp_timewait_state_process", Transport, "net/ipv4/tcp_minisocks.c", "A segment for a connection that is over."},
	TcpTimeWait & 255:             {"tcp_time_wait", Transport, "net/ipv4/tcp_minisocks.c", "Leave a small socket behind for late segments."},
	TcpCreateOpenreqChild & 255:   {"tcp_create_openreq_child", Transport, "net/ipv4/tcp_minisocks.c", "A new socket from listener and request."},
	TcpCheckReq & 255:             {"tcp_check_req", Transport, "net/ipv4/tcp_minisocks.c", "A segment for a half-open connection."},
	TcpChildProcess & 255:         {"tcp_child_process", Transport, "net/ipv4/tcp_minisocks.c", "The new socket takes its first segment."},
	TwskSchedule & 255:            {"__inet_twsk_schedule", Transport, "net/ipv4/inet_timewait_sock.c", "Set when the TIME_WAIT socket goes away."},
	TwskKill & 255:                {"inet_twsk_kill", Transport, "net/ipv4/inet_timewait_sock.c", "The TIME_WAIT socket goes away."},
	InetCskGetPort & 255:          {"inet_csk_get_port", Socket, "net/ipv4/inet_connection_sock.c", "bind: may the socket have this port?"},
	InetCskAccept & 255:           {"inet_csk_accept", Socket, "net/ipv4/inet_connection_sock.c", "Give the program a finished connection."},
	InetCskListenStart & 255:      {"inet_csk_listen_start", Socket, "net/ipv4/inet_connection_sock.c", "The socket begins to listen."},
	InetCskRouteReq & 255:         {"inet_csk_route_req", Transport, "net/ipv4/inet_connection_sock.c", "Which way does the SYN-ACK go?"},
	Inet6CskRouteReq & 255:        {"inet6_csk_route_req", Transport, "net/ipv6/inet6_connection_sock.c", "Which way does the SYN-ACK go?"},
	ReqskTimerHandler & 255:       {"reqsk_timer_handler", Transport, "net/ipv4/inet_connection_sock.c", "The SYN-ACK is not acknowledged."},
	ReqskQueueDrop & 255:          {"__inet_csk_reqsk_queue_drop", Transport, "net/ipv4/inet_connection_sock.c", "Forget a half-open connection."},
	ReqskQueueHashAdd & 255:       {"inet_csk_reqsk_queue_hash_add", Transport, "net/ipv4/inet_connection_sock.c", "Remember a half-open connection, with a timer."},
	InetCskCloneLock & 255:        {"inet_csk_clone_lock", Transport, "net/ipv4/inet_connection_sock.c", "Copy the listener's settings to the new socket."},
	InetCskDestroySock & 255:      {"inet_csk_destroy_sock", Transport, "net/ipv4/inet_connection_sock.c", "Give the socket's memory back."},
	CompleteHashdance & 255:       {"inet_csk_complete_hashdance", Transport, "net/ipv4/inet_connection_sock.c", "The new socket joins the accept queue."},
	InetHashConnect & 255:         {"inet_hash_connect", Transport, "net/ipv4/inet_hashtables.c", "A local port, and a place in the table of connections."},
	TcpRenoCongAvoid & 255:        {"tcp_reno_cong_avoid", Transport, "net/ipv4/tcp_cong.c", "Reno: how much may the window grow?"},
	CubictcpCongAvoid & 255:       {"cubictcp_cong_avoid", Transport, "net/ipv4/tcp_cubic.c", "CUBIC: how much may the window grow?"},
	TcpCwndRestart & 255:          {"tcp_cwnd_restart", Transport, "net/ipv4/tcp_output.c", "After a pause the old window says nothing."},
	TcpRackMarkLost & 255:         {"tcp_rack_mark_lost", Transport, "net/ipv4/tcp_recovery.c", "Which segments were overtaken too long ago?"},
	TcpRackReoTimeout & 255:       {"tcp_rack_reo_timeout", Transport, "net/ipv4/tcp_recovery.c", "The time for reordering is over."},
}

// Why TCP decided.
const (
	WhyNotForHost Why = Why(baseTCP + 1 + iota)
	WhyDoff
	WhyCsum
	WhyNoSocket
	WhyNoFlags
	WhyListenAck
	WhyListenRst
	WhySynFin
	WhyNoSyn
	WhySyn
	WhySynAgain
	WhyAcceptQFull
	WhyReqBadAck
	WhyReqGiveUp
	WhyCookieNotModelled
	WhyFastopenNotModelled
	WhyOptionNotModelled
	WhyUrgNotModelled
	WhySequence
	WhyPaws
	WhyRstChallenge
	WhySynChallenge
	WhyReset
	WhyFastAck
	WhyFastData
	WhyAck
	WhyAckOld
	WhyAckTooOld
	WhyAckUnsent
	WhyRtt
	WhySack
	WhyRackLost
	WhyRecovery
	WhyLoss
	WhySlowStart
	WhyCongAvoid
	WhyPartOld
	WhyOldData
	WhyOverWindow
	WhyZeroWindow
	WhyOfo
	WhyOfoMoved
	WhyQueued
	WhyAbortOnData
	WhySimulClose
	WhySimulOpen
	WhyAckFull
	WhyAckQuick
	WhyAckNow
	WhyAckOfo
	WhyDelack
	WhyReaderAck
	WhyWindowOpens
	WhyWindow
	WhyWindowZero
	WhyRcvbufGrow
	WhyMss
	WhyTransmit
	WhyFragment
	WhyCwndFull
	WhyRwndFull
	WhyNagle
	WhyRetransmit
	WhyLossProbe
	WhyProbe0
	WhyRTO
	WhyTimerEarly
	WhyTimedOut
	WhyKeepalive
	WhySendmsg
	WhyRecvmsg
	WhyCloseUnread
	WhyLinger0
	WhyTimeWait
	WhyTWReset
	WhyTWSyn
	WhyPortTaken
	WhyPortChosen
	WhyErrNoSocket
	WhyErrWindow
	WhyErrHard
	WhyErrSoft
	WhyMtuReduced
	WhyFollowJoined
	WhyFollowUnread
	WhyFollowReadWindow
	WhyFollowReadAnswer
	WhyFollowReadEnd
	WhyFollowReadLast
	WhyFollowReadEOF
	WhyFollowNoRoute
	WhyFollowGap
	WhyFollowRetrans
	WhyFollowSent
	WhyFollowAckDiffers
	WhyFollowAckEarly
	WhyEarlyFound
	WhyEarlyNone
	WhyConn
	WhyListener
	WhyHalfOpen
	WhyLate
	WhyDoRcv
	WhySlowOff
	WhySlowHeader
	WhySlowSeq
	WhySlowAck
	WhySlowOther
	WhyValid
	WhySeqOld
	WhyAckSyn
	WhyAckFin
	WhyAckDup
	WhyAckIdle
	WhyClean
	WhyCleanNone
	WhyRtoSet
	WhyRtoOff
	WhyNoProbe
	WhyNoProbeNow
	WhyAlert
	WhyInOrder
	WhyNoData
	WhyQueuedFin
	WhyNoAckOwed
	WhyAckLater
	WhyAckSoon
	WhyInFlight
	WhyFollowAck
	WhyFollowTimer
	WhyFollowSynack
	WhyCwndUnused
	WhyConnect
	WhySynOffers
	WhyState
	WhyEstablished
	WhyFinWait2
	WhyBothClosed
	WhySynAnswered
	WhyStartCwnd
	WhyPassiveClose
	WhyLastFin
	WhyTwTimer
	WhyTwLate
	WhyTwQuiet
	WhyErrSock
	WhyMssDefault
	WhyMtuSame
	WhyReqDone
	WhyRecovered
	WhyUndone
	WhyTooLarge
	WhyRackLostNow
	WhyRackNone
	WhyFollowAckOnly
	WhyFollowSyn
	WhyFollowRst
	WhyFollowFin
	WhyFollowRetransAll
	WhyResetNever
	WhyResetSent
	WhyIdleRestart
	WhyFollowRetransFirst
	WhyRetransmitFirst
	WhyRackFirst
	WhyRtxQueue
	WhyTransmitSyn
	WhyTransmitAck
	WhyXmitDone
	WhyAckDeferred
	WhyAckCompressed
	WhyAckKick
	WhyMetricsRTO
	WhyMetricsKept
	WhyOwnedByUser
	WhyBacklogLimit
	WhyBacklogMerged
	WhyBacklogMergedInto
	endTCPWhy
)

var tcpWhys = [int(endTCPWhy) - baseTCP]string{
	WhyNotForHost & 255:          "The frame was not addressed to this host alone: TCP takes no broadcast or multicast.",
	WhyDoff & 255:                "The header says that it is {0} bytes long, and {1} are there.",
	WhyCsum & 255:                "The checksum over addresses, header and data is wrong: nobody is told.",
	WhyNoSocket & 255:            "No connection has these addresses and ports, and nobody listens on port {0}.",
	WhyNoFlags & 255:             "Neither SYN nor ACK nor RST is set: such a segment means nothing.",
	WhyListenAck & 255:           "An ACK for a socket that only listens: it belongs to no connection, so a RST answers it.",
	WhyListenRst & 255:           "A RST for a socket that only listens: there is nothing to break off.",
	WhySynFin & 255:              "SYN and FIN together: no honest stack sends that.",
	WhyNoSyn & 255:               "Our SYN needs a SYN in the answer, and there is none.",
	WhySyn & 255:                 "{0} {0?connection waits|connections wait} for accept() (at most {1}): there is room. Our numbers begin at {2}.",
	WhySynAgain & 255:            "The same SYN again: the SYN-ACK was lost, so it goes once more.",
	WhyAcceptQFull & 255:         "{0} connections wait for accept, more than the backlog {1}: the SYN must come again later.",
	WhyReqBadAck & 255:           "It acknowledges {0}, and our SYN-ACK needs {1}.",
	WhyReqGiveUp & 255:           "{0} SYN-ACKs were sent again, and no ACK came: forget it.",
	WhyCookieNotModelled & 255:   "Not modelled: SYN cookies. {0} half-open connections wait, the backlog is {1}; the SYN is dropped.",
	WhyFastopenNotModelled & 255: "Not modelled: TCP Fast Open. The option is ignored.",
	WhyOptionNotModelled & 255:   "Not modelled: an MPTCP, MD5 or AO option. It is ignored.",
	WhyUrgNotModelled & 255:      "Not modelled: urgent data. It stays in the stream.",
	WhySequence & 255:            "It begins {0} bytes beyond the end of the window that this side offered.",
	WhyPaws & 255:                "Its timestamp {0} is older than {1}, the last one: an old duplicate (PAWS).",
	WhyRstChallenge & 255:        "A RST must have exactly the number {1}; this has {0}. It may be forged: ask with an ACK.",
	WhySynChallenge & 255:        "A SYN on a live connection: ask with an ACK whether it is meant.",
	WhyReset & 255:               "The connection is broken off; the program gets {0:err}.",
	WhyFastAck & 255:             "Only the acknowledgement is new, all else is as predicted: the fast path.",
	WhyFastData & 255:            "It is just the data that was expected next, all else is as predicted: the fast path.",
	WhyAck & 255:                 "{0} more {0?byte is|bytes are} acknowledged, up to {1}; {2} {2?segment is|segments are} still in flight.",
	WhyAckOld & 255:              "It acknowledges {0}, and {1} is acknowledged already: it was overtaken on the way.",
	WhyAckTooOld & 255:           "It acknowledges {0}, more than a window before {1}: not ours.",
	WhyAckUnsent & 255:           "It acknowledges {0}, and we have sent no further than {1}.",
	WhyRtt & 255:                 "This round trip took {0:dur}; smoothed over time it is {1:dur}. Allow {2:dur} more before a segment counts as late: that is the timeout (RTO).",
	WhySack & 255:                "{0} SACK {0?block|blocks}: {1} {1?segment has|segments have} arrived behind a hole, {2} {2?is|are} believed lost.",
	WhyRackLost & 255:            "A segment that was sent later has arrived, and the one {0} bytes behind the last acknowledged byte has not, though {1:dur} were given for reordering: it counts as lost (RACK).",
	WhyRecovery & 255:            "{0} {0?segment counts|segments count} as lost, {1} {1?has|have} arrived behind: repair begins (Recovery), and the threshold for slow start goes to {2} segments.",
	WhyLoss & 255:                "A timeout with {0} {0?segment|segments} in flight: all count as lost. The threshold for slow start goes to {1}, and one segment may go.",
	WhySlowStart & 255:           "Slow start: one more segment for each that is acknowledged. The congestion window goes from {0} to {1} segments.",
	WhyCongAvoid & 255:           "Congestion avoidance: the window is {0} segments, and grows by one when {2} are acknowledged; {1} are so far.",
	WhyPartOld & 255:             "The first {0} bytes are here already: only the rest is taken.",
	WhyOldData & 255:             "All of it is here already: it ends at {0}, and {1} is expected next.",
	WhyOverWindow & 255:          "It begins at {0}, and the window that this side offered ends at {1}.",
	WhyZeroWindow & 255:          "The window that we offered is 0: there is no room.",
	WhyOfo & 255:                 "{0} {0?byte is|bytes are} missing before it: it must wait behind the hole ({1} wait already).",
	WhyOfoMoved & 255:            "The hole is filled: {0} bytes that had come early are in order now.",
	WhyQueued & 255:              "{0} {0?byte goes|bytes go} to the receive queue; what waits there uses {1} of {2} bytes of memory.",
	WhyAbortOnData & 255:         "Data came for a program that has closed: a RST says that it is lost.",
	WhySimulClose & 255:          "Both sides closed at the same time: our FIN is not acknowledged yet.",
	WhySimulOpen & 255:           "Both sides sent a SYN at the same time: our SYN goes again, with an ACK.",
	WhyAckFull & 255:             "{0} bytes are not acknowledged, more than one segment ({1}): acknowledge now.",
	WhyAckQuick & 255:            "{0} quick {0?ACK|ACKs} may still go without waiting, so that the sender's window grows: acknowledge now.",
	WhyAckNow & 255:              "A hole was filled, or there is no room: acknowledge now.",
	WhyAckOfo & 255:              "{0} {0?segment waits|segments wait} behind a hole: acknowledge now, and tell by SACK what is here.",
	WhyDelack & 255:              "The ACK waits up to {0:dur}: perhaps data of our own can carry it.",
	WhyReaderAck & 255:           "The program has read what was there: the ACK that waited goes now.",
	WhyWindowOpens & 255:         "The window was {0} bytes and can be {1}: tell the sender.",
	WhyWindow & 255:              "This side can take {0} bytes more (limit for now {1}; what waits uses {2} of {3} bytes of memory).",
	WhyWindowZero & 255:          "{0} bytes of {1} are free, less than a segment of {2} or a sixteenth: offer nothing.",
	WhyRcvbufGrow & 255:          "The program read {2} bytes in one round trip: the buffer grows from {0} to {1}.",
	WhyMss & 255:                 "The path takes packets of {0} bytes, the other side segments of {1}: that leaves {2} bytes of payload, options taken off.",
	WhyTransmit & 255:            "A segment with {0:tcpbits} and {2} bytes of data, from number {1} on. The number expected from the other side is {3}; window field {4}.",
	WhyFragment & 255:            "A packet of {0} bytes is cut after {1}.",
	WhyCwndFull & 255:            "{0} {0?segment is|segments are} in flight, and the congestion window is {1}: wait for an ACK.",
	WhyRwndFull & 255:            "The segment ends {0} bytes beyond the window that the other side offers: wait.",
	WhyNagle & 255:               "{0} bytes are less than a segment ({1}), and another small segment is not acknowledged yet: wait (Nagle).",
	WhyRetransmit & 255:          "{0} bytes go again, {1} bytes further on than the first that is not acknowledged (timeouts in a row: {2}).",
	WhyLossProbe & 255:           "If no ACK comes within {0:dur}, a probe goes ({2} {2?segment|segments} in flight, a round trip takes {1:dur}).",
	WhyProbe0 & 255:              "Window probe {0}: the next in {1:dur}.",
	WhyRTO & 255:                 "Timeout {0} in a row: no ACK came within {1:dur}. The oldest segment ({2} {2?byte|bytes} of data) goes again.",
	WhyTimerEarly & 255:          "The timer was moved meanwhile: it is due at {0:time}.",
	WhyTimedOut & 255:            "{0} {0?timeout|timeouts} without an answer: the program gets {1:err}.",
	WhyKeepalive & 255:           "Nothing was heard for {0:dur}; {1} of {2} probes were sent.",
	WhySendmsg & 255:             "{0} bytes are taken; {1} are not sent yet; a segment is {2} bytes.",
	WhyRecvmsg & 255:             "The program gets {0} bytes; {1} still wait.",
	WhyCloseUnread & 255:         "{0} bytes were never read: a RST tells the other side.",
	WhyLinger0 & 255:             "SO_LINGER with 0 seconds: break off with a RST.",
	WhyTimeWait & 255:            "A small socket stays for {1:dur} in state {0:tcpst}, to answer what comes late.",
	WhyTWReset & 255:             "A RST ends TIME_WAIT (tcp_rfc1337 is 0).",
	WhyTWSyn & 255:               "A SYN with {0}, above the old connection's {1}: a new one may begin at once, with our number {2}.",
	WhyPortTaken & 255:           "Port {0} is taken.",
	WhyPortChosen & 255:          "Port {0} is free for this destination.",
	WhyErrNoSocket & 255:         "No connection from port {0} to port {1}: the error is about nothing here.",
	WhyErrWindow & 255:           "It quotes number {0}, and {1} to {2} is in flight: old or forged.",
	WhyErrHard & 255:             "The connection does not stand yet: connect fails with {0:err}.",
	WhyErrSoft & 255:             "The connection goes on; {0:err} is remembered in case it fails.",
	WhyMtuReduced & 255:          "The path takes packets of {0} bytes; this connection sent up to {1}.",
	WhyFollowJoined & 255:        "The connection with {0:ip} port {2} began before the capture: it is joined in the middle, at {3} (sent) and {4} (received).",
	WhyFollowUnread & 255:        "What arrived has shrunk the window that the host offers to {1} bytes: its program is not reading, {0} bytes wait.",
	WhyFollowReadWindow & 255:    "The window that the host offers ({1} bytes) tells that its program has read: {0} {0?byte|bytes}; {2} {2?waits|wait}.",
	WhyFollowReadAnswer & 255:    "The host sends data, and its window does not say otherwise: its program has read what waited, {0} {0?byte|bytes}.",
	WhyFollowReadEnd & 255:       "The connection ends in good order: the program has read what waited, {0} {0?byte|bytes}.",
	WhyFollowReadEOF & 255:       "The program is told that the other side sends no more.",
	WhyFollowReadLast & 255:      "The capture is over, and no window says otherwise: the program has read what waited, {0} {0?byte|bytes}.",
	WhyFollowNoRoute & 255:       "The captured host sent to {0:ip}; this one has no route there.",
	WhyFollowGap & 255:           "The capture does not show {0} bytes that the host sent.",
	WhyFollowRetrans & 255:       "The captured host sent {0} {0?byte|bytes} again, {1} bytes further on than the first that is not acknowledged.",
	WhyFollowSent & 255:          "The capture shows that the host sent {2} {2?byte|bytes} of data ({0:tcpbits}), from number {1} on; the number that it expects next is {3}.",
	WhyFollowAckDiffers & 255:    "The captured host acknowledged {0}; Linux would have acknowledged {1}.",
	WhyFollowAckEarly & 255:      "The captured host sent an ACK; Linux would have waited {0:dur} longer.",
	WhyEarlyFound & 255:          "A connection has exactly these addresses and ports; its state is {0:tcpst}.",
	WhyEarlyNone & 255:           "No connection has these addresses and ports yet.",
	WhyConn & 255:                "It belongs to the connection with {0:ip} port {2}, in state {3:state}.",
	WhyListener & 255:            "No connection with {0:ip} port {2}; a socket listens on port {3}.",
	WhyHalfOpen & 255:            "It belongs to a half-open connection: {0:ip} port {2} sent a SYN before.",
	WhyLate & 255:                "The connection with {0:ip} port {2} is over: a small TIME_WAIT socket answers.",
	WhyAckDeferred & 255:         "An ACK is due. It waits until the backlog is worked off: one for all of it (tcp_backlog_ack_defer).",
	WhyAckCompressed & 255:       "Three duplicate ACKs have gone: the sender knows of the hole. {0} {0?ACK is|ACKs are} saved up for one that goes within {1:dur} (tcp_comp_sack_delay_ns).",
	WhyAckKick & 255:             "One ACK goes for {0} that were due.",
	WhyMetricsRTO & 255:          "The last connection with this host had a round trip of {0:dur}, longer than the {1:dur} of this handshake: the first timeout is {2:dur}.",
	WhyMetricsKept & 255:         "A round trip of {0:dur} is kept for the next connection with this host.",
	WhyOwnedByUser & 255:         "A system call of the program holds the socket: the packet waits in the backlog until the call is over ({0} {0?waits|wait} there).",
	WhyBacklogLimit & 255:        "{0} bytes of memory are used by packets that wait, more than the {1} that a backlog may take: no more fits.",
	WhyBacklogMerged & 255:       "It says nothing that the last packet of the backlog does not, but for a later acknowledgement: the two are taken for one, {0:skb}, which acknowledges {1} bytes.",
	WhyBacklogMergedInto & 255:   "Its acknowledgement went on in packet {0:skb} of the backlog.",
	WhyDoRcv & 255:               "In state {0:state}, {1?the short way is tried first|every segment goes through the state machine}.",
	WhySlowOff & 255:             "The short way is closed: data is missing, memory is full, or the window has just changed. So everything is checked.",
	WhySlowHeader & 255:          "Flags, header length or window are not as predicted: everything is checked.",
	WhySlowSeq & 255:             "It begins at {0}, and {1} was expected next: everything is checked.",
	WhySlowAck & 255:             "Its acknowledgement ({0}) is not for what is in flight: everything is checked.",
	WhySlowOther & 255:           "The header is as predicted, but its timestamp or the memory for its data must be looked at: everything is checked.",
	WhyValid & 255:               "Its numbers lie in the window of {0} bytes that this side offered, and it is no SYN or RST: it may be taken.",
	WhySeqOld & 255:              "It ends {0} {0?byte|bytes} before what this side has acknowledged: an old copy, or a probe.",
	WhyAckSyn & 255:              "Our SYN is acknowledged.",
	WhyAckFin & 255:              "Everything is acknowledged, our FIN too.",
	WhyAckDup & 255:              "It acknowledges nothing new; {0} {0?segment is|segments are} in flight, and the other side offers {1} bytes of window.",
	WhyAckIdle & 255:             "Nothing of ours is in flight, so there is nothing to acknowledge. The other side offers {0} bytes of window.",
	WhyClean & 255:               "{0} {0?segment is|segments are} acknowledged and forgotten; {1} {1?stays|stay} until {1?it is|they are}.",
	WhyCleanNone & 255:           "Nothing new is acknowledged: all {0} {0?segment stays|segments stay}.",
	WhyRtoSet & 255:              "If the oldest segment is not acknowledged within {0:dur}, it goes again.",
	WhyRtoOff & 255:              "Nothing is in flight: the retransmission timer stops.",
	WhyNoProbe & 255:             "No loss probe is needed: nothing is in flight.",
	WhyNoProbeNow & 255:          "No loss probe now: they are off, there is no SACK, or a loss is being repaired.",
	WhyAlert & 255:               "This ACK is not ordinary. So far {0} {0?segment has|segments have} arrived behind a hole and {1} {1?is|are} believed lost (congestion state {2:ca}).",
	WhyInOrder & 255:             "It begins with just the byte that was expected.",
	WhyNoData & 255:              "It carries no data: nothing is to be queued.",
	WhyQueuedFin & 255:           "The FIN waits behind the data: the program will read \"end of file\" there.",
	WhyNoAckOwed & 255:           "Nothing has come that must be acknowledged.",
	WhyAckLater & 255:            "Less than two segments wait for an ACK, and no quick ACKs are left: it may wait.",
	WhyAckSoon & 255:             "The ACK has waited nearly as long as it may: it goes now.",
	WhyInFlight & 255:            "{0} {0?segment is|segments are} in flight now. This one is kept until it is acknowledged.",
	WhyFollowAck & 255:           "Linux would send an ACK here. The capture says when the host really did.",
	WhyFollowTimer & 255:         "The timer ran out: Linux would act here. The capture says what the host really did.",
	WhyFollowSynack & 255:        "Linux would answer with a SYN-ACK here. The capture says when the host really did.",
	WhyCwndUnused & 255:          "The congestion window of {0} segments was not used up, so the network was not tried: it does not grow.",
	WhyConnect & 255:             "From {0:ip} port {2} to {3:ip} port {5}; our numbers begin at {6}.",
	WhySynOffers & 255:           "The SYN offers segments of {0} bytes and a window of {1}, scaled by 2^{2} from then on.",
	WhyState & 255:               "The state is {0:state}: its rules apply (RFC 9293, section 3.10.7).",
	WhyEstablished & 255:         "Our SYN-ACK is acknowledged: the handshake is complete, and the connection stands.",
	WhyFinWait2 & 255:            "Our FIN is acknowledged: this direction is closed. Wait for the FIN of the other side.",
	WhyBothClosed & 255:          "Both sides have closed, and our FIN is acknowledged: the connection is over.",
	WhySynAnswered & 255:         "It acknowledges our SYN and brings one of its own: the connection stands.",
	WhyStartCwnd & 255:           "The congestion window begins with {0} segments; the receive buffer is {1} bytes.",
	WhyPassiveClose & 255:        "The other side has closed first. Our program may still send (CLOSE_WAIT).",
	WhyLastFin & 255:             "Both sides have closed now: wait in TIME_WAIT in case our last ACK is lost.",
	WhyTwTimer & 255:             "It goes away in {0:dur}.",
	WhyTwLate & 255:              "It brings nothing new: the other side has not had our last ACK. It goes again.",
	WhyTwQuiet & 255:             "It is in order and asks for nothing.",
	WhyErrSock & 255:             "It is about the connection with {0:ip} port {2}.",
	WhyMssDefault & 255:          "The path takes packets of {0} bytes. The other side has not said yet what it takes, so {1} is assumed: {2} bytes of payload, options taken off.",
	WhyMtuSame & 255:             "The path takes packets of {0} bytes, and this connection sends no larger ones: nothing changes.",
	WhyReqDone & 255:             "It acknowledges our SYN-ACK: the three-way handshake is complete.",
	WhyRecovered & 255:           "Everything that was in flight when the repair began is acknowledged: it is over.",
	WhyUndone & 255:              "Nothing was lost after all, only late: the congestion window goes back to {0} segments.",
	WhyTooLarge & 255:            "{0} {0?segment is|segments are} too large for the path now: {0?it goes|they go} again in pieces of {1} bytes. That is no congestion.",
	WhyRackLostNow & 255:         "A segment that was sent later has arrived, and the one {0} bytes behind the last acknowledged byte has not: it counts as lost (RACK).",
	WhyRackNone & 255:            "No segment was overtaken for too long.",
	WhyFollowAckOnly & 255:       "The capture shows that the host sent an acknowledgement without data: the number that it expects next is {3}.",
	WhyFollowSyn & 255:           "The capture shows that the host sent a segment with {0:tcpbits}: its numbers begin at {1}.",
	WhyFollowRst & 255:           "The capture shows that the host sent a segment with {0:tcpbits}: it breaks the connection off.",
	WhyFollowFin & 255:           "The capture shows that the host sent a FIN with {2} {2?byte|bytes} of data: it has nothing more to send.",
	WhyFollowRetransAll & 255:    "The captured host sent number {0} again, with {1} {1?byte|bytes}.",
	WhyResetNever & 255:          "A RST is never answered.",
	WhyResetSent & 255:           "The sender learns by a RST that nothing is here for it.",
	WhyIdleRestart & 255:         "Nothing was sent for {0:dur}, longer than the timeout: the window begins anew with {1} segments.",
	WhyFollowRetransFirst & 255:  "The captured host sent {0} {0?byte|bytes} again, the first that are not acknowledged.",
	WhyRetransmitFirst & 255:     "{0} bytes go again, the first that are not acknowledged (timeouts in a row: {2}).",
	WhyRackFirst & 255:           "A segment that was sent later has arrived, and the first that is not acknowledged has not: it counts as lost (RACK).",
	WhyRtxQueue & 255:            "{0} {0?segment counts|segments count} as lost; the congestion window lets {1} go now.",
	WhyTransmitSyn & 255:         "A segment with {0:tcpbits}: our numbers begin at {1}; window field {4}.",
	WhyTransmitAck & 255:         "An acknowledgement without data ({0:tcpbits}): the number expected from the other side is {3}; window field {4}.",
	WhyXmitDone & 255:            "{0} {0?segment was|segments were} handed to IP; {1} {1?is|are} in flight, and the congestion window allows {2}.",
}

// What lost in TCP.
const (
	TryListener Try = Try(baseTCP + 1 + iota)
	endTCPTry
)

var tcpTries = [int(endTCPTry) - baseTCP]Tried{
	TryListener & 255: {"socket", "the listener on {0:ip} port {2}", "bound to another address or device (device {3:dev}), or another fits {4:ip} better"},
}
