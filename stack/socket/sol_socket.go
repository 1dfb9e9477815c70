package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/core/sock.c (sk_setsockopt, sk_getsockopt).

// The least that SO_RCVBUF and SO_SNDBUF can be, in bytes (SOCK_MIN_RCVBUF,
// SOCK_MIN_SNDBUF): a packet of 2048 bytes with its sk_buff, and two of them.
const (
	minRcvBuf = 2304
	minSndBuf = 4608
	intMax    = 1<<31 - 1
	ifNameLen = 16
)

// soNotModelled are the options that Linux 6.18 has and the model has not:
// filters, BPF, busy polling, times of sending, device memory.
var soNotModelled = [...]Opt{lvSocket | 26, lvSocket | 43, lvSocket | 44, SOBusyPoll, lvSocket | 48, SOIncomingCPU, lvSocket | 50,
	lvSocket | 51, lvSocket | 52, SOIncomingNapiID, lvSocket | 41, lvSocket | 68, SOPreferBusyPoll, SOBusyPollBudget, SONetnsCookie, SOReserveMem,
	SOTxTime, lvSocket | 78, lvSocket | 79, lvSocket | 80, SOBufLock, SODebug}

// soOthers are those that sockets of the families here do not take.
var soOthers = [...]Opt{lvSocket | 16, lvSocket | 34, lvSocket | 76, soLast}

func among(list []Opt, o Opt) bool {
	for _, x := range list {
		if x == o {
			return true
		}
	}
	return false
}

// setSocketOpt is sk_setsockopt.
func (p *Program) setSocketOpt(f *File, o Opt, v *optval) core.Errno {
	sk := f.ep.Base()
	if o == SOBindToDevice {
		return p.bindToDevice(sk, v)
	}
	n, e := v.int()
	if e != 0 {
		return e
	}
	switch o {
	case SOPriority:
		if (n < 0 || n > 6) && !p.Root {
			return step.EPERM
		}
		sk.Priority = uint32(n)
	case SOMaxPacingRate:
		r := uint64(uint32(n))
		if n == -1 {
			r = ^uint64(0)
		}
		if long, ok := core.GetInt64(v.b); ok {
			r = uint64(long)
		}
		sk.SetRare().MaxRate = r
		f.ep.paceAtMost(r)
	case SOTxRehash:
		if sk.Type != core.SockStream {
			return step.EOPNOTSUPP
		}
		if n < -1 || n > 1 {
			return step.EINVAL
		}
		sk.SetRare().NoTxRehash = n == 0
	case SOPeekOff:
		if sk.Type == core.SockRaw || sk.Family == core.AFPacket {
			return step.EOPNOTSUPP
		}
		sk.SetRare().PeekOff = int32(n)
	case SOSndTimeo, SOSndTimeoNew:
		return setTimeout(&sk.SetRare().SndTimeo, v)
	case SORcvTimeo, SORcvTimeoNew:
		return setTimeout(&sk.SetRare().RcvTimeo, v)
	default:
		return p.setSocketFlag(f, o, n, v)
	}
	return 0
}

// setTimeout is sock_set_timeout. No time at all is for ever; a negative one
// means never to wait.
func setTimeout(t *sim.Time, v *optval) core.Errno {
	if len(v.b) < 16 {
		return step.EINVAL
	}
	sec, _ := core.GetInt64(v.b)
	usec, _ := core.GetInt64(v.b[8:])
	switch {
	case usec < 0 || usec >= 1e6:
		return step.EDOM
	case sec < 0:
		*t = -1
	case sec == 0 && usec == 0 || sec >= 1<<33:
		*t = 0
	default:
		*t = sim.Time(sec)*sim.Second + jiffies(sim.Time(usec)*sim.Microsecond)
	}
	return 0
}

// bindToDevice is sock_setbindtodevice.
func (p *Program) bindToDevice(sk *core.Sock, v *optval) core.Errno {
	if v.fault && len(v.b) > 0 {
		return step.EFAULT
	}
	name := v.b[:min(len(v.b), ifNameLen-1)]
	for i, c := range name {
		if c == 0 {
			name = name[:i]
			break
		}
	}
	index := 0
	if len(name) > 0 {
		d := sk.NS.DevByName(string(name))
		if d == nil {
			return step.ENODEV
		}
		index = d.Index
	}
	return p.bindToIndex(sk, index)
}

// bindToIndex is sock_bindtoindex_locked.
func (p *Program) bindToIndex(sk *core.Sock, index int) core.Errno {
	if sk.BoundDev != 0 && !p.Root {
		return step.EPERM
	}
	if index < 0 {
		return step.EINVAL
	}
	sk.BoundDev, sk.DstCache = int32(index), nil
	return 0
}

// setSocketFlag is the second half of sk_setsockopt, which locks the socket.
func (p *Program) setSocketFlag(f *File, o Opt, n int, v *optval) core.Errno {
	sk, on := f.ep.Base(), n != 0
	switch o {
	case SOReuseAddr:
		sk.Reuse = on
	case SOReusePort:
		if on && sk.Family == core.AFPacket {
			return step.EOPNOTSUPP
		}
		sk.ReusePort = on
	case SODontRoute:
		sk.SetRare().DontRoute, sk.DstCache = on, nil
	case SOBroadcast:
		sk.Broadcast = on
	case SOSndBuf, SOSndBufForce, SORcvBuf, SORcvBufForce:
		return p.setBuf(f, o, n)
	case SOKeepAlive:
		f.ep.keepalive(on)
		sk.KeepOpen = on
	case SOOOBInline:
		sk.SetRare().OOBInline = on
		f.ep.urgInline(on)
	case SONoCheck:
		sk.NoCheckTx = on
	case SOLinger:
		if len(v.b) < 8 {
			return step.EINVAL
		}
		sec, _ := core.GetInt32(v.b[4:])
		if sk.Linger = on; on {
			sk.SetRare().LingerTime = sim.Time(uint32(sec)) * sim.Second
		}
	case SOBSDCompat:
	case SOTimestamp, SOTimestampNew, SOTimestampNS, SOTimestampNSNew:
		r := sk.SetRare()
		r.RcvTstamp = on
		r.RcvTstampNS = on && (o == SOTimestampNS || o == SOTimestampNSNew)
		r.TstampNew = on && (o == SOTimestampNew || o == SOTimestampNSNew)
		sk.NS.Machine.Netstamp = sk.NS.Machine.Netstamp || on
	case SOTimestamping, SOTimestampingNew:
		return f.setTimestamping(o, uint32(n), v)
	case SORcvLowat:
		if n < 0 {
			n = intMax
		}
		f.ep.setRcvLowat(n)
	case SOMark:
		if !p.Root {
			return step.EPERM
		}
		sk.Mark, sk.DstCache = uint32(n), nil
	case SORcvMark:
		sk.SetRare().PassMark = on
	case SORcvPriority:
		sk.SetRare().PassPrio = on
	case SORxqOvfl:
		sk.SetRare().Ovfl = on
	case SOSelectErrQueue:
		sk.SetRare().SelectErr = on
	case SOZerocopy:
		if sk.Type != core.SockStream && protoLevel(sk) != core.SolUDP {
			return step.EOPNOTSUPP
		}
		if n < 0 || n > 1 {
			return step.EINVAL
		}
		sk.SetRare().Zerocopy = on
	case SOBindToIfindex:
		return p.bindToIndex(sk, n)
	default:
		return setSocketRest(o, n, v)
	}
	return 0
}

// setSocketRest is what is left of sk_setsockopt: options that the model does
// not have, that these sockets do not take, that cannot be set.
func setSocketRest(o Opt, n int, v *optval) core.Errno {
	switch {
	case o == lvSocket|27: // SO_DETACH_FILTER
		return step.ENOENT
	case o == SOCnxAdvice:
		if n != 1 {
			return 0
		}
		return step.NotModelled
	case o == SOTxTime && len(v.b) != 8:
		return step.EINVAL
	case o == SOBusyPoll && n < 0, o == SOReserveMem && n < 0, o == SOBufLock && n&^3 != 0:
		return step.EINVAL
	case o == SODebug && n == 0:
		return 0
	case among(soOthers[:], o):
		return step.EOPNOTSUPP
	case o == lvSocket|48, o == SOIncomingNapiID, o == SONetnsCookie, o == lvSocket|78, o == lvSocket|79: // to be read only
		return step.ENOPROTOOPT
	case among(soNotModelled[:], o):
		return step.NotModelled
	}
	return step.ENOPROTOOPT
}

// setBuf is SO_RCVBUF, SO_SNDBUF and the FORCE ones: the value is doubled, half
// of it is for the kernel's own structures.
func (p *Program) setBuf(f *File, o Opt, n int) core.Errno {
	sk := f.ep.Base()
	force := o == SOSndBufForce || o == SORcvBufForce
	if force && !p.Root {
		return step.EPERM
	}
	sends := o == SOSndBuf || o == SOSndBufForce
	switch {
	case force:
		n = max(n, 0)
	case sends:
		n = int(min(uint32(n), uint32(sk.NS.Sysctl.WmemMax)))
	default:
		n = int(min(uint32(n), uint32(sk.NS.Sysctl.RmemMax)))
	}
	n = min(n, intMax/2) * 2
	if sends {
		sk.SndBuf, sk.SndBufLocked = int32(max(n, minSndBuf)), true
		f.ep.writeSpace()
		return 0
	}
	sk.RcvBuf, sk.RcvBufLocked = int32(max(n, minRcvBuf)), true
	return 0
}

// setTimestamping is sock_set_timestamping.
func (f *File) setTimestamping(o Opt, flags uint32, v *optval) core.Errno {
	sk := f.ep.Base()
	r := sk.Rare()
	switch {
	case flags&^core.TsMask != 0,
		flags&core.TsOptIDTCP != 0 && flags&core.TsOptID == 0,
		flags&core.TsOptID != 0 && r.TsFlags&core.TsOptID == 0 && sk.Type == core.SockStream && (sk.State == core.TCPClose || sk.State == core.TCPListen),
		flags&core.TsOptStats != 0 && flags&core.TsOptTSOnly == 0:
		return step.EINVAL
	case flags&(core.TsBindPHC|core.TsTxHardware|core.TsRxHardware|core.TsTxCompletion) != 0:
		return step.NotModelled // clocks of cards
	}
	w := sk.SetRare()
	if flags&core.TsOptID != 0 && w.TsFlags&core.TsOptID == 0 {
		w.TsKey = f.ep.tsKey(flags&core.TsOptIDTCP != 0)
	}
	w.TsFlags, w.TstampNew = flags, o == SOTimestampingNew
	if flags&core.TsRxSoftware != 0 {
		sk.NS.Machine.Netstamp = true
	}
	return 0
}
