package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A Dummy is drivers/net/dummy.c: a device that swallows what is sent.
type Dummy struct{}

// NewDummy makes a dummy device, down: `ip link add NAME type dummy`. index 0
// takes the next free ifindex.
func NewDummy(ns *core.Netns, name string, index int) *core.Device {
	d := ns.NewDevice(name, index, Dummy{})
	d.Flags = core.IFFBroadcast | core.IFFNoARP | core.IFFRunning
	d.Features = core.FeatureSG | core.FeatureTxCsum | core.FeatureTSO | core.FeatureGSO | core.FeatureGSOUDP | core.FeatureGSOList | core.FeatureEncap | core.FeatureTunnel | core.FeatureTunnelSum
	return d
}

// StartXmit is dummy_xmit.
func (Dummy) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	defer d.NS.In(step.DummyXmit, b).Out()
	sent(d, b.Len())
	d.NS.TstampTx(b, core.TstampSnd)
	frame(d.NS, b, tx)
	d.NS.Sent(b, b.IIF != 0, step.DummyXmit)
	return core.TxOK
}
