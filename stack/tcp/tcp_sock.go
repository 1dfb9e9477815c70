package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Congestion states (enum tcp_ca_state).
const (
	CAOpen = iota
	CADisorder
	CACWR
	CARecovery
	CALoss
)

// What the write timer waits for (ICSK_TIME_*).
const (
	timeRetrans   = 1
	timeProbe0    = 3
	timeLossProbe = 5
	timeReo       = 6
)

// Bits of ack.pending (enum inet_csk_ack_state_t).
const (
	ackSched   = 1
	ackTimer   = 2
	ackPushed  = 4
	ackPushed2 = 8
	ackNow     = 16
	ackNomem   = 32
)

// Numbers of include/net/tcp.h.
const (
	initCwnd         = 10
	maxQuickAcks     = 16
	infiniteSsthresh = 0x7fffffff
	maxWscale        = 14
	minMSS           = 88
	mssDefault       = 536
	minSndMSS        = 48
	minRcvMSS        = 536
	maxTCPOption     = 40
	rmemToWinScale   = 8
	defaultRatio     = 128 // TCP_DEFAULT_SCALING_RATIO: half the memory is payload
	numSacks         = 4
	nagleOff         = 1
	nagleCork        = 2
	naglePush        = 4

	timeoutInit   = sim.Second
	rtoMax        = 120 * sim.Second
	delackMin     = sim.Second / 25
	delackMax     = sim.Second / 5
	atoMin        = sim.Second / 25
	timewaitLen   = 60 * sim.Second
	resourceProbe = sim.Second / 2
	pawsWrap      = 24 * 24 * 3600 // TCP_PAWS_24DAYS, seconds
	pawsWindow    = 1
	pawsMSL       = 60

	maxTCPHeader = 192                      // MAX_TCP_HEADER
	gsoMaxSize   = 65536 - maxTCPHeader - 1 // sk_gso_max_size
	gsoMaxSegs   = 65535
)

// Control bits as an int, to keep in CB.TCPFlags.
const (
	fFin = uint16(wire.TCPFin)
	fSyn = uint16(wire.TCPSyn)
	fRst = uint16(wire.TCPRst)
	fPsh = uint16(wire.TCPPsh)
	fAck = uint16(wire.TCPAck)
	fUrg = uint16(wire.TCPUrg)
)

// Marks of a segment in the retransmission queue (TCPCB_*).
const (
	cbSacked      = 1
	cbRetrans     = 2
	cbLost        = 4
	cbEverRetrans = 128
	cbRetransMask = cbRetrans | cbEverRetrans
	cbOffList     = 32 // not on tsorted_sent_queue: it has arrived, or RACK has found it lost
)

// An ISNSource gives initial sequence numbers from outside, so that a captured
// exchange can be reproduced. It reports false when it has none for the
// connection.
type ISNSource interface {
	ISN(k inet.Tuple) (uint32, bool)
}

// A TSOffsetSource gives the timestamp clock's offset of a connection in the
// same way (tp->tsoffset).
type TSOffsetSource interface {
	TSOffset(k inet.Tuple) (uint32, bool)
}

// A PortSource chooses the port of a connect without bind.
type PortSource interface {
	Port(laddr, faddr wire.Addr, fport uint16) (uint16, bool)
}

// An IPIDSource gives the identification that a connection's first packet
// carries (inet_id).
type IPIDSource interface {
	IPID(k inet.Tuple) (uint16, bool)
}

// An AnswerSource tells when the answer to what a connection has sent, up to a
// sequence number, came, if the call that sent it went on until then; 0 if not.
type AnswerSource interface {
	Answered(k inet.Tuple, seq uint32) sim.Time
}

// TCP is the protocol in one namespace (net->ipv4's TCP part): who listens,
// who is connected, and the sources of what is random.
type TCP struct {
	NS     *core.Netns
	Hash   *inet.Hashinfo
	v4, v6 afOps

	// Where captured values come from; nil: the World's seeded numbers.
	ISNs      ISNSource
	TSOffsets TSOffsetSource
	Ports     PortSource
	IPIDs     IPIDSource
	Answers   AnswerSource

	// Follow says that a capture dictates what this host sends: see follow.go.
	Follow   bool
	Expected []Expected // what was held back for no socket, newest last

	Orphans int
	TWCount int
	metrics []metrics // tcp_metrics_hash
	secrets secrets   // what sequence numbers and cookies are hashed with

	foDisabled   int      // tfo_active_disable_times
	foDisabledAt sim.Time // tfo_active_disable_stamp

	challengeAt   sim.Time // tcp_challenge_timestamp, seconds
	challengeLeft uint32   // tcp_challenge_count
	challenged    bool

	opt     wire.TCPOptions // scratch of the segment that is being worked on
	scratch []byte          `fork:"zero"` // what followed programs read
	fetched uint32          `fork:"zero"` // makes fetch read; nobody looks at it
	rates   []*rateSample   `fork:"zero"` // scratch: see sample
	nrates  int             `fork:"zero"` // of them in use
}

// rxOptions is struct tcp_options_received: what both sides agreed, and what
// the last segment carried.
type rxOptions struct {
	tsRecentStamp int64 // seconds, 0: no timestamp seen
	tsRecent      uint32
	rcvTsval      uint32
	rcvTsecr      uint32
	sawTstamp     bool
	tstampOK      bool
	dsack         bool
	wscaleOK      bool
	sackOK        bool
	sackSeen      bool
	sndWscale     uint8
	rcvWscale     uint8
	numSacks      int32
	userMss       uint16
	mssClamp      uint16
}

// A Sock is struct tcp_sock with struct inet_connection_sock. Times are the
// World's; sequence numbers wrap. Comments give the kernel's name where it
// differs. As in the kernel, counts of packets and bytes of windows take 32
// bits: see core.Sock for why that matters.
type Sock struct {
	core.Sock
	T                              *TCP
	af                             afOps
	node                           inet.Node
	ca                             congOps
	write                          core.SKBList // sk_write_queue: written, not sent
	rtx                            core.SKBList // tcp_rtx_queue: sent, not acknowledged
	ooo                            core.SKBList // out_of_order_queue, in order of sequence
	highestSack                    *core.SKB
	retransHint                    *core.SKB
	lostHint                       *core.SKB
	parent                         *Sock // the listener, until accept
	writeTimer, delackTimer        sim.Timer
	keepTimer, tsqTimer, compTimer *sim.Timer // see rareTimer; compTimer: compressed_ack_timer
	tasks                          sockTasks
	more                           *sockRare // nil: the defaults

	// What every segment touches, together.
	caState                                    uint8
	retransmits                                uint8
	pending                                    uint8
	probesOut                                  uint8
	predFlags                                  uint32
	rcvNxt, copiedSeq, rcvWup                  uint32
	sndNxt, sndUna                             uint32
	rcvTstamp                                  uint32 // jiffies
	sndWl1, sndWnd                             uint32
	maxWindow                                  uint32
	windowClamp, rcvSsthresh                   int32
	scalingRatio                               int32
	advmss, headerLen                          int32 // headerLen: tcp_header_len
	rcvWnd                                     uint32
	lostOut, sackedOut, packetsOut, retransOut int32
	writeSeq, pushedSeq                        uint32
	sndSml                                     uint32
	lsndtime                                   uint32 // jiffies
	mstamp                                     int64  // µs
	bytesAcked                                 uint64
	timeout                                    sim.Time // icsk_timeout
	rx                                         rxOptions
	ack                                        struct {
		pending  uint8
		quick    uint8
		pingpong uint8
		retry    uint8
		lrcvtime uint32 // jiffies
		lastSeg  int32
		rcvMss   int32
		ato      sim.Time
		timeout  sim.Time
	}

	// What an acknowledgement touches.
	rto                                 sim.Time
	srttUs, mdevUs, mdevMaxUs, rttvarUs uint32
	rttSeq                              uint32
	minRtt                              minmax
	mssCache                            int32
	gsoSegs                             int32
	sndSsthresh                         int32
	sndCwnd, sndCwndCnt                 int32
	sndCwndClamp, sndCwndUsed           int32
	sndCwndStamp                        uint32
	cwndUsageSeq                        uint32
	maxPacketsOut                       int32
	delivered, lost                     int32
	reordering, reordSeen               int32
	rcvRttLastTsecr                     uint32
	pacingRate                          uint64
	rack                                rackState
	rcvRtt                              struct {
		rttUs uint32
		seq   uint32
		time  int64
	}
	rcvq struct {
		space int32
		seq   uint32
		time  int64
	}
	follow followState
	cubic  cubicState
	caPriv *caPrivate // icsk_ca_priv of the others, nil: none
	mtup   *mtuProbe  // icsk_mtup, nil: tcp_mtu_probing is 0
	acc    *accecn    // nil: no AccECN
	ecnRx  ecnCounters

	// What rate sampling and pacing touch.
	firstTxMstamp, deliveredMstamp             int64    // µs
	clockCache, wstamp                         sim.Time // tcp_clock_cache, tcp_wstamp_ns
	appLimited, deliveredCE                    uint32
	rateDelivered, rateIntervalUs, dataSegsOut uint32
	pacingTimer                                *sim.Timer // see rareTimer
	pacingStatus, ecnFlags                     uint8
	rateAppLimited, caSetsockopt               bool

	// Loss, and what repairs it.
	highSeq                                 uint32
	priorCwnd, priorSsthresh                int32
	prrDelivered, prrOut                    int32
	retransStamp                            uint32
	undoMarker                              uint32
	undoRetrans, totalRetrans               int32
	tlpHighSeq                              uint32
	dsackBlk                                wire.SACKBlock
	selAcks                                 [numSacks]wire.SACKBlock
	compressedAck                           int32
	compressedRcvNxt                        uint32
	frto, isSackReneg, tlpRetrans           bool
	dupAcks                                 uint8 // dup_ack_counter
	backoff                                 uint8
	nonagle                                 uint8
	deferred                                uint8 // TSQ bits to do at release_cb
	isCwndLimited, caInitialized, throttled bool
	bound, listening                        bool
	synData, urgMode, noDelay               bool
	destroyed, orphaned, autoPort           bool
	addrLocked                              bool // SOCK_BINDADDR_LOCK: bind() named the address
	portLocked                              bool // SOCK_BINDPORT_LOCK: bind() named the port, and the socket keeps it until it is closed
	oowSeen                                 bool
	bindBucket                              uint16
	pmtuCookie                              int32
	tsoffset                                uint32
	sndUp                                   uint32
	isn                                     uint32 // the sequence number that the SYN carried
	lastOowAck                              sim.Time
	probesTstamp                            sim.Time
	synAckRtt                               int64
	st                                      sockStats
	urgSeq                                  uint32
	urgData                                 uint16 // urgValid with the byte, urgNotYet, urgRead, or 0
}

// sockRare is what few sockets have: a listener's queues, and what programs
// seldom set.
type sockRare struct {
	acceptQueue         []*Sock
	reqSock             *core.Sock // what its SYN-ACKs belong to
	reqs                int        // request sockets of this listener (qlen)
	reqsYoung           int
	deferAccept         int
	synRetries          uint8
	userTimeout         sim.Time
	linger2             sim.Time // tp->linger2, <0: no FIN_WAIT2
	keepIdle, keepIntvl sim.Time
	keepProbes          int
	mtuInfo             int
	sackCache           [wire.TCPMaxSACKs]wire.SACKBlock // recv_sack_cache: what the last ACK reported

	fo           tfoState
	cloned       bool     // an option was set: connections of this listener have it too
	synqOverflow sim.Time // when a SYN cookie was sent last, 0: never
	saveSyn      uint8    // TCP_SAVE_SYN
	savedSyn     []byte   // TCP_SAVED_SYN
	notsentLowat uint32   // TCP_NOTSENT_LOWAT, 0: the sysctl
	txDelay      uint32   // TCP_TX_DELAY, µs
	rtoMax       sim.Time // TCP_RTO_MAX_MS, 0: the sysctl
	rtoMin       sim.Time // TCP_RTO_MIN_US, 0: the sysctl
	delackMax    sim.Time // TCP_DELACK_MAX_US, 0: delackMax
	thinLTO      bool     // TCP_THIN_LINEAR_TIMEOUTS
	inq          bool     // TCP_INQ
	writePending int32    // sk_write_pending: programs that sleep in a send before the handshake is complete
	maxPacing    uint64   // sk_max_pacing_rate, if pacingCapped
	pacingCapped bool
}

// rareDefaults are those of a socket that has none of its own.
var rareDefaults sockRare

// rare is what few sockets have, to look at only.
func (sk *Sock) rare() *sockRare {
	if sk.more == nil {
		return &rareDefaults
	}
	return sk.more
}

// setRare is the same, to be changed.
func (sk *Sock) setRare() *sockRare {
	if sk.more == nil {
		sk.more = &sockRare{}
	}
	return sk.more
}

// inheritRare copies what an accepted connection has of its listener's.
func (sk *Sock) inheritRare(l *Sock) {
	sk.CloneRare(&l.Sock)
	if l.more == nil || !l.more.cloned && !l.more.pacingCapped {
		return
	}
	o := l.more
	m := sockRare{cloned: true, synRetries: o.synRetries, userTimeout: o.userTimeout, linger2: o.linger2, keepIdle: o.keepIdle, keepIntvl: o.keepIntvl, keepProbes: o.keepProbes,
		saveSyn: o.saveSyn, notsentLowat: o.notsentLowat, txDelay: o.txDelay, rtoMax: o.rtoMax, rtoMin: o.rtoMin, delackMax: o.delackMax,
		thinLTO: o.thinLTO, inq: o.inq, maxPacing: o.maxPacing, pacingCapped: o.pacingCapped}
	m.fo.noCookie, m.fo.connect = o.fo.noCookie, o.fo.connect
	sk.more = &m
}

// Deferred work of release_cb (enum tsq_flags).
const (
	deferTSQ = 1 << iota
	deferWrite
	deferDelack
	deferMTU
	deferAck
)

func before(a, b uint32) bool { return int32(a-b) < 0 }
func after(a, b uint32) bool  { return int32(b-a) < 0 }

// between reports lo <= s <= hi in sequence space.
func between(s, lo, hi uint32) bool { return hi-lo >= s-lo }

func (sk *Sock) now() sim.Time        { return sk.NS.Clock.Now() }
func (sk *Sock) jiffies() uint32      { return sk.NS.Clock.Now().Jiffies() }
func (sk *Sock) sysctl() *core.Sysctl { return &sk.NS.Sysctl }

// mstampRefresh is tcp_mstamp_refresh: what the clock says counts for all that
// is done now.
func (sk *Sock) mstampRefresh() {
	sk.clockCache = max(sk.clockCache, sk.NS.Clock.Now()) // what another CPU spent is not yet in Now: a socket's time does not go back
	sk.mstamp = int64(sk.clockCache / sim.Microsecond)
}

// tsNow is tcp_time_stamp_ms plus the connection's offset: the value of the
// timestamps option (RFC 7323 §3), one a millisecond.
func (sk *Sock) tsNow() uint32 { return uint32(sk.mstamp/1000) + sk.tsoffset }

// packetsInFlight is tcp_packets_in_flight: what the network is believed to hold.
func (sk *Sock) packetsInFlight() int { return int(sk.packetsOut) - sk.leftOut() + int(sk.retransOut) }
func (sk *Sock) leftOut() int         { return int(sk.sackedOut + sk.lostOut) }

// receiveWindow is tcp_receive_window: what is left of the offered window.
func (sk *Sock) receiveWindow() uint32 {
	if sk.follow.lenient {
		return 1 << 30 // joined in the middle: the scale is not known
	}
	w := int32(sk.rcvWup + sk.rcvWnd - sk.rcvNxt)
	if w < 0 {
		return 0
	}
	return uint32(w)
}

// wndEnd is tcp_wnd_end: the first byte that may not be sent.
func (sk *Sock) wndEnd() uint32 { return sk.sndUna + sk.sndWnd }

// winFromSpace is tcp_win_from_space: how much of a piece of buffer memory may
// be offered as window, by the share of payload in the packets seen so far.
func (sk *Sock) winFromSpace(n int) int {
	return int(int64(n) * int64(sk.scalingRatio) >> rmemToWinScale)
}

// spaceFromWin is its inverse (tcp_space_from_win).
func (sk *Sock) spaceFromWin(n int) int {
	return int(int64(n) << rmemToWinScale / int64(sk.scalingRatio))
}

// space is tcp_space, fullSpace is tcp_full_space.
func (sk *Sock) space() int {
	return sk.winFromSpace(int(sk.RcvBuf - sk.BacklogLen - sk.RmemAlloc))
}
func (sk *Sock) fullSpace() int { return sk.winFromSpace(int(sk.RcvBuf)) }

func (sk *Sock) inSlowStart() bool { return sk.sndCwnd < sk.sndSsthresh }
func (sk *Sock) inCwndReduction() bool {
	return sk.caState == CACWR || sk.caState == CARecovery
}
func (sk *Sock) isReno() bool       { return !sk.rx.sackOK }
func (sk *Sock) pingpongMode() bool { return int(sk.ack.pingpong) >= sk.sysctl().TCPPingpongThresh }
func (sk *Sock) enterPingpong()     { sk.ack.pingpong = uint8(sk.sysctl().TCPPingpongThresh) }
func (sk *Sock) exitPingpong()      { sk.ack.pingpong = 0 }
func (sk *Sock) scheduleAck()       { sk.ack.pending |= ackSched }
func (sk *Sock) ackScheduled() bool { return sk.ack.pending&ackSched != 0 }

// stateBit is TCPF_*: a state as a bit of a mask.
func stateBit(s uint8) uint32 { return 1 << s }

const (
	stConnected = 1<<core.TCPEstablished | 1<<core.TCPCloseWait
)

func (sk *Sock) stateIn(mask uint32) bool { return stateBit(sk.State)&mask != 0 }

// tuple is the connection as the hash table knows it.
func (sk *Sock) tuple() inet.Tuple {
	return inet.Tuple{Laddr: sk.Saddr, Faddr: sk.Daddr, Lport: sk.Sport, Fport: sk.Dport}
}

// asSock is tcp_sk.
func asSock(sk *core.Sock) *Sock {
	if sk == nil || sk.Prot == nil || sk.State == core.TCPNewSynRecv {
		return nil
	}
	t, _ := sk.Prot.(*Sock)
	return t
}
