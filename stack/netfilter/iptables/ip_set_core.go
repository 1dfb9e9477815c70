package iptables

import "github.com/packetwalk/packetwalk/stack/core"

// Read before editing: ip_set_core.c, ip_set_hash_gen.h (mtype_create, mtype_add,
// mtype_del), ip_set_bitmap_ip.c (bitmap_ip_create), ip_set_list_set.c.

// A SetError is what a set answers to an order: an errno, or enum ipset_errno and the
// errors of the types (include/uapi/linux/netfilter/ipset). 0 is none.
type SetError uint16

// What a set may answer.
const (
	SetErrENOENT      SetError = 2    // there is no such set
	SetErrEEXIST      SetError = 17   // create: there is such a set
	SetErrBusy        SetError = 4100 // destroy: something refers to it
	SetErrExistName2  SetError = 4101 // rename: the new name is taken
	SetErrMismatch    SetError = 4102 // swap: the types differ
	SetErrExist       SetError = 4103 // add: it is there; del: it is not
	SetErrCIDR        SetError = 4104 // a prefix length that cannot be
	SetErrTimeout     SetError = 4107 // a time for a set without
	SetErrReferenced  SetError = 4108 // rename: something refers to it
	SetErrIPv4        SetError = 4109 // an address of the other family
	SetErrIPv6        SetError = 4110
	SetErrCounter     SetError = 4111 // counters for a set without
	SetErrComment     SetError = 4112
	SetErrSkbInfo     SetError = 4114
	SetErrFull        SetError = 4352 // IPSET_ERR_HASH_FULL
	SetErrHashElem    SetError = 4353 // the address 0
	SetErrProto       SetError = 4354 // hash types: protocol 0
	SetErrBitmapRange SetError = 4352 // IPSET_ERR_BITMAP_RANGE: outside
	SetErrBitmapSize  SetError = 4353 // IPSET_ERR_BITMAP_RANGE_SIZE: too large
	SetErrName        SetError = 4352 // list:set: no such set
	SetErrLoop        SetError = 4353 // list:set: a list in a list
	SetErrNameRef     SetError = 4355 // list:set: no such set to be before or after
	SetErrRefExist    SetError = 4357 // list:set: it is not in the list
)

// IsHash says whether the type is one of the hash types.
func (t SetType) IsHash() bool { return t <= SetHashNetPort }

// AddSet is ip_set_create: EEXIST if the name is taken.
func (x *Tables) AddSet(s *IPSet) SetError {
	if x.Set(s.Name) != nil {
		return SetErrEEXIST
	}
	switch s.Type {
	case SetList:
		if s.Size == 0 {
			s.Size = 8
		}
		s.Size = max(s.Size, 4)
	case SetBitmapIP, SetBitmapPort:
		if e := s.createBitmap(); e != 0 {
			return e
		}
	default:
		s.createHash(x)
	}
	s.x, s.elems = x, map[setKey]*SetElem{}
	x.place(s)
	return 0
}

// place is find_free_id: the set has the first place that is free.
func (x *Tables) place(s *IPSet) {
	i := 0
	for i < len(x.sets) && x.sets[i].index == i {
		i++
	}
	s.index = i
	x.sets = append(x.sets, nil)
	copy(x.sets[i+1:], x.sets[i:])
	x.sets[i] = s
}

// createHash is mtype_create: what was not said, and sizes that are powers of two.
func (s *IPSet) createHash(x *Tables) {
	if s.MaxElem == 0 {
		s.MaxElem = 65536
	}
	n := uint32(64)
	if s.HashSize == 0 {
		s.HashSize = 1024
	}
	for n < s.HashSize && n < 1<<31 {
		n <<= 1
	}
	s.HashSize = n
	switch {
	case s.BucketSize == 0:
		s.BucketSize = 12
	case s.BucketSize < 2:
		s.BucketSize = 2
	case s.BucketSize > 64:
		s.BucketSize = 64
	case s.BucketSize&1 != 0:
		s.BucketSize++
	}
	if s.InitVal == 0 {
		s.InitVal = x.ns.Machine.Rand.Uint32()
	}
}

// createBitmap is bitmap_ip_create, bitmap_port_create.
func (s *IPSet) createBitmap() SetError {
	if s.From > s.To {
		s.From, s.To = s.To, s.From
	}
	if s.Type == SetBitmapPort {
		return 0
	}
	if s.Netmask >= 32 {
		s.Netmask = 0
	}
	if s.Netmask != 0 {
		s.From &= s.hostMask()
		n, mask := uint8(31), ^uint32(1)
		for n > 0 && mask != 0 && s.To&mask != s.From {
			n, mask = n-1, mask<<1
		}
		if mask == 0 && (s.From != 0 || s.To != ^uint32(0)) || s.Netmask <= n {
			return SetErrBitmapRange
		}
	}
	if s.Slots() > 0x10000 {
		return SetErrBitmapSize
	}
	return 0
}

// hostMask is the mask of Netmask.
func (s *IPSet) hostMask() uint32 {
	if s.Netmask == 0 {
		return ^uint32(0)
	}
	return ^uint32(0) << (32 - s.Netmask)
}

// Slots is how many elements a bitmap has room for.
func (s *IPSet) Slots() uint64 {
	n := uint64(s.To) - uint64(s.From) + 1
	if s.Netmask != 0 && s.Type == SetBitmapIP {
		n >>= 32 - s.Netmask
	}
	return n
}

// DelSet is ip_set_destroy: busy while rules or lists refer to it.
func (x *Tables) DelSet(s *IPSet) SetError {
	if s.use > 0 {
		return SetErrBusy
	}
	s.Flush()
	for i := range x.sets {
		if x.sets[i] == s {
			x.sets = append(x.sets[:i:i], x.sets[i+1:]...)
			break
		}
	}
	return 0
}

// Rename is ip_set_rename.
func (x *Tables) Rename(s *IPSet, name string) SetError {
	if s.use > 0 {
		return SetErrReferenced
	}
	if x.Set(name) != nil {
		return SetErrExistName2
	}
	s.Name = name
	return 0
}

// features is ip_set_type.features: what sets that may be swapped have in common.
func (s *IPSet) features() (f [3]bool) {
	switch s.Type {
	case SetHashNet:
		return [3]bool{true, false, true}
	case SetHashIPPort:
		return [3]bool{true, true, false}
	case SetHashNetPort:
		return [3]bool{true, true, true}
	case SetBitmapPort:
		return [3]bool{false, true, false}
	case SetList:
		return [3]bool{}
	}
	return [3]bool{true, false, false}
}

// Swap is ip_set_swap: two sets change contents, and who refers to a name goes on
// with the name.
func (x *Tables) Swap(a, b *IPSet) SetError {
	if a.features() != b.features() || a.family() != b.family() {
		return SetErrMismatch
	}
	*a, *b = *b, *a
	a.Name, b.Name = b.Name, a.Name
	a.use, b.use = b.use, a.use
	a.index, b.index = b.index, a.index
	return 0
}

// family is ip_set.family.
func (s *IPSet) family() core.Family {
	if s.hasFamily() {
		return s.Family
	}
	return 0
}
