package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// measureRcvMSS is tcp_measure_rcv_mss: guess the peer's segment size, and
// from memory against payload how much window the buffer is good for.
func (sk *Sock) measureRcvMSS(b *core.SKB) {
	lastSeg := int(sk.ack.lastSeg)
	sk.ack.lastSeg = 0
	n := b.GSOSize
	if n == 0 {
		n = b.Len()
	}
	if n >= int(sk.ack.rcvMss) {
		if n != int(sk.ack.rcvMss) && b.Truesize > 0 {
			r := max(b.Len()<<rmemToWinScale/b.Truesize, 1)
			old := int(sk.scalingRatio)
			sk.scalingRatio = int32(min(r, 255))
			if old != int(sk.scalingRatio) {
				sk.setWindowClamp(sk.winFromSpace(int(sk.RcvBuf)))
				sk.rcvq.space = min(sk.rcvq.space, sk.windowClamp)
			}
		}
		sk.ack.rcvMss = int32(min(n, int(sk.advmss)))
		// A full segment that is pushed probably ends what a program wrote: when
		// the reader has it all, the ACK goes at once.
		if b.CB.TCPFlags&fPsh != 0 {
			sk.ack.pending |= ackPushed
		}
		return
	}
	// A small segment. With its header it has a length that SACK blocks do not
	// change.
	n -= b.TransportOffset()
	if n >= mssDefault+20 || n >= minMSS+20 && b.CB.TCPFlags&(fPsh|fFin|fSyn|fUrg) == 0 {
		n -= int(sk.headerLen)
		sk.ack.lastSeg = int32(n)
		if n == lastSeg {
			sk.ack.rcvMss = int32(n)
			return
		}
	}
	if sk.ack.pending&ackPushed != 0 {
		sk.ack.pending |= ackPushed2
	}
	sk.ack.pending |= ackPushed
}

// minRcvBuf is SOCK_MIN_RCVBUF, in bytes.
const minRcvBuf = 2304

// setWindowClamp is tcp_set_window_clamp: no window will be larger than n
// bytes. What has been offered already stays offered.
func (sk *Sock) setWindowClamp(n int) {
	old := int(sk.windowClamp)
	sk.windowClamp = int32(max(n, minRcvBuf/2))
	if int(sk.windowClamp) < old {
		sk.rcvSsthresh = min(sk.rcvSsthresh, sk.windowClamp)
	} else {
		sk.rcvSsthresh = int32(max(int(sk.rcvSsthresh), min(int(sk.rcvWnd), int(sk.windowClamp))))
	}
}

// growWindow is tcp_grow_window: rcv_ssthresh follows as long as segments are
// worth their memory. With adjust what the packet's head takes does not count,
// because it can be merged with others (truesize_adjust).
func (sk *Sock) growWindow(b *core.SKB, adjust bool) {
	room := min(int(sk.windowClamp), sk.space()) - int(sk.rcvSsthresh)
	if room <= 0 {
		return
	}
	truesize := b.Truesize
	if adjust && (b.Paged || b.HeadLen() == 0) {
		if t := truesize - core.AllocTruesize(0); t >= b.Len() {
			truesize = t
		}
	}
	incr := 0
	if sk.winFromSpace(truesize) <= b.Len() {
		incr = 2 * int(sk.advmss)
	} else {
		t := sk.winFromSpace(truesize) >> 1
		for w := sk.winFromSpace(sk.sysctl().TCPRmem[2]) >> 1; int(sk.rcvSsthresh) <= w; w >>= 1 {
			if t <= b.Len() {
				incr = 2 * int(sk.ack.rcvMss)
				break
			}
			t >>= 1
		}
	}
	if incr > 0 {
		sk.rcvSsthresh += int32(min(room, max(incr, 2*b.Len())))
		sk.ack.quick |= 1
	}
}

// initBufferSpace is tcp_init_buffer_space.
func (sk *Sock) initBufferSpace() {
	if !sk.SndBufLocked {
		sk.sndbufExpand()
	}
	sk.mstampRefresh()
	sk.rcvq.time, sk.rcvq.seq = sk.mstamp, sk.copiedSeq
	maxwin := sk.fullSpace()
	appWin := uint(sk.sysctl().TCPAppWin)
	if int(sk.windowClamp) >= maxwin {
		sk.windowClamp = int32(maxwin)
		if appWin != 0 && maxwin > 4*int(sk.advmss) {
			sk.windowClamp = int32(max(maxwin-maxwin>>appWin, 4*int(sk.advmss)))
		}
	}
	if appWin != 0 && int(sk.windowClamp) > 2*int(sk.advmss) && int(sk.windowClamp+sk.advmss) > maxwin {
		sk.windowClamp = int32(max(2*int(sk.advmss), maxwin-int(sk.advmss)))
	}
	sk.rcvSsthresh = min(sk.rcvSsthresh, sk.windowClamp)
	sk.sndCwndStamp = sk.jiffies()
	sk.rcvq.space = int32(min(int(sk.rcvSsthresh), int(sk.rcvWnd), initCwnd*int(sk.advmss)))
}

// sndbufExpand is tcp_sndbuf_expand.
func (sk *Sock) sndbufExpand() {
	per := max(int(sk.mssCache), int(sk.rx.mssClamp)) + maxTCPHeader + sizeofShinfo
	n := 1
	for n < per {
		n <<= 1
	}
	per = n + sizeofSKB
	nr := int(max(initCwnd, sk.sndCwnd, sk.reordering+1))
	if m := sk.ca.sndbufExpand() * nr * per; int(sk.SndBuf) < m {
		sk.SndBuf = int32(min(m, sk.sysctl().TCPWmem[2]))
	}
}

const (
	sizeofSKB    = 256 // SKB_DATA_ALIGN(sizeof(struct sk_buff))
	sizeofShinfo = 320 // SKB_DATA_ALIGN(sizeof(struct skb_shared_info))
)

// initRcvMSS is tcp_initialize_rcv_mss.
func (sk *Sock) initRcvMSS() {
	h := int(min(sk.advmss, sk.mssCache))
	h = min(h, int(sk.rcvWnd/2))
	h = min(h, mssDefault)
	sk.ack.rcvMss = int32(max(h, minMSS))
}

// rcvRttMeasure is tcp_rcv_rtt_measure: without timestamps, a window's worth
// of data takes about a round trip.
func (sk *Sock) rcvRttMeasure() {
	r := &sk.rcvRtt
	if r.time != 0 {
		if before(sk.rcvNxt, r.seq) {
			return
		}
		sk.rcvRttUpdate(uint32(max(sk.mstamp-r.time, 1)), true)
	}
	r.seq = sk.rcvNxt + sk.rcvWnd
	r.time = sk.mstamp
}

// rcvRttMeasureTS is tcp_rcv_rtt_measure_ts: with timestamps, each new echo on a
// full segment tells.
func (sk *Sock) rcvRttMeasureTS(b *core.SKB) {
	if sk.rx.rcvTsecr == sk.rcvRttLastTsecr {
		return
	}
	sk.rcvRttLastTsecr = sk.rx.rcvTsecr
	if int(b.CB.EndSeq-b.CB.Seq) >= int(sk.ack.rcvMss) {
		if d := sk.rttTsopt(0); d > 0 {
			sk.rcvRttUpdate(uint32(d), false)
		}
	}
}

// rcvRttUpdate is tcp_rcv_rtt_update: a shorter round trip counts at once. A
// longer one only if it comes from a timestamp, and the program has read
// everything: else it may be the program that is slow.
func (sk *Sock) rcvRttUpdate(sample uint32, winDep bool) {
	old := sk.rcvRtt.rttUs
	n := sample << 3
	if old != 0 && n >= old {
		if winDep || sk.rcvNxt != sk.copiedSeq {
			return
		}
		n = old - old>>3 + sample
	}
	sk.rcvRtt.rttUs = n
}

// rcvSpaceAdjust is tcp_rcv_space_adjust: a program that reads more in one
// round trip than the window allows gets a larger receive buffer.
func (sk *Sock) rcvSpaceAdjust() {
	defer sk.NS.In(step.TcpRcvSpaceAdjustStep, &sk.Sock).Out()
	ns := sk.NS
	ns.TP(step.TcpRcvSpaceAdjust, &sk.Sock, uint64(sk.ID), uint64(sk.Family), uint64(sk.Sport), uint64(sk.Dport),
		sk.Saddr.Hi, sk.Saddr.Lo, sk.Daddr.Hi, sk.Daddr.Lo)
	sk.mstampRefresh()
	t := sk.mstamp - sk.rcvq.time
	if sk.rcvRtt.rttUs == 0 || t < int64(sk.rcvRtt.rttUs>>3) {
		return
	}
	copied := int(sk.copiedSeq - sk.rcvq.seq)
	copied -= int(sk.rcvNxt - sk.copiedSeq)
	if copied > int(sk.rcvq.space) {
		sk.rcvbufGrow(copied)
	}
	sk.rcvq.seq, sk.rcvq.time = sk.copiedSeq, sk.mstamp
}

// rcvbufGrow is tcp_rcvbuf_grow: n bytes were read in the last round trip. Make
// room for twice as much, for as much more as it has grown since the one
// before, and for what waits behind a hole.
func (sk *Sock) rcvbufGrow(n int) {
	defer sk.NS.In(step.TcpRcvbufGrow, &sk.Sock).Out()
	ns := sk.NS
	old := uint32(max(sk.rcvq.space, 1))
	sk.rcvq.space = int32(n)
	if sk.sysctl().TCPModerateRcvbuf == 0 || sk.RcvBufLocked {
		return
	}
	w := uint32(n) << 1
	w += uint32(uint64(w)*uint64(uint32(n)-old)/uint64(old)) << 1
	if l := sk.ooo.Back(); l != nil {
		w += l.CB.EndSeq - sk.rcvNxt
	}
	buf := int(min(uint32(sk.spaceFromWin(int(w))), uint32(sk.sysctl().TCPRmem[2])))
	if buf <= int(sk.RcvBuf) {
		ns.Why(step.WhyRcvbufKept, uint64(n), uint64(buf), uint64(sk.RcvBuf))
		return
	}
	ns.Why(step.WhyRcvbufGrow, uint64(sk.RcvBuf), uint64(buf), uint64(n))
	sk.RcvBuf = int32(buf)
	sk.windowClamp = int32(sk.winFromSpace(buf))
}

// dataSndCheck is tcp_data_snd_check: an ACK may let data go.
func (sk *Sock) dataSndCheck() {
	sk.pushFrames()
	sk.checkSpace()
}

func (sk *Sock) resetSack() { sk.rx.dsack, sk.rx.numSacks = false, 0 }

// header is the TCP header of a received segment.
func header(b *core.SKB) wire.TCP { return wire.TCP(b.From(b.Transport)) }
