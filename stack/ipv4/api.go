package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Route types (RTN_*, include/uapi/linux/rtnetlink.h).
const (
	RTNUnspec = iota
	RTNUnicast
	RTNLocal
	RTNBroadcast
	RTNAnycast
	RTNMulticast
	RTNBlackhole
	RTNUnreachable
	RTNProhibit
	RTNThrow
)

// Route scopes (RT_SCOPE_*): how far away a destination is. A next hop has one
// too (nhc_scope): it says how far away the next hop itself is, and is one
// step nearer: ScopeNowhere for this host's addresses, ScopeHost for hosts on
// the link, ScopeLink for gateways.
const (
	ScopeUniverse = 0   // anywhere
	ScopeSite     = 200 // inside this site
	ScopeLink     = 253 // on the link
	ScopeHost     = 254 // this host
	ScopeNowhere  = 255
)

// Routing tables (RT_TABLE_*).
const (
	TableUnspec  = 0
	TableDefault = 253
	TableMain    = 254
	TableLocal   = 255
)

// Who made a route (RTPROT_*).
const (
	ProtRedirect = 1
	ProtKernel   = 2
	ProtBoot     = 3
	ProtStatic   = 4
)

// Flow flags (FLOWI_FLAG_*).
const (
	FlowAnySrc      = 1 << iota // the source need not be a local address
	FlowKnownNH                 // the next hop is known: ask for a dst of its own
	FlowSkipNHOIF               // oif is not compared with the next hop's device
	FlowRTConnScope             // RTO_ONLINK: the destination must be on the link (SO_DONTROUTE)
)

// A Flow4 is struct flowi4: what a route is looked up for. Addresses are in
// host order; OIF 0 is any device; TOS is the whole byte of the header.
// Ports of an ICMP flow: Sport is unused, Dport is type<<8 | code.
type Flow4 struct {
	Saddr, Daddr wire.IP4
	OIF, IIF     int
	Mark         uint32
	TOS          uint8
	Proto        uint8
	Scope        uint8
	Flags        uint8
	Sport, Dport uint16
	UID          uint32 // the user that a program runs as; packets that come in count as root's
}

// A Cookie is struct ipcm_cookie: what a system call says about one datagram.
// The zero value with TTL -1 and TOS -1 means "as the socket has it".
type Cookie struct {
	TTL      int      // -1: the socket's, else the default
	TOS      int      // -1: the socket's
	Opt      []byte   // IP options, nil: the socket's
	Faddr    wire.IP4 // where a source route leads first, 0: none
	GSOSize  int      // UDP_SEGMENT, bytes; 0: none
	Mark     uint32
	Priority uint32
}

// A Nexthop is one way of a Route (struct fib_nh).
type Nexthop struct {
	Gw     wire.IP4  // 0: the destination is on the link
	Gw6    wire.Addr // an IPv6 gateway instead (RTA_VIA)
	Via6   bool      // Gw6 is meant; :: is a wrong one
	Dev    int       // ifindex, 0: found by the gateway
	Weight int       // 1 to 256; 0 is 1
	Onlink bool      // the gateway is on the link even if no route says so
}

// A Route is what `ip route add` says (struct fib_config). Zero values mean
// what they mean to ip-route(8): table main, type unicast, scope chosen.
type Route struct {
	Dst      wire.IP4
	Plen     int
	TOS      uint8 // DSCP in the upper six bits
	Table    uint32
	Type     uint8 // RTN*
	Scope    int   // -1: chosen by type and gateway, as ip does
	Protocol uint8 // Prot*; 0 is ProtBoot
	Priority uint32
	PrefSrc  wire.IP4
	NH       []Nexthop
	Metrics  Metrics
	NHID     uint32  // the nexthop object that it uses instead of NH, 0: none
	Multi    bool    // NH is a list of ways (RTA_MULTIPATH), also if it has one only
	Beside   Nexthop // gateway and device given besides a list: they must be those of the first way
	Replace  bool    // NLM_F_REPLACE: takes the place of an equal one
	Append   bool    // NLM_F_APPEND
	Prepend  bool    // NLM_F_CREATE alone: in front of equal ones
	Existing bool    // with Replace: there must be one already
	AllFlags uint8   // set in listings: what all of its next hops are
	Flags    []uint8 // set in listings, for each next hop: 1 dead, 2 its link has no carrier
}

// Metrics are RTAX_*: 0 is "not set". MTU and AdvMSS in bytes, windows in
// bytes (Window) and segments.
type Metrics struct {
	MTU, AdvMSS, Window, InitCwnd, InitRwnd int
	HopLimit                                int // TTL of what is sent, 0: net.ipv4.ip_default_ttl
	RtoMin                                  sim.Time
	MTULock                                 bool
	QuickAck                                bool
	Locks                                   uint32 // RTAX_LOCK without mtu's: these are shown, and change nothing here
}

// Bits of Metrics.Locks: 1<<RTAX_*.
const (
	LockWindow   = 1 << 3
	LockAdvMSS   = 1 << 8
	LockHopLimit = 1 << 10
	LockInitCwnd = 1 << 11
	LockRtoMin   = 1 << 13
	LockInitRwnd = 1 << 14
)

// AddrOpts are the options of `ip address add`.
type AddrOpts struct {
	Peer          wire.IP4 // of a point-to-point address, 0: none
	Broadcast     wire.IP4 // 0: none unless AutoBroadcast
	AutoBroadcast bool     // brd +: all host bits one
	Scope         uint8    // ScopeUniverse, ScopeLink, ScopeHost
	Label         string
	NoPrefixRoute bool
	Metric        uint32   // of the route to its network
	ValidLft      sim.Time // how long it stays; 0: for ever
	PrefLft       sim.Time // how long it is liked; 0: for ever
}

// An Addr is one address of a device as `ip address` lists it.
type Addr struct {
	Local, Peer, Broadcast wire.IP4
	Plen                   int
	Scope                  uint8
	Secondary              bool
	Label                  string
	NoPrefixRoute          bool
	Metric                 uint32
	Dynamic, Deprecated    bool
	ValidUntil, PrefUntil  sim.Time // 0: for ever
}

// RawDeliver is what raw sockets do for IPv4; package raw sets it.
type RawDeliver interface {
	// LocalDeliver is raw_local_deliver: it gives clones to the raw sockets of
	// the protocol and reports whether there was one. Data pointer: transport
	// header.
	LocalDeliver(ns *core.Netns, b *core.SKB, proto uint8) bool
	// ICMPError is raw_icmp_error: b's data pointer stands at the quoted IP header.
	ICMPError(ns *core.Netns, b *core.SKB, proto uint8, info uint32)
}

// PingSockets is what ping sockets do; package raw sets it.
type PingSockets interface {
	// Rcv is ping_rcv: an echo reply came. It owns the packet.
	Rcv(ns *core.Netns, b *core.SKB)
	// Err is ping_err: an error about an echo request of ours. Data pointer:
	// the quoted IP header.
	Err(ns *core.Netns, b *core.SKB, info uint32)
}

// IPv6Stub is what IPv4 asks of IPv6 (struct ipv6_stub).
type IPv6Stub interface {
	// NexthopInit is fib6_nh_init for a gateway: it returns the device that leads to it.
	// oif 0: any device.
	NexthopInit(gw wire.Addr, oif int, onlink bool, table uint32, ack *inet.Extack) (*core.Device, core.Errno)
}
