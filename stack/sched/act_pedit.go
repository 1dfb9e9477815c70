package sched

import (
	"math/bits"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/sched/act_pedit.c.

// From which header a PeditKey counts (TCA_PEDIT_KEY_EX_HDR_TYPE_*).
const (
	PeditNetwork = iota
	PeditEth
	PeditIP4
	PeditIP6
	PeditTCP
	PeditUDP
)

// A PeditKey is struct tc_pedit_key: four bytes are written, except for the bits of
// Mask. Values are in network order, the first byte highest.
type PeditKey struct {
	Header    uint8
	Add       bool
	Val, Mask uint32
	Off       int32
	At        uint32 // with OffMask: a byte of the packet moves the place
	OffMask   uint32
	Shift     uint32
}

// A Pedit is struct tcf_pedit: it writes into headers, and corrects no checksum.
type Pedit struct {
	ActBase
	PeditParams
}

// PeditParams are its options; Extended: keys name headers (`pedit ex`).
type PeditParams struct {
	Extended bool
	Keys     []PeditKey
}

func (p *PeditParams) check(n *tcNet, s *ActSpec, old Action) Refusal {
	if len(p.Keys) == 0 {
		return refuse(step.EINVAL, sayPeditKeys)
	}
	for i := range p.Keys {
		if k := &p.Keys[i]; k.OffMask == 0 && k.Off%4 != 0 {
			return refuse(step.EINVAL, sayPeditWide)
		}
	}
	return Refusal{}
}

func (p *PeditParams) make(n *tcNet, s *ActSpec, old Action) Action {
	a, ok := old.(*Pedit)
	if !ok {
		a = &Pedit{}
	}
	a.PeditParams = *p
	return a
}

// act is tcf_pedit_act.
func (a *Pedit) act(w *walk, b *core.SKB) Verdict {
	defer w.ns.In(step.TcfPeditAct, b).Out()
	a.used(w)
	for i := range a.Keys {
		if off, ok := a.Keys[i].write(w, b); !ok {
			w.ns.Why(step.WhyPeditOut, uint64(off))
			a.Overlimits++
			break
		}
	}
	return a.Control
}

// write does one key; ok is false when the packet has no such bytes.
func (k *PeditKey) write(w *walk, b *core.SKB) (off int, ok bool) {
	h, ok := k.header(b)
	if !ok {
		return 0, false
	}
	off = int(k.Off)
	if k.OffMask != 0 {
		at := h + int(int32(k.At))
		d, ok := word(b, at, 1)
		if !ok {
			return at, false
		}
		off += int(d & k.OffMask >> min(31, k.Shift))
		if off%4 != 0 {
			return off, false
		}
	}
	off += h
	if off < -b.Headroom() || off > b.Len()-4 || off > 1<<20 || off+4 > 0 && !b.MayPull(min(b.Len(), off+4)) {
		return off, false
	}
	b.Unshare()
	p := b.From(b.Offset() + off)
	old := uint32(p[0])<<24 | uint32(p[1])<<16 | uint32(p[2])<<8 | uint32(p[3])
	val := k.Val
	if k.Add { // as numbers of a machine that keeps the lowest byte first
		val = bits.ReverseBytes32(bits.ReverseBytes32(old)+bits.ReverseBytes32(k.Val)) &^ k.Mask
	}
	v := old&k.Mask ^ val
	p[0], p[1], p[2], p[3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
	w.ns.Why(step.WhyPeditSet, uint64(off-b.NetworkOffset()), uint64(old), uint64(v))
	return off, true
}

// header is pedit_skb_hdr_offset: where the key counts from.
func (k *PeditKey) header(b *core.SKB) (int, bool) {
	switch k.Header {
	case PeditEth:
		return b.MAC - b.Offset(), b.MAC >= 0
	case PeditTCP, PeditUDP:
		return l4Offset(b, map2proto(k.Header))
	}
	return b.NetworkOffset(), true
}

func map2proto(h uint8) uint8 {
	if h == PeditTCP {
		return 6
	}
	return 17
}

// l4Offset is pedit_l4_skb_offset: where the transport header begins. IPv4's protocol
// is not looked at; in IPv6 it must be the one that is sought.
func l4Offset(b *core.SKB, proto uint8) (int, bool) {
	n := b.NetworkOffset()
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		v, ok := word(b, n, 1)
		return n + int(v&15)*4, ok
	case wire.EtherTypeIPv6:
		next, at, ok := skipIPv6(b, n)
		return at, ok && next == proto
	}
	return 0, false
}

// skipIPv6 is ipv6_find_hdr: pass extension headers over; at most 16 of them.
func skipIPv6(b *core.SKB, n int) (next uint8, at int, ok bool) {
	v, ok := word(b, n+6, 1)
	if !ok {
		return 0, 0, false
	}
	next, at = uint8(v), n+wire.IPv6Len
	for range 16 {
		switch next {
		case 0, 43, 60, 135:
			v, ok := word(b, at, 2)
			if !ok {
				return next, at, false
			}
			next, at = uint8(v>>8), at+int(v&0xff)*8+8
		case 44:
			v, ok := word(b, at, 4)
			if !ok || v&0xfff8 != 0 {
				return next, at, false
			}
			next, at = uint8(v>>24), at+8
		case 51:
			v, ok := word(b, at, 2)
			if !ok {
				return next, at, false
			}
			next, at = uint8(v>>8), at+int(v&0xff)*4+8
		default:
			return next, at, true
		}
	}
	return next, at, false
}
