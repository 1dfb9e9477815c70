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

// Whom a frame was for.
const (
	PacketHost      PktType = iota // this host
	PacketBroadcast                // everyone
	PacketMulticast                // a group
	PacketOtherHost                // somebody else: overheard
	PacketOutgoing                 // this host sends it
	PacketLoopback                 // this host sent it to a group, and hears it itself
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
	GSOTCPv4     = 1 << 0
	GSOTCPECN    = 1 << 2
	GSOTCPv6     = 1 << 4
	GSOTunnel    = 1 << 10 // it is inside a datagram (SKB_GSO_UDP_TUNNEL)
	GSOTunnelSum = 1 << 11 // whose checksum counts (SKB_GSO_UDP_TUNNEL_CSUM)
	GSOUDPL4     = 1 << 17
	GSOFragList  = 1 << 18 // its parts hang on it as they came
	GSOTCPAccECN = 1 << 19 // CWR is part of a counter: every segment keeps it
)

// Headroom is how much room a new buffer keeps in front for headers
// (MAX_TCP_HEADER is 320 with the recorded kernel's options; link headers and
// IP options fit).
const Headroom = 192

// A head is the memory that an sk_buff points to, shared by clones.
type head struct {
	buf  []byte
	ref  int32
	used int32 // bytes that a packet was to have here
	sh   *shinfo
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
	TSO                 int   // pcount, segments
	FirstTx             int64 // µs: see Delivered
	DeliveredAt         int64 // µs: when Delivered segments had arrived, 0: not to be counted
	Delivered           uint32
	DeliveredCE         uint32
	AppLimited          bool // the program had no more to send
	EOR                 bool // MSG_EOR: nothing is put behind it
	TstampAck           bool // a program wants to know when it is acknowledged (txstamp_ack)

	// Bridge (struct br_input_skb_cb)
	BrDev      *Device // the bridge
	BrIsolated bool    // it came in by an isolated port
	BrVlan     bool    // VLAN filtering has let it in (vlan_filtered)
	BrPromisc  bool    // it goes up only because the bridge hears everything

	// UDP (struct udp_skb_cb)
	Partial bool

	// Of a packet in a socket's error queue (struct sock_exterr_skb)
	Err ExtErr

	// GRO (struct napi_gro_cb)
	Age      sim.Time
	GROCount int
	Flush    bool
	SameFlow bool
	FixedID  bool   // all have one IP identification (ip_fixedid)
	FList    bool   // it is hung on as it is, not merged (is_flist)
	GROInto  uint32 // the buffer that this one was merged into
	GROFrags int    // fragments that the last buffer in line holds
	DataOff  int    // where the payload begins, from the data pointer
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
	HeadFrag   bool   // its head is a part of a page that another packet may take over (head_frag)
	Joined     bool   // in a FragList: its bytes became the whole packet's own

	MAC, Network, Transport int // offsets of the headers, -1 if unset
	MACLen                  int

	Protocol           uint16 // EtherType
	PktType            PktType
	IPSummed           uint8
	CsumStart, CsumOff int    // ChecksumPartial: where to sum from (offset in memory), and where to put it
	Csum               uint32 // ChecksumComplete: the sum
	Hash               uint32
	Mark, Priority     uint32
	L4Hash             bool
	VlanTCI            uint16
	VlanPresent        bool
	VlanAD             bool // the tag is of 802.1ad (vlan_proto)
	QueueMapping       uint16
	Dev                *Device
	IIF                int // skb_iif: ifindex it came in by
	SK                 *Sock
	destructor         uint8
	Dst                *Dst
	Truesize           int
	GSOSize, GSOSegs   int
	GSOType            uint32
	Inner              [2]uint16 // of what is inside another packet: offsets of its own network and transport headers
	Encap              bool      // it is (encapsulation); the headers above are the outer ones
	IgnoreDF           bool      // IP may cut it up here although it says "don't fragment" (ignore_df)
	Cloned             bool
	Paged              bool // the payload lies in page fragments that another packet can take over
	NFTrace            bool
	AtIngress          bool        // tc meets it on its way in (tc_at_ingress)
	TcSkip             bool        // no filter sees it (tc_skip_classify)
	Redirected         bool        // a filter sent it elsewhere
	FromIngress        bool        // on its way in
	SkipEgressHook     bool        // netfilter's egress does not see it (nf_skip_egress)
	TcDepth            uint8       // how often a filter has had it received (tc_depth)
	NFCT               NFCT        // the connection that it belongs to (_nfct), nil: none
	CTInfo             uint8       // and how (enum ip_conntrack_info)
	NFBridge           *BridgeInfo // what br_netfilter knows of it (SKB_EXT_BRIDGE_NF)
	users              int32
	freed              bool
	// Truncated says that the capture kept fewer bytes than the frame had: the
	// rest reads as zeros, and no checksum over it can be known.
	Truncated bool
	// Captured says that these are a captured frame's bytes that the host sent:
	// they go down as they are.
	Captured bool
	// CsumValid says that the transport checksum was found right (csum_valid).
	CsumValid bool
	// CsumHead is the beginning of the IPv6 header when netfilter summed the whole
	// packet (CHECKSUM_COMPLETE with csum_complete_sw); 0: it did not. A rule that
	// changes the header later makes that sum wrong.
	CsumHead uint64
	Tstamp   sim.Time
	CB       CB

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
// bytes: small heads come from a 576-byte cache (SKB_SMALL_HEAD_SIZE of a kernel
// without tunnels and radio: the recordings show 832 bytes for a small packet),
// others from kmalloc.
func AllocTruesize(n int) int {
	n = align(n) + sizeofShinfo
	if n <= smallHead {
		return smallHead + sizeofSKB
	}
	return kmallocSize(n) + sizeofSKB
}

const smallHead = 576

// The headers, as views of the linear part. The caller has checked lengths.

// Eth is the link header.
func (b *SKB) Eth() wire.Ethernet { return wire.Ethernet(b.head.buf[b.MAC:b.tail]) }

// IP4 is the network header, when it is IPv4.
func (b *SKB) IP4() wire.IPv4 { return wire.IPv4(b.head.buf[b.Network:b.tail]) }

// IP6 is the network header, when it is IPv6.
func (b *SKB) IP6() wire.IPv6 { return wire.IPv6(b.head.buf[b.Network:b.tail]) }

// L4 is the transport header and what follows it, linear part only.
func (b *SKB) L4() []byte { return b.head.buf[b.Transport:b.tail] }

// From is the linear memory from an offset on (MAC, Network, Transport).
func (b *SKB) From(off int) []byte { return b.head.buf[off:b.tail] }

// ResetMAC sets the link header's offset to where the data pointer stands
// (skb_reset_mac_header).
func (b *SKB) ResetMAC() { b.MAC = b.data }

// ResetNetwork does so with the network header (skb_reset_network_header).
func (b *SKB) ResetNetwork() { b.Network = b.data }

// ResetTransport does so with the transport header
// (skb_reset_transport_header).
func (b *SKB) ResetTransport() { b.Transport = b.data }

// NetworkOffset is the network header's place, from the data pointer on.
func (b *SKB) NetworkOffset() int { return b.Network - b.data }

// TransportOffset is the transport header's place, from the data pointer on.
func (b *SKB) TransportOffset() int { return b.Transport - b.data }

// Kind, TraceID, TracePkt: see trace.Subject.
func (b *SKB) Kind() step.Kind            { return step.KindSKB }
func (b *SKB) TraceID() uint32            { return b.ID }
func (b *SKB) TracePkt() (pkt, id uint32) { return b.Pkt, b.ID }

// In begins the step s with this packet as its subject.
func (b *SKB) In(s step.Step) trace.Span { return b.ns.In(s, b) }

// NS is the namespace that the packet is in.
func (b *SKB) NS() *Netns { return b.ns }

// SetNS moves the packet to another namespace. What the old one knew of its
// connection goes (skb_scrub_packet).
func (b *SKB) SetNS(ns *Netns) {
	b.ResetCT()
	b.NFBridge = nil
	b.ns = ns
}
