package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Ports come and go: net/bridge/br_if.c, and what they do to the bridge:
// br_stp_if.c (its address), br.c (br_device_event).

// bridgeMaxPorts is how many ports a bridge can have (BR_MAX_PORTS - 1: number
// 0 is none).
const bridgeMaxPorts = 1<<10 - 1

// CanEnslave says why a device cannot become a port: EINVAL (loopback, no
// Ethernet, no address of its own, the bridge itself), ELOOP (it is a bridge),
// EBUSY (it has a master); 0 if it can.
func (br *Bridge) CanEnslave(d *core.Device) core.Errno {
	switch {
	case d == br.Dev, d.Flags&core.IFFLoopback != 0, d.Type != core.LinkEther, d.Addr == 0, d.Addr.IsMulticast():
		return step.EINVAL
	case BridgeOf(d) != nil:
		return step.ELOOP
	case d.Master != nil || d.RxHandler != nil:
		return step.EBUSY
	}
	return 0
}

// AddPort is br_add_if: `ip link set DEV master BR`.
func (br *Bridge) AddPort(d *core.Device) core.Errno {
	if err := br.CanEnslave(d); err != 0 {
		return err
	}
	no := 1
	for br.PortByNo(no) != nil {
		no++
	}
	if no > bridgeMaxPorts {
		return step.ENOENT // find_portno: EXFULL
	}
	p := &BridgePort{Br: br, Dev: d, No: no, Priority: 32, Cost: portCost(d), McastRouter: 1,
		Flags: BridgeLearn | BridgeFlood | BridgeMcastFlood | BridgeBcastFlood}
	p.tree.initTimers(p)
	p.becomeDesignated()
	d.AllMulti++
	d.Master, d.RxHandler = br.Dev, p
	br.Ports = append([]*BridgePort{p}, br.Ports...)
	d.Promiscuity++ // br_manage_promisc: without VLAN filtering every port hears everything
	br.fdb.addLocal(p, d.Addr, 0)
	p.initVlans()
	defer br.lock().BHEnable()
	changed := br.recalculateID()
	if d.Running() && br.Dev.Up() {
		p.enable()
	}
	if changed {
		br.addressChanged()
	}
	br.mtuAutoAdjust()
	br.recomputeFeatures()
	return 0
}

// DelPort is br_del_if: `ip link set DEV nomaster`.
func (br *Bridge) DelPort(p *BridgePort) {
	br.delNBP(p)
	br.mtuAutoAdjust()
	br.recomputeFeatures()
	if br.recalculateID() {
		br.addressChanged()
	}
}

// delNBP is del_nbp.
func (br *Bridge) delNBP(p *BridgePort) {
	d := p.Dev
	defer br.lock().BHEnable()
	p.disable()
	for i, q := range br.Ports {
		if q == p {
			br.Ports = append(br.Ports[:i:i], br.Ports[i+1:]...)
			break
		}
	}
	br.fdb.deleteByPort(p, true)
	br.forgetMembers(p, true)
	d.Promiscuity--
	d.AllMulti--
	d.Master, d.RxHandler = nil, nil
}

// portCost is port_cost (802.1D): by the speed that the card reports.
func portCost(d *core.Device) uint32 {
	switch d.Ops.(type) {
	case *Veth, *Tun:
		return 2 // 10 Gbit/s
	case *NIC:
		return 4 // 1 Gbit/s
	}
	return 100 // who does not say counts as 10 Mbit/s
}

// recalculateID is br_stp_recalculate_bridge_id: the bridge has the lowest
// address of its ports, unless the user chose one. It reports whether it changed.
func (br *Bridge) recalculateID() bool {
	if br.addrSet {
		return false
	}
	var a wire.MAC
	for _, p := range br.Ports {
		if a == 0 || p.Dev.Addr < a {
			a = p.Dev.Addr
		}
	}
	if a == br.id.Addr() {
		return false
	}
	br.changeID(a)
	return true
}

// addressChanged is call_netdevice_notifiers(NETDEV_CHANGEADDR).
func (br *Bridge) addressChanged() {
	if ns := br.ns(); ns.Neigh4 != nil {
		ns.Neigh4.Down(br.Dev) // arp_netdev_event: neigh_changeaddr
		if ns.Neigh6 != nil {
			ns.Neigh6.Down(br.Dev)
		}
		ipv4.Of(ns).FlushCache()
	}
}

// SetAddr is br_set_mac_address: the user chooses the bridge's address.
func (br *Bridge) SetAddr(a wire.MAC) {
	br.addrSet = true
	if a != br.Dev.Addr {
		br.changeID(a)
		br.addressChanged()
	}
}

// SetMTU is br_change_mtu: from now on the ports do not decide it.
func (br *Bridge) SetMTU(n int) {
	br.mtuSet = true
	br.changeMTU(n)
}

func (br *Bridge) changeMTU(n int) {
	old := br.Dev.MTU
	br.Dev.MTU = n
	ipv4.FakeMTU(br.fake, n)
	if old != n {
		ipv4.Of(br.ns()).MTUChange(br.Dev, old)
	}
}

// mtuAutoAdjust is br_mtu_auto_adjust: the smallest MTU of the ports.
func (br *Bridge) mtuAutoAdjust() {
	if br.mtuSet {
		return
	}
	n := 0
	for _, p := range br.Ports {
		if n == 0 || p.Dev.MTU < n {
			n = p.Dev.MTU
		}
	}
	if n == 0 {
		n = 1500
	}
	br.changeMTU(n)
}

// PortAddrChanged is br_device_event's NETDEV_CHANGEADDR: a device that may be a
// port has another address.
func PortAddrChanged(d *core.Device, old wire.MAC) {
	p := PortOf(d)
	if p == nil {
		return
	}
	p.Br.fdb.changeAddr(p, old)
	if p.Br.recalculateID() {
		p.Br.addressChanged()
	}
}

// PortMTUChanged is its NETDEV_CHANGEMTU.
func PortMTUChanged(d *core.Device) {
	if p := PortOf(d); p != nil {
		p.Br.mtuAutoAdjust()
	}
	if p := macvlanPortOf(d); p != nil {
		p.lowerChanged()
	}
}

// FeaturesChanged is NETDEV_FEAT_CHANGE: a device has other offloads now.
func FeaturesChanged(d *core.Device) {
	if p := PortOf(d); p != nil {
		p.Br.recomputeFeatures()
	}
}

// recomputeFeatures is br_features_recompute: scatter-gather and what rests on it need a
// port that has it (NETIF_F_ONE_FOR_ALL); TCP may always be cut up on the way out.
func (br *Bridge) recomputeFeatures() {
	sg := len(br.Ports) == 0
	for _, p := range br.Ports {
		sg = sg || p.Dev.Features&core.FeatureSG != 0
	}
	const rests = core.FeatureSG | core.FeatureTSO | core.FeatureGSO | core.FeatureGSOUDP | core.FeatureGSOList | core.FeatureTunnel | core.FeatureTunnelSum
	if br.Dev.Features &^= rests; sg {
		br.Dev.Features |= rests
	}
}

// LinkChanged is br_device_event's NETDEV_UP, NETDEV_DOWN and NETDEV_CHANGE: who
// takes a device up or down, or changes its carrier, says so here afterwards.
func LinkChanged(d *core.Device) {
	if p := PortOf(d); p != nil {
		p.carrierCheck()
	}
	if p := macvlanPortOf(d); p != nil {
		p.lowerChanged()
	}
}

// OpenStop is ndo_open or ndo_stop, by IFF_UP: before the protocols hear of it.
func OpenStop(d *core.Device) {
	if v := VxlanOf(d); v != nil {
		if d.Up() {
			v.Open()
		} else {
			v.stop()
		}
	}
	if m := MacvlanOf(d); m != nil {
		if d.Up() {
			m.open()
		} else {
			m.stop()
		}
	}
	switch br := BridgeOf(d); {
	case br == nil:
	case d.Up():
		br.open()
	default:
		br.halt()
	}
}

// Unregister is NETDEV_UNREGISTER: a port that goes leaves its bridge, a bridge
// that goes lets its ports free (br_dev_delete).
func Unregister(d *core.Device) {
	if p := PortOf(d); p != nil {
		p.Br.DelPort(p)
	}
	br := BridgeOf(d)
	if br == nil {
		return
	}
	for len(br.Ports) > 0 {
		br.delNBP(br.Ports[0])
	}
	br.stopTimers()
	br.fdb.flushAll()
	br.forgetMembers(nil, true)
	br.leaveSnoopers()
}

// carrier is netif_carrier_on and netif_carrier_off of the bridge itself.
func (br *Bridge) carrier(on bool) { setCarrier(br.Dev, on) }

// setCarrier is netif_carrier_on and netif_carrier_off of a device whose
// carrier is that of others.
func setCarrier(d *core.Device, on bool) {
	if d.Flags&core.IFFRunning != 0 == on {
		return
	}
	d.Flags ^= core.IFFRunning
	d.CarrierChanges++
	ns := d.NS
	ipv4.Of(ns).CarrierChange(d)
	if ip := ipv6.Of(ns); ip != nil {
		ip.CarrierChange(d)
	}
}
