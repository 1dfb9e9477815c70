package main

import (
	"container/heap"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// A clock is the capture's time for gVisor's stack: it goes on when a frame
// comes, as packetwalk's does.
type clock struct {
	mu    sync.Mutex
	now   time.Duration // since the capture's first frame
	queue timers
	n     uint64
}

// epoch is when the capture begins, for gVisor: any time but 0, which it takes
// for none.
const epoch = 1_000_000 * time.Second

// Now implements tcpip.Clock.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Unix(0, int64(epoch+c.now))
}

// NowMonotonic implements tcpip.Clock.
func (c *clock) NowMonotonic() tcpip.MonotonicTime {
	c.mu.Lock()
	defer c.mu.Unlock()
	return tcpip.MonotonicTime{}.Add(epoch + c.now)
}

// AfterFunc implements tcpip.Clock.
func (c *clock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	t := &timer{clock: c, f: f, index: -1}
	t.Reset(d)
	return t
}

// advance lets time pass, and starts what is due. It reports whether anything
// was.
func (c *clock) advance(to time.Duration) (fired bool) {
	c.mu.Lock()
	for len(c.queue) > 0 && c.queue[0].at <= to {
		t := heap.Pop(&c.queue).(*timer)
		c.now = max(c.now, t.at)
		go t.f()
		fired = true
	}
	c.now = max(c.now, to)
	c.mu.Unlock()
	return fired
}

// A timer is a function that is called at a time.
type timer struct {
	clock *clock
	at    time.Duration
	n     uint64 // of all timers that were set: the first set is the first called
	f     func()
	index int // in the queue, -1 when it is not in it
}

// Stop implements tcpip.Timer.
func (t *timer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.index < 0 {
		return false
	}
	heap.Remove(&t.clock.queue, t.index)
	return true
}

// Reset implements tcpip.Timer.
func (t *timer) Reset(d time.Duration) {
	c := t.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	t.at, t.n = c.now+max(d, 0), c.n
	if t.index >= 0 {
		heap.Fix(&c.queue, t.index)
		return
	}
	heap.Push(&c.queue, t)
}

type timers []*timer

func (q timers) Len() int { return len(q) }
func (q timers) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].n < q[j].n
}
func (q timers) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}
func (q *timers) Push(x any) {
	t := x.(*timer)
	t.index = len(*q)
	*q = append(*q, t)
}
func (q *timers) Pop() any {
	old := *q
	t := old[len(old)-1]
	old[len(old)-1] = nil
	t.index = -1
	*q = old[:len(old)-1]
	return t
}
