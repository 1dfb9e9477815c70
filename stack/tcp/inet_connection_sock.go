package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Bind is bind(2): inet_bind. A zero address is any; port 0 asks for a free one.
func (sk *Sock) Bind(addr wire.Addr, port uint16) core.Errno {
	if sk.Family != core.AFInet || sk.NS.IPv4 == nil {
		if e := sk.bind6(addr); e != 0 {
			return e
		}
		return sk.getPort(addr, port)
	}
	return ipv4.Of(sk.NS).Bind(&sk.Sock, addr.IP4(), func(typ uint8) core.Errno {
		if addr.IP4() != 0 && !sk.addrValid(typ) {
			return step.EADDRNOTAVAIL
		}
		return sk.getPort(addr, port)
	})
}

// bind6 is what __inet6_bind asks of the address.
func (sk *Sock) bind6(addr wire.Addr) core.Errno {
	ns := sk.NS
	switch {
	case addr.IsZero() || ns.IPv6 == nil:
	case addr.IsMulticast(), addr.Is4() && sk.V6Only:
		return step.EINVAL
	case addr.Is4():
		if ns.IPv4 != nil && addr.IP4() != 0 && !sk.addrValid(ns.IPv4.AddrType(ns, addr.IP4())) {
			return step.EADDRNOTAVAIL
		}
	case !sk.FreeBind && !sk.Transparent && !ipv6.Of(ns).ChkAddr(addr, ns.DevByIndex(int(sk.BoundDev))):
		return step.EADDRNOTAVAIL
	}
	return 0
}

// getPort is inet_csk_get_port: take a port, the one asked for or a free one.
func (sk *Sock) getPort(addr wire.Addr, port uint16) core.Errno {
	defer sk.NS.In(step.InetCskGetPort, &sk.Sock).Out()
	ns := sk.NS
	if sk.State != core.TCPClose || sk.bound {
		return step.EINVAL
	}
	locked := port != 0
	if sk.Family == core.AFInet {
		sk.Saddr = addr
		if addr.IsZero() {
			sk.Saddr = v4Any
		}
		sk.RcvSaddr = addr
		if addr == v4Any {
			sk.RcvSaddr = wire.Addr{}
		}
	} else {
		sk.Saddr, sk.RcvSaddr = addr, addr
		sk.V6Only = sk.V6Only || !addr.IsZero() && !addr.Is4() // __inet6_bind
	}
	h := sk.T.Hash
	if port == 0 {
		if port = sk.findPort(); port == 0 {
			return step.EADDRINUSE
		}
	} else if c := sk.bindConflict(port); c {
		ns.Why(step.WhyPortTaken, uint64(port))
		sk.RcvSaddr = wire.Addr{}
		if sk.Family == core.AFInet {
			sk.Saddr = v4Any
		} else {
			sk.Saddr = wire.Addr{}
		}
		return step.EADDRINUSE
	}
	sk.Sport, sk.bindBucket, sk.bound, sk.portLocked = port, port, true, locked
	sk.addrLocked = !sk.RcvSaddr.IsZero()
	h.Bind(&sk.Sock, port)
	return 0
}

// addrValid is inet_addr_valid_or_nonlocal: the address must be this host's.
func (sk *Sock) addrValid(t uint8) bool {
	return sk.NS.Sysctl.IPNonlocalBind != 0 || sk.FreeBind || sk.Transparent || t == ipv4.RTNLocal || t == ipv4.RTNMulticast || t == ipv4.RTNBroadcast
}

// findPort is inet_csk_find_open_port: a random free one of the range.
func (sk *Sock) findPort() uint16 {
	sy := sk.sysctl()
	n := sy.PortMax - sy.PortMin + 1
	if n <= 0 {
		return 0
	}
	off := int(sk.NS.Machine.Rand.Below(uint32(n)))
	for i := 0; i < n; i++ {
		p := uint16(sy.PortMin + (off+i)%n)
		if sk.T.Hash.Bucket(p) == nil {
			return p
		}
	}
	return 0
}

// bindConflict is inet_csk_bind_conflict: may this socket share the port? With
// SO_REUSEADDR on all of them and none listening it may.
func (sk *Sock) bindConflict(port uint16) bool {
	b := sk.T.Hash.Bucket(port)
	if b == nil {
		return false
	}
	for _, o := range b.Owners {
		if o == &sk.Sock || o.BoundDev != 0 && sk.BoundDev != 0 && o.BoundDev != sk.BoundDev {
			continue
		}
		if !inet.SaddrOverlap(&sk.Sock, o) {
			continue
		}
		if sk.Reuse && o.Reuse && o.State != core.TCPListen {
			continue
		}
		if sk.ReusePort && o.ReusePort {
			continue
		}
		return true
	}
	for _, n := range b.TW {
		w, ok := n.Owner.(*TimeWait)
		if !ok || sk.Reuse && w.Reuse {
			continue
		}
		if sk.RcvSaddr.IsZero() || n.Key.Laddr == sk.RcvSaddr {
			return true
		}
	}
	return false
}

// Listen is listen(2): inet_listen.
func (sk *Sock) Listen(backlog int) core.Errno {
	defer sk.NS.In(step.InetCskListenStart, &sk.Sock).Out()
	ns := sk.NS
	if sk.State != core.TCPClose && sk.State != core.TCPListen {
		return step.EINVAL
	}
	sk.MaxAckBacklog = int32(min(backlog, ns.Sysctl.Somaxconn))
	if backlog < 0 {
		sk.MaxAckBacklog = int32(ns.Sysctl.Somaxconn)
	}
	if sk.State == core.TCPListen {
		return 0
	}
	if f := sk.sysctl().TCPFastopen; f&tfoServerWoSockopt != 0 && f&tfoServerEnable != 0 && sk.rare().fo.q.maxQlen == 0 {
		sk.setRare().fo.q.maxQlen = int(sk.MaxAckBacklog)
		sk.T.fastopenKeyOnce()
	}
	sk.AckBacklog = 0
	sk.ack.pending = 0
	if !sk.bound {
		if e := sk.getPort(sk.RcvSaddr, 0); e != 0 {
			return e
		}
	} else if sk.listenConflict() {
		return step.EADDRINUSE
	}
	// The tracepoint comes before the port is set: it prints 0 for the other side.
	sk.setState(core.TCPListen)
	sk.T.Hash.Listen(&sk.Sock)
	sk.listening = true
	return 0
}

// listenConflict: two may bind with SO_REUSEADDR, one may listen.
func (sk *Sock) listenConflict() bool {
	for _, o := range sk.T.Hash.Listeners(sk.Sport) {
		if o != &sk.Sock && inet.SaddrOverlap(&sk.Sock, o) && !(sk.ReusePort && o.ReusePort) {
			return true
		}
	}
	return false
}

// Accept is accept(2): inet_csk_accept. Nil when no connection waits.
func (sk *Sock) Accept() *Sock {
	defer sk.NS.In(step.InetCskAccept, &sk.Sock).Out()
	if sk.State != core.TCPListen || len(sk.rare().acceptQueue) == 0 {
		return nil
	}
	c := sk.rare().acceptQueue[0]
	if r := c.fastopenRsk(); r != nil && r.tfo {
		r.child = nil // it is the program's before its handshake is complete
	}
	sk.setRare().acceptQueue = sk.rare().acceptQueue[1:]
	sk.AckBacklog--
	c.parent = nil
	return c
}

// Connect is connect(2): tcp_v4_connect (or v6). It sends the SYN and returns;
// EINPROGRESS says so. The program learns the rest by its Waker and SockError.
func (sk *Sock) Connect(daddr wire.Addr, dport uint16) core.Errno {
	ns := sk.NS
	switch sk.State {
	case core.TCPClose:
	case core.TCPSynSent, core.TCPSynRecv:
		if sk.DeferConnect() {
			return step.EISCONN
		}
		return step.EALREADY
	default:
		return step.EISCONN
	}
	sk.Lock()
	e := sk.connectCall(daddr, dport)
	sk.Release(ns)
	if e != 0 {
		return e
	}
	if sk.State == core.TCPEstablished || sk.DeferConnect() {
		return 0
	}
	return step.EINPROGRESS // or refused meanwhile: the caller looks
}

func (sk *Sock) connectCall(daddr wire.Addr, dport uint16) core.Errno {
	defer sk.NS.In(sk.stepConnect(), &sk.Sock).Out()
	ns := sk.NS
	if daddr.Is4() {
		sk.af = sk.T.v4
	} else {
		sk.af = sk.T.v6
	}
	if sk.af == nil {
		return step.EAFNOSUPPORT
	}
	saved, wild := sk.Saddr, sk.RcvSaddr
	if daddr.Is4() && daddr.IP4() == 0 {
		daddr = wire.IP4(0x7f000001).Addr() // 0.0.0.0 is this host
		if sk.Saddr.Is4() && sk.Saddr.IP4() != 0 {
			daddr = sk.Saddr
		}
	}
	if daddr.IsZero() {
		daddr = wire.Addr{Lo: 1}
	}
	before := sk.Daddr
	sk.Daddr, sk.Dport = daddr, dport
	d, e := sk.af.route(sk)
	if e != 0 {
		if e == step.ENETUNREACH {
			ns.Inc(step.IpOutNoRoutes)
		}
		sk.Daddr, sk.Dport, sk.Saddr = v4AnyFor(sk), 0, saved
		return e
	}
	if d.Flags&(core.RTCFBroadcast|core.RTCFMulticast) != 0 {
		sk.Daddr, sk.Dport, sk.Saddr = v4AnyFor(sk), 0, saved
		return step.ENETUNREACH
	}
	if sk.RcvSaddr.IsZero() {
		sk.RcvSaddr = sk.Saddr
	}
	if sk.rx.tsRecentStamp != 0 && before != daddr {
		sk.rx.tsRecent, sk.rx.tsRecentStamp, sk.writeSeq = 0, 0, 0
	}
	sk.rx.mssClamp = mssDefault
	if sk.af.etherType() == etherIPv6 {
		sk.rx.mssClamp = minMTU6 - wire.TCPMinLen - wire.IPv6Len
	}
	sk.setState(core.TCPSynSent)
	if e := sk.hashConnect(); e != 0 {
		sk.setState(core.TCPClose)
		sk.Dport, sk.Saddr, sk.RcvSaddr = 0, saved, wild
		return e
	}
	if sk.autoPort && sk.Daddr.Is4() {
		// The route again, with the port that was chosen (ip_route_newports).
		if d, e = sk.af.route(sk); e != 0 {
			sk.setState(core.TCPClose)
			return e
		}
	}
	sk.DstCache = d
	if sk.writeSeq == 0 || sk.T.ISNs != nil { // else it follows those of a connection before
		sk.writeSeq = sk.T.initSeq(sk.tuple())
	}
	sk.isn = sk.writeSeq
	sk.tsoffset = sk.T.tsOffset(sk.tuple())
	sk.setIPID()
	if sk.fastopenDeferConnect() {
		return 0
	}
	if e := sk.connect(); e != 0 {
		sk.setState(core.TCPClose)
		sk.Dport = 0
		return e
	}
	return 0
}

func v4AnyFor(sk *Sock) wire.Addr {
	if sk.Family == core.AFInet {
		return v4Any
	}
	return wire.Addr{}
}

func (sk *Sock) stepConnect() step.Step {
	if sk.af.etherType() == etherIPv6 {
		return step.TcpV6Connect
	}
	return step.TcpV4Connect
}

// hashConnect is inet_hash_connect: a port of its own, when bind gave none,
// and a place in the table of connections.
func (sk *Sock) hashConnect() core.Errno {
	defer sk.NS.In(step.InetHashConnect, &sk.Sock).Out()
	ns := sk.NS
	h := sk.T.Hash
	if sk.bound {
		sk.node.Key, sk.node.Dev = sk.tuple(), sk.BoundDev
		return sk.checkEstablished()
	}
	try := func(p uint16) bool {
		sk.Sport = p
		if b := h.Bucket(p); b != nil {
			for _, o := range b.Owners {
				// A port that bind() took is not shared.
				if s := asSock(o); s == nil || s.State == core.TCPListen || s.Sport == p && !s.autoPort {
					return false
				}
			}
		}
		sk.node.Key, sk.node.Dev = sk.tuple(), sk.BoundDev
		return sk.checkEstablished() == 0
	}
	ok := false
	if s := sk.T.Ports; s != nil {
		if p, have := s.Port(sk.Saddr, sk.Daddr, sk.Dport); have {
			ok = try(p)
		}
	}
	if !ok {
		// Even offsets first: bind() prefers the odd ones.
		sy := sk.sysctl()
		n := (sy.PortMax - sy.PortMin + 1) &^ 1
		off := 0
		if n > 0 {
			off = int(ns.Machine.Rand.Below(uint32(n))) &^ 1
		}
		for half := 0; half < 2 && !ok; half++ {
			for i := 0; i < n && !ok; i += 2 {
				ok = try(uint16(sy.PortMin + (off+i+half)%n))
			}
		}
	}
	if !ok {
		sk.Sport = 0
		return step.EADDRNOTAVAIL
	}
	sk.bindBucket, sk.bound, sk.autoPort = sk.Sport, true, true
	h.Bind(&sk.Sock, sk.Sport)
	ns.Why(step.WhyPortChosen, uint64(sk.Sport))
	return 0
}

// checkEstablished is __inet_check_established: the four numbers must be
// unique; a TIME_WAIT of the same may be taken over (tcp_twsk_unique).
func (sk *Sock) checkEstablished() core.Errno {
	h := sk.T.Hash
	if w, ok := h.Lookup(&sk.node.Key, int(sk.BoundDev)).(*TimeWait); ok {
		if !sk.twskUnique(w) {
			return step.EADDRNOTAVAIL
		}
		w.kill()
		sk.NS.Inc(step.TcpExtTWRecycled)
	}
	if !h.Insert(&sk.node) {
		return step.EADDRNOTAVAIL
	}
	return 0
}
