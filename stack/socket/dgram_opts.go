package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/udp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// setUDPOpt is udp_lib_setsockopt, and the options of IPv6 that a UDP socket
// keeps itself.
func setUDPOpt(sk *udp.Sock, o Opt, v *optval) core.Errno {
	n, e := v.int()
	if e != 0 {
		return e
	}
	switch o {
	case UDPCork:
		sk.Cork = n != 0
		if n == 0 {
			return sk.Push()
		}
	case UDPSegment:
		if n < 0 || n > 65535 {
			return step.EINVAL
		}
		sk.GSOSize = n
	case UDPNoCheck6Tx:
		if n != 0 {
			return step.NotModelled
		}
	case UDPNoCheck6Rx:
		sk.NoCheck6Rx = n != 0
	case UDPEncap:
		if n == 0 {
			return 0
		}
		if n == 2 || n == 3 { // ESP, L2TP
			return step.NotModelled
		}
		return step.ENOPROTOOPT
	case UDPGRO:
		sk.SetGRO(n != 0)
	case IPv6UnicastHops:
		sk.SetHopLimit(n)
	case IPv6TClass:
		sk.SetTClass(n)
	case IPv6DontFrag:
		sk.SetDontFrag(n != 0)
	default:
		return step.ENOPROTOOPT
	}
	return 0
}

// getUDPOpt is udp_lib_getsockopt.
func getUDPOpt(sk *udp.Sock, o Opt, n int) ([]byte, core.Errno) {
	switch o {
	case UDPCork:
		return intOpt(num(sk.Cork), n)
	case UDPSegment:
		return intOpt(sk.GSOSize, n)
	case UDPNoCheck6Rx:
		return intOpt(num(sk.NoCheck6Rx), n)
	case UDPGRO:
		return intOpt(num(sk.GRO()), n)
	case UDPNoCheck6Tx, UDPEncap, Opt(lvUDP | 10), Opt(lvUDP | 11): // UDPLITE_SEND_CSCOV, UDPLITE_RECV_CSCOV
		return intOpt(0, n)
	case IPv6DontFrag:
		return intOpt(num(sk.DontFrag()), n)
	}
	return get6(sk.Base(), o, n, sk.HopLimit(), sk.TClass())
}

// get6 are the options of IPv6 that sockets without connections keep
// themselves.
func get6(sk *core.Sock, o Opt, n, hops, tclass int) ([]byte, core.Errno) {
	switch o {
	case IPv6UnicastHops:
		if hops < 0 {
			hops = sk.NS.Sysctl.Conf6All.HopLimit
		}
		return intOpt(hops, n)
	case IPv6TClass:
		return intOpt(max(tclass, 0), n)
	case IPv6DontFrag:
		return nil, step.NotModelled
	}
	return nil, step.ENOPROTOOPT
}

// setRawOpt is raw_setsockopt and rawv6_setsockopt.
func setRawOpt(sk *raw.Sock, o Opt, v *optval) core.Errno {
	icmp := sk.Family == core.AFInet && sk.Protocol == uint8(wire.ProtoICMP)
	if o == ICMPFilter && sk.Family == core.AFInet {
		if !icmp {
			return step.EOPNOTSUPP
		}
		if v.fault {
			return step.EFAULT
		}
		var b [4]byte
		copy(b[:], v.b)
		n, _ := core.GetInt32(b[:])
		sk.Filter = uint32(n)
		return 0
	}
	if o == ICMP6Filter && sk.Family == core.AFInet6 && sk.Protocol == uint8(wire.ProtoICMPv6) {
		if v.fault {
			return step.EFAULT
		}
		for i := range min(len(v.b), 4*len(sk.Filter6)) {
			shift := 8 * (i & 3)
			sk.Filter6[i/4] = sk.Filter6[i/4]&^(0xff<<shift) | uint32(v.b[i])<<shift
		}
		return 0
	}
	n, e := v.int()
	if e != 0 {
		return e
	}
	switch o {
	case IPv6UnicastHops:
		sk.V6.HopLimit = n
	case IPv6TClass:
		sk.V6.TClass = n
	case Opt(lvRaw | 36), Opt(lvIPv6 | 36): // IPV6_HDRINCL
		if n != 0 {
			return step.NotModelled
		}
	case IPv6DontFrag, Opt(lvRaw | 7), Opt(lvIPv6 | 7): // IPV6_CHECKSUM
		return step.NotModelled
	default:
		return step.ENOPROTOOPT
	}
	return 0
}

// getRawOpt is raw_getsockopt and rawv6_getsockopt.
func getRawOpt(sk *raw.Sock, o Opt, n int) ([]byte, core.Errno) {
	switch {
	case o == ICMPFilter && sk.Family == core.AFInet:
		if sk.Protocol != uint8(wire.ProtoICMP) {
			return nil, step.EOPNOTSUPP
		}
		return intOpt(int(sk.Filter), n)
	case o == ICMP6Filter && sk.Family == core.AFInet6 && sk.Protocol == uint8(wire.ProtoICMPv6):
		var b []byte
		for _, w := range sk.Filter6 {
			b = append(b, core.Int32(int(w))...)
		}
		return cut(b, n), 0
	}
	switch o {
	case Opt(lvRaw | 36), Opt(lvIPv6 | 36):
		return intOpt(0, n)
	case Opt(lvRaw | 7), Opt(lvIPv6 | 7):
		return nil, step.NotModelled
	}
	return get6(sk.Base(), o, n, sk.V6.HopLimit, sk.V6.TClass)
}
