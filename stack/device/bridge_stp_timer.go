package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// The timers of the spanning tree: net/bridge/br_stp_timer.c.

// What a timer is for.
const (
	stpHello = iota
	stpTCN
	stpChange
	stpMessageAge
	stpForwardDelay
	stpHold
)

// A stpTimer is one of them; p is nil for the bridge's own.
type stpTimer struct {
	br    *Bridge
	p     *BridgePort
	what  uint8
	timer sim.Timer
}

// initTimers is br_stp_timer_init.
func (t *bridgeTree) initTimers(br *Bridge) {
	t.hello = stpTimer{br: br, what: stpHello}
	t.tcn = stpTimer{br: br, what: stpTCN}
	t.change = stpTimer{br: br, what: stpChange}
}

// initTimers is br_stp_port_timer_init.
func (t *portTree) initTimers(p *BridgePort) {
	t.message = stpTimer{br: p.Br, p: p, what: stpMessageAge}
	t.forward = stpTimer{br: p.Br, p: p, what: stpForwardDelay}
	t.hold = stpTimer{br: p.Br, p: p, what: stpHold}
}

// arm is mod_timer(t, jiffies + d).
func (br *Bridge) arm(t *stpTimer, d sim.Time) {
	c := br.ns().Clock
	c.Mod(&t.timer, c.Now()+d, t)
}

// armRound is mod_timer(t, round_jiffies(jiffies + d)): at a full second of the machine,
// so that many timers wake it once.
func (br *Bridge) armRound(t *stpTimer, d sim.Time) {
	c := br.ns().Clock
	at := c.Now() + d
	rem := at % sim.Second
	round := at - rem
	if rem >= sim.Second/4 {
		round += sim.Second
	}
	if round > c.Now() {
		at = round
	}
	c.Mod(&t.timer, at, t)
}

// stop is del_timer.
func (br *Bridge) stop(t *stpTimer) { br.ns().Clock.Stop(&t.timer) }

// armForward begins the forward delay. Without the protocol nothing comes of it: then it
// is only remembered, to be shown.
func (p *BridgePort) armForward() {
	p.Delay = p.Br.ns().Clock.Now() + p.Br.ForwardDelay
	if p.Br.tree.STP {
		p.Br.arm(&p.tree.forward, p.Br.ForwardDelay)
	}
}

func (p *BridgePort) stopForward() {
	p.Delay = 0
	p.Br.stop(&p.tree.forward)
}

// left is br_timer_value.
func (t *stpTimer) left() sim.Time {
	if t.br == nil || !t.timer.Pending() {
		return 0
	}
	return max(0, t.timer.At-t.br.ns().Clock.Now())
}

// Run is the timer's function.
func (t *stpTimer) Run() {
	br := t.br
	ns := br.ns()
	if ns == nil || t.p != nil && t.p.Dev.Master != br.Dev {
		return
	}
	ns.BHDisable()
	defer ns.BHEnable()
	switch t.what {
	case stpHello:
		br.helloExpired(ns)
	case stpTCN:
		br.tcnExpired(ns)
	case stpChange:
		br.changeExpired(ns)
	case stpMessageAge:
		t.p.messageAgeExpired(ns)
	case stpForwardDelay:
		t.p.forwardDelayExpired(ns)
	case stpHold:
		t.p.holdExpired(ns)
	}
}

// helloExpired is br_hello_timer_expired: the root says that it is there.
func (br *Bridge) helloExpired(ns *core.Netns) {
	defer ns.In(step.BrHelloTimerExpired, br.subject()).Out()
	if !br.Dev.Up() {
		return
	}
	br.configGeneration()
	if br.tree.STP {
		br.armRound(&br.tree.hello, br.HelloTime)
	}
}

// messageAgeExpired is br_message_age_timer_expired: the bridge that served the link is
// not heard any more.
func (p *BridgePort) messageAgeExpired(ns *core.Netns) {
	defer ns.In(step.BrMessageAgeTimerExpired, p.Br.subject()).Out()
	br := p.Br
	if p.State == BridgeDisabled {
		return
	}
	ns.Why(step.WhyBrNeighbourLost, uint64(p.tree.Bridge), uint64(p.Dev.Index), uint64(br.MaxAge))
	was := br.isRoot()
	p.becomeDesignated()
	br.configurationUpdate()
	br.stateSelection()
	if br.isRoot() && !was {
		br.becomeRoot()
	}
}

// forwardDelayExpired is br_forward_delay_timer_expired: on to the next state.
func (p *BridgePort) forwardDelayExpired(ns *core.Netns) {
	defer ns.In(step.BrForwardDelayTimerExpired, p.Br.subject()).Out()
	br := p.Br
	switch p.State {
	case BridgeListening:
		p.setState(BridgeLearning)
		p.armForward()
	case BridgeLearning:
		p.setState(BridgeForwarding)
		if br.designatedForSome() {
			br.topologyChange()
		}
		br.carrier(true)
	}
}

// designatedForSome is br_is_designated_for_some_port.
func (br *Bridge) designatedForSome() bool {
	for _, p := range br.Ports {
		if p.State != BridgeDisabled && p.tree.Bridge == br.id {
			return true
		}
	}
	return false
}

// tcnExpired is br_tcn_timer_expired: nobody has acknowledged the notice of a change.
func (br *Bridge) tcnExpired(ns *core.Netns) {
	defer ns.In(step.BrTcnTimerExpired, br.subject()).Out()
	if !br.isRoot() && br.Dev.Up() {
		br.transmitTCN()
		br.arm(&br.tree.tcn, br.tree.userHello)
	}
}

// changeExpired is br_topology_change_timer_expired: addresses age as usual again.
func (br *Bridge) changeExpired(ns *core.Netns) {
	defer ns.In(step.BrTopologyChangeTimerExpired, br.subject()).Out()
	br.tree.Detected = false
	br.setTopologyChange(false)
}

// holdExpired is br_hold_timer_expired: what had to wait may be sent.
func (p *BridgePort) holdExpired(ns *core.Netns) {
	defer ns.In(step.BrHoldTimerExpired, p.Br.subject()).Out()
	if p.tree.Pending {
		p.transmitConfig()
	}
}
