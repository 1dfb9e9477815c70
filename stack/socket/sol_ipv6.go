package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/ipv6/ipv6_sockglue.c (do_ipv6_setsockopt,
// do_ipv6_getsockopt).
//
// Where IPv4 and IPv6 have an option each for the same thing (IP_RECVERR and
// IPV6_RECVERR, IP_MTU_DISCOVER and IPV6_MTU_DISCOVER), a socket here has one
// value for both.

// ipv6Cmsg is the control message that an option asks for, 0: none.
func ipv6Cmsg(o Opt) core.CmsgFlags {
	switch o {
	case IPv6RecvPktinfo:
		return core.CmsgPktinfo6
	case IPv6RecvHopLimit:
		return core.CmsgHopLimit
	case IPv6RecvTClass:
		return core.CmsgTClass
	case IPv6RecvOrigDst:
		return core.CmsgOrigDst6
	}
	return 0
}

// setIPv6Opt is do_ipv6_setsockopt.
func (p *Program) setIPv6Opt(f *File, o Opt, v *optval) core.Errno {
	if len(v.b) >= 4 && v.fault {
		return step.EFAULT
	}
	sk := f.ep.Base()
	n, _ := core.GetInt32(v.b)
	switch o {
	case IPv6DontFrag:
		if len(v.b) < 4 {
			v.b = []byte{0, 0, 0, 0}
		}
		return f.ep.setsockopt(o, v)
	case Opt(lvIPv6 | 7), Opt(lvIPv6 | 36): // IPV6_CHECKSUM, IPV6_HDRINCL
		if sk.Type == core.SockRaw {
			return f.ep.setsockopt(o, v)
		}
		return step.ENOPROTOOPT
	case IPv6MulticastHops, IPv6MulticastIF:
		if sk.Type == core.SockStream {
			return step.ENOPROTOOPT
		}
	case IPv6AddMembership, IPv6DropMembership:
		return ipv6Membership(f, o, v)
	case IPv6Transparent:
		if n != 0 && !p.Root {
			return step.EPERM
		}
	default:
		if e := ipv6Rest(sk, o, v); e != 0 {
			return e
		}
	}
	if len(v.b) < 4 {
		return step.EINVAL
	}
	if m := ipv6Cmsg(o); m != 0 {
		setCmsg(sk, m, n != 0)
		return 0
	}
	return p.setIPv6Num(f, o, n, v)
}

// setIPv6Num is its switch, for options with a number.
func (p *Program) setIPv6Num(f *File, o Opt, n int, v *optval) core.Errno {
	sk, on := f.ep.Base(), n != 0
	switch o {
	case IPv6UnicastHops:
		if n > 255 || n < -1 {
			return step.EINVAL
		}
		if sk.Type == core.SockStream {
			sk.TTL = int32(n)
			return 0
		}
		return f.ep.setsockopt(o, v)
	case IPv6TClass:
		if n < -1 || n > 255 {
			return step.EINVAL
		}
		n = max(n, 0)
		if sk.Type == core.SockStream {
			if tc := uint8(n)&^3 | sk.TOS&3; tc != sk.TOS {
				sk.TOS, sk.DstCache = tc, nil
			}
			return 0
		}
		return f.ep.setsockopt(o, v)
	case IPv6MulticastHops:
		if n > 255 || n < -1 {
			return step.EINVAL
		}
		if n == -1 {
			n = 1
		}
		sk.SetRare().McTTL = n
	case IPv6MulticastLoop:
		if n != 0 && n != 1 {
			return step.EINVAL
		}
		sk.McLoop = on
	case IPv6MulticastAll:
		sk.SetRare().McAll = on
	case IPv6MulticastIF:
		if on && sk.NS.DevByIndex(n) == nil {
			return step.ENODEV
		}
		if on && sk.BoundDev != 0 && int(sk.BoundDev) != n {
			return step.EINVAL
		}
		sk.SetRare().McIndex = n
	case IPv6RecvErr:
		if sk.RecvErr = on; !on {
			sk.PurgeErrQueue()
		}
	case IPv6MTUDiscover:
		if n < core.PMTUDiscDont || n > core.PMTUDiscOmit {
			return step.EINVAL
		}
		sk.PMTUDisc = uint8(n)
	case IPv6MTU:
		if on && n < 1280 {
			return step.EINVAL
		}
		if on {
			return step.NotModelled // fragments smaller than the MTU
		}
	case IPv6MinHopcount:
		if n < 0 || n > 255 {
			return step.EINVAL
		}
		if on {
			return step.NotModelled
		}
	case IPv6V6Only:
		if sk.Sport != 0 {
			return step.EINVAL
		}
		sk.V6Only = on
	case IPv6Transparent:
		sk.Transparent = on
	case IPv6FreeBind:
		sk.FreeBind = on
	}
	return 0
}

// ipv6Rest tells of an option that is not among those above whether Linux has
// it.
func ipv6Rest(sk *core.Sock, o Opt, v *optval) core.Errno {
	switch o {
	case IPv6UnicastHops, IPv6MulticastHops, IPv6MulticastLoop, IPv6MulticastAll, IPv6MulticastIF, IPv6RecvErr, IPv6MTUDiscover, IPv6MTU,
		IPv6V6Only, IPv6TClass, IPv6MinHopcount, IPv6Transparent, IPv6FreeBind, IPv6RecvPktinfo, IPv6RecvHopLimit, IPv6RecvTClass, IPv6RecvOrigDst, IPv6DontFrag:
		return 0
	}
	switch n := o.name(); {
	case n == 1: // IPV6_ADDRFORM
		if a, ok := core.GetInt32(v.b); !ok || a != core.AFInet {
			return step.EINVAL
		}
		if sk.Type == core.SockRaw {
			return step.ENOPROTOOPT
		}
		return step.NotModelled
	case n == 22: // IPV6_ROUTER_ALERT
		if len(v.b) < 4 {
			return step.EINVAL
		}
		if sk.Type == core.SockRaw && sk.Protocol == 255 {
			return step.NotModelled
		}
	case n >= 42 && n <= 48, n == 64, n == 65: // groups, xtables
		if len(v.b) < 8 {
			return step.EINVAL
		}
		return step.NotModelled
	case n >= 2 && n <= 6, n == 8, n == 11, n == 27, n == 28, n >= 30 && n <= 35, n == 50, n >= 53 && n <= 60,
		n == 70, n == 72, n == 76, n == 77, n >= 200 && n <= 211:
		return step.NotModelled
	}
	return step.ENOPROTOOPT
}

// ipv6RestGet is the same for do_ipv6_getsockopt.
func ipv6RestGet(o Opt) core.Errno {
	switch n := o.name(); {
	case n >= 2 && n <= 5, n == 8, n == 11, n == 22, n >= 30 && n <= 33, n == 48, n == 49, n == 51, n >= 53 && n <= 61,
		n >= 64 && n <= 70, n == 72, n == 76, n == 77, n == 80, n >= 200 && n <= 211:
		return step.NotModelled
	}
	return step.ENOPROTOOPT
}

// ipv6Membership is ipv6_sock_mc_join and ipv6_sock_mc_drop.
func ipv6Membership(f *File, o Opt, v *optval) core.Errno {
	sk := f.ep.Base()
	switch {
	case len(v.b) < 20:
		return step.EINVAL
	case sk.Type == core.SockStream:
		return step.EPROTO
	}
	var a wire.Addr
	for i := range 8 {
		a.Hi, a.Lo = a.Hi<<8|uint64(v.b[i]), a.Lo<<8|uint64(v.b[8+i])
	}
	if !a.IsMulticast() {
		return step.EINVAL
	}
	dev, _ := core.GetInt32(v.b[16:])
	if dev == 0 {
		return step.NotModelled // by the route to the group
	}
	return membership(f, o == IPv6AddMembership, a, sk.NS.DevByIndex(dev))
}

// getIPv6Opt is do_ipv6_getsockopt.
func getIPv6Opt(f *File, o Opt, n int) ([]byte, core.Errno) {
	sk := f.ep.Base()
	r := sk.Rare()
	if m := ipv6Cmsg(o); m != 0 {
		return intOpt(num(r.Cmsg&m != 0), n)
	}
	switch o {
	case IPv6V6Only:
		return intOpt(num(sk.V6Only), n)
	case IPv6MTU:
		if sk.DstCache == nil {
			return nil, step.ENOTCONN
		}
		return intOpt(pathMTU(sk), n)
	case IPv6TClass:
		if sk.Type == core.SockStream {
			return intOpt(int(sk.TOS), n)
		}
		return f.ep.getsockopt(o, n)
	case IPv6UnicastHops:
		if sk.Type != core.SockStream {
			return f.ep.getsockopt(o, n)
		}
		if sk.TTL < 0 {
			return intOpt(sk.NS.Sysctl.Conf6All.HopLimit, n)
		}
		return intOpt(int(sk.TTL), n)
	case IPv6DontFrag:
		return f.ep.getsockopt(o, n)
	case IPv6MulticastHops:
		return intOpt(r.McTTL, n)
	case IPv6MulticastLoop:
		return intOpt(num(sk.McLoop), n)
	case IPv6MulticastIF:
		return intOpt(r.McIndex, n)
	case IPv6MulticastAll:
		return intOpt(num(r.McAll), n)
	case IPv6MTUDiscover:
		return intOpt(int(sk.PMTUDisc), n)
	case IPv6RecvErr:
		return intOpt(num(sk.RecvErr), n)
	case IPv6Transparent:
		return intOpt(num(sk.Transparent), n)
	case IPv6FreeBind:
		return intOpt(num(sk.FreeBind), n)
	case IPv6MinHopcount:
		return intOpt(0, n)
	}
	switch k := o.name(); {
	case sk.Type == core.SockRaw && (k == 7 || k == 36):
		return f.ep.getsockopt(o, n)
	case sk.Type == core.SockRaw && k == 1, sk.Type != core.SockStream && (k == 6 || k == 80):
		return nil, step.ENOPROTOOPT
	case k == 1 && sk.State != core.TCPEstablished:
		return nil, step.ENOTCONN
	case k == 1: // IPV6_ADDRFORM
		return intOpt(int(sk.Family), n)
	case k == 6: // IPV6_2292PKTOPTIONS
		return nil, step.NotModelled
	}
	return nil, ipv6RestGet(o)
}
