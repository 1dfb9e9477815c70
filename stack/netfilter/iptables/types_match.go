package iptables

import "github.com/packetwalk/packetwalk/stack/wire"

// The matches, in order of their names (the rest is in types_match2.go). Inv and InvX are the `!` of the option
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
