package step

// An Errno is what a system call returns to a program of the simulated host,
// as in errno(3). Zero is success.
type Errno uint8

// The errors that the model's system calls return (include/uapi/asm-generic).
const (
	EPERM           Errno = 1
	ENOENT          Errno = 2
	EINTR           Errno = 4
	EIO             Errno = 5
	EBADF           Errno = 9
	EAGAIN          Errno = 11
	ENOMEM          Errno = 12
	EACCES          Errno = 13
	EFAULT          Errno = 14
	EBUSY           Errno = 16
	EEXIST          Errno = 17
	ENODEV          Errno = 19
	EINVAL          Errno = 22
	ELOOP           Errno = 40
	EMFILE          Errno = 24
	ENOSPC          Errno = 28
	EPIPE           Errno = 32
	EDESTADDRREQ    Errno = 89
	EMSGSIZE        Errno = 90
	EPROTOTYPE      Errno = 91
	ENOPROTOOPT     Errno = 92
	EPROTONOSUPPORT Errno = 93
	EOPNOTSUPP      Errno = 95
	EAFNOSUPPORT    Errno = 97
	EADDRINUSE      Errno = 98
	EADDRNOTAVAIL   Errno = 99
	ENETDOWN        Errno = 100
	ENETUNREACH     Errno = 101
	ECONNABORTED    Errno = 103
	ECONNRESET      Errno = 104
	ENOBUFS         Errno = 105
	EISCONN         Errno = 106
	ENOTCONN        Errno = 107
	ETIMEDOUT       Errno = 110
	ECONNREFUSED    Errno = 111
	EHOSTDOWN       Errno = 112
	EHOSTUNREACH    Errno = 113
	EALREADY        Errno = 114
	EINPROGRESS     Errno = 115
	EPROTO          Errno = 71
	ENONET          Errno = 64
	ENXIO           Errno = 6
	ENOTDIR         Errno = 20
	EISDIR          Errno = 21
	ENOTTY          Errno = 25
	ESPIPE          Errno = 29
	EDOM            Errno = 33
	ERANGE          Errno = 34
	ENOSYS          Errno = 38
	ENOMSG          Errno = 42
	ENODATA         Errno = 61
	EBADFD          Errno = 77
	ENOTSOCK        Errno = 88
	ESOCKTNOSUPPORT Errno = 94
	EUSERS          Errno = 87
	EKEYREJECTED    Errno = 129
	// NotModelled is what no kernel returns: the call or option is real, and the
	// model does not have it. Whoever made the call says so, loudly.
	NotModelled Errno = 255
)

var errnoNames = map[Errno]string{
	0: "0", EPERM: "EPERM", ENOENT: "ENOENT", EINTR: "EINTR", EIO: "EIO", EBADF: "EBADF", EAGAIN: "EAGAIN", ENOMEM: "ENOMEM", EACCES: "EACCES",
	EFAULT: "EFAULT", EBUSY: "EBUSY", EEXIST: "EEXIST", ENODEV: "ENODEV", EINVAL: "EINVAL", ELOOP: "ELOOP", EMFILE: "EMFILE", EPIPE: "EPIPE", ENOSPC: "ENOSPC", EDESTADDRREQ: "EDESTADDRREQ",
	EMSGSIZE: "EMSGSIZE", EPROTOTYPE: "EPROTOTYPE", ENOPROTOOPT: "ENOPROTOOPT", EPROTONOSUPPORT: "EPROTONOSUPPORT",
	EOPNOTSUPP: "EOPNOTSUPP", EAFNOSUPPORT: "EAFNOSUPPORT", EADDRINUSE: "EADDRINUSE", EADDRNOTAVAIL: "EADDRNOTAVAIL",
	ENETDOWN: "ENETDOWN", ENETUNREACH: "ENETUNREACH", ECONNABORTED: "ECONNABORTED", ECONNRESET: "ECONNRESET", ENOBUFS: "ENOBUFS",
	EISCONN: "EISCONN", ENOTCONN: "ENOTCONN", ETIMEDOUT: "ETIMEDOUT", ECONNREFUSED: "ECONNREFUSED", EHOSTDOWN: "EHOSTDOWN",
	EHOSTUNREACH: "EHOSTUNREACH", EALREADY: "EALREADY", EINPROGRESS: "EINPROGRESS", EPROTO: "EPROTO", ENONET: "ENONET",
	ENXIO: "ENXIO", ENOTDIR: "ENOTDIR", EISDIR: "EISDIR", ENOTTY: "ENOTTY", ESPIPE: "ESPIPE", EDOM: "EDOM", ERANGE: "ERANGE", ENOSYS: "ENOSYS",
	ENOMSG: "ENOMSG", ENODATA: "ENODATA", ENOTSOCK: "ENOTSOCK", ESOCKTNOSUPPORT: "ESOCKTNOSUPPORT", EUSERS: "EUSERS", EKEYREJECTED: "EKEYREJECTED",
	EBADFD: "EBADFD", NotModelled: "not modelled",
}

// String returns the symbol, ECONNREFUSED.
func (e Errno) String() string {
	if s, ok := errnoNames[e]; ok {
		return s
	}
	return "errno " + itoa(int(e))
}

// enums name the values of the formats that are enumerations.
var enums = [numFmts]map[uint64]string{
	Gro: groNames, CTst: ctStates, CTInfoFmt: ctInfos, CTDirFmt: ctDirs, SCTPst: sctpStates, NatManip: {0: "source", 1: "destination"},
	BrState: {0: "disabled", 1: "listening", 2: "learning", 3: "forwarding", 4: "blocking"},
	BBRMode: {0: "STARTUP", 1: "DRAIN", 2: "PROBE_BW", 3: "PROBE_RTT"},
	Proto: {0: "hop-by-hop options", 1: "ICMP", 2: "IGMP", 4: "IPIP", 6: "TCP", 17: "UDP", 41: "IPv6", 43: "routing header", 44: "fragment header",
		46: "RSVP", 47: "GRE", 50: "ESP", 51: "AH", 58: "ICMPv6", 59: "no next header", 60: "destination options", 89: "OSPF", 103: "PIM", 112: "VRRP", 132: "SCTP", 136: "UDPLITE", 255: "RAW"},
	Ether: {0x0800: "IPv4", 0x0806: "ARP", 0x86dd: "IPv6", 0x8100: "802.1Q", 0x88a8: "802.1ad", 0x0004: "802.2", 0x88cc: "LLDP", 0x8847: "MPLS", 0x8863: "PPPoE discovery", 0x8864: "PPPoE session"},
	TCPst: {1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT", 7: "CLOSE",
		8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "NEW_SYN_RECV"},
	Nud:   {0: "NONE", 1: "INCOMPLETE", 2: "REACHABLE", 4: "STALE", 8: "DELAY", 0x10: "PROBE", 0x20: "FAILED", 0x40: "NOARP", 0x80: "PERMANENT"},
	Route: {0: "none", 1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast", 6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw"},
	Scope: {0: "global", 200: "site", 253: "link (via a gateway)", 254: "link", 255: "host"},
	Table: {0: "unspec", 253: "default", 254: "main", 255: "local"},
	Pkt:   {0: "HOST", 1: "BROADCAST", 2: "MULTICAST", 3: "OTHERHOST", 4: "OUTGOING", 5: "LOOPBACK"},
	Csum:  {0: "NONE", 1: "UNNECESSARY", 2: "COMPLETE", 3: "PARTIAL"},
	Hook: {0: "PRE_ROUTING", 1: "LOCAL_IN", 2: "FORWARD", 3: "LOCAL_OUT", 4: "POST_ROUTING",
		0x100: "PRE_ROUTING", 0x101: "LOCAL_IN", 0x102: "FORWARD", 0x103: "LOCAL_OUT", 0x104: "POST_ROUTING",
		0x200: "ARP IN", 0x201: "ARP OUT", 0x202: "ARP FORWARD",
		0x300: "bridge PRE_ROUTING", 0x301: "bridge LOCAL_IN", 0x302: "bridge FORWARD", 0x303: "bridge LOCAL_OUT", 0x304: "bridge POST_ROUTING", 0x305: "BROUTING",
		0x900: "INGRESS", 0x901: "EGRESS"},
	CA: {0: "Open", 1: "Disorder", 2: "CWR", 3: "Recovery", 4: "Loss"},
}

// enum is the name of a value, and whether it has one.
func enum(f Fmt, v uint64) (string, bool) {
	if low := lowEnums[f]; v < uint64(len(low)) && low[v] != "" {
		return low[v], true
	}
	s, ok := enums[f][v]
	return s, ok
}

// lowEnums are the names of small values, at hand without a search.
var lowEnums = func() (t [numFmts][]string) {
	for f, names := range enums {
		if names == nil {
			continue
		}
		t[f] = make([]string, 32)
		for v := range t[f] {
			t[f][v] = names[uint64(v)]
		}
	}
	return t
}()

func appendTCPFlags(b []byte, v uint64) []byte {
	const letters = "FSRP.UEWe"
	n := len(b)
	for i := range len(letters) {
		if v>>i&1 != 0 {
			b = append(b, letters[i])
		}
	}
	if len(b) == n {
		b = append(b, "none"...)
	}
	return b
}

// stateWords say what the TCP states mean, seen from this side.
var stateWords = map[uint64]string{
	1: "open both ways", 2: "our SYN waits for an answer", 3: "both SYNs are sent, the last ACK is missing",
	4: "we have closed, our FIN is not acknowledged yet", 5: "we have closed, the other side has not", 6: "over, it only answers what comes late",
	8: "the other side has closed, we have not", 9: "both sides have closed, our FIN is not acknowledged yet",
	10: "waiting for connections", 11: "both sides have closed at once", 12: "a SYN has come, the last ACK is missing",
}

// tcpBits names TCP flags as RFC 9293 does, the one that says most first.
func tcpBits(v uint64) string {
	s := ""
	for _, f := range [...]struct {
		bit  uint64
		name string
	}{{2, "SYN"}, {4, "RST"}, {1, "FIN"}, {8, "PSH"}, {0x20, "URG"}, {0x10, "ACK"}, {0x40, "ECE"}, {0x80, "CWR"}, {0x100, "AE"}} {
		if v&f.bit == 0 {
			continue
		}
		if s != "" {
			s += ", "
		}
		s += f.name
	}
	if s == "" {
		return "no flag"
	}
	return s
}

func icmpName(v uint64) string {
	t, c := v>>8, v&255
	switch t {
	case 0:
		return "echo reply"
	case 3:
		if c < 16 {
			return [...]string{"network unreachable", "host unreachable", "protocol unreachable", "port unreachable", "fragmentation needed",
				"source route failed", "network unknown", "host unknown", "host isolated", "network prohibited", "host prohibited",
				"network unreachable for TOS", "host unreachable for TOS", "administratively prohibited", "precedence violation", "precedence cutoff"}[c]
		}
	case 4:
		return "source quench"
	case 5:
		return "redirect"
	case 8:
		return "echo request"
	case 11:
		if c == 1 {
			return "reassembly time exceeded"
		}
		return "time exceeded"
	case 12:
		return "parameter problem"
	case 13:
		return "timestamp request"
	case 14:
		return "timestamp reply"
	case 17:
		return "address mask request"
	}
	return "type " + itoa(int(t)) + " code " + itoa(int(c))
}

func icmp6Name(v uint64) string {
	t, c := v>>8, v&255
	switch t {
	case 1:
		if c < 7 {
			return [...]string{"no route", "administratively prohibited", "beyond scope", "address unreachable", "port unreachable", "source policy", "reject route"}[c]
		}
	case 2:
		return "packet too big"
	case 3:
		return "time exceeded"
	case 4:
		return "parameter problem"
	case 128:
		return "echo request"
	case 129:
		return "echo reply"
	case 133:
		return "router solicitation"
	case 134:
		return "router advertisement"
	case 135:
		return "neighbour solicitation"
	case 136:
		return "neighbour advertisement"
	case 137:
		return "redirect"
	case 143:
		return "multicast listener report v2"
	}
	return "type " + itoa(int(t)) + " code " + itoa(int(c))
}

// NoLoss reports whether the kernel drops a packet with this reason at this
// place although nothing is lost: its work is done, or a program has its copy.
// The recordings of a real kernel show these on every ordinary exchange.
func (r DropReason) NoLoss(at Step) bool {
	switch at.String() {
	case "ping_rcv":
		return r == DropNoSocket
	case "sk_stream_kill_queues", "inet_sock_destruct", "skb_queue_purge_reason":
		return r == DropQueuePurge
	case "skb_release_data", "tcp_rcv_state_process", "tcp_v4_rcv", "tcp_v6_rcv", "icmpv6_rcv":
		return r == DropNotSpecified
	}
	return false
}
