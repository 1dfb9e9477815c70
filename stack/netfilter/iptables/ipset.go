package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Sets of addresses and ports with a name: net/netfilter/ipset. Read before editing:
// ip_set_core.c, ip_set_hash_gen.h, ip_set_hash_net.c, ip_set_hash_ipport.c,
// ip_set_bitmap_port.c, ip_set_list_set.c, and ipset(8).

// A SetType is a type of sets.
type SetType uint8

// The types that are modelled.
const (
	SetHashIP SetType = iota
	SetHashNet
	SetHashIPPort
	SetHashNetPort
	SetBitmapIP
	SetBitmapPort
	SetList
)

// dims are how many fields an element has (ip_set_type.dimension).
var dims = [...]uint8{SetHashIP: 1, SetHashNet: 1, SetHashIPPort: 2, SetHashNetPort: 2, SetBitmapIP: 1, SetBitmapPort: 1, SetList: 1}

// An IPSet is struct ip_set. What is not said has ipset's defaults.
type IPSet struct {
	Name     string
	Type     SetType
	Family   core.Family // of hash types
	MaxElem  int         // hash types; 0: 65536
	Size     int         // list:set; 0: 8
	Netmask  uint8       // hash:ip: addresses that agree in so many bits are one; 0: all bits
	From, To uint32      // bitmap types: ports, or IPv4 addresses
	Counters bool
	SkbInfo  bool
	Timeouts bool
	Timeout  uint32 // seconds; 0: elements stay

	x     *Tables
	use   int
	elems map[setKey]*SetElem
	list  []*SetElem // in order of creation
	plens [129]int   // hash:net: how many elements have that prefix length
}

// A setKey is what tells elements apart.
type setKey struct {
	addr  wire.Addr
	plen  uint8
	proto uint8
	port  uint16
	set   string
}

// A SetElem is an element of a set.
type SetElem struct {
	Addr    wire.Addr // as wire.IP4.Addr() of IPv4
	Plen    uint8     // hash:net; 0 is the whole address
	Proto   uint8     // of Port
	Port    uint16
	Set     string // of list:set
	NoMatch bool   // what it contains is not in the set
	Expires sim.Time
	Counter
	Mark, MarkMask, Prio uint32 // with SkbInfo
}

// Sets are those of the namespace, in order of creation.
func (x *Tables) Sets() []*IPSet { return x.sets }

// Set is the set of a name, nil if there is none.
func (x *Tables) Set(name string) *IPSet {
	for _, s := range x.sets {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// AddSet is ip_set_create: EEXIST if the name is taken.
func (x *Tables) AddSet(s *IPSet) core.Errno {
	if x.Set(s.Name) != nil {
		return eexist
	}
	if s.MaxElem == 0 {
		s.MaxElem = 65536
	}
	if s.Type == SetList {
		s.MaxElem = 8
		if s.Size != 0 {
			s.MaxElem = s.Size
		}
	}
	if s.From > s.To || s.Type == SetBitmapIP && s.To-s.From >= 65536 {
		return einval
	}
	s.x, s.elems = x, map[setKey]*SetElem{}
	x.sets = append(x.sets, s)
	return 0
}

// DelSet is ip_set_destroy: EBUSY while rules or lists refer to it.
func (x *Tables) DelSet(s *IPSet) core.Errno {
	if s.use > 0 {
		return ebusy
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

// Swap is ip_set_swap: two sets change names; rules go on with the name.
func (x *Tables) Swap(a, b *IPSet) {
	a.Name, b.Name = b.Name, a.Name
	a.use, b.use = b.use, a.use
}

// Flush is ip_set_flush: all elements go.
func (s *IPSet) Flush() {
	for _, e := range s.list {
		s.letGo(e)
	}
	s.elems, s.list, s.plens = map[setKey]*SetElem{}, nil, [129]int{}
}

// letGo gives up what an element refers to.
func (s *IPSet) letGo(e *SetElem) {
	if m := s.x.Set(e.Set); s.Type == SetList && m != nil {
		m.use--
	}
}

// Refs is how many rules and lists refer to it.
func (s *IPSet) Refs() int { return s.use }

// Elems are the elements, without those whose time is over.
func (s *IPSet) Elems() []*SetElem {
	s.gc()
	return s.list
}

func (s *IPSet) gc() {
	n := 0
	for _, e := range s.list {
		if s.expired(e) {
			s.drop(e)
			continue
		}
		s.list[n] = e
		n++
	}
	clear(s.list[n:])
	s.list = s.list[:n]
}

func (s *IPSet) expired(e *SetElem) bool { return e.Expires != 0 && s.x.ns.Clock.Now() >= e.Expires }

// drop takes an element out of the index.
func (s *IPSet) drop(e *SetElem) {
	delete(s.elems, s.key(e))
	s.plens[e.Plen]--
	s.letGo(e)
}

// bits is the length of an address.
func (s *IPSet) bits() uint8 {
	if s.Family == core.NFIPv6 {
		return 128
	}
	return 32
}

// normal gives an element the form in which it is kept. ERANGE: it does not fit into
// a bitmap.
func (s *IPSet) normal(e *SetElem) core.Errno {
	switch s.Type {
	case SetHashIP, SetHashIPPort:
		e.Plen = 0
		if s.Netmask != 0 {
			e.Addr = maskPlen(e.Addr, s.Family, s.Netmask)
		}
	case SetHashNet, SetHashNetPort:
		if e.Plen == 0 {
			e.Plen = s.bits()
		}
		if e.Plen > s.bits() {
			return einval
		}
		e.Addr = maskPlen(e.Addr, s.Family, e.Plen)
	case SetBitmapIP:
		if a := uint32(e.Addr.IP4()); a < s.From || a > s.To {
			return erange
		}
	case SetBitmapPort:
		if p := uint32(e.Port); p < s.From || p > s.To {
			return erange
		}
		e.Proto = 0
	}
	return 0
}

func (s *IPSet) key(e *SetElem) setKey {
	return setKey{e.Addr, e.Plen, e.Proto, e.Port, e.Set}
}

// Add puts an element in: EEXIST if it is there, ENOSPC if the set is full. With
// exist the one that is there gets the new time and counters.
func (s *IPSet) Add(e SetElem, exist bool) core.Errno {
	if err := s.normal(&e); err != 0 {
		return err
	}
	k := s.key(&e)
	if o := s.elems[k]; o != nil && !s.expired(o) {
		if !exist {
			return eexist
		}
		e.Packets, e.Bytes = max(e.Packets, o.Packets), max(e.Bytes, o.Bytes)
		*o = e
		return 0
	}
	if s.elems[k] != nil || len(s.list) >= s.MaxElem {
		s.gc()
	}
	if len(s.list) >= s.MaxElem {
		return enospc
	}
	if s.Type == SetList {
		m := s.x.Set(e.Set)
		if m == nil || m.Type == SetList {
			return enoent
		}
		m.use++
	}
	n := e
	s.elems[k] = &n
	s.list = append(s.list, &n)
	s.plens[n.Plen]++
	return 0
}

// Del takes an element out: ENOENT if it is not there.
func (s *IPSet) Del(e SetElem) core.Errno {
	if err := s.normal(&e); err != 0 {
		return err
	}
	o := s.elems[s.key(&e)]
	if o == nil {
		return enoent
	}
	gone := s.expired(o)
	s.drop(o)
	for i := range s.list {
		if s.list[i] == o {
			s.list = append(s.list[:i:i], s.list[i+1:]...)
			break
		}
	}
	if gone {
		return enoent
	}
	return 0
}

// Find is the element that decides about a value: of hash:net the one with the
// longest prefix that has it. nil if there is none.
func (s *IPSet) Find(v SetElem) *SetElem {
	if s.Type != SetHashNet && s.Type != SetHashNetPort || v.Plen != 0 {
		if s.normal(&v) != 0 {
			return nil
		}
		return s.alive(s.elems[s.key(&v)])
	}
	for n := int(s.bits()); n > 0; n-- {
		if s.plens[n] == 0 {
			continue
		}
		w := v
		w.Plen = uint8(n)
		w.Addr = maskPlen(v.Addr, s.Family, w.Plen)
		if e := s.alive(s.elems[s.key(&w)]); e != nil {
			return e
		}
	}
	return nil
}

func (s *IPSet) alive(e *SetElem) *SetElem {
	if e == nil || s.expired(e) {
		return nil
	}
	return e
}

// until is when an element's time of so many seconds is over.
func (s *IPSet) until(seconds uint32) sim.Time {
	if seconds == 0 {
		return 0
	}
	return s.x.ns.Clock.Now() + sim.Time(seconds)*sim.Second
}
