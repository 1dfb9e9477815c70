package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/core/skbuff.c (__skb_tstamp_tx), net/core/sock.c
// (sock_set_timestamping), net/socket.c (__sock_recv_timestamp).

// Bits of SO_TIMESTAMPING (SOF_TIMESTAMPING_*, include/uapi/linux/net_tstamp.h).
const (
	TsTxHardware   = 1 << 0
	TsTxSoftware   = 1 << 1
	TsRxHardware   = 1 << 2
	TsRxSoftware   = 1 << 3
	TsSoftware     = 1 << 4
	TsSysHardware  = 1 << 5
	TsRawHardware  = 1 << 6
	TsOptID        = 1 << 7
	TsTxSched      = 1 << 8
	TsTxAck        = 1 << 9
	TsOptCmsg      = 1 << 10
	TsOptTSOnly    = 1 << 11
	TsOptStats     = 1 << 12
	TsOptPktinfo   = 1 << 13
	TsOptTxSWHW    = 1 << 14
	TsBindPHC      = 1 << 15
	TsOptIDTCP     = 1 << 16
	TsOptRxFilter  = 1 << 17
	TsTxCompletion = 1 << 18

	TsMask       = 1<<19 - 1
	TsTxRecord   = TsTxHardware | TsTxSoftware | TsTxSched | TsTxAck | TsTxCompletion
	TsRxSoftSeen = TsSoftware | TsRxSoftware
)

// What a time in the error queue is the time of (SCM_TSTAMP_*).
const (
	TstampSnd = iota // the driver had it
	TstampSched
	TstampAck
	TstampCompletion
)

// Bits of skb_shinfo(skb)->tx_flags (SKBTX_*).
const (
	TxHWTstamp    = 1 << 0
	TxSWTstamp    = 1 << 1
	TxSchedTstamp = 1 << 6
	txAnyTstamp   = TxHWTstamp | TxSWTstamp | TxSchedTstamp
)

// A shinfo is what of struct skb_shared_info few packets have. Clones share it.
type shinfo struct {
	txFlags uint8
	tskey   uint32
	nrFrags uint8 // pieces of the program's memory
	uarg    *Ubuf
}

// copy is what pskb_expand_head keeps.
func (s *shinfo) copy() *shinfo {
	c := *s
	if c.uarg != nil {
		c.uarg.ref++
	}
	return &c
}

// release is skb_zcopy_clear at the end of the memory.
func (s *shinfo) release() {
	if u := s.uarg; u != nil {
		s.uarg = nil
		u.complete(true)
	}
}

func (b *SKB) shinfo() *shinfo {
	if b.head.sh == nil {
		b.head.sh = &shinfo{}
	}
	return b.head.sh
}

// TxTstamp tells of what moments of this packet a program wants the time
// (skb_shinfo's tx_flags), and by what number (tskey).
func (b *SKB) TxTstamp() (flags uint8, key uint32) {
	if b.head.sh == nil {
		return 0, 0
	}
	return b.head.sh.txFlags, b.head.sh.tskey
}

// SetTxTstamp sets it.
func (b *SKB) SetTxTstamp(flags uint8, key uint32) {
	if flags == 0 && key == 0 && b.head.sh == nil {
		return
	}
	s := b.shinfo()
	s.txFlags, s.tskey = flags, key
}

// hasTxTstamp is tcp_has_tx_tstamp.
func (b *SKB) hasTxTstamp() bool {
	return b.CB.TstampAck || b.head.sh != nil && b.head.sh.txFlags&txAnyTstamp != 0
}

// TxFlags is __sock_tx_timestamp: the packet's marks for a socket's options.
func TxFlags(ts uint32) uint8 {
	f := uint8(0)
	if ts&TsTxHardware != 0 {
		f |= TxHWTstamp
	}
	if ts&TsTxSoftware != 0 {
		f |= TxSWTstamp
	}
	if ts&TsTxSched != 0 {
		f |= TxSchedTstamp
	}
	return f
}

// MoveTxTstamp is tcp_fragment_tstamp: b was cut, second begins with the byte
// numbered at, and the mark goes with the byte that it is about.
func (b *SKB) MoveTxTstamp(second *SKB, at uint32) {
	second.CB.TstampAck = false
	if !b.hasTxTstamp() {
		return
	}
	f, key := b.TxTstamp()
	if int32(key-at) < 0 {
		return
	}
	second.SetTxTstamp(f&txAnyTstamp, key)
	second.CB.TstampAck = b.CB.TstampAck
	b.SetTxTstamp(f&^txAnyTstamp, 0)
	b.CB.TstampAck = false
}

// TakeTxTstamp is tcp_skb_collapse_tstamp: b has taken over all of next.
func (b *SKB) TakeTxTstamp(next *SKB) {
	if !next.hasTxTstamp() {
		return
	}
	f, key := next.TxTstamp()
	g, _ := b.TxTstamp()
	b.SetTxTstamp(g|f&txAnyTstamp, key)
	b.CB.TstampAck = b.CB.TstampAck || next.CB.TstampAck
}

// An OptStatser is a Proto that can tell of a connection beside a time
// (tcp_get_timestamping_opt_stats): netlink attributes.
type OptStatser interface {
	OptStats(orig, ack *SKB) []byte
}

// TstampTx is skb_tstamp_tx of a driver and of __dev_queue_xmit: if the program
// asked for it, the time goes to the error queue of the socket that sends b.
func (ns *Netns) TstampTx(b *SKB, kind uint8) {
	if b.head.sh == nil || b.SK == nil {
		return
	}
	want := uint8(TxSWTstamp)
	if kind == TstampSched {
		want = TxSchedTstamp
	}
	if b.head.sh.txFlags&want != 0 {
		b.SK.TstampTx(ns, b, nil, kind)
	}
}

// TstampTx is __skb_tstamp_tx. ack is the packet that acknowledged b, for
// TstampAck.
func (sk *Sock) TstampTx(ns *Netns, b, ack *SKB, kind uint8) {
	defer ns.In(step.SkbTstampTx, b).Out()
	ts := sk.Rare().TsFlags
	var c *SKB
	stats := false
	if ts&TsOptTSOnly != 0 {
		c = ns.AllocSKB(0, 0, b.Pkt)
		if p, ok := sk.Prot.(OptStatser); ok && ts&TsOptStats != 0 {
			nla := p.OptStats(b, ack)
			copy(c.Put(len(nla)), nla)
			stats = true
		}
		f, key := b.TxTstamp()
		c.SetTxTstamp(f&txAnyTstamp, key)
	} else {
		c = b.Clone()
		c.OrphanFragsRx()
	}
	c.Tstamp = ns.Clock.Now()
	e := ExtErr{Errno: step.ENOMSG, Origin: ErrOriginTimestamping, Info: uint32(kind), OptStats: stats}
	if ts&TsOptID != 0 {
		_, e.Data = c.TxTstamp()
		if sk.Type == SockStream {
			e.Data -= sk.Rare().TsKey
		}
	}
	ns.Why(step.WhyTstamp, uint64(kind), uint64(e.Data))
	c.CB = CB{Err: e}
	if !sk.QueueErr(ns, c) {
		ns.Free(c)
	}
}

// RecvTimestamp is sock_recv_timestamp: the times that the program asked for go
// into the message that it reads.
func (sk *Sock) RecvTimestamp(m *Msghdr, b *SKB, errq bool) {
	if sk.Rare().RcvTstamp && b.Tstamp == 0 {
		b.Tstamp = sk.NS.Clock.Now() // it came before anybody asked
	}
	sk.PutTimestamp(m, b.Tstamp, errq)
	if r := sk.Rare(); errq && b.CB.Err.OptStats && b.Len() > 0 && r.TsFlags&TsSoftware != 0 {
		m.Put(SolSocket, ScmTimestampingOptStats, b.Data())
	}
}

// PutTimestamp is __sock_recv_timestamp and tcp_recv_timestamp: t is when the
// packet came, 0 if nobody knows.
func (sk *Sock) PutTimestamp(m *Msghdr, t sim.Time, errq bool) {
	r := sk.Rare()
	if r.RcvTstamp && t != 0 {
		m.putTstamp(r, t)
	}
	f := r.TsFlags
	if t == 0 || f&TsSoftware == 0 || !errq && f&TsRxSoftware == 0 && f&TsOptRxFilter != 0 {
		return
	}
	var d [48]byte // struct scm_timestamping: software, unused, hardware
	putTime(d[:], t, 1)
	typ := ScmTimestamping
	if r.TstampNew {
		typ = SoTimestampingNew
	}
	m.Put(SolSocket, typ, d[:])
}

// putTstamp is the part for SO_TIMESTAMP and SO_TIMESTAMPNS.
func (m *Msghdr) putTstamp(r *SockRare, t sim.Time) {
	var d [16]byte
	typ, unit := SoTimestamp, sim.Time(1000)
	switch {
	case r.RcvTstampNS && r.TstampNew:
		typ, unit = SoTimestampnsNew, 1
	case r.RcvTstampNS:
		typ, unit = SoTimestampns, 1
	case r.TstampNew:
		typ = SoTimestampNew
	}
	putTime(d[:], t, unit)
	m.Put(SolSocket, typ, d[:])
}

// putTime writes a struct timeval or timespec: seconds, and units of so many
// nanoseconds.
func putTime(d []byte, t, unit sim.Time) {
	put64(d, uint64(t/sim.Second))
	put64(d[8:], uint64(t%sim.Second/unit))
}
