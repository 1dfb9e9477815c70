package core

import "github.com/packetwalk/packetwalk/stack/step"

// Read before editing: net/core/skbuff.c (msg_zerocopy_realloc,
// __msg_zerocopy_callback, skb_orphan_frags_rx).

// A Ubuf is struct ubuf_info_msgzc: memory of a program that packets point to,
// until all of them are gone. Then the program hears of it, by the numbers of
// its calls.
type Ubuf struct {
	sk       *Sock
	ref      int
	id       uint32
	len      uint16 // calls
	bytes    uint32
	Zerocopy bool // nobody had to copy the bytes after all
}

// zerocopyLimit is byte_limit of msg_zerocopy_realloc.
const zerocopyLimit = 1 << 19

// ZerocopyAlloc is msg_zerocopy_realloc: a call begins that sends size bytes
// without copying. It may share the notification of the last one, old, if its
// packet still waits (nil: none).
func (sk *Sock) ZerocopyAlloc(size int, old *Ubuf) *Ubuf {
	r := sk.SetRare()
	if old != nil && old.len < 65535-1 && old.bytes+uint32(size) <= zerocopyLimit && old.id+uint32(old.len) == r.zcKey {
		old.len++
		old.bytes += uint32(size)
		old.ref++
		r.zcKey++
		return old
	}
	u := &Ubuf{sk: sk, ref: 1, id: r.zcKey, len: 1, bytes: uint32(size), Zerocopy: true}
	r.zcKey++
	return u
}

// Put is net_zcopy_put: the call is over.
func (u *Ubuf) Put() { u.complete(true) }

// Abort is net_zcopy_put_abort: the call has sent nothing, and its number is
// given again.
func (u *Ubuf) Abort() {
	u.sk.SetRare().zcKey--
	u.len--
	u.complete(true)
}

// complete is msg_zerocopy_complete: one holder less.
func (u *Ubuf) complete(success bool) {
	u.Zerocopy = u.Zerocopy && success
	if u.ref--; u.ref == 0 {
		u.callback(u.sk.NS)
	}
}

// callback is __msg_zerocopy_callback: the notification goes into the error
// queue, or makes the last one there longer.
func (u *Ubuf) callback(ns *Netns) {
	defer ns.In(step.MsgZerocopyCallback, u.sk).Out()
	sk := u.sk
	if u.len == 0 || sk.Dead {
		return
	}
	hi := u.id + uint32(u.len) - 1
	e := ExtErr{Origin: ErrOriginZerocopy, Info: u.id, Data: hi}
	if !u.Zerocopy {
		e.Code = ZerocopyCopied
	}
	ns.Why(step.WhyZerocopyDone, uint64(u.id), uint64(hi), flag(u.Zerocopy))
	q := &sk.SetRare().ErrQueue
	if t := q.Back(); t != nil && t.CB.Err.Origin == ErrOriginZerocopy && u.id == t.CB.Err.Data+1 {
		t.CB.Err.Data += uint32(u.len)
	} else {
		b := ns.AllocSKB(0, 0, 0)
		b.CB = CB{Err: e}
		b.PktType = PacketOutgoing
		q.PushBack(b)
	}
	sk.ErrorReport(ns)
}

// Uarg is skb_zcopy: the program's memory that this packet points to, nil if
// none.
func (b *SKB) Uarg() *Ubuf {
	if b.head.sh == nil {
		return nil
	}
	return b.head.sh.uarg
}

// SetUarg is skb_zcopy_set: the packet points to it too.
func (b *SKB) SetUarg(u *Ubuf) {
	if u == nil || b.Uarg() != nil {
		return
	}
	u.ref++
	b.shinfo().uarg = u
}

// OrphanFragsRx is skb_orphan_frags_rx: who may keep the packet for long, or
// gives it to a program, copies the program's memory first.
func (b *SKB) OrphanFragsRx() {
	u := b.Uarg()
	if u == nil {
		return
	}
	u.Zerocopy = false
	if b.head.ref > 1 {
		b.Unshare()
	}
	b.head.sh.uarg = nil
	u.complete(false)
}

// pageSize is what a program's memory is made of, in bytes.
const pageSize = 4096

// FillZerocopy is skb_zerocopy_iter_stream: b takes up to n bytes of m from m.Off
// on, by pointing to them. Each page of each piece is a fragment of its own, and
// counts whole. It returns how many it took: 0 when the packet is full. Pieces
// are taken to begin with a page.
func (b *SKB) FillZerocopy(m *Msghdr, n int) (took int) {
	s := b.shinfo()
	iov := m.Iov
	if iov == nil {
		iov = []int{len(m.Data)}
	}
	at := 0
	for _, l := range iov {
		for off := m.Off + took - at; off >= 0 && off < l && took < n; off = m.Off + took - at {
			k := min(pageSize-off%pageSize, l-off, n-took)
			if off == 0 || off%pageSize == 0 || s.nrFrags == 0 {
				if s.nrFrags == maxFrags {
					return took
				}
				s.nrFrags++
				b.Truesize += pageSize
			}
			copy(b.Put(k), m.Data[m.Off+took:][:k])
			took += k
		}
		at += l
	}
	return took
}
