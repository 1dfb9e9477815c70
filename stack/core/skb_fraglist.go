package core

// Morph is skb_morph: b becomes a clone of src in place. It keeps its number,
// its packet's number and its owner, and gives up the bytes that it had.
func (b *SKB) Morph(src *SKB) {
	ns := b.ns
	b.dropFrags()
	ns.pool().putHead(b.head)
	old := *b
	*b = *src
	b.ID, b.Pkt, b.Parent, b.ns = old.ID, old.Pkt, old.Parent, ns
	b.next, b.prev, b.users = old.next, old.prev, old.users
	b.SK, b.destructor, b.FragList = old.SK, old.destructor, nil
	b.spare = old.spare // each its own: two buffers must not share the memory for Frags
	b.head.ref++
	b.Frags = nil
	for _, f := range src.Frags {
		f.head.ref++
		b.Frags = append(b.Frags, f)
	}
}

// AppendFragList hangs p's data behind b's and keeps p in its frag_list, which
// owns it from now on.
func (b *SKB) AppendFragList(p *SKB) {
	b.AddFrag(p)
	b.FragList = append(b.FragList, p)
	b.Truesize += p.Truesize
}

// TakeFragList takes the pieces of the frag_list off again: b is its own first
// part only, and the caller owns the pieces.
func (b *SKB) TakeFragList() []*SKB {
	l := b.FragList
	n := b.Len()
	for _, p := range l {
		n -= p.Len()
		b.Truesize -= p.Truesize
	}
	b.FragList = nil
	b.Trim(n)
	return l
}

// Own says that nobody else holds the bytes (!skb_cloned).
func (b *SKB) Own() bool { return b.head.ref == 1 }
