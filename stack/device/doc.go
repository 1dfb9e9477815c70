// Package device holds the drivers: an Ethernet card with descriptor rings as
// drivers/net/ethernet/intel/igb drives it, the loopback device, virtual
// Ethernet pairs and VLAN devices.
//
//	wire ─▶ DMA into the receive ring ─▶ interrupt ─▶ NAPI poll ─▶ GRO ─▶ stack
//	wire ◀─ DMA from the transmit ring ◀─ driver ◀─ queue ◀─ stack
//
// A Wire is what a device's frames leave by: the world gives each device its
// own.
//
// Left out: XDP, flow director filters, time stamping, energy, wake on LAN,
// adaptive interrupt moderation.
package device
