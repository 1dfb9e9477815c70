package stack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/udp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Host is one simulated Linux machine with one network namespace.
type Host struct {
	Name    string
	Machine *core.Machine
	NS      *core.Netns
	IPv4    *ipv4.IPv4
	IPv6    *ipv6.IPv6
	TCP     *tcp.TCP
	UDP     *udp.UDP
	Raw     *raw.Raw
	NIC     []*device.NIC
	// Programs are those of which the set-up tells more than a capture does.
	Programs []Program
}

// AddHost makes a machine with a loopback device that is up.
func (w *World) AddHost(name string) *Host {
	m := &core.Machine{Name: name, Index: uint8(len(w.Hosts)), Clock: w.Clock, Rand: w.Rand, IDs: w.IDs}
	m.LinkWatch.Handler = linkEvents{}
	h := &Host{Name: name, Machine: m, NS: core.NewNetns(m, name)}
	core.NewSoftnet(m)
	h.protocols()
	lo := device.NewLoopback(h.NS)
	h.Up(lo)
	w.Hosts = append(w.Hosts, h)
	return h
}

// Up is dev_open and what follows from it: addresses and routes of both
// families.
func (h *Host) Up(d *core.Device) {
	d.Flags |= core.IFFUp
	d.EverUp = true
	device.OpenStop(d)
	nftables.NetdevEvent(h.NS)
	h.IPv4.DevUp(d)
	h.IPv6.DevUp(d)
	device.LinkChanged(d)
	if v, ok := d.Ops.(*device.Veth); ok && v.Peer != nil && v.Peer.Dev.Up() {
		vethCarrier(v, true) // veth_open
	}
	h.IPv4.NotifyPeers(d)
}

// Down is dev_close.
func (h *Host) Down(d *core.Device) {
	h.deactivate(d)
	d.Flags &^= core.IFFUp
	device.OpenStop(d)
	nftables.DeviceDown(h.NS, d)
	h.IPv4.DevDown(d)
	h.IPv6.DevDown(d)
	h.flushNexthops(d)
	device.LinkChanged(d)
	if v, ok := d.Ops.(*device.Veth); ok && v.Peer != nil {
		vethCarrier(v, false) // veth_close
	}
}

// deactivate is dev_deactivate: what waits before the device is thrown away.
func (h *Host) deactivate(d *core.Device) {
	if q, ok := d.Qdisc.(interface{ Reset(*core.Netns) }); ok {
		q.Reset(h.NS)
	}
}

// AddNIC adds an Ethernet card with descriptor rings, down, with carrier.
func (h *Host) AddNIC(name string, mac wire.MAC, c device.Config) *device.NIC {
	n := device.NewNIC(h.NS, name, 0, c)
	n.Dev.Addr = mac
	h.NIC = append(h.NIC, n)
	return n
}
