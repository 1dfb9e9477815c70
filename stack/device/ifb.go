package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: drivers/net/ifb.c.
//
// Left out: more than one queue.

// An Ifb is drivers/net/ifb.c: a device to which filters send packets, so that they go
// through its queue; then they go back to where they came from. So a queue can stand
// before what comes in.
type Ifb struct {
	Dev     *core.Device
	rq, tq  core.SKBList
	pending bool // tasklet_pending
}

// ifbQueueLen is TX_Q_LIMIT.
const ifbQueueLen = 32

// NewIfb makes an ifb device, down: `ip link add NAME type ifb`. index 0 takes the
// next free ifindex.
func NewIfb(ns *core.Netns, name string, index int) *Ifb {
	f := &Ifb{}
	f.Dev = ns.NewDevice(name, index, f)
	f.Dev.Flags = core.IFFBroadcast | core.IFFNoARP | core.IFFRunning
	f.Dev.Features = core.FeatureSG | core.FeatureTxCsum | core.FeatureTSO | core.FeatureGSO | core.FeatureGSOUDP | core.FeatureGSOList | core.FeatureEncap | core.FeatureTunnel | core.FeatureTunnelSum | core.FeatureVlanTx | core.FeatureVlanSTx | core.FeatureGRO
	f.Dev.TxQueueLen = ifbQueueLen
	f.Dev.Qdisc = sched.NewPfifoFast(f.Dev)
	return f
}

// StartXmit is ifb_xmit: a packet that has been through the queue waits for the
// tasklet. One that no filter sent here ends.
func (f *Ifb) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	defer d.NS.In(step.IfbXmit, b).Out()
	received(d, b.Len())
	frame(d.NS, b, tx)
	if !b.Redirected || b.IIF == 0 {
		d.NS.Why(step.WhyIfbStranger)
		d.Stats.RxDropped++
		d.NS.Consume(b, step.IfbXmit)
		return core.TxOK
	}
	if f.rq.Len() >= d.TxQueueLen {
		d.StopQueue(0)
	}
	f.rq.PushBack(b)
	d.NS.Why(step.WhyIfbWait, uint64(f.rq.Len()))
	if !f.pending {
		f.pending = true
		d.NS.Machine.ThisCPU().TaskletSchedule(d.NS, f)
	}
	return core.TxOK
}

// RunTasklet is ifb_ri_tasklet: every packet goes back.
func (f *Ifb) RunTasklet() {
	defer f.Dev.NS.In(step.IfbRiTasklet, f.Dev.NS.Machine.ThisCPU()).Out()
	ns := f.Dev.NS
	f.tq, f.rq = f.rq, core.SKBList{}
	ns.Why(step.WhyTasklets, uint64(f.tq.Len()))
	for b := f.tq.PopFront(); b != nil; b = f.tq.PopFront() {
		f.back(ns, b)
	}
	if f.rq.Len() > 0 {
		ns.Machine.ThisCPU().TaskletSchedule(ns, f)
		return
	}
	f.pending = false
	if f.Dev.QueueStopped(0) {
		f.Dev.WakeQueue(0)
	}
}

// back sends one packet back to where a filter took it away; no filter sees it there
// again.
func (f *Ifb) back(ns *core.Netns, b *core.SKB) {
	d := f.Dev
	b.Redirected, b.TcSkip, b.SkipEgressHook = false, true, true
	sent(d, b.Len())
	to := ns.DevByIndex(b.IIF)
	if to == nil {
		ns.Why(step.WhyIfbGone)
		d.Stats.TxDropped++
		ns.Consume(b, step.IfbRiTasklet)
		return
	}
	b.Dev, b.IIF = to, d.Index
	if !b.FromIngress {
		ns.Why(step.WhyIfbOut, uint64(to.Index))
		ns.DevQueueXmit(b)
		return
	}
	ns.Why(step.WhyIfbIn, uint64(to.Index))
	b.Pull(b.MACLen)
	ns.NetifReceiveSkb(b)
}
