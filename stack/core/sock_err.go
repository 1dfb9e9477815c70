package core

import "github.com/packetwalk/packetwalk/stack/step"

// ICMPError is ip_icmp_error (ipv6_icmp_error): a program that set IP_RECVERR
// gets the whole ICMP error into its error queue. b's data pointer stands at
// the quoted IP header; payload is the offset, from there, of what the program
// shall read: the quoted packet's transport header or what follows it.
func (sk *Sock) ICMPError(ns *Netns, b *SKB, e ExtErr, payload int) {
	s := step.IpIcmpError
	if e.Origin == ErrOriginICMP6 {
		s = step.Ipv6IcmpError
	}
	defer ns.In(s, b).Out()
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
	if sk.RmemAlloc+b.Truesize >= sk.RcvBuf {
		ns.Why(step.WhyErrQueueFull, uint64(sk.RmemAlloc), uint64(b.Truesize), uint64(sk.RcvBuf))
		return false
	}
	b.Dev = nil
	b.SetOwnerR(sk)
	sk.ErrQueue.PushBack(b)
	if !sk.Dead {
		sk.ErrorReport(ns)
	}
	return true
}

// DequeueErr is sock_dequeue_err_skb: the oldest entry of the error queue, or
// nil. The next entry's error becomes the socket's pending one.
func (sk *Sock) DequeueErr() *SKB {
	b := sk.ErrQueue.PopFront()
	if b == nil {
		return nil
	}
	next := sk.ErrQueue.Front()
	switch {
	case next != nil && next.CB.Err.Origin != ErrOriginLocal:
		sk.Err = next.CB.Err.Errno
	case b.CB.Err.Origin != ErrOriginLocal:
		sk.Err = 0
	}
	return b
}

// PurgeErr is what inet_sock_destruct does with an error queue that nobody
// read (skb_queue_purge_reason). at is where the kernel reports the drop.
func (sk *Sock) PurgeErr(ns *Netns, at step.Step) {
	for b := sk.ErrQueue.PopFront(); b != nil; b = sk.ErrQueue.PopFront() {
		ns.Drop(b, step.DropQueuePurge, at)
	}
}
