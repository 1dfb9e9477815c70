package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Flow6 is struct flowi6: what a route lookup asks.
type Flow6 struct {
	Saddr, Daddr wire.Addr
	OIF, IIF     int
	Mark         uint32
	FlowLabel    uint32 // 20 bits; 0 lets auto_flowlabels choose
	TOS          uint8  // traffic class
	Proto        uint8
	UID          uint32        // the user that a program runs as
	Sport, Dport uint16        // ICMPv6: Dport is type<<8|code of what is sent
	Flags        uint8         // Flow*
	On           trace.Subject // on whose behalf: a packet, a socket; may be nil
}

// Flags of a Flow6 (FLOWI_FLAG_*).
const (
	FlowAnySrc    = 1 << iota // the source address need not be local
	FlowKnownNH               // the next hop is Daddr, whatever the route says (IPV6_NEXTHOP)
	FlowBound                 // OIF comes from SO_BINDTODEVICE: the route must be through it
	flowMultipath             // the route that was found is one of several
)

// A Cookie is struct ipcm6_cookie: what a program set for one datagram.
type Cookie struct {
	HopLimit int    // -1: the socket's, the route's or the device's
	TClass   int    // -1: the socket's
	DontFrag bool   // IPV6_DONTFRAG
	Opt      []byte // extension headers, complete and in order; the first is of kind OptNext
	OptNext  uint8
	GSOSize  int // UDP_SEGMENT
}

// NewCookie is ipcm6_init: nothing was set.
func NewCookie() Cookie { return Cookie{HopLimit: -1, TClass: -1} }

// AddrOpts says more about an address that is added.
type AddrOpts struct {
	NoDAD             bool     // IFA_F_NODAD: usable at once
	Deprecated        bool     // preferred lifetime 0
	Temporary         bool     // IFA_F_TEMPORARY (RFC 8981)
	HomeAddress       bool     // IFA_F_HOMEADDRESS
	Optimistic        bool     // IFA_F_OPTIMISTIC (RFC 4429)
	NoPrefixRoute     bool     // IFA_F_NOPREFIXROUTE
	ValidLft, PrefLft sim.Time // 0: forever
	Metric            int      // of the prefix route; 0: 256
	Peer              wire.Addr
	autoconf          bool
}

// Route protocols (RTPROT_*), as ip route names them.
const (
	ProtRedirect = 1
	ProtKernel   = 2
	ProtBoot     = 3
	ProtStatic   = 4
	ProtRA       = 9
)

// Routing tables (RT_TABLE_*).
const (
	TableDefault = 253
	TableMain    = 254
	TableLocal   = 255
)

// Route types (RTN_*).
const (
	RTNUnicast     = 1
	RTNLocal       = 2
	RTNAnycast     = 4
	RTNMulticast   = 5
	RTNBlackhole   = 6
	RTNUnreachable = 7
	RTNProhibit    = 8
	RTNThrow       = 9
	rtnNat         = 10
	rtnXresolve    = 11
)

// A Route6 is struct fib6_info: one route of a table. Set the fields above the
// line, then call AddRoute.
type Route6 struct {
	Dst       wire.Addr
	Plen      int
	Table     uint32 // 0: main
	Type      uint8  // RTN*; 0: unicast
	Dev       *core.Device
	Gateway   wire.Addr
	PrefSrc   wire.Addr
	Metric    uint32 // 0: 1024
	Proto     uint8  // Prot*; 0: boot
	Pref      int8   // router preference: -1 low, 0 medium, 1 high (RFC 4191)
	Expires   sim.Time
	OnLink    bool
	Weight    int    // among routes to the same prefix with the same metric; 0 is 1
	NHID      uint32 // the nexthop object that it comes from, 0: none
	NHIDSet   bool   // one was named, if only 0
	Replace   bool   // NLM_F_REPLACE: it takes the place of those with its metric
	Append    bool   // NLM_F_APPEND: it may join one with the same metric
	Existing  bool   // with Replace: there must be one already
	Blackhole bool   // its nexthop object swallows packets
	Locks     uint32 // RTAX_LOCK: bits 1<<RTAX_*
	Window    int    // shown only
	QuickAck  bool   // shown only

	MTU, AdvMSS, HopLimit, InitCwnd, InitRwnd int
	RtoMin                                    sim.Time

	via     bool   // a gateway was named, if only ::
	kernel  bool   // the kernel itself adds it: it may join others
	reject  bool   // RTF_REJECT
	anycast bool   // RTF_ANYCAST: it stands for an anycast address of this host
	addr    *Addr6 // the address that this local or prefix route stands for
	ra      bool   // RTF_ADDRCONF: a router advertised it
	prefix  bool   // RTF_PREFIX_RT
	dst     *core.Dst
	exc     []*core.Dst // exceptions: path MTUs and redirects
	dead    bool
}

// An Addr6 is struct inet6_ifaddr: an address of a device.
type Addr6 struct {
	Addr  wire.Addr
	Plen  int
	Dev   *core.Device
	Peer  wire.Addr
	Flags uint16 // AddrTentative and so on

	ValidUntil, PreferredUntil sim.Time // 0: forever
	Scope                      uint8    // ipv6_addr_scope: 0x0e global

	idev   *Inet6Dev
	rt     *Route6 // its local route; nil while it is tentative
	prefix *Route6
	metric uint32
	probes int // DAD solicitations still to send
	state  uint8
	nonce  uint64
	dad    sim.Timer
	dadFn  dadTask
	life   sim.Timer
	lifeFn lifeTask
}

// Flags of an address (IFA_F_*).
const (
	AddrTemporary = 1 << iota
	AddrNoDAD
	AddrOptimistic
	AddrDADFailed
	AddrHomeAddress
	AddrDeprecated
	AddrTentative
	AddrPermanent
	AddrNoPrefixRoute
	AddrManageTemp // IFA_F_MANAGETEMPADDR: made of a router's prefix, which has its own route
)

// Raw is what raw sockets (stack/raw) give to IPv6: raw6_local_deliver and
// raw6_icmp_error.
type Raw interface {
	// LocalDeliver gives a clone to every raw socket of the protocol that wants
	// it and reports whether there is one. The transport header is at the data
	// pointer. It does not take b.
	LocalDeliver(ns *core.Netns, b *core.SKB, nexthdr uint8) bool
	// ICMPError tells the sockets of an ICMPv6 error. The data pointer stands at
	// the quoted IPv6 header, b.Transport at the ICMPv6 header. It does not take b.
	ICMPError(ns *core.Netns, b *core.SKB, nexthdr, typ, code uint8, innerOffset int, info uint32)
}

// Ping is what ping sockets give to IPv6 (ping_rcv): an echo reply came. It
// takes b.
type Ping interface {
	Rcv(ns *core.Netns, b *core.SKB)
	// Err tells of an ICMPv6 error about an echo request.
	Err(ns *core.Netns, b *core.SKB, info uint32)
}

// A Labeler chooses flow labels in the kernel's stead: a replay has them from
// the capture. It returns false to let the kernel's hash decide.
type Labeler interface {
	FlowLabel(ns *core.Netns, sk *core.Sock, b *core.SKB, fl *Flow6) (uint32, bool)
}

// SetVia tells that a gateway was named, whatever it is: :: is a wrong one.
func (r *Route6) SetVia() { r.via = true }
