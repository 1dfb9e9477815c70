package inet

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/ipv4/ip_sockglue.c (ip_recv_error,
// ip_cmsg_recv_offset), net/ipv6/datagram.c (ipv6_recv_error,
// ip6_datagram_recv_specific_ctl).
//
// Left out: IP options and extension headers in control messages, and the
// address that a broadcast would be answered from (ipi_spec_dst).

// Types of control messages (include/uapi/linux/in.h, in6.h).
const (
	ipTOS          = 1
	ipTTL          = 2
	ipPktinfo      = 8
	ipRecvErr      = 11
	ipOrigDst      = 20
	ipRecvFragSize = 25
	ipv6RecvErr    = 25
	ipv6Pktinfo    = 50
	ipv6HopLimit   = 52
	ipv6TClass     = 67
	ipv6OrigDst    = 74
)

// RecvError is ip_recv_error (ipv6_recv_error): the oldest entry of a socket's
// error queue. It never sleeps: EAGAIN means that the queue is empty.
func RecvError(sk *core.Sock, m *core.Msghdr) (int, core.Errno) {
	if sk.Family == core.AFInet6 {
		return recvError6(sk, m)
	}
	return recvError4(sk, m)
}

func recvError4(sk *core.Sock, m *core.Msghdr) (int, core.Errno) {
	defer sk.NS.In(step.IpRecvError, sk).Out()
	return recvError(sk, m, step.IpRecvError)
}

func recvError6(sk *core.Sock, m *core.Msghdr) (int, core.Errno) {
	defer sk.NS.In(step.Ipv6RecvError, sk).Out()
	return recvError(sk, m, step.Ipv6RecvError)
}

func recvError(sk *core.Sock, m *core.Msghdr, at step.Step) (int, core.Errno) {
	b := sk.DequeueErr()
	if b == nil {
		return 0, step.EAGAIN
	}
	n := min(len(m.Data), b.Len())
	if n < b.Len() {
		m.Out |= core.MsgTrunc
	}
	if m.Fault && n > 0 {
		sk.NS.Free(b)
		return 0, step.EFAULT
	}
	b.CopyBits(0, m.Data[:n])
	sk.NS.TP(step.SkbCopyDatagramIovec, b, uint64(b.ID), uint64(n))
	sk.RecvTimestamp(m, b, true)
	e := &b.CB.Err
	m.Err, m.Port = *e, e.Port
	icmp := e.Origin == core.ErrOriginICMP || e.Origin == core.ErrOriginICMP6
	if icmp || e.Origin == core.ErrOriginTimestamping && sk.Rare().TsFlags&core.TsOptCmsg != 0 && b.IIF != 0 {
		m.Offender, _ = ends(b)
		CmsgRecv(sk, m, b)
	} else if e.Origin == core.ErrOriginLocal {
		m.Offender, _ = ends(b)
	}
	putError(sk, m, e, icmp)
	m.Out |= core.MsgErrQueue
	sk.NS.Consume(b, at)
	return n, 0
}

// putError is the control message of an error: struct sock_extended_err and
// the address of who sent it.
func putError(sk *core.Sock, m *core.Msghdr, e *core.ExtErr, icmp bool) {
	a := m.Offender
	if !icmp {
		a = wire.Addr{}
	}
	if sk.Family == core.AFInet6 {
		m.Put(core.SolIPv6, ipv6RecvErr, append(e.Bytes(), sockaddr6(a, 0, icmp)...))
		return
	}
	m.Put(core.SolIP, ipRecvErr, append(e.Bytes(), sockaddr4(a, 0, icmp)...))
}

// sockaddr4 is struct sockaddr_in; without an address it is empty.
func sockaddr4(a wire.Addr, port uint16, set bool) []byte {
	d := make([]byte, 16)
	if set {
		d[0], d[2], d[3] = core.AFInet, byte(port>>8), byte(port)
		putIP4(d[4:], a)
	}
	return d
}

// sockaddr6 is struct sockaddr_in6.
func sockaddr6(a wire.Addr, port uint16, set bool) []byte {
	d := make([]byte, 28)
	if set {
		d[0], d[2], d[3] = core.AFInet6, byte(port>>8), byte(port)
		a.Put16(d[8:])
	}
	return d
}

func putIP4(d []byte, a wire.Addr) {
	v := uint32(a.IP4())
	d[0], d[1], d[2], d[3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
}

// ends are the addresses in a packet's network header: from, and to.
func ends(b *core.SKB) (s, d wire.Addr) {
	switch {
	case b.Network < 0:
	case is6(b):
		return b.IP6().Src(), b.IP6().Dst()
	case is4(b):
		return b.IP4().Src().Addr(), b.IP4().Dst().Addr()
	}
	return wire.Addr{}, wire.Addr{}
}

func is6(b *core.SKB) bool {
	return b.Network >= 0 && b.Protocol == uint16(wire.EtherTypeIPv6) && len(b.From(b.Network)) >= wire.IPv6Len
}

func is4(b *core.SKB) bool {
	return b.Network >= 0 && b.Protocol == uint16(wire.EtherTypeIPv4) && len(b.From(b.Network)) >= wire.IPv4MinLen
}

// CmsgRecv is ip_cmsg_recv_offset and ip6_datagram_recv_ctl: what a program has
// asked to be told of each packet.
func CmsgRecv(sk *core.Sock, m *core.Msghdr, b *core.SKB) {
	f := sk.Rare().Cmsg
	if f == 0 {
		return
	}
	if f&core.CmsgPktinfo6 != 0 && sk.Family == core.AFInet6 { // ip6_datagram_recv_common_ctl
		_, d := ends(b)
		var p [20]byte
		d.Put16(p[:])
		copy(p[16:], core.Int32(b.IIF))
		m.Put(core.SolIPv6, ipv6Pktinfo, p[:])
	}
	switch {
	case is6(b):
		cmsgRecv6(m, b, f)
	case is4(b):
		cmsgRecv4(m, b, f)
	}
}

// cmsgRecv4 is ip_cmsg_recv_offset.
func cmsgRecv4(m *core.Msghdr, b *core.SKB, f core.CmsgFlags) {
	h := b.IP4()
	if f&core.CmsgPktinfo != 0 {
		d := core.Int32(b.IIF)
		d = append(d, make([]byte, 8)...)
		if b.PktType == core.PacketHost {
			putIP4(d[4:], h.Dst().Addr())
		}
		putIP4(d[8:], h.Dst().Addr())
		m.Put(core.SolIP, ipPktinfo, d)
	}
	if f&core.CmsgTTL != 0 {
		m.PutInt(core.SolIP, ipTTL, int(h.TTL()))
	}
	if f&core.CmsgTOS != 0 {
		m.Put(core.SolIP, ipTOS, []byte{h.TOS()})
	}
	if f&core.CmsgOrigDst != 0 && b.Transport >= 0 && len(b.L4()) >= 4 {
		l4 := b.L4()
		m.Put(core.SolIP, ipOrigDst, sockaddr4(h.Dst().Addr(), uint16(l4[2])<<8|uint16(l4[3]), true))
	}
	if f&core.CmsgFragSize != 0 && b.CB.FragMax != 0 {
		m.PutInt(core.SolIP, ipRecvFragSize, b.CB.FragMax)
	}
}

// cmsgRecv6 is ip6_datagram_recv_specific_ctl.
func cmsgRecv6(m *core.Msghdr, b *core.SKB, f core.CmsgFlags) {
	h := b.IP6()
	if f&core.CmsgHopLimit != 0 {
		m.PutInt(core.SolIPv6, ipv6HopLimit, int(h.HopLimit()))
	}
	if f&core.CmsgTClass != 0 {
		m.PutInt(core.SolIPv6, ipv6TClass, int(h.TrafficClass()))
	}
	if f&core.CmsgOrigDst6 != 0 && b.Transport >= 0 && len(b.L4()) >= 4 {
		l4 := b.L4()
		m.Put(core.SolIPv6, ipv6OrigDst, sockaddr6(h.Dst(), uint16(l4[2])<<8|uint16(l4[3]), true))
	}
}

// A Cookie is what the control messages of a send call ask for (struct
// ipcm_cookie, struct ipcm6_cookie): numbers below 0 are not asked for.
type Cookie struct {
	core.SockCookie
	TTL, TOS, GSOSize int
	OIF               int
	Saddr             wire.Addr // to send from; zero: not asked for
	DontFrag          bool
}

// udpSegment is UDP_SEGMENT as a control message.
const udpSegment = 103

// CmsgSend is ip_cmsg_send, ip6_datagram_send_ctl and udp_cmsg_send: read the
// control messages of a send call.
func CmsgSend(sk *core.Sock, m *core.Msghdr, root bool) (Cookie, core.Errno) {
	ck := Cookie{SockCookie: sk.Cookie(), TTL: -1, TOS: -1, GSOSize: -1}
	for i := range m.Ctl {
		c := &m.Ctl[i]
		var e core.Errno
		switch {
		case c.Level == core.SolSocket:
			e = sk.CmsgSend(&ck.SockCookie, c, root)
		case c.Level == core.SolUDP && c.Type == udpSegment && sk.Protocol == 17:
			if len(c.Data) != 2 {
				return ck, step.EINVAL
			}
			ck.GSOSize = int(c.Data[0]) | int(c.Data[1])<<8
		case c.Level == core.SolUDP:
			e = step.EINVAL
		case c.Level == core.SolIP && sk.Family == core.AFInet:
			e = ck.send4(c)
		case c.Level == core.SolIPv6 && sk.Family == core.AFInet6:
			e = ck.send6(c)
		}
		if e != 0 {
			return ck, e
		}
	}
	return ck, 0
}

// send4 is the part of ip_cmsg_send for SOL_IP.
func (ck *Cookie) send4(c *core.Cmsg) core.Errno {
	n, ok := core.GetInt32(c.Data)
	switch c.Type {
	case ipPktinfo:
		if len(c.Data) != 12 {
			return step.EINVAL
		}
		if n != 0 {
			ck.OIF = n
		}
		d := c.Data[4:]
		if a := wire.IP4(d[0])<<24 | wire.IP4(d[1])<<16 | wire.IP4(d[2])<<8 | wire.IP4(d[3]); a != 0 {
			ck.Saddr = a.Addr()
		}
	case ipTTL:
		if len(c.Data) != 4 || n < 1 || n > 255 {
			return step.EINVAL
		}
		ck.TTL = n
	case ipTOS:
		if len(c.Data) == 1 {
			n, ok = int(c.Data[0]), true
		}
		if !ok || len(c.Data) > 4 || n < 0 || n > 255 {
			return step.EINVAL
		}
		ck.TOS = n
	case 7, 52: // IP_RETOPTS, IP_PROTOCOL
		return step.NotModelled
	default:
		return step.EINVAL
	}
	return 0
}

// send6 is the part of ip6_datagram_send_ctl for numbers.
func (ck *Cookie) send6(c *core.Cmsg) core.Errno {
	n, _ := core.GetInt32(c.Data)
	switch c.Type {
	case ipv6Pktinfo, 2: // IPV6_2292PKTINFO
		if len(c.Data) < 20 {
			return step.EINVAL
		}
		var a wire.Addr
		for i := range 8 {
			a.Hi, a.Lo = a.Hi<<8|uint64(c.Data[i]), a.Lo<<8|uint64(c.Data[8+i])
		}
		ck.Saddr = a
		ck.OIF, _ = core.GetInt32(c.Data[16:])
	case ipv6HopLimit, 8:
		if len(c.Data) != 4 || n < -1 || n > 255 {
			return step.EINVAL
		}
		ck.TTL = n
	case ipv6TClass:
		if len(c.Data) != 4 || n < -1 || n > 255 {
			return step.EINVAL
		}
		ck.TOS = n
	case 62: // IPV6_DONTFRAG
		if len(c.Data) != 4 || n < 0 || n > 1 {
			return step.EINVAL
		}
		ck.DontFrag = n != 0
	case 11, 54, 55, 57, 59: // IPV6_FLOWINFO, extension headers
		return step.NotModelled
	default:
		return step.EINVAL
	}
	return 0
}
