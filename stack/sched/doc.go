// Package sched holds the queueing disciplines of net/sched that packetwalk
// models: pfifo_fast, the default of an Ethernet card; pfifo and bfifo. A
// device without a queue (noqueue: loopback, veth) has none, and a device
// without a carrier drops everything (noop); both are in net/core.
//
// Left out: classes, filters, shaping, and all other disciplines.
package sched
