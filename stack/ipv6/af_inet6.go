package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// IPv6 is struct netns_ipv6: what IPv6 keeps of one namespace.
type IPv6 struct {
	ns    *core.Netns
	devs  []*Inet6Dev // in the order in which devices were seen
	neigh *core.NeighTable

	local, main fibTable
	others      []*fibTable
	null        *Route6 // fib6_null_entry
	rules       inet.RuleList
	byRule      *ruleLookup `fork:"zero"`
	gen         uint64      // fib6_sernum: which cached routes are still right

	frags inet.Fqdir
	peers inet.Peers
	icmp  icmpBucket

	ndisc, icmpSk, igmpSk *ctlSock // the kernel's own sockets

	raw     Raw
	ping    Ping
	labeler Labeler

	hashSeed uint64 // of automatic flow labels and fragment numbers
	labels   []addrLabel
	scratch  []byte    `fork:"zero"`
	hint     routeHint `fork:"zero"`
	icmpBusy bool      // the socket for ICMPv6 is locked (icmpv6_xmit_lock)
}

// New sets IPv6 up in a namespace (inet6_init, inet6_net_init). It sets
// ns.IPv6 and ns.Neigh6, and registers ipv6_rcv, ICMPv6 and the extension
// headers.
func New(ns *core.Netns) *IPv6 {
	ip := &IPv6{ns: ns, hashSeed: ns.Machine.Rand.Uint64(), gen: 1}
	ns.IPv6 = ip
	ip.local.id, ip.main.id = TableLocal, TableMain
	ip.labels = defaultLabels[:]
	ip.rules.Rules = defaultRules()
	ip.frags.Ops = fragOps{}
	ip.initNull()
	ip.neigh = core.NewNeighTable(ns, core.AFInet6, &ndiscOps{ip})
	ns.Neigh6 = ip.neigh
	ip.ndisc, ip.icmpSk, ip.igmpSk = newCtlSock(ns, 255, 255), newCtlSock(ns, -1, 1), newCtlSock(ns, 1, 1)
	ip.ndisc.McLoop, ip.igmpSk.McLoop = false, false
	ns.AddPacketType(uint16(wire.EtherTypeIPv6), &rcv{})
	ns.AddProto6(uint8(wire.ProtoICMPv6), &icmpv6{})
	for _, p := range [...]wire.Proto{wire.ProtoRouting, wire.ProtoFragment, wire.ProtoDestOpts, wire.ProtoNone} {
		ns.AddProto6(uint8(p), &exthdr{kind: p})
	}
	return ip
}

// Of is the IPv6 of a namespace, nil if it has none.
func Of(ns *core.Netns) *IPv6 { p, _ := ns.IPv6.(*IPv6); return p }

// SetRaw, SetPing and SetLabeler hang upper packages in.
func (ip *IPv6) SetRaw(r Raw) { ip.raw = r }

// SetPing sets who gets echo replies.
func (ip *IPv6) SetPing(p Ping) { ip.ping = p }

// SetLabeler sets who chooses flow labels; nil leaves it to the kernel's hash.
func (ip *IPv6) SetLabeler(l Labeler) { ip.labeler = l }

// A ctlSock is one of the kernel's own sockets (inet_ctl_sock_create).
type ctlSock struct{ core.Sock }

func newCtlSock(ns *core.Netns, hops, mchops int) *ctlSock {
	s := &ctlSock{}
	ns.InitSock(&s.Sock, s, core.AFInet6, core.SockRaw, uint8(wire.ProtoICMPv6))
	s.TTL, s.SetRare().McTTL = int32(hops), mchops
	return s
}

// Base is the embedded struct sock.
func (s *ctlSock) Base() *core.Sock { return &s.Sock }

// KernelSocket says that no program has it (sk_socket->file is NULL).
func (s *ctlSock) KernelSocket() {}

// BacklogRcv cannot be called: no program holds the kernel's sockets.
func (s *ctlSock) BacklogRcv(ns *core.Netns, b *core.SKB) {
	panic("ipv6: backlog of a control socket")
}

// ReleaseCB has nothing to do.
func (s *ctlSock) ReleaseCB(ns *core.Netns) {}

// WriteSpace has nobody to wake.
func (s *ctlSock) WriteSpace(ns *core.Netns) {}

// ObserveOwn has nothing of its own to show.
func (s *ctlSock) ObserveOwn(o *trace.Obs) {}

// What kind of address it is (include/net/ipv6.h, IPV6_ADDR_*). The upper half
// is the scope.
const (
	addrAny       = 0x0000
	addrUnicast   = 0x0001
	addrMulticast = 0x0002
	addrLoopback  = 0x0010
	addrLinkLocal = 0x0020
	addrSiteLocal = 0x0040
	addrCompatV4  = 0x0080
	addrMapped    = 0x1000

	scopeNode   = 0x01
	scopeLink   = 0x02
	scopeSite   = 0x05
	scopeGlobal = 0x0e
)

// addrType is __ipv6_addr_type: what kind of address it is, its scope
// (RFC 4291 §2.7) in the upper half.
func addrType(a wire.Addr) uint32 {
	switch {
	case a.Hi>>61 != 0 && a.Hi>>61 != 7:
		return addrUnicast | scopeGlobal<<16
	case a.IsMulticast():
		s := uint32(a.Hi >> 48 & 0xf)
		t := addrMulticast | s<<16
		switch s {
		case scopeNode:
			t |= addrLoopback
		case scopeLink:
			t |= addrLinkLocal
		case scopeSite:
			t |= addrSiteLocal
		}
		return t
	case a.IsLinkLocal():
		return addrLinkLocal | addrUnicast | scopeLink<<16
	case a.Hi>>54 == 0xfec0>>6:
		return addrSiteLocal | addrUnicast | scopeSite<<16
	case a.Hi>>57 == 0xfc>>1:
		return addrUnicast | scopeGlobal<<16
	case a.IsZero():
		return addrAny
	case a.IsLoopback():
		return addrLoopback | addrUnicast | scopeLink<<16
	case a.Hi == 0 && a.Lo>>32 == 0:
		return addrCompatV4 | addrUnicast | scopeGlobal<<16
	case a.Is4():
		return addrMapped | scopeGlobal<<16
	}
	return addrUnicast | scopeGlobal<<16
}

// srcScope is __ipv6_addr_src_scope: -1 for ::.
func srcScope(t uint32) int {
	if t == addrAny {
		return -1
	}
	return int(t >> 16)
}

// mcScope is IPV6_ADDR_MC_SCOPE: the scope field of a multicast address.
func mcScope(a wire.Addr) uint8 { return uint8(a.Hi >> 48 & 0xf) }

// AddrType is ipv6_addr_type: bits 0x1 unicast, 0x2 multicast, 0x10 loopback,
// 0x20 link-local, 0x40 site-local, 0x1000 IPv4-mapped; 0 is ::. The scope
// (2 link, 0xe global) is in the upper half.
func (ip *IPv6) AddrType(a wire.Addr) uint32 { return addrType(a) }

// Well-known groups (RFC 4291 §2.7.1, RFC 3810 §5.2.14).
var (
	allNodesIf    = wire.Addr{Hi: 0xff01 << 48, Lo: 1}
	allNodes      = wire.Addr{Hi: 0xff02 << 48, Lo: 1}
	allRoutersIf  = wire.Addr{Hi: 0xff01 << 48, Lo: 2}
	allRouters    = wire.Addr{Hi: 0xff02 << 48, Lo: 2}
	allRoutersS   = wire.Addr{Hi: 0xff05 << 48, Lo: 2}
	allMLDRouters = wire.Addr{Hi: 0xff02 << 48, Lo: 0x16}
	linkLocal     = wire.Addr{Hi: 0xfe80 << 48}
	multicastAny  = wire.Addr{Hi: 0xff00 << 48}
)

// isSolicitedNode is ipv6_addr_is_solict_mult.
func isSolicitedNode(a wire.Addr) bool {
	return a.Hi == 0xff02<<48 && a.Lo>>24 == 0x1ff
}
