package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// An Opt is a socket option of setsockopt(2): its level and its number in it.
type Opt uint32

// MakeOpt is the option that has these numbers. Numbers that no option can have
// become one that none has.
func MakeOpt(level, name int) Opt {
	if uint(level) > 0x7fff || uint(name) > 0xffff {
		return 0x7fff << 16
	}
	return Opt(level)<<16 | Opt(name)
}

func (o Opt) level() int { return int(o >> 16) }
func (o Opt) name() int  { return int(o & 0xffff) }

const (
	lvSocket = core.SolSocket << 16
	lvIP     = core.SolIP << 16
	lvTCP    = core.SolTCP << 16
	lvUDP    = core.SolUDP << 16
	lvIPv6   = core.SolIPv6 << 16
	lvICMPv6 = core.SolICMPv6 << 16
	lvRaw    = core.SolRaw << 16
)

// The options of SOL_SOCKET (socket(7); include/uapi/asm-generic/socket.h).
const (
	SODebug           Opt = lvSocket | 1
	SOReuseAddr       Opt = lvSocket | 2
	SOType            Opt = lvSocket | 3
	SOError           Opt = lvSocket | 4
	SODontRoute       Opt = lvSocket | 5
	SOBroadcast       Opt = lvSocket | 6
	SOSndBuf          Opt = lvSocket | 7
	SORcvBuf          Opt = lvSocket | 8
	SOKeepAlive       Opt = lvSocket | 9
	SOOOBInline       Opt = lvSocket | 10
	SONoCheck         Opt = lvSocket | 11
	SOPriority        Opt = lvSocket | 12
	SOLinger          Opt = lvSocket | 13
	SOBSDCompat       Opt = lvSocket | 14
	SOReusePort       Opt = lvSocket | 15
	SORcvLowat        Opt = lvSocket | 18
	SOSndLowat        Opt = lvSocket | 19
	SORcvTimeo        Opt = lvSocket | 20
	SOSndTimeo        Opt = lvSocket | 21
	SOBindToDevice    Opt = lvSocket | 25
	SOPeername        Opt = lvSocket | 28
	SOTimestamp       Opt = lvSocket | 29
	SOAcceptConn      Opt = lvSocket | 30
	SOSndBufForce     Opt = lvSocket | 32
	SORcvBufForce     Opt = lvSocket | 33
	SOTimestampNS     Opt = lvSocket | 35
	SOMark            Opt = lvSocket | 36
	SOTimestamping    Opt = lvSocket | 37
	SOProtocol        Opt = lvSocket | 38
	SODomain          Opt = lvSocket | 39
	SORxqOvfl         Opt = lvSocket | 40
	SOPeekOff         Opt = lvSocket | 42
	SOSelectErrQueue  Opt = lvSocket | 45
	SOBusyPoll        Opt = lvSocket | 46
	SOMaxPacingRate   Opt = lvSocket | 47
	SOIncomingCPU     Opt = lvSocket | 49
	SOCnxAdvice       Opt = lvSocket | 53
	SOMemInfo         Opt = lvSocket | 55
	SOIncomingNapiID  Opt = lvSocket | 56
	SOCookie          Opt = lvSocket | 57
	SOZerocopy        Opt = lvSocket | 60
	SOTxTime          Opt = lvSocket | 61
	SOBindToIfindex   Opt = lvSocket | 62
	SOTimestampNew    Opt = lvSocket | 63
	SOTimestampNSNew  Opt = lvSocket | 64
	SOTimestampingNew Opt = lvSocket | 65
	SORcvTimeoNew     Opt = lvSocket | 66
	SOSndTimeoNew     Opt = lvSocket | 67
	SOPreferBusyPoll  Opt = lvSocket | 69
	SOBusyPollBudget  Opt = lvSocket | 70
	SONetnsCookie     Opt = lvSocket | 71
	SOBufLock         Opt = lvSocket | 72
	SOReserveMem      Opt = lvSocket | 73
	SOTxRehash        Opt = lvSocket | 74
	SORcvMark         Opt = lvSocket | 75
	SORcvPriority     Opt = lvSocket | 82
	soLast            Opt = lvSocket | 83 // SO_PASSRIGHTS
)

// The options of SOL_IP (ip(7); include/uapi/linux/in.h).
const (
	IPTOS            Opt = lvIP | 1
	IPTTL            Opt = lvIP | 2
	IPHdrIncl        Opt = lvIP | 3
	IPOptions        Opt = lvIP | 4
	IPRecvOpts       Opt = lvIP | 6
	IPRetOpts        Opt = lvIP | 7
	IPPktinfo        Opt = lvIP | 8
	IPMTUDiscover    Opt = lvIP | 10
	IPRecvErr        Opt = lvIP | 11
	IPRecvTTL        Opt = lvIP | 12
	IPRecvTOS        Opt = lvIP | 13
	IPMTU            Opt = lvIP | 14
	IPFreeBind       Opt = lvIP | 15
	IPTransparent    Opt = lvIP | 19
	IPRecvOrigDst    Opt = lvIP | 20
	IPMinTTL         Opt = lvIP | 21
	IPNoDefrag       Opt = lvIP | 22
	IPBindNoPort     Opt = lvIP | 24
	IPRecvFragSize   Opt = lvIP | 25
	IPMulticastIF    Opt = lvIP | 32
	IPMulticastTTL   Opt = lvIP | 33
	IPMulticastLoop  Opt = lvIP | 34
	IPAddMembership  Opt = lvIP | 35
	IPDropMembership Opt = lvIP | 36
	IPMulticastAll   Opt = lvIP | 49
	IPLocalPortRange Opt = lvIP | 51
	IPProtocol       Opt = lvIP | 52
)

// The options of SOL_IPV6 (ipv6(7); include/uapi/linux/in6.h).
const (
	IPv6UnicastHops    Opt = lvIPv6 | 16
	IPv6MulticastIF    Opt = lvIPv6 | 17
	IPv6MulticastHops  Opt = lvIPv6 | 18
	IPv6MulticastLoop  Opt = lvIPv6 | 19
	IPv6AddMembership  Opt = lvIPv6 | 20
	IPv6DropMembership Opt = lvIPv6 | 21
	IPv6MTUDiscover    Opt = lvIPv6 | 23
	IPv6MTU            Opt = lvIPv6 | 24
	IPv6RecvErr        Opt = lvIPv6 | 25
	IPv6V6Only         Opt = lvIPv6 | 26
	IPv6MulticastAll   Opt = lvIPv6 | 29
	IPv6RecvPktinfo    Opt = lvIPv6 | 49
	IPv6RecvHopLimit   Opt = lvIPv6 | 51
	IPv6DontFrag       Opt = lvIPv6 | 62
	IPv6RecvTClass     Opt = lvIPv6 | 66
	IPv6TClass         Opt = lvIPv6 | 67
	IPv6MinHopcount    Opt = lvIPv6 | 73
	IPv6RecvOrigDst    Opt = lvIPv6 | 74
	IPv6Transparent    Opt = lvIPv6 | 75
	IPv6FreeBind       Opt = lvIPv6 | 78
)

// The options of SOL_TCP (tcp(7)), SOL_UDP (udp(7)), SOL_RAW (raw(7)). Those of
// TCP are package tcp's, by number; here are names for some.
const (
	TCPNoDelay     Opt = lvTCP | 1
	TCPMaxSeg      Opt = lvTCP | 2
	TCPCork        Opt = lvTCP | 3
	TCPKeepIdle    Opt = lvTCP | 4
	TCPKeepIntvl   Opt = lvTCP | 5
	TCPKeepCnt     Opt = lvTCP | 6
	TCPSynCnt      Opt = lvTCP | 7
	TCPLinger2     Opt = lvTCP | 8
	TCPDeferAccept Opt = lvTCP | 9
	TCPWindowClamp Opt = lvTCP | 10
	TCPQuickAck    Opt = lvTCP | 12
	TCPUserTimeout Opt = lvTCP | 18

	UDPCork       Opt = lvUDP | 1
	UDPEncap      Opt = lvUDP | 100
	UDPNoCheck6Tx Opt = lvUDP | 101
	UDPNoCheck6Rx Opt = lvUDP | 102
	UDPSegment    Opt = lvUDP | 103
	UDPGRO        Opt = lvUDP | 104

	ICMPFilter  Opt = lvRaw | 1
	ICMP6Filter Opt = lvICMPv6 | 1
)

// ofFamily is the option that a program sets on a socket of this family.
func (p *Program) ofFamily(fd int, o Opt) Opt {
	sk := p.Sock(fd)
	if sk == nil || sk.Family != core.AFInet6 {
		return o
	}
	switch o {
	case IPTTL:
		return IPv6UnicastHops
	case IPTOS:
		return IPv6TClass
	case IPRecvErr:
		return IPv6RecvErr
	case IPMTUDiscover:
		return IPv6MTUDiscover
	case IPMTU:
		return IPv6MTU
	case IPMulticastTTL:
		return IPv6MulticastHops
	case IPMulticastLoop:
		return IPv6MulticastLoop
	case IPMulticastIF:
		return IPv6MulticastIF
	case IPMulticastAll:
		return IPv6MulticastAll
	case IPFreeBind:
		return IPv6FreeBind
	case IPTransparent:
		return IPv6Transparent
	}
	return o
}

// value is the memory of an option that a number is enough for. That of
// SOLinger is seconds, below 0 off; those of SORcvTimeo and SOSndTimeo are
// milliseconds; IPMulticastIF is an ifindex.
func (o Opt) value(v int) []byte {
	switch o {
	case SOLinger:
		return append(core.Int32(num(v >= 0)), core.Int32(max(v, 0))...)
	case SORcvTimeo, SOSndTimeo:
		return append(core.Int64(uint64(v/1000)), core.Int64(uint64(v%1000)*1000)...)
	case IPMulticastIF:
		return append(make([]byte, 8), core.Int32(v)...)
	}
	return core.Int32(v)
}

func num(b bool) int {
	if b {
		return 1
	}
	return 0
}

// An optval is the memory that setsockopt was given: fault says that it is not
// the program's.
type optval struct {
	b     []byte
	fault bool
}

// int is copy_from_sockptr of an int.
func (v *optval) int() (int, core.Errno) {
	if len(v.b) < 4 {
		return 0, step.EINVAL
	}
	if v.fault {
		return 0, step.EFAULT
	}
	n, _ := core.GetInt32(v.b)
	return n, 0
}

// sysSetsockopt is __sys_setsockopt.
func (p *Program) sysSetsockopt(f *File, c *Call) {
	defer p.NS.In(step.SysSetsockopt, f.ep.Base()).Out()
	if c.Opt == 0 {
		c.Opt = MakeOpt(c.Level, c.Name)
	}
	v := optval{c.Data, c.Bad&BadBuf != 0}
	var e core.Errno
	if c.Opt.level() == core.SolSocket {
		e = p.setSocketOpt(f, c.Opt, &v)
	} else {
		e = p.setProtoOpt(f, c.Opt, &v)
	}
	c.done(0, e)
	c.why(p.NS)
}

// setProtoOpt is ops->setsockopt: the option is for the protocol, or goes on to
// IP.
func (p *Program) setProtoOpt(f *File, o Opt, v *optval) core.Errno {
	sk := f.ep.Base()
	if o.level() == protoLevel(sk) {
		return f.ep.setsockopt(o, v)
	}
	switch {
	case sk.Family == core.AFPacket:
		return step.ENOPROTOOPT
	case sk.Type == core.SockRaw && (o.level() == core.SolRaw || o.level() == core.SolICMPv6):
		if e, mine := rawLevel(sk, o); !mine {
			if sk.Family == core.AFInet6 && o.level() == core.SolRaw { // do_rawv6_setsockopt looks at the value first
				if _, bad := v.int(); bad != 0 {
					return bad
				}
			}
			return e
		}
		return f.ep.setsockopt(o, v)
	case sk.Family == core.AFInet && o.level() == core.SolIP,
		sk.Family == core.AFInet6 && o.level() == core.SolIP && sk.Type != core.SockRaw:
		return p.setIPOpt(f, o, v)
	case sk.Family == core.AFInet6 && o.level() == core.SolIPv6:
		return p.setIPv6Opt(f, o, v)
	}
	return step.ENOPROTOOPT
}

// rawLevel reports whether a raw socket has this option of SOL_RAW or
// SOL_ICMPV6 (raw_setsockopt, rawv6_setsockopt).
func rawLevel(sk *core.Sock, o Opt) (core.Errno, bool) {
	switch {
	case o == ICMPFilter && sk.Family == core.AFInet,
		o == ICMP6Filter && sk.Family == core.AFInet6 && sk.Protocol == 58,
		sk.Family == core.AFInet6 && (o == Opt(lvRaw|7) || o == Opt(lvRaw|36)):
		return 0, true
	case o.level() == core.SolICMPv6 && sk.Family == core.AFInet6 && sk.Protocol != 58:
		return step.EOPNOTSUPP, false
	}
	return step.ENOPROTOOPT, false
}

// protoLevel is the level of a socket's own protocol.
func protoLevel(sk *core.Sock) int {
	switch {
	case sk.Family == core.AFPacket:
		return core.SolPacket
	case sk.Type == core.SockStream:
		return core.SolTCP
	case sk.Type == core.SockDgram && sk.Protocol == 17:
		return core.SolUDP
	}
	return -1
}

// sysGetsockopt is __sys_getsockopt.
func (p *Program) sysGetsockopt(f *File, c *Call) {
	defer p.NS.In(step.SysGetsockopt, f.ep.Base()).Out()
	if c.Opt == 0 {
		c.Opt = MakeOpt(c.Level, c.Name)
	}
	if c.Bad&BadLen != 0 {
		c.fail(step.EFAULT)
		return
	}
	b, e := p.getOpt(f, c.Opt, len(c.Data))
	switch {
	case e != 0:
	case c.Bad&BadBuf != 0 && len(b) > 0:
		e = step.EFAULT
	default:
		c.OptLen = copy(c.Data, b)
	}
	c.done(0, e)
	c.why(p.NS)
}

// getOpt is do_sock_getsockopt: the memory of an option, n bytes at most.
func (p *Program) getOpt(f *File, o Opt, n int) ([]byte, core.Errno) {
	sk := f.ep.Base()
	lv := o.level()
	switch {
	case lv == core.SolSocket:
		return p.getSocketOpt(f, o, n)
	case lv == protoLevel(sk):
		return f.ep.getsockopt(o, n)
	case sk.Type == core.SockRaw && sk.Family != core.AFPacket && (lv == core.SolRaw || lv == core.SolICMPv6):
		if e, mine := rawLevel(sk, o); !mine {
			if sk.Family == core.AFInet && lv == core.SolICMPv6 {
				e = step.EOPNOTSUPP
			}
			return nil, e
		}
		return f.ep.getsockopt(o, n)
	case sk.Family == core.AFPacket:
		return nil, step.ENOPROTOOPT
	case sk.Family == core.AFInet && lv == core.SolIP,
		sk.Family == core.AFInet6 && lv == core.SolIP && sk.Type != core.SockRaw:
		return getIPOpt(f, o, n)
	case sk.Family == core.AFInet6 && lv == core.SolIPv6:
		return getIPv6Opt(f, o, n)
	case sk.Family == core.AFInet:
		return nil, step.EOPNOTSUPP // do_ip_getsockopt
	}
	return nil, step.ENOPROTOOPT
}

// cut is what of an option's memory fits into n bytes.
func cut(b []byte, n int) []byte { return b[:min(len(b), n)] }

// intOpt is the memory of a number as sk_getsockopt copies it.
func intOpt(v, n int) ([]byte, core.Errno) { return cut(core.Int32(v), n), 0 }

// jiffies is a time that is counted in ticks, rounded up.
func jiffies(t sim.Time) sim.Time { return (t + sim.Jiffy - 1) / sim.Jiffy * sim.Jiffy }
