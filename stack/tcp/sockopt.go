package tcp

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// The options of level SOL_TCP, with Linux's numbers (include/uapi/linux/tcp.h).
const (
	optNoDelay          = 1
	optMaxSeg           = 2
	optCork             = 3
	optKeepIdle         = 4
	optKeepIntvl        = 5
	optKeepCnt          = 6
	optSynCnt           = 7
	optLinger2          = 8
	optDeferAccept      = 9
	optWindowClamp      = 10
	optInfo             = 11
	optQuickAck         = 12
	optCongestion       = 13
	optMD5Sig           = 14
	optThinLinear       = 16
	optThinDupack       = 17
	optUserTimeout      = 18
	optRepair           = 19
	optRepairQueue      = 20
	optQueueSeq         = 21
	optRepairOptions    = 22
	optFastopen         = 23
	optTimestamp        = 24
	optNotsentLowat     = 25
	optCCInfo           = 26
	optSaveSyn          = 27
	optSavedSyn         = 28
	optRepairWindow     = 29
	optFastopenConnect  = 30
	optULP              = 31
	optMD5SigExt        = 32
	optFastopenKey      = 33
	optFastopenNoCookie = 34
	optZerocopyReceive  = 35
	optInq              = 36
	optTxDelay          = 37
	optAORepair         = 42
	optIsMPTCP          = 43
	optRtoMaxMs         = 44
	optRtoMinUs         = 45
	optDelackMaxUs      = 46
)

// Limits of the options.
const (
	maxKeepTime   = 32767          // MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, seconds
	maxCount      = 127            // MAX_TCP_KEEPCNT, MAX_TCP_SYNCNT
	maxWindow     = 32767          // MAX_TCP_WINDOW
	finTimeoutMax = 120            // TCP_FIN_TIMEOUT_MAX, seconds
	rtoMaxSec     = 120            // TCP_RTO_MAX_SEC
	rtoMinDefault = sim.Second / 5 // TCP_RTO_MIN
	timeoutMin    = 2 * sim.Jiffy  // TCP_TIMEOUT_MIN
	nameMax       = 16             // TCP_CA_NAME_MAX, TCP_ULP_NAME_MAX
)

// SetSockOpt is do_tcp_setsockopt: the program sets an option of level SOL_TCP.
// v is what optval points to, optlen bytes; null says that it points to nothing.
// step.NotModelled is what no kernel returns: Linux has the
// option, and the model has not.
func (sk *Sock) SetSockOpt(name int, v []byte, null bool) core.Errno {
	defer sk.NS.In(step.DoTcpSetsockopt, &sk.Sock).Out()
	e, val := sk.setSockOpt(name, v, null)
	switch e {
	case 0:
		sk.NS.Why(step.WhySetOption, uint64(name), uint64(uint32(val)))
	case step.NotModelled:
		sk.NS.Note(&sk.Sock, step.WhyOptNotModelled, uint64(name))
	default:
		sk.NS.Why(step.WhySetOptionBad, uint64(name), uint64(uint32(val)), uint64(e))
	}
	return e
}

func (sk *Sock) setSockOpt(name int, v []byte, null bool) (core.Errno, int) {
	switch name {
	case optCongestion, optULP, optFastopenKey:
		return sk.setStringOpt(name, v, null), 0
	}
	if len(v) < 4 {
		return step.EINVAL, 0
	}
	if null {
		return step.EFAULT, 0
	}
	if name == optAORepair && sk.State == core.TCPListen {
		return step.EPERM, 0 // tcp_can_repair_sock
	}
	val := int(int32(binary.LittleEndian.Uint32(v)))
	if e, ok := sk.setUnlocked(name, val); ok {
		return e, val
	}
	sk.Lock()
	e := sk.setLocked(name, val)
	sk.Release(sk.NS)
	return e, val
}

// setStringOpt is its part for options that are no numbers.
func (sk *Sock) setStringOpt(name int, v []byte, null bool) core.Errno {
	switch {
	case name == optFastopenKey && len(v) != 16 && len(v) != 32, len(v) < 1:
		return step.EINVAL
	case null:
		return step.EFAULT
	case name == optFastopenKey:
		sk.setRare().fo.q.keys = foKeyOf(v)
		return 0
	case name == optULP:
		return step.NotModelled
	}
	n := 0
	for n < len(v) && n < nameMax-1 && v[n] != 0 {
		n++
	}
	return sk.SetCongestion(string(v[:n]))
}

// setUnlocked is its part for options that need no lock. ok is false if name is
// none of them.
func (sk *Sock) setUnlocked(name, v int) (e core.Errno, ok bool) {
	bad := false
	m := sk.setRare()
	m.cloned = true
	switch name {
	case optSynCnt:
		if bad = v < 1 || v > maxCount; !bad {
			m.synRetries = uint8(v)
		}
	case optUserTimeout:
		if bad = v < 0; !bad {
			m.userTimeout = sim.Time(v) * sim.Millisecond
		}
	case optKeepIntvl:
		if bad = v < 1 || v > maxKeepTime; !bad {
			m.keepIntvl = sim.Time(v) * sim.Second
		}
	case optKeepCnt:
		if bad = v < 1 || v > maxCount; !bad {
			m.keepProbes = v
		}
	case optLinger2:
		m.linger2 = sim.Time(min(v, finTimeoutMax)) * sim.Second
		if v < 0 {
			m.linger2 = -1
		}
	case optDeferAccept:
		m.deferAccept = secsToRetrans(v)
	case optRtoMaxMs:
		if bad = v < 1000 || v > rtoMaxSec*1000; !bad {
			m.rtoMax = toJiffies(sim.Time(v) * sim.Millisecond)
		}
	case optRtoMinUs:
		t := toJiffies(sim.Time(v) * sim.Microsecond)
		if bad = t > rtoMinDefault || t < timeoutMin; !bad {
			m.rtoMin = t
		}
	case optDelackMaxUs:
		t := toJiffies(sim.Time(v) * sim.Microsecond)
		if bad = t > delackMax || t < timeoutMin; !bad {
			m.delackMax = t
		}
	case optMaxSeg:
		if bad = v != 0 && (v < minMSS || v > maxWindow); !bad {
			sk.rx.userMss = uint16(v)
		}
	default:
		return 0, false
	}
	if bad {
		return step.EINVAL, true
	}
	return 0, true
}

// secsToRetrans is secs_to_retrans: how many SYN-ACKs go in so many seconds.
func secsToRetrans(sec int) int {
	if sec <= 0 {
		return 0
	}
	n, timeout, period := 1, 1, 1
	for ; sec > period && n < 255; n++ {
		timeout = min(timeout<<1, rtoMaxSec)
		period += timeout
	}
	return n
}

// retransToSecs is retrans_to_secs, the inverse.
func retransToSecs(n int) int {
	if n <= 0 {
		return 0
	}
	timeout, period := 1, 1
	for ; n > 1; n-- {
		timeout = min(timeout<<1, rtoMaxSec)
		period += timeout
	}
	return period
}

// setLocked is its part under the socket's lock.
func (sk *Sock) setLocked(name, v int) core.Errno {
	flag := v == 0 || v == 1
	sk.setRare().cloned = true
	fresh := sk.stateIn(1<<core.TCPClose | 1<<core.TCPListen)
	switch name {
	case optNoDelay:
		sk.setNoDelay(v != 0)
	case optCork:
		sk.setCork(v != 0)
	case optThinLinear:
		if !flag {
			return step.EINVAL
		}
		sk.setRare().thinLTO = v != 0
	case optThinDupack:
		if !flag {
			return step.EINVAL
		}
	case optKeepIdle:
		return sk.setKeepIdle(v)
	case optSaveSyn:
		if v < 0 || v > 2 {
			return step.EINVAL
		}
		sk.setRare().saveSyn = uint8(v)
	case optWindowClamp:
		return sk.setWindowClampOpt(v)
	case optQuickAck:
		sk.setQuickAck(v)
	case optFastopen:
		if v < 0 || !fresh {
			return step.EINVAL
		}
		sk.T.fastopenKeyOnce()
		sk.fastopenQueueTune(v)
	case optFastopenConnect:
		switch {
		case !flag:
			return step.EINVAL
		case sk.sysctl().TCPFastopen&tfoClientEnable == 0:
			return step.EOPNOTSUPP
		case sk.State != core.TCPClose:
			return step.EINVAL
		}
		sk.setRare().fo.connect = v != 0
	case optFastopenNoCookie:
		if !flag || !fresh {
			return step.EINVAL
		}
		sk.setRare().fo.noCookie = v != 0
	case optNotsentLowat:
		sk.setRare().notsentLowat = uint32(v)
		if sk.streamMemoryFree(1) {
			sk.WakeWriters(sk.NS) // sk_stream_write_space
		}
	case optInq:
		if !flag {
			return step.EINVAL
		}
		sk.setRare().inq = v != 0
	default:
		return sk.setRestOpt(name, v)
	}
	return 0
}

// setRestOpt is its part for what is not modelled, or only as far as it fails.
func (sk *Sock) setRestOpt(name, v int) core.Errno {
	switch name {
	case optTimestamp, optRepairQueue, optRepairWindow:
		return step.EPERM // only under TCP_REPAIR, which is not modelled
	case optRepairOptions:
		return step.EINVAL
	case optQueueSeq:
		if sk.State != core.TCPClose {
			return step.EPERM
		}
		return step.EINVAL
	case optTxDelay:
		if v == 0 {
			sk.setRare().txDelay = 0
			return 0
		}
		return step.NotModelled
	case optRepair:
		if v < -1 || v > 1 {
			return step.EINVAL
		}
		return step.NotModelled
	case optMD5Sig, optMD5SigExt: // (TCP-AO is not in the recorded kernel)
		return step.NotModelled
	}
	return step.ENOPROTOOPT
}

// setKeepIdle is tcp_sock_set_keepidle_locked.
func (sk *Sock) setKeepIdle(v int) core.Errno {
	if v < 1 || v > maxKeepTime {
		return step.EINVAL
	}
	sk.setRare().keepIdle = sim.Time(v) * sim.Second
	if sk.KeepOpen && !sk.stateIn(1<<core.TCPClose|1<<core.TCPListen) {
		sk.resetKeepalive(max(sk.rare().keepIdle-sk.elapsedKeepalive(), 0))
	}
	return 0
}

// setWindowClampOpt is tcp_set_window_clamp as a program may call it.
func (sk *Sock) setWindowClampOpt(v int) core.Errno {
	if v == 0 {
		if sk.State != core.TCPClose {
			return step.EINVAL
		}
		sk.windowClamp = 0
		return 0
	}
	if max(v, minRcvBuf/2) != int(sk.windowClamp) {
		sk.setWindowClamp(v)
	}
	return 0
}

// setQuickAck is __tcp_sock_set_quickack.
func (sk *Sock) setQuickAck(v int) {
	if v == 0 {
		sk.enterPingpong()
		return
	}
	sk.exitPingpong()
	if sk.stateIn(stConnected) && sk.ackScheduled() {
		sk.ack.pending |= ackPushed
		sk.cleanupRbuf(1)
		if v&1 == 0 {
			sk.enterPingpong()
		}
	}
}

// fastopenQueueTune is fastopen_queue_tune: how many may wait, net.core.somaxconn
// at most.
func (sk *Sock) fastopenQueueTune(n int) { sk.setRare().fo.q.maxQlen = min(n, sk.sysctl().Somaxconn) }

// setNoDelay is __tcp_sock_set_nodelay.
func (sk *Sock) setNoDelay(on bool) {
	if !on {
		sk.nonagle &^= nagleOff
		return
	}
	sk.nonagle |= nagleOff | naglePush
	sk.pushFrames()
}

// setCork is __tcp_sock_set_cork.
func (sk *Sock) setCork(on bool) {
	if on {
		sk.nonagle |= nagleCork
		return
	}
	sk.nonagle &^= nagleCork
	if sk.nonagle&nagleOff != 0 {
		sk.nonagle |= naglePush
	}
	sk.pushFrames()
}
