package nftables

import (
	"bytes"
)

// A hashSet is nft_rhash and its sisters: open addressing, at most half full.
type hashSet struct {
	slots []slot
	n     int
	mask  uint32
}

// A slot has the key itself, if it is no longer than 8 bytes, else its hash.
type slot struct {
	k uint64
	e *Elem
}

func mix(h uint64) uint32 {
	h *= 0x9e3779b97f4a7c15
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return uint32(h >> 32)
}

// keyOf is what a slot has of a key.
func keyOf(key []byte) uint64 {
	switch len(key) {
	case 2:
		return uint64(be16(key))
	case 4:
		return uint64(be32(key))
	}
	if len(key) <= 8 {
		return number(key)
	}
	h := uint64(len(key))
	for len(key) >= 4 {
		h = (h ^ uint64(be32(key))) * 0xd6e8feb86659fd93
		h ^= h >> 32
		key = key[4:]
	}
	for _, c := range key {
		h = (h ^ uint64(c)) * 0xd6e8feb86659fd93
		h ^= h >> 32
	}
	return h
}

func (h *hashSet) place(key []byte) (uint32, bool) {
	k := keyOf(key)
	for i := mix(k) & h.mask; ; i = (i + 1) & h.mask {
		s := &h.slots[i]
		if s.e == nil {
			return i, false
		}
		if s.k == k && (len(key) <= 8 || bytes.Equal(s.e.Key, key)) {
			return i, true
		}
	}
}

func (h *hashSet) find(key []byte) *Elem {
	if h.n == 0 {
		return nil
	}
	i, _ := h.place(key)
	return h.slots[i].e
}

func (h *hashSet) grow(n int) {
	size := max(8, len(h.slots))
	for 2*(h.n+n) > size {
		size *= 2
	}
	if size == len(h.slots) {
		return
	}
	old := h.slots
	h.slots = make([]slot, size)
	h.mask = uint32(size - 1)
	for _, o := range old {
		if o.e != nil {
			h.put(o)
		}
	}
}

func (h *hashSet) add(e *Elem) {
	if 2*(h.n+1) > len(h.slots) {
		h.grow(1)
	}
	h.put(slot{keyOf(e.Key), e})
	h.n++
}

func (h *hashSet) put(s slot) {
	i := mix(s.k) & h.mask
	for h.slots[i].e != nil {
		i = (i + 1) & h.mask
	}
	h.slots[i] = s
}

func (h *hashSet) remove(key []byte) {
	if h.n == 0 {
		return
	}
	i, ok := h.place(key)
	if !ok {
		return
	}
	h.n--
	for j := i; ; { // close the gap
		h.slots[i] = slot{}
		for {
			j = (j + 1) & h.mask
			if h.slots[j].e == nil {
				return
			}
			k := mix(h.slots[j].k) & h.mask
			if (i <= j && (i < k && k <= j)) || (i > j && (i < k || k <= j)) {
				continue
			}
			break
		}
		h.slots[i], i = h.slots[j], j
	}
}

func (h *hashSet) list() []*Elem {
	l := make([]*Elem, 0, h.n)
	for i := range h.slots {
		if e := h.slots[i].e; e != nil {
			l = append(l, e)
		}
	}
	return l
}
