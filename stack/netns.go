package stack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/udp"
)

// AddNetns makes one more network namespace on the machine of h, with a
// loopback device that is down (`ip netns add`: copy_net_ns). It is a Host of
// its own that shares h's CPUs and memory.
func (h *Host) AddNetns(w *World, name string) *Host {
	n := &Host{Name: name, Machine: h.Machine, NS: core.NewNetns(h.Machine, name)}
	n.NS.Trace = w.Trace
	n.protocols()
	device.RegisterLLC(n.NS)
	device.NewLoopback(n.NS)
	return n
}

// protocols is inet_init and its like for a new namespace.
func (h *Host) protocols() {
	ns := h.NS
	h.IPv4 = ipv4.New(ns)
	h.IPv6 = ipv6.New(ns)
	h.IPv4.SetIPv6(h.IPv6)
	h.TCP = tcp.New(ns)
	h.UDP = udp.New(ns)
	h.Raw = raw.New(ns)
}

// RemoveDevice is unregister_netdevice: the device goes down, its addresses
// and routes go, and so do the devices on top of it and the other end of a
// veth pair.
func (h *Host) RemoveDevice(d *core.Device) {
	if d.NS == nil {
		return
	}
	for len(d.Vlans) > 0 {
		h.RemoveDevice(d.Vlans[0])
	}
	for _, u := range device.Uppers(d) {
		if u.NS == nil {
			continue // it went with another one
		}
		(&Host{NS: u.NS, IPv4: ipv4.Of(u.NS), IPv6: ipv6.Of(u.NS)}).RemoveDevice(u)
	}
	h.unplug(d)
	device.Gone(d)
	if l := d.Lower; l != nil {
		for i, v := range l.Vlans {
			if v == d {
				l.Vlans = append(l.Vlans[:i], l.Vlans[i+1:]...)
				break
			}
		}
	}
	d.NS = nil
}

// unplug takes a device out of its namespace (unlist_netdevice).
func (h *Host) unplug(d *core.Device) {
	if d.Up() {
		h.Down(d)
	}
	device.Unregister(d)
	h.IPv4.DevGone(d)
	h.IPv6.DevGone(d)
	h.NS.Unlist(d)
}

// MoveDevice is dev_change_net_namespace: `ip link set DEV netns NS`. The
// device goes down and loses its addresses; it keeps its ifindex if that is
// free there.
func (h *Host) MoveDevice(d *core.Device, to *Host) {
	if h == to {
		return
	}
	h.unplug(d)
	to.NS.List(d)
}
