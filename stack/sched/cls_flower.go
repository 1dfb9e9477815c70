package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/cls_flower.c, net/core/flow_dissector.c.
//
// Left out: tunnels' outer headers (enc_*), MPLS, a second tag, PPPoE, GTP; zones, marks
// and labels of connections.

// A FlowerField is a part of the packet that flower compares.
type FlowerField uint8

// The fields, in the order of struct fl_flow_key's use by tc.
const (
	FlowerIndev FlowerField = iota
	FlowerNumVlans
	FlowerVlanID
	FlowerVlanPrio
	FlowerVlanEthType
	FlowerVlanTPID
	FlowerEthDst
	FlowerEthSrc
	FlowerEthType
	FlowerIPProto
	FlowerTOS
	FlowerTTL
	FlowerAddrType
	FlowerIP4Dst
	FlowerIP4Src
	FlowerIP6Dst
	FlowerIP6Src
	FlowerDport
	FlowerSport
	FlowerDportRange // Val: the lowest, Mask: the highest
	FlowerSportRange
	FlowerTCPFlags
	FlowerICMPType
	FlowerICMPCode
	FlowerARPSip
	FlowerARPTip
	FlowerARPOp
	FlowerARPSha
	FlowerARPTha
	FlowerIPFlags
	FlowerCTState
	numFlowerFields
)

// flowerSizes are the fields' sizes in bytes.
var flowerSizes = [numFlowerFields]uint8{4, 1, 2, 1, 2, 2, 6, 6, 2, 1, 1, 1, 1, 4, 4, 16, 16, 2, 2, 2, 2, 2, 1, 1, 4, 4, 1, 6, 6, 4, 2}

// Size is how many bytes of a value count.
func (f FlowerField) Size() int { return int(flowerSizes[f]) }

// Bits of FlowerIPFlags (TCA_FLOWER_KEY_FLAGS_*).
const (
	FlowerFrag      = 1
	FlowerFirstFrag = 2
)

// Bits of FlowerCTState (TCA_FLOWER_KEY_CT_FLAGS_*).
const (
	FlowerCTNew = 1 << iota
	FlowerCTEstablished
	FlowerCTRelated
	FlowerCTTracked
	FlowerCTInvalid
	FlowerCTReply
)

// A FlowerKey is a field with a value under a mask. Numbers are in network order.
type FlowerKey struct {
	Field     FlowerField
	Val, Mask [16]byte
}

// A Flower is struct cls_fl_filter.
type Flower struct {
	Handle  uint32
	ClassID uint32
	SkipHW  bool
	Keys    []FlowerKey // in order of fields
	exts
}

// FlowerParams are what it is told.
type FlowerParams struct {
	ClassID    uint32
	ClassGiven bool
	SkipHW     bool
	Keys       []FlowerKey
	NoDev      bool // indev names a device that is not there
}

func (*FlowerParams) filterKind() FilterKind { return FilterFlower }
func (p *FlowerParams) skipsHW() bool        { return p.SkipHW }

// FilterHandle is its number.
func (f *Flower) FilterHandle() uint32 { return f.Handle }

// Key finds a field; nil: the filter does not look at it.
func (f *Flower) Key(x FlowerField) *FlowerKey {
	for i := range f.Keys {
		if f.Keys[i].Field == x {
			return &f.Keys[i]
		}
	}
	return nil
}

// A flowerMask is struct fl_flow_mask: filters that look at the same bits.
type flowerMask struct{ list []*Flower }

// A flower is the filters of one priority.
type flower struct {
	masks []*flowerMask
	all   []*Flower // in order of their numbers
}

// classify is fl_classify: mask by mask; the first filter with the packet's values
// decides.
func (u *flower) classify(w *walk, b *core.SKB) Verdict {
	defer w.ns.In(step.FlClassify, b).Out()
	var k flowKeys
	k.dissect(b)
	for _, m := range u.masks {
		for _, f := range m.list {
			if no := f.differs(&k); no != nil {
				w.triedFlower(f, no, &k)
				continue
			}
			w.res.ClassID = f.ClassID
			w.matched(f.Handle, f.ClassID, len(f.Acts))
			return f.exec(w, b)
		}
	}
	return TCActUnspec
}

// differs is the first field that the packet does not have as the filter wants it.
func (f *Flower) differs(k *flowKeys) *FlowerKey {
	for i := range f.Keys {
		x := &f.Keys[i]
		v := k.of(x.Field)
		if x.Field == FlowerDportRange || x.Field == FlowerSportRange {
			if p := num(v[:2]); p < num(x.Val[:2]) || p > num(x.Mask[:2]) {
				return x
			}
			continue
		}
		for j := range x.Field.Size() {
			if (v[j]^x.Val[j])&x.Mask[j] != 0 {
				return x
			}
		}
	}
	return nil
}

// num is a number in network order.
func num(p []byte) (v uint64) {
	for _, c := range p {
		v = v<<8 | uint64(c)
	}
	return v
}

// sameMask reports whether two filters look at the same bits.
func sameMask(a, b *Flower) bool {
	if len(a.Keys) != len(b.Keys) {
		return false
	}
	for i := range a.Keys {
		x, y := &a.Keys[i], &b.Keys[i]
		if x.Field != y.Field || !x.ranges() && x.Mask != y.Mask {
			return false
		}
	}
	return true
}

func (x *FlowerKey) ranges() bool {
	return x.Field == FlowerDportRange || x.Field == FlowerSportRange
}

// sameKey reports whether two filters of one mask want the same.
func sameKey(a, b *Flower) bool {
	for i := range a.Keys {
		x, y := &a.Keys[i], &b.Keys[i]
		for j := range x.Field.Size() {
			if x.ranges() && (x.Val[j] != y.Val[j] || x.Mask[j] != y.Mask[j]) || !x.ranges() && (x.Val[j]^y.Val[j])&x.Mask[j] != 0 {
				return false
			}
		}
	}
	return true
}

// get is fl_get.
func (u *flower) get(handle uint32) Filter {
	for _, f := range u.all {
		if f.Handle == handle {
			return f
		}
	}
	return nil
}

// change is fl_change.
func (u *flower) change(r *FilterReq, tp *Proto, old Filter) (Filter, Refusal) {
	p, ok := r.Opts.(*FlowerParams)
	if !ok || p == nil {
		return nil, refuse(step.EINVAL, sayNothing)
	}
	o, _ := old.(*Flower)
	if p.NoDev {
		return nil, refuse(step.EINVAL, sayNoInDev)
	}
	f := &Flower{Handle: r.Handle, SkipHW: p.SkipHW, Keys: p.Keys}
	m := u.mask(f)
	if m != nil {
		for _, x := range m.list {
			if x != o && sameKey(x, f) {
				return nil, refuse(step.EEXIST, sayNothing)
			}
		}
	}
	e, bad := r.validate(tp)
	if bad.Err != 0 {
		return nil, bad
	}
	f.exts = e
	if p.ClassGiven {
		f.ClassID = p.ClassID
		tp.setClass(0, p.ClassID)
	}
	if o != nil {
		u.drop(tp, o)
	}
	if f.Handle == 0 {
		f.Handle = u.free()
	}
	if m = u.mask(f); m == nil {
		m = &flowerMask{}
		u.masks = append(u.masks, m)
	}
	m.list = append(m.list, f)
	i := 0
	for i < len(u.all) && u.all[i].Handle < f.Handle {
		i++
	}
	u.all = append(u.all, nil)
	copy(u.all[i+1:], u.all[i:])
	u.all[i] = f
	return f, Refusal{}
}

// mask finds the filters that look at the same bits as f; nil: there are none.
func (u *flower) mask(f *Flower) *flowerMask {
	for _, m := range u.masks {
		if sameMask(m.list[0], f) {
			return m
		}
	}
	return nil
}

// free is the lowest number that no filter has.
func (u *flower) free() uint32 {
	i := uint32(1)
	for _, f := range u.all {
		if f.Handle != i {
			break
		}
		i++
	}
	return i
}

// drop takes a filter out.
func (u *flower) drop(tp *Proto, f *Flower) {
	for i, x := range u.all {
		if x == f {
			u.all = append(u.all[:i:i], u.all[i+1:]...)
			break
		}
	}
	for k, m := range u.masks {
		for i, x := range m.list {
			if x == f {
				m.list = append(m.list[:i:i], m.list[i+1:]...)
				if len(m.list) == 0 {
					u.masks = append(u.masks[:k:k], u.masks[k+1:]...)
				}
				tp.setClass(f.ClassID, 0)
				f.exts.destroy(tp.chain.filters.net)
				return
			}
		}
	}
}

// remove is fl_delete.
func (u *flower) remove(tp *Proto, f Filter) (last bool, r Refusal) {
	if x, ok := f.(*Flower); ok {
		u.drop(tp, x)
	}
	return len(u.all) == 0, Refusal{}
}

// destroy is fl_destroy.
func (u *flower) destroy(tp *Proto) {
	for len(u.all) > 0 {
		u.drop(tp, u.all[0])
	}
}

// each is fl_walk.
func (u *flower) each(tp *Proto, f func(Filter)) {
	for _, x := range u.all {
		f(x)
	}
}
