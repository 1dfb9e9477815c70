package tcp

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// GetSockOpt is do_tcp_getsockopt: the program asks for an option of level
// SOL_TCP. n is the room that it has (optlen), bytes; the result is what it gets,
// at most so much. With EINVAL the result may be there, too: its length is what
// optlen becomes (TCP_SAVED_SYN).
func (sk *Sock) GetSockOpt(name int, n int) ([]byte, core.Errno) {
	defer sk.NS.In(step.DoTcpGetsockopt, &sk.Sock).Out()
	if n < 0 {
		return nil, step.EINVAL
	}
	b, e := sk.getBytesOpt(name, n)
	if e == step.ENOPROTOOPT {
		var v int
		if v, e = sk.getIntOpt(name); e == 0 {
			b = binary.LittleEndian.AppendUint32(nil, uint32(v))
			b = b[:min(n, 4)]
			sk.NS.Why(step.WhyGetOption, uint64(name), uint64(uint32(v)))
		}
	}
	if e == step.NotModelled {
		sk.NS.Note(&sk.Sock, step.WhyOptNotModelled, uint64(name))
	}
	return b, e
}

// getBytesOpt is its part for options that are no numbers; ENOPROTOOPT: it may
// be one that is.
func (sk *Sock) getBytesOpt(name, n int) ([]byte, core.Errno) {
	var b []byte
	switch name {
	case optInfo:
		i := sk.Info()
		b = i.Bytes()
	case optCCInfo:
		c := sk.CCInfo()
		b = c.bytes()
	case optCongestion:
		b = make([]byte, nameMax)
		copy(b, sk.ca.name())
	case optULP:
	case optFastopenKey:
		k := sk.rare().fo.q.keys
		b = k.bytes()
	case optSavedSyn:
		s := sk.rare().savedSyn
		if n < len(s) {
			return s, step.EINVAL
		}
		if s != nil {
			sk.setRare().savedSyn = nil
		}
		return s, 0
	case optZerocopyReceive:
		return nil, step.NotModelled
	case optRepairWindow:
		if n != 20 { // sizeof(struct tcp_repair_window)
			return nil, step.EINVAL
		}
		return nil, step.EPERM
	case optAORepair:
		if sk.State == core.TCPListen { // tcp_can_repair_sock
			return nil, step.EPERM
		}
		return nil, step.ENOPROTOOPT
	default:
		return nil, step.ENOPROTOOPT
	}
	return b[:min(n, len(b))], 0
}

// getIntOpt is its part for numbers.
func (sk *Sock) getIntOpt(name int) (int, core.Errno) {
	m, sy := sk.rare(), sk.sysctl()
	switch name {
	case optMaxSeg:
		if sk.rx.userMss != 0 && sk.stateIn(1<<core.TCPClose|1<<core.TCPListen) {
			return int(sk.rx.userMss), 0
		}
		return int(sk.mssCache), 0
	case optNoDelay:
		return int(b2i(sk.nonagle&nagleOff != 0)), 0
	case optCork:
		return int(b2i(sk.nonagle&nagleCork != 0)), 0
	case optKeepIdle:
		return int(sk.keepIdleTime() / sim.Second), 0
	case optKeepIntvl:
		return int(sk.keepIntvlTime() / sim.Second), 0
	case optKeepCnt:
		return sk.keepProbesMax(), 0
	case optSynCnt:
		if m.synRetries != 0 {
			return int(m.synRetries), 0
		}
		return sy.TCPSynRetries, 0
	case optLinger2:
		switch {
		case m.linger2 < 0:
			return -1, 0
		case m.linger2 == 0:
			return sy.TCPFinTimeout, 0
		}
		return int(m.linger2 / sim.Second), 0
	case optDeferAccept:
		return retransToSecs(m.deferAccept), 0
	case optWindowClamp:
		return int(sk.windowClamp), 0
	case optQuickAck:
		return int(b2i(!sk.pingpongMode())), 0
	case optThinLinear:
		return int(b2i(m.thinLTO)), 0
	case optThinDupack, optRepair, optIsMPTCP:
		return 0, 0
	case optUserTimeout:
		return int(m.userTimeout / sim.Millisecond), 0
	case optFastopen:
		return m.fo.q.maxQlen, 0
	case optFastopenConnect:
		return int(b2i(m.fo.connect)), 0
	case optFastopenNoCookie:
		return int(b2i(m.fo.noCookie)), 0
	}
	return sk.getRestOpt(name)
}

// getRestOpt is the rest of it.
func (sk *Sock) getRestOpt(name int) (int, core.Errno) {
	m := sk.rare()
	switch name {
	case optTxDelay:
		return int(m.txDelay), 0
	case optTimestamp:
		return int(int32(sk.clockMs()+sk.tsoffset)) &^ 1, 0
	case optNotsentLowat:
		return int(int32(m.notsentLowat)), 0
	case optInq:
		return int(b2i(m.inq)), 0
	case optSaveSyn:
		return int(m.saveSyn), 0
	case optRtoMaxMs:
		return int(sk.rtoMaxNow() / sim.Millisecond), 0
	case optRtoMinUs:
		if m.rtoMin != 0 {
			return int(m.rtoMin / sim.Microsecond), 0
		}
		return int(toJiffies(sim.Time(sk.sysctl().TCPRtoMinUs)*sim.Microsecond) / sim.Microsecond), 0
	case optDelackMaxUs:
		if m.delackMax != 0 {
			return int(m.delackMax / sim.Microsecond), 0
		}
		return int(delackMax / sim.Microsecond), 0
	case optRepairQueue, optQueueSeq:
		return 0, step.EINVAL
	case optRepairWindow:
		return 0, step.EPERM
	}
	return 0, step.ENOPROTOOPT
}

// bytes is union tcp_cc_info as it lies in memory.
func (c *CCInfo) bytes() []byte {
	switch c.Kind {
	case CCVegas:
		return put32s(nil, c.VegasEnabled, c.VegasRTTCnt, c.VegasRTT, c.VegasMinRTT)
	case CCDCTCP:
		return put32s(nil, uint32(c.DCTCPEnabled)|uint32(c.DCTCPCEState)<<16, c.DCTCPAlpha, c.DCTCPAbECN, c.DCTCPTot)
	case CCBBR:
		return put32s(nil, uint32(c.BBRBw), uint32(c.BBRBw>>32), c.BBRMinRTT, c.BBRPacingGain, c.BBRCwndGn)
	}
	return nil
}
