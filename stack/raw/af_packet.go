package raw

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Packet is a packet socket (struct packet_sock): a tap that sees frames in
// both directions, and can send whole ones.
type Packet struct {
	core.Sock
	Proto   uint16 // EtherType that it wants, 3 (ETH_P_ALL) for all
	Cooked  bool   // SOCK_DGRAM: without the link header
	Snaplen int    // bytes kept of each frame, 0: all
	Seen    uint64 // frames queued (tp_packets)
	Lost    uint64 // frames refused (tp_drops)
}

// ethAll is ETH_P_ALL.
const ethAll = 3

// NewPacket is socket(AF_PACKET, SOCK_RAW or SOCK_DGRAM, proto), bound to a
// device or, with dev 0, to all. It sees frames from now on.
func NewPacket(ns *core.Netns, proto uint16, dev int, cooked bool) *Packet {
	sk := &Packet{Proto: proto, Cooked: cooked}
	ns.InitSock(&sk.Sock, sk, core.AFPacket, core.SockRaw, 0)
	sk.BoundDev = int32(dev)
	ns.AddTap(sk)
	return sk
}

// Base, BacklogRcv, ReleaseCB, WriteSpace and ObserveOwn: see core.Proto.

// Base is the embedded struct sock.
func (sk *Packet) Base() *core.Sock { return &sk.Sock }

// BacklogRcv is never called.
func (sk *Packet) BacklogRcv(ns *core.Netns, b *core.SKB) { panic("raw: no backlog") }

// ReleaseCB has nothing to do.
func (sk *Packet) ReleaseCB(ns *core.Netns) {}

// WriteSpace is sock_def_write_space.
func (sk *Packet) WriteSpace(ns *core.Netns) { writeSpace(&sk.Sock) }

// ObserveOwn lists nothing more.
func (sk *Packet) ObserveOwn(o *trace.Obs) {}

// Rcv is packet_rcv: the tap gets a clone of a frame, and owns it. The data
// pointer stands at the network header, of a frame that goes out at the link
// header.
func (sk *Packet) Rcv(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.PacketRcv, b).Out()
	if sk.Dead || b.PktType == core.PacketLoopback || sk.BoundDev != 0 && int(sk.BoundDev) != ifindex(b) ||
		sk.Proto != ethAll && sk.Proto != b.Protocol {
		ns.Free(b)
		return
	}
	switch {
	case b.MAC < 0 || b.Dev != nil && b.Dev.HardLen == 0:
	case !sk.Cooked && b.Offset() > b.MAC:
		b.Push(b.Offset() - b.MAC)
	case sk.Cooked && b.Network > b.Offset():
		b.Pull(b.Network - b.Offset())
	}
	if sk.RmemAlloc >= sk.RcvBuf {
		ns.Why(step.WhyPacketFull, uint64(sk.ID), uint64(sk.RmemAlloc), uint64(sk.RcvBuf))
		sk.Lost++
		sk.Drops++
		ns.Drop(b, step.DropPacketSockError, step.PacketRcv)
		return
	}
	if sk.Snaplen > 0 {
		b.Trim(sk.Snaplen)
	}
	sk.Seen++
	if b.Tstamp == 0 { // tpacket_get_timestamp
		b.Tstamp = ns.Clock.Now()
	}
	b.IIF, b.Dev, b.Dst = ifindex(b), nil, nil
	b.SetOwnerR(&sk.Sock)
	sk.RcvQueue.PushBack(b)
	sk.DataReady(ns)
}

// Recv is recvfrom(): the next frame.
func (sk *Packet) Recv(buf []byte, flags int) (Msg, core.Errno) { return recvFrom(sk, buf, flags) }

// RecvMsg is packet_recvmsg. It returns what the call returns.
func (sk *Packet) RecvMsg(m *core.Msghdr) (int, core.Errno) {
	defer sk.NS.In(step.PacketRecvmsg, sk).Out()
	return recv(&sk.Sock, m, step.PacketRecvmsg)
}

// SendTo is packet_sendmsg: frame is a whole frame, link header first, for a
// device by ifindex (0: the one that it is bound to). IP and netfilter do not
// see it.
func (sk *Packet) SendTo(frame []byte, ifindex int) (int, core.Errno) {
	defer sk.NS.In(step.PacketSendmsg, sk).Out()
	ns := sk.NS
	if ifindex == 0 {
		ifindex = int(sk.BoundDev)
	}
	d := ns.DevByIndex(ifindex)
	switch {
	case d == nil:
		return 0, step.ENODEV
	case !d.Up():
		return 0, step.ENETDOWN
	case len(frame) > d.MTU+d.HardLen:
		return 0, step.EMSGSIZE
	case len(frame) < d.HardLen || len(frame) == 0:
		return 0, step.EINVAL
	}
	b := ns.AllocSKB(core.Headroom, len(frame), 0)
	copy(b.Put(len(frame)), frame)
	b.ResetMAC()
	b.MACLen = d.HardLen
	b.Network = b.Offset() + d.HardLen
	b.Dev, b.Priority, b.Mark = d, sk.Priority, sk.Mark
	if d.HardLen >= wire.EthernetLen {
		b.Protocol = uint16(frame[12])<<8 | uint16(frame[13])
	}
	b.SetOwnerW(&sk.Sock)
	switch rc := ns.DevQueueXmit(b); {
	case rc < 0:
		return 0, core.Errno(-rc)
	case rc != core.NetXmitSuccess && rc != core.NetXmitCN: // net_xmit_errno
		return 0, step.ENOBUFS
	}
	return len(frame), 0
}

// Close is packet_release: it takes the tap off; clones that still come are
// freed at once.
func (sk *Packet) Close() {
	defer sk.NS.In(step.PacketRelease, sk).Out()
	sk.Dead, sk.Waker = true, nil
	for b := sk.RcvQueue.PopFront(); b != nil; b = sk.RcvQueue.PopFront() {
		sk.NS.Drop(b, step.DropQueuePurge, step.PacketRelease)
	}
}
