package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// IDs hands out the numbers of a world's objects and packets.
type IDs struct {
	object uint32
	packet uint32
	bufs   pool `fork:"zero"` // a packet may be freed on another machine than it was made on
}

// FirstMade is the number of the first packet that the model makes itself;
// frames of the capture have the numbers below it.
const FirstMade = 1 << 30

// Object returns the number of a new object.
func (n *IDs) Object() uint32 { n.object++; return n.object }

// Packet returns the number of a new packet that the model makes.
func (n *IDs) Packet() uint32 { n.packet++; return FirstMade + n.packet - 1 }

// Given is how many numbers of objects and of packets have been given out.
func (n *IDs) Given() (objects, packets uint32) { return n.object, n.packet }

// A Machine is one simulated computer: its CPUs, memory and numbers, shared by
// its namespaces.
type Machine struct {
	Name  string
	Index uint8 // among the world's
	Clock *sim.Clock
	Rand  *sim.Rand
	IDs   *IDs
	CPU   []*Softnet
	NS    []*Netns
	hosts uint8 // namespaces that have been made, up to 255

	LinkWatch LinkWatch

	current int // the CPU that runs, an index into CPU

	// Batch numbers the runs of packets that a driver hands up together, for one
	// protocol from one device (__netif_receive_skb_list_core); 0 in between.
	Batch   uint64
	batches uint64

	Allocated, Freed uint64 // buffers, for the law of conservation
	NotModelled      uint64 // packets that ended so

	// CallTime says that a system call takes time: it holds the socket until it
	// is over, and what arrives meanwhile waits (Sock.LetGo). Without it every
	// call is over at once.
	CallTime bool

	// Netstamp says that some program wants to know when packets come
	// (netstamp_needed_key).
	Netstamp bool

	Mem Mem

	UDPEncap int // UDP sockets that GRO has to know of (udp_encap_needed_key)

	// TCP's congestion controls (tcp_cong_list), a bit for each: modules that
	// were loaded, and what differs from the default in who may choose them.
	CongLoaded, CongAllowed, CongForbidden uint8
	cubic                                  *CubicParams // nil: the defaults
}

// Mem is the memory that a protocol's sockets take together, in pages of 4096
// bytes (tcp_mem, udp_mem).
type Mem struct{ TCP, UDP int }

func (ns *Netns) pool() *pool {
	return &ns.Machine.IDs.bufs
}

// A Netns is struct net: one network namespace.
type Netns struct {
	Name    string
	ID      uint32
	Host    uint8 // its number in traces: of the world's hosts and their namespaces; 255 stands for all from there on
	Machine *Machine
	Clock   *sim.Clock
	Trace   *trace.Tracer `fork:"zero"`
	MIB     [step.NumMIB]uint64
	Sysctl  Sysctl

	Devices  []*Device // in order of ifindex; removed ones leave nil
	byIndex  map[int]*Device
	Loopback *Device
	rcu      []*rcuTask // sockets that wait for their end

	lastIndex int // of the device that got a number last

	ptype  [ptypeSlots]ptypeEntry
	taps   []PacketHandler
	protos [256]ProtoHandler // inet_protos
	proto6 [256]ProtoHandler // inet6_protos
	hooks  [numFamilies][maxHooks][]hookEntry

	hookStack *hookStack `fork:"zero"`

	// Upper layers hang their state of this namespace here (net->ipv4, net->ipv6 …).
	IPv4           IPv4Ops
	IPv6           IPv6Ops
	Neigh4, Neigh6 *NeighTable // arp_tbl, nd_tbl

	Raw any // raw, ping and packet sockets: package raw's own

	// Conntrack and NAT are packages conntrack's and nat's own (net->ct), nil
	// until a rule needs them.
	Conntrack, NAT any

	// Nexthops is package inet's own (net->nexthop), nil without nexthop objects.
	Nexthops any

	// NFTables is package nftables' own (net->nft), nil without tables.
	NFTables any

	// XTables is package iptables' own (net->xt), nil without tables.
	XTables any

	// TC is package sched's own: actions, and what filters share; nil without
	// filters.
	TC any

	// Follow is set when the host's sent frames come from a capture: what the
	// model would send by itself is held back (see FollowGate).
	Follow FollowGate
}

// IPv4Ops is what lower packages ask of IPv4 (a socket's destination, an ICMP
// error from the link layer).
type IPv4Ops interface {
	ICMPSend(ns *Netns, b *SKB, typ, code uint8, info uint32) // icmp_send
	LinkFailure(ns *Netns, b *SKB)                            // ipv4_link_failure
	AddrType(ns *Netns, a wire.IP4) uint8                     // inet_addr_type: RTN_*
}

// IPv6Ops is the same for IPv6.
type IPv6Ops interface {
	ICMPSend(ns *Netns, b *SKB, typ, code uint8, info uint32) // icmpv6_send
	LinkFailure(ns *Netns, b *SKB)                            // ip6_link_failure
}

// A FollowGate decides about a packet that the model's stack wants to send
// while a capture says what the host really sent. It returns true if the
// packet is held back.
type FollowGate interface {
	Hold(ns *Netns, b *SKB) bool
}

// Held asks the gate of a followed capture about a packet that the stack wants
// to send; true means that the packet waits there, or is gone.
func (ns *Netns) Held(b *SKB) bool {
	if ns.Follow == nil || !ns.Follow.Hold(ns, b) {
		return false
	}
	ns.Why(step.WhyHeld)
	return true
}

// NewNetns makes a namespace of a machine with a loopback device left to the
// caller.
func NewNetns(m *Machine, name string) *Netns {
	ns := &Netns{Name: name, ID: m.IDs.Object(), Machine: m, Clock: m.Clock, byIndex: map[int]*Device{}}
	ns.Sysctl = DefaultSysctl()
	ns.Host = m.Index + min(m.hosts, 255-m.Index)
	m.hosts += min(1, 255-m.hosts)
	m.NS = append(m.NS, ns)
	return ns
}

// In marks the entry into a kernel function.
func (ns *Netns) In(s step.Step, on trace.Subject) trace.Span {
	if t := ns.Trace; t != nil && t.Mode != trace.Silent {
		t.Host = ns.Host
		return t.In(s, on)
	}
	return trace.Span{}
}

// TP fires a tracepoint about a subject (nil: about none).
func (ns *Netns) TP(tp step.TP, on trace.Subject, args ...uint64) {
	if t := ns.Trace; t != nil && t.Mode != trace.Silent {
		t.Host = ns.Host
		t.Point(tp, on, args...)
	}
}

// Why says on which values the running function decided.
func (ns *Netns) Why(w step.Why, args ...uint64) {
	if t := ns.Trace; t != nil && t.Mode == trace.Record {
		t.Why(w, args...)
	}
}

// Tried says that an alternative was considered, and which operand ruled it out.
func (ns *Netns) Tried(t step.Try, args ...uint64) {
	if r := ns.Trace; r != nil && r.Mode == trace.Record {
		r.Host = ns.Host
		r.Tried(t, args...)
	}
}

// Look tells of changes of an object that is not what the running function is
// about: a packet's connection.
func (ns *Netns) Look(on trace.Subject) {
	if t := ns.Trace; t != nil && t.Mode == trace.Record {
		t.Look(on)
	}
}

// Note tells the reader something that no packet did.
func (ns *Netns) Note(on trace.Subject, w step.Why, args ...uint64) {
	if ns.Trace != nil {
		ns.Trace.Host = ns.Host
		ns.Trace.Note(on, w, args...)
	}
}

// Listening reports whether events are being recorded or watched, so that what only
// a listener needs may be worked out.
func (ns *Netns) Listening() bool { return ns.Trace != nil && ns.Trace.Mode >= trace.Record }

// Inc adds one to a counter; Add adds n (SNMP_INC_STATS, SNMP_ADD_STATS).
func (ns *Netns) Inc(m step.MIB) { ns.Add(m, 1) }

// Add adds n to a counter.
func (ns *Netns) Add(m step.MIB, n uint64) {
	if t := ns.Trace; t != nil && t.Mode == trace.Record {
		t.Counter(ns.ID, m, ns.MIB[m], n)
	}
	ns.MIB[m] += n
}

// Dec takes one from a gauge (TcpCurrEstab).
func (ns *Netns) Dec(m step.MIB) { ns.Add(m, ^uint64(0)) }

// AddProto is inet_add_protocol: h handles what IPv4 carries as protocol p.
func (ns *Netns) AddProto(p uint8, h ProtoHandler) { ns.protos[p] = h }

// AddProto6 is inet6_add_protocol: the same for IPv6.
func (ns *Netns) AddProto6(p uint8, h ProtoHandler) { ns.proto6[p] = h }

// Proto is inet_protos[p], nil if nobody handles it.
func (ns *Netns) Proto(p uint8) ProtoHandler { return ns.protos[p] }

// Proto6 is inet6_protos[p], nil if nobody handles it.
func (ns *Netns) Proto6(p uint8) ProtoHandler { return ns.proto6[p] }

// A ProtoHandler is struct net_protocol: a transport protocol above IP. Rcv
// gets the packet with its transport header at the data pointer, and owns it.
// It returns 0, or the negated number of the protocol to try next
// (ip_protocol_deliver_rcu's ret < 0).
type ProtoHandler interface {
	Rcv(ns *Netns, b *SKB) int
	// Err is the err_handler: an ICMP error about a packet of ours came. The
	// data pointer stands at the quoted IP header. It reports whether a socket
	// was found.
	Err(ns *Netns, b *SKB, info uint32) bool
}

// An EarlyDemux finds the socket, and with it the route, before routing
// (tcp_v4_early_demux).
type EarlyDemux interface{ EarlyDemux(ns *Netns, b *SKB) }

// DevByIndex is dev_get_by_index: nil if there is none.
func (ns *Netns) DevByIndex(i int) *Device { return ns.byIndex[i] }

// DevByName is dev_get_by_name: nil if there is none.
func (ns *Netns) DevByName(name string) *Device {
	for _, d := range ns.Devices {
		if d != nil && d.Name == name {
			return d
		}
	}
	return nil
}
