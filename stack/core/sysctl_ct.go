package core

// CTSysctl is net.netfilter.nf_conntrack_* (Documentation/networking/
// nf_conntrack-sysctl.rst): timeouts in seconds, switches 0 or 1.
type CTSysctl struct {
	Acct, Timestamp, Checksum, Events, LogInvalid int
	Max, Buckets, ExpectMax                       int // entries

	GenericTimeout, ICMPTimeout, ICMPv6Timeout int
	UDPTimeout, UDPTimeoutStream               int
	GRETimeout, GRETimeoutStream               int
	Frag6HighThresh, Frag6LowThresh            int // bytes
	Frag6Timeout                               int

	// TCP timeouts by state (TCP_CONNTRACK_*): SYN_SENT is 1, SYN_RECV 2,
	// ESTABLISHED 3, FIN_WAIT 4, CLOSE_WAIT 5, LAST_ACK 6, TIME_WAIT 7, CLOSE 8,
	// SYN_SENT2 9; then too many retransmissions, and data unacknowledged.
	TCPTimeouts                                     [CTTCPTimeouts]int
	TCPLoose, TCPBeLiberal, TCPMaxRetrans, TCPNoRST int // TCPNoRST: nf_conntrack_tcp_ignore_invalid_rst
	SCTPTimeouts                                    [8]int

	FlowTCP, FlowUDP int // nf_flowtable_tcp_timeout, nf_flowtable_udp_timeout: how long a flow may be silent
}

// The last two of CTSysctl.TCPTimeouts, and how many there are.
const (
	CTTCPRetrans  = 10
	CTTCPUnack    = 11
	CTTCPTimeouts = 12
)

// defaultCT is a fresh namespace's on the recorded machine.
var defaultCT = CTSysctl{
	Checksum: 1, Events: 2, Max: 262144, Buckets: 262144, ExpectMax: 4096,
	GenericTimeout: 600, ICMPTimeout: 30, ICMPv6Timeout: 30, UDPTimeout: 30, UDPTimeoutStream: 120,
	GRETimeout: 30, GRETimeoutStream: 180, Frag6HighThresh: 4194304, Frag6LowThresh: 3145728, Frag6Timeout: 60,
	TCPTimeouts: [CTTCPTimeouts]int{1: 120, 2: 60, 3: 432000, 4: 120, 5: 60, 6: 30, 7: 120, 8: 10, 9: 120, CTTCPRetrans: 300, CTTCPUnack: 300},
	TCPLoose:    1, TCPMaxRetrans: 3,
	SCTPTimeouts: [8]int{10, 3, 3, 210, 3, 3, 3, 30}, FlowTCP: 30, FlowUDP: 30,
}
