package core

import "github.com/packetwalk/packetwalk/stack/wire"

// Len is the number of bytes from the data pointer to the end, fragments included.
func (b *SKB) Len() int { return b.tail - b.data + b.fragLen }

// HeadLen is how many of them are linear (skb_headlen).
func (b *SKB) HeadLen() int { return b.tail - b.data }

// Data is the linear part.
func (b *SKB) Data() []byte { return b.head.buf[b.data:b.tail] }

// Offset is where the data pointer stands, counted from the memory's start.
func (b *SKB) Offset() int { return b.data }

// Headroom is how many bytes are free in front (skb_headroom).
func (b *SKB) Headroom() int { return b.data }

// Put extends the linear data at the end by n bytes and returns them (skb_put).
// They are not cleared.
func (b *SKB) Put(n int) []byte {
	if b.tail+n > len(b.head.buf) {
		b.grow(n)
	}
	b.tail += n
	return b.head.buf[b.tail-n : b.tail]
}

func (b *SKB) grow(n int) {
	h := b.ns.pool().getHead(b.tail + n)
	copy(h.buf, b.head.buf[:b.tail])
	b.swapHead(h)
}

// swapHead gives the packet other memory, with what its skb_shared_info says.
func (b *SKB) swapHead(h *head) {
	if b.head.sh != nil {
		h.sh = b.head.sh.copy()
	}
	b.ns.pool().putHead(b.head)
	b.head = h
}

// Push extends the data at the front by n bytes and returns all linear data
// (skb_push). Without headroom the memory is reallocated (pskb_expand_head).
func (b *SKB) Push(n int) []byte {
	if n > b.data {
		b.expandHead(n)
	}
	b.data -= n
	return b.Data()
}

func (b *SKB) expandHead(n int) {
	d := align(n-b.data) + 64
	h := b.ns.pool().getHead(d + b.tail)
	copy(h.buf[d:], b.head.buf[:b.tail])
	b.swapHead(h)
	b.data += d
	b.tail += d
	for _, p := range [...]*int{&b.MAC, &b.Network, &b.Transport} {
		if *p >= 0 {
			*p += d
		}
	}
	b.CsumStart += d
	b.Inner[0] += uint16(d)
	b.Inner[1] += uint16(d)
}

// Unshare makes the bytes this buffer's own, before they are written
// (skb_cow, skb_ensure_writable).
func (b *SKB) Unshare() {
	if b.head.ref == 1 {
		return
	}
	h := b.ns.pool().getHead(len(b.head.buf))
	copy(h.buf, b.head.buf[:b.tail])
	b.swapHead(h)
}

// Pull moves the data pointer n bytes on (skb_pull). The caller has checked
// that they are there.
func (b *SKB) Pull(n int) { b.data += n }

// MayPull reports whether n bytes are there, and makes them linear
// (pskb_may_pull).
func (b *SKB) MayPull(n int) bool {
	if n <= b.HeadLen() {
		return true
	}
	if n > b.Len() {
		return false
	}
	b.linearize()
	return true
}

// linearize copies all pieces behind the linear part (skb_linearize).
func (b *SKB) linearize() {
	if len(b.Frags) == 0 {
		return
	}
	n := b.fragLen
	h := &head{buf: make([]byte, b.tail+n), ref: 1}
	copy(h.buf, b.head.buf[:b.tail])
	at := b.tail
	for _, f := range b.Frags {
		at += copy(h.buf[at:], f.B)
	}
	b.dropFrags()
	b.swapHead(h)
	b.tail += n
}

func (b *SKB) dropFrags() {
	for i := range b.Frags {
		b.ns.pool().putHead(b.Frags[i].head)
	}
	if b.Frags != nil {
		clear(b.Frags)
		b.spare = b.Frags[:0]
	}
	b.Frags, b.fragLen = nil, 0
}

// Trim cuts the data to n bytes (pskb_trim).
func (b *SKB) Trim(n int) {
	if n >= b.Len() {
		return
	}
	if n <= b.HeadLen() {
		b.dropFrags()
		b.tail = b.data + n
		return
	}
	n -= b.HeadLen()
	for i := range b.Frags {
		f := &b.Frags[i]
		if n < len(f.B) {
			f.B = f.B[:n]
		}
		n -= len(f.B)
	}
	b.fragLen = 0
	for i := range b.Frags {
		b.fragLen += len(b.Frags[i].B)
	}
}

// AddFrag hangs the data of p behind b's (GRO's merge, skb_gro_receive); p
// keeps its own.
func (b *SKB) AddFrag(p *SKB) {
	if b.Frags == nil {
		b.Frags, b.spare = b.spare, nil
	}
	for _, f := range p.Frags {
		f.head.ref++
		b.Frags = append(b.Frags, f)
	}
	if p.HeadLen() > 0 {
		p.head.ref++
		b.Frags = append(b.Frags, Frag{p.head, p.Data()})
	}
	b.fragLen += p.Len()
}

// CopyBits copies data from offset off (counted from the data pointer) into
// dst and returns how many bytes (skb_copy_bits).
func (b *SKB) CopyBits(off int, dst []byte) int {
	n := 0
	if off < b.HeadLen() {
		n = copy(dst, b.Data()[off:])
		off = 0
	} else {
		off -= b.HeadLen()
	}
	for _, f := range b.Frags {
		if n == len(dst) {
			return n
		}
		if off >= len(f.B) {
			off -= len(f.B)
			continue
		}
		n += copy(dst[n:], f.B[off:])
		off = 0
	}
	return n
}

// Checksum sums the bytes from offset off of the data on, n of them, on top of
// sum (skb_checksum). The result is not folded to 16 bits.
func (b *SKB) Checksum(off, n int, sum uint32) uint32 {
	odd := false
	add := func(p []byte) {
		s := wire.Checksum(p, 0)
		if odd {
			s = s>>8&0x00ff00ff | s<<8&0xff00ff00
		}
		t := uint64(sum) + uint64(s)
		sum = uint32(t) + uint32(t>>32)
		if len(p)&1 != 0 {
			odd = !odd
		}
	}
	if off < b.HeadLen() {
		p := b.Data()[off:]
		p = p[:min(n, len(p))]
		add(p)
		n -= len(p)
		off = 0
	} else {
		off -= b.HeadLen()
	}
	for _, f := range b.Frags {
		if n == 0 {
			break
		}
		if off >= len(f.B) {
			off -= len(f.B)
			continue
		}
		p := f.B[off:]
		p = p[:min(n, len(p))]
		add(p)
		n -= len(p)
		off = 0
	}
	return sum
}
