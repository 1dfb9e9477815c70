package sim

// An entry stands for a pending Timer with what orders it, so that the heap can
// be kept without looking at the Timers themselves: they lie far apart.
type entry struct {
	at   Time
	seq  uint64
	slot int32
}

// A queue holds Timers in order of time.
type queue struct {
	heap  []entry
	slots []*Timer // those in the heap
	place []int32  // by slot: the index in the heap
	free  []int32  // slots
}

// ways is how many children a node of the heap has: a flat heap touches less
// memory.
const ways = 4

func (e *entry) before(o *entry) bool { return e.at < o.at || e.at == o.at && e.seq < o.seq }

// put places e at index i.
func (q *queue) put(i int, e entry) {
	q.heap[i] = e
	q.place[e.slot] = int32(i)
}

// up moves e from the hole at i towards the front.
func (q *queue) up(i int, e entry) {
	for i > 0 {
		p := (i - 1) / ways
		if !e.before(&q.heap[p]) {
			break
		}
		q.put(i, q.heap[p])
		i = p
	}
	q.put(i, e)
}

// down moves e from the hole at i towards the back.
func (q *queue) down(i int, e entry) {
	for n := len(q.heap); ; {
		k := ways*i + 1
		if k >= n {
			break
		}
		for o := k + 1; o < min(k+ways, n); o++ {
			if q.heap[o].before(&q.heap[k]) {
				k = o
			}
		}
		if !q.heap[k].before(&e) {
			break
		}
		q.put(i, q.heap[k])
		i = k
	}
	q.put(i, e)
}

// fix puts e where the hole at i should be filled from.
func (q *queue) fix(i int, e entry) {
	if i > 0 && e.before(&q.heap[(i-1)/ways]) {
		q.up(i, e)
	} else {
		q.down(i, e)
	}
}

// add puts t into the queue.
func (q *queue) add(t *Timer, e entry) {
	if n := len(q.free); n > 0 {
		e.slot, q.free = q.free[n-1], q.free[:n-1]
		q.slots[e.slot] = t
	} else {
		e.slot = int32(len(q.slots))
		q.slots = append(q.slots, t)
		q.place = append(q.place, 0)
	}
	t.slot = e.slot
	q.heap = append(q.heap, e)
	q.up(len(q.heap)-1, e)
}

// remove takes out what is at heap index i.
func (q *queue) remove(i int) {
	slot := q.heap[i].slot
	q.slots[slot] = nil
	q.free = append(q.free, slot)
	n := len(q.heap) - 1
	e := q.heap[n]
	q.heap = q.heap[:n]
	if i < n {
		q.fix(i, e)
	}
}
