package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Port states without the spanning tree protocol: net/bridge/br_stp.c,
// br_stp_if.c, and br_device.c's open and stop.

// Groups of all multicast snoopers (RFC 4286).
const allSnoopers wire.IP4 = 0xe000006a // 224.0.0.106

var allSnoopers6 = wire.Addr{Hi: 0xff02 << 48, Lo: 0x6a} // ff02::6a

// enable is br_stp_enable_port.
func (p *BridgePort) enable() {
	p.State = BridgeBlocking // br_init_port
	p.Br.stateSelection()
}

// disable is br_stp_disable_port: what was learned there is forgotten.
func (p *BridgePort) disable() {
	p.State = BridgeDisabled
	p.Br.fdb.deleteByPort(p, false)
	p.Br.forgetMembers(p, false) // br_multicast_disable_port
	p.router = [2]sim.Time{}
	p.stopQueries()
	p.Br.stateSelection()
}

// stateSelection is br_port_state_selection with the protocol off: who is not
// disabled forwards at once. The bridge has a carrier while a port forwards.
func (br *Bridge) stateSelection() {
	live := 0
	for _, p := range br.Ports {
		if p.State == BridgeBlocking {
			p.State = BridgeForwarding // br_make_forwarding
			p.Delay = br.ns().Clock.Now() + br.ForwardDelay
		}
		if p.State != BridgeDisabled {
			p.enableQueries() // br_multicast_enable_port
		}
		if p.State == BridgeForwarding {
			live++
		}
	}
	br.carrier(live > 0)
}

// SetState is br_set_state by hand: `bridge link set dev DEV state N`.
// EINVAL: there is no such state; ENETDOWN: the
// port has no carrier.
func (p *BridgePort) SetState(s BridgePortState) core.Errno {
	d := p.Dev
	if s > BridgeBlocking {
		return step.EINVAL
	}
	if (!d.Up() || !d.Running()) && s != BridgeDisabled {
		return step.ENETDOWN
	}
	p.State = s
	p.Br.stateSelection() // so that blocking does not last without the protocol
	return 0
}

// carrierCheck is br_port_carrier_check, and NETDEV_UP and NETDEV_DOWN.
func (p *BridgePort) carrierCheck() {
	d := p.Dev
	if !p.Br.Dev.Up() {
		return
	}
	switch up := d.Up() && d.Running(); {
	case up && p.State == BridgeDisabled:
		p.enable()
	case !up && p.State != BridgeDisabled:
		p.disable()
	}
}

// open is br_dev_open: ports with a carrier begin (br_stp_enable_bridge).
func (br *Bridge) open() {
	for _, p := range br.Ports {
		if p.Dev.Running() {
			p.enable()
		}
	}
	br.joinSnoopers()
	br.startQuerier()
}

// halt is br_dev_stop: all ports end (br_stp_disable_bridge).
func (br *Bridge) halt() {
	for _, p := range br.Ports {
		if p.State != BridgeDisabled {
			p.disable()
		}
	}
	br.leaveSnoopers()
	for f := range br.own {
		br.ns().Clock.Stop(&br.own[f].timer)
	}
}

// joinSnoopers is br_multicast_join_snoopers: the bridge wants to hear who else
// looks at membership reports.
func (br *Bridge) joinSnoopers() {
	if br.snoopers || !br.McastSnoop {
		return
	}
	br.snoopers = true
	ns := br.ns()
	ipv4.Of(ns).JoinGroup(br.Dev, allSnoopers, nil)
	if ip := ipv6.Of(ns); ip != nil {
		ip.JoinGroup(br.Dev, allSnoopers6, nil)
	}
}

// leaveSnoopers is br_multicast_leave_snoopers.
func (br *Bridge) leaveSnoopers() {
	if !br.snoopers {
		return
	}
	br.snoopers = false
	ns := br.ns()
	ipv4.Of(ns).LeaveGroup(br.Dev, allSnoopers, nil)
	if ip := ipv6.Of(ns); ip != nil {
		ip.LeaveGroup(br.Dev, allSnoopers6, nil)
	}
}

// SetSnooping is br_multicast_toggle: `ip link set BR type bridge mcast_snooping`.
func (br *Bridge) SetSnooping(on bool) {
	br.McastSnoop = on
	switch {
	case !on:
		br.leaveSnoopers()
		br.forgetMembers(nil, true)
	case br.Dev.Up():
		br.joinSnoopers()
		br.startQuerier()
	}
}
