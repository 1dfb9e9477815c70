package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The spanning tree protocol, IEEE 802.1D-1998 chapter 8: net/bridge/br_stp.c. All
// bridges agree on a root, the one with the lowest identifier. Each keeps its cheapest
// way to the root (the root port) and, of the bridges at a link, the nearest to the root
// serves it (the designated port); all other ports block, so that there is no loop.
//
// Without the protocol all ports are designated, and forward at once.

// A BridgeID is bridge_id: the priority, then the address. The lower is the better.
type BridgeID uint64

// messageAgeIncr is MESSAGE_AGE_INCR: what passing on a message adds to its age.
const messageAgeIncr = (sim.HZ/256 + 1) * sim.Jiffy

// A bridgeTree is what the protocol knows of a bridge (struct net_bridge).
type bridgeTree struct {
	STP      bool     // stp_enabled
	Root     BridgeID // designated_root
	RootCost uint32   // root_path_cost
	RootPort int      // its number, 0: this bridge is the root
	Changing bool     // topology_change
	Detected bool     // topology_change_detected

	userAge, userHello, userMax, userDelay sim.Time // bridge_*: what holds when this bridge is the root

	hello, tcn, change stpTimer
}

// A portTree is what it knows of a port (struct net_bridge_port): the best message
// that was heard there, or the one that this bridge sends.
type portTree struct {
	Root     BridgeID // designated_root
	Bridge   BridgeID // designated_bridge
	RootCost uint32   // designated_cost
	Port     uint16   // designated_port
	age      sim.Time // designated_age: when the message was new
	Ack      bool     // topology_change_ack
	Pending  bool     // config_pending

	message, forward, hold stpTimer

	RxBPDU, RxTCN, TxBPDU, TxTCN, ToBlock, ToForward uint64 // stp_xstats
}

// isRoot is br_is_root_bridge.
func (br *Bridge) isRoot() bool { return br.id == br.tree.Root }

// designated is br_is_designated_port: the link is this bridge's to serve.
func (p *BridgePort) designated() bool {
	return p.tree.Bridge == p.Br.id && p.tree.Port == p.PortID()
}

// setState is br_set_state.
func (p *BridgePort) setState(s BridgePortState) {
	defer p.Br.ns().In(step.BrSetState, p.Br.subject()).Out()
	p.Br.ns().Why(step.WhyBrStateSet, uint64(p.Dev.Index), uint64(p.State), uint64(s))
	p.State = s
	switch {
	case !p.Br.tree.STP:
	case s == BridgeBlocking:
		p.tree.ToBlock++
	case s == BridgeForwarding:
		p.tree.ToForward++
	}
}

// shouldBeRootPort is br_should_become_root_port: what is heard there is nearer to the
// root than at the best port so far, nil if there is none.
func (p *BridgePort) shouldBeRootPort(best *BridgePort) bool {
	br := p.Br
	if p.State == BridgeDisabled || p.designated() || br.id <= p.tree.Root {
		return false
	}
	if best == nil {
		return true
	}
	a, b := &p.tree, &best.tree
	switch c, d := a.RootCost+p.Cost, b.RootCost+best.Cost; {
	case a.Root != b.Root:
		return a.Root < b.Root
	case c != d:
		return c < d
	case a.Bridge != b.Bridge:
		return a.Bridge < b.Bridge
	case a.Port != b.Port:
		return a.Port < b.Port
	}
	return p.PortID() < best.PortID()
}

// rootSelection is br_root_selection.
func (br *Bridge) rootSelection() {
	defer br.ns().In(step.BrRootSelection, br.subject()).Out()
	ns := br.ns()
	var best *BridgePort
	for _, p := range br.Ports {
		switch {
		case !p.shouldBeRootPort(best):
		case p.Flags&BridgeRootBlock != 0: // br_root_port_block
			ns.Tried(step.TryBrRootBlock, uint64(p.Dev.Index))
			p.setState(BridgeListening)
			if br.ForwardDelay > 0 {
				p.armForward()
			}
		default:
			best = p
		}
	}
	if t := &br.tree; best == nil {
		t.RootPort, t.Root, t.RootCost = 0, br.id, 0
		ns.Why(step.WhyBrRootSelf, uint64(br.Dev.Index), uint64(br.id))
	} else {
		t.RootPort, t.Root, t.RootCost = best.No, best.tree.Root, best.tree.RootCost+best.Cost
		ns.Why(step.WhyBrRootPort, uint64(best.tree.Root), uint64(best.Dev.Index), uint64(t.RootCost))
	}
}

// becomeRoot is br_become_root_bridge: from now on this bridge's times hold.
func (br *Bridge) becomeRoot() {
	br.MaxAge, br.HelloTime, br.ForwardDelay = br.tree.userMax, br.tree.userHello, br.tree.userDelay
	br.topologyChange()
	br.stop(&br.tree.tcn)
	if br.Dev.Up() {
		br.configGeneration()
		br.arm(&br.tree.hello, br.HelloTime)
	}
}

// shouldBeDesignated is br_should_become_designated_port: nobody at that link is nearer to
// the root.
func (p *BridgePort) shouldBeDesignated() bool {
	br, t := p.Br, &p.tree
	switch {
	case p.designated(), t.Root != br.tree.Root:
		return true
	case br.tree.RootCost != t.RootCost:
		return br.tree.RootCost < t.RootCost
	case br.id != t.Bridge:
		return br.id < t.Bridge
	}
	return p.PortID() < t.Port
}

// configurationUpdate is br_configuration_update, with br_designated_port_selection.
func (br *Bridge) configurationUpdate() {
	br.rootSelection()
	for _, p := range br.Ports {
		if p.State != BridgeDisabled && p.shouldBeDesignated() {
			p.becomeDesignated()
		}
	}
}

// becomeDesignated is br_become_designated_port.
func (p *BridgePort) becomeDesignated() {
	t, br := &p.tree, p.Br
	t.Root, t.RootCost, t.Bridge, t.Port = br.tree.Root, br.tree.RootCost, br.id, p.PortID()
}

// makeBlocking is br_make_blocking.
func (p *BridgePort) makeBlocking() {
	if p.State == BridgeDisabled || p.State == BridgeBlocking {
		return
	}
	if p.State == BridgeForwarding || p.State == BridgeLearning {
		p.Br.topologyChange()
	}
	p.Br.ns().Why(step.WhyBrBlocks, uint64(p.Dev.Index), uint64(p.tree.Bridge))
	p.setState(BridgeBlocking)
	p.stopForward()
}

// makeForwarding is br_make_forwarding: with the protocol it takes two forward delays, in
// which the port only listens, then only learns.
func (p *BridgePort) makeForwarding() {
	br := p.Br
	if p.State != BridgeBlocking {
		return
	}
	if !br.tree.STP || br.ForwardDelay == 0 {
		p.setState(BridgeForwarding)
		br.topologyChange()
		p.stopForward()
	} else {
		p.setState(BridgeListening)
	}
	if br.ForwardDelay != 0 {
		p.armForward()
	}
}

// stateSelection is br_port_state_selection. The bridge has a carrier while a port
// forwards.
func (br *Bridge) stateSelection() {
	defer br.ns().In(step.BrPortStateSelection, br.subject()).Out()
	live := 0
	for _, p := range br.Ports {
		if p.State == BridgeDisabled {
			continue
		}
		switch {
		case p.No == br.tree.RootPort:
			p.tree.Pending, p.tree.Ack = false, false
			p.makeForwarding()
		case p.designated():
			br.stop(&p.tree.message)
			p.makeForwarding()
		default:
			p.tree.Pending, p.tree.Ack = false, false
			p.makeBlocking()
		}
		if p.State != BridgeBlocking {
			p.enableQueries() // br_multicast_enable_port
		}
		if p.State == BridgeForwarding {
			live++
		}
	}
	br.carrier(live > 0)
}

// topologyChange is br_topology_change_detection: addresses may be elsewhere now. The
// root tells everybody; another bridge tells the root.
func (br *Bridge) topologyChange() {
	if br.tree.STP && br.Dev.Up() {
		br.changeDetected()
	}
}

func (br *Bridge) changeDetected() {
	defer br.ns().In(step.BrTopologyChangeDetection, br.subject()).Out()
	t, ns := &br.tree, br.ns()
	if br.isRoot() {
		ns.Why(step.WhyBrChangeRoot, uint64(br.Dev.Index), uint64(t.userDelay+t.userMax))
		br.setTopologyChange(true)
		br.arm(&t.change, t.userDelay+t.userMax)
	} else if !t.Detected {
		ns.Why(step.WhyBrChangeTold, uint64(br.Dev.Index))
		br.transmitTCN()
		br.arm(&t.tcn, t.userHello)
	}
	t.Detected = true
}

// setTopologyChange is __br_set_topology_change: meanwhile addresses age quickly.
func (br *Bridge) setTopologyChange(on bool) {
	if t := &br.tree; t.STP && t.Changing != on {
		if br.AgeingTime = t.userAge; on {
			br.AgeingTime = 2 * br.ForwardDelay
		}
	}
	br.tree.Changing = on
}

// holdTime is hold_time (br_fdb.c): how long an address may be silent.
func (br *Bridge) holdTime() sim.Time {
	if br.tree.Changing {
		return br.ForwardDelay
	}
	return br.AgeingTime
}

// BridgeIDOf puts an identifier together.
func BridgeIDOf(prio uint16, a wire.MAC) BridgeID { return BridgeID(prio)<<48 | BridgeID(a) }

// Priority and Addr are the parts of an identifier.
func (i BridgeID) Priority() uint16 { return uint16(i >> 48) }

// Addr is the address in it.
func (i BridgeID) Addr() wire.MAC { return wire.MAC(i & (1<<48 - 1)) }

// lock is spin_lock_bh(&br->lock): what is sent meanwhile is answered afterwards.
func (br *Bridge) lock() *core.Netns {
	ns := br.ns()
	ns.BHDisable()
	return ns
}
