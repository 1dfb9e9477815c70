package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/ipv4/ip_sockglue.c (do_ip_setsockopt,
// do_ip_getsockopt).

// ipCmsg is the control message that an option of SOL_IP asks for, 0: none.
func ipCmsg(o Opt) core.CmsgFlags {
	switch o {
	case IPPktinfo:
		return core.CmsgPktinfo
	case IPRecvTTL:
		return core.CmsgTTL
	case IPRecvTOS:
		return core.CmsgTOS
	case IPRecvOrigDst:
		return core.CmsgOrigDst
	case IPRecvFragSize:
		return core.CmsgFragSize
	}
	return 0
}

// setIPOpt is ip_setsockopt.
func (p *Program) setIPOpt(f *File, o Opt, v *optval) core.Errno {
	n := 0
	if len(v.b) > 0 && v.fault && ipNumber(o) {
		return step.EFAULT
	}
	if k, ok := core.GetInt32(v.b); ok {
		n = k
	} else if len(v.b) > 0 {
		n = int(v.b[0])
	}
	sk := f.ep.Base()
	if m := ipCmsg(o); m != 0 {
		if o == IPRecvFragSize && sk.Type != core.SockRaw && sk.Type != core.SockDgram {
			return step.EINVAL
		}
		setCmsg(sk, m, n != 0)
		return 0
	}
	switch o {
	case IPFreeBind, IPMulticastLoop, IPMulticastAll, IPTransparent, IPTTL, IPMinTTL, IPMulticastTTL:
		if o == IPTransparent && n != 0 && !p.Root {
			return step.EPERM
		}
		if o == IPMulticastTTL && sk.Type == core.SockStream || len(v.b) < 1 {
			return step.EINVAL
		}
	}
	return p.setIPNum(f, o, n, v)
}

// ipNumber reports whether do_ip_setsockopt reads a number before it looks at
// anything else.
func ipNumber(o Opt) bool {
	switch n := o.name(); {
	case n >= 1 && n <= 3, n >= 5 && n <= 8, n >= 10 && n <= 13, n == 15, n >= 18 && n <= 26, n == 33, n == 34, n == 49, n == 50, n == 51:
		return true
	}
	return false
}

func setCmsg(sk *core.Sock, m core.CmsgFlags, on bool) {
	if r := sk.SetRare(); on {
		r.Cmsg |= m
	} else {
		r.Cmsg &^= m
	}
}

// setIPNum is the switch of do_ip_setsockopt.
func (p *Program) setIPNum(f *File, o Opt, n int, v *optval) core.Errno {
	sk, on := f.ep.Base(), n != 0
	switch o {
	case IPTOS:
		setTOS(sk, n)
	case IPTTL:
		if n != -1 && (n < 1 || n > 255) {
			return step.EINVAL
		}
		sk.TTL = int32(n)
	case IPMTUDiscover:
		if n < core.PMTUDiscDont || n > core.PMTUDiscOmit {
			return step.EINVAL
		}
		sk.PMTUDisc = uint8(n)
	case IPRecvErr:
		if sk.RecvErr = on; !on {
			sk.PurgeErrQueue()
		}
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
		if n == -1 {
			n = 1
		}
		if n < 0 || n > 255 {
			return step.EINVAL
		}
		sk.SetRare().McTTL = n
	case IPMulticastLoop:
		sk.McLoop = on
	case IPMulticastAll:
		if n != 0 && n != 1 {
			return step.EINVAL
		}
		if sk.Family == core.AFInet6 {
			sk.SetRare().McAll4 = on
		} else {
			sk.SetRare().McAll = on
		}
	case IPMulticastIF:
		return multicastIF(sk, v)
	case IPAddMembership, IPDropMembership:
		return ipMembership(f, o, v)
	case IPMinTTL:
		if n < 0 || n > 255 {
			return step.EINVAL
		}
		if n > 0 {
			return step.NotModelled
		}
	case IPNoDefrag:
		if sk.Type != core.SockRaw {
			return step.ENOPROTOOPT
		}
		return step.NotModelled
	case IPOptions:
		if len(v.b) > 40 {
			return step.EINVAL
		}
		if v.fault {
			return step.EFAULT
		}
		opt, e := ipv4.Of(sk.NS).CheckOptions(v.b)
		if e == 0 && sk.Type == core.SockStream && len(opt) > 0 {
			return step.NotModelled
		}
		if e != 0 {
			return e
		}
		sk.SetRare().Opt = opt
	default:
		return ipRest(sk, o, v)
	}
	return 0
}

// ipRest is what is left of SOL_IP: what Linux can set, and netfilter, and what
// it cannot. Where a value is wrong in any case, it says so.
func ipRest(sk *core.Sock, o Opt, v *optval) core.Errno {
	switch n := o.name(); {
	case n >= 5 && n <= 7, n >= 16 && n <= 18, n == 23, n == 24, n == 26, n == 50, // IP_ROUTER_ALERT …
		n >= 200 && n <= 211, n >= 1152 && n <= 1164: // mroute, IPVS
		return step.NotModelled
	case n == 51: // IP_LOCAL_PORT_RANGE
		if len(v.b) != 4 {
			return step.EINVAL
		}
		return step.NotModelled
	case n >= 37 && n <= 48, n == 64, n == 65, n == 96, n == 97: // sources of groups, xtables, arptables
		if len(v.b) < 8 {
			return step.EINVAL
		}
		return step.NotModelled
	}
	return step.ENOPROTOOPT
}

// ipRestGet is the same for do_ip_getsockopt.
func ipRestGet(sk *core.Sock, o Opt) core.Errno {
	switch k := o.name(); {
	case k == 9 && sk.Type != core.SockStream: // IP_PKTOPTIONS
		return step.ENOPROTOOPT
	case k == 80 && sk.NS.Conntrack == nil: // SO_ORIGINAL_DST
		return step.ENOPROTOOPT
	case k >= 5 && k <= 7, k == 9, k == 18, k == 23, k == 24, k == 26, k == 41, k == 48, k == 50, k == 51,
		k >= 64 && k <= 67, k == 80, k == 83, k >= 96 && k <= 99, k >= 200 && k <= 211, k >= 1152 && k <= 1164:
		return step.NotModelled
	}
	return step.ENOPROTOOPT
}

// setTOS is __ip_sock_set_tos. The ECN bits of a stream are the connection's.
func setTOS(sk *core.Sock, n int) {
	tos := uint8(n)
	if sk.Type == core.SockStream {
		tos = tos&^3 | sk.TOS&3
	}
	if sk.TOS != tos {
		sk.TOS, sk.Priority, sk.DstCache = tos, tosPriority(tos), nil
	}
}

// tosPriority is rt_tos2priority: the queue that a TOS asks for.
func tosPriority(tos uint8) uint32 {
	return uint32([...]uint8{0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4}[tos>>1&15])
}

// mreqn is struct ip_mreqn, or what there is of it: group, own address, device.
func mreqn(b []byte) (group, own wire.IP4, dev int) {
	word := func(i int) wire.IP4 {
		if len(b) < i+4 {
			return 0
		}
		return wire.IP4(b[i])<<24 | wire.IP4(b[i+1])<<16 | wire.IP4(b[i+2])<<8 | wire.IP4(b[i+3])
	}
	if len(b) >= 12 {
		dev, _ = core.GetInt32(b[8:])
	}
	return word(0), word(4), dev
}

// multicastIF is IP_MULTICAST_IF.
func multicastIF(sk *core.Sock, v *optval) core.Errno {
	if sk.Type == core.SockStream || len(v.b) < 4 {
		return step.EINVAL
	}
	if v.fault {
		return step.EFAULT
	}
	_, own, dev := mreqn(v.b)
	if len(v.b) < 8 { // struct in_addr
		own, _, _ = mreqn(v.b)
	}
	if dev == 0 && own == 0 {
		sk.SetRare().McIndex, sk.SetRare().McAddr = 0, wire.Addr{}
		return 0
	}
	d := groupDevice(sk, own, dev)
	switch {
	case d == nil:
		return step.EADDRNOTAVAIL
	case sk.BoundDev != 0 && d.Index != int(sk.BoundDev):
		return step.EINVAL
	}
	sk.SetRare().McIndex, sk.SetRare().McAddr = d.Index, wire.Addr{}
	if own != 0 {
		sk.SetRare().McAddr = own.Addr()
	}
	return 0
}

// groupDevice is the device by its number, or by an address that it has.
func groupDevice(sk *core.Sock, own wire.IP4, dev int) *core.Device {
	if dev != 0 {
		return sk.NS.DevByIndex(dev)
	}
	for _, d := range sk.NS.Devices { // ip_dev_find
		if d == nil {
			continue
		}
		for _, a := range ipv4.Of(sk.NS).Addrs(d) {
			if a.Local == own {
				return d
			}
		}
	}
	return nil
}

// ipMembership is ip_mc_join_group and ip_mc_leave_group. Of the sockets here
// only UDP's join groups.
func ipMembership(f *File, o Opt, v *optval) core.Errno {
	sk := f.ep.Base()
	if sk.Type == core.SockStream {
		return step.EPROTO
	}
	if len(v.b) < 8 {
		return step.EINVAL
	}
	if v.fault {
		return step.EFAULT
	}
	group, own, dev := mreqn(v.b)
	if !group.IsMulticast() && o == IPAddMembership {
		return step.EINVAL
	}
	d := groupDevice(sk, own, dev)
	if d == nil && own == 0 && dev == 0 { // ip_mc_find_dev: by the route to the group
		fl := ipv4.Flow4{Daddr: group}
		if dst, e := ipv4.Of(sk.NS).RouteOutput(&fl); e == 0 {
			d = dst.Dev
		}
	}
	return membership(f, o == IPAddMembership, group.Addr(), d)
}

// membership joins or leaves a group on a device.
func membership(f *File, join bool, group wire.Addr, d *core.Device) core.Errno {
	u, ok := f.ep.(*udpOps)
	switch {
	case !ok:
		return step.NotModelled
	case d == nil:
		return step.ENODEV
	case join:
		return u.JoinGroup(d, group)
	}
	return u.LeaveGroup(d, group)
}

// getIPOpt is ip_getsockopt. A number from 0 to 255 goes into one byte, if the
// program has room for less than four.
func getIPOpt(f *File, o Opt, n int) ([]byte, core.Errno) {
	sk := f.ep.Base()
	if o == IPOptions {
		return cut(sk.Rare().Opt, n), 0
	}
	if o == IPMulticastIF {
		a := uint32(0)
		if sk.Rare().McAddr.Is4() {
			a = uint32(sk.Rare().McAddr.IP4())
		}
		return cut([]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)}, n), 0
	}
	v, e := getIPNum(sk, o)
	if e != 0 {
		return nil, e
	}
	if n > 0 && n < 4 && v >= 0 && v <= 255 {
		return []byte{byte(v)}, 0
	}
	return intOpt(v, n)
}

// pathMTU is dst_mtu of the socket's route: IPv4 has no packets above 65535
// bytes (IP_MAX_MTU).
func pathMTU(sk *core.Sock) int {
	if m := sk.DstCache.PathMTU(); !sk.Daddr.Is4() || m < 65535 {
		return m
	}
	return 65535
}

func getIPNum(sk *core.Sock, o Opt) (int, core.Errno) {
	r := sk.Rare()
	if m := ipCmsg(o); m != 0 {
		return num(r.Cmsg&m != 0), 0
	}
	switch o {
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
		return pathMTU(sk), 0
	case IPRecvErr:
		return num(sk.RecvErr), 0
	case IPHdrIncl:
		return num(sk.HdrIncl), 0
	case IPFreeBind:
		return num(sk.FreeBind), 0
	case IPTransparent:
		return num(sk.Transparent), 0
	case IPMulticastTTL:
		return r.McTTL, 0
	case IPMulticastLoop:
		return num(sk.McLoop), 0
	case IPMulticastAll:
		if sk.Family == core.AFInet6 {
			return num(r.McAll4), 0
		}
		return num(r.McAll), 0
	case IPMinTTL, IPNoDefrag:
		return 0, 0
	case IPProtocol:
		if sk.Type == core.SockRaw {
			return int(sk.Protocol), 0
		}
		return int(sk.Sport), 0 // inet_num
	}
	return 0, ipRestGet(sk, o)
}
