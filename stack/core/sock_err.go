package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// ICMPError is ip_icmp_error (ipv6_icmp_error): a program that set IP_RECVERR
// gets the whole ICMP error into its error queue. b's data pointer stands at
// the quoted IP header; payload is the offset, from there, of what the program
// shall read: the quoted packet's transport header or what follows it.
func (sk *Sock) ICMPError(ns *Netns, b *SKB, e ExtErr, payload int) {
	if e.Origin == ErrOriginICMP6 {
		sk.icmpError6(ns, b, e, payload)
		return
	}
	sk.icmpError4(ns, b, e, payload)
}

// icmpError4 is ip_icmp_error.
func (sk *Sock) icmpError4(ns *Netns, b *SKB, e ExtErr, payload int) {
	defer ns.In(step.IpIcmpError, b).Out()
	sk.icmpError(ns, b, e, payload, step.IpIcmpError)
}

// icmpError6 is ipv6_icmp_error.
func (sk *Sock) icmpError6(ns *Netns, b *SKB, e ExtErr, payload int) {
	defer ns.In(step.Ipv6IcmpError, b).Out()
	sk.icmpError(ns, b, e, payload, step.Ipv6IcmpError)
}

func (sk *Sock) icmpError(ns *Netns, b *SKB, e ExtErr, payload int, s step.Step) {
	c := b.Clone()
	c.CB = CB{Err: e}
	if payload >= 0 && payload <= c.HeadLen() {
		c.Pull(payload)
		c.ResetTransport()
		if sk.QueueErr(ns, c) {
			return
		}
	}
	ns.Drop(c, step.DropNotSpecified, s)
}

// QueueErr is sock_queue_err_skb: it reports false if there is no room, and
// leaves the packet to the caller.
func (sk *Sock) QueueErr(ns *Netns, b *SKB) bool {
	defer ns.In(step.SockQueueErrSkb, b).Out()
	if int(sk.RmemAlloc)+b.Truesize >= int(sk.RcvBuf) {
		ns.Why(step.WhyErrQueueFull, uint64(sk.RmemAlloc), uint64(b.Truesize), uint64(sk.RcvBuf))
		return false
	}
	b.Dev, b.PktType = nil, PacketOutgoing // skb_set_err_queue: the mark of the error queue
	b.SetOwnerR(sk)
	sk.SetRare().ErrQueue.PushBack(b)
	if !sk.Dead {
		sk.ErrorReport(ns)
	}
	return true
}

// DequeueErr is sock_dequeue_err_skb: the oldest entry of the error queue, or
// nil. The next entry's error becomes the socket's pending one.
func (sk *Sock) DequeueErr() *SKB {
	b := sk.Rare().ErrQueue.PopFront()
	if b == nil {
		return nil
	}
	next := sk.Rare().ErrQueue.Front()
	switch {
	case next != nil && next.CB.Err.icmp():
		sk.Err = next.CB.Err.Errno
	case b.CB.Err.icmp():
		sk.Err = 0
	}
	if next != nil {
		sk.ErrorReport(sk.NS)
	}
	return b
}

// icmp is is_icmp_err_skb.
func (e *ExtErr) icmp() bool { return e.Origin == ErrOriginICMP || e.Origin == ErrOriginICMP6 }

// PurgeErrQueue is skb_errqueue_purge: the program wants no errors any more.
func (sk *Sock) PurgeErrQueue() {
	for b := sk.Rare().ErrQueue.PopFront(); b != nil; b = sk.Rare().ErrQueue.PopFront() {
		sk.NS.Free(b)
	}
}

// PurgeErr frees an error queue that nobody read. at is where the kernel
// reports the drop: sk_stream_kill_queues (TCP) or inet_sock_destruct.
func (sk *Sock) PurgeErr(ns *Netns, at step.Step) {
	for b := sk.Rare().ErrQueue.PopFront(); b != nil; b = sk.Rare().ErrQueue.PopFront() {
		ns.Drop(b, step.DropQueuePurge, at)
	}
}

// InetDestruct is inet_sock_destruct: the last reference is gone, and with it
// what nobody read.
func (sk *Sock) InetDestruct(ns *Netns) {
	defer ns.In(step.InetSockDestruct, sk).Out()
	for b := sk.RcvQueue.PopFront(); b != nil; b = sk.RcvQueue.PopFront() {
		ns.Drop(b, step.DropQueuePurge, step.InetSockDestruct)
	}
	sk.PurgeErr(ns, step.InetSockDestruct)
	sk.DstCache, sk.RxDst = nil, nil
}

// rcuGrace is how long it takes until every CPU has let go of what is no longer
// linked; on a quiet machine a few ticks.
const rcuGrace = 5 * sim.Jiffy

// A rcuTask is sk->sk_rcu.
type rcuTask struct {
	sk    *Sock
	timer sim.Timer
}

// Run is rcu_core with __sk_destruct.
func (t *rcuTask) Run() {
	ns := t.sk.NS
	for i, o := range ns.rcu {
		if o == t {
			ns.rcu = append(ns.rcu[:i:i], ns.rcu[i+1:]...)
			break
		}
	}
	t.sk.rcuDestruct()
}

// RCUBarrier is rcu_barrier, as cleanup_net waits for it before a namespace goes:
// what was put off until nobody looks any more is done.
func (ns *Netns) RCUBarrier() {
	for len(ns.rcu) > 0 {
		t := ns.rcu[0]
		ns.Clock.Stop(&t.timer)
		t.Run()
	}
}

// DestructRCU is sk_destruct of a socket that packets find without a lock
// (SOCK_RCU_FREE): it goes when nobody can be looking at it any more.
func (sk *Sock) DestructRCU(ns *Netns) {
	sk.rcu = &rcuTask{sk: sk}
	ns.rcu = append(ns.rcu, sk.rcu)
	ns.Clock.Mod(&sk.rcu.timer, ns.Clock.Now()+rcuGrace, sk.rcu)
}

func (sk *Sock) rcuDestruct() {
	defer sk.NS.In(step.RcuCore, sk).Out()
	ns := sk.NS
	ns.BHDisable()
	sk.InetDestruct(ns)
	ns.BHEnable()
}

// AllocSend is the first half of sock_alloc_send_pskb: may the program send
// now? A pending error first, then a shutdown, then the send buffer: EAGAIN
// means that it is full. A refusal counts in discards (Ip6OutDiscards for IPv6).
func (sk *Sock) AllocSend(ns *Netns, discards step.MIB) Errno {
	defer ns.In(step.SockAllocSendPskb, sk).Out()
	e := sk.SockError()
	switch {
	case e != 0:
	case sk.Shutdown&SendShutdown != 0:
		e = step.EPIPE
	case sk.WmemAlloc-1 >= sk.SndBuf:
		ns.Why(step.WhySndbufFull, uint64(sk.WmemAlloc-1), uint64(sk.SndBuf))
		ns.Inc(discards)
		return step.EAGAIN
	default:
		return 0
	}
	ns.Why(step.WhySendPending, uint64(e))
	ns.Inc(discards)
	return e
}
