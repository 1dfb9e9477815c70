package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Address families and socket types.
const (
	AFUnspec = 0
	AFInet   = 2
	AFInet6  = 10
	AFPacket = 17

	SockStream = 1
	SockDgram  = 2
	SockRaw    = 3
)

// TCP states; other sockets use Close and Established too.
const (
	TCPEstablished = 1 + iota
	TCPSynSent
	TCPSynRecv
	TCPFinWait1
	TCPFinWait2
	TCPTimeWait
	TCPClose
	TCPCloseWait
	TCPLastAck
	TCPListen
	TCPClosing
	TCPNewSynRecv
)

// States of struct socket (SS_*): what a program's calls have made of it.
const (
	SSUnconnected = iota
	SSConnecting
	SSConnected
	SSDisconnecting
)

// Shutdown bits of a socket.
const (
	RcvShutdown  = 1
	SendShutdown = 2
)

// PMTU discovery modes (IP_PMTUDISC_*).
const (
	PMTUDiscDont = iota
	PMTUDiscWant
	PMTUDiscDo
	PMTUDiscProbe
	PMTUDiscInterface
	PMTUDiscOmit
)

// A Sock is struct sock with struct inet_sock's addresses: what all sockets
// have. Protocols embed it. A busy machine has very many of them, and each
// checkpoint reads them all: numbers that the kernel keeps in an int take 32
// bits here too, and what few sockets have is apart (SockRare).
type Sock struct {
	ID       uint32
	Family   uint16
	Type     uint8
	Protocol uint8

	State                uint8
	Shutdown             uint8
	Err, ErrSoft         Errno
	OwnedByUser          bool // lock_sock: a system call holds it
	Dead                 bool // SOCK_DEAD: an orphan
	RcvBufLocked         bool // SO_RCVBUF was set: no auto-tuning
	SndBufLocked         bool
	Sport, Dport         uint16
	BoundDev             int32 // sk_bound_dev_if
	RcvBuf, SndBuf       int32
	RmemAlloc, WmemAlloc int32
	WmemQueued           int32
	ForwardAlloc         int32
	BacklogLen           int32
	Drops                int32
	Mark, Priority       uint32
	IPID                 uint16 // inet_id: of the next packet
	PMTUDisc             uint8
	TOS                  uint8
	TTL                  int32 // -1: the default
	FlowLabel            uint32
	AckBacklog           int32 // accept queue
	MaxAckBacklog        int32
	Reuse, ReusePort     bool
	Broadcast, KeepOpen  bool
	Linger               bool
	RecvErr, HdrIncl     bool
	V6Only, Transparent  bool
	FreeBind, McLoop     bool
	NoCheckTx            bool
	SockState            uint8 // SS*: struct socket's own state
	NoSpace              bool  // SOCK_NOSPACE: somebody waits for room to send
	SockDone             bool  // SOCK_DONE: the other side has sent all

	Saddr, Daddr wire.Addr // inet_saddr (inet_rcv_saddr is RcvSaddr), inet_daddr
	RcvSaddr     wire.Addr // the address that it is bound to, zero for any

	// What leads on comes last, so that it is together with that of the protocol
	// that embeds a Sock: finding all memory of a world reads little of each.
	NS       *Netns
	Prot     Proto
	Waker    Waker     // who sleeps on this socket; nil if nobody
	RxDst    *Dst      // sk_rx_dst: the route of what comes in
	DstCache *Dst      // sk_dst_cache: the route of what goes out
	rare     *SockRare // nil: the defaults
	rcu      *rcuTask  // nil until it is destroyed
	call     *callEnd  // the system call that holds the socket; nil if none ever did
	Backlog  SKBList
	RcvQueue SKBList
}

// SockRare is what few sockets have: settings that programs seldom make, and
// what came back by way of errors.
type SockRare struct {
	ErrQueue   SKBList
	LingerTime sim.Time
	McTTL      int
	McIndex    int
	McAddr     wire.Addr
	McAll      bool
	McAll4     bool // IP_MULTICAST_ALL of an IPv6 socket, which begins without
	Groups     []Membership
	Opt        []byte // IP options

	queue    WaitQueue
	TsFlags  uint32   // SO_TIMESTAMPING
	TsKey    uint32   // sk_tskey: of the next datagram, or the stream's byte that counts as 0
	zcKey    uint32   // sk_zckey: of the next send with MSG_ZEROCOPY
	RcvLowat int32    // SO_RCVLOWAT
	RcvTimeo sim.Time // SO_RCVTIMEO: 0 waits for ever, below 0 not at all
	SndTimeo sim.Time
	PeekOff  int32  // SO_PEEK_OFF: -1 is off
	BindPHC  int32  // SO_TIMESTAMPING's second word
	MaxRate  uint64 // SO_MAX_PACING_RATE, bytes a second; 0: no limit

	RcvTstamp   bool // SO_TIMESTAMP or SO_TIMESTAMPNS
	RcvTstampNS bool // and it was SO_TIMESTAMPNS
	TstampNew   bool // and one of the _NEW ones
	Zerocopy    bool // SO_ZEROCOPY
	OOBInline   bool // SO_OOBINLINE
	DontRoute   bool // SO_DONTROUTE
	NoTxRehash  bool // SO_TXREHASH is off
	PassMark    bool // SO_RCVMARK
	PassPrio    bool // SO_RCVPRIORITY
	Ovfl        bool // SO_RXQ_OVFL
	SelectErr   bool // SO_SELECT_ERR_QUEUE
	Cmsg        CmsgFlags
}

// CmsgFlags says which control messages of IP a program wants (IP_CMSG_*,
// rxopt): bits Cmsg*.
type CmsgFlags uint16

// What a program wants to be told of each packet.
const (
	CmsgPktinfo CmsgFlags = 1 << iota
	CmsgTTL
	CmsgTOS
	CmsgOrigDst
	CmsgFragSize
	CmsgPktinfo6
	CmsgHopLimit
	CmsgTClass
	CmsgOrigDst6
)

// rareDefaults are those of a socket that has none of its own.
var rareDefaults = SockRare{McTTL: 1, McAll: true, RcvLowat: 1, PeekOff: -1}

// Rare is what few sockets have, to look at only.
func (sk *Sock) Rare() *SockRare {
	if sk.rare == nil {
		return &rareDefaults
	}
	return sk.rare
}

// SetRare is the same, to be changed.
func (sk *Sock) SetRare() *SockRare {
	if sk.rare == nil {
		r := rareDefaults
		sk.rare = &r
	}
	return sk.rare
}

// A Proto is what a protocol does for struct sock (struct proto): the parts
// that net/core calls.
type Proto interface {
	// Sock is the embedded struct sock.
	Base() *Sock
	// BacklogRcv is backlog_rcv: a packet that waited while a program held the
	// socket.
	BacklogRcv(ns *Netns, b *SKB)
	// ReleaseCB is release_cb: deferred work when the program lets go.
	ReleaseCB(ns *Netns)
	// WriteSpace is sk_write_space: a sent packet has given memory back.
	WriteSpace(ns *Netns)
	// ObserveOwn lists the protocol's own fields (step.SockOwn and above).
	ObserveOwn(o *trace.Obs)
}

// A Pacer is a Proto whose packets the fq queueing discipline can pace.
type Pacer interface {
	// PacingRate is sk_pacing_rate, bytes a second; ^uint64(0) is no limit.
	PacingRate() uint64
	// PacedByFQ says that fq is below, so that the socket needs no timer of its
	// own (SK_PACING_FQ).
	PacedByFQ()
}

// A Waker is a simulated program that sleeps on a socket (sk_wq).
type Waker interface {
	Readable(sk *Sock)
	Writable(sk *Sock)
	Error(sk *Sock)
	StateChange(sk *Sock)
	// Returned says that the system call that held the socket is over.
	Returned(sk *Sock)
}

// InitSock sets what sock_init_data does.
func (ns *Netns) InitSock(sk *Sock, prot Proto, family uint16, typ, protocol uint8) {
	sk.ID, sk.NS, sk.Prot = ns.Machine.IDs.Object(), ns, prot
	sk.Family, sk.Type, sk.Protocol = family, typ, protocol
	sk.State = TCPClose
	sk.RcvBuf, sk.SndBuf = int32(ns.Sysctl.RmemDefault), int32(ns.Sysctl.WmemDefault)
	sk.TTL, sk.McLoop = -1, true
	sk.WmemAlloc = 1
	if ns.Sysctl.IPNoPMTUDisc != 0 {
		sk.PMTUDisc = PMTUDiscDont
	} else {
		sk.PMTUDisc = PMTUDiscWant
	}
}

// Kind, TraceID, TracePkt: see trace.Subject.
func (sk *Sock) Kind() step.Kind            { return step.KindSock }
func (sk *Sock) TraceID() uint32            { return sk.ID }
func (sk *Sock) TracePkt() (pkt, id uint32) { return 0, 0 }

// QueueRcv is __sock_queue_rcv_skb: put a packet into the receive queue if
// there is room, and wake the reader. On refusal the caller drops it with the
// reason returned.
func (sk *Sock) QueueRcv(ns *Netns, b *SKB) DropReason {
	defer ns.In(step.SockQueueRcvSkb, b).Out()
	if sk.RmemAlloc >= sk.RcvBuf {
		sk.Drops++
		ns.Why(step.WhyRcvbufFull, uint64(sk.RmemAlloc), uint64(b.Truesize), uint64(sk.RcvBuf))
		ns.TP(step.SockRcvqueueFull, b, uint64(sk.RmemAlloc), uint64(b.Truesize), uint64(sk.RcvBuf))
		return step.DropSocketRcvbuff
	}
	ns.Why(step.WhyRcvbufRoom, uint64(sk.RmemAlloc), uint64(b.Truesize), uint64(sk.RcvBuf))
	b.Dev = nil
	b.SetOwnerR(sk)
	sk.RcvQueue.PushBack(b)
	if !sk.Dead {
		sk.DataReady(ns)
	}
	return step.NotDropped
}

// SetState is inet_sk_state_store with its tracepoint.
func (sk *Sock) SetState(ns *Netns, state uint8) {
	ns.TP(step.InetSockSetState, sk, uint64(sk.ID), uint64(sk.State), uint64(state), uint64(sk.Sport), uint64(sk.Dport),
		uint64(sk.Family), uint64(sk.Protocol), sk.Saddr.Hi, sk.Saddr.Lo, sk.Daddr.Hi, sk.Daddr.Lo)
	sk.State = state
}

// rfree is sock_rfree: a packet that this socket received is freed.
func (sk *Sock) rfree(b *SKB) {
	defer sk.NS.In(step.SockRfree, sk).Out()
	sk.RmemAlloc -= int32(b.Truesize)
	sk.NS.Why(step.WhyRfree, uint64(b.Truesize), uint64(sk.RmemAlloc), uint64(sk.RcvBuf))
}

// wfree is sock_wfree (tcp_wfree of a TCP socket): a packet that this socket
// sent is freed.
func (sk *Sock) wfree(b *SKB) {
	defer sk.NS.In(step.SockWfree, sk).Out()
	sk.WmemAlloc -= int32(b.Truesize)
	if sk.NS.Listening() {
		sk.NS.Why(step.WhyWfree, uint64(b.Truesize), uint64(max(0, sk.WmemAlloc-1))) // 1 is the socket itself
	}
	sk.Prot.WriteSpace(sk.NS)
}

// AddBacklog is sk_add_backlog: a packet waits until the program lets go of
// the socket. It reports false when the backlog is full.
func (sk *Sock) AddBacklog(b *SKB, limit int) bool {
	if int(sk.BacklogLen+sk.RmemAlloc) > limit {
		return false
	}
	sk.Backlog.PushBack(b)
	sk.BacklogLen += int32(b.Truesize)
	return true
}

// Lock is lock_sock: a system call holds the socket. If the call before has
// not let go yet, it does so now.
func (sk *Sock) Lock() {
	if c := sk.call; c != nil && c.timer.Pending() {
		sk.NS.Clock.Stop(&c.timer)
		sk.Release(sk.NS)
	}
	sk.OwnedByUser = true
}

// Release is release_sock: work off the backlog, then let go.
func (sk *Sock) Release(ns *Netns) {
	defer ns.In(step.ReleaseSock, sk).Out()
	if sk.Backlog.Len() > 0 {
		sk.releaseBacklog(ns)
	}
	sk.letLoose(ns)
}

// letLoose is the end of release_sock, under the socket's spinlock: what comes
// in by softirq meanwhile waits until nobody owns the socket any more.
func (sk *Sock) letLoose(ns *Netns) {
	ns.BHDisable()
	sk.Prot.ReleaseCB(ns)
	sk.OwnedByUser = false
	ns.BHEnable()
}

// releaseBacklog is __release_sock.
func (sk *Sock) releaseBacklog(ns *Netns) {
	defer ns.In(step.SkBacklogRcv, sk).Out()
	for b := sk.Backlog.PopFront(); b != nil; b = sk.Backlog.PopFront() {
		sk.Prot.BacklogRcv(ns, b)
	}
	sk.BacklogLen = 0
}

// SockError is sock_error: take the pending error.
func (sk *Sock) SockError() Errno {
	e := sk.Err
	sk.Err = 0
	return e
}
