package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

type rt6 struct{}
type exception struct{}
type Inet6Dev struct{}
type dadTask struct{}
type lifeTask struct{}

// IPv6 is struct netns_ipv6: what IPv6 keeps of one namespace.
type IPv6 struct {
	ns      *core.Netns
	Raw     Raw
	Ping    Ping
	Labeler Labeler
}

// New sets IPv6 up in a namespace (inet6_init, inet6_net_init): it sets ns.IPv6 and ns.Neigh6 and registers ipv6_rcv, ICMPv6 and
// the extension headers.
func New(ns *core.Netns) *IPv6 { panic("stub") }

// Of is the IPv6 of a namespace, nil if it has none.
func Of(ns *core.Netns) *IPv6 { p, _ := ns.IPv6.(*IPv6); return p }

// RouteOutput is ip6_dst_lookup_flow: it finds the route and fills fl.Saddr.
func (ip *IPv6) RouteOutput(fl *Flow6) (*core.Dst, core.Errno) { panic("stub") }

// RouteInput is ip6_route_input: it sets b.Dst, always.
func (ip *IPv6) RouteInput(b *core.SKB) { panic("stub") }

// Xmit is ip6_xmit: b has its transport header at the data pointer; b.Dst is set.
func (ip *IPv6) Xmit(sk *core.Sock, b *core.SKB, fl *Flow6, tclass uint8) core.Errno { panic("stub") }

// CskXmit is inet6_csk_xmit: routes with the socket's cached route, then ip6_xmit (AFOps.QueueXmit of TCP over IPv6).
func (ip *IPv6) CskXmit(sk *core.Sock, b *core.SKB) core.Errno { panic("stub") }

// MakeSKB is ip6_make_skb: a datagram from payload, room for transhdrlen bytes of transport header first;
// pieces beyond the mtu on FragList.
func (ip *IPv6) MakeSKB(sk *core.Sock, fl *Flow6, dst *core.Dst, ck *Cookie, transhdrlen int, payload []byte) (*core.SKB, core.Errno) {
	panic("stub")
}

// SendSKB is ip6_send_skb.
func (ip *IPv6) SendSKB(b *core.SKB) core.Errno { panic("stub") }

// LocalOut is ip6_local_out.
func (ip *IPv6) LocalOut(sk *core.Sock, b *core.SKB) core.Errno { panic("stub") }

// SendUnicastReply is what tcp_v6_send_response does below TCP: a segment without a socket (RST, ACK of TIME_WAIT, SYN cookies).
// transport is the whole segment, its checksum is filled in here when csumOff >= 0.
func (ip *IPv6) SendUnicastReply(in *core.SKB, saddr, daddr wire.Addr, transport []byte, proto, tclass uint8, label, mark uint32, oif int) {
	panic("stub")
}

// AddrType is ipv6_addr_type with the scope: Addr* bits of include/net/ipv6.h.
func (ip *IPv6) AddrType(a wire.Addr) uint32 { panic("stub") }

// ChkAddr is ipv6_chk_addr: a is an address of this host (of dev, if that is not nil), and not tentative.
func (ip *IPv6) ChkAddr(a wire.Addr, dev *core.Device) bool { panic("stub") }

// ChkMcastAddr is ipv6_chk_mcast_addr: the device has joined the group.
func (ip *IPv6) ChkMcastAddr(dev *core.Device, group, src wire.Addr) bool { panic("stub") }

// GetSaddr is ipv6_dev_get_saddr: the source address of RFC 6724; false if there is none.
func (ip *IPv6) GetSaddr(dev *core.Device, daddr wire.Addr) (wire.Addr, bool) { panic("stub") }

// UpdatePMTU is ip6_update_pmtu: a packet too big was told about the flow.
func (ip *IPv6) UpdatePMTU(fl *Flow6, mtu int) { panic("stub") }

// Redirect is rt6_do_redirect. 
func (ip *IPv6) Redirect(b *core.SKB, fl *Flow6) { panic("stub") }

// ICMPSend is icmpv6_send: core.IPv6Ops.
func (ip *IPv6) ICMPSend(ns *core.Netns, b *core.SKB, typ, code uint8, info uint32) { panic("stub") }

// LinkFailure is ip6_link_failure.
func (ip *IPv6) LinkFailure(ns *core.Netns, b *core.SKB) { panic("stub") }

// AddAddr is inet6_addr_add.
func (ip *IPv6) AddAddr(dev *core.Device, a wire.Addr, plen int, o AddrOpts) core.Errno { panic("stub") }

// DelAddr is inet6_addr_del.
func (ip *IPv6) DelAddr(dev *core.Device, a wire.Addr, plen int) core.Errno { panic("stub") }

// Addrs are a device's addresses, in the order in which the kernel keeps them.
func (ip *IPv6) Addrs(dev *core.Device) []*Addr6 { panic("stub") }

// DevUp, DevDown and CarrierChange are addrconf_notify's NETDEV_UP, NETDEV_DOWN and NETDEV_CHANGE.
func (ip *IPv6) DevUp(dev *core.Device) { panic("stub") }

// DevDown is NETDEV_DOWN.
func (ip *IPv6) DevDown(dev *core.Device) { panic("stub") }

// CarrierChange is NETDEV_CHANGE.
func (ip *IPv6) CarrierChange(dev *core.Device) { panic("stub") }

// Conf is net.ipv6.conf.DEV.
func (ip *IPv6) Conf(dev *core.Device) *core.Dev6Conf { panic("stub") }

// AddRoute is ip6_route_add: EEXIST if there is the same one.
func (ip *IPv6) AddRoute(r Route6) core.Errno { panic("stub") }

// DelRoute is ip6_route_del: ESRCH if there is none.
func (ip *IPv6) DelRoute(r Route6) core.Errno { panic("stub") }

// Routes lists a table, longest prefix order of ip -6 route.
func (ip *IPv6) Routes(table uint32) []*Route6 { panic("stub") }

// JoinGroup is ipv6_sock_mc_join (sk may be nil: the host itself).
func (ip *IPv6) JoinGroup(dev *core.Device, group wire.Addr, sk *core.Sock) core.Errno { panic("stub") }

// LeaveGroup is ipv6_sock_mc_drop.
func (ip *IPv6) LeaveGroup(dev *core.Device, group wire.Addr, sk *core.Sock) core.Errno { panic("stub") }

// MSS is dst_metric_advmss of IPv6: ip6_default_advmss.
func (ip *IPv6) DefaultAdvMSS(dst *core.Dst) int { panic("stub") }

// MTU is ip6_mtu (dst_mtu).
func (ip *IPv6) MTU(dst *core.Dst) int { panic("stub") }

// DstCheck is ip6_dst_check: is the cached route still right?
func (ip *IPv6) DstCheck(dst *core.Dst) bool { panic("stub") }

// Hoplimit is ip6_dst_hoplimit.
func (ip *IPv6) Hoplimit(dst *core.Dst) int { panic("stub") }
