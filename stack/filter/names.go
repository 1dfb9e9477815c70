package filter

import "github.com/packetwalk/packetwalk/stack/wire"

// An abbreviation is a protocol by its name.
type abbrev struct {
	name string
	ip4  bool // over IPv4 with number proto
	ip6  bool // over IPv6 with number proto
	num  wire.Proto
	link wire.EtherType // an ether type instead
}

// abbrevs are the protocols that are words of the language (pcap-filter(7)).
var abbrevs = [...]abbrev{
	{name: "ether"},
	{name: "link"},
	{name: "ip", link: wire.EtherTypeIPv4},
	{name: "ip6", link: wire.EtherTypeIPv6},
	{name: "arp", link: wire.EtherTypeARP},
	{name: "rarp", link: wire.EtherTypeRARP},
	{name: "lat", link: 0x6004},
	{name: "moprc", link: 0x6002},
	{name: "mopdl", link: 0x6001},
	{name: "decnet", link: 0x6003},
	{name: "sca", link: 0x6007},
	{name: "tcp", ip4: true, ip6: true, num: wire.ProtoTCP},
	{name: "udp", ip4: true, ip6: true, num: wire.ProtoUDP},
	{name: "sctp", ip4: true, ip6: true, num: wire.ProtoSCTP},
	{name: "ah", ip4: true, ip6: true, num: wire.ProtoAH},
	{name: "esp", ip4: true, ip6: true, num: wire.ProtoESP},
	{name: "pim", ip4: true, ip6: true, num: wire.ProtoPIM},
	{name: "icmp", ip4: true, num: wire.ProtoICMP},
	{name: "igmp", ip4: true, num: wire.ProtoIGMP},
	{name: "igrp", ip4: true, num: wire.ProtoIGRP},
	{name: "vrrp", ip4: true, num: wire.ProtoVRRP},
	{name: "carp", ip4: true, num: wire.ProtoVRRP},
	{name: "icmp6", ip6: true, num: wire.ProtoICMPv6},
}

func findAbbrev(name string) *abbrev {
	if name == "icmpv6" {
		name = "icmp6"
	}
	for i := range abbrevs {
		if abbrevs[i].name == name {
			return &abbrevs[i]
		}
	}
	return nil
}

// refused are words of pcap-filter(7) that are not modelled.
var refused = [...]string{"gateway", "protochain", "mpls", "pppoed", "pppoes", "geneve", "vxlan",
	"iso", "clnp", "esis", "isis", "netbeui", "ipx", "stp", "atalk", "aarp", "wlan", "fddi",
	"tr", "inbound", "outbound", "ifindex", "ifname", "on", "reason", "action", "rulenum",
	"llc", "type", "subtype", "dir", "byte", "ppp", "slip", "lane", "oam", "metac"}

// constants are the names of offsets and values (pcap-filter(7)).
func constant(s string) (uint32, bool) {
	for _, c := range constants {
		if c.name == s {
			return c.n, true
		}
	}
	return 0, false
}

var constants = [...]struct {
	name string
	n    uint32
}{
	{"tcpflags", 13}, {"tcp-fin", 1}, {"tcp-syn", 2}, {"tcp-rst", 4}, {"tcp-push", 8},
	{"tcp-ack", 16}, {"tcp-urg", 32}, {"tcp-ece", 64}, {"tcp-cwr", 128},
	{"icmptype", 0}, {"icmpcode", 1}, {"icmp-echoreply", 0}, {"icmp-unreach", 3},
	{"icmp-sourcequench", 4}, {"icmp-redirect", 5}, {"icmp-echo", 8},
	{"icmp-routeradvert", 9}, {"icmp-routersolicit", 10}, {"icmp-timxceed", 11},
	{"icmp-paramprob", 12}, {"icmp-tstamp", 13}, {"icmp-tstampreply", 14}, {"icmp-ireq", 15},
	{"icmp-ireqreply", 16}, {"icmp-maskreq", 17}, {"icmp-maskreply", 18},
	{"icmp6type", 0}, {"icmp6code", 1}, {"icmp6-destinationunreach", 1},
	{"icmp6-packettoobig", 2}, {"icmp6-timeexceeded", 3}, {"icmp6-parameterproblem", 4},
	{"icmp6-echo", 128}, {"icmp6-echoreply", 129}, {"icmp6-multicastlistenerquery", 130},
	{"icmp6-multicastlistenerreportv1", 131}, {"icmp6-multicastlistenerdone", 132},
	{"icmp6-routersolicit", 133}, {"icmp6-routeradvert", 134}, {"icmp6-neighborsolicit", 135},
	{"icmp6-neighboradvert", 136}, {"icmp6-redirect", 137}, {"icmp6-routerrenum", 138},
	{"icmp6-nodeinformationquery", 139}, {"icmp6-nodeinformationresponse", 140},
	{"icmp6-ineighbordiscoverysolicit", 141}, {"icmp6-ineighbordiscoveryadvert", 142},
	{"icmp6-multicastlistenerreportv2", 143}, {"icmp6-homeagentdiscoveryrequest", 144},
	{"icmp6-homeagentdiscoveryreply", 145}, {"icmp6-mobileprefixsolicit", 146},
	{"icmp6-mobileprefixadvert", 147}, {"icmp6-certpathsolicit", 148},
	{"icmp6-certpathadvert", 149}, {"icmp6-multicastrouteradvert", 151},
	{"icmp6-multicastroutersolicit", 152}, {"icmp6-multicastrouterterm", 153},
}

// service returns the port of a service, for the few that are known by heart.
func service(s string) (uint16, bool) {
	for _, c := range services {
		if c.name == s {
			return c.port, true
		}
	}
	return 0, false
}

var services = [...]struct {
	name string
	port uint16
}{
	{"echo", 7}, {"discard", 9}, {"ftp-data", 20}, {"ftp", 21}, {"ssh", 22}, {"telnet", 23},
	{"smtp", 25}, {"domain", 53}, {"bootps", 67}, {"bootpc", 68}, {"tftp", 69}, {"http", 80},
	{"kerberos", 88}, {"pop3", 110}, {"sunrpc", 111}, {"ntp", 123}, {"imap2", 143},
	{"snmp", 161}, {"bgp", 179}, {"ldap", 389}, {"https", 443}, {"syslog", 514},
	{"imaps", 993}, {"pop3s", 995}, {"mdns", 5353},
}
