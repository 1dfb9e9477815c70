package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A group is struct sock_reuseport: sockets that share an address and port.
type group struct {
	socks    []*Sock
	hasConns bool // one of them is connected
}

// getPort is udp_lib_get_port: take port num, or a free one if it is 0.
func (sk *Sock) getPort(num uint16) core.Errno {
	defer sk.NS.In(step.UdpLibGetPort, sk).Out()
	ns := sk.NS
	if num == 0 {
		if num = sk.freePort(); num == 0 {
			ns.Why(step.WhyUDPNoPort, uint64(ns.Sysctl.PortMin), uint64(ns.Sysctl.PortMax))
			return step.EADDRINUSE
		}
		ns.Why(step.WhyUDPPort, uint64(num), uint64(ns.Sysctl.PortMin), uint64(ns.Sysctl.PortMax))
	} else if other := sk.portInUse(num); other != nil {
		ns.Why(step.WhyUDPPortInUse, uint64(other.ID), uint64(num))
		return step.EADDRINUSE
	}
	sk.hash(num)
	return 0
}

// freePort looks for a port from a random one on. The kernel goes through the
// range in an order that spares locks; every port is as likely in both.
func (sk *Sock) freePort() uint16 {
	ns := sk.NS
	low, high := max(1, ns.Sysctl.PortMin), min(65535, ns.Sysctl.PortMax)
	if u := sk.u; u.Ports != nil {
		if p := u.Ports.ChoosePort(ns, &sk.Sock); p != 0 && sk.portInUse(p) == nil {
			return p
		}
	}
	n := high - low + 1
	if n <= 0 {
		return 0
	}
	first := int(ns.Machine.Rand.Below(uint32(n)))
	for i := range n {
		p := uint16(low + (first+i)%n)
		other := sk.portInUse(p)
		if other == nil {
			return p
		}
		ns.Tried(step.TryUDPPort, uint64(p), uint64(other.ID))
	}
	return 0
}

// portInUse is udp_lib_lport_inuse: the socket that keeps sk from having the
// port, or nil.
func (sk *Sock) portInUse(num uint16) *Sock {
	for _, o := range sk.u.hash[portSlot(num)] {
		if o != sk && o.Num == num && (!o.Reuse || !sk.Reuse) &&
			(o.BoundDev == 0 || sk.BoundDev == 0 || o.BoundDev == sk.BoundDev) &&
			rcvSaddrEqual(sk, o, true) && !(o.ReusePort && sk.ReusePort) {
			return o
		}
	}
	return nil
}

// rcvSaddrEqual is inet_rcv_saddr_equal: may both get the same datagram?
// wildcard lets "any address" equal every address.
func rcvSaddrEqual(a, b *Sock, wildcard bool) bool {
	only := func(x, y *Sock) bool { // x takes IPv6 only, and y IPv4
		return x.Family == core.AFInet6 && x.V6Only && (y.Family == core.AFInet || y.RcvSaddr.Is4())
	}
	if only(a, b) || only(b, a) {
		return false
	}
	if a.RcvSaddr == b.RcvSaddr {
		return true
	}
	any := func(x, y *Sock) bool { // x is bound to any address, and y's is one of them
		return x.RcvSaddr.IsZero() && (x.Family == core.AFInet6 || y.Family == core.AFInet || y.RcvSaddr.Is4())
	}
	return wildcard && (any(a, b) || any(b, a))
}

// hash enters the socket into the tables (sk_add_node_rcu), newest first.
func (sk *Sock) hash(num uint16) {
	u := sk.u
	sk.Num = num
	if sk.ReusePort {
		sk.joinGroup()
	}
	s := portSlot(num)
	u.hash[s] = prepend(u.hash[s], sk)
	sk.hash2()
}

func (sk *Sock) hash2() {
	u := sk.u
	sk.addrHash = addrHash(sk.RcvSaddr, sk.Num)
	s := sk.addrHash & (slots - 1)
	if sk.ReusePort && sk.Family == core.AFInet6 {
		u.hash2[s] = append(u.hash2[s], sk)
		return
	}
	u.hash2[s] = prepend(u.hash2[s], sk)
}

// rehash is udp_lib_rehash: connect() or disconnect() changed the address.
func (sk *Sock) rehash() {
	if sk.Num == 0 {
		return
	}
	s := &sk.u.hash2[sk.addrHash&(slots-1)]
	*s = remove(*s, sk)
	sk.leaveGroup()
	sk.hash2()
}

// unhash is udp_lib_unhash.
func (sk *Sock) unhash() {
	defer sk.NS.In(step.UdpLibUnhash, sk).Out()
	if sk.Num == 0 {
		return
	}
	s, s2 := &sk.u.hash[portSlot(sk.Num)], &sk.u.hash2[sk.addrHash&(slots-1)]
	*s, *s2 = remove(*s, sk), remove(*s2, sk)
	sk.leaveGroup()
	sk.Num = 0
}

// joinGroup is udp_reuseport_add_sock.
func (sk *Sock) joinGroup() {
	for _, o := range sk.u.hash[portSlot(sk.Num)] {
		if o != sk && o.Num == sk.Num && o.Family == sk.Family && o.V6Only == sk.V6Only && o.BoundDev == sk.BoundDev &&
			o.ReusePort && o.group != nil && rcvSaddrEqual(sk, o, false) {
			sk.group = o.group
			sk.group.socks = append(sk.group.socks, sk)
			return
		}
	}
	sk.group = &group{socks: []*Sock{sk}}
}

// leaveGroup is reuseport_detach_sock: the last one takes its place.
func (sk *Sock) leaveGroup() {
	g := sk.group
	if g == nil {
		return
	}
	sk.group = nil
	for i, o := range g.socks {
		if o == sk {
			last := len(g.socks) - 1
			g.socks[i] = g.socks[last]
			g.socks = g.socks[:last]
			return
		}
	}
}

func prepend(l []*Sock, sk *Sock) []*Sock {
	l = append(l, nil)
	copy(l[1:], l)
	l[0] = sk
	return l
}

func remove(l []*Sock, sk *Sock) []*Sock {
	for i, o := range l {
		if o == sk {
			copy(l[i:], l[i+1:])
			l[len(l)-1] = nil
			return l[:len(l)-1]
		}
	}
	return l
}

// Autobind is inet_autobind: a socket that sends or connects needs a port.
func (sk *Sock) Autobind() core.Errno {
	if sk.Num != 0 {
		return 0
	}
	return sk.autobind()
}

func (sk *Sock) autobind() core.Errno {
	defer sk.NS.In(step.InetAutobind, sk).Out()
	if e := sk.getPort(0); e != 0 {
		return step.EAGAIN
	}
	sk.Sport = sk.Num
	return 0
}

// zero is "no address".
var zero wire.Addr
