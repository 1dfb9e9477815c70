package stack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
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
}

// AddHost makes a machine with a loopback device that is up.
func (w *World) AddHost(name string) *Host {
	m := &core.Machine{Name: name, Index: uint8(len(w.Hosts)), Clock: w.Clock, Rand: w.Rand, IDs: w.IDs}
	h := &Host{Name: name, Machine: m, NS: core.NewNetns(m, name)}
	ns := h.NS
	core.NewSoftnet(m)
	h.IPv4 = ipv4.New(ns)
	h.IPv6 = ipv6.New(ns)
	h.TCP = tcp.New(ns)
	h.UDP = udp.New(ns)
	h.Raw = raw.New(ns)
	lo := device.NewLoopback(ns)
	h.Up(lo)
	w.Hosts = append(w.Hosts, h)
	return h
}

// Up is dev_open and what follows from it: addresses and routes of both
// families.
func (h *Host) Up(d *core.Device) {
	d.Flags |= core.IFFUp
	h.IPv4.DevUp(d)
	h.IPv6.DevUp(d)
}

// Down is dev_close.
func (h *Host) Down(d *core.Device) {
	d.Flags &^= core.IFFUp
	h.IPv4.DevDown(d)
	h.IPv6.DevDown(d)
}

// Carrier tells that the other end of a device's link came or went
// (netif_carrier_on, netif_carrier_off).
func (h *Host) Carrier(d *core.Device, on bool) {
	if on {
		d.Flags |= core.IFFRunning
	} else {
		d.Flags &^= core.IFFRunning
	}
	h.IPv4.CarrierChange(d)
	h.IPv6.CarrierChange(d)
}

// AddNIC adds an Ethernet card with descriptor rings, down, with carrier.
func (h *Host) AddNIC(name string, mac wire.MAC, c device.Config) *device.NIC {
	n := device.NewNIC(h.NS, name, 0, c)
	n.Dev.Addr = mac
	h.NIC = append(h.NIC, n)
	return n
}
