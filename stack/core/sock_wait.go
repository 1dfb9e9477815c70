package core

import "github.com/packetwalk/packetwalk/stack/step"

// What a file may be ready for (POLL*, EPOLL*; include/uapi/linux/poll.h).
const (
	PollIn     = 0x0001
	PollPri    = 0x0002
	PollOut    = 0x0004
	PollErr    = 0x0008
	PollHup    = 0x0010
	PollNval   = 0x0020
	PollRdNorm = 0x0040
	PollRdBand = 0x0080
	PollWrNorm = 0x0100
	PollWrBand = 0x0200
	PollRdHup  = 0x2000
)

// The keys that the kernel's wake-ups carry: what may have changed. Zero, of
// sock_def_wakeup, is "anything".
const (
	keyReadable = PollIn | PollPri | PollRdNorm | PollRdBand
	keyWritable = PollOut | PollWrNorm | PollWrBand
)

// A Waiter is an entry of a wait queue (struct wait_queue_entry). WakeUp is its
// function: it reports whether somebody was woken, which counts for an entry
// that waits exclusively.
type Waiter interface {
	WakeUp(key uint16) bool
	Exclusive() bool
}

// A WaitQueue is wait_queue_head_t: who wants to hear of changes. Those that
// wait exclusively are behind the others.
type WaitQueue struct{ entries []Waiter }

// Add is add_wait_queue, or add_wait_queue_exclusive.
func (q *WaitQueue) Add(w Waiter) {
	if w.Exclusive() {
		q.entries = append(q.entries, w)
		return
	}
	q.entries = append(q.entries, nil)
	copy(q.entries[1:], q.entries)
	q.entries[0] = w
}

// Remove is remove_wait_queue.
func (q *WaitQueue) Remove(w Waiter) {
	for i, e := range q.entries {
		if e == w {
			q.entries = append(q.entries[:i:i], q.entries[i+1:]...)
			return
		}
	}
}

// Len is how many wait.
func (q *WaitQueue) Len() int { return len(q.entries) }

// Wake is __wake_up: all that wait together, and of those that wait exclusively
// the first that can be woken, or with all every one.
func (q *WaitQueue) Wake(key uint16, all bool) {
	for _, w := range q.entries {
		if w.WakeUp(key) && w.Exclusive() && !all {
			return
		}
	}
}

// Queue is the wait queue of the socket beside the program that made it
// (sk_wq): epoll, and programs that have it open too.
func (sk *Sock) Queue() *WaitQueue { return &sk.SetRare().queue }

// wakeQueue wakes those in the queue.
func (sk *Sock) wakeQueue(key uint16, all bool) {
	if sk.rare != nil && len(sk.rare.queue.entries) > 0 {
		sk.rare.queue.Wake(key, all)
	}
}

// WakeWriters is the wake-up of sk_write_space (sock_def_write_space,
// sk_stream_write_space): there is room to send.
func (sk *Sock) WakeWriters(ns *Netns) {
	if sk.Waker != nil {
		sk.Waker.Writable(sk)
	}
	sk.wakeQueue(keyWritable, false)
}

// DataReady is sk_data_ready (sock_def_readable): wake whoever reads.
func (sk *Sock) DataReady(ns *Netns) {
	defer ns.In(step.SockDefReadable, sk).Out()
	ns.TP(step.SkDataReady, sk, uint64(sk.ID), uint64(sk.Family), uint64(sk.Protocol))
	if sk.Waker == nil {
		ns.Why(step.WhyNoReader)
	} else {
		ns.Why(step.WhyWakeReader)
		sk.Waker.Readable(sk)
	}
	sk.wakeQueue(keyReadable, false)
}

// ErrorReport is sk_error_report (sock_def_error_report): tell the program that
// sk.Err is set, or that something is in the error queue.
func (sk *Sock) ErrorReport(ns *Netns) {
	ns.TP(step.InetSkErrorReport, sk, uint64(sk.Err), uint64(sk.Sport), uint64(sk.Dport), uint64(sk.Family), uint64(sk.Protocol),
		sk.Saddr.Hi, sk.Saddr.Lo, sk.Daddr.Hi, sk.Daddr.Lo)
	if sk.Waker != nil {
		sk.Waker.Error(sk)
	}
	sk.wakeQueue(PollErr, false)
}

// StateChange is sk_state_change (sock_def_wakeup): everybody looks again.
func (sk *Sock) StateChange(ns *Netns) {
	if sk.Waker != nil {
		sk.Waker.StateChange(sk)
	}
	sk.wakeQueue(0, true)
}
