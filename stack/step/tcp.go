package step

const baseTCP = int(areaTCP) << 8

// TCP.
const (
	TcpV4EarlyDemux Step = Step(baseTCP + 1 + iota)
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
	TcpCleanupRbuf
	TcpClose
	TcpDisconnect
	TcpDone
	InetShutdown
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
	endTCP
)

var tcpSteps = [int(endTCP) - baseTCP]Info{
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
	TcpRecvmsgLocked & 255:        {"tcp_recvmsg_locked", Socket, "net/ipv4/tcp.c", "Copy what has arrived to the program."},
	TcpCleanupRbuf & 255:          {"__tcp_cleanup_rbuf", Transport, "net/ipv4/tcp.c", "The program has read: does the sender need to know?"},
	TcpClose & 255:                {"__tcp_close", Socket, "net/ipv4/tcp.c", "The program lets go of the connection."},
	TcpDisconnect & 255:           {"tcp_disconnect", Transport, "net/ipv4/tcp.c", "Break the connection off."},
	TcpDone & 255:                 {"tcp_done", Transport, "net/ipv4/tcp.c", "The connection is over."},
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
	WhyCongNotModelled
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
	WhyFollowNoRoute
	WhyFollowGap
	WhyFollowRetrans
	WhyFollowSent
	WhyFollowAckDiffers
	WhyFollowAckEarly
	endTCPWhy
)

var tcpWhys = [int(endTCPWhy) - baseTCP]string{
	WhyNotForHost & 255:          "The frame was not addressed to this host alone: TCP takes no broadcast or multicast.",
	WhyDoff & 255:                "The header says {0} bytes, and {1} are there.",
	WhyCsum & 255:                "The checksum over addresses, header and data is wrong: nobody is told.",
	WhyNoSocket & 255:            "No connection has these four numbers, and nobody listens on port {0}.",
	WhyNoFlags & 255:             "Neither SYN nor ACK nor RST is set: such a segment means nothing.",
	WhyListenAck & 255:           "An ACK for a socket that only listens: it belongs to no connection, so a RST answers it.",
	WhyListenRst & 255:           "A RST for a socket that only listens: there is nothing to break off.",
	WhySynFin & 255:              "SYN and FIN together: no honest stack sends that.",
	WhyNoSyn & 255:               "Our SYN needs a SYN in the answer, and there is none.",
	WhySyn & 255:                 "{0} connections wait for accept (at most {1}): there is room. Our first number is {2}.",
	WhySynAgain & 255:            "The same SYN again: the SYN-ACK was lost, so it goes once more.",
	WhyAcceptQFull & 255:         "{0} connections wait for accept, more than the backlog {1}: the SYN must come again later.",
	WhyReqBadAck & 255:           "It acknowledges {0}, and our SYN-ACK needs {1}.",
	WhyReqGiveUp & 255:           "{0} SYN-ACKs were sent again, and no ACK came: forget it.",
	WhyCookieNotModelled & 255:   "Not modelled: SYN cookies. {0} half-open connections wait, the backlog is {1}; the SYN is dropped.",
	WhyFastopenNotModelled & 255: "Not modelled: TCP Fast Open. The option is ignored.",
	WhyOptionNotModelled & 255:   "Not modelled: an MPTCP, MD5 or AO option. It is ignored.",
	WhyUrgNotModelled & 255:      "Not modelled: urgent data. It stays in the stream.",
	WhyCongNotModelled & 255:     "Not modelled: this congestion control. CUBIC takes its place.",
	WhySequence & 255:            "It has {0} to {1}, and the window is {2} to {3}: outside.",
	WhyPaws & 255:                "Its timestamp {0} is older than the last one, {1}: an old duplicate (PAWS).",
	WhyRstChallenge & 255:        "A RST must have exactly the number {1}; this has {0}. It may be forged: ask with an ACK.",
	WhySynChallenge & 255:        "A SYN on a live connection: ask with an ACK whether it is meant.",
	WhyReset & 255:               "The connection is broken off; the program gets {0:err}.",
	WhyFastAck & 255:             "Just the ACK that was expected: the fast path.",
	WhyFastData & 255:            "Just the data that was expected: the fast path.",
	WhyAck & 255:                 "{0} is acknowledged (before: {1}); {2} segments are still in flight.",
	WhyAckOld & 255:              "It acknowledges {0}, and {1} is acknowledged already: nothing new.",
	WhyAckTooOld & 255:           "It acknowledges {0}, more than a window before {1}: not ours.",
	WhyAckUnsent & 255:           "It acknowledges {0}, and we have sent no further than {1}.",
	WhyRtt & 255:                 "A round trip of {0:dur}: smoothed {1:dur}, deviation {2:dur}.",
	WhySack & 255:                "{0} SACK blocks: {1} segments have arrived out of order, {2} are believed lost.",
	WhyRackLost & 255:            "The segment at {0} was overtaken by a later one, longer ago than {1:dur}: it is lost.",
	WhyRecovery & 255:            "{0} segments are lost, {1} have arrived behind them: Recovery, and ssthresh goes to {2}.",
	WhyLoss & 255:                "A timeout with {0} segments in flight: all count as lost, ssthresh goes to {1}, one segment may go.",
	WhySlowStart & 255:           "Slow start: the window goes from {0} to {1} segments.",
	WhyCongAvoid & 255:           "Congestion avoidance: the window is {0} segments; {1} of the {2} ACKs for one more are here.",
	WhyPartOld & 255:             "The first {0} bytes are here already: only the rest is taken.",
	WhyOldData & 255:             "It ends at {0}, and {1} is the next that is expected: all of it is here already.",
	WhyOverWindow & 255:          "It begins at {0}, and the window ends at {1}.",
	WhyZeroWindow & 255:          "The window that we offered is 0: there is no room.",
	WhyOfo & 255:                 "It begins at {0}, and {1} is expected: there is a hole before it.",
	WhyOfoMoved & 255:            "{0} to {1} waited for the hole to be filled.",
	WhyQueued & 255:              "{0} bytes go to the receive queue ({1} of {2} bytes of memory are used).",
	WhyAbortOnData & 255:         "Data came for a program that has closed: a RST says that it is lost.",
	WhySimulClose & 255:          "Both sides closed at the same time: our FIN is not acknowledged yet.",
	WhySimulOpen & 255:           "Both sides sent a SYN at the same time: our SYN goes again, with an ACK.",
	WhyAckFull & 255:             "{0} bytes are not acknowledged, more than a segment ({1}): acknowledge now.",
	WhyAckQuick & 255:            "Quick ACKs: {0} more go at once, so that the sender's window grows.",
	WhyAckNow & 255:              "A hole was filled, or there is no room: acknowledge now.",
	WhyAckOfo & 255:              "{0} packets wait behind a hole: acknowledge now, with SACK.",
	WhyDelack & 255:              "The ACK may wait {0:dur} for data to carry it.",
	WhyReaderAck & 255:           "The program has read what was there: the ACK that waited goes now.",
	WhyWindowOpens & 255:         "The window was {0} bytes and can be {1}: tell the sender.",
	WhyWindow & 255:              "{0} bytes fit (limit for now {1}; {2} of {3} bytes of memory are used).",
	WhyWindowZero & 255:          "{0} bytes of {1} are free, less than a segment of {2} or a sixteenth: offer nothing.",
	WhyRcvbufGrow & 255:          "The program read {2} bytes in one round trip: the buffer grows from {0} to {1}.",
	WhyMss & 255:                 "MTU {0}, the other side takes segments of {1}: {2} bytes of payload.",
	WhyTransmit & 255:            "{0:flags} seq {1}, {2} bytes, ack {3}, window field {4}.",
	WhyFragment & 255:            "A packet of {0} bytes is cut after {1}.",
	WhyCwndFull & 255:            "{0} segments are in flight, and the congestion window is {1}: wait for an ACK.",
	WhyRwndFull & 255:            "The segment ends at {0}, and the other side's window ends at {1}: wait.",
	WhyNagle & 255:               "{0} bytes are less than a segment ({1}), and another small one is on its way: wait (Nagle).",
	WhyRetransmit & 255:          "{0} to {1} goes again (timeouts so far: {2}).",
	WhyLossProbe & 255:           "If no ACK comes in {0:dur}, probe (smoothed round trip {1} µs, {2} segments in flight).",
	WhyProbe0 & 255:              "Window probe {0}: the next in {1:dur}.",
	WhyRTO & 255:                 "Timeout {0}: no ACK in {1:dur}; send {2} again.",
	WhyTimerEarly & 255:          "The timer was moved: it is due at {0:dur}.",
	WhyTimedOut & 255:            "{0} timeouts without an answer: the program gets {1:err}.",
	WhyKeepalive & 255:           "Nothing was heard for {0:dur}; {1} of {2} probes were sent.",
	WhySendmsg & 255:             "{0} bytes are taken; {1} are not sent yet; a segment is {2} bytes.",
	WhyRecvmsg & 255:             "The program gets {0} bytes; {1} still wait.",
	WhyCloseUnread & 255:         "{0} bytes were never read: a RST tells the other side.",
	WhyLinger0 & 255:             "SO_LINGER with 0 seconds: break off with a RST.",
	WhyTimeWait & 255:            "{0:tcpst} as a small socket, for {1:dur}.",
	WhyTWReset & 255:             "A RST ends TIME_WAIT (tcp_rfc1337 is 0).",
	WhyTWSyn & 255:               "A SYN with {0}, above the old connection's {1}: a new one may begin at once, with our number {2}.",
	WhyPortTaken & 255:           "Port {0} is taken.",
	WhyPortChosen & 255:          "Port {0} is free for this destination.",
	WhyErrNoSocket & 255:         "No connection from port {0} to port {1}: the error is about nothing here.",
	WhyErrWindow & 255:           "It quotes {0}, and {1} to {2} is in flight: old or forged.",
	WhyErrHard & 255:             "The connection does not stand yet: connect fails with {0:err}.",
	WhyErrSoft & 255:             "The connection goes on; {0:err} is remembered in case it fails.",
	WhyMtuReduced & 255:          "The path takes {0} bytes; we sent packets for {1}.",
	WhyFollowJoined & 255:        "The connection with {0:ip} port {2} began before the capture: it is joined in the middle, at {3} (sent) and {4} (received).",
	WhyFollowNoRoute & 255:       "The captured host sent to {0:ip}; this one has no route there.",
	WhyFollowGap & 255:           "The capture does not show {0} bytes that the host sent.",
	WhyFollowRetrans & 255:       "The captured host sent {0} to {1} again.",
	WhyFollowSent & 255:          "The capture shows that the host sent {0:flags} seq {1}, {2} bytes, ack {3}.",
	WhyFollowAckDiffers & 255:    "The captured host acknowledged {0}; Linux would have acknowledged {1}.",
	WhyFollowAckEarly & 255:      "The captured host sent an ACK; Linux would have waited {0:dur} longer.",
}

// What lost in TCP.
const (
	TryListener Try = Try(baseTCP + 1 + iota)
	endTCPTry
)

var tcpTries = [int(endTCPTry) - baseTCP]Tried{
	TryListener & 255: {"socket", "the listener on {0:ip} port {2}", "bound to another address or device (device {3:dev}), or another fits {4:ip} better"},
}
