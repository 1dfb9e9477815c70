package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: fs/eventpoll.c.

// Commands of epoll_ctl, and what an event may ask for besides core.Poll*.
const (
	EpollCtlAdd = 1
	EpollCtlDel = 2
	EpollCtlMod = 3

	EpollExclusive = 1 << 28
	EpollWakeup    = 1 << 29
	EpollOneshot   = 1 << 30
	EpollET        = 1 << 31

	epPrivate     = EpollWakeup | EpollOneshot | EpollET | EpollExclusive
	epExclusiveOK = PollIn | PollOut | PollErr | PollHup | EpollWakeup | EpollET | EpollExclusive
	epMaxNests    = 4
	epMaxEvents   = (1<<31 - 1) / 12
)

// An EpollEvent is struct epoll_event.
type EpollEvent struct {
	Events uint32
	Data   uint64
}

// An eventPoll is struct eventpoll: what a program watches, and what of it may
// be ready.
type eventPoll struct {
	f     *File
	items []*epItem
	ready []*epItem      // rdllist
	queue core.WaitQueue // who watches the epoll instance itself
}

// An epItem is struct epitem: one file that is watched. It is an entry of the
// file's wait queue.
type epItem struct {
	ep     *eventPoll
	f      *File
	fd     int
	ev     EpollEvent
	linked bool // in ready
}

// sysEpollCreate is epoll_create1; with Cmd 1 it is epoll_create, and N its size.
func (p *Program) sysEpollCreate(c *Call) {
	if c.Cmd == 1 && c.N <= 0 || c.Cmd != 1 && c.N&^SockCloexec != 0 {
		c.fail(step.EINVAL)
		return
	}
	ep := &eventPoll{}
	ep.f = &File{epoll: ep, flags: ORdwr}
	c.done(p.install(ep.f), 0)
	p.cloexec[c.Ret-FirstFD] = c.Cmd != 1 && c.N&SockCloexec != 0
}

// sysEpollCtl is epoll_ctl(2).
func (p *Program) sysEpollCtl(f *File, c *Call) {
	if t := p.file(c.FD2); t != nil && t.ep != nil {
		p.epollCtlSock(f, t, c)
		return
	}
	p.epollCtl(f, c)
}

// epollCtlSock is do_epoll_ctl about a socket.
func (p *Program) epollCtlSock(f, t *File, c *Call) {
	defer p.NS.In(step.DoEpollCtl, t.ep.Base()).Out()
	p.epollCtl(f, c)
	c.why(p.NS)
}

func (p *Program) epollCtl(f *File, c *Call) {
	var ev EpollEvent
	if c.Cmd != EpollCtlDel {
		if c.Bad&BadMsg != 0 || len(c.Ev) == 0 {
			c.fail(step.EFAULT)
			return
		}
		ev = c.Ev[0]
	}
	t := p.file(c.FD2)
	switch {
	case t == nil:
		c.fail(step.EBADF)
	case t.plain != nil:
		c.fail(step.EPERM) // file_can_poll
	case f == t || f.epoll == nil:
		c.fail(step.EINVAL)
	case ev.Events&EpollExclusive != 0 && (c.Cmd == EpollCtlMod || c.Cmd == EpollCtlAdd && (t.epoll != nil || ev.Events&^uint32(epExclusiveOK) != 0)):
		c.fail(step.EINVAL)
	case c.Cmd == EpollCtlAdd && t.epoll != nil && t.epoll.reaches(f.epoll, 0):
		c.fail(step.ELOOP)
	default:
		c.done(0, f.epoll.ctl(p, c.Cmd, c.FD2, t, ev))
	}
}

// reaches is ep_loop_check: does this instance, by those that it watches, watch
// the other one, or are they nested too deep?
func (ep *eventPoll) reaches(o *eventPoll, depth int) bool {
	if ep == o || depth > epMaxNests {
		return true
	}
	for _, it := range ep.items {
		if it.f.epoll != nil && it.f.epoll.reaches(o, depth+1) {
			return true
		}
	}
	return false
}

func (ep *eventPoll) find(fd int, f *File) *epItem {
	for _, it := range ep.items {
		if it.fd == fd && it.f == f {
			return it
		}
	}
	return nil
}

// ctl is the switch of do_epoll_ctl.
func (ep *eventPoll) ctl(p *Program, cmd, fd int, f *File, ev EpollEvent) core.Errno {
	it := ep.find(fd, f)
	switch {
	case cmd == EpollCtlAdd && it != nil:
		return step.EEXIST
	case cmd == EpollCtlAdd:
		ev.Events |= PollErr | PollHup
		ep.insert(p, &epItem{ep: ep, f: f, fd: fd, ev: ev})
		return 0
	case cmd != EpollCtlDel && cmd != EpollCtlMod:
		return step.EINVAL
	case it == nil:
		return step.ENOENT
	case cmd == EpollCtlDel:
		it.remove()
		return 0
	case it.ev.Events&EpollExclusive != 0:
		return step.EINVAL
	}
	ev.Events |= PollErr | PollHup
	it.ev = ev // ep_modify
	if it.poll(p) != 0 {
		it.link()
	}
	return 0
}

// insert is ep_insert.
func (ep *eventPoll) insert(p *Program, it *epItem) {
	ep.items = append(ep.items, it)
	it.f.watched = append(it.f.watched, it)
	if q := it.f.queue(); q != nil {
		q.Add(it)
	}
	if it.poll(p) != 0 {
		it.link()
	}
}

// remove is ep_remove.
func (it *epItem) remove() {
	if q := it.f.queue(); q != nil {
		q.Remove(it)
	}
	it.ep.items = without(it.ep.items, it)
	it.ep.ready = without(it.ep.ready, it)
	it.f.watched = without(it.f.watched, it)
}

func without(l []*epItem, it *epItem) []*epItem {
	for i, o := range l {
		if o == it {
			return append(l[:i:i], l[i+1:]...)
		}
	}
	return l
}

// link puts the item into the ready list, and wakes whoever waits for that.
func (it *epItem) link() {
	if !it.linked {
		it.linked = true
		it.ep.ready = append(it.ep.ready, it)
	}
	it.ep.wake()
}

// wake wakes one program that sleeps in epoll_wait, and who watches the
// instance itself.
func (ep *eventPoll) wake() {
	var first *Program
	var z *sleeper
	for _, p := range ep.f.progs {
		s := p.exclusive(ep.f)
		if s == nil {
			p.stirFile(ep.f)
			p.wake()
		} else if z == nil || s.order < z.order {
			first, z = p, s
		}
	}
	if z != nil {
		z.woken = true
		first.wake()
	}
	ep.queue.Wake(PollIn, false)
}

// poll is ep_item_poll.
func (it *epItem) poll(p *Program) uint32 { return uint32(p.poll(it.f)) & it.ev.Events }

// Exclusive says that the wake-up need not go to others (EPOLLEXCLUSIVE).
func (it *epItem) Exclusive() bool { return it.ev.Events&EpollExclusive != 0 }

// WakeUp is the entry's function in the wait queue.
func (it *epItem) WakeUp(key uint16) bool {
	if sk := it.f.sock(); sk != nil {
		return it.pollCallback(sk, key)
	}
	return it.callback(key)
}

// pollCallback is ep_poll_callback.
func (it *epItem) pollCallback(sk *core.Sock, key uint16) bool {
	defer sk.NS.In(step.EpPollCallback, sk).Out()
	if ev := it.ev.Events; ev&^uint32(epPrivate) == 0 || key != 0 && uint32(key)&ev == 0 {
		sk.NS.Why(step.WhyEpollIgnored, uint64(key), uint64(ev&^uint32(epPrivate)))
	} else {
		sk.NS.Why(step.WhyEpollReady, uint64(key), uint64(ev&^uint32(epPrivate)))
	}
	return it.callback(key)
}

func (it *epItem) callback(key uint16) bool {
	ev := it.ev.Events
	excl := ev&EpollExclusive != 0
	if ev&^uint32(epPrivate) == 0 || key != 0 && uint32(key)&ev == 0 {
		return !excl
	}
	asleep := false
	for _, p := range it.ep.f.progs {
		asleep = asleep || p.exclusive(it.ep.f) != nil
	}
	it.link()
	if !excl {
		return true
	}
	if !asleep {
		return false
	}
	switch key & (PollIn | PollOut) {
	case PollIn:
		return ev&PollIn != 0
	case PollOut:
		return ev&PollOut != 0
	case 0:
		return true
	}
	return false
}

// sysEpollWait is do_epoll_wait.
func (p *Program) sysEpollWait(f *File, c *Call) {
	switch {
	case c.N2 <= 0 || c.N2 > epMaxEvents:
		c.fail(step.EINVAL)
		return
	case c.Bad&BadMsg != 0:
		c.fail(step.EFAULT)
		return
	case f.epoll == nil:
		c.fail(step.EINVAL)
		return
	}
	c.Ev = f.epoll.send(p, c.N2)
	now := p.NS.Clock.Now()
	switch {
	case len(c.Ev) > 0 || c.N == 0 || c.until != 0 && now >= c.until:
		c.done(len(c.Ev), 0)
	default:
		c.pause(p, f)
	}
}

// send is ep_send_events: look at each item of the ready list once. One that is
// level triggered stays in it.
func (ep *eventPoll) send(p *Program, most int) (evs []EpollEvent) {
	list := ep.ready
	ep.ready = nil
	for len(list) > 0 && len(evs) < most {
		it := list[0]
		list = list[1:]
		it.linked = false
		ev := it.poll(p)
		if ev == 0 {
			continue
		}
		evs = append(evs, EpollEvent{ev, it.ev.Data})
		switch {
		case it.ev.Events&EpollOneshot != 0:
			it.ev.Events &= epPrivate
		case it.ev.Events&EpollET == 0 && !it.linked:
			it.linked = true
			ep.ready = append(ep.ready, it)
		}
	}
	ep.ready = append(list[:len(list):len(list)], ep.ready...) // ep_done_scan
	return evs
}

// poll is __ep_eventpoll_poll: what is watched and ready makes the instance
// readable.
func (ep *eventPoll) poll(p *Program) uint16 {
	for len(ep.ready) > 0 {
		it := ep.ready[0]
		if it.poll(p) != 0 {
			return PollIn | PollRdNorm
		}
		it.linked = false
		ep.ready = ep.ready[1:]
	}
	return 0
}

// release is ep_eventpoll_release.
func (ep *eventPoll) release() {
	for len(ep.items) > 0 {
		ep.items[0].remove()
	}
}
