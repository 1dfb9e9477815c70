package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Bind is inet_bind (inet6_bind): take an address of this host, or zero for
// any, and a port, or 0 for a free one.
func (sk *Sock) Bind(addr wire.Addr, port uint16) core.Errno {
	if sk.Family == core.AFInet6 {
		return sk.bind6(addr, port)
	}
	return sk.bind4(addr, port)
}

// bind4 is __inet_bind.
func (sk *Sock) bind4(addr wire.Addr, port uint16) core.Errno {
	a := addr.IP4()
	return sk.u.ip4().Bind(&sk.Sock, a, func(typ uint8) core.Errno {
		if a != 0 && !sk.addrValid(typ) {
			m := a.Addr()
			sk.NS.Why(step.WhyUDPAddr, m.Hi, m.Lo)
			return step.EADDRNOTAVAIL
		}
		bound := zero
		if a != 0 {
			bound = a.Addr()
		}
		return sk.bind(bound, port, typ == ipv4.RTNMulticast || typ == ipv4.RTNBroadcast)
	})
}

// addrValid is inet_addr_valid_or_nonlocal.
func (sk *Sock) addrValid(typ uint8) bool {
	return sk.NS.Sysctl.IPNonlocalBind != 0 || sk.FreeBind || sk.Transparent ||
		typ == ipv4.RTNLocal || typ == ipv4.RTNMulticast || typ == ipv4.RTNBroadcast
}

// bind is what __inet_bind and __inet6_bind have in common. A group or
// broadcast address is for receiving only: sending takes the device's.
func (sk *Sock) bind(addr wire.Addr, port uint16, group bool) core.Errno {
	if sk.State != core.TCPClose || sk.Num != 0 {
		return step.EINVAL
	}
	sk.RcvSaddr, sk.Saddr = addr, addr
	if group {
		sk.Saddr = zero
	}
	if e := sk.getPort(port); e != 0 {
		sk.RcvSaddr, sk.Saddr = zero, zero
		return e
	}
	sk.AddrLocked, sk.PortLocked = addr != zero, port != 0
	sk.Sport = sk.Num
	sk.Daddr, sk.Dport, sk.DstCache = zero, 0, nil
	return 0
}

// Connect is udp_connect (udpv6_connect): from now on the socket sends to, and
// hears, only this address and port. Nothing is sent. Port 0 is allowed.
func (sk *Sock) Connect(addr wire.Addr, port uint16) core.Errno {
	if e := sk.Autobind(); e != 0 {
		return e
	}
	if sk.Family != core.AFInet6 {
		return sk.connect4(addr, port)
	}
	return sk.connect6(addr, port)
}

// connect4 is udp_connect.
func (sk *Sock) connect4(addr wire.Addr, port uint16) core.Errno {
	defer sk.NS.In(step.UdpConnect, sk).Out()
	return sk.ip4Connect(addr.IP4(), port)
}

// ip4Connect is __ip4_datagram_connect. Without a source address the route is
// looked up twice (ip_route_connect): first to find the source.
func (sk *Sock) ip4Connect(daddr wire.IP4, dport uint16) core.Errno {
	defer sk.NS.In(step.Ip4DatagramConnect, sk).Out()
	ns := sk.NS
	sk.DstCache = nil
	fl := sk.flow4(daddr, dport)
	dst, e := sk.u.routeConnect(&fl)
	if e != 0 {
		if e == step.ENETUNREACH {
			ns.Inc(step.IpOutNoRoutes)
		}
		ns.Why(step.WhyUDPSendErr, uint64(e))
		return e
	}
	if dst.Flags&core.RTCFBroadcast != 0 && !sk.Broadcast {
		a := daddr.Addr()
		ns.Why(step.WhyUDPBroadcast, a.Hi, a.Lo, uint64(step.EACCES))
		return step.EACCES
	}
	sk.connected(fl.Saddr.Addr(), fl.Daddr.Addr(), dport, dst)
	return 0
}

// routeConnect is ip_route_connect.
func (u *UDP) routeConnect(fl *ipv4.Flow4) (*core.Dst, core.Errno) {
	if oif := fl.OIF; fl.Saddr == 0 || fl.Daddr == 0 {
		if _, e := u.ip4().RouteOutput(fl); e != 0 {
			return nil, e
		}
		fl.OIF = oif // flowi4_update_output
	}
	return u.ip4().RouteOutput(fl)
}

// connected is the end of both families' datagram_connect.
func (sk *Sock) connected(saddr, daddr wire.Addr, dport uint16, dst *core.Dst) {
	if sk.Saddr == zero {
		sk.Saddr = saddr
	}
	moved := sk.RcvSaddr == zero
	if moved {
		sk.RcvSaddr = saddr
	}
	sk.Daddr, sk.Dport = daddr, dport
	if moved {
		sk.rehash()
	}
	if sk.group != nil {
		sk.group.hasConns = true
	}
	sk.State = core.TCPEstablished
	sk.IPID = uint16(sk.NS.Machine.Rand.Uint32())
	sk.DstCache = dst
	sk.NS.Why(step.WhyUDPConnect, saddr.Hi, saddr.Lo, uint64(sk.Sport), daddr.Hi, daddr.Lo, uint64(dport))
}

// Disconnect is __udp_disconnect: connect() to AF_UNSPEC.
func (sk *Sock) Disconnect() core.Errno {
	defer sk.NS.In(step.UdpDisconnect, sk).Out()
	sk.State = core.TCPClose
	sk.Daddr, sk.Dport, sk.BoundDev = zero, 0, 0
	if !sk.AddrLocked {
		sk.Saddr, sk.RcvSaddr = zero, zero
		if sk.PortLocked {
			sk.rehash()
		}
	}
	if !sk.PortLocked {
		sk.unhash()
		sk.Sport = 0
	}
	sk.DstCache = nil
	return 0
}

// JoinGroup is ip_mc_join_group (ipv6_sock_mc_join): hear what is sent to a
// group on a device.
func (sk *Sock) JoinGroup(dev *core.Device, group wire.Addr) core.Errno {
	for _, m := range sk.Rare().Groups {
		if m.Group == group && m.Dev == dev.Index {
			return step.EADDRINUSE
		}
	}
	var e core.Errno
	if group.Is4() {
		e = sk.u.ip4().JoinGroup(dev, group.IP4(), &sk.Sock)
	} else {
		e = sk.u.ip6().JoinGroup(dev, group, &sk.Sock)
	}
	if e == 0 {
		sk.SetRare().Groups = append(sk.Rare().Groups, core.Membership{Group: group, Dev: dev.Index})
	}
	return e
}

// LeaveGroup is ip_mc_leave_group (ipv6_sock_mc_drop).
func (sk *Sock) LeaveGroup(dev *core.Device, group wire.Addr) core.Errno {
	for i, m := range sk.Rare().Groups {
		if m.Group != group || m.Dev != dev.Index {
			continue
		}
		sk.SetRare().Groups = append(sk.Rare().Groups[:i:i], sk.Rare().Groups[i+1:]...)
		if group.Is4() {
			return sk.u.ip4().LeaveGroup(dev, group.IP4(), &sk.Sock)
		}
		return sk.u.ip6().LeaveGroup(dev, group, &sk.Sock)
	}
	return step.EADDRNOTAVAIL
}

// leaveGroups is ip_mc_drop_socket.
func (sk *Sock) leaveGroups() {
	for len(sk.Rare().Groups) > 0 {
		m := sk.Rare().Groups[len(sk.Rare().Groups)-1]
		if d := sk.NS.DevByIndex(m.Dev); d != nil {
			sk.LeaveGroup(d, m.Group)
			continue
		}
		sk.SetRare().Groups = sk.Rare().Groups[:len(sk.Rare().Groups)-1]
	}
}
