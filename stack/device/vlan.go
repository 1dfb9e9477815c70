package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

type vlan struct{}

// NewVlan makes a VLAN device on top of another, down: `ip link add link LOWER
// name NAME type vlan id ID`. It has the address and the MTU of the one below,
// and no queue. Received frames find it in __netif_receive_skb_core.
func NewVlan(lower *core.Device, name string, index int, id uint16, ad bool) *core.Device {
	d := lower.NS.NewDevice(name, index, vlan{})
	d.Addr, d.MTU = lower.Addr, lower.MTU
	d.VlanID, d.VlanAD, d.Lower = id, ad, lower
	d.Features = lower.Features &^ (core.FeatureVlanRx | core.FeatureVlanTx | core.FeatureVlanSTx | core.FeatureGRO)
	lower.Vlans = append(lower.Vlans, d)
	return d
}

// StartXmit is vlan_dev_hard_start_xmit: tag the packet and give it to the
// device below.
func (vlan) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	defer d.NS.In(step.VlanDevXmit, b).Out()
	ns := d.NS
	n := b.Len()
	b.VlanPresent, b.VlanAD, b.VlanTCI = true, d.VlanAD, d.VlanID
	b.Dev = d.Lower
	ns.Why(step.WhyVlanPut, uint64(d.VlanID), uint64(d.Lower.Index))
	if ns.DevQueueXmit(b) == core.NetXmitSuccess {
		sent(d, n)
	} else {
		d.Stats.TxDropped++
	}
	return core.TxOK
}
