package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Device flags (IFF_*).
const (
	IFFUp = 1 << iota
	IFFBroadcast
	IFFLoopback
	IFFPointToPoint
	IFFNoARP
	IFFMulticast
	IFFPromisc
	IFFAllMulti
	IFFRunning // carrier: the other end is there
)

// Device features, as ethtool -k names them.
const (
	FeatureSG = 1 << iota
	FeatureTxCsum
	FeatureRxCsum
	FeatureTSO
	FeatureGSO
	FeatureGRO
	FeatureUDPGRO
	FeatureVlanRx
	FeatureVlanTx
	FeatureGSOUDP  // the device takes UDP_SEGMENT packets whole
	FeatureVlanSTx // it takes tags of 802.1ad beside the packet
	FeatureGROList // rx-gro-list: GRO hangs datagrams on as they are
	FeatureGSOList // tx-gso-list: the device takes such packets whole
	FeatureTunnel  // tx-udp_tnl-segmentation: also inside a tunnel's datagram
	FeatureTunnelSum
	FeatureEncap // what it has holds inside tunnels too (hw_enc_features)
)

// DevStats are the counters of ip -s link (struct rtnl_link_stats64).
type DevStats struct {
	RxPackets, RxBytes, RxErrors, RxDropped, RxMissed, RxOtherhost, Multicast uint64
	TxPackets, TxBytes, TxErrors, TxDropped                                   uint64
	TxCarrier, Collisions                                                     uint64 // tx_carrier_errors, collisions
}

// A TxCode is netdev_tx_t.
type TxCode uint8

const (
	TxOK   TxCode = 0x00 // NETDEV_TX_OK: the driver owns the packet
	TxDrop TxCode = 0x01 // NET_XMIT_DROP: the driver has dropped it
	TxBusy TxCode = 0x10 // NETDEV_TX_BUSY: try again
)

// What DevQueueXmit returns besides errors (NET_XMIT_*).
const (
	NetXmitSuccess = 0
	NetXmitDrop    = 1
	NetXmitCN      = 2
)

// DeviceOps is struct net_device_ops: what a driver does.
type DeviceOps interface {
	// StartXmit is ndo_start_xmit: the driver takes the packet, link header
	// first, and owns it unless it returns TxBusy.
	StartXmit(d *Device, b *SKB) TxCode
}

// A RxHandler is rx_handler: a bridge or macvlan that takes a device's frames
// before the protocols do. It returns true when it has taken the packet; if it
// returns false and has changed the packet's device, that one receives it.
type RxHandler interface{ HandleFrame(ns *Netns, b *SKB) bool }

// A Device is struct net_device.
type Device struct {
	Name        string
	Index       int
	MTU         int // bytes of network-layer packet
	Addr        wire.MAC
	Broadcast   wire.MAC
	Type        LinkType
	HardLen     int // bytes of link header
	Flags       uint16
	Features    uint32
	TxQueueLen  int
	NumTxQueues int  // transmit queues that it has
	RealTx      int  // of which it uses so many (real_num_tx_queues); 0: all
	NumRx       int  // receive queues that it has; 0: one
	RealRx      int  // of which it uses so many (real_num_rx_queues); 0: all
	RecordsRx   bool // its driver tells by which queue a packet came (skb_record_rx_queue)
	SelectsTx   bool // its driver chooses the transmit queue (ndo_select_queue), or all share one discipline
	NS          *Netns
	Ops         DeviceOps
	Qdisc       Qdisc // of the root; nil: noqueue
	Ingress     Qdisc // where filters of packets that come in hang: ingress or clsact; nil: none
	RxHandler   RxHandler
	Vlans       []*Device // VLAN devices on top
	VlanID      uint16    // this is a VLAN device for that VLAN
	VlanAD      bool      // and its tags are of 802.1ad
	Lower       *Device   // and it stands on that device
	KeepDst     bool      // packets keep their route on their way into it (netif_keep_dst)
	Group       int       // of devices: `ip link set group`
	Master      *Device   // the bridge that this is a port of
	Promiscuity int       // how many want every frame (dev->promiscuity); IFFPromisc is what the user asked for
	AllMulti    int       // how many want every group (dev->allmulti)
	Stats       DevStats
	Groups      []wire.MAC // dev->mc: multicast link addresses that are let in

	// What upper layers hang on a device (dev->ip_ptr, dev->ip6_ptr).
	IP4 any
	IP6 any

	CarrierChanges int  // how often its carrier came or went
	NoCarrier      bool // its carrier is gone (!netif_carrier_ok), though IFFRunning may not show it yet
	LowerDown      bool // when it lost its carrier, what it hangs on had another ifindex (IF_OPER_LOWERLAYERDOWN)

	EverUp bool // it has been up: it has a queueing discipline (ip link shows it)

	nf  [2][]hookEntry // netfilter's hooks at this device: ingress, egress
	Tcx [2]TcEntry     // tc's filters there (tcx_ingress, tcx_egress); nil: none

	tx     []txQueue // what is known of its transmit queues
	rxq    []rxQueue // what is set for its receive queues; nil: nothing
	xps    []xpsMap  // by CPU; nil: nothing is set
	toFree []refusal // what an enqueue function gave up (to_free)
}

// A LinkType is dev->type (ARPHRD_*).
type LinkType uint16

// What kinds of link there are.
const (
	LinkEther    LinkType = 1
	LinkLoopback LinkType = 772
	LinkNone     LinkType = 65534 // raw IP: tun
)

// Up reports IFF_UP.
func (d *Device) Up() bool { return d.Flags&IFFUp != 0 }

// CarrierOK is netif_carrier_ok: the other end is there, whether or not the protocols
// have been told of it (LinkWatch).
func (d *Device) CarrierOK() bool { return d.Flags&IFFRunning != 0 && !d.NoCarrier }

// Running reports that the device is up and has a carrier.
func (d *Device) Running() bool { return d.Flags&(IFFUp|IFFRunning) == IFFUp|IFFRunning }

// NewDevice registers a device with the next free ifindex, or with the given
// one if it is above 0 (register_netdevice). It is down, with a carrier, without
// addresses.
func (ns *Netns) NewDevice(name string, index int, ops DeviceOps) *Device {
	if index <= 0 {
		index = ns.newIndex()
	}
	d := &Device{Name: name, Index: index, MTU: 1500, Type: LinkEther, HardLen: 14, Broadcast: wire.Broadcast, NS: ns, Ops: ops,
		Flags: IFFBroadcast | IFFMulticast | IFFRunning, TxQueueLen: 1000, NumTxQueues: 1}
	ns.insert(d)
	d.defaultRPS(0)
	return d
}

// A PacketHandler is struct packet_type: a network protocol, or a tap. Rcv
// gets the packet with its network header at the data pointer, and owns it.
type PacketHandler interface{ Rcv(ns *Netns, b *SKB) }

const ptypeSlots = 16

type ptypeEntry struct {
	typ uint16
	h   PacketHandler
}

// AddPacketType is dev_add_pack: h handles an EtherType.
func (ns *Netns) AddPacketType(typ uint16, h PacketHandler) {
	for i := range ns.ptype {
		if ns.ptype[i].h == nil || ns.ptype[i].typ == typ {
			ns.ptype[i] = ptypeEntry{typ, h}
			return
		}
	}
	panic("core: more packet types than slots")
}

// AddTap is dev_add_pack with ETH_P_ALL: h sees every packet (tcpdump).
func (ns *Netns) AddTap(h PacketHandler) { ns.taps = append(ns.taps, h) }

// A Dst is struct dst_entry with what IPv4 and IPv6 routes have in common
// (struct rtable, struct rt6_info).
type Dst struct {
	Dev      *Device
	In       DstInput
	Out      DstOutput
	Err      Errno
	Type     uint8 // RTN_*: step.Route names them
	Flags    uint16
	MTU      int // metric, 0: the device's
	AdvMSS   int
	Window   int // metrics of `ip route … window`, `initcwnd` and so on; 0: none
	InitCwnd int
	InitRwnd int
	RtoMin   sim.Time
	Expires  sim.Time  // 0: never
	Gateway  wire.Addr // zero: on the link
	PrefSrc  wire.Addr
	IIF      int
	Table    uint32
	TOS      uint8      // of the table's entry (fa_dscp)
	Obsolete bool       // ask the route again (dst->obsolete, dst_check)
	Neigh    *Neighbour // the neighbour it led to last
	Upper    any        // the family's own part
}

// DstInput is dst->input, DstOutput is dst->output.
type DstInput interface{ Input(ns *Netns, b *SKB) }

// DstOutput sends the packet; sk may be nil.
type DstOutput interface {
	Output(ns *Netns, sk *Sock, b *SKB) Errno
}

// Flags of a Dst (RTCF_*).
const (
	RTCFLocal = 1 << iota
	RTCFBroadcast
	RTCFMulticast
	RTCFRedirected // an ICMP redirect named the gateway
	DstException   // made from a route exception
	DstFake        // of a bridge: br_netfilter's (DST_FAKE_RTABLE)
)

// DstInput hands a packet to its route's input (dst_input).
func (ns *Netns) DstInput(b *SKB) { b.Dst.In.Input(ns, b) }

// DstOutput hands a packet to its route's output (dst_output).
func (ns *Netns) DstOutput(sk *Sock, b *SKB) Errno { return b.Dst.Out.Output(ns, sk, b) }

// PathMTU is dst_mtu without the protocol's rules: the metric or the device's.
func (d *Dst) PathMTU() int {
	if d.MTU != 0 {
		return d.MTU
	}
	return d.Dev.MTU
}
