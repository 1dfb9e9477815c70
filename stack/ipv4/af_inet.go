package ipv4

// The beginning of IPv4 in a namespace: net/ipv4/af_inet.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// IPv4 is struct netns_ipv4: IPv4 of one namespace.
type IPv4 struct {
	ns   *core.Netns
	raw  RawDeliver
	ping PingSockets
	six  IPv6Stub

	tables             []*fibTable
	main, local, deflt *fibTable
	rules              inet.RuleList
	byRule             *ruleLookup `fork:"zero"`
	customRules        bool        // fib_has_custom_rules
	customLocal        bool        // fib_has_custom_local_routes
	rulesNeedPorts     bool        // fib_rules_require_fldissect
	genid              uint32      // rt_genid: routes made before it are out of date
	addrGenid          uint32      // dev_addr_genid
	addrCount          map[wire.IP4]int
	errDst             [256]*core.Dst // routes for packets without one, by error

	hint routeHint `fork:"zero"`

	peers    inet.Peers
	frags    *inet.Fqdir
	idents   []ident
	seed     uint32
	icmp     icmpState
	ctlSock  *core.Sock
	scratch  []byte `fork:"zero"`
	proxy    arpProxy
	icmpBusy bool // the socket for ICMP is locked (icmp_xmit_lock)
}

// ipPacket is ip_packet_type.
type ipPacket struct{ ip *IPv4 }

// Rcv is ip_rcv.
func (p ipPacket) Rcv(_ *core.Netns, b *core.SKB) { p.ip.rcv(b) }

// New is inet_init for a namespace: it registers the packet types IPv4 and ARP,
// the protocols ICMP and IGMP, and makes the neighbour table and the routing
// tables.
func New(ns *core.Netns) *IPv4 {
	ip := &IPv4{ns: ns, rules: inet.RuleList{Rules: defaultRules()}, addrCount: map[wire.IP4]int{},
		proxy: arpProxy{delay: proxyDelay, limit: proxyQlen}}
	ip.frags = &inet.Fqdir{Ops: fragExpire{ip}}
	ip.ctlSock = &core.Sock{NS: ns, Family: core.AFInet, TTL: -1, SndBuf: int32(ns.Sysctl.WmemDefault)}
	ip.seed = ns.Machine.Rand.Uint32()
	ip.icmp.stamp = ns.Clock.Now().Jiffies() - sim.HZ // the bucket of a new namespace is full: jiffies have run for long
	ns.IPv4 = ip
	ns.Neigh4 = core.NewNeighTable(ns, core.AFInet, arpOps{ip})
	ns.AddPacketType(uint16(wire.EtherTypeIPv4), ipPacket{ip})
	ns.AddPacketType(uint16(wire.EtherTypeARP), arpPacket{ip})
	ns.AddProto(uint8(wire.ProtoICMP), icmpProto{ip})
	ns.AddProto(uint8(wire.ProtoIGMP), igmpProto{ip})
	return ip
}

// Of returns IPv4 of a namespace. New must have been called for it.
func Of(ns *core.Netns) *IPv4 { return ns.IPv4.(*IPv4) }

// SetRaw sets what raw sockets do with packets; package raw calls it.
func (ip *IPv4) SetRaw(r RawDeliver) { ip.raw = r }

// SetPing sets what ping sockets do with echo replies; package raw calls it.
func (ip *IPv4) SetPing(p PingSockets) { ip.ping = p }

// SetIPv6 sets whom to ask about IPv6 gateways.
func (ip *IPv4) SetIPv6(s IPv6Stub) { ip.six = s }
