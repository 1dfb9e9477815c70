package device

import "github.com/packetwalk/packetwalk/stack/core"

// Kind is what `ip -d link` calls a device's kind (rtnl_link_ops.kind); "" for a card
// and for the loopback device, which nobody makes by a kind. A further device is a row here.
func Kind(d *core.Device) string {
	switch d.Ops.(type) {
	case *Veth:
		return "veth"
	case Dummy:
		return "dummy"
	case *Ifb:
		return "ifb"
	case *Bridge:
		return "bridge"
	case *Tun:
		return "tun"
	case *Macvlan:
		return "macvlan"
	case *Vxlan:
		return "vxlan"
	}
	if d.Lower != nil {
		return "vlan"
	}
	return ""
}
