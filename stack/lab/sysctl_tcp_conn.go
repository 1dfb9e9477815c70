package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
)

// The sysctls of TCP's connections: how they begin, how they end, and how long
// they are kept.

// tcpConnScalar finds the place of one that is a number.
func tcpConnScalar(s *core.Sysctl, key string) *int {
	key, ok := strings.CutPrefix(key, "net.ipv4.tcp_")
	if !ok {
		return nil
	}
	switch key {
	case "fastopen":
		return &s.TCPFastopen
	case "fastopen_blackhole_timeout_sec":
		return &s.TCPFastopenBlackhole
	case "tw_reuse":
		return &s.TCPTWReuse
	case "tw_reuse_delay":
		return &s.TCPTWReuseDelay
	case "max_tw_buckets":
		return &s.TCPMaxTWBuckets
	case "max_orphans":
		return &s.TCPMaxOrphans
	case "orphan_retries":
		return &s.TCPOrphanRetries
	case "rfc1337":
		return &s.TCPRFC1337
	case "stdurg":
		return &s.TCPStdurg
	case "reflect_tos":
		return &s.TCPReflectTOS
	case "fwmark_accept":
		return &s.TCPFwmarkAccept
	case "pingpong_thresh":
		return &s.TCPPingpongThresh
	case "syn_linear_timeouts":
		return &s.TCPSynLinear
	case "retries1":
		return &s.TCPRetries1
	case "rto_max_ms":
		return &s.TCPRtoMaxMs
	case "invalid_ratelimit":
		return &s.TCPInvalidRatelimit
	case "challenge_ack_limit":
		return &s.TCPChallengeAckLimit
	case "thin_linear_timeouts":
		return &s.TCPThinLinear
	case "autocorking":
		return &s.TCPAutocorking
	case "shrink_window":
		return &s.TCPShrinkWindow
	case "frto":
		return &s.TCPFrto
	case "reordering":
		return &s.TCPReordering
	case "max_reordering":
		return &s.TCPMaxReordering
	case "app_win":
		return &s.TCPAppWin
	case "adv_win_scale":
		return &s.TCPAdvWinScale
	case "base_mss":
		return &s.TCPBaseMSS
	case "pacing_ss_ratio":
		return &s.TCPPacingSSRatio
	case "pacing_ca_ratio":
		return &s.TCPPacingCARatio
	}
	return nil
}

// tcpConnRange is the range of values that the kernel takes for a key; ok is
// false if it has none beyond its type's.
func tcpConnRange(key string) (lo, hi int, ok bool) {
	key, ok = strings.CutPrefix(key, "net.ipv4.tcp_")
	if !ok {
		return 0, 0, false
	}
	switch key {
	case "tw_reuse":
		return 0, 2, true
	case "tw_reuse_delay":
		return 1, 60000, true
	case "reflect_tos", "autocorking", "shrink_window", "backlog_ack_defer", "no_ssthresh_metrics_save", "migrate_req", "plb_enabled", "l3mdev_accept":
		return 0, 1, true
	case "early_retrans":
		return 0, 4, true
	case "pingpong_thresh":
		return 1, 255, true
	case "syn_retries":
		return 1, 127, true
	case "syn_linear_timeouts":
		return 0, 127, true
	case "app_win":
		return 0, 31, true
	case "adv_win_scale":
		return -31, 31, true
	case "rto_max_ms":
		return 1000, 120000, true
	case "rto_min_us":
		return 1, 1<<31 - 1, true
	case "fastopen_blackhole_timeout_sec":
		return 0, 1<<31 - 1, true
	case "synack_retries", "retries1", "retries2", "orphan_retries", "syncookies", "keepalive_probes", "sack", "dsack", "window_scaling", "timestamps",
		"recovery", "thin_linear_timeouts", "slow_start_after_idle", "retrans_collapse", "stdurg", "rfc1337", "abort_on_overflow", "fack", "frto",
		"no_metrics_save", "moderate_rcvbuf", "comp_sack_nr", "fwmark_accept", "early_demux":
		return 0, 255, true
	}
	return 0, 0, false
}

// tcpIgnored are keys that Linux 6.18 itself does nothing with: they are kept.
func tcpIgnored(key string) bool {
	return key == "net.ipv4.tcp_fack" || key == "net.ipv4.tcp_low_latency"
}

// fastopenKey is how net.ipv4.tcp_fastopen_key reads.
func fastopenKey(s *core.Sysctl) string {
	key := func(k [4]uint32) string { return fmt.Sprintf("%08x-%08x-%08x-%08x", k[0], k[1], k[2], k[3]) }
	v := key(s.TCPFastopenKey[0])
	if s.TCPFastopenKeys == 2 {
		v += "," + key(s.TCPFastopenKey[1])
	}
	return v
}

// setFastopenKey is proc_tcp_fastopen_key: one key of four words in hexadecimal,
// or two with a comma. It reports whether the kernel would take it.
func setFastopenKey(s *core.Sysctl, val string) bool {
	var keys [2][4]uint32
	parts := strings.Split(strings.TrimSpace(val), ",")
	if len(parts) > 2 {
		return false
	}
	for i, p := range parts {
		words := strings.Split(p, "-")
		if len(words) != 4 {
			return false
		}
		for j, w := range words {
			n, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(w), "0x"), 16, 32)
			if err != nil {
				return false
			}
			keys[i][j] = uint32(n)
		}
	}
	s.TCPFastopenKey, s.TCPFastopenKeys = keys, len(parts)
	return true
}
