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

// getTimeout is sock_get_timeout.
func getTimeout(t sim.Time, n int) ([]byte, core.Errno) {
	t = max(t, 0)
	return cut(append(core.Int64(uint64(t/sim.Second)), core.Int64(uint64(t%sim.Second/sim.Microsecond))...), n), 0
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

// getSocketOpt is sk_getsockopt.
func (p *Program) getSocketOpt(f *File, o Opt, n int) ([]byte, core.Errno) {
	sk := f.ep.Base()
	r := sk.Rare()
	switch o {
	case SOLinger:
		return cut(append(core.Int32(num(sk.Linger)), core.Int32(int(r.LingerTime/sim.Second))...), n), 0
	case SOTimestamping, SOTimestampingNew:
		fl := r.TsFlags
		if o == SOTimestampingNew && !r.TstampNew {
			fl = 0
		}
		return cut(append(core.Int32(int(fl)), core.Int32(int(r.BindPHC))...), n), 0
	case SORcvTimeo, SORcvTimeoNew:
		return getTimeout(r.RcvTimeo, n)
	case SOSndTimeo, SOSndTimeoNew:
		return getTimeout(r.SndTimeo, n)
	case SOBindToDevice:
		return boundDevice(sk, n)
	case SOMaxPacingRate:
		rate := r.MaxRate
		if rate == 0 {
			rate = ^uint64(0)
		}
		if n >= 8 {
			return core.Int64(rate), 0
		}
		return intOpt(int(uint32(min(rate, 1<<32-1))), n)
	case SOMemInfo:
		return memInfo(sk, n)
	case SOCookie:
		if n < 8 {
			return nil, step.EINVAL
		}
		return core.Int64(uint64(sk.ID)), 0
	case SOPeername:
		return nil, step.NotModelled
	}
	if v, ok := getSocketInt(sk, r, o); ok {
		return intOpt(v, n)
	}
	return getSocketRest(o, n)
}

// boundDevice is sock_getbindtodevice.
func boundDevice(sk *core.Sock, n int) ([]byte, core.Errno) {
	if sk.BoundDev == 0 {
		return nil, 0
	}
	if n < ifNameLen {
		return nil, step.EINVAL
	}
	d := sk.NS.DevByIndex(int(sk.BoundDev))
	if d == nil {
		return nil, step.ENODEV
	}
	return append([]byte(d.Name), 0), 0
}

// memInfo is sk_get_meminfo: struct of nine u32.
func memInfo(sk *core.Sock, n int) ([]byte, core.Errno) {
	var b []byte
	for _, v := range [...]int32{sk.RmemAlloc, sk.RcvBuf, sk.WmemAlloc - 1, sk.SndBuf, sk.ForwardAlloc, sk.WmemQueued, 0, sk.BacklogLen, sk.Drops} {
		b = append(b, core.Int32(int(v))...)
	}
	return cut(b, n), 0
}

// getSocketInt are the options that are numbers.
func getSocketInt(sk *core.Sock, r *core.SockRare, o Opt) (int, bool) {
	switch o {
	case SOError:
		e := sk.SockError() // taking it takes it away
		if e == 0 {
			e, sk.ErrSoft = sk.ErrSoft, 0
		}
		return int(e), true
	case SOReuseAddr:
		return num(sk.Reuse), true
	case SOReusePort:
		return num(sk.ReusePort), true
	case SODontRoute:
		return num(r.DontRoute), true
	case SOBroadcast:
		return num(sk.Broadcast), true
	case SOKeepAlive:
		return num(sk.KeepOpen), true
	case SOOOBInline:
		return num(r.OOBInline), true
	case SONoCheck:
		return num(sk.NoCheckTx), true
	case SORcvBuf:
		return int(sk.RcvBuf), true
	case SOSndBuf:
		return int(sk.SndBuf), true
	case SOMark:
		return int(sk.Mark), true
	case SOPriority:
		return int(sk.Priority), true
	case SOBindToIfindex:
		return int(sk.BoundDev), true
	case SOAcceptConn:
		return num(sk.State == core.TCPListen), true
	case SOType:
		return int(sk.Type), true
	case SODomain:
		return int(sk.Family), true
	case SOProtocol:
		return int(sk.Protocol), true
	case SORcvLowat:
		return int(r.RcvLowat), true
	case SOSndLowat:
		return 1, true
	case SOBSDCompat, SODebug:
		return 0, true
	}
	return getSocketFlag(sk, r, o)
}

func getSocketFlag(sk *core.Sock, r *core.SockRare, o Opt) (int, bool) {
	switch o {
	case SOTimestamp:
		return num(r.RcvTstamp && !r.TstampNew && !r.RcvTstampNS), true
	case SOTimestampNS:
		return num(r.RcvTstampNS && !r.TstampNew), true
	case SOTimestampNew:
		return num(r.RcvTstamp && r.TstampNew), true
	case SOTimestampNSNew:
		return num(r.RcvTstampNS && r.TstampNew), true
	case SORxqOvfl:
		return num(r.Ovfl), true
	case SOSelectErrQueue:
		return num(r.SelectErr), true
	case SORcvMark:
		return num(r.PassMark), true
	case SORcvPriority:
		return num(r.PassPrio), true
	case SOZerocopy:
		return num(r.Zerocopy), true
	case SOBufLock:
		return num(sk.SndBufLocked) | num(sk.RcvBufLocked)<<1, true
	case SOPeekOff:
		return int(r.PeekOff), sk.Type != core.SockRaw && sk.Family != core.AFPacket
	case SOTxRehash:
		return num(!r.NoTxRehash), sk.Type == core.SockStream
	}
	return 0, false
}

// getSocketRest is what is left of sk_getsockopt.
func getSocketRest(o Opt, n int) ([]byte, core.Errno) {
	switch {
	case o == SOPeekOff, o == SOTxRehash, among(soOthers[:], o):
		return nil, step.EOPNOTSUPP
	case o == lvSocket|17: // SO_PEERCRED: nobody
		return cut([]byte{0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255}, n), 0
	case o == lvSocket|59, o == lvSocket|77: // SO_PEERGROUPS, SO_PEERPIDFD
		return nil, step.ENODATA
	case o == lvSocket|26: // SO_GET_FILTER: there is none
		return nil, 0
	case o == lvSocket|44: // SO_LOCK_FILTER
		return intOpt(0, n)
	case o == SOBusyPollBudget, o >= lvSocket|50 && o <= lvSocket|52, o == lvSocket|68, o >= lvSocket|78 && o <= lvSocket|80:
		return nil, step.ENOPROTOOPT
	case among(soNotModelled[:], o):
		return nil, step.NotModelled
	}
	return nil, step.ENOPROTOOPT
}
