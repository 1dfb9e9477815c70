package iptables

import "github.com/packetwalk/packetwalk/stack/wire"

// Read before editing: ip_set_hash_gen.h, ip_set_hash_*.c (*_uadt), ip_set_bitmap_gen.h,
// ip_set_list_set.c (list_set_uadd, list_set_udel, list_set_utest).

// normal gives an element the form in which it is kept, or says why it cannot be one.
func (s *IPSet) normal(e *SetElem) SetError {
	switch s.Type {
	case SetHashIP, SetHashIPPort:
		e.Plen = 0
		if s.Netmask != 0 {
			e.Addr = maskPlen(e.Addr, s.Family, s.Netmask)
		}
		if s.Type == SetHashIP && s.null(e.Addr) {
			return SetErrHashElem
		}
	case SetHashNet, SetHashNetPort:
		if e.Plen == 0 {
			e.Plen = s.bits()
		}
		if e.Plen > s.bits() {
			return SetErrCIDR
		}
		e.Addr = maskPlen(e.Addr, s.Family, e.Plen)
	case SetBitmapIP:
		a := uint32(e.Addr.IP4())
		if a < s.From || a > s.To {
			return SetErrBitmapRange
		}
		e.Addr = wire.IP4(a & s.hostMask()).Addr()
	case SetBitmapPort:
		if p := uint32(e.Port); p < s.From || p > s.To {
			return SetErrBitmapRange
		}
		e.Proto = 0
	}
	return 0
}

// null says whether an address is 0.
func (s *IPSet) null(a wire.Addr) bool {
	if s.bits() == 32 {
		return a.IP4() == 0
	}
	return a == wire.Addr{}
}

// Add is mtype_add: it puts an element in, unless it is there or the set is full. With
// exist the one that is there gets the new time and counters.
func (s *IPSet) Add(e SetElem, exist bool) SetError {
	if err := s.normal(&e); err != 0 {
		return err
	}
	k := s.key(&e)
	if o := s.elems[k]; o != nil && !s.expired(o) {
		if !exist {
			return SetErrExist
		}
		*o = e
		return 0
	}
	full := s.Type.IsHash() && len(s.list) >= s.MaxElem
	if s.elems[k] != nil || full {
		s.gc()
	}
	if s.Type.IsHash() && len(s.list) >= s.MaxElem {
		if !s.ForceAdd || len(s.list) == 0 {
			return SetErrFull
		}
		s.drop(s.list[0])
		s.list = s.list[1:]
	}
	if s.Type == SetList {
		s.x.Set(e.Set).use++
	}
	n := e
	s.elems[k] = &n
	s.list = append(s.list, &n)
	s.plens[n.Plen]++
	return 0
}

// Del is mtype_del: it takes an element out.
func (s *IPSet) Del(e SetElem) SetError {
	if err := s.normal(&e); err != 0 {
		return err
	}
	o := s.elems[s.key(&e)]
	if o == nil {
		return SetErrExist
	}
	gone := s.expired(o)
	s.drop(o)
	i := s.place(o)
	s.list = append(s.list[:i:i], s.list[i+1:]...)
	if gone {
		return SetErrExist
	}
	return 0
}

// place is where in the list an element is; -1 if it is not there.
func (s *IPSet) place(e *SetElem) int {
	for i := range s.list {
		if s.list[i] == e {
			return i
		}
	}
	return -1
}

// A SetPlace says where a member of a list:set stands: before or after another.
type SetPlace struct {
	Ref    string // "": anywhere
	Before bool   // and not after
}

// member checks what an order to a list names (list_set_uadt).
func (s *IPSet) member(e *SetElem, at SetPlace) SetError {
	m := s.x.Set(e.Set)
	if m == nil {
		return SetErrName
	}
	if m.Type == SetList {
		return SetErrLoop
	}
	if at.Ref != "" && s.x.Set(at.Ref) == nil {
		return SetErrNameRef
	}
	s.gc()
	return 0
}

// AddMember is list_set_uadd: a set becomes a member of a list.
func (s *IPSet) AddMember(e SetElem, at SetPlace, exist bool) SetError {
	if err := s.member(&e, at); err != 0 {
		return err
	}
	ref := s.elems[setKey{set: at.Ref}]
	if at.Ref != "" && ref == nil {
		return SetErrRefExist
	}
	had := s.elems[s.key(&e)] != nil
	if err := s.Add(e, exist); err != 0 || had || ref == nil {
		return err
	}
	n := len(s.list) - 1
	l, i := s.list[n], s.place(ref)
	if !at.Before {
		i++
	}
	copy(s.list[i+1:], s.list[i:n])
	s.list[i] = l
	return 0
}

// HasMember is list_set_utest.
func (s *IPSet) HasMember(e SetElem, at SetPlace) (bool, SetError) {
	if err := s.member(&e, at); err != 0 {
		return false, err
	}
	o := s.elems[s.key(&e)]
	return o != nil && s.stands(o, at), 0
}

// stands says whether a member stands next to another.
func (s *IPSet) stands(e *SetElem, at SetPlace) bool {
	i := s.place(e)
	switch {
	case at.Ref == "":
		return true
	case at.Before:
		return i+1 < len(s.list) && s.list[i+1].Set == at.Ref
	}
	return i > 0 && s.list[i-1].Set == at.Ref
}

// DelMember is list_set_udel.
func (s *IPSet) DelMember(e SetElem, at SetPlace) SetError {
	if err := s.member(&e, at); err != 0 {
		return err
	}
	o := s.elems[s.key(&e)]
	switch {
	case at.Ref != "" && (o == nil || !s.stands(o, at)):
		return SetErrRefExist
	case o == nil:
		return SetErrExist
	}
	return s.Del(e)
}

// Exact is the element that is the same as another; nil if there is none.
func (s *IPSet) Exact(e SetElem) *SetElem {
	if s.normal(&e) != 0 {
		return nil
	}
	return s.alive(s.elems[s.key(&e)])
}
