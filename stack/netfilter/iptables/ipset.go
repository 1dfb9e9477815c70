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
	Comments bool
	SkbInfo  bool
	Timeouts bool
	Timeout  uint32 // seconds; 0: elements stay

	HashSize   uint32 // hash types: buckets; 0: 1024
	BucketSize uint8  // hash types: the most elements of a bucket; 0: 12
	InitVal    uint32 // hash types: what the hash begins with; 0: random
	ForceAdd   bool   // hash types: a full set gives up an element for a new one

	x     *Tables
	index int // ip_set_list: sets are told in this order
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
	Comment string // with Comments
	Expires sim.Time
	Counter
	Mark, MarkMask, Prio uint32 // with SkbInfo
	Queue                uint16
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

func (s *IPSet) key(e *SetElem) setKey {
	return setKey{e.Addr, e.Plen, e.Proto, e.Port, e.Set}
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

// Until is when an element's time of so many seconds is over.
func (s *IPSet) Until(seconds uint32) sim.Time {
	if seconds == 0 {
		return 0
	}
	return s.x.ns.Clock.Now() + sim.Time(seconds)*sim.Second
}
