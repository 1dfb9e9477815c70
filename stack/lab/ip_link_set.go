package lab

import (
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/step"
)

// linkSet is ip link set.
func (c *ipCmd) linkSet(a *args) error {
	r, err := c.linkParse(a)
	if err != nil {
		return err
	}
	if r.group >= 0 && r.dev == "" {
		return c.linkSetGroup(r)
	}
	if r.dev == "" {
		return bad("Not enough information: \"dev\" argument is required.")
	}
	if t := linkTypes[r.kind]; r.kind != "" && (t == nil || t.set == nil) {
		if a.more() {
			return other("not modelled: ip link set type %s", r.kind)
		}
	}
	d := c.devNamed(r.dev)
	if d == nil {
		return other("Cannot find device \"%s\"", r.dev)
	}
	if r.refused != "" {
		return other("not modelled: ip link set %s", r.refused)
	}
	return c.linkChange(r, d, a)
}

// linkSetGroup is ip link set group N …: every device of a group.
func (c *ipCmd) linkSetGroup(r *linkReq) error {
	if r.refused != "" || r.kind != "" {
		return other("not modelled: ip link set group %s%s", r.refused, r.kind)
	}
	n := r.group
	r.group = -1
	for _, d := range append([]*core.Device(nil), c.p.host.NS.Devices...) {
		if d != nil && d.Group == n {
			if err := c.linkChange(r, d, &args{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// linkChange is do_setlink: what is asked for, in the kernel's order.
func (c *ipCmd) linkChange(r *linkReq, d *core.Device, a *args) error {
	h := c.p.host
	st := c.p.lab.dev(d)
	if r.to != nil && r.to != h {
		if err := c.linkMove(r, d); err != nil {
			return err
		}
		h = r.to
	}
	if r.addr != nil {
		if isIfb(d) {
			return answer(95)
		}
		if d.Flags&core.IFFLoopback == 0 && (r.addr.IsMulticast() || *r.addr == 0) {
			return answer(99)
		}
		if br := device.BridgeOf(d); br != nil {
			br.SetAddr(*r.addr)
		} else if m := device.MacvlanOf(d); m != nil {
			if e := m.SetAddr(*r.addr); e != 0 {
				return answer(e)
			}
		} else {
			old := d.Addr
			d.Addr = *r.addr
			device.PortAddrChanged(d, old)
		}
		h.IPv4.LinkAddrChange(d)
		h.IPv6.LinkAddrChange(d)
	}
	if r.mtu >= 0 {
		if err := c.setMTU(h, d, r.mtu); err != nil {
			return err
		}
	}
	if r.group >= 0 {
		d.Group = r.group
	}
	if r.name != "" && r.name != d.Name && (r.to == nil || r.to == c.p.host) {
		if h.NS.DevByName(r.name) != nil {
			return answer(17)
		}
		d.Name = r.name
		nftables.NetdevEvent(h.NS)
	}
	if r.alias != nil {
		st.alias = *r.alias
	}
	if r.brd != nil {
		d.Broadcast = *r.brd
	}
	if r.master != nil || r.nomaster {
		if err := c.setMaster(d, r.master); err != nil {
			return err
		}
	}
	old := d.Flags
	d.Flags = d.Flags&^r.off | r.on
	device.RxFlagsChanged(d)
	if d.Up() && (old^d.Flags)&core.IFFNoARP != 0 {
		h.IPv4.NoARPChange(d)
		h.IPv6.NoARPChange(d)
	}
	switch {
	case r.up && device.CanOpen(d) != 0:
		return answer(device.CanOpen(d))
	case r.up && !d.Up():
		tcFirstUp(c.p, d)
		h.Up(d)
	case r.down && d.Up():
		h.Down(d)
	}
	if r.qlen >= 0 {
		d.TxQueueLen = r.qlen
	}
	if err := c.linkSetRest(r, d, st); err != nil || r.kind == "" {
		return err
	}
	t := linkTypes[r.kind]
	if t == nil || t.set == nil {
		return nil
	}
	return t.set(c, d, a)
}

// linkSetRest are the address generation mode and protodown.
func (c *ipCmd) linkSetRest(r *linkReq, d *core.Device, st *devState) error {
	switch r.addrgen {
	case "eui64":
		st.addrgen = ""
		c.p.host.IPv6.Conf(d).AddrGenMode = 0
	case "none":
		st.addrgen = "none"
		c.p.host.IPv6.Conf(d).AddrGenMode = 1
	}
	if r.protodown != "" {
		if _, ok := d.Ops.(*device.Veth); !ok {
			return kernelSays("Protodown not supported by device.")
		}
		return other("not modelled: ip link set protodown")
	}
	return nil
}

// setMaster is do_set_master: the device leaves what it is a port of, and
// becomes a port of another; nil: of nothing.
func (c *ipCmd) setMaster(d, to *core.Device) error {
	if p := device.PortOf(d); p != nil {
		if d.Master == to {
			return nil
		}
		p.Br.DelPort(p)
	}
	if to == nil {
		return nil
	}
	br := device.BridgeOf(to)
	if br == nil {
		return answer(step.EOPNOTSUPP)
	}
	err := br.AddPort(d)
	if err == step.ELOOP {
		return kernelSays("Can not enslave a bridge to a bridge.")
	}
	return answer(err)
}

// linkMove is the change of the namespace.
func (c *ipCmd) linkMove(r *linkReq, d *core.Device) error {
	if d.Flags&core.IFFLoopback != 0 || d.Lower != nil && device.MacvlanOf(d) == nil || device.BridgeOf(d) != nil {
		return kernelSays("The interface netns is immutable.")
	}
	name := r.name
	if name == "" {
		name = d.Name
	}
	if r.to.NS.DevByName(name) != nil {
		return answer(17)
	}
	d.Name = name
	tcShutdown(c.p, d)
	c.p.host.MoveDevice(d, r.to)
	return nil
}

func (c *ipCmd) setMTU(h *stack.Host, d *core.Device, n int) error {
	lo, hi := 68, 65535
	if d.Flags&core.IFFLoopback != 0 || isDummy(d) {
		lo, hi = 0, 1<<31-1
	}
	switch {
	case n < lo:
		return kernelSays("mtu less than device minimum.")
	case n > hi:
		return kernelSays("mtu greater than device maximum.")
	case device.VxlanOf(d) != nil && !device.VxlanOf(d).Fits(n):
		return answer(step.EINVAL)
	case device.MacvlanOf(d) != nil && n > d.Lower.MTU:
		return answer(step.EINVAL)
	case d.Lower != nil && n > d.Lower.MTU:
		return answer(34)
	}
	if br := device.BridgeOf(d); br != nil {
		br.SetMTU(n)
		return nil
	}
	old := d.MTU
	d.MTU = n
	h.IPv4.MTUChange(d, old)
	h.IPv6.MTUChange(d)
	device.PortMTUChanged(d)
	return nil
}
