package core

import "github.com/packetwalk/packetwalk/stack/step"

// pool keeps freed buffers for the next allocation. It holds no state that a
// walk could see.
type pool struct {
	skbs  []*SKB
	heads [len(headSizes)][]*head
}

var headSizes = [...]int{512, 2048, 8192, 32768, 66 << 10}

// poolHeads is how many heads of each size are kept at most.
var poolHeads = [len(headSizes)]int{4096, 4096, 4096, 256, 256}

func (p *pool) getHead(n int) *head {
	for i, size := range headSizes {
		if n > size {
			continue
		}
		if k := len(p.heads[i]); k > 0 {
			h := p.heads[i][k-1]
			p.heads[i] = p.heads[i][:k-1]
			// What the last packet left behind the new one's end would only be
			// dead weight in an image of the world.
			if int(h.used) > n {
				clear(h.buf[n:h.used])
			}
			h.ref, h.used = 1, int32(n)
			return h
		}
		return &head{buf: make([]byte, size), ref: 1, used: int32(n)}
	}
	return &head{buf: make([]byte, n), ref: 1, used: int32(n)}
}

func (p *pool) putHead(h *head) {
	if h.ref--; h.ref > 0 {
		return
	}
	if h.sh != nil {
		h.sh.release()
		h.sh = nil
	}
	for i, size := range headSizes {
		if len(h.buf) == size && len(p.heads[i]) < poolHeads[i] {
			p.heads[i] = append(p.heads[i], h)
		}
	}
}

// AllocSKB is alloc_skb: a buffer with room for headroom and n bytes of data,
// empty. pkt is the number of the packet that it will carry, 0 for a new one.
func (ns *Netns) AllocSKB(headroom, n int, pkt uint32) *SKB {
	p := ns.pool()
	var b *SKB
	if k := len(p.skbs); k > 0 {
		b, p.skbs = p.skbs[k-1], p.skbs[:k-1]
		b.freed = false // the rest was cleared when it was freed
	} else {
		b = new(SKB)
	}
	m := ns.Machine
	b.ID = m.IDs.Object()
	if pkt == 0 {
		pkt = m.IDs.Packet()
		if ns.Trace != nil {
			ns.Trace.Begin(pkt)
		}
	}
	b.Pkt = pkt
	b.ns = ns
	b.head = p.getHead(headroom + n)
	clear(b.head.buf[:headroom])
	b.data, b.tail = headroom, headroom
	b.MAC, b.Network, b.Transport = -1, -1, -1
	b.users = 1
	b.Truesize = AllocTruesize(headroom + n)
	m.Allocated++
	return b
}

// Clone is skb_clone: a second sk_buff for the same bytes, without owner.
func (b *SKB) Clone() *SKB {
	defer b.ns.In(step.SkbClone, b).Out()
	ns := b.ns
	p := ns.pool()
	var c *SKB
	if k := len(p.skbs); k > 0 {
		c, p.skbs = p.skbs[k-1], p.skbs[:k-1]
	} else {
		c = new(SKB)
	}
	spare := c.spare
	*c = *b
	c.spare = spare
	m := ns.Machine
	c.ID = m.IDs.Object()
	c.next, c.prev, c.SK, c.destructor, c.users = nil, nil, nil, destructNone, 1
	c.head.ref++
	if c.NFCT != nil {
		c.NFCT.Get()
	}
	c.Frags = nil
	if len(b.Frags) > 0 {
		c.Frags, c.spare = c.spare, nil
		for _, f := range b.Frags {
			f.head.ref++
			c.Frags = append(c.Frags, f)
		}
	}
	c.FragList = nil
	if len(b.FragList) > 0 { // both hang on one skb_shared_info
		c.FragList = append(c.FragList, b.FragList...)
		for _, f := range c.FragList {
			f.Hold()
		}
	}
	b.Cloned, c.Cloned = true, true
	m.Allocated++
	return c
}

// Copy is skb_copy: a clone with bytes of its own.
func (b *SKB) Copy() *SKB {
	c := b.Clone()
	for _, f := range c.FragList {
		f.users--
	}
	c.FragList = nil
	c.Unshare()
	return c
}

// Hold takes another reference (skb_get); each holder frees once.
func (b *SKB) Hold() { b.users++ }

// Freed reports whether the buffer has been given back: a pointer to it is
// stale.
func (b *SKB) Freed() bool { return b.freed }

// Shared reports whether somebody else holds the buffer too (skb_shared).
func (b *SKB) Shared() bool { return b.users > 1 }

// SetOwnerR charges the packet to a socket's receive buffer
// (skb_set_owner_r); freeing it gives the memory back.
func (b *SKB) SetOwnerR(sk *Sock) {
	b.Orphan()
	b.SK, b.destructor = sk, destructRmem
	sk.RmemAlloc += int32(b.Truesize)
}

// SetOwnerW charges the packet to a socket's send buffer (skb_set_owner_w). The
// stack's own sockets (without a number) have none: what they have in flight
// counts nowhere.
func (b *SKB) SetOwnerW(sk *Sock) {
	b.Orphan()
	b.SK = sk
	if sk.ID == 0 {
		return
	}
	b.destructor = destructWmem
	sk.WmemAlloc += int32(b.Truesize)
}

// Orphan gives the memory back to the owner now (skb_orphan).
func (b *SKB) Orphan() {
	sk := b.SK
	if sk == nil {
		return
	}
	d := b.destructor
	b.SK, b.destructor = nil, destructNone
	switch d {
	case destructRmem:
		sk.rfree(b)
	case destructWmem:
		sk.wfree(b)
	}
}
