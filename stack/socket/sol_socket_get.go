package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

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

// getTimeout is sock_get_timeout.
func getTimeout(t sim.Time, n int) ([]byte, core.Errno) {
	t = max(t, 0)
	return cut(append(core.Int64(uint64(t/sim.Second)), core.Int64(uint64(t%sim.Second/sim.Microsecond))...), n), 0
}
