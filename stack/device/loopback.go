package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

type loopback struct{}

// NewLoopback makes the loopback device of a namespace, `lo`, down (net/core:
// loopback_net_init). Its MTU is 65536 and it has no queue; it cannot lose a
// packet, and checksums are not filled in.
func NewLoopback(ns *core.Netns) *core.Device {
	d := ns.NewDevice("lo", 1, loopback{})
	d.MTU, d.Type, d.Addr, d.Broadcast = 65536, core.LinkLoopback, 0, 0
	d.Flags = core.IFFLoopback | core.IFFRunning
	d.Features = core.FeatureSG | core.FeatureTxCsum | core.FeatureRxCsum | core.FeatureTSO | core.FeatureGSO | core.FeatureGRO | core.FeatureGSOUDP | core.FeatureGSOList
	ns.Loopback = d
	return d
}

// StartXmit is loopback_xmit: the packet turns around. It keeps its route, so
// that ip_rcv_finish_core looks up none. As in a capture on lo, the frame is seen
// once, coming in.
func (loopback) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	defer d.NS.In(step.LoopbackXmit, b).Out()
	ns := d.NS
	ns.TstampTx(b, core.TstampSnd)
	b.Orphan()
	n := b.Len()
	if n < 14 {
		d.Stats.TxDropped++
		ns.Drop(b, step.DropPktTooSmall, step.LoopbackXmit)
		return core.TxOK
	}
	ns.Why(step.WhyLoopback, uint64(n), uint64(d.Index))
	b.Protocol = ns.EthTypeTrans(b, d)
	n = b.Len() // without the link header
	frame(ns, b, rx)
	if ns.NetifRx(b) {
		d.Stats.RxPackets++
		d.Stats.RxBytes += uint64(n)
		d.Stats.TxPackets++
		d.Stats.TxBytes += uint64(n)
	}
	return core.TxOK
}
