package ipt

// setICMPNames are the names that ipset has for ICMP types and codes.
var setICMPNames = []struct {
	proto uint64
	name  string
	val   uint16 // type and code
}{
	{1, "echo-reply", 0}, {1, "pong", 0},
	{1, "network-unreachable", 0x300}, {1, "host-unreachable", 0x301}, {1, "protocol-unreachable", 0x302}, {1, "port-unreachable", 0x303},
	{1, "fragmentation-needed", 0x304}, {1, "source-route-failed", 0x305}, {1, "network-unknown", 0x306}, {1, "host-unknown", 0x307},
	{1, "network-prohibited", 0x309}, {1, "host-prohibited", 0x30a}, {1, "TOS-network-unreachable", 0x30b}, {1, "TOS-host-unreachable", 0x30c},
	{1, "communication-prohibited", 0x30d}, {1, "host-precedence-violation", 0x30e}, {1, "precedence-cutoff", 0x30f},
	{1, "source-quench", 0x400},
	{1, "network-redirect", 0x500}, {1, "host-redirect", 0x501}, {1, "TOS-network-redirect", 0x502}, {1, "TOS-host-redirect", 0x503},
	{1, "echo-request", 0x800}, {1, "ping", 0x800}, {1, "router-advertisement", 0x900}, {1, "router-solicitation", 0xa00},
	{1, "ttl-zero-during-transit", 0xb00}, {1, "ttl-zero-during-reassembly", 0xb01},
	{1, "ip-header-bad", 0xc00}, {1, "required-option-missing", 0xc01},
	{1, "timestamp-request", 0xd00}, {1, "timestamp-reply", 0xe00}, {1, "address-mask-request", 0x1100}, {1, "address-mask-reply", 0x1200},
	{58, "no-route", 0x100}, {58, "communication-prohibited", 0x101}, {58, "address-unreachable", 0x103}, {58, "port-unreachable", 0x104},
	{58, "packet-too-big", 0x200}, {58, "ttl-zero-during-transit", 0x300}, {58, "ttl-zero-during-reassembly", 0x301},
	{58, "bad-header", 0x400}, {58, "unknown-header-type", 0x401}, {58, "unknown-option", 0x402},
	{58, "echo-request", 0x8000}, {58, "ping", 0x8000}, {58, "echo-reply", 0x8100}, {58, "pong", 0x8100},
	{58, "router-solicitation", 0x8500}, {58, "router-advertisement", 0x8600},
	{58, "neighbour-solicitation", 0x8700}, {58, "neigbour-solicitation", 0x8700}, {58, "neighbour-advertisement", 0x8800}, {58, "neigbour-advertisement", 0x8800},
	{58, "redirect", 0x8900},
}
