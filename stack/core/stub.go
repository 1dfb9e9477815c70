package core

import (
	"github.com/packetwalk/packetwalk/stack/wire"
)

// These are signatures only, until the datapath is written.

// NetifRx is __netif_rx: a packet that was turned around in software comes in
// through the backlog of a CPU. b.Dev is set, the network header at the data pointer.
func (ns *Netns) NetifRx(b *SKB) { panic("stub") }

// DevQueueXmit is __dev_queue_xmit: link header at the data pointer, b.Dev is the
// device. It returns NET_XMIT_* or a negated errno as int.
func (ns *Netns) DevQueueXmit(b *SKB) int { panic("stub") }

// NewNeighTable makes arp_tbl or nd_tbl of a namespace.
func NewNeighTable(ns *Netns, family uint16, ops NeighOps) *NeighTable { panic("stub") }

// Lookup is neigh_lookup: nil if unknown.
func (t *NeighTable) Lookup(key wire.Addr, d *Device) *Neighbour { panic("stub") }

// Create is __neigh_create: finds or makes the entry and runs the constructor.
func (t *NeighTable) Create(key wire.Addr, d *Device) *Neighbour { panic("stub") }

// Update is neigh_update: new state and link address (flags: NeighUpdate*). addr 0 keeps the old one.
func (t *NeighTable) Update(n *Neighbour, addr wire.MAC, state uint8, flags uint32) { panic("stub") }

// EventNS is neigh_event_ns: somebody asked us; learn it as STALE.
func (t *NeighTable) EventNS(addr wire.MAC, key wire.Addr, d *Device) *Neighbour { panic("stub") }

// Confirm is neigh_confirm: progress of an upper protocol proves that it is reachable.
func (n *Neighbour) Confirm() { panic("stub") }

// EventSend is neigh_event_send: true if the packet must wait (it is queued or dropped).
func (n *Neighbour) EventSend(b *SKB) bool { panic("stub") }

// Output is neigh_output: resolves, writes the link header, and queues to the device. Network header at the data pointer.
func (n *Neighbour) Output(ns *Netns, b *SKB) int { panic("stub") }

// Each calls f for every entry in order of creation.
func (t *NeighTable) Each(f func(*Neighbour)) { panic("stub") }

func (n *Neighbour) timerHandler() { panic("stub") }
