package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/udp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An Opt is a socket option of setsockopt(2).
type Opt uint8

// The options, by the names of socket(7), ip(7), ipv6(7), udp(7), tcp(7) and
// raw(7). Values are numbers; those of Linger are seconds, -1 for off.
const (
	SOError Opt = iota
	SOReuseAddr
	SOReusePort
	SOBroadcast
	SOKeepAlive
	SOLinger
	SORcvBuf
	SOSndBuf
	SOMark
	SOPriority
	SOBindToIfindex
	SONoCheck
	SOAcceptConn
	SOType
	SOProtocol
	IPTOS
	IPTTL
	IPMTUDiscover
	IPMTU
	IPRecvErr
	IPHdrIncl
	IPFreeBind
	IPTransparent
	IPMulticastTTL
	IPMulticastLoop
	IPMulticastIF
	IPMulticastAll
	IPAddMembership
	IPDropMembership
	IPv6V6Only
	IPv6UnicastHops
	IPv6TClass
	UDPCork
	UDPSegment
	UDPNoCheck6Rx
	ICMPFilter
	TCPNoDelay
	TCPCork
	TCPMaxSeg
	TCPKeepIdle
	TCPKeepIntvl
	TCPKeepCnt
	TCPLinger2
	TCPUserTimeout
	TCPQuickAck
	TCPDeferAccept
	TCPSynCnt
	TCPWindowClamp
)

// The least that SO_RCVBUF and SO_SNDBUF can be, in bytes (SOCK_MIN_RCVBUF,
// SOCK_MIN_SNDBUF): a packet of 2048 bytes with its sk_buff, and two of them.
const (
	minRcvBuf = 2304
	minSndBuf = 4608
)

// sysSetsockopt is __sys_setsockopt.
func (p *Program) sysSetsockopt(f *File, c *Call) {
	defer p.NS.In(step.SysSetsockopt, f.ep.Base()).Out()
	if !p.Root && (c.Opt == SOMark || c.Opt == IPTransparent) {
		c.done(0, step.EPERM)
	} else {
		c.done(0, setOpt(f.ep, c.Opt, c.N, c.Addr))
	}
	c.why(p.NS)
}

// setOpt is sk_setsockopt, ip_setsockopt and those of the protocols.
func setOpt(ep endpoint, o Opt, v int, a wire.Addr) core.Errno {
	sk := ep.Base()
	on := v != 0
	switch o {
	case SOReuseAddr:
		sk.Reuse = on
	case SOReusePort:
		sk.ReusePort = on
	case SOBroadcast:
		sk.Broadcast = on
	case SOKeepAlive:
		if t, ok := ep.(*tcpOps); ok {
			return t.SetOption(tcp.OptKeepAlive, v)
		}
		sk.KeepOpen = on
	case SOLinger:
		sk.Linger = v >= 0
		sk.SetRare().LingerTime = sim.Time(max(v, 0)) * sim.Second
	case SORcvBuf: // doubled: half of it is for the kernel's own structures
		sk.RcvBuf, sk.RcvBufLocked = int32(max(min(v, sk.NS.Sysctl.RmemMax, 1<<30-1)*2, minRcvBuf)), true
	case SOSndBuf:
		sk.SndBuf, sk.SndBufLocked = int32(max(min(v, sk.NS.Sysctl.WmemMax, 1<<30-1)*2, minSndBuf)), true
		sk.Prot.WriteSpace(sk.NS)
	case SOMark:
		sk.Mark, sk.DstCache = uint32(v), nil
	case SOPriority:
		sk.Priority = uint32(v)
	case SOBindToIfindex:
		if v != 0 && sk.NS.DevByIndex(v) == nil {
			return step.ENODEV
		}
		sk.BoundDev, sk.DstCache = int32(v), nil
	case SONoCheck:
		sk.NoCheckTx = on
	default:
		return setIPOpt(ep, o, v, a)
	}
	return 0
}

// setIPOpt is do_ip_setsockopt and do_ipv6_setsockopt.
func setIPOpt(ep endpoint, o Opt, v int, a wire.Addr) core.Errno {
	sk := ep.Base()
	on := v != 0
	switch o {
	case IPTOS:
		sk.TOS, sk.Priority, sk.DstCache = uint8(v), tosPriority(uint8(v)), nil
	case IPTTL:
		if v != -1 && (v < 1 || v > 255) {
			return step.EINVAL
		}
		sk.TTL = int32(v)
	case IPMTUDiscover:
		if v < core.PMTUDiscDont || v > core.PMTUDiscOmit {
			return step.EINVAL
		}
		sk.PMTUDisc = uint8(v)
	case IPRecvErr:
		sk.RecvErr = on
	case IPHdrIncl:
		if sk.Type != core.SockRaw {
			return step.ENOPROTOOPT
		}
		sk.HdrIncl = on
	case IPFreeBind:
		sk.FreeBind = on
	case IPTransparent:
		sk.Transparent = on
	case IPMulticastTTL:
		sk.SetRare().McTTL = v
	case IPMulticastLoop:
		sk.McLoop = on
	case IPMulticastIF:
		sk.SetRare().McIndex, sk.SetRare().McAddr = v, a
	case IPMulticastAll:
		sk.SetRare().McAll = on
	case IPAddMembership, IPDropMembership:
		return membership(ep, o, v, a)
	case IPv6V6Only:
		if sk.Family != core.AFInet6 || sk.Sport != 0 {
			return step.EINVAL
		}
		sk.V6Only = on
	default:
		return setProtoOpt(ep, o, v)
	}
	return 0
}

// tosPriority is rt_tos2priority: the queue that a TOS asks for.
func tosPriority(tos uint8) uint32 {
	return uint32([...]uint8{0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4}[tos>>1&15])
}

// membership is ip_mc_join_group and ip_mc_leave_group. Of the sockets here
// only UDP's join groups.
func membership(ep endpoint, o Opt, dev int, group wire.Addr) core.Errno {
	u, ok := ep.(*udpOps)
	if !ok {
		return step.ENOPROTOOPT
	}
	d := u.NS.DevByIndex(dev)
	if d == nil {
		return step.ENODEV
	}
	if o == IPAddMembership {
		return u.JoinGroup(d, group)
	}
	return u.LeaveGroup(d, group)
}

// setProtoOpt is udp_lib_setsockopt, do_raw_setsockopt and do_tcp_setsockopt.
func setProtoOpt(ep endpoint, o Opt, v int) core.Errno {
	switch ep := ep.(type) {
	case *udpOps:
		return setUDPOpt(ep.Sock, o, v)
	case *rawOps:
		return setRawOpt(ep.Sock, o, v)
	case *tcpOps:
		return setTCPOpt(ep.Sock, o, v)
	}
	return step.ENOPROTOOPT
}

func setUDPOpt(sk *udp.Sock, o Opt, v int) core.Errno {
	switch o {
	case UDPCork:
		sk.Cork = v != 0
		if v == 0 {
			return sk.Push()
		}
	case UDPSegment:
		if v < 0 || v > 65535 {
			return step.EINVAL
		}
		sk.GSOSize = v
	case UDPNoCheck6Rx:
		sk.NoCheck6Rx = v != 0
	case IPv6UnicastHops:
		sk.SetHopLimit(v)
	case IPv6TClass:
		sk.SetTClass(v)
	default:
		return step.ENOPROTOOPT
	}
	return 0
}

func setRawOpt(sk *raw.Sock, o Opt, v int) core.Errno {
	switch o {
	case ICMPFilter:
		if sk.Protocol != uint8(wire.ProtoICMP) {
			return step.EOPNOTSUPP
		}
		sk.Filter = uint32(v)
	case IPv6UnicastHops:
		sk.V6.HopLimit = v
	case IPv6TClass:
		sk.V6.TClass = v
	default:
		return step.ENOPROTOOPT
	}
	return 0
}

// sysGetsockopt is __sys_getsockopt.
func (p *Program) sysGetsockopt(f *File, c *Call) {
	defer p.NS.In(step.SysGetsockopt, f.ep.Base()).Out()
	c.done(getOpt(f.ep, c.Opt))
	c.why(p.NS)
}

// getOpt is sk_getsockopt and ip_getsockopt. SO_ERROR takes the pending error
// away.
func getOpt(ep endpoint, o Opt) (int, core.Errno) {
	sk := ep.Base()
	switch o {
	case SOError:
		e := sk.SockError()
		if e == 0 {
			e, sk.ErrSoft = sk.ErrSoft, 0
		}
		return int(e), 0
	case SOReuseAddr:
		return num(sk.Reuse), 0
	case SOReusePort:
		return num(sk.ReusePort), 0
	case SOBroadcast:
		return num(sk.Broadcast), 0
	case SOKeepAlive:
		return num(sk.KeepOpen), 0
	case SORcvBuf:
		return int(sk.RcvBuf), 0
	case SOSndBuf:
		return int(sk.SndBuf), 0
	case SOMark:
		return int(sk.Mark), 0
	case SOPriority:
		return int(sk.Priority), 0
	case SOBindToIfindex:
		return int(sk.BoundDev), 0
	case SOAcceptConn:
		return num(sk.State == core.TCPListen), 0
	case SOType:
		return int(sk.Type), 0
	case SOProtocol:
		return int(sk.Protocol), 0
	case IPTOS:
		return int(sk.TOS), 0
	case IPTTL:
		if sk.TTL < 0 {
			return sk.NS.Sysctl.IPDefaultTTL, 0
		}
		return int(sk.TTL), 0
	case IPMTUDiscover:
		return int(sk.PMTUDisc), 0
	case IPMTU:
		if sk.DstCache == nil {
			return 0, step.ENOTCONN
		}
		return sk.DstCache.PathMTU(), 0
	case IPRecvErr:
		return num(sk.RecvErr), 0
	case IPHdrIncl:
		return num(sk.HdrIncl), 0
	case IPv6V6Only:
		return num(sk.V6Only), 0
	}
	return 0, step.ENOPROTOOPT
}

func num(b bool) int {
	if b {
		return 1
	}
	return 0
}

// setTCPOpt is do_tcp_setsockopt.
func setTCPOpt(sk *tcp.Sock, o Opt, v int) core.Errno {
	to, ok := tcpOption(o)
	if !ok {
		return step.ENOPROTOOPT
	}
	return sk.SetOption(to, v)
}

// tcpOption is the option by package tcp's name.
func tcpOption(o Opt) (tcp.Option, bool) {
	switch o {
	case TCPNoDelay:
		return tcp.OptNoDelay, true
	case TCPCork:
		return tcp.OptCork, true
	case TCPMaxSeg:
		return tcp.OptMaxSeg, true
	case TCPKeepIdle:
		return tcp.OptKeepIdle, true
	case TCPKeepIntvl:
		return tcp.OptKeepIntvl, true
	case TCPKeepCnt:
		return tcp.OptKeepCnt, true
	case TCPLinger2:
		return tcp.OptLinger2, true
	case TCPUserTimeout:
		return tcp.OptUserTimeout, true
	case TCPQuickAck:
		return tcp.OptQuickAck, true
	case TCPDeferAccept:
		return tcp.OptDeferAccept, true
	case TCPSynCnt:
		return tcp.OptSynCnt, true
	case TCPWindowClamp:
		return tcp.OptWindowClamp, true
	}
	return 0, false
}
