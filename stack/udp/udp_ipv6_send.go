package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// sendmsg6 is udpv6_sendmsg.
func (sk *Sock) sendmsg6(m *core.Msghdr) (int, core.Errno) {
	defer sk.NS.In(step.Udpv6Sendmsg, sk).Out()
	return sk.prepare(m)
}

// transmit6 is the rest of udpv6_sendmsg.
func (sk *Sock) transmit6(data []byte, daddr wire.Addr, dport uint16, connected bool, flags int, ipc *inet.Cookie, u *core.Ubuf) (int, core.Errno) {
	ns, ip := sk.NS, sk.u.ip6()
	fl := sk.flow6(daddr, dport)
	fl.Mark = ipc.Mark
	if ipc.OIF != 0 {
		fl.OIF = ipc.OIF
	}
	if ipc.Saddr != zero && !ipc.Saddr.Is4() {
		fl.Saddr = ipc.Saddr
	}
	dst, e := sk.route6(&fl, connected && !daddr.IsMulticast())
	if e != 0 {
		return sk.fail(e)
	}
	if flags&core.MsgConfirm != 0 && dst.Neigh != nil {
		dst.Neigh.Confirm()
	}
	gso := sk.GSOSize
	if ipc.GSOSize >= 0 {
		gso = ipc.GSOSize
	}
	ck := ipv6.Cookie{HopLimit: sk.v6.HopLimit, TClass: sk.v6.TClass, DontFrag: sk.v6.DontFrag || ipc.DontFrag, GSOSize: gso}
	if ipc.TTL >= 0 {
		ck.HopLimit = ipc.TTL
	}
	if ipc.TOS >= 0 {
		ck.TClass = ipc.TOS
	}
	var b *core.SKB
	if e = sk.AllocSend(ns, step.Ip6OutDiscards); e == 0 {
		b, e = ip.MakeSKB(&sk.Sock, &fl, dst, &ck, wire.UDPLen, data)
	}
	if e == 0 {
		sk.mark(b, ipc, u, dst)
		e = sk.sendSKB6(b, &fl, ip.MTU(dst), gso)
	}
	if e != 0 {
		if e == step.ENOBUFS || e == step.EAGAIN {
			sk.NoSpace = e == step.EAGAIN
			ns.Inc(step.Udp6SndbufErrors)
		}
		return sk.fail(e)
	}
	return len(data), 0
}

func (sk *Sock) flow6(daddr wire.Addr, dport uint16) ipv6.Flow6 {
	fl := ipv6.Flow6{Daddr: daddr, OIF: int(sk.BoundDev), Mark: sk.Mark, FlowLabel: sk.FlowLabel, Proto: protoUDP, Sport: sk.Sport, Dport: dport}
	if !sk.Saddr.Is4() {
		fl.Saddr = sk.Saddr
	}
	if daddr.IsMulticast() && fl.OIF == 0 {
		fl.OIF = sk.Rare().McIndex
	}
	return fl
}

// route6 is ip6_sk_dst_lookup_flow: the cached route, or a lookup.
func (sk *Sock) route6(fl *ipv6.Flow6, connected bool) (*core.Dst, core.Errno) {
	ip := sk.u.ip6()
	if connected && sk.DstCache != nil {
		if ip.DstCheck(sk.DstCache) {
			sk.NS.Why(step.WhyUDPRouteKept)
			return sk.DstCache, 0
		}
		sk.DstCache = nil
	}
	dst, e := ip.RouteOutput(fl)
	if e == 0 && connected {
		sk.DstCache = dst
	}
	return dst, e
}

// sendSKB6 is udp_v6_send_skb.
func (sk *Sock) sendSKB6(b *core.SKB, fl *ipv6.Flow6, mtu, gso int) core.Errno {
	defer sk.NS.In(step.UdpV6SendSkb, b).Out()
	ns := sk.NS
	if !b.Captured {
		n := transportLen(b)
		uh := wire.UDP(b.L4())
		uh.SetSrcPort(sk.Sport)
		uh.SetDstPort(fl.Dport)
		uh.SetLen(n)
		uh.SetChecksum(0)
		if e := sk.setGSO(b, n-wire.UDPLen, mtu, b.Transport-b.Network, gso, false); e != 0 {
			ns.Drop(b, step.DropNotSpecified, step.UdpV6SendSkb)
			return e
		}
		sk.checksum(b, n, wire.PseudoHeader6(fl.Saddr, fl.Daddr, wire.ProtoUDP, n), false)
	} else {
		ns.Why(step.WhyUDPFollow)
	}
	e := sk.u.ip6().SendSKB(b)
	return sk.sent(e, step.Udp6OutDatagrams, step.Udp6SndbufErrors)
}

// bind6 is __inet6_bind.
func (sk *Sock) bind6(addr wire.Addr, port uint16) core.Errno {
	defer sk.NS.In(step.Inet6BindStep, sk).Out()
	group := addr.IsMulticast()
	switch {
	case addr.Is4():
		if sk.V6Only {
			return step.EINVAL
		}
		if !sk.addrValid(sk.u.ip4().AddrType(sk.NS, addr.IP4())) {
			sk.NS.Why(step.WhyUDPAddr, addr.Hi, addr.Lo)
			return step.EADDRNOTAVAIL
		}
	case addr != zero && !group && !sk.FreeBind && !sk.u.ip6().ChkAddr(addr, sk.NS.DevByIndex(int(sk.BoundDev))):
		sk.NS.Why(step.WhyUDPAddr, addr.Hi, addr.Lo)
		return step.EADDRNOTAVAIL
	}
	e := sk.bind(addr, port, group)
	if e == 0 && addr != zero && !addr.Is4() {
		sk.V6Only = true
	}
	return e
}

// connect6 is udpv6_connect.
func (sk *Sock) connect6(addr wire.Addr, port uint16) core.Errno {
	defer sk.NS.In(step.Udpv6Connect, sk).Out()
	return sk.ip6Connect(addr, port)
}

// ip6Connect is __ip6_datagram_connect.
func (sk *Sock) ip6Connect(daddr wire.Addr, dport uint16) core.Errno {
	defer sk.NS.In(step.Ip6DatagramConnect, sk).Out()
	if daddr.Is4() {
		return sk.ip4Connect(daddr.IP4(), dport)
	}
	ns := sk.NS
	if daddr == zero {
		daddr = wire.Addr{Lo: 1}
	}
	sk.DstCache = nil
	fl := sk.flow6(daddr, dport)
	dst, e := sk.u.ip6().RouteOutput(&fl)
	if e != 0 {
		ns.Why(step.WhyUDPSendErr, uint64(e))
		return e
	}
	sk.connected(fl.Saddr, daddr, dport, dst)
	return 0
}

// SetHopLimit is IPV6_UNICAST_HOPS, SetTClass is IPV6_TCLASS; -1 is the default.
func (sk *Sock) SetHopLimit(n int) { sk.v6.HopLimit = n }

// SetTClass is IPV6_TCLASS.
func (sk *Sock) SetTClass(n int) { sk.v6.TClass = n }

// SetDontFrag is IPV6_DONTFRAG.
func (sk *Sock) SetDontFrag(on bool) { sk.v6.DontFrag = on }

// HopLimit, TClass and DontFrag are what was set; -1 is the default.
func (sk *Sock) HopLimit() int { return sk.v6.HopLimit }

// TClass is IPV6_TCLASS.
func (sk *Sock) TClass() int { return sk.v6.TClass }

// DontFrag is IPV6_DONTFRAG.
func (sk *Sock) DontFrag() bool { return sk.v6.DontFrag }
