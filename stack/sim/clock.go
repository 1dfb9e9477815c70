package sim

// Time is nanoseconds since the simulated machine booted.
type Time int64

// A Task is work to be done at a simulated time. Tasks are structs, never
// closures, so that a machine with tasks pending can be forked.
type Task interface{ Run() }

// A Timer is a Task and when it is due (struct timer_list). Its zero value is
// not pending. It is moved by pointer only.
type Timer struct {
	At      Time
	task    Task  // kept when it has run: most timers are armed for the same again
	slot    int32 // of the queue, while it is in one
	pending bool
	near    bool // which queue
}

// A Clock runs Tasks in order of time, ties in order of scheduling.
type Clock struct {
	now   Time
	spent Time // by the task that is running
	seq   uint64
	// front is due before all in the queues; nil if there is none. What is due at
	// once passes through here, and not through a queue.
	front      *Timer
	frontEntry entry
	// What is due soon when it is armed has a queue of its own, which is short:
	// interrupts and wires do not pass by every connection's timers.
	near, far queue
}

// soon is how far ahead of its time a Timer goes to the near queue: less than a
// jiffy, the least that a timer of the wheel takes.
const soon = Millisecond

// Now is the time: when the running task began, and what it has spent since.
func (c *Clock) Now() Time { return c.now + c.spent }

// Spend charges the running task with d of a CPU's time: it makes later things
// in the same task happen later. Other CPUs' tasks are not moved.
func (c *Clock) Spend(d Time) { c.spent += d }

// After schedules task to run d from now.
func (c *Clock) After(d Time, task Task) *Timer {
	t := &Timer{}
	c.Mod(t, c.Now()+d, task)
	return t
}

// RunUntil runs every Task due at or before end.
func (c *Clock) RunUntil(end Time) {
	for {
		t := c.front
		if t != nil {
			if c.frontEntry.at > end {
				break
			}
			c.front = nil
		} else {
			q := c.first()
			if q == nil || q.heap[0].at > end {
				break
			}
			t = q.slots[q.heap[0].slot]
			q.remove(0)
		}
		c.now, c.spent = max(c.now, t.At), 0
		t.pending = false
		t.task.Run()
	}
	c.spent = 0
	if end > c.now {
		c.now = end
	}
}

// first is the queue whose first Timer is due first; nil if both are empty.
func (c *Clock) first() *queue {
	switch {
	case len(c.near.heap) == 0 && len(c.far.heap) == 0:
		return nil
	case len(c.near.heap) == 0 || len(c.far.heap) > 0 && c.far.heap[0].before(&c.near.heap[0]):
		return &c.far
	}
	return &c.near
}

// isFirst reports whether e is due before all that is pending.
func (c *Clock) isFirst(e *entry) bool {
	if c.front != nil {
		return e.before(&c.frontEntry)
	}
	q := c.first()
	return q == nil || e.before(&q.heap[0])
}

// queue is the one that t is in.
func (c *Clock) queue(t *Timer) *queue {
	if t.near {
		return &c.near
	}
	return &c.far
}

// Pending reports whether the timer waits to run (timer_pending).
func (t *Timer) Pending() bool { return t != nil && t.pending }

// Stop takes a pending timer out and reports whether it was pending (timer_delete).
func (c *Clock) Stop(t *Timer) bool {
	if !t.Pending() {
		return false
	}
	if c.front == t {
		c.front = nil
	} else {
		q := c.queue(t)
		q.remove(int(q.place[t.slot]))
	}
	t.pending = false
	return true
}

// Mod arms t, pending or not, to run task at time at (mod_timer). The Timer is
// the caller's own: a field of the struct it belongs to, so that arming
// allocates nothing. A time in the past runs at the next RunUntil.
func (c *Clock) Mod(t *Timer, at Time, task Task) {
	pending := t.pending
	t.At, t.task, t.pending = max(at, c.now), task, true
	e := entry{at: t.At, seq: c.seq}
	c.seq++
	switch {
	case c.front == t: // it may be due after others now
		c.front = nil
	case pending && c.isFirst(&e):
		q := c.queue(t)
		q.remove(int(q.place[t.slot]))
	case pending:
		q := c.queue(t)
		e.slot = t.slot
		q.fix(int(q.place[t.slot]), e)
		return
	}
	if c.isFirst(&e) {
		t, c.front = c.front, t
		e, c.frontEntry = c.frontEntry, e
	}
	if t == nil {
		return
	}
	t.near = e.at-c.now < soon
	c.queue(t).add(t, e)
}

// Next returns when the first pending Task is due, and whether there is one.
func (c *Clock) Next() (Time, bool) {
	switch {
	case c.front != nil:
		return c.frontEntry.at, true
	case c.first() != nil:
		return c.first().heap[0].at, true
	}
	return 0, false
}

// Armed is how often a Timer has been armed.
func (c *Clock) Armed() uint64 { return c.seq }

// Len is how many Timers are pending.
func (c *Clock) Len() int {
	n := len(c.near.heap) + len(c.far.heap)
	if c.front != nil {
		n++
	}
	return n
}

// Reset moves an unused clock to t, without running anything.
func (c *Clock) Reset(t Time) { c.now = t }

// Units of Time.
const (
	Microsecond Time = 1000
	Millisecond      = 1000 * Microsecond
	Second           = 1000 * Millisecond
)

// HZ is the kernel's tick rate in the recordings: a jiffy is 4 ms.
const HZ = 250

// Jiffy is the length of one tick.
const Jiffy = Second / HZ

// Jiffies is the tick counter at t.
func (t Time) Jiffies() uint32 { return uint32(t / Jiffy) }

// WheelExpiry is when the timer wheel (kernel/time/timer.c, calc_wheel_index)
// fires a timer armed at now for the time at: the next tick, rounded up to the
// granularity of the wheel's level, which is 8 times coarser every level.
func WheelExpiry(now, at Time) Time {
	nowJ := int64(now / Jiffy)
	j := int64((at + Jiffy - 1) / Jiffy)
	if j <= nowJ {
		return Time(nowJ+1) * Jiffy // due already: at the next tick
	}
	delta := j - nowJ
	shift := uint(0)
	for limit := int64(63); delta >= limit && shift < 24; limit <<= 3 {
		shift += 3
	}
	gran := int64(1) << shift
	return Time((j+gran)>>shift<<shift) * Jiffy
}
