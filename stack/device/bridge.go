package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/bridge/br_private.h, br_device.c, br_if.c.
//
// The bridge is spread over files as in the kernel: bridge_if.go (ports come and
// go), bridge_stp*.go (the spanning tree), bridge_input.go, bridge_forward.go,
// bridge_fdb.go, bridge_multicast.go, bridge_netfilter*.go.
//
// bridge_vlan.go. Left out: proxy ARP and neighbour suppression, MAC authentication
// bypass, backup ports, tunnel mapping, MRP, CFM, switchdev.

// BridgePortState is the state of a port (BR_STATE_*).
type BridgePortState uint8

// The states. Without the spanning tree protocol a port is disabled or
// forwarding, unless somebody sets another one.
const (
	BridgeDisabled BridgePortState = iota
	BridgeListening
	BridgeLearning
	BridgeForwarding
	BridgeBlocking
)

// Flags of a port (BR_*), by the names of bridge(8).
const (
	BridgeHairpin    = 1 << iota // frames may leave by the port that they came in by
	BridgeGuard                  // bpdu_guard: no BPDU may come in
	BridgeRootBlock              // the port may not become the root port
	BridgeFastLeave              // multicast_fast_leave
	BridgeLearn                  // addresses are learned there
	BridgeFlood                  // frames to unknown addresses leave there
	BridgeMcastFlood             // frames to groups leave there
	BridgeBcastFlood             // broadcasts leave there
	BridgeIsolated               // frames between isolated ports are not forwarded
	BridgeLocked                 // only known senders may use it
)

// A Bridge is struct net_bridge.
type Bridge struct {
	Dev   *core.Device
	Ports []*BridgePort // the last added comes first, as in br->port_list

	AgeingTime    sim.Time // how long a learned address lives
	ForwardDelay  sim.Time // as the root of the spanning tree says, like the next two
	HelloTime     sim.Time
	MaxAge        sim.Time
	GroupFwdMask  uint16 // which of 01:80:c2:00:00:0X are forwarded
	GroupAddr     wire.MAC
	McastSnoop    bool // multicast_snooping
	McastRouter   uint8
	Mcast         BridgeMcast
	NoLLLearn     bool // no_linklocal_learn
	VlanFiltering bool
	VlanProto     uint16 // EtherType of the tags that count
	DefaultPVID   uint16
	NFCall        [3]bool // nf_call_iptables, nf_call_ip6tables, nf_call_arptables
	FdbMax        uint32  // fdb_max_learned, 0: no limit

	vlans    *BridgeVlans // of the bridge itself, nil: nobody has asked for VLANs
	addrSet  bool         // the user chose the address (NET_ADDR_SET)
	mtuSet   bool         // and the MTU (BROPT_MTU_SET_BY_USER)
	id       BridgeID     // bridge_id
	tree     bridgeTree
	fdb      bridgeFDB
	mdb      []*BridgeMDB // the newest first
	query    [2]bridgeQuery
	own      [2]bridgeOwn
	fake     *core.Dst // the route of packets that br_netfilter shows to IP (fake_rtable)
	snoopers bool      // it has joined the groups of all snoopers
}

// A BridgePort is struct net_bridge_port.
type BridgePort struct {
	Br           *Bridge
	Dev          *core.Device
	No           int
	State        BridgePortState
	Flags        uint32
	Priority     uint8
	Cost         uint32
	CostSet      bool // by the user
	GroupFwdMask uint16
	McastRouter  uint8
	router       [2]sim.Time // until when a router of IPv4, of IPv6, counts as behind it
	own          [2]bridgeOwn
	vlans        *BridgeVlans
	Delay        sim.Time // when the timer of its forward delay runs out
	tree         portTree
}

// NewBridge makes a bridge, down and without ports: `ip link add NAME type
// bridge`. addr is its address; set says that the user chose it, so that it
// stays when ports come and go. index 0 takes the next free ifindex.
func NewBridge(ns *core.Netns, name string, index int, addr wire.MAC, set bool) *Bridge {
	br := &Bridge{AgeingTime: 300 * sim.Second, ForwardDelay: 15 * sim.Second, HelloTime: 2 * sim.Second, MaxAge: 20 * sim.Second, id: BridgeIDOf(0x8000, 0),
		GroupAddr: 0x0180c2000000, McastSnoop: true, McastRouter: 1, Mcast: defaultMcast(), VlanProto: uint16(wire.EtherTypeVLAN), DefaultPVID: 1, addrSet: set}
	br.tree.Root, br.tree.userAge, br.tree.userDelay, br.tree.userHello, br.tree.userMax = br.id, br.AgeingTime, br.ForwardDelay, br.HelloTime, br.MaxAge
	br.tree.initTimers(br)
	br.Dev = ns.NewDevice(name, index, br)
	br.Dev.Addr = addr
	br.Dev.Features = core.FeatureSG | core.FeatureTxCsum | core.FeatureTSO | core.FeatureGSO | core.FeatureGSOUDP | core.FeatureGSOList | core.FeatureTunnel | core.FeatureTunnelSum | core.FeatureVlanTx | core.FeatureVlanSTx | core.FeatureGRO
	br.fdb.init(br)
	br.fake = fakeRoute(br.Dev)
	RegisterLLC(ns)
	if brnfRegister(ns); set {
		br.changeID(addr)
	} else {
		br.fdbChangeAddr(addr)
	}
	return br
}

// BridgeOf is the bridge that a device is, nil if it is none.
func BridgeOf(d *core.Device) *Bridge {
	if d == nil {
		return nil
	}
	br, _ := d.Ops.(*Bridge)
	return br
}

// PortOf is br_port_get_rcu: the port that a device is, nil if it is none.
func PortOf(d *core.Device) *BridgePort {
	if d == nil {
		return nil
	}
	p, _ := d.RxHandler.(*BridgePort)
	return p
}

// PortByNo is the port with a number, nil if there is none.
func (br *Bridge) PortByNo(no int) *BridgePort {
	for _, p := range br.Ports {
		if p.No == no {
			return p
		}
	}
	return nil
}

// ID is the bridge's identifier: priority and address (bridge_id).
func (br *Bridge) ID() BridgeID { return br.id }

// Tree is what the spanning tree protocol knows of the bridge, to be read only. Without
// the protocol the bridge is its own root.
func (br *Bridge) Tree() *bridgeTree { return &br.tree }

// Timers are how long the timers of hello, topology change notices and topology changes
// still run.
func (t *bridgeTree) Timers() (hello, tcn, change sim.Time) {
	return t.hello.left(), t.tcn.left(), t.change.left()
}

// Tree is what it knows of the port, to be read only.
func (p *BridgePort) Tree() *portTree { return &p.tree }

// Timers are how long the port's hold and message age still run.
func (t *portTree) Timers() (hold, message sim.Time) { return t.hold.left(), t.message.left() }

// PortID is the port's identifier: priority and number (port_id).
func (p *BridgePort) PortID() uint16 { return uint16(p.Priority)<<10 | uint16(p.No)&0x3ff }

// ns is the namespace that the bridge is in.
func (br *Bridge) ns() *core.Netns { return br.Dev.NS }
