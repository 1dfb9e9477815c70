package step

const baseTCPCong = int(areaTCPCong) << 8

// Congestion control, pacing, MTU probing and congestion marks of TCP.
const (
	TcpSetCongestionControl Step = Step(baseTCPCong + 1 + iota)
	TcpInitCongestionControl
	TcpAssignCongestionControl
	TcpCwndApplicationLimited
	TcpPaceKick
	TcpMtuProbe
	TcpMtupInit
	TcpMtupProbeSuccess
	TcpMtupProbeFailed
	TcpMtuProbing
	TcpMtuCheckReprobe
	TcpEnterCwr
	BbrMain
	BbrUpdateBw
	BbrSetCwnd
	BbrCheckProbeRttDone
	BbrLtBwSampling
	BbrInit
	DctcpInit
	DctcpUpdateAlpha
	DctcpReactToLoss
	DctcpEceAckUpdate
	TcpVegasCongAvoid
	TcpEcnSendSyn
	TcpEcnCreateRequest
	TcpEcnRcvSynack
	TcpEcnCheckCe
	endTCPCong
)

var tcpCongSteps = [int(endTCPCong) - baseTCPCong]Info{
	TcpSetCongestionControl & 255:    {"tcp_set_congestion_control", Transport, "net/ipv4/tcp_cong.c", "A program chooses how the congestion window grows and shrinks."},
	TcpInitCongestionControl & 255:   {"tcp_init_congestion_control", Transport, "net/ipv4/tcp_cong.c", "The congestion control of this connection begins."},
	TcpAssignCongestionControl & 255: {"tcp_assign_congestion_control", Transport, "net/ipv4/tcp_cong.c", "The host's own choice of congestion control."},
	TcpCwndApplicationLimited & 255:  {"tcp_cwnd_application_limited", Transport, "net/ipv4/tcp_output.c", "The window was not used for a timeout's time: it comes down half way."},
	TcpPaceKick & 255:                {"tcp_pace_kick", Transport, "net/ipv4/tcp_output.c", "The pause between two packets is over."},
	TcpMtuProbe & 255:                {"tcp_mtu_probe", Transport, "net/ipv4/tcp_output.c", "Try a larger packet: does it arrive?"},
	TcpMtupInit & 255:                {"tcp_mtup_init", Transport, "net/ipv4/tcp_output.c", "Between which sizes is the path's MTU?"},
	TcpMtupProbeSuccess & 255:        {"tcp_mtup_probe_success", Transport, "net/ipv4/tcp_input.c", "The larger packet has arrived."},
	TcpMtupProbeFailed & 255:         {"tcp_mtup_probe_failed", Transport, "net/ipv4/tcp_input.c", "The larger packet has not arrived: that is no congestion."},
	TcpMtuProbing & 255:              {"tcp_mtu_probing", Transport, "net/ipv4/tcp_timer.c", "Timeout after timeout: perhaps large packets fall into a black hole."},
	TcpMtuCheckReprobe & 255:         {"tcp_mtu_check_reprobe", Transport, "net/ipv4/tcp_output.c", "Is it time to look for a larger MTU again?"},
	TcpEnterCwr & 255:                {"tcp_enter_cwr", Transport, "net/ipv4/tcp_input.c", "Congestion without a loss: the window shrinks."},
	BbrMain & 255:                    {"bbr_main", Transport, "net/ipv4/tcp_bbr.c", "BBR: what does this ACK tell of the path, and how fast may this side send?"},
	BbrUpdateBw & 255:                {"bbr_update_bw", Transport, "net/ipv4/tcp_bbr.c", "BBR: how fast does the path deliver?"},
	BbrSetCwnd & 255:                 {"bbr_set_cwnd", Transport, "net/ipv4/tcp_bbr.c", "BBR: how much may be in flight?"},
	BbrCheckProbeRttDone & 255:       {"bbr_check_probe_rtt_done", Transport, "net/ipv4/tcp_bbr.c", "BBR: has the queue been empty for long enough?"},
	BbrLtBwSampling & 255:            {"bbr_lt_bw_sampling", Transport, "net/ipv4/tcp_bbr.c", "BBR: does somebody on the path police this flow?"},
	BbrInit & 255:                    {"bbr_init", Transport, "net/ipv4/tcp_bbr.c", "BBR begins: nothing is known of the path."},
	DctcpInit & 255:                  {"dctcp_init", Transport, "net/ipv4/tcp_dctcp.c", "DCTCP begins, if both sides mark."},
	DctcpUpdateAlpha & 255:           {"dctcp_update_alpha", Transport, "net/ipv4/tcp_dctcp.c", "DCTCP: what share of the packets was marked?"},
	DctcpReactToLoss & 255:           {"dctcp_react_to_loss", Transport, "net/ipv4/tcp_dctcp.c", "DCTCP: a loss halves, as in Reno."},
	DctcpEceAckUpdate & 255:          {"dctcp_ece_ack_update", Transport, "net/ipv4/tcp_dctcp.h", "DCTCP's receiver: tell at once when marks begin or end."},
	TcpVegasCongAvoid & 255:          {"tcp_vegas_cong_avoid", Transport, "net/ipv4/tcp_vegas.c", "Vegas: do packets of ours queue on the way?"},
	TcpEcnSendSyn & 255:              {"tcp_ecn_send_syn", Transport, "include/net/tcp_ecn.h", "Does the SYN offer congestion marks (ECN)?"},
	TcpEcnCreateRequest & 255:        {"tcp_ecn_create_request", Transport, "net/ipv4/tcp_input.c", "Does the SYN offer congestion marks, and are they taken?"},
	TcpEcnRcvSynack & 255:            {"tcp_ecn_rcv_synack", Transport, "include/net/tcp_ecn.h", "Does the other side agree to congestion marks?"},
	TcpEcnCheckCe & 255:              {"__tcp_ecn_check_ce", Transport, "net/ipv4/tcp_input.c", "Has a router marked this segment?"},
}

// Why congestion control decided.
const (
	WhyCongChosen Why = Why(baseTCPCong + 1 + iota)
	WhyCongSame
	WhyCongUnknown
	WhyCongForbidden
	WhyCongBegin
	WhyCwndAppLimited
	WhyCwndNotGrown
	WhyPacingWait
	WhyPacingOver
	WhyTSODefer
	WhySmallQueue
	WhyAutocork
	WhyMtupSent
	WhyMtupWait
	WhyMtupTooFew
	WhyMtupFound
	WhyMtupLost
	WhyMtupBlackHole
	WhyMtupOn
	WhyMtupAgain
	WhyMtupRange
	WhyHystartTrain
	WhyHystartDelay
	WhyCubicTarget
	WhyCubicCut
	WhyRenoCut
	WhyVegasDown
	WhyVegasUp
	WhyVegasStay
	WhyVegasSlow
	WhyVegasReno
	WhyDctcpAlpha
	WhyDctcpCut
	WhyDctcpLoss
	WhyDctcpNoEcn
	WhyDctcpBegin
	WhyDctcpEcho
	WhyBbrBegin
	WhyBbrBw
	WhyBbrAppLimited
	WhyBbrMode
	WhyBbrFull
	WhyBbrCwnd
	WhyBbrConserve
	WhyBbrRestore
	WhyBbrProbeRtt
	WhyBbrProbeRttEnd
	WhyBbrPoliced
	WhyBbrRate
	WhyEcnOffered
	WhyEcnNotOffered
	WhyEcnTaken
	WhyEcnRefused
	WhyEcnAgreed
	WhyEcnDenied
	WhyEcnCe
	WhyEcnNotEct
	WhyEcnEct
	WhyEcnEcho
	WhyCwr
	WhyCwrAlready
	WhyAccecn
	WhyAccecnMarks
	endTCPCongWhy
)

var tcpCongWhys = [int(endTCPCongWhy) - baseTCPCong]string{
	WhyCongChosen & 255:     "{0:chars} takes over.",
	WhyCongSame & 255:       "It is {0:chars} already.",
	WhyCongUnknown & 255:    "The host has no congestion control of that name.",
	WhyCongForbidden & 255:  "{0:chars} is not among tcp_allowed_congestion_control.",
	WhyCongBegin & 255:      "{0:chars} begins with a congestion window of {1} segments.",
	WhyCwndAppLimited & 255: "Of {0} segments of window only {1} were used for as long as a timeout: the window goes to {2}, and the threshold for slow start to {3}.",
	WhyCwndNotGrown & 255:   "The ACK brings nothing new in order: the congestion window of {0} segments stays.",
	WhyPacingWait & 255:     "At {1} bytes a second the next packet may go in {0:dur}: wait (pacing).",
	WhyPacingOver & 255:     "The pause is over: the next packet may go.",
	WhyTSODefer & 255:       "{0} bytes could go now; the next ACK will soon make room for more, so they wait for a larger packet.",
	WhySmallQueue & 255:     "{0} bytes of this socket wait in the device's queue already, more than {1}: wait until they are sent (small queues).",
	WhyAutocork & 255:       "A small packet, and earlier ones wait in the device's queue: it waits for more data (autocorking).",
	WhyMtupSent & 255:       "A packet of {0} bytes goes, to learn whether the path takes it (between {1} and {2}). The window is counted one segment smaller.",
	WhyMtupWait & 255:       "A probe of {0} bytes of MTU would be next; it waits until the window has room.",
	WhyMtupTooFew & 255:     "A probe needs {0} bytes of unsent data, and {1} are there.",
	WhyMtupFound & 255:      "The probe has arrived: the path takes packets of {0} bytes. The window of {1} segments becomes {2} larger ones.",
	WhyMtupLost & 255:       "The probe of {0} bytes was lost, what came behind it not: the path takes less. The window goes back to {1} segments.",
	WhyMtupBlackHole & 255:  "Timeouts in a row, and no ICMP says why: perhaps packets of this size vanish. The segments shrink to {0} bytes.",
	WhyMtupOn & 255:         "Timeouts in a row: from now on packets begin small, and the path's MTU is searched for between {0} and {1} bytes.",
	WhyMtupAgain & 255:      "The path may have changed (tcp_probe_interval): search again between {0} and {1} bytes.",
	WhyMtupRange & 255:      "The path's MTU is searched for between {0} and {1} bytes.",
	WhyHystartTrain & 255:   "ACKs have come one right after another for {0:dur}, longer than {1:dur}: the path is full. Slow start ends at {2} segments (HyStart, ACK train).",
	WhyHystartDelay & 255:   "Round trips take {0:dur} now, and {1:dur} at best: a queue builds up. Slow start ends at {2} segments (HyStart, delay).",
	WhyCubicTarget & 255:    "On the cubic curve the window would be {0} segments now and is {1}: it grows by one for {2} that are acknowledged.",
	WhyCubicCut & 255:       "The window was {0} segments: the threshold goes to 0.7 of it, {1}. The curve will level off at {2}.",
	WhyRenoCut & 255:        "The window was {0} segments: the threshold goes to half of it, {1}.",
	WhyVegasDown & 255:      "A round trip takes {0:dur}, {1:dur} at best: {2} segments of ours queue on the way, more than 4. The window goes to {3}.",
	WhyVegasUp & 255:        "A round trip takes {0:dur}, {1:dur} at best: {2} segments of ours queue on the way, fewer than 2. The window goes to {3}.",
	WhyVegasStay & 255:      "A round trip takes {0:dur}, {1:dur} at best: {2} segments of ours queue on the way, just right. The window stays at {3}.",
	WhyVegasSlow & 255:      "A round trip takes {0:dur}, {1:dur} at best: {2} segments of ours queue already. Slow start ends, the window is {3}.",
	WhyVegasReno & 255:      "Only {0} round trips were measured in this one, too few to judge: do as Reno does.",
	WhyDctcpAlpha & 255:     "{0} of {1} segments were marked in this round trip. Averaged, {2} of 1024 are.",
	WhyDctcpCut & 255:       "{0} of 1024 segments are marked: the window of {1} segments shrinks in proportion, to {2}.",
	WhyDctcpLoss & 255:      "A loss, not a mark: the threshold goes to half of {0} segments, {1}.",
	WhyDctcpNoEcn & 255:     "The other side does not mark: do as Reno does.",
	WhyDctcpBegin & 255:     "Both sides mark. To be careful, all packets count as marked at first (alpha {0} of 1024).",
	WhyDctcpEcho & 255:      "Segments {0?are marked from here on|are not marked any more}: the sender is told at once.",
	WhyBbrBegin & 255:       "Nothing is known of the path: {0} segments in {1:dur} give the first rate, {2} bytes a second.",
	WhyBbrBw & 255:          "{0} {0?segment was|segments were} delivered in {1:dur}; the best of the last ten rounds is {2} bytes a second.",
	WhyBbrAppLimited & 255:  "{0} {0?segment was|segments were} delivered in {1:dur}, but the program had no more to send: that says nothing of the path.",
	WhyBbrMode & 255:        "BBR goes on to {0:bbr}.",
	WhyBbrFull & 255:        "For three rounds the rate has not grown by a quarter: the path is full at {0} bytes a second.",
	WhyBbrCwnd & 255:        "In {0:bbr}: at {1} bytes a second and {2:dur} a round trip {3} segments should be in flight. The window goes from {4} to {5}.",
	WhyBbrConserve & 255:    "A loss: for one round only as much goes as arrives. The window goes from {0} to {1} segments.",
	WhyBbrRestore & 255:     "The repair is over: the window goes back from {0} to {1} segments.",
	WhyBbrProbeRtt & 255:    "No shorter round trip than {0:dur} was seen for 10 s: go down to 4 segments, so that the queue empties and the true one shows.",
	WhyBbrProbeRttEnd & 255: "The queue was empty for 200 ms: the window goes back to {0} segments.",
	WhyBbrPoliced & 255:     "Two intervals with many losses delivered {0} bytes a second alike: somebody polices this flow. Send no faster.",
	WhyBbrRate & 255:        "Send at {0} bytes a second, {1} of 256 of what the path delivers.",
	WhyEcnOffered & 255:     "The SYN offers congestion marks (ECE and CWR set; tcp_ecn is {0}).",
	WhyEcnNotOffered & 255:  "The SYN does not offer congestion marks (tcp_ecn is {0}).",
	WhyEcnTaken & 255:       "The SYN offers congestion marks: taken (tcp_ecn is {0}).",
	WhyEcnRefused & 255:     "The SYN offers congestion marks: not taken (tcp_ecn is {0}, the SYN's own mark is {1}).",
	WhyEcnAgreed & 255:      "The SYN-ACK agrees: from now on routers may mark instead of drop (ECN).",
	WhyEcnDenied & 255:      "The SYN-ACK does not agree to congestion marks: go on without.",
	WhyEcnCe & 255:          "A router has marked it: congestion (CE). Every ACK says so (ECE) until the sender answers with CWR.",
	WhyEcnNotEct & 255:      "It may not be marked, and others before it could: it is probably a retransmission. Acknowledge at once.",
	WhyEcnEct & 255:         "It could be marked and is not: no congestion.",
	WhyEcnEcho & 255:        "The other side says that a router marked our segments (ECE): react as to a loss, once a round trip.",
	WhyCwr & 255:            "The window will come down from {0} to {1} segments, without a loss.",
	WhyCwrAlready & 255:     "The window comes down already: once a round trip is enough.",
	WhyAccecn & 255:         "The SYN-ACK has {0} in its three ECN bits: that means Accurate ECN. It was not asked for, and is taken all the same.",
	WhyAccecnMarks & 255:    "{0} {0?segment of ours was|segments of ours were} marked on the way, {1} in all (Accurate ECN).",
}

var tcpCongTries = [...]Tried{}
