package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/udp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: drivers/net/vxlan/vxlan_core.c; RFC 7348.
//
// Left out: IPv6 outside, collect metadata (external), GBP, GPE, remote checksum
// offload, the ARP proxy, route short-circuit, MDB, VNI filters, nexthop
// objects; telling hosts that are bridged into it about its path MTU.

// VxlanConfig is struct vxlan_config: what the administrator said.
type VxlanConfig struct {
	VNI              uint32
	Remote, Local    wire.IP4 // 0: none; Remote may be a group
	Link             int      // ifindex of the device below, 0: any
	Port             uint16
	PortMin, PortMax uint16 // source ports, 0 0: those of the host
	TTL              uint8  // 0: the host's (a group: 1)
	TTLInherit       bool
	TOS              uint8 // 1: the inner packet's
	DF               uint8 // 0 unset, 1 set, 2 inherit
	Learn            bool
	NoUDPSum         bool
	Age              sim.Time
	MaxAddr          uint32 // learned addresses, 0: no limit
}

// A Vxlan is struct vxlan_dev: an Ethernet whose frames travel in datagrams.
type Vxlan struct {
	Dev   *core.Device
	Conf  VxlanConfig
	home  *core.Netns // where its datagrams travel (vxlan->net)
	fdb   []*VxlanFDB // newest first
	sock  *vxlanSock
	cells []*vxlanCell
	age   sim.Timer
	busy  int // how deep its packets travel in itself
}

// A vxlanSock is struct vxlan_sock: one socket for all devices with one port.
type vxlanSock struct {
	sk   *udp.Sock
	devs []*Vxlan // newest first
}

// VxlanOf is the VXLAN device behind d, nil if it is none.
func VxlanOf(d *core.Device) *Vxlan {
	v, _ := d.Ops.(*Vxlan)
	return v
}

// NewVxlan makes a VXLAN device, down: `ip link add NAME type vxlan …`. Its
// datagrams travel in home.
func NewVxlan(ns, home *core.Netns, name string, index int, c VxlanConfig) *Vxlan {
	v := &Vxlan{Conf: c, home: home}
	d := ns.NewDevice(name, index, v)
	d.Features = core.FeatureSG | core.FeatureTxCsum | core.FeatureRxCsum | core.FeatureTSO | core.FeatureGSO | core.FeatureGSOUDP | core.FeatureGSOList | core.FeatureGRO
	d.MTU = 1500
	if l := home.DevByIndex(c.Link); l != nil {
		d.MTU = l.MTU - vxlanHeadroom
	}
	v.Dev, d.KeepDst = d, true
	for _, s := range ns.Machine.CPU {
		cell := &vxlanCell{dev: v}
		cell.napi.AddNAPI(d, s, cell)
		v.cells = append(v.cells, cell)
	}
	if c.Remote != 0 {
		f := &VxlanFDB{Permanent: true, Updated: ns.Clock.Now(), Used: ns.Clock.Now(), v: v}
		f.Remotes = []VxlanRemote{{IP: c.Remote, Link: c.Link}}
		v.fdb = append(v.fdb, f)
	}
	return v
}

// Fits is vxlan_change_mtu: a datagram of that MTU, in bytes, and its outer headers must
// fit the lower device, if there is one.
func (v *Vxlan) Fits(mtu int) bool {
	l := v.home.DevByIndex(v.Conf.Link)
	return v.Conf.Link == 0 || l == nil || mtu <= l.MTU-vxlanHeadroom
}

// vxlanHeadroom is VXLAN_HEADROOM: IP, UDP, VXLAN and Ethernet header, in bytes.
const vxlanHeadroom = wire.IPv4MinLen + wire.UDPLen + vxlanLen + wire.EthernetLen

// vxlanLen is the length of a VXLAN header, in bytes.
const vxlanLen = 8

// VxlanTaken reports whether home has a device with this VNI and port already.
func VxlanTaken(m *core.Machine, home *core.Netns, vni uint32, port uint16) bool {
	for _, ns := range m.NS {
		if ns == nil {
			continue
		}
		for _, d := range ns.Devices {
			if d == nil {
				continue
			}
			if v := VxlanOf(d); v != nil && v.home == home && v.Conf.VNI == vni && v.Conf.Port == port {
				return true
			}
		}
	}
	return false
}

// findSock is vxlan_find_sock.
func (v *Vxlan) findSock() *vxlanSock {
	var found *vxlanSock
	udp.Of(v.home).Socks(func(sk *udp.Sock) {
		if s, ok := sk.Encap().(*vxlanSock); ok && sk.Sport == v.Conf.Port {
			found = s
		}
	})
	return found
}

// Open is vxlan_open: the socket, the group, the timer. EADDRINUSE if a program
// has the port.
func (v *Vxlan) Open() core.Errno {
	if v.sock != nil {
		return 0
	}
	s := v.findSock()
	if s == nil {
		s = &vxlanSock{}
		sk, e := udp.NewTunnelSock(v.home, v.Conf.Port, s)
		if e != 0 {
			return e
		}
		s.sk = sk
	}
	s.devs = append([]*Vxlan{v}, s.devs...)
	v.sock = s
	if v.Conf.Remote.IsMulticast() {
		if l := v.home.DevByIndex(v.Conf.Link); l != nil {
			ipv4.Of(v.home).JoinGroup(l, v.Conf.Remote, nil)
		}
	}
	v.schedule()
	return 0
}

// stop is vxlan_stop: what was learned is forgotten.
func (v *Vxlan) stop() {
	s := v.sock
	if s == nil {
		return
	}
	if v.Conf.Remote.IsMulticast() {
		if l := v.home.DevByIndex(v.Conf.Link); l != nil {
			ipv4.Of(v.home).LeaveGroup(l, v.Conf.Remote, nil)
		}
	}
	v.Dev.NS.Clock.Stop(&v.age)
	for i := 0; i < len(v.fdb); i++ {
		if f := v.fdb[i]; !f.Permanent && !f.NoARP {
			v.remove(f)
			i--
		}
	}
	v.sock = nil
	for i, x := range s.devs {
		if x == v {
			s.devs = append(s.devs[:i:i], s.devs[i+1:]...)
			break
		}
	}
	if len(s.devs) == 0 {
		s.sk.Close()
	}
}

// find is vxlan_vs_find_vni.
func (s *vxlanSock) find(vni uint32) *Vxlan {
	for _, v := range s.devs {
		if v.Conf.VNI == vni {
			return v
		}
	}
	return nil
}
