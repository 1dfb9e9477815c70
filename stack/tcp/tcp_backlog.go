package tcp

import (
	"bytes"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// addBacklog is tcp_add_backlog: a system call holds the socket, so the segment
// must wait until it lets go. One that only goes on where the last one ends is
// merged into it: ten ACKs that came during one write are taken for one.
func (sk *Sock) addBacklog(af afOps, b *core.SKB, at step.Step) {
	defer sk.NS.In(step.AddBacklog, b).Out()
	ns := sk.NS
	s, d, _ := af.addrs(b)
	if !sk.T.checksumOK(af, b, s, d) {
		sk.T.csumError(af, b, at)
		return
	}
	b.Dst = nil // skb_dst_drop: the socket will not learn its route from it
	if tail := sk.Backlog.Back(); tail != nil && backlogFits(tail, b) {
		sk.backlogMerge(tail, b)
		return
	}
	limit := int(sk.RcvBuf)<<1 + int(sk.SndBuf)>>1 + 64*1024
	used := int(sk.BacklogLen + sk.RmemAlloc)
	if !sk.AddBacklog(b, limit) {
		ns.Inc(step.TcpExtTCPBacklogDrop)
		ns.Why(step.WhyBacklogLimit, uint64(used), uint64(limit))
		ns.Drop(b, step.DropSocketBacklog, at)
		return
	}
	ns.Why(step.WhyOwnedByUser, uint64(sk.Backlog.Len()))
}

// backlogFits tells whether b may be merged into the last packet of the
// backlog. The kernel merges data too if it lies in page fragments
// (skb_try_coalesce); here it is ACKs without data only.
func backlogFits(tail, b *core.SKB) bool {
	t, h := header(tail), header(b)
	tf, f := tail.CB.TCPFlags, b.CB.TCPFlags
	n := h.DataOff()
	switch {
	case b.Len() != n, tail.CB.EndSeq != b.CB.Seq, t.DataOff() != n:
		return false
	case (tf|f)&(fSyn|fRst|fUrg) != 0, tf&f&fAck == 0, (tf^f)&uint16(wire.TCPEce|wire.TCPCwr) != 0:
		return false
	case tail.Protocol != b.Protocol, dsfield(tail) != dsfield(b):
		return false
	}
	return bytes.Equal(t[wire.TCPMinLen:n], h[wire.TCPMinLen:n])
}

// dsfield is TCP_SKB_CB(skb)->ip_dsfield.
func dsfield(b *core.SKB) uint8 {
	if b.Protocol == etherIPv6 {
		return b.IP6().TrafficClass()
	}
	return b.IP4().TOS()
}

// backlogMerge is the rest of the coalescing in tcp_add_backlog.
func (sk *Sock) backlogMerge(tail, b *core.SKB) {
	ns := sk.NS
	h := header(b)
	tail.CB.EndSeq = b.CB.EndSeq
	t := header(tail)
	if !before(b.CB.AckSeq, tail.CB.AckSeq) {
		tail.CB.AckSeq = b.CB.AckSeq
		t.SetWindow(h.Window())
	}
	t.SetFlags(t.Flags() | h.Flags()&wire.TCPFin)
	tail.CB.TCPFlags |= b.CB.TCPFlags
	tail.GSOSize = max(tail.GSOSize, tail.Len()-t.DataOff())
	tail.GSOSegs = min(max(1, tail.GSOSegs)+max(1, b.GSOSegs), 0xffff)
	ns.Inc(step.TcpExtTCPBacklogCoalesce)
	ns.Why(step.WhyBacklogMerged, uint64(tail.ID), uint64(tail.CB.AckSeq-sk.sndUna))
	ns.FreeInto(b, step.AddBacklog, step.WhyBacklogMergedInto, uint64(tail.ID))
}
