package lab

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
)

// ctTCPNames are the names of CTSysctl.TCPTimeouts, by index.
var ctTCPNames = [core.CTTCPTimeouts]string{1: "syn_sent", 2: "syn_recv", 3: "established", 4: "fin_wait", 5: "close_wait", 6: "last_ack", 7: "time_wait", 8: "close",
	core.CTTCPRetrans: "max_retrans", core.CTTCPUnack: "unacknowledged"}

var ctSCTPNames = [8]string{"closed", "cookie_wait", "cookie_echoed", "established", "shutdown_sent", "shutdown_recd", "shutdown_ack_sent", "heartbeat_sent"}

// ctScalar finds the place of net.netfilter.nf_conntrack_*, nil if there is
// none.
func ctScalar(s *core.CTSysctl, key string) *int {
	name, ok := strings.CutPrefix(key, "net.netfilter.nf_conntrack_")
	if !ok {
		switch key {
		case "net.nf_conntrack_max":
			return &s.Max
		case "net.netfilter.nf_flowtable_tcp_timeout": // these two: of a kernel with flow tables
			return &s.FlowTCP
		case "net.netfilter.nf_flowtable_udp_timeout":
			return &s.FlowUDP
		}
		return nil
	}
	if n, ok := strings.CutPrefix(name, "tcp_timeout_"); ok {
		for i, x := range ctTCPNames {
			if x == n && x != "" {
				return &s.TCPTimeouts[i]
			}
		}
		return nil
	}
	if n, ok := strings.CutPrefix(name, "sctp_timeout_"); ok {
		for i, x := range ctSCTPNames {
			if x == n {
				return &s.SCTPTimeouts[i]
			}
		}
		return nil
	}
	switch name {
	case "acct":
		return &s.Acct
	case "timestamp":
		return &s.Timestamp
	case "checksum":
		return &s.Checksum
	case "events":
		return &s.Events
	case "log_invalid":
		return &s.LogInvalid
	case "max":
		return &s.Max
	case "buckets":
		return &s.Buckets
	case "expect_max":
		return &s.ExpectMax
	case "generic_timeout":
		return &s.GenericTimeout
	case "icmp_timeout":
		return &s.ICMPTimeout
	case "icmpv6_timeout":
		return &s.ICMPv6Timeout
	case "udp_timeout":
		return &s.UDPTimeout
	case "udp_timeout_stream":
		return &s.UDPTimeoutStream
	case "gre_timeout":
		return &s.GRETimeout
	case "gre_timeout_stream":
		return &s.GRETimeoutStream
	case "frag6_high_thresh":
		return &s.Frag6HighThresh
	case "frag6_low_thresh":
		return &s.Frag6LowThresh
	case "frag6_timeout":
		return &s.Frag6Timeout
	case "tcp_loose":
		return &s.TCPLoose
	case "tcp_be_liberal":
		return &s.TCPBeLiberal
	case "tcp_max_retrans":
		return &s.TCPMaxRetrans
	case "tcp_ignore_invalid_rst":
		return &s.TCPNoRST
	}
	return nil
}

// ctCount is net.netfilter.nf_conntrack_count.
func ctCount(h *stack.Host) string {
	if t := conntrack.Of(h.NS); t != nil {
		return strconv.Itoa(t.Count())
	}
	return "0"
}
