package inet

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Tuple names one connection as this side sees it: its own address and port
// first (INET_MATCH).
type Tuple struct {
	Laddr, Faddr wire.Addr
	Lport, Fport uint16
}

// hash is inet_ehashfn: a number to find the connection by. The kernel mixes
// in a secret made at boot; a simulated machine has no attacker to hide from.
func (k *Tuple) hash() uint32 {
	h := k.Laddr.Lo ^ k.Laddr.Hi*0x9e3779b97f4a7c15
	h = (h ^ k.Faddr.Lo) * 0xff51afd7ed558ccd
	h ^= h >> 32
	h = (h ^ k.Faddr.Hi ^ uint64(k.Lport)<<16 ^ uint64(k.Fport)) * 0xc4ceb9fe1a85ec53
	return uint32(h >> 32)
}

// Hash is the connection's number, for what else needs one (the socket's
// hash, a flow label).
func (k Tuple) Hash() uint32 { return k.hash() }

// A Node is what the table of connections holds (the hash part of struct
// sock_common): a full socket, a half-open connection or a TIME_WAIT socket
// embeds one.
type Node struct {
	Key   Tuple
	Dev   int32 // bound device, 0 for any
	hash  uint32
	next  *Node
	Owner any // a pointer to the struct that embeds the Node
	on    bool
}

// Hashed reports whether the Node is in the table.
func (n *Node) Hashed() bool { return n.on }

// A Hashinfo is struct inet_hashinfo: who owns which ports and connections of
// one protocol in one namespace.
type Hashinfo struct {
	buckets []*Node // ehash
	n       int
	bind    map[uint16]*BindBucket  // bhash
	listen  map[uint16][]*core.Sock // lhash2: those that listen on a port
}

// NewHashinfo makes empty tables.
func NewHashinfo() *Hashinfo {
	return &Hashinfo{buckets: make([]*Node, 64), bind: map[uint16]*BindBucket{}, listen: map[uint16][]*core.Sock{}}
}

// Len is how many connections the table holds, of all kinds.
func (h *Hashinfo) Len() int { return h.n }

// Lookup is __inet_lookup_established: the owner of the connection, or nil.
// dif is the device that the packet came in by.
func (h *Hashinfo) Lookup(k *Tuple, dif int) any {
	x := k.hash()
	for n := h.buckets[x&uint32(len(h.buckets)-1)]; n != nil; n = n.next {
		if n.hash == x && n.Key == *k && (n.Dev == 0 || int(n.Dev) == dif) {
			return n.Owner
		}
	}
	return nil
}

// First is where Lookup will look first; nil if it will find nothing. It does not
// look itself.
func (h *Hashinfo) First(k *Tuple) *Node { return h.buckets[k.hash()&uint32(len(h.buckets)-1)] }

// Insert is inet_ehash_insert: n becomes findable. It reports false when
// another node holds the same connection.
func (h *Hashinfo) Insert(n *Node) bool {
	n.hash = n.Key.hash()
	for o := h.buckets[n.hash&uint32(len(h.buckets)-1)]; o != nil; o = o.next {
		if o.hash == n.hash && o.Key == n.Key && o.Dev == n.Dev {
			return false
		}
	}
	h.add(n)
	return true
}

// add puts n in front of its chain, as hlist_nulls_add_head_rcu does.
func (h *Hashinfo) add(n *Node) {
	if h.n >= len(h.buckets) {
		h.grow()
	}
	b := &h.buckets[n.hash&uint32(len(h.buckets)-1)]
	n.next, *b, n.on = *b, n, true
	h.n++
}

// grow keeps the chains short. (The kernel sizes the table once, by memory.)
func (h *Hashinfo) grow() {
	old := h.buckets
	h.buckets = make([]*Node, 4*len(old))
	for _, n := range old {
		for n != nil {
			next := n.next
			b := &h.buckets[n.hash&uint32(len(h.buckets)-1)]
			n.next, *b = *b, n
			n = next
		}
	}
}

// Remove takes n out of the table (sk_nulls_del_node_init_rcu).
func (h *Hashinfo) Remove(n *Node) bool {
	if !n.on {
		return false
	}
	for p := &h.buckets[n.hash&uint32(len(h.buckets)-1)]; *p != nil; p = &(*p).next {
		if *p == n {
			*p, n.next, n.on = n.next, nil, false
			h.n--
			return true
		}
	}
	return false
}

// Replace puts n in the place of old, which has the same key
// (inet_twsk_hashdance, inet_ehash_nolisten with osk).
func (h *Hashinfo) Replace(old, n *Node) {
	h.Remove(old)
	n.hash = n.Key.hash()
	h.add(n)
}

// Each calls f for every node, chain by chain: for listings. f must not change
// the table.
func (h *Hashinfo) Each(f func(*Node)) {
	for _, n := range h.buckets {
		for ; n != nil; n = n.next {
			f(n)
		}
	}
}

// Listen adds a socket to those that listen on its port (__inet_hash).
func (h *Hashinfo) Listen(sk *core.Sock) {
	h.listen[sk.Sport] = append(h.listen[sk.Sport], sk)
}

// Unlisten takes it out again.
func (h *Hashinfo) Unlisten(sk *core.Sock) {
	l := h.listen[sk.Sport]
	for i, o := range l {
		if o == sk {
			h.listen[sk.Sport] = append(l[:i:i], l[i+1:]...)
			return
		}
	}
}

// Listeners returns the sockets that listen on a port, oldest first.
func (h *Hashinfo) Listeners(port uint16) []*core.Sock { return h.listen[port] }

// Score is compute_score of inet_hashtables.c: how well a listener fits a
// packet for daddr that came in by device dif; below 0 it does not. A socket
// bound to the address or the device is better than one for any.
func Score(sk *core.Sock, daddr wire.Addr, dif int) int {
	if daddr.Is4() {
		if sk.Family == core.AFInet6 && sk.V6Only {
			return -1
		}
	} else if sk.Family != core.AFInet6 {
		return -1
	}
	if !sk.RcvSaddr.IsZero() && sk.RcvSaddr != daddr {
		return -1
	}
	if sk.BoundDev != 0 && int(sk.BoundDev) != dif {
		return -1
	}
	score := 1
	if sk.BoundDev != 0 {
		score = 2
	}
	if sk.Family == core.AFInet && daddr.Is4() || sk.Family == core.AFInet6 && !daddr.Is4() {
		score++
	}
	if !sk.RcvSaddr.IsZero() {
		score += 4 // the kernel looks in the exact address's slot first
	}
	return score
}

// A BindBucket is struct inet_bind_bucket: the sockets that hold a local port.
type BindBucket struct {
	Port   uint16
	Owners []*core.Sock
	TW     []*Node // TIME_WAIT sockets that still hold it
}

// Bucket returns who holds a port, or nil.
func (h *Hashinfo) Bucket(port uint16) *BindBucket { return h.bind[port] }

// Bind is inet_bind_hash: sk holds the port.
func (h *Hashinfo) Bind(sk *core.Sock, port uint16) {
	b := h.bind[port]
	if b == nil {
		b = &BindBucket{Port: port}
		h.bind[port] = b
	}
	b.Owners = append(b.Owners, sk)
}

// Unbind is inet_put_port: sk gives the port back.
func (h *Hashinfo) Unbind(sk *core.Sock, port uint16) {
	b := h.bind[port]
	if b == nil {
		return
	}
	if i := slices.Index(b.Owners, sk); i >= 0 {
		b.Owners = slices.Delete(b.Owners, i, i+1)
	}
	h.drop(b)
}

// BindTW and UnbindTW do the same for a TIME_WAIT socket (inet_twsk_add_bind_node).
func (h *Hashinfo) BindTW(n *Node) {
	b := h.bind[n.Key.Lport]
	if b == nil {
		b = &BindBucket{Port: n.Key.Lport}
		h.bind[n.Key.Lport] = b
	}
	b.TW = append(b.TW, n)
}

// UnbindTW is inet_twsk_bind_unhash.
func (h *Hashinfo) UnbindTW(n *Node) {
	b := h.bind[n.Key.Lport]
	if b == nil {
		return
	}
	if i := slices.Index(b.TW, n); i >= 0 {
		b.TW = slices.Delete(b.TW, i, i+1)
	}
	h.drop(b)
}

func (h *Hashinfo) drop(b *BindBucket) {
	if len(b.Owners) == 0 && len(b.TW) == 0 {
		delete(h.bind, b.Port)
	}
}

// SaddrOverlap is inet_rcv_saddr_equal: can both receive a packet for one
// local address? Zero is any address.
func SaddrOverlap(a, b *core.Sock) bool {
	if a.RcvSaddr.IsZero() || b.RcvSaddr.IsZero() {
		v6only := func(x, y *core.Sock) bool {
			return x.Family == core.AFInet6 && x.V6Only && (y.Family == core.AFInet || y.RcvSaddr.Is4())
		}
		if v6only(a, b) || v6only(b, a) {
			return false
		}
		return !(a.Family == core.AFInet && !b.RcvSaddr.IsZero() && !b.RcvSaddr.Is4()) &&
			!(b.Family == core.AFInet && !a.RcvSaddr.IsZero() && !a.RcvSaddr.Is4())
	}
	return a.RcvSaddr == b.RcvSaddr
}
