package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Msg is what a receive call tells besides the bytes (struct msghdr).
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

// Recv is udp_recvmsg (udpv6_recvmsg): copy the next datagram into buf. It
// never sleeps: EAGAIN means that nothing is there.
func (sk *Sock) Recv(buf []byte, flags int) (Msg, core.Errno) {
	if sk.Family == core.AFInet6 {
		return sk.recvmsg6(buf, flags)
	}
	return sk.recvmsg4(buf, flags)
}

// recvmsg4 is udp_recvmsg.
func (sk *Sock) recvmsg4(buf []byte, flags int) (Msg, core.Errno) {
	defer sk.NS.In(step.UdpRecvmsg, sk).Out()
	return sk.recvmsg(buf, flags, step.UdpRecvmsg)
}

// recvmsg6 is udpv6_recvmsg.
func (sk *Sock) recvmsg6(buf []byte, flags int) (Msg, core.Errno) {
	defer sk.NS.In(step.Udpv6Recvmsg, sk).Out()
	return sk.recvmsg(buf, flags, step.Udpv6Recvmsg)
}

func (sk *Sock) recvmsg(buf []byte, flags int, at step.Step) (Msg, core.Errno) {
	if flags&core.MsgErrQueue != 0 {
		return RecvErr(&sk.Sock, buf)
	}
	for {
		b, e := sk.recvSKB(flags)
		if e != 0 {
			return Msg{}, e
		}
		if b == nil {
			return Msg{}, 0
		}
		known := csumUnnecessary(b)
		if !csumComplete(b) {
			sk.dropBadCsum(b, flags, at)
			continue
		}
		if !b.Linear() && (known || len(buf) < b.Len()) {
			// Else the bytes are copied and summed as one, or by copy_linear_skb:
			// neither has a tracepoint.
			sk.NS.TP(step.SkbCopyDatagramIovec, b, uint64(b.ID), uint64(min(len(buf), b.Len())))
		}
		return sk.deliver(b, buf, flags, at), 0
	}
}

// recvSKB is __skb_recv_udp: a pending error first, then the queue. Nil
// without an error: the program has shut reading down.
func (sk *Sock) recvSKB(flags int) (*core.SKB, core.Errno) {
	defer sk.NS.In(step.SkbRecvUdp, sk).Out()
	ns := sk.NS
	if e := sk.SockError(); e != 0 {
		ns.Why(step.WhyUDPSendErr, uint64(e))
		return nil, e
	}
	b := sk.RcvQueue.Front()
	if b == nil {
		ns.Why(step.WhyUDPEmpty)
		if sk.Shutdown&core.RcvShutdown != 0 && flags&core.MsgDontWait == 0 {
			return nil, 0
		}
		return nil, step.EAGAIN
	}
	if flags&core.MsgPeek == 0 {
		sk.take(b)
	}
	return b, 0
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

// deliver copies the datagram out.
func (sk *Sock) deliver(b *core.SKB, buf []byte, flags int, at step.Step) Msg {
	ns := sk.NS
	m := Msg{Addr: addrs(b), Port: wire.UDP(b.L4()).SrcPort(), IIF: b.IIF, Dst: daddrOf(b)}
	m.N = b.CopyBits(0, buf[:min(len(buf), b.Len())])
	m.Cut = m.N < b.Len()
	ns.Why(step.WhyUDPRead, uint64(m.N), uint64(b.Len()), m.Addr.Hi, m.Addr.Lo, uint64(m.Port))
	if flags&core.MsgTrunc != 0 {
		m.N = b.Len()
	}
	if flags&core.MsgPeek == 0 {
		sk.u.inc(b, step.UdpInDatagrams)
		ns.DeliverStateless(b, at)
	}
	return m
}

// NextLen is first_packet_length (FIONREAD, poll): the length of the first
// datagram that is whole, -1 if there is none. Bad ones in front are dropped.
func (sk *Sock) NextLen() int {
	for b := sk.RcvQueue.Front(); b != nil; b = sk.RcvQueue.Front() {
		if csumComplete(b) {
			return b.Len()
		}
		at := step.UdpRecvmsg
		if sk.Family == core.AFInet6 {
			at = step.Udpv6Recvmsg
		}
		sk.dropBadCsum(b, core.MsgPeek, at)
	}
	return -1
}

// RecvErr is ip_recv_error (ipv6_recv_error): the oldest entry of a socket's
// error queue.
func RecvErr(sk *core.Sock, buf []byte) (Msg, core.Errno) {
	if sk.Family == core.AFInet6 {
		return recvErr6(sk, buf)
	}
	return recvErr4(sk, buf)
}

func recvErr4(sk *core.Sock, buf []byte) (Msg, core.Errno) {
	defer sk.NS.In(step.IpRecvError, sk).Out()
	return recvErr(sk, buf, step.IpRecvError)
}

func recvErr6(sk *core.Sock, buf []byte) (Msg, core.Errno) {
	defer sk.NS.In(step.Ipv6RecvError, sk).Out()
	return recvErr(sk, buf, step.Ipv6RecvError)
}

func recvErr(sk *core.Sock, buf []byte, at step.Step) (Msg, core.Errno) {
	b := sk.DequeueErr()
	if b == nil {
		return Msg{}, step.EAGAIN
	}
	m := Msg{Err: b.CB.Err, Port: b.CB.Err.Port, Offender: offender(b)}
	m.N = b.CopyBits(0, buf[:min(len(buf), b.Len())])
	sk.NS.TP(step.SkbCopyDatagramIovec, b, uint64(b.ID), uint64(m.N))
	m.Cut = m.N < b.Len()
	sk.NS.Consume(b, at)
	return m, 0
}

// Close is udp_lib_close (sk_common_release): the port is free again, what was
// not read is dropped.
func (sk *Sock) Close() {
	defer sk.NS.In(step.UdpDestroySock, sk).Out()
	ns := sk.NS
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

// offender is SO_EE_OFFENDER: who sent the ICMP error in the error queue.
func offender(b *core.SKB) wire.Addr {
	switch {
	case b.Network < 0:
	case b.Protocol == uint16(wire.EtherTypeIPv6) && len(b.From(b.Network)) >= wire.IPv6Len:
		return b.IP6().Src()
	case b.Protocol == uint16(wire.EtherTypeIPv4) && len(b.From(b.Network)) >= wire.IPv4MinLen:
		return b.IP4().Src().Addr()
	}
	return wire.Addr{}
}
