package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Msg is what a receive call tells besides the bytes, to who needs no control
// messages.
type Msg struct {
	N    int // bytes copied; with MsgTrunc the real length
	Addr wire.Addr
	Port uint16
	Cut  bool        // MSG_TRUNC: the datagram was longer
	Err  core.ExtErr // MSG_ERRQUEUE only
	IIF  int         // IP_PKTINFO: the device that it came in by
	Dst  wire.Addr   // IP_PKTINFO: the address that it was sent to
	// Offender is who sent the ICMP error (SO_EE_OFFENDER), with MSG_ERRQUEUE.
	Offender wire.Addr
}

// Recv is recvfrom(): copy the next datagram into buf. It never sleeps: EAGAIN
// means that nothing is there.
func (sk *Sock) Recv(buf []byte, flags int) (Msg, core.Errno) {
	m := core.Msghdr{Data: buf, Flags: flags}
	n, e := sk.RecvMsg(&m)
	return Msg{N: n, Addr: m.Addr, Port: m.Port, Cut: m.Out&core.MsgTrunc != 0, Err: m.Err, IIF: m.IIF, Dst: m.Dst, Offender: m.Offender}, e
}

// RecvMsg is udp_recvmsg (udpv6_recvmsg). It returns what the call returns.
func (sk *Sock) RecvMsg(m *core.Msghdr) (int, core.Errno) {
	if sk.Family == core.AFInet6 {
		return sk.recvmsg6(m)
	}
	return sk.recvmsg4(m)
}

// recvmsg4 is udp_recvmsg.
func (sk *Sock) recvmsg4(m *core.Msghdr) (int, core.Errno) {
	defer sk.NS.In(step.UdpRecvmsg, sk).Out()
	return sk.recvmsg(m, step.UdpRecvmsg)
}

// recvmsg6 is udpv6_recvmsg.
func (sk *Sock) recvmsg6(m *core.Msghdr) (int, core.Errno) {
	defer sk.NS.In(step.Udpv6Recvmsg, sk).Out()
	return sk.recvmsg(m, step.Udpv6Recvmsg)
}

func (sk *Sock) recvmsg(m *core.Msghdr, at step.Step) (int, core.Errno) {
	if m.Flags&core.MsgErrQueue != 0 {
		return inet.RecvError(&sk.Sock, m)
	}
	for {
		b, off, e := sk.recvSKB(m.Flags)
		if e != 0 || b == nil {
			return 0, e
		}
		known := csumUnnecessary(b)
		if !csumComplete(b) {
			sk.dropBadCsum(b, m.Flags, at)
			continue
		}
		if m.Fault && len(m.Data) > 0 && b.Len() > off {
			if m.Flags&core.MsgPeek == 0 {
				sk.Drops++
				sk.u.inc(b, step.UdpInErrors)
				sk.NS.Drop(b, step.DropNotSpecified, at)
			}
			return 0, step.EFAULT
		}
		if !b.Linear() && (known || len(m.Data) < b.Len()) {
			// Else the bytes are copied and summed as one, or by copy_linear_skb:
			// neither has a tracepoint.
			sk.NS.TP(step.SkbCopyDatagramIovec, b, uint64(b.ID), uint64(min(len(m.Data), b.Len())))
		}
		return sk.deliver(b, off, m, at), 0
	}
}

// recvSKB is __skb_recv_udp: a pending error first, then the queue. Nil
// without an error: the program has shut reading down.
func (sk *Sock) recvSKB(flags int) (*core.SKB, int, core.Errno) {
	defer sk.NS.In(step.SkbRecvUdp, sk).Out()
	ns := sk.NS
	if e := sk.SockError(); e != 0 {
		ns.Why(step.WhyUDPSendErr, uint64(e))
		return nil, 0, e
	}
	b, off := sk.RcvQueue.Front(), 0
	if flags&core.MsgPeek != 0 && sk.Rare().PeekOff >= 0 {
		b, off = sk.peekAt(int(sk.Rare().PeekOff))
	}
	if b == nil {
		ns.Why(step.WhyUDPEmpty)
		if sk.Shutdown&core.RcvShutdown != 0 && flags&core.MsgDontWait == 0 {
			return nil, 0, 0
		}
		return nil, 0, step.EAGAIN
	}
	if flags&core.MsgPeek == 0 {
		sk.take(b)
	}
	return b, off, 0
}

// peekAt is the datagram that has byte off of what waits (SO_PEEK_OFF), and the
// byte's place in it.
func (sk *Sock) peekAt(off int) (*core.SKB, int) {
	for b := sk.RcvQueue.Front(); b != nil; b = b.Next() {
		if off < b.Len() || off == 0 {
			return b, off
		}
		off -= b.Len()
	}
	return nil, 0
}

// take removes b, the first packet, from the queue, and gives its memory back
// (udp_skb_destructor).
func (sk *Sock) take(b *core.SKB) {
	if sk.reader == 0 {
		sk.reader = sk.RcvQueue.Len()
	}
	sk.RcvQueue.Remove(b)
	sk.reader--
	sk.rmemRelease(b.Truesize, true)
}

// dropBadCsum is udp_recvmsg's csum_copy_err: a long datagram's checksum is
// wrong, which nobody knew until now.
func (sk *Sock) dropBadCsum(b *core.SKB, flags int, at step.Step) {
	u := sk.u
	if flags&core.MsgPeek != 0 {
		sk.take(b)
	}
	sk.NS.Why(step.WhyUDPCsumBad, uint64(wire.UDP(b.L4()).Checksum()))
	sk.Drops++
	u.inc(b, step.UdpInCsumErrors)
	u.inc(b, step.UdpInErrors)
	sk.NS.Drop(b, step.DropUDPCSUM, at)
}

// deliver copies the datagram out, from byte off on.
func (sk *Sock) deliver(b *core.SKB, off int, m *core.Msghdr, at step.Step) int {
	ns := sk.NS
	m.Addr, m.Port, m.IIF, m.Dst = addrs(b), wire.UDP(b.L4()).SrcPort(), b.IIF, daddrOf(b)
	n := b.CopyBits(off, m.Data[:min(len(m.Data), b.Len()-off)])
	if n < b.Len()-off {
		m.Out |= core.MsgTrunc
	}
	peek := m.Flags&core.MsgPeek != 0
	if r := sk.Rare(); r.PeekOff >= 0 && peek {
		sk.SetRare().PeekOff += int32(n) // sk_peek_offset_fwd
	} else if r.PeekOff > 0 {
		sk.SetRare().PeekOff = max(r.PeekOff-int32(b.Len()), 0)
	}
	sk.RecvCmsgs(m, b)
	sk.cmsgRecv(m, b)
	inet.CmsgRecv(&sk.Sock, m, b)
	ns.Why(step.WhyUDPRead, uint64(n), uint64(b.Len()), m.Addr.Hi, m.Addr.Lo, uint64(m.Port))
	if m.Flags&core.MsgTrunc != 0 {
		n = b.Len()
	}
	if !peek {
		sk.u.inc(b, step.UdpInDatagrams)
		ns.DeliverStateless(b, at)
	}
	return n
}

// NextLen is __first_packet_length (FIONREAD, poll): the length of the first
// datagram that is whole, -1 if there is none. Bad ones in front are dropped.
func (sk *Sock) NextLen() int {
	defer sk.NS.In(step.FirstPacketLength, sk).Out()
	for b := sk.RcvQueue.Front(); b != nil; b = sk.RcvQueue.Front() {
		if csumComplete(b) {
			return b.Len()
		}
		sk.dropBadCsum(b, core.MsgPeek, step.FirstPacketLength)
	}
	return -1
}

// Close is udp_lib_close (sk_common_release): the port is free again, what was
// not read is dropped.
func (sk *Sock) Close() {
	defer sk.NS.In(step.UdpDestroySock, sk).Out()
	ns := sk.NS
	sk.encapDisable()
	sk.Dead, sk.Waker = true, nil
	sk.pending = nil
	sk.leaveGroups()
	sk.unhash()
	sk.destruct()
	sk.InetDestruct(ns)
	sk.State = core.TCPClose
}

// destruct is udp_destruct_common.
func (sk *Sock) destruct() {
	defer sk.NS.In(step.UdpDestructCommon, sk).Out()
	ns := sk.NS
	total := 0
	for b := sk.RcvQueue.PopFront(); b != nil; b = sk.RcvQueue.PopFront() {
		total += b.Truesize
		ns.Drop(b, step.DropNotSpecified, step.UdpDestructCommon)
	}
	sk.reader = 0
	sk.rmemRelease(total, false)
}

// ShutdownHow is inet_shutdown of a datagram socket: nothing is sent. how is
// core.RcvShutdown, SendShutdown or both.
func (sk *Sock) ShutdownHow(how uint8) core.Errno {
	if sk.State != core.TCPEstablished {
		// The kernel sets it all the same, and says so.
		sk.Shutdown |= how
		sk.StateChange(sk.NS)
		return step.ENOTCONN
	}
	sk.Shutdown |= how
	sk.StateChange(sk.NS)
	return 0
}
