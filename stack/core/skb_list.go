package core

// An SKBList is struct sk_buff_head: a queue of packets. The first packet's
// prev is the last one, the last one's next is nil.
type SKBList struct {
	head *SKB
	n    int
}

// Len is how many packets wait (skb_queue_len).
func (l *SKBList) Len() int { return l.n }

// Front is the first packet, or nil (skb_peek).
func (l *SKBList) Front() *SKB { return l.head }

// Back is the last packet, or nil (skb_peek_tail).
func (l *SKBList) Back() *SKB {
	if l.head == nil {
		return nil
	}
	return l.head.prev
}

// Next is the packet behind this one in the list that it is on, or nil.
func (b *SKB) Next() *SKB { return b.next }

// Prev is the packet before this one in the list that it is on, or nil.
func (b *SKB) Prev() *SKB {
	if p := b.prev; p != nil && p.next == b {
		return p
	}
	return nil
}

// PushBack appends (__skb_queue_tail).
func (l *SKBList) PushBack(b *SKB) {
	b.next = nil
	if h := l.head; h != nil {
		b.prev = h.prev
		b.prev.next = b
		h.prev = b
	} else {
		b.prev = b
		l.head = b
	}
	l.n++
}

// PushFront prepends (__skb_queue_head).
func (l *SKBList) PushFront(b *SKB) {
	b.next = l.head
	if h := l.head; h != nil {
		b.prev = h.prev
		h.prev = b
	} else {
		b.prev = b
	}
	l.head = b
	l.n++
}

// InsertAfter puts b behind at, which is on the list; at nil means in front.
func (l *SKBList) InsertAfter(at, b *SKB) {
	switch {
	case at == nil:
		l.PushFront(b)
	case at.next == nil:
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
	if b == l.head {
		if l.head = b.next; b.next != nil {
			b.next.prev = b.prev
		}
	} else {
		b.prev.next = b.next
		if b.next != nil {
			b.next.prev = b.prev
		} else {
			l.head.prev = b.prev
		}
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
