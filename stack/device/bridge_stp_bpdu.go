package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Bridge protocol data units (IEEE 802.1D-1998 chapter 9): net/bridge/br_stp_bpdu.c, and
// who sends and receives them (br_stp.c).

// The types of BPDU, and their lengths in bytes.
const (
	bpduConfig    = 0
	bpduTCN       = 0x80
	bpduConfigLen = 35
	bpduTCNLen    = 4
	bpduHold      = sim.Second // BR_HOLD_TIME: between two messages by one port
	stpHZ         = 256        // in which units BPDUs count time
)

// A configBPDU is struct br_config_bpdu.
type configBPDU struct {
	change, ack              bool
	root, bridge             BridgeID
	cost                     uint32
	port                     uint16
	age, max, hello, forward sim.Time
}

// putTicks is br_set_ticks.
func putTicks(b []byte, t sim.Time) {
	n := stpHZ * (t / sim.Jiffy) / sim.HZ
	b[0], b[1] = byte(n>>8), byte(n)
}

// getTicks is br_get_ticks.
func getTicks(b []byte) sim.Time {
	n := sim.Time(b[0])<<8 | sim.Time(b[1])
	return (n*sim.HZ + stpHZ - 1) / stpHZ * sim.Jiffy
}

func be(b []byte) (v uint64) {
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return v
}

func putBE(b []byte, v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte(v)
		v >>= 8
	}
}

// sendBPDU is br_send_bpdu: with an LLC header for the spanning tree's service access
// point, to the bridges' group.
func (p *BridgePort) sendBPDU(data []byte) {
	defer p.Br.ns().In(step.BrSendBpdu, p.Br.subject()).Out()
	br := p.Br
	ns := br.ns()
	b := ns.AllocSKB(core.Headroom, wire.EthernetLen+llcLen+len(data), 0)
	b.Dev, b.Protocol, b.Priority = p.Dev, core.EthP8022, 7 // TC_PRIO_CONTROL
	f := b.Put(wire.EthernetLen + llcLen + len(data))
	wire.Ethernet(f).Put(br.GroupAddr, p.Dev.Addr, wire.EtherType(llcLen+len(data)))
	copy(f[wire.EthernetLen:], []byte{llcSapBSpan, llcSapBSpan, llcUI})
	copy(f[wire.EthernetLen+llcLen:], data)
	b.ResetMAC()
	b.Pull(wire.EthernetLen)
	b.ResetNetwork()
	b.Push(wire.EthernetLen)
	if ns.Hook(core.NFBridge, core.LocalOut, nil, p.Dev, nil, b) {
		ns.DevQueueXmit(b) // br_send_bpdu_finish
	}
}

// sendConfig is br_send_config_bpdu.
func (p *BridgePort) sendConfig(m *configBPDU) {
	if !p.Br.tree.STP {
		return
	}
	var b [bpduConfigLen]byte
	if m.change {
		b[4] |= 1
	}
	if m.ack {
		b[4] |= 0x80
	}
	putBE(b[5:13], uint64(m.root))
	putBE(b[13:17], uint64(m.cost))
	putBE(b[17:25], uint64(m.bridge))
	putBE(b[25:27], uint64(m.port))
	for i, t := range [...]sim.Time{m.age, m.max, m.hello, m.forward} {
		putTicks(b[27+2*i:], t)
	}
	p.sendBPDU(b[:])
	p.tree.TxBPDU++
}

// transmitConfig is br_transmit_config: at most one in a second by each port.
func (p *BridgePort) transmitConfig() {
	defer p.Br.ns().In(step.BrTransmitConfig, p.Br.subject()).Out()
	br, t := p.Br, &p.tree
	ns := br.ns()
	if t.hold.timer.Pending() {
		ns.Why(step.WhyBrHold, uint64(p.Dev.Index), uint64(t.hold.left()))
		t.Pending = true
		return
	}
	m := configBPDU{change: br.tree.Changing, ack: t.Ack, root: br.tree.Root, cost: br.tree.RootCost, bridge: br.id, port: p.PortID(),
		max: br.MaxAge, hello: br.HelloTime, forward: br.ForwardDelay}
	if root := br.PortByNo(br.tree.RootPort); root != nil && !br.isRoot() {
		m.age = ns.Clock.Now() - root.tree.age + messageAgeIncr
	}
	if m.age >= br.MaxAge {
		ns.Why(step.WhyBrTooOld, uint64(m.age), uint64(br.MaxAge))
		return
	}
	ns.Why(step.WhyBrConfig, uint64(p.Dev.Index), uint64(m.root), uint64(m.cost))
	p.sendConfig(&m)
	t.Ack, t.Pending = false, false
	if br.tree.STP {
		br.armRound(&t.hold, bpduHold)
	}
}

// configGeneration is br_config_bpdu_generation.
func (br *Bridge) configGeneration() {
	for _, p := range br.Ports {
		if p.State != BridgeDisabled && p.designated() {
			p.transmitConfig()
		}
	}
}

// transmitTCN is br_transmit_tcn and br_send_tcn_bpdu: a notice of change, towards the
// root.
func (br *Bridge) transmitTCN() {
	defer br.ns().In(step.BrTransmitTcn, br.subject()).Out()
	p := br.PortByNo(br.tree.RootPort)
	if p == nil || !br.tree.STP {
		return
	}
	p.sendBPDU([]byte{0, 0, 0, bpduTCN})
	p.tree.TxTCN++
}

// stpRcv is br_stp_rcv: a BPDU has come. The kernel frees it with kfree_skb, which counts
// as a drop.
func stpRcv(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.BrStpRcv, b).Out()
	d := b.Data()
	if p := PortOf(b.Dev); len(d) >= bpduTCNLen && d[0] == 0 && d[1] == 0 && d[2] == 0 && p != nil {
		p.bpdu(ns, b, d)
	} else {
		ns.Why(step.WhyBrNoBPDU)
	}
	ns.Drop(b, step.DropNotSpecified, step.StpPduRcv) // whose last call this is
}

// bpdu is the part of br_stp_rcv that holds the bridge's lock.
func (p *BridgePort) bpdu(ns *core.Netns, b *core.SKB, d []byte) {
	br := p.Br
	switch {
	case !br.tree.STP, !br.Dev.Up(), p.State == BridgeDisabled, b.Eth().Dst() != br.GroupAddr:
		ns.Why(step.WhyBrNoBPDU)
	case p.Flags&BridgeGuard != 0:
		ns.Why(step.WhyBrGuard, uint64(p.Dev.Index))
		p.disable()
	case d[3] == bpduConfig && len(d) >= bpduConfigLen:
		m := configBPDU{change: d[4]&1 != 0, ack: d[4]&0x80 != 0, root: BridgeID(be(d[5:13])), cost: uint32(be(d[13:17])), bridge: BridgeID(be(d[17:25])),
			port: uint16(be(d[25:27])), age: getTicks(d[27:]), max: getTicks(d[29:]), hello: getTicks(d[31:]), forward: getTicks(d[33:])}
		if m.age > m.max {
			ns.Why(step.WhyBrTooOld, uint64(m.age), uint64(m.max))
			return
		}
		p.receivedConfig(ns, b, &m)
	case d[3] == bpduTCN:
		p.receivedTCN(ns, b)
	}
}

// supersedes is br_supersedes_port_info: is the message better than the one that the
// port goes by, or a newer one of the same bridge?
func (p *BridgePort) supersedes(m *configBPDU) bool {
	t := &p.tree
	switch {
	case m.root != t.Root:
		return m.root < t.Root
	case m.cost != t.RootCost:
		return m.cost < t.RootCost
	case m.bridge != t.Bridge:
		return m.bridge < t.Bridge
	}
	return m.bridge != p.Br.id || m.port <= t.Port
}

// receivedConfig is br_received_config_bpdu.
func (p *BridgePort) receivedConfig(ns *core.Netns, b *core.SKB, m *configBPDU) {
	defer ns.In(step.BrReceivedConfigBpdu, b).Out()
	br := p.Br
	p.tree.RxBPDU++
	was := br.isRoot()
	if !p.supersedes(m) {
		ns.Why(step.WhyBrWorse, uint64(m.bridge), uint64(m.root), uint64(m.cost), uint64(p.tree.Root), uint64(p.tree.RootCost))
		if p.designated() {
			p.transmitConfig() // br_reply
		}
		return
	}
	ns.Why(step.WhyBrBetter, uint64(m.bridge), uint64(m.root), uint64(m.cost))
	// br_record_config_information
	t := &p.tree
	t.Root, t.RootCost, t.Bridge, t.Port, t.age = m.root, m.cost, m.bridge, m.port, ns.Clock.Now()-m.age
	br.arm(&t.message, m.max-m.age)
	br.configurationUpdate()
	br.stateSelection()
	if !br.isRoot() && was {
		br.stop(&br.tree.hello)
		if br.tree.Detected {
			br.stop(&br.tree.change)
			br.transmitTCN()
			br.arm(&br.tree.tcn, br.tree.userHello)
		}
	}
	if p.No != br.tree.RootPort {
		return
	}
	// br_record_config_timeout_values: the root's times hold
	br.MaxAge, br.HelloTime, br.ForwardDelay = m.max, m.hello, m.forward
	br.setTopologyChange(m.change)
	br.configGeneration()
	if m.ack { // br_topology_change_acknowledged
		br.tree.Detected = false
		br.stop(&br.tree.tcn)
	}
}

// receivedTCN is br_received_tcn_bpdu: a bridge further from the root has seen a change.
func (p *BridgePort) receivedTCN(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.BrReceivedTcnBpdu, b).Out()
	p.tree.RxTCN++
	if p.designated() {
		ns.Why(step.WhyBrTCN, uint64(p.Dev.Index))
		p.Br.topologyChange()
		p.tree.Ack = true // br_topology_change_acknowledge
		p.transmitConfig()
	}
}
