package raw

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

const maxLen = 65535 // of a packet

// Raw is the raw, ping and packet sockets of one namespace (raw_v4_hashinfo,
// raw_v6_hashinfo, ping_table).
type Raw struct {
	Reader core.Waker // who reads the sockets that a followed capture shows; nil: nobody
	ns     *core.Netns
	socks  []*Sock // newest first
	pings  []*Ping // newest first
	rover  uint16  // ping_port_rover; the kernel has one for all namespaces, which has counted before
	v4     raw4
	v6     raw6
	p4     ping4
	p6     ping6
}

// raw4 and raw6 are what IPv4 and IPv6 call; ping4 and ping6 likewise.
type (
	raw4  struct{ r *Raw }
	raw6  struct{ r *Raw }
	ping4 struct{ r *Raw }
	ping6 struct{ r *Raw }
)

// New registers raw and ping sockets with the IPv4 and IPv6 of a namespace,
// which are there already.
func New(ns *core.Netns) *Raw {
	r := &Raw{ns: ns, rover: 0xff}
	r.v4.r, r.v6.r, r.p4.r, r.p6.r = r, r, r, r
	ns.Raw = r
	if ip, ok := ns.IPv4.(*ipv4.IPv4); ok {
		ip.SetRaw(&r.v4)
		ip.SetPing(&r.p4)
	}
	if ip := ipv6.Of(ns); ip != nil {
		ip.SetRaw(&r.v6)
		ip.SetPing(&r.p6)
	}
	return r
}

// Of is the Raw of a namespace, nil if it has none.
func Of(ns *core.Netns) *Raw {
	r, _ := ns.Raw.(*Raw)
	return r
}

// A Sock is struct raw_sock.
type Sock struct {
	core.Sock
	r       *Raw
	Filter  uint32 // ICMP_FILTER: a bit for each ICMP type that is not wanted
	Filter6 [8]uint32
	hashed  bool
	V6      inet6
}

// inet6 is what struct ipv6_pinfo adds.
type inet6 struct{ HopLimit, TClass int } // -1: the default

// NewSock is socket(family, SOCK_RAW, proto): it hears from now on. proto 255
// (IPPROTO_RAW) is for sending with one's own IP header.
func NewSock(ns *core.Netns, family uint16, proto uint8) *Sock {
	sk := &Sock{r: Of(ns), V6: inet6{-1, -1}}
	ns.InitSock(&sk.Sock, sk, family, core.SockRaw, proto)
	if proto == 255 {
		sk.HdrIncl = true
	}
	sk.Sport = uint16(proto) // inet_num
	sk.r.socks = append([]*Sock{sk}, sk.r.socks...)
	sk.hashed = true
	return sk
}

// Base, BacklogRcv, ReleaseCB, WriteSpace and ObserveOwn: see core.Proto.

// Base is the embedded struct sock.
func (sk *Sock) Base() *core.Sock { return &sk.Sock }

// BacklogRcv is never called: a raw socket queues while a program holds it.
func (sk *Sock) BacklogRcv(ns *core.Netns, b *core.SKB) { panic("raw: no backlog") }

// ReleaseCB has nothing to do.
func (sk *Sock) ReleaseCB(ns *core.Netns) {}

// WriteSpace is sock_def_write_space.
func (sk *Sock) WriteSpace(ns *core.Netns) { writeSpace(&sk.Sock) }

// ObserveOwn lists nothing: all that a raw socket has is struct sock's.
func (sk *Sock) ObserveOwn(o *trace.Obs) {}

func writeSpace(sk *core.Sock) {
	if int(sk.WmemAlloc)<<1 <= int(sk.SndBuf) {
		sk.WakeWriters(sk.NS)
	}
}

var zero wire.Addr

// match is raw_v4_match and raw_v6_match: does the socket want a packet of
// this protocol between these hosts?
func (sk *Sock) match(proto uint8, remote, local wire.Addr, dif int) bool {
	ns, id := sk.NS, uint64(sk.ID)
	switch {
	case sk.Protocol != proto: // it stands in another slot of the kernel's table
	case sk.Daddr != zero && sk.Daddr != remote:
		ns.Tried(step.TryRawPeer, id, sk.Daddr.Hi, sk.Daddr.Lo, remote.Hi, remote.Lo)
	case sk.RcvSaddr != zero && sk.RcvSaddr != local:
		ns.Tried(step.TryRawAddr, id, sk.RcvSaddr.Hi, sk.RcvSaddr.Lo, local.Hi, local.Lo)
	case sk.BoundDev != 0 && int(sk.BoundDev) != dif:
		ns.Tried(step.TryRawDev, id, uint64(sk.BoundDev), uint64(dif))
	default:
		return true
	}
	return false
}

func ifindex(b *core.SKB) int {
	if b.Dev != nil {
		return b.Dev.Index
	}
	return b.IIF
}

// inIIF is inet_iif and inet6_iif: the device by which a packet counts as received. What
// this host sends to an address of its own comes in by the device that has the address,
// though it went through lo.
func inIIF(b *core.SKB) int {
	if b.Protocol == uint16(wire.EtherTypeIPv6) {
		if b.CB.IIF != 0 {
			return b.CB.IIF
		}
		return ifindex(b)
	}
	return ipv4.InIIF(b)
}

// LocalDeliver is raw_local_deliver with raw_v4_input: every raw socket of the
// protocol gets a clone. The data pointer stands behind the IP header. b stays
// the caller's.
func (h *raw4) LocalDeliver(ns *core.Netns, b *core.SKB, proto uint8) bool {
	defer ns.In(step.RawLocalDeliver, b).Out()
	if len(h.r.socks) == 0 || b.Network < 0 {
		ns.Why(step.WhyRawNone, uint64(proto))
		return false
	}
	ip := b.IP4()
	src, dst, dif := ip.Src().Addr(), ip.Dst().Addr(), inIIF(b)
	delivered := false
	for _, sk := range h.r.socks {
		if sk.Family != core.AFInet || !sk.match(proto, src, dst, dif) || sk.full() {
			continue
		}
		delivered = true
		if proto == uint8(wire.ProtoICMP) && sk.filtered(b) || !sk.McAllow(dst, ip.Dst().IsMulticast(), dif) {
			continue
		}
		ns.Why(step.WhyRawClone, uint64(sk.ID), uint64(proto))
		sk.rcv(b.Clone())
	}
	if !delivered {
		ns.Why(step.WhyRawNone, uint64(proto))
	}
	return delivered
}

// full is raw_v4_input's early look at the receive buffer.
func (sk *Sock) full() bool {
	if sk.RmemAlloc < sk.RcvBuf {
		return false
	}
	sk.Drops++
	sk.NS.Why(step.WhyRawFull, uint64(sk.ID), uint64(sk.RmemAlloc), uint64(sk.RcvBuf))
	return true
}

// filtered is icmp_filter: unknown types are let through.
func (sk *Sock) filtered(b *core.SKB) bool {
	p := b.Data()
	if len(p) < wire.ICMPLen {
		return true
	}
	if p[0] < 32 && sk.Filter>>p[0]&1 != 0 {
		sk.NS.Why(step.WhyRawFiltered, uint64(sk.ID), uint64(p[0]))
		return true
	}
	return false
}

// rcv is raw_rcv: the packet goes to the program IP header first.
func (sk *Sock) rcv(b *core.SKB) {
	defer sk.NS.In(step.RawRcv, b).Out()
	b.ResetCT() // nf_reset_ct
	ns := sk.NS
	b.Push(b.Offset() - b.Network)
	b.IIF = inIIF(b)
	b.Dst = nil
	if r := queueRcv(&sk.Sock, b); r != step.NotDropped {
		ns.Drop(b, r, step.RawRcv)
	}
}

// queueRcv is sock_queue_rcv_skb_reason. Filters are not modelled.
func queueRcv(sk *core.Sock, b *core.SKB) core.DropReason {
	defer sk.NS.In(step.SockQueueRcvSkbReason, b).Out()
	return sk.QueueRcv(sk.NS, b)
}

// A Msg is what a receive call tells besides the bytes, to who needs no control
// messages.
type Msg struct {
	N    int // bytes copied; with MsgTrunc the real length
	Addr wire.Addr
	Cut  bool        // MSG_TRUNC: the packet was longer
	Err  core.ExtErr // MSG_ERRQUEUE only
	IIF  int         // the device that it came in by
	TTL  uint8       // its TTL or hop limit (IP_RECVTTL, IPV6_RECVHOPLIMIT)
	At   uint64      // unused by raw and ping; packet sockets: when, in ns
	// Offender is who sent the ICMP error (SO_EE_OFFENDER), with MSG_ERRQUEUE.
	Offender wire.Addr
}

// A receiver is a socket of this package.
type receiver interface {
	RecvMsg(m *core.Msghdr) (int, core.Errno)
}

// recvFrom is recvfrom() of any of them.
func recvFrom(sk receiver, buf []byte, flags int) (Msg, core.Errno) {
	m := core.Msghdr{Data: buf, Flags: flags}
	n, e := sk.RecvMsg(&m)
	return Msg{N: n, Addr: m.Addr, Cut: m.Out&core.MsgTrunc != 0, Err: m.Err, IIF: m.IIF, TTL: m.TTL, Offender: m.Offender}, e
}

// Recv is recvfrom(): copy the next packet into buf, IPv4 header included. It
// never sleeps: EAGAIN means that nothing is there.
func (sk *Sock) Recv(buf []byte, flags int) (Msg, core.Errno) { return recvFrom(sk, buf, flags) }

// RecvMsg is raw_recvmsg (rawv6_recvmsg). It returns what the call returns.
func (sk *Sock) RecvMsg(m *core.Msghdr) (int, core.Errno) {
	if sk.Family == core.AFInet6 {
		return sk.recvmsg6(m)
	}
	return sk.recvmsg(m)
}

// recvmsg is raw_recvmsg.
func (sk *Sock) recvmsg(m *core.Msghdr) (int, core.Errno) {
	defer sk.NS.In(step.RawRecvmsg, sk).Out()
	return recv(&sk.Sock, m, step.RawRecvmsg)
}

// recvmsg6 is rawv6_recvmsg.
func (sk *Sock) recvmsg6(m *core.Msghdr) (int, core.Errno) {
	defer sk.NS.In(step.Rawv6Recvmsg, sk).Out()
	return recv(&sk.Sock, m, step.Rawv6Recvmsg)
}

// recv is what raw_recvmsg, rawv6_recvmsg, ping_recvmsg and packet_recvmsg
// have in common (skb_recv_datagram, skb_free_datagram).
func recv(sk *core.Sock, m *core.Msghdr, at step.Step) (int, core.Errno) {
	ns := sk.NS
	if m.Flags&core.MsgErrQueue != 0 {
		return inet.RecvError(sk, m)
	}
	if e := sk.SockError(); e != 0 {
		ns.Why(step.WhyUDPSendErr, uint64(e))
		return 0, e
	}
	b := sk.RcvQueue.Front()
	if b == nil {
		ns.Why(step.WhyUDPEmpty)
		if sk.Shutdown&core.RcvShutdown != 0 && m.Flags&core.MsgDontWait == 0 {
			return 0, 0
		}
		return 0, step.EAGAIN
	}
	peek := m.Flags&core.MsgPeek != 0
	if m.Fault && len(m.Data) > 0 {
		if !peek {
			sk.RcvQueue.Remove(b)
			ns.Free(b)
		}
		return 0, step.EFAULT
	}
	m.Addr, m.IIF, m.TTL = source(b), b.IIF, hopLimit(b)
	n := b.CopyBits(0, m.Data[:min(len(m.Data), b.Len())])
	ns.TP(step.SkbCopyDatagramIovec, b, uint64(b.ID), uint64(n))
	if n < b.Len() {
		m.Out |= core.MsgTrunc
	}
	sk.RecvCmsgs(m, b)
	if sk.Family != core.AFPacket {
		inet.CmsgRecv(sk, m, b)
	}
	ns.Why(step.WhyRawRead, uint64(n), uint64(b.Len()), m.Addr.Hi, m.Addr.Lo)
	if m.Flags&core.MsgTrunc != 0 {
		n = b.Len()
	}
	if !peek {
		sk.RcvQueue.Remove(b)
		ns.Deliver(b, at, true)
	}
	return n, 0
}

func source(b *core.SKB) wire.Addr {
	switch {
	case b.Network < 0:
	case b.Protocol == uint16(wire.EtherTypeIPv6) && len(b.From(b.Network)) >= wire.IPv6Len:
		return b.IP6().Src()
	case b.Protocol == uint16(wire.EtherTypeIPv4) && len(b.From(b.Network)) >= wire.IPv4MinLen:
		return b.IP4().Src().Addr()
	}
	return zero
}

// hopLimit is the TTL or hop limit that a packet came with.
func hopLimit(b *core.SKB) uint8 {
	switch {
	case b.Network < 0:
	case b.Protocol == uint16(wire.EtherTypeIPv6) && len(b.From(b.Network)) >= wire.IPv6Len:
		return b.IP6().HopLimit()
	case b.Protocol == uint16(wire.EtherTypeIPv4) && len(b.From(b.Network)) >= wire.IPv4MinLen:
		return b.IP4().TTL()
	}
	return 0
}

// Bind is raw_bind: hear only what is for this address of the host.
func (sk *Sock) Bind(addr wire.Addr) core.Errno {
	defer sk.NS.In(step.RawBind, sk).Out()
	if sk.State != core.TCPClose {
		return step.EINVAL
	}
	group, e := checkAddr(&sk.Sock, addr)
	if e != 0 {
		return e
	}
	sk.RcvSaddr, sk.Saddr = addr, addr
	if addr.Is4() && addr.IP4() == 0 {
		sk.RcvSaddr, sk.Saddr = zero, zero
	}
	if group {
		sk.Saddr = zero
	}
	sk.DstCache = nil
	return 0
}

// checkAddr is inet_addr_valid_or_nonlocal: may a socket be bound to it?
// group: it is a group or broadcast address.
func checkAddr(sk *core.Sock, addr wire.Addr) (group bool, e core.Errno) {
	ns := sk.NS
	ok := false
	if addr.Is4() || addr == zero && sk.Family == core.AFInet {
		t := ipv4.Of(ns).AddrType(ns, addr.IP4())
		group = t == ipv4.RTNMulticast || t == ipv4.RTNBroadcast
		ok = addr.IP4() == 0 || t == ipv4.RTNLocal || group || ns.Sysctl.IPNonlocalBind != 0
	} else {
		group = addr.IsMulticast()
		ok = addr == zero || group || ipv6.Of(ns).ChkAddr(addr, ns.DevByIndex(int(sk.BoundDev)))
	}
	if !ok && !sk.FreeBind && !sk.Transparent {
		ns.Why(step.WhyUDPAddr, addr.Hi, addr.Lo)
		return false, step.EADDRNOTAVAIL
	}
	return group, 0
}

// Connect is ip4_datagram_connect: send to, and hear, only this address.
func (sk *Sock) Connect(addr wire.Addr) core.Errno { return connect(&sk.Sock, addr) }

// connect is the part of __ip4_datagram_connect and __ip6_datagram_connect
// that matters without ports.
func connect(sk *core.Sock, addr wire.Addr) core.Errno {
	ns := sk.NS
	var saddr wire.Addr
	var dst *core.Dst
	var e core.Errno
	if addr.Is4() {
		fl := ipv4.Flow4{Daddr: addr.IP4(), OIF: int(sk.BoundDev), TOS: sk.TOS, Mark: sk.Mark, Proto: sk.Protocol, Sport: sk.Sport}
		if sk.Saddr.Is4() {
			fl.Saddr = sk.Saddr.IP4()
		}
		dst, e = routeConnect(ipv4.Of(ns), &fl)
		saddr = fl.Saddr.Addr()
	} else {
		fl := ipv6.Flow6{Saddr: sk.Saddr, Daddr: addr, OIF: int(sk.BoundDev), Mark: sk.Mark, Proto: sk.Protocol}
		dst, e = ipv6.Of(ns).RouteOutput(&fl)
		saddr = fl.Saddr
	}
	if e != 0 {
		return e
	}
	if dst.Flags&core.RTCFBroadcast != 0 && !sk.Broadcast {
		return step.EACCES
	}
	if sk.Saddr == zero {
		sk.Saddr = saddr
	}
	if sk.RcvSaddr == zero {
		sk.RcvSaddr = saddr
	}
	sk.Daddr, sk.State, sk.DstCache = addr, core.TCPEstablished, dst
	return 0
}

// routeConnect is ip_route_connect: once to learn the source address, and again
// with it.
func routeConnect(ip *ipv4.IPv4, fl *ipv4.Flow4) (*core.Dst, core.Errno) {
	if fl.Saddr == 0 {
		oif := fl.OIF
		if d, e := ip.RouteOutput(fl); e != 0 {
			return d, e
		}
		fl.OIF = oif // flowi4_update_output
	}
	return ip.RouteOutput(fl)
}

// Close is raw_close: it hears no more, and what was not read is dropped.
func (sk *Sock) Close() {
	sk.Dead, sk.Waker = true, nil
	for i, o := range sk.r.socks {
		if o == sk {
			sk.r.socks = append(sk.r.socks[:i:i], sk.r.socks[i+1:]...)
			break
		}
	}
	sk.hashed = false
	sk.DestructRCU(sk.NS)
	sk.State = core.TCPClose
}
