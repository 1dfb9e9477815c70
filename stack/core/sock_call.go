package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A callEnd is the moment when a system call that holds a socket is over.
type callEnd struct {
	sk    *Sock
	began sim.Time
	timer sim.Timer
}

// Run lets go of the socket.
func (e *callEnd) Run() { e.sk.callOver() }

// A LongCaller is a Proto that knows of a time until which a system call that
// sends was not over, from outside of the model; 0 is none.
type LongCaller interface{ CallUntil() sim.Time }

func (sk *Sock) callUntil(ns *Netns) sim.Time {
	now := ns.Clock.Now()
	if p, ok := sk.Prot.(LongCaller); ok {
		return max(now, p.CallUntil())
	}
	return now
}

// LetGo is release_sock at the end of a system call that began at a time of
// the clock and has taken CPU time since. All that it did is done; but the
// socket is the program's until then, and packets that arrive wait in its
// backlog.
func (sk *Sock) LetGo(ns *Netns, began sim.Time) {
	if !ns.Machine.CallTime {
		sk.Release(ns)
		return
	}
	if sk.call == nil {
		sk.call = &callEnd{sk: sk}
	}
	sk.call.began = began
	ns.Clock.Mod(&sk.call.timer, sk.callUntil(ns), sk.call)
}

// InCall tells until when a system call holds the socket.
func (sk *Sock) InCall() (until sim.Time, ok bool) {
	if sk.call == nil {
		return 0, false
	}
	return sk.call.timer.At, sk.call.timer.Pending()
}

// callOver is release_sock, when the softirqs let the program go on. What has
// come meanwhile is worked off; that takes
// time too, in which more may come.
func (sk *Sock) callOver() {
	ns := sk.NS
	if at, ok := ns.Machine.ThisCPU().inSoftirq(); ok {
		ns.Clock.Mod(&sk.call.timer, at, sk.call)
		return
	}
	if sk.letGo(ns) && sk.Waker != nil {
		sk.Waker.Returned(sk)
	}
}

// letGo reports whether the socket is free now.
func (sk *Sock) letGo(ns *Netns) bool {
	defer ns.In(step.ReleaseSock, sk).Out()
	if n := sk.Backlog.Len(); n > 0 {
		ns.Why(step.WhyCallBacklog, uint64(ns.Clock.Now()-sk.call.began), uint64(n))
		sk.releaseBacklog(ns)
		ns.Clock.Mod(&sk.call.timer, sk.callUntil(ns), sk.call)
		return false
	}
	ns.Why(step.WhyCallOver, uint64(ns.Clock.Now()-sk.call.began))
	sk.letLoose(ns)
	return true
}

// ForgetCall is for a socket that goes away.
func (sk *Sock) ForgetCall() {
	if sk.call != nil {
		sk.NS.Clock.Stop(&sk.call.timer)
	}
}
