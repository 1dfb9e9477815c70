package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A u32Field is a header field that a u32 key may stand for: its word's offset from
// the network header, its bits there, and how it reads.
type u32Field struct {
	ether uint16
	off   int
	mask  uint32
	shift uint
	name  string
	addr  bool
}

var u32Fields = [...]u32Field{
	{0x0800, 0, 0x00ff0000, 16, "ip tos", false}, {0x0800, 0, 0x0000ffff, 0, "ip length", false},
	{0x0800, 8, 0xff000000, 24, "ip ttl", false}, {0x0800, 8, 0x00ff0000, 16, "ip protocol", false},
	{0x0800, 12, 0, 0, "ip src", true}, {0x0800, 16, 0, 0, "ip dst", true},
	{0x0800, 20, 0xffff0000, 16, "source port", false}, {0x0800, 20, 0x0000ffff, 0, "destination port", false},
	{0x86dd, 4, 0x0000ff00, 8, "ip6 next header", false}, {0x86dd, 4, 0x000000ff, 0, "ip6 hop limit", false},
	{0x86dd, 40, 0xffff0000, 16, "source port", false}, {0x86dd, 40, 0x0000ffff, 0, "destination port", false},
}

// triedKey tells which key ruled a filter out: its field if it is one, else its four
// bytes.
func (w *walk) triedKey(n *U32Node, k *U32Key, v uint32, off int, b *core.SKB) {
	if !w.ns.Listening() {
		return
	}
	for i := range u32Fields {
		f := &u32Fields[i]
		if f.ether != b.Protocol || f.off != off || !f.addr && k.Mask&^f.mask != 0 {
			continue
		}
		if f.addr {
			a := wire.IP4(v).Addr()
			want := wire.IP4(k.Val & k.Mask).Addr().Netip().Unmap().AppendTo(nil)
			if k.Mask != ^uint32(0) {
				want = appendHex(append(want, " under mask "...), k.Mask, 8)
			}
			w.tried(step.TryTcIP, n.Handle, []byte(f.name), want, a.Hi, a.Lo)
			return
		}
		if k.Mask == f.mask {
			w.tried(step.TryTcDec, n.Handle, []byte(f.name), appendNum(nil, uint64(k.Val>>f.shift), 10), uint64(v&f.mask>>f.shift))
			return
		}
	}
	field := append(make([]byte, 0, 40), "4 bytes at "...)
	if off < 0 {
		field, off = append(field, '-'), -off
	}
	field = appendNum(field, uint64(off), 10)
	want := appendHex(append(make([]byte, 0, 48), "0x"...), k.Val, 1)
	if k.Mask != ^uint32(0) {
		want = appendHex(append(want, " under mask 0x"...), k.Mask, 1)
	}
	w.tried(step.TryTcHex, n.Handle, field, want, uint64(v))
}

func (w *walk) triedMark(n *U32Node, b *core.SKB) {
	if !w.ns.Listening() {
		return
	}
	want := appendHex(append(appendHex(append(make([]byte, 0, 48), "0x"...), n.Mark, 1), " under mask 0x"...), n.MarkMask, 1)
	w.tried(step.TryTcHex, n.Handle, []byte("mark"), want, uint64(b.Mark))
}

// whyShort tells that the packet ends before what a filter compares; at counts from
// the network header.
func (w *walk) whyShort(n *U32Node, at int) {
	if !w.ns.Listening() {
		return
	}
	var a [7]uint64
	w.tp.name(a[:], n.Handle)
	a[6] = uint64(at)
	w.ns.Why(step.WhyU32Short, a[:]...)
}

// whyLink tells that a filter leads to a table.
func (w *walk) whyLink(n *U32Node, t *U32Table, bucket uint32) {
	if !w.ns.Listening() {
		return
	}
	var a [8]uint64
	w.tp.name(a[:], n.Handle)
	pack(a[6:7], append(appendNum(nil, uint64(t.Handle>>20), 16), ':'))
	a[7] = uint64(bucket)
	w.ns.Why(step.WhyU32Link, a[:]...)
}

// appendHex appends a number with at least so many hexadecimal digits.
func appendHex(b []byte, v uint32, width int) []byte {
	n := 1
	for x := v >> 4; x != 0; x >>= 4 {
		n++
	}
	for ; n < width; n++ {
		b = append(b, '0')
	}
	return appendNum(b, uint64(v), 16)
}

// Words of sentences about marks.
const (
	markName  = "mark"
	hexMark   = "0x"
	underMask = " under mask 0x"
)
