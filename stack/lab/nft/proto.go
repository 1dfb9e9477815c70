package nft

import "github.com/packetwalk/packetwalk/stack/netfilter/nftables"

// A field is a piece of a header: where it lies, in bits.
type field struct {
	name  string
	t     *dtype
	off   int
	bits  int
	order order
}

// A proto is struct proto_desc: a protocol's header.
type proto struct {
	name   string
	base   nftables.HeaderBase
	fields []field
	key    string // the field that says what follows
	upper  []upper
}

// An upper is a protocol that another one carries, by number.
type upper struct {
	num uint64
	p   *proto
}

func (p *proto) field(name string) *field {
	for i := range p.fields {
		if p.fields[i].name == name {
			return &p.fields[i]
		}
	}
	return nil
}

func (p *proto) numOf(u *proto) (uint64, bool) {
	for _, x := range p.upper {
		if x.p == u {
			return x.num, true
		}
	}
	return 0, false
}

func (p *proto) byNum(n uint64) *proto {
	for _, x := range p.upper {
		if x.num == n {
			return x.p
		}
	}
	return nil
}

// pf is a field whose type is big-endian unless it is one of the host's.
func pf(name string, t *dtype, off, n int) field {
	o := bigOrder
	if t.order == hostOrder {
		o = hostOrder
	}
	return field{name, t, off, n, o}
}

const (
	link      = nftables.LinkHeader
	network   = nftables.NetworkHeader
	transport = nftables.TransportHeader
	inner     = nftables.InnerHeader
)

// The protocols.
var (
	pEther = &proto{name: "ether", base: link, key: "type", fields: []field{pf("daddr", tEther, 0, 48), pf("saddr", tEther, 48, 48), pf("type", tEthType, 96, 16)}}
	pVlan  = &proto{name: "vlan", base: link, key: "type", fields: []field{pf("pcp", tInteger, 0, 3), pf("dei", tInteger, 3, 1), pf("cfi", tInteger, 3, 1), pf("id", tInteger, 4, 12), pf("type", tEthType, 16, 16)}}
	pARP   = &proto{name: "arp", base: network, fields: []field{pf("htype", tInteger, 0, 16), pf("ptype", tEthType, 16, 16), pf("hlen", tInteger, 32, 8), pf("plen", tInteger, 40, 8), pf("operation", tARPOp, 48, 16), pf("saddr ether", tEther, 64, 48), pf("saddr ip", tIP, 112, 32), pf("daddr ether", tEther, 144, 48), pf("daddr ip", tIP, 192, 32)}}
	pIP    = &proto{name: "ip", base: network, key: "protocol", fields: []field{pf("version", tInteger, 0, 4), pf("hdrlength", tInteger, 4, 4), pf("dscp", tDSCP, 8, 6), pf("ecn", tECN, 14, 2), pf("length", tInteger, 16, 16), pf("id", tInteger, 32, 16), pf("frag-off", tInteger, 48, 16), pf("ttl", tInteger, 64, 8), pf("protocol", tProto, 72, 8), pf("checksum", tInteger, 80, 16), pf("saddr", tIP, 96, 32), pf("daddr", tIP, 128, 32)}}
	pIP6   = &proto{name: "ip6", base: network, key: "nexthdr", fields: []field{pf("version", tInteger, 0, 4), pf("dscp", tDSCP, 4, 6), pf("ecn", tECN, 10, 2), pf("flowlabel", tInteger, 12, 20), pf("length", tInteger, 32, 16), pf("nexthdr", tProto, 48, 8), pf("hoplimit", tInteger, 56, 8), pf("saddr", tIP6, 64, 128), pf("daddr", tIP6, 192, 128)}}
	pICMP  = &proto{name: "icmp", base: transport, key: "type", fields: []field{pf("type", tICMPType, 0, 8), pf("code", tICMPCode, 8, 8), pf("checksum", tInteger, 16, 16), pf("id", tInteger, 32, 16), pf("sequence", tInteger, 48, 16), pf("gateway", tInteger, 32, 32), pf("mtu", tInteger, 48, 16)}}
	pICMP6 = &proto{name: "icmpv6", base: transport, key: "type", fields: []field{pf("type", tICMP6, 0, 8), pf("code", tICMP6Code, 8, 8), pf("checksum", tInteger, 16, 16), pf("parameter-problem", tInteger, 32, 32), pf("mtu", tInteger, 32, 32), pf("id", tInteger, 32, 16), pf("sequence", tInteger, 48, 16), pf("max-delay", tInteger, 32, 16)}}
	pIGMP  = &proto{name: "igmp", base: transport, fields: []field{pf("type", tIGMP, 0, 8), pf("mrt", tInteger, 8, 8), pf("checksum", tInteger, 16, 16), pf("group", tInteger, 32, 32)}}
	pUDP   = &proto{name: "udp", base: transport, fields: []field{pf("sport", tService, 0, 16), pf("dport", tService, 16, 16), pf("length", tInteger, 32, 16), pf("checksum", tInteger, 48, 16)}}
	pLite  = &proto{name: "udplite", base: transport, fields: []field{pf("sport", tService, 0, 16), pf("dport", tService, 16, 16), pf("csumcov", tInteger, 32, 16), pf("checksum", tInteger, 48, 16)}}
	pTCP   = &proto{name: "tcp", base: transport, fields: []field{pf("sport", tService, 0, 16), pf("dport", tService, 16, 16), pf("sequence", tInteger, 32, 32), pf("ackseq", tInteger, 64, 32), pf("doff", tInteger, 96, 4), pf("reserved", tInteger, 100, 4), {"flags", tTCPFlag, 104, 8, bigOrder}, pf("window", tInteger, 112, 16), pf("checksum", tInteger, 128, 16), pf("urgptr", tInteger, 144, 16)}}
	pDCCP  = &proto{name: "dccp", base: transport, fields: []field{pf("sport", tService, 0, 16), pf("dport", tService, 16, 16), pf("type", tDCCP, 67, 4)}}
	pSCTP  = &proto{name: "sctp", base: transport, fields: []field{pf("sport", tService, 0, 16), pf("dport", tService, 16, 16), pf("vtag", tInteger, 32, 32), pf("checksum", tInteger, 64, 32)}}
	pAH    = &proto{name: "ah", base: transport, key: "nexthdr", fields: []field{pf("nexthdr", tProto, 0, 8), pf("hdrlength", tInteger, 8, 8), pf("reserved", tInteger, 16, 16), pf("spi", tInteger, 32, 32), pf("sequence", tInteger, 64, 32)}}
	pESP   = &proto{name: "esp", base: transport, fields: []field{pf("spi", tInteger, 0, 32), pf("sequence", tInteger, 32, 32)}}
	pComp  = &proto{name: "comp", base: transport, key: "nexthdr", fields: []field{pf("nexthdr", tProto, 0, 8), pf("flags", tBitmask, 8, 8), pf("cpi", tInteger, 16, 16)}}
	pTH    = &proto{name: "th", base: transport, fields: []field{pf("sport", tService, 0, 16), pf("dport", tService, 16, 16)}}

	// pInet, pNetdev and pService are no headers: they carry others by meta keys.
	pInet    = &proto{name: "inet", base: link}
	pNetdev  = &proto{name: "netdev", base: link}
	pService = &proto{name: "inet-service", base: network}
	pUnknown = &proto{name: "unknown"}
)

var protosByName = map[string]*proto{}

func init() {
	for _, p := range []*proto{pEther, pVlan, pARP, pIP, pIP6, pICMP, pICMP6, pIGMP, pUDP, pLite, pTCP, pDCCP, pSCTP, pAH, pESP, pComp, pTH} {
		protosByName[p.name] = p
	}
	l4 := []upper{{1, pICMP}, {58, pICMP6}, {2, pIGMP}, {17, pUDP}, {136, pLite}, {6, pTCP}, {33, pDCCP}, {132, pSCTP}, {51, pAH}, {50, pESP}, {108, pComp}}
	pIP.upper, pIP6.upper = l4, l4
	pService.upper = l4
	l3 := []upper{{0x800, pIP}, {0x806, pARP}, {0x86dd, pIP6}, {0x8100, pVlan}, {0x88a8, pVlan}}
	pEther.upper, pVlan.upper, pNetdev.upper = l3, l3, l3
	pInet.upper = []upper{{2, pIP}, {10, pIP6}}
}

// An exthdr describes an IPv6 extension header, a TCP option or an IP option.
type exthdr struct {
	name   string
	kind   nftables.ExtKind
	typ    uint8
	fields []field
}

func (p *exthdr) field(name string) *field {
	for i := range p.fields {
		if p.fields[i].name == name {
			return &p.fields[i]
		}
	}
	return nil
}

var exthdrs = []*exthdr{
	{"hbh", nftables.ExtIPv6, 0, []field{pf("nexthdr", tProto, 0, 8), pf("hdrlength", tInteger, 8, 8)}},
	{"rt", nftables.ExtIPv6, 43, []field{pf("nexthdr", tProto, 0, 8), pf("hdrlength", tInteger, 8, 8), pf("type", tInteger, 16, 8), pf("seg-left", tInteger, 24, 8)}},
	{"frag", nftables.ExtIPv6, 44, []field{pf("nexthdr", tProto, 0, 8), pf("reserved", tInteger, 8, 8), pf("frag-off", tInteger, 16, 13), pf("reserved2", tInteger, 29, 2), pf("more-fragments", tInteger, 31, 1), pf("id", tInteger, 32, 32)}},
	{"dst", nftables.ExtIPv6, 60, []field{pf("nexthdr", tProto, 0, 8), pf("hdrlength", tInteger, 8, 8)}},
	{"mh", nftables.ExtIPv6, 135, []field{pf("nexthdr", tProto, 0, 8), pf("hdrlength", tInteger, 8, 8), pf("type", tMHType, 16, 8), pf("reserved", tInteger, 24, 8), pf("checksum", tInteger, 32, 16)}},
}

var tcpOptions = []*exthdr{
	{"eol", nftables.ExtTCP, 0, []field{pf("kind", tInteger, 0, 8)}},
	{"nop", nftables.ExtTCP, 1, []field{pf("kind", tInteger, 0, 8)}},
	{"maxseg", nftables.ExtTCP, 2, []field{pf("kind", tInteger, 0, 8), pf("length", tInteger, 8, 8), pf("size", tInteger, 16, 16)}},
	{"window", nftables.ExtTCP, 3, []field{pf("kind", tInteger, 0, 8), pf("length", tInteger, 8, 8), pf("count", tInteger, 16, 8)}},
	{"sack-perm", nftables.ExtTCP, 4, []field{pf("kind", tInteger, 0, 8), pf("length", tInteger, 8, 8)}},
	{"sack", nftables.ExtTCP, 5, []field{pf("kind", tInteger, 0, 8), pf("length", tInteger, 8, 8), pf("left", tInteger, 16, 32), pf("right", tInteger, 48, 32)}},
	{"timestamp", nftables.ExtTCP, 8, []field{pf("kind", tInteger, 0, 8), pf("length", tInteger, 8, 8), pf("tsval", tInteger, 16, 32), pf("tsecr", tInteger, 48, 32)}},
	{"md5sig", nftables.ExtTCP, 19, []field{pf("kind", tInteger, 0, 8), pf("length", tInteger, 8, 8)}},
	{"mptcp", nftables.ExtTCP, 30, []field{pf("kind", tInteger, 0, 8), pf("length", tInteger, 8, 8), pf("subtype", tInteger, 16, 4)}},
	{"fastopen", nftables.ExtTCP, 34, []field{pf("kind", tInteger, 0, 8), pf("length", tInteger, 8, 8)}},
}

var ipOptions = []*exthdr{
	{"lsrr", nftables.ExtIPv4, 131, []field{pf("type", tInteger, 0, 8), pf("length", tInteger, 8, 8), pf("ptr", tInteger, 16, 8), pf("addr", tIP, 24, 32)}},
	{"rr", nftables.ExtIPv4, 7, []field{pf("type", tInteger, 0, 8), pf("length", tInteger, 8, 8), pf("ptr", tInteger, 16, 8), pf("addr", tIP, 24, 32)}},
	{"ssrr", nftables.ExtIPv4, 137, []field{pf("type", tInteger, 0, 8), pf("length", tInteger, 8, 8), pf("ptr", tInteger, 16, 8), pf("addr", tIP, 24, 32)}},
	{"ra", nftables.ExtIPv4, 148, []field{pf("type", tInteger, 0, 8), pf("length", tInteger, 8, 8), pf("value", tInteger, 16, 16)}},
}

// The routing header of segment routing, and the addresses of others: they lie at the
// same places, and nft lists them all as srh.
var srhExt = &exthdr{"srh", nftables.ExtIPv6, 43, []field{pf("last-entry", tInteger, 32, 8), pf("flags", tInteger, 40, 8), pf("tag", tInteger, 48, 16), pf("sid[1]", tIP6, 64, 128), pf("sid[2]", tIP6, 192, 128)}}

// chunk is a chunk of SCTP with fields of its own.
func chunk(name string, typ uint8, own ...field) *exthdr {
	return &exthdr{name, nftables.ExtSCTP, typ, append([]field{pf("type", tInteger, 0, 8), pf("flags", tInteger, 8, 8), pf("length", tInteger, 16, 16)}, own...)}
}

var (
	chunkInit = []field{pf("init-tag", tInteger, 32, 32), pf("a-rwnd", tInteger, 64, 32), pf("num-outbound-streams", tInteger, 96, 16), pf("num-inbound-streams", tInteger, 112, 16), pf("initial-tsn", tInteger, 128, 32)}
	chunkLow  = pf("lowest-tsn", tInteger, 32, 32)
	chunkSeq  = pf("seqno", tInteger, 32, 32)
)

var sctpChunks = []*exthdr{
	chunk("data", 0, pf("tsn", tInteger, 32, 32), pf("stream", tInteger, 64, 16), pf("ssn", tInteger, 80, 16), pf("ppid", tInteger, 96, 32)),
	chunk("init", 1, chunkInit...),
	chunk("init-ack", 2, chunkInit...),
	chunk("sack", 3, pf("cum-tsn-ack", tInteger, 32, 32), pf("a-rwnd", tInteger, 64, 32), pf("num-gap-ack-blocks", tInteger, 96, 16), pf("num-dup-tsns", tInteger, 112, 16)),
	chunk("heartbeat", 4),
	chunk("heartbeat-ack", 5),
	chunk("abort", 6),
	chunk("shutdown", 7, pf("cum-tsn-ack", tInteger, 32, 32)),
	chunk("shutdown-ack", 8),
	chunk("error", 9),
	chunk("cookie-echo", 10),
	chunk("cookie-ack", 11),
	chunk("ecne", 12, chunkLow),
	chunk("cwr", 13, chunkLow),
	chunk("shutdown-complete", 14),
	chunk("asconf-ack", 128, chunkSeq),
	chunk("forward-tsn", 192, pf("new-cum-tsn", tInteger, 32, 32)),
	chunk("asconf", 193, chunkSeq),
}

func findExt(l []*exthdr, name string) *exthdr {
	for _, e := range l {
		if e.name == name {
			return e
		}
	}
	return nil
}

// A metaKey is what `meta` knows.
type metaKey struct {
	name  string
	key   nftables.MetaKey
	t     *dtype
	bits  int
	order order
	bare  bool // may stand without "meta", and is printed so
}

var metaKeys = []metaKey{
	{"length", nftables.MetaLen, tInteger, 32, hostOrder, false},
	{"protocol", nftables.MetaProtocol, tEthType, 16, bigOrder, false},
	{"nfproto", nftables.MetaNFProto, tNFProto, 8, hostOrder, false},
	{"l4proto", nftables.MetaL4Proto, tProto, 8, hostOrder, false},
	{"priority", nftables.MetaPriority, tClassid, 32, hostOrder, false},
	{"random", nftables.MetaRandom, tInteger, 32, bigOrder, false},
	{"secmark", nftables.MetaSecMark, tInteger, 32, hostOrder, false},
	{"mark", nftables.MetaMark, tMark, 32, hostOrder, false},
	{"iif", nftables.MetaIIF, tIfindex, 32, hostOrder, true},
	{"iifname", nftables.MetaIIFName, tIfname, 128, hostOrder, true},
	{"iiftype", nftables.MetaIIFType, tARPHrd, 16, hostOrder, false},
	{"oif", nftables.MetaOIF, tIfindex, 32, hostOrder, true},
	{"oifname", nftables.MetaOIFName, tIfname, 128, hostOrder, true},
	{"oiftype", nftables.MetaOIFType, tARPHrd, 16, hostOrder, false},
	{"skuid", nftables.MetaSKUID, tUID, 32, hostOrder, false},
	{"skgid", nftables.MetaSKGID, tGID, 32, hostOrder, false},
	{"nftrace", nftables.MetaNFTrace, tInteger, 1, hostOrder, false},
	{"rtclassid", nftables.MetaRTClassID, tRealm, 32, hostOrder, false},
	{"ibrname", nftables.MetaBriIIFName, tIfname, 128, hostOrder, false},
	{"obrname", nftables.MetaBriOIFName, tIfname, 128, hostOrder, false},
	{"ibridgename", nftables.MetaBriIIFName, tIfname, 128, hostOrder, false},
	{"obridgename", nftables.MetaBriOIFName, tIfname, 128, hostOrder, false},
	{"pkttype", nftables.MetaPktType, tPktType, 8, hostOrder, false},
	{"cpu", nftables.MetaCPU, tInteger, 32, hostOrder, false},
	{"iifgroup", nftables.MetaIIFGroup, tDevgroup, 32, hostOrder, true},
	{"oifgroup", nftables.MetaOIFGroup, tDevgroup, 32, hostOrder, true},
	{"cgroup", nftables.MetaCGroup, tInteger, 32, hostOrder, false},
	{"ipsec", nftables.MetaSecPath, tBoolean, 8, hostOrder, false},
	{"secpath", nftables.MetaSecPath, tBoolean, 8, hostOrder, false}, // as ipsec was called
	{"iifkind", nftables.MetaIIFKind, tIfname, 128, hostOrder, false},
	{"oifkind", nftables.MetaOIFKind, tIfname, 128, hostOrder, false},
	{"ibrpvid", nftables.MetaBriIIFPVID, tInteger, 16, hostOrder, false},
	{"ibrvproto", nftables.MetaBriIIFVProto, tEthType, 16, bigOrder, false},
	{"time", nftables.MetaTimeNS, tDate, 64, hostOrder, false},
	{"day", nftables.MetaTimeDay, tDay, 8, hostOrder, false},
	{"hour", nftables.MetaTimeHour, tHour, 32, hostOrder, false},
	{"sdif", nftables.MetaSDIF, tIfindex, 32, hostOrder, false},
	{"sdifname", nftables.MetaSDIFName, tIfname, 128, hostOrder, false},
}

func findMeta(name string) *metaKey {
	for i := range metaKeys {
		if metaKeys[i].name == name {
			return &metaKeys[i]
		}
	}
	return nil
}

// A ctKey is what `ct` knows.
type ctKey struct {
	name  string
	key   nftables.CTKey
	t     *dtype
	bits  int
	order order
	dir   int8 // 0: never with a direction, 1: may, 2: must
}

var ctKeys = []ctKey{
	{"state", nftables.CTState, tCTState, 32, hostOrder, 0},
	{"direction", nftables.CTDirection, tCTDir, 8, hostOrder, 0},
	{"status", nftables.CTStatus, tCTStatus, 32, hostOrder, 0},
	{"mark", nftables.CTMark, tMark, 32, hostOrder, 0},
	{"expiration", nftables.CTExpiration, tTime, 32, hostOrder, 0},
	{"helper", nftables.CTHelper, tString, 128, hostOrder, 0},
	{"l3proto", nftables.CTL3Proto, tNFProto, 8, hostOrder, 1},
	{"protocol", nftables.CTProto, tProto, 8, bigOrder, 1},
	{"proto-src", nftables.CTProtoSrc, tService, 16, bigOrder, 2},
	{"proto-dst", nftables.CTProtoDst, tService, 16, bigOrder, 2},
	{"saddr", nftables.CTSrc, tInvalid, 0, bigOrder, 2},
	{"daddr", nftables.CTDst, tInvalid, 0, bigOrder, 2},
	{"label", nftables.CTLabel, tCTLabel, 128, hostOrder, 0},
	{"bytes", nftables.CTBytes, tInteger, 64, hostOrder, 1},
	{"packets", nftables.CTPkts, tInteger, 64, hostOrder, 1},
	{"avgpkt", nftables.CTAvgPkt, tInteger, 64, hostOrder, 1},
	{"zone", nftables.CTZone, tInteger, 16, hostOrder, 1},
	{"event", nftables.CTEvent, tCTEvent, 32, hostOrder, 0},
	{"ip saddr", nftables.CTSrcIP, tIP, 32, bigOrder, 2},
	{"ip daddr", nftables.CTDstIP, tIP, 32, bigOrder, 2},
	{"ip6 saddr", nftables.CTSrcIP6, tIP6, 128, bigOrder, 2},
	{"ip6 daddr", nftables.CTDstIP6, tIP6, 128, bigOrder, 2},
	{"id", nftables.CTID, tInteger, 32, bigOrder, 0},
}

func findCT(name string) *ctKey {
	for i := range ctKeys {
		if ctKeys[i].name == name {
			return &ctKeys[i]
		}
	}
	return nil
}
