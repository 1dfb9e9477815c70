package sim

// Time is nanoseconds since the simulated machine booted.
type Time int64

// A Task is work to be done at a simulated time. Tasks are structs, never
// closures, so that a machine with tasks pending can be forked.
type Task interface{ Run() }

// A Timer is a Task and when it is due (struct timer_list). Its zero value is
// not pending. It is moved by pointer only.
type Timer struct {
	At   Time
	task Task
	slot int32 // of the Clock, while it is in the heap
}

// An entry stands for a pending Timer with what orders it, so that the heap can
// be kept without looking at the Timers themselves: they lie far apart.
type entry struct {
	at   Time
	seq  uint64
	slot int32
}

// A Clock runs Tasks in order of time, ties in order of scheduling.
type Clock struct {
	now   Time
	spent Time // by the task that is running
	seq   uint64
	// front is due before all of the heap; nil if there is none. What is due at
	// once passes through here, and not through the heap.
	front      *Timer
	frontEntry entry
	heap       []entry
	slots      []*Timer // those in the heap
	place      []int32  // by slot: the index in the heap
	free       []int32  // slots
}

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
		switch {
		case t != nil && c.frontEntry.at <= end:
			c.front = nil
		case t == nil && len(c.heap) > 0 && c.heap[0].at <= end:
			t = c.slots[c.heap[0].slot]
			c.remove(0)
		default:
			t = nil
		}
		if t == nil {
			break
		}
		c.now, c.spent = max(c.now, t.At), 0
		task := t.task
		t.task = nil
		task.Run()
	}
	c.spent = 0
	if end > c.now {
		c.now = end
	}
}

// ways is how many children a node of the heap has: a flat heap touches less
// memory.
const ways = 4

func (e *entry) before(o *entry) bool { return e.at < o.at || e.at == o.at && e.seq < o.seq }

// put places e at index i.
func (c *Clock) put(i int, e entry) {
	c.heap[i] = e
	c.place[e.slot] = int32(i)
}

// up moves e from the hole at i towards the front.
func (c *Clock) up(i int, e entry) {
	for i > 0 {
		p := (i - 1) / ways
		if !e.before(&c.heap[p]) {
			break
		}
		c.put(i, c.heap[p])
		i = p
	}
	c.put(i, e)
}

// down moves e from the hole at i towards the back.
func (c *Clock) down(i int, e entry) {
	for n := len(c.heap); ; {
		k := ways*i + 1
		if k >= n {
			break
		}
		for o := k + 1; o < min(k+ways, n); o++ {
			if c.heap[o].before(&c.heap[k]) {
				k = o
			}
		}
		if !c.heap[k].before(&e) {
			break
		}
		c.put(i, c.heap[k])
		i = k
	}
	c.put(i, e)
}

// fix puts e where the hole at i should be filled from.
func (c *Clock) fix(i int, e entry) {
	if i > 0 && e.before(&c.heap[(i-1)/ways]) {
		c.up(i, e)
	} else {
		c.down(i, e)
	}
}

// add puts t into the heap.
func (c *Clock) add(t *Timer, e entry) {
	if n := len(c.free); n > 0 {
		e.slot, c.free = c.free[n-1], c.free[:n-1]
		c.slots[e.slot] = t
	} else {
		e.slot = int32(len(c.slots))
		c.slots = append(c.slots, t)
		c.place = append(c.place, 0)
	}
	t.slot = e.slot
	c.heap = append(c.heap, e)
	c.up(len(c.heap)-1, e)
}

// remove takes out what is at heap index i.
func (c *Clock) remove(i int) {
	slot := c.heap[i].slot
	c.slots[slot] = nil
	c.free = append(c.free, slot)
	n := len(c.heap) - 1
	e := c.heap[n]
	c.heap = c.heap[:n]
	if i < n {
		c.fix(i, e)
	}
}

// Pending reports whether the timer waits in the heap (timer_pending).
func (t *Timer) Pending() bool { return t != nil && t.task != nil }

// Stop takes a pending timer out and reports whether it was pending (timer_delete).
func (c *Clock) Stop(t *Timer) bool {
	if !t.Pending() {
		return false
	}
	if c.front == t {
		c.front = nil
	} else {
		c.remove(int(c.place[t.slot]))
	}
	t.task = nil
	return true
}

// Mod arms t, pending or not, to run task at time at (mod_timer). The Timer is
// the caller's own: a field of the struct it belongs to, so that arming
// allocates nothing. A time in the past runs at the next RunUntil.
func (c *Clock) Mod(t *Timer, at Time, task Task) {
	pending := t.Pending()
	t.At, t.task = max(at, c.now), task
	e := entry{at: t.At, seq: c.seq}
	c.seq++
	switch {
	case c.front == t: // it may be due after others now
		c.front = nil
	case pending && (c.front == nil && e.before(&c.heap[0]) || c.front != nil && e.before(&c.frontEntry)):
		c.remove(int(c.place[t.slot]))
	case pending:
		e.slot = t.slot
		c.fix(int(c.place[t.slot]), e)
		return
	}
	switch {
	case c.front == nil:
		if len(c.heap) == 0 || e.before(&c.heap[0]) {
			c.front, c.frontEntry = t, e
			return
		}
	case e.before(&c.frontEntry):
		t, c.front = c.front, t
		e, c.frontEntry = c.frontEntry, e
	}
	c.add(t, e)
}

// Next returns when the first pending Task is due, and whether there is one.
func (c *Clock) Next() (Time, bool) {
	switch {
	case c.front != nil:
		return c.frontEntry.at, true
	case len(c.heap) > 0:
		return c.heap[0].at, true
	}
	return 0, false
}

// Armed is how often a Timer has been armed.
func (c *Clock) Armed() uint64 { return c.seq }

// Len is how many Timers are pending.
func (c *Clock) Len() int {
	if c.front != nil {
		return len(c.heap) + 1
	}
	return len(c.heap)
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
