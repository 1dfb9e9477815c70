package lab

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/tcp"
)

// The sysctls of TCP's congestion control, its packet sizes and ECN.

// tcpScalar finds the place of one that is a number.
func tcpScalar(s *core.Sysctl, key string) *int {
	switch key {
	case "net.ipv4.tcp_ecn_fallback":
		return &s.TCPEcnFallback
	case "net.ipv4.tcp_ecn_option":
		return &s.TCPEcnOption
	case "net.ipv4.tcp_ecn_option_beacon":
		return &s.TCPEcnOptionBeacon
	case "net.ipv4.tcp_mtu_probing":
		return &s.TCPMtuProbing
	case "net.ipv4.tcp_retrans_collapse":
		return &s.TCPRetransCollapse
	case "net.ipv4.tcp_mtu_probe_floor":
		return &s.TCPMtuProbeFloor
	case "net.ipv4.tcp_min_snd_mss":
		return &s.TCPMinSndMSS
	case "net.ipv4.tcp_probe_interval":
		return &s.TCPProbeInterval
	case "net.ipv4.tcp_probe_threshold":
		return &s.TCPProbeThreshold
	case "net.ipv4.tcp_tso_win_divisor":
		return &s.TCPTSOWinDivisor
	case "net.ipv4.tcp_min_tso_segs":
		return &s.TCPMinTSOSegs
	case "net.ipv4.tcp_tso_rtt_log":
		return &s.TCPTSORttLog
	case "net.ipv4.tcp_min_rtt_wlen":
		return &s.TCPMinRttWlen
	case "net.ipv4.tcp_workaround_signed_windows":
		return &s.TCPWorkaroundWindows
	}
	return nil
}

// tcpRange is the range of values that the kernel takes for a key; ok is false
// if it has none beyond its type's.
func tcpRange(key string) (lo, hi int, ok bool) {
	switch key {
	case "net.ipv4.tcp_ecn", "net.ipv4.tcp_ecn_option":
		return 0, 2, true // Accurate ECN (3 to 5) cannot be switched on in Linux 6.18
	case "net.ipv4.tcp_ecn_option_beacon":
		return 0, 3, true
	case "net.ipv4.tcp_ecn_fallback":
		return 0, 1, true
	case "net.ipv4.tcp_retrans_collapse", "net.ipv4.tcp_mtu_probing", "net.ipv4.tcp_tso_win_divisor", "net.ipv4.tcp_tso_rtt_log", "net.ipv4.tcp_workaround_signed_windows":
		return 0, 255, true
	case "net.ipv4.tcp_min_tso_segs":
		return 1, 255, true
	case "net.ipv4.tcp_mtu_probe_floor", "net.ipv4.tcp_min_snd_mss":
		return 48, 65535, true
	case "net.ipv4.tcp_pacing_ss_ratio", "net.ipv4.tcp_pacing_ca_ratio":
		return 0, 1000, true
	case "net.ipv4.tcp_min_rtt_wlen":
		return 0, 86400, true
	}
	return tcpConnRange(key)
}

// tcpInRange tells whether the kernel takes a number for the key.
func tcpInRange(key, val string) bool {
	lo, hi, ok := tcpRange(key)
	if !ok {
		return true
	}
	n, err := strconv.ParseInt(strings.TrimSpace(val), 0, 64)
	return err != nil || int64(lo) <= n && n <= int64(hi)
}

// congGet reads the keys about congestion control.
func congGet(ns *core.Netns, key string) (string, bool) {
	switch key {
	case "net.ipv4.tcp_congestion_control":
		return ns.Sysctl.TCPCongestionControl, true
	case "net.ipv4.tcp_available_congestion_control":
		return strings.Join(tcp.AvailableCongestion(ns.Machine), " "), true
	case "net.ipv4.tcp_allowed_congestion_control":
		return strings.Join(tcp.AllowedCongestion(ns.Machine), " "), true
	case "net.ipv4.tcp_notsent_lowat":
		return strconv.FormatUint(uint64(ns.Sysctl.TCPNotsentLowat), 10), true
	}
	return "", false
}

// congPut writes one of them; done says that the key is one, words are those of
// the error.
func congPut(h *stack.Host, key, val string) (words string, done bool) {
	ns := h.NS
	switch key {
	case "net.ipv4.tcp_congestion_control":
		switch tcp.SetDefaultCongestion(ns, val) {
		case 0:
			return "", true
		case step.EPERM:
			return "Operation not permitted", true
		}
		return noSuch, true
	case "net.ipv4.tcp_allowed_congestion_control":
		if len(ns.Machine.NS) > 0 && ns.Machine.NS[0] != ns {
			return badValue, true // only the machine's first namespace may
		}
		if !tcp.SetAllowedCongestion(ns.Machine, strings.Fields(val)) {
			return noSuch, true
		}
		return "", true
	case "net.ipv4.tcp_notsent_lowat":
		n, err := strconv.ParseUint(val, 0, 32)
		if err != nil {
			return badValue, true
		}
		ns.Sysctl.TCPNotsentLowat = uint32(n)
		return "", true
	}
	return "", false
}
