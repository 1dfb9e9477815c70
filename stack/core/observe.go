package core

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// Observe lists what a learner sees of a packet. Offsets are counted from the
// first byte of the link header where there is one.
func (b *SKB) Observe(o *trace.Obs) {
	if b.freed {
		return
	}
	base := 0
	if b.MAC >= 0 {
		base = b.MAC
	} else if b.Network >= 0 {
		base = min(b.Network, b.data)
	} else {
		base = b.data
	}
	off := func(at int) uint64 {
		if at < base {
			return 0
		}
		return uint64(at - base)
	}
	o[step.SKBLen] = uint64(b.Len())
	o[step.SKBDataLen] = uint64(b.fragLen)
	o[step.SKBData] = off(b.data)
	o[step.SKBNetworkHeader] = off(b.Network)
	o[step.SKBTransportHeader] = off(b.Transport)
	o[step.SKBProtocol] = uint64(b.Protocol)
	o[step.SKBPktType] = uint64(b.PktType)
	if b.Dev != nil {
		o[step.SKBDev] = uint64(b.Dev.Index)
	}
	o[step.SKBIif] = uint64(b.IIF)
	o[step.SKBIPSummed] = uint64(b.IPSummed)
	o[step.SKBMark] = uint64(b.Mark)
	if b.Dst != nil {
		o[step.SKBDst] = uint64(b.Dst.Type)
		if b.Dst.Dev != nil {
			o[step.SKBDstDev] = uint64(b.Dst.Dev.Index)
		}
	}
	if b.SK != nil {
		o[step.SKBSock] = uint64(b.SK.ID)
	}
	o[step.SKBTruesize] = uint64(b.Truesize)
	if b.VlanPresent {
		o[step.SKBVlan] = uint64(b.VlanTCI) + 1
	}
	o[step.SKBGSOSize] = uint64(b.GSOSize)
	o[step.SKBGSOSegs] = uint64(b.GSOSegs)
	o[step.SKBUsers] = uint64(b.users)
	o[step.SKBQueue] = uint64(b.QueueMapping)
	if b.NFCT != nil {
		o[step.SKBNFCT] = uint64(b.NFCT.CTID())
		o[step.SKBCTInfo] = uint64(b.CTInfo) + 1
	} else if b.CTInfo != 0 {
		o[step.SKBCTInfo] = uint64(b.CTInfo) + 1
	}
	b.observeIP(o)
}

func (b *SKB) observeIP(o *trace.Obs) {
	if b.Network < 0 {
		return
	}
	switch h := b.head.buf[b.Network:b.tail]; {
	case b.Protocol == uint16(wire.EtherTypeIPv4) && len(h) >= 20:
		ip := wire.IPv4(h)
		o[step.SKBTTL] = uint64(ip.TTL())
		a, d := ip.Src().Addr(), ip.Dst().Addr()
		o[step.SKBSaddr], o[step.SKBSaddr+1] = a.Hi, a.Lo
		o[step.SKBDaddr], o[step.SKBDaddr+1] = d.Hi, d.Lo
	case b.Protocol == uint16(wire.EtherTypeIPv6) && len(h) >= 40:
		ip := wire.IPv6(h)
		o[step.SKBTTL] = uint64(ip.HopLimit())
		a, d := ip.Src(), ip.Dst()
		o[step.SKBSaddr], o[step.SKBSaddr+1] = a.Hi, a.Lo
		o[step.SKBDaddr], o[step.SKBDaddr+1] = d.Hi, d.Lo
	}
}

// Observe lists what a learner sees of a socket.
func (sk *Sock) Observe(o *trace.Obs) {
	o[step.SockState] = uint64(sk.State)
	o[step.SockSaddr], o[step.SockSaddr+1] = sk.Saddr.Hi, sk.Saddr.Lo
	o[step.SockDaddr], o[step.SockDaddr+1] = sk.Daddr.Hi, sk.Daddr.Lo
	o[step.SockSport], o[step.SockDport] = uint64(sk.Sport), uint64(sk.Dport)
	o[step.SockProto] = uint64(sk.Protocol)
	o[step.SockRmem], o[step.SockRcvBuf] = uint64(sk.RmemAlloc), uint64(sk.RcvBuf)
	o[step.SockWmem], o[step.SockWmemQueued], o[step.SockSndBuf] = uint64(sk.WmemAlloc), uint64(sk.WmemQueued), uint64(sk.SndBuf)
	o[step.SockRcvQueue], o[step.SockBacklog] = uint64(sk.RcvQueue.Len()), uint64(sk.BacklogLen)
	o[step.SockErr], o[step.SockErrSoft] = uint64(sk.Err), uint64(sk.ErrSoft)
	o[step.SockDrops], o[step.SockShutdown], o[step.SockDead] = uint64(sk.Drops), uint64(sk.Shutdown), flag(sk.Dead)
	o[step.SockAcceptQ], o[step.SockAcceptMax] = uint64(sk.AckBacklog), uint64(sk.MaxAckBacklog)
	if sk.Prot != nil {
		sk.Prot.ObserveOwn(o)
	}
}

// ObserveQueues lists what waits in the queues of a protocol that has such.
func (sk *Sock) ObserveQueues(list []trace.Piece) []trace.Piece {
	if q, ok := sk.Prot.(interface {
		ListQueues([]trace.Piece) []trace.Piece
	}); ok {
		return q.ListQueues(list)
	}
	return list
}

// Observe lists what a learner sees of a neighbour.
func (n *Neighbour) Observe(o *trace.Obs) {
	o[step.NeighState] = uint64(n.State)
	o[step.NeighLladdr] = uint64(n.Addr)
	o[step.NeighQueueLen] = uint64(n.Queue.Len())
	o[step.NeighProbes] = uint64(n.Probes)
	o[step.NeighKey], o[step.NeighKey+1] = n.Key.Hi, n.Key.Lo
	o[step.NeighDev] = uint64(n.Dev.Index)
	o[step.NeighConfirmed] = uint64(n.Confirmed)
}
