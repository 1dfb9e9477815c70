package core

import "github.com/packetwalk/packetwalk/stack/wire"

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
	if b.NFCT != nil {
		b.NFCT.Get()
	}
	if old.NFCT != nil {
		old.NFCT.Put()
	}
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

// Linear reports whether all bytes lie in one piece (!skb_is_nonlinear).
func (b *SKB) Linear() bool {
	copied := 0
	for _, f := range b.FragList {
		if f.Joined && f.Truesize == 0 { // copied behind the first
			copied++
		}
	}
	return len(b.Frags) == copied
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

// Lend keeps a hold on the packet's bytes for somebody outside of the world, who
// never gives it up: nothing can be added to them.
func (b *SKB) Lend() { b.head.ref++ }

// A Joiner appends packets to one whose data pointer is at its network header
// (inet_frag_reasm_finish): it joins them with it where skb_try_coalesce would,
// and hangs the others on its frag_list. One that is joined is no packet any more.
type Joiner struct {
	to     *SKB
	room   int // behind the bytes of to (skb_tailroom)
	frags  int // pages of others that it holds
	listed bool
}

// LinkRoom is LL_RESERVED_SPACE of Ethernet: what a sender allocates in front.
const LinkRoom = 16

const (
	maxFrags = 17  // MAX_SKB_FRAGS
	pageRoom = 192 // IGB_SKB_PAD, in front of a frame in the card's page
)

// NewJoiner begins with a packet that has its own bytes only.
func NewJoiner(to *SKB) Joiner {
	front := LinkRoom
	if to.HeadFrag {
		front = pageRoom + wire.EthernetLen
	}
	return Joiner{to: to, room: to.Truesize - sizeofSKB - sizeofShinfo - front - to.Len()}
}

// Append appends p, which may be a clone of another packet.
func (j *Joiner) Append(p *SKB, clone bool) {
	switch n := p.Len(); {
	case j.listed:
	case j.frags == 0 && n <= j.room: // copied
		j.room -= n
		p.Joined, p.Truesize = true, 0
	case p.HeadFrag && !clone && j.frags+1 < maxFrags: // its page is taken over
		j.frags++
		p.Joined, p.Truesize = true, p.Truesize-sizeofSKB
	default:
		j.listed = true
	}
	j.to.AppendFragList(p)
}
