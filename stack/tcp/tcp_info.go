package tcp

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// sockStats is the part of struct tcp_sock that only counts.
type sockStats struct {
	segsIn, segsOut         uint32
	dataSegsIn              uint32
	bytesReceived           uint64
	bytesSent, bytesRetrans uint64
	dsackDups, rcvOoopack   uint32
	rtoStamp, totalRTOTime  uint32 // ms
	totalRTO, totalRTORecov uint16
	timeoutRehash           uint16
	chrono                  chronoState
}

// segsIn is tcp_segs_in: a segment came in. The data pointer stands at its header.
func (sk *Sock) segsIn(b *core.SKB) {
	n := uint32(max(1, b.GSOSegs))
	sk.st.segsIn += n
	if b.Len() > header(b).DataOff() {
		sk.st.dataSegsIn += n
	}
}

// segsOut counts a segment that goes out (in __tcp_transmit_skb).
func (sk *Sock) segsOut(payload, segs int) {
	sk.st.segsOut += uint32(segs)
	if payload > 0 {
		sk.st.bytesSent += uint64(payload)
	}
}

// updateRTOStats is tcp_update_rto_stats: a retransmission timeout.
func (sk *Sock) updateRTOStats() {
	if sk.retransmits == 0 {
		sk.st.totalRTORecov++
		sk.st.rtoStamp = sk.clockMs()
	}
	sk.retransmits++
	sk.st.totalRTO++
}

// updateRTOTime is tcp_update_rto_time: the timeouts are over.
func (sk *Sock) updateRTOTime() {
	if sk.st.rtoStamp != 0 {
		sk.st.totalRTOTime += sk.clockMs() - sk.st.rtoStamp
		sk.st.rtoStamp = 0
	}
}

// synackRTOs counts the timeouts of a SYN-ACK for the connection that it made.
func (sk *Sock) synackRTOs(r *Request) {
	sk.st.totalRTO, sk.st.totalRTORecov = uint16(r.numTimeout), 1
	sk.st.totalRTOTime = sk.clockMs() - sk.retransStamp
}

// clockMs is tcp_clock_ms.
func (sk *Sock) clockMs() uint32 { return uint32(sk.now() / sim.Millisecond) }

// Bits of Info.Options (TCPI_OPT_*).
const (
	InfoTimestamps = 1 << iota
	InfoSACK
	InfoWScale
	InfoECN
	InfoECNSeen
	InfoSynData
	InfoUsecTS
	InfoTFOChild
)

// Info is struct tcp_info of Linux 6.18: what a program learns by
// getsockopt(TCP_INFO). Counts are segments, sizes bytes; the unit of a time is
// that of the kernel's field.
type Info struct {
	State, CAState               uint8
	Retransmits, Probes, Backoff uint8
	Options                      uint8
	SndWscale, RcvWscale         uint8
	RateAppLimited               bool
	FastopenClientFail           uint8

	RTO, ATO                                   int // µs
	SndMSS, RcvMSS                             int
	Unacked, Sacked, Lost, Retrans             int
	LastDataSent, LastDataRecv, LastAckRecv    int // ms ago
	PMTU, RcvSsthresh                          int
	RTT, RTTVar                                int // µs
	SndSsthresh, SndCwnd, AdvMSS, Reordering   int
	RcvRTT                                     int // µs
	RcvSpace, TotalRetrans                     int
	PacingRate, MaxPacingRate                  uint64 // bytes a second
	BytesAcked, BytesReceived                  uint64
	SegsOut, SegsIn                            uint32
	NotsentBytes, MinRTT                       int // MinRTT in µs
	DataSegsIn, DataSegsOut                    uint32
	DeliveryRate                               uint64 // bytes a second
	BusyTime, RwndLimited, SndbufLimited       uint64 // µs
	Delivered, DeliveredCE                     uint32
	BytesSent, BytesRetrans                    uint64
	DSACKDups, ReordSeen, RcvOoopack           uint32
	SndWnd, RcvWnd, Rehash                     uint32
	TotalRTO, TotalRTORecoveries               uint16
	TotalRTOTime                               uint32 // ms
	ReceivedCE                                 uint32
	DeliveredE1, DeliveredE0, DeliveredCEBytes uint32
	ReceivedE1, ReceivedE0, ReceivedCEBytes    uint32
	AccECNFailMode, AccECNOptSeen              uint16
}

// Info is tcp_get_info. Of a listening socket, Unacked and Sacked are the
// accept queue and its limit.
func (sk *Sock) Info() Info {
	defer sk.NS.In(step.TcpGetInfo, &sk.Sock).Out()
	i := Info{State: sk.State, PacingRate: sk.pacingRate, MaxPacingRate: sk.maxPacingRate(), Reordering: int(sk.reordering), SndCwnd: int(sk.sndCwnd)}
	if sk.State == core.TCPListen {
		i.Unacked, i.Sacked = int(sk.AckBacklog), int(sk.MaxAckBacklog)
		return i
	}
	sk.NS.Why(step.WhyInfo, uint64(sk.State), uint64(sk.sndCwnd), uint64(sk.packetsOut))
	i.CAState, i.Retransmits, i.Probes, i.Backoff = sk.caState, sk.retransmits, sk.probesOut, sk.backoff
	sk.infoOptions(&i)
	ticks := func(t sim.Time) int { return int(toJiffies(t) / sim.Microsecond) }
	i.RTO, i.ATO = ticks(sk.rto), ticks(min(sk.ack.ato, sk.delackMaxNow()))
	i.SndMSS, i.RcvMSS = int(sk.mssCache), int(sk.ack.rcvMss)
	i.Unacked, i.Sacked, i.Lost, i.Retrans = int(sk.packetsOut), int(sk.sackedOut), int(sk.lostOut), int(sk.retransOut)
	now := sk.jiffies()
	ago := func(j uint32) int { return int(sim.Time(now-j) * sim.Jiffy / sim.Millisecond) }
	i.LastDataSent, i.LastDataRecv, i.LastAckRecv = ago(sk.lsndtime), ago(sk.ack.lrcvtime), ago(sk.rcvTstamp)
	i.PMTU, i.RcvSsthresh = int(sk.pmtuCookie), int(sk.rcvSsthresh)
	i.RTT, i.RTTVar = int(sk.srttUs>>3), int(sk.mdevUs>>2)
	i.SndSsthresh, i.AdvMSS = int(sk.sndSsthresh), int(sk.advmss)
	i.RcvRTT, i.RcvSpace = int(sk.rcvRtt.rttUs>>3), int(sk.rcvq.space)
	i.TotalRetrans = int(sk.totalRetrans)
	i.MinRTT = int(sk.minRtt.get())
	i.SndWnd, i.RcvWnd = sk.sndWnd, sk.rcvWnd
	sk.infoCounts(&i)
	sk.infoRate(&i)
	return i
}

// infoOptions is its part about what both sides agreed on.
func (sk *Sock) infoOptions(i *Info) {
	if sk.rx.tstampOK {
		i.Options |= InfoTimestamps
	}
	if !sk.isReno() {
		i.Options |= InfoSACK
	}
	if sk.rx.wscaleOK {
		i.Options |= InfoWScale
		i.SndWscale, i.RcvWscale = sk.rx.sndWscale, sk.rx.rcvWscale
	}
	fo := &sk.rare().fo
	if fo.synDataAcked {
		i.Options |= InfoSynData
	}
	if fo.synFastopenChild {
		i.Options |= InfoTFOChild
	}
	i.FastopenClientFail = fo.clientFail
}

// infoCounts is its part about what was counted.
func (sk *Sock) infoCounts(i *Info) {
	st := &sk.st
	i.BytesAcked, i.BytesReceived = sk.bytesAcked, st.bytesReceived
	i.NotsentBytes = max(0, int(int32(sk.writeSeq-sk.sndNxt)))
	i.BusyTime, i.RwndLimited, i.SndbufLimited = sk.chronoTimes()
	i.SegsOut, i.SegsIn = st.segsOut, st.segsIn
	i.DataSegsIn, i.DataSegsOut = st.dataSegsIn, sk.dataSegsOut
	i.Delivered = uint32(sk.delivered)
	i.BytesSent, i.BytesRetrans = st.bytesSent, st.bytesRetrans
	i.DSACKDups, i.ReordSeen, i.RcvOoopack = st.dsackDups, uint32(sk.reordSeen), st.rcvOoopack
	i.Rehash = uint32(st.timeoutRehash)
	i.TotalRTO, i.TotalRTORecoveries, i.TotalRTOTime = st.totalRTO, st.totalRTORecov, st.totalRTOTime
	if st.rtoStamp != 0 {
		i.TotalRTOTime += sk.clockMs() - st.rtoStamp
	}
}

// infoRate is its part about the delivery rate and congestion marks.
func (sk *Sock) infoRate(i *Info) {
	i.RateAppLimited, i.DeliveryRate, i.DeliveredCE = sk.rateAppLimited, sk.deliveryRate(), sk.deliveredCE
	if sk.ecnMode(ecnRFC3168) || sk.acc != nil {
		i.Options |= InfoECN
	}
	i.ReceivedCE = sk.ecnRx.ce
	i.ReceivedE1, i.ReceivedE0, i.ReceivedCEBytes = sk.ecnRx.bytes[inetECT1-1], sk.ecnRx.bytes[inetECT0-1], sk.ecnRx.bytes[inetCE-1]
	if a := sk.acc; a != nil {
		i.DeliveredE1, i.DeliveredE0, i.DeliveredCEBytes = a.deliveredBytes[inetECT1-1], a.deliveredBytes[inetECT0-1], a.deliveredBytes[inetCE-1]
		i.AccECNFailMode, i.AccECNOptSeen = uint16(a.failMode), uint16(a.sawOpt)
	}
	if sk.ecnFlags&ecnSeen != 0 {
		i.Options |= InfoECNSeen
	}
}

// infoSize is sizeof(struct tcp_info).
const infoSize = 280

// Bytes is struct tcp_info as it lies in the memory of a little-endian machine.
func (i *Info) Bytes() []byte {
	b := make([]byte, 0, infoSize)
	app := uint8(0)
	if i.RateAppLimited {
		app = 1
	}
	b = append(b, i.State, i.CAState, i.Retransmits, i.Probes, i.Backoff, i.Options, i.SndWscale&15|i.RcvWscale<<4, app|i.FastopenClientFail&3<<1)
	for _, v := range [...]int{i.RTO, i.ATO, i.SndMSS, i.RcvMSS, i.Unacked, i.Sacked, i.Lost, i.Retrans, 0,
		i.LastDataSent, 0, i.LastDataRecv, i.LastAckRecv, i.PMTU, i.RcvSsthresh, i.RTT, i.RTTVar, i.SndSsthresh, i.SndCwnd, i.AdvMSS,
		i.Reordering, i.RcvRTT, i.RcvSpace, i.TotalRetrans} {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	b = put64s(b, i.PacingRate, i.MaxPacingRate, i.BytesAcked, i.BytesReceived)
	b = put32s(b, i.SegsOut, i.SegsIn, uint32(i.NotsentBytes), uint32(i.MinRTT), i.DataSegsIn, i.DataSegsOut)
	b = put64s(b, i.DeliveryRate, i.BusyTime, i.RwndLimited, i.SndbufLimited)
	b = put32s(b, i.Delivered, i.DeliveredCE)
	b = put64s(b, i.BytesSent, i.BytesRetrans)
	b = put32s(b, i.DSACKDups, i.ReordSeen, i.RcvOoopack, i.SndWnd, i.RcvWnd, i.Rehash,
		uint32(i.TotalRTO)|uint32(i.TotalRTORecoveries)<<16, i.TotalRTOTime, i.ReceivedCE,
		i.DeliveredE1, i.DeliveredE0, i.DeliveredCEBytes, i.ReceivedE1, i.ReceivedE0, i.ReceivedCEBytes,
		uint32(i.AccECNFailMode)|uint32(i.AccECNOptSeen)<<16)
	return b
}

func put64s(b []byte, v ...uint64) []byte {
	for _, n := range v {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return b
}

func put32s(b []byte, v ...uint32) []byte {
	for _, n := range v {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}
