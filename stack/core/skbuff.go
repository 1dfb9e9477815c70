package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A DropReason is the kernel's enum skb_drop_reason; step.NotDropped is zero.
type DropReason = step.DropReason

// An Errno is what a system call returns; zero is success.
type Errno = step.Errno

// A PktType says whom the link-layer address named (include/uapi/linux/if_packet.h).
type PktType uint8

const (
	PacketHost PktType = iota
	PacketBroadcast
	PacketMulticast
	PacketOtherHost
	PacketOutgoing
	PacketLoopback
)

// The values of SKB.IPSummed (include/linux/skbuff.h).
const (
	ChecksumNone        = 0 // the software must check
	ChecksumUnnecessary = 1 // somebody has checked
	ChecksumComplete    = 2 // the card gave the sum over all bytes
	ChecksumPartial     = 3 // still to be filled in, at CsumStart+CsumOffset
)

// Kinds of GSO packets (SKB_GSO_*).
const (
	GSOTCPv4 = 1 << iota
	GSOTCPv6
	GSOUDPL4
	GSOTCPECN
)

// Headroom is how much room a new buffer keeps in front for headers
// (MAX_TCP_HEADER is 320 with the recorded kernel's options; link headers and
// IP options fit).
const Headroom = 192

// A head is the memory that an sk_buff points to, shared by clones.
type head struct {
	buf []byte
	ref int32
}

// A Frag is a piece of payload that lies outside the linear part
// (skb_shared_info's frags): GRO hangs merged segments there.
type Frag struct {
	head *head
	B    []byte
}

// CB is the control block: scratch space of the layer that holds the packet
// (skb->cb). Each layer uses its own fields only.
type CB struct {
	// IP (struct inet_skb_parm, inet6_skb_parm)
	IIF      int    // the device it came in by, for l3mdev and options
	IPFlags  uint16 // IPSKB_*
	OptLen   int    // bytes of IP options
	FragMax  int    // the largest fragment of a reassembled packet
	SRR, RR  uint8  // offset of source-route and record-route option
	TSOpt    uint8  // offset of the timestamp option
	RA       bool   // router alert
	OptDirty bool   // options changed: checksum to be redone
	NHOff    int    // IPv6: offset of the last next-header field
	DstOpt   int    // IPv6: offset of destination options

	// TCP (struct tcp_skb_cb)
	Seq, EndSeq, AckSeq uint32
	TCPFlags            uint16
	Sacked              uint8
	TxInFlight          uint32
	TSO                 int // pcount, segments
	FirstTx             sim.Time
	Delivered           uint32
	DeliveredTime       sim.Time
	IsAppLimited        bool
	HasRxTs             bool

	// UDP (struct udp_skb_cb)
	CsumLen int
	Partial bool

	// Of a packet in a socket's error queue (struct sock_exterr_skb)
	Err ExtErr

	// GRO (struct napi_gro_cb)
	Age      sim.Time
	GROCount int
	Flush    bool
	SameFlow bool
	GROInto  uint32 // the buffer that this one was merged into
	GROFrags int    // fragments that the last buffer in line holds
	FixedID  bool   // all have one IP identification (ip_fixedid)
	DataOff  int    // where the payload begins, from the data pointer
	GROCsum  uint32
	Ack      uint32
}

// An SKB is struct sk_buff. Offsets count from the start of its memory.
type SKB struct {
	ID     uint32 // of this buffer, unique in the world
	Pkt    uint32 // of the packet: survives clone, GRO, NAT, encapsulation
	Parent uint32 // the packet that caused this one, 0 if none

	next, prev *SKB

	head       *head
	data, tail int
	Frags      []Frag // pieces beyond the linear part
	fragLen    int    // bytes in Frags (skb->data_len)
	FragList   []*SKB // reassembled fragments beyond the first (frag_list)

	MAC, Network, Transport int // offsets of the headers, -1 if unset
	MACLen                  int

	Protocol             uint16 // EtherType
	PktType              PktType
	IPSummed             uint8
	CsumLevel            uint8
	CsumStart, CsumOff   int    // ChecksumPartial: where to sum from (offset in memory), and where to put it
	Csum                 uint32 // ChecksumComplete: the sum
	Hash                 uint32
	L4Hash               bool
	Mark, Priority       uint32
	VlanTCI              uint16
	VlanPresent          bool
	QueueMapping         uint16
	Dev                  *Device
	IIF                  int // skb_iif: ifindex it came in by
	SK                   *Sock
	destructor           uint8
	Dst                  *Dst
	Truesize             int
	GSOSize, GSOSegs     int
	GSOType              uint16
	IPDefragged, Ignored bool
	IgnoreDF             bool // IP may cut it up here although it says "don't fragment" (ignore_df)
	Cloned               bool
	Paged                bool // the payload lies in page fragments that another packet can take over
	NFTrace              bool
	users                int32
	freed                bool
	// Truncated says that the capture kept fewer bytes than the frame had: the
	// rest reads as zeros, and no checksum over it can be known.
	Truncated bool
	// Captured says that these are a captured frame's bytes that the host sent:
	// they go down as they are.
	Captured bool
	// CsumValid says that the transport checksum was found right (csum_valid).
	CsumValid bool
	Tstamp    sim.Time
	CB        CB

	spare []Frag `fork:"zero"` // memory for Frags
	ns    *Netns
}

const (
	destructNone = iota
	destructRmem // sock_rfree
	destructWmem // sock_wfree, tcp_wfree
)

// Overheads of a buffer, which truesize counts (x86_64).
const (
	sizeofSKB    = 256 // SKB_DATA_ALIGN(sizeof(struct sk_buff))
	sizeofShinfo = 320 // SKB_DATA_ALIGN(sizeof(struct skb_shared_info))
)

// align rounds up to a cache line (SKB_DATA_ALIGN).
func align(n int) int { return (n + 63) &^ 63 }

// Truesize is SKB_TRUESIZE: what a buffer with n bytes of data memory counts.
func Truesize(n int) int { return align(n) + sizeofSKB + sizeofShinfo }

// kmallocSize is the slab that kmalloc takes for n bytes.
func kmallocSize(n int) int {
	for _, s := range [...]int{64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192} {
		if n <= s {
			return s
		}
	}
	s := 16384
	for s < n {
		s *= 2
	}
	return s
}

// AllocTruesize is what __alloc_skb accounts for a buffer with room for n
// bytes: small heads come from a 704-byte cache (SKB_SMALL_HEAD_SIZE), others
// from kmalloc.
func AllocTruesize(n int) int {
	n = align(n) + sizeofShinfo
	if n <= smallHead {
		return smallHead + sizeofSKB
	}
	return kmallocSize(n) + sizeofSKB
}

const smallHead = 704

// pool keeps freed buffers for the next allocation. It holds no state that a
// walk could see.
type pool struct {
	skbs  []*SKB
	heads [3][]*head
}

var headSizes = [3]int{512, 2048, 8192}

func (p *pool) getHead(n int) *head {
	for i, size := range headSizes {
		if n > size {
			continue
		}
		if k := len(p.heads[i]); k > 0 {
			h := p.heads[i][k-1]
			p.heads[i] = p.heads[i][:k-1]
			h.ref = 1
			return h
		}
		return &head{buf: make([]byte, size), ref: 1}
	}
	return &head{buf: make([]byte, n), ref: 1}
}

func (p *pool) putHead(h *head) {
	if h.ref--; h.ref > 0 {
		return
	}
	for i, size := range headSizes {
		if len(h.buf) == size && len(p.heads[i]) < 4096 {
			p.heads[i] = append(p.heads[i], h)
		}
	}
}

// AllocSKB is alloc_skb: a buffer with room for headroom and n bytes of data,
// empty. pkt is the number of the packet that it will carry, 0 for a new one.
func (ns *Netns) AllocSKB(headroom, n int, pkt uint32) *SKB {
	p := ns.pool()
	var b *SKB
	if k := len(p.skbs); k > 0 {
		b, p.skbs = p.skbs[k-1], p.skbs[:k-1]
		*b = SKB{spare: b.spare}
	} else {
		b = new(SKB)
	}
	m := ns.Machine
	b.ID = m.IDs.Object()
	if pkt == 0 {
		pkt = m.IDs.Packet()
		if ns.Trace != nil {
			ns.Trace.Begin(pkt)
		}
	}
	b.Pkt = pkt
	b.ns = ns
	b.head = p.getHead(headroom + n)
	b.data, b.tail = headroom, headroom
	b.MAC, b.Network, b.Transport = -1, -1, -1
	b.users = 1
	b.Truesize = AllocTruesize(headroom + n)
	m.Allocated++
	return b
}

// Len is the number of bytes from the data pointer to the end, fragments included.
func (b *SKB) Len() int { return b.tail - b.data + b.fragLen }

// HeadLen is how many of them are linear (skb_headlen).
func (b *SKB) HeadLen() int { return b.tail - b.data }

// DataLen is how many lie in Frags (skb->data_len).
func (b *SKB) DataLen() int { return b.fragLen }

// Data is the linear part.
func (b *SKB) Data() []byte { return b.head.buf[b.data:b.tail] }

// Offset is where the data pointer stands, counted from the memory's start.
func (b *SKB) Offset() int { return b.data }

// Headroom is how many bytes are free in front (skb_headroom).
func (b *SKB) Headroom() int { return b.data }

// Tailroom is how many bytes are free behind the linear part.
func (b *SKB) Tailroom() int { return len(b.head.buf) - b.tail }

// Put extends the linear data at the end by n bytes and returns them (skb_put).
// They are not cleared.
func (b *SKB) Put(n int) []byte {
	if b.tail+n > len(b.head.buf) {
		b.grow(n)
	}
	b.tail += n
	return b.head.buf[b.tail-n : b.tail]
}

func (b *SKB) grow(n int) {
	h := &head{buf: make([]byte, b.tail+n), ref: 1}
	copy(h.buf, b.head.buf[:b.tail])
	b.ns.pool().putHead(b.head)
	b.head = h
}

// Push extends the data at the front by n bytes and returns all linear data
// (skb_push). Without headroom the memory is reallocated (pskb_expand_head).
func (b *SKB) Push(n int) []byte {
	if n > b.data {
		b.expandHead(n)
	}
	b.data -= n
	return b.Data()
}

func (b *SKB) expandHead(n int) {
	d := align(n-b.data) + 64
	h := b.ns.pool().getHead(d + b.tail)
	copy(h.buf[d:], b.head.buf[:b.tail])
	b.ns.pool().putHead(b.head)
	b.head = h
	b.data += d
	b.tail += d
	for _, p := range [...]*int{&b.MAC, &b.Network, &b.Transport} {
		if *p >= 0 {
			*p += d
		}
	}
	b.CsumStart += d
}

// Unshare makes the bytes this buffer's own, before they are written
// (skb_cow, skb_ensure_writable).
func (b *SKB) Unshare() {
	if b.head.ref == 1 {
		return
	}
	h := b.ns.pool().getHead(len(b.head.buf))
	copy(h.buf, b.head.buf)
	b.ns.pool().putHead(b.head)
	b.head = h
}

// Pull moves the data pointer n bytes on (skb_pull). The caller has checked
// that they are there.
func (b *SKB) Pull(n int) { b.data += n }

// MayPull reports whether n bytes are there, and makes them linear
// (pskb_may_pull).
func (b *SKB) MayPull(n int) bool {
	if n <= b.HeadLen() {
		return true
	}
	if n > b.Len() {
		return false
	}
	b.linearize()
	return true
}

// linearize copies all pieces behind the linear part (skb_linearize).
func (b *SKB) linearize() {
	if len(b.Frags) == 0 {
		return
	}
	n := b.fragLen
	h := &head{buf: make([]byte, b.tail+n), ref: 1}
	copy(h.buf, b.head.buf[:b.tail])
	at := b.tail
	for _, f := range b.Frags {
		at += copy(h.buf[at:], f.B)
	}
	b.dropFrags()
	b.ns.pool().putHead(b.head)
	b.head = h
	b.tail += n
}

func (b *SKB) dropFrags() {
	for i := range b.Frags {
		b.ns.pool().putHead(b.Frags[i].head)
	}
	if b.Frags != nil {
		clear(b.Frags)
		b.spare = b.Frags[:0]
	}
	b.Frags, b.fragLen = nil, 0
}

// Trim cuts the data to n bytes (pskb_trim).
func (b *SKB) Trim(n int) {
	if n >= b.Len() {
		return
	}
	if n <= b.HeadLen() {
		b.dropFrags()
		b.tail = b.data + n
		return
	}
	n -= b.HeadLen()
	for i := range b.Frags {
		f := &b.Frags[i]
		if n < len(f.B) {
			f.B = f.B[:n]
		}
		n -= len(f.B)
	}
	b.fragLen = 0
	for i := range b.Frags {
		b.fragLen += len(b.Frags[i].B)
	}
}

// AddFrag hangs the data of p behind b's (GRO's merge, skb_gro_receive); p
// keeps its own.
func (b *SKB) AddFrag(p *SKB) {
	if b.Frags == nil {
		b.Frags, b.spare = b.spare, nil
	}
	for _, f := range p.Frags {
		f.head.ref++
		b.Frags = append(b.Frags, f)
	}
	if p.HeadLen() > 0 {
		p.head.ref++
		b.Frags = append(b.Frags, Frag{p.head, p.Data()})
	}
	b.fragLen += p.Len()
}

// CopyBits copies data from offset off (counted from the data pointer) into
// dst and returns how many bytes (skb_copy_bits).
func (b *SKB) CopyBits(off int, dst []byte) int {
	n := 0
	if off < b.HeadLen() {
		n = copy(dst, b.Data()[off:])
		off = 0
	} else {
		off -= b.HeadLen()
	}
	for _, f := range b.Frags {
		if n == len(dst) {
			return n
		}
		if off >= len(f.B) {
			off -= len(f.B)
			continue
		}
		n += copy(dst[n:], f.B[off:])
		off = 0
	}
	return n
}

// Checksum sums the bytes from offset off of the data on, n of them, on top of
// sum (skb_checksum). The result is not folded to 16 bits.
func (b *SKB) Checksum(off, n int, sum uint32) uint32 {
	odd := false
	add := func(p []byte) {
		s := wire.Checksum(p, 0)
		if odd {
			s = s>>8&0x00ff00ff | s<<8&0xff00ff00
		}
		t := uint64(sum) + uint64(s)
		sum = uint32(t) + uint32(t>>32)
		if len(p)&1 != 0 {
			odd = !odd
		}
	}
	if off < b.HeadLen() {
		p := b.Data()[off:]
		p = p[:min(n, len(p))]
		add(p)
		n -= len(p)
		off = 0
	} else {
		off -= b.HeadLen()
	}
	for _, f := range b.Frags {
		if n == 0 {
			break
		}
		if off >= len(f.B) {
			off -= len(f.B)
			continue
		}
		p := f.B[off:]
		p = p[:min(n, len(p))]
		add(p)
		n -= len(p)
		off = 0
	}
	return sum
}

// The headers, as views of the linear part. The caller has checked lengths.

// Eth is the link header.
func (b *SKB) Eth() wire.Ethernet { return wire.Ethernet(b.head.buf[b.MAC:b.tail]) }

// IP4 is the network header, when it is IPv4.
func (b *SKB) IP4() wire.IPv4 { return wire.IPv4(b.head.buf[b.Network:b.tail]) }

// IP6 is the network header, when it is IPv6.
func (b *SKB) IP6() wire.IPv6 { return wire.IPv6(b.head.buf[b.Network:b.tail]) }

// L4 is the transport header and what follows it, linear part only.
func (b *SKB) L4() []byte { return b.head.buf[b.Transport:b.tail] }

// From is the linear memory from an offset on; PktType-independent helper for
// offsets such as MAC and Network.
func (b *SKB) From(off int) []byte { return b.head.buf[off:b.tail] }

// ResetMAC, ResetNetwork and ResetTransport set a header's offset to where the
// data pointer stands (skb_reset_*_header).
func (b *SKB) ResetMAC()       { b.MAC = b.data }
func (b *SKB) ResetNetwork()   { b.Network = b.data }
func (b *SKB) ResetTransport() { b.Transport = b.data }

// NetworkOffset and TransportOffset count from the data pointer.
func (b *SKB) NetworkOffset() int   { return b.Network - b.data }
func (b *SKB) TransportOffset() int { return b.Transport - b.data }

// Clone is skb_clone: a second sk_buff for the same bytes, without owner.
func (b *SKB) Clone() *SKB {
	defer b.ns.In(step.SkbClone, b).Out()
	ns := b.ns
	p := ns.pool()
	var c *SKB
	if k := len(p.skbs); k > 0 {
		c, p.skbs = p.skbs[k-1], p.skbs[:k-1]
	} else {
		c = new(SKB)
	}
	spare := c.spare
	*c = *b
	c.spare = spare
	m := ns.Machine
	c.ID = m.IDs.Object()
	c.next, c.prev, c.SK, c.destructor, c.users = nil, nil, nil, destructNone, 1
	c.head.ref++
	c.Frags = nil
	if len(b.Frags) > 0 {
		c.Frags, c.spare = c.spare, nil
		for _, f := range b.Frags {
			f.head.ref++
			c.Frags = append(c.Frags, f)
		}
	}
	c.FragList = nil
	b.Cloned, c.Cloned = true, true
	m.Allocated++
	return c
}

// Copy is skb_copy: a clone with bytes of its own.
func (b *SKB) Copy() *SKB {
	c := b.Clone()
	c.Unshare()
	return c
}

// Hold takes another reference (skb_get); each holder frees once.
func (b *SKB) Hold() { b.users++ }

// Freed reports whether the buffer has been given back: a pointer to it is
// stale.
func (b *SKB) Freed() bool { return b.freed }

// Shared reports whether somebody else holds the buffer too (skb_shared).
func (b *SKB) Shared() bool { return b.users > 1 }

// SetOwnerR charges the packet to a socket's receive buffer
// (skb_set_owner_r); freeing it gives the memory back.
func (b *SKB) SetOwnerR(sk *Sock) {
	b.Orphan()
	b.SK, b.destructor = sk, destructRmem
	sk.RmemAlloc += b.Truesize
}

// SetOwnerW charges the packet to a socket's send buffer (skb_set_owner_w).
func (b *SKB) SetOwnerW(sk *Sock) {
	b.Orphan()
	b.SK, b.destructor = sk, destructWmem
	sk.WmemAlloc += b.Truesize
}

// Orphan gives the memory back to the owner now (skb_orphan).
func (b *SKB) Orphan() {
	sk := b.SK
	if sk == nil {
		return
	}
	d := b.destructor
	b.SK, b.destructor = nil, destructNone
	switch d {
	case destructRmem:
		sk.rfree(b)
	case destructWmem:
		sk.wfree(b)
	}
}

// Kind, TraceID, TracePkt: see trace.Subject.
func (b *SKB) Kind() step.Kind            { return step.KindSKB }
func (b *SKB) TraceID() uint32            { return b.ID }
func (b *SKB) TracePkt() (pkt, id uint32) { return b.Pkt, b.ID }
func (b *SKB) In(s step.Step) trace.Span  { return b.ns.In(s, b) }
func (b *SKB) NS() *Netns                 { return b.ns }
func (b *SKB) SetNS(ns *Netns)            { b.ns = ns }
