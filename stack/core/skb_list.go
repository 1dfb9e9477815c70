package core

// An SKBList is struct sk_buff_head: a queue of packets.
type SKBList struct {
	head, tail *SKB
	n          int
}

// Len is how many packets wait (skb_queue_len).
func (l *SKBList) Len() int { return l.n }

// Front is the first packet, or nil (skb_peek).
func (l *SKBList) Front() *SKB { return l.head }

// Back is the last packet, or nil (skb_peek_tail).
func (l *SKBList) Back() *SKB { return l.tail }

// Next is the packet behind this one in the list that it is on, or nil.
func (b *SKB) Next() *SKB { return b.next }

// Prev is the packet before this one in the list that it is on, or nil.
func (b *SKB) Prev() *SKB { return b.prev }

// PushBack appends (__skb_queue_tail).
func (l *SKBList) PushBack(b *SKB) {
	b.prev, b.next = l.tail, nil
	if l.tail != nil {
		l.tail.next = b
	} else {
		l.head = b
	}
	l.tail = b
	l.n++
}

// PushFront prepends (__skb_queue_head).
func (l *SKBList) PushFront(b *SKB) {
	b.next, b.prev = l.head, nil
	if l.head != nil {
		l.head.prev = b
	} else {
		l.tail = b
	}
	l.head = b
	l.n++
}

// InsertAfter puts b behind at, which is on the list; at nil means in front.
func (l *SKBList) InsertAfter(at, b *SKB) {
	switch {
	case at == nil:
		l.PushFront(b)
	case at == l.tail:
		l.PushBack(b)
	default:
		b.prev, b.next = at, at.next
		at.next.prev = b
		at.next = b
		l.n++
	}
}

// Remove takes b, which is on the list, out (__skb_unlink).
func (l *SKBList) Remove(b *SKB) {
	if b.prev != nil {
		b.prev.next = b.next
	} else {
		l.head = b.next
	}
	if b.next != nil {
		b.next.prev = b.prev
	} else {
		l.tail = b.prev
	}
	b.next, b.prev = nil, nil
	l.n--
}

// PopFront takes the first packet out; nil if there is none (__skb_dequeue).
func (l *SKBList) PopFront() *SKB {
	b := l.head
	if b != nil {
		l.Remove(b)
	}
	return b
}
