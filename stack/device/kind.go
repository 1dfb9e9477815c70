package device

import "github.com/packetwalk/packetwalk/stack/core"

// Kind is what `ip -d link` calls a device's kind (rtnl_link_ops.kind); "" for a card
// and for the loopback device, which nobody makes by a kind.
func Kind(d *core.Device) string {
	if k, ok := d.Ops.(interface{ LinkKind() string }); ok {
		return k.LinkKind()
	}
	if d.Lower != nil {
		return "vlan"
	}
	return ""
}

// LinkKind is rtnl_link_ops.kind, also for rules that ask for it (meta iifkind).
func (*Veth) LinkKind() string { return "veth" }

// LinkKind is rtnl_link_ops.kind.
func (Dummy) LinkKind() string { return "dummy" }

// LinkKind is rtnl_link_ops.kind.
func (*Ifb) LinkKind() string { return "ifb" }

// LinkKind is rtnl_link_ops.kind.
func (*Bridge) LinkKind() string { return "bridge" }

// LinkKind is rtnl_link_ops.kind.
func (*Tun) LinkKind() string { return "tun" }

// LinkKind is rtnl_link_ops.kind.
func (*Macvlan) LinkKind() string { return "macvlan" }

// LinkKind is rtnl_link_ops.kind.
func (*Vxlan) LinkKind() string { return "vxlan" }
