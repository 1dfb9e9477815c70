package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Being written.

// IPv4 is net->ipv4.
type IPv4 struct{ ns *core.Netns }

func New(ns *core.Netns) *IPv4 { panic("stub") }
func Of(ns *core.Netns) *IPv4  { return ns.IPv4.(*IPv4) }

func (ip *IPv4) SetRaw(r RawDeliver)   { panic("stub") }
func (ip *IPv4) SetPing(p PingSockets) { panic("stub") }

func (ip *IPv4) RouteOutput(fl *Flow4) (*core.Dst, core.Errno) { panic("stub") }

// DstCheck is dst_check: whether a kept route may still be used.
func (ip *IPv4) DstCheck(d *core.Dst) bool { panic("stub") }

// MTU is dst_mtu (ipv4_mtu): bytes of the largest packet on this route.
func (ip *IPv4) MTU(d *core.Dst) int { panic("stub") }

// AdvMSS is dst_metric_advmss (ipv4_default_advmss).
func (ip *IPv4) AdvMSS(d *core.Dst) int { panic("stub") }
func (ip *IPv4) RouteInput(b *core.SKB, daddr, saddr wire.IP4, tos uint8, dev *core.Device) core.DropReason {
	panic("stub")
}
func (ip *IPv4) QueueXmit(sk *core.Sock, b *core.SKB, tos uint8) core.Errno { panic("stub") }
func (ip *IPv4) BuildAndSend(sk *core.Sock, b *core.SKB, dst *core.Dst, saddr, daddr wire.IP4, tos, ttl uint8) core.Errno {
	panic("stub")
}
func (ip *IPv4) SendUnicastReply(in *core.SKB, saddr, daddr wire.IP4, transport []byte, proto, tos uint8, mark uint32, oif int) {
	panic("stub")
}
func (ip *IPv4) MakeSKB(sk *core.Sock, fl *Flow4, dst *core.Dst, ck *Cookie, transhdrlen int, payload []byte) (*core.SKB, core.Errno) {
	panic("stub")
}
func (ip *IPv4) SendSKB(b *core.SKB) core.Errno                 { panic("stub") }
func (ip *IPv4) LocalOut(sk *core.Sock, b *core.SKB) core.Errno { panic("stub") }
func (ip *IPv4) AddrType(ns *core.Netns, a wire.IP4) uint8      { panic("stub") }
func (ip *IPv4) SelectAddr(dev *core.Device, dst wire.IP4, scope uint8) wire.IP4 {
	panic("stub")
}
func (ip *IPv4) UpdatePMTU(fl *Flow4, mtu int) { panic("stub") }

// Redirect is ipv4_redirect: b is an ICMP redirect, data pointer at the quoted IP header.
func (ip *IPv4) Redirect(b *core.SKB, oif int, proto uint8) { panic("stub") }
func (ip *IPv4) ICMPSend(ns *core.Netns, b *core.SKB, typ, code uint8, info uint32) {
	panic("stub")
}
func (ip *IPv4) LinkFailure(ns *core.Netns, b *core.SKB) { panic("stub") }

func (ip *IPv4) AddAddr(dev *core.Device, addr wire.IP4, plen int, o AddrOpts) core.Errno {
	panic("stub")
}
func (ip *IPv4) DelAddr(dev *core.Device, addr wire.IP4, plen int) core.Errno { panic("stub") }
func (ip *IPv4) Addrs(dev *core.Device) []Addr                                { panic("stub") }
func (ip *IPv4) DevUp(dev *core.Device)                                       { panic("stub") }
func (ip *IPv4) DevDown(dev *core.Device)                                     { panic("stub") }
func (ip *IPv4) CarrierChange(dev *core.Device)                               { panic("stub") }
func (ip *IPv4) AddRoute(r Route) core.Errno                                  { panic("stub") }
func (ip *IPv4) DelRoute(r Route) core.Errno                                  { panic("stub") }
func (ip *IPv4) Routes(table uint32) []Route                                  { panic("stub") }
func (ip *IPv4) AddRule(r Rule) core.Errno                                    { panic("stub") }
func (ip *IPv4) DelRule(r Rule) core.Errno                                    { panic("stub") }
func (ip *IPv4) Rules() []Rule                                                { panic("stub") }
func (ip *IPv4) JoinGroup(dev *core.Device, group wire.IP4, sk *core.Sock) core.Errno {
	panic("stub")
}
func (ip *IPv4) LeaveGroup(dev *core.Device, group wire.IP4, sk *core.Sock) core.Errno {
	panic("stub")
}

// RouteMeHarder is ip_route_me_harder: a hook changed what the route depends on.
func (ip *IPv4) RouteMeHarder(sk *core.Sock, b *core.SKB, addrType uint8) core.Errno {
	panic("stub")
}

// Defrag is ip_defrag: 0 and a whole packet in b, or the packet is taken. user: Defrag*.
func (ip *IPv4) Defrag(b *core.SKB, user uint32) bool { panic("stub") }

// MemberOf is ip_check_mc: is the group joined on the device?
func (ip *IPv4) MemberOf(dev *core.Device, group, src wire.IP4, proto uint8) bool { panic("stub") }
