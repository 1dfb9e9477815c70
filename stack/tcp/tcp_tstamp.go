package tcp

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/core"
)

// Times of what is sent (SO_TIMESTAMPING). Read before editing: net/ipv4/tcp.c
// (tcp_tx_timestamp, tcp_get_timestamping_opt_stats), net/ipv4/tcp_input.c
// (tcp_ack_tstamp).

// txTimestamp is tcp_tx_timestamp: the last byte of the call is the one whose
// times the program gets.
func (sk *Sock) txTimestamp(want uint32) {
	b := sk.write.Back()
	if b == nil {
		b = sk.rtx.Back()
	}
	if want == 0 || b == nil {
		return
	}
	f, key := b.TxTstamp()
	f |= core.TxFlags(want)
	if want&core.TsTxAck != 0 {
		b.CB.TstampAck = true
	}
	if want&core.TsTxRecord != 0 {
		key = b.CB.Seq + uint32(b.Len()) - 1
	}
	if f != 0 || b.CB.TstampAck {
		b.SetTxTstamp(f, key)
	}
}

// ackTstamp is tcp_ack_tstamp: the byte that a program wants to know about is
// acknowledged now.
func (sk *Sock) ackTstamp(b, ack *core.SKB, prior uint32) {
	if !b.CB.TstampAck {
		return
	}
	if _, key := b.TxTstamp(); !before(key, prior) && before(key, sk.sndUna) {
		sk.TstampTx(sk.NS, b, ack, core.TstampAck)
	}
}

// TsKey is what the numbers of SOF_TIMESTAMPING_OPT_ID count from: what the
// program has written, or what is acknowledged.
func (sk *Sock) TsKey(written bool) uint32 {
	if written {
		return sk.writeSeq
	}
	return sk.sndUna
}

// Kinds of netlink attributes in SCM_TIMESTAMPING_OPT_STATS (TCP_NLA_*).
const (
	nlaPad = iota
	nlaBusy
	nlaRwndLimited
	nlaSndbufLimited
	nlaDataSegsOut
	nlaTotalRetrans
	nlaPacingRate
	nlaDeliveryRate
	nlaSndCwnd
	nlaReordering
	nlaMinRTT
	nlaRecurRetrans
	nlaDeliveryRateAppLmt
	nlaSndqSize
	nlaCAState
	nlaSndSsthresh
	nlaDelivered
	nlaDeliveredCE
	nlaBytesSent
	nlaBytesRetrans
	nlaDSACKDups
	nlaReordSeen
	nlaSRTT
	nlaTimeoutRehash
	nlaBytesNotsent
	nlaEDT
	nlaTTL
	nlaRehash
)

// An nlaBuf is netlink attributes, one behind the other.
type nlaBuf []byte

// put adds an attribute of n bytes (nla_put).
func (b *nlaBuf) put(typ uint16, n int, v uint64) {
	x := binary.LittleEndian.AppendUint16(*b, uint16(4+n))
	x = binary.LittleEndian.AppendUint16(x, typ)
	for i := range (n + 3) &^ 3 {
		c := byte(0)
		if i < n {
			c = byte(v >> (8 * i))
		}
		x = append(x, c)
	}
	*b = x
}

// OptStats is tcp_get_timestamping_opt_stats: what goes with a time
// (SOF_TIMESTAMPING_OPT_STATS). orig is the packet that the time is of, ack the
// one that acknowledged it, nil if none did.
func (sk *Sock) OptStats(orig, ack *core.SKB) []byte {
	i := sk.Info()
	var b nlaBuf
	b.put(nlaBusy, 8, i.BusyTime)
	b.put(nlaRwndLimited, 8, i.RwndLimited)
	b.put(nlaSndbufLimited, 8, i.SndbufLimited)
	b.put(nlaDataSegsOut, 8, uint64(i.DataSegsOut))
	b.put(nlaTotalRetrans, 8, uint64(i.TotalRetrans))
	b.put(nlaPacingRate, 8, i.PacingRate)
	b.put(nlaDeliveryRate, 8, i.DeliveryRate)
	b.put(nlaSndCwnd, 4, uint64(i.SndCwnd))
	b.put(nlaReordering, 4, uint64(i.Reordering))
	b.put(nlaMinRTT, 4, uint64(i.MinRTT))
	b.put(nlaRecurRetrans, 1, uint64(i.Retransmits))
	b.put(nlaDeliveryRateAppLmt, 1, b2i(i.RateAppLimited))
	b.put(nlaSndSsthresh, 4, uint64(i.SndSsthresh))
	b.put(nlaDelivered, 4, uint64(i.Delivered))
	b.put(nlaDeliveredCE, 4, uint64(i.DeliveredCE))
	b.put(nlaSndqSize, 4, uint64(sk.writeSeq-sk.sndUna))
	b.put(nlaCAState, 1, uint64(i.CAState))
	b.put(nlaBytesSent, 8, i.BytesSent)
	b.put(nlaBytesRetrans, 8, i.BytesRetrans)
	b.put(nlaDSACKDups, 4, uint64(i.DSACKDups))
	b.put(nlaReordSeen, 4, uint64(i.ReordSeen))
	b.put(nlaSRTT, 4, uint64(i.RTT))
	b.put(nlaTimeoutRehash, 2, uint64(sk.st.timeoutRehash))
	b.put(nlaBytesNotsent, 4, uint64(i.NotsentBytes))
	b.put(nlaEDT, 8, uint64(orig.Tstamp))
	if ack != nil {
		b.put(nlaTTL, 1, uint64(ackTTL(ack)))
	}
	b.put(nlaRehash, 4, uint64(i.Rehash))
	return b
}

// ackTTL is tcp_skb_ttl_or_hop_limit.
func ackTTL(b *core.SKB) uint8 {
	if b.Network < 0 {
		return 0
	}
	if b.Protocol == etherIPv6 {
		return b.IP6().HopLimit()
	}
	return b.IP4().TTL()
}
