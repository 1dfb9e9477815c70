package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

const (
	protoUDP = uint8(wire.ProtoUDP)
	slots    = 256   // of each hash table
	maxSegs  = 128   // UDP_MAX_SEGMENTS
	maxLen   = 65535 // of a datagram, header included
	page     = 4096  // bytes, the unit of udp_mem
)

// checksumBreak is CHECKSUM_BREAK: datagrams up to so many bytes have their
// checksum verified when they arrive, longer ones when they are read.
const checksumBreak = 76

// UDP is struct udp_table of one namespace, and its handler in inet_protos.
type UDP struct {
	Reader core.Waker // who reads the sockets that a followed capture shows; nil: nobody
	ns     *core.Netns
	hash   [slots][]*Sock // by port, newest first
	hash2  [slots][]*Sock // by address and port, newest first
	Mem    [3]int         // udp_mem: pages; below the first all is allowed, above the last nothing
	Ports  PortChooser    // nil: by chance, as the kernel
	v6     udp6
}

// A PortChooser chooses the port of a socket that asked for none: a replay has
// it from the capture. It returns 0 to leave the choice to chance.
type PortChooser interface {
	ChoosePort(ns *core.Netns, sk *core.Sock) uint16
}

// udp6 is the handler in inet6_protos.
type udp6 struct{ u *UDP }

// New registers UDP above IPv4 and IPv6 in a namespace (udp_init, udpv6_init).
func New(ns *core.Netns) *UDP {
	u := &UDP{ns: ns, Mem: [3]int{575799, 767734, 1151598}}
	u.v6.u = u
	ns.AddProto(protoUDP, u)
	ns.AddProto6(protoUDP, &u.v6)
	ns.AddProto(protoUDPLite, &udplite{u})
	ns.AddProto6(protoUDPLite, &udplite6{u})
	return u
}

// Of is the UDP of a namespace, nil if it has none.
func Of(ns *core.Netns) *UDP {
	u, _ := ns.Proto(protoUDP).(*UDP)
	return u
}

func (u *UDP) ip4() *ipv4.IPv4 { return ipv4.Of(u.ns) }
func (u *UDP) ip6() *ipv6.IPv6 { return ipv6.Of(u.ns) }

// A Sock is struct udp_sock.
type Sock struct {
	core.Sock
	u          *UDP
	Num        uint16 // inet_num: the port that it is hashed by, 0 if it is not
	addrHash   uint32 // udp_portaddr_hash
	AddrLocked bool   // SOCK_BINDADDR_LOCK: bind() named the address
	PortLocked bool   // SOCK_BINDPORT_LOCK: bind() named the port
	group      *group // SO_REUSEPORT: those that share its address and port
	reader     int    // packets of RcvQueue that are on the reader's side (reader_queue)
	deficit    int    // forward_deficit: read bytes whose memory is not yet given back
	Cork       bool   // UDP_CORK
	GSOSize    int    // UDP_SEGMENT: cut what is sent into datagrams of so many bytes, 0: don't
	NoCheck6Rx bool   // UDP_NO_CHECK6_RX
	gro        bool   // UDP_GRO (GRO_ENABLED, ACCEPT_L4)
	encapOn    bool   // it counts in Machine.UDPEncap (ENCAP_ENABLED)
	pending    *pending
	encap      Encap // a tunnel of the kernel's takes what comes (encap_rcv)
	v6         inet6
}

// inet6 is what struct ipv6_pinfo adds.
type inet6 struct {
	HopLimit int // -1: the route's
	TClass   int // -1: 0
	DontFrag bool
}

// A pending is a corked datagram (struct inet_cork, sk_write_queue).
type pending struct {
	data  []byte
	daddr wire.Addr
	dport uint16
	ck    inet.Cookie
}

// NewSock is socket(family, SOCK_DGRAM, 0): unbound.
func NewSock(ns *core.Netns, family uint16) *Sock {
	sk := &Sock{u: Of(ns), v6: inet6{HopLimit: -1, TClass: -1}}
	ns.InitSock(&sk.Sock, sk, family, core.SockDgram, protoUDP)
	if family == core.AFInet6 {
		sk.V6Only = ns.Sysctl.IPv6BindV6Only != 0
	}
	return sk
}

// Base, BacklogRcv, ReleaseCB, WriteSpace and ObserveOwn: see core.Proto.

// Base is the embedded struct sock.
func (sk *Sock) Base() *core.Sock { return &sk.Sock }

// BacklogRcv is never called: UDP queues while a program holds the socket.
func (sk *Sock) BacklogRcv(ns *core.Netns, b *core.SKB) { panic("udp: no backlog") }

// ReleaseCB is ip4_datagram_release_cb without its renewal of the route, which
// the next send does.
func (sk *Sock) ReleaseCB(ns *core.Netns) {}

// WriteSpace is sock_def_write_space: half of the send buffer is free again.
func (sk *Sock) WriteSpace(ns *core.Netns) {
	if sk.NoSpace && int(sk.WmemAlloc)<<1 <= int(sk.SndBuf) {
		sk.NoSpace = false
		sk.WakeWriters(ns)
	}
}

// ObserveOwn lists nothing: all that UDP has is struct sock's.
func (sk *Sock) ObserveOwn(o *trace.Obs) {}

// Socks calls f for every bound socket, by port slot, newest first (ss -u).
func (u *UDP) Socks(f func(*Sock)) {
	for i := range u.hash {
		for _, sk := range u.hash[i] {
			f(sk)
		}
	}
}

// portSlot is udp_hashfn; addrHash is ipv4_portaddr_hash and
// ipv6_portaddr_hash. The kernel mixes in a secret made at boot.
func portSlot(port uint16) int { return int(port) & (slots - 1) }

func addrHash(a wire.Addr, port uint16) uint32 {
	h := (a.Lo ^ a.Hi*0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd
	return uint32(h>>40) ^ uint32(port)
}

// flowHash is udp_ehashfn: it chooses among the sockets of a SO_REUSEPORT group.
func flowHash(laddr wire.Addr, lport uint16, faddr wire.Addr, fport uint16) uint32 {
	h := (laddr.Lo ^ laddr.Hi*0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd
	h ^= h >> 32
	h = (h ^ faddr.Lo ^ faddr.Hi*0xc2b2ae3d27d4eb4f) * 0xc4ceb9fe1a85ec53
	h ^= h >> 29
	h = (h ^ uint64(lport)<<16 ^ uint64(fport)) * 0xff51afd7ed558ccd
	return uint32(h >> 32)
}

// now is short for the clock.
func (sk *Sock) now() sim.Time { return sk.NS.Clock.Now() }

// fail is how a call ends with an error.
func (sk *Sock) fail(e core.Errno) (int, core.Errno) {
	sk.NS.Why(step.WhyUDPSendErr, uint64(e))
	return 0, e
}
