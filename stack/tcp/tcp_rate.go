package tcp

import "github.com/packetwalk/packetwalk/stack/core"

// Delivery rate sampling (net/ipv4/tcp_rate.c, draft-cheng-iccrg-delivery-rate-
// estimation): each segment notes when it was sent and how much had been
// delivered by then; its ACK tells how much was delivered since, and in what
// time. So the rate of the path shows without a look at its queues.

// rateSample is struct rate_sample: what one ACK tells.
type rateSample struct {
	priorMstamp      int64 // µs: when priorDelivered was true; 0: nothing known
	priorDelivered   uint32
	priorDeliveredCE uint32
	delivered        int // segments in the interval, -1: no valid sample
	deliveredCE      uint32
	intervalUs       int64
	sndIntervalUs    uint32
	rcvIntervalUs    uint32
	rttUs            int64 // -1: none
	losses           int
	ackedSacked      int
	priorInFlight    int
	lastEndSeq       uint32
	isAppLimited     bool
	isRetrans        bool
	isAckDelayed     bool
}

// sample returns an empty sample for an ACK, until sampled: working an ACK off
// may send what is acknowledged at once on the same machine.
func (t *TCP) sample() *rateSample {
	if t.nrates == len(t.rates) {
		t.rates = append(t.rates, new(rateSample))
	}
	rs := t.rates[t.nrates]
	t.nrates++
	*rs = rateSample{}
	return rs
}

// sampled gives the last sample back.
func (t *TCP) sampled() { t.nrates-- }

// usDelta is tcp_stamp_us_delta.
func usDelta(t1, t0 int64) uint32 { return uint32(max(t1-t0, 0)) }

// rateSKBSent is tcp_rate_skb_sent: note the state of delivery with the packet.
func (sk *Sock) rateSKBSent(b *core.SKB) {
	if sk.packetsOut == 0 {
		t := skbStamp(b)
		sk.firstTxMstamp, sk.deliveredMstamp = t, t
	}
	cb := &b.CB
	cb.FirstTx, cb.DeliveredAt = sk.firstTxMstamp, sk.deliveredMstamp
	cb.Delivered, cb.DeliveredCE = uint32(sk.delivered), sk.deliveredCE
	cb.AppLimited = sk.appLimited != 0
}

// rateSKBDelivered is tcp_rate_skb_delivered: of the packets that an ACK
// reports, the one that was sent last gives the sample.
func (sk *Sock) rateSKBDelivered(b *core.SKB, rs *rateSample) {
	cb := &b.CB
	if cb.DeliveredAt == 0 {
		return
	}
	t := skbStamp(b)
	if rs.priorDelivered == 0 || rackSentAfter(t, sk.firstTxMstamp, cb.EndSeq, rs.lastEndSeq) {
		rs.priorDeliveredCE = cb.DeliveredCE
		rs.priorDelivered, rs.priorMstamp = cb.Delivered, cb.DeliveredAt
		rs.isAppLimited = cb.AppLimited
		rs.isRetrans = cb.Sacked&cbRetransMask != 0
		rs.lastEndSeq = cb.EndSeq
		sk.firstTxMstamp = t
		rs.intervalUs = int64(usDelta(t, cb.FirstTx))
	}
	if cb.Sacked&cbSacked != 0 {
		cb.DeliveredAt = 0 // the cumulative ACK does not count it again
	}
}

// rateGen is tcp_rate_gen: delivered and lost are what this ACK reports anew.
func (sk *Sock) rateGen(delivered, lost int, sackReneg bool, rs *rateSample) {
	if sk.appLimited != 0 && after(uint32(sk.delivered), sk.appLimited) {
		sk.appLimited = 0
	}
	if delivered != 0 {
		sk.deliveredMstamp = sk.mstamp
	}
	rs.ackedSacked, rs.losses = delivered, lost
	if rs.priorMstamp == 0 || sackReneg {
		rs.delivered, rs.intervalUs = -1, -1
		return
	}
	rs.delivered = int(int32(uint32(sk.delivered) - rs.priorDelivered))
	rs.deliveredCE = (sk.deliveredCE - rs.priorDeliveredCE) & deliveredCEMask
	snd, ack := uint32(rs.intervalUs), usDelta(sk.mstamp, rs.priorMstamp)
	rs.intervalUs = int64(max(snd, ack))
	rs.sndIntervalUs, rs.rcvIntervalUs = snd, ack
	if rs.intervalUs < int64(sk.minRtt.get()) {
		rs.intervalUs = -1
		return
	}
	if !rs.isAppLimited || uint64(rs.delivered)*uint64(sk.rateIntervalUs) >= uint64(sk.rateDelivered)*uint64(rs.intervalUs) {
		sk.rateDelivered, sk.rateIntervalUs = uint32(rs.delivered), uint32(rs.intervalUs)
		sk.rateAppLimited = rs.isAppLimited
	}
}

// deliveredCEMask is TCPCB_DELIVERED_CE_MASK.
const deliveredCEMask = 1<<20 - 1

// rateCheckAppLimited is tcp_rate_check_app_limited: a send call begins. If
// less than a segment waited, nothing is queued below, and the window had room,
// then it is the program that sends too little.
func (sk *Sock) rateCheckAppLimited() {
	if int32(sk.writeSeq-sk.sndNxt) < sk.mssCache &&
		int(sk.WmemAlloc)-1 < core.AllocTruesize(0)+1 &&
		sk.packetsInFlight() < int(sk.sndCwnd) &&
		sk.lostOut <= sk.retransOut {
		sk.markAppLimited()
	}
}

// markAppLimited notes that all that is delivered up to here was limited by the
// program.
func (sk *Sock) markAppLimited() {
	if sk.appLimited = uint32(sk.delivered) + uint32(sk.packetsInFlight()); sk.appLimited == 0 {
		sk.appLimited = 1
	}
}

// deliveryRate is tcp_compute_delivery_rate, in bytes a second: tcpi_delivery_rate.
func (sk *Sock) deliveryRate() uint64 {
	if sk.rateDelivered == 0 || sk.rateIntervalUs == 0 {
		return 0
	}
	return uint64(sk.rateDelivered) * uint64(sk.mssCache) * 1000000 / uint64(sk.rateIntervalUs)
}
