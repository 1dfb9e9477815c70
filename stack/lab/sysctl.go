package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/sim"
)

var features = map[string]uint32{
	"tx": core.FeatureTxCsum, "rx": core.FeatureRxCsum, "sg": core.FeatureSG, "tso": core.FeatureTSO, "gso": core.FeatureGSO,
	"gro": core.FeatureGRO, "rxvlan": core.FeatureVlanRx, "txvlan": core.FeatureVlanTx, "rx-udp-gro-forwarding": core.FeatureUDPGRO,
	"tx-checksumming": core.FeatureTxCsum, "rx-checksumming": core.FeatureRxCsum, "tcp-segmentation-offload": core.FeatureTSO,
	"generic-segmentation-offload": core.FeatureGSO, "generic-receive-offload": core.FeatureGRO,
}

// Sysctl sets one value of the host.
func Sysctl(h *stack.Host, key, val string) error {
	f := strings.Fields(val)
	nums := make([]int, len(f))
	for i, s := range f {
		n, err := strconv.ParseInt(s, 0, 64) // strtoul_lenient: 0x is hexadecimal
		if err != nil {
			nums = nil
			break
		}
		nums[i] = int(n)
	}
	s := &h.NS.Sysctl
	switch key {
	case "net.ipv4.tcp_congestion_control", "net.ipv4.tcp_allowed_congestion_control", "net.ipv4.tcp_notsent_lowat":
		if words, _ := congPut(h, key, val); words != "" {
			return fmt.Errorf("%s: %s", key, words)
		}
		return nil
	case "net.ipv4.tcp_fastopen_key":
		if !setFastopenKey(s, val) {
			return fmt.Errorf("%s: %s", key, badValue)
		}
		return nil
	case "net.ipv4.ip_local_port_range":
		if len(nums) != 2 {
			return fmt.Errorf("%s takes two numbers", key)
		}
		s.PortMin, s.PortMax = nums[0], nums[1]
		return nil
	case "net.ipv4.ping_group_range":
		if len(nums) != 2 {
			return fmt.Errorf("%s takes two numbers", key)
		}
		s.PingGroupMin, s.PingGroupMax = nums[0], nums[1]
		return nil
	case "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem":
		if len(nums) != 3 {
			return fmt.Errorf("%s takes three numbers", key)
		}
		to := &s.TCPRmem
		if key == "net.ipv4.tcp_wmem" {
			to = &s.TCPWmem
		}
		copy(to[:], nums)
		return nil
	}
	if len(nums) != 1 {
		return fmt.Errorf("%s takes a number", key)
	}
	if p := scalar(s, key); p != nil {
		if !tcpInRange(key, val) {
			return fmt.Errorf("%s: %s", key, badValue)
		}
		*p = nums[0]
		if key == "net.ipv4.ip_forward" {
			forwarding(h, nums[0])
		}
		return nil
	}
	return perDevice(h, key, nums[0])
}

// scalar finds the place of a sysctl that is one number.
func scalar(s *core.Sysctl, key string) *int {
	if p := ctScalar(&s.CT, key); p != nil {
		return p
	}
	if p := tcpScalar(s, key); p != nil {
		return p
	}
	if p := tcpConnScalar(s, key); p != nil {
		return p
	}
	switch key {
	case "net.core.netdev_budget":
		return &s.NetdevBudget
	case "net.core.netdev_max_backlog":
		return &s.NetdevMaxBacklog
	case "net.core.dev_weight":
		return &s.DevWeight
	case "net.core.rmem_default":
		return &s.RmemDefault
	case "net.core.wmem_default":
		return &s.WmemDefault
	case "net.core.rmem_max":
		return &s.RmemMax
	case "net.core.wmem_max":
		return &s.WmemMax
	case "net.core.somaxconn":
		return &s.Somaxconn
	case "net.bridge.bridge-nf-call-iptables":
		return &s.Brnf.CallIPTables
	case "net.bridge.bridge-nf-call-ip6tables":
		return &s.Brnf.CallIP6Tables
	case "net.bridge.bridge-nf-call-arptables":
		return &s.Brnf.CallARPTables
	case "net.ipv4.ip_forward":
		return &s.IPForward
	case "net.ipv4.ip_default_ttl":
		return &s.IPDefaultTTL
	case "net.ipv4.ip_no_pmtu_disc":
		return &s.IPNoPMTUDisc
	case "net.ipv4.ip_early_demux":
		return &s.IPEarlyDemux
	case "net.ipv4.icmp_echo_ignore_all":
		return &s.ICMPEchoIgnoreAll
	case "net.ipv4.icmp_echo_ignore_broadcasts":
		return &s.ICMPEchoIgnoreBroadcasts
	case "net.ipv4.icmp_ratelimit":
		return &s.ICMPRatelimit
	case "net.ipv4.icmp_ratemask":
		return &s.ICMPRatemask
	case "net.ipv4.icmp_msgs_per_sec":
		return &s.ICMPMsgsPerSec
	case "net.ipv4.icmp_msgs_burst":
		return &s.ICMPMsgsBurst
	case "net.ipv4.ipfrag_time":
		return &s.IPFragTime
	case "net.ipv4.ipfrag_high_thresh":
		return &s.IPFragHighThresh
	case "net.ipv4.ipfrag_max_dist":
		return &s.IPFragMaxDist
	case "net.ipv4.tcp_syn_retries":
		return &s.TCPSynRetries
	case "net.ipv4.tcp_synack_retries":
		return &s.TCPSynackRetries
	case "net.ipv4.tcp_timestamps":
		return &s.TCPTimestamps
	case "net.ipv4.tcp_sack":
		return &s.TCPSack
	case "net.ipv4.tcp_dsack":
		return &s.TCPDsack
	case "net.ipv4.tcp_window_scaling":
		return &s.TCPWindowScaling
	case "net.ipv4.tcp_rto_min_us":
		return &s.TCPRtoMinUs
	case "net.ipv4.tcp_retries2":
		return &s.TCPRetries2
	case "net.ipv4.tcp_fin_timeout":
		return &s.TCPFinTimeout
	case "net.ipv4.tcp_syncookies":
		return &s.TCPSyncookies
	case "net.ipv4.tcp_abort_on_overflow":
		return &s.TCPAbortOnOverflow
	case "net.ipv4.tcp_slow_start_after_idle":
		return &s.TCPSlowStartAfterIdle
	case "net.ipv4.tcp_moderate_rcvbuf":
		return &s.TCPModerateRcvbuf
	case "net.ipv4.tcp_early_retrans":
		return &s.TCPEarlyRetrans
	case "net.ipv4.tcp_recovery":
		return &s.TCPRecovery
	case "net.ipv4.tcp_ecn":
		return &s.TCPEcn
	case "net.ipv4.tcp_max_syn_backlog":
		return &s.TCPMaxSynBacklog
	case "net.ipv4.tcp_keepalive_time":
		return &s.TCPKeepaliveTime
	case "net.ipv4.tcp_keepalive_intvl":
		return &s.TCPKeepaliveIntvl
	case "net.ipv4.tcp_keepalive_probes":
		return &s.TCPKeepaliveProbes
	case "net.ipv4.tcp_no_metrics_save":
		return &s.TCPNoMetricsSave
	case "net.ipv4.tcp_no_ssthresh_metrics_save":
		return &s.TCPNoSSThreshMetricsSave
	case "net.ipv4.tcp_comp_sack_nr":
		return &s.TCPCompSackNr
	case "net.ipv4.tcp_comp_sack_delay_ns":
		return &s.TCPCompSackDelayNs
	case "net.ipv4.tcp_comp_sack_slack_ns":
		return &s.TCPCompSackSlackNs
	case "net.ipv4.tcp_backlog_ack_defer":
		return &s.TCPBacklogAckDefer
	case "net.ipv4.tcp_limit_output_bytes":
		return &s.TCPLimitOutputBytes
	case "net.ipv4.fib_multipath_hash_policy":
		return &s.FIBMultipathHashPolicy
	case "net.ipv4.fib_multipath_hash_fields":
		return &s.FIBMultipathHashFields
	case "net.ipv4.fib_multipath_hash_seed":
		return &s.FIBMultipathHashSeed
	case "net.ipv4.fib_multipath_use_neigh":
		return &s.FIBMultipathUseNeigh
	case "net.ipv6.fib_multipath_hash_policy":
		return &s.IPv6MultipathHashPolicy
	case "net.ipv6.fib_multipath_hash_fields":
		return &s.IPv6MultipathHashFields
	case "net.ipv4.tcp_early_demux":
		return &s.TCPEarlyDemux
	case "net.ipv4.udp_early_demux":
		return &s.UDPEarlyDemux
	case "net.ipv4.ip_forward_use_pmtu":
		return &s.IPForwardUsePMTU
	case "net.ipv4.ip_forward_update_priority":
		return &s.IPForwardUpdatePriority
	case "net.ipv4.icmp_ignore_bogus_error_responses":
		return &s.ICMPIgnoreBogus
	case "net.ipv4.icmp_errors_use_inbound_ifaddr":
		return &s.ICMPErrorsUseInbound
	case "net.ipv4.ip_nonlocal_bind":
		return &s.IPNonlocalBind
	case "net.ipv4.ip_unprivileged_port_start":
		return &s.IPUnprivPort
	case "net.ipv4.udp_rmem_min":
		return &s.UDPRmemMin
	case "net.ipv4.udp_wmem_min":
		return &s.UDPWmemMin
	case "net.ipv4.igmp_max_memberships":
		return &s.IGMPMaxMemberships
	case "net.ipv4.igmp_qrv":
		return &s.IGMPQrv
	case "net.ipv4.route.min_pmtu":
		return &s.MinPMTU
	case "net.ipv4.route.mtu_expires":
		return &s.MTUExpires
	case "net.ipv4.route.min_adv_mss":
		return &s.MinAdvMSS
	case "net.ipv4.tcp_retries1":
		return &s.TCPRetries1
	case "net.ipv4.tcp_orphan_retries":
		return &s.TCPOrphanRetries
	case "net.ipv4.tcp_syn_linear_timeouts":
		return &s.TCPSynLinear
	case "net.ipv4.tcp_tw_reuse":
		return &s.TCPTWReuse
	case "net.ipv4.tcp_rfc1337":
		return &s.TCPRFC1337
	case "net.ipv4.tcp_frto":
		return &s.TCPFrto
	case "net.ipv4.tcp_reordering":
		return &s.TCPReordering
	case "net.ipv4.tcp_max_reordering":
		return &s.TCPMaxReordering
	case "net.ipv4.tcp_adv_win_scale":
		return &s.TCPAdvWinScale
	case "net.ipv4.tcp_app_win":
		return &s.TCPAppWin
	case "net.ipv4.tcp_autocorking":
		return &s.TCPAutocorking
	case "net.ipv4.tcp_fastopen":
		return &s.TCPFastopen
	case "net.ipv4.tcp_invalid_ratelimit":
		return &s.TCPInvalidRatelimit
	case "net.ipv4.tcp_challenge_ack_limit":
		return &s.TCPChallengeAckLimit
	case "net.ipv4.tcp_max_tw_buckets":
		return &s.TCPMaxTWBuckets
	case "net.ipv4.tcp_base_mss":
		return &s.TCPBaseMSS
	case "net.ipv4.tcp_rto_max_ms":
		return &s.TCPRtoMaxMs
	case "net.ipv4.tcp_pacing_ss_ratio":
		return &s.TCPPacingSSRatio
	case "net.ipv4.tcp_pacing_ca_ratio":
		return &s.TCPPacingCARatio
	case "net.ipv4.tcp_thin_linear_timeouts":
		return &s.TCPThinLinear
	case "net.ipv4.tcp_shrink_window":
		return &s.TCPShrinkWindow
	case "net.ipv6.bindv6only":
		return &s.IPv6BindV6Only
	case "net.ipv6.ip6frag_high_thresh":
		return &s.IPv6FragHighThresh
	case "net.ipv6.ip6frag_time":
		return &s.IPv6FragTime
	case "net.ipv6.icmp.echo_ignore_all":
		return &s.IPv6ICMPEchoIgnoreAll
	case "net.ipv6.icmp.ratelimit":
		return &s.IPv6ICMPRatelimit
	case "net.ipv6.auto_flowlabels":
		return &s.IPv6AutoFlowlabels
	}
	return nil
}

// perDevice sets net.ipv4.conf.DEV.*, net.ipv6.conf.DEV.* and
// net.ipv4.neigh.DEV.*.
func perDevice(h *stack.Host, key string, v int) error {
	w := strings.Split(key, ".")
	if len(w) != 5 || w[0] != "net" {
		return fmt.Errorf("not modelled: the sysctl %s", key)
	}
	s := &h.NS.Sysctl
	switch w[1] + "." + w[2] {
	case "ipv4.conf":
		var c *core.DevConf
		switch w[3] {
		case "all":
			c = &s.ConfAll
		case "default":
			c = &s.ConfDefault
		default:
			if d := h.NS.DevByName(w[3]); d != nil {
				c = h.IPv4.Conf(d)
			}
		}
		if c == nil {
			return fmt.Errorf("no device %s", w[3])
		}
		if w[4] == "forwarding" && w[3] == "all" {
			s.IPForward = v
			forwarding(h, v)
			return nil
		}
		// devinet_conf_proc: what the routes remember depends on these.
		if p := conf4(c, w[4]); p != nil && *p != v && (w[4] == "bc_forwarding" || v == 0 && (w[4] == "accept_local" || w[4] == "route_localnet")) {
			h.IPv4.FlushCache()
		}
		return set4(c, key, w[4], v)
	case "ipv6.conf":
		return set6(h, key, w[3], w[4], v)
	case "ipv4.neigh":
		return setNeigh(h.NS.Neigh4, key, w[4], v)
	case "ipv6.neigh":
		return setNeigh(h.NS.Neigh6, key, w[4], v)
	}
	return fmt.Errorf("not modelled: the sysctl %s", key)
}

// forwarding is inet_forward_change: the switch for all devices.
func forwarding(h *stack.Host, v int) {
	if h.NS.Sysctl.ConfAll.Forwarding == v {
		return
	}
	h.NS.Sysctl.ConfAll.Forwarding = v
	h.NS.Sysctl.ConfAll.AcceptRedirects = b2i(v == 0) // a router does not take redirects
	h.NS.Sysctl.ConfDefault.Forwarding = v
	for _, d := range h.NS.Devices {
		if d != nil {
			h.IPv4.Conf(d).Forwarding = v
		}
	}
}

// conf4 finds the place of net.ipv4.conf.DEV.NAME.
func conf4(c *core.DevConf, name string) *int {
	return map[string]*int{
		"forwarding": &c.Forwarding, "rp_filter": &c.RPFilter, "accept_redirects": &c.AcceptRedirects, "send_redirects": &c.SendRedirects,
		"secure_redirects": &c.SecureRedirects, "shared_media": &c.SharedMedia, "accept_local": &c.AcceptLocal, "src_valid_mark": &c.SrcValidMark,
		"route_localnet": &c.RouteLocalnet, "log_martians": &c.LogMartians, "accept_source_route": &c.AcceptSourceRoute, "proxy_arp": &c.ProxyARP,
		"arp_ignore": &c.ARPIgnore, "arp_announce": &c.ARPAnnounce, "arp_filter": &c.ARPFilter, "arp_accept": &c.ARPAccept, "arp_notify": &c.ARPNotify,
		"bc_forwarding": &c.BcForwarding, "drop_unicast_in_l2_multicast": &c.DropUnicastInL2Multicast, "force_igmp_version": &c.ForceIGMPVersion,
		"promote_secondaries": &c.PromoteSecondaries, "ignore_routes_with_linkdown": &c.IgnoreRoutesWithLinkdown,
		"drop_gratuitous_arp": &c.DropGratuitousARP, "proxy_arp_pvlan": &c.ProxyARPPvlan, "medium_id": &c.MediumID, "arp_evict_nocarrier": &c.ARPEvictNocarrier,
	}[name]
}

func set4(c *core.DevConf, key, name string, v int) error {
	p := conf4(c, name)
	if p == nil {
		return fmt.Errorf("not modelled: the sysctl %s", key)
	}
	*p = v
	return nil
}

// conf6 finds the place of net.ipv6.conf.DEV.NAME.
func conf6(c *core.Dev6Conf, name string) *int {
	return map[string]*int{
		"disable_ipv6": &c.DisableIPv6, "forwarding": &c.Forwarding, "hop_limit": &c.HopLimit, "accept_ra": &c.AcceptRA, "ignore_routes_with_linkdown": &c.IgnoreRoutesWithLinkdown,
		"accept_redirects": &c.AcceptRedirects, "autoconf": &c.Autoconf, "dad_transmits": &c.DadTransmits, "accept_dad": &c.AcceptDad,
		"mtu": &c.MTU6, "router_solicitations": &c.RouterSolicitations, "use_tempaddr": &c.UseTempaddr, "force_mld_version": &c.ForceMLDVersion,
		"router_solicitation_interval": &c.RSInterval, "router_solicitation_max_interval": &c.RSMaxInterval, "router_solicitation_delay": &c.RSDelay,
		"ndisc_notify":        &c.NdiscNotify,
		"drop_unsolicited_na": &c.DropUnsolicitedNA, "addr_gen_mode": &c.AddrGenMode,
		"mldv1_unsolicited_report_interval": &c.MLDv1Interval, "mldv2_unsolicited_report_interval": &c.MLDv2Interval,
	}[name]
}

func set6(h *stack.Host, key, dev, name string, v int) error {
	s := &h.NS.Sysctl
	var list []*core.Dev6Conf
	switch dev {
	case "default":
		list = append(list, &s.Conf6Default)
	case "all":
		list = append(list, &s.Conf6All)
		if name == "disable_ipv6" || name == "forwarding" || name == "ignore_routes_with_linkdown" {
			list = append(list, &s.Conf6Default)
			for _, d := range h.NS.Devices {
				if d != nil {
					list = append(list, h.IPv6.Conf(d))
				}
			}
		}
		if name == "forwarding" {
			s.IPv6Forwarding = v
		}
	default:
		d := h.NS.DevByName(dev)
		if d == nil {
			return fmt.Errorf("no device %s", dev)
		}
		list = append(list, h.IPv6.Conf(d))
	}
	for _, c := range list {
		p := conf6(c, name)
		if p == nil {
			return fmt.Errorf("not modelled: the sysctl %s", key)
		}
		if name == "hop_limit" && (v < 1 || v > 255) || name == "mtu" && v < 1280 {
			return fmt.Errorf("%s: %s", key, badValue)
		}
		if d := h.NS.DevByName(dev); name == "mtu" && d != nil && v > int(d.MTU) {
			return fmt.Errorf("%s: %s", key, badValue) // addrconf_sysctl_mtu
		}
		was := *p != 0
		*p = v
		if was == (v != 0) || name != "forwarding" && name != "disable_ipv6" {
			continue
		}
		for _, d := range h.NS.Devices {
			switch {
			case d == nil || h.IPv6.Conf(d) != c:
			case name == "forwarding":
				h.IPv6.ForwardingChange(d)
			default:
				h.IPv6.DisableChange(d)
			}
		}
	}
	if name == "forwarding" && v != 0 && dev != "default" {
		h.IPv6.PurgeRouters()
	}
	return nil
}

// setNeigh sets net.ipv4.neigh.DEV.NAME. The model has one set for all devices.
func setNeigh(t *core.NeighTable, key, name string, v int) error {
	const centisecond = 10 * sim.Millisecond // USER_HZ
	if v < 0 {
		return fmt.Errorf("%s: Invalid argument", key)
	}
	if ip := ipv4.Of(t.NS); t.Family == core.AFInet {
		switch name {
		case "proxy_delay":
			*ip.ProxyDelay() = sim.Time(v) * centisecond
			return nil
		case "proxy_qlen":
			*ip.ProxyQlen() = v
			return nil
		}
	}
	switch name {
	case "delay_first_probe_time":
		t.DelayProbe = sim.Time(v) * sim.Second
	case "retrans_time":
		t.Retrans = sim.Time(v) * centisecond
		if t.Family == core.AFInet6 { // there it is in jiffies
			t.Retrans = sim.Time(v) * sim.Jiffy
		}
	case "locktime":
		t.Locktime = sim.Time(v) * centisecond
	case "base_reachable_time":
		t.SetBaseReachable(sim.Time(v) * sim.Second)
	case "unres_qlen":
		t.SetQueueLen(v)
	case "retrans_time_ms":
		t.Retrans = sim.Time(v) * sim.Millisecond
	case "base_reachable_time_ms":
		t.SetBaseReachable(sim.Time(v) * sim.Millisecond)
	case "gc_stale_time":
		t.GCStale = sim.Time(v) * sim.Second
	case "unres_qlen_bytes":
		t.QueueBytes = v
	case "gc_thresh2":
		t.GCThresh2 = v
	case "gc_thresh3":
		t.GCThresh3 = v
	case "mcast_solicit":
		t.McastProbes = v
	case "ucast_solicit":
		t.UcastProbes = v
	case "app_solicit":
		t.AppProbes = v
	case "mcast_resolicit":
		t.McastReprobes = v
	default:
		return fmt.Errorf("not modelled: the sysctl %s", key)
	}
	return nil
}
