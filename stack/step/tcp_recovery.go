package step

const baseTCPRecovery = int(areaTCPRecovery) << 8

// TCP: loss recovery, and the memory of what is received.
const (
	TcpShiftSkbData Step = Step(baseTCPRecovery + 1 + iota)
	TcpCheckDsack
	TcpTimeoutMarkLost
	TcpCheckSackReneging
	TcpProcessLoss
	TcpTryUndoLoss
	TcpTryUndoPartial
	TcpTryUndoDsack
	TcpProcessTlpAck
	TcpCwndReduction
	TcpNewrenoMarkLost
	TcpRetransTryCollapse
	TcpSackCompressSendAck
	TcpRcvbufGrow
	TcpClampWindow
	TcpPruneQueue
	TcpCollapse
	TcpCollapseOfoQueue
	endTCPRecovery
)

var tcpRecoverySteps = [int(endTCPRecovery) - baseTCPRecovery]Info{
	TcpShiftSkbData & 255:        {"tcp_shift_skb_data", Transport, "net/ipv4/tcp_input.c", "Can what has arrived be kept together with what arrived before it?"},
	TcpCheckDsack & 255:          {"tcp_check_dsack", Transport, "net/ipv4/tcp_input.c", "Does the other side report that it got something twice?"},
	TcpTimeoutMarkLost & 255:     {"tcp_timeout_mark_lost", Transport, "net/ipv4/tcp_input.c", "Which segments does the timeout make lost?"},
	TcpCheckSackReneging & 255:   {"tcp_check_sack_reneging", Transport, "net/ipv4/tcp_input.c", "Has the other side thrown away what it said it had?"},
	TcpProcessLoss & 255:         {"tcp_process_loss", Transport, "net/ipv4/tcp_input.c", "An ACK after a timeout: was anything lost at all?"},
	TcpTryUndoLoss & 255:         {"tcp_try_undo_loss", Transport, "net/ipv4/tcp_input.c", "Was the timeout a mistake?"},
	TcpTryUndoPartial & 255:      {"tcp_try_undo_partial", Transport, "net/ipv4/tcp_input.c", "Part of the hole is filled: by the copy, or by the late original?"},
	TcpTryUndoDsack & 255:        {"tcp_try_undo_dsack", Transport, "net/ipv4/tcp_input.c", "Was every copy that was sent needless?"},
	TcpProcessTlpAck & 255:       {"tcp_process_tlp_ack", Transport, "net/ipv4/tcp_input.c", "What does the answer to the loss probe say?"},
	TcpCwndReduction & 255:       {"tcp_cwnd_reduction", Transport, "net/ipv4/tcp_input.c", "How much may go for what this ACK says has arrived?"},
	TcpNewrenoMarkLost & 255:     {"tcp_newreno_mark_lost", Transport, "net/ipv4/tcp_recovery.c", "Without SACK: is the first segment lost?"},
	TcpRetransTryCollapse & 255:  {"tcp_retrans_try_collapse", Transport, "net/ipv4/tcp_output.c", "Can small segments go again as one?"},
	TcpSackCompressSendAck & 255: {"tcp_sack_compress_send_ack", Transport, "net/ipv4/tcp_input.c", "The ACK that was saved up goes now."},
	TcpRcvbufGrow & 255:          {"tcp_rcvbuf_grow", Transport, "net/ipv4/tcp_input.c", "How much memory does the next round trip need?"},
	TcpClampWindow & 255:         {"tcp_clamp_window", Transport, "net/ipv4/tcp_input.c", "The memory is used up: make room, or offer less."},
	TcpPruneQueue & 255:          {"tcp_prune_queue", Transport, "net/ipv4/tcp_input.c", "The receive buffer is full: can memory be won back?"},
	TcpCollapse & 255:            {"tcp_collapse", Transport, "net/ipv4/tcp_input.c", "Pack segments that waste memory closer together."},
	TcpCollapseOfoQueue & 255:    {"tcp_collapse_ofo_queue", Transport, "net/ipv4/tcp_input.c", "Pack what waits behind a hole closer together."},
}

// Why loss recovery and the receive side decided.
const (
	WhyShifted Why = Why(baseTCPRecovery + 1 + iota)
	WhyShiftedMerged
	WhyShiftNot
	WhyDsack
	WhyDsackDubious
	WhyReordering
	WhyReneging
	WhyRenegingWait
	WhyTimeoutMarked
	WhyRenoDupAck
	WhyRenoLost
	WhyRenoNotYet
	WhyFrtoOn
	WhyFrtoNew
	WhyFrtoReal
	WhyFrtoSpurious
	WhyLossPartial
	WhyUndoEifel
	WhyUndoNothingSent
	WhyUndoDsacked
	WhyUndoCwnd
	WhyUndoNot
	WhyUndoWait
	WhyPrrDown
	WhyPrrUp
	WhyPrrNothing
	WhyReductionBegins
	WhyReductionEnds
	WhyTlpNew
	WhyTlpNeedless
	WhyTlpRepaired
	WhyTlpWaiting
	WhyTlpNothingNew
	WhyTlpOnce
	WhyRtxShrunk
	WhyRtxCollapsed
	WhyRtxNoCollapse
	WhyBackoff
	WhyThinStream
	WhySynLinear
	WhyUserTimeoutRtx
	WhyZeroWindowRtx
	WhyOrphanGone
	WhyPawsOldAck
	WhySeqEnd
	WhyAckIdleDsack
	WhyChallengeLimit
	WhyCoalesced
	WhyCoalescedInto
	WhyOfoMerged
	WhyOfoCovered
	WhyOfoCoalesced
	WhyNoMemory
	WhyClamped
	WhyPruneCollapsed
	WhyPruned
	WhyPruneFull
	WhyCollapsed
	WhyCollapsedInto
	WhyCollapseNothing
	WhyRcvbufKept
	WhyReoTimer
	WhyReoSteps
	WhyRtxDone
	endTCPRecoveryWhy
)

var tcpRecoveryWhys = [int(endTCPRecoveryWhy) - baseTCPRecovery]string{
	WhyShifted & 255:         "{0} {0?byte joins|bytes join} the arrived segments before it: the scoreboard keeps them as one.",
	WhyShiftedMerged & 255:   "All {0} {0?byte joins|bytes join} the arrived segments before it: the scoreboard keeps them as one.",
	WhyShiftNot & 255:        "It is marked by itself: it cannot be kept as one with what is before it.",
	WhyDsack & 255:           "The first block, {0} to {1}, reports {2} {2?segment|segments} that came twice (D-SACK): {3} {3?copy is|copies are} still unaccounted for.",
	WhyDsackDubious & 255:    "The first block, {0} to {1}, reports a duplicate, but more of them than segments were sent twice, or more than a window: it is not believed.",
	WhyReordering & 255:      "A segment arrived that lies {0} bytes before one that arrived earlier: the network reorders. Up to {1} segments may be out of order from now on.",
	WhyReneging & 255:        "The first segment was reported as arrived, and the number has not passed it: the other side has thrown it away. All such marks are forgotten.",
	WhyRenegingWait & 255:    "The acknowledgement stops at a segment that is marked as arrived: wait {0:dur} for the other side to make up its mind.",
	WhyTimeoutMarked & 255:   "{0} {0?segment counts|segments count} as lost, {1} {1?was|were} sent too lately to tell.",
	WhyRenoDupAck & 255:      "There is no SACK: each duplicate ACK means that one more segment has arrived behind the hole. That makes {0}.",
	WhyRenoLost & 255:        "The first segment counts as lost: {0} duplicate {0?ACK|ACKs}, or a hole is left after a repair (NewReno).",
	WhyRenoNotYet & 255:      "{0} duplicate {0?ACK|ACKs} so far, {1} are needed: it may be reordering.",
	WhyFrtoOn & 255:          "Was it a loss, or only a delay? If the next ACK shows that something arrived that was not sent again, it was a delay (F-RTO).",
	WhyFrtoNew & 255:         "The ACK has moved on: send new data, to see whether the old arrives without a copy (F-RTO).",
	WhyFrtoReal & 255:        "The new data has arrived and the old has not: the loss was real (F-RTO).",
	WhyFrtoSpurious & 255:    "Something arrived that was never sent again: the timeout was too early, nothing was lost (F-RTO).",
	WhyLossPartial & 255:     "{0} {0?byte is|bytes are} still missing of what was in flight at the timeout: go on with the repair.",
	WhyUndoEifel & 255:       "The echoed timestamp {0} is older than the first copy ({1}): the original had only been late (Eifel).",
	WhyUndoNothingSent & 255: "Nothing had been sent again yet: the segment was only late.",
	WhyUndoDsacked & 255:     "Every copy was reported as a duplicate: none was needed (D-SACK).",
	WhyUndoCwnd & 255:        "The cut is taken back: the congestion window goes from {0} to {1} segments, the threshold for slow start to {2}.",
	WhyUndoNot & 255:         "Nothing tells that it was a mistake: the window stays as it is.",
	WhyUndoWait & 255:        "The segment was only late, but {0} {0?copy is|copies are} still under way: nothing more is marked or sent again for now.",
	WhyPrrDown & 255:         "{0} {0?segment has|segments have} arrived since the repair began, {1} {1?was|were} sent. The window of {2} shrinks to {3} in proportion: {4} may go now (PRR).",
	WhyPrrUp & 255:           "Less is in flight than the threshold of {3}. {0} {0?segment has|segments have} arrived since the repair began, {1} {1?was|were} sent: {4} may go now (PRR).",
	WhyPrrNothing & 255:      "Nothing has arrived that was not known: the window stays at {0}.",
	WhyReductionBegins & 255: "The congestion window of {0} shall shrink to {1} segments, the new threshold for slow start, within a round trip.",
	WhyReductionEnds & 255:   "The reduction is over: the congestion window is {1} segments (it was {0}).",
	WhyTlpNew & 255:          "The probe carried new data, and it is acknowledged: nothing was lost.",
	WhyTlpNeedless & 255:     "The other side got the probe and the original: nothing was lost.",
	WhyTlpRepaired & 255:     "The acknowledgement has passed the probe, and no duplicate was reported: the probe repaired a loss. So the window is cut.",
	WhyTlpWaiting & 255:      "The probe is not answered yet.",
	WhyTlpNothingNew & 255:   "The probe is answered, but whether it was needed is not clear yet.",
	WhyTlpOnce & 255:         "A probe is still unanswered: there is only one at a time.",
	WhyRtxShrunk & 255:       "The window that the other side offers ends before this segment: it may not go again.",
	WhyRtxCollapsed & 255:    "{0} {0?byte|bytes} of the next segment {0?goes|go} along: one packet instead of two.",
	WhyRtxNoCollapse & 255:   "The segments behind it cannot go along: they are too large, marked as arrived, or still in the device's queue.",
	WhyBackoff & 255:         "The timeout doubles: the next one comes in {0:dur}.",
	WhyThinStream & 255:      "So little is in flight that no duplicate ACKs can come: the timeout stays at {0:dur} (tcp_thin_linear_timeouts).",
	WhySynLinear & 255:       "The first {1} SYNs go again at even distances: the next in {0:dur} (tcp_syn_linear_timeouts).",
	WhyUserTimeoutRtx & 255:  "The program allows {0:dur} without an answer (TCP_USER_TIMEOUT): so the timer runs {1:dur}.",
	WhyZeroWindowRtx & 255:   "The other side has taken its window back to 0 while data is in flight: the first segment goes again as a probe.",
	WhyOrphanGone & 255:      "{0} sockets without a program live, more than {1} (tcp_max_orphans): this one must go.",
	WhyPawsOldAck & 255:      "Its timestamp {0} is older than {1}, and its number is passed already: an old ACK that was overtaken. It is dropped without a word.",
	WhySeqEnd & 255:          "It ends {0} bytes beyond the window that this side offered, and the program has not read what came before: it is refused.",
	WhyAckIdleDsack & 255:    "Nothing of ours is in flight, but a duplicate is reported: was the last cut a mistake?",
	WhyChallengeLimit & 255:  "This host has asked as often as it may in this second (tcp_challenge_ack_limit): it stays silent.",
	WhyCoalesced & 255:       "Its {0} bytes join the packet before it, {1:skb}: both together take {2} bytes of memory.",
	WhyCoalescedInto & 255:   "Its bytes went on in packet {0:skb} of the queue.",
	WhyOfoMerged & 255:       "All of it waits behind the hole already: it came twice.",
	WhyOfoCovered & 255:      "A packet that came later holds all of its bytes: it is not needed any more.",
	WhyOfoCoalesced & 255:    "It goes on just where packet {0:skb} ends: they are one now.",
	WhyNoMemory & 255:        "What waits takes {0} bytes of memory, more than the {1} allowed: there is no room for it.",
	WhyClamped & 255:         "What waits takes {0} bytes of memory; the buffer is {1} bytes now, and the window may be {2}.",
	WhyPruneCollapsed & 255:  "Packing closer has helped: {0} of {1} bytes are used.",
	WhyPruned & 255:          "{0} {0?packet|packets} behind the hole {0?is|are} thrown away: {1} of {2} bytes are used. The sender must send them again.",
	WhyPruneFull & 255:       "Nothing can be won back: {0} of {1} bytes are used.",
	WhyCollapsed & 255:       "{0} {0?packet|packets} became {1}: {2} bytes of data took {3} bytes of memory, and take {4} now.",
	WhyCollapsedInto & 255:   "Its bytes were copied into packet {0:skb}, closer together.",
	WhyCollapseNothing & 255: "No packet wastes memory: nothing can be packed closer.",
	WhyRcvbufKept & 255:      "{0} bytes in one round trip need a buffer of {1}: the {2} bytes that there are suffice.",
	WhyReoTimer & 255:        "A segment was overtaken, but it may still come: decide in {0:dur}.",
	WhyReoSteps & 255:        "A segment was sent again too early: wait longer for those that are overtaken, {0} quarters of the shortest round trip.",
	WhyRtxDone & 255:         "{0} {0?segment was|segments were} sent again; {1} {1?is|are} in flight, and the congestion window is {2}.",
}

var tcpRecoveryTries = [...]Tried{}
