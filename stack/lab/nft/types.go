package nft

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// An order is how a value lies in memory on a real machine. The engine keeps
// all values with the highest byte first; the order decides how nft sorts them.
type order uint8

const (
	noOrder order = iota
	hostOrder
	bigOrder
)

// A sym is a word for a value.
type sym struct {
	name string
	v    uint64
}

// A dtype is struct datatype: what a value means.
type dtype struct {
	id    int
	name  string
	desc  string
	order order
	bits  int
	base  *dtype
	fmt   string // of numbers: "" for decimal, or "hex8" (0x%08x), "hex2" …
	syms  []sym
	many  []*dtype // of a concatenation: its parts
	plain bool     // words are not printed without an option: services
}

func (t *dtype) is(o *dtype) bool {
	for ; t != nil; t = t.base {
		if t == o {
			return true
		}
	}
	return false
}

// The types, as nft's manual lists them.
var (
	tInvalid   = &dtype{id: 0, name: "invalid", desc: "invalid"}
	tVerdict   = &dtype{id: 1, name: "verdict", desc: "netfilter verdict"}
	tInteger   = &dtype{id: 4, name: "integer", desc: "integer"}
	tNFProto   = &dtype{id: 2, name: "nf_proto", desc: "netfilter protocol", order: hostOrder, bits: 8, base: tInteger, syms: []sym{{"ipv4", 2}, {"ipv6", 10}}}
	tBitmask   = &dtype{id: 3, name: "bitmask", desc: "bitmask", base: tInteger, fmt: "hex"}
	tString    = &dtype{id: 5, name: "string", desc: "string", order: hostOrder}
	tLLAddr    = &dtype{id: 6, name: "ll_addr", desc: "link layer address", order: bigOrder, base: tInteger}
	tIP        = &dtype{id: 7, name: "ipv4_addr", desc: "IPv4 address", order: bigOrder, bits: 32, base: tInteger}
	tIP6       = &dtype{id: 8, name: "ipv6_addr", desc: "IPv6 address", order: bigOrder, bits: 128, base: tInteger}
	tEther     = &dtype{id: 9, name: "ether_addr", desc: "Ethernet address", order: bigOrder, bits: 48, base: tLLAddr}
	tEthType   = &dtype{id: 10, name: "ether_type", desc: "Ethernet protocol", order: bigOrder, bits: 16, base: tInteger, fmt: "hex4", syms: []sym{{"ip", 0x800}, {"arp", 0x806}, {"ip6", 0x86dd}, {"8021q", 0x8100}, {"8021ad", 0x88a8}, {"vlan", 0x8100}}}
	tARPOp     = &dtype{id: 11, name: "arp_op", desc: "ARP operation", order: bigOrder, bits: 16, base: tInteger, syms: []sym{{"request", 1}, {"reply", 2}, {"rrequest", 3}, {"rreply", 4}, {"inrequest", 8}, {"inreply", 9}, {"nak", 10}}}
	tProto     = &dtype{id: 12, name: "inet_proto", desc: "Internet protocol", order: bigOrder, bits: 8, base: tInteger}
	tService   = &dtype{id: 13, name: "inet_service", desc: "internet network service", order: bigOrder, bits: 16, base: tInteger, plain: true}
	tICMPType  = &dtype{id: 14, name: "icmp_type", desc: "ICMP type", order: bigOrder, bits: 8, base: tInteger, syms: []sym{{"echo-reply", 0}, {"destination-unreachable", 3}, {"source-quench", 4}, {"redirect", 5}, {"echo-request", 8}, {"router-advertisement", 9}, {"router-solicitation", 10}, {"time-exceeded", 11}, {"parameter-problem", 12}, {"timestamp-request", 13}, {"timestamp-reply", 14}, {"info-request", 15}, {"info-reply", 16}, {"address-mask-request", 17}, {"address-mask-reply", 18}}}
	tTCPFlag   = &dtype{id: 15, name: "tcp_flag", desc: "TCP flag", bits: 8, base: tBitmask, fmt: "hex", syms: []sym{{"fin", 1}, {"syn", 2}, {"rst", 4}, {"psh", 8}, {"ack", 16}, {"urg", 32}, {"ecn", 64}, {"cwr", 128}}}
	tDCCP      = &dtype{id: 16, name: "dccp_pkttype", desc: "DCCP packet type", order: bigOrder, bits: 4, base: tInteger, syms: []sym{{"request", 0}, {"response", 1}, {"data", 2}, {"ack", 3}, {"dataack", 4}, {"closereq", 5}, {"close", 6}, {"reset", 7}, {"sync", 8}, {"syncack", 9}}}
	tMHType    = &dtype{id: 17, name: "mh_type", desc: "Mobility Header Type", order: bigOrder, bits: 8, base: tInteger, syms: []sym{{"binding-refresh-request", 0}, {"home-test-init", 1}, {"careof-test-init", 2}, {"home-test", 3}, {"careof-test", 4}, {"binding-update", 5}, {"binding-acknowledgement", 6}, {"binding-error", 7}, {"fast-binding-update", 8}, {"fast-binding-acknowledgement", 9}, {"fast-binding-advertisement", 10}, {"experimental-mobility-header", 11}, {"home-agent-switch-message", 12}}}
	tTime      = &dtype{id: 18, name: "time", desc: "relative time", order: hostOrder, bits: 64, base: tInteger}
	tMark      = &dtype{id: 19, name: "mark", desc: "packet mark", order: hostOrder, bits: 32, base: tInteger, fmt: "hex8"}
	tIfindex   = &dtype{id: 20, name: "iface_index", desc: "network interface index", order: hostOrder, bits: 32, base: tInteger}
	tARPHrd    = &dtype{id: 21, name: "iface_type", desc: "network interface type", order: hostOrder, bits: 16, base: tInteger, syms: []sym{{"ether", 1}, {"ppp", 512}, {"ipip", 768}, {"ipip6", 769}, {"loopback", 772}, {"sit", 776}, {"ipgre", 778}}}
	tRealm     = &dtype{id: 22, name: "realm", desc: "routing realm", order: hostOrder, bits: 32, base: tInteger, syms: []sym{{"cosmos", 0}}}
	tClassid   = &dtype{id: 23, name: "classid", desc: "TC classid", order: hostOrder, bits: 32, base: tInteger}
	tUID       = &dtype{id: 24, name: "uid", desc: "user ID", order: hostOrder, bits: 32, base: tInteger}
	tGID       = &dtype{id: 25, name: "gid", desc: "group ID", order: hostOrder, bits: 32, base: tInteger}
	tCTState   = &dtype{id: 26, name: "ct_state", desc: "conntrack state", order: hostOrder, bits: 32, base: tBitmask, fmt: "hex", syms: []sym{{"invalid", 1}, {"new", 8}, {"established", 2}, {"related", 4}, {"untracked", 64}}}
	tCTDir     = &dtype{id: 27, name: "ct_dir", desc: "conntrack direction", order: hostOrder, bits: 8, base: tInteger, syms: []sym{{"original", 0}, {"reply", 1}}}
	tCTStatus  = &dtype{id: 28, name: "ct_status", desc: "conntrack status", order: hostOrder, bits: 32, base: tBitmask, fmt: "hex", syms: []sym{{"expected", 1}, {"seen-reply", 2}, {"assured", 4}, {"confirmed", 8}, {"snat", 16}, {"dnat", 32}, {"dying", 512}}}
	tICMP6     = &dtype{id: 29, name: "icmpv6_type", desc: "ICMPv6 type", order: bigOrder, bits: 8, base: tInteger, syms: []sym{{"destination-unreachable", 1}, {"packet-too-big", 2}, {"time-exceeded", 3}, {"parameter-problem", 4}, {"echo-request", 128}, {"echo-reply", 129}, {"mld-listener-query", 130}, {"mld-listener-report", 131}, {"mld-listener-done", 132}, {"mld-listener-reduction", 132}, {"nd-router-solicit", 133}, {"nd-router-advert", 134}, {"nd-neighbor-solicit", 135}, {"nd-neighbor-advert", 136}, {"nd-redirect", 137}, {"router-renumbering", 138}, {"ind-neighbor-solicit", 141}, {"ind-neighbor-advert", 142}, {"mld2-listener-report", 143}}}
	tCTLabel   = &dtype{id: 30, name: "ct_label", desc: "conntrack label", order: hostOrder, bits: 128, base: tBitmask}
	tPktType   = &dtype{id: 31, name: "pkt_type", desc: "packet type", order: hostOrder, bits: 8, base: tInteger, syms: []sym{{"host", 0}, {"unicast", 0}, {"broadcast", 1}, {"multicast", 2}, {"other", 3}}}
	tICMPCode  = &dtype{id: 32, name: "icmp_code", desc: "icmp code", order: bigOrder, bits: 8, base: tInteger, syms: []sym{{"net-unreachable", 0}, {"host-unreachable", 1}, {"prot-unreachable", 2}, {"port-unreachable", 3}, {"net-prohibited", 9}, {"host-prohibited", 10}, {"admin-prohibited", 13}, {"frag-needed", 4}}}
	tICMP6Code = &dtype{id: 33, name: "icmpv6_code", desc: "icmpv6 code", order: bigOrder, bits: 8, base: tInteger, syms: []sym{{"no-route", 0}, {"admin-prohibited", 1}, {"addr-unreachable", 3}, {"port-unreachable", 4}, {"policy-fail", 5}, {"reject-route", 6}}}
	tICMPXCode = &dtype{id: 34, name: "icmpx_code", desc: "icmpx code", order: bigOrder, bits: 8, base: tInteger, syms: []sym{{"port-unreachable", 1}, {"admin-prohibited", 3}, {"no-route", 0}, {"host-unreachable", 2}}}
	tDevgroup  = &dtype{id: 35, name: "devgroup", desc: "devgroup name", order: hostOrder, bits: 32, base: tInteger, syms: []sym{{"default", 0}}}
	tDSCP      = &dtype{id: 36, name: "dscp", desc: "Differentiated Services Code Point", order: bigOrder, bits: 6, base: tInteger, fmt: "hex2", syms: []sym{{"cs0", 0}, {"cs1", 8}, {"cs2", 0x10}, {"cs3", 0x18}, {"cs4", 0x20}, {"cs5", 0x28}, {"cs6", 0x30}, {"cs7", 0x38}, {"df", 0}, {"be", 0}, {"lephb", 1}, {"af11", 0xa}, {"af12", 0xc}, {"af13", 0xe}, {"af21", 0x12}, {"af22", 0x14}, {"af23", 0x16}, {"af31", 0x1a}, {"af32", 0x1c}, {"af33", 0x1e}, {"af41", 0x22}, {"af42", 0x24}, {"af43", 0x26}, {"va", 0x2c}, {"ef", 0x2e}}}
	tECN       = &dtype{id: 37, name: "ecn", desc: "Explicit Congestion Notification", order: bigOrder, bits: 2, base: tInteger, fmt: "hex", syms: []sym{{"not-ect", 0}, {"ect1", 1}, {"ect0", 2}, {"ce", 3}}}
	tFibType   = &dtype{id: 38, name: "fib_addrtype", desc: "fib address type", order: hostOrder, bits: 32, base: tInteger, syms: []sym{{"unspec", 0}, {"unicast", 1}, {"local", 2}, {"broadcast", 3}, {"anycast", 4}, {"multicast", 5}, {"blackhole", 6}, {"unreachable", 7}, {"prohibit", 8}}}
	tBoolean   = &dtype{id: 39, name: "boolean", desc: "boolean type", order: noOrder, bits: 1, base: tInteger, syms: []sym{{"exists", 1}, {"missing", 0}}}
	tCTEvent   = &dtype{id: 40, name: "ct_event", desc: "conntrack event bits", order: hostOrder, bits: 32, base: tBitmask, fmt: "hex", syms: []sym{{"new", 1}, {"related", 2}, {"destroy", 4}, {"reply", 8}, {"assured", 16}, {"protoinfo", 32}, {"helper", 64}, {"mark", 128}, {"seqadj", 256}, {"secmark", 512}, {"label", 1024}}}
	tIfname    = &dtype{id: 41, name: "ifname", desc: "network interface name", order: hostOrder, bits: 128, base: tString}
	tIGMP      = &dtype{id: 42, name: "igmp_type", desc: "IGMP type", order: bigOrder, bits: 8, base: tInteger, syms: []sym{{"membership-query", 0x11}, {"membership-report-v1", 0x12}, {"membership-report-v2", 0x16}, {"membership-report-v3", 0x22}, {"leave-group", 0x17}}}
	tDate      = &dtype{id: 43, name: "time", desc: "Relative time of packet reception", order: hostOrder, bits: 64, base: tInteger}
	tHour      = &dtype{id: 44, name: "hour", desc: "Hour of day of packet reception", order: hostOrder, bits: 32, base: tInteger}
	tDay       = &dtype{id: 45, name: "day", desc: "Day of week of packet reception", order: hostOrder, bits: 8, base: tInteger, syms: []sym{{"Sunday", 0}, {"Monday", 1}, {"Tuesday", 2}, {"Wednesday", 3}, {"Thursday", 4}, {"Friday", 5}, {"Saturday", 6}}}
	tCGroup2   = &dtype{id: 46, name: "cgroupsv2", desc: "cgroupsv2 path", order: hostOrder, bits: 64, base: tInteger}
	tXInteger  = &dtype{id: 47, name: "xinteger", desc: "hexadecimal integer", base: tInteger, fmt: "hex"}
)

var typesByName = map[string]*dtype{}

func init() {
	for _, t := range []*dtype{tVerdict, tInteger, tNFProto, tBitmask, tString, tLLAddr, tIP, tIP6, tEther, tEthType, tARPOp, tProto, tService, tICMPType, tTCPFlag, tDCCP, tMHType, tMark, tIfindex, tARPHrd, tRealm, tClassid, tUID, tGID, tCTState, tCTDir, tCTStatus, tICMP6, tCTLabel, tPktType, tICMPCode, tICMP6Code, tICMPXCode, tDevgroup, tDSCP, tECN, tFibType, tBoolean, tCTEvent, tIfname, tIGMP, tDate, tHour, tDay, tCGroup2} {
		typesByName[t.name] = t
	}
}

// protocols are the names of /etc/protocols that matter.
var protocols = []sym{{"ip", 0}, {"icmp", 1}, {"igmp", 2}, {"ggp", 3}, {"ipencap", 4}, {"st", 5}, {"tcp", 6}, {"egp", 8}, {"igp", 9}, {"pup", 12}, {"udp", 17}, {"hmp", 20}, {"xns-idp", 22}, {"rdp", 27}, {"iso-tp4", 29}, {"dccp", 33}, {"xtp", 36}, {"ddp", 37}, {"idpr-cmtp", 38}, {"ipv6", 41}, {"ipv6-route", 43}, {"ipv6-frag", 44}, {"idrp", 45}, {"rsvp", 46}, {"gre", 47}, {"esp", 50}, {"ah", 51}, {"skip", 57}, {"ipv6-icmp", 58}, {"ipv6-nonxt", 59}, {"ipv6-opts", 60}, {"rspf", 73}, {"vmtp", 81}, {"eigrp", 88}, {"ospf", 89}, {"ax.25", 93}, {"ipip", 94}, {"etherip", 97}, {"encap", 98}, {"pim", 103}, {"ipcomp", 108}, {"vrrp", 112}, {"l2tp", 115}, {"isis", 124}, {"sctp", 132}, {"fc", 133}, {"mobility-header", 135}, {"udplite", 136}, {"mpls-in-ip", 137}, {"manet", 138}, {"hip", 139}, {"shim6", 140}, {"wesp", 141}, {"rohc", 142}, {"ethernet", 143}}

// services are the names of /etc/services that people write.
var services = []sym{{"tcpmux", 1}, {"echo", 7}, {"discard", 9}, {"systat", 11}, {"daytime", 13}, {"netstat", 15}, {"qotd", 17}, {"chargen", 19}, {"ftp-data", 20}, {"ftp", 21}, {"ssh", 22}, {"telnet", 23}, {"smtp", 25}, {"time", 37}, {"whois", 43}, {"tacacs", 49}, {"domain", 53}, {"bootps", 67}, {"bootpc", 68}, {"tftp", 69}, {"gopher", 70}, {"finger", 79}, {"http", 80}, {"kerberos", 88}, {"pop3", 110}, {"sunrpc", 111}, {"auth", 113}, {"nntp", 119}, {"ntp", 123}, {"epmap", 135}, {"netbios-ns", 137}, {"netbios-dgm", 138}, {"netbios-ssn", 139}, {"imap2", 143}, {"snmp", 161}, {"snmp-trap", 162}, {"xdmcp", 177}, {"bgp", 179}, {"irc", 194}, {"ldap", 389}, {"svrloc", 427}, {"https", 443}, {"microsoft-ds", 445}, {"kpasswd", 464}, {"submissions", 465}, {"saft", 487}, {"isakmp", 500}, {"exec", 512}, {"login", 513}, {"shell", 514}, {"syslog", 514}, {"printer", 515}, {"talk", 517}, {"ntalk", 518}, {"route", 520}, {"gdomap", 538}, {"uucp", 540}, {"klogin", 543}, {"kshell", 544}, {"dhcpv6-client", 546}, {"dhcpv6-server", 547}, {"afpovertcp", 548}, {"rtsp", 554}, {"nntps", 563}, {"submission", 587}, {"nqs", 607}, {"asf-rmcp", 623}, {"qmqp", 628}, {"ipp", 631}, {"ldaps", 636}, {"rsync", 873}, {"ftps-data", 989}, {"ftps", 990}, {"telnets", 992}, {"imaps", 993}, {"pop3s", 995}, {"socks", 1080}, {"proofd", 1093}, {"rmiregistry", 1099}, {"openvpn", 1194}, {"lotusnote", 1352}, {"ms-sql-s", 1433}, {"ms-sql-m", 1434}, {"datametrics", 1645}, {"radius", 1812}, {"radius-acct", 1813}, {"nfs", 2049}, {"mysql", 3306}, {"ms-wbt-server", 3389}, {"svn", 3690}, {"epmd", 4369}, {"sip", 5060}, {"sip-tls", 5061}, {"xmpp-client", 5222}, {"xmpp-server", 5269}, {"mdns", 5353}, {"postgresql", 5432}, {"amqp", 5672}, {"x11", 6000}, {"redis", 6379}, {"http-alt", 8080}, {"webmin", 10000}, {"zabbix-agent", 10050}, {"zabbix-trapper", 10051}}

func init() {
	tProto.syms = protocols
	tService.syms = services
}

// prefixed is DTYPE_F_PREFIX: values of the type are shown as prefixes where they can.
func (t *dtype) prefixed() bool { return t == tIP || t == tIP6 || t == tMark }

func find(l []sym, name string) (uint64, bool) {
	for _, s := range l {
		if s.name == name {
			return s.v, true
		}
	}
	return 0, false
}

func nameOf(l []sym, v uint64) string {
	for _, s := range l {
		if s.v == v {
			return s.name
		}
	}
	return ""
}

// parse reads a word as a value of the type. The message is nft's.
func (t *dtype) parse(env *Env, s string) (val, int, string) {
	switch {
	case t == tIP:
		if v, ok := parseNum(s); ok && v.bitLen() <= 32 && !strings.Contains(s, ":") {
			return v, 32, ""
		}
		a, err := netip.ParseAddr(s)
		if err != nil {
			return val{}, 0, "Could not resolve hostname: Name or service not known"
		}
		if !a.Is4() {
			return val{}, 0, "Could not resolve hostname: Address family for hostname not supported"
		}
		b := a.As4()
		return valOf(b[:]), 32, ""
	case t == tIP6:
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			return val{}, 0, "Could not resolve hostname: Name or service not known"
		}
		if a.Is4() {
			return val{}, 0, "Could not resolve hostname: Address family for hostname not supported"
		}
		b := a.As16()
		return valOf(b[:]), 128, ""
	case t.is(tLLAddr):
		return parseMAC(s)
	case t == tProto:
		if v, ok := find(protocols, s); ok {
			return num(v), 8, ""
		}
		if s == "icmpv6" {
			return num(58), 8, ""
		}
		if v, ok := parseNum(s); ok {
			if v.cmp(num(255)) > 0 {
				return val{}, 0, "Protocol out of range"
			}
			return v, 8, ""
		}
		return val{}, 0, "Could not resolve protocol name"
	case t == tService:
		if v, ok := parseNum(s); ok {
			if v.cmp(num(65535)) > 0 {
				return val{}, 0, "Service out of range"
			}
			return v, 16, ""
		}
		if v, ok := find(services, s); ok {
			return num(v), 16, ""
		}
		return val{}, 0, "Could not resolve service: Servname not supported for ai_socktype"
	case t == tIfindex:
		if d := env.NS.DevByName(s); d != nil {
			return num(uint64(d.Index)), 32, ""
		}
		if v, ok := parseNum(s); ok && v.hi == 0 {
			return v, 32, ""
		}
		return val{}, 0, "Interface does not exist"
	case t.is(tString):
		if len(s) > 16 || len(s) >= 16 && t == tIfname {
			return val{}, 0, "String exceeds maximum length of 16"
		}
		b := make([]byte, 16)
		copy(b, s)
		return valOf(b), 8 * (len(s) + 1), ""
	case t == tUID || t == tGID:
		l, unknown := users, "User does not exist"
		if t == tGID {
			l, unknown = groupNames, "Group does not exist"
		}
		if v, ok := find(l, s); ok {
			return num(v), 32, ""
		}
		switch v, ok := parseNum(s); {
		case !ok:
			return val{}, 0, unknown
		case v.cmp(mask(32)) > 0:
			return val{}, 0, "Value too large"
		default:
			return v, 32, ""
		}
	case t == tClassid:
		switch s {
		case "root":
			return num(0xffffffff), 32, ""
		case "none":
			return num(0), 32, ""
		}
		if a, b, ok := strings.Cut(s, ":"); ok {
			x, err1 := strconv.ParseUint(a, 16, 16)
			y, err2 := strconv.ParseUint(b, 16, 16)
			if err1 == nil && err2 == nil {
				return num(x<<16 | y), 32, ""
			}
		}
	case t == tCTLabel:
		if v, ok := parseNum(s); ok {
			if v.cmp(num(127)) > 0 {
				return val{}, 0, s + ": bit " + s + " out of range (128 max)"
			}
			return num(1).shl(uint(v.lo)), 128, ""
		}
		return val{}, 0, "/etc/connlabel.conf: could not parse conntrack label \"" + s + "\""
	case t == tHour:
		if v, ok := parseHour(s); ok {
			return num(v), 32, ""
		}
		return val{}, 0, "Cannot parse input"
	case t == tDate:
		if v, ok := parseDate(s); ok {
			return num(v), 64, ""
		}
		return val{}, 0, "Cannot parse date"
	case t == tDay:
		for _, x := range t.syms {
			if strings.EqualFold(x.name, s) || len(s) >= 3 && len(s) < len(x.name) && strings.EqualFold(x.name[:len(s)], s) {
				return num(x.v), 8, ""
			}
		}
	case t == tTime:
		if t == tTime {
			if d, ok := parseTime(s); ok {
				return num(d), 64, ""
			}
		}
		if v, ok := parseNum(s); ok {
			return v, t.bits, ""
		}
		return val{}, 0, "Cannot parse input"
	}
	if len(t.syms) > 0 || t == tCTLabel {
		if v, ok := find(t.syms, s); ok {
			return num(v), t.bits, ""
		}
	}
	if v, ok := parseNum(s); ok {
		if t.bits > 0 && v.bitLen() > t.bits {
			return val{}, 0, fmt.Sprintf("Value %s exceeds valid range %s-%s", s, "0", mask(t.bits))
		}
		if t.bits > 0 {
			return v, t.bits, ""
		}
		return v, 0, ""
	}
	return val{}, 0, "Could not parse " + t.desc
}

func parseMAC(s string) (val, int, string) {
	var v val
	n := 0
	for _, p := range strings.Split(s, ":") {
		x, err := strconv.ParseUint(p, 16, 8)
		if err != nil {
			return val{}, 0, "Invalid LL address"
		}
		v = v.shl(8).or(num(x))
		n += 8
	}
	return v, n, ""
}

// parseTime reads 1d2h3m4s5ms, or seconds; the result is in milliseconds.
func parseTime(s string) (uint64, bool) {
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return n * 1000, true
	}
	var ms uint64
	for len(s) > 0 {
		i := 0
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		n, err := strconv.ParseUint(s[:i], 10, 64)
		if err != nil {
			return 0, false
		}
		s = s[i:]
		switch {
		case strings.HasPrefix(s, "ms"):
			ms += n
			s = s[2:]
		case strings.HasPrefix(s, "d"):
			ms += n * 86400000
			s = s[1:]
		case strings.HasPrefix(s, "h"):
			ms += n * 3600000
			s = s[1:]
		case strings.HasPrefix(s, "m"):
			ms += n * 60000
			s = s[1:]
		case strings.HasPrefix(s, "s"):
			ms += n * 1000
			s = s[1:]
		default:
			return 0, false
		}
	}
	return ms, true
}

// timeText writes milliseconds as nft does: 1d2h3m4s5ms.
func timeText(ms uint64) string {
	var b strings.Builder
	for _, u := range [...]struct {
		n uint64
		s string
	}{{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}} {
		if k := ms / u.n; k > 0 {
			fmt.Fprintf(&b, "%d%s", k, u.s)
			ms %= u.n
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}

// quoted says whether nft prints the type's words in quotes.
func (t *dtype) quoted() bool { return t.is(tString) || t == tIfindex }

// text is how a value of the type reads. Bits are those of the field.
func (t *dtype) text(o *output, v val, nbits int) string {
	switch {
	case t == tIP:
		return wire.IP4(v.lo).String()
	case t == tIP6:
		return netip.AddrFrom16([16]byte(v.bytes(16))).String()
	case t.is(tLLAddr):
		return macText(v, max(1, (nbits+7)/8))
	case t == tProto:
		if !o.numProto {
			if s := nameOf(protocols, v.lo); s != "" && v.lo < 256 {
				return s
			}
		}
		return v.String()
	case t == tService:
		if o.services {
			if s := nameOf(services, v.lo); s != "" {
				return `"` + s + `"`
			}
		}
		return v.String()
	case t == tIfindex:
		if d := o.env.NS.DevByIndex(int(v.lo)); d != nil {
			return `"` + d.Name + `"`
		}
		return v.String()
	case t.is(tString):
		b := v.bytes(16)
		n := 0
		for n < len(b) && b[n] != 0 {
			n++
		}
		return `"` + string(b[:n]) + `"`
	case t == tTime:
		if o.numeric {
			return strconv.FormatUint(v.lo/1000, 10) + "s"
		}
		return timeText(v.lo)
	case t == tHour:
		return hourText(v.lo)
	case t == tDate:
		return dateText(v.lo)
	case t == tVerdict:
		return ""
	case t == tClassid:
		switch v.lo {
		case 0xffffffff:
			return "root"
		case 0:
			return "none"
		}
		return fmt.Sprintf("%x:%x", v.lo>>16, v.lo&0xffff)
	case t == tUID || t == tGID:
		return v.String()
	case t == tDay && !o.numeric:
		return `"` + nameOf(t.syms, v.lo) + `"`
	}
	if !o.numeric && v.hi == 0 {
		if s := nameOf(t.syms, v.lo); s != "" && !t.plain {
			if t == tRealm || t == tDevgroup {
				return `"` + s + `"`
			}
			return s
		}
	}
	if t.is(tBitmask) && !o.numeric && len(t.syms) > 0 && !v.zero() {
		if s := bitsText(t, v); s != "" {
			return s
		}
	}
	return t.number(v)
}

func (t *dtype) number(v val) string {
	for b := t; b != nil; b = b.base {
		switch b.fmt {
		case "hex":
			return "0x" + v.hex()
		case "hex2":
			return fmt.Sprintf("0x%02x", v.lo)
		case "hex4":
			return fmt.Sprintf("0x%04x", v.lo)
		case "hex8":
			return fmt.Sprintf("0x%08x", v.lo)
		}
	}
	return v.String()
}

// bitsText names the bits of a mask, in the order of the table; "" if one has
// no name.
func bitsText(t *dtype, v val) string {
	var l []string
	for i := 0; i < 64; i++ {
		if v.lo>>i&1 == 0 {
			continue
		}
		s := nameOf(t.syms, 1<<i)
		if s == "" {
			return ""
		}
		l = append(l, s)
	}
	return strings.Join(l, " | ")
}

func macText(v val, n int) string {
	b := v.bytes(n)
	var s strings.Builder
	for i, c := range b {
		if i > 0 {
			s.WriteByte(':')
		}
		fmt.Fprintf(&s, "%02x", c)
	}
	return s.String()
}

func hourText(sec uint64) string {
	h, m, s := sec/3600, sec/60%60, sec%60
	if s != 0 {
		return fmt.Sprintf(`"%02d:%02d:%02d"`, h, m, s)
	}
	return fmt.Sprintf(`"%02d:%02d"`, h, m)
}

// concatName is the name of a concatenation's type.
func typeName(t *dtype) string {
	if len(t.many) == 0 {
		return t.name
	}
	var l []string
	for _, p := range t.many {
		l = append(l, p.name)
	}
	return strings.Join(l, " . ")
}

// parseHour reads "10:00" or "10:00:30", or seconds of the day.
func parseHour(s string) (uint64, bool) {
	p := strings.Split(s, ":")
	if len(p) == 1 {
		n, err := strconv.ParseUint(s, 10, 32)
		return n, err == nil
	}
	if len(p) > 3 {
		return 0, false
	}
	sec, unit := uint64(0), uint64(3600)
	for i, x := range p {
		n, err := strconv.ParseUint(x, 10, 8)
		if err != nil || n > 59 || i == 0 && n > 23 {
			return 0, false
		}
		sec += n * unit
		unit /= 60
	}
	return sec, true
}

// parseDate reads "2024-01-02 03:04:05", or seconds since 1970; the result is in
// nanoseconds.
func parseDate(s string) (uint64, bool) {
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return n * 1e9, true
	}
	for _, f := range [...]string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(f, s); err == nil {
			return uint64(t.UnixNano()), true
		}
	}
	return 0, false
}

func dateText(ns uint64) string {
	return time.Unix(int64(ns/1e9), 0).UTC().Format("\"2006-01-02 15:04:05\"")
}
