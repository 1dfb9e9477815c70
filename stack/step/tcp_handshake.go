package step

const baseTCPHandshake = int(areaTCPHandshake) << 8

// TCP: Fast Open, SYN cookies, urgent data, options of sockets, tcp_info.
const (
	TcpTryFastopen Step = Step(baseTCPHandshake + 1 + iota)
	TcpFastopenCreateChild
	TcpFastopenAddSkb
	TcpFastopenQueueCheck
	TcpFastopenCookieCheck
	TcpFastopenDeferConnect
	TcpFastopenActiveDisable
	TcpFastopenOfoCheck
	TcpFastopenDetectBlackhole
	TcpFastopenSynackTimer
	TcpFastopenCacheGet
	TcpFastopenCacheSet
	TcpSendmsgFastopen
	TcpSendSynData
	TcpRcvFastopenSynack
	TcpRcvSynrecvFastopen
	ReqskFastopenRemove
	TcpSynFloodAction
	CookieV4InitSequence
	CookieV6InitSequence
	CookieV4Check
	CookieV6Check
	TcpGetCookieSock
	TcpUrg
	TcpCheckUrg
	TcpLdRTORevert
	TcpReqErr
	TcpTwskUnique
	InetCskListenStop
	InetChildForget
	TcpGetInfo
	DoTcpSetsockopt
	DoTcpGetsockopt
	endTCPHandshake
)

var tcpHandshakeSteps = [int(endTCPHandshake) - baseTCPHandshake]Info{
	TcpTryFastopen & 255:             {"tcp_try_fastopen", Transport, "net/ipv4/tcp_fastopen.c", "May the data of this SYN be taken before the handshake is complete?"},
	TcpFastopenCreateChild & 255:     {"tcp_fastopen_create_child", Transport, "net/ipv4/tcp_fastopen.c", "Make the connection's socket out of the SYN alone."},
	TcpFastopenAddSkb & 255:          {"tcp_fastopen_add_skb", Transport, "net/ipv4/tcp_fastopen.c", "Put the data of a SYN or SYN-ACK where the program reads."},
	TcpFastopenQueueCheck & 255:      {"tcp_fastopen_queue_check", Transport, "net/ipv4/tcp_fastopen.c", "Does the listener want Fast Open, and has it room for one more?"},
	TcpFastopenCookieCheck & 255:     {"tcp_fastopen_cookie_check", Transport, "net/ipv4/tcp_fastopen.c", "Is a cookie of this server known, so that data may go with the SYN?"},
	TcpFastopenDeferConnect & 255:    {"tcp_fastopen_defer_connect", Transport, "net/ipv4/tcp_fastopen.c", "May the SYN wait for the program's first data?"},
	TcpFastopenActiveDisable & 255:   {"tcp_fastopen_active_disable", Transport, "net/ipv4/tcp_fastopen.c", "Something on the way does not like Fast Open: do without for a while."},
	TcpFastopenOfoCheck & 255:        {"tcp_fastopen_active_disable_ofo_check", Transport, "net/ipv4/tcp_fastopen.c", "Did a Fast Open connection get nothing but a FIN?"},
	TcpFastopenDetectBlackhole & 255: {"tcp_fastopen_active_detect_blackhole", Transport, "net/ipv4/tcp_fastopen.c", "Do the timeouts look as if Fast Open were to blame?"},
	TcpFastopenSynackTimer & 255:     {"tcp_fastopen_synack_timer", Transport, "net/ipv4/tcp_timer.c", "The SYN-ACK of a Fast Open connection is not acknowledged."},
	TcpFastopenCacheGet & 255:        {"tcp_fastopen_cache_get", Transport, "net/ipv4/tcp_metrics.c", "What is known of this server's cookie and segment size?"},
	TcpFastopenCacheSet & 255:        {"tcp_fastopen_cache_set", Transport, "net/ipv4/tcp_metrics.c", "Keep the cookie and the segment size for the next connection."},
	TcpSendmsgFastopen & 255:         {"tcp_sendmsg_fastopen", Socket, "net/ipv4/tcp.c", "Connect and send in one call."},
	TcpSendSynData & 255:             {"tcp_send_syn_data", Transport, "net/ipv4/tcp_output.c", "Send the SYN with data, or with a request for a cookie."},
	TcpRcvFastopenSynack & 255:       {"tcp_rcv_fastopen_synack", Transport, "net/ipv4/tcp_input.c", "Did the SYN-ACK take the data that went with the SYN?"},
	TcpRcvSynrecvFastopen & 255:      {"tcp_rcv_synrecv_state_fastopen", Transport, "net/ipv4/tcp_input.c", "The handshake of a Fast Open connection is complete now."},
	ReqskFastopenRemove & 255:        {"reqsk_fastopen_remove", Transport, "net/core/request_sock.c", "Forget the half-open part of a Fast Open connection."},
	TcpSynFloodAction & 255:          {"tcp_syn_flood_action", Transport, "net/ipv4/tcp_input.c", "Too many half-open connections: answer with cookies, or not at all?"},
	CookieV4InitSequence & 255:       {"cookie_v4_init_sequence", Transport, "net/ipv4/syncookies.c", "Hide what must be remembered in the first sequence number."},
	CookieV6InitSequence & 255:       {"cookie_v6_init_sequence", Transport, "net/ipv6/syncookies.c", "Hide what must be remembered in the first sequence number."},
	CookieV4Check & 255:              {"cookie_v4_check", Transport, "net/ipv4/syncookies.c", "Does this ACK answer a SYN cookie?"},
	CookieV6Check & 255:              {"cookie_v6_check", Transport, "net/ipv6/syncookies.c", "Does this ACK answer a SYN cookie?"},
	TcpGetCookieSock & 255:           {"tcp_get_cookie_sock", Transport, "net/ipv4/syncookies.c", "The cookie is good: make the connection's socket."},
	TcpUrg & 255:                     {"tcp_urg", Transport, "net/ipv4/tcp_input.c", "Is the urgent byte in this segment?"},
	TcpCheckUrg & 255:                {"tcp_check_urg", Transport, "net/ipv4/tcp_input.c", "Does the urgent pointer say anything new?"},
	TcpLdRTORevert & 255:             {"tcp_ld_RTO_revert", Transport, "net/ipv4/tcp_ipv4.c", "The network says that it was unreachable: the timeout need not double."},
	TcpReqErr & 255:                  {"tcp_req_err", Transport, "net/ipv4/tcp_ipv4.c", "An ICMP error about a SYN-ACK."},
	TcpTwskUnique & 255:              {"tcp_twsk_unique", Transport, "net/ipv4/tcp_ipv4.c", "May a new connection take over one that is in TIME_WAIT?"},
	InetCskListenStop & 255:          {"inet_csk_listen_stop", Transport, "net/ipv4/inet_connection_sock.c", "The listener goes: those that nobody accepted are reset."},
	InetChildForget & 255:            {"inet_child_forget", Transport, "net/ipv4/inet_connection_sock.c", "Reset a connection that nobody accepted."},
	TcpGetInfo & 255:                 {"tcp_get_info", Socket, "net/ipv4/tcp.c", "Tell the program all about the connection (struct tcp_info)."},
	DoTcpSetsockopt & 255:            {"do_tcp_setsockopt", Socket, "net/ipv4/tcp.c", "The program sets a TCP option of its socket."},
	DoTcpGetsockopt & 255:            {"do_tcp_getsockopt", Socket, "net/ipv4/tcp.c", "The program asks for a TCP option of its socket."},
}

// Why it decided.
const (
	WhyTfoCookieReq Why = Why(baseTCPHandshake + 1 + iota)
	WhyTfoCookieGood
	WhyTfoCookieBackup
	WhyTfoCookieBad
	WhyTfoNoCookieNeeded
	WhyTfoServerOff
	WhyTfoNothing
	WhyTfoQueueFull
	WhyTfoQueueRoom
	WhyTfoChild
	WhyTfoSynData
	WhyTfoKnown
	WhyTfoUnknown
	WhyTfoClientNoCookie
	WhyTfoPaused
	WhyTfoPause
	WhyTfoDefer
	WhyTfoSent
	WhyTfoAsk
	WhyTfoDataAcked
	WhyTfoDataNotAcked
	WhyTfoKept
	WhyTfoSynackAgain
	WhyTfoDone
	WhyTfoRstKept
	WhyCookieSent
	WhySynDropped
	WhyCookieGood
	WhyCookieBad
	WhyCookieNone
	WhyCookieOptions
	WhyUrgNew
	WhyUrgOld
	WhyUrgByte
	WhyUrgWaits
	WhyRtoRevert
	WhyRtoKeeps
	WhyReqErrGone
	WhyReqErrSeq
	WhyReqErrKept
	WhyTwskReuse
	WhyTwskKeep
	WhyReqTsecr
	WhyReqOow
	WhyReqPaws
	WhyReqRstChallenge
	WhyReqReset
	WhyDeferAccept
	WhyReqSynRate
	WhySynBacklogQuarter
	WhySetOption
	WhySetOptionBad
	WhyGetOption
	WhyOptNotModelled
	WhyInfo
	WhyOrphans
	WhyAbortOverflow
	WhySynackGiveUp
	WhyMD5Unexpected
	endTCPHandshakeWhy
)

var tcpHandshakeWhys = [int(endTCPHandshakeWhy) - baseTCPHandshake]string{
	WhyTfoCookieReq & 255:      "The client asks for a Fast Open cookie: it gets one, made of both addresses and our key.",
	WhyTfoCookieGood & 255:     "The Fast Open cookie is the one that this host would make: the client has been here before, its data may be taken.",
	WhyTfoCookieBackup & 255:   "The Fast Open cookie was made with the backup key: it is good, and the client gets a new one.",
	WhyTfoCookieBad & 255:      "The Fast Open cookie is not the one that this host would make: the data is not taken, and the client gets the right one.",
	WhyTfoNoCookieNeeded & 255: "No cookie is needed here (tcp_fastopen is {0:hex}, TCP_FASTOPEN_NO_COOKIE is {1}): the data is taken.",
	WhyTfoServerOff & 255:      "Fast Open is off for servers (tcp_fastopen is {0:hex}; 2 would be on), so the handshake comes first.",
	WhyTfoNothing & 255:        "The SYN has neither data nor a cookie: it is an ordinary one.",
	WhyTfoQueueFull & 255:      "{0} Fast Open connections wait for their handshake, and {1} may: this one does without.",
	WhyTfoQueueRoom & 255:      "{0} Fast Open connections wait for their handshake; {1} may.",
	WhyTfoChild & 255:          "The connection's socket is made of the SYN alone; it has {0} {0?byte|bytes} of data already. Its handshake goes on meanwhile.",
	WhyTfoSynData & 255:        "{0} {0?byte|bytes} came with the SYN: the program can read them.",
	WhyTfoKnown & 255:          "A cookie of {0} bytes from this server is known: data may go with the SYN.",
	WhyTfoUnknown & 255:        "No cookie of this server is known: the SYN asks for one, and the data waits.",
	WhyTfoClientNoCookie & 255: "No cookie is needed (tcp_fastopen is {0:hex}, TCP_FASTOPEN_NO_COOKIE is {1}): data goes with the SYN.",
	WhyTfoPaused & 255:         "Fast Open failed {0} {0?time|times} lately: this host does without until {1:time} (tcp_fastopen_blackhole_timeout_sec).",
	WhyTfoPause & 255:          "Fast Open seems to be swallowed on the way: this host does without it for now ({0} {0?time|times} so far).",
	WhyTfoDefer & 255:          "The SYN waits for the program's first data, which will go with it (TCP_FASTOPEN_CONNECT).",
	WhyTfoSent & 255:           "The SYN carries {0} of {1} bytes of data.",
	WhyTfoAsk & 255:            "The SYN asks for a Fast Open cookie and carries no data.",
	WhyTfoDataAcked & 255:      "The SYN-ACK acknowledges the data that went with the SYN: a round trip is saved.",
	WhyTfoDataNotAcked & 255:   "The SYN-ACK acknowledges the SYN only: the data that went with it goes again.",
	WhyTfoKept & 255:           "A cookie of {0} bytes and segments of {1} bytes are kept for the next connection with this server.",
	WhyTfoSynackAgain & 255:    "The SYN-ACK goes again, for the {0}. time.",
	WhyTfoDone & 255:           "The handshake of the Fast Open connection is complete.",
	WhyTfoRstKept & 255:        "The client broke the connection off before its handshake was complete: its place stays taken for 60 s, as a guard against forged addresses.",
	WhyCookieSent & 255:        "{0} half-open connections wait, and {1} may (tcp_syncookies is {2}): nothing is remembered; the SYN-ACK's number {3} is the memory (segments of {4} bytes).",
	WhySynDropped & 255:        "{0} half-open connections wait, and {1} may: the SYN is dropped (tcp_syncookies is 0).",
	WhyCookieGood & 255:        "It acknowledges a SYN cookie of this host, made {0} {0?minute|minutes} ago: segments of {1} bytes.",
	WhyCookieBad & 255:         "It acknowledges no SYN cookie that this host has sent.",
	WhyCookieNone & 255:        "This listener has sent no SYN cookies lately: the ACK belongs to nothing here.",
	WhyCookieOptions & 255:     "The timestamp brings back what the SYN offered: window scale {0} (15: none), SACK {1}.",
	WhyUrgNew & 255:            "The urgent byte is number {0}, {1} {1?byte|bytes} after what the program has read.",
	WhyUrgOld & 255:            "The urgent pointer says nothing new.",
	WhyUrgByte & 255:           "The urgent byte is here: {0:hex}.",
	WhyUrgWaits & 255:          "The urgent byte is not in this segment: it is waited for.",
	WhyRtoRevert & 255:         "The network was unreachable, so it is no congestion: the timeout is {0:dur} again (RFC 6069).",
	WhyRtoKeeps & 255:          "The error is not about what is being retransmitted: the timeout stays.",
	WhyReqErrGone & 255:        "The SYN-ACK cannot reach the client: the half-open connection is forgotten.",
	WhyReqErrSeq & 255:         "It quotes number {0}, and the SYN-ACK had {1}: old or forged.",
	WhyReqErrKept & 255:        "It may be over soon: the half-open connection is kept.",
	WhyTwskReuse & 255:         "The old connection had timestamps, and {0} ms of TIME_WAIT are over: a new one may take its place (tcp_tw_reuse is {1}).",
	WhyTwskKeep & 255:          "TIME_WAIT is not over, and the connection may not be taken over (tcp_tw_reuse is {0}, tcp_tw_reuse_delay {1} ms, {2} ms have passed).",
	WhyReqTsecr & 255:          "Its timestamp echoes {0}, and the SYN-ACKs had {1} to {2}: it answers none of them.",
	WhyReqOow & 255:            "It begins at {0}; what this side takes is {1} to {2}.",
	WhyReqPaws & 255:           "Its timestamp {0} is older than the SYN's {1}: an old copy.",
	WhyReqRstChallenge & 255:   "A RST with {0}; only {1} would be believed: ask first (RFC 5961).",
	WhyReqReset & 255:          "It ends the half-open connection.",
	WhyDeferAccept & 255:       "The program wants to see no connection without data (TCP_DEFER_ACCEPT): the ACK is dropped; {0} of {1} timeouts so far.",
	WhyReqSynRate & 255:        "The SYN-ACK has just gone: it does not go again yet (tcp_invalid_ratelimit).",
	WhySynBacklogQuarter & 255: "{0} half-open connections of {1} (tcp_max_syn_backlog): the last quarter is for hosts that are known.",
	WhySetOption & 255:         "TCP option {0} becomes {1}.",
	WhySetOptionBad & 255:      "TCP option {0} cannot be {1}: {2:err}.",
	WhyGetOption & 255:         "TCP option {0} is {1}.",
	WhyOptNotModelled & 255:    "Not modelled: TCP option {0} of the socket. Linux knows it.",
	WhyInfo & 255:              "The state is {0:state}, the congestion window {1}, {2} {2?segment is|segments are} in flight.",
	WhyOrphans & 255:           "{0} connections without a program are more than tcp_max_orphans ({1}): this one is given up.",
	WhyAbortOverflow & 255:     "No room in the accept queue: {0?the client is told by a RST|the ACK is dropped, and the client will send again} (tcp_abort_on_overflow is {0}).",
	WhyMD5Unexpected & 255:     "It is signed (MD5, RFC 2385), and nobody here has agreed on a key.",
	WhySynackGiveUp & 255:      "The SYN-ACK went {0} {0?time|times} and was never acknowledged: given up.",
}

// What lost.
const (
	endTCPHandshakeTry = Try(baseTCPHandshake + 1 + iota)
)

var tcpHandshakeTries = [int(endTCPHandshakeTry) - baseTCPHandshake]Tried{}
