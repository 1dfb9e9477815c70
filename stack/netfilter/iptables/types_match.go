package iptables

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The matches, in order of their names. Inv and InvX are the `!` of the option
// that they name.

// AddrType is struct xt_addrtype_info_v1: types are bits 1<<RTN_*, 0 not
// compared.
type AddrType struct {
	Src, Dst                 uint16
	InvSrc, InvDst           bool
	LimitIfaceIn, LimitIface bool // --limit-iface-in; LimitIface is --limit-iface-out
}

// AH is struct ipt_ah, ip6t_ah. HdrLen and Res are ip6tables' (--ahlen, --ahres).
type AH struct {
	SPI       U32Range
	InvSPI    bool
	HdrLen    uint32 // bytes, 0 not compared
	InvHdrLen bool
	Res       bool // the reserved field is zero
}

// Comment is struct xt_comment_info.
type Comment struct{ Text string }

// A ConnBytesWhat is an enum xt_connbytes_what.
type ConnBytesWhat uint8

// What ConnBytes counts, and of which direction.
const (
	ConnPackets ConnBytesWhat = iota
	ConnByteCount
	ConnAvgPkt

	ConnDirOriginal = 0
	ConnDirReply    = 1
	ConnDirBoth     = 2
)

// ConnBytes is struct xt_connbytes_info. Inv turns the range around (! a:b).
type ConnBytes struct {
	From, To  uint64 // To: the largest value for an open range
	What      ConnBytesWhat
	Direction uint8
	Inv       bool
}

// ConnLabel is struct xt_connlabel_mtinfo.
type ConnLabel struct {
	Bit uint16
	Set bool // set it, too
	Inv bool
}

// ConnLimit is struct xt_connlimit_info. Above is --connlimit-above, else
// --connlimit-upto; Daddr counts by destination.
type ConnLimit struct {
	Limit uint32
	Mask  wire.Addr // bits of the address that group; see PlenMask
	Above bool
	Daddr bool

	groups  []*connGroup
	index   map[connKey]*connGroup
	sweepAt int // as many groups: time to drop the empty ones
}

// ConnMark is struct xt_connmark_mtinfo1.
type ConnMark struct {
	Mark, Mask uint32
	Inv        bool
}

// Bits of Conntrack.Flags and Conntrack.Invert (XT_CONNTRACK_*).
const (
	CTState = 1 << iota
	CTProto
	CTOrigSrc
	CTOrigDst
	CTReplSrc
	CTReplDst
	CTStatus
	CTExpires
	CTOrigSrcPort
	CTOrigDstPort
	CTReplSrcPort
	CTReplDstPort
	CTDirection
	CTStateAlias // written as -m state: of no meaning here
)

// Bits of Conntrack.State beyond conntrack.StateInvalid and so on
// (XT_CONNTRACK_STATE_*).
const (
	CTStateInvalid     = 1 << 0
	CTStateEstablished = 1 << 1
	CTStateRelated     = 1 << 2
	CTStateNew         = 1 << 3
	CTStateSNAT        = 1 << 6
	CTStateDNAT        = 1 << 7
	CTStateUntracked   = 1 << 8
)

// Bits of Conntrack.Status (IPS_*), where they have names in iptables. None of
// them asked for is NONE.
const (
	CTStatusExpected  = 1 << 0
	CTStatusSeenReply = 1 << 1
	CTStatusAssured   = 1 << 2
	CTStatusConfirmed = 1 << 3
)

// An AddrMask is an address and the bits of it that count.
type AddrMask struct{ Addr, Mask wire.Addr }

// Conntrack is struct xt_conntrack_mtinfo3. Flags says which of its fields
// count, Invert which are inverted (CTState …). With CTDirection, Invert has the
// bit for REPLY, and not for ORIGINAL.
type Conntrack struct {
	Flags, Invert                      uint16
	State                              uint16
	Status                             uint16
	Proto                              uint8
	OrigSrc, OrigDst, ReplSrc, ReplDst AddrMask
	OrigSrcPort, OrigDstPort           PortRange
	ReplSrcPort, ReplDstPort           PortRange
	Expires                            U32Range // seconds
}

// State is struct xt_state_info, -m state of the first revision: bits CTState….
type State struct {
	Mask uint16
	Inv  bool
}

// CPU is struct xt_cpu_info.
type CPU struct {
	CPU uint32
	Inv bool
}

// DCCP is struct xt_dccp_info. Types are bits.
type DCCP struct {
	Src, Dst            PortRange
	Types               uint16
	Option              uint8
	HasSrc, HasDst      bool
	HasTypes, HasOption bool
	InvSrc, InvDst      bool
	InvTypes, InvOption bool
}

// DevGroup is struct xt_devgroup_info.
type DevGroup struct {
	Src, SrcMask, Dst, DstMask uint32
	HasSrc, HasDst             bool
	InvSrc, InvDst             bool
}

// DSCP is struct xt_dscp_info: the upper six bits of the TOS byte, 0 to 63.
type DSCP struct {
	DSCP uint8
	Inv  bool
}

// TOS is struct xt_tos_match_info.
type TOS struct {
	Value, Mask uint8
	Inv         bool
}

// ECN is struct xt_ecn_info. ECT is 0 to 3.
type ECN struct {
	HasCWR, HasECE, HasECT bool
	InvCWR, InvECE, InvECT bool
	ECT                    uint8
}

// ESP is struct xt_esp.
type ESP struct {
	SPI    U32Range
	InvSPI bool
}

// EUI64 is ip6t_eui64, without options.
type EUI64 struct{}

// Frag is struct ip6t_frag.
type Frag struct {
	ID             U32Range
	HasID, InvID   bool
	HdrLen         uint32 // --fraglen
	HasLen, InvLen bool
	Res, First     bool // --fragres, --fragfirst
	More, Last     bool // --fragmore, --fraglast
}

// Modes of HashLimit (XT_HASHLIMIT_HASH_*), Invert is --hashlimit-above.
const (
	HashDIP = 1 << iota
	HashDPT
	HashSIP
	HashSPT
	HashInvert
	HashBytes
	HashRateMatch
)

// HashLimit is struct xt_hashlimit_mtinfo3. Avg is in units of
// 1/XT_HASHLIMIT_SCALE_v2 seconds per packet (1000000/rate·unit), or with
// HashBytes what libxt_hashlimit makes of a byte rate (bytes >> 4 per second as
// UINT32_MAX divided by it); see HashAvg and HashByteRate.
type HashLimit struct {
	HName            string // of the table, shared by rules
	Mode             uint32
	Avg, Burst       uint64
	Size, Max        uint32 // buckets, entries; 0: default
	GCInterval       uint32 // ms
	Expire           uint32 // ms
	SrcMask, DstMask uint8  // prefix lengths
	Interval         uint32 // seconds, of HashRateMatch

	table *HashTable
}

// Helper is struct xt_helper_info. "" is any.
type Helper struct {
	HName string
	Inv   bool
}

// HL is struct ip6t_hl_info, TTL struct ipt_ttl_info.
type HL struct {
	Mode  HLMode
	Value uint8
}

// TTL is HL of IPv4.
type TTL struct {
	Mode  HLMode
	Value uint8
}

// An HLMode is how a hop limit is compared (IPT_TTL_*).
type HLMode uint8

// The modes.
const (
	HLEqual HLMode = iota
	HLNotEqual
	HLLess
	HLGreater
)

// ICMP is struct ipt_icmp, struct ip6t_icmp. Type 255 of IPv4 is any.
type ICMP struct {
	Type     uint8
	Min, Max uint8 // code
	Inv      bool
}

// ICMP6 is struct ip6t_icmp.
type ICMP6 struct {
	Type     uint8
	Min, Max uint8
	Inv      bool
}

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
