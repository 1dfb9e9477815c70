package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Reasons of tcp:tcp_send_reset beyond the drop reasons (enum sk_rst_reason).
const (
	resetTimewaitSocket uint64 = 9 + iota
	resetInvalidSyn
	resetAbortOnClose
	resetAbortOnLinger
	resetAbortOnMemory
	resetState
	resetKeepaliveTimeout
	resetDisconnectWithData
)

// rstReason is sk_rst_convert_drop_reason: the number in enum sk_rst_reason.
func rstReason(r core.DropReason) uint64 {
	switch r {
	case step.DropNoSocket:
		return 1
	case step.DropTCPInvalidACKSequence:
		return 2
	case step.DropTCPRfc7323PAWS:
		return 3
	case step.DropTCPTooOldACK:
		return 4
	case step.DropTCPACKUnsentData:
		return 5
	case step.DropTCPFlags:
		return 6
	case step.DropTCPOldACK:
		return 7
	case step.DropTCPAbortOnData:
		return 8
	}
	return 0 // SK_RST_REASON_NOT_SPECIFIED
}

// sendReset is tcp_v4_send_reset (and v6): answer b with a RST. With an ACK in
// it the RST takes its number, else it acknowledges all of it (RFC 9293
// §3.10.7.1). reason is one of enum sk_rst_reason; tw is the
// TIME_WAIT socket that it is for, where there is one instead of sk.
func (t *TCP) sendReset(af afOps, sk *Sock, tw *TimeWait, b *core.SKB, reason uint64) {
	defer t.NS.In(af.stepSendReset(), b).Out()
	ns := t.NS
	h := header(b)
	f := h.Flags()
	if f.Has(wire.TCPRst) {
		ns.Why(step.WhyResetNever)
		return // never a RST for a RST
	}
	s, d, tos := af.addrs(b)
	if md5, ok := parseAuth(h.Options()); !ok || md5 && sk == nil {
		return // nobody could check the RST
	}
	if sk == nil && b.Dst != nil && b.Dst.Type != 0 && b.Dst.Type != rtnLocal {
		return
	}
	var seg [wire.TCPMinLen]byte
	r := wire.TCP(seg[:])
	r.SetSrcPort(h.DstPort())
	r.SetDstPort(h.SrcPort())
	r.SetDataOff(wire.TCPMinLen)
	if f.Has(wire.TCPAck) {
		r.SetSeq(h.Ack())
		r.SetFlags(wire.TCPRst)
	} else {
		n := uint32(b2i(f.Has(wire.TCPSyn)) + b2i(f.Has(wire.TCPFin)))
		n += uint32(b.Offset() + b.Len() - b.Transport - h.DataOff())
		r.SetAck(h.Seq() + n)
		r.SetFlags(wire.TCPRst | wire.TCPAck)
	}
	ns.Why(step.WhyResetSent)
	oif, mark, id, state := 0, uint32(0), uint64(0), uint64(0)
	if sk != nil {
		oif, mark, id, state = int(sk.BoundDev), sk.Mark, uint64(sk.ID), uint64(sk.State)
	}
	transparent := sk != nil && sk.Transparent || tw != nil && tw.transparent
	ns.TP(step.TcpSendReset, b, uint64(b.ID), id, state, reason, d.Hi, d.Lo, uint64(h.DstPort()), s.Hi, s.Lo, uint64(h.SrcPort()))
	if t.Follow && ns.Follow == nil {
		t.expect(ExpectReset, uint16(r.Flags()), r.Seq(), r.Ack())
		return
	}
	ns.Inc(step.TcpOutSegs)
	ns.Inc(step.TcpOutRsts)
	r.ComputeChecksum(af.pseudo(d, s, len(seg)))
	af.reply(t, b, d, s, seg[:], tos&^3, mark, oif, transparent)
}

const rtnLocal = 2

// sendAckFor is tcp_v4_send_ack (and v6): an ACK for who has no full socket.
func (t *TCP) sendAckFor(af afOps, b *core.SKB, seq, ack, win uint32, ts bool, tsval, tsecr uint32, oif int, tos uint8, transparent bool) {
	defer t.NS.In(af.stepSendAck(), b).Out()
	ns := t.NS
	if t.Follow && ns.Follow == nil {
		t.expect(ExpectAck, fAck, seq, ack)
		return
	}
	var seg [wire.TCPMinLen + 12]byte
	n := wire.TCPMinLen
	h := header(b)
	if ts {
		wire.PutNOPs(seg[n:], 2)
		wire.PutTS(seg[n+2:], tsval, tsecr)
		n += 12
	}
	r := wire.TCP(seg[:n])
	r.SetSrcPort(h.DstPort())
	r.SetDstPort(h.SrcPort())
	r.SetDataOff(n)
	r.SetSeq(seq)
	r.SetAck(ack)
	r.SetFlags(wire.TCPAck)
	r.SetWindow(uint16(win))
	s, d, _ := af.addrs(b)
	r.ComputeChecksum(af.pseudo(d, s, n))
	ns.Inc(step.TcpOutSegs)
	af.reply(t, b, d, s, seg[:n], tos, 0, oif, transparent)
}
