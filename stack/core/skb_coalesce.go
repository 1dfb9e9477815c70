package core

// rxRoom is NET_SKB_PAD: the room in front of a frame that was copied into
// memory of its own.
const rxRoom = 64

// pageMax is where a driver that copies begins to put the rest into pages.
const pageMax = 4096

// tailroom is skb_tailroom: how many bytes would still fit behind the packet's,
// in the memory that the kernel took for it.
func (b *SKB) tailroom() int {
	if len(b.Frags) > 0 || len(b.FragList) > 0 || b.Paged {
		return 0
	}
	front, start := rxRoom, b.Network
	if b.MAC >= 0 {
		start = b.MAC
	}
	if b.HeadFrag {
		front = pageRoom
	}
	most := pageMax - front
	if b.HeadFrag {
		most = 2048 - sizeofShinfo - front
	}
	if start < 0 || start > b.tail || b.tail-start >= most {
		return 0 // the rest lies in pages
	}
	return max(0, b.Truesize-sizeofSKB-sizeofShinfo-front-(b.tail-start))
}

// pages is how many page fragments the kernel's packet has (nr_frags).
func (b *SKB) pages() int {
	if b.Paged && b.HeadLen() > 0 {
		return len(b.Frags) + 1
	}
	return len(b.Frags)
}

// TryCoalesce is skb_try_coalesce: the bytes of from are put behind those of b,
// if that costs nothing but taking over their memory. It returns how much more
// memory b takes then. from is to be freed by the caller.
func (b *SKB) TryCoalesce(from *SKB) (delta int, ok bool) {
	if !b.Own() {
		return 0, false
	}
	n := from.Len()
	if n <= b.tailroom() { // copied
		from.CopyBits(0, b.Put(n))
		return 0, true
	}
	switch {
	case n == 0 && (len(b.Frags) > 0 || b.Paged):
		return 0, true
	case len(b.FragList) > 0 || len(from.FragList) > 0:
		return 0, false
	case from.HeadLen() > 0 && !from.Paged:
		if b.pages()+from.pages() >= maxFrags || !from.HeadFrag || !from.Own() {
			return 0, false
		}
		delta = from.Truesize - sizeofSKB
	default:
		if b.pages()+from.pages() > maxFrags {
			return 0, false
		}
		delta = from.Truesize - AllocTruesize(0)
	}
	delta = max(delta, n)
	b.takeData(from)
	b.Truesize += delta
	b.Truncated = b.Truncated || from.Truncated
	return delta, true
}

// takeData hangs the bytes of p behind b's, in their order.
func (b *SKB) takeData(p *SKB) {
	if b.Frags == nil {
		b.Frags, b.spare = b.spare, nil
	}
	if p.HeadLen() > 0 {
		p.head.ref++
		b.Frags = append(b.Frags, Frag{p.head, p.Data()})
	}
	for _, f := range p.Frags {
		f.head.ref++
		b.Frags = append(b.Frags, f)
	}
	b.fragLen += p.Len()
}
