package iptables

import (
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/nat"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The targets, in order of their names.

// Checksum is CHECKSUM --checksum-fill.
type Checksum struct{}

// Classify is struct xt_classify_target_info.
type Classify struct{ Priority uint32 }

// A ConnMarkMode is enum XT_CONNMARK_SET, SAVE, RESTORE.
type ConnMarkMode uint8

// The modes.
const (
	ConnMarkSet ConnMarkMode = iota
	ConnMarkSave
	ConnMarkRestore
)

// SetConnMark is struct xt_connmark_tginfo2, the target CONNMARK: Set makes the
// mark (mark &^ CTMask) ^ CTMark (--set-xmark and its kin), Save and Restore use
// CTMask and NFMask.
type SetConnMark struct {
	CTMark, CTMask, NFMask uint32
	Mode                   ConnMarkMode
	Shift                  uint8
	ShiftRight             bool
}

// CT is struct xt_ct_target_info_v1.
type CT struct {
	NoTrack             bool
	Zone                uint16
	ZoneOrig, ZoneRepl  bool // --zone-orig, --zone-reply
	ZoneMark            bool // the zone is the packet's mark
	CTEvents, ExpEvents uint32
	Helper              string
	Timeout             string
	tmpl                *conntrack.Conn
}

// NoTrack is the target NOTRACK.
type NoTrack struct{}

// NATTarget is struct nf_nat_range2 of SNAT and DNAT.
type NATTarget struct {
	Dst   bool // DNAT
	Range nat.Range
}

// Masquerade is MASQUERADE. Of the range ports and flags count.
type Masquerade struct{ Range nat.Range }

// Redirect is REDIRECT. Of the range ports and flags count.
type Redirect struct{ Range nat.Range }

// Netmap is NETMAP: MinAddr and MaxAddr are the first and last address of a
// network.
type Netmap struct{ Range nat.Range }

// SetDSCP is struct xt_DSCP_info: 0 to 63.
type SetDSCP struct{ DSCP uint8 }

// SetTOS is struct xt_tos_target_info: the byte becomes (byte &^ Mask) ^ Value.
type SetTOS struct{ Value, Mask uint8 }

// SetECN is struct ipt_ECN_info. Only --ecn-tcp-remove is used nowadays.
type SetECN struct {
	IP, CWR, ECE   bool  // what is changed
	ECT            uint8 // of IP
	CWRBit, ECEBit bool
}

// An HLOp is IPT_TTL_SET, INC, DEC.
type HLOp uint8

// The operations.
const (
	HLSet HLOp = iota
	HLInc
	HLDec
)

// SetTTL is struct ipt_TTL_info, SetHL struct ip6t_HL_info.
type SetTTL struct {
	Op    HLOp
	Value uint8
}

// SetHL is SetTTL of IPv6.
type SetHL struct {
	Op    HLOp
	Value uint8
}

// Flags of Log (XT_LOG_*).
const (
	LogTCPSeq    = 1 << 0
	LogTCPOpt    = 1 << 1
	LogIPOpt     = 1 << 2
	LogUID       = 1 << 3
	LogNFLog     = 1 << 4
	LogMACDecode = 1 << 5
)

// Log is struct xt_log_info.
type Log struct {
	Level  uint8
	Flags  uint8
	Prefix string
}

// NFLog is struct xt_nflog_info.
type NFLog struct {
	Group     uint16
	Prefix    string
	Size      uint32
	HasSize   bool
	Threshold uint16
}

// SetMark is struct xt_mark_tginfo2, the target MARK: the mark becomes
// (mark &^ Mask) ^ Mark.
type SetMark struct{ Mark, Mask uint32 }

// A RejectWith is what REJECT answers.
type RejectWith uint8

// The answers. Those of IPv4 and of IPv6 have one list each
// (enum ipt_reject_with, ip6t_reject_with).
const (
	RejectNetUnreach RejectWith = iota
	RejectHostUnreach
	RejectProtoUnreach
	RejectPortUnreach
	RejectEchoReply
	RejectNetProhibited
	RejectHostProhibited
	RejectTCPReset
	RejectAdminProhibited

	Reject6NoRoute RejectWith = iota - 9
	Reject6AdmProhibited
	Reject6NotNeighbour
	Reject6AddrUnreach
	Reject6PortUnreach
	Reject6EchoReply
	Reject6TCPReset
	Reject6PolicyFail
	Reject6RejectRoute
)

// Reject is struct ipt_reject_info, of a rule of IPv6 ip6t_reject_info.
type Reject struct{ With RejectWith }

// SetTarget is struct xt_set_info_target_v3.
type SetTarget struct {
	Add, Del, Map SetRef // Set "" is none
	Exist         bool
	Flush         bool
	Timeout       uint32 // seconds; HasTimeout
	HasTimeout    bool
	MapMark       bool
	MapPrio       bool
	MapQueue      bool
	add, del, mp  *IPSet
}

// SetTCPMSS is struct xt_tcpmss_info; 0xffff is --clamp-mss-to-pmtu.
type SetTCPMSS struct{ MSS uint16 }

// TCPOptStrip is struct xt_tcpoptstrip_target_info: bits of option kinds.
type TCPOptStrip struct{ Strip [256 / 64]uint64 }

// TEE is struct xt_tee_tginfo.
type TEE struct {
	Gateway wire.Addr
	OIF     string
}

// TProxy is struct xt_tproxy_target_info_v1.
type TProxy struct {
	Mark, Mask uint32
	Addr       wire.Addr // zero: that of the device
	Port       uint16    // 0: the packet's
}

// Trace is TRACE.
type Trace struct{}
