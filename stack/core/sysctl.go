package core

// Sysctl is the part of /proc/sys/net that this namespace obeys. Units are the
// kernel's (Documentation/networking/ip-sysctl.rst); the defaults are those of
// a fresh namespace of the recorded kernel.
type Sysctl struct {
	// net.core
	NetdevBudget                               int // frames of one softirq
	NetdevBudgetUsecs                          int
	DevWeight                                  int
	NetdevMaxBacklog                           int
	RmemDefault, WmemDefault, RmemMax, WmemMax int
	Somaxconn                                  int
	RPSDefault                                 CPUMask // rps_default_mask: what new receive queues begin with

	// net.ipv4
	IPDefaultTTL, IPForward, IPNoPMTUDisc, IPEarlyDemux, TCPEarlyDemux, UDPEarlyDemux  int
	IPForwardUsePMTU, IPForwardUpdatePriority                                          int
	ICMPEchoIgnoreAll, ICMPEchoIgnoreBroadcasts, ICMPIgnoreBogus, ICMPErrorsUseInbound int
	ICMPRatelimit, ICMPRatemask, ICMPMsgsPerSec, ICMPMsgsBurst                         int
	IPFragHighThresh, IPFragTime, IPFragMaxDist                                        int // bytes, seconds, packets
	PortMin, PortMax                                                                   int
	PingGroupMin, PingGroupMax                                                         int
	FIBMultipathHashPolicy, FIBMultipathHashFields, FIBMultipathUseNeigh               int
	FIBMultipathHashSeed                                                               int // 0: the machine's own
	IPNonlocalBind, IPUnprivPort                                                       int
	UDPRmemMin, UDPWmemMin                                                             int
	MinPMTU, MTUExpires, MinAdvMSS                                                     int // bytes, seconds
	IGMPMaxMemberships, IGMPQrv                                                        int

	// net.ipv4.tcp_*
	TCPRmem, TCPWmem                                        [3]int
	TCPSynRetries, TCPSynackRetries, TCPSynLinear           int
	TCPRetries1, TCPRetries2, TCPOrphanRetries              int
	TCPFinTimeout, TCPTWReuse, TCPRFC1337                   int
	TCPTimestamps, TCPWindowScaling, TCPSack, TCPDsack      int
	TCPSyncookies, TCPAbortOnOverflow, TCPMaxSynBacklog     int
	TCPKeepaliveTime, TCPKeepaliveIntvl, TCPKeepaliveProbes int
	TCPEarlyRetrans, TCPRecovery, TCPFrto, TCPReordering    int
	TCPMaxReordering, TCPNoSSThreshMetricsSave              int
	TCPSlowStartAfterIdle, TCPModerateRcvbuf                int
	TCPAdvWinScale, TCPAppWin                               int
	TCPLimitOutputBytes, TCPMinTSOSegs, TCPTSOWinDivisor    int
	TCPAutocorking, TCPInvalidRatelimit                     int // ms
	TCPChallengeAckLimit, TCPFastopen, TCPEcn               int
	TCPRtoMinUs, TCPRtoMaxMs, TCPPingpongThresh             int
	TCPCompSackDelayNs, TCPCompSackNr, TCPCompSackSlackNs   int
	TCPThinLinear, TCPBaseMSS                               int
	TCPNotsentLowat                                         uint32
	TCPMaxTWBuckets, TCPMaxOrphans                          int
	TCPPacingSSRatio, TCPPacingCARatio                      int
	TCPShrinkWindow, TCPBacklogAckDefer, TCPNoMetricsSave   int
	TCPMtuProbing, TCPMtuProbeFloor, TCPMinSndMSS           int
	TCPRetransCollapse                                      int
	TCPProbeInterval, TCPProbeThreshold                     int // seconds, bytes
	TCPEcnFallback, TCPTSORttLog, TCPMinRttWlen             int
	TCPEcnOption, TCPEcnOptionBeacon, TCPWorkaroundWindows  int
	TCPCongestionControl                                    string
	TCPFastopenKey                                          [2][4]uint32 // tcp_fastopen_key: the current one, and a backup
	TCPFastopenKeys                                         int          // how many of them are set
	TCPFastopenBlackhole                                    int          // tcp_fastopen_blackhole_timeout_sec
	TCPTWReuseDelay                                         int          // ms
	TCPStdurg, TCPReflectTOS, TCPFwmarkAccept               int
	TCPWorkaroundSignedWindows, TCPMigrateReq               int

	// net.ipv4.conf.all / default
	ConfAll, ConfDefault DevConf

	// net.ipv6
	IPv6AutoFlowlabels, IPv6Forwarding, IPv6BindV6Only, IPv6HopLimit           int
	IPv6MultipathHashPolicy, IPv6MultipathHashFields                           int
	IPv6ICMPRatelimit, IPv6FragHighThresh, IPv6FragTime, IPv6ICMPEchoIgnoreAll int
	Conf6All, Conf6Default                                                     Dev6Conf

	// net.bridge.bridge-nf-*
	Brnf BrnfSysctl

	// net.netfilter.nf_conntrack_*
	CT CTSysctl
}

// BrnfSysctl is net.bridge.bridge-nf-call-*: do IP's and ARP's hooks see bridged
// packets? The others of net.bridge are about tags, which are not modelled.
type BrnfSysctl struct{ CallIPTables, CallIP6Tables, CallARPTables int }

// DevConf is struct ipv4_devconf: net.ipv4.conf.DEV.*.
type DevConf struct {
	Forwarding, RPFilter, AcceptRedirects, SendRedirects, SecureRedirects, SharedMedia int
	AcceptLocal, SrcValidMark, RouteLocalnet, LogMartians, AcceptSourceRoute           int
	ProxyARP, ARPIgnore, ARPAnnounce, ARPFilter, ARPAccept, ARPNotify                  int
	BcForwarding, DropUnicastInL2Multicast, ForceIGMPVersion, PromoteSecondaries       int
	IgnoreRoutesWithLinkdown, DropGratuitousARP, ProxyARPPvlan, MediumID               int
	ARPEvictNocarrier                                                                  int
}

// Dev6Conf is struct ipv6_devconf: net.ipv6.conf.DEV.*.
type Dev6Conf struct {
	DisableIPv6, Forwarding, HopLimit, AcceptRA, AcceptRedirects, Autoconf, DadTransmits, AcceptDad int
	MTU6, RouterSolicitations, UseTempaddr, ForceMLDVersion, DropUnsolicitedNA, AddrGenMode         int
	IgnoreRoutesWithLinkdown                                                                        int
	MLDv1Interval, MLDv2Interval                                                                    int // mldv*_unsolicited_report_interval, ms
	RSInterval, RSMaxInterval, RSDelay                                                              int // router_solicitation_*, s
	NdiscNotify                                                                                     int
}

// DefaultSysctl is a fresh namespace's.
func DefaultSysctl() Sysctl {
	return Sysctl{
		NetdevBudget: 300, NetdevBudgetUsecs: 8000, DevWeight: 64, NetdevMaxBacklog: 1000,
		RmemDefault: 212992, WmemDefault: 212992, RmemMax: 4194304, WmemMax: 4194304, Somaxconn: 4096,
		IPDefaultTTL: 64, IPEarlyDemux: 1, TCPEarlyDemux: 1, UDPEarlyDemux: 1, IPForwardUpdatePriority: 1,
		ICMPEchoIgnoreBroadcasts: 1, ICMPIgnoreBogus: 1, ICMPRatelimit: 1000, ICMPRatemask: 6168, ICMPMsgsPerSec: 1000, ICMPMsgsBurst: 50,
		IPFragHighThresh: 4194304, IPFragTime: 30, IPFragMaxDist: 64, PortMin: 32768, PortMax: 60999, PingGroupMin: 1, PingGroupMax: 0,
		FIBMultipathHashFields: 7, IPv6MultipathHashFields: 7,
		IPUnprivPort: 1024, UDPRmemMin: 4096, UDPWmemMin: 4096, MinPMTU: 552, MTUExpires: 600, MinAdvMSS: 256,
		IGMPMaxMemberships: 20, IGMPQrv: 2,
		TCPRmem: [3]int{4096, 131072, 6291456}, TCPWmem: [3]int{4096, 16384, 4194304},
		TCPSynRetries: 6, TCPSynackRetries: 5, TCPSynLinear: 4, TCPRetries1: 3, TCPRetries2: 15,
		TCPFinTimeout: 60, TCPTWReuse: 2, TCPTimestamps: 1, TCPWindowScaling: 1, TCPSack: 1, TCPDsack: 1,
		TCPSyncookies: 1, TCPMaxSynBacklog: 2048, TCPKeepaliveTime: 7200, TCPKeepaliveIntvl: 75, TCPKeepaliveProbes: 9,
		TCPEarlyRetrans: 3, TCPRecovery: 1, TCPFrto: 2, TCPReordering: 3, TCPMaxReordering: 300, TCPNoSSThreshMetricsSave: 1,
		TCPSlowStartAfterIdle: 1, TCPModerateRcvbuf: 1, TCPAdvWinScale: 1, TCPAppWin: 31,
		TCPLimitOutputBytes: 4194304, TCPMinTSOSegs: 2, TCPTSOWinDivisor: 3, TCPAutocorking: 1, TCPInvalidRatelimit: 500,
		TCPChallengeAckLimit: 2147483647, TCPFastopen: 1, TCPEcn: 2, TCPRtoMinUs: 200000, TCPRtoMaxMs: 120000, TCPPingpongThresh: 1,
		TCPCompSackDelayNs: 1000000, TCPCompSackNr: 44, TCPCompSackSlackNs: 100000, TCPBaseMSS: 1024, TCPBacklogAckDefer: 1,
		TCPNotsentLowat: 4294967295, TCPMaxTWBuckets: 131072, TCPMaxOrphans: 131072, TCPPacingSSRatio: 200, TCPPacingCARatio: 120,
		TCPRetransCollapse: 1, TCPMtuProbeFloor: 48, TCPMinSndMSS: 48, TCPProbeInterval: 600, TCPProbeThreshold: 8, TCPEcnFallback: 1,
		TCPTSORttLog: 9, TCPMinRttWlen: 300, TCPEcnOption: 2, TCPEcnOptionBeacon: 3,
		TCPCongestionControl: "cubic", TCPTWReuseDelay: 1000,
		ConfAll:            DevConf{AcceptRedirects: 1, SendRedirects: 1, SecureRedirects: 1, SharedMedia: 1, ARPEvictNocarrier: 1},
		ConfDefault:        DevConf{AcceptRedirects: 1, SendRedirects: 1, SecureRedirects: 1, SharedMedia: 1, AcceptSourceRoute: 1, ARPEvictNocarrier: 1},
		IPv6AutoFlowlabels: 1, IPv6HopLimit: 64, IPv6ICMPRatelimit: 100, IPv6FragHighThresh: 4194304, IPv6FragTime: 60,
		Conf6All: allConf6, Conf6Default: defaultConf6,
		Brnf: BrnfSysctl{CallIPTables: 1, CallIP6Tables: 1, CallARPTables: 1},
		CT:   defaultCT,
	}
}

// allConf6 is ipv6_devconf, defaultConf6 is ipv6_devconf_dflt.
var allConf6 = Dev6Conf{HopLimit: 64, AcceptRA: 1, AcceptRedirects: 1, Autoconf: 1, DadTransmits: 1, MTU6: 1280, RouterSolicitations: -1, RSInterval: 4, RSMaxInterval: 3600, RSDelay: 1, MLDv1Interval: 10000, MLDv2Interval: 1000}

var defaultConf6 = Dev6Conf{HopLimit: 64, AcceptRA: 1, AcceptRedirects: 1, Autoconf: 1, DadTransmits: 1, AcceptDad: 1, MTU6: 1280, RouterSolicitations: -1, RSInterval: 4, RSMaxInterval: 3600, RSDelay: 1, MLDv1Interval: 10000, MLDv2Interval: 1000}
