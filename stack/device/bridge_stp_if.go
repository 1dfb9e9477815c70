package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// What the user and the links do to the spanning tree: net/bridge/br_stp_if.c, the setters
// of br_stp.c, and br_device.c's open and stop.

// Limits of the times with the protocol on (br_private_stp.h).
const (
	minHello, maxHello = 1 * sim.Second, 10 * sim.Second
	minDelay, maxDelay = 2 * sim.Second, 30 * sim.Second
	minMaxAge          = 6 * sim.Second
	maxMaxAge          = 40 * sim.Second
	maxPathCost        = 65535
)

// enable is br_stp_enable_port.
func (p *BridgePort) enable() {
	p.becomeDesignated() // br_init_port
	p.setState(BridgeBlocking)
	p.tree.Ack, p.tree.Pending = false, false
	p.Br.stateSelection()
}

// disable is br_stp_disable_port: what was learned there is forgotten.
func (p *BridgePort) disable() {
	br := p.Br
	was := br.isRoot()
	p.becomeDesignated()
	p.setState(BridgeDisabled)
	p.tree.Ack, p.tree.Pending = false, false
	br.stop(&p.tree.message)
	p.stopForward()
	br.stop(&p.tree.hold)
	br.fdb.deleteByPort(p, false)
	br.forgetMembers(p, false) // br_multicast_disable_port
	p.router = [2]sim.Time{}
	p.stopQueries()
	br.configurationUpdate()
	br.stateSelection()
	if br.isRoot() && !was {
		br.becomeRoot()
	}
}

// carrierCheck is br_port_carrier_check, and NETDEV_UP and NETDEV_DOWN.
func (p *BridgePort) carrierCheck() {
	d := p.Dev
	if !p.CostSet && d.Running() {
		p.Cost = portCost(d)
	}
	if !p.Br.Dev.Up() {
		return
	}
	defer p.Br.lock().BHEnable()
	switch up := d.Running(); {
	case up && p.State == BridgeDisabled:
		p.enable()
	case !up && p.State != BridgeDisabled:
		p.disable()
	}
}

// open is br_dev_open with br_stp_enable_bridge: ports with a carrier begin.
func (br *Bridge) open() {
	defer br.lock().BHEnable()
	if br.tree.STP {
		br.arm(&br.tree.hello, br.HelloTime)
	}
	br.configGeneration()
	for _, p := range br.Ports {
		if p.Dev.Running() {
			p.enable()
		}
	}
	br.joinSnoopers()
	br.startQuerier()
}

// halt is br_dev_stop with br_stp_disable_bridge: all ports end.
func (br *Bridge) halt() {
	defer br.lock().BHEnable()
	for _, p := range br.Ports {
		if p.State != BridgeDisabled {
			p.disable()
		}
	}
	br.setTopologyChange(false)
	br.tree.Detected = false
	br.stopTimers()
	br.leaveSnoopers()
	for f := range br.own {
		br.ns().Clock.Stop(&br.own[f].timer)
	}
}

func (br *Bridge) stopTimers() {
	br.stop(&br.tree.hello)
	br.stop(&br.tree.change)
	br.stop(&br.tree.tcn)
}

// SetSTP is br_stp_set_enabled: `ip link set BR type bridge stp_state`. No program of the
// user's (/sbin/bridge-stp) takes the protocol over.
func (br *Bridge) SetSTP(on bool) {
	if br.tree.STP == on {
		return
	}
	if !on { // br_stp_stop
		br.tree.STP = false
		return
	}
	defer br.lock().BHEnable()
	switch d := br.tree.userDelay; { // br_stp_start
	case d < minDelay:
		br.setForwardDelay(minDelay)
	case d > maxDelay:
		br.setForwardDelay(maxDelay)
	}
	br.tree.STP = true
	if br.Dev.Up() {
		br.arm(&br.tree.hello, br.HelloTime)
	}
	br.stateSelection()
}

// SetForwardDelay is br_set_forward_delay. ERANGE: with the protocol on it is 2 to 30 s.
func (br *Bridge) SetForwardDelay(d sim.Time) core.Errno {
	if br.tree.STP && (d < minDelay || d > maxDelay) {
		return step.ERANGE
	}
	br.setForwardDelay(d)
	return 0
}

func (br *Bridge) setForwardDelay(d sim.Time) {
	br.tree.userDelay = d
	if br.isRoot() {
		br.ForwardDelay = d
	}
}

// SetHello is br_set_hello_time. ERANGE: it is 1 to 10 s.
func (br *Bridge) SetHello(d sim.Time) core.Errno {
	if d < minHello || d > maxHello {
		return step.ERANGE
	}
	br.tree.userHello = d
	if br.isRoot() {
		br.HelloTime = d
	}
	return 0
}

// SetMaxAge is br_set_max_age. ERANGE: it is 6 to 40 s.
func (br *Bridge) SetMaxAge(d sim.Time) core.Errno {
	if d < minMaxAge || d > maxMaxAge {
		return step.ERANGE
	}
	br.tree.userMax = d
	if br.isRoot() {
		br.MaxAge = d
	}
	return 0
}

// changeID is br_stp_change_bridge_id: the bridge has another address.
func (br *Bridge) changeID(a wire.MAC) {
	defer br.lock().BHEnable()
	was, old := br.isRoot(), br.id.Addr()
	br.fdbChangeAddr(a)
	br.Dev.Addr = a
	br.id = BridgeIDOf(br.id.Priority(), a)
	for _, p := range br.Ports {
		if t := &p.tree; t.Bridge.Addr() == old {
			t.Bridge = BridgeIDOf(t.Bridge.Priority(), a)
		}
		if t := &p.tree; t.Root.Addr() == old {
			t.Root = BridgeIDOf(t.Root.Priority(), a)
		}
	}
	br.reselect(was)
}

// reselect is how a change of the bridge's own identifier ends.
func (br *Bridge) reselect(was bool) {
	br.configurationUpdate()
	br.stateSelection()
	if br.isRoot() && !was {
		br.becomeRoot()
	}
}

// SetPriority is br_stp_set_bridge_priority.
func (br *Bridge) SetPriority(prio uint16) {
	defer br.lock().BHEnable()
	was := br.isRoot()
	for _, p := range br.Ports {
		if p.State != BridgeDisabled && p.designated() {
			p.tree.Bridge = BridgeIDOf(prio, p.tree.Bridge.Addr())
		}
	}
	br.id = BridgeIDOf(prio, br.id.Addr())
	br.reselect(was)
}

// SetPriority is br_stp_set_port_priority. ERANGE: it is 63 at most.
func (p *BridgePort) SetPriority(prio uint16) core.Errno {
	if prio > 63 {
		return step.ERANGE
	}
	defer p.Br.lock().BHEnable()
	was := p.designated()
	p.Priority = uint8(prio)
	if was {
		p.tree.Port = p.PortID()
	}
	if p.tree.Bridge == p.Br.id && p.PortID() < p.tree.Port {
		p.becomeDesignated()
		p.Br.stateSelection()
	}
	return 0
}

// SetCost is br_stp_set_path_cost. ERANGE: it is 1 to 65535.
func (p *BridgePort) SetCost(cost uint32) core.Errno {
	if cost < 1 || cost > maxPathCost {
		return step.ERANGE
	}
	defer p.Br.lock().BHEnable()
	p.CostSet, p.Cost = true, cost
	p.Br.configurationUpdate()
	p.Br.stateSelection()
	return 0
}

// SetState is br_set_port_state: `bridge link set dev DEV state N`.
// EINVAL: there is no such state; ENETDOWN: the port has no carrier; EBUSY: the spanning
// tree protocol decides.
func (p *BridgePort) SetState(s BridgePortState) core.Errno {
	switch {
	case s > BridgeBlocking:
		return step.EINVAL
	case p.Br.tree.STP:
		return step.EBUSY
	case !p.Dev.Up(), !p.Dev.Running() && s != BridgeDisabled:
		return step.ENETDOWN
	}
	defer p.Br.lock().BHEnable()
	p.setState(s)
	p.Br.stateSelection() // so that blocking does not last without the protocol
	return 0
}
