package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// outOptions is struct tcp_out_options: the options of one segment to send.
type outOptions struct {
	mss      uint16 // 0: none
	ts       bool
	sackPerm bool
	wscale   int // -1: none
	sacks    int
	tsval    uint32
	tsecr    uint32
	blocks   [numSacks]wire.SACKBlock
	foc      *foCookie // nil: none

	acc       bool // an AccECN option
	accFields int
	accBytes  [3]uint32
}

// synOptions is tcp_syn_options: a SYN offers all that the sysctls allow
// (RFC 9293 §3.7.1, RFC 7323, RFC 2018). It returns the options' length.
func (sk *Sock) synOptions(o *outOptions) int {
	sy := sk.sysctl()
	o.mss, o.wscale = uint16(sk.advertiseMSS()), -1
	n := 4
	if sy.TCPTimestamps != 0 {
		o.ts, o.tsval, o.tsecr = true, sk.tsNow(), sk.rx.tsRecent
		n += 12
	}
	if sy.TCPWindowScaling != 0 {
		o.wscale = int(sk.rx.rcvWscale)
		n += 4
	}
	if sy.TCPSack != 0 {
		o.sackPerm = true
		if !o.ts {
			n += 4
		}
	}
	return n + sk.synFastopen(o, maxTCPOption-n)
}

// synackOptions is tcp_synack_options: the SYN-ACK agrees to what the SYN
// offered and this side can.
func synackOptions(r *Request, mss int, stamp uint32, o *outOptions, c *foCookie) int {
	o.mss, o.wscale = uint16(mss), -1
	n := 4
	if r.wscaleOK {
		o.wscale = int(r.rcvWscale)
		n += 4
	}
	if r.tstampOK {
		o.ts, o.tsval, o.tsecr = true, stamp+r.tsOff, r.tsRecent
		if r.tsvalFirst == 0 {
			if o.tsval == 0 {
				o.tsval = ^uint32(0)
			}
			r.tsvalFirst = o.tsval
		}
		r.tsvalLast = o.tsval
		n += 12
	}
	if r.sackOK {
		o.sackPerm = true
		if !r.tstampOK {
			n += 4
		}
	}
	if c.n >= 0 && maxTCPOption-n >= c.optLen() {
		o.foc = c
		n += c.optLen()
	}
	return n
}

// establishedOptions is tcp_established_options: timestamps when agreed, and
// as many SACK blocks as fit, a D-SACK first (RFC 2018 §4, RFC 2883 §4).
func (sk *Sock) establishedOptions(o *outOptions) int {
	n := 0
	o.wscale = -1
	if sk.rx.tstampOK {
		o.ts, o.tsval, o.tsecr = true, sk.tsNow(), sk.rx.tsRecent
		n = 12
	}
	eff := int(sk.rx.numSacks)
	if sk.rx.dsack {
		eff++
	}
	if room := maxTCPOption - n; eff > 0 && room >= 4+8 {
		o.sacks = min(eff, (room-4)/8)
		n += 4 + 8*o.sacks
	}
	if sk.acc != nil {
		n += sk.accFit(o, maxTCPOption-n)
	}
	if o.sacks > 0 {
		i := 0
		if sk.rx.dsack {
			o.blocks[0] = sk.dsackBlk
			i = 1
		}
		copy(o.blocks[i:o.sacks], sk.selAcks[:])
	}
	return n
}

// write is tcp_options_write: the options in Linux's order and with its
// padding, every one on a word of four bytes.
func (o *outOptions) write(p []byte) {
	i := 0
	if o.mss != 0 {
		i += wire.PutMSS(p, o.mss)
	}
	if o.ts {
		if o.sackPerm {
			i += wire.PutSACKPerm(p[i:])
			o.sackPerm = false
		} else {
			i += wire.PutNOPs(p[i:], 2)
		}
		i += wire.PutTS(p[i:], o.tsval, o.tsecr)
	}
	left := [2]byte{wire.TCPOptNOP, wire.TCPOptNOP}
	if o.acc {
		var n int
		n, left = o.putAccECN(p[i:])
		i += n
	}
	if o.sackPerm {
		i += wire.PutNOPs(p[i:], 2)
		i += wire.PutSACKPerm(p[i:])
	}
	if o.wscale >= 0 {
		i += wire.PutNOPs(p[i:], 1)
		i += wire.PutWScale(p[i:], uint8(o.wscale))
	}
	if o.sacks > 0 {
		i += copy(p[i:], left[:])
		i += wire.PutSACK(p[i:], o.blocks[:o.sacks])
	} else if left[0] != wire.TCPOptNOP || left[1] != wire.TCPOptNOP {
		i += copy(p[i:], left[:])
		i += wire.PutNOPs(p[i:], 2)
	}
	if o.foc != nil {
		o.foc.put(p[i:])
	}
}

// advertiseMSS is tcp_advertise_mss: the route may know a smaller one.
func (sk *Sock) advertiseMSS() int {
	if d := sk.DstCache; d != nil {
		if m := sk.af.advMSS(d); m < int(sk.advmss) {
			sk.advmss = int32(m)
		}
	}
	return int(sk.advmss)
}

// mtuToMSS is tcp_mtu_to_mss: the payload that fits an MTU, with the options
// that every segment carries taken off (RFC 6691).
func (sk *Sock) mtuToMSS(mtu int) int {
	m := mtu - sk.af.hdrLen() - wire.TCPMinLen
	m = min(m, int(sk.rx.mssClamp))
	m = max(m, sk.sysctl().TCPMinSndMSS)
	return m - int(sk.headerLen-wire.TCPMinLen)
}

// boundToHalfWnd is tcp_bound_to_half_wnd: never more than half of the largest
// window the peer has offered in one segment.
func (sk *Sock) boundToHalfWnd(n int) int {
	cut := int(sk.maxWindow)
	if cut > mssDefault {
		cut >>= 1
	}
	if cut != 0 && n > cut {
		return max(cut, int(68-sk.headerLen))
	}
	return n
}

// syncMSS is tcp_sync_mss: the path's MTU is known (anew).
func (sk *Sock) syncMSS(pmtu int) int {
	defer sk.NS.In(step.TcpSyncMss, &sk.Sock).Out()
	m := sk.mtupSync(pmtu, sk.boundToHalfWnd(sk.mtuToMSS(pmtu)))
	why := step.WhyMss
	if sk.rx.mssClamp == mssDefault && (sk.State == core.TCPSynSent || sk.State == core.TCPClose) {
		why = step.WhyMssDefault
	}
	sk.NS.Why(why, uint64(pmtu), uint64(sk.rx.mssClamp), uint64(m))
	sk.pmtuCookie, sk.mssCache = int32(pmtu), int32(m)
	return m
}

// currentMSS is tcp_current_mss: the payload of a full segment that is sent
// now; SACK blocks take room from it.
func (sk *Sock) currentMSS() int {
	m := int(sk.mssCache)
	if d := sk.DstCache; d != nil {
		if mtu := sk.af.mtu(d); mtu != int(sk.pmtuCookie) {
			m = sk.syncMSS(mtu)
		}
	}
	n := wire.TCPMinLen
	if sk.acc != nil {
		var o outOptions
		return m - (n + sk.establishedOptions(&o) - int(sk.headerLen))
	}
	if sk.rx.tstampOK {
		n += 12
	}
	if eff := int(sk.rx.numSacks) + int(b2i(sk.rx.dsack)); eff > 0 {
		n += 4 + 8*min(eff, (maxTCPOption-(n-wire.TCPMinLen)-4)/8)
	}
	return m - (n - int(sk.headerLen))
}

func b2i(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// xmitSizeGoal is tcp_xmit_size_goal: how large a packet to build for the
// card (or the software) to segment. It also returns the MSS.
func (sk *Sock) sendMSS() (mss, goal int) {
	mss = sk.currentMSS()
	g := sk.boundToHalfWnd(gsoMaxSize - 1)
	goal = int(sk.gsoSegs) * mss
	if g < goal || g >= goal+mss {
		sk.gsoSegs = int32(min(g/mss, gsoMaxSegs))
		goal = int(sk.gsoSegs) * mss
	}
	return mss, max(goal, mss)
}

// tsoSegs is tcp_tso_segs with tcp_tso_autosize: as many segments in one packet
// as the pacing rate sends in a millisecond, and more when the round trip is
// short.
func (sk *Sock) tsoSegs(mss int) int {
	least := sk.ca.minTSOSegs(sk)
	if least == 0 {
		least = sk.sysctl().TCPMinTSOSegs
	}
	bytes := sk.pacingRate >> sk.pacingShift()
	if r := sk.minRtt.get() >> sk.sysctl().TCPTSORttLog; r < 32 {
		bytes += uint64(gsoMaxSize) >> r
	}
	bytes = min(bytes, uint64(gsoMaxSize))
	return min(max(int(bytes)/mss, least), gsoMaxSegs)
}

// mstampSKB is tcp_skb_timestamp_us: when a segment was sent last, in µs.
func skbStamp(b *core.SKB) int64 { return int64(b.Tstamp) / 1000 }
