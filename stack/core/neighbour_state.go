package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/core/neighbour.c, RFC 4861 §7.3 (the states; ARP
// uses the same machine). Times are in ticks, as the kernel's.

// addTimer is neigh_add_timer, delTimer is neigh_del_timer.
func (n *Neighbour) addTimer(at sim.Time) {
	c := n.Table.NS.Clock
	c.Mod(&n.timer, sim.WheelExpiry(c.Now(), at), &n.task)
}

func (n *Neighbour) delTimer() { n.Table.NS.Clock.Stop(&n.timer) }

// Confirm is neigh_confirm: progress of an upper protocol proves that it is
// reachable. The timer of DELAY or REACHABLE will see it.
func (n *Neighbour) Confirm() {
	if n != nil {
		n.Confirmed = n.Table.jiffies()
	}
}

// maxProbes is neigh_max_probes.
func (n *Neighbour) maxProbes() int {
	t := n.Table
	if n.State&NUDProbe != 0 {
		return t.UcastProbes + t.AppProbes + t.McastReprobes
	}
	return t.UcastProbes + t.AppProbes + t.McastProbes
}

// Series is what Probes began with when this series of requests did: the kernel
// counts requests to everybody from ucast_solicit on, as if the ones to the
// neighbour alone had been sent.
func (n *Neighbour) Series() int {
	if n.State&NUDIncomplete != 0 {
		return n.Table.UcastProbes
	}
	return 0
}

// retransTime is the time between two requests: at least 10 ms.
func (t *NeighTable) retransTime() sim.Time { return max(t.Retrans, sim.Second/100) }

// EventSend is neigh_event_send: true if the packet must wait (it is queued or
// dropped). b may be nil.
func (n *Neighbour) EventSend(b *SKB) bool {
	n.Used = n.Table.jiffies()
	if n.State&(NUDConnected|NUDDelay|NUDProbe) != 0 {
		return false
	}
	return n.eventSend(b)
}

// eventSend is __neigh_event_send: what does this neighbour's state allow?
func (n *Neighbour) eventSend(b *SKB) bool {
	defer n.Table.NS.In(step.NeighEventSend, n).Out()
	t, ns := n.Table, n.Table.NS
	ns.BHDisable()
	now, probe, wait := t.jiffies(), false, false
	if n.Dead {
		ns.Why(step.WhyNeighDead)
		if b != nil {
			ns.Drop(b, step.DropNeighDead, step.NeighEventSend)
		}
		ns.BHEnable()
		n.tp(step.NeighEventSendDead, 1)
		return true
	}
	switch {
	case n.State&(NUDStale|NUDIncomplete) == 0: // NONE, FAILED: ask
		if t.McastProbes+t.AppProbes == 0 {
			n.State, n.Updated = NUDFailed, now
			ns.BHEnable()
			if b != nil {
				ns.Drop(b, step.DropNeighFailed, step.NeighEventSend)
			}
			return true
		}
		n.Probes = t.UcastProbes
		n.delTimer()
		n.State, n.Updated = NUDIncomplete, now
		ns.Why(step.WhyNeighAsk, n.Key.Hi, n.Key.Lo, uint64(t.McastProbes+t.AppProbes), uint64(t.retransTime()))
		probe = true
		n.addTimer(now + t.retransTime())
	case n.State&NUDStale != 0:
		n.delTimer()
		n.State, n.Updated = NUDDelay, now
		n.addTimer(now + t.DelayProbe)
		ns.Why(step.WhyNeighStaleUse, uint64(t.DelayProbe))
	}
	if n.State == NUDIncomplete {
		if b != nil {
			n.enqueue(b)
		}
		wait = true
	}
	if probe {
		n.probe(step.NeighEventSend)
	}
	ns.BHEnable()
	n.tp(step.NeighEventSendDone, int(flag(wait)))
	return wait
}

// enqueue puts a packet into arp_queue; the oldest make room.
func (n *Neighbour) enqueue(b *SKB) {
	t, ns := n.Table, n.Table.NS
	for n.QueueBytes+b.Truesize > t.QueueBytes {
		old := n.Queue.PopFront()
		if old == nil {
			break
		}
		ns.Why(step.WhyNeighQueueFull, uint64(n.QueueBytes), uint64(b.Truesize), uint64(t.QueueBytes))
		n.QueueBytes -= old.Truesize
		ns.Drop(old, step.DropNeighQueuefull, step.NeighEventSend)
	}
	n.Queue.PushBack(b)
	n.QueueBytes += b.Truesize
	ns.Why(step.WhyNeighQueued, uint64(n.Queue.Len()), uint64(n.QueueBytes), uint64(t.QueueBytes))
}

// probe is neigh_probe: ask (again) for the link address. at is the function
// that it is inlined in.
func (n *Neighbour) probe(at step.Step) {
	defer n.Table.NS.In(step.NeighProbe, n).Out()
	ns := n.Table.NS
	var c *SKB
	if b := n.Queue.Back(); b != nil {
		c = b.Clone()
	}
	if ns.Listening() {
		k := n.Series()
		ns.Why(step.WhyNeighProbe, uint64(n.Probes+1-k), uint64(n.maxProbes()-k), uint64(n.Table.retransTime()))
	}
	n.Table.Ops.Solicit(n, c)
	n.Probes++
	if c != nil {
		ns.TP(step.ConsumeSkb, c, uint64(c.ID), uint64(at))
		ns.Free(c)
	}
}

// timerHandler is neigh_timer_handler: a neighbour's time ran out.
func (n *Neighbour) timerHandler() {
	defer n.Table.NS.In(step.NeighTimerHandlerStep, n).Out()
	t, ns := n.Table, n.Table.NS
	ns.BHDisable()
	if n.State&NUDInTimer != 0 {
		n.timeout()
	}
	n.tp(step.NeighTimerHandler, 0)
	t.NS.BHEnable()
}

// timeout is what the timer means in each state.
func (n *Neighbour) timeout() {
	t, ns := n.Table, n.Table.NS
	now := t.jiffies()
	next := now + t.retransTime()
	switch {
	case n.State&NUDReachable != 0:
		next = n.reachableTimeout(now)
	case n.State&NUDDelay != 0:
		next = n.delayTimeout(now)
	}
	if n.State&(NUDIncomplete|NUDProbe) != 0 && n.Probes >= n.maxProbes() {
		ns.Why(step.WhyNeighFailed, uint64(n.Probes-n.Series()))
		n.State = NUDFailed
		n.invalidate()
		return
	}
	if n.State&NUDInTimer != 0 {
		n.addTimer(max(next, now+2*sim.Jiffy))
	}
	if n.State&(NUDIncomplete|NUDProbe) != 0 {
		if n.Probes > n.Series() {
			ns.Why(step.WhyNeighRetry, uint64(t.retransTime()))
		}
		n.probe(step.NeighTimerHandlerStep)
	}
}

func (n *Neighbour) reachableTimeout(now sim.Time) (next sim.Time) {
	t, ns := n.Table, n.Table.NS
	switch {
	case now <= n.Confirmed+t.reachable:
		ns.Why(step.WhyNeighConfirmed, uint64(now-n.Confirmed), uint64(t.reachable))
		return n.Confirmed + t.reachable
	case now <= n.Used+t.DelayProbe:
		ns.Why(step.WhyNeighSuspect, uint64(now-n.Confirmed), uint64(now-n.Used))
		n.State, n.Updated = NUDDelay, now
		return now + t.DelayProbe
	}
	ns.Why(step.WhyNeighUnused, uint64(now-n.Used))
	n.State, n.Updated = NUDStale, now
	return now
}

func (n *Neighbour) delayTimeout(now sim.Time) (next sim.Time) {
	t, ns := n.Table, n.Table.NS
	n.Updated = now
	if now <= n.Confirmed+t.DelayProbe {
		ns.Why(step.WhyNeighConfirmed, uint64(now-n.Confirmed), uint64(t.DelayProbe))
		n.State = NUDReachable
		return n.Confirmed + t.reachable
	}
	ns.Why(step.WhyNeighSuspect, uint64(now-n.Confirmed), uint64(now-n.Used))
	n.State, n.Probes = NUDProbe, 0
	return now + t.retransTime()
}

// invalidate is neigh_invalidate: nobody answered; the senders of what waits
// are told.
func (n *Neighbour) invalidate() {
	defer n.Table.NS.In(step.NeighInvalidate, n).Out()
	t := n.Table
	n.Updated = t.jiffies()
	t.NS.Why(step.WhyNeighLost, uint64(n.Queue.Len()))
	for n.State == NUDFailed {
		b := n.Queue.PopFront()
		if b == nil {
			break
		}
		t.Ops.ErrorReport(n, b)
	}
	n.purge(step.NeighInvalidate)
}

// purge is __skb_queue_purge of arp_queue, in the function at.
func (n *Neighbour) purge(at step.Step) {
	for b := n.Queue.PopFront(); b != nil; b = n.Queue.PopFront() {
		n.Table.NS.Drop(b, step.DropQueuePurge, at)
	}
	n.QueueBytes = 0
}

// Update is neigh_update: new state and link address (flags: NeighUpdate*).
// addr 0 means that the news names none. It returns 0, EPERM or EINVAL.
func (t *NeighTable) Update(n *Neighbour, addr wire.MAC, state uint8, flags uint32) Errno {
	defer t.NS.In(step.NeighUpdateStep, n).Out()
	ns := t.NS
	ns.TP(step.NeighUpdate, n, uint64(t.Family), uint64(n.Dev.Index), uint64(n.Addr), uint64(n.State), n.Key.Hi, n.Key.Lo,
		uint64(addr), uint64(state), uint64(flags))
	ns.BHDisable()
	err := n.update(addr, state, flags)
	ns.BHEnable()
	n.tp(step.NeighUpdateDone, -int(err))
	return err
}

func (n *Neighbour) update(addr wire.MAC, state uint8, flags uint32) Errno {
	t, ns := n.Table, n.Table.NS
	old := n.State
	switch {
	case n.Dead:
		ns.Why(step.WhyNeighDead)
		return step.EPERM
	case flags&NeighUpdateAdmin == 0 && old&(NUDNoARP|NUDPermanent) != 0:
		ns.Why(step.WhyNeighFixed, uint64(old))
		return step.EPERM
	case state&NUDValid == 0:
		n.delTimer()
		n.State = state
		ns.Why(step.WhyNeighNew, uint64(old), uint64(state), uint64(n.Queue.Len()))
		if old&(NUDIncomplete|NUDProbe) != 0 && state&NUDFailed != 0 {
			n.invalidate()
		}
		return 0
	case n.Dev.Type == LinkNone:
		addr = n.Addr
	case addr == 0:
		if old&NUDValid == 0 {
			ns.Why(step.WhyNeighNoAddr)
			return step.EINVAL
		}
		addr = n.Addr
	}
	if state&NUDConnected != 0 {
		n.Confirmed = t.jiffies()
	}
	router := flags&NeighUpdateOverrideRtr != 0
	if old&NUDValid != 0 {
		switch {
		case addr != n.Addr && flags&NeighUpdateOverride == 0:
			router = false
			ns.Why(step.WhyNeighKept, uint64(n.Addr), uint64(addr))
			if flags&NeighUpdateWeakOverride == 0 || old&NUDConnected == 0 {
				return 0
			}
			addr, state = n.Addr, NUDStale
		case addr == n.Addr && state == NUDStale && flags&NeighUpdateAdmin == 0:
			state = old
		}
	}
	n.set(addr, state, old)
	if router {
		n.Router = flags&NeighUpdateIsRouter != 0
	}
	return 0
}

// set takes the new address and state over, and sends what waited.
func (n *Neighbour) set(addr wire.MAC, state, old uint8) {
	t, ns := n.Table, n.Table.NS
	now := t.jiffies()
	if addr != n.Addr && old&NUDValid != 0 {
		ns.Why(step.WhyNeighMoved, uint64(n.Addr), uint64(addr), uint64(old), uint64(state))
	} else {
		ns.Why(step.WhyNeighNew, uint64(old), uint64(state), uint64(n.Queue.Len()))
	}
	if state != old || addr != n.Addr {
		n.Updated = now
	}
	if state != old {
		n.delTimer()
		if state&NUDProbe != 0 {
			n.Probes = 0
		}
		if state&NUDInTimer != 0 {
			at := now
			if state&NUDReachable != 0 {
				at += t.reachable
			}
			n.addTimer(at)
		}
		n.State = state
	}
	if addr != n.Addr {
		n.Addr = addr
		if state&NUDConnected == 0 {
			n.Confirmed = now - 2*t.BaseReachable
		}
	}
	if state != old && old&NUDValid == 0 {
		n.flush()
	}
}

// flush sends what waited, in order.
func (n *Neighbour) flush() {
	for n.State&NUDValid != 0 {
		b := n.Queue.PopFront()
		if b == nil {
			break
		}
		n.slowOutput(n.Table.NS, b)
	}
	n.purge(step.NeighUpdateStep)
}
