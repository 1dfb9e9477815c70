package iptables

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The matches from IPRange on; see types_match.go.

// IPRange is struct xt_iprange_mtinfo.
type IPRange struct {
	SrcMin, SrcMax, DstMin, DstMax wire.Addr
	HasSrc, HasDst, InvSrc, InvDst bool
}

// Bits of IPv6Header (MASK_*).
const (
	HdrHopOpts = 128
	HdrDstOpts = 64
	HdrRouting = 32
	HdrFrag    = 16
	HdrAH      = 8
	HdrESP     = 4
	HdrNone    = 2
	HdrProto   = 1
)

// IPv6Header is struct ip6t_ipv6header_info.
type IPv6Header struct {
	Flags uint8
	Soft  bool
	Inv   bool
}

// Length is struct xt_length_info: of the IP packet, in bytes.
type Length struct {
	Min, Max uint16
	Inv      bool
}

// Limit is struct xt_rateinfo. Avg is in units of 1/XT_LIMIT_SCALE seconds per
// packet: 10000 times the unit's seconds divided by the rate.
type Limit struct {
	Avg, Burst uint32

	credit, cap, cost uint32
	prev              uint64 // jiffies
}

// MAC is struct xt_mac_info.
type MAC struct {
	Addr wire.MAC
	Inv  bool
}

// Mark is struct xt_mark_mtinfo1.
type Mark struct {
	Mark, Mask uint32
	Inv        bool
}

// MH is struct ip6t_mh: types of mobility headers.
type MH struct {
	Min, Max uint8
	Inv      bool
}

// A MultiportKind is an enum xt_multiport_flags.
type MultiportKind uint8

// Which ports Multiport compares.
const (
	MultiSource MultiportKind = iota
	MultiDestination
	MultiEither
)

// Multiport is struct xt_multiport_v1: at most 15 ports, a range counts twice.
type Multiport struct {
	Kind  MultiportKind
	Ports []PortRange // Min == Max is one port
	Inv   bool
}

// Opts is struct ip6t_opts: hop-by-hop options (hbh), with Dst destination options
// (dst).
type Opts struct {
	Dst            bool
	HdrLen         uint32
	HasLen, InvLen bool
	HasOpts        bool
	Opts           []Opt6
	NotStrict      bool
}

// An Opt6 is an option of Opts. Len -1 is any length.
type Opt6 struct {
	Type uint8
	Len  int
}

// Owner is struct xt_owner_match_info.
type Owner struct {
	UID, GID                U32Range
	HasUID, HasGID          bool
	InvUID, InvGID          bool
	SocketExists, InvSocket bool
	SupplGroups             bool
}

// PhysDev is struct xt_physdev_info.
type PhysDev struct {
	In, Out                       string // with + as in IP.In
	HasIn, HasOut                 bool
	InvIn, InvOut                 bool
	IsIn, IsOut, Bridged          bool
	InvIsIn, InvIsOut, InvBridged bool
}

// PktType is struct xt_pkttype_info: Type is a core.PktType.
type PktType struct {
	Type uint8
	Inv  bool
}

// Quota is struct xt_quota_info.
type Quota struct {
	Quota uint64
	Inv   bool

	left uint64
}

// Realm is struct xt_realm_info.
type Realm struct {
	ID, Mask uint32
	Inv      bool
}

// A RecentKind is what Recent does with the list.
type RecentKind uint8

// The kinds.
const (
	RecentSet RecentKind = iota
	RecentRCheck
	RecentUpdate
	RecentRemove
)

// Recent is struct xt_recent_mtinfo_v1.
type Recent struct {
	RName    string
	Kind     RecentKind
	Dest     bool   // --rdest
	TTL      bool   // --rttl
	Reap     bool   // --reap
	Seconds  uint32 // 0: not compared
	HitCount uint32
	Mask     wire.Addr
	Inv      bool

	table *RecentTable
}

// RpFilter is struct xt_rpfilter_info.
type RpFilter struct {
	Loose, ValidMark, AcceptLocal, Inv bool
}

// RT is struct ip6t_rt: the routing header.
type RT struct {
	Type             uint32
	HasType, InvType bool
	Segs             U32Range
	HasSegs, InvSegs bool
	HdrLen           uint32
	HasLen, InvLen   bool
	Res              bool // --rt-0-res
	Addrs            []wire.Addr
	HasAddrs         bool // --rt-0-addrs
	NotStrict        bool
}

// SCTP is struct xt_sctp_info. Chunks are bits; ChunkFlags compare flags of some
// chunks.
type SCTP struct {
	Src, Dst       PortRange
	HasSrc, HasDst bool
	InvSrc, InvDst bool
	HasChunks      bool
	InvChunks      bool
	Kind           SCTPKind
	Chunks         [256 / 64]uint64
	Flags          []SCTPFlag
}

// An SCTPKind is how chunk types are compared (SCTP_CHUNK_MATCH_*).
type SCTPKind uint8

// The kinds.
const (
	SCTPAny SCTPKind = 1 + iota
	SCTPAll
	SCTPOnly
)

// An SCTPFlag is struct xt_sctp_flag_info.
type SCTPFlag struct{ Chunk, Flag, Mask uint8 }

// A SetRef is struct xt_set_info: the name of a set and the fields, Src[i] says
// that dimension i is the source's.
type SetRef struct {
	Set string
	Dim uint8
	Src [6]bool
}

// SetMatch is struct xt_set_info_match_v4.
type SetMatch struct {
	SetRef
	Inv              bool // !
	ReturnNoMatch    bool // --return-nomatch
	NoUpdateCounters bool // ! --update-counters
	NoUpdateSub      bool // ! --update-subcounters
	Packets, Bytes   SetCounter
	set              *IPSet
}

// A SetCounter is struct ip_set_counter_match: how a counter of the element is
// compared.
type SetCounter struct {
	Op    SetOp
	Value uint64
}

// A SetOp is IPSET_COUNTER_*.
type SetOp uint8

// The comparisons.
const (
	SetCounterNone SetOp = iota
	SetCounterEQ
	SetCounterNE
	SetCounterLT
	SetCounterGT
)

// Socket is struct xt_socket_mtinfo3.
type Socket struct {
	Transparent, NoWildcard, RestoreSkMark bool
}

// Statistic is struct xt_statistic_info. Probability is of 2^31.
type Statistic struct {
	Nth           bool // else random
	Probability   uint32
	Every, Packet uint32 // Every is --every minus 1
	Inv           bool

	count uint32
}

// String is struct xt_string_info.
type String struct {
	Algo       string // "bm", "kmp"
	From, To   uint32 // offsets; To 65535 by default
	Pattern    []byte
	IgnoreCase bool
	Inv        bool

	folded []byte
}

// TCP is struct xt_tcp. Flags are the lower eight of the header's; Option is the
// kind of a TCP option, 0 not compared.
type TCP struct {
	Src, Dst            PortRange
	Option              uint8
	FlagMask, FlagCmp   uint8
	InvSrc, InvDst      bool
	InvFlags, InvOption bool
}

// TCPMSS is struct xt_tcpmss_match_info.
type TCPMSS struct {
	Min, Max uint16
	Inv      bool
}

// Time is struct xt_time_info.
type Time struct {
	DateStart, DateStop sim.Time // seconds since 1970 as sim.Second; DateStop 0x7fffffff s: open
	DayStart, DayStop   uint32   // seconds of a day
	MonthDays           uint32   // bits 1 to 31
	WeekDays            uint8    // bits 1 (Monday) to 7
	LocalTZ, Contiguous bool
}

// U32 is struct xt_u32.
type U32 struct {
	Tests []U32Test
	Inv   bool
}

// A U32Test is struct xt_u32_test.
type U32Test struct {
	Location []U32Op // the first one's Op is not read
	Values   []U32Range
}

// A U32Op is struct xt_u32_location_element.
type U32Op struct {
	Number uint32
	Op     U32OpKind
}

// A U32OpKind is enum xt_u32_ops.
type U32OpKind uint8

// The operations.
const (
	U32And U32OpKind = iota
	U32Left
	U32Right
	U32At
)

// UDP is struct xt_udp; Lite is udplite.
type UDP struct {
	Src, Dst       PortRange
	InvSrc, InvDst bool
	Lite           bool
}
